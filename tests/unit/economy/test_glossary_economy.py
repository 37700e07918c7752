"""Every name a reader can meet is explained."""

from __future__ import annotations

import economy_results as solved
import pytest
from explained import names_of, numbers_of, unexplained

from innospace.economy.models.knowledge.closure import CHOICES
from innospace.economy.models.knowledge.families import LEVER_GROUPS, PARAMETERS, VARIABLES
from innospace.economy.models.knowledge.glossary import explain_terms
from innospace.economy.models.knowledge.labels import AGENTS, LABOUR, PRODUCTS
from innospace.economy.models.knowledge.spec import REASONS
from innospace.study.glossary import find, terms


def test_every_family_and_member_has_one_term():
    # words of results, equations and keys say where they are met; a chart may share its name with a table
    known = [t.name for t in explain_terms() if not t.where]
    assert len(known) == len(set(known))
    wanted = {x for f in (*VARIABLES, *PARAMETERS) for x in (f.name, *f.ids())}
    wanted |= {*CHOICES, *REASONS, *AGENTS, *PRODUCTS, *LABOUR, "growth_effect", "real_GRP"}
    assert wanted <= set(known)
    assert all(any(g == t.name or g in t.meaning for t in explain_terms()) for g in LEVER_GROUPS)


def test_a_member_names_product_unit_and_equation():
    (term,) = find("P.z1")
    assert term.unit == "base year = 1"
    assert "Knowledge (R&D services)" in term.meaning
    assert "equation (31), product markets" in term.meaning
    assert "S_z1" in term.equation
    (demand,) = find("D.innovation.n1")
    assert "Innovation sector" in demand.meaning
    assert "n1 Innovative goods" in demand.meaning


def test_every_gate_of_a_result_is_explained():
    for check in solved.result().checks:
        assert any("Gate" in t.meaning for t in find(f"economy.{check.name}")), check.name
    for name in ("homogeneity", "money_neutrality", "baseline.solvers_agree"):
        assert find(name)


def test_one_name_of_two_engines_is_explained_twice():
    assert {t.unit for t in find("delta")} >= {"elasticity", "per unit of TE"}


def test_every_name_that_a_result_shows_is_explained():
    for result in (solved.result(), solved.failing(), solved.drawn()):
        assert unexplained([*names_of(result), *numbers_of(result)], result.paths) == []


def test_lists_leave_members_out():
    assert not [t.name for t in terms() if "." in t.name]


@pytest.mark.parametrize("name", [t.name for t in explain_terms()][::40])
def test_terms_say_something(name):
    for term in find(name):
        assert term.meaning.endswith((".", ":"))
        assert "  " not in term.meaning
