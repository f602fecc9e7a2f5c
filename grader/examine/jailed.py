"""The backend of the grader: the student's module lives in a jailed worker, tests hold proxies."""

from collections.abc import Callable, Mapping
from typing import Any

from grader.course.model import Limits, Unit
from grader.errors import RunStopped, SandboxError, SubmissionError
from grader.examine.bounded import not_inherited
from grader.examine.device import Device
from grader.remote.budget import Jail
from grader.remote.guard import FREE, Guard
from grader.remote.handle import Handle
from grader.remote.proxy import Session
from grader.sandbox.layers import Rung
from grader.sandbox.limits import MIB, Bounds
from grader.sandbox.process import Process, Zygote
from grader.sandbox.rungs import NOTHING, Layer

RECYCLE_AFTER = 500  # workers from one zygote
EXERCISES_A_WORKER = 16


class Zygotes:
    """One warm zygote a flavour, started when first needed and renewed now and then.

    without: layers to leave off, for proofs of what each is worth; no command and no variable sets it
    """

    def __init__(self, rung: Rung, device: str = Device.CPU, without: frozenset[Layer] = NOTHING) -> None:
        self.rung, self.device, self.without = rung, device, without
        self._running: dict[str, tuple[Zygote, int]] = {}

    def spawn(self, flavour: str, limits: Limits) -> Jail:
        """A fresh worker with the full budget of one exercise. SandboxError where it cannot be made."""
        # A worker may serve a whole unit: its own CPU bound is a backstop behind the budget of each exercise.
        bounds = Bounds(
            cpu_seconds=limits.seconds * EXERCISES_A_WORKER,
            memory=limits.memory_mb * MIB,
            gpu=self.rung is Rung.UNSAFE and self.device != Device.CPU and flavour == "torch",
        )
        return Jail(self._spawn(flavour, bounds), limits.seconds)

    def _spawn(self, flavour: str, bounds: Bounds) -> Process:
        zygote, is_new = self._zygote(flavour)
        try:
            return zygote.spawn(bounds)
        except SandboxError:
            # It may have died since it was used last: for want of memory, or by somebody's hand.
            if is_new or not zygote.closed:
                raise
        return self._zygote(flavour)[0].spawn(bounds)

    def _zygote(self, flavour: str) -> tuple[Zygote, bool]:
        """A zygote that is not worn out, and whether it was started just now."""
        zygote, used = self._running.get(flavour, (None, 0))
        is_new = zygote is None or zygote.closed or used >= RECYCLE_AFTER
        if zygote is None or is_new:
            if zygote is not None:
                zygote.close()
            self._running.pop(flavour, None)
            zygote, used = self._start(flavour), 0
        self._running[flavour] = zygote, used + 1
        return zygote, is_new

    def _start(self, flavour: str) -> Zygote:
        with not_inherited():
            return Zygote(
                flavour,
                self.rung,
                warm=f"grader.remote.warm:{flavour}",
                entry="grader.remote.worker:serve",
                without=self.without,
            )

    def close(self) -> None:
        for zygote, _ in self._running.values():
            zygote.close()
        self._running.clear()


class JailedBackend:
    """One student's sources, in a worker that is made when a test first asks for the module.

    `limits` are those of the exercise that is being tested. `fresh` says that nothing ran before it, and that
    it lost no worker by our own fault: what fails otherwise is run again.
    """

    @classmethod
    def on(cls, rung: Rung, device: str = Device.CPU, without: frozenset[Layer] = NOTHING) -> "JailedBackend":
        """With zygotes of its own."""
        return cls(Zygotes(rung, device, without))

    def __init__(self, zygotes: Zygotes) -> None:
        self.zygotes = zygotes
        self.files: dict[str, str] = {}
        self.limits = Limits()
        self.guard = FREE
        self.session: Session | None = None
        self.fresh = True
        self._memory_mb = 0
        self._in_place = False
        self._spent = 0.0
        self._unit: Unit | None = None
        self._module: Handle | None = None
        self._failed: dict[str, BaseException] = {}

    @property
    def sources(self) -> Mapping[str, str]:
        return self.files

    def admit(self, files: Mapping[str, str], guard: Guard = FREE) -> None:
        """Take the next student: whatever the last one left is gone. guard: set in each of its workers"""
        self.close()
        self.guard = guard
        self.files = dict(files)
        self._failed = {}
        self._spent = 0.0

    def spent(self) -> float:
        running = 0.0 if self.session is None else self.session.jail.process.cpu_seconds()
        return self._spent + running

    def begin(self, limits: Limits, afresh: bool = False) -> None:
        """Start an exercise: its budget begins now, in a worker of its own where it asks for one."""
        if afresh or (self.session is not None and limits.memory_mb != self._memory_mb):
            self.drop()
        self.limits = limits
        self.fresh = self.session is None
        if self.session is not None:
            self.session.jail.refill(limits.seconds)

    def open(self, unit: Unit) -> Any:
        """The student's module; SubmissionError without its file, else what its import raises."""
        if unit.file not in self.files:
            raise SubmissionError(f"the file {unit.file} was not handed in")
        if self.session is not None and (self._unit is not unit or not self.session.jail.alive):
            self.drop()
        if unit.module in self._failed:
            raise self._failed[unit.module]
        if self._module is None:
            self._load(unit)
        return self._module

    def _load(self, unit: Unit) -> None:
        jail = self.zygotes.spawn(unit.flavour, self.limits)
        self.session, self._unit, self._memory_mb = Session(jail), unit, self.limits.memory_mb
        self.session.in_place = self._in_place
        try:
            self._module = self.session.load(self.files, unit.module, self.guard)
        except (Exception, RunStopped) as error:
            # An import that loops or crashes does so every time: it is paid for once.
            if not isinstance(error, SandboxError):
                self._failed[unit.module] = error
            self.drop()
            raise

    def build(self, path: str, *args: Any, **kwargs: Any) -> Any:
        if self.session is None:
            raise RuntimeError("`inside` is for tests that use the fixture `student` first")
        return self.session.build(path, *args, **kwargs)

    def replace(
        self, unit: Unit, symbol: str, kind: str, function: Callable[..., Any], among: Unit | None = None
    ) -> None:
        self.open(unit)
        assert self.session is not None
        self.session.replace((among or unit).module, symbol, kind, function)

    def begin_test(self, in_place: bool) -> None:
        self._in_place = in_place
        if self.session is not None:
            self.session.in_place = in_place

    def settle(self, failed: bool, example: bool = False) -> None:
        if self.session is not None and self.session.jail.ours and not example:
            self.drop()  # not between examples: the test holds its module
        if self.session is not None:
            if not failed:
                self.session.settle_all()
            self.session.forget(example)

    def drop(self) -> None:
        """End the worker. The next test gets a new one."""
        if self.session is not None:
            self._spent = self.spent()
            self.fresh = self.fresh and not self.session.jail.ours
            self.session.close()
        self.session = self._unit = self._module = None

    def close(self) -> None:
        self.drop()

    def end(self) -> None:
        self.close()
        self.zygotes.close()
