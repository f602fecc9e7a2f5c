"""Public tests of unit 7: read them, run them with `pytest u07_pytorch`. Hidden tests decide about points."""

import torch

from grader.testing import assert_close, assert_equal, assert_gradient, exercise, fail, unpack

# ---------------------------------------------------------------------------- leaf_quiz

ALL = "a result requires a gradient only where all its operands do, not where one does"
INNER = "a tensor that was computed gets a .grad, which only leaves get, or who asks for it by retain_grad"
DATA = "a tensor that requires no gradient gets a .grad all the same"
COMPUTED = "whatever was computed is no leaf: but without a graph it is one"
ONLY_WEIGHTS = "only what requires a gradient is a leaf: but data is one too"
THROUGH = "detach, no_grad or a comparison passes on that a gradient is required"
EVERYWHERE = "backward fills every leaf of the program, not only those that it reaches"
LATER = "requires_grad_ changes what was computed before it"
BEFORE = "gradients are None though backward was called"
NOT_KEPT = "retain_grad leaves no trace"
FOREVER = "a gradient stays though it was set to None"

W, X = ("tensor", "w", True), ("tensor", "x", False)


def check(student, lines, name, said, suspects=()):
    """What is predicted of one name. said: its three bools    suspects: (mistake, its three bools)"""
    called = "predict([" + ", ".join(map(str, lines)) + "])"
    yours = student.predict([*lines])
    if type(yours) is not dict or name not in yours:
        fail(f"no dict that has {name!r}", called=called, yours=yours, expected=f"{{{name!r}: {said}, ...}}")
    of = f"({name}.requires_grad, {name}.is_leaf, {name}.grad is None)"
    assert_equal(yours[name], said, of=of, called=called, suspects=dict(suspects))


@exercise("u07.leaf_quiz")
def test_quiz_of_leaves(student):
    """Numbers 1 to 7: data, weights, and what is computed from them."""
    y = ("op", "y", "w", "x")
    T, F = True, False
    check(student, [W], "w", (T, T, T), [(BEFORE, (T, T, F))])
    check(student, [X], "x", (F, T, T), [(ONLY_WEIGHTS, (F, F, T))])
    check(student, [W, X, y], "y", (T, F, T), [(ALL, (F, T, T))])
    check(student, [X, ("op", "y", "x")], "y", (F, T, T), [(COMPUTED, (F, F, T)), (ONLY_WEIGHTS, (F, F, T))])
    check(student, [W, ("no_grad", "y", "w")], "y", (F, T, T), [(THROUGH, (T, F, T)), (COMPUTED, (F, F, T))])
    check(student, [W, X, ("compare", "m", "w", "x")], "m", (F, T, T), [(THROUGH, (T, F, T))])
    check(student, [W, X, y, ("detach", "d", "y")], "d", (F, T, T), [(THROUGH, (T, F, T))])


@exercise("u07.leaf_quiz")
def test_quiz_of_gradients(student):
    """Numbers 8 to 14: who has a gradient after backward."""
    y, z = ("op", "y", "w", "x"), ("op", "z", "y", "v")
    back, V = ("backward", "z"), ("tensor", "v", True)
    T, F = True, False
    check(student, [W, X, y, ("backward", "y")], "w", (T, T, F), [(BEFORE, (T, T, T)), (ALL, (T, T, T))])
    check(student, [W, X, y, ("backward", "y")], "x", (F, T, T), [(DATA, (F, T, F))])
    check(student, [W, X, y, ("backward", "y")], "y", (T, F, T), [(INNER, (T, F, F))])
    check(student, [W, V, X, y, z, back], "y", (T, F, T), [(INNER, (T, F, F))])
    kept = [W, V, X, y, ("retain_grad", "y"), z, back]
    check(student, kept, "y", (T, F, F), [(NOT_KEPT, (T, F, T))])
    check(student, [W, V, X, y, z, ("backward", "y")], "v", (T, T, T), [(EVERYWHERE, (T, T, F))])
    check(student, [W, ("backward", "w")], "w", (T, T, F), [(BEFORE, (T, T, T))])


