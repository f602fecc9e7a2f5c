"""Units in this process: one name, one class, nothing left behind, and references beside them."""

import sys

import pytest

from grader.course.model import Exercise, Unit
from grader.errors import SubmissionError
from grader.examine.local import LocalBackend


def unit(id, name):
    exercise = Exercise(id=f"{id}.f", title="f", symbols=("f",), points=1)
    return Unit(id=id, title=name, folder=f"{id}_{name}", exercises=(exercise,))


FIRST, SECOND, THIRD = unit("u01", "first"), unit("u02", "second"), unit("u03", "third")
FILES = {
    "u01_first/first.py": "who = 'student'\nclass Value: pass\ndef fail(): return 1 / 0\n",
    "u02_second/second.py": "import u01_first.first as whole\nfrom u01_first.first import Value, who\n",
}
REFERENCE = {file: text.replace("student", "reference") for file, text in FILES.items()}
BROKEN = FILES | {"u01_first/first.py": "def f(:\n"}


@pytest.fixture
def backend():
    made = LocalBackend(FILES)
    yield made
    made.close()


def test_the_same_module_for_every_test(backend):
    assert backend.open(FIRST) is backend.open(FIRST)
    assert backend.open(FIRST).__name__ == "u01_first.first"


def test_one_class_whoever_imports_it(backend):
    assert backend.open(SECOND).Value is backend.open(FIRST).Value
    assert backend.open(SECOND).whole is backend.open(FIRST)


def test_a_missing_file_is_told(backend):
    with pytest.raises(SubmissionError, match=r"u03_third/third\.py is missing"):
        backend.open(THIRD)


def test_an_import_that_fails_is_tried_once():
    backend = LocalBackend({"u01_first/first.py": "import builtins\nbuiltins.tries.append(1)\n1 / 0\n"})
    import builtins

    builtins.tries = []
    try:
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                backend.open(FIRST)
        assert builtins.tries == [1]
    finally:
        del builtins.tries
        backend.close()


def test_a_broken_unit_breaks_those_that_import_it():
    backend = LocalBackend(BROKEN)
    for which in (SECOND, FIRST):
        with pytest.raises(SyntaxError) as info:
            backend.open(which)
        assert info.value.filename == "u01_first/first.py"
    backend.close()


def test_the_next_student_gets_other_modules(backend):
    before = backend.open(FIRST)
    backend.close()
    assert not [name for name in sys.modules if name.startswith(("u01_", "u02_"))]
    other = LocalBackend(REFERENCE)
    assert other.open(FIRST).who == "reference"
    assert other.open(FIRST) is not before
    other.close()


def test_a_reference_lives_beside_the_student(backend):
    reference = LocalBackend(REFERENCE, isolated=True)
    assert reference.open(SECOND).who == "reference"
    assert backend.open(SECOND).who == "student"
    assert reference.open(FIRST).who == "reference"
    assert reference.open(SECOND).Value is reference.open(FIRST).Value
    assert backend.open(FIRST).Value is not reference.open(FIRST).Value
    assert sys.modules["u01_first.first"] is backend.open(FIRST)


@pytest.mark.parametrize("order", ["student first", "reference first", "in turns"])
def test_neither_ever_sees_the_others_module(backend, order):
    reference = LocalBackend(REFERENCE, isolated=True)
    if order == "student first":
        backend.open(FIRST)
    elif order == "reference first":
        reference.open(FIRST)
        reference.open(SECOND)
    else:
        backend.open(FIRST)
        reference.open(FIRST)
    assert backend.open(SECOND).whole is backend.open(FIRST)
    assert reference.open(SECOND).whole is reference.open(FIRST)
    assert backend.open(FIRST).who == "student"
    assert reference.open(FIRST).who == "reference"


def test_an_isolated_reference_leaves_no_trace():
    before = set(sys.modules)
    LocalBackend(REFERENCE, isolated=True).open(SECOND)
    assert set(sys.modules) == before


def test_files_of_a_folder_are_named_by_their_path(tmp_path):
    path = tmp_path / "u01_first" / "first.py"
    path.parent.mkdir()
    path.write_bytes(b"\xef\xbb\xbf" + FILES["u01_first/first.py"].encode())

    class Course:
        units = (FIRST, SECOND)

    backend = LocalBackend.of_folder(tmp_path, Course)
    assert backend.open(FIRST).__file__ == str(path)
    with pytest.raises(ZeroDivisionError) as info:
        backend.open(FIRST).fail()
    assert info.traceback[-1].frame.code.raw.co_filename in backend.sources
    with pytest.raises(SubmissionError):
        backend.open(SECOND)
    backend.close()


def test_library_objects_are_built_by_their_path(backend):
    assert backend.build("fractions.Fraction", 1, denominator=2) * 2 == 1
    assert backend.build("list", (1, 2)) == [1, 2]
