"""The example class, graded: what each one earns and why, and what is told about it."""

import csv
import io
import re
import sys
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from grader.examine.outcome import Verdict
from grader.report.summary import summarize
from grader.report.terminal import print_report

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="grading is for Linux")

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
LETTERS = {
    "R": Verdict.RIGHT,
    "W": Verdict.WRONG,
    "T": Verdict.TODO,
    "C": Verdict.CRASHED,
    "S": Verdict.TOO_SLOW,
    "M": Verdict.TOO_MUCH_MEMORY,
    "B": Verdict.RULE_BROKEN,
    "N": Verdict.NOT_CHECKED,
}
EXPECTED = {  # units 1, 5 and 8; in each a column for each exercise, in the order of course.yml
    "ada": "RRRRR RRRRRRRR RRRRRRR",
    "ben": "RRRRR RRRRRRRR RRRRRRR",
    "carla": "RWRRR RRRWRRRR RRRRWRW",
    "deniz": "RRRWR RRCRRRRR RRRWRWR",
    "elif": "RRRRW RRRRCRRR RWRRRRR",
    "farid": "TTTTT TTTTTTTT TTTTTTT",
    "greta": "CCCCC RWRTTTTT WRTTTTT",
    "hugo": "TTTTT TTTTTTTT TTTTTTT",
    "ines": "CCCTT RRCRRRRC RWRWRTT",
    "jonas": "RRSRR RRSRRRRT TTTTTTT",
    "kemal": "RMRRR TTTTTTTT RRRWTTT",
    "lea": "RRRRR RRRRRRWW RRRWRWR",
    "mia": "RRRRR WRRRRRRR RRRRRRR",
    "mina": "RRRRR RRRRRRRW RRTTTTT",
    "noor": "RRTWT RWRWTTTT TTTTTTT",
    "omar": "RRRRR RRCRRRWR RRRRWRW",
    "petra": "RTWTT TTTTTTTT CCNNNNN",
    "quentin": "BRBBB TTTTTTTT BBBRBBB",
    "rasmus": "WWWWR WWTWCWWW TTTTTTT",
    "sofia": "RWWWW TTTTTTTT RRRBBBB",
    "theo": "WRWWW TTTTTTTT TTTTTTT",
    "tomas": "CCCCC TTTTTTTT TTTTTTT",
    "ursula": "CCCRC TTTTTTTT TTTTTTT",
    "viktor": "WWRWW TTTTTTTT BBBBBRB",
    "wanda": "RCCCC WWCTWTRW TTTTTTT",
    "xaver": "RCCCC TTTTTTTT RBBBTTT",
    "yara": "CCCCR WWRRCTTT TTTTTTT",
    "zeno": "RRTTT RTRWTTTT WTTTTTT",
}
LATE = {"lea": 0.2, "zeno": 1.0}  # the part that lateness takes in unit 1; the others are due later
MISTAKES = {  # what must be told where; the words are those of the course's tests
    ("carla", "u01.central_difference"): "divided by h",
    ("deniz", "u01.numerical_gradient"): "all entries are nudged at once",
    ("elif", "u01.grad_check"): "rtol is not used",
    ("mia", "u05.value_ops"): "uses `a` where `b` belongs",
    ("greta", "u05.reflected_ops"): "the operands are swapped",
    ("noor", "u05.backward"): "`=` where `+=` is needed?",
    ("omar", "u05.no_grad_and_detach"): "recording stays off when an error ends the block",
    ("mina", "u05.value_mlp"): "zero_grad is missing",
    ("zeno", "u08.stable_softmax"): "exp overflows",
    ("elif", "u08.log_softmax_and_lse"): "log p must not go through p",
    ("lea", "u08.ce_gradient"): "missing factor 1/N (mean, not sum?)",
    ("deniz", "u08.ce_gradient"): "only the diagonal of the softmax Jacobian",
    ("carla", "u08.ignore_index"): "the ignored ones included",
    ("lea", "u08.label_smoothing"): "shared by the V - 1 other classes alone",
    ("omar", "u08.perplexity_baseline_temperature"): "the chain rule stops",
}
COUNTED = {  # the commonest mistake, by the number of students who made it
    "u05.reflected_ops": (2, "the operands are swapped"),
    "u05.topological_order": (3, "crashed: RecursionError"),
    "u05.backward": (3, "`=` where `+=` is needed?"),
    "u05.no_grad_and_detach": (2, "an error ends the block"),
    "u05.value_mlp": (2, "zero_grad is missing"),
    "u08.stable_softmax": (2, "exp overflows"),
    "u08.log_softmax_and_lse": (2, "log p must not go through p"),
    "u08.ce_gradient": (3, "missing factor 1/N (mean, not sum?)"),
    "u08.ignore_index": (2, "the ignored ones included"),
    "u08.label_smoothing": (2, "shared by the V - 1 other classes alone"),
    "u08.perplexity_baseline_temperature": (2, "the chain rule stops"),
}
FOLLOWED = {  # right with the reference in the place of what was wrong
    "carla": {
        "u05.zero_grad_and_repeat": ("u05.backward",),
        "u05.value_mlp": ("u05.backward",),
    },
    "elif": {
        "u08.cross_entropy": ("u08.log_softmax_and_lse",),
    },
    "mia": {
        "u05.reflected_ops": ("u05.value_ops",),
        "u05.backward": ("u05.value_ops",),
        "u05.zero_grad_and_repeat": ("u05.value_ops",),
        "u05.value_mlp": ("u05.value_ops",),
    },
    "yara": {"u05.backward": ("u05.value_ops",)},
}
RULES = {  # the line of the student's file, and what the record says of it
    ("quentin", "u01.best_step"): ("import gc", "imports `gc`"),
    ("quentin", "u08.stable_softmax"): ("return torch.softmax(z * 1.0, dim)", "uses `torch.softmax`"),
    ("quentin", "u08.cross_entropy"): ("import torch.nn.functional as F", "imports `torch.nn.functional`"),
    ("sofia", "u08.ce_gradient"): (
        "z = p.log().detach().requires_grad_(True)",
        "uses `.requires_grad_`",
    ),
    ("sofia", "u08.perplexity_baseline_temperature"): (
        "return torch.func.jacrev(tempered_cross_entropy)(logits, targets, temperature)",
        "uses `torch.func.jacrev`",
    ),
    ("viktor", "u08.stable_softmax"): (
        'return getattr(torch, "soft" + "max")(z * 1.0, dim)',
        "uses `getattr`",
    ),
    ("viktor", "u08.ce_gradient"): ("case object(ops=hidden):", "class pattern"),
    ("xaver", "u08.ce_gradient"): (
        "z = logits.detach().clone().requires_grad_(True)",
        "uses `.requires_grad_`",
    ),
}


