"""What the grader asks a worker to guard, and what a reply means that reports a breach."""

from dataclasses import dataclass

from grader.errors import RuleBroken
from grader.remote.wire import Tree, WireError

MAX_NAME = 80
COMPLEX = "complex numbers"


@dataclass(frozen=True)
class Guard:
    """What a worker does to the libraries before student code runs.

    tripwires: dotted names of functions    autograd: torch records
    complex_numbers: tensors of complex numbers may be made
    """

    tripwires: tuple[str, ...] = ()
    autograd: bool = True
    complex_numbers: bool = True


FREE = Guard()


def tripped(name: str, place: Tree, guard: Guard) -> RuleBroken:
    """The error of a reply that reports a breach. WireError where it is malformed, or of what is not guarded.

    The name is shown to the student: a worker must not be able to say anything else by it.
    """
    guarded = (*guard.tripwires, *(() if guard.complex_numbers else (COMPLEX,)))
    if name not in [known[:MAX_NAME] for known in guarded]:
        raise WireError("a breach of what is not guarded")
    what = f"{'makes' if ' ' in name else 'calls'} `{name}`, which this unit does without"
    match place:
        case None:
            return RuleBroken(f"the code {what}")
        case [str(file), int(line)]:
            return RuleBroken(what, (file, line))
    raise WireError("a breach without a place")
