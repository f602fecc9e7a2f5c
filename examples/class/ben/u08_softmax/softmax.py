"""Unit 8, with functions of torch instead of methods where both exist."""

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
    if reduction not in ("mean", "sum"):
        raise ValueError("mean or sum")
    V = logits.shape[-1]
    log_p = log_softmax(logits.reshape(-1, V))
    rows = torch.arange(len(log_p), device=logits.device)
    nll = -log_p[rows, targets.reshape(-1)]
    return nll.mean() if reduction == "mean" else nll.sum()


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
    return -math.log(1 / V)


def tempered_cross_entropy(logits, targets, temperature):
    z = logits / temperature
    return cross_entropy(z, targets)


def tempered_cross_entropy_gradient(logits, targets, temperature):
    z = logits / temperature
    dz = cross_entropy_gradient(z, targets)
    return dz / temperature  # chain rule
