"""The numbers of lesson 10: every one that can be computed is computed here from the reference."""

import re
from types import ModuleType

import pytest
from kata_lessons import ROOT, solution, table


@pytest.fixture(scope="module")
def backward() -> ModuleType:
    pytest.importorskip("torch")
    return solution("u10_backward/backward.py")


@pytest.fixture(scope="module")
def forward() -> ModuleType:
    pytest.importorskip("torch")
    return solution("u09_forward/forward.py")


@pytest.fixture(scope="module")
def backward_lesson() -> str:
    text = (ROOT / "exercises/u10_backward/README.md").read_text(encoding="utf-8")
    return text.replace("\n> ", " ")


def numbers(text: str) -> list[float]:
    return [float(one.replace("−", "-")) for one in re.findall(r"[-−]?\d+(?:\.\d+)?", text)]


def test_the_norm_of_unit_10(forward, backward, backward_lesson):
    torch = pytest.importorskip("torch")
    said = re.search(r"x = (\(.*?\)) as in unit 9, γ = (\(.*?\)), and dout = (\(.*?\))", backward_lesson)
    x, gamma, dout = (torch.tensor(numbers(part)).double() for part in said.groups())
    _, cache = forward.layer_norm(x, gamma, 0 * gamma)
    xhat, inv_std, _ = cache
    assert f"1 / √(σ² + ε) = {inv_std.item():.4f}" in backward_lesson
    dx, *_ = backward.layer_norm_backward(dout, cache)
    outside = gamma * backward.layer_norm_backward(dout, (xhat, inv_std, torch.ones(4)))[0]
    computed = {"x̂": xhat, "dx̂": gamma * dout, "dx": dx, "γ outside": outside}
    for row in table(backward_lesson, "quantity"):
        shown = [row[place] for place in ("first", "second", "third", "fourth")]
        assert shown == [f"{one + 0.0:.4f}" for one in computed.pop(row["quantity"]).tolist()]
    assert not computed
    assert abs(float(dx.sum())) < 1e-12


def test_the_softmax_row_of_unit_10(backward, backward_lesson):
    torch = pytest.importorskip("torch")
    pattern = r"weights (\(.*?\)) and dp = (\(.*?\)). The row's mean is ([\d.]+), so dscores = (\(.*?\))"
    p, dp, mean, dscores = (
        torch.tensor(numbers(part)).double() for part in re.search(pattern, backward_lesson).groups()
    )
    assert float((p * dp).sum()) == pytest.approx(float(mean))
    assert torch.allclose(backward.softmax_backward(dp, p), dscores)


def test_the_rows_of_unit_10(backward, backward_lesson):
    torch = pytest.importorskip("torch")
    pattern = r"tokens ([\d, ]+) with dout rows (.*?): row 1 of dtok is (\(.*?\)), row 2 is (\(.*?\))"
    tokens, rows, *ends = (
        numbers(part) for part in re.search(pattern, backward_lesson.replace("\n", " ")).groups()
    )
    dout = torch.tensor(rows).double().reshape(1, 3, 3)
    dtok, _ = backward.embed_backward(dout, (torch.tensor([tokens]).long(), 3, 3))
    assert dtok[1:].tolist() == ends


def test_the_errata_of_unit_10(forward, backward, backward_lesson):
    """What the lesson says about the by-hand book, from its model's own numbers."""
    torch = pytest.importorskip("torch")
    by_hand = solution("../tests/golden/by_hand.py")
    text, p = backward_lesson.replace("\n", " "), by_hand.parameters()
    right, wrong = (by_hand.gradients(forward, backward, p, wo_turned=turned) for turned in (False, True))
    ends = [float(one["tok"][by_hand.SENTENCE[0], 0]) for one in (right, wrong)]
    assert f"has the gradient −{-ends[0]:.4f}; with the mistake it is +{ends[1]:.4f}" in text
    cosine = torch.cosine_similarity(right["tok"].flatten(), wrong["tok"].flatten(), dim=0)
    assert f"a cosine of only {cosine:.2f}" in text
    x = torch.linspace(-6, 6, 120_001, dtype=torch.float64)
    one, two = (backward.activation_backward(torch.ones_like(x), (x, kind)) for kind in ("gelu", "gelu_tanh"))
    assert f"off by up to {(one - two).abs().max():.1e}".replace("e-0", "e-") in text
    assert "summed loss, 4 times that of the mean" in text
    assert len(by_hand.SENTENCE) - 1 == 4
    for name, row in (("tok", 0), ("tok", 2), ("pos", 4)):
        assert not right[name][row].any()
