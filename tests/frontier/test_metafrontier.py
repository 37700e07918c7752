"""Metafrontier: envelopes against a general optimiser, identities of gaps, invariance, errors."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from innospace import metafrontier
from innospace.core.errors import BoundaryWarning, DataError, LabelError
from innospace.core.inputs import TABLE, StepInputs
from innospace.core.result import Estimated
from innospace.data import as_dataset
from innospace.frontier import step
from innospace.frontier.structure.envelope import linear_envelope, quadratic_envelope
from innospace.frontier.structure.metafrontier_result import MetafrontierResult

SOLVER = 1e-5
"""SLSQP stops at about this relative distance from the minimum."""
TRUTH = 0.05
"""Three standard errors of the gap: an intercept of 200 rows has one of 0.02, 0.6 times the difference of two 0.017."""
ROUNDING = 1e-9
"""Exact identities, in double precision."""


def panel(seed=1):
    rng = np.random.default_rng(seed)
    n = 200
    g = np.repeat(["Юг", "Север"], n)
    x = rng.normal(size=2 * n)
    up = np.where(g == "Юг", 0.5, 0.0)
    y = 1 + up + 0.6 * x + 0.1 * rng.normal(size=2 * n) - np.abs(0.4 * rng.normal(size=2 * n))
    return pd.DataFrame({"y": y, "x": x, "g": g})


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("envelope", [linear_envelope, quadratic_envelope])
def test_envelope_is_the_least_one(envelope, sign):
    rng = np.random.default_rng(3)
    x = np.column_stack((np.ones(40), rng.normal(size=(40, 2))))
    f = np.where(np.arange(40) < 20, x @ [1, 0.5, 0.2], x @ [0.8, 0.7, 0.3])
    b = envelope(x, f, sign)
    assert (sign * (x @ b - f)).min() > -ROUNDING
    power = 1 if envelope is linear_envelope else 2

    def loss(b):
        return float((np.abs(x @ b - f) ** power).sum() if power == 2 else (sign * (x @ b - f)).sum())

    constraint = {"type": "ineq", "fun": lambda b: sign * (x @ b - f)}
    other = optimize.minimize(loss, [1 + sign, 0.5, 0.2], constraints=constraint, method="SLSQP", tol=1e-12)
    assert loss(b) == pytest.approx(other.fun, rel=SOLVER)


@pytest.mark.parametrize("method", ["linear", "quadratic", "stochastic"])
def test_gaps_multiply_and_the_better_group_is_nearer(method):
    data = panel()
    if method == "stochastic":
        with pytest.warns(BoundaryWarning, match="without noise"):  # two lines that are parallel leave none
            r = metafrontier("y ~ x", data, group="g", method=method)
    else:
        r = metafrontier("y ~ x", data, group="g", method=method, draws=20 if method == "linear" else 0)
    rows = r.to_frame()
    assert np.allclose(rows["te_meta"], rows["te"] * rows["gap_ratio"], rtol=ROUNDING)
    assert rows[["te", "gap_ratio", "te_meta"]].to_numpy().max() <= 1.0
    means = rows.groupby("group")["gap_ratio"].mean()
    assert means["Юг"] > means["Север"] + 0.2
    assert r.test_one_frontier().rejected()
    assert "Юг" in r.summary()
    if method == "linear":
        assert (r.errors > 0).all()
    again = MetafrontierResult.from_bundle(r.to_bundle())
    assert isinstance(r, Estimated)
    assert list(again.estimated()["estimate"]) == list(r.meta)
    assert again.to_dict() == r.to_dict()
    assert again.findings() == r.findings()
    assert [len(s.blocks) for s in again.sections()] == [len(s.blocks) for s in r.sections()]
    assert {c.name: c.ok for c in r.checks}.get("envelope", True)
    assert len(r.table("efficiencies").frame) == len(data)
    assert set(r.plot.gaps().data["group"]) == {"Юг", "Север"}
    assert set(r.plot.frontiers().data["frontier"]) == {"Юг", "Север", "Metafrontier"}


def test_rows_in_another_order_and_missing_rows():
    data = panel()
    data.loc[7, "x"] = np.nan
    with pytest.warns(UserWarning, match="1 of 400"):
        a = metafrontier("y ~ x", data, group="g")
    with pytest.warns(UserWarning, match="1 of 400"):
        b = metafrontier("y ~ x", data.iloc[::-1], group="g")
    assert np.isnan(a.rows.loc[7, "te"])
    assert np.allclose(a.rows["te_meta"], b.rows["te_meta"][::-1], rtol=1e-6, equal_nan=True)


def test_errors_say_what_to_do():
    data = panel().iloc[:203]
    with pytest.raises(DataError, match="too small"):
        metafrontier("y ~ x", data, group="g")
    with pytest.raises(LabelError):
        metafrontier("y ~ x", data, group="no")


def test_a_moderate_gap_is_recovered():
    r = metafrontier("y ~ x", panel(), group="g")
    # the truth: parallel frontiers half a log unit apart
    assert r.means.set_index("group")["gap_ratio"]["Север"] == pytest.approx(np.exp(-0.5), abs=TRUTH)


def test_a_step_is_checked_before_and_gives_what_the_verb_gives():
    data = as_dataset(panel())
    options = step.Options(formula="y ~ x", metafrontier="linear", group="g")
    assert step.preflight(options, StepInputs({TABLE: data})) == []
    found = step.run(options, StepInputs({TABLE: data}))
    assert found.to_dict() == metafrontier("y ~ x", data, group="g").to_dict()
    sentence, equations = step.described(options)
    assert "Every row has the same weight" in sentence
    assert len(equations) == 3
    small = data.with_frame(data.frame.iloc[:203])
    assert "Север" in step.preflight(options, StepInputs({TABLE: small}))[0].where


@pytest.mark.parametrize(
    "foreign", [{"draws": 5}, {"metafrontier": "linear", "weights": "x"}, {"metafrontier": "stochastic", "draws": 5}]
)
def test_a_step_refuses_keys_of_another_model(foreign):
    with pytest.raises(ValueError, match=r"draws|weights"):
        step.Options(formula="y ~ x", **foreign)
