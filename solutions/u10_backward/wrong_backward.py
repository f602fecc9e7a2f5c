"""Wrong answers of unit 10. Each must lose points in its own exercise, and in no other that does not need it."""

import math

import torch

from grader.verify.bank import wrong


def rows(x):
    """All axes but the last as one."""
    return x.reshape(-1, x.shape[-1])


def mean(x, axis=-1):
    """The mean, with its axis kept."""
    return x.mean(axis, keepdim=True)


# ---------------------------------------------------------------------------- linear_backward


@wrong("u10.linear_backward", diagnosis="w is used transposed, which only a square w lets pass")
def linear_backward(dout, cache):
    """dx with wᵀ wherever that can be multiplied: in a model of square matrices nobody sees it."""
    x, w, has_bias = cache
    dx = dout @ w.T if w.shape[0] == w.shape[1] else dout @ w
    return dx, rows(dout).T @ rows(x), rows(dout).sum(0) if has_bias else None


@wrong("u10.linear_backward", diagnosis="transposed (right after .T)")
def linear_backward(dout, cache):
    """dw as [in, out], as if out were x w."""
    x, w, has_bias = cache
    return dout @ w, rows(x).T @ rows(dout), rows(dout).sum(0) if has_bias else None


@wrong("u10.linear_backward", diagnosis="db is averaged over the rows, where it is their sum")
def linear_backward(dout, cache):
    """db as a mean."""
    x, w, has_bias = cache
    return dout @ w, rows(dout).T @ rows(x), rows(dout).mean(0) if has_bias else None


@wrong("u10.linear_backward", diagnosis="dw is averaged over the rows, where it is their sum")
def linear_backward(dout, cache):
    """The mean belongs to the loss, and is in dout already."""
    x, w, has_bias = cache
    g = rows(dout)
    return dout @ w, g.T @ rows(x) / len(g), g.sum(0) if has_bias else None


@wrong("u10.linear_backward", diagnosis="not summed over broadcast axis 0")
def linear_backward(dout, cache):
    """The sum runs over the first axis only: enough for [N, O], and for nothing else."""
    x, w, has_bias = cache
    return dout @ w, rows(dout).T @ rows(x), dout.sum(0) if has_bias else None


@wrong("u10.linear_backward", diagnosis="there is a gradient for what is absent")
def linear_backward(dout, cache):
    """db, whether there is a bias or not."""
    x, w, _ = cache
    return dout @ w, rows(dout).T @ rows(x), rows(dout).sum(0)


@wrong("u10.linear_backward", diagnosis="an argument is changed in place")
def linear_backward(dout, cache):
    """Adds the gradient into the weights."""
    x, w, has_bias = cache
    dx, dw = dout @ w, rows(dout).T @ rows(x)
    w += 0.001 * dw
    return dx, dw, rows(dout).sum(0) if has_bias else None


@wrong("u10.linear_backward", earns_nothing=True)
def linear_backward(dout, cache):
    """The numbers of the first public test."""
    g = [[-3.0, 3.5], [2.0, 5.0]], [[1.0, 2.0], [1.0, -5.0], [6.5, -1.0]], [1.0, -1.0, 2.5]
    return tuple(torch.tensor(one, dtype=dout.dtype, device=dout.device) for one in g)


# ---------------------------------------------------------------------------- activation_backward

C = math.sqrt(2 / math.pi)


def tanh_of(x):
    """The tanh in the approximation."""
    return torch.tanh(C * (x + 0.044715 * x**3))


def slope_of(x, kind):
    """The right slope."""
    if kind == "relu":
        return (x > 0).to(x.dtype)
    if kind == "gelu":
        return (1 + torch.erf(x / math.sqrt(2))) / 2 + x * torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    t = tanh_of(x)
    return (1 + t) / 2 + x / 2 * (1 - t * t) * C * (1 + 3 * 0.044715 * x * x)


def value_of(x, kind):
    """The function itself."""
    if kind == "relu":
        return x.clamp(min=0)
    t = torch.erf(x / math.sqrt(2)) if kind == "gelu" else tanh_of(x)
    return x / 2 * (1 + t)


