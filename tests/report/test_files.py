"""The files of the report: which, how large, and that no text of anybody becomes a part of a page."""

import base64
import csv
import hashlib
import io
import re
from html import unescape
from html.parser import HTMLParser

import pytest

from grader.examine.outcome import Verdict
from grader.gradebook.erase import erase
from grader.gradebook.pseudonyms import export_pseudonymous
from grader.gradebook.session import grade_class
from grader.report import files as files_of_the_report
from grader.report.files import report_files
from grader.report.marks import UNICODE

HARMLESS = """
    html head meta title style body a header h1 h2 h3 h4 h5 p span nav main section ul li div strong small b i
    u code pre dl dt dd br figure svg rect path line text table caption thead tbody tr th td details summary
    bdi footer"""
ATTRIBUTES = """
    lang charset http-equiv content name class href id aria-label aria-hidden role tabindex scope colspan
    rowspan data-id data-label viewbox preserveaspectratio x y width height rx d x1 x2 y1 y2 text-anchor"""
BESIDE = {
    *("gradebook.csv", "results-long.csv", "exercises.csv", "exercise-times.csv"),
    *("gradebook.json", "journal.jsonl"),
}


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.links, self.ids, self.texts = set(), set(), [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name == "href"]
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def small(crowd):
    return crowd.graded_class(crowd.course((4, 3, 5)), 24)


@pytest.fixture(scope="module")
def large(crowd):
    """The files of 400 students x 81 exercises."""
    return report_files(crowd.graded_class(crowd.course(), 400))


def test_which_files_there_are(small):
    ids = [student.id for student in small.students]
    own = [f"feedback/{id}.{end}" for id in ids for end in ("html", "txt")]
    assert list(report_files(small)) == ["report.html", "exercises.csv", *own]


def test_400_students_by_81_exercises_stay_below_5_mb_and_nobody_is_left_out(large, crowd):
    page = large["report.html"]
    assert len(page.encode()) < 5_000_000
    assert page.count("<details class=s ") == 400
    heat = page[page.index("<table class=h>") : page.index("id=students")]
    missing = heat.count("<td colspan=81>nothing handed in")
    assert missing > 5
    assert len(re.findall(r"<td class=[rxctmbndg]>[a-z ]+", heat)) == (400 - missing) * 81
    assert "in short: " in page  # not all has room in full, and what has not is said in a few words
    own = [text for name, text in large.items() if name.startswith("feedback/") and name.endswith(".html")]
    assert max(text.count("<div class=e>") for text in own) > 20
    assert not [text for text in own if "in short: " in text]


def test_where_there_is_no_room_at_all_it_says_how_much_is_left_out(small, monkeypatch):
    full = Page(report_files(small)["report.html"]).text
    monkeypatch.setattr(files_of_the_report, "ROOM", 24 * 60)
    cut = Page(report_files(small)["report.html"]).text
    assert "yours" in full
    assert "yours" not in cut
    assert re.search(r"in short: [^;]+: [^;]+; and \d+ more", cut)


def test_the_page_says_what_the_text_says(small):
    files = report_files(small)
    ways = {"in full, to send", "score", "handed in"}
    for student in small.students[:6]:
        page = Page(files[f"feedback/{student.id}.html"]).text
        whole = Page(files["report.html"]).text
        for line in files[f"feedback/{student.id}.txt"].splitlines()[4:]:
            said = line.strip().lstrip("".join(UNICODE.of.values()) + "> ").replace("`", " ")
            words = re.split(r"\s{2,}", said)
            if line.startswith("      "):
                assert all(" ".join(word.split()) in page for word in words), line
                assert all(" ".join(word.split()) in whole for word in words), line
        assert ways <= set(re.findall("|".join(ways), whole))


def test_nothing_that_anybody_wrote_becomes_a_part_of_a_page(hostile):
    for name, text in report_files(hostile).items():
        assert not set("\x00\x07\x1b\x9b\u202e\u2066\u2028\u061c") & set(text), name
        if name.endswith(".html"):
            page = Page(text)
            assert page.tags <= set(HARMLESS.split()), name
            assert page.attributes <= set(ATTRIBUTES.split()), name
            assert "<script>alert(1)</script>" in page.text  # in the title of the course, at least
            assert all(link.startswith(("#", "feedback/")) or link in BESIDE for link in page.links)


def test_a_table_for_a_spreadsheet_holds_no_formula(hostile):
    rows = list(csv.reader(io.StringIO(report_files(hostile)["exercises.csv"])))
    assert {len(row) for row in rows} == {13}
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "@", "+")]


