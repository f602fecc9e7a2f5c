"""A control group (cgroup v2) around each zygote: it counts what limits on one process do not.

Memory is counted as it is used, over the zygote and all its workers, page tables and socket buffers included,
and none of it goes to swap. It can be had only where a group was delegated to us, and we are alone in it: a
group whose children have limits may hold no process itself, so those that are in it move to a child first.
"""

import itertools
import os
import select
import time
from contextlib import suppress
from pathlib import Path

from grader.sandbox.limits import MIB

CONTROLLERS = ("memory", "pids")
LEAF = "kata-grader"  # where the grader's own processes go
_ZYGOTE = "kata-zygote"
_TRIES = 5  # a process may start while the others move
_FAREWELL = 2.0  # seconds
_SPARE_MEMORY = 64 * MIB  # page tables, stacks, buffers of sockets
_SPARE_PROCESSES = 16  # beside the workers that a zygote may have
_number = itertools.count()


class NotDelegated(OSError):
    """There is no control group to use. remedy: what to do about it."""

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(why)
        self.remedy = remedy


_VERSION_2 = "boot with cgroup v2: systemd.unified_cgroup_hierarchy=1 on the kernel's command line"
_DELEGATE = (
    "start it in a group of its own: systemd-run --user --scope -p Delegate=yes kata grade ... (root: "
    "without --user); in a container, make /sys/fs/cgroup writable (--cgroupns=private --privileged)"
)


def own_group(proc: Path = Path("/proc")) -> Path:
    """The folder of the control group in which this process is. NotDelegated where there is none."""
    lines = (proc / "self/cgroup").read_text("utf-8").splitlines()
    inside = next((line.removeprefix("0::") for line in lines if line.startswith("0::")), None)
    for line in (proc / "self/mountinfo").read_text("utf-8").splitlines():
        fields, _, kind = line.partition(" - ")
        root, mounted = fields.split()[3:5]
        if inside is not None and kind.startswith("cgroup2 ") and Path(inside).is_relative_to(root):
            return Path(mounted) / Path(inside).relative_to(root)
    raise NotDelegated("this machine mounts no control groups of version 2", _VERSION_2)


def check(own: Path) -> None:
    """See whether a group can be divided among us. NotDelegated says why not; nothing is changed."""
    offered = _words(own / "cgroup.controllers")
    if missing := [name for name in CONTROLLERS if name not in offered]:
        version_1 = any(
            (own.parent / name).exists() or Path("/sys/fs/cgroup", name).exists() for name in missing
        )
        raise NotDelegated(
            f"the control group {own} has no {' and no '.join(missing)} controller",
            _VERSION_2 if version_1 else _DELEGATE,
        )
    files = (own, own / "cgroup.procs", own / "cgroup.subtree_control")
    if not all(os.access(file, os.W_OK) for file in files):
        raise NotDelegated(f"the control group {own} belongs to somebody else", _DELEGATE)
    if _is_the_top(own) or set(CONTROLLERS) <= _words(own / "cgroup.subtree_control"):
        return
    for pid in _words(own / "cgroup.procs"):
        if not _is_ours(pid):
            name = Path(f"/proc/{pid}/comm")
            said = name.read_text("utf-8", "replace").strip() if name.exists() else "a process"
            raise NotDelegated(f"other programs share the control group {own} ({said!r})", _DELEGATE)


def not_delegated() -> NotDelegated | None:
    """Why no group can be had here; None where one can. It is looked at, not tried."""
    try:
        own = own_group()
        check(own.parent if own.name == LEAF else own)
    except NotDelegated as error:
        return error
    except OSError as error:
        return NotDelegated(str(error), _VERSION_2)
    return None


