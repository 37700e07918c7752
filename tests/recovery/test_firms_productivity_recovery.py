"""Known technologies and laws of productivity recovered over many seeded draws.

The mean over draws must lie within four Monte-Carlo errors of the truth (four, because several quantities are
tested). Coverage of 95 % intervals must lie in a range that a right interval leaves with probability below 1 %.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from innospace.firms.productivity import productivity
from innospace.numerics.bootstrap import block_bootstrap

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from draws import band, draws
from firm_productivity_cases import CAPITAL, GNR, LABOUR, RHO, acf_panel, control_panel, gnr_panel

LEARNING = 0.05


def over_draws(count, make, **options):
    """Estimates and errors of labour, capital and exporting, shape (draws, 6)."""
    found = []
    for seed in range(count):
        r = productivity(make(seed), output="y", labour="l", capital="k", law="export", **options)
        c, e = r.coefficients(), r.effect("export", "markov_law")
        found.append([*c["estimate"], e["estimate"], *c["std_error"], e["std_error"]])
    return np.array(found)


def require_near(values, truth):
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    assert (np.abs(values.mean(axis=0) - truth) < 4.0 * error).all(), (values.mean(axis=0), truth, error)


@pytest.mark.parametrize(
    "options",
    [
        {"method": "op", "investment": "i"},
        {"method": "lp", "materials": "m", "degree": 2},
        {"method": "wooldridge", "materials": "m", "degree": 1},
        {"method": "wooldridge", "materials": "m", "degree": 1, "equations": "second"},
    ],
)
def test_op_lp_and_wooldridge_recover_technology_and_learning_with_right_intervals(options):
    found = over_draws(draws(40, 8), lambda seed: control_panel(300, 6, seed, learning=LEARNING), **options)
    truth = np.array([LABOUR, CAPITAL, LEARNING])
    require_near(found[:, :3], truth)
    covered = (np.abs(found[:, :3] - truth) < 1.96 * found[:, 3:]).mean(axis=0)
    # 40 draws: binomial standard deviation 3.4 points
    assert (covered >= band((0.85, 1.0), len(found))[0]).all(), covered


@pytest.mark.slow
def test_acf_recovers_technology_and_learning_with_right_intervals():
    found = over_draws(
        draws(40, 7), lambda seed: acf_panel(300, 6, seed, learning=LEARNING), method="acf", materials="m", degree=2
    )
    # exporting acts on productivity of mid-year, of which the root of persistence arrives
    truth = np.array([LABOUR, CAPITAL, LEARNING * np.sqrt(RHO)])
    require_near(found[:, :3], truth)
    covered = (np.abs(found[:, :3] - truth) < 1.96 * found[:, 3:]).mean(axis=0)
    # 40 draws: binomial standard deviation 3.4 points, and a little for the bias of small samples
    assert (covered >= band((0.83, 1.0), len(found))[0]).all(), covered


def test_acf_takes_the_true_solution_and_plain_methods_are_off():
    data = acf_panel(2000, 5, 77)
    acf = productivity(data, method="acf", output="y", labour="l", capital="k", materials="m", degree=2)
    ols = productivity(data, method="ols", output="y", labour="l", capital="k")
    assert acf.coefficients()["estimate"].to_numpy() == pytest.approx([LABOUR, CAPITAL], abs=0.04)
    assert ols.coefficients().loc["l", "estimate"] > LABOUR + 0.1
    frame = acf.frames["productivity"]
    truth = data["truth"].to_numpy()
    assert np.corrcoef(frame["omega_without_noise"], truth)[0, 1] > 0.99
    assert acf.effect(kind="persistence")["estimate"] == pytest.approx(RHO, abs=0.05)


def test_gnr_recovers_mean_elasticities():
    found = []
    for seed in range(draws(30, 10)):
        r = productivity(
            gnr_panel(200, 5, seed), method="gnr", output="y", labour="l", capital="k", materials="m", share="s"
        )
        found.append(r.coefficients()["estimate"].to_numpy())
    require_near(np.array(found), np.array([GNR["labour"], GNR["capital"], GNR["materials"]]))


def test_without_learning_none_is_found():
    found = over_draws(
        draws(40, 12), lambda seed: control_panel(200, 6, 500 + seed), method="lp", materials="m", degree=2
    )
    rejected = (np.abs(found[:, 2]) > 1.96 * found[:, 5]).mean()
    # 5 % of 40 draws; more than 15 % has probability below 0.5 %
    assert rejected <= band((0.0, 0.15), len(found), 0.05)[1]


@pytest.mark.slow
def test_bootstrap_intervals_cover_as_they_say():
    """Normal intervals of 40 draws of firms, over 160 panels; binomial standard deviation 1.7 points.

    With 300 panels and 60 draws the shares were between 92 and 97.5 percent.
    """
    from innospace.firms.productivity.control_function import draw, prepare, problem
    from innospace.firms.productivity.markov import search
    from innospace.firms.productivity.panel import Roles, read_panel

    truth = np.array([LABOUR, CAPITAL])
    covered = []
    for seed in range(draws(160, 12)):
        data = control_panel(250, 5, 9000 + seed)
        panel = read_panel(data, Roles("y", ("l",), ("k",), ("m",)), firm="firm", year="year", logs=False)
        p = problem(panel, "lp", degree=2, markov=2)
        first, t = prepare(p)
        point = search(t, np.array([0.4]))
        values = np.array([first.coefficients[0], point.b[0]])
        boot = block_bootstrap(draw, (p, point.b), panel.firm_count, 40, seed=seed, workers=1)
        covered.append(np.abs(values - truth) < 1.96 * boot.std_errors[:2])
    share = np.mean(covered, axis=0)
    low, high = band((0.91, 0.985), len(covered))
    assert ((share >= low) & (share <= high)).all(), share
