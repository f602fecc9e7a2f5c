"""Hidden tests of tensors.py."""

import pytest
import torch

from grader.testing import assert_close, assert_equal, exercise, fail

DTYPES = [torch.float64, torch.float32, torch.bfloat16]
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5, torch.bfloat16: 2e-2}


def positive(rng, *shape, dtype=torch.float64):
    return torch.from_numpy(rng.uniform(0.5, 3, shape)).to(dtype)


@exercise("u02.normalize", weight=3)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_dtype_is_kept(student, rng, dtype):
    """The rows sum to one, and the dtype is the argument's."""
    x = positive(rng, 3, 5, dtype=dtype)
    expected = x / x.sum(1, keepdim=True)
    yours = student.normalize(x)
    if type(yours) is torch.Tensor and yours.requires_grad:
        fail("the result remembers how it was made", help="Nothing here needs a gradient.")
    suspects = {"the columns sum to one, not the rows": x / x.sum(0, keepdim=True)}
    assert_close(yours, expected, of="the rows", rtol=TOLERANCE[dtype], suspects=suspects)


@exercise("u02.normalize", in_place=True)
def test_the_argument_stays(student, rng):
    """The argument is not changed."""
    x = positive(rng, 2, 4)
    before = x.clone()
    assert_close(student.normalize(x), before / before.sum(1, keepdim=True), of="the rows")
    assert_equal(x, before, of="x after the call")


@exercise("u02.add_in_place", weight=2, in_place=True)
def test_the_result_is_the_argument(student, rng):
    """x holds the sum, y stays, and what comes back is x itself."""
    x, y = positive(rng, 3, 2), positive(rng, 3, 2)
    expected, other = x + y, y.clone()
    result = student.add_in_place(x, y)
    assert_close(x, expected, of="x after the call")
    assert_equal(y, other, of="y after the call")
    if result is not x:
        fail(
            "the result is not x itself",
            called="add_in_place(x, y)",
            help="Return the tensor that you changed.",
        )


@exercise("u02.add_in_place", in_place=True)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_part_of_a_tensor(student, rng, dtype):
    """A column is changed where it lies, its neighbours are not."""
    x, y = positive(rng, 3, 2, dtype=dtype), positive(rng, 3, dtype=dtype)
    expected = x.clone()
    expected[:, 1] += y
    student.add_in_place(x[:, 1], y)
    assert_close(x, expected, of="x after the call", called="add_in_place(x[:, 1], y)", rtol=TOLERANCE[dtype])


@exercise("u02.facts")
@pytest.mark.parametrize("dtype", [*DTYPES, torch.int64, torch.bool], ids=str)
def test_facts_of_many_tensors(student, rng, dtype):
    """Shape, dtype, flag and size of an empty and of a full tensor."""
    for shape in ((2, 1, 4), (), (0, 3)):
        x = torch.zeros(shape, dtype=dtype)
        assert_equal(student.facts(x), (x.shape, dtype, False, x.numel()), of="(shape, dtype, flag, entries)")


@exercise("u02.facts")
def test_a_tensor_that_wants_a_gradient(student):
    """The flag is told as it is."""
    x = torch.ones(3, requires_grad=True)
    assert_equal(student.facts(x), (x.shape, x.dtype, True, 3), of="(shape, dtype, flag, entries)")


@exercise("u02.sgd_step", weight=2)
def test_a_module_moves(student, inside, rng):
    """Every parameter with a gradient moves by lr times it, in place."""
    layer = inside("torch.nn.Linear", 3, 5)
    weight, grad = positive(rng, 5, 3, dtype=torch.float32), positive(rng, 5, 3, dtype=torch.float32)
    layer.weight.data = weight.clone()
    layer.weight.grad = grad
    parameter, bias = layer.weight, layer.bias.detach().clone()
    assert_equal(student.sgd_step(layer, 0.1), 1, of="the number of parameters that moved")
    if layer.weight is not parameter:
        fail("the parameter was replaced by another one", help="Change it in place.")
    assert_close(layer.weight.detach(), weight - 0.1 * grad, of="the weight", rtol=1e-5)
    assert_equal(layer.bias.detach(), bias, of="the bias, whose grad is None,")
    assert_equal(layer.weight.requires_grad, True, of="weight.requires_grad after the step")


@exercise("u02.sgd_step")
def test_a_model_of_two_layers(student, inside):
    """All four parameters move, twice."""
    model = inside("torch.nn.Sequential", inside("torch.nn.Linear", 3, 2), inside("torch.nn.Linear", 2, 4))
    before = [p.detach().clone() for p in (model[0].weight, model[0].bias, model[1].weight, model[1].bias)]
    for p in (model[0].weight, model[0].bias, model[1].weight, model[1].bias):
        p.grad = torch.ones(p.shape)
    student.sgd_step(model, 0.25)
    assert_equal(student.sgd_step(model, 0.25), 4, of="the number of parameters that moved")
    after = [p.detach() for p in (model[0].weight, model[0].bias, model[1].weight, model[1].bias)]
    assert_close(after, [b - 0.5 for b in before], of="the parameters after two steps", rtol=1e-5)


@exercise("u02.weight_norm", weight=2)
def test_a_random_parameter(student, inside, rng):
    """The length of a random matrix is a plain float."""
    values = positive(rng, 3, 4)
    p = inside("torch.nn.Parameter", values)
    assert_close(student.weight_norm(p), float(values.norm()), of="the length", called="weight_norm(p)")


@exercise("u02.weight_norm")
def test_the_parameter_stays(student, inside, rng):
    """Measuring changes nothing."""
    values = positive(rng, 5)
    p = inside("torch.nn.Parameter", values.clone())
    assert_close(student.weight_norm(p), float(values.norm()), of="the length", called="weight_norm(p)")
    assert_equal(p.detach(), values, of="the parameter after the call")
    assert_equal(p.requires_grad, True, of="requires_grad after the call")


@exercise("u02.row_entropy")
def test_certainty_and_doubt(student):
    """Equal entries have the entropy log D, whatever their size."""
    x = torch.tensor([[2.0] * 5, [0.1] * 5], dtype=torch.float64)
    expected = torch.log(torch.tensor([5.0, 5.0], dtype=torch.float64))
    assert_close(student.row_entropy(x), expected, of="the entropy", called="row_entropy(x)")


@exercise("u02.row_entropy", weight=2)
def test_random_rows(student, rng):
    """The entropy of random rows, whatever their sums."""
    x = positive(rng, 4, 3)
    p = x / x.sum(1, keepdim=True)
    assert_close(student.row_entropy(x), -(p * p.log()).sum(1), of="the entropy", called="row_entropy(x)")
