"""Balance, overlap and effective sample sizes."""

from __future__ import annotations

import numpy as np
import pytest
from matching_cases import firms
from scipy import stats

from innospace.firms.effects.balance import balance, balance_check, effective_size
from innospace.firms.effects.matching import match
from innospace.firms.effects.propensity import overlap, overlap_check


def test_unweighted_balance_is_that_of_textbooks():
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.normal(size=90), rng.integers(0, 2, 90), rng.integers(0, 5, 90)]).astype(float)
    t = rng.random(90) < 0.4
    (b,) = balance(x, t)
    a, c = x[t], x[~t]
    np.testing.assert_allclose(b.smd, (a.mean(0) - c.mean(0)) / a.std(0, ddof=1))
    np.testing.assert_allclose(b.variance_ratio[[0, 2]], (a.var(0, ddof=1) / c.var(0, ddof=1))[[0, 2]])
    assert np.isnan(b.variance_ratio[1])
    np.testing.assert_allclose(b.ks, [stats.ks_2samp(a[:, j], c[:, j]).statistic for j in range(3)])
    (pooled,) = balance(x, t, estimand="ate")
    np.testing.assert_allclose(pooled.smd, (a.mean(0) - c.mean(0)) / np.sqrt((a.var(0, ddof=1) + c.var(0, ddof=1)) / 2))
    (other,) = balance(x, t, estimand="atc")
    np.testing.assert_allclose(other.smd, (a.mean(0) - c.mean(0)) / c.std(0, ddof=1))


def test_weights_count_like_repeated_rows():
    rng = np.random.default_rng(1)
    x, t = rng.integers(0, 6, (60, 2)).astype(float), rng.random(60) < 0.5
    w = rng.integers(0, 4, 60).astype(float)
    times = w.astype(int)
    weighted = balance(x, t, (None, w))[1]
    (repeated,) = balance(np.repeat(x, times, axis=0), np.repeat(t, times))
    for name in ("treated", "control", "ks"):
        np.testing.assert_allclose(getattr(weighted, name), getattr(repeated, name))


def test_a_constant_column_is_balanced():
    t = np.arange(10) < 4
    (b,) = balance(np.full((10, 1), 3.0), t)
    assert b.smd[0] == 0.0
    assert b.ks[0] == 0.0


def test_effective_size():
    assert effective_size(np.ones(7)) == 7.0
    assert effective_size(np.array([1.0, 0.0, 0.0])) == 1.0
    assert effective_size(np.zeros(3)) == 0.0
    assert effective_size(5.0 * np.array([1.0, 2.0])) == pytest.approx(9 / 5)


def test_overlap_counts_who_is_beyond():
    score, treated = np.array([0.1, 0.2, 0.5, 0.9, 0.3, 0.95]), np.array([0, 0, 0, 1, 1, 1], dtype=bool)
    o = overlap(score, treated)
    assert (o.low, o.high) == (0.3, 0.5)
    assert o.treated_outside == pytest.approx(2 / 3)
    assert o.control_outside == pytest.approx(2 / 3)
    assert o.outside == pytest.approx(4 / 6)
    assert not overlap_check(o, "att").ok


def test_balance_check_follows_the_largest_difference():
    assert balance_check(np.array([0.05, -0.09])).ok
    assert not balance_check(np.array([0.05, -0.11])).ok


def test_matching_balances_what_it_can():
    r = match("starter ~ size + age", "sales", firms(2000, 2), caliper=0.05)
    assert r.numbers["largest_smd_after"] < 0.05 < r.numbers["largest_smd_before"]
    assert next(c for c in r.checks if c.name == "balance").ok
    assert "alike" in " ".join(r.findings())
