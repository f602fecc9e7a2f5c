"""A transformer, backward: from the gradient at the logits to those of all parameters.

The lesson is README.md, in this folder. Axes as in unit 9: B sentences, T positions, S positions that are
looked at, D numbers at each position, H heads of K = D / H numbers, F numbers in the hidden layer, V tokens,
M rows of the table of positions.

Each layer of unit 9 returned (out, cache). Here is the way back: dout is dL/dout, the upstream gradient, and
has the shape of out; the cache is what the layer kept. What comes back are the gradients dL/d(input) and
dL/d(parameter), each of the shape of what it belongs to. Parameters are shared by all positions of all
sentences: their gradients are sums over every axis in front.

Everything is computed where the tensors lie, in their own dtype. No argument is ever changed, and no cache:
it may be needed once more. What is absent, such as a bias, has the gradient None; in a dict it is
None, or absent.
"""

import math

import torch

# ---------------------------------------------------------------------------- position by position


def linear_backward(dout, cache):
    """Back through out = x wᵀ + b.

    dout: float[..., O]    cache = (x: float[..., I], w: float[O, I], whether there is a bias)
    Returns dx: float[..., I], dw: float[O, I], db: float[O], or None where there is no bias.
    """
    # BEGIN SOLUTION
    x, w, has_bias = cache
    rows = dout.reshape(-1, dout.shape[-1])
    return dout @ w, rows.T @ x.reshape(-1, x.shape[-1]), rows.sum(0) if has_bias else None
    # END SOLUTION


def activation_backward(dout, cache):
    """Back through one function of one number, entry by entry.

    "relu"       max(x, 0), whose derivative at 0 is taken to be 0
    "gelu"       x times the probability that a standard normal number is below x
    "gelu_tanh"  x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x³)))

    dout: float[...]    cache = (x: float[...], the input of the function; kind: one of these three)
    Returns dx: float[...].
    """
    # BEGIN SOLUTION
    x, kind = cache
    if kind == "relu":
        slope = (x > 0).to(x.dtype)
    elif kind == "gelu":
        density = torch.exp(-x.square() / 2) / math.sqrt(2 * math.pi)
        slope = (1 + torch.erf(x / math.sqrt(2))) / 2 + x * density
    else:
        c = math.sqrt(2 / math.pi)
        t = torch.tanh(c * (x + 0.044715 * x**3))
        slope = (1 + t) / 2 + x / 2 * (1 - t.square()) * c * (1 + 3 * 0.044715 * x.square())
    return dout * slope
    # END SOLUTION


def layer_norm_backward(dout, cache):
    """Back through out = gamma xhat + beta, where xhat = (x - mean) inv_std, inv_std = 1 / sqrt(var + eps).

    mean and var depend on x too: each of a position's D numbers moves all D numbers of xhat.

    dout: float[..., D]    cache = (xhat: float[..., D], inv_std: float[..., 1], gamma: float[D])
    Returns dx: float[..., D], dgamma: float[D], dbeta: float[D].
    """
    # BEGIN SOLUTION
    xhat, inv_std, gamma = cache
    D = xhat.shape[-1]
    dxhat = dout * gamma
    shared = dxhat.mean(-1, keepdim=True) + xhat * (dxhat * xhat).mean(-1, keepdim=True)
    return inv_std * (dxhat - shared), (dout * xhat).reshape(-1, D).sum(0), dout.reshape(-1, D).sum(0)
    # END SOLUTION


def rms_norm_backward(dout, cache):
    """Back through out = gamma xhat, where xhat = x inv_rms and inv_rms = 1 / sqrt(mean of x² + eps).

    dout: float[..., D]    cache = (xhat: float[..., D], inv_rms: float[..., 1], gamma: float[D] or None)
    Returns dx: float[..., D], dgamma: float[D], or None where there is no gain.
    """
    # BEGIN SOLUTION
    xhat, inv_rms, gamma = cache
    dxhat = dout if gamma is None else dout * gamma
    dx = inv_rms * (dxhat - xhat * (dxhat * xhat).mean(-1, keepdim=True))
    return dx, None if gamma is None else (dout * xhat).reshape(-1, len(gamma)).sum(0)
    # END SOLUTION