@exercise("u07.leaf_quiz")
def test_quiz_of_order(student):
    """Numbers 15 to 20: what comes later, what is cut off, what is forgotten."""
    V, back = ("tensor", "v", True), ("backward", "y")
    T, F = True, False
    late = [X, ("op", "y", "x"), ("requires_grad_", "x")]
    check(student, late, "y", (F, T, T), [(LATER, (T, F, T))])
    early = [X, ("requires_grad_", "x"), ("op", "y", "x"), back]
    check(student, early, "x", (T, T, F), [(BEFORE, (T, T, T))])
    cut = [W, V, ("detach", "d", "w"), ("op", "y", "d", "v"), back]
    check(student, cut, "w", (T, T, T), [(EVERYWHERE, (T, T, F)), (THROUGH, (T, T, F))])
    check(student, cut, "v", (T, T, F), [(BEFORE, (T, T, T))])
    again = [W, V, ("op", "y", "w", "v"), back, ("zero_grad", "w")]
    check(student, again, "w", (T, T, T), [(FOREVER, (T, T, F))])
    check(student, [*again, back], "w", (T, T, F), [(BEFORE, (T, T, T))])


# ---------------------------------------------------------------------------- accumulation

FRESH = "each gradient stands alone: backward adds to what is there"
ALIAS = "the list holds one tensor several times: later passes write into it"
DECAYS_NONE = "a parameter without a gradient is changed: None is not 0"
SKIPS_ZERO = "a gradient of 0 is taken for none: the weight decay is missing"
NO_DECAY = "the weight decay is missing"
UNSCALED_DECAY = "the weight decay is not multiplied by the learning rate"
ZEROS = "zeros where None belongs: with set_to_none nothing is left to step with"
NONE = "None where zeros belong: set_to_none=False keeps the tensor"
MADE_UP = "a gradient of zeros is made up where there was None"


def numbers(values, device):
    return torch.tensor(values, dtype=torch.float64, device=device)


def parameter(inside, values, device, gradient=None):
    """A parameter on the student's side, with this gradient."""
    p = inside("torch.nn.Parameter", numbers(values, device))
    if gradient is not None:
        p.grad = numbers(gradient, device)
    return p


@exercise("u07.accumulation")
def test_two_batches_one_after_the_other(student, device):
    """The second batch alone has the gradient -4, 8; in w.grad it is added to the first one's 6, 12."""
    w = numbers([1.0, 1.0], device)
    first = numbers([[1.0, 2.0]], device), numbers([0.0], device)
    second = numbers([[-1.0, 2.0], [0.0, 0.0]], device), numbers([-3.0, 5.0], device)
    called = "grad_history([1, 1], two batches)"
    yours = student.grad_history(w, [first, second])
    suspects = {
        FRESH: [numbers([6.0, 12.0], device), numbers([-4.0, 8.0], device)],
        ALIAS: [numbers([2.0, 20.0], device)] * 2,
    }
    expected = [numbers([6.0, 12.0], device), numbers([2.0, 20.0], device)]
    assert_close(yours, expected, of="the history", called=called, suspects=suspects)


@exercise("u07.accumulation")
def test_zero_grad_in_both_ways(student, inside, device):
    """By default gradients become None; with set_to_none=False they become zeros, and None stays None."""
    a, b = parameter(inside, [1.0, 2.0, 3.0], device, [4.0, 5.0, 6.0]), parameter(inside, [7.0], device)
    called = "zero_grad([a, b], set_to_none=False), where b.grad is None"
    student.zero_grad([a, b], set_to_none=False)
    zeros = numbers([0.0, 0.0, 0.0], device)
    if a.grad is None:
        fail("a.grad is None", called=called, yours=None, expected=zeros, diagnosis=NONE)
    assert_equal(a.grad, zeros, of="a.grad", called=called)
    if b.grad is not None:
        fail("b.grad is not None", called=called, yours=b.grad, expected=None, diagnosis=MADE_UP)
    student.zero_grad([a, b])
    if a.grad is not None:
        fail("a.grad is not None", called="zero_grad([a, b])", yours=a.grad, expected=None, diagnosis=ZEROS)


