"""The page of data in a browser: from an upload to a table of the study, with the bad cells marked; nothing is lost."""

import tomllib

import pytest

from innospace.core.errors import StudyError
from innospace.data.cell_problems import survey
from innospace.study import edit
from innospace.study.create import create
from innospace.study.inspect import problems
from innospace.web import uploads
from innospace.web.pages import data_work
from innospace.web.pages.data_view import cell_id, problems_html, table_html
from innospace.web.workspace import Workspace

GOOD = "Регион;Год;Патенты;V\nУфа;2010;1,5;10\nКазань;2010;2,5;20\nПермь;2010;3,5;30\n"
BAD = GOOD + "Омск;2010;много;40\nТомск;2010;4,5;-\n"


@pytest.fixture
def study(root):
    return Workspace(root).create("Мой регион")


def written(folder):
    return tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))


def files(folder):
    return sorted(p.name for p in (folder / "data").iterdir()) if (folder / "data").exists() else []


def choose(page, label, name, content):
    page.get_by_label(label).set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})


def said(page, text):
    page.locator(".announce").get_by_text(text).wait_for()


@pytest.mark.browser
def test_from_an_empty_study_to_a_table(served, study, tab):
    visit = tab(served)
    page = visit.goto("/studies/мой-регион/data")
    assert page.get_by_role("heading", name="Begin with a table").is_visible()
    assert visit.violations() == []
    choose(page, "Your table", "патенты 2010.csv", GOOD.encode("cp1251"))
    said(page, "патенты 2010.csv is part of the study")
    page.get_by_text("No problem in any cell").wait_for()
    assert written(study)["data"] == {"патенты-2010": {"file": "data/патенты 2010.csv"}}
    assert (study / "data" / "патенты 2010.csv").read_bytes() == GOOD.encode("cp1251")
    assert files(study) == ["патенты 2010.csv"]
    head = page.locator("table.cells thead").text_content()
    assert "year" in head
    assert "1.500 to 3.500" in head
    assert page.get_by_role("cell", name="Казань").is_visible()
    # which column plays which part
    page.get_by_text("Which column plays which part").click()
    page.get_by_label("Check it as a table of the innovation space").check()
    for part, column in [("Region", "Регион"), ("Year", "Год"), ("Technologies", "Патенты"), ("Space", "V")]:
        page.get_by_label(part, exact=True).select_option(label=column)
    page.get_by_role("button", name="Save the parts").click()
    said(page, "are saved")
    page.get_by_text("Where the table comes from").click()
    page.get_by_label("Source").fill('Rosstat, "table" 2.1')
    page.get_by_label("The numbers are").select_option(label="Assumed")
    page.get_by_role("button", name="Save the origin").click()
    said(page, "origin")
    assert written(study)["data"]["патенты-2010"] == {
        "file": "data/патенты 2010.csv",
        "schema": "innovation_space",
        "columns": {"region": "Регион", "year": "Год", "technologies": "Патенты", "space": "V"},
        "nature": "assumed",
        "origin": 'Rosstat, "table" 2.1',
    }
    page.get_by_text("No problem in any cell").wait_for()
    assert visit.violations() == []


@pytest.mark.browser
def test_a_bad_upload_is_marked_cell_by_cell_and_changes_nothing(served, study, tab):
    before = (study / "study.toml").read_bytes()
    visit = tab(served)
    page = visit.goto("/studies/мой-регион/data")
    choose(page, "Your table", "bad.csv", BAD.encode())
    page.get_by_role("heading", name="bad.csv is not part of the study yet").wait_for()
    assert page.get_by_text("2 cells have a problem").is_visible()
    marked = page.locator("td.bad")
    assert marked.count() == 2
    assert "✗" in marked.first.text_content()
    assert "Text where a number is needed." in marked.first.text_content()
    page.get_by_role("link", name="Row 5 (Омск, 2010)").click()
    assert page.evaluate("document.querySelector('td.bad:target').textContent").startswith("✗ много")
    assert visit.violations() == []
    assert (study / "study.toml").read_bytes() == before
    # read in another way it is a table
    page.get_by_label("A dash in a number column").select_option(label="Means missing")
    page.get_by_label("Патенты", exact=True).check()
    page.get_by_role("button", name="Read it this way").click()
    said(page, "bad.csv is part of the study")
    assert written(study)["data"]["bad"] == {"file": "data/bad.csv", "text": ["Патенты"], "dash": "missing"}
    assert files(study) == ["bad.csv"]


