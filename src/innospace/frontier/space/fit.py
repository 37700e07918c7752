"""Estimate the innovation space: models (2), (3), (4), hypotheses, efficiency and used space."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import BoundaryWarning, SpecError, offenders
from innospace.core.labels import require_known
from innospace.core.progress import Progress, silent
from innospace.core.provenance import Provenance
from innospace.frontier.fitting import fit
from innospace.frontier.result import FrontierResult
from innospace.frontier.space.determinants import columns, joined, within_a_year
from innospace.frontier.space.result import POOLED, SpaceResult
from innospace.frontier.space.spec import SpaceSpec

if TYPE_CHECKING:
    import pandas as pd

    from innospace.data.schemas.innovation_space import InnovationSpaceTable

OUTCOME = "technologies_used"
MODEL_2 = f"log({OUTCOME}) ~ log(space)"
MODEL_3 = f"log({OUTCOME}) ~ log(space) + log(innovative_companies)"
MODEL_4 = f"log({OUTCOME}) ~ t + log(space) + t:log(space)"
RESTRICTED = {
    "hypothesis_2": f"log({OUTCOME}) ~ t + log(space)",
    "hypothesis_3": f"log({OUTCOME}) ~ log(space) + t:log(space)",
}


def fit_space(
    table: InnovationSpaceTable | Any,
    spec: SpaceSpec | None = None,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> SpaceResult:
    """Fit models (2) and (4), and (3) where innovative companies are known, to a table of regions and years.

    Parameters
    ----------
    table : InnovationSpaceTable, or anything ``innospace.data.schemas.innovation_space.validate`` accepts
        One row a region and year.
    spec : SpaceSpec, optional
    seed : int
    progress : callable

    Returns
    -------
    SpaceResult

    Raises
    ------
    DataError
        The table does not fit the schema, or a year has too few regions.
    """
    from innospace.data.schemas.innovation_space import InnovationSpaceTable, validate

    spec = spec or SpaceSpec()
    checked = table if isinstance(table, InnovationSpaceTable) else validate(table)
    frame = with_time(checked.frame)
    frame, left_out = complete(frame, spec.determinants)
    if spec.grouping is not None:
        spec.grouping.of(frame)  # what keeps regions from being grouped is told before anything is estimated
    plan = plan_models(frame, spec.determinants)
    models: dict[str, FrontierResult] = {}
    for i, (name, (formula, rows)) in enumerate(plan.items()):
        progress(f"Estimating {name.replace('_', ' ')}", i / len(plan))
        models[name] = _fit(formula, rows, spec, seed)
    progress("Done", 1.0)
    provenance = Provenance.now((checked.source,), spec.to_dict(), seed)
    return SpaceResult(spec, frame, models, (*checked.steps, *left_out), provenance)


def complete(frame: pd.DataFrame, determinants: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the rows whose determinants are known, so that all models have the same, and what was left out."""
    used = list(columns(determinants))
    require_known(used, [str(c) for c in frame.columns], kind="column", where=f"determinants {determinants!r}")
    missing = np.flatnonzero(frame[used].isna().any(axis=1)) if used else np.array([], dtype=np.int64)
    if not len(missing):
        return frame, ()
    named = offenders([f"{frame['region'].iloc[i]} {frame['year'].iloc[i]}" for i in missing])
    kept = frame.drop(index=frame.index[missing]).reset_index(drop=True)
    return kept, (f"{len(missing)} rows without a determinant of inefficiency were left out: {named}.",)


def with_time(frame: pd.DataFrame) -> pd.DataFrame:
    """Number years from 0 in steps of one year; a table without years is one period."""
    if "year" not in frame.columns or frame["year"].isna().all():
        return frame.assign(year=0, t=0)
    return frame.assign(t=frame["year"] - frame["year"].min()).sort_values(["year"], kind="stable", ignore_index=True)


