"""Public tests of unit 12: read them, run them with `pytest u12_train`. Hidden tests decide about points."""

import math

import pytest
import torch

from grader.testing import assert_close, assert_equal, exercise, fail, unpack

# Mistakes that the tests know by their numbers. A message names one only where two cases agree on it.
UNSHIFTED = "the model learns to say what it has just read: its inputs are taken for the targets"
ALL_COUNT = "padding counts: the mask is not used"
NESTED = "the gradients are nested as the parameters are: their names must be those of flatten"
NOT_CLIPPED = "the step is made with gradients that are not clipped"
ALL_DECAY = "all parameters decay, also gains and biases"
NEW_STATE = "the optimizer begins anew at each update: its state does not last"
LATE_LOSS = "the loss is measured after the update"
CLIPPED_NORM = "the norm is that after clipping"
NEXT_RATE = "the rate is that of the next update: schedule(i + 1)"
ONE_BATCH = "every update is made from the first batch"
LOST_STATE = "a run that goes on has forgotten the state it was handed"
TIMES_T = (
    "the logits are multiplied by the temperature, or the probabilities raised to it: a high one sharpens"
)
NO_EFFECT = "the temperature has no effect"
ALWAYS_BEST = "it is always the token of the largest logit: u is not used"
NO_TOP_K = "top_k is not used"
FIRST_M = "the model sees the first M tokens, where it should see the last M"
LAST_ONLY = "the model sees one token only, the last"
NO_STOP = "it does not stop"
STOP_DROPPED = "the token that stops is dropped: it is a part of the result"
NO_PROMPT = "the prompt is missing in the result"
BY_HEART = "what is said are the sentences themselves: nobody has asked the model"
OLD_GRADS = "the gradients of earlier updates are in there still: every update begins with new ones"
EQUAL_PARTS = "all parts count the same: one with more targets has to count more"
CLIP_LATE = "clipping comes after the step: it changes nothing that anybody still uses"
GROUP_BEFORE = "update i is made from the group before the one that is its own"
NO_COPY = "best is no copy: it holds the model's own tensors, and goes on changing with them"
LAST_BEST = "every loss is taken for the lowest so far: the lowest one is not remembered"
BROKEN = "this is the broken loop as it was"

CONFIG = {
    "heads": 3,
    "norm": "layer",
    "order": "pre",
    "activation": "gelu",
    "tied": False,
    "final_norm": True,
    "eps": 1e-5,
}


def numbers(values, device):
    return torch.tensor(values, dtype=torch.float64, device=device)


def table(start, *shape, device):
    """Weights that look drawn: multiples of 1/4 from -5/4 to 5/4."""
    count = torch.arange(torch.Size(shape).numel(), dtype=torch.float64, device=device)
    return (((count * 7 + start) % 11 - 5) / 4).reshape(shape)


def small_model(device):
    """V = 6 tokens, M = 5 positions, D = 6, F = 5, one block."""

    def made(start, *shape, by=2):
        return table(start, *shape, device=device) / by

    def norm(start):
        return {"gamma": 1 + made(start, 6, by=5), "beta": made(start + 1, 6, by=5)}

    attn = {f"w{name}": made(start, 6, 6) for start, name in enumerate("qkvo")}
    ffn = {"w1": made(2, 5, 6), "b1": made(5, 5, by=5), "w2": made(4, 6, 5), "b2": made(6, 6, by=5)}
    block = {"norm1": norm(1), "attn": attn, "norm2": norm(3), "ffn": ffn}
    ends = {"tok": made(3, 6, 6, by=1), "pos": made(8, 5, 6), "head": {"w": made(9, 6, 6)}}
    return {**ends, "blocks": [block], "final_norm": norm(5)}


def two_batches(device):
    """Two sentences each, of which one is padded with 0."""
    rows = (
        ([[1, 3, 4, 5], [1, 4, 0, 0]], [[3, 4, 5, 2], [4, 2, 0, 0]], [[1, 1, 1, 1], [1, 1, 0, 0]]),
        ([[4, 5, 0, 0], [3, 3, 1, 5]], [[5, 2, 0, 0], [3, 1, 5, 2]], [[1, 1, 0, 0], [1, 1, 1, 1]]),
    )
    return [
        tuple(
            torch.tensor(part, dtype=torch.bool if k == 2 else torch.int64, device=device)
            for k, part in enumerate(batch)
        )
        for batch in rows
    ]


