"""Processor seconds of the first world that a fresh process sets up and solves, and of loading what it needs.

python benchmarks/cold_worlds.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

WORLDS = ((10, 20), (20, 50), (55, 93))
"""Regions and sectors; ``regions (4 sectors + 2)`` prices and quantities."""
PROGRAM = """
import json, sys, time
from innospace.economy.general.models.world import world
from innospace.economy.general.solve import compile_spec, solve
loaded = time.process_time()
economy = compile_spec(world(int(sys.argv[1]), int(sys.argv[2])))
p = economy.parameters.values.copy()
p[economy.parameters.position["endowment.H0.K0"]] *= 1.1
found = solve(economy, p, route="block")
print(json.dumps([loaded, time.process_time() - loaded, found.residual, bool(found.status.converged)]))
"""


def main() -> int:
    """Print a table: least and largest of some fresh processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    solved = True
    print("unknowns  loading  first call: least, largest (processor seconds)  residual")
    for regions, sectors in WORLDS:
        command = [sys.executable, "-c", PROGRAM, str(regions), str(sectors)]
        runs = [json.loads(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(rounds)]
        loading, calls = min(r[0] for r in runs), sorted(r[1] for r in runs)
        solved = solved and all(r[3] for r in runs)
        print(f"{regions * (4 * sectors + 2):8,}  {loading:7.2f}  {calls[0]:.3f} {calls[-1]:.3f}  {runs[0][2]:.1e}")
    return int(not solved)


if __name__ == "__main__":
    sys.exit(main())