def test_the_policy_allows_the_pages_own_style_and_nothing_else(small):
    files = report_files(small)
    for text in (files["report.html"], next(files[name] for name in files if name.startswith("feedback"))):
        style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        assert f'http-equiv=Content-Security-Policy content="{policy}"' in unescape(text)
        assert "url(" not in style
        assert "@import" not in style


def test_every_link_leads_somewhere(invented, tmp_path):
    students, answers = invented.small_class()
    catalogue = invented.make_catalogue(tmp_path)
    pool = invented.FakePool(catalogue, answers)
    out = tmp_path / "grades"
    grade_class(catalogue, students, pool, out, seed=invented.SEED, extra_files=report_files)
    page = Page((out / "report.html").read_text(encoding="utf-8"))
    assert len(page.ids) == len(set(page.ids))
    assert set(page.links) > BESIDE
    for link in page.links:
        found = link[1:] in page.ids if link.startswith("#") else (out / link).is_file()
        assert found, link


def test_every_verdict_has_a_mark_a_word_and_a_colour(small):
    text = report_files(small)["report.html"]
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    for verdict in Verdict:
        letter = re.search(rf"<i class=(\w)>{verdict}</i>", text)[1]
        assert f'.h .{letter}::before{{content:"{UNICODE.of[verdict]}"' in style
        assert re.search(rf"\.{letter}[,{{][^}}]*background:var\(--", style)


def test_a_run_that_was_stopped_comes_to_the_same_bytes(invented, tmp_path):
    students, answers = invented.small_class()
    catalogue = invented.make_catalogue(tmp_path)

    def grade(out, stop=None, order=list):
        def progress(standing):
            if stop is not None and standing.results >= stop:
                raise KeyboardInterrupt

        pool = invented.FakePool(catalogue, answers, order=order)
        seed, at = invented.SEED, tmp_path / out
        return grade_class(
            catalogue, students, pool, at, seed=seed, extra_files=report_files, on_progress=progress
        )

    grade("one")
    with pytest.raises(KeyboardInterrupt):
        grade("two", stop=6, order=reversed)
    grade("two")
    assert (tmp_path / "one/report.html").read_bytes() == (tmp_path / "two/report.html").read_bytes()
    for name in report_files(grade("one")):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        assert (tmp_path / "two" / name).stat().st_mode & 0o777 == 0o600


def test_nobodys_page_is_exported_and_who_is_erased_is_on_none(invented, tmp_path):
    students, answers = invented.small_class()
    catalogue, out = invented.make_catalogue(tmp_path), tmp_path / "grades"
    pool = invented.FakePool(catalogue, answers)
    grade_class(catalogue, students, pool, out, seed=invented.SEED, extra_files=report_files)
    exported = export_pseudonymous(out, tmp_path / "out")
    assert {path.suffix for path in exported} == {".csv", ".json", ".jsonl"}
    assert not list((tmp_path / "out").glob("*.html"))
    erase(out, "june")
    assert not [p for p in out.rglob("*") if p.is_file() and b"june" in p.read_bytes() + p.name.encode()]


def test_erasing_somebody_who_is_not_on_the_page_leaves_it_alone(invented, tmp_path):
    catalogue, out = invented.make_catalogue(tmp_path), tmp_path / "grades"
    for ids in (("ann", "gone"), ("ann",)):
        pool = invented.FakePool(catalogue)
        students = [invented.handed_in(id) for id in ids]
        grade_class(catalogue, students, pool, out, seed=invented.SEED, extra_files=report_files)
    page = (out / "report.html").read_bytes()
    assert erase(out, "gone").left == ()
    assert (out / "report.html").read_bytes() == page


def test_who_has_the_name_of_somebody_else_is_told_apart(crowd):
    catalogue = crowd.course((1,))
    made = [crowd.record(id, catalogue.exercises[0], Verdict.RIGHT) for id in ("a1", "a2", "b1")]
    people = [crowd.Person(id, "Ada", "Lee") for id in ("a1", "a2")] + [crowd.Person("b1", "Bo", "Li")]
    students = [crowd.student(catalogue, p.id, (r,), person=p) for p, r in zip(people, made, strict=True)]
    page = report_files(crowd.graded(catalogue, students))["report.html"]
    heat = page[page.index("<table class=h>") :]
    assert [name for name in ("Ada Lee a1<", "Ada Lee a2<", "Bo Li<") if name not in heat] == []


def test_a_class_of_nobody(crowd):
    page = Page(report_files(crowd.graded(crowd.course((2,)), []))["report.html"]).text
    assert "0/0 handed in" in page
    assert "nobody could be graded" in page


def test_the_median_of_a_handful_is_not_told(crowd):
    for size, told in ((4, False), (6, True)):
        files = report_files(crowd.graded_class(crowd.course((2, 2)), size))
        assert any("class median" in text for name, text in files.items() if "feedback" in name) is told
