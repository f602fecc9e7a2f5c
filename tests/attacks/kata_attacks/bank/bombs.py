"""Using up what there is: time, memory, processes, threads, disk, output, and the parser's patience."""

from grader.sandbox.rungs import Layer
from kata_attacks.model import CLOCK, WIRE, Attack, Control

FORKS = (Layer.SECCOMP, Layer.LIMITS)


def bomb(name, tries, code, expect="S", stops=(CLOCK,), why="a clock cannot be switched off", **more):
    return Attack(name, tries, code, stops=stops, expect={"double": expect}, why=why, **more)


ATTACKS = [
    bomb("a loop", "loops for ever", "def double(x):\n    while True: pass"),
    bomb(
        "a loop at import",
        "loops for ever while it is imported",
        "while True: pass\ndef double(x): return 0.0",
    ),
    bomb(
        "a loop in C",
        "loops inside one call of the interpreter, where no signal handler runs",
        "import itertools\ndef double(x): return sum(itertools.repeat(1))",
    ),
    bomb(
        "a loop that swallows",
        "loops, and catches whatever would end it",
        "def double(x):\n    while True:\n        try:\n            while True: pass\n"
        "        except BaseException: pass",
        everywhere=False,
        slow=True,
    ),
    bomb(
        "a sleep",
        "sleeps for an hour, which costs no CPU time",
        "import time\ndef double(x): time.sleep(3600)",
        everywhere=False,
        slow=True,
    ),
    bomb("a huge power", "computes 9 ** 9 ** 9", "def double(x): return 9 ** 9 ** 9", "SM"),
    bomb(
        "a regular expression",
        "matches with catastrophic backtracking",
        "import re\ndef double(x): return re.match(r'(a+)+$', 'a' * 40 + 'b')",
    ),
    bomb(
        "colliding hashes",
        "fills a dict with keys of one hash",
        "class K:\n    def __hash__(self): return 1\ndef double(x): return len({K(): 1 for _ in range(10**6)})",
        "SM",
    ),
    bomb(
        "exponential tuples",
        "a small value that is written out in 2 ** 40 parts",
        "def double(x):\n    t = (1,)\n    for _ in range(40): t = (t, t)\n    return t",
        "CSM",
        stops=(CLOCK, WIRE),
    ),
    Attack(
        "memory in a list",
        "fills a list until nothing is left",
        "def double(x):\n    held = bytearray(200 << 20)\n    LOOT.append('200 MiB')\n    return 0.0",
        stops=(Layer.LIMITS,),
        expect={"double": "M"},
        control=Control.UNLIMITED,
        why="the limits hold on every rung; `without` them it gets through",
    ),
    bomb(
        "memory in numpy",
        "an array of a terabyte",
        "import numpy as np\ndef double(x): return np.ones(10**11)",
        "M",
        stops=(Layer.LIMITS,),
        why="it is more than any machine has",
    ),
    bomb(
        "memory in a text",
        "a text of a gigabyte",
        "def double(x): return 'x' * 10**9",
        "M",
        stops=(Layer.LIMITS,),
        why="the limits hold on every rung",
    ),
    bomb(
        "memory bit by bit",
        "appends until the end, and catches MemoryError",
        "def double(x):\n    held = []\n    while True:\n        try:\n            held.append(bytearray(1 << 20))\n"
        "        except MemoryError:\n            if len(held) > 300: LOOT.append('300 MiB')\n            return 0.0",
        "WM",
        stops=(Layer.LIMITS,),
    ),
    bomb(
        "a memory map",
        "maps a gigabyte without touching it",
        "import ctypes\ndef double(x):\n    m = ctypes.CDLL(None).mmap\n    m.restype = ctypes.c_void_p\n"
        "    got = m(None, ctypes.c_size_t(1 << 30), 3, 0x22, -1, 0)\n"
        "    if got != 2**64 - 1: LOOT.append('mapped')\n    return 0.0",
        "W",
        stops=(Layer.LIMITS,),
        control=Control.UNLIMITED,
    ),
    Attack(
        "fork",
        "starts a process that stays",
        """
        def go():
            import os, time
            pid = attempt(os.fork)
            if pid == 0:
                time.sleep(1)
                os._exit(0)
        """,
        stops=FORKS,
        control=Control.UNSAFE,
    ),
    Attack(
        "many forks",
        "forks twenty times, as far as it may",
        """
        def go():
            import os, time
            for _ in range(20):
                pid = attempt(os.fork)
                if pid == 0:
                    time.sleep(0.3)
                    os._exit(0)
        """,
        stops=FORKS,
        control=Control.UNSAFE,
    ),
    Attack(
        "vfork by system call",
        "clones itself past Python",
        """
        def go():
            import ctypes, os
            libc = ctypes.CDLL(None, use_errno=True)
            pid = libc.syscall(56, 17, 0, 0, 0, 0)
            if pid == 0:
                os._exit(0)
            if pid > 0:
                LOOT.append("cloned")
        """,
        stops=FORKS,
        control=Control.UNSAFE,
    ),
    Attack(
        "threads",
        "starts a thread that computes on when the test is over",
        """
        def go():
            import threading, time
            attempt(threading.Thread(target=time.sleep, args=(0.2,), daemon=True).start)
        """,
        stops=FORKS,
        control=Control.UNSAFE,
    ),
    Attack(
        "disk",
        "fills the disk, in every folder that it finds",
        """
        def go():
            for folder in ("@DROP@", "/tmp", "/dev/shm", "/var/tmp", ".", "/"):
                attempt(lambda: open(folder + "/@MARK@-disk", "wb").close())
        """,
        stops=(Layer.SECCOMP, Layer.LANDLOCK, Layer.FILES),
        control=Control.UNSAFE,
    ),
    bomb(
        "output",
        "prints without end, on all three descriptors",
        "import os, sys\ndef double(x):\n    while True:\n        os.write(1, b'x' * 65536)\n"
        "        os.write(2, b'x' * 65536)\n        print('x' * 1000, file=sys.stderr)",
        "S",
    ),
    bomb("recursion", "calls itself without end", "def double(x): return double(x)", "C"),
    bomb(
        "deep recursion",
        "lifts the limit and calls itself without end",
        "import sys\ndef double(x):\n    sys.setrecursionlimit(10**9)\n    f = lambda y: max([y], key=f)\n    return f(1)",
        "CM",
    ),
    bomb(
        "a deep result",
        "gives a list in a list in a list, 10,000 deep",
        "def double(x):\n    held = []\n    for _ in range(10_000): held = [held]\n    return held",
        "CW",
        stops=(WIRE,),
    ),
    bomb(
        "a cyclic result",
        "gives a list that holds itself",
        "def double(x):\n    held = []\n    held.append(held)\n    return held",
        "C",
        stops=(WIRE,),
    ),
    bomb(
        "a huge result",
        "gives a list of three million numbers, beyond what may cross",
        "def double(x): return [0] * 3_000_000",
        "CMSW",  # on a slow machine packing it takes longer than it may
        stops=(WIRE, CLOCK),
    ),
    bomb(
        "a huge integer",
        "gives an integer of a million bits",
        "def double(x): return 1 << 1_000_000",
        "CW",
        stops=(WIRE,),
    ),
    Attack(
        "endless callbacks",
        "calls the test's function without end",
        "def odd_part(f, x):\n    while True:\n        f(x)",
        stops=(CLOCK,),
        expect={"odd_part": "S"},
        why="a clock cannot be switched off",
    ),
    Attack(
        "brackets",
        "5,000 brackets inside each other",
        "double = lambda x: " + "(" * 5000 + "x" + ")" * 5000,
        raw=True,
        expect=dict.fromkeys(
            ("double", "odd_part", "fill", "box_add", "guarded", "relay", "steps", "quadruple"), "CN"
        )
        | {"ranked": "CB"},
        stops=(CLOCK,),
        why="the parser gives up by itself",
    ),
    Attack(
        "signs",
        "20,000 signs before a number",
        "def double(x): return " + "-" * 20_000 + "1",
        expect={
            "double": "CM",
            **dict.fromkeys(("odd_part", "fill", "box_add", "guarded", "relay", "steps", "quadruple"), "CMN"),
            "ranked": "CMB",
        },
        stops=(CLOCK,),
        why="the parser gives up by itself",
    ),
    Attack(
        "a long sum",
        "a sum of 15,000 numbers in one line",
        "def double(x): return " + "+".join(["1"] * 15_000),
        expect={
            "double": "CW",
            **dict.fromkeys(("odd_part", "fill", "box_add", "guarded", "relay", "steps", "quadruple"), "CTN"),
            "ranked": "CBT",
        },
        stops=(CLOCK,),
        why="the parser gives up by itself",
    ),
    Attack(
        "deep blocks",
        "99 blocks inside each other",
        "def double(x):\n" + "".join(" " * i + "if x:\n" for i in range(1, 99)) + " " * 99 + "return 1\n",
        expect={
            "double": "CW",
            **dict.fromkeys(
                ("odd_part", "fill", "box_add", "guarded", "relay", "steps", "ranked", "quadruple"), "CTN"
            ),
        },
        stops=(CLOCK,),
        why="the parser gives up by itself",
    ),
]
