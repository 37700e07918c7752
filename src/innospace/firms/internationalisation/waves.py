"""Two waves of a firm panel as one row a firm: classes by channel, starts of outcomes, controls of the first wave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import DataError, offenders
from innospace.core.labels import require_known
from innospace.core.numbers import fixed
from innospace.core.provenance import Source
from innospace.data.dataset import Dataset
from innospace.firms.design import table_of
from innospace.firms.internationalisation.columns import present, with_roles
from innospace.firms.internationalisation.plan import Plan

if TYPE_CHECKING:
    import pandas as pd

CLASSES = ("never", "starter", "quitter", "continuous")


@dataclass(frozen=True, slots=True)
class TwoWaves:
    """A panel made ready for the study.

    Attributes
    ----------
    plan : Plan
        Parts that the table lacks are empty.
    frame : DataFrame
        One row a firm. ``{channel}_class`` and 0/1 columns ``{channel}_starter``, ``_quitter``, ``_continuous``;
        ``{outcome}_before``, ``_after``, ``_start`` (missing where the firm innovated before); ``size`` (log
        employees) and ``productivity`` (log points) of the first wave, ``growth`` of productivity; traits;
        ``location`` classes as 0/1 columns; ``{market}_before``; partners; ``inputs_share`` and its product with
        starting to import machinery; ``{constraint}_after``.
    locations : tuple of str
        0/1 columns of location.
    source : Source
    steps : tuple of str
        What was done to the table, in sentences.
    warnings : tuple of str
        Parts that the table lacks, firms that were left out.
    """

    plan: Plan
    frame: pd.DataFrame
    locations: tuple[str, ...]
    source: Source
    steps: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    def starters(self, channel: str) -> int:
        """Return the number of firms that entered a channel between the waves."""
        return int((self.frame[f"{channel}_class"] == "starter").sum())

    def rows(self, frame: pd.DataFrame) -> Dataset:
        """Return rows of the panel as a dataset with its source."""
        return Dataset(frame.reset_index(drop=True), self.source, self.steps)

    def at_risk(self, outcome: str, frame: pd.DataFrame | None = None) -> Dataset:
        """Return the firms that did not have an outcome in the first wave, of all or of some rows."""
        rows = self.frame if frame is None else frame
        return self.rows(rows[rows[f"{outcome}_start"].notna()])

    @property
    def interaction(self) -> str:
        """Column of the share of imported inputs times starting to import machinery; empty when it has none."""
        name = f"{self.plan.inputs_share}_x_machinery_starter"
        return name if name in self.frame.columns else ""


def two_waves_of(data: Any, plan: Plan) -> TwoWaves:
    """Make a panel ready for the study.

    Parameters
    ----------
    data : Dataset, frame or mapping of arrays
        Wide (one row a firm, columns end in the wave) or long (one row a firm and year).
    plan : Plan

    Raises
    ------
    DataError, LabelError
        Columns that are missing, firms that are there twice, values other than 0 and 1, logs of numbers that are not
        positive; the first firms are named.
    """
    import pandas as pd

    dataset = table_of(data)
    frame = with_roles(dataset.frame, plan)
    plan, absent = present(plan, [str(c) for c in frame.columns])
    wide, steps = _wide(frame, plan)
    read = _Reader(wide, plan)
    out: dict[str, Any] = {"firm": wide[plan.firm].astype(str)}
    if plan.industry:
        out["industry"] = read.labels(plan.industry)
    first, last = plan.waves
    _classes(out, read, plan)
    for name in plan.outcomes:
        before, after = read.binary(name, first), read.binary(name, last)
        out |= {f"{name}_before": before, f"{name}_after": after, f"{name}_start": after.where(before == 0)}
    employees = read.positive(plan.employees, first)
    out["size"] = np.log(employees)
    before = _productivity(read, plan, first, employees)
    out["productivity"] = before
    out["growth"] = _productivity(read, plan, last, read.positive(plan.employees, last)) - before
    out |= {name: read.number(name, first) for name in plan.traits}
    locations = _locations(out, read, plan)
    out |= {f"{name}_before": read.binary(name, first) for name in plan.markets}
    out |= {name: read.binary(name, last) for name in plan.partners}
    out |= {f"{name}_after": read.binary(name, last) for name in plan.constraints}
    if plan.inputs_share and "machinery" in plan.channels:
        out[plan.inputs_share] = read.number(plan.inputs_share, first)
        out[f"{plan.inputs_share}_x_machinery_starter"] = out[plan.inputs_share] * out["machinery_starter"]
    frame = pd.DataFrame(out).reset_index(drop=True)
    needed = frame.drop(columns=[f"{n}_start" for n in plan.outcomes])
    complete = needed.notna().all(axis=1)
    if not complete.any():
        raise DataError(
            "No firm has every column of the study in both waves.",
            where=read.emptiest(),
            remedy="Leave emptier parts out.",
        )
    if not complete.all():
        left = f"{int((~complete).sum())} of {len(frame)} firms have a missing cell and were left out"
        steps += (f"{left}; most often in {read.emptiest()}.",)
    kept = frame[complete].reset_index(drop=True)
    return TwoWaves(plan, kept, locations, dataset.source, (*dataset.steps, *steps), (*absent, *steps))


def _classes(out: dict[str, Any], read: _Reader, plan: Plan) -> None:
    first, last = plan.waves
    for name in plan.channels:
        before, after = read.binary(name, first), read.binary(name, last)
        known = before.notna() & after.notna()
        code = (before.fillna(0) * 2 + after.fillna(0)).astype(int)
        # 0 never, 1 starter, 2 quitter, 3 continuous
        out[f"{name}_class"] = code.map(dict(enumerate(CLASSES))).where(known)
        for label in CLASSES[1:]:
            out[f"{name}_{label}"] = (out[f"{name}_class"] == label).astype(float).where(known)


def _productivity(read: _Reader, plan: Plan, wave: int, employees: Any) -> Any:
    prices = read.positive(plan.price_level, wave) if plan.price_level else 1.0
    return np.log(read.positive(plan.value_added, wave) / prices / employees)


def _locations(out: dict[str, Any], read: _Reader, plan: Plan) -> tuple[str, ...]:
    if not plan.location:
        return ()
    labels = read.labels(plan.location)
    known = list(dict.fromkeys(labels.dropna()))
    require_known([plan.base_location], known, kind="location", where="key 'base_location'")
    found = []
    for label in sorted(known):
        if label != plan.base_location:
            name = label.replace(" ", "_")
            out[name] = (labels == label).astype(float)
            found.append(name)
    return tuple(found)


def _wide(frame: pd.DataFrame, plan: Plan) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return one row a firm; a long panel is unstacked, firms without both waves are left out."""
    columns = [str(c) for c in frame.columns]
    require_known([plan.firm], columns, kind="column", where="firm of the panel")
    if plan.year not in columns:
        _require_unique(frame, [plan.firm])
        return frame, ()
    _require_unique(frame, [plan.firm, plan.year])
    years = sorted({int(y) for y in frame[plan.year].dropna()})
    missing = [w for w in plan.waves if w not in years]
    if missing:
        raise DataError(
            f"The panel has no wave {offenders(missing)}.",
            where=f"column {plan.year!r}",
            allowed=f"years {offenders(years, shown=12)}" + ("; the study needs two waves" if len(years) < 2 else ""),
            remedy="Name the first and the last wave of the study: waves = [FIRST, LAST].",
        )
    parts = [frame[frame[plan.year] == w].drop(columns=plan.year).set_index(plan.firm) for w in plan.waves]
    both = parts[0].add_suffix(f"_{plan.waves[0]}").join(parts[1].add_suffix(f"_{plan.waves[1]}"), how="inner")
    firms = frame[plan.firm].nunique()
    told = f"{firms - len(both)} of {firms} firms are not in both waves and were left out."
    return both.reset_index(), (told,) if len(both) < firms else ()


