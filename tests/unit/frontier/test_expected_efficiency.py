"""What is expected of efficiency before outcomes are known, with its interval from the bootstrap of every frontier."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from frontier_draws import CASES
from scipy import special

from innospace.frontier.bootstrap.refits import Refits
from innospace.frontier.fitting import fit
from innospace.frontier.panel.fit import fit_panel
from innospace.frontier.structure.fit import fit_structure

VERBS = {"fit": fit, "fit_panel": fit_panel, "fit_structure": fit_structure}
SIZES = {"fit": 400, "fit_panel": 30, "fit_structure": 400}
DEVIATIONS = 4.0
"""Standard errors of the mean efficiency of the rows that were drawn."""
HELD = (
    "half_normal",
    "truncated_normal",
    "gamma",
    "half_normal, laplace noise",
    "half_normal, u: z and v: w",
    "truncated_normal, scale: z",
    "pitt_lee, u: z",
    "battese_coelli_1992, truncated_normal",
    "true_random_effects, u: z",
    "four_components, half_normal",
    "zero_inefficiency",
    "latent_class",
    "contaminated_noise",
    "counts",
    "endogenous",
    "selection",
)


def fitted(name, seed=4):
    case = CASES[name]
    sample = case.draw(np.random.default_rng(seed), SIZES[case.verb])
    return VERBS[case.verb](case.formula, sample.table, **case.options), sample


def at(result, theta):
    """Return a bootstrap of one refit that ended with these parameters."""
    law = result.spec.inefficiency
    one = Refits("parametric", 0, 20, (0,), np.array(theta)[None, :], (law,), ("converged",), ())
    return replace(result, refits=one).resampled


@pytest.mark.filterwarnings("ignore::innospace.core.errors.BoundaryWarning")  # the estimate plays no part
@pytest.mark.parametrize("name", HELD)
def test_at_the_truth_it_is_the_mean_efficiency_of_what_was_drawn(name):
    result, sample = fitted(name)
    names = result.asked if CASES[name].verb == "fit" else result.names
    own = {n: result.parameter(n) for n in names} | sample.truth
    found = at(result, [own[n] for n in names])
    assert found.names[-1] == "expected_efficiency"
    te = sample.te[np.isfinite(sample.te)]
    near = DEVIATIONS * np.std(te) / np.sqrt(30 if CASES[name].verb == "fit_panel" else len(te))
    if name == "selection":  # of the rows that were selected: nothing selects by inefficiency
        assert len(te) < len(sample.te)
    assert found.values[0, -1] == pytest.approx(te.mean(), abs=near)


def test_of_a_half_normal_it_has_an_interval_and_a_closed_form():
    result, _ = fitted("half_normal")
    drawn = result.bootstrap(200, seed=1)
    frame = drawn.intervals()
    own = frame.loc["expected_efficiency"]
    assert own["estimate"] == pytest.approx(special.erfcx(result.sigma_u / np.sqrt(2.0)))
    values = dict(zip(drawn.names, drawn.values.T, strict=True))
    np.testing.assert_allclose(values["expected_efficiency"], special.erfcx(values["sigma_u"] / np.sqrt(2.0)))
    assert own["lower"] < own["estimate"] < own["upper"]
    # a falling function of sigma_u alone: its interval is that of sigma_u, turned round
    turned = special.erfcx(frame.loc["sigma_u", ["upper", "lower"]].to_numpy(float) / np.sqrt(2.0))
    np.testing.assert_allclose(own[["lower", "upper"]].to_numpy(float), turned, atol=0.02)
    assert drawn._acceleration[-1] == pytest.approx(-drawn._acceleration[drawn.names.index("lnsigma_u2")], rel=1e-4)
    shown = replace(result, refits=drawn.refits).table("bootstrap").frame["name"].tolist()
    assert shown[-1] == "Expected efficiency"


def test_where_there_is_no_inefficiency_it_is_one():
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"x": rng.normal(size=80)}).assign(y=lambda f: f["x"] + rng.normal(size=80))
    with pytest.warns(UserWarning, match="without inefficiency"):
        result = fit("y ~ x", table)
    drawn = result.bootstrap(40, seed=1)
    assert drawn.estimates[-1] == 1.0
    none = np.array(drawn.refits.laws) == "none"
    assert 0.0 < none.mean() < 1.0
    assert (drawn.values[none, -1] == 1.0).all()
    assert (drawn.values[~none, -1] < 1.0).all()
