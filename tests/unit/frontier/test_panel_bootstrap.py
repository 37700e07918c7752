"""The bootstrap of panels: units drawn whole, errors against the sandwich, the same numbers from any worker."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from innospace.core.errors import SpecError
from innospace.core.inputs import TABLE, StepInputs
from innospace.data import as_dataset
from innospace.frontier import step
from innospace.frontier.panel.bootstrap import KINDS
from innospace.frontier.panel.fit import fit_panel
from innospace.frontier.panel.result import PanelResult
from innospace.frontier.panel.search import maximise_panel

DRAWS = 150
MONTE_CARLO = 4.0 / np.sqrt(2 * DRAWS)
"""Four standard errors of a standard deviation over so many normal draws, relative: 23 %."""
SAME = 1e-6
"""Relative: two searches that end at one maximum."""


def panel(units: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    periods = 5
    u = np.repeat(np.abs(rng.normal(0.0, 0.5, units)), periods)
    x = rng.normal(size=units * periods)
    y = 1.0 + 0.5 * x - u + rng.normal(0.0, 0.3, units * periods)
    regions = np.repeat([f"Край {i}" for i in range(units)], periods)
    return pd.DataFrame({"region": regions, "year": np.tile(np.arange(periods), units), "x": x, "y": y})


@pytest.fixture(scope="module")
def large():
    return fit_panel("y ~ x", panel(250, 5), model="pitt_lee")


@pytest.fixture(scope="module")
def small():
    return fit_panel("y ~ x", panel(40, 2), model="pitt_lee")


@pytest.mark.parametrize("kind", KINDS)
def test_errors_agree_with_the_sandwich_by_unit(large, kind):
    drawn = large.bootstrap(DRAWS, kind=kind, seed=3).std_errors()[list(large.names)].to_numpy()
    analytic = large.vcov("cluster").coefficients()["std_error"].to_numpy()
    # the errors of 250 units are themselves uncertain, by some 4 % beside the 5.8 % of the draws: 7 % together
    assert drawn / analytic == pytest.approx(np.ones(4), abs=1.25 * MONTE_CARLO)


@pytest.mark.parametrize("kind", KINDS)
def test_a_draw_depends_on_the_seed_and_its_number_alone(small, kind):
    here = small.bootstrap(20, kind=kind, seed=7)
    longer = small.bootstrap(21, kind=kind, seed=7)
    assert np.array_equal(here.values, longer.values[:20], equal_nan=True)
    assert not np.array_equal(here.values, small.bootstrap(20, kind=kind, seed=8).values, equal_nan=True)
    assert sum(here.refits.shares().values()) == pytest.approx(1.0)


def test_numbers_are_those_of_two_processes(small):
    here, there = (small.bootstrap(20, seed=7, workers=w).values for w in (1, 2))
    assert np.array_equal(here, there, equal_nan=True)


def test_an_interrupted_bootstrap_goes_on(small, tmp_path):
    def stop(message, fraction):
        if fraction > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        small.bootstrap(20, seed=7, resume=tmp_path / "long", progress=stop)
    told = []
    values = small.bootstrap(20, seed=7, resume=tmp_path / "long", progress=lambda m, _: told.append(m)).values
    assert told[0] == "Bootstrap: 16 of 20 replications"
    assert np.array_equal(values, small.bootstrap(20, seed=7).values, equal_nan=True)
    assert not (tmp_path / "long").exists()


def test_a_unit_drawn_twice_is_two_units(small):
    data = panel(40, 2)
    times = np.ones(40, dtype=np.int64)
    times[3], times[5] = 2, 0
    twice, gone = small.arrays.units.labels[3], small.arrays.units.labels[5]
    again = data[data["region"] == twice].assign(region="another")
    by_hand = fit_panel("y ~ x", pd.concat([data[data["region"] != gone], again]), model="pitt_lee")
    drawn = small.arrays.drawn(times)
    assert len(drawn.units.counts) == 40
    found = maximise_panel(drawn, small.spec.described, "half_normal", small.theta)
    assert found.loglik == pytest.approx(by_hand.loglik, rel=SAME)
    assert found.theta == pytest.approx(by_hand.theta, rel=1e-4)


def test_stored_refits_give_the_same_intervals(small):
    drawn = small.bootstrap(30, kind="block", seed=1)
    kept = replace(small, refits=drawn.refits)
    back = PanelResult.from_bundle(kept.to_bundle())
    assert back.resampled is not None
    for method in ("bca", "percentile"):
        pd.testing.assert_frame_equal(back.resampled.intervals(method=method), drawn.intervals(method=method))
    assert "bootstrap" in back.to_dict()
    frame = back.resampled.efficiencies()
    assert (frame["te_bc_lower"] <= frame["te_bc_upper"]).all()
    # what is drawn given the errors spreads more than its expected value
    itself, predictor = frame["te_upper"] - frame["te_lower"], frame["te_bc_upper"] - frame["te_bc_lower"]
    assert itself.mean() > predictor.mean()


def test_what_cannot_be_drawn_is_refused(small):
    with pytest.raises(SpecError, match="Unknown kind"):
        small.bootstrap(20, kind="pairs")
    with pytest.raises(SpecError, match="say nothing"):
        small.bootstrap(5)
    with pytest.raises(SpecError, match="seed"):
        small.bootstrap(20, seed=-1)
    with pytest.raises(SpecError, match="has no bootstrap"):
        fit_panel("y ~ x", panel(40, 2), model="schmidt_sickles").bootstrap(20)
    with pytest.raises(SpecError, match="without a bootstrap"):
        small.table("bootstrap")


def asked(**keys) -> step.Options:
    return step.Options(formula="y ~ x", **{"panel": "pitt_lee", "bootstrap": 20, **keys})


def test_a_step_draws_and_refuses_before_it_estimates():
    inputs = StepInputs({TABLE: as_dataset(panel(40, 2))})
    result = step.run(asked(bootstrap_kind="block", bootstrap_seed=7), inputs)
    assert result.table("bootstrap").name == "bootstrap"
    assert result.refits.kind == "block"
    (refused,) = step.preflight(asked(panel="schmidt_sickles"), inputs)
    assert "has no bootstrap" in refused.what
    with pytest.raises(ValidationError, match="rows of a panel belong together"):
        asked(bootstrap_kind="pairs")
