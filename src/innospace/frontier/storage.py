"""A fitted frontier as plain types and frames, and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from innospace.core.errors import StoreError
from innospace.core.provenance import Provenance
from innospace.core.result import Bundle
from innospace.core.status import Status
from innospace.frontier.bootstrap.refits import Refits
from innospace.frontier.densities import density, noise_alone
from innospace.frontier.estimate import at
from innospace.frontier.likelihood import Problem
from innospace.frontier.result import FrontierResult, Sample
from innospace.frontier.spec import FrontierSpec

KIND = "frontier"


def to_bundle(result: FrontierResult) -> Bundle:
    """Return the data, the estimate and how it was reached; derived numbers are recomputed on the way back."""
    import pandas as pd

    e, problem, sample = result.estimate, result.estimate.problem, result.sample
    columns: dict[str, Any] = {"kept": sample.kept, "y": problem.y}
    columns |= {f"x{j}": problem.x[:, j] for j in range(problem.k)}
    for name, z in zip(problem.density.parameters, problem.designs, strict=True):
        if z is not None:
            columns |= {f"{name}:{j}": z[:, j] for j in range(z.shape[1])}
    if problem.weights is not None:
        columns["weights"] = problem.weights
    if sample.clusters is not None:
        columns["clusters"] = sample.clusters
    meta = {
        "spec": result.spec.to_dict(),
        "names": list(sample.names),
        "rows": sample.rows,
        "determinants": {name: list(columns) for name, columns in sample.determinants.items()},
        "density": problem.density.name,
        "theta": [float(v) for v in e.theta],
        "starts": [e.tried, e.agreed, e.screened],
        "status": e.status.to_dict(),
        "noise_loglik": e.noise_loglik,
        "provenance": result.provenance.to_dict(),
        "covariance": result.covariance_kind,
        "warnings": list(result.warnings),
        "steps": list(result.steps),
    }
    frames = {"data": pd.DataFrame(columns)}
    if sample.labels is not None:
        frames["labels"] = sample.labels
    if result.refits is not None:
        meta["bootstrap"], frames["bootstrap"] = result.refits.to_frame()
    return Bundle(KIND, meta, frames)


def _design(data: Any, name: str, determinants: dict[str, tuple[str, ...]]) -> Any:
    """Return the stored design of one parameter, or None when it is one number."""
    if name not in determinants:
        return None
    columns = [f"{name}:{j}" for j in range(len(determinants[name]))]
    return np.ascontiguousarray(data[columns].to_numpy(np.float64))


def from_bundle(bundle: Bundle) -> dict[str, Any]:
    """Return the arguments of :class:`FrontierResult`."""
    if bundle.kind != KIND:
        raise StoreError(f"A stored {bundle.kind!r} is not a {KIND!r} result.")
    meta, data = bundle.meta, bundle.frames["data"]
    spec = FrontierSpec.from_dict(meta["spec"])
    k = len(meta["names"])
    x = np.ascontiguousarray(data[[f"x{j}" for j in range(k)]].to_numpy(np.float64))
    name = meta["density"]
    law = spec.law
    if name != law.name:
        # a limit of the model that was asked for
        law = noise_alone(spec.noise) if name == "none" else density(name, spec.noise)
    weights = data["weights"].to_numpy(np.float64) if "weights" in data else None
    determinants = {name: tuple(columns) for name, columns in meta["determinants"].items()}
    z = tuple(_design(data, name, determinants) for name in law.parameters) if determinants else ()
    problem = Problem(data["y"].to_numpy(np.float64), x, spec.sign, law, weights, z)
    tried, agreed, screened = meta["starts"]
    status = Status.from_dict(meta["status"])
    estimate = at(problem, np.array(meta["theta"]), tried, agreed, screened, status)
    estimate = replace(estimate, noise_loglik=meta["noise_loglik"])
    clusters = data["clusters"].to_numpy(np.int64) if "clusters" in data else None
    kept, labels = data["kept"].to_numpy(np.int64), bundle.frames.get("labels")
    return {
        "spec": spec,
        "sample": Sample(tuple(meta["names"]), kept, meta["rows"], clusters, labels, determinants),
        "estimate": estimate,
        "provenance": Provenance.from_dict(meta["provenance"]),
        "covariance_kind": meta["covariance"],
        "warnings": tuple(meta["warnings"]),
        "steps": tuple(meta["steps"]),
        "refits": Refits.from_frame(meta["bootstrap"], bundle.frames["bootstrap"]) if "bootstrap" in meta else None,
    }
