"""The pytest plugin `katagrad`: inert, until the run is one of a released course.

Such a course is a folder with `.kata/catalogue.json`: the rootdir, or one above the first argument.
Nothing else is imported before that is known: this module is loaded into everybody's pytest.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest

MARK = Path(".kata", "catalogue.json")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that no other project has; pytest must know it before a course is found."""
    group = parser.getgroup("katagrad", "katagrad: a course on gradients")
    group.addoption(
        "--kata-from",
        metavar="DIR",
        default=None,
        help="run the course's tests on the files of DIR (DIR/u01_slopes/slopes.py) instead of your own",
    )


def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> None:
    """Add `--device`, in a course only: other projects have an option of that name themselves."""
    if _first_course(early_config, [arg for arg in args if not arg.startswith("-")]) is not None:
        parser.getgroup("katagrad").addoption(
            "--device",
            choices=("cpu", "cuda"),
            default="cpu",
            dest="kata_device",
            help="where the tests of torch units put their tensors",
        )


@pytest.hookimpl(trylast=True)  # after pytest's own reporter was made, which ours replaces
def pytest_configure(config: pytest.Config) -> None:
    """Take part where there is a course. UsageError for an option that makes no sense without."""
    root = find_course(config)
    if root is not None:
        from grader.student.activate import activate  # noqa: PLC0415  numpy: only here

        activate(config, root)
    elif config.getoption("kata_from") is not None:
        raise pytest.UsageError(
            "--kata-from: there is no course here (.kata/catalogue.json); name it: pytest exercises ..."
        )


def find_course(config: pytest.Config) -> Path | None:
    """The exercises folder that this run is about, or None: then this plugin does nothing."""
    if hasattr(config, "workerinput"):  # a process of pytest-xdist; the one that started it has said why not
        return None
    return _first_course(config, [str(arg) for arg in config.args[:1]])


def _first_course(config: pytest.Config, names: Iterable[str]) -> Path | None:
    """The first course: that of the rootdir, or one that holds something that is named."""
    named = [Path(config.invocation_params.dir, name.partition("::")[0]) for name in names]
    folders = [config.rootpath, *(folder for path in named for folder in (path, *path.parents))]
    return next((folder for folder in folders if (folder / MARK).is_file()), None)
