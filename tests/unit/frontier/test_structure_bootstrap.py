"""The bootstrap of frontiers with a structure: refits by other means, errors, labels of classes, limits, refusals."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from innospace.core.errors import BoundaryWarning, SpecError
from innospace.frontier.bootstrap.refits import Refits
from innospace.frontier.structure.bootstrap import StructureSampler, _refit, at_limits
from innospace.frontier.structure.classes import _labels, latent_class
from innospace.frontier.structure.fit import fit_structure, read_structure
from innospace.frontier.structure.result import StructureResult
from innospace.frontier.structure.spec import StructureSpec
from innospace.numerics.bootstrap import block_counts

DRAWS = 60
MONTE_CARLO = 4.0 / np.sqrt(2 * DRAWS)
"""Four standard errors of a standard deviation over so many normal draws, relative: 37 %."""
SAME = 1e-4
"""Standard errors between two searches for one maximum, from other starts and with repeated rows for weights."""
ROUNDING = 1e-9
MODELS = {
    "zero_inefficiency": "y0 ~ x",
    "latent_class": "y1 ~ x",
    "contaminated_noise": "y2 ~ x",
    "counts": "k ~ x",
    "endogenous": "y3 ~ w | endogenous: w | instruments: z",
    "selection": "y4 ~ x | select: z + x",
}


def simulated(n, seed):
    rng = np.random.default_rng(seed)
    x, z, v, e, s = rng.normal(size=(5, n))
    q, u = rng.uniform(size=n), np.abs(e)
    w = z + 0.7 * v + 0.5 * s
    seen = (0.5 + z + 0.6 * v + 0.8 * s > 0.0).astype(float)
    return pd.DataFrame(
        {
            "x": x,
            "z": z,
            "w": w,
            "seen": seen,
            "пара": np.arange(n) // 2,
            "y0": 1.0 + 0.5 * x + 0.2 * v - np.where(q < 0.4, 0.0, u),
            "y1": np.where(q < 0.4, 2.0 + 1.2 * x + 0.15 * v - 0.5 * u, 0.3 * x + 0.3 * v - 0.8 * u),
            "y2": 1.0 + 0.5 * x + np.where(q < 0.15, 1.5, 0.2) * v - 0.8 * u,
            "y3": 1.0 + 0.5 * w + 0.5 * v - u,
            "y4": np.where(seen == 1.0, 1.0 + 0.5 * x + 0.6 * v - 1.2 * u, np.nan),
            "k": rng.poisson(np.exp(2.5 + 0.6 * x + 0.4 * v - 1.2 * u)),
        }
    )


def options(model):
    return {"model": model, "selected": "seen"} if model == "selection" else {"model": model}


@pytest.fixture(scope="module")
def table():
    return simulated(300, 3)


@pytest.fixture(scope="module")
def fitted(table):
    return {model: fit_structure(formula, table, **options(model)) for model, formula in MODELS.items()}


@pytest.mark.parametrize("model", list(MODELS))
def test_a_refit_is_the_fit_of_the_drawn_rows(model, table, fitted):
    result = fitted[model]
    sampler = StructureSampler("pairs", result.spec, result.arrays, result.theta, seed=4)
    theta, law, end = _refit(sampler, 2)
    times = block_counts(result.arrays.n, 4, 2)
    rows = table.iloc[np.repeat(result.arrays.kept, times)].reset_index(drop=True)
    again = fit_structure(result.spec, rows)
    assert (law, end) == ("half_normal", "converged")
    errors = np.sqrt(np.diag(again.covariance))
    np.testing.assert_allclose(theta / errors, again.theta / errors, atol=SAME, rtol=0.0)


@pytest.mark.parametrize("model", ["latent_class", "endogenous"])
def test_errors_agree_with_the_sandwich(model):
    result = fit_structure(MODELS[model], simulated(700, 5), model=model)
    drawn = result.bootstrap(DRAWS, seed=3)
    analytic = result.vcov("robust").coefficients()["std_error"].to_numpy()
    ratio = drawn.std_errors().to_numpy()[: len(analytic)] / analytic
    # the errors of 900 rows are themselves uncertain, by some 5 % beside the 9 % of the draws
    assert ratio == pytest.approx(np.ones(len(analytic)), abs=1.15 * MONTE_CARLO)


def test_labels_are_those_with_the_least_divergence(table):
    spec = StructureSpec(MODELS["latent_class"], "latent_class", classes=3)
    built = latent_class(spec, read_structure(spec, table).arrays, 0)
    other = built.starts[0]
    theta = other + 0.2 * np.random.default_rng(1).normal(size=len(other))
    q, p = (built.likelihood.posterior(t)[0] for t in (other, theta))
    divergence = {o: float(np.sum(q * np.log(q / p[:, list(o)]))) for o in permutations(range(3))}
    assert tuple(_labels(built.likelihood, theta, other)) == min(divergence, key=divergence.get)
    for order in permutations(range(3)):  # whatever labels a search ends with
        moved, places = built.matched(_relabelled(theta, order), other)
        assert moved == pytest.approx(built.matched(theta, other)[0], abs=ROUNDING)
        assert built.likelihood.evaluate(moved)[0] == pytest.approx(built.likelihood.evaluate(theta)[0])
        assert sorted(places) == list(range(len(theta)))


def _relabelled(theta, order):
    """Three classes of four parameters, then two logits against the first class."""
    index = np.array([0.0, *theta[12:]])[list(order)]
    return np.concatenate((*(theta[4 * j : 4 * j + 4] for j in order), index[1:] - index[0]))


@pytest.fixture(scope="module")
def crossing():
    """Two classes whose frontiers cross where most of the rows are."""
    rng = np.random.default_rng(8)
    x, q = rng.normal(size=400), rng.uniform(size=400)
    y = np.where(q < 0.5, 1.0, -1.0) * x + 0.2 * rng.normal(size=400) - 0.8 * np.abs(rng.normal(size=400))
    result = fit_structure("y ~ x", pd.DataFrame({"x": x, "y": y}), model="latent_class")
    return result.bootstrap(20, seed=1)


def test_crossing_frontiers_keep_their_labels(crossing):
    drawn, result = crossing, crossing.result
    x = result.arrays.x[:, 1]
    slopes = drawn.values[:, [drawn.names.index("x_1"), drawn.names.index("x_2")]]
    assert (np.sign(slopes) == np.sign([result.parameter("x_1"), result.parameter("x_2")])).all()
    # by the height of the frontier at the mean, as a fit orders them, the classes would change places
    height = [drawn.values[:, drawn.names.index(f"Intercept_{j}")] + x.mean() * slopes[:, j - 1] for j in (1, 2)]
    assert 0.0 < np.mean(height[0] < height[1]) < 1.0


def test_shares_and_scales_have_intervals(crossing):
    drawn, result = crossing, crossing.result
    numbers = tuple(f"{what}_{j}" for j in (1, 2) for what in ("share", "sigma_u", "sigma_v"))
    assert drawn.names[len(result.names) :] == (*numbers, "expected_efficiency")
    values = dict(zip(drawn.names, drawn.values.T, strict=True))
    np.testing.assert_allclose(values["share_1"] + values["share_2"], 1.0)
    np.testing.assert_allclose(values["sigma_u_2"], np.exp(0.5 * values["lnsigma_u2_2"]))
    frame = drawn.intervals()
    assert frame.loc["share_1", "estimate"] == result.numbers["share_1"]
    bends = dict(zip(drawn.names, drawn._acceleration, strict=True))
    assert bends["share_1"] == pytest.approx(-bends["share_2"])
    assert bends["sigma_v_1"] == pytest.approx(bends["lnsigma_v2_1"], rel=1e-5)
    assert bends["x_1"] != 0.0


def test_efficiencies_of_rows_carry_the_uncertainty_of_parameters(crossing, fitted):
    frame = crossing.efficiencies()
    pd.testing.assert_series_equal(frame["te"], crossing.result.efficiencies["te"])
    assert (frame["te_bc_lower"] < frame["te_bc_upper"]).all()
    # the predictor varies by parameters alone, efficiency itself by them and by what is not known of the row
    assert (frame["te_upper"] - frame["te_lower"] > frame["te_bc_upper"] - frame["te_bc_lower"]).mean() > 0.95


def test_rows_whose_outcome_is_not_seen_have_no_efficiency(fitted):
    result = fitted["selection"]
    one = Refits("pairs", 0, 20, (0,), result.theta[None, :], ("half_normal",), ("converged",), ())
    frame = replace(result, refits=one).resampled.efficiencies()
    pd.testing.assert_series_equal(frame["te_bc_lower"], result.efficiencies["te"], check_names=False)
    assert frame.loc[result.efficiencies["te"].isna()].drop(columns="row").isna().all(axis=None)


def test_numbers_do_not_depend_on_where_it_runs_or_stops(fitted, tmp_path):
    result = fitted["endogenous"]
    whole = result.bootstrap(20, seed=6)

    def stop(message, fraction):
        if fraction > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        result.bootstrap(20, seed=6, resume=tmp_path / "long", progress=stop)
    told = []
    again = result.bootstrap(20, seed=6, resume=tmp_path / "long", progress=lambda m, _: told.append(m))
    assert told[0] == "Bootstrap: 16 of 20 replications"
    with ThreadPoolExecutor(2) as pool:
        elsewhere = result.bootstrap(20, seed=6, executor=pool)
    for other in (again, elsewhere):
        np.testing.assert_array_equal(other.values, whole.values)
    assert not np.array_equal(result.bootstrap(20, seed=7).values, whole.values)


def test_blocks_are_drawn_whole_where_the_fit_names_clusters(table):
    result = fit_structure(MODELS["endogenous"], table, model="endogenous", cluster="пара", vcov="cluster")
    drawn = result.bootstrap(20)
    assert drawn.refits.kind == "block"
    sampler = StructureSampler("block", result.spec, result.arrays, result.theta, 0, result.arrays.clusters)
    rows = sampler.sample(3)
    assert len(rows.clusters) == 2 * len(np.unique(rows.clusters))
    assert (np.ptp(rows.weights.reshape(-1, 2), axis=1) == 0.0).all()
    assert result.bootstrap(20, kind="pairs").refits.kind == "pairs"
    other = fit_structure(MODELS["endogenous"], table, model="endogenous")
    with pytest.raises(SpecError, match="which rows belong together"):
        other.bootstrap(20, kind="block")


def test_refits_on_a_boundary_are_kept_and_stored():
    rng = np.random.default_rng(1)
    z, v, s, e = rng.normal(size=(4, 200))
    w = z + 0.7 * v + 0.5 * s
    table = pd.DataFrame({"z": z, "w": w, "y3": 1.0 + 0.5 * w + v - 0.5 * np.abs(e)})
    with pytest.warns(BoundaryWarning):
        result = fit_structure(MODELS["endogenous"], table, model="endogenous")
    assert result.status.boundary == "sigma_u_zero"
    drawn = result.bootstrap(20, seed=1)
    at = np.array(drawn.refits.ends) == "sigma_u_zero"
    assert 0.2 < at.mean() < 1.0
    values = {name: drawn.values[:, drawn.names.index(name)] for name in drawn.names}
    assert np.isneginf(values["lnsigma_u2"][at]).all()
    assert (values["sigma_u"][at] == 0.0).all()
    assert np.isfinite(values["lnsigma_u2"][~at]).all()
    assert np.isneginf(drawn.estimates[drawn.names.index("lnsigma_u2")])
    assert drawn.intervals().loc["sigma_u", "lower"] == 0.0
    assert np.isfinite(drawn.efficiencies()["te_lower"]).all()
    kept = StructureResult.from_bundle(replace(result, refits=drawn.refits).to_bundle())
    assert kept.resampled.to_dict() == drawn.to_dict()
    assert kept.to_dict()["bootstrap"]["replications"] == 20
    assert "Control function: w" in kept.table("bootstrap").frame["name"].tolist()
    assert "bootstrap" in [b.name for s in kept.sections() for b in s.blocks if hasattr(b, "columns")]


def test_where_parameters_go_at_limits():
    names = ("x", "lnsigma_u2:Intercept", "lnsigma_u2:z", "lnsigma_v2_wide", "logit_wide", "atanh_rho")
    held = np.array([False, True, True, True, True, True])
    theta = np.array([1.0, -30.0, 0.0, -16.0, -40.0, -5.0])
    at = at_limits(names, theta, held, "one_noise")
    np.testing.assert_array_equal(at, [1.0, -np.inf, np.nan, np.nan, -np.inf, -np.inf])
    at = at_limits(names, theta, held, "gamma_one")
    np.testing.assert_array_equal(at, [1.0, -np.inf, np.nan, -np.inf, np.nan, -np.inf])


def test_weights_of_a_selection_count_rows(table):
    times = 1 + np.arange(len(table)) % 2
    weighted = fit_structure(MODELS["selection"], table.assign(n=times), weights="n", **options("selection"))
    repeated = fit_structure(
        MODELS["selection"], table.iloc[np.repeat(np.arange(len(table)), times)], **options("selection")
    )
    np.testing.assert_allclose(weighted.theta, repeated.theta, rtol=1e-5)  # two searches for one maximum
    assert weighted.loglik == pytest.approx(repeated.loglik)


def test_what_cannot_be_drawn_is_refused(fitted):
    result = fitted["endogenous"]
    with pytest.raises(SpecError, match="Unknown kind"):
        result.bootstrap(20, kind="rows")
    with pytest.raises(SpecError, match="say nothing of spread"):
        result.bootstrap(3)
    with pytest.raises(SpecError, match="Fit it again"):
        replace(result, arrays=None).bootstrap(20)
    status = replace(result.status, code="boundary", boundary="class_empty")
    with pytest.raises(SpecError, match="not a maximum"):
        replace(result, status=status).bootstrap(20)
