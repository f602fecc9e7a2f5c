"""Hidden tests of unit 7: low precision where it is enough."""

import torch
from checks_pytorch import F64, check, normal, sizes

from grader.testing import assert_equal, exercise, fail, unpack

F32, F16, BF16 = torch.float32, torch.float16, torch.bfloat16
NEAR = {F64: 1e-11, F32: 3e-6, BF16: 0.01, F16: 0.002}

COARSE = "computed in low precision: what was rounded on the way does not come back"
SOFTMAX = "these are the probabilities, without their logarithm"
OTHER_AXIS = "along the first axis, not along the last one"
GRAPH = "the loss still has its graph"
SUMMED = "the gradient of the sum over N, not of the mean"
STUCK = "small steps are lost: each of them is rounded away before the next one is taken"
FIRST_STEP = "every step is taken from the first w"
ALIAS = "the list holds one tensor several times: later steps write into it"
UPHILL = "the steps go uphill"
CHANGED = "an argument is changed in place"


@exercise("u07.precision", weight=2)
def test_logarithms_in_all_dtypes(student, rng, reference, device):
    """float16 and bfloat16 become float32 before anything is computed; float32 and float64 stay."""
    for dtype in (BF16, F64, F16, F32):
        for axes in (1, 2, 3):
            z = normal(rng, *sizes(rng, axes), device=device, dtype=dtype, spread=9)
            expected, called = reference.safe_log_softmax(z), f"safe_log_softmax(z) of dtype {dtype}"

            def suspects(z=z, expected=expected):
                found = {SOFTMAX: expected.exp()}
                if z.dtype in (BF16, F16):
                    found[COARSE] = torch.log_softmax(z, -1).float()
                if z.ndim > 1:
                    found[OTHER_AXIS] = torch.log_softmax(z.to(expected.dtype), 0)
                return found

            yours = student.safe_log_softmax(z)
            check(yours, expected, "log p", called, suspects, rtol=NEAR[expected.dtype])


@exercise("u07.precision")
def test_logarithms_of_far_logits(student, rng, reference, device):
    """Where a probability is too small for a float its logarithm is an ordinary number."""
    for dtype in (BF16, F64, F32):
        z = normal(rng, 3, 7, device=device, dtype=dtype, spread=400)
        expected, called = (
            reference.safe_log_softmax(z),
            f"safe_log_softmax(z) of dtype {dtype}, z up to 1000",
        )
        suspects = {COARSE: torch.log_softmax(z, -1).float()} if dtype == BF16 else {}
        check(student.safe_log_softmax(z), expected, "log p", called, suspects, rtol=NEAR[expected.dtype])


@exercise("u07.precision", weight=2)
def test_gradients_in_all_dtypes(student, rng, reference, device):
    """The gradient has the dtype of the logits, the loss that of safe_log_softmax, and no graph."""
    for dtype in (BF16, F64, F32, F16):
        N, V = sizes(rng, 2)
        z = normal(rng, N, V, device=device, dtype=dtype, spread=2)
        targets = torch.tensor(rng.integers(0, V, N), device=device)
        loss, gradient = reference.nll_gradient(z, targets)
        called = f"nll_gradient(logits, targets) of dtype {dtype}, with N = {N}"
        mine, yours = unpack(student.nll_gradient(z, targets), "(loss, gradient)")
        coarse = torch.nn.functional.cross_entropy(z, targets).to(loss.dtype)
        suspects = {COARSE: coarse} if dtype in (BF16, F16) else {}
        check(mine, loss, "the loss", called, suspects, rtol=NEAR[loss.dtype])
        if mine.requires_grad:
            fail("the loss requires a gradient", called=called, diagnosis=GRAPH)
        check(yours, gradient, "the gradient", called, {SUMMED: N * gradient}, rtol=NEAR[dtype])


def stuck(w, gradients, lr):
    for g in gradients:
        w = w - lr * g
    return w


@exercise("u07.precision", weight=2, in_place=True)
def test_many_small_steps(student, rng, reference, device):
    """The copy moves by each step; what is returned of it is rounded, and what was handed over unchanged."""
    for dtype in (BF16, F32, F64):
        D, count, lr = sizes(rng, 1)[0], 40, 0.002
        w = (1 + normal(rng, D, device=device).abs() / 4).to(dtype)
        gradients = [(1 + normal(rng, D, device=device) / 4).to(dtype) for _ in range(count)]
        expected, before = reference.master_steps(w, gradients, lr), w.clone()
        called = f"master_steps(w, {count} gradients, {lr}) of dtype {dtype}"
        wrong = {
            STUCK: stuck(w, gradients, lr),
            FIRST_STEP: (w - lr * gradients[-1].double()).to(dtype),
            UPHILL: (2 * w.double() - expected[-1].double()).to(dtype),
        }
        yours = student.master_steps(w, gradients, lr)
        if not torch.equal(w, before):
            fail("w was changed", called=called, diagnosis=CHANGED)
        if type(yours) is not list or len(yours) != count:
            fail(f"no list of {count}", called=called, yours=yours, expected=f"{count} tensors")
        check(yours[-1], expected[-1], "w in the end", called, wrong, rtol=NEAR[dtype])
        check(
            yours[0], expected[0], "w after the first step", called, {ALIAS: expected[-1]}, rtol=NEAR[dtype]
        )
        assert_equal(len({id(one) for one in yours}), count, of="tensors in the list", called=called)
        middle = count // 2
        check(
            yours[middle], expected[middle], "w in the midst", called, {ALIAS: expected[-1]}, rtol=NEAR[dtype]
        )
