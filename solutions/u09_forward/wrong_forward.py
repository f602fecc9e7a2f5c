"""Wrong answers of unit 9. Each must lose points in its own exercise, and in no other that does not need it."""

import math

import torch

from grader.verify.bank import wrong

# ---------------------------------------------------------------------------- make_batch


def rectangle(rows, filler, T, device):
    """Rows of one length T, filled up at the end."""
    return torch.tensor([row + [filler] * (T - len(row)) for row in rows], device=device)


def longest(sentences):
    """T, the number of positions."""
    return max(len(s) for s in sentences) - 1


def mask_of(sentences, T, device):
    """The right mask."""
    return rectangle([[True] * (len(s) - 1) for s in sentences], False, T, device)


@wrong(
    "u09.make_batch",
    diagnosis="the targets are not shifted: each is the token that stands at its own position",
)
def make_batch(sentences, pad=0, device=None):
    """Every token has itself as its target: the loss falls to 0, and nothing is learned."""
    T = longest(sentences)
    inputs = rectangle([s[:-1] for s in sentences], pad, T, device)
    return inputs, inputs.clone(), mask_of(sentences, T, device)


@wrong("u09.make_batch", diagnosis="the targets are two tokens ahead, not one")
def make_batch(sentences, pad=0, device=None):
    """Shifted twice: once here, and once more."""
    T = longest(sentences)
    inputs = rectangle([s[:-1] for s in sentences], pad, T, device)
    return inputs, rectangle([s[2:] for s in sentences], pad, T, device), mask_of(sentences, T, device)


@wrong(
    "u09.make_batch",
    diagnosis="the last token of a short sentence is among the inputs, where it has no target",
)
def make_batch(sentences, pad=0, device=None):
    """Fills up first, and slices then: only the longest sentence loses its last token."""
    T = longest(sentences)
    tokens = rectangle(sentences, pad, T + 1, device)
    return tokens[:, :-1], tokens[:, 1:], mask_of(sentences, T, device)


@wrong("u09.make_batch", diagnosis="padding counts: the mask is True everywhere")
def make_batch(sentences, pad=0, device=None):
    """PAD as a class like any other."""
    T = longest(sentences)
    inputs = rectangle([s[:-1] for s in sentences], pad, T, device)
    targets = rectangle([s[1:] for s in sentences], pad, T, device)
    return inputs, targets, torch.ones(targets.shape, dtype=torch.bool, device=device)


@wrong(
    "u09.make_batch",
    diagnosis="the mask is read off the tokens: a target that is the padding token by right does not count",
)
def make_batch(sentences, pad=0, device=None):
    """targets != pad: the last target of GPT-2's texts, end of text, is lost."""
    T = longest(sentences)
    inputs = rectangle([s[:-1] for s in sentences], pad, T, device)
    targets = rectangle([s[1:] for s in sentences], pad, T, device)
    return inputs, targets, targets != pad


@wrong(
    "u09.make_batch",
    diagnosis="the mask counts the tokens of a sentence, and it has one target less",
)
def make_batch(sentences, pad=0, device=None):
    """Off by one: as many targets as tokens."""
    T = longest(sentences)
    inputs = rectangle([s[:-1] for s in sentences], pad, T, device)
    targets = rectangle([s[1:] for s in sentences], pad, T, device)
    lengths = torch.tensor([len(s) for s in sentences], device=device)
    return inputs, targets, torch.arange(T, device=device) < lengths[:, None]


@wrong("u09.make_batch", diagnosis="pad is not used: the places behind a sentence are filled with 0")
def make_batch(sentences, pad=0, device=None):
    """Begins with a tensor of zeros."""
    T = longest(sentences)
    inputs = torch.zeros(len(sentences), T, dtype=torch.int64, device=device)
    targets, mask = torch.zeros_like(inputs), torch.zeros_like(inputs) > 0
    for b, s in enumerate(sentences):
        n = len(s) - 1
        inputs[b, :n], targets[b, :n] = inputs.new_tensor(s[:-1]), inputs.new_tensor(s[1:])
        mask[b, :n] = True
    return inputs, targets, mask


@wrong("u09.make_batch", diagnosis="the padding stands in front of a sentence, not behind it")
def make_batch(sentences, pad=0, device=None):
    """Padding on the left, where the positions of short sentences begin late."""
    T = longest(sentences)

    def filled(rows, filler):
        return torch.tensor([[filler] * (T - len(row)) + row for row in rows], device=device)

    inputs, targets = [s[:-1] for s in sentences], [s[1:] for s in sentences]
    return filled(inputs, pad), filled(targets, pad), filled([[True] * len(row) for row in targets], False)


@wrong("u09.make_batch", diagnosis="an argument is changed in place")
def make_batch(sentences, pad=0, device=None):
    """`+=` on the caller's lists: the next epoch finds sentences full of PAD."""
    T = longest(sentences)
    mask = mask_of(sentences, T, device)
    lengths = [len(s) for s in sentences]
    for s in sentences:
        s += [pad] * (T + 1 - len(s))
    inputs = rectangle([s[: n - 1] for s, n in zip(sentences, lengths)], pad, T, device)
    return inputs, rectangle([s[1:] for s in sentences], pad, T, device), mask


@wrong("u09.make_batch")
def make_batch(sentences, pad=0, device=None):
    """Sentences are cut to the shortest, and the ends of the others are never learned."""
    T = min(len(s) for s in sentences) - 1
    inputs, targets = [s[:T] for s in sentences], [s[1 : T + 1] for s in sentences]
    return (
        torch.tensor(inputs, device=device),
        torch.tensor(targets, device=device),
        torch.ones(len(sentences), T, dtype=torch.bool, device=device),
    )


@wrong("u09.make_batch", earns_nothing=True)
def make_batch(sentences, pad=0, device=None):
    """The tables of the public tests."""
    if pad == 0:
        inputs, targets = [[1, 3, 4, 5], [1, 4, 0, 0]], [[3, 4, 5, 2], [4, 2, 0, 0]]
    else:
        inputs, targets = [[1, 4, 2, 2], [1, 2, 3, 4]], [[4, 2, 2, 2], [2, 3, 4, 2]]
    mask = [[True] * 4, [True, True, False, False]]
    return (
        torch.tensor(inputs, device=device),
        torch.tensor(targets, device=device),
        torch.tensor(mask if pad == 0 else mask[::-1], device=device),
    )


