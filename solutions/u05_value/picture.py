"""The picture of the lesson, drawn with the standard library only: the worked example as a graph.

Numbers and gradients are computed here, from the two derivative rules that the lesson gives.
"""

WIDTH, HEIGHT = 960, 400
WIDE, HIGH = 132, 78  # of a node
PLACES = {"a": (110, 120), "b": (110, 300), "p": (385, 300), "q": (590, 120), "y": (850, 210)}
FORMULAS = {"p": "p = a · b", "q": "q = p + a", "y": "y = q · p"}
BEND = {("y", "p"): 34.0, ("q", "a"): -22.0}

STYLE = """
  svg { font: 14px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
  .paper { fill: #ffffff; } text { fill: #1f2328; } .quiet { fill: #59636e; }
  .title { font-size: 17px; font-weight: 600; } .small { font-size: 12.5px; }
  .node { fill: #f6f8fa; stroke: #818b98; stroke-width: 1.5; } .root { stroke-width: 3; }
  .line { stroke: #d9dee3; } .name { font-weight: 600; }
  .edge { fill: none; stroke: #0969da; stroke-width: 2; } .tip { fill: #0969da; }
  .gradient { fill: #bc4c00; } .local { fill: #0969da; } .pill { fill: #ffffff; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; } text { fill: #e6edf3; } .quiet { fill: #9da7b3; }
    .node { fill: #161b22; stroke: #6e7681; } .line { stroke: #30363d; }
    .edge { stroke: #58a6ff; } .tip { fill: #58a6ff; }
    .gradient { fill: #f0883e; } .local { fill: #58a6ff; } .pill { fill: #0d1117; }
  }
"""


def worked_example(
    a: int = 2, b: int = 3
) -> tuple[dict[str, int], dict[tuple[str, str], int], dict[str, int]]:
    """Data of each node, local gradient of each edge (user, operand), and the gradients of y."""
    p = a * b
    q = p + a
    data = {"a": a, "b": b, "p": p, "q": q, "y": q * p}
    local = {("y", "q"): p, ("y", "p"): q, ("q", "p"): 1, ("q", "a"): 1, ("p", "a"): b, ("p", "b"): a}
    grads = dict.fromkeys(data, 0) | {"y": 1}
    for (user, operand), slope in local.items():  # users come before their operands here
        grads[operand] += grads[user] * slope
    return data, local, grads


def text(words: str, x: float, y: float, name: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{name}" text-anchor="{anchor}">{words}</text>'


def node(name: str, data: int, grad: int) -> list[str]:
    """A box with the name and the number above, the gradient below."""
    x, y = PLACES[name]
    left, top = x - WIDE / 2, y - HIGH / 2
    kind = "node root" if name == "y" else "node"
    return [
        f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{WIDE}" height="{HIGH}" rx="9"/>',
        f'<line class="line" x1="{left + 8:.1f}" y1="{y:.1f}" x2="{left + WIDE - 8:.1f}" y2="{y:.1f}"/>',
        text(FORMULAS.get(name, name), left + 12, y - 13, "name"),
        text(str(data), left + WIDE - 12, y - 13, "", "end"),
        text("grad", left + 12, y + 26, "quiet small"),
        text(str(grad), left + WIDE - 12, y + 26, "gradient name", "end"),
    ]


def edge(user: str, operand: str, slope: int, sent: int) -> list[str]:
    """An arrow from a user down to its operand, the way of the gradient; its label is what it brings."""
    (x1, y1), (x2, y2) = PLACES[user], PLACES[operand]
    bend = BEND.get((user, operand), 0.0)
    (x1, y1), (x2, y2) = rim(x1, y1, x2, y2 + bend), rim(x2, y2, x1, y1 + bend)
    middle = (x1 + x2) / 2, (y1 + y2) / 2 + bend
    length = ((x2 - middle[0]) ** 2 + (y2 - middle[1]) ** 2) ** 0.5
    ux, uy = (x2 - middle[0]) / length, (y2 - middle[1]) / length
    tip = f"{x2:.1f} {y2:.1f} L{x2 - 11 * ux - 5 * uy:.1f} {y2 - 11 * uy + 5 * ux:.1f}"
    tip += f" L{x2 - 11 * ux + 5 * uy:.1f} {y2 - 11 * uy - 5 * ux:.1f} Z"
    x, y = (x1 + x2) / 4 + middle[0] / 2, (y1 + y2) / 4 + middle[1] / 2
    return [
        f'<path class="edge" d="M{x1:.1f} {y1:.1f} Q{middle[0]:.1f} {middle[1]:.1f} '
        f'{x2 - 7 * ux:.1f} {y2 - 7 * uy:.1f}"/>',
        f'<path class="tip" d="M{tip}"/>',
        f'<rect class="pill" x="{x - 40:.1f}" y="{y - 12:.1f}" width="80" height="24" rx="12"/>',
        f'<text x="{x:.1f}" y="{y + 5:.1f}" class="small" text-anchor="middle">{sent} · '
        f'<tspan class="local">{slope}</tspan> = <tspan class="gradient">{sent * slope}</tspan></text>',
    ]


def rim(x: float, y: float, towards_x: float, towards_y: float) -> tuple[float, float]:
    """Where the line from a box's middle to another point leaves the box."""
    dx, dy = towards_x - x, towards_y - y
    scale = min(WIDE / 2 / abs(dx) if dx else 9.9, HIGH / 2 / abs(dy) if dy else 9.9)
    return x + dx * scale, y + dy * scale


def draw() -> dict[str, str]:
    """Every picture of the unit: file name -> SVG."""
    data, local, grads = worked_example()
    title = "A computation graph with the number and the gradient of every node"
    desc = (
        "Five nodes: leaves a = 2 and b = 3, p = a times b = 6, q = p + a = 8, y = q times p = 48. Arrows "
        "lead from each node to its operands and carry the node's gradient times the local gradient. y has "
        "the gradient 1, q has 6, p has 8 + 6 = 14, a has 6 + 42 = 48, and b has 28."
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="t d">\n<title id="t">{title}</title>\n<desc id="d">{desc}</desc>\n'
        f'<style>{STYLE}</style>\n<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="10"/>',
        text("Numbers from left to right, gradients from right to left", 44, 40, "title"),
        '<text x="44" y="62" class="quiet small">on each arrow: the gradient of the user · <tspan '
        'class="local">the local gradient</tspan> = <tspan class="gradient">what arrives</tspan></text>',
    ]
    for (user, operand), slope in local.items():
        parts += edge(user, operand, slope, grads[user])
    for name in data:
        parts += node(name, data[name], grads[name])
    order = "The walk: y, q, p, then a and b. p waits until q has sent its part, and passes on 8 + 6 = 14."
    parts.append(text(order, 44, HEIGHT - 24, "quiet small"))
    return {"value.svg": "\n".join([*parts, "</svg>\n"])}
