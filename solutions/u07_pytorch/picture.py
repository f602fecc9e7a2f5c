"""The picture of the lesson, drawn from computed numbers with the standard library only."""

import math

X, Y = ((1.0, 1.0), (2.0, 0.0)), (0.5, 0.5)
START = (1.0, 2.0, 0.5)  # two weights and a bias
LR, SCALE, MAX_NORM = 0.1, 8.0, 4.0
NAMES = ("w₁", "w₂", "b")
Triple = tuple[float, float, float]

STYLE = """
  svg { font: 14px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
  .paper { fill: #ffffff; } text { fill: #1f2328; } .quiet { fill: #59636e; }
  .title { font-size: 17px; font-weight: 600; } .small { font-size: 12.5px; } .strong { font-weight: 600; }
  .code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 13px; }
  .bar { fill: #0969da; } .none { stroke: #818b98; stroke-dasharray: 3 3; fill: none; }
  .rule { stroke: #d0d7de; } .moved { fill: #0969da; font-weight: 600; }
  .warn { fill: #bc4c00; } .mark { stroke: #bc4c00; stroke-width: 1.5; fill: none; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; } text { fill: #e6edf3; } .quiet { fill: #9da7b3; }
    .bar { fill: #1f6feb; } .none { stroke: #6e7681; } .rule { stroke: #3d444d; } .moved { fill: #58a6ff; }
    .warn { fill: #f0883e; } .mark { stroke: #f0883e; }
  }
"""


def loss_and_gradient() -> tuple[float, Triple]:
    """The mean of the squared errors, and its gradient in w₁, w₂ and b."""
    w1, w2, b = START
    errors = [w1 * x1 + w2 * x2 + b - y for (x1, x2), y in zip(X, Y, strict=True)]
    n = len(errors)
    down = [2 / n * math.fsum(e * x[k] for e, x in zip(errors, X, strict=True)) for k in (0, 1)]
    return math.fsum(e * e for e in errors) / n, (down[0], down[1], 2 / n * math.fsum(errors))


def stages() -> list[tuple[str, str, Triple | None, Triple]]:
    """Line by line: its name, its code, the gradient after it or None, and the weights after it."""
    _, g = loss_and_gradient()
    share = MAX_NORM / (math.hypot(*g) + 1e-6)  # as torch.nn.utils.clip_grad_norm_ does it

    def times(factor: float) -> Triple:
        return g[0] * factor, g[1] * factor, g[2] * factor

    clipped = times(share)
    w1, w2, b = (w - LR * one for w, one in zip(START, clipped, strict=True))
    return [
        ("zero_grad", "optimizer.zero_grad()", None, START),
        ("backward", "(loss * scale).backward()", times(SCALE), START),
        ("unscale", "p.grad /= scale", g, START),
        ("clip", "clip_grad_norm_(..., 4)", clipped, START),
        ("step", "optimizer.step()", clipped, (w1, w2, b)),
    ]


def text(words: str, x: float, y: float, name: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{name}" text-anchor="{anchor}">{words}</text>'


TOP, ROW, LEFT, WIDTH = 112.0, 84.0, 318.0, 230.0


def row(at: int, code: str, gradient: Triple | None, weights: Triple) -> list[str]:
    y = TOP + at * ROW
    parts = [f'<path class="rule" d="M40 {y:.1f} H920"/>', text(code, 40, y + 46, "code")]
    for k, (name, weight) in enumerate(zip(NAMES, weights, strict=True)):
        line = y + 13 + 22 * k
        parts.append(text(name, LEFT - 12, line + 12, "quiet small", "end"))
        if gradient is None:
            parts.append(f'<rect class="none" x="{LEFT:.1f}" y="{line:.1f}" width="44" height="15" rx="3"/>')
            parts.append(text("None", LEFT + 54, line + 12, "quiet small"))
        else:
            long = max(3.0, gradient[k] / (SCALE * 7) * WIDTH)
            parts.append(
                f'<rect class="bar" x="{LEFT:.1f}" y="{line:.1f}" width="{long:.1f}" height="15" rx="3"/>'
            )
            parts.append(text(f"{gradient[k]:.4g}", LEFT + long + 8, line + 12, "small"))
        moved = "moved small" if weight != START[k] else "small"
        parts.append(text(f"{weight:.4f}", 690, line + 12, moved, "end"))
    return parts


def remark(at: int, *lines: str) -> list[str]:
    """What would go wrong in this row."""
    y = TOP + at * ROW + 34
    parts = [f'<path class="mark" d="M722 {y - 16:.1f} V{y + 18 * (len(lines) - 1) + 6:.1f}"/>']
    return parts + [text(words, 732, y + 18 * k, "small warn") for k, words in enumerate(lines)]


def draw() -> dict[str, str]:
    """Every picture of the unit: file name -> SVG."""
    loss, _ = loss_and_gradient()
    parts = [
        text("One training step", 40, 42, "title"),
        text(f"the loss is {loss:g}; scale = 8, clipped to norm 4, lr = 0.1", 40, 64, "quiet small"),
        text("line", 40, 98, "small strong"),
        text(".grad after it", LEFT, 98, "small strong"),
        text("weights", 690, 98, "small strong", "end"),
        text("what goes wrong", 732, 98, "small strong"),
    ]
    lines = stages()
    for at, (_, code, gradient, weights) in enumerate(lines):
        parts += row(at, code, gradient, weights)
    parts += remark(0, "after backward: nothing", "moves; left out: the last", "batch still counts")
    parts += remark(2, "left out: 8 times too long,", "unless the clipping hides it")
    parts += remark(3, "before unscale: the step is", "8 times too short;", "after the step: too late")
    parts += remark(4, "it keeps .grad: only", "zero_grad clears it")
    height = TOP + ROW * len(lines) + 14
    parts.append(f'<path class="rule" d="M40 {height - 14:.1f} H920"/>')
    desc = (
        "Five lines of a training step from above to below, with the gradients and weights after each. "
        "zero_grad: None. backward: 56, 24, 40. unscale: 7, 3, 5. clip: 3.073, 1.317, 2.195. "
        "step: the same gradients, and the weights 0.6927, 1.8683 and 0.2805."
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 {height:.0f}" role="img" '
        f'aria-labelledby="t d">\n<title id="t">What a training step does to .grad</title>\n'
        f'<desc id="d">{desc}</desc>\n<style>{STYLE}</style>\n'
        f'<rect class="paper" width="960" height="{height:.0f}" rx="10"/>'
    )
    return {"step.svg": "\n".join([head, *parts, "</svg>\n"])}
