"""A result on firms in words, tables and figures. No number is made here that the result does not hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.document import Block, Equation, Heading, Paragraph, Section
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
TREATMENT_EFFECTS = ("att", "atc", "ate", "ato")
NAME_WIDTH = 52
FIGURE_ROWS = 24
"""More effects than this are not drawn together."""
FOLDED_ROWS, LISTED_ROWS = 16, 32
"""Longer tables of estimates, and of other things, are for reference: a page shows them on request."""
KEPT = ("-coefficients", "-tests", "-bias")
"""Ends of names of tables that stand beside the figure of a part of a study."""
TABLE_ROWS = 1000
METHOD = "Method and estimates"
"""Title of what is folded of a part of a study."""
"""Longer tables are left out of ``--json``; they are written as files."""
_CATEGORY = re.compile(r"C\((?P<column>[^)]+)\)\[T\.(?P<level>.+)\]")
_INTERVAL = "95\u202f% interval"


def label(name: str, labels: Mapping[str, str] | None = None) -> str:
    """Return the name of a coefficient as a reader sees it: ``C(size)[T.small]`` as ``size: small``.

    ``labels`` gives columns in words, also within interactions and combinations.
    """
    if name == "Intercept":
        return "Constant"
    text = _CATEGORY.sub(r"\g<column>: \g<level>", name).replace("`", "")
    return (in_words(text, labels) if labels else text).replace("_", " ")


def in_words(text: str, labels: Mapping[str, str]) -> str:
    """Return a text in which columns stand by their labels; ``a:b`` and ``a+b`` of two labels are set apart."""
    pairs, names = _patterns(tuple(labels))
    return names.sub(lambda m: labels[m[0]], pairs.sub(_apart, text))


@lru_cache(maxsize=64)
def _patterns(columns: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what finds two columns joined by a sign, and what finds one."""
    names = "|".join(re.escape(n) for n in sorted(columns, key=len, reverse=True))
    pairs = re.compile(rf"(?<!\w)(?P<a>{names})(?P<sign>[:+])(?=(?:{names})(?!\w))")
    return pairs, re.compile(rf"(?<!\w)(?:{names})(?!\w)")


def _apart(match: re.Match[str]) -> str:
    return f"{match['a']} {'×' if match['sign'] == ':' else '+'} "


def words(kind: str) -> str:
    """Return the kind of an effect as a reader sees it."""
    text = kind.replace("_", " ")
    return "ATT(g, t)" if text == "att gt" else text.upper() if text in TREATMENT_EFFECTS else text


def p_clause(p: float) -> str:
    """Return ``p = 0.433`` or ``p < 0.001``, never broken over lines."""
    shown = p_value(p)
    return f"p\u00a0{shown}" if shown.startswith("<") else f"p\u00a0=\u00a0{shown}"


def estimate_clause(row: Any, digits: int = 3) -> str:
    """Return ``0.123 (95 % interval 0.011 to 0.235, p = 0.031)`` of a row with estimate, lower, upper, p_value."""
    interval = f"{fixed(row['lower'], digits)} to {fixed(row['upper'], digits)}"
    return f"{fixed(row['estimate'], digits)} (95\u202f% interval {interval}, {p_clause(row['p_value'])})"


def points_clause(row: Any) -> str:
    """Return ``is higher by 9.2 percentage points (95 % interval 4.4 to 14.0, p < 0.001)`` of a probability.

    A difference whose interval holds zero ``does not clearly differ``, and is told with its size all the same.
    """
    low, high = (fixed(100.0 * row[k], 1) for k in ("lower", "upper"))
    told = f"(95\u202f% interval {low} to {high}, {p_clause(row['p_value'])})"
    if row["lower"] <= 0.0 <= row["upper"]:
        return f"does not clearly differ: {fixed(100.0 * row['estimate'], 1)} percentage points {told}"
    side = "higher" if row["estimate"] > 0 else "lower"
    return f"is {side} by {fixed(100.0 * abs(row['estimate']), 1)} percentage points {told}"


def points(row: Any) -> str:
    """Return ``9.8 percentage points (95 % interval 3.9 to 15.7, p = 0.001)`` of an effect on a probability."""
    size, low, high = (fixed(100.0 * row[k], 1) for k in ("estimate", "lower", "upper"))
    return f"{size} percentage points (95\u202f% interval {low} to {high}, {p_clause(row['p_value'])})"


