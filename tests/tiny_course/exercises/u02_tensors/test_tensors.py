"""Public tests of tensors.py."""

import torch

from grader.testing import assert_close, assert_equal, exercise


@exercise("u02.normalize")
def test_two_rows(student):
    """The rows [1, 3] and [2, 2] become [1/4, 3/4] and [1/2, 1/2]."""
    x = torch.tensor([[1.0, 3.0], [2.0, 2.0]])
    assert_close(student.normalize(x), torch.tensor([[0.25, 0.75], [0.5, 0.5]]), of="the rows")


@exercise("u02.add_in_place", in_place=True)
def test_the_tensor_itself_changes(student):
    """The first tensor holds the sum afterwards."""
    x, y = torch.tensor([[1.0, 2.0]]), torch.tensor([[10.0, 20.0]])
    student.add_in_place(x, y)
    assert_close(x, torch.tensor([[11.0, 22.0]]), of="x after the call", called="add_in_place(x, y)")


@exercise("u02.facts")
def test_facts_of_a_matrix(student):
    """A float64 tensor of shape (3, 5) has 15 entries."""
    yours = student.facts(torch.zeros(3, 5, dtype=torch.float64))
    expected = (torch.Size([3, 5]), torch.float64, False, 15)
    assert_equal(yours, expected, of="(shape, dtype, requires_grad, entries)")


@exercise("u02.sgd_step")
def test_one_step(student, inside):
    """With gradient 2 and lr 0.5 every weight falls by 1."""
    layer = inside("torch.nn.Linear", 3, 2, bias=False)
    before = layer.weight.detach().clone()
    layer.weight.grad = torch.full((2, 3), 2.0)
    assert_equal(student.sgd_step(layer, 0.5), 1, of="the number of parameters that moved")
    assert_close(layer.weight.detach(), before - 1.0, of="the weight after the step", rtol=1e-5)


@exercise("u02.weight_norm")
def test_three_four_five(student, inside):
    """The length of (3, 4) is 5."""
    p = inside("torch.nn.Parameter", torch.tensor([3.0, 4.0]))
    assert_close(student.weight_norm(p), 5.0, of="the length", called="weight_norm(p)")


@exercise("u02.row_entropy")
def test_a_fair_coin(student):
    """The entropy of [1, 1] is log 2."""
    yours = student.row_entropy(torch.tensor([[1.0, 1.0]], dtype=torch.float64))
    assert_close(yours, torch.tensor([0.6931471805599453], dtype=torch.float64), of="the entropy")
