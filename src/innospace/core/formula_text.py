"""Formulas in Typst or LaTeX as plain text, for terminals and tables."""

from __future__ import annotations

import re

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eta": "η", "theta": "θ", "kappa": "κ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "rho": "ρ", "tau": "τ", "phi": "φ", "varphi": "φ", "psi": "ψ", "omega": "ω",
    "sigma": "σ", "Delta": "Δ", "Gamma": "Γ", "Lambda": "Λ", "Phi": "Φ", "oo": "∞", "integral": "∫",
}  # fmt: skip
_MARKS = {"\\/": "/", " quad ": "  ", " thin ": " ", "tilde.op": "~", " dif ": " d", '"': "", "{": "", "}": ""}


def plain(markup: str) -> str:
    """Return a formula in Typst or LaTeX as plain text with Greek letters."""
    text = re.sub(r"\\(?:text|mathrm)\{([^}]*)\}", r"\1", markup)
    text = re.sub(r"\\bar\s*(\w)|overline\((\w)\)", lambda m: f"{m[1] or m[2]}\u0304", text)
    text = re.sub(r"\bhat\((\w)\)", lambda m: f"{m[1]}\u0302", text)
    text = re.sub(r"macron\((\w)\)", lambda m: f"{m[1]}\u0304", text)
    for mark, shown in _MARKS.items():
        text = text.replace(mark, shown)
    text = re.sub(r"\\?\bdots\b", "...", text)
    text = re.sub(r"\\?\b([A-Za-z]+)(?=_|\^|\b)", lambda m: _GREEK.get(m[1], m[0]), text)
    text = re.sub(r"\bsum(?=_|\b)", "Σ", text).replace(" in ", " ∈ ")
    text = re.sub(r"([_^])\((\w+)\)", r"\1\2", text)
    return re.sub(r"  +", "  ", text).strip()
