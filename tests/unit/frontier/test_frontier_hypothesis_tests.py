from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from innospace.core.errors import SpecError
from innospace.frontier import hypothesis_tests as tests

# Kodde and Palm (1986), Table 1: upper bounds are the mixtures chi2(df - 1) / 2 + chi2(df) / 2. At .001 and one
# degree of freedom the table prints 9.500; half of chi2(1) is .001 at 9.549
KODDE_PALM = {
    0.25: {1: 0.455, 2: 2.090, 3: 3.475, 4: 4.776, 5: 6.031},
    0.10: {1: 1.642, 2: 3.808, 3: 5.528, 4: 7.094, 5: 8.574},
    0.05: {1: 2.706, 2: 5.138, 3: 7.045, 4: 8.761, 5: 10.371},
    0.025: {1: 3.841, 2: 6.483, 3: 8.542, 4: 10.384, 5: 12.103},
    0.01: {1: 5.412, 2: 8.273, 3: 10.501, 4: 12.483, 5: 14.325},
    0.005: {1: 6.635, 2: 9.634, 3: 11.971, 4: 14.045, 5: 15.968},
    0.001: {1: 9.549, 2: 12.810, 3: 15.357, 4: 17.612, 5: 19.696},
}


@pytest.mark.parametrize(("level", "df"), [(a, df) for a, row in KODDE_PALM.items() for df in row])
def test_mixed_chi_square(level, df):
    # three printed decimals of the quantile, times the density of the mixture there
    slope = stats.chi2.pdf(KODDE_PALM[level][df], df) + (stats.chi2.pdf(KODDE_PALM[level][df], df - 1) if df > 1 else 0)
    assert tests.mixed_chi2_sf(KODDE_PALM[level][df], df) == pytest.approx(level, abs=1e-3 * slope + 1e-6)


def test_mixture_at_zero():
    assert tests.mixed_chi2_sf(0.0, 1) == 1.0
    assert tests.mixed_chi2_sf(1e-12, 1) == pytest.approx(0.5, abs=1e-5)
    assert tests.mixed_chi2_sf(0.0, 2) == 1.0


def test_no_inefficiency():
    test = tests.no_inefficiency(-10.0, -11.353, 1)
    assert test.statistic == pytest.approx(2.706)
    assert test.p_value == pytest.approx(0.05, abs=1e-4)
    assert test.rejected(0.06)
    assert not test.rejected(0.04)
    assert tests.no_inefficiency(-11.0, -10.9999, 2).statistic == 0.0


def test_coelli_skewness():
    residual = np.random.default_rng(0).gumbel(size=200)
    m2, m3 = np.var(residual), np.mean((residual - residual.mean()) ** 3)
    test = tests.coelli_skewness(m3 / m2**1.5, 200)
    assert test.statistic == pytest.approx(m3 / np.sqrt(6.0 * m2**3 / 200))
    assert test.p_value == pytest.approx(stats.norm.cdf(test.statistic))
    assert not test.rejected()
    assert tests.coelli_skewness(-1.0, 200).rejected()


def test_wald():
    covariance = np.array([[0.04, 0.01], [0.01, 0.09]])
    one = tests.wald(np.array([0.4]), covariance[:1, :1])
    assert one.statistic == pytest.approx(4.0)
    assert one.p_value == pytest.approx(2 * stats.norm.sf(2.0))
    d = np.array([0.4, -0.3]) - 0.1
    joint = tests.wald(np.array([0.4, -0.3]), covariance, 0.1)
    assert joint.statistic == pytest.approx(d @ np.linalg.inv(covariance) @ d)
    assert joint.distribution == "chi2(2)"


def test_likelihood_ratio():
    test = tests.likelihood_ratio(-12.0, -10.0, 2)
    assert test.statistic == pytest.approx(4.0)
    assert test.p_value == pytest.approx(stats.chi2.sf(4.0, 2))
    assert tests.likelihood_ratio(-10.0, -10.0 - 1e-9, 1).statistic == 0.0
    with pytest.raises(SpecError, match="smaller log-likelihood"):
        tests.likelihood_ratio(-10.0, -12.0, 1)
    with pytest.raises(SpecError, match="at least one restriction"):
        tests.likelihood_ratio(-12.0, -10.0, 0)


@pytest.mark.parametrize("level", [0.01, 0.05, 0.1])
def test_one_sided_rejects_beyond_the_two_alpha_quantile(level):
    quantile = stats.chi2.ppf(1.0 - 2.0 * level, 1)
    for factor, rejected in ((1.001, True), (0.999, False)):
        test = tests.one_sided_likelihood_ratio(-10.0 - 0.5 * factor * quantile, -10.0, 0.3)
        assert test.rejected(level) is rejected
        other = tests.one_sided_likelihood_ratio(-10.0 - 0.5 * factor * quantile, -10.0, -0.3)
        assert not other.rejected(level)
        assert other.p_value == pytest.approx(1.0 - test.p_value)
        mirrored = tests.one_sided_likelihood_ratio(-10.0 - 0.5 * factor * quantile, -10.0, -0.3, direction=-1.0)
        assert mirrored.p_value == pytest.approx(test.p_value)


def test_plain_types():
    assert set(tests.no_inefficiency(-1.0, -2.0, 1).to_dict()) == {"statistic", "p_value", "distribution", "null"}
