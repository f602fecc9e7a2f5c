"""The second net behind the rules: library functions that report the student's code when it calls them.

The first net is the syntax tree, read outside. This one hangs in the worker, beside the student's code,
which could cut it; whoever gets that far has passed the first one already.
"""

import sys
from collections.abc import Container
from typing import Any

from grader.remote.guard import COMPLEX, MAX_NAME


class Tripped(BaseException):
    """What the student's code sees when it calls a guarded function."""


class Trap:
    """All tripwires of a worker. tripped: name and place of the first breach; it stays."""

    def __init__(self) -> None:
        self.tripped: list[Any] | None = None
        self.files: Container[str] = ()

    def set(self, names: list[str], autograd: bool, complex_numbers: bool, files: Container[str]) -> None:
        """Guard these functions, as far as they exist, from code of these files; stop torch's recording.

        complex_numbers: whether tensors of them may be made
        """
        self.files = files
        for name in names:
            owner, _, last = name.rpartition(".")
            holder = _resolve(owner)
            if holder is None or not hasattr(holder, last) or isinstance(vars(holder).get(last), Wire):
                continue
            try:
                setattr(holder, last, Wire(self, name, getattr(holder, last)))
            except (AttributeError, TypeError):  # a builtin type: its attributes cannot be set
                continue
        torch = sys.modules.get("torch")
        if torch is not None and not autograd:
            torch._C._set_grad_enabled(False)
        if torch is not None and not complex_numbers:
            self._watch_for_complex(torch)

    def _watch_for_complex(self, torch: Any) -> None:
        """A root of a negative number is complex, however it was written: only the result tells."""
        trap = self

        class RealOnly(torch.overrides.TorchFunctionMode):  # type: ignore[misc]
            def __torch_function__(
                self, function: Any, types: Any, args: Any = (), kwargs: Any = None
            ) -> Any:
                result = function(*args, **(kwargs or {}))
                if type(result) is torch.Tensor and result.is_complex():
                    trap.caught(COMPLEX, 1)
                return result

        RealOnly().__enter__()

    def caught(self, name: str, depth: int) -> None:
        """Report a use by student code; torch's own use of its functions is none. depth: frames above"""
        frame = sys._getframe(depth + 1)
        file = frame.f_code.co_filename
        if file in self.files:
            if self.tripped is None:
                self.tripped = [name[:MAX_NAME], [file, frame.f_lineno]]
            raise Tripped(f"{name} is not allowed in this unit")


class Wire:
    """Stands in the place of a function or class of a library."""

    def __init__(self, trap: Trap, name: str, original: Any) -> None:
        self.__trap, self.__name, self.__original = trap, name, original

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.__trap.caught(self.__name, 1)
        return self.__original(*args, **kwargs)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else _Bound(self, instance)

    def __getattr__(self, name: str) -> Any:
        self.__trap.caught(self.__name, 1)
        return getattr(self.__original, name)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[Any, ...]:
        self.__trap.caught(self.__name, 1)
        return (self.__original,)

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, self.__original)

    def __subclasscheck__(self, kind: type) -> bool:
        return issubclass(kind, self.__original)


class _Bound:
    """A guarded method of one object."""

    def __init__(self, wire: Wire, instance: Any) -> None:
        self.wire, self.instance = wire, instance

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        wire: Any = self.wire
        wire._Wire__trap.caught(wire._Wire__name, 1)
        return wire._Wire__original(self.instance, *args, **kwargs)


def _resolve(dotted: str) -> Any:
    """The module or class of that name, or None where this version has none; nothing is imported anew."""
    names = dotted.split(".")
    found: Any = sys.modules.get(names[0])
    for name in names[1:]:
        found = getattr(found, name, None)
    return found
