"""The end of the course: a GPT made of nothing but your own functions reads a while, and then writes.

    python u12_train/capstone.py                  names of places, from the tz database (public domain)
    python u12_train/capstone.py --text python    prose: Python's own documentation (PSF licence)
    python u12_train/capstone.py --text my.txt    whatever you like, in UTF-8: a short name a line, or prose

Places and prose come with Python; on Windows the places need `python -m pip install tzdata`. It takes a
minute or two on a processor, and uses a GPU where torch finds one. Nothing here is graded: change what you
like.
"""

import argparse
import random
import sys
import time
import traceback
import zoneinfo
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

HERE = Path(__file__).resolve()
CONFIG = {
    "heads": 4,
    "norm": "layer",
    "order": "pre",
    "eps": 1e-5,
    "activation": "gelu_tanh",
    "tied": False,
    "final_norm": True,
}
LONGEST_NAME = 32  # characters; a text of longer lines is prose
WINDOW = 64  # characters of prose that the model sees at once
UPDATES = {"names": 300, "prose": 1000}
EDGE = 1  # the token before a name and after it; 0 fills rows up, and character i is token i + 2
BRAILLE = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # the dots of a sign, by row and column


class Problem(Exception):
    """Something that whoever started this can mend. Its text says what."""


def told(kind, error, trace):
    """Say in a line or two what went wrong, and where in your own files."""
    places = [(Path(frame.filename), frame.lineno, frame.name) for frame in traceback.extract_tb(trace)]
    if issubclass(kind, SyntaxError):
        places = [(Path(error.filename or ""), error.lineno, "")]
    yours = [place for place in places if place[0].parent.name[:1] == "u" and place[0].resolve() != HERE]
    if issubclass(kind, Problem | KeyboardInterrupt):
        print(f"\ncapstone: {str(error) or 'stopped'}", file=sys.stderr)
    elif not yours:
        sys.__excepthook__(kind, error, trace)
    else:
        file, number, name = yours[-1]
        what = f"`{name}` is still to do" if kind is NotImplementedError else f"{kind.__name__}: {error}"
        print(f"\ncapstone: {file.parent.name}/{file.name}:{number}: {what}", file=sys.stderr)
        print(f"  `pytest {file.parent.name}` says more.", file=sys.stderr)


sys.excepthook = told
sys.path.append(str(HERE.parents[1]))  # your units lie there

from u09_forward.forward import count_parameters, make_batch
from u11_optimizers.optimizers import warmup_cosine
from u12_train.train import generate, initial_params, overfit, train_loop

# ---------------------------------------------------------------------------- what is read


def places():
    """Names of cities and islands: the last parts of the names of time zones."""
    zones = [zone.split("/") for zone in zoneinfo.available_timezones()]
    names = {parts[-1].replace("_", " ") for parts in zones if len(parts) > 1 and parts[0] != "Etc"}
    names = sorted(name for name in names if name.replace(" ", "").isalpha() and not name.isupper())
    if not names:
        raise Problem("there is no tz database here: python -m pip install tzdata, or try --text python")
    return names


def documentation():
    """The paragraphs of Python's own documentation, without its tables and code."""
    from pydoc_data.topics import topics  # noqa: PLC0415  half a megabyte

    paragraphs = "\n\n".join(topics[name] for name in sorted(topics)).split("\n\n")
    prose = (text for text in paragraphs if text[:1].isalpha() and "***" not in text and "===" not in text)
    return ["".join(character for character in text if character.isascii()) for text in prose]


