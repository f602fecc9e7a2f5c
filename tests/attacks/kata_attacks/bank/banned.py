"""Methods that the exercise asks to do without. Every one gives right numbers."""

from kata_attacks.model import RULES, SCORING, Attack, Control


def soft(name, tries, code, expect="B", **more):
    given = {"control": Control.NO_RULES} | more
    return Attack(name, tries, code, stops=(RULES,), unit="u02", expect={"normalize": expect}, **given)


def slope(name, tries, code, expect="B", **more):
    given = {"control": Control.NO_RULES} | more
    return Attack(name, tries, code, stops=(RULES,), unit="u02", expect={"cube_slope": expect}, **given)


def rank(name, tries, code, **more):
    given = {"control": Control.NO_RULES} | more
    return Attack(name, tries, code, stops=(RULES,), expect={"ranked": "B"}, **given)


ATTACKS = [
    soft("a ready-made function", "calls torch.softmax", "def normalize(x): return torch.softmax(x, -1)"),
    soft("a method", "calls the tensor's own method", "def normalize(x): return x.softmax(-1)"),
    soft(
        "functional",
        "imports it from nn.functional",
        "import torch.nn.functional as F\ndef normalize(x): return F.softmax(x, -1)",
    ),
    soft(
        "aten",
        "calls what torch is made of",
        "def normalize(x): return torch.ops.aten._softmax(x, -1, False)",
    ),
    soft(
        "getattr",
        "gets it by a name made of two",
        "def normalize(x): return getattr(torch, 'soft' + 'max')(x, -1)",
    ),
    soft(
        "a class pattern",
        "takes torch apart by match",
        "def normalize(x):\n    match torch:\n        case object(softmax=s):\n            return s(x, -1)",
    ),
    soft(
        "the dict of torch",
        "reads it from the module's namespace",
        "def normalize(x): return torch.__dict__['soft' + 'max'](x, -1)",
    ),
    soft(
        "an import by name",
        "imports it through importlib",
        "import importlib\ndef normalize(x): return importlib.import_module('torch').softmax(x, -1)",
    ),
    soft("eval", "runs a text", "def normalize(x): return eval('torch.soft' + 'max(x, -1)')"),
    soft(
        "a format",
        "reaches it through a format text, and its own class",
        "class Catch:\n    def __format__(self, spec): return spec\n"
        "def normalize(x):\n    '{0.softmax}'.format(torch)\n    return vars(torch)['softmax'](x, -1)",
    ),
    slope(
        "autograd",
        "lets torch differentiate",
        "def cube_slope(x):\n    z = x.detach().clone().requires_grad_(True)\n    (z ** 3).sum().backward()\n    return z.grad",
    ),
    slope(
        "autograd grad",
        "calls torch.autograd.grad",
        "def cube_slope(x):\n    z = torch.tensor(x, requires_grad=True)\n"
        "    return torch.autograd.grad((z ** 3).sum(), z)[0]",
    ),
    slope(
        "functorch",
        "calls torch.func.grad",
        "def cube_slope(x): return torch.func.grad(lambda z: (z ** 3).sum())(x)",
    ),
    slope(
        "a switch",
        "turns recording on by a listed name, with no_grad left by its own setting",
        "def cube_slope(x):\n    g = torch.no_grad()\n    g.prev = True\n    g.__exit__(None, None, None)\n"
        "    z = torch.tensor(x, requires_grad=True)\n    (z ** 3).sum().backward()\n    return z.grad",
    ),
    slope(
        "the complex step",
        "differentiates by an imaginary step, exact to the last digit",
        "def cube_slope(x): return ((x + 1e-30j) ** 3).imag / 1e-30",
    ),
    slope(
        "a root that is complex",
        "makes the imaginary unit from a negative number",
        "def cube_slope(x):\n    i = (-1) ** 0.5\n    return ((x + 1e-30 * i) ** 3).imag / 1e-30",
    ),
    Attack(
        "numerical differentiation",
        "nudges, in float64",
        "def cube_slope(x):\n    h = 1e-5\n    return ((x + h) ** 3 - (x - h) ** 3) / (2 * h)\n",
        stops=(SCORING,),
        unit="u02",
        expect={"cube_slope": "W"},
        why="no rule forbids it: the accuracy that is asked for does",
    ),
    rank("a forbidden builtin", "calls sorted", "def ranked(values): return sorted(values)"),
    rank(
        "a forbidden method", "calls list.sort", "def ranked(values):\n    values.sort()\n    return values"
    ),
    rank(
        "a forbidden method by name",
        "gets list.sort by getattr",
        "def ranked(values):\n    getattr(values, 'so' + 'rt')()\n    return values",
    ),
    rank(
        "a forbidden builtin by vars",
        "gets sorted from the namespace of builtins",
        "import builtins\ndef ranked(values): return vars(builtins)['sor' + 'ted'](values)",
    ),
    rank(
        "a forbidden module by __import__",
        "imports numpy by a call",
        "def ranked(values): return __builtins__['__import__']('num' + 'py').array(values).tolist() and "
        "[v for v in eval('sor' + 'ted')(values)]",
    ),
    Attack(
        "the public numbers",
        "answers what the public tests ask, and nothing else",
        "def double(x): return 6 if x == 3 else 0\ndef steps(n): return 4\n"
        "def ranked(values): return [1, 2, 3]\ndef quadruple(x): return 8\n"
        "def odd_part(f, x): return 10.0\n",
        stops=(SCORING,),
        expect={"double": "W", "steps": "W", "ranked": "W", "quadruple": "WN", "odd_part": "W"},
        why="public tests count only where a hidden one passes too",
    ),
]
