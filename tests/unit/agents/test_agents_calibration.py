"""Agents: moments, calibration, sensitivity, bad input."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from agent_cases import CALIBRATED, FRONTIER, country, panel, small_setup, table

from innospace.agents import calibrate as module
from innospace.agents import sensitivity
from innospace.agents.assumptions import RANGES, REASONS, Assumptions, Calibrated
from innospace.agents.calibrate import calibrate
from innospace.agents.policy import Instrument, Policy
from innospace.agents.population import draw_population
from innospace.agents.sensitivity import INPUTS
from innospace.agents.spec import AgentSpec
from innospace.agents.targets import HELD_OUT, MOMENTS, FrontierNumbers, Panel, moments, windows
from innospace.core.errors import DataError, LabelError, SolverError, SpecError
from innospace.core.status import StatusCode
from innospace.frontier.space import SpaceSpec, fit_space

SAME = 1e-6
"""Efficiency is the same formula as that of the frontier engine, at the same numbers."""


def test_efficiency_is_that_of_the_frontier_engine():
    fitted = fit_space(table(), SpaceSpec())
    offered = fitted.offers("parameters")
    offered = offered[offered["model"] == "2012"].set_index("parameter")
    own = FrontierNumbers(*(float(offered["value"][n]) for n in ("delta", "share", "sigma_u", "sigma_v")))
    found = own.efficiency(panel().innovations[:, -1], panel().space[:, -1])
    theirs = fitted.regions[fitted.regions["year"] == 2012].set_index("region")["te"].reindex(panel().regions)
    np.testing.assert_allclose(found, theirs, rtol=SAME)
    assert offered["lower"]["delta"] < offered["value"]["delta"] < offered["upper"]["delta"]
    with pytest.raises(LabelError, match="quantity"):
        fitted.offers("parameter")


def test_moments_of_the_panel_are_the_known_ones():
    found = moments(panel().innovations, panel(), FRONTIER, 0.28)
    assert found["growth_total"] == pytest.approx(np.log(3325 / 2440) / 2, abs=1e-6)
    assert found["zero_share"] == pytest.approx(50 / 240)
    assert found["te_correlation_1"] == pytest.approx(0.87, abs=0.02)
    assert found["te_correlation_2"] == pytest.approx(0.91, abs=0.02)
    assert set(found) == {*MOMENTS, *HELD_OUT}


def test_windows_are_means_over_years():
    counts = np.array([[3.0, 0.0], [6.0, 1.0], [0.0, 2.0], [3.0, 3.0]])
    np.testing.assert_allclose(windows(counts, 3), [[3.0, 3.0], [1.0, 2.0]])


def test_the_frontier_expects_what_regions_make_when_nothing_grows():
    p = panel()
    found = p.expectation(FRONTIER, 0.0, 3)
    te = FRONTIER.efficiency(p.innovations, p.space)
    np.testing.assert_allclose(found, (te * FRONTIER.expected(p.space)).mean(axis=1))
    assert np.all(found > 0.0)


SLOPE = np.array([[0.6, 0.0, 0.0], [0.0, -0.05, -0.1], [0.0, -0.15, -0.05], [0.0, 0.02, 0.03], [0.0, 0.1, 0.2]])


def stand_in(truth, spread=0.02):
    """Runs whose moments are linear in the searched numbers and right at ``truth``."""

    def runs(setup, task):
        calibrated, _, numbers = task
        gap = module._searched(calibrated) - module._searched(truth)
        at = moments(setup.panel.innovations, setup.panel, setup.frontier, calibrated.growth)
        rows = []
        for n in numbers:
            noise = spread * np.random.default_rng(n).standard_normal(len(at))
            aimed = np.array([at[k] for k in MOMENTS]) + SLOPE @ gap
            rows.append([*(aimed + noise[:5]), *(np.array([at[k] for k in HELD_OUT]) + noise[5:])])
        return rows

    return runs


def test_the_search_finds_where_moments_agree(monkeypatch):
    truth = Calibrated(0.31, 0.5, 0.3)
    monkeypatch.setattr(module, "_runs", stand_in(truth))
    found = calibrate(small_setup(), replications=200, max_evaluations=200, shifts=False)
    assert found.status.converged
    assert found.calibrated.growth == pytest.approx(0.31, abs=4 * found.std_errors["growth"])
    assert found.p_value > 0.01
    # the errors are those of least squares on the moments of one run
    covariance = np.linalg.inv(SLOPE.T @ SLOPE / 0.02**2) * (1 + 1 / 200)
    assert found.std_errors["growth"] == pytest.approx(np.sqrt(covariance[0, 0]), rel=0.2)
    assert found.std_errors["dispersion"] == pytest.approx(
        np.sqrt(covariance[2, 2]) * found.calibrated.dispersion, rel=0.2
    )
    assert all(c.ok for c in found.checks())


def test_a_number_that_moments_do_not_ask_for_is_at_its_boundary(monkeypatch):
    monkeypatch.setattr(module, "_runs", stand_in(Calibrated(0.3, 0.4, 0.001)))
    found = calibrate(small_setup(), replications=50, max_evaluations=400, shifts=False)
    assert found.status.code is StatusCode.BOUNDARY
    assert found.status.boundary == "dispersion"
    assert not found.checks()[0].ok


def test_a_search_that_is_cut_short_says_so(monkeypatch):
    monkeypatch.setattr(module, "_runs", stand_in(Calibrated(0.4, 0.9, 0.6)))
    found = calibrate(small_setup(), replications=8, max_evaluations=4, shifts=False)
    assert found.status.code is StatusCode.MAX_ITERATIONS
    assert "did not converge" in found.status.message
    assert "max_evaluations" in found.status.remedy
    check = next(c for c in found.checks() if c.name == "calibration_converged")
    assert not check.ok


def test_runs_without_finite_moments_are_refused(monkeypatch):
    monkeypatch.setattr(module, "_runs", lambda _setup, task: [[np.nan] * 9 for _ in task[2]])
    with pytest.raises(SolverError, match="finite"):
        calibrate(small_setup(), replications=8)


def test_moments_that_disagree_fail_the_check(monkeypatch):
    honest = stand_in(Calibrated(0.3, 0.5, 0.3))

    def off(setup, task):
        return [[row[0], row[1] + 0.5, row[2] - 0.5, *row[3:]] for row in honest(setup, task)]

    monkeypatch.setattr(module, "_runs", off)
    found = calibrate(small_setup(), replications=30, max_evaluations=150, shifts=False)
    assert found.p_value < 0.001
    assert not next(c for c in found.checks() if c.name == "calibration_fit").ok


class Kept:
    def __init__(self):
        self.files = {}

    def load(self, name):
        return self.files.get(name)

    def save(self, name, content):
        self.files[name] = content


def test_finished_sets_of_runs_are_kept_and_read_again(monkeypatch):
    parts = Kept()
    options = {"replications": 8, "max_evaluations": 1, "shifts": False, "resume": parts}
    first = calibrate(small_setup(), **options)
    assert len(parts.files) >= 7
    assert np.isfinite(list(first.simulated.values())).all()

    def never(_setup, _task):
        raise AssertionError("a kept set was run again")

    monkeypatch.setattr(module, "_runs", never)
    again = calibrate(small_setup(), **options)
    assert again.calibrated == first.calibrated
    assert again.distance == first.distance


def test_sobol_indices_of_a_sum_are_known(monkeypatch):
    weights = np.array([1.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0])

    def outputs(_task, x):
        return [float(weights @ x), 1.0, 0.0, 0.0]

    monkeypatch.setattr(sensitivity, "outputs", outputs)
    found = sensitivity.sobol(small_setup(), CALIBRATED, None, 256)
    assert set(found["output"]) == {"innovations", "zero_share"}
    first = found[found["output"] == "innovations"].set_index("input")["first"]
    variances = [(w * (b - a)) ** 2 for w, (a, b) in zip(weights, INPUTS.values(), strict=True)]
    np.testing.assert_allclose(first[list(INPUTS)], np.array(variances) / sum(variances), atol=0.03)
    # nothing explains what does not vary
    assert (found[found["output"] == "zero_share"]["total"] == 0.0).all()


def test_outputs_answer_to_the_inputs_they_should():
    setup = small_setup()
    region = setup.panel.regions[0]
    policy = Policy("p", "P", (Instrument(region, "cooperation_centre", (2020, 2030), 20.0),))
    task = sensitivity.SobolTask(setup, CALIBRATED, sensitivity.shifted_policy(policy, setup.panel))
    middle = {n: 0.5 * (a + b) for n, (a, b) in INPUTS.items()}
    base = sensitivity.outputs(task, tuple(middle.values()))
    more = sensitivity.outputs(task, tuple({**middle, "introduction_effect": 2.5}.values()))
    assert base[:2] == more[:2]
    assert more[2] > base[2] > 0.0
    assert more[3] >= base[3] > 0.0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"instrument": "subsidies"}, "Unknown instrument"),
        ({"budget": -5.0}, "budget is -5"),
        ({"budget": float("nan")}, "budget"),
        ({"budget": 0.0}, "budget is missing"),
        ({"instrument": "tax_relief"}, "no budget"),
        ({"rate": 1.5}, "rate is 1.5"),
        ({"years": (2020, 2015)}, "backwards"),
    ],
)
def test_instruments_that_cannot_be(given, words):
    sound = {"region": "X", "instrument": "co_funding", "years": (2013, 2020), "budget": 5.0, "rate": 0.5}
    with pytest.raises((SpecError, LabelError), match=words) as caught:
        Instrument(**{**sound, **given})
    assert caught.value.allowed or caught.value.remedy


def test_policies_name_regions_that_are_there():
    policy = Policy("p", "P", (Instrument("Republic of Bashkortostn", "rd_orders", (2013, 2020), 5.0),))
    with pytest.raises(LabelError, match="Bashkortostan") as caught:
        policy.check(panel().regions, (2012, 2030))
    assert "region" in caught.value.what
    with pytest.raises(SpecError, match="in no year"):
        replace(policy, instruments=(Instrument(panel().regions[0], "rd_orders", (2040, 2050), 5.0),)).check(
            panel().regions, (2012, 2030)
        )
    with pytest.raises(LabelError, match="taken"):
        replace(policy, name="no_policy", instruments=()).check(panel().regions, (2012, 2030))
    with pytest.raises(SpecError, match="share a name"):
        AgentSpec(policies=(policy, policy))


@pytest.mark.parametrize("bad", [[2.5, 3.0], [-1.0, 3.0], [np.nan, 3.0]])
def test_counts_are_whole(bad):
    with pytest.raises(DataError, match="whole numbers") as caught:
        draw_population(["A", "B"], bad, [10, 10], np.zeros((2, 2)))
    assert "'A" in caught.value.where
    assert caught.value.remedy


def test_assumptions_have_ranges_and_reasons():
    names = set(Assumptions().to_dict())
    assert names == set(RANGES) == set(REASONS)
    for name in names:
        with pytest.raises(SpecError, match=name):
            Assumptions(**{name: 1e9 if np.isfinite(RANGES[name][1]) else -1.0})
    with pytest.raises(SpecError, match="dispersion"):
        Calibrated(dispersion=-0.1)


def test_frontiers_and_models_that_cannot_be():
    with pytest.raises(SpecError, match="sigma_u"):
        FrontierNumbers(0.6, 1e-3, 0.0, 0.4)
    with pytest.raises(SpecError, match="delta"):
        country([5], [50], delta=1.2)
    with pytest.raises(SpecError, match="more of their space") as caught:
        _ = country([5, 50], [50, 500], te=np.array([60.0, 1.0])).openness
    assert "Region 1" in caught.value.what
    assert "acceptance" in caught.value.where
    with pytest.raises(SpecError, match="replications"):
        calibrate(small_setup(), replications=4)
    with pytest.raises(SpecError, match="power of two"):
        AgentSpec(sensitivity=12)


def test_an_interrupted_calibration_goes_on_wherever_it_is_run(tmp_path, monkeypatch):
    def stop(message, _fraction):
        if message == "Calibration: set 3":
            raise KeyboardInterrupt

    ask = {"replications": 8, "max_evaluations": 4, "shifts": False}
    honest, ran = stand_in(Calibrated(0.4, 0.9, 0.6)), []
    monkeypatch.setattr(module, "_runs", lambda setup, task: ran.append(task) or honest(setup, task))
    whole = calibrate(small_setup(), **ask)
    with pytest.raises(KeyboardInterrupt):
        calibrate(small_setup(), **ask, resume=tmp_path / "long", progress=stop)
    ran.clear()
    resumed = calibrate(small_setup(), **ask, resume=tmp_path / "long")
    after_the_stop = len(ran)
    ran.clear()
    with ThreadPoolExecutor(2) as pool:
        elsewhere = calibrate(small_setup(), **ask, executor=pool)
    assert 0 < after_the_stop < len(ran)
    for other in (resumed, elsewhere):
        assert other.calibrated == whole.calibrated
        assert other.simulated == whole.simulated
    assert not (tmp_path / "long").exists()


def test_panels_need_years_in_a_row_and_every_region():
    frame = table().frame
    with pytest.raises(DataError, match="no years"):
        Panel.of(frame.drop(columns="year"))
    with pytest.raises(DataError, match="2010, 2012"):
        Panel.of(frame[frame["year"] != 2011])
    with pytest.raises(DataError, match="Belgorod"):
        Panel.of(frame.drop(index=0))
    known = frame.assign(rd_organisations=3.0, innovative_companies=7.0)
    assert Panel.of(known).organisations[0] == 3.0
    assert Panel.of(pd.DataFrame(known).drop(columns="innovative_companies")).organisations is None
