"""Links from meeting to end: who meets, who decides to cooperate, what succeeds, what lasts. Pure functions on arrays.

Only meetings that can become links are drawn (thinning): the number of potential pairs is never materialised. Every
number comes from a key of replication, year, region and meeting, so that runs that differ in a policy share all that
the policy does not touch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from innospace.agents import meanfield
from innospace.agents.assumptions import Assumptions
from innospace.agents.policy import Instrument
from innospace.agents.population import Population
from innospace.numerics.keyed import Keys, keys, uniforms

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
MEETINGS, FURTHER, INTRODUCED, ORDERED = 1, 2, 3, 4
"""Streams of meetings: by chance, those that only a policy makes worth while, by a broker, on order."""
_ACCEPT, _COMPANY, _AWAY, _PLACE, _ORGANISATION, _FIT, _ROUND, _SUCCESS, _END, _COUNT = range(10, 20)
BROKER_SEES = 3
"""Organisations among which a cooperation centre looks for the one of the closest field."""


@dataclass(frozen=True, slots=True)
class Links:
    """Links in use.

    Attributes
    ----------
    key : ndarray of uint64, shape (n,)
    organisation, company : ndarray of int, shape (n,)
    home, origin : ndarray of int, shape (n,)
        Region of the company, where the link counts, and of the organisation.
    fit : ndarray, shape (n,)
        0 to 1.
    """

    key: Keys
    organisation: Integers
    company: Integers
    home: Integers
    origin: Integers
    fit: Array

    def __len__(self) -> int:
        return len(self.key)

    def where(self, chosen: NDArray[np.bool_] | Integers) -> Self:
        """Return some of the links."""
        return replace(self, **{f.name: getattr(self, f.name)[chosen] for f in fields(self)})

    @classmethod
    def together(cls, parts: Sequence[Links]) -> Links:
        """Return all links of several parts."""
        return cls(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)))

    @classmethod
    def none(cls) -> Links:
        """Return no links."""
        nothing = np.zeros(0, dtype=np.int64)
        return cls(np.zeros(0, dtype=np.uint64), nothing, nothing, nothing, nothing, np.zeros(0))


@dataclass(slots=True)
class Experience:
    """Success beyond what fit foretold, and trials, both fading; of organisations, companies, regions."""

    organisations: Array
    organisation_trials: Array
    companies: Array
    company_trials: Array
    neighbours: Array

    @classmethod
    def none(cls, population: Population) -> Experience:
        """Return no experience."""
        s, b = len(population.organisations), len(population.companies)
        return cls(np.zeros(s), np.zeros(s), np.zeros(b), np.zeros(b), np.zeros(len(population.regions)))

    def copy(self) -> Experience:
        """Return experience that goes its own way."""
        return Experience(*(getattr(self, f.name).copy() for f in fields(self)))

    def of(self, links: Links) -> Array:
        """Return the mean experience of both sides, -1 to 1, shape (n,)."""
        first = self.organisations[links.organisation] / (self.organisation_trials[links.organisation] + PRIOR)
        second = self.companies[links.company] / (self.company_trials[links.company] + PRIOR)
        return 0.5 * (first + second)

    def remember(self, links: Links, surprise: Array, memory: float) -> None:
        """Let experience fade and add that of a year."""
        for kept, who, what in (
            (self.organisations, links.organisation, surprise),
            (self.organisation_trials, links.organisation, 1.0),
            (self.companies, links.company, surprise),
            (self.company_trials, links.company, 1.0),
        ):
            # in place: there are many more companies than links
            np.multiply(kept, memory, out=kept)
            np.add.at(kept, who, what)


PRIOR = 4.0
"""Trials after which experience counts by half."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What decides about cooperation in one year, by region, shape (R,) each.

    Attributes
    ----------
    openness : ndarray
        Log odds at middling fit, this year's change included.
    meetings : ndarray
        Expected meetings.
    relief : ndarray
        Share of costs that tax relief bears.
    co_rate, co_links : ndarray
        Share of costs that co-funding bears, and new links that its budget reaches.
    introductions, orders : ndarray
        Brokered meetings and ordered projects.
    """

    openness: Array
    meetings: Array
    relief: Array
    co_rate: Array
    co_links: Array
    introductions: Array
    orders: Array

    @classmethod
    def of(
        cls, openness: Array, meetings: Array, instruments: Sequence[tuple[int, Instrument]], a: Assumptions
    ) -> Setting:
        """Return the setting of a year.

        Parameters
        ----------
        openness, meetings : ndarray, shape (R,)
        instruments : sequence of (int, Instrument)
            Number of the region, and what is at work there this year.
        a : Assumptions
        """
        relief, co_rate, co_links, introductions, orders = (np.zeros(len(openness)) for _ in range(5))
        for i, given in instruments:
            if given.instrument == "tax_relief":
                relief[i] = min(1.0, relief[i] + given.rate)
            elif given.instrument == "co_funding":
                co_rate[i] = max(co_rate[i], given.rate)
                co_links[i] += given.budget / (given.rate * a.project_cost)
            elif given.instrument == "cooperation_centre":
                introductions[i] += given.budget / a.introduction_cost
            else:
                orders[i] += given.budget / a.order_cost
        return cls(openness, meetings, relief, co_rate, co_links, introductions, orders)


@dataclass(frozen=True, slots=True)
class Formed:
    """New links of a year, and counts by region, shape (R,) each.

    Attributes
    ----------
    links : Links
    funded, anyway : ndarray
        Co-funded links, and those of them that would have been made without the money.
    introduced, ordered : ndarray
        Introductions that were made, and projects that were ordered.
    """

    links: Links
    funded: Array
    anyway: Array
    introduced: Array
    ordered: Array


def form(
    population: Population, setting: Setting, memory: Experience, a: Assumptions, stream: tuple[int, int]
) -> Formed:
    """Return the links that are made in a year.

    Parameters
    ----------
    population : Population
    setting : Setting
    memory : Experience
    a : Assumptions
    stream : (int, int)
        Key of the replication, and year.

    Notes
    -----
    A meeting becomes a link with chance ``expit(openness + b_f (fit - 1/2) + b_e experience + b_n neighbours + b_c
    relief)``: the gain expected exceeds the cost with a logistic part that only the pair knows.
    """
    # what chance meetings can reach without policy, then what policy adds to it
    top = setting.openness + _most(a)
    extra = a.cost_effect * np.minimum(1.0, setting.relief + setting.co_rate * (setting.co_links > 0))
    low, high = special.expit(top), special.expit(top + extra)
    chance, level = _candidates(population, setting.meetings, np.zeros_like(low), low, MEETINGS, stream, a)
    further, upper = _candidates(population, setting.meetings, low, high, FURTHER, stream, a)
    met, level = Links.together([chance, further]), np.concatenate([level, upper])
    odds = log_odds(met, setting, memory, a)
    support = np.minimum(setting.co_rate, 1.0 - setting.relief)[met.home]
    free = level < special.expit(odds)
    within = _first(level < special.expit(odds + a.cost_effect * support), met, _rounded(setting.co_links, 0, stream))
    introductions, orders = (
        _rounded(given * (population.space > 0), kind, stream)
        for given, kind in ((setting.introductions, INTRODUCED), (setting.orders, ORDERED))
    )
    brokered = _meet(population, introductions, INTRODUCED, stream, a, sought=BROKER_SEES)
    gain = log_odds(brokered, setting, memory, a) + a.introduction_effect
    taken = brokered.where(uniforms(brokered.key, _ACCEPT) < special.expit(gain))
    ordered = _meet(population, orders, ORDERED, stream, a, sought=1)
    regions = len(population.regions)
    return Formed(
        Links.together([met.where(free | within), taken, ordered]),
        by_region(met.home[within], regions),
        by_region(met.home[within & free], regions),
        introductions.astype(np.float64),
        orders.astype(np.float64),
    )


def _most(a: Assumptions) -> float:
    """Return the most that fit, experience and neighbours add to the log odds."""
    return 0.5 * abs(a.fit_effect) + abs(a.experience_effect) + abs(a.neighbour_effect)


def log_odds(met: Links, setting: Setting, memory: Experience, a: Assumptions) -> Array:
    """Return the log odds that meetings become links, co-funding left out, shape (n,)."""
    return np.asarray(
        setting.openness[met.home]
        + a.fit_effect * (met.fit - 0.5)
        + a.experience_effect * memory.of(met)
        + a.neighbour_effect * memory.neighbours[met.home]
        + a.cost_effect * setting.relief[met.home]
    )


def _candidates(
    population: Population, meetings: Array, low: Array, high: Array, kind: int, stream: tuple[int, int], a: Assumptions
) -> tuple[Links, Array]:
    """Return meetings that chances between two levels decide about, and the level of each."""
    from scipy import stats

    expected = meetings * (high - low)
    numbers = uniforms(*stream, kind, _COUNT, np.arange(len(expected)))
    counts = np.where(expected > 0.0, stats.poisson.ppf(numbers, np.maximum(expected, 1e-300)), 0.0)
    met = _meet(population, counts.astype(np.int64), kind, stream, a)
    return met, low[met.home] + (high - low)[met.home] * uniforms(met.key, _ACCEPT)


def _meet(
    population: Population, counts: Integers, kind: int, stream: tuple[int, int], a: Assumptions, sought: int = 0
) -> Links:
    """Return meetings: a company, then an organisation.

    With ``sought`` organisations looked at, all of them at home, the closest in field is met.
    """
    if not counts.any():
        return Links.none()
    home = np.repeat(np.arange(len(counts)), counts)
    key = keys(*stream, kind, home, np.arange(len(home)) - np.repeat(np.cumsum(counts) - counts, counts))
    company = population.companies.chosen(home, uniforms(key, _COMPANY))
    origin = home if sought else _origins(population, home, company, key)
    organisation = population.organisations.chosen(origin, uniforms(key, _ORGANISATION))
    away = np.flatnonzero(origin != home)
    organisation[away] = population.organisations.chosen(origin[away], uniforms(key[away], _ORGANISATION), far=True)
    field = population.companies.field[company]
    close = meanfield.closeness(population.organisations.field[organisation], field, a.fields)
    for look in range(1, sought):
        other = population.organisations.chosen(origin, uniforms(key, _ORGANISATION, look))
        better = meanfield.closeness(population.organisations.field[other], field, a.fields)
        organisation = np.where(better > close, other, organisation)
        close = np.maximum(close, better)
    return Links(key, organisation, company, home, origin, 0.5 * close + 0.5 * uniforms(key, _FIT))


def _origins(population: Population, home: Integers, company: Integers, key: Keys) -> Integers:
    """Return the region of the organisation of each meeting: at home, or elsewhere by nearness."""
    rows = np.cumsum(population.partners, axis=1)
    away = (uniforms(key, _AWAY) < population.companies.reach[company]) & (rows[home, -1] > 0.0)
    origin, out = home.copy(), np.flatnonzero(away)
    # rows laid end to end, two apart, so that one search finds a place in each
    ends = (rows + 2.0 * np.arange(len(rows))[:, None]).ravel()
    wanted = uniforms(key[out], _PLACE) * rows[home[out], -1] + 2.0 * home[out]
    origin[out] = np.searchsorted(ends, wanted, side="right") - home[out] * len(rows)
    return origin


def _first(chosen: NDArray[np.bool_], met: Links, most: Integers) -> NDArray[np.bool_]:
    """Return which of the chosen come first, by key, up to ``most`` a region."""
    found = np.zeros(len(met), dtype=bool)
    rows = np.flatnonzero(chosen & (most[met.home] > 0))
    rows = rows[np.lexsort((met.key[rows], met.home[rows]))]
    home = met.home[rows]
    place = np.arange(len(rows)) - np.searchsorted(home, home)
    found[rows[place < most[home]]] = True
    return found


def _rounded(expected: Array, kind: int, stream: tuple[int, int]) -> Integers:
    """Return whole numbers with these expectations, shape (R,)."""
    return np.floor(expected + uniforms(*stream, kind, _ROUND, np.arange(len(expected)))).astype(np.int64)


def by_region(region: Integers, regions: int) -> Array:
    """Return how many there are in each region, shape (R,)."""
    return np.bincount(region, minlength=regions).astype(np.float64)


def succeed(links: Links, year: int, a: Assumptions) -> tuple[NDArray[np.bool_], Array]:
    """Return which links succeed in a year, and success beyond what their fit foretold, shape (n,) each."""
    chance = meanfield.success(links.fit, a)
    won = uniforms(links.key, year, _SUCCESS) < chance
    return won, won - chance


def last(links: Links, won: NDArray[np.bool_], year: int, a: Assumptions) -> Links:
    """Return the links that go on after a year."""
    end = np.where(won, a.end_after_success, a.end_after_failure)
    return links.where(uniforms(links.key, year, _END) >= end)
