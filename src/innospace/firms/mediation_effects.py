"""Effects of a treatment through a mediator, from two fitted equations, with derivatives. Pure functions on arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from innospace.core.errors import SolverError
from innospace.core.status import StatusCode
from innospace.firms.choice.binary import BinaryFit, fit_binary
from innospace.firms.estimates import Array, Integers
from innospace.firms.least_squares import LinearFit, fit_linear
from innospace.numerics.bootstrap import resampled_rows

KINDS = (
    "total",
    "indirect_average",
    "indirect_treated",
    "indirect_control",
    "direct_average",
    "direct_treated",
    "direct_control",
    "share_mediated",
)
"""Effects, in the order of :func:`mediated`."""


@dataclass(frozen=True, slots=True)
class MediationData:
    """Arrays of both equations.

    Attributes
    ----------
    y, m, t : ndarray, shape (n,)
        Outcome, mediator (0/1), treatment (0/1).
    x : ndarray, shape (n, k)
        Constant and controls.
    link : str
        ``probit``, ``logit`` or ``linear``, of the outcome.
    mediator_link : str
        ``probit`` or ``logit``.
    interaction : bool
        Whether the outcome equation has treatment times mediator.
    blocks : ndarray of int, shape (n,)
        Firms, 0 to G - 1.
    """

    y: Array
    m: Array
    t: Array
    x: Array
    link: str
    mediator_link: str
    interaction: bool
    blocks: Integers

    @property
    def mediator_design(self) -> Array:
        """Regressors of the mediator: controls, treatment."""
        return np.column_stack([self.x, self.t])

    @property
    def outcome_design(self) -> Array:
        """Regressors of the outcome: controls, treatment, mediator and, if wanted, their product."""
        product = [self.t * self.m] if self.interaction else []
        return np.column_stack([self.x, self.t, self.m, *product])

    def rows(self, rows: Integers) -> MediationData:
        """Return some rows."""
        parts = (self.y[rows], self.m[rows], self.t[rows], self.x[rows])
        return MediationData(*parts, self.link, self.mediator_link, self.interaction, self.blocks[rows])


@dataclass(frozen=True, slots=True)
class MediationFit:
    """Both equations."""

    mediator: BinaryFit
    outcome: BinaryFit | LinearFit

    @property
    def values(self) -> Array:
        """Coefficients of the mediator, then of the outcome."""
        return np.concatenate([self.mediator.theta, self.outcome.theta])


def fit_mediation(d: MediationData) -> MediationFit:
    """Fit the mediator and the outcome.

    Raises
    ------
    DataError
        Perfect separation.
    """
    mediator = fit_binary(d.m, d.mediator_design, d.mediator_link)
    x = d.outcome_design
    return MediationFit(mediator, fit_linear(d.y, x) if d.link == "linear" else fit_binary(d.y, x, d.link))


def _mean_and_slope(index: Array, link: str) -> tuple[Array, Array]:
    if link == "linear":
        return index, np.ones_like(index)
    if link == "logit":
        p = special.expit(index)
        return p, p * (1.0 - p)
    return special.ndtr(index), np.exp(-0.5 * index * index) / np.sqrt(2.0 * np.pi)


def _potential(d: MediationData, theta: Array, treated: int, mediated_as: int) -> tuple[float, Array]:
    """Return the mean over rows of ``sum_m E[Y | t, m, x] P(M = m | t', x)`` and its derivatives.

    ``t`` is ``treated`` and ``t'`` is ``mediated_as``: the outcome under one treatment were the mediator as under
    another (Imai, Keele and Tingley 2010).
    """
    n, k = d.x.shape
    at = k + 1
    alpha, beta = theta[:at], theta[at:]
    x_m = np.column_stack([d.x, np.full(n, float(mediated_as))])
    chance, chance_slope = _mean_and_slope(x_m @ alpha, d.mediator_link)
    gradient = np.zeros(len(theta))
    value = 0.0
    difference = np.zeros(n)
    for m in (0, 1):
        product = [np.full(n, float(treated * m))] if d.interaction else []
        x_y = np.column_stack([d.x, np.full(n, float(treated)), np.full(n, float(m)), *product])
        mean, slope = _mean_and_slope(x_y @ beta, d.link)
        weight = chance if m else 1.0 - chance
        value += float(np.mean(weight * mean))
        gradient[at:] += (weight * slope) @ x_y / n
        difference += mean if m else -mean
    gradient[:at] = (difference * chance_slope) @ x_m / n
    return value, gradient


def mediated(d: MediationData, theta: Array) -> tuple[Array, Array]:
    """Return the effects of :data:`KINDS`, shape (8,), and their derivatives, shape (8, p).

    With ``Y(t, M(t'))``: total ``Y(1,M(1)) - Y(0,M(0))``; indirect at ``t`` ``Y(t,M(1)) - Y(t,M(0))``; direct at
    ``t'`` ``Y(1,M(t')) - Y(0,M(t'))``; averages over treated and control; share mediated: indirect average over total.
    """
    y = {(t, s): _potential(d, theta, t, s) for t in (0, 1) for s in (0, 1)}

    def contrast(a: tuple[int, int], b: tuple[int, int]) -> Array:
        return np.concatenate([[y[a][0] - y[b][0]], y[a][1] - y[b][1]])

    total = contrast((1, 1), (0, 0))
    indirect = {t: contrast((t, 1), (t, 0)) for t in (0, 1)}
    direct = {s: contrast((1, s), (0, s)) for s in (0, 1)}
    through, past = 0.5 * (indirect[0] + indirect[1]), 0.5 * (direct[0] + direct[1])
    share = np.concatenate([[through[0] / total[0]], (through[1:] - through[0] / total[0] * total[1:]) / total[0]])
    table = np.array([total, through, indirect[1], indirect[0], past, direct[1], direct[0], share])
    return table[:, 0], table[:, 1:]


def mediation_statistic(d: MediationData, counts: Integers) -> Array:
    """Return coefficients and effects of one draw of firms.

    Raises
    ------
    DataError, SolverError
        A draw in which an equation has no estimate.
    """
    drawn = d.rows(resampled_rows(d.blocks, counts)[0])
    if np.ptp(drawn.m) == 0.0 or np.ptp(drawn.t) == 0.0 or np.ptp(drawn.y) == 0.0:
        raise SolverError("Outcome, mediator or treatment does not vary in this draw.")
    fit = fit_mediation(drawn)
    if fit.mediator.optimum.code is not StatusCode.CONVERGED:
        raise SolverError("The mediator equation has no maximum in this draw.")
    return np.concatenate([fit.values, mediated(drawn, fit.values)[0]])
