"""Productivity: what the verb returns, derivatives, solutions of ACF, and bad input."""

from __future__ import annotations

import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from innospace.core.errors import DataError, InnospaceError, LabelError, MissingRowsWarning, SpecError
from innospace.core.status import StatusCode
from innospace.firms.productivity import METHODS, productivity
from innospace.firms.productivity.control_function import problem
from innospace.firms.productivity.first_stage import polynomial
from innospace.firms.productivity.gnr import gnr_problem, integral, share_regression
from innospace.firms.productivity.markov import (
    Transitions,
    innovation,
    residual,
    with_survival,
)
from innospace.firms.productivity.panel import Roles, read_panel
from innospace.firms.productivity.roots import all_roots
from innospace.firms.result import FirmResult

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))

from firm_productivity_cases import acf_panel, control_panel, gnr_panel

COLUMNS = {"output": "y", "labour": "l", "capital": "k", "materials": "m"}
DATA = control_panel(120, 5, 1, learning=0.05)


def options(method, **more):
    given = {"output": "y", "labour": "l", **more}
    if method != "labour":
        given["capital"] = "k"
    if method in ("lp", "acf", "wooldridge", "gnr"):
        given["materials"] = "m"
    if method == "op":
        given["investment"] = "i"
    if method == "gnr":
        given["share"] = "s"
    return {"method": method, **given}


def data_for(method):
    return gnr_panel(120, 5, 1) if method == "gnr" else DATA


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_a_whole_result_that_survives_storage(method):
    result = productivity(data_for(method), **options(method))
    frame = result.frames["productivity"]
    assert list(frame.columns[:4]) == ["firm", "year", "omega", "tfp"]
    assert len(frame) == 600
    np.testing.assert_allclose(frame["tfp"], np.exp(frame["omega"]))
    assert result.findings()
    assert result.sections()
    assert result.summary()
    again = FirmResult.from_bundle(result.to_bundle())
    assert again.to_dict().keys() == result.to_dict().keys()
    pd.testing.assert_frame_equal(again.coefficients(), result.coefficients())
    assert {"firms", "transitions", "gaps", "omega_sd"} <= result.numbers.keys()
    assert result.plot("productivity").data["omega"].notna().all()


@pytest.mark.parametrize("method", ["op", "lp", "acf", "gnr", "wooldridge"])
def test_bootstrap_gives_errors_percentiles_and_the_same_numbers_for_a_seed(method, tmp_path):
    given = options(method, bootstrap=12, workers=1, seed=5)
    seen = []
    one = productivity(data_for(method), progress=lambda _, f: seen.append(f), **given)
    with ThreadPoolExecutor(1) as pool:
        two = productivity(data_for(method), **given, executor=pool, resume=tmp_path / "long")
    assert one.kind == "bootstrap"
    assert one.numbers["bootstrap_draws"] == 12
    pd.testing.assert_frame_equal(one.coefficients(), two.coefficients())
    pd.testing.assert_frame_equal(one.effects(), two.effects())
    rows = one.table("percentiles").frame
    assert (rows["lower"] < rows["upper"]).all()
    assert np.isfinite(one.effects()["std_error"]).all()
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    other = productivity(data_for(method), **{**given, "seed": 6})
    assert (other.coefficients()["std_error"] != one.coefficients()["std_error"]).all()
    assert (other.coefficients()["estimate"] == one.coefficients()["estimate"]).all()


def test_analytic_errors_are_those_of_the_bootstrap():
    data = control_panel(400, 5, 3)
    for method in ("lp", "acf"):
        data = acf_panel(400, 5, 3) if method == "acf" else data
        result = productivity(data, **options(method, bootstrap=150, workers=1))
        ratio = result.coefficients()["std_error"] / result.vcov("cluster").coefficients()["std_error"]
        # 150 draws give a standard deviation to 6 %; the rest is that firms are finite in number
        assert ratio.between(0.75, 1.33).all(), (method, ratio)


def test_omega_is_output_less_inputs_and_noise_is_the_first_stage_residual():
    result = productivity(DATA, **options("lp"))
    b = result.coefficients()["estimate"]
    frame = result.frames["productivity"]
    np.testing.assert_allclose(frame["omega"], DATA["y"] - b["l"] * DATA["l"] - b["k"] * DATA["k"])
    noise = frame["omega"] - frame["omega_without_noise"]
    assert noise.std() == pytest.approx(0.1, rel=0.1)
    assert frame["innovation"].isna().sum() == 120


