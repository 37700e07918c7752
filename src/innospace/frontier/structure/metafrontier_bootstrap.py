"""The bootstrap of a metafrontier: samples are drawn within groups, frontiers and metafrontier estimated again."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.errors import InnospaceError, SpecError
from innospace.core.status import StatusCode
from innospace.frontier.bootstrap.draws import KINDS, Sampler
from innospace.frontier.bootstrap.refits import Ask, Means, Refits, Row, collect, refit_task
from innospace.frontier.bootstrap.resampled import Resampled
from innospace.frontier.bootstrap.run import asked_problem, blocks_of
from innospace.frontier.densities.base import Array
from innospace.frontier.efficiency import check_level
from innospace.frontier.structure.metafrontier import above
from innospace.frontier.structure.metafrontier_spec import MetafrontierSpec

if TYPE_CHECKING:
    import pandas as pd

    from innospace.frontier.structure.metafrontier_result import MetafrontierResult

TASK = 16
"""Replications of a task."""


def drawn(result: MetafrontierResult, ask: Ask, means: Means) -> MetafrontierBootstrap:
    """Estimate groups and metafrontier again; see :class:`innospace.frontier.bootstrap.redrawn.Redrawn`."""
    ask = require_bootstrap(ask)
    samplers = {}
    for number, (name, r) in enumerate(result.groups.items()):
        # groups of one size are not to draw the same rows
        seed = int(np.random.SeedSequence([ask.seed, number]).generate_state(1)[0])
        blocks = blocks_of(r) if ask.kind == "block" else None
        samplers[name] = Sampler(str(ask.kind), asked_problem(r), r.estimate.problem, r.estimate.theta, seed, blocks)
    sampler = MetafrontierSampler(result.spec, result.pooled.sample.names, samplers)
    return MetafrontierBootstrap(result, collect(refit_metafrontiers, sampler, ask.tasks(TASK), ask, means))


def require_bootstrap(ask: Ask) -> Ask:
    """Return what is asked with its kind, or raise :class:`SpecError` where it cannot be drawn."""
    return ask.of(KINDS, "pairs")


@dataclass(frozen=True, slots=True)
class MetafrontierSampler:
    """What samples are drawn from: the model, names of regressors, and a sampler for each group."""

    spec: MetafrontierSpec
    names: tuple[str, ...]
    groups: Mapping[str, Sampler]


def refit_metafrontiers(sampler: MetafrontierSampler, numbers: range) -> list[Row | str]:
    """Refit some draws: the groups, stacked where their density allows, then the metafrontier of each draw."""
    own = [refit_task(group, numbers) for group in sampler.groups.values()]
    return [_refit(sampler, number, rows) for number, rows in zip(numbers, zip(*own, strict=True), strict=True)]


def _refit(sampler: MetafrontierSampler, number: int, own: tuple[Row | str, ...]) -> Row | str:
    """Return metafrontier, mean gap ratio of each group at the rows drawn, and group frontiers of a draw."""
    matrices, betas, ends = [], [], []
    for (name, group), row in zip(sampler.groups.items(), own, strict=True):
        if isinstance(row, str):
            return f"group {name}: {row}"
        times = np.ones(group.problem.n) if group.kind == "parametric" else group.draw(number)[1]
        matrices.append(np.repeat(group.problem.x, np.asarray(times).astype(np.int64), axis=0))
        betas.append(row[0][: group.problem.k])
        ends.append(row[2])
    x = np.concatenate(matrices)
    frontier = np.concatenate([m @ b for m, b in zip(matrices, betas, strict=True)])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            meta, gap, second = above(sampler.spec, x, frontier, sampler.names)
    except (InnospaceError, np.linalg.LinAlgError) as error:
        return getattr(error, "what", "") or "A matrix of the search is singular."
    ends += [] if second is None else [second.status.boundary or str(second.status.code)]
    places = np.cumsum([len(m) for m in matrices])[:-1]
    gaps = [part.mean() for part in np.split(gap, places)]
    end = next((e for e in ends if e != StatusCode.CONVERGED), str(StatusCode.CONVERGED))
    return np.concatenate((meta, gaps, *betas)), sampler.spec.inefficiency, end


@dataclass(frozen=True, repr=False)
class MetafrontierBootstrap(Resampled):
    """A bootstrap of a metafrontier.

    Attributes
    ----------
    result : MetafrontierResult
        What was estimated.
    refits : Refits
        Metafrontier, mean gap ratios and group frontiers over replications; those on a boundary are kept. ``ends`` is
        the first boundary among the frontiers of a replication.
    """

    result: MetafrontierResult
    refits: Refits

    @property
    def names(self) -> tuple[str, ...]:
        """Coefficients of the metafrontier, then the mean gap ratio of each group."""
        return (*self.result.pooled.sample.names, *(f"gap_ratio:{name}" for name in self.result.groups))

    @property
    def values(self) -> Array:
        """Values of :attr:`names`, shape (b, m)."""
        return self.refits.theta[:, : len(self.names)]

    @cached_property
    def estimates(self) -> Array:
        """Estimates of :attr:`names`, shape (m,)."""
        means = self.result.means.set_index("group")["gap_ratio"]
        return np.array([*self.result.meta, *(means[name] for name in self.result.groups)])

    @property
    def _acceleration(self) -> Array:
        """Zeros: an envelope has no influence of single rows."""
        return np.zeros(len(self.names))

    def efficiencies(self, level: float = 0.95) -> pd.DataFrame:
        """Return the gap ratio of every row given with an interval over replications, by percentiles.

        Columns ``row``, labels, ``group``, ``gap_ratio``, ``gap_ratio_lower``, ``gap_ratio_upper``. Group frontiers
        and metafrontier of every replication are taken at the regressors of the row.

        Raises
        ------
        SpecError
            The metafrontier is stochastic, where the gap of a row follows from its error.
        """
        check_level(level)
        r, k = self.result, len(self.result.meta)
        if r.second is not None:
            raise SpecError(
                "Gap ratios of single rows have no bootstrap interval under a stochastic metafrontier.",
                where=f"method {r.spec.method!r}",
                allowed="linear, quadratic",
                remedy="Use intervals(), which has the mean gap ratio of every group, or gap_ratio_lower and "
                "gap_ratio_upper of the result, which take the frontiers as known.",
            )
        meta = self.refits.theta[:, :k]
        bounds = np.full((2, len(r.rows)), np.nan)
        tail = 0.5 * (1.0 - level)
        used = r.rows["te"].notna().to_numpy()
        for number, (name, group) in enumerate(r.groups.items()):
            at = len(self.names) + number * k
            log_gap = r.spec.sign * (self.refits.theta[:, at : at + k] - meta) @ group.estimate.problem.x.T
            where = used & (r.rows["group"].astype(str) == name).to_numpy()
            bounds[:, where] = np.quantile(np.exp(np.minimum(0.0, log_gap)), [tail, 1.0 - tail], axis=0)
        known = ["te", "te_meta", "group_frontier", "metafrontier"]
        return r.rows.drop(columns=known).assign(gap_ratio_lower=bounds[0], gap_ratio_upper=bounds[1])


BOOTSTRAP = MetafrontierBootstrap
