"""The picture of the lesson: three optimizers in the valley of the five deliveries, each at its best rate.

All paths are computed here, with plain numbers: the loss is the mean squared error of x·w over five packages.
"""

import math
from collections.abc import Callable, Iterable

Point = tuple[float, float]
PACKAGES = ((2.0, 3.0, 5.0), (1.5, 1.0, 3.2), (4.0, 5.0, 9.5), (0.8, 0.5, 2.1), (3.2, 2.5, 6.8))
START = (0.8, 1.5)
STEPS = 19  # of the race; the curves go on
LONG = 120
RATES = {"plain descent": 0.064, "momentum": 0.024, "Adam": 0.135}
NAMES = {"plain descent": "plain", "momentum": "heavy", "Adam": "adam"}  # -> colour
WIDTH, HEIGHT = 960, 500
LEFT, TOP, SIDE = 62.0, 64.0, 380.0  # the panel of the valley
LOW, SPAN = (0.62, 0.02), 1.72  # its lower left corner, and how much of each weight it shows

STYLE = """
  svg { font: 14px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
  .paper { fill: #ffffff; } text { fill: #1f2328; } .quiet { fill: #59636e; }
  .title { font-size: 17px; font-weight: 600; } .small { font-size: 12.5px; } .bold { font-weight: 600; }
  .panel { fill: #f6f8fa; } .ring { fill: none; stroke: #c6cdd5; } .lowest { fill: #59636e; }
  .grid { stroke: #d9dee3; } .axis { stroke: #818b98; } .goal { stroke: #59636e; stroke-dasharray: 5 4; }
  .plain { stroke: #0969da; } .heavy { stroke: #bc4c00; } .adam { stroke: #1a7f37; }
  .dot-plain, .text-plain { fill: #0969da; } .dot-heavy, .text-heavy { fill: #bc4c00; }
  .dot-adam, .text-adam { fill: #1a7f37; }
  path, line { fill: none; } .run { stroke-width: 2; stroke-linejoin: round; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; } text { fill: #e6edf3; } .quiet { fill: #9da7b3; }
    .panel { fill: #151b23; } .ring { stroke: #3d444d; } .lowest { fill: #9da7b3; }
    .grid { stroke: #262c36; } .axis { stroke: #6e7681; } .goal { stroke: #9da7b3; }
    .plain { stroke: #58a6ff; } .heavy { stroke: #f0883e; } .adam { stroke: #3fb950; }
    .dot-plain, .text-plain { fill: #58a6ff; } .dot-heavy, .text-heavy { fill: #f0883e; }
    .dot-adam, .text-adam { fill: #3fb950; }
  }
"""


def loss(w: Point) -> float:
    return sum((a * w[0] + b * w[1] - y) ** 2 for a, b, y in PACKAGES) / 5


def gradient(w: Point) -> Point:
    errors = [a * w[0] + b * w[1] - y for a, b, y in PACKAGES]
    first, second = (2 / 5 * sum(e * row[k] for e, row in zip(errors, PACKAGES, strict=True)) for k in (0, 1))
    return first, second


def curvature() -> tuple[float, float, float]:
    """The Hessian's three entries: for w1 twice, for w1 and w2, for w2 twice."""
    a, b, c = (2 / 5 * sum(row[i] * row[k] for row in PACKAGES) for i, k in ((0, 0), (0, 1), (1, 1)))
    return a, b, c


def lowest() -> Point:
    """Where the gradient is 0: one step of Newton from anywhere, for the loss is a parabola."""
    (a, b, c), (g, h) = curvature(), gradient((0.0, 0.0))
    det = a * c - b * b
    return (b * h - c * g) / det, (b * g - a * h) / det


def walk(move: Callable[[int, float, dict[str, float]], float], steps: int) -> list[Point]:
    """move: (t, g, memory of that weight) -> what is taken away from the weight"""
    memories: list[dict[str, float]] = [{}, {}]
    path = [START]
    for t in range(1, steps + 1):
        w, g = path[-1], gradient(path[-1])
        first, second = (w[k] - move(t, g[k], memories[k]) for k in (0, 1))
        path.append((first, second))
    return path


def plain(t: int, g: float, memory: dict[str, float]) -> float:
    return RATES["plain descent"] * g


def momentum(t: int, g: float, memory: dict[str, float]) -> float:
    memory["u"] = 0.9 * memory.get("u", 0.0) + g
    return RATES["momentum"] * memory["u"]


def adam(t: int, g: float, memory: dict[str, float]) -> float:
    memory["m"] = 0.9 * memory.get("m", 0.0) + 0.1 * g
    memory["v"] = 0.999 * memory.get("v", 0.0) + 0.001 * g * g
    m, v = memory["m"] / (1 - 0.9**t), memory["v"] / (1 - 0.999**t)
    return RATES["Adam"] * m / (math.sqrt(v) + 1e-8)


MOVES = {"plain descent": plain, "momentum": momentum, "Adam": adam}


def line(name: str, points: Iterable[Point]) -> str:
    return f'<path class="{name}" d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in points)}"/>'


def dot(name: str, at: Point, radius: float) -> str:
    return f'<circle class="{name}" cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{radius:.1f}"/>'


def text(words: str, at: Point, name: str = "", anchor: str = "start") -> str:
    return f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" class="{name}" text-anchor="{anchor}">{words}</text>'


def place(w: Point) -> Point:
    """Where these weights lie in the panel."""
    return LEFT + SIDE * (w[0] - LOW[0]) / SPAN, TOP + SIDE - SIDE * (w[1] - LOW[1]) / SPAN


