"""What can go wrong, said so that the reader knows what, where and what to do next.

Every error that a user may meet is a `KataError`: a rationale (what and where) and a help line (what
to do). Its subclass says whose fault it is, from the lowest layer up: a student's fault costs points,
ours never does.
"""


class KataError(Exception):
    """Base of all expected errors: one clear line, and a line of help."""

    def __init__(self, rationale: str, help: str = "") -> None:
        super().__init__(rationale)
        self.rationale = rationale
        self.help = help

    def __str__(self) -> str:
        return f"{self.rationale}\n  {self.help}" if self.help else self.rationale


class CourseError(KataError):
    """The course itself is wrong: course.yml, a stub, a solution or a test. The author mends it."""


class SubmissionError(KataError):
    """An upload that cannot be read. It costs this submission, never the rest of the class."""


class UsageError(KataError):
    """The command was called with something that cannot work: a missing folder, a wrong name."""


class GraderError(KataError):
    """Our own fault, or the machine's. It never costs a student a point."""


class SandboxError(GraderError):
    """The jail could not be built or was refused by the kernel."""


class RunStopped(BaseException):
    """Student code was stopped from outside; the rest of its tests cannot run in this process.

    A BaseException on purpose: neither a test's `except Exception` nor Hypothesis may swallow or
    replay it.
    """

    def __init__(self, rationale: str) -> None:
        super().__init__(rationale)
        self.rationale = rationale


class WorkerLost(RunStopped):
    """The process that ran the student's code ended by itself: exit, a signal, a broken frame."""


class TooSlow(RunStopped):
    """The student's code used up the time that course.yml gives the exercise."""


class TooMuchMemory(RunStopped):
    """The student's code asked for more memory than course.yml gives the exercise."""


class KilledBySystem(TooMuchMemory):
    """The kernel ended the student's code; want of memory is the usual cause, and it may be another's."""


class RuleBroken(RunStopped):
    """The student's code called what the rules of its unit forbid. place: file and line, where known."""

    def __init__(self, rationale: str, place: tuple[str, int] | None = None) -> None:
        super().__init__(rationale)
        self.place = place


def text_of(error: BaseException) -> str:
    """What an error says of itself; the student's own class may be unable to say it."""
    try:
        return str(error).encode("utf-8", "backslashreplace").decode("utf-8")
    except BaseException:
        return "(the error's own text could not be made)"
