"""Difference-in-differences: every effect by hand, other estimating equations, other programs, the bootstrap.

EXACT: the same arithmetic in another order.
NEWTON: two programs maximise the same logit; they differ by rounding of the last step.
DERIVATIVES: the stacked equations are differentiated numerically.
DRAWS: interquartile range of 4,000 draws: its own error is about 2 %.
"""

from __future__ import annotations

import json
import warnings

import did_cases as cases
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from innospace.firms.effects.did import did
from innospace.firms.result import FirmResult

EXACT = 1e-10
NEWTON = 1e-7
DERIVATIVES = 1e-5
DRAWS = 0.08


@pytest.fixture(scope="module")
def table():
    return cases.panel(400, 1)


@pytest.fixture(scope="module")
def selective():
    return cases.panel(600, 2, selective=True)


def by_hand(table, comparison="never", base="varying", anticipation=0):
    """Group-time effects as four means, with the textbook error of a difference of means."""
    y, entry, years = cases.wide(table), cases.entries(table), cases.YEARS
    found = {}
    for g in cases.COHORTS:
        last = [k for k, s in enumerate(years) if s + anticipation < g][-1]
        for t, year in enumerate(years):
            b = last if year >= g or base == "universal" else t - 1
            if b < 0 or b == t:
                continue
            ours = entry == g
            if comparison == "never":
                theirs = entry == 0
            else:
                theirs = ((entry == 0) | (entry > years[max(t, b)] + anticipation)) & ~ours
            a, c = (y[ours, t] - y[ours, b]), (y[theirs, t] - y[theirs, b])
            found[f"g={g} t={year}"] = (a.mean() - c.mean(), np.sqrt(a.var() / len(a) + c.var() / len(c)))
    return found


@pytest.mark.parametrize("comparison", ["never", "not_yet"])
@pytest.mark.parametrize("base", ["varying", "universal"])
@pytest.mark.parametrize("anticipation", [0, 1])
def test_group_time_effects_are_differences_of_means(table, comparison, base, anticipation):
    result = did("y", table, entry="entry", comparison=comparison, base=base, anticipation=anticipation)
    ours = result.effects().query("kind == 'att_gt'").set_index("name")
    hand = by_hand(table, comparison, base, anticipation)
    assert set(ours.index) == set(hand)
    for name, (value, error) in hand.items():
        assert ours.loc[name, "estimate"] == pytest.approx(value, abs=EXACT)
        assert ours.loc[name, "std_error"] == pytest.approx(error, rel=1e-9)


def test_averages_are_weighted_means_of_group_time_effects(table):
    result = did("y", table, entry="entry")
    cells = result.table("did-cells").frame
    entry = cases.entries(table)
    share = {g: np.mean(entry == g) for g in cases.COHORTS}
    cells["share"] = cells["entry_year"].map(share)
    after = cells[cells["event_time"] >= 0]

    def mean(f):
        return float(np.average(f["estimate"], weights=f["share"]))

    def get(kind, name="att"):
        return result.effect(name, kind)["estimate"]

    assert get("simple") == pytest.approx(mean(after), abs=EXACT)
    dynamic = {e: mean(f) for e, f in cells.groupby("event_time")}
    for e, value in dynamic.items():
        assert get("dynamic", f"e={e}") == pytest.approx(value, abs=EXACT)
    assert get("dynamic_overall") == pytest.approx(np.mean([v for e, v in dynamic.items() if e >= 0]), abs=EXACT)
    group = {g: f["estimate"].mean() for g, f in after.groupby("entry_year")}
    for g, value in group.items():
        assert get("group", f"g={g}") == pytest.approx(value, abs=EXACT)
    weights = [share[g] for g in group]
    assert get("group_overall") == pytest.approx(np.average(list(group.values()), weights=weights), abs=EXACT)
    calendar = {t: mean(f) for t, f in after.groupby("year")}
    for t, value in calendar.items():
        assert get("calendar", f"t={t}") == pytest.approx(value, abs=EXACT)
    assert get("calendar_overall") == pytest.approx(np.mean(list(calendar.values())), abs=EXACT)


