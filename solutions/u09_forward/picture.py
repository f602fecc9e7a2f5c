"""The pictures of the lesson, drawn from computed numbers with the standard library only."""

import math
from collections.abc import Iterable

TOKENS = ("I", "like", "transformers")
Q = ((0, 0, 2, 2), (2, 0, 0, 0), (0, 2, 0, 0))
K = ((1, 0, 1, 0), (0, 1, 0, 1), (1, 2, 0, 0))
V = ((4, 0, 0, 1), (0, 4, 0, 2), (0, 0, 4, 3))
Matrix = list[list[float]]

STYLE = """
  svg { font: 14px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
  .paper { fill: #ffffff; } text { fill: #1f2328; } .quiet { fill: #59636e; } .on { fill: #ffffff; }
  .title { font-size: 17px; font-weight: 600; } .small { font-size: 12.5px; } .strong { font-weight: 600; }
  .cell { fill: #0969da; } .edge { stroke: #d0d7de; fill: none; } .never { fill: #eaeef2; }
  .box { stroke: #818b98; fill: #f3f5f7; } .norm { stroke: #bc4c00; fill: #fff1e5; }
  .layer { stroke: #0969da; fill: #ddf4ff; } .sum { stroke: #1f2328; fill: #ffffff; }
  .flow { stroke: #818b98; stroke-width: 1.5; fill: none; }
  .path { stroke: #1f2328; stroke-width: 3; fill: none; }
  .tip { fill: #818b98; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; } text { fill: #e6edf3; } .quiet { fill: #9da7b3; } .on { fill: #ffffff; }
    .cell { fill: #1f6feb; } .edge { stroke: #3d444d; } .never { fill: #171d26; }
    .box { stroke: #6e7681; fill: #171d26; } .norm { stroke: #f0883e; fill: #2b1d12; }
    .layer { stroke: #58a6ff; fill: #0c2238; } .sum { stroke: #e6edf3; fill: #0d1117; }
    .flow { stroke: #6e7681; } .path { stroke: #e6edf3; } .tip { fill: #6e7681; }
  }
"""


def product(a: Iterable[Iterable[float]], b: Iterable[Iterable[float]]) -> Matrix:
    """a b of two matrices."""
    columns = [list(column) for column in zip(*b, strict=True)]
    return [[math.fsum(x * y for x, y in zip(row, column, strict=True)) for column in columns] for row in a]


def attention() -> tuple[Matrix, Matrix, Matrix]:
    """Scores, weights and out of the lesson's example, under the causal mask."""
    scores = [[s / math.sqrt(len(K[0])) for s in row] for row in product(Q, zip(*K, strict=True))]
    weights = []
    for t, row in enumerate(scores):
        e = [math.exp(s - max(row[: t + 1])) if k <= t else 0.0 for k, s in enumerate(row)]
        weights.append([one / math.fsum(e) for one in e])
    return scores, weights, product(weights, V)


