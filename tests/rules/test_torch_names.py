"""The committed list of torch's names holds those of the torch that is installed."""

import importlib.util
from pathlib import Path

import pytest


def test_the_list_is_complete_and_in_the_form_that_its_script_writes():
    pytest.importorskip("torch")
    spec = importlib.util.spec_from_file_location("names", Path(__file__).parent / "make_torch_names.py")
    names = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(names)
    text = names.FILE.read_text(encoding="utf-8")
    assert names.merged(text, names.installed()) == text
    assert "a_new_one" in names.merged(text, {"torch.later": {"a_new_one"}})
