"""Softmax and cross-entropy."""

import math

import torch


def softmax(z, dim=-1):
    z = z - z.amax(dim, keepdim=True)
    e = z.exp()
    return e / e.sum(dim, keepdim=True)


def logsumexp(z, dim=-1):
    m = z.amax(dim, keepdim=True)
    return ((z - m).exp().sum(dim, keepdim=True).log() + m).squeeze(dim)


def log_softmax(z, dim=-1):
    z = z - z.amax(dim, keepdim=True)
    return z - z.exp().sum(dim, keepdim=True).log()


def cross_entropy(logits, targets, reduction="mean"):
    losses = -log_softmax(logits).gather(-1, targets.unsqueeze(-1))
    if reduction == "mean":
        return losses.mean()
    if reduction == "sum":
        return losses.sum()
    raise ValueError(f"no such reduction: {reduction}")


def softmax_backward(p, dp, dim=-1):
    return p * (dp - (p * dp).sum(dim, keepdim=True))


def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    if reduction not in ("mean", "sum"):
        raise ValueError(f"no such reduction: {reduction}")
    onehot = torch.zeros_like(logits).scatter(-1, targets.unsqueeze(-1), 1.0)
    g = softmax(logits) - onehot
    if reduction == "mean":
        g = g / targets.numel()
    return g * upstream


def masked_cross_entropy(logits, targets, ignore_index=-100):
    keep = targets != ignore_index
    losses = -log_softmax(logits).gather(-1, targets.where(keep, 0).unsqueeze(-1)).squeeze(-1)
    return losses.where(keep, 0.0).mean()


def masked_cross_entropy_gradient(logits, targets, ignore_index=-100):
    keep = targets != ignore_index
    gradient = cross_entropy_gradient(logits, targets.where(keep, 0))
    return gradient.where(keep.unsqueeze(-1), 0.0)


def smoothed_cross_entropy(logits, targets, smoothing=0.1, ignore_index=-100):
    keep = targets != ignore_index
    log_p, at = log_softmax(logits[keep]), targets[keep].unsqueeze(-1)
    q = torch.full_like(log_p, smoothing / log_p.shape[-1])
    q = q.scatter_add(-1, at, torch.full_like(log_p[..., :1], 1 - smoothing))
    return -(q * log_p).sum(-1).mean()


def smoothed_cross_entropy_gradient(logits, targets, smoothing=0.1, ignore_index=-100):
    keep = targets != ignore_index
    gradient = torch.zeros_like(logits)
    if keep.any():
        p, at = softmax(logits[keep]), targets[keep].unsqueeze(-1)
        q = torch.full_like(p, smoothing / p.shape[-1])
        q = q.scatter_add(-1, at, torch.full_like(p[..., :1], 1 - smoothing))
        gradient[keep] = (p - q) / len(p)
    return gradient


def perplexity(nll):
    return torch.exp(torch.mean(nll))


def baseline_loss(V):
    return math.log(V)


def tempered_cross_entropy(logits, targets, temperature):
    return cross_entropy(logits / temperature, targets)


def tempered_cross_entropy_gradient(logits, targets, temperature):
    return cross_entropy_gradient(logits / temperature, targets)
