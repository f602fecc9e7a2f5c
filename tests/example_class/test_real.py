"""The example class is what it says: its cheats do cheat a grader that runs them in its own process."""

import ast
import io
import os
import runpy
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SOLVED = {  # of unit 1, by whoever is not only against us: one only stays behind, one speaks our wire
    "quentin": 1, "rasmus": 1, "sofia": 1, "tomas": 0, "ursula": 1, "viktor": 1, "wanda": 1, "yara": 1,
}  # fmt: skip
NAIVE = """
import math

import numpy as np
import pytest

import reference
from u01_slopes import slopes


def cube_sum(p):
    return float(np.sum(p**3))


def test_forward_difference():
    expected = reference.forward_difference(math.sin, 1.0, 0.1)
    assert abs(slopes.forward_difference(math.sin, 1.0, 0.1) - expected) < 1e-9


def test_central_difference():
    expected = reference.central_difference(math.sin, 1.0, 0.1)
    assert slopes.central_difference(math.sin, 1.0, 0.1) == pytest.approx(expected)


def test_best_step():
    expected = reference.best_step("central", 2.0, 3.0, 4.0)
    assert slopes.best_step("central", 2.0, 3.0, 4.0) == expected


def test_numerical_gradient():
    expected = reference.numerical_gradient(cube_sum, np.array([1.0, 2.0]))
    assert np.allclose(slopes.numerical_gradient(cube_sum, np.array([1.0, 2.0])), expected)


def test_grad_check():
    expected = reference.grad_check(np.array([1.0, 2.0]), np.array([1.0, 2.5]))
    assert slopes.grad_check(np.array([1.0, 2.0]), np.array([1.0, 2.5])) == expected
"""


@pytest.mark.parametrize("id", SOLVED)
def test_the_cheats_do_cheat_a_grader_that_runs_them_in_its_own_process(id, tmp_path):
    """Without this, "the cheats earn nothing" could mean that they are badly written."""
    shutil.copytree(EXAMPLES / "class" / id, tmp_path / id)
    (tmp_path / id / "test_hidden_slopes.py").write_text(NAIVE, encoding="utf-8")
    shutil.copy(ROOT / "solutions" / "u01_slopes" / "slopes.py", tmp_path / id / "reference.py")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "test_hidden_slopes.py"],
        cwd=tmp_path / id,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "--import-mode=prepend"},
        capture_output=True,
        text=True,
        check=False,
    )
    passed = ran.stdout.count("\nPASSED ")
    assert ran.returncode == 0 or passed > SOLVED[id], ran.stdout


def test_the_unfilled_one_is_the_stub():
    handed_in = (EXAMPLES / "class/farid/u01_slopes/slopes.py").read_text(encoding="utf-8")
    stub = (ROOT / "exercises/u01_slopes/slopes.py").read_text(encoding="utf-8")
    assert ast.dump(ast.parse(handed_in)) == ast.dump(ast.parse(stub))


def test_the_archives_are_those_of_their_script():
    pack = runpy.run_path(str(EXAMPLES / "make_archives.py"))
    with (
        zipfile.ZipFile(EXAMPLES / "class/mina.zip") as committed,
        zipfile.ZipFile(io.BytesIO(pack["zipped"](EXAMPLES / "packed/mina"))) as made,
    ):
        assert contents(committed) == contents(made)
    with (
        tarfile.open(EXAMPLES / "class/noor.tar.gz") as committed_tar,
        tarfile.open(fileobj=io.BytesIO(pack["tarred"](EXAMPLES / "packed/noor"))) as made_tar,
    ):
        assert tar_contents(committed_tar) == tar_contents(made_tar)


def contents(archive):
    return [(info.filename, info.date_time, archive.read(info)) for info in archive.infolist()]


def tar_contents(archive):
    return [(info.name, info.mtime, info.mode, archive.extractfile(info).read()) for info in archive]
