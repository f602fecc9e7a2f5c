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


class Momentum:
    """Momentum in pieces, with no mistake; whoever makes one changes a piece."""

    sign = 1.0
    forgets = coasts = lr_inside = False

    def __call__(self, params, grads, state, lr, *, momentum=0.9, dampening=0.0, nesterov=False):
        for name, gradient in grads.items():
            g, old = gradient, None if self.forgets else state.get(name)
            if g is None and self.coasts and old is not None:
                g = 0.0 * old
            if g is None:
                continue
            g = lr * g if self.lr_inside else g
            first, later = self.weights(momentum, dampening)
            u = state[name] = first * g if old is None else momentum * old + later * g
            ahead = self.ahead(g, u, old, momentum, nesterov)
            params[name].sub_(self.sign * (ahead if self.lr_inside else lr * ahead))

    def weights(self, momentum, dampening):
        """Of the first gradient, and of later ones."""
        return 1.0, 1 - dampening

    def ahead(self, g, u, old, momentum, nesterov):
        return g + momentum * u if nesterov else u


def made(**pieces):
    """A step with these pieces instead of Momentum's."""
    return type("Mistaken", (Momentum,), pieces)()


def look_with_old(_, g, u, old, momentum, nesterov):
    return (g + momentum * (u if old is None else old)) if nesterov else u


MISTAKES = {
    AVERAGE: made(weights=lambda _, momentum, dampening: (1 - momentum, 1 - momentum)),
    FORGOTTEN: made(forgets=True),
    NO_LOOK: made(ahead=lambda _, g, u, old, momentum, nesterov: u),
    OLD_U: made(ahead=look_with_old),
    LOOKS_ALWAYS: made(ahead=lambda _, g, u, old, momentum, nesterov: g + momentum * u),
    NO_DAMPING: made(weights=lambda _, momentum, dampening: (1.0, 1.0)),
    DAMPED_FIRST: made(weights=lambda _, momentum, dampening: (1 - dampening, 1 - dampening)),
    LR_INSIDE: made(lr_inside=True),
    UPHILL: made(sign=-1.0),
    KEPT: made(coasts=True),
}
RATES = (0.3, 0.2, 0.05, 0.4)


def check(student, reference, params, history, *, rates=RATES, **options):
    check_run((student, reference), "sgd_momentum_step", params, history, rates, mistakes=MISTAKES, **options)


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
    check(student, reference, drawn(rng, device=device), history, rates=(*RATES, 0.1), dampening=0.4)
    check(
        student,
        reference,
        drawn(rng, device=device),
        history,
        rates=(*RATES, 0.1),
        momentum=0.8,
        nesterov=True,
    )


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
    check_reused((student, reference), inside, "sgd_momentum_step", params, history)