def test_lags_are_true_previous_years_and_gaps_are_counted():
    holes = DATA[~((DATA["firm"] == "f00003") & (DATA["year"] == 2002))]
    result = productivity(holes, **options("lp"))
    assert result.numbers["gaps"] == 1
    assert result.numbers["transitions"] == 120 * 4 - 2
    assert any("1 come after a gap" in s for s in result.steps)


def test_logs_are_taken_of_levels():
    levels = DATA.assign(**{c: np.exp(DATA[c]) for c in ("y", "l", "k", "m")})
    taken = productivity(levels, logs=True, **options("lp"))
    given = productivity(DATA, **options("lp"))
    np.testing.assert_allclose(taken.coefficients()["estimate"], given.coefficients()["estimate"], atol=1e-7)


def test_firm_years_without_investment_are_left_out_and_counted():
    levels = DATA.assign(**{c: np.exp(DATA[c]) for c in ("y", "l", "k", "i")})
    levels.loc[levels.index[::25], "i"] = 0.0
    result = productivity(levels, logs=True, **options("op"))
    assert result.numbers["firm_years"] == 576
    assert any("24 of 600 firm-years have zero or negative 'i'" in w for w in result.warnings)


def test_rows_without_the_year_before_are_rows_used_by_a_first_stage():
    for method in ("op", "lp", "acf"):
        assert productivity(DATA, **options(method)).n == len(DATA)
    system = productivity(DATA, **options("wooldridge"))
    assert system.n == system.numbers["transitions"]


def test_survival_enters_the_law():
    seen = DATA[~(DATA["firm"].str.endswith("7") & (DATA["year"] > 2002))]
    with_exit = productivity(seen, exit="last-row", **options("op"))
    assert with_exit.status.converged
    assert not any(str(n).startswith("survival") for n in with_exit.effects()["name"])
    assert np.isnan(with_exit.coefficients()["std_error"]).all()
    assert any("bootstrap" in w for w in with_exit.warnings)
    last = seen.groupby("firm")["year"].transform("max")
    column = ((seen["year"] == last) & (last < 2004)).astype(float)
    by_column = productivity(seen.assign(out=column), exit="out", **options("op", bootstrap=4, workers=1))
    assert np.isfinite(by_column.coefficients()["std_error"]).all()


def test_law_columns_and_interactions_are_effects():
    result = productivity(DATA, law=["export", "export:omega"], **options("lp"))
    law = result.effects().query("kind == 'markov_law'")["name"].tolist()
    assert law == ["omega_lag", "omega_lag_2", "omega_lag_3", "export", "export:omega"]
    assert result.effect("export", "markov_law")["std_error"] > 0
    assert any("export in the year before" in s for s in result.findings())
    plain = productivity(DATA, law="export", **options("wooldridge"))
    assert plain.effect("export", "markov_law")["std_error"] > 0


def test_gross_output_gives_materials_a_coefficient():
    rng = np.random.default_rng(2)
    data = DATA.assign(y=DATA["y"] + 0.3 * DATA["m"], m=DATA["m"] + 0.3 * rng.normal(size=len(DATA)))
    for method in ("lp", "acf", "ols"):
        result = productivity(data, **{**options(method), "materials": "m"}, gross_output=True)
        assert list(result.coefficients().index) == ["l", "k", "m"]


def test_labour_productivity_is_a_difference_and_can_be_taken_within_industry_and_year():
    data = DATA.assign(branch=np.where(DATA["firm"] < "f00060", "food", "steel"))
    plain = productivity(data, **options("labour"))
    np.testing.assert_allclose(plain.frames["productivity"]["omega"], data["y"] - data["l"])
    within = productivity(data, industry="branch", **options("labour"))
    frame = within.frames["productivity"].assign(branch=data["branch"])
    np.testing.assert_allclose(frame.groupby(["branch", "year"])["omega"].mean(), 0.0, atol=1e-12)


# derivatives and solutions


