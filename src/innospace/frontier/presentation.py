"""A fitted frontier in words, tables and figures. No number is made here that the result does not hold."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.document import Block, Paragraph, Section
from innospace.core.errors import SpecError
from innospace.core.numbers import fixed, p_value, significant
from innospace.core.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import pandas as pd

    from innospace.core.checks import Check
    from innospace.frontier.bootstrap.redrawn import Redrawn
    from innospace.frontier.hypothesis_tests import TestResult
    from innospace.frontier.result import FrontierResult

PARAMETER_LABELS = {
    "mu": "μ (before truncation)",
    "lnsigma_u2": "ln σᵤ²",
    "lnshape_u": "ln shape of u",
    "lnscale_u": "ln scale of u",
    "lnsigma_v2": "ln σᵥ²",
    "lnsigma_w2": "ln σ² of effects of the units",
    "lnsigma_h2": "ln σ² of persistent inefficiency",
    "lndf_v": "ln degrees of freedom of v",
    "sigma_u": "σᵤ",
    "sigma_v": "σᵥ",
    "expected_efficiency": "Expected efficiency",
    "Intercept": "Constant",
}
_PARAMETERS = tuple(n for n in PARAMETER_LABELS if n != "Intercept")
COVARIANCE_LABELS = {
    "hessian": "observed information (Hessian)",
    "opg": "outer product of scores",
    "robust": "robust (sandwich)",
    "cluster": "clustered",
    "jackknife": "jackknife by cluster",
}
_SHARED = ("half_normal", "exponential", "truncated_normal")
"""Distributions whose sigma_u squared is a variance before truncation."""
TABLE_ROWS = 360
"""Efficiencies of at most this many rows are printed one by one."""
UNITS = {"region": "regions", "firm": "firms"}
"""Columns that name the rows, and what they are then."""
_SIGNS = (
    (re.compile(r"\bchi2\((\d+)\)/2"), r"½ χ²(\1)"),
    (re.compile(r"\bchi2\b"), "χ²"),
    (re.compile(r"\bsigma_([uv])\b"), lambda m: {"u": "σᵤ", "v": "σᵥ"}[m[1]]),
    (re.compile(r"\bdelta_0\b"), "δ₀"),
    (re.compile(r"\bc_0\b"), "c₀"),
    (re.compile(r"\bdelta\b"), "δ"),
    (re.compile(r"\beta\b"), "η"),
    (re.compile(r"\bwald\b"), "Wald"),
    (re.compile(r"\blr\b"), "likelihood ratio"),
    (re.compile(r"\bone sided\b"), "one-sided"),
    (re.compile(r"(?<=[\w)²₀ᵤᵥ]) - (?=[\w(])"), " − "),
    (re.compile(r"(?<= )>= "), "≥ "),
)


def label(name: str) -> str:
    """Return the name of a coefficient as a reader sees it."""
    if name in PARAMETER_LABELS:
        return PARAMETER_LABELS[name]
    parameter, _, column = name.partition(":")
    return f"{PARAMETER_LABELS[parameter]}: {label(column)}" if parameter in _PARAMETERS else name


def symbols(text: str) -> str:
    """Return text in which names of parameters and tests stand as a reader writes them: ``sigma_u`` as ``σᵤ``."""
    for pattern, sign in _SIGNS:
        text = pattern.sub(sign, text)
    return text


def p_clause(p: float) -> str:
    """Return ``p = 0.433`` or ``p < 0.001``, never broken over lines."""
    shown = p_value(p)
    return f"p\u00a0{shown}" if shown.startswith("<") else f"p\u00a0=\u00a0{shown}"


def summary(result: FrontierResult) -> str:
    """Return a text summary, at most 100 columns wide."""
    r = result
    kind = "cost" if r.spec.cost else "production"
    lines = [
        f"Stochastic {kind} frontier: {r.spec.formula}"[:100],
        f"Inefficiency: {r.spec.inefficiency.replace('_', ' ')}   Rows: {r.n} of {r.sample.rows}   "
        f"Log-likelihood: {r.loglik:.6f}",
        f"Standard errors: {COVARIANCE_LABELS[r.covariance_kind]}   Noise: {r.spec.noise.replace('_', ' ')}",
        "",
        *coefficient_lines(r.coefficients()),
    ]
    test = r.test_no_inefficiency()
    e = r.estimate
    sigma_u = f"{r.sigma_u:.6f}" if np.isfinite(r.sigma_u) else "-"
    lines += [
        "",
        f"sigma_u {sigma_u}   sigma_v {r.sigma_v:.6f}   mean efficiency {r.mean_efficiency:.4f}",
        f"No inefficiency: LR {test.statistic:.4f}, p {test.p_value:.4g} ({test.distribution})",
        f"Starts: {e.agreed} of {e.tried} reached this optimum   Status: {r.status.code}"
        + (f" ({r.status.boundary})" if r.status.boundary else ""),
    ]
    return "\n".join([*lines, *failed_lines(r.checks)])


_WIDTHS = (14, 14, 10, 10)
_DIGITS = (6, 6, 3, 4)


def coefficient_lines(coefficients: pd.DataFrame) -> list[str]:
    """Return coefficients as lines of a terminal, with a heading; what is not finite is a dash."""
    lines = [f"{'':<28}{'estimate':>14}{'std. error':>14}{'z':>10}{'p':>10}"]
    for name, row in coefficients.iterrows():
        cells = [
            f"{v:>{w}.{d}f}" if np.isfinite(v) else f"{'-':>{w}}" for v, w, d in zip(row, _WIDTHS, _DIGITS, strict=True)
        ]
        lines.append(f"{str(name)[:28]:<28}{''.join(cells)}")
    return lines


def failed_lines(checks: Iterable[Check]) -> list[str]:
    """Return the checks that failed as lines of a terminal."""
    return [f"Check failed: {c.name} = {c.value:.3g} (tolerance {c.tolerance:.3g})" for c in checks if not c.ok]


COEFFICIENT_COLUMNS = (
    Column("name", "Coefficient"),
    Column("estimate", "Estimate", "fixed:4"),
    Column("std_error", "Std. error", "fixed:4"),
    Column("z", "z", "fixed:2"),
    Column("p_value", "p", "p"),
    Column("lower", "from", "fixed:4", "95\u202f% interval"),
    Column("upper", "to", "fixed:4", "95\u202f% interval"),
)


def coefficient_table(result: FrontierResult) -> Table:
    """Return the coefficients with standard errors, z, p and intervals."""
    frame = result.to_frame().reset_index()
    frame["name"] = [label(str(n)) for n in frame["name"]]
    return Table(
        "coefficients",
        f"Estimates: {result.spec.formula}",
        frame,
        COEFFICIENT_COLUMNS,
        notes=(
            f"{result.n} observations, log-likelihood {fixed(result.loglik, 3)}. "
            f"Standard errors: {COVARIANCE_LABELS[result.covariance_kind]}.",
            f"σᵤ = {fixed(result.sigma_u, 4)}, σᵥ = {fixed(result.sigma_v, 4)}, "
            f"mean technical efficiency {fixed(result.mean_efficiency, 3)}.",
        ),
    )


def tests_table(result: FrontierResult) -> Table:
    """Return the tests of no inefficiency and of skewness."""
    return table_of_tests((result.test_no_inefficiency(), result.test_skewness(), result.test_skewness("schmidt_lin")))


def table_of_tests(found: Sequence[TestResult]) -> Table:
    """Return tests, one a row."""
    import pandas as pd

    frame = pd.DataFrame([{"name": t.name.replace("_", " "), **t.to_dict()} for t in found])
    return in_symbols(Table("tests", "Is there inefficiency?", frame, TEST_COLUMNS), ("name", "null", "distribution"))


TEST_COLUMNS = (
    Column("name", "Test"),
    Column("null", "Null hypothesis"),
    Column("statistic", "Statistic", "fixed:3"),
    Column("distribution", "Distribution"),
    Column("p_value", "p", "p"),
)


def in_symbols(table: Table, keys: tuple[str, ...]) -> Table:
    """Return a table whose pages show text columns by :func:`symbols`; its files keep the plain names."""
    layout = table.display()
    for key in keys:
        layout[key] = [symbols(str(v)) for v in layout[key]]
    return replace(table, layout=layout)


def labelled_efficiencies(result: FrontierResult, level: float = 0.95) -> pd.DataFrame:
    """Return efficiencies of the rows used with their labels, best first."""
    import pandas as pd

    values = result.used_efficiencies(level)
    frame = pd.DataFrame({c: getattr(values, c) for c in ("te_jlms", "te_bc", "te_mode", "te_lower", "te_upper")})
    frame.insert(0, "label", row_names(result))
    return frame.sort_values("te_bc", ascending=False, kind="stable").reset_index(drop=True)


def row_names(result: FrontierResult) -> list[str]:
    """Return a name for each row used: region or firm, and year, where the table has them."""
    labels = result.sample.labels
    unit = unit_column(result)
    if labels is None or not unit:
        return [f"row {i + 1}" for i in result.sample.kept]
    if "year" in labels.columns and labels["year"].nunique() > 1:
        return [f"{r}, {y}" for r, y in zip(labels[unit], labels["year"], strict=True)]
    return [str(r) for r in labels[unit]]


def unit_column(result: FrontierResult) -> str:
    """Return the column that names the rows, or an empty text."""
    labels = result.sample.labels
    return next((c for c in UNITS if labels is not None and c in labels.columns), "")


def units(result: FrontierResult) -> str:
    """Return what the rows are: regions, firms, or units when the table does not say."""
    return UNITS.get(unit_column(result), "units")


def efficiency_table(result: FrontierResult) -> Table:
    """Return ranked efficiencies with intervals."""
    frame = labelled_efficiencies(result)
    frame.insert(0, "rank", range(1, len(frame) + 1))
    columns = (
        Column("rank", "Rank", "integer"),
        Column("label", "Unit"),
        Column("te_bc", "Battese–Coelli", "fixed:3", "Technical efficiency"),
        Column("te_lower", "95\u202f% from", "fixed:3", "Technical efficiency"),
        Column("te_upper", "to", "fixed:3", "Technical efficiency"),
        Column("te_jlms", "JLMS", "fixed:3", "Other predictors"),
        Column("te_mode", "Mode", "fixed:3", "Other predictors"),
    )
    notes = (
        "Share of the frontier that is reached. Battese–Coelli: its expected value given what was observed, with the "
        "interval that holds it with 95\u202f%; the frontier itself is taken as known, so intervals are too narrow. "
        "JLMS: made from expected inefficiency. Mode: the most likely value.",
    )
    return Table("efficiencies", "Technical efficiency, ranked", frame, columns, notes)


def effects_table(result: FrontierResult) -> Table:
    """Return mean effects of regressors of inefficiency on expected inefficiency and efficiency."""
    if not result.sample.determinants:
        raise SpecError(
            "No parameter of this frontier has regressors.",
            remedy="Name them in the formula after a bar: outcome ~ inputs | u: z1 + z2.",
        )
    frame = result.marginal_effects().reset_index()
    return Table("marginal-effects", "What inefficiency depends on", frame, EFFECT_COLUMNS, EFFECT_NOTES)


EFFECT_COLUMNS = (
    Column("regressor", "Regressor"),
    Column("of", "Effect on expected"),
    Column("effect", "Effect", "fixed:4"),
    Column("std_error", "Std. error", "fixed:4"),
    Column("z", "z", "fixed:2"),
    Column("p_value", "p", "p"),
    Column("lower", "from", "fixed:4", "95\u202f% interval"),
    Column("upper", "to", "fixed:4", "95\u202f% interval"),
)
EFFECT_NOTES = (
    "Effects of one unit more of the regressor, mean over the observations; inefficiency in units of the outcome "
    "(log units where it is a logarithm), efficiency as a share of the frontier.",
)


def bootstrap_table(result: Redrawn, named: Callable[[str], str] = label) -> Table:
    """Return the intervals of the bootstrap that was made along with the fit; ``named`` prints a coefficient's name."""
    if result.resampled is None:
        raise SpecError(
            "This frontier was fitted without a bootstrap.",
            remedy="Use result.bootstrap(1000).table(), or the line bootstrap = 1000 in the step of a study.",
        )
    table = result.resampled.table()
    frame = table.frame.assign(name=[named(str(n)) for n in table.frame["name"]])
    return replace(table, frame=frame)


