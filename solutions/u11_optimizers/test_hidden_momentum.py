"""Hidden tests of unit 11: momentum."""

from checks_optimizers import check_reused, check_run, copied, drawn, gaps, refuses, same

from grader.testing import exercise, fail

AVERAGE = "the new gradient is scaled down, as in an average: u is smaller than it should be"
FORGOTTEN = "nothing is remembered: the velocity begins anew at every step"
NO_LOOK = "nesterov is not used"
OLD_U = "nesterov looks ahead with the velocity from before this step"
LOOKS_ALWAYS = "every step looks ahead, though nesterov was not asked for"
NO_DAMPING = "the dampening is not used"
DAMPED_FIRST = "the first gradient is dampened too"
LR_INSIDE = "lr goes into the velocity: a later change of it does not reach what is in there"
UPHILL = "the step goes along the gradient, which is uphill"
KEPT = "the velocity goes on without a gradient: a tensor without one is to be skipped"


def momentum_like(
    *, average=False, forgets=False, look="as asked", dampening=None, lr_inside=False, sign=1.0, coasts=False
):
    """A step of momentum with a mistake."""

    def step(params, grads, state, lr, momentum=0.9, nesterov=False, **others):
        d = others.get("dampening", 0.0) if dampening is None else 0.0
        for name, g in grads.items():
            if g is None:
                if coasts and name in state:
                    state[name] = momentum * state[name]
                    params[name].sub_(lr * state[name])
                continue
            old = state.get(name)
            new = (1 - momentum if average else 1 - d) * g
            scale = lr if lr_inside else 1.0
            if old is None or forgets:
                u = scale * (new if average or dampening == "first" else g)
                if dampening == "first":
                    u = (1 - others.get("dampening", 0.0)) * g
            else:
                if dampening == "first":
                    new = (1 - others.get("dampening", 0.0)) * g
                u = momentum * old + scale * new
            state[name] = u
            looks = {"as asked": nesterov, "never": False, "always": True, "old": nesterov}[look]
            ahead = u if not looks else scale * g + momentum * (u if look != "old" or old is None else old)
            params[name].sub_(sign * (ahead if lr_inside else lr * ahead))

    return step


MISTAKES = {
    AVERAGE: momentum_like(average=True),
    FORGOTTEN: momentum_like(forgets=True),
    NO_LOOK: momentum_like(look="never"),
    OLD_U: momentum_like(look="old"),
    LOOKS_ALWAYS: momentum_like(look="always"),
    NO_DAMPING: momentum_like(dampening="none"),
    DAMPED_FIRST: momentum_like(dampening="first"),
    LR_INSIDE: momentum_like(lr_inside=True),
    UPHILL: momentum_like(sign=-1.0),
    KEPT: momentum_like(coasts=True),
}
RATES = (0.3, 0.2, 0.05, 0.4)


def check(student, reference, params, history, rates=RATES, **options):
    check_run(student, reference, "sgd_momentum_step", params, history, rates, mistakes=MISTAKES, **options)


def several(rng, device):
    return [drawn(rng, device=device) for _ in RATES]


@exercise("u11.momentum", weight=2, in_place=True)
def test_velocity_over_four_steps(student, rng, reference, device):
    """The velocity is μ times the old one plus the gradient; lr scales it afterwards."""
    for momentum in (0.9, 0.6, 0.0):
        check(student, reference, drawn(rng, device=device), several(rng, device), momentum=momentum)
    check(student, reference, drawn(rng, device=device), several(rng, device))


@exercise("u11.momentum", weight=2, in_place=True)
def test_looking_ahead(student, rng, reference, device):
    """With nesterov the step is g + μ u, where u is the new velocity."""
    for momentum in (0.9, 0.7):
        more = {"momentum": momentum, "nesterov": True}
        check(student, reference, drawn(rng, device=device), several(rng, device), **more)


@exercise("u11.momentum", in_place=True)
def test_damped_velocity(student, rng, reference, device):
    """Each gradient but the first of a tensor enters the velocity with the factor 1 - dampening."""
    for momentum, dampening in ((0.9, 0.3), (0.6, 0.9)):
        more = {"momentum": momentum, "dampening": dampening}
        check(student, reference, drawn(rng, device=device), several(rng, device), **more)


@exercise("u11.momentum", in_place=True)
def test_velocity_with_gaps(student, rng, reference, device):
    """Without a gradient a tensor and its velocity stay; what is the first step is told for each tensor."""
    history = gaps(rng, 5, device=device)
    check(student, reference, drawn(rng, device=device), history, (*RATES, 0.1), dampening=0.4)
    check(student, reference, drawn(rng, device=device), history, (*RATES, 0.1), momentum=0.8, nesterov=True)


@exercise("u11.momentum", in_place=True)
def test_nesterov_refused(student, rng, reference, device):
    """Nesterov without momentum, or with dampening, is refused before anything moves; elsewhere it works."""
    check(student, reference, drawn(rng, device=device), several(rng, device), momentum=0.5, nesterov=True)
    for momentum, dampening in ((0.0, 0.0), (0.9, 0.1)):
        params, grads, state = drawn(rng, device=device), drawn(rng, device=device), {}
        before, more = copied(params), {"momentum": momentum, "dampening": dampening, "nesterov": True}
        called = f"sgd_momentum_step(..., momentum={momentum}, dampening={dampening}, nesterov=True)"
        refuses(
            lambda: student.sgd_momentum_step(params, grads, state, 0.1, **more),  # noqa: B023
            called,
            "nesterov is not refused where it makes no sense",
        )
        if not same(params, before) or state:
            fail("params or state were changed before the ValueError", called=called)


@exercise("u11.momentum", in_place=True)
def test_velocity_is_a_tensor_of_its_own(student, rng, reference, device, inside):
    """Whoever writes new gradients into the old tensors must not change a velocity by that."""
    params, history = drawn(rng, device=device), several(rng, device)
    check_reused(student, reference, inside, "sgd_momentum_step", params, history, 0.2)
