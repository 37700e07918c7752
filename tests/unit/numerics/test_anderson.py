"""Anderson's acceleration against a direct solution, and on a map that has no fixed point."""

from __future__ import annotations

import numpy as np
import pytest

from innospace.numerics.anderson import find_fixed_point

EXACT = 1e-10


def test_a_linear_map_takes_about_as_many_evaluations_as_it_has_dimensions():
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(8, 8)) * 0.3
    shift = rng.normal(size=8)
    found = find_fixed_point(lambda x: matrix @ x + shift - x, np.zeros(8), tolerance=1e-12)
    assert found.converged
    assert found.evaluations <= 20
    assert found.x == pytest.approx(np.linalg.solve(np.eye(8) - matrix, shift), abs=EXACT)


def test_no_fixed_point_is_said():
    found = find_fixed_point(lambda x: np.exp(x) + 1.0, np.zeros(1), max_evaluations=30)
    assert not found.converged
