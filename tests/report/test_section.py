"""How room is shared out on the class page."""

import random

import pytest
from markupsafe import Markup

from grader.report.page import part
from grader.report.section import Told, _fitting, fair_room


def test_who_needs_less_leaves_it_to_others():
    assert fair_room([10, 10, 10], 30) == 10
    assert fair_room([10, 100, 100], 110) == 50
    assert fair_room([10, 100, 100], 1000) == 100
    assert fair_room([], 10) == 0
    assert fair_room([5, 5], 1) == 0


def test_all_together_take_no_more_than_there_is():
    chance = random.Random(3)
    for _ in range(200):
        sizes = [chance.randrange(100) for _ in range(chance.randrange(1, 30))]
        whole = chance.randrange(2000)
        room = fair_room(sizes, whole)
        assert sum(min(size, room) for size in sizes) <= whole or sum(sizes) <= whole


def told(full, brief):
    return Told(Markup("x" * full), Markup("y" * brief))


@pytest.mark.parametrize(
    ("room", "want"),
    [(300, (3, 3)), (120, (1, 3)), (119, (0, 3)), (30, (0, 3)), (29, (0, 2)), (9, (0, 0))],
)
def test_the_first_in_full_the_others_in_a_few_words_then_none(room, want):
    assert _fitting([told(100, 10)] * 3, room) == want


def test_bytes_count_not_characters():
    assert Told(Markup("é✔"), Markup("ab")).sizes == (5, 2)


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("uses `a` where `b` belongs", "uses <code>a</code> where <code>b</code> belongs"),
        ("one ` alone", "one ` alone"),
        ("`<b>` & c", "<code>&lt;b&gt;</code> &amp; c"),
        ("", ""),
    ],
)
def test_what_stands_between_backticks_is_code(text, want):
    assert part("brief", text) == want
