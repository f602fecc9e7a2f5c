"""nbgrader's course folder, filled with the source notebooks of a course."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from grader.course.assignment import FILE, assignment_json
from grader.course.catalogue import Catalogue
from grader.course.model import Unit
from grader.errors import CourseError, UsageError
from grader.release.disk import holds, put
from grader.release.notebook import MARK, content_hash, source_notebook

CONFIG = "nbgrader_config.py"
PICTURES = frozenset({".svg", ".png", ".jpg", ".jpeg", ".gif"})
_CONFIG_TEXT = '''\
"""What nbgrader needs to know of this course; see nbgrader's documentation for all that it can be told."""

c = get_config()
c.CourseDirectory.course_id = "{id}"
'''


def release_notebooks(
    catalogue: Catalogue, units: Sequence[Unit], place: Path, *, force: bool = False
) -> list[Path]:
    """Write source/UNIT/NAME.ipynb, and beside it what its public tests need. Returns the files that changed.

    force: also over notebooks that people changed. Nothing is written when any source is wrong: CourseError.
    Raises UsageError for a notebook that is not ours or was changed, and when the disk refuses.
    """
    files: dict[Path, bytes] = {}
    for unit in units:
        files |= {place / "source" / unit.folder / name: data for name, data in _files(catalogue, unit)}
    if not force:
        _refuse_changed([path for path in files if path.suffix == ".ipynb"])
    if not (place / CONFIG).exists():
        files = {place / CONFIG: _CONFIG_TEXT.format(id=catalogue.course.id).encode(), **files}
    changed = [path for path, data in files.items() if not holds(path, data)]
    for path in changed:
        put(path, files[path])
    return changed


def _files(catalogue: Catalogue, unit: Unit) -> Iterator[tuple[str, bytes]]:
    """The files of one assignment: its notebook, the public tests, the catalogue, the lesson's pictures."""
    yield f"{unit.name}.ipynb", source_notebook(catalogue, unit).encode()
    tests = catalogue.public_tests(unit)
    yield tests.name, _bytes(tests)
    yield FILE, assignment_json(catalogue.course, unit).encode()
    lesson = _bytes(catalogue.lesson(unit)).decode("utf-8", "replace")
    for picture in sorted(tests.parent.iterdir()):
        if picture.suffix in PICTURES and f"({picture.name})" in lesson:
            yield picture.name, _bytes(picture)


def _refuse_changed(notebooks: Sequence[Path]) -> None:
    for path in notebooks:
        try:
            found = msgspec.json.decode(path.read_bytes())
            same = content_hash(found) == found["metadata"][MARK]
        except FileNotFoundError:
            continue
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, LookupError, TypeError, AttributeError):
            same = False
        if not same:
            raise UsageError(
                f"{path}: was changed since `kata release` wrote it, or was written by somebody else",
                "Move your changes into the course, or replace it all the same: --force.",
            )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        what = f"{path}: cannot be read: {error.strerror}"
        raise CourseError(what, "the notebook's public tests need it") from None
