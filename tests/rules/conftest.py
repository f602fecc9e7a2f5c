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


def exercise(id, *symbols, **fields):
    return {"id": id, "title": id, "symbols": list(symbols), "points": 1, **fields}


def catalogue_of(torch=(), numpy=(), rules=FLAVOURS, **fields):
    """A course of the units u08 (torch) and u01 (numpy) with these exercises. fields: of the torch unit"""
    units = [
        {"id": "u01", "title": "t", "folder": "u01_plain", "exercises": list(numpy)},
        {
            "id": "u08",
            "title": "t",
            "folder": "u08_soft",
            "flavour": "torch",
            "exercises": list(torch),
            **fields,
        },
    ]
    course = {"id": "c", "title": "t", "version": "1", "units": units, "rules": msgspec.to_builtins(rules)}
    return Catalogue(msgspec.convert(course, Course), Path("/nowhere"))


def broken_in(catalogue, source, unit="u08", **others):
    """Exercise id -> finding. others: name of another unit's file -> its text"""
    files = {catalogue.unit(unit).file: textwrap.dedent(source)}
    files |= {catalogue.unit(id).file: textwrap.dedent(text) for id, text in others.items()}
    return Rulebook(catalogue).broken(catalogue.unit(unit), files)


@pytest.fixture
def strict():
    """Finding of the one exercise of a torch unit, whose symbol is `f`, or None."""
    catalogue = catalogue_of([exercise("u08.f", "f")])
    return lambda source, **others: broken_in(catalogue, source, **others).get("u08.f")


@pytest.fixture
def plain():
    """The same for a numpy unit."""
    catalogue = catalogue_of((), [exercise("u01.f", "f")])
    return lambda source: broken_in(catalogue, source, "u01").get("u01.f")
