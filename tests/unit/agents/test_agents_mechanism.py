"""Agents: what must hold of links, duplication and runs."""

from __future__ import annotations

import numpy as np
import pytest
from agent_cases import CALIBRATED, country, panel
from scipy import stats

from innospace.agents import innovations, meanfield
from innospace.agents.assumptions import Assumptions, Calibrated
from innospace.agents.links import Experience, Setting, form
from innospace.agents.network import gini, measures
from innospace.agents.policy import Instrument, Policy
from innospace.agents.population import Agents, Population, split
from innospace.agents.simulate import simulate, simulate_twins
from innospace.data import load_geometry
from innospace.data.geography import centres, distances
from innospace.numerics.keyed import keys, uniforms

ERRORS = 4.0
"""Means of runs are held within four of their own standard errors: one false alarm in 15 000 comparisons."""
FEEDBACK = 0.03
"""Experience and neighbours' success average to zero, but the logistic function bends: three percent for that."""


def means(model, runs, years=(2012, 2012), policy=None, what="links"):
    found = [getattr(simulate(model, *years, policy, seed=1, replication=n), what) for n in range(runs)]
    return np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / np.sqrt(runs)


def test_keyed_numbers_are_uniform_independent_and_repeat():
    u = uniforms(5, np.arange(200_000))
    assert stats.kstest(u, "uniform").pvalue > 1e-3
    other = uniforms(6, np.arange(200_000))
    assert abs(np.corrcoef(u, other)[0, 1]) < 0.01
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 0.01
    assert uniforms(5, 77)[0] == u[77]
    assert len(np.unique(keys(np.arange(1000)[:, None], np.arange(100)))) == 100_000


def test_distinct_ideas_are_a_power_of_links():
    rng = np.random.default_rng(1)
    for links in (1, 7, 40):
        found = np.array([innovations.ideas_found(links, 0.6, 1e-5, rng)[0] for _ in range(400)])
        # ideas rarer than the lowest rate are left out: 1 - e^-xL is about x L there
        missing = links * 0.6 / 0.4 * 1e-5**0.4 / 2.2181595  # Gamma(0.4)
        assert abs(found.mean() + missing - links**0.6) < ERRORS * found.std() / 20.0
        assert found.var() == pytest.approx(found.mean(), rel=0.35)


def test_duplication_is_real():
    distinct, finds = innovations.ideas_found(50, 0.6, 1e-4, np.random.default_rng(2))
    assert finds > 2 * distinct


def test_moments_of_powers_of_poisson_counts():
    rng = np.random.default_rng(3)
    for mean in (0.02, 1.0, 30.0, 61.0, 500.0):
        draws = rng.poisson(mean, 400_000) ** 0.65
        assert meanfield.power_mean(mean, 0.65)[0] == pytest.approx(draws.mean(), abs=ERRORS * draws.std() / 632.0)
    below, above = meanfield.power_mean([59.999, 60.001], 0.65)
    assert above - below < 1e-3
    back = meanfield.links_for(meanfield.power_mean([0.1, 5.0, 900.0], 0.6, 0.2), 0.6, 0.2)
    np.testing.assert_allclose(back, [0.1, 5.0, 900.0], rtol=1e-6)


def test_links_in_use_are_what_the_closed_form_says():
    model = country([40, 60, 20], [3000, 2000, 1500], te=np.array([0.9, 0.3, 0.5]))
    found, error = means(model, 60)
    assert np.all(np.abs(found[0] - model.links) < ERRORS * error[0] + FEEDBACK * model.links)
    expected, error = means(model, 60, what="expected")
    assert np.all(np.abs(expected[0] - model.innovations) < ERRORS * error[0] + FEEDBACK * model.innovations)


