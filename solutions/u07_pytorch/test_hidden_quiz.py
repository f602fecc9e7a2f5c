"""Hidden tests of unit 7: what autograd says of drawn programs."""

from checks_quiz import check, drawn

from grader.testing import exercise

TENSORS = [("tensor", "w", True), ("tensor", "x", False), ("tensor", "v", True)]


def programs(rng, *many):
    """The lines after TENSORS, with other names in each draw."""
    letters = [str(one) for one in rng.permutation(list("abcdefghijklmnopqrstuvwxyz"))]
    for lines in many:
        known = {}
        renamed = []
        for what, *given in [*TENSORS, *lines]:
            names = [known.setdefault(one, letters[len(known)]) if type(one) is str else one for one in given]
            renamed.append((what, *names))
        yield renamed


@exercise("u07.leaf_quiz", weight=3)
def test_programs_drawn_line_by_line(student, rng, device):
    """What torch says of every tensor of a program is what the rules of the lesson say."""
    for length in (8, 12, 16, 20):
        for _ in range(2):
            program = drawn(rng, length)
            check(student.predict(program), program, device)


@exercise("u07.leaf_quiz")
def test_requires_grad_of_results(student, rng, device):
    """One operand that requires a gradient is enough; without a graph a result is a leaf."""
    for program in programs(
        rng,
        [("op", "y", "w", "x"), ("op", "z", "x"), ("op", "u", "z", "y", "x"), ("compare", "m", "u", "w")],
        [("no_grad", "y", "w", "v"), ("op", "z", "y", "x"), ("detach", "d", "w"), ("op", "u", "d", "w")],
        [("op", "y", "x"), ("requires_grad_", "x"), ("op", "z", "x", "y"), ("requires_grad_", "y")],
    ):
        check(student.predict(program), program, device)


@exercise("u07.leaf_quiz")
def test_where_gradients_arrive(student, rng, device):
    """backward reaches leaves that require a gradient along what was recorded, and nothing else."""
    for program in programs(
        rng,
        [("op", "y", "w", "x"), ("op", "z", "y"), ("op", "u", "z", "v"), ("backward", "z")],
        [
            ("op", "y", "w"),
            ("retain_grad", "y"),
            ("op", "z", "y", "x"),
            ("backward", "z"),
            ("detach", "d", "z"),
        ],
        [("op", "y", "w"), ("detach", "d", "y"), ("op", "z", "d", "v"), ("backward", "z"), ("backward", "v")],
        [("op", "y", "w", "v"), ("backward", "y"), ("zero_grad", "w"), ("retain_grad", "y")],
    ):
        check(student.predict(program), program, device)
