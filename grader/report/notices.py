"""What must not be overlooked about a whole run: every report says it in the same words."""

from collections.abc import Iterable

from grader.gradebook.grades import GradedClass
from grader.gradebook.plain import count

UNSAFE_RUNGS = frozenset({"", "none", "unsafe"})


def warnings(graded: GradedClass) -> Iterable[str]:
    """The gravest first."""
    if graded.grader_errors:
        what = count(graded.grader_errors, "result")
        yield f"{what} could not be graded (our fault) and left out: run it again, or report it"
    if graded.rung in UNSAFE_RUNGS:
        yield "no sandbox: the students' code ran with your rights and could read and change anything"
    if graded.demo_seed:
        yield "demo seed: everybody can know the hidden cases. `kata seed` makes a secret one"
