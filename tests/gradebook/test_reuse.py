"""What an earlier run found out is used again exactly where nothing that decides a verdict has changed."""

import gc
import hashlib
import os
import weakref
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.course.catalogue import Catalogue
from grader.course.model import LatePolicy, Limits, Rules
from grader.examine.outcome import Verdict
from grader.examine.seed import Seed
from grader.gradebook.compact import Compact
from grader.gradebook.journal import read_journal
from grader.gradebook.record import encode
from grader.gradebook.session import grade_class


@pytest.fixture
def no_sync(monkeypatch):
    """What a disk does about fsync is not the matter here, and it takes time."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def desk(invented, tmp_path, no_sync):
    return Desk(invented, tmp_path)


class Desk:
    """A course with files, and a pool whose verdicts come from what the students wrote."""

    def __init__(self, invented, root):
        self.invented, self.root = invented, root
        self.catalogue = invented.make_catalogue(root)
        for unit in self.catalogue.units:
            for file in (self.catalogue.public_tests(unit), self.catalogue.solution_file(unit)):
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(f"# {file.name}\n")
            (self.catalogue.solution_file(unit).parent / f"test_hidden_{unit.name}.py").write_text(
                "# hidden\n"
            )
        self.seed, self.facts = invented.SEED, {"sandbox": "namespaces", "python": "3.11"}

    def change(self, **fields):
        self.catalogue = Catalogue(msgspec.structs.replace(self.catalogue.course, **fields), self.root)

    def change_exercise(self, id, **fields):
        units = []
        for unit in self.catalogue.course.units:
            new = [msgspec.structs.replace(e, **(fields if e.id == id else {})) for e in unit.exercises]
            units.append(msgspec.structs.replace(unit, exercises=tuple(new)))
        self.change(units=tuple(units))

    def grade(self, students, out="grades", stop=None, **more):
        """Returns the class; `desk.asked` then holds the (student, unit) that were examined."""
        desk, invented = self, self.invented

        class Pool(invented.FakePool):
            def run(self, jobs):
                for job in jobs:
                    if stop is not None and len(desk.asked) == stop:
                        raise KeyboardInterrupt
                    desk.asked.append((job.submission, job.unit))
                    unit = desk.catalogue.unit(job.unit)
                    found = (answer(invented, e.id, job.sources) for e in unit.exercises)
                    yield invented.JobResult(job.submission, job.unit, tuple(found))

        self.asked = []
        pool = Pool(self.catalogue, facts=self.facts)
        return grade_class(self.catalogue, students, pool, self.root / out, seed=self.seed, **more)

    def files(self, out="grades"):
        folder = self.root / out
        return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def answer(invented, exercise, sources):
    """Some verdict, the same for the same sources."""
    digest = hashlib.sha256(repr((exercise, sorted(sources.items()))).encode()).digest()
    verdict = (Verdict.RIGHT, Verdict.WRONG, Verdict.CRASHED)[digest[0] % 3]
    helped = invented.check(Verdict.WRONG, "Helped", followed=bool(digest[1] % 2))
    seconds = invented.check(verdict, f"It is {digest[2] % 4}", seconds=digest[3] / 100)
    return invented.outcome(exercise, verdict, seconds, *([helped] if verdict is Verdict.WRONG else []))


def students(invented, *names, **more):
    return [
        invented.handed_in(name, {**invented.BOTH, invented.SLOPES: f"# {name}"}, **more) for name in names
    ]


def test_who_changed_nothing_costs_no_run_and_the_files_stay(desk, invented):
    class_ = students(invented, "ann", "bob")
    assert desk.grade(class_).notes == ()
    before = desk.files()
    again = desk.grade(class_)
    assert desk.asked == []
    assert again.notes == ("2 of 2 students unchanged: reused",)
    assert desk.files() == before
    assert b'"seconds"' in before["times.jsonl"]  # kept: the times of the run that examined them


def test_only_who_changed_something_is_examined(desk, invented):
    ann, bob, cid = students(invented, "ann", "bob", "cid")
    desk.grade([ann, bob, cid])
    bob = replace(bob, sources={**bob.sources, invented.SLOPES: "# better"})
    again = desk.grade([ann, bob, cid])
    assert desk.asked == [("bob", "u01"), ("bob", "u05")]
    assert again.notes == (
        "2 of 3 students unchanged: reused",
        "students' units graded again: their file changed (1); another file of theirs changed (1)",
    )


def _hidden(desk):
    (desk.catalogue.hidden_tests(desk.catalogue.unit("u05"))[0]).write_text("# stricter\n")


def _shared(desk):
    """A file beside the tests of another unit, which this unit's tests import."""
    (desk.catalogue.solutions_dir / "u01_slopes" / "checks_shared.py").write_text("tolerance = 2\n")


