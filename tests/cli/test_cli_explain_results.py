"""``innospace explain`` knows every name that results show: worked studies on few draws, and models beside them.

Results on the economy and on agents are asked where their tests have them already.
"""

from __future__ import annotations

import io
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pypdf
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from explained import names_of, numbers_of, unexplained

from innospace import metafrontier
from innospace.core.errors import BoundaryWarning
from innospace.core.inputs import StepInputs
from innospace.data import as_dataset, load_sample
from innospace.firms import synthetic
from innospace.frontier import step
from innospace.frontier.fitting import fit
from innospace.frontier.panel.fit import fit_panel
from innospace.frontier.panel.models import MODELS
from innospace.frontier.structure.fit import fit_structure
from innospace.frontier.structure.models import MODELS as MODELS_OF_STRUCTURE
from innospace.report.brief_pages import render_brief_pdf
from innospace.study import run
from innospace.study.composition import compose
from innospace.study.worked import create_like

RICE = Path(__file__).parents[1] / "reference" / "riceProdPhil" / "data.csv"
FORMULA = "log(PROD) ~ log(AREA) + log(LABOR) + log(NPK)"


def stored(folder: Path, name: str, replaced=None, tables=None):
    """Run a worked study with parts of its text replaced and tables beside it; return the stored run."""
    create_like(folder, name)
    file = folder / "study.toml"
    text = file.read_text(encoding="utf-8")
    for old, new in (replaced or {}).items():
        assert old in text, old
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    for path, frame in (tables or {}).items():
        frame.to_csv(folder / path, index=False)
    return run(folder).stored


@pytest.mark.slow
@pytest.mark.drawn
def test_the_study_of_firms_is_explained_and_its_brief_is_two_full_pages(tmp_path):
    panel = synthetic.two_waves(500, 1)
    table = 'file = "panel.csv"\nnature = "simulated"'
    fewer = {'sample = "firms-synthetic-2005-2009"': table, "draws = 200": "draws = 2\nworkers = 1"}
    found = stored(tmp_path / "firms", "firms-internationalisation", fewer, {"panel.csv": panel})
    result = found.results["firms"]
    data = {*panel.columns, *load_sample("ecuador-innovators-2014").frame.columns}
    assert unexplained(names_of(result), data) == []
    document = compose(found, tmp_path / "firms", kind="brief")
    pages = pypdf.PdfReader(io.BytesIO(render_brief_pdf(document))).pages
    assert len(pages) == 2
    assert "What it looks like" in pages[0].extract_text(), "a drawing fills what findings leave of the first page"


def test_the_innovation_space(tmp_path):
    result = stored(tmp_path / "space", "russia-innovation-space").results["frontier"]
    assert unexplained(names_of(result)) == []


def test_types_of_innovation_and_groups_of_regions(tmp_path):
    found = stored(tmp_path / "types", "russia-innovation-types", {"draws = 200": "draws = 2"}).results
    data = {*load_sample("russia-innovation-types-2010-2012").frame.columns, *found["metafrontier"].groups}
    for result in found.values():
        assert unexplained(names_of(result), data) == []
        assert all(c.ok for c in result.checks)


@pytest.mark.parametrize("options", [{}, {"noise": "student_t"}, {"inefficiency": "truncated_normal"}], ids=str)
def test_a_frontier_by_formula(options):
    rng = np.random.default_rng(3)
    a, z = rng.normal(size=(2, 300))
    y = 1.0 + 0.6 * a + rng.normal(0.0, 0.2, 300) - np.abs(rng.normal(0.0, 0.4, 300) * np.exp(0.3 * z))
    formula = "y ~ a | u: z" if not options else "y ~ a"
    result = fit(formula, pd.DataFrame({"y": y, "a": a, "z": z}), **options)
    assert unexplained([*names_of(result), *numbers_of(result)], {"y", "a", "z"}) == []


