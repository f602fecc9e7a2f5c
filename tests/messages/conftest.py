"""A small course of gradients, and an examiner of wrong answers to it: in process, or in the jail."""

import re
import textwrap

import pytest

from grader.course.load import load_course
from grader.engine.pool import Job, Pool
from grader.errors import SandboxError
from grader.examine.seed import Seed
from grader.release.publish import write
from grader.verify.inprocess import in_process

SEED = Seed("a seed for the diagnoses only")

SOLUTION = '''
"""The reference."""

import numpy as np


def chain(g, x):
    """g * cos x"""
    # BEGIN SOLUTION
    return g * np.cos(x)
    # END SOLUTION


def weights(g, x):
    """Gradient of the mean over the rows."""
    # BEGIN SOLUTION
    return x.T @ g / len(x)
    # END SOLUTION


def square(g, x):
    """The same, tested with one shape only."""
    # BEGIN SOLUTION
    return x.T @ g / len(x)
    # END SOLUTION


def bias(g):
    """g summed over its rows."""
    # BEGIN SOLUTION
    return g.sum(0)
    # END SOLUTION


def reuse(a, b, c):
    """Gradient of sum(a b + a a c)."""
    # BEGIN SOLUTION
    return b + 2 * a * c
    # END SOLUTION


def loop(parts):
    """The sum of the parts."""
    # BEGIN SOLUTION
    return sum(parts)
    # END SOLUTION


def softmax_backward(g, p):
    """dz of p = softmax(z), row by row."""
    # BEGIN SOLUTION
    return p * (g - (p * g).sum(1, keepdims=True))
    # END SOLUTION


def softmax(z):
    """Softmax of each row."""
    # BEGIN SOLUTION
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)
    # END SOLUTION


def ce_gradient(z, targets):
    """Gradient of the mean over the targets that are not -1."""
    # BEGIN SOLUTION
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p[np.arange(len(z)), targets] -= 1
    kept = targets != -1
    return p * kept[:, None] / kept.sum()
    # END SOLUTION


def loss(each, kept):
    """Mean of the kept numbers."""
    # BEGIN SOLUTION
    return float(each[kept].mean())
    # END SOLUTION


def triple(x):
    """3 x"""
    # BEGIN SOLUTION
    return 3.0 * x
    # END SOLUTION
'''

FUNCTIONS = re.findall(r"^def (\w+)", SOLUTION, re.MULTILINE)

HIDDEN = '''
import numpy as np
import pytest

from grader.testing import assert_close, assert_gradient, exercise


def sizes(rng, count):
    """Different axes, and others in every draw."""
    return [int(n) for n in rng.choice(np.arange(4, 40), count, replace=False)]


@exercise("u01.chain")
def test_chain(student, rng):
    """The upstream gradient times the local derivative."""
    shape = sizes(rng, 2)
    g, x = rng.normal(size=shape), rng.uniform(-3, 3, shape)
    assert_gradient(student.chain(g, x), g * np.cos(x), of="dx", upstream=g, arguments={"x": x})


@exercise("u01.weights")
def test_weights(student, rng):
    """Each weight meets every row."""
    n, d, k = sizes(rng, 3)
    g, x = rng.normal(size=(n, k)), rng.normal(size=(n, d))
    assert_gradient(student.weights(g, x), x.T @ g / n, of="dW", upstream=g, arguments={"x": x})


@exercise("u01.square")
def test_square(student, rng):
    """Here all axes have the same size, in every draw."""
    g, x = rng.normal(size=(5, 5)), rng.normal(size=(5, 5))
    assert_gradient(student.square(g, x), x.T @ g / 5, of="dW", upstream=g, arguments={"x": x})


@exercise("u01.bias")
def test_bias(student, rng):
    """One bias for all rows."""
    g = rng.normal(size=sizes(rng, 2))
    assert_gradient(student.bias(g), g.sum(0), of="db", upstream=g)


@exercise("u01.reuse")
def test_reuse(student, rng):
    """a is used twice, and both uses count."""
    a, b, c = rng.normal(size=(3, *sizes(rng, 1)))
    parts = {"through the product with b": b, "through the square": 2 * a * c}
    assert_gradient(student.reuse(a, b, c), b + 2 * a * c, of="a.grad", contributions=parts)


@exercise("u01.loop")
def test_loop(student, rng):
    """Every part counts."""
    parts = list(rng.normal(size=(2, *sizes(rng, 1))))
    assert_gradient(student.loop(parts), parts[0] + parts[1], of="a.grad", contributions=parts)


@exercise("u01.softmax_backward")
def test_softmax_backward(student, rng, reference):
    """Each output depends on every input of its row."""
    g, z = rng.normal(size=(2, *sizes(rng, 2)))
    p = reference.softmax(z)
    yours, expected = student.softmax_backward(g, p), reference.softmax_backward(g, p)
    assert_gradient(yours, expected, of="dz", upstream=g, arguments={"p": p})


@exercise("u01.softmax")
def test_large_numbers(student, rng, reference):
    """Large numbers have a softmax too."""
    z = rng.normal(size=sizes(rng, 2))
    z[0] += 1000
    assert_close(student.softmax(z), reference.softmax(z), of="p", arguments={"z": z})


@exercise("u01.ce_gradient")
def test_ignored_targets(student, rng, reference):
    """Targets of -1 do not count."""
    n, v = sizes(rng, 2)
    z, targets = rng.normal(size=(n, v)), rng.integers(0, v, n)
    targets[: 3 + n // 7] = -1
    yours, expected = student.ce_gradient(z, targets), reference.ce_gradient(z, targets)
    assert_gradient(yours, expected, of="dlogits", arguments={"logits": z})


@exercise("u01.loss")
def test_loss(student, rng):
    """The mean is over the kept targets."""
    each = rng.uniform(1, 2, sizes(rng, 1))
    kept = np.arange(each.size) > 2
    counts = {"all targets": each.size, "kept targets": int(kept.sum())}
    assert_close(student.loss(each, kept), float(each[kept].mean()), of="the loss", counts=counts)


@exercise("u01.triple")
@pytest.mark.parametrize("kind", [float, np.float64, int])
def test_triple(student, kind):
    """Three times the same question."""
    assert_close(student.triple(kind(2)), 6.0, of="the product")
'''

