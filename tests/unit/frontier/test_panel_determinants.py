"""Regressors of the components of a panel: recovery, brute force, units of measurement, boundaries, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from innospace.core.errors import DataError, FormulaError, SpecError
from innospace.frontier.panel.fit import fit_panel
from innospace.frontier.panel.result import PanelResult

ONE_SIDED = ("pitt_lee", "battese_coelli_1992", "kumbhakar_1990")
BY_ROW = ("true_random_effects", "true_fixed_effects")
FORMULA = "y ~ x | u: z | v: w"
INTEGRAL = 1e-7  # relative: Simpson on 4,001 points of a smooth function that vanishes at one end
DIFFERENCES = 1e-6  # relative: closed form against differences of the fourth order
SLOPES = {"lnsigma_u2:z": 0.8, "lnsigma_v2:w": 0.4, "x": 0.5}


def simulated(seed=1, units=250, periods=4, by_row=False):
    """A panel whose inefficiency belongs to the unit, or to the row beside an effect of the unit."""
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(units), periods)
    n = units * periods
    x, w = rng.normal(size=n), rng.normal(size=units)[unit]
    z = rng.normal(size=n) if by_row else rng.normal(size=units)[unit]
    half = np.abs(rng.normal(size=n)) if by_row else np.abs(rng.normal(size=units))[unit]
    effect = 0.3 * rng.normal(size=units)[unit] if by_row else 0.0
    noise = np.exp(0.5 * (-2.5 + 0.4 * w)) * rng.normal(size=n)
    y = 1.0 + 0.5 * x + effect + noise - np.exp(0.5 * (-1.0 + 0.8 * z)) * half
    columns = {"y": y, "x": x, "z": z, "w": w, "region": unit, "year": np.tile(np.arange(periods), units)}
    return pd.DataFrame(columns)


@pytest.fixture(scope="module")
def panel():
    return simulated()


@pytest.fixture(scope="module")
def fitted(panel):
    return {model: fit_panel(FORMULA, panel, model=model) for model in ONE_SIDED}


def assert_recovered(found):
    frame = found.coefficients()
    for name, truth in SLOPES.items():
        assert abs(frame.loc[name, "estimate"] - truth) < 4.0 * frame.loc[name, "std_error"], name
    assert all(c.ok for c in found.checks)


@pytest.mark.parametrize("model", ONE_SIDED)
def test_slopes_are_recovered_where_inefficiency_belongs_to_the_unit(fitted, model):
    assert_recovered(fitted[model])


@pytest.mark.parametrize("model", BY_ROW)
def test_slopes_are_recovered_where_inefficiency_belongs_to_the_row(model):
    assert_recovered(fit_panel(FORMULA, simulated(2, 150, by_row=True), model=model))


def test_coverage_of_slopes():
    held = []
    for seed in range(40):
        bounds = fit_panel(FORMULA, simulated(100 + seed, 80), model="pitt_lee").confidence_intervals()
        held += [bounds["lower"][n] <= SLOPES[n] <= bounds["upper"][n] for n in ("lnsigma_u2:z", "lnsigma_v2:w")]
    # 80 trials: three standard errors of a binomial are .073
    assert np.mean(held) == pytest.approx(0.95, abs=0.073)


def test_mean_of_a_truncated_normal_moves_with_its_regressors():
    rng = np.random.default_rng(4)
    data = simulated(4, 400, 5)
    mu = 0.5 + 0.6 * data["z"].to_numpy()[::5]
    u = stats.truncnorm.rvs(-mu / 0.6, np.inf, loc=mu, scale=0.6, random_state=rng)
    data["y"] = 1.0 + 0.5 * data["x"] + 0.2 * rng.normal(size=len(data)) - np.repeat(u, 5)
    found = fit_panel("y ~ x | mu: z", data, model="pitt_lee", inefficiency="truncated_normal")
    own = found.coefficients().loc["mu:z"]
    assert found.status.converged
    assert abs(own["estimate"] - 0.6) < 4.0 * own["std_error"]
    assert found.marginal_effects()["effect"]["z", "inefficiency"] > 0.0


def test_likelihood_is_the_integral_over_inefficiency(panel, fitted):
    found = fitted["pitt_lee"]
    p = found.coefficients()["estimate"]
    su = np.exp(0.5 * (p["lnsigma_u2:Intercept"] + p["lnsigma_u2:z"] * panel["z"]))
    sv = np.exp(0.5 * (p["lnsigma_v2:Intercept"] + p["lnsigma_v2:w"] * panel["w"]))
    e = panel["y"] - p["Intercept"] - p["x"] * panel["x"]
    total = 0.0
    for rows in panel.groupby("region").indices.values():
        u = np.linspace(0.0, 9.0 * su[rows[0]], 4001)
        density = np.prod([stats.norm.pdf(e[i] + u, scale=sv[i]) for i in rows], axis=0)
        total += np.log(integrate.simpson(density * 2.0 * stats.norm.pdf(u, scale=su[rows[0]]), x=u))
    assert found.loglik == pytest.approx(total, rel=INTEGRAL)


def test_effects_are_those_of_the_closed_form(panel, fitted):
    for model in ("pitt_lee", "battese_coelli_1992"):
        found = fitted[model]
        p = found.coefficients()["estimate"]
        eta = float(p.get("eta", 0.0))
        path = np.exp(-eta * (panel["year"] - 3))
        su = path * np.exp(0.5 * (p["lnsigma_u2:Intercept"] + p["lnsigma_u2:z"] * panel["z"]))
        effect = np.mean(np.sqrt(2.0 / np.pi) * 0.5 * p["lnsigma_u2:z"] * su)
        row = found.marginal_effects().loc["z", "inefficiency"]
        assert row["effect"] == pytest.approx(effect, rel=DIFFERENCES)
        assert found.vcov("cluster").marginal_effects()["std_error"]["z", "inefficiency"] != row["std_error"] > 0.0


def test_error_of_an_effect_by_drawing_estimates(panel, fitted):
    found = fitted["pitt_lee"]
    at = [found.names.index(n) for n in ("lnsigma_u2:Intercept", "lnsigma_u2:z")]
    draws = np.random.default_rng(0).multivariate_normal(found.theta[at], found.covariance[np.ix_(at, at)], 4000)
    z = panel["z"].to_numpy()[::4]
    effects = (np.sqrt(2.0 / np.pi) * 0.5 * draws[:, 1:] * np.exp(0.5 * (draws[:, :1] + draws[:, 1:] * z))).mean(axis=1)
    # 4,000 draws know a deviation to 1.1 %; the effect is a little skewed
    assert found.marginal_effects()["std_error"]["z", "inefficiency"] == pytest.approx(effects.std(), rel=0.06)


def test_units_of_measurement_change_nothing(panel, fitted):
    found = fitted["battese_coelli_1992"]
    moved = panel.assign(y=1e3 * panel["y"] + 7.0, z=1e4 * panel["z"] + 5e5, w=1e-3 * panel["w"])
    again = fit_panel(FORMULA, moved, model="battese_coelli_1992")
    assert again.loglik == pytest.approx(found.loglik - len(panel) * np.log(1e3), rel=1e-9)
    assert 1e4 * again.parameter("lnsigma_u2:z") == pytest.approx(found.parameter("lnsigma_u2:z"), rel=1e-5)
    errors = [r.coefficients().loc["lnsigma_u2:z", "std_error"] for r in (again, found)]
    assert 1e4 * errors[0] == pytest.approx(errors[1], rel=1e-4)


def test_words_and_storage(fitted):
    found = fitted["kumbhakar_1990"]
    again = PanelResult.from_bundle(found.to_bundle())
    assert again.summary() == found.summary()
    pd.testing.assert_frame_equal(again.marginal_effects(), found.marginal_effects())
    assert "marginal-effects" in [b.name for s in found.sections() for b in s.blocks if hasattr(b, "columns")]
    assert any(f.startswith("One unit more of z") for f in found.findings())
    assert [e.name for e in found.spec.equations()] == ["frontier", "panel", "index-u", "index-v"]


def test_effects_keep_their_errors_where_another_component_vanishes(fitted):
    found = fitted["pitt_lee"]
    held = found.covariance.copy()
    held[-2:] = held[:, -2:] = np.nan  # as where noise were held at its boundary
    errors = replace(found, covariances={"hessian": held}).marginal_effects()["std_error"]
    # effects on inefficiency do not move with noise
    assert errors.to_numpy() == pytest.approx(found.marginal_effects()["std_error"].to_numpy(), rel=1e-12)
    none = replace(found, covariances={"hessian": np.full_like(held, np.nan)})
    assert none.marginal_effects()["std_error"].isna().all()


def test_refusals_say_the_way_out(panel):
    with pytest.raises(DataError, match=r"'x' changes within units.*mean by unit.*pooled|Fit all rows"):
        fit_panel("y ~ x | u: x", panel, model="pitt_lee")
    with pytest.raises(SpecError, match=r"(?s)assumes no distribution.*pitt_lee"):
        fit_panel("y ~ x | u: z", panel, model="schmidt_sickles")
    with pytest.raises(SpecError, match=r"(?s)no parameter 'mu'.*truncated_normal"):
        fit_panel("y ~ x | mu: z", panel, model="pitt_lee")
    with pytest.raises(SpecError, match=r"(?s)no parameter 'mu'.*1995"):
        fit_panel("y ~ x | mu: z", panel, model="true_random_effects")
    with pytest.raises(SpecError, match=r"(?s)tie no rows.*without a panel"):
        fit_panel("y ~ x", panel, model="battese_coelli_1995")
    with pytest.raises(FormulaError, match="part"):
        fit_panel("y ~ x | z", panel)
    with pytest.raises(SpecError, match="no constant"):
        fit_panel("y ~ x | u: 0 + z", panel, model="pitt_lee")
    with pytest.raises(DataError, match=r"(?s)'k' of lnsigma_u2 is a linear combination"):
        fit_panel("y ~ x | u: z + k", panel.assign(k=2.0 * panel["z"]), model="pitt_lee")
    with pytest.raises(SpecError, match="second step"):
        fit_panel("te ~ z", panel.assign(te=0.5))
    with pytest.raises(SpecError, match="no regressors"):
        fit_panel("y ~ x", panel, model="pitt_lee").marginal_effects()
