"""`kata doctor` says what holds, what does not, and what to do."""

import pytest

from grader.cli import doctor
from grader.cli.options import Sandbox
from grader.errors import SandboxError
from grader.sandbox.layers import REMEDIES, Layer, LayerState, Rung
from grader.sandbox.rungs import NESTED


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")


def show(monkeypatch, capsys, *missing, nested=()):
    states = [
        LayerState(
            layer, layer in nested, "the kernel said [no]", REMEDIES.get(layer, "do it"), layer in nested
        )
        if layer in (*missing, *nested)
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
    assert rung_lines(out)["container"] == ["no", "Landlock"]


def rung_lines(out):
    lines = (line.split(maxsplit=2) for line in out[out.index("\nrung ") :].splitlines())
    return {
        words[0]: [word.rstrip() for word in words[1:]] for words in lines if words[:1] in [[r] for r in Rung]
    }


def test_the_rungs_of_root(monkeypatch, capsys):
    out = show(monkeypatch, capsys)
    assert rung_lines(out) == {rung: ["yes"] for rung in Rung if rung is not Rung.UNSAFE}
    assert "without" not in out


def test_the_rungs_of_a_normal_user(monkeypatch, capsys):
    out = show(monkeypatch, capsys, Layer.UID, Layer.CGROUP, nested=NESTED)
    line = next(line for line in out.splitlines() if line.startswith("process namespace"))
    assert line.split() == ["process", "namespace", "yes", "inside", "the", "user", "namespace"]
    lines = rung_lines(out)
    assert lines["userns"] == ["yes"]
    assert lines["namespaces"][0] == "no"
    assert lines["namespaces"][1].split(", ")[0] == "own user id"
    assert "process namespace" in lines["namespaces"][1]
    assert "kata grade will use the sandbox: userns" in out
    assert "without own user id: workers share your user id; the other layers keep them apart" in out
    assert "without control group: memory is limited worker by worker" in out


@pytest.mark.parametrize("width", ["80", "140"])
def test_nothing_is_cut_off(width, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", width)
    out = show(monkeypatch, capsys, *Layer)
    assert "…" not in out
    assert all(len(line) <= int(width) for line in out.splitlines())
    for remedy in set(REMEDIES.values()):
        assert all(word in out.replace("\n", "") for word in remedy.split() if len(word) < 10)


def test_nothing_holds(monkeypatch, capsys):
    out = show(monkeypatch, capsys, Layer.SECCOMP)
    assert "kata grade cannot run here: no sandbox holds here: seccomp filter: the kernel said [no]" in out
    assert REMEDIES[Layer.SECCOMP] in out


def test_every_rung_can_be_asked_for_by_its_name():
    assert {name.value for name in Sandbox} == {"auto", *Rung} - {Rung.UNSAFE}


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
