"""Whether every frontier estimator finds the parameters that were drawn, and how often its intervals hold them.

    python benchmarks/coverage_frontiers.py --draws 200 --out coverage.jsonl [--only half_normal uniform] [--workers 2]
    python benchmarks/coverage_frontiers.py --out coverage.jsonl --page docs/explanation/coverage-frontiers.md

Samples come from ``tests/support/frontier_draws.py``. Every draw that is done is a line of the file, so that a run that
was stopped goes on; the page is made from the file.
"""

from __future__ import annotations

import argparse
import sys
import warnings
import zlib
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from scipy import special, stats

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from frontier_draws import CASES, MANY, PERIODS, TRUTH, Case, Sample

from innospace.core.errors import InnospaceError
from innospace.frontier.fitting import fit
from innospace.frontier.panel.fit import fit_panel
from innospace.frontier.structure.fit import fit_structure
from innospace.frontier.structure.metafrontier import metafrontier
from random_frontiers import finish, read

COMMAND = "python benchmarks/coverage_frontiers.py"
VERBS = {"fit": fit, "fit_panel": fit_panel, "fit_structure": fit_structure, "metafrontier": metafrontier}
FULL = 200
"""Draws of each estimator in a full run."""
BAND = (0.90, 0.98)
"""Shares of intervals of 95 % outside of which the page asks for a reason, unless chance alone gives them."""
CHANCE = 0.01
"""Of a right interval to lie as far away with the draws there are."""
LARGER = {
    f"{name}, larger": replace(CASES[name], name=f"{name}, larger", size=4 * CASES[name].size)
    for name in (
        "truncated_normal",
        "truncated_normal, mu: z",
        "truncated_laplace",
        "kumbhakar_1990, half_normal",
    )
}
"""Four times the rows or units, to tell a small sample from a wrong error."""
DRAWN = {f"{law}, bootstrap": replace(CASES[law], name=f"{law}, bootstrap") for law in ("half_normal", "exponential")}
"""Held against the intervals of a bootstrap, of expected efficiency and of the efficiency of rows."""
REPLICATIONS = 199
EXPECTED = {
    "half_normal": special.erfcx(np.exp(0.5 * TRUTH["half_normal"]["lnsigma_u2"]) / np.sqrt(2.0)),
    "exponential": 1.0 / (1.0 + np.exp(0.5 * TRUTH["exponential"]["lnsigma_u2"])),
}
"""``E[exp(-u)]`` of what is drawn."""
ALL = CASES | LARGER | DRAWN


def solve(_shared: None, task: tuple[str, int]) -> dict[str, Any]:
    """Return what one fit found of the parameters that were drawn."""
    name, seed = task
    case = ALL[name]
    sample = case.draw(np.random.default_rng([seed, zlib.crc32(name.encode())]), case.size)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = VERBS[case.verb](case.formula, sample.table, **case.options)
            return {"estimator": name, "seed": seed, **_found(result, case, sample)}
    except InnospaceError as error:
        end = type(error).__name__
    except Exception as error:
        # the run goes on; an error that nobody foresaw is a finding of its own
        end = f"error {type(error).__name__}"
    return {"estimator": name, "seed": seed, "end": end, "parameters": {}, "efficiency": None}


def _found(result: Any, case: Case, sample: Sample) -> dict[str, Any]:
    """Return ending; by parameter truth, estimate, error and whether its interval holds; the same of efficiency."""
    frame, truths, drawn = result.estimated().set_index("name"), sample.truth, None
    if case.name in DRAWN:
        drawn = result.bootstrap(REPLICATIONS, seed=int(sample.te[0] * 2**31))
        frame, truths = drawn.intervals(), {"expected_efficiency": EXPECTED[case.options["inefficiency"]]}
    parameters = {}
    for name, truth in truths.items():
        own = frame.loc[name]
        held = bool(own["lower"] <= truth <= own["upper"])
        parameters[name] = [float(truth), float(own["estimate"]), float(own["std_error"]), held]
    own, low, high = _efficiencies(result, case) if drawn is None else _of_bootstrap(drawn)
    seen = np.isfinite(sample.te) & np.isfinite(own)
    inside = np.mean((low <= sample.te)[seen] & (sample.te <= high)[seen]) if np.isfinite(low[seen]).all() else np.nan
    efficiency = [float(np.mean(sample.te[seen])), float(np.mean(own[seen])), float(inside)]
    second = getattr(result, "second", None)
    status = result.status if second is None else second.status
    end = status.boundary or str(status.code)
    return {"end": end, "parameters": parameters, "efficiency": efficiency}


def _of_bootstrap(drawn: Any) -> tuple[Any, Any, Any]:
    frame = drawn.efficiencies()
    return tuple(frame[c].to_numpy() for c in ("te_bc", "te_lower", "te_upper"))


