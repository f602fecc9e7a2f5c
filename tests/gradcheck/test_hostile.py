"""Values that lie, explode or claim to be something else. Nothing of them is ever called."""

import subprocess
import sys
import types

import numpy as np
import pytest

from grader.gradcheck import show
from grader.gradcheck.compare import assert_close, assert_equal, assert_gradient
from grader.gradcheck.diagnose import candidates
from grader.gradcheck.message import Mismatch


def explode(*_args, **_kwargs):
    raise RuntimeError("a method of the student's object was called")


OPERATIONS = (
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "abs",
    "sub",
    "rsub",
    "add",
    "radd",
    "mul",
    "rmul",
    "neg",
    "call",
)
CONVERSIONS = (
    "bool",
    "len",
    "iter",
    "getitem",
    "contains",
    "float",
    "int",
    "index",
    "complex",
    "hash",
    "get",
)
TEXTS = ("repr", "str", "format", "getattr", "getattribute", "dir", "reduce_ex", "sizeof")
ARRAYS = ("array", "array_ufunc", "array_function", "array_interface", "array_struct", "torch_function")
TRAPS = [f"__{name}__" for name in OPERATIONS + CONVERSIONS + TEXTS + ARRAYS]


class Meta(type):
    __getattribute__ = explode
    __eq__ = explode
    __hash__ = explode
    __instancecheck__ = explode
    __subclasscheck__ = explode
    __repr__ = explode


def bomb(*bases: type, name: str = "Bomb") -> object:
    kind = Meta(name, bases, dict.fromkeys(TRAPS, explode))
    return type.__call__(kind)


BOMBS = [bomb(), *(bomb(base) for base in (float, int, str, list, tuple, dict, complex))]
CHECKS = [assert_close, assert_gradient, assert_equal]
EXPECTED = [1.0, 1, True, "text", None, np.ones(3), [1.0, 2.0], (1.0, "x"), {"W": 1.0}]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("index", range(len(BOMBS)))  # pytest itself would set off a bomb
def test_no_method_of_a_foreign_object_is_called(check, index):
    hostile = BOMBS[index]
    for expected in EXPECTED:
        for yours in (hostile, [hostile, 2.0], (hostile, "x"), {"W": hostile}):
            with pytest.raises(Mismatch) as caught:
                check(
                    yours,
                    expected,
                    of="y",
                    **({} if check is assert_equal else {"arguments": {"x": hostile}}),
                )
            assert "y" in caught.value.finding.what
    assert candidates(
        hostile, np.ones(3), upstream=hostile, arguments={"x": hostile}, suspects={"s": hostile}
    )


@pytest.mark.parametrize("check", CHECKS)
def test_a_foreign_expected_value_is_refused_too(check):
    """A test may compare two results of the student; both may be hostile."""
    with pytest.raises(Mismatch, match="cannot be compared with an object of class Bomb"):
        check(BOMBS[0], BOMBS[0], of="y")


def test_a_lying_equality_gains_nothing():
    class Yes:
        def __eq__(self, other):
            return True

        __hash__ = None

    with pytest.raises(Mismatch, match="y is an object of class Yes, a float is expected"):
        assert_equal(Yes(), 1.0, of="y")
    with pytest.raises(Mismatch, match="has an object of class Agree as a key"):
        assert_equal({type("Agree", (), {})(): 1}, {"W": 1}, of="y")


def test_subclasses_are_named_with_what_they_derive_from():
    class Loss(float):
        pass

    with pytest.raises(Mismatch) as caught:
        assert_close(Loss(1.0), 1.0, of="loss")
    assert (
        caught.value.finding.what
        == "loss is an object of class Loss (a subclass of float), a float is expected"
    )
    assert caught.value.finding.help == "Hand over a plain float, not a subclass of it."


def test_an_array_of_objects_is_not_computed_with():
    hostile = np.empty(2, dtype=object)
    hostile[0] = types.SimpleNamespace(__float__=explode, __sub__=explode)
    with pytest.raises(Mismatch, match="y has dtype object, float64 is expected"):
        assert_gradient(hostile, np.ones(2), of="y")


def test_an_array_that_claims_to_be_huge_is_only_described():
    view = np.broadcast_to(np.zeros(1), (10**6, 10**6))
    with pytest.raises(Mismatch, match=r"y has shape \(1000000, 1000000\), \(3,\) is expected"):
        assert_gradient(view, np.ones(3), of="y")


def test_a_list_that_holds_itself_is_shown():
    endless: list = [1.0]
    endless.append(endless)
    with pytest.raises(Mismatch) as caught:
        assert_close(endless, [1.0, 2.0], of="y")
    assert caught.value.finding.what == "y[1] is a list of 2, a float is expected"


def test_a_key_that_is_nested_deeply_is_no_key():
    with pytest.raises(Mismatch, match="y has a tuple of 1 as a key"):
        assert_equal({((((("W",),),),),): 1}, {"W": 1}, of="y")


class Handle:
    """What a remote handle offers: the name of the class of the student's object, and nothing else."""

    __slots__ = ("__kata_type__",)

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "__kata_type__", name)

    __getattr__ = explode
    __eq__ = explode
    __hash__ = None


def test_a_handle_is_called_by_the_class_of_its_student():
    with pytest.raises(Mismatch, match="y is an object of class Value, a float is expected"):
        assert_close(Handle("Value"), 1.0, of="y")


def test_a_property_is_not_asked_for_the_class():
    class Sly:
        __kata_type__ = property(explode)

    assert show.describe(Sly()) == "an object of class Sly"


def test_control_characters_in_a_class_name_are_escaped():
    sly = type("Sly\x1b[2J\u202e", (), {})
    assert show.describe(sly()) == "an object of class Sly\\x1b[2J\\u202e"


@pytest.mark.parametrize("fake", [None, types.ModuleType("torch"), object()])
def test_a_false_torch_does_no_harm(monkeypatch, fake):
    monkeypatch.setitem(sys.modules, "torch", fake)
    assert_close(1.0, np.float64(1.0), of="y")
    with pytest.raises(Mismatch):
        assert_close(BOMBS[0], np.ones(2), of="y")


def test_torch_is_not_imported():
    code = "import sys, grader.gradcheck.compare, grader.gradcheck.numeric; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
