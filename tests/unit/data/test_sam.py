from __future__ import annotations

import numpy as np
import openpyxl
import pandas as pd
import pytest

from innospace.core.errors import DataError, LabelError
from innospace.core.provenance import Nature, Source
from innospace.data import SAM, as_dataset, read_sam, read_table, sam_from_dataset

NAMES = ["act", "goods", "labour", "households"]
WIDE = "account,act,goods,labour,households\nact,,10,,\ngoods,,,,10\nlabour,10,,,\nhouseholds,,,10,\n"


def ring(value: float = 10.0) -> pd.DataFrame:
    frame = pd.DataFrame(0.0, index=NAMES, columns=NAMES)
    for row, column in (("act", "goods"), ("goods", "households"), ("households", "labour"), ("labour", "act")):
        frame.at[row, column] = value
    return frame


def sam(values: pd.DataFrame | None = None, **options) -> SAM:
    facts = {"unit": "mln RUB", "year": 2012, "source": Source("test", "")} | options
    return SAM(ring() if values is None else values, **facts)


@pytest.fixture
def write(tmp_path):
    def to(text: str, name: str = "матрица.csv", encoding: str = "utf-8"):
        path = tmp_path / name
        path.write_text(text, encoding=encoding)
        return path

    return to


def test_cells_and_totals_by_name():
    found = sam()
    assert found.cell("act", "goods") == 10.0
    assert found.cell("goods", "act") == 0.0
    assert found.total("labour") == 10.0
    assert found.accounts == NAMES
    assert found.size == 10.0
    with pytest.raises(LabelError, match="Unknown account") as error:
        found.cell("act", "good")
    assert "'goods'" in error.value.remedy
    with pytest.raises(LabelError):
        found.total("act.other")


def test_imbalances_are_labelled_and_ordered():
    values = ring()
    values.at["act", "goods"] = 12.0
    values.at["labour", "act"] = 10.5
    gap = sam(values).imbalances(0.1)
    assert gap.to_dict() == {"goods": -2.0, "act": 1.5, "labour": 0.5}
    assert list(sam(values).imbalances(0.6).index) == ["goods", "act"]
    assert sam().imbalances().empty


def test_an_unbalanced_matrix_is_refused_with_names_and_amounts():
    values = ring()
    values.at["act", "goods"] = 12.0
    with pytest.raises(DataError, match="not balanced: 2 of 4") as error:
        sam(values).require_balanced()
    assert "'act' receives 2 more mln RUB" in error.value.where
    assert "'goods' receives 2 less mln RUB" in error.value.where
    assert "innospace sam balance" in error.value.remedy
    sam(values).require_balanced(0.5)
    sam().require_balanced(0.0)


def test_accounts_can_be_required_in_any_order():
    found = sam()
    found.require_accounts(NAMES[::-1])
    assert found.ordered(NAMES[::-1]).accounts == NAMES[::-1]
    assert found.ordered(NAMES[::-1]).cell("act", "goods") == 10.0
    with pytest.raises(LabelError, match="Unknown accounts: 'labour'") as error:
        found.require_accounts(["act", "goods", "labor", "households"])
    assert "'labor'" in error.value.remedy
    with pytest.raises(LabelError, match="lacks accounts: 'outside'"):
        found.require_accounts([*NAMES, "outside"])


def test_negative_cells_are_named_unless_excused():
    values = ring()
    values.at["act", "goods"] = -3.0
    found = sam(values)
    with pytest.raises(DataError, match="1 cell is negative") as error:
        found.require_no_negative()
    assert "[act, goods] = -3" in error.value.where
    assert "[column, row]" in error.value.remedy
    found.require_no_negative([("act", "goods")])
    assert found.negative_cells() == [("act", "goods")]
    assert [c.ok for c in found.checks()] == [False, False]
    assert [c.ok for c in found.checks(signed=[("act", "goods")])] == [False, True]
    many = sam(ring(1.0).replace(0.0, 1.0) * -1.0)
    with pytest.raises(DataError, match="16 cells are negative") as error:
        many.require_no_negative()
    assert "and 11 more" in error.value.where


def test_checks_of_a_sound_matrix_pass_and_name_the_worst_account_of_another():
    assert all(c.ok for c in sam().checks())
    values = ring()
    values.at["labour", "act"] = 11.0
    balance, signs = sam(values).checks()
    assert not balance.ok
    assert balance.value == pytest.approx(1.0 / 11.0)
    assert "'labour'" in balance.meaning or "'act'" in balance.meaning
    assert signs.ok


