"""Formulas in Typst or LaTeX as plain text."""

from __future__ import annotations

import pytest

from innospace.core.formula_text import plain


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        (r"\lambda_a", "λ_a"),
        ('P_e = E p_e^w (S_e / (S_(e 0) "WD"))^(-1 \\/ eta)', "P_e = E p_e^w (S_e / (S_(e 0) WD))^(-1 / η)"),
        ('sum_i L_i^("l1") = overline(L)_1', "Σ_i L_i^l1 = L\u0304_1"),
        (r"\bar L_l", "L\u0304_l"),
        ("V_i = Y_i - sum_(x in S_i) S_x", "V_i = Y_i - Σ_(x ∈ S_i) S_x"),
        (
            "P(y_(i t) = 1) = Phi(x_i' beta + rho y_(i 0)), quad u ~ N(0, 1)",
            "P(y_(i t) = 1) = Φ(x_i' β + ρ y_(i 0)),  u ~ N(0, 1)",
        ),
        ("hat(V)_i = W_i V_i, quad t = 0, 1, dots", "V\u0302_i = W_i V_i,  t = 0, 1, ..."),
        ("integral_0^oo f(x) dif x", "∫_0^∞ f(x) dx"),
    ],
)
def test_formulas_as_plain_text(markup, shown):
    assert plain(markup) == shown