def student(graded, id):
    return next(student for student in graded.students if student.id == id)


def record(graded, id, exercise):
    return next(record for record in student(graded, id).records if record.exercise == exercise)


def feedback(runs, id):
    return (runs.out / "one" / "feedback" / f"{id}.txt").read_text(encoding="utf-8")


def part_of(text, exercise):
    """What a feedback says of one exercise: its own line and those indented below it."""
    below = text.partition(f" {exercise} ")[2]
    return re.split(r"\n(?!      )", below)[0]


def screen(graded, width):
    stream = io.StringIO()
    print_report(graded, Console(file=stream, width=width, highlight=False), 1.0, {"TERM": "xterm"})
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def rows(text):
    """id -> the columns of the tables in examples/README.md."""
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    return {cells[0].strip().partition(".")[0]: [cell.strip() for cell in cells[1:]] for cells in lines}


# ------------------------------------------------------------------------------------------------ the page


def test_the_table_is_complete():
    named = {path.name.partition(".")[0] for path in (EXAMPLES / "class").iterdir()}
    assert named == set(EXPECTED)


@pytest.mark.parametrize("id", EXPECTED)
def test_the_page_shows_these_verdicts(id):
    page = rows((EXAMPLES / "README.md").read_text(encoding="utf-8"))
    marks = dict(zip("RWTCSMBN", "✔✘·!TMR–", strict=True))
    shown = ["".join(marks[letter] for letter in unit) for unit in EXPECTED[id].split()]
    for cell, unit in zip(page[id][:3], shown, strict=True):
        assert cell == unit or (cell == "" and set(unit) == {"·"})


# ------------------------------------------------------------------------------------- what each one earns


@pytest.mark.parametrize("id", EXPECTED)
def test_verdicts(runs, id):
    records = student(runs.one, id).records
    assert [record.verdict for record in records] == [LETTERS[c] for c in EXPECTED[id].replace(" ", "")]


