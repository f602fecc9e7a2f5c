"""The numbers of lesson 9: every one that can be computed is computed here from the reference."""

from types import ModuleType

import pytest
from kata_lessons import ROOT, solution, table


@pytest.fixture(scope="module")
def forward() -> ModuleType:
    pytest.importorskip("torch")
    return solution("u09_forward/forward.py")


@pytest.fixture(scope="module")
def forward_lesson() -> str:
    return (ROOT / "exercises/u09_forward/README.md").read_text(encoding="utf-8")


def test_the_batch_of_unit_9(forward, forward_lesson):
    batch = forward.make_batch([[1, 3, 4, 5, 2], [1, 4, 2]])
    for row, *numbers in zip(table(forward_lesson, "sentence"), *batch, strict=True):
        inputs, targets, mask = (one.tolist() for one in numbers)
        assert row["inputs"] == ", ".join(map(str, inputs))
        assert row["targets"] == ", ".join(map(str, targets))
        assert row["mask"] == ", ".join("T" if counts else "F" for counts in mask)


def test_the_norms_of_unit_9(forward, forward_lesson):
    torch = pytest.importorskip("torch")
    x = torch.tensor([1.0, 2, 3, 6]).double()
    out = {
        "LayerNorm": forward.layer_norm(x, torch.ones(4), torch.zeros(4))[0],
        "RMSNorm": forward.rms_norm(x)[0],
    }
    for row in table(forward_lesson, "norm"):
        said = [row[place] for place in ("first", "second", "third", "fourth")]
        assert said == [f"{one:.4f}" for one in out[row["norm"]]]
    mean, var, square = float(x.mean()), float(x.var(correction=0)), float(x.square().mean())
    assert f"the mean is {mean:g}, the variance {var:g}, the mean square {square:g}" in forward_lesson


def test_the_gelus_of_unit_9(forward, forward_lesson):
    torch = pytest.importorskip("torch")
    x = torch.linspace(-6, 6, 120_001, dtype=torch.float64)
    gap = (forward.activation(x, "gelu")[0] - forward.activation(x, "gelu_tanh")[0]).abs()
    assert f"at most {gap.max():.2e}".replace("e-0", "e-") in forward_lesson
    assert f"at x = ±{x[gap.argmax()].abs():.2f}" in forward_lesson


def test_the_attention_of_unit_9(forward, forward_lesson):
    torch = pytest.importorskip("torch")
    picture = solution("u09_forward/picture.py")
    q, k, v = (torch.tensor(rows).double() for rows in (picture.Q, picture.K, picture.V))
    out, (*_, weights) = forward.attention(q, k, v, forward.causal_mask(torch.arange(3)))
    scores = q @ k.T / 2
    drawn = [torch.tensor(rows).double() for rows in picture.attention()]
    for mine, other in zip(drawn, (scores, weights, out), strict=True):
        assert torch.allclose(mine, other, atol=1e-14)
    for t, row in enumerate(table(forward_lesson, "position")):
        assert row["position"] == picture.TOKENS[t]
        assert [float(one) for one in row["scores"].split(", ")] == scores[t, : t + 1].tolist()
        assert [f"{float(one):.4f}" for one in row["weights"].split(", ")] == [
            f"{one:.4f}" for one in weights[t, : t + 1]
        ]
        assert row["last entry of out"] == f"{out[t, -1]:.4f}"
    tests = (ROOT / "exercises/u09_forward/test_forward.py").read_text(encoding="utf-8")
    for name in "QKV":
        assert f"{name} = {[[float(one) for one in row] for row in getattr(picture, name)]}" in tests


def test_the_errata_of_unit_9(forward, forward_lesson):
    """What the lesson says about the by-hand book, from its model's own numbers."""
    torch = pytest.importorskip("torch")
    by_hand = solution("../tests/golden/by_hand.py")
    text = forward_lesson.replace("\n> ", " ").replace("\n", " ")
    p = by_hand.parameters()
    assert "1,024 + 64 + 1,024 + 16) + 32 + 96 = 3,456" in text
    assert forward.count_parameters(p) == 3456 == 96 + 80 + 4 * 256 + 1024 + 64 + 1024 + 16 + 32 + 96
    loss = by_hand.loss(forward, p)
    assert f"Its loss, {loss:.6f}, is right" in text
    averaged = by_hand.loss(forward, p | {"attn.wq": 0 * p["attn.wq"]})
    unscaled = by_hand.loss(forward, p | {"attn.wq": 8**0.5 * p["attn.wq"]})
    for other in (averaged, unscaled):
        assert f"{abs(other - loss):.1e}".replace("e-0", "e-") in text
    tokens = torch.tensor([by_hand.SENTENCE])
    x, _ = forward.embed(tokens, p["tok"], p["pos"])
    mh, _ = forward.multi_head(x, by_hand.below(p, "attn"), 2, forward.causal_mask(tokens))
    r = mh + forward.ffn(mh, by_hand.below(p, "ffn"), "gelu_tanh")[0]
    first = r[0, 0]
    _, (xhat, *_) = forward.layer_norm(first, p["norm.gamma"], p["norm.beta"])
    var = first.var(correction=0)
    assert float(xhat.var(correction=0)) == pytest.approx(float(var / (var + 1e-5)))
    assert f"variance of {xhat.var(correction=0):.6f}" in text
    assert f"σ² = {var:.4f}" in text
    assert f"would give {15 / 16}" in text
