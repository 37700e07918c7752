"""Solve many random open economies under random shocks; failures are counted and named.

python benchmarks/random_economies.py 300
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from general_cases import random_country

from innospace.economy.general.models.open_economy import open_economy
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.solve import compile_spec, solve
from innospace.economy.scenario import Scenario, Shock


def attempt(seed: int) -> str:
    """Return what went wrong with one economy; empty when nothing did."""
    rng = np.random.default_rng(seed)
    country = random_country(seed, goods=int(rng.integers(2, 6)), factors=int(rng.integers(2, 4)))
    economy = compile_spec(open_economy("random", country, "f0"))
    if solve(economy).iterations:
        return "the benchmark is not replicated"
    shocks = (
        Shock("tax", "multiply", float(rng.uniform(0.0, 2.0))),
        Shock("activity_tax", "multiply", float(rng.uniform(0.0, 2.0))),
        Shock("endowment", "multiply", float(rng.uniform(0.7, 1.5)), {"commodity": ("f0",)}),
        Shock("productivity", "multiply", float(rng.uniform(0.7, 1.5)), {"activity": ("E.g0",)}),
    )
    found = solve(economy, shocked(economy, Scenario("random", shocks=shocks)))
    if not found.status.converged:
        return found.status.message
    return "" if abs(found.walras) < 1e-9 else f"Walras: {found.walras:.3g}"


def main(count: int) -> int:
    """Print failures by seed and return how many there were."""
    failures = {seed: said for seed in range(count) if (said := attempt(seed))}
    for seed, said in failures.items():
        print(f"seed {seed}: {said}")
    print(f"{count - len(failures)} of {count} random economies solved")
    return len(failures)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300) > 0)
