"""What Canvas's importer of grades does with a file, by the rules of its public source, in our own words.

Columns count by their place; headings are looked up by their first occurrence; what looks like a total, like
a row of points or like a row of posting policies is no assignment and no student.
"""

import csv
import io
import re

TOTALS = [
    f"{a} {b}" for a in ("Current", "Final", "Override") for b in ("Score", "Points", "Grade", "Status")
]


class Refused(Exception):
    """The first row is not what Canvas asks for."""


def separator(text):
    """A semicolon where it splits the first three lines alike, and into more parts than a comma does."""
    lines, fields = text.splitlines()[:3], {}
    for sign in ";,":
        try:
            counts = {len(next(csv.reader([line], delimiter=sign, strict=True))) for line in lines}
        except csv.Error:
            counts = set()
        fields[sign] = counts.pop() if len(counts) == 1 else 0
    return ";" if fields[";"] > fields[","] else ","


def read(cell):
    """A pure number has its last comma or point taken for the decimal sign."""
    if re.fullmatch(r"-?[0-9.,]+%?", cell):
        whole, last = re.split(r"[,.](?=[^,.]*$)", cell) if re.search("[,.]", cell) else (None, cell)
        return last if whole is None else re.sub("[,.]", "", whole) + "." + last
    return cell


def grades(text, students=(), assignments=()):
    """{student: {assignment: grade}}, and {assignment: points possible}.

    students: dicts with id, sis, login, name    assignments: {id: title}
    """
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator(text), strict=True)
    rows = [[read(cell) for cell in row] for row in rows if not re.fullmatch(r"[;, ]*", ",".join(row))]
    header, *rest = rows
    if len(header) < 4 or "Student" not in header[0] or "ID" not in header[1]:
        raise Refused(header)
    width, sis, login = 3, None, None
    if header[2] == "SIS Login ID":
        login, width = 2, 4
    elif header[2] == "SIS User ID" and header[3] == "SIS Login ID":
        sis, login, width = 2, 3, 5
        width += header[4] == "Integration ID"
        width += header[width - 1] == "Root Account"
    if "Section" not in header[width - 1]:
        raise Refused(header)
    columns, worth, found = {}, {}, {}
    for heading in header[width:]:
        if any(total in heading for total in TOTALS):
            continue
        named = re.fullmatch(r"(.*)\s\((\d+)\)", heading)
        columns[assignments.get(named[2]) if named else heading] = header.index(heading)
    for row in rest:
        if "Points Possible" in row[0]:
            worth = {name: row[at] for name, at in columns.items()}
            read_only = [name for name in columns if "read only" in row[columns[name]]]
            columns = {name: at for name, at in columns.items() if name not in read_only}
        elif not all(re.fullmatch(r"\s*(Muted|Manual Posting.*)?\s*", cell, re.IGNORECASE) for cell in row):
            who = [s for s in students if row[1] and s["id"] == row[1]]
            who = who or [s for s in students if sis and row[sis] and s.get("sis") == row[sis]]
            who = who or [s for s in students if login and row[login] and s.get("login") == row[login]]
            who = who or [s for s in students if s["name"] == row[0]]
            key = who[0]["id"] if who else f"new: {row[0]}"
            assert key not in found, f"two rows of {key}"
            found[key] = {name: row[at].strip() for name, at in columns.items()}
    return found, worth
