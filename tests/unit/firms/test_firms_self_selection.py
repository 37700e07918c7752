from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from innospace.core.errors import DataError, FormulaError, LabelError, MissingRowsWarning, SpecError
from innospace.firms.choice.binary import binary
from innospace.firms.descriptives import descriptives, difference
from innospace.firms.distribution_result import dominance
from innospace.firms.distributions import analytic_errors, kolmogorov_smirnov, quantile_differences
from innospace.firms.entry import entry
from innospace.firms.result import FirmResult
from innospace.firms.self_selection import compare_distributions, pre_entry

SHARES = np.array([0.1, 0.5, 0.9])


def firms(count=400, waves=4, seed=1, **columns):
    """Firms that enter when able; entry is for good."""
    rng = np.random.default_rng(seed)
    firm, year = np.repeat(np.arange(count), waves), np.tile(np.arange(2000, 2000 + waves), count)
    industry = rng.integers(0, 5, count)
    ability = rng.normal(size=count)
    when = np.where(ability + rng.normal(size=count) > 0.8, rng.integers(0, waves, count), waves)
    frame = pd.DataFrame({"firm": firm, "year": year, "industry": industry[firm]})
    frame["export"] = (year - 2000 >= when[firm]).astype(int)
    frame["size"] = rng.normal(4.0, 1.0, count)[firm]
    log_y = 1.0 + 0.3 * industry[firm] + 0.5 * ability[firm] + 0.2 * rng.normal(size=len(firm))
    frame["productivity"] = np.exp(log_y)
    frame["customs"] = (rng.uniform(size=len(firm)) < 0.3 + 0.2 * frame["export"]).astype(int)
    return frame.assign(**columns)


def at_start(frame):
    """Return the first wave of starters and never traders."""
    wide = frame.pivot(index="firm", columns="year", values="export")
    starter, never = (wide[2000] == 0) & (wide[2003] == 1), wide.max(axis=1) == 0
    rows = frame[(frame["year"] == 2000) & frame["firm"].map(starter | never)]
    return rows.assign(starter=rows["firm"].map(starter).astype(int))


@pytest.mark.parametrize("ties", [False, True])
def test_kolmogorov_smirnov_against_scipy(ties):
    rng = np.random.default_rng(2)
    first, second = rng.normal(0.4, 1.0, 40), rng.normal(size=90)
    if ties:
        first, second = first.round(1), second.round(1)
    found = kolmogorov_smirnov(first, second)
    for side, alternative in (("two_sided", "two-sided"), ("above", "less"), ("below", "greater")):
        peer = stats.ks_2samp(first, second, alternative=alternative, method="exact")
        assert found.statistic[side] == pytest.approx(peer.statistic, abs=1e-15)
        assert found.p_value[side] == pytest.approx(peer.pvalue, rel=1e-12)
    assert found.exact
    assert (found.tied > 0) == ties
    m = 40 * 90 / 130
    d = found.statistic["two_sided"]
    series = 2 * sum((-1) ** (j - 1) * np.exp(-2 * j * j * m * d * d) for j in range(1, 50))
    assert found.p_asymptotic["two_sided"] == pytest.approx(series, rel=1e-10)
    assert found.p_asymptotic["above"] == pytest.approx(np.exp(-2 * m * found.statistic["above"] ** 2))


def test_large_samples_use_the_limit():
    rng = np.random.default_rng(3)
    found = kolmogorov_smirnov(rng.normal(size=12_000), rng.normal(size=50))
    assert not found.exact
    assert found.p_value == found.p_asymptotic


def test_readings():
    rng = np.random.default_rng(4)
    base = rng.normal(size=400)
    assert dominance(kolmogorov_smirnov(base + 0.5, rng.normal(size=400))) == "above"
    assert dominance(kolmogorov_smirnov(base - 0.5, rng.normal(size=400))) == "below"
    assert dominance(kolmogorov_smirnov(3.0 * base, rng.normal(size=400))) == "crossing"
    assert dominance(kolmogorov_smirnov(base, rng.permutation(base))) == "equal"


def test_analytic_errors_of_quantiles_by_simulation():
    rng = np.random.default_rng(5)
    draws = np.array(
        [quantile_differences(rng.normal(size=300), rng.normal(size=500), SHARES) for _ in range(2000)]
    ).std(axis=0)
    errors = np.mean([analytic_errors(rng.normal(size=300), rng.normal(size=500), SHARES) for _ in range(50)], axis=0)
    # the kernel smooths the density a little, which matters in the tails
    np.testing.assert_allclose(errors, draws, rtol=0.08)


