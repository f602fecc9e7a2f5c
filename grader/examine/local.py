"""The backend of the student's own run: the module is loaded into this process, from memory."""

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from grader.course.catalogue import Catalogue
from grader.course.model import Unit
from grader.errors import SubmissionError
from grader.remote.memory_modules import MemoryFinder
from grader.remote.standin import replace


class LocalBackend:
    """Loads units under their canonical names from {"u05_value/value.py": text}.

    prefix: the folder the files lie in, with its slash, so that tracebacks name real files; "" without.
    isolated: leave no trace in `sys.modules`, for references that live beside a student's module.
    """

    def __init__(self, files: Mapping[str, str], prefix: str = "", isolated: bool = False) -> None:
        self.files = dict(files)
        self.isolated = isolated
        self.finder = MemoryFinder(prefix)
        self.prefix = prefix
        self.modules: dict[str, Any] = {}
        self.failed: dict[str, BaseException] = {}

    @classmethod
    def of_folder(cls, folder: Path, catalogue: Catalogue, isolated: bool = False) -> "LocalBackend":
        """The files of a folder such as `exercises` or `solutions`; missing ones are simply not there."""
        files = {}
        for unit in catalogue.units:
            path = folder / unit.file
            if path.is_file():
                files[unit.file] = path.read_text(encoding="utf-8-sig", errors="replace")
        return cls(files, f"{folder}/", isolated)

    @property
    def sources(self) -> Mapping[str, str]:
        return {self.prefix + file: text for file, text in self.files.items()}

    def open(self, unit: Unit) -> Any:
        """The module of a unit. SubmissionError without the file; else whatever its import raises."""
        if unit.file not in self.files:
            raise SubmissionError(f"the file {unit.file} is missing", f"Put {unit.file} back where it was.")
        if unit.module in self.failed:
            raise self.failed[unit.module]
        if unit.module not in self.modules:
            with self._importable():
                try:
                    self.modules[unit.module] = importlib.import_module(unit.module)
                except BaseException as error:
                    self.failed[unit.module] = error
                    raise
        return self.modules[unit.module]

    @contextmanager
    def _importable(self) -> Iterator[None]:
        names = {file.removesuffix(".py").replace("/", ".") for file in self.files}
        others = {name: sys.modules.pop(name) for name in names if self.isolated and name in sys.modules}
        sys.modules.update(self.modules)
        self.finder.install(self.files)
        try:
            yield
        finally:
            if self.isolated:
                self.modules |= {name: sys.modules[name] for name in names if name in sys.modules}
                self.finder.remove()
                sys.modules.update(others)

    def build(self, path: str, *args: Any, **kwargs: Any) -> Any:
        module, _, name = path.rpartition(".")
        return getattr(importlib.import_module(module or "builtins"), name)(*args, **kwargs)

    def replace(
        self, unit: Unit, symbol: str, kind: str, function: Callable[..., Any], among: Unit | None = None
    ) -> None:
        """Let another function stand where the student's does."""
        self.open(unit)
        replace((among or unit).module, symbol, kind, function)

    def begin_test(self, in_place: bool) -> None:
        return  # here the test's own objects are handed over

    def settle(self, failed: bool, example: bool = False) -> None:
        return  # here nothing waits

    def close(self) -> None:
        self.finder.remove()
        self.modules.clear()
        self.failed.clear()
