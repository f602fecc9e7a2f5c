"""What the hostile ones of the example class do to the others, to the grades and to this machine: nothing."""

import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="grading is for Linux")

TIMES = ("times.jsonl", "exercise-times.csv")  # the files that may differ


def test_whoever_is_honest_is_told_the_same_without_the_hostile_ones_and_with_one_worker(runs):
    kept = [s for s in runs.one.students if s.id not in runs.hostile]
    assert [s.id for s in runs.honest.students] == [s.id for s in kept]
    for with_them, without in zip(kept, runs.honest.students, strict=True):
        assert with_them == without
        name = f"feedback/{without.id}.txt"
        assert (runs.out / "one" / name).read_bytes() == (runs.out / "honest" / name).read_bytes()


def test_only_the_grades_are_written(runs, snapshot_of):
    tables = {"gradebook.csv", "results-long.csv", "gradebook.json", "exercises.csv", "journal.jsonl", *TIMES}
    feedback = {f"feedback/{s.id}.{end}" for s in runs.one.students for end in ("html", "txt")}
    assert snapshot_of(runs.out / "one").keys() == tables | feedback | {"report.html", "feedback"}
    assert runs.changed == set()
    assert runs.marked == set()
    assert runs.temporary == []


def test_nobody_stays_behind(runs):
    assert runs.processes == set()
    assert runs.descriptors == set()
