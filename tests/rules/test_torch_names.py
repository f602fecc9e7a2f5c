"""The committed list of torch's names holds those of the torch that is installed."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# A torch that was used has more modules: whoever builds an optimizer imports torch._dynamo.
FRESH = (
    "import json, make_torch_names as m; print(json.dumps({k: sorted(v) for k, v in m.installed().items()}))"
)


def test_the_list_is_complete_and_in_the_form_that_its_script_writes():
    pytest.importorskip("torch")
    spec = importlib.util.spec_from_file_location("names", HERE / "make_torch_names.py")
    names = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(names)
    text = names.FILE.read_text(encoding="utf-8")
    fresh = subprocess.run(
        [sys.executable, "-c", FRESH], cwd=HERE, capture_output=True, text=True, check=True
    )
    assert names.merged(text, {k: set(v) for k, v in json.loads(fresh.stdout).items()}) == text
    assert "a_new_one" in names.merged(text, {"torch.later": {"a_new_one"}})