def summary(result: FirmResult) -> str:
    """Return a text summary, at most 100 columns wide."""
    r = result
    head = f"Rows: {r.n}"
    head += f"   Log-likelihood: {r.log_likelihood:.6f}" if np.isfinite(r.log_likelihood) else ""
    lines = [r.title[:100], f"{head}   Status: {r.status.code}"]
    if r.parts:
        many = f"{len(r.estimates.names)} coefficients of the joint equations and {len(r.parts)} analyses"
        lines += [f"{many}: with --json or in the report."]
    else:
        both = [_coefficient_lines(r), _effect_lines(r)]
        # coefficients of a propensity model are a means to the effect
        lines += [line for part in (both[::-1] if _of_treatment(r) else both) for line in part]
    if r.numbers:
        lines += ["", *_wrapped([f"{k} {_number(v)}" for k, v in r.numbers.items()])]
    lines += [f"Check failed: {c.name} = {c.value:.3g} (tolerance {c.tolerance:.3g})" for c in r.checks if not c.ok]
    return "\n".join(lines)


def _of_treatment(result: FirmResult) -> bool:
    return result.effects_found.kinds[:1] != () and result.effects_found.kinds[0] in TREATMENT_EFFECTS


def _coefficient_lines(result: FirmResult) -> list[str]:
    if not result.estimates.names:
        return []
    whose = "Propensity model, standard errors" if _of_treatment(result) else "Standard errors"
    head = f"{whose}: {COVARIANCE_LABELS.get(result.kind, result.kind)}"
    return [*([""] if _of_treatment(result) else []), head, "", *_lines(result.coefficients(), "")]


def _effect_lines(result: FirmResult) -> list[str]:
    lines = []
    frame = result.effects()
    for kind in dict.fromkeys(frame["kind"]):
        lines += ["", *_lines(frame[frame["kind"] == kind].set_index("name"), words(kind))]
    return lines


def _lines(frame: pd.DataFrame, heading: str) -> list[str]:
    width = min(max((len(str(n)) for n in (heading, *frame.index)), default=0) + 1, NAME_WIDTH)
    width = max(width, 36)
    lines = [f"{_cut(heading, width)}{'estimate':>14}{'std. error':>14}{'z':>10}{'p':>10}"]
    for name, row in frame.iterrows():
        cells = [_cell(row[c], w, d) for c, w, d in (("estimate", 14, 6), ("std_error", 14, 6), ("z", 10, 3))]
        lines.append(f"{_cut(str(name), width)}{''.join(cells)}{_cell(row['p_value'], 10, 4)}")
    return lines


def _cut(name: str, width: int) -> str:
    """Return a name in a column of that width; of a long one the end, which tells it apart."""
    return f"{name:<{width}}" if len(name) < width else f"{name[:8]}…{name[-(width - 10) :]} "


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
    frame["name"] = [label(str(n), result.labels) for n in frame["name"]]
    notes = [f"{fixed(result.n, 0)} observations. Standard errors: {COVARIANCE_LABELS.get(result.kind, result.kind)}."]
    if np.isfinite(result.log_likelihood):
        notes.append(f"Log-likelihood {fixed(result.log_likelihood, 3)}.")
    columns = (Column("name", "Coefficient"), *_NUMBER_COLUMNS)
    return Table(f"{result.method}-coefficients", f"Estimates: {result.title}", frame, columns, tuple(notes))


def effects_table(result: FirmResult) -> Table:
    """Return the effects with standard errors, p and intervals."""
    frame = result.effects()
    frame["kind"] = [label(words(k), result.labels) for k in frame["kind"]]
    frame["name"] = [label(str(n), result.labels) for n in frame["name"]]
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
    names = [label(str(n), result.labels) for n in frame["name"]]
    kinds = [label(words(k), result.labels) for k in frame["kind"]]
    frame = frame.assign(name=names, kind=kinds)[np.isfinite(frame["estimate"])]
    if frame.empty:
        raise SpecError(f"There are no {name} to draw.", where=result.title)
    encoding = {"term": "name", "estimate": "estimate", "lower": "lower", "upper": "upper", "value_title": what}
    if frame["kind"].nunique() > 1:
        encoding["model"] = "kind"
    source = "; ".join(s.name for s in result.provenance.sources) or "arrays"
    return Figure(
        f"{result.method}-{name}",
        FigureKind.COEFFICIENTS,
        _largest(frame, name),
        f"{result.title}: {what[0].lower()}{what[1:]} with 95\u202f% intervals, {fixed(result.n, 0)} observations",
        f"Source: {source}; estimated. Standard errors: {errors or COVARIANCE_LABELS.get(result.kind, result.kind)}.",
        f"{what}: " + ", ".join(f"{r['name']} {r['estimate']:.3f}" for _, r in frame.iterrows()),
        frame[["kind", "name", "estimate", "lower", "upper"]].reset_index(drop=True),
        encoding,
    )


