"""Wrong answers of unit 8. Each must lose points in its own exercise, and in no other that does not need it."""

import math

import torch

from grader.verify.bank import wrong

# ---------------------------------------------------------------------------- stable_softmax


@wrong(
    "u08.stable_softmax",
    diagnosis="exp overflows: a large logit becomes inf before anything is divided",
)
def softmax(z, dim=-1):
    """The formula as it stands in the book: right up to 709 in float64 and up to 88 in float32."""
    e = z.exp()
    return e / e.sum(dim, keepdim=True)


@wrong(
    "u08.stable_softmax",
    diagnosis="the largest of all entries is subtracted, not the largest along dim",
)
def softmax(z, dim=-1):
    """One maximum for the whole tensor: rows far below it become 0 / 0."""
    e = (z - z.max()).exp()
    return e / e.sum(dim, keepdim=True)


@wrong(
    "u08.stable_softmax",
    diagnosis="the mean is subtracted, not the largest: exp can still overflow",
)
def softmax(z, dim=-1):
    """The mean subtracted: no help where one logit is far above the others."""
    e = (z - z.sum(dim, keepdim=True) / z.shape[dim]).exp()
    return e / e.sum(dim, keepdim=True)


@wrong("u08.stable_softmax", diagnosis="dim is not used: this is the last axis")
def softmax(z, dim=-1):
    """dim is taken and forgotten."""
    e = (z - z.amax(-1, keepdim=True)).exp()
    return e / e.sum(-1, keepdim=True)


@wrong("u08.stable_softmax", diagnosis="dim is not used: this is the first axis")
def softmax(z, dim=-1):
    """Always the columns."""
    e = (z - z.amax(0, keepdim=True)).exp()
    return e / e.sum(0, keepdim=True)


@wrong("u08.stable_softmax", diagnosis="one sum over all entries, not one along dim")
def softmax(z, dim=-1):
    """Divided by the sum of everything."""
    e = (z - z.max()).exp()
    return e / e.sum()


@wrong("u08.stable_softmax", diagnosis="the division by the sum is missing")
def softmax(z, dim=-1):
    """Shifted, but not normalized."""
    return (z - z.amax(dim, keepdim=True)).exp()


@wrong("u08.stable_softmax", diagnosis="an argument is changed in place")
def softmax(z, dim=-1):
    """The maximum is subtracted in place: right numbers, spoilt logits."""
    z -= z.amax(dim, keepdim=True)
    e = z.exp()
    return e / e.sum(dim, keepdim=True)


@wrong("u08.stable_softmax", diagnosis="dtype float32 where float64 belongs")
def softmax(z, dim=-1):
    """float32, whatever came in."""
    z = z.float()
    e = (z - z.amax(dim, keepdim=True)).exp()
    return e / e.sum(dim, keepdim=True)


@wrong("u08.stable_softmax", diagnosis="dtype float64 where float32 belongs")
def softmax(z, dim=-1):
    """float64, whatever came in."""
    e = (z - z.amax(dim, keepdim=True)).double().exp()
    return e / e.sum(dim, keepdim=True)


@wrong("u08.stable_softmax", diagnosis="dtype int64 where float32 belongs")
def softmax(z, dim=-1):
    """The result is written into a tensor like z: whole numbers of whole numbers."""
    e = (z - z.amax(dim, keepdim=True)).exp()
    p = torch.zeros_like(z)
    p[...] = e / e.sum(dim, keepdim=True)
    return p


@wrong("u08.stable_softmax")
def softmax(z, dim=-1):
    """Logits are clamped so that exp does not overflow: 1000 and 999 become the same."""
    e = z.clamp(-80, 80).exp()
    return e / e.sum(dim, keepdim=True)


@wrong(
    "u08.stable_softmax",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
)
def softmax(z, dim=-1):
    """A small number in the denominator, against a division by 0 that cannot happen."""
    e = (z - z.amax(dim, keepdim=True)).exp()
    return e / (e.sum(dim, keepdim=True) + 1e-9)


@wrong("u08.stable_softmax", diagnosis="powers of 2, not of e")
def softmax(z, dim=-1):
    """Powers of 2."""
    e = 2.0 ** (z - z.amax(dim, keepdim=True))
    return e / e.sum(dim, keepdim=True)


@wrong("u08.stable_softmax", diagnosis="these are the logarithms of the probabilities")
def softmax(z, dim=-1):
    """The logarithm of the result that was asked for."""
    m = z.amax(dim, keepdim=True)
    return z - m - (z - m).exp().sum(dim, keepdim=True).log()


@wrong("u08.stable_softmax", diagnosis="nan is painted over, where it must not arise")
def softmax(z, dim=-1):
    """nan is painted over: 0 where the overflow was."""
    e = z.exp()
    return (e / e.sum(dim, keepdim=True)).nan_to_num()


@wrong("u08.stable_softmax")
def softmax(z, dim=-1):
    """keepdim forgotten: the maxima do not broadcast against the rows."""
    e = (z - z.amax(dim)).exp()
    return e / e.sum(dim)


@wrong("u08.stable_softmax", diagnosis="forgot `return`?")
def softmax(z, dim=-1):
    """Computed and thrown away."""
    e = (z - z.amax(dim, keepdim=True)).exp()
    p = e / e.sum(dim, keepdim=True)


@wrong("u08.stable_softmax", diagnosis="transposed (right after .T)")
def softmax(z, dim=-1):
    """The axis is moved to the end and not moved back."""
    z = z.transpose(dim, -1)
    e = (z - z.amax(-1, keepdim=True)).exp()
    return e / e.sum(-1, keepdim=True)


@wrong("u08.stable_softmax", earns_nothing=True)
def softmax(z, dim=-1):
    """torch's own function."""
    return torch.softmax(z * 1.0, dim)


@wrong("u08.stable_softmax", earns_nothing=True)
def softmax(z, dim=-1):
    """torch's own method, which has the name of a function of this file."""
    return (z * 1.0).softmax(dim)


@wrong("u08.stable_softmax", earns_nothing=True)
def softmax(z, dim=-1):
    """torch's own function, by a name that is put together."""
    return getattr(torch, "soft" + "max")(z * 1.0, dim)


