"""Known effects found again over seeded draws, and intervals that cover them as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from draws import band, draws
from matching_cases import EFFECT, FORMULA, firms

from innospace.firms.effects.doubly_robust import doubly_robust
from innospace.firms.effects.match_did import match_did
from innospace.firms.effects.matching import match
from innospace.firms.effects.weighting import weight

DRAWS = draws(150, 25)
# three standard errors of a share of 95 % over the draws (1.8 % each), and a little for the bias of matching
LOW, HIGH = 0.89, 1.0


def matching(data):
    return match(FORMULA, "sales", data, replace=True, bias_adjust=False).effect("sales", "att")


def matching_ate(data):
    return match(FORMULA, "sales", data, replace=True, estimand="ate").effect("sales", "ate")


def pairs(data):
    return match(FORMULA, "sales", data, caliper=0.1).effect("sales", "att")


def mahalanobis(data):
    options = {"distance": "mahalanobis", "replace": True, "bias_adjust": True}
    return match(FORMULA, "sales", data, **options).effect("sales", "att")


def ipw(data):
    return weight(FORMULA, "sales", data).effect("sales", "att")


def entropy(data):
    return weight(FORMULA, "sales", data, method="entropy_balancing").effect("sales", "att")


def aipw(data):
    return doubly_robust(FORMULA, "sales", data, estimand="ate").effect("sales", "ate")


def did(data):
    return match_did(FORMULA, "before", "after", data, caliper=0.1).effect("after", "att")


@pytest.mark.slow
@pytest.mark.parametrize("method", [matching, matching_ate, pairs, mahalanobis, ipw, entropy, aipw, did])
def test_recovered_and_covered(method):
    rows = [method(firms(400, 1000 + i, share=-0.9)) for i in range(DRAWS)]
    estimates = np.array([r["estimate"] for r in rows])
    errors = np.array([r["std_error"] for r in rows])
    covered = np.mean([(r["lower"] <= EFFECT) & (r["upper"] >= EFFECT) for r in rows])
    assert abs(estimates.mean() - EFFECT) < 3.5 * estimates.std() / np.sqrt(DRAWS) + 0.03
    low, high = band((LOW, HIGH), DRAWS)
    assert low <= covered <= high
    assert errors.mean() == pytest.approx(estimates.std(), rel=0.2 * np.sqrt(150 / DRAWS))


def test_naive_difference_is_biased_and_matching_is_not():
    """By the mean over draws: one interval of 95 % misses by chance once in twenty."""
    found = [match(FORMULA, "sales", firms(2000, 77 + i), replace=True, neighbours=3) for i in range(12)]
    naive = np.array([r.effect("sales", "unadjusted")["estimate"] for r in found])
    matched = np.array([r.effect("sales", "att")["estimate"] for r in found])
    error = found[0].effect("sales", "att")["std_error"] / np.sqrt(len(found))
    assert naive.mean() - EFFECT > 0.3
    assert abs(matched.mean() - EFFECT) < 3.5 * error + 0.01
