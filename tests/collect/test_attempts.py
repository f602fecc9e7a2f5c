"""Several attempts of one student: told by names in the class folder, which no upload can make."""

from datetime import UTC, datetime

from grader.collect.attempts import MOST
from grader.collect.folder import class_entries
from grader.collect.roster import Person, Roster

SLOPES = "u01_slopes/slopes.py"


def texts(submission):
    return [attempt.sources.get(SLOPES) for attempt in submission.attempts]


def test_attempts_are_one_student_in_the_order_of_their_numbers(handed_in):
    handed_in.zip("ada.attempt-10.zip", {SLOPES: "ten"})
    handed_in.put("ada.attempt-9", {SLOPES: "nine"})
    handed_in.tar("ada.attempt-1.tar.gz", {SLOPES: "one"}, "gz")
    handed_in.put("bob.attempt-3", {SLOPES: "bob"})
    found = handed_in.collect()
    assert list(found) == ["ada", "bob"]
    assert texts(found["ada"]) == ["one", "nine", "ten"]
    assert texts(found["bob"]) == ["bob"]
    assert not any(submission.problems for submission in found.values())


def test_each_attempt_has_its_own_time(handed_in):
    for number, day in ((1, 3), (2, 9)):
        handed_in.zip(f"ada.attempt-{number}.zip", {SLOPES: ""})
        (handed_in.folder / f"ada.attempt-{number}.timestamp.txt").write_text(f"2026-09-0{day} 10:00:00 UTC")
    ada = handed_in.one()
    assert [a.submitted_at for a in ada.attempts] == [datetime(2026, 9, d, 10, tzinfo=UTC) for d in (3, 9)]
    assert ada.problems == ()
    (handed_in.folder / "ada.attempt-1.timestamp.txt").write_text("2026-09-19 10:00:00 UTC")
    assert handed_in.one().problems == (
        "the times of the attempts are not in the order of their numbers; the numbers count",
    )
    (handed_in.folder / "ada.attempt-1.timestamp.txt").unlink()
    assert handed_in.one().problems == ("an attempt without a time is taken as on time, and others have one",)


def test_an_upload_makes_no_attempts(handed_in):
    """Neither a folder's own folders nor an archive's names count, whatever they are called."""
    inner = {f"ada.attempt-2/{SLOPES}": "forged", "attempt-3/u02_rules/rules.py": "x"}
    handed_in.put("ada", {SLOPES: "own", **inner})
    handed_in.zip(
        "bob.attempt-1.zip", {SLOPES: "own", "../bob.attempt-2.zip": "x", "timestamp.txt": "2020-01-01"}
    )
    found = handed_in.collect()
    assert {id: texts(submission) for id, submission in found.items()} == {"ada": ["own"], "bob": ["own"]}
    assert {submission.submitted_at for submission in found.values()} == {None}


def test_what_is_not_clear_is_refused_as_a_whole(handed_in):
    handed_in.put("ada", {SLOPES: "which one?"})
    handed_in.put("ada.attempt-2", {SLOPES: "two"})
    handed_in.put("bob.attempt-1", {SLOPES: "one"})
    handed_in.put("bob.attempt-01", {SLOPES: "too"})
    found = handed_in.collect()
    assert texts(found["ada"]) == texts(found["bob"]) == [None]
    assert found["ada"].problems == (
        "ada: has no number and stands beside ada.attempt-2: give it one, ada.attempt-N; "
        "nothing of it was read",
    )
    assert found["bob"].problems == (
        "bob.attempt-01: bob.attempt-1 has the same number, keep one; nothing of it was read",
    )


def test_an_attempt_that_cannot_be_read_leaves_the_others(handed_in):
    handed_in.put("ada.attempt-1", {SLOPES: "one"})
    (handed_in.folder / "ada.attempt-2.zip").write_bytes(b"no zip")
    ada = handed_in.one()
    assert texts(ada) == ["one", None]
    assert len(ada.problems) == 1
    assert ada.problems[0].startswith("ada.attempt-2.zip: ")


def test_there_is_an_end_to_attempts(handed_in):
    for number in range(1, MOST + 3):
        handed_in.put(f"ada.attempt-{number}", {SLOPES: str(number)})
    ada = handed_in.one()
    assert texts(ada) == [str(number) for number in range(3, MOST + 3)]
    assert ada.problems == (f"{MOST + 2} attempts: only the latest {MOST} were read",)


def test_who_is_called_so_on_the_roster_is_a_student(handed_in, catalogue):
    handed_in.put("ada", {SLOPES: "ada"})
    handed_in.put("ada.attempt-2", {SLOPES: "somebody else"})
    roster = Roster((Person("ada"), Person("ada.attempt-2")))
    read = {e.id: texts(e.read()) for e in class_entries(handed_in.folder, catalogue, roster=roster)}
    assert read == {"ada": ["ada"], "ada.attempt-2": ["somebody else"]}
