"""Puts an answer of the bank into the reference, as if a student had handed the whole file in."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from grader.errors import CourseError
from grader.verify.bank import Answer
from grader.verify.layout import Import, bound, cut, docstring, indented, span


@dataclass
class _Text:
    """The lines of a source, to be changed from below upwards so that earlier numbers stay true."""

    lines: list[str]
    edits: list[tuple[int, int, str]] = field(default_factory=list)

    def replace(self, statements: Sequence[ast.stmt], text: str) -> None:
        """The first of the statements gives way to the text, the others to nothing."""
        for at, statement in enumerate(statements):
            first, last = span(statement)
            self.edits.append((first, last, "" if at else text))

    def insert(self, after: int, text: str) -> None:
        self.edits.append((after + 1, after, text))

    def __str__(self) -> str:
        lines = list(self.lines)
        for first, last, text in sorted(self.edits, reverse=True):
            lines[first - 1 : last] = text.removesuffix("\n").split("\n") if text else []
        return "\n".join(lines) + "\n"


def splice(reference: str, answer: Answer, symbols: Sequence[str]) -> str:
    """The reference with the answer in the place of the symbol of its name; all else stays as it is.

    symbols: those of the answer's exercise. A class answers for methods: only those that are among the
    symbols are replaced, and what the reference's class does not have is added.
    CourseError, with the answer's file and line, where it answers for no symbol of its exercise.
    """
    tree, piece = ast.parse(reference), ast.parse(answer.source).body[0]
    source = reference.replace("\r\n", "\n").removesuffix("\n")
    text = _Text(source.split("\n"))
    owners = [symbol.partition(".")[0] for symbol in symbols if symbol.endswith(f".{answer.name}")]
    if answer.name in symbols:
        text.replace(_there(tree.body, answer.name, answer, answer.name), answer.source)
    elif isinstance(piece, ast.ClassDef) and any(s.startswith(f"{answer.name}.") for s in symbols):
        _merge(text, tree, piece, answer, symbols)
    elif len(owners) == 1 and not isinstance(piece, ast.ClassDef):
        body = _class(tree, owners[0], answer).body
        there = _there(body, answer.name, answer, f"{owners[0]}.{answer.name}")
        text.replace(there, indented(answer.source, there[0].col_offset))
    else:
        raise _mistake(
            answer,
            f"{answer.name} is not what {answer.exercise} asks for",
            f"answer for one of {', '.join(symbols)}",
        )
    _add_prelude(text, tree, answer)
    return str(text)


def _merge(
    text: _Text, tree: ast.Module, piece: ast.ClassDef, answer: Answer, symbols: Sequence[str]
) -> None:
    """Member by member: the exercise's own are replaced, new ones added, no other may differ."""
    there = _class(tree, piece.name, answer)
    members = {name: list(_binding(piece.body, name)) for node in piece.body for name in bound(node)}
    column = there.body[0].col_offset
    added = []
    for name, nodes in members.items():
        new = "\n".join(cut(answer.source, node, column=column) for node in nodes)
        old = list(_binding(there.body, name))
        if f"{piece.name}.{name}" in symbols:
            text.replace(_there(there.body, name, answer, f"{piece.name}.{name}"), new)
        elif not old:
            added.append(new)
        elif [ast.dump(node) for node in old] != [ast.dump(node) for node in nodes]:
            what = f"{piece.name}.{name} is not of {answer.exercise} and differs from the reference"
            raise _mistake(answer, what, f"take {name} out of this answer, or give it another name")
    if added:
        text.insert(span(there.body[-1])[1], "\n" + "\n".join(added))


def _add_prelude(text: _Text, tree: ast.Module, answer: Answer) -> None:
    """Below the docstring: what the answer uses of its file. A name that means something else is refused."""
    taken = dict(_meanings(tree.body))
    pieces = [(source, ast.parse(source).body) for source in answer.prelude]
    only_imports = all(isinstance(body[0], Import) for _, body in pieces)
    added = []
    for source, body in pieces:
        meanings = dict(_meanings(body))
        for name, meaning in meanings.items():
            if taken.get(name, meaning) != meaning:
                what = f"{answer.name} uses a helper {name}, which means something else in the reference"
                raise _mistake(answer, what, f"give the helper {name} another name")
        if not (only_imports and meanings.items() <= taken.items()):
            added.append(source)
    if added:
        text.insert(_head(tree), "".join(added))


def _head(tree: ast.Module) -> int:
    """The last line of the docstring and of `from __future__`."""
    last = span(tree.body[0])[1] if docstring(tree) is not None else 0
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            last = span(node)[1]
    return last


def _meanings(body: Sequence[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Each name that the statements bind, with what it stands for."""
    for node in body:
        for at, name in enumerate(bound(node)):
            match node:
                case ast.ImportFrom(module=module, names=names):
                    yield name, f"{module}: {names[at].name}"
                case ast.Import(names=names):
                    yield name, names[at].name if names[at].asname else name
                case _:
                    yield name, ast.dump(node)


def _binding(body: Sequence[ast.stmt], name: str) -> Iterator[ast.stmt]:
    return (node for node in body if name in bound(node))


def _there(body: Sequence[ast.stmt], name: str, answer: Answer, symbol: str) -> list[ast.stmt]:
    found = list(_binding(body, name))
    if not found:
        raise _mistake(answer, f"the reference does not define {symbol}", "mend the reference or the symbols")
    return found


def _class(tree: ast.Module, name: str, answer: Answer) -> ast.ClassDef:
    found = _there(tree.body, name, answer, name)[-1]
    if not isinstance(found, ast.ClassDef):
        raise _mistake(answer, f"{name} is no class in the reference", "mend the reference or the symbols")
    return found


def _mistake(answer: Answer, what: str, help: str) -> CourseError:
    return CourseError(f"{answer.where}: {what}", help)
