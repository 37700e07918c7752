"""Effects on the lalonde rows against R and Python programs; the README there says what each reference is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from innospace.firms.choice.binary import binary
from innospace.firms.effects.cinelli_hazlett import cinelli_hazlett
from innospace.firms.effects.doubly_robust import doubly_robust
from innospace.firms.effects.matching import match
from innospace.firms.effects.rosenbaum import rosenbaum
from innospace.firms.effects.weighting import weight

HERE = Path(__file__).parent / "lalonde"
COVARIATES = "age + educ + black + hispan + married + nodegree + re74 + re75"
FORMULA = f"treat ~ {COVARIATES}"

# ten digits are printed, and every quantity below is a smooth function of them
PRINTED = 1e-9
# R's glm stops at a relative change of the deviance of 1e-8, which moves scores in the eighth digit
SCORE = 1e-7
# four decimals are printed
FOUR = 5.1e-5
# the reference stopped at a loose tolerance (README)
EBAL = 5e-5
# the reference differentiates numerically in raw units (README)
GMM_EFFECT, GMM_ERROR = 4e-4, 0.02
GMM_RA = 1e-7


@cache
def rows() -> pd.DataFrame:
    return pd.read_csv(HERE / "data.csv")


@cache
def reference() -> dict[tuple[str, str], float]:
    table = pd.read_csv(HERE / "reference.csv")
    return dict(zip(zip(table["model"], table["param"], strict=True), table["value"], strict=True))


def att(**options):
    return match(FORMULA, "re78", rows(), **options)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_scores(link):
    r = binary(FORMULA, rows(), link=link)
    for name, value in r.coefficients()["estimate"].items():
        expected = reference()[f"ps_{link}", "(Intercept)" if name == "Intercept" else name]
        assert value == pytest.approx(expected, rel=1e-5 if link == "probit" else 1e-6)


@pytest.mark.parametrize("order", ["largest", "closest", "data"])
def test_greedy_without_replacement(order):
    r = att(order=order)
    suffix = "" if order == "largest" else f"_{order}"
    assert r.effect("re78", "att")["estimate"] == pytest.approx(
        reference()[f"MatchIt_4.7.1_nn1_noreplace{suffix}", "ATT"], rel=PRINTED
    )
    assert r.numbers["pairs"] == 185


def test_caliper_in_standard_deviations():
    r = att(caliper=0.2)
    expected = "MatchIt_4.7.1_nn1_noreplace_caliper0.2sd"
    assert r.effect("re78", "att")["estimate"] == pytest.approx(reference()[expected, "ATT"], rel=PRINTED)
    assert r.numbers["pairs"] == reference()[expected, "n_t"]


def test_with_replacement_the_rule_for_ties_decides():
    first, average = att(replace=True, ties="first"), att(replace=True)
    assert first.effect("re78", "att")["estimate"] == pytest.approx(
        reference()["own_nn1_replace_first_tie", "ATT"], rel=PRINTED
    )
    assert average.effect("re78", "att")["estimate"] == pytest.approx(
        reference()["own_nn1_replace_ties_averaged", "ATT"], rel=PRINTED
    )


MATCHING = (
    ("Matching_Match_ps_M1_ATT_AI", {"errors": "homoskedastic"}),
    (
        "Matching_Match_ps_M4_ATT_AI_Var4",
        {"neighbours": 4, "variance_neighbours": 4, "errors": "abadie_imbens"},
    ),
    (
        "Matching_mahalanobis_M1_biasadj",
        {"distance": "mahalanobis", "bias_adjust": True, "errors": "homoskedastic"},
    ),
)


@pytest.mark.parametrize(("name", "options"), MATCHING)
def test_matching_with_its_tolerance_for_ties(name, options):
    row = att(replace=True, tie_tolerance=1e-5, **options).effect("re78", "att")
    assert row["estimate"] == pytest.approx(reference()[name, "est"], rel=1e-8)
    assert row["std_error"] == pytest.approx(reference()[name, "se_AI"], rel=1e-8)


def test_standardised_differences():
    r = weight(FORMULA, "re78", rows(), method="subclassification")
    b = r.table("balance").frame.set_index("name")
    for name in ("score", "age", "educ", "re74", "re75", "black", "hispan", "married", "nodegree"):
        for ours, theirs in (("before", "un"), ("after", "adj")):
            key = "distance" if name == "score" else name
            expected = reference()["MatchIt_subclass6_smd", f"{key}:{theirs}"]
            found = b.loc[name, f"smd_{ours}"]
            if name in ("black", "hispan", "married", "nodegree"):  # cobalt: differences of shares
                found = b.loc[name, f"mean_treated_{ours}"] - b.loc[name, f"mean_control_{ours}"]
            assert found == pytest.approx(expected, rel=SCORE, abs=1e-9)


def test_subclassification():
    row = weight(FORMULA, "re78", rows(), method="subclassification", errors="subclass").effect("re78", "att")
    assert row["estimate"] == pytest.approx(reference()["MatchIt_subclass6", "ATT"], rel=PRINTED)
    assert row["std_error"] == pytest.approx(reference()["MatchIt_subclass6", "se"], rel=PRINTED)


@pytest.mark.parametrize("estimand", ["att", "ate"])
def test_inverse_probability_weighting(estimand):
    key = f"WeightIt_ipw_{estimand.upper()}_hajek"
    r = weight(FORMULA, "re78", rows(), estimand=estimand, errors="robust")
    row = r.effect("re78", estimand)
    assert row["estimate"] == pytest.approx(reference()[key, estimand.upper()], rel=SCORE)
    assert row["std_error"] == pytest.approx(reference()[key, "se_HC0"], rel=SCORE)
    if estimand == "att":
        assert r.numbers["effective_untreated"] == pytest.approx(reference()[key, "ESS_c"], rel=SCORE)


def test_entropy_balancing():
    r = weight(FORMULA, "re78", rows(), method="entropy_balancing", errors="robust")
    row = r.effect("re78", "att")
    assert row["estimate"] == pytest.approx(reference()["WeightIt_ebal_ATT", "ATT"], rel=EBAL)
    assert row["std_error"] == pytest.approx(reference()["WeightIt_ebal_ATT", "se_HC0"], rel=10 * EBAL)
    assert r.numbers["largest_gap"] < 1e-9


TREATMENT_EFFECTS = (
    ("ipw_groupall", weight, {"estimand": "ate"}, "ate", GMM_EFFECT, 0.15),
    ("ipw_group1", weight, {}, "att", GMM_EFFECT, GMM_ERROR),
    ("ra_groupall", doubly_robust, {"method": "ra", "estimand": "ate"}, "ate", 1e-9, GMM_RA),
    ("ra_group1", doubly_robust, {"method": "ra"}, "att", 1e-9, GMM_RA),
    ("aipw_groupall", doubly_robust, {"estimand": "ate"}, "ate", GMM_EFFECT, GMM_ERROR),
)


@pytest.mark.parametrize(("name", "verb", "options", "kind", "effect", "error"), TREATMENT_EFFECTS)
def test_treatment_effects(name, verb, options, kind, effect, error):
    row = verb(FORMULA, "re78", rows(), **options).effect("re78", kind)
    assert row["estimate"] == pytest.approx(reference()[f"statsmodels_TE_{name}", "effect"], rel=effect)
    assert row["std_error"] == pytest.approx(reference()[f"statsmodels_TE_{name}", "se"], rel=error)


def test_rosenbaum_bounds():
    frame = rosenbaum(pd.read_csv(HERE / "pairs.csv"), treated="y_t", control="y_c").table("bounds").frame
    for _, row in frame.iterrows():
        for side in ("lower", "upper"):
            expected = reference()["rbounds_psens_noreplace", f"Gamma{row['gamma']:g}_{side}"]
            assert row[f"p_{side}"] == pytest.approx(expected, abs=FOUR)


def test_the_pairs_are_those_of_the_matching():
    pairs = pd.read_csv(HERE / "pairs.csv").sort_values("treated")
    found = att().frames["pairs"].sort_values("treated_row")
    assert found["re78_treated"].to_numpy() == pytest.approx(pairs["y_t"].to_numpy())
    assert found["re78_control"].mean() == pytest.approx(pairs["y_c"].mean(), rel=0.2)


def test_robustness_values():
    n = cinelli_hazlett(f"re78 ~ treat + {COVARIATES}", rows(), treatment="treat").numbers
    for ours, theirs in (
        ("estimate", "est"),
        ("std_error", "se"),
        ("r2yd", "r2yd"),
        ("rv_q", "rv_q"),
        ("rv_qa", "rv_qa"),
    ):
        assert n[ours] == pytest.approx(reference()["sensemakr", theirs], rel=PRINTED)
