"""Softmax and cross-entropy. The lesson is README.md, in this folder.

Every function takes tensors of torch and computes on the device where they lie, with arithmetic alone:
no autograd, and none of torch's own softmax and loss functions. No argument is ever changed.
"""

import math

import torch

# ---------------------------------------------------------------------------- probabilities


def softmax(z, dim=-1):
    """Probabilities from logits: p_i = exp(z_i) / sum over j of exp(z_j), where i and j run along dim.

    z: float, int32 or int64[...], logits of any size, also 1000 and -1000. An entry may be -inf, and gets
       p = 0; along dim at least one is finite.
    Returns p, of z's shape and dtype; ints become torch's default float.
    """
    raise NotImplementedError


def logsumexp(z, dim=-1):
    """lse = log(sum over j of exp(z_j)), where j runs along dim.

    z: as for softmax
    Returns lse, of z's shape without dim, and of z's dtype; ints become torch's default float.
    """
    raise NotImplementedError


def log_softmax(z, dim=-1):
    """log p of p = softmax(z, dim), exact also where p itself is too small for a float.

    z: as for softmax
    Returns log p, of z's shape and dtype; ints become torch's default float. It is -inf only where z is.
    """
    raise NotImplementedError


# ---------------------------------------------------------------------------- the loss and its gradient


def cross_entropy(logits, targets, reduction="mean"):
    """How surprised the model is by the right classes: nll = -log p[target], over all positions.

    logits: float[..., V], such as [N, V] or [B, T, V]; -inf is welcome where it is not the target's
    targets: int64[...], classes 0 to V-1, one for each position
    reduction: "mean" or "sum", over all positions
    Returns the loss, a tensor without axes of the logits' dtype. Raises ValueError for other reductions.
    """
    raise NotImplementedError


def softmax_backward(p, dp, dim=-1):
    """The gradient through a softmax: from dL/dp to dL/dz, where p = softmax(z, dim).

    p, dp: float[...], both of one shape, p > 0
    Returns dz = dL/dz, of p's shape and dtype.
    """
    raise NotImplementedError


def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """dL/dlogits for a loss L that depends on the logits through cross_entropy alone.

    logits, targets, reduction: as for cross_entropy
    upstream: number = dL/d(cross_entropy), such as 1/4 where four losses are averaged
    Returns the gradient, of the logits' shape and dtype. Raises ValueError for other reductions.
    It must not call cross_entropy.
    """
    raise NotImplementedError


# ---------------------------------------------------------------------------- positions that do not count


def masked_cross_entropy(logits, targets, ignore_index=-100):
    """The mean of nll over the positions whose target is not ignore_index.

    logits: float[..., V]
    targets: int64[...], classes 0 to V-1 or ignore_index
    ignore_index: int, negative or a class; a class that is ignored as a target keeps its logit all the same
    Returns the loss, a tensor without axes of the logits' dtype; nan where no position counts, as in torch.
    """
    raise NotImplementedError


def masked_cross_entropy_gradient(logits, targets, ignore_index=-100):
    """dL/dlogits for L = masked_cross_entropy(logits, targets, ignore_index).

    Returns the gradient, of the logits' shape and dtype; exactly 0 at positions that do not count, also
    where none does.
    """
    raise NotImplementedError


# ---------------------------------------------------------------------------- softer targets


def smoothed_cross_entropy(logits, targets, smoothing=0.1, ignore_index=-100):
    """Cross-entropy against targets that leave some doubt: -sum over j of q_j * log p_j, and its mean.

    q is 1 - smoothing at the target, and in addition smoothing / V at each of the V classes.

    logits: float[..., V], finite
    targets, ignore_index: as for masked_cross_entropy    smoothing: number from 0 to 1
    Returns the loss, a tensor without axes of the logits' dtype; nan where no position counts.
    """
    raise NotImplementedError


def smoothed_cross_entropy_gradient(logits, targets, smoothing=0.1, ignore_index=-100):
    """dL/dlogits for L = smoothed_cross_entropy(logits, targets, smoothing, ignore_index).

    Returns the gradient, of the logits' shape and dtype; exactly 0 at positions that do not count, also
    where none does.
    """
    raise NotImplementedError


# ---------------------------------------------------------------------------- reading and bending a loss


def perplexity(nll):
    """Among how many equally likely classes the model seems to choose: e to the power of the mean nll.

    nll: float[...] of any shape, in nats (logarithms to base e)
    Returns a tensor without axes, of nll's dtype.
    """
    raise NotImplementedError


def baseline_loss(V):
    """The cross-entropy, in nats, of a model that gives each of V classes the same probability.

    V: int >= 1
    Returns a number.
    """
    raise NotImplementedError


def tempered_cross_entropy(logits, targets, temperature):
    """The mean cross-entropy of p = softmax(logits / temperature).

    logits: float[..., V]    targets: int64[...], classes 0 to V-1    temperature: number > 0
    Returns the loss, a tensor without axes of the logits' dtype.
    """
    raise NotImplementedError


def tempered_cross_entropy_gradient(logits, targets, temperature):
    """dL/dlogits for L = tempered_cross_entropy(logits, targets, temperature).

    Returns the gradient, of the logits' shape and dtype.
    """
    raise NotImplementedError