PUBLIC = '''
from grader.testing import assert_close, exercise

NAMES = "FUNCTIONS"


@exercise("u01.triple")
def test_another_triple(student):
    """3 times 2 is 6."""
    assert_close(student.triple(2.0), 6.0, of="the product")
'''


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    root = tmp_path_factory.mktemp("gradients")
    lines = [f"      - {{id: u01.{f}, title: {f}, symbols: [{f}], points: 1, minutes: 1}}" for f in FUNCTIONS]
    head = 'id: small\ntitle: Small\nversion: "1"\nlimits: {seconds: 10, memory_mb: 512}\nunits:\n'
    unit = "  - id: u01\n    title: Gradients\n    folder: u01_gradients\n    exercises:\n"
    files = {
        "course.yml": head + unit + "\n".join(lines) + "\n",
        "solutions/u01_gradients/gradients.py": SOLUTION,
        "solutions/u01_gradients/hints.md": "".join(f"## u01.{f}\n1. a\n2. b\n3. c\n\n" for f in FUNCTIONS),
        "solutions/u01_gradients/test_hidden_gradients.py": HIDDEN,
        "exercises/u01_gradients/test_gradients.py": PUBLIC.replace("FUNCTIONS", " ".join(FUNCTIONS)),
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"), encoding="utf-8")
    made = load_course(root / "course.yml")
    write(made)
    return made


class Said:
    """said(chain="return -g * np.cos(x)") -> what is said of a student whose other functions are right."""

    def __init__(self, pool):
        self.pool = pool

    def __call__(self, **wrong):
        ((name, body),) = wrong.items()
        before, _, rest = SOLUTION.lstrip().partition(f"def {name}(")
        head, _, rest = rest.partition("    # BEGIN SOLUTION\n")
        _, _, after = rest.partition("    # END SOLUTION\n")
        text = f"{before}def {name}({head}{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n{after}"
        (result,) = self.pool.run([Job("student", "u01", {"u01_gradients/gradients.py": text})])
        outcomes = {outcome.exercise.partition(".")[2]: outcome for outcome in result.outcomes}
        others = [outcome.verdict for other, outcome in outcomes.items() if other != name]
        assert set(others) == {"right"}, outcomes
        assert outcomes[name].verdict == "wrong"
        return outcomes[name].finding.diagnosis


@pytest.fixture(scope="session")
def said(course):
    with Pool(course, SEED, workers=1, backend=in_process) as pool:
        yield Said(pool)


@pytest.fixture(scope="session")
def said_in_the_jail(course):
    try:
        with Pool(course, SEED, workers=1) as pool:
            yield Said(pool)
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error.rationale}")
