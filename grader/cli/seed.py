"""`kata seed`: the secret that decides the hidden cases. What it needs is imported when it runs."""
# ruff: noqa: PLC0415

import secrets
from typing import Annotated

import typer

from grader.cli.place import CourseOption, find_course
from grader.errors import UsageError


def seed(
    course: CourseOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the seed; the old one is kept beside it.")
    ] = False,
) -> None:
    """Make the course's secret seed, `.secret/seed` beside course.yml: it decides the hidden cases."""
    from grader.examine.seed import load_seed
    from grader.gradebook.disk import clear_errors, write_atomically

    file = find_course(course)
    root = file if file.is_dir() else file.parent
    if not (root / "course.yml").is_file():
        raise UsageError(f"{root} holds no course.yml", "Name the course: kata seed --course PATH.")
    path = root / ".secret" / "seed"
    if path.exists() and not force:
        raise UsageError(
            f"{path} exists: another seed means other hidden cases, and scores may change",
            "To replace it all the same: kata seed --force.",
        )
    with clear_errors(path):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.parent.chmod(0o700)
        if path.exists():
            write_atomically(path.with_name("seed.before"), path.read_bytes())
        write_atomically(path.with_name(".gitignore"), b"*\n")
        write_atomically(path, secrets.token_hex(32).encode() + b"\n")
    print(f"{path} made (fingerprint {load_seed(root).fingerprint}). Keep a copy: it cannot be made again.")
