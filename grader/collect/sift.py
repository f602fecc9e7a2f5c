"""Repositories, environments and hidden folders, told apart from what a student means to hand in."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from grader.collect.member import NOISE, Kind, Member, Unreadable
from grader.collect.submission import Bounds, named

VENV = "pyvenv.cfg"
Place = tuple[str, ...]  # a folder by its parts


@dataclass
class Sifted:
    """seen: what is looked at    passed: names of folders that were passed over, harmless

    bare: among them, git repositories without files    checkouts: folders with a .git in them

    linked: a .git is a file, which points elsewhere
    """

    seen: list[Member] = field(default_factory=list)
    passed: set[str] = field(default_factory=set)
    bare: list[str] = field(default_factory=list)
    checkouts: set[Place] = field(default_factory=set)
    linked: bool = False

    def in_checkout(self, member: Member) -> bool:
        """Whether it lies in the work tree of a git repository."""
        parts = member.parts
        return any(parts[:end] in self.checkouts for end in range(len(parts)))


def sift(members: Sequence[Member], bounds: Bounds) -> Sifted:
    """What of these is looked at. Raises Unreadable when it is too much, or a bare repository."""
    sifted = Sifted()
    bare, venvs = _places(members, bounds)
    if () in bare:
        raise Unreadable("is a bare git repository, without the files: hand in a clone of it")
    sifted.bare = sorted(named("/".join(place)) for place in bare)
    apart = bare | venvs
    for member in members:
        if len(member.name) > bounds.name:
            sifted.seen.append(member)  # to be refused
            continue
        parts = member.parts
        if ".git" in parts:
            sifted.checkouts.add(parts[: parts.index(".git")])
            sifted.linked |= parts[-1] == ".git" and member.kind is Kind.FILE
        if not parts or not NOISE.isdisjoint(parts):
            continue
        end = _passed_over(member, parts, apart)
        if end:
            sifted.passed.add(named("/".join(parts[:end])) + "/")
        else:
            sifted.seen.append(member)
    if len(sifted.seen) > bounds.members:
        raise Unreadable(f"holds more than {bounds.members} files")
    return sifted


def _passed_over(member: Member, parts: Place, apart: set[Place]) -> int:
    """How many of its parts name a folder that nobody looks into; 0 where none does."""
    folders = len(parts) if member.kind is Kind.FOLDER else len(parts) - 1
    for end in range(1, folders + 1):
        if parts[end - 1].startswith(".") and parts[end - 1] != "..":
            return end
        if apart and parts[:end] in apart:
            return end
    return 0


def _places(members: Sequence[Member], bounds: Bounds) -> tuple[set[Place], set[Place]]:
    """Bare git repositories and virtual environments; the upload itself is never an environment."""
    heads: set[Place] = set()
    inside: dict[str, set[Place]] = {"objects": set(), "refs": set()}
    venvs: set[Place] = set()
    for member in members:
        if len(member.name) > bounds.name:
            continue
        parts = member.parts
        if member.kind is Kind.FILE and parts[-1:] == (VENV,) and len(parts) > 1:
            venvs.add(parts[:-1])
        if member.kind is Kind.FILE and parts[-1:] == ("HEAD",):
            heads.add(parts[:-1])
        for name, found in inside.items():
            if name in parts:
                found.add(parts[: parts.index(name)])
    bare = {place for place in heads if all(place in found for found in inside.values())}
    return {place for place in bare if ".git" not in place}, venvs
