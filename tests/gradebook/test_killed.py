"""The grader may be killed at any byte of its output: the same command again comes to the same final files.

A forked copy of the run is ended by SIGKILL in front of, or in the middle of, every single thing that it does
to the disk. `make kill-proof` does the same to the real command at random moments.
"""

import os
import shutil
import signal
import sys

import pytest

from grader.gradebook.session import grade_class
from grader.report.files import report_files

OPEN, WRITE = os.open, os.write
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="grading is for Linux")


@pytest.fixture
def run(invented, tmp_path, monkeypatch):
    """run(out, better=False): grade a class of three, with --diff. run.attempts: what ann had handed in."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # a kill is no power cut
    catalogue = invented.make_catalogue(tmp_path, attempts="best")

    def grade(out, better=False):
        _, answers = invented.small_class()
        ann = {**invented.BOTH, invented.SLOPES: "# better"} if better else invented.BOTH
        before = tuple(invented.handed_in("ann", sources) for sources in grade.attempts)
        class_ = [
            invented.handed_in("ann", ann, earlier=before),
            invented.handed_in("june"),
            invented.handed_in("vic", {}),
        ]
        pool = invented.FakePool(catalogue, {} if better else answers)
        return grade_class(
            catalogue, class_, pool, tmp_path / out, seed=invented.SEED, extra_files=report_files, diff=True
        )

    grade.attempts = []
    return grade


def files(folder):
    found = {}
    for path in folder.rglob("*"):
        mode = path.stat().st_mode & 0o777
        found[path.relative_to(folder).as_posix()] = mode, path.read_bytes() if path.is_file() else b""
    return found


class Mortal:
    """Counts what a process does to the disk, and kills it in front of the one with the number `at`.

    Of what is written there, one half still reaches the disk.
    """

    def __init__(self, at):
        self.at, self.done = at, 0

    def watch(self, patch):
        for name in ("write", "fsync", "rename", "replace", "unlink", "ftruncate", "mkdir", "open"):
            patch.setattr(os, name, self.instead_of(getattr(os, name)))

    def instead_of(self, real):
        def doing(*given, **more):
            if real is not OPEN or given[1] & (os.O_CREAT | os.O_TRUNC):
                if self.done == self.at:
                    if real is WRITE:
                        real(given[0], bytes(given[1])[: len(given[1]) // 2])
                    os.kill(os.getpid(), signal.SIGKILL)
                self.done += 1
            return real(*given, **more)

        return doing


def killed(act, at):
    """Run `act` in a fork that is killed at one of its deeds; False where it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            with pytest.MonkeyPatch.context() as patch:
                Mortal(at).watch(patch)
                act()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def ended(folder, want):
    """Whether the run that was killed had come to its end: another one would compare with it."""
    return (
        not (folder / "before.jsonl").exists() and files(folder).get("gradebook.csv") == want["gradebook.csv"]
    )


@pytest.fixture
def counted(monkeypatch):
    def count(act):
        mortal = Mortal(-1)
        with monkeypatch.context() as patch:
            mortal.watch(patch)
            act()
        return mortal.done

    return count


def test_killed_at_every_deed_of_a_first_run(run, tmp_path, counted):
    deeds = counted(lambda: run("want"))
    want = files(tmp_path / "want")
    assert deeds > 25
    for at in range(deeds):
        out = f"out{at}"
        assert killed(lambda: run(out), at)  # noqa: B023  it runs at once
        if not ended(tmp_path / out, want):
            run(out)
        assert files(tmp_path / out) == want, f"killed at deed {at}"


def test_killed_at_every_deed_of_a_regrade(run, tmp_path, counted):
    """What --diff tells is what changed since the run before, however often this one is killed."""
    run("earlier")
    shutil.copytree(tmp_path / "earlier", tmp_path / "want")
    deeds = counted(lambda: run("want", better=True))
    want = files(tmp_path / "want")
    assert b"\nann,u05.backward,0,3,+3,to do,right," in want["changes.csv"][1]
    for at in range(deeds):
        out = f"out{at}"
        shutil.copytree(tmp_path / "earlier", tmp_path / out)
        assert killed(lambda: run(out, better=True), at)  # noqa: B023
        for again in (3 * at % deeds, at // 2, -1):  # twice more, somewhere, then to the end
            if not ended(tmp_path / out, want):
                killed(lambda: run(out, better=True), again)  # noqa: B023
        assert files(tmp_path / out) == want, f"killed at deed {at}"


def test_killed_with_several_attempts(run, invented, tmp_path, counted):
    run.attempts = [{**invented.BOTH, invented.SLOPES: "# worse"}]
    deeds = counted(lambda: run("want"))
    want = files(tmp_path / "want")
    assert b'"ann"' in want["attempts.jsonl"][1]
    for at in {*range(0, deeds, 4), *range(deeds - 12, deeds)}:  # all of the end, a part of the rest
        out = f"out{at}"
        assert killed(lambda: run(out), at)  # noqa: B023  it runs at once
        if not ended(tmp_path / out, want):
            run(out)
        got = files(tmp_path / out)
        for name in ("times.jsonl", "exercise-times.csv"):
            got[name] = want[name]  # of attempts they are kept at the end only
        assert got == want, f"killed at deed {at}"