def plan_models(frame: pd.DataFrame, determinants: str = "") -> dict[str, tuple[str, pd.DataFrame]]:
    """Return model name -> (formula, rows), in the order in which they are estimated.

    Every model has the determinants; terms of time among them need several years, so those of one year go without.

    Raises
    ------
    SpecError
        A region has no innovative company although their number is given.
    """
    years = sorted(frame["year"].unique())
    by_year = {int(y): frame[frame["year"] == y].reset_index(drop=True) for y in years}
    own = within_a_year(determinants)
    plan = {str(y): (joined(MODEL_2, own), rows) for y, rows in by_year.items()}
    if "innovative_companies" in frame.columns and frame["innovative_companies"].notna().all():
        if (frame["innovative_companies"] <= 0).any():
            raise SpecError(
                "Model (3) needs at least one innovative company in every region.",
                where=", ".join(frame.loc[frame["innovative_companies"] <= 0, "region"].astype(str).head(5)),
                remedy="Leave the column innovative_companies out, or these regions.",
            )
        plan |= {f"{y}_eta": (joined(MODEL_3, own), rows) for y, rows in by_year.items()}
    if len(years) > 1:
        plan[POOLED] = (joined(MODEL_4, determinants), frame)
        plan |= {name: (joined(formula, determinants), frame) for name, formula in RESTRICTED.items()}
    return plan


def panel_formula(model: str, determinants: str = "") -> str:
    """Return the frontier of the innovation space for a panel of regions.

    Model (4), whose constant and elasticity move with the years; where the model gives every region a path of time of
    its own, only ``ln V`` is left.

    Parameters
    ----------
    model : str
        A name of :data:`innospace.frontier.panel.models.MODELS`.
    determinants : str
        See :class:`innospace.frontier.space.spec.SpaceSpec`.
    """
    from innospace.frontier.panel.models import model_named

    return joined(MODEL_2 if model_named(model).powers > 1 else MODEL_4, determinants)


def _fit(formula: str, rows: pd.DataFrame, spec: SpaceSpec, seed: int) -> FrontierResult:
    with warnings.catch_warnings():
        # a boundary is a status of the model and a finding of the report, not a message of its own
        warnings.simplefilter("ignore", BoundaryWarning)
        cluster = "region" if spec.vcov == "cluster" else None
        return fit(formula, rows, inefficiency=spec.inefficiency, vcov=spec.vcov, cluster=cluster, seed=seed)


def simulate_space(
    regions: int = 80,
    delta: float = 0.65,
    c: float = -4.8,
    eta: float = 0.0,
    sigma_u: float = 1.0,
    sigma_v: float = 0.35,
    seed: int = 0,
) -> pd.DataFrame:
    """Return a simulated cross section of the innovation space with known parameters.

    ``ln Q = c + delta ln V + eta ln B + v - u`` with half-normal ``u``; R&D organisations S and innovative
    companies B are log-normal and correlated, V = S B. Label it simulated wherever it is shown.

    Parameters
    ----------
    regions : int
    delta, c, eta, sigma_u, sigma_v : float
        Known truth.
    seed : int

    Returns
    -------
    pandas.DataFrame
        ``region``, ``year``, ``technologies``, ``rd_organisations``, ``innovative_companies``.
    """
    import pandas as pd

    rng = np.random.default_rng(seed)
    size = rng.normal(size=regions)
    organisations = np.ceil(np.exp(3.3 + 0.8 * size + 0.4 * rng.normal(size=regions)))
    companies = np.ceil(np.exp(6.5 + 0.8 * size + 0.4 * rng.normal(size=regions)))
    noise = sigma_v * rng.normal(size=regions) - np.abs(sigma_u * rng.normal(size=regions))
    log_q = c + delta * np.log(organisations * companies) + eta * np.log(companies) + noise
    return pd.DataFrame(
        {
            "region": [f"Simulated region {i + 1}" for i in range(regions)],
            "year": 2012,
            "technologies": np.exp(log_q),
            "rd_organisations": organisations,
            "innovative_companies": companies,
        }
    )
