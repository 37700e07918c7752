"""The best optimum that many searches know of, to hold a fit against: cross-sections and panels."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from innospace.core.errors import InnospaceError
from innospace.frontier.densities import DENSITIES, PRIORS, Composed
from innospace.frontier.estimate import standardise_problem
from innospace.frontier.fitting import fit
from innospace.frontier.indexed import edge
from innospace.frontier.likelihood import Problem, evaluate
from innospace.frontier.panel.decay import DECAYS
from innospace.frontier.panel.fit import fit_panel, read_panel
from innospace.frontier.panel.mixed import MixedProblem
from innospace.frontier.panel.models import MODELS, Family
from innospace.frontier.panel.scaled import scale
from innospace.frontier.panel.search import search
from innospace.frontier.panel.spec import PanelSpec
from innospace.numerics.maximum_likelihood import maximise

AROUND = 8
"""Searches from random points around a fit; of cross-sections as many again from random points around moments."""
DEAR = 4
"""All searches of a likelihood by quadrature, an evaluation of which costs a hundred times as much."""
SPREAD = 0.5
"""Standard deviation of what is added to standardised parameters."""
PATH_SPREAD = 10.0
"""The same for the path of inefficiency over time, in every other search."""
WORSE = 1e-4
"""Log-likelihood by which another optimum must be better."""


@dataclass(frozen=True)
class Held:
    """A fit beside the best that is known: how it ended, and what a search gained over it (zero: nothing)."""

    end: str
    gain: float

    @property
    def reached(self) -> bool:
        """Whether no search did better."""
        return self.gain <= WORSE


def laws() -> tuple[str, ...]:
    """Return distributions of inefficiency."""
    return tuple(name for name in DENSITIES if name != "none")


def panels() -> tuple[tuple[str, str], ...]:
    """Return panel models that are estimated by maximum likelihood, each with each of its distributions."""
    return tuple((m.name, law) for m in MODELS.values() if m.family is not Family.FREE for law in m.inefficiency)


def hold_law(y: Any, x: Any, law: str, seed: int) -> Held:
    """Hold a fit of a cross-section, shapes (n,), (n, k) without the constant, against random searches."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = fit(y=y, X=x, inefficiency=law)
    except InnospaceError as error:
        return Held(type(error).__name__, 0.0)
    density = DENSITIES[law]
    _, standard = standardise_problem(Problem(y, np.column_stack((np.ones(len(y)), x)), 1.0, density))
    scaled = standard.problem
    moments = np.concatenate((np.zeros(scaled.k), density.from_moments(1.0, -0.5, 0.5)))
    own = result.estimate.problem.density.name == law
    centres = [standard.from_data(result.estimate.theta) if own else moments, moments]
    rng = np.random.default_rng([seed, 1])
    best = -np.inf
    around = DEAR // 2 if isinstance(density, Composed) else AROUND if own else AROUND // 2
    for centre in centres:
        for _ in range(around):
            start = centre + SPREAD * rng.normal(size=len(centre))
            found = maximise(lambda t: evaluate(scaled, t), start, stop=lambda t: bool(edge(scaled, t)))
            if found.code == "converged" and _proper(law, found.theta, scaled):
                best = max(best, found.value + standard.loglik_shift)
    return Held(_end(result), max(best - result.loglik, 0.0))


def hold_panel(table: Any, formula: str, model: str, law: str, seed: int) -> Held:
    """Hold a fit of a panel, columns ``unit`` and ``time``, against random searches."""
    spec = PanelSpec(formula, "unit", "time", model, law)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = fit_panel(spec, table)
            arrays = read_panel(spec, table).arrays
    except InnospaceError as error:
        return Held(type(error).__name__, 0.0)
    scaled = scale(arrays, MODELS[model], law)
    centre = scaled.from_data(result.theta)
    # a component at its floor is sought again from above it
    centre = np.where(centre < -5.0, -2.0, centre)
    rng = np.random.default_rng([seed, 1])
    best = -np.inf
    path = np.isin(scaled.levels, DECAYS[MODELS[model].decay].parameters if MODELS[model].decay else ())
    for number in range(DEAR if isinstance(scaled.problem, MixedProblem) else AROUND):
        # every other search begins with a path of inefficiency of another shape
        spread = np.where(path & (number % 2 == 1), PATH_SPREAD, SPREAD)
        found, _ = search(scaled, centre + spread * rng.normal(size=len(centre)))
        if found.code in ("converged", "boundary"):
            best = max(best, found.value + scaled.loglik_shift)
    return Held(_end(result), max(best - result.loglik, 0.0))


def _proper(law: str, theta: Any, problem: Problem) -> bool:
    """Whether an optimum is one: a shape below one has a pole at zero, which no likelihood survives without noise."""
    if law not in PRIORS or "lnshape_u" not in problem.density.parameters:
        return True
    shape, noise = problem.place("lnshape_u").start, problem.place("lnsigma_v2").start
    return not (theta[shape] < 0.0 and theta[noise] < -14.0)


def _end(result: Any) -> str:
    return result.status.boundary or str(result.status.code)
