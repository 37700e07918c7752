"""What inefficiency and noise of the innovation space depend on: parts of a formula that join every model."""

from __future__ import annotations

import re

from innospace.data import formula as language
from innospace.frontier.spec import WITH_INTERCEPT, FrontierSpec

TIME = ("t", "C(year)", "year")
"""Terms that are constant within a year, so that only the pooled model can hold them."""
_BETWEEN = re.compile(r"\+(?![^(]*\))")
"""A plus outside parentheses."""


def checked(determinants: str, inefficiency: str) -> FrontierSpec:
    """Return a frontier that has the determinants, or raise what keeps a model from having them.

    Raises
    ------
    FormulaError, LabelError
        It is not made of parts such as ``u: z1 + z2 | v: w``.
    SpecError
        The distribution of inefficiency has no such parameter.
    """
    spec = FrontierSpec(joined("technologies ~ space", determinants), inefficiency)
    language.parse(spec.formula, WITH_INTERCEPT)
    return spec


def joined(formula: str, determinants: str) -> str:
    """Return a formula with its determinants."""
    return f"{formula} | {determinants}" if determinants else formula


def columns(determinants: str) -> tuple[str, ...]:
    """Return the columns that determinants use, without the number of the year that models add."""
    if not determinants:
        return ()
    names = language.parse(joined("technologies ~ space", determinants), WITH_INTERCEPT).names
    return tuple(n for n in dict.fromkeys(names) if n not in ("technologies", "space", "t"))


def within_a_year(determinants: str) -> str:
    """Return the determinants of one year: without terms of time; a part that has no others is left out."""
    parts = []
    for part in determinants.split("|") if determinants else ():
        name, _, right = part.partition(":")
        terms = [t.strip() for t in _BETWEEN.split(right) if t.strip() not in TIME]
        if terms:
            parts.append(f"{name.strip()}: {' + '.join(terms)}")
    return " | ".join(parts)
