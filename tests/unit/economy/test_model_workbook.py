"""Models as workbooks: every ready model there and back, quantities from cells, and faults named by sheet and row."""

from __future__ import annotations

import openpyxl
import pandas as pd
import pytest

from innospace.core.errors import InnospaceError, SpecError
from innospace.core.inputs import TABLE, StepInputs
from innospace.data import load_sample
from innospace.data.workbooks import read_records
from innospace.economy.general.files import read_model, spec_from_dict
from innospace.economy.general.models import MODELS, ready
from innospace.economy.general.solve import compile_spec, solve
from innospace.economy.general.step import Options, preflight, run
from innospace.economy.general.workbook import COLUMNS, from_sheets, to_sheets
from innospace.economy.general.write import spec_to_dict, write_model
from innospace.study.load import load_study

DIGITS = 1e-15
"""A workbook stores sixteen digits."""
STUDY = """
[study]
title = "Модель"

[data.matrix]
file = "модель.xlsx"
sheet = "sam"
nature = "assumed"
origin = "test"

[step.economy]
engine = "equilibrium"
model = "модель.xlsx"
data = "matrix"
"""
CELLS = {
    "numeraire": [{"commodity": "LAB"}],
    "activities": [{"name": "Z.BRD"}, {"name": "Z.MLK"}],
    "nests": [
        {"owner": f"Z.{j}", "side": side, "nest": side, "elasticity": bend}
        for j in ("BRD", "MLK")
        for side, bend in (("inputs", 1), ("outputs", 0))
    ]
    + [{"owner": "HOH", "side": "demand", "nest": "потребление", "elasticity": 1.0}],
    "flows": [
        {"owner": f"Z.{j}", "side": "inputs", "nest": "inputs", "commodity": h, "quantity": f"{h}:{j}"}
        for j in ("BRD", "MLK")
        for h in ("CAP", "LAB")
    ]
    + [
        {"owner": f"Z.{j}", "side": "outputs", "nest": "outputs", "commodity": j, "quantity": f"{j}:HOH"}
        for j in ("BRD", "MLK")
    ]
    + [
        {"owner": "HOH", "side": "demand", "nest": "потребление", "commodity": j, "quantity": f"{j}:HOH"}
        for j in ("BRD", "MLK")
    ],
    "agents": [{"name": "HOH"}],
    "endowments": [{"agent": "HOH", "commodity": h, "quantity": f"HOH:{h}"} for h in ("CAP", "LAB")],
}


def written(path, sheets):
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        for name, rows in sheets.items():
            pd.DataFrame(rows).to_excel(book, sheet_name=name, index=False)
    return path


def matrix_rows():
    frame = load_sample("splcge-sam").frame
    return frame.to_dict("records")


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_model_as_sheets_is_the_model(name):
    spec = ready(name).spec
    assert spec_from_dict(from_sheets(to_sheets(spec_to_dict(spec)), "memory")) == spec


@pytest.mark.parametrize("name", ["korcge", "lrgcge"])  # taxes, an instrument; schedules
def test_a_ready_model_goes_through_a_workbook(tmp_path, name):
    file = write_model(ready(name).spec, tmp_path / "модель.xlsx")
    assert set(openpyxl.load_workbook(file).sheetnames) == set(COLUMNS)
    before, after = spec_to_dict(ready(name).spec), spec_to_dict(read_model(file))
    assert numbers(after) == pytest.approx(numbers(before), rel=DIGITS)
    assert texts(after) == texts(before)
    with pytest.raises(SpecError, match="exists"):
        write_model(ready(name).spec, file)


def leaves(value):
    if isinstance(value, dict):
        return [x for k, v in value.items() for x in (k, *leaves(v))]
    return [x for v in value for x in leaves(v)] if isinstance(value, list) else [value]


def numbers(value):
    return [x for x in leaves(value) if isinstance(x, float)]


def texts(value):
    return [x for x in leaves(value) if not isinstance(x, float)]


def test_quantities_are_cells_of_the_sheet_of_the_matrix(tmp_path):
    file = written(tmp_path / "модель.xlsx", {**CELLS, "sam": matrix_rows()})
    economy = compile_spec(read_model(file))
    p = economy.parameters.values.copy()
    p[economy.parameters.position["endowment.HOH.CAP"]] *= 1.1
    found = solve(economy, p)
    assert found.price("CAP") == pytest.approx(0.90909091, abs=1e-8)  # the textbook's
    assert found.price("BRD") == pytest.approx(0.96872931, abs=1e-8)


