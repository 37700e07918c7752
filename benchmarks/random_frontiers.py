"""How often a fit ends at the best optimum that is known, by estimator, on random problems: cross-sections and panels.

    python benchmarks/random_frontiers.py --problems 500 --out random.jsonl [--only half_normal pitt_lee] [--workers 2]
    python benchmarks/random_frontiers.py --out random.jsonl --page docs/explanation/random-frontiers.md

Best known is the best of the fit and of searches from random points (``known_optima.py``). A fit that ends on a named
boundary counts as reached when no search does better. Every problem that is done is a line of the file, so that a run
that was stopped goes on; lines of the page are made from the file.
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

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from frontier_draws import random_cross_section, random_panel

from innospace.numerics.parallel import Workers
from known_optima import AROUND, DEAR, WORSE, hold_law, hold_panel, laws, panels

ESTIMATORS = (*laws(), *(f"{model}/{law}" for model, law in panels()))
COMMAND = "python benchmarks/random_frontiers.py"
FULL = 500
"""Problems of each estimator in a full run."""


def solve(_shared: None, task: tuple[str, int]) -> dict[str, Any]:
    """Return how one problem ended."""
    name, seed = task
    model, _, law = name.partition("/")
    try:
        held = (
            hold_panel(*random_panel(seed), model, law, seed)
            if law
            else hold_law(*random_cross_section(seed), model, seed)
        )
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


def lines(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Return a line of the table for each estimator, by its title."""
    by = defaultdict(list)
    for row in rows:
        by[row["estimator"].replace("/", ", ")].append(row)
    made = {}
    for title, own in by.items():
        share = 100.0 * sum(r["gain"] <= WORSE for r in own) / len(own)
        ends = ", ".join(f"`{end}` {count}" for end, count in Counter(r["end"] for r in own).most_common())
        made[title] = f"| {title} | {len(own)} | {share:.1f} | {ends} | {date.today().isoformat()} |"
    return made


def table(found: dict[str, str]) -> list[str]:
    """Return a Markdown table."""
    head = ["| estimator | problems | reached, % | how fits ended | written |", "| --- | --- | --- | --- | --- |"]
    return [*head, *(found[title] for title in (e.replace("/", ", ") for e in ESTIMATORS) if title in found)]


def earlier(path: Path) -> dict[str, str]:
    """Return the lines that a page has of earlier runs, by title; none if there is no page yet."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    own = [line for line in text.splitlines() if line.startswith("| ")]
    return {line.split(" | ")[0].removeprefix("| "): line for line in own[2:]}


def page(found: dict[str, str]) -> str:
    """Return the page of documentation."""
    count = sum(int(line.split(" | ")[1]) for line in found.values())
    return "\n".join(
        [
            "# How often a fit finds the best known optimum",
            "",
            f"Written by `{COMMAND} --out FILE --page PAGE` from its results; do not edit. Estimators that FILE does "
            "not hold keep their line.",
            "",
            f"{count:,} random problems. Cross-sections have 25 to 300 rows, one to three regressors in units that "
            "differ by six powers of ten, half-normal, exponential or gamma inefficiency whatever is estimated, noise "
            "from a tenth to three times its size, an outlier in one of ten. Panels have 12 to 50 units and 3 to 8 "
            "periods, a third of the rows missing in half of them, each of four components large, small or absent.",
            "",
            f"Best known is the best of the fit and of {DEAR} to {2 * AROUND} searches from random points. "
            f"Reached means that none of them gained more than {WORSE:g} of log-likelihood. `converged` is a verified "
            "maximum inside; the other endings are boundaries by name, or failures that say so.",
            "",
            *table(found),
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
    found = lines(rows)
    print("\n".join(table(found)))
    if arguments.page is not None:
        arguments.page.write_text(page(earlier(arguments.page) | found), encoding="utf-8")
    return sum(r["end"].startswith("error") for r in rows)


if __name__ == "__main__":
    sys.exit(main() > 0)
