"""The verb: calibrate the agents to a panel of regions, run them without and with policies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.agents.calibrate import Calibration, Setup, calibrate
from innospace.agents.population import COMPANIES, ORGANISATIONS, draw_population, split, whole_counts
from innospace.agents.replicate import Replications, replicate
from innospace.agents.spec import AgentSpec
from innospace.agents.targets import FrontierNumbers, Panel
from innospace.core.errors import SpecError
from innospace.core.labels import require_known
from innospace.core.parts import Resume, resumed
from innospace.core.progress import Progress, part, silent
from innospace.core.provenance import Nature, Provenance, Source
from innospace.data.geography import centres, distances

if TYPE_CHECKING:
    import pandas as pd

    from innospace.agents.assumptions import Calibrated
    from innospace.agents.model import AgentModel
    from innospace.agents.population import Array, Integers
    from innospace.agents.result import AgentResult
    from innospace.data.schemas.innovation_space import InnovationSpaceTable

NATIONAL = "rosstat-rd-organisations-national"


def simulate_country(
    table: InnovationSpaceTable | Any,
    frontier: FrontierNumbers,
    spec: AgentSpec | None = None,
    *,
    seed: int = 0,
    workers: int | None = 1,
    executor: Any = None,
    resume: Resume = None,
    progress: Progress = silent,
) -> AgentResult:
    """Calibrate the agents and run them.

    Parameters
    ----------
    table : InnovationSpaceTable, or anything ``innospace.data.schemas.innovation_space.validate`` accepts
        One row a region and year, consecutive years.
    frontier : FrontierNumbers
        Of the last year of the table.
    spec : AgentSpec, optional
    seed : int
    workers : int, optional
        Processes; all cores when None. No number depends on it.
    executor : optional
        An executor of :mod:`concurrent.futures` instead of ``workers``, such as that of a cluster.
    resume : path or Parts, optional
        A folder where finished parts are kept until all is done, so that an interrupted call goes on.
    progress : callable

    Returns
    -------
    AgentResult
        Its status is that of the calibration.

    Raises
    ------
    DataError, LabelError, SpecError
        The table, a policy or an assumption does not fit.
    """
    from innospace.agents.result import AgentResult
    from innospace.agents.sensitivity import sobol
    from innospace.data.schemas.innovation_space import InnovationSpaceTable, validate

    spec = spec or AgentSpec()
    checked = table if isinstance(table, InnovationSpaceTable) else validate(table)
    panel = Panel.of(checked.frame)
    require_fits(spec, panel)
    setup, steps, sources = set_up(panel, frontier, spec, seed)
    shares = (0.0, 0.4 if spec.calibrated is None else 0.0, 0.9 if spec.sensitivity else 1.0)
    with resumed(resume) as parts:
        how: dict[str, Any] = {"workers": workers, "executor": executor, "resume": parts}
        calibration, calibrated = _calibrated(setup, spec, how, part(progress, shares[0], shares[1]))
        model = setup.model(calibrated, spec.growth_after)
        first = panel.base - spec.assumptions.window + 1
        told = part(progress, shares[1], shares[2])
        runs = replicate(model, spec.policies, first, spec.final, spec.replications, seed=seed, **how, progress=told)
        frames = _frames(runs, model, frontier, panel, spec)
        if spec.sensitivity:
            chosen, told = spec.policies[0] if spec.policies else None, part(progress, shares[2], 1.0)
            frames["sensitivity"] = sobol(setup, calibrated, chosen, spec.sensitivity, seed=seed, **how, progress=told)
    provenance = Provenance.now((checked.source, *sources), {**spec.to_dict(), "frontier": frontier.to_dict()}, seed)
    return AgentResult(
        spec, frontier, calibrated, calibration, panel.base, frames, (*checked.steps, *steps), provenance
    )


def _calibrated(
    setup: Setup, spec: AgentSpec, how: dict[str, Any], progress: Progress
) -> tuple[Calibration | None, Calibrated]:
    """Return the calibration, None when its numbers are given, and these numbers."""
    if spec.calibrated is not None:
        return None, spec.calibrated
    found = calibrate(
        setup,
        replications=spec.calibration_replications,
        max_evaluations=spec.max_evaluations,
        **how,
        progress=progress,
    )
    return found, found.calibrated


def _frames(
    runs: Replications, model: AgentModel, frontier: FrontierNumbers, panel: Panel, spec: AgentSpec
) -> dict[str, pd.DataFrame]:
    """Return what runs say, by name."""
    from innospace.agents import summaries

    years, found = summaries.series(runs, model, frontier)
    touched = {p.name: {i.region for i in p.instruments} for p in spec.policies}
    return {
        "paths": summaries.paths(runs, years, found, panel),
        "country": summaries.country(runs, years, found),
        "effects": summaries.effects(runs, years, found, touched, panel),
        "networks": summaries.networks(runs),
        "flows": summaries.flow_table(runs, panel),
        "regions": summaries.by_region(runs, model, frontier, panel),
    }


def require_fits(spec: AgentSpec, panel: Panel) -> None:
    """Raise when policies, focus or years do not fit the panel.

    Raises
    ------
    LabelError, SpecError
    """
    if spec.final <= panel.base:
        raise SpecError(f"The last year is {spec.final}.", allowed=f"after {panel.base}, the last year of the table")
    if spec.final > panel.base + 60:
        raise SpecError(f"The last year is {spec.final}.", allowed=f"up to {panel.base + 60}")
    require_known(spec.focus, panel.regions, kind="region", where="key 'focus'")
    for policy in spec.policies:
        policy.check(panel.regions, (panel.base, spec.final))


def set_up(
    panel: Panel, frontier: FrontierNumbers, spec: AgentSpec, seed: int
) -> tuple[Setup, tuple[str, ...], tuple[Source, ...]]:
    """Return what calibration and runs hold fixed, what was done to get it, and further sources."""
    from innospace.data import load_geometry

    places = centres(load_geometry())
    found = [places.get(code) for code in panel.codes]
    steps: list[str] = []
    sources: tuple[Source, ...] = ()
    if panel.organisations is not None and panel.companies is not None:
        counts = (
            whole_counts(panel.organisations, panel.regions, ORGANISATIONS),
            whole_counts(panel.companies, panel.regions, COMPANIES),
        )
        steps.append("R&D organisations and innovative companies are those of the table.")
    else:
        total, sources = _organisations(panel, spec)
        counts = split(panel.space[:, -1], total, spec.assumptions.organisations_exponent)
        steps.append(_split_told(total, counts[1], panel.space[:, -1], spec.assumptions.organisations_exponent))
    lost = [name for name, place in zip(panel.regions, found, strict=True) if place is None]
    if lost:
        steps.append(f"{len(lost)} regions have no place on the map and stand at the median distance from all others.")
    population = draw_population(panel.regions, *counts, distances(found), spec.assumptions, seed=seed)
    return Setup(panel, frontier, population, spec.assumptions, seed), tuple(steps), sources


def _split_told(organisations: float, companies: Integers, space: Array, exponent: float) -> str:
    """Say how V was split, and that no split of it over so many organisations has much fewer companies.

    ``sum V / S`` subject to ``sum S`` is smallest at S in proportion to the root of V, where it is
    ``(sum sqrt(V))^2 / sum S``.
    """
    fewest = float(np.sqrt(space).sum() ** 2 / organisations)
    return (
        f"Only V = S B is known: {organisations:,.0f} R&D organisations were split over regions in proportion to V to "
        f"the power {exponent:g}, and innovative companies are V over them, {companies.sum():,.0f} in all (assumed; "
        "give the columns rd_organisations and innovative_companies to replace it). V and the number of organisations "
        f"force so many: no split has fewer than {fewest:,.0f}, which is that of the power one half. Only V counts for "
        "links and technologies; shares of companies with a link are to be read with this in mind."
    )


def _organisations(panel: Panel, spec: AgentSpec) -> tuple[float, tuple[Source, ...]]:
    """Return the number of R&D organisations of all regions: given, or that of the country in the base year."""
    if spec.rd_organisations is not None:
        if not spec.rd_organisations >= 1:
            raise SpecError(f"rd_organisations is {spec.rd_organisations:g}.", allowed="one or more")
        return float(spec.rd_organisations), ()
    from innospace.data import load_sample

    dataset = load_sample(NATIONAL)
    rows = dataset.frame[(dataset.frame["sector"] == "total") & (dataset.frame["year"] == panel.base)]
    if rows.empty or not any(code.startswith("RU-") for code in panel.codes):
        raise SpecError(
            "The table has only V, and how many R&D organisations there are in all is not known.",
            where="key 'rd_organisations'",
            allowed="a number, or the columns rd_organisations and innovative_companies in the table",
        )
    return float(rows["rd_organisations"].iloc[0]), (replace(dataset.source, nature=Nature.OBSERVED),)
