"""The numbers of the lessons: every one that can be computed is computed here from the reference."""

import importlib.util
import math
import re
from itertools import pairwise
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
def rules() -> ModuleType:
    return solution("u02_rules/rules.py")


@pytest.fixture(scope="module")
def rules_lesson() -> str:
    return (ROOT / "exercises/u02_rules/README.md").read_text(encoding="utf-8")


def test_the_functions_of_unit_2(rules, rules_lesson):
    rows = table(rules_lesson, "function")
    assert [row["function"] for row in rows] == ["exp", "log", "sqrt", "tanh", "sigmoid", "relu"]
    for row in rows:
        y, dy = getattr(rules, row["function"])(np.array(1.0))
        assert (row["y"], row["dy"]) == (f"{y:.4f}", f"{dy:.4f}")
    assert "nan from x = 710 on" in rules_lesson
    assert np.isfinite(np.exp(709.0))
    with pytest.raises(OverflowError):
        math.exp(710)


def test_the_worked_example_of_unit_2(rules, rules_lesson):
    """The same slope by powers, by products, by chains and in dual numbers."""
    w = 3
    by_powers = np.polyval(rules.poly_derivative([25, -20, 4])[::-1], w)
    by_products = rules.product_rule(2 * w - 5, 2, 2 * w - 5, 2)
    _, dh = rules.compose(lambda u: u**2, lambda u: 2 * u, lambda w: 2 * w - 5, lambda w: 2)
    assert (by_powers, by_products, dh(w)) == (4, 4, 4)
    for row in table(rules_lesson, "rule"):
        sum_, _, result = row["dL/dw at 3"].replace("−", "-").replace("·", "*").partition("=")
        terms = [math.prod(map(float, term.split("*"))) for term in sum_.split("+")]
        assert (sum(terms), float(result)) == (4, 4)
    x = rules.Dual(w, 1)
    steps = {"w": x, "2 w": 2 * x, "2 w − 5": 2 * x - 5, "(2 w − 5)²": (2 * x - 5) ** 2}
    rows = table(rules_lesson, "step")
    assert [row["step"] for row in rows] == list(steps)
    for row in rows:
        y = steps[row["step"]]
        assert (float(row["value"]), float(row["tangent"])) == (y.value, y.tangent)
    for place, wrong in ((3, 12), (5, 20)):
        assert 2 * place * 2 == wrong
        assert (dh(place) == wrong) == (place == 5)
    assert "2 · 3 · 2 = 12" in rules_lesson
    assert "gives 20, which is right" in rules_lesson


def test_dual_numbers_of_unit_2_and_values_of_unit_5_agree(rules, value):
    """Forward and backward through one expression."""

    def f(x):
        return (3 - x) * x / (1 + x**2) - 2 / x + x**-1.5

    for x in (0.7, 1.9):
        leaf = value.Value(x)
        f(leaf).backward()
        assert rules.derivative(f, x) == pytest.approx(leaf.grad, rel=1e-13)


@pytest.fixture(scope="module")
def partials() -> ModuleType:
    return solution("u03_partials/partials.py")


@pytest.fixture(scope="module")
def partials_lesson() -> str:
    return (ROOT / "exercises/u03_partials/README.md").read_text(encoding="utf-8")


def signed(cell: str) -> float:
    return float(cell.replace("−", "-"))


def test_the_package_of_unit_3(partials, partials_lesson):
    w, x, y = (1, 2), (2, 3), 5
    y_hat, loss, gradient = partials.two_weight_partials(w, x, y)
    assert f"ŷ = {y_hat}, e = {y_hat - y}, L = {loss}." in partials_lesson
    local = partials.local_derivatives(w, x, y)
    rows = table(partials_lesson, "path")
    for row, weight, slope in zip(rows, ("w1", "w2"), gradient, strict=True):
        path = ["L", "e", "y_hat", weight]
        names = [
            name.replace("ŷ", "y_hat").replace("₁", "1").replace("₂", "2")
            for name in row["path"].split(" → ")
        ]
        assert names == path
        assert row["product"] == " · ".join(str(local[arrow]) for arrow in pairwise(path))
        assert int(row["slope"]) == slope == partials.along_path(local, path)
        assert partials.total_derivative(local, "L", weight) == slope
    data, arrows, drawn = solution("u03_partials/picture.py").worked_example()
    assert (data["y_hat"], data["L"], arrows, drawn) == (y_hat, loss, local, gradient)