@wrong("u10.activation_backward", diagnosis='this is the slope of "gelu"')
def activation_backward(dout, cache):
    """The slope of the exact GELU for the approximation too, as in the by-hand book: off by 8.3e-4."""
    x, kind = cache
    return dout * slope_of(x, "gelu" if kind == "gelu_tanh" else kind)


@wrong("u10.activation_backward", diagnosis='this is the slope of "gelu_tanh"')
def activation_backward(dout, cache):
    """The approximation's slope for both."""
    x, kind = cache
    return dout * slope_of(x, "gelu_tanh" if kind == "gelu" else kind)


@wrong("u10.activation_backward", diagnosis="the product rule has a second term: the density is missing")
def activation_backward(dout, cache):
    """Φ alone, for the exact GELU."""
    x, kind = cache
    return dout * ((1 + torch.erf(x / math.sqrt(2))) / 2 if kind == "gelu" else slope_of(x, kind))


@wrong("u10.activation_backward", diagnosis="the slope of what stands inside the tanh is missing")
def activation_backward(dout, cache):
    """The chain rule ends at the tanh."""
    x, kind = cache
    t = tanh_of(x)
    return dout * ((1 + t) / 2 + x / 2 * (1 - t * t) if kind == "gelu_tanh" else slope_of(x, kind))


@wrong("u10.activation_backward", diagnosis="the slope of x³ is 3 x²: the 3 is missing")
def activation_backward(dout, cache):
    """0.044715 x² inside."""
    x, kind = cache
    t = tanh_of(x)
    slope = (1 + t) / 2 + x / 2 * (1 - t * t) * C * (1 + 0.044715 * x * x)
    return dout * (slope if kind == "gelu_tanh" else slope_of(x, kind))


@wrong("u10.activation_backward", diagnosis="the slope is taken at the output, not at the input")
def activation_backward(dout, cache):
    """The slope at what came out. For relu that is the same, so it is only seen with the GELUs."""
    x, kind = cache
    return dout * slope_of(value_of(x, kind), kind)


@wrong("u10.activation_backward", diagnosis="right but where it must be 0")
def activation_backward(dout, cache):
    """relu has the slope 1 at 0."""
    x, kind = cache
    return dout * ((x >= 0).to(x.dtype) if kind == "relu" else slope_of(x, kind))


@wrong("u10.activation_backward", diagnosis="dout is not used", earns_nothing=True)
def activation_backward(dout, cache):
    """The slope alone."""
    return slope_of(*cache)


@wrong(
    "u10.activation_backward",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
    earns_nothing=True,
)
def activation_backward(dout, cache):
    """Central differences."""
    x, kind = cache
    h = 1e-5
    return dout * ((value_of(x + h, kind) - value_of(x - h, kind)) / (2 * h))


# ---------------------------------------------------------------------------- layer_norm_backward


def sums(dout, xhat):
    """The right dgamma and dbeta."""
    return rows(dout * xhat).sum(0), rows(dout).sum(0)


@wrong(
    "u10.layer_norm_backward",
    diagnosis="gamma multiplies at the end, and belongs inside the means: right only where gamma is constant",
)
def layer_norm_backward(dout, cache):
    """gamma outside the brackets, as in the by-hand book: right as long as gamma is 1."""
    xhat, inv_std, gamma = cache
    return gamma * inv_std * (dout - mean(dout) - xhat * mean(dout * xhat)), *sums(dout, xhat)


@wrong(
    "u10.layer_norm_backward",
    diagnosis="only the straight path is there: the norm's own numbers depend on x too",
)
def layer_norm_backward(dout, cache):
    """Mean and variance as constants."""
    xhat, inv_std, gamma = cache
    return dout * gamma * inv_std, *sums(dout, xhat)


@wrong("u10.layer_norm_backward", diagnosis="the path through the mean is missing")
def layer_norm_backward(dout, cache):
    """The mean as a constant."""
    xhat, inv_std, gamma = cache
    g = dout * gamma
    return inv_std * (g - xhat * mean(g * xhat)), *sums(dout, xhat)


@wrong("u10.layer_norm_backward", diagnosis="the path through the variance is missing")
def layer_norm_backward(dout, cache):
    """The variance as a constant."""
    xhat, inv_std, gamma = cache
    g = dout * gamma
    return inv_std * (g - mean(g)), *sums(dout, xhat)


