"""Interaction-weighted and two-way fixed effects event studies: pyfixest, decompositions, hand-made averages.

EXACT: the same least squares in another order.
LIBRARY: pyfixest demeans by iteration and stops near 1e-8.
"""

from __future__ import annotations

import json
import warnings

import did_cases as cases
import numpy as np
import pandas as pd
import pytest

from innospace.firms.effects.did import did
from innospace.firms.effects.did_twfe import twfe
from innospace.firms.effects.sun_abraham import sun_abraham
from innospace.firms.result import FirmResult

EXACT = 1e-9
LIBRARY = 1e-6


@pytest.fixture(scope="module")
def table():
    return cases.panel(300, 11)


@pytest.fixture(scope="module")
def gaps(table):
    return table.sample(frac=0.85, random_state=3).reset_index(drop=True)


def feols(table, columns, cluster="firm"):
    """Coefficients and clustered errors of pyfixest, with the small-sample factor of fixest written out."""
    pyfixest = pytest.importorskip("pyfixest")
    seen = table[table.groupby("firm")["year"].transform("size") > 1]
    ssc = pyfixest.ssc(k_adj=False, G_adj=True)
    formula = f"y ~ {' + '.join(columns)} | firm + year"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = pyfixest.feols(formula, seen, vcov={"CRV1": cluster}, ssc=ssc, fixef_tol=1e-12)
    n, k = len(seen), len(columns) + seen["year"].nunique()
    return fit.coef().to_numpy(), fit.se().to_numpy() * np.sqrt((n - 1) / (n - k)), fit


def saturated(table):
    found = {}
    for g in cases.COHORTS:
        for year in cases.YEARS:
            if year != g - 1:
                found[f"g={g} e={year - g}"] = ((table["entry"] == g) & (table["year"] == year)).astype(float)
    names = list(found)
    return table.assign(**{f"d{j}": found[n] for j, n in enumerate(names)}), names


@pytest.mark.parametrize("which", ["table", "gaps"])
@pytest.mark.parametrize("controls", [(), ("w",)])
@pytest.mark.parametrize("cluster", [None, "group"])
def test_saturated_regression_agrees_with_pyfixest(request, which, controls, cluster):
    data = request.getfixturevalue(which)
    result = sun_abraham("y", data, entry="entry", controls=controls, cluster=cluster)
    wide, names = saturated(data)
    coefficients, errors, _ = feols(wide, [*(f"d{j}" for j in range(len(names))), *controls], cluster or "firm")
    ours = result.coefficients().loc[[*names, *controls]]
    np.testing.assert_allclose(ours["estimate"], coefficients, atol=LIBRARY)
    np.testing.assert_allclose(ours["std_error"], errors, rtol=LIBRARY)


def test_event_times_are_averages_by_observations(gaps):
    result = sun_abraham("y", gaps, entry="entry")
    wide, names = saturated(gaps)
    _, _, fit = feols(wide, [f"d{j}" for j in range(len(names))])
    seen = gaps[gaps.groupby("firm")["year"].transform("size") > 1]
    counts = seen[seen["entry"] > 0].groupby([seen["entry"], seen["year"] - seen["entry"]]).size()
    event = np.array([int(n.split("e=")[1]) for n in names])
    n = np.array([counts[(int(name[2:6]), e)] for name, e in zip(names, event, strict=True)], dtype=float)
    coefficients, covariance = fit.coef().to_numpy(), fit._vcov
    factor = (len(seen) - 1) / (len(seen) - len(names) - len(cases.YEARS))
    for e in np.unique(event):
        weights = n * (event == e) / n[event == e].sum()
        ours = result.effect(f"e={e}", "dynamic")
        assert ours["estimate"] == pytest.approx(weights @ coefficients, abs=LIBRARY)
        assert ours["std_error"] == pytest.approx(np.sqrt(weights @ covariance @ weights * factor), rel=1e-5)
    weights = n * (event >= 0) / n[event >= 0].sum()
    assert result.effect("att", "simple")["estimate"] == pytest.approx(weights @ coefficients, abs=LIBRARY)
    later = [result.effect(f"e={e}", "dynamic")["estimate"] for e in range(4)]
    assert result.effect(kind="dynamic_overall")["estimate"] == pytest.approx(np.mean(later), abs=EXACT)


def test_balanced_saturated_effects_are_group_time_effects(table):
    """With never treated comparison, a universal base and no covariates both estimators are the same means."""
    ours = sun_abraham("y", table, entry="entry").effects().set_index(["kind", "name"])["estimate"]
    theirs = did("y", table, entry="entry", base="universal").effects().set_index(["kind", "name"])["estimate"]
    for e in (-4, -3, -2, 0, 1, 2, 3):
        assert ours["dynamic", f"e={e}"] == pytest.approx(theirs["dynamic", f"e={e}"], abs=EXACT)
    assert ours["simple", "att"] == pytest.approx(theirs["simple", "att"], abs=EXACT)


