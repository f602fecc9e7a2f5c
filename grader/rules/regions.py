"""A student's file cut into regions, and which of them an exercise reaches.

A region is what stands or falls together: a function, a class, a method that an exercise asks for, an
import, an assignment. What runs at import beside them belongs to everybody.
"""

import ast
import copy
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from grader.rules.names import global_names, taken

EVERYBODY = ""  # the region of what runs when the file is imported
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
MUTABLE = (ast.List, ast.Dict, ast.Set, ast.Call, ast.ListComp, ast.DictComp, ast.SetComp)


@dataclass
class Region:
    """nodes: roots of its syntax tree    to: names of regions that it reaches directly

    symbol: the exercise's symbol that it is, or ""
    """

    name: str
    symbol: str = ""
    nodes: list[ast.AST] = field(default_factory=list)
    to: set[str] = field(default_factory=set)

    def parts(self) -> Iterator[ast.AST]:
        """Every node of its tree."""
        for node in self.nodes:
            yield from ast.walk(node)


def parse(source: str) -> ast.Module:
    """The syntax tree. Raises SyntaxError, and nothing else, for source that cannot be parsed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a student's "\d" is not the grader's business
            return ast.parse(source)
    except RecursionError:
        raise SyntaxError("the source is nested too deeply to be read") from None
    except MemoryError:
        raise SyntaxError("the source is too complex to be read") from None
    except ValueError as error:  # null bytes, lone surrogates, numbers of thousands of digits
        raise SyntaxError(f"the source cannot be read: {type(error).__name__}") from None


class Regions:
    """The regions of a file. symbols: those of all exercises of its unit."""

    def __init__(self, tree: ast.Module, symbols: Iterable[str]) -> None:
        self.symbols = frozenset(symbols)
        self.all: dict[str, Region] = {EVERYBODY: Region(EVERYBODY)}
        self._assigned: dict[str, list[ast.expr | None]] = {}
        self._attributes: dict[str, set[str]] = {}
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
        match statement.test:
            case ast.Compare(
                left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant("__main__")]
            ):
                return not self._runs_main
        return False

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
            for symbol in asked:
                self._add(symbol, member)
            if not asked:
                rest.append(member)
                for name in bound:
                    self._attributes.setdefault(name, set()).add(node.name)
        without = copy.copy(node)
        without.body = rest
        self._add(node.name, without)

    def _assignment(self, statement: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        named = False
        for name in _targets(statement):
            owner = name.partition(".")[0]
            self._assigned.setdefault(name, []).append(statement.value)
            named = True
            self._add(name if name in self.symbols or "." not in name else owner, statement)
        if not named or not all(isinstance(t, ast.Name) for t in _target_nodes(statement)):
            self._add(EVERYBODY, statement)  # TABLE[0] = ..., torch.sum = ...

    def _connect(self) -> None:
        """The edges between regions: by name, by attribute, and through what runs at import."""
        for region in list(self.all.values()):
            for name in _bound_from_inside(region) - self.symbols if region.name else ():
                self._add(name)
                self.all[name].to.add(region.name)
        for region in self.all.values():
            for name in taken(region.nodes):
                region.to |= self._named(name)
            for part in region.parts():
                if isinstance(part, ast.Attribute):
                    region.to |= self._attributes.get(part.attr, set())
            if "." in region.name:
                region.to.add(region.name.partition(".")[0])
        self._share()
        for region in list(self.all.values()):
            if region.name:
                self.all[EVERYBODY].to |= self._run_at_import(region)
            region.to &= self.all.keys()
            region.to.discard(region.name)

    def _named(self, name: str) -> set[str]:
        if name.startswith("__") and not name.endswith("__"):  # inside class C Python reads `_C__name`
            return {known for known in self.all if known.endswith(name)}
        return {name} & self.all.keys()

    def _share(self) -> None:
        """Whoever uses a list, a dict or an object of the module reaches whoever may write into it."""
        for name, values in self._assigned.items():
            if name in self.all and any(isinstance(value, MUTABLE) for value in values):
                self.all[name].to |= {r.name for r in self.all.values() if r.name and _writes_into(r, name)}

    def _run_at_import(self, region: Region) -> set[str]:
        """The regions whose code runs when this one is defined: by decorators, bases, calls, defaults."""
        found: set[str] = set()
        todo = list(region.nodes)
        while todo:
            node = todo.pop()
            if isinstance(node, FUNCTIONS):
                defaults = [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
                found |= self._names_in([*node.decorator_list, *filter(_calls, defaults)])
            elif isinstance(node, ast.ClassDef):
                bases = [*node.bases, *(keyword.value for keyword in node.keywords)]
                found |= self._names_in([*node.decorator_list, *bases])
                todo += node.body
            elif _calls(node):
                found |= self._names_in([node])
        return found - {region.name}

    def _names_in(self, nodes: Iterable[ast.AST]) -> set[str]:
        names = taken(list(nodes))
        return {r for name in names for r in self._named(name) if not self.all[r].symbol}


def _one_alias(statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.stmt:
    alone = copy.copy(statement)
    alone.names = [alias]
    return alone


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


def _target_nodes(statement: ast.stmt) -> list[ast.expr]:
    match statement:
        case ast.Assign(targets=targets):
            return targets
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            return [target]
    return []


def _targets(statement: ast.stmt) -> list[str]:
    """The names that a statement of a module or class binds: "f", "Value.backward", "EPS"."""
    if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
        return [statement.name]
    found: list[str] = []
    todo = _target_nodes(statement)
    while todo:
        match todo.pop():
            case ast.Name(id=name):
                found.append(name)
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                found.append(f"{owner}.{name}")
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                todo = [*todo, *parts]
            case ast.Starred(value=part):
                todo = [*todo, part]
    return found


def _bound_from_inside(region: Region) -> set[str]:
    """Names of the module that a region may bind while it runs."""
    walrus = (p.target.id for p in region.parts() if isinstance(p, ast.NamedExpr))
    return {name for node in region.nodes for name in global_names(node)} | set(walrus)


def _calls(node: ast.AST) -> bool:
    return any(isinstance(part, ast.Call | ast.Await) for part in ast.walk(node))


def _writes_into(region: Region, name: str) -> bool:
    """Whether it may change an object of the module: a method call on it, an item or attribute set, or
    handing it to a function."""
    for part in region.parts():
        match part:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=n))) if n == name:
                return True
            case ast.Call(args=args) if any(isinstance(a, ast.Name) and a.id == name for a in args):
                return True
            case ast.Subscript(value=ast.Name(id=n), ctx=ast.Store()) if n == name:
                return True
            case ast.Attribute(value=ast.Name(id=n), ctx=ast.Store()) if n == name:
                return True
            case ast.AugAssign(target=ast.Name(id=n)) if n == name:
                return True
    return False
