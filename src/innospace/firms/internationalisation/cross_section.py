"""The study on one cross-section of innovating firms: what it can say, and what it cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.numbers import fixed
from innospace.core.progress import Progress
from innospace.data.dataset import Dataset
from innospace.firms.choice.binary import binary
from innospace.firms.design import table_of
from innospace.firms.internationalisation.plans import CrossPlan
from innospace.firms.internationalisation.together import CHANGE, together
from innospace.firms.presentation import p_clause, points_clause
from innospace.firms.result import FirmResult

if TYPE_CHECKING:
    import pandas as pd

INTENSITY, PERFORMS = "ln_rd_per_worker", "performs_rd"
NAMES = {"prod": "new product", "proc": "new process", "id": "R&D", "coop": "cooperation"}
"""Columns of the Ecuador sample in words; other names are shown as they are."""


def words(name: str) -> str:
    """Return the name of a column in words."""
    return NAMES.get(name, name.replace("_", " "))


def cross_section_of(data: Any, plan: CrossPlan) -> Dataset:
    """Return the table with R&D outlays a worker in logs, and whether there are any.

    Rows without employees, or with a missing cell in a column of the study, are left out and counted in ``steps``.
    """
    dataset = table_of(data)
    frame = dataset.frame.copy()
    outlays = frame[list(plan.outlays)].sum(axis=1, min_count=1)
    workers = frame[plan.employees]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log((outlays / workers).where((outlays > 0) & (workers > 0)).astype(float))
    frame[INTENSITY] = ratio
    frame[PERFORMS] = ratio.notna().astype(float)
    used = [plan.size, plan.productivity, plan.export, plan.foreign, plan.cooperation, plan.rd]
    used += [*plan.outcomes, *plan.practices]
    whole = frame[used].notna().all(axis=1)
    kept = frame[whole].reset_index(drop=True)
    left = int((~whole).sum())
    step = f"{left} of {len(frame)} firms have a missing cell and were left out." if left else ""
    return dataset.with_frame(kept, step)


def parts_of(
    data: Dataset, plan: CrossPlan, *, draws: int, seed: int, workers: int | None
) -> dict[str, Callable[[Progress], FirmResult]]:
    """Return the analyses of a cross-section by name, each to be run with a progress."""
    regressors = [plan.export, plan.foreign, plan.cooperation, plan.size, *plan.controls]
    right = " + ".join(regressors)
    controls = [plan.export, plan.size, *plan.controls]
    repeated = {"seed": seed, "workers": workers}

    def premium(_: Progress) -> FirmResult:
        return _premium(data, plan)

    def joint(_: Progress) -> FirmResult:
        from innospace.firms.choice.bivariate import biprobit

        return biprobit(*(f"{o} ~ {right}" for o in plan.outcomes[:2]), data, vcov="robust")

    def complements(_: Progress) -> FirmResult:
        from innospace.firms.complementarity import complementarity

        first = plan.outcomes[0]
        kept = [plan.export, plan.foreign, plan.size, *plan.controls]
        return complementarity(first, plan.practices, data, controls=kept, link="probit", vcov="robust", seed=seed)

    def mediated(progress: Progress) -> FirmResult:
        from innospace.firms.mediation import mediation

        chosen = (plan.outcomes[0], plan.cooperation, plan.foreign)
        return mediation(*chosen, data, controls=controls, bootstrap=draws, progress=progress, **repeated)  # type: ignore[arg-type]

    def matched(_: Progress) -> FirmResult:
        from innospace.firms.effects.matching import match

        formula = f"{plan.export} ~ {' + '.join([plan.foreign, plan.size, *plan.controls])}"
        return match(formula, [plan.rd, *plan.outcomes], data, caliper=0.2)

    def chain(progress: Progress) -> FirmResult:
        from innospace.firms.cdm import cdm

        common = " + ".join([plan.size, plan.export, plan.foreign, *plan.controls])
        firm = " + ".join([plan.size, *plan.controls])
        return cdm(
            data,
            selection=f"{PERFORMS} ~ {' + '.join([common, *plan.exclusion])}",
            intensity=f"{INTENSITY} ~ {common}",
            innovation=[f"{o} ~ {firm}" for o in plan.outcomes[:1]],
            productivity=f"{plan.productivity} ~ {firm}",
            bootstrap=draws,
            progress=progress,
            **repeated,  # type: ignore[arg-type]
        )

    def decided(_: Progress) -> FirmResult:
        return decisions(data, plan)

    return {
        "premium": premium,
        "decisions": decided,
        "joint": joint,
        "matching": matched,
        "complementarity": complements,
        "mediation": mediated,
        "chain": chain,
    }


def _premium(data: Dataset, plan: CrossPlan) -> FirmResult:
    """Return the premium of exporters in log productivity."""
    from innospace.firms.premia import premia

    factors = [c.removeprefix("C(").removesuffix(")") for c in plan.controls if c.startswith("C(")]
    rest = [c for c in plan.controls if not c.startswith("C(")]
    frame = data.frame.assign(firm=np.arange(len(data.frame)), year=0)
    table = data.with_frame(frame)
    regressors = [plan.size, plan.foreign, *rest]
    return premia(table, plan.productivity, plan.export, controls=regressors, fixed_effects=factors, log=False)


def decisions(data: Dataset, plan: CrossPlan) -> FirmResult:
    """Return probits of R&D and of each innovation on exporting, foreign group and cooperation, side by side."""
    regressors = [plan.export, plan.foreign, plan.cooperation, plan.size, *plan.controls]
    results = {
        words(o): binary(f"{o} ~ {' + '.join(regressors)}", data, vcov="robust") for o in (plan.rd, *plan.outcomes)
    }
    shown = [plan.export, plan.foreign, plan.cooperation]
    told = []
    for term, who in zip(shown, ("Exporters", "Members of a foreign group", "Firms that cooperate"), strict=True):
        parts = [f"{name} {points_clause(r.effect(term, CHANGE))}" for name, r in results.items()]
        told.append(f"{who} against others, other things equal, probability: {'; '.join(parts)}.")
    return together(
        data.source,
        {"regressors": regressors},
        results,
        "decisions",
        "Who does R&D and who innovates, among innovating firms",
        "Probits on a cross-section: associations, other things equal. All firms in the sample are active in innovation, "
        "so everything is conditional on that; one wave cannot say what comes first.",
        shown,
        CHANGE,
        tuple(told),
    )


SILENT = "Cannot speak: one wave, no starts and nothing before entry."
NO_COLUMN = "Cannot speak: the sample has no such column."


def speaks(key: str, results: dict[str, FirmResult], plan: CrossPlan) -> str:
    """Return what the cross-section says about a finding of the brief, or why it cannot."""
    decided, joint = results.get("decisions"), {}
    if decided is not None:
        effects = decided.effects()
        joint = {
            (k, n): row for k, n, (_, row) in zip(effects["kind"], effects["name"], effects.iterrows(), strict=True)
        }

    def all_outcomes(term: str, lead: str) -> str:
        rows = [(k, row) for (k, n), row in joint.items() if n == term]
        if not rows:
            return NO_COLUMN
        told = "; ".join(f"{k.replace('_', ' ')} {points_clause(row)}" for k, row in rows)
        return f"{lead} (association among innovators): {told}."

    if key == "premium_continuous":
        found = results.get("premium")
        return _premium_words(found) if found is not None else NO_COLUMN
    if key == "learning_export":
        return all_outcomes(plan.export, "Exporters against others")
    if key == "partners":
        return all_outcomes(plan.cooperation, "Firms that cooperate against others")
    if key == "foreign_owner":
        return all_outcomes(plan.foreign, "Members of a foreign group against others")
    if key == "foreign_partner":
        found = results.get("mediation")
        return " ".join(found.findings()[:1]) if found is not None else NO_COLUMN
    if key == "complementarity":
        found = results.get("complementarity")
        return " ".join(found.findings()[:3]) if found is not None else NO_COLUMN
    silent = ("selection_size", "selection_productivity", "premium_export_import", "premium_machinery_inputs")
    silent += ("inputs_never", "continuous_new", "import_export", "machinery_inputs", "catching_up")
    return SILENT if key in silent else NO_COLUMN


def _premium_words(found: FirmResult) -> str:
    frame: pd.DataFrame = found.effects()
    row = frame[frame["kind"] == "premium_percent"].iloc[0]
    interval = f"{fixed(row['lower'], 0)} to {fixed(row['upper'], 0)}"
    clear = "" if row["lower"] > 0 or row["upper"] < 0 else "not clearly "
    return (
        f"Exporters are {clear}{fixed(row['estimate'], 0)}\u202f% more productive than others of their size and "
        f"industry (95\u202f% interval {interval}, {p_clause(row['p_value'])}); before entry it cannot say."
    )
