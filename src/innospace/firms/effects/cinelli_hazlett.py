"""Omitted variables judged by the shares of variance they would have to explain (Cinelli and Hazlett, 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from innospace.core.checks import Check
from innospace.core.document import Equation
from innospace.core.errors import DataError, SpecError
from innospace.core.figure import Figure, FigureKind
from innospace.core.labels import require_known
from innospace.core.numbers import fixed, percent, significant
from innospace.core.table import Column, Table
from innospace.firms.design import Design, design
from innospace.firms.effects.omitted_bounds import (
    Adjusted,
    adjusted,
    benchmark_strength,
    joint_partial_r2,
    partial_r2,
    residuals,
    robustness_value,
)
from innospace.firms.estimates import Estimates
from innospace.firms.least_squares import LinearFit, fit_linear
from innospace.firms.presentation import label
from innospace.firms.result import FirmResult
from innospace.numerics.tails import t_ppf


def cinelli_hazlett(
    formula: str,
    data: Any,
    *,
    treatment: str,
    benchmark: Sequence[str] = (),
    multiples: Sequence[float] = (1.0, 2.0, 3.0),
    q: float = 1.0,
    alpha: float = 0.05,
    title: str = "",
) -> FirmResult:
    """Say how strong a confounder must be, in shares of variance, to change a regression's conclusion.

    Parameters
    ----------
    formula : str
        ``outcome ~ treatment + covariates``; ordinary least squares.
    data : Dataset, frame or mapping of arrays
    treatment : str
        Name of the coefficient.
    benchmark : sequence of str
        Covariates to compare a confounder with; ``C(size)`` or ``size`` for all classes of a category.
    multiples : sequence of float
        How many times as strong as the benchmark.
    q : float
        Share of the estimate that would be taken away; 1 brings it to zero.
    alpha : float
        Level of significance.
    title : str, optional

    Returns
    -------
    FirmResult
        Coefficients of the equation. Numbers ``estimate``, ``std_error``, ``degrees``, ``r2yd`` (partial R2 of
        treatment and outcome), ``f2yd`` (partial Cohen's f2), ``rv_q`` and ``rv_qa`` (robustness values); table
        ``benchmarks``.

    Raises
    ------
    FormulaError, LabelError, DataError, SpecError

    Notes
    -----
    Cinelli and Hazlett (2020), as R's sensemakr with classical standard errors.
    """
    _require_shares(q, alpha, multiples)
    d = design(formula, data)
    require_known([treatment], d.names, kind="coefficient", where=f"formula {formula!r}")
    fit = fit_linear(d.y, d.x)
    j = d.names.index(treatment)
    estimate, error = float(fit.theta[j]), float(np.sqrt(fit.covariances["analytic"][j, j]))
    if not error > 0.0:
        raise DataError("The equation fits perfectly: there is nothing left for a confounder.", where=f"{d.n} rows")
    t = estimate / error
    numbers = {
        "estimate": estimate,
        "std_error": error,
        "degrees": fit.degrees,
        "r2yd": partial_r2(t, fit.degrees),
        "f2yd": t * t / fit.degrees,
        "rv_q": robustness_value(t, fit.degrees, q),
        "rv_qa": robustness_value(t, fit.degrees, q, alpha),
    }
    rows, warnings = _benchmarks(d, fit, j, benchmark, multiples, (estimate, error))
    options = {"formula": formula, "treatment": treatment, "benchmark": list(benchmark), "q": q, "alpha": alpha}
    return FirmResult(
        method="cinelli_hazlett",
        title=title or f"Omitted variables behind {label(treatment)} in {d.outcome} (Cinelli and Hazlett)",
        description="Ordinary least squares. The robustness value is the share of the residual variance of both "
        "treatment and outcome that a confounder must explain to change the conclusion.",
        n=d.n,
        provenance=d.provenance(options),
        estimates=Estimates(d.names, fit.theta, fit.covariances, fit.degrees),
        numbers=numbers,
        equations=(_BIAS,),
        tables=(_benchmark_table(rows, alpha, fit.degrees),) if rows else (),
        figures=(_benchmark_figure(d, rows, numbers, alpha),) if rows else (),
        checks=_robustness_check(rows, numbers),
        warnings=(*d.messages, *warnings),
        steps=d.steps,
        sentences=_robustness_sentences(d, treatment, numbers, rows, q, alpha),
    )


def _require_shares(q: float, alpha: float, multiples: Sequence[float]) -> None:
    if not (np.isfinite(q) and q > 0.0):
        raise SpecError(f"q is {q:g}.", allowed="a positive number; 1 brings the estimate to zero")
    if not 0.0 < alpha < 1.0:
        raise SpecError(f"alpha is {alpha:g}.", allowed="between 0 and 1", remedy="0.05 is usual.")
    if not len(multiples) or not all(np.isfinite(k) and k > 0.0 for k in multiples):
        raise SpecError("multiples must be positive numbers.", allowed="for example 1, 2, 3")


Benchmark = tuple[str, float, Adjusted]


def _benchmarks(
    d: Design, fit: LinearFit, j: int, wanted: Sequence[str], multiples: Sequence[float], base: tuple[float, float]
) -> tuple[list[Benchmark], list[str]]:
    rows: list[Benchmark] = []
    warnings = []
    others = [i for i in range(len(d.names)) if i != j]
    of_treatment = residuals(d.x[:, j], d.x[:, others])
    for name in wanted:
        columns = _columns_of(d, name, j)
        rest = [i for i in others if i not in columns]
        r2_d = joint_partial_r2(of_treatment, residuals(d.x[:, j], d.x[:, rest]))
        r2_y = joint_partial_r2(fit.residuals, residuals(d.y, d.x[:, [j, *rest]]))
        for k in multiples:
            strength = benchmark_strength(r2_d, r2_y, k)
            if strength is None:
                warnings.append(f"A confounder {k:g} times as strong as {name} would explain all of the treatment.")
                continue
            if strength[1] >= 1.0:
                warnings.append(f"A confounder {k:g} times as strong as {name} could explain all of the outcome.")
            rows.append((name, float(k), adjusted(*base, fit.degrees, *strength)))
    return rows, warnings


def _columns_of(d: Design, name: str, treatment: int) -> list[int]:
    """Return the columns of a covariate: its own, or one a class of a category."""
    heads = (f"{name}[", f"C({name})[")
    found = [i for i, n in enumerate(d.names) if n == name or n.startswith(heads)]
    if not found:
        shown = dict.fromkeys(n.split("[")[0] for i, n in enumerate(d.names) if n != "Intercept" and i != treatment)
        require_known([name], list(shown), kind="benchmark", where="the covariates of the formula")
    if treatment in found:
        raise SpecError("The treatment cannot be its own benchmark.", remedy="Name covariates.")
    return found


def _benchmark_table(rows: list[Benchmark], alpha: float, degrees: float) -> Table:
    frame = _benchmark_frame(rows, alpha, degrees)
    shown = f"{fixed(100 * (1 - alpha), 0)}\u202f% interval"
    columns = (
        Column("benchmark", "Confounder as strong as"),
        Column("multiple", "times", "fixed:1"),
        Column("r2_treatment", "treatment", "fixed:4", "Partial R2 with"),
        Column("r2_outcome", "outcome", "fixed:4", "Partial R2 with"),
        Column("estimate", "Estimate", "significant:5"),
        Column("std_error", "Std. error", "significant:4"),
        Column("t", "t", "fixed:2"),
        Column("lower", "from", "significant:4", shown),
        Column("upper", "to", "significant:4", shown),
    )
    note = "Estimates as they would be, at worst, beside a confounder of that strength."
    return Table("benchmarks", "Confounders as strong as observed covariates", frame, columns, (note,))


def _benchmark_frame(rows: list[Benchmark], alpha: float, degrees: float) -> Any:
    import pandas as pd

    half = float(-t_ppf(alpha / 2.0, degrees - 1.0))
    return pd.DataFrame(
        [
            {
                "benchmark": name,
                "multiple": k,
                "r2_treatment": a.r2_treatment,
                "r2_outcome": a.r2_outcome,
                "estimate": a.estimate,
                "std_error": a.std_error,
                "t": a.t,
                "lower": a.estimate - half * a.std_error,
                "upper": a.estimate + half * a.std_error,
            }
            for name, k, a in rows
        ]
    )


def _benchmark_figure(d: Design, rows: list[Benchmark], n: dict[str, float], alpha: float) -> Figure:
    import pandas as pd

    half = float(-t_ppf(alpha / 2.0, n["degrees"])) * n["std_error"]
    frame = _benchmark_frame(rows, alpha, n["degrees"])
    frame["term"] = [f"{k:g} × {label(b)}" for b, k in zip(frame["benchmark"], frame["multiple"], strict=True)]
    own = {
        "term": "as estimated",
        "estimate": n["estimate"],
        "lower": n["estimate"] - half,
        "upper": n["estimate"] + half,
    }
    data = pd.concat([pd.DataFrame([own]), frame[["term", "estimate", "lower", "upper"]]], ignore_index=True)
    clear = int(((frame["lower"] > 0.0) | (frame["upper"] < 0.0)).sum())
    level = fixed(100 * (1 - alpha), 0)
    return Figure(
        "benchmarks",
        FigureKind.COEFFICIENTS,
        f"Beside {clear} of {len(frame)} confounders the estimate would still differ from zero",
        f"Estimate beside a confounder so many times as strong, {level}\u202f% intervals; {fixed(d.n, 0)} rows",
        f"Source: {d.source.name}; estimated by least squares; the confounder is assumed.",
        "Estimates: " + "; ".join(f"{t} {e:.4g}" for t, e in zip(data["term"], data["estimate"], strict=True)),
        data,
        {"term": "term", "estimate": "estimate", "lower": "lower", "upper": "upper", "value_title": "Estimate"},
    )


def _robustness_check(rows: list[Benchmark], n: dict[str, float]) -> tuple[Check, ...]:
    if not rows:
        return ()
    weakest = min(k for _, k, _ in rows)
    strongest = max(max(a.r2_treatment, a.r2_outcome) for _, k, a in rows if k == weakest)
    return (
        Check.at_least(
            "robustness_value",
            n["rv_qa"],
            strongest,
            "Robustness value (at the level of significance) against the strongest share that a confounder "
            f"{weakest:g} times as strong as a benchmark covariate would explain.",
            "Say that a confounder like this covariate could take the finding away.",
        ),
    )


def _robustness_sentences(
    d: Design, treatment: str, n: dict[str, float], rows: list[Benchmark], q: float, alpha: float
) -> tuple[str, ...]:
    whole = "to zero" if q == 1.0 else f"by {percent(q, 0)}"
    told = [
        f"A confounder that explains {percent(n['rv_q'])} of what is left of both {label(treatment)} and {d.outcome} "
        f"would bring the estimate of {significant(n['estimate'], 4)} {whole}; {percent(n['rv_qa'], 2)} would do to "
        f"lose significance at the {percent(alpha, 0)} level ({fixed(d.n, 0)} observations)."
    ]
    for name in dict.fromkeys(b for b, _, _ in rows):
        _, k, a = next(r for r in rows if r[0] == name)
        told.append(
            f"Beside a confounder {k:g} times as strong as {label(name)} the estimate would be at worst "
            f"{significant(a.estimate, 4)} (t {fixed(a.t, 2)})."
        )
    return tuple(told)


_BIAS = Equation(
    "bias",
    r"|\mathrm{bias}| = se \sqrt{df \frac{R^2_{Y \sim Z|D,X} R^2_{D \sim Z|X}}{1 - R^2_{D \sim Z|X}}}",
    'abs("bias") = "se" sqrt("df" (R_(Y Z)^2 R_(D Z)^2) / (1 - R_(D Z)^2))',
    "Bias from a confounder Z that explains given partial shares of outcome Y and treatment D",
)
