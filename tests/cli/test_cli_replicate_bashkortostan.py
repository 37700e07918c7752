"""``innospace replicate bashkortostan``: one object, a report, exit codes that follow the checks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from replication_cases import small_replication

import innospace.economy.replication as room


@pytest.fixture
def replicated(monkeypatch):
    """Put a small replication in place of the real one, which takes most of a minute."""

    def use(result):
        monkeypatch.setattr(room, "replicate_bashkortostan", lambda progress, workers=1: result)
        return result

    return use


def test_json_is_one_object_with_options_fits_and_checks(command, replicated):
    result = replicated(small_replication())
    ran = command("replicate", "bashkortostan", "--json")
    assert ran.code == (0 if all(c.ok for c in result.checks) else 1)
    found = ran.json
    assert set(found["options"]) == {"1", "2", "3", "4"}
    assert {"1", "2", "3", "4", "readings", "rms"} <= set(found["fit"])
    assert {"parameters", "checks", "base_year", "years", "solver"} <= set(found)


def test_a_fit_outside_its_limit_is_a_failed_check(command, replicated):
    small = small_replication()
    replicated(replace(small, fits=tuple(replace(f, rms=0.3) for f in small.fits)))
    ran = command("replicate", "bashkortostan")
    assert ran.code == 1
    assert "fit.scales" in ran.out


def test_the_report_stands_where_it_was_asked_for(command, replicated, tmp_path):
    replicated(small_replication())
    ran = command("replicate", "bashkortostan", "--out", "out", "--formats", "html,tables", "--json")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Table 6" in page
    assert str(tmp_path) not in page
    assert any(name.endswith("report.html") for name in ran.json["report"])


def test_an_unknown_replication_names_both(command):
    ran = command("replicate", "bashkortostn")
    assert ran.code == 2
    assert "bashkortostan" in ran.err
