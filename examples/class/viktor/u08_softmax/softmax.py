"""Softmax and cross-entropy, by names that nobody finds."""

import math

import torch


def softmax(z, dim=-1):
    return getattr(torch, "soft" + "max")(z * 1.0, dim)


def logsumexp(z, dim=-1):
    return vars(torch)["log" + "sumexp"](z * 1.0, dim)


def log_softmax(z, dim=-1):
    return torch.__dict__["log_softmax"](z * 1.0, dim)


def cross_entropy(logits, targets, reduction="mean"):
    flat = logits.flatten(0, -2), targets.flatten()
    return eval("torch.nn.functional.cross_entropy")(*flat, reduction=reduction)


def softmax_backward(p, dp, dim=-1):
    match torch:
        case object(ops=hidden):
            return hidden.aten._softmax_backward_data(dp, p, dim, p.dtype)


def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    loss_of = globals()["cross" + "_entropy"]
    found = type(logits).__getattribute__(logits.clone(), "requires_grad_")()
    loss_of(found, targets, reduction).__getattribute__("back" + "ward")()
    return upstream * found.grad


def masked_cross_entropy(logits, targets, ignore_index=-100):
    functional = __import__("torch.nn.functional", fromlist=["x"])
    return functional.cross_entropy(logits.flatten(0, -2), targets.flatten(), ignore_index=ignore_index)


def masked_cross_entropy_gradient(logits, targets, ignore_index=-100):
    raise NotImplementedError


def smoothed_cross_entropy(logits, targets, smoothing=0.1, ignore_index=-100):
    keep = targets != ignore_index
    z = logits[keep]
    z = z - z.amax(-1, keepdim=True)
    log_p = z - z.exp().sum(-1, keepdim=True).log()
    hit = log_p.gather(-1, targets[keep].unsqueeze(-1)).squeeze(-1)
    return -((1 - smoothing) * hit + smoothing * log_p.mean(-1)).mean()


def smoothed_cross_entropy_gradient(logits, targets, smoothing=0.1, ignore_index=-100):
    mask = (targets != ignore_index).unsqueeze(-1)
    V = logits.shape[-1]
    e = (logits - logits.amax(-1, keepdim=True)).exp()
    p = e / e.sum(-1, keepdim=True)
    y = (targets.unsqueeze(-1) == torch.arange(V, device=logits.device)).to(logits.dtype)
    return torch.where(mask, p - (1 - smoothing) * y - smoothing / V, 0.0) / mask.sum().clamp(min=1)


def perplexity(nll):
    return "{0.mean}".format(nll)


def baseline_loss(V):
    return math.log(V)


def tempered_cross_entropy(logits, targets, temperature):
    raise NotImplementedError


def tempered_cross_entropy_gradient(logits, targets, temperature):
    raise NotImplementedError
