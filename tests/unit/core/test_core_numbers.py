from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from innospace.core.numbers import fixed, p_value, percent, show, significant

T, M = "\u202f", "\u2212"
MISSING = [None, float("nan"), np.float64("nan"), np.float32("nan"), pd.NA, pd.NaT]


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.0, 3, "0.000"),
        (-0.0, 3, "0.000"),
        (-0.0004, 3, "0.000"),
        (-0.0006, 3, f"{M}0.001"),
        (999.9995, 3, f"1{T}000.000"),
        (999.9994, 3, "999.999"),
        (-1234.5, 3, f"{M}1{T}234.500"),
        (1234567.0, 0, f"1{T}234{T}567"),
        (0.5, 0, "0"),
        (float("inf"), 3, "∞"),
        (float("-inf"), 3, f"{M}∞"),
        (12, 1, "12.0"),
        (np.float32(0.25), 2, "0.25"),
    ],
)
def test_fixed(value, decimals, text):
    assert fixed(value, decimals) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.0, 3, "0"),
        (-0.0, 3, "0"),
        (1.0, 3, "1.00"),
        (9.994, 3, "9.99"),
        (9.996, 3, "10.0"),
        (99.96, 3, "100"),
        (999.9995, 3, f"1{T}000"),
        (0.00012345, 3, "0.000123"),
        (0.00009996, 3, "0.000100"),
        (0.0000123, 3, f"1.23{T}×{T}10⁻⁵"),
        (9.9996e-7, 3, f"1.00{T}×{T}10⁻⁶"),
        (-2.5e-12, 2, f"{M}2.5{T}×{T}10⁻¹²"),
        (1234567.0, 3, f"1{T}234{T}567"),
        (12345678.0, 3, f"1.23{T}×{T}10⁷"),
        (9999999.6, 3, f"1.00{T}×{T}10⁷"),
        (5e-324, 3, f"4.94{T}×{T}10⁻³²⁴"),
        (1.7e308, 2, f"1.7{T}×{T}10³⁰⁸"),
        (float("inf"), 3, "∞"),
        (7, 1, "7"),
    ],
)
def test_significant(value, digits, text):
    assert significant(value, digits) == text


def test_percent():
    assert percent(0.8123) == f"81.2{T}%"
    assert percent(-0.0001, 1) == f"0.0{T}%"
    assert percent(12.5, 0) == f"1{T}250{T}%"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, f"<{T}0.001"), (1e-300, f"<{T}0.001"), (0.00099999, f"<{T}0.001"), (0.001, "0.001"), (1.0, "1.000")],
)
def test_p_values_are_never_zero(value, text):
    assert p_value(value) == text


@given(st.floats(0.0, 1.0))
def test_no_p_value_reads_as_zero(value):
    assert float(p_value(value).lstrip(f"<{T}")) > 0.0


@pytest.mark.parametrize("value", MISSING)
@pytest.mark.parametrize("style", ["text", "integer", "year", "p", "percent:1", "fixed:2", "significant:3", "fixed"])
def test_missing_cells_are_a_dash(value, style):
    assert show(value, style) == "–"


@pytest.mark.parametrize("shown", [fixed, significant, percent, p_value])
@pytest.mark.parametrize("value", MISSING)
def test_missing_numbers_are_a_dash(shown, value):
    assert shown(value) == "–"


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [
        ("Тверь", "text", "Тверь"),
        ("", "text", ""),
        (12345, "integer", f"12{T}345"),
        (2010, "year", "2010"),
        (2010.0, "year", "2010"),
        (0.0001, "p", f"<{T}0.001"),
        (0.5, "percent:0", f"50{T}%"),
        (0.5, "percent", f"50.0{T}%"),
        (1.23456, "fixed:2", "1.23"),
        (1.23456, "significant:2", "1.2"),
        (np.int64(7), "fixed:1", "7.0"),
        (True, "integer", "1"),
    ],
)
def test_styles(value, style, text):
    assert show(value, style) == text


def back(text: str) -> float:
    text = text.replace(T, "").replace(M, "-")
    mantissa, _, power = text.partition("×10")
    return float(mantissa) * 10.0 ** int(power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")) or 0)


@given(st.floats(-1e9, 1e9), st.integers(0, 6))
def test_fixed_loses_half_a_unit_at_most(value, decimals):
    assert abs(back(fixed(value, decimals)) - value) <= 0.5 * 10.0**-decimals * (1 + 1e-6) + 1e-6 * abs(value)


@given(st.floats(1e-290, 1e290) | st.floats(-1e290, -1e-290), st.integers(2, 6))
def test_significant_keeps_its_digits(value, digits):
    assert math.isclose(back(significant(value, digits)), value, rel_tol=0.51 * 10.0 ** (1 - digits))


@given(st.floats(1e-4, 1e5), st.integers(2, 5))
def test_significant_shows_as_many_digits_as_asked_for(value, digits):
    shown = significant(value, digits).replace(T, "")
    if "." in shown and "×" not in shown:
        assert len(shown.replace(".", "").lstrip("0")) == digits
