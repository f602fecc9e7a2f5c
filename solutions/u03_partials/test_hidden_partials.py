"""Hidden tests of unit 3: two weights, and paths through a graph."""

from itertools import pairwise
from math import prod

from grader.testing import assert_close, assert_gradient, exercise, fail, unpack

EXACT = {"rtol": 1e-13, "atol": 1e-15}  # a slope measured by nudging is not as exact
ROUNDED = {"rtol": 1e-13, "atol": 1e-12}  # where large terms may cancel, as in a square multiplied out

# ---------------------------------------------------------------------------- two_weight_partials

NO_FEATURE = "the feature is missing: how fast does the prediction grow with each weight?"
SWAPPED = "each weight has the other one's feature"
WEIGHT = "the weight stands where its feature belongs"
ADDED_FEATURE = "the feature is added to the error, not multiplied"
OF_PREDICTION = "the target is left out: this is the gradient of the squared prediction"
ALL_AT_ONCE = "both weights move at once: each partial has to hold the other weight fixed"
ABSOLUTE = "the sign of the error is lost"


def package(rng):
    """w, x, y: of both signs, all different, and the prediction clearly wrong."""
    signs = rng.choice((-1, 1), 4)
    w1, w2, x1, x2 = (rng.uniform((0.5, 1.2, 2.0, 3.0), (1.0, 1.7, 2.5, 3.5)) * signs).tolist()
    y = w1 * x1 + w2 * x2 + float(rng.uniform(1, 3) * rng.choice((-1, 1)))
    return (w1, w2), (x1, x2), y


def check_package(student, reference, w, x, y):
    called = "two_weight_partials(w, x, y)"
    parts = unpack(student.two_weight_partials(w, x, y), "(y_hat, L, gradient)")
    y_hat, loss, gradient = reference.two_weight_partials(w, x, y)
    e = y_hat - y
    assert_close(parts[0], y_hat, of="y_hat", called=called, **ROUNDED)
    suspects = {"the error is not squared": e, "half of the square": e**2 / 2}
    assert_close(parts[1], loss, of="L", called=called, suspects=suspects, **ROUNDED)
    suspects = {
        NO_FEATURE: (2 * e, 2 * e),
        SWAPPED: gradient[::-1],
        WEIGHT: (2 * e * w[0], 2 * e * w[1]),
        ADDED_FEATURE: (2 * e + x[0], 2 * e + x[1]),
        OF_PREDICTION: (2 * y_hat * x[0], 2 * y_hat * x[1]),
        ALL_AT_ONCE: (sum(gradient), sum(gradient)),
        ABSOLUTE: (2 * abs(e) * x[0], 2 * abs(e) * x[1]),
    }
    of = "(dL/dw1, dL/dw2)"
    assert_gradient(parts[2], gradient, of=of, called=called, suspects=suspects, **ROUNDED)


@exercise("u03.two_weight_partials", weight=2)
def test_gradients_of_drawn_packages(student, rng, reference):
    """Each partial holds the other weight fixed, and sees its own feature."""
    for _ in range(4):
        check_package(student, reference, *package(rng))


@exercise("u03.two_weight_partials")
def test_gradient_where_the_prediction_is_right(student, rng, reference):
    """A right prediction has the loss 0, and there is no way further down: the gradient is (0, 0)."""
    w, x, y = package(rng)
    check_package(student, reference, w, x, y)
    check_package(student, reference, w, x, w[0] * x[0] + w[1] * x[1])


@exercise("u03.two_weight_partials")
def test_a_feature_that_is_one_or_zero(student, rng, reference):
    """A weight whose feature is 1 is a bias; one whose feature is 0 cannot change this loss."""
    for special in (1.0, 0.0):
        (w1, w2), (x1, _), y = package(rng)
        check_package(student, reference, (w1, w2), (x1, special), y + 0.25)
        check_package(student, reference, (w2, w1), (special, x1), y + 0.25)


@exercise("u03.two_weight_partials")
def test_whole_numbers_in_a_package(student, rng, reference):
    """Ints are numbers too."""
    for _ in range(3):
        w1, w2, x1, x2 = (int(n) for n in rng.permutation([2, 3, 5, 7]))
        check_package(student, reference, (w1, -w2), (x1, x2), int(rng.integers(50, 60)))


# ---------------------------------------------------------------------------- chain_path

ADDED = "added along the path, where it must be multiplied"
MULTIPLIED = "the paths are multiplied, where they must be added"
FIRST_PATH = "only one path is there"
DIRECT = "only the direct arrow is there, and no longer path"
SHARED = "what two paths share counts for one of them only"
NO_LAST = "the last arrow of the path is left out"
NO_FIRST = "the first arrow of the path is left out"
CHANGED = "local is changed"


def random_graph(rng, nodes):
    """Arrows down through `nodes` names, in a drawn order: from each to the next and to some others."""
    names = [f"n{k}" for k in range(nodes)]
    pairs = [(a, b) for i, a in enumerate(names) for j, b in enumerate(names[i + 1 :]) if j % 2 == 0]
    slopes = rng.uniform(0.5, 2, len(pairs)) * rng.choice((-1, 1), len(pairs))
    local = dict(zip(pairs, slopes.tolist(), strict=True))
    return names, {pairs[k]: local[pairs[k]] for k in rng.permutation(len(pairs))}


def all_paths(local, top, bottom):
    """Every path as its list of names."""
    if top == bottom:
        return [[top]]
    return [[top, *rest] for a, b in local if a == top for rest in all_paths(local, b, bottom)]


def once(local, name, bottom, seen):
    """A mistake: no name is gone through a second time."""
    if name == bottom or name in seen:
        return float(name == bottom)
    seen.add(name)
    return sum(slope * once(local, b, bottom, seen) for (a, b), slope in local.items() if a == name)


