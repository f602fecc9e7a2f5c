"""Measuring, cutting and wrapping of styled lines; the choice of marks."""

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.examine.outcome import Verdict
from grader.student import marks
from grader.student.text import Span, columns, cut, cut_line, plain, wrap


def test_columns_of_wide_and_of_combining_characters():
    assert columns("abc") == 3
    assert columns("数学") == 4
    assert columns("e\u0301") == 1


@given(st.text(), st.integers(0, 30))
def test_a_cut_text_fits(text, room):
    assert columns(cut(text, room, "…")) <= room


@given(st.lists(st.text(max_size=20)), st.integers(1, 30))
def test_a_cut_line_fits_and_says_whether_it_was_cut(texts, room):
    line, was_cut = cut_line([Span(text) for text in texts], room, "…")
    joined = "".join(span.text for span in line)
    assert columns(joined) <= room
    assert was_cut == (joined != "".join(texts))


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"])), st.integers(8, 40))
def test_wrapped_lines_fit_and_lose_nothing(text, room):
    lines = wrap(text, room)
    assert all(columns(line) <= room for line in lines)
    assert "".join("".join(lines).split(" ")) == "".join(text.split(" "))


@given(st.text())
def test_plain_text_is_one_line_that_any_terminal_may_get(text):
    assert isinstance(plain(text).encode("utf-8"), bytes)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in plain(text))
    assert not set("\u202a\u202b\u202d\u202e\u2066\u2067\u2028\u2029") & set(plain(text))


def test_every_verdict_has_its_own_mark_in_both_sets():
    for kind in (marks.UNICODE, marks.ASCII):
        assert set(kind.of) == set(Verdict) == set(marks.STYLES)
        assert len(set(kind.of.values())) == len(Verdict)
        assert all(columns(mark) == 1 for mark in kind.of.values())
    assert all(mark.isascii() for mark in marks.ASCII.of.values())


@pytest.mark.parametrize(
    ("encoding", "term", "unicode"),
    [
        ("utf-8", "xterm-256color", True),
        ("utf-8", "", True),
        ("utf-8", "dumb", False),
        ("utf-8", "linux", False),
        ("ascii", "xterm", False),
        ("latin-1", "xterm", False),
        (None, "xterm", False),
        ("no-such-encoding", "xterm", False),
    ],
)
def test_marks_follow_encoding_and_terminal(encoding, term, unicode):
    assert marks.choose(encoding, {"TERM": term}) is (marks.UNICODE if unicode else marks.ASCII)


@pytest.mark.parametrize(("platform", "encoding"), [("win32", "utf-8"), ("linux", "cp1252")])
def test_windows_writes_utf_8_and_nothing_fails_elsewhere(monkeypatch, platform, encoding):
    monkeypatch.setattr(sys, "platform", platform)
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    marks.make_safe(stream)
    stream.write("✔")
    assert stream.encoding == encoding
