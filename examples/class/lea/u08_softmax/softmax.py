"""Softmax and cross-entropy."""

import math

import torch


def softmax(z, dim=-1):
    largest = torch.max(z, dim=dim, keepdim=True).values
    weights = torch.exp(z - largest)
    return weights / torch.sum(weights, dim=dim, keepdim=True)


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
    weighted = p * dp
    return weighted - p * weighted.sum(dim=dim, keepdim=True)


def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    if reduction not in ("mean", "sum"):
        raise ValueError(f"no such reduction: {reduction}")
    onehot = torch.zeros_like(logits).scatter(-1, targets.unsqueeze(-1), 1.0)
    return upstream * (softmax(logits) - onehot)


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
    return torch.exp(torch.mean(nll))


def baseline_loss(V):
    return -math.log(1 / V)


def tempered_cross_entropy(logits, targets, temperature):
    z = logits / temperature
    return cross_entropy(z, targets)


def tempered_cross_entropy_gradient(logits, targets, temperature):
    z = logits / temperature
    dz = cross_entropy_gradient(z, targets)
    return dz / temperature  # chain rule
