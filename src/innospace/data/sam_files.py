"""Social accounting matrices in files: the wide and the long form, CSV, XLSX, Parquet and HAR."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import DataError, LabelError, offenders
from innospace.core.labels import require_known
from innospace.core.provenance import Nature, Source
from innospace.data.dataset import Dataset
from innospace.data.parsing import Rules
from innospace.data.readers import SUFFIXES, read_table
from innospace.data.sam import LONG, NATURES, SAM

if TYPE_CHECKING:
    import pandas as pd

SUMS = frozenset({"total", "totals", "sum", "итого", "всего"})
"""Accounts of these names are sums of the others and are left out."""
NAMES = {
    "row": ("row", "receives", "receiver", "to", "получатель"),
    "column": ("column", "pays", "payer", "from", "плательщик"),
    "value": ("value", "amount", "значение", "сумма"),
}
"""What columns of the long form may be called; others are told by what they hold."""
_BESIDE = ("nature", "unit", "year")
_CORNER = re.compile(r"(?P<unit>[^,;]*?)\s*[,;]\s*(?P<year>(?:19|20)\d\d)")
_FIELD = re.compile(r'(?:"[^"]*"|[^,;\t|\r\n"]*)(?P<end>[,;\t|\r\n])')
_AGREE = 5e-3
_SHEET, _NATURES = "sam", "natures"


def read_matrix(path: Path, unit: str, year: int, sheet: str | None, nature: Nature) -> SAM:
    """Read a file; see :func:`innospace.data.sam.read_sam`."""
    try:
        dataset = read_table(path, sheet=sheet, dash="zero")
    except DataError as error:
        if error.what == "A column has no name." and path.is_file():
            dataset = _with_names(path, sheet, ("account",))
        elif error.what.startswith("Column names occur more than once") and path.is_file():
            dataset = _with_names(path, sheet, LONG[:2])
        else:
            raise
    sam = parse(replace(dataset, source=replace(dataset.source, nature=nature)), unit, year)
    if sam.natures is None and sheet is None and SUFFIXES[path.suffix.lower()] == "xlsx":
        return replace(sam, natures=_natures_sheet(path, sam.accounts))
    return sam


def _natures_sheet(path: Path, accounts: list[str]) -> pd.DataFrame | None:
    """Return the sheet on what cells rest on, if the workbook has one for the same accounts."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    try:
        if _NATURES not in book.sheetnames:
            return None
    finally:
        book.close()
    frame = read_table(path, sheet=_NATURES).frame
    frame = frame.set_axis(frame.iloc[:, 0].astype(str), axis=0).iloc[:, 1:].fillna("").astype(str)
    if list(frame.index) != accounts or list(frame.columns) != accounts:
        return None
    _require_natures(frame.to_numpy().ravel(), f"{path}, sheet {_NATURES!r}")
    return frame.rename_axis(None)


def _with_names(path: Path, sheet: str | None, names: Sequence[str]) -> Dataset:
    """Read a table with other names of its first columns: the corner left empty, or two columns of one name."""
    raw, rules, where = path.read_bytes(), Rules(dash="zero"), str(path)
    if SUFFIXES[path.suffix.lower()] == "xlsx":
        from innospace.data.workbooks import read_xlsx

        frame = read_xlsx(raw, where, rules, sheet, None, names)
    else:
        from innospace.data.csv_files import read_csv
        from innospace.data.encodings import decode

        text = decode(raw, None, where)[0].lstrip("\ufeff\r\n")
        fresh = iter(names)
        named = _FIELD.sub(lambda field: next(fresh) + field["end"], text, count=len(names))
        frame, _ = read_csv(named.encode(), where, rules, None, None, None)
    return Dataset(frame, Source(path.name, hashlib.sha256(raw).hexdigest(), Nature.OBSERVED, "read from a file"))


