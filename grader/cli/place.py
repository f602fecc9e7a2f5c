"""Where the course is, when the command line does not say."""

from pathlib import Path

from grader.errors import UsageError


def find_course(named: Path | None) -> Path:
    """The course.yml that was named, or the nearest one: here or in a folder above. UsageError without.

    The path is absolute: grading processes and pytest compare paths with those of the course.
    """
    if named is not None:
        return named.resolve()
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / "course.yml").is_file():
            return folder / "course.yml"
    raise UsageError(
        f"no course.yml in {here} or above it", "Go to the folder of the course, or name it: --course PATH."
    )
