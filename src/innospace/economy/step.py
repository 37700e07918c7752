"""The economy as a step of a study: options of a ``[step.NAME]`` table, checks before solving, the solution."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from innospace.core.document import Equation
from innospace.core.errors import InnospaceError, SpecError, offenders
from innospace.core.inputs import LinkedValue, StepInputs
from innospace.core.labels import require_known
from innospace.core.progress import Progress, part, silent
from innospace.core.result import Result
from innospace.economy import linked
from innospace.economy.models.knowledge.closure import Closure
from innospace.economy.models.knowledge.model import KnowledgeModel
from innospace.economy.models.knowledge.result import EconomyResult
from innospace.economy.models.knowledge.spec import KnowledgeSpec
from innospace.economy.scenario import Scenario
from innospace.numerics.cluster import executor_at

if TYPE_CHECKING:
    from innospace.economy.models.knowledge.explore import Explorer

RESULTS: Mapping[str, type[Result]] = {"knowledge_economy": EconomyResult}
ROLES: Mapping[str, bool] = {"controls": True, "sam": False}
OFFERS = ("growth_effect",)
TAKES = ("efficiency", f"{linked.PREFIX}*")
SCENARIOS = True
BASELINE = "baseline"
"""Name of the path without shocks."""


class Assumptions(BaseModel):
    """What a study may assume otherwise than the defaults; see ``innospace explain`` for each name."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    alpha: dict[str, float] | None = Field(default=None, title="Effect of knowledge on productivity, by agent")
    beta: dict[str, float] | None = Field(default=None, title="Effect of training on productivity, by agent")
    gamma: dict[str, float] | None = Field(default=None, title="Effect of innovative goods on productivity, by agent")
    delta: dict[str, float] | None = Field(default=None, title="Effect of efficiency on productivity, by agent")
    labour_exponent: dict[str, float] | None = Field(default=None, title="Elasticity of output to labour, by agent")
    transformation: float | None = Field(default=None, title="Elasticity of transformation between products")
    substitution: float | None = Field(default=None, title="Elasticity of substitution between home and outside goods")
    export_elasticity: float | Literal["infinite"] | None = Field(
        default=None,
        title="Elasticity of exports to price",
        description="A number, or infinite: a given outside price.",
    )
    depreciation: float | None = Field(default=None, title="Depreciation of capital, per year")
    fiscal_depreciation: float | None = Field(default=None, title="Depreciation for taxes, per year")
    knowledge_depreciation: float | None = Field(default=None, title="Depreciation of knowledge, per year")
    knowledge_growth: float | None = Field(default=None, title="Growth of knowledge before the base year, per year")
    money_growth: float | None = Field(default=None, title="Growth of money, per year")
    outside_growth: float | None = Field(default=None, title="Growth of the outside world, per year")
    labour_growth: float | None = Field(default=None, title="Growth of labour, per year")


class Rules(BaseModel):
    """Choices of rules; see :data:`innospace.economy.models.knowledge.closure.CHOICES`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    set_price_supply: Literal["state_order", "fixed_share", "fixed_money"] = Field(
        default="state_order", title="Supply at set prices"
    )
    norm_index: Literal["wages", "consumer_prices"] = Field(default="wages", title="What norms are indexed by")
    knowledge: Literal["cumulative", "lag", "perpetual_inventory"] = Field(
        default="cumulative", title="How knowledge works on productivity"
    )
    relief: Literal["budget", "deposit"] = Field(default="budget", title="Where tax relief goes")


class Options(BaseModel):
    """What an economy step may say.

    ``efficiency`` comes from a link to a frontier step or is given here. ``scenarios`` names the options of the paper,
    other readings of them (``option-1-companies``), and scenarios of the study; when it is left out, the options and
    all scenarios of the study are solved. ``draws`` solves everything again that
    many times with drawn assumptions, on ``workers`` processes (all cores when left out), which change no number.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    model: Literal["knowledge"] = Field(
        default="knowledge", title="Model", description="Agents and markets of the source paper."
    )
    years: Annotated[list[int], Field(min_length=2, max_length=2)] = Field(
        default_factory=lambda: [2012, 2030],
        title="Years",
        description="The year of the figures, and the last year that is solved.",
    )
    efficiency: Annotated[float, Field(gt=0.0, le=1.0)] | None = Field(
        default=None,
        title="Efficiency of the innovation space",
        description="Between 0 and 1; leave it empty when a link brings it from a frontier.",
    )
    scenarios: list[str] | None = Field(
        default=None,
        title="Scenarios",
        description="The four options of the paper and all of the study when empty.",
    )
    assumptions: Assumptions = Field(
        default_factory=Assumptions, description="Numbers in place of defaults; a report prints them with reasons."
    )
    closure: Rules = Field(default_factory=Rules, description="Rules in place of defaults: who adjusts to whom.")
    draws: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        default=0, title="Draws", description="Everything is solved so many times again with drawn assumptions."
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


