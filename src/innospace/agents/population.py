"""R&D organisations and innovative companies of every region, as arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from innospace.agents.assumptions import Assumptions
from innospace.core.errors import DataError, offenders

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
ORGANISATIONS, COMPANIES = "R&D organisations", "innovative companies"


@dataclass(frozen=True, slots=True)
class Agents:
    """Agents of one kind, in order of region, field, size, reach, so that their labels carry nothing.

    Attributes
    ----------
    region, field : ndarray of int, shape (n,)
    size : ndarray, shape (n,)
        Relative; agents are met in proportion to it.
    reach : ndarray, shape (n,)
        Share of meetings that lead to another region, fraction.
    starts : ndarray of int, shape (R + 1,)
        Where the agents of each region begin.
    cumulated : ndarray, shape (n,)
        Running sum of size.
    far : ndarray, shape (n,)
        Running sum of size times reach.
    guide, far_guide : ndarray of int, shape (n + 1,)
        Where a search in either running sum begins, by equal steps of the sum; see :func:`_guide`.
    """

    region: Integers
    field: Integers
    size: Array
    reach: Array
    starts: Integers
    cumulated: Array
    far: Array
    guide: Integers
    far_guide: Integers

    @classmethod
    def of(cls, region: ArrayLike, field: ArrayLike, size: ArrayLike, reach: ArrayLike, regions: int) -> Agents:
        """Return agents in their order.

        Parameters
        ----------
        region, field : array_like of int, shape (n,)
        size, reach : array_like, shape (n,)
        regions : int
            Number of regions.
        """
        given = [np.asarray(a) for a in (region, field, size, reach)]
        order = np.lexsort(given[::-1])
        r, f = (a[order].astype(np.int64) for a in given[:2])
        s, far = (a[order].astype(np.float64) for a in given[2:])
        starts = np.searchsorted(r, np.arange(regions + 1))
        running = np.cumsum(s), np.cumsum(s * far)
        return cls(r, f, s, far, starts, *running, *map(_guide, running))

    def __len__(self) -> int:
        return len(self.region)

    @property
    def counts(self) -> Integers:
        """Agents by region, shape (R,)."""
        return np.diff(self.starts)

    def chosen(self, region: Integers, u: Array, *, far: bool = False) -> Integers:
        """Return agents of given regions drawn in proportion to size (``far``: to size times reach).

        Parameters
        ----------
        region : ndarray of int, shape (n,)
            Regions with agents.
        u : ndarray, shape (n,)
            Numbers in (0, 1).
        """
        running, guide = (self.far, self.far_guide) if far else (self.cumulated, self.guide)
        edges = np.concatenate(([0.0], running))
        low, high = edges[self.starts[region]], edges[self.starts[region + 1]]
        found = _places(running, guide, low + u * (high - low))
        # a sum that rounds up must not lead into the next region
        return np.asarray(np.clip(found, self.starts[region], self.starts[region + 1] - 1))

    def totals(self, weights: Array) -> Array:
        """Return sums of weights by region, shape (R,)."""
        return np.bincount(self.region, weights, minlength=len(self.starts) - 1).astype(np.float64)


def _guide(running: Array) -> Integers:
    """Return where each of n + 1 equal steps of a running sum lies in it: a guide table (Chen and Asau 1974)."""
    n = len(running)
    return np.searchsorted(running, np.arange(n + 1) * (running[-1] / n if n else 0.0), side="right")


def _places(running: Array, guide: Integers, wanted: Array) -> Integers:
    """Return what ``np.searchsorted(running, wanted, side="right")`` does, in a few steps from the guide's place."""
    n = len(running)
    if not len(wanted):
        return np.zeros(0, dtype=np.int64)
    # one step lower, so that rounding of the step never begins beyond the place
    step = np.clip((wanted * (n / running[-1])).astype(np.int64) - 1, 0, n)
    found: Integers = guide[step]
    before = np.flatnonzero(found < n)
    while len(before := before[running[found[before]] <= wanted[before]]):
        found[before] += 1
        before = before[found[before] < n]
    return found


