"""The numbers of the lessons: every one that can be computed is computed here from the reference."""

import importlib.util
import math
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from grader.course.load import load_course

ROOT = Path(__file__).parents[1]
SLOPES = ROOT / "exercises/u01_slopes/README.md"
VALUE = ROOT / "exercises/u05_value/README.md"


def solution(name: str) -> ModuleType:
    """A file of the solutions as a module that nobody else sees."""
    path = ROOT / "solutions" / name
    spec = importlib.util.spec_from_file_location(f"lesson_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table(text: str, first_header: str) -> list[dict[str, str]]:
    """The rows of the Markdown table whose first column has this header, header -> cell."""
    lines = text.splitlines()
    start = next(n for n, line in enumerate(lines) if re.match(rf"\|\s*{first_header}\s*\|", line))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return [dict(zip(rows[0], row, strict=True)) for row in rows[2:]]


@pytest.fixture(scope="module")
def slopes() -> ModuleType:
    return solution("u01_slopes/slopes.py")


@pytest.fixture(scope="module")
def lesson() -> str:
    return SLOPES.read_text(encoding="utf-8")


@pytest.mark.parametrize("unit", load_course(ROOT).units, ids=lambda unit: unit.id)
def test_minutes_and_difficulty_are_those_of_the_course(unit):
    text = load_course(ROOT).lesson(unit).read_text(encoding="utf-8")
    said = {
        row["exercise"].strip("`"): (int(row["minutes"]), int(row["difficulty"]))
        for row in table(text, "exercise")
    }
    assert said == {e.name: (e.minutes, e.difficulty) for e in unit.exercises}


def test_the_worked_example_of_unit_1(slopes, lesson):
    def loss(w):
        return (2 * w - 5) ** 2

    x, h = 3, 0.001
    forward = slopes.forward_difference(loss, x, h)
    expected = {
        "L(3)": loss(3),
        "L(3.001)": loss(3.001),
        "L(2.999)": loss(2.999),
        "forward difference": forward,
        "backward difference": slopes.forward_difference(loss, x, -h),
        "central difference": slopes.central_difference(loss, x, h),
        "true slope": 8 * x - 20,
    }
    said = {row["quantity"]: float(row["value"]) for row in table(lesson, "quantity")}
    assert said == pytest.approx(expected, abs=1e-9)
    assert forward - 4 == pytest.approx(h * 8 / 2, abs=1e-9)  # the loss has the second derivative 8


def test_the_errors_of_the_sine_in_unit_1(slopes, lesson):
    """The sine is rightly rounded: another machine's differs in just the digits that these errors are."""
    sine, single = (getattr(solution("u01_slopes/picture.py"), name) for name in ("sine", "single"))
    true = math.cos(1)

    def measured(row):
        h = float(row["h"])
        return {
            "forward, float64": slopes.forward_difference(sine, 1.0, h),
            "central, float64": slopes.central_difference(sine, 1.0, h),
            "central, float32": slopes.central_difference(
                lambda x: np.float32(single(sine(float(x)))), np.float32(1), np.float32(h)
            ),
        }

    rows = table(lesson, "h")
    assert len(rows) == 10
    for row in rows:
        for column, slope in measured(row).items():
            assert row[column].strip("*") == f"{abs(float(slope) - true):.1e}", (row["h"], column)
    for column in ("forward, float64", "central, float64"):
        errors = {float(row[column].strip("*")): row[column] for row in rows}
        assert [cell for cell in errors.values() if "*" in cell] == [errors[min(errors)]]
    assert f"{true:.6f}" in lesson


def test_the_constants_of_unit_1(lesson):
    assert f"2⁻⁵² = {2**-52:.1e}" in lesson
    assert "2⁻²³ = 1.2e-7" in lesson
    assert f"{2**-23:.1e}" == "1.2e-07"
    assert "3,456 weights" in lesson
    assert f"{2 * 3456:,} forward" in lesson.replace("\n", " ")


SENTENCE = np.array(
    [
        [0.1785, 0.2007, 0.1759, 0.1254, 0.1563, 0.1632],
        [0.1836, 0.1969, 0.1805, 0.1233, 0.1500, 0.1657],
        [0.1795, 0.2050, 0.1782, 0.1207, 0.1437, 0.1728],
        [0.1855, 0.2017, 0.1771, 0.1271, 0.1391, 0.1695],
    ]
)  # the by-hand book's probabilities, as it prints them; the targets are "I like transformers" and EOS


@pytest.fixture(scope="module")
def softmax() -> ModuleType:
    pytest.importorskip("torch")
    return solution("u08_softmax/softmax.py")


@pytest.fixture(scope="module")
def softmax_lesson() -> str:
    return (ROOT / "exercises/u08_softmax/README.md").read_text(encoding="utf-8")


def test_the_six_logits_of_unit_8(softmax, softmax_lesson):
    torch = pytest.importorskip("torch")
    rows = table(softmax_lesson, "token")
    z = torch.tensor([float(row["z"]) for row in rows], dtype=torch.float64)
    target = [row["y"] for row in rows].index("1")
    shifted, p = z - z.max(), softmax.softmax(z)
    gradient = softmax.cross_entropy_gradient(z[None], torch.tensor([target]))[0]
    for k, row in enumerate(rows):
        assert row["z − m"] == f"{shifted[k]:.1f}"
        assert row["exp(z − m)"] == f"{shifted[k].exp():.4f}"
        assert row["p"] == f"{p[k]:.4f}"
        assert row["p − y"] == f"{gradient[k]:.4f}"
    total, lse = shifted.exp().sum(), softmax.logsumexp(z)
    nll = softmax.cross_entropy(z[None], torch.tensor([target]))
    assert f"sum to {total:.4f}, so lse = 0.2 + ln {total:.4f} = {lse:.4f}" in softmax_lesson
    assert f"nll = {lse:.4f} + 0.8 = {nll:.4f}" in softmax_lesson
    picture = solution("u08_softmax/picture.py")
    assert (list(picture.LOGITS), picture.TARGET) == (z.tolist(), target)


def test_the_four_positions_of_unit_8(softmax, softmax_lesson):
    torch = pytest.importorskip("torch")
    names, targets = ["PAD", "BOS", "EOS", "I", "like", "transformers"], [3, 4, 5, 2]
    rows = table(softmax_lesson, "position")
    assert [names.index(row["target"]) for row in rows] == targets
    p = SENTENCE[range(4), targets]
    nll = -np.log(p)
    gradient = softmax.cross_entropy_gradient(torch.tensor(SENTENCE).log(), torch.tensor(targets))
    printed = p - 1  # by the book: the gradient of the sum
    for k, row in enumerate(rows):
        assert (row["p_t"], row["nll"]) == (f"{p[k]:.4f}", f"{nll[k]:.4f}")
        assert float(row["gradient at the target"]) == pytest.approx(printed[k] / 4, abs=5.1e-5)
        assert float(row["gradient at the target"]) == pytest.approx(float(gradient[k, targets[k]]), abs=6e-5)
        assert f"{printed[k]:.4f}".replace("-", "−") in softmax_lesson
    assert f"{nll.mean():.6f}" == "1.865007"
    assert "1.865007" in softmax_lesson
    assert np.mean([2.0763, 1.8969, 1.7557, 1.7310]) == pytest.approx(1.864983, abs=5e-5)
    assert (
        f"mean, {nll.mean():.4f}, the perplexity e^{nll.mean():.4f} = {math.exp(nll.mean()):.3f}"
        in softmax_lesson
    )
    assert f"{1 - SENTENCE[2].sum():.4f}" == "0.0001"


def test_the_constants_of_unit_8(softmax, softmax_lesson):
    torch = pytest.importorskip("torch")
    for V in (6, 27):
        assert f"ln {V} = {softmax.baseline_loss(V):.4f}" in softmax_lesson
    for dtype, limit in ((torch.float64, 710), (torch.float32, 89)):
        assert f"z = {limit} in {str(dtype).removeprefix('torch.')}" in softmax_lesson
        low, high = torch.tensor([limit - 1.0, limit], dtype=dtype).exp()
        assert (bool(low.isfinite()), bool(high.isinf())) == (True, True)
    assert "lse − 746" in softmax_lesson
    assert (math.exp(-745), math.exp(-746)) == (5e-324, 0)
    assert "−20.7" in softmax_lesson
    assert f"{math.log(1e-9):.1f}" == "-20.7"


@pytest.fixture(scope="module")
def value() -> ModuleType:
    return solution("u05_value/value.py")


@pytest.fixture(scope="module")
def value_lesson() -> str:
    return VALUE.read_text(encoding="utf-8")


def graph_of_unit_5(value, a=2, b=3):
    """The nodes of the worked example, by name; y is their root."""
    nodes = {"a": value.Value(a), "b": value.Value(b)}
    nodes["p"] = nodes["a"] * nodes["b"]
    nodes["q"] = nodes["p"] + nodes["a"]
    nodes["y"] = nodes["q"] * nodes["p"]
    return nodes


def test_the_worked_example_of_unit_5(value, value_lesson):
    nodes = graph_of_unit_5(value)
    nodes["y"].backward()
    rows = table(value_lesson, "node")
    assert [row["node"] for row in rows] == ["y", "q", "p", "a", "b"]
    for row in rows:
        node = nodes[row["node"]]
        assert (float(row["data"]), float(row["grad"])) == (node.data, node.grad)
        term = next(header for header in row if header.startswith("gradient"))
        terms = [[float(factor) for factor in part.split("·")] for part in row[term].split(" + ")]
        assert sum(map(math.prod, terms)) == node.grad
    nudged = [graph_of_unit_5(value, a=a)["y"].data for a in (2.001, 1.999)]
    assert (nudged[0] - nudged[1]) / 0.002 == pytest.approx(48, abs=1e-4)
    assert "over 0.002 is 48" in value_lesson.replace("\n", " ")


def test_the_mistakes_that_the_lesson_of_unit_5_names(value, value_lesson):
    """With `=`, and where p passes on its part before that of q has arrived."""
    nodes = graph_of_unit_5(value)
    assigned = dict.fromkeys(nodes.values(), 1.0)
    for node in reversed(value.topological_order(nodes["y"])):
        for child, slope in zip(node.children, node.local_grads, strict=True):
            assigned[child] = slope * assigned[node]
    early = dict.fromkeys(nodes.values(), 0.0) | {nodes["y"]: 1.0}
    for name in ("y", "p", "q"):
        for child, slope in zip(nodes[name].children, nodes[name].local_grads, strict=True):
            early[child] += slope * early[nodes[name]]
    assert (assigned[nodes["a"]], early[nodes["a"]]) == (18, 30)
    text = value_lesson.replace("\n", " ")
    assert "with `=`, 18." in text
    assert "has arrived: 30." in text


def test_two_calls_in_unit_5(value, value_lesson):
    a = value.Value(1)
    y = ((a * 3) * 2) * 1
    seen = []
    for _ in range(2):
        y.backward()
        seen.append(a.grad)
    stale = value.Value(1)
    y = ((stale * 3) * 2) * 1
    for _ in range(2):  # as micrograd does it: nothing is set back
        y.grad = 1.0
        for node in reversed(value.topological_order(y)):
            for child, slope in zip(node.children, node.local_grads, strict=True):
                child.grad += slope * node.grad
    assert (seen, stale.grad) == ([6, 12], 24)
    assert "a.grad = 24 in micrograd. Right is 6 + 6 = 12." in value_lesson


def test_the_training_in_unit_5(value, value_lesson):
    inputs, targets = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    history = value.train(value.MLP([2, 3, 2], seed=1), inputs, targets, 100, 0.5)
    rows = table(value_lesson, "step")
    assert len(rows) == 4
    for row in rows:
        assert row["loss"] == f"{history[int(row['step']) - 1]:.4f}"
    assert f"ln 2 = {math.log(2):.4f}" in value_lesson
    assert f"ln 27 = {math.log(27):.4f}" in value_lesson


def test_the_picture_of_unit_5(value, value_lesson):
    nodes = graph_of_unit_5(value)
    nodes["y"].backward()
    data, _, grads = solution("u05_value/picture.py").worked_example()
    assert data == {name: node.data for name, node in nodes.items()}
    assert grads == {name: node.grad for name, node in nodes.items()}


@pytest.fixture(scope="module")
def forward() -> ModuleType:
    pytest.importorskip("torch")
    return solution("u09_forward/forward.py")


@pytest.fixture(scope="module")
def forward_lesson() -> str:
    return (ROOT / "exercises/u09_forward/README.md").read_text(encoding="utf-8")


def test_the_batch_of_unit_9(forward, forward_lesson):
    batch = forward.make_batch([[1, 3, 4, 5, 2], [1, 4, 2]])
    for row, *numbers in zip(table(forward_lesson, "sentence"), *batch, strict=True):
        inputs, targets, mask = (one.tolist() for one in numbers)
        assert row["inputs"] == ", ".join(map(str, inputs))
        assert row["targets"] == ", ".join(map(str, targets))
        assert row["mask"] == ", ".join("T" if counts else "F" for counts in mask)


def test_the_norms_of_unit_9(forward, forward_lesson):
    torch = pytest.importorskip("torch")
    x = torch.tensor([1.0, 2, 3, 6]).double()
    out = {
        "LayerNorm": forward.layer_norm(x, torch.ones(4), torch.zeros(4))[0],
        "RMSNorm": forward.rms_norm(x)[0],
    }
    for row in table(forward_lesson, "norm"):
        said = [row[place] for place in ("first", "second", "third", "fourth")]
        assert said == [f"{one:.4f}" for one in out[row["norm"]]]
    mean, var, square = float(x.mean()), float(x.var(correction=0)), float(x.square().mean())
    assert f"the mean is {mean:g}, the variance {var:g}, the mean square {square:g}" in forward_lesson


def test_the_gelus_of_unit_9(forward, forward_lesson):
    torch = pytest.importorskip("torch")
    x = torch.linspace(-6, 6, 120_001, dtype=torch.float64)
    gap = (forward.activation(x, "gelu")[0] - forward.activation(x, "gelu_tanh")[0]).abs()
    assert f"at most {gap.max():.2e}".replace("e-0", "e-") in forward_lesson
    assert f"at x = ±{x[gap.argmax()].abs():.2f}" in forward_lesson


def test_the_attention_of_unit_9(forward, forward_lesson):
    torch = pytest.importorskip("torch")
    picture = solution("u09_forward/picture.py")
    q, k, v = (torch.tensor(rows).double() for rows in (picture.Q, picture.K, picture.V))
    out, (*_, weights) = forward.attention(q, k, v, forward.causal_mask(torch.arange(3)))
    scores = q @ k.T / 2
    drawn = [torch.tensor(rows).double() for rows in picture.attention()]
    for mine, other in zip(drawn, (scores, weights, out), strict=True):
        assert torch.allclose(mine, other, atol=1e-14)
    for t, row in enumerate(table(forward_lesson, "position")):
        assert row["position"] == picture.TOKENS[t]
        assert [float(one) for one in row["scores"].split(", ")] == scores[t, : t + 1].tolist()
        assert [f"{float(one):.4f}" for one in row["weights"].split(", ")] == [
            f"{one:.4f}" for one in weights[t, : t + 1]
        ]
        assert row["last entry of out"] == f"{out[t, -1]:.4f}"
    tests = (ROOT / "exercises/u09_forward/test_forward.py").read_text(encoding="utf-8")
    for name in "QKV":
        assert f"{name} = {[[float(one) for one in row] for row in getattr(picture, name)]}" in tests


def test_the_errata_of_unit_9(forward, forward_lesson):
    """What the lesson says about the by-hand book, from its model's own numbers."""
    torch = pytest.importorskip("torch")
    by_hand = solution("../tests/golden/by_hand.py")
    text = forward_lesson.replace("\n> ", " ").replace("\n", " ")
    p = by_hand.parameters()
    assert "1,024 + 64 + 1,024 + 16) + 32 + 96 = 3,456" in text
    assert forward.count_parameters(p) == 3456 == 96 + 80 + 4 * 256 + 1024 + 64 + 1024 + 16 + 32 + 96
    loss = by_hand.loss(forward, p)
    assert f"Its loss, {loss:.6f}, is right" in text
    averaged = by_hand.loss(forward, p | {"attn.wq": 0 * p["attn.wq"]})
    unscaled = by_hand.loss(forward, p | {"attn.wq": 8**0.5 * p["attn.wq"]})
    for other in (averaged, unscaled):
        assert f"{abs(other - loss):.1e}".replace("e-0", "e-") in text
    tokens = torch.tensor([by_hand.SENTENCE])
    x, _ = forward.embed(tokens, p["tok"], p["pos"])
    mh, _ = forward.multi_head(x, by_hand.below(p, "attn"), 2, forward.causal_mask(tokens))
    r = mh + forward.ffn(mh, by_hand.below(p, "ffn"), "gelu_tanh")[0]
    first = r[0, 0]
    _, (xhat, *_) = forward.layer_norm(first, p["norm.gamma"], p["norm.beta"])
    var = first.var(correction=0)
    assert float(xhat.var(correction=0)) == pytest.approx(float(var / (var + 1e-5)))
    assert f"variance of {xhat.var(correction=0):.6f}" in text
    assert f"σ² = {var:.4f}" in text
    assert f"would give {15 / 16}" in text
