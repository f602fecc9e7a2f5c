"""The example class, graded twice for all tests here: with all of them, and the honest ones alone."""

import ctypes
import hashlib
import os
import select
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import resource_tracker
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from grader.collect.folder import collect_class
from grader.course.catalogue import Catalogue
from grader.course.load import load_course
from grader.engine.pool import Pool
from grader.errors import SandboxError
from grader.examine.seed import load_seed
from grader.gradebook.session import grade_class
from grader.report.files import report_files
from grader.sandbox.layers import resolve

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
HOGS = frozenset({"jonas", "kemal"})
CHEATS = frozenset(
    {"quentin", "rasmus", "sofia", "theo", "tomas", "ursula", "viktor", "wanda", "xaver", "yara"}
)
REACHED = {"u01", "u05", "u08"}  # as far as this class has come
SECONDS = 4  # instead of course.yml's 10 and 5: the loops run into it twice, as a failure must repeat
MARK = "kata-example-theo"  # what one of them would leave in every folder that it can write to
WHERE = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), ROOT, EXAMPLES, Path.cwd(), Path.home())
SET_CHILD_SUBREAPER = 36


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory):
    """The course as it is, with less time for each exercise."""
    try:
        resolve("auto")
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error.rationale}")
    folder = tmp_path_factory.mktemp("course")
    text = (ROOT / "course.yml").read_text(encoding="utf-8")
    assert (text.count("  seconds: 10 "), text.count("{seconds: 5}")) == (1, 1)
    quick = text.replace("  seconds: 10 ", f"  seconds: {SECONDS} ")
    quick = quick.replace("{seconds: 5}", f"{{seconds: {SECONDS}}}")
    (folder / "course.yml").write_text(quick, encoding="utf-8")
    for part in ("exercises", "solutions"):
        shutil.copytree(
            ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis")
        )
    whole = load_course(folder)
    units = tuple(unit for unit in whole.course.units if unit.id in REACHED)
    return Catalogue(msgspec.structs.replace(whole.course, units=units), whole.root)


@pytest.fixture(scope="session")
def runs(catalogue, tmp_path_factory):
    """The class, then in another way without the hostile ones; and what is there afterwards that was not."""
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
            honest=grade(catalogue, honest, out / "honest", workers=1),
            out=out,
            examples=EXAMPLES,
            hostile=HOGS | CHEATS,
            cheats=CHEATS,
            hogs=HOGS,
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
        return grade_class(catalogue, submissions, pool, out, seed=seed, extra_files=report_files)


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


@pytest.fixture(scope="session")
def snapshot_of():
    """The function that lists every file and folder with what it holds."""
    return snapshot
