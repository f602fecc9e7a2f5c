"""Hidden tests of unit 10: the two norms."""

from functools import partial

from checks_backward import ask, check, check_part, forward, rows, upstream
from checks_forward import F32, F64, normal, sizes

from grader.testing import exercise, unpack

STRAIGHT = "only the straight path is there: the norm's own numbers depend on x too"
GAMMA_OUTSIDE = (
    "gamma multiplies at the end, and belongs inside the means: right only where gamma is constant"
)
NO_GAMMA = "gamma is not used in dx"
NO_SCALE = "the factor 1 / root is missing in dx"
DIVIDED = "divided by 1 / root, where it is multiplied"
SUMS = "sums over a position's numbers, where their means belong"
OVER_ROWS = "the means run over the positions: each position is normalized by itself"
ALL_AXES = "one mean over everything: each position is normalized by itself"


def mean(x, axis=-1):
    return x.mean(axis, keepdim=True)


def gain_suspects(dout, xhat, scale, gamma):
    """Mistakes in dgamma."""
    N, right = len(rows(xhat)), rows(dout * xhat).sum(0)
    found = {
        "dgamma is averaged over the positions, where it is their sum": right / N,
        "dgamma is made with x, where xhat belongs": rows(dout * xhat / scale).sum(0),
        "dgamma is made with dxhat, which has gamma in it already": rows(dout * gamma * xhat).sum(0),
        "xhat is missing in dgamma": rows(dout).sum(0),
        "dgamma comes from the last position alone": rows(dout * xhat)[-1],
    }
    return found if N > 1 else {k: v for k, v in found.items() if "position" not in k}


def layer_norm_suspects(dout, xhat, inv_std, gamma):
    g, D = dout * gamma, xhat.shape[-1]
    full = g - mean(g) - xhat * mean(g * xhat)

    def dx(shift, spread):
        return inv_std * (g - shift - xhat * spread)

    found = {
        STRAIGHT: inv_std * g,
        "the path through the mean is missing": dx(0, mean(g * xhat)),
        "the path through the variance is missing": dx(mean(g), 0),
        "xhat is missing in the path through the variance": inv_std * (g - mean(g) - mean(g * xhat)),
        GAMMA_OUTSIDE: inv_std * gamma * (dout - mean(dout) - xhat * mean(dout * xhat)),
        NO_GAMMA: inv_std * (dout - mean(dout) - xhat * mean(dout * xhat)),
        NO_SCALE: full,
        DIVIDED: full / inv_std,
        SUMS: dx(D * mean(g), D * mean(g * xhat)),
        "means with D - 1 in the place of D": dx(mean(g) * D / (D - 1), mean(g * xhat) * D / (D - 1)),
        "the mean of dxhat times the mean of xhat, where the mean of their product belongs": dx(
            mean(g), mean(g) * mean(xhat)
        ),
        "both paths are added, where they are subtracted": inv_std * (g + mean(g) + xhat * mean(g * xhat)),
    }
    if xhat.ndim > 1:
        found[ALL_AXES] = dx(g.mean(), (g * xhat).mean())
        found[OVER_ROWS] = dx(mean(g, 0), mean(g * xhat, 0))
    N = len(rows(dout))
    beta = {
        "dbeta is averaged over the positions, where it is their sum": rows(dout).sum(0) / N,
        "gamma is in dbeta, where it has no place": rows(g).sum(0),
        "dbeta comes from the last position alone": rows(dout)[-1],
    }
    beta = beta if N > 1 else {}
    return {"dx": found, "dgamma": gain_suspects(dout, xhat, inv_std, gamma), "dbeta": beta}


