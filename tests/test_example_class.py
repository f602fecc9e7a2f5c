"""The example class, graded: what each one earns, and what the hostile ones do to the others: nothing."""

import ast
import ctypes
import hashlib
import io
import os
import runpy
import select
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import resource_tracker
from pathlib import Path
from types import SimpleNamespace

import pytest

from grader.collect.folder import collect_class
from grader.course.load import load_course
from grader.engine.pool import Pool
from grader.errors import SandboxError
from grader.examine.outcome import Verdict
from grader.examine.seed import load_seed
from grader.gradebook.session import grade_class
from grader.report.feedback import feedback_files
from grader.sandbox.layers import resolve

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="grading is for Linux")

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
LETTERS = {
    "R": Verdict.RIGHT,
    "W": Verdict.WRONG,
    "T": Verdict.TODO,
    "C": Verdict.CRASHED,
    "S": Verdict.TOO_SLOW,
    "M": Verdict.TOO_MUCH_MEMORY,
}
EXPECTED = {  # a column for each exercise: forward, central, best_step, numerical_gradient, grad_check
    "ada": "RRRRR",
    "ben": "RRRRR",
    "carla": "RWRRR",
    "deniz": "RRRWR",
    "elif": "RRRRW",
    "farid": "TTTTT",
    "greta": "CCCCC",
    "hugo": "TTTTT",
    "ines": "CCCTT",
    "jonas": "RRSRR",
    "kemal": "RMRRR",
    "lea": "RRRRR",
    "mina": "RRRRR",
    "noor": "RRTWT",
    "omar": "RRRRR",
    "petra": "RTWTT",
    "quentin": "WRWWW",
    "rasmus": "WWWWR",
    "sofia": "RWWWW",
    "theo": "WRWWW",
    "tomas": "CCCCC",
    "ursula": "CCCRC",
    "viktor": "WWRWW",
    "wanda": "RCCCC",
    "xaver": "RCCCC",
    "yara": "CCCCR",
    "zeno": "RRTTT",
}
LATE = {"lea": 0.2, "zeno": 1.0}  # the part that lateness takes
MISTAKES = {
    "carla": ("u01.central_difference", "divided by h"),
    "deniz": ("u01.numerical_gradient", "all entries are nudged at once"),
    "elif": ("u01.grad_check", "rtol is not used"),
}
HOGS = {"jonas", "kemal"}
CHEATS = {"quentin", "rasmus", "sofia", "theo", "tomas", "ursula", "viktor", "wanda", "xaver", "yara"}
NOT_AGAINST_US_ALONE = CHEATS - {"theo", "xaver"}  # one only stays behind, one speaks our wire
SECONDS = 2  # instead of course.yml's 10: the loop runs into it twice, as a failure must repeat
TIMES = "times.jsonl"  # the one file that may differ
MARK = "kata-example-theo"  # what one of them would leave in every folder that it can write to
WHERE = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), ROOT, EXAMPLES, Path.cwd(), Path.home())
SET_CHILD_SUBREAPER = 36


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """The course as it is, with less time for each exercise."""
    try:
        resolve("auto")
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error.rationale}")
    folder = tmp_path_factory.mktemp("course")
    text = (ROOT / "course.yml").read_text(encoding="utf-8")
    assert text.count("  seconds: 10 ") == 1
    quick = text.replace("  seconds: 10 ", f"  seconds: {SECONDS} ")
    (folder / "course.yml").write_text(quick, encoding="utf-8")
    for part in ("exercises", "solutions"):
        shutil.copytree(
            ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis")
        )
    return load_course(folder)


@pytest.fixture(scope="module")
def runs(catalogue, tmp_path_factory):
    """The class graded twice, once without the hostile ones, and what is there afterwards that was not."""
    out, temporary = tmp_path_factory.mktemp("grades"), tmp_path_factory.mktemp("temporary")
    submissions = collect_class(EXAMPLES / "class", catalogue)
    honest = [s for s in submissions if s.id not in HOGS | CHEATS]
    examples, marked, descriptors = snapshot(EXAMPLES), marks(), open_descriptors()
    with ExitStack() as stack:
        stack.enter_context(adopting_orphans())
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        environment.setenv("TMPDIR", str(temporary))
        before = descendants()
        found = SimpleNamespace(
            one=grade(catalogue, submissions, out / "one", workers=2),
            two=grade(catalogue, submissions, out / "two", workers=1),
            honest=grade(catalogue, honest, out / "honest", workers=2),
            out=out,
        )
        found.processes = survivors(descendants() - before)
    found.changed = {path for path, seen in snapshot(EXAMPLES).items() ^ examples.items()}
    found.marked = marks() - marked
    found.temporary = sorted(os.listdir(temporary))
    found.descriptors = open_descriptors() - descriptors
    return found