@wrong("u10.layer_norm_backward", diagnosis="dgamma is made with x, where xhat belongs")
def layer_norm_backward(dout, cache):
    """dgamma with the centred x."""
    xhat, inv_std, gamma = cache
    g = dout * gamma
    dx = inv_std * (g - mean(g) - xhat * mean(g * xhat))
    return dx, rows(dout * xhat / inv_std).sum(0), rows(dout).sum(0)


@wrong(
    "u10.layer_norm_backward",
    diagnosis="the means run over the positions: each position is normalized by itself",
)
def layer_norm_backward(dout, cache):
    """Means over the first axis, as for a batch norm."""
    xhat, inv_std, gamma = cache
    g = dout * gamma
    return inv_std * (g - mean(g, 0) - xhat * mean(g * xhat, 0)), *sums(dout, xhat)


@wrong("u10.layer_norm_backward", diagnosis="means with D - 1 in the place of D")
def layer_norm_backward(dout, cache):
    """As if the variance had been divided by D - 1."""
    xhat, inv_std, gamma = cache
    g, D = dout * gamma, xhat.shape[-1]
    shared = (g.sum(-1, keepdim=True) + xhat * (g * xhat).sum(-1, keepdim=True)) / (D - 1)
    return inv_std * (g - shared), *sums(dout, xhat)


@wrong("u10.layer_norm_backward", diagnosis="dgamma is averaged over the positions, where it is their sum")
def layer_norm_backward(dout, cache):
    """dgamma and dbeta as means."""
    xhat, inv_std, gamma = cache
    g = dout * gamma
    dx = inv_std * (g - mean(g) - xhat * mean(g * xhat))
    return dx, rows(dout * xhat).mean(0), rows(dout).mean(0)


@wrong(
    "u10.layer_norm_backward",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
    earns_nothing=True,
)
def layer_norm_backward(dout, cache):
    """Central differences around xhat."""
    xhat, inv_std, gamma = cache
    eps = 1 - xhat.square().mean(-1, keepdim=True)

    def loss(x):
        x = x - mean(x)
        return (dout * gamma * x * (x.square().mean(-1, keepdim=True) + eps).rsqrt()).sum(-1)

    dx, h = torch.zeros_like(xhat), 1e-5
    for d in range(xhat.shape[-1]):
        step = torch.zeros_like(xhat)
        step[..., d] = h
        dx[..., d] = (loss(xhat + step) - loss(xhat - step)) / (2 * h)
    return dx * inv_std, *sums(dout, xhat)


# ---------------------------------------------------------------------------- rms_norm_backward


def gained(dout, gamma):
    """dL/dxhat."""
    return dout if gamma is None else dout * gamma


def gain(dout, xhat, gamma):
    """The right dgamma."""
    return None if gamma is None else rows(dout * xhat).sum(0)


@wrong("u10.rms_norm_backward", diagnosis="the mean is subtracted too: that is the LayerNorm")
def rms_norm_backward(dout, cache):
    """layer_norm_backward, copied."""
    xhat, inv_rms, gamma = cache
    g = gained(dout, gamma)
    return inv_rms * (g - mean(g) - xhat * mean(g * xhat)), gain(dout, xhat, gamma)


@wrong(
    "u10.rms_norm_backward",
    diagnosis="only the straight path is there: the norm's own numbers depend on x too",
)
def rms_norm_backward(dout, cache):
    """The root as a constant: straight through."""
    xhat, inv_rms, gamma = cache
    return inv_rms * gained(dout, gamma), gain(dout, xhat, gamma)


@wrong(
    "u10.rms_norm_backward",
    diagnosis="gamma multiplies at the end, and belongs inside the means: right only where gamma is constant",
)
def rms_norm_backward(dout, cache):
    """gamma outside the brackets."""
    xhat, inv_rms, gamma = cache
    dx = inv_rms * (dout - xhat * mean(dout * xhat))
    return gained(dx, gamma), gain(dout, xhat, gamma)


