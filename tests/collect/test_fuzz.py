"""Random archives and garbage: nothing is raised, everything is said in lines, and the neighbour is read."""

import importlib.util
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.collect.magics import plain_python
from grader.collect.member import Unreadable
from grader.collect.notebook import notebook_source
from grader.collect.texts import decode, parse_time

QUICK = settings(
    max_examples=150,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def fuzz():
    """The longer fuzz, which is a command of its own."""
    spec = importlib.util.spec_from_file_location("fuzz", Path(__file__).with_name("fuzz.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.filterwarnings("ignore:Duplicate name")
@QUICK
@given(seed=st.integers(min_value=0, max_value=1 << 32))
def test_random_uploads_are_read_or_refused_in_a_line(handed_in, catalogue, fuzz, seed):
    if not (handed_in.folder / "honest").exists():
        handed_in.put("honest", {"u01_slopes/slopes.py": "x = 1\n"})
    fuzz.tried(catalogue, handed_in.folder, seed)


@QUICK
@given(raw=st.binary(max_size=200))
def test_garbage_is_no_text_no_time_and_no_notebook(raw):
    said = []
    for read in (decode, parse_time, notebook_source):
        try:
            read(raw)
        except Unreadable as error:
            said.append(str(error))
    assert all(text.isprintable() for text in said)


@QUICK
@given(cell=st.text(alphabet="%!?='\"()#\\ \nax.", max_size=60))
def test_every_line_of_a_cell_keeps_its_place(cell):
    lines = plain_python(cell)
    before = cell.split("\n")
    assert len(lines) == len(before)
    for line, was in zip(lines, before, strict=True):
        assert (
            line == was
            or (line.lstrip().startswith(("#", "pass  # ")) and was.strip() in line)
            or not was.strip()
        )
