"""Strength of instruments, tests and findings of fits with endogenous regressors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from innospace.core.checks import Check
from innospace.core.numbers import fixed
from innospace.core.table import Column, Table
from innospace.firms.endogeneity_design import Instrumented
from innospace.firms.endogeneity_fit import FirstStage, FTest
from innospace.firms.least_squares import fit_linear
from innospace.firms.presentation import estimate_clause, label, p_clause
from innospace.firms.result import FirmResult

WEAK = 10.0
"""First-stage F below which instruments are called weak (Staiger and Stock 1997)."""
_LEVEL = 0.05


def strength(stages: Sequence[FirstStage], kind: str) -> dict[str, float]:
    """Return the smallest first-stage F, and that of every endogenous regressor when there are several."""
    values = {s.name: s.tests[kind].statistic for s in stages}
    several = {f"first_stage_f: {name}": v for name, v in values.items()} if len(values) > 1 else {}
    weakest = min(stages, key=lambda s: s.tests[kind].statistic)
    numbers = {"first_stage_f": min(values.values()), "first_stage_f_p_value": weakest.tests[kind].p_value}
    return {**numbers, "partial_r2": weakest.partial_r2, **several}


def tested(tests: Mapping[str, FTest | None]) -> dict[str, float]:
    """Return statistics and p-values by name."""
    found: dict[str, float] = {}
    for name, test in tests.items():
        if test is not None:
            found |= {name: test.statistic, f"{name}_p_value": test.p_value}
    return found


def cluster_count(d: Instrumented) -> dict[str, float]:
    """Return the number of clusters, when there are any."""
    return {} if d.clusters is None else {"clusters": float(d.clusters.max() + 1)}


def weakness(stages: Sequence[FirstStage], kind: str) -> Check:
    """Return the check that instruments are not weak."""
    return Check.at_least(
        "first_stage_f",
        min(s.tests[kind].statistic for s in stages),
        WEAK,
        "Smallest F statistic of the excluded instruments in a first stage: with weak instruments estimates lean "
        "towards those without instruments, and intervals are too short.",
        "Look for stronger instruments; for a linear equation read the Anderson-Rubin test, valid with weak ones.",
    )


def overidentification(tests: Mapping[str, FTest | None], kind: str) -> tuple[Check, ...]:
    """Return the check that instruments do not contradict one another, where some are to spare."""
    test = tests["sargan" if kind == "analytic" else "hansen_j"]
    if test is None:
        return ()
    check = Check.at_least(
        "overidentification",
        test.p_value,
        _LEVEL,
        "p-value of the test (Sargan, or Hansen with robust errors) that all instruments are valid, given that as many "
        "as there are endogenous regressors are.",
        "Some instruments touch the outcome by themselves: drop those that might, and compare.",
    )
    return (check,)


def weak_warning(check: Check) -> tuple[str, ...]:
    """Return what a reader should know of weak instruments."""
    if check.ok:
        return ()
    return (f"The instruments are weak: the first-stage F is {check.value:.1f}, below {WEAK:g}.",)


def lost_warning(lost: int, draws: int) -> tuple[str, ...]:
    """Return how many draws of the bootstrap could not be fitted."""
    return (f"{lost} of {draws} bootstrap draws could not be fitted and were left out.",) if lost else ()


def stage_table(method: str, stages: Sequence[FirstStage], kind: str) -> Table:
    """Return F statistics and partial R2 of the first stages."""
    import pandas as pd

    rows = []
    for s in stages:
        t = s.tests[kind]
        rows.append([s.name, t.statistic, t.above, t.below, t.p_value, s.partial_r2])
    names = ["name", "f", "above", "below", "p_value", "partial_r2"]
    columns = (
        Column("name", "Endogenous regressor"),
        Column("f", "F of instruments", "fixed:2"),
        Column("above", "numerator", "fixed:0", "Degrees of freedom"),
        Column("below", "denominator", "fixed:0", "Degrees of freedom"),
        Column("p_value", "p", "p"),
        Column("partial_r2", "Partial R²", "fixed:4"),
    )
    notes = (f"Linear first stages, {kind} covariance. Below {WEAK:g} instruments are called weak.",)
    return Table(f"{method}-first-stage", "First stages", pd.DataFrame(rows, columns=names), columns, notes)


def linear_findings(result: FirmResult, d: Instrumented, tests: Mapping[str, FTest | None]) -> FirmResult:
    """Return the result of two-stage least squares with its findings."""
    plain = fit_linear(d.y, d.x).theta
    frame = result.coefficients()
    parts = [
        f"{label(name)} {estimate_clause(frame.loc[name])}, {fixed(plain[j], 3)} by least squares"
        for j, name in zip(d.endogenous, d.endogenous_names, strict=True)
    ]
    sentences = [f"{result.title}: {'; '.join(parts)} ({fixed(result.n, 0)} observations)."]
    sentences.append(_strength_sentence(result))
    sentences.append(_exogeneity_sentence(d, tests["wu_hausman"]))
    spare = tests["sargan" if result.kind == "analytic" else "hansen_j"]
    if spare is not None:
        verdict = "contradict one another" if spare.p_value < _LEVEL else "do not contradict one another"
        sentences.append(f"The instruments {verdict} ({p_clause(spare.p_value)}).")
    return replace(result, sentences=tuple(s for s in sentences if s))


def choice_findings(result: FirmResult, d: Instrumented, test: FTest) -> FirmResult:
    """Return the result of a control function with its findings."""
    parts = []
    for name in d.endogenous_names:
        effects = result.effects()
        row = effects[effects["name"] == name].iloc[-1]
        what = "discrete change" if row["kind"] == "average_discrete_change" else "marginal effect"
        parts.append(f"average {what} of {label(name)} {estimate_clause(row)}")
    first = f"{result.title}: {'; '.join(parts)} ({fixed(result.n, 0)} observations)."
    return replace(result, sentences=(first, _strength_sentence(result), _exogeneity_sentence(d, test)))


def _strength_sentence(result: FirmResult) -> str:
    f = result.numbers["first_stage_f"]
    return f"The instruments are {'strong' if f >= WEAK else 'weak'}: first-stage F {fixed(f, 1)}."


def _exogeneity_sentence(d: Instrumented, test: FTest | None) -> str:
    if test is None:
        return ""
    what = ", ".join(label(n) for n in d.endogenous_names)
    verdict = "is rejected" if test.p_value < _LEVEL else "is not rejected"
    return f"That {what} {'is' if len(d.endogenous) == 1 else 'are'} exogenous {verdict} ({p_clause(test.p_value)})."
