"""Several equations on the same firms with one joint covariance, so that coefficients can be compared across them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.labels import require_known
from innospace.firms.choice.binary import fit_binary, require_no_perfect_predictor
from innospace.firms.design import design, require_binary
from innospace.firms.estimates import Array, Estimates
from innospace.numerics.covariance import inverse_information
from innospace.numerics.linear import least_squares, standardise
from innospace.numerics.tails import chi2_sf, normal_ppf, normal_sf

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Piece:
    """One equation.

    Attributes
    ----------
    name : str
    names : tuple of str
        Coefficients, each ``{name}: {regressor}``.
    values : ndarray, shape (k,)
    influence : ndarray, shape (firms, k)
        How much each firm moves the coefficients: ``(-H)^-1`` times its score; 0 for firms not in the equation.
    n : int
        Firms in the equation.
    log_likelihood : float
        NaN for least squares.
    """

    name: str
    names: tuple[str, ...]
    values: Array
    influence: Array
    n: int
    log_likelihood: float


def probit_piece(name: str, frame: pd.DataFrame, outcome: str, regressors: Sequence[str]) -> Piece:
    """Fit a probit on the firms whose outcome is known.

    Parameters
    ----------
    name : str
    frame : DataFrame
        One row a firm, index 0 to n - 1.
    outcome : str
        0, 1 or missing.
    regressors : sequence of str
        Terms of a formula.
    """
    used = frame[frame[outcome].notna()]
    d = design(f"`{outcome}` ~ {' + '.join(regressors)}", used)
    require_binary(d.y, outcome)
    require_no_perfect_predictor(d.y, d.x, d.names)
    fit = fit_binary(d.y, d.x)
    inverse = inverse_information(fit.hessian)
    influence = np.zeros((len(frame), len(d.names)))
    rows = used.index.to_numpy()[d.kept]
    influence[rows] = np.full_like(fit.scores, np.nan) if inverse is None else fit.scores @ inverse
    return Piece(name, _named(name, d.names), fit.theta, influence, d.n, fit.log_likelihood)


def linear_piece(name: str, frame: pd.DataFrame, outcome: str, regressors: Sequence[str]) -> Piece:
    """Fit least squares on the firms whose outcome is known."""
    used = frame[frame[outcome].notna()]
    d = design(f"`{outcome}` ~ {' + '.join(regressors)}", used)
    standard = standardise(d.x)
    beta = least_squares(d.y, standard.matrix)
    residual = d.y - standard.matrix @ beta
    inverse = standard.back @ np.linalg.inv(standard.matrix.T @ standard.matrix) @ standard.back.T
    influence = np.zeros((len(frame), len(d.names)))
    # HC1: n / (n - k)
    factor = np.sqrt(d.n / (d.n - len(d.names)))
    influence[used.index.to_numpy()[d.kept]] = (d.x * residual[:, None]) @ inverse * factor
    return Piece(name, _named(name, d.names), standard.back @ beta, influence, d.n, float("nan"))


def _named(name: str, regressors: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{name}: {r}" for r in regressors)


def joint(pieces: Sequence[Piece]) -> Estimates:
    """Return all coefficients with the joint robust covariance ``sum over firms of psi psi'``."""
    names = tuple(n for p in pieces for n in p.names)
    influence = np.column_stack([p.influence for p in pieces])
    return Estimates(names, np.concatenate([p.values for p in pieces]), {"robust": influence.T @ influence})


@dataclass(frozen=True, slots=True)
class Contrast:
    """A linear combination of coefficients with its error: ``estimate``, ``std_error``, ``lower``, ``upper``, p."""

    estimate: float
    std_error: float
    lower: float
    upper: float
    p_value: float


def contrast(estimates: Estimates, weights: Mapping[str, float]) -> Contrast:
    """Return a weighted sum of coefficients with its normal interval at 95 %."""
    w = _weights(estimates, weights)
    covariance = next(iter(estimates.covariances.values()))
    value, error = float(w @ estimates.values), float(np.sqrt(w @ covariance @ w))
    half = float(normal_ppf(0.975)) * error
    return Contrast(value, error, value - half, value + half, float(2.0 * normal_sf(abs(value) / error)))


def joint_zero(estimates: Estimates, contrasts: Sequence[Mapping[str, float]]) -> tuple[float, float]:
    """Return the Wald statistic and p-value of the hypothesis that every contrast is zero."""
    rows = np.array([_weights(estimates, c) for c in contrasts])
    covariance = next(iter(estimates.covariances.values()))
    value = rows @ estimates.values
    statistic = float(value @ np.linalg.solve(rows @ covariance @ rows.T, value))
    return statistic, float(chi2_sf(statistic, len(rows)))


def _weights(estimates: Estimates, weights: Mapping[str, float]) -> Array:
    require_known(list(weights), estimates.names, kind="coefficient")
    w = np.zeros(len(estimates.names))
    for name, value in weights.items():
        w[estimates.names.index(name)] = value
    return w
