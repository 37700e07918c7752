"""An economy of many regions as a step of a study: options of a ``[step.NAME]`` table, checks, paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from innospace.core.document import Equation
from innospace.core.errors import InnospaceError
from innospace.core.inputs import TABLE, StepInputs
from innospace.core.labels import require_known
from innospace.core.progress import Progress, part, silent
from innospace.core.result import Result
from innospace.economy import linked
from innospace.economy.models.regions.assumptions import Assumptions
from innospace.economy.models.regions.base_year import base_year
from innospace.economy.models.regions.dynamics import lever_paths
from innospace.economy.models.regions.presentation import ABOUT
from innospace.economy.models.regions.result import EFFECT, KIND, RegionsResult
from innospace.economy.models.regions.run import require_years, solve_regions, with_channels
from innospace.economy.scenario import Scenario

RESULTS: Mapping[str, type[Result]] = {KIND: RegionsResult}
ROLES: Mapping[str, bool] = {TABLE: True}
OFFERS = (EFFECT,)
TAKES = (f"{linked.PREFIX}*",)
SCENARIOS = True


class Options(BaseModel):
    """What a step with many regions may say."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    years: Annotated[list[int], Field(min_length=2, max_length=2)] = Field(
        default=[2012, 2030], title="Years", description="Base year, which is that of the table, and last year."
    )
    scenarios: list[str] | None = Field(
        default=None, title="Scenarios", description="Names of scenarios of the study; all of them when empty."
    )
    assumptions: dict[str, float] = Field(
        default_factory=dict, title="Assumptions", description="Names and numbers; the defaults stand in the report."
    )
    channels: bool = Field(
        default=False,
        title="Split effects by channel",
        description="Everything is solved again without spillovers, to tell what these bring to every region.",
    )
    route: Literal["automatic", "newton", "block"] = Field(
        default="automatic", title="Solver", description="Newton's method unless elimination of blocks is named."
    )


def described(_options: Options) -> tuple[str, tuple[Equation, ...]]:
    """Return what is solved, in a paragraph."""
    return ABOUT, ()


def preflight(options: Options, inputs: StepInputs) -> list[InnospaceError]:
    """Return every problem that can be found without solving."""
    found: list[InnospaceError] = []
    try:
        a = Assumptions.from_dict(options.assumptions)
        years = require_years(_years(options))
        base = base_year(inputs.table, a)
        scenarios = chosen(options, inputs)
    except InnospaceError as error:
        return [error]
    waiting = bool(linked.unresolved(inputs.links))
    pending = {str(s["name"]) for s in inputs.scenarios if waiting and linked.uses_links(s)}
    for scenario in scenarios:
        if scenario.name in pending:
            continue
        try:
            lever_paths(base, a, years, scenario)
        except InnospaceError as error:
            found.append(error)
    return found


def run(options: Options, inputs: StepInputs, *, seed: int = 0, progress: Progress = silent) -> Result:
    """Solve the regions without shocks and with those of every scenario."""
    route = "" if options.route == "automatic" else options.route
    result = solve_regions(
        inputs.table,
        chosen(options, inputs),
        years=_years(options),
        assumptions=Assumptions.from_dict(options.assumptions),
        route=route,
        seed=seed,
        progress=part(progress, 0.0, 0.5) if options.channels else progress,
    )
    if not options.channels:
        return result
    return with_channels(result, inputs.table, route=route, progress=part(progress, 0.5, 1.0))


def _years(options: Options) -> tuple[int, int]:
    return options.years[0], options.years[1]


def chosen(options: Options, inputs: StepInputs) -> tuple[Scenario, ...]:
    """Return the scenarios of a step, those at the ends of linked intervals among them.

    Raises
    ------
    LabelError, SpecError
        A scenario is not known, or takes a number that no link brings.
    """
    known = {str(s["name"]): linked.variants(s, inputs.links) for s in inputs.scenarios}
    names = list(known) if options.scenarios is None else options.scenarios
    require_known(names, list(known), kind="scenario", where="key 'scenarios'")
    return tuple({v.name: v for n in names for v in known[n]}.values())
