"""Adds the names of the installed torch to grader/rules/torch_names.txt.

Run it by `python tests/rules/make_torch_names.py`.
Names are only added: what an older torch had stays reserved.
"""

from pathlib import Path
from types import ModuleType

import torch

FILE = Path(__file__).parents[2] / "grader" / "rules" / "torch_names.txt"
KINDS = ("Tensor", "Size", "dtype", "device", "finfo", "iinfo", "Generator", "layout")


def installed() -> dict[str, set[str]]:
    """Owner -> its names: torch, its tensors and small kinds, each of its public modules, and math."""
    import math

    owners = {"torch": torch, "math": math} | {f"torch.{kind}": getattr(torch, kind) for kind in KINDS}
    owners |= {
        f"torch.{name}": value
        for name, value in vars(torch).items()
        if isinstance(value, ModuleType) and not name.startswith("_") and value.__name__ == f"torch.{name}"
    }
    return {owner: {name for name in dir(value) if not _is_dunder(name)} for owner, value in owners.items()}


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def merged(text: str, found: dict[str, set[str]]) -> str:
    """The file with what was found added to its lines, in their order, new owners at the end."""
    head = [line for line in text.splitlines() if line.startswith("#")]
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    known = {owner.rstrip(":"): set(names) for owner, *names in lines}
    for owner, names in found.items():
        known.setdefault(owner, set()).update(names)
    return (
        "\n".join([*head, *(f"{owner}: {' '.join(sorted(names))}" for owner, names in known.items())]) + "\n"
    )


if __name__ == "__main__":
    FILE.write_text(merged(FILE.read_text(encoding="utf-8"), installed()), encoding="utf-8")
