"""Disks that refuse, damaged journals, clocks that jump: each has its message, and nothing is lost."""

import errno
import os
import resource
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import pytest

from grader.errors import UsageError
from grader.gradebook import disk
from grader.gradebook.journal import read_journal
from grader.gradebook.session import grade_class
from grader.report.files import report_files

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="grading is for Linux")
ROOM = 200_000  # bytes; what a class of twelve needs, and more than each of its files


@pytest.fixture
def grade(invented, tmp_path):
    """grade(out, **more): a class of twelve, all of whom are wrong at length."""
    catalogue = invented.make_catalogue(tmp_path)
    long = invented.replace(invented.WRONG_PUBLIC, called="f(" + "x, " * 500 + ")")
    wrong = invented.Verdict.WRONG
    answers = {
        (f"s{n:02}", e.id): invented.outcome(e.id, wrong, invented.check(wrong, public=True, finding=long))
        for n in range(12)
        for e in catalogue.exercises
    }
    class_ = [invented.handed_in(f"s{n:02}") for n in range(12)]

    def run(out, **more):
        pool = invented.FakePool(catalogue, answers)
        grade_class(catalogue, class_, pool, out, seed=invented.SEED, extra_files=report_files, **more)
        return pool.asked

    return run


def files(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def refused(grade, out, reason, remedy=""):
    with pytest.raises(UsageError) as caught:
        grade(out)
    assert reason in caught.value.rationale
    assert remedy in caught.value.help
    return caught.value


def told(grade, out):
    """The error that ends a run, or None."""
    try:
        grade(out)
    except UsageError as error:
        return error
    return None


# ------------------------------------------------------------------------------------- no room on the disk


def test_a_disk_that_is_really_full(grade, tmp_path):
    """A disk of 128 KiB: what was written stays, and with more room the same command goes on."""
    grade(tmp_path / "want")
    with mounted(tmp_path / "disk", "size=128k") as mount:
        error = refused(grade, mount / "grades", "No space left on device", "Make room on that disk")
        assert "goes on where it stopped" in error.help
        kept = len(read_journal(mount / "grades" / "journal.jsonl").records) // 5
        assert read_journal(mount / "grades" / "journal.jsonl").problems == ()  # nothing is torn
        assert 0 < kept < 12
        subprocess.run(["mount", "-o", "remount,size=8m", mount], check=True)
        asked = grade(mount / "grades")
        assert len({job.submission for job in asked}) <= 12 - kept + 1
        assert files(mount / "grades") == files(tmp_path / "want")


def test_a_disk_that_became_read_only(grade, tmp_path):
    with mounted(tmp_path / "disk", "size=4m") as mount:
        grade(mount / "grades")
        before = files(mount / "grades")
        subprocess.run(["mount", "-o", "remount,ro", mount], check=True)
        refused(grade, mount / "grades", "Read-only file system", "That disk is read-only")
        assert files(mount / "grades") == before


@contextmanager
def mounted(folder, options):
    folder.mkdir()
    mount = shutil.which("mount")
    done = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False
    )
    if not done or done.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_limit_on_the_size_of_files(grade, tmp_path):
    grade(tmp_path / "want")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        refused(grade, tmp_path / "grades", "File too large", "ulimit -f")
        kept = len(read_journal(tmp_path / "grades" / "journal.jsonl").records)
        assert read_journal(tmp_path / "grades" / "journal.jsonl").problems == ()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert 0 < kept < 60
    grade(tmp_path / "grades")
    assert files(tmp_path / "grades") == files(tmp_path / "want")


ERRORS = {
    errno.ENOSPC: "Make room on that disk",
    errno.EDQUOT: "Your quota is used up",
    errno.EIO: "The disk fails",
    errno.EACCES: "Choose a folder that you may write to",
    errno.EROFS: "That disk is read-only",
}


