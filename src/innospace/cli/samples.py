"""``innospace samples``: the tables that come with the package, with their cards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from innospace.cli.options import Json, Quiet
from innospace.cli.outcome import Outcome
from innospace.cli.show import aligned, wrapped

if TYPE_CHECKING:
    from innospace.data.cards import SampleCard


def samples(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Sample whose card is shown; all if not given.")] = "",
    export: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="Write the sample to a CSV file.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> Outcome:
    """List samples, or show or export one."""
    from innospace.core.errors import InnospaceError
    from innospace.data.catalogue import sample_card
    from innospace.data.catalogue import samples as cards

    if name:
        card = sample_card(name)
        written = [] if export is None else [str(_export(name, export))]
        text = "\n".join([_card(card), *(f"Written to {f}" for f in written)])
        return Outcome(card.to_dict() | ({"exported": written[0]} if written else {}), text)
    if export is not None:
        raise InnospaceError(
            "No sample was named.",
            where="innospace samples --export",
            remedy="Name one: innospace samples NAME --export FILE",
        )
    listed = [(c.name, str(c.nature), f"{c.rows:,}", c.title) for c in cards()]
    text = aligned(listed, ("Sample", "Nature", "Rows", "What it is"))
    return Outcome({"samples": [c.to_dict() for c in cards()]}, text)


def _export(name: str, path: Path) -> Path:
    from innospace.cli.files import new_file
    from innospace.core.errors import InnospaceError
    from innospace.data.catalogue import load_sample

    if path.suffix.lower() != ".csv":
        raise InnospaceError(
            f"A sample is written as CSV, not as {path.suffix or 'a file without suffix'}.",
            where=str(path),
            remedy=f"Write to {path.with_suffix('.csv')}.",
        )
    with new_file(path) as aside:
        load_sample(name).frame.to_csv(aside, index=False, encoding="utf-8")
    return path


def _card(card: SampleCard) -> str:
    facts = (
        ("Nature", str(card.nature)),
        ("Rows", f"{card.rows:,}"),
        ("Origin", card.origin),
        ("Licence", card.licence),
        ("Cite as", card.citation),
        *(("Note", note) for note in card.notes),
    )
    columns = [(c.name, c.unit, c.meaning + (f" ({c.rule})" if c.rule else "")) for c in card.columns]
    return "\n".join(
        [
            f"{card.name}: {card.title}",
            wrapped(card.description),
            "",
            aligned(facts, ("", "")).lstrip("\n"),
            "",
            aligned(columns, ("Column", "Unit", "Meaning")),
        ]
    )
