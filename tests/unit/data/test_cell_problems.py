"""Problems of a table told cell by cell: the same rules as the errors of readers and schema, with rows of the file."""

import math

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from innospace.core.errors import DataError, InnospaceError
from innospace.data import cell_problems, load_sample, read_table
from innospace.data.cell_problems import survey
from innospace.data.readers import read_faulty
from innospace.data.schemas.innovation_space import problems

RUSSIAN = {"region": "Регион", "year": "Год", "technologies": "Патенты", "space": "V"}
TEXT = "Регион;Год;Патенты;V\nУфа;2010;1,5;10\n\nКазань;2010;много;20\nПермь;2010;3,5;-\n;;;\nПермь;2011;нет;7\n"


@pytest.fixture
def look(tmp_path):
    def write(content, name="t.csv", encoding="utf-8", **options):
        path = tmp_path / name
        path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
        return survey(path, **options)

    return write


def test_every_bad_cell_is_told_with_its_row_and_label(look):
    seen = look(TEXT, encoding="cp1251", schema="innovation_space", columns=RUSSIAN)
    assert not seen.readable
    assert seen.count == 3
    assert [(p.row, p.label, p.column, p.text) for p in seen.problems] == [
        (4, "Казань, 2010", "Патенты", "много"),
        (5, "Пермь, 2010", "V", "-"),
        (7, "Пермь, 2011", "Патенты", "нет"),
    ]
    assert seen.problems[0].what == "Text where a number is needed."
    assert "decimal mark ','" in seen.problems[0].allowed
    assert "dash=" in seen.problems[1].remedy
    assert seen.numbers == (2, 4, 5, 7)
    assert seen.cells[1] == ("Казань", "2010", "много", "20")
    assert "cp1251" in seen.notes[0]


def test_options_of_the_reader_mend_what_they_can(look):
    options = {"dash": "missing", "text": ["Патенты"]}
    seen = look(TEXT, options=options)
    assert (seen.readable, seen.count) == (True, 0)


def test_copies_and_totals_are_told_where_no_schema_is_named(look):
    rows = [f"AT{i:02},{i}.5,{i % 7}" for i in range(40)]
    seen = look("\n".join(["nuts,q,x", *rows, "AT03,9,1", "AT05,8,2"]))
    assert (seen.readable, seen.count) == (True, 4)
    assert {(p.row, p.column, p.text) for p in seen.problems} == {
        (5, "nuts", "AT03"),
        (42, "nuts", "AT03"),
        (7, "nuts", "AT05"),
        (43, "nuts", "AT05"),
    }
    # groups that occur often, and regions with a row a year, are no copies; a year that stands twice is one
    assert look("\n".join(["country,q,x", *(f"A{i % 5},{i}.5,1" for i in range(40))])).count == 0
    panel = [f"R{i},{y},{i}.5" for i in range(20) for y in (2010, 2011)]
    assert look("\n".join(["region,year,q", *panel])).count == 0
    seen = look("\n".join(["region,year,q", *panel, "R3,2011,7"]))
    assert [p.row for p in seen.problems] == [9, 42]
    assert seen.problems[0].what == "The same name and year stand in another row too."
    russian = "Регион;q\nРоссийская Федерация;9\nРеспублика Башкортостан;1\nПермский край;2\nОмская область;3\n"
    seen = look(russian)
    assert [(p.row, p.text) for p in seen.problems] == [(2, "Российская Федерация")]
    assert "total" in seen.problems[0].what


def test_titles_and_headings_of_two_rows_are_told_as_such(look):
    with pytest.raises(DataError, match="holds a title, 'Table 1: patents'") as error:
        look("Table 1: patents,,\nregion,q,x\na,1,2\n")
    assert "Delete the rows above" in error.value.remedy
    for text in ("region,Patents,,Staff\n,2009,2010,2009\na,1,2,3\n", "region,Patents,,Staff\n,old,new,old\na,1,2,3\n"):
        with pytest.raises(DataError, match="two rows, or over merged cells") as error:
            look(text)
        assert text.split("\n")[1].split(",")[1] in error.value.remedy
        assert "'Patents" in error.value.remedy
    for text in ("region,q,,z\na,1,2,3\n", "region,q,\n"):
        with pytest.raises(DataError, match="A column has no name"):
            look(text)


