"""Programs for the quiz: drawn, run for real, and run with one mistake each."""

import math
import warnings

import torch

from grader.testing import assert_equal

ALL = "a result requires a gradient only where all its operands do, not where one does"
INNER = "a tensor that was computed gets a .grad, which only leaves get, or who asks for it by retain_grad"
DATA = "a tensor that requires no gradient gets a .grad all the same"
COMPUTED = "whatever was computed is no leaf: but without a graph it is one"
ONLY_WEIGHTS = "only what requires a gradient is a leaf: but data is one too"
THROUGH = "detach, no_grad or a comparison passes on that a gradient is required"
EVERYWHERE = "backward fills every leaf of the program, not only those that it reaches"
LATER = "requires_grad_ changes what was computed before it"
NOT_KEPT = "retain_grad leaves no trace"
FOREVER = "a gradient stays though it was set to None"
BEFORE = "gradients are None though backward was called"


def spelled(program):
    """The program as Python."""
    return "; ".join(map(_line, program))


def _line(line):
    what, name, *given = line
    if what == "tensor":
        return f"{name} = torch.ones(3, requires_grad={given[0]})"
    if what in ("op", "no_grad"):
        product = f"{name} = {' * '.join(given) if len(given) > 1 else f'-{given[0]}'}"
        return product if what == "op" else f"with torch.no_grad(): {product}"
    if what == "compare":
        return f"{name} = {given[0]} > {given[1]}"
    if what == "detach":
        return f"{name} = {given[0]}.detach()"
    if what == "backward":
        return f"{name}.sum().backward(retain_graph=True)"
    return f"{name}.grad = None" if what == "zero_grad" else f"{name}.{what}()"


def truth(program, device):
    """What torch says once it has run the program."""
    made = {}
    for what, name, *given in program:
        if what == "tensor":
            made[name] = torch.ones(3, requires_grad=given[0], device=device)
        elif what == "op":
            made[name] = -made[given[0]] if len(given) == 1 else math.prod(made[one] for one in given)
        elif what == "no_grad":
            with torch.no_grad():
                made[name] = -made[given[0]] if len(given) == 1 else math.prod(made[one] for one in given)
        elif what == "compare":
            made[name] = made[given[0]] > made[given[1]]
        elif what == "detach":
            made[name] = made[given[0]].detach()
        elif what == "backward":
            made[name].sum().backward(retain_graph=True)
        elif what == "zero_grad":
            made[name].grad = None
        elif what == "retain_grad":
            made[name].retain_grad()
        else:
            made[name].requires_grad_()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of .grad where nothing will ever stand
        return {name: (x.requires_grad, x.is_leaf, x.grad is None) for name, x in made.items()}


def drawn(rng, length):  # noqa: C901 - one branch for each kind of line
    """A legal program in which most kinds of lines occur."""
    program, live, leaves, inner, bools = [], set(), set(), set(), set()
    count = iter(range(length * 2))

    def fresh():
        return f"{'abcdefghijklmnopqrstuvwxyz'[next(count)]}"

    def pick(names):
        return str(rng.choice(sorted(names)))

    def new(what, *given):
        name = fresh()
        program.append((what, name, *given))
        return name

    for needs in (True, False, True):
        name = new("tensor", needs)
        leaves.add(name)
        live |= {name} if needs else set()
    kinds = [*("op", "op", "op", "backward", "backward"), "no_grad", "compare", "detach", "requires_grad_"]
    kinds += ["retain_grad", "retain_grad", "zero_grad", "tensor"]
    while len(program) < length:
        what, floats = str(rng.choice(kinds)), (leaves | inner) - bools
        if what == "op":
            given = sorted({pick(floats) for _ in range(int(rng.integers(1, 4)))})
            name = new("op", *given)
            (inner if live & set(given) else leaves).add(name)
            live |= {name} if live & set(given) else set()
        elif what in ("no_grad", "compare", "detach"):
            given = [pick(floats) for _ in range({"no_grad": 2, "compare": 2, "detach": 1}[what])]
            name = new(what, *given)
            leaves.add(name)
            bools |= {name} if what == "compare" else set()
        elif what == "tensor":
            needs = bool(rng.integers(2))
            name = new("tensor", needs)
            leaves.add(name)
            live |= {name} if needs else set()
        elif what == "requires_grad_" and (still := leaves - live - bools):
            name = pick(still)
            program.append((what, name))
            live.add(name)
        elif what == "retain_grad" and inner:
            program.append((what, pick(inner)))
        elif what == "backward":
            program.append((what, pick(inner or live)))
        elif what == "zero_grad":
            program.append((what, pick(live)))
    return [*program, ("backward", pick(inner or live))]