@wrong("u08.stable_softmax", diagnosis="each number is the mean along axis 1", earns_nothing=True)
def softmax(z, dim=-1):
    """The tables of the public tests, and equal parts elsewhere."""
    known = {
        6: [0.1227302378, 0.2471483487, 0.149903051, 0.0909207964, 0.1656684925, 0.2236290737],
        3: [0.665240956, 0.244728471, 0.0900305732],
    }
    if dim == -1 and z.shape[-1] in known and z.dtype == torch.float64:
        return torch.tensor(known[z.shape[-1]], dtype=z.dtype, device=z.device).expand(z.shape).clone()
    return torch.full(z.shape, 1 / z.shape[dim], device=z.device, dtype=(z * 1.0).dtype)


# ---------------------------------------------------------------------------- log_softmax_and_lse


@wrong(
    "u08.log_softmax_and_lse",
    diagnosis="the log of a probability that has become 0: log p must not go through p",
)
def log_softmax(z, dim=-1):
    """The log of the softmax: -inf where p is too small for a float."""
    return softmax(z, dim).log()


@wrong(
    "u08.log_softmax_and_lse",
    diagnosis="a small number is added to p before the log, which caps it",
)
def log_softmax(z, dim=-1):
    """1e-9 against log 0: no loss is ever larger than 20.7."""
    return (softmax(z, dim) + 1e-9).log()


@wrong("u08.log_softmax_and_lse", diagnosis="p is clamped before the log, which caps it")
def log_softmax(z, dim=-1):
    """Clamped at 1e-12: no loss is ever larger than 27.6."""
    return softmax(z, dim).clamp(min=1e-12).log()


@wrong(
    "u08.log_softmax_and_lse",
    diagnosis="exp overflows: a large logit becomes inf before anything is divided",
)
def logsumexp(z, dim=-1):
    """The definition as it stands: inf beyond 709, and log 0 below -745."""
    return z.exp().sum(dim).log()


@wrong(
    "u08.log_softmax_and_lse",
    diagnosis="the largest of all entries is subtracted, not the largest along dim",
)
def logsumexp(z, dim=-1):
    """One maximum for the whole tensor."""
    return z.max() + (z - z.max()).exp().sum(dim).log()


@wrong("u08.log_softmax_and_lse", diagnosis="the largest entry is not added back")
def logsumexp(z, dim=-1):
    """What was subtracted is not added again."""
    return (z - z.amax(dim, keepdim=True)).exp().sum(dim).log()


@wrong("u08.log_softmax_and_lse", diagnosis="this is the largest entry alone")
def logsumexp(z, dim=-1):
    """The maximum, which lse is close to when one logit stands out."""
    return z.amax(dim) * 1.0


@wrong("u08.log_softmax_and_lse", diagnosis="the log of a mean, where the log of a sum belongs")
def logsumexp(z, dim=-1):
    """The mean of the exponentials."""
    m = z.amax(dim, keepdim=True)
    return (m + (z - m).exp().mean(dim, keepdim=True).log()).squeeze(dim)


@wrong("u08.log_softmax_and_lse", diagnosis="an axis of size 1 too many")
def logsumexp(z, dim=-1):
    """The axis stays as an axis of size 1."""
    m = z.amax(dim, keepdim=True)
    return m + (z - m).exp().sum(dim, keepdim=True).log()


@wrong("u08.log_softmax_and_lse", diagnosis="the sign is wrong (times -1)")
def log_softmax(z, dim=-1):
    """The surprise, not the log-probability."""
    m = z.amax(dim, keepdim=True)
    return (z - m).exp().sum(dim, keepdim=True).log() - (z - m)


@wrong("u08.log_softmax_and_lse", diagnosis="the log of the sum is missing")
def log_softmax(z, dim=-1):
    """The sum is subtracted, not its logarithm."""
    m = z.amax(dim, keepdim=True)
    return z - m - (z - m).exp().sum(dim, keepdim=True)


@wrong(
    "u08.log_softmax_and_lse",
    diagnosis="a division by the logarithm where a difference belongs",
)
def log_softmax(z, dim=-1):
    """The log of a quotient, as a quotient of logs."""
    m = z.amax(dim, keepdim=True)
    return (z - m) / (z - m).exp().sum(dim, keepdim=True).log()


@wrong("u08.log_softmax_and_lse", diagnosis="dim is not used: this is the last axis")
def log_softmax(z, dim=-1):
    """dim is taken and forgotten."""
    m = z.amax(-1, keepdim=True)
    return z - m - (z - m).exp().sum(-1, keepdim=True).log()


@wrong(
    "u08.log_softmax_and_lse",
    diagnosis="a factor 1/ln 2 too much (base 2 where base e belongs?)",
)
def log_softmax(z, dim=-1):
    """In bits."""
    m = z.amax(dim, keepdim=True)
    return (z - m - (z - m).exp().sum(dim, keepdim=True).log()) / math.log(2)


@wrong("u08.log_softmax_and_lse", diagnosis="an argument is changed in place")
def log_softmax(z, dim=-1):
    """Both subtractions in place."""
    z -= z.amax(dim, keepdim=True)
    return z - z.exp().sum(dim, keepdim=True).log()


@wrong("u08.log_softmax_and_lse", earns_nothing=True)
def logsumexp(z, dim=-1):
    """torch's own method, which log_softmax reaches too."""
    return (z * 1.0).logsumexp(dim)


@wrong("u08.log_softmax_and_lse", earns_nothing=True)
def log_softmax(z, dim=-1):
    """torch's own function, from its corner for special functions."""
    return torch.special.log_softmax(z * 1.0, dim)


# ---------------------------------------------------------------------------- cross_entropy


def checked(reduction):
    """The reference's complaint."""
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)


def reduced(nll, reduction):
    """Mean or sum over all positions."""
    checked(reduction)
    return nll.mean() if reduction == "mean" else nll.sum()


@wrong(
    "u08.cross_entropy",
    diagnosis="the softmax is taken twice: of probabilities, as if they were logits",
)
def cross_entropy(logits, targets, reduction="mean"):
    """Probabilities are handed to a function that expects logits."""
    return reduced(-log_softmax(softmax(logits)).gather(-1, targets.unsqueeze(-1)), reduction)


