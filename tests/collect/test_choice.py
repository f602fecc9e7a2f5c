"""Which files are the course's, whatever the upload looks like, and how their text is read."""

from datetime import UTC, datetime

import pytest

from grader.collect.submission import BOUNDS, Bounds

SLOPES, RULES = "u01_slopes/slopes.py", "u02_rules/rules.py"


@pytest.fixture(params=["folder", "zip", "tar", "tar.gz", "tar.bz2", "tar.xz"])
def hand_in(request, handed_in):
    """Hands the same files in as a folder and as every archive."""

    def put(files, bounds=BOUNDS):
        if request.param == "folder":
            handed_in.put("ada", files)
        elif request.param == "zip":
            handed_in.zip("ada.zip", files)
        else:
            handed_in.tar(f"ada.{request.param}", files, request.param[4:])
        return handed_in.one(bounds)

    return put


def test_any_prefix_and_nearest_to_the_root_wins(hand_in):
    found = hand_in({f"a/b/{SLOPES}": "far", f"z/{SLOPES}": "near", f"exercises/x/{RULES}": "r"})
    assert found.sources == {SLOPES: "near", RULES: "r"}
    assert found.ignored == (f"a/b/{SLOPES}",)
    assert not found.problems


def test_two_at_the_same_depth_are_ambiguous_and_none_is_read(hand_in):
    found = hand_in({f"a/{SLOPES}": "1", f"b/{SLOPES}": "2", RULES: "r"})
    assert found.sources == {RULES: "r"}
    (problem,) = found.problems
    assert problem.endswith(
        f"{SLOPES}: ambiguous, found as a/{SLOPES} and b/{SLOPES}; none was read, keep one"
    )
    assert found.ignored == (f"a/{SLOPES}", f"b/{SLOPES}")


def test_a_file_in_the_wrong_folder_is_found_when_its_name_is_unique(hand_in):
    found = hand_in({"homework/slopes.py": "s", "rules.py": "r"})
    assert found.sources == {SLOPES: "s", RULES: "r"}


def test_its_own_folder_comes_first(hand_in):
    found = hand_in({"slopes.py": "root", f"deep/er/{SLOPES}": "own"})
    assert found.sources == {SLOPES: "own"}


def test_a_name_that_is_not_unique_is_ambiguous(hand_in):
    found = hand_in({"slopes.py": "1", "old/slopes.py": "2"})
    assert not found.sources
    assert "ambiguous, found as old/slopes.py and slopes.py" in found.problems[0]


def test_everything_else_is_ignored_and_named(hand_in):
    dropped = [
        "conftest.py",
        "numpy.py",
        "pytest.ini",
        "sitecustomize.py",
        "u01_slopes/test_slopes.py",
        "x.pth",
    ]
    noise = ["__MACOSX/u01_slopes/._slopes.py", "u01_slopes/__pycache__/slopes.pyc", ".DS_Store"]
    found = hand_in(dict.fromkeys([SLOPES, *dropped, *noise], "x"))
    assert found.sources == {SLOPES: "x"}
    assert found.ignored == tuple(dropped)
    assert not found.problems


def test_long_lists_of_ignored_files_are_cut_with_their_count(hand_in):
    found = hand_in({SLOPES: "", **{f"n{i:02}.txt": "" for i in range(30)}})
    assert len(found.ignored) == 21
    assert found.ignored[19:] == ("n19.txt", "and 10 more")


def test_hidden_folders_hold_no_answers(hand_in):
    found = hand_in({f".git/{SLOPES}": "x", "a/.venv/rules.py": "x"})
    assert not found.sources
    assert "holds no file of the course, such as u01_slopes/slopes.py" in found.problems[0]


def test_a_missing_file_is_no_problem_of_the_upload(hand_in):
    found = hand_in({RULES: "r"})
    assert found.sources == {RULES: "r"}
    assert not found.problems


