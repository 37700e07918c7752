"""Half-normal frontiers beside other Python packages, in one run: CPU seconds, ratios, log-likelihoods.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/peers_frontiers.py --out peers.json [--sizes 100 1000]
    python benchmarks/peers_frontiers.py --out peers.json --page docs/explanation/peers.md

A package that is not installed is left out. Each estimates the same table with an intercept and three regressors, with
standard errors where it has them, and the efficiency of every row. Time is that of the processor in this process, which
other work on the machine changes less than that of the clock; the least of the rounds is told. A package that needs
longer than ``--limit`` seconds at one size is not asked for the next.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import importlib.util
import io
import json
import math
import time
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

import innospace

SIZES = (100, 1_000, 10_000, 100_000)
ROUNDS = 7
OWN = "innospace"
SEED = 7
"""Of the table: at every size its likelihood is largest inside, where all packages look."""
SAME = 1e-3
"""Log-likelihood by which an optimum falls short of the best one before it is called worse."""
COMMAND = "python benchmarks/peers_frontiers.py"


def sample(n: int) -> tuple[Any, Any]:
    """Return outcome, shape (n,), and three regressors, shape (n, 3), of a half-normal frontier."""
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=(n, 3))
    return 1.0 + x @ np.array([0.3, 0.4, 0.2]) + 0.3 * rng.normal(size=n) - np.abs(0.6 * rng.normal(size=n)), x


def fit_innospace(y: Any, x: Any) -> float:
    """Estimate with errors and efficiencies."""
    result = innospace.fit(y=y, X=x)
    result.coefficients()
    result.efficiencies()
    return float(result.loglik)


def fit_statspai(y: Any, x: Any) -> float:
    """Estimate with errors from the information, and efficiencies."""
    import pandas as pd
    import statspai

    names = [f"x{j}" for j in range(x.shape[1])]
    result = statspai.frontier(pd.DataFrame(x, columns=names).assign(y=y), y="y", x=names, dist="half-normal")
    return density_at(y, x, result.params.to_numpy(dtype=float)) if hasattr(result, "params") else math.nan


def fit_panelsfa(y: Any, x: Any) -> float:
    """Estimate; it has no standard errors. The constant is a regressor."""
    import panelsfa

    model = panelsfa.CrossSectionalSFA()
    columns = np.column_stack((np.ones(len(y)), x))
    model.fit(columns, y)
    model.predict(columns)
    return float(model.log_likelihood_)


def fit_depp(y: Any, x: Any) -> float:
    """Estimate with errors and efficiencies."""
    import depp_sfa

    model = depp_sfa.SFA(y, x, method=depp_sfa.TE_teJ)
    model.optimize()
    model.get_technical_efficiency()
    return half_normal_loglik(y, x, model.get_beta(), float(model.get_sigma2()), float(model.get_lambda()))


def fit_sfa(y: Any, x: Any) -> float:
    """Estimate with errors, and efficiencies; the constant is a regressor."""
    from sfa import inefficiency, sf_model

    columns = np.column_stack((np.ones(len(y)), x))
    model = sf_model.fit(columns, y, len(y), 1, 2, 0, False)
    inefficiency.jondrow(model, columns, y)
    return float(model.l_max)


def fit_pysfa(y: Any, x: Any) -> float:
    """Estimate with errors and efficiencies."""
    from pysfa import SFA
    from pysfa.constant import FUN_PROD, TE_te

    model = SFA.SFA(y, x, fun=FUN_PROD, method=TE_te)
    beta = model.get_beta()
    model.get_std_err()
    model.get_technical_efficiency()
    return half_normal_loglik(y, x, beta, float(model.get_sigma2()), float(model.get_lambda()))


PACKAGES: dict[str, tuple[str, Callable[[Any, Any], float]]] = {
    OWN: (OWN, fit_innospace),
    "stochastic-frontier-analysis": ("sfa", fit_sfa),
    "depp-sfa": ("depp_sfa", fit_depp),
    "panelsfa": ("panelsfa", fit_panelsfa),
    "StatsPAI": ("statspai", fit_statspai),
    "pysfa": ("pysfa", fit_pysfa),
}
ERRORS = {"panelsfa": "no"}
"""Packages without standard errors."""


def half_normal_loglik(y: Any, x: Any, beta: Any, sigma2: float, lam: float) -> float:
    """Return the log-likelihood at estimates, by the formula of Aigner, Lovell and Schmidt (1977)."""
    from scipy.stats import norm

    sigma = math.sqrt(sigma2)
    e = y - np.column_stack((np.ones(len(y)), x)) @ np.asarray(beta, dtype=float).ravel()
    terms = math.log(2.0 / sigma) + norm.logpdf(e / sigma) + norm.logcdf(-e * lam / sigma)
    return float(terms.sum())


def density_at(y: Any, x: Any, theta: Any) -> float:
    """Return the log-likelihood at coefficients and the logarithms of two standard deviations, u last but one."""
    k = x.shape[1] + 1
    found = []
    for u, v in ((theta[k], theta[k + 1]), (theta[k + 1], theta[k])):
        su, sv = math.exp(u), math.exp(v)
        found.append(half_normal_loglik(y, x, theta[:k], su * su + sv * sv, su / sv))
    return max(found)


def timed(run: Callable[[Any, Any], float], n: int) -> dict[str, Any]:
    """Return CPU seconds and log-likelihood, or how it failed."""
    y, x = sample(n)
    seconds, loglik = [], math.nan
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        for _ in range(ROUNDS):
            began = time.process_time()
            try:
                loglik = run(y, x)
            except Exception as error:
                # whatever another package raises is its result
                return {"failed": f"{type(error).__name__}: {str(error)[:80]}"}
            seconds.append(time.process_time() - began)
            if sum(seconds) > 1.0:
                break
    return {"seconds": min(seconds), "loglik": loglik}


def compare(sizes: list[int], limit: float, out: Path) -> None:
    """Write one row a package and size; what is done is written, so that a run that is stopped is not lost."""
    rows = []
    for name, (module, run) in PACKAGES.items():
        if importlib.util.find_spec(module) is None:
            continue
        version = innospace.__version__ if name == OWN else importlib.metadata.version(name)
        timed(run, 60)  # imports and compiling are not timed
        for n in sizes:
            row = {"package": name, "version": version, "n": n, **timed(run, n)}
            rows.append(row)
            print(json.dumps(row), flush=True)
            out.write_text(json.dumps({"date": date.today().isoformat(), "rows": rows}, indent=1), "utf-8")
            if row.get("seconds", 0.0) > limit:
                break


def page(rows: list[dict[str, Any]], day: str) -> str:
    """Return the page of documentation."""
    sizes = sorted({r["n"] for r in rows})
    at = {(r["package"], r["n"]): r for r in rows}
    best = {n: max((r["loglik"] for r in rows if r["n"] == n and r.get("loglik") == r.get("loglik", 0)), default=0.0)
            for n in sizes}  # fmt: skip
    lines = ["| package | version | standard errors | " + " | ".join(f"{n:,} rows" for n in sizes) + " |"]
    lines.append("| --- " * (len(sizes) + 3) + "|")
    for name in dict.fromkeys(r["package"] for r in rows):
        cells = [_cell(at.get((name, n)), at[OWN, n]["seconds"], best[n]) for n in sizes]
        version = next(r["version"] for r in rows if r["package"] == name)
        lines.append(f"| {name} | {version} | {ERRORS.get(name, 'yes')} | " + " | ".join(cells) + " |")
    return "\n".join(
        [
            "# Speed beside other Python packages",
            "",
            f"Written by `{COMMAND} --out FILE --page PAGE` from its results of {day}; do not edit.",
            "",
            "A half-normal production frontier with an intercept and three regressors, estimated with standard errors "
            "(where a package has them) and the efficiency of every row. CPU seconds of one process with one thread of "
            "linear algebra, least of up to seven rounds after a first one that is not counted; in brackets how many "
            "times as long as innospace in the same run. The machine was shared while this was measured: ratios say "
            "more than seconds. *Below* says by how much the log-likelihood falls short of the best of the packages, "
            "where that is more than a thousandth.",
            "",
            *lines,
            "",
        ]
    )


def _cell(row: dict[str, Any] | None, own: float, best: float) -> str:
    if row is None:
        return "not measured"
    if "failed" in row:
        return f"failed: {row['failed'].split(':')[0]}"
    short = best - row["loglik"]
    below = f", {short:.3g} *below*" if short > SAME else ", log-likelihood not told" if math.isnan(short) else ""
    return f"{row['seconds']:.3f} ({row['seconds'] / own:.1f}){below}"


def main() -> None:
    """Measure, unless only a page is asked for, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--limit", type=float, default=60.0)
    parser.add_argument("--page", type=Path)
    arguments = parser.parse_args()
    if arguments.page is None:
        compare(arguments.sizes, arguments.limit, arguments.out)
    else:
        found = json.loads(arguments.out.read_text("utf-8"))
        arguments.page.write_text(page(found["rows"], found["date"]), "utf-8")


if __name__ == "__main__":
    main()
