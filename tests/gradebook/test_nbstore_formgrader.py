"""nbgrader's own programs on the database: its formgrader in a real Jupyter server, and its exporter."""

import csv
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from threading import Timer

import pytest

from grader.collect.roster import Person
from grader.gradebook import nbstore
from grader.gradebook.session import grade_class

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="grading is for Linux"),
    pytest.mark.skipif(bool(nbstore.missing()), reason="nbgrader is not installed"),
]
CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "backprop"
c.CourseDirectory.db_url = "sqlite:///{0}/grades/gradebook.db"
c.CourseDirectory.root = "{0}"
c.Exchange.root = "{0}"
"""

SERVER = """\
import sys
sys.modules["rfc3987_syntax"] = None  # jsonschema does without; it takes seconds to import
from jupyter_server.serverapp import main
main()
"""


@pytest.fixture(scope="module")
def course():
    """nbgrader's folder of the course. A socket lies in it: its path must be short."""
    with tempfile.TemporaryDirectory(prefix="kata-nb-", dir="/tmp") as name:
        root = Path(name)
        for unit in ("u01_slopes", "u05_value"):
            (root / "source" / unit).mkdir(
                parents=True
            )  # formgrader lists the assignments that it finds here
        (root / "nbgrader_config.py").write_text(CONFIG.format(root))
        yield root


@pytest.fixture(scope="module")
def grade(course, invented):
    """grade(better=False): grade the small class afresh into grades/ of that folder."""

    def run(better=False):
        class_, answers = invented.small_class()
        catalogue = invented.make_catalogue(course)
        pool = invented.FakePool(catalogue, {} if better else answers)
        graded = grade_class(
            catalogue, class_, pool, course / "grades", seed=invented.SEED, fresh=True, gradebook=""
        )
        named = Person("ann", "Ann", "O'Hara", "ann@example.org")
        students = tuple(replace(s, person=named if s.id == "ann" else None) for s in graded.students)
        nbstore.store(replace(graded, students=students), str(course / "grades" / "gradebook.db"))
        return graded

    return run


@pytest.fixture(scope="module")
def ask(course, grade):
    """ask(path, values=None): what formgrader's interface answers; with values they are put there."""
    grade()
    prefix = Path(find_spec("nbconvert").origin).parents[4]
    here = {f"JUPYTER_{name}_DIR": str(course / "jupyter") for name in ("CONFIG", "DATA", "RUNTIME")}
    extensions = "{'nbgrader.server_extensions.formgrader': True}"
    process = subprocess.Popen(
        [
            sys.executable, "-c", SERVER, "--allow-root", "--no-browser",
            f"--ServerApp.sock={course}/socket", "--IdentityProvider.token=secret",
            f"--ServerApp.jpserver_extensions={extensions}",
        ],
        cwd=course, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env={
            **os.environ, **here, "HOME": str(course), "JUPYTER_NO_CONFIG": "1",
            "JUPYTER_PATH": str(prefix / "share" / "jupyter"),  # where this Python is one of another's
        },
    )  # fmt: skip
    limit = Timer(120, process.kill)
    limit.start()
    try:
        said = []
        for line in process.stderr:
            said.append(line)
            if "is running at" in line:
                break
        assert process.poll() is None, "".join(said)
        assert "extension was successfully loaded" in "".join(said)
        yield lambda path, values=None: _ask(str(course / "socket"), path, values)
    finally:
        limit.cancel()
        process.kill()
        process.wait()
        process.stderr.close()


def _ask(place, path, values):
    connection = http.client.HTTPConnection("localhost", timeout=60)
    with closing(connection):
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(place)
        body = None if values is None else json.dumps(values)
        connection.request("PUT" if values else "GET", path, body, {"Authorization": "token secret"})
        answer = connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, text
    return json.loads(text) if "/api/" in path else text


