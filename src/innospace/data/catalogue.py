"""The samples that come with the package, each with a card that says where it is from."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from innospace.core.labels import require_known
from innospace.core.provenance import Nature, Source, file_sha256
from innospace.data.cards import ColumnCard, SampleCard
from innospace.data.dataset import Dataset

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_FOLDER = "samples"
GEOMETRIES = {"russia-80": "russia-80.geojson"}


def _path(file: str) -> Path:
    from pathlib import Path

    return Path(str(resources.files("innospace.data") / _FOLDER / file))


def read_packaged(file: str, **options: Any) -> pd.DataFrame:
    """Read a CSV that ships with the package."""
    import pandas as pd

    frame: pd.DataFrame = pd.read_csv(_path(file), encoding="utf-8", **options)
    return frame


@cache
def samples() -> tuple[SampleCard, ...]:
    """Return the card of every sample."""
    data = tomllib.loads(_path("cards.toml").read_text(encoding="utf-8"))
    shared = data.pop("columns")
    cards = []
    for name, card in data.items():
        columns = tuple(ColumnCard(c, *_describe(c, card.get("column", {}), shared)) for c in card["columns"])
        cards.append(
            SampleCard(
                name,
                card["title"],
                card["description"],
                Nature(card["nature"]),
                card["origin"],
                card["licence"],
                card["citation"],
                card["rows"],
                columns,
                card["file"],
                tuple(card.get("notes", ())),
            )
        )
    return tuple(cards)


def _describe(name: str, own: dict[str, list[str]], shared: dict[str, list[str]]) -> tuple[str, str]:
    unit, meaning = own.get(name) or shared[name]
    return unit, meaning


def sample_card(name: str) -> SampleCard:
    """Return the card of one sample."""
    cards = {c.name: c for c in samples()}
    require_known([name], list(cards), kind="sample")
    return cards[name]


def load_sample(name: str) -> Dataset:
    """Return a sample by name.

    Raises
    ------
    LabelError
        Unknown name; the nearest ones are given.
    """
    card = sample_card(name)
    # codes keep their leading zeros
    frame = read_packaged(card.file, dtype={c.name: "str" for c in card.columns if c.unit == "code"})
    note = f"{card.title}. {' '.join(card.notes)}".strip()
    source = Source(card.name, file_sha256(_path(card.file)), card.nature, card.origin, card.licence, note)
    return Dataset(frame, source)


def published_table(number: int) -> pd.DataFrame:
    """Return one of the six tables printed in Makarov et al. (2016), as transcribed."""
    require_known([str(number)], [str(n) for n in range(1, 7)], kind="table")
    return read_packaged(f"makarov-2016-table-{number}.csv")


@cache
def load_geometry(name: str = "russia-80") -> dict[str, Any]:
    """Return a GeoJSON FeatureCollection; features are identified by ISO 3166-2 code."""
    require_known([name], list(GEOMETRIES), kind="geometry")
    geometry: dict[str, Any] = json.loads(_path(GEOMETRIES[name]).read_text(encoding="utf-8"))
    return geometry
