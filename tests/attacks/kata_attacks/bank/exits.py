"""Ending the process in ways that might count as a pass, or end somebody else."""

from kata_attacks.model import BOUNDARY, CLOCK, Attack, Control

ENDED = {"double": "C"}


def leave(name, tries, code, control=Control.IN_PROCESS, **more):
    given = {"stops": (BOUNDARY,), "expect": ENDED, "control": control} | more
    return Attack(name, tries, code, **given)


ATTACKS = [
    leave("exit 0", "ends the process with success", "def double(x):\n    import os\n    os._exit(0)"),
    leave(
        "sys exit",
        "raises SystemExit(0)",
        "def double(x):\n    import sys\n    sys.exit(0)",
        Control.NONE,
        why="it crosses as an error of the student's",
    ),
    leave(
        "a SystemExit of its own",
        "raises a subclass of SystemExit that claims to be a pass",
        """
        class Passed(SystemExit):
            code = 0
            def __str__(self): raise SystemExit(0)
        def double(x): raise Passed(0)
        """,
        Control.NONE,
        why="it crosses as an error of the student's",
    ),
    leave(
        "at import",
        "ends the process while it is imported",
        "import os\nos._exit(0)\ndef double(x): return 0.0",
        expect={"double": "C"},
    ),
    leave(
        "at exit",
        "leaves work for the end of the interpreter",
        """
        import atexit, os
        atexit.register(lambda: open("@DROP@/@MARK@-atexit", "w"))
        atexit.register(os._exit, 0)
        def double(x): return 0.0
        """,
        Control.NONE,
        why="a worker is killed, or ends by _exit: nothing is run at its end",
        expect={"double": "W"},
    ),
    leave(
        "abort",
        "aborts",
        "def double(x):\n    import os\n    os.abort()",
        Control.NONE,
        why="it ends who runs it, as `exit 0` does",
    ),
    leave(
        "a signal to itself",
        "sends itself every signal that it may",
        """
        def double(x):
            import signal
            for number in (2, 10, 12, 14, 15, 9):
                try:
                    signal.raise_signal(number)
                except BaseException:
                    pass
            return 0.0
        """,
        control=Control.NONE,
        why="it ends who runs it, as `exit 0` does",
        expect={"double": "CMW"},
    ),
    leave(
        "ignored signals",
        "ignores all signals, and computes for ever",
        """
        import signal
        for number in range(1, 65):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        def double(x):
            while True:
                pass
        """,
        Control.NONE,
        why="SIGKILL cannot be ignored",
        stops=(CLOCK,),
        expect={"double": "S"},
    ),
    leave(
        "keyboard interrupt",
        "raises KeyboardInterrupt, which ends graders",
        "def double(x): raise KeyboardInterrupt",
        Control.NONE,
        why="it crosses as an error of the student's",
    ),
    leave(
        "generator exit",
        "raises GeneratorExit",
        "def double(x): raise GeneratorExit",
        Control.NONE,
        why="it crosses as an error of the student's",
    ),
    leave(
        "stop iteration",
        "raises StopIteration, which ends the caller's loop in silence",
        "def steps(n): raise StopIteration\ndef ranked(values): raise StopIteration",
        Control.NONE,
        why="tests do not iterate over answers that they ask for",
        expect={"steps": "CW", "ranked": "CW"},
    ),
    leave(
        "pytest's own exceptions",
        "raises what pytest takes for skipped or passed",
        """
        class Skipped(BaseException):
            allow_module_level = True
            msg = "passed"
        Skipped.__module__ = "_pytest.outcomes"
        def double(x):
            try:
                from _pytest.outcomes import Skipped as Real
            except ImportError:
                Real = Skipped
            raise Real("passed")
        """,
        Control.NONE,
        why="a skipped test is not passed, even in the grader's own process",
    ),
    leave(
        "faulthandler",
        "has a timer end the process later",
        """
        def double(x):
            import faulthandler
            faulthandler.dump_traceback_later(0.01, exit=True)
            return 0.0
        """,
        Control.NONE,
        why="it needs a thread, and may not have one",
        expect={"double": "CW"},
    ),
    leave(
        "a timer signal",
        "sets a timer that ends the process between two questions",
        """
        import signal
        def double(x):
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            return 0.0
        """,
        Control.NONE,
        why="setitimer is refused, or the worker is lost, which is no pass",
        expect={"double": "CW"},
    ),
    leave(
        "hang up",
        "closes its line to the grader and goes on",
        "def double(x):\n    import os\n    os.closerange(3, 50)\n    while True: pass",
        Control.NONE,
        why="a worker that hung up is killed",
        stops=(CLOCK,),
        expect={"double": "CS"},
        everywhere=False,
    ),
]
