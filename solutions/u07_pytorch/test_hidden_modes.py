"""Hidden tests of unit 7: dropout and graphs, on and off."""

import torch
from checks_pytorch import F64, check, normal, sizes

from grader.testing import assert_close, assert_equal, exercise, fail, unpack

DROPS = "dropout is on: the model is in training mode"
RECORDS = "a graph is recorded, which nobody will use"
NO_NOISE = "dropout is off: all predictions are alike, and none is noisy"
REPEATED = "the same numbers are dropped in every prediction"
MODE = "the model is left in another mode than the one in which it came"
OF_MEANS = "the mean of the batches' means, though the batches have different sizes"
LAST = "only the last batch counts"
PER_EXAMPLE = "divided by the number of examples, not of entries"
TENSOR = "a tensor, and not a plain number"
WEIGHTS_TOO = "the gradients of the parameters have changed"
BOTH = "the target is no constant: a gradient flows through it"
OTHER = "the gradient flows through the target alone"


def here(path, *args, **kwargs):
    """`inside`, for the test's own model."""
    return getattr(torch.nn, path.rpartition(".")[2])(*args, **kwargs)


def network(make, weights, device):
    """Two layers with tanh and dropout between them; the layers."""
    (H, D), C = weights[0].shape, len(weights[1])
    first = make("torch.nn.Linear", D, H, bias=False, dtype=F64, device=str(device))
    second = make("torch.nn.Linear", H, C, bias=False, dtype=F64, device=str(device))
    first.weight.data, second.weight.data = (w.clone() for w in weights)
    parts = first, make("torch.nn.Tanh"), make("torch.nn.Dropout", 0.4), second
    return make("torch.nn.Sequential", *parts), (first, second)


def drawn_weights(rng, device):
    D, H, C = sizes(rng, 3)
    return D, C, (normal(rng, H, D, device=device, spread=0.7), normal(rng, C, H, device=device))


def check_mode(model, mode, called):
    if model.training is not mode:
        what = f"the model came in {'training' if mode else 'evaluation'} mode"
        fail(what, called=called, diagnosis=MODE)


@exercise("u07.modes", weight=2)
def test_evaluation_of_drawn_models(student, inside, rng, reference, device):
    """One number for all batches, without dropout and without a graph, whatever mode the model came in."""
    for mode in (True, False):
        D, C, weights = drawn_weights(rng, device)
        model, _ = network(inside, weights, device)
        twin, _ = network(here, weights, device)
        model.train(mode)
        rows = sizes(rng, 3, 2, 9)
        batches = [(normal(rng, N, D, device=device), normal(rng, N, C, device=device)) for N in rows]
        expected = reference.evaluate(twin, batches)
        means = [reference.evaluate(twin, [one]) for one in batches]
        seen = []
        model.register_forward_hook(
            lambda module, given, out, seen=seen: seen.append((module.training, out.requires_grad))
        )
        called = f"evaluate(model, batches of {rows} examples)"
        yours = student.evaluate(model, batches)
        for at, cause in ((0, DROPS), (1, RECORDS)):
            if any(one[at] for one in seen):
                fail(cause.partition(":")[0].partition(",")[0], called=called, diagnosis=cause)
        if type(yours) is torch.Tensor:
            fail("the mean is a tensor", called=called, yours=yours, expected=expected, diagnosis=TENSOR)
        suspects = {OF_MEANS: sum(means) / 3, LAST: means[-1], PER_EXAMPLE: C * expected}
        assert_close(yours, expected, of="the mean", called=called, rtol=1e-11, suspects=suspects)
        check_mode(model, mode, called)


@exercise("u07.modes", weight=2)
def test_noise_of_drawn_models(student, inside, rng, device):
    """Every prediction drops other numbers, and none records a graph, whatever mode the model came in."""
    for mode in (False, True):
        C, D, n = sizes(rng, 3, 3, 6)
        weight, x = normal(rng, C, D, device=device), normal(rng, 12, D, device=device)
        linear = inside("torch.nn.Linear", D, C, bias=False, dtype=F64, device=str(device))
        linear.weight.data = weight
        model = inside("torch.nn.Sequential", linear, inside("torch.nn.Dropout", 0.5))
        model.train(mode)
        sure, called = x @ weight.T, f"noisy_predictions(model, x, {n})"
        yours = student.noisy_predictions(model, x, n)
        shape = (n, *sure.shape)
        if type(yours) is not torch.Tensor or yours.shape != shape or yours.dtype != F64:
            fail("the form is wrong", called=called, yours=yours, expected=f"float64{list(shape)}")
        if yours.requires_grad:
            fail("a graph is recorded", called=called, diagnosis=RECORDS)
        if torch.allclose(yours, sure):
            fail("nothing was dropped", called=called, diagnosis=NO_NOISE)
        kept, dropped = torch.isclose(yours, 2 * sure), yours == 0
        if not (kept | dropped).all() or kept.all() or dropped.all():
            fail(
                "not what this model predicts with dropout", called=called, yours=yours[0], expected=2 * sure
            )
        if any(torch.equal(kept[0], one) for one in kept[1:]):
            fail("two predictions are alike", called=called, diagnosis=REPEATED)
        check_mode(model, mode, called)


@exercise("u07.modes", weight=2)
def test_input_gradients_of_drawn_models(student, inside, rng, reference, device):
    """The gradient arrives at x and nowhere else; eval switches off dropout, and not the graph."""
    for mode in (True, False):
        D, _, weights = drawn_weights(rng, device)
        model, layers = network(inside, weights, device)
        twin, _ = network(here, weights, device)
        model.train(mode)
        old = normal(rng, *weights[1].shape, device=device)
        layers[1].weight.grad = old.clone()
        x = normal(rng, 7, D, device=device)
        expected = reference.input_gradient(twin, x)
        seen = []
        model.register_forward_hook(lambda module, given, out, seen=seen: seen.append(module.training))
        called = f"input_gradient(model, x) with x of shape {tuple(x.shape)}"
        yours = student.input_gradient(model, x)
        if any(seen):
            fail("dropout is on", called=called, diagnosis=DROPS)
        C = len(weights[1])
        suspects = {"of the mean, not of the sum": expected / (7 * C)}
        check(yours, expected, "the gradient", called, suspects)
        if layers[0].weight.grad is not None:
            fail("a weight's gradient was None, and is not any more", called=called, diagnosis=WEIGHTS_TOO)
        assert_equal(
            layers[1].weight.grad, old, of="weight.grad", called=called, suspects={WEIGHTS_TOO: 0 * old}
        )
        check_mode(model, mode, called)


@exercise("u07.modes", weight=2)
def test_targets_without_a_gradient(student, rng, device):
    """detach keeps the number and drops the past: the gradient is that of a constant target."""
    for _ in range(2):
        N, D = sizes(rng, 2)
        w, clean, noisy = (normal(rng, *shape, device=device) for shape in ((D,), (N, D), (N, D)))
        error = (noisy - clean) @ w
        through, back = 2 * noisy.T @ error / N, -2 * clean.T @ error / N
        called = f"consistency(w, clean, noisy) of shape {(N, D)}"
        loss, gradient = unpack(student.consistency(w, clean, noisy), "(loss, gradient)")
        suspects = {BOTH: through + back, OTHER: back}
        check(gradient, through, "the gradient", called, suspects)
        expected = float(error.square().mean())
        if type(loss) is torch.Tensor:
            fail("the loss is a tensor", called=called, yours=loss, expected=expected, diagnosis=TENSOR)
        assert_close(loss, expected, of="the loss", called=called, rtol=1e-11)
