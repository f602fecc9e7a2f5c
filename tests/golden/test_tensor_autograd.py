"""The tensor engine of unit 6 against the two others: unit 5's Value, and torch.autograd. All in float64."""

from pathlib import Path
from types import ModuleType

import pytest
from kata_golden import module

torch = pytest.importorskip("torch")

SOLUTIONS = Path(__file__).parents[2] / "solutions"


@pytest.fixture(scope="module")
def tensor() -> ModuleType:
    return module(SOLUTIONS / "u06_tensor/tensor.py")


@pytest.fixture(scope="module")
def value() -> ModuleType:
    return module(SOLUTIONS / "u05_value/value.py")


def near(yours, expected):
    """Equal to 1e-12 of the largest entry."""
    assert yours.shape == expected.shape
    assert float((yours - expected).abs().max()) <= 1e-12 * float(expected.abs().max())


def test_the_same_gradients_as_unit_5(tensor, value):
    """tanh(a b + a) exp(b) / b²: of Values, and of Tensors without axes."""
    numbers = (0.7, -1.3)
    a, b = (value.Value(n) for n in numbers)
    y = (a * b + a).tanh() * b.exp() / b**2
    y.backward()
    ta, tb = (tensor.Tensor(torch.tensor(n, dtype=torch.float64)) for n in numbers)
    inner = tensor.tanh(tensor.add(tensor.mul(ta, tb), ta))
    ty = tensor.div(tensor.mul(inner, tensor.exp(tb)), tensor.power(tb, 2))
    ty.backward(torch.ones((), dtype=torch.float64))
    assert float(ty.data) == pytest.approx(y.data, rel=1e-12)
    assert [float(ta.grad), float(tb.grad)] == pytest.approx([a.grad, b.grad], rel=1e-12)


def network(F, leaf):
    """Tokens through an embedding, two layers with biases and a softmax: the mean of -log p at the targets.

    F: the functions of one engine, by name    leaf: makes a leaf of it    Returns the loss and the leaves.
    """
    torch.manual_seed(6)
    shapes = {"table": (7, 5), "w1": (5, 11), "b1": (11,), "w2": (11, 7), "b2": (1, 7)}
    p = {name: leaf(torch.randn(*shape, dtype=torch.float64)) for name, shape in shapes.items()}
    tokens, targets = torch.tensor([[3, 1, 3], [6, 3, 0]]), torch.tensor([[1, 3, 2], [3, 0, 6]])
    x = F["embedding"](p["table"], tokens)
    h = F["tanh"](F["add"](F["matmul"](x, p["w1"]), p["b1"]))
    log_p = F["log_softmax"](F["add"](F["matmul"](h, p["w2"]), p["b2"]), -1)
    picked = F["gather"](log_p, targets[..., None], -1)
    return F["mul"](F["mean"](picked), leaf(torch.tensor(-1.0, dtype=torch.float64))), p


def test_the_same_gradients_as_torch(tensor):
    names = ("embedding", "tanh", "add", "log_softmax", "gather", "mul")
    ours = {name: getattr(tensor, name) for name in names}
    ours |= {"matmul": tensor.batched_matmul, "mean": tensor.reduce_mean}
    theirs = {name: getattr(torch, name) for name in ("tanh", "add", "matmul", "log_softmax", "mul", "mean")}
    theirs |= {"embedding": lambda t, k: t[k], "gather": lambda x, idx, dim: x.gather(dim, idx)}
    loss, p = network(ours, tensor.Tensor)
    expected, q = network(theirs, lambda x: x.requires_grad_())
    near(loss.data, expected.detach())
    loss.backward(torch.ones_like(loss.data))
    expected.backward()
    for name, leaf in p.items():
        near(leaf.grad, q[name].grad)
