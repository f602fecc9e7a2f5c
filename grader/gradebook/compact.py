"""Records in little memory: what many students share is held once."""

from collections.abc import Hashable
from typing import TypeVar

from msgspec.structs import replace

from grader.gradebook.record import Hashes, Record, TestRecord

T = TypeVar("T", bound=Hashable)


class Compact:
    """Makes a record share its parts with those that it saw before. The record stays equal."""

    def __init__(self) -> None:
        self._seen: dict[Hashable, Hashable] = {}
        self._versions: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}

    def __call__(self, record: Record) -> Record:
        versions = tuple(record.versions.items())
        return replace(
            record,
            submission=self._one(record.submission),
            exercise=self._one(record.exercise),
            needs=self._one(record.needs),
            followed=self._one(record.followed),
            tests=self._one(tuple(map(self._test, record.tests))),
            rung=self._one(record.rung),
            seed=self._one(record.seed),
            versions=self._versions.setdefault(versions, record.versions),
            hashes=self._hashes(record.hashes),
        )

    def _test(self, test: TestRecord) -> TestRecord:
        if test.finding is None:  # it says the same of everybody
            return self._one(test)
        return replace(test, name=self._one(test.name), title=self._one(test.title))

    def _hashes(self, hashes: Hashes) -> Hashes:
        return Hashes(**{name: self._one(getattr(hashes, name)) for name in Hashes.__struct_fields__})

    def _one(self, part: T) -> T:
        return self._seen.setdefault(part, part)  # type: ignore[return-value]