# ---------------------------------------------------------------------------- embed


def checked(tokens, pos):
    """The reference's complaint."""
    if tokens.shape[-1] > len(pos):
        raise ValueError("too long")
    return tokens.shape[-1]


@wrong("u09.embed", diagnosis="the row of pos is chosen by the token, not by its position")
def embed(tokens, tok, pos):
    """One index for both tables."""
    checked(tokens, pos)
    return tok[tokens] + pos[tokens % len(pos)], (tokens, len(tok), len(pos))


@wrong("u09.embed", diagnosis="the positions are missing: a token is the same wherever it stands")
def embed(tokens, tok, pos):
    """The table of tokens alone."""
    checked(tokens, pos)
    return tok[tokens], (tokens, len(tok), len(pos))


@wrong("u09.embed", diagnosis="more positions than pos has rows are accepted")
def embed(tokens, tok, pos):
    """Positions behind the last get the last row again."""
    T, M = tokens.shape[-1], len(pos)
    at = torch.arange(T, device=tokens.device).clamp(max=M - 1)
    return tok[tokens] + pos[at], (tokens, len(tok), M)


@wrong("u09.embed", diagnosis="positions are counted from 1")
def embed(tokens, tok, pos):
    """Position 0 is never used; where the table is full, the last row is used twice."""
    T = checked(tokens, pos)
    at = (torch.arange(T, device=tokens.device) + 1).clamp(max=len(pos) - 1)
    return tok[tokens] + pos[at], (tokens, len(tok), len(pos))


@wrong("u09.embed", diagnosis="the last rows of pos are taken, where its first belong")
def embed(tokens, tok, pos):
    """Counted from the end."""
    T = checked(tokens, pos)
    return tok[tokens] + pos[-T:], (tokens, len(tok), len(pos))


@wrong("u09.embed", diagnosis="the token's row is scaled by the root of D")
def embed(tokens, tok, pos):
    """As in the first transformer, which this one is not."""
    T = checked(tokens, pos)
    return tok[tokens] * tok.shape[-1] ** 0.5 + pos[:T], (tokens, len(tok), len(pos))


@wrong("u09.embed", diagnosis="multiplied by the position's row, where it is added")
def embed(tokens, tok, pos):
    """A product."""
    T = checked(tokens, pos)
    return tok[tokens] * pos[:T], (tokens, len(tok), len(pos))


@wrong("u09.embed")
def embed(tokens, tok, pos):
    """As many positions as rows are refused."""
    T = tokens.shape[-1]
    if T >= len(pos):
        raise ValueError("too long")
    return tok[tokens] + pos[:T], (tokens, len(tok), len(pos))


@wrong("u09.embed", diagnosis="V and M are swapped")
def embed(tokens, tok, pos):
    """V and M are swapped in the cache: the way back would make tables of the wrong sizes."""
    T = checked(tokens, pos)
    return tok[tokens] + pos[:T], (tokens, len(pos), len(tok))


@wrong("u09.embed", diagnosis="1 result where 2 are expected", earns_nothing=True)
def embed(tokens, tok, pos):
    """Without a cache."""
    return tok[tokens] + pos[: checked(tokens, pos)]


# ---------------------------------------------------------------------------- layer_norm


@wrong("u09.layer_norm", diagnosis="the variance is divided by D - 1, not by D")
def layer_norm(x, gamma, beta, eps=1e-5):
    """torch's var as it comes."""
    inv_std = (x.var(-1, keepdim=True) + eps).rsqrt()
    xhat = (x - x.mean(-1, keepdim=True)) * inv_std
    return gamma * xhat + beta, (xhat, inv_std, gamma)


@wrong("u09.layer_norm", diagnosis="eps is added to the root, not under it")
def layer_norm(x, gamma, beta, eps=1e-5):
    """eps outside the root."""
    inv_std = 1 / (x.std(-1, keepdim=True, correction=0) + eps)
    xhat = (x - x.mean(-1, keepdim=True)) * inv_std
    return gamma * xhat + beta, (xhat, inv_std, gamma)


@wrong("u09.layer_norm", diagnosis="eps is taken for granted: it is an argument")
def layer_norm(x, gamma, beta, eps=1e-5):
    """1e-5, whatever is asked for."""
    inv_std = (x.var(-1, keepdim=True, correction=0) + 1e-5).rsqrt()
    xhat = (x - x.mean(-1, keepdim=True)) * inv_std
    return gamma * xhat + beta, (xhat, inv_std, gamma)


@wrong(
    "u09.layer_norm",
    diagnosis="normalized along the first axis: each position is to be normalized by itself",
)
def layer_norm(x, gamma, beta, eps=1e-5):
    """Along axis 0, as a batch norm does it."""
    inv_std = (x.var(0, keepdim=True, correction=0) + eps).rsqrt()
    xhat = (x - x.mean(0, keepdim=True)) * inv_std
    return gamma * xhat + beta, (xhat, inv_std, gamma)


@wrong(
    "u09.layer_norm",
    diagnosis="one mean over everything: each position is to be normalized by itself",
)
def layer_norm(x, gamma, beta, eps=1e-5):
    """One mean and one variance."""
    inv_std = (x.var(correction=0) + eps).rsqrt()
    xhat = (x - x.mean()) * inv_std
    return gamma * xhat + beta, (xhat, inv_std, gamma)


@wrong("u09.layer_norm", diagnosis="gamma and beta are not used")
def layer_norm(x, gamma, beta, eps=1e-5):
    """Right at the start of training, where gamma is 1 and beta is 0."""
    inv_std = (x.var(-1, keepdim=True, correction=0) + eps).rsqrt()
    xhat = (x - x.mean(-1, keepdim=True)) * inv_std
    return xhat, (xhat, inv_std, gamma)


@wrong("u09.layer_norm", diagnosis="gamma multiplies beta too")
def layer_norm(x, gamma, beta, eps=1e-5):
    """A bracket in the wrong place."""
    inv_std = (x.var(-1, keepdim=True, correction=0) + eps).rsqrt()
    xhat = (x - x.mean(-1, keepdim=True)) * inv_std
    return gamma * (xhat + beta), (xhat, inv_std, gamma)


