"""Gives the tests here the invented class of tests/gradebook/invented.py, and the large one of crowd.py."""

import os
import shutil
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent


def loaded(name: str, path: Path) -> ModuleType:
    if name not in sys.modules:
        spec = spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def invented() -> ModuleType:
    return loaded("katagrad_invented_class", HERE.parent / "gradebook" / "invented.py")


@pytest.fixture(scope="session")
def crowd() -> ModuleType:
    return loaded("katagrad_invented_crowd", HERE / "crowd.py")


@pytest.fixture(scope="session")
def hostile(crowd):
    """A class of people, files and code that all attack the page that shows them."""
    return loaded("katagrad_hostile_crowd", HERE / "hostile.py").hostile_class(crowd)


@pytest.fixture(scope="module")
def chromium():
    """The machine's Chromium, without a window. Skipped where there is none."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("no Chromium on this machine's PATH")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as started:
        try:
            browser = started.chromium.launch(
                executable_path=found, args=[*sandbox, "--disable-dev-shm-usage"]
            )
        except playwright.Error as error:
            pytest.skip(f"{found} does not start: {str(error).splitlines()[0]}")
        yield browser
        browser.close()
