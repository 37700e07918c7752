"""What a step with a general equilibrium model may say: the keys of its table, their kinds, ranges and words."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from innospace.economy.general.models import MODELS
from innospace.economy.general.own_matrix import PARTS
from innospace.economy.general.workbook import SHEETS

_NO_FORM: dict[str, JsonValue] = {"form": "none"}
_MODEL: dict[str, JsonValue] = {"content": "definition", "sheets": SHEETS}


class Unemployment(BaseModel):
    """Unemployment of one kind of labour."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    commodity: str = Field(description="Labour that may be idle.")
    rate: float = Field(description="Rate of unemployment in the benchmark, a fraction.")
    elasticity: float = Field(
        default=0.0, description="Of the wage to the rate (a wage curve); 0: the wage has a floor at its benchmark."
    )


class ClosureOptions(BaseModel):
    """Who adjusts to whom: changes of the model's rules."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Annotated[str, Field(min_length=1, max_length=60)] = Field(description="What a reader calls the closure.")
    numeraire: str = Field(default="", description="Commodity; the model's own when empty.")
    rules: dict[str, str] = Field(
        default_factory=dict,
        description="Of the ready model standard: government, external, saving or labour = name of a closure.",
    )
    unemployment: list[Unemployment] = Field(
        default_factory=list, description="Tables [[step.NAME.closures.unemployment]]: labour that may be idle."
    )
    fixed_transfers: dict[str, float] = Field(
        default_factory=dict,
        description="Name of a transfer = amount in units of the numeraire, whatever its payer earns.",
    )
    adjusting_transfers: dict[str, str] = Field(
        default_factory=dict,
        description="Name of a transfer = agent whose real purchases it keeps (a tax that keeps public consumption).",
    )


class UncertainOptions(BaseModel):
    """An assumption that may be wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    parameter: str = Field(description="Family of parameters, as in a shock.")
    spread: float = Field(description="Part of the value by which it may be wrong to both sides, uniformly.")
    where: dict[str, str | list[str]] = Field(default_factory=dict, description="Labels, as in a shock; all if empty.")