def side_by_side(results: Mapping[str, FrontierResult], title: str, name: str = "comparison") -> Table:
    """Set fits side by side: coefficients with standard errors in parentheses beneath."""
    import pandas as pd

    from innospace.frontier.comparison import rank_correlations

    names: list[str] = []
    frames = {heading: r.coefficients() for heading, r in results.items()}
    for frame in frames.values():
        names += [str(n) for n in frame.index if n not in names]
    names.sort(key=lambda n: n.partition(":")[0] in _PARAMETERS)  # stable: densities' parameters last
    rows: list[dict[str, str]] = []
    for n in names:
        rows.append({"name": label(n), **{h: _cell(f, n, "estimate") for h, f in frames.items()}})
        rows.append({"name": "", **{h: _cell(f, n, "std_error") for h, f in frames.items()}})
    rule = len(rows)
    rows += [
        {"name": "Observations", **{h: fixed(r.n, 0) for h, r in results.items()}},
        {"name": "Log-likelihood", **{h: fixed(r.loglik, 3) for h, r in results.items()}},
        {"name": "AIC", **{h: fixed(r.aic, 2) for h, r in results.items()}},
        {"name": "BIC", **{h: fixed(r.bic, 2) for h, r in results.items()}},
        {"name": "σᵤ", **{h: fixed(r.sigma_u, 3) for h, r in results.items()}},
        {"name": "σᵥ", **{h: fixed(r.sigma_v, 3) for h, r in results.items()}},
        {"name": "Mean technical efficiency", **{h: fixed(r.mean_efficiency, 3) for h, r in results.items()}},
        {
            "name": "No inefficiency: likelihood ratio",
            **{h: fixed(r.test_no_inefficiency().statistic, 2) for h, r in results.items()},
        },
        {"name": "No inefficiency: p", **{h: p_value(r.test_no_inefficiency().p_value) for h, r in results.items()}},
    ]
    first = next(iter(results))
    if len(results) > 1 and len({r.sample.rows for r in results.values()}) == 1:
        ranks = rank_correlations(results)[first]
        rows.append(
            {
                "name": f"Rank correlation of efficiency with {first}",
                **{h: fixed(float(ranks[h]), 3) if np.isfinite(ranks[h]) else "" for h in results},
            }
        )
    tidy = pd.concat({h: r.to_frame() for h, r in results.items()}, names=["model", "name"]).reset_index()
    columns = (Column("name", ""), *(Column(h, h, "fixed:3") for h in results))
    kinds = {COVARIANCE_LABELS[r.covariance_kind] for r in results.values()}
    notes = (f"Standard errors in parentheses: {', '.join(sorted(kinds))}.",)
    return Table(name, title, tidy, columns, notes, pd.DataFrame(rows), (rule,))


