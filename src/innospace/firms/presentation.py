"""A result on firms in words, tables and figures. No number is made here that the result does not hold."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.document import Block, Heading, Paragraph, Section
from innospace.core.errors import SpecError
from innospace.core.figure import Figure, FigureKind
from innospace.core.labels import require_known
from innospace.core.numbers import fixed, p_value, significant
from innospace.core.provenance import Nature
from innospace.core.table import Column, Table

if TYPE_CHECKING:
    import pandas as pd

    from innospace.firms.result import FirmResult

COVARIANCE_LABELS = {
    "hessian": "observed information (Hessian)",
    "opg": "outer product of scores",
    "robust": "robust (sandwich)",
    "cluster": "clustered",
    "bootstrap": "bootstrap",
    "analytic": "analytic",
}
FIGURE_ROWS = 24
"""More effects than this are not drawn together."""
FOLDED_ROWS, LISTED_ROWS = 16, 32
"""Longer tables of estimates, and of other things, are for reference: a page shows them on request."""
TABLE_ROWS = 1000
"""Longer tables are left out of ``--json``; they are written as files."""
_CATEGORY = re.compile(r"C\((?P<column>[^)]+)\)\[T\.(?P<level>.+)\]")
_INTERVAL = "95\u202f% interval"


def label(name: str) -> str:
    """Return the name of a coefficient as a reader sees it: ``C(size)[T.small]`` as ``size: small``."""
    if name == "Intercept":
        return "Constant"
    return _CATEGORY.sub(r"\g<column>: \g<level>", name).replace("`", "").replace("_", " ")


def words(kind: str) -> str:
    """Return the kind of an effect as a reader sees it."""
    text = kind.replace("_", " ")
    return text.upper() if text in ("att", "ate", "atu") else text


def p_clause(p: float) -> str:
    """Return ``p = 0.433`` or ``p < 0.001``, never broken over lines."""
    shown = p_value(p)
    return f"p\u00a0{shown}" if shown.startswith("<") else f"p\u00a0=\u00a0{shown}"


def estimate_clause(row: Any, digits: int = 3) -> str:
    """Return ``0.123 (95 % interval 0.011 to 0.235, p = 0.031)`` of a row with estimate, lower, upper, p_value."""
    interval = f"{fixed(row['lower'], digits)} to {fixed(row['upper'], digits)}"
    return f"{fixed(row['estimate'], digits)} (95\u202f% interval {interval}, {p_clause(row['p_value'])})"


def points_clause(row: Any) -> str:
    """Return ``rises by 9.2 percentage points (95 % interval 4.4 to 14.0, p < 0.001)`` of an effect on a probability.

    An effect whose interval holds zero ``does not clearly change``, and is told with its size all the same.
    """
    low, high = (fixed(100.0 * row[k], 1) for k in ("lower", "upper"))
    told = f"(95\u202f% interval {low} to {high}, {p_clause(row['p_value'])})"
    if row["lower"] <= 0.0 <= row["upper"]:
        return f"does not clearly change: {fixed(100.0 * row['estimate'], 1)} percentage points {told}"
    verb = "rises" if row["estimate"] > 0 else "falls"
    return f"{verb} by {fixed(100.0 * abs(row['estimate']), 1)} percentage points {told}"


def summary(result: FirmResult) -> str:
    """Return a text summary, at most 100 columns wide."""
    r = result
    head = f"Rows: {r.n}"
    head += f"   Log-likelihood: {r.log_likelihood:.6f}" if np.isfinite(r.log_likelihood) else ""
    lines = [r.title[:100], f"{head}   Status: {r.status.code}"]
    if r.estimates.names:
        lines += [f"Standard errors: {COVARIANCE_LABELS.get(r.kind, r.kind)}", "", *_lines(r.coefficients(), "")]
    if r.effects_found.names:
        frame = r.effects()
        for kind in dict.fromkeys(frame["kind"]):
            lines += ["", *_lines(frame[frame["kind"] == kind].set_index("name"), words(kind))]
    if r.numbers:
        lines += ["", *_wrapped([f"{k} {_number(v)}" for k, v in r.numbers.items()])]
    lines += [f"Check failed: {c.name} = {c.value:.3g} (tolerance {c.tolerance:.3g})" for c in r.checks if not c.ok]
    return "\n".join(lines)


def _lines(frame: pd.DataFrame, heading: str) -> list[str]:
    lines = [f"{heading[:36]:<36}{'estimate':>14}{'std. error':>14}{'z':>10}{'p':>10}"]
    for name, row in frame.iterrows():
        cells = [_cell(row[c], w, d) for c, w, d in (("estimate", 14, 6), ("std_error", 14, 6), ("z", 10, 3))]
        lines.append(f"{str(name)[:36]:<36}{''.join(cells)}{_cell(row['p_value'], 10, 4)}")
    return lines


def _cell(value: float, width: int, decimals: int) -> str:
    return f"{value:>{width}.{decimals}f}" if np.isfinite(value) else f"{'-':>{width}}"


def _number(value: float) -> str:
    return fixed(value, 0) if float(value).is_integer() else significant(value, 6)


def _wrapped(parts: list[str]) -> list[str]:
    lines = [""]
    for part in parts:
        longer = f"{lines[-1]}   {part}".strip()
        lines = [*lines, part] if len(longer) > 100 else [*lines[:-1], longer]
    return lines


_NUMBER_COLUMNS = (
    Column("estimate", "Estimate", "fixed:4"),
    Column("std_error", "Std. error", "fixed:4"),
    Column("p_value", "p", "p"),
    Column("lower", "from", "fixed:4", _INTERVAL),
    Column("upper", "to", "fixed:4", _INTERVAL),
)


def coefficient_table(result: FirmResult) -> Table:
    """Return the coefficients with standard errors, p and intervals."""
    frame = result.coefficients().reset_index()
    frame["name"] = [label(str(n)) for n in frame["name"]]
    notes = [f"{fixed(result.n, 0)} observations. Standard errors: {COVARIANCE_LABELS.get(result.kind, result.kind)}."]
    if np.isfinite(result.log_likelihood):
        notes.append(f"Log-likelihood {fixed(result.log_likelihood, 3)}.")
    columns = (Column("name", "Coefficient"), *_NUMBER_COLUMNS)
    return Table(f"{result.method}-coefficients", f"Estimates: {result.title}", frame, columns, tuple(notes))


def effects_table(result: FirmResult) -> Table:
    """Return the effects with standard errors, p and intervals."""
    frame = result.effects()
    frame["kind"] = [words(k) for k in frame["kind"]]
    frame["name"] = [label(str(n)) for n in frame["name"]]
    several = frame["kind"].nunique() > 1
    head = (Column("kind", "Effect"), Column("name", "Of")) if several else (Column("name", "Effect"),)
    unit = result.effects_found.unit
    notes = [f"In {unit}."] if unit else []
    notes += [f"Standard errors: {result.effects_found.errors}."] if result.effects_found.errors else []
    notes += [] if several or frame.empty else [f"{frame['kind'].iloc[0]}.".capitalize()]
    return Table(f"{result.method}-effects", f"Effects: {result.title}", frame, (*head, *_NUMBER_COLUMNS), tuple(notes))


def effects_dict(result: FirmResult) -> dict[str, Any]:
    """Return effects by kind and name."""
    found: dict[str, Any] = {}
    for _, row in result.effects().iterrows():
        found.setdefault(str(row["kind"]), {})[str(row["name"])] = {c: row[c] for c in _SHOWN}
    return found


_SHOWN = ("estimate", "std_error", "z", "p_value", "lower", "upper")


def tables_dict(result: FirmResult) -> dict[str, Any]:
    """Return the further tables as records."""
    return {t.name: t.frame.to_dict("records") for t in result.tables if len(t.frame) <= TABLE_ROWS}


class Plots:
    """Figures of a result."""

    def __init__(self, result: FirmResult) -> None:
        self._result = result

    def __call__(self, name: str) -> Figure:
        """Return a figure that the method made, by name."""
        own = {g.name: g for g in self._result.figures}
        require_known([name], list(own), kind="figure", where=self._result.title)
        return own[name]

    def coefficients(self) -> Figure:
        """Return coefficients with intervals, the constant left out."""
        r = self._result
        frame = r.coefficients().drop(index="Intercept", errors="ignore").reset_index()
        return _dots(r, frame.assign(kind=""), "coefficients", "Coefficients")

    def effects(self) -> Figure:
        """Return effects with intervals."""
        r = self._result
        unit = f", {r.effects_found.unit}" if r.effects_found.unit else ""
        return _dots(r, r.effects(), "effects", f"Effects{unit}", r.effects_found.errors)


def _dots(result: FirmResult, frame: pd.DataFrame, name: str, what: str, errors: str = "") -> Figure:
    frame = frame[np.isfinite(frame["estimate"])].assign(name=[label(str(n)) for n in frame["name"]])
    if frame.empty:
        raise SpecError(f"There are no {name} to draw.", where=result.title)
    clear = int(((frame["lower"] > 0) | (frame["upper"] < 0)).sum())
    encoding = {"term": "name", "estimate": "estimate", "lower": "lower", "upper": "upper", "value_title": what}
    if frame["kind"].nunique() > 1:
        frame = frame.assign(kind=[words(k) for k in frame["kind"]])
        encoding["model"] = "kind"
    source = "; ".join(s.name for s in result.provenance.sources) or "arrays"
    return Figure(
        f"{result.method}-{name}",
        FigureKind.COEFFICIENTS,
        f"{clear} of {len(frame)} differ{'s' if clear == 1 else ''} from zero at the 5\u202f% level",
        f"{result.title}: {what[0].lower()}{what[1:]} with 95\u202f% intervals, {fixed(result.n, 0)} observations",
        f"Source: {source}; estimated. Standard errors: {errors or COVARIANCE_LABELS.get(result.kind, result.kind)}.",
        f"{what}: " + ", ".join(f"{r['name']} {r['estimate']:.3f}" for _, r in frame.iterrows()),
        frame[["kind", "name", "estimate", "lower", "upper"]].reset_index(drop=True),
        encoding,
    )


def findings(result: FirmResult) -> tuple[str, ...]:
    """Return the effects, or coefficients, that differ from zero, in sentences; or that none does."""
    has_effects = bool(result.effects_found.names)
    frame = result.effects() if has_effects else result.coefficients().drop(index="Intercept", errors="ignore")
    frame = frame.reset_index(drop=has_effects)
    clear = frame[(frame["lower"] > 0) | (frame["upper"] < 0)]
    if clear.empty:
        return (
            f"{result.title}: nothing differs from zero at the 5\u202f% level ({fixed(result.n, 0)} observations).",
        )
    told = [f"{label(str(r['name']))} {estimate_clause(r)}" for _, r in clear.head(3).iterrows()]
    rest = len(clear) - len(told)
    more = f"; {rest} more differ from zero" if rest > 0 else ""
    return (f"{result.title}: {'; '.join(told)}{more} ({fixed(result.n, 0)} observations).",)


def sections(result: FirmResult) -> tuple[Section, ...]:
    """Return the part of a report: model, figures, estimates, tables; then the chapters of a study.

    A brief report shows the first figure and the first table, and of a study also the first figure on observed firms.
    """
    found = [Section(result.method, result.title, (*_leading(blocks(result)), *_remarks(result)))]
    observed = next((p for p in result.parts.values() if p.figures and _observed(p)), None)
    for chapter, names in result.chapters.items():
        parts = [result.parts[n] for n in names if n in result.parts]
        inside: list[Block] = []
        for part in parts:
            inside += [Heading(part.title)] if len(parts) > 1 else []
            own = _leading(blocks(part), tables=0) if part is observed else blocks(part)
            inside += [*(Paragraph(text) for text in part.findings()), *own, *_remarks(part)]
        if inside:
            found.append(Section(_SLUG.sub("-", chapter.lower()).strip("-"), chapter, tuple(inside)))
    return tuple(found)


def blocks(result: FirmResult) -> list[Block]:
    """Return figures and tables of one result, its description and equations first.

    A method that has a table ``...-coefficients`` or figures of its own shows them in place of the plain ones; long
    tables are folded.
    """
    r = result
    own_table = any(t.name.endswith("-coefficients") for t in r.tables)
    found: list[Block] = [Paragraph(r.description), *r.equations, *r.figures]
    if np.isfinite(r.effects_found.values).any():
        short = len(r.effects_found.names) <= FIGURE_ROWS
        found += [r.plot.effects()] if short and not r.figures else []
        found.append(_folded(r.table("effects"), FOLDED_ROWS))
    if r.estimates.names and not own_table:
        found.append(_folded(r.table("coefficients"), FOLDED_ROWS))
    longest = {t.name: FOLDED_ROWS if t.name.endswith("-coefficients") else LISTED_ROWS for t in r.tables}
    return [*found, *(_folded(t, longest[t.name]) for t in r.tables)]


def _observed(result: FirmResult) -> bool:
    sources = result.provenance.sources
    return bool(sources) and all(s.nature is Nature.OBSERVED for s in sources)


def _leading(found: list[Block], tables: int = 1) -> list[Block]:
    """Mark the first figure and, when ``tables`` is 1, the first table that is not folded."""
    figures = [i for i, b in enumerate(found) if isinstance(b, Figure)][:1]
    chosen = figures + [i for i, b in enumerate(found) if isinstance(b, Table) and not b.folded][:tables]
    return [replace(b, lead=i in chosen) if isinstance(b, Figure | Table) else b for i, b in enumerate(found)]


def _folded(table: Table, rows: int) -> Table:
    return replace(table, folded=True) if len(table.display()) > rows else table


def _remarks(result: FirmResult) -> list[Block]:
    return [Paragraph(text) for text in (*result.steps, *result.warnings)]


_SLUG = re.compile(r"[^a-z0-9]+")
