"""Timed cases of matching and weighting, beside the usual way with scikit-learn."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from case import Case

FORMULA = "starter ~ x0 + x1 + x2 + x3"


@cache
def firms(n: int) -> Any:
    """Return a table whose treatment depends on four covariates; about a quarter is treated."""
    import pandas as pd

    rng = np.random.default_rng(20091231)
    x = rng.normal(size=(n, 4))
    p = 1.0 / (1.0 + np.exp(1.2 - x @ np.array([0.5, 0.3, -0.2, 0.1])))
    t = (rng.random(n) < p).astype(float)
    y = 1.0 + x.sum(axis=1) + 0.5 * t + rng.normal(size=n)
    return pd.DataFrame({"starter": t, "sales": y, **{f"x{j}": x[:, j] for j in range(4)}})


def matched(data: Any, **options: Any) -> Any:
    """Match with errors, balance and pairs."""
    from innospace.firms.effects.matching import match

    return match(FORMULA, "sales", data, **options)


def once(data: Any) -> Any:
    """Match without replacement."""
    return matched(data)


def again(data: Any) -> Any:
    """Match with replacement."""
    return matched(data, replace=True)


def mahalanobis(data: Any) -> Any:
    """Match on the covariates."""
    return matched(data, replace=True, distance="mahalanobis")


def scikit_learn(data: Any) -> Any:
    """Estimate the score and the nearest untreated row: the effect alone, no errors, no balance."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import NearestNeighbors

    x, t, y = (data[c].to_numpy() for c in (["x0", "x1", "x2", "x3"], "starter", "sales"))
    p = LogisticRegression(C=np.inf).fit(x, t).predict_proba(x)[:, 1:]
    near = NearestNeighbors(n_neighbors=1).fit(p[t == 0]).kneighbors(p[t == 1], return_distance=False)
    return float(np.mean(y[t == 1] - y[t == 0][near[:, 0]]))


def effect_alone(data: Any) -> Any:
    """Do what scikit-learn does here, by our parts: score and nearest row, no errors, no balance."""
    from innospace.firms.choice.binary import fit_binary
    from innospace.numerics.nearest import on_line_first

    x = np.column_stack([np.ones(len(data)), data[["x0", "x1", "x2", "x3"]].to_numpy()])
    t, y = data["starter"].to_numpy(), data["sales"].to_numpy()
    p = x @ fit_binary(t, x, "logit").theta
    return float(np.mean(y[t == 1] - on_line_first(p[t == 1], p[t == 0], 1).mean(y[t == 0])))


def weighted(data: Any, method: str) -> Any:
    """Weight with errors and balance."""
    from innospace.firms.effects.weighting import weight

    return weight(FORMULA, "sales", data, method=method)


SMALL = 2_000

CASES = (
    *(
        Case(name, f"1-NN {how}, {n:,} rows", lambda n=n: (firms(n),), run, rounds, lambda: (firms(SMALL),))
        for n, rounds in ((100_000, 3), (1_000_000, 1))
        for name, how, run in (
            ("innospace", "with replacement", again),
            ("innospace (effect alone)", "with replacement", effect_alone),
            ("scikit-learn (effect alone)", "with replacement", scikit_learn),
            ("innospace", "without replacement", once),
        )
    ),
    Case(
        "innospace",
        "1-NN Mahalanobis, 100,000 rows",
        lambda: (firms(100_000),),
        mahalanobis,
        1,
        lambda: (firms(SMALL),),
    ),
    *(
        Case(
            "innospace",
            f"{m.replace('_', ' ')}, 1,000,000 rows",
            lambda m=m: (firms(1_000_000), m),
            weighted,
            1,
            lambda m=m: (firms(SMALL), m),
        )
        for m in ("ipw", "entropy_balancing")
    ),
)
