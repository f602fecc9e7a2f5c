"""Hidden tests of unit 5, the network: the same numbers as numpy gives in float64."""

import math
import random
from functools import cache

import numpy as np

from grader.testing import assert_close, assert_equal, assert_gradient, exercise, fail

CLOSE = {"rtol": 1e-9, "atol": 1e-12}
RETURN = "forgot `return`?"
NO_BIAS = "the bias is missing"
NO_TANH = "the tanh is missing"
ALWAYS_TANH = "the tanh is there although activate is False"
FIRST_INPUTS = "a layer reads the network's inputs, not what the layer before gives"
WRONG_SIGN = "the sign is wrong (times -1)"
NOT_TARGET = "only the denominator of the softmax is there"
PROBABILITY = "this is the probability, without the logarithm"
NO_GRADIENT = "the logits get no gradient"
ONLY_TARGET = "only the target's logit gets a gradient"
UPHILL = "the step goes uphill"
STILL = "the parameters do not move"
NO_RATE = "the learning rate is not used"
RECORDED = "the update is recorded in the graph"
NOT_ZEROED = "zero_grad is missing: the gradients of all steps add up"
AFTERWARDS = "the loss is recorded after the update"
SUMMED = "the loss is the sum over the examples, not their mean"
ONE_EXAMPLE = "only the last example counts"
NOT_FLOATS = "the history holds Values, not numbers"
GREEDY = "this is the largest logit, not a draw"
UNIFORM = "every class is drawn alike: the logits are not used"


def is_value(student, y, called):
    if not isinstance(y, student.Value):
        fail(
            "the result is not a Value", called=called, yours=y, diagnosis=RETURN if repr(y) == "None" else ""
        )


def compare(judge, yours, expected, suspects, **more):
    """Compare; what each mistake would give is worked out only where something is wrong."""
    try:
        judge(yours, expected, **more)
    except AssertionError:
        judge(yours, expected, suspects=suspects(), **more)


def weights_of(model):
    """[(W, b), ...] of a model of the reference; W: [neurons, inputs], b: [neurons]."""
    return [
        (
            np.array([[w.data for w in neuron.weights] for neuron in layer]),
            np.array([n.bias.data for n in layer]),
        )
        for layer in model.layers
    ]


def forward(layers, x):
    """The output of each layer for inputs x [N, inputs]; the last are the logits [N, V]."""
    outputs = [x]
    for at, (w, b) in enumerate(layers):
        z = outputs[-1] @ w.T + b
        outputs.append(z if at == len(layers) - 1 else np.tanh(z))
    return outputs


def losses_of(logits, targets):
    top = logits.max(-1, keepdims=True)
    return np.log(np.exp(logits - top).sum(-1)) + top[:, 0] - logits[range(len(targets)), targets]


