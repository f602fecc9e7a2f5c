"""The attacks are real ones: with what stops them away, they get through."""

import os
import subprocess
import sys

import pytest
from kata_attacks.bank import everything
from kata_attacks.harness import gets_through
from kata_attacks.model import Control

from grader.verify.inprocess import in_process


def those(control, group=""):
    found = [a for a in everything() if a.control is control and (not group or a.group == group)]
    return pytest.mark.parametrize("attack", found, ids=[attack.id for attack in found])


def need_these_numbers(attack):
    if "libc.syscall(" in attack.code and os.uname().machine != "x86_64":
        pytest.skip("the numbers of its system calls are those of x86_64")


@those(Control.UNSAFE)
def test_without_a_jail_it_gets_through(unsafe, attack):
    need_these_numbers(attack)
    if attack.root_only and os.geteuid() != 0:
        pytest.skip("nobody but root could do it anyway")
    assert gets_through(unsafe, attack)


@those(Control.UNLIMITED)
def test_without_limits_it_gets_through(unlimited, attack):
    need_these_numbers(attack)
    assert gets_through(unlimited, attack)


def test_without_the_filter_the_other_layers_hold_what_they_say(unfiltered):
    attacks, result = unfiltered
    assert len(attacks) > 5
    assert {attack.id: result.loot[attack.id] for attack in attacks if attack.id in result.loot} == {}
    assert result.graded.rung.endswith("without seccomp filter")


@pytest.mark.parametrize(
    "attack",
    [a for a in everything() if a.control is Control.IN_PROCESS and a.group != "patching"],
    ids=lambda attack: attack.id,
)
def test_in_the_graders_own_process_it_gets_through(inside, attack):
    assert gets_through(inside, attack)


@those(Control.IN_PROCESS, "patching")
def test_in_the_graders_own_process_a_patch_gets_through(arena, attack):
    """Each in a grading process of its own: a patch stays."""
    run = arena(attack.id, [attack], torch=False, seconds=5, backend=in_process, workers=1)
    assert gets_through(run, attack)


@those(Control.NO_RULES)
def test_without_the_rules_it_earns_points(lawless, attack):
    assert gets_through(lawless, attack)


NAIVE = """
import sys, types
import numpy as np
from u import *
student = sys.modules["u"]
y = double(3.0)
sys.exit(0 if ({naive}) else 1)
"""


@those(Control.NAIVE)
def test_a_naive_comparison_is_taken_in(attack, tmp_path):
    (tmp_path / "u.py").write_text(
        f"{attack.text}\nif 'double' not in globals():\n    double = abs\n", "utf-8"
    )
    (tmp_path / "naive.py").write_text(NAIVE.format(naive=attack.naive), "utf-8")
    run = subprocess.run(
        [sys.executable, "naive.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


@those(Control.JOURNAL)
def test_what_it_wants_to_be_shown_did_arrive(strong, attack):
    """In the journal, where JSON makes it harmless; so its absence elsewhere is the escaping's work."""
    lines = [line for key, line in strong.journal.items() if key[0] == attack.id]
    assert any(attack.needle in line for line in lines)