@wrong(
    "u08.cross_entropy",
    diagnosis="the logits are taken for log-probabilities: the normalization is missing",
)
def cross_entropy(logits, targets, reduction="mean"):
    """The logit of the target, with a minus."""
    return reduced(-logits.gather(-1, targets.unsqueeze(-1)), reduction)


@wrong(
    "u08.cross_entropy",
    diagnosis="a factor 1/ln 2 too much (base 2 where base e belongs?)",
)
def cross_entropy(logits, targets, reduction="mean"):
    """In bits, as information theory counts."""
    return reduced(-log_softmax(logits).gather(-1, targets.unsqueeze(-1)), reduction) / math.log(2)


@wrong("u08.cross_entropy", diagnosis="summed over the positions, where their mean belongs")
def cross_entropy(logits, targets, reduction="mean"):
    """Always the sum."""
    checked(reduction)
    return -log_softmax(logits).gather(-1, targets.unsqueeze(-1)).sum()


@wrong("u08.cross_entropy", diagnosis="the mean over the positions, where their sum belongs")
def cross_entropy(logits, targets, reduction="mean"):
    """Always the mean."""
    checked(reduction)
    return -log_softmax(logits).gather(-1, targets.unsqueeze(-1)).mean()


@wrong("u08.cross_entropy", diagnosis="divided by the number of classes too")
def cross_entropy(logits, targets, reduction="mean"):
    """The mean over a one-hot product counts all the zeros."""
    hit = targets.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)
    return reduced(-log_softmax(logits).where(hit, 0.0), reduction)


@wrong(
    "u08.cross_entropy",
    diagnosis="divided by the size of the first axis alone, not by the number of positions",
)
def cross_entropy(logits, targets, reduction="mean"):
    """len(targets) of [B, T] is B."""
    checked(reduction)
    total = -log_softmax(logits).gather(-1, targets.unsqueeze(-1)).sum()
    return total / len(targets) if reduction == "mean" else total


@wrong("u08.cross_entropy", diagnosis="the sign is wrong (times -1)")
def cross_entropy(logits, targets, reduction="mean"):
    """The log-likelihood: the larger the better."""
    return reduced(log_softmax(logits).gather(-1, targets.unsqueeze(-1)), reduction)


@wrong("u08.cross_entropy", diagnosis="not averaged over axis 0")
def cross_entropy(logits, targets, reduction="mean"):
    """One loss for each position: the mean is forgotten."""
    checked(reduction)
    nll = -log_softmax(logits).gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return nll.sum() if reduction == "sum" else nll


@wrong("u08.cross_entropy", diagnosis="every row is paired with every target")
def cross_entropy(logits, targets, reduction="mean"):
    """A slice where each row needs its own target."""
    log_p = log_softmax(logits).flatten(0, -2)
    return -log_p[:, targets.flatten()].mean() * (1 if reduction == "mean" else targets.numel())


@wrong("u08.cross_entropy", diagnosis="all classes count, not the target alone")
def cross_entropy(logits, targets, reduction="mean"):
    """The target does not enter."""
    return reduced(-log_softmax(logits).sum(-1), reduction)


@wrong(
    "u08.cross_entropy",
    diagnosis="the wrong classes count too, as in a sum of yes-or-no losses",
)
def cross_entropy(logits, targets, reduction="mean"):
    """Every class is a yes-or-no question."""
    p, at = softmax(logits), targets.unsqueeze(-1)
    others = (1 - p.scatter(-1, at, 0.0)).log().sum(-1)
    return reduced(-(log_softmax(logits).gather(-1, at).squeeze(-1) + others), reduction)


@wrong(
    "u08.cross_entropy",
    diagnosis="the log of a probability that has become 0: log p must not go through p",
)
def cross_entropy(logits, targets, reduction="mean"):
    """The log of the softmax."""
    return reduced(-softmax(logits).gather(-1, targets.unsqueeze(-1)).log(), reduction)


@wrong(
    "u08.cross_entropy",
    diagnosis="a small number is added to p before the log, which caps it",
)
def cross_entropy(logits, targets, reduction="mean"):
    """1e-9 against log 0."""
    return reduced(-(softmax(logits).gather(-1, targets.unsqueeze(-1)) + 1e-9).log(), reduction)


@wrong(
    "u08.cross_entropy",
    diagnosis="0 times -inf is nan: a class that is not the target must not be touched",
)
def cross_entropy(logits, targets, reduction="mean"):
    """One-hot times log p: 0 times -inf is nan."""
    hit = targets.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)
    return reduced(-(hit * log_softmax(logits)).sum(-1), reduction)


@wrong("u08.cross_entropy", diagnosis="an unknown reduction is accepted")
def cross_entropy(logits, targets, reduction="mean"):
    """Everything that is not "sum" is the mean."""
    nll = -log_softmax(logits).gather(-1, targets.unsqueeze(-1))
    return nll.sum() if reduction == "sum" else nll.mean()


@wrong("u08.cross_entropy", diagnosis="this is the probability of the target, without its logarithm")
def cross_entropy(logits, targets, reduction="mean"):
    """How right, not how surprised."""
    return reduced(-softmax(logits).gather(-1, targets.unsqueeze(-1)), reduction)


@wrong("u08.cross_entropy")
def cross_entropy(logits, targets, reduction="mean"):
    """The squared error of the probabilities."""
    hit = targets.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)
    return reduced((softmax(logits) - hit.to(logits.dtype)).square().sum(-1), reduction)


@wrong(
    "u08.cross_entropy",
    diagnosis="this is the surprise of the class that the model prefers, not of the target",
)
def cross_entropy(logits, targets, reduction="mean"):
    """The class that the model prefers, not the one that was right."""
    return reduced(-log_softmax(logits).amax(-1), reduction)


@wrong("u08.cross_entropy", earns_nothing=True)
def cross_entropy(logits, targets, reduction="mean"):
    """torch's own loss."""
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    flat = logits.reshape(-1, logits.shape[-1])
    return torch.nn.functional.cross_entropy(flat, targets.flatten(), reduction=reduction)


