"""The student's module as a test sees it from outside: every attribute, call and operator travels.

`Session` holds one worker and one student's module in it; `Handle` stands for an object that stays inside.
"""

import weakref
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np

from grader.errors import KataError, RunStopped, SubmissionError, TooMuchMemory, WorkerLost
from grader.gradcheck.message import Finding, Mismatch
from grader.remote.budget import Jail
from grader.remote.channel import Channel, Closed
from grader.remote.fault import StudentError, builtin_names, lacks_memory, student_error
from grader.remote.guard import FREE, Guard, tripped
from grader.remote.pack import Packer
from grader.remote.unpack import Unpacker
from grader.remote.wire import MAX_STRUCTURE, Tree, WireError

MAX_NESTING = 40
MAX_SOURCES = MAX_STRUCTURE - (1 << 20)  # bytes of all files of a student


class Session:
    """One worker with one student's module loaded.

    jail: the process and its budget. Raises RunStopped (lost, too slow, too much memory) from any
    request; StudentError (mixed with the builtin type) for what the student's code raised.
    """

    def __init__(self, jail: Jail) -> None:
        self.jail = jail
        self.channel = Channel(jail.sock, jail.check)
        self.handles: weakref.WeakValueDictionary[int, Handle] = weakref.WeakValueDictionary()
        self.released: list[list[int]] = []
        self.callbacks: dict[int, Callable[..., Any]] = {}
        self.callback_numbers: dict[int, int] = {}
        self.failures: list[BaseException] = []
        self.module: Handle | None = None
        self.found: dict[str, Handle] = {}
        self.unheard: AssertionError | None = None  # a verdict of a callback, which no `except` may undo
        self.depth = 0

    def load(self, sources: Mapping[str, str], module: str, guard: Guard = FREE) -> "Handle":
        """Import the student's module inside; returns it as a handle. SubmissionError for huge files."""
        if sum(len(text.encode()) for text in sources.values()) > MAX_SOURCES:
            help = f"Keep all files of the course below {MAX_SOURCES >> 20} MiB together."
            raise SubmissionError("the files are too large together", help)
        loaded = self.request("load", dict(sources), module, list(guard.tripwires), guard.autograd)
        if type(loaded) is not Handle:
            self.jail.kill()
            raise WorkerLost("the file replaced its own module by something else")
        self.module = loaded
        return loaded

    def attribute(self, target: "Handle", name: str) -> Any:
        """`target.name`. The module's own functions and classes are asked for once, which halves traffic."""
        if target is not self.module:
            return self.request("get", target, name)
        if name not in self.found:
            value = self.request("get", target, name)
            if type(value) is not Handle or value.__kata_type__ not in ("function", "type"):
                return value
            self.found[name] = value
        return self.found[name]

    def close(self) -> None:
        """End the worker."""
        self.module = None
        self.found.clear()
        self.jail.close()

    def build(self, path: str, *args: Any, **kwargs: Any) -> Any:
        """Make a library object inside: `build("torch.nn.Linear", 3, 5)`."""
        return self.request("build", path, args, kwargs)

    def request(self, verb: str, *args: Any) -> Any:
        """Send one request and serve the callbacks that it makes; returns its result."""
        packer = Packer(self.export)
        released, self.released = self.released, []
        try:
            frame = packer.frame(["request", verb, released, *[packer.pack(arg) for arg in args]])
        except (WireError, KataError) as error:
            self.released += released
            raise KataError(f"a test handed over what cannot cross to the student's code: {error}") from None
        try:
            self.channel.send(frame)
            while True:
                message, buffers = self.channel.receive()
                if message[0] != "callback":
                    return self.settle(message, Unpacker(buffers, self.resolve, known=packer.mutables))
                self.run_callback(message, Unpacker(buffers, self.resolve))
        except (Closed, WireError) as error:
            raise self.jail.lost(error) from None

    def settle(self, message: list[Any], unpacker: Unpacker) -> Any:
        """The result of a reply; raises what the student's code raised. In-place changes are applied."""
        match message:
            case ["ok" | "error" as status, tree, list(changed)]:
                result = unpacker.unpack(tree) if status == "ok" else None
                for entry in changed:
                    self.apply(entry, unpacker)
            case ["tripped", str(name), place]:
                raise tripped(name, place)
            case _:
                raise WireError("an unknown reply")
        if self.depth == 0 and self.unheard is not None:
            verdict, self.unheard = self.unheard, None
            raise verdict
        if status == "error":
            self.fail(tree)
        return result

    def apply(self, entry: Tree, unpacker: Unpacker) -> None:
        match entry:
            case [int(at), [*_] as tree] if 0 <= at < len(unpacker.mutables):
                _become(unpacker.mutables[at], unpacker.unpack(tree))
            case _:
                raise WireError("an unknown change")

    def fail(self, tree: Tree) -> NoReturn:
        """Raise a described error: the test's own where a callback raised it, else the student's."""
        error, ticket = student_error(tree)
        if ticket is not None and 0 <= ticket < len(self.failures):
            raise self.failures[ticket]
        if lacks_memory(error):
            self.jail.kill()
            raise TooMuchMemory("the code asked for more memory than it may have") from error
        raise error

    def run_callback(self, message: list[Any], unpacker: Unpacker) -> None:
        match message:
            case ["callback", int(number), args_tree, kwargs_tree] if number in self.callbacks:
                args, kwargs = unpacker.unpack(args_tree), unpacker.unpack(kwargs_tree)
            case _:
                raise WireError("an unknown callback")
        if type(args) is not tuple or type(kwargs) is not dict or any(type(k) is not str for k in kwargs):
            raise WireError("a callback without arguments")
        if self.depth >= MAX_NESTING:
            raise WireError("callbacks are nested too deeply")
        self.depth += 1
        try:
            result = self.callbacks[number](*args, **kwargs)
            packer = Packer(self.export, known=unpacker.mutables)
            reply = packer.frame(["returned", packer.pack(result)])
        except (RunStopped, KeyboardInterrupt):
            raise
        except BaseException as error:
            self.failures.append(error)
            if isinstance(error, AssertionError) and not isinstance(error, StudentError):
                self.unheard = error
            # Its type only: the text of a test's error may hold what is expected.
            names, ticket = builtin_names(type(error)), len(self.failures) - 1
            reply = Packer(self.export).frame(["raised", ticket, names, type(error).__name__])
        finally:
            self.depth -= 1
        self.channel.send(reply)

    def export(self, value: Any) -> Tree:
        if type(value) is Handle:
            if value.__kata_session__ is not self:
                raise KataError("an object of another student's worker")
            return ["h", value.__kata_number__]
        if callable(value) and not isinstance(value, type):
            number = self.callback_numbers.setdefault(id(value), len(self.callbacks))
            self.callbacks[number] = value  # kept, so that the id stays its own
            return ["f", number, str(getattr(value, "__name__", "f"))]
        raise KataError(f"an object of class {type(value).__name__}")

    def resolve(self, tree: Tree) -> Any:
        match tree:
            case ["h", int(number), str(kind), bool()] if number > 0:
                handle = self.handles.get(number)
                if handle is None:
                    handle = self.handles[number] = Handle(self, number, kind)
                object.__setattr__(handle, "__kata_times__", handle.__kata_times__ + 1)
                return handle
            case ["f", int(number)] if number in self.callbacks:
                return self.callbacks[number]
        raise WireError("an unknown tag")