def test_counts_follow_their_mean_and_are_overdispersed():
    mean = np.full((300, 40), 6.0)
    counts = innovations.drawn(mean, 0.3, 9, np.arange(300))
    assert counts.mean() == pytest.approx(6.0, abs=ERRORS * counts.std() / np.sqrt(counts.size))
    assert counts.var() == pytest.approx(6.0 + 0.3 * 36.0, rel=0.06)
    more = innovations.drawn(1.1 * mean, 0.3, 9, np.arange(300))
    assert np.all(more >= counts)


@pytest.mark.parametrize(("organisations", "companies"), [([0, 30], [500, 800]), ([20, 30], [0, 800])])
def test_no_organisations_or_no_companies_give_no_innovations(organisations, companies):
    run = simulate(country(organisations, companies), 2012, 2016, seed=1)
    assert not run.links[:, 0].any()
    assert not run.innovations[:, 0].any()
    assert run.links[:, 1].all()


def test_nobody_anywhere_gives_nothing():
    run = simulate(country([0, 0], [0, 0]), 2012, 2014, seed=1)
    assert not run.links.any()
    assert not run.innovations.any()


def test_doubling_both_counts_raises_innovations_by_the_power_of_the_frontier():
    once, twice = (country(k * np.array([60, 40]), k * np.array([1500, 3000])) for k in (1, 2))
    # the behaviour of regions is that of the smaller country: only the counts are doubled
    object.__setattr__(twice, "innovations", once.innovations * 4.0**once.delta)
    small, e1 = means(once, 40, what="expected")
    large, e2 = means(twice, 40, what="expected")
    ratio, wanted = large[0] / small[0], 2.0 ** (2.0 * once.delta)
    noise = ratio * np.hypot(e1[0] / small[0], e2[0] / large[0])
    assert np.all(np.abs(ratio - wanted) < ERRORS * noise + 0.02 * wanted)
    # and their openness is nearly the same, so that it is the counts that do it
    np.testing.assert_allclose(twice.openness, once.openness, atol=0.05)


def test_without_policy_the_share_in_use_stays_or_grows_as_calibrated():
    for growth in (0.0, 0.2):
        model = country([50, 80], [4000, 3000], calibrated=Calibrated(growth, 0.3, 0.1))
        found, error = means(model, 20, (2006, 2024))
        total, spread = found.sum(axis=1), np.sqrt((error**2).sum(axis=1))
        wanted = model.links.sum() * np.exp(growth * np.minimum(0, np.arange(2006, 2025) - 2012))
        assert np.all(np.abs(total - wanted) < ERRORS * spread + FEEDBACK * wanted)


def test_growth_after_the_panel_is_what_is_asked_for():
    from dataclasses import replace

    model = replace(country([50, 80], [4000, 3000], calibrated=Calibrated(0.2, 0.0, 0.1)), growth_after=0.05)
    found, error = means(model, 20, (2012, 2022))
    total, spread = found.sum(axis=1), np.sqrt((error**2).sum(axis=1))
    wanted = model.links.sum() * np.exp(0.05 * np.arange(11))
    assert np.all(np.abs(total - wanted) < ERRORS * spread + FEEDBACK * wanted)
    # the frontier moves as means over the window do
    assert model.frontier_growth(2012) == 0.0
    assert model.frontier_growth(2030) - model.frontier_growth(2029) == pytest.approx(0.05)


def test_relabelling_agents_changes_nothing():
    model = country([30, 50, 10], [900, 700, 300])
    rng = np.random.default_rng(5)

    def shuffled(agents):
        order = rng.permutation(len(agents))
        return Agents.of(agents.region[order], agents.field[order], agents.size[order], agents.reach[order], 3)

    p = model.population
    other = Population(p.regions, shuffled(p.organisations), shuffled(p.companies), p.nearness, p.partners)
    again = type(model)(other, model.assumptions, model.calibrated, model.delta, model.share, 2012, model.innovations)
    a, b = (simulate(m, 2010, 2015, seed=2) for m in (model, again))
    np.testing.assert_array_equal(a.links, b.links)
    np.testing.assert_array_equal(a.innovations, b.innovations)


