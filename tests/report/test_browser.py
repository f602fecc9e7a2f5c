"""The pages in a real browser: nothing runs, nothing is fetched, nothing hangs over, all can be read."""

import pytest

from grader.report.files import report_files

WIDTHS, SCHEMES = (1280, 390), ("light", "dark")
# Texts whose contrast with what lies behind them is below 4.5, each with its ratio.
UNREADABLE = """() => {
  const rgb = text => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n }
  const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
  const light = c => [0.2126, 0.7152, 0.0722].reduce((sum, part, i) => sum + part * linear(c[i] / 255), 0)
  const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05)
  const behind = e => {
    for (; e; e = e.parentElement) {
      const color = rgb(getComputedStyle(e).backgroundColor)
      if (color[3] === 1) return color
    }
    return [255, 255, 255, 1]
  }
  const bad = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node; (node = walker.nextNode());) {
    const e = node.parentElement, style = getComputedStyle(e), drawn = e instanceof SVGElement
    if (!node.data.trim() || !e.checkVisibility() || style.clipPath !== 'none') continue
    const part = drawn && e.closest('.bars') ? e.previousElementSibling : null
    const under = part ? rgb(getComputedStyle(part).fill) : behind(e)
    const got = ratio(rgb(drawn ? style.fill : style.color), under)
    if (got < 4.5) bad.push([node.data.slice(0, 40), got.toFixed(2)])
  }
  return bad.slice(0, 10)
}"""
OVERHANGING = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
SCROLLED = "e => e.scrollHeight - e.clientHeight"
UNFOLD = "() => document.querySelectorAll('details').forEach(e => { e.open = true })"
FOCUSABLE = "() => document.querySelectorAll('a[href], summary, [tabindex=\"0\"]').length"
FOCUSED = """() => {
  const e = document.activeElement, style = getComputedStyle(e)
  const place = [...document.querySelectorAll('body *')].indexOf(e)
  return [place, e.textContent.slice(0, 30), style.outlineStyle, style.outlineWidth]
}"""


@pytest.fixture(scope="module")
def pages(hostile, tmp_path_factory):
    """The files of the hostile class on the disk: name -> path."""
    folder = tmp_path_factory.mktemp("grades")
    (folder / "feedback").mkdir()
    files = report_files(hostile)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return {name: folder / name for name in files}


@pytest.fixture
def open_page(chromium):
    """open_page(path, ...): the page, and what happened on it that should not."""
    contexts = []

    def opened(path, **more):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **more})
        contexts.append(context)
        page = context.new_page()
        happened = []
        page.on("console", lambda message: happened.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: happened.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (happened.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: happened.append(f"request: {request.url}"))
        page.on("popup", lambda popup: happened.append(f"popup: {popup.url}"))
        page.goto(path.as_uri())
        assert happened.pop(0) == f"request: {path.as_uri()}"
        return page, happened

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["report.html", "feedback/h2.html", "feedback/z1.html"])
def test_nothing_runs_nothing_hangs_over_and_all_can_be_read(pages, open_page, name, width, scheme):
    page, happened = open_page(pages[name], viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.evaluate(UNFOLD)
    assert page.evaluate(OVERHANGING) == 0
    assert page.evaluate(UNREADABLE) == []
    assert page.evaluate("getComputedStyle(document.body).fontSize") == "15px"  # the style sheet is allowed
    assert happened == []


def test_the_contrast_test_can_fail(pages, open_page):
    page, _ = open_page(pages["feedback/z1.html"])
    page.evaluate("document.querySelector('h1').firstElementChild.style.color = '#888'")
    assert page.evaluate(UNREADABLE)[0][0] == "z1"


def test_a_name_in_the_map_opens_the_section(pages, open_page):
    page, happened = open_page(pages["report.html"])
    section = page.locator('details[data-id="z1"]')
    assert not section.locator("h4").first.is_visible()
    page.locator("table.h a", has_text="z1").click()
    assert section.locator("h4").first.is_visible()
    assert happened == []


def test_the_keyboard_reaches_everything_and_is_never_trapped(pages, open_page):
    page, _ = open_page(pages["report.html"])
    wanted, seen = page.evaluate(FOCUSABLE), {}
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
        place, text, style, width = page.evaluate(FOCUSED)
        if place in seen or place < 0:
            break
        seen[place] = text
        assert (style, width) == ("solid", "3px"), text
    assert next(iter(seen.values())) == "Skip to the students"
    folded = page.locator("details:not([open]) :is(a, summary, [tabindex])").count()
    tops = page.locator("details:not([open]) > summary").count()
    assert len(seen) == wanted - folded + tops


def test_who_hears_the_page_hears_verdicts_and_headers(pages, open_page):
    page, _ = open_page(pages["report.html"])
    said = page.locator("table.h").aria_snapshot()
    assert 'table "Students by exercises: the verdict on each"' in said
    assert 'columnheader "u01"' in said
    assert 'rowheader "z1"' in said
    assert 'cell "right"' in said
    assert 'cell "too much memory"' in said
    assert "from 0: 14, from 90: 5" in page.locator("#scores").aria_snapshot()
    assert "5 right, 13 wrong" in page.locator("#exercises table").aria_snapshot()


def test_printed_all_is_there_in_dark_ink(pages, open_page):
    page, _ = open_page(pages["report.html"], color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.evaluate(UNREADABLE) == []
    assert page.locator('details[data-id="z1"] h4').first.is_visible()
    assert page.locator(".heat").evaluate(SCROLLED) == 0
