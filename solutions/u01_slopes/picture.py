"""The picture of the lesson, drawn from computed numbers with the standard library only.

Sine and cosine are computed here, rightly rounded, because the error of a small step is nothing but the
last digit of f: another machine's sine would draw another picture.
"""

import math
import struct
from collections.abc import Callable, Iterable
from decimal import Decimal, localcontext

KINDS = ("forward", "central")
EPS = 2.0**-52
WIDTH, HEIGHT = 960, 420
Point = tuple[float, float]
Scale = Callable[[float, float], Point]

STYLE = """
  svg { font: 14px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
  .paper { fill: #ffffff; } text { fill: #1f2328; } .quiet, .text-tangent { fill: #59636e; }
  .title { font-size: 17px; font-weight: 600; } .small { font-size: 12.5px; }
  .grid { stroke: #d9dee3; } .axis { stroke: #818b98; } .curve { stroke: #1f2328; stroke-width: 2.5; }
  .tangent { stroke: #59636e; stroke-width: 2; stroke-dasharray: 2 5; stroke-linecap: round; }
  .forward { stroke: #bc4c00; } .central { stroke: #0969da; }
  .dot { fill: #1f2328; } .dot-forward, .text-forward { fill: #bc4c00; }
  .dot-central, .text-central { fill: #0969da; }
  .thick { stroke-width: 2.5; } .ring { stroke-width: 2.5; fill: #ffffff; }
  path, line { fill: none; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; } text { fill: #e6edf3; } .quiet, .text-tangent { fill: #9da7b3; }
    .grid { stroke: #262c36; } .axis { stroke: #6e7681; } .curve { stroke: #e6edf3; }
    .tangent { stroke: #9da7b3; }
    .forward { stroke: #f0883e; } .central { stroke: #58a6ff; }
    .dot { fill: #e6edf3; } .dot-forward, .text-forward { fill: #f0883e; }
    .dot-central, .text-central { fill: #58a6ff; }
    .ring { fill: #0d1117; }
  }
"""


def sine(x: float, shift: int = 0) -> float:
    """The shift-th derivative of sin at x, rightly rounded: the power series with 50 digits."""
    with localcontext() as digits:
        digits.prec = 50
        term, total, k = Decimal(1), Decimal(0), 0
        while k < 8 or abs(term) > Decimal("1e-45"):
            total += term * (0, 1, 0, -1)[(k + shift) % 4]
            k += 1
            term *= Decimal(x) / k
        return float(total)


def single(x: float) -> float:
    """x as a float32 holds it."""
    return struct.unpack("f", struct.pack("f", x))[0]


def slope(kind: str, h: float, keep: Callable[[float], float] = float) -> float:
    """The forward or central difference of sin at 1. keep: `single` for float32 arithmetic."""
    right, left = keep(1 + keep(h)), keep(1 - keep(h)) if kind == "central" else 1.0
    rise = keep(keep(sine(right)) - keep(sine(left)))
    return keep(rise / keep(keep(h) * (2 if kind == "central" else 1)))


def error(kind: str, h: float, keep: Callable[[float], float] = float) -> float:
    """How far that difference is from cos(1)."""
    return abs(slope(kind, h, keep) - sine(1, 1))


def branches(kind: str, h: float) -> tuple[float, float]:
    """The lesson's model of that error: truncation and rounding."""
    if kind == "forward":
        return h * sine(1) / 2, 2 * EPS * sine(1) / h
    return h**2 * sine(1, 1) / 6, EPS * sine(1) / h


def best(kind: str) -> float:
    """Where the sum of the two branches is smallest."""
    return 2 * math.sqrt(EPS) if kind == "forward" else (3 * EPS * sine(1) / sine(1, 1)) ** (1 / 3)


def line(name: str, points: Iterable[Point]) -> str:
    return f'<path class="{name}" d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in points)}"/>'


def dot(name: str, at: Point, radius: float) -> str:
    return f'<circle class="{name}" cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{radius:.1f}"/>'


