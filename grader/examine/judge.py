"""From what a test raised to a verdict and the words for it: the student's fault and ours, told apart.

What decides is where an error comes from. Raised in the student's own lines: theirs. A `Mismatch`: theirs.
A process that was stopped: theirs, with the budget named. Anything else happened in our code.
"""

import ast
import os
import re
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from grader.course.source import TooDeep, line_of, lines_of, tree_of
from grader.errors import (
    KataError,
    RuleBroken,
    RunStopped,
    SubmissionError,
    TooMuchMemory,
    TooSlow,
    text_of,
)
from grader.examine.outcome import Verdict
from grader.gradcheck.message import Finding, Mismatch
from grader.remote.fault import MAX_TEXT, Frame, StudentError

LEFT_IN = "you left `raise NotImplementedError` on line {line}"
WIDTH = 400  # of a student's line, as far as it is shown
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def judge(error: BaseException, sources: Mapping[str, str]) -> tuple[Verdict, Finding]:
    """The verdict that an error means, and the finding to show.

    sources: the student's files, as tracebacks name them, with their text.
    """
    if isinstance(error, Mismatch):
        return Verdict.WRONG, error.finding
    if isinstance(error, RunStopped):
        return _stopped(error, sources)
    if isinstance(error, SubmissionError):
        return Verdict.TODO, Finding(what=error.rationale, help=error.help)
    if isinstance(error, KataError):
        return Verdict.GRADER_ERROR, Finding(what=error.rationale, help=error.help)
    frames = _student_frames(error, sources)
    syntax = _syntax_error(error, sources)
    if syntax is not None:
        return Verdict.CRASHED, syntax
    if frames and _raised_there(error):
        return _crash(error, frames, sources)
    if isinstance(error, StudentError):
        return Verdict.CRASHED, Finding(what=f"{error.type_name}: {clean(error.text)}")
    if type(error).__module__.startswith("hypothesis") and "Flaky" in type(error).__name__:
        return Verdict.WRONG, Finding(what="the same call gave different results when it was made again")
    if isinstance(error, AssertionError) and text_of(error):
        return Verdict.WRONG, Finding(what=_told(error).partition("\n")[0])
    return Verdict.GRADER_ERROR, Finding(
        what=f"the test itself failed: {type(error).__name__}: {_told(error)}",
        where=_place_of_test(error),
        help="This is not your fault. Please report it.",
    )


def clean(text: str) -> str:
    """Text without memory addresses: it must read the same in every run."""
    return _ADDRESS.sub("", text)


def _told(error: BaseException) -> str:
    """What an error of a test says; it may quote a text of the student's, which may be long."""
    return clean(text_of(error)[:MAX_TEXT])


def place_of(source: str, file: str, symbols: tuple[str, ...]) -> str:
    """`file:line` of the first symbol that the source defines, else the file alone."""
    try:
        tree = tree_of(source)
    except (SyntaxError, TooDeep):
        return file
    for symbol in symbols:
        line = _line_of(tree.body, symbol.split("."))
        if line is not None:
            return f"{file}:{line}"
    return file


def shown(file: str) -> str:
    """A path as a person would type it from here."""
    path = Path(file)
    if not path.is_absolute():
        return file
    try:
        return str(path.relative_to(Path.cwd())).replace(os.sep, "/")
    except ValueError:
        return str(path)


def _line_of(body: list[ast.stmt], names: list[str]) -> int | None:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == names[0]:
            inner = _line_of(node.body, names[1:]) if len(names) > 1 else None
            return inner or node.lineno
    return None


def _stopped(error: RunStopped, sources: Mapping[str, str]) -> tuple[Verdict, Finding]:
    if isinstance(error, RuleBroken):
        return Verdict.RULE_BROKEN, _tripped(error, sources)
    if isinstance(error, TooSlow):
        help = "Look for a loop that never ends, or for work that is done again and again."
        return Verdict.TOO_SLOW, Finding(what=error.rationale, help=help)
    if isinstance(error, TooMuchMemory):
        help = "Look for an array or a list that grows without end."
        return Verdict.TOO_MUCH_MEMORY, Finding(what=error.rationale, help=help)
    return Verdict.CRASHED, Finding(what=error.rationale)


def _tripped(error: RuleBroken, sources: Mapping[str, str]) -> Finding:
    help = "Write it with what the unit's list of names offers."
    if error.place is None or error.place[0] not in sources:
        return Finding(what=error.rationale, help=help)
    file, line = error.place
    if not 0 < line <= len(lines_of(sources[file])):  # a number of the worker's own making
        return Finding(what=error.rationale, help=help)
    return Finding(
        what=f"line {line} {error.rationale}",
        where=f"{shown(file)}:{line}",
        source=line_of(sources[file], line)[:WIDTH],
        help=help,
    )


def _student_frames(error: BaseException, sources: Mapping[str, str]) -> list[Frame]:
    if isinstance(error, StudentError):
        return [frame for frame in error.frames if frame.file in sources]
    return [
        Frame(entry.filename, entry.lineno or 0, entry.name)
        for entry in traceback.extract_tb(error.__traceback__, limit=-50)
        if entry.filename in sources
    ]


def _raised_there(error: BaseException) -> bool:
    """Whether the student's code raised it, rather than a function of the test that it called back."""
    if isinstance(error, StudentError):
        return True
    innermost = traceback.extract_tb(error.__traceback__)[-1]
    return not _is_test_file(innermost.filename)


def _is_test_file(file: str) -> bool:
    return Path(file).name.startswith("test_")


def _syntax_error(error: BaseException, sources: Mapping[str, str]) -> Finding | None:
    if isinstance(error, StudentError):
        place = error.syntax
        text = error.text
    elif isinstance(error, SyntaxError) and error.filename in sources:
        place = (error.filename or "", error.lineno or 0, error.text or "", error.offset or 0)
        text = error.msg
    else:
        return None
    if place is None or place[0] not in sources:
        return None
    message = clean(text).partition(" (")[0]
    return Finding(
        what=f"the file cannot be read: {message}",
        where=f"{shown(place[0])}:{place[1]}",
        source=_caret(place[2], place[3]),
        help="Mend this line first; nothing in this file is checked before.",
    )


def _caret(text: str, offset: int) -> str:
    line = text.rstrip("\n")
    indent = len(line) - len(line.lstrip())
    at = max(offset - 1 - indent, 0)
    return f"{line.strip()[:WIDTH]}\n{' ' * min(at, WIDTH)}^"


def _crash(error: BaseException, frames: list[Frame], sources: Mapping[str, str]) -> tuple[Verdict, Finding]:
    last = frames[-1]
    source = line_of(sources[last.file], last.line)[:WIDTH]
    name = error.type_name if isinstance(error, StudentError) else type(error).__name__
    text = error.text if isinstance(error, StudentError) else text_of(error)
    finding = Finding(
        what=f"{name}: {clean(text)}" if text else name,
        where=f"{shown(last.file)}:{last.line}",
        source=source,
    )
    if isinstance(error, NotImplementedError) and source.startswith("raise NotImplementedError"):
        return Verdict.TODO, replace(finding, what=LEFT_IN.format(line=last.line))
    return Verdict.CRASHED, finding


def _place_of_test(error: BaseException) -> str:
    for entry in reversed(traceback.extract_tb(error.__traceback__)):
        if _is_test_file(entry.filename):
            return f"{Path(entry.filename).parent.name}/{Path(entry.filename).name}:{entry.lineno}"
    return ""
