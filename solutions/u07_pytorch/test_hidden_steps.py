"""Hidden tests of unit 7: the order of a training step."""

import torch
from checks_pytorch import F64, check, normal, sizes

from grader.testing import assert_close, assert_equal, exercise, fail, unpack

NOTHING = "nothing moves: there is no gradient when the optimizer steps"
KEPT = "gradients from before still count: zero_grad is missing, or comes too late"
NO_CLIP = "the gradient is not clipped, or only after the step"
CLIP_SCALED = "the gradient is clipped before it is divided by scale"
SCALED = "the gradient is not divided by scale"
EACH = "every parameter is clipped by itself, not all of them together"
BY_VALUE = "the entries are clipped, not the norm"
ALWAYS = "the gradient is brought to max_norm also where it is smaller"
MOMENTUM = "the momentum is missing"
STALE = "the optimizer holds other parameters than the model"
AFTER_STEP = "this is the loss after the step"
SCALED_LOSS = "this is the loss multiplied by scale"
SCALED_NORM = "this is the norm of the gradient multiplied by scale"
CLIPPED_NORM = "this is the norm after clipping"
TENSOR = "a tensor, and not a plain number"
ALL = (NOTHING, KEPT, NO_CLIP, CLIP_SCALED, SCALED, EACH, BY_VALUE, ALWAYS)

RTOL = 1e-5  # clip_grad_norm_ adds 1e-6 to the norm; who writes it out may leave that away


def built(make, device, D, H, C):
    """A model of two layers, and the modules that have parameters."""
    first, second = (make("torch.nn.Linear", *two, dtype=F64, device=device) for two in ((D, H), (H, C)))
    return make("torch.nn.Sequential", first, make("torch.nn.Tanh"), second), (first, second)


def filled(layers, values, old):
    """Numbers, and gradients from before, for the weights and biases of the layers; their parameters."""
    parameters = []
    for layer, (weight, bias), (dw, db) in zip(layers, values, old, strict=True):
        layer.weight.data, layer.bias.data = weight.clone(), bias.clone()
        layer.weight.grad, layer.bias.grad = dw.clone(), db.clone()
        parameters += [layer.weight, layer.bias]
    return parameters


def here(path, *args, **kwargs):
    """`inside`, for the test's own model."""
    return {"Linear": torch.nn.Linear, "Tanh": torch.nn.Tanh, "Sequential": torch.nn.Sequential}[
        path.rpartition(".")[2]
    ](*args, **kwargs)


def clipped(parameters, max_norm, mistake):
    """Clips gradients that are divided by scale already, with this mistake."""
    if mistake == EACH:
        for p in parameters:
            torch.nn.utils.clip_grad_norm_([p], max_norm)
    elif mistake == BY_VALUE:
        torch.nn.utils.clip_grad_value_(parameters, max_norm)
    elif mistake == ALWAYS:
        norm = torch.stack([p.grad.norm() for p in parameters]).norm()
        for p in parameters:
            p.grad *= max_norm / norm
    elif mistake not in (NO_CLIP, CLIP_SCALED):
        torch.nn.utils.clip_grad_norm_(parameters, max_norm)


class Drawn:
    """A problem: numbers, examples, and how to train on them."""

    def __init__(self, rng, device, share, momentum):
        self.device, self.sizes = str(device), sizes(rng, 4)
        D, H, C, N = self.sizes
        shapes = (((H, D), (H,)), ((C, H), (C,)))
        self.values = [tuple(normal(rng, *one, device=device) for one in two) for two in shapes]
        self.old = [tuple(normal(rng, *one, device=device) for one in two) for two in shapes]
        self.x, self.y = normal(rng, N, D, device=device), normal(rng, N, C, device=device, spread=3.0)
        self.lr, self.momentum, self.scale = float(rng.uniform(0.05, 0.15)), momentum, 1024.0
        self.max_norm = share * self.norm()

    def norm(self):
        model, _, parameters = self.model(here)
        model.zero_grad()
        (model(self.x) - self.y).square().mean().backward()
        return float(torch.cat([p.grad.flatten() for p in parameters]).norm())

    def model(self, make):
        D, H, C, _ = self.sizes
        model, layers = built(make, self.device, D, H, C)
        parameters = filled(layers, self.values, self.old)
        return model, layers, parameters

    def after(self, steps, mistake):
        """The parameters after so many steps with this mistake."""
        model, _, parameters = self.model(here)
        optimizer = torch.optim.SGD(parameters, lr=self.lr, momentum=self.momentum)
        for _ in range(steps):
            if mistake != KEPT:
                optimizer.zero_grad()
            ((model(self.x) - self.y).square().mean() * self.scale).backward()
            if mistake == CLIP_SCALED:
                torch.nn.utils.clip_grad_norm_(parameters, self.max_norm)
            for p in parameters:
                p.grad /= 1.0 if mistake == SCALED else self.scale
            clipped(parameters, self.max_norm, mistake)
            if mistake != NOTHING:
                optimizer.step()
        return [p.detach().clone() for p in parameters]


