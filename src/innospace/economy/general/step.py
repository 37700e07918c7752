"""A general equilibrium model as a step of a study: options of a ``[step.NAME]`` table, checks, solutions."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from innospace.core.document import Equation
from innospace.core.errors import InnospaceError, SpecError, offenders
from innospace.core.inputs import TABLE, StepInputs
from innospace.core.labels import require_known
from innospace.core.progress import Progress, part, silent
from innospace.core.provenance import Provenance, Source
from innospace.core.result import Result
from innospace.economy import linked
from innospace.economy.general.closure import fixed_transfer, keeping_transfer, unemployment
from innospace.economy.general.comparison import OWN, with_closures
from innospace.economy.general.compiled import Economy
from innospace.economy.general.files import spec_from_dict
from innospace.economy.general.mcp import with_others
from innospace.economy.general.models import MODELS, ready
from innospace.economy.general.models.ready_model import ReadyModel
from innospace.economy.general.options import ClosureOptions, Options
from innospace.economy.general.own_countries import COUNTRIES, on_matrices
from innospace.economy.general.own_countries import NAME as TWO
from innospace.economy.general.own_matrix import OwnModel, on_matrix, require_form
from innospace.economy.general.policy import NAME, Lever, Mix, cheapest
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.sensitivity import Uncertain
from innospace.economy.general.solve import compile_spec, solve
from innospace.economy.general.spec import Spec
from innospace.economy.general.storage import KIND
from innospace.economy.general.study_result import BASELINE, EquilibriumResult
from innospace.economy.general.workbook import SAM, SHEETS, from_sheets
from innospace.economy.scenario import Scenario
from innospace.numerics.cluster import executor_at

RESULTS: Mapping[str, type[Result]] = {KIND: EquilibriumResult}
PARTNER = "partner"
"""Role of the matrix of the second of two countries."""
ROLES: Mapping[str, bool] = {TABLE: False, PARTNER: False}
OFFERS = ("welfare_effect",)
TAKES = (f"{linked.PREFIX}*",)
SCENARIOS = True
TAKEN = (
    *(BASELINE, "kind", "name", "tax", "receiver", "payer"),
    *("account", "item", "basket", "formula", "flow", "agent", "factor", "measure", "country"),
)
"""Names that no scenario may have: the baseline, and columns of tables with a column a scenario."""


def described(options: Options) -> tuple[str, tuple[Equation, ...]]:
    """Return what a step does, in a sentence; the report lists the conditions."""
    known = ready(options.model) if options.model in MODELS else None
    name = f"{known.title} ({options.model}, {known.source})" if known else f"The model {options.model}"
    return f"{name}: prices, levels and incomes at which every market clears and every activity breaks even.", ()


def preflight(options: Options, inputs: StepInputs) -> list[InnospaceError]:
    """Return every problem that can be found without solving."""
    found: list[InnospaceError] = []

    def attempt(check: Callable[[], Any]) -> Any:
        try:
            return check()
        except InnospaceError as error:
            if str(error) not in map(str, found):
                found.append(error)
            return None

    economy = attempt(lambda: compile_spec(spec_of(options, inputs)))
    for spec in (attempt(lambda: closures_of(options, inputs)) or {}).values():
        attempt(functools.partial(compile_spec, spec))
    moved = attempt(lambda: uncertain_of(options)) or ()
    levers = attempt(lambda: levers_of(options)) or ()
    chosen = attempt(lambda: chosen_scenarios(options, inputs)) or ()
    if economy is not None:
        for one in moved:
            attempt(functools.partial(shocked, economy, Scenario("assumption", shocks=(one.shock(1.0),))))
        for lever in levers:
            attempt(functools.partial(shocked, economy, Scenario("lever", shocks=(lever.shock(1.0),))))
        waiting = bool(linked.unresolved(inputs.links))
        pending = {str(s["name"]) for s in inputs.scenarios if waiting and linked.uses_links(s)}
        for scenario in chosen:
            if scenario.name not in pending:
                attempt(functools.partial(shocked, economy, scenario))
    return found


def run(options: Options, inputs: StepInputs, *, seed: int = 0, progress: Progress = silent) -> Result:
    """Solve the model without shocks and with those of every scenario."""
    economy = compile_spec(spec_of(options, inputs))
    known = ready_of(options) if options.model in MODELS and TABLE not in inputs.tables else None
    own = own_of(options, inputs)
    dynamics = known.dynamics if own is None and known else own.dynamics if own else None
    sources = tuple(inputs.tables[role].source for role in ROLES if role in inputs.tables)
    route = "" if options.route == "automatic" else options.route
    scenarios = chosen_scenarios(options, inputs)
    mix = _mix(options, economy)
    if mix is not None:
        scenarios = (*scenarios, mix.scenario())
    told = part(progress, 0.0, 0.25)
    starts = options.starts if options.starts is not None else known.starts if known else 0
    result = solve_scenarios(
        economy, scenarios, model=known, route=route, starts=starts, sources=sources, seed=seed, progress=told
    )
    if dynamics is not None:
        result = result.with_path(dynamics)
    if mix is not None:
        result = replace(result, mix=mix)
    if options.closures and scenarios:
        result = with_closures(result, closures_of(options, inputs), part(progress, 0.25, 0.3))
    if options.decompose:
        result = result.with_decomposition(part(progress, 0.3, 0.4))
    if options.channels:
        result = result.with_channels(part(progress, 0.4, 0.5))
    if not (options.uncertain and scenarios):
        return result
    with executor_at(options.scheduler) as executor:
        return result.with_sensitivity(
            uncertain_of(options),
            method=options.sensitivity,
            draws=options.draws,
            seed=seed,
            workers=options.workers,
            executor=executor,
            resume=inputs.parts,
            progress=part(progress, 0.5, 1.0),
        )


def levers_of(options: Options) -> tuple[Lever, ...]:
    """Return the levers of a search."""
    if options.levers and not options.target:
        raise SpecError("A search with levers needs a target.", where="key 'target'", allowed="ev.AGENT, or an unknown")
    return tuple(Lever(x.parameter, x.op, x.limit, x.cost, _labels(x.where)) for x in options.levers)


def _mix(options: Options, economy: Economy) -> Mix | None:
    if not options.levers:
        return None
    budget = np.inf if options.budget is None else options.budget
    return cheapest(economy, levers_of(options), options.target, options.aim, budget=budget)


def _labels(where: Mapping[str, str | list[str]]) -> dict[str, tuple[str, ...]]:
    return {k: (v,) if isinstance(v, str) else tuple(v) for k, v in where.items()}


def uncertain_of(options: Options) -> tuple[Uncertain, ...]:
    """Return the assumptions that may be wrong."""
    return tuple(Uncertain(u.parameter, u.spread, _labels(u.where)) for u in options.uncertain)


def solve_scenarios(
    economy: Economy,
    scenarios: Sequence[Scenario],
    *,
    model: ReadyModel | None = None,
    route: str = "",
    starts: int = 0,
    sources: tuple[Source, ...] = (),
    seed: int = 0,
    progress: Progress = silent,
) -> EquilibriumResult:
    """Solve a model without shocks and with those of every scenario.

    Parameters
    ----------
    economy : Economy
        See :func:`innospace.economy.general.solve.compile_spec`.
    scenarios : sequence of Scenario
    model : ReadyModel, optional
        Brings title, source and the names of its textbook.
    route : str
        See :func:`innospace.economy.general.solve.solve`.
    starts : int
        Of a search for further equilibria of every solution; none when zero.
    sources : tuple of Source
        Where the data of the model are from.
    seed : int
        Kept with the result; of the starts of a search.
    progress : callable

    Returns
    -------
    EquilibriumResult
        A scenario without a solution is a status and a failed gate.

    Raises
    ------
    SpecError, LabelError
        A scenario has the name of another, or moves what the model does not have.
    """
    names = [s.name for s in scenarios]
    bad = sorted({n for n in names if names.count(n) > 1 or n in TAKEN})
    if bad:
        raise SpecError(f"Scenarios have names that are taken: {offenders(bad)}.", remedy="Rename them.")
    moved = {s.name: shocked(economy, s) for s in scenarios}  # every mistake is found before anything is solved
    solutions: dict[str, Equilibrium] = {BASELINE: solve(economy, route=route)}
    for n, (name, p) in enumerate(moved.items()):
        progress(f"Solving {name}", n / len(moved))
        known = solutions[BASELINE]
        before = (known.unknowns, known.parameters) if known.status.converged else None
        start = None if economy.has_benchmark else known.unknowns
        solutions[name] = solve(economy, p, start=start, known=before, route=route)
    if starts:
        solutions = {n: with_others(s, starts=starts, seed=seed) for n, s in solutions.items()}
    progress("Done", 1.0)
    options = {"model": economy.spec.name, "scenarios": names, "route": route or "automatic"}
    spec, provenance = economy.spec, Provenance.now(sources, options, seed)
    title, source = (model.title, model.source) if model else (spec.title, "")
    by_name = {s.name: s for s in scenarios}
    return EquilibriumResult(solutions, by_name, provenance, title, source, _textbook(model, solutions))


def _textbook(model: ReadyModel | None, solutions: Mapping[str, Equilibrium]) -> Any:
    import pandas as pd

    if model is None:
        return None
    columns = {n: model.levels(s) if s.status.converged else {} for n, s in solutions.items()}
    names = list(columns[BASELINE])
    rows = {n: [levels.get(key, np.nan) for key in names] for n, levels in columns.items()}
    return pd.DataFrame({"name": names, **rows})


def spec_of(options: Options, inputs: StepInputs) -> Spec:
    """Return the model of a step with the closures that the step chooses.

    Raises
    ------
    SpecError, LabelError, DataError
        See :func:`model_of`; or a closure names what is not there.
    """
    return closed(model_of(options, inputs), options, options.model)


def model_of(options: Options, inputs: StepInputs) -> Spec:
    """Return the model of a step before closures.

    Raises
    ------
    SpecError, LabelError, DataError
        The model is not known, or cannot be read, or does not fit the matrix.
    """
    from innospace.data.sam import sam_from_dataset

    if options.definition:
        if options.dynamics:
            raise SpecError(
                "Only a ready model with years takes this key.", where="key 'dynamics'", remedy="Delete the key."
            )
        sam = sam_from_dataset(inputs.table) if TABLE in inputs.tables else None
        if sam is not None:
            sam.require_balanced()
        return spec_from_dict(_without_file(options, sam is not None), sam)
    known = ready_of(options)
    own = own_of(options, inputs)
    return known.spec if own is None else own.spec


def ready_of(options: Options) -> ReadyModel:
    """Return the ready model of a step with its years and rates.

    Raises
    ------
    SpecError, LabelError
        The model is not known, or has no such numbers.
    """
    require_known([options.model], list(MODELS), kind="model", where="key 'model'")
    return ready(options.model).with_dynamics(options.dynamics)


def own_of(options: Options, inputs: StepInputs) -> OwnModel | None:
    """Return a ready model on the matrix of the step; None when the step has none.

    Raises
    ------
    SpecError, LabelError, DataError
        See :func:`innospace.economy.general.own_matrix.on_matrix`; or accounts are named without a matrix.
    """
    from innospace.data.sam import sam_from_dataset

    pair = options.model == TWO and PARTNER in inputs.tables
    alone = PARTNER in inputs.tables and (not pair or TABLE not in inputs.tables)
    if alone or (options.countries and not pair):
        raise SpecError(
            f"Only {TWO!r} with two matrices takes a partner and names of countries.",
            where="keys 'data' and 'countries'",
            remedy=f'Set model = "{TWO}" and data = {{ table = "MATRIX", partner = "OTHER" }}.',
        )
    if options.model in MODELS and TABLE in inputs.tables:
        require_form(options.model)
        sam = sam_from_dataset(inputs.table)
        if pair:
            other, names = sam_from_dataset(inputs.tables[PARTNER]), tuple(options.countries or COUNTRIES)
            return on_matrices(sam, other, options.accounts, options.elasticities, names)
        return on_matrix(options.model, sam, options.accounts, options.elasticities, options.dynamics)
    for key in ("accounts", "elasticities"):
        if getattr(options, key):
            raise SpecError(
                "Only a ready model on a matrix of one's own takes this key.",
                where=f"key {key!r}",
                remedy='Add [data.matrix] with file = "...", and data = "matrix" to the step, or delete the key.',
            )
    return None


def shipped_scenarios(options: Options, inputs: StepInputs) -> tuple[Scenario, ...]:
    """Return the scenarios that come with the model."""
    if options.model not in MODELS or options.definition:
        return ()
    own = own_of(options, inputs)
    return ready_of(options).scenarios if own is None else own.scenarios


def closed(spec: Spec, choice: Options | ClosureOptions, model: str) -> Spec:
    """Return a model with the closures that a step or one of its tables of closures chooses."""
    if choice.rules:
        if model not in MODELS:
            raise SpecError("Only a ready model has closures by name.", where="key 'rules'", remedy="Delete the key.")
        spec = ready(model).close(choice.rules, spec)
    if choice.numeraire:
        goods = [c.name for c in spec.commodities]
        require_known([choice.numeraire], goods, kind="commodity", where="key 'numeraire'")
        spec = spec.with_numeraire((choice.numeraire, 1.0))
    for name, amount in choice.fixed_transfers.items():
        spec = fixed_transfer(spec, name, amount)
    for name, agent in choice.adjusting_transfers.items():
        spec = keeping_transfer(spec, name, agent)
    for u in choice.unemployment:
        spec = unemployment(spec, u.commodity, rate=u.rate, elasticity=u.elasticity)
    return spec


def closures_of(options: Options, inputs: StepInputs) -> dict[str, Spec]:
    """Return the model under every closure that is set beside that of the step, by name.

    Raises
    ------
    SpecError, LabelError
        A name is used twice, or a closure names what the model does not have.
    """
    names = [c.name for c in options.closures]
    doubled = sorted({n for n in names if names.count(n) > 1 or n == OWN})
    if doubled:
        raise SpecError(
            f"Closures have names that are taken: {offenders(doubled)}.",
            where="tables [[closures]]",
            allowed=f"names used once, other than {OWN!r}",
        )
    return {c.name: closed(model_of(options, inputs), c, options.model) for c in options.closures}


def _without_file(options: Options, has_matrix: bool) -> dict[str, Any]:
    """Return the definition without the file of its matrix, which in a study is data of the step."""
    if options.model in MODELS:
        raise SpecError(
            f"{options.model!r} is a ready model and cannot be defined anew.",
            where="key 'definition'",
            remedy="Give the model another name.",
        )
    said = options.definition
    if SHEETS in said:
        sheets: dict[str, Any] = said[SHEETS]
        said = from_sheets(sheets, options.model) | ({"sam": f"sheet {SAM!r}"} if SAM in sheets else {})
    if "sam" in said and not has_matrix:
        raise SpecError(
            f"The model takes its numbers from {said['sam']!r}, which the step does not name as data.",
            where="key 'data'",
            remedy='Add [data.matrix] with file = "...", and data = "matrix" to the step.',
        )
    name = options.model.removesuffix(".toml").removesuffix(".xlsx").rpartition("/")[2]
    return {"name": name, **{k: v for k, v in said.items() if k != "sam"}}


def chosen_scenarios(options: Options, inputs: StepInputs) -> tuple[Scenario, ...]:
    """Return the scenarios that a step solves, in order, those at the ends of linked intervals among them.

    Raises
    ------
    SpecError, LabelError
        A scenario is not known, or has the name of one of the model.
    """
    shipped = {s.name: (s,) for s in shipped_scenarios(options, inputs)}
    own = {str(s["name"]): linked.variants(s, inputs.links) for s in inputs.scenarios}
    taken = [v.name for found in own.values() for v in found if v.name in (*TAKEN, NAME, *shipped)]
    if taken:
        raise SpecError(
            f"Scenarios of the study have names that are taken: {offenders(taken)}.",
            allowed=f"any name but {offenders((*TAKEN, NAME, *shipped), shown=20)}",
            remedy="Rename them.",
        )
    known: dict[str, tuple[Scenario, ...]] = {**shipped, **own}
    known |= {v.name: (v,) for found in own.values() for v in found if v.name not in known}
    names = [*shipped, *own] if options.scenarios is None else options.scenarios
    require_known(names, list(known), kind="scenario", where="key 'scenarios'")
    return tuple({v.name: v for n in names for v in known[n]}.values())
