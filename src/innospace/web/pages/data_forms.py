"""Forms of a table: how its file is read, which columns play which part, where it comes from, taking it out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from innospace.core.errors import InnospaceError
from innospace.core.provenance import Nature
from innospace.data.headings import LOOKED_AT
from innospace.data.readers import SUFFIXES
from innospace.web.controls import (
    Field,
    button,
    button_asking,
    element,
    field_area,
    field_check,
    field_select,
    field_text,
)
from innospace.web.layout import show_error
from innospace.web.pages import data_work

if TYPE_CHECKING:
    from innospace.data.cards import SampleCard
    from innospace.web.pages.data import TableCard

MOST_BOXES = 60
"""Columns that may be ticked one by one."""
NONE = ""
_ENCODINGS = {
    NONE: "Recognised",
    "utf-8": "UTF-8",
    "cp1251": "Windows-1251",
    "koi8-r": "KOI8-R",
    "cp866": "DOS (CP866)",
    "utf-16": "UTF-16",
    "latin-1": "Latin-1",
}
_DELIMITERS = {NONE: "Recognised", ",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Bar"}
_DECIMALS = {NONE: "Recognised, column by column", ".": "Point: 1.5", ",": "Comma: 1,5"}
_DASHES = {"text": "Is an error", "zero": "Means zero (Rosstat: phenomenon absent)", "missing": "Means missing"}
_FLAGS = {"text": "Are an error", "drop": "Are flags of a statistical office: take them out"}
_NATURES = {
    "observed": "Observed: counted or measured",
    "reconstructed": "Reconstructed from published results",
    "assumed": "Assumed",
    "simulated": "Simulated by a model",
}


class ReadingForm:
    """How a file is read, and how else it may be.

    Parameters
    ----------
    suffix : str
        Of the file.
    options : mapping
        What the study says of it.
    columns : sequence of str
        Of the table; empty when it could not be read.
    apply : callable
        Called with other options.
    opened : bool
    """

    def __init__(
        self,
        suffix: str,
        options: Mapping[str, Any],
        columns: Sequence[str],
        apply: Callable[[Mapping[str, Any]], Awaitable[None]],
        *,
        opened: bool = False,
    ) -> None:
        self._apply, self._given = apply, dict(options)
        kind = SUFFIXES.get(suffix.lower(), "csv")
        self._fields: dict[str, Field] = {}
        with element("details") as box:
            if opened:
                box.props("open")
            element("summary", "", "How the file is read")
            with element("div", "fields"):
                if kind == "csv":
                    self._select("encoding", "Encoding", _ENCODINGS)
                    self._select("delimiter", "Between cells", _DELIMITERS)
                if kind in ("xlsx", "har"):
                    sheet, label = str(options.get("sheet", "")), {"xlsx": "Sheet", "har": "Header"}[kind]
                    self._fields["sheet"] = field_text(label, sheet, help="Empty: the first one, or the only matrix.")
                if kind in ("csv", "xlsx"):
                    self._select("decimal", "Decimal mark", _DECIMALS)
                    self._select("dash", "A dash in a number column", _DASHES)
                    self._select("flags", "Letters behind a number, as in 12.5 p", _FLAGS)
                    named = {str(n): f"Row {n}" for n in range(1, LOOKED_AT + 2)}
                    self._select("header", "The names of columns stand in", named)
            self._boxes = self._as_text(columns) if kind in ("csv", "xlsx") else {}
            button("Read it this way", self._read)

    def _select(self, key: str, label: str, choices: Mapping[str, str]) -> None:
        value = str(self._given.get(key, next(iter(choices))))
        offered = dict(choices) if value in choices else {**choices, value: value}
        self._fields[key] = field_select(label, offered, value)

    def _as_text(self, columns: Sequence[str]) -> dict[str, Field]:
        """Offer columns that are left as they stand."""
        if not 0 < len(columns) <= MOST_BOXES:
            return {}
        named = self._given.get("text", [])
        with element("fieldset"):
            element("legend", "", "Read as text, such as codes")
            with element("div", "fields"):
                return {c: field_check(c, c in named) for c in columns}

    async def _read(self) -> None:
        options = {**self._given, **{key: field.value for key, field in self._fields.items()}}
        if "header" in self._fields:
            options["header"] = int(str(options["header"]))
        if self._boxes:
            ticked = [c for c, box in self._boxes.items() if box.value]
            options["text"] = ticked
            options["numeric"] = [c for c in self._given.get("numeric", []) if c not in ticked]
        await self._apply(data_work.plain_options(options))


class PartsForm:
    """Which columns play which part when a table is to be an innovation space."""

    def __init__(self, card: TableCard, columns: Sequence[str]) -> None:
        from innospace.data.schemas.innovation_space import describe

        self._card = card
        values = card.values
        chosen = values.get("columns") if isinstance(values.get("columns"), Mapping) else {}
        with element("details"):
            element("summary", "", "Which column plays which part")
            element(
                "p",
                "",
                "A table of the innovation space is checked cell by cell: counts that cannot be negative, regions that "
                "occur twice, totals among regions. Other tables are checked by the model that uses them.",
            )
            self._check = field_check("Check it as a table of the innovation space", values.get("schema") is not None)
            self._parts: dict[str, Field] = {}
            with element("div", "fields"):
                for part in describe():
                    own = part.name if part.name in columns else NONE
                    offered = {NONE: "none", **{c: c for c in columns}}
                    value = str(dict(chosen or {}).get(part.name, own))
                    help_text = part.meaning + (f". {part.rule[0].upper()}{part.rule[1:]}" if part.rule else "")
                    known = value if value in offered else NONE
                    self._parts[part.name] = field_select(_named(part.name), offered, known, help=help_text)
            self._place = element("div")
            button("Save the parts", self._save)

    async def _save(self) -> None:
        card = self._card
        rest = {k: v for k, v in card.values.items() if k not in ("schema", "columns")}
        chosen = {part: field.value for part, field in self._parts.items() if field.value and field.value != part}
        if self._check.value:
            rest["schema"] = data_work.SCHEMA
        if chosen:
            rest["columns"] = chosen
        await card.page.save(card.name, rest, self._place, f"The parts of the columns of {card.name} are saved.")


def _named(part: str) -> str:
    return part.replace("_", " ").replace("rd ", "R&D ").capitalize().replace("R&d", "R&D")


class OriginForm:
    """Where a table comes from, as reports print it."""

    def __init__(self, card: TableCard) -> None:
        self._card, values = card, card.values
        with element("details"):
            element("summary", "", "Where the table comes from")
            element("p", "", "Reports print this beside every number made from the table.")
            nature = str(values.get("nature", Nature.OBSERVED))
            self._fields = {
                "nature": field_select("The numbers are", _NATURES, nature if nature in _NATURES else "observed"),
                "origin": field_text("Source", str(values.get("origin", "")), placeholder="Rosstat, table 2.1, 2024"),
                "licence": field_text("Licence", str(values.get("licence", "")), placeholder="CC BY 4.0"),
                "note": field_area("What a reader must know", str(values.get("note", "")), rows=2),
            }
            self._place = element("div")
            button("Save the origin", self._save)

    async def _save(self) -> None:
        card = self._card
        given = {key: str(field.value).strip() for key, field in self._fields.items()}
        rest = {k: v for k, v in card.values.items() if k not in given}
        plain = {k: v for k, v in given.items() if v and (k, v) != ("nature", "observed")}
        await card.page.save(card.name, {**rest, **plain}, self._place, f"The origin of {card.name} is saved.")


def sample_origin(card: SampleCard) -> None:
    """Draw where a sample comes from, as its card says."""
    with element("details"):
        element("summary", "", "Where the table comes from")
        facts = {
            "Sample": card.title,
            "The numbers are": _NATURES[str(card.nature)],
            "Source": card.origin,
            "Licence": card.licence,
            "Citation": card.citation,
            "To know": " ".join(card.notes),
        }
        with element("dl", "origin"):
            for label, text in facts.items():
                if text:
                    element("dt", "", label)
                    element("dd", "", text)


def remove_form(card: TableCard) -> None:
    """Draw the button that takes a table out of the study."""
    page = card.page
    place = element("div")
    steps = page.used.get(card.name, [])
    question = "Take the table out of the study? Its file stays in the folder data."
    if steps:
        question += f" The step {', '.join(steps)} uses it and will not run without it."

    async def remove() -> None:
        place.clear()
        try:
            data_work.remove_table(page.folder, page.read, card.name)
        except InnospaceError as error:
            with place:
                show_error(error)
            return
        await page.again(f"{card.name} is not part of the study any more.")

    button_asking("Remove the table", question, remove, yes="Remove it")
