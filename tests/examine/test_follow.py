"""Follow-through: one mistake is paid for once, and the reference stays outside."""

import textwrap

import pytest

from grader.engine.pool import Job, Pool
from grader.errors import SandboxError
from grader.examine.outcome import Verdict
from grader.examine.seed import Seed
from grader.release.publish import write
from grader.scoring.rubric import score

COURSE = """
id: tape
title: A small tape
version: "1"
follow_through: 0.5
limits: {seconds: 1, memory_mb: 128}
units:
  - id: u01
    title: Tape
    folder: u01_tape
    exercises:
      - {id: u01.add, title: Add, symbols: [Num.__add__], points: 1, minutes: 1}
      - {id: u01.mul, title: Mul, symbols: [Num.__mul__], points: 1, minutes: 1}
      - {id: u01.pow, title: Pow, symbols: [Num.__pow__], points: 1, minutes: 1}
      - {id: u01.order, title: Order, symbols: [order], points: 1, minutes: 1}
      - {id: u01.size, title: Size, symbols: [Num.size], points: 1, minutes: 1}
      - {id: u01.kind, title: Kind, symbols: [Kind], points: 1, minutes: 1}
      - {id: u01.square, title: Square, symbols: [square], points: 2, minutes: 1, needs: [u01.mul]}
      - id: u01.total
        title: Total
        symbols: [total]
        points: 4
        minutes: 1
        needs: [u01.square, u01.add, u01.order]
      - {id: u01.cube, title: Cube, symbols: [cube], points: 1, minutes: 1, needs: [u01.pow]}
      - {id: u01.sized, title: Sized, symbols: [sized], points: 1, minutes: 1, needs: [u01.size]}
      - {id: u01.named, title: Named, symbols: [named], points: 1, minutes: 1, needs: [u01.kind]}
"""

BODIES = {
    "Num.__add__": "return Num(self.data + _data(other), (self, other))",
    "Num.__mul__": "marker = 'reference 93817'\nreturn Num(self.data * _data(other), (self, other))",
    "Num.__pow__": "return Num(self.data**n)",
    "Num.size": "return len(self.parts)",
    "order": """
        done, waiting = [], [root]
        seen = set()
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                done.append(node)
                waiting.extend(part for part in node.parts if isinstance(part, Num))
        return done[::-1]
        """,
    "square": "return x * x",
    "total": "y = square(a) + b\nreturn y.data + len(order(y))",
    "cube": "return (x**3).data",
    "sized": "return x.size + 1",
    "named": "return Kind().name",
}

FILE = '''
"""The reference."""


def _data(x):
    return x.data if isinstance(x, Num) else x


class Num:
    """A number."""

    def __init__(self, data, parts=()):
        self.data, self.parts = data, parts

    def __add__(self, other):
        """Sum."""
        # BEGIN SOLUTION
{Num.__add__}
        # END SOLUTION

    def __mul__(self, other):
        """Product."""
        # BEGIN SOLUTION
{Num.__mul__}
        # END SOLUTION

    def __pow__(self, n):
        """Power."""
        # BEGIN SOLUTION
{Num.__pow__}
        # END SOLUTION

    @property
    def size(self):
        """How many parts."""
        # BEGIN SOLUTION
{Num.size}
        # END SOLUTION


class Kind:
    """Named."""

    # BEGIN SOLUTION
    name = "kind"
    # END SOLUTION


def order(root):
    """All nodes."""
    # BEGIN SOLUTION
{order}
    # END SOLUTION


def square(x):
    """x * x"""
    # BEGIN SOLUTION
{square}
    # END SOLUTION


def total(a, b):
    """a * a + b and the number of nodes."""
    # BEGIN SOLUTION
{total}
    # END SOLUTION


def cube(x):
    """x**3"""
    # BEGIN SOLUTION
{cube}
    # END SOLUTION


def sized(x):
    """size + 1"""
    # BEGIN SOLUTION
{sized}
    # END SOLUTION


def named():
    """The name."""
    # BEGIN SOLUTION
{named}
    # END SOLUTION
'''

