"""Agents as a step of a study: options of a ``[step.NAME]`` table, checks before a run, the runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from innospace.agents.assumptions import PARAMETERS, Assumptions, Calibrated
from innospace.agents.policy import Instrument, Policy
from innospace.agents.result import GAIN, KIND, AgentResult
from innospace.agents.spec import AgentSpec
from innospace.agents.summaries import QUANTITIES
from innospace.agents.targets import FrontierNumbers, Panel
from innospace.core.document import Equation
from innospace.core.errors import InnospaceError, SpecError
from innospace.core.inputs import TABLE, StepInputs
from innospace.core.progress import Progress, silent
from innospace.core.result import Result
from innospace.numerics.cluster import executor_at

if TYPE_CHECKING:
    from innospace.data.schemas.innovation_space import InnovationSpaceTable

RESULTS: Mapping[str, type[Result]] = {KIND: AgentResult}
ROLES: Mapping[str, bool] = {TABLE: True}
OFFERS = (*QUANTITIES, GAIN)
TAKES = ("delta", "share", "sigma_u", "sigma_v")
SCENARIOS = False
_NO_FORM: dict[str, JsonValue] = {"form": "none"}


class PolicyOptions(BaseModel):
    """One instrument in one region; those that share a name are one policy."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Annotated[str, Field(min_length=1, max_length=100)] = Field(
        description="Name of the policy; instruments that share it work together."
    )
    title: str = Field(default="", description="What charts and tables call the policy; its name when left out.")
    region: str = Field(description="Region whose agents the instrument reaches.")
    instrument: str = Field(description="What is done: innospace explain cooperation_centre, and so on.")
    years: Annotated[list[int], Field(min_length=2, max_length=2)] = Field(
        description="First and last year of the instrument, both included."
    )
    budget: float = Field(default=0.0, description="Million roubles a year.")
    rate: float = Field(default=0.5, description="Share of the costs of a joint project that the instrument pays.")


