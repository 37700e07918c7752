"""The bootstrap of a metafrontier: refits by other means, errors, gap ratios of rows, storage, refusals."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from innospace import metafrontier
from innospace.core.errors import BoundaryWarning, SpecError
from innospace.core.inputs import TABLE, StepInputs
from innospace.data import as_dataset
from innospace.frontier import step
from innospace.frontier.structure.metafrontier_result import MetafrontierResult
from innospace.numerics.bootstrap import block_counts

SAME = 1e-5
"""Absolute, in log units: two searches for one maximum, with repeated rows for weights."""
DRAWS = 150
MONTE_CARLO = 4.0 * np.sqrt(1.0 / (2 * DRAWS) + 1.0 / (2 * 400))
"""Four standard errors of the ratio of two simulated deviations, relative: 27 %."""


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(1)
    n = 300
    g = np.repeat(["Север", "Юг"], n)
    x = rng.normal(size=2 * n)
    up = np.where(g == "Юг", 0.6 + 0.5 * x, 1.0 + 0.6 * x)
    y = up + 0.2 * rng.normal(size=2 * n) - 0.6 * np.abs(rng.normal(size=2 * n))
    return pd.DataFrame({"region": np.tile([f"Край {i}" for i in range(100)], 6), "y": y, "x": x, "g": g})


@pytest.fixture(scope="module")
def fitted(table):
    return {method: metafrontier("y ~ x", table, group="g", method=method) for method in ("linear", "quadratic")}


@pytest.mark.parametrize("method", ["linear", "quadratic"])
def test_a_refit_is_the_metafrontier_of_the_drawn_rows(method, fitted, table):
    drawn = fitted[method].bootstrap(20, seed=3)
    number = drawn.refits.ends.index("converged")
    rows = []
    for at, (_, own) in enumerate(table.groupby("g", sort=False)):
        seed = int(np.random.SeedSequence([3, at]).generate_state(1)[0])
        rows.append(own.iloc[np.repeat(np.arange(len(own)), block_counts(len(own), seed, number))])
    assert rows[0].index.tolist() != (rows[1].index - len(rows[0])).tolist()
    again = metafrontier("y ~ x", pd.concat(rows), group="g", method=method)
    found = drawn.values[drawn.refits.numbers.index(number)]
    np.testing.assert_allclose(found[:2], again.meta, atol=SAME)
    np.testing.assert_allclose(found[2:], again.means["gap_ratio"], atol=SAME)


def test_errors_are_those_of_draws_from_the_normal_limit(table):
    result = metafrontier("y ~ x", table, group="g", draws=400)
    drawn = result.bootstrap(DRAWS, kind="parametric", seed=1)
    ratio = drawn.std_errors().to_numpy()[:2] / result.errors
    assert ratio == pytest.approx(np.ones(2), abs=1.2 * MONTE_CARLO)  # and the limit is one of large samples
    frame = drawn.intervals()
    assert list(frame.index) == ["Intercept", "x", "gap_ratio:Север", "gap_ratio:Юг"]
    assert frame.loc["gap_ratio:Юг", "estimate"] == pytest.approx(result.means["gap_ratio"].iloc[1])
    assert (frame["lower"] <= frame["estimate"]).all()
    assert (frame["estimate"] <= frame["upper"]).all()


def test_rows_have_intervals_under_an_envelope(fitted):
    result = fitted["linear"]
    frame = result.bootstrap(40).efficiencies()
    assert list(frame.columns) == ["row", "region", "group", "gap_ratio", "gap_ratio_lower", "gap_ratio_upper"]
    assert (frame["gap_ratio_lower"] < frame["gap_ratio_upper"]).all()
    assert (frame["gap_ratio_upper"] <= 1.0).all()
    south = frame[frame["group"] == "Юг"]
    assert ((south["gap_ratio_lower"] < south["gap_ratio"]) & (south["gap_ratio"] < south["gap_ratio_upper"])).all()


def test_a_stochastic_one_has_group_means_only(table):
    with pytest.warns(BoundaryWarning):
        result = metafrontier("y ~ x", table.iloc[::4], group="g", method="stochastic")
    drawn = result.bootstrap(20)
    assert drawn.values.shape == (20, 4)
    assert ((drawn.values[:, 2:] > 0.0) & (drawn.values[:, 2:] <= 1.0)).all()
    with pytest.raises(SpecError, match="stochastic metafrontier"):
        drawn.efficiencies()


def test_regions_are_drawn_whole_and_what_cannot_be_drawn_is_refused(fitted, table):
    result = fitted["linear"]
    assert result.bootstrap(20, kind="block").refits.kind == "block"
    other = metafrontier("y ~ x", table.drop(columns="region"), group="g")
    with pytest.raises(SpecError, match="which rows belong together"):
        other.bootstrap(20, kind="block")
    with pytest.raises(SpecError, match="Unknown kind"):
        result.bootstrap(20, kind="rows")


def test_a_step_keeps_it_with_the_result(table):
    options = step.Options(formula="y ~ x", metafrontier="linear", group="g", bootstrap=20, workers=1)
    result = step.run(options, StepInputs({TABLE: as_dataset(table)}), seed=2)
    direct = metafrontier("y ~ x", table, group="g").bootstrap(20, seed=2)
    np.testing.assert_array_equal(result.resampled.values, direct.values)
    again = MetafrontierResult.from_bundle(result.to_bundle())
    assert again.resampled.to_dict() == result.to_dict()["bootstrap"]
    assert replace(again, refits=None).resampled is None
    names = again.table("bootstrap").frame["name"].tolist()
    assert names[-1] == "Mean gap ratio, Юг"
    assert "bootstrap" in [b.name for s in again.sections() for b in s.blocks if hasattr(b, "columns")]