def rms_norm_suspects(dout, xhat, inv_rms, gamma):
    g, D = dout if gamma is None else dout * gamma, xhat.shape[-1]

    def dx(spread, shift=0):
        return inv_rms * (g - shift - xhat * spread)

    found = {
        STRAIGHT: inv_rms * g,
        "the mean is subtracted too: that is the LayerNorm": dx(mean(g * xhat), mean(g)),
        "the mean is subtracted in place of the path through the root": dx(0, mean(g)),
        NO_SCALE: dx(mean(g * xhat)) / inv_rms,
        DIVIDED: dx(mean(g * xhat)) / inv_rms.square(),
        SUMS: dx(D * mean(g * xhat)),
        "xhat is missing in the path through the root": inv_rms * (g - mean(g * xhat)),
        "the path through the root is added, where it is subtracted": dx(-mean(g * xhat)),
        "the path through the root has twice its size": dx(2 * mean(g * xhat)),
        "the path through the root has half its size": dx(mean(g * xhat) / 2),
    }
    if xhat.ndim > 1:
        found[ALL_AXES] = dx((g * xhat).mean())
        found[OVER_ROWS] = dx(mean(g * xhat, 0))
    if gamma is None:
        return {"dx": found}
    found[GAMMA_OUTSIDE] = inv_rms * gamma * (dout - xhat * mean(dout * xhat))
    found[NO_GAMMA] = inv_rms * (dout - xhat * mean(dout * xhat))
    return {"dx": found, "dgamma": gain_suspects(dout, xhat, inv_rms, gamma)}


def check_layer_norm(student, reference, rng, shape, eps=1e-5, *, device, dtype=F64):
    x = normal(rng, *shape, device=device, dtype=dtype, spread=2, mean=1.5)
    gamma, beta = (normal(rng, shape[-1], device=device, dtype=dtype) for _ in "gb")
    out, cache = forward.layer_norm(x, gamma, beta, eps)
    dout = upstream(rng, out)
    yours, expected, called = ask(student, reference, "layer_norm_backward", dout, cache)
    check(yours, expected, "dx, dgamma, dbeta", called, partial(layer_norm_suspects, dout, *cache))
    return yours, called


@exercise("u10.layer_norm_backward", weight=3, in_place=True)
def test_back_through_drawn_norms(student, rng, reference, device):
    """Mean and variance carry gradients too, and gamma stands before both; dgamma and dbeta are sums."""
    for axes in (2, 3, 3):
        check_layer_norm(student, reference, rng, sizes(rng, axes), device=device)


@exercise("u10.layer_norm_backward", in_place=True)
def test_shifts_leave_a_norm_alone(student, rng, reference, device):
    """A constant added to x changes nothing, so the D numbers of dx sum to 0, with a large eps too."""
    for eps in (0.5, 1e-5):
        yours, called = check_layer_norm(student, reference, rng, sizes(rng, 2, 4, 9), eps, device=device)
        total = unpack(yours, "(dx, dgamma, dbeta)")[0].sum(-1)
        check_part(total, 0 * total, "the sum of dx over D", called, atol=1e-12)


@exercise("u10.layer_norm_backward", in_place=True)
def test_norms_of_one_and_of_many(student, rng, reference, device):
    """One position without axes in front, ten thousand numbers, and float32."""
    for shape, dtype in (((7,), F64), ((37, 271), F64), ((3, 5, 7), F32)):
        check_layer_norm(student, reference, rng, shape, device=device, dtype=dtype)


def check_rms_norm(student, reference, rng, shape, eps=1e-5, *, device, dtype=F64, gain=True):
    x = normal(rng, *shape, device=device, dtype=dtype, spread=2, mean=1.5)
    gamma = normal(rng, shape[-1], device=device, dtype=dtype) if gain else None
    out, cache = forward.rms_norm(x, gamma, eps)
    dout = upstream(rng, out)
    yours, expected, called = ask(student, reference, "rms_norm_backward", dout, cache)
    check(yours, expected, "dx, dgamma", called, partial(rms_norm_suspects, dout, *cache))


@exercise("u10.rms_norm_backward", weight=2, in_place=True)
def test_back_through_drawn_roots(student, rng, reference, device):
    """The root depends on x too; nothing else does, for no mean is subtracted."""
    for axes, eps in ((2, 1e-5), (3, 1e-5), (3, 0.5)):
        check_rms_norm(student, reference, rng, sizes(rng, axes), eps, device=device)


@exercise("u10.rms_norm_backward", in_place=True)
def test_roots_without_gain(student, rng, reference, device):
    """Without gamma there is no dgamma: it is None."""
    for shape in (sizes(rng, 2), sizes(rng, 3)):
        check_rms_norm(student, reference, rng, shape, device=device, gain=False)


@exercise("u10.rms_norm_backward", in_place=True)
def test_roots_of_one_and_of_many(student, rng, reference, device):
    """One position without axes in front, ten thousand numbers, and float32."""
    for shape, dtype in (((7,), F64), ((37, 271), F64), ((3, 5, 7), F32)):
        check_rms_norm(student, reference, rng, shape, device=device, dtype=dtype)