def _largest(frame: pd.DataFrame, name: str) -> str:
    """Return what a figure of estimates shows: the one clearest of zero, or that none is."""
    clear = frame[(frame["lower"] > 0) | (frame["upper"] < 0)]
    if clear.empty:
        one = len(frame) == 1
        return (
            f"{frame['name'].iloc[0]} is not clear of zero" if one else f"None of {len(frame)} {name} is clear of zero"
        )
    sharpness = (clear["estimate"].abs() / (clear["upper"] - clear["lower"])).to_numpy(dtype=np.float64)
    first = clear.iloc[int(np.argmax(sharpness))]
    kind = f" ({first['kind']})" if frame["kind"].nunique() > 1 else ""
    size = f"{first['name']}{kind} {significant(first['estimate'], 3)}"
    if len(frame) == 1:
        return f"{size}, clear of zero"
    return f"{size} is clearest of zero; {len(clear)} of {len(frame)} {name} are clear of it"


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
    first, remarks = _leading(blocks(result)), _remarks(result, (*result.steps, *result.warnings))
    shown = [*remarks, *_in_sight(first, words=True)] if result.chapters else [*first, *remarks]
    found = [Section(result.method, result.title, tuple(shown))]
    observed = next((p for p in result.parts.values() if p.figures and _observed(p)), None)
    shared: list[Block] = []
    for chapter, names in result.chapters.items():
        parts = [result.parts[n] for n in names if n in result.parts]
        inside: list[Block] = []
        for part in parts:
            inside += [Heading(part.title)] if len(parts) > 1 else []
            # what several parts share is said once
            own = [b for b in _compact(part) if not (isinstance(b, Equation | Paragraph) and b in shared)]
            shared += [b for b in own if isinstance(b, Equation | Paragraph)]
            own = _leading(own, tables=0) if part is observed else own
            told = [Paragraph(text) for text in part.findings()]
            own = [*_remarks(part, part.steps), *own]
            inside += [*told, *_remarks(part, part.warnings)]
            inside += _in_sight(own, figures=part is parts[0] or part is observed)
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


def _in_sight(found: list[Block], *, figures: bool = True, words: bool = False) -> list[Block]:
    """Fold blocks of a part of a study: in sight stay words, when wanted, and what tells most.

    That is the first figure, which needs ``figures``, and the first table that leads or that no figure speaks for.
    """
    drawn = [b for b in found if isinstance(b, Figure)]
    tables = [b for b in found if isinstance(b, Table) and (b.lead or not (drawn or b.folded))]
    telling = {id(b) for b in (*(drawn[:1] if figures else []), *tables[:1])}
    telling |= {id(b) for b in found if words and isinstance(b, Paragraph)}
    rest = [b for b in found if id(b) not in telling]
    head: list[Block] = [Heading(METHOD, folded=True)] if rest else []
    return [*(b for b in found if id(b) in telling), *head, *rest]


def _compact(result: FirmResult) -> list[Block]:
    """Return the blocks of a part of a study: tables behind a figure are for reference, tests are not."""
    found = blocks(result)
    if not any(isinstance(b, Figure) for b in found):
        return found
    own = {t.name for t in result.tables}
    return [
        replace(b, folded=True) if isinstance(b, Table) and not (b.name in own and b.name.endswith(KEPT)) else b
        for b in found
    ]


def _folded(table: Table, rows: int) -> Table:
    return replace(table, folded=True) if len(table.display()) > rows else table


def _remarks(result: FirmResult, texts: Sequence[str]) -> list[Block]:
    """Return those of steps or warnings that the description and the findings do not tell already."""
    told = " ".join((result.description, *result.findings()))
    return [Paragraph(text) for text in dict.fromkeys(texts) if text not in told]


_SLUG = re.compile(r"[^a-z0-9]+")
