"""Tensors, parameters and modules through the proxy."""

import pytest
import torch

from grader.gradcheck.message import Mismatch
from grader.remote.handle import Handle

SOURCE = """
    import torch

    def add_(x, y):
        return x.add_(y)

    def double(x):
        return 2 * x

    def fill(pair):
        pair[0].zero_()
        pair[1]["w"].fill_(7)

    def flags(x):
        return x.requires_grad, x.is_leaf, x.dtype, x.shape

    def step(p, lr):
        with torch.no_grad():
            p -= lr * p.grad
        return p

    def backward(p):
        (p * p).sum().backward()
        return p.grad

    def through(f, x):
        return f(x) + f(x)

    def stepped(f):
        p, g = torch.ones(3, dtype=torch.float64), torch.full((3,), 2.0, dtype=torch.float64)
        last = p[2:]
        f({"p": p}, {"p": g})
        return p, g, last

    def sizes(module):
        return [p.shape for p in module.parameters()]
"""


@pytest.fixture
def student(in_thread):
    return in_thread(SOURCE)


@pytest.fixture
def build(student):
    return student.__kata_session__.build


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.int64, torch.bool], ids=str)
def test_a_tensor_changed_in_place_is_changed_outside(student, dtype):
    x, y = torch.zeros(2, 3, dtype=dtype), torch.ones(3, dtype=dtype)
    assert student.add_(x, y) is x
    assert torch.equal(x, torch.ones(2, 3, dtype=dtype))
    assert torch.equal(y, torch.ones(3, dtype=dtype))


def test_a_part_of_a_tensor_is_changed_where_it_lies(student):
    x = torch.zeros(2, 3)
    student.add_(x[:, 1], torch.ones(2))
    assert x.tolist() == [[0, 1, 0], [0, 1, 0]]


def test_tensors_deep_inside_are_changed(student):
    a, w = torch.ones(2), torch.zeros(1)
    pair = (a, {"w": w})
    student.fill(pair)
    assert pair[0] is a
    assert a.tolist() == [0, 0]
    assert w.tolist() == [7]


def test_what_is_not_changed_is_not_touched(student):
    x = torch.ones(2)
    version = x._version
    student.double(x)
    assert x._version == version


def test_a_tensor_that_wants_a_gradient(student):
    x = torch.ones(2, requires_grad=True)
    assert student.flags(x) == (True, True, torch.float32, torch.Size([2]))
    assert student.double(x).requires_grad
    with pytest.raises(RuntimeError, match="leaf Variable"):
        student.add_(x, x)


def test_a_parameter_stays_inside(student, build):
    p = build("torch.nn.Parameter", torch.tensor([1.0, 2.0]))
    assert type(p) is Handle
    p.grad = torch.tensor([10.0, 20.0])
    assert student.step(p, 0.1) is p
    assert p.detach().tolist() == [0.0, 0.0]
    assert p.grad.tolist() == [10.0, 20.0]
    with pytest.raises(Mismatch):
        bool(p == 1)


def test_autograd_runs_inside(student, build):
    p = build("torch.nn.Parameter", torch.tensor([1.0, 3.0]))
    assert student.backward(p).tolist() == [2.0, 6.0]
    assert (p * 2).sum().item() == 8.0


def test_a_module_stays_inside(student, build):
    inner = build("torch.nn.Linear", 3, 5)
    model = build("torch.nn.Sequential", inner, build("torch.nn.ReLU"))
    assert model[0] is inner
    assert student.sizes(model) == [torch.Size([5, 3]), torch.Size([5])]
    inner.weight.data = torch.ones(5, 3)
    inner.bias.data = torch.zeros(5)
    out = model(torch.ones(2, 3))
    assert out.detach().tolist() == [[3.0] * 5] * 2


def test_a_tensor_through_a_function_of_the_test(student):
    seen = []

    def f(x):
        seen.append(x)
        return x * x

    assert student.through(f, torch.tensor([2.0, 3.0])).tolist() == [8.0, 18.0]
    assert [type(x) for x in seen] == [torch.Tensor] * 2


def test_what_a_function_of_the_test_does_to_a_tensor_is_done_where_it_lies(student):
    def f(params, grads):
        for name, p in params.items():
            p.sub_(0.5 * grads[name])
            grads[name] = None

    p, g, last = student.stepped(f)
    assert (p.tolist(), g.tolist(), last.tolist()) == ([0.0] * 3, [2.0] * 3, [0.0])


def test_a_tensor_on_the_left_of_the_students_object(in_thread):
    student = in_thread("""
        class Box:
            def __init__(self, x): self.x = x
            def __radd__(self, other): return ("radd", other, self.x)
            def __rmul__(self, other): return ("rmul", other, self.x)
    """)
    box = student.Box(5)
    name, other, x = torch.ones(2) + box
    assert (name, other.tolist(), x) == ("radd", [1, 1], 5)
    assert (torch.tensor(2.0) * box)[0] == "rmul"
