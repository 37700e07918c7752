"""Formulas from users' files: a small language, checked before anything evaluates it.

``y ~ x1 + log(x2) + x1:x2 - 1``: column names (in backticks when they hold spaces; dots within a name are part of
it), numbers, the operators ``+ - * / : ^ **``, parentheses, and the transforms in :data:`TRANSFORMS`. Nothing else
passes, so a formula in a study file cannot run code. Where a model has further parts they follow after bars, each with
its name: ``y ~ x | u: z1 + z2 | v: w``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import DataError, FormulaError, offenders
from innospace.core.labels import require_known

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

_NUMERIC: dict[str, Any] = {
    "log": np.log,
    "log10": np.log10,
    "log2": np.log2,
    "log1p": np.log1p,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "abs": np.abs,
}
TRANSFORMS = (*_NUMERIC, "I", "C", "center", "scale")
"""Function names a formula may use; ``C`` makes a column categorical, ``I`` protects arithmetic."""

LABELS = ("region", "firm", "year")
"""Columns that name a row in messages."""

_TOKEN = re.compile(
    r"\s*(?:(?P<tick>`[^`]+`)|(?P<name>[^\W\d]\w*)|(?P<number>\d+(?:\.\d+)?)|(?P<op>\*\*|[-+*/:^()~]))", re.UNICODE
)
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.\w+)+(?![\w.]|\s*\()", re.UNICODE)
"""A name with dots such as R writes, ``first.treat``; a call such as ``os.system(...)`` is none."""
_LANGUAGE = f"column names, numbers, + - * / : ^ ** ( ) ~ and {', '.join(TRANSFORMS)}"


@dataclass(frozen=True, slots=True)
class ParsedFormula:
    """A formula that passed the language check.

    Attributes
    ----------
    text : str
        As given.
    outcome, regressors : str
        Left and right side.
    names : tuple of str
        Columns used, in order of appearance, outcome first.
    categorical : tuple of str
        Columns inside ``C(...)``.
    parts : dict of str to str
        Further right-hand sides by name, in order.
    """

    text: str
    outcome: str
    regressors: str
    names: tuple[str, ...]
    categorical: tuple[str, ...]
    parts: dict[str, str] = field(default_factory=dict)


def parse(text: str, parts: Mapping[str, bool] | None = None) -> ParsedFormula:
    """Check a formula against the allowed language.

    Parameters
    ----------
    text : str
    parts : mapping of str to bool, optional
        Names of parts that may follow after bars, and whether such a part has an intercept unless it says otherwise.

    Raises
    ------
    FormulaError
        Anything but the language, a missing side, an unknown function, or a part that the model does not have.
    """
    text = _ticked(text)
    main, *rest = _BAR.split(text)
    tokens = _tokens(main, text)
    tildes = [i for i, (kind, value) in enumerate(tokens) if (kind, value) == ("op", "~")]
    if len(tildes) != 1 or tildes[0] in (0, len(tokens) - 1):
        raise FormulaError(
            "A formula has one outcome and one right-hand side.",
            where=repr(text),
            allowed="outcome ~ regressors",
            remedy='Write for example "log(technologies) ~ log(space)".',
        )
    names: list[str] = []
    categorical: list[str] = []
    _collect(tokens, text, names, categorical)
    found: dict[str, str] = {}
    for piece in rest:
        name, right = _named_part(piece, text, parts or {})
        if name in found:
            raise FormulaError(f"The formula has two parts {name!r}.", where=repr(text), remedy="Put them into one.")
        _collect(_tokens(right, text), text, names, categorical)
        found[name] = right if (parts or {})[name] else f"0 + {right}"
    left, right = main.split("~")
    return ParsedFormula(text, left.strip(), right.strip(), tuple(names), tuple(categorical), found)


_BAR = re.compile(r"\|(?=(?:[^`]*`[^`]*`)*[^`]*$)")
"""A bar outside backticks."""
_PART = re.compile(r"\s*([^\W\d]\w*)\s*:\s*(\S.*?)\s*$", re.DOTALL)


def _named_part(piece: str, text: str, parts: Mapping[str, bool]) -> tuple[str, str]:
    """Return name and right-hand side of what stands after a bar."""
    if not parts:
        raise FormulaError(
            "The formula has a part after a bar, and this model has no further parts.",
            where=repr(text),
            allowed="outcome ~ regressors",
            remedy="Leave out the bar and what follows it.",
        )
    match = _PART.match(piece)
    if match is None or "~" in piece:
        raise FormulaError(
            f"After a bar stands {piece.strip()!r}, which is no named part.",
            where=repr(text),
            allowed="; ".join(f"| {name}: z1 + z2" for name in parts),
            remedy="Write the name of the part, a colon and its regressors.",
        )
    require_known([match[1]], list(parts), kind="part", where=f"formula {text!r}")
    return match[1], match[2]


def _collect(tokens: list[tuple[str, str]], text: str, names: list[str], categorical: list[str]) -> None:
    """Add the columns that tokens use, and refuse functions that are no transforms."""
    for i, (kind, value) in enumerate(tokens):
        if kind not in ("name", "tick"):
            continue
        if kind == "name" and i + 1 < len(tokens) and tokens[i + 1] == ("op", "("):
            _require_transform(value, text)
            continue
        column = value.strip("`")
        if column not in names:
            names.append(column)
        if i >= 2 and tokens[i - 2] == ("name", "C") and tokens[i - 1] == ("op", "("):
            categorical.append(column)


def _ticked(text: str) -> str:
    """Return the formula with dotted names in backticks, where the evaluation takes them for one name."""
    parts = text.split("`")
    return "`".join(_DOTTED.sub(r"`\g<0>`", part) if i % 2 == 0 else part for i, part in enumerate(parts))


def _tokens(piece: str, text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    stripped = piece.rstrip()
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if match is None:
            rest = stripped[position:].lstrip()
            raise FormulaError(
                f"The formula holds {rest[0]!r}, which is not part of the formula language.",
                where=f"{text!r}, at character {text.rfind(piece) + len(stripped) - len(rest) + 1}",
                allowed=_LANGUAGE,
                remedy="Compute other transforms as columns of the table; put other names in `backticks`.",
            )
        kind = str(match.lastgroup)
        tokens.append((kind, match.group(kind)))
        position = match.end()
    return tokens


def _require_transform(name: str, text: str) -> None:
    if name not in TRANSFORMS:
        raise FormulaError(
            f"The formula calls {name!r}, which is not an allowed transform.",
            where=repr(text),
            allowed=", ".join(TRANSFORMS),
            remedy="Compute it as a column of the table first.",
        )


@dataclass(frozen=True, slots=True)
class Matrices:
    """Numbers of a formula on a table.

    Attributes
    ----------
    y : ndarray, shape (n,)
    x : ndarray, shape (n, k)
        Intercept first when there is one.
    names : tuple of str
        Length k.
    kept : ndarray of int, shape (n,)
        Positions of the rows used; rows with a missing cell are left out.
    parts : dict of str to (ndarray, shape (n, p), and tuple of str)
        Design and names of each further part.
    """

    y: Array
    x: Array
    names: tuple[str, ...]
    kept: np.ndarray[Any, np.dtype[np.int64]]
    parts: dict[str, tuple[Array, tuple[str, ...]]] = field(default_factory=dict)


def materialise(formula: ParsedFormula, frame: pd.DataFrame, also: tuple[str, ...] = ()) -> Matrices:
    """Evaluate a parsed formula on ``frame``.

    Parameters
    ----------
    formula : ParsedFormula
    frame : pandas.DataFrame
    also : tuple of str
        Further columns (weights, clusters) whose missing cells leave a row out.

    Raises
    ------
    LabelError
        A column is not in the table.
    DataError
        Text in a number column, infinite values, or a transform that gives no finite number (log of zero).
    """
    used = [*formula.names, *(c for c in also if c not in formula.names)]
    require_known(used, [str(c) for c in frame.columns], kind="column", where=f"formula {formula.text!r}")
    _require_single(frame, used)
    for name in used:
        if name not in formula.categorical and name not in also:
            _require_numeric(frame, name)
    missing = frame[used].isna().to_numpy().any(axis=1)
    kept = np.flatnonzero(~missing)
    if len(kept) == 0:
        raise DataError(
            "No row is left: every row has a missing cell in a column that the formula uses.",
            where=f"columns {offenders(used)}",
            remedy="Fill the cells or leave the emptiest column out of the formula.",
        )
    used_rows = frame if not missing.any() else frame.iloc[kept]
    y, x, names = _matrices(formula, used_rows)
    _require_finite(formula.outcome, y, frame, kept)
    parts = {name: _part_matrix(formula, right, used_rows) for name, right in formula.parts.items()}
    for matrix, columns in ((x, names), *parts.values()):
        for j, name in enumerate(columns):
            _require_finite(name, matrix[:, j], frame, kept)
    return Matrices(y, x, names, kept, parts)


def applied(formula: ParsedFormula, learnt: pd.DataFrame, frame: pd.DataFrame) -> Array:
    """Return the regressors of further rows, shape (n, k), by what the formula took from those of ``learnt``.

    Categories, and the numbers of ``center`` and ``scale``, are those of ``learnt``. A row is missing where a cell is
    missing or of another category, a number where a transform gives no finite one.
    """
    names: list[str] = []
    categorical: list[str] = []
    _collect(_tokens(formula.regressors, formula.text), formula.text, names, categorical)
    complete = frame[names].notna().all(axis=1)
    for name in categorical:
        complete &= frame[name].isin(learnt[name].unique())
    built = _built(formula, formula.regressors, learnt)
    found = np.full((len(frame), built.shape[1]), np.nan)
    if complete.any():
        with np.errstate(all="ignore"):
            more = built.model_spec.get_model_matrix(frame.loc[complete, names], context=_NUMERIC, na_action="ignore")
        found[complete.to_numpy()] = more.to_numpy(dtype=np.float64)
    return np.where(np.isfinite(found), found, np.nan)


def _part_matrix(formula: ParsedFormula, right: str, frame: pd.DataFrame) -> tuple[Array, tuple[str, ...]]:
    built = _built(formula, right, frame)
    return np.ascontiguousarray(built.to_numpy(dtype=np.float64)), tuple(str(c) for c in built.columns)


def _built(formula: ParsedFormula, text: str, frame: pd.DataFrame) -> Any:
    import formulaic

    try:
        with np.errstate(all="ignore"):
            return formulaic.Formula(text).get_model_matrix(
                frame[list(formula.names)], context=_NUMERIC, na_action="ignore"
            )
    except Exception as error:
        raise FormulaError(
            f"The formula could not be evaluated: {_plain(error)}.",
            where=repr(formula.text),
            allowed=_LANGUAGE,
            remedy="Look for unbalanced parentheses or an operator without operands.",
        ) from error


def _matrices(formula: ParsedFormula, frame: pd.DataFrame) -> tuple[Array, Array, tuple[str, ...]]:
    built = _built(formula, f"{formula.outcome} ~ {formula.regressors}", frame)
    if built.lhs.shape[1] != 1:
        raise FormulaError(
            "The left-hand side must give one column.",
            where=repr(formula.outcome),
            allowed="one column or one transform of columns",
            remedy="Write one outcome; use I(a + b) for a sum.",
        )
    y = np.ascontiguousarray(built.lhs.to_numpy(dtype=np.float64)[:, 0])
    x = np.ascontiguousarray(built.rhs.to_numpy(dtype=np.float64))
    return y, x, tuple(str(c) for c in built.rhs.columns)


def _plain(error: Exception) -> str:
    """Return the first line of a library's message without the marks that colour it on a terminal."""
    return _COLOURS.sub("", str(error).strip().partition("\n")[0]).rstrip(".")


