"""RAS and least squares against the textbook iteration, a general optimiser, and each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from innospace.core.errors import DataError, LabelError
from innospace.data import balance, cross_entropy

EXACT = 1e-9
"""Newton ends at rounding; the iteration of RAS is run until it moves less than this."""
SEARCHED = 2e-4
"""A general optimiser stops where its own tolerance lets it, relative to the largest cell."""


def complete(seed: int, n: int = 5) -> pd.DataFrame:
    values = np.exp(np.random.default_rng(seed).normal(0.0, 1.0, (n, n)))
    np.fill_diagonal(values, 0.0)
    names = [f"счёт {i}" for i in range(n)]
    return pd.DataFrame(values, names, names)


def textbook_ras(x: np.ndarray, totals: np.ndarray) -> np.ndarray:
    for _ in range(5000):
        x = x * (totals / x.sum(axis=1))[:, None]
        x = x * (totals / x.sum(axis=0))[None, :]
    return x


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_ras_is_the_iteration_of_the_textbook(seed):
    prior = complete(seed)
    found = balance(prior, "ras").values.to_numpy()
    totals = (prior.sum(axis=0) + prior.sum(axis=1)).to_numpy() / 2.0
    np.testing.assert_allclose(found, textbook_ras(prior.to_numpy(), totals), rtol=EXACT)
    np.testing.assert_allclose(found.sum(axis=1), totals, rtol=EXACT)


def test_ras_meets_given_totals_and_keeps_signs():
    prior = complete(3)
    prior.iloc[1, 2] *= -0.1
    wanted = {"счёт 0": 1.1 * prior.iloc[0].sum()}
    found = balance(prior, "ras", totals=wanted)
    assert found.values.iloc[0].sum() == pytest.approx(wanted["счёт 0"], rel=EXACT)
    assert found.values.iloc[1, 2] < 0.0
    assert np.abs(found.values.sum(axis=0) - found.values.sum(axis=1)).max() < EXACT


@pytest.mark.parametrize("seed", [4, 5])
def test_least_squares_is_the_minimum(seed):
    prior = complete(seed, 4)
    weights = pd.DataFrame(
        np.random.default_rng(seed).uniform(0.5, 20.0, prior.shape), index=prior.index, columns=prior.columns
    )
    found = balance(prior, "least-squares", weights).values.to_numpy()
    x0, free = prior.to_numpy(), prior.to_numpy() != 0.0
    rows, columns = np.nonzero(free)

    def whole(x):
        out = np.zeros_like(x0)
        out[rows, columns] = x
        return out

    searched = optimize.minimize(
        lambda x: float(np.sum(weights.to_numpy()[free] * (x - x0[free]) ** 2 / (2.0 * x0[free]))),
        x0[free],
        bounds=[(0.0, None)] * int(free.sum()),
        constraints={"type": "eq", "fun": lambda x: (whole(x).sum(axis=0) - whole(x).sum(axis=1))[:-1]},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert searched.success
    np.testing.assert_allclose(found, whole(searched.x), atol=SEARCHED * x0.max())
    assert np.abs(found.sum(axis=0) - found.sum(axis=1)).max() < EXACT


def test_least_squares_may_bring_a_cell_to_zero_where_cross_entropy_keeps_it():
    names = ["a", "b", "c"]
    prior = pd.DataFrame([[0.0, 10.0, 0.01], [1.0, 0.0, 1.0], [5.0, 0.01, 0.0]], names, names)
    squares, entropy = balance(prior, "least-squares").values, cross_entropy(prior).values
    assert squares.to_numpy().min() == 0.0
    assert (squares == 0.0).to_numpy().sum() > (prior == 0.0).to_numpy().sum()
    assert ((entropy == 0.0) == (prior == 0.0)).all(axis=None)


@pytest.mark.parametrize("method", ["cross-entropy", "ras", "least-squares"])
def test_a_reliable_cell_moves_less_and_a_kept_one_not_at_all(method):
    prior = complete(6)
    weights = prior * 0.0 + 1.0

    def moved(weight: float) -> float:
        weights.iloc[0, 1] = weight
        return abs(balance(prior, method, weights).values.iloc[0, 1] - prior.iloc[0, 1])

    assert moved(1.0) > moved(50.0) > 0.0
    assert moved(float("inf")) == 0.0


@pytest.mark.parametrize("method", ["ras", "least-squares"])
def test_a_balanced_matrix_stays(method):
    once = cross_entropy(complete(7)).values
    found = balance(once, method)
    np.testing.assert_allclose(found.values, once, rtol=EXACT)
    assert found.moved().empty


def test_changes_are_listed_largest_first_in_amounts_and_percent():
    moved = balance(complete(8), "least-squares").moved()
    assert moved["change"].abs().is_monotonic_decreasing
    np.testing.assert_allclose(moved["change"], moved["value"] - moved["prior"])
    np.testing.assert_allclose(moved["percent"], 100.0 * moved["change"] / moved["prior"])


def test_what_cannot_be_done_is_named():
    prior = complete(9)
    with pytest.raises(LabelError, match="Unknown method: 'rass'"):
        balance(prior, "rass")
    with pytest.raises(LabelError, match="Unknown account: 'счёт 9'"):
        balance(prior, "ras", totals={"счёт 9": 1.0})
    for method in ("cross-entropy", "least-squares"):
        with pytest.raises(DataError, match="No matrix with these cells balances") as error:
            balance(prior, method, float("inf"))
        assert "account 'счёт" in error.value.where
