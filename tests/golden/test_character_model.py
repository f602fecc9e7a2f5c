"""The model that learns names character by character, twice: of tensors with the gradients of units 9 and 10,
and of single numbers, whose gradients come from the Value of unit 5. To rounding, they are one model."""

import json
import random
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from kata_golden import solution

torch = pytest.importorskip("torch")

HERE = Path(__file__).parent
END = 26  # begins and ends each name
HEADS, WIDTH = 4, 16
CONFIG = {"heads": HEADS, "norm": "rms", "order": "pre", "activation": "relu", "eps": 1e-5}
SHAPES = {
    "tok": (27, WIDTH),
    "pos": (16, WIDTH),
    "head": (27, WIDTH),
    "wq": (WIDTH, WIDTH),
    "wk": (WIDTH, WIDTH),
    "wv": (WIDTH, WIDTH),
    "wo": (WIDTH, WIDTH),
    "w1": (64, WIDTH),
    "w2": (WIDTH, 64),
}  # in the order in which they are drawn


@pytest.fixture(scope="module")
def characters() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((HERE / "character_model.json").read_text("utf-8"))
    return loaded


def drawn(names: int) -> dict[str, torch.Tensor]:
    source = random.Random(42)
    source.shuffle(list(range(names)))
    return {
        name: torch.tensor([[source.gauss(0, 0.08) for _ in range(n)] for _ in range(m)], dtype=torch.float64)
        for name, (m, n) in SHAPES.items()
    }


def letters(name: str) -> list[int]:
    return [END, *(ord(letter) - ord("a") for letter in name), END]


def by_hand(
    forward: ModuleType, backward: ModuleType, p: dict[str, torch.Tensor], name: str
) -> tuple[float, dict[str, torch.Tensor]]:
    """Loss and gradients: an RMS norm on the embeddings, one block, and no norm at the end."""
    tokens, targets, mask = forward.make_batch([letters(name)], pad=END)
    attn, ffn = {w: p[w] for w in ("wq", "wk", "wv", "wo")}, {w: p[w] for w in ("w1", "w2")}
    block = {"norm1": {}, "attn": attn, "norm2": {}, "ffn": ffn}
    x, at_embed = forward.embed(tokens, p["tok"], p["pos"])
    x, at_norm = forward.rms_norm(x)
    x, at_block = forward.block(x, block, CONFIG, forward.causal_mask(tokens))
    logits, at_head = forward.linear(x, p["head"])
    nll = -torch.log_softmax(logits, -1).gather(-1, targets[..., None])[..., 0]
    dlogits = backward.loss_backward((logits, targets, mask, None))
    dx, dhead, _ = backward.linear_backward(dlogits, at_head)
    dx, grads = backward.block_backward(dx, at_block, CONFIG)
    dx, _ = backward.rms_norm_backward(dx, at_norm)
    dtok, dpos = backward.embed_backward(dx, at_embed)
    found = {"tok": dtok, "pos": dpos, "head": dhead, **grads["attn"], **grads["ffn"]}
    return float(nll[mask].mean()), {name: found[name] for name in SHAPES}


def by_value(
    value: ModuleType, p: dict[str, torch.Tensor], name: str
) -> tuple[float, dict[str, torch.Tensor]]:
    """The same, one number at a time."""
    leaves = {key: [[value.Value(w) for w in row] for row in table.tolist()] for key, table in p.items()}
    tokens = letters(name)
    keys: list[list[Any]] = []
    values: list[list[Any]] = []
    losses = []
    for at, token in enumerate(tokens[:-1]):
        x = rms_norm([a + b for a, b in zip(leaves["tok"][token], leaves["pos"][at], strict=True)])
        h = rms_norm(x)
        q = linear(h, leaves["wq"])
        keys.append(linear(h, leaves["wk"]))
        values.append(linear(h, leaves["wv"]))
        heads = [attention(q, keys, values, head) for head in range(HEADS)]
        attended = linear([number for head in heads for number in head], leaves["wo"])
        x = [a + b for a, b in zip(attended, x, strict=True)]
        hidden = [number.relu() for number in linear(rms_norm(x), leaves["w1"])]
        x = [a + b for a, b in zip(linear(hidden, leaves["w2"]), x, strict=True)]
        losses.append(-softmax(linear(x, leaves["head"]))[tokens[at + 1]].log())
    loss = sum(losses) * (1 / len(losses))
    loss.backward()
    grads = {
        key: torch.tensor([[leaf.grad for leaf in row] for row in table], dtype=torch.float64)
        for key, table in leaves.items()
    }
    return loss.data, grads


def linear(x: list[Any], w: list[list[Any]]) -> list[Any]:
    return [sum(a * b for a, b in zip(row, x, strict=True)) for row in w]


def rms_norm(x: list[Any]) -> list[Any]:
    scale = (sum(number * number for number in x) / len(x) + 1e-5) ** -0.5
    return [number * scale for number in x]


def softmax(logits: list[Any]) -> list[Any]:
    largest = max(number.data for number in logits)
    powers = [(number - largest).exp() for number in logits]
    total = sum(powers)
    return [power / total for power in powers]


def attention(q: list[Any], keys: list[list[Any]], values: list[list[Any]], head: int) -> list[Any]:
    own = range(head * WIDTH // HEADS, (head + 1) * WIDTH // HEADS)
    weights = softmax([sum(q[i] * key[i] for i in own) / len(own) ** 0.5 for key in keys])
    return [sum(w * v[i] for w, v in zip(weights, values, strict=True)) for i in own]


def test_the_parameters_are_those_that_were_drawn(forward, characters):
    p = drawn(characters["names"])
    assert forward.count_parameters(p) == characters["parameters"] == 4192
    for key, row in zip(SHAPES, characters["first_rows"].values(), strict=True):
        assert p[key][0].tolist() == row


def test_single_numbers_and_tensors_give_one_model(forward, backward, characters):
    """Equal to rounding, not bit for bit: sums are taken in another order."""
    p, name = drawn(characters["names"]), characters["first_names"][0]
    loss, grads = by_hand(forward, backward, p, name)
    other_loss, other_grads = by_value(solution("u05_value/value.py"), p, name)
    assert loss == pytest.approx(characters["losses"][0], rel=0, abs=1e-12)
    assert other_loss == pytest.approx(loss, rel=0, abs=1e-12)
    for key, grad in grads.items():
        gap = float((grad - other_grads[key]).abs().max()) / float(grad.abs().max())
        assert gap < 1e-12, key


def test_the_first_ten_losses(forward, backward, characters):
    """Ten updates with unit 11's Adam, a name each, and a rate that falls on a line to 0 at update 1000."""
    optimizers = solution("u11_optimizers/optimizers.py")
    p, state, losses = drawn(characters["names"]), {}, []
    for update, name in enumerate(characters["first_names"]):
        loss, grads = by_hand(forward, backward, p, name)
        losses.append(loss)
        optimizers.adam_step(p, grads, state, 0.01 * (1 - update / 1000), betas=(0.85, 0.99), eps=1e-8)
    assert losses == pytest.approx(characters["losses"][:10], rel=0, abs=1e-10)
