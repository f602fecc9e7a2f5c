"""`kata` alone: the map as the last run left it, and where to go on. A new day resumes the old one."""

from collections.abc import Mapping
from pathlib import Path

from grader.course.catalogue import Catalogue
from grader.course.model import Exercise
from grader.examine.judge import shown
from grader.examine.outcome import ExerciseOutcome, Verdict
from grader.student import progress
from grader.student.block import Look
from grader.student.closing import tally, where_next
from grader.student.files import Code
from grader.student.shown import Shown, View
from grader.student.text import EMPTY, Line, Span, plain, wrap
from grader.student.unit_map import map_lines

_VERDICTS = frozenset(map(str, Verdict))


def overview(catalogue: Catalogue, look: Look) -> list[Line]:
    """The lines to print, from the last run's verdicts; nothing is run or imported."""
    files = read_files(catalogue)
    state = progress.load(catalogue.root)
    view = _view(catalogue, files, state)
    lines = list(map_lines(view, look))
    stale = _changed(catalogue, files, state)
    command = _command(catalogue.root)
    if not state.exercises:
        said = f"Nothing was run yet. Begin with: {command}"
    elif stale:
        said = f"Changed since the last run: {', '.join(stale)}. To check it: {command}"
    else:
        said = f"As the last run left it. To check again: {command}"
    rest = [*tally(view, look), *where_next(view, look)]
    said_lines: list[Line] = [[Span(f"  {line}", "quiet")] for line in wrap(plain(said), look.width - 2)]
    return [look.fit(line)[0] for line in [*lines, EMPTY, *rest, EMPTY, *said_lines]]


def read_files(catalogue: Catalogue) -> dict[str, str]:
    """The student's files, unit file -> text; one that cannot be read is left out."""
    files = {}
    for unit in catalogue.units:
        try:
            files[unit.file] = catalogue.stub_file(unit).read_text(encoding="utf-8-sig", errors="replace")
        except OSError:
            continue
    return files


def _view(catalogue: Catalogue, files: Mapping[str, str], state: progress.State) -> View:
    code = Code.of(catalogue, files, f"{catalogue.exercises_dir}/", {})
    seen: dict[str, Shown] = {}
    for exercise in catalogue.exercises:
        last = state.exercises.get(exercise.id)
        if code.untouched(catalogue.unit(exercise.id), exercise):
            seen[exercise.id] = _as_shown(exercise, Verdict.TODO)
        elif last is not None and last.verdict in _VERDICTS:
            seen[exercise.id] = _as_shown(exercise, Verdict(last.verdict))
    return View(catalogue, [exercise.id for exercise in catalogue.exercises], seen, {}, code)


def _as_shown(exercise: Exercise, verdict: Verdict) -> Shown:
    return Shown(exercise, ExerciseOutcome(exercise.id, verdict, ()), of=0)


def _changed(catalogue: Catalogue, files: Mapping[str, str], state: progress.State) -> list[str]:
    changed = []
    for unit in catalogue.units:
        hashes = {state.exercises[e.id].source for e in unit.exercises if e.id in state.exercises}
        if hashes and hashes != {progress.source_hash(files.get(unit.file, ""))}:
            changed.append(shown(str(catalogue.stub_file(unit))))
    return changed


def _command(root: Path) -> str:
    return "pytest" if root == Path.cwd() else f"pytest {shown(str(root))}"