def _cell(frame: pd.DataFrame, name: str, part: str) -> str:
    if name not in frame.index:
        return ""
    value = float(frame.loc[name, part])  # type: ignore[arg-type]
    if part == "std_error":
        return f"({fixed(value, 3)})" if np.isfinite(value) else ""
    return fixed(value, 3)


def sections(result: FrontierResult) -> tuple[Section, ...]:
    """Return the part of a report: model, estimates, efficiencies."""
    r = result
    blocks: list[Block] = [
        Paragraph(symbols(str(r.spec))),
        *r.spec.equations(),
        replace(r.table("coefficients"), lead=True),
        r.table("tests"),
    ]
    if r.sample.determinants and len(r.marginal_effects()):
        blocks.append(r.table("marginal_effects"))
    if r.resampled is not None:
        blocks.append(r.table("bootstrap"))
    blocks += [Paragraph(text) for text in (*r.steps, *r.warnings)]
    one_scale = r.spec.noise == "normal" and r.spec.inefficiency in _SHARED and not r.sample.determinants
    shares = (
        f"The variance of inefficiency before truncation makes up γ = "
        f"{significant(r.sigma_u**2 / (r.sigma_u**2 + r.sigma_v**2))} of both."
        if np.isfinite(r.sigma_u) and one_scale
        else ""
        if np.isfinite(r.sigma_u)
        else "The scale of inefficiency is not defined in this limit."
    )
    blocks.append(
        Paragraph(f"{r.estimate.agreed} of {r.estimate.tried} starts reached the reported maximum. {shares}".rstrip())
    )
    ranking: list[Block] = list(r.plot.all())
    if r.estimate.problem.density.name == "none":
        ranking.insert(
            0, Paragraph("Without inefficiency every row reaches its frontier, and there is nothing to rank.")
        )
    elif r.n <= TABLE_ROWS:
        ranking.append(r.table("efficiencies"))
    return (
        Section("frontier", "The frontier", tuple(blocks)),
        Section("efficiency", "Technical efficiency", tuple(ranking)),
    )


TABLES: dict[str, Callable[[FrontierResult], Table]] = {
    "coefficients": coefficient_table,
    "tests": tests_table,
    "efficiencies": efficiency_table,
    "marginal_effects": effects_table,
    "bootstrap": bootstrap_table,
}
"""Tables by name."""
