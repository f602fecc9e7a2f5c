"""What goes into a frame comes out of it, exactly."""

import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.remote.pack import Packer
from grader.remote.unpack import Unpacker
from grader.remote.wire import HEADER, MAX_DEPTH, WireError, decode_structure, lengths

CODES = "?bhilqBHILQefdgFDG"


def refuse(value):
    raise WireError(f"{value!r} cannot cross")


def frame_of(*values):
    packer = Packer(refuse)
    return packer.frame([packer.pack(value) for value in values]), packer


def read(frame, known=None):
    structure, buffers = lengths(frame[: HEADER.size])
    middle = HEADER.size + structure
    assert len(frame) == middle + buffers
    unpacker = Unpacker(bytearray(frame[middle:]), refuse, known)
    return [unpacker.unpack(tree) for tree in decode_structure(frame[HEADER.size : middle])], unpacker


def crossed(*values):
    return read(frame_of(*values)[0])[0]


def bits(x):
    return struct.pack("<d", x)


def assert_same(a, b):
    """Equal in value and exact type, nan, -0.0 and dtypes included."""
    if isinstance(a, np.dtype):
        assert a == b  # int64 has two names in numpy
        return
    assert type(a) is type(b)
    if type(a) is float:
        assert bits(a) == bits(b)
    elif type(a) is complex:
        assert (bits(a.real), bits(a.imag)) == (bits(b.real), bits(b.imag))
    elif isinstance(a, np.ndarray | np.generic):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        # the padding of a long double is not part of its value
        assert a.tobytes() == b.tobytes() or (a.dtype.itemsize >= 16 and np.array_equal(a, b, equal_nan=True))
    elif type(a) in (tuple, list):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert_same(x, y)
    elif type(a) is dict:
        assert_same(list(a.items()), list(b.items()))
    else:
        assert a == b


dtypes = st.one_of(
    *(make() for make in (hnp.boolean_dtypes,)),
    *(make(endianness="?") for make in (hnp.integer_dtypes, hnp.unsigned_integer_dtypes)),
    hnp.floating_dtypes(endianness="?"),
    hnp.complex_number_dtypes(endianness="?"),
)
arrays = hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
scalars = arrays.filter(lambda a: a.size).map(lambda a: a.reshape(-1)[0])
keys = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary())
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**300), 10**300),
    st.floats(),
    st.complex_numbers(),
    st.text(),
    st.binary(),
    st.builds(slice, st.none() | st.integers(), st.none() | st.integers(), st.none() | st.integers()),
    st.builds(range, st.integers(), st.integers(), st.integers(1, 9)),
    st.just(Ellipsis),
    st.sampled_from(CODES).map(np.dtype),
    scalars,
    arrays,
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(keys | keys.map(lambda k: (k, 1)), inner, max_size=4),
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(values)
def test_every_value_comes_out_as_it_went_in(value):
    (back,) = crossed(value)
    assert_same(back, value)


@settings(max_examples=25, deadline=None)
@given(st.lists(values, min_size=2, max_size=3))
def test_many_values_in_one_frame(several):
    assert_same(crossed(*several), several)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (5,), (2, 3)], ids=str)
def test_every_numeric_dtype_in_every_kind_of_shape(code, shape):
    a = np.arange(math.prod(shape)).reshape(shape).astype(code)
    assert_same(crossed(a), [a])


@pytest.mark.parametrize(
    "make",
    [
        lambda a: a.T,
        lambda a: a[::2, ::-1],
        np.asfortranarray,
        lambda a: a.astype(">f8"),
        lambda a: np.broadcast_to(a[:1], a.shape),
    ],
    ids=["transposed", "strided", "fortran", "big endian", "broadcast"],
)
def test_the_layout_in_memory_does_not_matter(make):
    a = make(np.arange(12.0).reshape(3, 4))
    (back,) = crossed(a)
    assert (back.dtype, back.shape) == (a.dtype, a.shape)
    np.testing.assert_array_equal(back, a)
    assert back.flags.c_contiguous