def _become(old: Any, new: Any) -> None:
    """Give the test's own object the state that the student's code left it in."""
    if type(old) is not type(new):
        raise WireError("an argument changed its type")
    if type(old) is list:
        old[:] = new
    elif type(old) is dict:
        old.clear()
        old.update(new)
    elif old.shape != new.shape or old.dtype != new.dtype:
        raise WireError("an argument changed its shape")
    elif type(old) is np.ndarray:
        if not old.flags.writeable:
            raise WireError("a read-only argument was changed")
        old[...] = new
    else:
        old.detach().copy_(new.detach())


def _refuse(what: str) -> Callable[..., NoReturn]:
    def refused(self: "Handle", *_: Any) -> NoReturn:
        kind = self.__kata_type__
        raise Mismatch(
            Finding(
                what=f"got an object of class {kind} where a plain value is needed",
                yours=f"{kind} object",
                help=f"Return a number, a list or an array: {what} of your own object is not asked.",
            )
        )

    return refused


def _operator(name: str, reflected: bool = False) -> Callable[..., Any]:
    def apply(self: "Handle", *others: Any) -> Any:
        operands = (*others, self) if reflected else (self, *others)
        return self.__kata_session__.request("op", name, operands)

    return apply


class Handle:
    """An object that stays in the worker. Attributes, calls and operators run there.

    Comparison, truth, length and iteration are refused: their answers would be the student's own word.
    """

    __slots__ = ("__kata_number__", "__kata_session__", "__kata_times__", "__kata_type__", "__weakref__")
    __kata_number__: int
    __kata_times__: int
    __kata_session__: Session
    __kata_type__: str
    __array_ufunc__ = None

    def __init__(self, session: Session, number: int, kind: str) -> None:
        object.__setattr__(self, "__kata_session__", session)
        object.__setattr__(self, "__kata_number__", number)
        object.__setattr__(self, "__kata_type__", kind)
        object.__setattr__(self, "__kata_times__", 0)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self.__kata_session__.attribute(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self.__kata_session__.found.pop(name, None)
        self.__kata_session__.request("set", self, name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__kata_session__.request("call", self, args, *((kwargs,) if kwargs else ()))

    def __enter__(self) -> Any:
        return self.__kata_session__.request("enter", self)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> bool:
        if isinstance(error, RunStopped):
            return False
        ticket = error.ticket if isinstance(error, StudentError) else None
        # A verdict of the test is neither shown to the student's code, nor may that code swallow it.
        verdict = error is not None and (
            not isinstance(error, Exception)
            or (isinstance(error, AssertionError) and not isinstance(error, StudentError))
        )
        text = "" if verdict or error is None else str(error)
        name = builtin_names(kind)[0] if kind else ""
        swallowed = self.__kata_session__.request("exit", self, ticket, name, text) is True
        return swallowed and not verdict

    def __instancecheck__(self, value: Any) -> bool:
        return type(value) is Handle and self.__kata_session__.request("isinstance", value, self) is True

    def __float__(self) -> float:
        number = self.__kata_session__.request("float", self)
        if type(number) is not float:
            raise self.__kata_session__.jail.lost(WireError("float() gave something else"))
        return number

    def __repr__(self) -> str:
        return f"<{self.__kata_type__} object of the student>"

    def __hash__(self) -> int:
        return hash((Handle.__name__, self.__kata_number__))  # not that of a number, or `==` would be asked

    def __del__(self) -> None:
        self.__kata_session__.released.append([self.__kata_number__, self.__kata_times__])

    __eq__ = _refuse("`==`")
    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse("a comparison")
    __bool__ = _refuse("the truth")
    __len__ = _refuse("the length")
    __iter__ = __next__ = __contains__ = _refuse("iteration")
    __index__ = __int__ = __complex__ = _refuse("the value")


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "lshift", "rshift"):
    setattr(Handle, f"__{_name}__", _operator(_name))
    setattr(Handle, f"__r{_name}__", _operator(_name, reflected=True))
    setattr(Handle, f"__i{_name}__", _operator(f"i{_name}"))
for _name in ("and", "or", "xor"):
    setattr(Handle, f"__{_name}__", _operator(f"{_name}_"))
    setattr(Handle, f"__r{_name}__", _operator(f"{_name}_", reflected=True))
for _name in ("neg", "pos", "abs", "invert", "getitem", "setitem", "delitem"):
    setattr(Handle, f"__{_name}__", _operator(_name))