@pytest.mark.parametrize("model", MODELS)
def test_a_frontier_of_a_panel(model):
    if model == "four_components":  # long on the rice fields
        result = fit_panel("y ~ x", four_parts(), unit="firm", time="year", model=model)
        data = {"y", "x", "firm", "year"}
    else:
        with warnings.catch_warnings():
            # a path of some models jumps there
            warnings.simplefilter("ignore", BoundaryWarning)
            result = fit_panel(FORMULA, pd.read_csv(RICE), unit="FMERCODE", time="YEARDUM", model=model)
        data = {"FMERCODE", "YEARDUM", *FORMULA.split()}
    assert unexplained([*names_of(result), *numbers_of(result)], data) == []


def four_parts() -> pd.DataFrame:
    """Sixty firms in five years with effects and persistent inefficiency."""
    rng = np.random.default_rng(4)
    firm, x = np.repeat(np.arange(60), 5), rng.normal(size=300)
    lasting = (0.3 * rng.normal(size=60) - 0.5 * np.abs(rng.normal(size=60)))[firm]
    y = 1.0 + 0.5 * x + lasting + 0.2 * rng.normal(size=300) - 0.4 * np.abs(rng.normal(size=300))
    return pd.DataFrame({"y": y, "x": x, "firm": firm, "year": np.tile(np.arange(5) + 2000, 60)})


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Two groups with frontiers of their own; a regressor that goes with noise, its instrument, a selection."""
    rng = np.random.default_rng(2)
    z, x, q, w, v, e = rng.normal(size=(6, 600))
    u = np.abs(rng.normal(size=600))
    moved = 0.8 * z + 0.5 * v + e
    return pd.DataFrame(
        {
            "z": z,
            "x": x,
            "moved": moved,
            "group_of_rows": np.where(q > 0.0, "Юг", "Север"),
            "one": 1.0 + 0.6 * x + 0.4 * v - 0.8 * u * (q > 0.0) - 0.1 * u,
            "two": np.where(q > 0.0, 3.0 + x, -x) + 0.2 * v - 0.3 * u,
            "three": 1.0 + 0.6 * moved + 0.4 * v - 0.8 * u,
            "number": rng.poisson(np.exp(1.0 + 0.6 * x + 0.4 * v - 0.8 * u)),
            "seen": (0.3 + z + 0.7 * v + w > 0.0).astype(int),
        }
    )


STRUCTURES = {
    "latent_class": "two ~ x | class: z",
    "zero_inefficiency": "one ~ x",
    "contaminated_noise": "one ~ x",
    "counts": "number ~ x",
    "endogenous": "three ~ moved | endogenous: moved | instruments: z",
    "selection": "one ~ x | select: z",
}


@pytest.mark.parametrize("model", MODELS_OF_STRUCTURE)
def test_a_frontier_with_a_structure(rows, model):
    selected = "seen" if model == "selection" else None
    result = fit_structure(STRUCTURES[model], rows, model=model, selected=selected)
    assert unexplained([*names_of(result), *numbers_of(result)], rows.columns) == []


@pytest.mark.parametrize("method", ["linear", "stochastic"])
def test_a_metafrontier(rows, method):
    draws = 20 if method == "linear" else 0
    result = metafrontier("two ~ x", rows, group="group_of_rows", method=method, draws=draws)
    assert unexplained([*names_of(result), *numbers_of(result)], {*rows.columns, *rows["group_of_rows"]}) == []


BOOTSTRAPS = {
    "frontier": {"formula": "one ~ x"},
    "structure": {"formula": STRUCTURES["latent_class"], "structure": "latent_class"},
    "metafrontier": {"formula": "two ~ x", "metafrontier": "linear", "group": "group_of_rows"},
}


@pytest.mark.parametrize("options", BOOTSTRAPS.values(), ids=BOOTSTRAPS)
def test_a_bootstrap_of_a_frontier(rows, options):
    options = step.Options(**options, bootstrap=20, workers=1)
    result = step.run(options, StepInputs({"table": as_dataset(rows)}))
    known = {*rows.columns, *rows["group_of_rows"]}
    assert unexplained([*names_of(result), *numbers_of(result)], known) == []
