"""Right answers of unit 10 in other styles. Each must earn everything, in process and in the jail."""
# ruff: noqa: F821 - what an answer does not replace stands in the file that it goes into

import math

import torch

from grader.verify.bank import right

# ---------------------------------------------------------------------------- linear_backward


@right("u10.linear_backward")
def linear_backward(dout, cache):
    """einsum, with all axes in front as one ellipsis."""
    x, w, has_bias = cache
    g, r = dout.reshape(-1, w.shape[0]), x.reshape(-1, w.shape[1])
    dx = torch.einsum("...o,oi->...i", dout, w)
    return dx, torch.einsum("no,ni->oi", g, r), torch.einsum("no->o", g) if has_bias else None


@right("u10.linear_backward")
def linear_backward(dout, cache):
    """Row by row, with outer products."""
    x, w, has_bias = cache
    outer, inner = w.shape
    dw, db, dx = torch.zeros_like(w), w.new_zeros(outer), []
    for g, row in zip(dout.reshape(-1, outer), x.reshape(-1, inner), strict=True):
        dx.append(w.T @ g)
        dw = dw + torch.outer(g, row)
        db = db + g
    return torch.stack(dx).reshape(x.shape), dw, (db if has_bias else None)


@right("u10.linear_backward")
def linear_backward(dout, cache):
    """Axes in front are flattened one by one."""
    x, w, has_bias = cache
    dx = torch.matmul(dout, w)
    if x.dim() == 1:
        x, dout = x[None], dout[None]
    while x.dim() > 2:
        x, dout = x.flatten(0, 1), dout.flatten(0, 1)
    db = None
    if has_bias:
        db = dout.sum(dim=0)
    return dx, (x.mT @ dout).T, db


# ---------------------------------------------------------------------------- activation_backward


@right("u10.activation_backward")
def activation_backward(dout, cache):
    """torch.where, erfc, and the tanh as a sigmoid."""
    x, kind = cache
    if kind == "relu":
        return torch.where(x > 0, dout, torch.zeros_like(dout))
    if kind == "gelu":
        return dout * (torch.erfc(-x * math.sqrt(0.5)) / 2 + x * torch.exp(-x * x / 2) / math.sqrt(math.tau))
    a = 2 * math.sqrt(2 / math.pi)
    s = torch.sigmoid(a * x * (1 + 0.044715 * x * x))
    return dout * (s + x * s * (1 - s) * a * (1 + 0.134145 * x * x))


@right("u10.activation_backward")
def activation_backward(dout, cache):
    """The product rule, written out: u v' + u' v, times dout."""
    x, kind = cache
    if kind == "relu":
        return dout * torch.gt(x, 0)
    u, du = x / 2, 0.5
    if kind == "gelu":
        v = 1 + torch.erf(x / 2**0.5)
        dv = 2 / math.sqrt(math.pi) * torch.exp(-((x / 2**0.5) ** 2)) / 2**0.5
    else:
        k = (2 / math.pi) ** 0.5
        v = 1 + torch.tanh(k * x + k * 0.044715 * x.pow(3))
        dv = (1 - (v - 1) ** 2) * (k + 3 * k * 0.044715 * x.pow(2))
    return dout * (u * dv + du * v)


def slope_of(x, kind):
    """The slope at one number."""
    if kind == "relu":
        return 1.0 if x > 0 else 0.0
    if kind == "gelu":
        return (1 + math.erf(x / math.sqrt(2))) / 2 + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    c = math.sqrt(2 / math.pi)
    t = math.tanh(c * (x + 0.044715 * x**3))
    return (1 + t) / 2 + x / 2 * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x)


@right("u10.activation_backward")
def activation_backward(dout, cache):
    """Number by number, in plain Python."""
    x, kind = cache
    slopes = [slope_of(one, kind) for one in x.flatten().tolist()]
    return dout * torch.tensor(slopes, dtype=x.dtype, device=x.device).reshape(x.shape)


# ---------------------------------------------------------------------------- layer_norm_backward


@right("u10.layer_norm_backward")
def layer_norm_backward(dout, cache):
    """With sums and one division by D."""
    xhat, inv_std, gamma = cache
    D, g = xhat.shape[-1], dout * gamma
    dx = inv_std / D * (D * g - g.sum(-1, keepdim=True) - xhat * (g * xhat).sum(-1, keepdim=True))
    front = tuple(range(dout.ndim - 1))
    if not front:
        return dx, dout * xhat, dout.clone()
    return dx, (dout * xhat).sum(front), dout.sum(front)


