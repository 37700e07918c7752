"""The bootstrap by blocks."""

from __future__ import annotations

import numpy as np
import pytest

from innospace.core.errors import DataError, SolverError, SpecError
from innospace.numerics.bootstrap import block_bootstrap, block_counts, resampled_rows


def mean_of_blocks(shared, counts):
    return np.array([np.average(shared, weights=counts)])


def fails_sometimes(shared, counts):
    if counts[0] == 0:
        raise DataError("The first block was not drawn.")
    return np.array([np.nan if counts[0] > shared else float(counts[0])])


def test_counts_depend_on_seed_and_number_alone_and_sum_to_the_blocks():
    first = block_counts(50, 3, 7)
    assert first.sum() == 50
    assert (first == block_counts(50, 3, 7)).all()
    assert (first != block_counts(50, 3, 8)).any()
    assert (first != block_counts(50, 4, 7)).any()


def test_resampled_rows_repeat_whole_blocks_under_new_numbers():
    codes = np.array([1, 0, 1, 2, 2, 2])
    rows, blocks = resampled_rows(codes, np.array([2, 0, 1]))
    assert rows.tolist() == [1, 1, 3, 4, 5]
    assert blocks.tolist() == [0, 1, 2, 2, 2]


def test_standard_error_of_a_mean_is_the_textbook_one():
    values = np.random.default_rng(1).normal(size=400)
    found = block_bootstrap(mean_of_blocks, values, 400, 2000, workers=1)
    # 2,000 draws give a standard deviation to 1/sqrt(4000) = 1.6 %
    assert found.std_errors[0] == pytest.approx(values.std() / 20.0, rel=0.06)
    assert found.covariance[0, 0] == pytest.approx(found.std_errors[0] ** 2)
    lower, upper = found.percentiles()
    assert lower[0] < values.mean() < upper[0]


def test_number_of_workers_changes_nothing_and_progress_reaches_the_end():
    values = np.arange(20.0)
    seen = []
    one = block_bootstrap(mean_of_blocks, values, 20, 6, workers=1, progress=lambda _, f: seen.append(f))
    two = block_bootstrap(mean_of_blocks, values, 20, 6, workers=2)
    assert (one.values == two.values).all()
    assert seen[-1] == pytest.approx(1.0)


def test_failed_draws_are_told_apart_and_too_many_stop():
    found = block_bootstrap(fails_sometimes, 3, 50, 60, seed=2, workers=1)
    assert len(found.failed) + len(found.values) == 60
    assert {reason for _, reason in found.failed} == {"The first block was not drawn.", "A value is not finite."}
    with pytest.raises(SolverError, match="bootstrap draws gave no estimate"):
        block_bootstrap(fails_sometimes, 0, 50, 60, seed=2, workers=1)


@pytest.mark.parametrize(("blocks", "draws", "seed"), [(1, 10, 0), (10, 1, 0), (10, 10, -1)])
def test_impossible_requests_are_refused(blocks, draws, seed):
    with pytest.raises(SpecError, match="at least"):
        block_bootstrap(mean_of_blocks, np.ones(10), blocks, draws, seed=seed)
