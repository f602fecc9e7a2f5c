"""The by-hand model, trained by the solution of unit 12: its layers, the loop of the course."""

import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from kata_golden import module

torch = pytest.importorskip("torch")

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EARLIER = ("u09_forward", "u10_backward", "u11_optimizers")


@pytest.fixture
def train(monkeypatch):
    """Unit 12 with the by-hand model in the place of gpt, everything decaying, as its book has it."""
    monkeypatch.syspath_prepend(str(ROOT / "solutions"))
    loaded, by_hand = module(ROOT / "solutions/u12_train/train.py"), module(HERE / "by_hand.py")
    forward, backward = (
        module(ROOT / f"solutions/{name}")
        for name in (
            "u09_forward/forward.py",
            "u10_backward/backward.py",
        )
    )

    def loss_and_grads(params, batch, config):
        grads = by_hand.gradients(forward, backward, params)
        return by_hand.loss(forward, params), {name: grads[name] for name in params}

    loaded.loss_and_grads = loss_and_grads
    loaded.decay_groups = lambda params, weight_decay: weight_decay
    loaded.by_hand, loaded.loss = by_hand, partial(by_hand.loss, forward)
    yield loaded
    for name in list(sys.modules):
        if name.partition(".")[0] in EARLIER:
            del sys.modules[name]


def test_one_training_step(train):
    """1.829868 -> 1.804945, and every parameter."""
    params = train.by_hand.parameters()
    loss, _ = train.training_step(params, None, {}, 1e-3, None, weight_decay=0.01, max_norm=1e9)
    assert loss == pytest.approx(1.8298677505438041, rel=0, abs=1e-12)
    assert train.loss(params) == pytest.approx(1.8049446734319485, rel=0, abs=1e-12)
    with np.load(HERE / "by_hand_model.npz") as stored:
        for name, p in params.items():
            assert p.numpy() == pytest.approx(stored[f"s1/{name}"], rel=0, abs=1e-12)


@pytest.mark.parametrize(
    ("lr", "curve"), [(1e-2, {10: 0.7337, 50: 0.0059}), (1e-3, {200: 0.0786, 400: 0.0171})]
)
def test_the_overfit_curve(train, lr, curve):
    """The loss after so many updates, to the four digits that are known."""
    params, options = train.by_hand.parameters(), {"weight_decay": 0.01, "max_norm": 1e9}
    steps = range(max(curve) + 1)
    history = train.train_loop(params, [None], {}, None, schedule=lambda i: lr, steps=steps, **options)
    for update, loss in curve.items():
        assert history[update]["loss"] == pytest.approx(loss, abs=5.1e-5)


def test_it_says_its_sentence(train):
    """After 50 updates, greedily from BOS on."""
    params, options = train.by_hand.parameters(), {"weight_decay": 0.01, "max_norm": 1e9}
    train.train_loop(params, [None], {}, None, schedule=lambda i: 1e-2, steps=range(50), **options)
    forward = module(ROOT / "solutions/u09_forward/forward.py")
    train.gpt = lambda tokens, params, config: (train.by_hand.logits(forward, params, tokens), None)
    assert train.generate([1], params, None, [0.0] * 4, temperature=0) == train.by_hand.SENTENCE
