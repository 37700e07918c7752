"""``innospace sam``: social accounting matrices: build, check, balance, put together and take apart."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from innospace.cli.options import Json, Quiet
from innospace.cli.outcome import Outcome, code_of
from innospace.cli.show import aligned, checks_text, wrapped
from innospace.core.numbers import fixed, percent, signed

if TYPE_CHECKING:
    import pandas as pd

    from innospace.data.balancing import Balanced
    from innospace.data.controls import Controls
    from innospace.data.sam import SAM
    from innospace.economy.models.knowledge.prior import PriorSAM

SHOWN = 10
LARGE = 1e4
"""Amounts as large as this are shown without decimals."""

app = typer.Typer(
    name="sam", help="Build, check, balance and aggregate social accounting matrices.", rich_markup_mode=None
)
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
    method: Annotated[
        str, typer.Option("--method", help="cross-entropy, ras (totals of accounts are met), or least-squares.")
    ] = "cross-entropy",
    reliability: Annotated[
        Path | None,
        typer.Option("--reliability", metavar="FILE", help="Table row, column, weight: the larger, the less it moves."),
    ] = None,
    totals: Annotated[
        Path | None,
        typer.Option("--totals", metavar="FILE", help="Table account, total: receipts that must be met."),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="ROW,COLUMN", help="Cell that must keep its value; may be repeated."),
    ] = None,
    long: Long = False,
    sheet: Sheet = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> Outcome:
    """Balance any square matrix.

    Cells that are empty stay empty, negative cells stay negative. What moved is written beside the matrix, largest
    moves first: FILE.changes.csv.
    """
    from dataclasses import replace

    from innospace.data import balancing
    from innospace.data.sam import read_sam
    from innospace.data.sam_files import read_totals

    log = None if out is None else out.with_name(f"{out.stem}.changes.csv")
    with _target(out, matrix) as aside, _target(log, matrix) as beside:
        sam = read_sam(matrix, sheet=sheet)
        weights = _weights(sam, keep or (), reliability)
        given = None if totals is None else read_totals(totals)
        balanced = balancing.balance(sam.values, method, weights, totals=given)
        sam = replace(sam, values=balanced.values)
        if aside is not None and beside is not None:
            sam.write(aside, long=long)
            balanced.moved().to_csv(beside, index=False, encoding="utf-8", lineterminator="\n")
    checks = sam.checks(signed=sam.negative_cells())
    payload = {
        **_facts(sam, balanced),
        "method": method,
        "checks": [c.to_dict() for c in checks],
        "out": None if out is None else str(out),
        "changes": None if log is None else str(log),
    }
    head = f"{matrix.name}: {len(sam.accounts)} accounts{_unit(sam)}. {balanced.status.message}"
    text = [head, _changes_text(balanced, sam.unit), checks_text(checks)]
    written = [] if log is None else ["\n".join([*_written(out), f"What moved: {log}"])]
    return Outcome(payload, "\n\n".join(text + written), code_of([balanced.status], checks))


@app.command()
def aggregate(
    matrix: Matrix,
    mapping: Annotated[
        Path,
        typer.Option("--map", metavar="FILE", help="Table account, group, and share where an account is taken apart."),
    ],
    out: Out = None,
    net: Annotated[bool, typer.Option("--net", help="Leave out what accounts of a group pay each other.")] = False,
    long: Long = False,
    sheet: Sheet = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> Outcome:
    """Put accounts of a matrix together, or take them apart by shares.

    Accounts that the mapping does not name stay as they are. Balances are kept.
    """
    from innospace.data.sam import read_sam
    from innospace.data.sam_groups import read_mapping, regroup

    with _target(out, matrix) as aside:
        before = read_sam(matrix, sheet=sheet)
        groups = read_mapping(mapping)
        sam = regroup(before, groups, net=net)
        if aside is not None:
            sam.write(aside, long=long)
    checks = sam.checks(signed=sam.negative_cells())
    staying = [a for a in before.accounts if a not in set(groups.accounts)]
    payload = {
        "unit": sam.unit,
        "year": sam.year or None,
        "accounts": sam.accounts,
        "unmapped": staying,
        "totals": {a: sam.total(a) for a in sam.accounts},
        "natures": sam.count_natures(),
        "checks": [c.to_dict() for c in checks],
        "out": None if out is None else str(out),
    }
    head = f"{matrix.name}: {len(before.accounts)} accounts become {len(sam.accounts)}{_unit(sam)}."
    stay = [wrapped(f"Stay as they are: {', '.join(staying)}.", "")] if staying else []
    rows = [(a, fixed(sam.total(a), 3)) for a in sam.accounts]
    text = [head, *stay, aligned(rows, ("Account", "Receives")), checks_text(checks)]
    return Outcome(payload, "\n\n".join(text + _written(out)), code_of([], checks))


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


def _weights(sam: SAM, keep: Sequence[str], reliability: Path | None) -> pd.DataFrame:
    import pandas as pd

    from innospace.data.sam_files import read_weights

    if reliability is None:
        weights = pd.DataFrame(1.0, index=sam.values.index, columns=sam.values.columns)
    else:
        weights = read_weights(reliability, sam)
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
    moved = balanced.moved()
    if moved.empty:
        return "The matrix was balanced; no cell changed."
    digits = 0 if moved["value"].abs().max() >= LARGE else 2
    rows = [
        (
            str(c["row"]),
            str(c["column"]),
            fixed(c["prior"], digits),
            fixed(c["value"], digits),
            signed(c["change"], digits),
            percent(c["percent"] / 100.0),
        )
        for c in moved.head(SHOWN).to_dict("records")
    ]
    head = f"Balanced in {balanced.iterations} steps. Largest changes{f', {unit}' if unit else ''}:"
    return f"{head}\n{aligned(rows, ('Receives', 'Pays', 'Before', 'After', 'Change', 'Percent'))}"


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
