"""The picture of the lesson, drawn with the standard library only: one package as a graph and a landscape."""

from math import sqrt

WIDTH, HEIGHT = 960, 420
W, X, Y = (1, 2), (2, 3), 5  # the worked example
Point = tuple[float, float]

STYLE = """
  svg { font: 14px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
  .paper { fill: #ffffff; } text { fill: #1f2328; } .quiet { fill: #59636e; }
  .title { font-size: 17px; font-weight: 600; } .small { font-size: 12.5px; } .bold { font-weight: 600; }
  .node { fill: #f6f8fa; stroke: #818b98; stroke-width: 1.5; } .pill { fill: #ffffff; }
  .edge { stroke: #0969da; stroke-width: 2; } .tip { fill: #0969da; } .local { fill: #0969da; }
  .up { stroke: #bc4c00; stroke-width: 3; } .uptip, .gradient { fill: #bc4c00; }
  .axis { stroke: #818b98; } .level { stroke: #a5c8ea; stroke-width: 1.5; }
  .valley { stroke: #0969da; stroke-width: 3; } .dot { fill: #1f2328; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; } text { fill: #e6edf3; } .quiet { fill: #9da7b3; }
    .node { fill: #161b22; stroke: #6e7681; } .pill { fill: #0d1117; }
    .edge { stroke: #58a6ff; } .tip { fill: #58a6ff; } .local { fill: #58a6ff; }
    .up { stroke: #f0883e; } .uptip, .gradient { fill: #f0883e; }
    .axis { stroke: #6e7681; } .level { stroke: #27496d; }
    .valley { stroke: #58a6ff; } .dot { fill: #e6edf3; }
  }
"""


def worked_example() -> tuple[dict[str, int], dict[tuple[str, str], int], tuple[int, int]]:
    """The numbers of the nodes, the local derivative of each arrow, and the gradient."""
    y_hat = W[0] * X[0] + W[1] * X[1]
    e = y_hat - Y
    data = {"w1": W[0], "w2": W[1], "y_hat": y_hat, "e": e, "L": e * e}
    local = {("L", "e"): 2 * e, ("e", "y_hat"): 1, ("y_hat", "w1"): X[0], ("y_hat", "w2"): X[1]}
    return data, local, (2 * e * X[0], 2 * e * X[1])