@pytest.mark.browser
def test_a_table_of_eurostat_has_a_way_on(served, study, tab):
    page = tab(served).goto("/studies/мой-регион/data")
    choose(page, "Your table", "t.csv", b"Patents by region;;\nnuts2;patents;staff\nAT11;1,5;20\n")
    page.get_by_text("The first row holds a title, 'Patents by region'").wait_for()
    page.get_by_text("Delete the rows above the names of columns").wait_for()
    rows = (
        "nuts2;patents;staff\nAT11;1,5 p;20\nAT12;2,5;: z\nAT13;3,5;30 be\nAT21;4;40\nAT22;5;50\nAT31;6,5;60\n".encode(
            "utf-8-sig"
        )
    )
    choose(page, "Your table", "t.csv", rows)
    page.get_by_text("3 cells have a problem").wait_for()
    page.get_by_text("flags of a statistical office").first.wait_for()
    assert page.get_by_text("(--").count() == 0
    page.get_by_label("Letters behind a number").select_option(label="Are flags of a statistical office: take them out")
    page.get_by_role("button", name="Read it this way").click()
    said(page, "t.csv is part of the study")
    page.get_by_text("No problem in any cell").wait_for()
    assert written(study)["data"]["t"] == {"file": "data/t.csv", "flags": "drop"}


@pytest.mark.browser
def test_files_that_are_no_tables_are_refused_at_the_control(served, study, tab):
    before = (study / "study.toml").read_bytes()
    page = tab(served).goto("/studies/мой-регион/data")
    for name, content, words in [
        ("virus.exe", b"MZ", "cannot be read"),
        ("empty.csv", b"", "The file is empty"),
        ("no.xlsx", b"a,b\n1,2\n", "The workbook cannot be read"),
        ("web.csv", b"<!DOCTYPE html><p>", "a web page"),
    ]:
        choose(page, "Your table", name, content)
        page.get_by_text(words).first.wait_for()
    page.get_by_role("button", name="Forget this file").click()
    page.get_by_role("button", name="Forget this file").wait_for(state="detached")
    assert (study / "study.toml").read_bytes() == before
    assert "data" not in written(study)


@pytest.mark.browser
def test_a_file_of_the_same_name_is_never_overwritten_silently(served, study, tab):
    page = tab(served).goto("/studies/мой-регион/data")
    choose(page, "Your table", "t.csv", GOOD.encode())
    said(page, "t.csv is part of the study")
    choose(page, "Another table", "T.csv", b"a,b\n1,2\n")
    page.get_by_role("button", name="Keep both, this one as T-2.csv").click()
    said(page, "T-2.csv is part of the study as T-2")
    assert (study / "data" / "t.csv").read_bytes() == GOOD.encode()
    choose(page, "Another table", "t.csv", b"c\n1\n")
    page.get_by_role("button", name="Forget the new file").click()
    page.get_by_role("button", name="Forget the new file").wait_for(state="detached")
    assert files(study) == ["T-2.csv", "t.csv"]
    assert set(written(study)["data"]) == {"t", "T-2"}


@pytest.mark.browser
def test_tables_are_replaced_and_removed(served, study, tab):
    (study / "data").mkdir()
    (study / "data" / "a.csv").write_text("region,x\nA,1\n", encoding="utf-8")
    read = edit.read_text(study)
    text = edit.with_table(read.text, "t", {"file": "data/a.csv", "columns": {"space": "x"}, "origin": "Mine"})
    edit.save_text(study, edit.with_step(text, "frontier", {"engine": "frontier", "data": "t"}), read.digest)
    page = tab(served).goto("/studies/мой-регион/data")
    page.get_by_text("No problem in any cell").wait_for()
    page.get_by_text("Replace or remove this table").click()
    choose(page, "A file in its place", "b.csv", b"region,x\nB,2\n")
    said(page, "b.csv is part of the study as t")
    assert written(study)["data"] == {"t": {"file": "data/b.csv", "columns": {"space": "x"}, "origin": "Mine"}}
    assert files(study) == ["a.csv", "b.csv"]
    page.get_by_role("cell", name="B", exact=True).wait_for()
    page.get_by_text("Replace or remove this table").click()
    page.get_by_role("button", name="Remove the table").click()
    page.get_by_text("The step frontier uses it").wait_for()
    page.get_by_role("button", name="Remove it").click()
    said(page, "not part of the study any more")
    assert "data" not in written(study)
    assert files(study) == ["a.csv", "b.csv"]
    page.get_by_role("button", name="Use this sample").click()
    said(page, "The study uses the sample")
    assert next(iter(written(study)["data"].values()))["sample"]


