"""Finds the first wrong line of a way back: the gradient at every layer's end, by hand and by autograd."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import ModuleType
from typing import Any
from unittest.mock import patch

import torch

FORWARD = (
    "linear",
    "embed",
    "layer_norm",
    "rms_norm",
    "activation",
    "ffn",
    "attention",
    "multi_head",
    "block",
)
Named = dict[str, torch.Tensor]


class Recorder:
    """Watches the layers of unit 9 and those of unit 10.

    A cache is the bond between the two: what a backward function takes is the very tuple that a forward
    function returned. ends: id of the cache -> (the layer's name, its out, whose .grad autograd fills)
    seen: (name, dL/dout by hand), in the order of the way back
    """

    def __init__(self, forward: ModuleType, backward: ModuleType) -> None:
        self.forward, self.backward = forward, backward
        self.ends: dict[int, tuple[str, torch.Tensor]] = {}
        self.seen: list[tuple[str, torch.Tensor, torch.Tensor]] = []
        self._kept: list[Any] = []
        self._path: list[str] = []
        self._counts: dict[str, int] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """In the block both modules' layers are watched."""
        forward = {name: self._forth(name, getattr(self.forward, name)) for name in FORWARD}
        names = [
            name for name in vars(self.backward) if name.endswith("_backward") and name != "loss_backward"
        ]
        backward = {name: self._back(getattr(self.backward, name)) for name in names}
        with patch.multiple(self.forward, **forward), patch.multiple(self.backward, **backward):
            yield

    def _forth(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def watched(*arguments: Any, **keywords: Any) -> Any:
            place = "/".join((*self._path, name))
            number = self._counts[place] = self._counts.get(place, -1) + 1
            self._path.append(f"{name}[{number}]")
            out, cache = function(*arguments, **keywords)
            label = "/".join(self._path)
            self._path.pop()
            self._keep(label, cache, out)
            if name == "attention":
                self._keep(f"{label}/weights", cache[3], cache[3])
            return out, cache

        return watched

    def _keep(self, label: str, cache: Any, out: torch.Tensor) -> None:
        if out.requires_grad and not out.is_leaf:
            out.retain_grad()
            self.ends[id(cache)] = (label, out)
            self._kept.append(cache)

    def _back(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def watched(dout: torch.Tensor, cache: Any, *more: Any) -> Any:
            label, out = self.ends.get(id(cache), ("", dout))
            if label and label not in [name for name, _, _ in self.seen]:
                self.seen.append((label, dout.clone(), out))
            return function(dout, cache, *more)

        return watched


def flat(tree: Any, name: str = "") -> Named:
    """{"blocks.0.attn.wq": tensor} of dicts and lists in each other; without None."""
    if isinstance(tree, dict | list):
        pairs = tree.items() if isinstance(tree, dict) else enumerate(tree)
        return {k: v for key, part in pairs for k, v in flat(part, f"{name}.{key}".strip(".")).items()}
    return {} if tree is None else {name: tree}


def error(yours: torch.Tensor, expected: torch.Tensor, least: float) -> float:
    """How far the worst entry is off, as a part of the largest entry; least: the smallest such entry."""
    if yours.shape != expected.shape:
        return float("inf")
    return float((yours - expected).abs().max()) / max(float(expected.abs().max()), least)


def compare(
    forward: ModuleType,
    backward: ModuleType,
    batch: tuple[torch.Tensor, ...],
    params: Any,
    config: dict[str, Any],
) -> list[tuple[str, float]]:
    """(name, error) of every gradient: first those at the layers' ends, in the order of the way back; then
    those of the parameters."""
    leaves = flat(params)
    for leaf in leaves.values():
        leaf.requires_grad_(True)
        leaf.grad = None
    recorder = Recorder(forward, backward)
    with recorder.watching():
        loss, cache = forward.gpt_loss(*batch, params, config)
        with torch.no_grad():
            grads = flat(backward.model_backward(backward.loss_backward(cache), cache[3]))
    loss.backward()
    ends = [(name, dout, out.grad) for name, dout, out in recorder.seen]
    assert grads.keys() == leaves.keys(), "other names than those of the parameters"
    reached = {name for name, _, _ in recorder.seen}
    assert reached == {name for name, _ in recorder.ends.values()}, "the way back left a layer out"
    pairs = [*ends, *((name, grads[name], leaf.grad) for name, leaf in leaves.items())]
    least = 1e-3 * max(float(leaf.grad.abs().max()) for leaf in leaves.values() if leaf.grad is not None)
    return [(name, error(yours, expected, least)) for name, yours, expected in pairs]


def first_wrong(errors: list[tuple[str, float]], allowed: float = 1e-10) -> str:
    """The name of the first gradient that is off by more, or ""."""
    return next((name for name, off in errors if not off <= allowed), "")