# ---------------------------------------------------------------------------- training_step


@exercise("u12.training_step")
def test_loss_and_gradients_of_two_sentences(student, device):
    """The loss is 2.3377, and the gradients have the names of flatten: "head.w", "blocks.0.attn.wq"."""
    batch, called = two_batches(device)[0], "loss_and_grads(params, batch, config)"
    loss, grads = unpack(student.loss_and_grads(small_model(device), batch, CONFIG), "(loss, grads)")
    suspects = {UNSHIFTED: 3.420363125814329, ALL_COUNT: 2.292545214183736}
    assert_close(loss, 2.337656505462942, of="the loss", called=called, rtol=1e-9, suspects=suspects)
    if type(grads) is dict and "blocks" in grads:
        fail("the gradients have other names", called=called, yours=sorted(grads), diagnosis=NESTED)
    if type(grads) is not dict or len(grads) != 17:
        fail("the gradients are no dict of 17 names", called=called, yours=grads)
    expected = {
        "tok": -0.0485512110531651,
        "final_norm.gamma": 0.1290960085106594,
        "blocks.0.attn.wq": 0.01658865822605871,
    }
    found = {
        name: float(grads[name].flatten()[7 % grads[name].numel()]) for name in expected if name in grads
    }
    assert_close(found, expected, of="an entry of each", called=called, rtol=1e-9)


@exercise("u12.training_step", in_place=True)
def test_three_updates_of_a_small_model(student, device):
    """Three updates, clipped to the norm 0.5, take the loss of two sentences to 1.11; gains do not decay."""
    first, second = two_batches(device)
    params, state, losses, norms = small_model(device), {}, [], []
    called = "training_step, 3 updates, weight_decay = 0.2, max_norm = 0.5"
    gamma, w = params["final_norm"]["gamma"], params["head"]["w"]
    for batch, lr in ((first, 0.05), (first, 0.05), (second, 0.02)):
        loss, norm = unpack(
            student.training_step(params, batch, state, lr, CONFIG, weight_decay=0.2, max_norm=0.5),
            "(loss, norm)",
        )
        losses.append(loss)
        norms.append(norm)
    yours = {"losses": losses, "norms": norms, "entries": [float(w[1, 2]), float(gamma[3])]}

    def three(losses, norms, entries):
        return {"losses": losses, "norms": norms, "entries": entries}

    right = (
        [2.337656505463, 1.57930630087, 1.791389076809],
        [1.507561480806, 1.217111255491, 1.023472249068],
    )
    entries = [0.496616838253, 0.86153511073]
    suspects = {
        NOT_CLIPPED: three(
            [2.337656505463, 1.579306239641, 1.793824745782],
            [1.507561480806, 1.217111209821, 1.023488555987],
            [0.498407988756, 0.859831590387],
        ),
        ALL_DECAY: three(
            [2.337656505463, 1.576612348521, 1.79211162312],
            [1.507561480806, 1.200219781369, 1.010251549552],
            [0.496527769575, 0.839332627411],
        ),
        NEW_STATE: three(
            [2.337656505463, 1.57930630087, 1.728187024238],
            [1.507561480806, 1.217111255491, 1.035697444865],
            [0.491010272758, 0.96999927722],
        ),
        LATE_LOSS: three([1.57930630087, 1.108943271733, 1.712007421834], right[1], entries),
        CLIPPED_NORM: three(right[0], [0.5, 0.5, 0.5], entries),
    }
    assert_close(yours, three(*right, entries), of="results", called=called, rtol=1e-8, suspects=suspects)


# ---------------------------------------------------------------------------- train_loop