def _require_unique(frame: pd.DataFrame, keys: list[str]) -> None:
    twice = frame.duplicated(keys, keep=False)
    if twice.any():
        shown = frame.loc[twice, keys].drop_duplicates()
        labels = [", ".join(str(v) for v in row) for row in shown.itertuples(index=False)]
        raise DataError(
            f"{len(shown)} firm{'s are' if len(shown) != 1 else ' is'} in the table more than once"
            + (" in a year." if len(keys) > 1 else "."),
            where=offenders(labels),
            allowed="one row a firm, or one row a firm and year with a column of years",
            remedy="Remove the copies, or name the column of years.",
        )


class _Reader:
    """Columns of a wide panel by part and wave, checked."""

    def __init__(self, frame: pd.DataFrame, plan: Plan) -> None:
        self._frame, self._plan = frame, plan
        self._used: list[str] = []

    def column(self, name: str, wave: int) -> pd.Series:
        """Return ``name_wave``, or ``name`` when the column has no wave; that there is one was seen to before."""
        by_wave = f"{name}_{wave}"
        found = by_wave if by_wave in self._frame.columns else name
        if found not in self._used:
            self._used.append(found)
        return self._frame[found]

    def emptiest(self, shown: int = 3) -> str:
        """Return the columns read that have most missing cells, with their number."""
        gaps = self._frame[self._used].isna().sum().sort_values(ascending=False, kind="stable")
        return ", ".join(
            f"{self._shown(self._frame[name])!r} ({fixed(float(n), 0)})"
            for name, n in gaps[gaps > 0].head(shown).items()
        )

    def _shown(self, column: pd.Series) -> str:
        """Return the name of a column as the table has it."""
        name = str(column.name)
        for role, given in self._plan.names.items():
            if name == role or name in (f"{role}_{w}" for w in self._plan.waves):
                return given + name.removeprefix(role)
        return name

    def labels(self, name: str) -> pd.Series:
        values = self.column(name, self._plan.waves[0])
        return values.astype("string").astype(object).where(values.notna())

    def number(self, name: str, wave: int) -> pd.Series:
        import pandas as pd

        column = self.column(name, wave)
        if column.isna().all():
            raise DataError(
                f"Every cell of {self._shown(column)!r} is missing.", remedy="Check the file, or leave this part empty."
            )
        values = pd.to_numeric(column, errors="coerce").astype(float)
        self._refuse(values.isna() & column.notna(), column, "holds text where numbers are needed", "numbers")
        return values

    def binary(self, name: str, wave: int) -> pd.Series:
        values = self.number(name, wave)
        column = self.column(name, wave)
        self._refuse(values.notna() & ~values.isin((0.0, 1.0)), column, "must hold 0 and 1", "0 and 1")
        return values

    def positive(self, name: str, wave: int) -> pd.Series:
        values = self.number(name, wave)
        column = self.column(name, wave)
        wanted = "positive numbers, or an empty cell"
        self._refuse(values.notna() & ~(values > 0.0), column, "must be positive: its logarithm is taken", wanted)
        return values

    def _refuse(self, bad: pd.Series, column: pd.Series, what: str, allowed: str) -> None:
        if not bad.any():
            return
        firms = self._frame[self._plan.firm]
        shown = [f"firm {firms[i]}: {column[i]}" for i in bad[bad].index[:5]]
        raise DataError(
            f"Column {self._shown(column)!r} {what} ({int(bad.sum())} cell{'s' if bad.sum() != 1 else ''}).",
            where="; ".join(shown),
            allowed=allowed,
            remedy="Mend these cells, or empty them to leave the firms out.",
        )
