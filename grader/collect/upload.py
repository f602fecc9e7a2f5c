"""One upload, folder or archive, read into a submission."""

from collections.abc import Iterable
from datetime import datetime

from grader.collect.archive import split_suffix
from grader.collect.choose import NOTEBOOK, STAMP, Choice, choose, disbelieved
from grader.collect.member import Kind, Member, Unreadable, Upload
from grader.collect.notebook import notebook_source
from grader.collect.sift import Sifted, sift
from grader.collect.submission import BOUNDS, Bounds, Submission, capped, named
from grader.collect.texts import check_words, decode, parse_time
from grader.course.catalogue import Catalogue

MOST_STAMP = 1024
PACKED_STAMP = "is the student's own word inside an archive"
CLONED_STAMP = "is the student's own word in a git repository"


def read_upload(
    id: str,
    label: str,
    upload: Upload,
    catalogue: Catalogue,
    *,
    bounds: Bounds = BOUNDS,
    submitted_at: datetime | None = None,
) -> Submission:
    """The submission that an upload holds; `label` is how its problems name it.

    submitted_at: where the time is known already: no timestamp.txt of the upload counts then.
    Raises Unreadable when the upload as a whole cannot be read.
    """
    members = upload.members()
    if not members:
        raise Unreadable("is empty")
    sifted = sift(members, bounds)
    safe, refused = _judge(sifted.seen, bounds)
    choice = choose(safe, sifted, catalogue, believe=not upload.is_packed and submitted_at is None)
    taken = _Taken(bounds)
    taken.read(upload, choice)
    problems = [*capped(refused, bounds.shown), *choice.missed, *taken.unread]
    known = submitted_at or taken.submitted_at
    stamp = disbelieved(safe) if known is None and choice.stamp is None else None
    if stamp is not None and not any(STAMP in line for line in choice.missed):
        why = PACKED_STAMP if upload.is_packed else CLONED_STAMP
        problems.append(f"{named(stamp.name)}: {why}; it was not believed")
    if not taken.sources and not problems:
        problems.append(_nothing(safe, sifted, catalogue))
    rest = {named("/".join(m.parts)) for m in safe if m.kind is Kind.FILE and m.index not in choice.taken}
    return Submission(
        id,
        taken.sources,
        known,
        tuple(f"{label}: {problem}" for problem in problems),
        capped(sorted(rest | sifted.passed), bounds.shown),
        tuple(file for file in taken.sources if choice.files[file].name.endswith(NOTEBOOK)),
    )


class _Taken:
    """What the chosen files hold, and a line for each that could not be read."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.sources: dict[str, str] = {}
        self.submitted_at: datetime | None = None
        self.unread: list[str] = []

    def read(self, upload: Upload, choice: Choice) -> None:
        """Read them one after the other, in the order of the course. Raises Unreadable."""
        files = {member.index: file for file, member in choice.files.items()}
        members = list(choice.files.values())
        limits = {m.index: self._limit(m) for m in members}
        if choice.stamp is not None:
            members.append(choice.stamp)
            limits[choice.stamp.index] = MOST_STAMP
        found: dict[int, str] = {}
        missing = {member.index: member for member in members}
        failed: dict[int, str] = {}
        for member, raw in upload.read(members, limits) if members else ():
            del missing[member.index]
            try:
                if isinstance(raw, Unreadable):
                    raise raw
                if member is choice.stamp:
                    self.submitted_at = parse_time(raw)
                else:
                    found[member.index] = self._text(member, raw)
            except Unreadable as error:
                failed[member.index] = str(error)
        failed |= dict.fromkeys(missing, "is missing")
        self.sources = {file: found[index] for index, file in files.items() if index in found}
        self.unread = [
            f"{named(m.name)}: {failed[m.index]}; it was not read" for m in members if m.index in failed
        ]

    def _limit(self, member: Member) -> int:
        return self.bounds.notebook if member.name.endswith(NOTEBOOK) else self.bounds.source

    def _text(self, member: Member, raw: bytes) -> str:
        is_notebook = member.name.endswith(NOTEBOOK)
        text = notebook_source(raw, self.bounds) if is_notebook else decode(raw)
        return check_words(text, self.bounds.words)


def _judge(members: Iterable[Member], bounds: Bounds) -> tuple[list[Member], list[str]]:
    """The members whose names can be trusted, and a line for each of the others."""
    safe: list[Member] = []
    refused: list[str] = []
    for member in sorted(members, key=lambda m: (m.name, m.index)):
        why = member.refusal(bounds)
        if why:
            refused.append(f"{named(member.name)}: {why}; it was not read")
        else:
            safe.append(member)
    return safe, refused


def _nothing(members: list[Member], sifted: Sifted, catalogue: Catalogue) -> str:
    """Why nothing was found: what is there instead, as far as that can be told."""
    example = catalogue.units[0].file if catalogue.units else "u01_name/name.py"
    said = f"holds no file of the course, such as {example}"
    packed = next((m for m in members if m.kind is Kind.FILE and split_suffix(m.parts[-1])[1]), None)
    if sifted.bare:
        return f"{said}; {sifted.bare[0]} is a bare git repository, without the files: hand in a clone of it"
    if packed is not None:
        return f"{said}; {named(packed.name)} is an archive inside, which is not opened"
    if sifted.linked:
        return f"{said}; its .git points to a repository elsewhere, which is not followed"
    if sifted.checkouts:
        return f"{said}; a git repository is read as its files lie there, and no history is"
    return said
