"""Delimited text to a frame.

The fast engine of pandas splits the file and reads the columns that are plainly numbers. Every other column goes
through :mod:`innospace.data.parsing`, which knows decimal commas, spaced thousands and codes, and names bad cells.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import DataError, offenders
from innospace.core.labels import require_known
from innospace.data.cells import ALL_COMMAS, EXACT, MISSING, clean, decimal_commas, is_flagged, notation
from innospace.data.encodings import decode
from innospace.data.faults import Place
from innospace.data.headings import LOOKED_AT, check_header, likely_row, named_in, nameless
from innospace.data.parsing import Rules, parse_columns, whole

if TYPE_CHECKING:
    import pandas as pd

DELIMITERS = ";\t|,"
"""In order of preference where several split the lines evenly: headings hold commas more often than semicolons."""
MAX_LINE = 1_000_000
"""Characters of a line; a table of the most columns has some 200,000."""
_LINES_TRIED = 20
_SNIFFED = 64 * 1024
_CELLS_TRIED = 1000
_PLAIN = ("utf-8", ",")


def read_csv(
    raw: bytes, where: str, rules: Rules, encoding: str | None, delimiter: str | None, columns: Sequence[str] | None
) -> tuple[pd.DataFrame, str]:
    """Return the table in ``raw``, and a sentence on how it was read where that is not plain UTF-8 with commas."""
    text, used = decode(raw, encoding, where)
    if delimiter is not None and delimiter not in tuple(DELIMITERS):
        raise DataError(f"Unknown delimiter: {delimiter!r}.", where=where, allowed="comma, semicolon, tab, bar")
    _refuse_endless(text, where)
    above = _above(text, rules.header, where)
    found = delimiter or _delimiter(text[len(above) :])
    # from here on the file is its bytes: text in memory takes up to four times as much
    file = _Delimited(raw if used == "utf-8" else text.encode("utf-8"), found, where, above)
    del text
    if columns is not None:
        require_known(columns, file.header, kind="column", where=where)
    wanted = file.header if columns is None else list(columns)
    frame = file.split()[wanted].copy()
    _parse(frame, file, rules)
    frame = frame.dropna(how="all") if bool(frame.iloc[:, 0].isna().any()) else frame
    if rules.found is not None:
        rules.found.settle(frame.index.to_numpy(), file.line)
    note = "" if (used, file.delimiter) == _PLAIN else f"Read as {used}, delimiter {file.delimiter!r}."
    return frame.reset_index(drop=True), note


def _refuse_endless(text: str, where: str) -> None:
    """Raise when a line is so long that it can be no row of a table; the text is looked at in long strides."""
    begin, line = 0, 1
    while len(text) - begin > MAX_LINE:
        end = begin + MAX_LINE
        found = max(text.rfind("\n", begin, end), text.rfind("\r", begin, end))
        if found < 0:
            raise DataError(
                "A line of the file is too long to be a row of a table.",
                where=f"{where}, line {line:,}",
                allowed=f"up to {MAX_LINE:,} characters in a line",
                remedy="Check that the file is a table, with one row a line.",
            )
        line += text.count("\n", begin, found + 1)
        begin = found + 1


def _above(text: str, header: int, where: str) -> str:
    """Return the lines above the names of columns."""
    if header == 1:
        return ""
    lines = list(islice(io.StringIO(text, newline=""), header - 1))
    above = "".join(lines)
    if len(lines) < header - 1 or len(above) == len(text):
        raise DataError(
            f"The file has no row {header}, where the names of columns should stand.",
            where=where,
            remedy="Name the row that holds the names of columns (--header).",
        )
    return above


class _Delimited:
    """The bytes of a file in UTF-8, its delimiter and its header; lines above the names of columns are left out."""

    def __init__(self, raw: bytes, delimiter: str, where: str, above: str) -> None:
        self.raw, self.delimiter, self.where = raw, delimiter, where
        self._mark = len(codecs.BOM_UTF8) if raw.startswith(codecs.BOM_UTF8) else 0
        self._mark += len(above.encode("utf-8"))
        self._skipped = len(list(io.StringIO(above, newline="")))
        self._start = self._mark
        header = next((r for _, r in self._records(self._above()) if any(c.strip() for c in r)), [])
        self._lines: list[int] = []
        self._walk = self._rows()
        self.header = check_header(self._named([c.strip() for c in header]), where)

    def _named(self, header: list[str]) -> list[str]:
        """Return the names of columns if there is one for each."""
        empty = [i + 1 for i, name in enumerate(header) if not name]
        if len(header) > 1 and not empty:
            return header
        below = [(line, [c.strip() for c in row]) for line, row in islice(self._rows(), LOOKED_AT)]
        if header and not empty and likely_row(header, below) is None:
            return header
        row = f"row {self._skipped + 1}" if self._skipped else "first row"
        place = f"{self.where}, {row}, column {offenders(empty) if empty else '1'}"
        raise nameless(header, below, place)

    def _text(self) -> io.TextIOWrapper:
        """Return the lines of the file, decoded as they are asked for."""
        body = io.BytesIO(self.raw)
        body.seek(self._mark)
        return io.TextIOWrapper(body, encoding="utf-8", newline="")

    def _above(self) -> Iterator[str]:
        """Yield the lines of the header, and count its bytes."""
        for line in self._text():
            self._start += len(line.encode("utf-8"))
            yield line

    def _records(self, lines: Iterable[str], *, strict: bool = True) -> Iterator[tuple[int, list[str]]]:
        """Yield rows as they stand, each with the line of the file on which it starts."""
        reader = csv.reader(lines, delimiter=self.delimiter, strict=strict)
        line = self._skipped + 1
        try:
            for row in reader:
                yield line, row
                line = self._skipped + reader.line_num + 1
        except csv.Error as error:
            raise DataError(
                f"The file cannot be split into cells: {error}.",
                where=f"{self.where}, line {reader.line_num + self._skipped}",
                remedy='Look for a quotation mark that is not closed or not doubled: "" stands for one inside a cell.',
            ) from error

    def split(self, **options: Any) -> pd.DataFrame:
        """Return the rows under the header; cells that are no plain numbers stay text.

        Raises
        ------
        DataError
            A row is longer or shorter than the header.
        """
        import pandas as pd

        body = io.BytesIO(self.raw)
        body.seek(self._start)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", pd.errors.ParserWarning)
                frame: pd.DataFrame = pd.read_csv(
                    body,
                    encoding="utf-8",
                    sep=self.delimiter,
                    header=None,
                    names=self.header,
                    index_col=False,
                    keep_default_na=False,
                    na_values=sorted(MISSING),
                    engine="c",
                    low_memory=False,
                    **_exact_floats(),
                    **options,
                )
        except pd.errors.EmptyDataError:
            return pd.DataFrame(columns=self.header)
        except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
            self._check_widths()
            return self._trailing(error)
        if self._short(frame):
            self._check_widths()
        return frame

    def _short(self, frame: pd.DataFrame) -> bool:
        """Whether rows may be shorter than the header: too few delimiters, or quoted ones make up for them."""
        if not len(frame) or not bool(frame.iloc[:, -1].isna().any()):
            return False
        there = self.raw.count(self.delimiter.encode(), self._start)
        return b'"' in self.raw or there < len(frame) * (len(self.header) - 1)

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line on which each row under the header starts, and its cells; blank lines are no rows."""
        below = False
        for line, row in self._records(self._text(), strict=False):
            if row and (len(row) > 1 or row[0].strip()):
                if below:
                    yield line, row
                below = below or any(c.strip() for c in row)

    def _check_widths(self) -> None:
        for _ in self._records(self._text()):
            pass
        width = len(self.header)
        likely = likely_row(self.header, list(islice(self._rows(), LOOKED_AT)))
        for line, row in self._rows():
            if len(row) < width or any(c.strip() for c in row[width:]):
                raise DataError(
                    f"A row has {len(row)} cells and the header has {width}.",
                    where=f"{self.where}, line {line}",
                    allowed=f"{width} cells in every row",
                    remedy=named_in(likely) + "Look for a title above the names of columns, a footnote, an unquoted "
                    "delimiter or a decimal comma in a comma-separated file.",
                )

    def _trailing(self, error: Exception) -> pd.DataFrame:
        """Return the frame of a file whose rows only end in empty cells too many."""
        import pandas as pd

        width = len(self.header)
        rows = [[None if c in MISSING else c for c in row[:width]] for _, row in self._rows()]
        if not rows:
            raise DataError(f"The file cannot be split into cells: {error}.", where=self.where) from error
        return pd.DataFrame(rows, columns=self.header, dtype="str")

    def line(self, row: int) -> int:
        """Return the line of the file on which a row of the table starts."""
        while len(self._lines) <= row:
            self._lines.append(next(self._walk)[0])
        return self._lines[row]