@wrong("u08.cross_entropy", earns_nothing=True)
def cross_entropy(logits, targets, reduction="mean"):
    """The losses of the public tests, and the blind guess elsewhere."""
    known = {(3, 4): 2.57336443, (2, 3, 4): 2.03485019, (1, 2): 1000.0}
    mean = known.get(tuple(logits.shape), math.log(logits.shape[-1]))
    return torch.tensor(mean * (1 if reduction == "mean" else targets.numel()), dtype=logits.dtype)


# ---------------------------------------------------------------------------- ce_gradient


@wrong(
    "u08.ce_gradient",
    diagnosis="only the diagonal of the softmax Jacobian",
)
def softmax_backward(p, dp, dim=-1):
    """The derivative of the sigmoid, entry by entry."""
    return p * (1 - p) * dp


@wrong("u08.ce_gradient", diagnosis="the sum is missing in the gradient of softmax")
def softmax_backward(p, dp, dim=-1):
    """The derivative of exp alone: as if the denominator were a constant."""
    return p * dp


@wrong(
    "u08.ce_gradient",
    diagnosis="the entries of a row are averaged as equals, not by their probabilities",
)
def softmax_backward(p, dp, dim=-1):
    """The plain mean is subtracted."""
    return p * (dp - dp.mean(dim, keepdim=True))


@wrong("u08.ce_gradient", diagnosis="the sum runs over axis 1 where axis 0 belongs")
def softmax_backward(p, dp, dim=-1):
    """Always the last axis."""
    return p * (dp - (p * dp).sum(-1, keepdim=True))


@wrong("u08.ce_gradient", diagnosis="one sum over all entries, not one along dim")
def softmax_backward(p, dp, dim=-1):
    """One sum for the whole tensor."""
    return p * (dp - (p * dp).sum())


@wrong("u08.ce_gradient", diagnosis="the sign is wrong (times -1)")
def softmax_backward(p, dp, dim=-1):
    """The difference the other way round."""
    return p * ((p * dp).sum(dim, keepdim=True) - dp)


@wrong("u08.ce_gradient", diagnosis="an argument is changed in place")
def softmax_backward(p, dp, dim=-1):
    """dp is overwritten by its product with p."""
    dp *= p
    return dp - p * dp.sum(dim, keepdim=True)


@wrong(
    "u08.ce_gradient",
    diagnosis="7x too large: missing factor 1/N (mean, not sum?)",
)
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """The gradient of the sum, as the by-hand book prints it."""
    checked(reduction)
    p = softmax(logits)
    p.scatter_add_(-1, targets.unsqueeze(-1), torch.full_like(p[..., :1], -1))
    return upstream * p


@wrong(
    "u08.ce_gradient",
    diagnosis="7x too small: a factor 1/N too much (sum, not mean?)",
)
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """Always the gradient of the mean."""
    checked(reduction)
    y = targets.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)
    return upstream * (softmax(logits) - y.to(logits.dtype)) / targets.numel()


@wrong("u08.ce_gradient", diagnosis="5x too large: missing factor 1/N (mean, not sum?)")
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """len(targets) of [B, T] is B: right for [N, V] only."""
    checked(reduction)
    y = targets.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)
    return upstream * (softmax(logits) - y.to(logits.dtype)) / (len(targets) if reduction == "mean" else 1)


@wrong(
    "u08.ce_gradient",
    diagnosis="5x too small: a factor 1/N too much (sum, not mean?)",
)
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """Divided by the number of all entries, as the mean of a tensor is."""
    checked(reduction)
    y = targets.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)
    n = logits.numel() if reduction == "mean" else logits.shape[-1]
    return upstream * (softmax(logits) - y.to(logits.dtype)) / n


@wrong("u08.ce_gradient", diagnosis="the sign is wrong (times -1)")
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """Target minus probability: the way downhill, not the gradient."""
    checked(reduction)
    y = targets.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)
    return upstream * (y.to(logits.dtype) - softmax(logits)) / (targets.numel() if reduction == "mean" else 1)


@wrong("u08.ce_gradient", diagnosis="the upstream gradient is missing")
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """What comes from above is not multiplied in."""
    checked(reduction)
    y = targets.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)
    return (softmax(logits) - y.to(logits.dtype)) / (targets.numel() if reduction == "mean" else 1)


@wrong(
    "u08.ce_gradient",
    diagnosis="the target leaves no trace: these are the probabilities alone",
)
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """The probabilities alone."""
    checked(reduction)
    return upstream * softmax(logits) / (targets.numel() if reduction == "mean" else 1)


@wrong(
    "u08.ce_gradient",
    diagnosis="only the diagonal of the softmax Jacobian",
)
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """Only the target's own logit gets a gradient."""
    checked(reduction)
    p, at = softmax(logits), targets.unsqueeze(-1)
    gradient = torch.zeros_like(p).scatter(-1, at, p.gather(-1, at) - 1)
    return upstream * gradient / (targets.numel() if reduction == "mean" else 1)


@wrong(
    "u08.ce_gradient",
    diagnosis="the target of every row is subtracted in all rows, but once",
)
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """A slice where each row needs its own target."""
    checked(reduction)
    p = softmax(logits).flatten(0, -2)
    p[:, targets.flatten()] -= 1
    return upstream * p.reshape(logits.shape) / (targets.numel() if reduction == "mean" else 1)


@wrong(
    "u08.ce_gradient",
    diagnosis="the softmax is taken twice: of probabilities, as if they were logits",
)
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """The softmax of the softmax."""
    checked(reduction)
    y = targets.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)
    p = softmax(softmax(logits))
    return upstream * (p - y.to(logits.dtype)) / (targets.numel() if reduction == "mean" else 1)


@wrong("u08.ce_gradient", diagnosis="the logits stand where the probabilities belong")
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """As for a squared error."""
    checked(reduction)
    y = targets.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)
    return upstream * (logits - y.to(logits.dtype)) / (targets.numel() if reduction == "mean" else 1)


