import os
from dataclasses import replace

import msgspec
import pytest

from grader.errors import UsageError
from grader.examine.outcome import ExerciseOutcome, TestOutcome, Verdict
from grader.gradcheck.message import Finding
from grader.gradebook.journal import JournalWriter, read_journal, rewrite
from grader.gradebook.record import Hashes, Provenance, Record, encode, make_record
from grader.scoring.rubric import Score

HASHES = Hashes(student="a", submission="b", suite="c", solution="d", limits="e", grader="f")
PROVENANCE = Provenance(rung="namespaces", seed="1234", versions={"python": "3.11", "numpy": "2.0"})


def record(submission: str = "ann", points: float = 1.0, finding: Finding | None = None) -> Record:
    outcome = ExerciseOutcome("u01.slope", Verdict.WRONG, (), finding)
    return make_record(submission, outcome, Score(points, 2.0), PROVENANCE, HASHES)


def test_what_was_written_is_read_back(tmp_path):
    path = tmp_path / "journal.jsonl"
    finding = Finding(what="wrong", yours="1", help="look", candidates=("maybe",))
    with JournalWriter(path) as journal:
        journal.write([record("ann", finding=finding)])
        journal.write([record("bob"), record("cid")])
    back = read_journal(path)
    assert back.problems == ()
    assert [r.submission for r in back.records] == ["ann", "bob", "cid"]
    assert back.records[0].finding == replace(finding, candidates=())
    assert path.stat().st_mode & 0o777 == 0o600


def test_each_append_is_on_the_disk_before_it_returns(tmp_path, monkeypatch):
    path = tmp_path / "journal.jsonl"
    sizes = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (sizes.append(path.stat().st_size), sync(fd)))
    with JournalWriter(path) as journal:
        sizes.clear()
        journal.write([record("ann")])
        assert sizes == [len(encode([record("ann")]))]
        journal.write([record("bob")])
    assert sizes[-1] == path.stat().st_size


def test_a_missing_journal_is_empty(tmp_path):
    assert read_journal(tmp_path / "journal.jsonl").records == ()


@pytest.mark.parametrize("cut", [1, 2, 40, 200])
def test_a_torn_last_line_is_reported_and_the_rest_kept(tmp_path, cut):
    path = tmp_path / "journal.jsonl"
    whole = encode([record("ann"), record("bob")])
    path.write_bytes(whole[:-cut] if cut > 1 else whole[:-2])
    journal = read_journal(path)
    assert [r.submission for r in journal.records] == ["ann"]
    assert journal.problems == (f"{path}:2: the last line is torn: that result counts as not there",)


def test_a_line_that_only_lost_its_newline_counts(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_bytes(encode([record("ann")])[:-1])
    assert len(read_journal(path).records) == 1


def test_a_new_record_is_not_glued_to_a_torn_line(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_bytes(encode([record("ann"), record("bob")])[:-30])
    with JournalWriter(path) as journal:
        journal.write([record("cid")])
    back = read_journal(path)
    assert [r.submission for r in back.records] == ["ann", "cid"]
    assert back.problems == ()  # what was torn is taken back: it could not be read


def test_the_later_of_two_records_counts(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_bytes(encode([record("ann", 0.0), record("bob"), record("ann", 2.0)]))
    assert {r.submission: r.points for r in read_journal(path).records} == {"ann": 2.0, "bob": 1.0}


def test_foreign_lines_are_counted_and_skipped(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"a": 1}\n\xff\xfe\n\n[1]\n' + encode([record("ann")]))
    journal = read_journal(path)
    assert [r.submission for r in journal.records] == ["ann"]
    assert journal.problems == (f"{path}:1: 3 lines are no records of katagrad: skipped",)


def test_what_a_newer_katagrad_wrote_is_not_touched(tmp_path):
    path = tmp_path / "journal.jsonl"
    for line in (
        encode([msgspec.structs.replace(record("new"), schema=99)]),
        b'{"schema":99,"submission":"new","exercise":"u01.x","unheard":[]}\n',
    ):
        path.write_bytes(encode([record("ann")]) + line)
        with pytest.raises(UsageError) as caught:
            read_journal(path)
        assert caught.value.rationale.startswith(f"{path}:2: written by a newer katagrad (schema 99;")
        assert "--out" in caught.value.help


def test_what_the_first_katagrad_wrote_is_read(tmp_path):
    path = tmp_path / "journal.jsonl"
    old = msgspec.json.decode(encode([record("ann")]))
    del old["followed"]
    path.write_bytes(msgspec.json.encode({**old, "schema": 1}) + b"\n")
    journal = read_journal(path)
    assert [(r.submission, r.schema) for r in journal.records] == [("ann", 1)]
    assert journal.problems == ()


def test_rewriting_replaces_the_file_whole(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"old")
    rewrite(path, [record("ann")])
    assert path.read_bytes() == encode([record("ann")])
    assert sorted(os.listdir(tmp_path)) == ["journal.jsonl"]


def test_a_full_disk_gives_one_clear_error(tmp_path):
    full = "/dev/full"
    if not os.path.exists(full):
        pytest.skip("no /dev/full here")
    with JournalWriter(tmp_path / "journal.jsonl") as journal, open(full, "ab", buffering=0) as disk:
        os.dup2(disk.fileno(), journal._file)
        with pytest.raises(UsageError) as caught:
            journal.write([record("ann")])
    assert "No space left on device" in caught.value.rationale
    assert "journal.jsonl" in caught.value.rationale
    assert "room" in caught.value.help


def test_hostile_text_is_stored_bounded_and_as_utf8():
    finding = Finding(what="\udcff" + "x" * 100_000, yours="\x1b[31m")
    test = TestOutcome("n", "t\udcff", True, 1.0, Verdict.WRONG, finding)
    outcome = ExerciseOutcome("u01.slope", Verdict.WRONG, (test,), finding)
    line = encode([make_record("ann", outcome, Score(0.0, 1.0), PROVENANCE, HASHES)])
    assert len(line) < 10_000
    assert line.count(b"\n") == 1
    assert b"\x1b" not in line


def test_a_part_that_we_could_not_check_makes_the_record_a_grader_error():
    test = TestOutcome("n", "t", True, 1.0, Verdict.GRADER_ERROR)
    outcome = ExerciseOutcome("u01.slope", Verdict.WRONG, (test,))
    made = make_record("ann", outcome, Score(None, 1.0), PROVENANCE, HASHES)
    assert made.verdict is Verdict.GRADER_ERROR


def test_a_record_holds_no_times():
    timed = ExerciseOutcome(
        "u01.slope", Verdict.RIGHT, (TestOutcome("n", "t", True, 1.0, Verdict.RIGHT, seconds=1.25),)
    )
    line = encode([make_record("ann", timed, Score(1.0, 1.0), PROVENANCE, HASHES)])
    assert b"1.25" not in line
    assert b"seconds" not in line
