"""Data: the tables of a study with every bad cell marked, and how a table gets in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nicegui import ui

from innospace.core.errors import InnospaceError
from innospace.core.provenance import Nature
from innospace.data.cell_problems import TableSurvey
from innospace.web import uploads
from innospace.web.controls import button, element, field_select, waiting
from innospace.web.file_field import FileField
from innospace.web.layout import announcer, connected, empty_state, frame, link, show_error, study_folder, study_url
from innospace.web.pages import data_work
from innospace.web.pages.data_forms import OriginForm, PartsForm, ReadingForm, remove_form, sample_origin
from innospace.web.pages.data_matrices import GroundCards
from innospace.web.pages.data_view import SIGN, counted, problems_html, table_html

if TYPE_CHECKING:
    from innospace.data.cards import SampleCard
    from innospace.study.edit import StudyText
    from innospace.web.context import AppContext

MEND = (
    "Mend the cells in the file and choose it again; or, under “How the file is read”, name the decimal mark, say what "
    "a dash or letters behind a number mean, name the row of the names of columns, or read a column as text."
)


def register(context: AppContext) -> None:
    """Declare ``/studies/{study}/data``."""

    @ui.page("/studies/{study}/data")
    async def data(study: str) -> None:
        with frame(context, "Data", study=study, section="data"):
            folder = study_folder(context, study)
            if folder is None:
                return
            page = DataPage(context, study, folder)
            page.draw()
            await connected()
            await page.look()


class DataPage:
    """One visitor's page of the tables of a study.

    Parameters
    ----------
    context : AppContext
    study : str
    folder : Path
    """

    def __init__(self, context: AppContext, study: str, folder: Path) -> None:
        self.context, self.study, self.folder = context, study, folder
        self.read: StudyText
        self.tables: dict[str, dict[str, Any]] = {}
        self.used: dict[str, list[str]] = {}

    def draw(self) -> None:
        """Draw everything that is known without reading a table."""
        self.line = announcer()
        self.place = element("div")
        self._fill()

    def _fill(self) -> None:
        self.place.clear()
        self.cards: dict[str, TableCard] = {}
        with self.place:
            try:
                self.read, self.tables, self.used = data_work.read_values(self.folder)
            except InnospaceError as error:
                show_error(error)
                return
            self.grounds = GroundCards(self)
            if not self.tables and not self.grounds.steps:
                self._begin()
                return
            for name in self.tables:
                self.cards[name] = TableCard(self, name)
            with element("div", "row-of-buttons"):
                link("Choose columns and model", study_url(self.study, "model"), "button primary")
            self._add()

    async def look(self) -> None:
        """Read the tables one after the other."""
        await self.grounds.look()
        for card in list(self.cards.values()):
            await card.look()

    async def again(self, said: str = "") -> None:
        """Draw the page anew after the study was changed."""
        self._fill()
        self.line.text = said
        await self.look()

    def _begin(self) -> None:
        with empty_state(
            "Begin with a table",
            "One row a region and year (or a firm and year), one column a quantity, names of columns in the first row. "
            "The table is shown at once, with every cell that cannot be used marked.",
        ):
            self._upload("Your table", first=True)
            element("h3", "", "Or see how it works with a sample")
            self._samples()

    def _add(self) -> None:
        with element("section", "card"):
            element("h2", "", "Add a table")
            self._upload("Another table")
            with element("details"):
                element("summary", "", "Use a sample instead")
                self._samples()

    def _upload(self, label: str, first: bool = False) -> None:
        incoming = Incoming(self, "")
        field = FileField(label, self.study, incoming.arrived)
        if first:
            field.classes("first")
        incoming.place = element("div")

    def _samples(self, table: str = "") -> None:
        from innospace.data.catalogue import samples

        choices = {c.name: f"{c.title} ({c.nature}, {counted(c.rows, 'row')})" for c in samples()}
        chosen = field_select("Sample", choices, next(iter(choices)))
        place = element("div")

        async def use() -> None:
            place.clear()
            try:
                name = data_work.use_sample(self.folder, self.read, str(chosen.value), table)
            except InnospaceError as error:
                with place:
                    show_error(error)
                return
            await self.again(f"The study uses the sample {chosen.value} as {name}.")

        button("Use this sample", use)

    async def save(self, name: str, values: Mapping[str, Any], place: ui.element, said: str) -> bool:
        """Write what the study says of a table; an error is shown in ``place`` and the study stays as it was."""
        place.clear()
        try:
            data_work.save_table(self.folder, self.read, name, values)
        except InnospaceError as error:
            with place:
                show_error(error)
            return False
        await self.again(said)
        return True


class Incoming:
    """An upload on its way into the study: new, or in place of a table."""

    def __init__(self, page: DataPage, table: str) -> None:
        self.page, self.table = page, table
        self.place: ui.element

    async def arrived(self, upload: str, _name: str) -> None:
        """Look at the file; one that can be read becomes a table, of any other the problems are shown."""
        try:
            file = uploads.pending(self.page.folder, upload)
        except InnospaceError as error:
            self._tell(error)
            return
        self.place.clear()
        await self._try(file, {})

    def _tell(self, error: InnospaceError) -> None:
        self.place.clear()
        with self.place:
            show_error(error)

    async def _try(self, file: Path, options: Mapping[str, Any]) -> None:
        try:
            seen = await self.page.context.compute(data_work.look_at_file, file, dict(options))
        except InnospaceError as error:
            error.where = error.where.replace(f"{file.parent}/", "")
            self._not_yet(file, options, error, None)
            return
        if not seen.readable:
            self._not_yet(file, options, None, seen)
            return
        self.place.clear()
        wanted = data_work.Wanted(file, self.table, dict(options))
        if uploads.is_taken(self.page.folder, file.name):
            self._ask(wanted, seen)
        else:
            await self._take(wanted, seen, file.name, replace=False)

    async def _otherwise(self, file: Path, options: Mapping[str, Any]) -> None:
        """Read the file in another way; when it arrived its control said that it is read."""
        self.place.clear()
        with self.place:
            waiting(f"Reading {file.name}…")
        await self._try(file, options)

    def _not_yet(
        self, file: Path, options: Mapping[str, Any], error: InnospaceError | None, seen: TableSurvey | None
    ) -> None:
        """Show why a file is not a table yet; it may only have to be read in another way."""
        self.place.clear()
        with self.place, element("section", "refused"):
            element("h3", "", f"{file.name} is not part of the study yet")
            if error is not None:
                element("p", "", "Mend the file and choose it again, or say below how it is to be read.")
                show_error(error)
            if seen is not None:
                show_survey(seen, file.name)
            columns = [c.name for c in seen.columns] if seen is not None else []
            ReadingForm(file.suffix, options, columns, lambda given: self._otherwise(file, given), opened=True)
            button("Forget this file", lambda: self._forget(file))

    def _forget(self, file: Path) -> None:
        uploads.discard(file)
        self.place.clear()

    def _ask(self, wanted: data_work.Wanted, seen: TableSurvey) -> None:
        """Ask what becomes of a file of the same name."""
        name, other = wanted.file.name, uploads.free_name(self.page.folder, wanted.file.name)
        with self.place, element("section", "question"):
            element("h3", "", f"The study has a file {name} already")
            element("p", "", f"The new one has {counted(seen.rows, 'row')} and {counted(len(seen.columns), 'column')}.")
            with element("div", "row-of-buttons"):
                button(f"Keep both, this one as {other}", lambda: self._take(wanted, seen, other, replace=False))
                button("Replace the file", lambda: self._take(wanted, seen, name, replace=True), danger=True)
                button("Forget the new file", lambda: self._forget(wanted.file))

    async def _take(self, wanted: data_work.Wanted, seen: TableSurvey, name: str, *, replace: bool) -> None:
        columns = tuple(c.name for c in seen.columns)
        page = self.page
        try:
            table = data_work.put_into_study(page.folder, page.read, wanted, name, columns, replace=replace)
        except InnospaceError as error:
            self._tell(error)
            return
        await page.again(f"{name} is part of the study as {table}.")


class TableCard:
    """One table of the study."""

    def __init__(self, page: DataPage, name: str) -> None:
        self.page, self.name, self.values = page, name, page.tables[name]
        with element("section", "card table-card") as self.card:
            element("h2", "", name)
            with element("p", "facts"):
                element("span", f"badge {self._nature()}", self._nature())
                self.facts = element("span", "", self._origin())
            self.place = element("div")
            with self.place:
                waiting("Reading the table…")
            self.forms = element("div")

    def _sample(self) -> SampleCard | None:
        from innospace.data.catalogue import samples

        return next((c for c in samples() if c.name == self.values.get("sample")), None)

    def _nature(self) -> str:
        card = self._sample()
        given = str(card.nature) if card is not None else str(self.values.get("nature", "observed"))
        return given if given in set(Nature) else "observed"

    def _origin(self) -> str:
        sample = self.values.get("sample")
        return f"Sample {sample}" if sample else str(self.values.get("file", ""))

    async def look(self) -> None:
        """Read the table and show it."""
        page = self.page
        seen, error = None, None
        try:
            seen = await page.context.compute(data_work.look, page.folder, self.name, self.values)
        except InnospaceError as found:
            error = found
        if self.card.is_deleted:
            return
        self.place.clear()
        with self.place:
            if error is not None:
                show_error(error)
            if seen is not None:
                size = f"{counted(seen.rows, 'row')}, {counted(len(seen.columns), 'column')}"
                self.facts.text = " · ".join([self._origin(), size, *seen.notes])
                show_survey(seen, self.name)
        with self.forms:
            self._forms([c.name for c in seen.columns] if seen is not None else [])

    def _forms(self, columns: list[str]) -> None:
        page, values = self.page, self.values
        if columns:
            PartsForm(self, columns)
        if values.get("file"):
            suffix = Path(str(values["file"])).suffix
            options = {k: values[k] for k in data_work.READING if k in values}
            ReadingForm(suffix, options, columns, self._read_again)
            OriginForm(self)
        elif (card := self._sample()) is not None:
            sample_origin(card)
        with element("details"):
            element("summary", "", "Replace or remove this table")
            incoming = Incoming(page, self.name)
            FileField("A file in its place", page.study, incoming.arrived)
            incoming.place = element("div")
            remove_form(self)

    async def _read_again(self, options: Mapping[str, Any]) -> None:
        page = self.page
        changed = data_work.with_reading(self.values, options)
        self.place.clear()
        with self.place:
            waiting("Reading the table…")
        try:
            seen = await page.context.compute(data_work.look, page.folder, self.name, changed)
        except InnospaceError as error:
            self.place.clear()
            with self.place:
                element("p", "verdict bad", f"{SIGN} Read so, the file is no table; the study is as it was.")
                show_error(error)
            return
        if not seen.readable:
            self.place.clear()
            with self.place:
                element("p", "verdict bad", f"{SIGN} Read so, cells cannot be used; the study is as it was.")
                show_survey(seen, self.name)
            return
        await page.save(self.name, changed, self.place, f"{self.name} is read in the new way.")


def show_survey(seen: TableSurvey, name: str) -> None:
    """Draw the verdict, the problems and the rows of a table."""
    for error in seen.errors:
        show_error(error)
    if seen.count:
        told = f"{counted(seen.count, 'cell has a problem', 'cells have a problem')}."
        element("p", "verdict bad", f"{SIGN} {told}")
        with element("section", "problem"):
            ui.html(problems_html(seen, name), sanitize=False)
            if not seen.readable:
                element("p", "", MEND)
    elif not seen.errors:
        element("p", "verdict good", "✓ No problem in any cell.")
    ui.html(table_html(seen, name), sanitize=False)
