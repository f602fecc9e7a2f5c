"""The proof as an author runs it: real tests, in the real jail and in process."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from grader.cli import main
from grader.examine.outcome import Verdict
from grader.examine.seed import Seed
from grader.verify.run import prove
from grader.verify.screen import print_proof

HIDDEN = "solutions/u01_pair/test_hidden_pair.py"
PUBLIC = "exercises/u01_pair/test_pair.py"
RIGHT = "solutions/u01_pair/right_pair.py"
WRONG = "solutions/u01_pair/wrong_pair.py"
DEMO = Seed("demo", demo=True)
DOUBLE, FOURTH = "u01.double: the", "u01.fourth: the"
SLOW = "is too slow (stopped after 1 s of computing)"
ENDED = "is grader error (the grading process ended twice while it examined this unit)"

MODULE_IS_THERE = "u01.fourth: the public test test_the_exercises_module_is_there passes on"

# In the jail there is no pytest: these two fail only where the student's own run would.
RIGHT_IN_THE_JAIL_ONLY = '''

@right("u01.double")
def double(x):
    """Loops in process."""
    import sys

    while "pytest" in sys.modules:
        pass
    return x + x + 0


@right("u01.double")
def double(x):
    """Ends the process."""
    import os, sys

    if "pytest" in sys.modules:
        os._exit(0)
    return x + x - 0
'''
RIGHT_NOWHERE = '''

@right("u01.fourth")
def fourth(x):
    """Loops."""
    while True:
        pass
'''
PASSES = '''

@wrong("u01.fourth")
def fourth(x):
    """Is right after all."""
    return 4.0 * x
'''
PASSES_ON_THE_STUB = '''

@exercise("u01.fourth")
def test_the_module_is_there(student):
    """It can be imported."""
    student.fourth
'''


def test_a_sound_course_is_fit_to_ship(tiny, capsys):
    assert main(["verify"]) == 0
    printed = capsys.readouterr().out
    lines = [line.split() for line in printed.splitlines()]
    assert [
        "exercise",
        "wrong",
        "killed",
        "named",
        "silent",
        "misnamed",
        "unasked",
        "nothing",
        "right",
    ] in lines
    assert ["all", "6", "6", "1", "1", "-", "4", "-", "4/4"] in lines
    assert f'read u01.double: "Forgets to return." is told "forgot `return`?"  ({WRONG}:16)' in printed
    assert "fit to ship" in printed
    assert "broken" not in printed


def test_answers_that_do_not_hold_are_found(tiny):
    tiny.edit("course.yml", "seconds: 2", "seconds: 1")
    tiny.publish()
    for name, more in ((RIGHT, RIGHT_IN_THE_JAIL_ONLY + RIGHT_NOWHERE), (WRONG, PASSES)):
        tiny.put(name, (tiny.root / name).read_text("utf-8") + more)
    for name in (PUBLIC, HIDDEN):
        more = PASSES_ON_THE_STUB.replace("the_module", f"the_{Path(name).parts[0]}_module")
        tiny.put(name, (tiny.root / name).read_text("utf-8") + more)
    tiny.edit(WRONG, 'diagnosis="it is squared"', 'diagnosis="a sign is wrong"')
    proof = prove(tiny.catalogue, tiny.file, [], DEMO)
    assert [(claim.where, claim.fact) for claim in proof.broken] == [
        *(
            claim
            for told in (
                "a stub with one line that does nothing",
                "`return None` as every body",
                "`raise ValueError` as every body",
            )
            for claim in (
                ("exercises/u01_pair/pair.py:11", f"u01.fourth: {told} earns 40%"),
                (f"{PUBLIC}:17", f"{MODULE_IS_THERE} {told}"),
            )
        ),
        (f"{WRONG}:4", f'{DOUBLE} wrong answer "Squares." is called "it is squared", not "a sign is wrong"'),
        (f"{WRONG}:40", f'{FOURTH} wrong answer "Is right after all." earns full marks'),
        (f"{RIGHT}:34", f'{DOUBLE} right answer "Loops in process." {SLOW} in process'),
        (f"{RIGHT}:44", f'{DOUBLE} right answer "Ends the process." {ENDED} in process'),
        (f"{RIGHT}:54", f'{FOURTH} right answer "Loops." {SLOW} in the jail'),
    ]
    assert [(row.wrong, row.killed, row.misnamed, row.right, row.accepted) for row in proof.rows] == [
        (3, 3, 1, 4, 2),
        (4, 3, 0, 3, 2),
    ]


def test_tests_that_cannot_be_imported_are_one_line(tiny, capsys):
    tiny.put(HIDDEN, "import nope\n" + (tiny.root / HIDDEN).read_text("utf-8"))
    assert main(["verify", "u01.double"]) == 1
    printed = capsys.readouterr().out
    assert (
        f"the course's tests cannot be imported: ModuleNotFoundError: No module named 'nope'  ({HIDDEN}:1)"
        in printed
    )
    assert "not fit to ship: 1 broken claim · nothing was run" in printed.replace(" | ", " · ")


def test_a_wrong_word_on_the_command_line(tiny, capsys):
    assert main(["verify", "u01.doubel"]) == 2
    assert "did you mean u01.double?" in capsys.readouterr().err


def test_without_a_course(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["verify"]) == 2
    assert "course.yml" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_the_screen_carries_any_text(tiny, pool, outcome_of, encoding):
    """What authors write reaches the terminal as it stands: no escapes, no markup, no broken lines."""
    tiny.edit(WRONG, '"""Adds four."""', '"""Adds \\x1b[31mfour [bold]€[/bold]."""')
    pool.said[f"wrong {WRONG}:28", "u01.fourth", None] = outcome_of("u01.fourth", Verdict.RIGHT)
    proof = prove(tiny.catalogue, tiny.file, [], DEMO)
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
    print_proof(proof, Console(file=stream, width=60), 1.0, {})
    printed = raw.getvalue().decode(encoding)
    assert "\x1b" not in printed
    mark, euro = {"ascii": ("x", "\\u20ac"), "utf-8": ("✘", "€")}[encoding]
    answer = f"Adds \\x1b[31mfour [bold]{euro}[/bold]."
    fact = f'u01.fourth: the wrong answer "{answer}" earns full marks'
    assert (
        f"{mark} {fact}  ({WRONG}:28)  -> add a test on which it shows to {HIDDEN}, or make one stricter"
        in printed.splitlines()
    )
