"""Which earlier results stand, and in one line each: how many did, and why the others run again."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from grader.course.model import Unit
from grader.gradebook.hashes import Handed, Hasher
from grader.gradebook.plain import count
from grader.gradebook.record import AttemptKey, Key, Provenance, Record
from grader.gradebook.why import Circumstances, differences, reusable
from grader.words import listed

_MOST = 3  # reasons that are named


class Reuse:
    """Answers, student by student, which units need not be examined.

    A unit of a student stands as a whole or not at all: its exercises rest on each other.
    """

    def __init__(
        self,
        earlier: Mapping[Key, Record],
        hasher: Hasher,
        provenance: Provenance,
        others: Mapping[AttemptKey, Record] | None = None,
    ) -> None:
        """others: of attempts that did not count"""
        self._others = others or {}
        self._earlier, self._hasher, self._provenance = earlier, hasher, provenance
        self._units: dict[str, list[bool]] = defaultdict(
            list
        )  # student -> for each unit handed in: it stands
        self._why: Counter[str] = Counter()

    def unit(self, submission: str, unit: Unit, handed: Handed) -> Sequence[Record]:
        """The records of a unit that stand, or none. It was handed in."""
        found, why = [], []
        for exercise in unit.exercises:
            record = self._earlier.get((submission, exercise.id))
            other = self._others.get((submission, exercise.id, handed.whole))
            now = Circumstances.now(self._provenance, self._hasher.hashes(exercise, handed))
            if other is not None and reusable(other, now):
                found.append(other)
            elif record is not None and reusable(record, now):
                found.append(record)
            elif record is not None:
                why.append(listed(differences(Circumstances.of(record), now)) or "a grader error before")
        stands = len(found) == len(unit.exercises)
        self._units[submission].append(stands)
        if not stands and why:
            self._why[why[0]] += 1
        return found if stands else ()

    @property
    def reused(self) -> int:
        """Units that stand."""
        return sum(map(sum, self._units.values()))

    def told(self, students: int) -> Iterator[str]:
        """Nothing on a first run; else how much was reused, and why the rest was graded again."""
        whole = sum(all(stands) for stands in self._units.values())
        part = sum(any(stands) and not all(stands) for stands in self._units.values())
        if whole or part:
            more = f" ({part} more in part)" if part else ""
            yield f"{whole} of {count(students, 'student')} unchanged: reused{more}"
        if self._why:
            named = [f"{why} ({times})" for why, times in self._why.most_common(_MOST)]
            left = sum(self._why.values()) - sum(times for _, times in self._why.most_common(_MOST))
            rest = f"; for other reasons ({left})" if left else ""
            yield f"students' units graded again: {'; '.join(named)}{rest}"
