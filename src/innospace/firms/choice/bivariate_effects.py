"""Effects of two joint decisions on joint, marginal and conditional probabilities, with their derivatives.

Every probability is a function of the two indices ``u = x1'b1`` and ``v = x2'b2``, the correlation, and, in the
recursive model, the coefficient of the treatment. It is carried with the derivatives that the delta method asks for,
so that sums and quotients of probabilities need no formula of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from innospace.firms.choice.binary import is_dummy
from innospace.firms.choice.joint import evaluation_rows, regressors
from innospace.firms.design import Design
from innospace.firms.estimates import Array, Effects
from innospace.numerics.bivariate_normal import bivariate_derivatives

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
_SQRT_2PI = float(np.sqrt(2.0 * np.pi))
Found = tuple[str, str, float, Array]
"""Kind, name, value, gradient."""


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

    def __add__(self, other: Surface) -> Surface:
        return Surface(self.value + other.value, self.first + other.first, self.cross + other.cross)

    def __sub__(self, other: Surface) -> Surface:
        return Surface(self.value - other.value, self.first - other.first, self.cross - other.cross)

    def __truediv__(self, other: Surface) -> Surface:
        value = self.value / other.value
        first = (self.first - value * other.first) / other.value
        m = len(self.cross)
        mixed = first[:m, None] * other.first[None] + first[None] * other.first[:m, None]
        return Surface(value, first, (self.cross - mixed - value * other.cross) / other.value)


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
    def gamma(self) -> float:
        """Coefficient of the treatment; zero without one."""
        return 0.0 if self.treatment is None else float(self.theta[self.treatment])

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
    gamma: float,
    cell: tuple[int, int],
    treated: int | None = None,
    second: bool = True,
) -> Surface:
    """Return ``P(y1 = a, y2 = b)``; the index of the first equation moves by ``gamma`` when ``treated`` is 1.

    ``treated`` is ``b`` unless given: what would have happened under the other treatment.
    """
    shift = cell[1] if treated is None else treated
    q1, q2 = 2.0 * cell[0] - 1.0, 2.0 * cell[1] - 1.0
    d = bivariate_derivatives(q1 * (u + shift * gamma), q2 * v, np.asarray(q1 * q2 * rho))
    first = np.array([q1 * d.d1, q2 * d.d2, q1 * q2 * d.dr, shift * q1 * d.d1])
    if not second:
        return Surface(d.value, first, np.zeros((0, 4, len(u))))
    cross = np.array(
        [
            [d.d11, q1 * q2 * d.d12, q2 * d.d1r, shift * d.d11],
            [q1 * q2 * d.d12, d.d22, q1 * d.d2r, shift * q1 * q2 * d.d12],
        ]
    )
    return Surface(d.value, first, cross)


def margin(index: Array, place: int, gamma: float | None = None, second: bool = True) -> Surface:
    """Return ``Phi(index)`` as a function of ``u`` (place 0), moved by ``gamma`` where given, or ``v`` (place 1)."""
    z = index + (gamma or 0.0)
    density = np.exp(-0.5 * z * z) / _SQRT_2PI
    first, cross = np.zeros((4, len(z))), np.zeros((2, 4, len(z)))
    places = (place,) if gamma is None else (place, 3)
    for p in places:
        first[p] = density
        cross[place, p] = -z * density
    return Surface(special.ndtr(z), first, cross if second else cross[:0])


def surfaces(u: Array, v: Array, rho: float, gamma: float, second: bool = True) -> dict[str, Surface]:
    """Return every probability of :data:`PROBABILITIES`, with second derivatives when wanted."""
    cells = {name: joint(u, v, rho, gamma, cell, second=second) for name, cell in JOINT.items()}
    one, two = cells["joint_11"] + cells["joint_10"], cells["joint_11"] + cells["joint_01"]
    not_one, not_two = cells["joint_01"] + cells["joint_00"], cells["joint_10"] + cells["joint_00"]
    return {
        **cells,
        "marginal_1": one,
        "marginal_2": margin(v, 1, second=second),
        "conditional_1_given_2": cells["joint_11"] / two,
        "conditional_1_given_not_2": cells["joint_10"] / not_two,
        "conditional_2_given_1": cells["joint_11"] / one,
        "conditional_2_given_not_1": cells["joint_01"] / not_one,
    }


def average_effects(designs: Sequence[Design], point: Point) -> list[Found]:
    """Return mean probabilities, mean marginal effects and mean discrete changes of every kind and regressor."""
    parts = [_block_effects(designs, block) for block in point.blocks()]
    # the weights of all blocks sum to one: means add up
    return [
        (f[0][0], f[0][1], sum(p[2] for p in f), np.sum([p[3] for p in f], axis=0)) for f in zip(*parts, strict=True)
    ]


def _block_effects(designs: Sequence[Design], point: Point) -> list[Found]:
    """Return the same for some rows, weighted."""
    u, v = point.indices()
    found: list[Found] = []
    everything = surfaces(u, v, point.rho, point.gamma)
    for kind, s in everything.items():
        found.append(("probability", kind, float(point.weights @ s.value), point.pull(s.first)))
    treated = () if point.treatment is None else (designs[1].outcome,)
    names = [n for n in regressors(designs) if n not in treated]
    places = {n: _places(designs, n) for n in names}
    for kind, s in everything.items():
        mean, gradients = s.first[:2] @ point.weights, (point.pull(s.cross[0]), point.pull(s.cross[1]))
        for name in names:
            value, gradient = 0.0, np.zeros(len(point.theta))
            for e, at in enumerate(places[name]):
                if at is not None:
                    value += float(point.theta[at] * mean[e])
                    gradient += point.theta[at] * gradients[e]
                    gradient[at] += mean[e]
            found.append((kind, name, value, gradient))
    changes = [f for n in names if _dummy(designs, n) for f in _discrete_changes(point, u, v, n, places[n])]
    order = {kind: i for i, kind in enumerate(PROBABILITIES)}
    return [*found, *sorted(changes, key=lambda f: order[f[0].removesuffix("_discrete")])]


def _places(designs: Sequence[Design], name: str) -> tuple[int | None, int | None]:
    """Return the positions in theta of a regressor in both equations."""
    first, second = (list(d.names) for d in designs)
    return (
        first.index(name) if name in first else None,
        len(first) + second.index(name) if name in second else None,
    )


def _dummy(designs: Sequence[Design], name: str) -> bool:
    return any(is_dummy(d.x[:, d.names.index(name)]) for d in designs if name in d.names)


def _discrete_changes(
    point: Point, u: Array, v: Array, name: str, places: tuple[int | None, int | None]
) -> list[Found]:
    """Return the mean change of every probability when a 0/1 regressor goes from 0 to 1 in both equations."""
    low, high = [u, v], [u, v]
    for e, at in enumerate(places):
        if at is not None:
            column = point.x[e][:, at - e * point.k]
            low[e] = low[e] - column * point.theta[at]
            high[e] = low[e] + point.theta[at]
    ends = [surfaces(index[0], index[1], point.rho, point.gamma, second=False) for index in (low, high)]
    found = []
    for kind in PROBABILITIES:
        change = ends[1][kind] - ends[0][kind]
        gradient = point.pull(change.first)
        for e, at in enumerate(places):
            if at is not None:
                # the regressor itself is one in the upper state and zero in the lower
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
