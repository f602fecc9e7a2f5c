"""The by-hand model, whose numbers are known, built from the layers of unit 9."""

import pytest

torch = pytest.importorskip("torch")


def test_the_loss_of_the_by_hand_model(forward, by_hand):
    p = by_hand.parameters()
    assert by_hand.loss(forward, p) == pytest.approx(1.8298677505438041, rel=0, abs=1e-12)
    assert forward.count_parameters(p) == 3456


def test_the_position_without_a_target_leaves_no_trace(forward, by_hand):
    """EOS is no input: another row for it, or for position 4, changes nothing."""
    p = by_hand.parameters()
    p["pos"][4] += 1
    p["tok"][2] -= 1
    assert by_hand.loss(forward, p) == by_hand.loss(forward, by_hand.parameters())
