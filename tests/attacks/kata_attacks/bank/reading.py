"""Reading what decides: tests, expected values, the seed, the reference; in memory, in files, in callbacks."""

from grader.sandbox.rungs import Layer
from kata_attacks.model import BOUNDARY, Attack, Control

FILES = (Layer.SECCOMP, Layer.LANDLOCK, Layer.FILES)
CALLBACK = {"odd_part": "WC", "double": "T"}

ATTACKS = [
    Attack(
        "all objects",
        "looks through everything that the garbage collector knows",
        """
        def go():
            import gc
            gc.unfreeze()
            for thing in gc.get_objects():
                if type(thing) in (dict, list, tuple, str):
                    seek(thing)
        """,
        expect={"double": "WS"},
        control=Control.IN_PROCESS,
    ),
    Attack(
        "frames",
        "reads the local names of all frames above it",
        """
        def go():
            import sys
            frame = sys._getframe()
            while frame:
                seek(dict(frame.f_locals)), seek(dict(frame.f_globals))
                frame = frame.f_back
        """,
        control=Control.IN_PROCESS,
    ),
    Attack(
        "the stack of inspect",
        "asks inspect for the test's source",
        """
        def go():
            import inspect
            frame = inspect.currentframe()
            while frame:
                try:
                    seek(inspect.getsource(inspect.getmodule(frame) or frame))
                except BaseException:
                    pass
                frame = frame.f_back
        """,
        control=Control.IN_PROCESS,
    ),
    Attack(
        "all modules",
        "looks through every loaded module for tests, references and seeds",
        """
        def go():
            import sys
            for name, module in list(sys.modules.items()):
                if name != __name__:
                    for value in list(vars(module).values()):
                        if type(value) in (str, bytes, dict, list, tuple):
                            seek(value)
                if "hidden" in name or name.startswith("checks_"):
                    LOOT.append(name)
        """,
        control=Control.IN_PROCESS,
    ),
    Attack(
        "lines of linecache",
        "reads the source lines that tracebacks remember",
        """
        def go():
            import linecache
            for name, entry in list(linecache.cache.items()):
                if "range.py" not in name or "test" in name:
                    seek(entry)
        """,
        why="it holds the lines of its own file; no tests are there to be held",
    ),
    Attack(
        "warm leftovers",
        "looks for anything that the zygote left: arguments, environment, files, control messages",
        """
        def go():
            import os, sys
            seek(dict(os.environ)), seek(sys.argv), seek(getattr(sys, "orig_argv", ""))
            for name in ("_prepare", "_line", "config", "_errors"):
                if name in vars(sys.modules["__main__"]):
                    seek(vars(sys.modules["__main__"])[name])
        """,
        control=Control.IN_PROCESS,
    ),
    Attack(
        "the environment of libc",
        "reads the environment behind Python's back, where os.environ.clear() might not reach",
        """
        def go():
            import ctypes
            environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
            for i in range(1000):
                if not environ or not environ[i]:
                    break
                seek(environ[i].decode("utf-8", "replace"))
        """,
        control=Control.IN_PROCESS,
    ),
    Attack(
        "own memory",
        "searches 64 MiB of its own heap and stack for a secret, by ctypes",
        """
        def go():
            import ctypes
            here = ctypes.addressof(ctypes.create_string_buffer(8)) & ~0xFFF
            words = b"kata-" + b"canary-s"
            for page in range(0, 64):
                text = ctypes.string_at(here + page * 4096, 4096)
                if words in text and b"seek" not in text:
                    LOOT.append("in memory")
        """,
        expect={"double": "WC"},
        why="a search of one's own heap finds what is there: nothing",
    ),
    Attack(
        "closure of a callback",
        "walks from the function that a test hands over to what lies beside it",
        """
        def odd_part(f, x):
            for name in ("__closure__", "__globals__", "__code__", "__defaults__", "__wrapped__", "__self__",
                         "__dict__", "_worker", "_number", "__name__", "__doc__"):
                thing = getattr(f, name, None)
                seek(thing)
                for cell in thing if isinstance(thing, tuple) else ():
                    seek(getattr(cell, "cell_contents", None))
            return 0.0
        """,
        expect=CALLBACK,
        control=Control.IN_PROCESS,
    ),
    Attack(
        "error of a callback",
        "lets the test's function fail, and reads the error, its traceback and its frames",
        """
        def odd_part(f, x):
            for bad in (None, "x", object(), [], float("nan")):
                try:
                    f(bad)
                except BaseException as error:
                    seek(str(error)), seek(error.args), seek(vars(error))
                    seek(error.__cause__), seek(error.__context__)
                    trace = error.__traceback__
                    while trace:
                        seek(dict(trace.tb_frame.f_locals))
                        trace = trace.tb_next
            return 0.0
        """,
        expect=CALLBACK,
        control=Control.IN_PROCESS,
    ),
    Attack(
        "a callback that answers with frames",
        "hands the test's function an object that looks around when it is used",
        """
        class Spy:
            def __pow__(self, n): return self
            def __rmul__(self, a):
                import sys
                frame = sys._getframe()
                while frame:
                    seek(dict(frame.f_locals))
                    frame = frame.f_back
                return self
            def __add__(self, other): return 0.0
            def __neg__(self): return self
        def odd_part(f, x):
            f(Spy())
            return 0.0
        """,
        expect=CALLBACK,
        control=Control.IN_PROCESS,
    ),
    Attack(
        "the reference that stands in",
        "is wrong on purpose, so that the reference's function comes as a callback, and looks into it",
        """
        def double(x): return 0.0
        def quadruple(x):
            seek(getattr(double, "__closure__", None) and [c.cell_contents for c in double.__closure__])
            seek(getattr(double, "__globals__", None))
            seek(getattr(getattr(double, "__code__", None), "co_consts", None))
            for cell in double.__closure__ or ():
                inner = cell.cell_contents
                seek(vars(inner) if hasattr(inner, "__dict__") else inner)
            return 0.0
        """,
        expect={"double": "W", "quadruple": "WN"},
        why="in the grader's process there is no callback to look into; tests/examine/test_follow.py",
    ),
    Attack(
        "files of the course",
        "opens the seed, the hidden tests and the solution, wherever they may lie",
        """
        def go():
            import os
            for base in ("@COURSE@", ".", "/work", "/"):
                for name in (".secret/seed", "solutions/u01_range/range.py",
                             "solutions/u01_range/test_hidden_range.py", "course.yml"):
                    attempt(lambda: open(os.path.join(base, name)).read())
        """,
        stops=FILES,
        control=Control.UNSAFE,
    ),
    Attack(
        "the secret file",
        "opens a file of the grader's by its path",
        "def go(): attempt(lambda: open('@SECRET@').read())",
        stops=FILES,
        control=Control.UNSAFE,
    ),
    Attack(
        "the secret file, by system call",
        "opens it past Python's own functions",
        """
        def go():
            import ctypes, os
            libc = ctypes.CDLL(None, use_errno=True)
            fd = libc.open(b"@SECRET@", 0)
            if fd >= 0:
                attempt(os.read, fd, 100)
        """,
        stops=FILES,
        control=Control.UNSAFE,
    ),
    Attack(
        "the grader in proc",
        "reads environment, arguments and memory of the grader",
        """
        def go():
            for name in ("environ", "cmdline", "maps", "mem", "cwd/course.yml", "fd/0"):
                attempt(lambda: open("/proc/@GRADER@/" + name, "rb").read(200))
        """,
        stops=FILES,
        control=Control.UNSAFE,
    ),
    Attack(
        "a listing",
        "lists folders to learn who else handed in",
        """
        def go():
            import os
            for folder in ("/", "/proc", "/tmp", "@DROP@/.."):
                names = attempt(lambda: os.listdir(folder) or 1 / 0)
        """,
        stops=FILES,
        control=Control.UNSAFE,
    ),
    Attack(
        "an import of the tests",
        "imports the hidden tests and the solution by name and from files",
        """
        def go():
            import importlib, importlib.util
            for name in ("test_hidden_range", "solutions.u01_range.range", "checks_watch", "u01_range.test_range"):
                attempt(lambda: importlib.import_module(name))
            spec = importlib.util.spec_from_file_location("stolen", "@COURSE@/solutions/u01_range/range.py")
            attempt(spec.loader.load_module)
        """,
        stops=(BOUNDARY, *FILES),
        control=Control.UNSAFE,
    ),
    Attack(
        "the seed from the draws",
        "asks numpy and random for the state that the tests' generator might share with it",
        """
        def go():
            import random
            import numpy as np
            seek(np.random.get_state()), seek(random.getstate())
            for value in vars(np.random.mtrand).values():
                seek(getattr(value, "__dict__", None))
        """,
        why="each test has a generator of its own, made of a hash of the seed",
    ),
]
