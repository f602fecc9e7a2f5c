"""Right answers of unit 9 in other styles. Each must earn everything, in process and in the jail."""
# ruff: noqa: F821 - linear and norm are given in the file that an answer goes into

import math

import torch

from grader.verify.bank import right

# ---------------------------------------------------------------------------- make_batch


@right("u09.make_batch")
def make_batch(sentences, pad=0, device=None):
    """Full tensors, and each sentence written into its row."""
    B, T = len(sentences), max(len(s) for s in sentences) - 1
    inputs = torch.full((B, T), pad, dtype=torch.long, device=device)
    targets = torch.full((B, T), pad, dtype=torch.long, device=device)
    mask = torch.zeros(B, T, dtype=torch.bool, device=device)
    for b, s in enumerate(sentences):
        n = len(s) - 1
        inputs[b, :n] = torch.tensor(s[:-1])
        targets[b, :n] = torch.tensor(s[1:])
        mask[b, :n] = True
    return inputs, targets, mask


@right("u09.make_batch")
def make_batch(sentences, pad=0, device=None):
    """The mask from the lengths, and the inputs by it."""
    lengths = torch.tensor([len(s) - 1 for s in sentences], device=device)
    T = int(lengths.max())
    tokens = torch.tensor([s + [pad] * (T + 1 - len(s)) for s in sentences], device=device)
    mask = torch.arange(T, device=device)[None, :] < lengths[:, None]
    return torch.where(mask, tokens[:, :-1], pad), tokens[:, 1:], mask


@right("u09.make_batch")
def make_batch(sentences, pad=0, device=None):
    """Entry by entry, with plain lists."""
    T = 0
    for s in sentences:
        T = max(T, len(s) - 1)
    inputs, targets, mask = [], [], []
    for s in sentences:
        n = len(s) - 1
        inputs.append([s[t] if t < n else pad for t in range(T)])
        targets.append([s[t + 1] if t < n else pad for t in range(T)])
        mask.append([t < n for t in range(T)])
    return tuple(torch.tensor(rows, device=device) for rows in (inputs, targets, mask))


# ---------------------------------------------------------------------------- embed


@right("u09.embed")
def embed(tokens, tok, pos):
    """Positions as an index, too."""
    B, T = tokens.shape
    if len(pos) < T:
        raise ValueError(f"at most {pos.shape[0]} positions")
    at = torch.arange(T, device=tokens.device).expand(B, T)
    return tok[tokens] + pos[at], (tokens, tok.shape[0], pos.shape[0])


@right("u09.embed")
def embed(tokens, tok, pos):
    """Sentence by sentence, token by token."""
    if len(tokens[0]) > len(pos):
        raise ValueError("too long")
    rows = [[tok[int(token)] + pos[t] for t, token in enumerate(row)] for row in tokens]
    return torch.stack([torch.stack(row) for row in rows]), (tokens, len(tok), len(pos))


@right("u09.embed")
def embed(tokens, tok, pos):
    """One-hot vectors times the table: what an embedding is."""
    T, V, M = tokens.size(1), tok.size(0), pos.size(0)
    if not T <= M:
        raise ValueError(T)
    hot = (tokens[..., None] == torch.arange(V, device=tokens.device)).to(tok.dtype)
    return hot @ tok + pos.narrow(0, 0, T), (tokens, V, M)


# ---------------------------------------------------------------------------- layer_norm


@right("u09.layer_norm")
def layer_norm(x, gamma, beta, eps=1e-5):
    """torch's var and mean in one call."""
    var, mean = torch.var_mean(x, dim=-1, keepdim=True, correction=0)
    inv_std = 1 / torch.sqrt(var + eps)
    xhat = (x - mean) * inv_std
    return xhat * gamma + beta, (xhat, inv_std, gamma)


@right("u09.layer_norm")
def layer_norm(x, gamma, beta, eps=1e-5):
    """Sums and divisions by D."""
    D = x.shape[-1]
    centred = x - x.sum(-1, keepdim=True) / D
    std = ((centred * centred).sum(-1, keepdim=True) / D + eps) ** 0.5
    xhat = centred / std
    return torch.addcmul(beta, gamma, xhat), (xhat, 1 / std, gamma)


@right("u09.layer_norm")
def layer_norm(x, gamma, beta, eps=1e-5):
    """A loop over the positions."""
    D = x.shape[-1]
    xhat, inv = [], []
    for row in x.reshape(-1, D):
        centred = row - row.mean()
        inv.append(1 / ((centred @ centred) / D + eps).sqrt())
        xhat.append(centred * inv[-1])
    xhat = torch.stack(xhat).reshape(x.shape)
    return gamma * xhat + beta, (xhat, torch.stack(inv).reshape(*x.shape[:-1], 1), gamma)