@exercise("u12.train_loop", in_place=True)
def test_one_update_and_then_two_more(student, device):
    """Updates 0, 1 and 2, in two runs with one state; before updates 0 and 2 another batch is measured."""
    params, batches, state, history = small_model(device), two_batches(device), {}, []
    for steps in (range(1), range(1, 3)):
        found = student.train_loop(
            params,
            batches,
            state,
            CONFIG,
            schedule=lambda i: (i + 1) / 100,
            steps=steps,
            eval_batch=two_batches(device)[1],
            eval_every=2,
        )
        if type(found) is not list:
            fail("the history is no list", called="train_loop", yours=found)
        history += found

    def rows(losses, norms, evals, rates=(0.01, 0.02, 0.03)):
        made = [
            {"step": i, "lr": rates[i], "loss": losses[i], "norm": norms[i], "eval": evals.get(i)}
            for i in range(3)
        ]
        return [{key: value for key, value in row.items() if value is not None} for row in made]

    expected = rows(
        [2.3376565055, 1.9358813148, 1.9169834549],
        [1.5075614808, 1.2275991281, 1.3832369581],
        {0: 1.9750790284, 2: 1.7632131575},
    )
    suspects = {
        NEXT_RATE: rows(
            [2.3376565055, 1.9043662673, 1.6457820406],
            [1.5075614808, 1.1841919607, 1.3247119211],
            {0: 1.9750790284, 2: 1.6746987227},
            (0.02, 0.03, 0.04),
        ),
        ONE_BATCH: rows(
            [2.3376565055, 2.1594626798, 1.8334891848],
            [1.5075614808, 1.3875714263, 1.3226493741],
            {0: 1.9750790284, 2: 1.8686752025},
        ),
        LOST_STATE: rows(
            [2.3376565055, 1.9358813148, 2.0468438465],
            [1.5075614808, 1.2275991281, 1.503927754],
            {0: 1.9750790284, 2: 1.6721098127},
        ),
    }
    called = "train_loop with range(1), and then with range(1, 3)"
    assert_close(history, expected, of="history", called=called, suspects=suspects)


# ---------------------------------------------------------------------------- sample


@exercise("u12.sample")
def test_four_tokens_on_a_line(student, device):
    """The probabilities .1, .2, .3, .4 lie side by side; temperature 1/2 squares them, 2 takes the roots."""
    logits = numbers([[0.1, 0.2, 0.3, 0.4]] * 4, device).log()
    u = numbers([0.05, 0.15, 0.35, 0.62], device)
    answers = {1.0: [0, 1, 2, 3], 0.5: [1, 1, 2, 3], 2.0: [0, 0, 1, 2]}
    for temperature, expected in answers.items():
        yours = student.sample(logits, u, temperature)
        suspects = {TIMES_T: answers[1 / temperature], NO_EFFECT: answers[1.0], ALWAYS_BEST: [3] * 4}
        assert_equal(
            yours,
            torch.tensor(expected, device=device),
            of="the tokens",
            called=f"sample(log of [.1, .2, .3, .4], [.05, .15, .35, .62], {temperature})",
            suspects={cause: torch.tensor(other, device=device) for cause, other in suspects.items()},
        )


@exercise("u12.sample")
def test_the_largest_two_and_the_largest(student, device):
    """top_k = 2 leaves the two largest logits, of equal ones the first; temperature 0 takes the largest."""
    logits, u = numbers([1.0, 3.0, 2.0, 3.0, 2.0], device), numbers([0.2, 0.45, 0.55, 0.99], device)
    for top_k, temperature, expected in ((2, 1.0, [1, 1, 3, 3]), (3, 2.0, [1, 2, 2, 3]), (None, 0, [1] * 4)):
        called = f"sample([1, 3, 2, 3, 2], [.2, .45, .55, .99], {temperature}, top_k={top_k})"
        yours = student.sample(logits.expand(4, 5).contiguous(), u, temperature, top_k)
        suspects = {
            NO_TOP_K: torch.tensor({2: [1, 2, 3, 4], 3: [1, 2, 2, 4]}.get(top_k, [4] * 4), device=device)
        }
        answer = torch.tensor(expected, device=device)
        assert_equal(yours, answer, of="the tokens", called=called, suspects=suspects)
    with pytest.raises(ValueError):
        student.sample(logits, u[0], -1.0)


# ---------------------------------------------------------------------------- generate


def counting_model(device):
    """After a token comes the next one, and after 4 comes 0. It has no blocks, and three positions."""
    eye = torch.eye(5, dtype=torch.float64, device=device)
    pos = torch.zeros(3, 5, dtype=torch.float64, device=device)
    params = {"tok": eye, "pos": pos, "blocks": [], "head": {"w": 3 * eye.roll(1, 0)}}
    return params, CONFIG | {"final_norm": False}


