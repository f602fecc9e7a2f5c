"""Public tests of unit 6: read them, run them with `pytest u06_tensor`. Hidden tests decide about points."""

import torch

from grader.testing import assert_close, assert_gradient, exercise, fail

# Mistakes that the tests know by their numbers. A message names one only where two cases agree on it.
TOO_STRICT = "an error, though nothing that the vjp reads was changed"
MEAN = "the mean over the copies, where their sum belongs"


def numbers(values, device):
    return torch.tensor(values, dtype=torch.float64, device=device)


def leaf(student, values, device):
    return student.Tensor(numbers(values, device))


def check(student, y, data, *, g, grads, called):
    """y has this data; y.backward(g) brings these gradients to the leaves. grads: {name: (leaf, numbers)}"""
    if not isinstance(y, student.Tensor):
        cause = "forgot `return`?" if repr(y) == "None" else ""
        fail("the result is not a Tensor", called=called, yours=y, diagnosis=cause)
    device = next(iter(grads.values()))[0].data.device
    assert_close(y.data, numbers(data, device), of="y.data", called=called, rtol=1e-9)
    y.backward(numbers(g, device))
    for name, (x, expected) in grads.items():
        assert_gradient(
            x.grad, numbers(expected, device), of=f"{name}.grad", called=f"{called}, y.backward(g)", rtol=1e-9
        )


# ---------------------------------------------------------------------------- unbroadcast


@exercise("u06.unbroadcast")
def test_a_row_that_was_copied(student, device):
    """A row of three was copied into two rows: its gradient is the sum of both."""
    g = numbers([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]], device)
    expected = numbers([11.0, 22.0, 33.0], device)
    suspects = {MEAN: expected / 2}
    called = "unbroadcast([[1, 2, 3], [10, 20, 30]], (3,))"
    assert_close(student.unbroadcast(g, (3,)), expected, of="the result", called=called, suspects=suspects)


@exercise("u06.unbroadcast")
def test_a_column_that_was_copied(student, device):
    """A column of two was copied three times: sums of the rows, and still a column."""
    g = numbers([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]], device)
    expected = numbers([[6.0], [60.0]], device)
    suspects = {MEAN: expected / 3}
    called = "unbroadcast([[1, 2, 3], [10, 20, 30]], (2, 1))"
    assert_close(student.unbroadcast(g, (2, 1)), expected, of="the result", called=called, suspects=suspects)


# ---------------------------------------------------------------------------- elementwise


@exercise("u06.elementwise")
def test_a_column_times_a_row(student, device):
    """[2, 1] times [3] is a table [2, 3]; each operand's gradient has its own shape."""
    a, b = leaf(student, [[2.0], [3.0]], device), leaf(student, [1.0, 4.0, 5.0], device)
    data, g = [[2.0, 8.0, 10.0], [3.0, 12.0, 15.0]], [[1.0, 1.0, 1.0], [0.0, -1.5, 1.0]]
    grads = {"a": (a, [[10.0], [-1.0]]), "b": (b, [2.0, -2.5, 5.0])}
    check(student, student.mul(a, b), data, g=g, grads=grads, called="y = mul(a, b) with a [2, 1], b [3]")


@exercise("u06.elementwise")
def test_sum_and_quotient(student, device):
    """3 / 4 and 5 / 2: a.grad is g / b, b.grad is -g a / b²; in a sum both are g."""
    a, b = leaf(student, [3.0, 5.0], device), leaf(student, [4.0, 2.0], device)
    grads = {"a": (a, [0.25, 1.0]), "b": (b, [-0.1875, -2.5])}
    check(student, student.div(a, b), [0.75, 2.5], g=[1.0, 2.0], grads=grads, called="y = div(a, b)")
    a, b = leaf(student, [3.0, 5.0], device), leaf(student, [4.0, 2.0], device)
    grads = {"a": (a, [1.0, 2.0]), "b": (b, [1.0, 2.0])}
    check(student, student.add(a, b), [7.0, 7.0], g=[1.0, 2.0], grads=grads, called="y = add(a, b)")


