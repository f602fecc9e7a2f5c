"""The picture of the lesson, drawn with the standard library only.

Its numbers are those of a run of `overfit`, written down here; the test of the lesson computes them again.
"""

import math
from collections.abc import Iterable

LOSSES = (  # before each update: one sentence, D = 16, lr = 0.01
    *(1.7350, 1.5270, 1.3881, 1.2632, 1.1423, 1.0243, 0.9068, 0.7966, 0.6936, 0.5961, 0.5064, 0.4262),
    *(0.3550, 0.2933, 0.2402, 0.1963, 0.1599, 0.1300, 0.1061, 0.0869, 0.0715, 0.0591, 0.0492, 0.0412),
    *(0.0348, 0.0296, 0.0254, 0.0220, 0.0191, 0.0168, 0.0149, 0.0132, 0.0119, 0.0107, 0.0097),
)
SAID = {  # update -> what is sampled after BOS before it, with u = .2, .4, .6, .8
    0: "BOS EOS I like",
    5: "BOS I like transformers",
    10: "EOS like transformers I",
    15: "I like transformers EOS",
    34: "I like transformers EOS",
}
RIGHT = "I like transformers EOS"
WIDTH, HEIGHT = 960, 430
LEFT, TOP, WIDE, HIGH = 70.0, 76.0, 560.0, 290.0  # the panel of the curve
HIGHEST, LOWEST = 3.0, 0.006
WORDS = 668.0  # where the column of sentences begins

STYLE = """
  svg { font: 14px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
  .paper { fill: #ffffff; } text { fill: #1f2328; } .quiet { fill: #59636e; }
  .title { font-size: 17px; font-weight: 600; } .small { font-size: 12.5px; }
  .grid { stroke: #d9dee3; } .axis { stroke: #818b98; } .goal { stroke: #59636e; stroke-dasharray: 5 4; }
  .run { stroke: #0969da; stroke-width: 2.2; stroke-linejoin: round; }
  .dot { fill: #0969da; } .yes { fill: #1a7f37; font-weight: 600; } .no { fill: #bc4c00; font-weight: 600; }
  path { fill: none; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; } text { fill: #e6edf3; } .quiet { fill: #9da7b3; }
    .grid { stroke: #262c36; } .axis { stroke: #6e7681; } .goal { stroke: #9da7b3; }
    .run { stroke: #58a6ff; } .dot { fill: #58a6ff; } .yes { fill: #3fb950; } .no { fill: #f0883e; }
  }
"""
Point = tuple[float, float]


def place(update: float, loss: float) -> Point:
    """Where they lie in the panel; the losses on a logarithmic scale."""
    depth = math.log(HIGHEST / loss) / math.log(HIGHEST / LOWEST)
    return LEFT + WIDE * update / (len(LOSSES) - 1), TOP + HIGH * depth


def line(name: str, points: Iterable[Point]) -> str:
    return f'<path class="{name}" d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in points)}"/>'


def text(words: str, at: Point, name: str = "", anchor: str = "start") -> str:
    return f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" class="{name}" text-anchor="{anchor}">{words}</text>'


def curve() -> list[str]:
    """The losses over the updates."""
    parts, last = [], len(LOSSES) - 1
    for loss in (1.0, 0.1):
        parts.append(line("grid", [place(0, loss), place(last, loss)]))
        parts.append(text(f"{loss:g}", (LEFT - 10, place(0, loss)[1] + 4), "small", "end"))
    for name, loss in (("ln 6", math.log(6)), ("0.01", 0.01)):
        parts.append(line("goal", [place(0, loss), place(last, loss)]))
        parts.append(text(name, (LEFT - 10, place(0, loss)[1] + 4), "small quiet", "end"))
    x, y = place(last, math.log(6))
    parts.append(text("a model that knows nothing", (x, y - 7), "small quiet", "end"))
    parts.append(line("axis", [(LEFT, TOP + HIGH), (LEFT + WIDE, TOP + HIGH)]))
    for update in (0, 5, 10, 15, 20, 25, 30, 34):
        x = place(update, 1)[0]
        parts.append(text(str(update), (x, TOP + HIGH + 20), "small", "middle"))
    parts.append(text("updates made", (LEFT + WIDE / 2, TOP + HIGH + 42), "small quiet", "middle"))
    parts.append(line("run", [place(i, loss) for i, loss in enumerate(LOSSES)]))
    for update in SAID:
        x, y = place(update, LOSSES[update])
        parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>')
    return parts


def sentences() -> list[str]:
    """What the model says at each dot."""
    parts = [text("said after BOS, with u = .2, .4, .6, .8", (WORDS, TOP - 22), "small quiet")]
    for k, (update, words) in enumerate(SAID.items()):
        y = TOP + 14 + 60 * k
        name = "yes" if words == RIGHT else "no"
        parts.append(text(f"after {update} updates, loss {LOSSES[update]:.4f}", (WORDS, y), "small quiet"))
        parts.append(text(words, (WORDS, y + 20), name))
    return parts


def draw() -> dict[str, str]:
    """Every picture of the unit: file name -> SVG."""
    title = "One sentence, learned by heart"
    desc = (
        "Left: the loss of one sentence over 34 updates, on a logarithmic scale. It begins a little below "
        "ln 6, the loss of a model that knows nothing, and falls steadily to below 0.01. Right: what the "
        "model says at five moments, always with the same random numbers. At first the words are in no "
        "order, then in nearly the right one, and after 15 updates it says: I like transformers."
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="t d">\n<title id="t">{title}</title>\n<desc id="d">{desc}</desc>\n'
        f'<style>{STYLE}</style>\n<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="10"/>'
    )
    parts = [text(title, (24, 34), "title"), text("loss", (LEFT - 46, TOP - 22), "small quiet")]
    return {"overfit.svg": "\n".join([head, *parts, *curve(), *sentences(), "</svg>\n"])}
