from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from innospace.core.errors import DataError, LabelError, SolverError
from innospace.core.status import StatusCode
from innospace.data import Constraint, cross_entropy

NAMES = ["act", "goods", "labour", "households", "tax", "outside"]


def matrix(values, names=None) -> pd.DataFrame:
    values = np.asarray(values, dtype=float)
    names = names or [f"a{i}" for i in range(len(values))]
    return pd.DataFrame(values, index=names, columns=names)


def economy(scale: float = 1.0) -> pd.DataFrame:
    """Six accounts that do not balance."""
    frame = matrix(np.zeros((6, 6)), NAMES)
    for (row, column), value in {
        ("act", "goods"): 100.0,
        ("labour", "act"): 70.0,
        ("tax", "act"): 20.0,
        ("goods", "households"): 80.0,
        ("goods", "outside"): 30.0,
        ("households", "labour"): 75.0,
        ("households", "tax"): 25.0,
        ("outside", "households"): 12.0,
        ("outside", "goods"): 15.0,
    }.items():
        frame.at[row, column] = value * scale
    return frame


def gaps(frame: pd.DataFrame) -> np.ndarray:
    return (frame.sum(axis=1) - frame.sum(axis=0)).to_numpy()


def complete(seed: int, n: int) -> pd.DataFrame:
    """A matrix without empty cells off the diagonal: it can always be balanced."""
    values = np.exp(np.random.default_rng(seed).normal(0.0, 1.5, (n, n)))
    np.fill_diagonal(values, 0.0)
    return matrix(values)


def test_accounts_balance_and_cells_that_are_empty_stay_empty():
    found = cross_entropy(economy())
    assert found.status.code is StatusCode.CONVERGED
    assert 0 < found.iterations < 12
    assert np.abs(gaps(found.values)).max() < 1e-12
    assert found.residual < 1e-12
    assert ((found.values == 0.0) == (economy() == 0.0)).all(axis=None)


def test_the_first_order_condition_holds_with_one_multiplier_an_account():
    prior, weights = complete(3, 5), matrix(np.random.default_rng(4).uniform(1.0, 30.0, (5, 5)))
    found = cross_entropy(prior, weights).values.to_numpy()
    off = ~np.eye(5, dtype=bool)
    # w ln(x / x0) is the difference of the multipliers of the account that receives and the one that pays
    tension = weights.to_numpy()[off] * np.log(found[off] / prior.to_numpy()[off])
    rows, columns = np.nonzero(off)
    design = np.zeros((len(rows), 5))
    design[np.arange(len(rows)), rows] += 1.0
    design[np.arange(len(rows)), columns] -= 1.0
    fitted = design @ np.linalg.lstsq(design, tension, rcond=None)[0]
    assert np.abs(tension).max() > 0.1
    assert np.abs(tension - fitted).max() < 1e-9


@pytest.mark.parametrize("method", ["SLSQP", "trust-constr"])
def test_a_general_optimiser_agrees(method):
    prior = economy(0.01)
    rng = np.random.default_rng(0)
    weights = matrix(rng.uniform(1.0, 8.0, (6, 6)), NAMES)
    total = Constraint.sum_of("paid by act", [("labour", "act"), ("tax", "act")], 0.95)
    ours = cross_entropy(prior, weights, [total]).values.to_numpy()
    cells = np.argwhere(prior.to_numpy() > 0.0)
    x0, w = prior.to_numpy()[tuple(cells.T)], weights.to_numpy()[tuple(cells.T)]
    design = np.zeros((6, len(cells)))
    for k, (i, j) in enumerate(cells):
        design[i, k] += 1.0
        design[j, k] -= 1.0
    # one balance follows from the others
    design = np.vstack([design[:-1], [float(NAMES[j] == "act") for _, j in cells]])
    right = np.array([0.0] * 5 + [0.95])
    found = optimize.minimize(
        lambda x: float(w @ (x * (np.log(x / x0) - 1.0))),
        x0,
        jac=lambda x: w * np.log(x / x0),
        hess=(lambda x: np.diag(w / x)) if method == "trust-constr" else None,
        method=method,
        bounds=[(1e-6, None)] * len(x0),
        constraints=(
            optimize.LinearConstraint(design, right, right)
            if method == "trust-constr"
            else {"type": "eq", "fun": lambda x: design @ x - right, "jac": lambda x: design}
        ),
        tol=1e-12,
    )
    assert found.x == pytest.approx(ours[tuple(cells.T)], abs=2e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 8), st.randoms(use_true_random=False))