def described(options: Options) -> tuple[str, tuple[Equation, ...]]:
    """Return what a step does, in a sentence; its hundreds of equations stand in the reference."""
    first, last = options.years
    return (
        f"A region of seven agents with nine product and two labour markets, solved year by year from {first} to "
        f"{last}; the efficiency of the innovation space enters its productivity.",
        (),
    )


def preflight(options: Options, inputs: StepInputs) -> list[InnospaceError]:
    """Return every problem that can be found without solving; a linked efficiency has no value yet."""
    found: list[InnospaceError] = []

    def attempt(check: Callable[[], Any]) -> Any:
        try:
            return check()
        except InnospaceError as error:
            # a table of figures tells all its problems in one error
            for problem in getattr(error, "problems", (error,)):
                if str(problem) not in map(str, found):
                    found.append(problem)
            return None

    attempt(lambda: _efficiency(options, inputs))
    attempt(lambda: _spec(options, 0.5))
    for scenario in inputs.scenarios:
        if not linked.uses_links(scenario):
            attempt(functools.partial(Scenario.from_dict, scenario))
    chosen = attempt(lambda: chosen_scenarios(options, inputs)) or ()
    model = attempt(lambda: _model(options, inputs, 0.5))
    if model is not None and attempt(lambda: model.calibration) is not None:
        waiting = bool(linked.unresolved(inputs.links))
        pending = {str(s["name"]) for s in inputs.scenarios if waiting and linked.uses_links(s)}
        for scenario in chosen:
            if scenario.name not in pending:
                attempt(functools.partial(model.paths, scenario))
    return found


def run(options: Options, inputs: StepInputs, *, seed: int = 0, progress: Progress = silent) -> Result:
    """Solve the step, then draw if draws are asked for."""
    from innospace.economy.models.knowledge.solve import solve

    model, efficiency = model_of(options, inputs)
    scenarios = chosen_scenarios(options, inputs)
    solving = 0.1 if options.draws else 1.0
    told = part(progress, 0.0, solving)
    with executor_at(options.scheduler) as executor:
        how: dict[str, Any] = {"workers": options.workers, "executor": executor, "resume": inputs.parts, "seed": seed}
        result = solve(model, scenarios, efficiency=efficiency, **how, progress=told)
        if options.draws:
            result = _with_draws(result, options.draws, how, part(progress, solving, 1.0))
    if "sam" in inputs.tables:
        # a matrix of the study's own names itself; persons, capital and rates still come from the controls
        sources = (*result.provenance.sources, inputs.tables["controls"].source)
        result = replace(result, provenance=replace(result.provenance, sources=sources))
    return result


def model_of(options: Options, inputs: StepInputs) -> tuple[KnowledgeModel, LinkedValue]:
    """Return the calibrated model of a step, and the efficiency of the innovation space with where it comes from."""
    efficiency = _efficiency(options, inputs)
    return _model(options, inputs, efficiency.value), efficiency


def explorer(options: Options, inputs: StepInputs) -> Explorer:
    """Return the model of a step for scenario after scenario, as when a slider is moved."""
    from innospace.economy.models.knowledge.explore import Explorer

    return Explorer(*model_of(options, inputs))


