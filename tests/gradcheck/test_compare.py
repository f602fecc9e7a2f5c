"""What passes, what fails, and what is said of it."""

import numpy as np
import pytest

from grader.gradcheck.compare import assert_close, assert_equal, assert_gradient, fail
from grader.gradcheck.message import Finding, Mismatch

MATRIX = np.array([[1.5, -2.0, 0.25], [4.0, 3.0, -0.5]])


def finding(check, *args, **kwargs) -> Finding:
    with pytest.raises(Mismatch) as caught:
        check(*args, of="result", **kwargs)
    return caught.value.finding


RIGHT = [
    (1.0, 1.0),
    (1.0 + 1e-9, 1.0),
    (1, 1.0),
    (np.float64(2.0), 2.0),
    (2.0, np.float64(2.0)),
    (np.array(2.0), 2.0),
    (2.0, np.array(2.0)),
    (np.int64(2), 2.0),
    (2.0, 2),
    (float("nan"), float("nan")),
    (float("-inf"), float("-inf")),
    (1.5, 1.5 + 0j),
    (MATRIX, MATRIX.copy()),
    (np.asfortranarray(MATRIX), MATRIX),
    (np.zeros((0, 3)), np.zeros((0, 3))),
    (np.array([np.nan, 1.0, np.inf]), np.array([np.nan, 1.0, np.inf])),
    (np.array([1, 2], dtype=np.int32), np.array([1, 2], dtype=np.int64)),
    ((1.0, MATRIX, "ok", None, True), (1.0, MATRIX, "ok", None, True)),
    ([1.0, 2, 3.0], [1.0, 2.0, 3]),
    ({"W": MATRIX, "b": [1.0, 2.0]}, {"b": [1.0, 2.0], "W": MATRIX}),
    ([], []),
    (10**400, float("inf")),
]


@pytest.mark.parametrize(("yours", "expected"), RIGHT)
@pytest.mark.parametrize("check", [assert_close, assert_gradient])
def test_right_values_pass(check, yours, expected):
    check(yours, expected, of="result")


WRONG_KIND = [
    (None, 1.0, "result is None"),
    (True, 1.0, "result is a bool, a float is expected"),
    (np.bool_(True), 1.0, "result has dtype bool, float64 is expected"),
    (1.0, True, "result is a float, a bool is expected"),
    (1 + 0j, 1.0, "result is complex, a real number is expected"),
    (MATRIX + 0j, MATRIX, "result is complex, a real number is expected"),
    ("1.0", 1.0, "result is a string, a float is expected"),
    ([1.0, 2.0], np.array([1.0, 2.0]), "result is a list of 2, a float64 array of shape (2,) is expected"),
    (np.array([1.0, 2.0]), [1.0, 2.0], "result is a float64 array of shape (2,), a list of 2 is expected"),
    ((1.0, 2.0), [1.0, 2.0], "result is a tuple of 2, a list of 2 is expected"),
    ([1.0], {"W": 1.0}, "result is a list of 1, a dict of 1 is expected"),
    (1.0, (1.0, 2.0), "result is a float, a tuple of 2 is expected"),
    ((1.0, 2.0, 3.0), (1.0, 2.0), "result has 3 entries, 2 are expected"),
    ([1.0], [1.0, 2.0], "result has 1 entry, 2 are expected"),
    (1.0, MATRIX, "result is a float, a float64 array of shape (2, 3) is expected"),
    (MATRIX, 1.0, "result has shape (2, 3), a float is expected"),
    (MATRIX.T, MATRIX, "result has shape (3, 2), (2, 3) is expected"),
    (MATRIX[:1], MATRIX, "result has shape (1, 3), (2, 3) is expected"),
    (np.zeros((3, 0)), np.zeros((0, 3)), "result has shape (3, 0), (0, 3) is expected"),
    (np.ones(1), 1.0, "result has shape (1,), a float is expected"),
    (MATRIX.astype(np.float32), MATRIX, "result has dtype float32, float64 is expected"),
    (MATRIX, MATRIX.astype(np.float32), "result has dtype float64, float32 is expected"),
    (np.float32(1), 1.0, "result has dtype float32, float64 is expected"),
    (MATRIX.astype(np.int64), MATRIX, "result has dtype int64, float64 is expected"),
    (np.array([1.0]), np.array([1]), "result has dtype float64, int64 is expected"),
    (np.array([None]), np.array([1.0]), "result has dtype object, float64 is expected"),
    (MATRIX.view(np.recarray), MATRIX, "result is an object of class recarray (a subclass of ndarray), "),
    ({"W": 1.0}, {"W": 1.0, "b": 2.0}, "result has no key 'b'"),
    ({"W": 1.0, "c": 3.0}, {"W": 1.0}, "result has a key 'c' too many"),
    ({"W": 1.0, "c": 3.0}, {"W": 1.0, "b": 2.0}, "result has no key 'b' and a key 'c' too many"),
]


