"""Tests on frontier models: no inefficiency, skewness, Wald, likelihood ratio, Vuong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from innospace.core.errors import SpecError
from innospace.frontier.densities.base import Array
from innospace.numerics.tails import chi2_sf, normal_cdf, normal_sf


@dataclass(frozen=True, slots=True)
class TestResult:
    """Statistic, p-value and what was tested.

    Attributes
    ----------
    name : str
    statistic : float
    p_value : float
    distribution : str
        Distribution under the null.
    null : str
        The hypothesis tested.
    """

    __test__ = False  # not a test case of pytest

    name: str
    statistic: float
    p_value: float
    distribution: str
    null: str

    def rejected(self, level: float = 0.05) -> bool:
        """Whether the null is rejected at ``level``."""
        return bool(self.p_value < level)

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        return {
            "statistic": self.statistic,
            "p_value": self.p_value,
            "distribution": self.distribution,
            "null": self.null,
        }


def mixed_chi2_sf(statistic: float, df: int) -> float:
    """Return the upper tail of ``chi2(df - 1) / 2 + chi2(df) / 2`` (Kodde and Palm 1986).

    ``chi2(0)`` is a point mass at zero.
    """
    lower = float(statistic <= 0.0) if df == 1 else float(chi2_sf(statistic, df - 1))
    return 0.5 * lower + 0.5 * float(chi2_sf(statistic, df))


def no_inefficiency(loglik: float, ols_loglik: float, extra_parameters: int, null: str = "sigma_u = 0") -> TestResult:
    """Test ``sigma_u = 0`` by likelihood ratio against least squares.

    ``LR = 2 (ln L - ln L_ols)``. One of the ``extra_parameters`` (``sigma_u``) lies on the boundary under the
    null, so the distribution is an equal mixture of chi-squares with one degree of freedom less and as many.
    """
    statistic = max(0.0, 2.0 * (loglik - ols_loglik))
    name = f"chi2({extra_parameters - 1})/2 + chi2({extra_parameters})/2"
    return TestResult("no_inefficiency", statistic, mixed_chi2_sf(statistic, extra_parameters), name, null)


def coelli_skewness(skewness: float, n: int) -> TestResult:
    """Test that residuals are not skewed towards inefficiency (Coelli 1995).

    ``M3T = m3 / sqrt(6 m2^3 / n) = skewness sqrt(n / 6)``, standard normal under the null; negative values of
    ``skewness`` (of ``sign * residual``) point to inefficiency.
    """
    statistic = skewness * float(np.sqrt(n / 6.0))
    return TestResult("skewness", statistic, float(normal_cdf(statistic)), "N(0, 1), one-sided", "skewness >= 0")


def schmidt_lin_skewness(skewness: float, n: int) -> TestResult:
    """Test skewness with a distribution for small samples (Schmidt and Lin 1984; D'Agostino 1970).

    ``sqrt(b1)`` is transformed so that it is nearly standard normal under the null from about eight rows on.
    """
    y = skewness * np.sqrt((n + 1.0) * (n + 3.0) / (6.0 * (n - 2.0)))
    kurtosis = 3.0 * (n * n + 27.0 * n - 70.0) * (n + 1.0) * (n + 3.0)
    kurtosis /= (n - 2.0) * (n + 5.0) * (n + 7.0) * (n + 9.0)
    w2 = -1.0 + np.sqrt(2.0 * (kurtosis - 1.0))
    delta, alpha = 1.0 / np.sqrt(0.5 * np.log(w2)), np.sqrt(2.0 / (w2 - 1.0))
    statistic = float(delta * np.arcsinh(y / alpha))
    p_value = float(normal_cdf(statistic))
    return TestResult("skewness_schmidt_lin", statistic, p_value, "N(0, 1), one-sided", "skewness >= 0")


def vuong(first: Array, second: Array, weights: Array | None = None) -> TestResult:
    """Test whether two models that do not hold each other are equally close to the truth (Vuong 1989).

    Parameters
    ----------
    first, second : ndarray, shape (n,)
        Log-likelihood of each row.
    weights : ndarray, shape (n,), optional

    Returns
    -------
    TestResult
        ``sqrt(n) mean(d) / sd(d)``, standard normal, two-sided; positive values favour the first model.
    """
    d = first - second
    w = np.ones(len(d)) if weights is None else weights / weights.mean()
    mean = float(np.average(d, weights=w))
    spread = float(np.sqrt(np.mean(w * w * (d - mean) ** 2)))
    if spread <= 1e-10 * (1.0 + abs(mean)):
        raise SpecError(
            "The two models give every row the same likelihood, so that there is nothing to tell apart.",
            remedy="Look at their estimates: one is a limit of the other, or they are the same.",
        )
    statistic = float(np.sqrt(len(d))) * mean / spread
    return TestResult(
        "vuong", statistic, float(2.0 * normal_sf(abs(statistic))), "N(0, 1)", "both are equally close to the truth"
    )


def wald(estimate: Array, covariance: Array, value: float | Array = 0.0) -> TestResult:
    """Test ``estimate = value`` jointly: ``W = d' C^-1 d``, chi-square with as many degrees as restrictions.

    Parameters
    ----------
    estimate : ndarray, shape (r,)
    covariance : ndarray, shape (r, r)
    value : float or ndarray, shape (r,)
    """
    difference = np.atleast_1d(estimate) - value
    statistic = float(difference @ np.linalg.solve(np.atleast_2d(covariance), difference))
    df = len(difference)
    return TestResult("wald", statistic, float(chi2_sf(statistic, df)), f"chi2({df})", "restrictions hold")


def likelihood_ratio(restricted: float, full: float, df: int, null: str = "restrictions hold") -> TestResult:
    """Test nested models by ``LR = 2 (ln L_full - ln L_restricted)``, chi-square with ``df`` degrees of freedom."""
    _require_nested(restricted, full, df)
    statistic = max(0.0, 2.0 * (full - restricted))
    return TestResult("likelihood_ratio", statistic, float(chi2_sf(statistic, df)), f"chi2({df})", null)


def one_sided_likelihood_ratio(
    restricted: float, full: float, estimate: float, null: str = "parameter = 0", direction: float = 1.0
) -> TestResult:
    """Test one restriction against a one-sided alternative (``direction`` 1: positive, -1: negative).

    The null is rejected at level ``a`` when the estimate has the sign of the alternative and ``LR`` exceeds the
    ``1 - 2a`` quantile of chi2(1). The p-value is half the chi2(1) tail for that sign and one minus half otherwise.
    """
    _require_nested(restricted, full, 1)
    statistic = max(0.0, 2.0 * (full - restricted))
    half = 0.5 * float(chi2_sf(statistic, 1))
    p_value = half if direction * estimate > 0.0 else 1.0 - half
    side = "greater" if direction > 0 else "less"
    return TestResult("one_sided_likelihood_ratio", statistic, p_value, f"chi2(1), one-sided ({side})", null)


def _require_nested(restricted: float, full: float, df: int) -> None:
    if df < 1:
        raise SpecError("A likelihood-ratio test needs at least one restriction.", allowed="df >= 1")
    if full < restricted - 1e-6 * (1.0 + abs(full)):
        raise SpecError(
            f"The larger model has the smaller log-likelihood ({full:.6f} < {restricted:.6f}).",
            remedy="Check that the models are nested, use the same rows, and both converged.",
        )
