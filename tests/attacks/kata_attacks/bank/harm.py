"""Getting out: files, network, other processes, privileges, and doors of the kernel that few know.

That Landlock alone stops a signal is true from its ABI 6 on (Linux 6.12). Numbers of calls are those of x86_64.
"""

from grader.sandbox.rungs import Layer
from kata_attacks.model import SHUT, Attack, Control

S, L, U, P, F, N = (
    *(Layer.SECCOMP, Layer.LANDLOCK, Layer.UID),
    *(Layer.PROCESSES, Layer.FILES, Layer.NETWORK),
)
RAW = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"


def harm(name, tries, body, *stops, control=Control.UNSAFE, **more):
    """body: runs inside go()"""
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    return Attack(name, tries, f"def go():\n{lines}\n", stops=stops, control=control, **more)


def raw(name, tries, call, *stops, control=Control.UNSAFE, **more):
    """call: a system call's number and arguments; a result of 0 or more is loot"""
    body = f"{RAW}got = libc.syscall({call})\nif got >= 0: LOOT.append('{name}: %d' % got)"
    return harm(name, tries, body, *stops, control=control, **more)


FEW = {"control": Control.NONE, "why": "kernels and containers differ in who may do it"}

ATTACKS = [
    harm(
        "create a file",
        "makes a file in a folder that anybody may write to",
        "attempt(lambda: open('@DROP@/@MARK@', 'w').close())",
        S,
        L,
        F,
    ),
    harm(
        "append to a file",
        "writes to a file that anybody may write to",
        "import os\nfd = attempt(os.open, '@SECRET@', os.O_WRONLY)",
        S,
        L,
        F,
    ),
    harm(
        "a temporary file",
        "makes one in shared memory",
        "import os\nattempt(os.open, '/dev/shm', os.O_TMPFILE | os.O_RDWR)",
        S,
        L,
        F,
    ),
    harm(
        "shared memory",
        "leaves a segment of System V; in a private IPC namespace it goes with it",
        RAW + "key = libc.shmget(0x6b617461, 4096, 0o1666)\nif key >= 0:\n    LOOT.append('a segment')\n"
        "    libc.shmctl(key, 0, None)",
        S,
    ),
    harm(
        "a message queue",
        "opens a queue of POSIX; in a private IPC namespace it goes with it",
        RAW
        + "got = libc.syscall(240, b'katagrad', 0o102, 0o600, None)\nif got >= 0:\n    LOOT.append('a queue')\n"
        "    libc.syscall(241, b'katagrad')",
        S,
        Layer.LIMITS,
        control=Control.UNLIMITED,
        why="the limits hold on every rung; `without` them it gets through",
    ),
    harm(
        "change the mode",
        "makes a file of the grader's private",
        "import os\nattempt(lambda: os.chmod('@SECRET@', 0o666) or 'changed')",
        S,
        U,
        F,
    ),
    harm(
        "rename",
        "puts another file in the place of one",
        "import os\nattempt(lambda: os.rename('@SECRET@', '@SECRET@2') or os.rename('@SECRET@2', '@SECRET@') or 'renamed')",
        S,
        L,
        U,
        F,
    ),
    harm(
        "remove",
        "removes a folder of the grader's",
        "import os\nattempt(lambda: os.mkdir('@DROP@/@MARK@-d') or os.rmdir('@DROP@/@MARK@-d') or 'removed')",
        S,
        L,
        F,
    ),
    harm(
        "a link",
        "links a file to a place where others look",
        "import os\nattempt(lambda: os.symlink('@SECRET@', '@DROP@/@MARK@-link') or 'linked')",
        S,
        L,
        F,
    ),
    harm(
        "connect",
        "connects to a server on this machine",
        "import socket\nattempt(lambda: socket.socket().connect(('127.0.0.1', @TCP@)) or 'connected')",
        S,
        N,
    ),
    harm(
        "send a datagram",
        "sends what it knows by UDP",
        "import socket\nudp = socket.SOCK_DGRAM\n"
        "attempt(lambda: socket.socket(socket.AF_INET, udp).sendto(b'hidden', ('127.0.0.1', @UDP@)))",
        S,
        N,
    ),
    harm(
        "an abstract socket",
        "connects to a socket that has no file",
        "import socket\nattempt(lambda: socket.socket(socket.AF_UNIX).connect('\\0@UNIX@') or 'connected')",
        S,
        N,
    ),
    harm(
        "listen",
        "waits for a friend to connect",
        "import socket\ns = attempt(socket.create_server, ('127.0.0.1', 0))",
        S,  # in a private network it may listen: nobody is there
    ),
    harm(
        "a name",
        "asks for the address of a name, which leaks by DNS",
        "import socket\nattempt(socket.getaddrinfo, 'localhost', 80)",
        S,
        L,
        F,
        control=Control.NONE,
        why="what a resolver needs differs from machine to machine",
    ),
    harm(
        "kill the neighbour",
        "ends a process of somebody else's",
        "import os\nattempt(lambda: os.kill(@VICTIM@, 0) or 'it is there')",
        S,
        U,
        P,
        L,
    ),
    harm(
        "signal all",
        "asks whether it may signal everybody",
        "import os\nattempt(lambda: os.kill(-1, 0) or 'everybody')",
        S,
        P,  # the others refuse each single signal, which the kernel does not tell
    ),
    harm(
        "signal the grader",
        "asks whether it may signal the grader",
        "import os\nattempt(lambda: os.kill(@GRADER@, 0) or 'it is there')",
        S,
        U,
        P,
        L,
    ),
    harm(
        "a pidfd",
        "takes hold of a process of somebody else's",
        "import os\nattempt(os.pidfd_open, @VICTIM@)",
        S,
        P,
    ),
    raw(
        "ptrace",
        "traces a process of somebody else's",
        "101, 16, @VICTIM@, 0, 0",
        S,
        U,
        P,
        L,
        control=Control.NONE,
        why="kernels differ in who may trace",
    ),
    harm(
        "memory of another",
        "reads the memory of another process",
        f"{RAW}import struct\nhere = ctypes.create_string_buffer(8)\n"
        "own = ctypes.create_string_buffer(struct.pack('QQ', ctypes.addressof(here), 8))\n"
        "theirs = ctypes.create_string_buffer(struct.pack('QQ', 4096, 8))\n"
        "got = libc.syscall(310, @VICTIM@, own, 1, theirs, 1, 0)\n"
        "if got >= 0 or ctypes.get_errno() == 14: LOOT.append('only the address was wrong')",
        S,
        U,
        P,
        L,
        Layer.PRIVILEGES,
    ),
    harm(
        "slow the others",
        "changes the priority of another process",
        "import os\nattempt(lambda: os.setpriority(os.PRIO_PROCESS, @VICTIM@, 5) or 'slower')",
        S,
        U,
        P,
        Layer.PRIVILEGES,
    ),
    harm(
        "exec",
        "becomes another program",
        "import os\nattempt(os.execv, '/bin/true', ['true'])",
        S,
        L,
        F,
        expect={"double": "W"},
        control=Control.NONE,
        why="on the rung unsafe the worker is lost: it became that program",
    ),
    harm(
        "a shell",
        "starts a shell",
        "import subprocess\nattempt(subprocess.check_output, ['true'])",
        S,
        Layer.LIMITS,
        control=Control.NONE,
        why="the jail of unsafe may lack the right to start any",
    ),
    harm(
        "a program from memory",
        "writes a program into a file that has no name, and runs it",
        "import os\nfd = attempt(os.memfd_create, 'x')",
        S,
    ),
    harm(
        "become root",
        "asks for another user id, in all ways",
        "import os\nfor f in (os.setuid, os.seteuid, os.setgid):\n    attempt(lambda: f(0) or 'root')\n"
        "attempt(lambda: os.setgroups([0]) or 'groups')",
        S,
        U,
        root_only=True,
    ),
    raw(
        "mount",
        "mounts over the file system of others",
        "165, b'x', b'/proc', b'tmpfs', 0, None",
        S,
        U,
        **FEW,
    ),
    raw("a user namespace", "makes a namespace in which it is root", "272, 0x10000000", S, **FEW),
    harm(
        "chroot",
        "leaves the empty root by another one",
        "import os\nattempt(lambda: os.chroot('/') or 'a root')",
        S,
        U,
        **FEW,
    ),
    raw(
        "io_uring",
        "has the kernel make its calls, past the filter",
        "425, 4, ctypes.create_string_buffer(120)",
        S,
        **FEW,
    ),
    raw("bpf", "loads a program into the kernel", "321, 0, ctypes.create_string_buffer(72), 72", S, U, **FEW),
    raw("userfaultfd", "stalls the kernel on a page of its own", "323, 0", S, **FEW),
    raw(
        "perf", "counts what the kernel does", "298, ctypes.create_string_buffer(120), 0, -1, -1, 0", S, **FEW
    ),
    raw(
        "a key", "leaves a key in the kernel for the next one", "248, b'user', b'kata', b'x', 1, -4", S, **FEW
    ),
    raw(
        "ioctl TIOCSTI",
        "types a command into the terminal of the instructor",
        "16, 0, 0x5412, ctypes.create_string_buffer(b'x')",
        S,
        SHUT,
        control=Control.NONE,
        why="standard input is /dev/null on every rung, so there is no terminal",
    ),
    raw(
        "lift a limit",
        "gives itself more memory, files and processes",
        "302, 0, 7, ctypes.create_string_buffer(__import__('struct').pack('QQ', 900, 900)), 0",
        S,
        U,
        **FEW,
    ),
    harm(
        "inherited descriptors",
        "writes to every open descriptor but its own line",
        "import os\nfor fd in range(1024):\n    try:\n        os.lseek(fd, 0, 1)\n        size = os.fstat(fd).st_size\n"
        "    except OSError:\n        continue\n    if size: LOOT.append('descriptor %d holds %d bytes' % (fd, size))",
        SHUT,
        control=Control.NONE,
        why="tests/sandbox counts them",
    ),
    harm(
        "the host's name",
        "asks where it runs",
        "import os\nname = os.uname().nodename if 0 else ''\n"
        "attempt(lambda: __import__('socket').gethostname())",
        S,
    ),
    harm(
        "affinity",
        "moves the grader to another core",
        "import os\nattempt(lambda: os.sched_setaffinity(@VICTIM@, {0}) or 'moved')",
        S,
        U,
        P,
        Layer.PRIVILEGES,
    ),
    harm(
        "the clock of the machine",
        "sets the time",
        "import time\nattempt(lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()) or 'set')",
        S,
        U,
        **FEW,
    ),
]