@pytest.mark.parametrize("which", ["table", "gaps"])
def test_step_agrees_with_pyfixest(request, which):
    data = request.getfixturevalue(which)
    result = twfe("y", data, entry="entry", controls=["w"])
    coefficients, errors, _ = feols(data, ["treated", "w"])
    ours = result.coefficients()
    np.testing.assert_allclose(ours["estimate"], coefficients, atol=LIBRARY)
    np.testing.assert_allclose(ours["std_error"], errors, rtol=LIBRARY)
    assert result.effect(kind="simple")["estimate"] == ours.loc["treated", "estimate"]


@pytest.mark.parametrize("which", ["table", "gaps"])
def test_event_study_agrees_with_pyfixest(request, which):
    data = request.getfixturevalue(which)
    event = (data["year"] - data["entry"]).where(data["entry"] > 0, -1)
    times = [e for e in range(-4, 4) if e != -1]
    wide = data.assign(**{f"e{j}": (event == e).astype(float) for j, e in enumerate(times)})
    coefficients, errors, _ = feols(wide, [f"e{j}" for j in range(len(times))])
    ours = twfe("y", data, entry="entry").effects().query("kind == 'dynamic'").set_index("name")
    ours = ours.loc[[f"e={e}" for e in times]]
    np.testing.assert_allclose(ours["estimate"], coefficients, atol=LIBRARY)
    np.testing.assert_allclose(ours["std_error"], errors, rtol=LIBRARY)


def test_comparisons_of_two_groups_sum_to_the_coefficient(table):
    result = twfe("y", table, entry="entry")
    parts = result.table("twfe-comparisons").frame
    assert parts["weight"].sum() == pytest.approx(1.0, abs=EXACT)
    total = float(parts["weight"] @ parts["estimate"])
    assert total == pytest.approx(result.coefficients().loc["treated", "estimate"], abs=EXACT)
    numbers = result.numbers
    shares = [numbers[f"weight_{k}"] for k in ("never_treated", "later_entrants", "already_treated")]
    assert sum(shares) == pytest.approx(1.0, abs=EXACT)


@pytest.mark.parametrize("which", ["table", "gaps"])
def test_weights_turn_known_effects_into_the_coefficient(request, which):
    """The coefficient of an outcome that is nothing but effects is their weighted sum."""
    data = request.getfixturevalue(which)
    truth = cases.effect(data["entry"], data["year"]) * data["treated"]
    result = twfe("y", data.assign(y=truth), entry="entry")
    weights = result.table("twfe-weights").frame
    expected = float(weights["weight"] @ cases.effect(weights["entry_year"], weights["year"]))
    assert result.coefficients().loc["treated", "estimate"] == pytest.approx(expected, abs=EXACT)
    assert weights["weight"].sum() == pytest.approx(1.0, abs=EXACT)
    assert weights["share"].sum() == pytest.approx(1.0, abs=EXACT)


def test_negative_weights_are_pointed_out(table):
    later = table[table["entry"] > 0]
    result = twfe("y", later, entry="entry")
    check = next(c for c in result.checks if c.name == "negative_weights")
    assert not check.ok
    assert result.numbers["negative_weight_cells"] > 0
    assert result.numbers["weight_never_treated"] == 0.0
    assert any("Use did or sun_abraham" in w for w in result.warnings)
    assert any("zero by choice: e=-4" in w for w in result.warnings)


def test_one_cohort_has_no_forbidden_comparison(table):
    one = table[table["entry"].isin([0, 2003])]
    result = twfe("y", one, entry="entry")
    assert not any("different years" in w for w in result.warnings)
    assert next(c for c in result.checks if c.name == "negative_weights").ok
    expected = did("y", one[one["year"].isin([2002, 2003])], entry="entry").effect(kind="simple")["estimate"]
    two = twfe("y", one[one["year"].isin([2002, 2003])], entry="entry").effect(kind="simple")["estimate"]
    assert two == pytest.approx(expected, abs=EXACT)


def test_last_cohort_is_the_comparison_without_never_treated(table):
    later = table[table["entry"] > 0]
    result = sun_abraham("y", later, entry="entry")
    assert any("only serves as comparison" in w for w in result.warnings)
    short = later[later["year"] < 2004].assign(entry=later["entry"].where(later["entry"] < 2004, 0))
    expected = sun_abraham("y", short, entry="entry")
    np.testing.assert_allclose(result.effects()["estimate"], expected.effects()["estimate"], atol=EXACT)


def test_anticipation_moves_the_reference(table):
    result = sun_abraham("y", table, entry="entry", anticipation=1)
    names = set(result.effects()["name"])
    assert "e=-1" in names
    assert "e=-2" not in names
    assert result.numbers["pre_trend_degrees"] == 2
    data = result.plot("sun-abraham-event-study").data.set_index("event_time")
    assert data.loc[-2, "estimate"] == 0.0


@pytest.mark.parametrize("verb", [sun_abraham, twfe])
def test_result_is_stored_and_shown(table, verb):
    result = verb("y", table, entry="entry", level=0.9)
    again = FirmResult.from_bundle(result.to_bundle())
    pd.testing.assert_frame_equal(again.effects(), result.effects())
    assert again.findings() == result.findings()
    json.dumps(result.to_dict(), default=str)
    assert "90\u202f%" in result.findings()[0]
    for figure in result.figures:
        assert figure.draw() is not None
    for shown in result.tables:
        assert len(shown.display())