def _exact_floats() -> dict[str, Any]:
    """Return the option that makes pandas before 3.1 read floats to the last digit; later ones always do."""
    import pandas as pd

    major, minor = (int(p) for p in pd.__version__.split(".")[:2])
    return {} if (major, minor) >= (3, 1) else {"float_precision": "round_trip"}


def _parse(frame: pd.DataFrame, file: _Delimited, rules: Rules) -> None:
    """Replace every column that is not plainly numbers by what the careful reader makes of it."""
    as_text = _led_by_zero(frame, file)
    again = {n for n in frame.columns if n in rules.text or n in as_text or _doubtful(frame[n])}
    texts = {n: frame[n] for n in frame.columns if n not in again and frame[n].dtype.kind not in "iufb"}
    careful = {n for n, c in texts.items() if n in rules.numeric or any(_needs_care(v) for v in c.dropna().unique())}
    commas = {n: v for n in careful if (v := _decimal_commas(texts[n], rules)) is not None}
    if rules.decimal == "," or commas or any(_shows_comma(texts[n]) for n in careful):
        # beside decimal commas a point is not plainly a decimal point
        again |= {n for n in frame.columns if frame[n].dtype.kind == "f"}
    if lacking := sorted(again - as_text.keys()):
        split = file.split(usecols=lacking, dtype="str")
        as_text |= {n: split[n] for n in lacking}
    left = (again | careful) - commas.keys()
    cells = {n: _cells(as_text[n] if n in again else texts[n]) for n in frame.columns if n in left}
    for name, parsed in parse_columns(
        cells, rules, Place(file.where, file.line, rules.found), commas=len(commas)
    ).items():
        frame[name] = parsed.to_numpy() if parsed.dtype.kind in "iufb" else parsed.array
    for name in frame.columns:
        if name in commas:
            frame[name] = commas[name]
        elif name not in cells and frame[name].dtype.kind == "f":
            frame[name] = whole(frame[name].to_numpy())


