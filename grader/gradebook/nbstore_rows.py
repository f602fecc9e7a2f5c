"""The tables of nbgrader's database, and changes to them that are saved in a few large statements.

Imports nbgrader, which only instructors have: only what `nbstore` imports imports this module.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from nbgrader import api
from sqlalchemy import Row, Table, bindparam, insert, text, update
from sqlalchemy.orm import Session

WAIT = "10s"  # for which PostgreSQL waits for another program
# In the order in which they refer to each other.
ALL = tuple(
    api.Base.metadata.tables[name]
    for name in (
        "student", "assignment", "notebook", "base_cell", "grade_cells", "solution_cells",
        "submitted_assignment", "submitted_notebook", "grade", "comment",
    )
)  # fmt: skip
STUDENT, ASSIGNMENT, NOTEBOOK, CELL, GRADE_CELL, SOLUTION_CELL, SUBMISSION, SUBMITTED, GRADE, COMMENT = ALL
Found = Row[Any]
Values = dict[str, Any]


class Changes:
    """Rows to insert and to change."""

    def __init__(self) -> None:
        self._inserts: dict[Table, list[Values]] = {}
        self._updates: dict[tuple[Table, tuple[str, ...]], list[Values]] = {}

    def insert(self, table: Table, values: Values) -> None:
        """A new row; all new rows of a table name the same columns."""
        self._inserts.setdefault(table, []).append(values)

    def update(self, table: Table, row: Found, values: Mapping[str, Any]) -> None:
        """Change a row where it says something else."""
        changed = {name: value for name, value in values.items() if getattr(row, name) != value}
        if changed:
            self.change(table, row.id, changed)

    def change(self, table: Table, id: str, values: Mapping[str, Any]) -> None:
        """Change the row of that id."""
        rows = self._updates.setdefault((table, tuple(sorted(values))), [])
        rows.append({"row": id, **{f"new_{name}": value for name, value in values.items()}})

    def save(self, db: Session) -> None:
        """Execute everything, and forget it; no commit."""
        for table in ALL:
            if table in self._inserts:
                db.execute(insert(table), self._inserts[table])
        for (table, names), rows in self._updates.items():
            new: Values = {name: bindparam(f"new_{name}") for name in names}
            db.connection().execute(update(table).where(table.c.id == bindparam("row")).values(new), rows)
        self._inserts.clear()
        self._updates.clear()


def lock(db: Session) -> None:
    """Nobody else writes until we are done; SQLite has begun so already."""
    if db.get_bind().dialect.name == "postgresql":
        db.execute(text(f"SET LOCAL lock_timeout = '{WAIT}'"))
        names = ", ".join(f'"{table.name}"' for table in ALL)
        db.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))


def row_id(*names: str) -> str:
    """An id in nbgrader's form. The same for the same names, so that the same class makes the same rows."""
    return hashlib.sha256("\0".join(names).encode()).hexdigest()[:32]


def naive(time: datetime | None) -> datetime | None:
    """nbgrader's times are in UTC, without a zone."""
    return time.astimezone(UTC).replace(tzinfo=None) if time else None
