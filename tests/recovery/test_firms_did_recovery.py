"""Known effects of entry come back, and intervals cover as often as they say.

COVER: 95 % intervals over 200 panels: the share covered has a standard error of 1.5 points for one effect.
"""

from __future__ import annotations

import did_cases as cases
import numpy as np
import pandas as pd
import pytest
from draws import band, draws

from innospace.firms.effects.did import did
from innospace.firms.effects.did_twfe import twfe
from innospace.firms.effects.sun_abraham import sun_abraham

COVER = (0.92, 0.975)
PANELS = draws(200, 30)


def true_effects():
    """Effects at the shares cohorts are drawn with, by kind and name."""
    share = dict(zip(cases.COHORTS, cases.SHARES[1:], strict=True))
    cells = [(g, int(t), cases.effect(g, int(t)) if t >= g else 0.0) for g in share for t in cases.YEARS[1:]]

    def mean(rows):
        return float(np.average([r[2] for r in rows], weights=[share[r[0]] for r in rows]))

    after = [c for c in cells if c[1] >= c[0]]
    found = {("att_gt", f"g={g} t={t}"): value for g, t, value in cells}
    found["simple", "att"] = mean(after)
    dynamic = {e: mean([c for c in cells if c[1] - c[0] == e]) for e in range(-3, 4) if e != -4}
    found |= {("dynamic", f"e={e}"): v for e, v in dynamic.items()}
    found["dynamic_overall", "att"] = float(np.mean([v for e, v in dynamic.items() if e >= 0]))
    group = {g: float(np.mean([c[2] for c in after if c[0] == g])) for g in share}
    found |= {("group", f"g={g}"): v for g, v in group.items()}
    found["group_overall", "att"] = float(np.average(list(group.values()), weights=list(share.values())))
    calendar = {t: mean([c for c in after if c[1] == t]) for t in range(2002, 2006)}
    found |= {("calendar", f"t={t}"): v for t, v in calendar.items()}
    found["calendar_overall", "att"] = float(np.mean(list(calendar.values())))
    return found


def covered(results, truth):
    """Share of intervals that hold the truth, by effect."""
    rows = []
    for result in results:
        effects = result.effects().set_index(["kind", "name"])
        known = [k for k in effects.index if k in truth]
        true = np.array([truth[k] for k in known])
        own = effects.loc[known]
        rows.append(pd.Series((own["lower"] <= true) & (true <= own["upper"]), index=own.index))
    return pd.concat(rows, axis=1).mean(axis=1)


@pytest.mark.slow
def test_intervals_cover_heterogeneous_effects():
    truth = true_effects()
    results = [did("y", cases.panel(350, seed), entry="entry", comparison="not_yet") for seed in range(PANELS)]
    shares = covered(results, truth)
    assert len(shares) == len(truth)
    low, high = band(COVER, PANELS)
    assert low < shares.mean() < high
    # the smallest of 33 shares
    assert shares.min() > band((0.89, 1.0), PANELS)[0]
    rejected = np.mean([r.numbers["pre_trend_p"] < 0.05 for r in results])
    low, high = band((0.02, 0.09), PANELS, 0.05)
    assert low <= rejected < high


@pytest.mark.slow
@pytest.mark.parametrize("method", ["doubly_robust", "regression", "ipw"])
def test_covariates_mend_selective_entry(method):
    truth = {k: v for k, v in true_effects().items() if k[0] == "att_gt"}
    panels = [cases.panel(400, seed, selective=True) for seed in range(draws(60, 15))]
    shares = covered([did("y ~ x", p, entry="entry", method=method) for p in panels], truth)
    low, high = band(COVER, len(panels))
    assert low < shares.mean() < high
    plain = covered([did("y", p, entry="entry") for p in panels[:25]], truth)
    assert plain.mean() < 0.85


