"""The frontier as a step of a study: options of a ``[step.NAME]`` table, checks before estimation, the estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from innospace.core.document import Equation
from innospace.core.errors import InnospaceError, SpecError
from innospace.core.inputs import TABLE, StepInputs
from innospace.core.labels import require_known
from innospace.core.progress import Progress, silent
from innospace.core.result import Result
from innospace.data.groups import Grouping
from innospace.frontier.bootstrap.draws import LEAST, MOST
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
from innospace.frontier.structure.spec import MOST_CLASSES, StructureSpec
from innospace.frontier.zeros import without_zeros

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
_OF_BOOTSTRAP = ("bootstrap", "bootstrap_kind", "bootstrap_seed")
_OF_FORMULA = (
    "cost",
    "weights",
    "cluster",
    "noise",
    "names",
    "unit",
    "time",
    "mundlak",
    "structure",
    "classes",
    "selected",
    "metafrontier",
    "group",
    "draws",
    "outcomes",
    *_OF_BOOTSTRAP,
)
_OF_META = ("group", "draws")
_OF_GROUPS = ("groups_from", "groups", "components", "groups_by")
_OF_SPACE = ("focus", "level", "determinants")
_OF_NAMES = ("names",)
_NOT_OF_ROWS = ("weights", "cluster", "noise", "names", "structure", "classes", "selected", *_OF_BOOTSTRAP)
_NOT_OF_PANEL = (*_NOT_OF_ROWS, "metafrontier", "outcomes")
_NOT_OF_STRUCTURE = ("noise", "names", "outcomes", *_OF_BOOTSTRAP)
_NOT_OF_OUTCOMES = ("weights", "cluster", "noise", *_OF_BOOTSTRAP)
_OF_PANEL = ("unit", "time", "mundlak")
_NOT_OF_META = (*_NOT_OF_ROWS, "vcov", "panel", "outcomes")
_Text = Annotated[str, Field(min_length=1, max_length=2000)]
_MODEL: dict[str, JsonValue] = {"only": "model, no panel"}
_NO_MODEL: dict[str, JsonValue] = {"only": "no model"}
_PANEL: dict[str, JsonValue] = {"only": "panel"}
_ROWS: dict[str, JsonValue] = {"only": "no model, no panel, no metafrontier"}
_STRUCTURE: dict[str, JsonValue] = {"only": "structure"}
_META: dict[str, JsonValue] = {"only": "metafrontier"}
_COLUMN: dict[str, JsonValue] = {"form": "column", "only": "no model, no panel, no metafrontier"}
"""What forms know of an option: what it is filled with, and when it matters."""


class Options(BaseModel):
    """What a frontier step may say; either ``model = "innovation_space"`` or a ``formula``.

    With a formula, ``zero_rule`` says what becomes of zeros in columns whose logarithms the formula takes, and
    ``names`` what columns are called in charts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    model: Literal["innovation_space"] | None = Field(
        default=None,
        title="Model",
        description="innovation_space: a frontier a year, all years pooled, hypotheses, used space. Leave it out to "
        "write a formula.",
        json_schema_extra={"empty": "A formula of my own"},
    )
    formula: _Text | None = Field(
        default=None,
        title="Formula",
        json_schema_extra={"form": "formula", "only": "no model"},
        description="Outcome ~ inputs. After bars: regressors of inefficiency (u:), its mean (mu:) or noise (v:).",
    )
    inefficiency: Literal[
        "half_normal",
        "exponential",
        "truncated_normal",
        "rayleigh",
        "uniform",
        "generalised_exponential",
        "truncated_laplace",
        "gamma",
        "weibull",
        "lognormal",
    ] = Field(
        default="half_normal", title="Inefficiency", description="Its distribution; half-normal is the usual beginning."
    )
    noise: Literal["normal", "student_t", "laplace"] = Field(
        default="normal",
        title="Noise",
        description="Its distribution; Student t and Laplace bear outliers.",
        json_schema_extra=_ROWS,
    )
    cost: bool = Field(
        default=False,
        title="Cost frontier",
        description="Inefficiency raises the outcome, as it does costs.",
        json_schema_extra=_NO_MODEL,
    )
    weights: str | None = Field(
        default=None, title="Weights", description="Column of positive weights of rows.", json_schema_extra=_COLUMN
    )
    cluster: str | None = Field(
        default=None,
        title="Clusters",
        description="Column whose equal values mark rows that are not independent.",
        json_schema_extra=_COLUMN,
    )
    vcov: Literal["hessian", "opg", "robust", "cluster"] = Field(
        default="hessian", title="Standard errors", description="robust: also when the model is only nearly right."
    )
    level: Annotated[float, Field(gt=0.0, lt=1.0)] = Field(
        default=0.95,
        title="Level of intervals",
        description="Between 0 and 1; 0.95 is usual.",
        json_schema_extra=_MODEL,
    )
    focus: list[str] = Field(
        default_factory=list,
        title="Regions in focus",
        description="Named in every chart and table.",
        json_schema_extra=_MODEL,
    )
    determinants: _Text | None = Field(
        default=None,
        title="Determinants",
        description="What inefficiency (u:), its mean (mu:) or noise (v:) depend on: u: z1 + z2 | v: w.",
        json_schema_extra={"only": "model", "empty": "None: alike in all regions"},
    )
    zero_rule: Literal["replace", "drop", "error"] | None = Field(
        default=None,
        title="Zeros",
        description="Zero has no logarithm: drop these rows, or replace zeros by the number below (an assumption).",
        json_schema_extra={"empty": "As the model does by itself"},
    )
    zero_value: Annotated[float, Field(gt=0.0)] | None = Field(
        default=None, title="Number in place of zero", description="In the units of the column; small and positive."
    )
    names: dict[str, str] = Field(
        default_factory=dict,
        title="Names in charts",
        description="What a column is called in charts and sentences, with its unit.",
        json_schema_extra=_ROWS,
    )
    bootstrap: Annotated[int, Field(ge=LEAST, le=MOST)] | None = Field(
        default=None,
        title="Bootstrap",
        description="Estimate again on so many drawn samples: hundreds for standard errors, 1,000 for intervals.",
        json_schema_extra={"empty": "None", **_ROWS},
    )
    bootstrap_kind: Literal["parametric", "pairs", "block"] = Field(
        default="parametric",
        title="Samples of the bootstrap",
        description="parametric: from the estimate; pairs: rows; block: whole clusters, firms or regions.",
        json_schema_extra=_ROWS,
    )
    bootstrap_seed: Annotated[int, Field(ge=0)] | None = Field(
        default=None,
        title="Seed of the bootstrap",
        description="The same seed draws the same samples, whatever the number of processes.",
        json_schema_extra={"empty": "That of the study", **_ROWS},
    )

    panel: (
        Literal[
            "pitt_lee",
            "battese_coelli_1992",
            "kumbhakar_1990",
            "true_random_effects",
            "true_fixed_effects",
            "four_components",
            "schmidt_sickles",
            "cornwell_schmidt_sickles",
        ]
        | None
    ) = Field(
        default=None,
        title="Panel",
        description="What lasts and what changes in units that are seen in several periods.",
        json_schema_extra={"empty": "None: every row by itself"},
    )
    unit: str = Field(
        default="region",
        title="Unit",
        description="Column that names the units of the panel.",
        json_schema_extra={"form": "column", "only": "no model, panel"},
    )
    time: str = Field(
        default="year",
        title="Period",
        description="Column of numbers that says when.",
        json_schema_extra={"form": "column", "only": "no model, panel"},
    )
    mundlak: bool = Field(
        default=False,
        title="Means by unit",
        description="Join the regressors, so that random effects may go with them.",
        json_schema_extra=_PANEL,
    )
    structure: Literal["zero_inefficiency", "latent_class", "contaminated_noise", "endogenous", "selection"] | None = (
        Field(
            default=None,
            title="Structure",
            description="Fully efficient units, several technologies, mixed noise, endogenous regressors, selection.",
            json_schema_extra={"empty": "None: one frontier for all rows", "only": "no model, no panel"},
        )
    )
    classes: Annotated[int, Field(ge=2, le=MOST_CLASSES)] = Field(
        default=2,
        title="Classes",
        description="Number of latent classes; smaller numbers are estimated for comparison.",
        json_schema_extra=_STRUCTURE,
    )
    outcomes: list[str] = Field(
        default_factory=list,
        title="Outcomes",
        description="Columns, such as types of innovation, that stand one after another in place of the word outcome "
        "in the formula: log(outcome) ~ log(space).",
        json_schema_extra=_ROWS,
    )
    metafrontier: Literal["linear", "quadratic", "stochastic"] | None = Field(
        default=None,
        title="Metafrontier",
        description="A frontier for each group, and the one above them all.",
        json_schema_extra={"empty": "None: one frontier for all rows", "only": "no model, no panel"},
    )
    group: str = Field(
        default="group",
        title="Groups",
        description="Column whose values are the groups under the metafrontier.",
        json_schema_extra={"form": "column", "only": "metafrontier"},
    )
    draws: Annotated[int, Field(ge=0, le=10_000)] = Field(
        default=0,
        title="Draws",
        description="For standard errors of a linear or quadratic metafrontier.",
        json_schema_extra=_META,
    )
    groups_from: list[str] = Field(
        default_factory=list,
        title="Columns of groups",
        description="Output by sector, or indicators: regions are grouped by principal components of these columns.",
        json_schema_extra={"only": "no panel"},
    )
    groups: Annotated[int, Field(ge=2, le=20)] = Field(
        default=5, title="Number of groups", description="Of regions.", json_schema_extra={"only": "groups_from"}
    )
    components: Annotated[int, Field(ge=1, le=20)] = Field(
        default=3,
        title="Components",
        description="Principal components that tell regions apart.",
        json_schema_extra={"only": "groups_from"},
    )
    groups_by: Literal["shares", "indicators"] = Field(
        default="shares",
        title="What the columns are",
        description="shares: parts of one total; indicators: numbers without a common unit, standardised.",
        json_schema_extra={"only": "groups_from"},
    )
    selected: str | None = Field(
        default=None,
        title="Selected",
        description="Column that is 1 where the outcome is seen and 0 elsewhere.",
        json_schema_extra={"form": "column", "only": "structure"},
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Options:
        if (self.model is None) == (self.formula is None):
            raise ValueError('a frontier step has either model = "innovation_space" or formula = "y ~ x"')
        named = _OF_NAMES if self.groups_from else ()  # columns of groups have names in charts
        of_formula = tuple(k for k in _OF_FORMULA if k not in named)
        self._refuse(of_formula if self.model else _OF_SPACE, f"with a {'model' if self.model else 'formula'}")
        if self.model and self.panel:
            self._refuse(("focus", "level"), "with a panel")
        self._refuse(_NOT_OF_PANEL if self.panel else _OF_PANEL, f"{'with' if self.panel else 'without'} a panel")
        self._refuse(_NOT_OF_STRUCTURE if self.structure else (), "with a structure")
        self._refuse(_NOT_OF_OUTCOMES if self.outcomes else (), "with outcomes")
        if self.structure != "latent_class":
            self._refuse(("classes",), "without latent classes")
        not_of_meta = tuple(k for k in _NOT_OF_META if k not in named)
        self._refuse(not_of_meta if self.metafrontier else _OF_META, self._kind_of_meta())
        if not self.groups_from:
            self._refuse(_OF_GROUPS[1:], "without groups_from")
        if self.panel or not (self.model or self.metafrontier):
            self._refuse(_OF_GROUPS, "that is neither an innovation space by year nor a metafrontier")
        if self.metafrontier == "stochastic" and self.draws:
            raise ValueError("draws belong to a linear or quadratic metafrontier")
        if self.structure != "selection":
            self._refuse(("selected",), "without a selection")
        if self.panel and self.vcov == "robust":
            raise ValueError('the sandwich of a panel is summed by unit: use vcov = "cluster", "hessian" or "opg"')
        replaces = self.zero_rule == "replace" or (self.zero_rule is None and self.model is not None)
        if self.zero_value is not None and not replaces:
            raise ValueError('zero_value belongs to zero_rule = "replace"')
        if self.bootstrap is None and (given := {"bootstrap_kind", "bootstrap_seed"} & self.model_fields_set):
            raise ValueError(f"{', '.join(sorted(given))} belong to a bootstrap: add a line bootstrap = 1000")
        return self

    def _kind_of_meta(self) -> str:
        return f"{'with' if self.metafrontier else 'without'} a metafrontier"

    def _refuse(self, foreign: tuple[str, ...], kind: str) -> None:
        given = [k for k in foreign if k in self.model_fields_set]
        if given:
            raise ValueError(f"these keys do not belong to a step {kind}: " + ", ".join(given))


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
    """Estimate the step."""
    dataset = inputs.table
    if options.panel:
        from innospace.frontier.panel.fit import fit_panel

        return fit_panel(_panel_spec(options), _panel_table(options, dataset), vcov=options.vcov, progress=progress)
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
    result = fit(_frontier_spec(options), prepared, vcov=options.vcov, seed=seed, progress=progress)
    return result if options.bootstrap is None else _with_bootstrap(result, options, seed, progress)


def _with_bootstrap(result: FrontierResult, options: Options, seed: int, progress: Progress) -> FrontierResult:
    own = seed if options.bootstrap_seed is None else options.bootstrap_seed
    again = result.bootstrap(int(options.bootstrap or 0), kind=options.bootstrap_kind, seed=own, progress=progress)
    return replace(result, refits=again.refits)


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
    if options.vcov == "cluster" and options.cluster is None:
        raise SpecError(
            "A clustered covariance needs cluster labels.",
            where="key 'vcov'",
            remedy='Add a line: cluster = "COLUMN"',
        )
    if options.structure:
        from innospace.frontier.structure.fit import read_structure

        read_structure(_structure_spec(options), dataset)
        return
    require_fit(_frontier_spec(options), dataset)
    require_known(list(options.names), [str(c) for c in dataset.frame.columns], kind="column", where="key 'names'")
