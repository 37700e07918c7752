"""Forms of steps come from the options of the engines: nothing is missing, and what is shown is what is said."""

import pytest

from innospace.core.errors import StudyError
from innospace.firms.verbs import VERBS
from innospace.study.engines import ENGINES, engine
from innospace.study.forms import (
    ENGINE_WORDS,
    ROLE_WORDS,
    FormField,
    Kind,
    fields_of,
    fitting,
    shown,
    taken,
    value_at,
    with_value,
)

STATES = [
    ("frontier", {"formula": "y ~ x"}),
    ("frontier", {"formula": "y ~ x", "panel": "pitt_lee"}),
    ("frontier", {"formula": "y ~ x", "structure": "latent_class"}),
    ("frontier", {"formula": "y ~ x", "structure": "selection"}),
    ("frontier", {"formula": "y ~ x", "metafrontier": "linear"}),
    ("frontier", {"model": "innovation_space"}),
    ("frontier", {"model": "innovation_space", "groups_from": ["mining", "farming"]}),
    ("economy", {}),
    ("firms", {"method": "probit"}),
    ("firms", {"analysis": "internationalisation"}),
    ("regions", {}),
    ("agents", {}),
    ("equilibrium", {}),
    ("equilibrium", {"model": "standard"}),
    ("equilibrium", {"model": "ramsey"}),
]


def field(kind, item=str, default=None):
    return FormField("k", "K", "", kind, {}, default, item=item)


def test_every_option_of_every_engine_has_a_field_or_says_that_it_has_none():
    for name in ENGINES:
        keys = {f.key.partition(".")[0] for known, values in STATES if known == name for f in fields_of(name, values)}
        without = {
            "firms": {"columns", "cross_section", "annual"},
            "agents": {"policies"},
            "equilibrium": {
                "definition",
                "countries",
                "uncertain",
                "levers",
                "closures",
                "accounts",
                "elasticities",
            },
        }.get(name, set())
        assert keys == set(engine(name).Options.model_fields) - without
        assert name in ENGINE_WORDS
        assert set(engine(name).ROLES) <= set(ROLE_WORDS)


@pytest.mark.parametrize(("name", "values"), STATES)
def test_fields_are_in_words(name, values):
    for f in fields_of(name, values):
        assert f.title
        assert "_" not in f.title
        assert f.title[0].isupper() or f.title.startswith("R&D")
        if f.kind is Kind.CHOICE:
            assert f.choices
            assert f.default is None or str(f.default) in f.choices


def test_what_matters_depends_on_what_is_chosen():
    formula = {f.key for f in fields_of("frontier", {"formula": "y ~ x"})}
    space = {f.key for f in fields_of("frontier", {"model": "innovation_space"})}
    assert "formula" in formula - space
    assert "focus" in space - formula
    step = {"engine": "frontier", "data": "t", "needs": ["a"], "formula": "y ~ x", "noise": "laplace"}
    kept = fitting("frontier", {**step, "model": "innovation_space"})
    assert kept == {"engine": "frontier", "data": "t", "needs": ["a"], "model": "innovation_space"}
    firms = {"engine": "firms", "columns": {"rd": "lab"}, "arguments": {"formula": "y ~ x"}}
    assert "arguments" not in fitting("firms", {**firms, "analysis": "internationalisation"})
    assert "columns" not in fitting("firms", {**firms, "method": "probit"})


@pytest.mark.parametrize("method", sorted(VERBS))
def test_arguments_of_every_method_are_fields_with_meanings(method):
    found = [f for f in fields_of("firms", {"method": method}) if f.key.startswith("arguments.")]
    assert [f.key for f in found if not f.help] == []
    required = [f.required for f in found]
    assert required == sorted(required, reverse=True), "what must be given comes first"


@pytest.mark.parametrize(
    ("f", "value"),
    [
        (field(Kind.TEXT), "имя"),
        (field(Kind.NUMBER), 0.25),
        (field(Kind.WHOLE), 7),
        (field(Kind.CHECK, default=False), True),
        (field(Kind.LIST), ["a", "b c"]),
        (field(Kind.LIST, int), [2012, 2030]),
        (field(Kind.PAIRS, float), {"science": 0.5}),
        (field(Kind.PAIRS), {"Выдано, ед.": "Патенты, ед."}),
        (field(Kind.TEXT, float), 6.0),
        (field(Kind.TEXT, float), "infinite"),
        (field(Kind.FORMULA), "log(y) ~ log(x)"),
        (field(Kind.TEXT), None),
        (field(Kind.LIST), None),
        (field(Kind.PAIRS), None),
        (field(Kind.NUMBER), None),
    ],
)
def test_what_is_shown_is_what_is_said(f, value):
    assert taken(f, shown(f, value)) == value


def test_what_equals_the_default_is_not_said():
    assert taken(field(Kind.WHOLE, default=200), 200) is None
    assert taken(field(Kind.CHECK, default=False), False) is None
    assert taken(field(Kind.CHECK, default=False), True) is True


@pytest.mark.parametrize(
    ("f", "given"),
    [
        (field(Kind.WHOLE), 1.5),
        (field(Kind.LIST, int), "2012\nmuch"),
        (field(Kind.PAIRS, float), "science"),
        (field(Kind.PAIRS, float), "science = much"),
    ],
)
def test_what_is_of_another_kind_is_refused(f, given):
    with pytest.raises(StudyError, match="cannot be used"):
        taken(f, given)


def test_keys_of_tables_within():
    values = {"closure": {"knowledge": "lag"}, "draws": 5}
    assert value_at(values, "closure.knowledge") == "lag"
    assert value_at(values, "closure.relief") is None
    assert with_value(values, "closure.knowledge", None) == {"draws": 5}
    assert with_value({}, "assumptions.alpha", {"a": 1.0}) == {"assumptions": {"alpha": {"a": 1.0}}}
    assert values == {"closure": {"knowledge": "lag"}, "draws": 5}