@pytest.mark.parametrize(("yours", "expected", "what"), WRONG_KIND)
@pytest.mark.parametrize("check", [assert_close, assert_gradient])
def test_another_kind_of_value_is_named_on_both_sides(check, yours, expected, what):
    assert finding(check, yours, expected).what.startswith(what)


WRONG_NUMBERS = [
    (1.0 + 1e-5, 1.0, "result is wrong"),
    (5.0, float("inf"), "result is wrong"),
    (float("inf"), float("-inf"), "result is wrong"),
    (float("nan"), 1.0, "result is nan"),
    (float("inf"), 1.0, "result is inf"),
    (1.0, float("nan"), "result is wrong"),
    (np.array([1.0, np.nan]), np.array([1.0, 2.0]), "result holds nan"),
    (np.array([np.nan, np.inf]), np.array([np.nan, 2.0]), "result holds inf"),
    (np.array([np.nan, 1.0]), np.array([1.0, np.nan]), "result holds nan"),
    (MATRIX * 2, MATRIX, "result is wrong"),
    ((1.0, MATRIX * 2), (1.0, MATRIX), "result[1] is wrong"),
    ((1.0, None), (1.0, MATRIX), "result[1] is None"),
    ([[1.0, 2.0], [3.0, 5.0]], [[1.0, 2.0], [3.0, 4.0]], "result[1][1] is wrong"),
    ({"W": 1.0, "b": 2.0}, {"W": 1.0, "b": 3.0}, "result['b'] is wrong"),
    ([1.0, 3.0, 2.0], [1.0, 2.0, 3.0], "result is wrong"),
    ((True, 1.0), (False, 1.0), "result[0] is wrong"),
]


@pytest.mark.parametrize(("yours", "expected", "what"), WRONG_NUMBERS)
@pytest.mark.parametrize("check", [assert_close, assert_gradient])
def test_wrong_numbers_name_the_part(check, yours, expected, what):
    assert finding(check, yours, expected).what == what


def test_close_is_elementwise_and_gradient_per_tensor():
    noisy = np.array([1e-7, 1000.0])  # the first entry is 0 but for rounding
    assert_gradient(noisy, np.array([0.0, 1000.0]), of="result")
    assert finding(assert_close, noisy, np.array([0.0, 1000.0])).differ == "1 of 2 elements differs"
    assert_gradient([1e-7, 1000.0], [0.0, 1000.0], of="result")
    assert_gradient((1e-7, 1000.0), (0.0, 1000.0), of="result")
    assert finding(assert_close, [1e-7, 1000.0], [0.0, 1000.0]).what == "result[0] is wrong"


def test_gradient_tolerance_is_the_contract_of_the_course():
    expected = np.array([0.0, 2.0])
    assert_gradient(expected + 1e-8 + 2e-6 * 0.999, expected, of="result")
    finding(assert_gradient, expected + 1e-8 + 2e-6 * 1.001, expected)


def test_tolerances_can_be_chosen():
    assert_close(1.01, 1.0, of="result", rtol=0.1)
    assert_close(0.01, 0.0, of="result", atol=0.1)
    finding(assert_close, 1.0 + 1e-9, 1.0, rtol=1e-11, atol=0.0)


