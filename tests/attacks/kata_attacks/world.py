"""What is there to be read, changed, reached and killed; and a look, afterwards, at what was."""

import ctypes
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from pathlib import Path

CANARY = "kata-canary"  # whatever is secret holds these words
MARK = "kata-attack-mark"  # what an attack would leave in every folder that it can write to
WHERE = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path("/"), Path.home(), Path.cwd())
_SET_CHILD_SUBREAPER = 36


@dataclass
class Seen:
    """What attacks did to the world: all of it should be nothing."""

    written: set[str] = field(default_factory=set)
    connections: int = 0
    processes: set[str] = field(default_factory=set)
    killed: bool = False


class World:
    """A folder with a secret, listeners, and a process to be killed. A context manager.

    names: placeholder in an attack's source -> what stands there
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kata-attacks-"))
        self.folder.chmod(0o755)
        self.drop = self.folder / "drop"
        self.drop.mkdir()
        self.drop.chmod(0o777)
        self.secret = self.folder / "secret.txt"
        self.secret.write_text(f"{CANARY}-file\n", "utf-8")
        self.secret.chmod(0o666)
        self.tcp = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix_name = f"kata-attacks-{os.getpid()}"
        self.unix.bind("\0" + self.unix_name)
        self.unix.listen(64)
        for listener in (self.tcp, self.udp, self.unix):
            listener.setblocking(False)
        # It ends when its standard input does, so it cannot outlive us.
        self.victim = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
        )
        self.names = {
            "@SECRET@": str(self.secret),
            "@DROP@": str(self.drop),
            "@TCP@": str(self.tcp.getsockname()[1]),
            "@UDP@": str(self.udp.getsockname()[1]),
            "@UNIX@": self.unix_name,
            "@VICTIM@": str(self.victim.pid),
            "@GRADER@": str(os.getpid()),
            "@MARK@": MARK,
        }

    def __enter__(self) -> "World":
        return self

    def __exit__(self, *_: object) -> None:
        for listener in (self.tcp, self.udp, self.unix):
            listener.close()
        self.victim.kill()
        self.victim.communicate()
        shutil.rmtree(self.folder, ignore_errors=True)

    def fill(self, source: str) -> str:
        """An attack's source with the names of this world in it."""
        for name, value in self.names.items():
            source = source.replace(name, value)
        return source

    @contextmanager
    def watched(self) -> Iterator[Seen]:
        """What happens to the world in the block. Processes that lose their parent become our children."""
        _wipe()
        seen, marked = Seen(), _marks()
        dropped, secret = set(os.listdir(self.drop)), _state(self.secret)
        self.connections()
        prctl = ctypes.CDLL(None, use_errno=True).prctl
        assert prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
        before = _descendants()
        os.environ["KATA_CANARY"] = f"{CANARY}-environment"
        try:
            yield seen
        finally:
            del os.environ["KATA_CANARY"]
            seen.processes = _survivors(_descendants() - before)
            prctl(_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
        seen.connections = self.connections()
        seen.written = (set(os.listdir(self.drop)) - dropped) | (_marks() - marked)
        _wipe()  # where an attack is let through, as a control
        if not self.secret.exists() or _state(self.secret) != secret:
            seen.written.add("secret.txt")
        seen.killed = self.victim.poll() is not None

    def connections(self) -> int:
        """How many came to the listeners since this was asked last."""
        count = 0
        for listener in (self.tcp, self.unix):
            with suppress(BlockingIOError):
                while True:
                    listener.accept()[0].close()
                    count += 1
        with suppress(BlockingIOError):
            while True:
                self.udp.recv(4096)
                count += 1
        return count


def _state(path: Path) -> tuple[int, bytes]:
    return path.stat().st_mode, path.read_bytes()


def _marks() -> set[str]:
    found = set()
    for folder in WHERE:
        with suppress(OSError):
            found |= {str(path) for path in folder.glob(f"{MARK}*")}
    return found


def _wipe() -> None:
    """Take away what an earlier run left: a file that is there would hide that it is written again."""
    for path in map(Path, _marks()):
        with suppress(OSError):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def _descendants() -> set[int]:
    """The ids of all processes below this one, without Python's own tracker."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            stat = Path(f"/proc/{name}/stat").read_text("utf-8", "replace")
            parents[int(name)] = int(stat.rpartition(")")[2].split()[1])
    found: set[int] = set()
    while new := {pid for pid, above in parents.items() if above in found | {os.getpid()}} - found:
        found |= new
    return found - {resource_tracker._resource_tracker._pid}


def _survivors(pids: set[int]) -> set[str]:
    """Those that have not ended within five seconds, by their command."""
    alive = set()
    for pid in pids:
        with suppress(ProcessLookupError):
            watch = os.pidfd_open(pid)
            if not select.select([watch], [], [], 5)[0]:
                with suppress(OSError):
                    alive.add(Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace"))
            os.close(watch)
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return alive