def transitions(seed=4, survival=False):
    panel = read_panel(DATA, Roles("y", ("l",), ("k",), ("m",), ("export", "export:omega")), **_ids())
    p = problem(panel, "acf", degree=2, markov=3)
    rng = np.random.default_rng(seed)
    n = len(p.moving)
    law = with_survival(p.law, rng.uniform(0.5, 1.0, n), 3) if survival else p.law
    x, x_lag = p.x[p.moving], p.x[p.previous]
    z = np.column_stack([x_lag[:, 0], x[:, 1]])
    weights = rng.integers(0, 3, n).astype(float)
    return Transitions(p.y[p.moving], p.y[p.previous], x, x_lag, rng.normal(size=n), z, law, weights)


def _ids():
    return {"firm": "firm", "year": "year", "logs": False}


@pytest.mark.parametrize("survival", [False, True])
def test_derivative_of_the_innovation_is_the_numerical_one(survival):
    t = transitions(survival=survival)
    b = np.array([0.5, 0.3])
    _, slope, _ = residual(t, b)
    h = 1e-6
    for j in range(2):
        step = np.eye(2)[j] * h
        numerical = (residual(t, b + step)[0] - residual(t, b - step)[0]) / (2 * h)
        # central differences of a function of size one: 1e-16 / 1e-6 times the condition of the basis
        np.testing.assert_allclose(slope[:, j], numerical, atol=1e-6)


def test_innovation_is_what_a_regression_leaves():
    t = transitions()
    inn = innovation(t, np.array([0.5, 0.3]))
    root = np.sqrt(t.weights)
    lag = inn.omega_lag
    d = t.law.columns[:, 0]
    basis = np.column_stack([np.ones_like(lag), lag, lag**2, lag**3, d, d * lag])
    fitted = basis @ np.linalg.lstsq(basis * root[:, None], inn.omega * root, rcond=None)[0]
    np.testing.assert_allclose(inn.xi, inn.omega - fitted, atol=1e-9)


def test_derivative_of_the_polynomial_is_the_numerical_one():
    x = np.random.default_rng(0).normal(size=(40, 3)) * [1.0, 5.0, 0.1] + [3.0, 0.0, 7.0]
    poly = polynomial(x, 3)
    c = np.random.default_rng(1).normal(size=poly.terms.shape[1])

    def value(points):
        z = (points - poly.centre) / poly.scale
        return sum(ci * np.prod(z**e, axis=1) for ci, e in zip(c, poly.exponents, strict=True))

    np.testing.assert_allclose(poly.terms @ c, value(x), atol=1e-10)
    for j in range(3):
        h = 1e-5 * poly.scale[j] * np.eye(3)[j]
        numerical = (value(x + h) - value(x - h)) / (2e-5 * poly.scale[j])
        np.testing.assert_allclose(poly.derivative(x, c, j), numerical, rtol=1e-6, atol=1e-6)


def test_share_regression_is_stationary_and_its_integral_is_right():
    panel = read_panel(gnr_panel(100, 4, 2), Roles("y", ("l",), ("k",), ("m",), (), ("s",)), **_ids())
    p = gnr_problem(panel, "s", degree=2, markov=3)
    fit = share_regression(p)
    x = np.column_stack([np.ones(panel.n), p.everything.terms])
    gradient = (x / (x @ fit.gamma)[:, None]).T @ fit.shock
    np.testing.assert_allclose(gradient, 0.0, atol=1e-5)
    # by quadrature: the elasticity along the flexible input from its mean to its value
    nodes, weights = np.polynomial.legendre.leggauss(5)
    centre, found = p.everything.centre[-1], np.zeros(panel.n)
    half = 0.5 * (p.flexible - centre)
    for node, weight in zip(nodes, weights, strict=True):
        at = np.column_stack([p.fixed, centre + half * (1.0 + node)])
        z = (at - p.everything.centre) / p.everything.scale
        terms = np.column_stack([np.prod(z**e, axis=1) for e in p.everything.exponents])
        found += weight * half * (fit.gamma[0] + terms @ fit.gamma[1:])
    np.testing.assert_allclose(integral(p, fit.gamma), found, atol=1e-10)


