"""Every name that a result shows, for tests that ``innospace explain`` knows all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from innospace.core.document import Equation
from innospace.core.errors import LabelError
from innospace.core.figure import Figure
from innospace.core.result import Result
from innospace.core.table import Table
from innospace.study.glossary import find


def names_of(result: Result) -> Iterator[str]:
    """Yield the names of a result's status, checks, stored frames' columns, tables, charts and equations.

    Rows of display text are left out: their columns are headings made from labels of the data.
    """
    yield str(result.status.code)
    yield from (name for name in (result.status.boundary, *result.status.numbers) if name)
    yield from (c.name for c in result.checks)
    for name, frame in result.to_bundle().frames.items():
        if "layout-" not in name:
            yield from map(str, frame.columns)
    yield from map(str, result.to_frame().columns)
    for section in result.sections():
        for block in section.blocks:
            if isinstance(block, Table):
                yield from (block.name, *map(str, block.frame.columns))
            elif isinstance(block, Figure):
                yield from (block.name, *map(str, block.data.columns))
            elif isinstance(block, Equation):
                yield block.name


def numbers_of(result: Result) -> Iterator[str]:
    """Yield the keys of what ``--json`` prints, those of inner tables and the coefficients among them."""
    yield from _keys(result.to_dict())


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from map(str, value)
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def unexplained(names: Iterable[str], data: Iterable[str] = ()) -> list[str]:
    """Return the names that are not known; ``data`` are names that the table of the test brings."""
    return [n for n in dict.fromkeys(names) if n not in set(data) and not known(n)]


def known(name: str) -> bool:
    """Whether ``innospace explain`` has something to say about a name."""
    try:
        return all(t.meaning.strip() for t in find(name))
    except LabelError:
        return False