def check_total(student, reference, local, top, bottom):
    called = f"total_derivative(local, {top!r}, {bottom!r}) with {len(local)} arrows"
    paths = [[local[arrow] for arrow in pairwise(path)] for path in all_paths(local, top, bottom)]
    expected, before = reference.total_derivative(local, top, bottom), dict(local)
    yours = student.total_derivative(local, top, bottom)
    suspects = {}
    if len(paths) > 1:
        suspects = {
            MULTIPLIED: prod(map(prod, paths)),
            DIRECT: local.get((top, bottom), 0.0),
            ADDED: sum(map(sum, paths)),
            SHARED: once(local, top, bottom, set()),
        }
        alone = [prod(path) for path in paths if type(yours) is float and abs(yours - prod(path)) < 1e-12]
        if alone:
            suspects[FIRST_PATH] = alone[0]
    assert_close(yours, expected, of="the derivative", called=called, suspects=suspects, **EXACT)
    if list(local.items()) != list(before.items()):
        fail("local was changed", called=called, diagnosis=CHANGED)


def check_path(student, reference, rng, length):
    """A path through a chain of arrows, with other arrows around it."""
    names, local = random_graph(rng, length + 2)
    path = names[1 : length + 2]
    slopes = [local[arrow] for arrow in pairwise(path)]
    suspects = {}
    if len(slopes) > 1:
        suspects = {ADDED: sum(slopes), NO_LAST: prod(slopes[:-1]), NO_FIRST: prod(slopes[1:])}
    yours, called = student.along_path(local, path), f"along_path(local, path) with {length} arrows"
    expected = reference.along_path(local, path)
    assert_close(yours, expected, of="the product", called=called, suspects=suspects, **EXACT)


@exercise("u03.chain_path", weight=2)
def test_local_derivatives_of_drawn_packages(student, rng, reference):
    """Each arrow knows its own step only, and not what comes before or after it."""
    for _ in range(3):
        w, x, y = package(rng)
        right = reference.local_derivatives(w, x, y)
        e, other = right["L", "e"] / 2, dict(right)
        through = other | {("y_hat", "w1"): 2 * e * x[0], ("y_hat", "w2"): 2 * e * x[1]}
        suspects = {
            WEIGHT: other | {("y_hat", "w1"): w[0], ("y_hat", "w2"): w[1]},
            SWAPPED: other | {("y_hat", "w1"): x[1], ("y_hat", "w2"): x[0]},
            "dL/de is the loss itself, not its slope": other | {("L", "e"): e**2},
            "the factor 2 of the square is missing": other | {("L", "e"): e},
            "e is prediction minus target, not the other way round": other | {("L", "e"): -2 * e},
            "e grows with y_hat, it does not shrink": other | {("e", "y_hat"): -1},
            "the last arrows hold the whole path already": through,
        }
        yours, called = student.local_derivatives(w, x, y), "local_derivatives(w, x, y)"
        assert_close(yours, right, of="local", called=called, suspects=suspects, **EXACT)


@exercise("u03.chain_path")
def test_products_along_paths_of_any_length(student, rng, reference):
    """Along a path the local derivatives multiply, however long it is."""
    for length in (3, 5, 2, 1, 7):
        check_path(student, reference, rng, length)
    names, local = random_graph(rng, 3)
    yours = student.along_path(local, names[:1])
    assert_close(yours, 1.0, of="the product", called="along_path(local, ['n0'])")


@exercise("u03.chain_path", weight=3, in_place=True)
def test_sums_over_all_paths_of_drawn_graphs(student, rng, reference):
    """Whatever lies between moves too, so every path counts: products along paths, summed over paths."""
    for nodes in (4, 6, 7):
        names, local = random_graph(rng, nodes)
        for top, bottom in ((names[0], names[-1]), (names[0], names[-2]), (names[1], names[-1])):
            check_total(student, reference, local, top, bottom)


@exercise("u03.chain_path", in_place=True)
def test_dead_ends_and_places_without_a_path(student, rng, reference):
    """Arrows that do not lead to bottom bring nothing, and from bottom to top there is no path at all."""
    a, b, c, d, e = rng.uniform(1.5, 3, 5).tolist()
    local = {("L", "p"): a, ("L", "q"): b, ("p", "w"): c, ("q", "v"): d, ("p", "v"): e}
    for bottom in ("w", "v", "p"):
        check_total(student, reference, local, "L", bottom)
    for top, bottom, expected in (("w", "L", 0.0), ("q", "w", 0.0), ("v", "v", 1.0), ("L", "L", 1.0)):
        yours = student.total_derivative(local, top, bottom)
        called = f"total_derivative(local, {top!r}, {bottom!r})"
        assert_close(yours, expected, of="the derivative", called=called, **EXACT)


@exercise("u03.chain_path")
def test_paths_and_partials_agree(student, rng, reference):
    """Through the graph of the three steps, L grows with each weight as the partials say."""
    for _ in range(2):
        w, x, y = package(rng)
        gradient = reference.two_weight_partials(w, x, y)[2]
        local = student.local_derivatives(w, x, y)
        for weight, expected in zip(("w1", "w2"), gradient, strict=True):
            clues = {"of": "the product", "called": f"along_path(local, ['L', 'e', 'y_hat', {weight!r}])"}
            yours = student.along_path(local, ["L", "e", "y_hat", weight])
            assert_close(yours, expected, **clues, **EXACT)
            yours = student.total_derivative(local, "L", weight)
            clues = {"of": "the derivative", "called": f"total_derivative(local, 'L', {weight!r})"}
            assert_close(yours, expected, **clues, **EXACT)
