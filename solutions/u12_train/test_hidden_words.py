"""Hidden tests of unit 12: sampling, generation, and a sentence by heart."""

import math
from functools import partial

import numpy as np
import pytest
import torch
from checks_forward import F32, copied, normal, sizes
from checks_models import flat
from checks_train import (
    HEARTS,
    SAMPLES,
    WORDS,
    judge,
    mistaken_heart,
    mistaken_sample,
    mistaken_words,
    model,
    same_tensors,
)

from grader.testing import assert_equal, exercise, fail, unpack

NEGATIVE = "a temperature below 0 is not refused"
IMPOSSIBLE = "a token was drawn that has the probability 0"
NEVER_ENDS = "a run that does not reach the target ends without ValueError"
EQUAL_ENDS = "a loss that is equal to the target ends the run, and it is not below it"
CONFIG = {
    "heads": 3,
    "norm": "layer",
    "order": "pre",
    "activation": "gelu",
    "tied": False,
    "final_norm": True,
    "eps": 1e-5,
}


def check_tokens(sides, logits, u, temperature, top_k=None):
    student, reference = sides
    called = f"sample(logits{list(logits.shape)}, u, {temperature:.3g}, {top_k})"
    expected = reference.sample(logits, u, temperature, top_k)
    yours = student.sample(logits, u, temperature, top_k)
    suspects = {}
    if type(yours) is not torch.Tensor or not torch.equal(yours, expected):
        for sentence, how in SAMPLES.items():
            suspects[sentence] = mistaken_sample(logits, u, temperature, top_k, how)
    suspects = {s: v for s, v in suspects.items() if not torch.equal(v, expected)}
    assert_equal(yours, expected, of="the tokens", called=called, suspects=suspects)


def uniform(rng, *shape, device):
    return torch.tensor(rng.uniform(size=shape), device=device)