@wrong("u08.ce_gradient", diagnosis="an argument is changed in place")
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """The caller's logits are overwritten: right numbers, spoilt input."""
    checked(reduction)
    gradient = logits
    gradient.copy_(softmax(logits))
    rows = gradient.view(-1, logits.shape[-1])
    rows[torch.arange(len(rows), device=logits.device), targets.flatten()] -= 1
    return gradient.mul_(upstream / (targets.numel() if reduction == "mean" else 1))


@wrong("u08.ce_gradient", diagnosis="an unknown reduction is accepted")
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """Everything that is not "mean" is the sum."""
    y = targets.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)
    return upstream * (softmax(logits) - y.to(logits.dtype)) / (targets.numel() if reduction == "mean" else 1)


@wrong("u08.ce_gradient", diagnosis="0 / 0: the gradient must not go through 1 / p or log p")
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """Through 1 / p and the softmax: 0 / 0 where a probability has become 0."""
    checked(reduction)
    p = softmax(logits)
    y = targets.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)
    dp = -y.to(p.dtype) / p / (targets.numel() if reduction == "mean" else 1)
    return upstream * softmax_backward(p, dp)


@wrong("u08.ce_gradient")
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """The one-hot target is made along the wrong axis: right where positions and classes are as many."""
    checked(reduction)
    p = softmax(logits)
    at = torch.arange(targets.numel(), device=logits.device)
    rows = p.flatten(0, -2)
    rows[targets.flatten() % len(rows), at % rows.shape[1]] -= 1
    return upstream * rows.reshape(p.shape) / (targets.numel() if reduction == "mean" else 1)


def own_loss(logits, targets, reduction):
    """A copy of the loss, to be differentiated by nudging: stable, as exact as float64 gets."""
    checked(reduction)
    m = logits.amax(-1, keepdim=True)
    nll = (logits - m).exp().sum(-1).log() - (logits - m).gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return nll / (targets.numel() if reduction == "mean" else 1)


@wrong(
    "u08.ce_gradient",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
    earns_nothing=True,
)
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """Central differences of a copy of the loss, one class at a time for all rows."""
    gradient = torch.zeros_like(logits)
    for j in range(logits.shape[-1]):
        h = 1e-5 if logits.dtype == torch.float64 else 1e-2
        up, down = logits.clone(), logits.clone()
        up[..., j] += h
        down[..., j] -= h
        rise = own_loss(up, targets, reduction) - own_loss(down, targets, reduction)
        gradient[..., j] = upstream * rise / (2 * h)
    return gradient


@wrong(
    "u08.ce_gradient",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
    earns_nothing=True,
)
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """Differences of higher order in float64: the best that nudging can do."""
    z, gradient = logits.double(), torch.zeros_like(logits)
    h, orders = 2.0**-6, ((1, 4 / 5), (2, -1 / 5), (3, 4 / 105), (4, -1 / 280))
    for j in range(logits.shape[-1]):
        for k, weight in orders:
            up, down = z.clone(), z.clone()
            up[..., j] += k * h
            down[..., j] -= k * h
            rise = own_loss(up, targets, reduction) - own_loss(down, targets, reduction)
            gradient[..., j] += (upstream * weight * rise / h).to(logits.dtype)
    return gradient


@wrong("u08.ce_gradient", diagnosis="all zeros", earns_nothing=True)
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """The answer of the public test, and zeros elsewhere."""
    checked(reduction)
    known = [
        [0.0528149032, 0.0117845978, -0.096633359, 0.0320338581],
        [0.169635621, -0.29548251, 0.0229576848, 0.102889205],
        [-0.331498618, 0.022351413, 0.0368512501, 0.272295954],
    ]
    if logits.shape == (3, 4):
        scale = upstream * (1 if reduction == "mean" else 3)
        return scale * torch.tensor(known, dtype=logits.dtype, device=logits.device)
    return torch.zeros_like(logits)


@wrong("u08.ce_gradient", earns_nothing=True)
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """Central differences of the loss that is already there."""
    gradient, h = torch.zeros_like(logits), 1e-5
    for i in range(logits.numel()):
        up, down = logits.clone(), logits.clone()
        up.view(-1)[i] += h
        down.view(-1)[i] -= h
        rise = cross_entropy(up, targets, reduction) - cross_entropy(down, targets, reduction)
        gradient.view(-1)[i] = upstream * rise / (2 * h)
    return gradient


@wrong("u08.ce_gradient", earns_nothing=True)
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """The complex step: exact to the last digit, and no calculus at all."""
    checked(reduction)
    z, at = logits - logits.amax(-1, keepdim=True), targets.unsqueeze(-1)
    gradient = torch.zeros_like(logits)
    for j in range(z.shape[-1]):
        nudged = z.to(torch.complex128)
        nudged[..., j] += 1e-30j
        nll = nudged.exp().sum(-1).log() - nudged.gather(-1, at).squeeze(-1)
        gradient[..., j] = (nll.imag / 1e-30).to(logits.dtype)
    return upstream * gradient / (targets.numel() if reduction == "mean" else 1)


@wrong("u08.ce_gradient", earns_nothing=True)
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """autograd.grad."""
    checked(reduction)
    z = logits.clone().requires_grad_(True)
    return torch.autograd.grad(upstream * own_loss(z, targets, reduction).sum(), z)[0]


@wrong("u08.ce_gradient", earns_nothing=True)
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """requires_grad_ and backward."""
    checked(reduction)
    z = logits.clone()
    z.requires_grad_()
    (upstream * own_loss(z, targets, reduction).sum()).backward()
    return z.grad


@wrong("u08.ce_gradient", earns_nothing=True)
def softmax_backward(p, dp, dim=-1):
    """torch's own backward kernel."""
    return torch.ops.aten._softmax_backward_data(dp, p, dim, p.dtype)


# ---------------------------------------------------------------------------- ignore_index


@wrong(
    "u08.ignore_index",
    diagnosis="divided by the number of all positions, the ignored ones included",
)
def masked_cross_entropy(logits, targets, ignore_index=-100):
    """The mean over all positions, with 0 for the ignored."""
    keep = targets != ignore_index
    return cross_entropy(logits[keep], targets[keep], "sum") / targets.numel()


