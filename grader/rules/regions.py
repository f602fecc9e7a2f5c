"""A student's file cut into regions, and which of them an exercise reaches.

A region is what stands or falls together: a function, a class, a method that an exercise asks for, an
import, an assignment. What runs at import beside them belongs to everybody.
"""

import ast
import copy
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from grader.course.source import TooDeep
from grader.rules.names import outside, taken

# What is looked at of one file: far more than the largest reference needs. A file that is
# made to be slow is refused instead: statements that bind thousands of names, names that all name each other.
MOST_PARTS = 250_000
MOST_EDGES = 200_000
MOST_LETTERS = 200  # of a name at the top of a file
EVERYBODY = ""  # the region of what runs when the file is imported
COURSE_MODULE = re.compile(r"u\d\d_")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPOUND = (
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.TryStar,
    ast.Match,
)


@dataclass(eq=False)
class Region:
    """nodes: roots of its syntax tree    to: names of regions that it reaches directly

    symbol: the exercise's symbol that it is, or ""
    """

    name: str
    symbol: str = ""
    nodes: list[ast.AST] = field(default_factory=list)
    to: set[str] = field(default_factory=set)

    @cached_property
    def parts(self) -> list[ast.AST]:
        """Every node of its tree. To be asked when the file is cut, as `free` is."""
        return [part for node in self.nodes for part in ast.walk(node)]

    @cached_property
    def free(self) -> set[str]:
        """The names that it takes from its module."""
        return taken(self.nodes)

    @cached_property
    def is_foreign(self) -> bool:
        """Whether it only imports what no student wrote: using it runs no code of the file."""
        return all(map(_is_foreign_import, self.nodes))


