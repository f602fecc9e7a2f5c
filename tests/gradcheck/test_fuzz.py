"""Whatever a student returns: a comparison ends in silence or in a Mismatch, and always in the same one."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from grader.gradcheck.compare import assert_close, assert_equal, assert_gradient
from grader.gradcheck.message import Finding, Mismatch

ARRAYS = npst.arrays(
    dtype=st.one_of(
        npst.floating_dtypes(), npst.integer_dtypes(), npst.boolean_dtypes(), npst.complex_number_dtypes(),
        npst.unicode_string_dtypes(), npst.datetime64_dtypes(), st.just(np.dtype(object)),
    ),
    shape=npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)  # fmt: skip
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=5),
    st.binary(max_size=3),
)
LEAVES = st.one_of(SCALARS, ARRAYS, st.builds(object))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.text(max_size=2), st.integers()), inner, max_size=2),
    ),
    max_leaves=5,
)
CHECKS = st.sampled_from([assert_close, assert_gradient, assert_equal])


def outcome(check, yours, expected) -> Finding | None:
    clues = {} if check is assert_equal else {"arguments": {"x": expected, "y": yours}}
    try:
        check(yours, expected, of="y", suspects={"s": yours}, **clues)
    except Mismatch as mismatch:
        return mismatch.finding
    return None


@settings(max_examples=200, deadline=None, database=None)
@given(CHECKS, VALUES, VALUES)
def test_any_two_values_can_be_compared(check, yours, expected):
    first, second = outcome(check, yours, expected), outcome(check, yours, expected)
    assert first == second
    if first is not None:
        text = " ".join(
            (first.what, first.yours, first.expected, first.worst, first.differ, *first.candidates)
        )
        assert text.replace("…", "").replace("∂", "").isprintable()
        assert "0x" not in first.what


NUMBERS = npst.arrays(
    dtype=np.float64,
    shape=st.sampled_from([(), (1,), (3,), (4, 4), (3, 5), (2, 3, 4)]),
    elements=st.floats(-1e300, 1e300) | st.sampled_from([0.0, 1.0, -1.0, 2.0]),
)


@settings(max_examples=60, deadline=None, database=None)
@given(st.data())
def test_wrong_numbers_are_always_found_and_right_ones_never(data):
    expected = data.draw(NUMBERS)
    assert outcome(assert_close, expected.copy(), expected) is None
    assert outcome(assert_gradient, expected.copy(), expected) is None
    index = tuple(data.draw(st.integers(0, n - 1)) for n in expected.shape)
    yours = expected.copy()
    yours[index] += 1e-3 * max(1.0, float(np.abs(expected).max()))
    for check in (assert_close, assert_gradient, assert_equal):
        finding = outcome(check, yours, expected)
        assert finding is not None
        assert finding.what == "y is wrong"
        assert "s" in finding.candidates