@exercise("u06.elementwise")
def test_functions_of_one_operand_by_numbers(student, device):
    """power, exp, log, tanh and relu of a few numbers, with g = [1, 10]."""
    for name, values, more, data, grad in (
        ("power", [2.0, 3.0], (3,), [8.0, 27.0], [12.0, 270.0]),
        ("exp", [0.0, 1.0], (), [1.0, 2.718281828459045], [1.0, 27.18281828459045]),
        ("log", [2.0, 0.5], (), [0.6931471805599453, -0.6931471805599453], [0.5, 20.0]),
        ("tanh", [0.0, 0.5], (), [0.0, 0.46211715726000973], [1.0, 7.864477329659275]),
        ("relu", [-1.0, 2.0], (), [0.0, 2.0], [0.0, 10.0]),
    ):
        x = leaf(student, values, device)
        y = getattr(student, name)(x, *more)
        called = f"y = {name}({', '.join(map(str, (values, *more)))})"
        check(student, y, data, g=[1.0, 10.0], grads={"x": (x, grad)}, called=called)


# ---------------------------------------------------------------------------- matmul, batched_matmul


@exercise("u06.matmul")
def test_two_rows_times_three_columns(student, device):
    """[2, 1] times [1, 3]: a.grad is g bᵀ, b.grad is aᵀ g."""
    a, b = leaf(student, [[2.0], [3.0]], device), leaf(student, [[1.0, 4.0, 5.0]], device)
    grads = {"a": (a, [[10.0], [-1.0]]), "b": (b, [[2.0, -2.5, 5.0]])}
    data, g = [[2.0, 8.0, 10.0], [3.0, 12.0, 15.0]], [[1.0, 1.0, 1.0], [0.0, -1.5, 1.0]]
    check(
        student, student.matmul(a, b), data, g=g, grads=grads, called="y = matmul(a, b), a [2, 1], b [1, 3]"
    )


@exercise("u06.matmul")
def test_a_layer_of_the_lesson(student, device):
    """x: [1, 2], w: [2, 3]; every weight's gradient is its input times the g of its output."""
    x = leaf(student, [[2.0, 3.0]], device)
    w = leaf(student, [[1.0, 0.0, -1.0], [0.5, 2.0, 1.0]], device)
    grads = {"x": (x, [[-9.0, 20.5]]), "w": (w, [[2.0, 10.0, 20.0], [3.0, 15.0, 30.0]])}
    called = "y = matmul(x, w) with x [1, 2], w [2, 3]"
    check(student, student.matmul(x, w), [[3.5, 6.0, 1.0]], g=[[1.0, 5.0, 10.0]], grads=grads, called=called)


@exercise("u06.batched_matmul")
def test_a_weight_that_two_entries_share(student, device):
    """Two matrices [1, 2] and one weight [2, 1] for both: the weight collects both gradients."""
    a, b = leaf(student, [[[1.0, 2.0]], [[3.0, 4.0]]], device), leaf(student, [[5.0], [6.0]], device)
    grads = {"a": (a, [[[5.0, 6.0]], [[50.0, 60.0]]]), "b": (b, [[31.0], [42.0]])}
    called = "y = batched_matmul(a, b) with a [2, 1, 2], b [2, 1]"
    y = student.batched_matmul(a, b)
    check(student, y, [[[17.0]], [[39.0]]], g=[[[1.0]], [[10.0]]], grads=grads, called=called)


@exercise("u06.batched_matmul")
def test_a_matrix_times_a_vector(student, device):
    """[2, 3] times [3] is [2]: the vector is a column."""
    a = leaf(student, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], device)
    b = leaf(student, [1.0, 0.0, -1.0], device)
    grads = {"a": (a, [[1.0, 0.0, -1.0], [10.0, 0.0, -10.0]]), "b": (b, [41.0, 52.0, 63.0])}
    called = "y = batched_matmul(a, b) with a [2, 3], b [3]"
    check(student, student.batched_matmul(a, b), [-2.0, -2.0], g=[1.0, 10.0], grads=grads, called=called)


# ---------------------------------------------------------------------------- reductions


@exercise("u06.reductions")
def test_sum_and_mean_of_rows(student, device):
    """Each entry of a row gets the g of its row; in a mean of three, a third of it."""
    values = [[1.0, 2.0, 6.0], [4.0, 5.0, 0.0]]
    x = leaf(student, values, device)
    grads = {"x": (x, [[3.0, 3.0, 3.0], [6.0, 6.0, 6.0]])}
    check(
        student,
        student.reduce_sum(x, 1),
        [9.0, 9.0],
        g=[3.0, 6.0],
        grads=grads,
        called="y = reduce_sum(x, 1)",
    )
    x = leaf(student, values, device)
    grads = {"x": (x, [[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]])}
    called = "y = reduce_mean(x, -1)"
    check(student, student.reduce_mean(x, -1), [3.0, 3.0], g=[3.0, 6.0], grads=grads, called=called)


