"""Which exercises a breach costs: those whose own code runs through it, and no others."""

import textwrap

import pytest

from grader.course.model import FlavourRules


@pytest.fixture
def courses(catalogue_of, exercise):
    """courses(**fields of the unit) -> the course of these tests."""

    def make(**more):
        return catalogue_of(
            [
                exercise("u08.one", "one"),
                exercise("u08.two", "two", "two_more"),
                exercise("u08.add", "Box.add"),
                exercise("u08.take", "Box.take", needs=["u08.one"]),
                exercise("u08.free", "free", rules={"forbid": ["logsumexp"], "complex_numbers": True}),
            ],
            **more,
        )

    return make


FILE = """
    import torch

    TABLE = [1, 2, 3]

    def helper(x): return x

    def one(x): return helper(x)

    def two(x): return x

    def two_more(x): return x

    class Box:
        limit = 3

        def __init__(self, x): self.x = x

        def add(self, y): return self.x + y

        def take(self, y): return self.x - y

        def show(self): return self.x

    def free(x): return x
"""
ALL = {"u08.one", "u08.two", "u08.add", "u08.take", "u08.free"}
BOX = {"u08.add", "u08.take"}


@pytest.mark.parametrize(
    ("old", "new", "costs"),
    [
        ("def one(x): return helper(x)", "def one(x): return x.softmax(-1)", {"u08.one"}),
        ("def two_more(x): return x", "def two_more(x): return x.softmax(-1)", {"u08.two"}),
        ("def helper(x): return x", "def helper(x): return x.softmax(-1)", {"u08.one"}),
        ("TABLE = [1, 2, 3]", "TABLE = torch.softmax(torch.ones(3), -1)", set()),
        ("TABLE = [1, 2, 3]", "TABLE, [*MORE] = torch.softmax(torch.ones(3), -1), [2]", set()),
        ("TABLE = [1, 2, 3]", "TABLE = {}; TABLE[0] = torch.softmax", ALL),
        ("TABLE = [1, 2, 3]", "torch.sum = torch.softmax", ALL),
        ("TABLE = [1, 2, 3]", "Box.add = torch.softmax", {"u08.add"}),
        ("TABLE = [1, 2, 3]", "Box.show = torch.softmax", ALL),
        ("TABLE = [1, 2, 3]", "torch.softmax(torch.ones(3), -1)", ALL),
        ("TABLE = [1, 2, 3]", "if torch.compile: pass", ALL),
        ("TABLE = [1, 2, 3]", "for i in torch.compile: pass", ALL),
        ("TABLE = [1, 2, 3]", "import numpy", set()),
        ("TABLE = [1, 2, 3]", "from numpy import *", ALL),
        ("import torch", "import torch\n    import torch.autograd", set()),
        ("limit = 3", "limit = torch.softmax", BOX),
        ("return self.x + y", "return self.x.softmax(-1)", {"u08.add"}),
        ("def show(self): return self.x", "def show(self): return self.x.softmax(-1)", BOX),
        ("class Box:", "class Box(torch.nn.Module):", BOX),
        ("class Box:", "@torch.compile\n    class Box:", BOX),
        ("def free(x): return x", "def free(x): return x.logsumexp(-1)", {"u08.free"}),
        ("def free(x): return x", "def free(x):\n        from math import logsumexp", {"u08.free"}),
        ("def free(x): return x", "def free(x, logsumexp=None): return x", {"u08.free"}),
        ("def free(x): return x", "def free(x): return x * 1j", set()),
        ("def two(x): return x", "def two(x): return x * 1j", {"u08.two"}),
        ("def two(x): return x", "def two(x): return one(x)", set()),
        ("def two(x): return x", "def two(x): return Box(x).show()", set()),
    ],
)
def test_a_breach_costs(courses, broken_in, old, new, costs):
    assert old in FILE
    source = textwrap.dedent(FILE.replace(old, new))
    assert broken_in(courses(), source).keys() == costs


