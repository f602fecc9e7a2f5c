"""What holds for all tests: whose terminal it is does not matter, and what is shared is made once."""

import os

import pytest

TOGETHER = {"attacks", "example_class"}  # folders whose files share something that takes long to make


def pytest_configure():
    os.environ.pop("COLUMNS", None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """The tests of a file go to one worker, and those of some folders.

    Not by --dist loadgroup, whose marks are passed over from pytest 9.2 on (pytest-xdist issue 1386).
    """
    from xdist.scheduler import LoadScopeScheduling  # may not be installed where it is not used

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            folder = file.split("/")[-2]
            return folder if folder in TOGETHER else file

    return Scheduling(config, log)
