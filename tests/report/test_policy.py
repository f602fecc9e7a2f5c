"""The feedback policy: what hidden tests tell, and when; in text and on the page alike."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from grader.course.catalogue import Catalogue
from grader.course.model import FeedbackPolicy
from grader.examine.outcome import Verdict
from grader.gradcheck.message import Finding
from grader.gradebook.record import TestRecord
from grader.report.files import report_files
from grader.report.telling import asks_the_time

FINDING = Finding("HIDDEN_WHAT", called="HIDDEN_CALLED", yours="HIDDEN_YOURS", expected="HIDDEN_EXPECTED")
OTHER = Finding("x", called="OTHER_CALLED", yours="OTHER_YOURS", expected="OTHER_EXPECTED")
VALUES = ("HIDDEN_CALLED", "HIDDEN_YOURS", "HIDDEN_EXPECTED", "OTHER_CALLED", "OTHER_EXPECTED")
HOUR = timedelta(hours=1)
SCORE = "of 1 points"


def hidden(title, finding):
    """A hidden test that fails."""
    fields = {"name": "test_hidden_name", "public": False, "share": 1.0, "verdict": Verdict.WRONG}
    return TestRecord(title=title, finding=finding, **fields)


TESTS = (hidden("The mean is taken", FINDING), hidden("The least is found", OTHER))


@pytest.fixture
def told(crowd):
    """told(policy..., now): the text and the page of one student, and the class page."""

    def run(now=None, extension=0.0, due=crowd.DUE, **policy):
        whole = crowd.course((1,))
        units = tuple(replace(unit, due=due) for unit in whole.units)
        course = replace(whole.course, id="c", title="T", version="1", units=units)
        catalogue = Catalogue(replace(course, feedback=FeedbackPolicy(**policy)), whole.root)
        exercise = catalogue.exercises[0]
        records = [crowd.record(id, exercise, Verdict.WRONG, finding=FINDING, tests=TESTS) for id in "ab"]
        late = crowd.Person("b", extension_hours=extension)
        students = [
            crowd.student(catalogue, "a", (records[0],)),
            crowd.student(catalogue, "b", (records[1],), person=late),
        ]
        files = report_files(crowd.graded(catalogue, students), now)
        return files["feedback/a.txt"], files["feedback/a.html"], files["report.html"]

    return run


def shown(texts):
    """Which values every one of the texts shows; they agree."""
    found = [[value for value in VALUES if value in text] for text in texts]
    assert found[0] == found[1] == found[2]
    return found[0]


def test_by_default_no_value_of_a_hidden_test_is_told_at_any_time(told, crowd):
    assert shown(told()) == []
    assert told() == told(crowd.DUE + 1000 * HOUR)


def test_in_full_values_are_told_and_names_never(told):
    texts = told(detail="full")
    assert shown(texts) == list(VALUES)
    assert "  called    HIDDEN_CALLED\n        yours     HIDDEN_YOURS" in texts[0]
    assert "✘ hidden test: The least is found\n        called    OTHER_CALLED\n" in texts[0]
    assert not [text for text in texts if "test_hidden_name" in text]


def test_once_the_due_date_is_past_the_detail_is_that_of_after_due(told, crowd):
    policy = {"after_due": "full"}
    assert shown(told(crowd.DUE, **policy)) == []
    assert shown(told(crowd.DUE + HOUR, **policy)) == list(VALUES)
    assert shown(told(None, **policy)) == []  # without a time it is before every date
    assert shown(told(crowd.DUE + HOUR, due=None, **policy)) == []
    assert shown(told(crowd.DUE + HOUR, detail="full", after_due="concept")) == []


def test_who_has_an_extension_is_not_shown_the_answers_by_others(told, crowd):
    policy = {"after_due": "full", "extension": 48}
    assert shown(told(crowd.DUE + 47 * HOUR, **policy)) == []
    assert shown(told(crowd.DUE + 49 * HOUR, **policy)) == list(VALUES)


def test_before_it_is_published_students_are_told_that_there_is_none(told, crowd):
    opens = crowd.DUE + 24 * HOUR
    text, page, report = told(crowd.DUE, published=opens)
    none_yet = "There is no feedback yet: it is published from 2026-09-16 21:59:00 UTC on."
    assert text == f"T (1)\nfeedback for a\n\n{none_yet}\n"
    assert none_yet in page
    for secret in ("The mean", SCORE, "wrong", "median", "0 %"):
        assert secret not in page.partition("<body>")[2]
    assert "The mean" in report  # the instructor's own page has it all
    assert "Feedback is published from 2026-09-16 21:59:00 UTC on" in report
    assert "The mean" in told(opens, published=opens)[0]
    assert "The mean" not in told(None, published=opens)[0]


def test_the_time_is_asked_only_where_it_decides():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert not asks_the_time(FeedbackPolicy())
    assert not asks_the_time(FeedbackPolicy(detail="full", after_due="full"))
    assert asks_the_time(FeedbackPolicy(after_due="full"))
    assert asks_the_time(FeedbackPolicy(published=now))
