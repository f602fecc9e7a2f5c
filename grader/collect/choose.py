"""Which files of an upload are the course's, and reading them. Only the names in course.yml decide."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from grader.collect.member import Kind, Member, Unreadable, Upload, nearest
from grader.collect.submission import BOUNDS, Bounds, Submission, capped, printable
from grader.course.catalogue import Catalogue

STAMP = "timestamp.txt"
MOST_STAMP = 1024
TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)?\s*(?:(UTC|GMT|Z)|([+-]\d\d):?(\d\d))?", re.ASCII
)


@dataclass
class _Choice:
    """files: the member for each wanted name    missed: lines about names that could not be settled."""

    files: dict[str, Member] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)


def read_upload(
    id: str, label: str, upload: Upload, catalogue: Catalogue, bounds: Bounds = BOUNDS
) -> Submission:
    """The submission that an upload holds; `label` is how its problems name it.

    Raises Unreadable when the upload as a whole cannot be read.
    """
    members = upload.members()
    if not members:
        raise Unreadable("is empty")
    safe, refused = _judge(members, bounds)
    choice = _choose(safe, catalogue)
    limits = {m.index: MOST_STAMP if name == STAMP else bounds.source for name, m in choice.files.items()}
    contents = upload.read(list(choice.files.values()), limits) if limits else {}
    sources, submitted_at, unread = _take(choice, contents)
    lines = [f"{printable(m.name)}: {why}; it was not read" for m, why in refused]
    problems = [*capped(lines, bounds.shown), *choice.missed, *unread]
    if not sources and not problems:
        problems.append(f"holds no file of the course, such as {_example(catalogue)}")
    taken = {member.index for member in choice.files.values()}
    rest = {printable(m.shown) for m in safe if m.kind is not Kind.FOLDER and m.index not in taken}
    rest.discard("")
    return Submission(
        id,
        sources,
        submitted_at,
        tuple(f"{label}: {problem}" for problem in problems),
        capped(sorted(rest), bounds.shown),
    )


def _take(
    choice: _Choice, contents: Mapping[int, bytes | Unreadable]
) -> tuple[dict[str, str], datetime | None, list[str]]:
    """Sources, time of handing in, and a line for each chosen file that could not be read."""
    sources: dict[str, str] = {}
    submitted_at: datetime | None = None
    unread: list[str] = []
    for name, member in choice.files.items():
        raw = contents.get(member.index, Unreadable("is missing"))
        try:
            if isinstance(raw, Unreadable):
                raise raw
            if name == STAMP:
                submitted_at = parse_time(raw)
            else:
                sources[name] = decode(raw)
        except Unreadable as error:
            unread.append(f"{printable(member.name)}: {error}; it was not read")
    return sources, submitted_at, unread


def _example(catalogue: Catalogue) -> str:
    return catalogue.units[0].file if catalogue.units else "u01_name/name.py"


def _judge(members: list[Member], bounds: Bounds) -> tuple[list[Member], list[tuple[Member, str]]]:
    """The members whose names can be trusted, and the others with the reason."""
    safe: list[Member] = []
    refused: list[tuple[Member, str]] = []
    for member in sorted(members, key=lambda m: (m.name, m.index)):
        why = member.refusal(bounds)
        if why:
            refused.append((member, why))
        else:
            safe.append(member)
    return safe, refused


def _choose(members: list[Member], catalogue: Catalogue) -> _Choice:
    choice = _Choice()
    visible = [m for m in members if not m.is_hidden and not m.is_noise]
    files = [m for m in visible if m.kind is Kind.FILE]
    names = Counter(unit.name for unit in catalogue.units)
    for unit in catalogue.units:
        wanted = tuple(unit.file.split("/"))
        hits = nearest([m for m in files if m.parts[-2:] == wanted])
        if not hits and names[unit.name] == 1:
            hits = sorted((m for m in files if m.parts[-1:] == wanted[1:]), key=lambda m: m.name)
        _settle(choice, unit.file, hits)
        if not hits and any(_leads_through(m, wanted) for m in visible):
            choice.missed.append(f"{unit.file}: is a folder, not a file; it was not read")
    _settle(choice, STAMP, nearest([m for m in files if m.parts[-1] == STAMP]))
    return choice


def _settle(choice: _Choice, name: str, hits: list[Member]) -> None:
    if len(hits) == 1:
        choice.files[name] = hits[0]
    elif hits:
        both = " and ".join(printable(member.name) for member in hits[:2])
        more = f" and {len(hits) - 2} more" if len(hits) > 2 else ""
        choice.missed.append(f"{name}: ambiguous, found as {both}{more}; none was read, keep one")


def _leads_through(member: Member, wanted: tuple[str, ...]) -> bool:
    """Whether a folder of the wanted name lies on the way to this member."""
    folders = member.parts if member.kind is Kind.FOLDER else member.parts[:-1]
    return any(folders[i : i + 2] == wanted for i in range(len(folders) - 1))


def decode(raw: bytes) -> str:
    """Python source as text: UTF-8, no byte order mark, every line end a newline. Raises Unreadable."""
    if b"\0" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        raise Unreadable(f"holds a null byte on line {line}")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"is not UTF-8 text on line {line}; save it as UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_time(raw: bytes) -> datetime:
    """A time of handing in: `2026-09-14 21:04:00 UTC` or ISO 8601; UTC without a zone. Raises Unreadable."""
    text = raw.decode("utf-8-sig", "replace").strip()
    match = TIME.fullmatch(text)
    if not match:
        raise Unreadable("holds no time like 2026-09-14 21:04:00 UTC")
    day, clock, _, hours, minutes = match.groups()
    try:
        zone = f"{hours}:{minutes}" if hours else "+00:00"
        return datetime.fromisoformat(f"{day}T{clock}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable(f"holds the impossible time {printable(text, 40)}") from None
