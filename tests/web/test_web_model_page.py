"""The page of the model in a browser: from an upload to a study that runs; nothing is lost, nobody is overwritten."""

import json
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from innospace.core.errors import FormulaError, StudyError
from innospace.study import edit
from innospace.study.execute import run
from innospace.study.forms import fields_of
from innospace.study.inspect import problems
from innospace.web.pages import model_work
from innospace.web.pages.model_links import named_target, sentence
from innospace.web.workspace import Workspace

WORKED = Path(__file__).parents[2] / "studies" / "bashkortostan"


def regions(n=60):
    rng = np.random.default_rng(8)
    staff = np.exp(rng.normal(6, 1, n)).round()
    patents = staff**0.8 * np.exp(rng.normal(-1, 0.3, n) - np.abs(rng.normal(0, 0.6, n)))
    frame = pd.DataFrame({"код": [f"R{i:02}" for i in range(n)], "patents": patents.round(2), "staff": staff})
    frame["rd_capital"] = np.exp(rng.normal(4, 1, n)).round(1)
    frame.loc[5, "staff"] = np.nan
    return frame.to_csv(index=False).encode()


@pytest.fixture
def study(root):
    """A study with a table and no step."""
    folder = Workspace(root).create("Мой край")
    (folder / "data").mkdir()
    (folder / "data" / "t.csv").write_bytes(regions())
    read = edit.read_text(folder)
    edit.save_text(folder, edit.with_table(read.text, "t", {"file": "data/t.csv"}), read.digest)
    return folder


@pytest.fixture
def economy(root):
    folder = root / "economy"
    shutil.copytree(WORKED, folder, ignore=shutil.ignore_patterns("runs", "report"))
    return folder


def written(folder):
    return tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))


def settled(page):
    page.wait_for_function("!document.querySelector('[aria-busy=true]')")


def said(page, text):
    page.locator(".announce").get_by_text(text).wait_for()


@pytest.mark.browser
def test_a_model_is_put_in_and_its_formula_built_from_columns(served, study, tab):
    visit = tab(served)
    page = visit.goto("/studies/мой-край/model")
    before = (study / "study.toml").read_bytes()
    page.get_by_role("button", name="Use this model").click()
    page.get_by_text("59 of 60 rows are used").wait_for()
    assert (study / "study.toml").read_bytes() == before
    assert page.locator("math").count() == 2
    page.get_by_text("Build the formula from columns").click()
    page.get_by_label("Outcome", exact=True).select_option(json.dumps("patents"))
    page.get_by_label("rd_capital: input: research").check()
    page.get_by_role("button", name="Put it into the formula").click()
    page.get_by_text("60 of 60 rows are used").wait_for()
    assert visit.violations() == []
    page.get_by_role("button", name="Save", exact=True).click()
    said(page, "Saved.")
    assert written(study)["step"]["frontier"]["formula"] == "log(patents) ~ log(rd_capital)"
    assert written(study)["data"]["t"]["columns"] == {"region": "код"}
    assert problems(study) == []


@pytest.mark.browser
def test_a_formula_is_checked_while_it_is_typed(served, study, tab):
    visit = tab(served)
    page = visit.goto("/studies/мой-край/model")
    page.get_by_role("button", name="Use this model").click()
    settled(page)
    formula = page.get_by_label("Formula", exact=True)
    for text, what in [
        ("log(patent) ~ log(staff)", "Did you mean 'patents'?"),
        ("system(patents) ~ staff", "not an allowed transform"),
        ("patents", "one outcome and one right-hand side"),
        ("log(код) ~ staff", "Unknown column"),
    ]:
        formula.fill(text)
        error = page.locator(".field-textarea .error").first
        error.get_by_text(what).wait_for()
        assert formula.get_attribute("aria-invalid") == "true"
        assert error.get_attribute("id") in formula.get_attribute("aria-describedby")
    page.get_by_role("button", name="Save and run").click()
    page.get_by_role("heading", name="Saved, but it cannot run yet").wait_for()
    assert page.url.endswith("/model")
    formula.fill("log(patents) ~ log(staff) + rd_capital")
    page.wait_for_function("!document.querySelector('.field.invalid')")
    assert visit.violations() == []


