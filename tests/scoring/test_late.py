from datetime import UTC, datetime, timedelta, timezone

import pytest

from grader.course.model import LatePolicy
from grader.scoring.late import lateness, nothing_in_time

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


HOURLY = LatePolicy(per_hour=0.02, grace_minutes=15, max_hours=48)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("after_due", "penalty", "sentence"),
    [
        (GRACE, 0.0, "late, but within the grace period: nothing taken"),
        (GRACE + SECOND, 0.02, "1 hour late: 2 % taken"),
        (GRACE + HOUR, 0.02, "1 hour late: 2 % taken"),
        (GRACE + HOUR + SECOND, 0.04, "2 hours late: 4 % taken"),
        (GRACE + 48 * HOUR, 0.96, "48 hours late: 96 % taken"),
        (GRACE + 48 * HOUR + SECOND, 1.0, "49 hours late: nothing counts after 48 hours"),
    ],
)
def test_each_hour_begun_takes_its_part_where_the_course_counts_hours(after_due, penalty, sentence):
    late = lateness(HOURLY, DUE, DUE + after_due)
    assert (late.penalty, late.sentence) == (penalty, sentence)
    assert late.days == -(-max(after_due - GRACE, timedelta(0)) // DAY)


def test_hours_may_end_after_days_and_days_after_hours():
    late = lateness(LatePolicy(per_hour=0.01, max_days=1), DUE, DUE + 25 * HOUR)
    assert (late.penalty, late.sentence) == (1.0, "25 hours late: nothing counts after 1 day")
    late = lateness(LatePolicy(per_day=0.1, max_hours=36), DUE, DUE + 36 * HOUR)
    assert (late.penalty, late.sentence) == (0.2, "2 days late: 20 % taken")
    assert lateness(LatePolicy(per_day=0.1, max_hours=36), DUE, DUE + 36 * HOUR + SECOND).penalty == 1


def test_the_cap_holds_until_the_cut_off():
    policy = LatePolicy(per_day=0.1, cap=0.25, max_days=5)
    said = [lateness(policy, DUE, DUE + days * DAY) for days in (2, 3, 5, 6)]
    assert [late.penalty for late in said] == [0.2, 0.25, 0.25, 1.0]
    assert said[1].sentence == "3 days late: 25 % taken, the most that lateness takes"
    assert said[0].sentence == "2 days late: 20 % taken"


@pytest.mark.parametrize(
    ("days", "free", "used", "penalty", "sentence"),
    [
        (0, 3, 0, 0.0, "on time"),
        (2, 3, 2, 0.0, "2 days late: 2 free days used, nothing taken"),
        (2, 1, 1, 0.1, "2 days late: 1 free day used, 10 % taken"),
        (2, 0, 0, 0.2, "2 days late: 20 % taken"),
        (6, 6, 0, 1.0, "6 days late: nothing counts after 5 days"),
    ],
)
def test_free_days_are_used_up_before_anything_is_taken(days, free, used, penalty, sentence):
    late = lateness(POLICY, DUE, DUE + days * DAY, free_days=free)
    assert (late.free_days, late.penalty, late.sentence) == (used, penalty, sentence)


def test_a_free_day_is_24_hours_where_hours_count():
    late = lateness(HOURLY, DUE, DUE + GRACE + 30 * HOUR, free_days=1)
    assert (late.free_days, late.penalty) == (1, 0.12)
    assert late.sentence == "30 hours late: 1 free day used, 12 % taken"
    assert lateness(LatePolicy(per_day=0.0), DUE, DUE + DAY, free_days=1).free_days == 0  # nothing to spare


def test_an_extension_moves_the_due_date_and_the_cut_off():
    def say(after):
        return lateness(POLICY, DUE, DUE + after, extension=36 * HOUR)

    assert say(-SECOND).sentence == "on time"
    assert say(DAY).sentence == "on time, with an extension of 36 hours"
    assert (
        say(36 * HOUR + GRACE + SECOND).sentence == "1 day late: 10 % taken (after an extension of 36 hours)"
    )
    assert say(36 * HOUR + GRACE + 5 * DAY).penalty == 0.5
    assert say(DAY).due == DUE + 36 * HOUR
    assert lateness(POLICY, DUE, DUE + DAY, extension=timedelta(minutes=90)).sentence.startswith("1 day late")
    assert lateness(POLICY, DUE, DUE + HOUR, extension=HOUR).sentence.endswith("an extension of 1 hour")


def test_what_never_came_is_not_late():
    assert nothing_in_time(DUE, HOUR).sentence == "not handed in"
    assert nothing_in_time(DUE, HOUR).due == DUE + HOUR
    assert nothing_in_time(None).sentence == "no due date"