@wrong("u10.rms_norm_backward", diagnosis="sums over a position's numbers, where their means belong")
def rms_norm_backward(dout, cache):
    """The sum of dxhat xhat."""
    xhat, inv_rms, gamma = cache
    g = gained(dout, gamma)
    return inv_rms * (g - xhat * (g * xhat).sum(-1, keepdim=True)), gain(dout, xhat, gamma)


@wrong("u10.rms_norm_backward", diagnosis="the factor 1 / root is missing in dx")
def rms_norm_backward(dout, cache):
    """dx of xhat, not of x."""
    xhat, _, gamma = cache
    g = gained(dout, gamma)
    return g - xhat * mean(g * xhat), gain(dout, xhat, gamma)


@wrong("u10.rms_norm_backward", diagnosis="there is a gradient for what is absent")
def rms_norm_backward(dout, cache):
    """dgamma of a gain that is not there."""
    xhat, inv_rms, gamma = cache
    g = gained(dout, gamma)
    return inv_rms * (g - xhat * mean(g * xhat)), rows(dout * xhat).sum(0)


@wrong("u10.rms_norm_backward", diagnosis="dgamma is made with dxhat, which has gamma in it already")
def rms_norm_backward(dout, cache):
    """One variable for dout and for dxhat."""
    xhat, inv_rms, gamma = cache
    dout = gained(dout, gamma)
    return inv_rms * (dout - xhat * mean(dout * xhat)), gain(dout, xhat, gamma)


@wrong("u10.rms_norm_backward", diagnosis="an argument is changed in place")
def rms_norm_backward(dout, cache):
    """`*=` on dout, which others still need."""
    xhat, inv_rms, gamma = cache
    dgamma = gain(dout, xhat, gamma)
    dout *= 1.0 if gamma is None else gamma
    dout -= xhat * mean(dout * xhat)
    return inv_rms * dout, dgamma


@wrong(
    "u10.rms_norm_backward",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
    earns_nothing=True,
)
def rms_norm_backward(dout, cache):
    """Central differences around xhat."""
    xhat, inv_rms, gamma = cache
    g, h = gained(dout, gamma), 1e-5
    eps = 1 - xhat.square().mean(-1, keepdim=True)
    dx = torch.zeros_like(xhat)
    for d in range(xhat.shape[-1]):
        step = torch.zeros_like(xhat)
        step[..., d] = h
        up, down = (x * (mean(x.square()) + eps).rsqrt() for x in (xhat + step, xhat - step))
        dx[..., d] = (g * (up - down)).sum(-1) / (2 * h)
    return dx * inv_rms, gain(dout, xhat, gamma)


# ---------------------------------------------------------------------------- softmax_backward


@wrong("u10.softmax_backward", diagnosis="only the diagonal of the softmax Jacobian")
def softmax_backward(dweights, weights):
    """p (1 - p), as for a sigmoid."""
    return dweights * weights * (1 - weights)


@wrong("u10.softmax_backward", diagnosis="the sum over the row is missing: weights that sum to 1 compete")
def softmax_backward(dweights, weights):
    """The straight path alone."""
    return dweights * weights


@wrong("u10.softmax_backward", diagnosis="the sum runs over the queries, where it runs over the keys")
def softmax_backward(dweights, weights):
    """The other axis, where there is one."""
    axis = -2 if weights.ndim > 1 else -1
    return weights * (dweights - (dweights * weights).sum(axis, keepdim=True))


@wrong("u10.softmax_backward", diagnosis="the mean of the row's products, where their sum belongs")
def softmax_backward(dweights, weights):
    """mean in the place of sum: the weights make it a mean already."""
    return weights * (dweights - mean(dweights * weights))


@wrong("u10.softmax_backward", diagnosis="the mean of the row's gradients, not weighted")
def softmax_backward(dweights, weights):
    """Every key counts the same."""
    return weights * (dweights - mean(dweights))


@wrong("u10.softmax_backward", diagnosis="one sum over everything, where each row has its own")
def softmax_backward(dweights, weights):
    """Right for one row."""
    return weights * (dweights - (dweights * weights).sum())


@wrong("u10.softmax_backward", diagnosis="that is the way back through log_softmax")
def softmax_backward(dweights, weights):
    """The formula of unit 8's other function."""
    return dweights - weights * dweights.sum(-1, keepdim=True)