@pytest.mark.parametrize(
    ("values", "error", "told"),
    [
        (pd.DataFrame(), DataError, "no accounts"),
        (ring().rename(index={"act": "acts"}), LabelError, "different accounts"),
        (ring().iloc[:, ::-1], LabelError, "different orders"),
        (ring().rename(index={"act": "goods"}, columns={"act": "goods"}), LabelError, "stand twice in rows"),
        (ring().mask(ring() > 0.0, np.inf), DataError, "4 cells are not a finite number"),
        (ring().astype(object), DataError, "not a number"),
    ],
)
def test_what_is_no_matrix_is_refused(values, error, told):
    with pytest.raises(error, match=told):
        sam(values)


def test_natures_must_have_the_same_accounts_and_are_counted():
    natures = ring().map(lambda v: "assumption" if v else "")
    natures.at["act", "goods"] = "real"
    found = sam(natures=natures)
    assert found.count_natures() == {"real": 1, "derived": 0, "assumption": 3, "residual": 0}
    assert found.to_frame()["nature"].tolist() == ["real", "assumption", "assumption", "assumption"]
    assert sam().count_natures() == {}
    with pytest.raises(LabelError, match="natures"):
        sam(natures=natures.rename(index={"act": "x"}))


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
@pytest.mark.parametrize("long", [False, True])
def test_what_is_written_is_read_back_to_the_last_digit(tmp_path, name, long):
    natures = ring().map(lambda v: "assumption" if v else "")
    before = sam(ring(1.0 / 3.0), natures=natures)
    before.write(tmp_path / name, long=long)
    after = read_sam(tmp_path / name)
    assert (after.unit, after.year) == ("mln RUB", 2012)
    pd.testing.assert_frame_equal(after.ordered(NAMES).values, before.values)
    if long or name.endswith("xlsx"):
        pd.testing.assert_frame_equal(after.ordered(NAMES).natures, natures, check_dtype=False)
    else:
        assert after.natures is None


