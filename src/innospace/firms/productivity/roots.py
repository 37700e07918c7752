"""All solutions of the second stage, and which one is taken.

The moments of Ackerberg, Caves and Frazer vanish at more than one vector of coefficients. Where labour follows a
first-order condition, one false solution gives labour (nearly) the returns to scale and capital nothing: there
``phi - X b`` is what is left of labour demand (wages, shocks after labour was chosen), not productivity. It fits the
moments because those shocks are news, and it gives itself away by lacking persistence. Further false solutions have
negative elasticities. Source: Ackerberg, Caves and Frazer (2015), section 4; Rovigatti and Mollisi (2018), section 6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.core.errors import SolverError
from innospace.core.progress import Progress, silent
from innospace.firms.estimates import Array
from innospace.firms.productivity.markov import Point, Transitions, distinct, innovation, is_exact, lattice, search

STARTS = 64
"""Starting points of a search for all solutions: a grid in one or two coefficients, else uniform draws."""
EXPLORED_ROWS = 20_000
"""With more rows than this the starts are searched on a part of the rows, and what is found again on all."""
RANGE = (-0.25, 1.25)
CAPITAL_SHARE = 0.10
"""A solution that gives capital less than this share of the returns to scale is suspect."""
MOST_SCALE = 2.0
"""Returns to scale above this are no technology."""
RULE = (
    "Of the exact solutions at which every elasticity is positive, their sum is at most 2, and productivity is "
    "persistent without exploding (mean derivative of the law between 0 and 1), the one with the most persistent "
    "productivity is taken."
)
"""The selection rule, as reports print it."""


@dataclass(frozen=True, slots=True)
class Root:
    """A solution of the second stage.

    Attributes
    ----------
    point : Point
    exact : bool
        Whether the moments vanish there; otherwise it is a local minimum of the criterion.
    persistence : float
        Mean derivative of the law of productivity.
    spread : float
        Standard deviation of productivity.
    plausible : bool
    reading : str
        What a reader should make of it.
    """

    point: Point
    exact: bool
    persistence: float
    spread: float
    plausible: bool
    reading: str


def all_roots(
    t: Transitions, guess: Array, states: tuple[int, ...], progress: Progress = silent, seed: int = 0
) -> tuple[Root, ...]:
    """Search from many starts; return exact solutions and local minima, the chosen one first.

    Parameters
    ----------
    t : Transitions
        With instruments.
    guess : ndarray, shape (p,)
        A start of one's own (least squares), beside a grid.
    states : tuple of int
        Positions of capital among the coefficients.
    progress : callable
    seed : int
        Of the part of the rows that is explored.

    Raises
    ------
    SolverError
        No search converged.
    """
    p, n = t.x.shape[1], len(t.phi)
    part = t
    if n > EXPLORED_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(n, EXPLORED_ROWS, replace=False))
        part = t.at(rows)
    grid = lattice(p, *RANGE, STARTS) if p <= 2 else np.random.default_rng(0).uniform(*RANGE, (STARTS, p))
    starts = np.vstack([guess, grid])
    found = []
    for i, start in enumerate(starts):
        progress(f"Second stage: start {i + 1} of {len(starts)}", (i + 1) / len(starts))
        found.append(search(part, start, steps=30))
    points = _separate(part, [f for f in found if f is not None])
    if part is not t:
        again = [search(t, q.b) for q in points]
        points = _separate(t, [q for q in again if q is not None])
    if not points:
        raise SolverError(
            "No search of the second stage converged.",
            where=f"{len(starts)} starts, {n} firm-years",
            remedy="Lower degree or markov, look for outliers, or use method='wooldridge', which is linear.",
        )
    return _read(t, points, states)


def _separate(t: Transitions, points: list[Point]) -> list[Point]:
    """Return distinct exact solutions, then distinct local minima that are not next to one."""
    exact = distinct([q for q in points if is_exact(t, q)], 1e-4)
    others = [q for q in points if not is_exact(t, q) and (q.converged or q.gain < 1e-3)]
    minima = [q for q in distinct(others, 0.02) if all(np.abs(q.b - e.b).max() > 0.02 for e in exact)]
    return [*exact, *minima]


def _read(t: Transitions, points: list[Point], states: tuple[int, ...]) -> tuple[Root, ...]:
    states_at = list(states)
    rows = []
    for q in points:
        inn = innovation(t, q.b)
        persistence = float(np.average(inn.slope, weights=t.weights))
        spread = float(np.sqrt(np.cov(inn.omega, aweights=t.weights)))
        inside = bool((q.b > 0.0).all() and q.b.sum() <= MOST_SCALE)
        rows.append((q, is_exact(t, q), persistence, spread, inside and 0.0 < persistence < 1.0))
    best = max((r[2] for r in rows if r[1] and r[4]), default=float("nan"))
    roots = []
    for q, exact, persistence, spread, plausible in rows:
        capital = float(q.b[states_at].sum() / q.b.sum())
        demand = exact and abs(capital) < CAPITAL_SHARE and not persistence >= 0.5 * best
        if not exact:
            reading = "local minimum: the moments do not vanish"
        elif demand:
            reading = (
                "false: labour takes the returns to scale and the residual of labour demand stands for productivity"
            )
        elif not plausible:
            reading = (
                "implausible: a negative elasticity, a sum above 2, or productivity without persistence or explosive"
            )
        else:
            reading = "chosen" if persistence == best else "plausible, less persistent"
        roots.append(Root(q, exact, persistence, spread, plausible and not demand, reading))
    order = sorted(roots, key=lambda r: (not (r.exact and r.plausible), not r.exact, -r.persistence, r.point.objective))
    return tuple(order) if order[0].plausible and order[0].exact else tuple(sorted(roots, key=_nearest_inside))


def _nearest_inside(root: Root) -> tuple[bool, float]:
    """Order without a plausible exact solution: exact first, then by how far elasticities and sum leave their range."""
    b = root.point.b
    return not root.exact, float(np.maximum(-b, 0.0).sum() + max(b.sum() - MOST_SCALE, 0.0))
