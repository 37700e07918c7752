"""Components that vanish beside effects: left out early, brought back if missed, as a longer search ends."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from frontier_draws import random_panel

from innospace.core.errors import BoundaryWarning
from innospace.core.status import StatusCode
from innospace.frontier.fitting import fit
from innospace.frontier.panel import mixed_climb
from innospace.frontier.panel.climb import FLOOR, climb
from innospace.frontier.panel.fit import fit_panel, read_panel
from innospace.frontier.panel.models import MODELS
from innospace.frontier.panel.scaled import scale
from innospace.frontier.panel.search import _starts
from innospace.frontier.panel.spec import PanelSpec

SAME = 1e-6  # absolute, log-likelihood: both searches end within 1e-10 of it, relative
START = (0.0, 0.0, -1.0, -1.0, -1.0, -1.0)


def table(w=0.5, h=0.5, u=0.5, v=0.3, seed=4, units=40, periods=4):
    rng = np.random.default_rng(seed)
    own = np.repeat(np.arange(units), periods)
    effect = w * rng.normal(size=units) - h * np.abs(rng.normal(size=units))
    x, n = rng.normal(size=len(own)), len(own)
    y = 1.0 + x + effect[own] + v * rng.normal(size=n) - u * np.abs(rng.normal(size=n))
    return pd.DataFrame({"region": own, "year": np.tile(np.arange(periods), units), "x": x, "y": y})


def scaled(data, model="four_components"):
    spec = PanelSpec("y ~ x", "region", "year", model)
    return scale(read_panel(spec, data).arrays, MODELS[model], "half_normal")


@pytest.fixture(scope="module")
def whole():
    problem = scaled(table())
    return problem, mixed_climb.climb(problem, np.array(START))


@pytest.mark.parametrize("absent", ["w", "u"])
def test_ends_where_a_search_down_to_the_floor_ends(absent):
    problem = scaled(table(**{absent: 0.0}))
    (short, held), (long, floor) = (search(problem, np.array(START)) for search in (mixed_climb.climb, climb))
    assert short.value == pytest.approx(long.value, abs=SAME)
    assert held.tolist() == floor.tolist()
    assert not held.all()


def test_a_component_that_was_left_out_comes_back_where_it_is_missed(whole):
    problem, (best, free) = whole
    assert free.all()
    below = np.array([*START[:-1], mixed_climb.REVIVED[0] - 1.0])
    found, again = mixed_climb.climb(problem, below)
    assert again.all()
    assert found.theta[-1] > mixed_climb.REVIVED[0] > FLOOR
    assert found.value == pytest.approx(best.value, abs=SAME)


def test_a_search_that_comes_close_to_a_known_maximum_is_that_maximum(whole):
    problem, known = whole
    found = mixed_climb.climb(problem, np.array(START) + 0.5, [known])
    assert found[0] is known[0]
    away = mixed_climb.climb(problem, np.array(START) + 0.5)
    assert away[0] is not known[0]
    assert away[0].value == pytest.approx(known[0].value, abs=SAME)


@pytest.mark.parametrize("model", ["true_random_effects", "true_fixed_effects"])
def test_three_years_with_noise_end_at_a_maximum(model):
    # a rule with too few nodes makes the likelihood rise as noise vanishes
    result = fit_panel("y ~ x", table(h=0.0, u=1.0, v=0.3, periods=3, units=60), model=model)
    assert result.status.code is StatusCode.CONVERGED
    assert result.numbers["agreed"] == result.numbers["tried"]


@pytest.mark.parametrize(
    ("model", "inefficiency", "seed"),
    [("true_random_effects", "half_normal", 26), ("true_fixed_effects", "exponential", 64)],
)
def test_a_maximum_without_noise_is_found_where_it_is_higher_than_one_inside(model, inefficiency, seed):
    data, formula = random_panel(seed)
    with pytest.warns(BoundaryWarning, match="without noise"):
        result = fit_panel(formula, data, unit="unit", time="time", model=model, inefficiency=inefficiency)
    assert result.status.boundary == "gamma_one"
    problem = scale(read_panel(result.spec, data).arrays, MODELS[model], inefficiency)
    # moments with a large share of noise lead inside, as all usual starts do here
    place = problem.levels.index("lnsigma_v2")
    start = np.where([name.startswith("lnsigma") for name in problem.levels], -0.7, 0.0)
    inside, free = mixed_climb.climb(problem, start)
    assert free[place]
    assert inside.code is StatusCode.CONVERGED
    assert result.loglik > inside.value + problem.loglik_shift + 100 * SAME


@pytest.mark.parametrize(
    ("model", "inefficiency", "seed"),
    [
        ("true_random_effects", "half_normal", 121),
        ("true_random_effects", "half_normal", 453),
        ("four_components", "exponential", 372),
    ],
)
@pytest.mark.filterwarnings("ignore::innospace.core.errors.BoundaryWarning")
def test_a_maximum_without_effects_of_the_units_is_found_where_searches_from_moments_end_lower(
    model, inefficiency, seed
):
    data, formula = random_panel(seed)
    result = fit_panel(formula, data, unit="unit", time="time", model=model, inefficiency=inefficiency)
    problem = scale(read_panel(result.spec, data).arrays, MODELS[model], inefficiency)
    assert result.theta[-1] < problem.offset[-1] + FLOOR + SAME
    lower = max(mixed_climb.climb(problem, start)[0].value for start in _starts(problem, MODELS[model])[0])
    assert result.loglik > lower + problem.loglik_shift + 0.1


def test_without_effects_the_search_begins_at_the_cross_section(whole):
    data = table(w=0.0, h=0.0)
    problem = scaled(data, "true_random_effects")
    pooled = fit("y ~ x", data)
    best = mixed_climb.climb(problem, np.array(START[:-1]))
    ((found, free),) = mixed_climb.without_effects(problem, best)
    assert free.tolist() == [True, True, True, True, False]
    assert found.value + problem.loglik_shift == pytest.approx(pooled.loglik, abs=SAME)
    assert mixed_climb.without_effects(*whole) == []  # effects that matter are not left out
    fixed = scaled(data, "true_fixed_effects")
    assert mixed_climb.without_effects(fixed, mixed_climb.climb(fixed, np.array(START[1:4]))) == []


def test_components_that_the_likelihood_determines_are_not_left_out():
    problem = scaled(table(w=1.0, h=0.0, u=1.0, v=0.2), "true_random_effects")
    best = mixed_climb.climb(problem, np.array(START[:-1]))
    assert best[1].all()
    assert mixed_climb.without_vague(problem, best) == []


def test_noise_that_is_well_identified_is_not_searched_again_without_it(whole):
    problem, best = whole
    assert mixed_climb.without_noise(problem, best) == []