EQUAL = [
    (3, 3),
    (np.int64(3), 3),
    (1, 1.0),
    (True, True),
    (np.bool_(True), True),
    ("diverging", "diverging"),
    (None, None),
    ((2, 3), (2, 3)),
    ([0, 1, [2, "x"]], [0, 1, [2, "x"]]),
    (np.array([1, 2]), np.array([1, 2])),
    (np.array([np.nan]), np.array([np.nan])),
    (np.dtype("float32"), np.dtype("float32")),
    (2**80, 2**80),
    (b"raw", b"raw"),
]
UNEQUAL = [
    (3, 4, "result is wrong"),
    (3.0, 3, "result is a float, an int is expected"),
    (True, 1, "result is a bool, an int is expected"),
    (1, True, "result is an int, a bool is expected"),
    (0.1 + 0.2, 0.3, "result is wrong"),
    ("ok", "diverging", "result is wrong"),
    (0, None, "result is an int, None is expected"),
    (None, 0, "result is None"),
    ([2, 3], (2, 3), "result is a list of 2, a tuple of 2 is expected"),
    ((2, 3, 4), (2, 3), "result has 3 entries, 2 are expected"),
    (2**80, 2**80 + 1, "result is wrong"),
    (np.array([2**62 + 1]), np.array([2**62]), "result is wrong"),
    (np.array([-(2**63)]), np.array([0]), "result is wrong"),
    (np.array([True, False]), np.array([True, True]), "result is wrong"),
    (np.dtype("float32"), np.dtype("float64"), "result is wrong"),
    (np.dtype("float32"), "float32", "result is the dtype float32, a string is expected"),
]


@pytest.mark.parametrize(("yours", "expected"), EQUAL)
def test_equal_values_pass(yours, expected):
    assert_equal(yours, expected, of="result")


@pytest.mark.parametrize(("yours", "expected", "what"), UNEQUAL)
def test_unequal_values_are_named(yours, expected, what):
    assert finding(assert_equal, yours, expected).what == what


def test_nothing_can_be_compared_with_none_but_by_equality():
    """A test that forgot its expected value must not pass a student who forgot `return`."""
    assert finding(assert_close, None, None).what == "result cannot be compared with None"
    assert finding(assert_gradient, None, None).what == "result cannot be compared with None"
    assert_equal(None, None, of="result")


def test_names_in_the_test_name_the_parts():
    with pytest.raises(Mismatch, match=r"^dW is wrong$"):
        assert_gradient((MATRIX, MATRIX * 2), (MATRIX, MATRIX), of="dx, dW")
    with pytest.raises(Mismatch, match=r"^grad\[1\] is wrong$"):
        assert_gradient((1.0, (2.0, 3.0)), (1.0, (3.0, 2.0)), of="grad")


def test_arguments_are_left_as_they_are():
    yours, expected = MATRIX * 2, MATRIX.copy()
    finding(assert_gradient, yours, expected, upstream=expected, arguments={"x": yours})
    assert np.array_equal(yours, MATRIX * 2)
    assert np.array_equal(expected, MATRIX)


def test_a_numpy_that_raises_does_not_reach_us():
    """A student may call np.seterr; the comparison of wrong values must still end in a Mismatch."""
    with np.errstate(all="raise"):
        finding(assert_gradient, np.array([1e308, -1e308, 0.0]), np.array([-1e308, 1e308, 0.0]))
        finding(assert_close, np.array([np.inf, 0.0]), np.array([0.0, 0.0]))


def test_fail_speaks_the_words_of_the_test():
    with pytest.raises(Mismatch) as caught:
        fail(
            "x was changed",
            called="step(x)",
            yours=[1.0],
            expected="as before",
            diagnosis="in place",
            help="copy",
        )
    assert caught.value.finding == Finding(
        "x was changed", "", "step(x)", "[1.0]", "as before", help="copy", candidates=("in place",)
    )


def test_a_long_text_is_cut():
    with pytest.raises(Mismatch) as info:
        fail("it is wrong", yours="x" * 1_000_000)
    assert len(info.value.finding.yours) < 1_000
    assert info.value.finding.yours.endswith("… (1000000 characters)")
