"""Published data sets against maximisers found by an independent program."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from innospace.core.errors import BoundaryWarning
from innospace.core.status import StatusCode
from innospace.frontier.fitting import fit
from innospace.frontier.result import FrontierResult

HERE = Path(__file__).parent

# relative to 1 + |value|: both programs work in float64 and the log-likelihood is flat at its maximum
LOGLIK = 1e-8
# error of a maximiser is the score divided by the curvature, which is below one in some of these models
COEFFICIENT = 1e-6
# an inverse Hessian loses the digits of its condition number
STANDARD_ERROR = 1e-5
# the coefficients' digits, carried through a smooth function of them
EFFICIENCY = 1e-6
# two log-likelihoods, each with its own tolerance, times two
LR = 4e-8
# mu and ln sigma_u^2 of the truncated normal lie on a ridge (standard errors 18 and 5): digits count in those units
RIDGE = 1e-6

LAWS = {"hn": "half_normal", "exp": "exponential", "tn": "truncated_normal"}
RENAMED = {"const": "Intercept", "mu_const": "mu", "lnsu2_const": "lnsigma_u2", "lnsv2_const": "lnsigma_v2"}
INDEXES = {"mu": "mu", "lnsu2": "lnsigma_u2", "lnsv2": "lnsigma_v2"}
FRONT = "log(output) ~ log(capital) + log(labour)"
RICE = "log(PROD) ~ log(AREA) + log(LABOR) + log(NPK)"
TRANSLOG = "q ~ A + L + N + AA + LL + NN + AL + AN + LN"
CASES = {
    ("front41Data", "hn"): FRONT,
    ("front41Data", "exp"): FRONT,
    ("front41Data", "tn"): FRONT,
    ("riceProdPhil", "3in_hn"): RICE,
    ("riceProdPhil", "3in_exp"): RICE,
    ("riceProdPhil", "4in_hn"): f"{RICE} + log(OTHER)",
    ("riceProdPhil", "4in_exp"): f"{RICE} + log(OTHER)",
    ("riceProdPhil", "3in_tl_hn"): TRANSLOG,
    ("riceProdPhil", "3in_hn_uhet"): f"{RICE} | u: EDYRS + BANRAT",
    ("riceProdPhil", "3in_exp_uhet"): f"{RICE} | u: EDYRS + BANRAT",
    ("riceProdPhil", "3in_hn_uvhet"): f"{RICE} | u: EDYRS + BANRAT | v: log(AREA)",
    ("riceProdPhil", "3in_tn_muhet"): f"{RICE} | mu: EDYRS + BANRAT",
    ("riceProdPhil", "3in_tn_muhet_noint"): f"{RICE} | mu: 0 + EDYRS + BANRAT",
}


def read(dataset: str) -> pd.DataFrame:
    frame = pd.read_csv(HERE / dataset / "data.csv")
    if dataset == "riceProdPhil":
        frame = frame.assign(q=np.log(frame["PROD"]), A=np.log(frame["AREA"]), L=np.log(frame["LABOR"]))
        frame = frame.assign(N=np.log(frame["NPK"]))
        for i, j in ("AA", "LL", "NN", "AL", "AN", "LN"):
            frame[i + j] = frame[i] * frame[j] * (0.5 if i == j else 1.0)
    return frame


@cache
def fitted(dataset: str, model: str) -> FrontierResult:
    law = next(LAWS[part] for part in model.split("_") if part in LAWS)
    return fit(CASES[dataset, model], read(dataset), inefficiency=law)


@cache
def exact(dataset: str, model: str) -> dict[str, object]:
    models = json.loads((HERE / dataset / "exact.json").read_text())["models"]
    return next(m for m in models if m["id"] == f"exact_{model}")


def name(term: str, dataset_case: tuple[str, str]) -> str:
    prefix, _, column = term.partition("_")
    if prefix in INDEXES and INDEXES[prefix] in fitted(*dataset_case).sample.determinants:
        return f"{INDEXES[prefix]}:{RENAMED.get(column, column)}"
    return RENAMED.get(term, term.removeprefix(".5"))


@pytest.fixture(params=CASES, ids="-".join)
def case(request):
    return request.param


def test_log_likelihood(case):
    result, known = fitted(*case), exact(*case)
    assert result.status.converged
    assert all(c.ok for c in result.checks)
    assert result.loglik == pytest.approx(known["loglik"], rel=LOGLIK)
    assert result.estimate.ols.loglik == pytest.approx(known["ols_loglik"], rel=LOGLIK)


def test_coefficients(case):
    result, known = fitted(*case), exact(*case)
    errors = known["se_hessian"]
    for term, value in known["coef"].items():
        ridge = RIDGE * errors[term] if term in ("mu_const", "lnsu2_const") else 0.0
        assert result.parameter(name(term, case)) == pytest.approx(value, rel=COEFFICIENT, abs=max(COEFFICIENT, ridge))
    if "sigma_u" in known:
        assert result.sigma_u == pytest.approx(known["sigma_u"], rel=10 * COEFFICIENT)
        assert result.sigma_v == pytest.approx(known["sigma_v"], rel=COEFFICIENT)


def test_standard_errors(case):
    errors = fitted(*case).coefficients()["std_error"]
    for term, value in exact(*case)["se_hessian"].items():
        assert errors[name(term, case)] == pytest.approx(value, rel=STANDARD_ERROR)


def test_efficiencies(case):
    result, known = fitted(*case), exact(*case)
    dataset, model = case
    theirs = pd.read_csv(HERE / dataset / f"efficiencies_{model}.csv")
    ours = result.efficiencies()
    assert list(ours["row"]) == list(theirs["row"])
    for column in ("te_jlms", "te_bc", "te_mode"):
        np.testing.assert_allclose(ours[column], theirs[column], rtol=EFFICIENCY, atol=EFFICIENCY)
    assert result.mean_efficiency == pytest.approx(known["mean_te_bc"], rel=EFFICIENCY)
    assert ours["te_jlms"].mean() == pytest.approx(known["mean_te_jlms"], rel=EFFICIENCY)


def test_test_of_no_inefficiency(case):
    test, known = fitted(*case).test_no_inefficiency(), exact(*case)
    assert test.statistic == pytest.approx(known["lr_stat"], abs=LR * (1.0 + abs(known["loglik"])))
    assert test.p_value == pytest.approx(known["lr_p_mixed"], rel=1e-6)


def test_third_moment_of_least_squares(case):
    # skewness times variance^1.5 gives the third moment back
    ols = fitted(*case).estimate.ols
    assert ols.third == pytest.approx(exact(*case)["ols_m3"], rel=1e-8)


def test_published_digits_of_front41():
    # as printed in the literature on this data set
    half_normal = fitted("front41Data", "hn")
    assert round(half_normal.loglik, 7) == -17.0272254
    assert round(half_normal.test_no_inefficiency().statistic, 5) == 2.83923
    assert round(half_normal.test_no_inefficiency().p_value, 5) == 0.04599
    assert round(half_normal.mean_efficiency, 6) == 0.740568


def test_truncated_normal_of_rice_has_no_interior_maximum():
    with pytest.warns(BoundaryWarning, match="exponential"):
        result = fit(RICE, read("riceProdPhil"), inefficiency="truncated_normal")
    known, exponential = exact("riceProdPhil", "3in_exp"), fitted("riceProdPhil", "3in_exp")
    assert result.status.code is StatusCode.BOUNDARY
    assert result.status.boundary == "mu_minus_infinity"
    assert result.loglik == pytest.approx(known["loglik"], rel=LOGLIK)
    table = result.coefficients()
    assert table.loc[["mu", "lnsigma_u2"], ["estimate", "std_error"]].isna().all(axis=None)
    assert np.isnan(result.sigma_u)
    shown = [*result.sample.names, "lnsigma_v2"]
    pd.testing.assert_frame_equal(table.loc[shown], exponential.coefficients().loc[shown])
    pd.testing.assert_frame_equal(result.efficiencies(), exponential.efficiencies())
    # two parameters beyond least squares were asked for, one of them at infinity
    assert result.test_no_inefficiency().distribution == "chi2(1)/2 + chi2(2)/2"


def test_cost_mirror_of_a_published_frontier():
    # -y = x'(-b) - v + u: the same numbers with coefficients of the other sign
    frame = read("front41Data").assign(y=lambda f: -np.log(f["output"]))
    cost = fit("y ~ log(capital) + log(labour)", frame, cost=True)
    known = exact("front41Data", "hn")
    assert cost.loglik == pytest.approx(known["loglik"], rel=LOGLIK)
    for term in ("const", "log(capital)", "log(labour)"):
        assert cost.parameter(RENAMED.get(term, term)) == pytest.approx(-known["coef"][term], rel=COEFFICIENT)
    assert cost.mean_efficiency == pytest.approx(known["mean_te_bc"], rel=EFFICIENCY)
