"""Hidden tests of unit 6: products of matrices, alone and in batches."""

import torch
from checks_tensor import EXACT, check_op, check_owned, listed, normal, sizes

from grader.testing import assert_gradient, exercise

NO_G = "g is taken for all ones"
NO_TURN = "reshaped to fit, where a transpose belongs"
FIRST_ENTRY = "the gradient of one entry of the batch alone, where their sum belongs"
BATCH_MEAN = "the mean over the batch, where the sum belongs"


def matrices(rng, device, *shapes):
    return [normal(rng, *shape, device=device) for shape in shapes]


def reshaped(a, b):
    """What comes of reshape where a transpose belongs."""

    def suspects(g):
        (N, D), K = a.shape, b.shape[1]
        return {
            "a": {NO_TURN: g @ b.reshape(K, D), NO_G: torch.ones_like(g) @ b.T},
            "b": {NO_TURN: a.reshape(D, N) @ g, NO_G: a.T @ torch.ones_like(g)},
        }

    return suspects


# ---------------------------------------------------------------------------- u06.matmul


@exercise("u06.matmul", weight=3)
def test_products_of_two_matrices(student, rng, reference, device):
    """dA = G Bᵀ and dB = Aᵀ G, for axes of three different sizes."""
    for _ in range(3):
        N, D, K = sizes(rng, 3)
        a, b = matrices(rng, device, (N, D), (D, K))
        called = f"y = matmul(a, b) with a, b {listed(a, b)}"
        check_op(student, reference, rng, "matmul", [a, b], called=called, suspects=reshaped(a, b))


@exercise("u06.matmul", weight=2)
def test_products_of_square_matrices(student, rng, reference, device):
    """The same where every shape fits: only the numbers tell a matrix from its transpose."""
    for _ in range(2):
        N = sizes(rng, 1)[0]
        a, b = matrices(rng, device, (N, N), (N, N))
        called = f"y = matmul(a, b) with a, b {listed(a, b)}"
        check_op(student, reference, rng, "matmul", [a, b], called=called, suspects=reshaped(a, b))


@exercise("u06.matmul")
def test_square_of_a_matrix(student, rng, reference, device):
    """A matrix times itself: it is both operands, and both contributions arrive."""
    for _ in range(2):
        N = sizes(rng, 1)[0]
        (a,), g = matrices(rng, device, (N, N)), normal(rng, N, N, device=device)
        x, own = student.Tensor(a.clone()), reference.Tensor(a.clone())
        student.matmul(x, x).backward(g)
        reference.matmul(own, own).backward(g)
        called, parts = f"y = matmul(a, a) with a {listed(a)}, y.backward(g)", [g @ a.T, a.T @ g]
        assert_gradient(
            x.grad, own.grad, of="a.grad", called=called, contributions=parts, rtol=EXACT, atol=1e-16
        )


@exercise("u06.matmul")
def test_factors_that_are_used_again(student, rng, reference, device):
    """A single row, a single column, a large product; the gradients are tensors of their own."""
    N, D, K = sizes(rng, 3)
    for shapes in (((1, D), (D, K)), ((N, D), (D, 1)), ((97, 101), (101, 103))):
        a, b = matrices(rng, device, *shapes)
        called = f"y = matmul(a, b) with a, b {listed(a, b)}"
        check_op(student, reference, rng, "matmul", [a, b], called=called)
        check_owned(student, reference, rng, "matmul", [a, b], called=called)


# ---------------------------------------------------------------------------- u06.batched_matmul


def unsummed(a, b):
    """Gradients of which a shared operand gets one part alone, or the mean over the parts."""

    def suspects(g):
        found = {}
        for key, x, full in (("a", a, g @ b.mT), ("b", b, a.mT @ g)):
            extra = full.ndim - x.ndim
            same = [k for k in range(-full.ndim, 0) if k < -x.ndim or x.shape[k] != full.shape[k]]
            first = full[(0,) * extra]
            first = first[tuple(slice(0, size) for size in x.shape)]
            mean = full.mean(same, keepdim=True).reshape(x.shape) if same else full
            found[key] = {FIRST_ENTRY: first, BATCH_MEAN: mean}
        return found

    return suspects


def check_batch(student, reference, rng, a, b):
    called = f"y = batched_matmul(a, b) with a, b {listed(a, b)}"
    suspects = unsummed(a, b) if min(a.ndim, b.ndim) > 1 else None
    check_op(student, reference, rng, "batched_matmul", [a, b], called=called, suspects=suspects)


@exercise("u06.batched_matmul", weight=3)
def test_batches_of_matrices(student, rng, reference, device):
    """One product for each entry of a batch, with one batch axis or two."""
    B, H, N, D, K = sizes(rng, 5)
    for shape, other in (((B, N, D), (B, D, K)), ((B, H, N, D), (B, H, D, K)), ((B, D, D), (B, D, D))):
        check_batch(student, reference, rng, *matrices(rng, device, shape, other))


@exercise("u06.batched_matmul", weight=3)
def test_operands_that_a_batch_shares(student, rng, reference, device):
    """An operand that serves several entries of the batch collects the gradients of all of them."""
    B, H, N, D, K = sizes(rng, 5)
    for shape, other in (
        ((B, N, D), (D, K)),
        ((N, D), (B, D, K)),
        ((B, H, N, D), (H, D, K)),
        ((B, 1, N, D), (H, D, K)),
        ((B, 1, N, D), (1, H, D, K)),
    ):
        check_batch(student, reference, rng, *matrices(rng, device, shape, other))


@exercise("u06.batched_matmul", weight=2)
def test_vectors_among_the_factors(student, rng, reference, device):
    """A vector is a row on the left and a column on the right, with matrices and with batches."""
    B, N, D, K = sizes(rng, 4)
    for shape, other in (
        ((D,), (D, K)),
        ((N, D), (D,)),
        ((D,), (D,)),
        ((B, N, D), (D,)),
        ((D,), (B, D, K)),
    ):
        check_batch(student, reference, rng, *matrices(rng, device, shape, other))


@exercise("u06.batched_matmul")
def test_plain_matrices_and_reused_factors(student, rng, reference, device):
    """Two matrices without a batch, as in matmul; and factors that other operations use too."""
    B, N, D, K = sizes(rng, 4)
    for shape, other in (((N, D), (D, K)), ((B, N, D), (D, K)), ((B, N, D), (B, D, K))):
        a, b = matrices(rng, device, shape, other)
        check_batch(student, reference, rng, a, b)
        called = f"y = batched_matmul(a, b) with a, b {listed(a, b)}"
        check_owned(student, reference, rng, "batched_matmul", [a, b], called=called)
