"""The autograder for Gradescope: one zip with the course, its solutions, its seed, and katagrad. PRIVATE."""

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from grader.course.catalogue import RELEASED, Catalogue
from grader.course.model import Unit
from grader.errors import UsageError
from grader.gradebook.classfile import worth
from grader.gradebook.disk import clear_errors, write_atomically
from grader.release.wheel import make_wheel
from grader.release.zipped import zipped
from grader.report.exports.gradescope.scripts import RUN, setup_script
from grader.report.exports.gradescope.settings import FILE, Late, Settings, Visibility
from grader.report.exports.pins import pins

_ALWAYS = ("katagrad", "ruamel.yaml")
_SKIPPED = frozenset({"__pycache__", ".hypothesis", ".pytest_cache", ".ipynb_checkpoints", "backups"})
_BANK = ("wrong_", "right_")  # proofs of the tests; nothing is graded with them
_README = """\
PRIVATE. This autograder holds the solutions, the hidden tests and the secret seed of the course.
Upload it to Gradescope as it is (Configure Autograder, Zip file), and give it to nobody else.
Made by `kata export gradescope`; docs/exports.md explains it.
"""


@dataclass(frozen=True)
class Bundle:
    """What was written. units: ids    points: what to enter in Gradescope    secret_seed: there is one"""

    path: Path
    units: tuple[str, ...]
    points: float
    visibility: Visibility
    secret_seed: bool
    torch: bool


def write_bundle(
    catalogue: Catalogue,
    to: Path,
    *,
    unit_ids: Iterable[str] = (),
    late: Late = Late.OURS,
    visibility: Visibility | None = None,
    pip: str = "",
) -> Bundle:
    """Write the zip, readable for its owner alone; the same course gives the same bytes.

    visibility: by default after publishing where course.yml says when feedback is published, else at once
    pip: further words for pip install    Raises UsageError where a file cannot be read or written.
    """
    units = catalogue.chosen(unit_ids)
    if to.suffix != ".zip":
        raise UsageError(f"{to} does not end in .zip", "Gradescope takes a zip: --to autograder.zip.")
    shown = visibility or _visibility(catalogue)
    settings = Settings(units=tuple(unit.id for unit in units), late=late, visibility=shown)
    torch = any(unit.flavour == "torch" for one in units for unit in (one, *catalogue.needed_units(one)))
    needs = [name for name in (*_ALWAYS, *(["torch"] if torch else [])) if name != "katagrad"]
    wheel = make_wheel()
    files = {
        "setup.sh": setup_script(wheel.name, needs, _words(pip)).encode(),
        "run_autograder": RUN.encode(),
        "PRIVATE.txt": _README.encode(),
        FILE: msgspec.json.format(msgspec.json.encode(settings)) + b"\n",
        "constraints.txt": _constraints(torch).encode(),
        wheel.name: wheel.data,
    }
    modes = {"setup.sh": 0o755, "run_autograder": 0o755, "PRIVATE.txt": 0o600, FILE: 0o600}
    for path in course_files(catalogue):
        name = f"course/{path.relative_to(catalogue.root).as_posix()}"
        modes[name] = 0o600
        with clear_errors(path, "read"):
            files[name] = path.read_bytes()
    with clear_errors(to):
        write_atomically(to, zipped(files, modes))
    points = worth(exercise for unit in units for exercise in unit.exercises)
    seed = (catalogue.root / ".secret" / "seed").is_file()
    return Bundle(to, settings.units, points, shown, seed, torch)


def course_files(catalogue: Catalogue) -> Iterator[Path]:
    """What grading reads of a course: course.yml, the seed, stubs and tests, references and hidden tests."""
    yield catalogue.root / "course.yml"
    seed = catalogue.root / ".secret" / "seed"
    if seed.is_file():
        yield seed
    for name in ("pytest.ini", RELEASED):
        if (catalogue.exercises_dir / name).is_file():
            yield catalogue.exercises_dir / name
    for unit in catalogue.units:
        yield from _unit_files(catalogue, unit)


def _unit_files(catalogue: Catalogue, unit: Unit) -> Iterator[Path]:
    public, secret = catalogue.exercises_dir / unit.folder, catalogue.solutions_dir / unit.folder
    for folder in (public, secret):
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            wanted = path.suffix not in (".md", ".svg", ".pyc") and not _SKIPPED & set(inside.parts)
            if (
                path.is_file()
                and not path.is_symlink()
                and wanted
                and not path.name.startswith((".", *_BANK))
            ):
                yield path


def _visibility(catalogue: Catalogue) -> Visibility:
    waits = catalogue.course.feedback.published is not None
    return Visibility.AFTER_PUBLISHED if waits else Visibility.VISIBLE


def _constraints(torch: bool) -> str:
    wanted = (*_ALWAYS, *(["torch"] if torch else []))
    return "".join(f"{name}=={version}\n" for name, version in pins(wanted).items())


def _words(pip: str) -> list[str]:
    try:
        return shlex.split(pip)
    except ValueError as error:
        raise UsageError(f"--pip {pip}: {error}", "Write it as in a shell, with quotes that end.") from None