@exercise("u06.reductions")
def test_the_largest_of_columns_and_of_all(student, device):
    """The largest entry gets g; two that share the maximum get half of it each."""
    values = [[1.0, 5.0, 6.0], [4.0, 5.0, 0.0]]
    x = leaf(student, values, device)
    grads = {"x": (x, [[0.0, 5.0, 7.0], [3.0, 5.0, 0.0]])}
    called = "y = reduce_max(x, 0, True)"
    y = student.reduce_max(x, 0, True)
    check(student, y, [[4.0, 5.0, 6.0]], g=[[3.0, 10.0, 7.0]], grads=grads, called=called)
    x = leaf(student, values, device)
    grads = {"x": (x, [[0.0, 0.0, 2.0], [0.0, 0.0, 0.0]])}
    check(student, student.reduce_max(x), 6.0, g=2.0, grads=grads, called="y = reduce_max(x)")


# ---------------------------------------------------------------------------- shape_ops


@exercise("u06.shape_ops")
def test_reshape_of_six_numbers(student, device):
    """[2, 3] to [3, 2], entries in their order, and g the same way back."""
    x = leaf(student, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], device)
    grads = {"x": (x, [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])}
    data, g = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]
    called = "y = reshape(x, (3, -1)) with x [2, 3]"
    check(student, student.reshape(x, (3, -1)), data, g=g, grads=grads, called=called)


@exercise("u06.shape_ops")
def test_axes_turned_round(student, device):
    """permute(x, (1, 2, 0)) of [1, 2, 3] is [2, 3, 1]; the gradient needs another order to come back."""
    x = leaf(student, [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]], device)
    grads = {"x": (x, [[[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]])}
    data, g = [[[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]]], [[[0.1], [0.2], [0.3]], [[0.4], [0.5], [0.6]]]
    called = "y = permute(x, (1, 2, 0)) with x [1, 2, 3]"
    check(student, student.permute(x, (1, 2, 0)), data, g=g, grads=grads, called=called)


@exercise("u06.shape_ops")
def test_three_columns_from_one_and_two(student, device):
    """concat along the columns; and split, of which one part alone brings zeros elsewhere."""
    a, b = leaf(student, [[1.0], [2.0]], device), leaf(student, [[3.0, 4.0], [5.0, 6.0]], device)
    grads = {"a": (a, [[0.1], [0.4]]), "b": (b, [[0.2, 0.3], [0.5, 0.6]])}
    data, g = [[1.0, 3.0, 4.0], [2.0, 5.0, 6.0]], [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]
    check(student, student.concat([a, b], 1), data, g=g, grads=grads, called="y = concat([a, b], 1)")
    x = leaf(student, data, device)
    grads = {"x": (x, [[0.0, 1.0, 2.0], [0.0, 3.0, 4.0]])}
    called = "y = split(x, [1, 2], 1)[1]"
    part = student.split(x, [1, 2], 1)[1]
    check(student, part, [[3.0, 4.0], [5.0, 6.0]], g=[[1.0, 2.0], [3.0, 4.0]], grads=grads, called=called)


# ---------------------------------------------------------------------------- indexing_embedding


@exercise("u06.indexing_embedding")
def test_the_same_word_twice(student, device):
    """Tokens 2, 0, 2: row 2 of the table collects two gradients, row 1 none."""
    table = leaf(student, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], device)
    tokens = torch.tensor([2, 0, 2], device=device)
    grads = {"table": (table, [[3.0, 4.0], [0.0, 0.0], [51.0, 62.0]])}
    data, g = [[5.0, 6.0], [1.0, 2.0], [5.0, 6.0]], [[1.0, 2.0], [3.0, 4.0], [50.0, 60.0]]
    called = "y = embedding(table, [2, 0, 2])"
    check(student, student.embedding(table, tokens), data, g=g, grads=grads, called=called)