class Regions:
    """The regions of a file. symbols: those of all exercises of its unit.

    Raises TooDeep for a file that is made to be slow.
    """

    def __init__(self, tree: ast.Module, symbols: Iterable[str]) -> None:
        self.symbols = frozenset(symbols)
        self.all: dict[str, Region] = {EVERYBODY: Region(EVERYBODY)}
        self._attributes: dict[str, set[str]] = {}
        self._private: dict[str, set[str]] = {}
        self._runs_main = "__name__" in _bound_names(tree)
        self._cut(tree.body)
        self._connect()

    def reach(self, symbols: Iterable[str]) -> set[str]:
        """The regions that an exercise of these symbols runs through, not through another exercise's."""
        own = {name for symbol in symbols for name in (symbol, symbol.partition(".")[0]) if name in self.all}
        found = own | {EVERYBODY}
        todo = list(found)
        while todo:
            for name in self.all[todo.pop()].to:
                if name not in found and not self.all[name].symbol:
                    found.add(name)
                    todo.append(name)
        return found

    def leans_on(self, reached: set[str]) -> set[str]:
        """The symbols of other exercises that reached regions name."""
        return {n for name in reached for n in self.all[name].to if self.all[n].symbol and n not in reached}

    def _cut(self, body: list[ast.stmt]) -> None:
        todo = list(body)
        while todo:
            statement = todo.pop()
            match statement:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self._add(statement.name, statement)
                case ast.ClassDef():
                    self._class(statement)
                case ast.Import(names=names) | ast.ImportFrom(names=names):
                    for alias in names:
                        bound = alias.asname or alias.name.partition(".")[0]
                        self._add(EVERYBODY if alias.name == "*" else bound, _one_alias(statement, alias))
                case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                    self._assignment(statement)
                case ast.Pass() | ast.Expr(value=ast.Constant()):
                    pass
                case ast.If() if self._is_main(statement):
                    todo += statement.orelse
                case _ if isinstance(statement, COMPOUND):
                    todo += self._compound(statement)
                case _:
                    self._add(EVERYBODY, statement)

    def _is_main(self, statement: ast.If) -> bool:
        """`if __name__ == "__main__":` never runs where the file is imported."""
        asked = ast.unparse(statement.test) if isinstance(statement.test, ast.Compare) else ""
        return asked in ("__name__ == '__main__'", "'__main__' == __name__") and not self._runs_main

    def _compound(self, statement: ast.stmt) -> list[ast.stmt]:
        """The statements inside; what decides about them runs at import."""
        inside: list[ast.stmt] = []
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, ast.stmt):
                inside.append(child)
            elif isinstance(child, ast.ExceptHandler | ast.match_case):
                inside += child.body
                kept = [n for n in ast.iter_child_nodes(child) if not isinstance(n, ast.stmt)]
                self.all[EVERYBODY].nodes += kept
            else:
                self.all[EVERYBODY].nodes.append(child)
        return inside

    def _add(self, name: str, *nodes: ast.AST) -> None:
        symbol = name if name in self.symbols else ""
        self.all.setdefault(name, Region(name, symbol)).nodes += nodes

    def _class(self, node: ast.ClassDef) -> None:
        rest: list[ast.stmt] = []
        for member in node.body:
            bound = _targets(member)
            asked = [f"{node.name}.{name}" for name in bound if f"{node.name}.{name}" in self.symbols]
            for symbol in set(asked):
                self._add(symbol, member)
            if not asked:
                rest.append(member)
                for name in bound:
                    self._attributes.setdefault(name, set()).add(node.name)
        without = copy.copy(node)
        without.body = rest
        self._add(node.name, without)

    def _assignment(self, statement: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        names = _targets(statement)
        own = (name if name in self.symbols else name.partition(".")[0] for name in names)
        for name in dict.fromkeys(own):  # once, however often a statement binds it
            self._add(name, statement)
        parts = (part for target in _target_nodes(statement) for part in ast.walk(target))
        into = any(isinstance(part, ast.Attribute | ast.Subscript) for part in parts)
        if into and not self.symbols.issuperset(names or [EVERYBODY]):
            self._add(EVERYBODY, statement)  # TABLE[0] = ..., torch.sum = ...

    def _connect(self) -> None:
        """The edges between regions: by name, by attribute, and through what runs at import."""
        self._check_size()
        for region in list(self.all.values()):
            for name in _bound_from_inside(region) - self.symbols if region.name else ():
                self._add(name)
                self.all[name].to.add(region.name)
        self._private = _by_suffix(self.all)
        edges = 0
        for region in self.all.values():
            self._link(region)
            edges += len(region.to)
            if edges > MOST_EDGES:
                raise TooDeep
        for region in self.all.values():
            if region.name:
                self.all[EVERYBODY].to |= self._run_at_import(region)
        for region in self.all.values():
            region.to = {name for name in region.to if name in self.all and name != region.name}

    def _check_size(self) -> None:
        """What stands in several regions counts as often."""
        parts = 0
        for region in self.all.values():
            parts += len(region.parts)
            if parts > MOST_PARTS or len(region.name) > MOST_LETTERS:
                raise TooDeep

    def _link(self, region: Region) -> None:
        for name in region.free:
            region.to |= self._named(name)
        for name in {part.attr for part in region.parts if isinstance(part, ast.Attribute)}:
            region.to |= self._attributes.get(name, set())
        if "." in region.name:
            region.to.add(region.name.partition(".")[0])

    def _named(self, name: str) -> set[str]:
        if name.startswith("__") and not name.endswith("__"):  # inside class C Python reads `_C__name`
            return self._private.get(name, set())
        return {name} & self.all.keys()

    def _run_at_import(self, region: Region) -> set[str]:
        """The regions whose code runs when this one is defined: by decorators, bases, calls, defaults."""
        found: set[str] = set()
        todo = list(region.nodes)
        while todo:
            node = todo.pop()
            if isinstance(node, FUNCTIONS):
                others = outside(node)[len(node.decorator_list) :]
                found |= self._names_in([*node.decorator_list, *filter(_calls, others)])
            elif isinstance(node, ast.ClassDef):
                bases = [*node.bases, *(keyword.value for keyword in node.keywords)]
                found |= self._names_in([*node.decorator_list, *bases])
                todo += node.body
            elif _calls(node):
                found |= self._names_in([node]) - set(_targets(node))
        return found - {region.name}

    def _names_in(self, nodes: Iterable[ast.AST]) -> set[str]:
        names = taken(list(nodes))
        found = {r for name in names for r in self._named(name) if not self.all[r].symbol}
        return {r for r in found if not self.all[r].is_foreign}


def _by_suffix(names: Iterable[str]) -> dict[str, set[str]]:
    """`__C__x` and the like by what may stand for them inside a class: `__x`."""
    found: dict[str, set[str]] = {}
    for name in names:
        for at in range(1, len(name)):
            if name.startswith("__", at):
                found.setdefault(name[at:], set()).add(name)
    return found


def _one_alias(statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.stmt:
    alone = copy.copy(statement)
    alone.names = [alias]
    return alone


def _is_foreign_import(node: ast.AST) -> bool:
    """Whether it imports something that no student wrote: using it runs no code of the file."""
    if isinstance(node, ast.ImportFrom):
        return not (node.level or COURSE_MODULE.match(node.module or ""))
    return isinstance(node, ast.Import) and not COURSE_MODULE.match(node.names[0].name)


def _bound_names(tree: ast.AST) -> set[str]:
    """Every name that is bound anywhere below: by assignment, definition, import, capture or handler."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.alias():
                found.add(node.asname or node.name.partition(".")[0])
            case (
                ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name))
            ):
                found.add(name)
            case ast.ExceptHandler(name=str(name)):
                found.add(name)
    return found


def _target_nodes(statement: ast.AST) -> list[ast.expr]:
    match statement:
        case ast.Assign(targets=targets):
            return targets
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            return [target]
    return []


def _targets(statement: ast.AST) -> list[str]:
    """The names that a statement of a module or class binds: "f", "Value.backward", "EPS"."""
    if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
        return [statement.name]
    found: list[str] = []
    todo = list(_target_nodes(statement))
    while todo:
        match todo.pop():
            case ast.Name(id=name):
                found.append(name)
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                found.append(f"{owner}.{name}")
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                todo.extend(parts)
            case ast.Starred(value=part):
                todo.append(part)
    return found


def _bound_from_inside(region: Region) -> set[str]:
    """Names of the module that a region may bind while it runs."""
    found: set[str] = set()
    for part in region.parts:
        if isinstance(part, ast.Global):
            found.update(part.names)
        elif isinstance(part, ast.NamedExpr):
            found.add(part.target.id)
    return found


def _calls(node: ast.AST) -> bool:
    """Whether evaluating it may run code of the file; `A[0]` does where the class says how."""
    return any(isinstance(part, ast.Call | ast.Subscript) for part in ast.walk(node))
