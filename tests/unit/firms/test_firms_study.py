"""The study of a firm panel: tables made ready, verdicts, what is left out and why, going on after a stop."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from innospace.core.document import Paragraph
from innospace.core.errors import DataError, InnospaceError, LabelError, SpecError
from innospace.core.figure import Figure
from innospace.core.progress import silent
from innospace.core.provenance import Nature, Source
from innospace.core.table import Table
from innospace.data.dataset import Dataset
from innospace.firms import synthetic
from innospace.firms.effects.rosenbaum import rosenbaum
from innospace.firms.internationalisation.cross_section import cross_section_of
from innospace.firms.internationalisation.equations import fit_equations
from innospace.firms.internationalisation.hidden_bias import hidden_bias
from innospace.firms.internationalisation.panel_parts import before_entry, matched
from innospace.firms.internationalisation.plan import Plan
from innospace.firms.internationalisation.plans import CrossPlan, Plans
from innospace.firms.internationalisation.stack import contrast, joint_zero, probit_piece
from innospace.firms.internationalisation.study import problems, study
from innospace.firms.internationalisation.verdicts import HOLDS, NOT, OPPOSITE, TOO_FEW, UNCLEAR, verdicts
from innospace.firms.internationalisation.waves import two_waves_of
from innospace.firms.result import FirmResult
from innospace.firms.wording import readable

SIMULATED = Source("firms-synthetic-test", "", Nature.SIMULATED)
FIRMS = 900
"""Enough that each channel has starters for every analysis."""
SMALL = {"partners": [], "markets": [], "constraints": [], "inputs_share": "", "location": ""}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return synthetic.two_waves(FIRMS, 1)


@pytest.fixture(scope="module")
def waves(table):
    return two_waves_of(Dataset(table, SIMULATED), Plan())


@pytest.fixture(scope="module")
def equations(waves):
    return fit_equations(waves)


def plans(**columns) -> Plans:
    return Plans.from_dicts({**SMALL, **columns}, {}, {})


@pytest.fixture(scope="module")
def fresh(table) -> FirmResult:
    """The study of the table, computed in one go."""
    return study(plans(), {"panel": Dataset(table, SIMULATED)}, draws=0)


class Kept:
    """Parts kept in memory; counts what is loaded and saved."""

    def __init__(self):
        self.parts, self.loads, self.saves = {}, 0, 0

    def load(self, name):
        self.loads += name in self.parts
        return self.parts.get(name)

    def save(self, name, content):
        self.saves += 1
        self.parts[name] = content


def test_classes_and_starts_are_those_of_the_columns(table, waves):
    frame = waves.frame
    for c in synthetic.CHANNELS:
        code = table[f"{c}_2005"] * 2 + table[f"{c}_2009"]
        names = code.map({0: "never", 1: "starter", 2: "quitter", 3: "continuous"})
        assert (frame[f"{c}_class"] == names).all()
        assert waves.starters(c) == int((names == "starter").sum())
    start = frame["rd_start"]
    assert start.isna().sum() == table["rd_2005"].sum()
    assert (start.dropna() == table.loc[table["rd_2005"] == 0, "rd_2009"]).all()
    ratio = table["value_added_2005"] / table["employees_2005"]
    np.testing.assert_allclose(frame["productivity"], np.log(ratio), rtol=1e-12)
    real = table["value_added_2009"] / table["price_level_2009"] / table["employees_2009"]
    np.testing.assert_allclose(frame["growth"], np.log(real) - np.log(ratio), rtol=1e-9)


def test_a_long_panel_gives_the_same(table, waves):
    rows = []
    for year in (2005, 2009):
        own = {c: c.removesuffix(f"_{year}") for c in table.columns if c.endswith(str(year))}
        kept = [c for c in table.columns if not c.endswith(("2005", "2009"))]
        rows.append(table[[*kept, *own]].rename(columns=own).assign(year=year))
    long = pd.concat(rows).sample(frac=1.0, random_state=1)
    long = long.assign(inputs_share=long["inputs_share"].fillna(0.0), customs_constraint=long["customs_constraint"])
    found = two_waves_of(long, Plan())
    ours = found.frame.sort_values("firm", ignore_index=True)
    pd.testing.assert_frame_equal(ours, waves.frame.sort_values("firm", ignore_index=True), check_exact=False)
    short = long[(long["firm"] != "F00001") | (long["year"] == 2005)]
    assert f"1 of {FIRMS} firms are not in both waves" in two_waves_of(short, Plan()).steps[0]


@pytest.mark.parametrize(
    ("change", "columns", "error", "words"),
    [
        (lambda t: pd.concat([t, t.head(2)]), {}, DataError, "in the table more than once"),
        (lambda t: t.assign(export_2005=t["export_2005"] * 2), {}, DataError, "must hold 0 and 1"),
        (lambda t: t.assign(value_added_2009=-1.0), {}, DataError, "must be positive"),
        (lambda t: t.assign(employees_2005=0.0), {}, DataError, "firm F00001: 0.0"),
        (lambda t: t.assign(rd_2009=np.nan), {}, DataError, "Every cell of 'rd_2009' is missing"),
        (lambda t: t.assign(size_class="x"), {"employees": "size_class"}, DataError, "text where numbers"),
        (lambda t: t.drop(columns="export_2009"), {}, LabelError, "export_2009"),
        (lambda t: t, {"channels": ["exprt"]}, LabelError, "exprt"),
        (lambda t: t, {"firm": "company"}, LabelError, "company"),
        (lambda t: t.assign(year=2005), {}, DataError, "two waves"),
        (lambda t: t.head(0), {}, DataError, "no rows"),
    ],
)
def test_bad_panels_are_told_by_firm(table, change, columns, error, words):
    changed = change(table)
    if "year" in changed:
        changed = changed.rename(columns=lambda c: c.removesuffix("_2005"))
    with pytest.raises(error) as caught:
        two_waves_of(changed, plans(**columns).panel)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"waves": [2009, 2005]}, "earlier one first"),
        ({"waves": [2005]}, "two years"),
        ({"channels": []}, "no channels"),
        ({"owners": ["foreign_owner"]}, "foreign and state"),
        ({"owners": ["foreign", "state_owner"]}, "owner among the traits"),
        ({"partners": ["a"]}, "foreign and domestic"),
        ({"chanels": ["export"]}, "Did you mean 'channels'"),
    ],
)
def test_impossible_plans_are_refused(columns, words):
    with pytest.raises(InnospaceError) as caught:
        Plan.from_dict(columns)
    assert words in str(caught.value)
    with pytest.raises(SpecError, match="one column"):
        Plans.from_dicts({}, {}, {"size": ["a"]})


def test_columns_of_other_names_play_their_role(table, waves):
    names = {"export": "Экспорт, да/нет", "rd": "НИОКР", "foreign_owner": "иностр.доля", "machinery": "import 1"}
    renamed = table.rename(
        columns={f"{k}_{w}": f"{v}_{w}" for k, v in names.items() for w in (2005, 2009)}
        | {"foreign_owner": "иностр.доля"}
    ).assign(export_2005=7.0)  # not asked for, though it has the name of a role
    plan = Plan.from_dict(
        {
            "channels": {"export": names["export"], "machinery": names["machinery"], "inputs": "inputs"},
            "outcomes": {"rd": "НИОКР", "product": "product", "technology": "technology"},
            "traits": {t: names.get(t, t) for t in Plan().traits},
        }
    )
    pd.testing.assert_frame_equal(two_waves_of(Dataset(renamed, SIMULATED), plan).frame, waves.frame)
    with pytest.raises(DataError, match="Column 'НИОКР_2009' must hold 0 and 1"):
        two_waves_of(renamed.assign(НИОКР_2009=2.0), plan)
    with pytest.raises(LabelError, match="НИОКР"):
        two_waves_of(renamed.drop(columns=["НИОКР_2005", "НИОКР_2009"]), plan)
    for bad in ({"owners": {"foreign": "x"}}, {"firm": {"a": "b"}}, {"channels": {"a b": "c"}}):
        with pytest.raises(SpecError, match="cannot be given as"):
            Plan.from_dict(bad)


def test_default_parts_that_a_panel_lacks_are_left_empty_and_told(table):
    less = table.drop(
        columns=["new_foreign_partner", "location", "catching_up", "price_level_2005", "price_level_2009"]
    )
    found = two_waves_of(less, Plan())
    assert found.plan.partners == found.locations == ()
    assert found.plan.price_level == found.plan.location == ""
    assert found.plan.traits == ("competition", "state_owner", "foreign_owner", "group")
    told = " ".join(found.warnings)
    assert all(part in told for part in ("partners (new_foreign_partner)", "location", "traits (catching_up)"))
    assert "with its inflation" in told
    bare = two_waves_of(less.drop(columns=["foreign_owner"]), Plan()).plan
    assert bare.owners == ()


def test_every_missing_column_is_told_at_once(table):
    with pytest.raises(LabelError) as caught:
        two_waves_of(table.drop(columns=["rd_2009", "employees_2005", "employees_2009"]), plans(industry="trade").panel)
    assert all(name in str(caught.value) for name in ("rd_2009", "employees_2005", "employees_2009", "trade"))


def test_firms_with_gaps_are_counted_with_the_columns_that_have_them(table):
    holes = table.assign(rd_2009=table["rd_2009"].where(table.index >= 7))
    found = two_waves_of(holes, Plan())
    told = f"7 of {FIRMS} firms have a missing cell and were left out; most often in 'rd_2009' (7)."
    assert found.warnings == (told,)


def test_no_starters_means_no_study(table):
    nobody = table.assign(**{f"{c}_2009": table[f"{c}_2005"] for c in synthetic.CHANNELS})
    found = problems(plans(), {"panel": Dataset(nobody, SIMULATED)})
    assert len(found) == 1
    assert "export: 0, machinery: 0, inputs: 0" in str(found[0])
    with pytest.raises(SpecError, match="No channel has enough firms"):
        study(plans(), {"panel": Dataset(nobody, SIMULATED)})
    with pytest.raises(SpecError, match="needs a panel"):
        study(plans(), {})


def test_a_class_with_too_few_firms_gets_no_verdict(table):
    few = table.copy()
    starters = few.index[(few["export_2005"] == 0) & (few["export_2009"] == 1)]
    few.loc[starters[5:], "export_2009"] = 0
    waves = two_waves_of(Dataset(few, SIMULATED), plans().panel)
    assert waves.starters("export") == 5
    found = {v.claim.key: v for v in verdicts(waves, fit_equations(waves))}
    assert found["learning_export"].verdict == TOO_FEW
    assert set(found["learning_export"].lines["firms"]) == {5.0}
    assert found["machinery_inputs"].verdict != TOO_FEW
    result = study(
        plans(channels=["export", "machinery"], outcomes=["rd"]), {"panel": Dataset(few, SIMULATED)}, draws=0
    )
    assert any("Only 5 firms started export" in s for s in result.parts["learning"].findings())


def test_truth_is_known_for_the_synthetic_panel_only(table, waves, equations):
    lines = pd.concat([v.lines for v in verdicts(waves, equations)])
    assert lines["truth"].notna().sum() > 40
    real = two_waves_of(Dataset(table, Source("firms.csv", "")), Plan())
    assert pd.concat([v.lines for v in verdicts(real, fit_equations(real))])["truth"].isna().all()


def test_verdicts_follow_sign_and_clarity(waves, equations):
    found = verdicts(waves, equations)
    for v in found:
        for _, line in v.lines.iterrows():
            clear = line["p_value"] < 0.05
            if v.claim.null:
                assert line["verdict"] == (NOT if clear else HOLDS)
            elif line["estimate"] > 0:
                assert line["verdict"] == (HOLDS if clear else UNCLEAR)
            else:
                assert line["verdict"] == (OPPOSITE if clear else NOT)
            assert line["lower"] < line["estimate"] < line["upper"]


def test_reversed_effects_are_called_opposite(table):
    swapped = table.assign(catching_up=1 - table["catching_up"])
    waves = two_waves_of(Dataset(swapped, SIMULATED), Plan())
    found = {v.claim.key: v.verdict for v in verdicts(waves, fit_equations(waves))}
    assert found["catching_up"] == OPPOSITE


def test_the_joint_covariance_is_that_of_stacked_scores(waves, equations):
    """Within one equation the error is the robust one; across equations errors add by influence."""
    piece = equations.pieces["start rd"]
    own = probit_piece("again", waves.frame, "rd_start", ["size", "productivity"])
    np.testing.assert_allclose(own.influence.sum(axis=0), 0.0, atol=1e-8)
    name = "start rd: size"
    c = contrast(equations.estimates, {name: 1.0})
    j = piece.names.index(name)
    assert c.std_error == pytest.approx(float(np.sqrt(piece.influence[:, j] @ piece.influence[:, j])), rel=1e-12)
    across = contrast(equations.estimates, {name: 1.0, "start product: size": -1.0})
    other = equations.pieces["start product"]
    gap = piece.influence[:, j] - other.influence[:, other.names.index("start product: size")]
    assert across.std_error == pytest.approx(float(np.sqrt(gap @ gap)), rel=1e-10)
    assert joint_zero(equations.estimates, [{name: 1.0}])[1] == pytest.approx(c.p_value, rel=1e-9)


def test_order_and_names_of_firms_do_not_matter(table, equations):
    shuffled = table.sample(frac=1.0, random_state=3).assign(firm=lambda t: "Завод " + t["firm"].str[::-1])
    other = fit_equations(two_waves_of(Dataset(shuffled, SIMULATED), Plan()))
    assert other.estimates.names == equations.estimates.names
    np.testing.assert_allclose(other.estimates.values, equations.estimates.values, rtol=1e-7, atol=1e-9)


def test_a_stopped_study_goes_on_and_gives_the_same(table, fresh):
    data = {"panel": Dataset(table, SIMULATED)}
    kept = Kept()

    def stop(message, fraction):
        if message.startswith("Matching"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        study(plans(), data, draws=0, resume=kept, progress=stop)
    done = kept.saves
    assert done > 5
    whole = study(plans(), data, draws=0, resume=kept)
    assert kept.loads == done
    assert isinstance(whole, FirmResult)
    pd.testing.assert_frame_equal(whole.offers("effect"), fresh.offers("effect"))
    assert whole.findings() == fresh.findings()
    assert [s.title for s in whole.sections()] == [s.title for s in fresh.sections()]


def test_productivity_before_entry_takes_the_draws_of_the_study(waves, fresh):
    drawn = before_entry(waves, "export", draws=3, seed=0, progress=silent)
    without = fresh.parts["before export"]
    for found, options, seed in (
        (drawn, {"errors": "bootstrap", "replications": 3}, 0),
        (without, {"errors": "analytic", "replications": 0}, None),
    ):
        told = found.provenance
        assert {k: told.options[k] for k in options} == options
        assert told.seed == seed
        assert (found.effects()["std_error"] > 0.0).all()
    np.testing.assert_array_equal(drawn.effects()["estimate"], without.effects()["estimate"])


def test_parts_are_kept_whatever_a_channel_is_called(table):
    russian = table.rename(columns={"export_2005": "экспорт_2005", "export_2009": "экспорт_2009"})
    kept = Kept()
    found = study(
        plans(channels=["экспорт"], outcomes=["rd"]), {"panel": Dataset(russian, SIMULATED)}, draws=0, resume=kept
    )
    assert "premium экспорт" in found.parts
    assert len(kept.parts) == len(found.parts)
    assert all(name.isascii() for name in kept.parts)


def test_analyses_that_cannot_be_done_are_told(table):
    constant = table.assign(technology_2009=table["technology_2005"])
    result = study(plans(channels=["export"]), {"panel": Dataset(constant, SIMULATED)}, draws=0)
    assert any(w.startswith("Left out: start technology.") for w in result.warnings)
    learning = result.parts["learning"]
    assert {k.partition(":")[0] for k in learning.effects_found.kinds} == {"R&D", "new_product"}
    assert any(w.startswith("Starting new technology could not be studied.") for w in learning.warnings)
    assert "entry" in result.parts


def test_a_panel_without_exports_has_no_figure_of_learning(table):
    result = study(
        plans(channels=["machinery", "inputs"], outcomes=["rd"]), {"panel": Dataset(table, SIMULATED)}, draws=0
    )
    assert result.figures == ()
    assert result.parts["learning"].figures
    assert {"selection_size", "premium_continuous"} <= set(result.table("findings").frame["finding"])


def test_the_cross_section_is_named_in_words_and_counts_gaps():
    from innospace.data import load_sample

    data, plan = cross_section_of(load_sample("ecuador-innovators-2014"), CrossPlan())
    assert plan.outcomes == ("new_product", "new_process")
    assert {"exporter", "cooperation", "rd_in_house", "log_rd_per_worker"} <= set(data.frame.columns)
    assert "1 of 2\u202f610 firms has" in data.steps[-1]
    performers = data.frame["performs_rd"] == 1
    assert data.frame.loc[performers, "log_rd_per_worker"].notna().all()


def test_the_study_in_words(fresh):
    result = fresh
    text = result.summary()
    assert "analyses: with --json" in text
    assert "level export" not in text
    pairs = result.parts["matching export"]
    assert "the probability of R&D in 2009" in pairs.findings()[0]
    assert "percentage points" in pairs.findings()[0]
    # keys of numbers stay
    assert {"rd_after", "product_after"} <= set(pairs.effects()["name"])
    drawn = [b for section in result.sections() for b in section.blocks]
    shown = [f"{f.title} {f.subtitle} {f.alt}" for f in drawn if isinstance(f, Figure)]
    shown += [" ".join([t.title, *map(str, t.display().to_numpy().ravel())]) for t in drawn if isinstance(t, Table)]
    assert re.findall(r"[A-Za-z]+_[A-Za-z_]+", " ".join(shown)) == []
    told = [b.text for b in drawn if isinstance(b, Paragraph)]
    assert len(told) == len(set(told))
    again = FirmResult.from_bundle(result.to_bundle())
    assert again.parts["matching export"].labels == pairs.labels


def test_hidden_bias_follows_the_pairs(table):
    waves = two_waves_of(Dataset(table, SIMULATED), plans().panel)
    found = hidden_bias(waves, "export")
    own = rosenbaum(matched(waves, "export"), outcome="rd_after", gammas=(1.0, 1.5))
    row = found.table("hidden-bias").frame.iloc[0]
    assert row["critical"] == own.numbers["critical_gamma"]
    assert row["p_modest"] == own.numbers["p_upper_1.5"]
    pairs = matched(waves, "export").frames["pairs"]
    assert row["only_starter"] == (pairs["rd_after_treated"] > pairs["rd_after_control"]).sum()
    assert found.findings()[0].startswith(("A hidden cause that multiplies", "Innovation of firms"))


def test_two_outcomes_are_a_bivariate_decision_and_names_may_hold_spaces(table):
    spaced = table.rename(columns={f"{n}_{w}": f"{n} 1_{w}" for n in ("export", "rd") for w in (2005, 2009)})
    result = study(
        plans(channels=["export 1"], outcomes=["rd 1", "product"]), {"panel": Dataset(spaced, SIMULATED)}, draws=0
    )
    assert result.parts["joint decisions"].method == "biprobit"
    assert {"entry", "learning", "matching export 1", "matched growth export 1", "hidden bias"} <= set(result.parts)
    assert any("export 1 plays none of them" in w for w in result.warnings)
    assert not any(w.startswith("Left out") for w in result.warnings)


def test_readable():
    assert readable("new_product rises; R&D of 3_4 and new_foreign_partner") == (
        "new product rises; R&D of 3_4 and new foreign partner"
    )


def test_the_sample_is_what_the_generator_draws():
    from innospace.data import load_sample
    from innospace.firms.synthetic_annual import annual

    for name, drawn in (("firms-synthetic-2005-2009", synthetic.two_waves()), ("firms-synthetic-annual", annual())):
        shipped = load_sample(name).frame
        pd.testing.assert_frame_equal(shipped, drawn, check_exact=False, rtol=1e-9, check_dtype=False)
    with pytest.raises(SpecError):
        synthetic.two_waves(0)
