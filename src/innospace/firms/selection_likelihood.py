"""Tobit of type 2 (Heckman) on arrays: maximum likelihood with analytic derivatives, and two steps.

``s = 1(z'g + u > 0)``; ``y = x'b + e`` is seen when ``s = 1``; ``(u, e)`` bivariate normal with ``var u = 1``,
``var e = sigma^2``, correlation ``rho``. Parameters of the search: ``b``, ``g``, ``athrho = atanh rho``, ``ln sigma``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from innospace.core.status import StatusCode
from innospace.firms.choice.binary import BinaryFit, fit_binary
from innospace.firms.estimates import Array
from innospace.firms.least_squares import fit_linear
from innospace.numerics.linear import standardise
from innospace.numerics.maximum_likelihood import Optimum, maximise
from innospace.numerics.normal import LOG_2PI, log_cdf_and_mills

Booleans = NDArray[np.bool_]

EDGE = 7.0
"""``|athrho|`` beyond which the correlation is one for all purposes (1 - rho < 2e-6)."""


@dataclass(frozen=True, slots=True)
class SelectionFit:
    """A fitted Tobit of type 2.

    Attributes
    ----------
    theta : ndarray, shape (k + m + 2,)
        ``b`` (k), ``g`` (m), ``athrho``, ``ln_sigma``.
    log_likelihood : float
    hessian : ndarray, shape (k + m + 2, k + m + 2)
    scores : ndarray, shape (n, k + m + 2)
    optimum : Optimum
    independent : float
        Log-likelihood with ``rho = 0``: probit and least squares apart.
    """

    theta: Array
    log_likelihood: float
    hessian: Array
    scores: Array
    optimum: Optimum
    independent: float


@dataclass(frozen=True, slots=True)
class TwoStepFit:
    """Heckman's two steps.

    Attributes
    ----------
    theta : ndarray, shape (k + 1 + m,)
        ``b`` (k), ``lambda`` (coefficient of the inverse Mills ratio), ``g`` (m).
    covariance : ndarray, shape (k + 1 + m, k + 1 + m)
        Of ``b`` and ``lambda`` with Heckman's correction; of ``g`` from the probit; blocks between are zero.
    sigma, rho : float
        ``rho = lambda / sigma``; may lie outside -1 to 1.
    probit : BinaryFit
    """

    theta: Array
    covariance: Array
    sigma: float
    rho: float
    probit: BinaryFit


@dataclass(frozen=True, slots=True)
class _Rows:
    """Log-likelihood of rows and its derivatives by the indices ``(x'b, z'g)``, ``athrho`` and ``ln sigma``."""

    value: Array
    first: Array
    second: Array


def _selected_rows(v: Array, u: Array, athrho: float, ln_sigma: float, y: Array) -> _Rows:
    """Return value, first derivatives, shape (4, n), and second, shape (4, 4, n), of rows whose outcome is seen.

    ``log L = log Phi(A) - e^2 / 2 - ln sigma - log(2 pi) / 2`` with ``e = (y - v) / sigma`` and
    ``A = u cosh(athrho) + e sinh(athrho)``.
    """
    sigma, c, s = np.exp(ln_sigma), np.cosh(athrho), np.sinh(athrho)
    e = (y - v) / sigma
    a, b = u * c + e * s, u * s + e * c
    log_cdf, mills = log_cdf_and_mills(a)
    slope = -mills * (a + mills)
    value = log_cdf - 0.5 * e * e - ln_sigma - 0.5 * LOG_2PI
    g_e = mills * s - e
    first = np.array([-g_e / sigma, mills * c, mills * b, -g_e * e - 1.0])
    h_ee, h_ue = slope * s * s - 1.0, slope * c * s
    h_et, h_ut = slope * s * b + mills * c, slope * c * b + mills * s
    h_tt = slope * b * b + mills * a
    h_es = h_ee * e + g_e
    second = np.array(
        [
            [h_ee / sigma**2, -h_ue / sigma, -h_et / sigma, h_es / sigma],
            [-h_ue / sigma, slope * c * c, h_ut, -h_ue * e],
            [-h_et / sigma, h_ut, h_tt, -h_et * e],
            [h_es / sigma, -h_ue * e, -h_et * e, h_es * e],
        ]
    )
    return _Rows(value, first, second)


def log_likelihood(theta: Array, y: Array, x: Array, z: Array, selected: Booleans) -> tuple[float, Array, Array]:
    """Return the log-likelihood, its scores by row, shape (n, p), and its Hessian, shape (p, p).

    Parameters
    ----------
    theta : ndarray, shape (k + m + 2,)
    y : ndarray, shape (n1,)
        Outcomes of the selected rows.
    x : ndarray, shape (n1, k)
        Of the selected rows.
    z : ndarray, shape (n, m)
        Of all rows.
    selected : ndarray of bool, shape (n,)
    """
    k, m = x.shape[1], z.shape[1]
    p = k + m + 2
    index = z @ theta[k : k + m]
    rows = _selected_rows(x @ theta[:k], index[selected], theta[-2], theta[-1], y)
    log_cdf, mills = log_cdf_and_mills(-index[~selected])
    scores = np.zeros((len(z), p))
    chosen, other = z[selected], z[~selected]
    scores[selected, :k] = x * rows.first[0][:, None]
    scores[selected, k : k + m] = chosen * rows.first[1][:, None]
    scores[selected, k + m :] = rows.first[2:].T
    scores[~selected, k : k + m] = -other * mills[:, None]
    hessian = np.zeros((p, p))
    blocks = (x, chosen)
    ends = (slice(0, k), slice(k, k + m))
    for i in range(2):
        for j in range(i, 2):
            hessian[ends[i], ends[j]] = (blocks[i] * rows.second[i, j][:, None]).T @ blocks[j]
        hessian[ends[i], k + m] = blocks[i].T @ rows.second[i, 2]
        hessian[ends[i], k + m + 1] = blocks[i].T @ rows.second[i, 3]
    curve = mills * (mills - index[~selected])
    hessian[ends[1], ends[1]] -= (other * curve[:, None]).T @ other
    hessian[k + m, k + m], hessian[k + m + 1, k + m + 1] = rows.second[2, 2].sum(), rows.second[3, 3].sum()
    hessian[k + m, k + m + 1] = rows.second[2, 3].sum()
    hessian = np.triu(hessian) + np.triu(hessian, 1).T
    return float(rows.value.sum() + log_cdf.sum()), scores, hessian


def fit_selection(y: Array, x: Array, z: Array, selected: Booleans, start: Array | None = None) -> SelectionFit:
    """Maximise the likelihood, from the two steps or from ``start``.

    Parameters
    ----------
    y, x : ndarray, shape (n1,) and (n1, k)
        Selected rows.
    z : ndarray, shape (n, m)
    selected : ndarray of bool, shape (n,)
    start : ndarray, shape (k + m + 2,), optional

    Raises
    ------
    DataError
        The selection is perfectly separated.
    """
    k, m = x.shape[1], z.shape[1]
    xs, zs = standardise(x), standardise(z)
    location, scale = float(y.mean()), float(y.std())
    # the outcome is scaled, and centred where a constant takes the centre up again
    shift = location if _spans_constant(x) else 0.0
    scaled = (y - shift) / scale
    start_at = _start(scaled, xs.matrix, zs.matrix, selected) if start is None else np.zeros(k + m + 2)
    if start is not None:
        beta = start[:k] - np.linalg.lstsq(x, np.full(len(x), shift), rcond=None)[0]
        start_at[:k] = np.linalg.solve(xs.back, beta) / scale
        start_at[k : k + m] = np.linalg.solve(zs.back, start[k : k + m])
        start_at[-2:] = np.clip(start[-2], -2.0, 2.0), start[-1] - np.log(scale)

    def objective(theta: Array) -> tuple[float, Array, Array]:
        if abs(theta[-2]) > 2.0 * EDGE or abs(theta[-1]) > 20.0:
            return float("nan"), theta, np.eye(len(theta))
        value, scores, hessian = log_likelihood(theta, scaled, xs.matrix, zs.matrix, selected)
        return value, scores.sum(axis=0), hessian

    found = maximise(objective, start_at, stop=lambda t: bool(abs(t[-2]) > EDGE))
    theta = found.theta.copy()
    theta[:k] = scale * (xs.back @ theta[:k])
    if shift:
        theta[:k] += np.linalg.lstsq(x, np.full(len(x), shift), rcond=None)[0]
    theta[k : k + m] = zs.back @ theta[k : k + m]
    theta[-1] += np.log(scale)
    value, scores, hessian = log_likelihood(theta, y, x, z, selected)
    return SelectionFit(theta, value, hessian, scores, found, _independent(y, x, z, selected))


def _spans_constant(x: Array) -> bool:
    one = np.ones(len(x))
    fitted = x @ np.linalg.lstsq(x, one, rcond=None)[0]
    return bool(np.max(np.abs(fitted - one)) < 1e-8)


def _start(y: Array, x: Array, z: Array, selected: Booleans) -> Array:
    """Return starting values from the two steps, the correlation kept inside."""
    found = fit_two_step(y, x, z, selected)
    k = x.shape[1]
    rho = float(np.clip(found.rho, -0.85, 0.85))
    tail = [np.arctanh(rho), np.log(found.sigma)]
    return np.concatenate([found.theta[:k], found.theta[k + 1 :], tail])


def _independent(y: Array, x: Array, z: Array, selected: Booleans) -> float:
    residuals = fit_linear(y, x).residuals
    n = len(y)
    normal = -0.5 * n * (LOG_2PI + np.log(float(residuals @ residuals) / n) + 1.0)
    return fit_binary(selected.astype(np.float64), z).log_likelihood + float(normal)


def fit_two_step(y: Array, x: Array, z: Array, selected: Booleans) -> TwoStepFit:
    """Fit a probit of selection, then least squares with the inverse Mills ratio, errors corrected.

    ``V = s^2 (W'W)^-1 [W'(I - rho^2 D) W + rho^2 (W'D Z) V_g (Z'D W)] (W'W)^-1`` with ``W = [x, lambda]``,
    ``D = diag(delta)``, ``delta = lambda (lambda + z'g)`` (Heckman 1979; Greene 1981).
    """
    probit = fit_binary(selected.astype(np.float64), z)
    index = z[selected] @ probit.theta
    _, mills = log_cdf_and_mills(index)
    w = np.column_stack([x, mills])
    delta = mills * (mills + index)
    # with few degrees of freedom between x and the ratio, least squares stays exact through the pseudo-inverse
    theta = np.linalg.lstsq(w, y, rcond=None)[0]
    residuals = y - w @ theta
    variance = float(residuals @ residuals / len(y) + delta.mean() * theta[-1] ** 2)
    sigma = float(np.sqrt(variance))
    rho = float(theta[-1] / sigma)
    inverse = np.linalg.pinv(w.T @ w, hermitian=True)
    selection = np.linalg.inv(-probit.hessian)
    cross = (w * delta[:, None]).T @ z[selected]
    middle = (w * (1.0 - rho * rho * delta)[:, None]).T @ w + rho * rho * cross @ selection @ cross.T
    k, m = x.shape[1], z.shape[1]
    covariance = np.zeros((k + 1 + m, k + 1 + m))
    covariance[: k + 1, : k + 1] = variance * inverse @ middle @ inverse
    covariance[k + 1 :, k + 1 :] = selection
    return TwoStepFit(np.concatenate([theta, probit.theta]), covariance, sigma, rho, probit)


def at_edge(found: Optimum) -> bool:
    """Whether the search ran into a correlation of one."""
    return found.code is StatusCode.BOUNDARY
