"""What must hold in the `rules` of course.yml: every list holds names of the kind that it is for."""

import keyword
from collections.abc import Iterator
from typing import Any

from grader.course.mistake import Mistake, Path

LIBRARIES = ("torch", "numpy")
SHARED = ("tripwires", "autograd")  # a worker serves all exercises of a unit


def check_rules(course: dict[str, Any]) -> Iterator[Mistake]:
    """Every name in every list of rules; and nothing in an exercise that holds for its whole unit."""
    for flavour, rules in course.get("rules", {}).items():
        yield from _lists(rules or {}, ("rules", flavour))
    for i, unit in enumerate(course.get("units", [])):
        yield from _lists(unit.get("rules") or {}, ("units", i, "rules"))
        for j, exercise in enumerate(unit.get("exercises", [])):
            rules, path = exercise.get("rules") or {}, ("units", i, "exercises", j, "rules")
            yield from _lists(rules, path)
            for name in SHARED:
                if name in rules:
                    what = "holds for a whole unit, which shares one worker"
                    yield Mistake((*path, name), what, "write it into the rules of the unit")


def _lists(rules: dict[str, Any], path: Path) -> Iterator[Mistake]:
    for name, dotted in (("imports", True), ("attributes", False), ("forbid", False), ("tripwires", True)):
        for k, entry in enumerate(rules.get(name) or ()):
            here = (*path, name, k)
            if not _is_name(entry, dotted):
                yield Mistake(here, f"{entry} is no {'module' if name == 'imports' else 'name'}", _HELP[name])
            elif name == "attributes" and entry.startswith("__") and entry.endswith("__"):
                yield Mistake(here, f"{entry} cannot be allowed", "such names lead past every rule")
            elif name == "tripwires" and entry.partition(".")[0] not in LIBRARIES:
                yield Mistake(here, f"{entry} is no function of {' or '.join(LIBRARIES)}", _HELP[name])


_HELP = {
    "imports": "write a module with its packages: torch.nn.functional",
    "attributes": "write one name without a dot: exp",
    "forbid": "write one name without a dot: softmax",
    "tripwires": "write it with its module: torch.autograd.grad",
}


def _is_name(text: str, dotted: bool) -> bool:
    parts = text.split(".") if dotted else [text]
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)
