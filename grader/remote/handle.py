"""An object that stays in the worker, as a test sees it: attributes, calls and operators run there.

Operators and calls of classes are not waited for. They are queued, and travel with the next request that
needs an answer; until then their handle is pending.
"""

import linecache
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from grader.errors import RunStopped
from grader.gradcheck import plain
from grader.gradcheck.message import Finding, Mismatch
from grader.remote.fault import StudentError, builtin_names
from grader.remote.wire import WireError

if TYPE_CHECKING:
    from grader.remote.proxy import Session

PENDING, OBJECT, VALUE, FAILED = "pending", "object", "value", "failed"


def _refuse(what: str, of_value: Callable[..., Any]) -> Callable[..., Any]:
    """A question that is asked of plain values only. of_value: asks it, where the handle stands for one."""

    def asked(self: "Handle", *others: Any) -> Any:
        if settle(self) is not self:
            return of_value(self.__kata_value__, *others)
        kind = self.__kata_type__
        raise Mismatch(
            Finding(
                what=f"got an object of class {kind} where a plain value is needed",
                yours=f"{kind} object",
                help=f"Return a number, a list or an array: {what} of your own object is not asked.",
            )
        )

    return asked


def _operator(name: str, reflected: bool = False) -> Callable[..., Any]:
    def apply(self: "Handle", *others: Any) -> Any:
        operands = (*others, self) if reflected else (self, *others)
        session = self.__kata_session__
        ask = session.later if self.__kata_own__ else session.request
        return ask("op", name, operands)

    return apply


def _operator_at_once(name: str) -> Callable[..., Any]:
    def apply(self: "Handle", *others: Any) -> Any:
        return self.__kata_session__.request("op", name, (self, *others))

    return apply


def _raised_by_the_block(trace: Any) -> bool:
    """Whether the lines of the `with` block itself raised what ended it, by `raise`.

    Anything else came of the student's code, and what follows in the block was not asked: to swallow it
    would be to pass a test without an answer.
    """
    line = linecache.getline(trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace is not None else ""
    return trace is not None and trace.tb_next is None and line.lstrip().startswith("raise ")


class Handle:
    """One object of the worker, by its number.

    Comparison, truth, length and iteration are refused: their answers would be the student's own word.

    __kata_fate__: pending; or object, of the class __kata_type__; or value, where what was asked for turned
    out to be plain and stands in __kata_value__; or failed, with the error there
    __kata_own__: the class is the student's, as far as is known    __kata_times__: how often it was sent
    """

    __slots__ = (
        *("__kata_fate__", "__kata_number__", "__kata_own__", "__kata_session__", "__kata_times__"),
        *("__kata_type__", "__kata_value__", "__weakref__"),
    )
    __kata_fate__: str
    __kata_number__: int
    __kata_own__: bool
    __kata_times__: int
    __kata_session__: "Session"
    __kata_type__: str
    __kata_value__: Any
    __array_ufunc__ = None

    def __init__(self, session: "Session", number: int, times: int = 0) -> None:
        put = object.__setattr__
        put(self, "__kata_session__", session)
        put(self, "__kata_number__", number)
        put(self, "__kata_fate__", PENDING)
        put(self, "__kata_type__", "object")
        put(self, "__kata_own__", True)
        put(self, "__kata_times__", times)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self.__kata_session__.attribute(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self.__kata_session__.found.pop(name, None)
        self.__kata_session__.request("set", self, name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        session = self.__kata_session__
        if self.__kata_type__ == "type":
            return session.later("call", self, args, *((kwargs,) if kwargs else ()))
        return session.request("call", self, args, *((kwargs,) if kwargs else ()))

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
        return swallowed and not verdict and _raised_by_the_block(trace)

    def __instancecheck__(self, value: Any) -> bool:
        return type(value) is Handle and self.__kata_session__.request("isinstance", value, self) is True

    def __float__(self) -> float:
        number = self.__kata_session__.request("float", self)
        if type(number) is not float:
            raise self.__kata_session__.jail.lost(WireError("float() gave something else"))
        return number

    def __repr__(self) -> str:
        if self.__kata_fate__ != FAILED and settle(self) is not self:
            return repr(self.__kata_value__)
        return f"<{self.__kata_type__} object of the student>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What Hypothesis asks an argument for before anything else: the student's code is not asked."""
        printer.text(repr(self))

    def __hash__(self) -> int:
        return hash((Handle.__name__, self.__kata_number__))  # not that of a number, or `==` would be asked

    def __del__(self) -> None:
        self.__kata_session__.released.append([self.__kata_number__, self.__kata_times__])


def become(handle: Handle, fate: str, what: Any, own: bool = False) -> None:
    """Write down what a pending handle turned out to be: of the class `what`, a value, or an error."""
    object.__setattr__(handle, "__kata_fate__", fate)
    object.__setattr__(handle, "__kata_type__" if fate == OBJECT else "__kata_value__", what)
    object.__setattr__(handle, "__kata_own__", own)


def settle(handle: Handle) -> Any:
    """The plain value that a handle turned out to be, else the handle, no longer pending.

    Raises what its operator raised.
    """
    if handle.__kata_fate__ == PENDING:
        handle.__kata_session__.settle_all()
    if handle.__kata_fate__ == PENDING:  # it has to be asked for, or its request is still being answered
        what = handle.__kata_session__.request("same", handle)
        if type(what) is not Handle:
            become(handle, VALUE, what)
        elif what is not handle:
            become(handle, OBJECT, what.__kata_type__, what.__kata_own__)
    if handle.__kata_fate__ == FAILED:
        raise handle.__kata_value__
    return handle.__kata_value__ if handle.__kata_fate__ == VALUE else handle


plain.stands_in(Handle, settle)

for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "lshift", "rshift"):
    setattr(Handle, f"__{_name}__", _operator(_name))
    setattr(Handle, f"__r{_name}__", _operator(_name, reflected=True))
    setattr(Handle, f"__i{_name}__", _operator_at_once(f"i{_name}"))
for _name in ("and", "or", "xor"):
    setattr(Handle, f"__{_name}__", _operator(f"{_name}_"))
    setattr(Handle, f"__r{_name}__", _operator(f"{_name}_", reflected=True))
for _name in ("neg", "pos", "abs", "invert"):
    setattr(Handle, f"__{_name}__", _operator(_name))
for _name in ("getitem", "setitem", "delitem"):
    setattr(Handle, f"__{_name}__", _operator_at_once(_name))
for _names, _what in {
    "eq": "`==`",
    "ne lt le gt ge": "a comparison",
    "contains": "iteration",
    "index": "the value",
}.items():
    for _name in _names.split():
        setattr(Handle, f"__{_name}__", _refuse(_what, getattr(operator, _name)))
for _name, _ask, _what in (
    ("bool", bool, "the truth"),
    ("len", len, "the length"),
    ("iter", iter, "iteration"),
    ("next", next, "iteration"),
    ("int", int, "the value"),
    ("complex", complex, "the value"),
):
    setattr(Handle, f"__{_name}__", _refuse(_what, _ask))
