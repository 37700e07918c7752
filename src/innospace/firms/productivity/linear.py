"""Plain benchmarks: least squares, firm fixed effects, and output per worker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.core.errors import DataError, SpecError
from innospace.firms.estimates import Array, Integers
from innospace.firms.productivity.first_stage import regress
from innospace.firms.productivity.panel import Panel, require_independent
from innospace.numerics.covariance import clustered_meat


@dataclass(frozen=True, slots=True)
class LinearProblem:
    """A regression of log output on log inputs.

    Attributes
    ----------
    y : ndarray, shape (n,)
    x : ndarray, shape (n, p)
        Without constant.
    within : bool
        Whether firm means are taken out.
    firms : ndarray of int, shape (n,)
    """

    y: Array
    x: Array
    within: bool
    firms: Integers


def linear_problem(panel: Panel, *, within: bool, gross_output: bool) -> tuple[LinearProblem, tuple[str, ...]]:
    """Set the regression up; return it with the names of the inputs.

    Raises
    ------
    DataError
        Too few rows, collinear inputs, or inputs that never change within a firm.
    """
    roles = panel.roles
    x = np.column_stack([panel.free, panel.state, *([panel.proxy] if gross_output else [])])
    names = (*roles.free, *roles.state, *(roles.proxy if gross_output else ()))
    if panel.firm_count < 2 or panel.n <= 2 * (x.shape[1] + 1):
        raise DataError(
            f"{panel.n} firm-years of {panel.firm_count} firms are too few for {x.shape[1]} elasticities.",
            remedy="Use more firms.",
        )
    if within:
        demeaned = _within(x, panel.firms, np.ones(panel.n))
        if not (np.abs(demeaned).max(axis=0) > 0.0).all():
            raise DataError(
                "An input never changes within any firm, so fixed effects leave nothing to estimate.",
                where=f"inputs {', '.join(names)}, {panel.labels['year'].nunique()} years",
                remedy="Use method='ols', or more waves.",
            )
        require_independent(panel, demeaned, names)
    require_independent(panel, x, names)
    return LinearProblem(panel.y, x, within, panel.firms), names


def _within(values: Array, firms: Integers, weights: Array) -> Array:
    groups = int(firms[-1]) + 1
    total = np.maximum(np.bincount(firms, weights=weights, minlength=groups), 1e-300)
    columns = values if values.ndim == 2 else values[:, None]
    means = [np.bincount(firms, weights=weights * c, minlength=groups) / total for c in columns.T]
    return (columns - np.column_stack(means)[firms]).reshape(values.shape)


def linear(p: LinearProblem, weights: Array | None = None) -> tuple[Array, Array]:
    """Return elasticities, shape (p,), and their covariance clustered by firm, shape (p, p).

    Factor ``G/(G-1) (n-1)/(n-k)`` with ``k`` the coefficients and the constant, as in Stata.
    """
    w = np.ones(len(p.y)) if weights is None else weights
    if p.within:
        y, x = _within(p.y, p.firms, w), _within(p.x, p.firms, w)
    else:
        y, x = p.y, np.column_stack([p.x - p.x.mean(axis=0), np.ones(len(p.y))])
    fitted = regress(y, x, weights)
    n, k = len(y), p.x.shape[1] + 1
    meat = clustered_meat(x * fitted.residuals[:, None], p.firms) * ((n - 1) / (n - k))
    covariance = fitted.inverse @ meat @ fitted.inverse
    size = p.x.shape[1]
    return fitted.coefficients[:size], covariance[:size, :size]


def draw(shared: tuple[LinearProblem, int], counts: Integers) -> Array:
    """Return the estimate of one draw of firms."""
    p, _ = shared
    return linear(p, counts.astype(np.float64)[p.firms])[0]


def output_per_worker(panel: Panel, industry: str | None) -> Array:
    """Return log output less log labour, shape (n,), less its mean in industry and year when an industry is named.

    Raises
    ------
    SpecError
        More than one labour input.
    """
    if panel.free.shape[1] != 1:
        raise SpecError(
            "Output per worker needs one labour input.",
            where=f"{panel.free.shape[1]} given",
            remedy="Add the kinds of workers up before taking logs.",
        )
    ratio = panel.y - panel.free[:, 0]
    if industry is None:
        return np.asarray(ratio)
    cells = np.column_stack([panel.plain[industry], panel.labels["year"].to_numpy(dtype=np.float64)])
    codes = np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1)
    means = np.bincount(codes, weights=ratio) / np.bincount(codes)
    return np.asarray(ratio - means[codes])
