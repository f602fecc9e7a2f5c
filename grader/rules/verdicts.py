"""Which exercises of a unit break a rule, and in which line: decided before anything runs."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from grader.course.catalogue import Catalogue
from grader.course.model import Rules, Unit
from grader.course.source import TooDeep, lines_of, tree_of
from grader.gradcheck.message import Finding
from grader.rules.check import Breach, Checker
from grader.rules.regions import Region, Regions

WIDTH = 400  # of a student's line, as far as it is shown
MOST_LINES = 5
MOST_IMPORTED = 512 * 1024  # characters of all files of other units that one file imports
TOO_DEEP = Finding(
    what="the file is too large or nested too deeply to be held to the rules",
    help="Write it with fewer names, brackets, operators and functions, and fewer of them inside each other.",
)


@dataclass(frozen=True)
class _File:
    """One file of the course, read once. defined: the attribute names that it defines"""

    text: str
    tree: ast.Module
    defined: frozenset[str]


class _Others:
    """The student's files of other units, each read and cut once. modules: module -> unit"""

    def __init__(self, files: Mapping[str, str], modules: Mapping[str, Unit]) -> None:
        self.files = {name: files[unit.file] for name, unit in modules.items() if unit.file in files}
        self._read: dict[str, _File | None] = {}
        self._regions: dict[str, Regions] = {}
        self._left = MOST_IMPORTED

    def read(self, name: str) -> _File | None:
        """The file of a module; None where it is missing or cannot be parsed. Raises TooDeep."""
        if name not in self._read:
            self._left -= len(self.files.get(name, ""))
            if self._left < 0:
                raise TooDeep
            self._read[name] = None
            with suppress(SyntaxError):  # importing it says so
                self._read[name] = _read(self.files[name]) if name in self.files else None
        return self._read[name]

    def regions(self, name: str, file: _File) -> Regions:
        """Its regions. Raises TooDeep."""
        if name not in self._regions:
            self._regions[name] = Regions(file.tree, ())
        return self._regions[name]


class Rulebook:
    """The rules of a course, held to one student's files."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.modules = {unit.module: unit for unit in catalogue.course.units}

    def broken(self, unit: Unit, files: Mapping[str, str], shown: str = "") -> dict[str, Finding]:
        """Exercise id -> what it breaks, for those that break a rule.

        files: unit file -> text    shown: what the unit's file is called to its reader, if not unit.file
        A file that cannot be parsed breaks none: importing it says what is wrong.
        """
        rules = {exercise.id: self.catalogue.rules(exercise.id) for exercise in unit.exercises}
        if unit.file not in files or not any(rules.values()):
            return {}
        held = [id for id, rule in rules.items() if rule is not None]
        try:
            file = _read(files[unit.file])
            return self._broken(unit, file, files, rules, shown or unit.file)
        except SyntaxError:
            return {}
        except (TooDeep, RecursionError, MemoryError):  # it may run all the same
            return dict.fromkeys(held, replace(TOO_DEEP, where=shown or unit.file))

    def _broken(
        self,
        unit: Unit,
        file: _File,
        files: Mapping[str, str],
        rules: Mapping[str, Rules | None],
        shown: str,
    ) -> dict[str, Finding]:
        owners = {symbol: exercise for exercise in unit.exercises for symbol in exercise.symbols}
        regions = Regions(file.tree, owners)
        reached = {exercise.id: regions.reach(exercise.symbols) for exercise in unit.exercises}
        shelf = _Others(files, {name: u for name, u in self.modules.items() if u is not unit})
        imported = _imported([file.tree], shelf)
        names = (other.defined | {self.modules[name].name} for name, other in imported.items())
        defined = frozenset().union(file.defined, *names)
        others = frozenset(self.modules.keys() - {unit.module})  # a file that imports itself hides its names
        found: dict[str, list[Breach]] = {}
        seen: dict[tuple[Rules, str], list[Breach]] = {}
        inherited: dict[tuple[Rules, str, bool, frozenset[str]], list[Breach]] = {}
        for exercise in unit.exercises:
            rule = rules[exercise.id]
            if rule is None:
                continue
            checker = Checker(rule, defined, others)
            for name in reached[exercise.id]:
                if (rule, name) not in seen:
                    seen[rule, name] = list(checker.breaches(regions.all[name]))
                found.setdefault(exercise.id, []).extend(seen[rule, name])
            if checker.strict and imported:
                nodes = [node for name in reached[exercise.id] for node in regions.all[name].nodes]
                used = _imported(nodes, shelf).keys()
                for name, other in imported.items():
                    spared = self._needed_of(name, exercise.id)
                    key = rule, name, name in used, spared
                    if key not in inherited:
                        counted = _counted(shelf.regions(name, other), spared, used=name in used)
                        inherited[key] = self._through_import(checker, name, counted, file.tree)
                    found[exercise.id] += inherited[key]
        broken = {id: sorted(set(breaches)) for id, breaches in found.items() if breaches}
        own = dict(broken)
        held = [exercise for exercise in unit.exercises if rules[exercise.id] is not None]
        for exercise in held:
            through = {owners[symbol].id for symbol in regions.leans_on(reached[exercise.id])}
            self._leaning(exercise.id, through, broken, own)
        lines = lines_of(file.text)
        return {id: _finding(breaches, rules[id] or Rules(), lines, shown) for id, breaches in broken.items()}

    def _leaning(
        self, id: str, others: set[str], broken: dict[str, list[Breach]], own: Mapping[str, list[Breach]]
    ) -> None:
        """Who uses what another exercise broke a rule for, without needing it, breaks that rule too."""
        guilty = sorted((others - self.catalogue.needs_closure(id)) & own.keys())
        if id not in broken and guilty:
            first = own[guilty[0]][0]
            broken[id] = [replace(first, rule=f"{first.rule}; {id} goes through it")]

    def _needed_of(self, name: str, id: str) -> frozenset[str]:
        """The symbols of another unit's exercises that this exercise needs: the reference may stand in."""
        needed, unit = self.catalogue.needs_closure(id), self.modules[name]
        return frozenset(
            symbol for exercise in unit.exercises if exercise.id in needed for symbol in exercise.symbols
        )

    def _through_import(
        self, checker: Checker, name: str, regions: Iterable[Region], tree: ast.Module
    ) -> list[Breach]:
        """In units that are held to a list, what is imported from another unit is held to it too."""
        rules = self.catalogue.unit_rules(self.modules[name])
        wider = Checker(checker.rules.joined(rules), checker.defined, checker.modules)
        first = min((b for region in regions for b in wider.breaches(region)), default=None)
        if first is None:
            return []
        what = f"imports `{name}`, which {first.what} in its line {first.line}"
        return [replace(first, line=_line_of_import(tree, name), what=what)]


