"""Weighting and double robustness against stacked equations differentiated numerically, and other libraries."""

from __future__ import annotations

import numpy as np
import pytest
from matching_cases import FORMULA, firms
from scipy import optimize

from innospace.core.errors import DataError, LabelError, SolverError, SpecError
from innospace.firms.effects.doubly_robust import doubly_robust
from innospace.firms.effects.entropy_balancing import entropy_weights
from innospace.firms.effects.influence import tilt
from innospace.firms.effects.weighting import weight
from innospace.firms.result import FirmResult

# central differences of smooth equations in standardised columns
NUMERICAL = 1e-6


@pytest.fixture(scope="module")
def data():
    return firms(400, 8, heterogeneous=0.4)


def arrays(data):
    x = np.column_stack([np.ones(len(data)), data["size"], data["age"]])
    return x, data["starter"].to_numpy(), data["sales"].to_numpy()


def tilts(p, t, estimand):
    """Weights of treated and untreated rows, and the target, as textbooks give them."""
    one = np.ones_like(p)
    return {
        "ate": (1 / p, 1 / (1 - p), one),
        "att": (one, p / (1 - p), t),
        "atc": ((1 - p) / p, one, 1 - t),
        "ato": (1 - p, p, one),
    }[estimand]


def equations(theta, x, t, y, estimand, method):
    """Stacked estimating equations: score, both regressions, both means."""
    k = x.shape[1]
    g, b1, b0, m1, m0 = theta[:k], theta[k : 2 * k], theta[2 * k : 3 * k], theta[-2], theta[-1]
    p = 1 / (1 + np.exp(-x @ g))
    w1, w0, h = tilts(p, t, estimand)
    own = method == "ipwra"
    e1, e0 = t * (w1 if own else 1) * (y - x @ b1), (1 - t) * (w0 if own else 1) * (y - x @ b0)
    if method == "ipw":
        means = t * w1 * (y - m1), (1 - t) * w0 * (y - m0)
    elif method == "aipw":
        means = h * (x @ b1 - m1) + t * w1 * (y - x @ b1), h * (x @ b0 - m0) + (1 - t) * w0 * (y - x @ b0)
    else:
        means = h * (x @ b1 - m1), h * (x @ b0 - m0)
    return np.column_stack([x * (t - p)[:, None], x * e1[:, None], x * e0[:, None], *means])


def stacked(data, estimand, method):
    """Solve the equations and return effect and standard error by numerical derivatives."""
    x, t, y = arrays(data)
    f = lambda theta: equations(theta, x, t, y, estimand, method)  # noqa: E731
    theta = optimize.root(lambda v: f(v).mean(axis=0), np.zeros(3 * x.shape[1] + 2), tol=1e-13).x
    steps = 1e-5 * np.eye(len(theta))
    a = np.column_stack([(f(theta + s).mean(axis=0) - f(theta - s).mean(axis=0)) / 2e-5 for s in steps])
    psi = f(theta)
    inverse = np.linalg.inv(a)
    v = inverse @ (psi.T @ psi) @ inverse.T / len(y) ** 2
    return theta[-2] - theta[-1], np.sqrt(v[-1, -1] + v[-2, -2] - 2 * v[-1, -2])


@pytest.mark.parametrize("estimand", ["att", "ate", "atc", "ato"])
def test_weighting_is_the_solution_of_its_equations(data, estimand):
    value, error = stacked(data, estimand, "ipw")
    r = weight(FORMULA, "sales", data, method="overlap" if estimand == "ato" else "ipw", estimand=estimand)
    row = r.effect("sales", estimand)
    assert row["estimate"] == pytest.approx(value, rel=NUMERICAL)
    assert row["std_error"] == pytest.approx(error, rel=NUMERICAL)


@pytest.mark.parametrize("estimand", ["att", "ate", "atc"])
@pytest.mark.parametrize("method", ["ra", "ipwra", "aipw"])
def test_doubly_robust_is_the_solution_of_its_equations(data, estimand, method):
    value, error = stacked(data, estimand, method)
    row = doubly_robust(FORMULA, "sales", data, method=method, estimand=estimand).effect("sales", estimand)
    assert row["estimate"] == pytest.approx(value, rel=NUMERICAL)
    assert row["std_error"] == pytest.approx(error, rel=NUMERICAL)


@pytest.mark.parametrize("link", ["logit", "probit"])
@pytest.mark.parametrize("estimand", ["att", "ate", "atc", "ato"])
def test_slopes_of_weights_are_their_derivatives(link, estimand):
    from scipy import stats

    law = stats.logistic if link == "logit" else stats.norm
    index, treated = np.linspace(-2, 2, 9), np.arange(9) % 2 == 0
    step = 1e-6
    high, low = (tilt(law.cdf(index + s), law.pdf(index), treated, estimand).weight for s in (step, -step))
    slope = tilt(law.cdf(index), law.pdf(index), treated, estimand).slope
    np.testing.assert_allclose(slope, (high - low) / (2 * step), atol=1e-7)


