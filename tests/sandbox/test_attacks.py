"""What a worker tries, rung by rung, how it fails, and that without the layers it would have worked."""

import errno
import os
import signal
import socket
from dataclasses import dataclass

import pytest

from grader.sandbox.layers import Rung
from grader.sandbox.limits import MIB, Bounds
from grader.sandbox.seccomp import FREE, conditional
from grader.sandbox.syscalls import number


@dataclass(frozen=True)
class Attack:
    """`source` sets `result`; names given: secret (a file), folder, port, name, grader, zygote.

    control: what `result` is where nothing holds it back, None where the attack has no harmless form
    """

    name: str
    source: str
    control: object = None


ATTACKS = [
    Attack("open", "result = open(secret).read()", "hidden"),
    Attack("open, raw", "fd = os.open(secret, 0)\nresult = os.read(fd, 6).decode()", "hidden"),
    Attack("stat", "result = os.stat(secret).st_size", 6),
    Attack("fstatat", "result = os.stat('secret', dir_fd=os.open(folder, 0)).st_size", 6),
    Attack("exists", "os.access(secret, 0) or os.stat(secret)\nresult = True", True),
    Attack("listdir", "result = 'secret' in os.listdir(folder)", True),
    Attack("chmod", "os.chmod(secret, 0o600)\nresult = True", True),
    Attack("unlink", "os.unlink(secret)\nresult = True", True),
    Attack("rename", "os.rename(secret, secret + '2')\nresult = True", True),
    Attack("mkdir", "os.mkdir(folder + '/new')\nresult = True", True),
    Attack("symlink", "os.symlink(secret, folder + '/link')\nresult = True", True),
    Attack("create", "os.close(os.open(folder + '/new', os.O_CREAT | os.O_WRONLY))\nresult = True", True),
    Attack("temporary file", "os.close(os.open('/dev/shm', os.O_TMPFILE | os.O_RDWR))\nresult = True", True),
    Attack("memory file", "os.close(os.memfd_create('x'))\nresult = True", True),
    Attack("working directory", "result = os.getcwd()", "/"),
    Attack("unix socket", "s = socket.socket(socket.AF_UNIX)\ns.connect('\\0' + name)\nresult = True", True),
    Attack("tcp socket", "s = socket.socket()\ns.connect(('127.0.0.1', port))\nresult = True", True),
    Attack("listen", "s = socket.socket()\ns.bind(('127.0.0.1', 0))\ns.listen()\nresult = True", True),
    Attack("socketpair", "socket.socketpair()\nresult = True", True),
    Attack("signal the grader", "os.kill(grader, 0)\nresult = True", True),
    Attack("signal the zygote", "os.kill(zygote, 0)\nresult = True", True),
    Attack("signal the group", "os.killpg(os.getpgid(zygote), 0)\nresult = True", True),
    Attack("pidfd of the grader", "os.close(os.pidfd_open(grader))\nresult = True", True),
    Attack("status of the grader", "result = open(f'/proc/{grader}/stat').read() > ''", True),
    Attack("memory of the zygote", "open(f'/proc/{zygote}/mem', 'rb')\nresult = True"),
    Attack("own memory as a file", "open('/proc/self/mem', 'rb')\nresult = True"),
    Attack("parent's pid", "result = os.getppid()\nif result == -1: raise OSError(1, '')"),
    Attack("host name", "result = bool(os.uname().nodename)", True),
    Attack("priority", "os.setpriority(os.PRIO_PROCESS, 0, 5)\nresult = True", True),
    Attack("exec", "os.execv('/bin/true', ['true'])"),
    Attack("spawn", "os.posix_spawn('/bin/true', ['true'], {})"),
    Attack("chroot", "os.chroot('/')"),
    Attack("become root", "os.setuid(0)"),
]


@pytest.fixture
def given(tmp_path, sandbox):
    """Something of the grader's to reach for, and two listeners."""
    (tmp_path / "secret").write_text("hidden", "ascii")
    name = f"kata-test-{os.getpid()}"
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind("\0" + name)
        unix.listen()
        yield {
            "secret": str(tmp_path / "secret"),
            "folder": str(tmp_path),
            "port": tcp.getsockname()[1],
            "name": name,
            "grader": os.getpid(),
        }


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_the_filter_refuses_it_on_every_rung(attack, jailed_rung, sandbox, spawn, given):
    zygote = sandbox.zygote(jailed_rung).pid
    answer = spawn(jailed_rung).run(attack.source, zygote=zygote, **given)
    # EPERM is the filter's: Landlock says EACCES, an empty root ENOENT, a process namespace ESRCH
    assert (answer.value, answer.errno) == (None, errno.EPERM), answer


@pytest.mark.parametrize(
    "attack", [a for a in ATTACKS if a.control is not None], ids=lambda attack: attack.name
)
def test_without_the_layers_it_works(attack, sandbox, spawn, given):
    zygote = sandbox.zygote(Rung.UNSAFE).pid
    answer = spawn(Rung.UNSAFE).run(attack.source, zygote=zygote, **given)
    assert answer.value == attack.control, answer


def test_no_process_and_no_thread(jailed_rung, spawn):
    worker = spawn(jailed_rung)
    assert worker.run("os.fork() or os._exit(3)").errno == errno.EPERM
    assert worker.run("os.forkpty()").errno == errno.EPERM
    answer = worker.run("threading.Thread(target=print).start()")
    assert (answer.error, answer.text) == ("RuntimeError", "RuntimeError: can't start new thread")


