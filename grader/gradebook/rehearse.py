"""What a regrade would change, found out in memory: no file changes, and none is left behind."""

from collections.abc import Sequence
from pathlib import Path

from grader.course.catalogue import Catalogue
from grader.course.model import Unit
from grader.examine.seed import Seed
from grader.gradebook.changes import compare
from grader.gradebook.classfile import FILE
from grader.gradebook.compact import Compact
from grader.gradebook.folder import open_gradebook
from grader.gradebook.grades import GradedClass
from grader.gradebook.journal import earlier, read_attempts, read_journal
from grader.gradebook.run import AnyPool, Run, Submissions
from grader.gradebook.session import Progress, Standing, graded_class, strangers
from grader.gradebook.settle import check_units
from grader.gradebook.totals import earlier_scheme


def rehearse(
    catalogue: Catalogue,
    submissions: Submissions,
    pool: AnyPool,
    out: Path,
    *,
    seed: Seed,
    units: Sequence[Unit] | None = None,
    on_progress: Progress | None = None,
    fresh: bool = False,
    notes: Sequence[str] = (),
) -> GradedClass:
    """The class as `grade_class` with `diff` would make it, compared with the last run that ended.

    Raises UsageError where `out` holds no gradebook or another run writes into it, GraderError for a pool
    that answers nonsense. Stopped, it has kept nothing.
    """
    chosen = tuple(catalogue.units if units is None else units)
    check_units(catalogue, chosen)
    with open_gradebook(out) as folder:
        compact = Compact()
        known = earlier(folder, compact)
        others, torn = read_attempts(folder.attempts, compact)
        last = read_journal(folder.before if folder.underway else folder.journal, compact)
        aside = read_journal(folder.aside, compact)
        stands = ({}, {}) if fresh else (known.latest, others)
        run = Run(catalogue, chosen, pool, seed, stands=stands[0], others=stands[1], compact=compact)
        for _ in run.answers(submissions):
            if on_progress is not None:
                on_progress(Standing(run.done, len(submissions), 0))
        graded = graded_class(catalogue, chosen, run, seed, out)
        changes = compare(last.latest, aside.latest, graded.records)
        graded = graded.compared(changes, earlier_scheme(out / FILE, catalogue))
        told = (*notes, *known.problems, *torn, *strangers(graded), *run.reuse.told(len(graded.students)))
    return graded.written((), told)
