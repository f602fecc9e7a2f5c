"""Adds an exercise or a unit to the text of course.yml. Every other line stays as it is, comments too."""

import json
from collections.abc import Sequence

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from grader.errors import CourseError

BLOCK = "write each exercise and each unit on lines of its own, below `exercises:` and `units:`"


def add_exercise(text: str, unit: str, lines: Sequence[str], after: str = "") -> str:
    """The text with these lines below the exercise `after` of a unit, or below its last one.

    CourseError where the unit's exercises stand in brackets, so that no line can be added.
    """
    there = _item(_listed(_top(text), "units"), unit)
    exercises = _field(there, "exercises")
    if exercises is None:
        inner = " " * there.start_mark.column
        block = [f"{inner}exercises:", *(f"{inner}  {line}" for line in lines)]
        return _insert(text, _last_line(there), block)
    block_of = _block(exercises)
    if not block_of.value:
        raise CourseError(f"the exercises of {unit} are an empty list", "take `exercises: []` out")
    before = _item(block_of, after) if after else block_of.value[-1]
    return _insert(text, _last_line(before), _moved(lines, block_of))


def add_unit(text: str, unit: str, lines: Sequence[str]) -> str:
    """The text with these lines where a unit of that id belongs: units stand in the order of their ids."""
    units = _block(_listed(_top(text), "units"))
    above = [one for one in units.value if _id(one) < unit]
    line = _last_line(above[-1]) if above else units.start_mark.line - 1
    return _insert(text, line, _moved(lines, units))


def quoted(title: str) -> str:
    """A title as YAML: as it is where that reads back as the same text, else in quotes."""
    try:
        plain = YAML(typ="safe", pure=True).load(f"title: {title}") == {"title": title}
    except YAMLError:
        plain = False
    return title if plain and "\n" not in title else json.dumps(title, ensure_ascii=False)


def _top(text: str) -> Node:
    top: Node = YAML(typ="safe", pure=True).compose(text)
    return top


def _field(node: Node, name: str) -> Node | None:
    assert isinstance(node, MappingNode)
    return next((value for key, value in node.value if key.value == name), None)


def _listed(node: Node, name: str) -> Node:
    found = _field(node, name)
    assert found is not None  # the course was loaded before
    return found


def _block(node: Node) -> SequenceNode:
    if not isinstance(node, SequenceNode) or node.flow_style:
        line = node.start_mark.line + 1
        raise CourseError(f"course.yml:{line}: a list in brackets has no room for another line", BLOCK)
    return node


def _id(node: Node) -> str:
    found = _field(node, "id")
    return found.value if isinstance(found, ScalarNode) else ""


def _item(listed: Node, id: str) -> Node:
    found: Node = next(node for node in listed.value if _id(node) == id)
    return found


def _moved(lines: Sequence[str], beside: SequenceNode) -> list[str]:
    return [" " * beside.start_mark.column + line for line in lines]


def _last_line(node: Node) -> int:
    """The last line, from 0, on which something of a node stands: a comment below it is not its own."""
    if isinstance(node, ScalarNode):
        is_block = node.style in ("|", ">")
        return int(node.end_mark.line) - int(is_block)
    if getattr(node, "flow_style", False) or not node.value:
        return int(node.end_mark.line)
    parts = [value for _, value in node.value] if isinstance(node, MappingNode) else node.value
    return max(_last_line(part) for part in parts)


def _insert(text: str, line: int, lines: Sequence[str]) -> str:
    """The text with more lines below a line, from 0; its own line ends are kept."""
    end = "\r\n" if "\r\n" in text else "\n"
    there = text.split("\n")
    if line + 1 >= len(there):  # no line end at the end of the file
        there.append("")
    there[line + 1 : line + 1] = [one + end[:-1] for one in lines]
    return "\n".join(there)
