"""The capstone, run as a student runs it: with everything right, with something to do, and on odd texts."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CAPSTONE = "u12_train/capstone.py"
PLANTS = """Anemone Aster Azalea Begonia Bluebell Camellia Campion Carnation Clematis Clover Columbine Cosmos
Crocus Cyclamen Daffodil Dahlia Daisy Delphinium Foxglove Freesia Fuchsia Gardenia Gentian Geranium Lily"""
READS = """
import json, runpy, sys
capstone = runpy.run_path(sys.argv[1])
answers = []
for source in sys.argv[2:]:
    try:
        answers.append(capstone["read"](source))
    except capstone["Problem"] as problem:
        answers.append(str(problem))
print(json.dumps(answers))
"""


def run(*arguments, solved=True, folder=ROOT / "exercises", code=(CAPSTONE,)):
    """The exit code, stdout and stderr of the capstone, with the solutions as the student's own units."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}
    environment["PYTHONPATH"] = str(ROOT / "solutions") if solved else ""
    command = [sys.executable, *code, *map(str, arguments)]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_it_learns_the_sentence_and_then_names_of_a_file(tmp_path):
    names = tmp_path / "plants.txt"
    names.write_text("\n".join(PLANTS.split()), encoding="utf-8")
    code, out, errors = run("--text", names, "--updates", 40, "--device", "cpu")
    assert (code, errors) == (0, "")
    by_heart = re.search(r'by heart +"I like transformers", loss (\S+) -> (\S+) in', out)
    assert by_heart
    assert float(by_heart[1]) > 1
    assert float(by_heart[2]) < 0.01
    assert f"text       {names}: 25 names" in out
    first, last = map(float, re.search(r"of the updates, ten at a time: (\S+) -> (\S+)", out).groups())
    assert last < first - 0.3
    before, after = (
        section.splitlines() for section in re.findall(r"stand in the text\n((?: {11}.*\n)+)", out)
    )
    assert len(before) == len(after) == 10
    assert sum(map(len, after)) < sum(map(len, before))  # it has learned where names end


def test_what_is_read_and_what_cannot_be(tmp_path):
    (tmp_path / "odd").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "short").write_bytes(b"too short")
    sources = ["places", "python", *(tmp_path / name for name in ("none", "odd", "short"))]
    code, out, errors = run(CAPSTONE, *sources, code=("-c", READS))
    assert (code, errors) == (0, "")
    places, prose, none, odd, short = json.loads(out)
    assert none == f"{tmp_path / 'none'} cannot be read: No such file or directory"
    assert odd == f"{tmp_path / 'odd'} is not UTF-8: invalid start byte at byte 0"
    assert short == f"{tmp_path / 'short'} is too short to learn from: give 20 names, or 1280 characters"
    assert "there is no tz database here" in places or "Addis Ababa" in places
    assert len(prose) > 300
    assert all(line and line == " ".join(line.split()) for line in prose)


def test_a_text_that_cannot_be_used_is_one_line(tmp_path):
    code, out, errors = run("--text", tmp_path / "none")
    assert (code, out) == (1, "")
    assert errors == f"\ncapstone: {tmp_path / 'none'} cannot be read: No such file or directory\n"


def test_what_is_still_to_do_is_named():
    code, out, errors = run(solved=False)
    assert code == 1
    assert re.fullmatch(
        r"\ncapstone: u12_train/train.py:\d+: `overfit` is still to do\n  `pytest u12_train` says more.\n",
        errors,
    )
    assert out == ""


def test_a_mistake_is_shown_with_its_line(tmp_path):
    for unit in ("u09_forward", "u10_backward", "u11_optimizers", "u12_train"):
        (tmp_path / unit).mkdir()
        for file in (ROOT / "solutions" / unit).glob(f"{unit[4:]}.py"):
            (tmp_path / unit / file.name).write_bytes(file.read_bytes())
    (tmp_path / CAPSTONE).write_bytes((ROOT / "exercises" / CAPSTONE).read_bytes())
    forward = tmp_path / "u09_forward" / "forward.py"
    text = forward.read_text(encoding="utf-8")
    at = text.index("def gpt_loss(")
    at = text.index("    # BEGIN SOLUTION\n", at)
    forward.write_text(f"{text[:at]}    1 / 0\n{text[at:]}", encoding="utf-8")
    line = text.count("\n", 0, at) + 1
    code, _, errors = run(solved=False, folder=tmp_path)
    assert code == 1
    assert f"capstone: u09_forward/forward.py:{line}: ZeroDivisionError: division by zero\n" in errors
    assert "Traceback" not in errors