# ---------------------------------------------------------------------------- from position to position


def softmax_backward(dweights, weights):
    """Back through weights = softmax(scores), along the last axis.

    A weight that is 0 belongs to a score that the mask has set to minus infinity; its gradient is exactly 0.

    dweights: float[..., S], dL/dweights    weights: float[..., S], each row of them sums to 1
    Returns dscores: float[..., S].
    """
    # BEGIN SOLUTION
    return weights * (dweights - (dweights * weights).sum(-1, keepdim=True))
    # END SOLUTION


def attention_backward(dout, cache):
    """Back through out = weights v, where weights = softmax of q kᵀ / sqrt(K), some of them masked.

    dout: float[..., T, K]
    cache = (q: float[..., T, K], k: float[..., S, K], v: float[..., S, K], weights: float[..., T, S])
    Returns dq: float[..., T, K], dk: float[..., S, K], dv: float[..., S, K].
    """
    # BEGIN SOLUTION
    q, k, v, weights = cache
    dscores = softmax_backward(dout @ v.mT, weights) / math.sqrt(q.shape[-1])
    return dscores @ k, dscores.mT @ q, weights.mT @ dout
    # END SOLUTION


def multi_head_backward(dout, cache):
    """Back through linear wo, the concatenation, attention, the split, and linear wq, wk and wv of one x.

    dout: float[B, T, D]
    cache = (cache_q, cache_k, cache_v, cache_attention, cache_o, heads): those of four times linear, and that
    of one call of attention with tensors [B, heads, T, K]
    Returns dx: float[B, T, D],
    grads: {"wq", "wk", "wv", "wo": float[D, D], "bq", "bk", "bv", "bo": float[D]}; None, or absent, where
    there is no bias.
    """
    # BEGIN SOLUTION
    *caches, cache_attention, cache_o, heads = cache
    dout, dwo, dbo = linear_backward(dout, cache_o)
    dout = dout.unflatten(-1, (heads, -1)).transpose(-2, -3)
    dx, grads = 0, {"wo": dwo, "bo": dbo}
    for name, dheads, cache_linear in zip(
        "qkv", attention_backward(dout, cache_attention), caches, strict=True
    ):
        merged = dheads.transpose(-2, -3).flatten(-2)
        path, grads["w" + name], grads["b" + name] = linear_backward(merged, cache_linear)
        dx = dx + path
    return dx, grads
    # END SOLUTION


# ---------------------------------------------------------------------------- the two ends of the model


def head_backward(dlogits, cache, tied):
    """Back through the head. A tied head has multiplied with the table of tokens: dw is a gradient of tok.

    dlogits: float[B, T, V]    cache: that of linear, with w: float[V, D]    tied: bool
    Returns dx: float[B, T, D], grads: {"tok": dw} where the head is tied, else {"head": {"w": dw, "b": db}},
    with db None, or absent, where there is no bias.
    """
    # BEGIN SOLUTION
    dx, dw, db = linear_backward(dlogits, cache)
    return dx, {"tok": dw} if tied else {"head": {"w": dw, "b": db}}
    # END SOLUTION


def embed_backward(dout, cache, dtok=None):
    """Back through x[b, t] = tok[tokens[b, t]] + pos[t].

    A row that was used more than once gets the sum, and a row that was not used gets 0.

    dout: float[B, T, D]    cache = (tokens: int64[B, T], V, M)
    dtok: float[V, D], the gradient that tok got through a tied head, or None where it got none
    Returns dtok: float[V, D], all that tok got, through the head and here; dpos: float[M, D].
    """
    # BEGIN SOLUTION
    tokens, V, M = cache
    T, D = dout.shape[-2:]
    here = dout.new_zeros(V, D).index_add(0, tokens.flatten(), dout.reshape(-1, D))
    dpos = dout.new_zeros(M, D)
    dpos[:T] = dout.reshape(-1, T, D).sum(0)
    return here if dtok is None else here + dtok, dpos
    # END SOLUTION


# ---------------------------------------------------------------------------- a block, and the model


