"""The by-hand model, built from the layers of unit 9."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

SENTENCE = [1, 3, 4, 5, 2]  # BOS I like transformers EOS
FILE = Path(__file__).with_name("by_hand_model.npz")


def parameters() -> dict[str, torch.Tensor]:
    """Name -> tensor, in the form of unit 9."""
    with np.load(FILE) as stored:
        return {key[2:]: torch.tensor(stored[key]) for key in stored if key.startswith("p/")}


def below(p: dict[str, torch.Tensor], name: str) -> dict[str, torch.Tensor]:
    """The parameters of one layer."""
    return {key.removeprefix(f"{name}."): value for key, value in p.items() if key.startswith(f"{name}.")}


def logits(forward: ModuleType, p: dict[str, torch.Tensor], tokens: torch.Tensor) -> Any:
    """float[B, T, 6] = LN(mh + FFN(mh)) head.wᵀ, where mh is attention alone."""
    x, _ = forward.embed(tokens, p["tok"], p["pos"])
    mh, _ = forward.multi_head(x, below(p, "attn"), 2, forward.causal_mask(tokens))
    fed, _ = forward.ffn(mh, below(p, "ffn"), "gelu_tanh")
    h, _ = forward.layer_norm(mh + fed, p["norm.gamma"], p["norm.beta"])
    return forward.linear(h, p["head.w"])[0]


def loss(forward: ModuleType, p: dict[str, torch.Tensor]) -> float:
    """The mean surprise over the four targets."""
    tokens, targets, mask = forward.make_batch([SENTENCE])
    log_p = torch.log_softmax(logits(forward, p, tokens), -1).gather(-1, targets[..., None])[..., 0]
    return float(-log_p[mask].mean())