def test_acf_finds_the_false_solution_and_does_not_take_it():
    result = productivity(acf_panel(1500, 6, 11), **options("acf"))
    roots = result.table("roots").frame
    false = roots[roots["reading"].str.startswith("false")]
    assert len(false) == 1
    assert false["l"].iloc[0] == pytest.approx(1.0, abs=0.1)
    assert abs(false["k"].iloc[0]) < 0.1
    assert false["persistence"].iloc[0] < 0.3
    assert false["objective"].iloc[0] < 1e-12
    chosen = roots[roots["chosen"] == "yes"].iloc[0]
    # standard errors of about 0.01 and 0.015
    assert (chosen["l"], chosen["k"]) == pytest.approx((0.6, 0.4), abs=0.05)
    assert result.status.code is StatusCode.CONVERGED
    assert any("vanish at" in w for w in result.warnings)


def test_acf_without_a_plausible_solution_says_so():
    data = acf_panel(200, 5, 3)
    data["y"] = data["y"] - 1.5 * data["l"] - 1.5 * data["k"]
    result = productivity(data, **options("acf"))
    assert result.status.code is StatusCode.BOUNDARY
    assert result.status.boundary == "no_interior_root"
    assert "not to be used" in result.findings()[0]
    assert not {c.name: c.ok for c in result.checks}["plausible_solutions"]


def test_search_for_solutions_on_many_rows_explores_a_part_and_solves_on_all(monkeypatch):
    from innospace.firms.productivity import roots

    panel = read_panel(acf_panel(600, 5, 5), Roles("y", ("l",), ("k",), ("m",)), **_ids())
    from innospace.firms.productivity.control_function import prepare

    _, t = prepare(problem(panel, "acf", degree=2, markov=3))
    whole = all_roots(t, np.array([0.5, 0.5]), (1,))
    monkeypatch.setattr(roots, "EXPLORED_ROWS", 1000)
    part = all_roots(t, np.array([0.5, 0.5]), (1,))
    np.testing.assert_allclose(part[0].point.b, whole[0].point.b, atol=1e-8)


# bad input


def test_duplicate_firm_years_are_named():
    with pytest.raises(DataError, match="more than once") as found:
        productivity(pd.concat([DATA, DATA.iloc[:2]]), **options("lp"))
    assert "f00000 in 2000" in found.value.where


@pytest.mark.parametrize("column", ["y", "l", "k", "m"])
def test_levels_without_logarithm_are_refused_with_their_firm_and_year(column):
    levels = DATA.assign(**{c: np.exp(DATA[c]) for c in ("y", "l", "k", "m")})
    levels.loc[7, column] = 0.0
    with pytest.raises(DataError, match="zero or negative in 1 of 600") as found:
        productivity(levels, logs=True, **options("lp"))
    assert "f00001 in 2002" in found.value.where


def test_minus_infinity_is_refused():
    data = DATA.copy()
    data.loc[3, "m"] = -np.inf
    with pytest.raises(DataError, match="infinite in 1 firm-years"):
        productivity(data, **options("lp"))


def test_one_wave_is_refused_where_a_law_is_needed():
    for method in ("op", "lp", "acf", "wooldridge"):
        with pytest.raises(DataError, match="one wave only"):
            productivity(DATA[DATA["year"] == 2001], **options(method))
    with pytest.raises(DataError, match="never changes within any firm"):
        productivity(DATA[DATA["year"] == 2001], **options("fe"))
    assert productivity(DATA[DATA["year"] == 2001], **options("ols")).n == 120


def test_no_consecutive_years_are_refused():
    with pytest.raises(DataError, match="two consecutive years"):
        productivity(DATA[DATA["year"] % 2 == 0], **options("lp"))


def test_too_few_firms_are_refused():
    with pytest.raises(DataError, match="too few"):
        productivity(DATA[DATA["firm"] < "f00006"], **options("lp"))
    with pytest.raises(DataError, match="too few"):
        productivity(DATA.iloc[:5], **options("ols"))


def test_a_constant_proxy_is_refused():
    with pytest.raises(DataError, match="'m' never varies"):
        productivity(DATA.assign(m=1.0), **options("lp"))


def test_collinear_inputs_are_refused_by_name():
    with pytest.raises(DataError, match="'k2' is a linear combination of 'k'"):
        productivity(DATA.assign(k2=2 * DATA["k"] + 1), **{**options("lp"), "capital": ["k", "k2"]})