DECIDE = {
    "seed": (lambda desk: setattr(desk, "seed", Seed("another seed, long enough")), "another seed"),
    "rung": (lambda desk: desk.facts.update(sandbox="seccomp"), "sandbox namespaces, now seccomp"),
    "numpy": (lambda desk: desk.facts.update(numpy="2.1"), "numpy none, now 2.1"),
    "device": (lambda desk: desk.facts.update(device="cuda"), "device none, now cuda"),
    "suite": (_hidden, "the tests changed"),
    "public": (
        lambda d: d.catalogue.public_tests(d.catalogue.unit("u05")).write_text("x"), "the tests changed",
    ),
    "solution": (
        lambda d: d.catalogue.solution_file(d.catalogue.unit("u05")).write_text("x"), "the reference changed",
    ),
    "limits": (lambda desk: desk.change(limits=Limits(seconds=99)), "limits, rules or needs changed"),
    "budget": (lambda desk: desk.change(submission_seconds=9.0), "limits, rules or needs changed"),
    "own": (
        lambda desk: desk.change_exercise("u05.value_ops", limits=Limits(memory_mb=99)),
        "limits, rules or needs changed",
    ),
    "rules": (
        lambda desk: desk.change_exercise("u05.value_ops", rules=Rules(forbid=("x",))),
        "limits, rules or needs changed",
    ),
    "needs": (lambda desk: desk.change_exercise("u05.backward", needs=()), "limits, rules or needs changed"),
    "symbols": (
        lambda desk: desk.change_exercise("u05.backward", symbols=("g",)), "limits, rules or needs changed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", DECIDE)
def test_what_decides_a_verdict_runs_again_and_says_why(desk, invented, what):
    class_ = students(invented, "ann", "bob")
    desk.grade(class_)
    mend, told = DECIDE[what]
    mend(desk)
    again = desk.grade(class_)
    assert {("ann", "u05"), ("bob", "u05")} <= set(desk.asked)
    assert told in again.notes[-1]
    desk.grade(class_, out="new")
    assert without_times(desk.files()) == without_times(desk.files("new"))


def test_a_file_that_the_tests_import_belongs_to_them(desk, invented):
    class_ = students(invented, "ann")
    _shared(desk)
    hidden = desk.catalogue.hidden_tests(desk.catalogue.unit("u05"))[0]
    hidden.write_text("from checks_shared import tolerance\n")
    desk.grade(class_)
    (desk.catalogue.solutions_dir / "u01_slopes" / "checks_shared.py").write_text("tolerance = 1\n")
    desk.grade(class_)
    assert ("ann", "u05") in desk.asked


POINTS = {
    "late": lambda desk: desk.change(late=LatePolicy(per_day=0.5, grace_minutes=0, max_days=1)),
    "worth": lambda desk: desk.change_exercise("u05.backward", points=7),
    "title": lambda desk: desk.change_exercise("u05.backward", title="Another"),
    "follow": lambda desk: desk.change(follow_through=0.25),
    "due": lambda desk: desk.change(due=desk.invented.DUE - timedelta(days=2)),
}


@pytest.mark.parametrize("what", POINTS)
def test_what_only_counts_points_examines_nobody(desk, invented, what):
    class_ = students(invented, "ann", "bob", "cid", submitted_at=invented.DUE + timedelta(days=1))
    desk.grade(class_)
    before = desk.files()
    POINTS[what](desk)
    desk.grade(class_)
    assert desk.asked == []
    desk.grade(class_, out="new")
    assert desk.files() == desk.files("new")
    titled = {"gradebook.json"} if what == "title" else set()
    changed = {name for name, data in desk.files().items() if before[name] != data}
    assert (changed == titled) == (what == "title")


def test_a_time_of_handing_in_that_changes_examines_nobody(desk, invented):
    desk.grade(students(invented, "ann"))
    late = students(invented, "ann", submitted_at=invented.DUE + timedelta(days=2))
    class_ = desk.grade(late)
    assert desk.asked == []
    assert {record.penalty for record in class_.records} == {0.0, 0.2}


def test_our_own_errors_are_tried_again(desk, invented, monkeypatch):
    class_ = students(invented, "ann", "bob")
    broken = invented.outcome("u05.backward", Verdict.GRADER_ERROR)
    ours = globals()["answer"]
    monkeypatch.setitem(
        globals(),
        "answer",
        lambda i, e, s: broken if (e, "ann" in str(s)) == ("u05.backward", True) else ours(i, e, s),
    )
    assert desk.grade(class_).grader_errors == 1
    monkeypatch.setitem(globals(), "answer", ours)
    again = desk.grade(class_)
    assert desk.asked == [("ann", "u05")]
    assert again.grader_errors == 0
    assert again.notes == (
        "1 of 2 students unchanged: reused (1 more in part)",
        "students' units graded again: a grader error before (1)",
    )


def test_fresh_examines_everybody_and_goes_on_after_a_stop(desk, invented):
    class_ = students(invented, "ann", "bob", "cid")
    desk.grade(class_)
    want = desk.files()
    with pytest.raises(KeyboardInterrupt):
        desk.grade(class_, fresh=True, stop=3)
    assert len(desk.asked) == 3
    desk.grade(class_, fresh=True)
    assert desk.asked == [("bob", "u05"), ("cid", "u01"), ("cid", "u05")]
    assert desk.files() == want
    desk.grade(class_, fresh=True)
    assert len(desk.asked) == 6


def test_fresh_does_not_trust_a_run_that_was_not(desk, invented):
    class_ = students(invented, "ann", "bob")
    with pytest.raises(KeyboardInterrupt):
        desk.grade(class_, stop=2)
    desk.grade(class_, fresh=True)
    assert len(desk.asked) == 4


def test_one_unit_at_a_time_loses_nothing_of_the_others(desk, invented):
    class_ = students(invented, "ann", "bob")
    desk.grade(class_, out="want")
    for unit in ("u01", "u05"):
        desk.grade(class_, units=[desk.catalogue.unit(unit)])
        assert {asked for _, asked in desk.asked} == {unit}
    desk.grade(class_)
    assert desk.asked == []
    assert without_aside(desk.files()) == desk.files("want")


def test_who_is_not_there_this_time_is_set_aside_and_comes_back_without_a_run(desk, invented):
    class_ = students(invented, "ann", "bob")
    desk.grade(class_)
    want = desk.files()
    told = desk.grade(class_[:1]).notes
    assert told[0] == "1 of 1 student unchanged: reused"
    assert told[1].startswith("not in this run: bob; their earlier results are kept in ")
    final = without_times(without_aside(desk.files()))
    assert not [name for name, held in final.items() if b"bob" in held]
    desk.grade(class_)
    assert desk.asked == []
    assert without_aside(desk.files()) == want


def test_records_of_an_older_format_are_made_again(desk, invented):
    class_ = students(invented, "ann")
    desk.grade(class_)
    journal = desk.root / "grades" / "journal.jsonl"
    records = read_journal(journal).records
    journal.write_bytes(encode(msgspec.structs.replace(record, schema=1) for record in records))
    notes = desk.grade(class_).notes
    assert notes == ("students' units graded again: records of schema 1, now 2 (2)",)
    assert len(desk.asked) == 2


def test_half_a_unit_is_none(desk, invented):
    """Killed between two lines of one answer: the unit is examined again as a whole."""
    class_ = students(invented, "ann")
    desk.grade(class_)
    want = desk.files()
    journal = desk.root / "grades" / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))
    desk.grade(class_)
    assert desk.asked == [("ann", "u05")]
    assert desk.files() == want


