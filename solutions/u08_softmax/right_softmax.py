"""Right answers of unit 8 in other styles. Each must earn everything, in process and in the jail."""

import math

import torch
from torch import exp, log

from grader.verify.bank import right

# ---------------------------------------------------------------------------- stable_softmax


@right("u08.stable_softmax")
def softmax(z, dim=-1):
    """max().values, and torch's functions instead of methods."""
    largest = torch.max(z, dim=dim, keepdim=True).values
    e = torch.exp(z - largest)
    return torch.div(e, torch.sum(e, dim=dim, keepdim=True))


@right("u08.stable_softmax")
def softmax(z, dim=-1):
    """The axis is moved to the end, and back."""
    rows = z.transpose(dim, -1)
    rows = rows - rows.max(-1)[0][..., None]
    e = exp(rows)
    return (e / e.sum(-1)[..., None]).transpose(dim, -1)


@right("u08.stable_softmax")
def softmax(z, dim=-1):
    """A loop over the rows."""
    if not z.is_floating_point():
        z = z.to(torch.get_default_dtype())
    p = torch.empty_like(z)
    moved, out = z.movedim(dim, -1), p.movedim(dim, -1)
    rows = moved.reshape(-1, moved.shape[-1])
    result = torch.stack([(row - max(row.tolist())).exp() for row in rows])
    result = result / result.sum(1, keepdim=True)
    out.copy_(result.reshape(moved.shape))
    return p


@right("u08.stable_softmax")
def softmax(z, dim=-1):
    """float64 inside, rounded at the end; in place on tensors of its own."""
    kind = z.dtype if z.dtype.is_floating_point else torch.get_default_dtype()
    work = z.to(torch.float64, copy=True)
    work -= work.amax(dim=dim, keepdim=True)
    work.exp_()
    work /= work.sum(dim=dim, keepdim=True)
    return work.to(kind)


@right("u08.stable_softmax")
def softmax(z, dim=-1):
    """Through the logarithm: exp(z - lse)."""
    m = z.amax(dim, True)
    lse = m + log(exp(z - m).sum(dim, True))
    return exp((z - m) - (lse - m))


# ---------------------------------------------------------------------------- log_softmax_and_lse


@right("u08.log_softmax_and_lse")
def logsumexp(z, dim=-1):
    """Without keepdim: the axis is put back by hand."""
    m, _ = z.max(dim)
    return torch.log(torch.exp(z - m.unsqueeze(dim)).sum(dim)) + m


@right("u08.log_softmax_and_lse")
def logsumexp(z, dim=-1):
    """Slice by slice, with logaddexp-like steps."""
    if not torch.is_floating_point(z):
        z = z * 1.0
    total = None
    for part in z.unbind(dim):
        if total is None:
            total = part.clone()
            continue
        high, low = torch.maximum(total, part), torch.minimum(total, part)
        gap = torch.where(low == high, torch.zeros_like(low), low - high)
        total = torch.where(high == -math.inf, high, high + torch.log1p(gap.exp()))
    return total


@right("u08.log_softmax_and_lse")
def logsumexp(z, dim=-1):
    """The log of the softmax's own denominator."""
    m = torch.amax(z, dim=dim, keepdim=True)
    shifted = z - m
    return torch.squeeze(m + torch.log(shifted.exp().sum(dim=dim, keepdim=True)), dim)


@right("u08.log_softmax_and_lse")
def log_softmax(z, dim=-1):
    """In one go: shifted logits minus the log of their sum."""
    shifted = z - z.amax(dim, keepdim=True)
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


@right("u08.log_softmax_and_lse")
def log_softmax(z, dim=-1):
    """lse of the shifted logits, which is small."""
    z = z - torch.max(z, dim, keepdim=True)[0]
    return z - torch.unsqueeze(logsumexp(z, dim=dim), dim)


# ---------------------------------------------------------------------------- cross_entropy


@right("u08.cross_entropy")
def cross_entropy(logits, targets, reduction="mean"):
    """Flattened, with an index for the rows."""
    V = logits.size(-1)
    log_p = log_softmax(logits.reshape(-1, V))
    rows = torch.arange(log_p.size(0), device=logits.device)
    nll = -log_p[rows, targets.reshape(-1)]
    if reduction == "mean":
        return torch.mean(nll)
    if reduction == "sum":
        return torch.sum(nll)
    raise ValueError("reduction")


