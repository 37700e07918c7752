from __future__ import annotations

import openpyxl
import pandas as pd
import pytest

from innospace.data import load_sample, read_sam

UNBALANCED = "account,act,goods,labour,households\nact,,12,,\ngoods,,,,10\nlabour,10,,,\nhouseholds,,,11,\n"


@pytest.fixture
def controls(tmp_path):
    """Write the sample of controls, cells replaced by ``item__column``; returns the name of the file."""

    def write(name: str = "опора.csv", **changes: object) -> str:
        frame = load_sample("bashkortostan-2012-controls").frame.astype(object)
        for key, value in changes.items():
            item, column = key.split("__")
            frame.loc[frame["item"] == item.replace("_in_", "."), column] = value
        path = tmp_path / name
        frame.to_excel(path, index=False) if name.endswith("xlsx") else frame.to_csv(path, index=False)
        return name

    return write


@pytest.fixture
def matrix(tmp_path):
    (tmp_path / "матрица.csv").write_text(UNBALANCED, encoding="utf-8")
    return "матрица.csv"


def only(folder, *names: str) -> bool:
    return sorted(p.name for p in folder.iterdir()) == sorted(names)


@pytest.mark.parametrize("out", ["sam.xlsx", "sam.csv"])
def test_build_writes_a_balanced_matrix(command, controls, tmp_path, out):
    shown = command("sam", "build", controls(), "--out", out, "--json")
    assert shown.code == 0, shown.err
    found = shown.json
    assert found["statuses"] == {"real": 14, "derived": 0, "assumption": 71}
    assert found["natures"]["assumption"] == 84
    assert found["exact"]["wage bill"] == pytest.approx(448_062, abs=1.0)
    assert all(c["ok"] for c in found["checks"])
    assert (found["unit"], found["year"], found["out"]) == ("mln RUB", 2012, out)
    assert len(found["cells"]) == 97
    assert set(found["cells"][0]) == {"row", "column", "prior", "value", "change", "percent", "weight", "nature"}
    assert abs(found["cells"][0]["change"]) >= abs(found["cells"][1]["change"])
    sam = read_sam(tmp_path / out)
    sam.require_balanced(1e-12)
    assert only(tmp_path, "опора.csv", out)
    checked = command("sam", "check", out, "--model", "knowledge", "--json")
    assert checked.code == 0
    assert checked.json["imbalances"] == {}


def test_build_tells_what_changed_and_what_is_assumed(command, controls, tmp_path):
    shown = command("sam", "build", controls(), "--out", "a.csv", "--long")
    assert shown.code == 0
    assert max(map(len, shown.out.splitlines())) <= 100
    for part in ("14 real, 71 assumption", "Held exactly", "Largest changes", "84 assumption", "all 6 passed", "a.csv"):
        assert part in shown.out
    assert "  tax.income: households" in shown.out
    assert list(pd.read_csv(tmp_path / "a.csv").columns) == ["row", "column", "value", "nature", "unit", "year"]
    assert command("sam", "build", controls(), "--quiet").out == ""
    assert only(tmp_path, "a.csv", "опора.csv")


def test_build_takes_workbooks(command, controls):
    assert command("sam", "build", controls("c.xlsx"), "--json").json["statuses"]["real"] == 14


def test_build_lists_all_problems_at_once_and_writes_nothing(command, controls, tmp_path):
    name = controls(grp__unit="kg", tax_in_income__value="много", population__status="sure")
    shown = command("sam", "build", name, "--out", "sam.xlsx", "--json")
    assert shown.code == 2
    error = shown.json["error"]
    assert "3 problems" in error["what"]
    assert len(error["problems"]) == 3
    told = command("sam", "build", name, "--out", "sam.xlsx")
    assert "'kg'" in told.err
    assert "'много'" in told.err
    assert told.out == ""
    assert only(tmp_path, name)


def test_a_failed_build_leaves_an_older_file_alone(command, controls, tmp_path):
    (tmp_path / "sam.csv").write_text("old", encoding="utf-8")
    assert command("sam", "build", controls(imports_in_c1__value=9e6), "--out", "sam.csv").code == 2
    assert (tmp_path / "sam.csv").read_text(encoding="utf-8") == "old"
    assert only(tmp_path, "sam.csv", "опора.csv")