def check_number(yours, expected, of, called, suspects):
    if type(yours) is torch.Tensor:
        fail(f"{of} is a tensor", called=called, yours=yours, expected=expected, diagnosis=TENSOR)
    assert_close(yours, expected, of=of, called=called, rtol=RTOL, suspects=suspects)


def check_steps(student, inside, reference, problem):
    model, layers, parameters = problem.model(inside)
    optimizer = inside("torch.optim.SGD", parameters, lr=problem.lr, momentum=problem.momentum)
    twin, _, others = problem.model(here)
    other = torch.optim.SGD(others, lr=problem.lr, momentum=problem.momentum)
    rest = {"max_norm": problem.max_norm, "scale": problem.scale}
    for step in (1, 2, 3):
        loss, norm = reference.train_step(twin, other, problem.x, problem.y, **rest)
        called = (
            f"train_step(model, optimizer, x, y, max_norm={problem.max_norm:.3f}, scale=1024), step {step}"
        )
        yours = unpack(student.train_step(model, optimizer, problem.x, problem.y, **rest), "(loss, norm)")
        found = [p for layer in layers for p in (layer.weight.data, layer.bias.data)]
        for at, (mine, right) in enumerate(zip(found, others, strict=True)):

            def suspects(at=at, step=step):
                return {one: problem.after(step, one)[at] for one in ALL}

            name = ("the first weight", "the first bias", "the second weight", "the second bias")[at]
            check(mine, right.detach(), name, called, suspects, rtol=RTOL)
        suspects = {SCALED_NORM: norm * problem.scale, CLIPPED_NORM: min(norm, problem.max_norm)}
        check_number(yours[1], norm, "the norm", called, suspects)
        after = float((twin(problem.x) - problem.y).detach().square().mean())
        suspects = {SCALED_LOSS: loss * problem.scale, AFTER_STEP: after}
        check_number(yours[0], loss, "the loss", called, suspects)


@exercise("u07.train_step_order", weight=3)
def test_three_steps_of_drawn_models(student, inside, rng, reference, device):
    """Fresh gradients, unscaled, then clipped all together, then the step: after each of three steps."""
    check_steps(student, inside, reference, Drawn(rng, device, float(rng.uniform(0.2, 0.4)), 0.5))


@exercise("u07.train_step_order")
def test_steps_with_small_gradients(student, inside, rng, reference, device):
    """A gradient below max_norm is left as it is."""
    check_steps(student, inside, reference, Drawn(rng, device, float(rng.uniform(20, 30)), 0.0))


@exercise("u07.train_step_order", weight=2)
def test_optimizer_of_the_prepared_model(student, rng, device):
    """The optimizer moves the parameters that the model computes with, momentum included."""
    for dtype in (F64, torch.float32):
        C, D = sizes(rng, 2)
        weight, bias = (
            normal(rng, C, D, device=device, dtype=dtype),
            normal(rng, C, device=device, dtype=dtype),
        )
        start = weight.clone(), bias.clone()
        lr, momentum = float(rng.uniform(0.1, 0.5)), float(rng.uniform(0.5, 0.9))
        called = f"prepare(weight, bias, {lr:.3f}, {momentum:.3f}) with weight of shape {(C, D)}"
        model, optimizer = unpack(student.prepare(weight, bias, lr, momentum), "(model, optimizer)")
        assert_equal(model.weight.data, start[0], of="model.weight", called=called)
        assert_equal(model.bias.data, start[1], of="model.bias", called=called)
        first, second = ([normal(rng, *s.shape, device=device, dtype=dtype) for s in start] for _ in "12")
        for gradients in (first, second):
            model.weight.grad, model.bias.grad = (g.clone() for g in gradients)
            optimizer.step()
        called += "; then two steps"
        for name, mine, w, a, b in zip("wb", (model.weight, model.bias), start, first, second, strict=True):
            expected = w - lr * a - lr * (momentum * a + b)
            suspects = {STALE: w, MOMENTUM: w - lr * (a + b)}
            of = {"w": "model.weight", "b": "model.bias"}[name]
            assert_close(mine.data, expected, of=of, called=called, rtol=1e-4, atol=1e-6, suspects=suspects)
