"""Rules in the student's own run: the verdict of grading, before anything runs."""

import json

import pytest

RULES = {
    "imports": ["math"],
    "attributes": ["sqrt", "append", "items"],
}


@pytest.fixture
def strict(solved):
    """The solved small course, whose first unit is held to a list of names."""
    file = solved.root / ".kata" / "catalogue.json"
    catalogue = json.loads(file.read_text())
    catalogue["units"][0]["rules"] = RULES
    catalogue["units"][0]["exercises"][4]["rules"] = {"forbid": ["sorted"]}
    file.write_text(json.dumps(catalogue))
    return solved


def test_a_solved_course_breaks_no_rule(strict):
    assert strict.run().code == 0


def test_a_breach_is_shown_with_its_line_and_what_to_do(strict):
    strict.replace("return FACTOR * x", "import math; return FACTOR * math.sqr(x)")
    result = strict.run()
    assert result.code == 1
    assert result.line("R u01.double", "rule broken", "u01_first/first.py:7")
    assert "line 7 uses `math.sqr`: after a dot only names from the unit's list may" in result.out
    assert result.line("code", "import math; return FACTOR * math.sqr(x)")
    assert result.line("help", "Near it on the list: sqrt")
    assert "1 rule broken" in result.out
    assert "fail; pytest -v" not in result.out
    assert "R double" in result.out


def test_nothing_of_it_is_run(strict):
    strict.replace("def tail(x):\n    return x", "def tail(x):\n    print('x', file=open('ran', 'w'))")
    assert "uses `open`" in strict.run().out
    assert not (strict.root / "ran").exists()


def test_other_exercises_run_all_the_same(strict):
    strict.replace("    return n\n", "    return getattr(n, 'real')\n")
    result = strict.run("-v")
    assert result.line("R u01.spin", "rule broken", "first.py:15")
    strict.replace("def tail(x):\n    return x", "def tail(x):\n    return vars()")
    assert "R u01.tail   rule broken: line 27 uses `vars`" in strict.run().out
    assert "5/6 exercises" in result.out


def test_what_needs_it_is_not_checked_although_it_passes(strict):
    strict.replace("return FACTOR * x", "return (lambda: FACTOR).__call__() * x if x else vars()")
    result = strict.run()
    assert result.line("R u01.double", "rule broken")
    assert result.line("u01.quadruple", "not checked (needs u01.double)")


def test_code_that_runs_at_import_stops_all_once(strict):
    strict.replace("FACTOR = 2", "FACTOR = 2\nprint(dir())")
    result = strict.run()
    assert result.line("R u01.double", "rule broken", "first.py:4")
    assert result.line("also", "stops quadruple, spin, box, tail")
    assert "1/6 exercises · 5 rule broken" in result.out


def test_a_forbidden_name_stops_its_exercise_only(strict):
    strict.replace("def tail(x):\n    return x", "def tail(x):\n    return sorted([x])[0]")
    strict.replace("    return n\n", "    return sorted([n])[0]\n")
    result = strict.run()
    assert result.line("R u01.tail", "first.py:27")
    assert "`sorted`: this exercise is to be solved without it" in result.out
    assert "5/6 exercises" in result.out


def test_an_untouched_exercise_is_to_do_whatever_stands_beside_it(strict, course):
    file = course.root / ".kata" / "catalogue.json"
    file.write_text((strict.root / ".kata" / "catalogue.json").read_text())
    course.first.write_text(course.first.read_text() + "\nprint(dir())\n")
    assert "0/6 exercises · 6 to do" in course.run().out


def test_a_syntax_error_is_said_as_before(strict):
    strict.replace("return FACTOR * x", "return getattr(")
    assert "cannot be read" in strict.run().out


@pytest.mark.parametrize("selected", ["u01_first", "-k double"])
def test_a_part_of_the_course(strict, selected):
    strict.replace("return FACTOR * x", "return vars()['x']")
    assert strict.run(*selected.split()).line("R u01.double", "rule broken")


def test_reports_for_machines_say_it_too(strict):
    strict.replace("return FACTOR * x", "return vars()['x']")
    strict.run("--junitxml", str(strict.root / "out.xml"))
    assert "rule broken: line 7 uses `vars`" in (strict.root / "out.xml").read_text().replace("&#96;", "`")


@pytest.mark.parametrize("allowed", [False, True])
def test_torch_records_only_where_autograd_is_allowed(strict, allowed):
    torch = pytest.importorskip("torch")
    file = strict.root / ".kata" / "catalogue.json"
    catalogue = json.loads(file.read_text())
    names = ["append", "tensor", "float64", "backward", "grad", "item"]
    catalogue["units"][0]["rules"] = {"imports": ["torch"], "attributes": names, "autograd": allowed}
    file.write_text(json.dumps(catalogue))
    strict.replace("FACTOR = 2", "import torch\nFACTOR = 2")
    leaf = "t = torch.tensor(x + 0.0, dtype=torch.float64, requires_grad=True)"
    strict.replace("return FACTOR * x", f"{leaf}; (t * t).backward(); return t.grad.item()")
    result = strict.run("-k", "double and not quadruple")
    assert result.code == (0 if allowed else 1)
    assert ("does not require grad" in result.out) is not allowed
    assert torch.is_grad_enabled()