def _with_draws(result: EconomyResult, count: int, how: Mapping[str, Any], progress: Progress) -> EconomyResult:
    from innospace.economy.models.knowledge.uncertainty import draw

    scenarios = [path.scenario for path in result.paths.values()][1:]
    found = draw(result.model, scenarios, count, efficiency=result.efficiency, **how, progress=progress)
    known = {**result.provenance.options, "draws": count}
    provenance = replace(result.provenance, options=known)
    return replace(result, draws=found.draws, gates=(*result.gates, found.check()), provenance=provenance)


def _efficiency(options: Options, inputs: StepInputs) -> LinkedValue:
    given_over = inputs.links.get("efficiency")
    if given_over is not None and options.efficiency is not None:
        raise SpecError(
            "The efficiency of the innovation space is both linked and given.",
            where="key 'efficiency'",
            remedy="Delete the key or the [[link]].",
        )
    if given_over is None and options.efficiency is None:
        raise SpecError(
            "The efficiency of the innovation space is missing.",
            where="key 'efficiency'",
            allowed="a number in (0, 1], or a link",
            remedy='Add [[link]] with from = "frontier.technical_efficiency" and to = "STEP.efficiency", or the key.',
        )
    nothing = float("nan")
    given = float(options.efficiency or nothing)
    return given_over or LinkedValue(given, nothing, nothing, "fraction", "given in the study")


def _spec(options: Options, efficiency: float) -> KnowledgeSpec:
    given = {name: value for name, value in options.assumptions.model_dump().items() if value is not None}
    return KnowledgeSpec.from_dict({"efficiency": efficiency, **given})


def _model(options: Options, inputs: StepInputs, efficiency: float) -> KnowledgeModel:
    from innospace.economy.models.knowledge.prior import base_inputs, build_sam, sam_from_dataset

    controls = inputs.tables["controls"]
    base = base_inputs(controls)
    if options.years[0] != base.year:
        raise SpecError(
            f"The first year is {options.years[0]} and the controls are of {base.year}.",
            where="key 'years'",
            allowed=f"years = [{base.year}, a later year]",
        )
    sam = sam_from_dataset(inputs.tables["sam"]) if "sam" in inputs.tables else build_sam(controls)
    closure = Closure(**options.closure.model_dump())
    return KnowledgeModel(sam, base, _spec(options, efficiency), closure, options.years[1])


def known_scenarios(inputs: StepInputs) -> dict[str, tuple[Scenario, ...]]:
    """Return what a step may solve: the options of the paper, other readings of them, scenarios of the study.

    Each name has its scenario, and where it takes linked numbers also those at the ends of their intervals.
    """
    from innospace.economy.models.knowledge.solve import option_readings, shipped_scenarios

    shipped = {**shipped_scenarios(), **option_readings()}
    own = {str(s["name"]): linked.variants(s, inputs.links) for s in inputs.scenarios}
    taken = [v.name for found in own.values() for v in found if v.name in (BASELINE, *shipped)]
    if taken:
        raise SpecError(
            f"Scenarios of the study have names that are taken: {offenders(taken)}.",
            allowed=f"any name but {offenders((BASELINE, *shipped))}",
            remedy="Rename them.",
        )
    return {**{name: (scenario,) for name, scenario in shipped.items()}, **own}


def chosen_scenarios(options: Options, inputs: StepInputs) -> tuple[Scenario, ...]:
    """Return the scenarios that a step solves, in order, those at the ends of linked intervals among them."""
    from innospace.economy.models.knowledge.solve import OPTIONS

    known = known_scenarios(inputs)
    own = {v.name: (v,) for s in inputs.scenarios for v in known[str(s["name"])]}
    names = [*OPTIONS, *own] if options.scenarios is None else options.scenarios
    require_known(names, [*known, *(n for n in own if n not in known)], kind="scenario", where="key 'scenarios'")
    every = [v for n in dict.fromkeys(names) for v in {**own, **known}[n]]
    return tuple({v.name: v for v in every}.values())
