"""Solution to stub: what stands between the markers is taken out, nothing else is touched.

    # BEGIN SOLUTION
    ...
    # END SOLUTION

Inside a function the block becomes `raise NotImplementedError`; at class or module level it vanishes.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, replace

from grader.errors import CourseError

BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"
NEARLY = re.compile(r"\b(BEGIN|END)[\s_-]*SOLUTION", re.IGNORECASE)
MARKER_HELP = f"write `{BEGIN}` and `{END}` alone on their lines, indented like the lines between them"
LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Block:
    """The lines of one solution, counted from 1, markers included."""

    begin: int
    end: int
    indent: str
    in_function: bool = False


def make_stub(solution_source: str, path_for_errors: str) -> str:
    """The students' file for one reference solution.

    Raises CourseError, with file and line, when the markers are missing, unbalanced, nested, misindented
    or inside a string, when they cut a statement in two, and when the stub would not compile.
    """
    source, blocks = solution_blocks(solution_source, path_for_errors)
    stub = _cut(source, blocks)
    try:
        compile(stub, path_for_errors, "exec", dont_inherit=True)
    except SyntaxError as error:
        line = max((block.begin for block in blocks if not block.in_function), default=1)
        raise CourseError(
            f"{path_for_errors}:{line}: without its solution blocks the file does not compile: {error.msg}",
            "leave a docstring or another statement in the class or branch that the block empties",
        ) from None
    return stub


def solution_blocks(solution_source: str, path_for_errors: str) -> tuple[str, list[Block]]:
    """The source with newlines as line ends, and its solution blocks. Raises CourseError like `make_stub`."""
    source = solution_source.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n") + "\n"
    try:
        tree = ast.parse(source)
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (SyntaxError, ValueError, tokenize.TokenError) as error:
        line = getattr(error, "lineno", None) or 1
        raise CourseError(f"{path_for_errors}:{line}: is not Python: {error}", "mend the solution") from None
    blocks = [
        _place(block, tree, tokens, path_for_errors) for block in _pairs(source, tokens, path_for_errors)
    ]
    return source, blocks


def _markers(source: str, tokens: list[tokenize.TokenInfo], path: str) -> Iterator[tuple[int, str, str]]:
    """Line number, text and indentation of every marker, which must stand alone on its line."""
    comments = {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}
    for number, line in enumerate(source.split("\n"), 1):
        if not NEARLY.search(line):
            continue
        text = line.strip()
        if not NEARLY.search(comments.get(number, "")):
            raise _wrong(path, number, "a marker stands inside a string or a name")
        if text not in (BEGIN, END):
            raise _wrong(path, number, f"`{text}` is not quite a marker")
        yield number, text, line[: len(line) - len(line.lstrip())]


def _pairs(source: str, tokens: list[tokenize.TokenInfo], path: str) -> list[Block]:
    """Each begin with the end that follows it."""
    blocks: list[Block] = []
    open: Block | None = None
    for number, text, indent in _markers(source, tokens, path):
        if text == BEGIN and open:
            raise _wrong(path, number, f"the block of line {open.begin} is still open")
        if text == BEGIN:
            open = Block(number, number, indent)
        elif open is None:
            raise _wrong(path, number, "the block that ends here was never begun")
        elif indent != open.indent:
            raise _wrong(path, number, f"is indented unlike its beginning on line {open.begin}")
        else:
            blocks.append(replace(open, end=number))
            open = None
    if open:
        raise _wrong(path, open.begin, "the block that begins here never ends")
    if not blocks:
        raise _wrong(path, 1, "there is no solution block")
    return blocks


def _wrong(path: str, number: int, what: str) -> CourseError:
    return CourseError(f"{path}:{number}: {what}", MARKER_HELP)


def _place(block: Block, tree: ast.Module, tokens: list[tokenize.TokenInfo], path: str) -> Block:
    """The block with the definition that it stands in. It must hold whole statements of one level."""
    code = {
        line
        for token in tokens
        if token.type not in LAYOUT
        for line in range(token.start[0], token.end[0] + 1)
        if block.begin < line < block.end
    }
    for body, around in _bodies(tree, None):
        spans = [(_first(s), s.end_lineno or s.lineno, s.col_offset) for s in body]
        held = [span for span in spans if block.begin < span[0] and span[1] < block.end]
        if held:
            inside = around
            break
    else:
        raise _wrong(path, block.begin, "the block holds no whole statement")
    cut = code.difference(*(range(first, last + 1) for first, last, _ in held))
    if cut:
        raise _wrong(path, min(cut), "a marker cuts the statement of this line in two")
    if held[0][2] != len(block.indent):
        raise _wrong(path, block.begin, "is indented unlike the statement below it")
    return replace(block, in_function=isinstance(inside, ast.FunctionDef | ast.AsyncFunctionDef))


def _first(statement: ast.stmt) -> int:
    """Its first line; a decorator's, when it has one."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def _bodies(node: ast.AST, inside: ast.AST | None) -> Iterator[tuple[list[ast.stmt], ast.AST | None]]:
    """Every list of statements with the function or class around it, outer ones first."""
    for _, value in ast.iter_fields(node):
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            yield value, inside
    for child in ast.iter_child_nodes(node):
        yield from _bodies(child, child if isinstance(child, Definition) else inside)


def _cut(source: str, blocks: list[Block]) -> str:
    """The lines without the blocks. Where one vanishes, the larger of the two gaps around it stays."""
    lines = source.split("\n")
    kept: list[str] = []
    position = 0
    for block in blocks:
        kept += lines[position : block.begin - 1]
        position = block.end
        if block.in_function:
            kept.append(f"{block.indent}raise NotImplementedError")
            continue
        before = after = 0
        while kept and not kept[-1].strip():
            before += 1
            kept.pop()
        while position < len(lines) and not lines[position].strip():
            after += 1
            position += 1
        if kept and not kept[-1].rstrip().endswith(":"):  # ruff format wants no gap at the top of a body
            kept += [""] * max(before, after)
    kept += lines[position:]
    return "\n".join(kept).strip("\n") + "\n"
