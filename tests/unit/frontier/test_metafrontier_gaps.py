"""Intervals of technology gap ratios under a stochastic metafrontier."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from frontier_draws import CASES, DRAWS, NOISE, SIGMA_V, TRUTH, many_groups

from innospace import metafrontier
from innospace.core.errors import SpecError
from innospace.frontier.densities import density
from innospace.frontier.efficiency import efficiencies
from innospace.frontier.likelihood import Problem
from innospace.frontier.structure.metafrontier_result import MetafrontierResult

SHARE, DEVIATIONS = 0.95, 4.0
"""Intervals hold so many, up to so many standard errors of a share."""
pytestmark = pytest.mark.filterwarnings("ignore::innospace.core.errors.BoundaryWarning")
"""Some of 100 groups lie on a boundary; the metafrontier does not."""


@pytest.fixture(scope="module")
def sample():
    return many_groups(np.random.default_rng(1), 40, groups=100)


def fitted(sample, **options):
    shuffled = sample.table.assign(gap=sample.te).sample(frac=1.0, random_state=1)
    return metafrontier("y ~ x", shuffled, method="stochastic", **options), shuffled["gap"].to_numpy()


@pytest.fixture(scope="module")
def wide(sample):
    return fitted(sample)


@pytest.mark.parametrize("law", ["half_normal", "exponential", "truncated_normal", "rayleigh", "gamma"])
def test_intervals_hold_gap_ratios_when_parameters_are_known(law):
    """The regression of a stochastic metafrontier at the parameters from which its rows were drawn."""
    rng, n = np.random.default_rng(5), 20_000
    u, v = DRAWS[law](rng, n), NOISE["normal"](rng, n)
    x = np.column_stack((np.ones(n), rng.normal(size=n)))
    problem = Problem(x @ [1.0, 0.5] + v - u, x, 1.0, density(law))
    own = TRUTH[law] | {"lnsigma_v2": 2.0 * np.log(SIGMA_V)}
    found = efficiencies(problem, np.array([1.0, 0.5, *(own[name] for name in problem.density.parameters)]), SHARE)
    held = np.mean((found.te_lower <= np.exp(-u)) & (np.exp(-u) <= found.te_upper))
    assert abs(held - SHARE) < DEVIATIONS * np.sqrt(SHARE * (1.0 - SHARE) / n)


def test_intervals_hold_gap_ratios_of_groups_that_were_drawn(wide):
    result, gap = wide
    # fitted group frontiers, and the parameters from which the true ones were drawn
    known = np.array([1.0, 0.6, 2.0 * np.log(0.5), 2.0 * np.log(0.2)])
    found = efficiencies(result.second.estimate.problem, known, SHARE)
    inside = pd.Series((found.te_lower <= gap) & (gap <= found.te_upper))
    held = inside.groupby(result.rows["group"]).mean()
    # the gap of a group is one number, seen in all its rows
    assert abs(held.mean() - SHARE) < DEVIATIONS * np.sqrt(SHARE * (1.0 - SHARE) / len(held))


def test_rows_have_the_interval_given_their_residual(wide):
    result, _ = wide
    rows, given = result.rows, result.second.used_efficiencies(SHARE)
    np.testing.assert_array_equal(rows["gap_ratio_lower"], given.te_lower)
    np.testing.assert_array_equal(rows["gap_ratio_upper"], given.te_upper)
    assert ((rows["gap_ratio_lower"] < rows["gap_ratio"]) & (rows["gap_ratio"] < rows["gap_ratio_upper"])).all()
    # residuals are of the row: its group frontier below the metafrontier
    below = rows["metafrontier"] - rows["group_frontier"]
    assert np.corrcoef(below, rows["gap_ratio_lower"])[0, 1] < -0.9


def test_their_level_is_kept_and_told(sample, wide):
    wide, _ = wide
    narrow, _ = fitted(sample, level=0.5)
    assert (narrow.rows["gap_ratio_lower"] > wide.rows["gap_ratio_lower"]).all()
    assert (narrow.rows["gap_ratio_upper"] < wide.rows["gap_ratio_upper"]).all()
    pd.testing.assert_series_equal(narrow.rows["gap_ratio"], wide.rows["gap_ratio"])
    again = MetafrontierResult.from_bundle(narrow.to_bundle())
    assert again.level == 0.5
    bounds = ["gap_ratio_lower", "gap_ratio_upper"]
    pd.testing.assert_frame_equal(again.rows[bounds], narrow.rows[bounds])
    shown = again.table("efficiencies")
    assert [c.heading for c in shown.columns if c.group == "Technology gap ratio"] == ["Estimate", "Lower", "Upper"]
    assert "hold 50" in shown.notes[0]


def test_an_envelope_has_none_and_a_level_is_a_probability():
    sample = CASES["metafrontier, linear"].draw(np.random.default_rng(1), 60)
    result = metafrontier("y ~ x", sample.table)
    assert "gap_ratio_lower" not in result.rows
    assert result.table("efficiencies").notes == ()
    with pytest.raises(SpecError, match="level"):
        metafrontier("y ~ x", sample.table, method="stochastic", level=95.0)