def test_formgrader_shows_our_figures_and_its_marks_survive_a_regrade(ask, grade, course):
    graded = grade()
    yaras = in_nbgrader(
        course / "grades" / "gradebook.db",
        lambda book: book.find_submission_notebook("slopes", "u01_slopes", "yara").id,
    )

    def of_yara(what):
        rows = ask(f"/formgrader/api/{what}?submission_id={yaras}")
        return next(row for row in rows if row["name"] == "u01-grad_check")

    students = {row["id"]: row for row in ask("/formgrader/api/students")}
    assert {id: row["max_score"] for id, row in students.items()} == dict.fromkeys(students, 10)
    assert [students["ann"][key] for key in ("first_name", "last_name", "email")] == [
        "Ann", "O'Hara", "ann@example.org",
    ]  # fmt: skip
    in_time = {s.id: s.points for s in graded.students if not any(late.days for late in s.lateness.values())}
    assert len(in_time) == 6
    assert {id: students[id]["score"] for id in in_time} == pytest.approx(in_time)

    assignments = {row["name"]: row for row in ask("/formgrader/api/assignments")}
    assert {name: row["max_score"] for name, row in assignments.items()} == {"u01_slopes": 4, "u05_value": 6}
    assert assignments["u01_slopes"]["duedate"] == "2026-09-15T12:00:00"
    submissions = {row["student"]: row for row in ask("/formgrader/api/submissions/u01_slopes")}
    assert {id: row["score"] for id, row in submissions.items()} == pytest.approx(
        {"ann": 4, "june": 3.3333, "kim": 4, "sam": 3.3333, "yara": 2}
    )
    assert [id for id, row in submissions.items() if row["needs_manual_grade"]] == ["yara"]
    assert submissions["june"]["timestamp"] == "2026-09-17T03:00:00"
    assert "gradebook" in ask("/formgrader/gradebook/u01_slopes/slopes")

    assert of_yara("grades")["auto_score"] is None
    given = {"manual_score": 1.5, "extra_credit": 0.25}
    put = ask(f"/formgrader/api/grade/{of_yara('grades')['id']}", given)
    assert (put["needs_manual_grade"], put["manual_score"]) == (False, 1.5)
    assert of_yara("comments")["auto_comment"].startswith("not graded yet")
    said = {"manual_comment": "Well done, all the same."}
    ask(f"/formgrader/api/comment/{of_yara('comments')['id']}", said)

    grade(better=True)
    assert {key: of_yara("grades")[key] for key in given} == given
    assert of_yara("grades")["auto_score"] == 2
    assert {key: of_yara("comments")[key] for key in ("auto_comment", *said)} == {
        "auto_comment": None,
        **said,
    }
    scores = {row["student"]: row["score"] for row in ask("/formgrader/api/submissions/u01_slopes")}
    assert scores == {"ann": 4, "june": 4, "kim": 4, "sam": 4, "yara": 3.75}


def in_nbgrader(path, look):
    """What `look` finds in nbgrader's own gradebook."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{path}", "backprop") as book:
        return look(book)


def test_nbgraders_exporter_writes_our_totals(course, invented, tmp_path):
    class_, answers = invented.small_class()
    catalogue = invented.make_catalogue(tmp_path)
    pool = invented.FakePool(catalogue, answers)
    graded = grade_class(catalogue, class_, pool, tmp_path / "out", seed=invented.SEED, gradebook="")
    from nbgrader.plugins.export import CsvExportPlugin

    plugin = CsvExportPlugin(to=str(tmp_path / "grades.csv"))
    in_nbgrader(tmp_path / "out" / "gradebook.db", plugin.export)
    with (tmp_path / "grades.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    totals = dict.fromkeys((s.id for s in graded.students), 0.0)
    for row in rows:
        totals[row["student_id"]] += float(row["score"])
    assert totals == pytest.approx({s.id: s.points for s in graded.students}, abs=1e-9)
    june = next(r for r in rows if r["student_id"] == "june" and r["assignment"] == "u01_slopes")
    assert (june["raw_score"], june["late_submission_penalty"]) == ("3.3333", "0.6666")
    assert (june["max_score"], june["duedate"]) == ("4.0", "2026-09-15 12:00:00")