@exercise("u07.accumulation")
def test_none_is_not_zero(student, inside, device):
    """With the gradient 0 a weight of 1 decays to 0.99; with the gradient None it stays 1."""
    zero, none = parameter(inside, [1.0], device, [0.0]), parameter(inside, [1.0], device)
    moved = parameter(inside, [1.0, -2.0], device, [0.5, 3.0])
    student.apply_gradients([zero, none, moved], 0.1, 0.1)
    called = "apply_gradients([p], lr=0.1, weight_decay=0.1), where p = 1 and p.grad = "
    one = numbers([1.0], device)
    suspects = {SKIPS_ZERO: one, NO_DECAY: one, UNSCALED_DECAY: 0.9 * one}
    assert_close(zero.data, 0.99 * one, of="p", called=f"{called}0", suspects=suspects)
    assert_close(none.data, one, of="p", called=f"{called}None", suspects={DECAYS_NONE: 0.99 * one})
    expected = numbers([0.94, -2.28], device)
    suspects = {NO_DECAY: numbers([0.95, -2.3], device), UNSCALED_DECAY: numbers([0.85, -2.1], device)}
    called = "apply_gradients([p], lr=0.1, weight_decay=0.1), where p = [1, -2] and p.grad = [0.5, 3]"
    assert_close(moved.data, expected, of="p", called=called, suspects=suspects)


# ---------------------------------------------------------------------------- grad_accum

UNDIVIDED = "the sum over all tokens, not their mean: divided by nothing"
PIECES = "each piece is divided by its own number of tokens, and then by the number of pieces"
PIECES_SUMMED = "the means of the pieces are added up"
ALL_COUNT = "divided by the number of all tokens, the ignored ones included"
LAST_ONLY = "only the last piece is there: gradients are set to zero between the pieces"
DROPPED = "the pieces that are left in the end are dropped"

# Weights of two classes for one number x; three tokens count in the first piece, one in the second.
FIRST = [[1.0], [2.0], [-3.0], [4.0]], [0, 1, 1, -100]
SECOND = [[2.0], [3.0]], [0, -100]


def piece(x, targets, device):
    return numbers(x, device), torch.tensor(targets, device=device)


@exercise("u07.grad_accum")
def test_group_of_two_pieces(student, device):
    """With weights of zero every token costs log 2: four count, three here and one there."""
    W, group = numbers([[0.0], [0.0]], device), [piece(*FIRST, device), piece(*SECOND, device)]
    loss, gradient = unpack(student.group_gradient(W, group), "(loss, gradient)")
    called = "group_gradient(W, two pieces of 3 and 1 tokens that count)"
    suspects = {
        UNDIVIDED: 2.772588722,
        PIECES_SUMMED: 1.386294361,
        ALL_COUNT: 0.4620981204,
        LAST_ONLY: 0.1732867951,
    }
    assert_close(loss, 0.6931471806, of="the loss", called=called, suspects=suspects)
    # summed over its tokens, each piece contributes -1 for class 0, and 1 for class 1
    down, up = numbers([[-1.0], [1.0]], device), numbers([[1.0], [-1.0]], device)
    suspects = {
        UNDIVIDED: 2 * down,
        PIECES: 2 / 3 * down,
        PIECES_SUMMED: 4 / 3 * down,
        ALL_COUNT: 1 / 3 * down,
        LAST_ONLY: 1 / 4 * down,
        "the sign is turned": 1 / 2 * up,
    }
    assert_gradient(gradient, 1 / 2 * down, of="the gradient", called=called, suspects=suspects)


@exercise("u07.grad_accum")
def test_three_pieces_in_groups_of_two(student, device):
    """Two updates: one after two pieces, and one after the third, which is a group of its own."""
    W = numbers([[0.0], [0.0]], device)
    pieces = [piece(*FIRST, device), piece(*SECOND, device), piece([[1.0], [-2.0]], [0, 1], device)]
    yours = student.train_in_groups(W, pieces, 2, 1.0)
    expected = [
        numbers([[0.5], [-0.5]], device),
        numbers([[0.7536736327], [-0.7536736327]], device),
    ]
    suspects = {DROPPED: expected[:1]}
    assert_close(
        yours,
        expected,
        of="the list of W",
        called="train_in_groups(W, 3 pieces, k=2, lr=1)",
        suspects=suspects,
    )


