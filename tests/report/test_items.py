"""Item analysis: figures that can be checked by hand."""

import csv
import io
import math

import pytest
from msgspec.structs import replace

from grader.examine.outcome import Verdict
from grader.gradcheck.message import Finding
from grader.gradebook.record import TestRecord
from grader.report.items import FEWEST, HEADER, analyse, items_csv
from grader.report.summary import summarize

RIGHT, WRONG = Verdict.RIGHT, Verdict.WRONG


@pytest.fixture
def items(crowd):
    """items(rows, ...): the items of a class whose students have these verdicts."""

    def run(rows, penalty=0.0, causes=(), **more):
        catalogue = crowd.course((len(rows[0]),))
        students = []
        for number, verdicts in enumerate(rows):
            id = f"s{number:02}"
            records = tuple(
                crowd.record(id, exercise, verdict, penalty=penalty, tests=(test(verdict),))
                for exercise, verdict in zip(catalogue.exercises, verdicts, strict=True)
            )
            if causes:
                finding = Finding("x", diagnosis=causes[number])
                records = tuple(replace(record, finding=finding) for record in records)
            students.append(crowd.student(catalogue, id, records, **(more.get(id) or {})))
        class_ = crowd.graded(catalogue, students)
        return analyse(class_, summarize(class_).rows)

    return run


def test(verdict):
    return TestRecord(name="t", title="A sentence", public=False, share=1.0, verdict=verdict, finding=None)


test.__test__ = False
# Of twelve students the first six have the first exercise right; of those four have the others right too.
ROWS = [(RIGHT,) * 3] * 4 + [(RIGHT, WRONG, WRONG)] * 2 + [(WRONG, RIGHT, WRONG)] * 3 + [(WRONG,) * 3] * 3


def point_biserial(here, rest):
    """(mean of the right - mean of the others) / deviation * sqrt(p * q)"""
    right = [value for value, is_right in zip(rest, here, strict=True) if is_right]
    others = [value for value, is_right in zip(rest, here, strict=True) if not is_right]
    mean = sum(rest) / len(rest)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in rest) / len(rest))
    share = len(right) / len(rest)
    return (sum(right) / len(right) - sum(others) / len(others)) / deviation * math.sqrt(share * (1 - share))


def test_discrimination_is_the_item_rest_correlation(items):
    found = items(ROWS)
    worth = (1, 2, 3)  # points of the three exercises
    for at in range(3):
        here = [row[at] is RIGHT for row in ROWS]
        rest = [
            sum(worth[other] for other in range(3) if other != at and row[other] is RIGHT) / (6 - worth[at])
            for row in ROWS
        ]
        assert found[at].discrimination == pytest.approx(point_biserial(here, rest), abs=1e-9)


def test_lateness_does_not_change_what_an_exercise_is_worth_as_a_test(items):
    late = items(ROWS, penalty=1.0)
    assert [item.discrimination for item in late] == [item.discrimination for item in items(ROWS)]


def test_where_a_correlation_says_nothing_there_is_none(items):
    assert [item.discrimination for item in items([(RIGHT, WRONG)] * 20)] == [None, None]
    assert [item.discrimination for item in items([(RIGHT,), (WRONG,)] * 10)] == [None]
    few = [(RIGHT, RIGHT), (WRONG, WRONG)] * 20
    assert items(few[: FEWEST - 1])[0].discrimination is None
    assert items(few[:FEWEST])[0].discrimination == pytest.approx(1)


def test_our_own_errors_are_left_out_and_the_excused_too(items):
    rows = [*ROWS, (Verdict.GRADER_ERROR, RIGHT, WRONG)]
    with_error = items(rows)
    assert with_error[0].discrimination == pytest.approx(items(ROWS)[0].discrimination)
    assert with_error[0].having(Verdict.GRADER_ERROR) == 1
    excused = items([*ROWS, (WRONG, RIGHT, RIGHT)], s12={"excused": True})
    assert excused[0].discrimination == items(ROWS)[0].discrimination


def test_mistakes_name_who_made_them_the_commonest_first(items):
    causes = ["sign", "factor", "factor", "sign", "factor", ""]
    mistakes = items([(WRONG,)] * 6, causes=causes)[0].mistakes
    assert [(one.text, [s.id for s in one.who]) for one in mistakes] == [
        ("factor", ["s01", "s02", "s04"]),
        ("sign", ["s00", "s03"]),
        ("fails: A sentence", ["s05"]),
    ]


def test_the_table(items):
    rows = list(csv.DictReader(io.StringIO(items_csv(items(ROWS)))))
    assert list(rows[0]) == list(HEADER)
    assert rows[0] == {
        "exercise": "u01.softmax_a", "points": "1", "students": "12", "right": "6", "wrong": "6",
        "stopped": "0",
        "not checked": "0", "to do": "0", "not graded": "0", "pass": "0.5", "discrimination": "0.542",
        "mistake": "fails: A sentence", "times": "6",
    }  # fmt: skip
