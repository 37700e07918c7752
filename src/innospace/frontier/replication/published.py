"""What the source paper prints, read from the shipped transcription; nothing is typed here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

YEARS = (2010, 2011, 2012)
PARAMETERS = {
    "delta": "delta",
    "c": "c",
    "delta_0": "delta_0",
    "c_0": "c_0",
    "log_likelihood": "log_likelihood",
    "w": "w",
}
"""Name in results -> row of Table 3."""
PRINTED_TE_CORRELATION = {"2010_2011": 0.8876, "2011_2012": 0.8959}
"""In the text under Figure 2 of the source, which prints no table of them."""


@dataclass(frozen=True)
class Published:
    """Tables of the source.

    Attributes
    ----------
    parameters : dict
        Model (``"2010"``, ..., ``"pooled"``) -> parameter -> printed number.
    table4 : pandas.DataFrame
        ``region``, ``v_2010`` ..., ``te_2010`` ...; 80 rows.
    table5 : pandas.DataFrame
        ``table4_region``, ``rank_by_teh_2010_2012``, ``efficiency_rank``, ``group``; 11 rows.
    eta : dict
        Year -> printed estimate of eta in model (3) (Table 2).
    """

    parameters: dict[str, dict[str, float]]
    table4: pd.DataFrame
    table5: pd.DataFrame
    eta: dict[int, float]

    def te_correlation(self) -> dict[str, float]:
        """Return correlations of the printed efficiencies between years (not the ones printed in the text)."""
        found = {}
        for a, b in ((2010, 2011), (2011, 2012)):
            found[f"{a}_{b}"] = float(np.corrcoef(self.table4[f"te_{a}"], self.table4[f"te_{b}"])[0, 1])
        return found


def load() -> Published:
    """Read the transcribed tables."""
    import pandas as pd

    from innospace.data import published_table

    table3 = published_table(3).set_index("parameter")
    columns = {str(y): f"model2_{y}" for y in YEARS} | {"pooled": "model4_pooled_2010_2012"}
    parameters: dict[str, dict[str, float]] = {}
    for model, column in columns.items():
        numbers = pd.to_numeric(table3[column], errors="coerce")
        parameters[model] = {n: float(numbers[row]) for n, row in PARAMETERS.items() if pd.notna(numbers[row])}
    table2 = published_table(2).set_index("parameter")
    eta = {y: float(table2.loc["eta", f"teh{y - 2000}_{y}"]) for y in YEARS}
    return Published(parameters, published_table(4), published_table(5), eta)
