"""What is not right: the first of it in full, and everything else in one line each."""

from collections.abc import Iterator, Sequence

from grader.examine.outcome import Verdict
from grader.student.block import Look, in_full, one_line
from grader.student.shown import Shown, View
from grader.student.text import EMPTY, Line, Span, columns

ONE_LINERS = 10


def trouble(view: View, look: Look) -> Iterator[Line]:
    """The first wrong exercise in full and each other one in one line; at -v all of them in full."""
    groups = groups_of([shown for shown in view.shown.values() if shown.needs_attention])
    if not groups:
        return
    full = groups if look.verbosity > 0 else [first_of(groups)]
    for at, group in enumerate(full):
        if at:
            yield EMPTY
        yield from in_full(group, look)
    others = [group for group in groups if not any(group is shown for shown in full)]
    if others:
        yield EMPTY
    id_width = min(max((columns(group[0].exercise.id) for group in others if len(group) == 1), default=0), 24)
    for group in others[:ONE_LINERS]:
        yield one_line(group, look, id_width)
    if len(others) > ONE_LINERS:
        yield [Span(f"  and {len(others) - ONE_LINERS} more: pytest -v shows all", "quiet")]


def groups_of(troubled: Sequence[Shown]) -> list[list[Shown]]:
    """Exercises that the same thing stops stand together: a file that does not import, a missing need."""
    groups: list[list[Shown]] = []
    for shown in troubled:
        for group in groups:
            if _same(group[0], shown):
                group.append(shown)
                break
        else:
            groups.append([shown])
    return groups


def _same(one: Shown, other: Shown) -> bool:
    if one.verdict is not other.verdict or one.exercise.unit_id != other.exercise.unit_id:
        return False
    if one.verdict is Verdict.NOT_CHECKED and one.outcome.needs:
        return one.outcome.needs == other.outcome.needs
    return one.verdict is not Verdict.WRONG and one.outcome.finding == other.outcome.finding


def first_of(groups: Sequence[list[Shown]]) -> list[Shown]:
    """The first that can be worked on: our own errors, what waits for others, what is left in come after."""
    ours = (Verdict.GRADER_ERROR, Verdict.NOT_CHECKED)
    for waiting in ((*ours, Verdict.TODO), ours):
        for group in groups:
            if group[0].verdict not in waiting:
                return group
    return groups[0]
