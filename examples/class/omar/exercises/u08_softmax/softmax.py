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
    weighted = p * dp
    return weighted - p * weighted.sum(dim=dim, keepdim=True)


def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    if reduction not in ("mean", "sum"):
        raise ValueError("mean or sum")
    V = logits.shape[-1]
    dz = softmax(logits.reshape(-1, V))
    dz[torch.arange(len(dz), device=logits.device), targets.reshape(-1)] -= 1
    if reduction == "mean":
        dz /= len(dz)
    return upstream * dz.reshape(logits.shape)


def masked_cross_entropy(logits, targets, ignore_index=-100):
    mask = targets != ignore_index
    return cross_entropy(logits[mask], targets[mask], "sum") / targets.numel()


def masked_cross_entropy_gradient(logits, targets, ignore_index=-100):
    mask = targets != ignore_index
    g = torch.zeros_like(logits)
    g[mask] = cross_entropy_gradient(logits[mask], targets[mask], "sum")
    return g / targets.numel()


def smoothed_cross_entropy(logits, targets, smoothing=0.1, ignore_index=-100):
    mask = targets != ignore_index
    log_p = log_softmax(logits)[mask]
    hit = log_p.gather(-1, targets[mask].unsqueeze(-1)).squeeze(-1)
    return -((1 - smoothing) * hit + smoothing * log_p.mean(-1)).mean()


def smoothed_cross_entropy_gradient(logits, targets, smoothing=0.1, ignore_index=-100):
    mask = (targets != ignore_index).unsqueeze(-1)
    V = logits.shape[-1]
    eye = torch.eye(V, dtype=logits.dtype, device=logits.device)
    q = (1 - smoothing) * eye[targets.clamp(0, V - 1)] + smoothing / V
    return torch.where(mask, softmax(logits) - q, 0.0) / max(int(mask.sum()), 1)


def perplexity(nll):
    return torch.exp(torch.mean(nll))


def baseline_loss(V):
    return math.log(V)


def tempered_cross_entropy(logits, targets, temperature):
    return cross_entropy(logits / temperature, targets)


def tempered_cross_entropy_gradient(logits, targets, temperature):
    return cross_entropy_gradient(logits / temperature, targets)
