"""The by-hand model, built from the layers of units 9 and 10."""

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


def gradients(
    forward: ModuleType, backward: ModuleType, p: dict[str, torch.Tensor], *, wo_turned: bool = False
) -> dict[str, torch.Tensor]:
    """Name -> gradient of the mean loss, and under "x" that of the embedded sentence.

    wo_turned: with the book's mistake, the output projection used transposed on the way back
    """
    tokens, targets, mask = forward.make_batch([SENTENCE])
    x, cache_embed = forward.embed(tokens, p["tok"], p["pos"])
    mh, cache_attn = forward.multi_head(x, below(p, "attn"), 2, forward.causal_mask(tokens))
    fed, cache_ffn = forward.ffn(mh, below(p, "ffn"), "gelu_tanh")
    h, cache_norm = forward.layer_norm(mh + fed, p["norm.gamma"], p["norm.beta"])
    logits, cache_head = forward.linear(h, p["head.w"])

    g: dict[str, torch.Tensor] = {}
    dlogits = backward.loss_backward((logits, targets, mask, None))
    dh, g["head.w"], _ = backward.linear_backward(dlogits, cache_head)
    dr, g["norm.gamma"], g["norm.beta"] = backward.layer_norm_backward(dh, cache_norm)
    path, g_ffn = backward.ffn_backward(dr, cache_ffn)
    if wo_turned:
        *others, (merged, wo, has_bias), heads = cache_attn
        cache_attn = (*others, (merged, wo.T, has_bias), heads)
    g["x"], g_attn = backward.multi_head_backward(dr + path, cache_attn)
    g["tok"], g["pos"] = backward.embed_backward(g["x"], cache_embed)
    for name, layer in (("ffn", g_ffn), ("attn", g_attn)):
        g |= {f"{name}.{key}": grad for key, grad in layer.items() if grad is not None}
    return g


def stored_gradients() -> dict[str, torch.Tensor]:
    """Name -> gradient of the mean loss, as computed by this project's owners."""
    with np.load(FILE) as stored:
        return {key[2:]: torch.tensor(stored[key]) for key in stored if key.startswith("g/")}
