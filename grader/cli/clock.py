"""The one place where the time of day is asked: for feedback that depends on a date in course.yml."""

from datetime import UTC, datetime

from grader.errors import UsageError

EXAMPLE = "2026-09-16T12:00:00+02:00"


def moment(given: str | None) -> datetime:
    """The time that was given, UTC where it has no zone, or now. Raises UsageError for what is no time."""
    if given is None:
        return datetime.now(UTC)
    try:
        time = datetime.fromisoformat(given)
    except ValueError:
        raise UsageError(f"--as-of {given}: no date and time", f"Write it like this: {EXAMPLE}.") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
