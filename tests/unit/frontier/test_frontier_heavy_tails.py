"""Student noise with tails so heavy that the mean does not exist: the integral, and how a search ends."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import stats

from innospace.core.errors import BoundaryWarning
from innospace.core.status import StatusCode
from innospace.frontier.densities import density
from innospace.frontier.fitting import fit

# of the logarithm of a density whose noise spans eight powers of ten; panels that reach 40 sigma_v only miss by 3e-2
PANELS = 2e-5


def reference(e, sigma_u, sigma_v, df):
    """Return the log-density by rules between points that lie geometrically about zero and about the peak of noise."""
    about = sigma_v * np.geomspace(1e-3, 1e8, 60)
    points = np.unique(np.concatenate(([0.0, -e], np.geomspace(1e-12, 60.0, 60), -e - about, -e + about)))
    points = points[(points >= 0.0) & (points <= 60.0)]
    nodes, weights = np.polynomial.legendre.leggauss(20)
    half = 0.5 * np.diff(points)[:, None]
    u = 0.5 * (points[1:] + points[:-1])[:, None] + half * nodes
    mass = half * weights * stats.expon.pdf(u, scale=sigma_u) * stats.t.pdf((e + u) / sigma_v, df) / sigma_v
    return np.log(mass.sum())


@pytest.mark.parametrize(("log_noise", "df"), [(-18.6, 0.31), (-14.0, 0.37), (-6.0, 0.5), (-3.0, 4.0)])
def test_the_integral_reaches_into_the_tails(log_noise, df):
    e = np.array([-3.0, -1.0, -0.3, -0.01, 0.0, 0.01, 1.0])
    found = density("exponential", "student_t").evaluate(e, tuple(map(np.array, (-1.5, log_noise, np.log(df))))).value
    expected = [reference(x, np.exp(-0.75), np.exp(0.5 * log_noise), df) for x in e]
    np.testing.assert_allclose(found, expected, atol=PANELS)


@pytest.mark.parametrize("law", ["exponential", "half_normal"])
def test_rows_of_a_lognormal_end_at_a_maximum_or_by_name(law):
    rng = np.random.default_rng(5)
    x = rng.normal(size=50)
    y = -np.exp(x + rng.normal(size=50))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BoundaryWarning)
        result = fit(y=y, X=x, inefficiency=law, noise="student_t")
    assert result.status.code in (StatusCode.CONVERGED, StatusCode.BOUNDARY)
    assert result.loglik > result.estimate.noise_loglik