def test_pre_entry_by_hand():
    frame = firms()
    rows = at_start(frame)
    y = np.log(rows["productivity"])
    adjusted = y - y.groupby(rows["industry"]).transform("mean")
    one, other = (adjusted[rows["starter"] == v].to_numpy() for v in (1, 0))
    result = pre_entry(frame, "productivity", "export", quantiles=[10, 50, 90], replications=20)
    np.testing.assert_allclose(result.effects()["estimate"], quantile_differences(one, other, SHARES), atol=1e-12)
    assert result.effects()["name"].tolist() == ["q10", "q50", "q90", "mean"]
    assert result.numbers["ks_two_sided"] == pytest.approx(kolmogorov_smirnov(one, other).statistic["two_sided"])
    assert (result.numbers["starter"], result.numbers["never"]) == (len(one), len(other))
    assert result.findings()[0].startswith("Later starters of export lie above never traders")
    assert "At the median the difference before entry is" in result.findings()[1]
    plain = pre_entry(frame, "productivity", "export", adjust=[], errors="analytic")
    raw = quantile_differences(*(y[rows["starter"] == v].to_numpy() for v in (1, 0)), np.array([0.5]))
    assert plain.effect("q50").estimate == pytest.approx(raw[0])
    assert plain.effect("mean").std_error == pytest.approx(
        np.sqrt(sum(y[rows["starter"] == v].var() / (rows["starter"] == v).sum() for v in (1, 0)))
    )


def test_controls_and_cohorts():
    import statsmodels.api as sm

    frame = firms()
    entry_year = frame[frame["export"] == 1].groupby("firm")["year"].min()
    rows = at_start(frame)
    rows = rows[(rows["starter"] == 0) | (rows["firm"].map(entry_year) == 2002)]
    x = sm.add_constant(pd.get_dummies(rows["industry"], drop_first=True, dtype=float).assign(size=rows["size"]))
    adjusted = sm.OLS(np.log(rows["productivity"]), x).fit().resid
    flagged = rows.assign(adjusted=adjusted)
    by_hand = compare_distributions(flagged, "adjusted", "starter", firm="firm", errors="analytic")
    found = pre_entry(
        frame, "productivity", "export", adjust="industry", controls=["size"], cohort=[2002], errors="analytic"
    )
    np.testing.assert_allclose(found.effects()["estimate"], by_hand.effects()["estimate"], atol=1e-10)
    assert found.numbers["ks_two_sided_p"] == pytest.approx(by_hand.numbers["ks_two_sided_p"])
    assert found.numbers["starter"] == (rows["starter"] == 1).sum()


def test_years_before_entry():
    result = pre_entry(firms(), "productivity", "export", lag=1, replications=10)
    assert any("several years" in w for w in result.warnings)
    assert result.n > result.numbers["starter"] + result.numbers["never"]


def test_bootstrap_follows_its_seed_and_reports():
    seen = []
    options = {"replications": 30, "seed": 7}
    first = pre_entry(firms(), "productivity", "export", **options, progress=lambda m, f: seen.append(f))
    again = pre_entry(firms(), "productivity", "export", **options)
    pd.testing.assert_frame_equal(first.effects(), again.effects())
    assert seen[-1] == 1.0
    assert len(seen) == 30
    other = pre_entry(firms(), "productivity", "export", replications=30, seed=8)
    assert not first.effects().equals(other.effects())


def test_storage_and_figure():
    result = pre_entry(firms(), "productivity", "export", replications=10)
    assert FirmResult.from_bundle(result.to_bundle()).to_dict() == result.to_dict()
    figure = result.plot("distributions")
    assert set(figure.data["group"]) == {"later starters of export", "never traders"}
    assert figure.data.groupby("group")["share"].max().tolist() == [1.0, 1.0]
    assert result.table("kolmogorov-smirnov").display().shape == (3, 4)
    assert result.table("quantile-premia").display().shape == (6, 4)


def test_few_starters_are_counted_and_not_headlined():
    frame = firms()
    frame.loc[(frame["firm"] > 60) & (frame["export"] == 1), "export"] = 0
    result = pre_entry(frame, "productivity", "export", replications=10, min_firms=30)
    assert len(result.findings()) == 1
    assert "too few firms for a finding" in result.findings()[0]
    assert [c.name for c in result.checks if not c.ok] == ["firms_starter"]


