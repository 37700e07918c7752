"""From a panel as arrays to its result: estimate, covariances, efficiencies, tests, checks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from innospace.core.checks import Check
from innospace.core.progress import Progress
from innospace.core.provenance import Provenance
from innospace.core.status import Status, StatusCode
from innospace.frontier import hypothesis_tests as tests
from innospace.frontier.densities.base import Array
from innospace.frontier.panel.arrays import Arrays
from innospace.frontier.panel.distribution_free import fit_distribution_free
from innospace.frontier.panel.efficiency import PanelEfficiencies, efficiencies
from innospace.frontier.panel.marginal import marginal_effects, scales
from innospace.frontier.panel.models import Family
from innospace.frontier.panel.result import PanelResult
from innospace.frontier.panel.search import (
    PanelEstimate,
    least_squares_loglik,
    maximise_panel,
    promised,
    without_inefficiency,
)
from innospace.frontier.panel.spec import PanelSpec
from innospace.numerics.covariance import inverse_information, outer_product, sandwich, smallest_scaled_eigenvalue

if TYPE_CHECKING:
    from innospace.frontier.panel.fit import PanelInputs

SCORE_TOLERANCE = 1e-8
"""How much log-likelihood the quadratic model may still promise, relative to 1 + |log-likelihood|."""


def estimate(
    spec: PanelSpec, inputs: PanelInputs, provenance: Provenance, vcov: str, level: float, progress: Progress
) -> PanelResult:
    """Return the result of a panel frontier."""
    if spec.described.family is Family.FREE:
        return _free(spec, inputs, provenance, vcov)
    progress("Maximising the likelihood", 0.1)
    found = maximise_panel(inputs.arrays, spec.described, spec.inefficiency)
    progress("Testing", 0.7)
    tested = _tests(spec, inputs.arrays, found)
    progress("Efficiencies", 0.9)
    values = efficiencies(found.problem, found.theta, level)
    covariances = _covariances(found)
    return PanelResult(
        spec=spec,
        names=found.names,
        theta=found.theta,
        covariances=covariances,
        efficiencies=_frame(inputs, values),
        numbers={
            "level": level,
            "log_likelihood": found.loglik,
            "tried": found.tried,
            "agreed": found.agreed,
            **scales(found),
        },
        tests=tested,
        status=found.status,
        checks=_checks(found),
        provenance=provenance,
        covariance_kind=vcov,
        warnings=_warnings(inputs, found.status),
        steps=inputs.steps,
        effects=marginal_effects(found, inputs.arrays, spec.inefficiency, covariances["hessian"]),
        arrays=inputs.arrays,
    )


def _warnings(inputs: PanelInputs, status: Status) -> tuple[str, ...]:
    boundary = f"{status.message} {status.remedy}" if status.boundary else ""
    return tuple(filter(None, (inputs.message, boundary)))


def _frame(inputs: PanelInputs, values: PanelEfficiencies) -> pd.DataFrame:
    columns = ("te", "te_lower", "te_upper", "te_transient", "te_persistent")
    frame = pd.DataFrame({c: getattr(values, c) for c in columns})
    unit, time = inputs.labels.iloc[:, 0], inputs.labels.iloc[:, 1]
    frame.insert(0, "unit", unit.astype(str).to_numpy())
    frame.insert(1, "time", time.to_numpy())
    return frame


def _covariances(found: PanelEstimate) -> dict[str, Array]:
    """Return every covariance in the units of the data; NaN where a parameter lies on a boundary or none exists."""
    where = np.flatnonzero(found.free)
    kinds = dict.fromkeys(("hessian", "opg", "cluster"), np.full((len(found.names),) * 2, np.nan))
    if found.status.boundary in ("gamma_one", "mu_minus_infinity", "mu_infinity"):
        return kinds
    inverse = inverse_information(found.hessian[np.ix_(where, where)])
    scores = found.scores[:, where]
    meat = scores.T @ scores
    units = len(scores)
    made = {
        "hessian": inverse,
        "opg": outer_product(meat) if units > len(where) else None,
        "cluster": None if inverse is None else sandwich(inverse, meat * units / (units - 1)),
    }
    for kind, own in made.items():
        if own is not None:
            whole = np.zeros((len(found.names),) * 2)
            whole[np.ix_(where, where)] = own
            whole = found.forward @ whole @ found.forward.T
            whole[~found.free, :] = whole[:, ~found.free] = np.nan
            kinds[kind] = whole
    return kinds


def _tests(spec: PanelSpec, arrays: Arrays, found: PanelEstimate) -> tuple[tests.TestResult, ...]:
    """Return likelihood ratios against the models without each inefficiency."""
    model = spec.described
    if model.family is Family.ONE_SIDED:
        extra = len(found.names) - arrays.x.shape[1] - 1
        null = "sigma_u = 0" + (" and one sigma_v" if "lnsigma_v2" in arrays.columns else "")
        return (tests.no_inefficiency(found.loglik, least_squares_loglik(arrays), extra, null),)
    own = found.owners.count("lnsigma_u2")
    without = without_inefficiency(arrays, model, spec.inefficiency)
    transient = tests.no_inefficiency(found.loglik, without, own)
    if "lnsigma_h2" not in found.names:
        return (transient,)
    limit = without_inefficiency(arrays, model, spec.inefficiency, persistent=True)
    persistent = tests.no_inefficiency(found.loglik, limit, 1)
    return (transient, replace(persistent, name="no_persistent_inefficiency", null="sigma_h = 0"))


def _checks(found: PanelEstimate) -> tuple[Check, ...]:
    where = np.flatnonzero(found.free)
    return (
        Check.at_most(
            "score_at_optimum",
            promised(found),
            SCORE_TOLERANCE,
            "Log-likelihood that one more Newton step would still gain, relative to its size.",
            "The search did not reach a maximum: see the status and its remedy.",
        ),
        Check.at_least(
            "hessian_negative_definite",
            smallest_scaled_eigenvalue(found.hessian[np.ix_(where, where)]),
            1e-10,
            "Smallest eigenvalue of the information matrix scaled to unit diagonal; near zero means parameters that "
            "the data cannot tell apart.",
            "Choose a model with fewer components, or drop regressors.",
        ),
        Check.at_least(
            "starts_agree",
            found.agreed / found.tried,
            0.5,
            f"Share of the {found.tried} starts that reached the reported optimum.",
            "The likelihood has several maxima; look at the data for clusters and outliers.",
        ),
    )


def _free(spec: PanelSpec, inputs: PanelInputs, provenance: Provenance, vcov: str) -> PanelResult:
    """Return a frontier without a distribution of inefficiency."""
    arrays = inputs.arrays
    found = fit_distribution_free(arrays.y, arrays.x, arrays.names, arrays.sign, arrays.units, spec.described.powers)
    te = np.exp(-found.inefficiency)
    nan, one = np.full_like(te, np.nan), np.ones_like(te)
    lasting = spec.described.powers == 1
    values = PanelEfficiencies(te, nan, nan, one if lasting else te, te if lasting else one)
    variance = float(found.residuals @ found.residuals) / max(found.degrees, 1)
    gram = np.asarray(np.linalg.inv(found.within.T @ found.within), dtype=np.float64)
    scores = arrays.units.sums(found.within * found.residuals[:, None])
    units = len(scores)
    meat = scores.T @ scores
    return PanelResult(
        spec=spec,
        names=arrays.names,
        theta=found.beta,
        covariances={
            "hessian": variance * gram,
            "opg": np.full_like(gram, np.nan),
            "cluster": gram @ meat @ gram * units / (units - 1),
        },
        efficiencies=_frame(inputs, values),
        numbers={"sigma_v": float(np.sqrt(variance)), "degrees_of_freedom": found.degrees},
        tests=(),
        status=Status(StatusCode.CONVERGED, "Least squares within units."),
        checks=(
            Check.at_least(
                "degrees_of_freedom",
                found.degrees,
                1.0,
                "Rows left after an intercept of its own for each unit; with none left nothing is estimated.",
                "Add periods, or choose intercepts that are constant over time.",
            ),
        ),
        provenance=provenance,
        covariance_kind=vcov,
        warnings=_warnings(inputs, Status(StatusCode.CONVERGED, "")),
        steps=inputs.steps,
        arrays=arrays,
    )