@pytest.mark.parametrize("id", EXPECTED)
def test_points(runs, id):
    """Right earns all, what fails in part a part, and nothing else anything; then lateness takes its part."""
    partly = {Verdict.WRONG, Verdict.CRASHED, Verdict.TOO_SLOW}
    for record in student(runs.one, id).records:
        full = record.max_points * (1 - (LATE.get(id, 0.0) if record.exercise.startswith("u01") else 0.0))
        if record.verdict is Verdict.RIGHT:
            assert record.points == pytest.approx(full), record.exercise
        elif record.verdict in partly and id not in runs.cheats:
            assert 0 <= record.points < record.max_points, record.exercise
        else:
            assert record.points == 0, record.exercise


SOLVED = {  # besides one exercise of unit 1 each; tomas ends before he is asked
    "quentin": {"u08.ce_gradient"},
    "sofia": {"u08.stable_softmax", "u08.log_softmax_and_lse", "u08.cross_entropy"},
    "viktor": {"u08.label_smoothing"},
    "wanda": {"u05.no_grad_and_detach"},
    "xaver": {"u08.stable_softmax"},
    "yara": {"u05.topological_order", "u05.backward"},
}


def test_no_cheat_earns_more_than_it_solved(runs):
    for id in sorted(runs.cheats):
        records = student(runs.one, id).records
        right = [record for record in records if record.verdict is Verdict.RIGHT]
        assert {r.exercise for r in right if not r.exercise.startswith("u01")} == SOLVED.get(id, set())
        assert len(right) - len(SOLVED.get(id, ())) == (id != "tomas"), id
        assert student(runs.one, id).points == sum(record.max_points for record in right), id


@pytest.mark.parametrize(("id", "lost"), [("jonas", 2), ("kemal", 1)])
def test_loops_and_hogs_cost_one_exercise_each(runs, id, lost):
    hungry = {Verdict.TOO_SLOW, Verdict.TOO_MUCH_MEMORY}
    records = student(runs.one, id).records
    assert len([record for record in records if record.verdict in hungry]) == lost
    others = [r for r in records if r.verdict not in hungry | {Verdict.TODO} and r.exercise < "u08"]
    assert all(record.verdict is Verdict.RIGHT for record in others)


def test_nothing_is_our_error(runs):
    assert runs.one.grader_errors == 0


def test_what_was_wrong_with_an_upload_is_told(runs):
    assert student(runs.one, "hugo").problems == (
        "hugo: holds no file of the course, such as u01_slopes/slopes.py",
    )
    assert {s.id for s in runs.one.students if s.problems} == {"hugo"}
    dropped = {"conftest.py", "pytest.ini", "sitecustomize.py", "numpy.py", "u01_slopes/numpy.py"}
    assert dropped < set(student(runs.one, "wanda").ignored)


# ------------------------------------------------------------------------------------ the mistake is named


@pytest.mark.parametrize(("id", "exercise"), MISTAKES)
def test_the_mistake_is_named(runs, id, exercise):
    assert MISTAKES[id, exercise] in part_of(feedback(runs, id), exercise)


@pytest.mark.parametrize("exercise", COUNTED)
def test_the_commonest_mistake_is_counted(runs, exercise):
    times, words = COUNTED[exercise]
    row = next(row for row in summarize(runs.one).rows if row.exercise.id == exercise)
    assert row.times == times
    assert words in row.mistake


def test_a_syntax_error_costs_its_own_file_only(runs):
    for id, unit in (("greta", "u01"), ("petra", "u08")):
        records = student(runs.one, id).records
        assert all(r.points == 0 for r in records if r.exercise.startswith(unit))
        assert any(r.points > 0 for r in records if not r.exercise.startswith(unit))
        assert "the file cannot be read" in feedback(runs, id)


# ------------------------------------------------------------------------------------------ follow-through


@pytest.mark.parametrize("id", FOLLOWED)
def test_one_mistake_is_paid_for_once(runs, id):
    """The journal says what the reference stood in for, the feedback too, and nothing more is lost."""
    for exercise, needs in FOLLOWED[id].items():
        found = record(runs.one, id, exercise)
        assert (found.verdict, found.points, found.followed) == (Verdict.RIGHT, found.max_points, needs)
        assert found.finding is None
        said = f"right with the course's own {needs[0]} in place of yours: counts in full"
        assert said in part_of(feedback(runs, id), exercise)
    right = {r.exercise for r in student(runs.one, id).records if r.verdict is Verdict.RIGHT and r.followed}
    assert right == FOLLOWED[id].keys()


