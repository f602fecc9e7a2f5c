"""Pages: Jinja2 with autoescape, under a policy that lets nothing run and nothing be fetched."""

import base64
import hashlib
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from grader.examine.outcome import Verdict
from grader.report.drawing import BAR_WIDTH
from grader.report.marks import UNICODE

# One letter each: the class of a verdict. A page of 400 students has 32,400 of them.
LETTERS = {
    Verdict.RIGHT: "r",
    Verdict.WRONG: "x",
    Verdict.CRASHED: "c",
    Verdict.TOO_SLOW: "t",
    Verdict.TOO_MUCH_MEMORY: "m",
    Verdict.RULE_BROKEN: "b",
    Verdict.NOT_CHECKED: "n",
    Verdict.TODO: "d",
    Verdict.GRADER_ERROR: "g",
}


def page(template: str, **values: Any) -> str:
    """A whole page: the template with its own style sheet, and the policy that allows that sheet alone.

    starts: for the class page, the columns with which a unit begins
    """
    style = _style(values.get("starts", ()))
    fingerprint = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{fingerprint}'; base-uri 'none'; form-action 'none'"
    text = _environment().get_template(template).render(style=Markup(style), policy=policy, **values)
    return text + "\n"


def part(macro: str, *values: Any) -> Markup:
    """A piece of a page, by the name of its macro in parts.html. It is safe to put into another."""
    made: Markup = getattr(_parts(), macro)(*values)
    return made


@cache
def _style(starts: tuple[int, ...]) -> str:
    return _environment().get_template("style.css").render(starts=starts)


@cache
def _parts() -> Any:
    return _environment().get_template("parts.html").module


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("grader.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(
        verdicts=[(LETTERS[verdict], verdict.value, UNICODE.of[verdict]) for verdict in LETTERS],
        bar_width=BAR_WIDTH,
    )
    environment.filters["letter"] = LETTERS.__getitem__
    environment.filters["code"] = _code
    return environment


def _code(text: str) -> Markup:
    """What stands between backticks set as code; the text as it is where they do not pair."""
    if "`" not in text:
        return escape(text)
    parts = [escape(piece) for piece in text.split("`")]
    if len(parts) % 2 == 0:
        return escape(text)
    return Markup("").join(Markup("<code>{}</code>").format(p) if at % 2 else p for at, p in enumerate(parts))
