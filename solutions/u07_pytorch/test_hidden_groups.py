"""Hidden tests of unit 7: a large batch in pieces."""

import math

import torch
from checks_pytorch import check, normal, sizes

from grader.testing import assert_close, exercise, fail, unpack

UNDIVIDED = "the sum over all tokens, not their mean: divided by nothing"
PIECES = "each piece is divided by its own number of tokens, and then by the number of pieces"
PIECES_SUMMED = "the means of the pieces are added up"
ALL_COUNT = "divided by the number of all tokens, the ignored ones included"
LAST_ONLY = "only the last piece is there: gradients are set to zero between the pieces"
NUMBER = "divided by the number of pieces, where the number of tokens that count belongs"
TENSOR = "the loss is a tensor, and may hold its whole graph: a plain number is asked for"
EMPTY = "0 / 0: a piece without a token that counts contributes 0"
DROPPED = "the pieces that are left in the end are dropped"
EACH = "an update after every piece, not after every k"
BY_K = "the last group is divided as if it were complete"
KEPT = "the gradient of the groups before is still there"
STALE = "each gradient is taken at the first W, not at the one of the last update"
UPHILL = "the step goes uphill"


def drawn_pieces(rng, lengths, V, D, *, device, empty=()):
    """Pieces of so many tokens, some of them ignored; those at `empty` have no other ones."""
    pieces = []
    for at, T in enumerate(lengths):
        targets = rng.integers(0, V, T)
        targets[: 1 + at % 2] = -100
        if at in empty:
            targets[:] = -100
        rng.shuffle(targets)
        pieces.append((normal(rng, T, D, device=device), torch.tensor(targets, device=device)))
    return pieces


def parts(W, pieces, reference):
    """For each piece the sum of its losses, the gradient of this sum, and how many tokens count."""
    found = []
    for x, targets in pieces:
        leaf = W.detach().clone().requires_grad_()
        loss = reference.token_losses(leaf, x, targets).sum()
        loss.backward()
        found.append((loss.item(), leaf.grad, int((targets != -100).sum())))
    return found


def combined(found, pieces, at):
    """Mistakes, for the loss (at = 0) or the gradient (at = 1)."""
    values, counts = [one[at] for one in found], [one[2] for one in found]
    total, N, k = sum(values), sum(counts), len(pieces)
    suspects = {
        UNDIVIDED: total,
        ALL_COUNT: total / sum(len(targets) for _, targets in pieces),
        LAST_ONLY: values[-1] / N,
        NUMBER: total / k,
    }
    if all(counts):
        means = [one / n for one, n in zip(values, counts, strict=True)]
        suspects |= {PIECES: sum(means) / k, PIECES_SUMMED: sum(means)}
        suspects["only the mean of the last piece is there"] = means[-1]
        suspects["the mean of the last piece, divided by the number of pieces"] = means[-1] / k
    return suspects


def check_group(student, reference, W, pieces):
    found = parts(W, pieces, reference)
    total, expected = reference.group_gradient(W, pieces)
    called = f"group_gradient(W, pieces) of {[n for *_, n in found]} tokens that count"
    loss, gradient = unpack(student.group_gradient(W, pieces), "(loss, gradient)")
    if type(loss) is torch.Tensor:
        fail("the loss is a tensor", called=called, yours=loss, expected=total, diagnosis=TENSOR)
    if type(loss) is float and math.isnan(loss) and not all(n for *_, n in found):
        fail("the loss is nan", called=called, yours=loss, expected=total, diagnosis=EMPTY)
    assert_close(loss, total, of="the loss", called=called, rtol=1e-11, suspects=combined(found, pieces, 0))
    if type(gradient) is torch.Tensor and gradient.isnan().any() and not all(n for *_, n in found):
        fail("the gradient is nan", called=called, yours=gradient, expected=expected, diagnosis=EMPTY)
    check(gradient, expected, "the gradient", called, lambda: combined(found, pieces, 1))


@exercise("u07.grad_accum", weight=2)
def test_pieces_of_drawn_lengths(student, rng, reference, device):
    """The pieces together give the loss and the gradient of one large batch, whatever their lengths."""
    for count in (3, 4):
        V, D, *lengths = sizes(rng, 2 + count, 3, 12)
        pieces = drawn_pieces(rng, lengths, V, D, device=device)
        check_group(student, reference, normal(rng, V, D, device=device), pieces)


@exercise("u07.grad_accum")
def test_piece_in_which_nothing_counts(student, rng, reference, device):
    """A piece whose tokens are all ignored adds nothing, and no nan either."""
    V, D, *lengths = sizes(rng, 5, 3, 10)
    pieces = drawn_pieces(rng, lengths, V, D, device=device, empty=[int(rng.integers(3))])
    check_group(student, reference, normal(rng, V, D, device=device), pieces)


def trained(W, pieces, k, lr, *, reference, mistake):
    """The list of W of somebody who makes this mistake."""
    history, old, first = [], 0.0, W
    if mistake == DROPPED:
        pieces = pieces[: len(pieces) // k * k]
    for start in range(0, len(pieces), 1 if mistake == EACH else k):
        group = pieces[start : start + (1 if mistake == EACH else k)]
        _, gradient = reference.group_gradient(first if mistake == STALE else W, group)
        gradient = gradient * (len(group) / k) if mistake == BY_K else gradient
        old = gradient + old if mistake == KEPT else gradient
        W = W - (-lr if mistake == UPHILL else lr) * old
        history.append(W)
    return history


@exercise("u07.grad_accum", weight=2)
def test_updates_after_groups(student, rng, reference, device):
    """Every group counts by itself: a fresh gradient at the newest W, the last group included."""
    for k, count in ((3, 7), (2, 5), (3, 6)):
        V, D = sizes(rng, 2)
        lengths = [int(T) for T in rng.integers(4, 9, count)]
        pieces, lr = drawn_pieces(rng, lengths, V, D, device=device), float(rng.uniform(0.5, 1.0))
        W = normal(rng, V, D, device=device)
        expected = reference.train_in_groups(W, pieces, k, lr)
        called = f"train_in_groups(W, {count} pieces, k={k}, lr={lr:.3f})"
        yours = student.train_in_groups(W, pieces, k, lr)
        if type(yours) is not list or len(yours) != len(expected):
            have = f"{len(yours)} of them" if type(yours) is list else yours
            dropped = type(yours) is list and len(yours) == count // k
            diagnosis = DROPPED if dropped else EACH if type(yours) is list and len(yours) == count else ""
            what = f"there are {len(expected)} updates"
            fail(what, called=called, yours=have, expected=f"{len(expected)} of them", diagnosis=diagnosis)
        for at, (mine, right) in enumerate(zip(yours, expected, strict=True)):

            def suspects(at=at, W=W, pieces=pieces, k=k, lr=lr):
                made = {
                    one: trained(W, pieces, k, lr, reference=reference, mistake=one)
                    for one in (BY_K, KEPT, STALE, UPHILL)
                }
                return {one: history[at] for one, history in made.items()}

            check(mine, right, f"W after update {at + 1}", called, suspects)
