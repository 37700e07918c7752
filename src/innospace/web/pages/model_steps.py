"""One step on the page of the model: its fields made from the engine's options, its model, its rows, its problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nicegui import ui

from innospace.core.errors import InnospaceError
from innospace.core.inputs import TABLE
from innospace.study.engines import ENGINES, engine
from innospace.study.forms import (
    ENGINE_WORDS,
    ROLE_WORDS,
    FormField,
    Kind,
    shown,
    taken,
    value_at,
    with_value,
    words,
)
from innospace.study.matrices import ENGINE
from innospace.web.controls import (
    Field,
    button,
    button_asking,
    element,
    field_area,
    field_check,
    field_number,
    field_select,
    field_text,
    waiting,
)
from innospace.web.layout import show_error, show_problems
from innospace.web.pages import model_work

if TYPE_CHECKING:
    from innospace.study.column_parts import ColumnSeen
    from innospace.web.pages.model import ModelPage

NONE = ""
SWITCHES = ("model", "method", "analysis")
"""Keys that decide which others there are."""
LINES = {
    Kind.LIST: "One a line.",
    Kind.PAIRS: "name = value, one a line.",
    Kind.RATES: "",
    Kind.TABLES: "One a line, for example: commodity = LAB, rate = 0.05, elasticity = 0.1",
}
"""What is written into several lines of text, and how."""
FORMULA_HELP = "Columns, + - * : ( ) and log, sqrt, I, C. Names with spaces stand in `backticks`."


class StepCard:
    """One step of the draft.

    Parameters
    ----------
    page : ModelPage
    name : str
    """

    def __init__(self, page: ModelPage, name: str) -> None:
        self.page, self.name = page, name
        self.controls: dict[str, Field] = {}
        self.fields: list[FormField] = []
        self._wrong: dict[str, str] = {}
        with element("section", "card step"):
            element("h2", "", name)
            known = str(self.values.get("engine", ""))
            if known not in ENGINES:
                element("p", "", f"The engine {known!r} is not known. Choose what the step does.")
                field_select("What it does", {NONE: "Choose one", **ENGINE_WORDS}, NONE, self._to_engine)
                self.preview, self.picker = element("div"), element("div")
                return
            element("p", "soft", ENGINE_WORDS[known])
            with element("div", "fields"):
                self._tables(known)
            self._draw_fields()
            self.preview = element("div", "preview")
            with self.preview:
                waiting("Checking the model…")
            self._end()

    @property
    def values(self) -> dict[str, Any]:
        """What the draft says of the step."""
        return model_work.tables_of(self.page.content, "step").get(self.name, {})

    async def _to_engine(self, value: str) -> None:
        if value:
            kept = {k: v for k, v in self.values.items() if k in ("data", "needs")}
            await self.page.again(model_work.changed(self.page.text, self.name, {"engine": value, **kept}))

    def _tables(self, known: str) -> None:
        """Draw a choice of a table for every part that a table may play."""
        roles = engine(known).ROLES
        playing = model_work.roles_of(self.values)
        if known == "firms" and "analysis" not in self.values:
            roles = {TABLE: True}
        elif known == "firms":
            roles = {role: role == "panel" for role in roles if role != TABLE}
            playing = {("panel" if role == TABLE else role): name for role, name in playing.items()}
        tables = list(model_work.tables_of(self.page.content, "data"))
        self._roles: dict[str, Field] = {}
        for role, needed in roles.items():
            given = playing.get(role, NONE)
            nothing = "none: the numbers of the model" if known == ENGINE else "none"
            offered = {**({} if needed and given else {NONE: nothing}), **{t: t for t in tables}}
            offered |= {given: f"{given} (not in the study)"} if given and given not in offered else {}
            title = "Matrix" if known == ENGINE and role == TABLE else ROLE_WORDS.get(role, words(role))
            self._roles[role] = field_select(title, offered, given, self._to_tables, required=needed)

    async def _to_tables(self, _value: Any) -> None:
        playing = {role: str(f.value) for role, f in self._roles.items() if f.value}
        data: Any = playing.get(TABLE, "") if set(playing) <= {TABLE} else playing
        values = {k: v for k, v in self.values.items() if k != "data"} | ({"data": data} if data else {})
        await self.page.again(model_work.changed(self.page.text, self.name, values))

    def _draw_fields(self) -> None:
        values = self.values
        self.fields = model_work.fields_in(self.page.folder, values)
        groups: dict[str, list[FormField]] = {}
        for field in self.fields:
            groups.setdefault(field.group, []).append(field)
        with element("div", "first-fields"):
            for field in groups.pop("", []):
                self._draw_field(field, values)
        self.picker = element("div")
        for group, inside in groups.items():
            with element("details") as box:
                if any(value_at(values, f.key) is not None for f in inside):
                    box.props("open")
                element("summary", "", group)
                with element("div", "fields"):
                    for field in inside:
                        self._draw_field(field, values)

    def _draw_field(self, field: FormField, values: Mapping[str, Any]) -> None:
        given = value_at(values, field.key)
        value = shown(field, given)

        async def changed(new: Any) -> None:
            await self._changed(field, new)

        common: dict[str, Any] = {"help": field.help or None, "required": field.required or None}
        usual = field.default if field.default not in (None, [], {}, "") else None
        if field.kind is Kind.CHOICE:
            offered = dict(field.choices)
            offered |= {value: f"{value} (not known)"} if value not in offered else {}
            made = field_select(field.title, offered, value, changed, **common)
        elif field.kind in (Kind.COLUMN, Kind.NAME):
            offered = {NONE: "None", **({value: value} if value else {})}
            made = field_select(field.title, offered, value, changed, **common)
        elif field.kind is Kind.CHECK:
            made = field_check(field.title, value, changed, help=field.help or None)
        elif field.kind in (Kind.NUMBER, Kind.WHOLE):
            hint = None if usual is None else f"{usual} when empty"
            step = 1 if field.kind is Kind.WHOLE else None
            made = field_number(field.title, value, changed, placeholder=hint, step=step, **common)
        elif field.kind in LINES:
            rows = max(2, str(value).count("\n") + 1)
            common["help"] = f"{field.help} {LINES[field.kind]}".strip()
            made = field_area(field.title, value, changed, rows=rows, **common)
        elif field.kind is Kind.FORMULA:
            common["help"] = f"{field.help} {FORMULA_HELP}".strip()
            made = field_area(field.title, value, changed, rows=2, live=True, **common).classes("wide")
        else:
            hint = None if usual is None else f"{usual} when empty"
            made = field_text(field.title, value, changed, placeholder=hint, **common)
        self.controls[field.key] = made

    async def _changed(self, field: FormField, new: Any) -> None:
        control = self.controls[field.key]
        try:
            value = taken(field, new)
        except (InnospaceError, ValueError) as error:
            message = model_work.told(error) if isinstance(error, InnospaceError) else str(error)
            self._wrong[field.key] = message
            control.complain(message)
            return
        self._wrong.pop(field.key, None)
        values = self.values
        if value == value_at(values, field.key):
            return
        text = model_work.changed(self.page.text, self.name, with_value(values, field.key, value))
        if field.key in SWITCHES:
            await self.page.again(text)
            return
        if field.kind is Kind.FORMULA:
            # said at once; rows and tables are looked at in a process of their own
            parts = self.values.get("engine") == "frontier"
            control.complain(model_work.formula_problem(str(new), self._columns(), parts) if self._columns() else "")
        await self.page.change(text)

    def _columns(self) -> list[str]:
        return [c.name for c in self._seen_columns(self.page.seen)]

    def _seen_columns(self, seen: model_work.Seen) -> tuple[ColumnSeen, ...]:
        playing = model_work.roles_of(self.values)
        table = playing.get(TABLE) or next(iter(playing.values()), "")
        found = seen.tables.get(table)
        return found.columns if found is not None else ()

    def show(self, step: model_work.SeenStep, seen: model_work.Seen) -> None:
        """Show what was found out about the step."""
        columns = self._seen_columns(seen)
        for field in self.fields:
            if field.kind in (Kind.COLUMN, Kind.NAME):
                value = str(self.controls[field.key].value or NONE)
                where = "table" if field.kind is Kind.COLUMN else "model"
                names = {c.name: f"{c.name}: {c}" for c in columns}
                if field.kind is Kind.NAME:
                    names = {n: n for n in (step.names or {}).get(field.key, ())}
                offered = {NONE: "None" if field.kind is Kind.COLUMN else "Chosen by the model", **names}
                offered |= {value: f"{value} (not in the {where})"} if value not in offered else {}
                self.controls[field.key].offer(offered)
        self._show_picker(columns)
        at_field: dict[str, str] = {}
        rest = []
        for error in step.problems:
            key = model_work.field_of(error, self.fields)
            if key:
                at_field[key] = f"{at_field.get(key, '')} {model_work.told(error)}".strip()
            else:
                rest.append(error)
        for key, control in self.controls.items():
            control.complain(self._wrong.get(key) or at_field.get(key, ""))
        self._show_preview(step, rest)

    def _show_preview(self, step: model_work.SeenStep, rest: list[InnospaceError]) -> None:
        self.preview.clear()
        with self.preview:
            if rest:
                show_problems(rest, "To mend in this step")
            if step.sentence:
                element("h3", "", "The model")
                element("p", "", step.sentence)
            for math, meaning in step.equations:
                # on a phone it may be wider than the page
                with element("div", "equation").props('tabindex=0 role=region aria-label="Equation"'):
                    ui.html(math, sanitize=False)
                    element("p", "soft", meaning)
            if step.facts:
                with element("dl", "origin"):
                    for label, text in step.facts:
                        element("dt", "", label)
                        element("dd", "", text)
            if step.use is not None:
                element("h3", "", "Rows")
                element("p", "", f"{step.use.used} of {step.use.rows} rows are used.")
                with element("ul"):
                    for lost in step.use.lost:
                        element("li", "", str(lost))

    def _show_picker(self, columns: tuple[ColumnSeen, ...]) -> None:
        """Draw columns to build a formula from, once."""
        formula = next((f for f in self.fields if f.kind is Kind.FORMULA and f.key.endswith("formula")), None)
        if formula is None or not columns or self.picker.default_slot.children:
            return
        numbers = {c.name: f"{c.name}: {c}" for c in columns if c.part not in ("names the rows", "group", "not used")}
        if not numbers:
            return
        with self.picker, element("details", "picker"):
            element("summary", "", "Build the formula from columns")
            outcome = field_select("Outcome", numbers, next(iter(numbers)))
            with element("fieldset"):
                element("legend", "", "Inputs")
                with element("div", "fields"):
                    boxes = {name: field_check(text) for name, text in numbers.items()}
            logs = field_check("Logarithms of all of them", True, help="For positive numbers of very different size.")

            async def put() -> None:
                inputs = [n for n, box in boxes.items() if box.value and n != outcome.value]
                text = model_work.built_formula(str(outcome.value), inputs, bool(logs.value))
                self.controls[formula.key].set(text)
                await self._changed(formula, text)

            button("Put it into the formula", put)

    def _end(self) -> None:
        page, name = self.page, self.name
        with element("details"):
            element("summary", "", "Rename or remove this step")
            wanted = field_text("Name", name)
            place = element("div")

            async def rename() -> None:
                place.clear()
                new = str(wanted.value).strip()
                try:
                    text = model_work.renamed(page.text, name, new) if new != name else page.text
                except InnospaceError as error:
                    with place:
                        show_error(error)
                    return
                await page.again(text, f"The step is called {new}.")

            async def remove() -> None:
                await page.again(model_work.removed(page.text, name), f"The step {name} was taken out.")

            with element("div", "row-of-buttons"):
                button("Rename it", rename)
                button_asking("Remove it", f"Take the step {name} and its links out?", remove, yes="Remove the step")
