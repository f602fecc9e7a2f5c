"""A script that shows what autograd does, line by line, and the same by hand: with what units 8 and 10 teach.

Its model is one linear layer under a softmax: 2 sentences of 3 positions, 4 numbers each, and 5 tokens.
"""

import pytest
from kata_golden import solution

torch = pytest.importorskip("torch")

B, T, D, V = 2, 3, 4, 5


class Script:
    """The script's tensors; `loss()` is its forward pass. dtype: it draws float32"""

    def __init__(self, dtype):
        torch.manual_seed(0)
        self.w = torch.randn(D, V).to(dtype).requires_grad_()
        self.b = torch.zeros(V, dtype=dtype, requires_grad=True)
        self.x = torch.randn(B, T, D).to(dtype)
        self.targets = torch.randint(0, V, (B, T))

    def logits(self):
        return self.x @ self.w + self.b

    def loss(self):
        chosen = torch.log_softmax(self.logits(), -1).gather(-1, self.targets[..., None])
        return -chosen.mean()


@pytest.fixture(params=[torch.float32, torch.float64], ids=str)
def script(request):
    return Script(request.param)


def test_what_was_computed_is_no_leaf(script):
    logits = script.logits()
    assert (logits.requires_grad, logits.is_leaf) == (True, False)
    assert (script.w.is_leaf, script.b.is_leaf, script.x.is_leaf) == (True, True, True)


def test_a_gradient_has_the_shape_of_its_parameter_and_data_have_none(script):
    script.loss().backward()
    assert script.w.grad.shape == script.w.shape
    assert script.x.grad is None


def test_a_second_backward_adds_and_none_is_a_fresh_start(script):
    script.loss().backward()
    first = script.w.grad.clone()
    script.loss().backward()
    assert torch.equal(script.w.grad, 2 * first)
    script.w.grad = None
    script.loss().backward()
    assert torch.equal(script.w.grad, first)


def test_without_recording_there_is_nothing_to_go_back_through(script):
    with torch.no_grad():
        assert not script.logits().requires_grad


def test_by_hand_it_is_probabilities_minus_one_hot_through_one_linear_layer(script):
    """dlogits = (p - onehot) / N by unit 8, dw and db by unit 10, whose w is [out, in]."""
    script.loss().backward()
    logits = script.logits().detach()
    dlogits = solution("u08_softmax/softmax.py").cross_entropy_gradient(logits, script.targets)
    cache = script.x, script.w.detach().T, True
    _, dw, db = solution("u10_backward/backward.py").linear_backward(dlogits, cache)
    near = {torch.float32: 1e-6, torch.float64: 1e-14}[script.w.dtype]
    assert torch.allclose(dw.T, script.w.grad, rtol=0, atol=near)
    assert torch.allclose(db, script.b.grad, rtol=0, atol=near)
    assert torch.allclose(dlogits.sum(-1), torch.zeros(B, T, dtype=dlogits.dtype), rtol=0, atol=near)


def test_a_conversion_to_float32_costs_half_of_the_digits():
    """`logits.float()`, meant to lift bfloat16, pulls float64 down."""
    script = Script(torch.float64)
    exact, lowered = torch.log_softmax(script.logits(), -1), torch.log_softmax(script.logits().float(), -1)
    assert lowered.dtype == torch.float32
    assert 1e-9 < float((exact - lowered).detach().abs().max()) < 1e-6