def parse(dataset: Dataset, unit: str = "", year: int = 0) -> SAM:
    """Return the matrix in a table; see :func:`innospace.data.sam.sam_from_dataset`."""
    if dataset.frame.empty:
        raise DataError("The matrix has no accounts.", where=dataset.source.name)
    names = _long_columns(dataset.frame)
    if names and _is_number(names["value"]):
        dataset = _without_header(dataset, names)
        names = dict(zip(LONG, LONG, strict=True))
    return _from_long(dataset, names, unit, year) if names else _from_wide(dataset, unit, year)


def _long_columns(frame: pd.DataFrame) -> dict[str, str]:
    """Return which column of the long form is which; empty when the table is a matrix.

    Names decide. Without known names a table of two columns of texts and one of numbers is read as what receives, what
    pays, the amount: in a matrix every column after the first holds numbers.
    """
    from pandas.api.types import is_numeric_dtype

    lower = {str(c).strip().casefold(): str(c) for c in frame.columns}
    known = {k: next((lower[w] for w in words if w in lower), "") for k, words in NAMES.items()}
    beside = {k: lower[k] for k in _BESIDE if k in lower}
    if all(known.values()):
        return known | beside
    rest = [str(c) for c in frame.columns if str(c) not in beside.values()]
    texts = [bool(frame[c].notna().any()) and not is_numeric_dtype(frame[c]) for c in rest]
    if len(rest) == len(LONG) and texts == [True, True, False]:
        return dict(zip(LONG, rest, strict=True)) | beside
    return {}


def _is_number(text: str) -> bool:
    from innospace.data.cells import to_number

    return to_number(text, ".") is not None or to_number(text, ",") is not None


def _without_header(dataset: Dataset, names: dict[str, str]) -> Dataset:
    """Return a table whose first cell was taken for its header."""
    import pandas as pd

    if (names["row"], names["column"]) == LONG[:2]:  # the reader gave the columns these names
        raise DataError(
            "The table has no header, and its first cell lies on the diagonal.",
            where=dataset.source.name,
            remedy="Write row,column,value above the first row.",
        )
    first = pd.DataFrame([[names["row"], names["column"], float(names["value"].replace(",", "."))]], columns=LONG)
    rest = dataset.frame[[names[c] for c in LONG]].set_axis(list(LONG), axis=1)
    return replace(dataset, frame=pd.concat([first, rest], ignore_index=True))


def _from_long(dataset: Dataset, names: dict[str, str], unit: str, year: int) -> SAM:
    import pandas as pd

    frame, where = dataset.frame, dataset.source.name
    row, column = (frame[names[c]] for c in ("row", "column"))
    blank = [i + 2 for i in range(len(frame)) if pd.isna(row.iloc[i]) or pd.isna(column.iloc[i])]
    if blank:
        raise DataError("A cell has no row or no column.", where=f"{where}, rows {offenders(blank)}")
    rows, columns = row.astype(str).str.strip(), column.astype(str).str.strip()
    pairs = list(zip(rows, columns, strict=True))
    doubled = [f"[{r}, {c}]" for (r, c), count in Counter(pairs).items() if count > 1]
    if doubled:
        raise DataError(f"Cells stand twice: {', '.join(doubled[:5])}.", where=where, remedy="Add them up.")
    accounts = list(dict.fromkeys(a for pair in pairs for a in pair))
    numbers = _numbers(frame[names["value"]], pairs, where)
    place = {a: k for k, a in enumerate(accounts)}
    at = (rows.map(place).to_numpy(), columns.map(place).to_numpy())
    cells = np.zeros((len(accounts), len(accounts)))
    cells[at] = numbers
    natures = None
    if "nature" in names:
        given = frame[names["nature"]].fillna("").astype(str)
        _require_natures(given, where)
        texts = np.full(cells.shape, "", dtype=object)
        texts[at] = given.to_numpy()
        natures = pd.DataFrame(texts, index=accounts, columns=accounts)
    unit = unit or _only(frame, names.get("unit"))
    values = pd.DataFrame(cells, index=accounts, columns=accounts)
    return SAM(values, unit, year or int(_only(frame, names.get("year")) or 0), dataset.source, natures)


