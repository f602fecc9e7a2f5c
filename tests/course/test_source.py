"""A student's source is parsed once, whoever asks, and what cannot be parsed says the same each time."""

import ast

import pytest

from grader.course import source
from grader.course.source import KEPT, TooDeep, tree_of
from grader.course.symbols import own_symbols


def test_the_same_text_is_parsed_once(monkeypatch):
    asked = []
    parse = ast.parse
    monkeypatch.setattr(source.ast, "parse", lambda text: asked.append(text) or parse(text))
    monkeypatch.setattr(source, "_kept", type(source._kept)())
    for text in ("a = 1", "b = 1", "a = 1", "b = 1", "c = 1", "a = 1"):
        assert ast.unparse(tree_of(text)) == text
    assert asked == ["a = 1", "b = 1", "c = 1", "a = 1"]
    assert len(source._kept) == KEPT


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("def f(:", SyntaxError),
        ("a\0", SyntaxError),
        ("'\udcff'", SyntaxError),
        ("x = " + "9" * 10_000, SyntaxError),
        ("x = x" + " + x" * 50_000, TooDeep),
        ("x = " + "-" * 50_000 + "x", TooDeep),
    ],
    ids=range(6),
)
def test_what_cannot_be_parsed_says_so_each_time(text, error):
    for _ in range(2):
        with pytest.raises(error):
            tree_of(text)
        with pytest.raises(SyntaxError):
            own_symbols(text, ["f"])
