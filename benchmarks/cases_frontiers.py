"""Timed cases of frontiers: regressors of variances, further distributions, heavy-tailed noise."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np

from case import Case
from innospace.core.errors import BoundaryWarning


@cache
def sample(n: int, seed: int = 20121231) -> tuple[Any, Any, Any]:
    """Return outcome, shape (n,), three regressors, and two regressors of ``ln sigma_u^2``."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=(n, 3)), rng.normal(size=(n, 2))
    u = np.abs(np.exp(0.5 * (-1.0 + z @ np.array([0.3, 0.2]))) * rng.normal(size=n))
    return 1.0 + x @ np.array([0.3, 0.4, 0.2]) + 0.3 * rng.normal(size=n) - u, x, z


def with_regressors(y: Any, x: Any, z: Any) -> Any:
    """Estimate with regressors of the variance of inefficiency, errors and efficiencies."""
    import innospace

    result = innospace.fit(y=y, X=x, determinants={"u": z})
    return result.coefficients(), result.efficiencies(), result.marginal_effects()


def distribution(y: Any, x: Any, inefficiency: str, noise: str) -> Any:
    """Estimate another distribution with errors."""
    import innospace

    with warnings.catch_warnings():
        # another distribution than that of the data may well end on a boundary
        warnings.simplefilter("ignore", BoundaryWarning)
        return innospace.fit(y=y, X=x, inefficiency=inefficiency, noise=noise).coefficients()


def bootstrap(y: Any, x: Any, replications: int) -> Any:
    """Estimate the half-normal model again on drawn samples."""
    import innospace

    return innospace.fit(y=y, X=x).bootstrap(replications).intervals()


CASES = (
    Case(
        "innospace",
        "half-normal, 1,000 bootstrap refits, 80 rows",
        # with the usual seed, 80 rows have their largest likelihood without noise, and no bootstrap
        lambda: (*sample(80, 1)[:2], 1_000),
        bootstrap,
        3,
        lambda: (*sample(80, 1)[:2], 50),
    ),
    *(
        Case("innospace", f"half-normal, u: z1 + z2, {n:,} rows", lambda n=n: sample(n), with_regressors)
        for n in (1_000, 100_000)
    ),
    *(
        Case(
            "innospace",
            f"{law}, {noise} noise, {n:,} rows",
            lambda law=law, noise=noise, n=n: (*sample(n)[:2], law, noise),
            distribution,
            3,
            lambda law=law, noise=noise: (*sample(200)[:2], law, noise),
        )
        for law, noise, n in (
            ("rayleigh", "normal", 100_000),
            ("generalised_exponential", "normal", 100_000),
            ("gamma", "normal", 1_000),
            ("exponential", "student_t", 1_000),
            ("half_normal", "laplace", 1_000),
        )
    ),
)
