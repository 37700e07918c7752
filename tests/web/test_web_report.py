"""The one-file report as a reader meets it."""

from __future__ import annotations

import csv
import itertools

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CONTRAST = """
() => {
  const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const numbers = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const c = numbers(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    const svg = element.namespaceURI.endsWith("svg");
    if (svg && element.tagName !== "text" && element.tagName !== "tspan") continue;
    const style = getComputedStyle(element);
    const colour = svg ? style.fill : style.color;
    // a halo behind a label is no text: the label itself stands above it in ink
    if (svg && style.stroke !== "none") continue;
    const [a, b] = [luminance(numbers(colour)), luminance(ground(element))].sort((x, y) => y - x);
    found.push([(a + 0.05) / (b + 0.05), walker.currentNode.data.slice(0, 40), colour]);
  }
  return found;
}
"""

OVERFLOWING = """
() => {
  const wide = document.documentElement.clientWidth;
  const scrolls = e => { for (let p = e; p; p = p.parentElement)
    if (["auto", "scroll"].includes(getComputedStyle(p).overflowX)) return true; return false; };
  return [...document.querySelectorAll("body *")]
    .filter(e => e.checkVisibility() && !e.closest(".hidden, .skip, svg, math") && !scrolls(e))
    .filter(e => e.getBoundingClientRect().right > wide + 1)
    .map(e => e.tagName + "." + e.className + ": " + e.textContent.slice(0, 40));
}
"""

CUT_LABELS = """
() => [...document.querySelectorAll(".chart svg")].filter(s => s.checkVisibility()).flatMap(svg => {
  const box = svg.getBoundingClientRect();
  return [...svg.querySelectorAll("text")].filter(t => {
    const b = t.getBoundingClientRect();
    const beside = b.left < box.left - 1 || b.right > box.right + 1;
    return t.textContent.trim() && (beside || b.top < box.top - 1 || b.bottom > box.bottom + 1);
  }).map(t => t.textContent);
})
"""

TOUCHING_LABELS = """
() => [...document.querySelectorAll(".chart svg")].filter(s => s.checkVisibility()).flatMap(svg => {
  const seen = new Map();
  for (const t of svg.querySelectorAll("text")) {
    if (!t.textContent.trim()) continue;
    const b = t.getBoundingClientRect();
    seen.set([t.textContent, Math.round(b.left), Math.round(b.top)].join("|"), [t.textContent, b]);
  }
  const all = [...seen.values()], found = [];
  all.forEach(([s, a], i) => all.slice(i + 1).forEach(([t, b]) => {
    const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (x > 1 && y > 0.3 * Math.min(a.height, b.height)) found.push(s + " / " + t);
  }));
  return found;
})
"""


@pytest.mark.parametrize("width", [390, 1280])
def test_no_request_leaves_and_nothing_complains(visit, report, width):
    seen = visit(report, width)
    seen.page.wait_for_load_state("networkidle")
    assert seen.requests == [report.as_uri()]
    assert seen.complaints == []


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_overflows_the_page(unfolded, report, width):
    page = unfolded(report, width).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OVERFLOWING) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_no_label_of_a_chart_is_cut(unfolded, report, width):
    assert unfolded(report, width).page.evaluate(CUT_LABELS) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_labels_of_charts_do_not_touch(unfolded, replication, width):
    assert unfolded(replication, width).page.evaluate(TOUCHING_LABELS) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_each_width_shows_its_own_drawing(unfolded, report, width):
    page = unfolded(report, width).page
    shown = page.locator("figure .chart:visible")
    assert shown.count() == page.locator("figure").count() > 0
    wanted = "phone" if width == 390 else "wide"
    assert all(wanted in shown.nth(i).get_attribute("class") for i in range(shown.count()))


@pytest.mark.parametrize("width", [390, 1280])
def test_text_is_never_small(unfolded, replication, width):
    sizes = unfolded(replication, width).page.evaluate(
        """() => [...document.querySelectorAll(".chart svg text")].filter(t => t.checkVisibility())
            .map(t => parseFloat(getComputedStyle(t).fontSize) * t.ownerSVGElement.getBoundingClientRect().width
                / t.ownerSVGElement.viewBox.baseVal.width)"""
    )
    # chart text of combining accents is set a little smaller in a wider font
    assert min(sizes) >= 9.5