# ---------------------------------------------------------------------------- rms_norm


@right("u09.rms_norm")
def rms_norm(x, gamma=None, eps=1e-5):
    """1 / sqrt, and a gain of ones where there is none."""
    inv_rms = 1 / torch.sqrt(torch.mean(x**2, dim=-1, keepdim=True) + eps)
    xhat = x * inv_rms
    gain = torch.ones_like(x[..., :]) if gamma is None else gamma
    return xhat * gain, (xhat, inv_rms, gamma)


@right("u09.rms_norm")
def rms_norm(x, gamma=None, eps=1e-5):
    """The square of the length, by einsum."""
    D = x.shape[-1]
    inv_rms = (torch.einsum("...d,...d->...", x, x)[..., None] / D + eps).pow(-0.5)
    xhat = x * inv_rms
    if gamma is None:
        return xhat, (xhat, inv_rms, None)
    return torch.einsum("...d,d->...d", xhat, gamma), (xhat, inv_rms, gamma)


@right("u09.rms_norm")
def rms_norm(x, gamma=None, eps=1e-5):
    """Divides, and gives the inverse to the cache alone."""
    rms = x.mul(x).mean(-1, keepdim=True).add(eps).sqrt()
    xhat = x / rms
    out = xhat.clone()
    if gamma is not None:
        out *= gamma
    return out, (xhat, rms.reciprocal(), gamma)


# ---------------------------------------------------------------------------- gelu_ffn


@right("u09.gelu_ffn")
def activation(x, kind):
    """erfc, the sigmoid's form of tanh, and where."""
    cases = {
        "relu": lambda: torch.where(x > 0, x, torch.zeros_like(x)),
        "gelu": lambda: 0.5 * x * torch.erfc(-x / math.sqrt(2)),
        "gelu_tanh": lambda: x * torch.sigmoid(2 * math.sqrt(2 / math.pi) * x * (1 + 0.044715 * x * x)),
    }
    if kind not in cases:
        raise ValueError(f"no such activation: {kind}")
    return cases[kind](), (x, kind)


@right("u09.gelu_ffn")
def activation(x, kind):
    """match, and torch's relu."""
    match kind:
        case "relu":
            out = torch.relu(x)
        case "gelu":
            out = x * 0.5 * (1.0 + torch.erf(x * 2**-0.5))
        case "gelu_tanh":
            out = 0.5 * x * (1 + ((x + 0.044715 * x.pow(3)) * (2 / math.pi) ** 0.5).tanh())
        case _:
            raise ValueError(kind)
    return out, (x, kind)


@right("u09.gelu_ffn")
def ffn(x, p, kind):
    """Without linear: the caches are made by hand."""
    b1, b2 = p.get("b1"), p.get("b2")
    hidden = torch.einsum("...i,oi->...o", x, p["w1"])
    if b1 is not None:
        hidden = hidden + b1
    act, cache_act = activation(hidden, kind)
    out = torch.einsum("...i,oi->...o", act, p["w2"])
    if b2 is not None:
        out = out + b2
    return out, ((x, p["w1"], b1 is not None), cache_act, (act, p["w2"], b2 is not None))


@right("u09.gelu_ffn")
def ffn(x, p, kind):
    """A loop over the three steps."""
    b1, b2 = (p.get(name) for name in ("b1", "b2"))
    caches = []
    for step in (
        lambda y: linear(y, p["w1"], b1),
        lambda y: activation(y, kind),
        lambda y: linear(y, p["w2"], b2),
    ):
        x, cache = step(x)
        caches.append(cache)
    return x, tuple(caches)


# ---------------------------------------------------------------------------- causal_attention


@right("u09.causal_attention")
def causal_mask(tokens):
    """Numbers of positions, compared."""
    at = torch.arange(tokens.size(-1), device=tokens.device)
    return at[:, None] >= at[None, :]


@right("u09.causal_attention")
def causal_mask(tokens):
    """Row by row, from a list."""
    T = tokens.shape[-1]
    return torch.tensor([[s <= t for s in range(T)] for t in range(T)], device=tokens.device)


@right("u09.causal_attention")
def attention(q, k, v, mask=None):
    """einsum, and a large negative number in place of minus infinity: its exp is 0 exactly."""
    scores = torch.einsum("...tk,...sk->...ts", q, k) * q.shape[-1] ** -0.5
    if mask is not None:
        scores = torch.where(mask, scores, torch.full_like(scores, -1e9))
    weights = torch.softmax(scores, dim=-1)
    return torch.einsum("...ts,...sk->...tk", weights, v), (q, k, v, weights)


