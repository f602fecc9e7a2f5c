"""Crashing the interpreter, in C."""

from kata_attacks.model import BOUNDARY, Attack, Control


def crash(
    name, tries, code, expect="C", control=Control.NONE, why="it ends who runs it, as `a null pointer` does"
):
    return Attack(name, tries, code, expect={"double": expect}, stops=(BOUNDARY,), control=control, why=why)


ATTACKS = [
    crash(
        "a null pointer",
        "reads at address 0",
        "import ctypes\ndef double(x): return ctypes.string_at(0)",
        control=Control.IN_PROCESS,
        why="",
    ),
    crash(
        "a wild write",
        "writes all over itself",
        "import ctypes\ndef double(x): ctypes.memset(id(type), 0, 400); return 0.0",
    ),
    crash(
        "byte code",
        "runs byte code that no compiler makes",
        "def f(): pass\nf.__code__ = f.__code__.replace(co_code=b'\\xff' * 64, co_stacksize=0)\n"
        "def double(x): return f()",
        "CWS",
        Control.NONE,
        "what it does depends on the interpreter",
    ),
    crash(
        "a segmentation fault",
        "sends it to itself",
        "import os, signal\ndef double(x): os.kill(os.getpid(), 11)",
    ),
    crash(
        "strides",
        "reads far behind an array of numpy",
        "import numpy as np\nfrom numpy.lib.stride_tricks import as_strided\n"
        "def double(x): return float(as_strided(np.ones(1), (1 << 30,), (1 << 20,)).sum())",
    ),
    crash(
        "a freed object",
        "takes away a reference that is still needed",
        "import ctypes\ndef double(x):\n    held = [object()]\n    for _ in range(3):\n"
        "        ctypes.pythonapi.Py_DecRef(ctypes.py_object(held))\n    del held\n    return [[] for _ in range(10)] and 0.0",
        "CW",
        Control.NONE,
        "what it does depends on the interpreter",
    ),
    crash(
        "deep repr",
        "lets C recurse through 100,000 lists",
        "def double(x):\n    import sys\n    sys.setrecursionlimit(10**8)\n    held = []\n"
        "    for _ in range(10**5): held = [held]\n    return repr(held)",
        "CMWS",
        Control.NONE,
        "newer interpreters refuse it",
    ),
    crash(
        "deep delete",
        "lets C free 1,000,000 nested objects",
        "class Node:\n    __slots__ = ('next',)\ndef double(x):\n    node = None\n    for _ in range(10**5):\n"
        "        new = Node()\n        new.next = node\n        node = new\n    del node, new\n    return 0.0",
        "CWM",
        Control.NONE,
        "newer interpreters free it bit by bit",
    ),
]