def test_aipw_as_statsmodels(data):
    sm = pytest.importorskip("statsmodels.api")
    from statsmodels.treatment.treatment_effects import TreatmentEffect

    x, t, y = arrays(data)
    fit = sm.Logit(t, x).fit(disp=0, method="newton", tol=1e-12)
    other = TreatmentEffect(sm.OLS(y, x), t.astype(int), results_select=fit)
    for method, run in (("aipw", other.aipw), ("ra", other.ra)):
        found = run(return_results=False)
        row = doubly_robust(FORMULA, "sales", data, method=method, estimand="ate").effect("sales", "ate")
        assert row["estimate"] == pytest.approx(found[0], rel=1e-8)


def test_either_model_is_enough():
    """AIPW is right with a wrong regression or a wrong score, weighting and regression alone are not."""
    rng = np.random.default_rng(1)
    data = firms(20_000, 5).assign(noise=rng.normal(size=20_000))
    wrong_score = doubly_robust("starter ~ noise", "sales", data, estimand="ate", outcome_covariates="size + age")
    wrong_outcome = doubly_robust(FORMULA, "sales", data, estimand="ate", outcome_covariates="noise")
    for r in (wrong_score, wrong_outcome):
        row = r.effect("sales", "ate")
        assert abs(row["estimate"] - 0.7) < 4 * row["std_error"]
    bad = doubly_robust(FORMULA, "sales", data, method="ra", estimand="ate", outcome_covariates="noise")
    row = bad.effect("sales", "ate")
    assert abs(row["estimate"] - 0.7) > 10 * row["std_error"]


def test_entropy_balancing_agrees_exactly_and_is_the_nearest(data):
    r = weight(FORMULA, "sales", data, method="entropy_balancing", moments=2)
    table = r.table("balance").frame.set_index("name")
    assert table.loc[["size", "age"], "smd_after"].abs().max() < 1e-8
    assert table.loc[["size", "age"], "variance_ratio_after"].to_numpy() == pytest.approx(1.0, abs=0.02)
    x, t, _ = arrays(data)
    control, target = x[t == 0, 1:], x[t == 1, 1:].mean(axis=0)
    w = entropy_weights(control, target, ("size", "age")).weights
    # any other weights with these means are further from equal ones
    null = np.linalg.svd(np.column_stack([np.ones(len(w)), control]).T)[2][3:]
    for direction in null[:5]:
        other = w + 0.3 * w.min() * direction / np.abs(direction).max()
        np.testing.assert_allclose(other @ control, target, atol=1e-9)
        assert np.sum(other * np.log(other)) > np.sum(w * np.log(w))


@pytest.mark.parametrize("estimand", ["att", "ate", "atc"])
def test_entropy_balancing_errors_are_those_of_its_equations(data, estimand):
    x, t, y = arrays(data)
    z = x[:, 1:]
    h = {"att": t, "ate": np.ones_like(t), "atc": 1 - t}[estimand]

    def f(v):
        l1, l0, m, m1, m0 = v[:2], v[2:4], v[4:6], v[6], v[7]
        w1, w0 = t * np.exp((z - m) @ l1), (1 - t) * np.exp((z - m) @ l0)
        parts = [(z - m) * w1[:, None], (z - m) * w0[:, None], h[:, None] * (z - m), (w1 * (y - m1))[:, None]]
        return np.column_stack([*parts, w0 * (y - m0)])

    start = np.concatenate([np.zeros(4), z[h == 1].mean(axis=0), [y.mean(), y.mean()]])
    theta = optimize.root(lambda v: f(v).mean(axis=0), start, tol=1e-13).x
    steps = 1e-5 * np.eye(8)
    a = np.column_stack([(f(theta + s).mean(axis=0) - f(theta - s).mean(axis=0)) / 2e-5 for s in steps])
    inverse = np.linalg.inv(a)
    v = inverse @ (f(theta).T @ f(theta)) @ inverse.T / len(y) ** 2
    row = weight(FORMULA, "sales", data, method="entropy_balancing", estimand=estimand).effect("sales", estimand)
    assert row["estimate"] == pytest.approx(theta[-2] - theta[-1], rel=1e-7)
    assert row["std_error"] == pytest.approx(np.sqrt(v[6, 6] + v[7, 7] - 2 * v[6, 7]), rel=NUMERICAL)


