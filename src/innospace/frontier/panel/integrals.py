r"""Where the integral over the effect of a unit is evaluated: ``int prod_t f(e_it - b) h(b) db``, one for each unit.

The logarithm of the integrand is concave. Where it is close to a parabola a Gauss-Hermite rule around its mode is
exact; its own last coefficients say whether it is. Elsewhere (little noise, or an effect without its normal part, make
edges) the line is cut into panels with a Gauss-Legendre rule each. The curvature of the rows falls with ``b`` and that
of the effect grows, so that their values at the ends of a panel bound it between: panels are as short as the edge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from innospace.frontier.densities.base import Array, Combined, Density, Derivatives, combine
from innospace.frontier.panel.units import Index, Units
from innospace.numerics.quadrature import gauss_hermite

BLOCK = 16_384
"""Rows times nodes that are held at a time."""
STEPS = 100
"""Newton steps towards the mode of an integrand; a handful is usual."""
NEAR = 1e-2
"""Distance from the mode, in deviations of its curvature, that is near enough."""
TAIL = 3e-4
"""Last Hermite coefficients, relative to the integral, up to which the Gauss-Hermite rule counts as exact:
its error is about that of the square."""
LAST = 3
LEGENDRE = 16
WIDEST = 6.0
"""Length of a panel by the square root of its largest curvature."""
STEEPEST = 18.0
"""How far the logarithm of the integrand may fall over a panel."""
FAINT, RATIO = 1e-5, 1e6
"""Curvature beyond the least one, by the squared length, that is no edge; how much of it may end within a panel."""
DROP = 30.0
"""Fall of the logarithm below its top beyond which nothing is added in floating point."""
GROWTH = 4.0
FAR, MANY = 4.0, 6
"""How many times too long a panel is that is cut into so many parts at once, and not into halves."""
CUTS = 60


@dataclass(frozen=True, slots=True)
class Nodes:
    """Values of effects, ordered by unit.

    Attributes
    ----------
    owner : ndarray of int, shape (m,)
        Number of the unit.
    points : ndarray, shape (m,)
        Effect.
    log_weights : ndarray, shape (m,)
        Of an integral over the line.
    """

    owner: Index
    points: Array
    log_weights: Array


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An integrand at nodes; the rows of a node stand together.

    Attributes
    ----------
    within, above : Derivatives
        Of the rows, shape (sum of rows of nodes,), and of the effect, shape (m,).
    place : ndarray of int
        Row of the panel that stands at each place.
    heads : ndarray of int, shape (m,)
        Where the rows of each node begin.
    """

    within: Derivatives
    above: Derivatives
    place: Index
    heads: Index

    @property
    def log(self) -> Array:
        """Logarithm of the integrand, shape (m,)."""
        return np.asarray(self.summed(self.within.value) + self.above.value)

    def summed(self, rows: Array) -> Array:
        """Return sums by node of an array whose last axis are rows."""
        whole = np.broadcast_to(rows, (*np.shape(rows)[:-1], len(self.place)))
        return np.asarray(np.add.reduceat(whole, self.heads, axis=-1))


