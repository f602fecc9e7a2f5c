"""Which tests go to the same process where several processes share the work."""

import pytest

TOGETHER = {"example_class"}  # folders whose files share something that takes long to make


def pytest_collection_modifyitems(config, items):
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            folder = item.path.parent.name
            item.add_marker(pytest.mark.xdist_group(folder if folder in TOGETHER else str(item.path)))
