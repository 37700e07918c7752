"""Words: what is claimed follows from the numbers, whatever they are."""

from __future__ import annotations

from dataclasses import replace

import economy_cases as cases
import economy_results as solved
import numpy as np
import pytest

from innospace.core.document import Document, Equation, Notice
from innospace.core.figure import Figure
from innospace.core.table import Table
from innospace.economy.models.knowledge import wording
from innospace.economy.models.knowledge.figures import reversal


def text(result) -> str:
    return "\n".join(result.findings())


def test_the_summary_fits_a_terminal_and_holds_every_scenario():
    for r in (solved.result(), solved.alone(), solved.failing(), solved.drawn()):
        lines = r.summary().splitlines()
        assert max(map(len, lines)) <= 100
        for name in r.paths:
            assert any(line.startswith(name) for line in lines)
        assert "Gates:" in r.summary()
        assert "Status:" in r.summary()


def test_findings_give_points_percent_and_the_level_of_the_last_year():
    r = solved.result()
    first = r.findings()[0]
    points = float(r.effects.loc["option-4", "effect_points"])
    percent = float(r.effects.loc["option-4", "effect_percent"])
    gap = 100.0 * (r.real_grp("option-4")[-1] / r.real_grp("baseline")[-1] - 1.0)
    assert first.startswith("Option 4")
    assert f"{points:.2f} percentage points" in first
    assert f"{percent:.1f}\u202f% of baseline growth" in first
    assert f"{gap:.1f}\u202f% above the baseline" in first


def test_order_and_signs_are_compared_with_the_paper():
    assert "the same order of its 4 options and the same signs" in text(solved.result())
    r = solved.result()
    swapped = {**r.paths, "option-1": replace(r.paths["option-2"], scenario=r.paths["option-1"].scenario)}
    other = text(replace(r, paths=swapped))
    assert "another order of its 4 options and other signs" in other
    assert "A cut costs" not in other


def test_an_option_of_other_content_is_not_held_against_the_paper():
    r = solved.result()
    mine = replace(r.paths["option-3"].scenario, shocks=())
    paths = {**r.paths, "option-3": replace(r.paths["option-3"], scenario=mine)}
    assert "option-3" not in wording.published(replace(r, paths=paths))
    assert set(wording.published(r)) == set(cases.OPTIONS)


def test_first_years_are_mentioned_only_when_they_turn():
    r = solved.result()
    found = text(r)
    assert "In the first years the effect goes the other way" in found
    assert "Labour leaves other industries at once" in found
    steady = replace(r, paths={n: p for n, p in r.paths.items() if n in ("baseline", "better-use")})
    assert reversal(wording.against_baseline(steady, "better-use")) is None
    assert "In the first years" not in text(steady)


@pytest.mark.parametrize(
    ("path", "years"), [((0, -1, -1, 2), 2), ((0, 1, -1, -1), 1), ((0, 1, 2, 3), None), ((0, 0, 0, 0), None)]
)
def test_years_that_go_the_other_way_are_counted(path, years):
    assert reversal(np.array(path, dtype=float)) == years


def test_limits_and_the_origin_of_efficiency_are_told():
    found = text(solved.result())
    counts = solved.result().model.sam.count_natures()
    assert f"{counts['assumption']} rest on assumptions" in found
    assert "0.720 (interval 0.600 to 0.830), taken over from frontier.technical_efficiency (Somewhere, 2012)" in found
    assert "it moves only under better use" in found
    assert "given; it is constant" in text(solved.alone())


def test_a_failed_scenario_is_named_with_the_part_that_works():
    r = solved.failing()
    assert "has no solution beyond 2016; 50.0\u202f% of its changes have one" in text(r).replace(
        "50\u202f%", "50.0\u202f%"
    )
    assert not any(np.isnan(float(v)) for v in wording.ranked(r) and [wording.points(r, n) for n in wording.ranked(r)])
    assert r.sections()


def test_a_baseline_alone_says_how_it_grows():
    assert text(solved.alone()).startswith("In the baseline real gross regional product grows by")
    assert {s.anchor for s in solved.alone().sections()} >= {"results", "equations", "data"}


def test_draws_give_intervals_and_shares_of_signs():
    found = text(solved.drawn())
    assert "90\u202f% interval" in found
    assert "drawn 40 times" in found
    assert "option 2 100\u202f%" in found


def document(result) -> Document:
    return Document("t", "", result.findings(), result.checks, result.sections(), result.provenance, "")


def test_sections_hold_every_family_of_equations_with_its_origin():
    r = solved.result()
    blocks = [b for s in r.sections() for b in s.blocks if isinstance(b, Equation)]
    assert len(blocks) == len(r.model.system.families)
    for block, family in zip(blocks, r.model.system.families, strict=True):
        assert ("the paper's" if family.origin == "paper" else "reconstruction") in block.meaning
    notices = [b.text for s in r.sections() for b in s.blocks if isinstance(b, Notice)]
    assert any("reconstruction" in n for n in notices)
    assert any("assumed, not estimated" in n for n in notices)
    for kind in (Figure, Table):
        names = [b.name for s in r.sections() for b in s.blocks if isinstance(b, kind)]
        assert len(names) == len(set(names))


def test_the_report_opens_without_a_network_or_a_script():
    html = pytest.importorskip("innospace.report").render_html(document(solved.result()))
    assert "<script" not in html
    assert "Option 4" in html


@pytest.mark.parametrize("supply", cases.SUPPLIES)
def test_every_equation_converts_to_mathml_and_typst(supply, tmp_path):
    latex = pytest.importorskip("latex2mathml.converter")
    typst = pytest.importorskip("typst")
    families = cases.model(supply).system.families
    for family in families:
        math = latex.convert(family.latex, display="block")
        assert "merror" not in math
        assert "\\" not in math, family.name
    source = tmp_path / "all.typ"
    source.write_text("\n\n".join(f"$ {f.typst} $" for f in families), encoding="utf-8")
    assert len(typst.compile(str(source))) > 1000
