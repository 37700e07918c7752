"""A small part of the tables made to break estimators; all of them are in benchmarks/adversarial_frontiers.py."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))

from adversarial_frontiers import CROSS, INDEXED, PANELS, attempt, faults, said

LAWS = ("half_normal", "exponential", "truncated_normal", "generalised_exponential")
ENDS = {
    "wrong skewness": "wrong_skewness",
    "constant regressor": "DataError",
    "constant outcome": "DataError",
    "exact outcome": "DataError",
    "nearly collinear": "DataError",
}
REFUSED = ("one unit", "one period a unit", "two units")
AGREE = 1e-6
"""Estimates of a table in other units, relative: both searches end within 1e-10 of log-likelihood."""


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("name", CROSS)
def test_cross_sections(name, law):
    found = attempt(CROSS[name], inefficiency=law)
    assert faults(found) == []
    if name in ENDS:
        assert said(found) == ENDS[name]


@pytest.mark.parametrize("name", INDEXED)
def test_regressors_of_variances(name):
    for law in ("half_normal", "generalised_exponential"):
        assert faults(attempt(INDEXED[name], inefficiency=law)) == []


@pytest.mark.parametrize("model", ["pitt_lee", "battese_coelli_1992", "schmidt_sickles"])
@pytest.mark.parametrize("name", PANELS)
def test_panels(name, model):
    found = attempt(PANELS[name], model=model)
    assert faults(found) == []
    if name in REFUSED:
        assert said(found) == "DataError"


@pytest.mark.parametrize("law", ["half_normal", "exponential"])
def test_rows_far_from_all_others_beside_heavy_tails_are_named(law):
    found = attempt(CROSS["huge outliers"], inefficiency=law, noise="student_t")
    assert faults(found) == []
    assert said(found) == "sigma_u_zero"
    assert "rows far from all others" in found.status.message


def test_intervals_of_sums_of_two_inefficiencies_overflow_nowhere():
    found = attempt(PANELS["wrong skewness"], model="four_components", inefficiency="exponential")
    assert faults(found) == []


def test_the_limit_of_a_truncated_normal_is_named():
    found = attempt(CROSS["spiked inefficiency"], inefficiency="truncated_normal")
    other = attempt(CROSS["spiked inefficiency"], inefficiency="exponential")
    assert said(found) == "mu_minus_infinity"
    assert found.loglik == pytest.approx(other.loglik, rel=AGREE)


def test_units_of_the_outcome_do_not_matter():
    large, small = (attempt(CROSS[f"outcome in {unit}"]) for unit in ("millionths", "millions"))
    np.testing.assert_allclose(large.sigma_u, 1e12 * small.sigma_u, rtol=AGREE)
