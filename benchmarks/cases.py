"""The registry of timed cases: what is set up, what is timed, and the group in which peers stand side by side."""

from __future__ import annotations

import tempfile
import tomllib
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import cases_firms_chain
import cases_firms_did
import cases_firms_joint
import cases_firms_matching
import cases_firms_panel
import cases_firms_panel_choice
import cases_firms_productivity
import cases_frontiers
from case import Case


@cache
def sample(n: int) -> tuple[Any, Any]:
    """Return outcome, shape (n,), and three regressors, shape (n, 3), of a half-normal frontier."""
    rng = np.random.default_rng(20121231)
    x = rng.normal(size=(n, 3))
    noise = 0.3 * rng.normal(size=n) - np.abs(0.6 * rng.normal(size=n))
    return 1.0 + x @ np.array([0.3, 0.4, 0.2]) + noise, x


def fit(y: Any, x: Any, inefficiency: str) -> Any:
    """Estimate with standard errors and the efficiency of every row."""
    import innospace

    result = innospace.fit(y=y, X=x, inefficiency=inefficiency)
    return result.coefficients(), result.efficiencies()


def fit_pysfa(y: Any, x: Any) -> Any:
    """Do the same with pysfa: BFGS with numerical derivatives; half-normal only."""
    from pysfa import SFA
    from pysfa.constant import FUN_PROD, TE_te

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = SFA.SFA(y, x, fun=FUN_PROD, method=TE_te)
        return model.get_beta(), model.get_std_err(), model.get_technical_efficiency()


@cache
def large_csv() -> Path:
    """Return a clean CSV of a million rows and five columns."""
    import pandas as pd

    y, x = sample(1_000_000)
    path = Path(tempfile.mkdtemp()) / "large.csv"
    frame = pd.DataFrame({"id": np.arange(len(y)), "y": y.round(6), **{f"x{j}": x[:, j].round(6) for j in range(3)}})
    frame.to_csv(path, index=False)
    return path


def read_csv(path: Path) -> Any:
    """Read a table with type and error checks."""
    import innospace

    return innospace.read_table(path)


def read_csv_pandas(path: Path) -> Any:
    """Read the same table with pandas alone."""
    import pandas as pd

    return pd.read_csv(path)


def replicate() -> Any:
    """Invert Table 4 and estimate every model."""
    import innospace

    return innospace.replicate_innovation_space()


@cache
def document() -> Any:
    """Return the replication as a report in data."""
    from innospace.study.composition import document_of

    return document_of(replicate(), "Replication", "innospace replicate innovation-space")


def write_report(pages: Any, formats: tuple[str, ...]) -> Any:
    """Draw every figure and write the report."""
    import innospace

    with tempfile.TemporaryDirectory() as folder:
        return innospace.write_report(pages, Path(folder) / "report", formats)


def solve_world(regions: int, sectors: int) -> Any:
    """Set up and solve a world of regions in which one has a tenth more capital."""
    from innospace.economy.general.models.world import world
    from innospace.economy.general.solve import compile_spec, solve

    economy = compile_spec(world(regions, sectors))
    p = economy.parameters.values.copy()
    p[economy.parameters.position["endowment.H0.K0"]] *= 1.1
    return solve(economy, p, route="block")


def draw_equilibria(draws: int) -> Any:
    """Solve the small open economy with and without tariffs at draws of its elasticities of trade."""
    from innospace.economy.general.models import ready
    from innospace.economy.general.sensitivity import Uncertain, sensitivity
    from innospace.economy.general.solve import compile_spec

    model = ready("stdcge")
    nests = ({"nest": ("Q.BRD.mix", "Q.MLK.mix")}, {"nest": ("Z.BRD.sales", "Z.MLK.sales")})
    uncertain = [Uncertain("elasticity", 0.5, where) for where in nests]
    economy = compile_spec(model.spec)
    return sensitivity(economy, model.scenarios[:1], uncertain, method="monte_carlo", draws=draws, seed=1)


@cache
def economy() -> tuple[Any, Any]:
    """Return the compiled knowledge economy of the shipped matrix and the four policy options."""
    from innospace.economy.models.knowledge.solve import shipped_scenarios
    from innospace.economy.replication.published import paper_efficiency
    from innospace.economy.replication.replicate import shipped_model

    model = shipped_model(paper_efficiency().value)
    _ = model.system, model.base_x
    return model, tuple(shipped_scenarios().values())


