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
    raise NotImplementedError


def activation_backward(dout, cache):
    """Back through one function of one number, entry by entry.

    "relu"       max(x, 0), whose derivative at 0 is taken to be 0
    "gelu"       x times the probability that a standard normal number is below x
    "gelu_tanh"  x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x³)))

    dout: float[...]    cache = (x: float[...], the input of the function; kind: one of these three)
    Returns dx: float[...].
    """
    raise NotImplementedError


def layer_norm_backward(dout, cache):
    """Back through out = gamma xhat + beta, where xhat = (x - mean) inv_std, inv_std = 1 / sqrt(var + eps).

    mean and var depend on x too: each of a position's D numbers moves all D numbers of xhat.

    dout: float[..., D]    cache = (xhat: float[..., D], inv_std: float[..., 1], gamma: float[D])
    Returns dx: float[..., D], dgamma: float[D], dbeta: float[D].
    """
    raise NotImplementedError


def rms_norm_backward(dout, cache):
    """Back through out = gamma xhat, where xhat = x inv_rms and inv_rms = 1 / sqrt(mean of x² + eps).

    dout: float[..., D]    cache = (xhat: float[..., D], inv_rms: float[..., 1], gamma: float[D] or None)
    Returns dx: float[..., D], dgamma: float[D], or None where there is no gain.
    """
    raise NotImplementedError


# ---------------------------------------------------------------------------- from position to position


def softmax_backward(dweights, weights):
    """Back through weights = softmax(scores), along the last axis.

    A weight that is 0 belongs to a score that the mask has set to minus infinity; its gradient is exactly 0.

    dweights: float[..., S], dL/dweights    weights: float[..., S], each row of them sums to 1
    Returns dscores: float[..., S].
    """
    raise NotImplementedError


def attention_backward(dout, cache):
    """Back through out = weights v, where weights = softmax of q kᵀ / sqrt(K), some of them masked.

    dout: float[..., T, K]
    cache = (q: float[..., T, K], k: float[..., S, K], v: float[..., S, K], weights: float[..., T, S])
    Returns dq: float[..., T, K], dk: float[..., S, K], dv: float[..., S, K].
    """
    raise NotImplementedError


def multi_head_backward(dout, cache):
    """Back through linear wo, the concatenation, attention, the split, and linear wq, wk and wv of one x.

    dout: float[B, T, D]
    cache = (cache_q, cache_k, cache_v, cache_attention, cache_o, heads): those of four times linear, and that
    of one call of attention with tensors [B, heads, T, K]
    Returns dx: float[B, T, D],
    grads: {"wq", "wk", "wv", "wo": float[D, D], "bq", "bk", "bv", "bo": float[D]}; None, or absent, where
    there is no bias.
    """
    raise NotImplementedError


# ---------------------------------------------------------------------------- the two ends of the model


def head_backward(dlogits, cache, tied):
    """Back through the head. A tied head has multiplied with the table of tokens: dw is a gradient of tok.

    dlogits: float[B, T, V]    cache: that of linear, with w: float[V, D]    tied: bool
    Returns dx: float[B, T, D], grads: {"tok": dw} where the head is tied, else {"head": {"w": dw, "b": db}},
    with db None, or absent, where there is no bias.
    """
    raise NotImplementedError


def embed_backward(dout, cache, dtok=None):
    """Back through x[b, t] = tok[tokens[b, t]] + pos[t].

    A row that was used more than once gets the sum, and a row that was not used gets 0.

    dout: float[B, T, D]    cache = (tokens: int64[B, T], V, M)
    dtok: float[V, D], the gradient that tok got through a tied head, or None where it got none
    Returns dtok: float[V, D], all that tok got, through the head and here; dpos: float[M, D].
    """
    raise NotImplementedError


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
    raise NotImplementedError


def model_backward(dlogits, cache):
    """Back through the head, the final norm if there is one, the blocks and the embedding.

    dlogits: float[B, T, V]
    cache = {"embed", "blocks": [those of the blocks, first to last], "final_norm": None where there is none,
    "head": that of linear, "config": {"tied": bool, "norm": "layer" or "rms", ...}}
    Returns grads in the form of the parameters: {"tok": float[V, D], "pos": float[M, D], "blocks": [those of
    block_backward, first to last]}, with "final_norm" where there is one, and "head" where it is not tied.
    """
    raise NotImplementedError


def loss_backward(cache):
    """dL/dlogits of unit 9's loss, by unit 8: (softmax - one-hot) / count, and 0 where the mask is False.

    cache = (logits: float[B, T, V], targets: int64[B, T], mask: bool[B, T], the cache of gpt)
    Returns dlogits: float[B, T, V]; model_backward takes it, with the cache of gpt.
    """
    logits, targets, mask, _ = cache
    one_hot = targets[..., None] == torch.arange(logits.shape[-1], device=logits.device)
    return (torch.softmax(logits, -1) - one_hot.to(logits.dtype)) * mask[..., None] / mask.sum()
