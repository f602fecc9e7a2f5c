"""An invented class of any size, graded: records as a session would have made them, without running any."""

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from grader.collect.roster import Person
from grader.course.catalogue import Catalogue
from grader.course.model import Course, Exercise, LatePolicy, Unit
from grader.examine.outcome import Verdict
from grader.gradcheck.message import Finding
from grader.gradebook.grades import GradedClass, StudentGrade
from grader.gradebook.record import Hashes, Record, TestRecord
from grader.scoring.late import lateness

SIZES = (5, 6, 7, 7, 8, 6, 7, 7, 7, 7, 7, 7)  # exercises of twelve units: 81
DUE = datetime(2026, 9, 15, 21, 59, tzinfo=UTC)
GIVEN = ("Ada", "Björn", "Chloé", "Dmitri", "Elif", "Farid", "Grace", "Hùng", "Inés", "Jun", "Kemal", "Lea")
FAMILY = ("Okafor", "Lindqvist", "Álvarez", "Petrov", "Yılmaz", "van der Berg", "Nakamura", "O'Neill")
WORDS = ("softmax", "backward", "unbroadcast", "layer_norm", "cross_entropy", "matmul", "attention", "clip")
CAUSES = (
    "missing factor 1/N (mean, not sum?)",
    "not summed over broadcast axis 0",
    "only one of its contributions is there: `=` where `+=` is needed?",
    "the local derivative is missing",
    "exp overflows: a large logit becomes inf before anything is divided",
    "",
)
KINDS = (
    Verdict.WRONG, Verdict.WRONG, Verdict.WRONG, Verdict.TODO, Verdict.TODO, Verdict.CRASHED,
    Verdict.NOT_CHECKED, Verdict.TOO_SLOW, Verdict.RULE_BROKEN,
)  # fmt: skip
NO_HASHES = Hashes(student="", submission="", suite="", solution="", limits="", grader="")
SENTENCES = (
    "The gradient of every entry is that of central differences, for two draws of distinct sizes.",
    "Rows that are all alike have a uniform answer, whatever their values are.",
    "It holds for a batch of one, and the batch axis stays where it was.",
)


def course(sizes: tuple[int, ...] = SIZES, **more: Any) -> Catalogue:
    """Units with as many exercises each."""
    units = []
    for number, size in enumerate(sizes, start=1):
        word = WORDS[number % len(WORDS)]
        exercises = tuple(
            Exercise(
                id=f"u{number:02}.{WORDS[at % len(WORDS)]}_{'abcdefgh'[at]}",
                title=f"The {word} of step {at + 1}",
                symbols=(f"f{at}",),
                points=1 + at % 4,
            )
            for at in range(size)
        )
        due = DUE.replace(month=8 + (number + 1) // 4, day=1 + number)
        id = f"u{number:02}"
        unit = Unit(id=id, title=f"About {word}", folder=f"{id}_{word}", due=due, exercises=exercises)
        units.append(unit)
    fields = {"id": "backprop", "title": "Gradients and backpropagation, by hand", "version": "2026.1"}
    return Catalogue(Course(**{**fields, "late": LatePolicy(), "units": tuple(units), **more}), Path())


def graded_class(catalogue: Catalogue, students: int, *, right: float = 0.6, seed: int = 1) -> GradedClass:
    """A class; right: about which part of everything is right."""
    chance = random.Random(seed)
    made = [_student(catalogue, number, right, chance) for number in range(students)]
    return graded(catalogue, sorted(made, key=lambda student: student.id))


def graded(catalogue: Catalogue, students: list[StudentGrade]) -> GradedClass:
    """These students as a class."""
    facts = {"sandbox": "namespaces", "python": "3.11.7", "katagrad": "0.1.0", "numpy": "2.4.6"}
    return GradedClass(
        catalogue, catalogue.units, tuple(students), False, facts, "namespaces", Path("grades")
    )


def student(catalogue: Catalogue, id: str, records: tuple[Record, ...], **more: Any) -> StudentGrade:
    """A student with these records."""
    late = {unit.id: lateness(LatePolicy(), catalogue.due(unit.id), None) for unit in catalogue.units}
    fields = {"submitted_at": None, "handed_in": True, "lateness": late, **more}
    return StudentGrade(id=id, records=records, **fields)


def record(id: str, exercise: Exercise, verdict: Verdict, **more: Any) -> Record:
    """A record without tests."""
    points = float(exercise.points) if verdict is Verdict.RIGHT else 0.0
    points = None if verdict is Verdict.GRADER_ERROR else points * (1 - more.get("penalty", 0.0))
    fields = {
        "points": points, "max_points": float(exercise.points), "penalty": 0.0, "finding": None, "needs": (),
        "tests": (), "rung": "namespaces", "seed": "1f3c9a", "versions": {}, "hashes": NO_HASHES, **more,
    }  # fmt: skip
    return Record(submission=id, exercise=exercise.id, verdict=verdict, **fields)


def _student(catalogue: Catalogue, number: int, right: float, chance: random.Random) -> StudentGrade:
    id = f"s{100000 + 7919 * number % 900000}"
    person = Person(id, GIVEN[number % len(GIVEN)], FAMILY[number // 3 % len(FAMILY)])
    if number % 29 == 5:
        todo = tuple(record(id, exercise, Verdict.TODO) for exercise in catalogue.exercises)
        return student(catalogue, id, todo, handed_in=False, person=person)
    able = min(max(chance.gauss(right, 0.22), 0.02), 0.99)
    records = tuple(_record(id, exercise, able, chance) for exercise in catalogue.exercises)
    return student(catalogue, id, records, submitted_at=DUE, person=person)


def _record(id: str, exercise: Exercise, able: float, chance: random.Random) -> Record:
    if chance.random() < able:
        return record(id, exercise, Verdict.RIGHT, tests=(_test(Verdict.RIGHT, 0, None),) * 6)
    verdict = chance.choice(KINDS)
    if verdict is Verdict.TODO:
        return record(id, exercise, verdict)
    if verdict is Verdict.NOT_CHECKED:
        return record(id, exercise, verdict, needs=(exercise.id,))
    file = exercise.unit_id
    finding = Finding(
        what="dlogits is wrong" if verdict is Verdict.WRONG else "ZeroDivisionError: float division by zero",
        diagnosis=chance.choice(CAUSES) if verdict is Verdict.WRONG else "",
        called="cross_entropy_backward(dout, (logits, targets))",
        yours=f"[[{chance.random():.4f}, -0.2213], [0.0981, 0.5512]]",
        expected="[[0.0412, -0.0443], [0.0196, 0.1102]]",
        worst="at [0, 0]",
        differ="4 of 4 elements differ",
        where=f"{file}_softmax/softmax.py:{chance.randrange(10, 90)}",
        source="    return (probabilities - one_hot) * dout",
    )
    failing = chance.randrange(1, 4)
    tests = tuple(_test(verdict, at, finding if at == 0 else None) for at in range(failing))
    passing = (_test(Verdict.RIGHT, 0, None),) * (6 - failing)
    points = round(exercise.points * (6 - failing) / 6, 4) if verdict is Verdict.WRONG else 0.0
    return record(id, exercise, verdict, finding=finding, tests=(*tests, *passing), points=points)


def _test(verdict: Verdict, at: int, finding: Finding | None) -> TestRecord:
    return TestRecord(
        name=f"test_{at}", title=SENTENCES[at], public=at == 0, share=1.0, verdict=verdict, finding=finding
    )
