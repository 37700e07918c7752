"""Productivity against other programs: statsmodels, scipy, and criteria written anew in plain NumPy.

Tolerances. Linear estimates: rounding of normal equations. Searches: scipy's solvers stop at about 1e-8 relative.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize

from innospace.firms.productivity import productivity

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from firm_productivity_cases import acf_panel, control_panel, gnr_panel

LINEAR, SEARCHED = 1e-8, 1e-5
DATA = control_panel(200, 5, 21, learning=0.05)


def powers(*columns, degree):
    """All products of powers up to a total degree, with a constant, in raw units."""
    grids = np.indices((degree + 1,) * len(columns)).reshape(len(columns), -1).T
    kept = [g for g in grids if g.sum() <= degree]
    return np.column_stack([np.prod([c**e for c, e in zip(columns, g, strict=True)], axis=0) for g in kept])


def fitted(y, x):
    return x @ np.linalg.lstsq(x, y, rcond=None)[0]


def lagged(data, values):
    """Values of the year before and whether there are any, on the rows of a table sorted by firm and year."""
    before = np.concatenate([[np.nan], np.asarray(values)[:-1]])
    same = (data["firm"].shift() == data["firm"]) & (data["year"].shift() == data["year"] - 1)
    return before, same.to_numpy()


def test_least_squares_and_clustered_errors_are_those_of_statsmodels():
    import statsmodels.formula.api as smf

    groups = DATA["firm"].astype("category").cat.codes
    peer = smf.ols("y ~ l + k", DATA).fit(cov_type="cluster", cov_kwds={"groups": groups})
    ours = productivity(DATA, method="ols", output="y", labour="l", capital="k").coefficients()
    for name in ("l", "k"):
        assert ours.loc[name, "estimate"] == pytest.approx(peer.params[name], rel=LINEAR)
        assert ours.loc[name, "std_error"] == pytest.approx(peer.bse[name], rel=LINEAR)


def test_fixed_effects_are_those_of_dummies():
    import statsmodels.formula.api as smf

    peer = smf.ols("y ~ l + k + C(firm)", DATA).fit()
    ours = productivity(DATA, method="fe", output="y", labour="l", capital="k").coefficients()
    for name in ("l", "k"):
        assert ours.loc[name, "estimate"] == pytest.approx(peer.params[name], rel=1e-7)


def test_wooldridge_second_equation_is_two_stage_least_squares():
    from statsmodels.sandbox.regression.gmm import IV2SLS

    k_lag, seen = lagged(DATA, DATA["k"])
    m_lag, _ = lagged(DATA, DATA["m"])
    l_lag, _ = lagged(DATA, DATA["l"])
    poly = powers(k_lag[seen], m_lag[seen], degree=2)
    k = DATA["k"].to_numpy()[seen]
    x = np.column_stack([DATA["l"].to_numpy()[seen], k, poly])
    z = np.column_stack([l_lag[seen], k, poly])
    peer = IV2SLS(DATA["y"].to_numpy()[seen], x, z).fit().params[:2]
    ours = productivity(
        DATA, method="wooldridge", equations="second", output="y", labour="l", capital="k", materials="m", degree=2
    ).coefficients()["estimate"]
    np.testing.assert_allclose(ours, peer, rtol=1e-6)


def test_wooldridge_system_is_gmm_written_out():
    seen = lagged(DATA, DATA["k"])[1]
    lab, k, m = (DATA[c].to_numpy()[seen] for c in "lkm")
    lag = {c: lagged(DATA, DATA[c])[0][seen] for c in "lkm"}
    y = DATA["y"].to_numpy()[seen]
    now, before = powers(k, m, degree=2), powers(lag["k"], lag["m"], degree=2)
    n, q = now.shape
    none = np.zeros((n, q))
    x = np.vstack([np.column_stack([lab, 0 * k, now, none]), np.column_stack([lab, k, none, before])])
    z1, z2 = np.column_stack([lab, now]), np.column_stack([lag["l"], k, before])
    z = np.zeros((2 * n, z1.shape[1] + z2.shape[1]))
    z[:n, : z1.shape[1]], z[n:, z1.shape[1] :] = z1, z2
    projected = fitted(x, z)
    peer = np.linalg.lstsq(projected, np.concatenate([y, y]), rcond=None)[0][:2]
    given = {"output": "y", "labour": "l", "capital": "k", "materials": "m", "degree": 2, "method": "wooldridge"}
    np.testing.assert_allclose(productivity(DATA, **given).coefficients()["estimate"], peer, rtol=1e-6)
    two = productivity(DATA, weighting="two-step", **given)
    u = np.concatenate([y, y]) - x @ np.linalg.lstsq(projected, np.concatenate([y, y]), rcond=None)[0]
    codes = DATA["firm"].astype("category").cat.codes.to_numpy()[seen]
    sums = np.array([(z * u[:, None])[np.tile(codes, 2) == g].sum(axis=0) for g in np.unique(codes)])
    weight = np.linalg.inv(sums.T @ sums)
    zx, zy = z.T @ x, z.T @ np.concatenate([y, y])
    peer = np.linalg.solve(zx.T @ weight @ zx, zx.T @ weight @ zy)[:2]
    np.testing.assert_allclose(two.coefficients()["estimate"], peer, rtol=1e-5)
    assert two.numbers["excess_moments"] == 1


@pytest.mark.parametrize(("method", "proxy"), [("lp", "m"), ("op", "i")])
def test_second_stage_of_lp_and_op_is_the_least_squares_of_scipy(method, proxy):
    lab, k, p, y = (DATA[c].to_numpy() for c in ("l", "k", proxy, "y"))
    x = np.column_stack([lab, powers(k, p, degree=3)])
    beta = np.linalg.lstsq(x, y, rcond=None)[0]
    phi = x[:, 1:] @ beta[1:]
    phi_lag, seen = lagged(DATA, phi)
    k_lag, _ = lagged(DATA, k)
    rest = y - beta[0] * lab

    def residuals(b):
        omega, before = (phi - b[0] * k)[seen], (phi_lag - b[0] * k_lag)[seen]
        return (rest - b[0] * k)[seen] - fitted(omega, powers(before, degree=3))

    peer = optimize.least_squares(residuals, [0.3], xtol=1e-12, ftol=1e-12, gtol=1e-12).x[0]
    column = "materials" if method == "lp" else "investment"
    ours = productivity(DATA, method=method, output="y", labour="l", capital="k", **{column: proxy})
    assert ours.coefficients().loc["l", "estimate"] == pytest.approx(beta[0], rel=1e-6)
    assert ours.coefficients().loc["k", "estimate"] == pytest.approx(peer, rel=SEARCHED)


def test_acf_solves_the_moments_with_the_law_not_concentrated_out():
    data = acf_panel(300, 5, 8, learning=0.05)
    lab, k, m, y, d = (data[c].to_numpy() for c in ("l", "k", "m", "y", "export"))
    phi = fitted(y, np.column_stack([powers(lab, k, m, degree=2), d]))
    lag = {n: lagged(data, v)[0] for n, v in (("phi", phi), ("l", lab), ("k", k), ("d", d))}
    seen = lagged(data, y)[1]
    ours = productivity(data, method="acf", output="y", labour="l", capital="k", materials="m", degree=2, law="export")
    b = ours.coefficients()["estimate"].to_numpy()

    def moments(theta):
        omega = (phi - theta[0] * lab - theta[1] * k)[seen]
        before = (lag["phi"] - theta[0] * lag["l"] - theta[1] * lag["k"])[seen] - centre
        basis = np.column_stack([powers(before, degree=3), lag["d"][seen]])
        xi = omega - basis @ theta[2:]
        z = np.column_stack([lag["l"][seen], k[seen], basis])
        return z.T @ xi / len(xi)

    centre = float((lag["phi"] - b[0] * lag["l"] - b[1] * lag["k"])[seen].mean())
    found = optimize.root(moments, [*(b + 0.02), 0.0, 0.7, 0.0, 0.0, 0.0], tol=1e-13)
    assert found.success
    np.testing.assert_allclose(b, found.x[:2], atol=SEARCHED)
    law = ours.effects().query("kind == 'markov_law'").set_index("name")["estimate"]
    np.testing.assert_allclose(law[["omega_lag", "omega_lag_2", "omega_lag_3", "export"]], found.x[3:], atol=1e-3)


def test_gnr_share_regression_and_moments_are_those_of_scipy():
    data = gnr_panel(200, 5, 4)
    lab, k, m, s = (data[c].to_numpy() for c in ("l", "k", "m", "s"))
    poly = powers(lab, k, m, degree=2)
    start = np.zeros(poly.shape[1])
    start[0] = np.exp(s.mean())
    peer = optimize.least_squares(
        lambda g: np.log(np.maximum(poly @ g, 1e-9)) - s, start, x_scale="jac", xtol=1e-14, ftol=1e-14, gtol=1e-14
    )
    shock = np.log(poly @ peer.x) - s
    elasticity = poly @ peer.x / np.exp(shock).mean()
    ours = productivity(data, method="gnr", output="y", labour="l", capital="k", materials="m", share="s")
    frame = ours.frames["productivity"]
    np.testing.assert_allclose(frame["elasticity_m"], elasticity, atol=1e-4)
    assert ours.numbers["mean_exp_shock"] == pytest.approx(np.exp(shock).mean(), rel=1e-5)
    # elasticities of fixed inputs add the derivative of the constant of integration; the moments vanish at omega
    omega = frame["omega_without_noise"].to_numpy()
    before, seen = lagged(data, omega)
    xi = omega[seen] - fitted(omega[seen], powers(before[seen], degree=3))
    z = powers(lab, k, degree=2)[seen]
    np.testing.assert_allclose(z.T @ xi / len(xi), 0.0, atol=1e-7)
    means = frame[["elasticity_l", "elasticity_k", "elasticity_m"]].mean().to_numpy()
    np.testing.assert_allclose(ours.coefficients()["estimate"], means, rtol=1e-12)


def test_gnr_elasticities_are_derivatives_of_one_production_function():
    """Output less noise less productivity is ``f``; along small changes of inputs it moves by the elasticities."""
    data = gnr_panel(400, 4, 9)
    ours = productivity(data, method="gnr", output="y", labour="l", capital="k", materials="m", share="s")
    frame = ours.frames["productivity"]
    f = data["y"].to_numpy() - frame["omega"].to_numpy()
    x = data[["l", "k", "m"]].to_numpy()
    cubic = powers(*x.T, degree=3)
    beta = np.linalg.lstsq(cubic, f, rcond=None)[0]
    np.testing.assert_allclose(cubic @ beta, f, atol=1e-8)
    for j, name in enumerate("lkm"):
        moved = x.copy()
        moved[:, j] += 1e-5
        lower = x.copy()
        lower[:, j] -= 1e-5
        slope = (powers(*moved.T, degree=3) @ beta - powers(*lower.T, degree=3) @ beta) / 2e-5
        np.testing.assert_allclose(frame[f"elasticity_{name}"], slope, atol=1e-5)


def test_survival_probability_is_the_probit_of_statsmodels():
    import statsmodels.api as sm

    from innospace.firms.productivity.control_function import known_exits, prepare, problem
    from innospace.firms.productivity.panel import Roles, read_panel

    data = DATA[~(DATA["firm"].str.endswith("3") & (DATA["year"] > 2002))].reset_index(drop=True)
    panel = read_panel(data, Roles("y", ("l",), ("k",), ("i",)), firm="firm", year="year", logs=False)
    _, t = prepare(problem(panel, "op", degree=2, markov=1, exits=known_exits(panel, "last-row")))
    leaves = ((data.groupby("firm")["year"].transform("max") == data["year"]) & (data["year"] < 2004)).to_numpy()
    risk = (data["year"] < 2004).to_numpy()
    x = powers(data["k"].to_numpy(), data["i"].to_numpy(), degree=2)
    peer = sm.Probit(leaves[risk].astype(float), x[risk]).fit(disp=0, method="newton", maxiter=50)
    stays, seen = lagged(data, 1.0 - peer.predict(x))
    expected = (stays - stays[seen].mean()) / stays[seen].std()
    np.testing.assert_allclose(t.law.columns[:, -1], expected[seen], atol=1e-5)
