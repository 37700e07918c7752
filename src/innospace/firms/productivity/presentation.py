"""From what a method found to a result: tables, figures, sentences, checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.checks import Check
from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed
from innospace.core.provenance import Provenance
from innospace.core.table import Column, Table
from innospace.firms.estimates import Array, Effects, Estimates
from innospace.firms.presentation import estimate_clause, label, p_clause
from innospace.firms.productivity.equations import DESCRIPTIONS, EQUATIONS, NAMES
from innospace.firms.productivity.roots import RULE
from innospace.firms.result import FirmResult
from innospace.numerics.tails import normal_sf

if TYPE_CHECKING:
    import pandas as pd

    from innospace.firms.productivity.outcome import Outcome, Settings
    from innospace.firms.productivity.panel import Panel

DRAWN = 2000
"""Most values a histogram carries; more are thinned along their order."""
HIDDEN = ("constant",)
"""Terms of the law that have no meaning of their own; survival terms neither."""
FAR_APART = 2.0
"""A bootstrap error this many times the analytic one means that the normal approximation is poor."""


NO_DIFFERENCE = "; that does not differ from zero at the 5\u202f% level"
LEAST_SCALE, MOST_SCALE = 0.5, 1.5
"""Returns to scale outside this range call for a second look."""


def result(panel: Panel, o: Outcome, s: Settings, options: dict[str, Any], title: str) -> FirmResult:
    """Put the result together."""
    name = NAMES[s.method]
    frame = _frame(panel, o)
    effects = _effects(o)
    made = FirmResult(
        method=f"productivity_{s.method}",
        title=title or f"{name}: productivity from {label(panel.roles.output)}",
        description=DESCRIPTIONS[s.method],
        n=o.rows,
        provenance=Provenance.now((panel.source,), options, s.seed),
        estimates=Estimates(o.names, o.values, _covariances(o)),
        effects_found=effects,
        status=o.status,
        numbers=_numbers(panel, o, frame),
        equations=EQUATIONS[s.method],
        tables=_tables(o, frame, name),
        figures=(_figure(panel, frame, name, s.method),),
        frames={"productivity": frame},
        checks=(*o.checks, *_bootstrap_checks(o)),
        warnings=(*panel.messages, *o.warnings, *_doubts(o)),
        steps=(*panel.steps, *_steps(panel, o, s)),
    )
    return _told(made, panel, o)


def _covariances(o: Outcome) -> dict[str, Array]:
    p = len(o.values)
    found: dict[str, Array] = {}
    if o.bootstrap is not None:
        found["bootstrap"] = o.bootstrap.covariance[:p, :p]
    if o.covariance is not None:
        found["cluster"] = o.covariance[:p, :p]
    return found or {"bootstrap": np.full((p, p), np.nan)}


def _effects(o: Outcome) -> Effects:
    """Return returns to scale, persistence and the law, with errors of the bootstrap where there is one."""
    p, q = len(o.values), len(o.law)
    if p == 0:
        return Effects((), np.zeros(0), ())
    shown = [j for j, n in enumerate(o.law_names) if n not in HIDDEN and not n.startswith("survival_")]
    has_law = np.isfinite(o.persistence)
    names = ["sum_of_elasticities", *(["mean"] if has_law else []), *(o.law_names[j] for j in shown)]
    kinds = ["returns_to_scale", *(["persistence"] if has_law else []), *["markov_law"] * len(shown)]
    values = np.array([o.values.sum(), *([o.persistence] if has_law else []), *o.law[shown]])
    chosen = [*([p + q] if has_law else []), *(p + j for j in shown)]
    lower = upper = None
    if o.bootstrap is not None:
        b = o.bootstrap.values
        drawn = np.column_stack([b[:, :p].sum(axis=1), b[:, chosen]])
        errors = drawn.std(axis=0, ddof=1)
        lower, upper = np.percentile(drawn, [2.5, 97.5], axis=0)
    elif o.covariance is not None:
        variance = np.append(np.diag(o.covariance), np.nan)
        with np.errstate(invalid="ignore"):
            errors = np.sqrt(np.append(o.covariance[:p, :p].sum(), variance[chosen]))
    else:
        errors = np.full(len(values), np.nan)
    return Effects(tuple(names), values, tuple(kinds), None, errors, lower, upper, "elasticity, log points")


def _frame(panel: Panel, o: Outcome) -> pd.DataFrame:
    with np.errstate(over="ignore"):
        tfp = np.exp(o.omega)
    return panel.labels.assign(omega=o.omega, tfp=tfp, **o.extra)


def _numbers(panel: Panel, o: Outcome, frame: pd.DataFrame) -> dict[str, float]:
    q = np.percentile(frame["omega"], [10, 50, 90])
    numbers = {
        "firm_years": float(panel.n),
        "firms": float(panel.firm_count),
        "transitions": float(len(panel.moving)),
        "gaps": float(panel.gaps),
        "omega_mean": float(frame["omega"].mean()),
        "omega_sd": float(frame["omega"].std()) if panel.n > 1 else float("nan"),
        "omega_p10": float(q[0]),
        "omega_p50": float(q[1]),
        "omega_p90": float(q[2]),
        **o.numbers,
    }
    z = _constant_returns(o)
    if np.isfinite(z):
        numbers["constant_returns_p"] = float(2.0 * normal_sf(abs(z)))
    if o.bootstrap is not None:
        numbers["bootstrap_draws"] = float(o.bootstrap.draws)
        numbers["bootstrap_failed"] = float(len(o.bootstrap.failed))
    return numbers


def _constant_returns(o: Outcome) -> float:
    """Return the z statistic of returns to scale being one."""
    if len(o.values) == 0:
        return float("nan")
    variance = float(next(iter(_covariances(o).values())).sum())
    return (float(o.values.sum()) - 1.0) / float(np.sqrt(variance)) if variance > 0.0 else float("nan")


def _bootstrap_checks(o: Outcome) -> tuple[Check, ...]:
    if o.bootstrap is None:
        return ()
    share = len(o.bootstrap.failed) / o.bootstrap.draws
    return (
        Check.at_most(
            "bootstrap_failures",
            share,
            0.05,
            "Share of bootstrap draws in which the estimate could not be computed.",
            "The estimate hangs on a few firms; read percentile intervals, or use a simpler model.",
        ),
    )


def _doubts(o: Outcome) -> tuple[str, ...]:
    found = []
    if len(o.values) and o.bootstrap is None and o.covariance is None:
        found.append("No standard errors: this method takes them from a bootstrap; ask for bootstrap=200.")
    if o.bootstrap is not None and o.covariance is not None:
        p = len(o.values)
        ratio = o.bootstrap.std_errors[:p] / np.sqrt(np.diag(o.covariance))[:p]
        wide = [n for n, r in zip(o.names, ratio, strict=True) if r > FAR_APART]
        if wide:
            found.append(
                f"Bootstrap errors of {', '.join(wide)} are more than twice the analytic ones: draws of firms lead to "
                "far-away solutions, so read the percentile intervals."
            )
    above = [n for n, v in zip(o.names, o.values, strict=True) if v > 1.0]
    if above:
        found.append(f"The elasticity of {', '.join(above)} is above one.")
    outside = [n for n, v in zip(o.names, o.values, strict=True) if v < 0.0]
    total = float(o.values.sum())
    if len(o.values) and not LEAST_SCALE <= total <= MOST_SCALE:
        found.append(
            f"The elasticities add up to {fixed(total, 2)}, far from constant returns: compare methods and degrees."
        )
    if outside:
        found.append(f"The elasticity of {', '.join(outside)} is negative, which no technology has.")
    return tuple(found)


def _steps(panel: Panel, o: Outcome, s: Settings) -> tuple[str, ...]:
    steps = [
        f"{fixed(panel.n, 0)} firm-years of {fixed(panel.firm_count, 0)} firms; {fixed(len(panel.moving), 0)} of them "
        f"have the year before, {fixed(panel.gaps, 0)} come after a gap."
    ]
    if s.method in ("op", "lp", "acf", "wooldridge", "gnr"):
        steps.append(f"First-stage polynomial of degree {s.degree}.")
    if s.method in ("op", "lp", "acf", "gnr"):
        steps.append(f"Law of productivity: polynomial of degree {s.markov} in productivity of the year before.")
    if panel.roles.law:
        steps.append(f"Values of the year before in the law: {', '.join(panel.roles.law)}.")
    if s.exit:
        steps.append("Survival: probit of leaving on the first-stage terms; its probability enters the law.")
    if s.industry:
        steps.append(f"Output per worker less its mean by {s.industry} and year.")
    if o.bootstrap is not None:
        steps.append(f"{o.bootstrap.draws} bootstrap draws of whole firms, {len(o.bootstrap.failed)} without estimate.")
    return tuple(steps)


def _tables(o: Outcome, frame: pd.DataFrame, name: str) -> tuple[Table, ...]:
    tables = [_by_year(frame, name)]
    if o.roots:
        tables.insert(0, _roots_table(o))
    if o.bootstrap is not None and len(o.values):
        tables.append(_percentiles(o))
    return tuple(tables)


def _roots_table(o: Outcome) -> Table:
    import pandas as pd

    names = o.names[len(o.names) - len(o.roots[0].point.b) :]
    rows = [
        {
            **dict(zip(names, r.point.b, strict=True)),
            "objective": r.point.objective,
            "exact": "yes" if r.exact else "no",
            "persistence": r.persistence,
            "omega_sd": r.spread,
            "plausible": "yes" if r.plausible else "no",
            "chosen": "yes" if i == 0 else "no",
            "reading": r.reading,
        }
        for i, r in enumerate(o.roots)
    ]
    columns = (
        *(Column(n, label(n), "fixed:4", "Elasticity") for n in names),
        Column("objective", "Criterion", "significant:2"),
        Column("persistence", "Persistence", "fixed:3"),
        Column("omega_sd", "SD of productivity", "fixed:3"),
        Column("chosen", "Taken"),
        Column("reading", "Reading"),
    )
    note = "Criterion: quadratic form of the mean moments; a solution has zero up to rounding."
    return Table("roots", "Solutions of the second stage", pd.DataFrame(rows), columns, (note, RULE))


def _by_year(frame: pd.DataFrame, name: str) -> Table:
    grouped = frame.groupby("year")["omega"]
    by_year = grouped.agg(firms="count", mean="mean", sd="std", p10=_p10, p50="median", p90=_p90).reset_index()
    columns = (
        Column("year", "Year", "year"),
        Column("firms", "Firms", "integer"),
        Column("mean", "Mean", "fixed:3"),
        Column("sd", "SD", "fixed:3"),
        Column("p10", "10th percentile", "fixed:3"),
        Column("p50", "Median", "fixed:3"),
        Column("p90", "90th percentile", "fixed:3"),
    )
    return Table("productivity-by-year", f"Log productivity by year: {name}", by_year, columns)


def _p10(values: Any) -> float:
    return float(np.percentile(values, 10))


def _p90(values: Any) -> float:
    return float(np.percentile(values, 90))


def _percentiles(o: Outcome) -> Table:
    import pandas as pd

    b = o.bootstrap
    if b is None:
        raise ValueError("no bootstrap")
    p = len(o.values)
    lower, upper = b.percentiles()
    rows = pd.DataFrame(
        {
            "name": list(o.names),
            "estimate": o.values,
            "std_error": b.std_errors[:p],
            "median": np.median(b.values[:, :p], axis=0),
            "lower": lower[:p],
            "upper": upper[:p],
        }
    )
    columns = (
        Column("name", "Elasticity"),
        Column("estimate", "Estimate", "fixed:4"),
        Column("std_error", "Bootstrap std. error", "fixed:4"),
        Column("median", "Median of draws", "fixed:4"),
        Column("lower", "from", "fixed:4", "95\u202f% percentile interval"),
        Column("upper", "to", "fixed:4", "95\u202f% percentile interval"),
    )
    note = f"{len(b.values)} of {b.draws} draws of whole firms gave an estimate."
    return Table("percentiles", "Percentile intervals of the bootstrap", rows, columns, (note,))


def _figure(panel: Panel, frame: pd.DataFrame, name: str, method: str) -> Figure:
    values = np.sort(frame["omega"].to_numpy())
    if len(values) > DRAWN:
        values = values[np.linspace(0, len(values) - 1, DRAWN).round().astype(np.int64)]
    low, high = np.percentile(frame["omega"], [10, 90])
    ratio = float(np.exp(min(high - low, 700.0)))
    import pandas as pd

    return Figure(
        "productivity",
        FigureKind.HISTOGRAM,
        f"The 90th percentile firm makes {fixed(ratio, 1)} times the output of the 10th with the same inputs"
        if method != "labour"
        else f"The 90th percentile firm makes {fixed(ratio, 1)} times the output per worker of the 10th",
        f"{name}: log productivity, {fixed(len(frame), 0)} firm-years",
        f"Source: {panel.source.name}; estimated.",
        f"Histogram of log productivity, 10th percentile {low:.2f}, 90th {high:.2f}",
        pd.DataFrame({"omega": values}),
        {"value": "omega", "value_title": "Log productivity"},
    )


def _told(made: FirmResult, panel: Panel, o: Outcome) -> FirmResult:
    from dataclasses import replace

    size = f"({fixed(panel.firm_count, 0)} firms, {fixed(o.rows, 0)} firm-years)"
    figure = made.figures[0].title
    if not o.names:
        return replace(made, sentences=(f"{figure} {size}.",))
    told = [_elasticities(made, size), _scale(made)]
    told += [_law(row) for row in _law_rows(made, panel)]
    if len(o.roots) > 1:
        exact, false = sum(r.exact for r in o.roots), sum(r.reading.startswith("false") for r in o.roots)
        kinds = f", {false} of them that of labour demand" if false else ""
        told.append(f"The moments vanish at {exact} vectors of elasticities{kinds}; the table of solutions has them.")
    told.append(f"{figure}.")
    if not made.status.converged:
        told.insert(0, f"{made.status.message[:-1]}: the elasticities below are not to be used.")
    return replace(made, sentences=tuple(told))


def _elasticities(made: FirmResult, size: str) -> str:
    rows = made.coefficients()
    known = bool(np.isfinite(rows["std_error"]).all())
    clauses = [
        f"{label(str(n))} {estimate_clause(r) if known else fixed(r['estimate'], 3)}" for n, r in rows.iterrows()
    ]
    return f"Elasticities of output, {made.title.split(':')[0]}: {'; '.join(clauses)} {size}."


def _scale(made: FirmResult) -> str:
    value = float(made.effect(kind="returns_to_scale")["estimate"])
    p = made.numbers.get("constant_returns_p", float("nan"))
    tail = f"; constant returns: {p_clause(p)}" if np.isfinite(p) else ""
    return f"The elasticities add up to {fixed(value, 3)}{tail}."


def _law_rows(made: FirmResult, panel: Panel) -> list[Any]:
    frame = made.effects()
    frame = frame[(frame["kind"] == "markov_law") & frame["name"].isin(panel.roles.law)]
    return [row for _, row in frame.iterrows()]


def _law(row: Any) -> str:
    name = str(row["name"])
    what = estimate_clause(row) if np.isfinite(row["std_error"]) else fixed(row["estimate"], 3)
    if name.endswith(":omega"):
        column = label(name.removesuffix(":omega"))
        return f"A unit of {column} in the year before changes the persistence of productivity by {what}."
    clear = "" if row["lower"] > 0.0 or row["upper"] < 0.0 or not np.isfinite(row["lower"]) else NO_DIFFERENCE
    return (
        f"A unit more of {label(name)} in the year before changes expected productivity by {what} log points, at "
        f"average productivity of that year{clear}."
    )
