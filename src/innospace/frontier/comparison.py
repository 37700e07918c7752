"""Several fits side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from innospace.core.errors import SpecError
from innospace.core.table import Table

if TYPE_CHECKING:
    import pandas as pd

    from innospace.frontier.result import FrontierResult


def compare(results: Mapping[str, FrontierResult], title: str = "Stochastic frontiers side by side") -> Table:
    """Set several fits side by side: coefficients with standard errors beneath.

    Parameters
    ----------
    results : mapping of str to FrontierResult
        Column heading to fit.
    title : str

    Returns
    -------
    Table
    """
    from innospace.frontier.presentation import side_by_side

    if not results:
        raise SpecError("There is nothing to compare.", allowed="a mapping of heading to fitted frontier")
    return side_by_side(dict(results), title)


def rank_correlations(results: Mapping[str, FrontierResult]) -> pd.DataFrame:
    """Return rank correlations (Spearman) of the efficiencies of several fits, over the rows that all of them used.

    Parameters
    ----------
    results : mapping of str to FrontierResult
        Heading to fit on the same table.
    """
    import pandas as pd

    rows = {r.sample.rows for r in results.values()}
    if len(rows) != 1:
        raise SpecError(
            "Efficiencies can be compared on one table only.",
            where=f"tables of {', '.join(str(n) for n in sorted(rows))} rows",
            remedy="Fit every model to the same table.",
        )
    return pd.DataFrame({h: r.efficiencies()["te_bc"] for h, r in results.items()}).dropna().rank().corr()
