"""Terms of every engine, columns of every schema, and the words of the house, in one place."""

from __future__ import annotations

import importlib

from innospace.core.labels import require_known
from innospace.core.terms import Term

GLOSSARIES: tuple[str, ...] = (
    "innospace.frontier.glossary",
    "innospace.economy.models.knowledge.glossary",
    "innospace.economy.general.glossary",
    "innospace.firms.glossary",
    "innospace.agents.glossary",
)
"""Modules of engines that offer ``explain_terms()``."""

_HOUSE = (
    Term("observed", "", "", "Measured and published by its source; taken over as it is."),
    Term("reconstructed", "", "", "Computed back from published results; exact up to the interval that is stated."),
    Term("assumed", "", "", "Set by the author of a study without an estimate; the report names it."),
    Term("simulated", "", "", "Drawn by a random generator from a model with known parameters and a stated seed."),
    Term("estimated", "", "", "Inferred from data by a stated model; carries a standard error or an interval."),
)


def terms() -> tuple[Term, ...]:
    """Return every term but members of families (names with a dot), which :func:`find` knows as well."""
    return tuple(t for t in _every() if "." not in t.name)


def _every() -> tuple[Term, ...]:
    """Return every term; engines may use one name for different things, columns and words of the house only add."""
    from innospace.data.schemas import innovation_space

    columns = (
        Term(c.name, "", c.unit, c.meaning + (f" ({c.rule})." if c.rule else "."), "", "column of innovation_space")
        for c in innovation_space.describe()
    )
    found = [t for name in GLOSSARIES for t in importlib.import_module(name).explain_terms()]
    known = {t.name for t in found}
    return (*found, *(t for t in (*columns, *_HOUSE) if t.name not in known))


def find(name: str) -> tuple[Term, ...]:
    """Return the terms that have this name or symbol; capitals count only where they decide.

    Raises
    ------
    LabelError
        When there is none; the nearest are named.
    """
    every = _every()
    # names of checks carry the step and the model in front or a year behind: frontier.2010.skewness, delta.2010
    for part in (name, *reversed(name.split("."))):
        if found := _named(part, every):
            return found
    known = list(dict.fromkeys(word for t in every for word in (t.name, t.symbol) if word))
    require_known([name], known, kind="term")
    return ()


def _named(name: str, every: tuple[Term, ...]) -> tuple[Term, ...]:
    exact = tuple(t for t in every if name and name in (t.name, t.symbol))
    folded = tuple(t for t in every if name and name.casefold() in (t.name.casefold(), t.symbol.casefold()))
    return exact or folded
