"""The study on an annual panel: technology, productivity, and the path of productivity around entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from innospace.core.progress import Progress
from innospace.firms.design import table_of
from innospace.firms.internationalisation.plans import AnnualPlan
from innospace.firms.result import FirmResult


def parts_of(
    data: Any, plan: AnnualPlan, *, draws: int, seed: int, workers: int | None
) -> dict[str, Callable[[Progress], FirmResult]]:
    """Return the analyses of an annual panel by name, each to be run with a progress."""
    dataset = table_of(data)

    def technology(progress: Progress) -> FirmResult:
        from innospace.firms.productivity import productivity

        return productivity(
            dataset,
            output=plan.value_added,
            labour=plan.employees,
            capital=plan.capital,
            materials=plan.materials,
            method="acf",
            firm=plan.firm,
            year=plan.year,
            markov=1,
            law=plan.export,
            bootstrap=draws,
            workers=workers,
            seed=seed,
            progress=progress,
            title="Productivity with exporting in its law (Ackerberg-Caves-Frazer)",
        )

    def event_study(progress: Progress) -> FirmResult:
        from innospace.firms.effects.did import did

        found = technology(lambda message, fraction: None) if not kept else kept[0]
        rows = found.frames["productivity"]
        log = "omega" if "omega" in rows.columns else str(rows.columns[-1])
        frame = dataset.frame.merge(
            rows[["firm", "year", log]], left_on=[plan.firm, plan.year], right_on=["firm", "year"]
        )
        table = dataset.with_frame(frame.assign(log_productivity=frame[log]))
        return did(
            "log_productivity",
            table,
            firm=plan.firm,
            year=plan.year,
            treatment=plan.export,
            seed=seed,
            aggregate="dynamic",
            title="Productivity around the start of exporting",
            progress=progress,
        )

    kept: list[FirmResult] = []

    def remembered(progress: Progress) -> FirmResult:
        kept.append(technology(progress))
        return kept[0]

    return {"productivity": remembered, "event study": event_study}
