"""The bank: answers that are wrong on purpose, and right ones in other styles. It is read, never imported.

@wrong("u01.central_difference", diagnosis="2x too large")
def central_difference(f, x, h):
    "Divides by h, not by 2 * h."
    return (f(x + h) - f(x - h)) / h
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from grader.errors import CourseError
from grader.examine.judge import shown
from grader.verify.broken import reason
from grader.verify.layout import Definition, Import, bound, cut, docstring

Decorated = TypeVar("Decorated")
Kind = Literal["wrong", "right"]
FORM = 'write @wrong("uNN.name", diagnosis="...", earns_nothing=True) or @right("uNN.name"), all written out'
FIELDS = {"exercise": str, "diagnosis": str, "earns_nothing": bool}


def wrong(
    exercise: str, diagnosis: str = "", *, earns_nothing: bool = False
) -> Callable[[Decorated], Decorated]:
    """Marks an answer that must be rejected; where it names a diagnosis, in exactly these words.

    earns_nothing: not one test of its exercise may give it points, as for numbers copied from public tests
    """
    return _kept("wrong", exercise, diagnosis, earns_nothing)


def right(exercise: str) -> Callable[[Decorated], Decorated]:
    """Marks an answer that must earn everything, in process and in the jail."""
    return _kept("right", exercise, "", False)


def _kept(kind: Kind, exercise: str, diagnosis: str, earns_nothing: bool) -> Callable[[Decorated], Decorated]:
    def decorate(target: Decorated) -> Decorated:
        target.__kata_answer__ = (kind, exercise, diagnosis, earns_nothing)  # type: ignore[attr-defined]
        return target

    return decorate


@dataclass(frozen=True)
class Answer:
    """One answer of the bank.

    name: of the function or class that it stands for    line: where it begins in `file`
    source: its text at column 0, without the bank's decorator; a method comes inside its class
    prelude: the imports, constants and helpers of the file that it uses, in their order
    """

    exercise: str
    kind: Kind
    diagnosis: str
    name: str
    line: int
    docstring: str
    source: str
    file: Path
    prelude: tuple[str, ...] = ()
    earns_nothing: bool = False

    @property
    def label(self) -> str:
        """What the author calls it: the first line of the docstring, else its name."""
        return self.docstring.strip().partition("\n")[0].strip() or self.name

    @property
    def where(self) -> str:
        return f"{shown(str(self.file))}:{self.line}"


def parse(path: Path) -> list[Answer]:
    """The answers of one file, in its order. CourseError, with file and line, for what cannot be one."""
    try:
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
    except (OSError, ValueError, SyntaxError) as error:
        line = getattr(error, "lineno", None) or 1
        raise _mistake(path, line, f"cannot be read: {reason(error)}") from None
    helpers: dict[str, ast.stmt] = {}
    bodies: list[tuple[Definition, list[Definition]]] = []
    for statement in tree.body[docstring(tree) is not None :]:
        marked = _marked(statement)
        if isinstance(statement, Definition) and marked:
            bodies.append((statement, marked))
        elif not bound(statement):
            raise _mistake(
                path, statement.lineno, "a bank holds imports, constants, helpers and answers only"
            )
        else:
            for name in bound(statement):
                if not isinstance(statement, Import) and name in helpers:
                    raise _mistake(path, statement.lineno, f"the helper {name} is defined twice")
                helpers[name] = statement
    return [
        _answer(statement, node, helpers, source, path) for statement, marked in bodies for node in marked
    ]


def _marked(statement: ast.stmt) -> list[Definition]:
    """The answers that a top-level statement holds: itself, or methods of it."""
    members = statement.body if isinstance(statement, ast.ClassDef) else []
    nodes = [node for node in (statement, *members) if isinstance(node, Definition) and _marks(node)]
    return nodes[:1] if statement in nodes else nodes


def _marks(node: Definition) -> list[ast.expr]:
    return [decorator for decorator in node.decorator_list if _kind(decorator)]


def _kind(decorator: ast.expr) -> Kind | None:
    match decorator:
        case ast.Call(func=function):
            return _kind(function)
        case ast.Name(id="wrong") | ast.Attribute(attr="wrong"):
            return "wrong"
        case ast.Name(id="right") | ast.Attribute(attr="right"):
            return "right"
    return None


def _answer(
    statement: Definition, node: Definition, helpers: Mapping[str, ast.stmt], source: str, path: Path
) -> Answer:
    marks = _marks(node)
    kind, exercise, diagnosis, nothing = _read(marks, path)
    text = cut(source, node, without=marks)
    uses: list[ast.stmt] = [node]
    if node is not statement and isinstance(statement, ast.ClassDef):
        marked = _marked(statement)
        uses += [member for member in statement.body if member not in marked and bound(member)]
        text = f"class {statement.name}:\n"
        text += "\n".join(cut(source, use, without=marks, column=4) for use in uses)
    line = min(decorator.lineno for decorator in node.decorator_list)
    prelude = _prelude(uses, helpers, source)
    said = docstring(node) or ""
    return Answer(exercise, kind, diagnosis, statement.name, line, said, text, path, prelude, nothing)


def _read(marks: list[ast.expr], path: Path) -> tuple[Kind, str, str, bool]:
    """Kind, exercise, diagnosis and earns_nothing of an answer's decorator, which must be written out."""
    match marks:
        case [ast.Call(args=arguments, keywords=keywords) as mark]:
            given = dict(zip(("exercise", "diagnosis", "?"), arguments, strict=False))
            given |= {keyword.arg or "?": keyword.value for keyword in keywords}
            said = {name: value.value for name, value in given.items() if isinstance(value, ast.Constant)}
            kind = _kind(mark)
            allowed = FIELDS if kind == "wrong" else {"exercise": str}
            written = given.keys() == said.keys() and "exercise" in said and said.keys() <= allowed.keys()
            if kind and written and all(isinstance(value, allowed[name]) for name, value in said.items()):
                nothing = bool(said.get("earns_nothing", False))
                return kind, str(said["exercise"]), str(said.get("diagnosis", "")), nothing
    raise _mistake(path, marks[0].lineno, "this answer does not say plainly which exercise it is for")


def _prelude(uses: list[ast.stmt], helpers: Mapping[str, ast.stmt], source: str) -> tuple[str, ...]:
    """The helpers that the answer reaches, directly or through others, in the order of the file."""
    reached: list[ast.stmt] = []
    waiting: list[ast.stmt] = list(uses)
    while waiting:
        for part in ast.walk(waiting.pop()):
            helper = helpers.get(part.id) if isinstance(part, ast.Name) else None
            if helper is not None and helper not in reached:
                reached.append(helper)
                waiting.append(helper)
    future = [h for h in helpers.values() if isinstance(h, ast.ImportFrom) and h.module == "__future__"]
    reached = [node for node in reached if not _of_the_bank(node)] + [h for h in future if h not in reached]
    return tuple(cut(source, node) for node in sorted(reached, key=lambda node: node.lineno))


def _of_the_bank(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == __name__


def _mistake(path: Path, line: int, what: str) -> CourseError:
    return CourseError(f"{shown(str(path))}:{line}: {what}", FORM)
