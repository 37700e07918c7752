"""What inefficiency of the innovation space depends on: one step, against plain frontiers and known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from innospace.core.errors import FormulaError, LabelError, SpecError
from innospace.frontier.fitting import fit
from innospace.frontier.space import SpaceResult, SpaceSpec, fit_space, simulate_space
from innospace.frontier.space.determinants import within_a_year
from innospace.frontier.structure.fit import fit_structure

RELATIVE = 1e-7  # two searches of the same likelihood
TRUTH = 0.8  # effect of z on ln sigma_u^2


def simulated(regions=300):
    """Regions of three years whose log variance of inefficiency moves with ``z``."""
    parts = []
    for i, year in enumerate((2010, 2011, 2012)):
        rng = np.random.default_rng(50 + i)
        frame = simulate_space(regions, sigma_u=1e-9, sigma_v=0.3, seed=i).assign(year=year, z=rng.normal(size=regions))
        u = np.abs(rng.normal(size=regions)) * np.exp(0.5 * TRUTH * frame["z"])
        frame["space"] = frame["rd_organisations"] * frame["innovative_companies"]
        frame["technologies"] *= np.exp(-u)
        parts.append(frame.drop(columns=["rd_organisations", "innovative_companies"]))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def table():
    return simulated()


@pytest.fixture(scope="module")
def result(table):
    return fit_space(table, SpaceSpec(determinants="u: z + t | v: z"))


def test_the_true_effect_is_recovered(result):
    for model in result.reported.values():
        own = model.coefficients().loc["lnsigma_u2:z"]
        assert abs(own["estimate"] - TRUTH) < 4.0 * own["std_error"]
    effects = result.determinants.set_index(["model", "regressor", "of"])["effect"]
    assert (effects.xs("z", level="regressor").xs("efficiency", level="of") < 0.0).all()


def test_models_are_plain_frontiers_with_the_same_parts(table, result):
    logs = table.assign(V=np.log(table["space"]), Q=np.log(table["technologies"]), t=table["year"] - 2010)
    pooled = fit("Q ~ t + V + t:V | u: z + t | v: z", logs)
    assert result.models["pooled"].loglik == pytest.approx(pooled.loglik, rel=RELATIVE)
    alone = fit("Q ~ V | u: z | v: z", logs[logs["year"] == 2011])  # within a year t is no regressor
    assert result.models["2011"].loglik == pytest.approx(alone.loglik, rel=RELATIVE)
    own = result.determinants[result.determinants["model"] == "2011"].set_index(["regressor", "of"])
    plain = alone.marginal_effects()
    assert own["effect"].to_numpy() == pytest.approx(plain["effect"].to_numpy(), rel=1e-5)
    assert own["std_error"].to_numpy() == pytest.approx(plain["std_error"].to_numpy(), rel=1e-4)


def test_years_of_a_region_may_go_together(table):
    found = fit_space(table, SpaceSpec(determinants="u: z", vcov="cluster"))
    logs = table.assign(V=np.log(table["space"]), Q=np.log(table["technologies"]), t=table["year"] - 2010)
    plain = fit("Q ~ t + V + t:V | u: z", logs, cluster="region", vcov="cluster")
    own = found.models["pooled"].coefficients()["std_error"].to_numpy()
    assert own == pytest.approx(plain.coefficients()["std_error"].to_numpy(), rel=1e-5)
    assert own[1] != pytest.approx(found.models["pooled"].vcov("robust").coefficients()["std_error"].iloc[1], rel=1e-3)


def test_mean_of_a_truncated_normal_with_year_terms(table):
    found = fit_space(table, SpaceSpec("truncated_normal", determinants="mu: z + C(year)"))
    names = found.models["pooled"].names
    assert "mu:C(year)[T.2011]" in names
    assert not any("C(year)" in n for n in found.models["2010"].names)


def test_terms_of_time_go_within_a_year():
    assert within_a_year("u: z + t | v: t") == "u: z"
    assert within_a_year("mu: log(z + 1) + C(year)") == "mu: log(z + 1)"
    assert within_a_year("") == ""


def test_words_tables_and_storage(result):
    table = result.table("determinants")
    assert len(table.frame) == 2 * 3 + 2 * 2
    assert any("one unit more of z" in f for f in result.findings())
    assert "determinants" in [f.name for f in result.plot.all()]
    assert [e.name for e in result.spec.equations()][-2:] == ["index-u", "index-v"]
    again = SpaceResult.from_bundle(result.to_bundle())
    pd.testing.assert_frame_equal(again.determinants, result.determinants)
    assert again.spec == result.spec


def test_rows_without_a_determinant_are_left_out_of_every_model(table):
    gap = table.assign(z=table["z"].where(table.index != 5))
    found = fit_space(gap, SpaceSpec(determinants="u: z"))
    assert len(found.regions) == len(table) - 1
    assert any("Simulated region 6 2010" in s for s in found.steps)


def test_refusals(table):
    with pytest.raises(SpecError, match="no parameter 'mu'"):
        SpaceSpec(determinants="mu: z")
    with pytest.raises(SpecError, match="Unknown covariance"):
        SpaceSpec(vcov="clustered")
    with pytest.raises(FormulaError, match="no named part"):
        SpaceSpec(determinants="z")
    with pytest.raises(LabelError, match="zz"):
        fit_space(table, SpaceSpec(determinants="u: zz"))
    with pytest.raises(SpecError, match="no regressors"):
        fit_space(table[table["year"] == 2010]).table("determinants")
    for outcome in ("te", "log(te)", "te_bc", "technical_efficiency"):
        with pytest.raises(SpecError, match="second step is biased"):
            fit(f"{outcome} ~ z", table.assign(te=0.5, te_bc=0.5, technical_efficiency=0.5))
    with pytest.raises(SpecError, match="second step is biased"):
        fit_structure("te ~ z", table.assign(te=0.5), model="contaminated_noise")


def test_a_step_of_a_study_takes_determinants(table, tmp_path):
    from innospace.study.inspect import problems

    table.to_csv(tmp_path / "r.csv", index=False)
    head = (
        '[study]\ntitle = "R"\n[data.r]\nfile = "r.csv"\nschema = "innovation_space"\n[step.s]\nengine = "frontier"\n'
    )
    step = f'{head}data = "r"\nmodel = "innovation_space"\ndeterminants = '
    (tmp_path / "study.toml").write_text(step + '"u: z"\n')
    assert problems(tmp_path) == []
    (tmp_path / "study.toml").write_text(step + '"u: z + nothing"\n')
    assert "nothing" in problems(tmp_path)[0].what
    (tmp_path / "study.toml").write_text(step + '"mu: z"\n')
    assert "no parameter 'mu'" in problems(tmp_path)[0].what
