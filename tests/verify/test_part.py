"""A proof of one exercise runs no more than that exercise needs."""

from grader.examine.outcome import Verdict
from grader.examine.seed import Seed
from grader.verify.run import prove

DEMO = Seed("demo", demo=True)
UNIT = """\
  - id: u08
    title: Another one
    folder: u08_other
    exercises:
      - {id: u08.nothing, title: Nothing, symbols: [nothing], points: 1, minutes: 5}
"""


def test_answers_that_do_nothing_are_examined_where_they_are_asked_about(tiny, pool):
    assert prove(tiny.catalogue, tiny.file, ["u01.fourth"], DEMO).broken == ()
    for kind in ("stub", "touched", "none", "error"):
        assert pool.asked[f"{kind} u01", False] == {"u01.fourth"}
        assert pool.before[f"{kind} u01", "u01"] == {"u01.double": Verdict.WRONG}  # so it is followed through
    assert pool.asked["solution u01", False] == frozenset()  # wrong answers are held against all of it
    assert pool.asked["solution u01", True] == {"u01.fourth"}


def test_of_a_whole_unit_all_is_examined(tiny, pool):
    prove(tiny.catalogue, tiny.file, ["u01"], DEMO)
    assert pool.asked["none u01", False] == frozenset()
    assert pool.before["none u01", "u01"] == {}


def test_the_tests_of_other_units_are_not_even_read(tiny):
    tiny.put("course.yml", tiny.file.read_text("utf-8") + UNIT)
    tiny.put("solutions/u08_other/test_hidden_other.py", "import nope\n")
    tiny.put(
        "solutions/u08_other/other.py", "def nothing():\n    # BEGIN SOLUTION\n    pass\n    # END SOLUTION\n"
    )
    tiny.put("solutions/u08_other/hints.md", "## u08.nothing\n1. a\n2. b\n3. c\n")
    tiny.publish()
    assert prove(tiny.catalogue, tiny.file, ["u01.double"], DEMO).broken == ()


def test_what_hidden_tests_share_may_lie_in_another_unit(tiny):
    """As unit 10 takes its models from unit 9: the tests there are not read, the file beside them is."""
    shared = "checks_other.py"
    tiny.put("course.yml", tiny.file.read_text("utf-8") + UNIT)
    tiny.put(f"solutions/u08_other/{shared}", "FIVE = 5\n")
    tiny.put("solutions/u08_other/test_hidden_other.py", "import nope\n")
    tiny.put(
        "solutions/u08_other/other.py", "def nothing():\n    # BEGIN SOLUTION\n    pass\n    # END SOLUTION\n"
    )
    tiny.put("solutions/u08_other/hints.md", "## u08.nothing\n1. a\n2. b\n3. c\n")
    (hidden,) = tiny.catalogue.hidden_tests(tiny.catalogue.unit("u01"))
    hidden.write_text("from checks_other import FIVE\n\nassert FIVE == 5\n" + hidden.read_text("utf-8"))
    tiny.publish()
    assert prove(tiny.catalogue, tiny.file, ["u01.double"], DEMO).broken == ()