def regions() -> tuple[Any, ...]:
    """Return the table of 80 regions and the scenarios of the worked study that comes with it."""
    from innospace.data import load_sample
    from innospace.economy.scenario import Scenario
    from innospace.study.worked import worked_studies

    study = worked_studies()["russian-regions"].folder / "study.toml"
    known = tomllib.loads(study.read_text(encoding="utf-8"))["scenario"]
    return load_sample("russia-80-economy-2012"), tuple(map(Scenario.from_dict, known)), (2012, 2030)


def few_regions() -> tuple[Any, ...]:
    """Return the same to 2015."""
    table, _, _ = regions()
    return table, (), (2012, 2015)


def solve_all_regions(table: Any, scenarios: Any, years: Any) -> Any:
    """Solve all years and scenarios, set-up and checks included."""
    from innospace.economy.models.regions.run import solve_regions

    return solve_regions(table, scenarios, years=years)


def set_up_economy(model: Any) -> Any:
    """Calibrate and compile the equations anew."""
    from dataclasses import replace

    return replace(model).system


@cache
def a_year() -> tuple[Any, ...]:
    """Return equations, parameters of a year and the solution of the year before."""
    from innospace.economy.models.knowledge.dynamics import solve_path

    model, _ = economy()
    path = solve_path(model)
    return model.system, path.parameters[9], model.system.to_x(path.levels[8])


def solve_a_year(system: Any, parameters: Any, guess: Any) -> Any:
    """Solve one year from the year before."""
    from innospace.economy.solve import solve_year

    return solve_year(system, parameters, guess)


def solve_paths(model: Any, scenarios: Any) -> Any:
    """Solve the baseline and the four options from 2012 to 2030."""
    from innospace.economy.models.knowledge.dynamics import solve_path

    return [solve_path(model, s) for s in (None, *scenarios)]


def draw(model: Any, scenarios: Any, count: int) -> Any:
    """Solve baseline and options with drawn assumptions on all cores, workers' start included."""
    from innospace.economy.models.knowledge.uncertainty import draw as run

    return run(model, scenarios, count, workers=None)


CASES = (
    *(
        Case("innospace", f"half-normal, {n:,} rows", lambda n=n: (*sample(n), "half_normal"), fit)
        for n in (80, 10_000, 100_000, 1_000_000)
    ),
    *(
        Case("pysfa", f"half-normal, {n:,} rows", lambda n=n: sample(n), fit_pysfa, 3 if n < 100_000 else 1)
        for n in (80, 10_000, 100_000)
    ),
    Case("innospace", "exponential, 100,000 rows", lambda: (*sample(100_000), "exponential"), fit),
    Case("innospace", "truncated normal, 100,000 rows", lambda: (*sample(100_000), "truncated_normal"), fit),
    Case("innospace", "read a CSV of 1,000,000 rows", lambda: (large_csv(),), read_csv),
    Case("pandas", "read a CSV of 1,000,000 rows", lambda: (large_csv(),), read_csv_pandas),
    Case("innospace", "replicate innovation-space", tuple, replicate, 1),
    Case("innospace", "report as HTML", lambda: (document(), ("html",)), write_report, 1),
    Case("innospace", "report as PDF", lambda: (document(), ("pdf",)), write_report, 1),
    Case("innospace", "economy: set-up", lambda: economy()[:1], set_up_economy),
    Case("innospace", "economy: one year, warm", a_year, solve_a_year, 20),
    Case("innospace", "economy: baseline and four options, 19 years", economy, solve_paths),
    *(
        Case("innospace", f"world: {r * (4 * k + 2):,} prices and quantities", lambda r=r, k=k: (r, k), solve_world, 3)
        for r, k in ((10, 20), (20, 50), (85, 60))
    ),
    Case(
        "innospace", "regions: 80 regions and two scenarios, 2012 to 2030", regions, solve_all_regions, 1, few_regions
    ),
    Case("innospace", "economy: 1,000 draws", lambda: (*economy(), 1000), draw, 1, lambda: (*economy(), 4)),
    Case("innospace", "equilibrium: 1,000 draws of stdcge", lambda: (1000,), draw_equilibria, 1, lambda: (4,)),
    *cases_firms_panel.CASES,
    *cases_firms_did.CASES,
    *cases_firms_productivity.CASES,
    *cases_firms_chain.CASES,
    *cases_firms_joint.CASES,
    *cases_firms_matching.CASES,
    *cases_firms_panel_choice.CASES,
    *cases_frontiers.CASES,
)