def test_the_order_of_accounts_does_not_matter(seed, n, shuffler):
    prior = complete(seed, n)
    order = list(prior.index)
    shuffler.shuffle(order)
    found, other = cross_entropy(prior), cross_entropy(prior.loc[order, order])
    assert np.allclose(found.values.loc[order, order], other.values, rtol=1e-9, atol=0.0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(-9.0, 9.0))
def test_another_unit_gives_the_same_matrix_in_it(seed, power):
    prior, scale = complete(seed, 5), 10.0**power
    found, other = cross_entropy(prior), cross_entropy(prior * scale)
    assert np.allclose(found.values * scale, other.values, rtol=1e-9, atol=0.0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 9))
def test_what_is_balanced_is_left_alone(seed, n):
    once = cross_entropy(complete(seed, n)).values
    again = cross_entropy(once)
    assert np.allclose(once, again.values, rtol=1e-11, atol=0.0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.3, 3.0))
def test_totals_hold_and_balances_too(seed, factor):
    prior = complete(seed, 6)
    cells = [("a0", "a1"), ("a2", "a3"), ("a4", "a0")]
    total = factor * sum(prior.at[c] for c in cells)
    found = cross_entropy(prior, constraints=[Constraint.sum_of("three cells", cells, total)])
    size = prior.to_numpy().sum()
    assert abs(sum(found.values.at[c] for c in cells) - total) < 1e-9 * size
    assert np.abs(gaps(found.values)).max() < 1e-9 * size


def test_heavy_cells_move_less_and_infinite_ones_not_at_all():
    weights = matrix(np.ones((6, 6)), NAMES)
    light = cross_entropy(economy(), weights).values.at["households", "labour"]
    weights.at["households", "labour"] = 1000.0
    heavy = cross_entropy(economy(), weights).values.at["households", "labour"]
    weights.at["households", "labour"] = math.inf
    fixed = cross_entropy(economy(), weights)
    assert abs(heavy - 75.0) < 0.05 * abs(light - 75.0)
    assert fixed.values.at["households", "labour"] == 75.0
    assert fixed.values.at["labour", "act"] == pytest.approx(75.0, rel=1e-12)


def test_negative_cells_keep_their_sign():
    prior = economy()
    prior.at["households", "outside"] = -4.0
    found = cross_entropy(prior)
    assert found.values.at["households", "outside"] < 0.0
    assert np.abs(gaps(found.values)).max() < 1e-12


def test_the_diagonal_is_not_touched():
    prior = economy()
    prior.at["goods", "goods"] = 33.0
    assert cross_entropy(prior).values.at["goods", "goods"] == 33.0
    assert np.allclose(
        cross_entropy(prior).values.drop(index="goods", columns="goods"),
        cross_entropy(economy()).values.drop(index="goods", columns="goods"),
    )


def test_coefficients_of_constraints_may_be_any():
    twice = Constraint("tax is a third of wages", {("tax", "act"): 3.0, ("labour", "act"): -1.0}, 0.0)
    found = cross_entropy(economy(), constraints=[twice]).values
    assert 3.0 * found.at["tax", "act"] == pytest.approx(found.at["labour", "act"], rel=1e-12)


def test_changes_are_listed_largest_first():
    changes = cross_entropy(economy()).changes()
    assert list(changes.columns) == ["row", "column", "prior", "value", "change", "percent", "weight"]
    assert len(changes) == 9
    assert changes["change"].abs().is_monotonic_decreasing
    assert np.allclose(changes["percent"], 100.0 * changes["change"] / changes["prior"])


