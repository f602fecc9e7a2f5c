"""What of a region breaks a rule: the syntax tree held to lists of names. Nothing of it is ever run."""

import ast
import string
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from grader.course.model import Rules
from grader.rules import library, words
from grader.rules.regions import Region

DETOUR = "a name must not be reached through a text, nor a text be run"
AFTER_A_DOT = "after a dot only names from the unit's list may stand"
LONGEST = 8  # names with dots between them, as far as they are told


@dataclass(frozen=True, order=True)
class Breach:
    """One line that breaks a rule. what: "uses `torch.softmax`"    rule: the rule in words

    unlisted: the name that is not on the list    among: the kind of list, "attributes" or "imports"
    """

    line: int
    what: str
    rule: str
    help: str = ""
    unlisted: str = ""
    among: str = ""

    def told(self, rules: Rules) -> str:
        """What to do, with names near it on the list; looked up for the one breach that is shown."""
        names = getattr(rules, self.among) or () if self.among else ()
        near = get_close_matches(self.unlisted, sorted(names), n=3, cutoff=0.7) if self.unlisted else []
        return f"near it on the list: {', '.join(near)}; {words.LIST}" if near else self.help or words.LIST


class Checker:
    """Holds regions of one file to the rules of one exercise.

    defined: the attributes that the file itself defines    modules: units of the course that it may import
    """

    def __init__(self, rules: Rules, defined: frozenset[str], modules: frozenset[str]) -> None:
        self.rules = rules
        self.modules = modules
        self.strict = rules.attributes is not None
        self.listed = frozenset(rules.attributes or ())
        self.allowed = self.listed | (defined - library.reserved(self.listed) if self.strict else defined)
        self.defined = defined
        self.imports = None if rules.imports is None else frozenset(rules.imports) | {"__future__"}
        self.forbidden = frozenset(rules.forbid)
        self.no_complex = not rules.complex_numbers

    def breaches(self, region: Region) -> Iterator[Breach]:
        """Every breach in a region, in no order."""
        free, parts = region.free, region.parts
        called = {id(part.func): part for part in parts if isinstance(part, ast.Call)}
        chains = {id(part.value): part for part in parts if isinstance(part, ast.Attribute)}
        for part in parts:
            match part:
                case ast.Attribute():
                    yield from self._attribute(part, chains, called)
                case ast.Name(id=name):
                    yield from self._name(part, name in free, called.get(id(part)))
                case ast.Import() | ast.ImportFrom():
                    yield from self._import(part)
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    yield from self._definition(part)
                case _:
                    yield from self._other(part)

    def _other(self, node: ast.AST) -> Iterator[Breach]:
        match node:
            case ast.MatchClass() if self.strict and (node.patterns or node.kwd_patterns):
                yield Breach(node.lineno, "takes an object apart by a class pattern", DETOUR, _PATTERN)
            case ast.Global(names=names) if self.strict:
                for name in filter(_is_dunder, names):
                    yield Breach(node.lineno, f"uses `{name}`", DETOUR, _PLAIN)
            case ast.arg(arg=name) if name in self.forbidden:
                yield self._forbidden(node.lineno, name)
            case ast.Constant(value=complex()) | ast.BinOp(op=ast.Pow()) if self.no_complex:
                yield from self._complex(node)

    def _attribute(
        self, node: ast.Attribute, chains: dict[int, ast.Attribute], called: dict[int, ast.Call]
    ) -> Iterator[Breach]:
        name, line = node.attr, node.end_lineno or node.lineno
        if name in self.forbidden:
            yield self._forbidden(line, name)
        elif self.no_complex and name in words.COMPLEX and (not self.strict or name in self.listed):
            yield Breach(line, f"uses `.{name}`", NO_COMPLEX, _COMPLEX)
        elif self.strict and _is_dunder(name):
            if name not in words.LOADABLE:
                yield Breach(line, f"uses `.{name}`", DETOUR, _PLAIN)
        elif self.strict and name not in self.allowed and not _plain_format(node, called):
            said = _spelled(node, chains)
            if name in self.defined:
                yield Breach(
                    line,
                    f"uses `{said}`",
                    AFTER_A_DOT,
                    f"write `{name}` yourself: this unit does without a ready-made one"
                    if said.startswith("torch.")
                    else f"`{name}` is also a name of torch or Python: call yours otherwise",
                )
            else:
                yield Breach(line, f"uses `{said}`", AFTER_A_DOT, "", name, "attributes")

    def _name(self, node: ast.Name, is_free: bool, call: ast.Call | None) -> Iterator[Breach]:
        name = node.id
        if name in self.forbidden:
            yield self._forbidden(node.lineno, name)
        elif name in words.IMPORTERS and self.imports is not None:
            yield Breach(node.lineno, f"uses `{name}`", "modules are imported by `import` only", _PLAIN)
        elif is_free and name in words.DETOURS and (self.strict or self.forbidden):
            yield Breach(node.lineno, f"uses `{name}`", DETOUR, _PLAIN)
        elif is_free and name == "type" and self.strict and not _asks_the_type(call):
            yield Breach(node.lineno, "uses `type` for more than type(x)", DETOUR, _PLAIN)
        elif is_free and name == "super" and self.strict and (call is None or call.args or call.keywords):
            yield Breach(node.lineno, "uses `super` for more than super()", DETOUR, _PLAIN)
        elif is_free and name == "complex" and self.no_complex:
            yield Breach(node.lineno, "uses `complex`", NO_COMPLEX, _COMPLEX)
        elif self.strict and _is_dunder(name):
            known = words.LOADABLE if isinstance(node.ctx, ast.Load) else words.STORABLE
            if name not in known:
                yield Breach(node.lineno, f"uses `{name}`", DETOUR, _PLAIN)

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[Breach]:
        if node.name in self.forbidden and isinstance(node, ast.ClassDef):
            yield self._forbidden(node.lineno, node.name)
        elif self.strict and _is_dunder(node.name) and node.name not in words.ORDINARY:
            yield Breach(node.lineno, f"defines `{node.name}`", DETOUR, _PLAIN)

    def _import(self, node: ast.Import | ast.ImportFrom) -> Iterator[Breach]:
        for alias in node.names:
            asked = {part for part in (*alias.name.split("."), alias.asname or "") if part in self.forbidden}
            if asked:
                yield self._forbidden(node.lineno, min(asked))
            elif self.strict and alias.asname and _is_dunder(alias.asname):
                yield Breach(node.lineno, f"imports a module as `{alias.asname}`", DETOUR, _PLAIN)
            elif isinstance(node, ast.Import):
                yield from self._module(node.lineno, alias.name)
            else:
                yield from self._from(node, alias.name)

    def _from(self, node: ast.ImportFrom, name: str) -> Iterator[Breach]:
        module = node.module or ""
        if self.imports is not None and node.level:
            yield Breach(node.lineno, f"imports `{'.' * node.level}{module}`", RELATIVE, words.LIST)
            return
        whole = f"{module}.{name}"
        if not self._may_import(whole) or self._is_complex(module):
            yield from self._module(node.lineno, module)
        if not self._may_import(module) or self._may_import(whole) or module in ("__future__", *self.modules):
            return
        if self.strict and name not in self.listed:
            what = f"imports `{name}` from `{module}`"
            rule = "only single names may be imported" if name == "*" else AFTER_A_DOT
            yield Breach(node.lineno, what, rule, "", name, "attributes")
        elif self.no_complex and name in words.COMPLEX:
            yield Breach(node.lineno, f"imports `{name}`", NO_COMPLEX, _COMPLEX)

    def _module(self, line: int, name: str) -> Iterator[Breach]:
        if self._is_complex(name):
            yield Breach(line, f"imports `{name}`", NO_COMPLEX, _COMPLEX)
        elif not self._may_import(name):
            top = name.partition(".")[0]
            if top in words.DIFFERENTIATES and top not in (self.imports or ()):
                rule = f"this unit is written without {top}, which differentiates by itself"
                yield Breach(line, f"imports `{name}`", rule, "write it with what the lesson uses")
            else:
                yield Breach(line, f"imports `{name}`", NOT_LISTED, "", name, "imports")

    def _may_import(self, module: str) -> bool:
        return self.imports is None or module in self.imports or module in self.modules

    def _is_complex(self, module: str) -> bool:
        return self.no_complex and module == "cmath"

    def _complex(self, node: ast.Constant | ast.BinOp) -> Iterator[Breach]:
        if isinstance(node, ast.Constant):
            yield Breach(node.lineno, f"uses the complex number {node.value!r}", NO_COMPLEX, _COMPLEX)
        elif _root_of_negative(node):
            yield Breach(node.lineno, "takes a root of a negative number", NO_COMPLEX, _COMPLEX)

    def _forbidden(self, line: int, name: str) -> Breach:
        return Breach(line, f"uses `{name}`", "this exercise is to be solved without it", "write it out")


