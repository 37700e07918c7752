"""What a study file may contain. Unknown keys are errors that name the nearest known one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from innospace.core.errors import StudyError, offenders
from innospace.core.inputs import TABLE
from innospace.core.labels import suggest

SECTIONS = ("study", "data", "step", "link", "scenario")
MAX_SCENARIOS = 1000
NAME = re.compile(r"[^\W\d_][\w-]{0,63}")
"""Names of data and steps: a letter of any alphabet, then letters, digits, ``_`` or ``-``; 64 at most."""
MAX_SEED = 2**63 - 1
MAX_TABLES = 200
"""Data tables or steps in one study; more is taken for a mistake."""

_Model = TypeVar("_Model", bound=BaseModel)
_Text = Annotated[str, Field(min_length=1, max_length=300)]


class Head(BaseModel):
    """``[study]``: title and seed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    title: _Text = Field(description="Title of the report.")
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] = Field(
        default=0, description="Of everything that is drawn; the same seed gives the same numbers."
    )
    region_names: Literal["en", "ru"] = Field(
        default="en",
        description="Language of the names of regions in reports; no number depends on it.",
    )


class Table(BaseModel):
    """``[data.NAME]``: a file in the study folder or a shipped sample, how to read it, which columns are which.

    ``columns`` says which column of the file plays which part: ``{ technologies = "Patents granted" }``. ``nature``
    (observed, reconstructed, assumed or simulated), ``origin``, ``licence`` and ``note`` describe where a file comes
    from; the report prints them. A sample brings its own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)

    file: _Text | None = Field(default=None, description="CSV, XLSX, Parquet or HAR, in the folder of the study.")
    sample: _Text | None = Field(default=None, description="Name of a sample, instead of a file.")
    schema_name: Literal["innovation_space"] | None = Field(
        default=None, alias="schema", description="Columns are checked against it before anything is computed."
    )
    columns: dict[str, str] = Field(default_factory=dict, description="Name in the study = name in the file.")
    sheet: str | None = Field(default=None, description="Sheet of a workbook (else the first) or header of a HAR file.")
    encoding: str | None = Field(default=None, description="Of a CSV; recognised when left out.")
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = Field(
        default=None, description="Of a CSV; recognised when left out."
    )
    decimal: Literal[".", ","] | None = Field(default=None, description="Decimal mark; recognised when left out.")
    numeric: list[str] = Field(default_factory=list, description="Columns that must hold numbers.")
    text: list[str] = Field(default_factory=list, description="Columns that stay text, such as codes.")
    dash: Literal["text", "zero", "missing"] = Field(
        default="text", description="What a lone dash in a column of numbers means; text: an error."
    )
    flags: Literal["text", "drop"] = Field(
        default="text", description="What letters behind a number mean, as in 12.5 p; text: an error; drop: left out."
    )
    header: Annotated[int, Field(ge=1)] = Field(
        default=1, description="Row of a CSV or a sheet that holds the names of columns; a title above is left out."
    )
    nature: Literal["observed", "reconstructed", "assumed", "simulated"] = Field(
        default="observed", description="What kind of numbers they are."
    )
    origin: str = Field(default="", description="Where the table is from.")
    licence: str = Field(default="", description="Under which terms it may be used.")
    note: str = Field(default="", description="What a reader must know.")

    @model_validator(mode="after")
    def _one_origin(self) -> Table:
        if (self.file is None) == (self.sample is None):
            raise ValueError('a table comes either from file = "data/NAME.csv" or from sample = "NAME"')
        of_file = {**self.reader_options, **self.description}
        if self.sample is not None and of_file:
            raise ValueError("these keys belong to a file, not to a sample: " + ", ".join(of_file))
        return self

    @property
    def reader_options(self) -> dict[str, Any]:
        """Options of :func:`innospace.data.read_table` that the study sets."""
        names = {"sheet", "encoding", "delimiter", "decimal", "numeric", "text", "dash", "flags", "header"}
        return self.model_dump(include=names, exclude_defaults=True)

    @property
    def description(self) -> dict[str, str]:
        """What the study says about the origin of a file."""
        return self.model_dump(include={"nature", "origin", "licence", "note"}, exclude_defaults=True)


class Step(BaseModel):
    """``[step.NAME]``: an engine, its data, the steps it needs; everything else goes to the engine.

    ``data`` names one table, or several by the part they play: ``{ controls = "NAME", sam = "NAME" }``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    engine: _Text = Field(description="What computes the step.")
    data: _Text | dict[str, str] = Field(
        default_factory=dict, description="Name of a table, or tables by the part they play; some steps need none."
    )
    needs: list[str] = Field(default_factory=list, description="Steps that must be finished before.")

    @property
    def tables(self) -> dict[str, str]:
        """Name of each table by the part it plays."""
        return {TABLE: self.data} if isinstance(self.data, str) else dict(self.data)


class Link(BaseModel):
    """``[[link]]``: a number of one step that another takes over, selected by labels."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)

    source: _Text = Field(alias="from", description="STEP.QUANTITY that is taken.")
    to: _Text = Field(description="STEP.QUANTITY that it becomes.")
    where: dict[str, str | int] = Field(default_factory=dict, description="Labels that select one number.")


STEP_KEYS = tuple(Step.model_fields)


def keys_of(model: type[BaseModel]) -> list[str]:
    """Return the keys a table of the study file may hold, as they are written there."""
    return [field.alias or name for name, field in model.model_fields.items()]


def parse(
    model: type[_Model], values: Mapping[str, Any], place: str, also: Sequence[str] = ()
) -> tuple[_Model | None, list[StudyError]]:
    """Read one table of the study file.

    Parameters
    ----------
    model : type
        Pydantic model of the table.
    values : mapping
        The table as TOML gives it.
    place : str
        File and table, for messages.
    also : sequence of str
        Keys that are allowed in the same table and are read elsewhere.

    Returns
    -------
    tuple
        The model, or None, and every problem found.
    """
    try:
        return model.model_validate(dict(values)), []
    except ValidationError as error:
        known = [*also, *keys_of(model)]
        return None, [_problem(e, place, known) for e in error.errors(include_url=False)]


def _problem(error: Any, place: str, known: Sequence[str]) -> StudyError:
    path = ".".join(str(part) for part in error["loc"])
    key = str(error["loc"][-1]) if error["loc"] else ""
    if error["type"] == "extra_forbidden":
        return StudyError(
            f"Unknown key {path!r}.",
            where=place,
            allowed=offenders(known, shown=20),
            remedy=suggest(key, known) or "Delete it, or use one of the keys listed.",
        )
    if error["type"] == "missing":
        return StudyError(f"The key {path!r} is missing.", where=place, remedy=f"Add a line: {path} = ...")
    message = error["msg"].removeprefix("Value error, ")
    given = "" if isinstance(error["input"], Mapping) else f" It holds {_shown(error['input'])}."
    expected = str(error.get("ctx", {}).get("expected", ""))
    return StudyError(
        f"{path or 'The table'}: {message[0].lower() + message[1:]}.{given}",
        where=f"{place}, key {path!r}" if path else place,
        allowed=expected,
        remedy=suggest(str(error["input"]), re.findall(r"'([^']*)'", expected)) or "Correct the value.",
    )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def name_problem(kind: str, name: str, file: str) -> StudyError | None:
    """Return what is wrong with the name of a table, or None."""
    if NAME.fullmatch(name):
        return None
    return StudyError(
        f"{name!r} cannot name a {kind}.",
        where=f"{file}, [{kind}.{name}]",
        allowed="a letter, then letters, digits, _ or -; at most 64 characters",
        remedy="Choose another name.",
    )
