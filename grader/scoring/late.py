"""What handing in late costs, and the one sentence that says so."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from grader.course.model import LatePolicy
from grader.scoring.rubric import exact, rounded

NOT_HANDED_IN = "not handed in"
_DAY, _HOUR, _NONE = timedelta(days=1), timedelta(hours=1), timedelta(0)


@dataclass(frozen=True)
class Lateness:
    """penalty: fraction of the points that is taken, 0..1    days: days begun after the grace period

    due: the student's own date, an extension included    submitted_at: when what counts was handed in
    free_days: how many of the student's free late days it used up
    """

    penalty: float
    sentence: str
    days: int = 0
    due: datetime | None = None
    submitted_at: datetime | None = None
    free_days: int = 0


def lateness(
    policy: LatePolicy,
    due: datetime | None,
    submitted_at: datetime | None,
    *,
    extension: timedelta = _NONE,
    free_days: int = 0,
) -> Lateness:
    """Each hour or day begun after due date plus grace takes its part; after the cut-off nothing counts.

    extension: by which the due date is later    free_days: the student's late days that are still there
    Both times are aware; one without a zone is read as UTC. Whoever has no timestamp is on time.
    """
    if due is None:
        return Lateness(0.0, "no due date", submitted_at=submitted_at)
    own = aware(due) + extension
    if submitted_at is None:
        return Lateness(0.0, "no timestamp: taken as on time", due=own)
    found = _after(policy, aware(submitted_at) - own, free_days)
    if extension and found.days:
        found = replace(found, sentence=f"{found.sentence} (after an extension of {_hours(extension)})")
    elif extension and aware(submitted_at) > aware(due):
        found = replace(found, sentence=f"{found.sentence}, with an extension of {_hours(extension)}")
    return replace(found, due=own, submitted_at=submitted_at)


def nothing_in_time(due: datetime | None, extension: timedelta = _NONE) -> Lateness:
    """Of a unit whose file did not come: nothing is late."""
    if due is None:
        return Lateness(0.0, "no due date")
    return Lateness(0.0, NOT_HANDED_IN, due=aware(due) + extension)


def _after(policy: LatePolicy, after_due: timedelta, free_days: int) -> Lateness:
    """So long after the due date."""
    if after_due <= _NONE:
        return Lateness(0.0, "on time")
    over = after_due - timedelta(minutes=policy.grace_minutes)
    days = _begun(over, _DAY)
    if days <= 0:
        return Lateness(0.0, "late, but within the grace period: nothing taken")
    step, rate = (_DAY, policy.per_day) if policy.per_hour is None else (_HOUR, policy.per_hour)
    late = f"{_counted(_begun(over, step), 'day' if step is _DAY else 'hour')} late"
    if over > _cut_off(policy):
        return Lateness(1.0, f"{late}: nothing counts after {_last(policy)}", days)
    used = min(free_days, days) if rate else 0
    asked = exact(rate) * max(0, _begun(over - used * _DAY, step))
    most = exact(policy.cap)
    penalty = rounded(min(Decimal(1), most, asked))
    taken = f"{_percent(penalty)} taken" if penalty else "nothing taken"
    taken += ", the most that lateness takes" if asked > most else ""
    free = f"{_counted(used, 'free day')} used, " if used else ""
    return Lateness(penalty, f"{late}: {free}{taken}", days, free_days=used)


def _begun(time: timedelta, step: timedelta) -> int:
    """How many steps have begun: after the first second of one it has."""
    return -(-time // step)


def _cut_off(policy: LatePolicy) -> timedelta:
    return policy.max_days * _DAY if policy.max_hours is None else policy.max_hours * _HOUR


def _last(policy: LatePolicy) -> str:
    if not _cut_off(policy):
        return "the due date"
    return (
        _counted(policy.max_days, "day") if policy.max_hours is None else _counted(policy.max_hours, "hour")
    )


def aware(time: datetime) -> datetime:
    """With its zone; one without is UTC."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _percent(fraction: float) -> str:
    return f"{exact(fraction) * 100:.2f}".rstrip("0").rstrip(".") + " %"


def _hours(time: timedelta) -> str:
    hours = f"{exact(time / _HOUR):.2f}".rstrip("0").rstrip(".")
    return f"{hours} hour" if hours == "1" else f"{hours} hours"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
