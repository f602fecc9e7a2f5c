"""Gives the tests here the invented class of tests/gradebook, and a pool in the place of the real one."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import pytest

import grader.engine.pool

NAME = "katagrad_invented_class"


@pytest.fixture(scope="session")
def invented() -> ModuleType:
    if NAME not in sys.modules:
        spec = spec_from_file_location(NAME, Path(__file__).parents[1] / "gradebook" / "invented.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[NAME] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[NAME])
    return sys.modules[NAME]


@pytest.fixture
def pool(invented: ModuleType, monkeypatch: pytest.MonkeyPatch) -> type:
    """The class that commands take for the Pool. It answers `answers`, and raises `stop` after one result.

    made: with which options    last: the one that ran last
    """

    class Pool(invented.FakePool):  # type: ignore[name-defined,misc]
        answers = None
        stop = None
        last = None
        made: ClassVar[list[tuple[str, int, bool, str]]] = []

        def __init__(self, catalogue, seed, *, rung="auto", workers=0, device="cpu"):
            super().__init__(catalogue, type(self).answers or {})
            self.made.append((rung, workers, seed.demo, str(device)))

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def run(self, jobs):
            type(self).last = self
            for done, result in enumerate(super().run(jobs)):
                if self.stop is not None and done == 1:
                    raise self.stop
                yield result

    monkeypatch.setattr(grader.engine.pool, "Pool", Pool)
    return Pool
