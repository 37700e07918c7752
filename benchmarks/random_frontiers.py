"""How often a fit ends at the best optimum that is known, by estimator, on random problems: cross-sections and panels.

    python benchmarks/random_frontiers.py --problems 500 --out random.jsonl [--only half_normal pitt_lee] [--workers 2]
    python benchmarks/random_frontiers.py --out random.jsonl --page docs/explanation/random-frontiers.md

Best known is the best of the fit and of searches from random points (``known_optima.py``). A fit that ends on a named
boundary counts as reached when no search does better. Every problem that is done is a line of the file, so that a run
that was stopped goes on; the page is made from the file.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from frontier_draws import random_cross_section

from innospace.numerics.parallel import Workers
from known_optima import AROUND, WORSE, hold_law, hold_panel, laws, panels

ESTIMATORS = (*laws(), *(f"{model}/{law}" for model, law in panels()))
COMMAND = "python benchmarks/random_frontiers.py"
FULL = 500
"""Problems of each estimator in a full run."""


def panel(seed: int) -> tuple[pd.DataFrame, str]:
    """Return a random panel and its formula: unbalanced, each component large, small or absent, some outliers."""
    rng = np.random.default_rng([seed, 2])
    units, periods, k = int(rng.integers(12, 50)), int(rng.integers(3, 9)), int(rng.integers(1, 3))
    code, time = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    sizes = np.where(rng.random(4) < 0.2, 0.0, 10.0 ** rng.uniform(-1.0, 0.3, 4))
    w, h = sizes[0] * rng.normal(size=units), sizes[1] * np.abs(rng.normal(size=units))
    u, v = sizes[2] * np.abs(rng.normal(size=len(code))), (0.1 + sizes[3]) * rng.normal(size=len(code))
    x = rng.normal(size=(len(code), k)) * 10.0 ** rng.uniform(-3, 3, k)
    h = h[code] * np.exp(-rng.normal(scale=0.1) * (time - periods + 1))
    y = x @ rng.normal(size=k) + w[code] - h + v - u
    if rng.random() < 0.1:
        y[int(rng.integers(len(y)))] += 10.0 * rng.normal()
    names = [f"x{j}" for j in range(k)]
    table = pd.DataFrame({"unit": code, "time": time, "y": y, **dict(zip(names, x.T, strict=True))})
    return table[rng.random(len(table)) < rng.choice((0.7, 1.0))], "y ~ " + " + ".join(names)


def solve(_shared: None, task: tuple[str, int]) -> dict[str, Any]:
    """Return how one problem ended."""
    name, seed = task
    model, _, law = name.partition("/")
    try:
        held = hold_panel(*panel(seed), model, law, seed) if law else hold_law(*random_cross_section(seed), model, seed)
    except Exception as error:
        # the run goes on; an error that nobody foresaw is a finding of its own
        return {"estimator": name, "seed": seed, "end": f"error {type(error).__name__}", "gain": float("inf")}
    return {"estimator": name, "seed": seed, "end": held.end, "gain": held.gain}


def read(path: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """Return what is done; a line that was cut short is done again."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            row = json.loads(line)
            found[row["estimator"], row["seed"]] = row
        except (json.JSONDecodeError, KeyError):
            continue
    return found


def finish(
    tasks: list[tuple[str, int]], function: Callable[[None, tuple[str, int]], dict[str, Any]], out: Path, workers: int
) -> list[dict[str, Any]]:
    """Do tasks, each a line of the file as soon as it is done; return all rows of the file."""
    with out.open("a", encoding="utf-8") as file, Workers(function, None, workers) as pool:

        def keep(_number: int, row: dict[str, Any]) -> None:
            file.write(json.dumps(row) + "\n")
            file.flush()

        pool.run(tasks, keep)
    return list(read(out).values())


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Return a Markdown table, one line an estimator."""
    by = defaultdict(list)
    for row in rows:
        by[row["estimator"]].append(row)
    lines = ["| estimator | problems | reached, % | how fits ended |", "| --- | --- | --- | --- |"]
    for name in (e for e in ESTIMATORS if e in by):
        own = by[name]
        share = 100.0 * sum(r["gain"] <= WORSE for r in own) / len(own)
        ends = ", ".join(f"`{end}` {count}" for end, count in Counter(r["end"] for r in own).most_common())
        lines.append(f"| {name.replace('/', ', ')} | {len(own)} | {share:.1f} | {ends} |")
    return lines


def page(rows: list[dict[str, Any]]) -> str:
    """Return the page of documentation."""
    count = len(rows)
    return "\n".join(
        [
            "# How often a fit finds the best known optimum",
            "",
            f"Written by `{COMMAND} --out FILE --page PAGE` from its results of "
            f"{date.today().isoformat()}; do not edit.",
            "",
            f"{count:,} random problems. Cross-sections have 25 to 300 rows, one to three regressors in units that "
            "differ by six powers of ten, half-normal, exponential or gamma inefficiency whatever is estimated, noise "
            "from a tenth to three times its size, an outlier in one of ten. Panels have 12 to 50 units and 3 to 8 "
            "periods, a third of the rows missing in half of them, each of four components large, small or absent.",
            "",
            f"Best known is the best of the fit and of {AROUND} to {2 * AROUND} searches from random points. Reached "
            f"means that none of them gained more than {WORSE:g} of log-likelihood. `converged` is a verified maximum "
            "inside; the other endings are boundaries by name, or failures that say so.",
            "",
            *table(rows),
            "",
            f"A full run has {FULL} problems of each estimator. With fewer a share says little: where none of 20 "
            "is missed, up to one in seven may be. Estimators without a line have not been run.",
            "",
            f"Run it again: `{COMMAND} --problems {FULL} --out random.jsonl`. It goes on where it was stopped.",
            "",
        ]
    )


def main() -> int:
    """Solve what is not yet done, print the table, write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, default=0, help="per estimator; 0 only reads")
    parser.add_argument("--only", nargs="*", default=list(ESTIMATORS), help="estimators, or panel models")
    parser.add_argument("--out", type=Path, default=Path("random_frontiers.jsonl"))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--page", type=Path)
    arguments = parser.parse_args()
    done = read(arguments.out)
    names = [e for e in ESTIMATORS if e in arguments.only or e.partition("/")[0] in arguments.only]
    tasks = [(e, s) for s in range(arguments.problems) for e in names if (e, s) not in done]
    rows = finish(tasks, solve, arguments.out, arguments.workers)
    print("\n".join(table(rows)))
    if arguments.page is not None:
        arguments.page.write_text(page(rows), encoding="utf-8")
    return sum(r["end"].startswith("error") for r in rows)


if __name__ == "__main__":
    sys.exit(main() > 0)