def test_every_other_system_call_is_refused(jailed_rung, spawn):
    if os.uname().machine != "x86_64":
        pytest.skip("the list of numbers is that of x86_64")
    source = "result = [raw(number, 0, 0, 0, 0, 0, 0) for number in range(600) if number not in allowed]"
    allowed = [number(name) for name in (*FREE, *conditional(1))]
    allowed += [
        335,
        336,
    ]  # the kernel's own for uprobes, which it lets past every filter and answers with SIGILL
    results = spawn(jailed_rung).run(source, allowed=allowed).value
    assert len(results) == 600 - len(allowed)
    assert set(results) == {-errno.EPERM}


ARGUMENTS = {
    "own the socket": "raw(fcntl, fd, 8, grader)",
    "lock": "raw(fcntl, fd, 6, 0)",
    "asynchronous input": "raw(ioctl, fd, 0x5452, 0)",
    "out of band": "raw(sendto, fd, byte, 1, 1, 0, 0)",
    "out of band, reading": "raw(recvfrom, fd, byte, 1, 1, 0, 0)",
    "to another address": "raw(sendto, fd, byte, 1, 0, address, len(address))",
    "signal another": "raw(tgkill, grader, grader, 0)",
    "priority inheritance": "raw(futex, byte, 6, 0, 0, 0, 0)",
    "affinity of another": "raw(sched_getaffinity, grader, 8, byte)",
}


@pytest.mark.parametrize("source", ARGUMENTS.values(), ids=ARGUMENTS)
def test_an_allowed_call_with_a_refused_argument(source, jailed_rung, spawn, given):
    names = ("fcntl", "ioctl", "sendto", "recvfrom", "tgkill", "futex", "sched_getaffinity")
    prepare = """
import gc
fd = next(o.fileno() for o in gc.get_objects() if type(o) is socket.socket)
byte = ctypes.create_string_buffer(8)
address = ctypes.create_string_buffer(struct.pack("H", 1) + b"\\0" + name.encode())
result = """
    answer = spawn(jailed_rung).run(prepare + source, **{name: number(name) for name in names}, **given)
    assert answer.value == -errno.EPERM, answer


# machine code of `mov eax, NUMBER; ENTER; ret`
FOREIGN = {"i386": "b814000000cd80c3", "x32": "b8270000400f05c3"}


@pytest.mark.parametrize("code", FOREIGN.values(), ids=FOREIGN)
def test_a_call_of_another_architecture_kills(code, jailed_rung, spawn):
    if os.uname().machine != "x86_64":
        pytest.skip("only x86_64 has other tables of system calls")
    source = f"""
import mmap
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(bytes.fromhex("{code}"))
result = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
"""
    worker = spawn(jailed_rung)
    with pytest.raises(worker.Died) as died:
        worker.run(source)
    end = died.value.end
    # a kernel without i386 has no such gate at all
    assert (end.kind, end.code) in {("signal", signal.SIGSYS), ("signal", signal.SIGSEGV)}
    assert end.code == signal.SIGSYS or "cd80" in code


def test_a_file_cannot_grow(rung, spawn, tmp_path):
    source = "fd = os.open(folder + '/x', os.O_CREAT | os.O_WRONLY)\nresult = os.write(fd, b'x')"
    answer = spawn(rung).run(source, folder=str(tmp_path))
    assert answer.errno == (errno.EFBIG if rung is Rung.UNSAFE else errno.EPERM)


@pytest.mark.parametrize("source", ["bytearray(size)", "__import__('numpy').ones(size, 'u1')", "'x' * size"])
def test_memory_is_limited(source, rung, spawn):
    worker = spawn(rung, Bounds(cpu_seconds=10, memory=128 * MIB), "numpy")
    answer = worker.run(source, size=2 * 128 * MIB)
    assert answer.error in {"MemoryError", "_ArrayMemoryError"}, answer
    assert worker.run("result = len(bytearray(64 * 1024 * 1024))").value == 64 * MIB


def test_limits_cannot_be_raised(jailed_rung, spawn):
    worker = spawn(jailed_rung)
    source = "import resource\nresource.setrlimit(resource.{0}, resource.getrlimit(resource.{0}))"
    for name in ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_NPROC"):
        assert worker.run(source.format(name)).errno == errno.EPERM


def test_recursion_ends_the_worker_at_most(rung, spawn):
    worker = spawn(rung)
    assert worker.run("f = lambda: f()\nf()").error == "RecursionError"
    deep = "import sys\nsys.setrecursionlimit(10**9)\nf = lambda x: max([x], key=f)\nf(1)"
    try:
        outcome = worker.run(deep).error
    except worker.Died as died:
        outcome = (died.end.kind, died.end.code)
    assert outcome in {"RecursionError", "MemoryError", ("signal", signal.SIGSEGV)}
    assert spawn(rung).run("result = 1").value == 1


def test_nothing_of_the_grader_is_inherited(rung, sandbox, monkeypatch):
    monkeypatch.setenv("KATA_TEST_SECRET", "hidden")
    source = """
import sys
libc.getenv.restype = ctypes.c_char_p
result = dict(os.environ), libc.getenv(b"PATH"), libc.getenv(b"KATA_TEST_SECRET"), sys.argv, sys.orig_argv
"""
    with sandbox.start(rung) as zygote, zygote.spawn(Bounds(20, 256 * MIB)) as process:
        answer = sandbox.Worker(process).run(source)
    assert answer.value == [{}, None, None, [""], [""]]


def test_open_files_are_the_null_device_and_the_socket(rung, spawn):
    source = "result = [fd for fd in range(2000) if raw(lseek, fd, 0, 1) != -9]"
    open_files = spawn(rung).run(source, lseek=number("lseek")).value
    assert len(open_files) == 4
    assert open_files[:3] == [0, 1, 2]
