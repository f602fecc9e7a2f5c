"""`kata doctor` says what holds, what does not, and what to do."""

import pytest

from grader.cli import doctor
from grader.errors import SandboxError
from grader.sandbox.layers import REMEDIES, Layer, LayerState


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")


def show(monkeypatch, capsys, *missing):
    states = [
        LayerState(layer, False, "the kernel said [no]", REMEDIES[layer])
        if layer in missing
        else LayerState(layer, True)
        for layer in Layer
    ]
    monkeypatch.setattr(doctor, "probe", lambda: states)
    doctor.doctor()
    return capsys.readouterr().out


def test_all_is_well(monkeypatch, capsys):
    out = show(monkeypatch, capsys)
    assert all(layer in out for layer in Layer)
    assert "kata grade will use the sandbox: namespaces" in out
    assert "Python 3." in out
    assert "numpy 2." in out or "numpy 1." in out
    assert "[no]" not in out


def test_a_missing_layer_has_its_reason_and_remedy(monkeypatch, capsys):
    out = show(monkeypatch, capsys, Layer.LANDLOCK)
    line = next(line for line in out.splitlines() if line.startswith("Landlock"))
    assert line.split()[1] == "no"
    assert "the kernel said [no]" in line
    assert REMEDIES[Layer.LANDLOCK] in line
    assert "kata grade will use the sandbox: seccomp" in out


def test_nothing_holds(monkeypatch, capsys):
    out = show(monkeypatch, capsys, Layer.SECCOMP)
    assert "kata grade cannot run here: no sandbox holds here: seccomp filter: the kernel said [no]" in out
    assert REMEDIES[Layer.SECCOMP] in out


def test_elsewhere_than_linux(monkeypatch, capsys):
    def refuse():
        raise SandboxError("grading needs Linux", "use a Linux machine")

    monkeypatch.setattr(doctor, "probe", refuse)
    doctor.doctor()
    out = capsys.readouterr().out
    assert "kata grade cannot run here: grading needs Linux" in out
    assert "Python 3." in out


def test_this_machine(capsys):
    doctor.doctor()
    out = capsys.readouterr().out
    assert "kata grade will use the sandbox" in out or "kata grade cannot run here" in out


def test_torch_is_not_imported():
    import subprocess
    import sys

    source = "import sys, grader.cli.doctor as d; d.doctor(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", source], check=True, capture_output=True)
