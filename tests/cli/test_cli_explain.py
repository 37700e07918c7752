from __future__ import annotations

import sys
from types import ModuleType

import pytest

from innospace.core.terms import Term
from innospace.study import glossary

TERMS = (
    Term("innovation_space", "V", "links", "Potential links.", "V = S B", "Makarov et al. (2016)"),
    Term("noise", "v", "", "Symmetric error."),
    Term("technologies", "Q", "per year", "An engine's own words for a column."),
)


@pytest.fixture
def terms(monkeypatch):
    module = ModuleType("glossary_of_a_test")
    module.explain_terms = lambda: TERMS
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(glossary, "GLOSSARIES", {module.__name__: "frontier"})


def test_capitals_decide_between_symbols(command, terms):
    assert "Potential links." in command("explain", "V").out
    assert "Symmetric error." in command("explain", "v").out
    shown = command("explain", "Innovation_Space")
    assert shown.code == 0
    for part in ("innovation_space (V), links", "V = S B", "Source: Makarov"):
        assert part in shown.out


def test_columns_and_the_words_of_the_house(command, terms):
    assert "R&D" in command("explain", "rd_organisations").out
    assert "published results" in command("explain", "reconstructed").out
    assert "own words" in command("explain", "technologies").out


def test_the_list_fits_the_terminal(command, terms):
    shown = command("explain")
    assert max(map(len, shown.out.splitlines())) <= 100
    told = [(t["name"], t["meaning"], t["where"]) for t in command("explain", "--json").json["terms"]]
    assert len(told) == len(set(told)) > 10


def test_unknown_terms_name_the_nearest(command, terms):
    shown = command("explain", "reconstucted")
    assert shown.code == 2
    assert "'reconstructed'" in shown.err


def test_every_check_and_coefficient_of_a_study_is_explained(command):
    for name in ("frontier.2010.skewness", "pooled.score_at_optimum", "delta.2010", "te_correlation.2010_2011"):
        shown = command("explain", name)
        assert shown.code == 0, name
    assert "Skewness" in command("explain", "frontier.2010.skewness").out.capitalize()
    assert "sigma_u = 0" in command("explain", "wrong_skewness").out
    assert command("explain", "..").code == 2
