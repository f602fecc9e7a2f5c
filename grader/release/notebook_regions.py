"""A solution with our markers, as nbgrader marks it.

nbgrader puts `raise NotImplementedError()` in the place of every marked block, at its indentation. Inside a
function that is what we want. A block between functions must vanish instead, so it is moved behind the end of
a function's block: nbgrader takes out whole lines, whatever they belong to.
"""

import ast
from collections.abc import Iterable, Iterator

from grader.errors import CourseError
from grader.release.stub import Block, make_stub, solution_blocks

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
CODE_STUB = "raise NotImplementedError"
HELP = "give the class its methods, each with its docstring, and put the blocks inside these"


def marked(solution_source: str, path_for_errors: str) -> str:
    """The solution with nbgrader's markers: what nbgrader leaves of it is the stub.

    Raises CourseError, with file and line, like `make_stub`, and for a block that nbgrader cannot take out.
    """
    source, blocks = solution_blocks(solution_source, path_for_errors)
    lines = source.split("\n")
    moved: dict[int, list[Block]] = {}
    for block in blocks:
        if not block.in_function:
            host = _host(block, blocks, lines, path_for_errors)
            moved.setdefault(host.begin, []).append(block)
    text = "\n".join(_written(lines, blocks, moved)).strip("\n") + "\n"
    stub = make_stub(solution_source, path_for_errors)
    if ast.dump(ast.parse(cleared(text))) != ast.dump(ast.parse(stub)):
        raise CourseError(f"{path_for_errors}:1: nbgrader would not leave the stub of it", HELP)
    return text


def cleared(marked_source: str) -> str:
    """What nbgrader leaves of marked source, but for its comment."""
    kept: list[str] = []
    inside = False
    for line in marked_source.split("\n"):
        if BEGIN in line:
            inside = True
            kept.append(" " * _indent(line) + CODE_STUB)
        elif END in line:
            inside = False
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def _host(block: Block, blocks: list[Block], lines: list[str], path: str) -> Block:
    """The function's block behind which one that vanishes can stand: the next one, else the last before."""
    ends = [other for other in blocks if other.in_function and _ends_function(other, block, lines)]
    after = [other for other in ends if other.begin > block.end and not _left(block, other, lines)]
    before = [other for other in ends if other.end < block.begin and not _left(other, block, lines)]
    if not after and not before:
        what = "nbgrader would put `raise NotImplementedError()` in the place of this block"
        raise CourseError(f"{path}:{block.begin}: {what}", HELP)
    return after[0] if after else before[-1]


def _ends_function(host: Block, block: Block, lines: list[str]) -> bool:
    """Whether the function that holds `host` ends with it, on the level on which `block` stands."""
    following = next(_code(lines[host.end :]), "")
    return len(host.indent) > len(block.indent) >= _indent(following)


def _left(first: Block, second: Block, lines: list[str]) -> bool:
    """Whether the code between two blocks leaves the class in which one of them stands."""
    deep = min(len(first.indent), len(second.indent))
    return any(_indent(line) < deep for line in _code(lines[first.end : second.begin - 1]))


def _code(lines: Iterable[str]) -> Iterator[str]:
    return (line for line in lines if line.strip() and not line.lstrip().startswith("#"))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _written(lines: list[str], blocks: list[Block], moved: dict[int, list[Block]]) -> list[str]:
    """The lines with nbgrader's markers, and what is moved in its new place."""
    written: list[str] = []
    at = 0
    for block in blocks:
        written += lines[at : block.begin - 1]
        at = block.end
        if not block.in_function:
            _close_gap(written)
            continue
        written += [block.indent + BEGIN, *lines[block.begin : block.end - 1]]
        for other in moved.get(block.begin, ()):
            written += ["", "", *lines[other.begin : other.end - 1]]
        written.append(block.indent + END)
    return written + lines[at:]


def _close_gap(written: list[str]) -> None:
    """Where a block was taken out, the gap below it stays, not the one above."""
    while written and not written[-1].strip():
        written.pop()
