"""Derivatives of the exponential law, also where inefficiency vanishes, against arithmetic with 80 digits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from innospace.frontier.densities.exponential import Exponential
from innospace.numerics.normal import truncated_variance_standard

TABLE = Path(__file__).parents[2] / "reference" / "frontier" / "exponential_derivatives.csv"
NEAR = 1e-8
"""Relative, and to one unit of log-likelihood a row: in the tail the mean of a truncated normal has ten digits."""
VARIANCES = {
    -1e5: 9.999999994e-11,
    -40.0: 0.000622668378591389,
    -30.001: 0.00110369841558274,
    -29.999: 0.00110384461544338,
    -5.0: 0.0326964346171122,
    0.0: 0.363380227632419,
    4.0: 0.999464644230462,
}
"""Variance of ``N(r, 1)`` truncated to positive values by r; mpmath, 80 digits."""


def test_derivatives():
    table = pd.read_csv(TABLE, comment="#")
    found = Exponential().evaluate(table["e"].to_numpy(), (table["a"].to_numpy(), table["b"].to_numpy()))
    got = np.column_stack((found.value, *found.first, *found.second))
    np.testing.assert_allclose(got, table.iloc[:, 3:].to_numpy(), rtol=NEAR, atol=NEAR)


@pytest.mark.parametrize(("r", "variance"), VARIANCES.items())
def test_variance_of_a_truncated_normal(r, variance):
    assert float(truncated_variance_standard(np.array(r))) == pytest.approx(variance, rel=NEAR)
