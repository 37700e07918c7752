"""Every estimator of a frontier in the registries: derivatives, invariances, and where its other proofs stand.

Density and recovery of an estimator are tested beside it; ``PROOFS`` says where, and fails when a registry has an
estimator that nobody listed or a test is gone. Coverage over many draws: ``benchmarks/coverage_frontiers.py``.
"""

from __future__ import annotations

import ast
import re
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from frontier_draws import CASES, PATHS

from innospace.core.errors import BoundaryWarning, MissingRowsWarning
from innospace.frontier.densities import DENSITIES, NOISES
from innospace.frontier.fitting import fit
from innospace.frontier.likelihood import Problem, evaluate
from innospace.frontier.panel.fit import fit_panel, read_panel
from innospace.frontier.panel.models import MODELS as PANELS
from innospace.frontier.panel.models import Family
from innospace.frontier.panel.scaled import scale
from innospace.frontier.panel.spec import PanelSpec
from innospace.frontier.scaling import standardise_problem
from innospace.frontier.spec import PARTS, FrontierSpec
from innospace.frontier.structure.estimation import BUILDERS
from innospace.frontier.structure.fit import fit_structure, read_structure
from innospace.frontier.structure.metafrontier import metafrontier
from innospace.frontier.structure.models import MODELS as STRUCTURES
from innospace.frontier.structure.spec import StructureSpec

DERIVATIVES = 2e-6  # relative: central differences of step 1e-5 lose half of the digits
LOGLIK = 1e-8  # relative: a search ends where one more step gains less
SAME = 1e-5  # standard errors: estimates and errors of the same sample in other units and another order
STEP = 1e-5
VERBS = {"fit": fit, "fit_panel": fit_panel, "fit_structure": fit_structure, "metafrontier": metafrontier}
SIZES = {"fit": 120, "fit_panel": 20, "fit_structure": 90, "metafrontier": 60}
TWICE = 12
"""Rows that stand twice in one table and have a weight of two in the other."""
SEEDS = {
    "truncated_normal": 2,
    "truncated_normal, mu: z": 0,
    "truncated_normal, scale: z": 1,
    "metafrontier, linear": 1,
    "metafrontier, quadratic": 1,
}
"""Of samples whose maximum is inside, where that of seed 3 is not."""
SLOW = ("gamma", "weibull", "lognormal", "student_t", "four_components", "effects, exponential", "effects, u: z")
SLOW += ("effects, v: z", "metafrontier, stochastic")
"""Estimators whose search takes long: their standardised problems are compared, which a search starts from."""
FREE = ("schmidt_sickles", "cornwell_schmidt_sickles")
FITTED = [name for name in CASES if not any(s in name for s in SLOW)]
LIKELIHOODS = [name for name, case in CASES.items() if case.verb != "metafrontier" and name not in FREE]
HERE = Path(__file__).parent
PROOFS = {
    "distributions": {
        "of": (*DENSITIES, *NOISES),
        "density": "test_frontier_laws.py::test_integrates_to_one",
        "derivatives by row": "test_frontier_laws.py::test_derivatives",
        "recovery": "test_frontier_law_fits.py::test_recovery",
        "recovery of the first three": "../../recovery/test_frontier_recovery.py::test_parameters",
    },
    "regressors of parameters": {
        "of": tuple(PARTS),
        "derivatives by row": "test_frontier_likelihood.py::test_derivatives_of_indexes",
        "recovery": "test_frontier_determinants.py::test_recovery",
        "recovery of the scaling property": "test_frontier_determinants.py::test_scaling_property_recovers",
    },
    "one inefficiency a unit": {
        "of": tuple(n for n, m in PANELS.items() if m.family is Family.ONE_SIDED),
        "density": "test_panel_likelihoods.py::test_one_sided_likelihood_is_the_integral_over_inefficiency",
        "recovery": "test_panel_determinants.py::test_slopes_are_recovered_where_inefficiency_belongs_to_the_unit",
    },
    "effects of the unit": {
        "of": tuple(n for n, m in PANELS.items() if m.family is Family.MIXED),
        "density": "test_panel_likelihoods.py::test_mixed_likelihood_is_the_integral_over_the_effect",
        "recovery": "test_panel_determinants.py::test_slopes_are_recovered_where_inefficiency_belongs_to_the_row",
    },
    "no distribution": {
        "of": FREE,
        "least squares": "test_panel_likelihoods.py::test_distribution_free_frontiers_are_dummy_variable_regressions",
    },
    "mixtures": {
        "of": ("zero_inefficiency", "latent_class", "contaminated_noise"),
        "density": "test_structure_mixtures.py::test_the_density_integrates_to_one",
        "recovery": "test_structure_mixtures.py::"
        "test_the_reported_likelihood_is_that_of_the_formula_and_the_truth_is_found",
    },
    "counts": {
        "of": ("counts",),
        "density": "test_structure_counts.py::test_probabilities_are_integrals_and_sum_to_one",
        "recovery": "test_structure_counts.py::test_the_truth_is_found",
    },
    "endogenous regressors": {
        "of": ("endogenous",),
        "density": "test_structure_endogenous.py::test_the_reported_likelihood_is_that_of_the_formula",
        "recovery": "test_structure_endogenous.py::test_the_truth_is_found_where_the_plain_frontier_misses_it",
    },
    "selection": {
        "of": ("selection",),
        "density": "test_structure_selection.py::test_the_closed_form_is_the_integral_over_inefficiency_and_a_density",
        "recovery": "test_structure_selection.py::"
        "test_the_truth_is_found_and_efficiency_is_given_where_the_outcome_is_seen",
    },
    "metafrontier": {
        "of": ("metafrontier",),
        "least envelope": "../../frontier/test_metafrontier.py::test_envelope_is_the_least_one",
        "recovery": "../../frontier/test_metafrontier.py::test_a_moderate_gap_is_recovered",
        "intervals of gaps": "test_metafrontier_gaps.py::test_intervals_hold_gap_ratios_when_parameters_are_known",
    },
}
"""By family: its estimators, and the tests of each property."""


