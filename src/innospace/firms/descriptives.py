"""Firms by status class: counts, means, medians, shares, and tests against firms that never trade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.checks import Check
from innospace.core.errors import DataError
from innospace.core.labels import require_known
from innospace.core.numbers import fixed, percent, significant
from innospace.core.provenance import Provenance
from innospace.core.table import Column, Table
from innospace.data.panels import CLASSES, MIN_FIRMS, FirmPanel, StatusClasses, status_classes
from innospace.firms.estimates import Array, Effects
from innospace.firms.firm_years import columns_of, firm_years, values_of
from innospace.firms.presentation import label, p_clause
from innospace.firms.result import FirmResult
from innospace.numerics.tails import chi2_sf

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of one group less that of another.

    Attributes
    ----------
    value, std_error : float
        Welch's error, samples of their own variance.
    p_value : float
    test : str
        ``welch``, ``chi-square`` (shares, all expected cells 5 or more) or ``fisher``.
    """

    value: float
    std_error: float
    p_value: float
    test: str


def difference(group: Array, base: Array) -> Difference:
    """Compare the means of two samples, shapes (n1,) and (n0,); shares where all values are 0 and 1.

    A sample of fewer than two values gives NaN for the error and the test.
    """
    from scipy import stats

    value = float(group.mean() - base.mean()) if len(group) and len(base) else float("nan")
    if min(len(group), len(base)) < 2:
        return Difference(value, float("nan"), float("nan"), "")
    error = float(np.sqrt(group.var(ddof=1) / len(group) + base.var(ddof=1) / len(base)))
    if not _is_share(np.concatenate((group, base))):
        if error == 0.0:
            return Difference(value, float("nan"), float("nan"), "")
        return Difference(value, error, float(stats.ttest_ind(group, base, equal_var=False).pvalue), "welch")
    counts = np.array([[v.sum(), len(v) - v.sum()] for v in (group, base)])
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    if expected.min() >= 5.0:
        p = float(chi2_sf(np.sum(np.square(counts - expected) / expected), 1))
        return Difference(value, error, p, "chi-square")
    return Difference(value, error or float("nan"), float(stats.fisher_exact(counts).pvalue), "fisher")


def _is_share(values: Array) -> bool:
    return bool(((values == 0.0) | (values == 1.0)).all())


