"""The innovation space on a panel: a step is the panel frontier of model (4) on the checked table."""

import numpy as np
import pandas as pd
import pytest

from innospace.core.inputs import TABLE, StepInputs
from innospace.data import as_dataset, load_sample
from innospace.data.schemas.innovation_space import validate
from innospace.frontier import step
from innospace.frontier.panel.fit import fit_panel
from innospace.frontier.space.fit import MODEL_2, MODEL_4, panel_formula, with_time

SAME = 1e-12
"""The same computation twice."""
TRUTH = 0.06
"""Three standard errors of the elasticity in the panel drawn below (one is 0.019)."""


def drawn(seed=4):
    """Return regions over years with inefficiency that lasts; S and B give V."""
    rng = np.random.default_rng(seed)
    regions, years = 80, 5
    size, u = np.repeat(rng.normal(size=regions), years), np.repeat(np.abs(rng.normal(size=regions)), years)
    s = np.ceil(np.exp(3.3 + 0.8 * size + 0.4 * rng.normal(size=len(size))))
    b = np.ceil(np.exp(6.5 + 0.8 * size + 0.4 * rng.normal(size=len(size))))
    year = np.tile(np.arange(2010, 2010 + years), regions)
    log_q = -4.8 + 0.65 * np.log(s * b) + 0.05 * (year - 2010) + 0.2 * rng.normal(size=len(size)) - u
    names = np.repeat([f"Область {i + 1}" for i in range(regions)], years)
    columns = {"technologies": np.exp(log_q), "rd_organisations": s, "innovative_companies": b}
    return pd.DataFrame({"region": names, "year": year, **columns})


def test_the_step_recovers_what_was_drawn_from_the_product_of_counts():
    data = as_dataset(drawn())
    options = step.Options(model="innovation_space", panel="pitt_lee")
    assert step.preflight(options, StepInputs({TABLE: data})) == []
    r = step.run(options, StepInputs({TABLE: data}))
    assert r.parameter("log(space)") == pytest.approx(0.65, abs=TRUTH)
    frame = with_time(validate(data).frame)
    assert np.allclose(np.sort(frame["space"]), np.sort(drawn()["rd_organisations"] * drawn()["innovative_companies"]))
    other = fit_panel(MODEL_4, frame, model="pitt_lee")
    assert r.loglik == pytest.approx(other.loglik, rel=SAME)
    assert r.efficiencies[["te_lower", "te", "te_upper"]].apply(lambda row: row.is_monotonic_increasing, axis=1).all()


def test_regions_with_paths_of_their_own_have_no_common_terms_of_time():
    assert panel_formula("cornwell_schmidt_sickles") == MODEL_2
    assert panel_formula("kumbhakar_1990") == MODEL_4


def test_a_table_of_one_year_is_refused_before_anything_is_computed():
    sample = load_sample("russia-2010-2012")
    one = sample.with_frame(sample.frame[sample.frame["year"] == 2012])
    options = step.Options(model="innovation_space", panel="pitt_lee")
    assert "no panel" in step.preflight(options, StepInputs({TABLE: one}))[0].what


def test_keys_of_columns_do_not_belong_to_it():
    with pytest.raises(ValueError, match="unit"):
        step.Options(model="innovation_space", panel="pitt_lee", unit="firm")
    with pytest.raises(ValueError, match="focus"):
        step.Options(model="innovation_space", panel="pitt_lee", focus=["Область 1"])