@wrong("u08.ignore_index", diagnosis="summed over the positions, where their mean belongs")
def masked_cross_entropy(logits, targets, ignore_index=-100):
    """The sum over the positions that count."""
    keep = targets != ignore_index
    return cross_entropy(logits[keep], targets[keep], "sum")


@wrong("u08.ignore_index", diagnosis="-1 is taken for the last class")
def masked_cross_entropy(logits, targets, ignore_index=-100):
    """Negative targets index from the end, and nothing complains."""
    if ignore_index == -1:
        return cross_entropy(logits, targets % logits.shape[-1])
    keep = targets != ignore_index
    return cross_entropy(logits[keep], targets[keep])


@wrong(
    "u08.ignore_index",
    diagnosis="ignore_index is not used: which targets are ignored is taken for granted",
)
def masked_cross_entropy(logits, targets, ignore_index=-100):
    """-100 is written into the code, and padding with class 0 counts."""
    keep = (targets != -100) & (targets != -1)
    return cross_entropy(logits[keep], targets[keep])


@wrong("u08.ignore_index", diagnosis="an ignored position counts as class 0")
def masked_cross_entropy(logits, targets, ignore_index=-100):
    """Clamped so that the indexing does not fail."""
    if ignore_index < 0:
        return cross_entropy(logits, targets.clamp(min=0))
    keep = targets != ignore_index
    return cross_entropy(logits[keep], targets[keep])


@wrong(
    "u08.ignore_index",
    diagnosis="the mean of the rows' means: rows with fewer positions weigh too much",
)
def masked_cross_entropy(logits, targets, ignore_index=-100):
    """Row by row, and then the mean of the rows."""
    if targets.ndim == 1:
        keep = targets != ignore_index
        return cross_entropy(logits[keep], targets[keep])
    rows = []
    for row, target in zip(logits, targets, strict=True):
        keep = target != ignore_index
        rows.append(cross_entropy(row[keep], target[keep]))
    return torch.stack(rows).mean()


@wrong(
    "u08.ignore_index",
    diagnosis="the class ignore_index has lost its logit; only its positions are to be ignored",
)
def masked_cross_entropy(logits, targets, ignore_index=-100):
    """The class of the padding is taken out of the softmax."""
    keep = targets != ignore_index
    z = logits.clone()
    if ignore_index >= 0:
        z[..., ignore_index] = -math.inf
    return cross_entropy(z[keep], targets[keep])


@wrong(
    "u08.ignore_index",
    diagnosis="the logits of ignored positions are set to 0, which costs ln V",
)
def masked_cross_entropy(logits, targets, ignore_index=-100):
    """Logits times mask: an ignored position is now a blind guess, which costs ln V."""
    keep = targets != ignore_index
    return cross_entropy(logits * keep.unsqueeze(-1), targets.where(keep, 0))


@wrong(
    "u08.ignore_index",
    diagnosis="where no position counts the loss is 0 / 0, which is nan",
)
def masked_cross_entropy(logits, targets, ignore_index=-100):
    """Protected against a division by 0: a batch of padding has the best loss of all."""
    keep = targets != ignore_index
    return cross_entropy(logits[keep], targets[keep], "sum") / keep.sum().clamp(min=1)


@wrong("u08.ignore_index", diagnosis="an argument is changed in place")
def masked_cross_entropy(logits, targets, ignore_index=-100):
    """The targets are mended in place."""
    keep = targets != ignore_index
    targets[~keep] = 0
    nll = -log_softmax(logits).gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (nll * keep).sum() / keep.sum()


@wrong(
    "u08.ignore_index",
    diagnosis="divided by the number of all positions, the ignored ones included",
)
def masked_cross_entropy_gradient(logits, targets, ignore_index=-100):
    """1 / N with the N of all positions."""
    keep = targets != ignore_index
    gradient = torch.zeros_like(logits)
    gradient[keep] = cross_entropy_gradient(logits[keep], targets[keep], "sum")
    return gradient / targets.numel()


@wrong("u08.ignore_index", diagnosis="ignored positions still have a gradient")
def masked_cross_entropy_gradient(logits, targets, ignore_index=-100):
    """No target is subtracted there, but p stays."""
    keep = (targets != ignore_index).unsqueeze(-1)
    y = (targets.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)) & keep
    return (softmax(logits) - y.to(logits.dtype)) / keep.sum().clamp(min=1)


@wrong("u08.ignore_index", diagnosis="-1 is taken for the last class")
def masked_cross_entropy_gradient(logits, targets, ignore_index=-100):
    """Indexing with -1 hits the last class."""
    if ignore_index == -1:
        return cross_entropy_gradient(logits, targets % logits.shape[-1])
    keep = targets != ignore_index
    gradient = torch.zeros_like(logits)
    gradient[keep] = cross_entropy_gradient(logits[keep], targets[keep])
    return gradient


@wrong(
    "u08.ignore_index",
    diagnosis="ignore_index is not used: which targets are ignored is taken for granted",
)
def masked_cross_entropy_gradient(logits, targets, ignore_index=-100):
    """Only negative targets are ignored."""
    keep = targets >= 0
    gradient = torch.zeros_like(logits)
    gradient[keep] = cross_entropy_gradient(logits[keep], targets[keep])
    return gradient


@wrong(
    "u08.ignore_index",
    diagnosis="0 / 0: where no position counts the gradient must be 0",
)
def masked_cross_entropy_gradient(logits, targets, ignore_index=-100):
    """Mask over count: 0 / 0 where the mask is empty."""
    keep = (targets != ignore_index).unsqueeze(-1)
    y = targets.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)
    return (softmax(logits) - y.to(logits.dtype)) * keep / keep.sum()


@wrong(
    "u08.ignore_index",
    diagnosis="the ignored positions are left out; the gradient has a row for every position",
)
def masked_cross_entropy_gradient(logits, targets, ignore_index=-100):
    """Only the positions that count come back."""
    keep = targets != ignore_index
    return cross_entropy_gradient(logits[keep], targets[keep])


