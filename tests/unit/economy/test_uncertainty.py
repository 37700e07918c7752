"""Draws: the same whatever the chunks and workers, resumed where interrupted, failures counted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from innospace.core.errors import SpecError
from innospace.core.inputs import LinkedValue
from innospace.economy.models.knowledge import uncertainty
from innospace.economy.models.knowledge.model import KnowledgeModel
from innospace.economy.models.knowledge.ranges import RANGES, efficiency_quantile
from innospace.economy.models.knowledge.solve import shipped_scenarios
from innospace.economy.models.knowledge.uncertainty import draw, draws_check, failures, ordering_share, summarise
from innospace.economy.replication.replicate import shipped_model
from innospace.economy.scenario import Scenario, Shock

TE = LinkedValue(0.4, 0.3, 0.6, "fraction", "test")


@pytest.fixture(scope="module")
def model() -> KnowledgeModel:
    return replace(shipped_model(0.4), last_year=2015)


@pytest.fixture(scope="module")
def options() -> list[Scenario]:
    return list(shipped_scenarios().values())


class Kept:
    """Parts in memory that stop the run after some were saved."""

    def __init__(self, most: int = 10**9) -> None:
        self.files: dict[str, bytes] = {}
        self.most = most

    def load(self, name: str) -> bytes | None:
        return self.files.get(name)

    def save(self, name: str, content: bytes) -> None:
        if len(self.files) == self.most:
            raise KeyboardInterrupt
        self.files[name] = content


@pytest.mark.parametrize("r", RANGES, ids=lambda r: r.name)
def test_ranges_have_reasons_and_quantiles_that_rise_from_low_to_high(r):
    values = [r.quantile(float(u)) for u in np.linspace(0.0, 1.0, 41)]
    assert values == sorted(values)
    assert (values[0], values[-1]) == pytest.approx((r.low, r.high))
    assert r.low < 1.0 < r.high
    assert r.reason


def test_a_triangular_range_has_the_mean_of_its_corners():
    r = next(r for r in RANGES if r.distribution == "triangular")
    u = (np.arange(20_000) + 0.5) / 20_000
    assert np.mean([r.quantile(float(v)) for v in u]) == pytest.approx((r.low + 1.0 + r.high) / 3.0, abs=1e-3)


def test_efficiency_follows_its_interval_and_stays_a_fraction():
    quantiles = [efficiency_quantile(TE, float(u)) for u in (0.001, 0.3, 0.999)]
    assert quantiles == sorted(quantiles)
    wide = LinkedValue(0.9, 0.4, 0.99, "fraction", "test")
    drawn = [efficiency_quantile(wide, float(u)) for u in np.linspace(0.001, 1.0, 500)]
    assert 0.0 < min(drawn) < max(drawn) <= 1.0
    inside = np.mean([TE.lower <= efficiency_quantile(TE, (n + 0.5) / 4000) <= TE.upper for n in range(4000)])
    assert inside == pytest.approx(0.95, abs=0.005)


def test_without_an_interval_efficiency_is_not_drawn():
    nothing = float("nan")
    assert efficiency_quantile(LinkedValue(0.4, nothing, nothing, "fraction", ""), 0.9) == 0.4


def test_draws_do_not_depend_on_their_number_chunks_or_workers(model, options, monkeypatch):
    few = draw(model, options[:2], 4, efficiency=TE, seed=7)
    monkeypatch.setattr(uncertainty, "CHUNK", 3)
    more = draw(model, options[:2], 7, efficiency=TE, seed=7, workers=2)
    pd.testing.assert_frame_equal(few.draws, more.draws.head(len(few.draws)))
    pd.testing.assert_frame_equal(few.drawn, more.drawn.head(4))
    with ThreadPoolExecutor(1) as pool:
        elsewhere = draw(model, options[:2], 4, efficiency=TE, seed=7, executor=pool)
    pd.testing.assert_frame_equal(few.draws, elsewhere.draws, check_exact=True)
    other = draw(model, options[:2], 4, efficiency=TE, seed=8)
    assert not few.draws["growth"].equals(other.draws["growth"])


def test_an_interrupted_run_goes_on_after_its_last_chunk(model, options, monkeypatch):
    monkeypatch.setattr(uncertainty, "CHUNK", 2)
    kept = Kept(most=2)
    with pytest.raises(KeyboardInterrupt):
        draw(model, options, 8, efficiency=TE, seed=1, resume=kept)
    assert len(kept.files) == 2
    solved: list[tuple[int, int]] = []
    own = uncertainty.solve_chunk
    monkeypatch.setattr(uncertainty, "solve_chunk", lambda task, span: solved.append(span) or own(task, span))
    kept.most = 10
    resumed = draw(model, options, 8, efficiency=TE, seed=1, resume=kept)
    assert solved == [(4, 6), (6, 8)]
    pd.testing.assert_frame_equal(resumed.draws, draw(model, options, 8, efficiency=TE, seed=1).draws)


def test_parts_that_are_damaged_or_of_other_settings_are_not_used(model, options, monkeypatch):
    monkeypatch.setattr(uncertainty, "CHUNK", 2)
    kept = Kept()
    first = draw(model, options[:1], 2, seed=1, resume=kept)
    kept.files = dict.fromkeys(kept.files, b"half a part")
    again = draw(model, options[:1], 2, seed=1, resume=kept)
    pd.testing.assert_frame_equal(first.draws, again.draws)
    draw(model, options[:1], 2, seed=2, resume=kept)
    assert len(kept.files) == 2


def test_efficiency_acts_only_through_scenarios_that_move_it(model, options):
    moving = Scenario("cooperation", shocks=(Shock("efficiency", "set", 0.7),))
    drawn, steady = (
        draw(model, [options[0], moving], 3, efficiency=te, seed=4).draws.pivot(
            index="draw", columns="scenario", values="effect_points"
        )
        for te in (TE, None)
    )
    # growth of paths solved to 1e-11 differs in the last digits
    np.testing.assert_allclose(drawn["option-1"], steady["option-1"], atol=1e-8)
    assert (drawn["cooperation"] - steady["cooperation"]).abs().max() > 1e-4


def test_the_summary_counts_what_failed(model, options):
    found = draw(model, options, 5, seed=2)
    frame = found.draws.copy()
    hurt = (frame["draw"] == 1) & (frame["scenario"] == "option-4")
    frame.loc[hurt, ["growth", "effect_points", "effect_percent"]] = np.nan
    table = summarise(frame).set_index("scenario")
    assert table.loc["option-4", "failed"] == 1
    assert table.loc["option-4", "draws"] == 5
    assert table["effect_points_lower"].le(table["effect_points_upper"]).all()
    assert failures(frame)["option-4"] == 1
    assert failures(found.draws) == dict.fromkeys(failures(frame), 0)
    check = draws_check(frame)
    assert not check.ok
    assert check.value == pytest.approx(0.8)
    assert "option-4 1" in check.meaning
    assert found.check().ok


def test_the_share_of_draws_that_keep_the_order():
    order = ("option-4", "option-1", "option-3", "baseline", "option-2")
    growth = {0: (5.0, 4.0, 3.0, 2.0, 1.0), 1: (5.0, 4.0, 2.0, 3.0, 1.0), 2: (np.nan, 4.0, 3.0, 2.0, 1.0)}
    rows = [(d, s, g) for d, values in growth.items() for s, g in zip(order, values, strict=True)]
    frame = pd.DataFrame(rows, columns=["draw", "scenario", "growth"])
    assert ordering_share(frame) == pytest.approx(1.0 / 3.0)
    assert np.isnan(ordering_share(frame[frame["scenario"] != "option-3"]))


@pytest.mark.parametrize("count", [0, -1, 10**7])
def test_a_number_of_draws_out_of_range_is_refused(model, options, count):
    with pytest.raises(SpecError, match="number of draws"):
        draw(model, options, count)
