"""The attacks, one file a group: each has a list ATTACKS."""

import importlib
import pkgutil
from dataclasses import replace

from kata_attacks.model import Attack


def groups() -> dict[str, list[Attack]]:
    """Group -> its attacks, in the order of their files."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        bank = importlib.import_module(f"{__name__}.{module.name}")
        found[module.name] = [replace(attack, group=module.name) for attack in bank.ATTACKS]
    return found


def everything() -> list[Attack]:
    """All attacks. No two have the same id."""
    attacks = [attack for group in groups().values() for attack in group]
    assert len({attack.id for attack in attacks}) == len(attacks), "two attacks have the same name"
    return attacks
