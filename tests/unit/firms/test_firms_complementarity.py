"""Complementarity of practices: estimates against statsmodels, tests against hand formulas, bad input."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))

import statsmodels.api as sm
import statsmodels.formula.api as smf
from firm_chain_cases import practice_firms
from scipy import stats

from innospace.core.errors import DataError, LabelError, SpecError
from innospace.firms.complementarity import complementarity
from innospace.firms.complementarity_adoption import adoption, correlation, generalised_residuals
from innospace.firms.complementarity_cells import cell_codes, cell_names, cell_patterns, pairs
from innospace.firms.complementarity_interaction import interaction, row_effects
from innospace.firms.result import FirmResult
from innospace.numerics.kodde_palm import distance

# both programs solve the same equations in double precision
SAME = 1e-8
TWO, THREE = ["make", "buy"], ["make", "buy", "mach"]
CONTROLS = ["size", "C(industry)"]


@pytest.fixture(scope="module")
def firms():
    return practice_firms()


def dummies(frame, practices):
    codes = cell_codes(frame[practices].to_numpy(float))
    return (codes[:, None] == np.arange(2 ** len(practices))).astype(float)


def test_cells_are_named_by_what_is_adopted():
    assert cell_names(THREE) == ("none", "make", "buy", "mach", "make+buy", "make+mach", "buy+mach", "make+buy+mach")
    codes = cell_codes(cell_patterns(3).astype(float))
    np.testing.assert_array_equal(codes, np.arange(8))


def test_restrictions_hold_the_others_fixed():
    first = pairs(THREE)[0]
    assert first.labels == ("make+buy|mach=0", "make+buy|mach=1")
    names = cell_names(THREE)
    row = dict(zip(names, first.matrix[1], strict=True))
    assert {k: v for k, v in row.items() if v} == {
        "make+buy+mach": 1.0,
        "make+mach": -1.0,
        "buy+mach": -1.0,
        "mach": 1.0,
    }
    assert len(pairs(["a", "b", "c", "d"])) == 6
    assert pairs(["a", "b", "c", "d"])[0].matrix.shape == (4, 16)


@pytest.mark.parametrize(("kind", "theirs"), [("analytic", "nonrobust"), ("robust", "HC1")])
def test_linear_cells_agree_with_statsmodels(firms, kind, theirs):
    r = complementarity("sales", TWO, firms, controls=CONTROLS, vcov=kind)
    x = np.column_stack([dummies(firms, TWO), firms["size"], firms["industry"] == 2, firms["industry"] == 3]).astype(
        float
    )
    peer = sm.OLS(firms["sales"], x).fit(cov_type=theirs)
    table = r.coefficients()
    np.testing.assert_allclose(table["estimate"], np.asarray(peer.params), rtol=SAME)
    np.testing.assert_allclose(table["std_error"], np.asarray(peer.bse), rtol=SAME)
    assert list(table.index[:4]) == ["none", "make", "buy", "make+buy"]


def test_the_restriction_is_the_coefficient_of_the_product(firms):
    r = complementarity("sales", TWO, firms, controls=CONTROLS)
    peer = smf.ols("sales ~ make * buy + size + C(industry)", firms).fit()
    row = r.effect("make+buy", "supermodularity")
    assert row["estimate"] == pytest.approx(peer.params["make:buy"], rel=SAME)
    assert row["std_error"] == pytest.approx(peer.bse["make:buy"], rel=SAME)
    assert r.numbers["make+buy: t"] == pytest.approx(peer.tvalues["make:buy"], rel=SAME)
    assert r.numbers["make+buy: p_strict_complementarity"] == pytest.approx(peer.pvalues["make:buy"] / 2, rel=1e-6)
    z = row["estimate"] / row["std_error"]
    assert r.numbers["make+buy: distance_substitutability"] == pytest.approx(z**2, rel=SAME)
    assert r.numbers["make+buy: p_substitutability"] == pytest.approx(stats.norm.sf(z), rel=1e-6)
    assert r.numbers["make+buy: p_complementarity"] == 1.0
    assert "are complements" in r.sentences[0]


def test_probit_cells_agree_with_statsmodels(firms):
    r = complementarity("product", TWO, firms, controls=["size"], link="probit")
    x = np.column_stack([dummies(firms, TWO), firms["size"]])
    peer = sm.Probit(firms["product"], x).fit(disp=0, tol=1e-12)
    np.testing.assert_allclose(r.coefficients()["estimate"], np.asarray(peer.params), rtol=1e-6)
    np.testing.assert_allclose(r.coefficients()["std_error"], np.asarray(peer.bse), rtol=1e-6)
    assert r.log_likelihood == pytest.approx(peer.llf, rel=1e-10)


def test_the_double_difference_of_probabilities_is_that_of_the_interaction_verb(firms):
    cells = complementarity("product", TWO, firms, controls=["size"], link="probit")
    product = interaction("product ~ size", firms, x="make", z="buy")
    a, b = cells.effect("make+buy", "supermodularity_probability"), product.effect(kind="interaction_effect")
    assert a["estimate"] == pytest.approx(b["estimate"], rel=1e-7)
    assert a["std_error"] == pytest.approx(b["std_error"], rel=1e-6)


def test_three_practices_have_two_restrictions_a_pair_and_a_joint_test(firms):
    r = complementarity("sales", THREE, firms, controls=CONTROLS, draws=2000)
    tests = r.table("complementarity-tests").frame
    assert list(tests["practices"]) == ["make+buy", "make+mach", "buy+mach", "all practices"]
    assert list(tests["restrictions"]) == [2, 2, 2, 6]
    v = r.effects_found.jacobian @ r.covariance @ r.effects_found.jacobian.T
    at = [i for i, n in enumerate(r.effects_found.names) if n.startswith("make+buy|")]
    d = distance(-r.effects_found.values[at], v[np.ix_(at, at)])
    assert tests["distance_substitutability"][0] == pytest.approx(d.statistic, rel=SAME)
    assert tests["upper_bound_0.05"][0] == pytest.approx(5.138, abs=5e-4)
    assert tests["verdict"][0] == "complements"
    # the joint cone is smaller than every part, so its distance is not
    assert tests["distance_substitutability"][3] >= tests["distance_substitutability"][:3].max() - 1e-9


def test_a_joint_test_of_two_practices_would_be_the_pair(firms):
    from innospace.firms.complementarity_cells import joint_test, pair_test

    r = complementarity("sales", TWO, firms)
    cells, v = r.estimates.values[:4], r.covariance[:4, :4]
    every = pairs(TWO)
    joint, single = joint_test(every, cells, v, 4000, 1), pair_test(every[0], cells, v, 0, 0)
    assert joint.substitutability == pytest.approx(single.substitutability, rel=1e-9)
    assert joint.p_substitutability == pytest.approx(single.p_substitutability, abs=0.02)


def test_clustered_errors_are_used_when_a_cluster_is_named(firms):
    frame = firms.assign(region=np.arange(len(firms)) % 40)
    r = complementarity("sales", TWO, frame, cluster="region")
    peer = sm.OLS(frame["sales"], dummies(frame, TWO)).fit(cov_type="cluster", cov_kwds={"groups": frame["region"]})
    assert r.kind == "cluster"
    np.testing.assert_allclose(r.coefficients()["std_error"], np.asarray(peer.bse), rtol=SAME)
    assert r.estimates.degrees == 39


def test_the_figure_headlines_only_what_is_clear_of_zero(firms):
    assert "make+buy goes with a higher outcome" in complementarity("sales", TWO, firms).figures[0].title
    # a stream of its own: that of the fixture would give back its size
    noise = firms.assign(noise=np.random.default_rng([1, 99]).normal(size=len(firms)))
    r = complementarity("noise", TWO, noise)
    assert (r.effects()["lower"] < 0.0).all()
    assert r.figures[0].title == "No combination clearly beats none"


def test_a_result_survives_storage(firms):
    r = complementarity("sales", TWO, firms, controls=CONTROLS)
    again = FirmResult.from_bundle(r.to_bundle())
    assert again.to_dict() == r.to_dict()
    assert r.sections()
    assert r.figures[0].title
    assert "make+buy" in r.summary()


@pytest.mark.parametrize("practices", [["make"], "make", ["make", "make"], list("abcdefg")])
def test_the_number_of_practices_is_checked(firms, practices):
    with pytest.raises(SpecError, match="two to 6 different practices"):
        complementarity("sales", practices, firms)


def test_a_practice_that_is_not_binary_is_refused(firms):
    with pytest.raises(DataError, match="'industry' must hold 0 and 1"):
        complementarity("sales", ["make", "industry"], firms)
    with pytest.raises(DataError, match="holds text"):
        complementarity("sales", ["make", "word"], firms.assign(word="yes"))
    with pytest.raises(DataError, match="'same' is 1 in every row"):
        complementarity("sales", ["make", "same"], firms.assign(same=1))
    with pytest.raises(LabelError, match="bye"):
        complementarity("sales", ["make", "bye"], firms)


def test_an_empty_cell_is_named_with_counts(firms):
    frame = firms[~((firms["make"] == 1) & (firms["buy"] == 0))]
    with pytest.raises(DataError, match="combination 'make'") as error:
        complementarity("sales", TWO, frame)
    assert "make 0" in error.value.where


def test_a_tiny_cell_is_flagged(firms):
    lone = firms.index[(firms["make"] == 1) & (firms["buy"] == 0)][3:]
    r = complementarity("sales", TWO, firms.drop(index=lone))
    assert "make (3)" in r.warnings[-1]
    assert not next(c for c in r.checks if c.name == "smallest_cell").ok


def test_a_constant_outcome_is_refused(firms):
    with pytest.raises(DataError, match="nothing to explain"):
        complementarity("flat", TWO, firms.assign(flat=2.0))
    with pytest.raises(DataError, match="nothing to estimate"):
        complementarity("flat", TWO, firms.assign(flat=1), link="probit")
    with pytest.raises(DataError, match="must hold 0 and 1"):
        complementarity("sales", TWO, firms, link="probit")


def test_separation_in_a_cell_is_named(firms):
    both = (firms["make"] == 1) & (firms["buy"] == 1)
    with pytest.raises(DataError, match=r"where 'make\+buy' is 1"):
        complementarity("product", TWO, firms.assign(product=firms["product"].where(~both, 1)), link="probit")


def test_unknown_options_are_named(firms):
    with pytest.raises(LabelError, match="link"):
        complementarity("sales", TWO, firms, link="tobit")
    with pytest.raises(SpecError, match="no 'cluster' covariance"):
        complementarity("sales", TWO, firms, vcov="cluster")
    with pytest.raises(DataError, match="collinear"):
        complementarity("sales", TWO, firms, controls=["make"])


def test_phi_is_pearson_and_tetrachoric_solves_the_table(firms):
    r = adoption(TWO, firms)
    a, b = firms["make"].to_numpy(float), firms["buy"].to_numpy(float)
    assert r.effect("make+buy", "phi")["estimate"] == pytest.approx(np.corrcoef(a, b)[0, 1], abs=1e-12)
    rho = r.effect("make+buy", "tetrachoric")["estimate"]
    law = stats.multivariate_normal([0.0, 0.0], [[1.0, rho], [rho, 1.0]])
    both = law.cdf(stats.norm.ppf([a.mean(), b.mean()]))
    assert both == pytest.approx(np.mean(a * b), abs=1e-6)


def test_conditional_correlations_are_smaller_where_a_control_drives_both(firms):
    r = adoption(TWO, firms, controls=["size"])
    assert set(r.effects()["kind"]) == {"phi", "tetrachoric", "residual_correlation", "conditional_tetrachoric"}
    free, given = (r.effect("make+buy", k)["estimate"] for k in ("tetrachoric", "conditional_tetrachoric"))
    assert 0.0 < given < free
    residuals = [
        generalised_residuals(firms[p].to_numpy(float), sm.add_constant(firms["size"].to_numpy())) for p in TWO
    ]
    assert r.effect("make+buy", "residual_correlation")["estimate"] == pytest.approx(correlation(*residuals)[0])
    assert "together given the controls" in r.sentences[0]
    peer = sm.Probit(firms["make"], sm.add_constant(firms["size"].to_numpy())).fit(disp=0, tol=1e-12)
    np.testing.assert_allclose(residuals[0], np.asarray(peer.resid_generalized), atol=1e-6)


def test_practices_never_adopted_together_are_refused(firms):
    with pytest.raises(DataError, match="No row has make 1, buy 1"):
        adoption(TWO, firms.assign(buy=1 - firms["make"]))


@pytest.mark.parametrize("pair", [(1, 2), (2, 1), (2, 3), (1, 4)])
@pytest.mark.parametrize("link", ["linear", "probit", "logit"])
def test_interaction_gradients_agree_with_differences(pair, link):
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(60), rng.integers(0, 2, 60), rng.normal(size=(60, 2)), rng.integers(0, 2, 60)])
    x = np.column_stack([x, x[:, pair[0]] * x[:, pair[1]]])
    theta = 0.5 * rng.normal(size=6)
    at = (*pair, 5)
    step = 1e-6
    numeric = [
        (row_effects(x, theta + step * e, at, link)[0] - row_effects(x, theta - step * e, at, link)[0]) / (2 * step)
        for e in np.eye(6)
    ]
    np.testing.assert_allclose(row_effects(x, theta, at, link)[1], np.column_stack(numeric), atol=1e-8)


def test_the_interaction_effect_is_the_cross_derivative_of_the_probability(firms):
    frame = firms.assign(age=np.random.default_rng(3).normal(size=len(firms)))
    r = interaction("product ~ make", frame, x="size", z="age")
    b = r.estimates.values[[r.estimates.names.index(n) for n in ("Intercept", "make", "size", "age", "size:age")]]

    def mean(dx, dz):
        s, a = frame["size"] + dx, frame["age"] + dz
        return stats.norm.cdf(b[0] + b[1] * frame["make"] + b[2] * s + b[3] * a + b[4] * s * a).mean()

    h = 1e-3
    cross = (mean(h, h) - mean(h, -h) - mean(-h, h) + mean(-h, -h)) / (4 * h * h)
    assert r.effect(kind="interaction_effect")["estimate"] == pytest.approx(cross, rel=1e-4)
    assert len(r.frames["rows"]) == len(frame)


def test_a_linear_interaction_is_the_coefficient(firms):
    r = interaction("sales ~ size", firms, x="make", z="buy", link="linear")
    assert r.effect(kind="interaction_effect")["estimate"] == pytest.approx(
        r.coefficients().loc["make:buy", "estimate"]
    )
    assert "strengthen" in r.sentences[0]


def test_bad_interactions_are_refused(firms):
    with pytest.raises(SpecError, match="itself"):
        interaction("product ~ size", firms, x="make", z="make")
    with pytest.raises(SpecError, match="further product"):
        interaction("product ~ make + make:size", firms, x="make", z="buy")
    with pytest.raises(SpecError, match="terms of their own"):
        interaction("product ~ make + C(industry)", firms, x="make", z="industry")
