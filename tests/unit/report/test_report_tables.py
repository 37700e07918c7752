from __future__ import annotations

import csv
import io
import math
import re

import numpy as np
import openpyxl
import pandas as pd
import pytest
from report_samples import CYRILLIC, NASTY

from innospace.core.errors import LabelError, StoreError
from innospace.core.table import Column, Table
from innospace.report.tables import frame_csv, to_html, to_latex, to_typst, write_tables
from innospace.report.tables.files import guarded, sheet_names, workbook
from innospace.report.tables.latex import escape
from innospace.report.tables.layout import aligned, grid


def book(tables):
    return openpyxl.load_workbook(io.BytesIO(workbook(tables)))


# --- layout ------------------------------------------------------------------------------------------------------


def test_decimal_points_stand_under_each_other():
    """Flush right with the padding, every decimal point is equally far from the right edge."""
    shown = ["0.6832", "−5.28", "240", "(0.044)", "–", "1\u202f234.5", "<\u202f0.001", "3.4\u202f%"]
    after = []
    for cell in aligned(shown):
        whole = cell.text + cell.pad
        point = whole.index(".") if "." in whole else None
        after.append(None if point is None else len(whole) - point)
    assert len(set(after)) == 1
    assert [c.text for c in aligned(shown)] == shown


def test_whole_numbers_need_no_padding():
    assert {c.pad for c in aligned(["1", "22", "–"])} == {""}


def test_headings_are_spanned_where_neighbours_share_a_group(tables):
    g = grid(tables[0])
    assert [(s.text, s.width) for s in g.spans] == [("", 1), ("Group", 2), ("", 1)]
    assert g.numeric == (False, True, True, True)


def test_missing_columns_are_named(tables):
    broken = Table("t", "T", tables[0].frame, (Column("nowhere", "X"),))
    with pytest.raises(LabelError, match="nowhere"):
        grid(broken)
    with pytest.raises(LabelError, match="no columns"):
        grid(Table("t", "T", tables[0].frame, ()))


# --- HTML --------------------------------------------------------------------------------------------------------


def test_html_is_escaped_and_scrolls_in_a_box(tables):
    html = to_html(tables[0], "anchor")
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert 'class="scroll" role="region" tabindex="0" aria-labelledby="anchor-title"' in html
    assert 'id="anchor-title"' in html
    assert html.count("<tr") == 2 + 6
    assert 'scope="row"' in html
    assert 'colspan="2" scope="colgroup"' in html


def test_html_shows_real_minus_signs_and_thin_spaces(tables):
    html = to_html(tables[0])
    assert "−1\u202f234\u202f567.891" in html
    assert ">-1" not in html
    assert "∞" in html


def test_standard_errors_are_set_close_beneath_and_rules_above(tables):
    rows = re.findall(r"<tr([^>]*)>", to_html(tables[1]))
    assert rows[1:] == [' class="above"', ' class="beneath"', ' class="rule"']


def test_long_tables_scroll_in_their_own_box():
    frame = pd.DataFrame({"a": range(100)})
    assert 'class="scroll tall"' in to_html(Table("t", "T", frame, (Column("a", "A", "integer"),)))


# --- LaTeX -------------------------------------------------------------------------------------------------------


def test_latex_special_characters_are_escaped():
    assert escape("a_b & c$ #1 100% {x} \\ ~ ^") == (
        r"a\_b \& c\$ \#1 100\% \{x\} \textbackslash{} \textasciitilde{} \textasciicircum{}"
    )
    assert escape("−1\u202f234") == r"$-$1\,234"
    assert (
        escape("δ₀ V\u0302 σᵤ²") == r"$\delta$\textsubscript{0} $\hat{V}$ $\sigma$\textsubscript{u}\textsuperscript{2}"
    )
    assert escape(CYRILLIC.split(" — ")[0]) == CYRILLIC.split(" — ")[0]


def unescaped(latex, character):
    return re.findall(rf"(?<!\\){re.escape(character)}", latex)


def test_latex_table_is_complete(tables):
    latex = to_latex(tables[0])
    assert latex.count(r"\begin{tabular}") == latex.count(r"\end{tabular}") == 1
    assert r"\caption{" in latex
    assert r"\label{tab:numbers}" in latex
    body = latex.split(r"\midrule")[1].split(r"\bottomrule")[0]
    assert all(len(unescaped(line, "&")) == 3 for line in body.strip().splitlines())
    assert not unescaped(body, "#")
    assert not unescaped(body, "_")
    assert len(unescaped(latex, "{")) == len(unescaped(latex, "}"))
    assert "[" not in body.replace("{[}", "")


def test_long_latex_tables_break_over_pages():
    frame = pd.DataFrame({"a": range(60)})
    latex = to_latex(Table("t", "T", frame, (Column("a", "A", "integer"),)))
    assert latex.startswith("% Needs: \\usepackage{booktabs,longtable}")
    assert r"\endhead" in latex


# --- Typst -------------------------------------------------------------------------------------------------------


def test_typst_text_is_strings_never_markup(tables):
    code = to_typst(tables[0])
    outside = re.sub(r'"(?:\\.|[^"\\])*"', '""', code)
    for mark in ("$", "_a_", "<script", "@c", CYRILLIC[:5]):
        assert mark not in outside
    assert '\\"x\\"' in code


# --- CSV ---------------------------------------------------------------------------------------------------------


