"""The student's screen: a map, the first trouble in full, the others in a line each, what is next.

Pure functions from results to lines; the reporter only colours and writes them.
"""

from grader.student.block import Look
from grader.student.closing import own_tests, prose, tally, where_next
from grader.student.shown import View
from grader.student.text import EMPTY, Line
from grader.student.trouble import trouble
from grader.student.unit_map import map_lines


def screen(view: View, look: Look) -> list[Line]:
    """All lines of a run, none wider than the terminal; at -v they are not cut."""
    quiet = look.verbosity < 0
    parts: list[list[Line]] = [[], []]
    if look.verbosity > -2:
        parts[0] = list(map_lines(view, look))
    if not quiet:
        parts[1] = list(trouble(view, look))
    lines: list[Line] = []
    was_cut = False
    for part in [*parts, list(own_tests(view, look)), [*tally(view, look), *where_next(view, look)]]:
        if lines and part:
            lines.append(EMPTY)
        for line in part:
            fitting, cut = look.fit(line)
            was_cut = was_cut or cut
            lines.append(fitting)
    if was_cut and not quiet:
        lines += prose(f"{look.marks.ellipsis} stands for what was cut: pytest -v shows all", "quiet", look)
    return lines
