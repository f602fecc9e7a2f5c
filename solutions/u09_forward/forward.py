"""A transformer, forward: from sentences to one number, the loss. The lesson is README.md, in this folder.

Axes: B sentences, T positions, S positions that are looked at, D numbers at each position, H heads of
K = D / H numbers, F numbers in the hidden layer, V tokens, M rows of the table of positions.

Every layer is a function that returns (out, cache). The cache is a plain tuple of what the way back, unit 10,
will need. Parameters are dicts of tensors, and the configuration of a model is a dict too:

    config = {"heads": int, "norm": "layer" or "rms", "order": "pre" or "post", "eps": 1e-5,
              "activation": "gelu", "gelu_tanh" or "relu", "tied": bool, "final_norm": bool}
    params = {"tok": float[V, D], "pos": float[M, D], "blocks": [p of block, ...],
              "final_norm": p of norm,           only with config["final_norm"]
              "head": {"w": float[V, D], "b"}}   only where the head is not tied; "b" may be None, or absent

Everything is computed where the tensors lie, in their own dtype, and no argument is ever changed. The softmax
and log_softmax of torch may be used: unit 8 built them. Its layers and its autograd may not.
"""

import math

import torch

# ---------------------------------------------------------------------------- into the model


def linear(x, w, b=None):
    """out = x wᵀ + b, position by position.

    x: float[..., I]    w: float[O, I]    b: float[O] or None
    Returns out: float[..., O], cache = (x, w, whether there is a bias).
    """
    out = x @ w.T
    return (out if b is None else out + b), (x, w, b is not None)


def make_batch(sentences, pad=0, device=None):
    """Sentences of different lengths as rectangles: what is read, and what must be predicted after it.

    Row b of inputs is sentence b without its last token, row b of targets sentence b without its first. Both
    are filled up with pad at their ends, to T, the length of the longest sentence less one.

    sentences: list of lists of int, each of two or more tokens
    pad: int; it may be a token that sentences have too
    Returns inputs: int64[B, T], targets: int64[B, T], mask: bool[B, T], all on `device`; mask is True where
    the target is a token of the sentence.
    """
    # BEGIN SOLUTION
    T = max(map(len, sentences)) - 1

    def filled(rows, filler):
        return torch.tensor([row + [filler] * (T - len(row)) for row in rows], device=device)

    inputs, targets = [s[:-1] for s in sentences], [s[1:] for s in sentences]
    mask = [[True] * len(row) for row in targets]
    return filled(inputs, pad), filled(targets, pad), filled(mask, False)
    # END SOLUTION


def embed(tokens, tok, pos):
    """x[b, t] = tok[tokens[b, t]] + pos[t]: what a token is, plus where it stands.

    tokens: int64[B, T]    tok: float[V, D]    pos: float[M, D]
    Returns x: float[B, T, D], cache = (tokens, V, M). Raises ValueError where T is larger than M.
    """
    # BEGIN SOLUTION
    T, M = tokens.shape[-1], len(pos)
    if T > M:
        raise ValueError(f"{T} positions, but pos has only {M}")
    return tok[tokens] + pos[:T], (tokens, len(tok), M)
    # END SOLUTION


# ---------------------------------------------------------------------------- position by position


def layer_norm(x, gamma, beta, eps=1e-5):
    """out = gamma xhat + beta, where xhat = (x - mean) / sqrt(var + eps), for each position by itself.

    mean and var are those of the position's D numbers; var is the mean of the squared deviations.

    x: float[..., D]    gamma, beta: float[D]    eps: number
    Returns out: float[..., D], cache = (xhat, inv_std: float[..., 1] = 1 / sqrt(var + eps), gamma).
    """
    # BEGIN SOLUTION
    x = x - x.mean(-1, keepdim=True)
    inv_std = (x.square().mean(-1, keepdim=True) + eps).rsqrt()
    xhat = x * inv_std
    return gamma * xhat + beta, (xhat, inv_std, gamma)
    # END SOLUTION


