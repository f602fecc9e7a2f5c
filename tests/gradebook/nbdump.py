"""nbgrader's database as text: by names, in one order, without the ids of rows. For comparing two of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

_SUBMITTED = """
    JOIN submitted_notebook s ON s.id = x.notebook_id JOIN submitted_assignment a ON a.id = s.assignment_id
    JOIN assignment n ON n.id = a.assignment_id JOIN notebook b ON b.id = s.notebook_id
    JOIN base_cell c ON c.id = x.cell_id
"""
_QUERIES: Mapping[str, str] = {
    "revision": "SELECT version_num FROM alembic_version",
    "course": "SELECT id FROM course",
    "student": "SELECT id, first_name, last_name, email, lms_user_id FROM student",
    "assignment": "SELECT name, duedate, course_id FROM assignment",
    "notebook": """SELECT a.name, b.name, b.kernelspec FROM notebook b
        JOIN assignment a ON a.id = b.assignment_id""",
    "cell": """SELECT a.name, b.name, c.type, c.name, g.max_score, g.cell_type, s.id IS NOT NULL, t.max_score
        FROM base_cell c JOIN notebook b ON b.id = c.notebook_id JOIN assignment a ON a.id = b.assignment_id
        LEFT JOIN grade_cells g ON g.id = c.id LEFT JOIN solution_cells s ON s.id = c.id
        LEFT JOIN task_cells t ON t.id = c.id""",
    "source": "SELECT name, cell_type, locked, source FROM source_cell",
    "submission": """SELECT n.name, a.student_id, a.timestamp, a.extension FROM submitted_assignment a
        JOIN assignment n ON n.id = a.assignment_id""",
    "submitted": """SELECT n.name, a.student_id, b.name, s.flagged, s.late_submission_penalty
        FROM submitted_notebook s JOIN submitted_assignment a ON a.id = s.assignment_id
        JOIN assignment n ON n.id = a.assignment_id JOIN notebook b ON b.id = s.notebook_id""",
    "grade": f"""SELECT n.name, a.student_id, b.name, c.name, x.auto_score, x.manual_score, x.extra_credit,
        x.needs_manual_grade FROM grade x {_SUBMITTED}""",
    "comment": f"""SELECT n.name, a.student_id, b.name, c.name, x.auto_comment, x.manual_comment
        FROM comment x {_SUBMITTED}""",
    "rows": " UNION ALL ".join(
        f"SELECT '{name}', count(*) FROM {name}"
        for name in (
            "student", "assignment", "notebook", "base_cell", "grade_cells", "solution_cells", "task_cells",
            "source_cell", "submitted_assignment", "submitted_notebook", "grade", "comment",
        )
    ),
}  # fmt: skip


def dump(url: str | Path) -> list[str]:
    """One line for each row, sorted; at the end how many rows each table has, so that none can hide."""
    url = f"sqlite:///{url}" if "://" not in str(url) else str(url)
    engine = create_engine(url, poolclass=NullPool)
    lines = []
    with engine.connect() as connection:
        for name, query in _QUERIES.items():
            rows = connection.execute(text(query))
            lines += sorted(f"{name} {' | '.join(map(_shown, row))}" for row in rows)
    return lines


def _shown(value: Any) -> str:
    """The same for both databases: SQLite has no type for booleans and times."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).removesuffix(".000000")