# ---------------------------------------------------------------------------- train_step_order

NOTHING = "nothing moves: there is no gradient when the optimizer steps"
STALE = "the optimizer holds other parameters than the model"
AFTER_STEP = "this is the loss after the step"
SCALED_LOSS = "this is the loss multiplied by scale"
SCALED_NORM = "this is the norm of the gradient multiplied by scale"
CLIPPED_NORM = "this is the norm after clipping"
NO_CLIP = "the gradient is not clipped, or only after the step"


@exercise("u07.train_step_order")
def test_model_that_is_prepared(student, device):
    """The model begins with the given numbers, and the optimizer moves this very model."""
    weight, bias = numbers([[1.0, 2.0]], device), numbers([0.5], device)
    model, optimizer = unpack(student.prepare(weight, bias, 0.1, 0.5), "(model, optimizer)")
    called = "model, optimizer = prepare([[1, 2]], [0.5], lr=0.1, momentum=0.5)"
    assert_equal(model.weight.data, weight, of="model.weight", called=called)
    assert_equal(model.bias.data, bias, of="model.bias", called=called)
    gradient = numbers([[10.0, -20.0]], device)
    model.weight.grad = gradient
    optimizer.step()
    optimizer.step()
    called += "; then two steps with the gradient [[10, -20]]"
    suspects = {STALE: weight, "there is no momentum": numbers([[-1.0, 6.0]], device)}
    expected = numbers([[-1.5, 7.0]], device)
    assert_close(model.weight.data, expected, of="model.weight", called=called, suspects=suspects)


@exercise("u07.train_step_order")
def test_three_steps_of_the_lesson(student, inside, device):
    """The first gradient is 7, 3 for the weights and 5 for the bias; its norm of 9.1104 is clipped to 4."""
    model = inside("torch.nn.Linear", 2, 1, dtype=torch.float64, device=str(device))
    model.weight.data, model.bias.data = numbers([[1.0, 2.0]], device), numbers([0.5], device)
    model.weight.grad = numbers([[100.0, 100.0]], device)
    optimizer = inside("torch.optim.SGD", [model.weight, model.bias], lr=0.1, momentum=0.5)
    x, y = numbers([[1.0, 1.0], [2.0, 0.0]], device), numbers([[0.5], [0.5]], device)
    for step, loss, norm, weight, free in (
        (1, 6.5, 9.110433579, [[0.6926601058, 1.8682829025]], [[0.3, 1.7]]),
        (2, 3.420646121, 6.294412381, [[0.2420285414, 1.6536311703]], [[-0.22, 1.4]]),
        (3, 0.904801803, 2.211116115, [[-0.1040135853, 1.4119563474]], [[-0.237, 1.223]]),
    ):
        yours = unpack(student.train_step(model, optimizer, x, y, max_norm=4.0, scale=8.0), "(loss, norm)")
        called = f"train_step(model, optimizer, x, y, max_norm=4, scale=8), step {step}"
        suspects = {NOTHING: numbers([[1.0, 2.0]], device), NO_CLIP: numbers(free, device)}
        right = numbers(weight, device)
        assert_close(model.weight.data, right, of="weight", called=called, rtol=1e-5, suspects=suspects)
        suspects = {SCALED_NORM: 8 * norm, CLIPPED_NORM: min(norm, 4.0)}
        assert_close(yours[1], norm, of="the norm", called=called, rtol=1e-5, suspects=suspects)
        suspects = {SCALED_LOSS: 8 * loss, AFTER_STEP: {1: 3.420646121, 2: 0.904801803}.get(step, -1.0)}
        assert_close(yours[0], loss, of="the loss", called=called, rtol=1e-5, suspects=suspects)


# ---------------------------------------------------------------------------- modes

