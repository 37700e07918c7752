"""What a ``[step.NAME]`` table on a frontier may say, and which keys go together."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from innospace.core.conditions import unmet
from innospace.frontier.bootstrap.draws import LEAST, MOST
from innospace.frontier.structure.spec import MOST_CLASSES

_BESIDE_BOOTSTRAP = ("bootstrap_kind", "bootstrap_seed", "workers", "scheduler")
_Text = Annotated[str, Field(min_length=1, max_length=2000)]
_OF_ROWS = "no model, no panel, no structure, no metafrontier"
_GROUPED = "no panel, model | no panel, metafrontier"
_SPACE: dict[str, JsonValue] = {"only": "model, no panel"}
_FORMULA: dict[str, JsonValue] = {"only": "no model"}
_PANEL: dict[str, JsonValue] = {"only": "no model, panel"}
_DRAWN: dict[str, JsonValue] = {"only": "no model, no outcomes"}
_META: dict[str, JsonValue] = {"only": "metafrontier"}
_GROUPS: dict[str, JsonValue] = {"only": "groups_from"}
_COLUMN: dict[str, JsonValue] = {"form": "column", "only": "no model, no panel, no metafrontier, no outcomes"}
"""What is known of an option: what a form fills it with, and beside which keys it matters."""


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
        json_schema_extra={"only": f"{_OF_ROWS}, no outcomes"},
    )
    cost: bool = Field(
        default=False,
        title="Cost frontier",
        description="Inefficiency raises the outcome, as it does costs.",
        json_schema_extra=_FORMULA,
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
    vcov: Literal["hessian", "opg", "robust", "cluster", "jackknife"] = Field(
        default="hessian",
        title="Standard errors",
        description="robust: also when the model is only nearly right; jackknife: with a structure.",
        json_schema_extra={"only": "no metafrontier"},
    )
    level: Annotated[float, Field(gt=0.0, lt=1.0)] = Field(
        default=0.95,
        title="Level of intervals",
        description="Between 0 and 1; 0.95 is usual.",
        json_schema_extra=_SPACE,
    )
    focus: list[str] = Field(
        default_factory=list,
        title="Regions in focus",
        description="Named in every chart and table.",
        json_schema_extra=_SPACE,
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
        json_schema_extra={"only": f"{_OF_ROWS} | groups_from"},
    )
    bootstrap: Annotated[int, Field(ge=LEAST, le=MOST)] | None = Field(
        default=None,
        title="Bootstrap",
        description="Estimate again on so many drawn samples: hundreds for standard errors, 1,000 for intervals.",
        json_schema_extra={"empty": "None", **_DRAWN},
    )
    bootstrap_kind: Literal["parametric", "pairs", "block"] | None = Field(
        default=None,
        title="Samples of the bootstrap",
        description="parametric: from the estimate; pairs: rows; block: whole clusters, firms, regions, units.",
        json_schema_extra={"empty": "From the estimate; with structure or groups, rows or clusters", **_DRAWN},
    )
    bootstrap_seed: Annotated[int, Field(ge=0)] | None = Field(
        default=None,
        title="Seed of the bootstrap",
        description="The same seed draws the same samples, whatever the number of processes.",
        json_schema_extra={"empty": "That of the study", **_DRAWN},
    )
    # left out of what identifies the step: numbers do not depend on them
    workers: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        default=None,
        exclude=True,
        title="Processes",
        description="For the bootstrap; all cores when left out, and no number depends on it.",
        json_schema_extra=_DRAWN,
    )
    scheduler: str | None = Field(
        default=None,
        exclude=True,
        title="Scheduler",
        description="Address of a Dask cluster whose workers do it instead, as tcp://10.0.0.1:8786.",
        json_schema_extra=_DRAWN,
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
        json_schema_extra={"form": "column", **_PANEL},
    )
    time: str = Field(
        default="year",
        title="Period",
        description="Column of numbers that says when.",
        json_schema_extra={"form": "column", **_PANEL},
    )
    mundlak: bool = Field(
        default=False,
        title="Means by unit",
        description="Join the regressors, so that random effects may go with them.",
        json_schema_extra=_PANEL,
    )
    structure: (
        Literal["zero_inefficiency", "latent_class", "contaminated_noise", "counts", "endogenous", "selection"] | None
    ) = Field(
        default=None,
        title="Structure",
        description="Fully efficient units, several technologies, mixed noise, counts, endogenous regressors, "
        "selection.",
        json_schema_extra={"empty": "None: one frontier for all rows", "only": "no model, no panel, no metafrontier"},
    )
    classes: Annotated[int, Field(ge=2, le=MOST_CLASSES)] = Field(
        default=2,
        title="Classes",
        description="Number of latent classes; smaller numbers are estimated for comparison.",
        json_schema_extra={"only": "structure=latent_class"},
    )
    outcomes: list[str] = Field(
        default_factory=list,
        title="Outcomes",
        description="Columns, such as types of innovation, that stand one after another in place of the word outcome "
        "in the formula: log(outcome) ~ log(space).",
        json_schema_extra={"only": _OF_ROWS},
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
        json_schema_extra={"form": "column", **_META},
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
        json_schema_extra={"only": _GROUPED},
    )
    groups: Annotated[int, Field(ge=2, le=20)] = Field(
        default=5, title="Number of groups", description="Of regions.", json_schema_extra=_GROUPS
    )
    components: Annotated[int, Field(ge=1, le=20)] = Field(
        default=3,
        title="Components",
        description="Principal components that tell regions apart.",
        json_schema_extra=_GROUPS,
    )
    groups_by: Literal["shares", "indicators"] = Field(
        default="shares",
        title="What the columns are",
        description="shares: parts of one total; indicators: numbers without a common unit, standardised.",
        json_schema_extra=_GROUPS,
    )
    selected: str | None = Field(
        default=None,
        title="Selected",
        description="Column that is 1 where the outcome is seen and 0 elsewhere.",
        json_schema_extra={"form": "column", "only": "structure=selection"},
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Options:
        if (self.model is None) == (self.formula is None):
            raise ValueError('a frontier step has either model = "innovation_space" or formula = "y ~ x"')
        self._refuse_foreign()
        if self.metafrontier == "stochastic" and self.draws:
            raise ValueError("draws belong to a linear or quadratic metafrontier")
        if self.vcov == "jackknife" and not self.structure:
            raise ValueError('vcov = "jackknife" belongs to a structure')
        if self.panel and self.vcov == "robust":
            raise ValueError('the sandwich of a panel is summed by unit: use vcov = "cluster", "hessian" or "opg"')
        replaces = self.zero_rule == "replace" or (self.zero_rule is None and self.model is not None)
        if self.zero_value is not None and not replaces:
            raise ValueError('zero_value belongs to zero_rule = "replace"')
        return self

    @model_validator(mode="after")
    def _drawn(self) -> Options:
        if self.bootstrap is None and (given := [k for k in _BESIDE_BOOTSTRAP if k in self.model_fields_set]):
            raise ValueError(f"{', '.join(given)} belong to a bootstrap: add a line bootstrap = 1000")
        if self.panel and self.bootstrap_kind == "pairs":
            raise ValueError('rows of a panel belong together: use bootstrap_kind = "block" or "parametric"')
        return self

    def _refuse_foreign(self) -> None:
        """Refuse keys that do not matter beside the others, as forms leave them out."""
        values = {key: getattr(self, key) for key in type(self).model_fields}
        foreign: dict[tuple[str, ...], list[str]] = {}
        for key, info in type(self).model_fields.items():
            extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
            if key in self.model_fields_set and (condition := unmet(str(extra.get("only", "")), values)):
                foreign.setdefault(condition, []).append(key)
        for conditions, keys in foreign.items():
            kinds = [f"with {c.removeprefix('no ')}" if c.startswith("no ") else f"without {c}" for c in conditions]
            raise ValueError(f"these keys do not belong to a step {' and '.join(kinds)}: {', '.join(keys)}")
