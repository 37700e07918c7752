"""What each method found, in one record, and how each method is run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from innospace.core.checks import Check
from innospace.core.errors import SolverError
from innospace.core.parts import Resume
from innospace.core.progress import Progress, part
from innospace.core.status import Status, StatusCode
from innospace.firms.estimates import Array
from innospace.firms.productivity import control_function as two_stage
from innospace.firms.productivity import gnr, linear, wooldridge
from innospace.firms.productivity.first_stage import independent, polynomial, regress
from innospace.firms.productivity.markov import Point, Transitions, distinct, lattice, search
from innospace.firms.productivity.panel import Panel
from innospace.firms.productivity.roots import RULE, Root, all_roots
from innospace.firms.result import CLOSED_FORM
from innospace.numerics.bootstrap import Bootstrap, block_bootstrap

DEPENDENT = 0.98
"""Share of the variance of labour explained by capital and proxy above which its coefficient is not identified."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of a run, checked.

    Attributes
    ----------
    method : str
    degree, markov : int
    gross_output : bool
    share, industry : str or None
    exit : str or None
    equations, weighting : str
    bootstrap : int
    workers : int or None
    executor, resume
    seed : int
    """

    method: str
    degree: int
    markov: int
    gross_output: bool
    share: str | None
    industry: str | None
    exit: str | None
    equations: str
    weighting: str
    bootstrap: int
    workers: int | None
    executor: Any
    resume: Resume
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What a method found.

    Attributes
    ----------
    names : tuple of str
        Elasticities.
    values : ndarray, shape (p,)
    covariance : ndarray, shape (p + q, p + q), or None
        Of elasticities and law, clustered by firm; None when only a bootstrap gives it.
    law_names : tuple of str
    law : ndarray, shape (q,)
    persistence : float
        NaN when the method has none.
    omega : ndarray, shape (n,)
        Log productivity, noise of output in it.
    extra : mapping of str to ndarray, shape (n,)
        Further columns of the frame.
    bootstrap : Bootstrap or None
        Values in the order elasticities, law, persistence.
    roots : tuple of Root
    rows : int
        Rows used; those without a previous year take part in a first stage only.
    """

    names: tuple[str, ...]
    values: Array
    covariance: Array | None
    omega: Array
    rows: int
    law_names: tuple[str, ...] = ()
    law: Array = field(default_factory=lambda: np.zeros(0))
    persistence: float = float("nan")
    extra: dict[str, Array] = field(default_factory=dict)
    bootstrap: Bootstrap | None = None
    roots: tuple[Root, ...] = ()
    status: Status = CLOSED_FORM
    checks: tuple[Check, ...] = ()
    warnings: tuple[str, ...] = ()
    numbers: dict[str, float] = field(default_factory=dict)


def _bootstrap(draw: Callable[..., Array], shared: Any, panel: Panel, s: Settings, progress: Progress) -> Any:
    if s.bootstrap == 0:
        return None
    return block_bootstrap(
        draw,
        shared,
        panel.firm_count,
        s.bootstrap,
        seed=s.seed,
        workers=s.workers,
        executor=s.executor,
        resume=s.resume,
        progress=part(progress, 0.3, 1.0),
        message="Bootstrap of firms",
    )


def run_two_stage(panel: Panel, s: Settings, progress: Progress) -> Outcome:
    """Run Olley-Pakes, Levinsohn-Petrin or Ackerberg-Caves-Frazer."""
    exits = two_stage.known_exits(panel, s.exit)
    p = two_stage.problem(panel, s.method, degree=s.degree, markov=s.markov, gross_output=s.gross_output, exits=exits)
    progress("First stage", 0.02)
    first, t = two_stage.prepare(p)
    ones = np.column_stack([np.ones(panel.n), p.x])
    guess = regress(panel.y, ones).coefficients[1:]
    roots: tuple[Root, ...] = ()
    if p.lagged:
        states = _state_positions(p, panel)
        roots = all_roots(t, guess, states, part(progress, 0.05, 0.3), s.seed)
        points, point = [r.point for r in roots], roots[0].point
    else:
        points = _minima(t, guess)
        point = points[0]
    fit = two_stage.finish(p, first, t, point)
    boot = _bootstrap(two_stage.draw, (p, point.b), panel, s, progress)
    omega = panel.y - np.column_stack([panel.free, panel.state, panel.proxy])[:, : len(fit.elasticities)] @ (
        fit.elasticities
    )
    xi = np.full(panel.n, np.nan)
    xi[p.moving] = fit.innovation.xi
    checks = [*_dependence(panel, s), _converged(point)]
    checks += [_single(roots)] if s.method == "acf" else []
    return Outcome(
        p.names,
        fit.elasticities,
        None if exits is not None else two_stage.covariance(p, fit),
        omega,
        panel.n,
        t.law.names,
        fit.law,
        fit.persistence,
        {"omega_without_noise": omega - first.residuals, "innovation": xi},
        boot,
        roots,
        _status(roots, point),
        tuple(checks),
        _two_stage_warnings(s, points, roots),
        {"first_stage_r2": 1.0 - float(np.var(first.residuals) / np.var(panel.y)), "objective": point.objective},
    )


