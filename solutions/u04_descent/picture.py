"""The picture of the lesson: four runs of gradient descent in one valley, and their losses.

The valley is a parabola with the curvatures 1 and 5, so every run is known in closed form: in each step the
two parts of the error are multiplied by 1 - lr * 1 and 1 - lr * 5.
"""

import math
from collections.abc import Iterable

CURVATURES = (1.0, 5.0)
LIMIT = 2 / max(CURVATURES)
RUNS = {"crawls": 0.005, "comes down": 0.25, "oscillates": 0.37, "diverges": 0.42}  # name -> lr
NAMES = {"crawls": "crawl", "comes down": "right", "oscillates": "swing", "diverges": "burst"}  # -> colour
STEPS = 12
START = (-1.6, 0.8)  # the error at first, along the valley and across it
TILT = math.radians(-28)  # of the valley, in the plane of the two weights
WIDTH, HEIGHT = 960, 580
SIDE = 210.0  # of a panel
UNIT = 62.0  # pixels for a weight's change by 1
Point = tuple[float, float]

STYLE = """
  svg { font: 14px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
  .paper { fill: #ffffff; } text { fill: #1f2328; } .quiet { fill: #59636e; }
  .title { font-size: 17px; font-weight: 600; } .small { font-size: 12.5px; } .bold { font-weight: 600; }
  .panel { fill: #f6f8fa; } .ring { fill: none; stroke: #c6cdd5; } .lowest { fill: #59636e; }
  .grid { stroke: #d9dee3; } .axis { stroke: #818b98; }
  .crawl { stroke: #8250df; } .right { stroke: #1a7f37; }
  .swing { stroke: #0969da; } .burst { stroke: #cf222e; }
  .dot-crawl, .text-crawl { fill: #8250df; } .dot-right, .text-right { fill: #1a7f37; }
  .dot-swing, .text-swing { fill: #0969da; } .dot-burst, .text-burst { fill: #cf222e; }
  path, line { fill: none; } .run { stroke-width: 2; stroke-linejoin: round; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; } text { fill: #e6edf3; } .quiet { fill: #9da7b3; }
    .panel { fill: #151b23; } .ring { stroke: #3d444d; } .lowest { fill: #9da7b3; }
    .grid { stroke: #262c36; } .axis { stroke: #6e7681; }
    .crawl { stroke: #ab7df8; } .right { stroke: #3fb950; }
    .swing { stroke: #58a6ff; } .burst { stroke: #ff7b72; }
    .dot-crawl, .text-crawl { fill: #ab7df8; } .dot-right, .text-right { fill: #3fb950; }
    .dot-swing, .text-swing { fill: #58a6ff; } .dot-burst, .text-burst { fill: #ff7b72; }
  }
"""


def factors(lr: float) -> Point:
    """What one step multiplies the two parts of the error by."""
    return 1 - lr * CURVATURES[0], 1 - lr * CURVATURES[1]


def errors(lr: float) -> list[Point]:
    """The error before each step, and after the last: its parts along and across the valley."""
    along, across = factors(lr)
    return [(START[0] * along**t, START[1] * across**t) for t in range(STEPS + 1)]


def losses(lr: float) -> list[float]:
    """The loss before each step."""
    return [
        (CURVATURES[0] * along**2 + CURVATURES[1] * across**2) / 2 for along, across in errors(lr)[:STEPS]
    ]


def line(name: str, points: Iterable[Point]) -> str:
    return f'<path class="{name}" d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in points)}"/>'


def dot(name: str, at: Point, radius: float) -> str:
    return f'<circle class="{name}" cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{radius:.1f}"/>'


