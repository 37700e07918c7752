"""Firms as a step of a study: one estimator by name, or the whole study of a firm panel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from innospace.core.document import Equation
from innospace.core.errors import InnospaceError, SpecError
from innospace.core.inputs import TABLE, StepInputs
from innospace.core.labels import require_known
from innospace.core.progress import Progress, silent
from innospace.core.result import Result
from innospace.firms.result import FirmResult
from innospace.firms.verbs import VERBS
from innospace.numerics.cluster import executor_at

RESULTS: Mapping[str, type[Result]] = {"firm_result": FirmResult}
ROLES: Mapping[str, bool] = {TABLE: False, "panel": False, "annual": False, "cross_section": False}
OFFERS = ("effect",)
TAKES: tuple[str, ...] = ()
SCENARIOS = False
STUDY = "internationalisation"
Columns = dict[str, str | list[str] | list[int] | dict[str, str]]
_PARTS: dict[str, JsonValue] = {"form": "none", "only": "analysis"}
"""Options that forms leave as they are."""


class Options(BaseModel):
    """What a firms step may say.

    Either ``method`` with its ``arguments`` (those of ``innospace firms METHOD --help``) on one table, or
    ``analysis = "internationalisation"`` on a two-wave ``panel``, with an ``annual`` panel and a ``cross_section``
    where they exist; ``columns``, ``annual`` and ``cross_section`` say which column plays which part.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    method: str | None = Field(
        default=None,
        title="Method",
        description="One estimator on one table.",
        json_schema_extra={"form": "method", "only": "no analysis"},
    )
    arguments: dict[str, Any] = Field(
        default_factory=dict,
        description="Arguments of the method, as innospace firms METHOD --help tells them.",
        json_schema_extra={"form": "none", "only": "method"},
    )
    names: dict[str, str] = Field(
        default_factory=dict,
        title="Names of columns",
        description="What a column is called in sentences, tables and charts.",
        json_schema_extra={"only": "method"},
    )
    analysis: Literal["internationalisation"] | None = Field(
        default=None,
        title="Whole analysis",
        description="internationalisation: trade, partnerships and innovation on a panel of two waves. Leave it out to "
        "choose one method.",
        json_schema_extra={"empty": "One method"},
    )
    columns: Columns = Field(
        default_factory=dict,
        description="Which column of the panel of two waves plays which part of the analysis.",
        json_schema_extra=_PARTS,
    )
    cross_section: Columns = Field(
        default_factory=dict,
        description="Which column of the cross-section plays which part of the analysis.",
        json_schema_extra=_PARTS,
    )
    annual: Columns = Field(
        default_factory=dict,
        description="Which column of the annual panel plays which part of the analysis.",
        json_schema_extra=_PARTS,
    )
    draws: Annotated[int, Field(ge=0, le=100_000)] = Field(
        default=200, title="Draws", description="Of every bootstrap.", json_schema_extra={"only": "analysis"}
    )
    # left out of what identifies the step: numbers do not depend on them
    workers: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        default=None, exclude=True, title="Processes", description="All cores when left out; no number depends on it."
    )
    scheduler: str | None = Field(
        default=None,
        exclude=True,
        title="Scheduler",
        description="Address of a Dask cluster whose workers do the bootstrap of a method, as tcp://10.0.0.1:8786.",
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Options:
        if (self.method is None) == (self.analysis is None):
            raise ValueError(f'a firms step has either method = "NAME" or analysis = "{STUDY}"')
        if self.method is not None and self.method not in VERBS:
            raise ValueError(f"unknown method {self.method!r}; known: {', '.join(VERBS)}")
        if self.analysis is not None and self.arguments:
            raise ValueError("arguments belong to a step with a method")
        if self.analysis is not None and self.scheduler:
            raise ValueError("a scheduler belongs to a step with a method; the whole study runs here")
        if self.analysis is not None and self.names:
            raise ValueError("names belong to a step with a method")
        return self


def described(options: Options) -> tuple[str, tuple[Equation, ...]]:
    """Return what a step does, in a sentence; its equations depend on what is estimated and stand in the report."""
    if options.method is None:
        return (
            "Trade, partnerships and innovation of firms: who selects into trade, who starts to innovate after it, "
            "which practices complement each other, what partners do.",
            (),
        )
    return VERBS[options.method].summary, ()


def preflight(options: Options, inputs: StepInputs) -> list[InnospaceError]:
    """Return every problem that can be found without estimating."""
    try:
        if options.method is not None:
            from innospace.firms.verbs import check, verb

            columns = [str(c) for c in _table(inputs).frame.columns]
            require_known(list(options.names), columns, kind="column", where="key 'names'")
            check(verb(options.method), options.arguments)
            return []
        from innospace.firms.internationalisation.study import problems

        return problems(_plans(options), _tables(inputs))
    except InnospaceError as error:
        return [error]


def run(options: Options, inputs: StepInputs, *, seed: int = 0, progress: Progress = silent) -> Result:
    """Estimate the step."""
    if options.method is not None:
        from innospace.firms.verbs import call, verb
        from innospace.firms.wording import worded

        chosen = verb(options.method)
        with executor_at(options.scheduler) as executor:
            filled = {"seed": seed, "workers": options.workers, "executor": executor, "resume": inputs.parts}
            found: FirmResult = call(chosen, _table(inputs), options.arguments, **filled, progress=progress)
        return worded(found, options.names) if options.names else found
    from innospace.firms.internationalisation.study import study

    return study(
        _plans(options),
        _tables(inputs),
        draws=options.draws,
        seed=seed,
        workers=options.workers,
        resume=inputs.parts,
        progress=progress,
    )


def _table(inputs: StepInputs) -> Any:
    if list(inputs.tables) != [TABLE]:
        raise SpecError(
            "A method works on one table.", where="key 'data'", allowed='data = "NAME"', remedy="Name one table."
        )
    return inputs.table


def _tables(inputs: StepInputs) -> dict[str, Any]:
    """Return the tables of the study by part; one table alone is the panel."""
    tables = dict(inputs.tables)
    if TABLE in tables:
        tables["panel"] = tables.pop(TABLE)
    return tables


def _plans(options: Options) -> Any:
    from innospace.firms.internationalisation.plans import Plans

    return Plans.from_dicts(options.columns, options.annual, options.cross_section)