def descriptives(
    data: Any,
    columns: Sequence[str] | str,
    channel: Sequence[str] | str,
    *,
    firm: str = "firm",
    year: str = "year",
    at: int | None = None,
    first: int | None = None,
    last: int | None = None,
    gaps: str = "missing",
    reference: str = "never",
    min_firms: int = MIN_FIRMS,
    where: Sequence[str] = (),
    table: str | None = None,
    title: str = "",
) -> FirmResult:
    """Describe columns by status class, and test each class against a reference class.

    Parameters
    ----------
    data : FirmPanel, Dataset, frame, mapping of arrays, or path
    columns : sequence of str
        Number columns or expressions; columns of 0 and 1 are read as shares.
    channel : str or sequence of str
        0/1 columns; the first makes the classes of the table, all are counted. Any 0/1 column is a channel:
        continuous R&D spenders are ``channel="rd"``.
    firm, year : str
    at : int, optional
        Wave in which the columns are measured; the first compared when not given.
    first, last : int, optional
    gaps : str
        ``missing`` or ``ignore``: what an unobserved wave in between does to a class.
    reference : str
        Class that the others are tested against.
    min_firms : int
        Classes with fewer firms are flagged, and not headlined.
    where : sequence of str
        Conditions on rows.
    table : str, optional
        Of a DuckDB file.
    title : str, optional

    Returns
    -------
    FirmResult
        Effects of kind ``difference_from_{reference}``, named ``{column} {class}``, and ``mean`` with the same
        names. Tables ``descriptives`` and ``classes`` (firms per class and channel). Numbers
        ``firms_{channel}_{class}``.

    Raises
    ------
    LabelError, FormulaError, DataError
        One wave, text columns, no firm in the reference class.

    Notes
    -----
    p-values of the table: Welch's t test for means; Pearson's chi-square without correction for shares, Fisher's
    exact test where an expected cell is below 5. Intervals of effects are normal, with Welch's error.
    """
    require_known([reference], CLASSES, kind="status class")
    channels = [channel] if isinstance(channel, str) else list(dict.fromkeys(channel))
    names = [columns] if isinstance(columns, str) else list(dict.fromkeys(columns))
    panel = firm_years(data, [*columns_of(names), *channels], firm, year, where, table)
    classes = {c: status_classes(panel, c, first, last, gaps) for c in channels}
    main = classes[channels[0]]
    wave = main.first if at is None else int(at)
    require_known([str(wave)], [str(w) for w in panel.waves], kind="wave", where="at")
    if main.count(reference) == 0:
        raise DataError(
            f"No firm is {reference} on {main.channel!r}, so there is nothing to compare with.",
            where=", ".join(f"{c} {main.count(c)}" for c in CLASSES),
            remedy="Choose another reference class.",
        )
    frame = _table(panel, names, main, wave, reference)
    effects = _effects(frame, reference)
    options = {"columns": names, "channel": channels, "at": wave, "first": first, "last": last, "gaps": gaps}
    numbers = {f"firms_{c}_{k}": float(m.count(k)) for c, m in classes.items() for k in CLASSES}
    return FirmResult(
        method="descriptives",
        title=title or f"Firms by class of {label(main.channel)}, {wave}",
        description=f"Firms by what they did on {label(main.channel)} between {main.first} and {main.last}, described "
        f"in {wave}. Each class is tested against firms of the class {reference}.",
        n=int((main.codes >= 0).sum()),
        provenance=Provenance.now((panel.dataset.source,), options | {"reference": reference, "where": list(where)}),
        effects_found=effects,
        numbers=numbers,
        tables=(_shown(frame, main, wave, reference, min_firms), _class_table(classes, min_firms)),
        checks=_enough(main, min_firms),
        warnings=_cautions(classes, min_firms),
        steps=panel.dataset.steps,
        sentences=_sentences(frame, main, wave, reference, min_firms),
    )


def _table(panel: FirmPanel, names: list[str], main: StatusClasses, wave: int, reference: str) -> pd.DataFrame:
    import pandas as pd

    at = panel.frame[panel.year].to_numpy() == wave
    code = main.codes[main.rows]
    rows = []
    for name in names:
        values = values_of(panel, name)
        known = at & ~np.isnan(values)
        if not known.any():
            raise DataError(f"Every cell of {name!r} is missing in {wave}.", remedy="Measure it in another wave: at=.")
        share = _is_share(values[known])
        samples = {c: values[known & (code == i)] for i, c in enumerate(CLASSES) if main.count(c) > 0}
        for c, sample in samples.items():
            row: dict[str, Any] = {"column": name, "class": c, "firms": len(sample), "share": share}
            filled = len(sample) > 0
            row |= {"mean": float(sample.mean()) if filled else np.nan}
            row |= {"median": float(np.median(sample)) if filled else np.nan}
            row |= {"sd": float(sample.std(ddof=1)) if len(sample) > 1 else np.nan}
            d = difference(sample, samples[reference]) if c != reference else Difference(np.nan, np.nan, np.nan, "")
            row |= {"difference": d.value, "std_error": d.std_error, "p_value": d.p_value, "test": d.test}
            rows.append(row)
    return pd.DataFrame(rows)


def _effects(frame: pd.DataFrame, reference: str) -> Effects:
    labels = [f"{c} {k}" for c, k in zip(frame["column"], frame["class"], strict=True)]
    other = (frame["class"] != reference).to_numpy()
    compared = [n for n, o in zip(labels, other, strict=True) if o]
    mean_errors = (frame["sd"] / np.sqrt(frame["firms"].clip(lower=1))).to_numpy(dtype=np.float64)
    return Effects(
        (*compared, *labels),
        np.concatenate((frame["difference"].to_numpy()[other], frame["mean"].to_numpy())),
        (*((f"difference_from_{reference}",) * len(compared)), *(("mean",) * len(labels))),
        std_errors=np.concatenate((frame["std_error"].to_numpy()[other], mean_errors)),
        unit="units of the columns",
    )