def text(words: str, x: float, y: float, name: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{name}" text-anchor="{anchor}">{words}</text>'


def signed(number: float) -> str:
    return f"{number:g}".replace("-", "−")


def panel(name: str, left: float, top: float) -> list[str]:
    """One valley, seen from above, with the path of one learning rate."""
    lr, colour, middle = RUNS[name], NAMES[name], (left + SIDE / 2, top + SIDE / 2)

    def at(error: Point) -> Point:
        along, across = error
        x = along * math.cos(TILT) - across * math.sin(TILT)
        y = along * math.sin(TILT) + across * math.cos(TILT)
        return middle[0] + UNIT * x, middle[1] - UNIT * y

    box = f'x="{left:.1f}" y="{top:.1f}" width="{SIDE:.1f}" height="{SIDE:.1f}" rx="6"'
    parts = [f'<rect class="panel" {box}/>', f'<clipPath id="clip-{colour}"><rect {box}/></clipPath>']
    parts.append(f'<g clip-path="url(#clip-{colour})">')
    for level in (0.05, 0.3, 1.0, 2.2, 4.0):
        rx, ry = (UNIT * math.sqrt(2 * level / curvature) for curvature in CURVATURES)
        turn = f"translate({middle[0]:.1f} {middle[1]:.1f}) rotate({-math.degrees(TILT):.1f})"
        parts.append(f'<ellipse class="ring" rx="{rx:.1f}" ry="{ry:.1f}" transform="{turn}"/>')
    points = [at(error) for error in errors(lr)]
    parts.append(dot("lowest", middle, 3))
    parts.append(line(f"run {colour}", points))
    parts += [dot(f"dot-{colour}", point, 2.6) for point in points[1:]] + [
        dot(f"dot-{colour}", points[0], 4.5)
    ]
    parts.append("</g>")
    along, across = factors(lr)
    parts.append(text(f"lr = {lr:g}: {name}", left, top + SIDE + 22, f"bold text-{colour}"))
    words = f"factors {signed(round(along, 3))} along, {signed(round(across, 3))} across"
    parts.append(text(words, left, top + SIDE + 41, "quiet small"))
    return parts


def curves(top: float, floor: float) -> list[str]:
    """The losses of all four, on a logarithmic scale."""
    left, right = 78.0, 800.0

    def at(step: float, loss: float) -> Point:
        return left + step * (right - left) / (STEPS - 1), top + (2 - math.log10(loss)) * (floor - top) / 5.3

    parts = []
    for k in range(-3, 3):
        parts.append(line("grid", [at(0, 10.0**k), at(STEPS - 1, 10.0**k)]))
        parts.append(text(f"{10.0**k:g}", left - 10, at(0, 10.0**k)[1] + 4, "small", "end"))
    parts.append(line("axis", [(left, floor), (right, floor)]))
    for step in range(STEPS):
        parts.append(text(str(step), at(step, 1)[0], floor + 18, "small", "middle"))
    parts.append(text("step", right + 22, floor + 18, "quiet"))
    for name, lr in RUNS.items():
        points = [at(step, loss) for step, loss in enumerate(losses(lr))]
        parts.append(line(f"run {NAMES[name]}", points))
        parts += [dot(f"dot-{NAMES[name]}", point, 2.6) for point in points]
        parts.append(text(name, right + 12, points[-1][1] + 5, f"text-{NAMES[name]}"))
    return parts


def draw() -> dict[str, str]:
    """Every picture of the unit: file name -> SVG."""
    title = "Four learning rates in one valley"
    desc = (
        "Four panels show the same oval valley from above, and twelve steps of gradient descent. With a tiny "
        "learning rate the path hardly leaves the start. With a good one it bends to the lowest point. A "
        "larger one makes it jump from side to side as it comes down; above the limit the jumps grow. "
        "Below, the four losses on a logarithmic scale: the one that oscillates falls at every step."
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="t d">\n<title id="t">{title}</title>\n<desc id="d">{desc}</desc>\n'
        f'<style>{STYLE}</style>\n<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="10"/>'
    )
    parts = [text(f"{title}: curvature 1 along, 5 across, so the limit is 2/5 = {LIMIT:g}", 24, 36, "title")]
    for k, name in enumerate(RUNS):
        parts += panel(name, 24 + k * (SIDE + 24), 56)
    parts.append(text("The same runs: loss before each step", 24, 352, "title"))
    parts += curves(372, 536)
    return {"descent.svg": "\n".join([head, *parts, "</svg>\n"])}
