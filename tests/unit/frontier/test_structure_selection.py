"""A frontier with sample selection: closed form against quadrature, derivatives, recovery, invariances, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from innospace.core.errors import BoundaryWarning, DataError, MissingRowsWarning, SpecError
from innospace.core.result import Estimated
from innospace.frontier.structure.fit import fit_structure, read_structure
from innospace.frontier.structure.result import StructureResult
from innospace.frontier.structure.selection import Selection, selection
from innospace.frontier.structure.spec import StructureSpec

DERIVATIVES = 1e-6  # central differences with a step of 1e-5, relative to 1 + |log-likelihood|
QUADRATURE = 1e-8  # what scipy's quad promises here
SAME = 1e-5  # of estimates: the search ends where the value is flat to rounding
ERRORS_AWAY = 3.5  # standard errors between estimate and truth, one fixed draw
FORMULA = "y ~ x | select: z1 + z2"
OPTIONS = {"model": "selection", "selected": "d"}


def simulated(n, seed, rho=0.7, sigma_u=1.2):
    rng = np.random.default_rng(seed)
    x, z1, z2, w, other = rng.normal(size=(5, n))
    v = rho * w + np.sqrt(1.0 - rho**2) * other
    d = (0.3 + 0.8 * z1 + z2 + w > 0.0).astype(float)
    y = 1.0 + 0.5 * x + 0.6 * v - sigma_u * np.abs(rng.normal(size=n))
    return pd.DataFrame({"x": x, "z1": z1, "z2": z2, "d": d, "y": np.where(d == 1.0, y, np.nan)})


@pytest.fixture(scope="module")
def table():
    return simulated(1200, 4)


@pytest.fixture(scope="module")
def fitted(table):
    return fit_structure(FORMULA, table, **OPTIONS)


def test_score_and_hessian_are_numerical_ones(table):
    spec = StructureSpec(FORMULA, **OPTIONS)
    built = selection(spec, read_structure(spec, table.head(80)).arrays, 0)
    theta = built.starts[0] + 0.2 * np.random.default_rng(0).normal(size=len(built.starts[0]))
    value, gradient, hessian = built.likelihood.evaluate(theta)
    for j in range(len(theta)):
        moved = 1e-5 * (np.arange(len(theta)) == j)
        up, down = built.likelihood.evaluate(theta + moved), built.likelihood.evaluate(theta - moved)
        assert (up[0] - down[0]) / 2e-5 == pytest.approx(gradient[j], abs=DERIVATIVES * (1 + abs(value)))
        assert (up[1] - down[1]) / 2e-5 == pytest.approx(hessian[:, j], abs=DERIVATIVES * (1 + abs(value)))
    assert built.likelihood.scores(theta).sum(axis=0) == pytest.approx(gradient)


def one_row(e, a, lnu, lnv, t):
    """Return a likelihood of one selected row with residual ``e`` and index ``a``, and its theta."""
    one = np.ones((1, 1))
    return Selection(np.array([e]), one, one, 1.0, None), np.array([0.0, a, lnu, lnv, t])


@pytest.mark.parametrize(("lnu", "lnv", "t"), [(0.4, -0.8, 0.9), (-2.0, 0.5, -1.4), (1.0, -3.0, 0.0)])
def test_the_closed_form_is_the_integral_over_inefficiency_and_a_density(lnu, lnv, t):
    su, sv, rho, a = np.exp(0.5 * lnu), np.exp(0.5 * lnv), np.tanh(t), 0.4

    def seen(u, e):
        v = (e + u) / sv
        chosen = stats.norm.cdf((a + rho * v) / np.sqrt(1.0 - rho**2))
        return 2.0 / su * stats.norm.pdf(u / su) * stats.norm.pdf(v) / sv * chosen

    def closed(e):
        likelihood, theta = one_row(e, a, lnu, lnv, t)
        return float(np.exp(likelihood.selected(theta).value[0]))

    for e in (-2.0, -0.3, 0.9):
        expected = integrate.quad(seen, 0.0, 12.0 * su, args=(e,), epsabs=1e-12, points=[max(-e, 0.0)])[0]
        assert closed(e) == pytest.approx(expected, abs=QUADRATURE)
        likelihood, theta = one_row(e, a, lnu, lnv, t)
        te = integrate.quad(
            lambda u, e=e: np.exp(-u) * seen(u, e), 0.0, 12.0 * su, epsabs=1e-12, points=[max(-e, 0.0)]
        )[0]
        row = likelihood.efficiencies(theta, 1.0, 0.9)
        assert row["te"][0] == pytest.approx(te / expected, rel=1e-6)
        cut = -np.log(row["te_lower"][0])
        tail = integrate.quad(seen, cut, cut + 12.0 * su, args=(e,), epsabs=1e-13)[0]
        assert tail / expected == pytest.approx(0.05, abs=1e-6)
    grid = np.linspace(-14.0, 6.0, 1201)
    batch = Selection(grid, np.zeros((len(grid), 1)), np.ones((len(grid), 1)), 1.0, None)
    density = np.exp(batch.selected(np.array([0.0, a, lnu, lnv, t])).value)
    assert np.trapezoid(density, grid) == pytest.approx(stats.norm.cdf(a), abs=1e-6)


def test_the_truth_is_found_and_efficiency_is_given_where_the_outcome_is_seen(table, fitted):
    assert fitted.status.converged
    assert all(c.ok for c in fitted.checks)
    truth = {
        "Intercept": 1.0,
        "x": 0.5,
        "select:z1": 0.8,
        "select:z2": 1.0,
        "lnsigma_u2": 2.0 * np.log(1.2),
        "lnsigma_v2": 2.0 * np.log(0.6),
        "atanh_rho": np.arctanh(0.7),
    }
    errors = fitted.coefficients()["std_error"]
    for name, true in truth.items():
        assert abs(fitted.parameter(name) - true) < ERRORS_AWAY * errors[name], name
    assert (fitted.efficiencies["te"].notna() == (table["d"] == 1.0)).all()
    tests = {t.name: t.p_value for t in fitted.tests}
    assert tests["no_selection"] < 0.01
    assert tests["no_inefficiency"] < 0.01


def test_order_of_rows_units_and_the_side_of_the_frontier_change_nothing(table, fitted):
    moved = table.sample(frac=1.0, random_state=1)
    moved = moved.assign(y=-100.0 * moved["y"], x=5.0 + 3.0 * moved["x"], z1=-2.0 * moved["z1"])
    other = fit_structure(FORMULA, moved, cost=True, **OPTIONS)
    seen = int(table["d"].sum())
    assert other.loglik == pytest.approx(fitted.loglik - seen * np.log(100.0), rel=1e-9)
    assert other.parameter("x") == pytest.approx(-100.0 / 3.0 * fitted.parameter("x"), rel=SAME)
    assert other.parameter("select:z1") == pytest.approx(-0.5 * fitted.parameter("select:z1"), rel=SAME)
    # noise in the outcome has turned with it
    assert other.numbers["rho"] == pytest.approx(-fitted.numbers["rho"], rel=SAME)
    back = other.efficiencies.set_index(moved.index).sort_index()["te"]
    again = np.log(back.dropna()) / 100.0
    assert again.is_monotonic_increasing is False
    assert np.argsort(again.to_numpy()).tolist()[-1] == fitted.efficiencies["te"].dropna().to_numpy().argmax()


def test_limits_are_named():
    wrong = simulated(400, 1)
    wrong["y"] = -wrong["y"]
    with pytest.warns(BoundaryWarning, match="without inefficiency"):
        r = fit_structure(FORMULA, wrong, **OPTIONS)
    assert r.status.boundary == "sigma_u_zero"
    assert r.numbers["sigma_u"] == 0.0
    assert np.isfinite(r.coefficients()["std_error"].drop("lnsigma_u2")).all()
    certain = simulated(200, 2)
    certain["z1"] = np.where(certain["d"] == 1.0, 1.0, -1.0) * (1.0 + certain["x"].abs())
    with pytest.warns(BoundaryWarning, match="sets? some rows apart"):
        r = fit_structure("y ~ x | select: z1", certain, **OPTIONS)
    assert r.status.boundary == "index_unbounded"
    assert r.coefficients()["std_error"].isna().all()


def test_what_cannot_be_estimated_is_refused(table):
    with pytest.raises(SpecError, match="which rows were selected"):
        fit_structure(FORMULA, table, model="selection")
    with pytest.raises(SpecError, match="needs the part select"):
        fit_structure("y ~ x", table, **OPTIONS)
    with pytest.raises(DataError, match="zeros and ones"):
        fit_structure(FORMULA, table.assign(d=1.0), **OPTIONS)
    with pytest.raises(DataError, match="zeros and ones"):
        fit_structure(FORMULA, table.assign(d=table["d"].mask(table.index == 2, 2.0)), **OPTIONS)
    with pytest.raises(DataError, match="cannot tell about"):
        fit_structure(FORMULA, table.head(12), **OPTIONS)
    with pytest.raises(DataError, match="linear combination"):
        fit_structure("y ~ x | select: z1 + copy", table.assign(copy=table["z1"] - 1.0), **OPTIONS)


def test_a_selected_row_without_its_outcome_is_left_out_and_a_stored_result_is_the_same(table):
    first = int(table.index[table["d"] == 1.0][0])
    part = table.head(300)
    with pytest.warns(MissingRowsWarning, match=f"row {first + 1}"):
        r = fit_structure(FORMULA, part.assign(y=part["y"].mask(part.index == first)), **OPTIONS)
    assert len(r.efficiencies) == 300
    again = StructureResult.from_bundle(r.to_bundle())
    assert again.to_dict() == r.to_dict()
    assert isinstance(r, Estimated)
    told = r.estimated().set_index("name")
    assert list(told["std_error"]) == list(r.coefficients()["std_error"])
    assert ((told["lower"] < told["estimate"]) & (told["estimate"] < told["upper"])).all()
    assert len(r.findings()) == 4
    assert [s.anchor for s in r.sections()] == ["model", "estimates", "efficiency"]
