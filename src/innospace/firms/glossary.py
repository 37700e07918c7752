"""Words of the firms engine: coefficients, effects, numbers and checks that its results show."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping

from innospace.core.document import Equation
from innospace.core.formula_text import plain
from innospace.core.terms import Term
from innospace.firms.terms_results import RESULTS

AREAS = ("panel", "joint", "panel_choice", "effects", "did", "productivity", "chain")
"""Each has a module ``terms_AREA`` with its ``TERMS``."""


def _parts() -> str:
    from innospace.firms.internationalisation.plan import Plan

    return "; ".join(
        f"{part} ({', '.join(map(str, value)) if isinstance(value, list) else value})"
        for part, value in Plan().to_dict().items()
        if value
    )


_COMMON = (
    Term(
        "average_marginal_effect",
        "AME",
        "points of probability",
        "Mean over the rows of the derivative of the probability by a regressor.",
        "mean of f(x'b) b_j",
        "Greene (2018), section 17.3",
    ),
    Term(
        "average_discrete_change",
        "",
        "points of probability",
        "Mean over the rows of the probability with a 0/1 regressor at 1 less that with it at 0.",
        "mean of F(x'b | x_j = 1) - F(x'b | x_j = 0)",
        "Greene (2018), section 17.3",
    ),
    Term(
        "pseudo_r2", "", "fraction", "One less the log-likelihood over that of a constant.", "1 - L / L_0", "McFadden"
    ),
    Term("share_of_ones", "", "fraction", "Share of rows in which the event took place."),
    Term(
        "internationalisation",
        "",
        "",
        f"The study of a two-wave firm panel. Parts and default columns: {_parts()}. Parts may be empty; default "
        "columns that a panel lacks are left out and told. Columns of other names are given with their role: "
        "channels = { export = COLUMN }.",
        "",
        "after Golikova, Gonchar and Kuznetsov, policy brief of the SEARCH project",
    ),
    Term("never", "", "label", "Class of firms that trade by a channel in no wave."),
    Term("starter", "", "label", "Class of firms that trade by a channel in the last wave but not in the first."),
    Term("quitter", "", "label", "Class of firms that trade by a channel in the first wave but not in the last."),
    Term("continuous", "", "label", "Class of firms that trade by a channel in both waves."),
    Term(
        "truth_inside",
        "",
        "fraction",
        "Share of the comparisons of the study whose 95 % interval holds the value the synthetic panel was drawn with.",
    ),
)


def explain_terms() -> tuple[Term, ...]:
    """Return every term; a word that several areas use is explained once, tables and charts besides."""
    found = {t.name: t for t in _COMMON}
    for area in AREAS:
        for term in importlib.import_module(f"innospace.firms.terms_{area}").TERMS:
            found.setdefault(term.name, term)
    shown = [t for t in RESULTS if t.name not in found or t.meaning.startswith(("Table", "Chart"))]
    return (*found.values(), *shown, *_equations())


def _equations() -> Iterator[Term]:
    """Yield the equations that the modules of this engine hold, each once."""
    import innospace.firms

    seen: dict[tuple[str, str], Equation] = {}
    for module in pkgutil.walk_packages(innospace.firms.__path__, "innospace.firms."):
        for value in vars(importlib.import_module(module.name)).values():
            seen |= {(e.name, e.latex): e for e in _held(value)}
    for e in seen.values():
        meaning = f"Equation. {e.meaning.rstrip('.')}."
        yield Term(e.name, "", "", meaning, plain(e.typst), "", e.latex, "results on firms")


def _held(value: object) -> Iterator[Equation]:
    """Yield the equations in a value of a module, also within tuples and mappings."""
    if isinstance(value, Equation):
        yield value
    elif isinstance(value, tuple | Mapping):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _held(inner)
