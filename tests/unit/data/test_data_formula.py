from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from innospace.core.errors import DataError, FormulaError, InnospaceError, LabelError
from innospace.data.formula import materialise, parse, row_labels


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "y": rng.uniform(1, 2, 30),
            "x": rng.uniform(1, 2, 30),
            "z": rng.uniform(1, 2, 30),
            "kind": np.array(["b", "a", "c"])[np.arange(30) % 3],
            "share of firms": rng.uniform(1, 2, 30),
            "выпуск": rng.uniform(1, 2, 30),
            "труд": rng.uniform(1, 2, 30),
        }
    )


@pytest.mark.parametrize(
    ("formula", "names"),
    [
        ("y ~ x", ("Intercept", "x")),
        ("y~x+z", ("Intercept", "x", "z")),
        ("y ~ x - 1", ("x",)),
        ("y ~ 0 + x", ("x",)),
        ("y ~ 1", ("Intercept",)),
        ("log(y) ~ log(x) + log(z)", ("Intercept", "log(x)", "log(z)")),
        ("y ~ x*z", ("Intercept", "x", "z", "x:z")),
        ("y ~ x:z + x", ("Intercept", "x", "x:z")),
        ("y ~ (x + z)^2", ("Intercept", "x", "z", "x:z")),
        ("y ~ I(x ** 2) + sqrt(z)", ("Intercept", "I(x ** 2)", "sqrt(z)")),
        ("log(выпуск) ~ log(труд)", ("Intercept", "log(труд)")),
        ("y ~ C(kind)", ("Intercept", "C(kind)[T.b]", "C(kind)[T.c]")),
    ],
)
def test_allowed(table, formula, names):
    found = materialise(parse(formula), table)
    assert found.names == names
    assert found.x.shape == (30, len(names))
    if "Intercept" in names:
        np.testing.assert_array_equal(found.x[:, 0], 1.0)
    assert found.y.shape == (30,)


def test_numbers_are_what_they_say(table):
    found = materialise(parse("log(y) ~ log(x) + I(0.5*log(x)**2) + log(x):log(z)"), table)
    lx, lz = np.log(table["x"]), np.log(table["z"])
    np.testing.assert_allclose(found.x, np.column_stack((np.ones(30), lx, 0.5 * lx**2, lx * lz)), rtol=1e-14)
    np.testing.assert_allclose(found.y, np.log(table["y"]), rtol=1e-15)


def test_backticks(table):
    parsed = parse("y ~ `share of firms` + log(`share of firms`)")
    assert parsed.names == ("y", "share of firms")
    found = materialise(parsed, table)
    np.testing.assert_array_equal(found.x[:, 1], table["share of firms"])


def test_names_with_dots_are_columns(table):
    dotted = table.rename(columns={"x": "first.treat", "z": "re.74.a"})
    found = materialise(parse("y ~ first.treat + log(re.74.a) + `first.treat`:re.74.a"), dotted)
    plain = materialise(parse("y ~ x + log(z) + x:z"), table)
    np.testing.assert_array_equal(found.x, plain.x)
    assert found.names[1] == "first.treat"


def test_message_of_the_library_has_no_colours(table):
    with pytest.raises(FormulaError) as caught:
        materialise(parse("y ~ 1.5*x"), table)
    assert "\x1b" not in str(caught.value)
    assert "\u29db" not in str(caught.value)


def test_parts_of_a_formula():
    parsed = parse(" log(y) ~ x + C(kind) ")
    assert (parsed.outcome, parsed.regressors) == ("log(y)", "x + C(kind)")
    assert parsed.names == ("y", "x", "kind")
    assert parsed.categorical == ("kind",)


@pytest.mark.parametrize(
    "attack",
    [
        '__import__("os").system("true") ~ x',
        "y ~ __import__('os')",
        "y ~ eval(x)",
        "y ~ exec(x)",
        "y ~ open(x)",
        "y ~ x.__class__",
        "y ~ np.log(x)",
        "y ~ x[0]",
        "y ~ {x}",
        "y ~ (lambda: 0)()",
        "y ~ getattr(x, y)",
        "y ~ x; z",
        "y ~ x\n+ import(z)",
        "y ~ 'text'",
        'y ~ "text"',
        "y ~ x if z else y",
        "y ~ x | z",
        "y ~ x @ z",
        "y ~ x = 3",
        "y ~ print(x)",
        "y ~ poly(x, 2)",
        "y ~ log(x)(z)",
        "y ~ `x`.`y`",
        "y ~ x \\ z",
        "y ~ %in%",
    ],
)
def test_nothing_else_is_evaluated(table, attack):
    with pytest.raises((FormulaError, LabelError)):
        materialise(parse(attack), table)


@pytest.mark.parametrize("name", ["`__import__('os').system('true')`", "`x) + eval(y`", "`x`"])
def test_backticks_hold_a_column_name_and_nothing_else(table, name):
    if name == "`x`":
        assert materialise(parse(f"y ~ {name}"), table).names == ("Intercept", "x")
        return
    with pytest.raises(LabelError):
        materialise(parse(f"y ~ {name}"), table)


