"""What the instructor chose when the autograder was made: `settings.json` in its zip."""

from enum import StrEnum
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from grader.errors import GraderError

FILE = "settings.json"


class Late(StrEnum):
    """Whose late rule takes points: never both."""

    OURS = "ours"
    GRADESCOPE = "gradescope"


class Visibility(StrEnum):
    """When students see the tests. The values are Gradescope's own."""

    VISIBLE = "visible"
    AFTER_DUE_DATE = "after_due_date"
    AFTER_PUBLISHED = "after_published"
    HIDDEN = "hidden"


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """units: ids of those that are graded    cpu_seconds: of computing for all of one submission

    wall_seconds: by the clock; what is not examined by then is too slow
    """

    schema: Literal[1] = 1
    units: tuple[str, ...]
    late: Late = Late.OURS
    visibility: Visibility = Visibility.VISIBLE
    cpu_seconds: float = 200.0  # half a core for 10 minutes gives 300; starting takes its part
    wall_seconds: float = 540.0  # Gradescope ends a run after 10 minutes


def read_settings(path: Path) -> Settings:
    """The settings in the zip. GraderError where they cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Settings)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise GraderError(
            f"{path} cannot be read: {error}", "Make the autograder anew: kata export gradescope."
        ) from None