@pytest.mark.browser
def test_two_tabs_do_not_overwrite_each_other(served, study, tab):
    first, second = (tab(served).goto("/studies/мой-регион/data") for _ in range(2))
    choose(first, "Your table", "one.csv", GOOD.encode())
    said(first, "one.csv is part of the study")
    choose(second, "Your table", "two.csv", GOOD.encode())
    second.get_by_text("was changed by somebody else").wait_for()
    assert set(written(study)["data"]) == {"one"}
    assert "two.csv" not in files(study)


@pytest.mark.browser
def test_keyboard_phone_and_very_wide_tables(served, study, tab):
    (study / "data").mkdir()
    names = [f"column_{i}" for i in range(400)]
    rows = [[str(i * j) for i in range(400)] for j in range(60)]
    rows[50][390] = "x"
    (study / "data" / "wide.csv").write_text("\n".join(map(",".join, [names, *rows])), encoding="utf-8")
    read = edit.read_text(study)
    edit.save_text(study, edit.with_table(read.text, "wide", {"file": "data/wide.csv"}), read.digest)
    visit = tab(served, width=390, dark=True)
    page = visit.goto("/studies/мой-регион/data")
    page.get_by_text("1 cell has a problem").wait_for()
    assert page.locator("thead th").count() == 62
    assert visit.overflow() <= 0
    assert visit.violations() == []
    link = page.get_by_role("link", name="Row 52")
    link.focus()
    page.keyboard.press("Enter")
    cell = page.locator("td.bad:target")
    cell.wait_for()
    assert cell.evaluate("e => { const r = e.getBoundingClientRect(); return r.right > 0 && r.left < innerWidth; }")
    page.locator(".grid").focus()
    at = page.locator(".grid").evaluate("e => e.scrollTop")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    page.wait_for_function("t => document.querySelector('.grid').scrollTop !== t || t === 0", arg=at)


@pytest.mark.browser
def test_a_study_file_that_is_broken_is_told(served, study, tab):
    (study / "study.toml").write_text("[study\n", encoding="utf-8")
    page = tab(served).goto("/studies/мой-регион/data")
    assert page.get_by_text("not valid TOML").is_visible()
    page.goto(served.url + "/studies/nothing/data")
    assert page.get_by_text("There is no study 'nothing' here").is_visible()


def test_words_of_cells_are_escaped(tmp_path):
    (tmp_path / "t.csv").write_text(
        'region,"<b>x</b>"\n<script>alert(1)</script>,1\n"a""\'",<i>\nb,3\nc,4\n', encoding="utf-8"
    )
    seen = survey(tmp_path / "t.csv")
    assert seen.count == 1
    html = table_html(seen, '"><script>') + problems_html(seen, '"><script>')
    assert "<script>" not in html
    assert "<i>" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_every_listed_cell_is_an_address_in_the_table(tmp_path):
    (tmp_path / "t.csv").write_text("r,x\n" + "".join(f"a{i},{'?' if i % 3 == 0 else i}\n" for i in range(90)))
    seen = survey(tmp_path / "t.csv")
    table, listed = table_html(seen, "t"), problems_html(seen, "t")
    for problem in seen.problems:
        address = cell_id("t", problem.position, problem.column)
        assert f'id="{address}"' in table
        assert f'href="#{address}"' in listed
    assert "rows without a problem" in table
    assert f"{30 - 12} more" in listed


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("a.csv", "a.csv"),
        ("../../../etc/passwd.csv", "passwd.csv"),
        ("/abs/x.CSV", "x.CSV"),
        ("C:\\Users\\me\\t.xlsx", "t.xlsx"),
        ("C:t.csv", "C-t.csv"),
        ("a\x00b.csv", "a-b.csv"),
        ("...hidden.csv", "hidden.csv"),
        (".csv", "table.csv"),
        ("CON.csv", "table-CON.csv"),
        ("lpt1.x.csv", "table-lpt1.x.csv"),
        ("  два  слова .parquet", "два слова.parquet"),
        ("a\u202ecsv.exe.csv", "a-csv.exe.csv"),
        ('<>:"|?*.csv', "-------.csv"),
    ],
)
def test_names_of_files_are_made_safe(given, name):
    assert uploads.safe_name(given) == name