def softmax(logits):
    e = np.exp(logits - logits.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def gradients(layers, x, targets):
    """dL/dW and dL/db of each layer, for the mean loss L."""
    outputs = forward(layers, x)
    up = softmax(outputs[-1])
    up[range(len(targets)), targets] -= 1
    up /= len(targets)
    found = []
    for at in range(len(layers) - 1, -1, -1):
        found.append((up.T @ outputs[at], up.sum(0)))
        up = (up @ layers[at][0]) * (1 - outputs[at] ** 2)
    return found[::-1]


def descent(layers, x, targets, *, steps, lr, zeroed=True, shown=None):
    """The history of full-batch descent. shown: the examples whose mean loss is descended, all by default"""
    layers = [(w.copy(), b.copy()) for w, b in layers]
    total = [(np.zeros_like(w), np.zeros_like(b)) for w, b in layers]
    part, part_targets = (x, targets) if shown is None else (x[shown], targets[shown])
    history = []
    for _ in range(steps):
        history.append(float(losses_of(forward(layers, part)[-1], part_targets).mean()))
        for at, grads in enumerate(gradients(layers, part, part_targets)):
            for k in (0, 1):
                total[at][k][...] = grads[k] + (0 if zeroed else total[at][k])
                layers[at][k][...] -= lr * total[at][k]
    return history


# ---------------------------------------------------------------------------- u05.value_mlp


@exercise("u05.value_mlp")
def test_neurons(student, rng):
    """A neuron is tanh(w1 x1 + ... + wn xn + bias), or the same without tanh."""
    for count in (1, 3, 4):
        for activate in (True, False):
            w, x = (rng.uniform(0.2, 1, count).tolist() for _ in range(2))
            b = float(rng.uniform(-1, -0.2))
            neuron = student.Neuron(w, b, activate)
            y, called = neuron(x), f"Neuron(weights, bias, {activate})(xs) with {count} inputs"
            is_value(student, y, called)
            z = math.fsum(p * q for p, q in zip(w, x, strict=True))
            shape = math.tanh if activate else float
            suspects = {
                NO_BIAS: shape(z),
                NO_TANH if activate else ALWAYS_TANH: (float if activate else math.tanh)(z + b),
            }
            assert_close(y.data, shape(z + b), of="y.data", called=called, suspects=suspects, **CLOSE)


@exercise("u05.value_mlp", weight=2)
def test_networks(student, rng, reference):
    """Each layer reads what the one before gives; the logits are those of a float64 computation."""
    for sizes in ([3, 3, 3, 3], [2, 3, 2], [1, 4, 2, 3]):
        seed = int(rng.integers(1000))
        x = rng.uniform(-1, 1, (1, sizes[0]))
        layers = weights_of(reference.MLP(sizes, seed))
        logits = student.MLP(sizes, seed)(x[0].tolist())
        called = f"MLP({sizes}, seed={seed})(xs)"
        if type(logits) is not list:
            fail(
                "the logits are not a list",
                called=called,
                yours=logits,
                diagnosis=RETURN if logits is None else "",
            )
        for z in logits:
            is_value(student, z, called)
        suspects = {}
        if len(set(sizes)) == 1:
            suspects[FIRST_INPUTS] = forward(layers[-1:], x)[-1][0].tolist()
        expected = forward(layers, x)[-1][0].tolist()
        yours = [z.data for z in logits]
        assert_close(yours, expected, of="the list of logits", called=called, suspects=suspects, **CLOSE)


@exercise("u05.value_mlp", weight=2)
def test_cross_entropy_and_its_gradient(student, rng):
    """The loss is -log p[target], its gradient p - onehot; large logits change nothing in that."""
    for shift in (0.0, 0.0, 1000.0, -1000.0):
        z = rng.uniform(-2, 2, 5) + shift
        target = int(rng.integers(5))
        logits = [student.Value(float(v)) for v in z]
        called = f"softmax_cross_entropy(logits, {target}), logits around {shift:g}"
        loss = student.softmax_cross_entropy(logits, target)
        is_value(student, loss, called)
        right, p = float(losses_of(z[None], [target])[0]), softmax(z)
        suspects = {WRONG_SIGN: -right, PROBABILITY: float(p[target]), NOT_TARGET: right + float(z[target])}
        assert_close(loss.data, right, of="the loss", called=called, suspects=suspects, **CLOSE)
        loss.backward()
        hot = np.eye(5)[target]
        for k in sorted(range(5), key=lambda k: k != target):  # the target first: there the mistakes differ
            suspects = {NO_GRADIENT: 0.0, ONLY_TARGET: -hot[k]}
            right, of = float(p[k] - hot[k]), f"dL/dz{k}"
            assert_gradient(logits[k].grad, right, of=of, called=called, suspects=suspects, **CLOSE)


@exercise("u05.value_mlp")
def test_logits_far_apart(student, rng):
    """Where a probability is 0 in float64, the loss is still the distance of the logits."""
    for far in (float(rng.uniform(900, 1600)), float(rng.uniform(900, 1600))):
        loss = student.softmax_cross_entropy([student.Value(z) for z in (0.0, far, -far)], 0)
        called = f"softmax_cross_entropy([0, {far:.1f}, -{far:.1f}], 0)"
        is_value(student, loss, called)
        assert_close(loss.data, far, of="the loss", called=called, **CLOSE)


@cache
def microgpt():
    """The logits of the published character model before its first step, its targets and its first loss.

    One layer, 4 heads, 16 wide, RMSNorm without gain, ReLU, no biases; its weights follow from seed 42.
    """
    rng = random.Random(42)
    rng.shuffle(list(range(32_033)))  # the names come in a drawn order; that they do is what counts here

    def weights(rows, columns):
        return np.array([[rng.gauss(0, 0.08) for _ in range(columns)] for _ in range(rows)])

    def norm(rows):
        return rows / np.sqrt((rows**2).mean(-1, keepdims=True) + 1e-5)

    tokens, positions, output = weights(27, 16), weights(16, 16), weights(27, 16)
    query, key, value, mix = (weights(16, 16) for _ in range(4))
    up, down = weights(64, 16), weights(16, 64)
    text = [26, *(ord(letter) - ord("a") for letter in "yuheng"), 26]
    x = norm(tokens[text[:-1]] + positions[: len(text) - 1])
    h = norm(x)
    parts = []
    for q, k, v in zip(*(np.split(h @ w.T, 4, axis=1) for w in (query, key, value)), strict=True):
        scores = np.where(np.tri(len(h), dtype=bool), q @ k.T / 2, -np.inf)
        parts.append(softmax(scores) @ v)
    x = x + np.concatenate(parts, axis=1) @ mix.T
    x = x + np.maximum(norm(x) @ up.T, 0) @ down.T
    return x @ output.T, text[1:], 3.365966947584851


@exercise("u05.value_mlp")
def test_first_loss_of_microgpt(student):
    """The mean over the seven predictions of the first name is 3.365966947584851, near ln 27 = 3.2958."""
    logits, targets, published = microgpt()
    losses = [
        student.softmax_cross_entropy([student.Value(z) for z in row], target)
        for row, target in zip(logits.tolist(), targets, strict=True)
    ]
    for loss in losses:
        is_value(student, loss, "softmax_cross_entropy(27 logits, target)")
    mean = math.fsum(loss.data for loss in losses) / len(losses)
    called = "the mean of softmax_cross_entropy over microGPT's first name"
    assert_close(
        mean, published, of="the mean loss", called=called, suspects={WRONG_SIGN: -published}, rtol=1e-12
    )


@exercise("u05.value_mlp")
def test_drawn_classes(student, rng, inside):
    """The classes are those that rng.choices draws with the weights softmax(logits)."""
    for shift in (0.0, 800.0):
        z = rng.permutation([0.0, 1.5, 3.0, 0.7, 2.0]) + shift + rng.uniform(-0.2, 0.2, 5)
        logits, seed = [student.Value(float(v)) for v in z], int(rng.integers(1000))
        far, own = inside("random.Random", seed), random.Random(seed)
        yours = [student.sample(logits, far) for _ in range(20)]
        expected = [own.choices(range(5), softmax(z).tolist())[0] for _ in range(20)]
        again = random.Random(seed)
        suspects = {GREEDY: [int(z.argmax())] * 20, UNIFORM: [again.choices(range(5))[0] for _ in range(20)]}
        called = f"sample(logits, random.Random({seed})), 20 times, logits around {shift:g}"
        assert_equal(yours, expected, of="the list of classes", called=called, suspects=suspects)


@exercise("u05.value_mlp", in_place=True)
def test_steps_of_descent(student, rng):
    """Each parameter moves by -lr times its gradient, in place: it stays the same leaf."""
    for lr in rng.uniform(0.01, 0.5, 2).tolist():
        data, grads = (rng.uniform(1, 2, 4) for _ in range(2))
        parameters = [student.Value(v) for v in data.tolist()]
        given = list(parameters)
        for p, grad in zip(parameters, grads.tolist(), strict=True):
            p.grad = grad
        student.sgd_step(given, lr)
        called = f"sgd_step(parameters, {lr:.3f})"
        if any(p is not q for p, q in zip(parameters, given, strict=True)) or parameters[0].children != ():
            fail("the list holds other Values than before", called=called, diagnosis=RECORDED)
        yours = tuple(p.data for p in parameters)
        if any(type(number) is not float for number in yours):
            fail("data is no longer a plain number", called=called, yours=yours[0], diagnosis=RECORDED)
        suspects = {UPHILL: data + lr * grads, STILL: data, NO_RATE: data - grads}
        suspects = {cause: tuple(values.tolist()) for cause, values in suspects.items()}
        of = ", ".join(f"parameters[{k}].data" for k in range(4))
        assert_close(
            yours, tuple((data - lr * grads).tolist()), of=of, called=called, suspects=suspects, **CLOSE
        )


def check_training(student, reference, rng, steps):
    seed, lr = int(rng.integers(1000)), float(rng.uniform(0.2, 0.4))
    x, targets = rng.uniform(-1, 1, (4, 2)), rng.permutation([0, 1, 2, 0])
    layers = weights_of(reference.MLP([2, 3, 3], seed))
    longer = descent(layers, x, targets, steps=steps + 1, lr=lr)
    history = student.train(student.MLP([2, 3, 3], seed), x.tolist(), targets.tolist(), steps, lr)
    called = f"train(MLP([2, 3, 3], seed={seed}), 4 examples, steps={steps}, lr={lr:.3f})"
    if type(history) is list and any(isinstance(loss, student.Value) for loss in history):
        fail("the history does not hold numbers", called=called, yours=history[0], diagnosis=NOT_FLOATS)

    def suspects():
        return {
            NOT_ZEROED: descent(layers, x, targets, steps=steps, lr=lr, zeroed=False),
            AFTERWARDS: longer[1:],
            UPHILL: descent(layers, x, targets, steps=steps, lr=-lr),
            STILL: longer[:1] * steps,
            SUMMED: [4 * loss for loss in descent(layers, x, targets, steps=steps, lr=4 * lr)],
            ONE_EXAMPLE: descent(layers, x, targets, steps=steps, lr=lr, shown=slice(-1, None)),
        }

    compare(assert_close, history, longer[:-1], suspects, of="the list of losses", called=called, **CLOSE)
    return history


@exercise("u05.value_mlp", weight=2)
def test_history_of_training(student, rng, reference):
    """The losses of all steps, each before its update, are those of a float64 computation."""
    check_training(student, reference, rng, 4)


@exercise("u05.value_mlp")
def test_the_loss_falls(student, rng, reference):
    """Six steps of descent bring the loss down."""
    history = check_training(student, reference, rng, 6)
    if not history[-1] < history[0]:
        fail(
            "the loss does not fall",
            called="train(model, inputs, targets, 6, lr)",
            yours=f"{history[-1]:.4f}",
        )