DROPS = "dropout is on: the model is in training mode"
RECORDS = "a graph is recorded, which nobody will use"
NO_NOISE = "dropout is off: all predictions are alike, and none is noisy"
REPEATED = "the same numbers are dropped in every prediction"
MODE = "the model is left in another mode than the one in which it came"
OF_MEANS = "the mean of the batches' means, though the batches have different sizes"
WEIGHTS_TOO = "the gradients of the parameters have changed"
BOTH = "the target is no constant: a gradient flows through it"
OTHER = "the gradient flows through the target alone"


def model_of(inside, device):
    """1 and 2 as weights, no bias, and dropout of one half."""
    linear = inside("torch.nn.Linear", 2, 1, bias=False, dtype=torch.float64, device=str(device))
    linear.weight.data = numbers([[1.0, 2.0]], device)
    return inside("torch.nn.Sequential", linear, inside("torch.nn.Dropout", 0.5)), linear


@exercise("u07.modes")
def test_model_is_evaluated(student, inside, device):
    """The errors are 3, 2 and 1: their squares have the mean 14/3, always, and no graph is recorded."""
    model, _ = model_of(inside, device)
    seen = []
    model.register_forward_hook(lambda module, given, out: seen.append((module.training, out.requires_grad)))
    first = numbers([[1.0, 1.0], [2.0, 0.0]], device), numbers([[0.0], [0.0]], device)
    second = numbers([[0.0, 1.0]], device), numbers([[1.0]], device)
    yours, called = student.evaluate(model, [first, second]), "evaluate(model, two batches)"
    for at, diagnosis in ((0, DROPS), (1, RECORDS)):
        if any(one[at] for one in seen):
            fail(diagnosis.partition(":")[0], called=called, diagnosis=diagnosis)
    assert_close(yours, 14 / 3, of="the mean", called=called, suspects={OF_MEANS: 3.75})
    if not model.training:
        fail("the model came in training mode", called=called, diagnosis=MODE)


@exercise("u07.modes")
def test_predictions_with_noise(student, inside, device):
    """With dropout of one half a prediction of 3 becomes 0 or 6; a hundred of them, without a graph."""
    model, _ = model_of(inside, device)
    model.eval()
    x, called = numbers([[1.0, 1.0]] * 20, device), "noisy_predictions(model, 20 examples, n=5)"
    yours = student.noisy_predictions(model, x, 5)
    if type(yours) is not torch.Tensor or yours.shape != (5, 20, 1):
        fail("no tensor of shape [5, 20, 1]", called=called, yours=yours, expected="float[5, 20, 1]")
    if yours.requires_grad:
        fail("a graph is recorded", called=called, diagnosis=RECORDS)
    found = sorted(set(yours.flatten().tolist()))
    diagnosis = NO_NOISE if found == [3.0] else ""
    if found != [0.0, 6.0]:
        fail("not 0 and 6", called=called, yours=found, expected=[0.0, 6.0], diagnosis=diagnosis)
    if all(torch.equal(one, yours[0]) for one in yours):
        fail("all five are alike", called=called, diagnosis=REPEATED)
    if model.training:
        fail("the model came in evaluation mode", called=called, diagnosis=MODE)


@exercise("u07.modes")
def test_gradient_of_the_input(student, inside, device):
    """Without dropout the gradient of x is the weights: 1, 2. The weights' own gradients stay None."""
    model, linear = model_of(inside, device)
    yours = student.input_gradient(model, numbers([[5.0, 6.0], [7.0, 8.0]], device))
    called, right = "input_gradient(model, two examples)", numbers([[1.0, 2.0], [1.0, 2.0]], device)
    if not model.training:
        fail("the model came in training mode", called=called, diagnosis=MODE)
    assert_gradient(yours, right, of="the gradient", called=called)
    if linear.weight.grad is not None:
        fail("weight.grad is not None", called=called, yours=linear.weight.grad, diagnosis=WEIGHTS_TOO)


