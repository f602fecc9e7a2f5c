"""The order of the causes, what a draw must show, and where the diagnosis stays silent."""

import numpy as np
import pytest

from grader.gradcheck.causes_value import NEARLY
from grader.gradcheck.compare import assert_close, assert_gradient
from grader.gradcheck.diagnose import candidates, confirm
from grader.gradcheck.message import Mismatch

RNG = np.random.default_rng(11)
E = RNG.normal(size=(5, 3))
V = RNG.normal(size=7)


def found(yours, expected, **clues) -> tuple[str, ...]:
    with pytest.raises(Mismatch) as caught:
        assert_close(yours, expected, of="y", **clues)
    return caught.value.finding.candidates


def shifted(values):
    return np.concatenate([[9.0], values[:-1]])


def with_entry(values, index, value):
    changed = values.copy()
    changed[index] = value
    return changed


FIRST = [
    (None, E, "forgot `return`?"),
    (1.0, (1.0, 2.0), "1 result where 2 are expected"),
    ((1.0, 2.0, 3.0, 4.0), (1.0, 2.0), "4 results where 2 are expected"),
    ((1.0,), (1.0, 2.0), "one entry too few"),
    ([1.0, 2.0, 3.0], [1.0, 2.0], "one entry too many"),
    ([1.0], [1.0, 2.0, 3.0], "the number of entries is wrong"),
    ((1.0,), 1.0, "a comma too many makes a tuple of one"),
    ((E, E), E, "2 results where one is expected"),
    ([1.0, 2.0], np.array([1.0, 2.0]), "a list where a float64 array belongs"),
    (E.astype(np.float32), E, "dtype float32 where float64 belongs"),
    (E + 0j, E, "complex where a real number belongs"),
    (True, 1.0, "a bool where a float belongs"),
    ({"a": 1.0}, {"b": 1.0}, "the keys are not the expected ones"),
    (E * np.nan, E, "nan (0/0, inf - inf, or the log of a negative number?)"),
    (E + np.inf, E, "inf (an overflow, or a division by 0?)"),
    (E.T, E, "transposed (right after .T)"),
    (-E.T, E, "transposed (right after .T), and the sign is wrong"),
    (E, E.sum(0), "not summed over broadcast axis 0"),
    (E, E.sum(1, keepdims=True), "not summed over broadcast axis 1"),
    (E, E.mean(0), "not averaged over axis 0"),
    (E, float(E.sum()), "not summed over broadcast axes 0 and 1"),
    (E.sum(1), E, "summed over axis 1, which must stay"),
    (E.mean(0), E, "averaged over axis 0, which must stay"),
    (E[:, None], E, "an axis of size 1 too many"),
    (V, V[:, None], "an axis of size 1 is missing or misplaced"),
    (E.reshape(3, 5), E, "the right numbers in another shape (right after reshape)"),
    (E * 0, E, "all zeros"),
    (0.0, 2.5, "it is 0"),
    (-E, E, "the sign is wrong (times -1)"),
    (V[::-1], V, "in reversed order"),
    (E[:, ::-1], E, "in reversed order along axis 1"),
    (V.tolist()[::-1], V.tolist(), "in reversed order"),
    (5 * E, E, "missing factor 1/N (mean, not sum?), N = size of axis 0"),
    (15 * E, E, "missing factor 1/N (mean, not sum?), N = number of all elements"),
    (-3 * E, E, "wrong sign, and missing factor 1/N (mean, not sum?), N = size of axis 1"),
    (E / 3, E, "a factor 1/N too much (sum, not mean?), N = size of axis 1"),
    (2 * E, E, "a factor 2 too much"),
    (E / 2, E, "a factor 2 is missing"),
    (1.25 * E, E, "a count is off by one, N = size of axis 0 (N - 1 for N, or the reverse?)"),
    (E * np.sqrt(3), E, "missing factor 1/sqrt(N), N = size of axis 1"),
    (0.11 * E, E, "a constant factor 9.091 too small"),
    (1.00002 * E, E, "a constant factor 1.00002 too large"),
    (shifted(V), V, "shifted by one along axis 0"),
    (np.where(V > 0, V, 0.0), V, "right where it is not 0, but 0 in too many places"),
    (V, np.where(V > 0, V, 0.0), "right but where it must be 0"),
    (with_entry(V, 0, 9.0), V, "only the first element is wrong"),
    (with_entry(E, (4, 1), 9.0), E, "only the last place along axis 0 is wrong"),
    (E + 0.7, E, "off by the same number everywhere"),
    (E + E[:, :1], E, "off by the same number all along axis 1"),
    (E * (2 + E[:1]), E, "off by the same factor all along axis 0"),
    (np.repeat(E.mean(0)[None], 5, 0), E, "each number is the mean along axis 0"),
    (np.repeat(E.sum(1)[:, None], 3, 1), E, "each number is the sum along axis 1"),
    (np.full(7, 0.3), V, "the same number in every place"),
    (np.abs(V), V, "only the signs are wrong, and not everywhere"),
    (V[[1, 0, 2, 3, 6, 5, 4]], V, "the right numbers in the wrong places"),
    (np.array([True, False, True]), np.array([False, True, False]), "True and False are swapped"),
]


