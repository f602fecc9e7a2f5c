"""Patching what is there: libraries, builtins, and the worker's own modules."""

from kata_attacks.model import BOUNDARY, RULES, WIRE, Attack, Control


def patch(name, tries, body, **more):
    """An attack that runs `body` at import; double then gives nonsense."""
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    code = f"def _patch():\n{lines}\n\n_patch()\n\ndef double(x):\n    return 0.0\n"
    given = {"control": Control.IN_PROCESS, "expect": {"double": "CW"}} | more
    return Attack(name, tries, code, **given)


ATTACKS = [
    patch(
        "the comparison",
        "makes grader.gradcheck.compare accept everything",
        """
import sys
import grader.gradcheck.compare as compare
import grader.testing
compare._compare = lambda *a, **k: None
for module in list(sys.modules.values()):
    for name in ("assert_close", "assert_equal", "assert_gradient"):
        if name in vars(module):
            setattr(module, name, lambda *a, **k: None)
""",
    ),
    patch(
        "the differences",
        "makes the function that finds differences find none",
        "import grader.gradcheck.compare as c\nc.differences = lambda *a, **k: iter(())\nc.abs = lambda x: 0.0",
        control=Control.NONE,
        why="as `the comparison`, one function further down",
    ),
    patch(
        "the judge",
        "makes every error mean right",
        """
import grader.examine.running as running
from grader.examine.outcome import Verdict
running.judge = lambda error, sources: (Verdict.RIGHT, None)
""",
    ),
    patch(
        "the score",
        "gives every outcome the full share",
        "import grader.examine.outcome as o\no.ExerciseOutcome.share = lambda self, follow: 1.0",
        why="the score is made in the parent process, which even a grader without a jail keeps apart",
        control=Control.NONE,
    ),
    patch(
        "the exception of a mismatch",
        "makes Mismatch an exception that pytest takes for a pass",
        "import grader.gradcheck.compare as c\ndef nothing(*a, **k): return object.__new__(Exception)\n"
        "c.Mismatch = nothing\nimport builtins\nc.fail = nothing",
        control=Control.NONE,
        why="the test then raises something else, which is no pass either",
    ),
    patch(
        "numpy",
        "makes numpy's comparisons true",
        """
import numpy as np
for name in ("allclose", "isclose", "array_equal", "abs", "any", "all"):
    setattr(np, name, lambda *a, **k: True)
""",
        control=Control.NONE,
        why="the comparison asks no function of numpy whether two numbers are close",
    ),
    patch(
        "builtins",
        "replaces abs, so that every difference is 0",
        """
import builtins
builtins.abs = lambda x: 0.0
""",
        control=Control.NONE,
        why="as `the comparison`, one function further down",
    ),
    patch(
        "operator",
        "replaces the operators by which the worker computes for the test",
        """
import operator
for name in ("add", "mul", "sub", "eq"):
    setattr(operator, name, lambda a, b: 0.0)
""",
        control=Control.NONE,
        why="what operators give in the worker is the student's own answer",
    ),
    patch(
        "json and msgspec",
        "replaces the encoders, so that what is written says right",
        """
import json
json.dumps = json.loads = lambda *a, **k: "right"
import sys
msgspec = sys.modules.get("msgspec")
if msgspec:
    msgspec.json.encode = lambda *a, **k: b'"right"'
""",
        control=Control.NONE,
        why="records are written by the parent process",
    ),
    patch(
        "the packer",
        "patches what crosses: every number becomes one that it saw last in a request",
        """
import sys
pack = sys.modules.get("grader.remote.pack")
if pack:
    original = pack.Packer.pack
    pack.Packer.pack = lambda self, value, depth=0: original(self, value * 2 if type(value) is float else value, depth)
""",
        stops=(BOUNDARY, WIRE),
        control=Control.NONE,
        why="an answer is an answer, whoever made it: it is the wrong one",
    ),
    patch(
        "the worker",
        "replaces the worker's verbs, so that questions are not asked",
        """
import gc, sys
module = sys.modules.get("grader.remote.worker")
for thing in gc.get_objects() if module else ():
    if type(thing) is module.Worker:
        thing.verbs["isinstance"] = lambda *a: True
        thing.verbs["call"] = lambda target, args, kwargs={}: args[0] if args else None
""",
        control=Control.NONE,
        why="what the worker answers is the student's own word in any case",
    ),
    Attack(
        "the tripwires",
        "takes the guard off before it trips: in the worker, by its own import",
        """
        import torch
        from grader.remote import tripwires
        tripwires.Trap.caught = lambda *a: None
        def normalize(x): return torch.softmax(x, -1)
        """,
        stops=(RULES,),
        unit="u02",
        expect={"normalize": "B"},
        control=Control.NO_RULES,
    ),
    patch(
        "pytest",
        "turns failed reports into passed ones",
        """
import sys
module = sys.modules.get("_pytest.runner")
running = sys.modules.get("grader.examine.running")
if running:
    running.RAISED = type("No", (), {"__hash__": lambda s: 1, "__eq__": lambda s, o: False})()
    original = running.runtestprotocol
    def quiet(item, **k):
        reports = original(item, **k)
        item.stash.__init__()
        return []
    running.runtestprotocol = quiet
""",
        control=Control.NONE,
        why="what it patches is not loaded in the worker",
    ),
    patch(
        "the clock",
        "stops the clocks that Python reads",
        "import time\ntime.monotonic = time.time = time.perf_counter = time.process_time = lambda: 0.0",
        control=Control.NONE,
        why="time is read by the grader, from the kernel",
    ),
    patch(
        "the import system",
        "puts a finder first that answers every import with itself",
        """
import sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        LOOT.append(name) if "hidden" in name else None
        return None
sys.meta_path.insert(0, Finder())
sys.modules["grader.gradcheck.compare"] = sys.modules[__name__]
""",
        control=Control.NONE,
        why="the tests were imported before, in another process",
    ),
]