@pytest.mark.parametrize(
    ("columns", "options", "error", "says"),
    [
        ({"export": 0}, {}, DataError, "No firm starts 'export' between 2000 and 2003"),
        ({"export": [0, 1, 1, 1] * 400}, {}, DataError, "Every firm uses 'export' at some time"),
        ({}, {"cohort": [1990]}, DataError, "No firm starts 'export' in 1990"),
        ({"productivity": np.nan}, {}, DataError, "Every cell of 'productivity' is missing"),
        ({"productivity": 0.0}, {}, DataError, "no logarithm"),
        ({}, {"quantiles": [0, 50]}, SpecError, "not percentages"),
        ({}, {"replications": 1}, SpecError, "two replications"),
        ({}, {"errors": "jackknife"}, LabelError, "standard errors"),
        ({}, {"adjust": ["sector"]}, LabelError, "sector"),
        ({}, {"first": 2003}, DataError, "must come before"),
    ],
)
def test_bad_input(columns, options, error, says):
    with pytest.raises(error, match=says):
        pre_entry(firms(**columns), "productivity", "export", **options)


def test_groups_of_rows():
    frame = at_start(firms())
    with pytest.raises(DataError, match="is 0 in every row"):
        compare_distributions(frame, "size", "export")
    with pytest.raises(DataError, match="'size' is not positive in 1 firm-years") as caught:
        compare_distributions(frame.assign(size=np.append(-1.0, frame["size"][1:])), "size", "starter", log=True)
    assert caught.value.where == "row 1"
    result = compare_distributions(frame, "size", "starter", adjust="industry", replications=10)
    assert result.method == "distributions"
    assert result.numbers["one"] == frame["starter"].sum()


def test_entry_is_the_probit_of_starters():
    frame = firms()
    rows = at_start(frame)
    expected = binary("starter ~ size + log(productivity) + C(industry)", rows, cluster="firm")
    found = entry(frame, "export", ["size", "log(productivity)", "C(industry)"])
    np.testing.assert_allclose(found.coefficients(), expected.coefficients(), rtol=1e-8)
    np.testing.assert_allclose(found.effects()["estimate"], expected.effects()["estimate"], rtol=1e-8)
    assert found.numbers["starters"] == rows["starter"].sum()
    assert any("log(productivity) moves the probability" in s for s in found.findings())
    assert FirmResult.from_bundle(found.to_bundle()).to_dict() == found.to_dict()


def test_entry_as_a_hazard():
    frame = firms().sort_values(["firm", "year"])
    grouped = frame.groupby("firm")
    before = grouped[["size", "productivity"]].shift(1)
    traded = grouped["export"].cummax().groupby(frame["firm"]).shift(1)
    rows = frame.assign(before=np.log(before["productivity"]), size=before["size"])[traded == 0]
    expected = binary("export ~ size + before", rows, cluster="firm")
    found = entry(frame.sample(frac=1.0, random_state=1), "export", ["size", "log(productivity)"], lag=1)
    np.testing.assert_allclose(found.coefficients(), expected.coefficients(), rtol=1e-7)
    assert found.n == len(rows)


def test_categories_that_predict_perfectly():
    frame = firms()
    frame.loc[frame["industry"] == 4, "export"] = 0
    with pytest.raises(DataError, match="Perfect separation"):
        entry(frame, "export", ["size", "C(industry)"])
    result = entry(frame, "export", ["size", "C(industry)"], perfect="drop")
    assert "rows of industry 4 were left out" in result.warnings[0]
    without = entry(frame, "export", ["size", "C(industry)"], where=["industry != 4"])
    np.testing.assert_allclose(result.coefficients(), without.coefficients(), rtol=1e-8)


@pytest.mark.parametrize(
    ("columns", "regressors", "options", "error", "says"),
    [
        ({}, [], {}, SpecError, "needs regressors"),
        ({}, ["export"], {}, SpecError, "cannot be a regressor"),
        ({"entry": 1}, ["entry"], {}, SpecError, "taken by the outcome"),
        ({}, ["sise"], {}, LabelError, "sise"),
        ({}, ["exec(size)"], {}, FormulaError, "exec"),
        ({}, ["size"], {"lag": 0}, SpecError, "not before entry"),
        ({}, ["size"], {"lag": 7}, DataError, "7 years before"),
        ({"export": 0}, ["size"], {}, DataError, "No firm starts"),
        ({}, ["size"], {"perfect": "keep"}, LabelError, "perfectly"),
    ],
)
def test_bad_entry(columns, regressors, options, error, says):
    with pytest.raises(error, match=says):
        entry(firms(**columns), "export", regressors, **options)


