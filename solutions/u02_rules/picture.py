"""The picture of the lesson, drawn with the standard library only: the product rule and the chain rule."""

WIDTH, HEIGHT = 960, 400

STYLE = """
  svg { font: 14px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
  .paper { fill: #ffffff; } text { fill: #1f2328; } .quiet { fill: #59636e; }
  .title { font-size: 17px; font-weight: 600; } .small { font-size: 12.5px; }
  .still { fill: #eaeef2; stroke: #818b98; }
  .corner { fill: #ffffff; stroke: #818b98; stroke-dasharray: 3 3; }
  .first { fill: #b6dcff; stroke: #0969da; } .second { fill: #ffd8b5; stroke: #bc4c00; }
  .text-first { fill: #0969da; } .text-second { fill: #bc4c00; }
  .axis { stroke: #818b98; } .fan { stroke: #d9dee3; fill: #f6f8fa; }
  .step { stroke: #1f2328; stroke-width: 5; } .bold { font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; } text { fill: #e6edf3; } .quiet { fill: #9da7b3; }
    .still { fill: #21262d; stroke: #6e7681; } .corner { fill: #0d1117; stroke: #6e7681; }
    .first { fill: #10355c; stroke: #58a6ff; } .second { fill: #54300f; stroke: #f0883e; }
    .text-first { fill: #58a6ff; } .text-second { fill: #f0883e; }
    .axis { stroke: #6e7681; } .fan { stroke: #30363d; fill: #161b22; } .step { stroke: #e6edf3; }
  }
"""


def text(words: str, x: float, y: float, name: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{name}" text-anchor="{anchor}">{words}</text>'


def rectangle(name: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def line(name: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{name}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def number(x: float) -> str:
    return f"{x:.4f}".rstrip("0").rstrip(".")


def product(w: float = 3.0, h: float = 0.75) -> list[str]:
    """Left: the area w (w - 1) grows by two strips and a corner, where w grows by h."""
    f, g, unit = w, w - 1, 72.0
    left, floor = 84.0, 330.0
    right, top = left + f * unit, floor - g * unit
    strip = h * unit
    parts = [
        text("Products: two strips", 44, 40, "title"),
        text(
            f"f = w = {number(f)} wide, g = w − 1 = {number(g)} high; w grows by h = {number(h)}",
            44,
            62,
            "quiet small",
        ),
        rectangle("still", left, top, f * unit, g * unit),
        rectangle("first", right, top, strip, g * unit),
        rectangle("second", left, top - strip, f * unit, strip),
        rectangle("corner", right, top - strip, strip, strip),
        text("f g", left + f * unit / 2, floor - g * unit / 2 - 4, "bold", "middle"),
        text(number(f * g), left + f * unit / 2, floor - g * unit / 2 + 16, "", "middle"),
        text("f moves: h f′ g", right + strip + 10, top + 70, "text-first bold"),
        text(f"{number(h)} · {number(g)} = {number(h * g)}", right + strip + 10, top + 92, "text-first"),
        text("g moves: f h g′", left + f * unit / 2, top - strip / 2 - 4, "text-second bold", "middle"),
        text(
            f"{number(f)} · {number(h)} = {number(f * h)}",
            left + f * unit / 2,
            top - strip / 2 + 16,
            "text-second",
            "middle",
        ),
        text(f"h · h = {number(h * h)}", right + strip + 10, top - strip / 2 - 4, "quiet"),
        text("gone as h → 0", right + strip + 10, top - strip / 2 + 14, "quiet small"),
        text("f", left + f * unit / 2, floor + 22, "", "middle"),
        text("g", left - 16, floor - g * unit / 2 + 5, "", "middle"),
    ]
    slope = f"slope: (h f′ g + f h g′) / h = {number(g)} + {number(f)} = {number(f + g)}"
    return [*parts, text(slope, 44, HEIGHT - 18, "quiet small")]


def chain(w: float = 3.0, h: float = 0.5) -> list[str]:
    """Right: a step h of w is 2 h at u = 2 w - 5, and 2 u times as long again at L = u**2."""
    u = 2 * w - 5
    inner, outer, unit, start = 2.0, 2 * u, 118.0, 656.0
    rows = (
        ("w", w, h, 118.0),
        ("u = 2 w − 5", u, h * inner, 212.0),
        ("L = u²", u * u, h * inner * outer, 306.0),
    )
    factors = (f"g′ = {number(inner)}", f"f′({number(u)}) = {number(outer)}")
    parts = [
        text("Chains: the stretches multiply", 540, 40, "title"),
        text("how long a step of w is, two functions later, along tangents", 540, 62, "quiet small"),
    ]
    for (_, _, above, y1), (_, _, below, y2), factor in zip(rows[:-1], rows[1:], factors, strict=True):
        ends = start + above * unit, start + below * unit
        parts.append(
            f'<path class="fan" d="M{start:.1f} {y1:.1f} L{ends[0]:.1f} {y1:.1f} '
            f'L{ends[1]:.1f} {y2:.1f} L{start:.1f} {y2:.1f} Z"/>'
        )
        parts.append(text(f"× {factor}", sum(ends) / 2 + 14, (y1 + y2) / 2 + 5, "text-first bold"))
    for name, value, step, y in rows:
        parts.append(line("axis", start - 14, y, start + 2.2 * unit, y))
        for k in range(5):
            x = start + k * unit / 2
            parts.append(line("axis", x, y, x, y + 6))
            parts.append(text(number(value + k / 2), x, y + 20, "quiet small", "middle"))
        parts.append(line("step", start, y, start + step * unit, y))
        parts.append(text(name, start - 22, y + 5, "bold", "end"))
        parts.append(text(f"step {number(step)}", start + step * unit / 2, y - 9, "small", "middle"))
    total = f"slope of L: {number(outer)} · {number(inner)} = {number(outer * inner)}"
    wrong = f"{total}; with f′ at w = {number(w)} it would be {number(2 * w * inner)}"
    return [*parts, text(wrong, 540, HEIGHT - 18, "quiet small")]


def draw() -> dict[str, str]:
    """Every picture of the unit: file name -> SVG."""
    title = "The product rule as an area, and the chain rule as two stretches"
    desc = (
        "Left: a rectangle, 3 wide and 2 high. Where both sides grow by h, the area gains a strip of h times "
        "2, a strip of 3 times h, and a small corner of h times h that does not count. Right: three number "
        "lines. A step of 0.5 at w = 3 is twice as long at u = 2 w - 5 = 1, and twice as long again at L = u "
        "squared: 4 times as long in all."
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="t d">\n<title id="t">{title}</title>\n<desc id="d">{desc}</desc>\n'
        f'<style>{STYLE}</style>\n<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="10"/>'
    )
    return {"rules.svg": "\n".join([head, *product(), *chain(), "</svg>\n"])}