@pytest.mark.parametrize("dark", [False, True])
def test_contrast_of_all_text(unfolded, report, dark):
    found = unfolded(report, dark=dark).page.evaluate(CONTRAST)
    assert len(found) > 100
    # a dot is a mark, for which 3:1 is enough (WCAG 1.4.11)
    assert [f for f in found if f[0] < (3.0 if f[1] == "●" else 4.5)] == []


def test_dark_mode_is_dark(visit, replication):
    background = "getComputedStyle(document.body).backgroundColor"
    assert visit(replication, dark=True).page.evaluate(background) == "rgb(19, 21, 24)"
    assert visit(replication).page.evaluate(background) == "rgb(246, 246, 244)"


def test_every_link_on_the_page_resolves(visit, report):
    page = visit(report).page
    goals = page.evaluate("[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href').slice(1))")
    assert len(goals) > 5
    missing = page.evaluate("goals => goals.filter(g => !document.getElementById(decodeURIComponent(g)))", goals)
    assert missing == []
    page.locator("nav a").last.click()
    assert page.locator("#provenance").is_visible()
    assert page.evaluate("document.getElementById('provenance').getBoundingClientRect().top") < 844


def test_details_open_by_keyboard(visit, replication):
    page = visit(replication).page
    summary = page.locator("figure summary").first
    summary.focus()
    data = page.locator("figure details table").first
    assert not data.is_visible()
    page.keyboard.press("Enter")
    assert data.is_visible()
    page.keyboard.press("Space")
    assert not data.is_visible()


def test_keyboard_focus_is_seen_from_the_first_key(visit, replication):
    page = visit(replication).page
    page.keyboard.press("Tab")
    skip = page.evaluate(
        "() => [document.activeElement.className, document.activeElement.getBoundingClientRect().left]"
    )
    assert skip[0] == "skip"
    assert skip[1] >= 0
    outlines = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        style = "(e => getComputedStyle(e).outlineStyle + getComputedStyle(e).outlineWidth)(document.activeElement)"
        outlines.add(page.evaluate(style))
    assert outlines == {"solid3px"}


def test_tables_can_be_scrolled_by_keyboard_on_the_phone(visit, replication):
    page = visit(replication, 390).page
    box = page.locator("#table-5 .scroll")
    assert box.evaluate("e => e.scrollWidth > e.clientWidth")
    box.focus()
    page.keyboard.press("ArrowRight")
    # the page's own policy forbids the evaluation that waiting for a condition needs
    for _ in range(100):
        if box.evaluate("e => e.scrollLeft") > 0:
            break
        page.wait_for_timeout(20)
    assert box.evaluate("e => e.scrollLeft") > 0
    # the names of rows stay in sight
    left = page.evaluate("document.querySelector('#table-5 tbody th').getBoundingClientRect().left")
    assert left == pytest.approx(box.evaluate("e => e.getBoundingClientRect().left"), abs=1)


def test_download_links_give_the_data(visit, replication, tmp_path):
    page = visit(replication).page
    links = page.locator("a[download]")
    names = links.evaluate_all("all => all.map(a => a.download)")
    assert {"table-3.csv", "table-4.csv", "table-5.csv"} <= set(names)
    for name, rows in (("table-4.csv", 240), ("table-5.csv", 11)):
        with page.expect_download() as caught:
            page.locator(f"a[download='{name}']").click()
        assert caught.value.suggested_filename == name
        caught.value.save_as(tmp_path / name)
        with (tmp_path / name).open(encoding="utf-8", newline="") as handle:
            assert len(list(csv.DictReader(handle))) == rows


def test_decimal_points_stand_in_one_line(visit, replication):
    spread = visit(replication).page.evaluate(
        """() => [...document.querySelectorAll("#table-3 tbody tr")].map(tr => {
            const cell = tr.children[2], node = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT).nextNode();
            const range = document.createRange(), at = node.data.indexOf(".");
            range.setStart(node, at); range.setEnd(node, at + 1);
            return range.getBoundingClientRect().left; })"""
    )
    assert len(spread) == 17
    assert max(spread) - min(spread) < 2.0


def test_equations_are_set(visit, replication):
    heights = visit(replication).page.evaluate(
        """() => [...document.querySelectorAll("math")].map(m => m.getBoundingClientRect())
            .map(b => [b.width, b.height])"""
    )
    assert len(heights) == 5
    assert all(w > 60 and h > 14 for w, h in heights)


