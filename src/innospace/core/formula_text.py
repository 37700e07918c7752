"""Formulas in Typst or LaTeX as plain text, for terminals and tables."""

from __future__ import annotations

import re

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ",
    "nu": "ν", "tau": "τ", "phi": "φ", "varphi": "φ", "psi": "ψ", "omega": "ω", "sigma": "σ",
}  # fmt: skip


def plain(markup: str) -> str:
    """Return a formula in Typst or LaTeX as plain text with Greek letters."""
    text = re.sub(r"\\(?:text|mathrm)\{([^}]*)\}", r"\1", markup)
    text = re.sub(r"\\bar\s*(\w)|overline\((\w)\)", lambda m: f"{m[1] or m[2]}\u0304", text)
    text = re.sub(r"\bhat\((\w)\)", lambda m: f"{m[1]}\u0302", text)
    text = text.replace("\\/", "/").replace(" quad ", "  ").replace('"', "").replace("{", "").replace("}", "")
    text = re.sub(r"\\?\bdots\b", "...", text.replace(" thin ", " "))
    text = re.sub(r"\\?\b([a-z]+)(?=_|\^|\b)", lambda m: _GREEK.get(m[1], m[0]), text)
    text = re.sub(r"\bsum(?=_|\b)", "Σ", text).replace(" in ", " ∈ ")
    text = re.sub(r"([_^])\((\w+)\)", r"\1\2", text)
    return re.sub(r"  +", "  ", text).strip()