CSVS = [
    "a,b\n1,x\n2,3\n3,4\n",
    "a,b\n12 %,1\n13 %,2\n",
    'a,b\n"1,234",1\n"2,345",2\n',
    "a,b\n1,-\n2,—\n3,3\n4,2\n",
    "a,b\n1,inf\n2,3\n3,3\n",
    "a,b\n1,2\n,\n3,x\n4,5\n5,6\n",
]


@pytest.mark.parametrize("text", CSVS)
def test_the_first_problem_is_the_error_of_the_reader(tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(DataError) as error:
        read_table(path)
    found = read_faulty(path)[1]
    fault = found.faults[0]
    assert error.value.what == fault.what
    assert (error.value.allowed, error.value.remedy) == (fault.allowed, fault.remedy)
    assert all(str(found.row(i)) in error.value.where for i in fault.rows)
    lines = text.splitlines()
    for problem in survey(path).problems:
        assert problem.text in lines[problem.row - 1]


def test_without_faults_both_readers_agree(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('a,b,c,d\n1,"1,5",x,007\n,"2,5",y,010\n\n3,,z,011\n')
    strict, (lenient, found) = read_table(path), read_faulty(path)
    pd.testing.assert_frame_equal(strict.frame, lenient.frame)
    assert not found.faults
    assert [found.row(i) for i in range(3)] == [2, 3, 5]


def test_errors_of_the_spreadsheet_are_cells(tmp_path):
    book = openpyxl.Workbook()
    for row in ([], ["region", "x"], ["A", 1], [], ["B", "#DIV/0!"], ["C", 3], ["D", "#REF!"], ["E", "?"], ["F", 3]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(DataError, match="errors of the spreadsheet"):
        read_table(tmp_path / "t.xlsx")
    seen = survey(tmp_path / "t.xlsx")
    assert [(p.row, p.label, p.text) for p in seen.problems] == [(5, "B", "#DIV/0!"), (7, "D", "#REF!"), (8, "E", "?")]
    assert not seen.readable


def test_infinite_values_of_parquet_are_cells(tmp_path):
    pq.write_table(pa.table({"a": [1.0, math.inf, 2.0], "b": ["x", "y", "z"]}), tmp_path / "t.parquet")
    (problem,) = survey(tmp_path / "t.parquet").problems
    assert (problem.row, problem.column, problem.text) == (2, "a", "inf")


def table(**columns):
    frame = {"region": [f"Край {i}" for i in range(4)], "technologies": [1.0, 2.0, 3.0, 4.0], "space": [1.0, 2, 3, 4]}
    return pd.DataFrame({**frame, **columns})


@pytest.mark.parametrize(
    ("columns", "bad"),
    [
        ({"technologies": [1.0, -2.0, 3.0, np.nan]}, {("technologies", 3)}),
        ({"technologies": [1.0, -2.0, 3.0, -1.0]}, {("technologies", 1), ("technologies", 3)}),
        ({"region": ["a", None, "c", " "]}, {("region", 1), ("region", 3)}),
        ({"region": ["a", "b", "a", "c"]}, {("region", 0), ("region", 2)}),
        ({"space": [1.0, 0.0, 3.0, 4.0]}, {("space", 1)}),
        ({"technologies": [0.0] * 4}, {("technologies", i) for i in range(4)}),
        ({"innovative_share": [0.1, 0.2, 12.0, 0.3], "technologies": [1, 2, -3, 4]},
         {("innovative_share", 2), ("technologies", 2)}),
        ({"region": ["Уфа", "Москва", "Российская Федерация", "Республика Татарстан"]}, {("region", 2)}),
    ],
)  # fmt: skip
def test_faults_of_the_schema_are_those_of_its_errors(columns, bad, tmp_path):
    frame = table(**columns)
    frame.to_csv(tmp_path / "t.csv", index=False)
    seen = survey(tmp_path / "t.csv", schema="innovation_space")
    assert {(p.column, p.position) for p in seen.problems} == bad
    assert seen.readable
    assert len(problems(frame, zero_rule="drop")) == len({p.column for p in seen.problems})


def test_a_fault_of_the_row_has_no_column(look):
    seen = look(
        "region,technologies,rd_organisations,innovative_companies\nA,1,0,3\nB,2,2,2\n", schema="innovation_space"
    )
    (problem,) = seen.problems
    assert (problem.column, problem.row, problem.text, problem.label) == ("", 2, "", "A")


def test_columns_that_are_missing_are_told_of_the_table(look):
    seen = look("a,b\n1,2\n", schema="innovation_space")
    assert seen.problems == ()
    assert "lacks" in seen.errors[0].what
    assert "'tec'" in look("a,b\n1,2\n", schema="innovation_space", columns={"tec": "a"}).errors[0].what


def test_all_problems_are_counted_and_the_first_are_told(look, monkeypatch):
    monkeypatch.setattr(cell_problems, "MOST", 30)
    rows = "".join(f"r{i},{i if i % 2 else 'x'}\n" for i in range(400))
    seen = look("region,n\n" + rows)
    assert seen.count == 200
    assert len(seen.problems) == 30
    assert set(seen.positions) == {*range(6), *(p.position for p in seen.problems)}


def test_very_wide_tables_show_the_first_columns_and_those_with_problems(look):
    names = [f"c{i}" for i in range(300)]
    rows = [["1"] * 300 for _ in range(4)]
    rows[2][250] = "x"
    seen = look("\n".join(",".join(r) for r in [names, *rows]))
    assert seen.shown == (*names[:60], "c250")
    assert [len(row) for row in seen.cells] == [61] * 4
    assert len(seen.columns) == 300


def test_columns_are_recognised(look):
    seen = look(
        "name,Год,n,x,flag,code,nothing\nРеспублика Татарстан,2010,5,1.5,true,007,\nМосква,2011,6,,false,011,\n"
    )
    kinds = {c.name: c.kind for c in seen.columns}
    assert kinds == {
        "name": "region",
        "Год": "year",
        "n": "whole number",
        "x": "number",
        "flag": "true or false",
        "code": "code",
        "nothing": "empty",
    }
    x = seen.columns[3]
    assert (x.missing, x.low, x.high) == (1, "1.5", "1.5")


def test_a_sample_is_looked_at_like_a_file():
    seen = survey(load_sample("russia-2010-2012"), schema="innovation_space")
    assert (seen.rows, seen.count, seen.readable) == (240, 0, True)
    assert seen.numbers[0] == 1


def test_what_is_wrong_with_the_file_as_a_whole_is_an_error(look):
    for content in ("", "a,b\n", "a,a\n1,2\n", "a,b\n1\n"):
        with pytest.raises(InnospaceError):
            look(content)


RU = "nuts2;patents;staff\nAT11;1,5 p;20\nAT12;2,5;: z\nAT13;3,5;30 be\nAT21;4;40\nAT22;5;50\nAT31;6,5;60\n"


@pytest.mark.parametrize("title", ["Patents;;\n\n", "Patents\n\n", "Patents by region\n\n"])
def test_a_title_is_left_out_when_the_row_of_names_is_named(look, title):
    with pytest.raises(DataError, match=f"holds a title, '{title.strip().strip(';')}'") as error:
        look(title + RU)
    assert "stand in row 3: read with header=3 (--header 3)" in error.value.remedy
    seen = look(title + RU, options={"header": 3, "flags": "drop"})
    assert ([c.name for c in seen.columns], seen.rows, seen.readable) == (["nuts2", "patents", "staff"], 6, True)
    assert (seen.columns[1].low, seen.columns[1].high, seen.columns[2].missing) == ("1.5", "6.5", 1)
    # places are those of the whole file
    faulty = look(title + RU, options={"header": 3})
    assert [(p.row, p.column) for p in faulty.problems] == [(4, "patents"), (5, "staff"), (6, "staff")]
    with pytest.raises(DataError, match="has no row 40"):
        look(title + RU, options={"header": 40})


def test_a_list_of_names_with_delimiters_in_them_is_still_one_column(look):
    assert look("name\nUfa; old\nPerm\nOmsk\n").columns[0].name == "name"


def test_most_cells_with_flags_are_told_and_codes_stay_text(look):
    seen = look("nuts,patents\nA,1.5 p\nB,2.5 e\nC,: z\nD,4\n")
    assert [(p.row, p.what) for p in seen.problems] == [(n, "Letters behind a number.") for n in (2, 3, 4)]
    assert "--flags drop" in seen.problems[0].remedy
    assert not seen.readable
    read = look("nuts,patents\nA,1.5 p\nB,2.5 e\nC,: z\nD,4\n", options={"flags": "drop"})
    assert (read.columns[1].kind, read.columns[1].missing, read.columns[1].high) == ("number", 1, "4")
    assert look("nuts,patents\nA,1.5 p\nB,2.5 e\n", options={"text": ["patents"]}).columns[1].kind == "text"
    assert look("house,x\n12a,1\n12b,2\n14,3\n").columns[0].kind == "text"
