"""The picture of the lesson, drawn with the standard library only."""

from collections.abc import Iterable

STYLE = """
  svg { font: 14px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
  .paper { fill: #ffffff; } text { fill: #1f2328; } .quiet { fill: #59636e; }
  .title { font-size: 17px; font-weight: 600; } .small { font-size: 12.5px; } .strong { font-weight: 600; }
  .norm { stroke: #bc4c00; fill: #fff1e5; } .layer { stroke: #0969da; fill: #ddf4ff; }
  .sum { stroke: #1f2328; fill: #ffffff; } .dot { fill: #1f2328; }
  .flow { stroke: #818b98; stroke-width: 1.5; fill: none; }
  .path { stroke: #1f2328; stroke-width: 3; fill: none; }
  .cache { stroke: #818b98; stroke-width: 1.2; stroke-dasharray: 4 4; fill: none; } .tip { fill: #818b98; }
  .out { stroke: #1a7f37; stroke-width: 1.5; fill: none; } .outtip { fill: #1a7f37; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; } text { fill: #e6edf3; } .quiet { fill: #9da7b3; }
    .norm { stroke: #f0883e; fill: #2b1d12; } .layer { stroke: #58a6ff; fill: #0c2238; }
    .sum { stroke: #e6edf3; fill: #0d1117; } .dot { fill: #e6edf3; }
    .flow, .cache { stroke: #6e7681; } .path { stroke: #e6edf3; } .tip { fill: #6e7681; }
    .out { stroke: #3fb950; } .outtip { fill: #3fb950; }
  }
"""
FORTH, THERE = 90.0, 210.0  # the path forward, and the layers beside it
BACK, HERE = 520.0, 660.0  # the path back, and the backward functions beside it
RIGHT = 775.0  # where the parameters' gradients begin
TIPS = {(0, 1): "l-4 -6 l8 0 Z", (0, -1): "l-4 6 l8 0 Z", (1, 0): "l-6 -4 l0 8 Z", (-1, 0): "l6 -4 l0 8 Z"}


