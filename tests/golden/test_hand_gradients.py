"""The by-hand model's gradients from the solutions of units 9 and 10, and what its book has wrong in them."""

import pytest

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def found(forward, backward, by_hand) -> dict[str, torch.Tensor]:
    gradients: dict[str, torch.Tensor] = by_hand.gradients(forward, backward, by_hand.parameters())
    return gradients


def test_the_gradients_of_the_by_hand_model(found, by_hand):
    stored = by_hand.stored_gradients()
    assert found.keys() - {"x"} == stored.keys() == by_hand.parameters().keys()
    for name, expected in stored.items():
        assert float((found[name] - expected).abs().max()) <= 1e-12 * float(expected.abs().max()), name


def test_what_was_not_used_has_no_gradient(found):
    """PAD and EOS are no inputs, and position 4 has no target: their rows are exactly 0, not .3268."""
    for name, row in (("tok", 0), ("tok", 2), ("pos", 4)):
        assert not found[name][row].any(), (name, row)
    assert all(found["tok"][row].all() for row in (1, 3, 4, 5))


def test_the_output_projection_untransposed(forward, backward, by_hand, found):
    """W_O is square, so its transpose fits too: what lies below it then points elsewhere, and the first
    number of BOS gets the opposite sign."""
    wrong = by_hand.gradients(forward, backward, by_hand.parameters(), wo_turned=True)
    above = {name for name in found if name.startswith(("head", "norm", "ffn"))} | {"attn.wo"}
    assert above == {name for name in found if torch.equal(found[name], wrong[name])}
    assert float(found["tok"][1, 0]) == pytest.approx(-0.0024271762426548702, rel=1e-11)
    assert float(wrong["tok"][1, 0]) == pytest.approx(0.006642089840764231, rel=1e-11)
    angle = torch.cosine_similarity(found["tok"].flatten(), wrong["tok"].flatten(), dim=0)
    assert float(angle) == pytest.approx(0.3155, abs=5e-5)


def test_the_printed_example_is_in_no_gradient(found):
    """-.352893, the gradient that the book's last notebook works with, is no entry of any gradient, whether
    of the mean loss or of the sum over the four targets, which is what the book's table shows."""
    entries = torch.cat([gradient.flatten() for gradient in found.values()])
    for of in (entries, 4 * entries):
        assert float((of + 0.352893).abs().min()) > 1e-4


def test_the_mixed_gelus(backward):
    """The slope of one GELU in the model of the other: off by up to 8.7e-4, at x = 2.02."""
    x = torch.linspace(-6, 6, 120_001, dtype=torch.float64)
    one = torch.ones_like(x)
    erf, tanh = (backward.activation_backward(one, (x, kind)) for kind in ("gelu", "gelu_tanh"))
    gap = (erf - tanh).abs()
    assert float(gap.max()) == pytest.approx(8.68e-4, abs=5e-7)
    assert abs(float(x[gap.argmax()])) == pytest.approx(2.02, abs=5e-3)