def test_missing_cells_are_counted_and_an_empty_column_is_refused():
    data = DATA.copy()
    data.loc[[1, 2], "m"] = np.nan
    with pytest.warns(MissingRowsWarning, match="2 of 600 rows"):
        result = productivity(data, **options("lp"))
    assert result.numbers["firm_years"] == 598
    with pytest.raises(DataError, match="Every cell of 'm' is missing"):
        productivity(DATA.assign(m=np.nan), **options("lp"))


def test_half_years_and_text_are_refused():
    with pytest.raises(DataError, match="whole years"):
        productivity(DATA.assign(year=DATA["year"] + 0.5), **options("lp"))
    with pytest.raises(DataError, match="must hold numbers"):
        productivity(DATA.assign(k="much"), **options("lp"))


def test_a_law_that_cannot_be_told_apart_is_refused():
    with pytest.raises(DataError, match="'one' in the year before never varies"):
        productivity(DATA.assign(one=1.0), law="one", **options("lp"))


def test_shares_for_log_shares_are_refused():
    data = gnr_panel(60, 4, 1)
    with pytest.raises(DataError, match="logarithm of a share"):
        productivity(data.assign(s=np.exp(data["s"])), **options("gnr"))


def test_survival_without_leavers_or_with_other_values_is_refused():
    with pytest.raises(DataError, match="No firm leaves"):
        productivity(DATA, exit="last-row", **options("op"))
    with pytest.raises(DataError, match="must hold 0 and 1"):
        productivity(DATA.assign(out=2.0), exit="out", **options("op"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"method": "lp", "materials": None}, "needs materials"),
        ({"method": "op", "investment": None}, "needs investment"),
        ({"method": "lp", "capital": ()}, "needs capital"),
        ({"method": "lp", "labour": ()}, "No labour input"),
        ({"method": "ols", "law": "export"}, "has no option 'law'"),
        ({"method": "acf", "exit": True}, "has no option 'exit'"),
        ({"method": "op", "investment": "i", "gross_output": True}, "has no option 'gross_output'"),
        ({"method": "lp", "share": "s"}, "has no option 'share'"),
        ({"method": "lp", "industry": "b"}, "has no option 'industry'"),
        ({"method": "lp", "equations": "second"}, "has no option 'equations'"),
        ({"method": "lp", "weighting": "two-step"}, "has no option 'weighting'"),
        ({"method": "gnr"}, "needs the log share"),
        ({"method": "ols", "gross_output": True, "materials": None}, "needs materials"),
        ({"method": "lp", "degree": 0}, "degree is 0"),
        ({"method": "lp", "markov": 9}, "markov is 9"),
        ({"method": "lp", "bootstrap": -5}, "bootstrap is -5"),
        ({"method": "lp", "bootstrap": 1}, "One bootstrap draw"),
        ({"method": "lp", "capital": ["k", "l"]}, "more than one part"),
    ],
)
def test_options_that_do_not_go_together_are_refused(given, message):
    with pytest.raises(SpecError, match=message):
        productivity(DATA, **{**COLUMNS, **given})


@pytest.mark.parametrize(
    "given",
    [
        {"method": "magic"},
        {"output": "yy"},
        {"firm": "plant"},
        {"law": "import"},
        {"method": "wooldridge", "weighting": "x"},
    ],
)
def test_unknown_names_are_refused_with_what_is_known(given):
    with pytest.raises(LabelError):
        productivity(DATA, **{"method": "lp", **COLUMNS, **given})


def test_interactions_need_a_law_in_productivity():
    with pytest.raises(DataError, match="cannot be multiplied"):
        productivity(DATA, law=["export", "export:omega"], **options("wooldridge"))


def test_labour_productivity_needs_one_labour_input():
    with pytest.raises(SpecError, match="one labour input"):
        productivity(DATA, **{**options("labour"), "labour": ["l", "k"]})


def test_noise_for_data_never_ends_in_a_library_error():
    rng = np.random.default_rng(9)
    data = DATA.assign(**{c: rng.normal(size=len(DATA)).round(1) for c in ("y", "l", "k", "m")})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for method in ("lp", "acf", "wooldridge"):
            try:
                productivity(data, **options(method))
            except InnospaceError as error:
                assert error.what  # noqa: PT017 - either ending is right
