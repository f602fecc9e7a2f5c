"""Every student meets the same hidden cases, on every machine, and another seed gives others."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from grader.errors import CourseError
from grader.examine.seed import DEMO, Seed, load_seed

SEED = Seed("correct horse battery staple")


def test_numbers_are_the_same_everywhere():
    assert SEED.number("u01.slope", "test_hidden_slopes::test_lines") == 8653984387738620230
    assert SEED.number("u01.slope", "test_hidden_slopes::test_lines", 1) == 724155148302663389
    assert SEED.rng("u01.slope", "t").integers(0, 1000, 5).tolist() == [507, 651, 453, 650, 67]
    assert SEED.fingerprint == "a85eb1fa8a1e"


def test_each_part_changes_the_number():
    numbers = {
        seed.number(exercise, test, draw)
        for seed in (SEED, Seed("another one of that length"))
        for exercise in ("u01.a", "u01.b")
        for test in ("t::x", "t::y")
        for draw in (0, 1)
    }
    assert len(numbers) == 16
    assert SEED.number("a", "bc") != SEED.number("ab", "c")


def test_a_fingerprint_gives_nothing_away():
    assert SEED.fingerprint not in SEED.value
    assert SEED.fingerprint != Seed("another one of that length").fingerprint
    assert len(SEED.fingerprint) == 12
    assert Seed(DEMO, demo=True).fingerprint == "demo"


def test_a_seed_is_read_from_beside_the_course(tmp_path):
    assert load_seed(tmp_path) == Seed(DEMO, demo=True)
    (tmp_path / ".secret").mkdir()
    (tmp_path / ".secret" / "seed").write_text("0123456789abcdef\n")
    assert load_seed(tmp_path) == Seed("0123456789abcdef")


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff" * 40])
def test_a_seed_that_cannot_be_used_is_told(tmp_path, content):
    (tmp_path / ".secret").mkdir()
    (tmp_path / ".secret" / "seed").write_bytes(content)
    with pytest.raises(CourseError, match="seed") as info:
        load_seed(tmp_path)
    assert "kata seed" in info.value.help


def test_a_folder_in_place_of_the_seed_is_told(tmp_path):
    (tmp_path / ".secret" / "seed").mkdir(parents=True)
    with pytest.raises(CourseError, match="cannot be read"):
        load_seed(tmp_path)


# Examines one student in this very process, whose functions write down what they are called with.
SCRIPT = """
import builtins, hashlib, importlib, sys
from pathlib import Path
from grader.course.load import load_course
from grader.examine.local import LocalBackend
from grader.examine.seed import Seed
from grader.examine.session import run_session

root, seed, *modules = sys.argv[1:]
for name in modules:
    importlib.import_module(name)
builtins.seen = []

class Here(LocalBackend):
    fresh = True
    def admit(self, files, guard=None): self.files = dict(files)
    def begin(self, limits, afresh=False): pass
    def spent(self): return 0.0
    def drop(self): self.close()
    def end(self): self.close()

catalogue = load_course(Path(root))
source = catalogue.solution_file(catalogue.units[0]).read_text()
for name in ("plus", "drawn", "careful", "last"):
    source += f'''
def _wrap(f):
    def wrapped(*args):
        seen.append(repr([a.tolist() if hasattr(a, "tolist") else a for a in args]))
        return f(*args)
    return wrapped
{name} = _wrap({name})
'''

def serve(examiner):
    examiner.examine(catalogue.units[0], {catalogue.units[0].file: source})

run_session(catalogue, Seed(seed), Here({}), serve)
assert len(seen) > 20, seen
print(hashlib.sha256("".join(seen).encode()).hexdigest())
"""

CONSTANTS = "NUMBERS = [123456, 987.654321, 31337]\nTEXTS = ['needle', 'haystack']\n"


@pytest.fixture(scope="module")
def digest(catalogue, tmp_path_factory):
    """digest(seed, hash_seed, *modules): of all that a fresh process draws, with other modules loaded."""
    folder = tmp_path_factory.mktemp("modules")
    (folder / "constants_of_this_machine.py").write_text(CONSTANTS)

    def run(seed, hash_seed, *modules):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(folder)}
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(SCRIPT), str(catalogue.root), seed, *modules],
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().splitlines()[-1]

    return run


def test_what_is_drawn_depends_on_the_seed_alone(digest):
    first = digest("one seed of some length", "1")
    other_modules = ("constants_of_this_machine", "sqlite3", "xml.dom.minidom", "decimal", "difflib")
    assert digest("one seed of some length", "2", *other_modules) == first
    assert digest("one more seed of that length", "1") != first


def test_the_generator_is_numpys_pcg64():
    """A new default generator of numpy must not change anybody's cases."""
    assert type(SEED.rng("a", "b").bit_generator) is np.random.PCG64
