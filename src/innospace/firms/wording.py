"""A result on firms in words: its columns by the names that were given for a reader."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from innospace.core.figure import Figure
from innospace.core.table import Table
from innospace.firms.presentation import in_words, label
from innospace.firms.result import FirmResult

if TYPE_CHECKING:
    import pandas as pd


def worded(
    result: FirmResult, labels: Mapping[str, str], *, spoken: Mapping[str, str] | None = None, stem: str = ""
) -> FirmResult:
    """Return a result in words: numbers and names of effects stay, texts, tables and figures say what columns are.

    Parameters
    ----------
    result : FirmResult
    labels : mapping of str to str
        Columns in words.
    spoken : mapping of str to str, optional
        Those that are looked for in sentences; ``labels`` when not given. A column that is called as a word of the
        language is best left out.
    stem : str
        Put in front of the names of tables, figures and checks, such as the name of an analysis.
    """
    spoken = labels if spoken is None else spoken
    # a verb may have put spaces for underscores already
    cells = {**labels, **{k.replace("_", " "): v for k, v in labels.items() if "_" in k}}

    def text(value: str) -> str:
        return readable(value, spoken)

    def sentence(value: str) -> str:
        return _capital(text(value))

    def named(name: str, mark: str) -> str:
        return f"{stem}{mark}{name}" if stem else name

    return replace(
        result,
        title=sentence(result.title),
        description=sentence(result.description),
        sentences=tuple(sentence(s) for s in result.findings()),
        tables=tuple(_table(replace(t, name=named(t.name, "-")), text, cells) for t in result.tables),
        figures=tuple(_figure(replace(f, name=named(f.name, "-")), text, cells) for f in result.figures),
        checks=tuple(replace(c, name=named(c.name, ".")) for c in result.checks),
        steps=tuple(sentence(s) for s in result.steps),
        warnings=tuple(sentence(s) for s in result.warnings),
        labels=labels,
    )


_COLUMN = re.compile(r"\b[^\W\d]\w*_\w+\b")


def readable(text: str, labels: Mapping[str, str] | None = None) -> str:
    """Return a sentence in which names of columns are words: ``new_product`` as ``new product``."""
    known = dict(labels or {})
    known |= {k.replace("_", " "): v for k, v in known.items() if "_" in k}
    spoken = in_words(text, known) if known else text
    return _COLUMN.sub(lambda m: m[0].replace("_", " "), spoken)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _cells(frame: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Return the frame with the texts in it in words."""
    from pandas.api.types import is_numeric_dtype

    texts = [c for c in frame.columns if not is_numeric_dtype(frame[c].dtype)]
    return frame.assign(**{c: [label(v, labels) if isinstance(v, str) else v for v in frame[c]] for c in texts})


def _table(table: Table, text: Callable[[str], str], labels: Mapping[str, str]) -> Table:
    columns = tuple(replace(c, heading=text(c.heading)) for c in table.columns)
    return replace(
        table,
        title=_capital(text(table.title)),
        notes=tuple(text(n) for n in table.notes),
        columns=columns,
        layout=_cells(table.display(), labels),
    )


def _figure(figure: Figure, text: Callable[[str], str], labels: Mapping[str, str]) -> Figure:
    cells = {v for f in (figure.data, *figure.layers.values()) for c in f.columns for v in f[c] if isinstance(v, str)}

    def shown(value: Any) -> Any:
        return label(value, labels) if isinstance(value, str) and value in cells else value

    def encoded(key: str, value: Any) -> Any:
        if isinstance(value, str):
            return text(value) if key.endswith("title") else value if value in figure.data.columns else shown(value)
        return type(value)(shown(v) for v in value) if isinstance(value, list | tuple) else value

    return replace(
        figure,
        title=_capital(text(figure.title)),
        subtitle=_capital(text(figure.subtitle)),
        caption=_capital(text(figure.caption)),
        alt=_capital(text(figure.alt)),
        data=_cells(figure.data, labels),
        encoding={k: encoded(k, v) for k, v in figure.encoding.items()},
        layers={k: _cells(v, labels) for k, v in figure.layers.items()},
    )