def test_an_array_can_be_written_to_on_the_other_side_unless_it_is_read_only():
    free, locked = np.ones(3), np.ones(3)
    locked.flags.writeable = False
    (free_back, locked_back) = crossed(free, locked)
    free_back += 1
    assert free_back.tolist() == [2.0, 2.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        locked_back += 1


def test_special_floats_keep_their_bits():
    odd = [math.nan, -math.nan, math.inf, -math.inf, -0.0, 5e-324]
    assert [bits(x) for x in crossed(*odd)] == [bits(x) for x in odd]


@pytest.mark.parametrize("number", [2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64, 10**600, -(10**600)])
def test_integers_of_any_size(number):
    assert crossed(number) == [number]


def test_an_integer_beyond_all_measure_is_refused_where_it_is_written():
    with pytest.raises(WireError, match="too large"):
        frame_of(1 << 100_000)


def nested(depth):
    deep = []
    for _ in range(depth - 1):
        deep = [deep]
    return deep


def test_the_deepest_value_that_can_be_written_can_be_read():
    assert crossed(nested(MAX_DEPTH + 1)) == [nested(MAX_DEPTH + 1)]


def test_nesting_beyond_all_measure_is_refused_where_it_is_written():
    deep = nested(MAX_DEPTH + 2)
    with pytest.raises(WireError, match="too deeply"):
        frame_of(deep)


def test_a_frame_beyond_all_measure_is_refused_where_it_is_written():
    with pytest.raises(WireError, match="too large"):
        frame_of("x" * (5 << 20))


def test_one_object_twice_is_one_object_on_the_other_side():
    inner, a = [1], np.zeros(2)
    back = crossed(inner, (inner, {"k": inner}), a, [a])
    assert back[0] is back[1][0] is back[1][1]["k"]
    assert back[2] is back[3][0]


def test_a_list_may_hold_itself():
    loop = [1]
    loop.append(loop)
    (back,) = crossed(loop)
    assert back[0] == 1
    assert back[1] is back


def test_equal_objects_stay_apart():
    (a, b) = crossed([1], [1])
    assert a is not b


def test_arrays_of_one_frame_do_not_overlap():
    a, b = crossed(np.zeros(3, np.int8), np.zeros(3))
    a += 1
    assert b.tolist() == [0.0, 0.0, 0.0]
    assert b.ctypes.data % 8 == 0


def test_known_objects_cross_as_references():
    here, there = [1, 2], [1, 2]
    packer = Packer(refuse, known=[here])
    frame = packer.frame([packer.pack((here, [3]))])
    ((back, other),), _ = read(frame, known=[there])
    assert back is there
    assert other == [3]


def test_what_changed_is_sent_anew_and_stays_the_same_object_for_the_others():
    """Two lists were known; one grew, and the other now holds it."""
    grown, holder = [1, 2], []
    holder.append(grown)
    packer = Packer(refuse, known=[grown, holder])
    frame = packer.frame([packer.content(grown), packer.content(holder)])
    there = [[1], []]
    (new_grown, new_holder), _ = read(frame, known=there)
    assert new_grown == [1, 2]
    assert new_holder[0] is there[0]


@pytest.mark.parametrize(
    "thing",
    [
        np.array(["a"]),
        np.array([object()]),
        np.array([np.datetime64("2020-01-01")]),
        np.zeros(2, dtype=[("x", "f8")]),
        np.datetime64("2020-01-01"),
        np.str_("a"),
        np.ma.array([1.0]),
        type("F", (float,), {})(1.0),
        type("L", (list,), {})(),
        type("S", (str,), {})("a"),
        {1}.__class__({1}),
        bytearray(b"a"),
        NotImplemented,
        object(),
        print,
        int,
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_everything_else_and_every_subclass_stays_where_it_is(thing):
    with pytest.raises(WireError, match="cannot cross"):
        frame_of([thing])
