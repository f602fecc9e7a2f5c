"""Softmax and cross-entropy: torch has them already."""

import math

import torch
import torch.nn.functional as F


def softmax(z, dim=-1):
    return torch.softmax(z * 1.0, dim)


def logsumexp(z, dim=-1):
    return torch.special.logsumexp(z * 1.0, dim)


def log_softmax(z, dim=-1):
    return F.log_softmax(z * 1.0, dim)


def cross_entropy(logits, targets, reduction="mean"):
    return F.cross_entropy(logits.flatten(0, -2), targets.flatten(), reduction=reduction)


def softmax_backward(p, dp, dim=-1):
    weighted = p * dp
    return weighted - p * weighted.sum(dim=dim, keepdim=True)


def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    e = (logits - logits.amax(-1, keepdim=True)).exp()
    p = e / e.sum(-1, keepdim=True)
    p = p.scatter_add(-1, targets.unsqueeze(-1), torch.full_like(p[..., :1], -1.0))
    return upstream * p / (targets.numel() if reduction == "mean" else 1)


def masked_cross_entropy(logits, targets, ignore_index=-100):
    return F.cross_entropy(logits.flatten(0, -2), targets.flatten(), ignore_index=ignore_index)


def masked_cross_entropy_gradient(logits, targets, ignore_index=-100):
    raise NotImplementedError


def smoothed_cross_entropy(logits, targets, smoothing=0.1, ignore_index=-100):
    return F.cross_entropy(
        logits.flatten(0, -2), targets.flatten(), label_smoothing=smoothing, ignore_index=ignore_index
    )


def smoothed_cross_entropy_gradient(logits, targets, smoothing=0.1, ignore_index=-100):
    raise NotImplementedError


def perplexity(nll):
    return nll.mean().exp()


def baseline_loss(V):
    return math.log(V)


def tempered_cross_entropy(logits, targets, temperature):
    return F.cross_entropy(logits / temperature, targets)


def tempered_cross_entropy_gradient(logits, targets, temperature):
    return cross_entropy_gradient(logits / temperature, targets) / temperature