@right("u09.causal_attention")
def attention(q, k, v, mask=None):
    """Its own softmax, which looks at allowed keys only; the queries are scaled, not the scores."""
    scores = (q / math.sqrt(q.size(-1))) @ k.transpose(-1, -2)
    if mask is not None:
        scores = scores + torch.zeros_like(scores).masked_fill(~mask, -math.inf)
    e = torch.exp(scores - scores.amax(dim=-1, keepdim=True))
    weights = e / e.sum(dim=-1, keepdim=True)
    return torch.matmul(weights, v), (q, k, v, weights)


@right("u09.causal_attention")
def attention(q, k, v, mask=None):
    """Query by query, over flattened leading axes."""
    T, K, S = *q.shape[-2:], k.shape[-2]
    front = q.shape[:-2]
    seen = torch.ones(T, S, dtype=torch.bool, device=q.device) if mask is None else mask
    seen = seen.expand(*front, T, S).reshape(-1, T, S)
    weights = q.new_zeros(seen.shape)
    for b, (one_q, one_k) in enumerate(zip(q.reshape(-1, T, K), k.reshape(-1, S, K), strict=True)):
        for t in range(T):
            allowed = seen[b, t]
            scores = one_k[allowed] @ one_q[t] / K**0.5
            weights[b, t, allowed] = torch.softmax(scores, 0)
    weights = weights.reshape(*front, T, S)
    return weights @ v, (q, k, v, weights)


# ---------------------------------------------------------------------------- multi_head


@right("u09.multi_head")
def multi_head(x, p, heads, mask=None):
    """reshape and permute."""
    B, T, D = x.shape
    if D % heads != 0:
        raise ValueError(f"{D} is no multiple of {heads}")
    K = D // heads
    q, cq = linear(x, p["wq"], p.get("bq"))
    k, ck = linear(x, p["wk"], p.get("bk"))
    v, cv = linear(x, p["wv"], p.get("bv"))
    q, k, v = (y.reshape(B, T, heads, K).permute(0, 2, 1, 3) for y in (q, k, v))
    out, ca = attention(q, k, v, mask)
    out, co = linear(out.permute(0, 2, 1, 3).reshape(B, T, D), p["wo"], p.get("bo"))
    return out, (cq, ck, cv, ca, co, heads)