def _efficiencies(result: Any, case: Case) -> tuple[Any, Any, Any]:
    """Return efficiency and the ends of its interval by row of the sample."""
    if case.options.get("method") == "stochastic":
        return tuple(result.rows[c].to_numpy() for c in ("gap_ratio", "gap_ratio_lower", "gap_ratio_upper"))
    if case.verb == "metafrontier":
        te = result.rows["te_meta"].to_numpy()
        return te, np.full(len(te), np.nan), np.full(len(te), np.nan)
    if case.verb == "fit":
        te = result.used_efficiencies()
        return te.te_bc, te.te_lower, te.te_upper
    frame = result.efficiencies
    return tuple(frame[c].to_numpy() for c in ("te", "te_lower", "te_upper"))


def grouped(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return results by estimator, in the order of the cases."""
    by = defaultdict(list)
    for row in rows:
        by[row["estimator"]].append(row)
    return {name: by[name] for name in ALL if name in by}


def endings(rows: list[dict[str, Any]]) -> list[str]:
    """Return a Markdown table, one line an estimator: how fits ended, and efficiency."""
    lines = [
        "| estimator | size | draws | how fits ended | mean efficiency | bias | deviation | rows held, % |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, own in grouped(rows).items():
        ends = ", ".join(f"`{end}` {count}" for end, count in Counter(r["end"] for r in own).most_common())
        found = np.array([r["efficiency"] for r in own if r["efficiency"]])
        off = found[:, 1] - found[:, 0]
        held = f"{100.0 * np.mean(found[:, 2]):.1f}" if np.isfinite(found[:, 2]).all() else ""
        lines.append(
            f"| {name} | {_size(ALL[name])} | {len(own)} | {ends} | {np.mean(found[:, 0]):.3f} | "
            f"{np.mean(off):+.3f} | {np.std(off):.3f} | {held} |"
        )
    return lines


def _size(case: Case) -> str:
    if case.verb == "fit_panel":
        return f"{case.size} x {PERIODS}"
    groups = MANY if case.options.get("method") == "stochastic" else 3
    return f"{groups} x {case.size}" if case.verb == "metafrontier" else str(case.size)


def coverage(rows: list[dict[str, Any]]) -> list[str]:
    """Return a Markdown table, one line a parameter; shares outside of the band are bold."""
    lines = [
        "| estimator | parameter | truth | bias | deviation | mean error | held, interior, % | held, all, % |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, own in grouped(rows).items():
        parameters = next((r["parameters"] for r in own if r["parameters"]), {})
        lines += [f"| {name} | `{p}` | {_line(p, own)} |" for p in parameters]
    return lines


def _line(parameter: str, rows: list[dict[str, Any]]) -> str:
    every = np.array([r["parameters"][parameter] for r in rows if r["parameters"]], dtype=float)
    inside = np.array([r["end"] == "converged" for r in rows if r["parameters"]])
    if not inside.any():
        return " | ".join(("",) * 6)
    truth, estimate, error, held = every[inside].T
    # a fit that was refused has no interval, as one at a boundary has none
    overall = np.sum(every[:, 3]) / len(rows)
    numbers = (np.mean(truth), np.mean(estimate - truth), np.std(estimate - truth), np.mean(error))
    shares = (f"{_share(np.mean(held), int(inside.sum()))} | {_share(overall, len(rows))}",)
    return " | ".join((*(f"{n:.3f}" for n in numbers), *shares))


def _share(share: float, trials: int) -> str:
    text = f"{100.0 * share:.1f}"
    count = round(share * trials) if trials else 0
    likely = trials == 0 or stats.binomtest(count, trials, 0.95).pvalue > CHANCE
    return text if likely or BAND[0] <= share <= BAND[1] else f"**{text}**"


REASONS = (
    "**Small samples.** The truncated normal has its mode away from zero and is told from noise by little at this "
    "size: the likelihood falls off slowly towards no noise, intervals of `lnsigma_v2` are symmetric, and the "
    "intercept moves with it. In the path of `kumbhakar_1990` the level of inefficiency and its path say nearly the "
    "same of 80 units. Persistent inefficiency of `four_components` is told from effects of 80 units by their "
    "skewness alone, and the intercept moves with it; where a fit ends without it (`sigma_h_zero`) it has no "
    "interval. Lines that say *larger* have four times the size: deviation and mean error come together "
    "there, which a wrong error would not do.",
    "**A shape with two maxima.** The truncated skewed Laplace becomes the exponential at both ends of its shape, "
    "so that a small and a large shape give nearly the same density. Six samples with the smallest estimates were "
    "searched again from the truth: each had a second maximum at a large shape, lower by less than a quarter of a "
    "unit of log-likelihood, so that the fit had taken the right one. With 500 rows errors are wide enough; with "
    "four times as many an interval about one maximum misses the other, and the intercept goes with it. Slope and "
    "mean efficiency hardly suffer. A fit that ends `shape_unbounded` has no intervals, which pulls the last column "
    "down.",
    "**Errors that grow with the distance.** Where `mu` of `kumbhakar_1990, truncated_normal` is estimated far from "
    "the truth the likelihood is flat and its error large, so that intervals hold it more often than they say.",
    "**Few draws.** Lines with a dozen draws show that a fit works; a share of them says next to nothing.",
    "**Chance.** In the first samples of `true_random_effects, u: z` the effects themselves vary more from sample "
    "to sample than over thousands of samples of the same kind, and `lnsigma_w2` follows them: held against the "
    "variance of the effects that were drawn it is as close as its error says.",
    "**Efficiency without a distribution.** `schmidt_sickles` and `cornwell_schmidt_sickles` measure against the "
    "best of many estimated intercepts, which is too high on average, so that efficiency is too low; with more "
    "periods for each unit this fades. They give no intervals of efficiency.",
    "**Rows held below 95.** Intervals of efficiency are those of inefficiency given the residual at the estimates. "
    "What the estimates add is left out, most where the height of the frontier is uncertain.",
    "**Errors of the stochastic metafrontier.** Its regression takes rows as independent. In these samples a whole "
    "group lies one distance from the metafrontier, so that 20,000 rows say of the intercept what 500 groups do, and "
    "its errors are too small. With few groups no error of this kind would be better; intervals of gap ratios do not "
    "hang on it.",
)
"""What was found where shares lie outside of the band."""


def page(rows: list[dict[str, Any]]) -> str:
    """Return the page of documentation."""
    counted = [len(own) for own in grouped(rows).values()]
    return "\n".join(
        [
            "# Do frontier estimators find what was drawn",
            "",
            f"Written by `{COMMAND} --out FILE --page PAGE` from its results of "
            f"{date.today().isoformat()}; do not edit.",
            "",
            f"{len(rows):,} samples of models with known parameters, {min(counted)} to {max(counted)} for each of "
            f"{len(counted)} lines of the tables ({len(ALL)} there are); a full run has {FULL} of each. The sample is "
            "drawn without the estimator's own code and fitted as a user would fit it. Size is rows, units by periods, "
            "or groups by rows.",
            "",
            "## How fits ended, and efficiency",
            "",
            "Mean efficiency is that of the rows drawn; bias and deviation are those of the mean estimate against it. "
            "Rows held is the share of rows whose interval of 95 % holds their own efficiency; it takes parameters as "
            "known, so that it may lie below 95 in small samples. Lines that say *bootstrap* have the intervals of "
            f"{REPLICATIONS} simulated samples, which carry the uncertainty of parameters; under a stochastic "
            "metafrontier it is the gap ratio of the row, and how its regression ended.",
            "",
            *endings(rows),
            "",
            "## Parameters",
            "",
            "Bias, deviation over draws and mean standard error are of interior fits. The share of intervals of 95 % "
            "that hold the truth is given for interior fits, and for all: there a fit that ended at a boundary, where "
            "a parameter has no interval, counts as one that does not hold it. Where a boundary is frequent the fits "
            f"inside are a selection. Shares outside of {100 * BAND[0]:.0f} to {100 * BAND[1]:.0f} that a right "
            f"interval gives less than once in {1 / CHANCE:.0f} times are bold.",
            "",
            *coverage(rows),
            "",
            "## Where shares are off, and why",
            "",
            *(f"- {reason}" for reason in REASONS),
            "",
            f"Run it again: `{COMMAND} --draws {FULL} --out coverage.jsonl`. It goes on where it was stopped.",
            "",
        ]
    )


def main() -> int:
    """Solve what is not yet done, print the tables, write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=0, help="per estimator; 0 only reads")
    parser.add_argument("--only", nargs="*", default=list(ALL), help="estimators by name, as the page has them")
    parser.add_argument("--out", type=Path, default=Path("coverage_frontiers.jsonl"))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--page", type=Path)
    arguments = parser.parse_args()
    done = read(arguments.out)
    names = [c for c in ALL if c in arguments.only]
    tasks = [(c, s) for s in range(arguments.draws) for c in names if (c, s) not in done]
    rows = finish(tasks, solve, arguments.out, arguments.workers)
    print("\n".join((*endings(rows), "", *coverage(rows))))
    if arguments.page is not None:
        arguments.page.write_text(page(rows), encoding="utf-8")
    return sum(r["end"].startswith("error") for r in rows)


if __name__ == "__main__":
    sys.exit(main() > 0)