@right("u08.cross_entropy")
def cross_entropy(logits, targets, reduction="mean"):
    """lse minus the target's logit."""
    at = torch.gather(logits, -1, targets[..., None])[..., 0]
    total = (logsumexp(logits) - at).sum()
    match reduction:
        case "mean":
            return total / targets.numel()
        case "sum":
            return total
        case _:
            raise ValueError(f"{reduction} is neither mean nor sum")


@right("u08.cross_entropy")
def cross_entropy(logits, targets, reduction="mean"):
    """A mask of bools picks the log-probabilities."""
    if reduction != "mean" and reduction != "sum":
        raise ValueError(reduction)
    mask = torch.arange(logits.shape[-1], device=targets.device).expand(logits.shape) == targets.unsqueeze(-1)
    picked = log_softmax(logits)[mask]
    return {"mean": torch.mean, "sum": torch.sum}[reduction](-picked)


@right("u08.cross_entropy")
def cross_entropy(logits, targets, reduction="mean"):
    """A loop over the positions."""
    rows, classes = logits.flatten(0, -2), targets.flatten().tolist()
    if reduction not in {"mean", "sum"}:
        raise ValueError(reduction)
    total = 0.0
    for row, target in zip(log_softmax(rows), classes, strict=True):
        total = total - row[target]
    return total / len(classes) if reduction == "mean" else total


@right("u08.cross_entropy")
def cross_entropy(logits, targets, reduction="mean"):
    """where keeps 0 times -inf away."""
    if reduction not in ("mean", "sum"):
        raise ValueError
    eye = torch.eye(logits.shape[-1], dtype=torch.bool, device=logits.device)
    nll = torch.where(eye[targets], -log_softmax(logits, -1), 0.0).sum(-1)
    return averaged(nll, reduction)


def averaged(nll, reduction):
    """Mean or sum over the positions."""
    return nll.mean() if reduction == "mean" else nll.sum()


# ---------------------------------------------------------------------------- ce_gradient


@right("u08.ce_gradient")
def softmax_backward(p, dp, dim=-1):
    """p dp minus p times its sum."""
    dz = p * dp
    return dz - p * dz.sum(dim=dim, keepdim=True)


@right("u08.ce_gradient")
def softmax_backward(p, dp, dim=-1):
    """The Jacobian of every row, written out: diag(p) - p p^T."""
    p, dp = p.movedim(dim, -1), dp.movedim(dim, -1)
    jacobian = torch.diag_embed(p) - p.unsqueeze(-1) * p.unsqueeze(-2)
    return (jacobian @ dp.unsqueeze(-1)).squeeze(-1).movedim(-1, dim)


@right("u08.ce_gradient")
def softmax_backward(p, dp, dim=-1):
    """By einsum over the last axis."""
    q, dq = p.transpose(dim, -1), dp.transpose(dim, -1)
    shared = torch.einsum("...i,...i->...", q, dq)
    return ((dq - shared[..., None]) * q).transpose(dim, -1)


@right("u08.ce_gradient")
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """Flattened, 1 subtracted at an index, and put back into shape."""
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    V = logits.shape[-1]
    gradient = softmax(logits.reshape(-1, V))
    gradient[torch.arange(gradient.shape[0], device=logits.device), targets.reshape(-1)] -= 1
    if reduction == "mean":
        gradient /= gradient.shape[0]
    return (gradient * upstream).view(logits.shape)


@right("u08.ce_gradient")
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """One-hot by rows of the identity, scaled before the difference."""
    scales = {"mean": upstream / max(targets.numel(), 1), "sum": upstream}
    if reduction not in scales:
        raise ValueError(f"unknown reduction {reduction}")
    eye = torch.eye(logits.shape[-1], dtype=logits.dtype, device=logits.device)
    return scales[reduction] * softmax(logits, dim=-1) - scales[reduction] * eye[targets]


@right("u08.ce_gradient")
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """One-hot by scatter."""
    y = torch.zeros_like(logits).scatter_(-1, targets.unsqueeze(-1), 1.0)
    if reduction == "sum":
        return (softmax(logits) - y) * upstream
    if reduction == "mean":
        return (softmax(logits) - y) * upstream / y.sum()
    raise ValueError(reduction)


@right("u08.ce_gradient")
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """A loop over the positions, each with its own case for the target."""
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    rows = []
    for row, target in zip(softmax(logits.flatten(0, -2)), targets.flatten().tolist(), strict=True):
        own = row.clone()
        own[target] = own[target] - 1.0
        rows.append(upstream * own)
    n = len(rows) if reduction == "mean" else 1
    return (torch.stack(rows) / n).reshape(logits.shape)


