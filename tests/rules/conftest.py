"""A course of one torch unit and one numpy unit, held to the real rules; it exists in memory only."""

import textwrap
from pathlib import Path

import msgspec
import pytest

from grader.course.catalogue import Catalogue
from grader.course.load import load_course
from grader.course.model import Course
from grader.rules.verdicts import Rulebook

ROOT = Path(__file__).parents[2]
FLAVOURS = load_course(ROOT).course.rules


def _exercise(id, *symbols, **fields):
    return {"id": id, "title": id, "symbols": list(symbols), "points": 1, **fields}


def _catalogue_of(torch=(), numpy=(), course_rules=FLAVOURS, **fields):
    """A course of the units u08 (torch) and u01 (numpy) with these exercises. fields: of the torch unit"""
    units = [
        {"id": "u01", "title": "t", "folder": "u01_plain", "exercises": list(numpy)},
        {"id": "u02", "title": "t", "folder": "u02_more"},
        {"id": "u03", "title": "t", "folder": "u03_late"},
        {
            "id": "u08",
            "title": "t",
            "folder": "u08_soft",
            "flavour": "torch",
            "exercises": list(torch),
            **fields,
        },
    ]
    course = {
        "id": "c",
        "title": "t",
        "version": "1",
        "units": units,
        "rules": msgspec.to_builtins(course_rules),
    }
    return Catalogue(msgspec.convert(course, Course), Path("/nowhere"))


def _broken_in(catalogue, source, unit="u08", **others):
    """Exercise id -> finding. others: name of another unit's file -> its text"""
    files = {catalogue.unit(unit).file: textwrap.dedent(source)}
    files |= {catalogue.unit(id).file: textwrap.dedent(text) for id, text in others.items()}
    return Rulebook(catalogue).broken(catalogue.unit(unit), files)


@pytest.fixture
def exercise():
    """exercise(id, *symbols, **fields) -> an exercise as course.yml gives it."""
    return _exercise


@pytest.fixture
def catalogue_of():
    """catalogue_of(torch, numpy, **fields of the torch unit) -> a course of these exercises."""
    return _catalogue_of


@pytest.fixture
def broken_in():
    """broken_in(catalogue, source, unit="u08") -> exercise id -> finding."""
    return _broken_in


@pytest.fixture
def strict():
    """Finding of the one exercise of a torch unit, whose symbol is `f`, or None."""
    catalogue = _catalogue_of([_exercise("u08.f", "f")])
    return lambda source, **others: _broken_in(catalogue, source, **others).get("u08.f")


@pytest.fixture
def plain():
    """The same for a numpy unit."""
    catalogue = _catalogue_of((), [_exercise("u01.f", "f")])
    return lambda source: _broken_in(catalogue, source, "u01").get("u01.f")