def test_a_seed_repeats_and_another_differs():
    model = country([30, 50], [900, 700])
    a, b, c = (simulate(model, 2012, 2016, seed=1, replication=n) for n in (0, 0, 1))
    np.testing.assert_array_equal(a.links, b.links)
    assert (a.links != c.links).any()


def test_a_policy_elsewhere_leaves_the_random_numbers_of_a_region_alone():
    # without neighbours' success and reach nothing passes between regions
    calm = Assumptions(neighbour_effect=0.0, reach=0.0)
    model = country([30, 50], [900, 700], assumptions=calm)
    policy = Policy("p", "P", (Instrument("Region 1", "rd_orders", (2013, 2016), 80.0),))
    free, helped = simulate(model, 2012, 2016, seed=4), simulate(model, 2012, 2016, policy, seed=4)
    np.testing.assert_array_equal(free.links[:, 1], helped.links[:, 1])
    np.testing.assert_array_equal(free.innovations[:, 1], helped.innovations[:, 1])
    assert np.all(helped.links[1:, 0] > free.links[1:, 0])
    assert np.all(helped.innovations[:, 0] >= free.innovations[:, 0])


@pytest.mark.parametrize(
    ("instrument", "money"),
    [("co_funding", {"budget": 100.0}), ("cooperation_centre", {"budget": 20.0}), ("tax_relief", {"rate": 0.3})],
)
def test_instruments_add_links_and_cost_what_they_say(instrument, money):
    model = country([30, 50], [3000, 2000], te=0.5)
    given = Instrument("Region 1", instrument, (2013, 2018), **money)
    policy = Policy("p", "P", (given,))
    runs = [
        (
            simulate(model, 2012, 2018, None, seed=1, replication=n),
            simulate(model, 2012, 2018, policy, seed=1, replication=n),
        )
        for n in range(6)
    ]
    gain = np.mean([b.links - a.links for a, b in runs], axis=0)
    assert gain[0].sum() == 0.0
    assert np.all(gain[2:, 0] > 0.0)
    spent = np.mean([b.spent for _, b in runs], axis=0)
    assert not spent[0].any()
    assert not spent[:, 1].any()
    if given.budget:
        # a project more or less by rounding to whole ones
        assert np.all(spent[1:, 0] <= given.budget + model.assumptions.project_cost)
    else:
        links = np.mean([b.links for _, b in runs], axis=0)
        np.testing.assert_allclose(spent[1:, 0], 0.3 * model.assumptions.project_cost * links[1:, 0])


def test_twins_are_the_runs_that_each_policy_has_by_itself():
    model = country([6, 9], [300, 200], calibrated=CALIBRATED)
    early, late = (
        Policy(name, name, (Instrument("Region 1", "cooperation_centre", years, 20.0),))
        for name, years in (("early", (2013, 2014)), ("late", (2015, 2016)))
    )
    asked = (late, None, early)
    for run, policy in zip(simulate_twins(model, 2011, 2016, asked, seed=4), asked, strict=True):
        alone = simulate(model, 2011, 2016, policy, seed=4)
        for name in ("links", "innovations", "spent", "away", "successes"):
            np.testing.assert_array_equal(getattr(run, name), getattr(alone, name))
        np.testing.assert_array_equal(run.last.key, alone.last.key)


def test_co_funding_also_pays_for_what_would_have_been():
    model = country([60], [4000])
    policy = Policy("p", "P", (Instrument("Region 1", "co_funding", (2013, 2014), 200.0, 0.5),))
    run = simulate(model, 2012, 2014, policy, seed=1)
    assert 0 < run.anyway[1, 0] < run.funded[1, 0] <= 41
    assert run.spent[1, 0] == run.funded[1, 0] * 5.0