def grade(catalogue, submissions, out, workers):
    seed = load_seed(catalogue.root)
    with Pool(catalogue, seed, workers=workers) as pool:
        return grade_class(catalogue, submissions, pool, out, seed=seed, extra_files=feedback_files)


def snapshot(folder):
    """Every file and folder with what it holds."""
    found = {}
    for path in folder.rglob("*"):
        held = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path.relative_to(folder))] = held
    return found


def marks():
    return {str(path) for folder in WHERE for path in folder.glob(f"{MARK}*")}


def open_descriptors():
    """What this process holds open, listeners included, without the line to Python's own tracker."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):
            found.add((name, os.readlink(f"/proc/self/fd/{name}")))
    tracker = str(resource_tracker._resource_tracker._fd)
    return {(name, what) for name, what in found if name != tracker and what != f"/proc/{os.getpid()}/fd"}


@contextmanager
def adopting_orphans() -> Iterator[None]:
    """Processes that outlive their parent become our children, so that none is overlooked."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    assert prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    try:
        yield
    finally:
        prctl(SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def descendants():
    """The ids of all processes below this one, without Python's own tracker."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            stat = Path(f"/proc/{name}/stat").read_text()
            parents[int(name)] = int(stat.rpartition(")")[2].split()[1])
    found: set[int] = set()
    while new := {pid for pid, above in parents.items() if above in found | {os.getpid()}} - found:
        found |= new
    return found - {resource_tracker._resource_tracker._pid}


def survivors(pids):
    """Those that have not ended within five seconds, the shortest time that a stay could count as one."""
    alive = set()
    for pid in pids:
        with suppress(ProcessLookupError):
            watch = os.pidfd_open(pid)
            if not select.select([watch], [], [], 5)[0]:
                alive.add((pid, Path(f"/proc/{pid}/cmdline").read_bytes()))
            os.close(watch)
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return alive


def student(graded, id):
    return next(student for student in graded.students if student.id == id)


# ------------------------------------------------------------------------------------- what each one earns


def test_the_table_is_complete():
    named = {path.name.partition(".")[0] for path in (EXAMPLES / "class").iterdir()}
    assert named == set(EXPECTED)
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert [id for id in EXPECTED if f"| {id} |" not in page and f"| {id}." not in page] == []


@pytest.mark.parametrize("id", EXPECTED)
def test_verdicts(runs, id):
    records = student(runs.one, id).records
    assert [record.verdict for record in records] == [LETTERS[letter] for letter in EXPECTED[id]]


@pytest.mark.parametrize("id", EXPECTED)
def test_points(runs, id):
    """Right earns all, wrong a part, and nothing else anything; then lateness takes its part."""
    rest = 1 - LATE.get(id, 0.0)
    for record in student(runs.one, id).records:
        if record.verdict is Verdict.RIGHT:
            assert record.points == pytest.approx(record.max_points * rest), record.exercise
        elif record.verdict is Verdict.WRONG and id not in CHEATS:
            assert 0 <= record.points < record.max_points * rest, record.exercise
        else:
            assert record.points == 0, record.exercise


def test_no_cheat_earns_more_than_it_solved_and_each_but_one_solved_one(runs):
    solved = {id: EXPECTED[id].count("R") for id in CHEATS}
    assert solved == dict.fromkeys(CHEATS - {"tomas"}, 1) | {"tomas": 0}
    for id in sorted(CHEATS):
        records = student(runs.one, id).records
        right = sum(record.max_points for record in records if record.verdict is Verdict.RIGHT)
        assert student(runs.one, id).points == right, id


@pytest.mark.parametrize("id", sorted(HOGS))
def test_the_loop_and_the_hog_cost_one_exercise_each(runs, id):
    records = student(runs.one, id).records
    lost = [record.exercise for record in records if record.points < record.max_points]
    assert len(lost) == 1


@pytest.mark.parametrize("id", MISTAKES)
def test_the_mistake_is_named(runs, id):
    exercise, words = MISTAKES[id]
    text = (runs.out / "one" / "feedback" / f"{id}.txt").read_text(encoding="utf-8")
    assert words in text.partition(exercise)[2]


def test_what_was_wrong_with_an_upload_is_told(runs):
    assert student(runs.one, "hugo").problems == (
        "hugo: holds no file of the course, such as u01_slopes/slopes.py",
    )
    assert {s.id for s in runs.one.students if s.problems} == {"hugo"}
    dropped = {"conftest.py", "pytest.ini", "sitecustomize.py", "numpy.py", "u01_slopes/numpy.py"}
    assert dropped < set(student(runs.one, "wanda").ignored)


def test_nothing_is_our_error(runs):
    assert runs.one.grader_errors == 0


# --------------------------------------------------------------------------------- what that does to others


def test_every_other_score_is_the_same_without_the_hostile_ones(runs):
    kept = [s for s in runs.one.students if s.id not in HOGS | CHEATS]
    assert [s.id for s in runs.honest.students] == [s.id for s in kept]
    for with_them, without in zip(kept, runs.honest.students, strict=True):
        assert with_them == without
        name = f"feedback/{without.id}.txt"
        assert (runs.out / "one" / name).read_bytes() == (runs.out / "honest" / name).read_bytes()


def test_two_runs_write_the_same_bytes(runs):
    one, two = snapshot(runs.out / "one"), snapshot(runs.out / "two")
    assert one.keys() == two.keys()
    assert {name for name in one if one[name] != two[name]} <= {TIMES}


def test_only_the_grades_are_written(runs):
    tables = {"gradebook.csv", "results-long.csv", "journal.jsonl", TIMES, "feedback"}
    assert snapshot(runs.out / "one").keys() == tables | {f"feedback/{id}.txt" for id in EXPECTED}
    assert runs.changed == set()
    assert runs.marked == set()
    assert runs.temporary == []


def test_nobody_stays_behind(runs):
    assert runs.processes == set()
    assert runs.descriptors == set()


# ----------------------------------------------------------------------------------- the examples are real


NAIVE = """
import math

import numpy as np
import pytest

import reference
from u01_slopes import slopes


def cube_sum(p):
    return float(np.sum(p**3))


def test_forward_difference():
    expected = reference.forward_difference(math.sin, 1.0, 0.1)
    assert abs(slopes.forward_difference(math.sin, 1.0, 0.1) - expected) < 1e-9


def test_central_difference():
    expected = reference.central_difference(math.sin, 1.0, 0.1)
    assert slopes.central_difference(math.sin, 1.0, 0.1) == pytest.approx(expected)


def test_best_step():
    expected = reference.best_step("central", 2.0, 3.0, 4.0)
    assert slopes.best_step("central", 2.0, 3.0, 4.0) == expected


def test_numerical_gradient():
    expected = reference.numerical_gradient(cube_sum, np.array([1.0, 2.0]))
    assert np.allclose(slopes.numerical_gradient(cube_sum, np.array([1.0, 2.0])), expected)


def test_grad_check():
    expected = reference.grad_check(np.array([1.0, 2.0]), np.array([1.0, 2.5]))
    assert slopes.grad_check(np.array([1.0, 2.0]), np.array([1.0, 2.5])) == expected
"""


@pytest.mark.parametrize("id", sorted(NOT_AGAINST_US_ALONE))
def test_the_cheats_do_cheat_a_grader_that_runs_them_in_its_own_process(id, tmp_path):
    """Without this, "the cheats earn nothing" could mean that they are badly written."""
    shutil.copytree(EXAMPLES / "class" / id, tmp_path / id)
    (tmp_path / id / "test_hidden_slopes.py").write_text(NAIVE, encoding="utf-8")
    shutil.copy(ROOT / "solutions" / "u01_slopes" / "slopes.py", tmp_path / id / "reference.py")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "test_hidden_slopes.py"],
        cwd=tmp_path / id,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "--import-mode=prepend"},
        capture_output=True,
        text=True,
        check=False,
    )
    passed = ran.stdout.count("\nPASSED ")
    assert ran.returncode == 0 or passed > EXPECTED[id].count("R"), ran.stdout


def test_the_unfilled_one_is_the_stub():
    handed_in = (EXAMPLES / "class/farid/u01_slopes/slopes.py").read_text(encoding="utf-8")
    stub = (ROOT / "exercises/u01_slopes/slopes.py").read_text(encoding="utf-8")
    assert ast.dump(ast.parse(handed_in)) == ast.dump(ast.parse(stub))


def test_the_archives_are_those_of_their_script():
    pack = runpy.run_path(str(EXAMPLES / "make_archives.py"))
    with (
        zipfile.ZipFile(EXAMPLES / "class/mina.zip") as committed,
        zipfile.ZipFile(io.BytesIO(pack["zipped"](EXAMPLES / "packed/mina"))) as made,
    ):
        assert contents(committed) == contents(made)
    with (
        tarfile.open(EXAMPLES / "class/noor.tar.gz") as committed_tar,
        tarfile.open(fileobj=io.BytesIO(pack["tarred"](EXAMPLES / "packed/noor"))) as made_tar,
    ):
        assert tar_contents(committed_tar) == tar_contents(made_tar)


def contents(archive):
    return [(info.filename, info.date_time, archive.read(info)) for info in archive.infolist()]


def tar_contents(archive):
    return [(info.name, info.mtime, info.mode, archive.extractfile(info).read()) for info in archive]