def text(words: str, x: float, y: float, name: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{name}" text-anchor="{anchor}">{words}</text>'


def line(name: str, *points: tuple[float, float]) -> str:
    return f'<path class="{name}" d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in points)}"/>'


def arrow(*points: tuple[float, float], name: str = "flow") -> list[str]:
    """A line along these points, with a tip at the last one."""
    (x0, y0), (x, y) = points[-2:]
    way = ((x > x0) - (x < x0), (y > y0) - (y < y0))
    tip = {"out": "outtip", "path": "dot"}.get(name, "tip")
    return [line(name, *points), f'<path class="{tip}" d="M{x:.1f} {y:.1f} {TIPS[way]}"/>']


def labelled(name: str, words: str, x: float, y: float, width: float) -> list[str]:
    """A box; x, y: the middle of its top."""
    box = f'<rect class="{name}" x="{x - width / 2:.1f}" y="{y:.1f}" width="{width:.1f}" height="32" rx="6"/>'
    return [box, text(words, x, y + 21, "small strong", "middle")]


def plus(x: float, y: float) -> list[str]:
    circle = f'<circle class="sum" cx="{x:.1f}" cy="{y:.1f}" r="11"/>'
    return [circle, text("+", x, y + 5, "strong", "middle")]


def fork(x: float, y: float) -> str:
    """Where one thing goes two ways."""
    return f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'


HALVES = (  # top, norm, layer, what their caches keep, and the gradients that leave
    (
        112,
        "norm1",
        "multi_head",
        "x, q, k, v, weights",
        ("dgamma, dbeta  [D]",),
        ("dwq, dwk, dwv, dwo  [D, D]", ""),
    ),
    (
        322,
        "norm2",
        "ffn",
        "x, hidden",
        ("dgamma, dbeta  [D]",),
        ("dw1  [F, D]   db1  [F]", "dw2  [D, F]   db2  [D]"),
    ),
)


def forth() -> list[str]:
    """The block downwards: norms first, each layer beside the path."""
    parts = [text("forward", FORTH - 20, 40, "title"), text("x  [B, T, D]", FORTH, 84, "small", "middle")]
    parts += arrow((FORTH, 94), (FORTH, 528), name="path")
    for top, norm, layer, *_ in HALVES:
        parts += [fork(FORTH, top), *arrow((FORTH, top), (THERE, top), (THERE, top + 22))]
        parts += labelled("norm", norm, THERE, top + 22, 110)
        parts += arrow((THERE, top + 54), (THERE, top + 88))
        parts.append(text("[B, T, D]", THERE - 8, top + 76, "small quiet", "end"))
        parts += labelled("layer", layer, THERE, top + 88, 110)
        parts += arrow((THERE, top + 120), (THERE, top + 158), (FORTH + 11, top + 158))
        parts += plus(FORTH, top + 158)
        parts.append(text("[B, T, D]", THERE - 8, top + 140, "small quiet", "end"))
    return [*parts, text("out  [B, T, D]", FORTH, 546, "small", "middle")]


def back() -> list[str]:
    """The same upwards: a fork for each sum, and a sum for each fork."""
    parts = [text("backward", BACK - 20, 40, "title"), text("dx  [B, T, D]", BACK, 84, "small", "middle")]
    parts += arrow((BACK, 526), (BACK, 92), name="path")
    for top, _, layer, _, of_norm, of_layer in HALVES:
        parts += [fork(BACK, top + 158), *arrow((BACK, top + 158), (HERE, top + 158), (HERE, top + 120))]
        parts += labelled("layer", f"{layer}_backward", HERE, top + 88, 168)
        parts += arrow((HERE, top + 88), (HERE, top + 54))
        parts.append(text("[B, T, D]", HERE + 8, top + 76, "small quiet"))
        parts.append(text("[B, T, D]", HERE + 8, top + 142, "small quiet"))
        parts += labelled("norm", "norm_backward", HERE, top + 22, 168)
        parts += arrow((HERE, top + 22), (HERE, top), (BACK + 11, top))
        parts += plus(BACK, top)
        for y, words in ((top + 38, of_norm), (top + 104, of_layer)):
            parts += arrow((HERE + 84, y), (RIGHT, y), name="out")
            parts += [text(one, RIGHT + 6, y + 4 + 17 * k, "small") for k, one in enumerate(words) if one]
    return [*parts, text("dout  [B, T, D]", BACK, 546, "small", "middle")]


def caches() -> list[str]:
    """What a layer keeps for its way back."""
    parts = []
    for top, _, _, kept, *_ in HALVES:
        for y, words in ((top + 38, "xhat, 1 / root, gamma"), (top + 104, kept)):
            parts += arrow((THERE + 55, y), (HERE - 84, y), name="cache")
            parts.append(text(words, (THERE + 55 + BACK) / 2 - 8, y - 7, "small quiet", "middle"))
    parts.append(text("caches", (THERE + 55 + BACK) / 2 - 8, 40, "title", "middle"))
    return [*parts, text("gradients", RIGHT + 6, 40, "title")]


def page(width: int, height: int, title: str, desc: str, parts: Iterable[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-labelledby="t d">\n<title id="t">{title}</title>\n<desc id="d">{desc}</desc>\n'
        f'<style>{STYLE}</style>\n<rect class="paper" width="{width}" height="{height}" rx="10"/>'
    )
    return "\n".join([head, *parts, "</svg>\n"])


def draw() -> dict[str, str]:
    """Every picture of the unit: file name -> SVG."""
    desc = (
        "Left, downwards: x forks; one way goes through norm1 and multi_head, and is added to the other; the "
        "same with norm2 and ffn. Right, upwards: dout forks where forward was a sum; one way goes through "
        "ffn_backward and norm_backward, and is added to the other where forward was a fork; the same with "
        "multi_head_backward. Caches lead from left to right; gradients of parameters leave on the right."
    )
    return {"way_back.svg": page(980, 570, "A block and its way back", desc, [*caches(), *forth(), *back()])}
