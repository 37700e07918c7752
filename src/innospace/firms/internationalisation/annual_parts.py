"""The study on an annual panel: technology, productivity, and the path of productivity around entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from innospace.core.progress import Progress, silent
from innospace.firms.design import table_of
from innospace.firms.internationalisation.plans import AnnualPlan
from innospace.firms.result import FirmResult

TITLE = "Productivity with exporting in its law (Ackerberg-Caves-Frazer)"


def parts_of(
    data: Any, plan: AnnualPlan, *, draws: int, seed: int, workers: int | None
) -> dict[str, Callable[[Progress], FirmResult]]:
    """Return the analyses of an annual panel by name, each to be run with a progress."""
    dataset = table_of(data)

    def technology(bootstrap: int, progress: Progress) -> FirmResult:
        from innospace.firms.productivity import productivity

        found = productivity(
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
            title=TITLE,
        )
        told = (s.replace(f", {TITLE}:", ":") for s in found.findings())
        return replace(found, sentences=tuple(s.replace("A unit more of export in", "Exporting in") for s in told))

    def event_study(progress: Progress) -> FirmResult:
        from innospace.firms.effects.did import did

        rows = technology(0, silent).frames["productivity"].rename(columns={"firm": plan.firm, "year": plan.year})
        own = rows[[plan.firm, plan.year, "omega"]].rename(columns={"omega": "log_productivity"})
        frame = dataset.frame.merge(own, on=[plan.firm, plan.year])
        return did(
            "log_productivity",
            dataset.with_frame(frame, "Log productivity is that of the production function above."),
            firm=plan.firm,
            year=plan.year,
            treatment=plan.export,
            seed=seed,
            aggregate="dynamic",
            title="Productivity around the start of exporting",
            progress=progress,
        )

    return {"productivity": lambda progress: technology(draws, progress), "event study": event_study}
