"""Probit and logit: against statsmodels, numerical derivatives, bad input.

AGREE: both programs maximise the same concave function with Newton; they differ by rounding of the last step.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special

from innospace.core.errors import DataError, FormulaError, LabelError, MissingRowsWarning, SpecError
from innospace.firms.choice.binary import average_effects, binary, fit_binary

AGREE = 1e-7
NULL = 1e-8
"""Ours is exact; statsmodels searches for it with BFGS and stops 1e-8 short."""
DERIVATIVES = 1e-6
"""Central differences with a step of 1e-6 leave about 1e-9 of rounding."""


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(7)
    n = 900
    x = rng.normal(size=n) * 3.0 + 10.0
    d = (rng.random(n) < 0.4).astype(float)
    group = rng.integers(0, 60, n)
    y = (-2.0 + 0.2 * x + 0.5 * d + 0.3 * rng.normal(size=60)[group] + rng.normal(size=n) > 0).astype(int)
    return pd.DataFrame({"y": y, "x": x, "d": d, "group": group, "w": rng.integers(1, 4, n)})


def theirs(table, link, **options):
    import statsmodels.api as sm

    model = {"probit": sm.Probit, "logit": sm.Logit}[link]
    return model(table["y"], sm.add_constant(table[["x", "d"]])).fit(disp=0, tol=1e-12, **options)


@pytest.mark.parametrize("link", ["probit", "logit"])
def test_it_agrees_with_statsmodels(table, link):
    ours, other = binary("y ~ x + d", table, link=link), theirs(table, link)
    frame = ours.coefficients()
    np.testing.assert_allclose(frame["estimate"], other.params, rtol=AGREE)
    np.testing.assert_allclose(frame["std_error"], other.bse, rtol=AGREE)
    assert ours.log_likelihood == pytest.approx(other.llf, rel=1e-12)
    assert ours.numbers["null_log_likelihood"] == pytest.approx(other.llnull, rel=NULL)
    assert ours.numbers["pseudo_r2"] == pytest.approx(other.prsquared, rel=NULL)
    derivative = other.get_margeff().summary_frame()
    effects = ours.effects()
    slopes = effects[effects["kind"] == "average_marginal_effect"]
    np.testing.assert_allclose(slopes["estimate"], derivative["dy/dx"], rtol=AGREE)
    np.testing.assert_allclose(slopes["std_error"], derivative["Std. Err."], rtol=AGREE)
    discrete = other.get_margeff(dummy=True).summary_frame().loc["d"]
    change = ours.effect("d", "average_discrete_change")
    assert change["estimate"] == pytest.approx(discrete["dy/dx"], rel=AGREE)
    assert change["std_error"] == pytest.approx(discrete["Std. Err."], rel=AGREE)


def test_robust_and_clustered_errors_are_those_of_stata(table):
    ours = binary("y ~ x + d", table, cluster="group")
    assert ours.kind == "cluster"
    n, groups = len(table), table["group"].nunique()
    robust = theirs(table, "probit", cov_type="HC0").bse * np.sqrt(n / (n - 1))
    np.testing.assert_allclose(ours.vcov("robust").coefficients()["std_error"], robust, rtol=AGREE)
    grouped = {"groups": table["group"], "use_correction": False}
    clustered = theirs(table, "probit", cov_type="cluster", cov_kwds=grouped).bse * np.sqrt(groups / (groups - 1))
    np.testing.assert_allclose(ours.coefficients()["std_error"], clustered, rtol=AGREE)


@pytest.mark.parametrize("link", ["probit", "logit"])
def test_derivatives_agree_with_differences(table, link):
    x = np.column_stack([np.ones(len(table)), table["x"], table["d"]])
    y = table["y"].to_numpy(float)
    fit = fit_binary(y, x, link)

    def loglik(theta):
        z = np.where(y == 1, 1, -1) * (x @ theta)
        return float(np.sum(special.log_ndtr(z) if link == "probit" else -np.logaddexp(0, -z)))

    eye = np.eye(3) * 1e-4
    hessian = np.array(
        [
            [
                (
                    loglik(fit.theta + a + b)
                    - loglik(fit.theta + a - b)
                    - loglik(fit.theta - a + b)
                    + loglik(fit.theta - a - b)
                )
                / 4e-8
                for b in eye
            ]
            for a in eye
        ]
    )
    np.testing.assert_allclose(fit.hessian, hessian, rtol=1e-4)
    np.testing.assert_allclose(fit.scores.sum(axis=0), 0.0, atol=1e-6)
    effects = average_effects(x, ("Intercept", "x", "d"), fit.theta, link)
    for j in range(3):
        step = np.eye(3)[j] * 1e-6
        up = average_effects(x, ("Intercept", "x", "d"), fit.theta + step, link).values
        down = average_effects(x, ("Intercept", "x", "d"), fit.theta - step, link).values
        np.testing.assert_allclose(effects.jacobian[:, j], (up - down) / 2e-6, rtol=DERIVATIVES, atol=1e-8)


def test_weights_count_rows(table):
    ours = binary("y ~ x + d", table, weights="w")
    copies = binary("y ~ x + d", table.loc[table.index.repeat(table["w"])])
    pd.testing.assert_frame_equal(ours.coefficients(), copies.coefficients(), rtol=1e-9)
    pd.testing.assert_frame_equal(ours.effects(), copies.effects(), rtol=1e-9)


def test_rows_with_gaps_are_counted(table):
    gaps = table.assign(x=table["x"].where(table.index != 3))
    with pytest.warns(MissingRowsWarning, match="1 of 900 rows"):
        result = binary("y ~ x + d", gaps)
    assert result.n == 899
    assert "row 4" in result.warnings[0]


def separated(table):
    return table.assign(z=table["y"] * 2.0 - 1.0 + 0.1 * np.sin(table["x"]))


@pytest.mark.parametrize(
    ("change", "formula", "error", "words"),
    [
        (lambda t: t.assign(y=2), "y ~ x", DataError, "must hold 0 and 1"),
        (lambda t: t.assign(y=1), "y ~ x", DataError, "is 1 in every row"),
        (lambda t: t.assign(y=np.nan), "y ~ x", DataError, "Every cell of 'y' is missing"),
        (separated, "y ~ z", DataError, "Perfect separation"),
        (lambda t: t.assign(z=t["y"]), "y ~ z + x", DataError, "where 'z' is 0"),
        (lambda t: t.assign(z=2 * t["x"] + 1), "y ~ z + x", DataError, "collinear"),
        (lambda t: t.assign(z=3.0), "y ~ z + x", DataError, "'z' is 3 in every row"),
        (lambda t: t.assign(z=0), "y ~ z + x", DataError, "'z' is 0 in every row"),
        (lambda t: t.head(2), "y ~ x + d", DataError, "cannot determine"),
        (lambda t: t, "y ~ q", LabelError, "'q'"),
        (lambda t: t, "y ~ __import__('os')", FormulaError, "formula"),
        (lambda t: t.head(0), "y ~ x", DataError, "no rows"),
    ],
)
def test_bad_input_says_what_to_do(table, change, formula, error, words):
    with pytest.raises(error) as caught:
        binary(formula, change(table))
    assert words in str(caught.value)


def test_unknown_choices_are_named(table):
    with pytest.raises(LabelError, match="'probt'"):
        binary("y ~ x", table, link="probt")
    with pytest.raises(SpecError, match="'cluster' covariance"):
        binary("y ~ x", table, vcov="cluster")
    with pytest.raises(LabelError, match="column"):
        binary("y ~ x", table, cluster="nobody")
    with pytest.raises(DataError, match="two clusters"):
        binary("y ~ x", table.assign(one=1), cluster="one")
    with pytest.raises(SpecError, match="needs a table"):
        binary("y ~ x", None)