def stacked(change, d, x, method):
    """Estimates by statsmodels, errors by the sandwich of all estimating equations, differentiated numerically."""
    import statsmodels.api as sm

    k = x.shape[1]
    logit = np.asarray(sm.Logit(d, x).fit(disp=0, tol=1e-14, maxiter=100).params)
    ols = np.asarray(sm.OLS(change[d == 0], x[d == 0]).fit().params)
    use_logit, use_ols = method != "regression", method != "ipw"

    def pieces(theta):
        p = 1.0 / (1.0 + np.exp(-x @ theta[:k]))
        gap = change - (x @ theta[k : 2 * k] if use_ols else 0.0)
        w = (1.0 - d) * p / (1.0 - p) if use_logit else None
        return p, gap, w

    def moments(theta):
        p, gap, w = pieces(theta)
        rows = [x * (d - p)[:, None], x * ((1.0 - d) * (change - x @ theta[k : 2 * k]))[:, None]]
        rows.append((d * (gap - theta[2 * k]))[:, None])
        rows.append((w * (gap - theta[2 * k + 1]) if use_logit else -theta[2 * k + 1] * np.ones(len(d)))[:, None])
        return np.column_stack(rows)

    start = np.concatenate([logit, ols, [0.0, 0.0]])
    _, gap, w = pieces(start)
    start[2 * k] = gap[d == 1].mean()
    start[2 * k + 1] = np.average(gap, weights=w) if use_logit else 0.0
    n, q = len(d), len(start)
    slope = np.empty((q, q))
    for j in range(q):
        step = np.zeros(q)
        step[j] = 1e-5
        slope[:, j] = (moments(start + step).mean(0) - moments(start - step).mean(0)) / 2e-5
    inverse = np.linalg.pinv(slope)
    covariance = inverse @ (moments(start).T @ moments(start) / n) @ inverse.T / n
    gradient = np.zeros(q)
    gradient[2 * k], gradient[2 * k + 1] = 1.0, -1.0
    return start[2 * k] - start[2 * k + 1], float(np.sqrt(gradient @ covariance @ gradient))


@pytest.mark.parametrize("method", ["doubly_robust", "regression", "ipw"])
def test_covariates_agree_with_stacked_estimating_equations(selective, method):
    result = did("y", selective, entry="entry", controls=["w"], method=method)
    y, w, entry = cases.wide(selective), cases.wide(selective, "w"), cases.entries(selective)
    for g, t, b in ((2002, 2, 1), (2003, 5, 2), (2004, 2, 1)):
        rows = (entry == g) | (entry == 0)
        x = np.column_stack([np.ones(rows.sum()), w[rows, b]])
        value, error = stacked((y[:, t] - y[:, b])[rows], (entry[rows] == g).astype(float), x, method)
        ours = result.effect(f"g={g} t={cases.YEARS[t]}", "att_gt")
        assert ours["estimate"] == pytest.approx(value, abs=NEWTON)
        assert ours["std_error"] == pytest.approx(error, rel=DERIVATIVES)