def test_a_large_matrix_is_balanced():
    prior = complete(1, 120)
    found = cross_entropy(prior)
    assert np.abs(gaps(found.values)).max() < 1e-9 * prior.to_numpy().sum()


def test_an_account_that_only_receives_is_named():
    prior = economy()
    prior.at["households", "tax"] = 0.0
    with pytest.raises(DataError, match="cannot be balanced") as error:
        cross_entropy(prior)
    assert "'tax' receives and pays nothing" in error.value.where
    prior = economy()
    prior.loc["outside", ["households", "goods"]] = 0.0
    with pytest.raises(DataError) as error:
        cross_entropy(prior)
    assert "'outside' pays and receives nothing" in error.value.where


def test_fixed_totals_that_contradict_each_other_are_named():
    too_much = [
        Constraint.sum_of("wages", [("labour", "act")], 70.0),
        Constraint.sum_of("income from work", [("households", "labour")], 80.0),
    ]
    with pytest.raises(DataError, match="No matrix with these cells") as error:
        cross_entropy(economy(), constraints=too_much)
    assert any(name in error.value.where for name in ("labour", "wages", "income from work"))
    assert error.value.remedy


def test_a_total_that_only_vanishing_cells_meet_is_refused():
    nothing = Constraint.sum_of("tax", [("tax", "act")], 0.0)
    with pytest.raises(DataError, match="vanish") as error:
        cross_entropy(economy(), constraints=[nothing])
    assert "[tax, act]" in error.value.where


def test_a_total_below_zero_is_refused():
    with pytest.raises(DataError, match="No matrix"):
        cross_entropy(economy(), constraints=[Constraint.sum_of("tax", [("tax", "act")], -5.0)])


def test_fixed_cells_alone_cannot_balance():
    with pytest.raises(DataError, match="No matrix"):
        cross_entropy(economy(), math.inf)


def test_everything_fixed_and_balanced_is_fine():
    once = cross_entropy(economy()).values.round(6)
    once.at["households", "labour"] = once.at["labour", "act"]
    ring = matrix([[0.0, 2.0], [2.0, 0.0]])
    assert cross_entropy(ring, math.inf).values.equals(ring)


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        (lambda p: p.rename(index={"tax": "duty"}), LabelError, "same accounts"),
        (lambda p: p.iloc[:, ::-1], LabelError, "same accounts"),
        (lambda p: p.iloc[:0, :0], LabelError, "same accounts"),
        (lambda p: p.mask(p == 25.0, np.nan), DataError, r"not a finite number"),
    ],
)
def test_matrices_that_are_none_are_refused(change, error, told):
    with pytest.raises(error, match=told):
        cross_entropy(change(economy()))


def test_weights_must_fit_and_be_positive():
    with pytest.raises(LabelError, match="other accounts"):
        cross_entropy(economy(), matrix(np.ones((6, 6))))
    weights = matrix(np.ones((6, 6)), NAMES)
    weights.at["tax", "act"] = 0.0
    with pytest.raises(DataError, match="not positive") as error:
        cross_entropy(economy(), weights)
    assert "[tax, act]" in error.value.where
    with pytest.raises(DataError, match="not positive"):
        cross_entropy(economy(), float("nan"))


def test_constraints_must_name_accounts():
    with pytest.raises(LabelError, match="unknown accounts") as error:
        cross_entropy(economy(), constraints=[Constraint.sum_of("x", [("goods", "household")], 1.0)])
    assert "households" in error.value.remedy


def test_failure_without_a_reason_asks_for_closer_weights(monkeypatch):
    from innospace.data import balancing
    from innospace.numerics.cross_entropy import Minimum

    def stuck(a, b, prior, weights):
        return Minimum(prior, a @ prior - b, 200)

    monkeypatch.setattr(balancing, "minimise", stuck)
    with pytest.raises(SolverError, match="did not converge"):
        cross_entropy(economy())
