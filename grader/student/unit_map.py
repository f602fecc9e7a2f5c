"""The map: one line for every unit that was started, with the states of its exercises."""

from collections.abc import Iterator, Sequence

from grader.course.model import Unit
from grader.examine.outcome import Verdict
from grader.student.block import Look
from grader.student.shown import Shown, View
from grader.student.text import Line, Span, columns, cut_line

FRAME = 96  # columns of the map on a wide terminal


def map_lines(view: View, look: Look) -> Iterator[Line]:
    """One line for every unit that was started, and one for all the others."""
    units = [u for u in view.catalogue.units if any(e.id in view.selected for e in u.exercises)]
    everyone = look.verbosity > 0 or len(units) == 1 < len(view.catalogue.units)
    started = [u for u in units if everyone or any(is_started(view.shown.get(e.id)) for e in u.exercises)]
    names = max((columns(unit.name) for unit in started), default=0)
    for unit in started:
        yield _unit_line(view, unit, max(names, min(11, look.width // 5)), look)
    rest = len(units) - len(started)
    if rest:
        yield [Span(f"  {rest} {'unit' if rest == 1 else 'units'} not started", "quiet")]


def is_started(shown: Shown | None) -> bool:
    """Whether the student has begun an exercise; None: it was not checked."""
    return shown is not None and (shown.verdict is not Verdict.TODO or shown.outcome.finding is not None)


def _unit_line(view: View, unit: Unit, name_width: int, look: Look) -> Line:
    ids = [exercise.id for exercise in unit.exercises if exercise.id in view.selected]
    ran = [view.shown[id] for id in ids if id in view.shown]
    count = f"{sum(shown.right for shown in ran)}/{len(ids)}"
    head: list[Span] = [Span(f"  {unit.id[1:]} {unit.name.ljust(name_width)}  ")]
    room = min(look.width, FRAME) - columns(head[0].text) - len(count) - 2
    cells = [span for shown in _by_state(ran) for span in _cell(shown, ran, look)]
    if look.verbosity > 0:
        middle: Line = cells
    else:
        middle, _ = cut_line(cells, room, look.marks.ellipsis)
    pad = " " * max(room - sum(columns(span.text) for span in middle), 0)
    done = "good" if all(shown.right for shown in ran) and len(ran) == len(ids) else ""
    return [*head, *middle, Span(pad + "  "), Span(count, done)]


def _by_state(ran: Sequence[Shown]) -> list[Shown]:
    def order(shown: Shown) -> int:
        if shown.verdict is Verdict.RIGHT:
            return 0
        return 1 if shown.needs_attention else 2

    return sorted(ran, key=order)


def _cell(shown: Shown, ran: Sequence[Shown], look: Look) -> list[Span]:
    right = [other for other in ran if other.right]
    if shown.right and (len(right) == len(ran) or len(right) > 2) and look.verbosity <= 0:
        last = shown is right[-1]
        return [look.mark(shown.verdict), Span("  " if last else "")]
    part = f" ({len(shown.outcome.tests)} of {shown.of} tests)" if not shown.complete else ""
    return [look.mark(shown.verdict), Span(f" {shown.exercise.name}{part}  ")]
