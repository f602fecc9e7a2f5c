"""What the hidden tests of unit 10 share: caches from unit 9's forward code, and comparisons part by part.

Every test holds float64 to 1e-12 of the largest entry of each tensor, which no quotient of differences can
meet. What unit 9's tests draw and compare with is used here too.
"""

import importlib.util
from itertools import permutations
from pathlib import Path

import torch
from checks_forward import F32, F64, check_unchanged, copied, fine, normal

from grader.testing import assert_equal, assert_gradient, fail, unpack

NEAR = {F64: 1e-12, F32: 3e-5}
OTHER_ORDER = "the right results in another order"
EXTRA = "there is a gradient for what is absent"


def unit(folder):
    """A file of the solutions as a module that nobody else sees."""
    path = Path(__file__).parents[1] / folder / f"{folder.partition('_')[2]}.py"
    spec = importlib.util.spec_from_file_location(f"checks_{path.stem}_code", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


forward = unit("u09_forward")


def upstream(rng, out):
    """A drawn gradient for what a layer gave."""
    return normal(rng, *out.shape, device=out.device, dtype=out.dtype)


def ask(student, reference, name, *arguments):
    """The student's answer to name(*arguments), which leaves these alone; the reference's; words."""
    kind = str(arguments[0].dtype).removeprefix("torch.")
    called = f"{name}(dout, cache) with dout {kind}{list(arguments[0].shape)}"
    before = copied(list(arguments))
    expected = getattr(reference, name)(*before)
    yours = getattr(student, name)(*arguments)
    check_unchanged(called, list(arguments), before)
    return yours, expected, called


def check(yours, expected, names, called, suspects=None, **clues):
    """Part by part. names: "dx, dw"    suspects: a function that makes {"dx": {mistake: what it gives}}"""
    parts = [(names, yours, expected)]
    if "," in names:
        parts = list(zip(names.split(", "), unpack(yours, f"({names})"), expected, strict=True))
    if all(right is None or fine(mine, right, NEAR[right.dtype]) for _, mine, right in parts):
        parts = [part for part in parts if part[2] is None]
    check_order(parts, called)
    own = suspects() if suspects and parts else {}
    for name, mine, right in parts:
        check_part(mine, right, name, called, own.get(name), **clues)


def check_order(parts, called):
    """All gradients are right, but each stands where another belongs."""
    _, mine, right = zip(*parts, strict=True) if parts else ((), (), ())
    if len(parts) < 2 or None in [type(one) is torch.Tensor or None for one in right]:
        return
    for order in list(permutations(mine))[1:]:
        if all(fine(one, other, NEAR[other.dtype]) for one, other in zip(order, right, strict=True)):
            fail("the gradients stand in another order", called=called, diagnosis=OTHER_ORDER)


def check_part(mine, right, name, called, suspects=None, *, near=None, atol=1e-15, **clues):
    """One tensor, or None where there is nothing to have a gradient."""
    if right is None:
        if mine is not None:
            fail(f"{name} is no None", called=called, yours=mine, expected="None", diagnosis=EXTRA)
        return
    if mine is None:
        fail(f"{name} is None", called=called, yours="None", expected=right)
    if type(mine) is torch.Tensor and mine.device != right.device:
        fail(f"{name} is on another device", called=called, yours=str(mine.device))
    rtol = near or NEAR[right.dtype]
    assert_gradient(mine, right, of=name, called=called, rtol=rtol, atol=atol, suspects=suspects, **clues)


def check_names(yours, expected, of, called):
    """The keys of a dict of gradients; what is None may be absent."""
    if type(yours) is not dict:
        fail(f"{of} is no dict", called=called, yours=yours, expected=f"a dict of {len(expected)}")
    mine, right = (sorted(k for k, v in one.items() if v is not None) for one in (yours, expected))
    assert_equal(mine, right, of=f"the names in {of}", called=called)


def rows(tensor):
    """All axes but the last as one."""
    return tensor.reshape(-1, tensor.shape[-1])
