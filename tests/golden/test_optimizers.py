"""The optimizers of unit 11 beside torch's own, over several steps; and one step of the by-hand model."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from kata_golden import solution

torch = pytest.importorskip("torch")

HERE = Path(__file__).parent
SHAPES = {"tok": (7, 5), "gamma": (5,), "w": (3, 5, 2), "scale": ()}
RATES = (0.3, 0.1, 0.1, 0.02, 0.2, 0.07)


@pytest.fixture(scope="module")
def optimizers() -> ModuleType:
    return solution("u11_optimizers/optimizers.py")


def drawn(seed):
    rng = np.random.default_rng(seed)
    return {name: torch.tensor(rng.normal(size=shape)) for name, shape in SHAPES.items()}


def follow(step, make, options):
    """Ours and torch's, over several steps; in some of them a tensor has no gradient."""
    mine, state = drawn(0), {}
    theirs = {name: p.clone().requires_grad_() for name, p in mine.items()}
    optimizer = make(theirs)
    for t, lr in enumerate(RATES):
        grads = drawn(t + 1)
        if t in (0, 3):
            grads["gamma"] = None
        for group in optimizer.param_groups:
            group["lr"] = lr
        for name, p in theirs.items():
            p.grad = None if grads[name] is None else grads[name].clone()
        optimizer.step()
        step(mine, grads, state, lr, **options)
        for name, p in theirs.items():
            assert mine[name].numpy() == pytest.approx(p.detach().numpy(), rel=1e-12, abs=1e-13), (t, name)


@pytest.mark.parametrize(
    "options",
    [
        {"momentum": 0.9},
        {"momentum": 0.7, "dampening": 0.4},
        {"momentum": 0.9, "nesterov": True},
        {"momentum": 0.0},
    ],
)
def test_momentum(optimizers, options):
    follow(optimizers.sgd_momentum_step, lambda p: torch.optim.SGD(p.values(), lr=1.0, **options), options)


@pytest.mark.parametrize(
    "options", [{}, {"betas": (0.8, 0.95), "eps": 0.3}, {"betas": (0.5, 0.9), "eps": 1e-3}]
)
def test_adam(optimizers, options):
    follow(optimizers.adam_step, lambda p: torch.optim.Adam(p.values(), **options), options)


@pytest.mark.parametrize("eps", [1e-8, 0.3])
def test_adamw(optimizers, eps):
    options = {"weight_decay": 0.3, "eps": eps}
    follow(optimizers.adamw_step, lambda p: torch.optim.AdamW(p.values(), **options), options)


def test_adamw_with_groups(optimizers):
    """The dict of decay_groups does what two groups of torch do."""
    decays = optimizers.decay_groups(drawn(0), 0.3)
    assert decays == {"tok": 0.3, "gamma": 0.0, "w": 0.3, "scale": 0.0}

    def two_groups(p):
        yes, no = ([p[name] for name in decays if (decays[name] > 0) is wanted] for wanted in (True, False))
        return torch.optim.AdamW([{"params": yes, "weight_decay": 0.3}, {"params": no, "weight_decay": 0}])

    follow(optimizers.adamw_step, two_groups, {"weight_decay": decays})


def test_nesterov_is_refused_where_torch_refuses_it(optimizers):
    for options in ({"momentum": 0.0}, {"momentum": 0.9, "dampening": 0.1}):
        with pytest.raises(ValueError, match=r"[Nn]esterov"):
            torch.optim.SGD(drawn(0).values(), lr=1.0, nesterov=True, **options)
        with pytest.raises(ValueError, match="nesterov"):
            optimizers.sgd_momentum_step(drawn(0), drawn(1), {}, 1.0, nesterov=True, **options)


@pytest.mark.parametrize("share", [0.3, 2.0])
def test_clipping(optimizers, share):
    """torch divides by norm + 1e-6; but for that, both do the same."""
    grads, theirs = drawn(1), [p.clone() for p in drawn(0).values()]
    before = {name: g.clone() for name, g in grads.items()}
    for p, g in zip(theirs, grads.values(), strict=True):
        p.grad = g.clone()
    norm = float(torch.cat([g.ravel() for g in grads.values()]).norm())
    returned = torch.nn.utils.clip_grad_norm_(theirs, share * norm)
    assert optimizers.clip_grad_norm(grads, share * norm) == pytest.approx(norm, rel=1e-12)
    assert float(returned) == pytest.approx(norm, rel=1e-12)
    off = (norm + 1e-6) / norm if share < 1 else 1.0
    for p, (name, g) in zip(theirs, grads.items(), strict=True):
        assert g.numpy() == pytest.approx(off * p.grad.numpy(), rel=1e-12, abs=0)
        assert share < 1 or torch.equal(g, before[name])


def test_schedules(optimizers):
    p = torch.zeros(1, requires_grad=True)
    losses = [5.0, 4.0, 4.0, 4.0, 6.0, 4.5, 3.0, 3.5, float("nan"), 3.2, 2.0, 2.0, 2.0, 2.0]
    for patience in (0, 1, 2):
        sgd = torch.optim.SGD([p], lr=0.5)
        theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(sgd, patience=patience, threshold=0, eps=0)
        for n, loss in enumerate(losses, 1):
            theirs.step(loss)
            mine = optimizers.plateau_decay(losses[:n], 0.5, patience)
            assert mine == pytest.approx(sgd.param_groups[0]["lr"], rel=1e-12)
    sgd = torch.optim.SGD([p], lr=0.5)
    theirs = torch.optim.lr_scheduler.StepLR(sgd, 3)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(torch.optim.SGD([p], lr=0.5), 11, eta_min=0.1)
    for step in range(11):
        assert optimizers.step_decay(step, 0.5, 3) == pytest.approx(theirs.get_last_lr()[0], rel=1e-12)
        mine = optimizers.warmup_cosine(step + 4, 0.5, 0.1, 4, 15)
        assert mine == pytest.approx(cosine.get_last_lr()[0], rel=1e-12)
        for schedule in (theirs, cosine):
            schedule.optimizer.step()
            schedule.step()


def test_one_step_of_the_by_hand_model(optimizers):
    """lr 1e-3, weight decay .01 on everything: the parameters after one step are known."""
    with np.load(HERE / "by_hand_model.npz") as stored:
        params = {key[2:]: torch.tensor(stored[key]) for key in stored if key.startswith("p/")}
        grads = {name: torch.tensor(stored[f"g/{name}"]) for name in params}
        optimizers.adamw_step(params, grads, {}, 1e-3, weight_decay=0.01)
        for name, p in params.items():
            assert p.numpy() == pytest.approx(stored[f"s1/{name}"], rel=0, abs=1e-12)
        assert float(stored["p/tok"][1, 0]) == pytest.approx(0.024634, abs=5e-7)
        assert float(params["tok"][1, 0]) == pytest.approx(0.025634, abs=5e-7)
