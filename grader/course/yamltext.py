"""YAML text to plain Python values, with the line of each. Needs ruamel.yaml, which students do not have."""

from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from grader.course.mistake import BROKEN, Mistake, Path

PLAIN = {"tag:yaml.org,2002:" + kind for kind in ("int", "float", "bool", "null")}
TEXT = {"tag:yaml.org,2002:" + kind for kind in ("str", "timestamp", "merge", "value")}
MOST_VALUES = 100_000  # aliases of aliases grow without bound
SYNTAX_HELP = "mend the YAML there: look at its indentation, colons, quotes and brackets"


@dataclass
class Parsed:
    """data: dicts, lists and scalars (dates stay text)    lines: where each value stands, from 1."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)


def parse(text: str) -> Parsed:
    """The values of one YAML document. What is wrong with the YAML is in `mistakes`; nothing is raised."""
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(text)
        if node is None:
            return Parsed(mistakes=[Mistake((), "the file is empty", "write the course into it", 1)])
        reader = _Reader(yaml)
        reader.result.data = reader.value(node, (), ())
        return reader.result
    except MarkedYAMLError as error:
        return Parsed(mistakes=[_syntax(error, text)])
    except RecursionError:
        return Parsed(mistakes=[Mistake((), "is nested too deeply", "write it with fewer levels", 1)])
    except (YAMLError, ValueError) as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        return Parsed(
            mistakes=[Mistake((), f"is not YAML ({type(error).__name__})", "remove odd characters", line)]
        )


def _syntax(error: MarkedYAMLError, text: str) -> Mistake:
    mark = error.problem_mark or error.context_mark
    row = mark.line if mark else 0
    lines = text.split("\n")
    row = min(row, max(len(text.rstrip("\n").split("\n")) - 1, 0))  # the end of the text is no line
    if "'\\t'" in (error.problem or "") or "\t" in lines[row][: len(lines[row]) - len(lines[row].lstrip())]:
        return Mistake((), "holds a tab where YAML wants spaces", "write spaces instead", row + 1)
    problem = " ".join((error.problem or "cannot be read").split())
    return Mistake((), f"is not YAML: {problem}", SYNTAX_HELP, row + 1)


class _Reader:
    """Walks the nodes of one document. `above` holds the nodes around the present one, to find circles."""

    def __init__(self, yaml: Any) -> None:
        self.result = Parsed()
        self.count = 0
        self.scalar = yaml.constructor.construct_object

    def value(self, node: Node, path: Path, above: tuple[Node, ...]) -> Any:
        self.result.lines.setdefault(path, node.start_mark.line + 1)
        self.count += 1
        if any(node is outer for outer in above) or self.count > MOST_VALUES:
            return self.wrong(path, node, "an alias repeats it without end", "write the values out")
        if isinstance(node, MappingNode):
            return self.mapping(node, path, (*above, node))
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, i), (*above, node)) for i, item in enumerate(node.value)]
        return self.leaf(node, path)

    def leaf(self, node: Node, path: Path) -> Any:
        if isinstance(node, ScalarNode) and node.tag in PLAIN:
            try:
                return self.scalar(node)
            except (ValueError, KeyError):
                return self.wrong(path, node, "is not what its tag says", "remove the tag")
        if node.tag not in TEXT:
            return self.wrong(path, node, f"has the unknown tag {node.tag}", "remove the tag")
        return node.value

    def mapping(self, node: MappingNode, path: Path, above: tuple[Node, ...]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str) or key_node.tag not in PLAIN | TEXT:
                self.wrong(path, key_node, "has a field whose name is not plain text", "write `name: value`")
                continue
            here = (*path, key)
            if key in fields:
                first = self.result.lines[here]
                self.wrong(here, key_node, f"stands twice, first on line {first}", "keep one of the two")
                continue
            fields[key] = None
            self.result.lines[here] = key_node.start_mark.line + 1
            fields[key] = self.value(value_node, here, above)
        return fields

    def wrong(self, path: Path, node: Node, what: str, help: str) -> object:
        self.result.mistakes.append(Mistake(path, what, help, node.start_mark.line + 1))
        return BROKEN