def text(words: str, x: float, y: float, name: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{name}" text-anchor="{anchor}">{words}</text>'


def line(name: str, start: Point, end: Point) -> str:
    (x1, y1), (x2, y2) = start, end
    return f'<line class="{name}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def arrow(name: str, tip: str, start: Point, end: Point) -> list[str]:
    """A straight arrow; its line ends inside the tip."""
    length = sqrt((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2)
    ux, uy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    x, y = end
    points = f"{x:.1f} {y:.1f} L{x - 11 * ux - 5 * uy:.1f} {y - 11 * uy + 5 * ux:.1f}"
    points += f" L{x - 11 * ux + 5 * uy:.1f} {y - 11 * uy - 5 * ux:.1f} Z"
    return [line(name, start, (x - 8 * ux, y - 8 * uy)), f'<path class="{tip}" d="M{points}"/>']


NAMES = {"w1": "w₁", "w2": "w₂", "y_hat": "ŷ", "e": "e = ŷ − y", "L": "L = e²"}
PLACES = {"w1": (82, 136), "w2": (82, 286), "y_hat": (226, 211), "e": (352, 211), "L": (474, 211)}
HALF = {"w1": 34, "w2": 34, "y_hat": 34, "e": 46, "L": 38}
ENDS = {  # of the arrows, from result to operand
    ("L", "e"): ((436, 211), (400, 211)),
    ("e", "y_hat"): ((306, 211), (262, 211)),
    ("y_hat", "w1"): ((192, 194), (118, 148)),
    ("y_hat", "w2"): ((192, 228), (118, 274)),
}
LABELS = {("L", "e"): (418, 196), ("e", "y_hat"): (284, 196), ("y_hat", "w1"): (166, 156)}
LABELS["y_hat", "w2"] = (166, 276)


def graph() -> list[str]:
    """Left: the steps of the forward pass; each arrow back carries its local derivative."""
    data, local, gradient = worked_example()
    parts = [
        text("Multiply along each path", 44, 40, "title"),
        text("one package: x = (2, 3), y = 5; on each arrow its local derivative", 44, 62, "quiet small"),
    ]
    for name, (x, y) in PLACES.items():
        half = HALF[name]
        parts.append(
            f'<rect class="node" x="{x - half}" y="{y - 27}" width="{2 * half}" height="54" rx="9"/>'
        )
        parts.append(text(NAMES[name], x, y - 5, "bold", "middle"))
        parts.append(text(str(data[name]), x, y + 16, "", "middle"))
    for ends, slope in local.items():
        parts += arrow("edge", "tip", *ENDS[ends])
        parts.append(text(str(slope), *LABELS[ends], "local bold", "middle"))
    for weight, slope, y in (("w1", gradient[0], 186), ("w2", gradient[1], 336)):
        factors = [local["L", "e"], local["e", "y_hat"], local["y_hat", weight]]
        product = " · ".join(map(str, factors))
        parts.append(text(f"{product} = {slope}", 48, y, "gradient bold"))
    parts.append(
        text(
            "Both paths share their first two arrows: go down once, and use it for both.",
            44,
            HEIGHT - 20,
            "quiet small",
        )
    )
    return parts


def landscape() -> list[str]:
    """Right: L over both weights. Its level lines are straight, and the gradient stands upright on them."""
    left, bottom, unit, low, high = 600.0, 366.0, 72.0, -0.5, 3.5

    def at(w1: float, w2: float) -> Point:
        return left + (w1 - low) * unit, bottom - (w2 - low) * unit

    def level(e: float) -> tuple[Point, Point]:
        """Where X . w - Y = e crosses the frame."""
        inside = []
        for edge in (low, high):
            w2 = (Y + e - X[0] * edge) / X[1]
            w1 = (Y + e - X[1] * edge) / X[0]
            inside += [(edge, w2)] if low <= w2 <= high else []
            inside += [(w1, edge)] if low <= w1 <= high else []
        return at(*min(inside)), at(*max(inside))

    _, _, gradient = worked_example()
    parts = [
        text("The gradient points uphill", 560, 40, "title"),
        text("lines of equal loss over both weights; in the valley it is 0", 560, 62, "quiet small"),
        line("axis", at(low, low), at(high, low)),
        line("axis", at(low, low), at(low, high)),
    ]
    for k in range(4):
        x, y = at(k, low)
        parts.append(text(str(k), x, y + 17, "quiet small", "middle"))
        x, y = at(low, k)
        parts.append(text(str(k), x - 9, y + 5, "quiet small", "end"))
    for e in range(-5, 10):
        ends = level(e)
        parts.append(line("valley" if e == 0 else "level", *ends))
        if e in (3, 6, 9):
            x, y = ends[1]
            parts.append(text(f"L = {e * e}", x + 7, y + 4, "quiet small"))
    x, y = at(1.6, 0.6)
    parts.append(f'<rect class="pill" x="{x - 26:.1f}" y="{y - 11:.1f}" width="52" height="22" rx="6"/>')
    parts.append(text("L = 0", x, y + 5, "local bold", "middle"))
    w1, w2 = W
    parts += arrow("up", "uptip", at(w1, w2), at(w1 + gradient[0] / 18, w2 + gradient[1] / 18))
    x, y = at(w1, w2)
    parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="5"/>')
    parts.append(f'<rect class="pill" x="{x - 62:.1f}" y="{y - 11:.1f}" width="52" height="20" rx="6"/>')
    parts.append(text("(1, 2)", x - 14, y + 4, "small", "end"))
    parts.append(f'<rect class="pill" x="{x + 46:.1f}" y="{y - 52:.1f}" width="66" height="22" rx="6"/>')
    parts.append(text(f"({gradient[0]}, {gradient[1]})", x + 79, y - 36, "gradient bold", "middle"))
    parts.append(text("w₁", *at(3.4, low - 0.24), "bold", "middle"))
    parts.append(text("w₂", left - 9, at(low, 3.42)[1] + 4, "bold", "end"))
    return parts


def draw() -> dict[str, str]:
    """Every picture of the unit: file name -> SVG."""
    title = "The package of the worked example as a graph, and its loss as a landscape"
    desc = (
        "Left: a graph from the weights w1 = 1 and w2 = 2 to the prediction 8, the error 3 and the loss 9. "
        "The arrows back carry the local derivatives 6, 1, then 2 and 3; their products are 12 and 18. "
        "Right: lines of equal loss over both weights are straight and parallel. At (1, 2) the gradient "
        "(12, 18) stands upright on them and points away from the valley where the loss is 0."
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="t d">\n<title id="t">{title}</title>\n<desc id="d">{desc}</desc>\n'
        f'<style>{STYLE}</style>\n<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="10"/>'
    )
    return {"partials.svg": "\n".join([head, *graph(), *landscape(), "</svg>\n"])}