def test_entry_counts_rows_used():
    frame = firms()
    frame.loc[frame["firm"] == at_start(frame).query("starter == 1")["firm"].iloc[0], "size"] = np.nan
    with pytest.warns(MissingRowsWarning):
        found = entry(frame, "export", ["size"])
    assert found.numbers["starters"] == at_start(frame)["starter"].sum() - 1


def test_descriptives():
    frame = firms()
    rows = at_start(frame)
    one, other = (rows[rows["starter"] == v] for v in (1, 0))
    result = descriptives(frame, ["size", "customs"], "export")
    table = result.table("descriptives").frame.set_index(["column", "class"])
    assert table.loc[("size", "starter"), "mean"] == pytest.approx(one["size"].mean())
    assert table.loc[("size", "starter"), "median"] == pytest.approx(one["size"].median())
    welch = stats.ttest_ind(one["size"], other["size"], equal_var=False)
    assert table.loc[("size", "starter"), "p_value"] == pytest.approx(welch.pvalue)
    counts = [[v["customs"].sum(), (1 - v["customs"]).sum()] for v in (one, other)]
    chi = stats.chi2_contingency(counts, correction=False)
    assert table.loc[("customs", "starter"), "p_value"] == pytest.approx(chi.pvalue)
    assert table.loc[("customs", "starter"), "test"] == "chi-square"
    effect = result.effect("customs starter", "difference_from_never")
    assert effect.estimate == pytest.approx(one["customs"].mean() - other["customs"].mean())
    assert result.numbers["firms_export_starter"] == len(one)
    assert result.findings()[0].startswith(f"{len(one)} firms start export between 2000 and 2003")
    again = FirmResult.from_bundle(result.to_bundle())
    pd.testing.assert_frame_equal(again.effects(), result.effects())
    assert again.findings() == result.findings()


def test_channels_with_few_starters_are_flagged():
    frame = firms()
    frame["imports"] = ((frame["firm"] < 3) & (frame["year"] > 2000)).astype(int)
    result = descriptives(frame, "size", ["export", "imports"])
    table = result.table("classes").frame.set_index("channel")
    assert table.loc["imports", "starters"] == "too few"
    assert table.loc["imports", "starter"] == 3
    assert "3 firms start imports: too few for a finding (fewer than 10)." in result.warnings


def test_small_tables_use_the_exact_test():
    found = difference(np.array([1.0, 1.0, 1.0, 0.0]), np.array([0.0, 0.0, 0.0, 1.0, 0.0]))
    assert found.test == "fisher"
    assert found.p_value == pytest.approx(stats.fisher_exact([[3, 1], [1, 4]]).pvalue)
    assert np.isnan(difference(np.array([1.0]), np.array([0.0, 2.0])).p_value)
    assert np.isnan(difference(np.array([2.0, 2.0]), np.array([3.0, 3.0])).p_value)


@pytest.mark.parametrize(
    ("columns", "options", "error", "says"),
    [
        ({"export": 1}, {}, DataError, "No firm is never"),
        ({}, {"at": 1990}, LabelError, "1990"),
        ({}, {"reference": "none"}, LabelError, "status class"),
        ({"size": "big"}, {}, DataError, "text"),
        ({"year": 2000, "firm": np.arange(1600)}, {}, DataError, "one wave"),
    ],
)
def test_bad_descriptives(columns, options, error, says):
    with pytest.raises(error, match=says):
        descriptives(firms(**columns), ["size"], "export", **options)


def test_firms_that_entry_leaves_out_are_named():
    frame = firms().assign(firm=lambda t: "plant " + t["firm"].astype(str))
    gone = at_start(frame).index[[3, 8]]
    gaps = frame.assign(size=frame["size"].where(~frame.index.isin(gone)))
    with pytest.warns(MissingRowsWarning, match="2 of .* firm-years before entry"):
        found = entry(gaps, "export", ["size", "industry"])
    assert found.n == len(at_start(frame)) - 2
    assert found.numbers["starters"] + found.numbers["never"] == found.n
    for name in frame.loc[gone, "firm"]:
        assert any(f"firm {name} in 2000" in w for w in found.warnings)