@exercise("u06.indexing_embedding")
def test_entries_by_index_and_by_gather(student, device):
    """x[[0, 0, 2]] picks x[0] twice; gather picks one entry in each row."""
    x = leaf(student, [7.0, 8.0, 9.0], device)
    grads = {"x": (x, [11.0, 0.0, 100.0])}
    y = student.index(x, torch.tensor([0, 0, 2], device=device))
    check(student, y, [7.0, 7.0, 9.0], g=[1.0, 10.0, 100.0], grads=grads, called="y = index(x, [0, 0, 2])")
    x = leaf(student, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], device)
    grads = {"x": (x, [[0.0, 0.0, 11.0], [100.0, 1000.0, 0.0]])}
    called = "y = gather(x, [[2, 2], [0, 1]], 1)"
    y = student.gather(x, torch.tensor([[2, 2], [0, 1]], device=device), 1)
    check(student, y, [[3.0, 3.0], [4.0, 5.0]], g=[[1.0, 10.0], [100.0, 1000.0]], grads=grads, called=called)


# ---------------------------------------------------------------------------- softmax_family


@exercise("u06.softmax_family")
def test_a_quarter_and_three_quarters(student, device):
    """Logits 0 and ln 3: p is 1/4 and 3/4; g = [1, 0] and its three ways back."""
    for name, data, g, grad in (
        ("softmax", [[0.25, 0.75]], [[1.0, 0.0]], [[0.1875, -0.1875]]),
        ("log_softmax", [[-1.3862943611198906, -0.2876820724517809]], [[1.0, 0.0]], [[0.75, -0.75]]),
        ("logsumexp", [1.3862943611198906], [2.0], [[0.5, 1.5]]),
    ):
        x = leaf(student, [[0.0, 1.0986122886681098]], device)
        called = f"y = {name}([[0, ln 3]])"
        check(student, getattr(student, name)(x), data, g=g, grads={"x": (x, grad)}, called=called)


@exercise("u06.softmax_family")
def test_columns_with_logits_of_a_thousand(student, device):
    """Along dim 0, with logits for which exp is infinite."""
    for name, data, g, grad in (
        ("softmax", [[0.25, 0.5], [0.75, 0.5]], [[1.0, 1.0], [0.0, 3.0]], [[0.1875, -0.5], [-0.1875, 0.5]]),
        ("logsumexp", [1001.3862943611199, -999.3068528194401], [2.0, 4.0], [[0.5, 2.0], [1.5, 2.0]]),
    ):
        x = leaf(student, [[1000.0, -1000.0], [1001.0986122886681, -1000.0]], device)
        called = f"y = {name}([[1000, -1000], [1000 + ln 3, -1000]], 0)"
        check(student, getattr(student, name)(x, 0), data, g=g, grads={"x": (x, grad)}, called=called)


# ---------------------------------------------------------------------------- inplace_guard


@exercise("u06.inplace_guard")
def test_exp_whose_result_was_changed(student, device):
    """exp reads its result on the way back: after y.add_(1) there is an error that names exp."""
    x = leaf(student, [0.0, 1.0], device)
    y = student.safe_exp(x)
    y.add_(1.0)
    assert_close(
        y.data,
        numbers([2.0, 3.718281828459045], device),
        of="y.data",
        called="y = safe_exp([0, 1]), y.add_(1)",
    )
    called = "y = safe_exp(x), y.add_(1), y.backward(g)"
    try:
        y.backward(numbers([1.0, 1.0], device))
    except RuntimeError as error:
        if "exp" not in str(error):
            fail("the error's text has no 'exp'", called=called, yours=str(error))
        return
    fail("no RuntimeError", called=called, yours=x.grad, expected="RuntimeError")


@exercise("u06.inplace_guard")
def test_sum_whose_operand_was_changed(student, device):
    """A sum reads nothing on the way back: after a.add_(1) its gradients are what they would have been."""
    a, b = leaf(student, [0.0, 1.0], device), leaf(student, [5.0, 7.0], device)
    y = student.safe_add(a, b)
    a.add_(1.0)
    called = "y = safe_add(a, b), a.add_(1), y.backward(g)"
    try:
        y.backward(numbers([0.0, 0.0], device))
    except RuntimeError as error:
        fail("a RuntimeError", called=called, yours=str(error), diagnosis=TOO_STRICT)
    grads = {"a": (a, [1.0, 10.0]), "b": (b, [1.0, 10.0])}
    check(student, y, [5.0, 8.0], g=[1.0, 10.0], grads=grads, called="y = safe_add(a, b), a.add_(1)")