def _state_positions(p: two_stage.Problem, panel: Panel) -> tuple[int, ...]:
    searched = p.names[p.free :]
    return tuple(j for j, name in enumerate(searched) if name in panel.roles.state)


def _minima(t: Transitions, guess: Array) -> list[Point]:
    """Return the distinct minima of nonlinear least squares, lowest first."""
    starts = np.vstack([guess, lattice(len(guess), 0.0, 1.0, 5 ** min(len(guess), 2))])
    found = [search(t, start) for start in starts]
    points = distinct([q for q in found if q is not None and q.converged], 1e-3)
    if not points:
        raise SolverError(
            "No search of the second stage converged.",
            where=f"{len(starts)} starts",
            remedy="Lower degree or markov, or look for outliers.",
        )
    return points


def _status(roots: tuple[Root, ...], point: Point) -> Status:
    numbers = {"objective": point.objective, "solutions": float(sum(r.exact for r in roots))}
    if not roots:
        return Status(StatusCode.CONVERGED, "The minimum of the criterion was reached.", numbers=numbers)
    chosen = roots[0]
    if chosen.exact and chosen.plausible:
        return Status(StatusCode.CONVERGED, "The moments vanish at the solution taken.", numbers=numbers)
    return Status(
        StatusCode.BOUNDARY,
        "No solution of the moments has positive elasticities and persistent productivity; the one nearest to that "
        "is shown.",
        "Do not use these elasticities: check units and deflators, lower the degree, or use method='wooldridge'.",
        "no_interior_root",
        numbers,
    )


def _two_stage_warnings(s: Settings, points: list[Point], roots: tuple[Root, ...]) -> tuple[str, ...]:
    found: list[str] = []
    exact = sum(r.exact for r in roots)
    if exact > 1:
        found.append(f"The moments vanish at {exact} vectors of elasticities; see the table of solutions. {RULE}")
    if not roots and len(points) > 1:
        found.append(f"The criterion has {len(points)} minima; the lowest is taken.")
    if s.gross_output:
        found.append(
            "With gross output the coefficient of materials rests on their lags; without price differences between "
            "firms it is not identified (Gandhi, Navarro and Rivers 2020): compare with method='gnr'."
        )
    return tuple(found)


def _converged(point: Point) -> Check:
    return Check.at_most(
        "second_stage",
        0.0 if point.converged else point.gain,
        1e-6,
        "Relative fall of the second-stage criterion that one more step would still bring.",
        "Lower degree or markov, or look for outliers.",
    )


def _single(roots: tuple[Root, ...]) -> Check:
    return Check.near(
        "plausible_solutions",
        float(sum(r.exact and r.plausible for r in roots)),
        1.0,
        0.0,
        "Number of exact solutions of the moments that are plausible.",
        "See the table of solutions; with none or several, compare methods before using the elasticities.",
    )


def _dependence(panel: Panel, s: Settings) -> list[Check]:
    if s.method not in ("op", "lp", "wooldridge"):
        return []
    inside = polynomial(np.column_stack([panel.state, panel.proxy]), s.degree).terms
    design = independent(np.column_stack([np.ones(panel.n), inside]))
    shares = [1.0 - float(np.var(regress(c, design).residuals) / np.var(c)) for c in panel.free.T]
    return [
        Check.at_most(
            "labour_dependence",
            max(shares, default=0.0),
            DEPENDENT,
            "Share of the variance of labour that capital and the proxy explain; near 1 the first stage cannot tell "
            "labour from productivity (Ackerberg, Caves and Frazer 2015).",
            "Use method='acf', whose first stage leaves labour's coefficient to the second.",
        )
    ]


