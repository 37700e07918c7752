"""How often a fit ends at the best optimum that is known, by distribution, on random problems.

``python benchmarks/optima_frontiers.py --problems 500``. Best known is the best of the fit and of searches from random
points around it. A fit that ends on a named boundary counts as reached when no search does better.
"""

from __future__ import annotations

import argparse
import warnings
from collections import Counter

import numpy as np

from innospace.core.errors import InnospaceError
from innospace.frontier.densities import DENSITIES
from innospace.frontier.estimate import standardise_problem
from innospace.frontier.fitting import fit
from innospace.frontier.indexed import edge
from innospace.frontier.likelihood import Problem, evaluate
from innospace.numerics.maximum_likelihood import maximise

AROUND = 8
"""Searches from random points."""
WORSE = 1e-4
"""Log-likelihood by which another optimum must be better."""


def problem(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a random problem: few or many rows, little or much noise, three kinds of inefficiency, some outliers."""
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(25, 300)), int(rng.integers(1, 4))
    x = rng.normal(size=(n, k)) * 10.0 ** rng.uniform(-3, 3, k)
    scale = 10.0 ** rng.uniform(-1, 0.5)
    u = (np.abs(rng.normal(size=n)), rng.exponential(size=n), rng.gamma(2.0, 0.5, n))[int(rng.integers(3))]
    y = x @ rng.normal(size=k) + scale * rng.normal(size=n) - u
    if rng.random() < 0.1:
        y[int(rng.integers(n))] += 10.0 * rng.normal()
    return y, x


def gain(y: np.ndarray, x: np.ndarray, law: str, seed: int) -> tuple[float, str]:
    """Return by how much searches around the fit do better, and how the fit ended."""
    result = fit(y=y, X=x, inefficiency=law)
    density = DENSITIES[law]
    _, standard = standardise_problem(Problem(y, np.column_stack((np.ones(len(y)), x)), 1.0, density))
    scaled = standard.problem
    centre = (
        standard.from_data(result.estimate.theta)
        if result.estimate.problem.density.name == law
        else np.concatenate((np.zeros(scaled.k), density.from_moments(1.0, -0.5, 0.5)))
    )
    rng = np.random.default_rng(seed)
    best = -np.inf
    for _ in range(AROUND):
        start = centre + 0.5 * rng.normal(size=len(centre))
        found = maximise(lambda t: evaluate(scaled, t), start, stop=lambda t: bool(edge(scaled, t)))
        if found.code == "converged":
            best = max(best, found.value + standard.loglik_shift)
    return best - result.loglik, result.status.boundary or str(result.status.code)


def main() -> None:
    """Print a line a distribution."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=500)
    parser.add_argument("--laws", nargs="*", default=list(DENSITIES))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    for law in arguments.laws:
        ends: Counter[str] = Counter()
        reached = 0
        for seed in range(arguments.problems):
            try:
                more, end = gain(*problem(seed), law, seed)
            except InnospaceError as error:
                more, end = 0.0, type(error).__name__
            ends[end] += 1
            reached += more <= WORSE
        told = ", ".join(f"{name} {count}" for name, count in ends.most_common())
        print(f"{law:24} {100.0 * reached / arguments.problems:6.1f} % reached the best known optimum; {told}")


if __name__ == "__main__":
    main()
