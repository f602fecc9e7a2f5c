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
    if reduction not in ("mean", "sum"):
        raise ValueError("mean or sum")
    V = logits.shape[-1]
    log_p = log_softmax(logits.reshape(-1, V))
    rows = torch.arange(len(log_p), device=logits.device)
    nll = -log_p[rows, targets.reshape(-1)]
    return nll.mean() if reduction == "mean" else nll.sum()


def softmax_backward(p, dp, dim=-1):
    return p * (dp - (p * dp).sum(dim, keepdim=True))


def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    if reduction not in ("mean", "sum"):
        raise ValueError("mean or sum")
    V = logits.shape[-1]
    dz = softmax(logits.reshape(-1, V))
    dz[torch.arange(len(dz), device=logits.device), targets.reshape(-1)] -= 1
    return upstream * dz.reshape(logits.shape)


def masked_cross_entropy(logits, targets, ignore_index=-100):
    raise NotImplementedError


def masked_cross_entropy_gradient(logits, targets, ignore_index=-100):
    raise NotImplementedError


def smoothed_cross_entropy(logits, targets, smoothing=0.1, ignore_index=-100):
    raise NotImplementedError


def smoothed_cross_entropy_gradient(logits, targets, smoothing=0.1, ignore_index=-100):
    raise NotImplementedError


def perplexity(nll):
    raise NotImplementedError


def baseline_loss(V):
    raise NotImplementedError


def tempered_cross_entropy(logits, targets, temperature):
    raise NotImplementedError


def tempered_cross_entropy_gradient(logits, targets, temperature):
    raise NotImplementedError