@pytest.mark.parametrize("broken", ["", "y", "y ~", "~ x", "y ~ x ~ z", "y ~ x +", "y ~ (x", "y ~ x)", "y ~ + * x"])
def test_malformed(table, broken):
    with pytest.raises(FormulaError) as caught:
        materialise(parse(broken), table)
    assert caught.value.allowed


def test_position_of_a_foreign_character():
    with pytest.raises(FormulaError, match="'@'") as caught:
        parse("y ~ x @ z")
    assert "character 7" in caught.value.where


def test_unknown_column_suggests_a_near_one(table):
    with pytest.raises(LabelError, match="труt") as caught:
        materialise(parse("y ~ труt"), table)
    assert "труд" in caught.value.remedy


def test_unknown_function_names_the_allowed_ones(table):
    with pytest.raises(FormulaError, match="'ln'") as caught:
        parse("ln(y) ~ x")
    assert "log" in caught.value.allowed


def test_missing_weight_or_cluster_leaves_a_row_out(table):
    holed = table.assign(w=1.0, g=np.arange(30) % 4)
    holed.loc[2, "w"] = np.nan
    found = materialise(parse("y ~ x"), holed, ("w", "g"))
    assert 2 not in found.kept


def test_no_row_left(table):
    with pytest.raises(DataError, match="No row is left"):
        materialise(parse("y ~ x"), table.assign(x=np.nan))


def test_text_in_a_number_column(table):
    text = table.assign(x=table["x"].astype(str))
    text.loc[5, "x"] = "n/a"
    with pytest.raises(DataError, match="'n/a'") as caught:
        materialise(parse("y ~ x"), text)
    assert "row 6" in caught.value.where
    assert "C(x)" in caught.value.remedy


def test_transform_without_a_value(table):
    zero = table.copy()
    zero.loc[7, "x"] = 0.0
    zero.loc[9, "y"] = -1.0
    with pytest.raises(DataError, match=r"log\(x\) is not a finite number in 1 row") as caught:
        materialise(parse("y ~ log(x)"), zero)
    assert "row 8" in caught.value.where
    with pytest.raises(DataError, match=r"log\(y\)"):
        materialise(parse("log(y) ~ x"), zero)


def test_infinite_cell(table):
    table.loc[0, "x"] = np.inf
    with pytest.raises(DataError, match="infinite"):
        materialise(parse("y ~ x"), table)


def test_outcome_of_several_columns(table):
    with pytest.raises(FormulaError, match="one column"):
        materialise(parse("y + x ~ z"), table)


def test_row_labels():
    frame = pd.DataFrame({"region": ["A", "B"], "year": [2010, 2011]})
    assert row_labels(frame, np.array([1])) == ["row 2 (B, 2011)"]


PARTS = {"u": True, "v": True, "scale": False}


def test_parts_after_bars():
    parsed = parse("log(y) ~ k + l | u: z1 + log(z2) | scale: C(group)", PARTS)
    assert parsed.outcome == "log(y)"
    assert parsed.regressors == "k + l"
    assert parsed.parts == {"u": "z1 + log(z2)", "scale": "0 + C(group)"}
    assert parsed.names == ("y", "k", "l", "z1", "z2", "group")
    assert parsed.categorical == ("group",)
    frame = pd.DataFrame(
        {
            "y": [1.0, 2.0, 3.0],
            "k": [1.0, 2.0, 4.0],
            "l": 1.0,
            "z1": [0.0, 1.0, np.nan],
            "z2": 2.0,
            "group": ["a", "b", "a"],
        }
    )
    found = materialise(parsed, frame)
    assert list(found.kept) == [0, 1]
    assert found.parts["u"][1] == ("Intercept", "z1", "log(z2)")
    np.testing.assert_allclose(found.parts["u"][0], [[1.0, 0.0, np.log(2.0)], [1.0, 1.0, np.log(2.0)]])
    assert found.parts["scale"][0].shape == (2, 2)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("y ~ x | u z", "no named part"),
        ("y ~ x | w: z", "Unknown part"),
        ("y ~ x | u: z | u: w", "two parts"),
        ("y ~ x | u:", "no named part"),
        ("y ~ x |", "no named part"),
        ("y ~ x | u: a ~ b", "no named part"),
        ("y ~ x | u: exec(z)", "not an allowed transform"),
        ("y ~ x | u: z; w", "not part of the formula language"),
    ],
)
def test_parts_are_checked(text, match):
    with pytest.raises(InnospaceError, match=match):
        parse(text, PARTS)


def test_a_bar_where_the_model_has_no_parts():
    with pytest.raises(FormulaError, match="no further parts"):
        parse("y ~ x | u: z")


def test_a_bar_in_a_column_name():
    assert parse("y ~ `a|b` | u: `c|d`", PARTS).names == ("y", "a|b", "c|d")