@pytest.mark.parametrize(
    ("deed", "number"),
    [
        *[(deed, errno.ENOSPC) for deed in ("write", "fsync", "replace", "open", "rename", "unlink")],
        *[("write", number) for number in ERRORS if number != errno.ENOSPC],
    ],
)
def test_whatever_the_disk_refuses_the_same_command_goes_on(grade, tmp_path, monkeypatch, deed, number):
    """Each kind of refusal, at several moments of the run."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    grade(tmp_path / "want")
    want, real = files(tmp_path / "want"), getattr(os, deed)
    for at in (0, 1, 3, 17):
        done = iter(range(10_000))

        def refuse(*given, _at=at, _done=done, **more):
            if (deed != "open" or given[1] & os.O_CREAT) and next(_done) == _at:
                raise OSError(number, os.strerror(number))
            return real(*given, **more)

        out = tmp_path / f"grades{at}"
        with monkeypatch.context() as patch:
            patch.setattr(os, deed, refuse)
            error = told(grade, out)
        if error is not None:
            assert os.strerror(number) in error.rationale
            assert ERRORS[number] in error.help
        grade(out)
        assert files(out) == want, f"{deed} number {at}"


def test_a_write_that_takes_a_part_only(tmp_path, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data)[:7]))
    with disk.Appender(tmp_path / "lines") as lines:
        lines.append(b'{"a": "a line of more than seven bytes"}\n')
    assert (tmp_path / "lines").read_bytes() == b'{"a": "a line of more than seven bytes"}\n'


def test_grades_on_another_disk_than_temporary_files(grade, tmp_path, monkeypatch):
    """Files are renamed on the disk on which they lie."""
    grade(tmp_path / "want")
    with mounted(tmp_path / "disk", "size=8m") as mount:
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        grade(mount / "grades")
        assert files(mount / "grades") == files(tmp_path / "want")


# ------------------------------------------------------------------------------- something else in the place


def _folder(path):
    path.mkdir()


def _link(path):
    path.with_name("target").write_text("of somebody else")
    path.symlink_to(path.with_name("target"))


def _dangling(path):
    path.symlink_to(path.with_name("nowhere"))


@pytest.mark.parametrize(
    ("put", "kind"), [(_folder, "a folder"), (_link, "a link"), (_dangling, "a link"), (os.mkfifo, "a pipe")]
)
@pytest.mark.parametrize("name", ["journal.jsonl", "before.jsonl", "set-aside.jsonl", "times.jsonl"])
def test_something_else_in_the_place_of_a_file(grade, tmp_path, put, kind, name):
    out = tmp_path / "grades"
    grade(out)
    (out / name).unlink(missing_ok=True)
    put(out / name)
    before = sorted(os.listdir(out))
    error = refused(grade, out, f"{out / name} is {kind}, not a file of katagrad", "Move it away")
    assert "--out" in error.help
    if (out / "target").exists():
        assert (out / "target").read_text() == "of somebody else"
    assert not (out / "nowhere").exists()
    assert set(before) <= set(os.listdir(out))


@pytest.mark.parametrize(("put", "kind"), [(_link, "a link"), (_dangling, "a link"), (os.mkfifo, "a pipe")])
def test_something_else_in_the_place_of_the_feedback(grade, tmp_path, put, kind):
    out = tmp_path / "grades"
    grade(out)
    shutil.rmtree(out / "feedback")
    put(out / "feedback")
    refused(grade, out, f"{out / 'feedback'} is {kind}, not a folder of katagrad", "Move it away")


def test_feedback_is_not_written_into_a_folder_elsewhere(grade, tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    with pytest.raises(UsageError, match="is a link, not a folder"):
        grade(tmp_path / "grades", on_progress=lambda _: link(tmp_path / "grades", tmp_path / "elsewhere"))
    assert os.listdir(tmp_path / "elsewhere") == []
    assert (tmp_path / "elsewhere").stat().st_mode & 0o777 == 0o755


def link(out, target):
    with suppress(FileExistsError):
        (out / "feedback").symlink_to(target)


@pytest.mark.parametrize("damage", [b"\0\0\0\0", b'{"schema":2}\n', b"\xff\n", b"{}", b"[" * 5000 + b"\n"])
@pytest.mark.parametrize("where", ["middle", "end"])
def test_a_damaged_journal_costs_the_damaged_results_only(grade, tmp_path, damage, where):
    out = tmp_path / "grades"
    grade(out)
    want = files(out)
    lines = (out / "journal.jsonl").read_bytes().splitlines(keepends=True)
    at = 7 if where == "middle" else len(lines) - 1
    (out / "journal.jsonl").write_bytes(b"".join([*lines[:at], damage, *lines[at + 1 :]]))
    asked = grade(out)
    assert {job.submission for job in asked} == {"s01" if where == "middle" else "s11"}
    assert files(out) == want


def test_a_folder_that_vanishes_in_the_middle(grade, tmp_path):
    out = tmp_path / "grades"
    with pytest.raises(UsageError) as caught:
        grade(out, on_progress=lambda _: shutil.rmtree(out, ignore_errors=True))
    assert "No such file or directory" in caught.value.rationale
    assert "removed" in caught.value.help


def test_a_folder_that_nobody_may_write_to(grade, tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    refused(grade, closed / "grades", "Permission denied", "--out")


def test_a_disk_without_locks(grade, tmp_path, monkeypatch):
    import fcntl

    def flock(descriptor, how):
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(fcntl, "flock", flock)
    refused(grade, tmp_path / "grades", "cannot be locked: ENOLCK", "local disk")


# --------------------------------------------------------------------------------------------- the clock


def test_a_clock_that_jumps_changes_nothing(grade, tmp_path, monkeypatch):
    grade(tmp_path / "want")
    hours = iter([0, 10**9, -(10**9), 5, 3 * 10**9, 0] * 10_000)
    monkeypatch.setattr(time, "time", lambda: next(hours) * 3600.0)
    monkeypatch.setattr(time, "time_ns", lambda: next(hours) * 3600 * 10**9)
    grade(tmp_path / "grades")
    for name in ("journal.jsonl", "gradebook.csv"):
        os.utime(tmp_path / "grades" / name, (0, 0))
    assert grade(tmp_path / "grades") == []
    assert files(tmp_path / "grades") == files(tmp_path / "want")


# ------------------------------------------------------------------------------------------------ privacy


@pytest.mark.parametrize("umask", [0, 0o777])
def test_everything_is_private_while_a_run_lasts_and_after_it(grade, tmp_path, umask):
    modes = set()

    def look(*_):
        modes.update((p.is_dir(), p.stat().st_mode & 0o777) for p in (tmp_path / "grades").rglob("*"))

    before = os.umask(umask)
    try:
        grade(tmp_path / "grades", on_progress=look, diff=True)
        grade(tmp_path / "grades", on_progress=look, fresh=True)
    finally:
        os.umask(before)
    look()
    assert modes == {(True, 0o700), (False, 0o600)}


def test_files_that_were_opened_to_others_are_closed_again(grade, tmp_path):
    out = tmp_path / "grades"
    grade(out)
    for path in out.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    grade(out)
    assert {p.stat().st_mode & 0o777 for p in out.rglob("*") if p.is_file()} == {0o600}
    assert (out / "feedback").stat().st_mode & 0o777 == 0o700
