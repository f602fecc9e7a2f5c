"""Honest work goes on in the jail: numpy and torch compute the same as outside, on every rung."""

import importlib.util

import pytest

from grader.sandbox.layers import Rung
from grader.sandbox.limits import MIB, Bounds

NUMPY = """
import numpy as np
rng = np.random.default_rng(7)
a = rng.normal(size=(64, 32))
b = np.linalg.solve(a.T @ a + np.eye(32), rng.normal(size=32))
u, s, v = np.linalg.svd(a, full_matrices=False)
t = np.einsum("ij,jk->ik", a, a.T).sum() + np.sort(a, axis=0)[3].sum() + np.fft.rfft(a).real.sum()
result = [float(x) for x in (b.sum(), s.sum(), t, np.exp(a).mean(), np.median(a), np.unique(a).size)]
"""

TORCH = """
import torch
torch.manual_seed(7)
model = torch.nn.Sequential(torch.nn.Embedding(11, 16), torch.nn.LayerNorm(16), torch.nn.Linear(16, 11))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
tokens = torch.arange(10) % 11
losses = []
for _ in range(3):
    loss = torch.nn.functional.cross_entropy(model(tokens), (tokens + 1) % 11)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    losses.append(loss.item())
x = torch.randn(128, 96, dtype=torch.float64, requires_grad=True)
y = torch.softmax(x @ x.T, -1)
y.square().sum().backward()
image = torch.nn.functional.conv2d(torch.randn(2, 3, 16, 16), torch.randn(4, 3, 3, 3))
attention = torch.nn.functional.scaled_dot_product_attention(*torch.randn(3, 2, 5, 8).unbind(0))
half = (torch.randn(32, 32).bfloat16() @ torch.randn(32, 32).bfloat16()).float()
small = torch.randn(3, dtype=torch.float64, requires_grad=True)
checked = torch.autograd.gradcheck(torch.tanh, (small,))
linear = torch.linalg.solve(torch.eye(4, dtype=torch.float64) * 2, torch.ones(4, dtype=torch.float64))
parts = [image.sum(), attention.sum(), half.sum(), linear.sum(), x.grad.sum(), y.sum()]
result = losses, [round(part.item(), 4) for part in parts], bool(checked), torch.get_num_threads()
"""


BOUNDS = Bounds(cpu_seconds=20, memory=256 * MIB)


@pytest.fixture(params=["strongest", Rung.SECCOMP])
def torch_rung(request, sandbox):
    """The ends of the ladder: the warm-up takes seconds."""
    if not importlib.util.find_spec("torch"):
        pytest.skip("torch is not installed")
    return (
        request.getfixturevalue("strongest")
        if request.param == "strongest"
        else sandbox.require(request.param)
    )


def outside(source):
    names = {}
    exec(source, names)
    return names["result"]


def test_numpy_computes(rung, spawn):
    answer = spawn(rung, BOUNDS, "numpy").run(NUMPY)
    assert answer.value == pytest.approx(outside(NUMPY), rel=1e-9), answer


def test_torch_computes(torch_rung, spawn):
    answer = spawn(torch_rung, Bounds(cpu_seconds=60, memory=1024 * MIB), "torch").run(TORCH)
    assert answer.error == "", answer
    losses, parts, checked, threads = answer.value
    assert losses == sorted(losses, reverse=True)
    assert all(abs(part) < 1e6 for part in parts)
    assert checked is True
    assert threads == 1


def test_torch_is_bounded_too(torch_rung, spawn):
    worker = spawn(torch_rung, Bounds(cpu_seconds=60, memory=256 * MIB), "torch")
    answer = worker.run("import torch\ntorch.ones(512, 1024, 1024, dtype=torch.uint8)")
    assert answer.error == "RuntimeError"
    assert "allocate memory" in answer.text
    assert worker.run("import torch\nresult = torch.ones(3).sum().item()").value == 3


def test_clocks_and_randomness_work(rung, spawn):
    source = """
import random, time
time.sleep(0)
result = [time.time() > 0, time.perf_counter() > 0, time.process_time() > 0, 0 <= random.random() < 1]
result.append(len(os.urandom(8)) == 8)
print("to nowhere")
"""
    assert spawn(rung).run(source).value == [True] * 5