def check_tokens(yours, expected, called, suspects):
    for sentence, other in suspects.items():
        if type(yours) is list and yours == other != expected:
            fail("the tokens are wrong", called=called, yours=yours, expected=expected, diagnosis=sentence)
    assert_equal(yours, expected, of="the tokens", called=called)


@exercise("u12.generate")
def test_a_model_that_counts(student, device):
    """The model says 0, 1, 2, 3, 4, 0, ..., beyond its three positions, until it has said stop."""
    params, config = counting_model(device)
    for prompt, draws, stop, expected in (
        ([2], 6, None, [2, 3, 4, 0, 1, 2, 3]),
        ([3, 4, 0, 1], 6, 4, [3, 4, 0, 1, 2, 3, 4]),
    ):
        called = f"generate({prompt}, ..., {draws} draws, temperature=0, stop={stop})"
        yours = student.generate(prompt, params, config, [0.5] * draws, temperature=0, stop=stop)
        suspects = {
            NO_PROMPT: expected[len(prompt) :],
            STOP_DROPPED: expected[:-1],
            NO_STOP: [prompt[0], *((prompt[0] + n) % 5 for n in range(1, len(prompt) + draws))],
        }
        if stop is None:
            suspects = {NO_PROMPT: suspects[NO_PROMPT]}
        check_tokens(yours, expected, called, suspects)


@exercise("u12.generate")
def test_draws_of_a_small_model(student, device):
    """Every new token has a draw of its own, and the model sees the last five tokens, not the first five."""
    params, draws = small_model(device), [0.1, 0.7, 0.9, 0.35, 0.6, 0.8, 0.2]
    yours = student.generate([1, 3], params, CONFIG, draws, temperature=1.5, top_k=4)
    expected = [1, 3, 1, 3, 5, 2, 5, 4, 1]
    called = "generate([1, 3], ..., 7 draws, temperature=1.5, top_k=4)"
    suspects = {
        FIRST_M: [1, 3, 1, 3, 5, 2, 3, 4, 1],
        LAST_ONLY: [1, 3, 0, 4, 2, 0, 4, 2, 0],
        "temperature and top_k are not handed on to sample": [1, 3, 1, 4, 2, 0, 4, 2, 0],
        "every token is made with the first draw": [1, 3, 1, 1, 0, 0, 0, 0, 0],
        "the logits are those of the first position: what it says is about the second token": [
            1,
            3,
            0,
            4,
            5,
            3,
            2,
            5,
            1,
        ],
        "the model never sees what it has said itself: new tokens belong to what it reads": [
            1,
            3,
            1,
            2,
            2,
            1,
            2,
            2,
            1,
        ],
    }
    check_tokens(yours, expected, called, suspects)


# ---------------------------------------------------------------------------- overfit


@exercise("u12.overfit", in_place=True)
def test_two_sentences_by_heart(student, device):
    """After 25 updates the loss is below .01, and the model says both sentences."""
    sentences = [[1, 3, 4, 5, 2], [3, 4, 2]]
    called = f"overfit({sentences}, params, config, lr=0.05)"
    losses, said = unpack(student.overfit(sentences, small_model(device), CONFIG, lr=0.05), "(losses, said)")
    if type(losses) is not list or len(losses) < 2:
        fail("losses is no list of two or more", called=called, yours=losses)
    ends = {"the first": losses[0], "the second": losses[1], "how many": len(losses)}

    def known(first, second, count):
        return {"the first": first, "the second": second, "how many": count}

    suspects = {
        UNSHIFTED: known(3.5015647693604888, 2.1366705484765163, 23),
        ALL_COUNT: known(2.4554454516094704, 1.6488394900405123, 23),
        NEW_STATE: known(2.5524596167194136, 1.6201791221740083, 16),
    }
    expected = known(2.5524596167194136, 1.6201791221740083, 25)
    assert_close(ends, expected, of="losses", called=called, suspects=suspects)
    assert_close(losses[-1], 0.00817312766939155, of="the last loss", called=called, rtol=1e-5)
    assert_equal(said, sentences, of="what is said", called=called)