@right("u09.multi_head")
def multi_head(x, p, heads, mask=None):
    """Slices of D, stacked, and concatenated again."""
    D = x.shape[-1]
    if D // heads * heads != D:
        raise ValueError("heads must divide D")
    parts, caches = [], []
    for name in ("q", "k", "v"):
        y, cache = linear(x, p[f"w{name}"], p.get(f"b{name}"))
        parts.append(torch.stack(y.split(D // heads, dim=-1), dim=1))
        caches.append(cache)
    out, cache = attention(*parts, mask)
    joined = torch.cat(out.unbind(1), dim=-1)
    out, last = linear(joined, p["wo"], p.get("bo"))
    return out, (*caches, cache, last, heads)


@right("u09.multi_head")
def multi_head(x, p, heads, mask=None):
    """One matrix for q, k and v together, cut afterwards; the caches by hand."""
    B, T, D = x.shape
    if D % heads:
        raise ValueError(heads)
    y = x @ torch.cat([p["wq"], p["wk"], p["wv"]]).T
    zero = x.new_zeros(D)
    y = y + torch.cat([zero if p.get(name) is None else p[name] for name in ("bq", "bk", "bv")])
    q, k, v = y.view(B, T, 3, heads, D // heads).permute(2, 0, 3, 1, 4)
    out, cache = attention(q, k, v, mask)
    joined = out.movedim(1, 2).reshape(B, T, D)
    bo = p.get("bo")
    result = joined @ p["wo"].T + (0 if bo is None else bo)
    caches = [(x, p["w" + n], p.get("b" + n) is not None) for n in "qkv"]
    return result, (*caches, cache, (joined, p["wo"], bo is not None), heads)


# ---------------------------------------------------------------------------- block


@right("u09.block")
def block(x, p, config, mask=None):
    """A loop over the two halves."""
    pre = config["order"] == "pre"
    caches = []
    layers = (
        ("norm1", lambda y: multi_head(y, p["attn"], config["heads"], mask)),
        ("norm2", lambda y: ffn(y, p["ffn"], config["activation"])),
    )
    for name, layer in layers:
        if pre:
            y, cache_norm = norm(x, p[name], config)
            y, cache = layer(y)
            x = x + y
        else:
            y, cache = layer(x)
            x, cache_norm = norm(x + y, p[name], config)
        caches += [cache_norm, cache]
    return x, (config["order"], *caches)


def sublayer(x, p, config, layer):
    """Returns x, the cache of the norm, and the cache of the layer."""
    if config["order"] == "post":
        y, cache = layer(x)
        y, cache_norm = norm(x + y, p, config)
        return y, cache_norm, cache
    y, cache_norm = norm(x, p, config)
    y, cache = layer(y)
    return x + y, cache_norm, cache


@right("u09.block")
def block(x, p, config, mask=None):
    """A helper for one half."""

    def attend(y):
        return multi_head(y, p["attn"], config["heads"], mask=mask)

    def feed(y):
        return ffn(y, p["ffn"], kind=config["activation"])

    x, one, two = sublayer(x, p["norm1"], config, attend)
    x, three, four = sublayer(x, p["norm2"], config, feed)
    return x, (config["order"], one, two, three, four)


@right("u09.block")
def block(x, p, config, mask=None):
    """Without norm: it chooses by itself."""

    def normal(y, p):
        if config["norm"] == "layer":
            return layer_norm(y, p["gamma"], p["beta"], config["eps"])
        return rms_norm(y, p.get("gamma"), config["eps"])

    if config["order"] == "pre":
        n1, c1 = normal(x, p["norm1"])
        a, ca = multi_head(n1, p["attn"], config["heads"], mask)
        n2, c2 = normal(x + a, p["norm2"])
        f, cf = ffn(n2, p["ffn"], config["activation"])
        return x + a + f, ("pre", c1, ca, c2, cf)
    a, ca = multi_head(x, p["attn"], config["heads"], mask)
    n1, c1 = normal(x + a, p["norm1"])
    f, cf = ffn(n1, p["ffn"], config["activation"])
    n2, c2 = normal(n1 + f, p["norm2"])
    return n2, ("post", c1, ca, c2, cf)


# ---------------------------------------------------------------------------- gpt_loss


@right("u09.gpt_loss")
def gpt(tokens, params, config):
    """The head by its formula, and a recursion over the blocks."""
    x, c_embed = embed(tokens, params["tok"], params["pos"])
    mask = causal_mask(tokens)

    def deeper(x, rest):
        if not rest:
            return x, []
        x, cache = block(x, rest[0], config, mask)
        x, others = deeper(x, rest[1:])
        return x, [cache, *others]

    x, c_blocks = deeper(x, params["blocks"])
    c_norm = None
    if config["final_norm"]:
        x, c_norm = norm(x, params["final_norm"], config)
    w = params["tok"] if config["tied"] else params["head"]["w"]
    b = None if config["tied"] else params["head"].get("b")
    logits = torch.einsum("btd,vd->btv", x, w)
    if b is not None:
        logits = logits + b
    return logits, {
        "config": config,
        "head": (x, w, b is not None),
        "final_norm": c_norm,
        "blocks": c_blocks,
        "embed": c_embed,
    }


@right("u09.gpt_loss")
def gpt_loss(tokens, targets, mask, params, config):
    """A sum over the mask, divided by its sum; log p by logarithm of the sum of exponentials."""
    logits, cache = gpt(tokens, params, config)
    z = logits - logits.amax(-1, keepdim=True)
    lse = z.exp().sum(-1).log()
    at_target = torch.take_along_dim(z, targets.unsqueeze(-1), -1).squeeze(-1)
    nll = torch.where(mask, lse - at_target, 0.0)
    return nll.sum() / mask.sum(), (logits, targets, mask, cache)


@right("u09.gpt_loss")
def gpt_loss(tokens, targets, mask, params, config):
    """The positions that count are cut out first."""
    logits, cache = gpt(tokens, params, config)
    log_p = logits[mask].log_softmax(dim=-1)
    rows = torch.arange(len(log_p), device=logits.device)
    return -log_p[rows, targets[mask]].mean(), (logits, targets, mask, cache)


@right("u09.gpt_loss")
def count_parameters(params):
    """A generator of tensors, and a list of those that were seen."""

    def tensors(part):
        if part is None:
            return
        if isinstance(part, torch.Tensor):
            yield part
            return
        for inner in part.values() if isinstance(part, dict) else part:
            yield from tensors(inner)

    seen = []
    for tensor in tensors(params):
        if not any(tensor is other for other in seen):
            seen.append(tensor)
    return sum(tensor.numel() for tensor in seen)


@right("u09.gpt_loss")
def count_parameters(params):
    """A recursion that remembers."""

    def count(part, seen):
        if isinstance(part, dict):
            return sum(count(inner, seen) for inner in part.values())
        if isinstance(part, list | tuple):
            return sum(count(inner, seen) for inner in part)
        if part is None or id(part) in seen:
            return 0
        seen.append(id(part))
        return math.prod(part.shape)

    return count(params, [])
