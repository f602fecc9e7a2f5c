"""What a test may compute itself, handed a hostile number."""

import itertools

import pytest

from grader.errors import TooSlow
from grader.examine import bounded


def test_it_is_stopped_again_when_it_is_tried_again(monkeypatch):
    """What failed in a warm worker is repeated in a fresh one: the second time must come to an end too."""
    monkeypatch.setattr(bounded, "SPARE", 0.05)
    bounds = bounded.Bounds()
    with bounded.own_seconds(0.0, bounds):
        for _ in range(3):
            with pytest.raises(TooSlow):
                sum(1 for _ in itertools.repeat(0))
    assert bounds.broken
