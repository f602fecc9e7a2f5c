"""What handing in late costs, and the one sentence that says so."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from grader.course.model import LatePolicy
from grader.scoring.rubric import exact, rounded

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Lateness:
    """penalty: fraction of the points that is taken, 0..1    days: days begun after the grace period"""

    penalty: float
    sentence: str
    days: int = 0


def lateness(policy: LatePolicy, due: datetime | None, submitted_at: datetime | None) -> Lateness:
    """Each day begun after due date plus grace takes `per_day`; after `max_days` nothing counts.

    Both times are aware; one without a zone is read as UTC. Whoever has no timestamp is on time.
    """
    if due is None:
        return Lateness(0.0, "no due date")
    if submitted_at is None:
        return Lateness(0.0, "no timestamp: taken as on time")
    after_due = _aware(submitted_at) - _aware(due)
    if after_due <= timedelta(0):
        return Lateness(0.0, "on time")
    days = -((timedelta(minutes=policy.grace_minutes) - after_due) // _DAY)
    if days <= 0:
        return Lateness(0.0, "late, but within the grace period: nothing taken")
    late = f"{days} day{'s' if days > 1 else ''} late"
    if days > policy.max_days:
        return Lateness(1.0, f"{late}: nothing counts after {_days(policy.max_days)}", days)
    penalty = min(1.0, rounded(exact(policy.per_day) * days))
    return Lateness(penalty, f"{late}: {_percent(penalty)} taken", days)


def _aware(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _percent(fraction: float) -> str:
    return f"{exact(fraction) * 100:.2f}".rstrip("0").rstrip(".") + " %"


def _days(count: int) -> str:
    return {0: "the due date", 1: "1 day"}.get(count, f"{count} days")
