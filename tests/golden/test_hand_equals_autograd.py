"""The whole model of units 9 and 10, backward by hand: every gradient is that of autograd, to 1e-10."""

from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from kata_golden import module

torch = pytest.importorskip("torch")

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
B, T, D, H, F, V, M = 3, 5, 6, 2, 7, 9, 8


@pytest.fixture
def backward() -> ModuleType:
    return module(ROOT / "solutions/u10_backward/backward.py")


@pytest.fixture(scope="module")
def recorder() -> ModuleType:
    return module(HERE / "recorder.py")


def drawn(gen: Any, *shape: int, spread: float = 0.5, mean: float = 0.0) -> Any:
    return mean + spread * torch.randn(*shape, generator=gen, dtype=torch.float64)


def norm_of(gen: Any, kind: str) -> dict[str, Any]:
    if kind == "plain":
        return {}
    p = {"gamma": drawn(gen, D, mean=1.0)}
    return p if kind == "rms" else {**p, "beta": drawn(gen, D)}


def block_of(gen: Any, kind: str, biases: bool) -> dict[str, Any]:
    attn = {name: drawn(gen, D, D) for name in ("wq", "wk", "wv", "wo")}
    ffn = {"w1": drawn(gen, F, D), "w2": drawn(gen, D, F)}
    if biases:
        attn |= {name: drawn(gen, D) for name in ("bq", "bk", "bv", "bo")}
        ffn |= {"b1": drawn(gen, F), "b2": drawn(gen, D)}
    return {"norm1": norm_of(gen, kind), "attn": attn, "norm2": norm_of(gen, kind), "ffn": ffn}


def model(
    seed: int, order: str, norm: str, activation: str, *, tied: bool, biases: bool, final: bool, layers: int
) -> tuple[tuple[Any, ...], dict[str, Any], dict[str, Any]]:
    """(tokens, targets, mask), params, config. Three lengths of sentences; token 3 repeats, 8 is not used."""
    gen = torch.Generator().manual_seed(seed)
    params: dict[str, Any] = {"tok": drawn(gen, V, D), "pos": drawn(gen, M, D)}
    params["blocks"] = [block_of(gen, norm, biases) for _ in range(layers)]
    if final:
        params["final_norm"] = norm_of(gen, norm)
    if not tied:
        params["head"] = {"w": drawn(gen, V, D)} | ({"b": drawn(gen, V)} if biases else {})
    config = {"heads": H, "norm": "layer" if norm == "layer" else "rms", "order": order, "eps": 1e-5}
    config |= {"activation": activation, "tied": tied, "final_norm": final}
    tokens = torch.tensor([[1, 3, 4, 3, 5], [1, 3, 6, 0, 0], [1, 7, 0, 0, 0]])
    targets = torch.tensor([[3, 4, 3, 5, 2], [3, 6, 2, 0, 0], [7, 2, 0, 0, 0]])
    return (tokens, targets, targets != 0), params, config


@pytest.mark.parametrize("norm", ["layer", "rms", "plain"])
@pytest.mark.parametrize("order", ["pre", "post"])
def test_every_gradient_is_that_of_autograd(forward, backward, recorder, order, norm):
    """In all configurations, at each layer's end and for each parameter. "plain": RMS norms without gain."""
    flags = product(("gelu", "gelu_tanh", "relu"), (True, False), (True, False), (True, False), (1, 2))
    for seed, (activation, tied, biases, final, layers) in enumerate(flags):
        kinds = {"tied": tied, "biases": biases, "final": final, "layers": layers}
        batch, params, config = model(seed, order, norm, activation, **kinds)
        errors = recorder.compare(forward, backward, batch, params, config)
        assert recorder.first_wrong(errors) == "", (order, norm, activation, kinds)
        assert len([name for name, _ in errors if "[" in name]) == layers * 14 + final + 2


def test_three_blocks(forward, backward, recorder):
    kinds = {"tied": True, "biases": True, "final": True, "layers": 3}
    assert (
        recorder.first_wrong(recorder.compare(forward, backward, *model(7, "pre", "layer", "gelu", **kinds)))
        == ""
    )


def first_wrong_with(forward, backward, recorder, name, other):
    """The first wrong gradient where one function of the way back is another."""
    setattr(backward, name, other)
    kinds = {"tied": False, "biases": True, "final": True, "layers": 2}
    errors = recorder.compare(forward, backward, *model(5, "pre", "layer", "gelu_tanh", **kinds))
    return recorder.first_wrong(errors)


def test_a_wrong_norm_is_found_where_it_stands(forward, backward, recorder):
    """gamma outside the brackets: what the final norm hands to the last block is the first wrong gradient."""

    def wrong(dout, cache):
        xhat, inv_std, gamma = cache
        dx = dout - dout.mean(-1, keepdim=True) - xhat * (dout * xhat).mean(-1, keepdim=True)
        return gamma * inv_std * dx, (dout * xhat).sum((0, 1)), dout.sum((0, 1))

    found = first_wrong_with(forward, backward, recorder, "layer_norm_backward", wrong)
    assert found == "block[1]"


def test_a_wrong_activation_is_found_where_it_stands(forward, backward, recorder):
    """The other GELU's slope, in the last block: the linear layer in front of it hears it first."""
    right = backward.activation_backward
    found = first_wrong_with(
        forward, backward, recorder, "activation_backward", lambda d, cache: right(d, (cache[0], "gelu"))
    )
    assert found == "block[1]/ffn[0]/linear[0]"


def test_a_wrong_softmax_is_found_where_it_stands(forward, backward, recorder):
    """No sum: the first wrong one is that of the queries, at the end of the first linear layer."""
    found = first_wrong_with(forward, backward, recorder, "softmax_backward", lambda d, p: d * p)
    assert found == "block[1]/multi_head[0]/linear[0]"


def test_a_missing_path_is_found_where_it_stands(forward, backward, recorder):
    """Without the path around the feed-forward layer, what reaches attention is wrong."""

    def wrong(dout, cache, config):
        _, cache_norm1, cache_attn, cache_norm2, cache_ffn = cache
        path, ffn = backward.ffn_backward(dout, cache_ffn)
        dx, norm2 = backward.norm_backward(path, cache_norm2, config)
        path, attn = backward.multi_head_backward(dx, cache_attn)
        path, norm1 = backward.norm_backward(path, cache_norm1, config)
        return dx + path, {"norm1": norm1, "attn": attn, "norm2": norm2, "ffn": ffn}

    found = first_wrong_with(forward, backward, recorder, "block_backward", wrong)
    assert found == "block[1]/multi_head[0]"


def test_a_wrong_sum_is_found_in_the_parameter(forward, backward, recorder):
    """Where every end is right and only a bias is averaged, the parameter has the name."""
    right = backward.linear_backward

    def wrong(dout, cache):
        dx, dw, db = right(dout, cache)
        return dx, dw, None if db is None else db / dout[..., 0].numel()

    assert first_wrong_with(forward, backward, recorder, "linear_backward", wrong) == "blocks.0.attn.bq"