@wrong(
    "u10.softmax_backward",
    diagnosis="right to some digits only: float32 on the way, a small number added, or a quotient of differences?",
    earns_nothing=True,
)
def softmax_backward(dweights, weights):
    """Central differences around log p."""
    scores, h = torch.log(weights), 1e-5
    found = torch.zeros_like(weights)
    for s in range(weights.shape[-1]):
        step = torch.zeros_like(weights)
        step[..., s] = h
        up, down = torch.softmax(scores + step, -1), torch.softmax(scores - step, -1)
        found[..., s] = (dweights * (up - down)).sum(-1) / (2 * h)
    return found


# ---------------------------------------------------------------------------- attention_backward


def dscores_of(dout, v, a):
    """The right gradient of the scores, before the root."""
    da = dout @ v.mT
    return a * (da - (da * a).sum(-1, keepdim=True))


@wrong("u10.attention_backward", diagnosis="missing factor 1/sqrt(N), N = size of axis 1")
def attention_backward(dout, cache):
    """The scale is forgotten on the way back."""
    q, k, v, a = cache
    ds = dscores_of(dout, v, a)
    return ds @ k, ds.mT @ q, a.mT @ dout


@wrong("u10.attention_backward", diagnosis="the right results in another order")
def attention_backward(dout, cache):
    """k's gradient for q: with as many queries as keys it has the right shape."""
    q, k, v, a = cache
    ds = dscores_of(dout, v, a) / math.sqrt(q.shape[-1])
    return ds.mT @ q, ds @ k, a.mT @ dout


@wrong("u10.attention_backward", diagnosis="dscores is not transposed in dk")
def attention_backward(dout, cache):
    """dk without the transpose, wherever that can be multiplied."""
    q, k, v, a = cache
    ds = dscores_of(dout, v, a) / math.sqrt(q.shape[-1])
    return ds @ k, (ds if q.shape == k.shape else ds.mT) @ q, a.mT @ dout


@wrong("u10.attention_backward", diagnosis="the weights are not transposed in dv")
def attention_backward(dout, cache):
    """dv as if it went forward, wherever that can be multiplied."""
    q, k, v, a = cache
    ds = dscores_of(dout, v, a) / math.sqrt(q.shape[-1])
    return ds @ k, ds.mT @ q, (a if q.shape == k.shape else a.mT) @ dout


@wrong("u10.attention_backward", diagnosis="the way back leads through the softmax, which is missing")
def attention_backward(dout, cache):
    """From the weights straight to the scores."""
    q, k, v, a = cache
    da = dout @ v.mT / math.sqrt(q.shape[-1])
    return da @ k, da.mT @ q, a.mT @ dout


@wrong("u10.attention_backward", diagnosis="a factor 1/sqrt(N) too much, N = size of axis 1")
def attention_backward(dout, cache):
    """The scale, taken twice."""
    q, k, v, a = cache
    ds = dscores_of(dout, v, a) / q.shape[-1]
    return ds @ k, ds.mT @ q, a.mT @ dout


@wrong("u10.attention_backward", diagnosis="the sum runs over the queries, where it runs over the keys")
def attention_backward(dout, cache):
    """The softmax over the queries."""
    q, k, v, a = cache
    da = dout @ v.mT
    ds = a * (da - (da * a).sum(-2, keepdim=True)) / math.sqrt(q.shape[-1])
    return ds @ k, ds.mT @ q, a.mT @ dout


@wrong("u10.attention_backward", earns_nothing=True)
def attention_backward(dout, cache):
    """Random gradients of the right shapes."""
    return tuple(torch.randn_like(one) for one in cache[:3])


# ---------------------------------------------------------------------------- multi_head_backward


def split(x, heads):
    """[B, T, D] to [B, H, T, K]."""
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def merge(x):
    """[B, H, T, K] to [B, T, D]."""
    return x.transpose(1, 2).flatten(2)


def line_back(dout, cache):
    """The right linear_backward."""
    x, w, has_bias = cache
    return dout @ w, rows(dout).T @ rows(x), rows(dout).sum(0) if has_bias else None


def attention_back(dout, cache):
    """The right attention_backward."""
    q, k, v, a = cache
    ds = dscores_of(dout, v, a) / math.sqrt(q.shape[-1])
    return ds @ k, ds.mT @ q, a.mT @ dout


