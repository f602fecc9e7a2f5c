"""What a function of the test does to its arguments is done to what the student's code has."""

CHANGED = """
    import numpy as np

    def step(f, rate):
        params, state = {"w": np.ones(3), "b": np.zeros(2)}, {}
        held = params["w"]
        f(params, state, rate=rate)
        return held, params, state

    def listed(f):
        a = [1, [2, 3]]
        inner = a[1]
        return f(a), a, inner is a[1]

    def told_apart(f):
        a = np.zeros(2)
        b = f(a)
        return b is a, a

    def in_turn(f):
        a = np.zeros(2)
        f(a)
        a[0] += 10
        f(a)
        return a

    def protected(f):
        a = np.zeros(2)
        a.flags.writeable = False
        return f(a)

    def nested(f, g):
        a = [0]
        def between(x):
            g(x)
        f(between, a)
        return a
"""


def test_what_a_function_does_to_its_arguments_is_done_to_the_students(student_of):
    def step(params, state, *, rate):
        state["t"] = state.get("t", 0) + 1
        for name, value in params.items():
            value[...] = value - rate
            state[name] = value.copy()

    held, params, state = student_of(CHANGED).step(step, 0.25)
    assert held.tolist() == params["w"].tolist() == [0.75] * 3
    assert params["b"].tolist() == [-0.25] * 2
    assert (state["t"], state["w"].tolist()) == (1, [0.75] * 3)


def test_lists_that_hold_each_other_stay_the_same_ones(student_of):
    def f(a):
        a[1].append(a.pop(0))
        a.append("new")
        return a[0]

    result, a, same = student_of(CHANGED).listed(f)
    assert (result, a, same) == ([2, 3, 1], [[2, 3, 1], "new"], False)  # a[1] is "new" now


def test_what_is_given_back_is_the_students_own_array_with_its_new_numbers(student_of):
    def f(a):
        a[:] = 7
        return a

    same, a = student_of(CHANGED).told_apart(f)
    assert (same, a.tolist()) == (True, [7, 7])


def test_each_call_starts_from_what_the_student_has(student_of):
    def f(a):
        a += 1

    assert student_of(CHANGED).in_turn(f).tolist() == [12, 2]


def test_a_function_that_changes_nothing_may_have_what_nobody_may_change(student_of):
    assert student_of(CHANGED).protected(lambda a: float(a.sum())) == 0.0


def test_a_change_made_through_another_function_arrives_too(student_of):
    def f(between, a):
        between(a)
        a.append(2)

    def g(x):
        x.append(1)

    assert student_of(CHANGED).nested(f, g) == [0, 1, 2]
