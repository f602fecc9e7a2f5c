"""Handles and callbacks abused, and what a test is handed that it hands back."""

from kata_attacks.model import CLOCK, COMPARISON, SCORING, WIRE, Attack

RELAY = {"relay": "WC"}


def abuse(name, tries, code, expect, stops=(WIRE,), **more):
    given = {"why": "tests/remote/test_proxy*.py prove each of these refusals"} | more
    return Attack(name, tries, code, expect=expect, stops=stops, **given)


ATTACKS = [
    abuse(
        "a swallowed verdict",
        "leaves the block as if nothing had failed inside",
        "class guarded:\n    def __enter__(self):\n        _guards.append(True)\n        return self\n"
        "    def __exit__(self, *error):\n        _guards.pop()\n        return True\n",
        {"guarded": "WC"},
        (WIRE, SCORING),
    ),
    abuse(
        "a swallowed error of its own",
        "lets its own code fail in the block and swallows that, so that nothing is asked",
        "inside = []\nclass guarded:\n    def __enter__(self): inside.append(1)\n"
        "    def __exit__(self, *error):\n        inside.clear()\n        return True\n"
        "def is_guarded():\n    if inside: raise ValueError\n    return False\n",
        {"guarded": "WC"},
        (WIRE, SCORING),
    ),
    abuse(
        "a swallowed error of the test",
        "answers with what the test cannot use, in the block, and swallows that",
        "inside = []\nclass guarded:\n    def __enter__(self): inside.append(1)\n"
        "    def __exit__(self, *error):\n        inside.clear()\n        return True\n"
        "def is_guarded(): return bool(inside)\ndef forward(x): return None\n",
        {"guarded": "WC", "relay": "WC"},
        (WIRE, SCORING),
    ),
    abuse(
        "a swallowed verdict of a callback",
        "catches what the test's function says, and answers all the same",
        "def odd_part(f, x):\n    for bad in (7.0, -7.0):\n        try:\n            f(bad)\n"
        "        except BaseException: pass\n    return f(x) - f(-x) if x == 2.0 else 0.0",
        {"odd_part": "W"},
        (WIRE, SCORING),
    ),
    abuse(
        "calls in calls",
        "calls the test's function from inside what the test's function calls",
        "class Again:\n    def __pow__(self, n):\n        self.f(self)\n        return 0.0\n"
        "    def __rmul__(self, a): return self.f(self)\n    def __neg__(self): return self\n"
        "    def __abs__(self): return self.f(self)\n"
        "def odd_part(f, x):\n    again = Again()\n    again.f = f\n    return f(again)",
        {"odd_part": "WC"},
    ),
    abuse(
        "a kept callback",
        "keeps a test's function and calls it in another exercise",
        "kept = []\ndef odd_part(f, x):\n    kept.append(f)\n    return f(x) - f(-x)\n"
        "def steps(n):\n    for f in kept:\n        try: f(1.0)\n        except BaseException: pass\n    return 0",
        {"steps": "W"},
        earns=("odd_part",),
    ),
    abuse(
        "a callback as an answer",
        "gives the test's function back as the result",
        "def odd_part(f, x): return f\ndef forward(x): return forward, forward\ndef backward(dy, kept): return kept",
        {"odd_part": "WC", "relay": "WC"},
    ),
    abuse(
        "the worker as an answer",
        "gives the worker, its module and its channel as results",
        "import sys\ndef forward(x): return sys, sys.modules['grader.remote.worker']\n"
        "def backward(dy, kept): return kept.Worker\ndef steps(n): return sys.modules[__name__]\n"
        "def double(x): return type",
        {"relay": "WC", "steps": "WC", "double": "WC"},
    ),
    abuse(
        "a module that is none",
        "replaces its module by a number",
        "import sys\nsys.modules[__name__] = 5\ndef double(x): return 2 * x",
        {"double": "C"},
    ),
    abuse(
        "objects that do things",
        "__repr__, __hash__, __del__, __reduce__, __getattr__ and __class__ all do something",
        """
class Thing:
    def _do(self, *a, **k):
        LOOT.append("asked") if False else None
        raise SystemExit(0)
    __repr__ = __str__ = __hash__ = __del__ = __reduce__ = __reduce_ex__ = __getattr__ = __len__ = _do
    __bool__ = __iter__ = __index__ = __int__ = __format__ = __sizeof__ = __dir__ = _do
def double(x): return Thing()
def forward(x): return Thing(), Thing()
def backward(dy, kept): return Thing()
""",
        {"double": "WC", "relay": "WC"},
        (COMPARISON, WIRE),
    ),
    abuse(
        "getattr without end",
        "an object that has every attribute, each of them itself",
        "class Any:\n    def __getattr__(self, name): return self\n    def __call__(self, *a, **k): return self\n"
        "    def __add__(self, other): return self\ndef Box_new(data): return Any()\n"
        "class Box(Any):\n    def __init__(self, data): pass\n    def __add__(self, other): return self",
        {"box_add": "W"},
        (COMPARISON,),
    ),
    abuse(
        "a property that loops",
        "an attribute that computes for ever",
        "class Box:\n    def __init__(self, data): pass\n    def __add__(self, other): return self\n"
        "    @property\n    def data(self):\n        while True: pass",
        {"box_add": "S"},
        (CLOCK,),
    ),
    abuse(
        "an error that lies",
        "an exception whose text, type and traceback lie",
        """
class AssertionError(AssertionError):
    def __str__(self): raise KeyboardInterrupt
    __class__ = property(lambda self: SystemExit)
    __traceback__ = property(lambda self: None)
    __cause__ = property(lambda self: self)
def double(x): raise AssertionError("passed")
""",
        {"double": "C"},
    ),
    abuse(
        "a group of errors",
        "raises an exception group, nested 900 deep",
        "def double(x):\n    e = ValueError(1)\n    for _ in range(900): e = ExceptionGroup('g', [e])\n    raise e",
        {"double": "C"},
    ),
    abuse(
        "errors in a chain",
        "raises an error with 100,000 causes",
        "def double(x):\n    e = ValueError(1)\n    for _ in range(100_000):\n        new = ValueError(2)\n"
        "        new.__cause__ = new.__context__ = e\n        e = new\n    raise e",
        {"double": "CS"},
    ),
    abuse(
        "left to do",
        "raises NotImplementedError, so that it counts as not begun",
        "def double(x):\n    x = x\n    raise NotImplementedError",
        {"double": "T"},
        (SCORING,),
    ),
    abuse(
        "not implemented",
        "gives NotImplemented, so that Python asks the other side",
        "class Box:\n    def __init__(self, data): self.data = data\n    def __add__(self, other): return NotImplemented\n"
        "    def __radd__(self, other): return Box(0.0)",
        {"box_add": "WC"},
    ),
    abuse(
        "an argument changed later",
        "keeps the test's array, and changes it when something else is asked",
        "kept = []\ndef fill(values, number):\n    kept.append(values)\n    return kept[0].fill(number) if len(kept) > 9 else None",
        {"fill": "W"},
    ),
    abuse(
        "what is compared is changed",
        "changes an argument, so that what is expected changes with it",
        "def ranked(values):\n    values[:] = [0.0] * len(values)\n    return [0.0] * 5",
        {"ranked": "W"},
        (SCORING,),
    ),
    abuse(
        "steps without end",
        "gives a number of steps that keeps the grader busy",
        "def steps(n): return 10**12",
        {"steps": "S"},
        (CLOCK,),
    ),
    abuse(
        "steps that the grader takes twice",
        "the same in a worker that ran something before, so that it is repeated",
        "def double(x): return 2 * x\ndef steps(n): return 400_000_000",
        {"steps": "S"},
        (CLOCK,),
        earns=("double",),
        slow=True,
    ),
    abuse(
        "a deep keepsake",
        "keeps something for backward that is just too deep to be handed back",
        "def forward(x):\n    kept = []\n    for _ in range(48): kept = [kept]\n    return 2 * x, kept\n"
        "def backward(dy, kept): return 0.0",
        RELAY,
    ),
    abuse(
        "a keepsake one level less deep",
        "the same, one level less",
        "def forward(x):\n    kept = []\n    for _ in range(47): kept = [kept]\n    return 2 * x, kept\n"
        "def backward(dy, kept): return 0.0",
        RELAY,
    ),
    abuse(
        "a long keepsake",
        "keeps a text for backward that is just too long to be handed back",
        "def forward(x): return 2 * x, 'x' * ((4 << 20) - 40)\ndef backward(dy, kept): return 0.0",
        RELAY,
    ),
    abuse(
        "a large keepsake",
        "keeps a number for backward that is just too large to be handed back",
        "import grader.remote.pack as p\np.MAX_INT_DIGITS = 2_001\n"
        "def forward(x): return 2 * x, 1 << 8_003\ndef backward(dy, kept): return 0.0",
        RELAY,
    ),
    abuse(
        "an odd keepsake",
        "keeps a dict for backward, with keys that are hardly any",
        "def forward(x): return 2 * x, {float('nan'): 1, (1, (2,)): 2, True: 3, None: 4, b'': 5, ...: 6}\n"
        "def backward(dy, kept): return 0.0",
        RELAY,
    ),
]
