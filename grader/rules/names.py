"""Which names a piece of a file takes from its module: Python's own scoping, on the syntax tree.

A parameter `p` is not the module's `p`; a `global p` is; a class's names are not seen by its methods.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass
class _Scope:
    """used: names that are looked up    bound: names that are its own    sure: names of the module

    not_own: bound here, but in a function around it    outer: of a comprehension, where its `:=` binds
    """

    used: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    sure: set[str] = field(default_factory=set)
    not_own: set[str] = field(default_factory=set)
    outer: "_Scope | None" = None

    def within(self, inner: "_Scope", transparent: bool = False) -> None:
        """Take over what an inner scope looks up outside of itself."""
        own = set() if transparent else inner.bound - inner.not_own - inner.sure
        self.used |= inner.used - own
        self.sure |= inner.sure


def taken(nodes: list[ast.AST]) -> set[str]:
    """The names of the module that these nodes use or, by `global`, bind. Nodes stand at module level."""
    scope = _Scope()
    _walk(nodes, scope)
    return scope.used | scope.sure | scope.bound


def _walk(nodes: list[ast.AST], scope: _Scope) -> None:
    """Everything of one scope without recursion; an inner scope is a call."""
    todo = list(nodes)
    while todo:
        node = todo.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                scope.bound.add(node.name)
                todo += outside(node)
                _inner(node.args, node.body, scope)
            case ast.Lambda():
                todo += _defaults(node.args)
                _inner(node.args, [node.body], scope)
            case ast.ClassDef():
                scope.bound.add(node.name)
                todo += [*node.decorator_list, *node.bases, *(k.value for k in node.keywords)]
                todo += getattr(node, "type_params", [])
                _class_body(node.body, scope)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                todo.append(node.generators[0].iter)
                _comprehension(node, scope)
            case ast.NamedExpr(target=ast.Name(id=name)):
                _binding_scope(scope).bound.add(name)
                todo.append(node.value)
            case _:
                _note(node, scope)
                todo += ast.iter_child_nodes(node)


def _note(node: ast.AST, scope: _Scope) -> None:
    """What a node without a scope of its own says about names."""
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            scope.used.add(name)
        case ast.Name(id=name):
            scope.bound.add(name)
        case ast.Global(names=names):
            scope.sure.update(names)
        case ast.Nonlocal(names=names):
            scope.not_own.update(names)
            scope.used.update(names)
        case _:
            scope.bound.update(_bound_by(node))


def _class_body(body: list[ast.stmt], scope: _Scope) -> None:
    inner = _Scope()
    _walk(list(body), inner)
    scope.within(inner, transparent=True)
    scope.sure |= inner.used & inner.bound  # `x = x` in a class skips the function around it


def _binding_scope(scope: _Scope) -> _Scope:
    while scope.outer is not None:
        scope = scope.outer
    return scope


def _inner(args: ast.arguments, body: list[ast.stmt] | list[ast.expr], scope: _Scope) -> None:
    inner = _Scope()
    inner.bound.update(arg.arg for arg in _parameters(args))
    _walk(list(body), inner)
    scope.within(inner)


def _comprehension(node: Comprehension, scope: _Scope) -> None:
    inner = _Scope(outer=scope)
    first, *others = node.generators
    parts: list[ast.AST] = [first.target, *first.ifs, *others]
    parts += [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    _walk(parts, inner)
    scope.within(inner)


def _bound_by(node: ast.AST) -> Iterator[str]:
    """Names that a node other than a Name binds."""
    match node:
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            for alias in names:
                yield alias.asname or alias.name.partition(".")[0]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)):
            yield name


def _parameters(args: ast.arguments) -> list[ast.arg]:
    found = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    return found + [arg for arg in (args.vararg, args.kwarg) if arg is not None]


def _defaults(args: ast.arguments) -> list[ast.AST]:
    return [*args.defaults, *(default for default in args.kw_defaults if default is not None)]


def outside(node: Function) -> list[ast.AST]:
    """What of a function is evaluated where it is defined: decorators, defaults, annotations."""
    annotations = [arg.annotation for arg in _parameters(node.args) if arg.annotation is not None]
    returns = [node.returns] if node.returns is not None else []
    types = getattr(node, "type_params", [])
    return [*node.decorator_list, *_defaults(node.args), *annotations, *returns, *types]
