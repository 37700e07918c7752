"""Discrete changes of categories go from the base level, as Stata's ``margins, dydx(i.category)`` has it."""

import numpy as np
import pandas as pd
import pytest
from scipy import special

from innospace.firms.choice.binary import binary
from innospace.firms.choice.bivariate import biprobit
from innospace.firms.choice.categories import discrete_columns, is_dummy
from innospace.firms.choice.multivariate import multivariate_probit
from innospace.firms.choice.ordered import ordered_probit
from innospace.firms.choice.random_effects import random_effects_probit
from innospace.firms.endogeneity import control_function
from innospace.numerics.bivariate_normal import bivariate_cdf

LEVELS = ("large", "medium", "small")
STEP = 1e-5


def table(n: int = 900) -> pd.DataFrame:
    rng = np.random.default_rng(12)
    size = rng.choice(LEVELS, n)
    x, z = rng.normal(size=(2, n))
    effect = pd.Series(rng.normal(size=n // 3)).repeat(3).to_numpy()
    base = 0.5 * x + 0.9 * (size == "small") - 0.7 * (size == "medium")
    e = rng.normal(size=(3, n))
    return pd.DataFrame(
        {
            "firm": np.repeat(np.arange(n // 3), 3),
            "size": size,
            "x": x,
            "z": z,
            "d": 0.6 * z + e[0] + rng.normal(size=n),
            "a": (base + e[0] > 0).astype(float),
            "b": (0.3 * x - 0.5 * (size == "small") + 0.5 * e[0] + e[1] > 0).astype(float),
            "c": (0.2 - 0.4 * (size == "medium") + e[2] > 0).astype(float),
            "p": (base + effect + e[1] > 0).astype(float),
            "level": np.digitize(base + e[2], [-0.5, 0.8]).astype(float),
        }
    )


DATA = table()
NAMES = ("Intercept", "C(size)[T.medium]", "C(size)[T.small]", "x")


def at(level: str) -> np.ndarray:
    """Return the design of every row with the category set to a level."""
    n = len(DATA)
    return np.column_stack([np.ones(n), np.full(n, level == "medium"), np.full(n, level == "small"), DATA["x"]])


def delta(function, theta: np.ndarray, covariance: np.ndarray) -> float:
    """Return the error of a function of the coefficients, with a numerical gradient."""
    steps = STEP * np.eye(len(theta))
    gradient = np.array([(function(theta + s) - function(theta - s)) / (2 * STEP) for s in steps])
    return float(np.sqrt(gradient @ covariance @ gradient))


def require(result, kind: str, level: str, function) -> None:
    """Compare a discrete change and its error with brute force."""
    theta = result.coefficients()["estimate"].to_numpy()
    row = result.effect(f"C(size)[T.{level}]", kind)
    assert row["estimate"] == pytest.approx(function(theta), abs=1e-9)
    assert row["std_error"] == pytest.approx(delta(function, theta, result.covariance), rel=1e-5)


@pytest.mark.parametrize("level", ["medium", "small"])
def test_probit_and_random_effects(level: str) -> None:
    def change(t: np.ndarray, scale: float = 1.0) -> float:
        return float(np.mean(special.ndtr(at(level) @ t[:4] / scale) - special.ndtr(at("large") @ t[:4] / scale)))

    require(binary("a ~ C(size) + x", DATA), "average_discrete_change", level, change)
    panel = random_effects_probit("p ~ C(size) + x", DATA, firm="firm")
    require(panel, "average_discrete_change", level, lambda t: change(t, np.sqrt(1 + np.exp(2 * t[4]))))


@pytest.mark.parametrize("level", ["medium", "small"])
def test_two_decisions(level: str) -> None:
    def change(t: np.ndarray) -> float:
        ends = [bivariate_cdf(at(s) @ t[:4], at(s) @ t[4:8], np.tanh(t[8])) for s in (level, "large")]
        return float(np.mean(ends[0] - ends[1]))

    require(biprobit("a ~ C(size) + x", "b ~ C(size) + x", DATA), "joint_11_discrete", level, change)


@pytest.mark.parametrize("level", ["medium", "small"])
def test_three_decisions(level: str) -> None:
    rows = slice(0, 300)

    def change(t: np.ndarray) -> float:
        ends = [special.ndtr(at(s)[rows] @ t[4:8]) for s in (level, "large")]
        return float(np.mean(ends[0] - ends[1]))

    found = multivariate_probit(["a ~ C(size) + x", "b ~ C(size) + x", "c ~ x"], DATA[rows])
    require(found, "marginal_2_discrete", level, change)


@pytest.mark.parametrize("level", ["medium", "small"])
def test_ordered(level: str) -> None:
    def change(t: np.ndarray) -> float:
        ends = [special.ndtr(at(s)[:, 1:] @ t[:3] - t[4]) for s in (level, "large")]
        return float(np.mean(ends[0] - ends[1]))

    require(ordered_probit("level ~ C(size) + x", DATA), "category_2_discrete", level, change)


@pytest.mark.parametrize("level", ["medium", "small"])
def test_control_function(level: str) -> None:
    stage = np.column_stack([at("large")[:, :1], DATA["size"] == "medium", DATA["size"] == "small", DATA[["x", "z"]]])

    found = control_function("a ~ C(size) + x + d", DATA, endogenous=["d"], instruments=["z"])
    names = list(found.coefficients().index)
    first = [names.index(f"first stage d: {v}") for v in (*NAMES, "z")]

    def change(t: np.ndarray) -> float:
        residual = DATA["d"].to_numpy() - stage @ t[first]
        rest = t[4] * DATA["d"].to_numpy() + t[5] * residual
        return float(np.mean(special.ndtr(at(level) @ t[:4] + rest) - special.ndtr(at("large") @ t[:4] + rest)))

    require(found, "average_discrete_change", level, change)


def test_columns_that_change_together() -> None:
    one, two, base = np.array([1.0, 0, 0, 0]), np.array([0.0, 1, 0, 0]), np.array([0.0, 0, 1, 1])
    names = ("C(s)[T.a]", "C(s)[T.b]", "C(s)[T.b]:x", "x")
    assert discrete_columns(np.column_stack([one, two, two, base]), names) == {0: [0, 1], 1: [0, 1], 2: [2], 3: [3]}
    every = ("C(s)[T.a]", "C(s)[T.b]", "C(s)[T.c]")
    assert discrete_columns(np.column_stack([one, two, base]), every) == {}
    assert not is_dummy(np.ones(3))
    assert not is_dummy(np.array([0.0, 1.0, 2.0]))
    assert not is_dummy(np.array([0.0, 1.0, np.nan]))
