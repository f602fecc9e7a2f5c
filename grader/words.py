"""Lists in words."""

from collections.abc import Sequence

MOST_NAMED = 5  # of exercises in a sentence that a student reads


def listed(words: Sequence[str], most: int = 0) -> str:
    """["a", "b", "c"] -> "a, b and c".

    most: names at the most; of more the first are named, and the others counted: "a, b and 3 more". 0: all
    """
    if most and len(words) > most:
        words = [*words[: most - 1], f"{len(words) - most + 1} more"]
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