def _shown(frame: pd.DataFrame, main: StatusClasses, wave: int, reference: str, min_firms: int) -> Table:
    frame = frame.assign(enough=["yes" if main.count(c) >= min_firms else "too few" for c in frame["class"]])
    columns = (
        Column("column", "Column"),
        Column("class", "Class"),
        Column("firms", "Firms", "integer"),
        Column("mean", "Mean or share", "significant:3"),
        Column("median", "Median", "significant:3"),
        Column("difference", f"Less {reference}", "significant:3"),
        Column("std_error", "Std. error", "significant:3"),
        Column("p_value", "p", "p"),
        Column("test", "Test"),
        Column("enough", "Enough for a finding"),
    )
    notes = (
        f"Classes of {main.channel} from {main.first} to {main.last}; columns of {wave}.",
        "Means by Welch's test; shares by chi-square, or Fisher's exact test where an expected cell is below 5.",
    )
    return Table("descriptives", f"Firms by class of {label(main.channel)}", frame, columns, notes)


def _class_table(classes: dict[str, StatusClasses], min_firms: int) -> Table:
    import pandas as pd

    rows = [
        {"channel": c, **{k: m.count(k) for k in CLASSES}, "missing": m.missing}
        | {"starters": "enough" if m.count("starter") >= min_firms else "too few"}
        for c, m in classes.items()
    ]
    columns = [Column("channel", "Channel"), *(Column(k, k.capitalize(), "integer") for k in CLASSES)]
    columns += [Column("missing", "Class open", "integer"), Column("starters", "Starters for a finding")]
    notes = (f"Firms. Enough: {min_firms} starters or more. Class open: a wave is missing.",)
    return Table("classes", "Firms per class and channel", pd.DataFrame(rows), tuple(columns), notes)


def _enough(main: StatusClasses, min_firms: int) -> tuple[Check, ...]:
    meaning = "Firms of the class; with too few the number is shown and nothing is headlined."
    remedy = "State the count; merge classes or channels, or compare waves further apart."
    shown = [c for c in CLASSES[:4] if main.count(c) > 0 or c == "starter"]
    return tuple(Check.at_least(f"firms_{c}", float(main.count(c)), float(min_firms), meaning, remedy) for c in shown)


def _cautions(classes: dict[str, StatusClasses], min_firms: int) -> tuple[str, ...]:
    said = []
    for c, m in classes.items():
        if m.missing:
            said.append(f"{m.missing} of {len(m.codes)} firms have no class on {c!r}: a wave is missing.")
        if m.count("starter") < min_firms:
            said.append(f"{m.count('starter')} firms start {c}: too few for a finding (fewer than {min_firms}).")
    return tuple(said)


def _sentences(frame: pd.DataFrame, main: StatusClasses, wave: int, reference: str, min_firms: int) -> tuple[str, ...]:
    starters = main.count("starter")
    few = " (too few for a finding)" if starters < min_firms else ""
    counts = ", ".join(f"{fixed(main.count(c), 0)} {c}" for c in CLASSES if main.count(c))
    found = [
        f"{fixed(starters, 0)} firms start {label(main.channel)} between {main.first} and {main.last}{few}: {counts}."
    ]
    base = frame[frame["class"] == reference].set_index("column")["mean"]
    enough = [main.count(c) >= min_firms and main.count(reference) >= min_firms for c in frame["class"]]
    clear = frame[(frame["p_value"] < 0.05) & np.array(enough)].sort_values("p_value")
    for _, r in clear.head(4).iterrows():
        mean, other = float(r["mean"]), float(base[r["column"]])
        name = label(str(r["column"]))
        head = f"{name[:1].upper()}{name[1:]} in {wave}"
        tail = f"({p_clause(r['p_value'])})."
        if r["share"]:
            found.append(f"{head}: {percent(mean)} of {r['class']} firms, {percent(other)} of {reference} {tail}")
        else:
            means = f"mean {significant(mean)} among {r['class']} firms, {significant(other)} among {reference}"
            found.append(f"{head}: {means} {tail}")
    return tuple(found)
