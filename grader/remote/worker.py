"""The program inside the jail: it holds the student's modules and does what the grader asks of them.

It knows no test, no expected value, no seed and no score; nothing here is worth reading or changing for
the student's code, which may do both. Errors are described, never explained away: the grader judges.
"""

import builtins
import importlib
import operator
import os
import random
import socket
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from grader.errors import text_of
from grader.remote.changes import NOTHING, Given, apply
from grader.remote.channel import Channel, Closed
from grader.remote.fault import MAX_FRAMES, MAX_NAME, MAX_TEXT, as_builtin, builtin_names
from grader.remote.memory_modules import MemoryFinder
from grader.remote.pack import Packer, is_atom, is_by_value
from grader.remote.standin import replace
from grader.remote.tripwires import Trap
from grader.remote.unpack import Unpacker
from grader.remote.wire import MAX_REPLY, Tree, WireError

INPLACE = {"iadd", "isub", "imul", "itruediv", "imatmul", "ipow", "ifloordiv", "imod"}
OPERATORS = INPLACE | {
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor"),
    *("lshift", "rshift", "neg", "pos", "abs", "invert", "getitem", "setitem", "delitem"),
}


class CallbackFailed(BaseException):
    """Mixed into what student code sees when a function of the test raised; `ticket` names that error."""

    ticket: int


class Callback:
    """A function of the test, seen from inside: calling it asks the grader."""

    def __init__(self, worker: "Worker", number: int, name: str) -> None:
        self._worker, self._number, self.__name__ = worker, number, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._worker.call_back(self._number, args, kwargs)

    def __repr__(self) -> str:
        return f"<function {self.__name__}>"


