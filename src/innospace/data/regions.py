"""Regions of Russia by any of their names: Russian, English, ISO 3166-2, OKATO."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.errors import LabelError, offenders
from innospace.core.labels import nearest
from innospace.data.dataset import Dataset

if TYPE_CHECKING:
    import pandas as pd

_NOISE = re.compile(
    r"\b(республика|респ|область|обл|край|автономная|автономный|авт|город|гор|г|республики|republic|region|oblast|krai|"
    r"territory|area|autonomous|city|federal|of|the|and|и|область\s*с|рф)\b\.?"
)
_PARTS = {
    "ненецкий": "Arkhangelsk Region",
    "nenets": "Arkhangelsk Region",
    "ханты мансийский": "Tyumen Region",
    "khanty mansi": "Tyumen Region",
    "ямало ненецкий": "Tyumen Region",
    "yamalo nenets": "Tyumen Region",
    "yamal nenets": "Tyumen Region",
}
"""Autonomous districts that the 80 regions count inside another region."""
_AGGREGATE = re.compile(r"российская федерация|россия|russia|федеральный округ|federal district|фо$|\bрф\b")
_VARIANTS = {
    "RU-ALT": ("алтайский",),
    "RU-MOW": ("moscow", "москва", "gorod moskva", "moskva"),
    "RU-SPE": ("st petersburg", "saint petersburg", "санкт петербург", "с петербург", "sankt peterburg"),
    "RU-NIZ": ("nizhniy novgorod", "nizhny novgorod", "nizhegorod"),
    "RU-BA": ("bashkiria", "башкирия", "башкортостан", "bashkortostan"),
    "RU-TA": ("татария", "татарстан", "tatarstan"),
    "RU-SA": ("yakutia", "якутия", "саха", "sakha", "саха якутия", "sakha yakutia"),
    "RU-CU": ("чувашия", "чувашская", "chuvash", "chuvashia", "чувашская чувашия"),
    "RU-KEM": ("кузбасс", "кемеровская кузбасс"),
    "RU-SE": ("северная осетия", "северная осетия алания", "north ossetia", "north ossetia alania"),
    "RU-TY": ("тува", "тыва", "tuva", "tyva"),
    "RU-AD": ("адыгея", "адыгея адыгея", "adygea", "adygeya"),
    "RU-PER": ("perm", "пермский"),
}


@dataclass(frozen=True, slots=True)
class RegionMatch:
    """Names matched to codes.

    Attributes
    ----------
    codes : tuple of str or None
        ISO 3166-2 code of each name given, in order; None for a miss or an aggregate.
    misses : dict of str to str
        Names that are no region of the catalogue, and why or what they may mean.
    aggregates : tuple of str
        Names of the country and of federal districts.
    """

    codes: tuple[str | None, ...]
    misses: dict[str, str]
    aggregates: tuple[str, ...]


@cache
def catalogue() -> pd.DataFrame:
    """Return the 80 regions of 2008-2012: names, codes, federal districts."""
    from innospace.data.catalogue import read_packaged

    return read_packaged("regions.csv", dtype={"okato": "str", "okato2": "str"})


def normalise(name: str) -> str:
    """Return a name without case, ``ё``, punctuation and words such as "область" or "Republic of"."""
    text = str(name).casefold().replace("ё", "е")
    text = re.sub(r"\(.*?\)", lambda m: " " + m.group(0)[1:-1] + " ", text)
    text = re.sub(r"[^\w]+", " ", text)
    text = _NOISE.sub(" ", text)
    return re.sub(r"\s+", " ", text).strip()


@cache
def _index() -> dict[str, str]:
    table = catalogue()
    found: dict[str, str] = {}
    for row in table.itertuples():
        code = str(row.region_code)
        for name in (row.region, row.region_ru):
            found[_key(str(name))] = code
        for key in (code, str(row.okato), str(row.okato2)):
            found[key.casefold()] = code
    for code, names in _VARIANTS.items():
        for name in names:
            found.setdefault(name, code)
    return found


def _key(name: str) -> str:
    """Return the normalised name, marked where two regions differ only by the word that normalisation drops."""
    key, text = normalise(name), str(name).casefold()
    if key.startswith(("москов", "moscow", "moskov")) and re.search(r"област|обл\b|region|oblast", text):
        return f"region of {key}"
    if key in ("altai", "altay", "алтай"):
        if re.search(r"republic|республика", text):
            return "republic of altai"
        return "altai region" if re.search(r"region|krai|край|territory", text) else key
    return key


def _find(name: str) -> str | None:
    index = _index()
    raw = str(name).strip().casefold()
    return index[raw] if raw in index else index.get(_key(name))


def match_regions(names: Sequence[str]) -> RegionMatch:
    """Match names to the 80 regions of 2008-2012.

    Parameters
    ----------
    names : sequence of str
        Russian or English names, ISO 3166-2 or OKATO codes.

    Returns
    -------
    RegionMatch
        Only exact matches after normalisation count; everything else is a miss with suggestions.
    """
    table = catalogue()
    known = [*table["region"], *table["region_ru"]]
    codes: list[str | None] = []
    misses: dict[str, str] = {}
    aggregates: list[str] = []
    for name in names:
        code = _find(name)
        codes.append(code)
        if code is not None or str(name) in misses:
            continue
        key = normalise(name)
        part = next((whole for text, whole in _PARTS.items() if key.startswith(text)), None)
        if _AGGREGATE.search(str(name).casefold()):
            aggregates.append(str(name))
        elif part:
            misses[str(name)] = f"counted inside {part} in these 80 regions"
        else:
            near = nearest(str(name), known)
            misses[str(name)] = f"perhaps {' or '.join(near)}" if near else "nothing similar is known"
    return RegionMatch(tuple(codes), misses, tuple(dict.fromkeys(aggregates)))


def require_regions(names: Sequence[str], where: str = "") -> tuple[str | None, ...]:
    """Return codes, None for aggregates; raise :class:`LabelError` listing every name that is not known."""
    found = match_regions(names)
    if found.misses:
        listed = [f"{name} ({reason})" for name, reason in found.misses.items()]
        raise LabelError(
            f"Region names that are not known: {offenders(listed)}.",
            where=where,
            allowed="Russian or English names, ISO 3166-2 or OKATO codes of the 80 regions of 2008-2012",
            remedy="Correct the names, or give codes in a column region_code.",
        )
    return found.codes


def with_region_codes(dataset: Dataset, column: str = "region", drop_aggregates: bool = True) -> Dataset:
    """Return the dataset with ``region_code`` and English names; totals of districts and the country are left out."""
    frame = dataset.frame
    codes = require_regions([str(v) for v in frame[column]], dataset.source.name)
    english = catalogue().set_index("region_code")["region"]
    out = frame.assign(region_code=np.array(codes, dtype=object))
    steps = f"{sum(c is not None for c in codes)} rows were matched to regions by name."
    totals = out["region_code"].isna()
    if totals.any():
        if not drop_aggregates:
            raise LabelError(
                f"The table holds totals: {offenders(frame.loc[totals, column].unique())}.",
                remedy="Leave them out, or allow dropping them.",
            )
        steps += f" {int(totals.sum())} rows of totals were left out."
        out = out[~totals].reset_index(drop=True)
    out[column] = out["region_code"].map(english)
    return dataset.with_frame(out, steps)
