"""Grade a class: keep each answer of the pool at once, then write the final files.

Whatever ends a run before its end, the same command again goes on where it stopped, and comes to the same
final files.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from grader.course.catalogue import Catalogue
from grader.course.model import Unit
from grader.examine.seed import Seed
from grader.gradebook.changes import compare
from grader.gradebook.compact import Compact
from grader.gradebook.disk import Appender
from grader.gradebook.folder import ASIDE, EXERCISE_TIMES, FEEDBACK, TIMES, GradesFolder, open_grades
from grader.gradebook.grades import GradedClass
from grader.gradebook.journal import (
    Journal,
    JournalWriter,
    earlier,
    read_journal,
    read_times,
    rewrite,
    time_lines,
)
from grader.gradebook.record import Key
from grader.gradebook.run import AnyPool, Run, Submissions
from grader.gradebook.tables import long_csv, times_csv, wide_csv

ExtraFiles = Callable[[GradedClass], Mapping[str, str]]


class Standing(NamedTuple):
    """How far a run is. done, students: known of in full, of all    results: that it found out and kept"""

    done: int
    students: int
    results: int


Progress = Callable[[Standing], None]


def grade_class(
    catalogue: Catalogue,
    submissions: Submissions,
    pool: AnyPool,
    out: Path,
    *,
    seed: Seed,
    units: Sequence[Unit] | None = None,
    extra_files: ExtraFiles | None = None,
    on_progress: Progress | None = None,
    fresh: bool = False,
    diff: bool = False,
) -> GradedClass:
    """Grade every submission and write the final files into `out`; returns what the reports are made from.

    units: graded ones, all of the catalogue by default    extra_files: final files of the layers above,
    name -> text (feedback, reports)    on_progress: told at the start and after each answer
    fresh: examine what did not change, too    diff: compare with the last run that ended
    Raises UsageError for an `out` that cannot be written, GraderError for a pool that answers nonsense;
    whatever was graded until then stays in the journal.
    """
    chosen = tuple(catalogue.units if units is None else units)
    with open_grades(out) as folder:
        compact = Compact()
        known = earlier(folder, compact)
        seconds = read_times(folder.times)
        folder.begin(fresh)
        stands = read_journal(folder.journal, compact) if fresh else known
        run = Run(catalogue, chosen, pool, seed, stands=stands.latest, compact=compact)
        _examine(folder, run, submissions, on_progress)
        graded = GradedClass(
            catalogue=catalogue,
            units=chosen,
            students=run.students(),
            demo_seed=seed.demo,
            facts=run.facts,
            rung=run.rung,
            out=out,
        )
        if diff:
            last, aside = (read_journal(path, compact).latest for path in (folder.before, folder.aside))
            graded = graded.compared(compare(last, aside, graded.records))
        texts = _texts(graded, extra_files)
        notes = (
            *known.problems,
            *run.reuse.told(len(graded.students)),
            *_left_over(folder, texts, known, graded),
        )
        files = _write(folder, graded, texts, known, {**seconds, **run.seconds})
    return graded.written(files, notes)


def _texts(graded: GradedClass, extra_files: ExtraFiles | None) -> dict[str, str]:
    """The final files for people, name -> text."""
    texts = {"gradebook.csv": wide_csv(graded), "results-long.csv": long_csv(graded)}
    texts |= {"changes.csv": graded.changes.csv()} if graded.changes else {}
    return texts | (dict(extra_files(graded)) if extra_files is not None else {})


def _examine(folder: GradesFolder, run: Run, submissions: Submissions, on_progress: Progress | None) -> None:
    """Ask the pool; each answer is on the disk before the next one is looked at."""

    def report() -> None:
        if on_progress is not None:
            on_progress(Standing(run.done, len(submissions), run.results))

    with JournalWriter(folder.journal) as journal, Appender(folder.times, sync=False) as times:
        report()
        for records in run.answers(submissions):
            took = ((record.key, run.seconds[record.key]) for record in records)
            times.append(b"".join(time_lines(took)))  # first: what the journal holds is not examined again
            journal.write(records)
            report()


def _left_over(
    folder: GradesFolder, texts: Mapping[str, str], known: Journal, graded: GradedClass
) -> tuple[str, ...]:
    """Results and feedback of people who are not in this run are theirs: they stay, and are told of."""
    here = {student.id for student in graded.students}
    absent = sorted({student for student, _ in known.latest} - here)
    notes = []
    if absent:
        kept = f"earlier results are kept in {folder.aside}, their feedback stays"
        notes.append(f"not in this run: {_named(absent)}; their {kept}")
    written = {name.removeprefix(f"{FEEDBACK}/") for name in texts}
    others = [
        name for name in folder.names_in(FEEDBACK) if name not in written and Path(name).stem not in absent
    ]
    if others:
        where = folder.path / FEEDBACK
        notes.append(f"{where} holds files of students who are not in this run: {_named(others)}")
    return tuple(notes)


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")


def _write(
    folder: GradesFolder,
    graded: GradedClass,
    texts: Mapping[str, str],
    known: Journal,
    seconds: Mapping[Key, float],
) -> tuple[Path, ...]:
    """The final files, the journal last. Killed in between, the same command writes the same ones."""
    files = [folder.write(name, text) for name, text in texts.items()]
    keys = {record.key for record in graded.records}
    aside = [known.latest[key] for key in sorted(known.latest) if key not in keys]
    if aside or folder.aside.exists():
        rewrite(folder.path / ASIDE, aside)
    # Those set aside keep their times here: nothing else tells how long they took.
    took = (record.key for record in (*graded.records, *aside))
    folder.write(TIMES, time_lines((key, seconds[key]) for key in took if key in seconds))
    folder.write(EXERCISE_TIMES, times_csv(graded, seconds))
    rewrite(folder.journal, graded.records)
    folder.end()
    return (*files, folder.journal)