def test_one_right_model_is_enough():
    """Doubly robust: right entry and wrong trend, or wrong entry and right trend."""
    rng = np.random.default_rng(8)
    n = 40_000
    x = rng.normal(size=n)
    for wrong in ("trend", "entry"):
        index = 0.6 * x if wrong == "trend" else 0.5 * x**2 - 0.5
        enters = rng.random(n) < 1.0 / (1.0 + np.exp(-index))
        slope = 0.5 * x**2 if wrong == "trend" else 0.5 * x
        y0 = rng.normal(size=n)
        y1 = y0 + slope + 0.7 * enters + rng.normal(size=n)
        table = pd.DataFrame(
            {
                "firm": np.tile(np.arange(n), 2),
                "year": np.repeat([1, 2], n),
                "y": np.concatenate([y0, y1]),
                "x": np.tile(x, 2),
                "treated": np.concatenate([np.zeros(n), enters]),
            }
        )
        row = did("y ~ x", table, treatment="treated").effect(kind="simple")
        assert abs(row["estimate"] - 0.7) < 3.5 * row["std_error"]


@pytest.mark.slow
def test_uniform_bands_hold_all_at_once():
    truth = {k: v for k, v in true_effects().items() if k[0] == "dynamic"}
    held = []
    for seed in range(draws(80, 18)):
        effects = did("y", cases.panel(350, 1000 + seed), entry="entry", bootstrap=300, seed=seed).effects()
        own = effects[effects["kind"] == "dynamic"]
        true = np.array([truth["dynamic", n] for n in own["name"]])
        held.append(bool(((own["lower"] <= true) & (true <= own["upper"])).all()))
    # 95 % with a standard error of 2.4 points, and bands of 300 draws
    assert band((0.88, 1.0), len(held))[0] < np.mean(held) <= 1.0


@pytest.mark.slow
def test_clustered_intervals_cover_common_shocks():
    """Shocks to groups of eight firms by year: errors by firm are too small, errors by group are not."""
    by_firm, by_group = [], []
    for seed in range(draws(70, 15)):
        rng = np.random.default_rng(seed)
        table = cases.panel(480, seed, effects=False)
        groups = table["group"].nunique()
        shock = 1.5 * rng.normal(size=(groups, len(cases.YEARS)))
        enters = (rng.random(groups) < 0.5)[table["group"]]
        table["y"] += shock[table["group"], table["year"] - 2000]
        table["entry"] = np.where(enters, 2003, 0)
        by_firm.append(did("y", table, entry="entry").effect(kind="simple"))
        by_group.append(did("y", table, entry="entry", cluster="group").effect(kind="simple"))
    share = [np.mean([r["lower"] < 0.0 < r["upper"] for r in rows]) for rows in (by_firm, by_group)]
    assert share[0] < 0.80
    low, high = band((0.90, 0.99), len(by_group))
    assert low < share[1] <= high


@pytest.mark.slow
def test_interaction_weights_recover_what_two_way_effects_do_not():
    truth = true_effects()
    panels = [cases.panel(350, seed) for seed in range(draws(80, 18))]
    found = [sun_abraham("y", p, entry="entry") for p in panels]
    shares = covered(found, truth)
    low, high = band(COVER, len(panels))
    assert low < shares.mean() < high
    step = [twfe("y", p[p["entry"] > 0], entry="entry").effect(kind="simple") for p in panels[:25]]
    # without never treated firms and with growing effects, most of the effect is lost
    assert np.mean([r["estimate"] for r in step]) < 0.5 * truth["simple", "att"]


def test_pre_trends_that_differ_are_found():
    table = cases.panel(800, 4)
    table["y"] += np.where(table["entry"] > 0, 0.4 * (table["year"] - 2000), 0.0)
    for verb in (did, sun_abraham, twfe):
        result = verb("y", table, entry="entry")
        assert not next(c for c in result.checks if c.name == "pre_trends").ok
        assert any("parallel trends are in doubt" in s for s in result.findings())
