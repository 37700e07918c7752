"""Samples drawn from frontiers with a structure: scores of the likelihood, moments of others, refits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from frontier_draws import CASES
from scipy import stats

from innospace.core.errors import SpecError
from innospace.core.inputs import StepInputs
from innospace.data import as_dataset
from innospace.frontier import step
from innospace.frontier.structure.arrays import Arrays
from innospace.frontier.structure.bootstrap import StructureSampler
from innospace.frontier.structure.draws import DRAWS
from innospace.frontier.structure.estimation import BUILDERS
from innospace.frontier.structure.fit import fit_structure, read_structure
from innospace.frontier.structure.result import StructureResult
from innospace.frontier.structure.spec import StructureSpec

CHANCE = 1e-3
"""Of scores so far from zero when samples are those of the likelihood; a wrong sign or scale gives 1e-20 and less."""
DEVIATIONS = 5.0
"""Standard errors by which a mean over 60,000 rows may differ between two drawings; some twenty means a model."""
DRAWS_OF_ERRORS = 100
MONTE_CARLO = 4.0 / np.sqrt(2 * DRAWS_OF_ERRORS)
"""Four standard errors of a standard deviation over so many normal draws, relative: 28 %."""
EVERY_PART = {
    "zero_inefficiency": "y ~ x | u: z | v: q | class: z + q",
    "latent_class": "y ~ x | u: z | v: q | class: z + q",
    "contaminated_noise": "y ~ x | u: z | class: q",
    "counts": "k ~ x | u: z | v: q",
    "endogenous": "y ~ x + w1 | u: w2 | v: q | endogenous: w1 + w2 | instruments: z + z2 + z3",
    "selection": "y ~ x | select: z + q",
}
MORE = {
    "eta:x2": 0.35 / 1.49,
    "x2:Intercept": 0.0,
    "x2:x1": 0.5,
    "x2:z1": 0.8,
    "x2:z2": 0.4,
    "lnprecision_1": -0.5 * np.log(1.49),
}
"""Parameters of the endogenous case beside those that the case names: control function and first stage."""


def given(model, cost=False):
    """Return spec and data with regressors of every part; outcomes are those of no model."""
    rng = np.random.default_rng(4)
    names = ("x", "z", "q", "z2", "z3", "w1", "w2", "y")
    table = pd.DataFrame(dict(zip(names, rng.normal(size=(len(names), 1200)), strict=True)))
    table = table.assign(k=rng.poisson(3.0, len(table)), seen=(table["z"] + table["y"] > 0.0).astype(float))
    table["w1"] += table["z"] + table["z2"]
    table["w2"] += table["z"] + table["z3"]
    selected = "seen" if model == "selection" else None
    spec = StructureSpec(EVERY_PART[model], model, cost=cost, selected=selected)
    return spec, read_structure(spec, table).arrays


def parameters(names):
    """Return a parameter for each name: variances well away from zero, all else moderate."""
    rng = np.random.default_rng(8)
    level = {"lnsigma_u": 0.0, "lnsigma_v": -1.5, "lnprecision": 0.3, "lnsigma_v2_wide": 1.0}
    found = []
    for name in names:
        base = name.split(":")[0]
        own = max((k for k in level if base.startswith(k)), key=len, default="")
        found.append(level.get(own, 0.0) * (":" not in name or name.endswith(":Intercept")) + 0.3 * rng.normal())
    return np.array(found)


@pytest.mark.parametrize("cost", [False, True])
@pytest.mark.parametrize("model", list(EVERY_PART))
def test_scores_of_what_is_drawn_have_the_moments_of_the_likelihood(model, cost):
    """At the parameters of the draw the score of a row has mean zero."""
    spec, arrays = given(model, cost)
    theta = parameters(BUILDERS[model](spec, arrays, 0).layout.names)
    distance = 0.0
    for number in range(4):
        drawn = StructureSampler("parametric", spec, arrays, theta, seed=1).sample(number)
        built = BUILDERS[model](spec, drawn, 0)
        scores = built.likelihood.scores(built.layout.standard(theta))
        distance += scores.sum(axis=0) @ np.linalg.solve(scores.T @ scores, scores.sum(axis=0))
    assert stats.chi2.sf(distance, 4 * len(theta)) > CHANCE


@pytest.mark.parametrize("model", list(EVERY_PART))
def test_moments_are_those_of_another_drawing(model):
    case, rng = CASES[model], np.random.default_rng(2)
    sample = case.draw(rng, 60_000)
    spec = StructureSpec(case.formula, model, selected=case.options.get("selected"))
    arrays = read_structure(spec, sample.table).arrays
    small = arrays_of_first(spec, sample.table)
    theta = np.array([(sample.truth | MORE)[n] for n in BUILDERS[model](spec, small, 0).layout.names])
    ours, theirs = moments(DRAWS[model](rng, spec, arrays, theta), sample.table), moments(arrays, sample.table)
    error = np.sqrt((ours.var(axis=0) + theirs.var(axis=0)) / len(ours))
    assert np.max(np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) / error) < DEVIATIONS


def arrays_of_first(spec, table):
    return read_structure(spec, table.head(500)).arrays


def moments(arrays, table):
    """Return products, up to the third, of what is drawn with itself and with regressors, in the order of the table."""
    n, seen = len(table), arrays.kept[: len(arrays.y)]
    drawn = [np.zeros(n)]
    drawn[0][seen] = np.log1p(arrays.y) if (arrays.y >= 0.0).all() else arrays.y
    if "select" in arrays.parts:
        drawn.append(np.isin(np.arange(n), seen).astype(float))
    if "endogenous" in arrays.parts:
        drawn.append(arrays.parts["endogenous"][0][:, 0])
    held = table.drop(columns=["y", "d", "x2"], errors="ignore").to_numpy().T
    products = [a * b for a in drawn for b in (*drawn, *held)]
    return np.column_stack((*drawn, *products, *(a**3 for a in drawn)))


def test_classes_are_drawn_by_their_shares_and_lines():
    spec, arrays = given("latent_class")
    three = replace(spec, formula="y ~ x | class: z", classes=3)
    arrays = replace(arrays, parts={"class": (arrays.parts["class"][0][:, :2], ("Intercept", "z"))})
    # lines far apart, so that the class of a row can be read from its outcome
    lines = np.array([[100.0, 1.0], [0.0, 0.0], [-100.0, -1.0]])
    logits = np.array([[0.5, 0.8], [-0.5, -0.4]])
    theta = np.concatenate((*(np.append(line, (-2.0, -3.0)) for line in lines), *logits))
    index = np.column_stack((np.zeros(arrays.n), *(arrays.parts["class"][0] @ g for g in logits)))
    shares = np.exp(index) / np.exp(index).sum(axis=1, keepdims=True)
    found = np.zeros((arrays.n, 3))
    for number in range(40):
        y = DRAWS["latent_class"](np.random.default_rng(number), three, arrays, theta).y
        which = np.digitize(-y, (-50.0, 50.0))
        found[np.arange(arrays.n), which] += 1.0 / 40
        assert np.abs(y - (arrays.x * lines[which]).sum(axis=1)).max() < 5.0
    high = arrays.parts["class"][0][:, 1] > 0.0
    for rows in (high, ~high):
        error = np.sqrt((shares * (1.0 - shares))[rows].mean(axis=0) / (40 * rows.sum()))
        assert (np.abs((found - shares)[rows].mean(axis=0)) < DEVIATIONS * error).all()


def test_drawn_regressors_stand_wherever_they_stood():
    spec, arrays = given("endogenous")
    theta = parameters(BUILDERS["endogenous"](spec, arrays, 0).layout.names)
    drawn = DRAWS["endogenous"](np.random.default_rng(1), spec, arrays, theta)
    new = drawn.parts["endogenous"][0]
    assert not np.isclose(new, arrays.parts["endogenous"][0]).any()
    np.testing.assert_array_equal(drawn.x[:, arrays.names.index("w1")], new[:, 0])
    np.testing.assert_array_equal(drawn.parts["u"][0][:, arrays.parts["u"][1].index("w2")], new[:, 1])
    np.testing.assert_array_equal(drawn.x[:, arrays.names.index("x")], arrays.x[:, arrays.names.index("x")])
    for part in ("instruments", "v"):
        np.testing.assert_array_equal(drawn.parts[part][0], arrays.parts[part][0])


def test_other_rows_are_selected_and_keep_what_is_theirs():
    spec, arrays = given("selection")
    arrays = replace(arrays, weights=1.0 + arrays.kept.astype(float), clusters=arrays.kept // 3)
    theta = parameters(BUILDERS["selection"](spec, arrays, 0).layout.names)
    drawn = DRAWS["selection"](np.random.default_rng(1), spec, arrays, theta)
    assert not np.array_equal(np.sort(drawn.kept[: len(drawn.y)]), np.sort(arrays.kept[: len(arrays.y)]))
    np.testing.assert_array_equal(np.sort(drawn.kept), np.sort(arrays.kept))
    place = np.argsort(arrays.kept)[drawn.kept]
    x = np.concatenate((arrays.x, arrays.unseen))
    np.testing.assert_array_equal(np.concatenate((drawn.x, drawn.unseen)), x[place])
    np.testing.assert_array_equal(drawn.parts["select"][0], arrays.parts["select"][0][place])
    np.testing.assert_array_equal(drawn.weights, 1.0 + drawn.kept)
    np.testing.assert_array_equal(drawn.clusters, drawn.kept // 3)


def test_at_a_limit_nothing_is_drawn_of_what_is_zero():
    rng = np.random.default_rng(3)
    spec, arrays = given("zero_inefficiency")
    beta = np.array([1.0, 0.5])
    efficient = np.concatenate((beta, [-np.inf, np.nan], [-np.inf, np.nan], np.full(3, np.nan)))
    np.testing.assert_allclose(DRAWS["zero_inefficiency"](rng, spec, arrays, efficient).y, arrays.x @ beta)
    # without efficient units, and with nothing but them
    for logit, share in ((-np.inf, 1.0), (50.0, 0.0)):
        theta = np.concatenate((beta, [0.0, 0.0], [-np.inf, np.nan], [logit, 0.0, 0.0]))
        u = arrays.x @ beta - DRAWS["zero_inefficiency"](rng, spec, arrays, theta).y
        assert np.mean(u > 1e-12) == share
    spec, arrays = given("selection")
    sure = np.concatenate((beta, np.zeros(3), [-np.inf], [0.0], [np.inf]))
    drawn = DRAWS["selection"](rng, spec, arrays, sure)
    # noise is what selects: it is above zero where the outcome is seen
    assert (drawn.y > drawn.x @ beta).all()


def fitted(model, n, **options):
    case = CASES[model]
    sample = case.draw(np.random.default_rng(6), n)
    return fit_structure(case.formula, sample.table, **(case.options | options))


@pytest.mark.parametrize("model", ["latent_class", "endogenous"])
def test_errors_are_near_those_of_the_hessian(model):
    result = fitted(model, 1500)
    drawn = result.bootstrap(DRAWS_OF_ERRORS, kind="parametric", seed=2)
    assert drawn.refits.shares() == {"converged": 1.0}
    analytic = result.vcov("hessian").coefficients()["std_error"].to_numpy()
    ratio = drawn.std_errors().to_numpy()[: len(analytic)] / analytic
    assert ratio == pytest.approx(np.ones(len(analytic)), abs=MONTE_CARLO)
    estimate, values = drawn.estimates[: len(analytic)], drawn.values[:, : len(analytic)]
    bias = (values.mean(axis=0) - estimate) / analytic
    assert np.abs(bias).max() < 0.6  # four errors of a mean over the draws, and bias of a maximum in 1,500 rows


def test_crossing_frontiers_keep_their_labels():
    rng = np.random.default_rng(8)
    x, q = rng.normal(size=400), rng.uniform(size=400)
    y = np.where(q < 0.5, 1.0, -1.0) * x + 0.2 * rng.normal(size=400) - 0.8 * np.abs(rng.normal(size=400))
    result = fit_structure("y ~ x", pd.DataFrame({"x": x, "y": y}), model="latent_class")
    drawn = result.bootstrap(20, kind="parametric", seed=1)
    slopes = drawn.values[:, [drawn.names.index("x_1"), drawn.names.index("x_2")]]
    assert (np.sign(slopes) == np.sign([result.parameter("x_1"), result.parameter("x_2")])).all()
    height = [drawn.values[:, drawn.names.index(f"Intercept_{j}")] + x.mean() * slopes[:, j - 1] for j in (1, 2)]
    assert 0.0 < np.mean(height[0] < height[1]) < 1.0


def test_numbers_do_not_depend_on_where_it_runs_or_stops_and_are_stored(tmp_path):
    result = fitted("endogenous", 300)
    whole = result.bootstrap(20, kind="parametric", seed=6)

    def stop(message, fraction):
        if fraction > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        result.bootstrap(20, kind="parametric", seed=6, resume=tmp_path / "long", progress=stop)
    told = []
    ask = {"kind": "parametric", "seed": 6}
    again = result.bootstrap(20, **ask, resume=tmp_path / "long", progress=lambda m, _: told.append(m))
    assert told[0] == "Bootstrap: 16 of 20 replications"
    with ThreadPoolExecutor(2) as pool:
        elsewhere = result.bootstrap(20, **ask, executor=pool)
    for other in (again, elsewhere):
        np.testing.assert_array_equal(other.values, whole.values)
    assert not np.array_equal(result.bootstrap(20, seed=6, kind="pairs").values, whole.values)
    kept = StructureResult.from_bundle(replace(result, refits=whole.refits).to_bundle())
    assert kept.resampled.to_dict() == whole.to_dict()
    assert kept.to_dict()["bootstrap"]["kind"] == "parametric"
    assert "parametric" in kept.table("bootstrap").notes[0]


def test_weights_of_rows_stay_with_the_likelihood():
    spec, arrays = given("contaminated_noise")
    weighted = replace(arrays, weights=2.0 + np.arange(arrays.n) % 3)
    theta = parameters(BUILDERS["contaminated_noise"](spec, arrays, 0).layout.names)
    samples = [StructureSampler("parametric", spec, a, theta, seed=3).sample(5) for a in (arrays, weighted)]
    np.testing.assert_array_equal(samples[0].y, samples[1].y)
    np.testing.assert_allclose(samples[1].weights, weighted.weights / weighted.weights.mean())


@pytest.fixture(scope="module")
def selection_table():
    return CASES["selection"].draw(np.random.default_rng(9), 400).table


def test_regressors_of_rows_that_are_not_selected_are_needed(selection_table):
    table, case = selection_table, CASES["selection"]
    lost = np.flatnonzero(table["d"] == 0.0)[:7]
    gaps = table.assign(x=table["x"].mask(np.isin(np.arange(len(table)), lost)))
    result = fit_structure(case.formula, gaps, **case.options)
    whole = fit_structure(case.formula, table, **case.options)
    np.testing.assert_array_equal(result.theta, whole.theta)
    with pytest.raises(SpecError, match="which rows are selected") as refused:
        result.bootstrap(20, kind="parametric")
    assert refused.value.where.startswith("7 of ")
    options = {"formula": case.formula, "structure": "selection", "selected": "d", "bootstrap": 20}
    for kind, found in (("parametric", 1), ("pairs", 0)):
        asked = step.Options(**options, bootstrap_kind=kind)
        assert len(step.preflight(asked, StepInputs({"table": as_dataset(gaps)}))) == found
        assert step.preflight(asked, StepInputs({"table": as_dataset(table)})) == []


def test_regressors_beyond_the_selected_rows_are_those_of_the_formula(selection_table):
    rng = np.random.default_rng(1)
    table = selection_table.assign(g=rng.choice(["а", "б"], len(selection_table)), p=np.exp(selection_table["z2"]))
    hidden = np.flatnonzero(table["d"] == 0.0)[:3]
    table.loc[hidden[0], "g"] = "в"  # a category of no selected row
    table.loc[hidden[1], "p"] = 0.0
    table.loc[hidden[2], "x"] = np.nan
    spec = StructureSpec("y ~ center(x) + log(p) + C(g) | select: z1", "selection", selected="d")
    arrays = read_structure(spec, table).arrays
    own = table.iloc[arrays.kept[len(arrays.y) :]].reset_index(drop=True)
    known = ~np.isnan(arrays.unseen).any(axis=1)
    assert (~known).sum() == 3
    seen = table["d"] == 1.0
    x = [np.ones(len(own)), own["x"] - table.loc[seen, "x"].mean(), np.log(own["p"].where(known)), own["g"] == "б"]
    columns = dict(zip(("Intercept", "center(x)", "log(p)", "C(g)[T.б]"), x, strict=True))
    expected = np.column_stack([columns[name] for name in arrays.names]).astype(float)
    np.testing.assert_allclose(arrays.unseen[known], expected[known])
    again = Arrays.from_frame(*arrays.to_frame())
    np.testing.assert_array_equal(again.unseen, arrays.unseen)
    np.testing.assert_array_equal(again.x, arrays.x)
