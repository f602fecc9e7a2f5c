"""Tensors cross by value; whatever else torch has stays where it is."""

import math

import numpy as np
import pytest
import torch

from grader.remote.pack import Packer
from grader.remote.unpack import Unpacker
from grader.remote.wire import HEADER, WireError, decode_structure, lengths

FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
OTHERS = [torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64]
COMPLEX = [torch.complex64, torch.complex128]


def refuse(value):
    raise WireError(f"{type(value).__name__} cannot cross")


def crossed(*values):
    packer = Packer(refuse)
    frame = packer.frame([packer.pack(value) for value in values])
    middle = HEADER.size + lengths(frame[: HEADER.size])[0]
    unpacker = Unpacker(bytearray(frame[middle:]), refuse)
    return [unpacker.unpack(tree) for tree in decode_structure(frame[HEADER.size : middle])]


def some(shape, dtype):
    return torch.arange(math.prod(shape)).sub(2).reshape(shape).to(dtype)


@pytest.mark.parametrize("dtype", [*FLOATS, *OTHERS, *COMPLEX], ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (5,), (3, 4)], ids=str)
def test_every_dtype_in_every_kind_of_shape(dtype, shape):
    x = some(shape, dtype)
    (back,) = crossed(x)
    assert type(back) is torch.Tensor
    assert (back.dtype, back.shape, back.device.type) == (dtype, x.shape, "cpu")
    assert not back.requires_grad
    assert torch.equal(back, x)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_special_numbers_keep_their_bits(dtype):
    x = torch.tensor([math.nan, math.inf, -math.inf, -0.0, 1e-7], dtype=dtype)
    (back,) = crossed(x)
    assert torch.equal(back.view(torch.uint8), x.view(torch.uint8))


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x.T,
        lambda x: x[::2, 1:],
        lambda x: x[:1].expand(3, 4),
        lambda x: x[1],
        lambda x: torch.complex(x, x).conj(),
        lambda x: torch.complex(x, x).conj().imag,
    ],
    ids=["transposed", "strided", "expanded", "offset", "conjugate", "negative"],
)
def test_the_layout_in_memory_does_not_matter(make):
    x = make(some((3, 4), torch.float64))
    (back,) = crossed(x)
    assert torch.equal(back, x)
    assert back.is_contiguous()


def test_a_tensor_that_wants_a_gradient_wants_it_on_the_other_side():
    x = torch.ones(2, requires_grad=True)
    back, result = crossed(x, x * 3)
    assert back.requires_grad
    assert back.is_leaf
    assert result.requires_grad  # as a leaf: how it was made stays behind
    assert result.is_leaf


def test_a_tensor_can_be_written_to_on_the_other_side():
    (back,) = crossed(torch.zeros(3))
    back += 1
    assert back.tolist() == [1.0, 1.0, 1.0]


def test_one_tensor_twice_is_one_tensor():
    x = torch.zeros(2)
    back, (again,) = crossed(x, [x])
    assert again is back


def test_tensors_and_arrays_in_one_frame():
    a, x = np.arange(3, dtype=np.int8), torch.arange(5.0, dtype=torch.float64)
    back_a, back_x = crossed(a, x)
    assert back_a.tolist() == [0, 1, 2]
    assert torch.equal(back_x, x)


def test_sizes_and_dtypes_are_values():
    size, dtype = crossed(torch.Size([2, 0, 3]), torch.bfloat16)
    assert type(size) is torch.Size
    assert tuple(size) == (2, 0, 3)
    assert dtype is torch.bfloat16


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.nn.Parameter(torch.ones(2)),
        lambda: torch.ones(2).to_sparse(),
        lambda: torch.ones(2).as_subclass(type("Mine", (torch.Tensor,), {})),
        lambda: torch.nn.Linear(2, 2),
        torch.Generator,
        lambda: torch.ones(2, device="meta"),
    ],
    ids=["parameter", "sparse", "subclass", "module", "generator", "without numbers"],
)
def test_everything_else_stays_where_it_is(make):
    with pytest.raises(WireError, match="cannot cross"):
        crossed(make())


@pytest.mark.parametrize(
    ("tree", "complaint"),
    [
        (["T", "float64", [2], [0, 8], "cpu", False], "does not fit"),
        (["T", "float64", [1], [8, 8], "cpu", False], "outside"),
        (["T", "qint8", [1], [0, 1], "cpu", False], "malformed"),
        (["T", "int64", [1], [0, 8], "cpu", True], "cannot require"),
        (["T", "float64", [1], [0, 8], "mps", False], "device"),
        (["T", "float64", [1], [0, 8], "cpu"], "malformed"),
        (["z", 1, -1], "sizes"),
        (["z", True], "sizes"),
        (["D", "qint8"], "dtype"),
        (["D", ["l"]], "dtype"),
    ],
    ids=str,
)
def test_malformed_tensors_are_refused(tree, complaint):
    with pytest.raises(WireError, match=complaint):
        Unpacker(bytearray(8), refuse).unpack(tree)
