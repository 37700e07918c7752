"""Named estimates and what follows from them, as small frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import SpecError
from innospace.numerics.covariance import clustered_meat, inverse_information, outer_product, sandwich
from innospace.numerics.tails import t_ppf, t_sf

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Estimates:
    """Coefficients with every covariance that can be had for them.

    Attributes
    ----------
    names : tuple of str
        Length p.
    values : ndarray, shape (p,)
    covariances : mapping of str to ndarray, shape (p, p)
        By kind: ``hessian``, ``opg``, ``robust``, ``cluster``, ``bootstrap``, ``analytic``. The first is the default.
    degrees : float
        Degrees of freedom of the t distribution; infinite for the normal.
    """

    names: tuple[str, ...]
    values: Array
    covariances: Mapping[str, Array]
    degrees: float = float("inf")


@dataclass(frozen=True, slots=True)
class Effects:
    """Quantities a reader wants: functions of coefficients, or estimated directly.

    Attributes
    ----------
    names : tuple of str
        Length m: the variable, class or period an effect belongs to.
    values : ndarray, shape (m,)
    kinds : tuple of str
        Length m: ``average_marginal_effect``, ``joint_11``, ``att`` and the like; one word each.
    jacobian : ndarray, shape (m, p), or None
        Derivatives by the coefficients: standard errors follow by the delta method from any covariance.
    std_errors : ndarray, shape (m,), or None
        Where they do not come from coefficients.
    lower, upper : ndarray, shape (m,), or None
        Intervals that are not symmetric (percentiles of a bootstrap).
    unit : str
        ``probability points``, ``log points``, a unit of the outcome.
    errors : str
        How the errors were made, in words, where they do not come from coefficients.
    """

    names: tuple[str, ...]
    values: Array
    kinds: tuple[str, ...]
    jacobian: Array | None = None
    std_errors: Array | None = None
    lower: Array | None = None
    upper: Array | None = None
    unit: str = ""
    errors: str = ""

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.values) == len(self.kinds):
            raise ValueError(f"{len(self.names)} names, {len(self.values)} values, {len(self.kinds)} kinds")


NO_EFFECTS = Effects((), np.zeros(0), ())


def inference(values: Array, errors: Array, degrees: float = float("inf"), level: float = 0.95) -> pd.DataFrame:
    """Return estimate, standard error, statistic, p-value and interval, one row a value.

    Parameters
    ----------
    values, errors : ndarray, shape (m,)
        An error of NaN gives NaN beside it.
    degrees : float
        Of the t distribution; infinite for the normal.
    level : float
        Coverage of the interval.
    """
    import pandas as pd

    with np.errstate(divide="ignore", invalid="ignore"):
        z = values / errors
    half = float(t_ppf(0.5 + 0.5 * level, degrees)) * errors
    columns = {"estimate": values, "std_error": errors, "z": z, "p_value": 2.0 * t_sf(np.abs(z), degrees)}
    return pd.DataFrame({**columns, "lower": values - half, "upper": values + half})


def likelihood_covariances(hessian: Array, scores: Array, clusters: Integers | None = None) -> dict[str, Array]:
    """Return the covariances of maximum-likelihood estimates, by kind.

    Parameters
    ----------
    hessian : ndarray, shape (p, p)
        Of the log-likelihood (negative definite at a maximum).
    scores : ndarray, shape (n, p)
        One row an independent unit (a row, or a firm of a panel likelihood), weights applied.
    clusters : ndarray of int, shape (n,), or None
        Numbers 0 to G - 1.

    Returns
    -------
    dict of str to ndarray
        ``hessian`` ``(-H)^-1``; ``opg`` ``(S'S)^-1``; ``robust`` ``n/(n-1) H^-1 S'S H^-1`` as in Stata; with clusters
        ``cluster``, first, with sums of scores and ``G/(G-1)``. NaN where the information is singular.
    """
    inverse = inverse_information(hessian)
    p, n = len(hessian), len(scores)
    if inverse is None:
        nothing = np.full((p, p), np.nan)
        kinds = ("cluster",) if clusters is not None else ()
        return dict.fromkeys((*kinds, "hessian", "opg", "robust"), nothing)
    meat = scores.T @ scores
    opg = outer_product(meat)
    found = {
        "hessian": inverse,
        "opg": np.full((p, p), np.nan) if opg is None else opg,
        "robust": sandwich(inverse, meat) * (n / max(n - 1, 1)),
    }
    if clusters is None:
        return found
    return {"cluster": sandwich(inverse, clustered_meat(scores, clusters)), **found}


def require_covariance(kind: str, estimates: Estimates) -> str:
    """Return ``kind`` when these estimates have it.

    Raises
    ------
    SpecError
        They have not; those they have are named.
    """
    if kind in estimates.covariances:
        return kind
    remedy = "Give cluster= when fitting." if kind == "cluster" else "Use one of these."
    raise SpecError(
        f"These estimates have no {kind!r} covariance.", allowed=", ".join(estimates.covariances), remedy=remedy
    )
