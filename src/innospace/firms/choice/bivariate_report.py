"""What both bivariate probits tell: the correlation and its tests, combinations, figure and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed
from innospace.core.table import Column, Table
from innospace.firms.choice.bivariate_effects import JOINT
from innospace.firms.choice.bivariate_fit import BivariateFit
from innospace.firms.design import Design
from innospace.firms.estimates import Array, Effects
from innospace.firms.presentation import label, p_clause
from innospace.numerics.tails import chi2_sf, normal_ppf

if TYPE_CHECKING:
    import pandas as pd

_Z = float(normal_ppf(0.975))


def correlation_numbers(fit: BivariateFit, covariance: Array) -> dict[str, float]:
    """Return the correlation with its error, an interval from ``atanh(rho)``, and two tests that it is zero."""
    athrho, error = float(fit.theta[-1]), float(np.sqrt(covariance[-1, -1]))
    apart = sum(a.log_likelihood for a in fit.alone)
    ratio = max(2.0 * (fit.log_likelihood - apart), 0.0)
    wald = (athrho / error) ** 2
    return {
        "rho": fit.rho,
        "rho_std_error": (1.0 - fit.rho**2) * error,
        "rho_lower": float(np.tanh(athrho - _Z * error)),
        "rho_upper": float(np.tanh(athrho + _Z * error)),
        "rho_lr": ratio,
        "rho_lr_p_value": float(chi2_sf(ratio, 1)),
        "rho_wald": wald,
        "rho_wald_p_value": float(chi2_sf(wald, 1)),
        "independent_log_likelihood": apart,
    }


def tests_table(method: str, numbers: dict[str, float], robust: bool) -> Table:
    """Return the likelihood-ratio and Wald tests of no correlation."""
    import pandas as pd

    rows = [
        ("Likelihood ratio", numbers["rho_lr"], 1, numbers["rho_lr_p_value"]),
        ("Wald, of atanh(rho)", numbers["rho_wald"], 1, numbers["rho_wald_p_value"]),
    ]
    frame = pd.DataFrame(rows, columns=["test", "statistic", "degrees", "p_value"])
    columns = (
        Column("test", "Test of rho = 0"),
        Column("statistic", "Chi-squared", "fixed:3"),
        Column("degrees", "Degrees of freedom", "integer"),
        Column("p_value", "p", "p"),
    )
    remark = "With clusters or weights the likelihood-ratio test does not hold; read the Wald test."
    title = "Are the two decisions tied by what is not observed?"
    return Table(f"{method}-tests", title, frame, columns, (remark,) if robust else ())


def correlation_sentence(designs: Sequence[Design], numbers: dict[str, float], robust: bool) -> str:
    """Return what the correlation says, with sign, size, interval and rows."""
    one, two = (label(d.outcome) for d in designs)
    rho, p = numbers["rho"], numbers["rho_wald_p_value" if robust else "rho_lr_p_value"]
    rows = f"{fixed(designs[0].n, 0)} rows"
    if not np.isfinite(numbers["rho_std_error"]):
        return f"The correlation of the unobserved factors behind {one} and {two} goes to its bound ({rows})."
    interval = f"95\u202f% interval {fixed(numbers['rho_lower'])} to {fixed(numbers['rho_upper'])}, {p_clause(p)}"
    size = f"correlation {fixed(rho)} ({interval}; {rows})"
    if p >= 0.05:
        return f"No clear tie between {one} and {two} beyond the regressors: {size}."
    effect = "raise" if rho > 0 else "lower"
    return f"Unobserved factors that raise {one} also {effect} {two}: {size}."


def effect_sentence(effects: pd.DataFrame, kind: str, lead: str) -> str:
    """Return the clear effects of one kind, largest first, in one sentence; empty when there is none."""
    frame = effects[effects["kind"] == kind]
    clear = frame[(frame["lower"] > 0) | (frame["upper"] < 0)]
    if clear.empty:
        return f"{lead}: no regressor has an effect that differs from zero at the 5\u202f% level."
    clear = clear.iloc[np.argsort(-clear["z"].abs().to_numpy())]
    told = [
        f"{label(str(r['name']))} {fixed(100 * r['estimate'], 1)} points "
        f"({fixed(100 * r['lower'], 1)} to {fixed(100 * r['upper'], 1)})"
        for _, r in clear.head(3).iterrows()
    ]
    return f"{lead}: {', '.join(told)}; points of probability for one unit, 95\u202f% intervals."


def joint_figure(method: str, designs: Sequence[Design], frame: pd.DataFrame, source: str) -> Figure | None:
    """Return effects on the four joint probabilities with intervals; None without regressors."""
    one, two = (label(d.outcome) for d in designs)
    words = dict(zip(JOINT, (f"{one} and {two}", f"{one} only", f"{two} only", "neither"), strict=True))
    data = frame[frame["kind"].isin(list(JOINT))]
    if data.empty:
        return None
    data = data.assign(kind=[words[k] for k in data["kind"]], name=[label(str(n)) for n in data["name"]])
    data = data[["kind", "name", "estimate", "lower", "upper"]].reset_index(drop=True)
    both = data[data["kind"] == words["joint_11"]]
    clear = int(((both["lower"] > 0) | (both["upper"] < 0)).sum())
    encoding = {"term": "name", "estimate": "estimate", "lower": "lower", "upper": "upper", "model": "kind"}
    return Figure(
        f"{method}-joint-effects",
        FigureKind.COEFFICIENTS,
        f"{clear} of {len(both)} regressors change the probability of {one} together with {two}",
        f"Average marginal effects on the four joint probabilities, points of probability, 95\u202f% intervals, "
        f"{fixed(designs[0].n, 0)} rows",
        f"Source: {source}; estimated.",
        f"Effects on {one} and {two}: " + ", ".join(f"{r['name']} {r['estimate']:.3f}" for _, r in both.iterrows()),
        data,
        {**encoding, "value_title": "Points of probability"},
    )


def predicted_joint(effects: Effects) -> Array:
    """Return the mean predicted probabilities of the four combinations, ``(1, 1)`` first."""
    table = dict(zip(zip(effects.kinds, effects.names, strict=True), effects.values, strict=True))
    return np.array([table["probability", kind] for kind in JOINT])
