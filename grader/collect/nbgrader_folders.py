"""Where nbgrader keeps a course: folders and database, as its own configuration says."""

import logging
import re
import sys
from collections.abc import Collection
from glob import escape, glob
from pathlib import Path
from typing import Any

from grader.errors import UsageError
from grader.harmless import printable

HELP = "Name the folder that holds nbgrader_config.py, source/ and submitted/."


class NbgraderFolders:
    """nbgrader's own CourseDirectory, asked for paths. db_url: of its database"""

    def __init__(self, root: Path) -> None:
        """Reads nbgrader_config.py: Python, and the instructor's. UsageError where there is no folder."""
        if not root.is_dir():
            raise UsageError(f"{printable(str(root), 500)}: there is no such folder", HELP)
        self.root = root.resolve()
        self._course = _course_directory(self.root)
        self.db_url = str(self._course.db_url)

    def submission(self, student: str, assignment: str) -> Path:
        """submitted/STUDENT/ASSIGNMENT"""
        return self._path(self._course.submitted_directory, student, assignment)

    def feedback(self, student: str, assignment: str) -> Path:
        """feedback/STUDENT/ASSIGNMENT"""
        return self._path(self._course.feedback_directory, student, assignment)

    def submitted(self, assignment: str) -> list[str]:
        """The students who have a folder for this assignment, sorted."""
        step = self._course.submitted_directory
        pattern = self._course.format_path(step, "(?P<student>.*)", assignment, escape=True)
        wanted = str(self.submission("*", assignment)).removeprefix(str(self.root))
        found = (re.fullmatch(pattern, path) for path in glob(escape(str(self.root)) + wanted))
        return sorted(match["student"] for match in found if match)

    def given(self, assignment: str) -> Collection[str]:
        """The names of files that came with the assignment, its notebooks left out."""
        source = self._path(self._course.source_directory, ".", assignment)
        files = (path.relative_to(source) for path in source.rglob("*") if path.suffix != ".ipynb")
        return frozenset(file.as_posix() for file in files)

    def _path(self, step: str, student: str, assignment: str) -> Path:
        return Path(self._course.format_path(step, student, assignment))


def _course_directory(root: Path) -> Any:
    try:
        from nbgrader.apps.baseapp import NbGrader  # noqa: PLC0415  what only instructors have
    except ImportError as error:
        raise UsageError("this command needs nbgrader", "pip install 'katagrad[instructor]'") from error
    searched = list(sys.path)
    app = NbGrader(log_level=logging.CRITICAL, raise_config_file_errors=True)
    try:
        app.initialize([], root=str(root))
    except (Exception, SystemExit) as error:  # the configuration is a program, and may raise anything
        why = f" ({type(error).__name__}: {printable(str(error), 200)})" if str(error) else ""
        help = "Mend it: `nbgrader list` in that folder says what nbgrader makes of it."
        raise UsageError(f"{root / 'nbgrader_config.py'}: nbgrader cannot read it{why}", help) from None
    finally:
        sys.path[:] = searched
    return app.coursedir
