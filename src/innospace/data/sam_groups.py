"""Accounts of a social accounting matrix put together and taken apart by a mapping.

With ``s[a, g]`` the part of account ``a`` that goes to group ``g``, the cells of groups are ``s' x s``. Parts of an
account add up to one, so that receipts and payments of a group are those of its parts: what was balanced stays so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import DataError, LabelError, offenders
from innospace.core.labels import require_known
from innospace.core.provenance import Nature
from innospace.data.sam import SAM

if TYPE_CHECKING:
    from innospace.data.dataset import Dataset

Kinds = NDArray[Any]
COLUMNS = ("account", "group", "share")
"""Columns of a mapping; ``share`` may be left out where accounts are only put together."""
_WHOLE = 1e-9
"""How far shares of an account may sum from one."""
_WEAKEST = ("real", "derived", "residual", "assumption")
"""Natures of cells, firmest first: a sum is as firm as its weakest part."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which part of which account goes to which group.

    Attributes
    ----------
    rows : tuple of (str, str, float)
        Account, group, share; shares of an account add up to one.
    where : str
        Name of the table, for messages.
    """

    rows: tuple[tuple[str, str, float], ...]
    where: str = "the mapping"

    def __post_init__(self) -> None:
        problems = []
        pairs = [(a, g) for a, g, _ in self.rows]
        doubled = sorted({p for p in pairs if pairs.count(p) > 1})
        if doubled:
            problems.append(f"stand twice: {offenders(f'{a} -> {g}' for a, g in doubled)}")
        outside = [f"{a} -> {g} = {s:g}" for a, g, s in self.rows if not 0.0 < s <= 1.0]
        if outside:
            problems.append(f"shares outside 0 to 1: {offenders(outside)}")
        sums: dict[str, float] = {}
        for account, _, share in self.rows:
            sums[account] = sums.get(account, 0.0) + share
        wrong = [f"{a} = {s:g}" for a, s in sums.items() if not abs(s - 1.0) <= _WHOLE]
        if wrong:
            problems.append(f"shares that do not add up to 1: {offenders(wrong)}")
        if problems or not self.rows:
            raise DataError(
                "The mapping does not say where each account goes.",
                where=f"{self.where}: {'; '.join(problems) or 'no rows'}",
                allowed="each account once, or with shares between 0 and 1 that add up to 1",
                remedy="Mend the rows.",
            )

    @property
    def accounts(self) -> list[str]:
        """Accounts that are mapped, in order."""
        return list(dict.fromkeys(a for a, _, _ in self.rows))


def read_mapping(path: str | Path, *, sheet: str | None = None) -> Mapping:
    """Read a mapping from a table ``account, group`` and, where an account is taken apart, ``share``.

    Raises
    ------
    DataError, LabelError
        Columns are missing, cells are empty, shares of an account do not add up to one.
    """
    from innospace.data.readers import read_table

    return mapping_from_dataset(read_table(path, sheet=sheet, text=()))


def mapping_from_dataset(dataset: Dataset) -> Mapping:
    """Return the mapping in a table; see :func:`read_mapping`."""
    from pandas.api.types import is_numeric_dtype

    names = {str(c).strip().casefold(): str(c) for c in dataset.frame.columns}
    require_known(list(names), COLUMNS, kind="column", where=dataset.source.name)
    missing = [c for c in COLUMNS[:2] if c not in names]
    if missing:
        raise LabelError(
            f"The mapping lacks columns: {offenders(missing)}.",
            where=dataset.source.name,
            allowed="account, group, and share where an account is taken apart",
        )
    frame = dataset.frame[[names[c] for c in COLUMNS if c in names]]
    empty = [i + 2 for i in np.flatnonzero(frame.isna().any(axis=1).to_numpy())]
    if empty:
        raise DataError("The mapping has empty cells.", where=f"{dataset.source.name}, rows {offenders(empty)}")
    if "share" in names and not is_numeric_dtype(frame[names["share"]]):
        raise DataError("Shares are not numbers.", where=f"{dataset.source.name}, column {names['share']!r}")
    shares = frame[names["share"]].astype(float) if "share" in names else [1.0] * len(frame)
    texts = ([str(v).strip() for v in frame[names[c]]] for c in COLUMNS[:2])
    return Mapping(tuple(zip(*texts, shares, strict=True)), dataset.source.name)


def regroup(sam: SAM, mapping: Mapping, *, net: bool = False) -> SAM:
    """Return the matrix of groups; accounts that are not mapped stay as they are.

    Parameters
    ----------
    sam : SAM
    mapping : Mapping
        Several accounts to one group put them together; one account to several groups takes it apart by shares, the
        same for its receipts and payments.
    net : bool
        Leave out what accounts of a group pay each other.

    Returns
    -------
    SAM
        Groups stand where their first account stood. Balances are those of the parts.

    Raises
    ------
    LabelError
        An account is not in the matrix, or a group has the name of an account that stays.
    """
    import pandas as pd

    accounts = sam.accounts
    require_known(mapping.accounts, accounts, kind="account", where=mapping.where)
    staying = [a for a in accounts if a not in set(mapping.accounts)]
    taken = sorted({g for _, g, _ in mapping.rows} & set(staying))
    if taken:
        raise LabelError(
            f"Groups have the names of accounts that are not mapped: {offenders(taken)}.",
            where=mapping.where,
            remedy=f"Give the group another name, or add the row {taken[0]},{taken[0]}.",
        )
    rows = [*mapping.rows, *((a, a, 1.0) for a in staying)]
    rows.sort(key=lambda row: accounts.index(row[0]))  # stable: groups of an account keep their order
    groups = list(dict.fromkeys(g for _, g, _ in rows))
    share = np.zeros((len(accounts), len(groups)))
    for account, group, part in rows:
        share[accounts.index(account), groups.index(group)] = part
    cells = share.T @ sam.values.to_numpy() @ share
    natures = None if sam.natures is None else _natures(sam.natures.to_numpy(), sam.values.to_numpy() != 0.0, share)
    if net:
        np.fill_diagonal(cells, 0.0)
    like: dict[str, Any] = {"index": groups, "columns": groups}
    split = bool(((share > 0.0) & (share < 1.0)).any())
    source = replace(
        sam.source,
        nature=Nature.ASSUMED if split else sam.source.nature,
        note=f"{sam.source.note} Accounts put together{' and taken apart by shares' if split else ''}.".strip(),
    )
    shown = None if natures is None else pd.DataFrame(np.where(cells != 0.0, natures, ""), **like)
    return SAM(pd.DataFrame(cells, **like), sam.unit, sam.year, source, shown)


def _natures(kind: Kinds, filled: NDArray[np.bool_], share: NDArray[np.float64]) -> Kinds:
    """Return what cells of groups rest on: the weakest of their parts, an assumption where shares cut a cell."""
    rank = np.zeros((share.shape[1], share.shape[1]), dtype=int)
    member, cut = (share > 0.0).astype(float), ((share > 0.0) & (share < 1.0)).astype(float)
    for k, nature in enumerate(_WEAKEST):
        met = member.T @ ((kind == nature) & filled).astype(float) @ member > 0.0
        rank = np.where(met, k, rank)
    part = cut.T @ filled.astype(float) @ member + member.T @ filled.astype(float) @ cut
    rank = np.where(part > 0.0, _WEAKEST.index("assumption"), rank)
    return np.array(_WEAKEST, dtype=object)[rank]
