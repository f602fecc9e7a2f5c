import ast

import pytest

from grader.errors import CourseError
from grader.verify.bank import parse, right, wrong

BANK = '''\
"""A bank."""

import math
from grader.verify.bank import right, wrong

HALF = 1 / 2


def _half(x):
    return x * HALF


def _unused(x):
    return math.inf


@wrong("u01.a", diagnosis="a factor 2 is missing")
def half(x):
    """Halves.

    And more.
    """
    return _half(x)


@staticmethod
@right("u01.b")
def two():
    return """
  two
"""


class Box:
    @wrong("u02.c")
    def open(self):
        return self._lid(math.pi)

    def _lid(self, x):
        return x

    @wrong("u02.c", "it stays open")
    def shut(self):
        """Does nothing."""


@right("u02.d")
class Box:
    """All of it."""

    size = 3
'''


@pytest.fixture
def bank(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text):
        path = tmp_path / "wrong_x.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_answers_come_in_order_with_their_marks(bank):
    marks = [(a.exercise, a.kind, a.diagnosis, a.name, a.label) for a in parse(bank(BANK))]
    assert marks == [
        ("u01.a", "wrong", "a factor 2 is missing", "half", "Halves."),
        ("u01.b", "right", "", "two", "two"),
        ("u02.c", "wrong", "", "Box", "Box"),
        ("u02.c", "wrong", "it stays open", "Box", "Does nothing."),
        ("u02.d", "right", "", "Box", "All of it."),
    ]


def test_an_answer_says_where_it_begins(bank):
    assert [answer.where for answer in parse(bank(BANK))][:2] == ["wrong_x.py:17", "wrong_x.py:26"]


def test_the_source_has_no_bank_decorator_and_keeps_its_strings(bank):
    half, two, *_ = parse(bank(BANK))
    assert half.source.startswith('def half(x):\n    """Halves.')
    assert two.source == '@staticmethod\ndef two():\n    return """\n  two\n"""\n'


def test_a_method_comes_in_its_class_with_the_helpers_of_the_class(bank):
    opened = parse(bank(BANK))[2]
    names = [node.name for node in ast.parse(opened.source).body[0].body]
    assert names == ["open", "_lid"]


def test_only_helpers_that_are_reached_travel_along(bank):
    half, two, opened, *_ = parse(bank(BANK))
    assert half.prelude == ("HALF = 1 / 2\n", "def _half(x):\n    return x * HALF\n")
    assert two.prelude == ()
    assert opened.prelude == ("import math\n",)


def test_the_future_travels_along_always(bank):
    text = "from __future__ import annotations\n\n@right('u01.a')\ndef f(x): return x\n"
    assert parse(bank(text))[0].prelude == ("from __future__ import annotations\n",)


def test_the_decorators_do_nothing_but_keep_their_arguments():
    def f():
        return 1

    assert wrong("u01.a", diagnosis="no")(f) is f
    assert f() == 1
    assert f.__kata_answer__ == ("wrong", "u01.a", "no", False)
    assert right("u01.b")(f).__kata_answer__ == ("right", "u01.b", "", False)


PLAINLY = "this answer does not say plainly which exercise it is for"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("x = 1\ndef f(:\n", 2, "cannot be read: invalid syntax"),
        ("for i in range(3):\n    pass\n", 1, "a bank holds imports, constants, helpers and answers only"),
        ("@wrong\ndef f(x): pass\n", 1, PLAINLY),
        ("@wrong()\ndef f(x): pass\n", 1, PLAINLY),
        ("@wrong(NAME)\ndef f(x): pass\n", 1, PLAINLY),
        ("@wrong(3)\ndef f(x): pass\n", 1, PLAINLY),
        ("@wrong('u01.a', 'b', 'c')\ndef f(x): pass\n", 1, PLAINLY),
        ("@wrong('u01.a', reason='b')\ndef f(x): pass\n", 1, PLAINLY),
        ("@right('u01.a', diagnosis='b')\ndef f(x): pass\n", 1, PLAINLY),
        ("@wrong('u01.a')\n@wrong('u01.b')\ndef f(x): pass\n", 1, PLAINLY),
        ("def g(): pass\n\ndef g(): return 1\n", 3, "the helper g is defined twice"),
    ],
)
def test_what_cannot_be_an_answer_is_refused_with_its_line(bank, text, line, what):
    with pytest.raises(CourseError) as caught:
        parse(bank(text))
    assert caught.value.rationale.startswith(f"wrong_x.py:{line}: {what}")
    assert caught.value.help


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "wrong_x.py").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CourseError, match=r"wrong_x\.py:1: cannot be read"):
        parse(tmp_path / "wrong_x.py")


@pytest.mark.parametrize(
    ("mark", "nothing"),
    [
        ('@wrong("u01.a", earns_nothing=True)', True),
        ('@wrong("u01.a", "a sign", earns_nothing=True)', True),
        ('@wrong("u01.a", earns_nothing=False)', False),
        ('@wrong("u01.a")', False),
        ('@right("u01.a")', False),
    ],
)
def test_an_answer_says_whether_it_must_earn_nothing(bank, mark, nothing):
    (answer,) = parse(bank(f"{mark}\ndef half(x):\n    return x\n"))
    assert answer.earns_nothing is nothing


@pytest.mark.parametrize(
    "mark",
    [
        '@wrong("u01.a", earns_nothing="yes")',
        '@wrong("u01.a", earns_nothing=NOTHING)',
        '@wrong("u01.a", "a sign", True)',
        '@right("u01.a", earns_nothing=True)',
    ],
)
def test_what_an_answer_must_earn_is_written_out(bank, mark):
    with pytest.raises(CourseError, match="does not say plainly"):
        parse(bank(f"{mark}\ndef half(x):\n    return x\n"))
