"""Operators and calls of classes wait for the next question: the same answers, in far fewer frames."""

import gc

import pytest

from grader.gradcheck.compare import assert_close
from grader.gradcheck.message import Mismatch
from grader.remote.fault import StudentError
from grader.remote.handle import Handle
from grader.remote.proxy import MAX_QUEUE

NUMBER = """
    class Number:
        def __init__(self, x, parts=()):
            self.x, self.parts = x, parts

        def __add__(self, other):
            return Number(self.x + other.x, (self, other))

        def __mul__(self, other):
            pass

        def __sub__(self, other):
            return self.x - other.x

        def __truediv__(self, other):
            return Number(self.x / other.x)

        def __matmul__(self, other):
            return [self.x, other.x]

        def __pos__(self):
            return self

        def __call__(self, f):
            return f(self)

        def double(self):
            return self + self

        def __repr__(self):
            return "never asked"

    seen = []

    def note(n):
        seen.append(n)
        return list(seen)
"""


@pytest.fixture
def module(in_thread):
    return in_thread(NUMBER)


@pytest.fixture
def frames(in_thread, module, monkeypatch):
    """How many requests have been sent since the module was loaded: a list that grows."""
    sent = []
    channel = module.__kata_session__.channel
    send = channel.send
    monkeypatch.setattr(channel, "send", lambda frame: (sent.append(len(frame)), send(frame)))
    return sent


def test_an_expression_is_one_question(module, frames):
    module.Number(0.0).x  # the class is asked for once
    before = len(frames)
    total = module.Number(1.0)
    for k in range(50):
        total = total + module.Number(float(k))
    assert total.x == 1.0 + sum(range(50))
    assert len(frames) == before + 1


def test_the_queue_is_bounded(module, frames):
    a = module.Number(1.0)
    for _ in range(3 * MAX_QUEUE):
        a = a + a
    assert 3 <= len(frames) - 1 <= 4


def test_what_is_built_from_pending_parts_is_the_same_object(module):
    a, b = module.Number(1.0), module.Number(2.0)
    y = a + b
    assert y.parts[0] is a
    assert y.parts[1] is b
    assert (y + y).parts[0] is y


def test_a_bound_method_is_known_after_it_was_asked_for_once(module, frames):
    a = module.Number(3.0)
    assert a.double().x == 6.0
    before = len(frames)
    assert a.double().x == 6.0
    assert len(frames) == before + 2  # the call, and the number


def test_a_plain_result_behaves_as_what_it_is(module):
    a, b = module.Number(5.0), module.Number(2.0)
    assert a - b == 3.0
    assert (a - b) < 4
    assert repr(a - b) == "3.0"
    assert [*(a @ b)] == [5.0, 2.0]
    assert_close(a - b, 3.0, of="the difference")
    assert_close((1.0, a - b), (1.0, 3.0), of="x, y")
    assert_close(a @ b, [5.0, 2.0], of="the list")
    with pytest.raises(Mismatch, match="the difference is wrong"):
        assert_close(a - b, 4.0, of="the difference")


def test_an_attribute_of_nothing_names_the_forgotten_return(module):
    with pytest.raises(Mismatch) as info:
        (module.Number(1.0) * module.Number(2.0)).x
    assert info.value.finding.what == "got None where an object is needed"
    assert info.value.finding.candidates == ("forgot `return`?",)


def test_nothing_inside_an_expression_is_found_too(module):
    a = module.Number(1.0)
    with pytest.raises(Mismatch, match="got None where an object is needed"):
        (a + a * a).x


def test_an_error_shows_when_a_value_is_read_and_stays(module):
    a, zero = module.Number(1.0), module.Number(0.0)
    first = a + a
    broken = a / zero
    later = first + a
    with pytest.raises(ZeroDivisionError) as info:
        later.x
    assert isinstance(info.value, StudentError)
    assert info.value.frames[-1].function == "__truediv__"
    assert first.x == 2.0
    for lost in (broken, later):
        with pytest.raises(ZeroDivisionError):
            lost.x
    assert (a + a).x == 2.0  # the session goes on


def test_order_is_kept_between_what_waits_and_what_does_not(module):
    a = module.Number(1.0)
    b = a + a
    a.x = 10.0
    assert b.x == 2.0
    assert (a + a).x == 20.0


def test_a_callback_may_calculate_with_what_it_is_given(module):
    a = module.Number(1.5)
    assert a(lambda n: n + n).x == 3.0
    assert a(lambda n: (n + n).double()).x == 6.0
    with pytest.raises(ZeroDivisionError):
        a(lambda n: n / module.Number(0.0))


def test_a_pending_object_can_be_handed_over_and_comes_back_as_itself(module):
    a = module.Number(1.0) + module.Number(2.0)
    assert module.note(a)[0] is a
    assert isinstance(module.Number(1.0) + a, module.Number)
    assert type(a) is Handle


def test_an_operator_that_returns_its_operand_is_that_object_for_the_student(module):
    a = module.Number(4.0)
    same = +a
    assert same.x == 4.0
    assert (same + same).parts[0] is a


def test_mutable_operands_do_not_wait(module):
    parts = [1]
    n = module.Number(1.0, parts)
    parts.append(2)
    assert n.parts == [1]


def test_what_nobody_holds_any_more_is_released_inside(in_thread, module):
    for _ in range(20):
        total = module.Number(1.0)
        for _ in range(30):
            total = total + module.Number(1.0)
        assert total.x == 31.0
    del total
    gc.collect()
    module.Number(0.0).x
    assert len(in_thread.place.worker.objects) < 12


def test_a_test_that_is_over_leaves_nothing_behind(module):
    session = module.__kata_session__
    module.Number(1.0) / module.Number(0.0)
    session.forget()
    assert module.Number(2.0).x == 2.0
