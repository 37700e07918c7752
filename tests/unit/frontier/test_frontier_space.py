"""The innovation space: models, hypotheses, used space, against numbers computed another way."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from innospace.core.errors import InnospaceError, LabelError, SpecError, StoreError
from innospace.core.figure import Figure
from innospace.core.result import Bundle, Result
from innospace.core.table import Table
from innospace.frontier.fitting import fit
from innospace.frontier.space import SpaceResult, SpaceSpec, fit_space, simulate_space
from innospace.frontier.space.quantities import correlations, frontier_share, used_share


def three_years(regions=60, companies=True):
    parts = []
    for i, year in enumerate((2010, 2011, 2012)):
        frame = simulate_space(regions, c=-4.8 + 0.3 * i, seed=i).assign(year=year)
        parts.append(frame)
    table = pd.concat(parts, ignore_index=True)
    if not companies:
        space = table["rd_organisations"] * table["innovative_companies"]
        table = table.drop(columns=["rd_organisations", "innovative_companies"]).assign(space=space)
    return table


@pytest.fixture(scope="module")
def panel():
    return three_years()


@pytest.fixture(scope="module")
def result(panel):
    return fit_space(panel, SpaceSpec(focus=("Simulated region 3",)))


def test_contract(result):
    assert isinstance(result, Result)
    assert result.years == (2010, 2011, 2012)
    expected = {"2010", "2011", "2012", "pooled", "hypothesis_2", "hypothesis_3"}
    assert set(result.models) == expected | {"2010_eta", "2011_eta", "2012_eta"}
    assert list(result.reported) == ["2010", "2011", "2012", "pooled"]
    assert result.status.converged
    assert len(result.checks) == 4 * len(result.models["2010"].checks)


def test_models_are_plain_frontiers(panel, result):
    rows = panel[panel["year"] == 2011].assign(
        V=lambda f: np.log(f["rd_organisations"] * f["innovative_companies"]), Q=lambda f: np.log(f["technologies"])
    )
    alone = fit("Q ~ V", rows)
    np.testing.assert_allclose(result.models["2011"].estimate.theta, alone.estimate.theta, rtol=1e-8)
    every = panel.assign(
        V=lambda f: np.log(f["rd_organisations"] * f["innovative_companies"]),
        Q=lambda f: np.log(f["technologies"]),
        t=lambda f: f["year"] - 2010,
    )
    pooled = fit("Q ~ t + V + t:V", every)
    assert result.models["pooled"].loglik == pytest.approx(pooled.loglik, rel=1e-10)
    p = result.parameters("pooled")
    assert p["c_0"] == pytest.approx(pooled.parameter("t"), rel=1e-7)
    assert p["delta_0"] == pytest.approx(pooled.parameter("t:V"), rel=1e-7, abs=1e-9)


def test_hypotheses(result):
    tests = result.hypotheses
    for year in ("2010", "2011", "2012"):
        full, small = result.models[f"{year}_eta"], result.models[year]
        lr = 2 * (full.loglik - small.loglik)
        found = tests[f"hypothesis_1.{year}.lr"]
        assert found.statistic == pytest.approx(max(0.0, lr), abs=1e-9)
        assert found.p_value == pytest.approx(stats.chi2.sf(max(lr, 0.0), 1))
        z = full.coefficients().loc["log(innovative_companies)", "z"]
        assert tests[f"hypothesis_1.{year}.wald"].statistic == pytest.approx(z**2)
        one_sided = tests[f"hypothesis_1.{year}.lr_one_sided"].p_value
        assert one_sided == pytest.approx(0.5 * found.p_value if z > 0 else 1 - 0.5 * found.p_value)
    for name, term in (("hypothesis_2", "t:log(space)"), ("hypothesis_3", "t")):
        lr = 2 * (result.models["pooled"].loglik - result.models[name].loglik)
        assert tests[f"{name}.lr"].statistic == pytest.approx(lr)
        z = result.models["pooled"].coefficients().loc[term, "z"]
        assert tests[f"{name}.wald"].statistic == pytest.approx(z**2)
    assert "no_inefficiency.2010" in tests


def test_hypothesis_1_is_found_where_it_is_false():
    frame = simulate_space(400, eta=0.5, seed=1)
    found = fit_space(frame).hypotheses
    assert found["hypothesis_1.2012.lr_one_sided"].rejected()
    assert found["hypothesis_1.2012.wald"].rejected()


def test_frontier_share_and_its_interval(result):
    share, model = result.share("2012"), result.models["2012"]
    c, delta = model.parameter("Intercept"), model.parameter("log(space)")
    assert share.w == pytest.approx(np.exp(c / delta))
    # numerical delta method
    block = model.covariance[:2, :2]
    step = 1e-6
    g = [((c + step) / delta - (c - step) / delta) / (2 * step), (c / (delta + step) - c / (delta - step)) / (2 * step)]
    half = stats.norm.ppf(0.975) * np.sqrt(np.array(g) @ block @ np.array(g))
    assert np.log(share.upper / share.w) == pytest.approx(half, rel=1e-6)
    assert np.log(share.w / share.lower) == pytest.approx(half, rel=1e-6)


def test_interval_of_the_share_by_simulation():
    covariance = np.array([[0.04, -0.003], [-0.003, 0.0004]])
    share = frontier_share(-4.8, 0.65, covariance, 0.9)
    draws = np.random.default_rng(0).multivariate_normal([-4.8, 0.65], covariance, 200_000)
    lower, upper = np.quantile(draws[:, 0] / draws[:, 1], [0.05, 0.95])
    # first-order method: the quotient is a little skewed
    assert np.log(share.lower) == pytest.approx(lower, abs=0.02)
    assert np.log(share.upper) == pytest.approx(upper, abs=0.02)


def test_used_space(result):
    regions = result.regions
    for year in result.years:
        rows = regions[regions["year"] == year]
        delta, w = result.models[str(year)].parameter("log(space)"), result.share(str(year)).w
        np.testing.assert_allclose(rows["used_share"], w * rows["te"] ** (1 / delta))
        np.testing.assert_allclose(rows["used_space"], rows["used_share"] * rows["space"])
        np.testing.assert_allclose(rows["te"], result.models[str(year)].used_efficiencies().te_bc)
        assert sorted(rows["rank"]) == list(range(1, len(rows) + 1))
        assert rows.loc[rows["te"].idxmax(), "rank"] == 1
    assert ((regions["te_lower"] <= regions["te"]) & (regions["te"] <= regions["te_upper"])).all()


def test_log_q_is_recovered_from_used_space_and_noise(result):
    """``ln Q = delta ln V^ + v``-hat with ``v-hat = e - ln TE``: the identity that defines the used space."""
    rows = result.regions[result.regions["year"] == 2010]
    model = result.models["2010"]
    delta, c = model.parameter("log(space)"), model.parameter("Intercept")
    e = np.log(rows["technologies_used"]) - c - delta * np.log(rows["space"])
    rebuilt = delta * np.log(rows["used_space"]) + e - np.log(rows["te"])
    np.testing.assert_allclose(rebuilt, np.log(rows["technologies_used"]), rtol=1e-12)


def test_growth_and_correlations(result):
    w = [result.share(str(y)).w for y in result.years]
    assert result.growth_of_w == {2011: pytest.approx(w[1] / w[0] - 1), 2012: pytest.approx(w[2] / w[1] - 1)}
    wide = result.regions.pivot(index="region", columns="year", values="te")
    pair = result.te_correlation["2010_2011"]
    assert pair["pearson"] == pytest.approx(wide[2010].corr(wide[2011]))
    assert pair["spearman"] == pytest.approx(wide[2010].rank().corr(wide[2011].rank()))
    assert pair["regions"] == 60


def test_quantities():
    np.testing.assert_allclose(used_share(0.001, np.array([1.0, 0.25]), 0.5), [0.001, 0.001 * 0.0625])
    a = np.array([1.0, 2.0, 4.0])
    assert correlations(a, a**3) == (pytest.approx(np.corrcoef(a, a**3)[0, 1]), pytest.approx(1.0))
    assert np.isnan(correlations(a, np.ones(3))).all()
    assert np.isnan(correlations(a, np.array([1.0, np.nan, 2.0]))).all()
    tied = np.array([2.0, 1.0, 2.0, 3.0]), np.array([0.5, 0.5, 0.1, 0.9])
    # ranks 2.5, 1, 2.5, 4 and 2.5, 2.5, 1, 4
    assert correlations(*tied)[1] == pytest.approx(np.corrcoef([2.5, 1.0, 2.5, 4.0], [2.5, 2.5, 1.0, 4.0])[0, 1])


def test_words_and_tables(result):
    assert max(map(len, result.summary().splitlines())) <= 100
    assert result.findings()[0].startswith("Simulated region 3")
    for kind in ("models", "hypotheses", "regions", "ranking", "correlations"):
        table = result.table(kind)
        assert not table.display().empty
    ranking = result.table("ranking").frame
    assert ranking["cumulative_share"].iloc[-1] == pytest.approx(1.0)
    with pytest.raises(LabelError):
        result.table("rankings")
    assert result.sections()[0].anchor == "model"
    found = result.to_dict()
    assert set(found) == {
        "status",
        "groups",
        "models",
        "w_growth",
        "te_correlation",
        "te_rank_correlation",
        "marginal_effects",
        "tests",
        "data_steps",
        "checks",
    }
    assert json.loads(json.dumps(found)) == found


def test_storage(result):
    bundle = result.to_bundle()
    again = SpaceResult.from_bundle(Bundle(bundle.kind, json.loads(json.dumps(bundle.meta)), bundle.frames))
    pd.testing.assert_frame_equal(again.regions, result.regions, rtol=1e-12)
    assert again.to_dict()["models"] == result.to_dict()["models"]
    assert again.spec == result.spec
    assert list(again.models) == list(result.models)
    with pytest.raises(StoreError):
        SpaceResult.from_bundle(Bundle("frontier", {}, {}))


def test_without_companies_model_3_is_left_out():
    found = fit_space(three_years(companies=False))
    assert not [m for m in found.models if m.endswith("_eta")]
    assert not [t for t in found.hypotheses if t.startswith("hypothesis_1")]


def test_one_year(panel):
    found = fit_space(panel[panel["year"] == 2010])
    assert list(found.reported) == ["2010"]
    assert found.te_correlation == {}
    assert found.growth_of_w == {}
    found.summary()
    found.findings()


def test_without_years(panel):
    found = fit_space(panel[panel["year"] == 2010].drop(columns="year"))
    assert found.years == (0,)
    assert found.findings()[0].startswith("In this table")


def test_rows_in_any_order(panel, result):
    shuffled = fit_space(panel.sample(frac=1.0, random_state=0))
    for name, model in result.models.items():
        assert shuffled.models[name].loglik == pytest.approx(model.loglik, rel=1e-10)
    key = ["year", "region"]
    pd.testing.assert_series_equal(
        shuffled.regions.set_index(key)["te"].sort_index(), result.regions.set_index(key)["te"].sort_index(), rtol=1e-7
    )


def test_gap_between_years_counts_in_time(panel):
    gap = panel[panel["year"] != 2011]
    found = fit_space(gap)
    assert sorted(found.data["t"].unique()) == [0, 2]


def test_other_law_and_level(panel, result):
    other = fit_space(panel, SpaceSpec(inefficiency="exponential", level=0.5, vcov="robust"))
    assert other.models["2010"].covariance_kind == "robust"
    assert (other.regions["te_upper"] - other.regions["te_lower"]).mean() < (
        result.regions["te_upper"] - result.regions["te_lower"]
    ).mean()
    with pytest.raises(SpecError):
        SpaceSpec(inefficiency="gama")
    with pytest.raises(SpecError):
        SpaceSpec(level=95)
    assert SpaceSpec.from_dict(SpaceSpec(focus=("a",)).to_dict()) == SpaceSpec(focus=("a",))


def test_simulated_truth():
    frame = simulate_space(4000, delta=0.65, c=-4.8, eta=0.2, sigma_u=1.0, sigma_v=0.35, seed=3)
    model = fit_space(frame).models["2012_eta"]
    truth = {"Intercept": -4.8, "log(space)": 0.65, "log(innovative_companies)": 0.2}
    for name, value in truth.items():
        row = model.coefficients().loc[name]
        assert abs(row["estimate"] - value) < 4.0 * row["std_error"]
    assert model.sigma_u == pytest.approx(1.0, abs=0.12)
    pd.testing.assert_frame_equal(simulate_space(10, seed=5), simulate_space(10, seed=5))


@pytest.mark.parametrize(
    "broken",
    [
        lambda t: t.drop(columns="technologies"),
        lambda t: t.drop(columns=["rd_organisations"]),
        lambda t: pd.concat([t, t]),
        lambda t: t.assign(technologies=-1.0),
        lambda t: t.head(3),
        lambda t: t.iloc[:0],
        lambda t: t.assign(rd_organisations=0.0),
    ],
)
def test_tables_that_cannot_be_used(panel, broken):
    with pytest.raises(InnospaceError):
        fit_space(broken(panel))


def scaled(value, factor):
    """Numbers of a bundle times a factor, whole ones and names left alone."""
    if isinstance(value, dict):
        return {k: scaled(v, factor) for k, v in value.items()}
    if isinstance(value, list):
        return [scaled(v, factor) for v in value]
    return value * factor if isinstance(value, float) else value


def test_a_changed_bundle_changes_findings_figures_and_tables(result):
    bundle = result.to_bundle()
    models = {n: scaled(m, 1.05) for n, m in bundle.meta["models"].items()}
    regions = bundle.frames["regions"]
    frames = bundle.frames | {"regions": regions.assign(technologies=regions["technologies"] * 3.0)}
    changed = type(result).from_bundle(Bundle(bundle.kind, {**bundle.meta, "models": models}, frames))
    before, after = (
        {b.name: b for s in r.sections() for b in s.blocks if isinstance(b, Table | Figure)} for r in (result, changed)
    )
    assert before.keys() == after.keys()
    same = [n for n in before if isinstance(before[n], Table) and before[n].display().equals(after[n].display())]
    for name, figure in before.items():
        if isinstance(figure, Figure):
            kept = figure.data.equals(after[name].data) and figure.encoding == after[name].encoding
            lines = (f.equals(after[name].layers[layer]) for layer, f in figure.layers.items())
            same += [name] if kept and all(lines) else []
    assert same == []
    assert result.findings()[0] != changed.findings()[0]
