"""Timed cases of firm panels: premia with absorbed fixed effects, beside pyfixest, and distributions before entry."""

from __future__ import annotations

import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from case import Case


@cache
def panel_file(firms: int, years: int = 10) -> Path:
    """Return a Parquet file of simulated firm-years with twelve columns, five of which premia need."""
    import pandas as pd

    rng = np.random.default_rng(20052009)
    n = firms * years
    ability, base = rng.normal(size=firms), rng.normal(4.0, 1.0, firms)
    size = np.repeat(base, years) + 0.2 * rng.normal(size=n)
    long_ability = np.repeat(ability, years)
    export = 0.5 * long_ability + 0.3 * (size - 4.0) + rng.normal(size=n) > 1.0
    log_output = 3.0 + 0.2 * export + 0.05 * size + 0.5 * long_ability + 0.4 * rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "firm": np.repeat(np.arange(firms), years),
            "year": np.tile(np.arange(2000, 2000 + years), firms).astype(np.int32),
            "industry": np.repeat(rng.integers(0, 100, firms), years).astype(np.int32),
            "export": export.astype(np.int8),
            "size": size,
            "productivity": np.exp(log_output),
            **{f"unused{i}": rng.normal(size=n) for i in range(6)},
        }
    )
    path = Path(tempfile.mkdtemp()) / "panel.parquet"
    frame.to_parquet(path, index=False)
    return path


def premium(path: Path, kind: str) -> Any:
    """Read the columns needed and estimate the exporter premium, clustered by firm."""
    from innospace.firms.premia import premia

    effects = {"level": "industry*year", "firm": "year"}[kind]
    return premia(path, "productivity", "export", controls=["size"], fixed_effects=effects, kind=kind)


def premium_pyfixest(path: Path, kind: str) -> Any:
    """Do the same with pandas and pyfixest."""
    import pandas as pd
    import pyfixest

    frame = pd.read_parquet(path, columns=["firm", "year", "industry", "export", "size", "productivity"])
    frame["outcome"] = np.log(frame["productivity"])
    effects = {"level": "industry^year", "firm": "firm + year"}[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pyfixest.feols(
            f"outcome ~ export + size | {effects}", frame, vcov={"CRV1": "firm"}, copy_data=False, store_data=False
        )


def before_entry(path: Path) -> Any:
    """Compare distributions before entry, 99 bootstrap draws."""
    from innospace.firms.self_selection import pre_entry

    return pre_entry(path, "productivity", "export", replications=99)


CASES = (
    *(
        Case(who, f"premia {kind}, {10 * firms:,} firm-years, Parquet", lambda f=firms, k=kind: (panel_file(f), k), run)
        for firms in (10_000, 100_000)
        for kind in ("level", "firm")
        for who, run in (("innospace", premium), ("pyfixest", premium_pyfixest))
    ),
    Case("innospace", "distributions before entry, 100,000 firm-years", lambda: (panel_file(10_000),), before_entry, 1),
)