@right("u08.ce_gradient")
def cross_entropy_gradient(logits, targets, reduction="mean", upstream=1.0):
    """float64 inside, with a softmax of its own and scatter_add."""
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    z = logits.double()
    e = torch.exp(z - z.max(dim=-1, keepdim=True).values)
    p = e / e.sum(dim=-1, keepdim=True)
    at = targets[..., None]
    p = p.scatter_add(-1, at, -torch.ones(at.shape, dtype=p.dtype, device=p.device))
    n = targets.nelement() if reduction == "mean" else 1
    return (p * (upstream / n)).to(logits.dtype)


# ---------------------------------------------------------------------------- ignore_index


@right("u08.ignore_index")
def masked_cross_entropy(logits, targets, ignore_index=-100):
    """where: the ignored get a harmless target, and then a 0."""
    keep = targets != ignore_index
    safe = torch.where(keep, targets, torch.zeros_like(targets))
    nll = -log_softmax(logits).gather(-1, safe.unsqueeze(-1)).squeeze(-1)
    return torch.where(keep, nll, 0.0).sum() / keep.sum()


@right("u08.ignore_index")
def masked_cross_entropy(logits, targets, ignore_index=-100):
    """A loop over the positions that count."""
    rows, classes = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1).tolist()
    losses = [cross_entropy(row[None], torch.tensor([t], device=logits.device), "sum")
              for row, t in zip(rows, classes, strict=True) if t != ignore_index]  # fmt: skip
    if not losses:
        return torch.tensor(math.nan, dtype=logits.dtype, device=logits.device)
    return sum(losses) / len(losses)


@right("u08.ignore_index")
def masked_cross_entropy(logits, targets, ignore_index=-100):
    """lse minus the target's logit, where it counts; the mask is a factor."""
    mask = targets.ne(ignore_index)
    at = logits.gather(-1, targets.masked_fill(~mask, 0).unsqueeze(-1)).squeeze(-1)
    nll = (logsumexp(logits) - at) * mask
    return nll.sum() / mask.sum()


@right("u08.ignore_index")
def masked_cross_entropy_gradient(logits, targets, ignore_index=-100):
    """Everything as usual, then the mask, then the count."""
    keep = targets != ignore_index
    safe = targets * keep
    gradient = cross_entropy_gradient(logits, safe, "sum")
    gradient = gradient * keep.unsqueeze(-1)
    return gradient / keep.sum().clamp(min=1)


@right("u08.ignore_index")
def masked_cross_entropy_gradient(logits, targets, ignore_index=-100):
    """Indices of the positions that count, in flattened tensors."""
    V = logits.shape[-1]
    kept = (targets.flatten() != ignore_index).nonzero().squeeze(1)
    gradient = torch.zeros(targets.numel(), V, dtype=logits.dtype, device=logits.device)
    if len(kept):
        gradient[kept] = softmax(logits.reshape(-1, V)[kept]) / len(kept)
        gradient[kept, targets.flatten()[kept]] -= 1 / len(kept)
    return gradient.reshape(logits.shape)


@right("u08.ignore_index")
def masked_cross_entropy_gradient(logits, targets, ignore_index=-100):
    """masked_fill at the end; the count is a Python number."""
    ignored = targets == ignore_index
    count = int((~ignored).sum())
    y = torch.arange(logits.shape[-1], device=logits.device) == targets[..., None]
    scale = 1.0 / count if count else 0.0
    return (softmax(logits) - y.type_as(logits)).mul(scale).masked_fill(ignored[..., None], 0)


# ---------------------------------------------------------------------------- label_smoothing


def spread(logits, targets, smoothing):
    """The softer targets, for classes that exist."""
    V = logits.shape[-1]
    q = torch.full(logits.shape, smoothing / V, dtype=logits.dtype, device=logits.device)
    at = targets.clamp(min=0, max=V - 1).unsqueeze(-1)
    return q.scatter_add_(-1, at, torch.full(at.shape, 1.0 - smoothing, dtype=q.dtype, device=q.device))


@right("u08.label_smoothing")
def smoothed_cross_entropy(logits, targets, smoothing=0.1, ignore_index=-100):
    """q by scatter, and the whole sum of q log p."""
    keep = targets != ignore_index
    nll = -(spread(logits, targets, smoothing) * log_softmax(logits)).sum(-1)
    return (nll * keep).sum() / keep.sum()


@right("u08.label_smoothing")
def smoothed_cross_entropy(logits, targets, smoothing=0.1, ignore_index=-100):
    """A mixture of two losses: the ordinary one, and the one against the uniform distribution."""
    keep = targets != ignore_index
    hard = cross_entropy(logits[keep], targets[keep])
    uniform = -log_softmax(logits[keep]).sum(-1).mean() / logits.shape[-1]
    return (1 - smoothing) * hard + smoothing * uniform