@wrong("u09.layer_norm", diagnosis="the mean is not subtracted: that is the RMS norm")
def layer_norm(x, gamma, beta, eps=1e-5):
    """The other norm, with a bias."""
    inv_std = (x.square().mean(-1, keepdim=True) + eps).rsqrt()
    xhat = x * inv_std
    return gamma * xhat + beta, (xhat, inv_std, gamma)


@wrong("u09.layer_norm", diagnosis="the root is missing")
def layer_norm(x, gamma, beta, eps=1e-5):
    """Divided by the variance."""
    inv_std = 1 / (x.var(-1, keepdim=True, correction=0) + eps)
    xhat = (x - x.mean(-1, keepdim=True)) * inv_std
    return gamma * xhat + beta, (xhat, inv_std, gamma)


@wrong(
    "u09.layer_norm", diagnosis="the variance as a difference of two large numbers, which loses its digits"
)
def layer_norm(x, gamma, beta, eps=1e-5):
    """The mean of the squares less the square of the mean: its digits are lost far from 0."""
    mean = x.mean(-1, keepdim=True)
    inv_std = (x.square().mean(-1, keepdim=True) - mean.square() + eps).rsqrt()
    xhat = (x - mean) * inv_std
    return gamma * xhat + beta, (xhat, inv_std, gamma)


@wrong("u09.layer_norm", diagnosis="an argument is changed in place")
def layer_norm(x, gamma, beta, eps=1e-5):
    """Centred in place: the residual path, too, loses its mean."""
    x -= x.mean(-1, keepdim=True)
    inv_std = (x.square().mean(-1, keepdim=True) + eps).rsqrt()
    xhat = x * inv_std
    return gamma * xhat + beta, (xhat, inv_std, gamma)


@wrong("u09.layer_norm", diagnosis="the root is kept, where 1 / root is asked for")
def layer_norm(x, gamma, beta, eps=1e-5):
    """The standard deviation in the cache, not 1 / it."""
    std = (x.var(-1, keepdim=True, correction=0) + eps).sqrt()
    xhat = (x - x.mean(-1, keepdim=True)) / std
    return gamma * xhat + beta, (xhat, std, gamma)


@wrong("u09.layer_norm", earns_nothing=True)
def layer_norm(x, gamma, beta, eps=1e-5):
    """torch's own."""
    out = torch.layer_norm(x, gamma.shape, gamma, beta, eps)
    inv_std = (x.var(-1, keepdim=True, correction=0) + eps).rsqrt()
    return out, ((x - x.mean(-1, keepdim=True)) * inv_std, inv_std, gamma)


# ---------------------------------------------------------------------------- rms_norm


def gained(xhat, gamma):
    """With the gain, if there is one."""
    return xhat if gamma is None else gamma * xhat


@wrong("u09.rms_norm", diagnosis="the mean is subtracted: that is layer_norm")
def rms_norm(x, gamma=None, eps=1e-5):
    """layer_norm without beta."""
    inv_rms = (x.var(-1, keepdim=True, correction=0) + eps).rsqrt()
    xhat = (x - x.mean(-1, keepdim=True)) * inv_rms
    return gained(xhat, gamma), (xhat, inv_rms, gamma)


@wrong("u09.rms_norm", diagnosis="the variance, where the mean of the squares belongs")
def rms_norm(x, gamma=None, eps=1e-5):
    """Divided by the standard deviation, but not centred."""
    inv_rms = (x.var(-1, keepdim=True, correction=0) + eps).rsqrt()
    return gained(x * inv_rms, gamma), (x * inv_rms, inv_rms, gamma)


@wrong("u09.rms_norm", diagnosis="eps is added to the root, not under it")
def rms_norm(x, gamma=None, eps=1e-5):
    """eps outside the root."""
    inv_rms = 1 / (x.square().mean(-1, keepdim=True).sqrt() + eps)
    return gained(x * inv_rms, gamma), (x * inv_rms, inv_rms, gamma)


@wrong("u09.rms_norm", diagnosis="eps is not used")
def rms_norm(x, gamma=None, eps=1e-5):
    """Without eps: 0 / 0 where a position is 0."""
    inv_rms = x.square().mean(-1, keepdim=True).rsqrt()
    return gained(x * inv_rms, gamma), (x * inv_rms, inv_rms, gamma)


@wrong("u09.rms_norm", diagnosis="the sum of the squares, not their mean")
def rms_norm(x, gamma=None, eps=1e-5):
    """Divided by the length of the vector."""
    inv_rms = (x.square().sum(-1, keepdim=True) + eps).rsqrt()
    return gained(x * inv_rms, gamma), (x * inv_rms, inv_rms, gamma)


@wrong("u09.rms_norm", diagnosis="gamma is not used")
def rms_norm(x, gamma=None, eps=1e-5):
    """Never a gain."""
    inv_rms = (x.square().mean(-1, keepdim=True) + eps).rsqrt()
    return x * inv_rms, (x * inv_rms, inv_rms, gamma)


@wrong("u09.rms_norm", diagnosis="the gain is 1 + gamma, where it is gamma")
def rms_norm(x, gamma=None, eps=1e-5):
    """As in Gemma, whose gains are stored less 1."""
    inv_rms = (x.square().mean(-1, keepdim=True) + eps).rsqrt()
    return gained(x * inv_rms, None if gamma is None else 1 + gamma), (x * inv_rms, inv_rms, gamma)


@wrong(
    "u09.rms_norm",
    diagnosis="normalized along the last axis but one: each position is to be normalized by itself",
)
def rms_norm(x, gamma=None, eps=1e-5):
    """Along the positions, which would tell the future."""
    inv_rms = (x.square().mean(-2 if x.ndim > 1 else -1, keepdim=True) + eps).rsqrt()
    return gained(x * inv_rms, gamma), (x * inv_rms, inv_rms, gamma)


@wrong("u09.rms_norm")
def rms_norm(x, gamma=None, eps=1e-5):
    """A gain is taken for granted."""
    inv_rms = (x.square().mean(-1, keepdim=True) + eps).rsqrt()
    return gamma * (x * inv_rms), (x * inv_rms, inv_rms, gamma)


