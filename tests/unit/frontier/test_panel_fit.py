"""The verb on panels: stored maxima, invariances, storage, boundaries, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from innospace.core.errors import DataError, LabelError, SpecError
from innospace.frontier.panel.fit import fit_panel
from innospace.frontier.panel.models import MODELS
from innospace.frontier.panel.result import PanelResult

REFERENCE = Path(__file__).parents[2] / "reference" / "riceProdPhil"
FORMULA = "log(PROD) ~ log(AREA) + log(LABOR) + log(NPK)"
LOGLIK = 1e-8  # relative
COEFFICIENTS = 1e-6  # absolute
ERRORS = 1e-5  # absolute
SETTLED = [name for name in MODELS if name not in ("four_components", "kumbhakar_1990")]
"""On the rice data four components end near a boundary and the path of Kumbhakar jumps, which is tested apart."""


@pytest.fixture(scope="module")
def rice():
    return pd.read_csv(REFERENCE / "data.csv")


def fitted(data, model, **options):
    return fit_panel(FORMULA, data, unit="FMERCODE", time="YEARDUM", model=model, **options)


@pytest.mark.parametrize(
    ("model", "inefficiency", "reference"),
    [
        ("pitt_lee", "half_normal", "exact_pittlee_hn"),
        ("pitt_lee", "truncated_normal", "exact_pittlee_tn"),
        ("battese_coelli_1992", "half_normal", "exact_bc92_hn"),
        ("battese_coelli_1992", "truncated_normal", "exact_bc92_tn"),
    ],
)
def test_estimates_and_errors_are_the_stored_ones(rice, model, inefficiency, reference):
    models = json.loads((REFERENCE / "exact.json").read_text(encoding="utf-8"))["models"]
    expected = next(m for m in models if m["id"] == reference)
    found = fitted(rice, model, inefficiency=inefficiency)
    assert found.loglik == pytest.approx(expected["loglik"], rel=LOGLIK)
    frame = found.coefficients()
    assert list(frame["estimate"])[:4] == pytest.approx(list(expected["coef"].values())[:4], abs=COEFFICIENTS)
    assert list(frame["std_error"])[:4] == pytest.approx(list(expected["se_hessian"].values())[:4], abs=ERRORS)
    assert all(c.ok for c in found.checks)


@pytest.mark.parametrize("model", SETTLED)
def test_order_of_rows_and_units_of_measurement_change_nothing(rice, model):
    found = fitted(rice, model)
    moved = rice.sample(frac=1.0, random_state=1).assign(
        PROD=lambda d: 1000.0 * d["PROD"], NPK=lambda d: 7.0 * d["NPK"]
    )
    other = fitted(moved, model)
    assert other.loglik == pytest.approx(found.loglik, rel=1e-9, nan_ok=True)
    assert other.parameter("log(AREA)") == pytest.approx(found.parameter("log(AREA)"), abs=1e-6)
    assert other.efficiencies["te"].to_numpy() == pytest.approx(found.efficiencies["te"].to_numpy(), abs=1e-6)


@pytest.mark.parametrize("model", SETTLED)
def test_a_stored_result_is_the_same(rice, model):
    found = fitted(rice, model).vcov("cluster")
    again = PanelResult.from_bundle(found.to_bundle())
    assert again.summary() == found.summary()
    assert again.findings() == found.findings()
    assert again.efficiencies["te"].between(0.0, 1.0).all()


def test_a_component_that_vanishes_is_named_and_has_no_error():
    rng = np.random.default_rng(5)
    unit = np.repeat(np.arange(60), 6)
    x = rng.normal(size=360)
    # skewed the wrong way: the best rows lie far above, none far below
    y = 1.0 + 0.5 * x + rng.normal(0.0, 0.3, 60)[unit] + rng.exponential(0.4, 360)
    data = pd.DataFrame({"y": y, "x": x, "region": unit, "year": np.tile(np.arange(6), 60)})
    with pytest.warns(UserWarning, match="without inefficiency"):
        found = fit_panel("y ~ x", data)
    assert found.status.boundary == "sigma_u_zero"
    assert np.isnan(found.coefficients().loc["lnsigma_u2", "std_error"])
    assert np.isfinite(found.coefficients().loc["x", "std_error"])


def test_bad_input_says_what_to_do(rice):
    with pytest.raises(SpecError, match="Unknown panel model"):
        fitted(rice, "true_random_effect")
    with pytest.raises(SpecError, match="cannot have truncated normal"):
        fitted(rice, "true_random_effects", inefficiency="truncated_normal")
    with pytest.raises(LabelError, match="FARM"):
        fit_panel(FORMULA, rice, unit="FARM", time="YEARDUM")
    with pytest.raises(DataError, match="no panel"):
        fit_panel(FORMULA, rice.assign(row=range(len(rice))), unit="row", time="YEARDUM")
    with pytest.raises(DataError, match="does not vary within units"):
        fit_panel("log(PROD) ~ log(AREA) + FMERCODE", rice, unit="FMERCODE", time="YEARDUM", model="true_fixed_effects")


def test_a_report_of_every_model_can_be_set(rice):
    from innospace.study.composition import document_of

    for model in SETTLED:
        found = fitted(rice, model)
        sections = found.sections()
        assert [s.anchor for s in sections] == ["model", "estimates", "efficiency"]
        document = document_of(found, model, "innospace fit")
        assert len(document.figures()) == 2
        assert ("tests" in [t.name for t in document.tables()]) == bool(found.tests)
    with pytest.raises(SpecError, match="nothing to test"):
        fitted(rice, "schmidt_sickles").table("tests")


def test_a_panel_is_a_step_of_a_study(rice, tmp_path):
    from innospace.study.execute import run
    from innospace.study.inspect import problems
    from innospace.study.store import read_run

    rice.to_csv(tmp_path / "rice.csv", index=False)
    step = '[step.frontier]\nengine = "frontier"\ndata = "farms"\npanel = "battese_coelli_1992"\nunit = "FMERCODE"\n'
    head = '[study]\ntitle = "Rice"\n[data.farms]\nfile = "rice.csv"\n'
    (tmp_path / "study.toml").write_text(f'{head}{step}time = "YEARDUM"\nformula = "{FORMULA}"\n')
    assert problems(tmp_path) == []
    made = run(tmp_path)
    stored = read_run(tmp_path).results["frontier"]
    assert stored.loglik == made.stored.results["frontier"].loglik == pytest.approx(-84.55036608069398, rel=LOGLIK)
    (tmp_path / "study.toml").write_text(f'{head}{step}time = "YEAR"\nformula = "{FORMULA}"\n')
    assert "YEAR" in problems(tmp_path)[0].what
    (tmp_path / "study.toml").write_text(f'{head}{step}noise = "laplace"\nformula = "{FORMULA}"\n')
    assert "do not belong to a step with panel: noise" in problems(tmp_path)[0].what
