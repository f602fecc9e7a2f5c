"""The numbers of lesson 6: every one that can be computed is computed here from the reference."""

import math
from types import ModuleType

import pytest
from kata_lessons import ROOT, solution, table

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def tensor() -> ModuleType:
    return solution("u06_tensor/tensor.py")


@pytest.fixture(scope="module")
def tensor_lesson() -> str:
    return (ROOT / "exercises/u06_tensor/README.md").read_text(encoding="utf-8")


def numbers(cell: str) -> list[float]:
    return [float(one) for one in cell.split(",")]


def leaf(tensor, values):
    return tensor.Tensor(torch.tensor(values, dtype=torch.float64))


def test_the_column_and_the_row_of_unit_6(tensor, tensor_lesson):
    rows = table(tensor_lesson, "row")
    a, b = leaf(tensor, [[float(row["a"])] for row in rows]), leaf(tensor, numbers(rows[0]["b"]))
    g = torch.tensor([numbers(row["g"]) for row in rows], dtype=torch.float64)
    y = tensor.mul(a, b)
    y.backward(g)
    for k, row in enumerate(rows):
        assert numbers(row["b"]) == b.data.tolist()
        assert numbers(row["y = a · b"]) == y.data[k].tolist()
        assert numbers(row["g · b"]) == (g * b.data)[k].tolist()
        assert float(row["a.grad"]) == a.grad[k, 0]
    assert b.grad.tolist() == [2, -2.5, 5]
    assert "2 + 0, 2 − 4.5 and 2 + 3: the numbers 2, −2.5 and 5, of shape [3]" in tensor_lesson
    assert (g * a.data).T.tolist() == [[2, 0], [2, -4.5], [2, 3]]
    picture = solution("u06_tensor/picture.py")
    assert ([[x] for x in picture.A], list(picture.B)) == (a.data.tolist(), b.data.tolist())
    arrays = {name: torch.tensor(values) for name, values in picture.worked_example().items()}
    assert (arrays["g"].tolist(), arrays["y"].tolist()) == (g.tolist(), y.data.tolist())
    assert (arrays["a.grad"].tolist(), arrays["b.grad"][0].tolist()) == (a.grad.tolist(), b.grad.tolist())


def test_what_torch_does_without_keepdim():
    """The two traps of the first box."""
    assert (torch.ones(2, 1) - torch.ones(2)).shape == (2, 2)
    assert torch.ones(2, 3).sum([]).shape == ()


def test_the_tokens_of_unit_6(tensor, tensor_lesson):
    rows = table(tensor_lesson, "row of the table")
    tokens, words = torch.tensor([2, 0, 2]), leaf(tensor, [[0.0] * 2] * 3)
    g = torch.tensor([[1, 2], [3, 4], [50, 60]], dtype=torch.float64)
    tensor.embedding(words, tokens).backward(g)
    assigned = torch.zeros_like(words.data)
    for token, row in zip(tokens, g, strict=True):
        assigned[token] = row
    for k, row in enumerate(rows):
        assert numbers(row["gradient, added"]) == words.grad[k].tolist()
        assert numbers(row["assigned"]) == assigned[k].tolist()


def test_the_softmax_of_unit_6(tensor, tensor_lesson):
    def back(name, g):
        x = leaf(tensor, [[0.0, math.log(3)]])
        getattr(tensor, name)(x).backward(torch.tensor(g, dtype=torch.float64))
        return x.grad[0].tolist()

    assert tensor.softmax(leaf(tensor, [0.0, math.log(3)])).data.tolist() == pytest.approx([0.25, 0.75])
    assert back("softmax", [[1.0, 0.0]]) == pytest.approx([0.1875, -0.1875])
    assert back("log_softmax", [[1.0, 0.0]]) == pytest.approx([0.75, -0.75])
    assert back("logsumexp", [2.0]) == pytest.approx([0.5, 1.5])
    text = tensor_lesson.replace("\n", " ")
    assert "softmax sends back 0.1875 and −0.1875, log_softmax 0.75 and −0.75" in text
    assert "logsumexp sends 0.5 and 1.5" in text


def test_what_the_lesson_of_unit_6_says_of_torch(tensor_lesson):
    """exp and then += is refused, a sum and then += is fine, and data goes around the counter."""
    x = torch.ones(3, requires_grad=True)
    y = x.exp()
    y += 1
    with pytest.raises(RuntimeError) as refused:
        y.sum().backward()
    said = "one of the variables needed for gradient computation has been modified by an inplace operation"
    assert said in str(refused.value)
    assert said in tensor_lesson.replace("\n", " ")
    y = x + x
    y += 1
    y.sum().backward()
    y = x.exp()
    y.data += 1
    y.sum().backward()
