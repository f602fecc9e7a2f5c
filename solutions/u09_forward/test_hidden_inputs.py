"""Hidden tests of unit 9: batches and embeddings."""

from functools import partial

import torch
from checks_forward import (
    F32,
    F64,
    check,
    check_cache,
    check_unchanged,
    copied,
    drawn_tokens,
    layer,
    normal,
    refuses,
    sizes,
)

from grader.testing import assert_equal, exercise, fail, unpack

UNSHIFTED = "the targets are not shifted: each is the token that stands at its own position"
TWO_AHEAD = "the targets are two tokens ahead, not one"
BACKWARDS = "shifted the wrong way: each target is the token before, not the one after"
FILLED_0 = "pad is not used: the places behind a sentence are filled with 0"
MINUS = "the places behind a sentence hold -100, where pad belongs"
LAST_READ = "the last token of a short sentence is among the inputs, where it has no target"
IN_FRONT = "the padding stands in front of a sentence, not behind it"
BY_TOKEN = "the mask is read off the tokens: a target that is the padding token by right does not count"
ALL_TRUE = "padding counts: the mask is True everywhere"
OF_INPUTS = "the mask counts the tokens of a sentence, and it has one target less"
INVERTED = "the mask is inverted"


def sentences_of(rng, count, pad, V=9):
    """Sentences of different lengths; each holds the padding token once, and some other twice."""
    lengths = rng.permutation(range(3, 3 + count)).tolist()
    made = [rng.choice([t for t in range(V) if t != pad], n).tolist() for n in lengths]
    for sentence in made:
        sentence[-1 if len(sentence) % 2 else 1] = pad
    return made


def batch_suspects(sentences, pad, device):
    """Mistakes in inputs, targets and mask: {part: {mistake: value}}."""
    T = max(map(len, sentences)) - 1

    def filled(rows, filler=pad, front=False):
        gaps = [[filler] * (T - len(row)) for row in rows]
        rows = [gap + row if front else row + gap for row, gap in zip(rows, gaps, strict=True)]
        return torch.tensor(rows, device=device)

    inputs, targets = [s[:-1] for s in sentences], [s[1:] for s in sentences]
    counts, at = torch.tensor([[len(row)] for row in targets], device=device), torch.arange(T, device=device)
    shared = [
        {FILLED_0: filled(rows, 0), MINUS: filled(rows, -100), IN_FRONT: filled(rows, front=True)}
        for rows in (inputs, targets)
    ]
    return {
        "inputs": shared[0] | {LAST_READ: filled([s[:T] for s in sentences])},
        "targets": shared[1]
        | {
            UNSHIFTED: filled(inputs),
            TWO_AHEAD: filled([row[1:] for row in targets]),
            BACKWARDS: filled([[pad, *row[:-1]] for row in inputs]),
        },
        "mask": {
            BY_TOKEN: filled(targets) != pad,
            ALL_TRUE: at < counts + T,
            OF_INPUTS: at < counts + 1,
            INVERTED: at >= counts,
        },
    }


def check_batch(student, reference, sentences, device, **pad):
    kept, called = copied(sentences), f"make_batch({sentences}{''.join(f', pad={p}' for p in pad.values())})"
    yours = unpack(student.make_batch(sentences, device=str(device), **pad), "(inputs, targets, mask)")
    check_unchanged(called, sentences, kept)
    expected = reference.make_batch(kept, device=str(device), **pad)
    suspects = batch_suspects(kept, pad.get("pad", 0), device)
    for name, mine, other in zip(("inputs", "targets", "mask"), yours, expected, strict=True):
        assert_equal(mine, other, of=name, called=called, suspects=suspects[name])
        if mine.device != other.device:
            fail(f"{name} is on another device", called=called, yours=str(mine.device))


@exercise("u09.make_batch", weight=2, in_place=True)
def test_batches_of_drawn_sentences(student, rng, reference, device):
    """Each target is the token after its input; behind a sentence stands pad, and the mask is False."""
    for count, pad in ((3, 5), (5, 7), (4, 0)):
        check_batch(student, reference, sentences_of(rng, count, pad), device, pad=pad)


@exercise("u09.make_batch", in_place=True)
def test_padding_that_sentences_have_too(student, rng, reference, device):
    """GPT-2 pads with its end-of-text token: it is a target like any other, once, at the end of a text."""
    sentences = [[*rng.integers(1, 9, n).tolist(), 2] for n in (5, 3, 2)]
    check_batch(student, reference, sentences, device, pad=2)