CODE = st.sampled_from(["# one", "# two", "# three"])
STATE = st.dictionaries(st.sampled_from(["ann", "bob", "cid"]), st.tuples(CODE, CODE), min_size=1)
STOP = st.one_of(st.none(), st.integers(0, 5))


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=st.lists(st.tuples(STATE, STOP), min_size=1, max_size=5))
def test_whatever_came_before_the_files_are_those_of_a_first_run(
    invented, tmp_path_factory, no_sync, history
):
    """Classes that change, runs that are stopped anywhere: at the end it is as if none of it had been."""
    desk = Desk(invented, tmp_path_factory.mktemp("desk"))
    for state, stop in history:
        class_ = [
            invented.handed_in(id, {invented.SLOPES: one, invented.VALUE: two})
            for id, (one, two) in state.items()
        ]
        try:
            desk.grade(class_, stop=stop)
        except KeyboardInterrupt:
            continue
    desk.grade(class_)
    got = without_aside(desk.files())
    here = tuple(f'{{"submission":"{student.id}"'.encode() for student in class_)
    times = got["times.jsonl"].splitlines(keepends=True)
    got["times.jsonl"] = b"".join(line for line in times if line.startswith(here))
    desk.grade(class_, out="want")
    assert got == desk.files("want")


def without_times(files):
    return {name: held for name, held in files.items() if name != "times.jsonl"}


def without_aside(files):
    return {name: held for name, held in files.items() if name != "set-aside.jsonl"}


class Text(str):
    """A file that can be watched."""

    __slots__ = ("__weakref__",)


def test_no_file_is_held_once_it_is_examined(desk, invented):
    files = []

    class Lazy:
        def __len__(self):
            return 5

        def __iter__(self):
            for n in range(5):
                assert sum(file() is not None for file in files) <= 2  # of the last one, and of this one
                text = Text(f"# {n}")
                files.append(weakref.ref(text))
                yield invented.handed_in(f"s{n}", {invented.SLOPES: text})
                del text

    for _ in range(2):
        desk.grade(Lazy())
        gc.collect()
        assert [file() for file in files] == [None] * 5
        files.clear()


def test_what_students_share_is_held_once(invented, tmp_path):
    compact, seen = Compact(), []
    catalogue = invented.make_catalogue(tmp_path)
    class_ = grade_class(
        catalogue,
        [invented.handed_in(f"s{n}") for n in range(2)],
        invented.FakePool(catalogue),
        tmp_path / "grades",
        seed=invented.SEED,
    )
    for record in class_.records:
        again = compact(msgspec.json.decode(msgspec.json.encode(record), type=type(record)))
        assert again == record
        seen.append(again)
    assert len({id(record.tests) for record in seen}) == 1
    assert len({id(record.versions) for record in seen}) == 1