class Worker:
    """Serves one grader over one channel until it hangs up."""

    def __init__(self, sock: socket.socket) -> None:
        self.channel = Channel(sock)
        self.finder = MemoryFinder()
        self.trap = Trap()
        self.objects: dict[int, Any] = {}
        self.numbers: dict[int, int] = {}
        self.sent: dict[int, int] = {}
        self.errors: dict[int, BaseException] = {}
        self.callbacks: dict[int, Callback] = {}
        self.modules: set[str] = set()
        self.next_number = 0
        self.verbs: dict[str, Callable[..., Any]] = {
            "load": self.load,
            "build": self.build,
            "replace": replace,
            "same": lambda target: target,
            "get": getattr,
            "set": setattr,
            "call": lambda target, args, kwargs={}: target(*args, **kwargs),
            "op": self.operate,
            "float": float,
            "isinstance": isinstance,
            "enter": lambda target: type(target).__enter__(target),
            "exit": self.leave,
        }

    def serve(self) -> None:
        """Answer requests until the grader hangs up."""
        while True:
            message, buffers = self.channel.receive()
            self.answer(message, buffers)

    def answer(self, message: list[Any], buffers: bytearray) -> None:
        """Do what one request asks, and send its result or the error that it raised."""
        _, released, earlier, verb, *trees = message
        unpacker = Unpacker(buffers, self.resolve)
        settled: list[Tree] = []
        given = NOTHING
        try:
            try:
                for number, what, *operands in earlier:
                    args = [unpacker.unpack(tree) for tree in operands]
                    settled.append(self.keep(number, self.verbs[what](*args)))
            finally:
                for number, times in released:
                    self.release(number, times)
            args = [unpacker.unpack(tree) for tree in trees]
            given = Given.of(unpacker)
            frame = self.reply("ok", self.verbs[verb](*args), given, settled)
        except Closed:
            raise
        except BaseException as error:
            frame = self.reply_error(error, given, settled)
        if self.trap.tripped is not None:  # whatever the student's code made of it
            frame = Packer(self.export).frame(["tripped", *self.trap.tripped])
        self.channel.send(frame)

    def keep(self, number: int, value: Any) -> Tree:
        """Keep a result that could wait under the number that the grader gave; tells what it is."""
        self.objects[number], self.sent[number] = value, 1
        if is_atom(value):
            return ["v", value]
        if is_by_value(value):
            return ["w"]  # whoever wants it asks for it
        self.numbers.setdefault(id(value), number)
        return ["h", type(value).__name__[:MAX_NAME], self.owns(value)]

    def owns(self, value: Any) -> bool:
        """Whether the student's files made the class of an object."""
        return getattr(type(value), "__module__", None) in self.modules

    def reply(self, status: str, result: Any, given: Given, settled: list[Tree]) -> bytes:
        """The frame of a result or an error, with the new state of every argument that was changed."""
        packer = Packer(self.export, known=given.values)
        tree = self.describe(result) if status == "error" else packer.pack(result)
        return packer.frame([status, tree, given.changes(packer), settled], MAX_REPLY)

    def reply_error(self, error: BaseException, given: Given, settled: list[Tree]) -> bytes:
        try:
            return self.reply("error", error, given, settled)
        except BaseException as worse:  # an argument was changed into something that cannot cross
            return Packer(self.export).frame(["error", self.describe(worse), [], settled], MAX_REPLY)

    def load(self, sources: dict[str, str], module: str, guard: tuple[Any, ...]) -> Any:
        """Import the student's module from memory. `sources`: file -> text; guard: what `Trap.set` takes."""
        random.seed(0)
        np.random.seed(0)
        self.finder.install(sources)
        self.modules = {file.removesuffix(".py").replace("/", ".") for file in sources}
        names, autograd, complex_numbers = guard
        self.trap.set(names, autograd, complex_numbers, self.finder.sources)
        return importlib.import_module(module)

    def build(self, path: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Make an object of a library inside: `build("torch.nn.Linear", (3, 5), {})`."""
        module, _, name = path.rpartition(".")
        return getattr(importlib.import_module(module) if module else builtins, name)(*args, **kwargs)

    def operate(self, name: str, args: tuple[Any, ...]) -> Any:
        if name not in OPERATORS:
            raise WireError("an unknown operator")
        return getattr(operator, name)(*args)

    def leave(self, target: Any, ticket: int | None, type_name: str, text: str) -> bool:
        """Leave a context manager, with the error that ended its block, if one did."""
        error = self.errors.get(ticket) if ticket is not None else None
        if error is None and type_name:
            kind = getattr(builtins, type_name, None)
            known = isinstance(kind, type) and issubclass(kind, Exception)
            error = kind(text) if known else RuntimeError(text)  # type: ignore[misc]
        return bool(type(target).__exit__(target, type(error) if error else None, error, None))

    def call_back(self, number: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Ask the grader to run a function of the test; serve what it asks meanwhile."""
        packer = Packer(self.export)
        message = ["callback", number, packer.pack(args), packer.pack(kwargs)]
        self.channel.send(packer.frame(message, MAX_REPLY))
        while True:
            message, buffers = self.channel.receive()
            if message[0] == "request":
                self.answer(message, buffers)
            elif message[0] == "returned":
                unpacker = Unpacker(buffers, self.resolve, known=packer.mutables)
                result = unpacker.unpack(message[1])
                apply(message[2], unpacker)
                return result
            else:
                _, ticket, names, text = message
                failure = as_builtin(CallbackFailed, BaseException, tuple(names))(text)
                failure.ticket = ticket
                raise failure

    def export(self, value: Any) -> Tree:
        """A handle: the object stays here, pinned, under a number that is its identity."""
        if type(value) is Callback and value._worker is self:
            return ["f", value._number]
        number = self.numbers.get(id(value))
        if number is None:
            number = self.next_number = self.next_number + 1
            self.objects[number], self.numbers[id(value)], self.sent[number] = value, number, 0
        self.sent[number] += 1
        return ["h", number, type(value).__name__[:MAX_NAME], self.owns(value)]

    def release(self, number: int, times: int) -> None:
        """The grader let go of a handle that it received so many times; others may be on their way."""
        if number not in self.sent:
            return  # the result of an operator that never ran: one before it failed
        self.sent[number] -= times
        if not self.sent[number]:
            del self.sent[number]
            value = self.objects.pop(number)
            if self.numbers.get(id(value)) == number:
                del self.numbers[id(value)]

    def resolve(self, tree: Tree) -> Any:
        if tree[0] == "h":
            return self.objects[tree[1]]
        if tree[0] == "f":
            return self.callbacks.setdefault(tree[1], Callback(self, tree[1], tree[2]))
        raise WireError("an unknown tag")

    def describe(self, error: BaseException) -> Tree:
        """What the grader needs to judge an error, and a ticket under which it is kept."""
        ticket = len(self.errors)
        if ticket < 64:
            self.errors[ticket] = error
        return [
            type(error).__name__[:MAX_NAME],
            builtin_names(type(error)),
            text_of(error)[:MAX_TEXT],
            self.finder.frames(error)[-MAX_FRAMES:],
            ticket,
            error.ticket if isinstance(error, CallbackFailed) else None,
            _syntax_place(error),
        ]


def _syntax_place(error: BaseException) -> Tree:
    if isinstance(error, SyntaxError) and type(error.filename) is str and type(error.lineno) is int:
        return [error.filename[:200], error.lineno, (error.text or "")[:MAX_TEXT], error.offset or 0]
    return None


def serve(sock: socket.socket) -> None:
    """Entry point of a jailed worker."""
    sys.setrecursionlimit(1_200)
    np.seterr(all="ignore")
    try:
        Worker(sock).serve()
    except Closed:
        os._exit(0)