def run_wooldridge(panel: Panel, s: Settings, progress: Progress) -> Outcome:
    """Run Wooldridge's one-step estimator."""
    system = wooldridge.system(panel, degree=s.degree, equations=s.equations, weighting=s.weighting)
    progress("Linear GMM", 0.1)
    fit = wooldridge.solve(system)
    boot = _bootstrap(wooldridge.draw, (system, 0), panel, s, progress)
    p = system.shared.shape[1]
    numbers = {"excess_moments": float(fit.excess)}
    if fit.excess > 0 and np.isfinite(fit.j):
        numbers["hansen_j"] = fit.j
    return Outcome(
        system.names[:p],
        fit.values[:p],
        fit.covariance,
        panel.y - np.column_stack([panel.free, panel.state]) @ fit.values[:p],
        len(system.y),
        system.names[p:],
        fit.values[p:],
        bootstrap=boot,
        checks=tuple(_dependence(panel, s)),
        numbers=numbers,
    )


def run_gnr(panel: Panel, s: Settings, progress: Progress) -> Outcome:
    """Run Gandhi, Navarro and Rivers."""
    p = gnr.gnr_problem(panel, str(s.share), degree=s.degree, markov=s.markov)
    progress("Share regression", 0.05)
    fit = gnr.estimate(p)
    start = fit.share.gamma * fit.share.mean_shock
    boot = _bootstrap(gnr.draw, (p, start, fit.point.b), panel, s, progress)
    names = (*panel.roles.free, *panel.roles.state, panel.roles.proxy[0])
    xi = np.full(panel.n, np.nan)
    xi[p.moving] = fit.innovation.xi
    negative = float((fit.elasticities < 0.0).any(axis=1).mean())
    good = fit.exact and fit.share.converged
    status = Status(StatusCode.CONVERGED, "Share regression and moments were solved.")
    if not good:
        status = Status(
            StatusCode.STALLED,
            "The share regression or the moments of the second stage were not solved exactly.",
            "Lower degree or markov, and look for shares far from the rest.",
        )
    checks = (
        Check.at_most(
            "moments",
            fit.point.objective,
            1e-9,
            "Quadratic form of the second-stage moments at the estimate; they should vanish.",
            "Lower degree or markov.",
        ),
        Check.at_most(
            "negative_elasticities",
            negative,
            0.05,
            "Share of firm-years with a negative elasticity of some input.",
            "Lower degree, or look for firms far from the rest.",
        ),
    )
    extra = {f"elasticity_{n}": c for n, c in zip(names, fit.elasticities.T, strict=True)}
    return Outcome(
        names,
        fit.means,
        None,
        fit.omega + fit.share.shock,
        panel.n,
        fit.transitions.law.names,
        fit.law,
        fit.persistence,
        {"omega_without_noise": fit.omega, "innovation": xi, **extra},
        boot,
        (),
        status,
        checks,
        (),
        {"share_sum_of_squares": fit.share.squares * panel.n, "mean_exp_shock": fit.share.mean_shock},
    )


def run_linear(panel: Panel, s: Settings, progress: Progress) -> Outcome:
    """Run least squares or fixed effects."""
    p, names = linear.linear_problem(panel, within=s.method == "fe", gross_output=s.gross_output)
    values, covariance = linear.linear(p)
    boot = _bootstrap(linear.draw, (p, 0), panel, s, progress)
    told = "Least squares" if s.method == "ols" else "Firm fixed effects"
    warning = f"{told}: firms that know their productivity choose inputs by it, so these elasticities are benchmarks."
    return Outcome(names, values, covariance, panel.y - p.x @ values, panel.n, bootstrap=boot, warnings=(warning,))


def run_labour(panel: Panel, s: Settings, progress: Progress) -> Outcome:
    """Compute output per worker."""
    progress("Output per worker", 0.5)
    omega = linear.output_per_worker(panel, s.industry)
    return Outcome((), np.zeros(0), np.zeros((0, 0)), omega, panel.n)


RUNS: dict[str, Callable[[Panel, Settings, Progress], Outcome]] = {
    "op": run_two_stage,
    "lp": run_two_stage,
    "acf": run_two_stage,
    "wooldridge": run_wooldridge,
    "gnr": run_gnr,
    "ols": run_linear,
    "fe": run_linear,
    "labour": run_labour,
}
"""How each method is run."""
