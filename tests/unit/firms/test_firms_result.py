"""The result every estimator returns: frames, JSON, storage and back, sections, words."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from innospace.core.document import Heading, Paragraph
from innospace.core.errors import LabelError, StoreError
from innospace.core.figure import Figure, FigureKind
from innospace.core.result import Bundle, Result
from innospace.core.table import Column, Table
from innospace.firms.choice.binary import binary
from innospace.firms.estimates import Effects, inference
from innospace.firms.presentation import label, words
from innospace.firms.result import FirmResult
from innospace.study.encoding import from_json, from_parquet, to_json, to_parquet


@pytest.fixture(scope="module")
def result():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.normal(size=400), "город": rng.choice(["Уфа", "Казань"], 400)})
    frame["y"] = (frame["x"] + rng.normal(size=400) > 0).astype(int)
    found = binary("y ~ x + C(город)", frame)
    data = pd.DataFrame({"x": [1.0, 2.0], "y": [0.5, float("nan")]})
    figure = Figure("probit-line", FigureKind.LINES, "t", "s", "c", "a", data, {"x": "x", "y": "y"}, {"more": data})
    layout = pd.DataFrame({"x": ["1", "2"]})
    table = Table("probit-more", "More", data, (Column("x", "X", "fixed:1"),), ("note",), layout, (1,))
    found = replace(found, figures=(figure,), tables=(table,), frames={"rows": data}, sentences=("Found.",))
    parts = {"part one": replace(found, title="Part"), "вторая": found}
    return replace(found, parts=parts, chapters={"Both parts": ("part one", "вторая", "missing")})


def stored(result):
    bundle = result.to_bundle()
    frames = {k: from_parquet(to_parquet(v, k)) for k, v in bundle.frames.items()}
    return FirmResult.from_bundle(Bundle(bundle.kind, from_json(to_json(bundle.meta)), frames))


def test_it_is_a_result(result):
    assert isinstance(result, Result)


def test_storage_gives_everything_back(result):
    back = stored(result)
    assert back.to_dict() == result.to_dict() or json.dumps(back.to_dict(), default=str) == json.dumps(
        result.to_dict(), default=str
    )
    pd.testing.assert_frame_equal(back.effects(), result.effects())
    pd.testing.assert_frame_equal(back.vcov("opg").coefficients(), result.vcov("opg").coefficients())
    pd.testing.assert_frame_equal(back.frames["rows"], result.frames["rows"])
    assert [s.title for s in back.sections()] == [s.title for s in result.sections()]
    assert back.tables[0].notes == ("note",)
    assert back.tables[0].rules == (1,)
    assert list(back.figures[0].layers) == ["more"]
    assert list(back.parts) == ["part one", "вторая"]
    assert back.provenance == result.provenance
    with pytest.raises(StoreError):
        FirmResult.from_bundle(Bundle("frontier", {}, {}))


def test_effects_follow_the_covariance(result):
    a, b = result.effects(), result.vcov("robust").effects()
    assert (a["estimate"] == b["estimate"]).all()
    assert (a["std_error"] != b["std_error"]).all()
    wide = result.effects(level=0.99)
    assert (wide["upper"] > a["upper"]).all()
    assert (result.coefficients(0.9)["lower"] > result.coefficients()["lower"]).all()


def test_json_holds_names_and_numbers(result):
    found = result.to_dict()
    assert {"status", "n", "coefficients", "log_likelihood", "effects", "checks", "warnings"} <= set(found)
    assert set(found["coefficients"]["x"]) >= {"estimate", "std_error", "p_value"}
    assert found["effects"]["average_marginal_effect"]["x"]["estimate"] == result.effects()["estimate"][0]
    assert found["tables"]["probit-more"][0] == {"x": 1.0, "y": 0.5}
    assert found["analyses"]["part one"]["title"] == "Part"


def test_links_see_every_part(result):
    frame = result.offers("effect")
    assert list(frame.columns) == ["analysis", "kind", "name", "value", "lower", "upper", "unit"]
    assert set(frame["analysis"]) == {"part one", "вторая"}
    alone = replace(result, parts={}).offers("effect")
    assert list(alone.columns) == ["kind", "name", "value", "lower", "upper", "unit"]
    with pytest.raises(LabelError):
        result.offers("efect")


def test_words(result):
    assert max(len(line) for line in result.summary().splitlines()) <= 100
    assert label("C(город)[T.Уфа]") == "город: Уфа"
    assert label("Intercept") == "Constant"
    assert result.findings() == ("Found.",)
    plain = replace(result, sentences=(), effects_found=Effects((), np.zeros(0), ()))
    assert "95\u202f% interval" in plain.findings()[0]
    assert result.plot.effects().alt.startswith("Effects")
    assert result.plot("probit-line").kind is FigureKind.LINES
    assert result.table("probit-more").title == "More"
    with pytest.raises(LabelError):
        result.table("probit-mor")
    with pytest.raises(LabelError):
        result.plot("nothing")
    with pytest.raises(LabelError):
        result.effect("y")
    assert "<table" in result._repr_html_()


def test_sections_follow_the_chapters(result):
    own, chapter = result.sections()
    assert (own.anchor, chapter.anchor) == ("probit", "both-parts")
    headings = [b.text for b in chapter.blocks if isinstance(b, Heading)]
    assert headings == ["Part", "Method and estimates", result.title, "Method and estimates"]
    assert [b.folded for b in chapter.blocks if isinstance(b, Heading)] == [False, True, False, True]
    assert any(isinstance(b, Paragraph) and b.text == "Found." for b in chapter.blocks)


def test_long_tables_are_folded(result):
    long = pd.DataFrame({"x": np.arange(100.0), "y": 0.0})
    tables = tuple(Table(n, n, long, (Column("x", "X"),)) for n in ("rows", "x-coefficients"))
    (section,) = replace(result, tables=tables, parts={}, chapters={}).sections()
    folded = {b.name: b.folded for b in section.blocks if isinstance(b, Table)}
    assert folded == {"probit-effects": False, "rows": True, "x-coefficients": True}


def test_inference_is_normal_or_t():
    frame = inference(np.array([1.96]), np.array([1.0]))
    assert frame["p_value"][0] == pytest.approx(0.05, abs=1e-4)
    wider = inference(np.array([1.96]), np.array([1.0]), degrees=5)
    assert wider["p_value"][0] > 0.1
    assert np.isnan(inference(np.array([1.0]), np.array([np.nan]))["lower"][0])


def test_labels_are_for_the_reader_only():
    labels = {"size": "log employees", "rd_start": "start of R&D", "x_a": "A"}
    assert label("C(size)[T.small]", labels) == "log employees: small"
    assert label("rd_start:x_a", labels) == "start of R&D × A"
    assert label("x_a+rd_start+other_one", labels) == "A + start of R&D+other one"
    assert label("oversize", labels) == "oversize"
    assert words("att") == "ATT"
    assert words("att_gt") == "ATT(g, t)"
