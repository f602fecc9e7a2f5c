"""Ids of students: safe as file names everywhere, and one for each name."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import count

ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._@-]{0,62}[A-Za-z0-9_@-])?", re.ASCII)
RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|COM\d|LPT\d)(?:\..*)?", re.IGNORECASE)  # no file's name on Windows


def composed(name: str) -> str:
    """The same name, however a system spells its accents: one person has one."""
    return unicodedata.normalize("NFC", name)


def safe_ids(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """An id for each name, no two alike: the name where it is one, else `_` for what is not allowed.

    taken: ids that others have already
    """
    wanted, used = sorted(set(names)), set(taken)
    ids = {name: name for name in wanted if _is_id(name) and name not in used}
    used |= set(ids)
    for name in wanted:
        if name in ids:
            continue
        base = re.sub(r"[^A-Za-z0-9._@-]", "_", name)
        base = (base if ID.match(base) and not RESERVED.fullmatch(base) else f"x{base}")[:56].rstrip(".")
        tries = (base if number == 1 else f"{base}_{number}" for number in count(1))
        ids[name] = next(id for id in tries if id not in used)
        used.add(ids[name])
    return ids


def _is_id(name: str) -> bool:
    return bool(ID.fullmatch(name)) and not RESERVED.fullmatch(name)
