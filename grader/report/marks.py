"""The signs of every report: a mark and a word for each verdict, in ASCII where nothing better shows."""

from collections.abc import Mapping
from dataclasses import dataclass

from grader.examine.outcome import Verdict

PLAIN_TERMINALS = frozenset({"dumb", "linux", "vt100", "vt102", "vt220", "cons25"})  # fonts without the marks
_OWN = {
    Verdict.GRADER_ERROR: "?",
    Verdict.RULE_BROKEN: "R",
    Verdict.TOO_SLOW: "T",
    Verdict.TOO_MUCH_MEMORY: "M",
    Verdict.CRASHED: "!",
}


@dataclass(frozen=True)
class Marks:
    """One set of signs. `of`: one column for each verdict    spark: bars of growing height; none: counts"""

    of: Mapping[Verdict, str]
    full: str
    empty: str
    dot: str
    dash: str
    spark: str


UNICODE = Marks(
    of={**_OWN, Verdict.NOT_CHECKED: "–", Verdict.TODO: "·", Verdict.WRONG: "✘", Verdict.RIGHT: "✔"},
    full="█",
    empty="░",
    dot=" · ",
    dash="–",
    spark="▁▂▃▄▅▆▇█",
)
ASCII = Marks(
    of={**_OWN, Verdict.NOT_CHECKED: "-", Verdict.TODO: ".", Verdict.WRONG: "x", Verdict.RIGHT: "+"},
    full="#",
    empty="-",
    dot=" | ",
    dash="-",
    spark="",
)


def choose(encoding: str | None, environment: Mapping[str, str]) -> Marks:
    """The marks that a stream of this encoding can carry and this TERM can show."""
    if environment.get("TERM", "").partition("-")[0] in PLAIN_TERMINALS:
        return ASCII
    signs = (*UNICODE.of.values(), UNICODE.full, UNICODE.empty, UNICODE.dot, UNICODE.dash, UNICODE.spark)
    try:
        "".join(signs).encode(encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return ASCII
    return UNICODE
