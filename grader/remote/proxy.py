"""One worker with one student's module in it: requests travel, what can wait travels with them."""

import traceback
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

import numpy as np

from grader.errors import KataError, RunStopped, SubmissionError, TooMuchMemory, WorkerLost
from grader.gradcheck import show
from grader.gradcheck.message import Finding, Mismatch
from grader.remote.budget import Jail
from grader.remote.changes import Given, apply, copies
from grader.remote.channel import Channel, Closed
from grader.remote.fault import MAX_NAME, StudentError, builtin_names, lacks_memory, student_error
from grader.remote.guard import FREE, Guard, tripped
from grader.remote.handle import FAILED, OBJECT, PENDING, VALUE, Handle, become
from grader.remote.pack import Packer, is_atom
from grader.remote.unpack import Unpacker
from grader.remote.wire import MAX_STRUCTURE, Tree, WireError

MAX_NESTING = 40
MAX_QUEUE = 200
MAX_HANDLES = 200_000  # that a session knows of, those included whose release was not told yet
MAX_RELEASES = 20_000  # that are told in one request
MAX_FAILURES = 20  # of callbacks, that are kept to be raised again
FILLED = "what the code hands over fills the memory that a test may have"
MAX_SOURCES = MAX_STRUCTURE - (1 << 20)  # bytes of all files of a student


class CannotCross(TypeError):
    """A value too large, too deep or of no kind for the wire, made of what the student's code gave."""


