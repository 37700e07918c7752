"""A study whose step is a general equilibrium in the browser: its matrix, its model, closure and elasticities."""

import csv
import io
import json
import tomllib

import pytest

from innospace.core.errors import StudyError
from innospace.data import load_sample
from innospace.study import edit, run
from innospace.study.forms import Kind, fields_of, shown, taken
from innospace.study.inspect import problems
from innospace.study.matrices import ground_of
from innospace.web.pages import model_work

STUDY = """
[study]
title = "Малая экономика"

[step.economy]
engine = "equilibrium"
model = "stdcge"  # of the textbook
scenarios = ["tariffs"]
"""


@pytest.fixture
def folder(root):
    folder = root / "open"
    folder.mkdir()
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    load_sample("stdcge-sam").frame.to_csv(folder / "матрица.csv", index=False)
    return folder


def settled(page):
    page.wait_for_function("!document.querySelector('[aria-busy=true]')")


def step_of(folder):
    return tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))["step"]["economy"]


def with_matrix(folder, **step):
    read = edit.read_text(folder)
    text = edit.with_table(read.text, "matrix", {"file": "матрица.csv"})
    text = edit.with_step(text, "economy", {"engine": "equilibrium", "model": "stdcge", "data": "matrix", **step})
    edit.save_text(folder, text, read.digest)


@pytest.mark.browser
def test_the_matrix_of_a_ready_model_is_shown_without_a_table(served, folder, tab):
    visit = tab(served, width=390, dark=True)
    page = visit.goto("/studies/open/data")
    page.get_by_text("✓ Balanced.").wait_for()
    cells = page.locator("table", has_text="Rows receive, columns pay").locator("tbody tr")
    assert cells.count() == 11
    assert cells.nth(0).inner_text().split() == ["BRD", "21", "8", "20", "19", "16", "8", "92"]
    assert page.get_by_text("Printed in the textbook").is_visible()
    assert visit.overflow() <= 0
    assert visit.violations() == []


@pytest.mark.browser
def test_closure_and_elasticities_are_chosen_and_saved(served, folder, tab):
    with_matrix(folder)
    visit = tab(served)
    page = visit.goto("/studies/open/model")
    settled(page)
    page.get_by_text("Closure", exact=True).click()
    page.get_by_label("Numeraire").select_option(json.dumps("CAP"))
    page.get_by_label("Unemployment").fill("commodity = LAB, rate = 0.05")
    page.get_by_text("Elasticities", exact=True).click()
    page.get_by_label("Armington").fill("BRD = 1.5\nMLK = 3")
    page.get_by_label("CET").fill("1.2")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator(".announce").get_by_text("Saved.").wait_for()
    assert step_of(folder) == {
        "engine": "equilibrium",
        "model": "stdcge",
        "data": "matrix",
        "numeraire": "CAP",
        "unemployment": [{"commodity": "LAB", "rate": 0.05}],
        "elasticities": {"armington": {"BRD": 1.5, "MLK": 3.0}, "cet": 1.2},
    }
    assert "# of the textbook" in (folder / "study.toml").read_text(encoding="utf-8")
    assert problems(folder) == []
    assert visit.violations() == []


@pytest.mark.browser
def test_an_empty_study_begins_with_a_ready_model(served, root, tab):
    (root / "new").mkdir()
    (root / "new" / "study.toml").write_text('[study]\ntitle = "New"\n', encoding="utf-8")
    page = tab(served).goto("/studies/new/model")
    page.get_by_role("button", name="Begin with a ready model of an economy").click()
    page.get_by_label("Model (required)").select_option(json.dumps("splcge"))
    page.get_by_text("A small closed economy (splcge").wait_for()
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator(".announce").get_by_text("Saved.").wait_for()
    assert problems(root / "new") == []


def test_fields_are_those_that_the_model_has():
    def keys(**values):
        return {f.key for f in fields_of("equilibrium", values)}

    assert {"elasticities.armington", "elasticities.consumption", "accounts.outside"} <= keys(model="lrgcge", data="m")
    closed = keys(model="splcge", data="m")
    assert "accounts.household" in closed
    assert not {k for k in closed if k.startswith("elasticities") or k == "accounts.outside"}
    assert not {k for k in keys(model="stdcge") if k.startswith(("elasticities", "accounts"))}
    model = next(f for f in fields_of("equilibrium", {"data": "m"}) if f.key == "model")
    assert set(model.choices) == {"", "splcge", "stdcge", "lrgcge", "twocge", "dyncge"}
    assert {"rules.government", "rules.external"} <= keys(model="standard")
    assert {"dynamics.years", "dynamics.growth"} <= keys(model="dyncge")
    assert not {k for k in keys(model="scarf") if k.startswith(("rules", "dynamics"))}


