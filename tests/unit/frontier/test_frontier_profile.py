"""Profile likelihood: against programmes where there is no noise, against standard errors where there is."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from innospace.core.errors import LabelError, SpecError
from innospace.frontier import fit
from innospace.frontier.profile import deviance, interval

PROGRAMME = 5e-5
"""Deviance against that of a programme: the noise that a search goes down to is small, not zero."""
CROSSING = 0.01
"""Deviance at the end of an interval: the root is found to a thousandth of a quarter of a standard error."""
WALD = 0.06
"""Ends of an interval against normal ones, in parts of its half-width, at 800 rows."""


def quietly(data, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit("y ~ a", data, **options)


def noiseless(law="half_normal", cost=False):
    rng = np.random.default_rng(0)
    u = rng.exponential(0.5, 40) if law == "exponential" else np.abs(0.5 * rng.normal(size=40))
    a = rng.normal(size=40)
    return pd.DataFrame({"a": a, "y": 2.0 + 0.7 * a + (u if cost else -u)})


@pytest.fixture(scope="module")
def boundary():
    return quietly(noiseless())


def without_noise(table, slope, law):
    """Log-likelihood without noise with the slope held: the lowest line above all rows."""
    rest = table["y"] - slope * table["a"]
    u = (rest.max() - rest).to_numpy()
    if law == "exponential":
        return float(stats.expon.logpdf(u, scale=u.mean()).sum())
    return float(stats.halfnorm.logpdf(u, scale=np.sqrt(np.mean(u * u))).sum())


@pytest.mark.parametrize("law", ["half_normal", "exponential"])
@pytest.mark.parametrize("shift", [-0.02, 0.003])
def test_deviance_without_noise_is_that_of_the_programme(law, shift):
    table = noiseless(law)
    found = quietly(table, inefficiency=law)
    assert found.status.boundary == "gamma_one"
    slope = found.parameter("a") + shift
    programme = 2.0 * (found.loglik - without_noise(table, slope, law))
    held = table.assign(y=table["y"] - slope * table["a"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        noisy = 2.0 * (found.loglik - fit("y ~ 1", held, inefficiency=law).loglik)
    assert deviance(found.estimate, 1, slope) == pytest.approx(min(programme, noisy), abs=PROGRAMME)


def test_the_interval_ends_where_the_deviance_reaches_the_quantile(boundary):
    assert np.isnan(boundary.covariance).all()
    found = boundary.profile("a", level=0.9)
    assert found.lower < found.estimate < found.upper
    for end in (found.lower, found.upper):
        assert deviance(boundary.estimate, 1, end) == pytest.approx(stats.chi2.ppf(0.9, 1), abs=CROSSING)
    for outside in (found.lower - 0.1, found.upper + 0.1):
        assert deviance(boundary.estimate, 1, outside) > stats.chi2.ppf(0.9, 1)


def test_a_cost_frontier_is_the_mirror_image(boundary):
    table = noiseless()
    mirrored = quietly(table.assign(y=-table["y"]), cost=True)
    at = boundary.parameter("a") + 0.01
    own = deviance(boundary.estimate, 1, at)
    assert deviance(mirrored.estimate, 1, -at) == pytest.approx(own, abs=PROGRAMME)
    assert own > 0.1


def test_with_noise_it_is_the_usual_interval():
    rng = np.random.default_rng(4)
    a = rng.normal(size=800)
    y = 1.0 + 0.5 * a + 0.3 * rng.normal(size=800) - np.abs(0.6 * rng.normal(size=800))
    found = quietly({"a": a, "y": y})
    usual = found.confidence_intervals().loc["a"]
    own = found.profile("a")
    half = 0.5 * (usual["upper"] - usual["lower"])
    np.testing.assert_allclose([own.lower, own.upper], [usual["lower"], usual["upper"]], atol=WALD * half)


def test_what_has_no_profile(boundary):
    with pytest.raises(LabelError, match="coefficient of the frontier") as caught:
        boundary.profile("lnsigma_u2")
    assert "a" in caught.value.allowed
    with pytest.raises(SpecError, match="level"):
        boundary.profile("a", level=1.5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        alone = fit("y ~ 1", noiseless())
    with pytest.raises(SpecError, match="only coefficient") as refused:
        interval(alone.estimate, 0, "Intercept", 0.95)
    assert refused.value.remedy
