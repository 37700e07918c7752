"""The cheapest mix of levers that reaches a target.

Each lever is a change of parameters that is used in part: ``s = 0`` is no change and ``s = 1`` its limit, which costs
``c``. The search is ``min c's`` subject to ``target(s) >= aim`` and ``0 <= s <= 1``; where no mix within the budget
reaches the aim, ``max target(s)`` subject to ``c's <= budget`` tells how far the budget goes. Both are solved by
sequential quadratic programming from several starts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import SolverError, SpecError
from innospace.core.labels import require_known
from innospace.economy.general.compiled import Economy
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.solve import solve
from innospace.economy.general.welfare import welfare
from innospace.economy.scenario import Scenario, Shock

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
NAME = "cheapest-mix"
"""Scenario of the mix that is found."""
NEUTRAL = {"multiply": 1.0, "add": 0.0}
"""Operations of levers and the value that changes nothing."""
EV = "ev"
STEP = 1e-5
"""Of central differences in shares; solutions are exact to 1e-10."""
REACHED = 1e-6
"""Percent by which a target may be missed: what the search stops at."""


@dataclass(frozen=True, slots=True)
class Lever:
    """A change of parameters that may be used in part.

    Attributes
    ----------
    parameter, operation : str
        ``multiply`` or ``add``.
    limit : float
        Its value when it is used in full.
    cost : float
        Of full use, in units of the budget; part of it in proportion.
    where : mapping of str to tuple of str
        Labels by dimension, as in a shock.
    """

    parameter: str
    operation: str
    limit: float
    cost: float
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_known([self.operation], list(NEUTRAL), kind="operation of a lever")
        if not (np.isfinite(self.cost) and self.cost > 0.0):
            raise SpecError(f"The cost of lever {self.parameter!r} is {self.cost:g}.", allowed="above zero")
        if self.limit == NEUTRAL[self.operation]:
            raise SpecError(f"The limit of lever {self.parameter!r} is {self.limit:g} and changes nothing.")

    def value(self, share: float) -> float:
        """Return the value of the change when a share of the lever is used."""
        neutral = NEUTRAL[self.operation]
        return neutral + share * (self.limit - neutral)

    def shock(self, share: float) -> Shock:
        """Return the change when a share of the lever is used."""
        return Shock(self.parameter, self.operation, self.value(share), self.where)


@dataclass(frozen=True)
class Mix:
    """What was found.

    Attributes
    ----------
    levers : tuple of Lever
    shares : ndarray, shape (levers,)
        Used part of each lever.
    target : str
    aim, reached : float
        Percent against the baseline.
    budget : float
        Infinite when there is none.
    """

    levers: tuple[Lever, ...]
    shares: Array
    target: str
    aim: float
    reached: float
    budget: float

    @property
    def ok(self) -> bool:
        """Whether the aim is reached within the budget."""
        return self.reached >= self.aim - REACHED

    @property
    def cost(self) -> float:
        """What the mix costs."""
        return float(self.shares @ [lever.cost for lever in self.levers])

    def scenario(self) -> Scenario:
        """Return the mix as a scenario; levers that are not used are left out."""
        shocks = tuple(lever.shock(float(s)) for lever, s in zip(self.levers, self.shares, strict=True) if s > 0.0)
        title = "Cheapest mix" if self.ok else "Best mix within the budget"
        why = f"{self.target} + {self.aim:g} % at least cost" if self.ok else f"{self.target} as high as can be"
        return Scenario(NAME, title, why, shocks)

    def to_dict(self) -> dict[str, Any]:
        """Return plain types; a budget without limit is None."""
        known = {"target": self.target, "aim": self.aim, "reached": self.reached}
        levers = [{**asdict(x), "where": {k: list(v) for k, v in x.where.items()}} for x in self.levers]
        budget = float(self.budget) if np.isfinite(self.budget) else None
        return {**known, "budget": budget, "levers": levers, "shares": list(map(float, self.shares))}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Mix:
        """Rebuild from :meth:`to_dict`."""
        levers = (Lever(**{**x, "where": {k: tuple(v) for k, v in x["where"].items()}}) for x in data["levers"])
        budget = np.inf if data["budget"] is None else data["budget"]
        shares = np.array(data["shares"], dtype=np.float64)
        return cls(tuple(levers), shares, data["target"], data["aim"], data["reached"], budget)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a lever: ``number, parameter, operation, limit, share, used, cost``."""
        import pandas as pd

        pairs = list(zip(self.levers, map(float, self.shares), strict=True))
        rows = [(x.parameter, x.operation, x.limit, s, x.value(s), s * x.cost) for x, s in pairs]
        frame = pd.DataFrame(rows, columns=["parameter", "operation", "limit", "share", "used", "cost"])
        frame.insert(0, "number", range(1, len(frame) + 1))
        return frame