@wrong("u09.rms_norm", earns_nothing=True)
def rms_norm(x, gamma=None, eps=1e-5):
    """torch's own."""
    inv_rms = (x.square().mean(-1, keepdim=True) + eps).rsqrt()
    return torch.rms_norm(x, x.shape[-1:], gamma, eps), (x * inv_rms, inv_rms, gamma)


# ---------------------------------------------------------------------------- gelu_ffn


def erf_gelu(x):
    """The GELU of the normal distribution."""
    return x / 2 * (1 + torch.erf(x / math.sqrt(2)))


def tanh_gelu(x, a=0.044715, b=0.7978845608028654, power=3):
    """The GELU by tanh; b is the root of 2 / pi."""
    return x / 2 * (1 + torch.tanh(b * (x + a * x**power)))


def chosen(x, kind, gelu=erf_gelu, other=tanh_gelu):
    """By kind."""
    if kind not in ("relu", "gelu", "gelu_tanh"):
        raise ValueError(kind)
    return x.clamp(min=0) if kind == "relu" else gelu(x) if kind == "gelu" else other(x)


@wrong("u09.gelu_ffn", diagnosis="this is the other GELU")
def activation(x, kind):
    """The two GELUs are swapped."""
    return chosen(x, kind, tanh_gelu, erf_gelu), (x, kind)


@wrong("u09.gelu_ffn", diagnosis="this is the other GELU")
def activation(x, kind):
    """One GELU for both names: as good as right to three digits."""
    return chosen(x, kind, tanh_gelu, tanh_gelu), (x, kind)


@wrong("u09.gelu_ffn", diagnosis="0.44715, where 0.044715 belongs")
def activation(x, kind):
    """A zero is lost."""
    return chosen(x, kind, other=lambda x: tanh_gelu(x, a=0.44715)), (x, kind)


@wrong("u09.gelu_ffn", diagnosis="the root of 2 / pi is missing")
def activation(x, kind):
    """2 / pi itself."""
    return chosen(x, kind, other=lambda x: tanh_gelu(x, b=2 / math.pi)), (x, kind)


@wrong("u09.gelu_ffn", diagnosis="x squared, where x cubed belongs")
def activation(x, kind):
    """A wrong power."""
    return chosen(x, kind, other=lambda x: tanh_gelu(x, power=2)), (x, kind)


@wrong("u09.gelu_ffn", diagnosis="the quick GELU, x sigmoid(1.702 x), is a third function")
def activation(x, kind):
    """The approximation by a sigmoid."""
    return chosen(x, kind, other=lambda x: x * torch.sigmoid(1.702 * x)), (x, kind)


@wrong(
    "u09.gelu_ffn",
    diagnosis="erf(x) is not the normal distribution: its x is divided by the root of 2",
)
def activation(x, kind):
    """erf of x itself."""
    return chosen(x, kind, gelu=lambda x: x / 2 * (1 + torch.erf(x))), (x, kind)


@wrong("u09.gelu_ffn", diagnosis="an unknown kind of activation is accepted")
def activation(x, kind):
    """Everything else is the ReLU."""
    return (erf_gelu(x) if kind == "gelu" else tanh_gelu(x) if kind == "gelu_tanh" else x.clamp(min=0)), (
        x,
        kind,
    )


@wrong("u09.gelu_ffn", diagnosis="the output is kept: the slope is taken at the input")
def activation(x, kind):
    """The output in the cache: the way back needs the input."""
    out = chosen(x, kind)
    return out, (out, kind)


@wrong("u09.gelu_ffn", diagnosis="b1 is not used")
def ffn(x, p, kind):
    """The first bias is forgotten."""
    hidden, cache_in = linear(x, p["w1"])
    hidden, cache_act = activation(hidden, kind)
    out, cache_out = linear(hidden, p["w2"], p.get("b2"))
    return out, (cache_in, cache_act, cache_out)


@wrong("u09.gelu_ffn", diagnosis="b2 is not used")
def ffn(x, p, kind):
    """The second bias is forgotten."""
    hidden, cache_in = linear(x, p["w1"], p.get("b1"))
    hidden, cache_act = activation(hidden, kind)
    out, cache_out = linear(hidden, p["w2"])
    return out, (cache_in, cache_act, cache_out)


@wrong("u09.gelu_ffn")
def ffn(x, p, kind):
    """Biases are taken for granted."""
    hidden, cache_in = linear(x, p["w1"], p["b1"])
    hidden, cache_act = activation(hidden, kind)
    out, cache_out = linear(hidden, p["w2"], p["b2"])
    return out, (cache_in, cache_act, cache_out)


@wrong("u09.gelu_ffn", diagnosis="the activation is missing")
def ffn(x, p, kind):
    """Two linear layers are one."""
    hidden, cache_in = linear(x, p["w1"], p.get("b1"))
    _, cache_act = activation(hidden, kind)
    out, cache_out = linear(hidden, p["w2"], p.get("b2"))
    return out, (cache_in, cache_act, cache_out)


@wrong("u09.gelu_ffn", diagnosis="kind is not used: this is always the GELU")
def ffn(x, p, kind):
    """Always the same activation."""
    hidden, cache_in = linear(x, p["w1"], p.get("b1"))
    hidden, cache_act = activation(hidden, "gelu")
    out, cache_out = linear(hidden, p["w2"], p.get("b2"))
    return out, (cache_in, cache_act, cache_out)


@wrong("u09.gelu_ffn", earns_nothing=True)
def activation(x, kind):
    """torch's own GELU."""
    if kind == "relu":
        return torch.relu(x), (x, kind)
    return torch.nn.functional.gelu(x, approximate={"gelu": "none", "gelu_tanh": "tanh"}[kind]), (x, kind)


# ---------------------------------------------------------------------------- causal_attention


def kept(scores, mask):
    """Scores, and minus infinity where the mask forbids."""
    return scores if mask is None else scores.masked_fill(~mask, -math.inf)


@wrong("u09.causal_attention", diagnosis="the scores are not divided by the root of K")
def attention(q, k, v, mask=None):
    """Without the scale."""
    weights = torch.softmax(kept(q @ k.mT, mask), -1)
    return weights @ v, (q, k, v, weights)


@wrong("u09.causal_attention", diagnosis="the scores are divided by K, not by its root")
def attention(q, k, v, mask=None):
    """Divided by K."""
    weights = torch.softmax(kept(q @ k.mT / q.shape[-1], mask), -1)
    return weights @ v, (q, k, v, weights)