def text(words: str, x: float, y: float, name: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{name}" text-anchor="{anchor}">{words}</text>'


def box(
    name: str, x: float, y: float, width: float, height: float, *, round: float = 0, more: str = ""
) -> str:
    size = f'width="{width:.1f}" height="{height:.1f}"'
    return f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" {size} rx="{round:.1f}"{more}/>'


def line(name: str, *points: tuple[float, float]) -> str:
    return f'<path class="{name}" d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in points)}"/>'


def arrow(*points: tuple[float, float]) -> list[str]:
    """A thin line with a tip at its last point, which it reaches from above or from a side."""
    (x0, y0), (x, y) = points[-2:]
    if abs(x - x0) > abs(y - y0):
        back = -6 if x > x0 else 6
        tip = f"M{x:.1f} {y:.1f} l{back} -4 l0 8 Z"
    else:
        tip = f"M{x:.1f} {y:.1f} l-4 -6 l8 0 Z"
    return [line("flow", *points), f'<path class="tip" d="{tip}"/>']


def page(width: int, height: int, title: str, desc: str, parts: Iterable[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-labelledby="t d">\n<title id="t">{title}</title>\n<desc id="d">{desc}</desc>\n'
        f'<style>{STYLE}</style>\n<rect class="paper" width="{width}" height="{height}" rx="10"/>'
    )
    return "\n".join([head, *parts, "</svg>\n"])


# ---------------------------------------------------------------------------- the heat map

CELL, TOP = 66.0, 112.0


def grid(values: Matrix, left: float, digits: int, masked: bool, shades: bool) -> list[str]:
    """A table of numbers, shaded by their size; masked: what lies ahead is minus infinity."""
    parts = []
    for t, row in enumerate(values):
        for s, value in enumerate(row):
            x, y = left + s * CELL, TOP + t * CELL
            never = masked and s > t
            if never:
                parts.append(box("never", x, y, CELL, CELL))
            elif shades:
                parts.append(box("cell", x, y, CELL, CELL, more=f' fill-opacity="{value:.3f}"'))
            parts.append(box("edge", x, y, CELL, CELL))
            name = "quiet" if never else "on strong" if shades and value > 0.5 else ""
            words = "−∞" if never and not shades else f"{value:.{digits}f}"
            parts.append(text(words, x + CELL / 2, y + CELL / 2 + 5, name, "middle"))
    return parts


def heat_map() -> str:
    scores, weights, out = attention()
    parts = [text("Who looks at whom", 40, 40, "title")]
    parts.append(
        text("rows: the position that looks; columns: the position that is looked at", 40, 62, "quiet small")
    )
    lefts = (140.0, 368.0, 596.0)
    for (words, masked, shades, values), left in zip(
        (
            ("scores q kᵀ / √K", False, False, scores),
            ("under the causal mask", True, False, scores),
            ("weights: softmax", True, True, weights),
        ),
        lefts,
        strict=True,
    ):
        parts.append(text(words, left + 1.5 * CELL, TOP - 14, "small strong", "middle"))
        parts += grid(values, left, 4 if shades else 1, masked, shades)
        for s, token in enumerate(TOKENS):
            parts.append(text(token, left + (s + 0.5) * CELL, TOP + 3 * CELL + 20, "small quiet", "middle"))
    for t, token in enumerate(TOKENS):
        parts.append(text(token, lefts[0] - 12, TOP + (t + 0.5) * CELL + 5, "small", "end"))
    x = lefts[2] + 3 * CELL + 26
    parts.append(text("out, last entry", x + 44, TOP - 14, "small strong", "middle"))
    for t, row in enumerate(out):
        y = TOP + (t + 0.5) * CELL + 5
        parts.append(text(f"{row[3]:.4f}", x + 44, y, "strong", "middle"))
    note = "v ends in 1, 2 and 3: each position takes a mean of what it may see."
    parts.append(text(note, lefts[0], TOP + 3 * CELL + 52, "quiet small"))
    desc = (
        "Three tables for the tokens I, like, transformers. Scores; the same with minus infinity above the "
        "diagonal; the weights: row one is 1, row two 0.7311 and 0.2689, row three 0.0900, 0.2447 and 0.6652."
    )
    return page(960, 390, "Causal attention of three positions", desc, parts)


# ---------------------------------------------------------------------------- the block


def labelled(name: str, words: str, x: float, y: float, width: float = 124.0) -> list[str]:
    """A box of a layer; x, y: the middle of its top."""
    return [box(name, x - width / 2, y, width, 32, round=6), text(words, x, y + 21, "small strong", "middle")]


def plus(x: float, y: float) -> list[str]:
    circle = f'<circle class="sum" cx="{x:.1f}" cy="{y:.1f}" r="11"/>'
    return [circle, text("+", x, y + 5, "strong", "middle")]


def pre(x: float) -> list[str]:
    """The path runs straight down at x; norms stand beside it."""
    side, parts = x + 130, [text("pre: x + f(norm(x))", x - 20, 40, "title")]
    parts += [text("x  [B, T, D]", x, 84, "small", "middle"), line("path", (x, 94), (x, 500))]
    for top, norm, layer in ((112, "norm1", "multi_head"), (310, "norm2", "ffn")):
        parts += arrow((x, top), (side, top), (side, top + 22))
        parts += labelled("norm", norm, side, top + 22)
        parts += arrow((side, top + 54), (side, top + 82))
        parts.append(text("[B, T, D]", side + 8, top + 73, "small quiet"))
        parts += labelled("layer", layer, side, top + 82)
        parts += arrow((side, top + 114), (side, top + 148), (x + 11, top + 148))
        if layer == "ffn":
            parts.append(text("inside: [B, T, F]", side + 8, top + 134, "small quiet"))
        parts += plus(x, top + 148)
    parts.append(text("out  [B, T, D]", x, 520, "small", "middle"))
    return parts


def post(x: float) -> list[str]:
    """Norms stand on the path."""
    side, parts = x + 130, [text("post: norm(x + f(x))", x - 20, 40, "title")]
    parts += [text("x  [B, T, D]", x, 84, "small", "middle"), line("path", (x, 94), (x, 500))]
    for top, norm, layer in ((112, "norm1", "multi_head"), (310, "norm2", "ffn")):
        parts += arrow((x, top), (side, top), (side, top + 28))
        parts += labelled("layer", layer, side, top + 28)
        parts += arrow((side, top + 60), (side, top + 92), (x + 11, top + 92))
        parts += plus(x, top + 92)
        parts += labelled("norm", norm, x, top + 124, 84)
    parts.append(text("out  [B, T, D]", x, 520, "small", "middle"))
    return parts


def inside(x: float) -> list[str]:
    """What multi_head does, with the shapes between its steps."""
    steps = (
        ("layer", "linear wq, wk, wv", "three times [B, T, D]"),
        ("box", "split", "three times [B, H, T, K]"),
        ("box", "q kᵀ / √K, mask", "[B, H, T, T]"),
        ("box", "softmax", "[B, H, T, T]"),
        ("box", "weights v", "[B, H, T, K]"),
        ("box", "merge", "[B, T, D]"),
        ("layer", "linear wo", ""),
    )
    parts = [text("inside multi_head", x - 75, 40, "title"), text("[B, T, D]", x, 84, "small", "middle")]
    for k, (name, words, shape) in enumerate(steps):
        y = 112 + 56 * k
        parts += arrow((x, y - 20), (x, y))
        parts += labelled(name, words, x, y, 150)
        if shape:
            parts.append(text(shape, x + 10, y + 48, "small quiet"))
    y = 112 + 56 * len(steps)
    parts += arrow((x, y - 24), (x, y - 4))
    return [*parts, text("[B, T, D]", x, y + 16, "small", "middle")]


def block() -> str:
    desc = (
        "Left: with norms first, a path runs from x to out without a norm on it; what norm1 and multi_head "
        "give, then norm2 and ffn, is added to it. Middle: with norms last, norm1 and norm2 stand on it, "
        "each behind a sum. Right: multi_head projects to [B, T, D], splits to [B, H, T, K], makes "
        "scores and weights [B, H, T, T], merges to [B, T, D] and projects again."
    )
    return page(960, 545, "A block, and what multi_head does", desc, [*pre(80), *post(400), *inside(800)])


def draw() -> dict[str, str]:
    """Every picture of the unit: file name -> SVG."""
    return {"attention.svg": heat_map(), "block.svg": block()}
