"""Feedback where nbgrader looks for it: `feedback/STUDENT/ASSIGNMENT/NAME.html`, and the same as text."""

import shutil
from collections.abc import Mapping
from html import escape
from pathlib import Path

from grader.collect.choose import STAMP
from grader.collect.nbgrader_folders import NbgraderFolders
from grader.course.model import Unit
from grader.gradebook.disk import clear_errors, write_atomically
from grader.gradebook.folder import FEEDBACK
from grader.gradebook.grades import GradedClass

_BESIDE = (STAMP, "submission_secret.txt")  # what `nbgrader release_feedback` needs of the submission
_PAGE = '<!DOCTYPE html>\n<html lang="en"><meta charset="utf-8"><title>{title}</title>\n<pre>{text}</pre>\n'


def hand_back(
    graded: GradedClass, folders: NbgraderFolders, unit: Unit, students: Mapping[str, str]
) -> list[Path]:
    """Copy everybody's feedback out of GRADES; returns the pages, which only their owner can read.

    students: id -> name of the student's folder    Raises UsageError when the disk refuses.
    """
    pages = []
    for student in graded.students:
        name = students[student.id]
        place = folders.feedback(name, unit.folder)
        source = graded.out / FEEDBACK
        text = (source / f"{student.id}.txt").read_bytes()
        page = source / f"{student.id}.html"
        files = {f"{unit.name}.html": page.read_bytes() if page.is_file() else _page(unit, text)}
        files[f"{unit.name}.txt"] = text
        with clear_errors(place):
            place.mkdir(parents=True, exist_ok=True)
            for file, data in files.items():
                write_atomically(place / file, data)
            for file in _BESIDE:
                beside = folders.submission(name, unit.folder) / file
                if beside.is_file() and not beside.is_symlink():
                    shutil.copyfile(beside, place / file)
        pages.append(place / f"{unit.name}.html")
    return pages


def _page(unit: Unit, text: bytes) -> bytes:
    return _PAGE.format(title=escape(unit.title), text=escape(text.decode())).encode()
