"""A small course, and ways to hand things in to it."""

import io
import tarfile
import tracemalloc
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from grader.collect.folder import collect_class
from grader.collect.submission import BOUNDS, Submission
from grader.course.catalogue import Catalogue
from grader.course.model import Course, Exercise, Unit
from grader.harmless import printable


def _unit(id: str, folder: str) -> Unit:
    exercise = Exercise(id=f"{id}.f", title="F", symbols=("f",), points=1)
    return Unit(id=id, title=folder, folder=folder, exercises=(exercise,))


CATALOGUE = Catalogue(
    Course(
        id="tiny",
        title="Tiny",
        version="1",
        units=(
            _unit("u01", "u01_slopes"),
            _unit("u02", "u02_rules"),
            Unit(id="u03", title="Planned", folder="u03_later"),
        ),
    ),
    Path("nowhere"),
)


class ClassFolder:
    """The folder of submissions of one test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, id: str, files: Mapping[str, str | bytes]) -> Path:
        """A student's folder with these files."""
        (self.folder / id).mkdir()
        for name, data in files.items():
            path = self.folder / id / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return self.folder / id

    def zip(self, name: str, files: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
        """A zip archive with these files; a name that ends in / is a folder."""
        with zipfile.ZipFile(self.folder / name, "w", method) as archive:
            for member, data in files.items():
                info = zipfile.ZipInfo(member)
                info.filename = member  # exactly so, whatever zipfile makes of it
                info.compress_type = method
                archive.writestr(info, data)
        return self.folder / name

    def tar(self, name: str, files: Mapping[str, str | bytes], packing: str = "", form: int = 1) -> Path:
        """A tar archive with these files."""
        with tarfile.open(self.folder / name, f"w:{packing}", format=form) as archive:
            for member, data in files.items():
                raw = data if isinstance(data, bytes) else data.encode()
                info = tarfile.TarInfo(member)
                info.size = len(raw)
                archive.addfile(info, io.BytesIO(raw))
        return self.folder / name

    def collect(self, bounds=BOUNDS) -> dict[str, Submission]:
        """The whole class by id; every text in it is safe to print."""
        found = collect_class(self.folder, CATALOGUE, bounds)
        assert [s.id for s in found] == sorted({s.id for s in found})
        for submission in found:
            for text in (submission.id, *submission.problems, *submission.ignored):
                assert text == printable(text), ascii(text)
        return {submission.id: submission for submission in found}

    def one(self, bounds=BOUNDS) -> Submission:
        """The only submission."""
        (submission,) = self.collect(bounds).values()
        return submission


@pytest.fixture
def handed_in(tmp_path) -> ClassFolder:
    folder = tmp_path / "class"
    folder.mkdir()
    return ClassFolder(folder)


@pytest.fixture
def catalogue() -> Catalogue:
    return CATALOGUE


@pytest.fixture
def memory_of():
    """Calls a function and gives its result with the most bytes that Python held meanwhile."""

    def measure(call):
        tracemalloc.start()
        try:
            return call(), tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    return measure