def test_no_overlap_is_named(data):
    far = data.assign(size=np.where(data["starter"] == 1, data["size"] + 9.0, data["size"]))
    mixed = far["size"].to_numpy().copy()
    mixed[:1] = 20.0  # one row each way keeps a logit
    mixed[data.index[data["starter"] == 1][:2]] = -5.0
    with pytest.raises(SolverError, match="no solution"):
        weight(
            "starter ~ size", "sales", far.assign(size=np.clip(mixed, -6, 8.0)), method="entropy_balancing", moments=3
        )


def test_no_solution_inside_the_ranges():
    corner = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    with pytest.raises(SolverError, match="do not overlap"):
        entropy_weights(corner, np.array([0.8, 0.8]), ("a", "b"))
    with pytest.raises(SolverError, match="'a'"):
        entropy_weights(corner, np.array([1.5, 0.3]), ("a", "b"))
    with pytest.raises(SolverError, match="'c'"):
        entropy_weights(np.column_stack([corner, np.ones(3)]), np.array([0.3, 0.3, 0.5]), ("a", "b", "c"))


def test_overlap_weights_balance_means_of_a_logit(data):
    r = weight(FORMULA, "sales", data, method="overlap")
    assert r.table("balance").frame.set_index("name").loc[["size", "age"], "smd_after"].abs().max() < 1e-7


def test_subclassification_is_the_mean_over_classes(data):
    r = weight(FORMULA, "sales", data, method="subclassification", subclasses=4)
    scores = r.frames["scores"]
    p, t, y = scores["score"].to_numpy(), scores["treated"].to_numpy() == 1, data["sales"].to_numpy()
    bounds = np.quantile(p[t], [0.25, 0.5, 0.75])
    code = np.searchsorted(bounds, p, "right")
    parts = [(np.sum(t & (code == c)), y[t & (code == c)].mean() - y[~t & (code == c)].mean()) for c in range(4)]
    assert r.effect("sales", "att")["estimate"] == pytest.approx(sum(n * d for n, d in parts) / t.sum())


def test_trimming(data):
    r = weight(FORMULA, "sales", data, trim=0.15)
    score = r.frames["scores"]
    outside = (score["score"] < 0.15) | (score["score"] > 0.85)
    assert (score.loc[outside, "weight"] == 0).all()
    assert r.numbers["left_out"] == outside.sum()
    for m in ("entropy_balancing", "subclassification"):
        assert (weight(FORMULA, "sales", data, method=m, trim=0.15).frames["scores"].loc[outside, "weight"] == 0).all()
    assert doubly_robust(FORMULA, "sales", data, trim=0.15).numbers["left_out"] == outside.sum()


def test_clusters_of_one_are_robust(data):
    own = data.assign(own=range(len(data)))
    n = len(data)
    for run in (weight, doubly_robust):
        kinds = run(FORMULA, "sales", own, cluster="own").tables[2].frame.set_index("kind")["std_error"]
        assert kinds["cluster"] == pytest.approx(kinds["influence"] * np.sqrt(n / (n - 1)), rel=1e-9)


def test_means_and_stored_result(data):
    r = doubly_robust(FORMULA, ["sales", "after"], data)
    for o in ("sales", "after"):
        gap = r.effect(o, "mean_with_treatment")["estimate"] - r.effect(o, "mean_without_treatment")["estimate"]
        assert r.effect(o, "att")["estimate"] == pytest.approx(gap)
    assert FirmResult.from_bundle(r.to_bundle()).findings() == r.findings()
    assert r.sections()[0].blocks
    assert r.summary()


BAD = (
    ({"method": "magic"}, LabelError, "magic"),
    ({"estimand": "ato"}, LabelError, "ato"),
    ({"method": "overlap", "estimand": "att"}, LabelError, "att"),
    ({"trim": 0.7}, SpecError, "trim"),
    ({"trim": 0.4999}, DataError, "Trimming"),
    ({"moments": 4}, SpecError, "moments"),
    ({"subclasses": 1}, SpecError, "subclasses"),
    ({"method": "subclassification", "subclasses": 250}, DataError, "Class"),
    ({"errors": "guess"}, LabelError, "standard error"),
)


@pytest.mark.parametrize(("options", "error", "text"), BAD)
def test_options_that_cannot_be_used(data, options, error, text):
    with pytest.raises(error, match=text):
        weight(FORMULA, "sales", data, **options)


def test_regressions_that_are_not_determined(data):
    few = data.assign(starter=0.0)
    few.loc[[0, 5, 9, 12], "starter"] = 1.0
    with pytest.raises(DataError, match="cannot determine"):
        doubly_robust(FORMULA, "sales", few, outcome_covariates="size + age + before + after")
    same = data.assign(flag=np.where(data["starter"] == 1, 1.0, (data["size"] > 0).astype(float)))
    with pytest.raises(DataError, match="'flag'"):
        doubly_robust(FORMULA, "sales", same, outcome_covariates="size + flag")
    with pytest.raises(LabelError):
        doubly_robust(FORMULA, "sales", data, method="magic")