@dataclass(frozen=True, slots=True)
class Integrand:
    """The integrands of all units at one value of the parameters.

    Attributes
    ----------
    units : Units
    rows, effect : Density
        Distributions of ``v_it - u_it`` and of the effect.
    e : ndarray, shape (n,)
        Composed errors with the effect.
    of_rows, of_effect : tuple of ndarray
        Parameters of both: numbers, or by row.
    """

    units: Units
    rows: Density
    effect: Density
    e: Array
    of_rows: tuple[Array, ...]
    of_effect: tuple[Array, ...]

    def at(self, owner: Index, b: Array, *, along: bool = False) -> Evaluated:
        """Evaluate at effects ``b`` of units ``owner``, shape (m,) each; ``along``: derivatives by errors alone."""
        counts = self.units.counts[owner]
        heads = np.cumsum(counts) - counts
        place = np.repeat(self.units.starts[owner] - heads, counts) + np.arange(int(counts.sum()))
        how = _along if along else _whole
        within = how(self.rows, *self._of_rows(place, np.repeat(b, counts)))
        return Evaluated(within, how(self.effect, b, self.of_effect), place, heads)

    def errors(self, at: Evaluated, nodes: Nodes) -> tuple[Array, tuple[Array, ...]]:
        """Return errors without the effects, and their parameters, at nodes where the integrand was evaluated."""
        return self._of_rows(at.place, np.repeat(nodes.points, self.units.counts[nodes.owner]))

    def _of_rows(self, place: Index, b: Array) -> tuple[Array, tuple[Array, ...]]:
        return self.e[place] - b, tuple(v[place] if v.ndim else v for v in self.of_rows)

    def shape(self, owner: Index, b: Array) -> Array:
        """Return logarithm, slope and curvatures of rows and effect, shape (4, m), curvatures not below zero."""
        found = self.at(owner, b, along=True)
        slope = found.above.first[0] - found.summed(np.asarray(found.within.first[0]))
        bends = found.summed(np.asarray(found.within.second[0])), found.above.second[0]
        zero = np.zeros_like(b)
        return np.array((found.log, slope, *(np.maximum(zero - c, 0.0) for c in bends)))

    def modes(self) -> tuple[Array, Array]:
        """Return the mode of each integrand, nearly, and the deviation its curvature stands for, shapes (units,)."""
        units = self.units
        b, spread = units.sums(self.e) / units.counts, np.zeros(len(units.counts))
        low, high = np.full_like(b, -np.inf), np.full_like(b, np.inf)
        farthest = 4.0 * float(np.abs(self.e).max(initial=0.0)) + 1.0
        todo = np.arange(len(b))
        for _ in range(STEPS):
            _, slope, of_rows, of_effect = self.shape(todo, b[todo])
            curvature = np.maximum(of_rows + of_effect, np.finfo(float).tiny ** 0.5)
            spread[todo] = 1.0 / np.sqrt(curvature)
            rising = slope > 0.0
            low[todo[rising]], high[todo[~rising]] = b[todo[rising]], b[todo[~rising]]
            step = np.clip(slope / curvature, -farthest, farthest)
            trial = b[todo] + step
            between = (trial >= low[todo]) & (trial <= high[todo])
            b[todo] = np.where(between, trial, 0.5 * (low[todo] + high[todo]))
            todo = todo[~(np.abs(step) <= NEAR * spread[todo])]
            if not len(todo):
                break
        return b, spread


def _whole(density: Density, e: Array, theta: tuple[Array, ...]) -> Derivatives:
    return density.evaluate(e, theta)


def _along(density: Density, e: Array, theta: tuple[Array, ...]) -> Derivatives:
    """Return the log-density with its slope and curvature by ``e``: nothing else is needed where nodes are sought."""
    if not isinstance(density, Combined):
        found = density.evaluate(e, theta)
        return Derivatives(found.value, found.first[:1], found.second[:1])
    apart = density.combination(e, theta)
    value, first, second = (combine(t, apart.columns) for t in (apart.value, apart.first[0], apart.second[0]))
    return Derivatives(value, (first,), (second,))


def blocks(sizes: Index) -> Iterator[slice]:
    """Cut units with so many evaluations each into blocks."""
    ends = np.cumsum(sizes)
    start = 0
    while start < len(sizes):
        before = int(ends[start] - sizes[start])
        stop = max(int(np.searchsorted(ends, before + BLOCK, side="right")), start + 1)
        yield slice(start, stop)
        start = stop


def hermite_nodes(which: Index, centre: Array, spread: Array, count: int) -> Nodes:
    """Return a Gauss-Hermite rule around the mode of each of some units."""
    x, log_weight = gauss_hermite(count)
    points = centre[which, None] + spread[which, None] * x
    weights = log_weight + 0.5 * x * x + 0.5 * np.log(2.0 * np.pi) + np.log(spread[which, None])
    return Nodes(np.repeat(which, len(x)), points.ravel(), weights.ravel())


def resolved(log_mass: Array, count: int) -> NDArray[np.bool_]:
    """Whether a Gauss-Hermite rule is exact, from the logarithms of what its nodes hold, shape (units, nodes)."""
    mass = np.exp(log_mass - log_mass.max(axis=1, keepdims=True))
    coefficients = np.abs(mass @ _last_polynomials(count)).max(axis=1)
    return np.asarray(coefficients <= TAIL * mass.sum(axis=1), dtype=np.bool_)


@lru_cache(maxsize=8)
def _last_polynomials(count: int) -> Array:
    """Return the last normalised Hermite polynomials that a rule of ``count`` nodes can tell, shape (nodes, LAST)."""
    x, _ = gauss_hermite(count)
    before, here = np.zeros_like(x), np.ones_like(x)
    made = [here]
    for k in range(1, count):
        before, here = here, (x * here - np.sqrt(k - 1.0) * before) / np.sqrt(k)
        made.append(here)
    return np.column_stack(made[-LAST:])


