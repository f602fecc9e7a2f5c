from datetime import UTC, datetime, timedelta, timezone

import pytest

from grader.course.model import LatePolicy
from grader.scoring.late import lateness

DUE = datetime(2026, 9, 15, 23, 59, tzinfo=UTC)
GRACE = timedelta(minutes=15)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
POLICY = LatePolicy(per_day=0.1, grace_minutes=15, max_days=5)


@pytest.mark.parametrize(
    ("after_due", "penalty", "days"),
    [
        (-DAY, 0.0, 0),
        (timedelta(0), 0.0, 0),
        (SECOND, 0.0, 0),
        (GRACE, 0.0, 0),
        (GRACE + SECOND, 0.1, 1),
        (GRACE + DAY, 0.1, 1),
        (GRACE + DAY + SECOND, 0.2, 2),
        (GRACE + 3 * DAY, 0.3, 3),
        (GRACE + 5 * DAY, 0.5, 5),
        (GRACE + 5 * DAY + SECOND, 1.0, 6),
        (400 * DAY, 1.0, 400),
    ],
)
def test_each_day_begun_after_the_grace_period_takes_its_part(after_due, penalty, days):
    late = lateness(POLICY, DUE, DUE + after_due)
    assert (late.penalty, late.days) == (penalty, days)


def test_the_sentence_says_what_was_taken():
    def say(policy: LatePolicy, after: timedelta) -> str:
        return lateness(policy, DUE, DUE + after).sentence

    assert say(POLICY, -SECOND) == "on time"
    assert say(POLICY, GRACE) == "late, but within the grace period: nothing taken"
    assert say(POLICY, DAY) == "1 day late: 10 % taken"
    assert say(POLICY, 2 * DAY) == "2 days late: 20 % taken"
    assert say(LatePolicy(per_day=0.125), DAY) == "1 day late: 12.5 % taken"
    assert say(POLICY, 9 * DAY) == "9 days late: nothing counts after 5 days"
    assert say(LatePolicy(max_days=1), 2 * DAY) == "2 days late: nothing counts after 1 day"
    assert say(LatePolicy(max_days=0), SECOND) == "1 day late: nothing counts after the due date"


def test_without_a_due_date_or_a_timestamp_nothing_is_taken():
    assert lateness(POLICY, None, DUE + 99 * DAY).penalty == 0
    assert lateness(POLICY, None, DUE).sentence == "no due date"
    missing = lateness(POLICY, DUE, None)
    assert missing.penalty == 0
    assert missing.sentence == "no timestamp: taken as on time"


def test_more_than_everything_is_never_taken():
    assert lateness(LatePolicy(per_day=0.4, max_days=9), DUE, DUE + 7 * DAY).penalty == 1.0


def test_zones_are_compared_by_the_moment_and_a_missing_zone_is_utc():
    east = timezone(timedelta(hours=9))
    assert lateness(POLICY, DUE, (DUE + GRACE).astimezone(east)).penalty == 0
    assert lateness(POLICY, DUE.replace(tzinfo=None), DUE + GRACE + SECOND).penalty == 0.1
