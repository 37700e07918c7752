"""The frontier as a step of a study: checks before estimation, the estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from innospace.core.document import Equation
from innospace.core.errors import InnospaceError, SpecError
from innospace.core.inputs import TABLE, StepInputs
from innospace.core.labels import require_known
from innospace.core.progress import Progress, part, silent
from innospace.core.result import Result
from innospace.data.groups import Grouping
from innospace.frontier.bootstrap.refits import Ask
from innospace.frontier.options import Options
from innospace.frontier.outcomes import OutcomesResult, OutcomesSpec
from innospace.frontier.panel.result import PanelResult
from innospace.frontier.panel.spec import PanelSpec
from innospace.frontier.presentation import symbols
from innospace.frontier.result import FrontierResult
from innospace.frontier.space import SpaceResult, SpaceSpec
from innospace.frontier.spec import FrontierSpec
from innospace.frontier.structure.metafrontier_result import MetafrontierResult
from innospace.frontier.structure.metafrontier_spec import MetafrontierSpec
from innospace.frontier.structure.result import StructureResult
from innospace.frontier.structure.spec import StructureSpec
from innospace.frontier.zeros import without_zeros
from innospace.numerics.cluster import executor_at

if TYPE_CHECKING:
    from innospace.data import Dataset
    from innospace.data.schemas.innovation_space import InnovationSpaceTable

RESULTS: Mapping[str, type[Result]] = {
    "frontier": FrontierResult,
    "innovation_space": SpaceResult,
    "panel_frontier": PanelResult,
    "structure_frontier": StructureResult,
    "metafrontier": MetafrontierResult,
    "outcomes": OutcomesResult,
}
ROLES: Mapping[str, bool] = {TABLE: True}
OFFERS = ("technical_efficiency", "used_share", "used_space", "parameters")
TAKES: tuple[str, ...] = ()
SCENARIOS = False
FITTED = 0.1
"""Progress of a step with a bootstrap when its frontier is estimated."""


def described(options: Options) -> tuple[str, tuple[Equation, ...]]:
    """Return the model that a step asks for: in a sentence and in equations."""
    spec = _spec(options)
    return symbols(str(spec)), spec.equations()


def _spec(options: Options) -> SpaceSpec | PanelSpec | StructureSpec | MetafrontierSpec | OutcomesSpec | FrontierSpec:
    if options.panel:
        return _panel_spec(options)
    if options.model:
        return _space_spec(options)
    if options.metafrontier:
        return _meta_spec(options)
    if options.outcomes:
        return _outcomes_spec(options)
    return _structure_spec(options) if options.structure else _frontier_spec(options)


def preflight(options: Options, inputs: StepInputs) -> list[InnospaceError]:
    """Return every problem that can be found without estimating."""
    dataset = inputs.table
    try:
        found = _table_problems(options, dataset)
        if found:
            return found
        if options.panel:
            from innospace.frontier.panel.fit import read_panel

            read_panel(_panel_spec(options), _panel_table(options, dataset))
            if options.bootstrap is not None:
                from innospace.frontier.panel.bootstrap import require_bootstrap

                require_bootstrap(_panel_spec(options), Ask(options.bootstrap, options.bootstrap_kind))
        elif options.model:
            return _space_problems(options, dataset)
        elif options.outcomes:
            from innospace.frontier.outcomes.fit import prepared, require_outcomes

            spec = _outcomes_spec(options)
            require_outcomes(spec, prepared(spec, dataset, options.zero_rule or "error", options.zero_value))
        else:
            _require_formula_fits(options, _prepared(options, dataset))
    except InnospaceError as error:
        return [error]
    return []


def run(options: Options, inputs: StepInputs, *, seed: int = 0, progress: Progress = silent) -> Result:
    """Estimate the step, and again on drawn samples where it asks for a bootstrap."""
    if options.bootstrap is None:
        return _estimated(options, inputs.table, seed, progress)
    result: Any = _estimated(options, inputs.table, seed, part(progress, 0.0, FITTED))
    own = seed if options.bootstrap_seed is None else options.bootstrap_seed
    with executor_at(options.scheduler) as executor:
        again = result.bootstrap(
            options.bootstrap,
            kind=options.bootstrap_kind,
            seed=own,
            workers=options.workers,
            executor=executor,
            resume=inputs.parts,
            progress=part(progress, FITTED, 1.0),
        )
    return cast(Result, replace(result, refits=again.refits))


def _estimated(options: Options, dataset: Dataset, seed: int, progress: Progress) -> Result:
    """Return the fit that a step asks for."""
    if options.panel:
        from innospace.frontier.panel.fit import fit_panel

        spec, table = _panel_spec(options), _panel_table(options, dataset)
        return fit_panel(spec, table, vcov=options.vcov, progress=progress)
    if options.model:
        from innospace.frontier.space import fit_space

        return fit_space(_validated(options, dataset), _space_spec(options), seed=seed, progress=progress)
    if options.outcomes:
        from innospace.frontier.outcomes import fit_outcomes

        return fit_outcomes(
            _outcomes_spec(options),
            dataset,
            vcov=options.vcov,
            zero_rule=options.zero_rule or "error",
            zero_value=options.zero_value,
            seed=seed,
            progress=progress,
        )
    from innospace.frontier.fitting import fit

    prepared = _prepared(options, dataset)
    if options.metafrontier:
        from innospace.frontier.structure.metafrontier import metafrontier

        return metafrontier(_meta_spec(options), prepared, seed=seed, progress=progress)
    if options.structure:
        from innospace.frontier.structure.fit import fit_structure

        return fit_structure(_structure_spec(options), prepared, vcov=options.vcov, seed=seed, progress=progress)
    return fit(_frontier_spec(options), prepared, vcov=options.vcov, seed=seed, progress=progress)


def _grouping(o: Options) -> Grouping | None:
    return Grouping(tuple(o.groups_from), o.groups, o.components, o.groups_by, o.names) if o.groups_from else None


def _meta_spec(options: Options) -> MetafrontierSpec:
    o = options
    given = (o.group, str(o.metafrontier), o.inefficiency, o.cost, o.draws, _grouping(o))
    return MetafrontierSpec(str(o.formula), *given)


def _space_spec(options: Options) -> SpaceSpec:
    o = options
    return SpaceSpec(o.inefficiency, o.level, tuple(o.focus), o.vcov, o.determinants or "", _grouping(o))


def _frontier_spec(options: Options) -> FrontierSpec:
    o = options
    return FrontierSpec(str(o.formula), o.inefficiency, o.cost, o.weights, o.cluster, o.noise, o.names)


def _outcomes_spec(options: Options) -> OutcomesSpec:
    o = options
    return OutcomesSpec(str(o.formula), tuple(o.outcomes), o.inefficiency, o.cost, o.names)


def _panel_spec(options: Options) -> PanelSpec:
    from innospace.frontier.space.fit import panel_formula

    o = options
    formula = panel_formula(str(o.panel), o.determinants or "") if o.model else str(o.formula)
    return PanelSpec(formula, o.unit, o.time, str(o.panel), o.inefficiency, o.cost, o.mundlak)


def _structure_spec(options: Options) -> StructureSpec:
    o = options
    return StructureSpec(
        str(o.formula), str(o.structure), o.inefficiency, o.cost, o.weights, o.cluster, o.classes, o.selected
    )


def _zero_options(options: Options) -> dict[str, Any]:
    from innospace.data.schemas.innovation_space import PAPER_ZERO

    return {
        "zero_rule": options.zero_rule or "replace",
        "zero_value": PAPER_ZERO if options.zero_value is None else options.zero_value,
    }


def _validated(options: Options, dataset: Dataset) -> InnovationSpaceTable:
    from innospace.data.schemas.innovation_space import validate

    return validate(dataset, **_zero_options(options))


def _panel_table(options: Options, dataset: Dataset) -> Dataset:
    """Return the table a panel works on; that of an innovation space is checked and has the years counted from 0."""
    if options.model is None:
        return _prepared(options, dataset)
    from innospace.frontier.space.fit import with_time

    checked = _validated(options, dataset)
    return replace(dataset, frame=with_time(checked.frame), steps=tuple(checked.steps))


def _prepared(options: Options, dataset: Dataset) -> Dataset:
    """Return the table a formula works on; with a rule for zeros, none is left where logarithms are taken."""
    if options.zero_rule is None:
        return dataset
    return without_zeros(dataset, str(options.formula), options.zero_rule, options.zero_value)


def _table_problems(options: Options, dataset: Dataset) -> list[InnospaceError]:
    if options.model is None:
        return []
    from innospace.data.schemas.innovation_space import problems

    return problems(dataset, **_zero_options(options))


def _space_problems(options: Options, dataset: Dataset) -> list[InnospaceError]:
    from innospace.frontier.fitting import require_fit
    from innospace.frontier.space.fit import complete, plan_models, with_time

    table = _validated(options, dataset)
    found: list[InnospaceError] = []
    try:
        require_known(options.focus, sorted(set(table.frame["region"].astype(str))), kind="region", where="key 'focus'")
    except InnospaceError as error:
        found.append(error)
    frame, _ = complete(with_time(table.frame), options.determinants or "")
    if (grouping := _grouping(options)) is not None:
        try:
            grouping.of(frame)
        except InnospaceError as error:
            found.append(error)
    for name, (formula, rows) in plan_models(frame, options.determinants or "").items():
        try:
            require_fit(FrontierSpec(formula, options.inefficiency), rows)
        except InnospaceError as error:
            where = f"model {name}: {error.where}" if error.where else f"model {name}"
            found.append(type(error)(error.what, where=where, allowed=error.allowed, remedy=error.remedy))
    return found


def _require_formula_fits(options: Options, dataset: Dataset) -> None:
    from innospace.frontier.fitting import require_fit

    if options.metafrontier:
        from innospace.frontier.structure.metafrontier import require_metafrontier

        require_metafrontier(_meta_spec(options), dataset)
        return
    if options.vcov in ("cluster", "jackknife") and options.cluster is None:
        raise SpecError(
            "A clustered covariance needs cluster labels.",
            where="key 'vcov'",
            remedy='Add a line: cluster = "COLUMN"',
        )
    if options.structure:
        from innospace.frontier.structure.fit import read_structure

        arrays = read_structure(_structure_spec(options), dataset).arrays
        if options.bootstrap is not None:
            from innospace.frontier.structure.bootstrap import require_bootstrap

            require_bootstrap(_structure_spec(options), Ask(options.bootstrap, options.bootstrap_kind), arrays)
        return
    require_fit(_frontier_spec(options), dataset)
    require_known(list(options.names), [str(c) for c in dataset.frame.columns], kind="column", where="key 'names'")