def claim(own: Path) -> Path:
    """The group below which new ones may be made. Moves the grader's processes into a child of it, once.

    NotDelegated where it is not ours; OSError when the kernel refuses.
    """
    if own.name == LEAF:
        return own.parent  # this process, or the one that started it, was here before
    check(own)
    wanted = " ".join(f"+{name}" for name in CONTROLLERS)
    for left in reversed(range(_TRIES)):
        if not _is_the_top(own):
            _make(own / LEAF)
            for pid in _words(own / "cgroup.procs"):
                with suppress(ProcessLookupError):
                    _write(own / LEAF / "cgroup.procs", pid)
        try:
            _write(own / "cgroup.subtree_control", wanted)
            break
        except OSError:
            if not left:
                raise
    return own


def new_group() -> Path | None:
    """A new group for a zygote; None where none is delegated to us, which `kata doctor` explains."""
    try:
        base = claim(own_group())
        for old in base.glob(f"{_ZYGOTE}-*"):
            if not Path("/proc", old.name.split("-")[2]).exists():
                remove(old)  # of a grader that was killed
        made = base / f"{_ZYGOTE}-{os.getpid()}-{next(_number)}"
        _make(made)
    except OSError:
        return None
    return made


def remove(group: Path) -> None:
    """Kill whatever is left in the group, and give it back. Never fails: an empty group costs nothing."""
    with suppress(OSError):
        _write(group / "cgroup.kill", "1")
    with suppress(OSError):
        _wait_until_empty(group / "cgroup.events")
    with suppress(OSError):
        group.rmdir()


def _wait_until_empty(events: Path) -> None:
    """The killed take a moment to be gone; the kernel tells whoever polls this file."""
    descriptor = os.open(events, os.O_RDONLY | os.O_CLOEXEC)
    try:
        poller = select.poll()
        poller.register(descriptor, select.POLLPRI)
        until = time.monotonic() + _FAREWELL
        while b"populated 1" in os.pread(descriptor, 4096, 0) and time.monotonic() < until:
            poller.poll(_FAREWELL * 1000)
    finally:
        os.close(descriptor)


class Meter:
    """The limits of the group in which this zygote is, for it and for its workers."""

    def __init__(self, group: Path, workers: int) -> None:
        """Move this process into the group; it may have so many workers. OSError if refused."""
        self._memory = os.open(group / "memory.max", os.O_WRONLY | os.O_CLOEXEC)
        self._used = os.open(group / "memory.current", os.O_RDONLY | os.O_CLOEXEC)
        self._warm = self._allowed = 0
        with suppress(OSError):  # a kernel without accounting for swap
            _write(group / "memory.swap.max", "0")
        _write(group / "pids.max", str(workers + _SPARE_PROCESSES))
        _write(group / "cgroup.procs", "0")

    def warmed_up(self) -> None:
        """What is used now is the warm interpreter, of which a worker may come to own a copy."""
        self._warm = int(os.pread(self._used, 64, 0))

    def allow(self, memory: list[int] | None) -> None:
        """Let the workers have so many bytes each, and the zygote what it has. None: no limit."""
        each = self._warm + _SPARE_MEMORY
        allowed = 0 if memory is None else self._warm + sum(own + each for own in memory)
        if allowed != self._allowed:
            os.pwrite(self._memory, str(allowed or "max").encode("ascii"), 0)
            self._allowed = allowed


def _is_the_top(group: Path) -> bool:
    """The one group that may have both processes and children with limits."""
    return not (group / "cgroup.events").exists()


def _is_ours(pid: str) -> bool:
    """Whether the process runs this very Python: the grader and the processes that it started do."""
    try:
        return Path(f"/proc/{pid}/exe").samefile("/proc/self/exe")
    except OSError:
        return not Path(f"/proc/{pid}").exists()


def _words(file: Path) -> set[str]:
    try:
        return set(file.read_text("ascii").split())
    except FileNotFoundError:
        return set()


def _make(folder: Path) -> None:
    with suppress(FileExistsError):
        folder.mkdir()


def _write(file: Path, text: str) -> None:
    """One write to a file of the kernel's, which exists."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode("ascii"))
    finally:
        os.close(descriptor)
