"""Feedback where nbgrader looks for it: `feedback/STUDENT/ASSIGNMENT/NAME.html`, and the same as text."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from grader.collect.choose import STAMP
from grader.collect.nbgrader_folders import NbgraderFolders
from grader.course.model import Unit
from grader.gradebook.disk import clear_errors, write_atomically
from grader.gradebook.folder import FEEDBACK
from grader.gradebook.grades import GradedClass

_BESIDE = (STAMP, "submission_secret.txt")  # what `nbgrader release_feedback` needs of the submission


def hand_back(
    graded: GradedClass, folders: NbgraderFolders, unit: Unit, students: Mapping[str, str]
) -> list[Path]:
    """Copy feedback out of GRADES; returns the pages, which only their owner can read.

    students: id -> folder of everybody who submitted    Raises UsageError when the disk refuses.
    """
    pages = []
    for id, name in students.items():
        place = folders.feedback(name, unit.folder)
        own = graded.out / FEEDBACK / id
        with clear_errors(place):
            place.mkdir(parents=True, exist_ok=True)
            for end in (".html", ".txt"):
                write_atomically(place / f"{unit.name}{end}", own.with_name(own.name + end).read_bytes())
            for file in _BESIDE:
                beside = folders.submission(name, unit.folder) / file
                if beside.is_file() and not beside.is_symlink():
                    shutil.copyfile(beside, place / file)
        pages.append(place / f"{unit.name}.html")
    return pages
