"""Hidden tests of unit 11: which tensors decay, and clipping."""

import math

import torch
from checks_optimizers import F32, F64, copied, drawn, fine, normal

from grader.testing import assert_close, assert_equal, assert_gradient, exercise, fail

ALL = "everything decays, norms and biases too"
BY_NAME = "the names decide: a gain or bias of another name decays, or a matrix of that name does not"
BY_SIZE = "the number of entries decides, not the number of axes"
NO_TABLES = "the embeddings are forgotten"
TWO_AXES = "tensors of three and more axes are forgotten"
TIED = "a tensor with two names is listed twice: it would move and decay twice"
LAST_NAME = "a tensor with two names is listed under the second"
BY_VALUE = "tensors that hold the same numbers are taken for one"
INVERTED = "what should decay does not, and the other way round"


def groups_like(decays, params, number, *, tied="first"):
    """decay_groups with a mistake. decays: (name, tensor) -> bool"""
    found = {}
    for name, p in params.items():
        again = [old for old in found if params[old] is p]
        if again and tied == "last":
            del found[again[0]]
        if not again or tied != "first":
            found[name] = number if decays(name, p) else 0.0
    return found


def usual(name, p):
    return p.ndim >= 2


def check_groups(student, reference, params, number):
    expected = reference.decay_groups(params, number)
    plain = ("norm", "bias", "gamma", "beta", "gain")
    suspects = {
        ALL: groups_like(lambda name, p: True, params, number),
        BY_NAME: groups_like(lambda name, p: not any(word in name for word in plain), params, number),
        BY_SIZE: groups_like(lambda name, p: p.numel() > 1, params, number),
        NO_TABLES: groups_like(lambda name, p: p.ndim >= 2 and name not in ("tok", "pos"), params, number),
        TWO_AXES: groups_like(lambda name, p: p.ndim == 2, params, number),
        TIED: groups_like(usual, params, number, tied="both"),
        LAST_NAME: groups_like(usual, params, number, tied="last"),
        INVERTED: groups_like(lambda name, p: p.ndim < 2, params, number),
        BY_VALUE: {
            name: value
            for name, value in expected.items()
            if not any(
                params[other].shape == params[name].shape and torch.equal(params[other], params[name])
                for other in list(params)[: list(params).index(name)]
            )
        },
    }
    yours, called = student.decay_groups(params, weight_decay=number), f"decay_groups(params, {number:.3g})"
    for cause, other in suspects.items():
        if isinstance(yours, dict) and yours == other and yours != expected:
            fail("the dict is wrong", called=called, yours=yours, expected=expected, diagnosis=cause)
    assert_equal(yours, expected, of="the dict", called=called)
    assert_equal(list(yours), list(expected), of="the order of its names", called=called)


def some_model(rng, device):
    """Tensors of 0 to 3 axes in any order; some axes have size 1."""
    shapes = {
        "tok": (7, 5),
        "pos": (3, 5),
        "attn.wq": (5, 5),
        "norm.gamma": (5,),
        "norm.beta": (5,),
        "ffn.b1": (11,),
        "ffn.w1": (11, 5),
        "ffn.bias_table": (3, 1),
        "gain.matrix": (1, 1),
        "temperature": (),
        "conv": (3, 5, 7),
        "scale": (1,),
    }
    names = list(shapes)
    rng.shuffle(names)
    return {name: normal(rng, *shapes[name], device=device) for name in names}


@exercise("u11.param_groups", weight=2)
def test_which_tensors_decay(student, rng, reference, device):
    """Two axes or more: it decays; one axis or none: it does not, whatever its name is."""
    for _ in range(2):
        check_groups(student, reference, some_model(rng, device), float(rng.uniform(0.1, 0.5)))


@exercise("u11.param_groups", weight=2)
def test_one_tensor_with_two_names(student, rng, reference, device):
    """A tied tensor is listed once, under its first name; two tensors with equal numbers are two."""
    for tied in (("tok", "head.w"), ("norm.gamma", "last.gamma"), ("conv", "twin")):
        params = some_model(rng, device)
        params[tied[1]] = params[tied[0]]
        params["ones"], params["other ones"] = (torch.ones(5, dtype=F64, device=device) for _ in "ab")
        params["zeros"], params["other zeros"] = (torch.zeros(3, 5, dtype=F64, device=device) for _ in "ab")
        check_groups(student, reference, params, float(rng.uniform(0.1, 0.5)))


# ---------------------------------------------------------------------------- clipping

PER_TENSOR = "every tensor is shortened by its own norm, not all by one"
ALWAYS = "short gradients are made longer"
BY_ENTRY = "the entries are clipped one by one, which changes the direction"
SQUARED = "the root is missing: this is the square of the norm"
OF_SIZES = "the sizes of the entries are summed, not their squares"
OF_NORMS = "the norms of the tensors are summed, not their squares"
LARGEST = "this is the largest entry"
AFTER = "this is the norm after clipping"
ROOT_MEAN = "this is the root of the mean of the squares, not of their sum"
HALF = "right to some digits only: a small number is added to the norm"
UNCLIPPED = "the gradients are as long as before"


def norm_of(grads):
    return math.sqrt(sum(float((g**2).sum()) for g in grads.values() if g is not None))


