"""The bootstrap of an ordinary frontier: what its samples are drawn from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import SpecError
from innospace.frontier.bootstrap.draws import KINDS, Integers, Sampler
from innospace.frontier.bootstrap.refits import Ask, Means, refit_all
from innospace.frontier.bootstrap.result import FrontierBootstrap
from innospace.frontier.likelihood import Problem

if TYPE_CHECKING:
    import pandas as pd

    from innospace.frontier.result import FrontierResult


def drawn(result: FrontierResult, ask: Ask, means: Means) -> FrontierBootstrap:
    """Estimate the model again on drawn samples; see :class:`innospace.frontier.bootstrap.redrawn.Redrawn`."""
    ask = ask.of(KINDS, "parametric")
    blocks = blocks_of(result) if ask.kind == "block" else None
    given = (asked_problem(result), result.estimate.problem, result.estimate.theta, ask.seed, blocks)
    return FrontierBootstrap(result, refit_all(Sampler(str(ask.kind), *given), ask, means))


BOOTSTRAP = FrontierBootstrap


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
    """Return the block of every row used."""
    return blocks_by(result.sample.clusters, result.sample.labels)


def blocks_by(clusters: Integers | None, labels: pd.DataFrame | None) -> Integers:
    """Return the block of every row: its cluster, or else its firm or region."""
    import pandas as pd

    if clusters is not None:
        return clusters
    column = next((c for c in ("firm", "region") if labels is not None and c in labels.columns), None)
    if column is None or labels is None:
        raise SpecError(
            "Nothing says which rows belong together.",
            allowed="cluster= when fitting, or a column firm or region",
            remedy='Fit with cluster="COLUMN", or use kind="pairs".',
        )
    return np.asarray(pd.factorize(labels[column])[0], dtype=np.int64)
