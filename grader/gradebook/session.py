"""Grade a class: keep each answer of the pool at once, then write the final files."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from grader.collect.submission import Submission
from grader.course.catalogue import Catalogue
from grader.course.model import Unit
from grader.errors import GraderError
from grader.examine.seed import Seed
from grader.gradebook.folder import GradesFolder, open_grades
from grader.gradebook.grades import GradedClass
from grader.gradebook.journal import JournalWriter, read_journal, rewrite
from grader.gradebook.plain import count
from grader.gradebook.run import AnyPool, Run
from grader.gradebook.tables import long_csv, wide_csv

Progress = Callable[[int, int], None]
ExtraFiles = Callable[[GradedClass], Mapping[str, str]]
_UNSAFE_IN_NAMES = frozenset('/\\:*?"<>|')


def grade_class(
    catalogue: Catalogue,
    submissions: Sequence[Submission],
    pool: AnyPool,
    out: Path,
    *,
    seed: Seed,
    units: Sequence[Unit] | None = None,
    extra_files: ExtraFiles | None = None,
    on_progress: Progress | None = None,
) -> GradedClass:
    """Grade every submission and write the final files into `out`; returns what the reports are made from.

    units: graded ones, all of the catalogue by default    extra_files: final files of the layers above,
    name -> text (feedback, reports)    on_progress(done, total): at the start and after each answer
    Raises UsageError for an `out` that cannot be written, GraderError for a pool that answers nonsense;
    whatever was graded until then stays in the journal.
    """
    chosen = tuple(catalogue.units if units is None else units)
    check_ids([submission.id for submission in submissions])
    with open_grades(out) as folder:
        notes = _earlier(folder)
        run = Run(catalogue, chosen, submissions, pool, seed)
        jobs = run.jobs()
        with JournalWriter(folder.journal) as journal:
            journal.append(run.not_handed_in())
            _report(on_progress, 0, len(jobs))
            for done, records in enumerate(run.answers(jobs), start=1):
                journal.append(records)
                _report(on_progress, done, len(jobs))
        graded = GradedClass(
            catalogue=catalogue,
            units=chosen,
            students=run.students(),
            demo_seed=seed.demo,
            facts=run.facts,
            rung=run.rung,
            out=out,
        )
        texts = {"gradebook.csv": wide_csv(graded), "results-long.csv": long_csv(graded)}
        texts |= extra_files(graded) if extra_files is not None else {}
        notes += _left_over(folder, texts)
        files = _write(folder, graded, texts, run.seconds)
    return graded.written(files, notes)


def check_ids(ids: Sequence[str]) -> None:
    """Ids become file names. GraderError for one that could leave the folder: ingest lets none through."""
    for id in ids:
        safe = id and id.isprintable() and not id.startswith((".", " ")) and not _UNSAFE_IN_NAMES & set(id)
        if not safe or len(id.encode()) > 200:
            raise GraderError(f"the student's id {id!r} is no safe file name", "Rename that submission.")
    if len(set(ids)) < len(ids):
        raise GraderError("two submissions have the same id", "Rename one of them.")


def _report(on_progress: Progress | None, done: int, total: int) -> None:
    if on_progress is not None:
        on_progress(done, total)


def _earlier(folder: GradesFolder) -> tuple[str, ...]:
    """What lies there from an earlier run, and what becomes of it."""
    journal = read_journal(folder.journal)
    if not journal.records:
        return journal.problems
    told = (
        f"{folder.journal} held {count(len(journal.records), 'earlier result')}:"
        " everything was graded afresh, and the new results replace them"
    )
    return (*journal.problems, told)


def _left_over(folder: GradesFolder, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Feedback of people who are not in this run is theirs: it stays, and is named."""
    written = {name.removeprefix("feedback/") for name in texts}
    others = [name for name in folder.names_in("feedback") if name not in written]
    if not others:
        return ()
    named = ", ".join(others[:5]) + (", ..." if len(others) > 5 else "")
    return (f"{folder.path / 'feedback'} holds files of students who are not in this run: {named}",)


def _write(
    folder: GradesFolder,
    graded: GradedClass,
    texts: Mapping[str, str],
    seconds: Mapping[tuple[str, str], float],
) -> tuple[Path, ...]:
    """The final files. The journal is put in order last: until then it tells a later run what happened."""
    files = [folder.write(name, text) for name, text in texts.items()]
    times = (
        {
            "submission": record.submission,
            "exercise": record.exercise,
            "seconds": round(seconds[record.key], 6),
        }
        for record in graded.records
        if record.key in seconds
    )
    folder.write("times.jsonl", "".join(msgspec.json.encode(line).decode() + "\n" for line in times))
    rewrite(folder.journal, graded.records)
    return (*files, folder.journal)