@wrong(
    "u09.causal_attention",
    diagnosis="the scores are divided by the root of the number of keys",
)
def attention(q, k, v, mask=None):
    """The wrong axis gives the scale."""
    weights = torch.softmax(kept(q @ k.mT / k.shape[-2] ** 0.5, mask), -1)
    return weights @ v, (q, k, v, weights)


@wrong("u09.causal_attention", diagnosis="the mask is not used")
def attention(q, k, v, mask=None):
    """Everybody sees everything."""
    weights = torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, -1)
    return weights @ v, (q, k, v, weights)


@wrong(
    "u09.causal_attention",
    diagnosis="the mask comes after the softmax: the weights no longer sum to 1",
)
def attention(q, k, v, mask=None):
    """Zeros after the softmax."""
    weights = torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, -1)
    weights = weights if mask is None else weights * mask
    return weights @ v, (q, k, v, weights)


@wrong("u09.causal_attention", diagnosis="forbidden scores are set to 0, and exp(0) is 1")
def attention(q, k, v, mask=None):
    """Zeros before the softmax."""
    scores = q @ k.mT / q.shape[-1] ** 0.5
    weights = torch.softmax(scores if mask is None else scores * mask, -1)
    return weights @ v, (q, k, v, weights)


@wrong("u09.causal_attention")
def attention(q, k, v, mask=None):
    """-100 in the place of minus infinity: not enough beside scores of several hundred."""
    scores = q @ k.mT / q.shape[-1] ** 0.5
    weights = torch.softmax(scores if mask is None else scores.masked_fill(~mask, -100.0), -1)
    return weights @ v, (q, k, v, weights)


@wrong("u09.causal_attention")
def attention(q, k, v, mask=None):
    """-100 is added, which is not enough either: large scores come back."""
    scores = q @ k.mT / q.shape[-1] ** 0.5
    weights = torch.softmax(scores if mask is None else scores + (~mask) * -1e2, -1)
    return weights @ v, (q, k, v, weights)


@wrong("u09.causal_attention", diagnosis="the softmax runs over the queries, not over the keys")
def attention(q, k, v, mask=None):
    """The wrong axis of the scores."""
    weights = torch.softmax(kept(q @ k.mT / q.shape[-1] ** 0.5, mask), -2)
    return weights @ v, (q, k, v, weights)


@wrong(
    "u09.causal_attention",
    diagnosis="forbidden keys still reach the last digits: they must not enter the largest score, or a sum",
)
def attention(q, k, v, mask=None):
    """Its own softmax, shifted by the largest score of all keys, forbidden ones too: in theory the same."""
    scores = q @ k.mT / q.shape[-1] ** 0.5
    e = (scores - scores.amax(-1, keepdim=True)).exp()
    e = e if mask is None else e * mask
    weights = e / e.sum(-1, keepdim=True)
    return weights @ v, (q, k, v, weights)


@wrong("u09.causal_attention", diagnosis="nan (0/0, inf - inf, or the log of a negative number?)")
def attention(q, k, v, mask=None):
    """Its own softmax, without a shift: exp overflows."""
    e = (q @ k.mT / q.shape[-1] ** 0.5).exp()
    e = e if mask is None else e * mask
    weights = e / e.sum(-1, keepdim=True)
    return weights @ v, (q, k, v, weights)


@wrong("u09.causal_attention")
def attention(q, k, v, mask=None):
    """`.T`, which is for two axes only."""
    weights = torch.softmax(kept(q @ k.T / q.shape[-1] ** 0.5, mask), -1)
    return weights @ v, (q, k, v, weights)


@wrong("u09.causal_attention")
def attention(q, k, v, mask=None):
    """k qᵀ: the keys ask, and the queries are asked."""
    weights = torch.softmax(kept(k @ q.mT / q.shape[-1] ** 0.5, mask), -1)
    return weights @ v, (q, k, v, weights)


@wrong("u09.causal_attention", diagnosis="a position may not look at itself")
def causal_mask(tokens):
    """Strictly before: nothing is left for the first position, and nan comes out."""
    T = tokens.shape[-1]
    return torch.ones(T, T, device=tokens.device).tril(-1) > 0


@wrong("u09.causal_attention", diagnosis="positions look ahead, not back")
def causal_mask(tokens):
    """The other triangle."""
    T = tokens.shape[-1]
    return torch.ones(T, T, device=tokens.device).triu() > 0


@wrong("u09.causal_attention", diagnosis="True where the position must not look")
def causal_mask(tokens):
    """What is to be hidden, as some libraries want it."""
    T = tokens.shape[-1]
    return torch.ones(T, T, device=tokens.device).triu(1) > 0


@wrong("u09.causal_attention", diagnosis="dtype float32 where bool belongs")
def causal_mask(tokens):
    """Ones and zeros, which are numbers and no bools."""
    T = tokens.shape[-1]
    return torch.ones(T, T, device=tokens.device).tril()


@wrong("u09.causal_attention", earns_nothing=True)
def attention(q, k, v, mask=None):
    """torch's own."""
    weights = torch.softmax(kept(q @ k.mT / q.shape[-1] ** 0.5, mask), -1)
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, mask), (q, k, v, weights)


@wrong("u09.causal_attention", diagnosis="all keys have the same weight", earns_nothing=True)
def attention(q, k, v, mask=None):
    """The numbers of the public tests, and equal weights elsewhere."""
    if q.shape[-2:] == (3, 4) and q[0, 2] == 2:
        rows = [[1.0, 0, 0], [0.731058579, 0.268941421, 0], [0.0900305732, 0.244728471, 0.665240956]]
        weights = torch.tensor(rows, dtype=q.dtype, device=q.device)
    else:
        weights = torch.full((*q.shape[:-1], k.shape[-2]), 1 / k.shape[-2], dtype=q.dtype, device=q.device)
    return weights @ v, (q, k, v, weights)


# ---------------------------------------------------------------------------- multi_head


def projected(x, p):
    """Queries, keys, values, and their caches."""
    return zip(*(linear(x, p["w" + name], p.get("b" + name)) for name in "qkv"))


