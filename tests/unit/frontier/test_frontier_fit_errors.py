"""Every input that cannot be estimated raises an error that says what, where and how to mend it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from innospace.core.errors import DataError, FormulaError, InnospaceError, LabelError, MissingRowsWarning, SpecError
from innospace.data.formula import materialise, parse
from innospace.frontier.fitting import fit, require_fit
from innospace.frontier.spec import FrontierSpec

N = 40


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"y": rng.uniform(1, 2, N), "x": rng.uniform(1, 2, N), "z": rng.uniform(1, 2, N)})
    return frame.assign(text="a", year=2010, firm=np.arange(N) // 4)


CASES = {
    "empty table": (lambda t: ("y ~ x", t.iloc[:0], {}), DataError, "no rows"),
    "no table": (lambda t: ("y ~ x", None, {}), SpecError, "needs a table"),
    "unknown column": (lambda t: ("y ~ xx", t, {}), LabelError, "xx"),
    "text": (lambda t: ("y ~ text", t, {}), DataError, "text"),
    "one row": (lambda t: ("y ~ x", t.iloc[:1], {}), DataError, "1 row cannot"),
    "as many rows as parameters": (lambda t: ("y ~ x", t.iloc[:4], {}), DataError, "4 rows cannot determine 4"),
    "constant outcome": (lambda t: ("y ~ x", t.assign(y=3.0), {}), DataError, "constant"),
    "collinear": (lambda t: ("y ~ x + z + w", t.assign(w=lambda f: f["x"] + 2 * f["z"]), {}), DataError, "collinear"),
    "constant regressor": (lambda t: ("y ~ x + year", t, {}), DataError, "'year'"),
    "outcome from regressors": (lambda t: ("y ~ x", t.assign(y=lambda f: 1 + 2 * f["x"]), {}), DataError, "exactly"),
    "outcome among regressors": (lambda t: ("y ~ x + y", t, {}), DataError, "exactly"),
    "log of zero": (lambda t: ("log(y) ~ x", t.assign(y=np.r_[0.0, t["y"][1:]]), {}), DataError, "not a finite"),
    "log of negative": (lambda t: ("y ~ log(x)", t.assign(x=-t["x"]), {}), DataError, "not a finite"),
    "infinite cell": (lambda t: ("y ~ x", t.assign(x=np.r_[np.inf, t["x"][1:]]), {}), DataError, "infinite"),
    "unknown weights": (lambda t: ("y ~ x", t, {"weights": "nope"}), LabelError, "nope"),
    "text weights": (lambda t: ("y ~ x", t, {"weights": "text"}), DataError, ""),
    "negative weights": (lambda t: ("y ~ x", t.assign(w=-1.0), {"weights": "w"}), DataError, "positive"),
    "short weights": (lambda t: ("y ~ x", t, {"weights": np.ones(3)}), DataError, "3"),
    "infinite weights": (lambda t: ("y ~ x", t, {"weights": np.full(N, np.inf)}), DataError, "finite"),
    "unknown cluster": (lambda t: ("y ~ x", t, {"cluster": "nope"}), LabelError, "nope"),
    "short cluster": (lambda t: ("y ~ x", t, {"cluster": [1, 2]}), DataError, "Cluster"),
    "one cluster": (lambda t: ("y ~ x", t, {"cluster": "year"}), DataError, "two clusters"),
    "unknown law": (lambda t: ("y ~ x", t, {"inefficiency": "gama"}), SpecError, "gama"),
    "unknown covariance": (lambda t: ("y ~ x", t, {"vcov": "white"}), SpecError, "white"),
    "broken formula": (lambda t: ("y x", t, {}), FormulaError, "outcome"),
    "nothing": (lambda t: (None, None, {}), SpecError, "nothing to fit"),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_tables(table, case):
    make, error, word = CASES[case]
    formula, data, options = make(table)
    with pytest.raises(error) as caught:
        fit(formula, data, **options)
    assert word in str(caught.value)
    assert caught.value.remedy or caught.value.allowed


def with_value(value):
    y = np.linspace(1.0, 2.0, N) ** 2
    y[5] = value
    return y


X = np.random.default_rng(1).normal(size=(N, 2))
HOLED = np.where(np.arange(N)[:, None] == 7, np.nan, X)
ARRAYS = {
    "nan outcome": ({"y": with_value(np.nan), "X": X}, DataError, "rows 6"),
    "infinite outcome": ({"y": with_value(-np.inf), "X": X}, DataError, "rows 6"),
    "nan regressor": (
        {"y": with_value(1.0), "X": HOLED},
        DataError,
        "rows 8",
    ),
    "text": ({"y": ["a"] * N, "X": X}, DataError, "numbers"),
    "empty": ({"y": [], "X": np.empty((0, 2))}, DataError, "no rows"),
    "lengths": ({"y": with_value(1.0)[:-1], "X": X}, DataError, "39"),
    "matrix outcome": ({"y": X, "X": X}, DataError, "shape"),
    "cube": ({"y": with_value(1.0), "X": X[:, :, None]}, DataError, "shape"),
    "scalar outcome": ({"y": 3.0, "X": X}, DataError, "shape"),
    "only y": ({"y": with_value(1.0)}, SpecError, ""),
    "only X": ({"X": X}, SpecError, ""),
    "names": ({"y": with_value(1.0), "X": X, "names": ["a"]}, DataError, "1 names"),
    "own intercept": ({"y": with_value(1.0), "X": np.column_stack((np.ones(N), X))}, DataError, "collinear"),
    "short weights": ({"y": with_value(1.0), "X": X, "weights": np.ones(N - 1)}, DataError, "Weights"),
    "zero weights": ({"y": with_value(1.0), "X": X, "weights": np.zeros(N)}, DataError, "positive"),
    "text weights": ({"y": with_value(1.0), "X": X, "weights": ["a"] * N}, DataError, ""),
    "ragged": ({"y": with_value(1.0), "X": [[1.0], [1.0, 2.0]]}, DataError, ""),
    "column name as weights": ({"y": with_value(1.0), "X": X, "weights": "w"}, InnospaceError, ""),
    "column name as clusters": ({"y": with_value(1.0), "X": X, "cluster": "w"}, InnospaceError, ""),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_bad_arrays(case):
    arguments, error, word = ARRAYS[case]
    with pytest.raises(error) as caught:
        fit(**arguments)
    assert word in str(caught.value)


def test_require_fit_raises_the_same(table):
    with pytest.raises(DataError, match="exactly"):
        require_fit(FrontierSpec("y ~ x"), table.assign(y=lambda f: 1 + 2 * f["x"]))
    require_fit(FrontierSpec("y ~ x"), table)


def test_collinearity_names_the_column_and_what_makes_it(table):
    with pytest.raises(DataError) as caught:
        fit("y ~ x + z + w", table.assign(w=lambda f: f["x"] - f["z"]))
    assert "'w' is a linear combination of 'x', 'z'" in caught.value.what
    assert "'w'" in caught.value.remedy


def test_zero_column_is_named(table):
    with pytest.raises(DataError, match="'zero' is zero"):
        fit("y ~ x + zero", table.assign(zero=0.0))


def test_duplicate_column_labels(table):
    with pytest.raises(InnospaceError):
        fit("y ~ x", pd.concat([table[["y", "x"]], table[["x"]]], axis=1))


@pytest.mark.parametrize("data", [5, "no-such-file.csv", [1, 2, 3]])
def test_not_a_table(data):
    with pytest.raises(InnospaceError):
        fit("y ~ x", data)


def test_columns_of_different_lengths_are_no_table():
    with pytest.raises(DataError, match="do not make a table"):
        fit("y ~ x", {"y": [1.0, 2.0], "x": [1.0]})


def test_missing_rows_are_left_out_and_counted(front41):
    holed = front41.assign(region=[f"R{i}" for i in range(60)], other=1.0)
    holed.loc[[3, 17], "k"] = np.nan
    holed.loc[4, "other"] = np.nan  # not in the formula: the row stays
    assert list(np.setdiff1d(np.arange(60), materialise(parse("q ~ k + l"), holed).kept)) == [3, 17]
    with pytest.warns(MissingRowsWarning, match=r"2 of 60 rows .*row 4 \(R3, 4\), row 18 \(R17, 18\)"):
        result = fit("q ~ k + l", holed)
    assert result.n == 58
    te = result.efficiencies()
    assert len(te) == 60
    assert list(te.index[te["te_bc"].isna()]) == [3, 17]
    assert any("2 of 60 rows" in w for w in result.warnings)
    dropped = fit("q ~ k + l", front41.drop(index=[3, 17]))
    assert dropped.loglik == result.loglik
