"""Integrals over inefficiency by Gauss-Legendre rules on panels that follow the integrand.

``int p(u) g(e + u) du`` is taken over ``t = ln u``. Panels end where the distribution of inefficiency bends, where
noise does (around its peak ``u = -e``), and around the mode of their product, by its curvature. Of all panels those
that matter are kept. Wherever the row lies and however little noise there is, the integrand is smooth between marks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.frontier.densities.base import Array
from innospace.frontier.densities.noise import Noise
from innospace.frontier.densities.prior import LEFT, Prior

NODES = 8
LEFT_OUT = 6
"""Panels of a row that are left out: those that can hold least."""
HIGHEST = 150.0
"""Largest ``ln u`` that is looked at."""
_TINY = 1e-300
_AROUND = np.array([-6.5, -4.2, -2.6, -1.2, 0.0, 1.2, 2.6, 4.2, 6.5])
_BELOW = np.array([0.4, 1.0, 1.8, 3.0, 5.0, 9.0, 16.0, 30.0])
_STEPS = 12
_LONGEST = 2.0


@dataclass(frozen=True, slots=True)
class Grid:
    """Nodes of one integral a row.

    Attributes
    ----------
    t : ndarray, shape (n, panels, nodes)
    log_weights : ndarray, shape (n, panels, nodes)
        Minus infinity in panels without width.
    left, right : ndarray, shape (n, panels)
        Ends of the panels.
    """

    t: Array
    log_weights: Array
    left: Array
    right: Array


@dataclass(frozen=True, slots=True)
class Integrand:
    """``p g`` of some rows as a function of ``t``: parameters are numbers or columns, shape (n, 1)."""

    prior: Prior
    noise: Noise
    e: Array
    own: tuple[Array, ...]
    noisy: tuple[Array, ...]

    def log(self, t: Array) -> Array:
        """Return its logarithm at ``t``, shape (n, m)."""
        before = self.prior.log_density(t, self.own).value
        return np.asarray(before + self.noise.evaluate(self.e[:, None] + np.exp(t), self.noisy).value)

    def slopes(self, t: Array) -> tuple[Array, Array]:
        """Return first and second derivative of the logarithm by ``t``, shape (n, m)."""
        own_first, own_second = self._own_slopes(t)
        u = np.exp(t)
        after = self.noise.evaluate(self.e[:, None] + u, self.noisy)
        first = own_first + u * after.first[0]
        second = own_second + u * after.first[0] + u * u * after.second[0]
        return np.asarray(first), np.asarray(second)

    def _own_slopes(self, t: Array) -> tuple[Array, Array]:
        """Return derivatives of the log-density of ``t``: a change of unit moves ``t`` as it moves the parameters."""
        before = self.prior.log_density(t, self.own)
        moves = [kind.value[0] * v + kind.value[1] for kind, v in zip(self.prior.units, self.own, strict=True)]
        active = [i for i, kind in enumerate(self.prior.units) if kind.value != (0.0, 0.0)]
        count = len(moves)
        first, second = np.zeros_like(t), np.zeros_like(t)
        for i in active:
            first = first - moves[i] * before.first[i]
            second = second + self.prior.units[i].value[0] * moves[i] * before.first[i]
            for j in (j for j in active if j >= i):
                place = i * count - i * (i - 1) // 2 + j - i
                second = second + (1.0 + (i != j)) * moves[i] * moves[j] * before.second[place]
        return first, second


def grid(integrand: Integrand) -> Grid:
    """Return nodes for the rows of an integrand."""
    column = integrand.e[:, None]
    fixed = integrand.prior.marks(integrand.own)
    fixed = np.broadcast_to(fixed, (len(column), fixed.shape[-1]))
    peak = np.log(np.maximum(integrand.noise.marks(integrand.noisy) - column, _TINY))
    peak = np.maximum(peak, fixed[:, :1])
    marks = np.minimum(np.concatenate((fixed, peak), axis=1), HIGHEST)
    heights = integrand.log(marks)
    mode, width = _mode(integrand, np.take_along_axis(marks, heights.argmax(axis=1)[:, None], axis=1))
    ends = []
    if hasattr(integrand.prior, "end"):
        # far from the frontier all mass lies in a thin layer below the end
        end = np.broadcast_to(np.log(integrand.prior.end(integrand.own)), column.shape)
        slope, _ = integrand.slopes(end)
        ends.append(end - _BELOW / np.maximum(np.abs(slope), 1.0))
        mode = np.minimum(mode, end)
    # left of the mode the integrand falls off as the distribution of inefficiency does
    reach = (fixed[:, len(LEFT) - 1 : len(LEFT)] - fixed[:, :1]) / (LEFT[-1] - LEFT[0])
    more = np.concatenate((mode + width * _AROUND, mode + reach * LEFT, *ends), axis=1)
    more = np.minimum(more, HIGHEST)
    edges = np.concatenate((marks, more), axis=1)
    heights = np.concatenate((heights, integrand.log(more)), axis=1)
    order = np.argsort(edges, axis=1)
    return _kept(np.take_along_axis(edges, order, axis=1), np.take_along_axis(heights, order, axis=1))


def _mode(integrand: Integrand, t: Array) -> tuple[Array, Array]:
    """Climb to a mode from ``t``, shape (n, 1); return it and the deviation its curvature stands for."""
    curvature = np.full_like(t, -1.0)
    for _ in range(_STEPS):
        slope, second = integrand.slopes(t)
        curvature = -np.maximum(np.abs(second), 1e-3)
        t = np.minimum(t + np.clip(-slope / curvature, -_LONGEST, _LONGEST), HIGHEST)
    return t, 1.0 / np.sqrt(-curvature)


def _kept(edges: Array, heights: Array) -> Grid:
    """Return nodes on the panels that can hold most, in order."""
    left, right = edges[:, :-1], edges[:, 1:]
    with np.errstate(divide="ignore"):
        most = np.maximum(heights[:, :-1], heights[:, 1:]) + np.log(right - left)
    kept = most.shape[1] - LEFT_OUT
    chosen = np.sort(np.argpartition(-most, kept - 1, axis=1)[:, :kept], axis=1)
    left, right = np.take_along_axis(left, chosen, axis=1), np.take_along_axis(right, chosen, axis=1)
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    half, middle = 0.5 * (right - left), 0.5 * (right + left)
    with np.errstate(divide="ignore"):
        log_weights = np.log(half)[:, :, None] + np.log(weights)
    return Grid(middle[:, :, None] + half[:, :, None] * nodes, log_weights, left, right)
