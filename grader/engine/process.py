"""One trusted grading process: a pytest session that examines job after job."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from types import ModuleType

from grader.course.catalogue import Catalogue
from grader.engine.job import Job
from grader.errors import KataError, RunStopped
from grader.examine.desk import ExamBackend
from grader.examine.device import Device
from grader.examine.examiner import Examiner
from grader.examine.outcome import ExerciseOutcome
from grader.examine.seed import Seed
from grader.examine.session import run_session
from grader.sandbox.tether import tether_to

Link = Connection  # of jobs one way, of replies the other
MakeBackend = Callable[[], ExamBackend]  # called in the new process
Reply = tuple[ExerciseOutcome, ...] | KataError | str
END_WAIT = 10.0  # seconds


@dataclass(frozen=True)
class Begins:
    """What a process tells before its reply: it turns to this exercise."""

    exercise: str


class GradingProcess:
    """The parent's handle: send a job, receive outcomes."""

    def __init__(
        self,
        context: SpawnContext,
        catalogue: Catalogue,
        seed: Seed,
        backend: MakeBackend,
        *,
        core: int,
        device: str = Device.CPU,
        units: Collection[str] = (),
    ) -> None:
        self.core = core
        self.at = ""  # the exercise that it examines
        self.connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve,
            args=(theirs, catalogue, seed, backend),
            kwargs={"core": core, "device": device, "units": units},
            name="katagrad-examiner",
            daemon=True,
        )
        with _of_its_own():
            self._process.start()
        theirs.close()

    def send(self, job: Job) -> bool:
        """Hand over a job; False where the process is gone."""
        self.at = ""
        try:
            self.connection.send(job)
        except OSError:
            return False
        return True

    def receive(self) -> Reply | Begins | None:
        """The reply to the job, or None where the process died over it."""
        try:
            reply: Reply | Begins = self.connection.recv()
        except (EOFError, OSError):
            return None
        return reply

    def found_no_end(self) -> bool:
        """Of a process that is closed: whether it had to stop itself in the midst of a step without end."""
        return self._process.exitcode == -signal.SIGPROF

    def close(self, at_once: bool = False) -> None:
        """End the process, and with it its zygotes and workers; `at_once`, in the middle of a job."""
        self.connection.close()
        if at_once:
            self._process.kill()
        self._process.join(END_WAIT)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


@contextmanager
def _of_its_own() -> Iterator[None]:
    """While a process is started: nothing of whoever started it may reach it.

    Hash order must not differ from run to run, for tests may draw from sets. And a spawned process imports
    the caller's script again, which would grade once more from within where it has no `__main__` guard.
    """
    main, before = sys.modules["__main__"], os.environ.get("PYTHONHASHSEED")
    sys.modules["__main__"] = ModuleType("__main__")
    os.environ["PYTHONHASHSEED"] = "0"
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        if before is None:
            del os.environ["PYTHONHASHSEED"]
        else:
            os.environ["PYTHONHASHSEED"] = before


def _serve(
    connection: Connection,
    catalogue: Catalogue,
    seed: Seed,
    backend: MakeBackend,
    *,
    core: int,
    device: str,
    units: Collection[str],
) -> None:
    # However the parent ends, by SIGKILL too, nothing stays that works on for nobody.
    parent = multiprocessing.parent_process()
    if parent is None or parent.pid is None or not tether_to(parent.pid):
        return
    # A test and the code it asks take turns: waking the other one up on another core costs four times more.
    os.sched_setaffinity(0, {core})
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer

    def serve(examiner: Examiner) -> None:
        while True:
            try:
                job: Job = connection.recv()
            except EOFError:
                return
            examiner.desk.seed = job.seed or seed
            reply = _examine(examiner, job, lambda exercise: connection.send(Begins(exercise)))
            try:
                connection.send(reply)
            except OSError:  # the parent is gone, on Ctrl-C for one
                return
            if examiner.bounds.broken:
                return  # a new process takes the next job: pytest may have been stopped in its midst

    try:
        run_session(catalogue, seed, backend(), serve, device=device, units=units)
    except KataError as error:
        _answer_everything_with(connection, error)


def _examine(examiner: Examiner, job: Job, begins: Callable[[str], None]) -> Reply:
    unit = examiner.desk.catalogue.unit(job.unit)
    try:
        return examiner.examine(
            unit,
            dict(job.sources),
            job.exercises,
            before=job.before,
            endless=job.endless,
            afresh=job.afresh,
            follow=job.follow,
            begins=begins,
        )
    except KataError as error:
        return error
    except (Exception, RunStopped) as error:
        return f"{type(error).__name__}: {error}"


def _answer_everything_with(connection: Connection, error: KataError) -> None:
    try:
        while True:
            connection.recv()
            connection.send(error)
    except (EOFError, OSError):
        return
