"""Tripwires on torch: honest arithmetic never touches one, whoever calls a guarded function does.

They change torch for good, so each set of questions has a process of its own.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from grader.course.load import load_course

ROOT = Path(__file__).parents[2]
COURSE = load_course(ROOT)
RULES = COURSE.unit_rules(COURSE.unit("u08"))  # of all units the one with most

PROGRAM = """
import json, sys
import torch
from grader.remote.tripwires import Trap

names, sources = json.load(sys.stdin)
given = {"torch": torch, "F": torch.nn.functional}
trap = Trap()
trap.set(names, False, False, {"student.py"})
told = []
for source in sources:
    trap.tripped = None
    try:
        exec(compile(source, "student.py", "exec"), dict(given))
        raised = ""
    except BaseException as error:
        raised = type(error).__name__
    told.append([raised, trap.tripped])
print(json.dumps(told))
"""


def told(sources, names=RULES.tripwires):
    """For each source: the name of the error that left it, and what its trap reports."""
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        input=json.dumps([list(names), sources]), capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


HONEST = [
    "x = torch.randn(3, 5, dtype=torch.float64); repr(x), str(x), f'{x}', f'{x[0, 0]:.3f}'",
    "x = torch.randn(3, 5); x @ x.T; x[0], x[:, 1], x[x > 0], x[None], x[..., 1]",
    "x = torch.randn(3, 5); x.sum(), x.mean(0), x.amax(-1), x.max(-1).values, x.std(), x.var(0), x.prod()",
    "x = torch.randn(3, 5); x[0, 1] = 3; x[1] = x[2]; x += 1; x.mul_(2).clamp_(min=0); x.zero_()",
    "x = torch.randn(3, 5); torch.exp(x - x.amax(-1, keepdim=True)).log(); x.tanh(), x.abs().sqrt()",
    "x = torch.arange(6).reshape(2, 3); x.tolist(), x.float().bfloat16().double(), x.shape, x.numel()",
    "x = torch.eye(3); torch.cat([x, x]), torch.stack([x, x]), torch.einsum('ij,kj->ik', x, x), x.unbind()",
    "x = torch.zeros(4, 3); x.index_add_(0, torch.tensor([1, 1]), torch.ones(2, 3)); x.gather(1, x.long())",
    "x = torch.randn(3, 5); torch.where(x > 0, x, 0 * x), x.masked_fill(x > 0, float('-inf')), x.tril()",
    "x = torch.randn(3); x.split(1), x.chunk(3), torch.split(x, [1, 2]), x.sort(), x.unique(), x.topk(2)",
    "x = torch.ones(3, requires_grad=True); assert not (x * 2).requires_grad; repr(x)",
    "with torch.no_grad(): torch.ones(3) * 2",
    "@torch.no_grad()\ndef f(): return torch.ones(3)\nf()",
    "g = torch.Generator().manual_seed(1); torch.randn(3, generator=g), torch.multinomial(torch.ones(3), 2)",
    "import copy, math; copy.deepcopy(torch.ones(3)), math.sqrt(torch.tensor(4.0))",
    "isinstance(torch.ones(2), torch.Tensor), torch.is_tensor(3), torch.finfo(torch.float64).eps",
    "torch.norm(torch.ones(3)), torch.tensordot(torch.ones(2, 3), torch.ones(3, 2), 1), torch.ones(2).norm()",
]

GUARDED = {
    "torch.softmax": "torch.softmax(torch.ones(3), -1)",
    "torch.Tensor.softmax": "torch.ones(3).softmax(-1)",
    "torch.Tensor.log_softmax": "torch.Tensor.log_softmax(torch.ones(3), -1)",
    "torch.nn.functional.cross_entropy": "F.cross_entropy(torch.ones(1, 3), torch.tensor([1]))",
    "torch.autograd.grad": "torch.autograd.grad(torch.ones(1), torch.ones(1))",
    "torch.autograd.backward": "torch.autograd.backward(torch.ones(1))",
    "torch.Tensor.backward": "torch.ones(1, requires_grad=True).sum().backward()",
    "torch.enable_grad": "with torch.enable_grad(): pass",
    "torch.set_grad_enabled": "torch.set_grad_enabled(True)",
    "torch.autograd.Function": "class Mine(torch.autograd.Function): pass",
    "torch.nn.Module": "class Mine(torch.nn.Module): pass",
    "torch.func.grad": "torch.func.grad(lambda x: x)",
    "torch.logsumexp": "list(map(lambda z: torch.logsumexp(z, -1), [torch.ones(3)]))",
    "torch.log_softmax": "try: torch.log_softmax(torch.ones(3), -1)\nexcept: pass",
    "torch.special.softmax": "list(map(torch.special.softmax, [torch.ones(3)], [-1]))",
    "torch.optim.Optimizer": "torch.optim.Optimizer.step",
    "complex numbers": "h = (0 - 1) ** 0.5 * 1e-20; torch.exp(torch.ones(3) + h)",
}


def test_honest_code_touches_none():
    assert told(HONEST) == [["", None]] * len(HONEST)


def test_a_guarded_function_reports_its_caller():
    answers = dict(zip(GUARDED, told(list(GUARDED.values())), strict=True))
    for name, (raised, tripped) in answers.items():
        assert tripped is not None, name
        assert tripped[0] == name
        assert tripped[1][0] == "student.py"
        assert raised == ("" if name == "torch.log_softmax" else "Tripped")


def test_torch_may_use_its_own():
    """A module of torch that calls a guarded function is none of the student's calls."""
    inner = "torch.nn.functional.softmax(torch.ones(3), -1)"
    assert told([inner], ["torch.Tensor.softmax"]) == [["", None]]


def test_what_does_not_exist_is_passed_over():
    assert told(["torch.ones(3).sum()"], ["torch.nothing", "torch.nothing.more", "jax.grad"]) == [["", None]]


@pytest.mark.parametrize("name", RULES.tripwires)
def test_every_tripwire_of_the_course_is_a_name_of_torch(name):
    torch = pytest.importorskip("torch")
    found = torch
    for part in name.split(".")[1:]:
        found = getattr(found, part)
    assert callable(found)
