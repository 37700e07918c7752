"""What an omitted variable could do to a regression coefficient: formulas of Oster and of Cinelli and Hazlett."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.firms.estimates import Array
from innospace.numerics.linear import standardise
from innospace.numerics.tails import t_ppf

_REAL = 1e-7


@dataclass(frozen=True, slots=True)
class Movement:
    """How coefficient and fit moved when controls came in.

    Attributes
    ----------
    beta_short, beta_long : float
        Coefficient of the treatment without and with the controls.
    r2_short, r2_long : float
    variance_y : float
        Of the outcome.
    variance_x : float
        Of the treatment given the regressors of the short equation.
    residual_x : float
        Of the treatment given all controls.
    """

    beta_short: float
    beta_long: float
    r2_short: float
    r2_long: float
    variance_y: float
    variance_x: float
    residual_x: float


def oster_delta(m: Movement, r_max: float, beta: float = 0.0) -> float:
    """Return how strong selection on unobservables, relative to observables, makes the coefficient ``beta``.

    Oster (2019, proposition 3); infinite when nothing moves, NaN when nothing is left to explain.
    """
    gap = m.beta_long - beta
    d, sx, tau = m.beta_short - m.beta_long, m.variance_x, m.residual_x
    seen, left = (m.r2_long - m.r2_short) * m.variance_y, (r_max - m.r2_long) * m.variance_y
    shared = 2.0 * gap**2 * tau * d * sx, gap**3 * (tau * sx - tau**2)
    top = gap * seen * tau + gap * sx * tau * d**2 + shared[0] + shared[1]
    bottom = left * d * sx + gap * left * (sx - tau) + 0.5 * shared[0] + shared[1]
    if bottom == 0.0:
        return float("inf") if top != 0.0 else float("nan")
    return top / bottom


def oster_roots(m: Movement, r_max: float, delta: float = 1.0) -> tuple[float, ...]:
    """Return every real coefficient consistent with ``delta`` and ``r_max``, the chosen one first.

    The bias ``v = beta_long - beta`` solves a cubic (a quadratic when ``delta`` is 1). Chosen is the one nearest to the
    long coefficient among those beyond it in the direction in which the controls moved it (the sign assumption of
    Oster, 2019; as Stata's psacalc); with none there, the nearest.
    """
    d, sx, tau = m.beta_short - m.beta_long, m.variance_x, m.residual_x
    seen, left = (m.r2_long - m.r2_short) * m.variance_y, (r_max - m.r2_long) * m.variance_y
    cubic = (1.0 - delta) * (tau * sx - tau**2)
    square = (2.0 - delta) * tau * d * sx
    linear = seen * tau + sx * tau * d**2 - delta * left * (sx - tau)
    # bias in units of the movement keeps the coefficients of one size
    scale = abs(d) if d != 0.0 else 1.0
    coefficients = np.array([cubic * scale**3, square * scale**2, linear * scale, -delta * left * d * sx])
    largest = float(np.max(np.abs(coefficients)))
    if largest == 0.0:
        return (m.beta_long,)
    first = int(np.argmax(np.abs(coefficients) > 1e-14 * largest))
    roots = np.roots(coefficients[first:])
    real = roots[np.abs(roots.imag) <= _REAL * np.maximum(1.0, np.abs(roots))].real * scale
    onward = np.sign(real) == np.sign(d) * (np.sign(delta) or 1.0)
    order = np.lexsort((np.abs(real), ~onward & (real != 0.0)))
    return tuple(float(m.beta_long - v) for v in real[order])


def partial_r2(t: float, degrees: float) -> float:
    """Return ``t^2 / (t^2 + degrees)``: share of what is left of the outcome that a regressor explains."""
    return t * t / (t * t + degrees)


def robustness_value(t: float, degrees: float, q: float = 1.0, alpha: float = 1.0) -> float:
    """Return the share of treatment and outcome a confounder must explain to take ``100 q`` percent away.

    Cinelli and Hazlett (2020, section 4.2). With ``alpha`` below 1: to take away significance at that level.
    """
    f = q * abs(t) / np.sqrt(degrees)
    critical = 0.0
    if alpha < 1.0:
        critical = abs(float(-t_ppf(alpha / 2.0, degrees - 1.0))) / np.sqrt(degrees - 1.0)
    excess = f - critical
    if excess <= 0.0:
        return 0.0
    if critical > 0.0 and f > 1.0 / critical:
        return float((f**2 - critical**2) / (1.0 + f**2))
    return float(0.5 * (np.sqrt(excess**4 + 4.0 * excess**2) - excess**2))


@dataclass(frozen=True, slots=True)
class Adjusted:
    """An estimate as it would be beside a confounder of given strength.

    Attributes
    ----------
    r2_treatment, r2_outcome : float
        Partial shares of the treatment, and of the outcome, that the confounder explains.
    estimate, std_error, t : float
    """

    r2_treatment: float
    r2_outcome: float
    estimate: float
    std_error: float
    t: float


def adjusted(estimate: float, error: float, degrees: float, r2_treatment: float, r2_outcome: float) -> Adjusted:
    """Return the estimate moved toward zero by a confounder.

    ``|bias| = se sqrt(df) sqrt(R2_y R2_d / (1 - R2_d))`` and
    ``se' = se sqrt((1 - R2_y) / (1 - R2_d)) sqrt(df / (df - 1))``.
    """
    bias = error * np.sqrt(degrees) * np.sqrt(r2_outcome * r2_treatment / (1.0 - r2_treatment))
    moved = float(estimate - np.sign(estimate) * bias)
    wide = float(error * np.sqrt((1.0 - r2_outcome) / (1.0 - r2_treatment)) * np.sqrt(degrees / (degrees - 1.0)))
    return Adjusted(r2_treatment, r2_outcome, moved, wide, moved / wide if wide > 0.0 else float("inf"))


def benchmark_strength(r2_treatment: float, r2_outcome: float, k: float) -> tuple[float, float] | None:
    """Return bounds of a confounder ``k`` times as strong as a covariate; None when it would explain everything.

    Parameters
    ----------
    r2_treatment : float
        Partial R2 of the covariate with the treatment.
    r2_outcome : float
        Partial R2 of the covariate with the outcome, given the treatment.
    k : float

    Returns
    -------
    (R2 with the treatment, R2 with the outcome) : tuple of float, or None
        Cinelli and Hazlett (2020, section 4.4).
    """
    d = k * r2_treatment / (1.0 - r2_treatment)
    if d >= 1.0 or k * r2_treatment >= 1.0:
        return None
    crossed = k * r2_treatment**2 / ((1.0 - k * r2_treatment) * (1.0 - r2_treatment))
    if crossed >= 1.0:
        return None
    eta = (np.sqrt(k) + np.sqrt(crossed)) / np.sqrt(1.0 - crossed)
    return float(d), float(min(1.0, eta**2 * r2_outcome / (1.0 - r2_outcome)))


def joint_partial_r2(left: Array, without: Array) -> float:
    """Return the share of the sum of squares that a group of columns explains beyond the others."""
    return 1.0 - float(left @ left) / float(without @ without)


def residuals(y: Array, x: Array) -> Array:
    """Return what is left of ``y``, shape (n,), given the columns of ``x``, shape (n, k)."""
    z = standardise(x).matrix
    return np.asarray(y - z @ np.linalg.lstsq(z, y, rcond=None)[0])
