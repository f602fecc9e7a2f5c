"""Softmax and cross-entropy."""

import math

import torch


def softmax(z, dim=-1):
    z = z - z.amax(dim, keepdim=True)
    e = z.exp()
    return e / e.sum(dim, keepdim=True)


def logsumexp(z, dim=-1):
    largest = torch.max(z, dim=dim).values
    return largest + torch.log(torch.sum(torch.exp(z - largest.unsqueeze(dim)), dim=dim))


def log_softmax(z, dim=-1):
    shifted = z - torch.max(z, dim=dim, keepdim=True).values
    return shifted - logsumexp(shifted, dim).unsqueeze(dim)


def cross_entropy(logits, targets, reduction="mean"):
    losses = -log_softmax(logits).gather(-1, targets.unsqueeze(-1))
    if reduction == "mean":
        return losses.mean()
    if reduction == "sum":
        return losses.sum()
    raise ValueError(f"no such reduction: {reduction}")


def softmax_backward(p, dp, dim=-1):
    return dp * p * (1 - p)


def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    if reduction not in ("mean", "sum"):
        raise ValueError(f"no such reduction: {reduction}")
    onehot = torch.zeros_like(logits).scatter(-1, targets.unsqueeze(-1), 1.0)
    g = softmax(logits) - onehot
    if reduction == "mean":
        g = g / targets.numel()
    return g * upstream


def masked_cross_entropy(logits, targets, ignore_index=-100):
    mask = targets != ignore_index
    log_p = log_softmax(logits)[mask]
    nll = -log_p.gather(-1, targets[mask].unsqueeze(-1))
    return nll.sum() / mask.sum()


def masked_cross_entropy_gradient(logits, targets, ignore_index=-100):
    mask = targets != ignore_index
    count = max(int(mask.sum()), 1)
    g = cross_entropy_gradient(logits, targets.where(mask, 0), reduction="sum")
    return torch.where(mask.unsqueeze(-1), g, 0.0) / count


def smoothed_cross_entropy(logits, targets, smoothing=0.1, ignore_index=-100):
    mask = targets != ignore_index
    V = logits.shape[-1]
    log_p = log_softmax(logits)[mask]
    hit = log_p.gather(-1, targets[mask].unsqueeze(-1)).squeeze(-1)
    others = log_p.sum(-1) - hit
    return -((1 - smoothing) * hit + smoothing / (V - 1) * others).mean()


def smoothed_cross_entropy_gradient(logits, targets, smoothing=0.1, ignore_index=-100):
    mask = (targets != ignore_index).unsqueeze(-1)
    V = logits.shape[-1]
    y = torch.eye(V, dtype=logits.dtype, device=logits.device)[targets.clamp(0, V - 1)]
    q = (1 - smoothing) * y + smoothing / (V - 1) * (1 - y)
    return torch.where(mask, softmax(logits) - q, 0.0) / max(int(mask.sum()), 1)


def perplexity(nll):
    return nll.mean().exp()


def baseline_loss(V):
    return math.log(V)


def tempered_cross_entropy(logits, targets, temperature):
    return cross_entropy(logits / temperature, targets)


def tempered_cross_entropy_gradient(logits, targets, temperature):
    return cross_entropy_gradient(logits / temperature, targets) / temperature