def test_a_workbook_says_what_it_is(tmp_path):
    sam(natures=ring().map(lambda v: "real" if v else "")).write(tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["sam", "natures", "about"]
    assert book["sam"].freeze_panes == "B2"
    assert book["sam"]["B2"].value is None
    facts = {r[0].value: r[1].value for r in book["about"].iter_rows(min_row=2)}
    assert (facts["unit"], facts["year"], facts["source"]) == ("mln RUB", 2012, "test")


def test_natures_of_other_accounts_or_words_in_a_workbook(tmp_path):
    sam(natures=ring().map(lambda v: "real" if v else "")).write(tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    book["natures"]["A2"].value = "another"
    book.save(tmp_path / "b.xlsx")
    assert read_sam(tmp_path / "b.xlsx").natures is None
    book["natures"]["A2"].value = "act"
    book["natures"]["B2"].value = "guess"
    book.save(tmp_path / "c.xlsx")
    with pytest.raises(LabelError, match="'guess'"):
        read_sam(tmp_path / "c.xlsx")


def test_other_types_of_file_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"cannot be written as \.parquet") as error:
        sam().write(tmp_path / "a.parquet")
    assert "a.csv" in error.value.remedy
    with pytest.raises(DataError):
        read_sam(tmp_path / "a.csv")


def test_a_matrix_in_memory_can_be_read():
    found = sam_from_dataset(as_dataset(ring().reset_index(names="account")), unit="USD", year=1995)
    assert (found.unit, found.year) == ("USD", 1995)
    assert found.cell("act", "goods") == 10.0
    with pytest.raises(DataError, match="no accounts"):
        sam_from_dataset(as_dataset(pd.DataFrame({"account": []})))


@pytest.mark.parametrize("corner", ["", '""'])
def test_the_corner_may_be_empty(write, corner):
    path = write(WIDE.replace("account", corner, 1))
    pd.testing.assert_frame_equal(read_sam(path).values, ring(), check_names=False)


def test_the_corner_of_a_workbook_may_be_empty(tmp_path):
    ring().to_excel(tmp_path / "a.xlsx")
    pd.testing.assert_frame_equal(read_sam(tmp_path / "a.xlsx").values, ring(), check_names=False)
    ring().to_excel(tmp_path / "b.xlsx", sheet_name="data")
    assert read_sam(tmp_path / "b.xlsx", sheet="data").cell("act", "goods") == 10.0


def test_columns_without_a_name_elsewhere_stay_an_error(write):
    with pytest.raises(DataError, match="no name"):
        read_sam(write("account,act,\nact,1,2\n"))


def test_windows_1251_and_decimal_commas(write):
    text = "счёт;труд;дома\nтруд;–;1 234,5\nдома;1 234,5;–\n"
    found = read_sam(write(text, encoding="cp1251"))
    assert found.accounts == ["труд", "дома"]
    assert found.cell("труд", "дома") == 1234.5
    assert found.imbalances().empty


def test_columns_may_stand_in_another_order_than_rows(write):
    found = read_sam(write("account,b,a\na,1,\nb,,1\n"))
    assert found.accounts == ["a", "b"]
    assert found.cell("a", "b") == 1.0


def test_sums_are_left_out_when_they_are_sums(write):
    found = read_sam(write("account,a,b,Total\na,,2,2\nb,2,,2\nTotal,2,2,4\n"))
    assert found.accounts == ["a", "b"]
    assert "Total" in found.source.note
    with pytest.raises(DataError, match="'Total' is not the sum") as error:
        read_sam(write("account,a,b,Total\na,,2,2\nb,2,,3\nTotal,2,2,4\n"))
    assert "rename" in error.value.remedy
    with pytest.raises(DataError, match="not the sum of the others for 'a'"):
        read_sam(write("account,a,b\na,,2\nb,2,\nИтого,5,2\n"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("account,a,b\na,,x\nb,2,\n", "'x'"),
        ("account,a,b\na,,x\nb,y,\nc,1,1\n", "text|not numbers"),
        ("account,a,b\n,,1\nb,2,\n", "no account"),
        ("account,a,b\na,,1\na,2,\n", "stand twice"),
        ("account,a,b\na,,1\nc,2,\n", "different accounts"),
        ("row,column,value\na,b,1\na,b,2\n", r"Cells stand twice: \[a, b\]"),
        ("row,column,value\na,,1\nb,a,2\n", "no column"),
        ("row,column,value\na,b,one\nb,a,two\n", "2 cells are not numbers"),
        ("row,column,value,nature\na,b,1,sure\nb,a,1,real\n", "'sure'"),
    ],
)
def test_bad_files_are_refused_with_the_place(write, text, told):
    path = write(text)
    with pytest.raises(DataError, match=told) as error:
        read_sam(path)
    assert path.name in error.value.where


def test_the_long_form_takes_unit_and_year_from_columns(write):
    found = read_sam(write("row,column,value,unit,year\na,b,1,bn RUB,2012\nb,a,1,bn RUB,2012\n"))
    assert (found.unit, found.year, found.natures) == ("bn RUB", 2012, None)
    mixed = read_sam(write("row,column,value,unit\na,b,1,bn RUB\nb,a,1,mln RUB\n"))
    assert (mixed.unit, mixed.year) == ("", 0)


def test_the_nature_of_a_file_can_be_said(write):
    assert read_sam(write(WIDE), nature=Nature.ASSUMED).source.nature is Nature.ASSUMED
    assert read_sam(write(WIDE)).source.sha256 == read_table(write(WIDE)).source.sha256


LONG_ROWS = "BRD,HOH,15\nHOH,BRD,15\n"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "row,column,value\n",
        "receives,pays,amount\n",
        "account,account,value\n",
        "a,b,c\n",
        "Получатель,плательщик,сумма\n",
    ],
)
def test_the_long_form_is_told_by_names_or_content(write, header):
    found = read_sam(write(header + LONG_ROWS.replace("15\nHOH", "12\nHOH")))
    assert found.accounts == ["BRD", "HOH"]
    assert (found.cell("BRD", "HOH"), found.cell("HOH", "BRD")) == (12.0, 15.0)


def test_names_say_who_pays_whatever_the_order(write):
    found = read_sam(write("from,to,value\nHOH,BRD,12\nBRD,HOH,15\n"))
    assert (found.cell("BRD", "HOH"), found.cell("HOH", "BRD")) == (12.0, 15.0)


def test_a_matrix_of_two_accounts_is_no_long_form(write):
    found = read_sam(write("account,BRD,HOH\nBRD,,12\nHOH,15,\n"))
    assert (found.cell("BRD", "HOH"), found.cell("HOH", "BRD")) == (12.0, 15.0)


def test_two_columns_of_one_name_in_a_workbook(tmp_path):
    book = openpyxl.Workbook()
    for row in (("счёт", "счёт", "value"), ("BRD", "HOH", 12), ("HOH", "BRD", 15)):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    assert read_sam(tmp_path / "a.xlsx").cell("BRD", "HOH") == 12.0


def test_a_first_cell_on_the_diagonal_without_a_header_is_refused(write):
    with pytest.raises(DataError, match="no header"):
        read_sam(write("BRD,BRD,1\n" + LONG_ROWS))