@exercise("u09.make_batch", in_place=True)
def test_batches_that_are_full_or_short(student, rng, reference, device):
    """Sentences of one length need no padding, a sentence alone is a batch, and two tokens are a sentence."""
    check_batch(student, reference, rng.integers(1, 9, (3, 5)).tolist(), device)
    check_batch(student, reference, [rng.integers(1, 9, 7).tolist()], device, pad=3)
    check_batch(student, reference, [rng.integers(1, 9, n).tolist() for n in (2, 4)], device, pad=1)


@exercise("u09.make_batch", in_place=True)
def test_padding_is_zero_by_default(student, rng, reference, device):
    """Without pad the places behind a sentence hold 0."""
    check_batch(student, reference, sentences_of(rng, 3, 0), device)


# ---------------------------------------------------------------------------- embed


def embed_suspects(tokens, tok, pos):
    T, found = tokens.shape[-1], {}
    x, at = tok[tokens], pos[:T]
    found["the positions are missing: a token is the same wherever it stands"] = x
    found["the row of pos is chosen by the token, not by its position"] = x + pos[tokens % len(pos)]
    if len(pos) > T:
        found["positions are counted from 1"] = x + pos[1 : T + 1]
        found["the last rows of pos are taken, where its first belong"] = x + pos[-T:]
    found["the row of pos is chosen by the sentence, not by the position"] = x + pos[: len(x), None]
    found["multiplied by the position's row, where it is added"] = x * at
    found["the token's row is scaled by the root of D"] = x * tok.shape[-1] ** 0.5 + at
    found["the positions run backwards"] = x + at.flip(0)
    return found


@exercise("u09.embed", weight=2, in_place=True)
def test_sums_of_two_rows(student, rng, reference, device):
    """Each token's row of tok plus its position's row of pos; a token that stands twice has two sums."""
    for dtype in (F64, F64, F32):
        B, T, D, V = sizes(rng, 4)
        V += 5
        tokens = drawn_tokens(rng, V, B, T, device=device)
        tok = normal(rng, V, D, device=device, dtype=dtype)
        pos = normal(rng, V + 3, D, device=device, dtype=dtype)
        before, called = copied([tokens, tok, pos]), f"embed(tokens, tok, pos) with tokens of shape {(B, T)}"
        out, _ = layer(student.embed(tokens, tok, pos))
        check_unchanged(called, [tokens, tok, pos], before)
        expected, _ = reference.embed(*before)
        check(out, expected, called=called, suspects=partial(embed_suspects, *before))


@exercise("u09.embed")
def test_positions_up_to_the_last(student, rng, reference, device):
    """M positions are allowed, M + 1 raise ValueError."""
    for T in (5, 7):
        V, D = T + 4, T - 2
        tok, pos = normal(rng, V, D, device=device), normal(rng, T, D, device=device)
        tokens = drawn_tokens(rng, V, 3, T, device=device)
        called = f"embed(tokens, tok, pos) with {T} positions and {T} rows in pos"
        out, _ = layer(student.embed(tokens, tok, pos))
        check(out, reference.embed(tokens, tok, pos)[0], called=called)
        for more in (1, 3):
            longer = drawn_tokens(rng, V, 3, T + more, device=device)
            refuses(
                lambda longer=longer, tok=tok, pos=pos: student.embed(longer, tok, pos),
                f"embed(tokens, tok, pos) with {T + more} positions and {T} rows in pos",
                "more positions than pos has rows are accepted",
            )


@exercise("u09.embed")
def test_cache_of_embed(student, rng, reference, device):
    """The way back needs the tokens and the sizes of the two tables."""
    B, T, D, V = sizes(rng, 4)
    tokens = drawn_tokens(rng, V + 4, B, T, device=device)
    arguments = tokens, normal(rng, V + 4, D, device=device), normal(rng, T + 9, D, device=device)
    called = f"embed(tokens, tok, pos) with tokens of shape {(B, T)}"
    out, cache = layer(student.embed(*arguments))
    expected, other = reference.embed(*arguments)
    check(out, expected, called=called, suspects=partial(embed_suspects, *arguments))
    swapped, (_, V, M) = "V and M are swapped", other
    check_cache(cache, other, called, suspects={"cache[1]": {swapped: M}, "cache[2]": {swapped: V}})