HIDDEN = '''
from grader.testing import assert_close, assert_equal, exercise


@exercise("u01.add")
def test_add(student, rng):
    """The sum."""
    a, b = rng.uniform(1, 2, 2).tolist()
    assert_close((student.Num(a) + student.Num(b)).data, a + b, of="a + b")


@exercise("u01.mul")
def test_mul(student, rng):
    """The product."""
    a, b = rng.uniform(1, 2, 2).tolist()
    assert_close((student.Num(a) * student.Num(b)).data, a * b, of="a * b")


@exercise("u01.mul")
def test_mul_parts(student):
    """The parts of a product."""
    a, b = student.Num(2.0), student.Num(3.0)
    parts = (a * b).parts
    assert parts[0] is a
    assert parts[1] is b


@exercise("u01.order")
def test_order(student):
    """All nodes, each once."""
    a = student.Num(1.0)
    root = student.Num(2.0, (a, a))
    found = student.order(root)
    assert_equal(len(found), 2, of="the number of nodes")
    assert found[0] is a


@exercise("u01.size")
def test_size(student):
    """The number of parts."""
    assert_equal(student.Num(1.0, (1, 2, 3)).size, 3, of="size")


@exercise("u01.pow")
def test_pow(student):
    """A power."""
    assert_close((student.Num(3.0) ** 2).data, 9.0, of="3**2")


@exercise("u01.cube")
def test_cube(student):
    """A cube."""
    assert_close(student.cube(student.Num(3.0)), 27.0, of="3**3")


@exercise("u01.kind")
def test_kind(student):
    """The name of a kind."""
    assert_equal(student.Kind().name, "kind", of="name")


@exercise("u01.square")
def test_square(student, rng):
    """The square."""
    a = float(rng.uniform(2, 3))
    assert_close(student.square(student.Num(a)).data, a * a, of="the square")


@exercise("u01.total")
def test_total(student, rng):
    """The total."""
    a, b = rng.uniform(2, 3, 2).tolist()
    assert_close(student.total(student.Num(a), student.Num(b)), a * a + b + 4, of="the total")


@exercise("u01.total")
def test_total_of_numbers(student):
    """The total with a plain number."""
    assert_close(student.total(student.Num(2.0), 1.0), 2 * 2 + 1 + 3.0, of="the total")


@exercise("u01.total")
def test_that_it_is_a_function(student):
    """It is there."""
    student.total  # noqa: B018


@exercise("u01.sized")
def test_sized(student):
    """Size and one."""
    assert_equal(student.sized(student.Num(1.0, (1, 2))), 3, of="sized")


@exercise("u01.named")
def test_named(student):
    """The name."""
    assert_equal(student.named(), "kind", of="named")
'''


def written(**bodies):
    """The reference with other bodies; a dot in a name is written as two underscores and its class."""
    text = FILE
    for name, body in (BODIES | bodies).items():
        indent = "        " if "." in name else "    "
        text = text.replace(f"{{{name}}}", textwrap.indent(textwrap.dedent(body).strip(), indent))
    return text.lstrip("\n")


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    from grader.course.load import load_course

    root = tmp_path_factory.mktemp("tape")
    ids = [line.split("id: ")[1].split(",")[0] for line in COURSE.splitlines() if "id: u01." in line]
    files = {
        "course.yml": COURSE,
        "solutions/u01_tape/tape.py": written(),
        "solutions/u01_tape/hints.md": "\n".join(f"## {id}\n1. a\n2. b\n3. c\n" for id in ids),
        "solutions/u01_tape/test_hidden_tape.py": HIDDEN,
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"), encoding="utf-8")
    (root / "exercises/u01_tape").mkdir(parents=True)
    made = load_course(root / "course.yml")
    write(made)
    return made


@pytest.fixture(scope="module")
def pool(catalogue):
    try:
        with Pool(catalogue, Seed("a seed for the tests only"), workers=1) as opened:
            yield opened
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error.rationale}")


@pytest.fixture
def examine(pool):
    """examine({"Num.__mul__": "return None"}) -> outcomes by the name of the exercise."""

    def run(bodies=None, source=None):
        text = written(**(bodies or {})) if source is None else source
        (result,) = pool.run([Job("student", "u01", {"u01_tape/tape.py": text})])
        return {outcome.exercise.partition(".")[2]: outcome for outcome in result.outcomes}

    return run


def verdicts(outcomes):
    return {name: str(outcome.verdict) for name, outcome in outcomes.items() if outcome.verdict != "right"}


def test_the_reference_is_right_and_followed_by_nobody(examine):
    outcomes = examine()
    assert verdicts(outcomes) == {}
    assert all(outcome.followed == () for outcome in outcomes.values())


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("return Num(self.data + _data(other), (self, other))", "wrong"),
        ("return Num(self.data * _data(other), (other, self))", "wrong"),
        ("raise NotImplementedError", "to do"),
        ("return self.data * other.nothing", "crashed"),
        ("while True: pass", "too slow"),
        ("return None", "wrong"),
    ],
)
def test_one_wrong_method_costs_its_own_exercise_and_nothing_else(examine, body, verdict):
    outcomes = examine({"Num.__mul__": body})
    assert verdicts(outcomes) == {"mul": verdict}
    if body != "return Num(self.data * _data(other), (other, self))":  # whose number is right
        assert outcomes["square"].followed == ("u01.mul",)
        assert outcomes["total"].followed == ("u01.mul",)
        assert outcomes["total"].finding is None
    assert outcomes["order"].followed == ()


