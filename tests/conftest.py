"""What holds for all tests: whose terminal it is does not matter, and what is shared is made once."""

import os

import pytest

TOGETHER = {"attacks", "example_class"}  # folders whose files share something that takes long to make


def pytest_configure():
    os.environ.pop("COLUMNS", None)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(config, items):
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            folder = item.path.parent.name
            item.add_marker(pytest.mark.xdist_group(folder if folder in TOGETHER else str(item.path)))
