"""Which files of an upload are the course's. Only the names in course.yml decide."""

from collections import Counter
from dataclasses import dataclass, field

from grader.collect.member import Kind, Member, nearest
from grader.collect.sift import Sifted
from grader.collect.submission import named
from grader.course.catalogue import Catalogue
from grader.course.model import Unit

STAMP = "timestamp.txt"
NOTEBOOK = ".ipynb"


@dataclass
class Choice:
    """files: the member for each unit's file, a notebook or not    stamp: the time of handing in

    missed: lines about names that could not be settled
    """

    files: dict[str, Member] = field(default_factory=dict)
    stamp: Member | None = None
    missed: list[str] = field(default_factory=list)

    @property
    def taken(self) -> set[int]:
        """The indices of all that was chosen."""
        return {member.index for member in (*self.files.values(), self.stamp) if member is not None}


def choose(members: list[Member], sifted: Sifted, catalogue: Catalogue, *, believe: bool) -> Choice:
    """The files of the course among these. believe: a timestamp.txt of the upload may count."""
    choice = Choice()
    files = [m for m in members if m.kind is Kind.FILE and not m.parts[-1].startswith(".")]
    names = Counter(unit.name for unit in catalogue.units)
    for unit in catalogue.units:
        hits = _hits(unit, files, by_name=names[unit.name] == 1)
        if len(hits) == 1:
            choice.files[unit.file] = hits[0]
        elif hits:
            choice.missed.append(_ambiguous(unit.file, hits))
        else:
            choice.missed += _near(unit, members, by_name=names[unit.name] == 1)
    stamps = [m for m in files if m.parts[-1] == STAMP]
    believed = nearest([m for m in stamps if believe and not sifted.in_checkout(m)])
    if len(believed) == 1:
        choice.stamp = believed[0]
    elif believed:
        choice.missed.append(_ambiguous(STAMP, believed))
    return choice


def disbelieved(members: list[Member]) -> Member | None:
    """The timestamp.txt that a student may have written, if there is one."""
    return next((m for m in members if m.kind is Kind.FILE and m.parts[-1] == STAMP), None)


def _hits(unit: Unit, files: list[Member], by_name: bool) -> list[Member]:
    """The file of a unit: the one in its folder, nearest the top, else the only one of its name."""
    folder, name = unit.file.split("/")
    wanted = {name, name.removesuffix(".py") + NOTEBOOK}
    own = nearest([m for m in files if m.parts[-1] in wanted and m.parts[-2:-1] == (folder,)])
    if own or not by_name:
        return own
    return sorted((m for m in files if m.parts[-1] in wanted), key=lambda m: m.name)


def _ambiguous(name: str, hits: list[Member]) -> str:
    both = " and ".join(named(member.name) for member in hits[:2])
    more = f" and {len(hits) - 2} more" if len(hits) > 2 else ""
    return f"{name}: ambiguous, found as {both}{more}; none was read, keep one"


def _near(unit: Unit, members: list[Member], by_name: bool) -> list[str]:
    """A line for what was meant and cannot be taken: a folder, or a name in other letters."""
    folder, name = unit.file.split("/")
    if any(_leads_through(m, (folder, name)) for m in members):
        return [f"{unit.file}: is a folder, not a file; it was not read"]
    meant = {name, name.removesuffix(".py") + NOTEBOOK, f"{name}.txt"}
    for member in members:
        parts = tuple(part.casefold() for part in member.parts)
        if member.kind is Kind.FILE and parts[-1] in meant and (by_name or parts[-2:-1] == (folder,)):
            return [f"{named(member.name)}: is not called {name}; it was not read"]
    return []


def _leads_through(member: Member, wanted: tuple[str, str]) -> bool:
    """Whether a folder of the wanted name lies on the way to this member."""
    folders = member.parts if member.kind is Kind.FOLDER else member.parts[:-1]
    return any(folders[i : i + 2] == wanted for i in range(len(folders) - 1))
