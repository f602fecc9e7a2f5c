"""The CI jobs for students' repositories: parsed, and their own lines run."""

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import msgspec
import pytest
from ruamel.yaml import YAML

from grader.cli import main
from grader.course.load import load_course
from grader.report.exports.ci import REPORT, github_workflow, gitlab_job

TINY = Path(__file__).parents[1] / "tiny_course"
UNIT = ["u01"]  # without torch


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A student's repository: the folder of exercises, as it was released."""
    folder = tmp_path_factory.mktemp("repository")
    left_behind = shutil.ignore_patterns("__pycache__", ".hypothesis", "state.json", "backups", "u02_tensors")
    shutil.copytree(TINY / "exercises", folder / "exercises", ignore=left_behind)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (folder / "bin" / "python").chmod(0o755)
    return folder


def parsed(text):
    return YAML(typ="safe").load(text)


def github():
    job = parsed(github_workflow(load_course(TINY), UNIT))["jobs"]["public-tests"]
    steps = {step["name"]: step for step in job["steps"] if "name" in step}
    return steps["Install"]["run"], steps["Public tests"]["run"], job["env"]


def gitlab():
    job = parsed(gitlab_job(load_course(TINY), UNIT))["public-tests"]
    return "\n".join(job["before_script"]), "\n".join(job["script"]), job["variables"]


def run(script, variables, folder):
    environment = {**os.environ, **variables, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    environment.pop("PYTEST_ADDOPTS", None)
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("job", [github, gitlab])
def test_its_lines_run_the_public_tests(job, repository):
    install, script, variables = job()
    file, report = repository / "exercises" / "u01_plain" / "plain.py", repository / REPORT
    stub = file.read_text()
    ran = run(script, variables, repository)
    assert ran.returncode == 1  # nothing is written yet
    assert "0/13 exercises" in ran.stdout
    cases = ET.parse(report).getroot().findall(".//testcase")
    assert cases
    assert not [case for case in cases if not len(case)]
    try:
        shutil.copy(TINY / "solutions" / "u01_plain" / "plain.py", file)
        ran = run(script, variables, repository)
        assert ran.returncode == 0, ran.stdout
        assert "13/13 exercises" in ran.stdout
        assert not [case for case in ET.parse(report).getroot().findall(".//testcase") if len(case)]
    finally:
        file.write_text(stub)
        report.unlink()
    words = r"python -m pip install --find-links \. --find-links dist katagrad==\S+( [\w-]+==\S+)+\n?"
    assert re.fullmatch(words, install)
    assert "torch==" not in install


def test_the_workflow_has_what_github_asks_for():
    found = parsed(github_workflow(load_course(TINY)))
    assert found.get("on", found.get(True)) == ["push", "workflow_dispatch"]
    assert found["permissions"] == {"contents": "read"}
    job = found["jobs"]["public-tests"]
    assert job["runs-on"] == "ubuntu-latest"
    assert all(("uses" in step) != ("run" in step) for step in job["steps"])
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"]) for step in job["steps"] if "uses" in step)
    setup, last = job["steps"][1], job["steps"][-1]
    assert setup["with"]["python-version"] == ".".join(map(str, sys.version_info[:2]))
    assert (last["if"], last["with"]["path"]) == ("always()", REPORT)
    run_lines = [step["run"] for step in job["steps"] if "run" in step]
    assert "torch==" in run_lines[0]
    assert run_lines[1] == f"python -m pytest exercises --junitxml={REPORT}\n"


def test_the_job_has_what_gitlab_asks_for():
    (name, job), *others = parsed(gitlab_job(load_course(TINY))).items()
    assert (name, others) == ("public-tests", [])
    assert re.fullmatch(r"python:3\.\d+", job["image"])
    assert job["artifacts"]["reports"] == {"junit": REPORT}
    assert job["artifacts"]["when"] == "always"
    assert all(isinstance(line, str) for line in (*job["before_script"], *job["script"]))


@pytest.mark.parametrize("make", [github_workflow, gitlab_job])
def test_hostile_titles_and_words_stay_what_they_are(make):
    catalogue = load_course(TINY)
    course = msgspec.structs.replace(catalogue.course, title='x"\n- run: evil: ${{ x }}\x1b', version=": ]")
    hostile, words = type(catalogue)(course, catalogue.root), "--extra 'a b; evil' \"$(touch x)\""
    assert parsed(make(hostile, UNIT, words)) == parsed(make(catalogue, UNIT, words))
    assert "--extra 'a b; evil' '$(touch x)' katagrad==" in make(hostile, UNIT, words)


def test_the_commands(tmp_path, capsys):
    assert main(["export", "github-classroom", "--course", str(TINY), "--unit", "u01"]) == 0
    assert capsys.readouterr().out == github_workflow(load_course(TINY), UNIT)
    to = tmp_path / "x.yml"
    assert main(["export", "gitlab", "--course", str(TINY), "--to", str(to)]) == 0
    assert to.read_text() == gitlab_job(load_course(TINY))
    assert to.stat().st_mode & 0o777 == 0o644
    assert main(["export", "gitlab", "--course", str(TINY), "--late", "ours"]) == 2
