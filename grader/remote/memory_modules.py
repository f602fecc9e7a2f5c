"""Imports the student's files from memory: a worker has no filesystem.

The students' own runs use it too, so that a module has one name and one way in, wherever it comes from.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import linecache
import sys
from collections.abc import Mapping, Sequence
from types import CodeType, ModuleType
from typing import Any


class MemoryFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `u01_slopes.slopes` in {"u01_slopes/slopes.py": text}; the folders are packages.

    prefix: put before a file's name in tracebacks, where the file exists on disk.
    """

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.sources: dict[str, str] = {}
        self.packages: set[str] = set()

    def install(self, sources: Mapping[str, str]) -> None:
        """Make the sources importable, and their lines known to tracebacks."""
        self.sources = {file: text for file, text in sources.items()}
        self.packages = {file.partition("/")[0] for file in sources}
        for file, text in sources.items():
            name = self.prefix + file
            linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """Forget the sources and every module made from them."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        for file in self.sources:
            sys.modules.pop(file.removesuffix(".py").replace("/", "."), None)
            linecache.cache.pop(self.prefix + file, None)
        for package in self.packages:
            if isinstance(getattr(sys.modules.get(package), "__loader__", None), MemoryFinder):
                del sys.modules[package]

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        file = name.replace(".", "/") + ".py"
        if name in self.packages:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        if file in self.sources:
            return importlib.machinery.ModuleSpec(name, self, origin=file)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        origin = module.__spec__.origin if module.__spec__ else None
        if origin is not None:
            module.__file__ = self.prefix + origin
            exec(self.code(origin), module.__dict__)

    def code(self, file: str) -> CodeType:
        return compile(self.sources[file], self.prefix + file, "exec", dont_inherit=True)

    def frames(self, error: BaseException) -> list[Any]:
        """The student's own frames of an error, outermost first: [file, line, function]."""
        found = []
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            file = code.co_filename.removeprefix(self.prefix)
            if file in self.sources:
                found.append([file, trace.tb_lineno, code.co_name[:80]])
            trace = trace.tb_next
        return found