def panel_nodes(integrand: Integrand, which: Index, centre: Array, spread: Array) -> Nodes:
    """Return Gauss-Legendre rules on panels that follow the integrand, for some units."""
    owner, left, right = _panels(integrand, which, centre[which], spread[which])
    order = np.lexsort((left, owner))
    x, weight = np.polynomial.legendre.leggauss(LEGENDRE)
    middle, half = 0.5 * (left + right)[order, None], 0.5 * (right - left)[order, None]
    points, weights = middle + half * x, np.log(half) + np.log(weight)
    return Nodes(np.repeat(owner[order], LEGENDRE), points.ravel(), weights.ravel())


def _panels(f: Integrand, which: Index, centre: Array, spread: Array) -> tuple[Index, Array, Array]:
    """Return unit, left and right end of panels that are short enough."""
    own, ends, shapes = _outward(f, which, centre, spread)
    top, unit = np.full(len(f.units.counts), -np.inf), np.ones(len(f.units.counts))
    np.maximum.at(top, own, shapes[:, 0].max(axis=0))
    unit[which] = spread
    # the least curvature of each, which is no edge: of the rows at the right end, of the effect at the left
    floor = np.full((2, len(top)), np.inf)
    np.minimum.at(floor[0], own, shapes[1, 2])
    np.minimum.at(floor[1], own, shapes[0, 3])
    kept = []
    for _ in range(CUTS):
        width = ends[1] - ends[0]
        high = shapes[:, 0].max(axis=0)
        matters = high + np.log(np.maximum(width / unit[own], 1.0)) > top[own] - DROP
        long = (width * np.sqrt(shapes[0, 2] + shapes[1, 3]) > WIDEST) | (
            np.abs(shapes[1, 0] - shapes[0, 0]) > STEEPEST
        )
        for bend in ((shapes[:, 2] - floor[0, own]), (shapes[::-1, 3] - floor[1, own])):
            # an edge that is narrower than the panel, just outside of it
            long |= bend[0] * width**2 > FAINT * np.maximum(1.0, RATIO / FAINT * bend[1] * width**2)
        kept.append((own[matters & ~long], ends[:, matters & ~long]))
        own, ends, shapes = own[matters & long], ends[:, matters & long], shapes[:, :, matters & long]
        if not len(own):
            break
        far = (ends[1] - ends[0]) * np.sqrt(shapes[0, 2] + shapes[1, 3]) > FAR * WIDEST
        own, ends, shapes = _cut(f, own, ends, shapes, np.where(far, MANY, 2))
    left, right = np.hstack([e for _, e in kept])
    return np.concatenate([o for o, _ in kept]), left, right


def _cut(f: Integrand, own: Index, ends: Array, shapes: Array, parts: Index) -> tuple[Index, Array, Array]:
    """Cut each panel into so many parts."""
    whole = np.repeat(np.arange(len(own)), parts + 1)
    last = np.cumsum(parts + 1) - 1
    number = np.arange(len(whole)) - (last - parts)[whole]
    points = ends[0, whole] + (ends[1] - ends[0])[whole] * number / parts[whole]
    points[last] = ends[1]
    inside = (number > 0) & (number < parts[whole])
    found = np.empty((4, len(whole)))
    found[:, last - parts], found[:, last] = shapes
    found[:, inside] = f.shape(own[whole[inside]], points[inside])
    left = np.flatnonzero(number < parts[whole])
    return own[whole[left]], np.array((points[left], points[left + 1])), np.array((found[:, left], found[:, left + 1]))


def _outward(f: Integrand, which: Index, centre: Array, spread: Array) -> tuple[Index, Array, Array]:
    """Return panels from the mode on, each longer than the one before, until nothing is left of the integrand.

    Units, shape (m,), ends, shape (2, m), and what :meth:`Integrand.shape` is at the ends, shape (2, 4, m).
    """
    start = f.shape(which, centre)
    own, ends, shapes = [], [], []
    for side in (-1.0, 1.0):
        todo, at, shape, width = np.arange(len(which)), centre, start, WIDEST * spread
        while len(todo):
            end = at + side * width
            found = f.shape(which[todo], end)
            pair = slice(None, None, int(side))
            own.append(which[todo])
            ends.append(np.array((at, end)[pair]))
            shapes.append(np.array((shape, found)[pair]))
            on = found[0] > start[0, todo] - DROP
            todo, at, shape, width = todo[on], end[on], found[:, on], GROWTH * width[on]
    return np.concatenate(own), np.hstack(ends), np.concatenate(shapes, axis=2)
