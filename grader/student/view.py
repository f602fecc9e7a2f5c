"""From a run to what the screen shows of it and what is remembered of it."""

from collections.abc import Mapping
from pathlib import Path

from grader.course.catalogue import Catalogue
from grader.examine.local import LocalBackend
from grader.student import progress
from grader.student.files import Code
from grader.student.results import Tested, sum_up
from grader.student.runner import Runner
from grader.student.shown import View


def view_of(runner: Runner, backend: LocalBackend, own: Mapping[str, str], stopped: str = "") -> View:
    """What the run has shown so far; exercises outside it count as the last run left them."""
    catalogue = runner.desk.catalogue
    code = Code.of(catalogue, backend.files, backend.prefix, runner.failed)
    took_part = {id for id, seen in runner.exercised.items() if seen.selected}
    tested = {
        id: Tested(seen.tests, len(seen.names), seen.printed, seen.trace)
        for id, seen in runner.exercised.items()
        if seen.tests
    }
    known = _known(catalogue, code)
    return View(
        catalogue=catalogue,
        selected=[exercise.id for exercise in catalogue.exercises if exercise.id in took_part],
        shown=sum_up(catalogue, tested, code, known),
        known=known,
        code=code,
        own=own,
        stopped=stopped,
    )


def _known(catalogue: Catalogue, code: Code) -> dict[str, bool]:
    state = progress.load(catalogue.root)
    known: dict[str, bool] = {}
    for exercise in catalogue.exercises:
        unit = catalogue.unit(exercise.id)
        right = progress.still_right(state, code.files, exercise.id, unit.file)
        if code.untouched(unit, exercise):
            right = False
        if right is not None:
            known[exercise.id] = right
    return known


def remember(root: Path, view: View, files: Mapping[str, str]) -> None:
    """Keep the verdicts of the exercises that were checked completely."""
    state = progress.load(root)
    for id, seen in view.shown.items():
        file = view.catalogue.unit(id).file
        if seen.complete and file in files:
            state.exercises[id] = progress.Last(str(seen.verdict), progress.source_hash(files[file]))
    progress.save(root, state)
