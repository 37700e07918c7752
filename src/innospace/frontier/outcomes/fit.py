"""The verb: a frontier for each outcome of one table."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import BoundaryWarning, MissingRowsWarning
from innospace.core.labels import require_known
from innospace.core.progress import Progress, silent
from innospace.core.provenance import Provenance
from innospace.data.formula import row_labels
from innospace.frontier.fitting import fit, require_fit
from innospace.frontier.outcomes.result import OutcomesResult
from innospace.frontier.outcomes.spec import OutcomesSpec
from innospace.frontier.zeros import without_zeros

if TYPE_CHECKING:
    from innospace.data import Dataset

SHOWN = 5


def fit_outcomes(
    formula: str | OutcomesSpec,
    data: Any,
    *,
    outcomes: Sequence[str] = (),
    inefficiency: str = "half_normal",
    cost: bool = False,
    vcov: str = "hessian",
    zero_rule: str = "error",
    zero_value: float | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> OutcomesResult:
    """Fit a frontier to each of several outcomes, such as types of innovation.

    Parameters
    ----------
    formula : str or OutcomesSpec
        ``log(outcome) ~ log(space)``: each outcome stands once in place of the word. A spec holds also ``outcomes``,
        ``inefficiency`` and ``cost``.
    data : Dataset, pandas or polars frame, or mapping of arrays
        A row that lacks one outcome stays for the others.
    outcomes : sequence of str
        Columns.
    inefficiency : str
    cost : bool
    vcov : str
        ``hessian``, ``opg`` or ``robust``.
    zero_rule : str
        What becomes of zeros whose logarithm the formula takes: ``error``; ``replace`` by ``zero_value``; ``drop``: the
        row is left out of the frontier of that outcome.
    zero_value : float, optional
    seed : int
    progress : callable

    Returns
    -------
    OutcomesResult

    Raises
    ------
    FormulaError, LabelError, DataError, SpecError
    """
    from innospace.data import as_dataset

    spec = formula if isinstance(formula, OutcomesSpec) else OutcomesSpec(formula, tuple(outcomes), inefficiency, cost)
    dataset = prepared(spec, as_dataset(data), zero_rule, zero_value)
    fits = {}
    for i, outcome in enumerate(spec.outcomes):
        progress(f"Estimating the frontier of {spec.title(outcome)}", i / len(spec.outcomes))
        with warnings.catch_warnings():
            # a boundary is a status that the result shows; rows left out are counted in its table
            warnings.simplefilter("ignore", BoundaryWarning)
            warnings.simplefilter("ignore", MissingRowsWarning)
            fits[outcome] = fit(spec.of(outcome), dataset, vcov=vcov, seed=seed)
    progress("Done", 1.0)
    provenance = Provenance.now((dataset.source,), spec.to_dict(), seed)
    return OutcomesResult(spec, fits, provenance, dataset.steps)


def prepared(spec: OutcomesSpec, dataset: Dataset, rule: str, value: float | None) -> Dataset:
    """Return the table on which every outcome is estimated: same rows, zeros dealt with.

    Raises
    ------
    LabelError, SpecError
    """
    require_known(spec.outcomes, [str(c) for c in dataset.frame.columns], kind="column", where="outcomes")
    for outcome in spec.outcomes:
        own = spec.of(outcome)
        if rule == "drop":
            dataset = _without(dataset, own.formula, outcome)
        else:
            dataset = without_zeros(dataset, own.formula, rule, value)
    return without_zeros(dataset, spec.formula, rule, value)


def _without(dataset: Dataset, formula: str, outcome: str) -> Dataset:
    """Return the table with zeros of an outcome as missing cells, so that the row stays for the others."""
    from innospace.frontier.zeros import logged_columns

    frame = dataset.frame
    if outcome not in logged_columns(formula):
        return dataset
    zero = (frame[outcome] == 0).to_numpy(dtype=bool, na_value=False)
    if not zero.any():
        return dataset
    where = np.flatnonzero(zero)
    shown = ", ".join(row_labels(frame, where[:SHOWN])) + ("" if len(where) <= SHOWN else ", ...")
    said = f"{outcome} is zero in {len(where)} rows, which its own frontier leaves out: {shown}."
    return dataset.with_frame(frame.assign(**{outcome: frame[outcome].mask(zero)}), said)


def require_outcomes(spec: OutcomesSpec, dataset: Dataset) -> None:
    """Raise what :func:`fit_outcomes` would raise for a prepared table without estimating."""
    for outcome in spec.outcomes:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MissingRowsWarning)
            require_fit(spec.of(outcome), dataset)