def _only(frame: pd.DataFrame, name: str | None) -> str:
    found = [] if name is None else sorted({str(v) for v in frame[name].dropna()})
    return found[0] if len(found) == 1 else ""


def _require_natures(given: Iterable[str], where: str) -> None:
    unknown = sorted(set(given) - {*NATURES, ""})
    if unknown:
        raise LabelError(f"Unknown natures of cells: {offenders(unknown)}.", where=where, allowed=", ".join(NATURES))


def _numbers(column: pd.Series, pairs: list[tuple[str, str]], where: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return a column as numbers, empty cells as zero; name the cells that are neither."""
    from innospace.data.cells import clean, to_number

    if column.dtype.kind in "fiu":
        return column.fillna(0.0).to_numpy(dtype=np.float64)
    cells = [clean(v) for v in column]
    read = [0.0 if c is None else to_number(c, ".") for c in cells]
    bad = [i for i, v in enumerate(read) if v is None]
    if bad:
        shown = ", ".join(f"[{pairs[i][0]}, {pairs[i][1]}] = {cells[i]!r}" for i in bad[:5])
        raise DataError(
            f"{len(bad)} cells are not numbers.", where=f"{where}: {shown}", remedy="Give a number, or leave it empty."
        )
    return np.array(read, dtype=np.float64)


def _from_wide(dataset: Dataset, unit: str, year: int) -> SAM:
    import pandas as pd

    frame, where = dataset.frame, dataset.source.name
    corner, *columns = [str(c).strip() for c in frame.columns]
    labels = frame.iloc[:, 0]
    if bool(labels.isna().any()):
        blank = [int(i) + 2 for i in np.flatnonzero(labels.isna().to_numpy())]
        raise DataError("A row has no account.", where=f"{where}, rows {offenders(blank)}")
    rows = [str(a).strip() for a in labels]
    cells = [_numbers(frame.iloc[:, j + 1], [(r, c) for r in rows], where) for j, c in enumerate(columns)]
    values = pd.DataFrame(np.array(cells).T.reshape(len(rows), len(columns)), index=rows, columns=columns)
    values, left_out = _without_sums(values, where)
    if set(values.index) == set(values.columns) and values.index.is_unique:
        values = values[list(values.index)]  # columns may stand in another order than rows
    said = _CORNER.fullmatch(corner)
    unit, year = unit or (said["unit"] if said else ""), year or (int(said["year"]) if said else 0)
    note = f"{dataset.source.note} Sums left out: {offenders(left_out)}.".strip()
    source = replace(dataset.source, note=note) if left_out else dataset.source
    return SAM(values, unit, year, source)


def _without_sums(values: pd.DataFrame, where: str) -> tuple[pd.DataFrame, list[str]]:
    """Leave out a row and a column of sums, if they are sums."""
    rows = [a for a in values.index if a.casefold() in SUMS]
    columns = [a for a in values.columns if a.casefold() in SUMS]
    kept = values.drop(index=rows, columns=columns)
    for name in rows:
        _require_sum(name, values.loc[name, kept.columns], kept.sum(axis=0), where)
    for name in columns:
        _require_sum(name, values.loc[kept.index, name], kept.sum(axis=1), where)
    return kept, list(dict.fromkeys([*rows, *columns]))


def _require_sum(name: str, given: Any, sums: pd.Series, where: str) -> None:
    size = max(float(sums.abs().max()), 1e-300) if len(sums) else 1.0
    wrong = [str(a) for a in sums.index if abs(given[a] - sums[a]) > _AGREE * size]
    if wrong:
        raise DataError(
            f"{name!r} is not the sum of the others for {offenders(wrong)}.",
            where=where,
            remedy="Mend the cells or the sum; or rename the account if it is not a sum.",
        )


def require_form(path: Path) -> None:
    """Raise unless a matrix can be written to such a file."""
    if path.suffix.lower() not in (".csv", ".xlsx"):
        raise DataError(
            f"A matrix cannot be written as {path.suffix or 'a file without suffix'}.",
            where=str(path),
            allowed=".csv or .xlsx",
            remedy=f"Write to {path.with_suffix('.csv').name}.",
        )


def read_weights(path: Path, sam: SAM) -> pd.DataFrame:
    """Return how reliable cells of a matrix are, from a table of the long or wide form; 1 where nothing is said.

    Raises
    ------
    LabelError, DataError
        An account is not in the matrix, or a weight is not positive.
    """
    import pandas as pd

    table = read_matrix(path, "", 0, None, Nature.ASSUMED)
    require_known(table.accounts, sam.accounts, kind="account", where=str(path))
    given = table.to_frame()
    bad = given[~(given["value"] > 0.0)]
    if len(bad):
        cells = [f"[{r}, {c}] = {v:g}" for r, c, v in bad[list(LONG)].itertuples(index=False)]
        raise DataError(
            "Weights are not positive.",
            where=f"{path}: {', '.join(cells[:5])}",
            allowed="numbers above zero: the larger, the less the cell moves; 1 where nothing is said",
        )
    weights = pd.DataFrame(1.0, index=sam.values.index, columns=sam.values.columns)
    for row, column, value in given[list(LONG)].itertuples(index=False):
        weights.at[row, column] = value
    return weights


def read_totals(path: Path) -> dict[str, float]:
    """Return totals of accounts from a table of two columns, account and total.

    Raises
    ------
    DataError
        Other columns, an account twice, a total that is not a number.
    """
    dataset = read_table(path)
    frame = dataset.frame
    if frame.shape[1] != 2 or frame.iloc[:, 1].dtype.kind not in "fiu" or bool(frame.isna().any(axis=None)):
        raise DataError(
            "Totals are a table of two columns.", where=str(path), allowed="account, total; a number in every row"
        )
    names = [str(a).strip() for a in frame.iloc[:, 0]]
    doubled = sorted(n for n, count in Counter(names).items() if count > 1)
    if doubled:
        raise DataError(f"Accounts have two totals: {offenders(doubled)}.", where=str(path))
    return dict(zip(names, map(float, frame.iloc[:, 1]), strict=True))


def write_sam(sam: SAM, path: Path, long: bool = False) -> None:
    """Write a matrix; see :meth:`innospace.data.sam.SAM.write`."""
    require_form(path)
    workbook = path.suffix.lower() == ".xlsx"
    if long:
        frame = sam.to_frame().assign(unit=sam.unit, year=sam.year)
        if workbook:
            frame.to_excel(path, index=False, sheet_name="sam", freeze_panes=(1, 2))
        else:
            frame.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
        return
    corner = ", ".join(str(x) for x in (sam.unit, sam.year) if x) or "account"
    # empty cells are left empty, so that a reader sees the structure
    wide = sam.values.mask(sam.values == 0.0)
    if workbook:
        _write_workbook(sam, wide, corner, path)
    else:
        wide.to_csv(path, index_label=corner, encoding="utf-8", lineterminator="\n")


def _write_workbook(sam: SAM, wide: pd.DataFrame, corner: str, path: Path) -> None:
    """Write sheets ``sam``, ``natures`` (what cells rest on, if known) and ``about``."""
    import pandas as pd

    source = sam.source
    facts = {"unit": sam.unit, "year": sam.year, "source": source.name, "sha256": source.sha256}
    facts |= {"nature": str(source.nature), "origin": source.origin, "licence": source.licence, "note": source.note}
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        wide.to_excel(book, sheet_name=_SHEET, index_label=corner, freeze_panes=(1, 1))
        if sam.natures is not None:
            sam.natures.to_excel(book, sheet_name=_NATURES, index_label="account", freeze_panes=(1, 1))
        pd.Series(facts, name="value").to_excel(book, sheet_name="about", index_label="fact")
        sheet = book.sheets[_SHEET]
        sheet.column_dimensions["A"].width = 28
        for row in sheet.iter_rows(min_row=2, min_col=2):
            for cell in row:
                cell.number_format = "#,##0"