def test_a_study_names_a_workbook(tmp_path):
    written(tmp_path / "модель.xlsx", {**CELLS, "sam": matrix_rows()})
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    step = load_study(tmp_path).steps[0]
    options = step.options
    assert isinstance(options, Options)
    inputs = StepInputs({TABLE: load_sample("splcge-sam")})
    assert preflight(options, inputs) == []
    assert run(options, inputs).baseline.iterations == 0
    without = preflight(options, StepInputs({}))
    assert any("does not name as data" in str(e) for e in without)


def changed(sheet: str, number: int, **cells):
    rows = [dict(r) for r in CELLS.get(sheet, ())]
    if number < len(rows):
        rows[number] |= cells
    else:
        rows.append(cells)
    kept = [{k: v for k, v in r.items() if v is not None} for r in rows]
    return {**CELLS, sheet: kept}


@pytest.mark.parametrize(
    ("sheets", "told", "where"),
    [
        ({**CELLS, "flow": []}, "Unknown sheet: 'flow'", ""),
        (changed("flows", 0, nest="input"), "Unknown nest: 'input'", "sheet 'flows'"),
        (changed("flows", 0, owner=None), "Cells are empty: 'owner'", "sheet 'flows'"),
        (changed("flows", 1, commodity="CAP"), "stands twice in nest", "sheet 'flows'"),
        (changed("flows", 0, quantity="CAP:BREAD"), "Unknown account: 'BREAD'", ""),
        (changed("nests", 0, side="input"), "Unknown side: 'input'", "sheet 'nests'"),
        (changed("nests", 9, owner="HOH", side="demand", nest="потребление"), "stands twice", "sheet 'nests'"),
        (changed("nests", 9, owner="HOH", side="demand", nest="more"), "2 nests without a parent", "sheet 'nests'"),
        (changed("nests", 0, parent="top"), "0 nests without a parent", "sheet 'nests'"),
        (changed("nests", 9, owner="HOH", side="demand", nest="a", parent="a"), "not on the root", "sheet 'nests'"),
        (changed("nests", 9, owner="HOM", side="demand", nest="a"), "Unknown owner: 'HOM'", ""),
        (changed("endowments", 0, agent="HOM"), "Unknown agent: 'HOM'", "sheet 'endowments'"),
        (changed("endowments", 0, amount=1.0), "Unknown column: 'amount'", "sheet 'endowments'"),
        (changed("activities", 0, calibrated="maybe"), "neither yes nor no", "column 'calibrated'"),
        ({"numeraire": []}, "no activities and no agents", ""),
        (
            changed("taxes", 0, owner="Z.BRD", side="inputs", nest="inputs", commodity="LND", name="t"),
            "Unknown commodity of the nest",
            "sheet 'taxes'",
        ),
    ],
    ids=lambda v: v if isinstance(v, str) else None,
)
def test_a_fault_is_named_by_sheet_and_row(tmp_path, sheets, told, where):
    rows = {n: [{"": i + 2, **r} for i, r in enumerate(r)] for n, r in sheets.items()}
    from innospace.data import sam_from_dataset

    with pytest.raises(InnospaceError) as error:
        spec_from_dict(from_sheets(rows, "модель.xlsx"), sam_from_dataset(load_sample("splcge-sam")))
    assert told in str(error.value)
    assert where in str(error.value)


def test_rows_of_sheets_know_where_they_stand(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "a"
    for row in ((None, None), ("x", "y"), (1, None), (None, None), ("да", True)):
        book.active.append(row)
    book.create_sheet("пусто")
    book.save(tmp_path / "b.xlsx")
    found = read_records((tmp_path / "b.xlsx").read_bytes(), "b.xlsx")
    assert found == {"a": [{"": 3, "x": 1}, {"": 5, "x": "да", "y": True}]}
    book["a"].cell(3, 4).value = "stray"
    book.save(tmp_path / "b.xlsx")
    with pytest.raises(InnospaceError, match="under no heading"):
        read_records((tmp_path / "b.xlsx").read_bytes(), "b.xlsx")