def read(source):
    """The lines of the text that was asked for, each with single spaces, without empty ones."""
    known = {"places": places, "python": documentation}
    try:
        given = known[source]() if source in known else Path(source).read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise Problem(f"{source} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise Problem(f"{source} is not UTF-8: {error.reason} at byte {error.start}") from None
    lines = [" ".join(text.split()) for text in given if text.strip()]
    if len(set(lines)) < 20 and len("".join(lines)) < 20 * WINDOW:
        raise Problem(f"{source} is too short to learn from: give 20 names, or {20 * WINDOW} characters")
    return lines


class Data:
    """A text as batches of sentences, one token for each character. A tenth of it is never learned.

    kind: "names", where each line is a sentence, or "prose", where sentences are windows of the text
    positions: rows that the table of positions needs    V: tokens
    """

    def __init__(self, lines, device, size=32, count=300):
        long = sum(len(text) > LONGEST_NAME for text in lines)
        self.kind = "names" if 20 * long <= len(lines) else "prose"
        self.chance = random.Random(0)
        if self.kind == "names":
            lines = [text for text in dict.fromkeys(lines) if len(text) <= LONGEST_NAME]
        self.lines = set(lines)
        self.characters = sum(map(len, lines))
        self.alphabet = sorted(set("".join(lines) if self.kind == "names" else "\n".join(lines)))
        self.V = len(self.alphabet) + 2
        self.positions = LONGEST_NAME + 1 if self.kind == "names" else WINDOW
        held, drawn = (self._names if self.kind == "names" else self._windows)(lines, size, count)
        self.held_out = make_batch(held, device=device)
        self.batches = [make_batch(sentences, device=device) for sentences in drawn]

    def _names(self, lines, size, count):
        sentences = [[EDGE, *self.tokens(text), EDGE] for text in self.chance.sample(lines, len(lines))]
        cut = max(len(sentences) // 10, 1)
        held, learned = sentences[:cut], sentences[cut:]
        return held, [self.chance.sample(learned, min(size, len(learned))) for _ in range(count)]

    def _windows(self, lines, size, count):
        tokens = self.tokens("\n".join(lines))
        cut = len(tokens) * 9 // 10
        held = [tokens[i : i + WINDOW + 1] for i in range(cut, len(tokens) - WINDOW, WINDOW)][:size]
        begins = [[self.chance.randrange(cut - WINDOW) for _ in range(size // 2)] for _ in range(count)]
        return held, [[tokens[i : i + WINDOW + 1] for i in batch] for batch in begins]

    def tokens(self, text):
        number = {character: i + 2 for i, character in enumerate(self.alphabet)}
        return [number[character] for character in text]

    def text(self, tokens):
        return "".join(self.alphabet[token - 2] for token in tokens if token > EDGE)

    def samples(self, params, temperature):
        """What the model writes, as lines: ten names, or a piece of prose."""
        chance = random.Random(1)
        begin, stop = ([EDGE], EDGE) if self.kind == "names" else (self.tokens("\n"), None)
        for _ in range(10 if self.kind == "names" else 1):
            draws = [chance.random() for _ in range(LONGEST_NAME if stop else 4 * WINDOW)]
            said = generate(begin, params, CONFIG, draws, temperature=temperature, stop=stop)
            yield from self.text(said).strip("\n").split("\n")


# ---------------------------------------------------------------------------- what is shown


def say(console, label, text):
    console.print(f"{label:<10} {text}", markup=False, soft_wrap=True)


def curve(console, points, width=60, height=6):
    """A line through points (x, y), in dots of braille, or of stars where the screen has no braille."""
    wide, high = (2, 4) if (console.encoding or "").lower().startswith("utf") else (1, 1)
    signs = [[0] * width for _ in range(height)]
    (left, right), (low, top) = ((min(axis), max(axis)) for axis in zip(*points, strict=True))
    ends = iter(points)
    (x0, y0), (x1, y1) = next(ends), next(ends)
    for column in range(width * wide):
        x = left + (right - left) * column / (width * wide - 1)
        while x > x1:
            (x0, y0), (x1, y1) = (x1, y1), next(ends)
        y = y0 + (y1 - y0) * (x - x0) / (x1 - x0)
        row = round((top - y) / ((top - low) or 1) * (height * high - 1))
        signs[row // high][column // wide] |= BRAILLE[row % high][column % wide]
    for number, line in enumerate(signs):
        label = {0: f"{top:.2f}", height - 1: f"{low:.2f}"}.get(number, "")
        drawn = "".join(chr(0x2800 + sign) if high > 1 else "*" if sign else " " for sign in line)
        say(console, f"{label:>10}", drawn)


def show_loss(console, history):
    smooth = [(i, sum(row["loss"] for row in history[i : i + 10]) / 10) for i in range(len(history) - 9)]
    say(console, "\nloss", f"of the updates, ten at a time: {smooth[0][1]:.3f} -> {smooth[-1][1]:.3f}")
    curve(console, smooth)
    held = [(row["step"], row["eval"]) for row in history if "eval" in row]
    best = min(held, key=lambda point: point[1])
    lowest = f"lowest {best[1]:.3f} before update {best[0]}"
    say(
        console,
        "\nheld out",
        f"loss of what is never learned: {held[0][1]:.3f} -> {held[-1][1]:.3f}, {lowest}",
    )
    curve(console, held)


def show_samples(console, label, data, params, temperature):
    lines = list(data.samples(params, temperature))
    known = sum(line in data.lines for line in lines)
    say(console, f"\n{label}", f"{known} of {len(lines)} stand in the text" if data.kind == "names" else "")
    for line in lines:
        console.print(f"           {line}", markup=False)


# ---------------------------------------------------------------------------- the run


def on(device, tree, dtype):
    """The same dicts and lists, with their tensors on a device."""
    if isinstance(tree, dict):
        return {name: on(device, part, dtype) for name, part in tree.items()}
    if isinstance(tree, list):
        return [on(device, part, dtype) for part in tree]
    return tree.to(device, dtype)


def by_heart(console, device):
    """Learn one sentence until the loss is below 0.01, and say it greedily: the first thing to try."""
    words = ["PAD", "EDGE", "I", "like", "transformers"]
    params = on(device, initial_params(len(words), 4, 16, 64, 1), torch.float64)
    losses, said = overfit([[EDGE, 2, 3, 4, EDGE]], params, CONFIG | {"heads": 2})
    sentence = " ".join(words[token] for token in said[0][1:-1])
    if sentence != "I like transformers":
        raise Problem(f'the loss is {losses[-1]:.4f}, and it says "{sentence}": run `pytest u12_train`')
    loss = f"{losses[0]:.4f} -> {losses[-1]:.4f} in {len(losses)} updates"
    say(console, "by heart", f'"{sentence}", loss {loss}')


def train(console, data, params, updates):
    """All updates, ten at a time, with a bar. Returns the history of train_loop."""
    columns = (TextColumn("training"), BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    state, history = {}, []
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=updates)
        for first in range(0, updates, 10):
            history += train_loop(
                params,
                data.batches,
                state,
                CONFIG,
                schedule=lambda i: warmup_cosine(i, 3e-3, 3e-4, updates // 20, updates),
                steps=range(first, min(first + 10, updates)),
                weight_decay=0.1,
                eval_batch=data.held_out,
                eval_every=max(updates // 60, 1),
            )
            loss = history[-1]["loss"]
            if not loss < 1e6:
                raise Problem(f"the loss is {loss} after {len(history)} updates: run `pytest`")
            bar.update(task, completed=len(history), description=f"loss {loss:.3f}")
    return history


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--text", default="places", help="places, python, or a file; default: places")
    parser.add_argument("--updates", type=int, help="how many; default: 300 for names, 1000 for prose")
    parser.add_argument("--temperature", type=float, default=0.8, help="of what it writes; default: 0.8")
    parser.add_argument("--device", help="cpu or cuda; default: a GPU where there is one")
    asked = parser.parse_args()
    if asked.updates is not None and asked.updates < 20:
        parser.error("--updates: 20 or more")
    device = torch.device(asked.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    console = Console(highlight=False)
    lines = read(asked.text)
    by_heart(console, device)
    data = Data(lines, device)
    what = f"{len(data.lines)} names" if data.kind == "names" else f"{data.characters} characters of prose"
    say(console, "text", f"{asked.text}: {what}, {len(data.alphabet)} different characters")
    params = on(device, initial_params(data.V, data.positions, 64, 256, 2), torch.float32)
    updates = asked.updates or UPDATES[data.kind]
    say(console, "model", f"2 blocks, {count_parameters(params)} numbers, on {device}; {updates} updates")
    show_samples(console, "before", data, params, asked.temperature)
    began = time.monotonic()
    history = train(console, data, params, updates)
    seconds = time.monotonic() - began
    show_loss(console, history)
    show_samples(console, f"after {seconds:.0f} s", data, params, asked.temperature)


if __name__ == "__main__":
    main()
