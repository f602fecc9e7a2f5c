"""A user id for each worker, so that no worker can touch another, or anything of anybody's."""

import os
from pathlib import Path

_CAP_KILL = 5
SLOTS = 256  # workers of one zygote at a time

# (first id, how many zygotes can have ids of their own). The first range is one that no distribution gives
# away; the second is for containers that have only 65536 ids.
_RANGES = ((200_000, 1024), (40_000, 64))


def first_id(zygote: int) -> int | None:
    """The first of SLOTS ids for the workers of the zygote with this pid; None where no such id exists."""
    for first, blocks in _RANGES:
        base = first + zygote % blocks * SLOTS
        if all(_is_mapped(base, Path(f"/proc/self/{kind}_map")) for kind in ("uid", "gid")):
            return base
    return None


def _is_mapped(base: int, table: Path) -> bool:
    ranges = (map(int, line.split()) for line in table.read_text("ascii").splitlines())
    return any(inside <= base and base + SLOTS <= inside + count for inside, _, count in ranges)


def can_end_others(status: Path = Path("/proc/self/status")) -> bool:
    """Whether this process may kill those of other users. Some containers take that power from root."""
    sets = dict(
        line.split(":", 1) for line in status.read_text("utf-8", "replace").splitlines() if ":" in line
    )
    return bool(int(sets["CapEff"], 16) >> _CAP_KILL & 1)


def become(id_: int) -> None:
    """Change user and group to `id_` for good, with no other group. OSError if refused."""
    os.setgroups([])
    os.setresgid(id_, id_, id_)
    os.setresuid(id_, id_, id_)