def ffn_backward(dout, cache):
    """Back through linear, activation, linear: the last step first, whose dx is dout of the one before.

    dout: float[..., D]    cache = (cache_in, cache_act, cache_out)
    Returns dx: float[..., D], grads: {"w1", "b1", "w2", "b2"}.
    """
    cache_in, cache_act, cache_out = cache
    dhidden, dw2, db2 = linear_backward(dout, cache_out)
    dx, dw1, db1 = linear_backward(activation_backward(dhidden, cache_act), cache_in)
    return dx, {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}


def norm_backward(dout, cache, config):
    """Back through config's norm. Returns dx, grads: {"gamma": ...}, with "beta" for layer_norm."""
    if config["norm"] == "rms":
        dx, dgamma = rms_norm_backward(dout, cache)
        return dx, {"gamma": dgamma}
    dx, dgamma, dbeta = layer_norm_backward(dout, cache)
    return dx, {"gamma": dgamma, "beta": dbeta}


def block_backward(dout, cache, config):
    """Back through a block: what reaches a sum goes back along both of its paths.

    dout: float[B, T, D]    cache = (order, cache_norm1, cache_attn, cache_norm2, cache_ffn)
    order "pre":  x = x + attn(norm1(x)), then out = x + ffn(norm2(x))
    order "post": x = norm1(x + attn(x)), then out = norm2(x + ffn(x))
    config: that of the model, for norm_backward
    Returns dx: float[B, T, D], grads: {"norm1", "norm2": those of norm_backward, "attn": those of
    multi_head_backward, "ffn": those of ffn_backward}.
    """
    # BEGIN SOLUTION
    order, cache_norm1, cache_attn, cache_norm2, cache_ffn = cache
    grads = {}
    if order == "pre":
        path, grads["ffn"] = ffn_backward(dout, cache_ffn)
        path, grads["norm2"] = norm_backward(path, cache_norm2, config)
        dx = dout + path
        path, grads["attn"] = multi_head_backward(dx, cache_attn)
        path, grads["norm1"] = norm_backward(path, cache_norm1, config)
        return dx + path, grads
    dx, grads["norm2"] = norm_backward(dout, cache_norm2, config)
    path, grads["ffn"] = ffn_backward(dx, cache_ffn)
    dx, grads["norm1"] = norm_backward(dx + path, cache_norm1, config)
    path, grads["attn"] = multi_head_backward(dx, cache_attn)
    return dx + path, grads
    # END SOLUTION


def model_backward(dlogits, cache):
    """Back through the head, the final norm if there is one, the blocks and the embedding.

    dlogits: float[B, T, V]
    cache = {"embed", "blocks": [those of the blocks, first to last], "final_norm": None where there is none,
    "head": that of linear, "config": {"tied": bool, "norm": "layer" or "rms", ...}}
    Returns grads in the form of the parameters: {"tok": float[V, D], "pos": float[M, D], "blocks": [those of
    block_backward, first to last]}, with "final_norm" where there is one, and "head" where it is not tied.
    """
    # BEGIN SOLUTION
    config, blocks = cache["config"], []
    dx, grads = head_backward(dlogits, cache["head"], config["tied"])
    if cache["final_norm"] is not None:
        dx, grads["final_norm"] = norm_backward(dx, cache["final_norm"], config)
    for cache_block in reversed(cache["blocks"]):
        dx, grads_block = block_backward(dx, cache_block, config)
        blocks.insert(0, grads_block)
    dtok, dpos = embed_backward(dx, cache["embed"], grads.get("tok"))
    return grads | {"tok": dtok, "pos": dpos, "blocks": blocks}
    # END SOLUTION


def loss_backward(cache):
    """dL/dlogits of unit 9's loss, by unit 8: (softmax - one-hot) / count, and 0 where the mask is False.

    cache = (logits: float[B, T, V], targets: int64[B, T], mask: bool[B, T], the cache of gpt)
    Returns dlogits: float[B, T, V]; model_backward takes it, with the cache of gpt.
    """
    logits, targets, mask, _ = cache
    one_hot = targets[..., None] == torch.arange(logits.shape[-1], device=logits.device)
    return (torch.softmax(logits, -1) - one_hot.to(logits.dtype)) * mask[..., None] / mask.sum()