class Session:
    """One worker with one student's module loaded.

    jail: the process and its budget. Raises RunStopped (lost, too slow, too much memory) from any
    request; StudentError (mixed with the builtin type) for what the student's code raised.
    in_place: what that code changes in its arguments is changed in the test's own objects
    """

    def __init__(self, jail: Jail) -> None:
        self.jail = jail
        self.channel = Channel(jail.sock, jail.check)
        self.handles: weakref.WeakValueDictionary[int, Handle] = weakref.WeakValueDictionary()
        self.released: list[list[int]] = []
        self.callbacks: dict[int, Callable[..., Any]] = {}
        self.callback_numbers: dict[int, int] = {}
        self.failures: dict[int, BaseException] = {}  # by ticket
        self.failed = 0
        self.in_place = True
        self.module: Handle | None = None
        self.guard = FREE
        self.found: dict[str, Handle] = {}
        self.methods: set[str] = set()  # names that were bound methods when they were asked for
        self.queue: list[list[Tree]] = []  # [number, verb, *operands]: asked, and not yet sent
        self.numbered = -1  # results are numbered here downwards from -2: -1 and -2 have the same hash
        self.plain: dict[int, Any] = {}  # results that turned out to be plain values, by number
        self.unheard: AssertionError | None = None  # a verdict of a callback, which no `except` may undo
        self.depth = 0

    def load(self, sources: Mapping[str, str], module: str, guard: Guard = FREE) -> "Handle":
        """Import the student's module inside; returns it as a handle. SubmissionError for huge files."""
        if sum(len(text.encode()) for text in sources.values()) > MAX_SOURCES:
            help = f"Keep all files of the course below {MAX_SOURCES >> 20} MiB together."
            raise SubmissionError("the files are too large together", help)
        self.guard = guard
        guarded = list(guard.tripwires), guard.autograd, guard.complex_numbers
        loaded = self.request("load", dict(sources), module, guarded)
        if type(loaded) is not Handle:
            self.jail.kill()
            raise WorkerLost("the file replaced its own module by something else")
        self.module = loaded
        return loaded

    def attribute(self, target: "Handle", name: str) -> Any:
        """`target.name`. The module's own functions and classes are asked for once, which halves traffic."""
        if target is not self.module:
            if name in self.methods:
                return self.later("get", target, name)
            value = self.request("get", target, name)
            if type(value) is Handle and value.__kata_type__ == "method":
                self.methods.add(name)
            return value
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
        self.forget()
        self.jail.close()

    def build(self, path: str, *args: Any, **kwargs: Any) -> Any:
        """Make a library object inside: `build("torch.nn.Linear", 3, 5)`."""
        return self.request("build", path, args, kwargs)

    def replace(self, module: str, symbol: str, kind: str, function: Callable[..., Any]) -> None:
        """Let a function from here stand where the student's does; `grader.remote.standin` says how."""
        self.request("replace", module, symbol, kind, function)
        self.found.clear()  # other names of the same function mean the new one too

    def later(self, verb: str, *args: Any) -> Any:
        """Ask for what can wait; returns its handle at once. Mutable operands cannot wait."""
        try:
            operands = [_simple(arg) for arg in args]
        except _NotSimple:
            return self.request(verb, *args)
        self.numbered -= 1
        handle = self.handles[self.numbered] = Handle(self, self.numbered, times=1)
        self.queue.append([self.numbered, verb, *operands])
        if len(self.queue) >= MAX_QUEUE:
            self.settle_all()
        return handle

    def settle_all(self) -> None:
        """Send what was asked for and can wait no longer. Raises what it raised."""
        if self.queue:
            self.request("same", None)

    def forget(self, example: bool = False) -> None:
        """Drop what was asked for and not yet sent: the test that asked is over, or one example of it.

        The next test asks the module for its functions anew: student code may have bound other ones.
        """
        if not example:
            self.found.clear()
        self.queue.clear()
        self.plain.clear()
        self.failures.clear()
        self.unheard = None

    def request(self, verb: str, *args: Any) -> Any:
        """Send one request and serve the callbacks that it makes; returns its result."""
        packer = Packer(self.export)
        released, self.released = self.released[:MAX_RELEASES], self.released[MAX_RELEASES:]
        queue, self.queue = self.queue, []
        try:
            asked = [*queue, [0, verb, *[packer.pack(arg) for arg in args]]]
            frame = packer.frame(["request", released, queue, *asked[-1][1:]])
        except BaseException as error:
            self.released, self.queue = released + self.released, queue
            if not isinstance(error, WireError | KataError):
                raise
            kind = CannotCross if isinstance(error, WireError) else KataError
            raise kind(f"a test handed over what cannot cross to the student's code: {error}") from None
        try:
            self.channel.send(frame)
            while True:
                message, buffers = self.channel.receive()
                if message[0] != "callback":
                    return self.settle(message, Unpacker(buffers, self.resolve, known=packer.mutables), asked)
                self.run_callback(message, Unpacker(buffers, self.resolve))
        except (Closed, WireError) as error:
            raise self.jail.lost(error) from None
        except MemoryError:  # in the midst of a frame: what comes next would be taken for its beginning
            self.jail.kill()
            raise TooMuchMemory(FILLED) from None

    def settle(self, message: list[Any], unpacker: Unpacker, asked: list[list[Tree]]) -> Any:
        """The result of a reply; raises what the student's code raised. In-place changes are applied."""
        match message:
            case ["ok" | "error" as status, tree, list(changed), list(settled)] if len(settled) < len(asked):
                if status == "ok" and len(settled) < len(asked) - 1:
                    raise WireError("a reply without all results")
                for result, (number, *_) in zip(settled, asked, strict=False):
                    self.settle_one(number, result)
                if changed and not self.in_place:
                    unpacker.mutables = copies(unpacker.mutables)
                result = unpacker.unpack(tree) if status == "ok" else None
                apply(changed, unpacker)
                unpacker.check_size(result)
            case ["tripped", str(name), place]:
                raise tripped(name, place, self.guard)
            case _:
                raise WireError("an unknown reply")
        if self.depth == 0 and self.unheard is not None:
            verdict, self.unheard = self.unheard, None
            raise verdict
        if status == "error":
            self.fail(tree, asked[len(settled) :])
        return result

    def settle_one(self, number: int, result: Tree) -> None:
        """Write down what became of something that was asked for earlier."""
        match result:
            case ["h", str(kind), bool(own)]:
                fate, what = OBJECT, kind[:MAX_NAME]
            case ["v", value] if is_atom(value):
                fate, what, own = VALUE, value, False
                self.plain[number] = value
            case ["w"]:
                return
            case _:
                raise WireError("an unknown result")
        handle = self.handles.get(number)
        if handle is not None:
            become(handle, fate, what, own)

    def fail(self, tree: Tree, unanswered: list[list[Tree]]) -> NoReturn:
        """Raise a described error: the test's own where a callback raised it, else the student's.

        unanswered: what was asked for, from the one that raised it on.
        """
        error, ticket = student_error(tree)
        if ticket in self.failures:
            raise self.failures[ticket]
        if lacks_memory(error):
            self.jail.kill()
            raise TooMuchMemory("the code asked for more memory than it may have") from error
        told = self.misplaced(unanswered[0], in_student_code=bool(error.frames)) or error
        for number, *_ in unanswered:
            handle = self.handles.get(number)
            if handle is not None:
                become(handle, FAILED, told, False)
        raise told

    def misplaced(self, asked: list[Tree], in_student_code: bool) -> Mismatch | None:
        """The verdict on a plain value from which something was asked that only an object has.

        The student's own code may take numbers for operands, but nothing takes None.
        """
        for number in _handles_in(asked):
            value = self.plain.get(number, self)
            if value is None or (value is not self and not in_student_code):
                shown = show.value(value)
                return Mismatch(
                    Finding(
                        what=f"got {shown} where an object is needed",
                        yours=shown,
                        candidates=("forgot `return`?",) if value is None else (),
                    )
                )
        return None

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
        given = Given.of(unpacker)
        self.depth += 1
        try:
            result = self.callbacks[number](*args, **kwargs)
            self.settle_all()
            packer = Packer(self.export, known=given.values)
            reply = packer.frame(["returned", packer.pack(result), given.changes(packer)])
        except (RunStopped, KeyboardInterrupt):
            raise
        except MemoryError:
            self.jail.kill()
            raise TooMuchMemory(FILLED) from None
        except BaseException as error:
            del args, kwargs, given, unpacker, message  # the error is kept, and its frames lead to this one
            reply = self.failure(error)
        finally:
            self.depth -= 1
        self.channel.send(reply)

    def failure(self, error: BaseException) -> bytes:
        """Keep what a callback raised, and tell the worker of it."""
        if isinstance(error, WireError):
            error = CannotCross(f"a function of the test returned what cannot cross: {error}")
        if isinstance(error, AssertionError) and not isinstance(error, StudentError):
            self.unheard = error
        ticket, self.failed = self.failed, self.failed + 1
        trace = error.__traceback__.tb_next if error.__traceback__ is not None else None
        if type(error) is TypeError and trace is None:
            # It was called in a way in which it cannot be called: that is the student's own error.
            return Packer(self.export).frame(["raised", ticket, ["TypeError"], str(error)])
        traceback.clear_frames(trace)  # they, and the caller's, hold what the student's code handed over
        error.__traceback__ = trace
        self.failures[ticket] = error
        self.failures.pop(ticket - MAX_FAILURES, None)
        # Its type only: the text of a test's error may hold what is expected.
        return Packer(self.export).frame(["raised", ticket, builtin_names(type(error)), type(error).__name__])

    def export(self, value: Any) -> Tree:
        if type(value) is Handle:
            if value.__kata_session__ is not self:
                raise KataError("an object of another student's worker")
            if value.__kata_fate__ == FAILED:
                raise value.__kata_value__
            return ["h", value.__kata_number__]
        if callable(value) and not isinstance(value, type):
            number = self.callback_numbers.setdefault(id(value), len(self.callbacks))
            self.callbacks[number] = value  # kept, so that the id stays its own
            return ["f", number, str(getattr(value, "__name__", "f"))]
        if isinstance(value, np.ndarray | np.generic):  # one may come of numbers that the student's code gave
            raise WireError(f"an array of dtype {value.dtype}")
        raise KataError(f"an object of class {type(value).__name__}")

    def resolve(self, tree: Tree) -> Any:
        match tree:
            case ["h", int(number), str(kind), bool(own)] if number > 0 or self.numbered <= number < 0:
                handle = self.handles.get(number)
                if handle is None:
                    if len(self.handles) + len(self.released) >= MAX_HANDLES:
                        raise WireError("there are more objects than a test can hold")
                    handle = self.handles[number] = Handle(self, number)
                if handle.__kata_fate__ == PENDING:
                    become(handle, OBJECT, kind[:MAX_NAME], own)
                object.__setattr__(handle, "__kata_times__", handle.__kata_times__ + 1)
                return handle
            case ["f", int(number)] if number in self.callbacks:
                return self.callbacks[number]
        raise WireError("an unknown tag")


class _NotSimple(Exception):
    """An operand that must not wait: it may change until it is sent."""


def _simple(value: Any) -> Tree:
    """The tree of an operand that can wait: a number, a text, a handle, or a tuple of such."""
    kind = type(value)
    if value is None or kind in (bool, float, str) or (kind is int and -(2**63) <= value < 2**63):
        return value
    if kind is Handle:
        return value.__kata_session__.export(value)
    if kind is tuple and len(value) < MAX_QUEUE:
        return ["t", *[_simple(part) for part in value]]
    raise _NotSimple


def _handles_in(tree: Tree) -> Iterator[int]:
    match tree:
        case ["h", int(number)]:
            yield number
        case [*parts]:
            for part in parts:
                yield from _handles_in(part)