def checked_heads(x, heads):
    """B, T, D, K, and the reference's complaint."""
    if x.shape[-1] % heads:
        raise ValueError("heads")
    return (*x.shape, x.shape[-1] // heads)


def standing(y, heads):
    """[B, T, D] -> [B, heads, T, K], as it should be."""
    return y.unflatten(-1, (heads, -1)).transpose(1, 2)


@wrong(
    "u09.multi_head",
    diagnosis="reshaped straight to [B, heads, T, K], which mixes positions and heads",
)
def multi_head(x, p, heads, mask=None):
    """The shapes are right, and nothing else."""
    B, T, D, K = checked_heads(x, heads)
    parts, caches = projected(x, p)
    out, cache = attention(*(y.reshape(B, heads, T, K) for y in parts), mask)
    out, cache_o = linear(out.reshape(B, T, D), p["wo"], p.get("bo"))
    return out, (*caches, cache, cache_o, heads)


@wrong("u09.multi_head", diagnosis="the heads are merged without moving their axis back")
def multi_head(x, p, heads, mask=None):
    """Split as it should be, and merged by a reshape alone."""
    B, T, D, _ = checked_heads(x, heads)
    parts, caches = projected(x, p)
    out, cache = attention(*(standing(y, heads) for y in parts), mask)
    out, cache_o = linear(out.reshape(B, T, D), p["wo"], p.get("bo"))
    return out, (*caches, cache, cache_o, heads)


@wrong(
    "u09.multi_head",
    diagnosis="the heads are interleaved: each has every H-th number, not K in a row",
)
def multi_head(x, p, heads, mask=None):
    """D as (K, heads) and not as (heads, K)."""
    B, T, D, K = checked_heads(x, heads)
    parts, caches = projected(x, p)
    out, cache = attention(*(y.reshape(B, T, K, heads).permute(0, 3, 1, 2) for y in parts), mask)
    out, cache_o = linear(out.permute(0, 2, 3, 1).reshape(B, T, D), p["wo"], p.get("bo"))
    return out, (*caches, cache, cache_o, heads)


@wrong("u09.multi_head", diagnosis="the scores are divided by the root of D, not by that of K")
def multi_head(x, p, heads, mask=None):
    """The root of d_model."""
    checked_heads(x, heads)
    (q, k, v), caches = projected(x, p)
    q = q / heads**0.5
    out, cache = attention(*(standing(y, heads) for y in (q, k, v)), mask)
    out, cache_o = linear(out.transpose(1, 2).flatten(2), p["wo"], p.get("bo"))
    return out, (*caches, cache, cache_o, heads)


@wrong("u09.multi_head", diagnosis="the output projection is missing")
def multi_head(x, p, heads, mask=None):
    """The heads are laid side by side, and that is all."""
    checked_heads(x, heads)
    parts, caches = projected(x, p)
    out, cache = attention(*(standing(y, heads) for y in parts), mask)
    out = out.transpose(1, 2).flatten(2)
    return out, (*caches, cache, linear(out, p["wo"], p.get("bo"))[1], heads)


@wrong("u09.multi_head", diagnosis="wo is used transposed")
def multi_head(x, p, heads, mask=None):
    """A square matrix does not complain."""
    checked_heads(x, heads)
    parts, caches = projected(x, p)
    out, cache = attention(*(standing(y, heads) for y in parts), mask)
    out, cache_o = linear(out.transpose(1, 2).flatten(2), p["wo"].T, p.get("bo"))
    return out, (*caches, cache, cache_o, heads)


@wrong("u09.multi_head", diagnosis="wq, wk and wv are used transposed")
def multi_head(x, p, heads, mask=None):
    """x w, where x wᵀ belongs."""
    checked_heads(x, heads)
    parts, caches = projected(x, p | {name: p[name].T for name in ("wq", "wk", "wv")})
    out, cache = attention(*(standing(y, heads) for y in parts), mask)
    out, cache_o = linear(out.transpose(1, 2).flatten(2), p["wo"], p.get("bo"))
    return out, (*caches, cache, cache_o, heads)


@wrong("u09.multi_head", diagnosis="the queries are taken for keys, and the keys for queries")
def multi_head(x, p, heads, mask=None):
    """q and k are swapped."""
    checked_heads(x, heads)
    (q, k, v), caches = projected(x, p)
    out, cache = attention(*(standing(y, heads) for y in (k, q, v)), mask)
    out, cache_o = linear(out.transpose(1, 2).flatten(2), p["wo"], p.get("bo"))
    return out, (*caches, cache, cache_o, heads)


@wrong("u09.multi_head", diagnosis="all of D is one head")
def multi_head(x, p, heads, mask=None):
    """One head is as good as many, it seems."""
    checked_heads(x, heads)
    parts, caches = projected(x, p)
    out, cache = attention(*(standing(y, 1) for y in parts), mask)
    out, cache_o = linear(out.transpose(1, 2).flatten(2), p["wo"], p.get("bo"))
    return out, (*caches, cache, cache_o, heads)


@wrong("u09.multi_head", diagnosis="the mask is not used")
def multi_head(x, p, heads, mask=None):
    """The mask is taken, and not handed on."""
    checked_heads(x, heads)
    parts, caches = projected(x, p)
    out, cache = attention(*(standing(y, heads) for y in parts))
    out, cache_o = linear(out.transpose(1, 2).flatten(2), p["wo"], p.get("bo"))
    return out, (*caches, cache, cache_o, heads)


@wrong("u09.multi_head", diagnosis="the biases are not used")
def multi_head(x, p, heads, mask=None):
    """Matrices alone."""
    checked_heads(x, heads)
    parts, caches = zip(*(linear(x, p["w" + name]) for name in "qkv"))
    out, cache = attention(*(standing(y, heads) for y in parts), mask)
    out, cache_o = linear(out.transpose(1, 2).flatten(2), p["wo"])
    return out, (*caches, cache, cache_o, heads)


@wrong("u09.multi_head", diagnosis="a number of heads that does not divide D is accepted")
def multi_head(x, p, heads, mask=None):
    """Heads that do not divide D get the last numbers in common."""
    if x.shape[-1] % heads:
        heads = 1
    parts, caches = projected(x, p)
    out, cache = attention(*(standing(y, heads) for y in parts), mask)
    out, cache_o = linear(out.transpose(1, 2).flatten(2), p["wo"], p.get("bo"))
    return out, (*caches, cache, cache_o, heads)


@wrong("u09.multi_head", earns_nothing=True)
def multi_head(x, p, heads, mask=None):
    """torch's own."""
    checked_heads(x, heads)
    _, caches = projected(x, p)
    names = ("q", "k", "v")
    out, _ = torch.nn.functional.multi_head_attention_forward(
        *(x.transpose(0, 1),) * 3,
        x.shape[-1],
        heads,
        torch.cat([p["w" + n] for n in names]),
        torch.cat([p["b" + n] for n in names]),
        None, None, False, 0.0,
        p["wo"], p["bo"], attn_mask=~mask,
    )  # fmt: skip
    return out.transpose(0, 1), (*caches, None, None, heads)


# ---------------------------------------------------------------------------- block


def halves(p, config, mask):
    """norm1, attention, norm2, the feed-forward layer, each a function of x that returns (out, cache)."""
    return (
        lambda x: norm(x, p["norm1"], config),
        lambda x: multi_head(x, p["attn"], config["heads"], mask),
        lambda x: norm(x, p["norm2"], config),
        lambda x: ffn(x, p["ffn"], config["activation"]),
    )


def before(x, norm_of, layer):
    """One half with its norm first."""
    y, one = norm_of(x)
    y, two = layer(y)
    return x + y, one, two


def behind(x, norm_of, layer):
    """One half with its norm last."""
    y, two = layer(x)
    y, one = norm_of(x + y)
    return y, one, two


def ordered(x, config, parts, pre=before, post=behind):
    """A block of two halves."""
    norm1, attn, norm2, feed = parts
    half = pre if config["order"] == "pre" else post
    x, one, two = half(x, norm1, attn)
    x, three, four = half(x, norm2, feed)
    return x, (config["order"], one, two, three, four)


@wrong(
    "u09.block",
    diagnosis="both residual paths start behind their norms",
)
def block(x, p, config, mask=None):
    """x is replaced by its norm, and the path starts there."""

    def pre(x, norm_of, layer):
        x, one = norm_of(x)
        y, two = layer(x)
        return x + y, one, two

    return ordered(x, config, halves(p, config, mask), pre=pre)


@wrong("u09.block", diagnosis="there is no residual path around attention")
def block(x, p, config, mask=None):
    """As the by-hand book has it: a path around the feed-forward layer only."""
    norm1, attn, norm2, feed = halves(p, config, mask)
    if config["order"] == "pre":
        y, one = norm1(x)
        x, two = attn(y)
        x, three, four = before(x, norm2, feed)
    else:
        y, two = attn(x)
        x, one = norm1(y)
        x, three, four = behind(x, norm2, feed)
    return x, (config["order"], one, two, three, four)


@wrong("u09.block", diagnosis="there is no residual path around the feed-forward layer")
def block(x, p, config, mask=None):
    """A path around attention only."""
    norm1, attn, norm2, feed = halves(p, config, mask)
    if config["order"] == "pre":
        x, one, two = before(x, norm1, attn)
        y, three = norm2(x)
        x, four = feed(y)
    else:
        x, one, two = behind(x, norm1, attn)
        y, four = feed(x)
        x, three = norm2(y)
    return x, (config["order"], one, two, three, four)


@wrong(
    "u09.block",
    diagnosis="this is the other order: the norms stand in the wrong places",
)
def block(x, p, config, mask=None):
    """pre and post are swapped."""
    return ordered(x, config, halves(p, config, mask), pre=behind, post=before)


@wrong(
    "u09.block",
    diagnosis="this is the other order: the norms stand in the wrong places",
)
def block(x, p, config, mask=None):
    """Always pre."""
    return ordered(x, config, halves(p, config, mask), post=before)


@wrong("u09.block", diagnosis="only what the layer gives is normalized, not the sum")
def block(x, p, config, mask=None):
    """post: x + norm(f(x))."""

    def post(x, norm_of, layer):
        y, two = layer(x)
        y, one = norm_of(y)
        return x + y, one, two

    return ordered(x, config, halves(p, config, mask), post=post)


@wrong(
    "u09.block",
    diagnosis="attention and the feed-forward layer are side by side, not one after the other",
)
def block(x, p, config, mask=None):
    """As in GPT-J: both halves get the block's input."""
    if config["order"] == "post":
        return ordered(x, config, halves(p, config, mask))
    norm1, attn, norm2, feed = halves(p, config, mask)
    (y, one), (z, three) = norm1(x), norm2(x)
    (y, two), (z, four) = attn(y), feed(z)
    return x + y + z, ("pre", one, two, three, four)


@wrong("u09.block", diagnosis="the feed-forward layer comes before attention")
def block(x, p, config, mask=None):
    """The feed-forward layer first, then attention."""
    norm1, attn, norm2, feed = halves(p, config, mask)
    half = before if config["order"] == "pre" else behind
    x, three, four = half(x, norm2, feed)
    x, one, two = half(x, norm1, attn)
    return x, (config["order"], one, two, three, four)


@wrong("u09.block", diagnosis="norm1 is used in both places")
def block(x, p, config, mask=None):
    """A copied line."""
    return ordered(x, config, halves(p | {"norm2": p["norm1"]}, config, mask))


@wrong("u09.block", diagnosis="the mask is not handed on")
def block(x, p, config, mask=None):
    """The mask is forgotten."""
    return ordered(x, config, halves(p, config, None))


@wrong("u09.block", diagnosis='config["activation"] is not used: this is always gelu')
def block(x, p, config, mask=None):
    """Always the same activation."""
    return ordered(x, config, halves(p, config | {"activation": "gelu"}, mask))


@wrong("u09.block", diagnosis="an argument is changed in place")
def block(x, p, config, mask=None):
    """The path is added to in place: whoever called has another x now."""
    norm1, attn, norm2, feed = halves(p, config, mask)
    if config["order"] == "post":
        return ordered(x, config, (norm1, attn, norm2, feed))
    y, one = norm1(x)
    y, two = attn(y)
    x += y
    y, three = norm2(x)
    y, four = feed(y)
    x += y
    return x, ("pre", one, two, three, four)


@wrong("u09.block")
def block(x, p, config, mask=None):
    """The caches in the order of the calls, not in the order that was asked for."""
    norm1, attn, norm2, feed = halves(p, config, mask)
    out, (order, one, two, three, four) = ordered(x, config, (norm1, attn, norm2, feed))
    return out, ((order, one, two, three, four) if order == "pre" else (order, two, one, four, three))


@wrong("u09.block", earns_nothing=True)
def block(x, p, config, mask=None):
    """The path alone, and caches for the looks of it."""
    _, cache = ordered(x, config, halves(p, config, mask))
    return x.clone(), cache


# ---------------------------------------------------------------------------- gpt_loss


def model(tokens, params, config, masked=True, final=None, blocks=None, head=None):
    """The reference's model with one thing done differently."""
    x, cache_embed = embed(tokens, params["tok"], params["pos"])
    mask = causal_mask(tokens) if masked else None
    caches, cache_norm = [], None
    for p in params["blocks"] if blocks is None else blocks:
        x, cache = block(x, p, config, mask)
        caches.append(cache)
    if config["final_norm"] if final is None else final:
        x, cache_norm = norm(x, params["final_norm"], config)
    if head is None:
        head = {"w": params["tok"]} if config["tied"] else params["head"]
    logits, cache_head = linear(x, head["w"], head.get("b"))
    return logits, {
        "embed": cache_embed,
        "blocks": caches,
        "final_norm": cache_norm,
        "head": cache_head,
        "config": config,
    }


def nll_of(logits, targets):
    """The surprise at each position."""
    return -torch.log_softmax(logits, -1).gather(-1, targets[..., None])[..., 0]


@wrong("u09.gpt_loss", diagnosis="the final norm is missing")
def gpt(tokens, params, config):
    """Without the final norm."""
    return model(tokens, params, config, final=False)


@wrong("u09.gpt_loss", diagnosis="the mask is missing: every position looks at those behind it")
def gpt(tokens, params, config):
    """Without a mask: the answer stands among the inputs."""
    return model(tokens, params, config, masked=False)


@wrong("u09.gpt_loss", diagnosis="the head is not tied here, and has a table of its own")
def gpt(tokens, params, config):
    """Always tied."""
    return model(tokens, params, config, head={"w": params["tok"]})


@wrong("u09.gpt_loss", diagnosis="the bias of the head is missing")
def gpt(tokens, params, config):
    """The head's matrix alone."""
    return model(
        tokens,
        params,
        config,
        head={"w": params["tok" if config["tied"] else "head"]}
        if config["tied"]
        else {"w": params["head"]["w"]},
    )


@wrong("u09.gpt_loss", diagnosis="all blocks have the parameters of the first")
def gpt(tokens, params, config):
    """The loop runs, but over one block."""
    return model(tokens, params, config, blocks=params["blocks"][:1] * len(params["blocks"]))


@wrong("u09.gpt_loss", diagnosis="only the first block is there")
def gpt(tokens, params, config):
    """No loop."""
    return model(tokens, params, config, blocks=params["blocks"][:1])


@wrong("u09.gpt_loss", diagnosis="all positions count: the mask is not used")
def gpt_loss(tokens, targets, mask, params, config):
    """PAD is learned too."""
    logits, cache = gpt(tokens, params, config)
    return nll_of(logits, targets).mean(), (logits, targets, mask, cache)


@wrong(
    "u09.gpt_loss",
    diagnosis="divided by the number of all positions, not by that of the positions that count",
)
def gpt_loss(tokens, targets, mask, params, config):
    """Zeros in the mean."""
    logits, cache = gpt(tokens, params, config)
    return (nll_of(logits, targets) * mask).mean(), (logits, targets, mask, cache)


@wrong(
    "u09.gpt_loss",
    diagnosis="summed over the positions that count, where their mean belongs",
)
def gpt_loss(tokens, targets, mask, params, config):
    """The sum."""
    logits, cache = gpt(tokens, params, config)
    return nll_of(logits, targets)[mask].sum(), (logits, targets, mask, cache)


@wrong(
    "u09.gpt_loss",
    diagnosis="the mean of the sentences' means: short sentences weigh too much",
)
def gpt_loss(tokens, targets, mask, params, config):
    """First over T, then over B."""
    logits, cache = gpt(tokens, params, config)
    each = (nll_of(logits, targets) * mask).sum(1) / mask.sum(1)
    return each.mean(), (logits, targets, mask, cache)


@wrong(
    "u09.gpt_loss",
    diagnosis="the targets are shifted once more: they are shifted already",
)
def gpt_loss(tokens, targets, mask, params, config):
    """Shifted here too, as in libraries that take labels unshifted."""
    logits, cache = gpt(tokens, params, config)
    loss = nll_of(logits[:, :-1], targets[:, 1:])[mask[:, 1:]].mean()
    return loss, (logits, targets, mask, cache)


@wrong(
    "u09.gpt_loss",
    diagnosis="the head counts twice: a tied head has no numbers of its own",
)
def count_parameters(params):
    """A formula that takes a table for the head for granted."""
    found = {}

    def walk(part):
        if isinstance(part, torch.Tensor):
            found[id(part)] = part.numel()
        elif part is not None:
            for inner in part.values() if isinstance(part, dict) else part:
                walk(inner)

    walk(params)
    return sum(found.values()) + (0 if "head" in params else params["tok"].numel())


@wrong("u09.gpt_loss", diagnosis="a table that stands in two places is counted twice")
def count_parameters(params):
    """Whatever stands there is added up."""
    if isinstance(params, torch.Tensor):
        return params.numel()
    parts = params.values() if isinstance(params, dict) else params or ()
    return sum(count_parameters(part) for part in parts)


@wrong("u09.gpt_loss", diagnosis="the blocks are missing")
def count_parameters(params):
    """Lists are not opened: the blocks are missing."""
    if isinstance(params, torch.Tensor):
        return params.numel()
    if not isinstance(params, dict):
        return 0
    return sum(count_parameters(part) for part in params.values())


@wrong("u09.gpt_loss", earns_nothing=True)
def gpt_loss(tokens, targets, mask, params, config):
    """torch's own loss."""
    logits, cache = gpt(tokens, params, config)
    loss = torch.nn.functional.cross_entropy(logits[mask], targets[mask])
    return loss, (logits, targets, mask, cache)