def test_success_and_experience_act_on_the_next_links():
    eager = Assumptions(experience_effect=3.0, neighbour_effect=0.0)
    model = country([40], [2000], assumptions=eager)
    memory = Experience.none(model.population)
    setting = Setting.of(model.openness, model.rate * model.population.space, (), eager)
    before = len(form(model.population, setting, memory, eager, (1, 2013)).links)
    memory.organisations += 8.0
    memory.organisation_trials += 8.0
    assert len(form(model.population, setting, memory, eager, (1, 2013)).links) > before


def test_partners_elsewhere_are_nearer_than_chance():
    model = country([30] * 6, [2000] * 6, assumptions=Assumptions(reach=0.5, distance_km=400.0))
    last = simulate(model, 2012, 2012, seed=1).last
    away = np.abs(last.home - last.origin)[last.home != last.origin]
    assert (away == 1).sum() > 2 * (away == 2).sum()
    assert 0.2 < (last.home != last.origin).mean() < 0.7
    alone = country([30, 0], [2000, 2000], assumptions=Assumptions(reach=0.5))
    assert not simulate(alone, 2012, 2012, seed=1).away.any()


def test_fit_is_sought_and_kept():
    model = country([60], [4000])
    last = simulate(model, 2012, 2012, seed=1).last
    values, chances = meanfield.field_closeness(model.population, model.assumptions)
    met = float(chances[0] @ values)
    taken = meanfield.closeness(
        model.population.organisations.field[last.organisation], model.population.companies.field[last.company], 8
    )
    assert taken.mean() > met + 0.03


def test_network_measures_by_hand():
    assert gini(np.array([1.0, 1.0, 1.0])) == pytest.approx(0.0)
    assert gini(np.array([0.0, 0.0, 3.0])) == pytest.approx(2.0 / 3.0)
    model = country([3], [5])
    from innospace.agents.links import Links

    zero = np.zeros(3, dtype=np.int64)
    some = Links(keys(np.arange(3)), np.array([0, 0, 1]), np.array([0, 1, 2]), zero, zero, np.ones(3))
    found = measures(some, model.population)
    assert found["organisations_linked"] == pytest.approx(2 / 3)
    assert found["companies_linked"] == pytest.approx(3 / 5)
    assert found["links_per_organisation"] == pytest.approx(1.5)
    assert found["largest_component"] == pytest.approx(3 / 5)
    assert found["repeated_pairs"] == 0.0
    assert np.isnan(measures(Links.none(), model.population)["concentration"])


def test_space_is_split_into_counts_whose_product_it_is():
    space = np.array([1.7e8, 5.0e4, 180.0, 0.0])
    s, b = split(space, 3566.0)
    assert list(s[-1:]) == [0]
    assert list(b[-1:]) == [0]
    assert np.all(np.abs(s * b - space) <= 0.5 * s + 1e-9)
    assert s.sum() == pytest.approx(3566, abs=2)


def test_no_split_needs_fewer_companies_than_that_by_the_root():
    space = panel().space[:, -1]
    fewest = np.sqrt(space).sum() ** 2 / 3566.0
    assert fewest > 5e5
    found = {e: split(space, 3566.0, e)[1].sum() for e in (0.0, 0.25, 0.5, 0.75, 1.0)}
    assert min(found, key=found.get) == 0.5
    # whole numbers of organisations move it by less than one percent
    assert found[0.5] == pytest.approx(fewest, rel=0.01)
    rng = np.random.default_rng(0)
    for _ in range(50):
        s = np.sqrt(space) * np.exp(0.3 * rng.standard_normal(len(space)))
        assert (space / (3566.0 * s / s.sum())).sum() >= fewest


def test_distances_between_known_cities():
    places = centres(load_geometry())
    d = distances([places["RU-MOW"], places["RU-SPE"], None])
    assert d[0, 1] == pytest.approx(635.0, abs=30.0)
    assert d[2, 0] == d[0, 2] > 0.0
    # Chukotka lies on both sides of the antimeridian
    lon, lat = places["RU-CHU"]
    assert 64.0 < lat < 70.0
    assert lon > 160.0 or lon < -168.0
    assert distances([None, None])[0, 1] == 1000.0