def test_the_five_packages_of_unit_3(partials, partials_lesson):
    *rows, mean = table(partials_lesson, "x₁")
    X, y = (
        np.array([[signed(row[name]) for name in names] for row in rows]) for names in (("x₁", "x₂"), ("y",))
    )
    w = np.array([0.8, 1.5])
    e = X @ w - y[:, 0]
    expected = {
        "ŷ": X @ w,
        "e": e,
        "e²": e**2,
        "2 e x₁": 2 * e * X[:, 0],
        "2 e x₂": 2 * e * X[:, 1],
        "2 e": 2 * e,
    }
    for name, column in expected.items():
        assert [signed(row[name]) for row in rows] == pytest.approx(column, abs=1e-12)
    loss, dw, db = partials.batch_mse_gradient(X, y[:, 0], w, 0)
    said = [signed(mean[name]) for name in ("e²", "2 e x₁", "2 e x₂", "2 e")]
    assert said == pytest.approx([loss, *dw, db], abs=1e-12)


def test_the_jacobians_of_unit_3(partials, partials_lesson):
    p = np.array([0.5, 0.3, 0.2])
    J = partials.softmax_jacobian(p)
    said = np.array([[signed(row[f"z{k}"]) for k in "₁₂₃"] for row in table(partials_lesson, "J")])
    np.testing.assert_allclose(said, J, atol=1e-12)
    np.testing.assert_allclose(J.sum(1), 0, atol=1e-15)
    W, v = np.array([[1, 2], [3, 4]]), np.array([1, 0])
    assert ((v @ W).tolist(), (W @ v).tolist()) == ([1, 2], [1, 3])
    text = partials_lesson.replace("\n> ", " ").replace("\n", " ")
    assert "v W = (1, 2), but W v = (1, 3)" in text
    entries = 50_257**2
    assert f"{entries / 1e9:.1f} billion entries, {entries * 4 / 1e9:.0f} GB" in text
    assert f"{2**30:,}".startswith("1,07")  # 30 diamonds: a billion paths
    diamonds = {}
    for k in range(8):
        arms = (f"{k}a", f"{k}b")
        diamonds |= {(str(k), arm): 1 for arm in arms} | {(arm, str(k + 1)): 1 for arm in arms}
    assert partials.total_derivative(diamonds, "0", "8") == 2**8


DELIVERIES = np.array([[2.0, 3.0], [1.5, 1.0], [4.0, 5.0], [0.8, 0.5], [3.2, 2.5]])
HOURS = np.array([5.0, 3.2, 9.5, 2.1, 6.8])


@pytest.fixture(scope="module")
def descent() -> ModuleType:
    return solution("u04_descent/descent.py")


@pytest.fixture(scope="module")
def descent_lesson() -> str:
    return (ROOT / "exercises/u04_descent/README.md").read_text(encoding="utf-8")


def descend(descent, data, w, lr, steps):
    """(path, losses) of a linear model with a mean squared error. data: (X, y)"""
    X, y = data

    def loss(w):
        return np.mean((X @ w - y) ** 2)

    def gradient(w):
        return 2 * X.T @ (X @ w - y) / len(y)

    return descent.gd_loop(loss, gradient, np.array(w), lr, steps)


def number(cell: str) -> float:
    return float(cell.replace("−", "-").replace(",", ""))


def test_the_single_package_of_unit_4(descent, descent_lesson):
    x, y = np.array([[2.0, 3.0]]), np.array([5.0])
    rows = table(descent_lesson, "step")
    path, losses = descend(descent, (x, y), [1.0, 2.0], 0.05, len(rows))
    for t, row in enumerate(rows):
        gradient = 2 * (x[0] @ path[t] - 5) * x[0]
        said = [number(part) for part in row["gradient"].strip("()").split(", ")]
        assert said == pytest.approx(gradient, abs=5e-4)
        assert (row["w1"], row["w2"]) == (f"{path[t, 0]:.3f}", f"{path[t, 1]:.3f}")
        assert row["loss"] == f"{losses[t]:.4f}"
    assert losses[1:] / losses[:-1] == pytest.approx(0.09)
    first, second = np.diff(path, axis=0)[:2]
    assert (*first, *second) == pytest.approx((-0.6, -0.9, 0.18, 0.27))
    assert f"(−0.6, −0.9) and (0.18, 0.27) have the dot product −{-first @ second:.3f}" in descent_lesson
    assert (2 * (x**2).sum(), 1 - 0.05 * 26) == (26, pytest.approx(-0.3))
    assert f"1/|x|² = 1/13 = {descent.max_stable_lr(x):.4f}" in descent_lesson