class Options(BaseModel):
    """What an agents step may say.

    The frontier (``delta``, ``share``, ``sigma_u``, ``sigma_v``) comes from links to a frontier step or is given here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    final: int = Field(default=2030, title="Last year", description="The first is the last year of the table.")
    replications: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=100, title="Runs", description="The country is run so many times without policy and with each."
    )
    policies: list[PolicyOptions] = Field(
        default_factory=list,
        title="Policies",
        description="Tables [[step.NAME.policies]], one for each instrument in a region; compared with no policy.",
        json_schema_extra=_NO_FORM,
    )
    focus: list[str] = Field(
        default_factory=list, title="Regions in focus", description="Shown by themselves, besides those of policies."
    )
    delta: float | None = Field(default=None, title="Elasticity of the frontier", description="Empty when linked.")
    share: float | None = Field(default=None, title="Share w of the frontier", description="Empty when linked.")
    sigma_u: float | None = Field(default=None, title="Spread of inefficiency", description="Empty when linked.")
    sigma_v: float | None = Field(default=None, title="Spread of noise", description="Empty when linked.")
    rd_organisations: float | None = Field(
        default=None,
        title="R&D organisations in all",
        description="Where the table has V only; that of the country when empty.",
    )
    growth_after: float = Field(
        default=0.0, title="Growth of the share in use after the table", description="Log points a year; assumed."
    )
    calibrated: dict[str, float] = Field(
        default_factory=dict,
        title="Numbers in place of a calibration",
        description="growth, openness_sd and dispersion; the calibration is then left out.",
    )
    calibration_replications: Annotated[int, Field(ge=8, le=10_000)] = Field(
        default=16, title="Runs of the calibration", description="A set of numbers is judged by so many."
    )
    max_evaluations: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=90, title="Sets of numbers tried", description="The calibration says when they did not suffice."
    )
    assumptions: dict[str, float] = Field(
        default_factory=dict, title="Assumptions", description="Names and numbers; the defaults stand in the report."
    )
    sensitivity: Annotated[int, Field(ge=0, le=65_536)] = Field(
        default=0, title="Points of the Sobol design", description="A power of two, or 0 for none."
    )
    # left out of what identifies the step: numbers do not depend on them
    workers: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        default=None, exclude=True, title="Processes", description="All cores when left out; no number depends on it."
    )
    scheduler: str | None = Field(
        default=None,
        exclude=True,
        title="Scheduler",
        description="Address of a Dask cluster whose workers do it instead, as tcp://10.0.0.1:8786.",
    )


def described(_options: Options) -> tuple[str, tuple[Equation, ...]]:
    """Return what is simulated, in a paragraph and in equations."""
    spec = AgentSpec()
    return str(spec), spec.equations()


def preflight(options: Options, inputs: StepInputs) -> list[InnospaceError]:
    """Return every problem that can be found without a run; linked numbers have no value yet."""
    from innospace.agents.country import require_fits, set_up
    from innospace.data.schemas.innovation_space import problems, validate

    found: list[InnospaceError] = problems(inputs.table)
    try:
        frontier = frontier_of(options, inputs)
        spec = spec_of(options)
        if not found:
            panel = Panel.of(validate(inputs.table).frame)
            require_fits(spec, panel)
            set_up(panel, frontier, spec, 0)
    except InnospaceError as error:
        found.append(error)
    return found


def run(options: Options, inputs: StepInputs, *, seed: int = 0, progress: Progress = silent) -> Result:
    """Calibrate the agents and run them."""
    from innospace.agents.country import simulate_country

    with executor_at(options.scheduler) as executor:
        return simulate_country(
            _validated(inputs),
            frontier_of(options, inputs),
            spec_of(options),
            seed=seed,
            workers=options.workers,
            executor=executor,
            resume=inputs.parts,
            progress=progress,
        )


def _validated(inputs: StepInputs) -> InnovationSpaceTable:
    from innospace.data.schemas.innovation_space import validate

    return validate(inputs.table)


def spec_of(options: Options) -> AgentSpec:
    """Return the spec that options ask for.

    Raises
    ------
    SpecError, LabelError
        An assumption, a calibrated number or an instrument is unknown or out of range.
    """
    from innospace.core.labels import require_known

    known = Assumptions().to_dict()
    require_known(list(options.assumptions), list(known), kind="assumption", where="key 'assumptions'")
    whole = {n for n, v in known.items() if isinstance(v, int)}
    given = {n: int(v) if n in whole and v == int(v) else v for n, v in options.assumptions.items()}
    parts = [n for n in given if n in whole and not isinstance(given[n], int)]
    if parts:
        raise SpecError(f"{parts[0]} is {given[parts[0]]:g}.", where="key 'assumptions'", allowed="a whole number")
    return AgentSpec(
        options.final,
        options.replications,
        _policies(options),
        Assumptions(**given),  # type: ignore[arg-type]
        _calibrated(options),
        options.calibration_replications,
        options.max_evaluations,
        options.growth_after,
        options.rd_organisations,
        tuple(options.focus),
        options.sensitivity,
    )


def _policies(options: Options) -> tuple[Policy, ...]:
    found: dict[str, Policy] = {}
    for p in options.policies:
        instrument = Instrument(p.region, p.instrument, (p.years[0], p.years[1]), p.budget, p.rate)
        before = found.get(p.name)
        title = (before.title if before else "") or p.title or p.name
        found[p.name] = Policy(p.name, title, (*(before.instruments if before else ()), instrument))
    return tuple(found.values())


def _calibrated(options: Options) -> Calibrated | None:
    if not options.calibrated:
        return None
    if set(options.calibrated) != set(PARAMETERS):
        raise SpecError(
            f"The key 'calibrated' holds {', '.join(options.calibrated)}.",
            allowed=f"all of {', '.join(PARAMETERS)}, or nothing",
            remedy="Leave it out to calibrate.",
        )
    return Calibrated(**options.calibrated)


def frontier_of(options: Options, inputs: StepInputs) -> FrontierNumbers:
    """Return the frontier, linked or given; before a run a linked number stands as one half.

    Raises
    ------
    SpecError
        A number is missing, or both linked and given.
    """
    values = {}
    for name in TAKES:
        linked, given = inputs.links.get(name), getattr(options, name)
        if (linked is None) == (given is None):
            raise SpecError(
                f"{name} of the frontier is {'missing' if linked is None else 'both linked and given'}.",
                where=f"key {name!r}",
                allowed="a number, or a link",
                remedy='Add [[link]] with from = "frontier.parameters", where = { model = "2012", parameter = "..." }.'
                if linked is None
                else "Delete the key or the [[link]].",
            )
        value = given if linked is None else linked.value
        values[name] = 0.5 if value != value else float(value)  # noqa: PLR0124 - nan differs from itself
    return FrontierNumbers(**values)
