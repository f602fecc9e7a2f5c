"""How torch values cross the wire. Imported only where torch is in use already.

An exact `torch.Tensor` crosses by value, with dtype (bfloat16 too), device and requires_grad; dtypes and
`torch.Size` cross by value. Subclasses (Parameter among them) stay where they are, as handles.
"""

from typing import Any

import torch

from grader.remote.pack import Packer
from grader.remote.unpack import Unpacker, check_bools, checked_shape
from grader.remote.wire import Tree, WireError

DEVICES = ("cpu", "cuda")  # a tensor on `meta` has no numbers to send

_DTYPES = {
    str(d).removeprefix("torch."): d
    for d in (
        *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128),
    )
}


def write(packer: Packer, value: Any) -> Tree | None:
    """The tree of a torch value, or None where it must stay a handle."""
    if type(value) is torch.dtype:
        return ["D", str(value).removeprefix("torch.")]
    if type(value) is torch.Size:
        return ["z", *value]
    if (
        type(value) is not torch.Tensor
        or value.layout is not torch.strided
        or value.device.type not in DEVICES
    ):
        return None
    name = str(value.dtype).removeprefix("torch.")
    if name not in _DTYPES or value.device.type not in DEVICES:
        return None
    known = packer.remember(value)
    if known is not None:
        return ["r", known]
    flat = value.detach().resolve_conj().resolve_neg().cpu().contiguous().reshape(-1)
    raw = flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""
    return ["T", name, list(value.shape), packer.buffer(raw), value.device.type, value.requires_grad]


def read(unpacker: Unpacker, tree: Tree) -> Any:
    """The torch value of a tree; WireError where it is malformed."""
    if tree[0] == "D":
        if len(tree) != 2 or type(tree[1]) is not str or tree[1] not in _DTYPES:
            raise WireError("an unknown torch dtype")
        return _DTYPES[tree[1]]
    if tree[0] == "z":
        if any(type(n) is not int or not 0 <= n < 2**62 for n in tree[1:]):
            raise WireError("a torch.Size holds something else than sizes")
        return torch.Size(tree[1:])
    return _read_tensor(unpacker, tree)


def _read_tensor(unpacker: Unpacker, tree: Tree) -> Any:
    if len(tree) != 6 or type(tree[1]) is not str or tree[1] not in _DTYPES or type(tree[5]) is not bool:
        raise WireError("a tensor is malformed")
    _, name, shape, at, device, requires_grad = tree
    dtype = _DTYPES[name]
    span = unpacker.place(at)
    fits = checked_shape(shape, dtype.itemsize, span[1])
    if device not in DEVICES or (device == "cuda" and not torch.cuda.is_available()):
        raise WireError("a tensor is on a device that is not here")
    if requires_grad and not (dtype.is_floating_point or dtype.is_complex):
        raise WireError("a tensor of integers cannot require a gradient")
    if dtype is torch.bool:
        check_bools(unpacker.span(at))
    tensor = (
        torch.frombuffer(unpacker.buffers, dtype=dtype, count=span[1] // dtype.itemsize, offset=span[0])
        if span[1]
        else torch.empty(0, dtype=dtype)
    )
    tensor = tensor.reshape(fits).to(device).requires_grad_(requires_grad)
    return unpacker.remember(tensor, span if device == "cpu" else None)
