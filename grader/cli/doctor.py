"""`kata doctor`: what this machine can do for grading, and what would make it do more."""

import platform
from importlib.metadata import PackageNotFoundError, version

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.errors import KataError
from grader.sandbox.layers import Layer, LayerState, Rung, lacking, missing_extras, probe, resolve

_YES, _NO = Text("yes", "green"), Text("no", "bold red")
# What the grader does without where it cannot be had.
_WORTH = {
    Layer.UID: "workers share your user id; the other layers keep them apart",
    Layer.CGROUP: "memory is limited worker by worker, not for all together",
}
_LIBRARIES = ("katagrad", "numpy", "torch", "hypothesis", "pytest")


def doctor() -> None:
    """Show the sandbox layer by layer, which rungs hold, which one `kata grade` takes, and the versions."""
    console = Console(highlight=False)
    try:
        states = probe()
        console.print(_layers(states))
        console.print()
        console.print(_rungs(states))
        console.print()
        rung = resolve("auto", states)
        for layer in missing_extras(rung, states):
            console.print(Text(f"without {layer}: {_WORTH[layer]}"))
        console.print(f"kata grade will use the sandbox: [bold]{rung}[/bold]")
    except KataError as error:
        # Text, because what the kernel said is no markup
        console.print(Text(f"kata grade cannot run here: {error.rationale}", style="bold"))
        if error.help:
            console.print(Text(f"  {error.help}"))
    console.print(Text(_versions()))


def _table(first: str, names: list[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    table.add_column(first, width=max(len(name) for name in names))
    return table


def _layers(states: list[LayerState]) -> Table:
    table = _table("layer", [state.name for state in states])
    table.add_column("active", width=6)
    table.add_column("why not", overflow="fold", ratio=2)
    table.add_column("what to do", overflow="fold", ratio=3)
    for state in states:
        if state.nested:
            table.add_row(Text(state.name), _YES, Text("inside the user namespace"), "")
        else:
            table.add_row(
                Text(state.name), _YES if state.active else _NO, Text(state.why), Text(state.remedy)
            )
    return table


def _rungs(states: list[LayerState]) -> Table:
    rungs = [rung for rung in Rung if rung is not Rung.UNSAFE]
    table = _table("rung", list(rungs))
    table.add_column("holds", width=6)
    table.add_column("what it lacks", overflow="fold", ratio=1)
    for rung in rungs:
        missing = lacking(rung, states)
        table.add_row(Text(rung), _NO if missing else _YES, Text(", ".join(state.name for state in missing)))
    return table


def _versions() -> str:
    found = [f"Python {platform.python_version()}"]
    for library in _LIBRARIES:
        try:
            found.append(f"{library} {version(library)}")
        except PackageNotFoundError:
            found.append(f"{library} is not installed")
    return ", ".join(found)
