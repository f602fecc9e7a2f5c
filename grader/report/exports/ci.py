"""A CI job for students' repositories: it runs the public tests, as `pytest exercises` does at home.

It gives no points: whoever can push can change its tests. Points come from `kata grade`.
"""

import json
import shlex
from collections.abc import Iterable

from grader.course.catalogue import Catalogue
from grader.course.model import Unit
from grader.errors import UsageError
from grader.gradebook.plain import printable
from grader.report.exports.pins import own_version, pins, python_version

REPORT = "public-tests.xml"
_GITHUB = """\
# {head}
# Save it as .github/workflows/classroom.yml in the repository that students start from.
name: {name}
on: [push, workflow_dispatch]
permissions:
  contents: read
jobs:
  public-tests:
    runs-on: ubuntu-latest
    if: github.actor != 'github-classroom[bot]'
    timeout-minutes: {minutes}
    env:
      PYTHONUTF8: "1"
      COLUMNS: "100"
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: {python}
      - name: Install
        run: |
{install}
      - name: Public tests
        run: |
{test}
      - name: Keep the report
        if: always()
        uses: actions/upload-artifact@v4
        with:
          name: public-tests
          path: {report}
          if-no-files-found: error
"""
_GITLAB = """\
# {head}
# Save it as .gitlab-ci.yml in the project that students fork.
public-tests:
  image: {image}
  timeout: {minutes} minutes
  variables:
    PYTHONUTF8: "1"
    COLUMNS: "100"
    PIP_DISABLE_PIP_VERSION_CHECK: "1"
  before_script:
{install}
  script:
{test}
  artifacts:
    name: public-tests
    when: always
    expire_in: 4 weeks
    paths: [{report}]
    reports:
      junit: {report}
"""
_MINUTES = 30


def github_workflow(catalogue: Catalogue, unit_ids: Iterable[str] = (), pip: str = "") -> str:
    """The workflow for GitHub Classroom. pip: further words for pip install"""
    units = catalogue.chosen(unit_ids)
    return _GITHUB.format(
        head=_head(catalogue),
        name=json.dumps(f"{catalogue.course.id}: public tests"),
        python=json.dumps(python_version()),
        minutes=_MINUTES,
        install=_indented([_install(units, pip)], 10),
        test=_indented([_test(catalogue, units)], 10),
        report=REPORT,
    )


def gitlab_job(catalogue: Catalogue, unit_ids: Iterable[str] = (), pip: str = "") -> str:
    """The job for GitLab CI. pip: further words for pip install"""
    units = catalogue.chosen(unit_ids)
    return _GITLAB.format(
        head=_head(catalogue),
        image=json.dumps(f"python:{python_version()}"),
        minutes=_MINUTES,
        install=f"    - {json.dumps(_install(units, pip))}",
        test=f"    - {json.dumps(_test(catalogue, units))}",
        report=REPORT,
    )


def _head(catalogue: Catalogue) -> str:
    course = catalogue.course
    return f"{printable(course.title, 200)} ({printable(course.version, 80)}): the public tests on every push"


def _install(units: Iterable[Unit], pip: str) -> str:
    """The wheel of katagrad is looked for in the repository too: it need not be on an index."""
    torch = any(unit.flavour == "torch" for unit in units)
    fixed = pins(("katagrad", "torch") if torch else ("katagrad",))
    wanted = [f"katagrad=={own_version()}", *(f"{name}=={version}" for name, version in fixed.items())]
    try:
        words = shlex.split(pip)
    except ValueError as error:
        raise UsageError(f"--pip {pip}: {error}", "Write it as in a shell, with quotes that end.") from None
    return shlex.join(
        ["python", "-m", "pip", "install", "--find-links", ".", "--find-links", "dist", *words, *wanted]
    )


def _test(catalogue: Catalogue, units: tuple[Unit, ...]) -> str:
    """pytest on the folder of exercises, or on those of some units."""
    folder = catalogue.course.exercises
    places = [folder] if units == catalogue.units else [f"{folder}/{unit.folder}" for unit in units]
    return shlex.join(["python", "-m", "pytest", *places, f"--junitxml={REPORT}"])


def _indented(lines: Iterable[str], width: int) -> str:
    return "\n".join(" " * width + line for line in lines)