def test_a_folder_where_the_file_should_be(hand_in):
    found = hand_in({f"{SLOPES}/notes.txt": "x", RULES: "r"})
    assert found.sources == {RULES: "r"}
    assert found.problems[0].endswith(f"{SLOPES}: is a folder, not a file; it was not read")
    assert len(found.problems) == 1


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        (b"a\r\nb\rc\n", "a\nb\nc\n"),
        (b"\xef\xbb\xbfa = 1\n", "a = 1\n"),
        ("π = 3\n".encode(), "π = 3\n"),
        (b"# -*- coding: latin-1 -*-\n", "# -*- coding: latin-1 -*-\n"),
    ],
)
def test_text_is_read_as_python_would(handed_in, raw, text):
    handed_in.put("ada", {SLOPES: raw})
    found = handed_in.one()
    assert found.sources == {SLOPES: text}
    assert not found.problems


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"a = 1\nb = '\xe9'\n", "is not UTF-8 text on line 2; save it as UTF-8"),
        (b"a = 1\n\nb\0\n", "holds a null byte on line 3"),
        ("a = 1".encode("utf-16"), "is UTF-16 or UTF-32 text; save it as UTF-8"),
        (b"#" * 2049, "is larger than 2 KiB"),
        (b"a=" * 500 + b"\n1", "holds more than 1,000 words and signs"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line_and_the_others_stay(hand_in, raw, what):
    found = hand_in({SLOPES: raw, RULES: "r"}, Bounds(source=2048, words=1000))
    assert found.sources == {RULES: "r"}
    (problem,) = found.problems
    assert problem.startswith("ada")
    assert problem.endswith(f": {SLOPES}: {what}; it was not read")


def test_a_file_of_exactly_the_limit_is_read(hand_in):
    assert hand_in({SLOPES: "#" * 2048}, Bounds(source=2048)).sources


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-09-14 21:04:00 UTC\n", 21),
        ("2026-09-14 21:04:00.123456 UTC", 21),
        ("2026-09-14T21:04:00Z", 21),
        ("2026-09-14T23:04:00+02:00", 21),
        ("2026-09-14T23:04+0200", 21),
        ("\ufeff2026-09-14 21:04:00\r\n", 21),
    ],
)
def test_the_time_of_handing_in(handed_in, text, hour):
    stamps = {"timestamp.txt": text, "old/timestamp.txt": "1999-01-01 00:00:00"}
    handed_in.put("ada", {SLOPES: "", **stamps})
    found = handed_in.one()
    assert found.submitted_at == datetime(2026, 9, 14, hour, 4, tzinfo=UTC)
    assert found.submitted_at.utcoffset().total_seconds() == 0
    assert not found.problems
    assert found.ignored == ("old/timestamp.txt",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-13-01 00:00:00",
        "0001-01-01 00:00:00+14:00",
        "2026-09-14",
        "2026-09-14 21:04:00 Mars/Crater",
        "2026-09-14 21:04:00+99:99",
        "٢٠٢٦-09-14 21:04:00",
        b"\xff\0",
        "9" * 5000,
    ],
)
def test_an_unreadable_time_is_a_problem_and_costs_no_source(handed_in, text):
    handed_in.put("ada", {SLOPES: "s", "timestamp.txt": text})
    found = handed_in.one()
    assert found.sources == {SLOPES: "s"}
    assert found.submitted_at is None
    (problem,) = found.problems
    assert problem.startswith("ada: timestamp.txt: ")


def test_two_times_are_ambiguous(handed_in):
    stamps = {"a/timestamp.txt": "2026-09-14 21:04:00", "b/timestamp.txt": "2026-09-15 21:04:00"}
    handed_in.put("ada", {SLOPES: "", **stamps})
    found = handed_in.one()
    assert found.submitted_at is None
    assert "timestamp.txt: ambiguous, found as a/timestamp.txt and b/timestamp.txt" in found.problems[0]