@right("u08.label_smoothing")
def smoothed_cross_entropy(logits, targets, smoothing=0.1, ignore_index=-100):
    """lse minus the logits' mean under q."""
    kept = targets.flatten() != ignore_index
    z, t = logits.flatten(0, -2)[kept], targets.flatten()[kept]
    eye = torch.eye(logits.shape[-1], dtype=logits.dtype, device=logits.device)
    q = torch.lerp(eye[t], torch.full_like(z, 1 / z.shape[-1]), smoothing)
    return (logsumexp(z) - torch.einsum("nv,nv->n", q, z)).mean()


@right("u08.label_smoothing")
def smoothed_cross_entropy_gradient(logits, targets, smoothing=0.1, ignore_index=-100):
    """q by scatter, and the mask as a factor."""
    keep = (targets != ignore_index).unsqueeze(-1).to(logits.dtype)
    gradient = (softmax(logits) - spread(logits, targets, smoothing)) * keep
    return gradient / keep.sum().clamp(min=1)


@right("u08.label_smoothing")
def smoothed_cross_entropy_gradient(logits, targets, smoothing=0.1, ignore_index=-100):
    """A mixture of two gradients."""
    keep, V = targets != ignore_index, logits.shape[-1]
    gradient = torch.zeros_like(logits)
    p = softmax(logits[keep])
    hard = p.clone()
    hard[torch.arange(len(p), device=p.device), targets[keep]] -= 1
    mixture = (1 - smoothing) * hard + smoothing * (p - 1 / V)
    gradient[keep] = mixture / max(len(p), 1)
    return gradient


@right("u08.label_smoothing")
def smoothed_cross_entropy_gradient(logits, targets, smoothing=0.1, ignore_index=-100):
    """p minus the uniform part everywhere, then the rest of the target where it stands."""
    mask = targets.ne(ignore_index)
    n = max(mask.sum().item(), 1)
    gradient = softmax(logits).sub(smoothing / logits.size(-1))
    at = targets.masked_fill(~mask, 0).unsqueeze(-1)
    gradient.scatter_(-1, at, gradient.gather(-1, at) + (smoothing - 1))
    gradient[~mask] = 0
    return gradient.div(n)


# ---------------------------------------------------------------------------- perplexity_baseline_temperature


@right("u08.perplexity_baseline_temperature")
def perplexity(nll):
    """The geometric mean of 1 / p, as a power of e."""
    return torch.exp(nll.sum() / nll.numel())


@right("u08.perplexity_baseline_temperature")
def perplexity(nll):
    """In bits and back: 2 to the power of the mean in base 2."""
    return 2.0 ** (torch.mean(nll) / math.log(2))


@right("u08.perplexity_baseline_temperature")
def baseline_loss(V):
    """As the cross-entropy of V equal probabilities."""
    return -sum(1 / V * math.log(1 / V) for _ in range(V)) + 0.0


@right("u08.perplexity_baseline_temperature")
def baseline_loss(V):
    """As the loss of logits that are all 0."""
    return logsumexp(torch.zeros(V, dtype=torch.float64)).item()


@right("u08.perplexity_baseline_temperature")
def tempered_cross_entropy(logits, targets, temperature):
    """By hand: lse of the scaled logits minus the target's."""
    z = logits * (1 / temperature)
    return (logsumexp(z) - z.gather(-1, targets.unsqueeze(-1)).squeeze(-1)).mean()


@right("u08.perplexity_baseline_temperature")
def tempered_cross_entropy(logits, targets, temperature):
    """p to the power of 1 / T, normalized again, in logarithms."""
    return cross_entropy(log_softmax(logits) / temperature, targets, reduction="mean")


@right("u08.perplexity_baseline_temperature")
def tempered_cross_entropy_gradient(logits, targets, temperature):
    """The factor of the chain rule as the upstream gradient."""
    return cross_entropy_gradient(logits / temperature, targets, upstream=1 / temperature)


@right("u08.perplexity_baseline_temperature")
def tempered_cross_entropy_gradient(logits, targets, temperature):
    """By hand, flattened."""
    z = (logits / temperature).reshape(-1, logits.shape[-1])
    gradient = softmax(z)
    gradient[torch.arange(len(z), device=z.device), targets.flatten()] -= 1
    return gradient.div(len(z) * temperature).reshape(logits.shape)
