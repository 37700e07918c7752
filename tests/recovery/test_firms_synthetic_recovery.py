"""Every parameter of the synthetic two-wave panel is recovered, draw after draw, by the study's own equations.

BIAS is in standard errors of the mean over the draws: with some 120 parameters the largest of as many standard normals
is below 4 in 99 % of cases. Maximum likelihood has a bias of order 1/n (some 2 % of a coefficient at 2,000 firms in
an equation), so the panels are large and the draws not too many.
COVERAGE is what the issue asks of 95 % intervals, over all parameters and draws together.
"""

from __future__ import annotations

import numpy as np
import pytest
from draws import band
from draws import draws as draws_of

from innospace.core.provenance import Nature, Source
from innospace.data.dataset import Dataset
from innospace.firms import synthetic
from innospace.firms.choice.binary import binary
from innospace.firms.choice.bivariate import biprobit
from innospace.firms.internationalisation.equations import fit_equations, partner_regressors, start_regressors
from innospace.firms.internationalisation.plan import Plan
from innospace.firms.internationalisation.stack import contrast, linear_piece
from innospace.firms.internationalisation.waves import two_waves_of

BIAS = 4.0
COVERAGE = (0.92, 0.97)
DRAWS, FIRMS = draws_of(40, 8), 6000
SOURCE = Source("drawn", "", Nature.SIMULATED)
CENTRES = {"size": 5.0, "productivity": synthetic.PRODUCTIVITY["Intercept"]}
EXTRA = ("initial export", "initial machinery", "initial inputs", *(f"initial {o}" for o in synthetic.OUTCOMES))
OTHER = ("productivity", "growth", "stay", "customs", "correlation")


def drawn(seed: int) -> list[tuple[str, float, float, float]]:
    """Return parameter, truth, estimate and error of one panel."""
    waves = two_waves_of(Dataset(synthetic.two_waves(FIRMS, seed), SOURCE), Plan())
    equations = fit_equations(waves)
    assert equations.missed == {}
    frame = waves.frame
    found = []
    for t in synthetic.truth():
        if t.equation in (*EXTRA, *OTHER):
            continue
        names = equations.pieces[t.equation].names
        weights = {f"{t.equation}: {t.name.replace('_2005', '_before')}": 1.0}
        if t.name == "Intercept":
            # the generator centres size and productivity; the equations do not
            weights |= {f"{t.equation}: {k}": v for k, v in CENTRES.items() if f"{t.equation}: {k}" in names}
        c = contrast(equations.estimates, weights)
        found.append((f"{t.equation}: {t.name}", t.value, c.estimate, c.std_error))
    found += initial(frame) + productivity(frame, equations) + shares(frame, waves)
    return found


def initial(frame):
    """Trading and innovating in the first wave, one probit each."""
    found = []
    columns = {f"initial {c}": f"{c}_2005_" for c in synthetic.CHANNELS}
    columns |= {f"initial {o}": f"{o}_before" for o in synthetic.OUTCOMES}
    centred = frame.assign(size=frame["size"] - 5.0, productivity=frame["productivity"] - CENTRES["productivity"])
    for c in synthetic.CHANNELS:
        centred[f"{c}_2005_"] = frame[f"{c}_quitter"] + frame[f"{c}_continuous"]
    for equation, column in columns.items():
        table = binary(f"{column} ~ size + productivity", centred).coefficients()
        found += [
            (f"{equation}: {t.name}", t.value, table.loc[t.name, "estimate"], table.loc[t.name, "std_error"])
            for t in synthetic.truth()
            if t.equation == equation
        ]
    return found


def productivity(frame, equations):
    """The productivity equation of the first wave and growth, with their standard deviations."""
    effects = frame["industry"].map({k: v[0] for k, v in synthetic.INDUSTRIES.items()})
    table = frame.assign(size=frame["size"] - 5.0, net=frame["productivity"] - effects)
    piece = linear_piece("productivity", table, "net", ["size", "foreign_owner"])
    errors = np.sqrt(np.einsum("ij,ij->j", piece.influence, piece.influence))
    truth = [synthetic.PRODUCTIVITY[k] for k in ("Intercept", "size", "foreign_owner")]
    found = list(zip(piece.names, truth, piece.values, errors, strict=True))
    residual = table["net"] - piece.values @ np.array([np.ones(len(table)), table["size"], table["foreign_owner"]])
    sigma = float(residual.std(ddof=3))
    found.append(("productivity: sigma", synthetic.PRODUCTIVITY["sigma"], sigma, sigma / np.sqrt(2 * len(frame))))
    weights = {f"growth: {k}": v for k, v in CENTRES.items()}
    for name, value in synthetic.GROWTH.items():
        if name == "sigma":
            continue
        c = contrast(equations.estimates, {f"growth: {name}": 1.0, **(weights if name == "Intercept" else {})})
        found.append((f"growth: {name}", value, c.estimate, c.std_error))
    true = sum(synthetic.GROWTH[f"{c}_starter"] * frame[f"{c}_starter"] for c in synthetic.CHANNELS)
    spread = float((frame["growth"] - synthetic.GROWTH["Intercept"] - true).std(ddof=0))
    found.append(("growth: sigma", synthetic.GROWTH["sigma"], spread, spread / np.sqrt(2 * len(frame))))
    return found