def _decimal_commas(column: pd.Series, rules: Rules) -> np.ndarray | None:
    """Return the numbers of a column that is nothing but decimal commas, all at once; None for any other."""
    if rules.decimal == "." or column.name in rules.text:
        return None
    filled = column.dropna().astype(str)
    if not any(decimal_commas(v) for v in filled.head(_CELLS_TRIED)) or not bool(
        filled.str.fullmatch(ALL_COMMAS).all()
    ):
        return None
    plain = filled.str.replace("[ \u00a0\u202f\u2009]", "", regex=True).str.replace(",", ".").str.replace("−", "-")
    values = np.full(len(column), np.nan)
    values[column.notna().to_numpy()] = plain.to_numpy(dtype=object).astype(np.float64)
    return None if bool(np.isinf(values).any()) else whole(values)


def _shows_comma(column: pd.Series) -> bool:
    return any(notation(clean(v)) == "comma" for v in column.dropna())


def _cells(column: pd.Series) -> list[Any]:
    return column.astype(object).where(column.notna(), None).tolist()


def _needs_care(text: str) -> bool:
    """Whether a cell that the fast engine left as text may be a number, or is not clean."""
    return is_flagged(text) or clean(text) != text or notation(text) is not None or text.endswith("%")


def _doubtful(column: pd.Series) -> bool:
    """Whether the fast engine may have lost digits or hidden a cell: huge numbers, infinity, mixed types."""
    if column.dtype.kind in "iuf":
        values = column.to_numpy()
        return bool((np.isinf(values) | (np.abs(values.astype(np.float64)) >= EXACT)).any())
    return column.dtype.kind == "O" and not all(isinstance(v, str) for v in column.dropna().unique())


def _led_by_zero(frame: pd.DataFrame, file: _Delimited) -> dict[str, pd.Series]:
    """Return, as text, the number columns in which digits follow a leading zero: the fast engine dropped it."""
    before = (re.escape(file.delimiter), "\n", "\r", '"')
    numbers = [n for n in frame.columns if frame[n].dtype.kind in "iuf"]
    if not numbers or not any(re.search(rf"{mark}\s*0[0-9]".encode(), file.raw) for mark in before):
        return {}
    texts = file.split(usecols=numbers, dtype="str")
    return {n: texts[n] for n in numbers if bool(texts[n].str.match(r"\s*0[0-9]", na=False).any())}


def _delimiter(text: str) -> str:
    """Return the delimiter that splits the first lines most evenly, under a title if need be."""
    lines = [line for line in text[:_SNIFFED].splitlines()[:_LINES_TRIED] if line.strip()]

    def evenness(candidate: str) -> int:
        counts = [len(next(csv.reader([line], delimiter=candidate))) for line in lines]
        split = counts[0] if counts and counts[0] > 1 else 0
        return sum(c == split for c in counts)

    if any(map(evenness, DELIMITERS)):
        return max(DELIMITERS, key=evenness)
    while lines := lines[1:]:
        best = max(DELIMITERS, key=evenness)
        if 2 * evenness(best) > len(lines):
            return best
    return ","