def _counted(regions: Regions, spared: frozenset[str], *, used: bool) -> list[Region]:
    """What of another unit's file counts for an exercise: all but functions that it needs, as in its own
    file; of a file that it does not reach, only what runs at import.

    used: whether the exercise reaches the file    spared: the symbols that it needs
    """
    at_import = regions.reach(())
    return [
        region for name, region in regions.all.items() if name in at_import or (used and name not in spared)
    ]


def _imported(nodes: Iterable[ast.AST], shelf: _Others) -> dict[str, _File]:
    """The files of other units that these nodes import, directly or through others. Raises TooDeep."""
    found: dict[str, _File] = {}
    todo = list(nodes)
    while todo:
        for name in _imports(todo.pop()):
            file = None if name in found else shelf.read(name)
            if file is not None:
                found[name] = file
                todo.append(file.tree)
    return found


def _read(text: str) -> _File:
    tree = tree_of(text)
    return _File(text, tree, _defined(tree))


def _defined(tree: ast.Module) -> frozenset[str]:
    """The attributes that a file makes: methods, names of classes, what is set on an object, definitions."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
        elif isinstance(node, ast.ClassDef | ast.Module):
            for part in node.body:
                if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    found.add(part.name)
                elif isinstance(part, ast.Assign | ast.AnnAssign):
                    targets = part.targets if isinstance(part, ast.Assign) else [part.target]
                    found |= {
                        name.id
                        for target in targets
                        for name in ast.walk(target)
                        if isinstance(name, ast.Name)
                    }
    return frozenset(found)


def _imports(root: ast.AST) -> Iterator[str]:
    for node in ast.walk(root):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _line_of_import(tree: ast.Module, module: str) -> int:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and module in _imports(node):
            return node.lineno
    return 1


def _finding(breaches: list[Breach], rules: Rules, lines: list[str], shown: str) -> Finding:
    first = breaches[0]
    source = lines[first.line - 1].strip()[:WIDTH] if 0 < first.line <= len(lines) else ""
    others = list(dict.fromkeys(b.line for b in breaches if b.line != first.line))
    also = ", ".join(map(str, others[:MOST_LINES])) + (", ..." if len(others) > MOST_LINES else "")
    help = first.told(rules)
    help = help[:1].upper() + help[1:]
    if others:
        help = f"{help}. Rules are broken in {'line' if len(others) == 1 else 'lines'} {also} too"
    return Finding(
        what=f"line {first.line} {first.what}: {first.rule}",
        where=f"{shown}:{first.line}",
        source=source,
        help=f"{help}." if help else "",
    )