def mistaken(program, mistake):  # noqa: C901, PLR0912 - the same, and one for each mistake
    """The prediction of somebody who makes this mistake."""
    if mistake == LATER:  # as if every requires_grad_ stood right below its tensor
        early = {name for what, name, *_ in program if what == "requires_grad_"}
        moved = []
        for line in program:
            moved += [line] if line[0] != "requires_grad_" else []
            if line[0] in ("tensor", "op", "no_grad", "compare", "detach") and line[1] in early:
                moved.append(("requires_grad_", line[1]))
        program = moved
    requires, parents, edges, kept, filled = {}, {}, {}, set(), set()
    for what, name, *given in program:
        if what == "tensor":
            requires[name], parents[name], edges[name] = given[0], [], []
        elif what in ("op", "no_grad", "compare", "detach"):
            recorded = what == "op" or mistake == THROUGH
            live = [one for one in given if requires[one]]
            live = [] if mistake == ALL and len(live) < len(given) else live
            parents[name], edges[name] = (live if recorded else []), given
            requires[name] = bool(parents[name])
        elif what == "requires_grad_":
            requires[name] = True
        elif what == "retain_grad" and mistake != NOT_KEPT:
            kept.add(name)
        elif what == "zero_grad" and mistake != FOREVER:
            filled.discard(name)
        elif what == "backward" and mistake != BEFORE:
            reached = [name]
            for node in reached:
                above = edges[node] if mistake == DATA and parents[node] else parents[node]
                reached += [one for one in above if one not in reached]
            if mistake == EVERYWHERE:
                reached += [one for one in requires if requires[one] and not parents[one]]
            filled |= {one for one in reached if not parents[one] or one in kept or mistake == INNER}
    leaf = {name: not parents[name] for name in requires}
    if mistake == COMPUTED:
        leaf = {name: not edges[name] for name in requires}
    if mistake == ONLY_WEIGHTS:
        leaf = {name: leaf[name] and requires[name] for name in requires}
    return {name: (requires[name], leaf[name], name not in filled) for name in requires}


MISTAKES = (ALL, INNER, DATA, COMPUTED, ONLY_WEIGHTS, THROUGH, EVERYWHERE, LATER, NOT_KEPT, FOREVER, BEFORE)


def flat(prediction):
    """{"w.is_leaf": True, ...}, where the prediction has the form that was asked for."""
    properties = ("requires_grad", "is_leaf", "grad is None")
    if type(prediction) is not dict or any(type(p) is not tuple or len(p) != 3 for p in prediction.values()):
        return prediction
    pairs = ((name, zip(properties, parts, strict=True)) for name, parts in prediction.items())
    return {f"{name}.{what}": part for name, parts in pairs for what, part in parts}


def check(yours, program, device):
    """Compare a prediction with what torch says; a mistake has a name where it explains the whole of it."""
    expected = truth(program, device)
    if type(yours) is dict and yours == expected:
        return
    suspects = {one: flat(mistaken(program, one)) for one in MISTAKES}
    suspects = {one: value for one, value in suspects.items() if value == flat(yours)}
    assert_equal(flat(yours), flat(expected), of="predicted", called=spelled(program), suspects=suspects)
