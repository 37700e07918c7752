"""Words and signs that the presentations of the frontier hand to the report room."""

from __future__ import annotations

import pandas as pd
import pytest

from innospace.core.table import Table
from innospace.frontier.presentation import TEST_COLUMNS, in_symbols, p_clause, symbols


@pytest.mark.parametrize(
    ("plain", "shown"),
    [
        ("sigma_u = 0", "σᵤ = 0"),
        ("chi2(0)/2 + chi2(1)/2", "½ χ²(0) + ½ χ²(1)"),
        ("chi2(1)", "χ²(1)"),
        ("hypothesis 2: delta_0 = 0", "hypothesis 2: δ₀ = 0"),
        ("ln Q = c + delta ln V + v - u", "ln Q = c + δ ln V + v − u"),
        ("known eta = 0.25", "known η = 0.25"),
        ("lr one sided", "likelihood ratio one-sided"),
        ("u >= 0", "u ≥ 0"),
        ("beta, deltas, R&D-intensive", "beta, deltas, R&D-intensive"),
    ],
)
def test_names_of_parameters_become_signs(plain, shown):
    assert symbols(plain) == shown


@pytest.mark.parametrize(("p", "shown"), [(0.4333, "p = 0.433"), (0.0, "p < 0.001"), (float("nan"), "p = –")])
def test_p_values_are_never_zero_and_never_broken(p, shown):
    assert p_clause(p).replace("\u00a0", " ").replace("\u202f", " ") == shown
    assert " " not in p_clause(p)


def test_pages_show_signs_and_files_keep_names():
    row = {"name": "wald", "null": "sigma_u = 0", "statistic": 1.0, "distribution": "chi2(1)", "p_value": 0.5}
    table = in_symbols(Table("t", "T", pd.DataFrame([row]), TEST_COLUMNS), ("name", "null", "distribution"))
    assert list(table.display().iloc[0]) == ["Wald", "σᵤ = 0", "1.000", "χ²(1)", "0.500"]
    assert table.frame["distribution"].iloc[0] == "chi2(1)"
