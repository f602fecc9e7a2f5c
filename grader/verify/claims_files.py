"""Claims about the files in exercises/, which students get: up to date, and nothing unlisted among them."""

import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from grader.course.catalogue import Catalogue
from grader.errors import CourseError
from grader.release.lesson import shown
from grader.release.publish import generated_files
from grader.verify.broken import Broken, from_error, place
from grader.verify.selection import Selection

# What tools and the students' own runs leave behind; a hand-out does not take it along.
LEFT_BEHIND = {"__pycache__", ".pytest_cache", ".hypothesis", ".venv", ".kata/state.json", ".kata/backups"}
# What lies beside the units, and what helps where it does not.
TOP = {"pytest.ini": "copy the one of docs/authors.md", "README.md": "write it: how students begin"}


def generated(selection: Selection) -> tuple[dict[Path, str], list[Broken]]:
    """The generated files, and those of them that are not committed byte for byte.

    The lists of the whole course, in .kata/, are among them when the whole course is selected.
    """
    part = selection.part
    try:
        files = generated_files(part)
    except CourseError as error:
        return {}, list(from_error(error, part.solutions_dir))
    if not selection.whole:
        files = {path: text for path, text in files.items() if path.parent.name != ".kata"}
    return files, list(_compare(files))


def _compare(files: Mapping[Path, str]) -> Iterator[Broken]:
    for path, text in files.items():
        wanted = text.encode()
        try:
            there = path.read_bytes()
        except OSError:
            yield Broken(f"{path.name} is generated, and missing", place(path), "kata stubs")
            continue
        if there != wanted:
            pairs = zip(there.split(b"\n"), wanted.split(b"\n"), strict=False)
            same = next((n for n, (mine, made) in enumerate(pairs) if mine != made), wanted.count(b"\n"))
            fact = f"{path.name} is not what its source gives"
            yield Broken(
                fact, place(path, same + 1), "edit the source in solutions/ or course.yml, then kata stubs"
            )


def unlisted(catalogue: Catalogue, generated: Collection[Path]) -> Iterator[Broken]:
    """Only the files of the course lie in exercises/."""
    top = catalogue.exercises_dir
    allowed = {*(top / name for name in TOP), *generated}
    folders = {}
    for unit in catalogue.units:
        allowed |= {catalogue.lesson(unit), catalogue.stub_file(unit), *shown(catalogue, unit)}
        folders[catalogue.lesson(unit).parent] = unit
    for name, mend in TOP.items():
        if not (top / name).is_file():
            yield Broken(f"{name} is missing from what students get", place(top / name), mend)
    for path in sorted(files_below(top)):
        test = path.parent in folders and re.fullmatch(r"test_\w+\.py", path.name)
        if path.is_symlink():
            yield Broken("a link lies in what students get", place(path), "put the file itself there")
        elif path not in allowed and not test:
            yield Broken(
                "this file is no part of the course", place(path), "delete it, or move it out of exercises/"
            )


def files_below(top: Path) -> Iterator[Path]:
    """Everything in a folder that is no folder itself; what tools leave behind is passed over."""
    for folder, inner, names in os.walk(top):
        here = Path(folder)
        links = [name for name in inner if (here / name).is_symlink()]
        inner[:] = sorted(n for n in inner if n not in links and not _is_left_behind(here / n, top))
        yield from (here / name for name in (*links, *names) if not _is_left_behind(here / name, top))


def _is_left_behind(path: Path, top: Path) -> bool:
    return path.name in LEFT_BEHIND or path.relative_to(top).as_posix() in LEFT_BEHIND
