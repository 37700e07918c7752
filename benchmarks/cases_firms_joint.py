"""Timed cases of the joint choice models, and of normal probabilities."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from case import Case


@cache
def decisions(n: int, m: int = 2) -> Any:
    """Return a frame of ``m`` tied decisions ``y0``, ``y1``, ..., three regressors and a 0/1 one."""
    import pandas as pd

    rng = np.random.default_rng(20121231)
    x = rng.normal(size=(n, 3))
    z = (rng.random(n) < 0.4) * 1.0
    e = np.sqrt(0.6) * rng.normal(size=(n, m)) + np.sqrt(0.4) * rng.normal(size=(n, 1))
    y = {f"y{j}": (x @ np.array([0.3, -0.2, 0.1 * j]) + 0.4 * z + e[:, j] > 0) * 1.0 for j in range(m)}
    return pd.DataFrame({**y, **{f"x{j}": x[:, j] for j in range(3)}, "z": z})


REGRESSORS = "x0 + x1 + x2 + z"


def bivariate(frame: Any) -> Any:
    """Fit a bivariate probit with all effects and their errors."""
    from innospace.firms.choice.bivariate import biprobit

    return biprobit(f"y0 ~ {REGRESSORS}", f"y1 ~ {REGRESSORS}", frame).effects()


def recursive(frame: Any) -> Any:
    """Fit a recursive bivariate probit with treatment effects."""
    from innospace.firms.choice.recursive import recursive_biprobit

    return recursive_biprobit("y0 ~ y1 + x0 + x1 + z", f"y1 ~ {REGRESSORS}", frame).effects()


def multivariate(frame: Any) -> Any:
    """Fit a multivariate probit with effects."""
    from innospace.firms.choice.multivariate import multivariate_probit

    m = sum(str(c).startswith("y") for c in frame.columns)
    return multivariate_probit([f"y{j} ~ {REGRESSORS}" for j in range(m)], frame, draws=100).effects()


def ordered_frame(n: int) -> Any:
    """Return the frame with an outcome of four categories."""
    frame = decisions(n, 3)
    return frame.assign(grade=frame[["y0", "y1", "y2"]].sum(axis=1))


def ordered(frame: Any) -> Any:
    """Fit an ordered probit with effects."""
    from innospace.firms.choice.ordered import ordered_probit

    return ordered_probit(f"grade ~ {REGRESSORS}", frame).effects()


def ordered_statsmodels(frame: Any) -> Any:
    """Fit the same with statsmodels: BFGS and a numerical Hessian; no effects."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    model = OrderedModel(frame["grade"], frame[["x0", "x1", "x2", "z"]], distr="probit")
    return model.fit(method="bfgs", disp=0).bse


@cache
def limits(n: int) -> Any:
    """Return limits of bivariate probabilities."""
    return np.random.default_rng(1).normal(size=(n, 2))


def probabilities(h: Any) -> Any:
    """Return bivariate probabilities of one correlation."""
    from innospace.numerics.bivariate_normal import bivariate_cdf

    return bivariate_cdf(h[:, 0], h[:, 1], np.asarray(0.5))


def probabilities_scipy(h: Any) -> Any:
    """Return the same with scipy."""
    from scipy import stats

    return stats.multivariate_normal.cdf(h, cov=[[1.0, 0.5], [0.5, 1.0]])


CASES = (
    Case("biprobit 5,000 rows, all effects", "biprobit", lambda: (decisions(5_000),), bivariate),
    Case(
        "biprobit 100,000 rows, all effects",
        "biprobit-large",
        lambda: (decisions(100_000),),
        bivariate,
        1,
        lambda: (decisions(2_000),),
    ),
    Case("recursive biprobit 5,000 rows", "recursive-biprobit", lambda: (decisions(5_000),), recursive),
    Case("three equations, exact, 5,000 rows", "multivariate-probit", lambda: (decisions(5_000, 3),), multivariate),
    Case(
        "four equations, 100 draws, 2,000 rows",
        "multivariate-probit-simulated",
        lambda: (decisions(2_000, 4),),
        multivariate,
        1,
        lambda: (decisions(300, 4),),
    ),
    Case("ordered probit 5,000 rows, effects", "ordered-probit", lambda: (ordered_frame(5_000),), ordered),
    Case("statsmodels 5,000 rows", "ordered-probit", lambda: (ordered_frame(5_000),), ordered_statsmodels, 1),
    Case("bivariate normal 10,000", "bivariate-normal", lambda: (limits(10_000),), probabilities),
    Case(
        "scipy 10,000",
        "bivariate-normal",
        lambda: (limits(10_000),),
        probabilities_scipy,
        1,
        lambda: (limits(200),),
    ),
)
