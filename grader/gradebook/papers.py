"""Which attempts of a student are graded, and for which units.

A student's work at an attempt is what came with it, and of what did not come, what came before. A unit has a
new version with an attempt that changes its file, or that of a unit which it needs or mentions: handed in
again unchanged, it keeps its time. One version counts for each unit, so that a late unit never makes an
earlier one late; and each is graded among the files of its own time, so that no attempt mends another.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from grader.collect.submission import Submission
from grader.course.catalogue import Catalogue
from grader.course.model import Unit
from grader.gradebook.hashes import Handed, handed

Files = Mapping[str, str]


@dataclass(frozen=True)
class Paper:
    """One attempt as it is graded. units: ids of those that count as they stand here, or may count

    number: 1, 2, ... of the student's attempts    handed: all that the student had handed in by then
    """

    number: int
    submitted_at: datetime | None
    handed: Handed
    units: frozenset[str]


def papers(submission: Submission, catalogue: Catalogue) -> list[tuple[Paper, Files]]:
    """The attempts that are graded, oldest first, with their files. The latest is among them in any case."""
    attempts = submission.attempts
    states: list[Files] = list(accumulate((one.sources for one in attempts), _onto))
    every = catalogue.course.attempts == "best"
    units: dict[int, set[str]] = defaultdict(set, {len(states) - 1: set()})
    for unit in catalogue.units:
        found = _versions(unit, states, catalogue)
        for at in _first_of_each(found) if every else [at for at, _ in found[-1:]]:
            units[at].add(unit.id)
    return [
        (Paper(at + 1, attempts[at].submitted_at, handed(states[at]), frozenset(ids)), states[at])
        for at, ids in sorted(units.items())
    ]


def _onto(before: Files, new: Files) -> Files:
    return {**before, **new}


def _versions(unit: Unit, states: Sequence[Files], catalogue: Catalogue) -> list[tuple[int, Files]]:
    """(attempt, all that decides) of each version of a unit, oldest first."""
    if len(states) == 1:
        return [(0, {})] if unit.file in states[0] else []
    found: list[tuple[int, Files]] = []
    for at, files in enumerate(states):
        if unit.file in files:
            decides = _deciding(unit, files, catalogue)
            if not found or found[-1][1] != decides:
                found.append((at, decides))
    return found


def _first_of_each(versions: Sequence[tuple[int, Files]]) -> Iterator[int]:
    """The attempts, but for those that only go back to an earlier version."""
    seen: list[Files] = []
    for at, decides in versions:
        if decides not in seen:
            seen.append(decides)
            yield at


def _deciding(unit: Unit, files: Files, catalogue: Catalogue) -> Files:
    """The unit's file, those of the units that it needs, and of those whose folders these mention."""
    found = {one.file: files[one.file] for one in (unit, *catalogue.needed_units(unit)) if one.file in files}
    todo = list(found.values())
    while todo:
        text = todo.pop()
        for other in catalogue.units:
            if other.file not in found and other.file in files and other.folder in text:
                found[other.file] = files[other.file]
                todo.append(files[other.file])
    return found
