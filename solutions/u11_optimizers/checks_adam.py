"""Adam and AdamW with a mistake, for the hidden tests of both: each gets its name by the whole run it makes."""

NO_CORRECTION = "m and v are not corrected: both begin at 0, and are too small at first"
ONLY_M = "only m is corrected"
ONLY_V = "only v is corrected"
T_LATE = "t is one too large: the first step is step 1"
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


def adam_like(
    *,
    fix=(True, True),
    late=0,
    counter="tensor",
    forgets=False,
    eps_at="beside",
    swapped=False,
    twice=False,
    root=0.5,
    square=2,
    goes_on=False,
    sign=1.0,
    decay="before",
):
    """A step of Adam, or of AdamW where weight_decay is given, with a mistake."""

    def step(params, grads, state, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        beta1, beta2 = reversed(betas) if swapped else betas
        state["t"] = state.get("t", 0) + 1
        for name, g in grads.items():
            p = params[name]
            wd = weight_decay[name] if isinstance(weight_decay, dict) else weight_decay
            if decay == "first number" and isinstance(weight_decay, dict):
                wd = next(iter(weight_decay.values()))
            if g is None:
                if decay == "always":
                    p.mul_(1 - lr * wd)
                if goes_on and name in state:
                    g = 0.0 * p
                else:
                    continue
            if decay == "gradient":
                g = g + wd * p
            elif decay in ("before", "always", "first number"):
                p.mul_(1 - lr * wd)
            elif decay == "whole":
                p.mul_(1 - wd)
            elif decay == "uphill":
                p.mul_(1 + lr * wd)
            t, m, v = (0, 0.0, 0.0) if forgets or name not in state else state[name]
            t, m, v = t + 1, beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g.abs() ** square
            state[name] = t, m, v
            if counter == "loop":
                n = state["loop"] = state.get("loop", 0) + 1
            else:
                n = t if counter == "tensor" else state["t"]
            n += late
            one, two = 1 - beta1**n, 1 - beta2**n
            m_hat, v_hat = m / one if fix[0] else m, v / two if fix[1] else v
            if twice:
                state[name] = t, m_hat, v_hat
            if eps_at == "beside":
                below = v_hat**root + eps
            elif eps_at == "inside":
                below = (v_hat + eps) ** root
            else:
                below = (v**root + eps) / two**0.5
            if decay == "inside":
                m_hat = m_hat + wd * p
            p.sub_(sign * lr * m_hat / below)
            if decay == "after":
                p.mul_(1 - lr * wd)

    return step


MISTAKES = {
    NO_CORRECTION: adam_like(fix=(False, False)),
    ONLY_M: adam_like(fix=(True, False)),
    ONLY_V: adam_like(fix=(False, True)),
    T_LATE: adam_like(late=1),
    T_LOOP: adam_like(counter="loop"),
    T_OPTIMIZER: adam_like(counter="optimizer"),
    FORGOTTEN: adam_like(forgets=True),
    EPS_INSIDE: adam_like(eps_at="inside"),
    EPS_EARLY: adam_like(eps_at="early"),
    SWAPPED: adam_like(swapped=True),
    TWICE: adam_like(twice=True),
    NO_ROOT: adam_like(root=1),
    NO_SQUARE: adam_like(square=1),
    GOES_ON: adam_like(goes_on=True),
    UPHILL: adam_like(sign=-1.0),
}

IN_GRADIENT = "the decay goes into the gradient, where Adam divides it away"
INSIDE = "the decay is divided by the root of v"
WHOLE = "the decay is not multiplied by lr"
AFTER = "the decay comes after the step, and shrinks the step too"
NO_DECAY = "nothing decays"
GROWS = "the weights grow where they should decay"
ALWAYS = "a tensor without a gradient decays"
ONE_FOR_ALL = "all tensors decay by the number of the first one"

DECAYS = {
    IN_GRADIENT: adam_like(decay="gradient"),
    INSIDE: adam_like(decay="inside"),
    WHOLE: adam_like(decay="whole"),
    AFTER: adam_like(decay="after"),
    NO_DECAY: adam_like(decay="none"),
    GROWS: adam_like(decay="uphill"),
    ALWAYS: adam_like(decay="always"),
    ONE_FOR_ALL: adam_like(decay="first number"),
}
