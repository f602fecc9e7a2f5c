"""Leaks through what people are shown: feedback, tables, the screen."""

from kata_attacks.model import REPORT, Attack, Control

HIDDEN_INPUT = "73501"  # stands in a hidden test of u01.double; the harness looks for it in the feedback


def told(name, tries, code, needle="", expect=None, **more):
    given = {"control": Control.JOURNAL if needle else Control.NONE, "why": "tests/report"} | more
    return Attack(
        name, tries, code, stops=(REPORT,), needle=needle, expect=expect or {"double": "CW"}, **given
    )


ATTACKS = [
    told(
        "terminal escapes",
        "clears the screen and colours it, by the text of an error",
        "def double(x): raise ValueError('\\x1b[2J\\x1b[31mright\\x1b]0;title\\x07')",
        "[2J",
    ),
    told(
        "control characters of eight bits",
        "the same with one-byte sequences",
        "def double(x): raise ValueError('\\x9b2J\\x9d0;x\\x9c')",
        "2J",
    ),
    told(
        "html",
        "puts a script on the page",
        "def double(x): raise ValueError('<script>alert(1)</script>')",
        "<script>",
    ),
    told(
        "a formula",
        "an error that a spreadsheet would compute",
        "def double(x): raise type('=HYPERLINK(1)', (ValueError,), {})('=1+1|cmd')",
        "=1+1",
    ),
    told(
        "lines",
        "puts further lines and rows into a table",
        "def double(x): raise ValueError('a\\r\\nright,right,right\\n\\x0b\\x0c\\x1d\\u2028x\\u2029\\x85y')",
        "right,right",
    ),
    told(
        "directions",
        "turns the text around, to hide what it says",
        "def double(x): raise ValueError('\\u202edrawkcab\\u2066\\u200f')",
        "drawkcab",
    ),
    told(
        "surrogates",
        "a text that cannot be written as UTF-8",
        "def double(x): raise ValueError('a\\ud800b')",
        "ud800",
    ),
    told(
        "a long message",
        "an error of ten million characters",
        "def double(x): raise ValueError('x' * 10_000_000)",
        "xxx",
    ),
    told(
        "a long name",
        "an error whose type has a name of a million characters",
        "def double(x): raise type('E' * 1_000_000, (Exception,), {})('x')",
        "EEE",
    ),
    told(
        "names of symbols",
        "classes and functions that are called like secrets, with escapes",
        "class Evil: pass\nEvil.__name__ = Evil.__qualname__ = '\\x1b[31m=cmd\\n<b>'\n"
        "def double(x): return Evil()",
        "[31m",
    ),
    told(
        "a source line",
        "the line of the error itself holds an escape",
        "def double(x):\n    raise ValueError()  # \x1b[31m\x9b <script> \u202e =1+1",
    ),
    told(
        "a name with a code",
        "the function that fails is called like a formula",
        "def f(x): raise ValueError(x)\nf.__code__ = f.__code__.replace(co_name='=cmd\\x1b', co_filename='/etc/passwd')\n"
        "def double(x): return f(x)",
    ),
    told(
        "a huge repr",
        "a value that is shown by a text of its own making",
        "class Big(float):\n    def __repr__(self): return '\\x1b' * 10**6\ndef double(x): return Big(1)",
    ),
    told(
        "a file with an escape",
        "a file whose name clears the screen",
        "def double(x): return 0.0",
        files={"evil\x1b[2J.txt": "x", "=1+1.txt": "x", "u01_range/\u202efdp.exe": "x"},
    ),
    told(
        "an exit that talks",
        "ends with a message that might reach the screen",
        "import sys\ndef double(x):\n    sys.stderr.write('\\x1b[2Jgrade: right\\n')\n    print('kata: right')\n"
        "    sys.exit('\\x1b[2Jright')",
    ),
    told(
        "hidden inputs by an error",
        "collects what hidden tests ask, and tells it in a public one",
        "asked = []\ndef double(x):\n    asked.append(x)\n    raise ValueError(f'asked so far: {asked}')",
        expect={"double": "C"},
    ),
    told(
        "hidden inputs by a result",
        "the same, by the value that it gives",
        "asked = []\ndef double(x):\n    asked.append(x)\n    return asked",
        expect={"double": "W"},
    ),
    told(
        "hidden inputs of another exercise",
        "the same, told in the public test of a later exercise",
        "asked = []\ndef double(x):\n    asked.append(x)\n    return 2 * x\ndef steps(n): return tuple(asked)",
        expect={"steps": "W"},
        earns=("double",),
    ),
    told(
        "hidden inputs by a made-up breach",
        "the same, by the name in a report of the tripwires",
        "import grader.remote.worker as w, gc\nasked = []\ndef double(x):\n    asked.append(x)\n"
        "    worker = next(t for t in gc.get_objects() if type(t) is w.Worker)\n"
        "    if x == 70_000 + 3_501: worker.trap.tripped = [f'asked {asked[-1]}', None]\n    return 0.0",
        expect={"double": "CB"},
    ),
]
