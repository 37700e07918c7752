"""Several results as one table and one figure: the same terms, a column or a colour each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed
from innospace.core.table import Column, Table
from innospace.firms.presentation import COVARIANCE_LABELS, label

if TYPE_CHECKING:
    import pandas as pd

    from innospace.firms.result import FirmResult


def stacked_frame(results: Mapping[str, FirmResult], kind: str = "") -> pd.DataFrame:
    """Return effects of one kind, or coefficients, of several results: columns ``model``, ``name``, numbers."""
    import pandas as pd

    frames = []
    for model, r in results.items():
        frame = r.effects() if kind else r.coefficients().reset_index()
        frame = frame[frame["kind"] == kind] if kind else frame
        frames.append(frame[["name", *_NUMBERS]].assign(model=model))
    return pd.concat(frames, ignore_index=True)[["model", "name", *_NUMBERS]]


_NUMBERS = ("estimate", "std_error", "p_value", "lower", "upper")


def table(
    results: Mapping[str, FirmResult],
    name: str,
    title: str,
    *,
    kind: str = "",
    leave_out: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Table:
    """Set results side by side: estimates with standard errors in parentheses beneath, rows below a rule.

    Parameters
    ----------
    results : mapping of str to FirmResult
        By heading.
    name, title : str
    kind : str
        Kind of effect; coefficients when empty.
    leave_out : sequence of str
        Terms that begin so are not shown (industry classes); the file has them.
    notes : sequence of str
    """
    import pandas as pd

    frame = stacked_frame(results, kind)
    terms = [n for n in dict.fromkeys(frame["name"]) if not str(n).startswith(tuple(leave_out) or ("\0",))]
    cells = {(m, n): (e, s) for m, n, e, s in frame[["model", "name", "estimate", "std_error"]].itertuples(index=False)}
    rows: list[dict[str, str]] = []
    for n in terms:
        found = {m: cells.get((m, n), (np.nan, np.nan)) for m in results}
        rows.append({"name": label(str(n)), **{m: _shown(e) for m, (e, _) in found.items()}})
        rows.append({"name": "", **{m: f"({fixed(s, 3)})" if np.isfinite(s) else "" for m, (_, s) in found.items()}})
    rule = len(rows)
    rows.append({"name": "Observations", **{m: fixed(r.n, 0) for m, r in results.items()}})
    if any(np.isfinite(r.log_likelihood) for r in results.values()):
        rows.append({"name": "Log-likelihood", **{m: fixed(r.log_likelihood, 1) for m, r in results.items()}})
    kinds = sorted({COVARIANCE_LABELS.get(r.kind, r.kind) for r in results.values()})
    columns = (Column("name", ""), *(Column(m, m, "fixed:3") for m in results))
    told = (f"Standard errors in parentheses: {', '.join(kinds)}.", *notes)
    return Table(name, title, frame, columns, told, pd.DataFrame(rows), (rule,))


def _shown(value: float) -> str:
    return fixed(value, 3) if np.isfinite(value) else ""


def figure(
    results: Mapping[str, FirmResult],
    name: str,
    title: str,
    subtitle: str,
    terms: Sequence[str],
    *,
    kind: str = "",
    value_title: str = "Effect",
) -> Figure:
    """Draw chosen terms of several results side by side with their intervals."""
    frame = stacked_frame(results, kind)
    frame = frame[frame["name"].isin(list(terms))]
    order = {n: i for i, n in enumerate(terms)}
    frame = frame.sort_values("name", key=lambda c: c.map(order), kind="stable")
    shown = frame.assign(name=[label(str(n)) for n in frame["name"]]).reset_index(drop=True)
    first = next(iter(results.values()))
    source = "; ".join(f"{s.name} ({s.nature})" for s in first.provenance.sources)
    kinds = sorted({COVARIANCE_LABELS.get(r.kind, r.kind) for r in results.values()})
    return Figure(
        name,
        FigureKind.COEFFICIENTS,
        title,
        subtitle,
        f"Source: {source}; estimated. Standard errors: {', '.join(kinds)}.",
        f"{subtitle}: " + ", ".join(f"{r['model']} {r['name']} {r['estimate']:.3f}" for _, r in shown.iterrows()),
        shown[["model", "name", "estimate", "lower", "upper"]],
        {
            "term": "name",
            "estimate": "estimate",
            "lower": "lower",
            "upper": "upper",
            "model": "model",
            "value_title": value_title,
        },
    )
