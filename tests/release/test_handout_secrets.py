"""What a hand-out must not hold is found, wherever it stands, and then nothing is written."""

import json
import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from grader.course.load import load_course
from grader.errors import CourseError
from grader.examine.seed import Seed
from grader.release.handout import make
from grader.release.zipped import zipped
from grader.verify.handout import check, proof
from grader.verify.testfiles import test_functions as functions_of

ROOT = Path(__file__).parents[2]
DEMO = Seed("demo", demo=True)


def test_the_real_hand_out_gives_nothing_away(wheel):
    """Nothing between the markers, no hidden test or file, no seed: neither in it nor in its wheel."""
    course = load_course(ROOT)
    seed = Seed("f" * 32)
    files = make(course, (), wheel).files
    assert list(proof(course, seed, files)) == []
    texts = [data.decode() for name, data in files.items() if not name.endswith(".whl")]
    with zipfile.ZipFile(BytesIO(files[wheel.name])) as archive:
        assert {name.partition("/")[0] for name in archive.namelist()} == {
            "grader",
            "katagrad-0.1.0.dist-info",
        }
        texts += [archive.read(name).decode() for name in archive.namelist()]
    words = set(re.findall(r"\w+", "\n".join(texts)))
    hidden = {
        t.name for unit in course.units for path in course.hidden_tests(unit) for t in functions_of(path)
    }
    assert len(hidden) > 160
    assert not hidden & words


def telling(course):
    """One line of a solution, with other blanks, in a sentence."""
    lines = course.solution_file(course.units[0]).read_text("utf-8").split("\n")
    at = next(n for n, line in enumerate(lines) if "BEGIN SOLUTION" in line and len(lines[n + 1]) > 40)
    return "It is `" + lines[at + 1].strip().replace(" ", "  ") + "`, isn't it?"


LEAKS = {
    "a line of the solution": telling,
    "the hidden test": lambda course: f"see {functions_of(course.hidden_tests(course.units[0])[0])[0].name}",
    "the secret seed": lambda course: "s" * 32,
    "its fingerprint": lambda course: Seed("s" * 32).fingerprint,
    "this is the hidden file": lambda course: course.wrong_answers(course.units[0]).read_text("utf-8"),
}


@pytest.mark.parametrize("place", ["lesson", "list", "wheel"])
@pytest.mark.parametrize("what", LEAKS)
def test_what_is_secret_is_found(tiny, what, place, small_wheel):
    text = LEAKS[what](tiny)
    files = dict(make(tiny, (), small_wheel).files)
    assert list(proof(tiny, Seed("s" * 32), files)) == []
    if place == "lesson":
        files["exercises/u01_plain/README.md"] = text.encode()
    elif place == "list":
        files["exercises/.kata/hints.json"] = json.dumps({"u01.slope": [text]}).encode()
        if what == "this is the hidden file":
            files = {"exercises/wrong_plain.py": b""}
    else:
        files[small_wheel.name] = zipped({"grader/x.py": text.encode()})
    claims = list(proof(tiny, Seed("s" * 32), files))
    assert claims
    assert what in claims[0].fact
    with pytest.raises(CourseError, match="this hand-out is not fit to be given away"):
        check(tiny, Seed("s" * 32), files)


def test_what_would_give_something_away_is_not_written(tiny, release, tmp_path):
    lesson = tiny.lesson(tiny.units[0])
    lesson.write_text(telling(tiny), encoding="utf-8")
    code, said = release("folder", tmp_path / "out")
    assert (code, (tmp_path / "out").exists()) == (2, False)
    assert "a line of the solution (solutions/u01_plain/plain.py:" in said
    assert "(exercises/u01_plain/README.md:1)" in said
