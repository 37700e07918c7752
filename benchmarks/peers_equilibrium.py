"""Open economies of growing size beside other Python packages, in one run: CPU seconds, ratios, answers.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/peers_equilibrium.py --out peers.json [--goods 2 10 50]
    python benchmarks/peers_equilibrium.py --out peers.json --page benchmarks/peers_equilibrium.md

A package that is not installed is left out. Each takes the same matrix, calibrates the small open economy of Hosoe,
Gasawa and Hashimoto (2010, chapter 6), and solves it without and with tariffs; set-up and both solutions are timed.
Answers are compared: utility of the household and prices after the change. Time is that of the processor in this
process; the least of the rounds is told. A package that needs longer than ``--limit`` seconds at one size is not asked
for the next.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import math
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

import innospace
from innospace.economy.general.models.open_economy import Country, Elasticities, open_economy
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.solve import compile_spec, solve
from innospace.economy.scenario import Scenario, Shock

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from general_cases import random_country

GOODS = (2, 5, 10, 20, 50, 100, 200)
ROUNDS = 3
OWN = "innospace"
SEED = 11
SAME = 1e-6
"""Relative difference from our answer above which an answer is called another one; peers stop at 1e-9 or so."""
COMMAND = "python benchmarks/peers_equilibrium.py"
Answer = dict[str, float]


def country(goods: int) -> Country:
    """Return the matrix; elasticities are those of the textbook: 2 in trade, 1 between factors."""
    return replace(random_country(SEED, goods), elasticities=Elasticities())


def solve_innospace(c: Country) -> Answer:
    """Compile, solve, remove tariffs, solve."""
    economy = compile_spec(open_economy("peer", c, "f1"))
    solve(economy)
    after = solve(economy, shocked(economy, Scenario("tariffs", shocks=(Shock("tax", "set", 0.0),))))
    if not after.status.converged:
        raise RuntimeError(after.status.message)
    return {"utility": after.level("HOH"), "capital": after.price("f0"), "exchange": after.price("FX")}


def solve_cgelab(c: Country) -> Answer:
    """Calibrate, solve, remove tariffs, solve; a good is an activity and a commodity."""
    import cgelab
    import pandas as pd

    goods, r = c.roles.goods, c.roles
    cells = [("a_" + i, "c_" + i, c.made(i)) for i in goods]
    for row, column in ((i, j) for i in c.sam.accounts for j in c.sam.accounts if c.sam.cell(i, j)):
        payer = f"c_{column}" if column in goods and row not in (*goods, *r.factors) else column
        payer = f"a_{column}" if column in goods and payer == column else payer
        cells.append((f"c_{row}" if row in goods else row, payer, c.sam.cell(row, column)))
    sam = cgelab.SAM.from_long(pd.DataFrame(cells, columns=["row", "col", "value"]), name="peer")
    spec = cgelab.ModelSpec(
        activities=[f"a_{i}" for i in goods],
        commodities=[f"c_{i}" for i in goods],
        households=[r.household],
        factors=r.factors,
        numeraire_factor="f1",
        government=r.government,
        investment=r.investment,
        rest_of_world=r.outside,
        value_added="cobb_douglas",
        sigma_armington=2.0,
        export_rule="cet",
        sigma_cet=2.0,
        margins=False,
        tariff_account=r.tariff,
        indirect_tax_account=r.indirect,
    )
    economy = cgelab.calibrate(sam, spec)
    closure = cgelab.Closure(government="saving_rate", foreign_saving_unit="foreign_currency")
    before = cgelab.solve_period(economy, closure=closure)
    free = cgelab.Scenario(name="tariffs", tariff=np.zeros(len(goods)))
    after = cgelab.solve_period(economy, closure=closure, scenario=free)
    share = np.asarray(economy.hh_budget[0])
    bought = [np.asarray(x.hh_quantity).sum(axis=0) for x in (before, after)]
    capital = list(economy.factors).index("f0")
    return {
        "utility": float(np.exp(share @ np.log(bought[1] / bought[0]))),
        "capital": float(after.factor_prices[capital]),
        "exchange": float(after.exchange_rate),
    }


PACKAGES: dict[str, tuple[str, Callable[[Country], Answer]]] = {
    OWN: (OWN, solve_innospace),
    "cgelab": ("cgelab", solve_cgelab),
}


def timed(run: Callable[[Country], Answer], c: Country) -> dict[str, Any]:
    """Return CPU seconds and answer, or how it failed."""
    seconds: list[float] = []
    answer: Answer = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(ROUNDS):
            began = time.process_time()
            try:
                answer = run(c)
            except Exception as error:
                # whatever another package raises is its result
                return {"failed": f"{type(error).__name__}: {str(error)[:80]}"}
            seconds.append(time.process_time() - began)
            if seconds[-1] > 5.0:
                break
    return {"seconds": min(seconds), "answer": answer}


def compare(goods: list[int], limit: float) -> list[dict[str, Any]]:
    """Return one row a package and size; ``gap`` is the largest relative difference from our answer."""
    rows: list[dict[str, Any]] = []
    ours: dict[int, Answer] = {}
    for name, (module, run) in PACKAGES.items():
        if importlib.util.find_spec(module) is None:
            continue
        version = innospace.__version__ if name == OWN else importlib.metadata.version(name)
        timed(run, country(2))  # imports are not timed
        for n in goods:
            found = timed(run, country(n))
            if name == OWN:
                ours[n] = found["answer"]
            gap = max((abs(v / ours[n][k] - 1.0) for k, v in found.get("answer", {}).items()), default=math.nan)
            rows.append({"package": name, "version": version, "goods": n, "gap": gap, **found})
            print(json.dumps(rows[-1]), flush=True)
            if found.get("seconds", 0.0) > limit:
                break
    return rows


def page(rows: list[dict[str, Any]], day: str) -> str:
    """Return the page."""
    sizes = sorted({r["goods"] for r in rows})
    at = {(r["package"], r["goods"]): r for r in rows}
    lines = [
        "| package | version | " + " | ".join(f"{n} goods" for n in sizes) + " |",
        "| --- " * (len(sizes) + 2) + "|",
    ]
    for name in dict.fromkeys(r["package"] for r in rows):
        version = next(r["version"] for r in rows if r["package"] == name)
        cells = [_cell(at.get((name, n)), at[OWN, n]["seconds"]) for n in sizes]
        lines.append(f"| {name} | {version} | " + " | ".join(cells) + " |")
    return "\n".join(
        [
            "# Equilibria beside other Python packages",
            "",
            f"Written by `{COMMAND} --out FILE --page PAGE` from its results of {day}; do not edit.",
            "",
            "A small open economy with intermediates, government, investment, tariffs and indirect taxes on a random "
            "balanced matrix: set up, solved, and solved again without tariffs. CPU seconds of one process with one "
            "thread of linear algebra, least of up to three rounds after a first one that is not counted; in brackets "
            "how many times as long as innospace in the same run. The machine was shared while this was measured: "
            "ratios say more than seconds. *Other answer* is said where utility, the price of a factor or the exchange "
            f"rate differ from ours by more than {SAME:g} in relative terms; they agree elsewhere.",
            "",
            *lines,
            "",
            "GAMSPy 1.29.1 (with gamspy_base 54.6.1) is not in the table: it installs, and then ends with a licensing "
            "error, because the licence for demonstration that comes with the package had run out.",
            "",
        ]
    )


def _cell(row: dict[str, Any] | None, own: float) -> str:
    if row is None:
        return "not asked: too slow before"
    if "failed" in row:
        return f"failed: {row['failed'].split(':')[0]}"
    other = f", *other answer* ({row['gap']:.1g})" if not row["gap"] < SAME else ""
    return f"{row['seconds']:.3f} ({row['seconds'] / own:.1f}){other}"


def main() -> None:
    """Measure, unless only a page is asked for, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--goods", type=int, nargs="*", default=list(GOODS))
    parser.add_argument("--limit", type=float, default=60.0)
    parser.add_argument("--page", type=Path)
    arguments = parser.parse_args()
    if arguments.page is None:
        rows = compare(arguments.goods, arguments.limit)
        arguments.out.write_text(json.dumps({"date": date.today().isoformat(), "rows": rows}, indent=1), "utf-8")
    else:
        found = json.loads(arguments.out.read_text("utf-8"))
        arguments.page.write_text(page(found["rows"], found["date"]), "utf-8")


if __name__ == "__main__":
    main()
