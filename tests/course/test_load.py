"""course.yml: every mistake is reported at once, with its line and what to do."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.course.load import load_course
from grader.errors import CourseError

HEAD = 'id: tiny\ntitle: Tiny\nversion: "1"\n'
UNIT = "  - id: u01\n    title: One\n    folder: u01_one\n    exercises:\n"
A = "      - {id: u01.a, title: A, symbols: [a], points: 1}\n"
B = "      - {id: u01.b, title: B, symbols: [b], points: 2, needs: [u01.a]}\n"
GOOD = HEAD + "units:\n" + UNIT + A + B


def load(tmp_path: Path, text: str | bytes):
    file = tmp_path / "course.yml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_course(file)


def mistakes(tmp_path: Path, text: str | bytes) -> CourseError:
    with pytest.raises(CourseError) as caught:
        load(tmp_path, text)
    assert caught.value.help
    return caught.value


def test_a_good_course_loads_by_file_and_by_folder(tmp_path):
    catalogue = load(tmp_path, GOOD)
    assert [exercise.id for exercise in catalogue.exercises] == ["u01.a", "u01.b"]
    assert load_course(tmp_path) == catalogue
    assert catalogue.root == tmp_path


def test_every_mistake_is_reported_with_its_line_in_the_order_of_the_file(tmp_path):
    text = (
        HEAD.replace('"1"', "1.5")  # line 3
        + "units:\n"
        + UNIT.replace("One", '""')  # line 6
        + A.replace("points: 1", "points: none")  # line 9
        + B.replace("points", "point")  # line 10, twice
    )
    error = mistakes(tmp_path, text)
    assert [line.split(": ")[:2] for line in error.rationale.splitlines()] == [
        ["course.yml:3", "version"],
        ["course.yml:6", "units[0].title (u01)"],
        ["course.yml:9", "units[0].exercises[0].points (u01.a)"],
        ["course.yml:10", "units[0].exercises[1] (u01.b)"],
        ["course.yml:10", "units[0].exercises[1].point (u01.b)"],
    ]
    assert "line 10: did you mean `points`?" in error.help
    assert "line 3: write it in quotes" in error.help


@pytest.mark.parametrize(
    ("old", "new", "line", "where", "what"),
    [
        ("title: Tiny\n", "", 1, "the course", "`title` is missing"),
        ("title: Tiny", "title: [Tiny]", 2, "title", "is a list, not text"),
        ("id: u01.b", "id: u01.a", 10, "units[0].exercises[1].id (u01.a)", "also units[0].exercises[0]"),
        ("id: u01.b", "id: u02.b", 10, "units[0].exercises[1].id (u02.b)", "stands in unit u01"),
        ("id: u01.b", "id: u01.B", 10, "units[0].exercises[1].id (u01.B)", "not text of the form"),
        ("folder: u01_one", "folder: u02_one", 7, "units[0].folder (u01)", "does not begin with u01"),
        ("folder: u01_one", "folder: u01_lambda", 7, "units[0].folder (u01)", "word of Python"),
        ("needs: [u01.a]", "needs: [u01.b]", 10, "units[0].exercises[1].needs[0] (u01.b)", "needs itself"),
        ("needs: [u01.a]", "needs: [u01.x]", 10, "units[0].exercises[1].needs[0] (u01.b)", "not an exercise"),
        ("needs: [u01.a]", "needs: [u01.a, u01.a]", 10, "units[0].exercises[1].needs[1] (u01.b)", "twice"),
        ("needs: [u01.a]", "needs: u01.a", 10, "units[0].exercises[1].needs (u01.b)", "not a list"),
        ("symbols: [a]", "symbols: [b]", 10, "units[0].exercises[1].symbols[0] (u01.b)", "belongs to u01.a"),
        ("symbols: [a]", "symbols: [b.c]", 10, "units[0].exercises[1].symbols[0] (u01.b)", "overlaps b.c"),
        ("symbols: [a]", "symbols: [a-b]", 9, "units[0].exercises[0].symbols[0] (u01.a)", "no symbol"),
        ("symbols: [a]", "symbols: [a.b.c]", 9, "units[0].exercises[0].symbols[0] (u01.a)", "no symbol"),
        ("symbols: [a]", "symbols: []", 9, "units[0].exercises[0].symbols (u01.a)", "not empty"),
        ("symbols: [a]", "symbols: [7]", 9, "units[0].exercises[0].symbols (u01.a)", "not a list of names"),
        ("points: 1", "points: 0", 9, "units[0].exercises[0].points (u01.a)", "above 0"),
        ("points: 1", "points: .inf", 9, "units[0].exercises[0].points (u01.a)", "finite"),
        ("points: 1", "points: true", 9, "units[0].exercises[0].points (u01.a)", "the value true"),
        ("points: 1", "points: 1, points: 2", 9, "units[0].exercises[0].points (u01.a)", "stands twice"),
        ("id: tiny", "id: tiny\nid: other", 2, "id", "stands twice, first on line 1"),
        ("id: tiny", "id: tiny\ndue: 2026-09-15T10:00:00", 2, "due", "no time zone"),
        ("id: tiny", "id: tiny\ndue: 2026-09-15", 2, "due", "not a date and time"),
        ("id: tiny", "id: tiny\nlimits: {seconds: -1}", 2, "limits.seconds", "above 0"),
        ("id: tiny", "id: tiny\nlate: {per_day: 2}", 2, "late.per_day", "up to 1"),
        ("id: tiny", "id: tiny\nlate: 3", 2, "late", "not fields"),
        ("id: tiny", "id: tiny\nexercises: ../x", 2, "exercises", "leaves the course"),
        ("id: tiny", "id: tiny\nsolutions: exercises/s", 2, "solutions", "students get"),
        ("Tiny", '"a\\eb"', 2, "title", "invisible character"),
        ("Tiny", "!secret x", 2, "title", "unknown tag"),
    ],
)
def test_one_mistake_is_one_line(tmp_path, *, old, new, line, where, what):
    assert old in GOOD
    rationale = mistakes(tmp_path, GOOD.replace(old, new, 1)).rationale
    assert len(rationale.splitlines()) == 1
    assert rationale.startswith(f"course.yml:{line}: {where}: ")
    assert what in rationale


def test_needs_may_not_point_down_or_in_a_circle(tmp_path):
    down = GOOD.replace("points: 1", "points: 1, needs: [u01.b]")
    assert mistakes(tmp_path, down).rationale.endswith("u01.b needs u01.a in turn: a circle")
    down = down.replace("needs: [u01.a]}", "needs: []}")
    assert mistakes(tmp_path, down).rationale.endswith("u01.b comes later than u01.a")


def test_units_are_ordered_and_unique(tmp_path):
    down = GOOD + "  - {id: u03, title: T, folder: u03_t}\n  - {id: u02, title: T, folder: u02_t}\n"
    assert mistakes(tmp_path, down).rationale == "course.yml:12: units[2].id (u02): u02 comes after u03"
    twice = GOOD + "  - {id: u01, title: T, folder: u01_t}\n"
    assert mistakes(tmp_path, twice).rationale == "course.yml:11: units[1].id (u01): u01 is also units[0]"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "empty"),
        ("# nothing but a comment\n", 1, "empty"),
        ("- a\n- b\n", 1, "is a list, not fields"),
        ("just words", 1, "is the text 'just words', not fields"),
        ("id: a\n\ttitle: b\n", 2, "tab"),
        ("id: a\nunits: [\n", 2, "not YAML"),
        ('id: "a\n', 1, "not YAML"),
        ("id: a: b\n", 1, "not YAML"),
        ("id: *nothing\n", 1, "not YAML"),
        ("id: a\n---\nid: b\n", 2, "not YAML"),
        ("[" * 1200, 1, "nested too deeply"),
        (b"id: a\ntitle: \xff\n", 2, "not UTF-8"),
        (b"id: a\ntitle: \x01\n", 2, "not YAML"),
    ],
)
def test_a_file_that_is_no_course_gets_one_line(tmp_path, text, line, what):
    rationale = mistakes(tmp_path, text).rationale
    assert rationale.startswith(f"course.yml:{line}: the course: ")
    assert what in rationale
    assert len(rationale.splitlines()) == 1


def test_aliases_that_never_end_are_refused(tmp_path):
    assert "without end" in mistakes(tmp_path, HEAD + "units: &u\n  - *u\n").rationale
    laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9)
    )
    assert "without end" in mistakes(tmp_path, laughs).rationale


def test_a_missing_file_a_folder_and_a_missing_folder(tmp_path):
    for path in (tmp_path, tmp_path / "course.yml", tmp_path / "no" / "where"):
        with pytest.raises(CourseError, match="no course here"):
            load_course(path)
    (tmp_path / "course.yml").mkdir()
    for path in (tmp_path, tmp_path / "course.yml"):
        with pytest.raises(CourseError, match="is a folder, not a file"):
            load_course(path)


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path):
    assert load(tmp_path, b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()) == load(tmp_path, GOOD)


def test_an_exercise_that_changes_one_limit_keeps_the_other(tmp_path):
    text = GOOD.replace("id: tiny", "id: tiny\nlimits: {seconds: 4, memory_mb: 100}")
    catalogue = load(tmp_path, text.replace("points: 1", "points: 1, limits: {seconds: 30}"))
    own, base = catalogue.limits("u01.a"), catalogue.limits("u01.b")
    assert (own.seconds, own.memory_mb) == (30, 100)
    assert (base.seconds, base.memory_mb) == (4, 100)


def test_a_due_date_keeps_its_zone(tmp_path):
    catalogue = load(tmp_path, GOOD.replace("title: One", "title: One\n    due: 2026-09-15 12:00:00+02:00"))
    assert catalogue.due("u01") == datetime(2026, 9, 15, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("late", "where", "what"),
    [
        ("per_hour: 0.01\n  per_day: 0.1", "late.per_hour", "stands beside per_day"),
        ("max_hours: 5\n  max_days: 1", "late.max_hours", "stands beside max_days"),
        ("cap: 2", "late.cap", "is the number 2, not a number from 0 up to 1"),
        ("free_days: -1", "late.free_days", "is the number -1, not a whole number from 0"),
    ],
)
def test_a_late_policy_that_contradicts_itself(tmp_path, late, where, what):
    text = GOOD.replace("units:", f"late:\n  {late}\nunits:")
    assert mistakes(tmp_path, text).rationale.partition(": ")[2] == f"{where}: {what}"


def test_policies_of_attempts_weights_and_extra_credit(tmp_path):
    text = GOOD.replace("units:", "attempts: best\nlate: {per_hour: 0.01, free_days: 3}\nunits:")
    text = text.replace("    exercises:", "    weight: 40\n    exercises:")
    course = load(tmp_path, text.replace("points: 2", "points: 2, extra: true")).course
    assert (course.attempts, course.late.per_hour, course.units[0].weight) == ("best", 0.01, 40)
    assert [exercise.extra for exercise in course.units[0].exercises] == [False, True]
    assert "not latest or best" in mistakes(tmp_path, text.replace("best", "worst")).rationale
    every = text.replace("points: 2", "points: 2, extra: true").replace("points: 1", "points: 1, extra: true")
    told = mistakes(tmp_path, every).rationale
    assert told.endswith("cannot be shared out: every exercise of the unit is extra credit")
