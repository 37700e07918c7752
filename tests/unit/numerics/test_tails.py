"""Tails and quantiles are those of ``scipy.stats``, which commands do not load for them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from innospace.numerics import tails

# both evaluate the same special functions, some by another of the same library
RELATIVE = 1e-13

Z = np.array([-30.0, -3.0, -0.5, 0.0, 1e-8, 0.7, 5.0, 37.0, np.inf, np.nan])
P = np.array([0.0, 1e-12, 0.025, 0.5, 0.975, 1.0, np.nan])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (tails.normal_cdf(Z), stats.norm.cdf(Z)),
        (tails.normal_sf(Z), stats.norm.sf(Z)),
        (tails.normal_ppf(P), stats.norm.ppf(P)),
        *((tails.chi2_sf(Z, k), stats.chi2.sf(Z, k)) for k in (1, 2, 7, 300)),
        *((tails.chi2_ppf(P, k), stats.chi2.ppf(P, k)) for k in (1, 5)),
        *((tails.chi2_isf(P, k), stats.chi2.isf(P, k)) for k in (1, 5)),
        *((tails.t_cdf(Z, k), stats.t.cdf(Z, k)) for k in (1.0, 29.0, np.inf)),
        *((tails.t_sf(Z, k), stats.t.sf(Z, k)) for k in (1.0, 29.0, np.inf)),
        *((tails.t_ppf(P[1:5], k), stats.t.ppf(P[1:5], k)) for k in (2.0, 29.0, np.inf)),
        *((tails.f_sf(Z, 3, k), stats.f.sf(Z, 3, k)) for k in (4.0, 250.0)),
    ],
)
def test_they_agree(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=RELATIVE, atol=0.0)


def test_scalars_and_degrees_of_many():
    assert float(tails.chi2_sf(3.841458820694124, 1)) == pytest.approx(0.05, rel=1e-12)
    np.testing.assert_allclose(tails.chi2_sf(2.0, np.array([1, 2, 3])), stats.chi2.sf(2.0, [1, 2, 3]), rtol=RELATIVE)


def test_an_estimate_does_not_load_what_it_does_not_use():
    code = (
        "import sys, innospace, numpy as np; g = np.random.default_rng(0); x = g.normal(size=(90, 1));"
        "r = innospace.fit(y=x[:, 0] + g.normal(size=90) - abs(g.normal(size=90)), X=x); r.coefficients(); r.summary();"
        "print('scipy.stats' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