@pytest.mark.parametrize(("yours", "expected", "cause"), FIRST)
def test_the_likeliest_cause_comes_first(yours, expected, cause):
    assert found(yours, expected)[0] == cause


ARGUMENTS = {"x": RNG.normal(size=(5, 3)), "bias": RNG.normal(size=3), "lr": np.float64(0.07)}
WITH_ARGUMENTS = [
    (E / ARGUMENTS["x"], E, "missing factor `x`"),
    (-E / ARGUMENTS["x"], E, "missing factor `x`, and the sign is wrong"),
    (E * ARGUMENTS["bias"], E, "a factor `bias` too much (or a division by it is missing)"),
    (E / 0.07, E, "missing factor `lr`"),
    (ARGUMENTS["x"], E, "equal to `x`"),
    (E - ARGUMENTS["bias"], E, "the term `bias` is missing"),
    (E + ARGUMENTS["bias"], E, "the term `bias` is too much"),
    (E + 2 * ARGUMENTS["x"], E, "the sign of the term `x` is wrong"),
    (E - 0.07 * ARGUMENTS["x"], E, "the term `lr` times `x` is missing"),
    (E + 0.9 * ARGUMENTS["x"], E, "off by a multiple of `x`"),
    (np.where(ARGUMENTS["x"] > 0, E, E + 1 + E**2), E, "right only where `x` > 0"),
    (E * ARGUMENTS["x"], E * ARGUMENTS["bias"], "one of `x` and `bias` stands where the other belongs"),
]


@pytest.mark.parametrize(("yours", "expected", "cause"), WITH_ARGUMENTS)
def test_arguments_are_named(yours, expected, cause):
    assert found(yours, expected, arguments=ARGUMENTS)[0] == cause


def test_suspects_come_after_general_causes_but_first_for_a_single_number():
    """One number fits many explanations by accident, so there the named mistakes are asked first."""
    suspects = {"kept the sum": 5 * E}
    order = found(5 * E, E, suspects=suspects)
    assert order.index("missing factor 1/N (mean, not sum?), N = size of axis 0") < order.index(
        "kept the sum"
    )
    assert order.index("kept the sum") < order.index("a constant factor 5 too large")
    assert found(4.004, 2.002, suspects={"2h is missing below": 4.004})[0] == "2h is missing below"


def test_suspects_may_be_of_any_kind():
    assert "mixed" in found((1.0, "b"), (2.0, "a"), suspects={"mixed": (1.0, "b"), "other": (2.0, "b")})
    assert "empty" in found([], [1.0], suspects={"empty": []})
    assert "overflow" in found(
        np.array([np.nan, 1.0]), np.ones(2), suspects={"overflow": np.array([np.nan, 1.0])}
    )
    assert "flat" in found(E.ravel(), E, suspects={"flat": E.ravel()})
    assert found("crawling", "ok", suspects={"too slow": "crawling", "no": "x"}) == ("too slow",)