def rms_norm(x, gamma=None, eps=1e-5):
    """out = gamma xhat, where xhat = x / sqrt(ms + eps), for each position by itself.

    ms is the mean of the squares of the position's D numbers.

    x: float[..., D]    gamma: float[D], or None: without gain    eps: number
    Returns out: float[..., D], cache = (xhat, inv_rms: float[..., 1] = 1 / sqrt(ms + eps), gamma).
    """
    # BEGIN SOLUTION
    inv_rms = (x.square().mean(-1, keepdim=True) + eps).rsqrt()
    xhat = x * inv_rms
    return (xhat if gamma is None else gamma * xhat), (xhat, inv_rms, gamma)
    # END SOLUTION


def activation(x, kind):
    """One function of one number, entry by entry.

    "relu"       max(x, 0)
    "gelu"       x times the probability that a standard normal number is below x, by torch.erf
    "gelu_tanh"  GPT-2's approximation: x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x³)))

    x: float[...]    kind: one of these three
    Returns out: float[...], cache = (x, kind). Raises ValueError for other kinds.
    """
    # BEGIN SOLUTION
    if kind == "relu":
        out = x.clamp(min=0)
    elif kind == "gelu":
        out = x / 2 * (1 + torch.erf(x / math.sqrt(2)))
    elif kind == "gelu_tanh":
        out = x / 2 * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    else:
        raise ValueError(f"activation is {kind!r}; it must be 'relu', 'gelu' or 'gelu_tanh'")
    return out, (x, kind)
    # END SOLUTION


def ffn(x, p, kind):
    """The feed-forward layer: linear, activation, linear.

    x: float[..., D]    kind: as for activation
    p: {"w1": float[F, D], "b1": float[F], "w2": float[D, F], "b2": float[D]}; a bias may be None, or absent
    Returns out: float[..., D], cache = (cache_in, cache_act, cache_out), those of the three steps.
    """
    # BEGIN SOLUTION
    hidden, cache_in = linear(x, p["w1"], p.get("b1"))
    hidden, cache_act = activation(hidden, kind)
    out, cache_out = linear(hidden, p["w2"], p.get("b2"))
    return out, (cache_in, cache_act, cache_out)
    # END SOLUTION


# ---------------------------------------------------------------------------- from position to position


def causal_mask(tokens):
    """Who may look at whom: position t at itself and at those before it.

    tokens: int64[..., T]
    Returns bool[T, T], on the device of the tokens: entry [t, s] is True where t may look at s.
    """
    # BEGIN SOLUTION
    T = tokens.shape[-1]
    return torch.ones(T, T, dtype=torch.bool, device=tokens.device).tril()
    # END SOLUTION


def attention(q, k, v, mask=None):
    """Every query takes a mean of the values, weighted by how well their keys fit it.

    weights = softmax of q kᵀ / sqrt(K) along the keys, and exactly 0 where the mask forbids; out = weights v.
    What the mask forbids leaves no trace in out, not even in the last bit.

    q: float[..., T, K]    k, v: float[..., S, K]
    mask: bool, of a shape that broadcasts to [..., T, S], True where the query may look at the key, which it
    may somewhere in each row; or None: every query may look at every key
    Returns out: float[..., T, K], cache = (q, k, v, weights: float[..., T, S]).
    """
    # BEGIN SOLUTION
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = torch.softmax(scores, -1)
    return weights @ v, (q, k, v, weights)
    # END SOLUTION


