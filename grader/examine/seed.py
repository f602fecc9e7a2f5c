"""The course's secret seed: every student meets the same hidden cases, and nobody can read which.

It stands in `.secret/seed` beside course.yml. Records hold its fingerprint only.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from grader.errors import CourseError

DEMO = "demo"


@dataclass(frozen=True)
class Seed:
    """A seed. `demo`: no secret one was made, so whoever reads the repository can know the cases."""

    value: str
    demo: bool = False

    @property
    def fingerprint(self) -> str:
        """Tells two seeds apart without giving one away."""
        return "demo" if self.demo else hashlib.sha256(f"fingerprint:{self.value}".encode()).hexdigest()[:12]

    def number(self, exercise: str, test: str, draw: int = 0) -> int:
        """H(seed, exercise, test, draw): 64 bits, the same on every machine."""
        text = "\0".join((self.value, exercise, test, str(draw)))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")

    def rng(self, exercise: str, test: str, draw: int = 0) -> np.random.Generator:
        """The generator behind the fixture `rng`."""
        return np.random.Generator(np.random.PCG64(self.number(exercise, test, draw)))


def load_seed(root: Path) -> Seed:
    """The seed beside course.yml, or the demo seed. CourseError where the file cannot be used."""
    path = root / ".secret" / "seed"
    try:
        text = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return Seed(DEMO, demo=True)
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: the seed cannot be read: {error}", "Make a new one: kata seed") from None
    if len(text) < 16:
        raise CourseError(f"{path}: a seed has at least 16 characters", "Make a new one: kata seed --force")
    return Seed(text)