@exercise("u12.overfit", in_place=True)
def test_half_learned(student, device):
    """After 4 updates, with a loss below 1, the model does not yet know the end of the second sentence."""
    sentences, params = [[1, 3, 4, 5, 2], [3, 4, 2]], small_model(device)
    called = f"overfit({sentences}, params, config, lr=0.05, target=1.0)"
    yours = student.overfit(sentences, params, CONFIG, lr=0.05, target=1.0)
    losses, said = unpack(yours, "(losses, said)")
    expected = [2.5524596167194136, 1.6201791221740083, 1.1034745423698304, 0.8601957661092455]
    assert_close(losses, expected, of="losses", called=called)
    suspects = {BY_HEART: sentences}
    assert_equal(said, [[1, 3, 4, 5, 2], [3, 4, 5]], of="what is said", called=called, suspects=suspects)
    with pytest.raises(ValueError):
        student.overfit(sentences, small_model(device), CONFIG, lr=0.05, target=1.0, at_most=3)


# ---------------------------------------------------------------------------- broken_loop_hunt


def descent(params, grads, state, lr):
    """p - lr g, and a state that counts."""
    state["steps"] = state.get("steps", 0) + 1
    for name, g in grads.items():
        params[name].sub_(lr * state["steps"] * g)


@exercise("u12.broken_loop_hunt", in_place=True)
def test_two_targets_weigh_more_than_one(student, device):
    """A part with 3 targets and one with 1: the loss of the group is 2.5, its gradient 3.25, clipped to 3."""
    params = {"w": numbers([5.0], device)}
    parts = {"a": (2.0, numbers([3.0], device), 3), "b": (4.0, numbers([4.0], device), 1)}

    def evaluate(params, part):
        loss, g, count = parts[part]
        return loss, {"w": g.clone()}, count

    called = "fixed_loop, 1 update from a group of two parts"
    history, best = unpack(
        student.fixed_loop(
            params, [["a", "b"]], evaluate, descent, schedule=lambda i: 1.0, steps=1, max_norm=3.0
        ),
        "(history, best)",
    )
    yours = {"history": history, "w": params["w"].clone(), "best": best}

    def results(loss, w, best):
        return {"history": [loss], "w": numbers([w], device), "best": {"w": numbers([best], device)}}

    suspects = {
        EQUAL_PARTS: results(3.0, 2.0, 5.0),
        CLIP_LATE: results(2.5, 1.75, 5.0),
        NO_COPY: results(2.5, 2.0, 2.0),
        BROKEN: results(3.0, 1.5, 1.5),
    }
    assert_close(yours, results(2.5, 2.0, 5.0), of="results", called=called, suspects=suspects)


@exercise("u12.broken_loop_hunt", in_place=True)
def test_three_updates_one_after_the_other(student, device):
    """The losses of the groups are 1, 3, 2, all gradients 1, the rates 1, 2, 3; the state counts updates."""
    params, losses = {"w": numbers([0.0], device)}, (1.0, 3.0, 2.0)
    history, best = unpack(
        student.fixed_loop(
            params,
            [[0], [1], [2]],
            lambda params, part: (losses[part], {"w": numbers([1.0], device)}, 5),
            descent,
            schedule=lambda i: float(i + 1),
            steps=3,
            max_norm=100.0,
        ),
        "(history, best)",
    )
    yours = {"history": history, "w": params["w"].clone(), "best": best}

    def results(w, history=(1.0, 3.0, 2.0), best=0.0):
        return {"history": list(history), "w": numbers([w], device), "best": {"w": numbers([best], device)}}

    suspects = {
        OLD_GRADS: results(-36.0),
        NEW_STATE: results(-6.0),
        NEXT_RATE: results(-20.0),
        GROUP_BEFORE: results(-14.0, (2.0, 1.0, 3.0), -1.0),
        NO_COPY: results(-14.0, best=-14.0),
        LAST_BEST: results(-14.0, best=-5.0),
        BROKEN: results(-20.0, (2.0, 1.0, 3.0), -20.0),
    }
    called = "fixed_loop, 3 updates from groups of one part"
    assert_close(yours, results(-14.0), of="results", called=called, suspects=suspects)