def cheapest(economy: Economy, levers: Sequence[Lever], target: str, aim: float, *, budget: float = np.inf) -> Mix:
    """Find the cheapest mix of levers that reaches an aim, or the best one that the budget allows.

    Parameters
    ----------
    economy : Economy
    levers : sequence of Lever
    target : str
        ``ev.AGENT``: equivalent variation in percent of spending; or an unknown (``level.Z.BRD``, ``price.CAP``,
        ``income.HOH``): its change in percent.
    aim : float
        Percent that the target shall reach at least.
    budget : float
        The most that levers may cost.

    Returns
    -------
    Mix

    Raises
    ------
    SpecError, LabelError
        No lever, an unknown target, a lever that the model does not have.
    SolverError
        The baseline, or every mix that was tried, has no solution.
    """
    if not levers:
        raise SpecError("There is no lever to search with.", remedy="Name at least one.")
    search = _Search(economy, tuple(levers), target)
    costs = np.array([lever.cost for lever in levers])
    scale = float(costs.sum())

    def reaches(shares: Array) -> bool:
        return search.at(shares) >= aim - REACHED

    def affordable(shares: Array) -> bool:
        return float(costs @ shares) <= budget * (1.0 + REACHED)

    def slope_of_cost(_: Array) -> Array:
        return costs / scale

    needed = search.best(lambda s: float(costs @ s) / scale, slope_of_cost, [search.constraint(aim)], reaches)
    if needed is not None and affordable(needed):
        return Mix(tuple(levers), needed, target, aim, search.at(needed), budget)
    rules: list[dict[str, Any]] = []
    if np.isfinite(budget):
        left = {"fun": lambda s: (budget - costs @ s) / scale, "jac": lambda s: -slope_of_cost(s)}
        rules.append({"type": "ineq", **left})
    most = search.best(lambda s: -search.at(s), lambda s: -search.slope(s), rules, affordable)
    if most is None:
        raise SolverError("No mix of the levers has a solution.", remedy="Bring the limits of the levers closer.")
    return Mix(tuple(levers), most, target, aim, search.at(most), budget)


class _Search:
    """Values of a target at shares of levers; each mix is solved once."""

    def __init__(self, economy: Economy, levers: tuple[Lever, ...], target: str) -> None:
        self._economy, self._levers, self._target = economy, levers, target
        self._baseline = solve(economy)
        if not self._baseline.status.converged:
            raise SolverError("The model has no solution without levers.", remedy=self._baseline.status.remedy)
        kind, _, name = target.partition(".")
        if kind == EV:
            require_known([name], list(welfare(self._baseline, self._baseline)["agent"]), kind="agent with a demand")
        else:
            require_known([target], list(economy.unknowns), kind="target", where="ev.AGENT, or an unknown")
        self._known: dict[bytes, float] = {}
        # a lever that the model does not have is found before the search
        if np.isnan(self.at(np.ones(len(levers)))):
            raise SpecError(
                f"{target!r} has no value when levers move tastes or the unknown is zero.",
                where="levers",
                allowed="levers that leave fixed purchases and elasticities of the agent's demand alone",
            )

    def at(self, shares: Array) -> float:
        """Return the target in percent; minus infinity is no solution."""
        inside = np.clip(shares, 0.0, 1.0)
        key = inside.tobytes()
        if key not in self._known:
            moved = tuple(x.shock(float(s)) for x, s in zip(self._levers, inside, strict=True))
            p = shocked(self._economy, Scenario(NAME, shocks=moved))
            base = self._baseline
            found = solve(self._economy, p, start=base.unknowns, known=(base.unknowns, base.parameters))
            self._known[key] = self._measure(found) if found.status.converged else -np.inf
        return self._known[key]

    def _measure(self, found: Equilibrium) -> float:
        kind, _, name = self._target.partition(".")
        if kind == EV:
            by_agent = welfare(self._baseline, found).set_index("agent")["ev_percent"]
            return float(by_agent.to_numpy(dtype=np.float64)[by_agent.index.get_loc(name)])
        k = self._economy.unknowns.index(self._target)
        before = float(self._baseline.unknowns[k])
        return 100.0 * (float(found.unknowns[k]) / before - 1.0) if before else float("nan")

    def slope(self, shares: Array) -> Array:
        """Return the derivative of the target by the shares, from differences that stay between 0 and 1."""
        out = np.empty(len(shares))
        for i in range(len(shares)):
            low, high = shares.copy(), shares.copy()
            low[i], high[i] = max(0.0, shares[i] - STEP), min(1.0, shares[i] + STEP)
            out[i] = (self.at(high) - self.at(low)) / (high[i] - low[i])
        return out

    def constraint(self, aim: float) -> dict[str, Any]:
        """Return the constraint that the target reaches the aim."""
        return {"type": "ineq", "fun": lambda s: self.at(s) - aim, "jac": self.slope}

    def best(
        self,
        value: Callable[[Array], float],
        slope: Callable[[Array], Array],
        rules: list[dict[str, Any]],
        allowed: Callable[[Array], Any],
    ) -> Array | None:
        """Return the least of a function from several starts; None where no start ends at an allowed point."""
        from scipy.optimize import minimize

        count = len(self._levers)
        found = []
        for start in (np.full(count, 0.5), np.ones(count), np.zeros(count), *np.eye(count)):
            if not np.isfinite(self.at(start)):
                continue
            run = minimize(
                value,
                start,
                jac=slope,
                method="SLSQP",
                bounds=[(0.0, 1.0)] * count,
                constraints=rules,
                options={"ftol": 1e-12, "maxiter": 100},
            )
            shares = np.clip(run.x, 0.0, 1.0)
            shares[shares < REACHED] = 0.0
            if np.isfinite(self.at(shares)) and allowed(shares):
                found.append(shares)
        return min(found, key=value) if found else None
