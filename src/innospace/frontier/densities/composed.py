"""Any distribution of inefficiency with any noise, by quadrature: ``f(e) = int p(u) g(e + u) du``.

Derivatives of the logarithm are means over ``u | e``: the first of the scores of ``p g``, the second of its second
derivatives and of products of scores, less the product of the first. They are as exact as the integral.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from innospace.frontier.densities.base import Array, Derivatives, Unit
from innospace.frontier.densities.noise import Noise
from innospace.frontier.densities.panels import Grid, Integrand, grid
from innospace.frontier.densities.posterior import GridPosterior, mode
from innospace.frontier.densities.prior import Prior, match

ROWS = 256
"""Rows whose nodes are held at a time."""
NEARLY_ALL = 0.99
"""Share of the variance that inefficiency has in a start nearly without noise."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A distribution of inefficiency and one of noise.

    Attributes
    ----------
    prior : Prior
    distribution : Noise
    """

    prior: Prior
    distribution: Noise

    @property
    def name(self) -> str:
        """Name of the distribution of inefficiency."""
        return self.prior.name

    @property
    def noise(self) -> str:
        """Name of the distribution of noise."""
        return self.distribution.name

    @property
    def title(self) -> str:
        """Name of the distribution of inefficiency in words."""
        return self.prior.title

    @property
    def parameters(self) -> tuple[str, ...]:
        """Parameters of inefficiency, then of noise."""
        return (*self.prior.parameters, *self.distribution.parameters)

    @property
    def units(self) -> tuple[Unit, ...]:
        """How parameters move with the unit of the outcome."""
        return (*self.prior.units, *self.distribution.units)

    @property
    def latex(self) -> str:
        """The distribution of inefficiency."""
        return self.prior.latex

    @property
    def typst(self) -> str:
        """The distribution of inefficiency."""
        return self.prior.typst

    def evaluate(self, e: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return log-density and derivatives; see :class:`~innospace.frontier.densities.base.Density`."""
        e = np.asarray(e, dtype=np.float64)
        flat = e.reshape(-1)
        with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
            # far from where the mass is, densities underflow and their logarithms do not matter
            parts = [self._evaluate(flat[rows], own, noisy) for rows, own, noisy in self._chunks(flat, theta)]

        def joined(pieces: list[Array]) -> Array:
            return np.concatenate(pieces).reshape(e.shape)

        count = len(parts[0].first), len(parts[0].second)
        return Derivatives(
            joined([p.value for p in parts]),
            tuple(joined([p.first[i] for p in parts]) for i in range(count[0])),
            tuple(joined([p.second[i] for p in parts]) for i in range(count[1])),
        )

    def _chunks(
        self, e: Array, theta: tuple[Array, ...]
    ) -> Iterator[tuple[slice, tuple[Array, ...], tuple[Array, ...]]]:
        count = len(self.prior.parameters)
        values = [np.asarray(v, dtype=np.float64) for v in theta]
        for start in range(0, max(len(e), 1), ROWS):
            rows = slice(start, start + ROWS)
            here = tuple(v.reshape(-1)[rows][:, None] if v.size > 1 else v.reshape(()) for v in values)
            yield rows, here[:count], here[count:]

    def _nodes(
        self, e: Array, own: tuple[Array, ...], noisy: tuple[Array, ...]
    ) -> tuple[Grid, Array, Derivatives, Derivatives]:
        """Return the grid, log integrand, and both distributions at its nodes, shape (n, nodes)."""
        found = grid(Integrand(self.prior, self.distribution, e, own, noisy))
        t = found.t.reshape(len(e), -1)
        before = self.prior.log_density(t, own)
        after = self.distribution.evaluate(e[:, None] + np.exp(t), noisy)
        return found, before.value + after.value, before, after

    def _evaluate(self, e: Array, own: tuple[Array, ...], noisy: tuple[Array, ...]) -> Derivatives:
        found, log_integrand, before, after = self._nodes(e, own, noisy)
        log_mass = log_integrand + found.log_weights.reshape(len(e), -1)
        top = log_mass.max(axis=1)
        mass = np.exp(log_mass - top[:, None])
        total = mass.sum(axis=1)
        share = mass / total[:, None]
        value = top + np.log(total)
        # order: e, parameters of inefficiency, parameters of noise
        # where nothing is left of the integrand its scores may be infinite, and do not count
        empty = share <= 0.0

        def counted(part: Array) -> Array:
            full = np.broadcast_to(part, share.shape)
            return np.where(empty, 0.0, full) if some else full

        some = not np.all(np.isfinite(log_integrand)) or bool(empty.any())
        s = tuple(counted(part) for part in (after.first[0], *before.first, *after.first[1:]))
        weighted = [share * part for part in s]
        first = tuple(w.sum(axis=1) for w in weighted)
        own_count, noise_count = len(own), len(noisy)
        within = _positions(own_count, noise_count)
        second = []
        for i in range(len(s)):
            for j in range(i, len(s)):
                total_ij = np.einsum("nq,nq->n", weighted[i], s[j]) - first[i] * first[j]
                place = within.get((i, j))
                if place is not None:
                    part = (before, after)[place[0]].second[place[1]]
                    total_ij = total_ij + np.einsum("nq,nq->n", share, counted(part))
                second.append(total_ij)
        jump = self.distribution.kink(noisy)
        if jump is not None:
            second[0] = second[0] + self._kink(e, own, jump, value)
        if hasattr(self.prior, "end"):
            return self._moving_end(e, self.prior.end(own), noisy, Derivatives(value, first, tuple(second)))
        return Derivatives(value, first, tuple(second))

    def _moving_end(self, e: Array, end: Array, noisy: tuple[Array, ...], inside: Derivatives) -> Derivatives:
        """Return derivatives with what the end of the distribution of inefficiency adds as it moves.

        ``f = int_0^end g(e + u) du / end``, so that ``d f / d a = (g(e + end) - f) / 2`` with ``end = c exp(a / 2)``.
        """
        end = np.broadcast_to(end, (len(e), 1))
        at_end = self.distribution.evaluate(e[:, None] + end, noisy)
        ratio = np.exp(at_end.value[:, 0] - inside.value)
        slopes = [np.broadcast_to(f, (len(e), 1))[:, 0] for f in at_end.first]
        of_e, _, *of_noise = inside.first
        by_a = 0.5 * (ratio - 1.0)
        first = (of_e, by_a, *of_noise)
        second = list(inside.second)
        count = len(first)
        second[1] = 0.5 * ratio * (slopes[0] - of_e)
        second[count] = -0.5 * ratio * by_a + 0.25 * end[:, 0] * ratio * slopes[0]
        for j, (slope, own) in enumerate(zip(slopes[1:], of_noise, strict=True), start=1):
            second[count + j] = 0.5 * ratio * (slope - own)
        return Derivatives(inside.value, first, tuple(second))

    def _kink(self, e: Array, own: tuple[Array, ...], jump: Array, value: Array) -> Array:
        """Return what a kink of the noise adds to the second derivative: its jump times the density at ``u = -e``."""
        u = np.where(e < 0.0, -e, 1.0)[:, None]
        log_density = self.prior.log_density(np.log(u), own).value - np.log(u)
        return np.where(e < 0.0, (jump * np.exp(log_density - value[:, None]))[:, 0], 0.0)

    def posterior(self, e: Array, theta: tuple[Array, ...]) -> GridPosterior:
        """Return the distribution of inefficiency given the composed error, on its grid."""
        flat = np.atleast_1d(np.asarray(e, dtype=np.float64)).reshape(-1)
        parts = []
        for rows, own, noisy in self._chunks(flat, theta):
            with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
                found, log_integrand, _, _ = self._nodes(flat[rows], own, noisy)
                log_density = log_integrand.reshape(found.t.shape)
                peak = mode(Integrand(self.prior, self.distribution, flat[rows], own, noisy), found, log_density)
            parts.append((found.t, found.log_weights, found.left, found.right, log_density, peak))
        *grids, log_density, peak = (np.concatenate(pieces) for pieces in zip(*parts, strict=True))
        return GridPosterior(Grid(*grids), log_density, peak)

    def mean_inefficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``E[u]``."""
        return self.prior.mean(theta[: len(self.prior.parameters)])

    def mean_efficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``E[exp(-u)]``."""
        return self.prior.mean_efficiency(theta[: len(self.prior.parameters)])

    def from_moments(self, second: float, third: float, share: float | None) -> tuple[float, ...]:
        """Return parameters that match central moments, at the first of the shapes."""
        return self._matched(second, third, share, self.prior.shapes[0], self.distribution.starts[0])

    def _matched(
        self, second: float, third: float, share: float | None, shape: tuple[float, ...], more: tuple[float, ...]
    ) -> tuple[float, ...]:
        *own, noise = match(self.prior, second, third, share, shape)
        return (*own, float(np.log(noise)), *more)

    def guesses(self, second: float, third: float, shares: tuple[float, ...]) -> list[tuple[float, ...]]:
        """Return starting values: every shape by its moments, the first with a share, the last nearly without noise."""
        found = [
            self._matched(second, third, None, shape, more)
            for shape in self.prior.shapes
            for more in self.distribution.starts
        ]
        # an evaluation costs a hundred times that of a closed form: fewer shares are tried
        found += [self.from_moments(second, third, share) for share in shares[1:2]]
        return [*found, self._matched(second, third, NEARLY_ALL, self.prior.shapes[-1], self.distribution.starts[0])]


def _positions(own: int, noise: int) -> dict[tuple[int, int], tuple[int, int]]:
    """Return where the second derivative of a pair of arguments is found: in which distribution, at which place."""
    places: dict[tuple[int, int], tuple[int, int]] = {}
    orders = (tuple(range(1, 1 + own)), (0, *range(1 + own, 1 + own + noise)))
    for which, order in enumerate(orders):
        for place, (i, j) in enumerate(zip(*np.triu_indices(len(order)), strict=True)):
            places[order[i], order[j]] = (which, place)
    return places