def text(words: str, x: float, y: float, name: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{name}" text-anchor="{anchor}">{words}</text>'


def power(exponent: int) -> str:
    """10 to a whole power, with a raised exponent."""
    return f'10<tspan dy="-5" font-size="10">{str(exponent).replace("-", "−")}</tspan>'


def secants() -> list[str]:
    """Left: sin at 1, its tangent, and the two lines whose slopes stand in for the tangent's."""
    h = 0.9
    forward, central = slope("forward", h), slope("central", h)

    def at(x: float, y: float) -> Point:
        return 46 + (x + 0.25) * 132, 356 - (y + 0.12) * 214

    def through(x: float, rise: float, left: float, right: float) -> list[Point]:
        return [at(left, sine(x) + (left - x) * rise), at(right, sine(x) + (right - x) * rise)]

    floor = at(0, -0.12)[1]
    parts = [text("One slope, two lines", 46, 40, "title")]
    parts.append(text("sin at x = 1, with h = 0.9", 46, 62, "quiet small"))
    parts.append(line("axis", [(46, floor), (420, floor)]))
    for x, words in ((1 - h, "x − h"), (1, "x"), (1 + h, "x + h")):
        parts.append(line("grid", [at(x, -0.12), at(x, sine(x))]))
        parts.append(text(words, at(x, 0)[0], floor + 20, anchor="middle"))
    parts.append(line("curve", [at(x / 50, sine(x / 50)) for x in range(-8, 127)]))
    parts.append(line("tangent", through(1, sine(1, 1), 0.02, 1.58)))
    parts.append(line("forward thick", through(1, forward, 0.78, 2.28)))
    parts.append(line("central thick", through(1 - h, central, -0.1, 2.17)))
    parts += [dot("dot", at(x, sine(x)), 4.5) for x in (1 - h, 1, 1 + h)]
    ends = (
        ("tangent", sine(1, 1), 1, 1.58),
        ("central", central, 1 - h, 2.17),
        ("forward", forward, 1, 2.28),
    )
    for name, rise, start, end in ends:
        x, y = at(end, sine(start) + (end - start) * rise)
        parts.append(text(f"{name} {rise:.3f}", x + 7, y + 4, f"text-{name}"))
    return parts


def valley(kind: str, at: Scale) -> list[str]:
    """One V of the right half: dots are measured, the line is the model, the ring is its best step."""
    steps = [float(Decimal(10) ** (Decimal(k) / 10)) for k in range(-155, 1)]
    low, depth = best(kind), sum(branches(kind, best(kind)))
    measured = [(h, error(kind, h)) for h in steps]
    parts = [dot(f"dot-{kind}", at(h, e), 1.7) for h, e in measured if e > 1e-13]
    parts.append(line(kind, [at(h, sum(branches(kind, h))) for h in steps]))
    parts.append(dot(f"{kind} ring", at(low, depth), 5.0))
    x, y = at(low, depth)
    words, name = f"h = {low:.0e}".replace("e-0", "e-"), f"text-{kind} small"
    parts.append(
        text(words, x, y - 22, name, "middle") if kind == "forward" else text(words, x + 12, y + 12, name)
    )
    return parts


def errors() -> list[str]:
    """Right: the error of both differences against the step, both on a logarithmic scale."""
    left, right, top, floor = 566.0, 930.0, 92.0, 356.0

    def at(h: float, e: float) -> Point:
        return right + math.log10(h) * (right - left) / 16, top - math.log10(e) * (floor - top) / 14

    parts = [text("Too small is as bad as too large", left, 40, "title")]
    parts.append(
        text("error of that slope in float64: dots measured, lines modelled", left, 62, "quiet small")
    )
    for k in range(-12, 1, 3):
        parts.append(line("grid", [at(1e-16, 10.0**k), at(1, 10.0**k)]))
        parts.append(text(power(k), left - 8, at(1, 10.0**k)[1] + 5, "small", "end"))
    for k in range(-16, 1, 4):
        parts.append(text(power(k), at(10.0**k, 1)[0], floor + 20, "small", "middle"))
    parts.append(line("axis", [(left, floor), (right, floor)]))
    for kind in KINDS:
        parts += valley(kind, at)
    parts.append(text("forward", 838, 134, "text-forward", "end"))
    parts.append(text("central", 882, 226, "text-central"))
    parts.append(text("← rounding", left + 8, floor - 13, "quiet"))
    parts.append(text("truncation →", right, floor - 13, "quiet", "end"))
    parts.append(text("step h", (left + right) / 2, floor + 44, "quiet", "middle"))
    return parts


def draw() -> dict[str, str]:
    """Every picture of the unit: file name -> SVG."""
    title = "Secant lines, and the error of a numerical slope against its step"
    desc = (
        "Left: the sine curve at x = 1. The line through x and x + h is much flatter than the tangent; the "
        "line through x - h and x + h is nearly parallel to it. Right: the error against the step h, both "
        "logarithmic, is V-shaped. Rounding dominates on the left, truncation on the right. The forward "
        "difference is best near h = 3e-8, the central one near h = 1e-5, with a far smaller error."
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="t d">\n<title id="t">{title}</title>\n<desc id="d">{desc}</desc>\n'
        f'<style>{STYLE}</style>\n<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="10"/>'
    )
    return {"slopes.svg": "\n".join([head, *secants(), *errors(), "</svg>\n"])}
