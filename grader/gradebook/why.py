"""Why a result is not what it was: what differs between the circumstances of two records, in words."""

from dataclasses import dataclass

from grader.examine.outcome import Verdict
from grader.gradebook.record import SCHEMA, Hashes, Provenance, Record

# What an exercise's verdict depends on, and how a difference in it is told.
_FILES = {
    "suite": "the tests changed",
    "solution": "the reference changed",
    "limits": "limits, rules or needs changed",
}


@dataclass(frozen=True)
class Circumstances:
    """All that a verdict depends on. Where two are equal, the verdict is."""

    schema: int
    provenance: Provenance
    hashes: Hashes

    @classmethod
    def of(cls, record: Record) -> "Circumstances":
        """Those under which a record was made."""
        return cls(record.schema, Provenance(record.rung, record.seed, record.versions), record.hashes)

    @classmethod
    def now(cls, provenance: Provenance, hashes: Hashes) -> "Circumstances":
        """Those of a record that would be made now."""
        return cls(SCHEMA, provenance, hashes)


def differences(before: Circumstances, now: Circumstances) -> tuple[str, ...]:
    """What differs, the student's own part first; () where nothing does."""
    one, two = before.provenance, now.provenance
    found = []
    if before.hashes.student != now.hashes.student:
        found.append("their file changed")
    elif before.hashes.submission != now.hashes.submission:
        found.append("another file of theirs changed")
    found += [
        told for name, told in _FILES.items() if getattr(before.hashes, name) != getattr(now.hashes, name)
    ]
    if before.schema != now.schema:
        found.append(f"records of schema {before.schema}, now {now.schema}")
    if one.seed != two.seed:
        found.append("another seed")
    if one.rung != two.rung:
        found.append(f"sandbox {one.rung or 'none'}, now {two.rung or 'none'}")
    names = sorted(one.versions.keys() | two.versions.keys())
    changed = [name for name in names if one.versions.get(name) != two.versions.get(name)]
    found += [
        f"{name} {one.versions.get(name, 'none')}, now {two.versions.get(name, 'none')}" for name in changed
    ]
    if before.hashes.grader != now.hashes.grader and "katagrad" not in changed:
        found.append("katagrad itself changed")
    return tuple(found)


def reusable(before: Record, now: Circumstances) -> bool:
    """Whether a new run could show nothing else. A grader error is ours, and tried again."""
    return before.verdict is not Verdict.GRADER_ERROR and Circumstances.of(before) == now
