"""``innospace sam``: social accounting matrices: build one from a controls table, check one, balance one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from innospace.cli.options import Json, Quiet
from innospace.cli.outcome import Outcome, code_of
from innospace.cli.show import aligned, checks_text, wrapped
from innospace.core.numbers import fixed, percent

if TYPE_CHECKING:
    import pandas as pd

    from innospace.data.balancing import Balanced
    from innospace.data.controls import Controls
    from innospace.data.sam import SAM
    from innospace.economy.models.knowledge.prior import PriorSAM

SHOWN = 10

app = typer.Typer(name="sam", help="Build, check and balance social accounting matrices.", rich_markup_mode=None)
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="CSV or XLSX file to write the matrix to.")]
Long = Annotated[bool, typer.Option("--long", help="Write one row a cell instead of one row an account.")]
Matrix = Annotated[
    Path, typer.Argument(metavar="SAM", help="Matrix: CSV, XLSX or HAR, one row an account, or row, column, value.")
]
Sheet = Annotated[str | None, typer.Option("--sheet", help="Sheet of a workbook, header of a HAR file.")]


@app.callback(invoke_without_command=True)
def _root(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def build(
    controls: Annotated[
        Path,
        typer.Argument(metavar="CONTROLS", help="Table: item, value, unit, year, status, weight, source, reason."),
    ],
    out: Out = None,
    long: Long = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> Outcome:
    """Build the matrix of the knowledge economy from a controls table.

    The items and their meanings stand in the sample bashkortostan-2012-controls, which can be exported, changed and
    built anew: innospace samples bashkortostan-2012-controls --export FILE.
    """
    from innospace.data.controls import read_controls
    from innospace.economy.models.knowledge.base_year import base_inputs, catalogue
    from innospace.economy.models.knowledge.prior import build_prior, gates, to_sam

    with _target(out, controls) as aside:
        table = read_controls(controls, catalogue())
        base_inputs(table)
        prior = build_prior(table)
        balanced = prior.balance()
        sam = to_sam(prior, balanced)
        if aside is not None:
            sam.write(aside, long=long)
    checks = gates(sam, prior)
    payload = {
        **_facts(sam, balanced),
        "statuses": table.count_statuses(),
        "exact": _exact(prior),
        "checks": [c.to_dict() for c in checks],
        "out": None if out is None else str(out),
    }
    text = [_built(sam, table, prior), _changes_text(balanced, sam.unit), _rests_on(sam), checks_text(checks)]
    return Outcome(payload, "\n\n".join(text + _written(out)), code_of([balanced.status], checks))


@app.command()
def check(
    matrix: Matrix,
    model: Annotated[
        str, typer.Option("--model", help="knowledge: also the accounts and cells of the knowledge economy.")
    ] = "",
    negative: Annotated[
        list[str] | None,
        typer.Option("--negative", metavar="ROW,COLUMN", help="Cell that may be negative; may be repeated."),
    ] = None,
    sheet: Sheet = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> Outcome:
    """Check a matrix: every account receives what it pays, no cell is negative.

    Savings and transfers from outside may be negative by nature: name their cells. Exit code 1 when a check fails.
    """
    from innospace.core.labels import require_known
    from innospace.data.sam import read_sam

    require_known([model] if model else [], ["knowledge"], kind="model", where="--model")
    sam = read_sam(matrix, sheet=sheet)
    if model:
        from innospace.economy.models.knowledge.prior import gates

        checks = gates(sam)
    else:
        checks = sam.checks(signed=_cells(sam, negative or (), "--negative"))
    gap = sam.imbalances(1e-9 * sam.size)
    payload = {
        "sam": str(matrix),
        "unit": sam.unit,
        "year": sam.year or None,
        "accounts": sam.accounts,
        "cells": len(sam.to_frame()),
        "imbalances": {str(a): float(v) for a, v in gap.items()},
        "natures": sam.count_natures(),
        "checks": [c.to_dict() for c in checks],
    }
    head = f"{matrix.name}: {len(sam.accounts)} accounts, {payload['cells']} cells{_unit(sam)}."
    rows = [(str(a), fixed(float(v), 3)) for a, v in gap.head(SHOWN).items()]
    table = [aligned(rows, ("Account", "Receives less pays"))] if rows else []
    return Outcome(payload, "\n\n".join([head, *table, checks_text(checks)]), code_of([], checks))


@app.command()
def balance(
    matrix: Matrix,
    out: Out = None,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="ROW,COLUMN", help="Cell that must keep its value; may be repeated."),
    ] = None,
    long: Long = False,
    sheet: Sheet = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> Outcome:
    """Balance any square matrix by cross-entropy.

    Cells that are empty stay empty, negative cells stay negative.
    """
    from dataclasses import replace

    from innospace.data.balancing import cross_entropy
    from innospace.data.sam import read_sam

    with _target(out, matrix) as aside:
        sam = read_sam(matrix, sheet=sheet)
        balanced = cross_entropy(sam.values, _weights(sam, keep or ()))
        sam = replace(sam, values=balanced.values)
        if aside is not None:
            sam.write(aside, long=long)
    checks = sam.checks(signed=sam.negative_cells())
    payload = {
        **_facts(sam, balanced),
        "checks": [c.to_dict() for c in checks],
        "out": None if out is None else str(out),
    }
    head = f"{matrix.name}: {len(sam.accounts)} accounts{_unit(sam)}. {balanced.status.message}"
    text = [head, _changes_text(balanced, sam.unit), checks_text(checks)]
    return Outcome(payload, "\n\n".join(text + _written(out)), code_of([balanced.status], checks))


def _cells(sam: SAM, texts: Sequence[str], option: str) -> list[tuple[str, str]]:
    """Return the cells that an option names."""
    from innospace.core.errors import SpecError
    from innospace.core.labels import require_known

    cells = []
    for text in texts:
        cell = [part.strip() for part in text.split(",")]
        if len(cell) != 2:
            raise SpecError(
                f"{text!r} is not a cell.", where=option, allowed="ROW,COLUMN", remedy="Name the two accounts."
            )
        require_known(cell, sam.accounts, kind="account", where=option)
        cells.append((cell[0], cell[1]))
    return cells


def _weights(sam: SAM, keep: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    weights = pd.DataFrame(1.0, index=sam.values.index, columns=sam.values.columns)
    for row, column in _cells(sam, keep, "--keep"):
        weights.loc[row, column] = float("inf")
    return weights


@contextlib.contextmanager
def _target(path: Path | None, read: Path) -> Iterator[Path | None]:
    from innospace.cli.files import new_file
    from innospace.data.sam_files import require_form

    if path is None:
        yield None
        return
    require_form(path)
    with new_file(path, keep=read) as aside:
        yield aside


def _facts(sam: SAM, balanced: Balanced) -> dict[str, Any]:
    changes = balanced.changes()
    natures = sam.natures
    cells = changes.to_dict("records")
    if natures is not None:
        place = {a: i for i, a in enumerate(sam.accounts)}
        text = natures.to_numpy()
        cells = [{**c, "nature": str(text[place[c["row"]], place[c["column"]]])} for c in cells]
    return {
        "unit": sam.unit,
        "year": sam.year or None,
        "accounts": sam.accounts,
        "iterations": balanced.iterations,
        "residual": balanced.residual,
        "natures": sam.count_natures(),
        "cells": cells,
    }


def _exact(prior: PriorSAM) -> dict[str, float]:
    return {c.name: c.total for c in prior.constraints if c.total}


def _built(sam: SAM, table: Controls, prior: PriorSAM) -> str:
    counts = table.count_statuses()
    said = ", ".join(f"{n} {s}" for s, n in counts.items() if n)
    exact = [(name, fixed(value, 0)) for name, value in _exact(prior).items()]
    return "\n".join(
        [
            f"{sam.source.name}: {len(table.rows)} figures ({said}), {len(sam.accounts)} accounts{_unit(sam)}.",
            "",
            aligned(exact, ("Held exactly", sam.unit)),
        ]
    )


def _changes_text(balanced: Balanced, unit: str) -> str:
    changes: pd.DataFrame = balanced.changes()
    moved = changes[changes["change"].abs() > 1e-9 * changes["value"].abs().max()]
    if moved.empty:
        return "The matrix was balanced; no cell changed."
    rows = [
        (
            str(c["row"]),
            str(c["column"]),
            fixed(c["prior"], 0),
            fixed(c["value"], 0),
            percent(c["percent"] / 100.0),
        )
        for c in moved.head(SHOWN).to_dict("records")
    ]
    head = f"Balanced in {balanced.iterations} steps. Largest changes{f', {unit}' if unit else ''}:"
    return f"{head}\n{aligned(rows, ('Receives', 'Pays', 'Before', 'After', 'Change'))}"


def _rests_on(sam: SAM) -> str:
    """Return what cells rest on: the counts, then the cells of assumptions by the account that receives."""
    counts = sam.count_natures()
    frame = sam.to_frame()
    assumed = frame[frame["nature"] == "assumption"].groupby("row", sort=False)["column"].agg(list)
    lines = [
        "Cells rest on: " + ", ".join(f"{n} {kind}" for kind, n in counts.items()) + ".",
        "Assumptions, by the account that receives:",
    ]
    lines += [wrapped(f"{row}: {', '.join(columns)}", "    ", "  ") for row, columns in assumed.items()]
    return "\n".join(lines)


def _unit(sam: SAM) -> str:
    facts = [str(x) for x in (sam.unit, sam.year) if x]
    return f", {', '.join(facts)}" if facts else ""


def _written(out: Path | None) -> list[str]:
    return [] if out is None else [f"Matrix: {out}"]
