"""The numbers of lesson 8: every one that can be computed is computed here from the reference."""

import math
from types import ModuleType

import numpy as np
import pytest
from kata_lessons import ROOT, solution, table

SENTENCE = np.array(
    [
        [0.1785, 0.2007, 0.1759, 0.1254, 0.1563, 0.1632],
        [0.1836, 0.1969, 0.1805, 0.1233, 0.1500, 0.1657],
        [0.1795, 0.2050, 0.1782, 0.1207, 0.1437, 0.1728],
        [0.1855, 0.2017, 0.1771, 0.1271, 0.1391, 0.1695],
    ]
)  # the by-hand book's probabilities, as it prints them; the targets are "I like transformers" and EOS


@pytest.fixture(scope="module")
def softmax() -> ModuleType:
    pytest.importorskip("torch")
    return solution("u08_softmax/softmax.py")


@pytest.fixture(scope="module")
def softmax_lesson() -> str:
    return (ROOT / "exercises/u08_softmax/README.md").read_text(encoding="utf-8")


def test_the_six_logits_of_unit_8(softmax, softmax_lesson):
    torch = pytest.importorskip("torch")
    rows = table(softmax_lesson, "token")
    z = torch.tensor([float(row["z"]) for row in rows], dtype=torch.float64)
    target = [row["y"] for row in rows].index("1")
    shifted, p = z - z.max(), softmax.softmax(z)
    gradient = softmax.cross_entropy_gradient(z[None], torch.tensor([target]))[0]
    for k, row in enumerate(rows):
        assert row["z − m"] == f"{shifted[k]:.1f}"
        assert row["exp(z − m)"] == f"{shifted[k].exp():.4f}"
        assert row["p"] == f"{p[k]:.4f}"
        assert row["p − y"] == f"{gradient[k]:.4f}"
    total, lse = shifted.exp().sum(), softmax.logsumexp(z)
    nll = softmax.cross_entropy(z[None], torch.tensor([target]))
    assert f"sum to {total:.4f}, so lse = 0.2 + ln {total:.4f} = {lse:.4f}" in softmax_lesson
    assert f"nll = {lse:.4f} + 0.8 = {nll:.4f}" in softmax_lesson
    picture = solution("u08_softmax/picture.py")
    assert (list(picture.LOGITS), picture.TARGET) == (z.tolist(), target)


def test_the_four_positions_of_unit_8(softmax, softmax_lesson):
    torch = pytest.importorskip("torch")
    names, targets = ["PAD", "BOS", "EOS", "I", "like", "transformers"], [3, 4, 5, 2]
    rows = table(softmax_lesson, "position")
    assert [names.index(row["target"]) for row in rows] == targets
    p = SENTENCE[range(4), targets]
    nll = -np.log(p)
    gradient = softmax.cross_entropy_gradient(torch.tensor(SENTENCE).log(), torch.tensor(targets))
    printed = p - 1  # by the book: the gradient of the sum
    for k, row in enumerate(rows):
        assert (row["p_t"], row["nll"]) == (f"{p[k]:.4f}", f"{nll[k]:.4f}")
        assert float(row["gradient at the target"]) == pytest.approx(printed[k] / 4, abs=5.1e-5)
        assert float(row["gradient at the target"]) == pytest.approx(float(gradient[k, targets[k]]), abs=6e-5)
        assert f"{printed[k]:.4f}".replace("-", "−") in softmax_lesson
    assert f"{nll.mean():.6f}" == "1.865007"
    assert "1.865007" in softmax_lesson
    assert np.mean([2.0763, 1.8969, 1.7557, 1.7310]) == pytest.approx(1.864983, abs=5e-5)
    assert (
        f"mean, {nll.mean():.4f}, the perplexity e^{nll.mean():.4f} = {math.exp(nll.mean()):.3f}"
        in softmax_lesson
    )
    assert f"{1 - SENTENCE[2].sum():.4f}" == "0.0001"


def test_the_constants_of_unit_8(softmax, softmax_lesson):
    torch = pytest.importorskip("torch")
    for V in (6, 27):
        assert f"ln {V} = {softmax.baseline_loss(V):.4f}" in softmax_lesson
    for dtype, limit in ((torch.float64, 710), (torch.float32, 89)):
        assert f"z = {limit} in {str(dtype).removeprefix('torch.')}" in softmax_lesson
        low, high = torch.tensor([limit - 1.0, limit], dtype=dtype).exp()
        assert (bool(low.isfinite()), bool(high.isinf())) == (True, True)
    assert "lse − 746" in softmax_lesson
    assert (math.exp(-745), math.exp(-746)) == (5e-324, 0)
    assert "−20.7" in softmax_lesson
    assert f"{math.log(1e-9):.1f}" == "-20.7"