def test_long_names_are_cut():
    for letter in ("x", "Ж", "🙂"):
        name = uploads.safe_name(letter * 300 + ".csv")
        assert len(name.encode()) <= 150
        assert name.endswith(".csv")


@pytest.mark.parametrize("name", ["", "x", "x.exe", "x.csv.exe", "..", "../", "x.csv/", "x.toml", "study.toml"])
def test_names_that_are_no_tables_are_refused(name):
    with pytest.raises(uploads.DataError):
        uploads.safe_name(name)


def pending(study, name, content=b"a,b\n1,2\n"):
    aside = uploads.data_folder(study) / ".writing-abcdefgh"
    aside.mkdir()
    (aside / name).write_bytes(content)
    return aside / name


def test_links_lead_nowhere(study, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "t.csv").write_text("secret,x\n1,2\n", encoding="utf-8")
    # a link among the tables is replaced only when asked for, and never written through
    file = pending(study, "t.csv")
    (study / "data" / "t.csv").symlink_to(outside / "t.csv")
    with pytest.raises(StudyError, match="already"):
        uploads.keep(study, file, "t.csv")
    uploads.keep(study, file, "t.csv", replace=True)
    assert not (study / "data" / "t.csv").is_symlink()
    assert (outside / "t.csv").read_text(encoding="utf-8") == "secret,x\n1,2\n"
    # a table of the study may not be one that lies elsewhere
    (study / "data" / "link.csv").symlink_to(outside / "t.csv")
    for path in ("data/link.csv", "../outside/t.csv", str(outside / "t.csv")):
        with pytest.raises(StudyError, match="outside the study"):
            data_work.look(study, "t", {"file": path})
    # nor may the folder of tables
    (study / "data").rename(study / "old")
    (study / "data").symlink_to(outside, target_is_directory=True)
    with pytest.raises(StudyError, match="is a link"):
        uploads.data_folder(study)


@pytest.mark.parametrize("upload", ["", ".", "..", "../x", "abc/def", "a" * 40, "nothere", "abcdefgh\x00"])
def test_uploads_are_found_by_their_id_only(study, upload):
    pending(study, "t.csv")
    with pytest.raises(StudyError, match="not there any more"):
        uploads.pending(study, upload)
    assert uploads.pending(study, "abcdefgh").name == "t.csv"


def test_a_conflict_leaves_study_and_files_as_they_were(study):
    read = edit.read_text(study)
    edit.save_text(study, edit.with_head(read.text, {"seed": 7}), read.digest)
    file = pending(study, "t.csv")
    wanted = data_work.Wanted(file, "", {})
    for replace in (False, True):
        with pytest.raises(StudyError, match="somebody else"):
            data_work.put_into_study(study, read, wanted, "t.csv", ("a", "b"), replace=replace)
    assert file.exists()
    assert not (study / "data" / "t.csv").exists()


def test_values_that_are_not_allowed_are_not_saved(study):
    read = edit.read_text(study)
    for values in ({"file": "data/a.csv", "decimal": ";"}, {"file": "x", "sample": "y"}, {"nature": "x", "file": "a"}):
        with pytest.raises(StudyError):
            data_work.save_table(study, read, "t", values)
    assert edit.read_text(study) == read


def test_names_of_tables_are_made_from_those_of_files():
    for stem, name in [
        ("патенты 2010", "патенты-2010"),
        ("2010", "table-2010"),
        ("...", "table"),
        ("x" * 90, "x" * 50),
    ]:
        assert data_work.fresh_name(stem, {}) == name
    assert data_work.fresh_name("A", {"a": 1, "A-2": 1}) == "A-3"


def test_a_sample_in_place_of_a_table_can_run(tmp_path):
    create(tmp_path / "s", "russia-2010-2012")
    study = tmp_path / "s"
    data_work.use_sample(study, edit.read_text(study), "russia-2010-2012", "regions")
    assert problems(study) == []
    assert "# One estimate a [step.NAME]" in edit.read_text(study).text