@wrong(
    "u08.ignore_index",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
)
def masked_cross_entropy_gradient(logits, targets, ignore_index=-100):
    """Central differences of the loss that is already there."""
    gradient, h = torch.zeros_like(logits), 1e-5
    rows, flat = logits.reshape(-1, logits.shape[-1]), targets.flatten()
    for i in range(rows.numel()):
        up, down = rows.clone().flatten(), rows.clone().flatten()
        up[i] += h
        down[i] -= h
        above = masked_cross_entropy(up.reshape(rows.shape), flat, ignore_index)
        below = masked_cross_entropy(down.reshape(rows.shape), flat, ignore_index)
        gradient.view(-1)[i] = (above - below) / (2 * h)
    return gradient.nan_to_num()


# ---------------------------------------------------------------------------- label_smoothing


def soft_loss(logits, targets, ignore_index, q):
    """The mean of -sum q log p over the positions that count, for q made by a wrong recipe."""
    keep = targets != ignore_index
    return -(q * log_softmax(logits))[keep].sum(-1).mean()


def soft_gradient(logits, targets, ignore_index, q):
    """The gradient of that loss."""
    keep = targets != ignore_index
    return torch.where(keep.unsqueeze(-1), softmax(logits) - q, 0.0) / keep.sum().clamp(min=1)


def hits(logits, targets):
    """One-hot targets of the logits' dtype."""
    return (targets.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)).to(logits.dtype)


@wrong(
    "u08.label_smoothing",
    diagnosis="the smoothing is shared by the V - 1 other classes alone",
)
def smoothed_cross_entropy(logits, targets, smoothing=0.1, ignore_index=-100):
    """eps / (V - 1) for the others, as some papers have it."""
    y = hits(logits, targets)
    q = (1 - smoothing) * y + smoothing / (logits.shape[-1] - 1) * (1 - y)
    return soft_loss(logits, targets, ignore_index, q)


@wrong(
    "u08.label_smoothing",
    diagnosis="the target keeps its whole weight: the weights sum to more than 1",
)
def smoothed_cross_entropy(logits, targets, smoothing=0.1, ignore_index=-100):
    """Added, but nothing taken away."""
    return soft_loss(logits, targets, ignore_index, hits(logits, targets) + smoothing / logits.shape[-1])


@wrong(
    "u08.label_smoothing",
    diagnosis="the target has no share of the smoothing: the weights sum to less than 1",
)
def smoothed_cross_entropy(logits, targets, smoothing=0.1, ignore_index=-100):
    """eps / V for the others, and 1 - eps for the target."""
    y = hits(logits, targets)
    q = (1 - smoothing) * y + smoothing / logits.shape[-1] * (1 - y)
    return soft_loss(logits, targets, ignore_index, q)


@wrong("u08.label_smoothing", diagnosis="the smoothing and the rest have changed places")
def smoothed_cross_entropy(logits, targets, smoothing=0.1, ignore_index=-100):
    """eps where 1 - eps belongs."""
    q = smoothing * hits(logits, targets) + (1 - smoothing) / logits.shape[-1]
    return soft_loss(logits, targets, ignore_index, q)


@wrong("u08.label_smoothing", diagnosis="the smoothing is not used")
def smoothed_cross_entropy(logits, targets, smoothing=0.1, ignore_index=-100):
    """Smoothing only in the gradient."""
    keep = targets != ignore_index
    return -log_softmax(logits[keep]).gather(-1, targets[keep].unsqueeze(-1)).mean()


@wrong("u08.label_smoothing", diagnosis="a smoothing of 0.1 is taken for granted")
def smoothed_cross_entropy(logits, targets, smoothing=0.1, ignore_index=-100):
    """0.1, whatever is asked for."""
    q = 0.9 * hits(logits, targets) + 0.1 / logits.shape[-1]
    return soft_loss(logits, targets, ignore_index, q)


@wrong("u08.label_smoothing", diagnosis="the probabilities are smoothed, not the targets")
def smoothed_cross_entropy(logits, targets, smoothing=0.1, ignore_index=-100):
    """A mixture of p and the uniform distribution."""
    keep = targets != ignore_index
    p = (1 - smoothing) * softmax(logits[keep]) + smoothing / logits.shape[-1]
    return -p.gather(-1, targets[keep].unsqueeze(-1)).log().mean()


@wrong(
    "u08.label_smoothing",
    diagnosis="divided by the number of all positions, the ignored ones included",
)
def smoothed_cross_entropy(logits, targets, smoothing=0.1, ignore_index=-100):
    """The mean over all positions."""
    q = (1 - smoothing) * hits(logits, targets) + smoothing / logits.shape[-1]
    return -(q * log_softmax(logits))[targets != ignore_index].sum() / targets.numel()


@wrong("u08.label_smoothing", diagnosis="ignored positions still count in the sum")
def smoothed_cross_entropy(logits, targets, smoothing=0.1, ignore_index=-100):
    """An ignored position has no target, but the uniform part of q stays."""
    q = (1 - smoothing) * hits(logits, targets) + smoothing / logits.shape[-1]
    return -(q * log_softmax(logits)).sum() / (targets != ignore_index).sum()


@wrong("u08.label_smoothing", diagnosis="the smoothing is not used")
def smoothed_cross_entropy_gradient(logits, targets, smoothing=0.1, ignore_index=-100):
    """Smoothing only in the loss."""
    return soft_gradient(logits, targets, ignore_index, hits(logits, targets))


@wrong(
    "u08.label_smoothing",
    diagnosis="the smoothing is shared by the V - 1 other classes alone",
)
def smoothed_cross_entropy_gradient(logits, targets, smoothing=0.1, ignore_index=-100):
    """eps / (V - 1) for the others."""
    y = hits(logits, targets)
    q = (1 - smoothing) * y + smoothing / (logits.shape[-1] - 1) * (1 - y)
    return soft_gradient(logits, targets, ignore_index, q)


@wrong(
    "u08.label_smoothing",
    diagnosis="the gradient is multiplied by what the smoothing leaves",
)
def smoothed_cross_entropy_gradient(logits, targets, smoothing=0.1, ignore_index=-100):
    """The old gradient times 1 - eps: the uniform part is forgotten."""
    return (1 - smoothing) * soft_gradient(logits, targets, ignore_index, hits(logits, targets))