def test_special_characters_do_nothing(visit, difficult):
    page = visit(difficult).page
    assert page.locator("script").count() == 0
    assert "Region 1 reaches 11 %" in page.inner_text("main")
    assert '<script>alert("x")</script> & _a_ $b$ #1 100%' in page.inner_text("h1")


def test_drawings_are_read_aloud(visit, report):
    page = visit(report).page
    labels = page.locator(".chart svg[role=img]").evaluate_all("all => all.map(s => s.getAttribute('aria-label'))")
    assert labels
    assert all(len(label) > 20 for label in labels)


def test_paper_is_a4_with_nothing_cut(visit, replication, tmp_path):
    import pypdf

    page = visit(replication, dark=True).page
    page.pdf(path=tmp_path / "print.pdf", prefer_css_page_size=True)
    pages = pypdf.PdfReader(tmp_path / "print.pdf").pages
    assert 8 <= len(pages) <= 60
    assert float(pages[0].mediabox.width) == pytest.approx(595, abs=1.5)
    assert float(pages[0].mediabox.height) == pytest.approx(842, abs=1.5)
    text = "".join(p.extract_text() for p in pages)
    # tables that scroll on screens are printed in full, to their last row and column
    assert text.count("Belgorod Region") >= 3
    assert "Skip to the findings" not in text
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('.tall')).maxHeight") == "none"


def test_the_replication_shows_what_it_must(visit, replication):
    page = visit(replication).page
    text = page.inner_text("main")
    for figure in ("Figure 1 of the paper", "Figure 2 of the paper", "Figure 3 of the paper"):
        assert figure in text
    for table in ("table-3", "table-4", "table-5"):
        headings = page.locator(f"#{table} thead").inner_text()
        assert {"published", "ours", "difference"} <= set(headings.lower().replace(",", " ").split())
    assert page.locator("[id^=map-]").count() >= 1
    assert page.locator("[id^=ranking-]").count() >= 1
    assert "0.8876" in page.locator(".tabular[id^=contradictions]").inner_text()
    assert "innospace replicate innovation-space" in page.locator("pre").inner_text()


def test_folded_tables_open_by_keyboard_and_give_their_data(visit, firms):
    page = visit(firms).page
    page.evaluate("document.querySelectorAll('.fold').forEach(d => d.open = true)")
    fold = page.locator(".tabular details").first
    table = fold.locator("table")
    assert not table.is_visible()
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    assert table.is_visible()
    assert fold.locator("a[download]").is_visible()


def test_headings_within_a_chapter_are_levels_apart(visit, firms):
    levels = visit(firms).page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(h => h.tagName)")
    assert levels[0] == "H1"
    assert all((a, b) != ("H1", "H3") for a, b in itertools.pairwise(levels))


def test_the_page_of_firms_is_short_until_it_is_opened(visit, firms):
    page = visit(firms).page
    height = "document.documentElement.scrollHeight"
    closed = page.evaluate(height)
    summary = page.locator("details.fold > summary").last
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.fold").last.get_attribute("open") is not None
    page.evaluate("document.querySelectorAll('details.fold').forEach(d => d.open = true)")
    assert page.evaluate(height) > 1.7 * closed
    summaries = page.locator("details.fold > summary").all_inner_texts()
    assert all(s.strip() for s in summaries)


def test_a_link_to_what_is_folded_opens_it(visit, firms):
    page = visit(firms).page
    hidden = page.locator("details.fold figure").last
    assert not hidden.is_visible()
    page.goto(f"{firms.as_uri()}#{hidden.get_attribute('id')}")
    assert hidden.is_visible()


def test_paper_has_what_is_folded(visit, firms, tmp_path):
    import pypdf

    page = visit(firms).page
    title = page.locator("details.fold .tabular caption").last.text_content().strip()
    page.pdf(path=tmp_path / "print.pdf", prefer_css_page_size=True)
    # what is folded last stands near the end, and to read a page takes long
    pages = reversed(pypdf.PdfReader(tmp_path / "print.pdf").pages)
    assert any(title in " ".join(p.extract_text().split()) for p in pages)


def test_axe_finds_nothing_serious_in_an_opened_report(unfolded, firms):
    assert unfolded(firms).violations() == []
