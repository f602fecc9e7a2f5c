"""A class that attacks the page: in names, uploads, code, errors, diagnoses, titles and ids."""

from types import ModuleType

from grader.collect.roster import Person
from grader.examine.outcome import Verdict
from grader.gradcheck.message import Finding
from grader.gradebook.grades import GradedClass
from grader.gradebook.record import TestRecord

SCRIPT = "<script>alert(1)</script>"
TEXTS = (
    SCRIPT,
    "\"'><img src=x onerror=alert(1)>",
    "</pre></div></details></style></title></body><iframe srcdoc='<script>alert(1)</script>'>",
    "\x1b]0;title\x07\x1b[2J\x1b[31mred\x9b0m",
    "\u202egnp.exe\u2066\u2067 \u200f\u061c\u2028",
    '=HYPERLINK("http://127.0.0.1/?"&A1,"x")',
    "{{ 7*7 }}{% for x in y %}${7*7}#{7*7}",
    "<!--<svg onload=alert(1)>--><![CDATA[",
    "`one` and ` only one more",
    "a\u0300\u0301\u0302" * 120,
    "W" * 3000,
    "javascript:alert(1)//\x00&lt;b&gt;&#60;b&#62;",
    "שלום ‎עולם مرحبا",
)
VERDICTS = (
    Verdict.WRONG,
    Verdict.CRASHED,
    Verdict.RULE_BROKEN,
    Verdict.TOO_SLOW,
    Verdict.TOO_MUCH_MEMORY,
)


def hostile_class(crowd: ModuleType) -> GradedClass:
    """Three units; each text above is somebody's everything, and five are honest."""
    catalogue = crowd.course((2, 3, 2), title=f"Course {SCRIPT}", version="<b>\"'1")
    first = catalogue.exercises[0]
    students = []
    for number, text in enumerate(TEXTS):
        id = f"h{number}" if number else SCRIPT.replace("/", "")
        person = Person(id, given=text, family=text[:40])
        records = [_record(crowd, id, exercise, text, at) for at, exercise in enumerate(catalogue.exercises)]
        uploads = {"problems": (f"{id}: {text}", text), "ignored": (text,) * 30, "attempt": text}
        students.append(crowd.student(catalogue, id, tuple(records), person=person, **uploads))
    for number in range(5):
        id = f"z{number}"
        right = tuple(crowd.record(id, exercise, Verdict.RIGHT) for exercise in catalogue.exercises)
        students.append(crowd.student(catalogue, id, right, submitted_at=crowd.DUE))
    ours = crowd.record("zz", first, Verdict.GRADER_ERROR, finding=Finding(f"ours: {SCRIPT}"))
    rest = (crowd.record("zz", exercise, Verdict.TODO) for exercise in catalogue.exercises[1:])
    students.append(crowd.student(catalogue, "zz", (ours, *rest)))
    todo = tuple(crowd.record("zzz", exercise, Verdict.TODO) for exercise in catalogue.exercises)
    students.append(crowd.student(catalogue, "zzz", todo, handed_in=False))
    return crowd.graded(catalogue, sorted(students, key=lambda student: student.id))


def _record(crowd, id, exercise, text, at):
    verdict = VERDICTS[at % len(VERDICTS)]
    parts = ("what", "diagnosis", "called", "yours", "expected", "worst", "differ", "where", "source", "help")
    said = Finding(**dict.fromkeys(parts, text[:2000]))
    tests = [
        TestRecord(name=text, title=text, public=public, share=1.0, verdict=verdict, finding=said)
        for public in (True, False)
    ]
    return crowd.record(id, exercise, verdict, finding=said, tests=tuple(tests))