@dataclass(frozen=True, slots=True)
class Population:
    """Agents of all regions and the distances between them.

    Attributes
    ----------
    regions : tuple of str
    organisations, companies : Agents
    nearness : ndarray, shape (R, R)
        ``exp(-d / D)`` between regions, one on the diagonal.
    partners : ndarray, shape (R, R)
        Row j: chances that a company of region j that looks elsewhere meets an organisation of region i; rows sum to
        one, or to zero where there is none.
    """

    regions: tuple[str, ...]
    organisations: Agents
    companies: Agents
    nearness: Array
    partners: Array

    @property
    def space(self) -> Array:
        """V = S B, potential links by region, shape (R,)."""
        return self.organisations.counts.astype(np.float64) * self.companies.counts

    def identity(self) -> str:
        """Return a hash of every agent and distance."""
        found = hashlib.sha256("\n".join(self.regions).encode("utf-8"))
        for kind in (self.organisations, self.companies):
            for values in (kind.region, kind.field, kind.size, kind.reach):
                found.update(np.ascontiguousarray(values).tobytes())
        found.update(np.ascontiguousarray(self.nearness).tobytes())
        return found.hexdigest()


def split(space: ArrayLike, organisations: float, exponent: float = 0.5) -> tuple[Integers, Integers]:
    """Split V into S and B where only their product is known.

    Parameters
    ----------
    space : array_like, shape (R,)
        V, links.
    organisations : float
        Sum of S over regions.
    exponent : float
        S is in proportion to V to this power; one half gives the fewest companies, ``(sum sqrt(V))^2 / sum S``.

    Returns
    -------
    organisations, companies : ndarray of int, shape (R,)
        At least one each where V is positive; ``S B`` differs from V by rounding only, at most S / 2.
    """
    v = np.asarray(space, dtype=np.float64)
    weights = np.where(v > 0.0, v, 0.0) ** exponent * (v > 0.0)
    s = np.maximum(1, np.round(organisations * weights / max(weights.sum(), 1e-300))).astype(np.int64)
    s = np.where(v > 0.0, np.minimum(s, np.maximum(1, v.astype(np.int64))), 0)
    b = np.where(s > 0, np.maximum(1, np.round(v / np.maximum(s, 1))), 0).astype(np.int64)
    return s, b


def draw_population(
    regions: Sequence[str],
    organisations: ArrayLike,
    companies: ArrayLike,
    distances: ArrayLike,
    assumptions: Assumptions | None = None,
    *,
    seed: int = 0,
) -> Population:
    """Draw fields, sizes and reach of all agents.

    Parameters
    ----------
    regions : sequence of str, length R
    organisations, companies : array_like of int, shape (R,)
        S and B.
    distances : array_like, shape (R, R)
        Between regions, km.
    assumptions : Assumptions, optional
    seed : int

    Raises
    ------
    DataError
        A count is negative or not whole.
    """
    a = assumptions or Assumptions()
    rng = np.random.default_rng([seed, 7])
    kinds = []
    for name, given in ((ORGANISATIONS, organisations), (COMPANIES, companies)):
        counts = whole_counts(given, regions, name)
        n = int(counts.sum())
        size = np.exp(a.size_dispersion * rng.standard_normal(n) - 0.5 * a.size_dispersion**2)
        reach = np.minimum(0.95, a.reach * size**0.3)
        kinds.append(
            Agents.of(
                np.repeat(np.arange(len(regions)), counts), rng.integers(0, a.fields, n), size, reach, len(counts)
            )
        )
    return population_of(regions, kinds[0], kinds[1], distances, a)


def population_of(
    regions: Sequence[str], organisations: Agents, companies: Agents, distances: ArrayLike, assumptions: Assumptions
) -> Population:
    """Return a population of given agents; see :class:`Population`."""
    d = np.asarray(distances, dtype=np.float64)
    nearness = np.exp(-d / assumptions.distance_km)
    np.fill_diagonal(nearness, 1.0)
    weights = nearness * organisations.totals(organisations.size * organisations.reach)
    np.fill_diagonal(weights, 0.0)
    sums = weights.sum(axis=1, keepdims=True)
    partners = np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0.0)
    return Population(tuple(regions), organisations, companies, nearness, partners)


def whole_counts(given: ArrayLike, regions: Sequence[str], name: str) -> Integers:
    """Return counts as whole numbers.

    Raises
    ------
    DataError
        Names the regions whose count is negative, missing or not whole.
    """
    counts = np.asarray(given, dtype=np.float64)
    bad = ~np.isfinite(counts) | (counts < 0.0) | (counts != np.round(counts))
    if counts.shape != (len(regions),) or bad.any():
        told = [f"{regions[int(i)]} ({counts[i]:g})" for i in np.flatnonzero(bad)] if counts.ndim == 1 else []
        raise DataError(
            f"Counts of {name} are not whole numbers of agents.",
            where=offenders(told) if told else f"shape {counts.shape} for {len(regions)} regions",
            allowed="whole numbers, zero or more, one a region",
            remedy="Round them, or leave the column out: S and B are then split from V.",
        )
    return counts.astype(np.int64)