@pytest.mark.browser
def test_two_tabs_do_not_overwrite_each_other(served, study, tab):
    pages = []
    for _ in range(2):
        page = tab(served).goto("/studies/мой-край/model")
        page.get_by_role("button", name="Use this model").click()
        settled(page)
        pages.append(page)
    pages[0].get_by_label("Inefficiency", exact=True).select_option(label="Gamma")
    pages[0].get_by_text("gamma inefficiency").first.wait_for()
    pages[0].get_by_role("button", name="Save", exact=True).click()
    said(pages[0], "Saved.")
    pages[1].get_by_role("button", name="Save", exact=True).click()
    pages[1].get_by_text("changed by somebody else meanwhile").wait_for()
    assert written(study)["step"]["frontier"]["inefficiency"] == "gamma"
    pages[1].get_by_role("button", name="Load the study as it is now").click()
    pages[1].get_by_text("Everything is saved.").wait_for()
    assert pages[1].get_by_label("Inefficiency", exact=True).input_value() == '"gamma"'


@pytest.mark.browser
def test_steps_links_and_their_names(served, economy, tab):
    visit = tab(served)
    page = visit.goto("/studies/economy/model")
    settled(page)
    told = "frontier: technical efficiency (region Republic of Bashkortostan, year 2012) becomes economy: efficiency."
    assert page.get_by_text(told).is_visible()
    page.get_by_text("Rename or remove this step").first.click()
    page.get_by_label("Name", exact=True).first.fill("пространство")
    page.get_by_role("button", name="Rename it").first.click()
    said(page, "The step is called пространство.")
    settled(page)
    page.get_by_role("button", name="Save", exact=True).click()
    said(page, "Saved.")
    assert set(written(economy)["step"]) == {"пространство", "economy"}
    assert written(economy)["link"][0]["from"] == "пространство.technical_efficiency"
    assert "After Makarov" in (economy / "study.toml").read_text(encoding="utf-8"), "comments stay"
    assert problems(economy) == []
    page.get_by_role("button", name="Remove this link").click()
    said(page, "The link was taken out.")
    page.get_by_label("Efficiency of the innovation space").and_(page.locator("[aria-invalid]")).wait_for()
    page.get_by_text("Add a link").click()
    page.get_by_label("Which one").fill("region = Republic of Tatarstan\nyear = 2012")
    page.get_by_role("button", name="Add the link").click()
    said(page, "The link was added.")
    page.get_by_text("Add a step").click()
    page.get_by_label("What it does").select_option(json.dumps("firms"))
    page.get_by_role("button", name="Add the step").click()
    said(page, "The step firms was added.")
    page.get_by_label("Method").select_option(json.dumps("probit"))
    page.get_by_label("Formula (required)").wait_for()
    assert visit.violations() == []


@pytest.mark.browser
def test_phones_and_dark_pages(served, study, tab):
    visit = tab(served, width=390, dark=True)
    page = visit.goto("/studies/мой-край/model")
    page.get_by_role("button", name="Use this model").click()
    settled(page)
    for summary in page.locator("summary").all():
        summary.click()
    assert visit.overflow() <= 0
    assert visit.violations() == []


@pytest.mark.browser
@pytest.mark.parametrize(
    "text", ["[study\ntitle = 1", '[study]\ntitle = "x"\n[step.a]\nengine = "frontiers"\ndata = "t"\n']
)
def test_study_files_with_faults(served, root, tab, text):
    folder = root / "s"
    folder.mkdir()
    (folder / "study.toml").write_text(text, encoding="utf-8")
    visit = tab(served)
    page = visit.goto("/studies/s/model")
    page.get_by_text("not valid TOML").or_(page.get_by_text("'frontiers' is not known")).first.wait_for()
    assert visit.violations() == []
    assert (folder / "study.toml").read_text(encoding="utf-8") == text


