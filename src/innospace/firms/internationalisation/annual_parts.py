"""The study on an annual panel: technology, productivity, and the path of productivity around entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from innospace.core.progress import Progress, silent
from innospace.firms.design import table_of
from innospace.firms.internationalisation.plans import AnnualPlan
from innospace.firms.result import FirmResult


def parts_of(
    data: Any, plan: AnnualPlan, *, draws: int, seed: int, workers: int | None
) -> dict[str, Callable[[Progress], FirmResult]]:
    """Return the analyses of an annual panel by name, each to be run with a progress."""
    dataset = table_of(data)

    def technology(bootstrap: int, progress: Progress) -> FirmResult:
        from innospace.firms.productivity import productivity

        return productivity(
            dataset,
            output=plan.value_added,
            labour=plan.employees,
            capital=plan.capital,
            materials=plan.materials,
            method="acf",
            logs=True,
            firm=plan.firm,
            year=plan.year,
            markov=1,
            law=plan.export,
            bootstrap=bootstrap,
            workers=workers,
            seed=seed,
            progress=progress,
            title="Productivity with exporting in its law (Ackerberg-Caves-Frazer)",
        )

    def event_study(progress: Progress) -> FirmResult:
        from innospace.firms.effects.did import did

        rows = technology(0, silent).frames["productivity"].rename(columns={"firm": plan.firm, "year": plan.year})
        frame = dataset.frame.merge(rows[[plan.firm, plan.year, "omega"]], on=[plan.firm, plan.year])
        return did(
            "omega",
            dataset.with_frame(frame, "Log productivity (omega) is that of the production function above."),
            firm=plan.firm,
            year=plan.year,
            treatment=plan.export,
            seed=seed,
            aggregate="dynamic",
            title="Productivity around the start of exporting",
            progress=progress,
        )

    return {"productivity": lambda progress: technology(draws, progress), "event study": event_study}