@exercise("u07.modes")
def test_target_that_is_a_constant(student, device):
    """The noisy examples are judged 3 and 1, the clean ones 2 and 0: the loss is 1."""
    w, clean = numbers([1.0, 2.0], device), numbers([[0.0, 1.0], [2.0, -1.0]], device)
    noisy = numbers([[1.0, 1.0], [0.0, 0.5]], device)
    loss, gradient = unpack(student.consistency(w, clean, noisy), "(loss, gradient)")
    called = "consistency([1, 2], clean, noisy)"
    assert_close(loss, 1.0, of="the loss", called=called)
    suspects = {BOTH: numbers([-1.0, 1.5], device), OTHER: numbers([-2.0, 0.0], device)}
    expected = numbers([1.0, 1.5], device)
    assert_gradient(gradient, expected, of="the gradient", called=called, suspects=suspects)


# ---------------------------------------------------------------------------- precision

COARSE = "computed in low precision: what was rounded on the way does not come back"
STUCK = "small steps are lost: each of them is rounded away before the next one is taken"
FIRST_STEP = "every step is taken from the first w"


@exercise("u07.precision")
def test_logarithms_of_bfloat16_logits(student, device):
    """-19.0644 is no number of bfloat16: those near it are -19 and -19.125. So the result is float32."""
    z = torch.tensor([3.0, 1.0, -15.9375], dtype=torch.bfloat16, device=device)
    expected = torch.tensor([-0.126928017, -2.12692809, -19.0644283], device=device)
    suspects = {COARSE: torch.tensor([-0.12451171875, -2.125, -19.0], device=device)}
    called = "safe_log_softmax([3, 1, -15.9375]) in bfloat16"
    yours = student.safe_log_softmax(z)
    assert_close(yours, expected, of="log p", called=called, rtol=1e-5, suspects=suspects)


@exercise("u07.precision")
def test_logarithms_of_float64_logits(student, device):
    """float64 stays float64, to the last digit: whoever says .float() cannot check a gradient any more."""
    expected = numbers([-0.16984601955628567, -2.1698460195562856, -3.1698460195562856], device)
    called = "safe_log_softmax([3, 1, 0]) in float64"
    yours = student.safe_log_softmax(numbers([3.0, 1.0, 0.0], device))
    assert_close(yours, expected, of="log p", called=called, rtol=1e-12)


@exercise("u07.precision")
def test_gradient_of_bfloat16_logits(student, device):
    """The loss is float32, and the gradient bfloat16, as the logits are: p is 1/4, 1/4 and 1/2."""
    z = torch.tensor([[0.0, 0.0, 0.6914]], device=device).to(torch.bfloat16)
    loss, gradient = unpack(student.nll_gradient(z, torch.tensor([2], device=device)), "(loss, gradient)")
    called = "nll_gradient([[0, 0, 0.6914]], [2]) in bfloat16"
    assert_close(loss, torch.tensor(0.6940, device=device), of="the loss", called=called, rtol=1e-3)
    if loss.requires_grad:
        fail("the loss has a graph", called=called, help="give it back by detach()")
    expected = torch.tensor([[0.25, 0.25, -0.5]], dtype=torch.bfloat16, device=device)
    assert_close(gradient, expected, of="the gradient", called=called, rtol=0.01)


@exercise("u07.precision")
def test_fifty_small_steps(student, device):
    """In bfloat16 the number below 1 is 0.996: 1 - 0.001 is 1 again. Fifty such steps must not be lost."""
    w = torch.tensor([1.0, -2.0], dtype=torch.bfloat16, device=device)
    g = torch.tensor([1.0, -4.0], dtype=torch.bfloat16, device=device)
    yours, called = student.master_steps(w, [g] * 50, 0.001), "master_steps([1, -2], 50 times [1, -4], 0.001)"
    if type(yours) is not list or len(yours) != 50:
        fail("no list of 50", called=called, yours=yours, expected="50 tensors")
    expected = torch.tensor([0.94921875, -1.796875], dtype=torch.bfloat16, device=device)
    stuck = torch.tensor([1.0, -1.609375], dtype=torch.bfloat16, device=device)
    first = torch.tensor([1.0, -1.9921875], dtype=torch.bfloat16, device=device)
    suspects = {STUCK: stuck, FIRST_STEP: first}
    assert_close(yours[-1], expected, of="w in the end", called=called, rtol=0.005, suspects=suspects)