def test_a_suspect_that_is_only_near_is_not_named():
    """yours and the suspect agree to the tolerance of the test, but not to the size of the gap."""
    expected, yours = np.array([1.0, 2.0]), np.array([1.0, 2.0 + 5e-6])
    assert "near" not in candidates(yours, expected, suspects={"near": np.array([1.0, 2.0 + 4e-6])})
    assert "exact" in candidates(yours, expected, suspects={"exact": np.array([1.0, 2.0 + 5e-6])})


def test_right_results_have_no_cause():
    assert candidates(E, E.copy(), upstream=E, suspects={"same": E}) == ()


def test_parts_in_another_order():
    assert found((V, E), (E, V))[0] == "the right results in another order"
    assert found((2.0, 1.0), (1.0, 2.0))[0] == "the right results in another order"


def test_a_gradient_of_zeros_accepts_no_factor():
    """0 times anything is 0: nothing may be concluded from a true gradient of 0."""
    said = candidates(V, V * 0, upstream=V * 2, arguments={"x": V * 3})
    assert not [cause for cause in said if "factor" in cause or "sign" in cause]


def test_arguments_whose_squares_are_zero_do_no_harm():
    x = np.array([4e-240, 0.0, 0.0])
    assert isinstance(candidates(np.array([1e-3, 0.0, 0.0]), x, arguments={"x": x}), tuple)


def test_useless_clues_are_passed_over():
    clues = {
        "upstream": "g",
        "arguments": {"x": None, "n": [], "s": "text", "inf": np.array([np.inf]), "e": np.ones(0)},
    }
    assert candidates(-E, E, **clues)[0] == "the sign is wrong (times -1)"


def test_a_list_of_numbers_is_diagnosed_as_a_vector():
    with pytest.raises(Mismatch) as caught:
        assert_gradient((-12.0, -18.0), (12.0, 18.0), of="slopes")
    assert caught.value.finding.candidates[0] == "the sign is wrong (times -1)"


def test_the_order_in_which_causes_are_believed():
    """The page on what people see gives it; one exception: the bare number comes after the named mistakes."""
    x, g = RNG.normal(size=(2, 5, 3)) + 3
    order = [
        ("forgot `return`?", (None, E)),
        ("2 results where one is expected", ((E, E), E)),
        ("dtype float32 where float64 belongs", (E.astype(np.float32), E)),
        ("nan (0/0, inf - inf, or the log of a negative number?)", (E * np.nan, E)),
        ("transposed (right after .T)", (E.T, E)),
        ("all zeros", (E * 0, E)),
        ("the sign is wrong (times -1)", (-E, E)),
        ("missing factor 1/N (mean, not sum?), N = size of axis 0", (5 * E, E)),
        ("equal to the upstream gradient: the local derivative is missing", (g, g * x)),
        ("missing factor `x`", (g * x, g * x**2)),
        ("uses `x` where `t` belongs", (g * x**2, g * np.tanh(x) ** 2)),
        ("named", None),
        ("a constant factor 1.7 too large", (1.7 * E, E)),
        ("right where it is not 0, but 0 in too many places", (np.where(x > 3, E, 0), E)),
    ]
    for cause, pair in order:
        if pair is None:
            continue
        arguments = {"x": x, "t": np.tanh(x)} if cause.startswith("uses") else {"x": x}
        said = candidates(*pair, upstream=g, arguments=arguments, suspects={"named": pair[0]})
        assert said.index(cause) == 0 or said[0] == "named", cause
        before = order.index((cause, pair)) < order.index(("named", None))
        assert (said.index(cause) < said.index("named")) == before, cause
    both = 3 * np.ones((3, 4))  # more than one cause holds: the one that stands earlier is said first
    said = candidates(-both, both, upstream=-both, arguments={"x": -both})
    first = (
        "the sign is wrong (times -1)",
        "equal to the upstream gradient: the local derivative is missing",
    )
    assert [cause for cause in said if cause in (*first, "equal to `x`")] == [*first, "equal to `x`"]


