"""Effects of two joint decisions on joint, marginal and conditional probabilities, with their derivatives.

Every probability is a function of the two indices ``u = x1'b1`` and ``v = x2'b2``, the correlation, and, in the
recursive model, the coefficient of the treatment. It is carried with the derivatives that the delta method asks for,
so that sums and quotients of probabilities need no formula of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from innospace.firms.choice.categories import discrete_columns
from innospace.firms.choice.joint import evaluation_rows, regressors
from innospace.firms.design import Design
from innospace.firms.estimates import Array, Effects
from innospace.numerics.bivariate_normal import log_bivariate_derivatives
from innospace.numerics.normal import log_cdf_and_mills

JOINT = {"joint_11": (1, 1), "joint_10": (1, 0), "joint_01": (0, 1), "joint_00": (0, 0)}
PROBABILITIES = (
    *JOINT,
    "marginal_1",
    "marginal_2",
    "conditional_1_given_2",
    "conditional_1_given_not_2",
    "conditional_2_given_1",
    "conditional_2_given_not_1",
)
BLOCK = 2048
"""Rows whose probabilities and derivatives are held at once."""
UNIT = "points of probability"
Found = tuple[str, str, float, Array]
"""Kind, name, value, gradient."""
Zeros = tuple[list[int], list[int]]
"""Positions in theta, by equation, of the columns that are zero before a discrete change."""


@dataclass(frozen=True, slots=True)
class Surface:
    """A probability of every row with derivatives by ``(u, v, rho, gamma)``.

    Attributes
    ----------
    value : ndarray, shape (n,)
    first : ndarray, shape (4, n)
    cross : ndarray, shape (2, 4, n), or (0, 4, n) where they are not wanted
        Derivatives of the slopes by ``u`` and ``v``.
    """

    value: Array
    first: Array
    cross: Array

    def __sub__(self, other: Surface) -> Surface:
        return Surface(self.value - other.value, self.first - other.first, self.cross - other.cross)


@dataclass(frozen=True, slots=True)
class LogSurface:
    """The logarithm of a probability, with its derivatives: sums and quotients of the smallest stay finite."""

    value: Array
    first: Array
    cross: Array

    def __add__(self, other: LogSurface) -> LogSurface:
        value = np.logaddexp(self.value, other.value)
        a, b = np.exp(self.value - value), np.exp(other.value - value)
        first = a * self.first + b * other.first
        cross = a * (self.cross + self.products()) + b * (other.cross + other.products())
        return LogSurface(value, first, cross - _products(first, len(cross)))

    def __truediv__(self, other: LogSurface) -> LogSurface:
        return LogSurface(self.value - other.value, self.first - other.first, self.cross - other.cross)

    def products(self) -> Array:
        """Return the products of slopes that stand between second derivatives of a logarithm and of its exponential."""
        return _products(self.first, len(self.cross))

    def plain(self) -> Surface:
        """Return the probability itself."""
        value = np.exp(self.value)
        return Surface(value, value * self.first, value * (self.cross + self.products()))


def _products(first: Array, m: int) -> Array:
    return np.asarray(first[:m, None] * first[None])


@dataclass(frozen=True, slots=True)
class Point:
    """Where effects are evaluated.

    Attributes
    ----------
    x : pair of ndarray, shapes (n, k1), (n, k2)
        The column of the treatment is zero in the recursive model: it enters by ``gamma``.
    weights : ndarray, shape (n,)
        Sum to one.
    theta : ndarray, shape (k1 + k2 + 1,)
    treatment : int or None
        Column of the treatment in the first equation.
    """

    x: tuple[Array, Array]
    weights: Array
    theta: Array
    treatment: int | None = None

    @property
    def k(self) -> int:
        """Coefficients of the first equation."""
        return int(self.x[0].shape[1])

    @property
    def rho(self) -> float:
        """Correlation of the errors."""
        return float(np.tanh(self.theta[-1]))

    @property
    def gamma(self) -> float | None:
        """Coefficient of the treatment."""
        return None if self.treatment is None else float(self.theta[self.treatment])

    def indices(self) -> tuple[Array, Array]:
        """Return ``u``, without the treatment, and ``v``."""
        return self.x[0] @ self.theta[: self.k], self.x[1] @ self.theta[self.k : -1]

    def blocks(self) -> list[Point]:
        """Return the rows in blocks that fit a processor cache."""
        starts = range(0, len(self.weights), BLOCK)
        return [
            replace(self, x=(self.x[0][a : a + BLOCK], self.x[1][a : a + BLOCK]), weights=self.weights[a : a + BLOCK])
            for a in starts
        ]

    def pull(self, slopes: Array) -> Array:
        """Return the gradient by theta of a mean whose slopes by ``(u, v, rho, gamma)``, shape (4, n), are given."""
        weighted = slopes * self.weights
        rho = (1.0 - self.rho**2) * weighted[2].sum()
        gradient = np.concatenate((weighted[0] @ self.x[0], weighted[1] @ self.x[1], [rho]))
        if self.treatment is not None:
            gradient[self.treatment] += weighted[3].sum()
        return gradient


def point_of(
    designs: Sequence[Design], theta: Array, at: str, treatment: int | None = None, rows: Array | None = None
) -> Point:
    """Return all rows (or those chosen), or their means, as a :class:`Point`."""
    chosen = np.ones(designs[0].n, dtype=bool) if rows is None else rows == 1.0
    first = designs[0].x[chosen]
    if treatment is not None:
        first = first.copy()
        first[:, treatment] = 0.0
    weights = designs[0].weights
    weights = None if weights is None else weights[chosen]
    x1, w = evaluation_rows(first, weights, at)
    x2, _ = evaluation_rows(designs[1].x[chosen], weights, at)
    return Point((x1, x2), w, theta, treatment)


def joint(
    u: Array,
    v: Array,
    rho: float,
    gamma: float | None,
    cell: tuple[int, int],
    treated: int | None = None,
    second: bool = True,
) -> LogSurface:
    """Return ``log P(y1 = a, y2 = b)``; the index of the first equation moves by ``gamma`` when ``treated`` is 1.

    ``treated`` is ``b`` unless given: what would have happened under the other treatment.
    """
    shift = cell[1] if treated is None else treated
    q1, q2 = 2.0 * cell[0] - 1.0, 2.0 * cell[1] - 1.0
    d = log_bivariate_derivatives(q1 * (u + shift * (gamma or 0.0)), q2 * v, np.asarray(q1 * q2 * rho))
    first = np.array([q1 * d.d1, q2 * d.d2, q1 * q2 * d.dr, shift * q1 * d.d1])
    if not second:
        return LogSurface(d.value, first, np.zeros((0, 4, len(u))))
    cross = np.array(
        [
            [d.d11, q1 * q2 * d.d12, q2 * d.d1r, shift * d.d11],
            [q1 * q2 * d.d12, d.d22, q1 * d.d2r, shift * q1 * q2 * d.d12],
        ]
    )
    return LogSurface(d.value, first, cross)


def margin(index: Array, place: int, sign: float = 1.0, gamma: float | None = None, second: bool = True) -> LogSurface:
    """Return ``log Phi(sign index)`` as a function of ``u`` (place 0), moved by ``gamma`` where given, or ``v``."""
    z = sign * (index + (gamma or 0.0))
    value, mills = log_cdf_and_mills(z)
    first, cross = np.zeros((4, len(z))), np.zeros((2 if second else 0, 4, len(z)))
    for p in (place,) if gamma is None else (place, 3):
        first[p] = sign * mills
        if second:
            cross[place, p] = -mills * (z + mills)
    return LogSurface(value, first, cross)


def surfaces(u: Array, v: Array, rho: float, gamma: float | None, second: bool = True) -> dict[str, Surface]:
    """Return every probability of :data:`PROBABILITIES`, with second derivatives when wanted."""
    cells = {name: joint(u, v, rho, gamma, cell, second=second) for name, cell in JOINT.items()}
    if gamma is None:
        one, not_one = margin(u, 0, second=second), margin(u, 0, -1.0, second=second)
    else:
        # what moves the treatment moves the outcome
        one, not_one = cells["joint_11"] + cells["joint_10"], cells["joint_01"] + cells["joint_00"]
    two, not_two = margin(v, 1, second=second), margin(v, 1, -1.0, second=second)
    found = {
        **cells,
        "marginal_1": one,
        "marginal_2": two,
        "conditional_1_given_2": cells["joint_11"] / two,
        "conditional_1_given_not_2": cells["joint_10"] / not_two,
        "conditional_2_given_1": cells["joint_11"] / one,
        "conditional_2_given_not_1": cells["joint_01"] / not_one,
    }
    return {name: surface.plain() for name, surface in found.items()}


def average_effects(designs: Sequence[Design], point: Point) -> list[Found]:
    """Return mean probabilities, mean marginal effects and mean discrete changes of every kind and regressor."""
    zeros = _zeros(designs, point)
    parts = [_block_effects(designs, block, zeros) for block in point.blocks()]
    # the weights of all blocks sum to one: means add up
    found: list[Found] = []
    for same in zip(*parts, strict=True):
        kind, name = same[0][:2]
        found.append((kind, name, sum(p[2] for p in same), np.sum([p[3] for p in same], axis=0)))
    return found


def _block_effects(designs: Sequence[Design], point: Point, zeros: dict[str, Zeros]) -> list[Found]:
    """Return the same for some rows, weighted."""
    u, v = point.indices()
    found: list[Found] = []
    everything = surfaces(u, v, point.rho, point.gamma)
    for kind, s in everything.items():
        found.append(("probability", kind, float(point.weights @ s.value), point.pull(s.first)))
    names = _shown(designs, point)
    places = {n: _places(designs, n) for n in names}
    for kind, s in everything.items():
        mean, gradients = s.first[:2] @ point.weights, (point.pull(s.cross[0]), point.pull(s.cross[1]))
        for name in names:
            if not _concerns(kind, places[name], point.treatment):
                continue
            value, gradient = 0.0, np.zeros(len(point.theta))
            for e, at in enumerate(places[name]):
                if at is not None:
                    value += float(point.theta[at] * mean[e])
                    gradient += point.theta[at] * gradients[e]
                    gradient[at] += mean[e]
            found.append((kind, name, value, gradient))
    changes = [f for n, z in zeros.items() for f in _discrete_changes(point, u, v, n, places[n], z)]
    order = {kind: i for i, kind in enumerate(PROBABILITIES)}
    return [*found, *sorted(changes, key=lambda f: order[f[0].removesuffix("_discrete")])]


def _places(designs: Sequence[Design], name: str) -> tuple[int | None, int | None]:
    """Return the positions in theta of a regressor in both equations."""
    first, second = (list(d.names) for d in designs)
    return (
        first.index(name) if name in first else None,
        len(first) + second.index(name) if name in second else None,
    )


def _concerns(kind: str, places: tuple[int | None, int | None], treatment: int | None) -> bool:
    """Whether a regressor can move a probability: one of the other equation cannot move a marginal one."""
    if kind == "marginal_1":
        return places[0] is not None or treatment is not None
    return kind != "marginal_2" or places[1] is not None


def _shown(designs: Sequence[Design], point: Point) -> list[str]:
    """Return the regressors whose effects are told: all but the treatment, which has its own."""
    treated = () if point.treatment is None else (designs[1].outcome,)
    return [n for n in regressors(designs) if n not in treated]


def _zeros(designs: Sequence[Design], point: Point) -> dict[str, Zeros]:
    """Return the regressors that change discretely, with the columns of either equation that are zero before."""
    found = [discrete_columns(d.x, d.names) for d in designs]
    starts = (0, point.k)
    zeros = {}
    for name in _shown(designs, point):
        places = _places(designs, name)
        groups = [None if at is None else f.get(at - s) for at, f, s in zip(places, found, starts, strict=True)]
        if all(at is None or group for at, group in zip(places, groups, strict=True)):
            one, two = ([s + j for j in group or ()] for group, s in zip(groups, starts, strict=True))
            zeros[name] = (one, two)
    return zeros


def _discrete_changes(
    point: Point, u: Array, v: Array, name: str, places: tuple[int | None, int | None], zeros: Zeros
) -> list[Found]:
    """Return the mean change of every probability when a 0/1 regressor goes from 0 to 1 in both equations."""
    low, high = [u, v], [u, v]
    for e, (at, group) in enumerate(zip(places, zeros, strict=True)):
        if at is not None:
            low[e] = low[e] - point.x[e][:, [g - e * point.k for g in group]] @ point.theta[group]
            high[e] = low[e] + point.theta[at]
    ends = [surfaces(index[0], index[1], point.rho, point.gamma, second=False) for index in (low, high)]
    found = []
    for kind in PROBABILITIES:
        if not _concerns(kind, places, point.treatment):
            continue
        change = ends[1][kind] - ends[0][kind]
        gradient = point.pull(change.first)
        for e, (at, group) in enumerate(zip(places, zeros, strict=True)):
            if at is not None:
                # the regressor itself is one in the upper state and zero in the lower; other levels are zero in both
                gradient[group] = 0.0
                gradient[at] = float(point.weights @ ends[1][kind].first[e])
        found.append((f"{kind}_discrete", name, float(point.weights @ change.value), gradient))
    return found


def correlation_effect(theta: Array) -> Found:
    """Return the correlation as an effect, so that its error follows any covariance."""
    rho = float(np.tanh(theta[-1]))
    gradient = np.zeros(len(theta))
    gradient[-1] = 1.0 - rho * rho
    return "correlation", "rho", rho, gradient


def effects_of(found: Sequence[Found], covariance: Array | None = None, correlations: int = 1) -> Effects:
    """Return effects as a record.

    With a covariance errors are computed here, from the coefficients without the last ``correlations``: at a bound
    nothing can be said of those.
    """
    gradients = np.array([f[3] for f in found])
    errors = None
    if covariance is not None:
        free = len(covariance) - correlations
        inner = gradients[:, :free]
        errors = np.sqrt(np.einsum("ij,jk,ik->i", inner, covariance[:free, :free], inner))
        errors = np.where([f[0] == "correlation" for f in found], np.nan, errors)
    return Effects(
        tuple(f[1] for f in found),
        np.array([f[2] for f in found]),
        tuple(f[0] for f in found),
        jacobian=gradients if covariance is None else None,
        std_errors=errors,
        unit=UNIT,
    )
