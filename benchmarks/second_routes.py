"""Every ready model and scenario solved again by another route: largest residual and gap between the answers.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/second_routes.py

Square systems go to MINPACK's hybrid method with derivatives by differences (up to 700 unknowns), from the baseline.
Complementarity problems are solved by a semismooth Newton method from a start away from the answer.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import root

from innospace.economy.general.compiled import Economy
from innospace.economy.general.coordinates import Coordinates
from innospace.economy.general.models import MODELS, ready
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.solve import compile_spec, solve

LARGEST = 700
"""Unknowns above which derivatives by differences take minutes."""


def again(economy: Economy, before: Equilibrium, found: Equilibrium) -> tuple[str, np.ndarray]:
    """Return how a solution was found a second time, and its unknowns."""
    if economy.complementary:
        start = 1.05 * found.unknowns + 0.01
        other = solve(economy, found.parameters, start=start, route="complementarity")
        return "complementarity, other start", other.unknowns
    c = Coordinates(economy)

    def residual(x: np.ndarray) -> np.ndarray:
        return np.asarray(economy.evaluate(c.to_v(x), found.parameters, derivatives=False)[0])

    return "MINPACK", c.to_v(root(residual, c.to_x(before.unknowns), tol=1e-13).x)


def main() -> None:
    """Print one line a model and scenario."""
    print("| model | scenario | unknowns | status | residual | second route | gap |")
    print("| --- " * 7 + "|")
    for name in MODELS:
        model = ready(name)
        economy = compile_spec(model.spec)
        base = solve(economy)
        solved = {"baseline": base}
        start = None if economy.has_benchmark else base.unknowns
        for s in model.scenarios:
            p = shocked(economy, s)
            solved[s.name] = solve(economy, p, start=start, known=(base.unknowns, base.parameters))
        for scenario, found in solved.items():
            how, gap = "none: too large", ""
            if economy.layout.size <= LARGEST:
                how, other = again(economy, base, found)
                gap = f"{np.max(np.abs(other - found.unknowns) / np.maximum(1.0, np.abs(found.unknowns))):.1e}"
            size = economy.layout.size
            print(f"| {name} | {scenario} | {size} | {found.status.code} | {found.residual:.1e} | {how} | {gap} |")


if __name__ == "__main__":
    main()
