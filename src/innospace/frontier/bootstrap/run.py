"""The verb: bootstrap a fitted frontier."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import SpecError
from innospace.core.labels import suggest
from innospace.core.parts import Resume
from innospace.core.progress import Progress, silent
from innospace.frontier.bootstrap.draws import KINDS, LEAST, MOST, Integers, Sampler
from innospace.frontier.bootstrap.refits import Means, refit_all
from innospace.frontier.bootstrap.result import FrontierBootstrap
from innospace.frontier.likelihood import Problem

if TYPE_CHECKING:
    from innospace.frontier.result import FrontierResult


def bootstrap(
    result: FrontierResult,
    replications: int = 999,
    *,
    kind: str = "parametric",
    seed: int = 0,
    workers: int | None = 1,
    executor: Any = None,
    resume: Resume = None,
    progress: Progress = silent,
) -> FrontierBootstrap:
    """Estimate the model again on samples drawn from it or from its rows.

    Parameters
    ----------
    result : FrontierResult
    replications : int
        At least 20; some hundreds for standard errors, a thousand or more for intervals.
    kind : str
        ``parametric``: outcomes simulated from the estimate; ``pairs``: rows drawn with replacement; ``block``: whole
        blocks of rows, by the clusters of the fit, or else by firm or region.
    seed : int
        Numbers depend on it and not on ``workers`` or ``executor``.
    workers : int, optional
        Processes; all cores when None.
    executor : optional
        An executor of :mod:`concurrent.futures` instead of ``workers``, such as that of a cluster.
    resume : path or Parts, optional
        A folder where finished replications are kept until all is done, so that an interrupted call goes on.
    progress : callable

    Returns
    -------
    FrontierBootstrap

    Raises
    ------
    SpecError
        An unknown kind, too few replications or blocks, a negative seed.
    SolverError
        More than half of the replications gave no estimate.

    Notes
    -----
    Refits that end on a boundary are kept: leaving them out would make the spread too small where inefficiency is near
    zero (Simar and Wilson 2010).
    """
    require_draws(replications, kind, seed, KINDS)
    blocks = blocks_of(result) if kind == "block" else None
    sampler = Sampler(kind, asked_problem(result), result.estimate.problem, result.estimate.theta, seed, blocks)
    return FrontierBootstrap(result, refit_all(sampler, replications, Means(workers, executor, resume, progress)))


def require_draws(replications: int, kind: str, seed: int, kinds: tuple[str, ...]) -> None:
    """Refuse an unknown kind, too few or too many replications, a negative seed."""
    if kind not in kinds:
        raise SpecError(
            f"Unknown kind of bootstrap {kind!r}.",
            allowed=", ".join(kinds),
            remedy=suggest(kind, kinds) or "Choose one of the names above.",
        )
    if not LEAST <= replications <= MOST:
        raise SpecError(
            f"{replications} replications say nothing of spread."
            if replications < LEAST
            else f"{replications:,} replications are too many.",
            allowed=f"{LEAST} to {MOST:,}",
            remedy="Use some hundreds for standard errors, a thousand or more for intervals.",
        )
    if seed < 0:
        raise SpecError(f"The seed of a bootstrap is {seed}.", allowed="0 or more")


def asked_problem(result: FrontierResult) -> Problem:
    """Return the data with the model that was asked for, also where a limit of it was estimated."""
    return replace(result.estimate.problem, density=result.spec.law, z=_designs(result))


def _designs(result: FrontierResult) -> tuple[Any, ...]:
    """Return regressors of the parameters of the model asked for."""
    fitted = result.estimate.problem
    if not result.sample.determinants:
        return ()
    known = dict(zip(fitted.density.parameters, fitted.designs, strict=True))
    missing = [n for n in result.sample.determinants if n not in known]
    if missing:
        raise SpecError(
            "The estimate lies on a boundary where regressors of inefficiency play no part.",
            where=", ".join(missing),
            remedy="Bootstrap the model without these regressors, or the limit that the status names.",
        )
    return tuple(known.get(name) for name in result.spec.law.parameters)


def blocks_of(result: FrontierResult) -> Integers:
    """Return the block of every row used: its cluster, or else its firm or region."""
    import pandas as pd

    sample = result.sample
    if sample.clusters is not None:
        return sample.clusters
    labels = sample.labels
    column = next((c for c in ("firm", "region") if labels is not None and c in labels.columns), None)
    if column is None or labels is None:
        raise SpecError(
            "Nothing says which rows belong together.",
            allowed="cluster= when fitting, or a column firm or region",
            remedy='Fit with cluster="COLUMN", or use kind="pairs".',
        )
    return np.asarray(pd.factorize(labels[column])[0], dtype=np.int64)