@exercise("u12.sample", weight=2)
def test_tokens_for_drawn_numbers(student, rng, reference, device):
    """Rows of logits and a number for each row, at temperatures below and above 1, with top_k and without."""
    for kept in (False, True):
        for temperature in (float(rng.uniform(0.3, 0.7)), float(rng.uniform(1.5, 3.0))):
            A, B, V = sizes(rng, 3, low=5, high=12)
            logits = normal(rng, A, B, V, device=device, spread=1.5)
            u = uniform(rng, A, B, device=device)
            check_tokens((student, reference), logits, u, temperature, V // 2 if kept else None)


@exercise("u12.sample")
def test_frequencies_of_many_tokens(student, rng, reference, device):
    """20,000 tokens are spread as the softmax says: chi-squared is below what chance gives once in 10^6."""
    V, N, temperature = int(rng.integers(5, 9)), 20_000, float(rng.uniform(0.4, 0.6))
    logits, u = 2 * uniform(rng, V, device=device), uniform(rng, N, device=device)
    called = f"sample(logits[{N}, {V}], u[{N}], {temperature:.3g})"
    rows = logits.expand(N, V).contiguous()
    yours = student.sample(rows, u, temperature)
    if type(yours) is not torch.Tensor or yours.dtype != torch.int64 or yours.shape != (N,):
        fail("the result is no int64[20000]", called=called, yours=yours)
    inside = bool(((yours >= 0) & (yours < V)).all())
    counts = torch.bincount(yours[(yours >= 0) & (yours < V)], minlength=V).to(logits.dtype)

    def chi_squared(p):
        return float(((counts - N * p).square() / (N * p)).sum())

    limit = {5: 33.4, 6: 35.9, 7: 38.3, 8: 40.6}[V]
    expected = torch.softmax(logits / temperature, -1)
    if inside and chi_squared(expected) < limit:
        again = student.sample(rows[:100], u[:100], temperature)
        assert_equal(again, yours[:100], of="what the same numbers give again", called=called)
        return
    causes = [
        sentence
        for sentence, how in SAMPLES.items()
        if torch.equal(mistaken_sample(rows, u, temperature, None, how), yours)
    ]
    fail(
        "the tokens are not as frequent as they are probable",
        called=called,
        yours=counts / N,
        expected=expected,
        diagnosis=causes[0] if causes else "",
    )


@exercise("u12.sample")
def test_corners_of_the_line(student, rng, reference, device):
    """Equal and large logits, -inf, u = 0, temperature 0, top_k above V; and no token is impossible."""
    A, V = sizes(rng, 2, low=5, high=9)
    logits, u = normal(rng, A, V, device=device).round(), uniform(rng, A, device=device)
    logits[:, 0], logits[:, -1] = -math.inf, -math.inf
    check_tokens((student, reference), logits, u, 1.3, 2)
    check_tokens((student, reference), logits, u, 0)
    check_tokens((student, reference), logits, u, 0.0, 3)
    check_tokens((student, reference), logits, torch.zeros_like(u), 0.7)
    check_tokens((student, reference), 1000 * logits, u, 0.5, V + 3)
    check_tokens((student, reference), logits[0], u[0], 2.0)
    many = normal(rng, 30, 50, device=device).round()
    check_tokens((student, reference), many, uniform(rng, 30, device=device), 1.3, 8)
    long = normal(rng, 40, 700, device=device, dtype=F32)
    long[:, 600:] = -math.inf
    last = torch.full((40,), 1 - 2.0**-24, dtype=F32, device=device)
    for temperature in (0.9, 1.7, 3.1):  # the sums end a little below 1 in some rows, and above it in others
        yours = student.sample(long, last, temperature)
        if type(yours) is not torch.Tensor or not bool((yours < 600).all()):
            called = f"sample(logits[40, 700], u just below 1, {temperature})"
            fail("some tokens are impossible", called=called, yours=yours, diagnosis=IMPOSSIBLE)
    with pytest.raises(ValueError):
        student.sample(logits, u, -0.5)


# ---------------------------------------------------------------------------- generate


def check_words(sides, prompt, model, draws, **options):
    (student, reference), (params, config) = sides, model
    shown = ", ".join(f"{k}={v if type(v) is int else f'{v:.3g}'}" for k, v in options.items())
    called = f"generate({prompt}, ..., {len(draws)} draws, {shown}), {len(params['pos'])} positions"
    before = list(prompt)
    expected = reference.generate(prompt, params, config, draws, **options)
    yours = student.generate(prompt, params, config, draws, **options)
    suspects = {}
    if type(yours) is list and yours != expected:
        for sentence, how in WORDS.items():
            other = mistaken_words(reference, how)(before, params, config, draws, **options)
            if other != expected:
                suspects[sentence] = other
    known = [sentence for sentence, other in suspects.items() if other == yours]
    if known:  # the number of tokens may be wrong too: that is not what is the matter
        fail("the tokens are wrong", called=called, yours=yours, expected=expected, diagnosis=known[0])
    assert_equal(yours, expected, of="the tokens", called=called)


@exercise("u12.generate", weight=2)
def test_more_tokens_than_positions(student, rng, reference, device):
    """The prompt and what comes after it are longer than pos: the model sees the last M tokens only."""
    for _ in range(2):
        params, config, _ = model(rng, device=device)
        M, V = len(params["pos"]), len(params["tok"])
        prompt = rng.integers(0, V, 3).tolist()
        draws = rng.uniform(size=M + 3).tolist()
        check_words((student, reference), prompt, (params, config), draws, temperature=1.7, top_k=V - 2)


@exercise("u12.generate")
def test_the_token_that_stops(student, rng, reference, device):
    """The first new token that is stop is the last one. The prompt may have it; its number may be large."""
    small, other = (model(rng, device=device)[:2] for _ in range(2))
    large = moved(reference.initial_params(700, 7, 6, 5, 1, spread=0.5), device), CONFIG
    for prompt_has_it, (params, config) in ((True, small), (False, other), (False, large)):
        V = len(params["tok"])
        stop, *wish = (V - 1 - rng.permutation(min(V, 400))[:6]).tolist()
        prompt = [stop, wish[0]] if prompt_has_it else [wish[0], wish[1]]
        draws, tokens = [], list(prompt)
        for token in (*wish[2:], stop, wish[3]):  # numbers that make the model say just this
            seen = torch.tensor([tokens[-len(params["pos"]) :]], device=device)
            logits = reference.gpt(seen, params, config)[0][0, -1]
            reached = torch.softmax(logits / 3.0, -1).cumsum(-1)
            below = reached[token - 1] if token else 0.0
            draws.append(float((reached[token] + below) / 2))
            tokens.append(token)
        check_words((student, reference), prompt, (params, config), draws, temperature=3.0, stop=stop)


# ---------------------------------------------------------------------------- overfit


def learner(rng, reference, device):
    """Parameters of a small model, its configuration and three sentences, whose ends are padded."""
    seed, V = int(rng.integers(1, 10**6)), int(rng.integers(9, 12))
    params = reference.initial_params(V, 7, 6, 5, 1, spread=0.5, seed=seed)
    for p in flat(params).values():
        if p.ndim == 1:
            p.add_(torch.tensor(rng.normal(0, 0.2, len(p))))
    params = moved(params, device)
    tokens = rng.permutation(np.arange(1, V)).tolist()
    sentences = [tokens[:6], [tokens[6], *tokens[2:4]], [tokens[7], tokens[0], tokens[5], tokens[2]]]
    return sentences, params, CONFIG


def moved(part, device):
    if isinstance(part, dict):
        return {key: moved(value, device) for key, value in part.items()}
    return [moved(value, device) for value in part] if isinstance(part, list) else part.to(device)


def learned(function, case, called="", **options):
    """{"losses", "what is said", "params"}"""
    sentences, params, config = case
    params = copied(params)
    own = flat(params)
    losses, said = unpack(function(sentences, params, config, **options), "(losses, said)")
    same_tensors(params, own, called)
    return {"losses": losses, "what is said": said, "params": own}


def check_heart(student, reference, rng, device, exact=False, **options):
    case = learner(rng, reference, device)
    called = f"overfit({case[0]}, params, config, {', '.join(f'{k}={v}' for k, v in options.items())})"
    expected = learned(reference.overfit, case, **options)
    count = len(expected["losses"])
    yours = learned(student.overfit, case, called, **({"at_most": count} if exact else {}), **options)
    mistakes = {
        sentence: partial(learned, mistaken_heart(reference, how), case, at_most=60, **options)
        for sentence, how in HEARTS.items()
    }
    judge(yours, expected, called=called, mistakes=mistakes)
    return case, count


@exercise("u12.overfit", weight=2, in_place=True)
def test_sentences_that_are_half_learned(student, rng, reference, device):
    """With a loss that is below the target, but not low, the model says what it has learned so far."""
    check_heart(student, reference, rng, device, lr=0.03, target=1.4)
    check_heart(student, reference, rng, device, exact=True, lr=0.03, target=1.0)


@exercise("u12.overfit", in_place=True)
def test_sentences_by_heart(student, rng, reference, device):
    """Below .01 the model says every sentence; one update less is not enough, and nan never is."""
    (sentences, params, config), count = check_heart(student, reference, rng, device, lr=0.06)
    called = "overfit with fewer updates than it needs"
    broken = copied(params) | {"tok": params["tok"] * math.nan}
    for start, few in ((copied(params), count - 1), (broken, 2)):
        try:
            yours = student.overfit(sentences, start, config, lr=0.06, at_most=few)
        except ValueError:
            continue
        fail("no ValueError", called=called, yours=yours, expected="ValueError", diagnosis=NEVER_ENDS)
    assert count > 2


@exercise("u12.overfit", in_place=True)
def test_a_target_that_is_just_met(student, rng, reference, device):
    """The target is the first loss itself: no loss is below it before update 2."""
    case = learner(rng, reference, device)
    case[1]["head"]["w"].zero_()  # equal logits: the first loss is the same in every run, to the last bit
    called = "overfit with its own first loss as the target"

    def losses(function):
        first = learned(function, case, called, lr=0.03, target=100.0)["losses"]
        if type(first) is not list or len(first) != 1:
            fail("losses is no list of one", called="overfit(..., target=100.0)", yours=first)
        return {"losses": learned(function, case, called, lr=0.03, target=first[0])["losses"]}

    expected = losses(reference.overfit)
    mistakes = {EQUAL_ENDS: lambda: {"losses": expected["losses"][:1]}}
    judge(losses(student.overfit), expected, called=called, mistakes=mistakes)
