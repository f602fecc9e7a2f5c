"""The numbers of lesson 7: every one that can be computed is computed here, by torch and by the reference."""

import math
import warnings
from types import ModuleType

import pytest
from kata_lessons import ROOT, solution, table


@pytest.fixture(scope="module")
def pytorch() -> ModuleType:
    pytest.importorskip("torch")
    return solution("u07_pytorch/pytorch.py")


@pytest.fixture(scope="module")
def pytorch_lesson() -> str:
    return (ROOT / "exercises/u07_pytorch/README.md").read_text(encoding="utf-8")


def plain(text: str) -> str:
    return " ".join(text.replace("\n> ", " ").split())


def test_the_leaves_of_unit_7(pytorch_lesson):
    """The table of leaves is what torch says."""
    torch = pytest.importorskip("torch")
    x, W, spare = torch.ones(3, 4), torch.ones(5, 4, requires_grad=True), torch.ones(3, requires_grad=True)
    logits = x @ W.T
    fixed = logits.detach()
    with torch.no_grad():
        probe = x @ W.T
    right = logits > 0
    logits.sum().backward()
    made = {"x": x, "W": W, "logits": logits, "fixed": fixed, "probe": probe, "right": right, "spare": spare}
    rows = table(pytorch_lesson, r"after `loss.backward\(\)`")
    assert len(rows) == len(made)
    for row in rows:
        one = made[row["after `loss.backward()`"].strip("`").partition(" ")[0].strip(",`")]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            said = {
                "requires_grad": one.requires_grad,
                "is_leaf": one.is_leaf,
                "grad is None": one.grad is None,
            }
        assert {name: row[name] for name in said} == {name: str(value) for name, value in said.items()}


def test_none_and_zero_of_unit_7(pytorch, pytorch_lesson):
    """What AdamW does with a gradient of 0 and with none, and who shares memory."""
    torch = pytest.importorskip("torch")
    zero, none = torch.nn.Parameter(torch.ones(())), torch.nn.Parameter(torch.ones(()))
    zero.grad = torch.zeros(())
    optimizer = torch.optim.AdamW([zero, none], lr=0.1, weight_decay=0.1)
    optimizer.step()
    assert (round(zero.item(), 6), none.item()) == (0.99, 1.0)
    assert len(optimizer.state[zero]) > 0
    assert none not in optimizer.state
    assert "A weight of 1 with the gradient 0 becomes 0.99 by a step of AdamW" in plain(pytorch_lesson)
    optimizer.zero_grad()
    assert zero.grad is None
    w = torch.ones(3)
    assert w.detach().data_ptr() == w.data_ptr()


def test_the_step_of_unit_7(pytorch, pytorch_lesson):
    """The worked example: the reference takes the step, the picture knows it line by line."""
    torch = pytest.importorskip("torch")
    picture = solution("u07_pytorch/picture.py")
    tensor = torch.tensor
    weight, bias = tensor([[1.0, 2.0]], dtype=torch.float64), tensor([0.5], dtype=torch.float64)
    x, y = tensor(picture.X).double(), tensor(picture.Y).double().reshape(2, 1)
    model, optimizer = pytorch.prepare(weight, bias, picture.LR, 0.0)
    (model(x) - y).square().mean().backward()
    gradient = [*model.weight.grad[0].tolist(), *model.bias.grad.tolist()]
    loss, norm = pytorch.train_step(model, optimizer, x, y, max_norm=picture.MAX_NORM, scale=picture.SCALE)
    after = [*model.weight[0].tolist(), *model.bias.tolist()]
    stages = picture.stages()
    assert picture.loss_and_gradient() == (pytest.approx(loss), pytest.approx(tuple(gradient)))
    assert stages[-1][3] == pytest.approx(tuple(after))
    assert stages[-1][2] == pytest.approx((*model.weight.grad[0].tolist(), *model.bias.grad.tolist()))
    for row, (name, _, down, weights) in zip(table(pytorch_lesson, "line"), stages, strict=True):
        assert row["line"] == name
        said = [row[column] for column in ("dL/dw₁", "dL/dw₂", "dL/db")]
        assert said == (["None"] * 3 if down is None else [f"{one:.4f}" for one in down])
        assert [row[column] for column in ("w₁", "w₂", "b")] == [f"{one:.4f}" for one in weights]
    text = plain(pytorch_lesson)
    assert f"(9 + 4) / 2 = {loss:g}" in text
    assert f"√(49 + 9 + 25) = {norm:.4f}" in text
    assert f"4 / {norm:.4f} = {4 / norm:.4f}" in text
    assert f"the gradient of norm {8 * norm:.3f}" in text
    assert math.isclose(norm, math.sqrt(83))


def test_the_precision_of_unit_7(pytorch, pytorch_lesson):
    torch = pytest.importorskip("torch")
    text, bf16 = plain(pytorch_lesson), torch.bfloat16
    one = torch.tensor(1.0, dtype=bf16)
    below, above = (torch.nextafter(one, torch.tensor(to, dtype=bf16)).item() for to in (0.0, 2.0))
    assert f"the numbers next to 1 are {below:.4f} and {above:.4f}" in text
    assert torch.tensor(256.0, dtype=bf16) + 1 == 256
    z = torch.tensor([3.0, 1.0, -15.9375])
    assert z.to(bf16).float().equal(z)
    exact = pytorch.safe_log_softmax(z.double())
    first, second, third = (f"−{-one:.4f}" for one in exact.tolist())
    assert f"have log p = {first}, {second} and {third}" in text
    coarse, safe = torch.log_softmax(z.to(bf16), -1), pytorch.safe_log_softmax(z.to(bf16))
    assert f"says −{-coarse[2].item():g}: an error of {(coarse.double() - exact).abs().max():.3f}" in text
    assert (safe.double() - exact).abs().max() < 1.5e-6


def test_the_errata_of_unit_7(pytorch, pytorch_lesson):
    """loss / grad_accum against the one large batch, on the pieces of the public test."""
    torch = pytest.importorskip("torch")
    pieces = [
        (torch.tensor([[1.0], [2.0], [-3.0], [4.0]]).double(), torch.tensor([0, 1, 1, -100])),
        (torch.tensor([[2.0], [3.0]]).double(), torch.tensor([0, -100])),
    ]
    tests = (ROOT / "exercises/u07_pytorch/test_pytorch.py").read_text(encoding="utf-8")
    for x, targets in pieces:
        assert f"{x.tolist()}, {targets.tolist()}" in tests
    W = torch.zeros(2, 1, dtype=torch.float64)
    _, right = pytorch.group_gradient(W, pieces)
    alone = [pytorch.group_gradient(W, [one])[1][0].item() for one in pieces]
    text = plain(pytorch_lesson)
    assert alone == pytest.approx([-1 / 3, -1])
    assert f"−2/4 = −{-right[0].item():g}" in text
    assert f"(−1/3 − 1)/2 = −{-sum(alone) / 2:.4f}" in text
    assert sum(alone) / 2 / right[0].item() == pytest.approx(4 / 3)
