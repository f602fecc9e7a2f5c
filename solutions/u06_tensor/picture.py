"""The picture of the lesson, drawn with the standard library only: copies forward, sums backward.

The numbers are computed here, from the column, the row and the upstream gradient of the worked example.
"""

A, B = (2.0, 3.0), (1.0, 4.0, 5.0)
G = ((1.0, 1.0, 1.0), (0.0, -1.5, 1.0))
WIDTH, HEIGHT = 960, 424
CELL_W, CELL_H = 46, 32
TOP, BOTTOM = 128, 292  # of the strand of a, and of that of b

STYLE = """
  svg { font: 14px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
  .paper { fill: #ffffff; } text { fill: #1f2328; } .quiet { fill: #59636e; }
  .title { font-size: 17px; font-weight: 600; } .small { font-size: 12.5px; } .name { font-weight: 600; }
  .cell { fill: #ddf4ff; stroke: #0969da; } .copy { fill: #f6f8fa; stroke: #818b98; stroke-dasharray: 3 3; }
  .result { fill: #f6f8fa; stroke: #818b98; } .gradient { fill: #fff1e5; stroke: #bc4c00; }
  .edge { stroke: #818b98; stroke-width: 2; fill: none; } .tip { fill: #818b98; }
  .split { stroke: #d9dee3; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; } text { fill: #e6edf3; } .quiet { fill: #9da7b3; }
    .cell { fill: #0c2238; stroke: #58a6ff; } .copy { fill: #161b22; stroke: #6e7681; }
    .result { fill: #161b22; stroke: #6e7681; } .gradient { fill: #2b1d12; stroke: #f0883e; }
    .edge { stroke: #6e7681; } .tip { fill: #6e7681; } .split { stroke: #30363d; }
  }
"""

Table = list[list[float]]


def worked_example() -> dict[str, Table]:
    """Every array of the picture, by its label."""
    g_b = [[g * b for g, b in zip(row, B, strict=True)] for row in G]
    g_a = [[g * a for g in row] for row, a in zip(G, A, strict=True)]
    return {
        "a": [[a] for a in A],
        "b": [list(B)],
        "a, copied": [[a] * len(B) for a in A],
        "b, copied": [list(B) for _ in A],
        "y": [[a * b for b in B] for a in A],
        "g": [list(row) for row in G],
        "g · b": g_b,
        "g · a": g_a,
        "a.grad": [[sum(row)] for row in g_b],
        "b.grad": [[sum(column) for column in zip(*g_a, strict=True)]],
    }


def text(words: str, x: float, y: float, name: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{name}" text-anchor="{anchor}">{words}</text>'


def number(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def grid(table: Table, x: float, y: float, kind: str, first: str = "") -> list[str]:
    """The array as cells. first: "row" or "column", which alone is of this kind; the others are copies"""
    parts = []
    for r, row in enumerate(table):
        for c, value in enumerate(row):
            original = not first or (r if first == "row" else c) == 0
            left, top = x + c * CELL_W, y + r * CELL_H
            name = kind if original else "copy"
            parts += [
                f'<rect class="{name}" x="{left:.1f}" y="{top:.1f}" width="{CELL_W}" height="{CELL_H}"/>',
                text(number(value), left + CELL_W / 2, top + 21, "" if original else "quiet", "middle"),
            ]
    return parts


def arrow(x1: float, x2: float, y: float) -> list[str]:
    """From left to right."""
    return [
        f'<path class="edge" d="M{x1:.1f} {y:.1f} L{x2 - 9:.1f} {y:.1f}"/>',
        f'<path class="tip" d="M{x2:.1f} {y:.1f} L{x2 - 11:.1f} {y - 5:.1f} L{x2 - 11:.1f} {y + 5:.1f} Z"/>',
    ]


def labelled(words: str, shape: str, x: float, y: float) -> list[str]:
    """The array's name above it, and its shape."""
    return [f'<text x="{x:.1f}" y="{y - 10:.1f}"><tspan class="name">{words}</tspan>  {shape}</text>']


def strand(at: float, which: str) -> list[str]:
    """One operand: its copies on the left, on the right the sum over them."""
    arrays, other = worked_example(), "b" if which == "a" else "a"
    shape, axis = ("[2, 1]", 1) if which == "a" else ("[3]", 0)
    first, count = ("column", len(B)) if which == "a" else ("row", len(A))
    middle = at + (CELL_H if which == "a" else CELL_H / 2)
    small, end = 24, 800
    wide = CELL_W * len(arrays[which][0])
    return [
        *labelled(which, shape, small, at),
        *grid(arrays[which], small, at, "cell"),
        *arrow(small + wide + 8, 228, middle),
        text(f"{count} copies", 236, at + 2 * CELL_H + 20, "quiet small"),
        text(f"along axis {axis}", 236, at + 2 * CELL_H + 37, "quiet small"),
        *labelled(which, "as [2, 3]", 236, at),
        *grid(arrays[f"{which}, copied"], 236, at, "cell", first),
        *labelled(f"g · {other}", "[2, 3]", 600, at),
        *grid(arrays[f"g · {other}"], 600, at, "gradient"),
        *arrow(746, end - 8, middle),
        text("sum", 600, at + 2 * CELL_H + 20, "quiet small"),
        text(f"along axis {axis}", 600, at + 2 * CELL_H + 37, "quiet small"),
        *labelled(f"{which}.grad", shape, end, at),
        *grid(arrays[f"{which}.grad"], end, at, "gradient"),
    ]


def draw() -> dict[str, str]:
    """Every picture of the unit: file name -> SVG."""
    arrays = worked_example()
    title = "Broadcasting forward is summation backward"
    desc = (
        "Forward, the column a of shape [2, 1] is copied three times along axis 1, the row b of shape [3] "
        "twice along axis 0, and the copies are multiplied to y of shape [2, 3]. Backward, g times b is "
        "summed along axis 1 to a.grad of shape [2, 1], and g times a along axis 0 to b.grad of shape [3]."
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="t d">\n<title id="t">{title}</title>\n<desc id="d">{desc}</desc>\n'
        f'<style>{STYLE}</style>\n<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="10"/>',
        text("Forward: copies", 24, 40, "title"),
        text("a and b are copied until they have one shape", 24, 62, "quiet small"),
        text("Backward: sums over the copies", 600, 40, "title"),
        text("along the axes of the copies, and no others", 600, 62, "quiet small"),
        *labelled("y = a · b", "[2, 3]", 418, TOP),
        *grid(arrays["y"], 418, TOP, "result"),
        *labelled("g = dL/dy", "[2, 3]", 418, BOTTOM),
        *grid(arrays["g"], 418, BOTTOM, "gradient"),
        '<path class="split" d="M394 84 L394 400 M578 84 L578 400"/>',
        *strand(TOP, "a"),
        *strand(BOTTOM, "b"),
    ]
    return {"tensor.svg": "\n".join([*parts, "</svg>\n"])}
