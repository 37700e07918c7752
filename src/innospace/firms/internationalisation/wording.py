"""Names of columns of the study in words: for sentences, tables and figures. Keys of numbers stay as they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from innospace.core.figure import Figure
from innospace.core.table import Table
from innospace.firms.internationalisation.waves import TwoWaves
from innospace.firms.presentation import in_words, label
from innospace.firms.result import FirmResult

if TYPE_CHECKING:
    import pandas as pd

WORDS = {
    "rd": "R&D",
    "product": "new product",
    "technology": "new technology",
    "export": "export",
    "machinery": "import of machinery",
    "inputs": "import of inputs",
    "export_cis": "export to the CIS",
    "export_beyond": "export beyond the CIS",
    "inputs_share": "share of imported inputs",
    "customs_constraint": "customs",
}
"""Roles of the study in words; other names are shown as they are."""
CROSS_SECTION = {
    "rd": "R&D",
    "rd_in_house": "in-house R&D",
    "rd_bought": "bought R&D",
    "machinery_bought": "bought machinery",
    "log_rd_per_worker": "log R&D per worker",
    "performs_rd": "spending on R&D",
    "predicted_rd_intensity": "predicted log R&D per worker",
    "log_productivity": "log sales per worker",
    "sales_per_worker": "sales per worker",
    "sector: 2": "sector: manufacturing",
    "sector: 3": "sector: services",
    "sector: 4": "sector: trade",
}
"""Columns of the Ecuador sample in words; sector 1, extraction, is the class left out."""
QUANTILES = {f"q{q}": f"{q}th percentile" for q in range(5, 100, 5)}


def words(name: str) -> str:
    """Return the name of a channel or outcome in words."""
    return WORDS.get(name, name.replace("_", " "))


def doing(channel: str) -> str:
    """Return what a firm does that trades by a channel."""
    return {"export": "exporting", "machinery": "importing machinery", "inputs": "importing inputs"}.get(
        channel, words(channel)
    )


def beginning(outcome: str) -> str:
    """Return what a firm does that starts an innovation."""
    first = {"product": "a first new product", "technology": "a first new technology"}
    return first.get(outcome, f"starting {words(outcome)}")


def panel_labels(waves: TwoWaves) -> dict[str, str]:
    """Return the columns that the study makes of a panel, in words."""
    plan = waves.plan
    first, last = plan.waves
    found = dict(QUANTILES)
    for c in plan.channels:
        found |= {
            f"{c}_starter": f"start of {words(c)}",
            f"new_{c}": f"start of {words(c)}",
            f"{c}_quitter": f"end of {words(c)}",
            f"{c}_continuous": f"{words(c)} in both waves",
            f"{c}_before": f"{words(c)} in {first}",
        }
    for o in plan.outcomes:
        found |= {
            f"{o}_start": f"start of {words(o)}",
            f"{o}_before": f"{words(o)} in {first}",
            f"{o}_after": f"{words(o)} in {last}",
        }
    found |= {f"{m}_before": f"{words(m)} in {first}" for m in plan.markets}
    found |= {n: n.replace("_", " ") for n in (*plan.traits, *plan.partners, *waves.locations)}
    if plan.inputs_share:
        share = words(plan.inputs_share)
        found |= {plan.inputs_share: share, f"{plan.inputs_share}_x_machinery_starter": f"{share} × start"}
    if "rd" in plan.outcomes:
        found["rd"] = WORDS["rd"]
    own = {"log_productivity": "log productivity", "value_added_per_worker": "value added per worker"}
    return found | own | {"before_difference": "difference of levels before"}


def worded(result: FirmResult, stem: str, labels: Mapping[str, str]) -> FirmResult:
    """Return a part of the study in words; its tables, figures and checks carry the name of the analysis."""
    spoken = {k: v for k, v in labels.items() if "_" in k or k == "rd"}
    # a verb may have put spaces for underscores already
    cells = {**labels, **{k.replace("_", " "): v for k, v in labels.items() if "_" in k}}

    def text(value: str) -> str:
        return readable(value, spoken)

    def sentence(value: str) -> str:
        return _capital(text(value))

    return replace(
        result,
        title=sentence(result.title),
        description=sentence(result.description),
        sentences=tuple(sentence(s) for s in result.findings()),
        tables=tuple(_table(replace(t, name=f"{stem}-{t.name}"), text, cells) for t in result.tables),
        figures=tuple(_figure(replace(f, name=f"{stem}-{f.name}"), text, cells) for f in result.figures),
        checks=tuple(replace(c, name=f"{stem}.{c.name}") for c in result.checks),
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
