"""What runs in the workers of these tests: it executes whatever source it is sent, as hostile as it likes.

A zygote runs this file through runpy as its warm-up, with a last line that calls `warm`; it registers
itself as the module `hostile`.
"""

import ctypes
import importlib
import json
import os
import socket
import struct
import sys
import threading
import traceback
import types

import grader.sandbox.jail

_libc = ctypes.CDLL(None, use_errno=True)


def raw(number, *arguments):
    """One system call past Python and libc: its result, or minus its errno."""
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = _libc.syscall(ctypes.c_long(number), *words)
    return -ctypes.get_errno() if result == -1 else result


def _receive(sock):
    header = sock.recv(4, socket.MSG_WAITALL)
    return sock.recv(struct.unpack("<I", header)[0], socket.MSG_WAITALL) if header else b""


def _answer(request):
    names = {"raw": raw, "ctypes": ctypes, "os": os, "socket": socket, "threading": threading}
    names |= {"libc": _libc, "struct": struct, "result": None, **request["given"]}
    try:
        exec(request["source"], names)
        return {"value": names["result"]}
    except BaseException as error:
        text = "".join(traceback.format_exception_only(error)).strip()
        return {"error": type(error).__name__, "errno": getattr(error, "errno", None), "text": text}


def serve(sock):
    while request := _receive(sock):
        answer = json.dumps(_answer(json.loads(request)), default=repr).encode()
        sock.sendall(struct.pack("<I", len(answer)) + answer)


def _refuse(*arguments, **keywords):
    raise OSError(1, "refused by the test")


def warm(*words):
    """Import what attacks and honest work need: nothing can be imported from a file in the jail.

    `numpy` and `torch` warm those too; `break:NAME` makes a step of the jail fail.
    """
    for name in ("mmap", "random", "resource"):
        importlib.import_module(name)
    for word in words:
        if word == "numpy":
            for name in ("fft", "linalg", "ma", "random"):
                importlib.import_module(f"numpy.{name}")
        elif word == "torch":
            warm_torch()
        elif word.startswith("break:"):
            setattr(grader.sandbox.jail, word.partition(":")[2], _refuse)


def warm_torch():
    import torch
    import torch.autograd.gradcheck

    torch.set_num_threads(1)
    weight = torch.nn.Linear(2, 2, dtype=torch.float64)
    optimizer = torch.optim.AdamW(weight.parameters())
    weight(torch.ones(1, 2, dtype=torch.float64)).sum().backward()
    optimizer.step()
    optimizer.zero_grad()
    torch.autograd.gradcheck(torch.tanh, (torch.ones(1, dtype=torch.float64, requires_grad=True),))


hostile = types.ModuleType("hostile")
hostile.serve = serve
sys.modules["hostile"] = hostile
