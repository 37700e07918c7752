from __future__ import annotations

import dataclasses
import os
import sys

import pytest
from report_samples import figure

from innospace.core.document import Document, Equation, Section
from innospace.core.errors import DataError, InnospaceError, LabelError, StoreError
from innospace.core.figure import FigureKind
from innospace.core.provenance import Provenance
from innospace.report import needs, write_report
from innospace.report.files import Folder


def small(*blocks):
    return Document("T", "", (), (), (Section("s", "S", blocks),), Provenance("0"), "")


def listed(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_all_forms_are_written(tmp_path, tables):
    document = small(figure(FigureKind.HISTOGRAM, [1.0, 2.0], ["a", "b"], name="f"), tables[0])
    written = write_report(document, tmp_path / "deep" / "report")
    expected = ["figures/f.csv", "figures/f.png", "figures/f.svg", "report.docx", "report.html", "report.pdf"]
    expected += ["tables/numbers.csv", "tables/numbers.tex", "tables/tables.xlsx"]
    assert listed(tmp_path / "deep" / "report") == expected
    assert written[0].name == "report.html"
    assert sorted(str(p.relative_to(tmp_path / "deep" / "report")) for p in written) == expected
    assert (tmp_path / "deep" / "report" / "report.pdf").read_bytes()[:5] == b"%PDF-"


@pytest.mark.parametrize(
    ("formats", "expected"),
    [
        (["html"], ["report.html"]),
        (["pdf"], ["report.pdf"]),
        (["figures"], ["figures/f.csv", "figures/f.png", "figures/f.svg"]),
    ],
)
def test_formats_are_chosen(tmp_path, formats, expected):
    write_report(small(figure(FigureKind.HISTOGRAM, [1.0, 2.0], ["a", "b"], name="f")), tmp_path, formats)
    assert listed(tmp_path) == expected


def test_an_unknown_format_is_named_before_anything_is_written(tmp_path):
    with pytest.raises(LabelError, match="odt"):
        write_report(small(), tmp_path / "new", ["html", "odt"])
    assert not (tmp_path / "new").exists()


def test_a_report_that_fails_leaves_the_folder_as_it_was(tmp_path):
    (tmp_path / "report.html").write_text("earlier")
    with pytest.raises(DataError):
        write_report(small(Equation("bad", "x", "frac(1", "")), tmp_path, ["html", "pdf"])
    assert listed(tmp_path) == ["report.html"]
    assert (tmp_path / "report.html").read_text() == "earlier"
    assert not list(tmp_path.glob(".writing-*"))


def test_earlier_files_are_replaced_and_others_stay(tmp_path):
    (tmp_path / "report.html").write_text("earlier")
    (tmp_path / "notes.txt").write_text("mine")
    write_report(small(), tmp_path, ["html"])
    assert listed(tmp_path) == ["notes.txt", "report.html"]
    assert "<!DOCTYPE html>" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_files_move_into_place_only_at_the_end(tmp_path):
    with Folder(tmp_path) as out:
        out.add("a.txt", b"1")
        assert not (tmp_path / "a.txt").exists()
        assert out.written == []
    assert out.written == [tmp_path / "a.txt"]
    assert (tmp_path / "a.txt").read_bytes() == b"1"
    assert listed(tmp_path) == ["a.txt"]


def test_a_file_in_place_of_the_folder_is_a_clear_error(tmp_path):
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(StoreError, match="cannot be written") as caught:
        write_report(small(), tmp_path / "taken", ["html"])
    assert "taken" in str(caught.value)
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_folder_without_permission_is_a_clear_error(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="cannot be written"):
            write_report(small(), tmp_path, ["html"])
    finally:
        tmp_path.chmod(0o700)


def test_a_full_disk_is_a_clear_error_and_leaves_nothing(tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        write_report(small(), tmp_path, ["html"])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_place_of_a_file_is_a_clear_error(tmp_path):
    (tmp_path / "report.html" / "inside").mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot be written"):
        write_report(small(), tmp_path, ["html"])
    assert not list(tmp_path.glob(".writing-*"))


@pytest.mark.parametrize(("module", "formats"), [("jinja2", ["html"]), ("typst", ["pdf"]), ("vl_convert", ["figures"])])
def test_a_missing_package_names_the_extra(tmp_path, monkeypatch, module, formats):
    monkeypatch.setitem(sys.modules, module, None)
    document = small(figure(FigureKind.HISTOGRAM, [1.0, 2.0], ["a", "b"]))
    with pytest.raises(InnospaceError, match=module) as caught:
        write_report(document, tmp_path, formats)
    assert 'pip install "innospace[report]"' in caught.value.remedy
    assert listed(tmp_path) == []


def test_an_error_inside_a_package_is_not_taken_for_its_absence(monkeypatch):
    def broken(name):
        raise ImportError("a library of the system is missing")

    monkeypatch.setattr(needs.importlib, "import_module", broken)
    with pytest.raises(ImportError, match="library of the system"):
        needs.need("typst")


def test_equal_names_of_figures_are_told_apart(tmp_path):
    fig = figure(FigureKind.HISTOGRAM, [1.0, 2.0], ["a", "b"], name="f")
    other = dataclasses.replace(fig, data=fig.data.assign(y=[5.0, 6.0]))
    write_report(small(fig, other), tmp_path, ["figures"])
    assert (tmp_path / "figures" / "f.csv").read_text() != (tmp_path / "figures" / "f-2.csv").read_text()


def test_the_room_names_what_it_has():
    import innospace.report as room

    assert set(room.__all__) >= {"draw", "to_svg", "render_html", "render_pdf", "write_report", "write_tables"}
    assert all(callable(getattr(room, name)) for name in room.__all__)
    with pytest.raises(AttributeError, match="nothing_such"):
        _ = room.nothing_such


def test_whole_results_are_written_as_three_kinds_of_file(tmp_path):
    import openpyxl
    import pandas as pd

    frame = pd.DataFrame({"region": ["Москва", "=1+1"], "value": [1 / 3, float("nan")]})
    write_report(dataclasses.replace(small(), data={"Шаг 1": frame}), tmp_path, ["data"])
    assert listed(tmp_path) == ["data/Шаг-1.csv", "data/Шаг-1.parquet", "data/Шаг-1.xlsx"]
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "data" / "Шаг-1.parquet"), frame, check_dtype=False)
    back = pd.read_csv(tmp_path / "data" / "Шаг-1.csv")
    assert back["value"][0] == 1 / 3
    assert back["region"][1] == "'=1+1"
    sheet = openpyxl.load_workbook(tmp_path / "data" / "Шаг-1.xlsx").worksheets[1]
    assert [c.value for c in sheet[4]] == ["Москва", 1 / 3]
