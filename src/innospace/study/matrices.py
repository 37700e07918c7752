"""What an equilibrium step rests on, before it is solved: its matrix, the parts of accounts, the names it offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import InnospaceError
from innospace.core.inputs import StepInputs
from innospace.core.numbers import significant
from innospace.core.table import Column, Table
from innospace.economy.general import step as equilibrium
from innospace.economy.general.models import MODELS, ready
from innospace.economy.general.options import Options
from innospace.economy.general.own_matrix import PARTS
from innospace.study.load import contents
from innospace.study.schema import STEP_KEYS, parse

if TYPE_CHECKING:
    from pathlib import Path

    from innospace.data.dataset import Dataset
    from innospace.data.sam import SAM

ENGINE = "equilibrium"
WHOLE = 16
"""Accounts of a matrix that is shown cell by cell; of a larger one receipts and payments are."""
LISTED = 24
"""Names that are listed; of more the number is told."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """A social accounting matrix as a page shows it.

    Attributes
    ----------
    title : str
    facts : tuple of (str, str)
        Accounts, balance, unit, where it came from.
    balanced : bool
    table : Table
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    balanced: bool
    table: Table


@dataclass(frozen=True, slots=True)
class Ground:
    """What an equilibrium step rests on.

    Attributes
    ----------
    title : str
        The model and its source.
    own : bool
        Whether the matrix is a table of the study.
    matrices : tuple of Matrix
    facts : tuple of (str, str)
        Parts of accounts, and the names that fields may hold.
    names : mapping of str to tuple of str
        Names that the field of a key may hold.
    """

    title: str = ""
    own: bool = False
    matrices: tuple[Matrix, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    names: Mapping[str, tuple[str, ...]] | None = None


def matrix_of(sam: SAM) -> Matrix:
    """Return a matrix as a page shows it."""
    from innospace.data.sam import RELATIVE

    gap = sam.imbalances(RELATIVE * sam.size)
    source = sam.source
    told = f"every account receives what it pays, to {RELATIVE:g} of the largest"
    if len(gap):
        worst = f"{gap.index[0]} by {significant(float(gap.iloc[0]))}"
        told = f"{len(gap)} of {len(sam.accounts)} accounts do not receive what they pay, most of all {worst}"
    facts = [
        ("Accounts", f"{len(sam.accounts)}: {listed(sam.accounts)}"),
        ("Balance", told),
        ("Unit", ", ".join(filter(None, [sam.unit, str(sam.year or "")]))),
        ("Nature", str(source.nature)),
        ("Where from", source.origin),
        ("Licence", source.licence),
        ("Note", source.note),
    ]
    return Matrix(source.name, tuple((k, v) for k, v in facts if v), not len(gap), _table(sam))


def listed(names: Any) -> str:
    """Return names in a line, or how many there are when they are too many."""
    found = [str(n) for n in names]
    return ", ".join(found[:LISTED]) + (f" and {len(found) - LISTED} more" if len(found) > LISTED else "")


def _table(sam: SAM) -> Table:
    """Return the cells, or for a large matrix what accounts receive and pay."""
    import pandas as pd

    values, names = sam.values.to_numpy(dtype=np.float64), sam.accounts
    receives, pays = values.sum(axis=1), values.sum(axis=0)
    columns = [Column("account", "Account")]
    if len(names) <= WHOLE:
        frame = pd.DataFrame({"account": [*names, "Pays"]})
        for k, name in enumerate(names):
            # a cell that is not filled stays empty
            frame[f"cell.{k}"] = [*np.where(values[:, k] == 0.0, np.nan, values[:, k]), pays[k]]
            columns.append(Column(f"cell.{k}", name, "significant:6"))
        frame["receives"] = [*receives, np.nan]
        columns.append(Column("receives", "Receives", "significant:6"))
        layout = pd.DataFrame({c.key: [_cell(v) for v in frame[c.key]] for c in columns})
        return Table("matrix", "Rows receive, columns pay", frame, tuple(columns), layout=layout, rules=(len(names),))
    frame = pd.DataFrame({"account": names, "receives": receives, "pays": pays, "difference": receives - pays})
    columns += [Column(k, k.capitalize(), "significant:6") for k in ("receives", "pays", "difference")]
    return Table("matrix", "What accounts receive and pay", frame, tuple(columns))


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    text = significant(float(value), 6) if np.isfinite(value) else ""
    return text.rstrip("0").rstrip(".") if "." in text else text


def ready_matrices(model: str) -> tuple[Matrix, ...]:
    """Return the matrices of a ready model; none when its numbers stand in no matrix."""
    from innospace.economy.general.models.ready_model import sample_sam

    return tuple(matrix_of(sample_sam(name)) for name in ready(model).samples)


def ground_of(folder: Path, values: Mapping[str, Any], tables: Mapping[str, Dataset]) -> Ground:
    """Return what an equilibrium step rests on.

    Parameters
    ----------
    folder : Path
        Of the study.
    values : mapping
        What the study file says of the step.
    tables : mapping of str to Dataset
        Its matrices by the parts they play.

    Raises
    ------
    InnospaceError
        The step, its model or its matrix has a fault.
    """
    from innospace.data.sam import sam_from_dataset

    given = {k: v for k, v in values.items() if k not in STEP_KEYS}
    options, problems = parse(Options, {**given, **contents(Options, given, folder)}, "")
    if options is None:
        raise problems[0]
    known = ready(options.model) if options.model in MODELS else None
    title = f"{known.title} ({options.model}; {known.source})" if known else f"Model of one's own: {options.model}"
    sams = [sam_from_dataset(dataset) for dataset in tables.values()]
    shown = tuple(map(matrix_of, sams)) if sams else ready_matrices(options.model) if known else ()
    accounts = {f"accounts.{part}": tuple(sams[0].accounts) for part in PARTS} if sams else {}
    try:
        facts, names = _names(options, StepInputs(tables))
    except InnospaceError:
        # what is wrong with the model is told among the problems of the step
        facts, names = (), {}
    return Ground(title, bool(sams), shown, facts, {**accounts, **names})


def _names(options: Options, inputs: StepInputs) -> tuple[tuple[tuple[str, str], ...], dict[str, tuple[str, ...]]]:
    from innospace.data.sam import sam_from_dataset

    spec = equilibrium.model_of(options, inputs)
    own = None if options.definition else equilibrium.own_of(options, inputs)
    goods = tuple(c.name for c in spec.commodities)
    facts = [("Commodities", goods), ("Agents", tuple(a.name for a in spec.agents))]
    if own is not None:
        there = sam_from_dataset(inputs.table).accounts
        played = {part: getattr(own.roles, part, ()) for part in PARTS}
        parts = {k: v if isinstance(v, tuple) else (v,) for k, v in played.items()}
        facts = [(k.capitalize(), tuple(a for a in v if a in there)) for k, v in parts.items()]
    facts.append(("Transfers", tuple(t.name for t in spec.transfers)))
    told = tuple((k, listed(v)) for k, v in facts if v)
    return told, {"numeraire": goods}