def test_what_is_offered_runs(study):
    text = edit.read_text(study).text
    (offer,) = model_work.offers(study, text)
    changed = model_work.with_proposal(text, offer)
    assert model_work.offers(study, changed) == ()
    seen = model_work.look(study, changed)
    assert seen.problems == ()
    step = seen.steps["frontier"]
    assert step.problems == ()
    assert (step.use.rows, step.use.used, step.use.lost[0].first) == (60, 59, ("R05",))
    read = edit.read_text(study)
    edit.save_text(study, changed, read.digest)
    found = run(study)
    assert found.stored.steps[0].result.n == 59
    assert any("1 of 60 rows" in text for text in found.warnings)


def test_errors_stand_at_their_fields(study):
    text = edit.with_step(
        edit.read_text(study).text, "f", {"engine": "frontier", "data": "t", "formula": "patents ~ x"}
    )
    step = model_work.look(study, text).steps["f"]
    fields = list(fields_of("frontier", {"formula": "x"}))
    assert [model_work.field_of(e, fields) for e in step.problems] == ["formula"]
    assert all(str(study) not in e.where for e in step.problems)
    for key, value in [("inefficiency", "x"), ("zero_value", -1.0), ("cost", "yes")]:
        other = edit.with_step(text, "f", {"engine": "frontier", "data": "t", "formula": "patents ~ staff", key: value})
        (problem,) = model_work.look(study, other).steps["f"].problems
        assert model_work.field_of(problem, fields) == key
    assert model_work.field_of(FormulaError("x"), fields) == "formula"
    assert model_work.field_of(StudyError("x", where="[step.f], key 'data'"), fields) == ""


def test_a_table_is_read_again_when_it_changed(study):
    text = edit.read_text(study).text
    assert len(model_work.look(study, text).tables["t"].columns) == 4
    (study / "data" / "t.csv").write_bytes(b"a,b\n1,2\n")
    assert len(model_work.look(study, text).tables["t"].columns) == 2
    (study / "data" / "t.csv").unlink()
    assert "There is no file" in model_work.look(study, text).tables["t"].error.what


def test_names_of_steps():
    text = '[step.a]\nengine = "frontier"\ndata = "t"\n'
    text += '[step.b]\nengine = "economy"\ndata = { controls = "c" }\nneeds = ["a"]\n'
    text += '[[link]]\nfrom = "a.technical_efficiency"\nto = "b.efficiency"\n'
    moved = tomllib.loads(model_work.renamed(text, "a", "z"))
    assert set(moved["step"]) == {"z", "b"}
    assert moved["step"]["b"]["needs"] == ["z"]
    assert moved["link"] == [{"from": "z.technical_efficiency", "to": "b.efficiency"}]
    assert "link" not in tomllib.loads(model_work.removed(text, "a"))
    for name in ("B", "b", "", "1", "a b"):
        with pytest.raises(StudyError):
            model_work.renamed(text, "a", name)
    with pytest.raises(StudyError):
        model_work.begun(text, "A", "frontier")


def test_links_in_words():
    link = {"from": "firms.effect", "to": "economy.linked.rd_of_exporters", "where": {"kind": "att"}}
    assert sentence(link) == "firms: effect (kind att) becomes economy: rd of exporters."
    assert named_target("economy.linked.*", "more") == "economy.linked.more"
    assert named_target("economy.efficiency", "") == "economy.efficiency"
    with pytest.raises(StudyError, match="needs a name"):
        named_target("economy.linked.*", "")
    assert model_work.link_values("a.b", "c.d", "year = 2012\nregion = Уфа")["where"] == {"year": 2012, "region": "Уфа"}
    with pytest.raises(StudyError, match="selects nothing"):
        model_work.link_values("a.b", "c.d", "2012")
