"""The picture of the lesson, drawn from computed numbers with the standard library only."""

import math
from collections.abc import Callable, Iterable

TOKENS = ("PAD", "BOS", "EOS", "I", "like", "transformers")
LOGITS = (-0.5, 0.2, -0.3, -0.8, -0.2, 0.1)
TARGET = 3
WIDTH, HEIGHT = 960, 420
Point = tuple[float, float]

STYLE = """
  svg { font: 14px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
  .paper { fill: #ffffff; } text { fill: #1f2328; } .quiet { fill: #59636e; }
  .title { font-size: 17px; font-weight: 600; } .small { font-size: 12.5px; } .strong { font-weight: 600; }
  .grid { stroke: #d9dee3; } .axis { stroke: #818b98; } .curve { stroke: #1f2328; stroke-width: 2.5; }
  .tangent { stroke: #59636e; stroke-width: 2; stroke-dasharray: 2 5; stroke-linecap: round; }
  .logit { fill: #818b98; } .up, .text-up { fill: #0969da; } .down, .text-down { fill: #bc4c00; }
  .dot { fill: #bc4c00; } .band { fill: #f3f5f7; }
  path, line { fill: none; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; } text { fill: #e6edf3; } .quiet { fill: #9da7b3; }
    .grid { stroke: #262c36; } .axis { stroke: #6e7681; } .curve { stroke: #e6edf3; }
    .tangent { stroke: #9da7b3; }
    .logit { fill: #6e7681; } .up, .text-up { fill: #58a6ff; } .down, .text-down { fill: #f0883e; }
    .dot { fill: #f0883e; } .band { fill: #171d26; }
  }
"""


def softmax(z: Iterable[float]) -> list[float]:
    """Probabilities of logits that are small."""
    e = [math.exp(one) for one in z]
    return [one / math.fsum(e) for one in e]


def loss(own: float) -> tuple[float, float]:
    """The loss, and its slope, if the target's logit were `own` and all others as they are."""
    p = softmax([own if k == TARGET else z for k, z in enumerate(LOGITS)])[TARGET]
    return -math.log(p), p - 1


def signed(number: float, digits: int) -> str:
    return f"{number:.{digits}f}".replace("-", "−")


def line(name: str, points: Iterable[Point]) -> str:
    return f'<path class="{name}" d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in points)}"/>'


def bar(name: str, left: float, top: float, width: float, height: float) -> str:
    return f'<rect class="{name}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def dot(at: Point, radius: float = 4.5) -> str:
    return f'<circle class="dot" cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{radius:.1f}"/>'


def text(words: str, x: float, y: float, name: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{name}" text-anchor="{anchor}">{words}</text>'


TOP, STEP, THICK = 122.0, 41.0, 22.0  # of the rows of the left half


def column(
    values: Iterable[float], zero: float, unit: float, digits: int, colour: Callable[[float], str]
) -> list[str]:
    """One column of bars to the left and right of `zero`; unit: pixels for 1."""
    parts = [line("axis", [(zero, TOP - 10), (zero, TOP + 5 * STEP + THICK + 10)])]
    for row, value in enumerate(values):
        name, top, length = colour(value), TOP + row * STEP, abs(value) * unit
        parts.append(bar(name, zero if value > 0 else zero - length, top, length, THICK))
        end, anchor = (zero + length + 6, "start") if value > 0 else (zero - length - 6, "end")
        weight = " strong" if row == TARGET else ""
        parts.append(text(signed(value, digits), end, top + 16, f"small{weight}", anchor))
    return parts


def bars() -> list[str]:
    """Left: logits, probabilities, gradient, token by token."""
    p = softmax(LOGITS)
    gradient = [one - (k == TARGET) for k, one in enumerate(p)]
    parts = [text("The next word should have been “I”", 36, 40, "title")]
    parts.append(
        text("six logits, their probabilities, and where the loss pushes them", 36, 62, "quiet small")
    )
    parts.append(bar("band", 28, TOP + TARGET * STEP - 9, 572, THICK + 18))
    for row, token in enumerate(TOKENS):
        weight = " strong" if row == TARGET else ""
        parts.append(text(token, 116, TOP + row * STEP + 16, f"small{weight}", "end"))
    for words, x in (("logit z", 200), ("probability p", 292), ("gradient p − y", 520)):
        parts.append(text(words, x, TOP - 22, "quiet small", "middle"))
    parts += column(LOGITS, 212, 50, 1, lambda value: "logit")
    parts += column(p, 264, 130, 3, lambda value: "up")
    parts += column(gradient, 520, 130, 3, lambda value: "up" if value > 0 else "down")
    floor = TOP + 6 * STEP + 26
    parts.append(text("sum 1", 292, floor, "quiet small", "middle"))
    parts.append(text("sum 0", 520, floor, "quiet small", "middle"))
    return parts


def curve() -> list[str]:
    """Right: the loss against the target's logit."""
    left, right, top, floor = 656.0, 926.0, 100.0, 356.0

    def at(z: float, value: float) -> Point:
        return left + (z + 3) / 9 * (right - left), floor - value / 5 * (floor - top)

    parts = [text("The more wrong, the steeper", left - 24, 40, "title")]
    parts.append(text("loss if only the logit of “I” is moved", left - 24, 62, "quiet small"))
    for value in range(1, 6):
        parts.append(line("grid", [at(-3, value), at(6, value)]))
        parts.append(text(str(value), left - 8, at(0, value)[1] + 5, "small", "end"))
    for z in (-2, 0, 2, 4, 6):
        parts.append(text(str(z).replace("-", "−"), at(z, 0)[0], floor + 20, "small", "middle"))
    parts.append(line("axis", [at(-3, 0), at(6, 0)]))
    points = [(k / 20, loss(k / 20)[0]) for k in range(-60, 121)]
    parts.append(line("curve", [at(z, value) for z, value in points if value < 5.05]))
    for z, reach in ((LOGITS[TARGET], 1.7), (1.6, 1.3), (4.0, 1.6)):
        value, slope = loss(z)
        ends = [at(z + side * reach, value + side * reach * slope) for side in (-1, 1)]
        parts.append(line("tangent", ends))
        parts.append(dot(at(z, value)))
        x, y = at(z, value)
        parts.append(text(f"slope {signed(slope, 2)}", x + 9, y - 9, "text-down small"))
    parts.append(text("logit of the target", (left + right) / 2, floor + 44, "quiet", "middle"))
    return parts


def draw() -> dict[str, str]:
    """Every picture of the unit: file name -> SVG."""
    title = "From logits to probabilities to the gradient, and the loss against one logit"
    desc = (
        "Left: six logits between -0.8 and 0.2 become six probabilities between 0.09 and 0.25. The gradient "
        "of the loss equals the probabilities, except at the target I, where it is 0.091 - 1 = -0.909; it "
        "sums to 0. Right: the loss falls as the target's logit rises. Where the target is unlikely its "
        "slope is nearly -1, where it is likely the slope is nearly 0."
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="t d">\n<title id="t">{title}</title>\n<desc id="d">{desc}</desc>\n'
        f'<style>{STYLE}</style>\n<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="10"/>'
    )
    return {"softmax.svg": "\n".join([head, *bars(), *curve(), "</svg>\n"])}
