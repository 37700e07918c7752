"""Replicate the innovation-space estimates of Makarov et al. (2016) from their own Table 4."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from innospace.core.progress import Progress, silent
from innospace.core.provenance import Nature, Source, fingerprint
from innospace.frontier.replication import published
from innospace.frontier.replication.inversion import Inversion, invert
from innospace.frontier.replication.result import ReplicationResult
from innospace.frontier.space import SpaceSpec, fit_space, simulate_space

if TYPE_CHECKING:
    import pandas as pd

SIMULATED_ETA = 0.25
SIMULATED_REGIONS = 400
SIMULATED_SEED = 2016
FOCUS = ("Republic of Bashkortostan",)


def replicate_innovation_space(progress: Progress = silent) -> ReplicationResult:
    """Recover the data behind Table 4, estimate models (2) and (4) on them and compare with every printed number.

    Parameters
    ----------
    progress : callable

    Returns
    -------
    ReplicationResult

    Notes
    -----
    Counts and the size of the space come out of the printed ``V^`` and ``TE`` alone (see
    :mod:`innospace.frontier.replication.inversion`). Model (3) needs the number of innovative companies, which no
    table prints; it is shown on simulated data with known ``eta``.
    """
    source = published.load()
    inversions: dict[int, Inversion] = {}
    for i, year in enumerate(published.YEARS):
        progress(f"Recovering the data of {year} from Table 4", 0.05 + 0.25 * i)
        printed = source.parameters[str(year)]
        space = source.table4[f"v_{year}"].to_numpy(np.float64)
        te = source.table4[f"te_{year}"].to_numpy(np.float64)
        inversions[year] = invert(space, te, printed["delta"], printed["c"])
    progress("Estimating the models", 0.85)
    panel = recovered_panel(source, inversions)
    estimated = fit_space(_validated(panel, inversions), SpaceSpec(focus=FOCUS))
    progress("Model (3) on simulated data", 0.95)
    simulated = fit_space(_simulated())
    progress("Done", 1.0)
    return ReplicationResult(source, inversions, estimated, simulated)


def recovered_panel(source: published.Published, inversions: dict[int, Inversion]) -> pd.DataFrame:
    """Return the recovered panel: one row a region and year, counts exact, space with its interval."""
    import pandas as pd

    parts = []
    for year, found in inversions.items():
        parts.append(
            pd.DataFrame(
                {
                    "region": source.table4["region"],
                    "year": year,
                    "technologies_total": found.counts,
                    "technologies": found.counts / 3.0,
                    "space": np.exp(found.ln_v),
                    "space_lower": np.exp(found.ln_v_lower),
                    "space_upper": np.exp(found.ln_v_upper),
                    "distance_to_integer": found.distance,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _validated(panel: pd.DataFrame, inversions: dict[int, Inversion]) -> object:
    from innospace.data import Dataset
    from innospace.data.schemas.innovation_space import validate

    columns = panel[["region", "year", "technologies", "space"]]
    digest = fingerprint([[float(v) for v in columns["technologies"]], [float(v) for v in columns["space"]]])
    note = (
        "New production technologies (three-year means) and size of the innovation space of 80 regions, reconstructed "
        "from Table 4 of Makarov et al. (2016) by inverting the efficiency formula; not Rosstat data."
    )
    source = Source(
        "Makarov et al. (2016), Table 4, inverted",
        digest,
        Nature.RECONSTRUCTED,
        "DOI 10.17323/1995-459X.2016.3.76.90",
        "",
        note,
    )
    substitute = float(np.median([i.zero_substitute for i in inversions.values()]))
    return validate(Dataset(columns, source), zero_rule="replace", zero_value=substitute)


def _simulated() -> object:
    from innospace.data import Dataset
    from innospace.data.schemas.innovation_space import validate

    frame = simulate_space(SIMULATED_REGIONS, eta=SIMULATED_ETA, seed=SIMULATED_SEED)
    digest = fingerprint([float(v) for v in frame["technologies"]])
    note = f"{SIMULATED_REGIONS} simulated regions with known eta = {SIMULATED_ETA}, seed {SIMULATED_SEED}."
    return validate(Dataset(frame, Source("simulated regions", digest, Nature.SIMULATED, "", "", note)))
