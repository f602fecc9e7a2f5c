"""How the screen ends: the student's own tests, the progress bar, what is next."""

from collections.abc import Iterator, Sequence

from grader.course.model import Exercise
from grader.examine.judge import shown as shown_path
from grader.examine.outcome import Verdict
from grader.student.block import Look
from grader.student.shown import Shown, View
from grader.student.text import Line, Span, columns, plain, wrap
from grader.student.trouble import first_of, groups_of
from grader.student.unit_map import is_started

BAR = 24
NARROW = 60
HIDDEN_DECIDE = "Hidden tests decide the points: they try more cases than these."


def own_tests(view: View, look: Look) -> Iterator[Line]:
    """The tests that the student wrote: counted, and what failed in a line each."""
    if not view.own:
        return
    failed = {name: said for name, said in view.own.items() if said}
    counts = {"pass": len(view.own) - len(failed), "fail": len(failed)}
    tally = look.marks.separator.join(f"{count} {word}" for word, count in counts.items() if count)
    yield [Span(f"  your own tests: {tally}")]
    for name, said in failed.items():
        for line in said.split("\n") if look.verbosity > 0 else [said.split("\n")[0]]:
            yield [Span("  "), look.mark(Verdict.WRONG), Span(f" {plain(name)}   {plain(line)}")]


def tally(view: View, look: Look) -> Iterator[Line]:
    """The progress bar, and every state with its count and its word."""
    right = sum(shown.right for shown in view.shown.values())
    total = max(len(view.selected), 1)
    size = BAR if look.width >= NARROW else 10
    full = size * right // total
    scope = "exercise" if len(view.selected) == 1 else "exercises"
    if not view.whole:
        scope += " of this run"
    counts = [f"{right}/{len(view.selected)} {scope}"]
    for verdict in [
        Verdict.WRONG,
        *(v for v in Verdict if v not in (Verdict.WRONG, Verdict.TODO)),
        Verdict.TODO,
    ]:
        count = sum(shown.verdict is verdict and not shown.right for shown in view.shown.values())
        if count:
            counts.append(f"{count} {'right in part' if verdict is Verdict.RIGHT else verdict}")
    not_run = len(view.selected) - len(view.shown)
    if not_run:
        counts.append(f"{not_run} not run")
    bar = [Span("  "), Span(look.marks.full * full, "good"), Span(look.marks.empty * (size - full), "quiet")]
    margin = size + 4
    first, *rest = _packed(counts, look.width - margin, look.marks.separator)
    yield [*bar, Span(f"  {first}")]
    for line in rest:
        yield [Span(" " * margin + line)]
    yield from prose(plain(view.stopped), "strange", look)


def _packed(parts: Sequence[str], room: int, separator: str) -> list[str]:
    """The parts in as few lines as they fit in, none torn apart."""
    lines = [parts[0]]
    for part in parts[1:]:
        if columns(lines[-1] + separator + part) <= room:
            lines[-1] += separator + part
        else:
            lines.append(part)
    return lines


def prose(text: str, style: str, look: Look) -> Iterator[Line]:
    """Text of ours that is wrapped, never cut; nothing for an empty text."""
    if text:
        for line in wrap(text, look.width - 2):
            yield [Span(f"  {line}", style)]


def where_next(view: View, look: Look) -> Iterator[Line]:
    """What to do now. That all public tests pass is never said without who decides."""
    if view.all_right:
        whose = "public tests" if view.whole else "public tests of this run"
        yield from prose(f"All {whose} pass.", "good", look)
        yield from prose(HIDDEN_DECIDE, "", look)
        if not view.whole:
            yield from prose("next: `kata` shows the whole course and where to go on", "", look)
        return
    troubled = [
        shown
        for shown in view.shown.values()
        if shown.needs_attention and shown.verdict is not Verdict.GRADER_ERROR
    ]
    group = first_of(groups_of(troubled)) if troubled else _first_to_do(view)
    if not group:
        return
    exercise, finding = group[0].exercise, group[0].outcome.finding
    if len(group) > 1 and finding is not None and finding.where:
        yield [Span("  next: mend "), Span(plain(finding.where), "strong")]
        return
    hint = f"stuck? kata hint {exercise.id}"
    if columns(f"  next: {exercise.id}      {hint}") <= look.width:
        yield [Span("  next: "), Span(exercise.id, "strong"), Span(f"      {hint}")]
    else:
        yield [Span("  next: "), Span(exercise.id, "strong")]
        yield [Span(f"  {hint}")]
    if not troubled:
        yield from _how_to_begin(view, exercise, look)


def _first_to_do(view: View) -> list[Shown]:
    todo = [shown for shown in view.shown.values() if shown.verdict is Verdict.TODO]
    right = {**view.known, **{id: shown.verdict is Verdict.RIGHT for id, shown in view.shown.items()}}
    ready = [shown for shown in todo if all(right.get(need, True) for need in shown.exercise.needs)]
    return (ready or todo)[:1]


def _how_to_begin(view: View, exercise: Exercise, look: Look) -> Iterator[Line]:
    unit = view.catalogue.unit(exercise.id)
    title = f"{plain(exercise.title)}{look.marks.separator}{exercise.minutes} minutes"
    yield [Span(f"        {title}", "quiet")]
    if not any(is_started(view.shown.get(e.id)) for e in unit.exercises):
        lesson = plain(shown_path(str(view.catalogue.lesson(unit))))
        yield [Span(f"        read   {lesson}", "quiet")]
    yield [Span(f"        write  {plain(view.code.place(unit, exercise))}", "quiet")]
