"""One run of the country: years from before the panel to the last year asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from innospace.agents import innovations
from innospace.agents.links import Experience, Links, Setting, by_region, form, last, succeed
from innospace.agents.model import AgentModel
from innospace.agents.policy import Instrument, Policy
from innospace.numerics.keyed import keys, uniforms

Array = NDArray[np.float64]
WARM_UP = 8
"""Years before the first one, in which links and experience come to rest."""
NEIGHBOUR_PRIOR = 10.0
"""Successes expected nearby below which neighbours hardly count."""
_OPENNESS = 41


@dataclass(frozen=True, slots=True)
class Run:
    """One run.

    Attributes
    ----------
    years : ndarray of int, shape (T,)
    links, away : ndarray, shape (T, R)
        Links in use by region of the company, and those of them with organisations elsewhere.
    new, successes : ndarray, shape (T, R)
        Links made in the year, links that succeeded.
    innovations, expected : ndarray, shape (T, R)
        Counts, and their means L^delta.
    funded, anyway : ndarray, shape (T, R)
        New links that were co-funded, and those of them that would have been made without.
    spent : ndarray, shape (T, R)
        Million roubles.
    last : Links
        Links in use in the last year.
    """

    years: NDArray[np.int64]
    links: Array
    away: Array
    new: Array
    successes: Array
    innovations: Array
    expected: Array
    funded: Array
    anyway: Array
    spent: Array
    last: Links


def simulate(
    model: AgentModel, first: int, final: int, policy: Policy | None = None, *, seed: int = 0, replication: int = 0
) -> Run:
    """Run the country.

    Parameters
    ----------
    model : AgentModel
    first, final : int
        Years that are kept.
    policy : Policy, optional
    seed, replication : int
        Together the key of everything that is drawn. Runs of one key that differ in a policy share all numbers that the
        policy does not touch.

    Returns
    -------
    Run
    """
    return simulate_twins(model, first, final, (policy,), seed=seed, replication=replication)[0]


def simulate_twins(
    model: AgentModel,
    first: int,
    final: int,
    policies: Sequence[Policy | None],
    *,
    seed: int = 0,
    replication: int = 0,
) -> list[Run]:
    """Run the country once under each policy (None: no policy); years before a policy begins are run only once.

    Parameters are those of :func:`simulate`, and so is every number.
    """
    for policy in policies:
        if policy is not None:
            policy.check(model.population.regions, (first, final))
    key = int(keys(seed, replication)[0] >> np.uint64(1))
    years = np.arange(first - WARM_UP, final + 1)
    openness = _openness(model, years, key)
    begins = [_begin(policy, years) for policy in policies]
    free = _Path.start(model)
    found: list[Run | None] = [None] * len(policies)
    for n in np.argsort(begins, kind="stable"):
        # under no policy until this one begins; what follows is the policy's own
        free.go(model, years[len(free.rows) : begins[n]], openness, None, key)
        own = free.copy()
        own.go(model, years[begins[n] :], openness, policies[n], key)
        found[n] = own.run(model, years, key)
    return [r for r in found if r is not None]


def _begin(policy: Policy | None, years: NDArray[np.int64]) -> int:
    """Return the place of the first year in which a policy is at work; the number of years without one."""
    if policy is None or not policy.instruments:
        return len(years)
    return int(np.searchsorted(years, min(i.years[0] for i in policy.instruments)))


@dataclass(slots=True)
class _Path:
    """A run on its way: experience, links that go on, links of the last year, and what was kept of each year."""

    memory: Experience
    going: Links
    last: Links
    rows: list[dict[str, Array]]

    @classmethod
    def start(cls, model: AgentModel) -> _Path:
        return cls(Experience.none(model.population), Links.none(), Links.none(), [])

    def copy(self) -> _Path:
        return _Path(self.memory.copy(), self.going, self.last, list(self.rows))

    def go(self, model: AgentModel, years: NDArray[np.int64], openness: Array, policy: Policy | None, key: int) -> None:
        """Run further years; ``openness`` is that of all years."""
        numbers = {name: i for i, name in enumerate(model.population.regions)}
        given = [(numbers[i.region], i) for i in (policy.instruments if policy else ())]
        for year in years:
            active = [(i, instrument) for i, instrument in given if instrument.active(int(year))]
            level = openness[len(self.rows)]
            self.last, self.going, values = _year(model, int(year), level, active, self.memory, self.going, key)
            self.rows.append(values)

    def run(self, model: AgentModel, years: NDArray[np.int64], key: int) -> Run:
        found = {name: np.array([r[name] for r in self.rows])[WARM_UP:] for name in self.rows[0]}
        mean = innovations.expected(found["links"], model.delta)
        counts = innovations.drawn(mean, model.calibrated.dispersion, key, years[WARM_UP:])
        return Run(years[WARM_UP:], innovations=counts, expected=mean, last=self.last, **found)


def _year(
    model: AgentModel,
    year: int,
    openness: Array,
    instruments: Sequence[tuple[int, Instrument]],
    memory: Experience,
    going: Links,
    key: int,
) -> tuple[Links, Links, dict[str, Array]]:
    """Return links in use, links that go on, and what is kept of a year; experience is brought up to date."""
    a, population = model.assumptions, model.population
    meetings = model.rate * population.space * np.exp(model.meeting_growth(year))
    setting = Setting.of(openness, meetings, instruments, a)
    formed = form(population, setting, memory, a, (key, year))
    links = Links.together([going, formed.links])
    won, surprise = succeed(links, year, a)
    memory.remember(links, surprise, a.memory)
    regions = len(population.regions)
    in_use, successes = by_region(links.home, regions), by_region(links.home[won], regions)
    foreseen = model.links * np.exp(model.share_growth(year)) * model.success_share
    memory.neighbours = _neighbours(population.nearness, successes, foreseen)
    spent = (
        formed.funded * setting.co_rate * a.project_cost
        + formed.introduced * a.introduction_cost
        + formed.ordered * a.order_cost
        + in_use * setting.relief * a.project_cost
    )
    values = {
        "links": in_use,
        "away": by_region(links.home[links.origin != links.home], regions),
        "new": by_region(formed.links.home, regions),
        "successes": successes,
        "funded": formed.funded,
        "anyway": formed.anyway,
        "spent": spent,
    }
    return links, last(links, won, year, a), values


def _neighbours(nearness: Array, successes: Array, foreseen: Array) -> Array:
    """Return success nearby beyond what was foreseen, as a share of it, -1 to 1, shape (R,)."""
    near = nearness @ foreseen
    return np.clip(nearness @ (successes - foreseen) / (near + NEIGHBOUR_PRIOR), -1.0, 1.0)


def _openness(model: AgentModel, years: NDArray[np.int64], key: int) -> Array:
    """Return openness by year and region with its autoregressive changes, shape (T, R)."""
    sd, rho = model.calibrated.openness_sd, model.assumptions.openness_persistence
    regions = np.arange(len(model.openness))
    shocks = special.ndtri(uniforms(key, _OPENNESS, years[:, None], regions[None, :]))
    state = np.empty_like(shocks)
    state[0] = shocks[0]
    for t in range(1, len(years)):
        state[t] = rho * state[t - 1] + np.sqrt(1.0 - rho**2) * shocks[t]
    return np.asarray(model.openness + sd * state - 0.5 * sd**2)