def rings() -> list[str]:
    """Ellipses of equal loss: half axes from the curvatures along and across the valley."""
    a, b, c = curvature()
    half, root = (a + c) / 2, math.hypot((a - c) / 2, b)
    turn = math.degrees(math.atan2(2 * b, a - c) / 2)  # of the steep axis
    x, y = place(lowest())
    parts = []
    for excess in (0.01, 0.05, 0.15, 0.35, 0.69, 1.3, 2.5, 5.0):
        steep, flat = (SIDE / SPAN * math.sqrt(2 * excess / k) for k in (half + root, half - root))
        where = f"translate({x:.1f} {y:.1f}) rotate({-turn:.2f})"
        parts.append(f'<ellipse class="ring" rx="{steep:.1f}" ry="{flat:.1f}" transform="{where}"/>')
    return parts


def valley(paths: dict[str, list[Point]]) -> list[str]:
    """The valley from above, with the updates of the race."""
    box = f'x="{LEFT:.1f}" y="{TOP:.1f}" width="{SIDE:.1f}" height="{SIDE:.1f}" rx="6"'
    parts = [f'<rect class="panel" {box}/>', f'<clipPath id="clip"><rect {box}/></clipPath>']
    parts += ['<g clip-path="url(#clip)">', *rings()]
    for name, path in paths.items():
        points = [place(w) for w in path[: STEPS + 1]]
        parts.append(line(f"run {NAMES[name]}", points))
        parts += [dot(f"dot-{NAMES[name]}", point, 2.6) for point in points[1:]]
    parts += [dot("lowest", place(lowest()), 5.0), dot("lowest", place(START), 5.0), "</g>"]
    for k in (0.8, 1.2, 1.6, 2.0):
        parts.append(text(f"{k:g}", (place((k, 0.0))[0], TOP + SIDE + 18), "small", "middle"))
    for k in (0.4, 0.8, 1.2, 1.6):
        parts.append(text(f"{k:g}", (LEFT - 8, place((0.0, k))[1] + 4), "small", "end"))
    parts.append(text("w1", (LEFT + SIDE, TOP + SIDE + 18), "quiet", "end"))
    parts.append(text("w2", (LEFT - 8, TOP + 12), "quiet", "end"))
    x, y = place(START)
    parts.append(text("start", (x - 10, y - 10), "small", "middle"))
    x, y = place(lowest())
    return [*parts, text("lowest point", (x + 10, y + 22), "small")]


def curves(paths: dict[str, list[Point]]) -> list[str]:
    """How far each loss is above the lowest one, on a logarithmic scale."""
    left, right, floor = 530.0, 800.0, TOP + SIDE
    least = loss(lowest())

    def at(step: float, excess: float) -> Point:
        depth = -math.log10(max(excess, 1e-9))
        return left + step * (right - left) / LONG, TOP + 10 + (depth + 0.3) * (floor - TOP - 10) / 5.3

    parts = ['<clipPath id="curves"><rect x="520" y="40" width="290" height="405"/></clipPath>']
    for k in range(-5, 1):
        parts.append(line("grid", [at(0, 10.0**k), at(LONG, 10.0**k)]))
        parts.append(text(f"{10.0**k:.{max(0, -k)}f}", (left - 10, at(0, 10.0**k)[1] + 4), "small", "end"))
    parts.append(line("axis", [(left, floor), (right, floor)]))
    for step in (0, 40, 80, 120):
        parts.append(text(str(step), (at(step, 1)[0], floor + 18), "small", "middle"))
    parts.append(text("updates", (right + 22, floor + 18), "quiet"))
    parts.append(line("goal", [at(0, 0.01 * least), at(LONG, 0.01 * least)]))
    parts.append(text("1 % of the lowest loss", (right + 6, at(0, 0.01 * least)[1] + 4), "quiet small"))
    parts.append('<g clip-path="url(#curves)">')
    for name, path in paths.items():
        points = [at(t, loss(w) - least) for t, w in enumerate(path)]
        parts.append(line(f"run {NAMES[name]}", points))
    parts.append("</g>")
    return parts


def draw() -> dict[str, str]:
    """Every picture of the unit: file name -> SVG."""
    title = "Three optimizers in one valley, each at its best rate"
    desc = (
        "Left: the narrow valley of the loss of five deliveries, seen from above, with 19 updates of each. "
        "Plain descent jumps from side to side and does not get half way to the lowest point. Adam sways, "
        "and gets a little further; momentum sways too, and is nearly there. Right: how far the losses are "
        "above the lowest one, on a logarithmic scale: that of plain descent falls slowly and steadily, "
        "those of momentum and of Adam fall faster, and rise again and again."
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="t d">\n<title id="t">{title}</title>\n<desc id="d">{desc}</desc>\n'
        f'<style>{STYLE}</style>\n<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="10"/>'
    )
    paths = {name: walk(move, LONG) for name, move in MOVES.items()}
    parts = [text(title, (24, 34), "title")]
    parts += valley(paths)
    parts.append(text("loss above the lowest one", (530, 54), "small quiet"))
    parts += curves(paths)
    for k, (name, lr) in enumerate(RATES.items()):
        at = (826, 86 + 44 * k)
        parts.append(text(name, (at[0], at[1]), f"bold text-{NAMES[name]}"))
        parts.append(text(f"lr = {lr:g}", (at[0], at[1] + 18), "small quiet"))
    return {"race.svg": "\n".join([head, *parts, "</svg>\n"])}
