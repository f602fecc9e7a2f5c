"""The program that Gradescope runs on each submission: from /autograder/submission to results.json.

Whatever goes wrong, nobody gets a score that was not earned, and nobody loses one: where nothing can be
graded there is no results.json, which Gradescope shows as a failed autograder, or the score of before stays.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import msgspec

from grader.collect.folder import read_one
from grader.course.catalogue import Catalogue
from grader.course.load import load_course
from grader.engine.pool import Pool
from grader.errors import GraderError, KataError
from grader.examine.seed import load_seed
from grader.gradebook.grades import GradedClass
from grader.gradebook.run import Run
from grader.harmless import printable
from grader.report.exports.gradescope.deadline import Deadline
from grader.report.exports.gradescope.metadata import Metadata, read_metadata
from grader.report.exports.gradescope.results import encode, results
from grader.report.exports.gradescope.settings import FILE, Late, Settings, read_settings

FAILED = 1
_KEPT = (
    "This submission could not be graded. That is our fault, not yours: the score of your submission before "
    "stays. Your instructor can have it graded again."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Grade what lies below a folder laid out as /autograder; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("root", type=Path, help="where source, submission and results lie: /autograder")
    parser.add_argument("--sandbox", default="auto", help="as in kata grade")
    given = parser.parse_args(arguments)
    root = Path(given.root).resolve()
    target = root / "results" / "results.json"
    metadata = read_metadata(root / "submission_metadata.json")
    target.parent.mkdir(exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        written = _graded(root, metadata, given.sandbox)
    except Exception as error:
        print(f"NOT GRADED: {error}" if isinstance(error, KataError) else traceback.format_exc())
        written = None
    if written is None and metadata.previous is not None:
        print("the results of the submission before are kept")
        written = encode({**metadata.previous, "output": _KEPT})
    if written is None:
        print("no results.json is written: nobody loses a point. Mend it, and have Gradescope run it again")
        return FAILED
    target.write_bytes(written)
    return 0


def _graded(root: Path, metadata: Metadata, sandbox: str) -> bytes | None:
    """The bytes of results.json; None where nothing could be graded. Raises KataError."""
    began = time.monotonic()
    if sandbox == "unsafe":
        raise GraderError("there is no grading without a sandbox here", 'Leave it at "auto".')
    settings = read_settings(root / "source" / FILE)
    catalogue = fitted(load_course(root / "source" / "course"), settings, metadata.due)
    units, seed = catalogue.chosen(settings.units), load_seed(catalogue.root)
    submission = replace(read_one(root / "submission", catalogue), submitted_at=metadata.created_at)
    with Pool(catalogue, seed, rung=sandbox, workers=1) as pool:
        run = Run(catalogue, units, Deadline(pool, catalogue, settings.wall_seconds), seed)
        for _ in run.answers([submission]):
            pass
        graded = GradedClass(catalogue, units, run.students(), seed.demo, run.facts, run.rung, root)
    _tell(graded, metadata)
    found = results(graded, settings, time.monotonic() - began)
    return None if found is None else encode(found)


def fitted(catalogue: Catalogue, settings: Settings, due: datetime | None) -> Catalogue:
    """The course as it is graded here: its time for a submission, and the due date that counts.

    due: Gradescope's, with extensions; it goes before course.yml's. Where Gradescope's late rule counts
    there is no due date here.
    """
    course = catalogue.course
    chosen = catalogue.chosen(settings.units)
    needed = {unit.id: unit for one in chosen for unit in (one, *catalogue.needed_units(one))}
    seconds = sum(catalogue.unit_seconds(unit) for unit in needed.values())
    budget = course.submission_seconds * min(1.0, settings.cpu_seconds / seconds)
    changed = msgspec.structs.replace(course, submission_seconds=budget)
    if settings.late is Late.GRADESCOPE or due is not None:
        common = None if settings.late is Late.GRADESCOPE else due
        units = tuple(msgspec.structs.replace(unit, due=None) for unit in course.units)
        changed = msgspec.structs.replace(changed, due=common, units=units)
    return Catalogue(changed, catalogue.root)


def _tell(graded: GradedClass, metadata: Metadata) -> None:
    """What instructors read in Gradescope's output of the autograder."""
    if metadata.trouble:
        print(f"note: {metadata.trouble}")
    print(f"sandbox: {graded.rung}", *(f"{name} {value}" for name, value in graded.facts.items()), sep=", ")
    if graded.demo_seed:
        print("note: this autograder was made without a secret seed: everybody can know the hidden cases")
    for student in graded.students:
        for record in student.records:
            print(f"{record.exercise}: {record.verdict}")
            if record.points is None and record.finding is not None:
                print(f"  GRADER ERROR: {printable(record.finding.what)}")


if __name__ == "__main__":
    sys.exit(main())
