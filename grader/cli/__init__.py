"""The command `kata`: what it is called with, and how its errors look.

Exit codes: 0 done; 1 only where a command says so (`kata verify`: not fit to ship); 2 called wrongly, or an
expected error; 3 graded, but with grader errors; 70 an error of ours; 130 stopped with Ctrl-C.
"""

import os
import sys
import traceback
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Annotated, TextIO

import typer

from grader import __version__
from grader.errors import KataError, UsageError

OUR_FAULT = 70
STOPPED = 130

# Command -> module of its function. Only the module of the command that is called is imported:
# what an instructor needs is not installed where students work.
COMMANDS = {
    "hint": "grader.cli.student",
    "reset": "grader.cli.student",
    "grade": "grader.cli.grade",
    "regrade": "grader.cli.regrade",
    "erase": "grader.cli.erase",
    "export": "grader.cli.export",
    "seed": "grader.cli.seed",
    "doctor": "grader.cli.doctor",
    "release": "grader.cli.release",
    "new": "grader.cli.new",
    "stubs": "grader.cli.author",
    "verify": "grader.cli.author",
}
_EXTRAS = {
    "ruamel": ("ruamel.yaml", "katagrad[instructor]"),
    "jinja2": ("jinja2", "katagrad[instructor]"),
    "torch": ("torch", "katagrad[torch]"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `kata` with these arguments (the process's own by default); returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given or os.environ.get("KATA_DEBUG", "") not in ("", "0")
    for stream in (sys.stdout, sys.stderr):
        _make_safe(stream)
    try:
        build_app(_wanted(given))(args=[word for word in given if word != "--debug"], prog_name="kata")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except KeyboardInterrupt:
        print("kata: stopped", file=sys.stderr)
        return STOPPED
    except Exception as error:
        if debug:
            traceback.print_exc()
        return _report(error)
    return 0


def build_app(names: Iterable[str]) -> typer.Typer:
    """The Typer app with these commands; their modules are imported here."""
    app = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_kata)
    for name in names:
        app.command(name)(getattr(import_module(COMMANDS[name]), name))
    return app


def _kata(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show tracebacks of errors (or KATA_DEBUG=1).")
    ] = False,
) -> None:
    """Gradients by hand: work on the course, or grade it. Alone: where you are and what comes next."""
    if version:
        print(f"katagrad {__version__}")
    elif context.invoked_subcommand is None:
        import_module("grader.cli.student").overview()


def _wanted(arguments: Sequence[str]) -> list[str]:
    """The one command that is called; all of them where none is, for the help and for spelling."""
    first = next((word for word in arguments if not word.startswith("-")), None)
    if first in COMMANDS:
        return [first]
    return list(COMMANDS) if arguments and "--version" not in arguments else []


def _report(error: Exception) -> int:
    """Say on stderr what went wrong, and what to do; returns the exit code."""
    if isinstance(error, ModuleNotFoundError):
        package, extra = _EXTRAS.get((error.name or "").partition(".")[0], ("", ""))
        if package:
            error = UsageError(
                f"this command needs {package}, which is not installed", f'pip install "{extra}"'
            )
    if isinstance(error, KataError):
        lines = [*error.rationale.split("\n"), *(f"  {line}" for line in error.help.split("\n") if line)]
        code = 2
    else:
        text = f": {error}" if str(error) else ""
        lines = [f"an error of ours, {type(error).__name__}{text}"]
        lines += ["  Please report it, with what `kata --debug ...` prints."]
        code = OUR_FAULT
    print("kata: " + "\n".join(map(_harmless, lines)), file=sys.stderr)
    return code


def _harmless(line: str) -> str:
    from grader.gradebook.plain import printable  # noqa: PLC0415  only errors need it

    return printable(line)


def _make_safe(stream: TextIO) -> None:
    """Let no print fail for its encoding. Windows gives pipes a legacy code page that nobody reads: UTF-8."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        if sys.platform == "win32":
            reconfigure(encoding="utf-8")
        reconfigure(errors="backslashreplace")
