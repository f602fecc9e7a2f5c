"""Nothing unearned, read or written, nobody left behind or reached; the honest beside them unchanged."""

import pytest
from kata_attacks.bank import everything, groups
from kata_attacks.harness import HONEST
from kata_attacks.model import Control
from kata_attacks.world import Seen

ATTACKS = [
    pytest.param(
        attack, id=attack.id, marks=[pytest.mark.xfail(strict=True, reason=attack.hole)] * bool(attack.hole)
    )
    for attack in everything()
    if not attack.slow
]


def test_there_are_enough_of_them():
    assert len(ATTACKS) >= 120
    assert len(groups()) == 14


def test_each_one_says_what_stops_it_and_where_it_gets_through():
    for attack in everything():
        assert attack.stops, attack.id
        assert attack.control is not Control.NONE or attack.why or attack.group == "dropped", attack.id


@pytest.mark.parametrize("attack", ATTACKS)
def test_it_comes_to_nothing(strong, attack):
    assert strong.complaints(attack) == []


def test_the_world_is_as_it_was(strong):
    assert strong.seen == Seen()


def test_nothing_secret_or_raw_is_shown(strong):
    assert strong.leaks == {}


@pytest.mark.parametrize("id", HONEST)
def test_the_honest_are_graded_as_if_they_were_alone(strong, alone, id):
    assert strong.student(id) == alone.student(id)
    name = f"feedback/{id}.txt"
    assert (strong.out / name).read_bytes() == (alone.out / name).read_bytes()
    own = [line for key, line in strong.journal.items() if key[0] == id]
    assert own == [line for key, line in alone.journal.items() if key[0] == id]
    assert len(own) == len(strong.graded.exercises)


def test_the_honest_earn_what_they_should(alone):
    right, half, stub, _ = (alone.student(id) for id in HONEST)
    assert (right.points, stub.points) == (right.max_points, 0.0)
    assert 0 < half.points < half.max_points


def test_the_weakest_rung_holds_too(weak, weakly):
    assert {attack.id: weak.complaints(attack) for attack in weakly if weak.complaints(attack)} == {}
    assert weak.seen == Seen()
    assert weak.leaks == {}


@pytest.mark.parametrize("id", HONEST)
def test_the_honest_on_the_weakest_rung(weak, weak_alone, id):
    assert weak.student(id) == weak_alone.student(id)
    name = f"feedback/{id}.txt"
    assert (weak.out / name).read_bytes() == (weak_alone.out / name).read_bytes()
