"""torch tensors are compared by the same rules; the package never imports torch itself."""

import numpy as np
import pytest

from grader.gradcheck import show
from grader.gradcheck.compare import assert_close, assert_equal, assert_gradient
from grader.gradcheck.diagnose import candidates
from grader.gradcheck.message import Mismatch
from grader.gradcheck.numeric import numerical_vjp

torch = pytest.importorskip("torch")
DOUBLE = torch.float64
X = torch.tensor([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]], dtype=DOUBLE)

RIGHT = [
    (X.clone(), X),
    (torch.nn.Parameter(X.clone()), X),
    (X.clone().requires_grad_(), X),
    (X.T.contiguous().T, X),
    (X[0, 0], 1.0),
    (1.0, X[0, 0]),
    (np.float64(1.0), X[0, 0]),
    (X.to(torch.bfloat16), X.to(torch.bfloat16)),
    (torch.tensor([1, 2]), torch.tensor([1, 2])),
    (torch.tensor([1, 2], dtype=torch.int32), torch.tensor([1, 2])),
    (torch.tensor([1 + 2j]).conj(), torch.tensor([1 - 2j])),
    (torch.empty(0, 3), torch.empty(0, 3)),
    ((X, [1.0, 2.0]), (X, [1.0, 2.0])),
]
WRONG = [
    (X * 2, X, "y is wrong"),
    (
        X.numpy(),
        X,
        "y is a float64 array of shape (2, 3), a float64 torch tensor of shape (2, 3) is expected",
    ),
    (
        X,
        X.numpy(),
        "y is a float64 torch tensor of shape (2, 3), a float64 array of shape (2, 3) is expected",
    ),
    (X.float(), X, "y has dtype float32, float64 is expected"),
    (X.to(torch.bfloat16), X.float(), "y has dtype bfloat16, float32 is expected"),
    (torch.tensor(1.0), 1.0, "y has dtype float32, float64 is expected"),
    (X.T, X, "y has shape (3, 2), (2, 3) is expected"),
    (X.to_sparse(), X, "y has dtype sparse_coo float64, float64 is expected"),
    (torch.empty(2, 3, dtype=DOUBLE, device="meta"), X, "y has dtype meta float64, float64 is expected"),
    (X.tolist(), X, "y is a list of 2, a float64 torch tensor of shape (2, 3) is expected"),
    (X > 0, X, "y has dtype bool, float64 is expected"),
]


@pytest.mark.parametrize("check", [assert_close, assert_gradient])
@pytest.mark.parametrize(("yours", "expected"), RIGHT)
def test_right_tensors_pass(check, yours, expected):
    check(yours, expected, of="y")


@pytest.mark.parametrize("check", [assert_close, assert_gradient])
@pytest.mark.parametrize(("yours", "expected", "what"), WRONG)
def test_wrong_tensors_are_named(check, yours, expected, what):
    with pytest.raises(Mismatch) as caught:
        check(yours, expected, of="y")
    assert caught.value.finding.what == what


def test_subclasses_of_tensor_are_refused():
    class Sly(torch.Tensor):
        @classmethod
        def __torch_function__(cls, *args, **kwargs):
            raise RuntimeError("called")

    sly = X.as_subclass(Sly)
    with pytest.raises(Mismatch, match="y is an object of class Sly, a float64 torch tensor"):
        assert_close(sly, X, of="y")


def test_shapes_and_dtypes_are_equal_or_not():
    assert_equal(X.shape, (2, 3), of="shape")
    assert_equal((2, 3), X.shape, of="shape")
    assert_equal(X.dtype, DOUBLE, of="dtype")
    with pytest.raises(Mismatch, match=r"shape\[0\] is wrong"):
        assert_equal(X.T.shape, (2, 2), of="shape")
    with pytest.raises(Mismatch) as caught:
        assert_equal(torch.float32, DOUBLE, of="dtype")
    assert (caught.value.finding.yours, caught.value.finding.expected) == ("torch.float32", "torch.float64")


def test_tensors_are_shown_as_tensors():
    assert show.value(X.to(torch.bfloat16)[0]) == "tensor([1.0, -2.0, 0.5], bfloat16)"
    assert (
        show.value(torch.nn.Parameter(torch.zeros(50, 40)))
        == "float32 torch tensor of shape (50, 40): 0.0, 0.0, 0.0, …"
    )
    assert show.value(torch.zeros(1).expand(10**6, 10**6)).startswith(
        "float32 torch tensor of shape (1000000, 1000000)"
    )


def test_clues_may_be_tensors():
    g = torch.tensor([[0.5, 2.0, -1.0], [3.0, 0.7, 1.1]], dtype=DOUBLE)
    assert candidates(g * X, g * g, upstream=g, arguments={"a": X, "b": g})[0] == "uses `a` where `b` belongs"
    assert "cubed" in candidates(X**3, X**2, suspects={"cubed": X**3})


def test_the_numerical_derivative_of_a_function_of_tensors():
    upstream = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], dtype=DOUBLE)
    gradient = numerical_vjp(torch.exp, X.float(), upstream)
    assert_gradient(gradient, upstream * torch.exp(X), of="dx")


def test_contributions_counts_and_large_numbers_may_be_tensors():
    parts = [X, 2 * X**2]
    assert candidates(X, X + 2 * X**2, contributions=parts)[0].startswith(
        "holds one of its two contributions"
    )
    counts = {"all targets": torch.tensor(9), "kept targets": np.int64(7)}
    said = candidates(X * 7 / 9, X, counts=counts)[0]
    assert said == "divided by the number of all targets where the number of kept targets belongs"
    z = torch.tensor([[100.0, 0.0], [1.0, 2.0]], dtype=torch.float32)
    naive = z.exp() / z.exp().sum(1, keepdim=True)
    assert candidates(naive, z.softmax(1), arguments={"z": z})[0] == "overflow: exp of a large number"
    assert candidates(naive.double(), z.softmax(1).double(), arguments={"z": z})[0].startswith("nan (0/0")
