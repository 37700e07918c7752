from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from innospace.core.errors import DataError, FormulaError, LabelError, MissingRowsWarning, SpecError
from innospace.data.panels import panel_of
from innospace.firms.absorb import fit_absorbed
from innospace.firms.premia import premia
from innospace.firms.result import FirmResult

AGREES = 1e-7
"""Both programs iterate the absorption of two fixed effects: pyfixest to 1e-6 of a group mean, this one to 1e-10."""


def firms(count=300, waves=5, seed=1, **columns):
    rng = np.random.default_rng(seed)
    n = count * waves
    firm, year = np.repeat(np.arange(count), waves), np.tile(np.arange(2000, 2000 + waves), count)
    ability = rng.normal(size=count)
    lean = 0.8 * ability + rng.normal(size=count)
    frame = pd.DataFrame({"firm": firm, "year": year, "industry": rng.integers(0, 8, count)[firm]})
    frame["export"] = (lean[firm] + 0.7 * rng.normal(size=n) + 0.1 * (year - 2000) > 0.9).astype(int)
    frame["imports"] = (lean[firm] + rng.normal(size=n) > 0.8).astype(int)
    frame["size"] = rng.normal(4.0, 1.0, count)[firm] + 0.2 * rng.normal(size=n)
    log_y = 2.0 + 0.2 * frame["export"] + 0.3 * frame["imports"] + 0.1 * frame["size"] + 0.4 * ability[firm]
    frame["sales"] = np.exp(log_y + 0.05 * frame["industry"] + 0.3 * rng.normal(size=n)) * np.exp(frame["size"])
    frame["workers"] = np.exp(frame["size"])
    frame["weight"] = rng.uniform(0.5, 2.0, n)
    return frame.assign(**columns)


