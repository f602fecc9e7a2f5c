"""The signs of the screen: a mark and a word for every state, with ASCII where the terminal has no better."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

from grader.examine.outcome import Verdict
from grader.report import marks

STYLES: Mapping[Verdict, str] = {
    Verdict.GRADER_ERROR: "strange",
    Verdict.RULE_BROKEN: "bad",
    Verdict.TOO_SLOW: "bad",
    Verdict.TOO_MUCH_MEMORY: "bad",
    Verdict.CRASHED: "bad",
    Verdict.NOT_CHECKED: "waiting",
    Verdict.TODO: "waiting",
    Verdict.WRONG: "bad",
    Verdict.RIGHT: "good",
}


@dataclass(frozen=True)
class Marks:
    """One set of signs. `of` maps a verdict to its mark of one column."""

    of: Mapping[Verdict, str]
    full: str
    empty: str
    ellipsis: str
    separator: str


UNICODE = Marks(
    of=marks.UNICODE.of,
    full="█",
    empty="░",
    ellipsis="…",
    separator=" · ",
)
ASCII = Marks(
    of=marks.ASCII.of,
    full="#",
    empty="-",
    ellipsis="...",
    separator=", ",
)


def choose(encoding: str | None, environment: Mapping[str, str]) -> Marks:
    """The marks that a stream of this encoding can carry and this TERM can show."""
    if environment.get("TERM", "").partition("-")[0] in marks.PLAIN_TERMINALS:
        return ASCII
    try:
        "".join([*UNICODE.of.values(), UNICODE.full, UNICODE.empty, UNICODE.ellipsis]).encode(
            encoding or "ascii"
        )
    except (LookupError, UnicodeEncodeError):
        return ASCII
    return UNICODE


def make_safe(stream: TextIO) -> None:
    """Let nothing that is written fail for its encoding; on Windows, write UTF-8.

    Windows gives pipes and files a legacy code page, while what reads them expects UTF-8. Elsewhere the
    encoding is the user's choice and stays.
    """
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is None:
        return
    if sys.platform == "win32":
        reconfigure(encoding="utf-8", errors="backslashreplace")
    else:
        reconfigure(errors="backslashreplace")