NO_COMPLEX = "complex numbers are not allowed here"
NOT_LISTED = "it is not on the unit's list of modules"
RELATIVE = "modules are imported by their full names"
_COMPLEX = "write it with real numbers"
_PATTERN = "ask with isinstance(), then read the attributes by name"
_PLAIN = "write the name itself: x.shape, not a detour to it"


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _asks_the_type(call: ast.Call | None) -> bool:
    return (
        call is not None
        and len(call.args) == 1
        and not call.keywords
        and not isinstance(call.args[0], ast.Starred)
    )


def _plain_format(node: ast.Attribute, called: dict[int, ast.Call]) -> bool:
    """Whether it is "...".format(...) on a text that looks into no attribute."""
    if node.attr != "format" or id(node) not in called or not isinstance(node.value, ast.Constant):
        return False
    text = node.value.value
    if not isinstance(text, str):
        return False
    try:
        fields = [(name or "") + (spec or "") for _, name, spec, _ in string.Formatter().parse(text)]
    except ValueError:
        return False
    return not any("[" in field or "{" in field or not _no_attribute(field) for field in fields)


def _no_attribute(field: str) -> bool:
    """A dot that is followed by a digit is a precision: `.3f`."""
    return all(part[:1].isdigit() for part in field.split(".")[1:])


def _root_of_negative(node: ast.BinOp) -> bool:
    match node.left, node.right:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant()), ast.Constant(value=float() as power):
            return not power.is_integer()
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant()), ast.BinOp(op=ast.Div()):
            return True
    return False


def _spelled(node: ast.Attribute, chains: dict[int, ast.Attribute]) -> str:
    """The whole dotted name: `torch.autograd.grad`; of a longer expression the end: `.softmax`."""
    outer = node
    for _ in range(LONGEST):
        outer = chains.get(id(outer), outer)
    names: list[str] = []
    inner: ast.expr = outer
    while isinstance(inner, ast.Attribute) and len(names) < LONGEST:
        names.append(inner.attr)
        inner = inner.value
    if isinstance(inner, ast.Name):
        return ".".join([inner.id, *reversed(names)])
    return f".{node.attr}"
