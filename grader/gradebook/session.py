"""Grade a class: keep each answer of the pool at once, then write the final files.

Whatever ends a run before its end, the same command again goes on where it stopped, and comes to the same
final files.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from grader.course.catalogue import Catalogue
from grader.course.model import Unit
from grader.examine.seed import Seed
from grader.gradebook.changes import compare
from grader.gradebook.classfile import FILE, class_file, encode_class
from grader.gradebook.compact import Compact
from grader.gradebook.disk import Appender
from grader.gradebook.folder import (
    ASIDE,
    ATTEMPTS,
    EXERCISE_TIMES,
    FEEDBACK,
    TIMES,
    GradesFolder,
    open_grades,
)
from grader.gradebook.grades import GradedClass
from grader.gradebook.journal import (
    Journal,
    JournalWriter,
    earlier,
    read_attempts,
    read_journal,
    read_times,
    rewrite,
    time_lines,
)
from grader.gradebook.nbstore_keep import keep
from grader.gradebook.plain import printable
from grader.gradebook.record import AttemptKey, Key, Record
from grader.gradebook.run import AnyPool, Run, Submissions
from grader.gradebook.settle import check_units
from grader.gradebook.tables import long_csv, times_csv, wide_csv
from grader.gradebook.totals import earlier_scheme

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
    notes: Sequence[str] = (),
    gradebook: str | None = None,
) -> GradedClass:
    """Grade every submission and write the final files into `out`; returns what the reports are made from.

    units: graded ones, all of the catalogue by default    extra_files: final files of the layers above,
    name -> text (feedback, reports)    on_progress: told at the start and after each answer
    fresh: examine what did not change, too    diff: compare with the last run that ended
    notes: what else the instructor should know
    gradebook: nbgrader's database to write the class into, see `nbstore`
    Raises UsageError for an `out` or a database that cannot be written, GraderError for a pool that answers
    nonsense; whatever was graded until then stays in the journal.
    """
    chosen = tuple(catalogue.units if units is None else units)
    check_units(catalogue, chosen)
    with open_grades(out) as folder:
        compact = Compact()
        known = earlier(folder, compact)
        seconds = read_times(folder.times)
        folder.begin(fresh)
        stands = read_journal(folder.journal, compact) if fresh else known
        others, torn = read_attempts(folder.attempts, compact)
        run = Run(catalogue, chosen, pool, seed, stands=stands.latest, others=others, compact=compact)
        _examine(folder, run, submissions, on_progress)
        graded = graded_class(catalogue, chosen, run, seed, out)
        if diff:
            last, aside = (read_journal(path, compact).latest for path in (folder.before, folder.aside))
            then = earlier_scheme(out / FILE, catalogue)
            graded = graded.compared(compare(last, aside, graded.records), then)
        texts = _texts(graded, extra_files)
        told = (
            *notes,
            *known.problems,
            *torn,
            *strangers(graded),
            *run.reuse.told(len(graded.students)),
            *_left_over(folder, texts, known, graded),
        )
        kept = {key: record for key, record in others.items() if key[:2] not in graded.keys} | run.others()
        files = _write(folder, graded, texts, known, seconds={**seconds, **run.seconds}, attempts=kept)
        if gradebook is not None:
            stored = keep(folder, graded, gradebook)
            files, told = (*files, *stored.files), (*told, *stored.notes)
        folder.end()
    return graded.written((*files, folder.journal), told)


def graded_class(catalogue: Catalogue, units: Sequence[Unit], run: Run, seed: Seed, out: Path) -> GradedClass:
    """The class of a run that has all its answers."""
    return GradedClass(
        catalogue=catalogue,
        units=tuple(units),
        students=run.students(),
        demo_seed=seed.demo,
        facts=run.facts,
        rung=run.rung,
        out=out,
    )


def strangers(graded: GradedClass) -> Iterator[str]:
    """Who handed in and is not on the roster, where there is one."""
    unknown = [printable(student.id) for student in graded.students if student.person is None]
    if unknown and len(unknown) < len(graded.students):
        yield f"not on the roster, and graded all the same: {_named(unknown, 40)}"


def _texts(graded: GradedClass, extra_files: ExtraFiles | None) -> dict[str, str]:
    """The final files for people, name -> text."""
    file = class_file(graded)
    texts = {"gradebook.csv": wide_csv(file), "results-long.csv": long_csv(file), FILE: encode_class(file)}
    texts |= {"changes.csv": graded.changes.csv()} if graded.changes else {}
    return texts | (dict(extra_files(graded)) if extra_files is not None else {})


def _examine(folder: GradesFolder, run: Run, submissions: Submissions, on_progress: Progress | None) -> None:
    """Ask the pool; each answer is on the disk before the next one is looked at."""

    def report() -> None:
        if on_progress is not None:
            on_progress(Standing(run.done, len(submissions), run.results))

    with ExitStack() as files:
        journal = files.enter_context(JournalWriter(folder.journal))
        times = files.enter_context(Appender(folder.times, sync=False))
        attempts: JournalWriter | None = None
        report()
        for records, counts in run.answers(submissions):
            if counts:
                took = ((record.key, run.seconds[record.key]) for record in records)
                times.append(b"".join(time_lines(took)))  # first: what the journal holds is not run again
                journal.write(records)
            elif records:  # the others of the student decide whether these count
                attempts = attempts or files.enter_context(JournalWriter(folder.attempts))
                attempts.write(records)
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


def _named(names: Sequence[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def _write(
    folder: GradesFolder,
    graded: GradedClass,
    texts: Mapping[str, str],
    known: Journal,
    *,
    seconds: Mapping[Key, float],
    attempts: Mapping[AttemptKey, Record],
) -> tuple[Path, ...]:
    """The final files, the journals last. Killed in between, the same command writes the same ones."""
    files = [folder.write(name, text) for name, text in texts.items()]
    aside = [known.latest[key] for key in sorted(known.latest) if key not in graded.keys]
    if aside or folder.aside.exists():
        rewrite(folder.path / ASIDE, aside)
    # Those set aside keep their times here: nothing else tells how long they took.
    took = (record.key for record in (*graded.records, *aside))
    folder.write(TIMES, time_lines((key, seconds[key]) for key in took if key in seconds))
    folder.write(EXERCISE_TIMES, times_csv(graded, seconds))
    rewrite(folder.journal, graded.records)
    if attempts:  # after the journal: until then they may hold what counts
        rewrite(folder.attempts, (attempts[key] for key in sorted(attempts)))
    else:
        folder.remove(ATTEMPTS)
    return tuple(files)