def test_the_five_packages_of_unit_4(descent, descent_lesson):
    for row in table(descent_lesson, "lr"):
        path, losses = descend(descent, (DELIVERIES, HOURS), [0.8, 1.5], number(row["lr"]), 12)
        steps = np.diff(path, axis=0)
        back = int(((steps[:-1] * steps[1:]).sum(axis=1) < 0).sum())
        assert f"{losses[0]:.4f}" == "0.7288"
        assert row["loss at step 1"] == f"{losses[1]:.4f}"
        assert row["loss at step 11"] == (f"{losses[11]:.4f}" if losses[11] < 1e6 else f"{losses[11]:.1e}")
        assert row["turns back"] == f"{back} of 11"
        assert row["diagnosis"] == descent.diagnose_run(path, losses)
    best = np.linalg.lstsq(DELIVERIES, HOURS)[0]
    lowest = np.mean((DELIVERIES @ best - HOURS) ** 2)
    assert f"no weights have a loss below {lowest:.4f}" in descent_lesson.replace("\n", " ")
    assert f"the limit is 2/29.383 = {descent.max_stable_lr(DELIVERIES):.4f}" in descent_lesson


def test_the_valleys_of_unit_4(descent, descent_lesson):
    ones = np.ones((5, 1))
    Z = descent.standardise(DELIVERIES, DELIVERIES)[0]
    tables = (
        DELIVERIES,
        np.hstack([DELIVERIES, ones]),
        np.hstack([DELIVERIES * [100, 1], ones]),
        np.hstack([Z, ones]),
    )
    for X, row in zip(tables, table(descent_lesson, "columns"), strict=True):
        curvatures = np.linalg.eigvalsh(2 * X.T @ X / 5)
        assert number(row["λ_min"]) == pytest.approx(curvatures[0], abs=5e-4)
        assert number(row["λ_max"]) == pytest.approx(curvatures[-1], abs=5e-4 if X.max() < 99 else 0.05)
        assert 2 / curvatures[-1] == pytest.approx(descent.max_stable_lr(X))
        kappa = descent.condition_number(X)
        assert row["κ"] == (f"{kappa:.1f}" if kappa < 1000 else f"{kappa:,.0f}")
    assert f"for (0.1, 0.1, 0.1) numpy says {np.array([0.1, 0.1, 0.1]).std():.1e}" in descent_lesson
    correlation = np.corrcoef(DELIVERIES.T)[0, 1]
    assert "by 0.901, and κ = (1 + 0.901)/(1 − 0.901)" in descent_lesson
    assert (f"{correlation:.3f}", (1 + correlation) / (1 - correlation)) == ("0.901", pytest.approx(kappa))


def test_the_article_that_unit_4_corrects(descent, descent_lesson):
    x, y = np.array([[2.0, 3.0]]), np.array([5.0])
    second = descend(descent, (x, y), [1.0, 2.0], 0.05, 3)[1][2]
    dozen = descend(descent, (DELIVERIES, HOURS), [0.8, 1.5], 0.05, 12)[1]
    far = descend(descent, (x, y), [1.0, 2.0], 3.0, 2)[1]
    assert (second, far[0], far[1]) == (pytest.approx(0.0729), 9, pytest.approx(53_361))
    assert (1 - 3 * 26) ** 2 * 9 == 53_361
    remark = descent_lesson.partition("**Watch out.**")[2].replace("\n> ", " ")
    assert f"0.18 after the second step; it is {second:.4f}" in remark
    assert f"prints {dozen[0]:.4f} to {dozen[-1]:.4f}" in remark
    assert f"from 9 to {far[1]:,.0f}" in remark


def test_the_picture_of_unit_4(descent):
    picture = solution("u04_descent/picture.py")
    H = np.diag(picture.CURVATURES)
    words = ("crawling", "ok", "oscillating", "diverging")
    for lr, word in zip(picture.RUNS.values(), words, strict=True):
        path, losses = descent.gd_loop(
            lambda e: e @ H @ e / 2, lambda e: H @ e, np.array(picture.START), lr, picture.STEPS
        )
        assert np.array(picture.errors(lr)) == pytest.approx(path)
        assert picture.losses(lr) == pytest.approx(losses)
        assert (np.diff(losses) < 0).all() or word == "diverging"
        assert losses[1] < losses[0]
        assert descent.diagnose_run(path, losses) == word
    limit = descent.max_stable_lr(np.diag(np.sqrt(picture.CURVATURES)))
    assert limit == pytest.approx(picture.LIMIT)


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