def scaled(grads, factor):
    """factor: a number, or tensor -> tensor"""
    change = factor if callable(factor) else lambda g: g * factor
    return {name: None if g is None else change(g) for name, g in grads.items()}


def clip_mistakes(grads, limit):
    """What the gradients may have become instead."""
    norm = norm_of(grads)
    largest = max(float(g.abs().max()) for g in grads.values() if g is not None)
    total = sum(float((g**2).sum()) ** 0.5 for g in grads.values() if g is not None)
    return {
        PER_TENSOR: scaled(grads, lambda g: g * min(1.0, limit / float((g**2).sum()) ** 0.5)),
        ALWAYS: scaled(grads, limit / norm),
        BY_ENTRY: scaled(grads, lambda g: g.clamp(-limit, limit)),
        SQUARED: scaled(grads, min(1.0, limit / norm**2)),
        OF_NORMS: scaled(grads, min(1.0, limit / total)),
        LARGEST: scaled(grads, min(1.0, limit / largest)),
        HALF: scaled(grads, min(1.0, limit / (norm + 1e-6))),
        UNCLIPPED: grads,
    }


def norm_mistakes(grads, limit):
    """What the number may be instead."""
    present = [g for g in grads.values() if g is not None]
    norm, count = norm_of(grads), sum(g.numel() for g in present)
    return {
        SQUARED: norm**2,
        OF_SIZES: sum(float(g.abs().sum()) for g in present),
        OF_NORMS: sum(float((g**2).sum()) ** 0.5 for g in present),
        LARGEST: max(float(g.abs().max()) for g in present),
        AFTER: limit if norm > limit else norm + 1.0,
        ROOT_MEAN: norm / count**0.5,
    }


def check_clip(student, reference, grads, limit, *, rtol=1e-11, bits=False):
    """The gradients after clipping and the norm before it. bits: to the last bit"""
    expected, handed = copied(grads), copied(grads)
    norm, own = reference.clip_grad_norm(expected, limit), dict(handed)
    called = f"clip_grad_norm(grads, {limit:.4g}) with norm {norm:.4g}"
    yours = student.clip_grad_norm(handed, limit)
    if list(handed) != list(own) or any(handed[name] is not own[name] for name in own):
        fail("grads holds other tensors than before", called=called, diagnosis=REBOUND_GRADS)
    own, expected = ({k: g for k, g in part.items() if g is not None} for part in (own, expected))
    if bits:
        long = (
            {ALWAYS: {k: g for k, g in scaled(grads, limit / norm).items() if g is not None}} if norm else {}
        )
        for name, g in expected.items():
            if not torch.equal(own[name], g):
                assert_gradient(own, expected, of="grads", called=called, rtol=rtol, atol=0, suspects=long)
                fail("a short gradient has lost its last bits", called=called, yours=own[name], expected=g)
    elif not fine(own, expected, rtol):
        wrong = clip_mistakes({k: g for k, g in grads.items() if g is not None}, limit)
        suspects = {cause: other for cause, other in wrong.items() if fine(own, other, 100 * rtol)}
        assert_gradient(own, expected, of="grads", called=called, rtol=rtol, atol=0, suspects=suspects)
    if isinstance(yours, torch.Tensor) and yours.ndim == 0:
        yours = float(yours)
    suspects = norm_mistakes(grads, limit) if norm else {}
    assert_close(yours, norm, of="the norm", called=called, rtol=rtol, atol=0, suspects=suspects)


REBOUND_GRADS = "new tensors are put into grads: the model's own stay as they were"


@exercise("u11.clip_grad_norm", weight=3, in_place=True)
def test_long_gradients_are_shortened(student, rng, reference, device):
    """One factor for all tensors, so that the norm of all together is max_norm; None is skipped."""
    for without, spread in (((), 1.0), (("gamma",), 3.0), (("wq", "scale"), 0.2)):
        grads = drawn(rng, device=device, spread=spread, without=without)
        grads["outlier"] = normal(rng, 3, device=device, spread=10 * spread)
        check_clip(student, reference, grads, norm_of(grads) * float(rng.uniform(0.3, 0.9)))
    check_clip(student, reference, drawn(rng, device=device, dtype=F32), 0.5, rtol=1e-5)


@exercise("u11.clip_grad_norm", weight=2, in_place=True)
def test_short_gradients_keep_every_bit(student, rng, reference, device):
    """Gradients whose norm is not above max_norm are left alone, and the norm is told all the same."""
    for share in (1.01, 3.0, 100.0):
        grads = drawn(rng, device=device, without=("gamma",))
        check_clip(student, reference, grads, norm_of(grads) * share, bits=True)


@exercise("u11.clip_grad_norm", in_place=True)
def test_gradients_of_zero(student, rng, reference, device):
    """A norm of 0 divides nothing by 0; where there is no gradient at all, the norm is 0 too."""
    zero = scaled(drawn(rng, device=device, without=("wq",)), 0.0)
    check_clip(student, reference, zero, float(rng.uniform(0.5, 2)), bits=True)
    check_clip(student, reference, dict.fromkeys(zero), 1.0, bits=True)
    grads = drawn(rng, device=device)
    check_clip(student, reference, grads, norm_of(grads) * float(rng.uniform(0.2, 0.9)))
