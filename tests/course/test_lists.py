"""Rules in course.yml: every mistake with its line, and what a unit and an exercise add."""

import pytest

from grader.course.catalogue import Catalogue
from grader.course.load import load_course
from grader.errors import CourseError
from grader.release.publish import RELEASED, generated_files

COURSE = """\
id: mini
title: A small course
version: "1"
rules:
  numpy: {imports: [math, numpy.linalg], tripwires: [numpy.gradient]}
  torch:
    attributes: [exp, sum]
units:
  - id: u01
    title: Slopes
    folder: u01_slopes
    rules: {imports: [json], autograd: true}
    exercises:
      - id: u01.slope
        title: Rise over run
        symbols: [slope]
        points: 1
        rules: {forbid: [gradient], complex_numbers: true}
      - id: u01.run
        title: Run
        symbols: [run]
        points: 1
"""


SOLUTION = """\
def slope():
    # BEGIN SOLUTION
    return 1
    # END SOLUTION


def run():
    # BEGIN SOLUTION
    return 1
    # END SOLUTION
"""


def loaded(tmp_path, *change):
    text = COURSE.replace(*change) if change else COURSE
    assert text != COURSE or not change
    (tmp_path / "course.yml").write_text(text)
    return load_course(tmp_path)


def test_lists_add_up_and_the_later_word_counts(tmp_path):
    catalogue = loaded(tmp_path)
    rules = catalogue.rules("u01.slope")
    assert rules.imports == ("math", "numpy.linalg", "json")
    assert rules.attributes is None
    assert rules.forbid == ("gradient",)
    assert rules.tripwires == ("numpy.gradient",)
    assert (rules.complex_numbers, rules.autograd) == (True, True)
    assert catalogue.rules("u01.run") == catalogue.unit_rules(catalogue.unit("u01"))
    assert catalogue.rules("u01.run").complex_numbers is None


def test_no_rules_are_none(tmp_path):
    head, _, tail = COURSE.partition("rules:")
    (tmp_path / "course.yml").write_text(head + tail[tail.index("units:") :].replace("    rules:", "    #"))
    catalogue = load_course(tmp_path)
    assert catalogue.rules("u01.run") is None
    assert catalogue.rules("u01.slope") is None


def test_students_get_them(tmp_path):
    catalogue = loaded(tmp_path)
    exercises = tmp_path / "exercises"
    for name in ("slopes.py", "hints.md"):
        path = tmp_path / "solutions" / "u01_slopes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SOLUTION if name == "slopes.py" else _hints())
    text = generated_files(catalogue)[exercises / RELEASED]
    (exercises / RELEASED).parent.mkdir(parents=True)
    (exercises / RELEASED).write_text(text)
    assert Catalogue.released(exercises).rules("u01.slope") == catalogue.rules("u01.slope")


def _hints():
    return "".join(f"## u01.{name}\n1. a\n2. b\n3. c\n" for name in ("slope", "run"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("imports: [json]", "imports: [a-b]"),
            "course.yml:12: units[0].rules.imports[0] (u01): a-b is no module",
        ),
        (("imports: [json]", "imports: json"), "is the text 'json', not a list of names"),
        (("imports: [json]", "import: [json]"), "units[0].rules.import (u01): is not a known field"),
        (("[exp, sum]", "[exp, torch.sum]"), "course.yml:7: rules.torch.attributes[1]: torch.sum is no name"),
        (("[exp, sum]", "[exp, __dict__]"), "__dict__ cannot be allowed"),
        (("[exp, sum]", "[exp, class]"), "class is no name"),
        (("[numpy.gradient]", "[gradient]"), "gradient is no function of torch or numpy"),
        (("[gradient]", "[np.gradient]"), "np.gradient is no name"),
        (("complex_numbers: true", "complex_numbers: 3"), "not true or false"),
        (("forbid:", "tripwires: [torch.sum], forbid:"), "tripwires (u01.slope): holds for a whole unit"),
        (("forbid:", "autograd: true, forbid:"), "autograd (u01.slope): holds for a whole unit"),
        (("  torch:\n", "  jax:\n"), "rules.jax: is not a known field"),
        (("  torch:\n    attributes: [exp, sum]", "  torch: 3"), "rules.torch: is the number 3"),
    ],
)
def test_mistakes_have_their_line(tmp_path, change, said):
    with pytest.raises(CourseError) as error:
        loaded(tmp_path, *change)
    assert said in str(error.value)
