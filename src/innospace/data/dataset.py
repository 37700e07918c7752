"""A table with its origin and the steps that made it what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from innospace.core.errors import DataError
from innospace.core.provenance import Nature, Source

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table.

    Attributes
    ----------
    frame : pandas.DataFrame
    source : Source
        Where it came from.
    steps : tuple of str
        What was done to it, in sentences.
    """

    frame: pd.DataFrame
    source: Source
    steps: tuple[str, ...] = ()

    def with_frame(self, frame: pd.DataFrame, step: str = "") -> Dataset:
        """Return the dataset with another frame and one more step."""
        return replace(self, frame=frame, steps=(*self.steps, step) if step else self.steps)

    def _repr_html_(self) -> str:
        from innospace.core.notebook import card, counted, preview

        source = self.source
        facts = [
            ("Size", f"{counted(len(self.frame), 'row')}, {counted(self.frame.shape[1], 'column')}"),
            ("Nature", source.nature),
            ("Origin", source.origin),
            ("Licence", source.licence),
            ("Note", source.note),
            ("Steps", " ".join(self.steps)),
        ]
        return card(source.name, facts, preview(self.frame))


def as_dataset(data: Any, name: str = "table in memory") -> Dataset:
    """Return ``data`` as a :class:`Dataset`.

    Parameters
    ----------
    data : Dataset, pandas or polars frame, or mapping of column name to array
    name : str
        Name of the source when ``data`` carries none.
    """
    import pandas as pd

    if isinstance(data, Dataset):
        return data
    if isinstance(data, pd.DataFrame):
        frame = data
    elif isinstance(data, Mapping):
        try:
            frame = pd.DataFrame(dict(data))
        except ValueError as error:
            raise DataError(
                f"The arrays do not make a table: {error}.",
                allowed="columns of equal length, one value a row",
                remedy="Check the lengths of the columns.",
            ) from error
    elif hasattr(data, "to_pandas"):
        frame = data.to_pandas()
    else:
        raise DataError(
            f"A {type(data).__name__} is not a table.",
            allowed="a Dataset, a pandas or polars frame, or a mapping of arrays",
            remedy="Read files with innospace.read_table.",
        )
    return Dataset(frame, Source(name, "", Nature.OBSERVED, "given in memory"))