def test_contributions():
    a, b, c = RNG.normal(size=(3, 4))
    named = {"through Q": a, "through K": b, "through V": c}

    def first(yours, parts):
        return candidates(yours, a + b + c, contributions=parts)[0]

    assert first(b, named) == "only the contribution through K is there: `=` where `+=` is needed?"
    assert first(b, [a, b, c]) == "holds one of its three contributions: `=` where `+=` is needed?"
    assert first(a + c, named) == "the contribution through K is missing"
    assert first(a + c, [a, b, c]) == "one of its three contributions is missing"
    assert first(a + b + 2 * c, named) == "the contribution through V is counted twice"
    assert first(a * b * c, [a, b, c]) == "the contributions are multiplied where they must be added"
    assert candidates(1.7, 3.4, contributions=[1.7, 1.7])[0].startswith("holds one of its two contributions")


def test_contributions_that_are_not_those_of_the_gradient_are_passed_over():
    a, b, c = RNG.normal(size=(3, 4))
    for parts in ([a, b], [a, b, "c"], [a, b, np.ones(3)], [a + b + c], {}):
        said = candidates(a, a + b + c, contributions=parts)
        assert not [cause for cause in said if "contribution" in cause]


def test_counts_are_what_a_mean_may_be_divided_by():
    counts = {"all targets": 9, "kept targets": 7}
    wrong = "divided by the number of {} where the number of {} belongs"
    assert candidates(V * 7 / 9, V, counts=counts)[0] == wrong.format("all targets", "kept targets")
    assert candidates(V * 9 / 7, V, counts=counts)[0] == wrong.format("kept targets", "all targets")
    assert candidates(V * 9, V, counts=counts)[0].endswith("(mean, not sum?), N = number of all targets")


def test_overflow_is_said_only_where_a_number_is_large():
    z = RNG.normal(size=(4, 3))
    z[1] += 800
    with np.errstate(all="ignore"):
        naive = np.exp(z) / np.exp(z).sum(1, keepdims=True)
        lse, logs = np.log(np.exp(z).sum(1)), np.log(np.exp(z) / np.exp(z).sum(1, keepdims=True))
    overflow, nan = (
        "overflow: exp of a large number",
        "nan (0/0, inf - inf, or the log of a negative number?)",
    )
    for yours, x, first in (
        (naive, z, overflow),
        (lse, z, overflow),
        (logs, z, overflow),
        (naive.sum(), z, overflow),
        (naive, z - 800, nan),  # nothing is large
        (naive[::-1], z, nan),  # nan in a row that holds no large number
        (naive, -abs(z), nan),  # far below 0: that is 0 / 0
        (naive * np.nan, z, nan),  # nan in all rows, one of them is large
    ):
        expected = 0.5 if np.ndim(yours) == 0 else np.full(yours.shape, 0.5)
        assert candidates(yours, expected, arguments={"z": x})[0] == first
        assert candidates(yours, expected)[0] != overflow
    half = np.full(naive.shape, 0.5)
    assert candidates(naive, half, arguments={"z": z / 8})[0] == nan  # 100 is large in float32 only
    single = candidates(naive.astype(np.float32), half.astype(np.float32), arguments={"z": z / 8})
    assert single[0] == overflow
    under = np.array([-np.inf, 0.0])
    assert candidates(under, np.array([-1000.0, 0.0]))[0] == "log of 0: exp of a number far below 0 is 0"
    assert candidates(under, np.array([-3.0, 0.0]))[0] == "inf (an overflow, or a division by 0?)"