_COLOURS = re.compile(r"\x1b\[[0-9;]*m|[\u29da\u29db]")


def row_labels(frame: pd.DataFrame, positions: np.ndarray[Any, Any]) -> list[str]:
    """Name rows for a message: ``row 3 (Kursk Region, 2010)`` where the table has such columns."""
    marks = [c for c in LABELS if c in frame.columns]
    labels = []
    for i in positions:
        text = f"row {int(i) + 1}"
        if marks:
            text += f" ({', '.join(str(frame[c].iloc[int(i)]) for c in marks)})"
        labels.append(text)
    return labels


def left_out(frame: pd.DataFrame, kept: np.ndarray[Any, Any]) -> str:
    """Return a sentence on the rows that are not among ``kept``, or an empty text when there are none."""
    missing = np.setdiff1d(np.arange(len(frame)), kept)
    if not len(missing):
        return ""
    shown = ", ".join(row_labels(frame, missing[:5])) + ("" if len(missing) <= 5 else ", ...")
    return f"{len(missing)} of {len(frame)} rows have a missing cell and were left out: {shown}."


def _listed(frame: pd.DataFrame, positions: np.ndarray[Any, Any]) -> str:
    head = ", ".join(row_labels(frame, positions[:5]))
    return f"{head} and {len(positions) - 5} more" if len(positions) > 5 else head