def fixest(frame, formula, vcov, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pyfixest

        return pyfixest.feols(formula, frame, vcov=vcov, **options)


@pytest.mark.parametrize(
    ("kind", "effects", "theirs"),
    [
        ("level", ["industry", "year"], "industry + year"),
        ("level", ["industry*year"], "industry^year"),
        ("level", "year", "year"),
        ("firm", ["year"], "firm + year"),
        ("firm", [], "firm"),
    ],
)
@pytest.mark.parametrize("weights", [None, "weight"])
def test_against_pyfixest(kind, effects, theirs, weights):
    # one firm-year apart, in an industry and firm of its own: dropped by both
    frame = firms()
    frame = pd.concat([frame, frame.iloc[[0]].assign(firm=999, industry=99)], ignore_index=True)
    frame["y"] = np.log(frame["sales"] / frame["workers"])
    ours = premia(
        frame,
        "sales/workers",
        ["export", "imports"],
        kind=kind,
        controls=["size"],
        fixed_effects=effects,
        weights=weights,
    )
    for vcov, other in (("cluster", {"CRV1": "firm"}), ("robust", "hetero"), ("analytic", "iid")):
        peer = fixest(frame, f"y ~ export + imports + size | {theirs}", other, weights=weights)
        found = ours.vcov(vcov).coefficients()
        np.testing.assert_allclose(found["estimate"], peer.coef(), rtol=AGREES, atol=AGREES)
        np.testing.assert_allclose(found["std_error"], peer.se(), rtol=AGREES)
        if vcov == "cluster":
            np.testing.assert_allclose(found["p_value"], peer.pvalue(), rtol=1e-5, atol=1e-12)
    assert ours.n == peer._N
    assert ours.status.converged


def test_single_rows_can_stay():
    frame = firms()
    frame = pd.concat([frame, frame.iloc[[0]].assign(firm=999, industry=99)], ignore_index=True)
    frame["y"] = np.log(frame["sales"])
    kept = premia(frame, "sales", "export", singletons="keep")
    dropped = premia(frame, "sales", "export")
    assert (kept.n, dropped.n) == (1501, 1500)
    assert "1 firm-years are alone" in dropped.warnings[0]
    peer = fixest(frame, "y ~ export | industry + year", {"CRV1": "firm"}, fixef_rm="none")
    assert kept.coefficients().loc["export", "std_error"] == pytest.approx(peer.se().iloc[0], rel=AGREES)


def test_another_cluster():
    frame = firms()
    frame["y"] = np.log(frame["sales"])
    ours = premia(frame, "sales", "export", cluster="industry")
    peer = fixest(frame, "y ~ export | industry + year", {"CRV1": "industry"})
    assert ours.coefficients().loc["export", "std_error"] == pytest.approx(peer.se().iloc[0], rel=AGREES)
    assert ours.estimates.degrees == 7


def test_percent_and_gap_by_numerical_derivatives():
    result = premia(firms(), "sales", ["export", "imports"], controls=["size"])
    b, v = result.estimates.values, result.covariance

    def effects(theta):
        one, other = 100.0 * np.expm1(theta[:2])
        return np.array([one, other, one - other])

    np.testing.assert_allclose(result.effects()["estimate"], effects(b))
    step = 1e-6
    jacobian = np.array([(effects(b + step * e) - effects(b - step * e)) / (2 * step) for e in np.eye(3)]).T
    errors = np.sqrt(np.diag(jacobian @ v @ jacobian.T))
    np.testing.assert_allclose(result.effects()["std_error"], errors, rtol=1e-6)
    assert result.effects()["name"].tolist() == ["export", "imports", "export - imports"]
    assert set(result.to_dict()["effects"]) == {"premium_percent", "premium_gap"}


def test_classes_are_dummies_of_classes():
    frame = firms()
    first, last = (frame[frame["year"] == y].set_index("firm")["export"] for y in (2000, 2004))
    mean = frame.groupby("firm")["export"].mean()
    kinds = {
        "starter": (first == 0) & (last == 1),
        "quitter": (first == 1) & (last == 0),
        "continuous": mean == 1,
        "switcher": (first == last) & (mean > 0) & (mean < 1),
    }
    for name, flag in kinds.items():
        frame[name] = frame["firm"].map(flag).astype(int)
    by_class = premia(frame, "sales", "export", classes=True, controls=["size"])
    by_hand = premia(frame, "sales", list(kinds), controls=["size"])
    pd.testing.assert_frame_equal(by_class.coefficients(), by_hand.coefficients())
    assert by_class.numbers["firms_starter"] == kinds["starter"].sum()
    relative = premia(frame, "sales", "export", classes=True, controls=["size"], reference="continuous")
    gap = by_class.coefficients()["estimate"]
    assert relative.coefficients().loc["never", "estimate"] == pytest.approx(-gap["continuous"])


def test_before_entry():
    frame = firms()
    first, last = (frame[frame["year"] == y].set_index("firm")["export"] for y in (2000, 2004))
    ever = frame.groupby("firm")["export"].max()
    starter, never = (first == 0) & (last == 1), ever == 0
    at_start = frame[(frame["year"] == 2000) & frame["firm"].map(starter | never)].copy()
    at_start["starter"] = at_start["firm"].map(starter).astype(int)
    expected = premia(at_start, "sales", "starter", controls=["size"], fixed_effects="industry")
    found = premia(frame, "sales", "export", kind="ex_ante", controls=["size"], fixed_effects="industry")
    pd.testing.assert_frame_equal(found.coefficients(), expected.coefficients())
    entry = frame[frame["export"] == 1].groupby("firm")["year"].min()
    lagged = premia(frame, "sales", "export", kind="ex_ante", lag=2, controls=["size"], fixed_effects="year")
    at = frame["firm"].map(starter) & (frame["year"] == frame["firm"].map(entry) - 2)
    rows = frame[at | (frame["firm"].map(never) & frame["year"].between(2000, 2002))].copy()
    rows["starter"] = rows["firm"].map(starter).astype(int)
    expected = premia(rows, "sales", "starter", controls=["size"], fixed_effects="year")
    pd.testing.assert_frame_equal(lagged.coefficients(), expected.coefficients())
    assert any("not observed 2 years before" in w for w in lagged.warnings)


def test_files_panels_and_frames_agree(tmp_path):
    import duckdb

    frame = firms(unused="text")
    frame.to_parquet(tmp_path / "panel.parquet", index=False)
    with duckdb.connect(str(tmp_path / "panel.duckdb")) as connection:
        connection.register("given", frame)
        connection.execute("create table firms as select * from given")
    asked = {"controls": ["log(workers)"], "where": ["year >= 2001"]}
    expected = premia(frame, "sales/workers", "export", **asked).coefficients()
    for data in (tmp_path / "panel.parquet", str(tmp_path / "panel.duckdb"), panel_of(frame)):
        found = premia(data, "sales/workers", "export", **asked)
        pd.testing.assert_frame_equal(found.coefficients(), expected, rtol=1e-12)
        assert "1200 of 1500 rows were kept" in found.steps[-1]


def test_words_and_storage():
    result = premia(firms(), "sales/workers", ["export", "imports"], controls=["size"])
    first, second, gap = result.findings()
    assert first.startswith("Export: ")
    assert "above the comparison firms (95" in first
    assert "of 300 firms" in first
    assert second.startswith("Imports: ")
    assert gap.startswith("The premium of export")
    again = FirmResult.from_bundle(result.to_bundle())
    assert again.to_dict() == result.to_dict()
    assert result.table("premia-firms").display().shape == (3, 4)
    assert all(c.ok for c in result.checks)
    assert "premium percent" in result.summary()
    assert result.sections()[0].anchor == "premia"


def test_without_logs():
    result = premia(firms(), "size", "export", log=False)
    assert result.effects()["kind"].tolist() == ["difference"]
    assert result.effects()["estimate"].iloc[0] == result.coefficients()["estimate"].iloc[0]


def test_few_firms_are_counted_and_not_headlined():
    frame = firms()
    frame["export"] = (frame["firm"] < 4).astype(int)
    result = premia(frame, "sales", "export")
    assert result.findings() == ("export has 4 firms, too few for a finding.",)
    assert [c.name for c in result.checks if not c.ok] == ["firms_export"]
    assert "Too few firms for a finding, fewer than 10: export (4)." in result.warnings
    assert result.numbers["firms_export"] == 4


def test_missing_cells_are_counted():
    frame = firms()
    frame.loc[[3, 7], "sales"] = np.nan
    frame.loc[11, "export"] = np.nan
    frame.loc[12, "industry"] = np.nan
    with pytest.warns(MissingRowsWarning, match="4 of 1500 firm-years have a missing cell"):
        result = premia(frame, "sales", "export")
    assert result.n == 1496
    assert "firm 0 in 2003, firm 1 in 2002" in result.warnings[0]


def test_firms_without_a_class_are_counted():
    frame = firms()
    frame = frame[~((frame["firm"] == 5) & (frame["year"] == 2000))]
    result = premia(frame, "sales", "export", classes=True)
    assert "1 of 300 firms have no class on 'export'" in result.warnings[0]


ZERO = {"sales": [0.0, -1.0] + [5.0] * 1498}


@pytest.mark.parametrize(
    ("columns", "options", "error", "says"),
    [
        (ZERO, {}, DataError, "'sales' is not positive in 2 firm-years"),
        ({"sales": np.nan}, {}, DataError, "Every cell of 'sales' is missing"),
        ({"sales": "much"}, {}, DataError, "text where numbers are needed"),
        ({"sales": np.inf}, {}, DataError, "infinite"),
        ({"sales": 1.0}, {}, DataError, "nothing is left to explain"),
        ({"export": 1}, {}, DataError, "'export' is 1 in every firm-year"),
        ({"export": -1}, {}, DataError, "must hold 0 and 1"),
        ({"export": 0}, {"classes": True}, DataError, "Every firm is never"),
        ({"export": 0}, {"kind": "ex_ante"}, DataError, "No firm starts 'export'"),
        ({"export": 1}, {"classes": True}, DataError, "No firm is never"),
        ({"year": 2000, "firm": np.arange(1500)}, {"classes": True}, DataError, "one wave, 2000"),
        ({"year": 2000, "firm": np.arange(1500)}, {"kind": "firm"}, DataError, "one wave, 2000"),
        ({"year": 2000}, {}, DataError, "more than once"),
        ({"weight": 0.0}, {"weights": "weight"}, DataError, "Weights must be positive"),
        ({}, {"controls": ["industry"]}, DataError, "'industry' does not vary within the groups"),
        ({}, {"controls": ["size", "2*size"]}, DataError, "linear combination of 'size'"),
        ({}, {"controls": ["C(industry)"]}, FormulaError, "category"),
        ({}, {"controls": ["exit(1)"]}, FormulaError, "exit"),
        ({}, {"controls": ["sise"]}, LabelError, "Unknown column: 'sise'"),
        ({}, {"fixed_effects": ["industry*"]}, SpecError, "not a fixed effect"),
        ({}, {"fixed_effects": ["sector"]}, LabelError, "sector"),
        ({}, {"fixed_effects": ["row"]}, DataError, "alone in a group"),
        ({}, {"kind": "both"}, LabelError, "kind of premium"),
        ({}, {"kind": "firm", "classes": True}, SpecError, "does not change within a firm"),
        ({}, {"lag": 1}, SpecError, "lag="),
        ({}, {"kind": "ex_ante", "lag": 9}, DataError, "No starter is observed 9 years before"),
        ({}, {"kind": "ex_ante", "reference": "quitter"}, SpecError, "never trade"),
        ({}, {"reference": "nobody"}, LabelError, "status class"),
        ({}, {"nonpositive": "zero"}, LabelError, "not positive"),
        ({}, {"firm": "plant"}, LabelError, "plant"),
    ],
)
def test_bad_input(columns, options, error, says):
    frame = firms(**columns).assign(row=np.arange(1500))
    with pytest.raises(error, match=says):
        premia(frame, "sales", "export", **options)


def test_values_without_a_logarithm_are_named_or_dropped():
    with pytest.raises(DataError) as caught:
        premia(firms(**ZERO), "sales", "export")
    assert caught.value.where == "firm 0 in 2000, firm 0 in 2001"
    frame = firms()
    frame.loc[[0, 1], "sales"] = [0.0, -1.0]
    with pytest.warns(MissingRowsWarning):
        result = premia(frame, "sales", "export", nonpositive="drop")
    assert result.n == 1498
    assert "2 firm-years with 'sales' not positive were left out" in result.warnings[0]


def test_two_channels_have_no_common_classes():
    with pytest.raises(SpecError, match="one channel; 2 are given"):
        premia(firms(), "sales", ["export", "imports"], classes=True)


def test_status_that_firms_never_change_has_no_premium_within_firms():
    frame = firms()
    frame["export"] = (frame["firm"] % 2).astype(int)
    with pytest.raises(DataError, match="'export' does not vary within the groups"):
        premia(frame, "sales", "export", kind="firm")


def test_too_many_coefficients():
    rng = np.random.default_rng(0)
    with pytest.raises(DataError, match="cannot determine"):
        fit_absorbed(rng.normal(size=6), [rng.normal(size=6)], ["x"], [np.array([0, 0, 1, 1, 2, 2]), np.arange(6) % 3])
