"""Two models whose numbers are known, built from the layers of unit 9."""

import importlib.util
import json
import random
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

torch = pytest.importorskip("torch")

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SHAPES = {
    "wte": (27, 16),
    "wpe": (16, 16),
    "lm_head": (27, 16),
    "layer0.attn_wq": (16, 16),
    "layer0.attn_wk": (16, 16),
    "layer0.attn_wv": (16, 16),
    "layer0.attn_wo": (16, 16),
    "layer0.mlp_fc1": (64, 16),
    "layer0.mlp_fc2": (16, 64),
}  # in the order in which they are drawn


def module(path: Path) -> ModuleType:
    """A file as a module that nobody else sees."""
    spec = importlib.util.spec_from_file_location(f"golden_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture(scope="module")
def forward() -> ModuleType:
    return module(ROOT / "solutions/u09_forward/forward.py")


@pytest.fixture(scope="module")
def by_hand() -> ModuleType:
    return module(HERE / "by_hand.py")


@pytest.fixture(scope="module")
def characters() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((HERE / "character_model.json").read_text("utf-8"))
    return loaded


def test_the_loss_of_the_by_hand_model(forward, by_hand):
    p = by_hand.parameters()
    assert by_hand.loss(forward, p) == pytest.approx(1.8298677505438041, rel=0, abs=1e-12)
    assert forward.count_parameters(p) == 3456


def test_the_position_without_a_target_leaves_no_trace(forward, by_hand):
    """EOS is no input: another row for it, or for position 4, changes nothing."""
    p = by_hand.parameters()
    p["pos"][4] += 1
    p["tok"][2] -= 1
    assert by_hand.loss(forward, p) == by_hand.loss(forward, by_hand.parameters())


def drawn(names: int) -> dict[str, torch.Tensor]:
    """The character model's parameters: normal numbers of spread .08, drawn after a shuffle of its names."""
    source = random.Random(42)
    source.shuffle(list(range(names)))
    return {
        name: torch.tensor([[source.gauss(0, 0.08) for _ in range(n)] for _ in range(m)], dtype=torch.float64)
        for name, (m, n) in SHAPES.items()
    }


def test_the_character_model(forward, characters):
    """RMS norms without gain, on the embeddings too and not at the end; ReLU, no biases, an own head."""
    p = drawn(characters["names"])
    for name, row in characters["first_rows"].items():
        assert p[name][0].tolist() == row
    attn = {f"w{n}": p[f"layer0.attn_w{n}"] for n in "qkvo"}
    block = {"norm1": {}, "attn": attn, "norm2": {}}
    block["ffn"] = {"w1": p["layer0.mlp_fc1"], "w2": p["layer0.mlp_fc2"]}
    config = {"heads": 4, "norm": "rms", "order": "pre", "activation": "relu", "eps": 1e-5}
    assert forward.count_parameters([block, p["wte"], p["wpe"], p["lm_head"]]) == 4192
    end = 26  # it begins and ends each name
    name = [ord(letter) - ord("a") for letter in characters["first_name"]]
    tokens, targets, mask = forward.make_batch([[end, *name, end]], pad=end)
    x, _ = forward.embed(tokens, p["wte"], p["wpe"])
    x, _ = forward.rms_norm(x)
    x, _ = forward.block(x, block, config, forward.causal_mask(tokens))
    logits, _ = forward.linear(x, p["lm_head"])
    nll = -torch.log_softmax(logits, -1).gather(-1, targets[..., None])[..., 0]
    assert float(nll[mask].mean()) == pytest.approx(3.3659669475848504, rel=0, abs=1e-12)
    assert characters["losses"][0] == 3.3659669475848504
