"""The versions that this machine grades with, as pins for another one."""

import platform
from collections.abc import Iterable
from importlib import metadata

from grader.errors import GraderError

GRADER = "katagrad"


def own_version() -> str:
    """The version of katagrad. GraderError where it is not installed as a package."""
    try:
        return metadata.version(GRADER)
    except metadata.PackageNotFoundError:
        raise GraderError("katagrad is not installed", "Install it: pip install -e .") from None


def python_version() -> str:
    """Of this Python: 3.11."""
    return ".".join(platform.python_version_tuple()[:2])


def pins(names: Iterable[str]) -> dict[str, str]:
    """name -> version of these packages and of all that they need, as far as it is installed; sorted.

    katagrad itself is left out. A local part of a version (`+cpu`) is: no index knows it.
    """
    from packaging.requirements import Requirement  # noqa: PLC0415  pytest brings it

    found: dict[str, str] = {}
    waiting = [Requirement(name) for name in names]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        wanted = waiting.pop()
        name = _canonical(wanted.name)
        extras = {"", *wanted.extras}
        key = name, frozenset(extras)
        if key in seen:
            continue
        seen.add(key)
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        found[name] = distribution.version.partition("+")[0]
        for text in distribution.requires or ():
            needed = Requirement(text)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(needed)
    found.pop(GRADER, None)
    return dict(sorted(found.items()))


def _canonical(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
