"""A student's source as a syntax tree: parsed, never run, and once for all who ask."""

import ast
import warnings
from collections import OrderedDict

KEPT = 2  # trees: the file that is being looked at, and one that it is held against
_kept: OrderedDict[str, ast.Module | Exception] = OrderedDict()


class TooDeep(Exception):
    """Source that Python may well run, and that cannot be looked through here."""


def tree_of(source: str) -> ast.Module:
    """The syntax tree, which nobody may change.

    Raises SyntaxError for what Python cannot read either, TooDeep for what is nested too deeply.
    """
    if source not in _kept:
        try:
            _kept[source] = _parsed(source)
        except (SyntaxError, TooDeep) as error:
            _kept[source] = type(error)(*error.args)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    _kept.move_to_end(source)
    found = _kept[source]
    if isinstance(found, Exception):
        raise type(found)(*found.args)
    return found


def lines_of(source: str) -> list[str]:
    """The lines as Python counts them: str.splitlines knows more ends of lines."""
    return source.split("\n")


def line_of(source: str, number: int) -> str:
    """Line `number`, from 1 on, without its indentation; empty where there is none of that number."""
    lines = lines_of(source)
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""


def _parsed(source: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a student's "\d" is not the grader's business
            return ast.parse(source)
    except (RecursionError, MemoryError):
        raise TooDeep("the source is nested too deeply to be read") from None
    except ValueError as error:  # null bytes, lone surrogates, numbers of thousands of digits
        raise SyntaxError(f"the source cannot be read: {type(error).__name__}") from None