def multi_head(x, p, heads, mask=None):
    """Attention of x to itself, by several heads at once: project, split, attend, concatenate, project.

    Head h works on the numbers h K to (h + 1) K - 1 of each position's queries, keys and values.

    x: float[B, T, D]    heads: int
    p: {"wq", "wk", "wv", "wo": float[D, D], "bq", "bk", "bv", "bo": float[D]}, all as in linear; a bias may
    be None, or absent
    mask: as for attention, of a shape that broadcasts to [B, heads, T, T]; or None
    Returns out: float[B, T, D], cache = (cache_q, cache_k, cache_v, cache_attention, cache_o, heads): those
    of four times linear, and that of one call of attention with tensors [B, heads, T, K].
    Raises ValueError where heads does not divide D.
    """
    # BEGIN SOLUTION
    D = x.shape[-1]
    if D % heads:
        raise ValueError(f"{heads} heads cannot share {D} numbers equally")

    def split(name):
        out, cache = linear(x, p["w" + name], p.get("b" + name))
        return out.unflatten(-1, (heads, D // heads)).transpose(-2, -3), cache

    (q, cache_q), (k, cache_k), (v, cache_v) = map(split, "qkv")
    out, cache_attention = attention(q, k, v, mask)
    out, cache_o = linear(out.transpose(-2, -3).flatten(-2), p["wo"], p.get("bo"))
    return out, (cache_q, cache_k, cache_v, cache_attention, cache_o, heads)
    # END SOLUTION


# ---------------------------------------------------------------------------- a block, and the model


def norm(x, p, config):
    """The norm that the configuration asks for. p: {"gamma": ..., "beta": ...}; rms_norm has no beta."""
    if config["norm"] == "rms":
        return rms_norm(x, p.get("gamma"), config["eps"])
    return layer_norm(x, p["gamma"], p["beta"], config["eps"])


def block(x, p, config, mask=None):
    """Attention, then the feed-forward layer, each with a residual path around it.

    config["order"] "pre":   x + f(norm(x)), the path stays free of norms       (GPT-2 and later)
                    "post":  norm(x + f(x)), the sum is normalized              (the first transformer)

    x: float[B, T, D]    p: {"norm1", "norm2": as for norm, "attn": as for multi_head, "ffn": as for ffn}
    mask: as for multi_head
    Returns out: float[B, T, D], cache = (config["order"], cache_norm1, cache_attn, cache_norm2, cache_ffn).
    """
    # BEGIN SOLUTION
    if config["order"] == "pre":
        a, cache_norm1 = norm(x, p["norm1"], config)
        a, cache_attn = multi_head(a, p["attn"], config["heads"], mask)
        x = x + a
        f, cache_norm2 = norm(x, p["norm2"], config)
        f, cache_ffn = ffn(f, p["ffn"], config["activation"])
        x = x + f
    else:
        a, cache_attn = multi_head(x, p["attn"], config["heads"], mask)
        x, cache_norm1 = norm(x + a, p["norm1"], config)
        f, cache_ffn = ffn(x, p["ffn"], config["activation"])
        x, cache_norm2 = norm(x + f, p["norm2"], config)
    return x, (config["order"], cache_norm1, cache_attn, cache_norm2, cache_ffn)
    # END SOLUTION


def gpt(tokens, params, config):
    """The whole model: embed, the blocks under a causal mask, the final norm if there is one, and the head.

    A tied head multiplies with the embeddings of the tokens: logits = h tokᵀ, without a bias.

    tokens: int64[B, T]    params, config: as at the top of this file
    Returns logits: float[B, T, V], cache = {"embed", "blocks": [...], "final_norm": None where there is none,
    "head": that of linear, "config": config}.
    """
    # BEGIN SOLUTION
    x, cache_embed = embed(tokens, params["tok"], params["pos"])
    mask, cache_blocks, cache_norm = causal_mask(tokens), [], None
    for p in params["blocks"]:
        x, cache = block(x, p, config, mask)
        cache_blocks.append(cache)
    if config["final_norm"]:
        x, cache_norm = norm(x, params["final_norm"], config)
    head = {"w": params["tok"]} if config["tied"] else params["head"]
    logits, cache_head = linear(x, head["w"], head.get("b"))
    caches = {"embed": cache_embed, "blocks": cache_blocks, "final_norm": cache_norm, "head": cache_head}
    return logits, caches | {"config": config}
    # END SOLUTION


def gpt_loss(tokens, targets, mask, params, config):
    """The mean of -log p(target) over the positions where the mask is True; all others leave no trace.

    tokens, targets: int64[B, T]    mask: bool[B, T], as from make_batch, True at least once
    Returns loss: a tensor without axes, cache = (logits, targets, mask, the cache of gpt).
    """
    # BEGIN SOLUTION
    logits, cache = gpt(tokens, params, config)
    log_p = torch.log_softmax(logits, -1).gather(-1, targets[..., None])
    return -log_p[mask].mean(), (logits, targets, mask, cache)
    # END SOLUTION


def count_parameters(params):
    """How many numbers the model has to learn: those of all tensors in params, at any depth.

    params: a dict of tensors, and of dicts and lists of such; None stands for what is absent. A tensor that
    stands in two places, such as a head that is the table of tokens itself, is learned once.
    Returns an int.
    """
    # BEGIN SOLUTION
    found, waiting = {}, [params]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict | list):
            waiting += part.values() if isinstance(part, dict) else part
        elif part is not None:
            found[id(part)] = part.numel()
    return sum(found.values())
    # END SOLUTION