def test_mia_loses_what_her_product_is_worth_and_nothing_else(runs):
    lost = {r.exercise: r.verdict for r in student(runs.one, "mia").records if r.points < r.max_points}
    assert lost == {"u05.value_ops": Verdict.WRONG}
    assert student(runs.one, "mia").points > 49


def test_the_second_run_is_told_without_its_words(runs):
    """ines compares Values, with the course's own order too; how it fails then is not told."""
    said = part_of(feedback(runs, "ines"), "u05.value_mlp")
    assert "it is wrong too when the course's own u05.topological_order stands in for yours" in said
    assert "called" not in said


# --------------------------------------------------------------------------------------------------- rules


@pytest.mark.parametrize(("id", "exercise"), RULES)
def test_a_broken_rule_is_named_with_its_line(runs, id, exercise):
    code, words = RULES[id, exercise]
    unit = runs.one.catalogue.unit(exercise)
    lines = (EXAMPLES / "class" / id / unit.file).read_text(encoding="utf-8").splitlines()
    line = 1 + next(number for number, text in enumerate(lines) if text.strip() == code)
    found = record(runs.one, id, exercise)
    assert (found.verdict, found.points, found.tests) == (Verdict.RULE_BROKEN, 0, ())
    assert found.finding.where == f"{unit.file}:{line}"
    assert words in found.finding.what
    told = part_of(feedback(runs, id), exercise)
    assert f"{unit.file}:{line}\n        > {code}\n" in told
    assert f"line {line} " in told


def test_a_rule_costs_only_what_reaches_its_breach(runs):
    broken = Counter(
        r.exercise[:3] for r in student(runs.one, "quentin").records if r.verdict == "rule broken"
    )
    assert broken == {"u01": 4, "u08": 6}


# ---------------------------------------------------------------------------------------------- the screen


@pytest.mark.parametrize("width", [80, 100])
def test_the_screen_stays_readable_with_twenty_exercises(runs, width):
    lines = screen(runs.one, width)
    assert max(map(len, lines)) <= width
    start = next(index for index, line in enumerate(lines) if line.startswith("u01.forward"))
    table = lines[start : lines.index("", start)]
    ids = [exercise.id for exercise in runs.one.exercises]
    assert [line.split()[0] for line in table if line.startswith("u")] == ids
    assert len(table) <= 2 * len(ids)
    assert sum("<- hardest" in line for line in table) == 1
    assert len(lines) <= start + len(table) + 26


def test_rules_are_what_to_look_at(runs):
    told = {id: sentence for ids, sentence in summarize(runs.one).look_at for id in ids}
    assert re.fullmatch(
        r"rule broken in u08\.ce_gradient line \d+: uses `\.requires_grad_`, and in 3 more", told["sofia"]
    )
    assert re.fullmatch(
        r"rule broken in u08\.stable_softmax line \d+: uses `getattr`, and in 5 more", told["viktor"]
    )
    assert not {"ada", "ben", "mia", "elif", "deniz"} & told.keys()


def test_the_gradebook_has_a_column_for_each_exercise(runs):
    with (runs.out / "one" / "gradebook.csv").open(newline="", encoding="utf-8") as file:
        table = {row["id"]: row for row in csv.DictReader(file)}
    assert len(table) == len(EXPECTED)
    assert table["ada"]["percent"] == "100"
    assert table["mia"]["u05.backward"] == "4"
    assert all(exercise.id in table["ada"] for exercise in runs.one.exercises)


# ------------------------------------------------------------------------------------------------ the manual


def shown_in_the_manual(first):
    """The lines of the block of docs/instructors.md that begins so."""
    page = (ROOT / "docs" / "instructors.md").read_text(encoding="utf-8")
    blocks = [block.splitlines() for block in re.findall(r"^```\n(.*?)^```$", page, re.M | re.S)]
    return next(block for block in blocks if block[0].startswith(first))


def test_the_screen_in_the_manual_is_what_is_printed(runs):
    """But for the second line, which tells the sandbox and the time, and the names of files."""
    printed, shown = screen(runs.one, 100), shown_in_the_manual("backprop ·")
    assert printed[0] == shown[0]
    files = next(at for at, line in enumerate(shown) if line.startswith("files "))
    assert printed[2:files] == shown[2:files]
    assert printed[files].startswith("files ")


def test_the_feedback_in_the_manual_is_what_a_student_reads(runs):
    title = runs.one.catalogue.course.title
    assert feedback(runs, "mia").splitlines() == shown_in_the_manual(title)
