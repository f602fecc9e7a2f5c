"""Adam and AdamW with a mistake, for the hidden tests of both. A mistake has its name by a whole run."""

NO_CORRECTION = "m and v are not corrected: both begin at 0, and are too small at first"
ONLY_M = "only m is corrected"
ONLY_V = "only v is corrected"
T_LATE = "t is one too large: at the first step it is 1"
T_LOOP = "t grows with every tensor in the loop, not once for each step"
T_OPTIMIZER = "t also counts the steps at which the tensor had no gradient"
FORGOTTEN = "m and v begin anew at every step"
EPS_INSIDE = "ε stands under the root"
EPS_EARLY = "ε is added before v is corrected"
SWAPPED = "β1 and β2 have changed places"
TWICE = "the corrected averages are what is remembered, and are corrected again"
NO_ROOT = "the root of v is missing"
NO_SQUARE = "v averages the gradients' sizes, not their squares"
GOES_ON = "m moves the tensor on without a gradient: a tensor without one is to be skipped"
UPHILL = "the step goes along the gradient, which is uphill"

IN_GRADIENT = "the decay goes into the gradient, where Adam divides it away"
INSIDE = "the decay is divided by the root of v"
WHOLE = "the decay is not multiplied by lr"
AFTER = "the decay comes after the step, and shrinks the step too"
NO_DECAY = "nothing decays"
GROWS = "the weights grow where they should decay"
ALWAYS = "a tensor without a gradient decays"
ONE_FOR_ALL = "all tensors decay by the number of the first one"


class Adam:
    """AdamW in pieces, with no mistake; whoever makes one changes a piece."""

    fix_m = fix_v = True
    late, root, square, sign = 0, 0.5, 2, 1.0
    twice = forgets = swapped = False

    def __call__(self, params, grads, state, lr, *, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        state["steps"] = state.get("steps", 0) + 1
        for name, gradient in grads.items():
            p, decay = params[name], self.number(weight_decay, name)
            g = self.idle(p, lr * decay, name in state) if gradient is None else gradient
            if g is None:
                continue
            g = self.before(p, g, lr, decay)
            m_hat, below, state[name] = self.averages(g, state.get(name), state, betas, eps)
            p.sub_(self.sign * lr * self.above(m_hat, p, decay) / below)
            self.after(p, lr * decay)

    def number(self, weight_decay, name):
        """The λ of a tensor."""
        return weight_decay[name] if isinstance(weight_decay, dict) else weight_decay

    def idle(self, p, shrink, known):
        """What stands for the gradient of a tensor that has none; None leaves the tensor alone."""

    def before(self, p, g, lr, decay):
        """Before the step. Returns the gradient."""
        p.mul_(1 - lr * decay)
        return g

    def after(self, p, shrink):
        """After the step."""

    def above(self, m_hat, p, decay):
        return m_hat

    def count(self, t, state):
        return t

    def below(self, v, v_hat, correction, eps):
        return v_hat**self.root + eps

    def averages(self, g, memory, state, betas, eps):
        """m̂, what it is divided by, and the new memory."""
        beta1, beta2 = reversed(betas) if self.swapped else betas
        t, m, v = (0, 0.0, 0.0) if memory is None or self.forgets else memory
        t, m, v = t + 1, beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g.abs() ** self.square
        n = self.count(t, state) + self.late
        m_hat = m / (1 - beta1**n) if self.fix_m else m
        v_hat = v / (1 - beta2**n) if self.fix_v else v
        below = self.below(v, v_hat, 1 - beta2**n, eps)
        return m_hat, below, ((t, m_hat, v_hat) if self.twice else (t, m, v))


def made(**pieces):
    """A step with these pieces instead of Adam's."""
    return type("Mistaken", (Adam,), pieces)()


def count_in_loop(_, t, state):
    state["loop"] = state.get("loop", 0) + 1
    return state["loop"]


def decay_without_gradient(_, p, shrink, known):
    p.mul_(1 - shrink)


def grow(_, p, g, lr, decay):
    p.mul_(1 + lr * decay)
    return g


def shrink_whole(_, p, g, lr, decay):
    p.mul_(1 - decay)
    return g


def nothing_before(_, p, g, lr, decay):
    return g


def first_number(_, weight_decay, name):
    return next(iter(weight_decay.values())) if isinstance(weight_decay, dict) else weight_decay


MISTAKES = {
    NO_CORRECTION: made(fix_m=False, fix_v=False),
    ONLY_M: made(fix_v=False),
    ONLY_V: made(fix_m=False),
    T_LATE: made(late=1),
    T_LOOP: made(count=count_in_loop),
    T_OPTIMIZER: made(count=lambda _, t, state: state["steps"]),
    FORGOTTEN: made(forgets=True),
    EPS_INSIDE: made(below=lambda _, v, v_hat, correction, eps: (v_hat + eps) ** 0.5),
    EPS_EARLY: made(below=lambda _, v, v_hat, correction, eps: (v**0.5 + eps) / correction**0.5),
    SWAPPED: made(swapped=True),
    TWICE: made(twice=True),
    NO_ROOT: made(root=1),
    NO_SQUARE: made(square=1),
    GOES_ON: made(idle=lambda _, p, shrink, known: 0.0 * p if known else None),
    UPHILL: made(sign=-1.0),
}

DECAYS = {
    IN_GRADIENT: made(before=lambda _, p, g, lr, decay: g + decay * p),
    INSIDE: made(before=nothing_before, above=lambda _, m_hat, p, decay: m_hat + decay * p),
    WHOLE: made(before=shrink_whole),
    AFTER: made(before=nothing_before, after=lambda _, p, shrink: p.mul_(1 - shrink)),
    NO_DECAY: made(before=nothing_before),
    GROWS: made(before=grow),
    ALWAYS: made(idle=decay_without_gradient),
    ONE_FOR_ALL: made(number=first_number),
}