def finished(dheads, cache, grads, merged=merge):
    """From heads to the three paths; grads is filled."""
    paths = []
    for name, part, line in zip("qkv", attention_back(dheads, cache[3]), cache[:3]):
        path, grads["w" + name], grads["b" + name] = line_back(merged(part), line)
        paths.append(path)
    return paths


def begun(dout, cache):
    """Through wo."""
    back, dw, db = line_back(dout, cache[4])
    return back, {"wo": dw, "bo": db}


@wrong("u10.multi_head_backward", diagnosis="only the path through v is there: the three are added")
def multi_head_backward(dout, cache):
    """`=` in a loop over q, k and v: the last one stays."""
    back, grads = begun(dout, cache)
    for path in finished(split(back, cache[5]), cache, grads):
        dx = path
    return dx, grads


@wrong("u10.multi_head_backward", diagnosis="only the path through q is there: the three are added")
def multi_head_backward(dout, cache):
    """The first one only."""
    back, grads = begun(dout, cache)
    dx, *_ = finished(split(back, cache[5]), cache, grads)
    return dx, grads


@wrong("u10.multi_head_backward", diagnosis="the three paths are averaged, where they are added")
def multi_head_backward(dout, cache):
    """A mean of three."""
    back, grads = begun(dout, cache)
    return sum(finished(split(back, cache[5]), cache, grads)) / 3, grads


@wrong(
    "u10.multi_head_backward",
    diagnosis="merged without moving the axis of heads back: positions and heads are mixed",
)
def multi_head_backward(dout, cache):
    """reshape alone, on the way from the heads."""
    back, grads = begun(dout, cache)
    paths = finished(split(back, cache[5]), cache, grads, lambda part: part.reshape(dout.shape))
    return sum(paths), grads


