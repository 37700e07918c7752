"""Invert a published table of efficiencies and used space back to counts and the size of the space.

A table of ``V^`` and ``TE`` for every region, with the published ``delta`` and ``c``, hides the data it came from.
Since ``V^ = w TE^(1/delta) V`` and ``c = delta ln w``,

    ln Q = delta ln V^ + eps - ln TE,

where ``TE`` is a decreasing function of ``-eps`` that only ``(sigma_u, sigma_v)`` move. Three-year counts are
integers, so the right pair of sigmas is the one that turns ``3 Q`` into integers in every region; regions without
innovations show as the number that replaced zero before taking logarithms.

The search starts from counts small enough that a coarse pair of sigmas identifies them and lets larger counts in
step by step. Nothing but the published table enters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from innospace.frontier.densities import HalfNormal
from innospace.frontier.densities.base import Array
from innospace.numerics.normal import truncated_log_mean_exp

HALF_UNIT = 0.0005
"""Half of the last printed digit of ``V^`` and ``TE``."""
YEARS_SUMMED = 3.0
"""Published rates are means over three years."""
STAGES = (1.5, 4.5, 12.5, 40.5, 120.5, np.inf)
"""Counts let into the search, stage by stage."""
FOUND = 0.02
"""Mean distance to an integer at which the search stops; positions drawn at random would give 0.25."""
SIGMA_U = (0.5, 4.0)
SIGMA_V = (0.1, 1.2)
"""Ranges searched."""


@dataclass(frozen=True, slots=True)
class Inversion:
    """What one year of the table implies.

    Attributes
    ----------
    sigma_u, sigma_v, delta, c : float
        Sigmas found; ``delta`` and ``c`` refined within the rounding of the published digits.
    counts : ndarray of int, shape (n,)
        Innovations summed over three years.
    distance : ndarray, shape (n,)
        Distance of the implied number (``3 Q``) from the integer, before rounding; for a zero, from the substitute.
    ln_v, ln_v_lower, ln_v_upper : ndarray, shape (n,)
        Size of the space, with the interval that rounding leaves.
    zero_substitute : float
        What replaced a zero rate per year.
    """

    sigma_u: float
    sigma_v: float
    delta: float
    c: float
    counts: NDArray[np.int64]
    distance: Array
    ln_v: Array
    ln_v_lower: Array
    ln_v_upper: Array
    zero_substitute: float


def log_te(eps: Array, sigma_u: float, sigma_v: float) -> Array:
    """Return ``ln E[exp(-u) | eps]`` of the half-normal model, shape of ``eps``."""
    logs = 2.0 * np.log([sigma_u, sigma_v])
    location, scale = HalfNormal().posterior(eps, (logs[0], logs[1]))
    return truncated_log_mean_exp(location, np.broadcast_to(scale, np.shape(location)))


def composed_error(te: Array, sigma_u: float, sigma_v: float) -> Array:
    """Invert :func:`log_te`: the ``eps`` at which efficiency equals ``te``, by interpolation refined by Newton."""
    target = np.log(te)
    grid = np.linspace(-8.0 * sigma_u - 2.0, 8.0 * sigma_v, 1500)
    values = log_te(grid, sigma_u, sigma_v)
    eps = np.interp(target, values, grid)
    step = 1e-5
    for _ in range(3):
        low, high = log_te(eps - step, sigma_u, sigma_v), log_te(eps + step, sigma_u, sigma_v)
        eps = eps - (0.5 * (low + high) - target) * 2.0 * step / np.maximum(high - low, 1e-12)
    return eps


def implied_counts(used_space: Array, te: Array, delta: float, sigma_u: float, sigma_v: float) -> Array:
    """Return ``3 Q`` implied by the table, shape (n,)."""
    log_q = delta * np.log(used_space) + composed_error(te, sigma_u, sigma_v) - np.log(te)
    return np.asarray(YEARS_SUMMED * np.exp(log_q))


def rounding_width(used_space: Array, te: Array, delta: float, sigma_u: float, sigma_v: float) -> Array:
    """Return how far rounding of the table can move ``ln(3 Q)``, shape (n,)."""
    low = np.maximum(te - HALF_UNIT, 1e-6)
    high = te + HALF_UNIT
    spread = np.abs(
        composed_error(high, sigma_u, sigma_v) - np.log(high) - composed_error(low, sigma_u, sigma_v) + np.log(low)
    )
    relative = HALF_UNIT / used_space
    return np.asarray(0.5 * spread + delta * relative)


def misfit(counts: Array, largest: float) -> float:
    """Return the mean distance to an integer of implied counts up to ``largest``, shape (n,) in.

    Numbers below one half stand for zeros and are measured from their own median, the unknown substitute.
    """
    zero = counts < 0.5
    distance = np.abs(counts - np.rint(counts))
    if zero.any():
        distance[zero] = np.abs(counts[zero] - np.median(counts[zero]))
    return float(distance[counts <= largest].mean()) if (counts <= largest).any() else 0.5


def find_sigmas(used_space: Array, te: Array, delta: float) -> tuple[float, float, float]:
    """Find ``(sigma_u, sigma_v, delta)`` that turn the table into integers.

    Parameters
    ----------
    used_space, te : ndarray, shape (n,)
        Published ``V^`` and ``TE``.
    delta : float
        Published to four decimals; refined within half of the last.

    Notes
    -----
    A grid over both sigmas, judged on the smallest counts, gives candidates; each is refined by Nelder and Mead's
    search as larger counts are let in; the one with the smallest mean distance over all regions is returned.
    """

    def loss(point: Array, largest: float) -> float:
        su, sv, shift = float(point[0]), float(point[1]), float(point[2])
        if not (SIGMA_U[0] < su < SIGMA_U[1] and SIGMA_V[0] < sv < SIGMA_V[1] and abs(shift) <= 1.0):
            return 1.0
        return misfit(implied_counts(used_space, te, delta + 5e-5 * shift, su, sv), largest)

    grid = [(su, sv) for su in np.linspace(*SIGMA_U, 60)[1:-1] for sv in np.linspace(*SIGMA_V, 40)[1:-1]]
    coarse = sorted(grid, key=lambda g: loss(np.array([*g, 0.0]), STAGES[2]))[:12]
    best: tuple[float, Array] = (np.inf, np.zeros(3))
    for su, sv in coarse:
        point = np.array([su, sv, 0.0])
        for stage, largest in enumerate(STAGES[2:]):
            size = 0.03 / 3.0**stage
            simplex = point + np.array([[0, 0, 0], [size, 0, 0], [0, size, 0], [0, 0, 0.5]])
            found = optimize.minimize(
                loss,
                point,
                args=(largest,),
                method="Nelder-Mead",
                options={"initial_simplex": simplex, "xatol": 1e-6, "fatol": 1e-7, "maxfev": 200},
            )
            point = found.x
        value = loss(point, np.inf)
        if value < best[0]:
            best = (value, point)
        if value < FOUND:
            break
    su, sv, shift = best[1]
    return float(su), float(sv), float(delta + 5e-5 * shift)


def polish(used_space: Array, te: Array, start: tuple[float, float, float]) -> tuple[float, float, float]:
    """Refine the sigmas by least squares on known integers, in units of the rounding of each cell."""
    first = implied_counts(used_space, te, start[2], start[0], start[1])
    target = np.log(as_integers(first)[1])
    width = rounding_width(used_space, te, start[2], start[0], start[1])

    def residual(point: Array) -> Array:
        su, sv, shift = point
        implied = implied_counts(used_space, te, start[2] + 5e-5 * shift, su, sv)
        return np.asarray((np.log(implied) - target) / width)

    found = optimize.least_squares(residual, [start[0], start[1], 0.0], x_scale=[0.01, 0.01, 1.0])
    su, sv, shift = found.x
    return float(su), float(sv), float(start[2] + 5e-5 * shift)


def as_integers(counts: Array) -> tuple[NDArray[np.int64], Array, float]:
    """Return integer counts, the positive number each one stands for under logarithms, and the zero substitute.

    The substitute (of the three-year sum) is the median of the numbers below one half, to two decimals.
    """
    zero = counts < 0.5
    integers = np.where(zero, 0.0, np.rint(counts))
    substitute = round(float(np.median(counts[zero])), 2) if zero.any() else float("nan")
    return integers.astype(np.int64), np.where(zero, substitute, integers), substitute


def invert(used_space: Array, te: Array, delta: float, c: float) -> Inversion:
    """Recover counts and the size of the space from one year of the table.

    Parameters
    ----------
    used_space, te : ndarray, shape (n,)
        Published ``V^`` (links) and ``TE``, three decimals.
    delta, c : float
        Published estimates of model (2).

    Returns
    -------
    Inversion
    """
    su, sv, refined = polish(used_space, te, find_sigmas(used_space, te, delta))
    implied = implied_counts(used_space, te, refined, su, sv)
    counts, stand_in, substitute = as_integers(implied)
    log_q = np.log(stand_in / YEARS_SUMMED)
    low, high = space_bounds(used_space, te, log_q, refined, c, (su, sv))
    distance = np.abs(implied - stand_in)
    return Inversion(su, sv, refined, c, counts, distance, 0.5 * (low + high), low, high, substitute / YEARS_SUMMED)


def space_bounds(
    used_space: Array, te: Array, log_q: Array, delta: float, c: float, sigmas: tuple[float, float]
) -> tuple[Array, Array]:
    """Return the interval of ``ln V`` that rounding of the table leaves, shape (n,) each.

    Two readings must hold at once: ``ln V = (ln Q - eps(TE) - c) / delta`` with the exact count, and
    ``ln V = ln V^ - (c + ln TE) / delta`` with both published numbers.
    """
    te_low, te_high = np.maximum(te - HALF_UNIT, 1e-6), te + HALF_UNIT
    by_count = [(log_q - composed_error(t, *sigmas) - c) / delta for t in (te_high, te_low)]
    by_table = [
        np.log(np.maximum(used_space - HALF_UNIT, 1e-6)) - (c + np.log(te_high)) / delta,
        np.log(used_space + HALF_UNIT) - (c + np.log(te_low)) / delta,
    ]
    return np.maximum(by_count[0], by_table[0]), np.minimum(by_count[1], by_table[1])