def test_a_constant_is_no_size_where_it_is_the_same_in_all_draws():
    """5 in both draws: a mean over axis 0, or just a factor 5. The number is said, and the N is asked."""
    other = RNG.normal(size=(5, 4))
    draws = [candidates(5 * E, E), candidates(5 * other, other)]
    assert confirm(draws) == "5x too large: missing factor 1/N (mean, not sum?)"
    assert confirm([candidates(5 * E, E), candidates(4 * other.T, other.T)]).endswith("N = size of axis 0")
    assert confirm([candidates(5 * E, E, suspects={"named": 5 * E})] * 2) == ""
    named = [candidates(5 * e, e, suspects={"named": 5 * e}) for e in (E, other)]
    assert confirm(named) == "named"


def test_which_axis_of_a_square_cannot_be_told():
    square = RNG.normal(size=(4, 4))
    assert candidates(4 * square, square)[0] == "missing factor 1/N (mean, not sum?)"
    assert (
        confirm([candidates(4 * square, square), candidates(5 * E, E)])
        == "missing factor 1/N (mean, not sum?)"
    )


def test_draws_that_expect_the_same_are_one_draw():
    same = [candidates(4.0, 2.0), candidates(4.0, 2.0 + 1e-12)]
    assert same[0] == ("a factor 2 too much", "a constant factor 2 too large", "2 too large")
    assert confirm(same) == ""
    assert confirm([candidates(4.0, 2.0), candidates(6.0, 3.0)]) == "a factor 2 too much"
    assert confirm([*same, candidates(6.0, 3.0)]) == "a factor 2 too much"
    tables = [candidates({"a": [V, 2 * e]}, {"a": [V, e]}) for e in (V, V, E)]
    assert confirm(tables[:2]) == ""
    assert confirm(tables[1:]) == "a factor 2 too much"


def test_what_is_wrong_in_form_needs_no_other_numbers():
    """That the result is None, or a list, is a fact and no guess from numbers."""
    assert confirm([candidates(None, 2.0), candidates(None, 2.0)]) == "forgot `return`?"
    assert confirm([candidates([V], V), candidates([V], V)]) == "a list where a float64 array belongs"


def test_confirm_takes_the_first_that_all_draws_name():
    assert confirm([("a", "b", "c"), ("c", "b")]) == "b"
    assert confirm([("a", "b"), ("b", "a"), ("a",)]) == "a"
    assert confirm([("a",), ("b",)]) == ""
    assert confirm([("a",), ()]) == ""
    assert confirm([("a",)]) == ""
    assert confirm([]) == ""


def test_a_constant_beside_a_tiny_number_is_no_offset():
    """A step of 1 where 3e-8 is expected is not "1 too large": whatever constant was returned would be."""
    assert "1 too large" not in candidates(1.0, 3e-8)
    assert "1 too large" in candidates(4.5, 3.5)


def test_what_is_nearly_right_is_told_so_and_nothing_else():
    rng = np.random.default_rng(3)
    x = rng.uniform(1, 2, (3, 5))
    for off in (1e-7, 1e-10, 3e-13):
        yours = x * (1 + off * rng.uniform(0.3, 1, x.shape))
        with pytest.raises(Mismatch) as info:
            assert_gradient(yours, x, of="dx", rtol=1e-14, atol=0.0, arguments={"a": x, "b": 2 * x})
        assert info.value.finding.candidates == (NEARLY,)


def test_an_argument_never_stands_where_it_belongs_itself():
    rng = np.random.default_rng(4)
    a, b = rng.uniform(1, 2, (2, 3, 5))
    told = candidates(np.exp(a) * (1 + 1e-4), np.exp(a), arguments={"a": a, "b": b})
    assert not [sentence for sentence in told if "uses `a` where `a`" in sentence]


def test_a_named_mistake_comes_before_its_number_however_it_begins():
    """In two draws off by the same constant, general names that rely on sizes go; the author's own stay."""
    said = "divided by the number of all positions, the ignored ones included"
    draws = []
    for expected in (np.array(1.2), np.array(2.3)):
        draws.append(candidates(expected / 1.75, expected, suspects={said: expected / 1.75}))
    assert confirm(draws) == said
