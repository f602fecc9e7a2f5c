"""Leaving something behind: for the next exercise, for the next submission, for the grader."""

from kata_attacks.model import FRESH, RULES, Attack, Control

ALL = ("double", "odd_part", "fill", "box_add", "guarded", "relay", "steps", "ranked", "quadruple")


def poison(name, tries, body, earns=ALL, expect=None, **more):
    """Somebody honest whose double() poisons the process: it must cost or give nothing anywhere else."""
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    code = f"@REFERENCE@\n\ndef double(x):\n{lines}\n    return 2 * x\n"
    given = {"stops": (FRESH,), "why": "tests/examine shows the failure without the second run"} | more
    return Attack(name, tries, code, earns=earns, expect=expect or {}, **given)


ATTACKS = [
    poison("numpy's errors", "makes numpy raise on everything", "import numpy as np\nnp.seterr(all='raise')"),
    poison(
        "numpy itself",
        "replaces functions of numpy",
        "import numpy as np\nnp.ndarray, np.asarray, np.full = None, None, None",
    ),
    poison(
        "random state",
        "seeds all generators",
        "import random\nimport numpy as np\nrandom.seed(1)\nnp.random.seed(1)",
    ),
    poison(
        "the recursion limit",
        "leaves the lowest limit there is",
        "import sys\ntry:\n    sys.setrecursionlimit(60)\nexcept RecursionError:\n    pass",
    ),
    poison(
        "builtins",
        "replaces builtins that the worker needs",
        "import builtins\nbuiltins.min = builtins.list = builtins.isinstance = None",
        earns=ALL[1:],
        expect={"double": "C"},
    ),
    poison(
        "its own functions",
        "replaces its other functions by wrong ones",
        "g = globals()\ng['steps'] = g['ranked'] = g['forward'] = lambda *a: None",
    ),
    poison(
        "warnings",
        "turns warnings into errors, and ends garbage collection",
        "import warnings, gc\nwarnings.simplefilter('error')\ngc.disable()",
    ),
    poison(
        "the module table",
        "empties sys.modules",
        "import sys\nfor name in [n for n in sys.modules if n.startswith('u01')]:\n    del sys.modules[name]",
    ),
    Attack(
        "something for the next one",
        "leaves a note in builtins, which the one after it looks for",
        """
        import builtins, sys
        builtins.kata_left_here = "hello"
        sys.modules["kata_left_here"] = sys
        def double(x): return 0.0
        """,
        stops=(FRESH,),
        why="the one that looks is the next attack",
    ),
    Attack(
        "something from the one before",
        "looks for the note",
        """
        def go():
            import builtins, sys
            if hasattr(builtins, "kata_left_here") or "kata_left_here" in sys.modules:
                LOOT.append("a note")
        """,
        stops=(FRESH,),
        control=Control.IN_PROCESS,
    ),
    Attack(
        "an answer that grows",
        "remembers what it was asked, and answers rightly from the second time on",
        """
        asked = {}
        def double(x):
            asked[x] = asked.get(x, 0) + 1
            return 2 * x if asked[x] > 1 else 0.0
        """,
        expect={"double": "W"},
        stops=(FRESH,),
        why="a repeated run begins in a fresh worker",
    ),
    Attack(
        "torch's switches",
        "leaves recording on and another dtype",
        """
        def normalize(x):
            torch.set_grad_enabled(True)
            torch.set_default_dtype(torch.float16)
            return x
        """,
        unit="u02",
        expect={"normalize": "B"},
        stops=(RULES, FRESH),
        why="it earns nothing without the rules either",
    ),
]