@pytest.mark.parametrize(
    ("out", "told"),
    [
        ("опора.csv", "would replace"),
        ("sam.parquet", "cannot be written as .parquet"),
        ("nowhere/sam.csv", "cannot be written"),
    ],
)
@pytest.mark.parametrize("verb", ["build", "balance"])
def test_places_that_cannot_be_written_are_refused_first(command, controls, tmp_path, verb, out, told):
    shown = command("sam", verb, controls(), "--out", out)
    assert shown.code == 2
    assert told in shown.err
    assert only(tmp_path, "опора.csv")


def test_check_fails_with_the_accounts_and_amounts(command, matrix):
    shown = command("sam", "check", matrix, "--json")
    assert shown.code == 1
    assert shown.json["imbalances"] == {"act": 2.0, "goods": -2.0, "labour": -1.0, "households": 1.0}
    assert {c["name"]: c["ok"] for c in shown.json["checks"]} == {"sam.balance": False, "sam.signs": True}
    told = command("sam", "check", matrix)
    assert "Receives less pays" in told.out
    assert "1 of 2 failed" in told.out
    assert "innospace sam balance" in told.out


def test_check_against_the_model(command, matrix):
    shown = command("sam", "check", matrix, "--model", "knowledge", "--json")
    assert shown.code == 1
    assert not next(c for c in shown.json["checks"] if c["name"] == "sam.accounts")["ok"]
    unknown = command("sam", "check", matrix, "--model", "knowlege")
    assert unknown.code == 2
    assert "'knowledge'" in unknown.err


def test_check_refuses_what_is_no_matrix(command, tmp_path):
    (tmp_path / "t.csv").write_text("account,a,b\na,,1\nc,2,\n", encoding="utf-8")
    shown = command("sam", "check", "t.csv")
    assert shown.code == 2
    assert "different accounts" in shown.err
    assert command("sam", "check", "absent.csv").code == 2


def test_negative_cells_fail_the_check(command, tmp_path):
    (tmp_path / "t.csv").write_text("account,a,b\na,,-1\nb,-1,\n", encoding="utf-8")
    shown = command("sam", "check", "t.csv")
    assert shown.code == 1
    assert "[a, b]" in shown.out
    assert command("sam", "check", "t.csv", "--negative", "a,b").code == 1
    assert command("sam", "check", "t.csv", "--negative", "a,b", "--negative", "b, a").code == 0
    assert "'a'" in command("sam", "check", "t.csv", "--negative", "a,c").err


@pytest.mark.parametrize("out", ["новая.xlsx", "новая.csv"])
def test_balance_works_on_any_matrix(command, matrix, tmp_path, out):
    shown = command("sam", "balance", matrix, "--out", out, "--json")
    assert shown.code == 0
    assert shown.json["iterations"] > 0
    assert shown.json["year"] is None
    read_sam(tmp_path / out).require_balanced(1e-12)
    assert (tmp_path / matrix).read_text(encoding="utf-8") == UNBALANCED
    again = command("sam", "balance", out)
    assert "no cell changed" in again.out
    assert only(tmp_path, matrix, out, "новая.changes.csv")


def test_balance_keeps_named_cells(command, matrix, tmp_path):
    shown = command("sam", "balance", matrix, "--out", "b.csv", "--keep", "labour, act", "--keep", "act,act")
    assert shown.code == 0
    assert read_sam(tmp_path / "b.csv").cell("labour", "act") == 10.0
    assert read_sam(tmp_path / "b.csv").cell("act", "goods") == pytest.approx(10.0)
    for keep, told in (("labour", "not a cell"), ("labor,act", "'labour'")):
        refused = command("sam", "balance", matrix, "--keep", keep)
        assert refused.code == 2
        assert told in refused.err


def test_balance_says_why_it_cannot(command, tmp_path):
    (tmp_path / "t.csv").write_text("account,a,b,c\na,,1,\nb,1,,\nc,2,,\n", encoding="utf-8")
    shown = command("sam", "balance", "t.csv", "--out", "u.csv")
    assert shown.code == 2
    assert "'c' receives and pays nothing" in shown.err
    assert only(tmp_path, "t.csv")


def test_balance_keeps_what_a_workbook_says_of_its_cells(command, controls, tmp_path):
    command("sam", "build", controls(), "--out", "a.xlsx", "--quiet")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    book["sam"]["E2"].value = 5.0
    book.save(tmp_path / "b.xlsx")
    shown = command("sam", "balance", "b.xlsx", "--out", "c.xlsx", "--json")
    assert shown.code == 0
    assert shown.json["natures"]["residual"] == 13


