"""Several attempts of one student: `ada.attempt-1.zip`, `ada.attempt-2/`, ... in the class folder.

Only names in the class folder say which attempt something is, and only the instructor's side writes those:
what lies inside an upload is never an attempt of its own.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from grader.collect.submission import Submission, capped, named

ATTEMPT = re.compile(r"(.+)\.attempt-(\d{1,4})", re.ASCII | re.DOTALL)
MOST = 50


@dataclass(frozen=True)
class Attempts:
    """What one student handed in. names: in the class folder, oldest first    trouble: why none is read"""

    names: tuple[str, ...] = ()
    trouble: str = ""


def by_student(names: Iterable[str], people: Collection[str] = ()) -> dict[str, Attempts]:
    """The attempts of each student, by the student's name. people: names that are a student's as a whole."""
    numbered: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        match = None if name in people else ATTEMPT.fullmatch(name)
        student, number = (match[1], int(match[2])) if match else (name, -1)
        numbered.setdefault(student, []).append((number, name))
    return {student: _ordered(sorted(found)) for student, found in numbered.items()}


def _ordered(found: Sequence[tuple[int, str]]) -> Attempts:
    names = tuple(name for _, name in found)
    if found[0][0] < 0 and len(found) > 1:
        what = f"has no number and stands beside {named(names[1])}: give it one, {named(names[0])}.attempt-N"
        return Attempts(names, f"{named(names[0])}: {what}")
    for (one, first), (other, second) in pairwise(found):
        if one == other:
            return Attempts(names, f"{named(first)}: {named(second)} has the same number, keep one")
    return Attempts(names)


def joined(read: Sequence[Submission]) -> Submission:
    """The latest of several attempts, which stand oldest first; it holds those before it."""
    latest = read[-1]
    said = [line for one in read[:-1] for line in one.problems]
    times: list[datetime | None] = [one.submitted_at for one in read]
    known = [time for time in times if time is not None]
    if known != sorted(known):
        said.append("the times of the attempts are not in the order of their numbers; the numbers count")
    if None in times and known:
        said.append("an attempt without a time is taken as on time, and others have one")
    problems = (*latest.problems, *capped(list(dict.fromkeys(said)), 20))
    return replace(latest, problems=problems, earlier=tuple(read[:-1]))
