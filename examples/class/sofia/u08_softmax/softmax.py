"""Softmax and cross-entropy. The gradients are torch's."""

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
    z = p.log().detach().requires_grad_(True)
    softmax(z, dim).backward(dp)
    return z.grad


def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    z = logits.detach().clone().requires_grad_(True)
    loss = upstream * cross_entropy(z, targets, reduction)
    return torch.autograd.grad(loss, z)[0]


def masked_cross_entropy(logits, targets, ignore_index=-100):
    keep = targets != ignore_index
    return cross_entropy(logits[keep], targets[keep])


def masked_cross_entropy_gradient(logits, targets, ignore_index=-100):
    with torch.enable_grad():
        z = logits.detach().clone()
        z.requires_grad = True
        masked_cross_entropy(z, targets, ignore_index).backward()
    return z.grad


def smoothed_cross_entropy(logits, targets, smoothing=0.1, ignore_index=-100):
    mask = targets != ignore_index
    log_p = log_softmax(logits)[mask]
    hit = log_p.gather(-1, targets[mask].unsqueeze(-1)).squeeze(-1)
    return -((1 - smoothing) * hit + smoothing * log_p.mean(-1)).mean()


def smoothed_cross_entropy_gradient(logits, targets, smoothing=0.1, ignore_index=-100):
    return torch.func.grad(smoothed_cross_entropy)(logits, targets, smoothing, ignore_index)


def perplexity(nll):
    return nll.mean().exp()


def baseline_loss(V):
    return math.log(V)


def tempered_cross_entropy(logits, targets, temperature):
    return cross_entropy(logits / temperature, targets)


def tempered_cross_entropy_gradient(logits, targets, temperature):
    return torch.func.jacrev(tempered_cross_entropy)(logits, targets, temperature)
