"""The autograder as Gradescope has it: the zip is built, laid out in a bare folder, and run there."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import msgspec
import pytest

import grader
from grader.cli import main
from grader.course.load import load_course
from grader.errors import SandboxError, UsageError
from grader.release.wheel import make_wheel
from grader.report.exports.gradescope.bundle import write_bundle
from grader.report.exports.gradescope.settings import Late, Visibility
from grader.report.exports.pins import pins
from grader.sandbox.layers import resolve

ROOT = Path(__file__).parents[2]
TINY = ROOT / "tests" / "tiny_course"
SCHEMA = json.loads(Path(__file__).with_name("gradescope_results.schema.json").read_text())
WHEEL = f"katagrad-{grader.__version__}-py3-none-any.whl"
SECRET = "a seed of the tests, long enough"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="grading is for Linux")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The tiny course with a secret seed, and with what must not travel."""
    folder = tmp_path_factory.mktemp("course") / "tiny"
    shutil.copytree(TINY, folder, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis", "conftest.py"))
    (folder / ".secret").mkdir()
    (folder / ".secret" / "seed").write_text(SECRET + "\n")
    (folder / "exercises" / "u01_plain" / "__pycache__").mkdir()
    (folder / "exercises" / "u01_plain" / "__pycache__" / "x.pyc").write_bytes(b"x")
    (folder / "exercises" / "u01_plain" / "link.py").symlink_to("/etc/passwd")
    return folder


@pytest.fixture(scope="module")
def made(course, tmp_path_factory):
    """What `kata export gradescope` writes of its first unit."""
    to = tmp_path_factory.mktemp("zip") / "autograder.zip"
    return write_bundle(load_course(course), to, unit_ids=["u01"])


@pytest.fixture(scope="module")
def installed(made, tmp_path_factory):
    """A folder into which pip installed the wheel of the zip, and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(made.path) as archive:
        archive.extract(WHEEL, folder)
    ran = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-compile",
         "--disable-pip-version-check", "--target", folder / "site", folder / WHEEL],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "No module named pip" in ran.stderr:
        pytest.skip("this Python has no pip")
    assert ran.returncode == 0, ran.stderr
    return folder / "site"


class Container:
    """A folder laid out as /autograder, and its entry script run in it with namespaces off."""

    def __init__(self, root, made, site):
        self.root, self.site = root, site
        self.results = root / "results" / "results.json"
        for name in ("source", "submission", "results"):
            (root / name).mkdir(parents=True)
        with zipfile.ZipFile(made.path) as archive:
            for entry in archive.infolist():
                target = Path(archive.extract(entry, root / "source"))
                target.chmod(entry.external_attr >> 16 & 0o777)
        shutil.copy(root / "source" / "run_autograder", root / "run_autograder")

    def run(self, sandbox="seccomp", **metadata):
        (self.root / "submission_metadata.json").write_text(json.dumps(metadata))
        environment = {
            "PATH": os.defpath, "HOME": str(self.root), "KATA_AUTOGRADER": str(self.root),
            "KATA_PYTHON": sys.executable, "KATA_SANDBOX": sandbox, "PYTHONPATH": str(self.site),
        }  # fmt: skip
        return subprocess.run(
            [self.root / "run_autograder"],
            cwd="/",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def container(made, installed, tmp_path):
    return Container(tmp_path / "autograder", made, installed)


def solution(*changes):
    """The reference of the first unit with these lines replaced."""
    text = (TINY / "solutions/u01_plain/plain.py").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def test_a_submission_is_graded_there(container):
    try:
        resolve("seccomp")
    except SandboxError as error:
        pytest.skip(f"no seccomp here: {error.rationale}")
    submission = container.root / "submission"
    (submission / "plain.py").write_text(
        solution(("return (y1 - y0) / (x1 - x0)", "raise ValueError('<script>\\x1b[31m')"))
    )
    (submission / "conftest.py").write_text("raise SystemExit(0)\n")
    (submission / "timestamp.txt").write_text("2020-01-01 00:00:00 UTC\n")  # the student's own word
    ran = container.run(
        created_at="2026-03-02T13:00:00.365935+00:00",
        assignment={"due_date": "2026-03-01T12:00:00+00:00", "total_points": "20.0"},
        users=[{"email": "a@b", "assignment": {"due_date": "2026-03-02T12:00:00+00:00"}}],
        previous_submissions=[],
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = json.loads(container.results.read_text())
    jsonschema.validate(found, SCHEMA, jsonschema.Draft202012Validator)
    assert "sandbox: seccomp" in ran.stdout
    assert "without a secret seed" not in ran.stdout
    first, *others = found["tests"]
    assert (first["status"], first["score"], first["max_score"]) == ("failed", 0, 1)
    assert "ValueError: <script>\\x1b[31m" in first["output"]
    assert {test["status"] for test in others} == {"passed"}
    assert found["score"] == pytest.approx(0.9 * 19)  # one day after the student's own due date
    assert "u01: 1 day late: 10 % taken" in found["output"]
    assert "conftest.py" in found["output"]
    assert SECRET not in json.dumps(found) + ran.stdout + ran.stderr
    assert stat.S_IMODE((container.root / "source").stat().st_mode) & 0o077 == 0
    loaded = subprocess.run(
        [sys.executable, "-P", "-c", "import grader; print(grader.__file__)"],
        env={"PYTHONPATH": str(container.site)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert loaded.stdout.startswith(str(container.site))  # it was the wheel that graded


def test_where_nothing_can_be_graded_nobody_loses_a_point(container):
    container.results.write_text('{"score": 0}')
    ran = container.run(sandbox="nonsense", previous_submissions=[])
    assert ran.returncode == 1
    assert "NOT GRADED" in ran.stdout
    assert "nobody loses a point" in ran.stdout
    assert not container.results.exists()
    before = {"score": 17.5, "output": "old", "tests": []}
    earlier = [{"submission_time": "2026-03-01T00:00:00Z", "score": 17.5, "results": before}]
    assert container.run(sandbox="unsafe", previous_submissions=earlier).returncode == 0
    kept = json.loads(container.results.read_text())
    jsonschema.validate(kept, SCHEMA, jsonschema.Draft202012Validator)
    assert kept["score"] == 17.5
    assert kept["output"].startswith("This submission could not be graded. That is our fault, not yours")


# ---------------------------------------------------------------------------- the zip


def test_what_is_in_the_zip(made):
    with zipfile.ZipFile(made.path) as archive:
        modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in archive.infolist()}
        assert archive.read("course/.secret/seed").decode() == SECRET + "\n"
        assert b"PRIVATE" in archive.read("PRIVATE.txt")
        constraints = archive.read("constraints.txt").decode()
    assert (modes["setup.sh"], modes["run_autograder"]) == (0o755, 0o755)
    secret = [name for name in modes if name.startswith("course/")]
    assert {modes[name] for name in secret} == {0o600}
    folders = {name.rpartition("/")[0] for name in secret}
    assert {"course/exercises/u01_plain", "course/solutions/u01_plain"} <= folders
    bank = ("wrong_", "right_", "link.py", "x.pyc")
    assert not [name for name in modes if Path(name).name.startswith(bank) or name.endswith(".md")]
    assert re.search(r"^numpy==\d", constraints, re.MULTILINE)
    assert re.search(r"^ruamel-yaml==\d", constraints, re.MULTILINE)
    assert "torch" not in constraints  # the unit that is graded needs none
    assert "+" not in constraints
    assert made.path.stat().st_mode & 0o777 == 0o600


def test_the_same_course_gives_the_same_bytes(made, course, tmp_path):
    again = write_bundle(load_course(course), tmp_path / "b.zip", unit_ids=["u01"])
    assert again.path.read_bytes() == made.path.read_bytes()


def test_it_says_loudly_what_it_holds(course, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(course)
    to = tmp_path / "a.zip"
    given = [
        "export",
        "gradescope",
        "--to",
        str(to),
        "--late",
        "gradescope",
        "--visibility",
        "after_published",
    ]
    assert main(given) == 0
    out = capsys.readouterr().out
    assert "PRIVATE: it holds the solutions, the hidden tests and the seed." in out
    assert "units  u01, u02: set the assignment's autograder points to 29" in out
    assert "memory" in out  # there is a torch unit
    assert "until then Gradescope shows students no total" in out
    assert "no secret seed" not in out
    with zipfile.ZipFile(to) as archive:
        settings = json.loads(archive.read("settings.json"))
        assert "torch==" in archive.read("constraints.txt").decode()
    assert (settings["late"], settings["visibility"]) == (Late.GRADESCOPE, Visibility.AFTER_PUBLISHED)
    shutil.move(course / ".secret", tmp_path / "kept")
    assert main([*given, "--unit", "u01"]) == 0
    shutil.move(tmp_path / "kept", course / ".secret")
    assert "no secret seed: everybody can know" in capsys.readouterr().out
    assert main([*given, "--unit", "u09"]) == 2
    assert main(["export", "gradescope", "--to", str(tmp_path / "a.tar")]) == 2
    assert main([*given, "--pip", "'torn"]) == 2


def test_what_is_published_later_is_shown_later(course, tmp_path):
    catalogue = load_course(course)
    policy = msgspec.convert({"published": "2026-04-01T00:00:00Z"}, type(catalogue.course.feedback))
    waits = type(catalogue)(msgspec.structs.replace(catalogue.course, feedback=policy), catalogue.root)
    assert write_bundle(waits, tmp_path / "a.zip").visibility is Visibility.AFTER_PUBLISHED
    assert write_bundle(catalogue, tmp_path / "a.zip").visibility is Visibility.VISIBLE
    chosen = write_bundle(waits, tmp_path / "a.zip", visibility=Visibility.VISIBLE)
    assert chosen.visibility is Visibility.VISIBLE
    with pytest.raises(UsageError, match="does not end in"):
        write_bundle(catalogue, tmp_path / "a")


def test_the_setup_script_installs_what_is_pinned(course, tmp_path):
    """Run with a Python that only writes down what it is asked: nothing is installed, nothing fetched."""
    made = write_bundle(load_course(course), tmp_path / "a.zip", pip="--index-url 'a b; touch x' $HOME")
    source, tools, root = (tmp_path / name for name in ("source", "tools", "root"))
    with zipfile.ZipFile(made.path) as archive:
        archive.extractall(source)
    tools.mkdir()
    python = tools / f"python{sys.version_info.major}.{sys.version_info.minor}"  # it is asked for first
    python.write_text(
        "#!/bin/sh\n"
        f'for word in "$@"; do echo "$word" >> {tmp_path}/asked; done\n'
        f'[ "$2" != venv ] || {{ mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; }}\n'
    )
    python.chmod(0o755)
    environment = {"PATH": f"{tools}:{os.defpath}", "KATA_AUTOGRADER": str(root)}
    script = source / "setup.sh"
    subprocess.run(["bash", script], env=environment, cwd=tmp_path, check=True, capture_output=True)
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[asked.index("pip") :] == [
        "pip", "install", "--no-cache-dir", "-c", f"{source}/constraints.txt",
        "--index-url", "a b; touch x", "$HOME", "ruamel.yaml", "torch", f"{source}/{WHEEL}",
    ]  # fmt: skip
    assert asked[asked.index("venv") + 1] == f"{root}/venv"
    assert not (tmp_path / "x").exists()


# ---------------------------------------------------------------------------- the wheel and the pins


def test_the_wheel_holds_the_package_and_describes_it(tmp_path):
    made = make_wheel()
    (tmp_path / "w.whl").write_bytes(made.data)
    with zipfile.ZipFile(tmp_path / "w.whl") as archive:
        names = archive.namelist()
        record = archive.read(next(name for name in names if name.endswith("RECORD"))).decode()
    package = ROOT / "grader"
    kinds = {".py", ".txt", ".json", ".typed", ".html", ".css", ".js", ".j2", ".svg", ".sh"}
    want = {
        f"grader/{path.relative_to(package).as_posix()}"
        for path in package.rglob("*")
        if (path.suffix in kinds or path.name == "py.typed") and "__pycache__" not in path.parts
    }
    assert want == {name for name in names if name.startswith("grader/")}
    assert sorted(line.split(",")[0] for line in record.splitlines()) == sorted(names)
    assert made == make_wheel()


def test_pins_are_those_of_this_machine():
    found = pins(["katagrad"])
    assert {"numpy", "pytest", "hypothesis", "msgspec", "pluggy"} <= set(found)
    assert "katagrad" not in found
    assert found == dict(sorted(found.items()))
    assert pins(["no-such-package-at-all"]) == {}