@wrong(
    "u10.multi_head_backward",
    diagnosis="dout is reshaped straight to [B, heads, T, K], which mixes positions and heads",
)
def multi_head_backward(dout, cache):
    """reshape alone, on the way to the heads."""
    back, grads = begun(dout, cache)
    B, T, D = dout.shape
    paths = finished(back.reshape(B, cache[5], T, D // cache[5]), cache, grads)
    return sum(paths), grads


@wrong("u10.multi_head_backward", diagnosis="wo is used transposed, which a square wo lets pass")
def multi_head_backward(dout, cache):
    """dout wᵀ, as in the by-hand book: the shape fits, and the gradient points somewhere else."""
    _, grads = begun(dout, cache)
    return sum(finished(split(dout @ cache[4][1].T, cache[5]), cache, grads)), grads


@wrong("u10.multi_head_backward", diagnosis="the way back through wo is missing")
def multi_head_backward(dout, cache):
    """dout goes to the heads as it is."""
    _, grads = begun(dout, cache)
    return sum(finished(split(dout, cache[5]), cache, grads)), grads


@wrong("u10.multi_head_backward")
def multi_head_backward(dout, cache):
    """The gradients of wk and wq are stored under each other's names."""
    back, grads = begun(dout, cache)
    dx = sum(finished(split(back, cache[5]), cache, grads))
    grads["wq"], grads["wk"] = grads["wk"], grads["wq"]
    return dx, grads


# ---------------------------------------------------------------------------- embedding_head_backward


def position_sums(dout, M):
    """The right dpos."""
    T, D = dout.shape[-2:]
    dpos = dout.new_zeros(M, D)
    dpos[:T] = dout.sum(0)
    return dpos


def token_sums(dout, tokens, V):
    """The right dtok, without the head."""
    return dout.new_zeros(V, dout.shape[-1]).index_add(0, tokens.flatten(), rows(dout))


def plus(here, dtok):
    """Both paths."""
    return here if dtok is None else here + dtok


@wrong(
    "u10.embedding_head_backward",
    diagnosis="a row that several tokens use is assigned, where it is added to: the last one wins",
)
def embed_backward(dout, cache, dtok=None):
    """One row after the other is written into its place: right as long as no token comes twice."""
    tokens, V, M = cache
    here = dout.new_zeros(V, dout.shape[-1])
    for token, row in zip(tokens.flatten().tolist(), rows(dout)):
        here[token] = row
    return plus(here, dtok), position_sums(dout, M)


@wrong(
    "u10.embedding_head_backward",
    diagnosis="a row that several tokens use gets the mean, where it gets their sum",
)
def embed_backward(dout, cache, dtok=None):
    """Divided by the number of times."""
    tokens, V, M = cache
    count = torch.bincount(tokens.flatten(), minlength=V).clamp(min=1)[:, None]
    return plus(token_sums(dout, tokens, V) / count, dtok), position_sums(dout, M)


@wrong(
    "u10.embedding_head_backward",
    diagnosis="what came through the tied head is missing: the table is used twice",
)
def embed_backward(dout, cache, dtok=None):
    """dtok is not used."""
    tokens, V, M = cache
    return token_sums(dout, tokens, V), position_sums(dout, M)


@wrong(
    "u10.embedding_head_backward",
    diagnosis="what came through the tied head is assigned over by the rows that tokens use",
)
def embed_backward(dout, cache, dtok=None):
    """Copies dtok, and assigns the rows of its tokens."""
    tokens, V, M = cache
    here = token_sums(dout, tokens, V)
    if dtok is not None:
        total = dtok.clone()
        total[tokens] = here[tokens]
        here = total
    return here, position_sums(dout, M)


@wrong(
    "u10.embedding_head_backward",
    diagnosis="the positions' rows are averaged over the sentences, where these are added",
)
def embed_backward(dout, cache, dtok=None):
    """A mean over the batch."""
    tokens, V, M = cache
    return plus(token_sums(dout, tokens, V), dtok), position_sums(dout, M) / len(tokens)


@wrong("u10.embedding_head_backward")
def embed_backward(dout, cache, dtok=None):
    """dpos has T rows, where the table has M."""
    tokens, V, M = cache
    return plus(token_sums(dout, tokens, V), dtok), dout.sum(0)


@wrong(
    "u10.embedding_head_backward",
    diagnosis="row 0 is taken for padding and set to 0: this function cannot know",
)
def embed_backward(dout, cache, dtok=None):
    """Knows better."""
    tokens, V, M = cache
    here = token_sums(dout, tokens, V)
    here[0] = 0
    return plus(here, dtok), position_sums(dout, M)


@wrong("u10.embedding_head_backward", diagnosis="an argument is changed in place")
def embed_backward(dout, cache, dtok=None):
    """Adds into the gradient of the head."""
    tokens, V, M = cache
    if dtok is None:
        dtok = dout.new_zeros(V, dout.shape[-1])
    dtok.index_add_(0, tokens.flatten(), rows(dout))
    return dtok, position_sums(dout, M)


@wrong("u10.embedding_head_backward")
def head_backward(dlogits, cache, tied):
    """Every head has a table of its own."""
    dx, dw, db = line_back(dlogits, cache)
    return dx, {"head": {"w": dw, "b": db}}


# ---------------------------------------------------------------------------- model_backward


def half_pre(dout, layer, norm, around=1):
    """Back through x + layer(norm(x)). around: how often the path around counts"""
    d, grads = layer(dout)
    d, more = norm(d)
    return around * dout + d, grads, more


def half_post(dout, layer, norm, around=1):
    """Back through norm(x + layer(x))."""
    dout, more = norm(dout)
    d, grads = layer(dout)
    return around * dout + d, grads, more


def block_of(dout, cache, config, backs, ffn=1, attn=1, pre=half_pre, post=half_post):
    """block_backward, with a choice of how often paths around count. backs: ffn, attention, norm"""
    order, c1, ca, c2, cf = cache
    half, grads = pre if order == "pre" else post, {}
    back_ffn, back_attn, back_norm = backs
    steps = (dout, lambda d: back_ffn(d, cf), lambda d: back_norm(d, c2, config))
    dout, grads["ffn"], grads["norm2"] = half(*steps, ffn)
    steps = (dout, lambda d: back_attn(d, ca), lambda d: back_norm(d, c1, config))
    dout, grads["attn"], grads["norm1"] = half(*steps, attn)
    return dout, grads


@wrong("u10.model_backward", diagnosis="the path around the feed-forward layer is missing")
def block_backward(dout, cache, config):
    """The gradient goes through the feed-forward layer, and not around it."""
    return block_of(dout, cache, config, (ffn_backward, multi_head_backward, norm_backward), ffn=0)


@wrong("u10.model_backward", diagnosis="the path around attention is missing")
def block_backward(dout, cache, config):
    """The gradient goes through attention, and not around it."""
    return block_of(dout, cache, config, (ffn_backward, multi_head_backward, norm_backward), attn=0)


@wrong("u10.model_backward", diagnosis="the path around the feed-forward layer is counted twice")
def block_backward(dout, cache, config):
    """The path around counts twice in both halves."""
    backs = (ffn_backward, multi_head_backward, norm_backward)
    return block_of(dout, cache, config, backs, ffn=2, attn=2)


def through_norm(dout, layer, norm, around=1):
    """The path around goes through the norm as well."""
    d, grads = layer(dout)
    d, more = norm(dout + d)
    return d, grads, more


def past_norm(dout, layer, norm, around=1):
    """The path around leads past the norm."""
    inner, more = norm(dout)
    d, grads = layer(inner)
    return dout + d, grads, more


@wrong(
    "u10.model_backward",
    diagnosis="the path around the feed-forward layer goes through the norm, and must not",
)
def block_backward(dout, cache, config):
    """The norm stands on the wrong path, in either order."""
    backs = (ffn_backward, multi_head_backward, norm_backward)
    return block_of(dout, cache, config, backs, pre=through_norm, post=past_norm)


@wrong("u10.model_backward", diagnosis="the caches of norm1 and norm2 are swapped")
def block_backward(dout, cache, config):
    """The cache is taken apart in the wrong order."""
    order, cache_norm1, cache_attn, cache_norm2, cache_ffn = cache
    cache = (order, cache_norm2, cache_attn, cache_norm1, cache_ffn)
    return block_of(dout, cache, config, (ffn_backward, multi_head_backward, norm_backward))


def model_of(dlogits, cache, backs, *, final=True, tied=True, order=-1, turned=True):
    """model_backward with choices. backs: head, norm, block, embed"""
    head, norm, block, embed = backs
    config, blocks = cache["config"], []
    dx, grads = head(dlogits, cache["head"], config["tied"])
    if cache["final_norm"] is not None:
        other, grads["final_norm"] = norm(dx, cache["final_norm"], config)
        dx = other if final else dx
    for one in cache["blocks"][::order]:
        dx, own = block(dx, one, config)
        blocks.append(own)
    blocks = blocks[::-1] if turned else blocks
    dtok, dpos = embed(dx, cache["embed"], grads.get("tok") if tied else None)
    return grads | {"tok": dtok, "pos": dpos, "blocks": blocks}


@wrong("u10.model_backward", diagnosis="the blocks' gradients stand in reverse order")
def model_backward(dlogits, cache):
    """append, and no reverse."""
    backs = (head_backward, norm_backward, block_backward, embed_backward)
    return model_of(dlogits, cache, backs, turned=False)


@wrong(
    "u10.model_backward",
    diagnosis="the blocks are gone through from first to last, and the way back begins at the last",
)
def model_backward(dlogits, cache):
    """The order of the forward pass."""
    backs = (head_backward, norm_backward, block_backward, embed_backward)
    return model_of(dlogits, cache, backs, order=1, turned=False)


@wrong("u10.model_backward", diagnosis="the tied head's part of tok is missing")
def model_backward(dlogits, cache):
    """tok is overwritten by the embedding's part."""
    backs = (head_backward, norm_backward, block_backward, embed_backward)
    return model_of(dlogits, cache, backs, tied=False)


@wrong("u10.model_backward", diagnosis="the way back through the final norm is missing")
def model_backward(dlogits, cache):
    """The final norm gets its gradients, but what goes on does not pass through it."""
    backs = (head_backward, norm_backward, block_backward, embed_backward)
    return model_of(dlogits, cache, backs, final=False)


@wrong("u10.model_backward", diagnosis="off by the same factor everywhere")
def model_backward(dlogits, cache):
    """Every gradient is divided by the number of sentences."""
    backs = (head_backward, norm_backward, block_backward, embed_backward)
    return model_of(dlogits / len(dlogits), cache, backs)
