import pytest

from grader.gradebook.plain import cell, count, number, printable, storable


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\r\nb\x00\x07\x7f\x9b", "a\\r\\nb\\x00\\x07\\x7f\\x9b"),
        ("left\u202eright\u2066\u200f\ufeff", "left\\u202eright\\u2066\\u200f\\ufeff"),
        ("line\u2028par\u2029", "line\\u2028par\\u2029"),
        ("lone \udcff", "lone \\udcff"),
        ("tag \U000e0041", "tag \\U000e0041"),
        ("a\tb", "a    b"),
        ("José 北京 نیم\u200cفاصله ✔", "José 北京 نیم\u200cفاصله ✔"),
    ],
)
def test_what_could_act_is_shown_by_its_code(hostile, shown):
    assert printable(hostile) == shown


def test_long_text_says_that_it_was_cut():
    assert printable("abcdef", 4) == "abc…"
    assert printable("abcd", 4) == "abcd"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_cell_never_starts_a_formula(start):
    assert cell(f"{start}HYPERLINK(1)").startswith("'")
    if not start.isspace():  # inside, those are shown by their codes
        assert cell(f"  {start}1").startswith("'")


def test_other_cells_stay_as_they_are():
    assert cell("2x too large: a = b - c") == "2x too large: a = b - c"
    assert cell("") == ""
    assert "\x1b" not in cell("x\x1b[1m")


def test_stored_text_is_utf8_and_bounded():
    assert storable("\udcff", 10) == "\\udcff"
    assert len(storable("x" * 10_000, 100)) == 100
    assert storable("a\nb\x1b", 10) == "a\nb\x1b"


def test_numbers_are_written_as_people_do():
    shown = [number(value) for value in (3.0, 2.5, 0.3333, 0.0, 100.0, 1e-9, 0.1 + 0.2, 12345678.0, -0.0)]
    assert shown == ["3", "2.5", "0.3333", "0", "100", "0", "0.3", "12345678", "0"]
    assert [count(1, "file"), count(2, "file"), count(0, "entry", "entries")] == [
        "1 file",
        "2 files",
        "0 entries",
    ]
