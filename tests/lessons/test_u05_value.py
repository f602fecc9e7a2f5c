"""The numbers of lesson 5: every one that can be computed is computed here from the reference."""

import math

import pytest
from kata_lessons import ROOT, solution, table


@pytest.fixture(scope="module")
def value_lesson() -> str:
    return (ROOT / "exercises/u05_value/README.md").read_text(encoding="utf-8")


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