def test_tables_and_rates_are_written_as_lines_and_come_back():
    fields = {f.key: f for f in fields_of("equilibrium", {"model": "stdcge", "data": "m"})}
    idle, rates = fields["unemployment"], fields["elasticities.cet"]
    assert (idle.kind, rates.kind) == (Kind.TABLES, Kind.RATES)
    for field, value in [
        (idle, [{"commodity": "труд", "rate": 0.1, "elasticity": 0.2}, {"commodity": "LAB", "rate": 0.05}]),
        (rates, 1.5),
        (rates, {"хлеб": 2.0}),
    ]:
        assert taken(field, shown(field, value)) == value
    for text in ["LAB", "rate = 0.05", "commodity = LAB, rate = much", "commodity = LAB, rate = 0.1, x = 1"]:
        with pytest.raises(StudyError, match="commodity = NAME, rate = number"):
            taken(idle, text)
    with pytest.raises(StudyError):
        taken(rates, "two")


def test_what_a_step_rests_on(folder, tmp_path):
    with_matrix(folder)
    seen = model_work.look(folder, edit.read_text(folder).text)
    step = seen.steps["economy"]
    assert (seen.problems, step.problems) == ((), ())
    assert dict(step.facts)["Factors"] == "CAP, LAB"
    assert step.names["accounts.household"] == ("BRD", "MLK", "CAP", "LAB", "IDT", "TRF", "HOH", "GOV", "INV", "EXT")
    assert "LAB" in step.names["numeraire"]
    other = load_sample("stdcge-sam")
    other.frame.loc[0, "MLK"] += 1
    (matrix,) = ground_of(folder, step_of(folder), {"table": other}).matrices
    assert not matrix.balanced
    assert dict(matrix.facts)["Balance"].startswith("2 of 10 accounts do not receive what they pay")


@pytest.mark.browser
def test_a_scenario_by_shocks_equals_the_same_scenario_by_command_line_to_the_last_digit(served, folder, tab):
    visit = tab(served, width=1440)
    page = visit.goto("/studies/open/scenarios")
    page.get_by_text("Nothing is changed yet").wait_for()
    page.get_by_role("button", name="Add a shock").click()
    page.get_by_label("Where", exact=True).wait_for()
    page.get_by_label("What", exact=True).select_option(json.dumps("activity_tax"))
    page.get_by_label("Where", exact=True).select_option(json.dumps('{"activity": ["Z.MLK"]}'))
    page.get_by_label("Value", exact=True).fill("0.37")
    page.keyboard.press("Tab")
    page.locator(".finding", has_text="is worth").wait_for()
    page.get_by_label("Value", exact=True).fill("-1000")
    page.keyboard.press("Tab")
    page.get_by_text("Allowed: a number in (-1, inf).", exact=False).nth(1).wait_for()
    assert page.locator(".outcome table").count() == 0, "no number stays beside a value that is refused"
    page.get_by_label("Value", exact=True).fill("0.37")
    page.keyboard.press("Tab")
    table = page.locator(".outcome .tabular", has_text="Prices, levels, incomes, transfers")
    table.wait_for()
    with page.expect_download() as download:
        table.get_by_text("Download").click()
    shown = {
        (row["kind"], row["name"]): row
        for row in csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig")))
    }
    assert visit.violations() == []
    page.get_by_label("Name (required)").fill("молоко")
    page.get_by_label("Why it is asked").fill("To see what it does")
    page.get_by_role("button", name="Save to the study").click()
    page.get_by_text("scenarios/молоко.toml is part of the study now").wait_for()
    saved = tomllib.loads((folder / "scenarios" / "молоко.toml").read_text(encoding="utf-8"))
    assert saved["shock"] == [
        {"parameter": "activity_tax", "where": {"activity": ["Z.MLK"]}, "op": "multiply", "value": 0.37}
    ]
    assert step_of(folder)["scenarios"] == ["tariffs", "молоко"]
    result = run(folder).stored.steps[0].result
    computed = result.table("levels").frame.set_index(["kind", "name"])["молоко"]
    assert len(shown) == len(computed) > 20
    for name, value in computed.items():
        assert float(shown[name]["draft"]).hex() == float(value).hex()
    assert any(float(row["draft"]) != float(row["baseline"]) for row in shown.values())