def test_what_follow_through_is_worth_is_policy(examine, catalogue):
    outcomes = examine({"Num.__mul__": "return None"})
    total, exercise = outcomes["total"], catalogue.exercise("u01.total")
    assert [test.followed for test in total.tests] == [True, True, False]
    assert score(total, exercise, follow_through=1.0).points == 4.0
    assert score(total, exercise, follow_through=0.5).points == pytest.approx(8 / 3, abs=1e-4)
    assert score(total, exercise, follow_through=0.0).points == pytest.approx(4 / 3, abs=1e-4)


def test_a_mistake_of_its_own_is_still_a_mistake(examine):
    outcomes = examine({"Num.__mul__": "return None", "total": "return 1.0"})
    assert verdicts(outcomes) == {"mul": "wrong", "total": "wrong"}
    total = outcomes["total"]
    assert total.followed == ("u01.mul",)
    assert total.finding.what == "it is wrong too when the course's own u01.mul stands in for yours"
    assert total.finding.where.startswith("u01_tape/tape.py:")
    assert total.finding.diagnosis == total.finding.expected == ""


def test_functions_methods_and_properties_stand_in_together(examine):
    outcomes = examine({"order": "return []", "Num.__add__": "return 5", "Num.size": "return 0"})
    assert verdicts(outcomes) == {"add": "wrong", "order": "wrong", "size": "wrong"}
    assert outcomes["total"].followed == ("u01.add", "u01.order")
    assert outcomes["sized"].followed == ("u01.size",)


def test_only_what_is_wrong_in_itself_is_replaced(examine):
    outcomes = examine({"Num.__mul__": "return None", "square": "return 2 * x.data"})
    assert verdicts(outcomes) == {"mul": "wrong", "square": "wrong"}
    assert outcomes["total"].followed == ("u01.mul", "u01.square")


def test_another_name_of_the_same_function_means_the_new_one(examine):
    source = written(**{"Num.__mul__": "return None"}).replace(
        "    @property\n", "    __rmul__ = times = __mul__\n\n    @property\n", 1
    )
    source = source.replace("return x * x\n", "return x.times(x)\n")
    assert verdicts(examine(source=source)) == {"mul": "wrong"}


def test_the_reference_does_not_enter_the_jail(examine):
    look = """
        import gc, types
        codes = [f.__code__ for f in gc.get_objects() if isinstance(f, types.FunctionType)]
        if any("reference " + str(93817) in str(code.co_consts) for code in codes):
            return "found"
        x.data, x.parts = float(3), ()
        return x * x
        """
    outcomes = examine({"Num.__mul__": "return None", "square": look})
    assert (
        outcomes["square"].verdict is Verdict.WRONG
    )  # 9.0 whatever x was: the search ran, and found nothing
    found = examine({"Num.__mul__": "return None", "square": look.replace('return "found"', "return x * x")})
    assert found["square"].verdict is Verdict.WRONG


def test_a_class_as_a_whole_cannot_be_stood_in_for(examine):
    outcomes = examine(source=written().replace('name = "kind"', 'name = "kid"'))
    assert verdicts(outcomes) == {"kind": "wrong", "named": "not checked"}
    assert outcomes["named"].needs == ("u01.kind",)
    assert outcomes["named"].followed == ()


@pytest.mark.parametrize(
    "body",
    [
        "return Num('x' * 99, self.parts)",
        "return Num([1] * 9, 5)",
        "self.data = 10**1000\nreturn None",
        "Num.data = property(lambda self: 1 / 0)\nreturn None",
        "raise SystemExit",
        "import os\nos._exit(0)",
    ],
)
def test_hostile_objects_are_no_error_of_ours(examine, body):
    outcomes = examine({"Num.__mul__": body, "square": "x.data = 'abc' * 1000\nreturn x * x"})
    assert not [outcome for outcome in outcomes.values() if outcome.verdict is Verdict.GRADER_ERROR]
    assert outcomes["square"].verdict is not Verdict.RIGHT
    assert outcomes["order"].verdict is Verdict.RIGHT


def test_a_number_that_the_reference_cannot_finish_with_costs_one_exercise(examine):
    outcomes = examine({"Num.__pow__": "pass", "cube": "return (Num(3) ** (10**9)).data"})
    assert verdicts(outcomes) == {"pow": "wrong", "cube": "not checked"}
    assert outcomes["named"].verdict is Verdict.RIGHT


def test_a_file_that_does_not_import_is_followed_by_nobody(examine):
    outcomes = examine(source=written() + "\n1 / 0\n")
    assert {outcome.verdict for outcome in outcomes.values()} == {Verdict.CRASHED, Verdict.NOT_CHECKED}
    assert not any(outcome.followed for outcome in outcomes.values())
