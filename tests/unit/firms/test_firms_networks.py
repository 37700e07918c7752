"""Partner networks and mediation: estimates against statsmodels, effects against simulation, bad input."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))

import statsmodels.api as sm
from firm_chain_cases import mediated_firms
from scipy import stats

from innospace.core.errors import DataError, LabelError, SpecError
from innospace.firms.choice.binary import binary
from innospace.firms.mediation import mediation
from innospace.firms.mediation_effects import KINDS, MediationData, mediated
from innospace.firms.networks import networks
from innospace.firms.result import FirmResult

PARTNERS = ["partner", "domestic"]
WHO = {"partners": PARTNERS, "regressors": ["foreign", "size"], "outcomes": ["rd"]}
# four standard errors of a mean of a million draws of a probability
DRAWN = 4.0 * 0.5 / np.sqrt(1_000_000)


@pytest.fixture(scope="module")
def firms():
    return mediated_firms()


@pytest.fixture(scope="module")
def result(firms):
    return networks(firms, **WHO)


def test_equations_are_single_probits(firms, result):
    for name, formula in (
        ("partner", "partner ~ foreign + size"),
        ("rd", "rd ~ foreign + size"),
        ("rd with partners", "rd ~ foreign + size + partner + domestic"),
    ):
        single = binary(formula, firms, vcov="robust")
        mine = result.coefficients().filter(regex=f"^{name}: ", axis=0)
        np.testing.assert_allclose(mine["estimate"], single.coefficients()["estimate"], rtol=1e-8)
        np.testing.assert_allclose(mine["std_error"], single.coefficients()["std_error"], rtol=1e-6)
        effects = single.effects()
        for _, row in effects.iterrows():
            own = result.effect(f"{name}: {row['name']}", row["kind"])
            assert own["estimate"] == pytest.approx(row["estimate"], rel=1e-8)
            assert own["std_error"] == pytest.approx(row["std_error"], rel=1e-6)


def test_differences_count_the_covariance_of_equations(firms, result):
    row = result.effect("rd: partner - domestic", "difference_of_partner_effects")
    first, second = (result.effect(f"rd with partners: {p}", "average_discrete_change")["estimate"] for p in PARTNERS)
    assert row["estimate"] == pytest.approx(first - second)
    # a partner that is nearly the same: its errors move together, so the difference is known far better than each
    near = firms.assign(near=np.where(np.arange(len(firms)) % 25 == 0, 1 - firms["partner"], firms["partner"]))
    twins = networks(near, partners=["partner", "near"], regressors=["foreign", "size"])
    gap = twins.effect("partner - near: foreign", "difference_between_partners")
    alone = [twins.effect(f"{p}: foreign", "average_discrete_change")["std_error"] for p in ("partner", "near")]
    assert gap["std_error"] < 0.5 * np.hypot(*alone)
    change = result.effect("rd: foreign", "change_with_partners")
    parts = [result.effect(f"{e}: foreign", "average_discrete_change")["estimate"] for e in ("rd with partners", "rd")]
    assert change["estimate"] == pytest.approx(parts[0] - parts[1])
    assert change["upper"] < 0.0


def test_clusters_and_hessian(firms):
    frame = firms.assign(region=np.arange(len(firms)) % 50)
    r = networks(frame, **WHO, cluster="region")
    assert r.kind == "cluster"
    peer = sm.Probit(frame["partner"], sm.add_constant(frame[["foreign", "size"]])).fit(disp=0, tol=1e-12)
    np.testing.assert_allclose(r.vcov("hessian").coefficients()["std_error"][:3], np.asarray(peer.bse), rtol=1e-6)


def test_findings_name_partners(result):
    text = " ".join(result.sentences)
    assert "the probability of rd: partner by" in text
    assert "partner goes with" in text
    assert result.numbers["rho"] == pytest.approx(0.0, abs=0.12)
    assert set(result.table("networks-equations").frame["regressor"]) == {"foreign", "size", *PARTNERS}


def test_only_partners(firms):
    r = networks(firms, partners="partner", regressors=["foreign"])
    assert list(r.estimates.names) == ["partner: Intercept", "partner: foreign"]


def test_results_survive_storage(firms, result):
    split = mediation("rd", "partner", "foreign", firms, bootstrap=10)
    for r in (result, split):
        again = FirmResult.from_bundle(r.to_bundle())
        assert str(again.to_dict()) == str(r.to_dict())
        assert r.sections()


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"partners": []}, SpecError, "at least one partner"),
        ({"partners": ["partner", "partner"]}, SpecError, "more than once"),
        ({"outcomes": ["partner"]}, SpecError, "more than once"),
        ({"regressors": []}, SpecError, "need regressors"),
        ({"regressors": ["foreign", "domestic"]}, SpecError, "both explained and a regressor"),
        ({"partners": ["score"]}, DataError, "must hold 0 and 1"),
        ({"outcomes": ["score"]}, DataError, "must hold 0 and 1"),
        ({"link": "linear"}, LabelError, "link"),
        ({"partners": ["absent"]}, LabelError, "absent"),
    ],
)
def test_bad_networks_are_refused(firms, change, error, match):
    with pytest.raises(error, match=match):
        networks(firms, **(WHO | change))


def test_a_constant_or_separated_partner_is_refused(firms):
    with pytest.raises(DataError, match="'none' is 0 in every row"):
        networks(firms.assign(none=0), partners=["none"], regressors=["size"])
    with pytest.raises(DataError, match="Perfect separation"):
        networks(firms.assign(copy=firms["foreign"]), partners=["copy"], regressors=["foreign", "size"])


def test_rare_partners_are_flagged(firms):
    lone = np.zeros(len(firms), dtype=int)
    lone[:7] = 1
    r = networks(firms.assign(lone=lone), partners=["lone"], regressors=["size"])
    assert "lone (7)" in r.warnings[-1]


@pytest.mark.parametrize("interaction", [False, True])
def test_mediation_agrees_with_simulated_potential_outcomes(firms, interaction):
    r = mediation("rd", "partner", "foreign", firms, controls=["size"], interaction=interaction, bootstrap=0)
    b = r.coefficients()["estimate"]
    rng = np.random.default_rng(1)
    size = rng.choice(firms["size"].to_numpy(), 1_000_000)
    e, u = rng.standard_normal((2, 1_000_000))

    def partner(t):
        return b["partner: Intercept"] + b["partner: size"] * size + b["partner: foreign"] * t + e > 0

    def rd(t, m):
        both = b["rd: foreign:partner"] * t * m if interaction else 0.0
        index = b["rd: Intercept"] + b["rd: size"] * size + b["rd: foreign"] * t + b["rd: partner"] * m + both
        return index + u > 0

    y = {(t, s): rd(t, partner(s)).mean() for t in (0, 1) for s in (0, 1)}
    assert r.effect(kind="total")["estimate"] == pytest.approx(y[1, 1] - y[0, 0], abs=2 * DRAWN)
    assert r.effect(kind="indirect_treated")["estimate"] == pytest.approx(y[1, 1] - y[1, 0], abs=2 * DRAWN)
    assert r.effect(kind="indirect_control")["estimate"] == pytest.approx(y[0, 1] - y[0, 0], abs=2 * DRAWN)
    assert r.effect(kind="direct_treated")["estimate"] == pytest.approx(y[1, 1] - y[0, 1], abs=2 * DRAWN)
    assert r.effect(kind="direct_control")["estimate"] == pytest.approx(y[1, 0] - y[0, 0], abs=2 * DRAWN)


@pytest.mark.parametrize("link", ["probit", "logit", "linear"])
@pytest.mark.parametrize("interaction", [False, True])
def test_mediation_gradients_agree_with_differences(link, interaction):
    rng = np.random.default_rng(2)
    n = 80
    t, m = rng.integers(0, 2, (2, n)).astype(float)
    x = np.column_stack([np.ones(n), rng.normal(size=n)])
    d = MediationData(np.zeros(n), m, t, x, link, "logit", interaction, np.arange(n))
    theta = 0.5 + 0.3 * rng.normal(size=7 + interaction)
    h = 1e-6
    numeric = [(mediated(d, theta + h * e)[0] - mediated(d, theta - h * e)[0]) / (2 * h) for e in np.eye(len(theta))]
    np.testing.assert_allclose(mediated(d, theta)[1], np.column_stack(numeric), atol=1e-7)


def test_linear_mediation_is_the_product_of_coefficients(firms):
    r = mediation("score", "partner", "foreign", firms, controls=["size"], link="linear", bootstrap=0)
    b = r.coefficients()["estimate"]
    index = b["partner: Intercept"] + b["partner: size"] * firms["size"]
    shift = (stats.norm.cdf(index + b["partner: foreign"]) - stats.norm.cdf(index)).mean()
    assert r.effect(kind="indirect_average")["estimate"] == pytest.approx(shift * b["score: partner"])
    assert r.effect(kind="direct_average")["estimate"] == pytest.approx(b["score: foreign"])


def test_bootstrap_and_delta_errors_agree(firms, tmp_path):
    r = mediation("rd", "partner", "foreign", firms, controls=["size"], bootstrap=150, seed=3)
    table = r.table("mediation-intervals").frame.set_index("effect")
    for kind in ("total", "indirect average", "direct average"):
        ratio = table.loc[kind, "std_error_bootstrap"] / table.loc[kind, "std_error_delta"]
        # the error of a standard error from 150 draws is 6 %
        assert ratio == pytest.approx(1.0, abs=0.2)
    row = r.effect(kind="indirect_average")
    assert row["lower"] < row["estimate"] < row["upper"]
    assert row["lower"] == table.loc["indirect average", "lower_bootstrap"]
    how = {"seed": 3, "resume": tmp_path / "long"}
    again = mediation("rd", "partner", "foreign", firms, controls=["size"], bootstrap=150, **how)
    assert again.effects().equals(r.effects())
    assert tuple(r.effects()["kind"]) == KINDS


def test_the_assumption_is_said(firms):
    r = mediation("rd", "partner", "foreign", firms, bootstrap=0)
    assert "sequential ignorability" in r.sentences[-1]
    assert "sequential ignorability" in r.warnings[0]
    assert r.kind == "hessian"
    regions = firms.assign(region=np.arange(len(firms)) // 10)
    assert mediation("rd", "partner", "foreign", regions, cluster="region", bootstrap=0).kind == "cluster"


def test_bad_mediation_is_refused(firms):
    with pytest.raises(SpecError, match="three different columns"):
        mediation("rd", "partner", "partner", firms)
    with pytest.raises(SpecError, match="three different columns"):
        mediation("rd", "partner", "foreign", firms, controls=["partner"])
    with pytest.raises(DataError, match="'size' must hold 0 and 1"):
        mediation("rd", "size", "foreign", firms)
    with pytest.raises(DataError, match="'size' must hold 0 and 1"):
        mediation("rd", "partner", "size", firms)
    with pytest.raises(DataError, match="'score' must hold 0 and 1 for the link 'probit'"):
        mediation("score", "partner", "foreign", firms)
    for name in ("partner", "foreign"):
        with pytest.raises(DataError, match=f"'{name}' is 0 in every row"):
            mediation("rd", "partner", "foreign", firms.assign(**{name: 0}))
    with pytest.raises(DataError, match="Perfect separation"):
        mediation("rd", "partner", "foreign", firms.assign(rd=firms["rd"] * firms["partner"]))
    with pytest.raises(DataError, match="nothing to explain"):
        mediation("flat", "partner", "foreign", firms.assign(flat=2.0), link="linear")
    with pytest.raises(LabelError, match="link"):
        mediation("rd", "partner", "foreign", firms, link="tobit")
