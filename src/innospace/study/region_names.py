"""Names of regions in another language, wherever a report shows them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from innospace.core.document import Block, Document, Heading, Notice, Paragraph
from innospace.core.figure import Figure
from innospace.core.labels import require_known
from innospace.core.table import Table

if TYPE_CHECKING:
    import pandas as pd

ENGLISH, RUSSIAN = "en", "ru"
LANGUAGES = (ENGLISH, RUSSIAN)


def in_language(document: Document, language: str) -> Document:
    """Return a document with names of regions in a language.

    Findings, sections, figures and tables are renamed, also in the files of tables and figures. Title, provenance,
    whole results and the command stay as they are: they are what reproduces the report.

    Parameters
    ----------
    document : Document
        Names of regions are English, as every engine has them.
    language : str
        ``en`` or ``ru``. A name that is not one of the 80 regions of 2008-2012 stays.

    Raises
    ------
    LabelError
        When the language is not known.
    """
    require_known([language], LANGUAGES, kind="language", where="names of regions")
    if language == ENGLISH:
        return document
    return replace(
        document,
        findings=tuple(map(in_russian, document.findings)),
        highlights=tuple(map(in_russian, document.highlights)),
        sections=tuple(
            replace(s, title=in_russian(s.title), blocks=tuple(_block(b) for b in s.blocks)) for s in document.sections
        ),
    )


def language_of(file: Path) -> str:
    """Return the language of the names of regions that a study file asks for: English when it cannot be read."""
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8")).get("study", {}).get("region_names", ENGLISH)
    except (OSError, ValueError, AttributeError):
        return ENGLISH
    return said if said in LANGUAGES else ENGLISH


def text_in(text: str, language: str) -> str:
    """Return text with names of regions in a language."""
    return in_russian(text) if language == RUSSIAN else text


def table_in(table: Table, language: str) -> Table:
    """Return a table with names of regions in a language."""
    return _table(table) if language == RUSSIAN else table


@cache
def _names() -> tuple[dict[str, str], re.Pattern[str]]:
    from innospace.data.regions import catalogue

    table = catalogue()
    names = dict(zip(table["region"], table["region_ru"], strict=True))
    # the longest first: "Moscow" is also the beginning of "Moscow Region"
    ordered = sorted(map(re.escape, names), key=len, reverse=True)
    return names, re.compile(rf"(?<!\w)(?:{'|'.join(ordered)})(?!\w)")


def in_russian(text: str) -> str:
    """Return text in which every region that is named in English has its Russian name."""
    names, pattern = _names()
    return pattern.sub(lambda m: names[m.group()], text)


def _block(block: Block) -> Block:
    if isinstance(block, Paragraph | Heading | Notice):
        return replace(block, text=in_russian(block.text))
    if isinstance(block, Figure):
        return _figure(block)
    return _table(block) if isinstance(block, Table) else block


def _figure(figure: Figure) -> Figure:
    layers = {name: _frame(frame) for name, frame in figure.layers.items()}
    columns = {c for frame in (figure.data, *figure.layers.values()) for c in frame.columns}
    return replace(
        figure,
        title=in_russian(figure.title),
        subtitle=in_russian(figure.subtitle),
        caption=in_russian(figure.caption),
        alt=in_russian(figure.alt),
        data=_frame(figure.data),
        layers=layers,
        encoding=_encoding(figure.encoding, columns),
    )


def _encoding(encoding: Mapping[str, Any], columns: set[Any]) -> dict[str, Any]:
    """Rename what is shown; names of columns stay."""

    def shown(value: Any) -> Any:
        if isinstance(value, str):
            return value if value in columns else in_russian(value)
        return [shown(v) for v in value] if isinstance(value, list) else value

    return {key: shown(value) for key, value in encoding.items()}


def _table(table: Table) -> Table:
    columns = tuple(replace(c, heading=in_russian(c.heading), group=in_russian(c.group)) for c in table.columns)
    layout = None if table.layout is None else _frame(table.layout)
    notes = tuple(map(in_russian, table.notes))
    return replace(
        table, title=in_russian(table.title), frame=_frame(table.frame), columns=columns, layout=layout, notes=notes
    )


def _frame(frame: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    kinds = (pd.api.types.is_object_dtype, pd.api.types.is_string_dtype)
    texts = [i for i, dtype in enumerate(frame.dtypes) if any(is_kind(dtype) for is_kind in kinds)]
    renamed = frame.copy()
    for i in texts:
        values = [in_russian(v) if isinstance(v, str) else v for v in frame.iloc[:, i]]
        renamed.isetitem(i, pd.Series(values, index=frame.index, dtype=frame.dtypes.iloc[i]))
    for i, dtype in enumerate(frame.dtypes):
        if isinstance(dtype, pd.CategoricalDtype) and pd.api.types.is_string_dtype(dtype.categories.dtype):
            renamed.isetitem(i, frame.iloc[:, i].cat.rename_categories(in_russian).array)
    return renamed