@cache
def functions_in(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_estimator_has_its_proofs_and_its_samples():
    listed = [name for family in PROOFS.values() for name in family["of"]]
    registered = [*DENSITIES, *NOISES, *PARTS, *PANELS, *STRUCTURES, "metafrontier"]
    assert sorted(listed) == sorted(registered)
    for family in PROOFS.values():
        for what, place in family.items():
            if what != "of":
                file, _, name = place.partition("::")
                assert name in functions_in((HERE / file).resolve()), place
    sampled = {
        "densities": {c.options.get("inefficiency") for c in CASES.values() if c.verb == "fit"},
        "noises": {c.options.get("noise", "normal") for c in CASES.values() if c.verb == "fit"},
        "panels": {
            (c.options["model"], c.options.get("inefficiency")) for c in CASES.values() if c.verb == "fit_panel"
        },
        "structures": {c.options["model"] for c in CASES.values() if c.verb == "fit_structure"},
    }
    assert sampled["densities"] == set(DENSITIES)
    assert sampled["noises"] == set(NOISES)
    assert sampled["structures"] == set(STRUCTURES)
    pairs = {(m.name, law) for m in PANELS.values() for law in (m.inefficiency or (None,))}
    assert pairs <= sampled["panels"]
    assert set(PATHS) == set(PROOFS["one inefficiency a unit"]["of"])


def problem_of(case, table):
    """Return the standardised problem of a cross-section."""
    options = {k: v for k, v in case.options.items() if k != "weights"}
    law = FrontierSpec(case.formula, **options).law
    designs = {}
    for part, column in re.findall(r"\| (\w+): (\w+)", case.formula):
        own = table[column].to_numpy()[:, None]
        designs[PARTS[part]] = own if part == "scale" else np.column_stack((np.ones(len(own)), own))
    z = tuple(designs.get(name) for name in law.parameters) if designs else ()
    x = np.column_stack((np.ones(len(table)), table["a"]))
    weights = table["weight"].to_numpy() if "weight" in table else None
    return standardise_problem(Problem(table["y"].to_numpy(), x, 1.0, law, weights, z))[1].problem


def likelihood(case, table):
    """Return value, score and Hessian as a function of standardised parameters, and a point."""
    if case.verb == "fit":
        problem = problem_of(case, table)
        return lambda t: evaluate(problem, t), np.full(problem.places()[-1].stop, -0.3)
    if case.verb == "fit_panel":
        spec = PanelSpec(case.formula, "region", "year", **case.options)
        scaled = scale(read_panel(spec, table).arrays, PANELS[spec.model], spec.inefficiency)
        return scaled.evaluate, np.full(len(scaled.names), -0.3)
    spec = StructureSpec(case.formula, **case.options)
    built = BUILDERS[spec.model](spec, read_structure(spec, table).arrays, 0)
    return built.likelihood.evaluate, built.starts[0] + 0.1


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_score_and_hessian_are_numerical_ones(name):
    case = CASES[name]
    table = case.draw(np.random.default_rng(1), 6 if case.verb == "fit_panel" else 40).table
    function, theta = likelihood(case, table)
    value, gradient, hessian = function(theta)
    curve = DERIVATIVES * (1.0 + abs(value) + np.abs(hessian).max())
    assert np.isfinite(value)
    for j, h in enumerate(STEP * np.eye(len(theta))):
        up, down = function(theta + h), function(theta - h)
        assert (up[0] - down[0]) / (2 * STEP) == pytest.approx(gradient[j], abs=DERIVATIVES * (1 + abs(value)))
        assert (up[1] - down[1]) / (2 * STEP) == pytest.approx(hessian[:, j], abs=curve)


def two_tables(case):
    """Return a table; the same in another order and other units, with weights and a row that lacks a cell."""
    table = case.draw(np.random.default_rng(SEEDS.get(case.name, 3)), SIZES[case.verb]).table
    x = next(c for c in ("a", "x", "x1") if c in table)
    weighted = case.verb in ("fit", "fit_structure")
    unit = 1.0 if case.name == "counts" else 1000.0
    moved = table.assign(y=unit * table["y"], **{x: 7.0 * table[x] + 3.0})
    if weighted:
        moved["weight"] = np.where(np.arange(len(table)) < TWICE, 2.0, 1.0)
        table = pd.concat([table, table.head(TWICE)])
    moved = moved.sample(frac=1.0, random_state=1)
    lacking = moved.head(1).assign(**{x: np.nan})
    lacking = lacking.assign(year=99) if case.verb == "fit_panel" else lacking
    if case.name == "selection":
        lacking = lacking.assign(d=1.0)
    return table, moved, lacking, x, unit


def terms(case, table):
    """Return how often the unit of the outcome stands in the likelihood."""
    if case.name == "selection":
        return table["d"].sum()
    fixed = case.options.get("model") == "true_fixed_effects"
    return len(table) - (table["region"].nunique() if fixed else 0)


@pytest.mark.parametrize("name", FITTED)
def test_order_units_weights_and_missing_rows_change_nothing(name):
    case = CASES[name]
    table, moved, lacking, x, unit = two_tables(case)
    verb = VERBS[case.verb]
    options = {k: v for k, v in case.options.items() if k != "draws"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BoundaryWarning)
        one = verb(case.formula, table, **options)
        if "weight" in moved:
            options["weights"] = "weight"
        with pytest.warns(MissingRowsWarning):
            two = verb(case.formula, pd.concat([moved, lacking]), **options)
    assert one.status.boundary == two.status.boundary
    first, second = (r.estimated().set_index("name") for r in (one, two))
    slopes = [n for n in first.index if n.partition("_")[0] == x]
    size = first.loc[slopes, "std_error"].fillna(1.0)
    for column in ("estimate", "std_error"):
        away = (second.loc[slopes, column] * 7.0 / unit - first.loc[slopes, column]) / size
        assert np.abs(away.dropna()).max() < SAME or first.loc[slopes, column].isna().all()
    if case.verb != "metafrontier" and name not in FREE:
        shift = terms(case, table) * np.log(unit)
        assert two.loglik + shift == pytest.approx(one.loglik, rel=LOGLIK)
    if name == "latent_class":
        assert two.numbers["bic_1"] - 2.0 * shift == pytest.approx(one.numbers["bic_1"], rel=LOGLIK)


@pytest.mark.parametrize("name", [n for n in LIKELIHOODS if n not in FITTED])
def test_the_standardised_problem_is_the_same_in_other_units_and_another_order(name):
    case = CASES[name]
    table, moved, _, _, _ = two_tables(case)
    function, theta = likelihood(case, table)
    again, _ = likelihood(case, moved)
    for one, two in zip(function(theta), again(theta), strict=True):
        assert two == pytest.approx(one, rel=LOGLIK, abs=1e-7)
