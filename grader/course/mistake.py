"""One mistake in course.yml, and how all of them together become one CourseError."""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.errors import CourseError

Path = tuple[str | int, ...]  # the way from the top of the file to a value: ("units", 0, "title")
BROKEN = object()  # stands for a value whose mistake is reported already


@dataclass(frozen=True)
class Mistake:
    """What is wrong at one place of course.yml, and what to do about it."""

    path: Path
    what: str
    help: str
    line: int = 0  # 0: look it up by path


def spell(path: Path) -> str:
    """The path as people write it: `units[0].exercises[1].points`."""
    names = (part if isinstance(part, int) or part.isprintable() else ascii(part) for part in path)
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in names)
    return text.removeprefix(".") or "the course"


def place(path: Path, data: object) -> str:
    """The spelled path with the id of the exercise or unit that it lies in, when one is known."""
    id = ""
    for part in path:
        match data, part:
            case {**fields}, str() if part in fields:
                data = fields[part]
            case [*items], int() if part < len(items):
                data = items[part]
            case _:
                break
        if isinstance(data, dict) and isinstance(data.get("id"), str):
            id = data["id"]
    return f"{spell(path)} ({id})" if id and id.isprintable() else spell(path)


def line_of(path: Path, lines: dict[Path, int]) -> int:
    """The line of a value, or of the nearest thing around it that stands in the file."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def report(name: str, mistakes: Sequence[Mistake], lines: dict[Path, int], data: object) -> CourseError:
    """All mistakes as one error, a line each in the order of the file: `course.yml:LINE: where: what`."""
    found = sorted(
        {(m.line or line_of(m.path, lines), place(m.path, data), m.what, m.help) for m in mistakes}
    )
    rationale = "\n".join(f"{name}:{line}: {where}: {what}" for line, where, what, _ in found)
    if len(found) == 1:
        return CourseError(rationale, found[0][3])
    return CourseError(rationale, "\n".join(f"line {line}: {help}" for line, _, _, help in found))
