"""Columns of an equation with regressors that are themselves chosen, and of their instruments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from innospace.core.errors import SpecError, offenders
from innospace.core.labels import require_known
from innospace.data import formula as language
from innospace.firms.design import Design, design
from innospace.firms.estimates import Array, Integers


@dataclass(frozen=True, slots=True)
class Instrumented:
    """Arrays of an equation and of its first stages.

    Attributes
    ----------
    design : Design
        Of regressors and instruments together: rows, clusters, messages.
    y : ndarray, shape (n,)
    x : ndarray, shape (n, k)
        Regressors, endogenous ones among them.
    names : tuple of str
        Length k.
    z : ndarray, shape (n, l)
        Exogenous regressors, then excluded instruments.
    z_names : tuple of str
        Length l.
    excluded : int
        How many instruments are excluded from the equation: the last columns of ``z``.
    endogenous : tuple of int
        Positions in ``names``.
    """

    design: Design
    y: Array
    x: Array
    names: tuple[str, ...]
    z: Array
    z_names: tuple[str, ...]
    excluded: int
    endogenous: tuple[int, ...]

    @property
    def endogenous_names(self) -> tuple[str, ...]:
        """Names of the endogenous regressors."""
        return tuple(self.names[j] for j in self.endogenous)

    @property
    def clusters(self) -> Integers | None:
        """Cluster of every row."""
        return self.design.clusters


def instrumented(
    formula: str, data: object, endogenous: Sequence[str], instruments: Sequence[str], cluster: str | None
) -> Instrumented:
    """Evaluate regressors and instruments on the rows that are complete in all of them.

    Parameters
    ----------
    formula : str
        ``outcome ~ regressors``, endogenous ones among them.
    data : Dataset, frame or mapping of arrays
    endogenous : sequence of str
        Regressors of the formula.
    instruments : sequence of str
        Columns or transforms in the language of formulas, none of them in the formula.
    cluster : str or None

    Raises
    ------
    SpecError
        No endogenous regressor, fewer instruments than endogenous regressors, or an instrument among the regressors.
    FormulaError, LabelError, DataError
    """
    chosen, outside = tuple(c.strip("`") for c in _listed(endogenous)), _listed(instruments)
    if not chosen or not outside:
        raise SpecError(
            "Endogenous regressors and instruments must both be named.",
            where=f"endogenous: {offenders(chosen) or 'none'}; instruments: {offenders(outside) or 'none'}",
            allowed="at least one of each",
            remedy="Give endogenous=['export'] and instruments=['distance'], or fit without instruments.",
        )
    parsed = language.parse(formula)
    _require_excluded(parsed, outside)
    whole = design(f"{formula} + {' + '.join(outside)}", data, cluster=cluster)
    inner = language.materialise(parsed, whole.frame)
    require_known(chosen, list(inner.names), kind="endogenous regressor", where=f"formula {formula!r}")
    places = tuple(inner.names.index(name) for name in chosen)
    exogenous = [j for j in range(len(inner.names)) if j not in places]
    added = [j for j, name in enumerate(whole.names) if name not in inner.names]
    if len(added) < len(chosen):
        raise SpecError(
            f"{len(added)} instrument{'s' if len(added) != 1 else ''} cannot identify {len(chosen)} coefficients.",
            where=f"endogenous: {offenders(chosen)}; instruments: {offenders(outside)}",
            allowed="at least as many instruments as endogenous regressors",
            remedy="Add instruments, or treat fewer regressors as endogenous.",
        )
    z = np.column_stack([inner.x[:, exogenous], whole.x[:, added]])
    z_names = (*(inner.names[j] for j in exogenous), *(whole.names[j] for j in added))
    return Instrumented(whole, inner.y, inner.x, inner.names, z, z_names, len(added), places)


def _listed(names: Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(dict.fromkeys(names))


def _require_excluded(parsed: language.ParsedFormula, instruments: tuple[str, ...]) -> None:
    inside = [i for i in instruments if i.strip("`") in parsed.names]
    if inside:
        raise SpecError(
            f"{offenders(inside)} cannot be an instrument: the formula has it.",
            where=repr(parsed.text),
            allowed="instruments that move the endogenous regressor and nothing else in the equation",
            remedy="Leave it out of the formula or out of the instruments. Exogenous regressors count as instruments "
            "of themselves and need not be named.",
        )
