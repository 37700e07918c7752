"""``innospace explain`` knows every name that results show: worked studies on few draws, and models beside them.

Results on the economy and on agents are asked where their tests have them already.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from explained import names_of, unexplained

from innospace.data import load_sample
from innospace.firms import synthetic
from innospace.frontier.fitting import fit
from innospace.frontier.panel.fit import fit_panel
from innospace.frontier.panel.models import MODELS
from innospace.study import run
from innospace.study.worked import create_like

RICE = Path(__file__).parents[1] / "reference" / "riceProdPhil" / "data.csv"
FORMULA = "log(PROD) ~ log(AREA) + log(LABOR) + log(NPK)"


def results(folder: Path, name: str, replaced=None, tables=None):
    """Run a worked study with parts of its text replaced and tables beside it; return its results by step."""
    create_like(folder, name)
    file = folder / "study.toml"
    text = file.read_text(encoding="utf-8")
    for old, new in (replaced or {}).items():
        assert old in text, old
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    for path, frame in (tables or {}).items():
        frame.to_csv(folder / path, index=False)
    return run(folder).stored.results


@pytest.mark.slow
def test_the_study_of_firms(tmp_path):
    panel = synthetic.two_waves(500, 1)
    table = 'file = "panel.csv"\nnature = "simulated"'
    fewer = {'sample = "firms-synthetic-2005-2009"': table, "draws = 200": "draws = 2\nworkers = 1"}
    result = results(tmp_path / "firms", "firms-internationalisation", fewer, {"panel.csv": panel})["firms"]
    data = {*panel.columns, *load_sample("ecuador-innovators-2014").frame.columns}
    assert unexplained(names_of(result), data) == []


def test_the_innovation_space(tmp_path):
    result = results(tmp_path / "space", "russia-innovation-space")["frontier"]
    assert unexplained(names_of(result)) == []


@pytest.mark.parametrize("options", [{}, {"noise": "student_t"}, {"inefficiency": "truncated_normal"}], ids=str)
def test_a_frontier_by_formula(options):
    rng = np.random.default_rng(3)
    a, z = rng.normal(size=(2, 300))
    y = 1.0 + 0.6 * a + rng.normal(0.0, 0.2, 300) - np.abs(rng.normal(0.0, 0.4, 300) * np.exp(0.3 * z))
    formula = "y ~ a | u: z" if not options else "y ~ a"
    result = fit(formula, pd.DataFrame({"y": y, "a": a, "z": z}), **options)
    assert unexplained(names_of(result), {"y", "a", "z"}) == []


@pytest.mark.parametrize("model", [m for m in MODELS if m != "four_components"])  # long on these data, words the same
def test_a_frontier_of_a_panel(model):
    result = fit_panel(FORMULA, pd.read_csv(RICE), unit="FMERCODE", time="YEARDUM", model=model)
    assert unexplained(names_of(result), {"FMERCODE", "YEARDUM", *FORMULA.split()}) == []
