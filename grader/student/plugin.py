"""The pytest plugin `katagrad`: inert, until the run is one of a released course.

Such a course is a folder with `.kata/catalogue.json`: the rootdir, or one above the first argument.
Nothing else is imported before that is known: this module is loaded into everybody's pytest.
"""

from pathlib import Path

import pytest

MARK = Path(".kata", "catalogue.json")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the one option; pytest must know it before it knows whether a course is run."""
    group = parser.getgroup("katagrad", "katagrad: a course on gradients")
    group.addoption(
        "--kata-from",
        metavar="DIR",
        default=None,
        help="run the course's tests on the files of DIR (DIR/u01_slopes/slopes.py) instead of your own",
    )


@pytest.hookimpl(trylast=True)  # after pytest's own reporter was made, which ours replaces
def pytest_configure(config: pytest.Config) -> None:
    """Take part where there is a course. UsageError for an option that makes no sense without."""
    root = find_course(config)
    if root is not None:
        from grader.student.activate import activate  # noqa: PLC0415  numpy, hypothesis: only here

        activate(config, root)
    elif config.getoption("kata_from") is not None:
        raise pytest.UsageError(
            "--kata-from: there is no course here (.kata/catalogue.json); name it: pytest exercises ..."
        )


def find_course(config: pytest.Config) -> Path | None:
    """The exercises folder that this run is about, or None: then this plugin does nothing."""
    if hasattr(config, "workerinput"):  # a process of pytest-xdist; the one that started it has said why not
        return None
    starts = [config.rootpath]
    if config.args:
        first = Path(config.invocation_params.dir, str(config.args[0]).partition("::")[0])
        starts += [first, *first.parents]
    return next((folder for folder in starts if (folder / MARK).is_file()), None)