class LeverOptions(BaseModel):
    """A change that a search may use in part."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    parameter: str = Field(description="Family of parameters, as in a shock.")
    op: Literal["multiply", "add"] = Field(description="How the parameter is changed.")
    limit: float = Field(description="Value of the change when the lever is used in full.")
    cost: float = Field(description="Of full use; a part of it in proportion.")
    where: dict[str, str | list[str]] = Field(default_factory=dict, description="Labels, as in a shock; all if empty.")


class Options(BaseModel):
    """What a step with a general equilibrium model may say."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    model: Annotated[str, Field(min_length=1, max_length=300)] = Field(
        title="Model",
        description=f"A ready model ({', '.join(MODELS)}), or a TOML file or workbook in the folder of the study.",
        json_schema_extra=_MODEL,
    )
    definition: dict[str, Any] = Field(
        default_factory=dict,
        description="Content of the model's file; a model may also be written here, under a name of its own.",
        json_schema_extra=_NO_FORM,
    )
    accounts: dict[str, str | list[str]] = Field(
        default_factory=dict,
        title="Accounts",
        description=f"Of a ready model on a matrix of one's own: part ({', '.join(PARTS)}) = account or accounts; what "
        "is not named is found by usual names and by who pays whom.",
        json_schema_extra={"form": "parts", "only": "data"},
    )
    countries: list[str] = Field(
        default_factory=list,
        title="Countries",
        description='Two names, of twocge on matrices of one\'s own: data = { table = "...", partner = "..." }.',
        json_schema_extra=_NO_FORM,
    )
    elasticities: dict[str, float | dict[str, float]] = Field(
        default_factory=dict,
        title="Elasticities",
        description="Of a ready model on a matrix of one's own: armington, cet, value_added (a number, or by good), "
        "consumption.",
        json_schema_extra={"form": "parts", "only": "data"},
    )
    scenarios: list[str] | None = Field(
        default=None,
        title="Scenarios",
        description="Those of a ready model and all of the study when empty.",
    )
    numeraire: str = Field(
        default="",
        title="Numeraire",
        description="Commodity; the model's own when empty.",
        json_schema_extra={"form": "name"},
    )
    dynamics: dict[str, float] = Field(
        default_factory=dict,
        title="Years and rates",
        description="Of a ready model with years, by name. ramsey (perfect foresight): years (the horizon), interest, "
        "growth, depreciation, capital_share, substitution, intertemporal, tax, output. dyncge (years in turn): years, "
        "return_rate, depreciation, growth, response. What is not named is as in the model.",
        json_schema_extra={"form": "parts"},
    )
    rules: dict[str, str] = Field(
        default_factory=dict,
        title="Closures by name",
        description="Of the ready model standard: government, external, saving or labour = name of a closure.",
        json_schema_extra={"form": "parts"},
    )
    unemployment: list[Unemployment] = Field(
        default_factory=list,
        title="Unemployment",
        description="Tables [[step.NAME.unemployment]]: labour that may be idle, its benchmark rate, and how its "
        "wage follows the rate (an elasticity; 0: the wage has a floor).",
    )
    fixed_transfers: dict[str, float] = Field(
        default_factory=dict,
        title="Fixed transfers",
        description="Name of a transfer = amount in units of the numeraire, whatever its payer earns.",
    )
    adjusting_transfers: dict[str, str] = Field(
        default_factory=dict,
        title="Adjusting transfers",
        description="Name of a transfer = agent whose real purchases it keeps (a tax that keeps public consumption).",
    )
    closures: list[ClosureOptions] = Field(
        default_factory=list,
        description="Tables [[step.NAME.closures]]: the same scenarios under other closures, side by side.",
        json_schema_extra=_NO_FORM,
    )
    decompose: bool = Field(
        default=False,
        title="Take effects apart by shock",
        description="Scenarios of several shocks: what each adds in turn, alone, and whatever the order (Shapley).",
    )
    channels: bool = Field(
        default=False,
        title="Take effects apart by channel",
        description="How much goes through substitution in trade, production and demand, and what is left without it.",
    )
    uncertain: list[UncertainOptions] = Field(
        default_factory=list,
        description="Tables [[step.NAME.uncertain]]: assumptions that may be wrong; scenarios are solved again.",
        json_schema_extra=_NO_FORM,
    )
    sensitivity: Literal["quadrature", "monte_carlo", "sobol"] = Field(
        default="quadrature",
        title="How uncertain assumptions are moved",
        description="By Stroud's rule of two points an assumption, by draws, or by a design that tells which matters.",
    )
    draws: Annotated[int, Field(ge=2, le=100_000)] = Field(
        default=200, title="Draws", description="Of monte_carlo; of sobol the base sample, as a power of two."
    )
    levers: list[LeverOptions] = Field(
        default_factory=list,
        description="Tables [[step.NAME.levers]]: the cheapest mix of them that reaches the aim is searched.",
        json_schema_extra=_NO_FORM,
    )
    target: str = Field(
        default="",
        title="Target of the search",
        description="ev.AGENT (percent of spending), or an unknown such as level.NAME (its change in percent).",
    )
    aim: float = Field(default=0.0, title="Aim", description="Percent that the target shall reach at least.")
    budget: Annotated[float, Field(gt=0.0)] | None = Field(
        default=None, title="Budget of the search", description="The most that levers may cost; no limit when empty."
    )
    starts: Annotated[int, Field(ge=0, le=10_000)] | None = Field(
        default=None,
        title="Starts of a search for further equilibria",
        description="Of the baseline and every scenario, from random points; 50 for kehoe and 0 for others when empty.",
    )
    route: Literal["automatic", "newton", "block", "complementarity"] = Field(
        default="automatic", title="Solver", description="The model decides unless a route is named."
    )
    # left out of what identifies the step: numbers do not depend on them
    workers: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        default=1, exclude=True, title="Processes", description="For uncertain assumptions; no number depends on it."
    )
    scheduler: str | None = Field(
        default=None,
        exclude=True,
        title="Scheduler",
        description="Address of a Dask cluster whose workers do it instead, as tcp://10.0.0.1:8786.",
    )
