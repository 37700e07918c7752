"""Assumptions: limits, remedies, plain types."""

from __future__ import annotations

import math
from dataclasses import fields

import pytest
from economy_cases import INNOVATION, OTHER, SCIENCE, model

from innospace.core.errors import InnospaceError, LabelError, SpecError
from innospace.economy import KnowledgeSpec
from innospace.economy.models.knowledge.spec import REASONS


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"efficiency": 0.0}, "efficiency is 0.0"),
        ({"efficiency": 1.01}, "1e-06 to 1"),
        ({"efficiency": math.nan}, "efficiency is nan"),
        ({"alpha": {SCIENCE: 0.1, INNOVATION: 0.1}}, "alpha lacks 'other_industries'"),
        ({"alpha": {SCIENCE: 0.1, INNOVATION: 0.1, OTHER: -0.1}}, "alpha is -0.1"),
        ({"beta": {SCIENCE: 0.1, INNOVATION: math.nan, OTHER: 0.1}}, "beta is nan"),
        ({"gamma": {SCIENCE: 0.1, INNOVATION: math.inf, OTHER: 0.1}}, "gamma is inf"),
        ({"substitution": 1.0}, "Use 1.001"),
        ({"substitution": 0.0}, "substitution is 0.0"),
        ({"transformation": math.inf}, "transformation is inf"),
        ({"transformation": -1.0}, "transformation is -1.0"),
        ({"depreciation": 1.5}, "depreciation is 1.5"),
        ({"money_growth": 8.0}, "money_growth is 8.0"),
        ({"knowledge_depreciation": 0.0, "knowledge_growth": 0.0}, "no base level"),
    ],
)
def test_limits(given, words):
    with pytest.raises(SpecError) as caught:
        KnowledgeSpec(**{"efficiency": 0.7, **given})
    assert words in str(caught.value)


def test_unknown_producers_and_assumptions_offer_the_nearest():
    with pytest.raises(LabelError, match="Did you mean 'innovation'"):
        KnowledgeSpec(0.7, alpha={SCIENCE: 0.1, "inovation": 0.1, OTHER: 0.1})
    with pytest.raises(InnospaceError, match="Did you mean 'depreciation'"):
        KnowledgeSpec.from_dict({"efficiency": 0.7, "deprecation": 0.1})


@pytest.mark.parametrize("elasticity", [4.0, math.inf])
def test_plain_types(elasticity):
    given = KnowledgeSpec(0.7, export_elasticity=elasticity, delta={SCIENCE: 0.1, INNOVATION: 0.2, OTHER: 0.3})
    plain = given.to_dict()
    assert plain["export_elasticity"] == ("infinite" if math.isinf(elasticity) else 4.0)
    assert KnowledgeSpec.from_dict(plain) == given


def test_every_assumption_has_a_reason():
    assert {f.name for f in fields(KnowledgeSpec)} == set(REASONS)
    assert "seven agents" in str(KnowledgeSpec(0.7))


def test_a_model_with_other_assumptions_shares_compiled_equations():
    m = model()
    other = m.with_spec(KnowledgeSpec(0.5, transformation=1.0))
    assert other.system is m.system
    assert other.calibration.parameters["transformation"] == 1.0
    assert m.calibration.parameters["transformation"] == 2.0
