"""The study on one cross-section of innovating firms: what it can say, and what it cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.numbers import fixed
from innospace.core.progress import Progress
from innospace.data.dataset import Dataset
from innospace.firms.choice.binary import binary
from innospace.firms.design import table_of
from innospace.firms.internationalisation.plans import CrossPlan
from innospace.firms.internationalisation.together import CHANGE, together
from innospace.firms.internationalisation.wording import CROSS_SECTION
from innospace.firms.presentation import p_clause, points_clause
from innospace.firms.result import FirmResult

if TYPE_CHECKING:
    import pandas as pd

INTENSITY, PERFORMS = "log_rd_per_worker", "performs_rd"
ROLES = {
    "size": "log_employees",
    "productivity": "log_productivity",
    "export": "exporter",
    "foreign": "foreign_group",
    "cooperation": "cooperation",
    "rd": "rd",
}
"""What the column of each part is called in the results."""
NAMES = {
    "prod": "new_product",
    "proc": "new_process",
    "make": "rd_in_house",
    "buy": "rd_bought",
    "mach": "machinery_bought",
    "protect_inn": "protection",
    "fuentes_externas": "outside_sources",
}
"""Columns of the Ecuador sample in words; other names are kept."""


def cross_section_of(data: Any, plan: CrossPlan) -> tuple[Dataset, CrossPlan]:
    """Return the table with readable names, R&D outlays a worker in logs, and whether there are any; and its plan.

    Rows with a missing cell in a column of the study are left out and counted in ``steps``.
    """
    dataset = table_of(data)
    names = {getattr(plan, role): name for role, name in ROLES.items()}
    names |= {c: NAMES.get(c, c) for c in (*plan.outcomes, *plan.practices, *plan.exclusion, *plan.sources)} | names
    frame = dataset.frame.rename(columns=names)
    outlays = dataset.frame[list(plan.outlays)].sum(axis=1, min_count=1)
    workers = dataset.frame[plan.employees]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log((outlays / workers).where((outlays > 0) & (workers > 0)).astype(float))
    frame[INTENSITY] = ratio
    frame[PERFORMS] = ratio.notna().astype(float)
    several: dict[str, Any] = {
        k: tuple(names[c] for c in getattr(plan, k)) for k in ("outcomes", "practices", "exclusion", "sources")
    }
    several |= ROLES
    renamed = replace(plan, **several)
    whole = frame[list(dict.fromkeys(names.values()))].notna().all(axis=1)
    left = int((~whole).sum())
    rest = "has a missing cell and was" if left == 1 else "have a missing cell and were"
    step = f"{left} of {fixed(len(frame), 0)} firms {rest} left out." if left else ""
    return dataset.with_frame(frame[whole].reset_index(drop=True), step), renamed


def words(name: str) -> str:
    """Return the name of a column in words."""
    return CROSS_SECTION.get(name, name.replace("_", " "))


def parts_of(data: Dataset, plan: CrossPlan, *, draws: int, seed: int) -> dict[str, Callable[[Progress], FirmResult]]:
    """Return the analyses of a cross-section by name, each to be run with a progress."""
    regressors = [plan.export, plan.foreign, plan.cooperation, plan.size, *plan.controls]
    right = " + ".join(regressors)
    controls = [plan.export, plan.size, *plan.controls]

    def premium(_: Progress) -> FirmResult:
        return _premium(data, plan)

    def joint(_: Progress) -> FirmResult:
        from innospace.firms.choice.bivariate import biprobit

        first, second = (f"{o} ~ {right}" for o in plan.outcomes[:2])
        title = f"Joint decisions: {' and '.join(words(o) for o in plan.outcomes[:2])}"
        return biprobit(first, second, data, vcov="robust", title=title)

    def complements(_: Progress) -> FirmResult:
        from innospace.firms.complementarity import complementarity

        first = plan.outcomes[0]
        kept = [plan.export, plan.foreign, plan.size, *plan.controls]
        title = f"{', '.join(words(p) for p in plan.practices)} as complements in {words(first)}"
        options: dict[str, Any] = {"controls": kept, "link": "probit", "vcov": "robust", "seed": seed}
        return complementarity(first, plan.practices, data, **options, title=title)

    def mediated(progress: Progress) -> FirmResult:
        from innospace.firms.mediation import mediation

        chosen = (plan.outcomes[0], plan.cooperation, plan.foreign)
        title = f"How much of the effect of a foreign group on {words(chosen[0])} goes through cooperation"
        options: dict[str, Any] = {"controls": controls, "bootstrap": draws, "seed": seed, "progress": progress}
        return mediation(*chosen, data, **options, title=title)

    def balanced(_: Progress) -> FirmResult:
        from innospace.firms.effects.weighting import weight

        formula = f"{plan.export} ~ {' + '.join([plan.foreign, plan.size, *plan.controls])}"
        title = "R&D and innovation of exporters, others weighted to be like them (entropy balancing)"
        options: dict[str, Any] = {"method": "entropy_balancing", "estimand": "att", "title": title}
        return weight(formula, [plan.rd, *plan.outcomes], data, **options)

    def chain(progress: Progress) -> FirmResult:
        from innospace.firms.cdm import cdm

        common = " + ".join([plan.size, plan.export, plan.foreign, *plan.controls])
        firm = " + ".join([plan.size, *plan.controls])
        return cdm(
            data,
            selection=f"{PERFORMS} ~ {' + '.join([common, *plan.exclusion])}",
            intensity=f"{INTENSITY} ~ {common}",
            innovation=[f"{o} ~ {' + '.join([firm, *plan.sources])}" for o in plan.outcomes[:1]],
            productivity=f"{plan.productivity} ~ {firm} + {plan.foreign}",
            title="From R&D to innovation to sales per worker (Crepon, Duguet and Mairesse)",
            bootstrap=draws,
            seed=seed,
            progress=progress,
        )

    def decided(_: Progress) -> FirmResult:
        return decisions(data, plan)

    return {
        "premium": premium,
        "decisions": decided,
        "joint": joint,
        "balancing": balanced,
        "complementarity": complements,
        "mediation": mediated,
        "chain": chain,
    }


def _premium(data: Dataset, plan: CrossPlan) -> FirmResult:
    """Return the premium of exporters in log productivity."""
    from innospace.firms.premia import premia

    factors = [c.removeprefix("C(").removesuffix(")") for c in plan.controls if c.startswith("C(")]
    rest = [c for c in plan.controls if not c.startswith("C(")]
    level = np.exp(data.frame[plan.productivity])
    frame = data.frame.assign(firm=np.arange(len(data.frame)), year=0, sales_per_worker=level)
    regressors = [plan.size, plan.foreign, *rest]
    found = premia(
        data.with_frame(frame),
        "sales_per_worker",
        plan.export,
        controls=regressors,
        fixed_effects=factors,
        title="Premium of exporters in sales per worker, among innovating firms",
    )
    drawn = replace(found.plot.effects(), title=_premium_words(found).partition(" (")[0])
    return replace(found, figures=(drawn,), sentences=(_premium_words(found), *found.sentences[1:]))


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
        told.append(f"{who} against others, other things equal: the probability of {'; of '.join(parts)}.")
    return together(
        data.source,
        {"regressors": regressors},
        results,
        "decisions",
        "Who does R&D and who innovates, among innovating firms",
        "Probits on a cross-section: associations, other things equal. All firms in the sample are active in "
        "innovation, so everything is conditional on that; one wave cannot say what comes first.",
        shown,
        CHANGE,
        tuple(told),
        CROSS_SECTION,
    )


NEEDS_WAVES = (
    *("selection_size", "selection_productivity", "premium_export_import", "premium_machinery_inputs"),
    *("inputs_never", "continuous_new", "import_export", "machinery_inputs", "catching_up"),
)
SILENT = "Cannot speak: one wave, no starts and nothing before entry."
NO_COLUMN = "Cannot speak: the sample has no such column."


def speaks(key: str, results: Mapping[str, FirmResult]) -> str:
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
        return all_outcomes("exporter", "Exporters against others")
    if key == "partners":
        return all_outcomes("cooperation", "Firms that cooperate against others")
    if key == "foreign_owner":
        return all_outcomes("foreign_group", "Members of a foreign group against others")
    if key == "foreign_partner":
        found = results.get("mediation")
        return " ".join(found.findings()[:1]) if found is not None else NO_COLUMN
    if key == "complementarity":
        found = results.get("complementarity")
        return _pairs_words(found) if found is not None else NO_COLUMN
    return SILENT if key in NEEDS_WAVES else NO_COLUMN


def _premium_words(found: FirmResult) -> str:
    frame: pd.DataFrame = found.effects()
    row = frame[frame["kind"] == "premium_percent"].iloc[0]
    interval = f"{fixed(row['lower'], 0)} to {fixed(row['upper'], 0)}"
    clear = "" if row["lower"] > 0 or row["upper"] < 0 else "not clearly "
    side = "higher" if row["estimate"] >= 0 else "lower"
    firms = found.numbers[f"firms_{row['name']}"]
    return (
        f"Exporters have {clear}{fixed(abs(row['estimate']), 0)}\u202f% {side} "
        f"sales per worker than others of their industry, size and ownership (95\u202f% interval {interval}, "
        f"{p_clause(row['p_value'])}; {fixed(firms, 0)} of "
        f"{fixed(found.numbers['firms'], 0)} firms)."
    )


def _pairs_words(found: FirmResult) -> str:
    """Return the pairs of practices that are told to be complements or substitutes in new products."""
    told = []
    frame = next(t.frame for t in found.tables if t.name.endswith("complementarity-tests"))
    for _, row in frame.iterrows():
        if row["verdict"] in ("complements", "substitutes") and row["practices"].count("+") == 1:
            rejected = "p_complementarity" if row["verdict"] == "substitutes" else "p_substitutability"
            pair = " and ".join(words(p) for p in row["practices"].split("+"))
            told.append(f"{pair} are {row['verdict']} in new products ({p_clause(row[rejected])})")
    rest = "; other pairs cannot be told apart from neither" if told else "no pair of practices can be told"
    return f"Other practices than imports: {'; '.join(told)}{rest}."
