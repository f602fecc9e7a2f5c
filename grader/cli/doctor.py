"""`kata doctor`: what this machine can do for grading, and what would make it do more."""

import platform
from importlib.metadata import PackageNotFoundError, version

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.errors import KataError
from grader.sandbox.layers import LayerState, probe, resolve

_LIBRARIES = ("katagrad", "numpy", "torch", "hypothesis", "pytest")


def doctor() -> None:
    """Show the sandbox layer by layer, the rung that `kata grade` will use, and the versions in use."""
    console = Console(highlight=False)
    try:
        states = probe()
        console.print(_table(states))
        rung = resolve("auto", states)
        console.print(f"kata grade will use the sandbox: [bold]{rung}[/bold]")
    except KataError as error:
        # Text, because what the kernel said is no markup
        console.print(Text(f"kata grade cannot run here: {error.rationale}", style="bold"))
        if error.help:
            console.print(Text(f"  {error.help}"))
    console.print(Text(_versions()))


def _table(states: list[LayerState]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    table.add_column("layer", width=max(len(state.name) for state in states))
    table.add_column("active", width=6)
    table.add_column("why not", overflow="fold", ratio=2)
    table.add_column("what to do", overflow="fold", ratio=3)
    for state in states:
        mark = Text("yes", style="green") if state.active else Text("no", style="bold red")
        table.add_row(Text(state.name), mark, Text(state.why), Text(state.remedy))
    return table


def _versions() -> str:
    found = [f"Python {platform.python_version()}"]
    for library in _LIBRARIES:
        try:
            found.append(f"{library} {version(library)}")
        except PackageNotFoundError:
            found.append(f"{library} is not installed")
    return ", ".join(found)