def shares(frame, waves):
    """Shares of traders that stay, and of firms that name customs a constraint."""
    groups = {
        f"stay: {c}": frame.loc[frame[f"{c}_quitter"] + frame[f"{c}_continuous"] == 1, f"{c}_continuous"]
        for c in synthetic.CHANNELS
    }
    both = frame["rd_before"] + frame["rd_after"]
    for name, value in (("continuous", 2), ("never", 0), ("other", 1)):
        groups[f"customs: {name}"] = frame.loc[both == value, "customs_constraint_after"]
    truth = {f"stay: {k}": v for k, v in synthetic.STAY.items()} | {
        f"customs: {k}": v for k, v in synthetic.CUSTOMS.items()
    }
    found = []
    for name, values in groups.items():
        share = float(values.mean())
        found.append((name, truth[name], share, float(np.sqrt(share * (1 - share) / len(values)))))
    return found


@pytest.fixture(scope="module")
def draws():
    return [drawn(seed) for seed in range(DRAWS)]


@pytest.mark.slow
def test_every_parameter_of_the_generator_is_recovered(draws):
    names = [row[0] for row in draws[0]]
    wanted = {f"{t.equation}: {t.name}" for t in synthetic.truth() if t.equation != "correlation"}
    assert wanted == set(names)
    truth = np.array([row[1] for row in draws[0]])
    estimates = np.array([[row[2] for row in draw] for draw in draws])
    z = (estimates.mean(axis=0) - truth) / (estimates.std(axis=0, ddof=1) / np.sqrt(DRAWS))
    far = {n: round(float(v), 2) for n, v in zip(names, z, strict=True) if abs(v) > BIAS}
    assert far == {}
    assert 0.8 < float(np.std(z)) < 1.3


@pytest.mark.slow
def test_intervals_cover_the_truth_as_often_as_they_say(draws):
    inside = np.array([[abs(row[2] - row[1]) <= 1.959964 * row[3] for row in draw] for draw in draws])
    # some 120 parameters of a draw are worth at least five independent intervals
    low, high = band(COVERAGE, 5 * DRAWS)
    assert low <= inside.mean() <= high
    # errors are right on average: the spread of the estimates over the draws is what they say
    spread = np.array([[row[2] for row in draw] for draw in draws]).std(axis=0, ddof=1)
    told = np.array([[row[3] for row in draw] for draw in draws]).mean(axis=0)
    # a standard deviation of n draws has a relative error of 1 / sqrt(2 (n - 1)), less on the mean of many parameters,
    # and the mean of its inverse a bias of about .75 / (n - 1)
    assert np.mean(told / spread) == pytest.approx(1.0 + 0.75 / (DRAWS - 1), abs=0.05 * np.sqrt(39 / (DRAWS - 1)))


CORRELATION_DRAWS, CORRELATION_FIRMS = draws_of(25, 5), 3000


def correlations(seed: int) -> list[tuple[str, float, float, float]]:
    """Return every correlation of the generator: truth, estimate and error of one panel, by bivariate probits."""
    waves = two_waves_of(Dataset(synthetic.two_waves(CORRELATION_FIRMS, seed), SOURCE), Plan())
    pairs = {pair: (f"{pair[0]}_start", f"{pair[1]}_start") for pair in synthetic.CORRELATIONS}
    pairs[synthetic.PARTNERS] = synthetic.PARTNERS
    truth = {t.name: t.value for t in synthetic.truth() if t.equation == "correlation"}
    found = []
    for names, (first, second) in pairs.items():
        regressors = partner_regressors(waves) if names == synthetic.PARTNERS else start_regressors(waves)
        right = " + ".join(regressors)
        rows = waves.frame[waves.frame[[first, second]].notna().all(axis=1)]
        numbers = biprobit(f"{first} ~ {right}", f"{second} ~ {right}", waves.rows(rows)).numbers
        label = " and ".join(names)
        found.append((label, truth[label], numbers["rho"], numbers["rho_std_error"]))
    return found


@pytest.mark.slow
def test_correlations_of_joint_decisions_are_recovered():
    draws = [correlations(1000 + seed) for seed in range(CORRELATION_DRAWS)]
    assert len(draws[0]) == sum(t.equation == "correlation" for t in synthetic.truth())
    truth = np.array([row[1] for row in draws[0]])
    estimates, errors = (np.array([[row[k] for row in draw] for draw in draws]) for k in (2, 3))
    z = (estimates.mean(axis=0) - truth) / (estimates.std(axis=0, ddof=1) / np.sqrt(CORRELATION_DRAWS))
    assert np.max(np.abs(z)) < BIAS
    inside = np.abs(estimates - truth) <= 1.959964 * errors
    # 100 intervals: 88 to 100 hold the truth in 99 of 100 repetitions when coverage is 95 %
    low, high = band((0.88, 1.0), inside.size)
    assert low <= inside.mean() <= high
    spread = estimates.std(axis=0, ddof=1)
    reach = np.sqrt(24 / (CORRELATION_DRAWS - 1))
    assert 1.0 - 0.25 * reach < float(np.mean(errors.mean(axis=0) / spread)) < 1.0 + 0.3 * reach