@pytest.mark.parametrize("method", ["doubly_robust", "ipw"])
def test_industries_without_starters_get_no_weight(selective, method):
    """Iterations that never end, stopped after thirty, come near the limit that is computed here."""
    import statsmodels.api as sm

    entry, firms = cases.entries(selective), np.arange(selective["firm"].nunique())
    industry = np.where((entry != 2002) & (firms % 4 == 1), 3, firms % 3)
    table = selective.assign(industry=industry[selective["firm"]])
    result = did("y ~ C(industry) + x", table, entry="entry", method=method)
    rows = (entry == 2002) | (entry == 0)
    d = (entry[rows] == 2002).astype(float)
    x = np.column_stack([np.ones(rows.sum()), *(industry[rows] == k for k in (1, 2, 3))]).astype(float)
    x = np.column_stack([x, table.groupby("firm")["x"].first().to_numpy()[rows]])
    y = cases.wide(table)[rows]
    change = y[:, 3] - y[:, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        p = sm.GLM(d, x, sm.families.Binomial()).fit(maxiter=30, tol=0.0).fittedvalues
    gap = change - (x @ sm.OLS(change[d == 0], x[d == 0]).fit().params if method == "doubly_robust" else 0.0)
    weights = (1.0 - d) * p / (1.0 - p)
    value = gap[d == 1].mean() - np.average(gap, weights=weights)
    assert weights[x[:, 3] == 1].max() < 1e-8
    ours = result.effect("g=2002 t=2003", "att_gt")
    assert ours["estimate"] == pytest.approx(value, abs=NEWTON)
    assert not any("could not be estimated" in w and "2002" in w for w in result.warnings)


def test_formula_and_controls_say_the_same(selective):
    one = did("y ~ w + x", selective, entry="entry").effects()
    other = did("y", selective, entry="entry", controls=["w", "x"]).effects()
    np.testing.assert_array_equal(one["estimate"], other["estimate"])


def test_treatment_column_gives_the_same_entries(table):
    one = did("y", table, treatment="treated").effects()
    other = did("y", table, entry="entry").effects()
    np.testing.assert_array_equal(one["estimate"], other["estimate"])


def test_without_covariates_all_methods_agree(table):
    results = [did("y", table, entry="entry", method=m).effects() for m in ("doubly_robust", "regression", "ipw")]
    for other in results[1:]:
        np.testing.assert_array_equal(results[0]["std_error"], other["std_error"])


def test_two_years_two_groups_is_the_textbook_difference(table):
    two = table[table["year"].isin([2001, 2002]) & table["entry"].isin([0, 2002])]
    result = did("y", two, entry="entry")
    y, entry = cases.wide(two), cases.entries(two)
    change = y[:, 1] - y[:, 0]
    assert result.effect(kind="simple")["estimate"] == pytest.approx(
        change[entry > 0].mean() - change[entry == 0].mean(), abs=EXACT
    )
    assert "pre_trends" not in [c.name for c in result.checks]
    assert any("cannot be tested" in w for w in result.warnings)


def test_pre_trend_test_is_the_joint_wald_test(table):
    result = did("y", table, entry="entry")
    hand = by_hand(table)
    y, entry, n = cases.wide(table), cases.entries(table), table["firm"].nunique()
    names = [k for k in hand if int(k[-4:]) < int(k[2:6])]
    influence = []
    for name in names:
        g, t = int(name[2:6]), int(name[-4:]) - 2000
        change = y[:, t] - y[:, t - 1]
        own, never = entry == g, entry == 0
        influence.append(
            own / own.mean() * (change - change[own].mean()) - never / never.mean() * (change - change[never].mean())
        )
    values = np.array([hand[k][0] for k in names])
    covariance = np.array(influence) @ np.array(influence).T / n**2
    statistic = values @ np.linalg.solve(covariance, values)
    assert result.numbers["pre_trend_chi2"] == pytest.approx(statistic, rel=1e-9)
    assert result.numbers["pre_trend_degrees"] == len(names)
    assert result.numbers["pre_trend_p"] == pytest.approx(stats.chi2.sf(statistic, len(names)), rel=1e-9)


@pytest.mark.parametrize("cluster", [None, "group"])
@pytest.mark.parametrize("multiplier", ["rademacher", "mammen"])
def test_bootstrap_errors_are_near_the_analytic(table, cluster, multiplier):
    analytic = did("y", table, entry="entry", cluster=cluster).effects()
    drawn = did("y", table, entry="entry", cluster=cluster, bootstrap=4000, multiplier=multiplier)
    ratio = drawn.effects()["std_error"] / analytic["std_error"]
    assert np.abs(ratio - 1.0).max() < DRAWS
    assert drawn.kind == "bootstrap"


def test_uniform_bands_are_wider_and_seeded(table):
    one = did("y", table, entry="entry", bootstrap=500, seed=3).effects()
    again = did("y", table, entry="entry", bootstrap=500, seed=3).effects()
    other = did("y", table, entry="entry", bootstrap=500, seed=4).effects()
    np.testing.assert_array_equal(one["upper"], again["upper"])
    assert not np.array_equal(one["upper"], other["upper"])
    reach = (one["upper"] - one["estimate"]) / one["std_error"]
    family = one["kind"].isin(["att_gt", "dynamic", "group", "calendar"])
    assert (reach[family] > 2.1).all()
    np.testing.assert_allclose(reach[~family], stats.norm.ppf(0.975), rtol=1e-12)


def test_clusters_sum_influences(table):
    """With every firm its own cluster nothing changes; with firms doubled within clusters errors stay as they were."""
    plain = did("y", table, entry="entry").effects()
    own = did("y", table.assign(own=table["firm"]), entry="entry", cluster="own").effects()
    np.testing.assert_allclose(own["std_error"], plain["std_error"], rtol=1e-12)
    copy = table.assign(firm=table["firm"] + 10_000)
    double = pd.concat([table.assign(of=table["firm"]), copy.assign(of=table["firm"])])
    clustered = did("y", double, entry="entry", cluster="of").effects()
    np.testing.assert_allclose(clustered["std_error"], plain["std_error"], rtol=1e-9)


def test_unbalanced_pairs_and_drop(table):
    gaps = table.drop(index=table.index[[3, 50, 51, 700, 1500]])
    pairs = did("y", gaps, entry="entry")
    assert any("5 of 400" in w or "4 of 400" in w for w in pairs.warnings)
    y, entry = cases.wide(gaps), cases.entries(table)
    change = y[:, 3] - y[:, 1]
    own, never = (entry == 2002) & ~np.isnan(change), (entry == 0) & ~np.isnan(change)
    hand = change[own].mean() - change[never].mean()
    assert pairs.effect("g=2002 t=2003", "att_gt")["estimate"] == pytest.approx(hand, abs=EXACT)
    dropped = did("y", gaps, entry="entry", unbalanced="drop")
    complete = gaps[gaps.groupby("firm")["year"].transform("size") == len(cases.YEARS)]
    np.testing.assert_array_equal(
        dropped.effects()["estimate"], did("y", complete, entry="entry").effects()["estimate"]
    )


def test_without_never_treated_the_last_cohort_compares(table):
    later = table[table["entry"] > 0]
    result = did("y", later, entry="entry", comparison="not_yet")
    y, entry = cases.wide(later), cases.entries(later)
    change = y[:, 3] - y[:, 1]
    hand = change[entry == 2002].mean() - change[entry == 2004].mean()
    assert result.effect("g=2002 t=2003", "att_gt")["estimate"] == pytest.approx(hand, abs=EXACT)
    assert not any("2004" in name for name in result.effects()["name"] if name.startswith("t="))
    assert any("only serves as comparison" in w for w in result.warnings)


def test_level_and_intervals(table):
    wide = did("y", table, entry="entry", level=0.99).effect(kind="simple")
    reach = (wide["upper"] - wide["estimate"]) / wide["std_error"]
    assert reach == pytest.approx(stats.norm.ppf(0.995), rel=1e-12)
    assert "99\u202f%" in did("y", table, entry="entry", level=0.99).findings()[0]


def test_result_is_stored_and_shown(table):
    result = did("y", table, entry="entry", aggregate="dynamic", bootstrap=200)
    again = FirmResult.from_bundle(result.to_bundle())
    assert again.to_dict() == result.to_dict()
    json.dumps(result.to_dict())
    assert {c.name for c in result.checks} == {"pre_trends", "starters_per_cohort"}
    assert result.findings()[0].startswith("On average over the years since entry")
    figure = result.plot("did-event-study")
    assert sorted(figure.data["event_time"]) == [-3, -2, -1, 0, 1, 2, 3]
    assert figure.draw() is not None
    for shown in result.tables:
        assert len(shown.display())
    assert len(result.summary().splitlines()[0]) <= 100


def test_progress_is_told(table):
    told = []
    did("y", table, entry="entry", bootstrap=100, progress=lambda message, share: told.append((message, share)))
    shares = [s for _, s in told]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


def test_universal_base_year_is_drawn_but_no_effect(table):
    result = did("y", table, entry="entry", base="universal")
    assert "e=-1" not in set(result.effects()["name"])
    data = result.plot("did-event-study").data.set_index("event_time")
    assert data.loc[-1, ["estimate", "lower", "upper"]].tolist() == [0.0, 0.0, 0.0]


def test_terms_explain_every_effect_number_and_check(table):
    from innospace.firms.effects.did_twfe import twfe
    from innospace.firms.terms_did import TERMS

    known = {t.name for t in TERMS}
    assert len(known) == len(TERMS)
    general = {"firms", "starters", "years", "clusters"}
    for result in (did("y", table, entry="entry"), twfe("y", table, entry="entry")):
        assert set(result.effects()["kind"]) <= known
        assert set(result.numbers) <= known | general
        assert {c.name for c in result.checks} <= known
