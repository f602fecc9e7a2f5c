"""What the hidden tests of unit 7 share: drawn tensors, parameters on the student's side, one comparison."""

import torch

from grader.testing import assert_gradient

F64 = torch.float64


def normal(rng, *shape, device, dtype=F64, spread=1.0):
    return torch.tensor(rng.normal(0, spread, shape), device=device).to(dtype)


def sizes(rng, count, low=3, high=8):
    """Sizes of axes, no two alike."""
    return [int(size) for size in rng.choice(range(low, high), count, replace=False)]


def same_form(yours, expected):
    """Whether these are tensors that can be compared number by number."""
    return type(yours) is torch.Tensor and (yours.dtype, yours.shape, yours.device) == (
        expected.dtype,
        expected.shape,
        expected.device,
    )


def near(yours, expected, rtol):
    """Whether it is right beyond doubt; then no mistake has to be computed."""
    if not same_form(yours, expected):
        return False
    gap, largest = (yours.detach().double() - expected.double()).abs(), expected.double().abs().max()
    return bool((gap <= rtol * largest).all())


def check(yours, expected, of, called, suspects=None, *, rtol=1e-11):
    """assert_gradient, for its tolerance per tensor. suspects: a dict, or a function that makes it"""
    if near(yours, expected, rtol):
        return
    suspects = suspects() if callable(suspects) else suspects
    assert_gradient(yours, expected, of=of, called=called, rtol=rtol, atol=1e-15, suspects=suspects)
