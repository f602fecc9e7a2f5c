"""The files of a new exercise, before anybody has written it: valid Python with placeholders in it."""

from collections.abc import Sequence

from grader.course.model import Exercise, Unit
from grader.release.placeholder import placeholder
from grader.release.stub import BEGIN, END


def solution_head(unit: Unit) -> str:
    """The beginning of a unit's reference."""
    title = unit.title.rstrip(".").replace("\\", "").replace('"', "'")
    return f'"""{title}. The lesson is README.md, in this folder."""\n'


def function(exercise: Exercise, symbol: str) -> str:
    """A function of the reference, or a method, at column 0."""
    owner, _, name = symbol.rpartition(".")
    needs = placeholder(exercise.id, "what it returns, in the first line of its docstring")
    body = placeholder(exercise.id, "the reference, in the shortest correct form")
    return (
        f"def {name}({'self, ' if owner else ''}x):\n"
        f'    """{needs}\n\n'
        f"    {placeholder(exercise.id, 'shapes, types, what is raised, what must not change')}\n"
        f'    """\n'
        f"    {BEGIN}\n"
        f"    # {body}\n"
        f"    return x\n"
        f"    {END}\n"
    )


def class_of(exercise: Exercise, owner: str, methods: str) -> str:
    """A class that is given, around methods at column 4."""
    needs = placeholder(exercise.id, f"what a {owner} is, and which attributes it has")
    given = "    def __init__(self, x):\n        self.x = x\n"
    return f'class {owner}:\n    """{needs}"""\n\n{given}\n{methods}'


def public_head(unit: Unit) -> str:
    """The beginning of the public tests of a unit."""
    return (
        f'"""Public tests of unit {int(unit.id[1:])}: read them, run them with `pytest {unit.folder}`. '
        'Hidden tests decide about points."""\n'
    )


def public_test(exercise: Exercise) -> str:
    """One public test."""
    call = _call(exercise.symbols[0])
    sentence = placeholder(exercise.id, "the sentence that the student reads when this public test fails")
    return (
        f'@exercise("{exercise.id}")\n'
        f"def test_{exercise.name}_in_the_lesson(student):\n"
        f'    """{sentence}"""\n'
        f"    # {placeholder(exercise.id, 'the numbers of the lesson, with what is expected as a literal')}\n"
        f"    x = 3.0\n"
        f'    assert_close(student.{call}, 6.0, of="the result", called="{call}")\n'
    )


def hidden_tests(unit: Unit, exercise: Exercise) -> str:
    """The whole file of its hidden tests."""
    call = _call(exercise.symbols[0])
    sentence = placeholder(exercise.id, "the sentence that the student reads when this hidden test fails")
    drawn = placeholder(exercise.id, "drawn cases on which mistakes show, compared with the reference")
    corner = placeholder(exercise.id, "a second hidden test: a corner, or what must not change")
    return (
        f'"""Hidden tests of unit {int(unit.id[1:])}: {exercise.name}."""\n\n'
        "from grader.testing import assert_close, exercise\n\n\n"
        f'@exercise("{exercise.id}", weight=2)\n'
        f"def test_{exercise.name}_of_drawn_numbers(student, rng, reference):\n"
        f'    """{sentence}"""\n'
        f"    # {drawn}\n"
        f"    x = float(rng.uniform(1, 3))\n"
        f"    expected = reference.{call}\n"
        f'    assert_close(student.{call}, expected, of="the result", called="{call}")\n\n\n'
        f'@exercise("{exercise.id}")\n'
        f"def test_{exercise.name}_at_a_corner(student):\n"
        f'    """{sentence}"""\n'
        f"    # {corner}\n"
        f"    x = 0.0\n"
        f'    assert_close(student.{call}, 0.0, of="the result", called="{call}")\n'
    )


def wrong_head(unit: Unit) -> str:
    """The beginning of the wrong answers of a unit."""
    number = int(unit.id[1:])
    return f'"""Wrong answers of unit {number}. Each must lose points, and no other exercise may suffer."""\n'


def wrong_answer(exercise: Exercise) -> str:
    """One wrong answer."""
    return _answer("wrong", exercise, "a wrong answer: the mistake, and code that makes it", "None")


def right_head(unit: Unit) -> str:
    """The beginning of the right answers of a unit."""
    number = int(unit.id[1:])
    return f'"""Right answers of unit {number} in other styles. Each must earn everything."""\n'


def right_answer(exercise: Exercise) -> str:
    """One right answer."""
    return _answer("right", exercise, "a right answer: another style, and code in it", "+x")


def _answer(kind: str, exercise: Exercise, what: str, value: str) -> str:
    owner, _, name = exercise.symbols[0].rpartition(".")
    return (
        f'@{kind}("{exercise.id}")\n'
        f"def {name}({'self, ' if owner else ''}x):\n"
        f'    """{placeholder(exercise.id, what)}"""\n'
        f"    return {value}\n"
    )


def hints_head(unit: Unit) -> str:
    """The beginning of the hints of a unit."""
    return f"# Hints of unit {int(unit.id[1:])}\n"


def hints(exercise: Exercise) -> str:
    """Its three hints."""
    steps = ("a nudge", "a direction", "almost the answer")
    lines = [f"{n}. {placeholder(exercise.id, f'hint {n}, {step}')}" for n, step in enumerate(steps, 1)]
    return "\n".join([f"## {exercise.id}", "", *lines, ""])


def lesson_head(unit: Unit) -> str:
    """The beginning of a lesson, with the table of exercises still empty."""
    return (
        f"# Unit {int(unit.id[1:])}: {unit.title}\n\n"
        "| exercise | you write | minutes | difficulty |\n|---|---|--:|--:|\n"
    )


def lesson_row(exercise: Exercise) -> str:
    """Its line in the table of exercises."""
    what = placeholder(exercise.id, "what the student writes, for the table of the lesson")
    return f"| `{exercise.name}` | {what} | {exercise.minutes} | {exercise.difficulty} |\n"


def lesson_part(exercise: Exercise) -> str:
    """Its paragraph."""
    what = "its part of the lesson: the mathematics, shapes first, and a worked example"
    return f"## `{exercise.name}`\n\n{placeholder(exercise.id, what)}\n"


def entry(exercise: Exercise, title: str) -> list[str]:
    """Its lines in course.yml, at column 0. title: as YAML"""
    return [
        f"- id: {exercise.id}",
        f"  title: {title}",
        f"  symbols: [{', '.join(exercise.symbols)}]",
        f"  points: {exercise.points:g}",
        *_listed("needs", exercise.needs),
        f"  difficulty: {exercise.difficulty}",
        f"  minutes: {exercise.minutes}",
    ]


def unit_entry(unit: Unit, title: str) -> list[str]:
    """The lines of a unit that is announced in course.yml, at column 0. title: as YAML"""
    flavour = [f"  flavour: {unit.flavour}"] if unit.flavour != "numpy" else []
    return [f"- id: {unit.id}", f"  title: {title}", f"  folder: {unit.folder}", *flavour]


def _listed(name: str, ids: Sequence[str]) -> list[str]:
    return [f"  {name}: [{', '.join(ids)}]"] if ids else []


def _call(symbol: str) -> str:
    owner, _, name = symbol.rpartition(".")
    return f"{owner}(x).{name}(x)" if owner else f"{name}(x)"
