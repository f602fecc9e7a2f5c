"""Hidden tests of unit 6: what was changed in place after it was saved."""

from checks_tensor import arrived, check, check_op, is_tensor, listed, normal, positive, sizes

from grader.testing import assert_equal, exercise, fail

NOT_COUNTED = "a change in place is not counted in version"
NOT_IN_PLACE = "data is another tensor after the change, where its numbers must change in place"
UNNOTICED = "a saved array was changed in place, and nobody notices"
TOO_STRICT = "an error, though nothing that the vjp reads was changed"
NO_NAME = "the error does not name the operation"
OLD_COPY = "these are the numbers from before the change: a copy was saved"


def leaves(student, *arrays):
    return [student.Tensor(x.clone()) for x in arrays]


def refuses(call, called, name):
    """The call raises RuntimeError with the operation's name."""
    try:
        result = call()
    except RuntimeError as error:
        if name not in str(error):
            fail(f"the error's text has no {name!r}", called=called, yours=str(error), diagnosis=NO_NAME)
        return
    fail("no RuntimeError", called=called, yours=result, expected="RuntimeError", diagnosis=UNNOTICED)


def allowed(call, called):
    """The call raises no RuntimeError; what it returns."""
    try:
        return call()
    except RuntimeError as error:
        fail("a RuntimeError", called=called, yours=str(error), diagnosis=TOO_STRICT)


def check_guarded(student, reference, rng, name, arrays):
    """The operation as such, without a change."""
    names = "ab" if len(arrays) == 2 else "x"
    called = f"y = safe_{name}({', '.join(names)}) with {', '.join(names)} {listed(*arrays)}"
    check_op(student, reference, rng, f"safe_{name}", arrays, called=called, names=names)


def check_changed(student, rng, name, arrays, at, *, called, fatal, expected=None):
    """The operation, then add_ to operand `at` or, where at is None, to the result; then backward.

    fatal: whether that touches what the vjp reads; if not, expected: g -> the operands' gradients
    """
    operands = leaves(student, *arrays)
    y = getattr(student, f"safe_{name}")(*operands)
    is_tensor(student, y, called)
    g = normal(rng, *y.data.shape, device=arrays[0].device)
    changed = y if at is None else operands[at]
    changed.add_(1.5)
    if fatal:
        refuses(lambda: y.backward(g), called, name)
        return
    allowed(lambda: y.backward(g), called)
    for key, leaf, grad in zip("ab", operands, expected(g), strict=False):
        check(arrived(leaf, key, called), grad, of=f"{key}.grad", called=called)


@exercise("u06.inplace_guard", weight=2, in_place=True)
def test_changes_are_counted(student, rng, reference, device):
    """add_ changes the numbers in place, returns the Tensor itself and raises version by 1 each time."""
    a, b = sizes(rng, 2)
    x, row = normal(rng, a, b, device=device), normal(rng, b, device=device)
    (leaf,) = leaves(student, x)
    assert_equal(leaf.version, 0, of="x.version", called="x = Tensor(data)")
    expected = x.clone()
    for count, other in enumerate((1.5, row, -2), start=1):
        expected = expected + other
        told = f"x.add_({'row' if other is row else other})"
        result = leaf.add_(other)
        check(leaf.data, expected, of="x.data", called=told)
        version = leaf.version
        if version != count:
            fail("x.version is wrong", called=told, yours=version, expected=count, diagnosis=NOT_COUNTED)
        if result is not leaf:
            fail("the result is not x", called=told, yours=result)


@exercise("u06.inplace_guard", weight=2)
def test_saved_arrays_come_back(student, rng, reference, device):
    """save returns what was saved, until one of the Tensors changes; others may change."""
    a, b = sizes(rng, 2)
    arrays = [normal(rng, *shape, device=device) for shape in ((a, b), (b,), (a,))]
    for name, count in (("spline", 1), ("mixture", 2), ("kernel", 3)):
        for at in range(count):
            tensors = leaves(student, *arrays)
            tensors[0].add_(0.5)  # before it is saved
            load = student.save(name, *tensors[:count])
            called = f"load = save({name!r}, {', '.join('abc'[:count])}), load()"
            expected = (arrays[0] + 0.5, *arrays[1:])[:count]
            if count < 3:
                tensors[count].add_(1.0)
            for _ in range(2):
                assert_equal(allowed(load, called), expected, of="load()", called=called)
            tensors[at].add_(1.0)
            told = f"load = save({name!r}, {', '.join('abc'[:count])}), {'abc'[at]}.add_(1.0), load()"
            refuses(load, told, name)


@exercise("u06.inplace_guard", weight=3)
def test_operations_that_are_guarded(student, rng, reference, device):
    """safe_mul refuses after a change of either operand, safe_exp after one of its result."""
    a, b = sizes(rng, 2)
    for _ in range(2):
        x, y = positive(rng, a, b, device=device), positive(rng, b, device=device)
        check_guarded(student, reference, rng, "mul", [x, y])
        check_guarded(student, reference, rng, "exp", [x])
        called = "y = safe_mul(a, b), {}.add_(1.5), y.backward(g)"
        check_changed(student, rng, "mul", [x, y], 0, called=called.format("a"), fatal=True)
        check_changed(student, rng, "mul", [x, y], 1, called=called.format("b"), fatal=True)
        check_changed(
            student, rng, "exp", [x], None, called="y = safe_exp(x), y.add_(1.5), y.backward(g)", fatal=True
        )


@exercise("u06.inplace_guard", weight=3)
def test_changes_that_do_no_harm(student, rng, reference, device):
    """What the vjp does not read may change: operands of a sum, the result of a product, the x of exp."""
    a, b = sizes(rng, 2)
    for _ in range(2):
        x, y = positive(rng, a, b, device=device), positive(rng, b, device=device)
        check_guarded(student, reference, rng, "add", [x, y])
        for at, key in ((0, "a"), (1, "b"), (None, "y")):
            called = f"y = safe_add(a, b), {key}.add_(1.5), y.backward(g)"
            check_changed(
                student, rng, "add", [x, y], at, called=called, fatal=False, expected=lambda g: (g, g.sum(0))
            )
        called = "y = safe_mul(a, b), y.add_(1.5), y.backward(g)"
        check_changed(
            student,
            rng,
            "mul",
            [x, y],
            None,
            called=called,
            fatal=False,
            expected=lambda g, x=x, y=y: (g * y, (g * x).sum(0)),
        )
        called = "y = safe_exp(x), x.add_(1.5), y.backward(g)"
        check_changed(
            student, rng, "exp", [x], 0, called=called, fatal=False, expected=lambda g, x=x: (g * x.exp(),)
        )