def _require_single(frame: pd.DataFrame, used: list[str]) -> None:
    twice = [name for name in used if list(frame.columns).count(name) > 1]
    if twice:
        raise DataError(
            f"The table has more than one column {offenders(twice)}.",
            where=f"columns {offenders([str(c) for c in frame.columns], shown=12)}",
            allowed="column names that differ",
            remedy="Rename or drop the copies.",
        )


def _require_numeric(frame: pd.DataFrame, name: str) -> None:
    from pandas.api.types import is_numeric_dtype

    column = frame[name]
    if not is_numeric_dtype(column.dtype):
        import pandas as pd

        parsed = pd.to_numeric(column.astype("string"), errors="coerce")
        bad = np.flatnonzero((parsed.isna() & column.notna()).to_numpy())
        texts = [str(column.iloc[int(i)]) for i in bad[:5]]
        raise DataError(
            f"Column {name!r} holds text where numbers are needed: {offenders(texts)}.",
            where=_listed(frame, bad) if len(bad) else f"column {name!r} is stored as text",
            allowed="numbers; an empty cell for a missing value",
            remedy=f"Mend the cells, or write C({name}) if the column is a category.",
        )
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    infinite = np.flatnonzero(np.isinf(values))
    if len(infinite):
        raise DataError(
            f"Column {name!r} holds infinite values.",
            where=_listed(frame, infinite),
            allowed="finite numbers; an empty cell for a missing value",
            remedy="Mend or empty these cells.",
        )


def _require_finite(term: str, values: Array, frame: pd.DataFrame, kept: np.ndarray[Any, Any]) -> None:
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad) == 0:
        return
    raise DataError(
        f"{term} is not a finite number in {len(bad)} row{'s' if len(bad) > 1 else ''}.",
        where=_listed(frame, kept[bad]),
        allowed="values for which the transform is finite (a logarithm needs positive numbers)",
        remedy="State a rule for zeros before taking logarithms (the innovation-space schema replaces zero counts "
        "by 0.1 and reports it), or leave these rows out.",
    )