def test_through_another_exercise_it_costs_who_does_not_need_that_one(courses, broken_in):
    """Else one exercise could be given up to solve all others."""
    source = FILE.replace("return helper(x)", "return x.softmax(-1)")
    source = source.replace("def two(x): return x", "def two(x): return one(x)")
    source = source.replace("return self.x - y", "return one(self.x)")
    found = broken_in(courses(), source)
    assert found.keys() == {"u08.one", "u08.two"}
    assert found["u08.two"].what.endswith("; u08.two goes through it")


SOFT = "import torch\ndef soft(x): return {}\ndef plain(x): return {}\n"
USES = "from u01_plain.plain import plain, soft\ndef needs(x): return soft(x)\ndef other(x): return soft(x)\n"
HOW = "torch.softmax(x, -1)"


@pytest.mark.parametrize(
    ("earlier", "costs"),
    [
        (SOFT.format("x", "x"), set()),
        (SOFT.format(HOW, "x"), {"u08.other"}),
        (SOFT.format("x", HOW), {"u08.needs", "u08.other"}),
        (SOFT.format(HOW, "x") + "soft(torch.ones(3))\n", {"u08.needs", "u08.other"}),
        (SOFT.format("help(x)", "x") + f"def help(x): return {HOW}\n", {"u08.needs", "u08.other"}),
    ],
    ids=["none", "in what it needs", "beside that", "run at import", "in its helper"],
)
def test_a_breach_in_another_unit_does_not_cost_who_needs_that_exercise(
    catalogue_of, exercise, broken_in, earlier, costs
):
    """It is paid for there. The reference can stand in for it, as for what is wrong otherwise."""
    course = catalogue_of(
        [exercise("u08.needs", "needs", needs=["u01.soft"]), exercise("u08.other", "other")],
        numpy=[exercise("u01.soft", "soft"), exercise("u01.plain", "plain")],
    )
    assert broken_in(course, USES, u01=earlier).keys() == costs


def test_the_first_line_is_told_and_the_others_are_counted(courses, broken_in):
    breaches = "\n".join(f"        x = x.softmax({i})" for i in range(8))
    finding = broken_in(courses(), FILE.replace("def two(x): return x", f"def two(x):\n{breaches}"))[
        "u08.two"
    ]
    assert finding.where == "u08_soft/soft.py:11"
    assert finding.source == "x = x.softmax(0)"
    assert finding.help.endswith("Rules are broken in lines 12, 13, 14, 15, 16, ... too.")


def test_names_near_it_on_the_list_are_told(courses, broken_in):
    finding = broken_in(courses(), FILE.replace("def two(x): return x", "def two(x): return x.logg()"))[
        "u08.two"
    ]
    assert finding.what == "line 10 uses `x.logg`: after a dot only names from the unit's list may stand"
    assert finding.help.startswith("Near it on the list: log")
    assert ".kata/catalogue.json" in finding.help


def test_a_name_of_torch_is_not_made_free_by_defining_it(courses, broken_in):
    source = FILE.replace("def show(self)", "def softmax(self)").replace(
        "def two(x): return x", "def two(x): return x.softmax()"
    )
    assert "`softmax` is also a name of torch" in broken_in(courses(), source)["u08.two"].help


def test_a_unit_and_an_exercise_add_to_the_list(courses, broken_in, catalogue_of, exercise):
    source = FILE.replace("def two(x): return x", "def two(x): return x.softmax(-1)")
    assert broken_in(courses(), source)
    assert not broken_in(courses(rules={"attributes": ["softmax"]}), source)
    own = catalogue_of(
        [exercise("u08.two", "two", rules={"attributes": ["softmax"]}), exercise("u08.one", "one")]
    )
    assert not broken_in(own, source)


def test_a_course_without_rules_has_none(catalogue_of, broken_in, exercise):
    source = FILE.replace("def two(x): return x", "def two(x): return eval('x')")
    assert not broken_in(catalogue_of([exercise("u08.two", "two")], course_rules=FlavourRules()), source)


def test_every_file_gives_the_same_words_twice(courses, broken_in):
    source = FILE.replace("def helper(x): return x", "def helper(x): return x.softmax(x.b(vars(x)))")
    assert broken_in(courses(), source) == broken_in(courses(), source)