@right("u10.layer_norm_backward")
def layer_norm_backward(dout, cache):
    """Step by step through the variance and the mean, as the chain rule has them."""
    xhat, inv_std, gamma = cache
    D, centred = xhat.shape[-1], xhat / inv_std
    dxhat = gamma * dout
    dvar = (dxhat * centred).sum(-1, keepdim=True) * -0.5 * inv_std**3
    dcentred = dxhat * inv_std + dvar * 2 * centred / D
    dx = dcentred - dcentred.sum(-1, keepdim=True) / D
    return dx, torch.einsum("nd,nd->d", dout.reshape(-1, D), xhat.reshape(-1, D)), dout.reshape(-1, D).sum(0)


@right("u10.layer_norm_backward")
def layer_norm_backward(dout, cache):
    """The Jacobian of each position, as a matrix."""
    xhat, inv_std, gamma = cache
    D = xhat.shape[-1]
    h, s, g = xhat.reshape(-1, D), inv_std.reshape(-1, 1, 1), dout.reshape(-1, D)
    eye = torch.eye(D, dtype=xhat.dtype, device=xhat.device)
    J = s * (eye - 1 / D - h[:, :, None] * h[:, None, :] / D)
    dx = torch.bmm((g * gamma)[:, None, :], J).reshape(xhat.shape)
    return dx, (g * h).sum(0), g.sum(0)


# ---------------------------------------------------------------------------- rms_norm_backward


@right("u10.rms_norm_backward")
def rms_norm_backward(dout, cache):
    """A gain of ones where there is none."""
    xhat, inv_rms, gamma = cache
    g = dout * (torch.ones_like(xhat) if gamma is None else gamma)
    along = torch.einsum("...d,...d->...", g, xhat)[..., None] / xhat.shape[-1]
    dgamma = None
    if gamma is not None:
        dgamma = (dout * xhat).reshape(-1, gamma.shape[0]).sum(dim=0)
    return (g - along * xhat) * inv_rms, dgamma


@right("u10.rms_norm_backward")
def rms_norm_backward(dout, cache):
    """Through x itself: the product rule of x inv_rms."""
    xhat, inv_rms, gamma = cache
    x = xhat / inv_rms
    g = dout if gamma is None else gamma * dout
    dinv = (g * x).sum(-1, keepdim=True)
    dx = g * inv_rms + dinv * -(inv_rms**3) * x / x.shape[-1]
    if gamma is None:
        return dx, None
    dgamma = dout * xhat
    while dgamma.ndim > 1:
        dgamma = dgamma.sum(0)
    return dx, dgamma


@right("u10.rms_norm_backward")
def rms_norm_backward(dout, cache):
    """Position by position."""
    xhat, inv_rms, gamma = cache
    D = xhat.shape[-1]
    rows, dgamma = [], torch.zeros(D, dtype=xhat.dtype, device=xhat.device)
    for g, h, s in zip(dout.reshape(-1, D), xhat.reshape(-1, D), inv_rms.flatten(), strict=True):
        dgamma = dgamma + g * h
        up = g if gamma is None else g * gamma
        rows.append(s * (up - torch.dot(up, h) / D * h))
    return torch.stack(rows).reshape(xhat.shape), dgamma if gamma is not None else None


# ---------------------------------------------------------------------------- softmax_backward


@right("u10.softmax_backward")
def softmax_backward(dweights, weights):
    """p g, less p times its own sum."""
    inner = weights * dweights
    return inner - weights * inner.sum(dim=-1, keepdim=True)


@right("u10.softmax_backward")
def softmax_backward(dweights, weights):
    """The row's mean by einsum."""
    mean = torch.einsum("...s,...s->...", dweights, weights)
    return (dweights - mean.unsqueeze(-1)).mul(weights)


@right("u10.softmax_backward")
def softmax_backward(dweights, weights):
    """The Jacobian diag(p) - p pᵀ of each row, as a matrix."""
    S = weights.shape[-1]
    p, g = weights.reshape(-1, S), dweights.reshape(-1, S)
    rows = [(torch.diag(one) - torch.outer(one, one)) @ up for one, up in zip(p, g, strict=True)]
    return torch.stack(rows).reshape(weights.shape)


# ---------------------------------------------------------------------------- attention_backward


@right("u10.attention_backward")
def attention_backward(dout, cache):
    """einsum, axis by axis."""
    q, k, v, a = cache
    da = torch.einsum("...tk,...sk->...ts", dout, v)
    ds = softmax_backward(da, a) * q.shape[-1] ** -0.5
    dq = torch.einsum("...ts,...sk->...tk", ds, k)
    dk = torch.einsum("...ts,...tk->...sk", ds, q)
    return dq, dk, torch.einsum("...ts,...tk->...sk", a, dout)


