"""`submission_metadata.json`: what Gradescope says of a submission. What it leaves out is None."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec


@dataclass(frozen=True)
class Metadata:
    """created_at: when it was handed in    due: the due date of whoever handed it in, extensions included

    previous: `results.json` of the last earlier submission that has a score, or None
    trouble: why nothing could be read, or ""
    """

    created_at: datetime | None = None
    due: datetime | None = None
    previous: Mapping[str, Any] | None = field(default=None, hash=False)
    trouble: str = ""


def read_metadata(path: Path) -> Metadata:
    """Raises nothing: without it a submission counts as on time."""
    try:
        found = msgspec.json.decode(path.read_bytes())
    except FileNotFoundError:
        return Metadata(trouble=f"there is no {path.name}: taken as on time")
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Metadata(trouble=f"{path.name} cannot be read: {error}: taken as on time")
    return Metadata(_time(_get(found, "created_at")), _due(found), _previous(found))


def _due(found: Any) -> datetime | None:
    """The latest of the users' own due dates, which have their extensions; else the assignment's."""
    users = _get(found, "users")
    own = [
        time
        for user in (users if isinstance(users, list) else [])
        if (time := _time(_get(_get(user, "assignment"), "due_date"))) is not None
    ]
    return max(own) if own else _time(_get(_get(found, "assignment"), "due_date"))


def _previous(found: Any) -> Mapping[str, Any] | None:
    """The results of the latest earlier submission that has some."""
    earlier = _get(found, "previous_submissions")
    listed = [
        (time, results)
        for one in (earlier if isinstance(earlier, list) else [])
        if isinstance(results := _get(one, "results"), dict)
        and isinstance(results.get("score"), int | float)
        and (time := _time(_get(one, "submission_time"))) is not None
    ]
    return max(listed, key=lambda pair: pair[0])[1] if listed else None


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _time(value: Any) -> datetime | None:
    """An aware time, or None."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return None
    return time if time.tzinfo is not None else None