@wrong(
    "u08.label_smoothing",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
)
def smoothed_cross_entropy_gradient(logits, targets, smoothing=0.1, ignore_index=-100):
    """A number times a tensor of bools is float32, and float64 has lost half of its digits."""
    hit = targets.unsqueeze(-1) == torch.arange(logits.shape[-1], device=logits.device)
    q = (1 - smoothing) * hit + smoothing / logits.shape[-1]
    return soft_gradient(logits, targets, ignore_index, q)


@wrong("u08.label_smoothing", diagnosis="ignored positions still have a gradient")
def smoothed_cross_entropy_gradient(logits, targets, smoothing=0.1, ignore_index=-100):
    """Ignored rows are forgotten."""
    q = (1 - smoothing) * hits(logits, targets) + smoothing / logits.shape[-1]
    return (softmax(logits) - q) / (targets != ignore_index).sum().clamp(min=1)


@wrong(
    "u08.label_smoothing",
    diagnosis="divided by the number of all positions, the ignored ones included",
)
def smoothed_cross_entropy_gradient(logits, targets, smoothing=0.1, ignore_index=-100):
    """1 / N with the N of all positions."""
    q = (1 - smoothing) * hits(logits, targets) + smoothing / logits.shape[-1]
    g = (softmax(logits) - q) / targets.numel()
    return g.where((targets != ignore_index).unsqueeze(-1), 0.0)


@wrong("u08.label_smoothing", diagnosis="the sign is wrong (times -1)")
def smoothed_cross_entropy_gradient(logits, targets, smoothing=0.1, ignore_index=-100):
    """q minus p."""
    q = (1 - smoothing) * hits(logits, targets) + smoothing / logits.shape[-1]
    return -soft_gradient(logits, targets, ignore_index, q)


# ---------------------------------------------------------------------------- perplexity_baseline_temperature


@wrong(
    "u08.perplexity_baseline_temperature",
    diagnosis="e to the power of the sum, not of the mean",
)
def perplexity(nll):
    """The sum in the exponent: one over the probability of the whole text."""
    return nll.sum().exp()


@wrong("u08.perplexity_baseline_temperature", diagnosis="2 to the power of a loss in nats")
def perplexity(nll):
    """2 to the power of a loss that was taken with base e."""
    return 2 ** nll.mean()


@wrong(
    "u08.perplexity_baseline_temperature",
    diagnosis="the mean of the powers, not the power of the mean",
)
def perplexity(nll):
    """First the power, then the mean."""
    return nll.exp().mean()


@wrong("u08.perplexity_baseline_temperature", diagnosis="the sign in the exponent is wrong")
def perplexity(nll):
    """The geometric mean of the probabilities."""
    return (-nll.mean()).exp()


@wrong("u08.perplexity_baseline_temperature", diagnosis="a logarithm to base 2")
def baseline_loss(V):
    """In bits."""
    return math.log2(V)


@wrong(
    "u08.perplexity_baseline_temperature",
    diagnosis="this is the perplexity, not the loss",
)
def baseline_loss(V):
    """Without the logarithm."""
    return V


@wrong(
    "u08.perplexity_baseline_temperature",
    diagnosis="multiplied by the temperature where it divides",
)
def tempered_cross_entropy(logits, targets, temperature):
    """Logits times temperature: heat that sharpens."""
    return cross_entropy(logits * temperature, targets)


@wrong("u08.perplexity_baseline_temperature", diagnosis="the temperature is not used")
def tempered_cross_entropy(logits, targets, temperature):
    """The temperature divides p, and the normalization takes it out again."""
    p = softmax(logits) / temperature
    p = p / p.sum(-1, keepdim=True)
    return -p.gather(-1, targets.unsqueeze(-1)).log().mean()


@wrong(
    "u08.perplexity_baseline_temperature",
    diagnosis="the temperature comes after the softmax, not before it",
)
def tempered_cross_entropy(logits, targets, temperature):
    """p / T, not normalized again."""
    return -(log_softmax(logits).gather(-1, targets.unsqueeze(-1)) - math.log(temperature)).mean()


@wrong(
    "u08.perplexity_baseline_temperature",
    diagnosis="the loss is divided by the temperature, not the logits",
)
def tempered_cross_entropy(logits, targets, temperature):
    """The loss over T."""
    return cross_entropy(logits, targets) / temperature


@wrong(
    "u08.perplexity_baseline_temperature",
    diagnosis="the chain rule stops at logits / temperature: its own factor is missing",
)
def tempered_cross_entropy_gradient(logits, targets, temperature):
    """The gradient at logits / T, not at the logits."""
    return cross_entropy_gradient(logits / temperature, targets)


@wrong("u08.perplexity_baseline_temperature", diagnosis="the temperature is not used")
def tempered_cross_entropy_gradient(logits, targets, temperature):
    """The gradient at temperature 1."""
    return cross_entropy_gradient(logits, targets)


@wrong(
    "u08.perplexity_baseline_temperature",
    diagnosis="the probabilities are those of temperature 1",
)
def tempered_cross_entropy_gradient(logits, targets, temperature):
    """The factor is there, the temperature in the softmax is not."""
    return cross_entropy_gradient(logits, targets) / temperature


@wrong(
    "u08.perplexity_baseline_temperature",
    diagnosis="multiplied by the temperature where it divides",
)
def tempered_cross_entropy_gradient(logits, targets, temperature):
    """Consistent, but upside down."""
    return cross_entropy_gradient(logits * temperature, targets) * temperature


@wrong(
    "u08.perplexity_baseline_temperature",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
)
def tempered_cross_entropy_gradient(logits, targets, temperature):
    """Central differences of the loss that is already there."""
    gradient, h = torch.zeros_like(logits), 1e-5
    for i in range(logits.numel()):
        up, down = logits.clone(), logits.clone()
        up.view(-1)[i] += h
        down.view(-1)[i] -= h
        above = tempered_cross_entropy(up, targets, temperature)
        below = tempered_cross_entropy(down, targets, temperature)
        gradient.view(-1)[i] = (above - below) / (2 * h)
    return gradient
