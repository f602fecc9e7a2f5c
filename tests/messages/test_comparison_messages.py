"""A message is an interface: it has parts, and a test for each part."""

import numpy as np
import pytest

from grader.gradcheck.compare import assert_close, assert_equal, assert_gradient, fail
from grader.gradcheck.message import Finding, Mismatch

E = np.array([[1.0, -2.0, 4.0], [0.5, 3.0, -1.0], [2.0, 5.0, 8.0], [7.0, 0.0, 6.0], [9.0, -3.0, 1.5]])


def finding(check, *args, **kwargs) -> Finding:
    with pytest.raises(Mismatch) as caught:
        check(*args, **{"of": "dx", **kwargs})
    return caught.value.finding


def test_what_says_the_name_and_the_fact():
    assert finding(assert_gradient, E * 2, E, of="a.grad").what == "a.grad is wrong"
    assert finding(assert_gradient, None, E).what == "dx is None"
    assert finding(assert_gradient, E.T, E).what == "dx has shape (3, 5), (5, 3) is expected"
    assert (
        finding(assert_close, {"W": [E, E * 2]}, {"W": [E, E]}, of="grads").what == "grads['W'][1] is wrong"
    )


def test_what_is_also_the_text_of_the_error():
    with pytest.raises(Mismatch) as caught:
        assert_close(2.0, 1.0, of="slope")
    assert str(caught.value) == "slope is wrong"
    assert isinstance(caught.value, AssertionError)


def test_called_is_the_call_as_the_test_gave_it():
    assert finding(assert_close, 2.0, 1.0, called="(a + a).backward()").called == "(a + a).backward()"
    assert finding(assert_close, 2.0, 1.0).called == ""


def test_yours_and_expected_are_short():
    said = finding(assert_gradient, E * 2, E)
    rows = "[2.0, -4.0, 8.0], [1.0, 6.0, -2.0], [4.0, 10.0, 16.0], [14.0, 0.0, 12.0], [18.0, -6.0, 3.0]"
    assert said.yours == f"array([{rows}])"
    assert said.expected.startswith("array([[1.0, -2.0, 4.0], ")
    said = finding(assert_gradient, np.tile(E, 9) * 2, np.tile(E, 9))
    assert said.yours == "float64 array of shape (5, 27): 2.0, -4.0, 8.0, …"
    said = finding(assert_close, [1.0, [2.0, 3.0]], [1.0, [2.0, 4.0]])
    assert (said.yours, said.expected) == ("3.0", "4.0")


def test_yours_and_expected_have_the_digits_that_tell_them_apart():
    said = finding(assert_close, 4.00000004, 4.0, rtol=0.0)
    assert (said.yours, said.expected) == ("4.00000004", "4.0")


def test_worst_names_the_element_that_is_furthest_off():
    wrong = E.copy()
    wrong[0, 0], wrong[3, 2] = 1.5, 9.0
    assert finding(assert_gradient, wrong, E).worst == "[3, 2]: yours 9.0, expected 6.0, relative error 0.5"


def test_worst_is_measured_by_the_tolerance_of_the_check():
    wrong = np.array([0.011, 1001.0])
    assert finding(assert_close, wrong, np.array([0.01, 1000.0])).worst.startswith("[0]: ")
    assert finding(assert_gradient, wrong, np.array([0.01, 1000.0])).worst.startswith("[1]: ")


def test_worst_where_zero_is_expected_has_no_relative_error():
    wrong = E.copy()
    wrong[3, 1] = 0.25
    assert finding(assert_gradient, wrong, E).worst == "[3, 1]: yours 0.25, expected 0.0, off by 0.25"


def test_worst_of_nan_and_of_whole_numbers():
    wrong = E.copy()
    wrong[1, 1] = np.nan
    assert finding(assert_gradient, wrong, E).worst == "[1, 1]: yours nan, expected 3.0"
    assert finding(assert_equal, [0, 2, 1], [0, 1, 2]).worst == "[1]: yours 2, expected 1"


def test_differ_counts_the_elements_and_the_parts():
    wrong = E.copy()
    wrong[0] = 9.0
    assert finding(assert_gradient, wrong, E).differ == "3 of 15 elements differ"
    wrong = E.copy()
    wrong[0, 0] = 9.0
    assert finding(assert_gradient, wrong, E).differ == "1 of 15 elements differs"
    said = finding(assert_gradient, (E, E * 2, -E), (E, E, E))
    assert said.differ == "14 of 15 elements differ; 2 parts are wrong"  # one element of E is 0


def test_single_numbers_and_shapes_have_no_worst_element():
    for yours, expected in ((2.0, 1.0), (E.T, E), (None, E), ("a", "b")):
        said = finding(assert_close, yours, expected)
        assert (said.worst, said.differ) == ("", "")


def test_help_is_the_tests_own_or_follows_from_the_fact():
    assert finding(assert_close, None, 1.0).help == "Does the function end with `return`?"
    assert finding(assert_close, None, 1.0, help="See the lesson.").help == "See the lesson."
    assert finding(assert_close, (1.0,), 1.0).help == "Look for a comma at the end of the line."
    assert finding(assert_close, 2.0, 1.0).help == ""


def test_none_in_an_attribute_is_no_forgotten_return():
    said = finding(assert_gradient, None, 2.0, of="a.grad")
    assert (said.what, said.help, said.candidates) == ("a.grad is None", "", ("nothing was written to it",))
    assert finding(assert_gradient, None, 2.0, of="f(0.5)").candidates == ("forgot `return`?",)


def test_candidates_hold_no_number_of_the_draw():
    small, large = E, np.tile(E, (2, 3))
    first = finding(assert_gradient, small * 5, small).candidates
    second = finding(assert_gradient, large * 10, large).candidates
    assert first[0] == second[0] == "missing factor 1/N (mean, not sum?), N = size of axis 0"


def test_the_diagnosis_is_left_to_a_second_draw():
    said = finding(assert_gradient, -E, E)
    assert said.diagnosis == ""
    assert said.confirmed(said.candidates[0]).diagnosis == "the sign is wrong (times -1)"


def test_the_place_in_the_students_file_is_not_ours_to_say():
    said = finding(assert_close, 2.0, 1.0)
    assert (said.where, said.source) == ("", "")


def test_no_part_carries_control_characters_or_addresses():
    with pytest.raises(Mismatch) as caught:
        fail(
            "\x1b[2Jgone",
            called="f(\x07)",
            yours="<V at 0x7fabc123>",
            expected="\u202e",
            diagnosis="\x1b]0;",
            help="\r",
        )
    said = caught.value.finding
    parts = (said.what, said.called, said.yours, said.expected, said.help, *said.candidates)
    assert parts == ("\\x1b[2Jgone", "f(\\x07)", "<V>", "\\u202e", "\\r", "\\x1b]0;")
    assert finding(assert_equal, "\x1b[31m", "ok").yours == "'\\x1b[31m'"