def test_csv_holds_full_precision_and_no_display_text(tables):
    rows = list(csv.DictReader(io.StringIO(frame_csv(tables[0].frame))))
    for row, value in zip(rows, tables[0].frame["value"], strict=True):
        shown = float(row["value"] or "nan")
        assert shown == value or (math.isnan(shown) and math.isnan(value))
    assert "\u202f" not in frame_csv(tables[0].frame)
    assert "−" not in frame_csv(tables[0].frame)
    assert rows[5]["name"] == CYRILLIC


@pytest.mark.parametrize("text", ["=1+1", "+a", "-b", "@c", "\t=1", "  =SUM(A1)", "\r=1", "=cmd|' /C calc'!A0", "-1+1"])
def test_text_that_acts_as_a_formula_is_guarded(text):
    assert guarded(text).startswith("'")


@pytest.mark.parametrize("text", ["a=b", "-1.5", "+3e5", "", "Moscow", "−1"])
def test_plain_text_and_numbers_stay(text):
    assert guarded(text) == text


def test_no_cell_or_heading_of_a_csv_begins_as_a_formula(tables):
    frame = tables[0].frame.rename(columns={"name": "=heading"})
    for row in csv.reader(io.StringIO(frame_csv(frame))):
        assert not row[0].startswith(("=", "+", "-", "@"))


# --- XLSX --------------------------------------------------------------------------------------------------------


def test_workbook_holds_numbers_as_numbers_in_full(tables):
    sheet = book(tables)["numbers"]
    assert [c.value for c in sheet[3]] == ["Name & unit", "Group: Value, %", "Group: Count", "Year"]
    assert sheet["B4"].value == 0.123456789012345
    assert sheet["B5"].value == -1234567.891
    assert sheet["B6"].value == 1e-12
    assert sheet["B7"].value is None
    assert sheet["B8"].value == "∞"
    assert sheet["B4"].number_format == "#,##0.000"
    assert sheet["D4"].number_format == "0"
    assert {type(sheet.cell(r, 3).value) for r in range(4, 10)} == {int}


def test_no_cell_of_a_workbook_is_a_formula(tables):
    for sheet in book(tables).worksheets:
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in row)
    sheet = book(tables)["numbers"]
    assert [sheet.cell(r, 1).value for r in range(4, 10)] == list(tables[0].frame["name"])
    assert all(sheet.cell(r, 1).quotePrefix for r in range(4, 8))


def test_workbook_lists_its_sheets(tables):
    opened = book(tables)
    assert opened.sheetnames == ["Contents", "numbers", "models"]
    assert opened["Contents"]["A2"].hyperlink.location == "'numbers'!A1"
    assert opened["Contents"]["C2"].value == 6
    assert opened["numbers"]["A1"].value.startswith("Numbers ")


def test_equal_tables_give_equal_workbooks_at_another_time(tables, monkeypatch):
    import datetime
    from types import SimpleNamespace

    from openpyxl.writer import excel

    class Later(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2040, 5, 6, 7, 8, 9, tzinfo=tz)

    now = workbook(tables)
    monkeypatch.setattr(excel, "datetime", SimpleNamespace(datetime=Later, timezone=datetime.timezone))
    saved = io.BytesIO()
    plain = openpyxl.Workbook()
    plain.save(saved)
    assert plain.properties.modified.year == 2040, "the clock that openpyxl reads"
    assert workbook(tables) == now
    assert book(tables).properties.modified.year == 1980
    assert workbook(tables[:1]) != now


def test_sheet_names_are_accepted_by_spreadsheets():
    names = sheet_names(["a" * 40, "a" * 41, "A/b:c?", "", "History", "ТАБЛИЦА", "таблица"])
    assert len({n.casefold() for n in names}) == len(names)
    assert all(0 < len(n) <= 31 and not set(n) & set("[]:*?/\\") for n in names)
    assert "History" not in names


def test_odd_values_do_not_break_a_workbook():
    frame = pd.DataFrame({"a": [pd.NA, np.int64(3), True, "x\x00y", pd.Timestamp("2020-01-01")]}, dtype=object)
    sheet = book([Table("t", "T", frame, (Column("a", "A"),))])["t"]
    assert [sheet.cell(r, 1).value for r in range(4, 9)] == [None, 3, True, "x\ufffdy", "2020-01-01 00:00:00"]


# --- files -------------------------------------------------------------------------------------------------------


def test_tables_are_written_with_names_told_apart(tables, tmp_path):
    written = write_tables([tables[0], tables[0], tables[1]], tmp_path / "new" / "folder")
    assert sorted(p.name for p in written) == sorted(
        ["numbers.csv", "numbers.tex", "numbers-2.csv", "numbers-2.tex", "models.csv", "models.tex", "tables.xlsx"]
    )
    assert pd.read_csv(tmp_path / "new" / "folder" / "numbers.csv")["value"].iloc[0] == 0.123456789012345


def test_a_file_in_the_way_of_the_folder_is_a_clear_error(tables, tmp_path):
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(StoreError, match="cannot be written"):
        write_tables(tables, tmp_path / "taken")
    assert (tmp_path / "taken").read_text() == "mine"


def test_special_characters_survive_the_round_trip(tables):
    assert next(csv.DictReader(io.StringIO(frame_csv(tables[0].frame.iloc[4:]))))["name"] == NASTY
