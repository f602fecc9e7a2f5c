"""Values as text: short, on one line, the same on every machine."""

import numpy as np
import pytest

from grader.gradcheck import show

SHOWN = [
    (1.0, "1.0"),
    (2, "2"),
    (-0.0, "-0.0"),
    (1 / 3, "0.333333"),
    (1e-9, "1e-09"),
    (1234567.0, "1.23457e+06"),
    (float("nan"), "nan"),
    (float("-inf"), "-inf"),
    (True, "True"),
    (np.bool_(False), "False"),
    (1 + 2j, "1+2j"),
    (None, "None"),
    ("a\tb", "'a\\tb'"),
    ("x" * 61, f"'{'x' * 60}'… (61 characters)"),
    (b"raw", "b'raw'"),
    (10**5000, "2**16609 or more"),
    (-(10**5000), "-2**16609 or more"),
    (np.float64(0.5), "0.5"),
    (np.array(0.5), "0.5"),
    (np.float32(0.1), "0.1"),
    (np.array([1.0, 2.5]), "array([1.0, 2.5])"),
    (np.array([[1, 2], [3, 4]]), "array([[1, 2], [3, 4]])"),
    (np.array([1.0], dtype=np.float32), "array([1.0], float32)"),
    (np.array([True]), "array([True])"),
    (np.zeros((0, 3)), "float64 array of shape (0, 3)"),
    (np.arange(30.0), "float64 array of shape (30,): 0.0, 1.0, 2.0, …"),
    (np.array(["a"]), "a str32 array of shape (1,)"),
    ([1.0, "a", None], "[1.0, 'a', None]"),
    ((1,), "(1,)"),
    ((), "()"),
    ({"W": [1.0]}, "{'W': [1.0]}"),
    (list(range(20)), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …]"),
    ([[[[1]]]], "[[[a list of 1]]]"),
    (["x" * 50] * 4, f"a list of 4: ['{'x' * 50}', '{'x' * 14}…"),
    (object(), "an object of class object"),
    (show.number, "an object of class function"),
    (NotImplemented, "an object of class NotImplementedType"),
    (float, "an object of class type"),
    (np.dtype("float32"), "float32"),
]


@pytest.mark.parametrize(("thing", "text"), SHOWN, ids=[str(k) for k in range(len(SHOWN))])
def test_a_value_in_one_line(thing, text):
    assert show.value(thing) == text
    assert "\n" not in text
    assert len(text) < 130


def test_a_pair_has_the_digits_that_tell_it_apart():
    assert show.pair(1.0, 2.0) == ("1.0", "2.0")
    assert show.pair(1.0000001, 1.0) == ("1.0000001", "1.0")
    assert show.pair(0.1 + 0.2, 0.3) == ("0.30000000000000004", "0.29999999999999999")
    assert show.pair(np.array([1.0, 1 + 1e-10]), np.array([1.0, 1.0])) == (
        "array([1.0, 1.0000000001])",
        "array([1.0, 1.0])",
    )


def test_clean_leaves_no_address_and_no_control_character():
    dirty = "<Value at 0x7f12ab34cd> \x1b[31mred\x1b[0m\u202e\u200b\x00\r\x85 and ∂L/∂x\nnext"
    assert show.clean(dirty) == "<Value> \\x1b[31mred\\x1b[0m\\u202e\\u200b\\x00\\r\\x85 and ∂L/∂x\nnext"


def test_a_lone_surrogate_can_be_printed():
    show.clean("\udcff").encode("utf-8")
    show.value("\udcff").encode("utf-8")


DESCRIBED = [
    (np.float64(1), "a numpy float64"),
    (np.array(1), "an int64 array of shape ()"),
    (np.uint8([1]), "a uint8 array of shape (1,)"),
    ([], "a list of 0"),
    ({}, "a dict of 0"),
    (3, "an int"),
    (1j, "a complex number"),
    ("", "a string"),
]


@pytest.mark.parametrize(("thing", "text"), DESCRIBED)
def test_a_value_without_its_content(thing, text):
    assert show.describe(thing) == text
