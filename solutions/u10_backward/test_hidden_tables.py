"""Hidden tests of unit 10: the head, and the tables of tokens and positions."""

from functools import partial

import torch
from checks_backward import F32, F64, ask, check, check_names, check_part, forward, rows, upstream
from checks_forward import drawn_tokens, fine, normal, sizes

from grader.testing import exercise, unpack


def embed_suspects(dout, tokens, V, M, dtok):
    """Mistakes in the two tables."""
    (T, D), flat, at = dout.shape[-2:], rows(dout), tokens.flatten()
    here = dout.new_zeros(V, D).index_add(0, at, flat)
    last = dout.new_zeros(V, D)
    for row, one in zip(at.tolist(), flat, strict=True):
        last[row] = one
    used = torch.bincount(at, minlength=V).clamp(min=1)[:, None]
    no_pad = here.clone()
    no_pad[0] = 0
    head = 0 if dtok is None else dtok

    def padded(rows):
        return torch.cat((rows, rows.new_zeros(M - T, D)))

    tok = {
        "a row that several tokens use is assigned, where it is added to: the last one wins": last + head,
        "a row that several tokens use gets the mean, where it gets their sum": here / used + head,
        "row 0 is taken for padding and set to 0: this function cannot know": no_pad + head,
        "the mean over the sentences, where their sum belongs": here / len(tokens) + head,
    }
    if dtok is not None:
        tok["what came through the tied head is missing: the table is used twice"] = here
        tok["only what came through the tied head is there: the table is used twice"] = dtok
        tok["the two paths of a tied table are averaged, where they are added"] = (here + dtok) / 2
        tok["what came through the tied head is assigned over by the rows that tokens use"] = torch.where(
            here != 0, here, dtok
        )
    pos = {
        "the positions' rows are averaged over the sentences, where these are added": padded(dout.mean(0)),
        "the positions' rows come from the last sentence alone": padded(dout[-1]),
        "the positions' rows come from the first sentence alone": padded(dout[0]),
        "rows of pos are counted from the end": padded(dout.sum(0)).roll(M - T, 0),
    }
    by_token = dout.new_zeros(max(V, M), D).index_add(0, at, flat)[:M]
    pos["the rows of pos are chosen by the tokens, not by their positions"] = by_token
    return {"dtok": tok, "dpos": pos}


def check_embed(student, reference, rng, tokens, *, V, M, D, dtok=None, dtype=F64):
    dout = normal(rng, *tokens.shape, D, device=tokens.device, dtype=dtype)
    arguments = (dout, (tokens, V, M)) + (() if dtok is None else (dtok,))
    yours, expected, called = ask(student, reference, "embed_backward", *arguments)
    called += f", V = {V}, M = {M}" + (", dtok" if dtok is not None else "")
    suspects = partial(embed_suspects, dout, tokens, V, M, dtok)
    check(yours, expected, "dtok, dpos", called, suspects)


@exercise("u10.embedding_head_backward", weight=2, in_place=True)
def test_back_into_drawn_tables(student, rng, reference, device):
    """Tokens that occur often add up, and so do the sentences at each position; unused rows stay 0."""
    for spare in (2, 0):
        B, T, D, more = sizes(rng, 4)
        V = T + more
        tokens = drawn_tokens(rng, V, B, T, device=device)
        check_embed(student, reference, rng, tokens, V=V, M=T + spare, D=D)
    many = torch.tensor(rng.integers(0, 90, (7, 41)), device=device)
    check_embed(student, reference, rng, many, V=97, M=43, D=37)
    check_embed(student, reference, rng, many[:3, :5], V=97, M=7, D=5, dtype=F32)


@exercise("u10.embedding_head_backward", weight=2, in_place=True)
def test_back_into_a_tied_table(student, rng, reference, device):
    """A tied table has gradients from both ends of the model, and they are added."""
    for spare in (0, 3):
        B, T, D, more = sizes(rng, 4)
        V = T + more
        tokens, dtok = drawn_tokens(rng, V, B, T, device=device), normal(rng, V, D, device=device)
        check_embed(student, reference, rng, tokens, V=V, M=T + spare, D=D, dtok=dtok)


def check_head(student, reference, rng, *, device, tied, bias, dtype=F64):
    B, T, D, V = sizes(rng, 4)
    x, w = (normal(rng, *shape, device=device, dtype=dtype) for shape in ((B, T, D), (V, D)))
    b = normal(rng, V, device=device, dtype=dtype) if bias else None
    out, cache = forward.linear(x, w, b)
    dout = upstream(rng, out)
    yours, expected, called = ask(student, reference, "head_backward", dout, cache, tied)
    called = called.replace("dout", "dlogits").replace("cache)", f"cache, {tied})")
    dx, grads = unpack(yours, "(dx, grads)")
    check_names(grads, expected[1], "grads", called)
    if tied:
        wanted = {"grads['tok']": (grads["tok"], expected[1]["tok"])}
    else:
        check_names(grads["head"], expected[1]["head"], "grads['head']", called)
        wanted = {f"grads['head'][{k!r}]": (grads["head"].get(k), expected[1]["head"][k]) for k in "wb"}
    for of, (mine, right) in {"dx": (dx, expected[0]), **wanted}.items():
        if right is not None and not fine(mine, right, 1e-12 if dtype == F64 else 3e-5):
            check_part(mine, right, of, called, upstream=dout)


@exercise("u10.embedding_head_backward", in_place=True)
def test_back_through_heads_of_both_kinds(student, rng, reference, device):
    """The gradient of a tied head belongs to tok, and that of another to head, with a bias or without."""
    for tied, bias, dtype in ((True, False, F64), (False, True, F64), (False, False, F32)):
        check_head(student, reference, rng, device=device, tied=tied, bias=bias, dtype=dtype)
