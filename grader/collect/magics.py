"""What only a notebook understands, as comments: `%magic`, `!shell`, `help?`. Lines keep their place.

Python is not parsed for it: a small reader follows strings, brackets and continued lines, so that a line
of a docstring that begins with `%` stays what it is.
"""

import re

# A body that these stand above is Python that runs where it stands; of any other it is not.
RUNS_HERE = {"%%time", "%%capture", "%%prun"}
# Every alternative matches whatever follows, so no line can make them look twice at the same character.
_TOKEN = re.compile(
    r"""("{3}|'{3})|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|\#.*|([\[({])|([\])}])""",
    re.DOTALL,
)
_IN_QUOTES = {quote: re.compile(rf"\\.|{quote}", re.DOTALL) for quote in ('"""', "'''")}
_ASSIGNED = re.compile(r"[\w\s.,*\[\]]+=\s*[!%]")
_HELP = re.compile(r"\s*[\w.*%]+\?{1,2}\s*")


def plain_python(cell: str) -> list[str]:
    """The lines of a code cell, as Python reads them."""
    lines = cell.split("\n")
    first = next((line.split()[0] for line in lines if line.strip()), "")
    if first.startswith("%%") and first not in RUNS_HERE:
        return [f"# {line}" if line.strip() else "" for line in lines]
    state = _State()
    found: list[str] = []
    continues = False  # the magic above it
    for line in lines:
        if continues:
            found.append(f"# {line}")
        elif state.at_start and _is_magic(line):
            found.append(_commented(line))
        else:
            found.append(line)
            state.read(line)
            continue
        continues = line.endswith("\\")
    return found


def _is_magic(line: str) -> bool:
    return line.lstrip().startswith(("%", "!", "?")) or bool(_ASSIGNED.match(line) or _HELP.fullmatch(line))


def _commented(line: str) -> str:
    """A comment with the line in it. Inside a block there is a `pass`, so that the block is not empty."""
    said = line.lstrip()
    indent = line[: len(line) - len(said)]
    return f"{indent}pass  # {said}" if indent else f"# {said}"


class _State:
    """Where a line begins. at_start: at a statement, not inside a string, a bracket or a continued line."""

    def __init__(self) -> None:
        self.depth = 0
        self.quote = ""
        self.continued = False

    @property
    def at_start(self) -> bool:
        return not (self.depth or self.quote or self.continued)

    def read(self, line: str) -> None:
        """Pass over one line of Python."""
        at = 0
        code = line
        while at < len(line):
            if self.quote:
                found = _IN_QUOTES[self.quote].search(line, at)
                if found is None:
                    break
                at = found.end()
                self.quote = self.quote if found[0].startswith("\\") else ""
                continue
            token = _TOKEN.search(line, at)
            if token is None:
                break
            at = token.end()
            if token[1]:
                self.quote = token[1]
            elif token[0].startswith("#"):
                code = line[: token.start()]
            else:
                self.depth = max(0, self.depth + bool(token[2]) - bool(token[3]))
        self.continued = not self.quote and code.endswith("\\")