@right("u10.attention_backward")
def attention_backward(dout, cache):
    """The softmax on the way is written out, and the root divides at the end."""
    q, k, v, a = cache
    root = math.sqrt(q.size(-1))
    da = torch.matmul(dout, v.transpose(-1, -2))
    ds = a * da - a * (a * da).sum(-1, True)
    return (
        torch.matmul(ds, k) / root,
        torch.matmul(ds.transpose(-1, -2), q) / root,
        a.transpose(-1, -2) @ dout,
    )


@right("u10.attention_backward")
def attention_backward(dout, cache):
    """Query by query."""
    q, k, v, a = cache
    dq, dk, dv = torch.zeros_like(q), torch.zeros_like(k), torch.zeros_like(v)
    scale = 1 / math.sqrt(q.shape[-1])
    for t in range(q.shape[-2]):
        p, g = a[..., t, :], dout[..., t, :]
        dv = dv + p[..., :, None] * g[..., None, :]
        ds = scale * softmax_backward((v @ g[..., None])[..., 0], p)
        dq[..., t, :] = (ds[..., None, :] @ k)[..., 0, :]
        dk = dk + ds[..., :, None] * q[..., None, t, :]
    return dq, dk, dv


# ---------------------------------------------------------------------------- multi_head_backward


@right("u10.multi_head_backward")
def multi_head_backward(dout, cache):
    """reshape and permute, one line for each step, and no name for a bias that is not there."""
    cache_q, cache_k, cache_v, cache_attention, cache_o, heads = cache
    B, T, D = dout.shape
    grads = {}
    dmerged, grads["wo"], grads["bo"] = linear_backward(dout, cache_o)
    dheads = dmerged.reshape(B, T, heads, D // heads).permute(0, 2, 1, 3)
    dq, dk, dv = attention_backward(dheads, cache_attention)
    dq, dk, dv = (one.permute(0, 2, 1, 3).reshape(B, T, D) for one in (dq, dk, dv))
    dx_q, grads["wq"], grads["bq"] = linear_backward(dq, cache_q)
    dx_k, grads["wk"], grads["bk"] = linear_backward(dk, cache_k)
    dx_v, grads["wv"], grads["bv"] = linear_backward(dv, cache_v)
    return dx_q + dx_k + dx_v, {name: grad for name, grad in grads.items() if grad is not None}


@right("u10.multi_head_backward")
def multi_head_backward(dout, cache):
    """Head after head, on slices of D."""
    *lines, (q, k, v, a), cache_o, heads = cache
    dmerged, dwo, dbo = linear_backward(dout, cache_o)
    K = dout.shape[-1] // heads
    parts = [], [], []
    for h in range(heads):
        one = tuple(t[:, h] for t in (q, k, v, a))
        for place, part in zip(
            parts, attention_backward(dmerged[..., h * K : (h + 1) * K], one), strict=True
        ):
            place.append(part)
    dx, grads = torch.zeros_like(dout), {"wo": dwo, "bo": dbo}
    for name, line, part in zip("qkv", lines, parts, strict=True):
        more, grads[f"w{name}"], grads[f"b{name}"] = linear_backward(torch.cat(part, -1), line)
        dx += more
    return dx, grads


@right("u10.multi_head_backward")
def multi_head_backward(dout, cache):
    """The three projections as one: gradients side by side, weights below each other."""
    cache_q, cache_k, cache_v, cache_attention, (merged, wo, has_bo), heads = cache
    D = dout.shape[-1]
    back = (dout @ wo).unflatten(-1, (heads, D // heads)).movedim(-2, -3)
    parts = attention_backward(back, cache_attention)
    side = torch.cat([part.movedim(-3, -2).flatten(-2) for part in parts], -1)
    w = torch.cat([line[1] for line in (cache_q, cache_k, cache_v)])
    dw = side.flatten(0, 1).T @ cache_q[0].flatten(0, 1)
    grads = {"wo": dout.flatten(0, 1).T @ merged.flatten(0, 1), "bo": dout.sum((0, 1)) if has_bo else None}
    for at, (name, line) in enumerate(zip("qkv", (cache_q, cache_k, cache_v), strict=True)):
        grads["w" + name] = dw[at * D : (at + 1) * D]
        if line[2]:
            grads["b" + name] = side[..., at * D : (at + 1) * D].sum((0, 1))
    return side @ w, grads


# ---------------------------------------------------------------------------- embedding_head_backward


@right("u10.embedding_head_backward")
def embed_backward(dout, cache, dtok=None):
    """One-hot vectors: what an embedding is."""
    tokens, V, M = cache
    one_hot = (tokens.flatten()[:, None] == torch.arange(V, device=tokens.device)).to(dout.dtype)
    here = one_hot.T @ dout.flatten(0, 1)
    dpos = torch.cat((dout.sum(0), dout.new_zeros(M - dout.shape[1], dout.shape[2])))
    return (here if dtok is None else dtok + here), dpos


@right("u10.embedding_head_backward")
def embed_backward(dout, cache, dtok=None):
    """Token by token, into a copy."""
    tokens, V, M = cache
    dtok = dout.new_zeros(V, dout.shape[-1]) if dtok is None else dtok.clone()
    dpos = dout.new_zeros(M, dout.shape[-1])
    for row, grads in zip(tokens.tolist(), dout, strict=True):
        for t, token in enumerate(row):
            dtok[token] += grads[t]
            dpos[t] += grads[t]
    return dtok, dpos


@right("u10.embedding_head_backward")
def head_backward(dlogits, cache, tied):
    """Without a name for a bias that is not there."""
    dx, dw, db = linear_backward(dlogits, cache)
    if tied:
        return dx, dict(tok=dw)
    return dx, dict(head=dict(w=dw) if db is None else dict(w=dw, b=db))


@right("u10.embedding_head_backward")
def embed_backward(dout, cache, dtok=None):
    """index_put with accumulate, for both tables."""
    tokens, V, M = cache
    B, T, D = dout.shape
    at = torch.arange(T, device=tokens.device).expand(B, T)
    here, dpos = torch.zeros(2, max(V, M), D, dtype=dout.dtype, device=dout.device)
    here.index_put_((tokens,), dout, accumulate=True)
    dpos.index_put_((at,), dout, accumulate=True)
    here = here[:V]
    if dtok is not None:
        here = here + dtok
    return here, dpos[:M]


# ---------------------------------------------------------------------------- model_backward


@right("u10.model_backward")
def block_backward(dout, cache, config):
    """One half after the other, in a loop."""
    order, cache_norm1, cache_attn, cache_norm2, cache_ffn = cache
    halves = ("norm2", cache_norm2, "ffn", cache_ffn), ("norm1", cache_norm1, "attn", cache_attn)
    grads = {}
    for norm, cache_norm, layer, cache_layer in halves:
        back = ffn_backward if layer == "ffn" else multi_head_backward
        if order == "post":
            dout, grads[norm] = norm_backward(dout, cache_norm, config)
        through, grads[layer] = back(dout, cache_layer)
        if order == "pre":
            through, grads[norm] = norm_backward(through, cache_norm, config)
        dout = dout + through
    return dout, grads


@right("u10.model_backward")
def block_backward(dout, cache, config):
    """Every gradient has a name of its own."""
    order, c_norm1, c_attn, c_norm2, c_ffn = cache
    if order == "pre":
        dnormed2, g_ffn = ffn_backward(dout, c_ffn)
        dmid, g_norm2 = norm_backward(dnormed2, c_norm2, config)
        dmid = dmid + dout
        dnormed1, g_attn = multi_head_backward(dmid, c_attn)
        dx, g_norm1 = norm_backward(dnormed1, c_norm1, config)
        dx = dx + dmid
    else:
        dsum2, g_norm2 = norm_backward(dout, c_norm2, config)
        dmid, g_ffn = ffn_backward(dsum2, c_ffn)
        dsum1, g_norm1 = norm_backward(dmid + dsum2, c_norm1, config)
        dx, g_attn = multi_head_backward(dsum1, c_attn)
        dx = dx + dsum1
    return dx, {"norm1": g_norm1, "attn": g_attn, "norm2": g_norm2, "ffn": g_ffn}


def through(blocks, dx, config):
    """Back through the blocks, the last one first; gradients first to last."""
    if not blocks:
        return dx, []
    dx, last = block_backward(dx, blocks[-1], config)
    dx, others = through(blocks[:-1], dx, config)
    return dx, [*others, last]


@right("u10.model_backward")
def model_backward(dlogits, cache):
    """Recursion through the blocks."""
    config = cache["config"]
    dx, grads = head_backward(dlogits, cache["head"], config["tied"])
    if config["final_norm"]:
        dx, grads["final_norm"] = norm_backward(dx, cache["final_norm"], config)
    dx, grads["blocks"] = through(cache["blocks"], dx, config)
    grads["tok"], grads["pos"] = embed_backward(dx, cache["embed"], grads["tok"] if config["tied"] else None)
    return grads
