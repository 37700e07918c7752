"""Samples whose likelihood has a lower maximum near the usual starts: the fit is not below searches from elsewhere."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from frontier_draws import random_cross_section

from innospace.core.errors import BoundaryWarning
from innospace.frontier.densities import DENSITIES
from innospace.frontier.estimate import standardise_problem
from innospace.frontier.fitting import fit
from innospace.frontier.indexed import edge
from innospace.frontier.likelihood import Problem, evaluate
from innospace.numerics.maximum_likelihood import maximise

NOT_BELOW = 1e-4  # log-likelihood; searches on an edge stop as soon as they cross it


@pytest.mark.parametrize(
    ("law", "seed", "elsewhere", "lower"),
    [
        ("truncated_normal", 173, (1.6, 0.0, -1.6), -397.04289),
        ("truncated_normal", 47, (2.0, -0.3, -1.0), -77.86650),
        ("truncated_laplace", 112, (0.2, 0.5, -5.6), -99.03668),
        ("truncated_laplace", 142, (0.0, 0.0, -1.8), -40.24867),
        ("weibull", 25, (2.0, 1.0, -6.0), -247.90052),
    ],
)
def test_a_lower_maximum_near_the_usual_starts_is_passed(law, seed, elsewhere, lower):
    y, x = random_cross_section(seed)
    density = DENSITIES[law]
    _, standard = standardise_problem(Problem(y, np.column_stack((np.ones(len(y)), x)), 1.0, density))
    problem = standard.problem
    start = np.concatenate((np.zeros(problem.k), elsewhere))
    start[0] = float(density.mean_inefficiency(tuple(np.asarray(v) for v in elsewhere))) / problem.x[0, 0]
    best = maximise(lambda t: evaluate(problem, t), start, stop=lambda t: bool(edge(problem, t)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BoundaryWarning)
        result = fit(y=y, X=x, inefficiency=law)
    assert best.value + standard.loglik_shift > lower + 0.01
    assert result.loglik >= best.value + standard.loglik_shift - NOT_BELOW


def test_regressors_of_a_variance_are_sought_from_every_share():
    y, x = random_cross_section(14)
    z = np.random.default_rng([14, 9]).normal(size=(2, len(y))).T
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BoundaryWarning)
        result = fit(y=y, X=x, determinants={"u": z}, inefficiency="exponential")
    # without the shares 0.25 and 0.75 the search ends at -135.636
    assert result.loglik > -135.37
