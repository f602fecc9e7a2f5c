"""What students are told at a moment: the feedback policy of course.yml, decided for each unit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from grader.course.model import FeedbackPolicy, Unit
from grader.gradebook.grades import GradedClass, StudentGrade
from grader.scoring.late import aware


@dataclass(frozen=True)
class Telling:
    """in_full: ids of the units whose hidden tests tell their values too

    opens: when feedback is published, where that has not come yet; else None
    """

    in_full: frozenset[str] = frozenset()
    opens: datetime | None = None


def asks_the_time(policy: FeedbackPolicy) -> bool:
    """Whether what is told depends on when it is asked; by default it does not."""
    return policy.published is not None or policy.after_due not in (None, policy.detail)


def telling(graded: GradedClass, now: datetime | None = None) -> Telling:
    """What is told now. now: with its zone; None is before every date of the policy."""
    policy = graded.catalogue.course.feedback
    opens = policy.published
    return Telling(
        in_full=frozenset(unit.id for unit in graded.units if _detail(graded, unit, now) == "full"),
        opens=opens if opens is not None and (now is None or now < aware(opens)) else None,
    )


def _detail(graded: GradedClass, unit: Unit, now: datetime | None) -> str:
    policy, due = graded.catalogue.course.feedback, graded.catalogue.due(unit.id)
    past = now is not None and due is not None and now > aware(due) + _longest_extension(graded.students)
    return policy.after_due if past and policy.after_due is not None else policy.detail


def _longest_extension(students: Iterable[StudentGrade]) -> timedelta:
    """A unit is due when it is due for the last one: nobody's feedback may serve somebody else."""
    hours = (student.person.extension_hours for student in students if student.person is not None)
    return timedelta(hours=max(hours, default=0.0))