def test_help_names_the_verbs(command):
    bare, asked = command("sam"), command("sam", "--help")
    for shown in (bare, asked):
        assert shown.code == 0
        for verb in ("build", "check", "balance"):
            assert verb in shown.out


THREE = "account,industry,households,outside\nindustry,0,90,25\nhouseholds,88,0,10\noutside,22,12,0\n"


@pytest.fixture
def three(tmp_path):
    (tmp_path / "три.csv").write_text(THREE, encoding="utf-8")
    (tmp_path / "firm.csv").write_text("row,column,weight\nindustry,households,100\n", encoding="utf-8")
    return "три.csv"


@pytest.mark.parametrize("method", ["cross-entropy", "ras", "least-squares"])
def test_balance_writes_what_moved_beside_the_matrix(command, three, tmp_path, method):
    shown = command("sam", "balance", three, "--method", method, "--out", "out.csv")
    assert shown.code == 0, shown.err
    assert "What moved: out.changes.csv" in shown.out
    moved = pd.read_csv(tmp_path / "out.changes.csv")
    assert moved["change"].abs().is_monotonic_decreasing
    before, after = read_sam(tmp_path / three), read_sam(tmp_path / "out.csv")
    after.require_balanced(1e-12)
    for row in moved.to_dict("records"):
        change = after.cell(row["row"], row["column"]) - before.cell(row["row"], row["column"])
        assert row["change"] == pytest.approx(change)
        assert row["percent"] == pytest.approx(100.0 * change / row["prior"])


def test_balance_takes_weights_and_totals(command, three, tmp_path):
    firm = command("sam", "balance", three, "--reliability", "firm.csv", "--json").json
    cells = {(c["row"], c["column"]): c for c in firm["cells"]}
    assert cells["industry", "households"]["weight"] == 100.0
    assert abs(cells["industry", "households"]["percent"]) < 0.1
    (tmp_path / "totals.csv").write_text("account,total\nindustry,120\n", encoding="utf-8")
    found = command("sam", "balance", three, "--method", "ras", "--totals", "totals.csv", "--json").json
    receives = sum(c["value"] for c in found["cells"] if c["row"] == "industry")
    assert (receives, found["method"]) == (pytest.approx(120.0), "ras")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("industri,households,1\n", "'industri'"),
        ("industry,households,-2\n", "-2"),
    ],
    ids=["account", "negative"],
)
def test_weights_that_do_not_fit_are_named(command, three, tmp_path, content, told):
    (tmp_path / "firm.csv").write_text(f"row,column,weight\n{content}", encoding="utf-8")
    shown = command("sam", "balance", three, "--reliability", "firm.csv", "--out", "o.csv", "--json")
    assert shown.code == 2
    assert told in str(shown.json["error"])
    assert only(tmp_path, three, "firm.csv")


@pytest.mark.parametrize(
    "content", ["account,total\nindustry,many\n", "account,total\nindustry,1\nindustry,2\n", "account,a,b\nx,1,2\n"]
)
def test_totals_that_do_not_fit_are_named(command, three, tmp_path, content):
    (tmp_path / "totals.csv").write_text(content, encoding="utf-8")
    shown = command("sam", "balance", three, "--totals", "totals.csv", "--json")
    assert (shown.code, shown.json["error"]["type"]) == (2, "DataError")


def test_aggregate_keeps_balances_and_says_what_stays(command, three, tmp_path):
    command("sam", "balance", three, "--out", "b.csv")
    (tmp_path / "map.csv").write_text(
        "account,group,share\nindustry,mining,0.3\nindustry,крупа,0.7\n", encoding="utf-8"
    )
    shown = command("sam", "aggregate", "b.csv", "--map", "map.csv", "--out", "four.xlsx")
    assert shown.code == 0, shown.err
    assert "Stay as they are: households, outside." in shown.out
    found, before = read_sam(tmp_path / "four.xlsx"), read_sam(tmp_path / "b.csv")
    assert found.accounts == ["mining", "крупа", "households", "outside"]
    found.require_balanced(1e-12)
    assert found.total("mining") == pytest.approx(0.3 * before.total("industry"))
    as_json = command("sam", "aggregate", "b.csv", "--map", "map.csv", "--json").json
    assert as_json["unmapped"] == ["households", "outside"]
    assert command("sam", "aggregate", three, "--map", "map.csv", "--json").code == 1  # not balanced before or after
