"""What the source paper prints about the policy options, read from the shipped transcription; nothing is typed here."""

from __future__ import annotations

from innospace.core.errors import DataError
from innospace.core.inputs import LinkedValue

REGION, YEAR = "Republic of Bashkortostan", 2012
SAMPLE_OF_EFFICIENCY = "russia-2010-2012"


def paper_effects() -> dict[str, float]:
    """Return Table 6 by scenario: ``option-1`` to ``option-4``."""
    from innospace.data import published_table

    table = published_table(6)
    values = table["grp_growth_change_pct_of_baseline"]
    return {f"option-{int(n)}": float(v) for n, v in zip(table["option"], values, strict=True)}


def paper_efficiency() -> LinkedValue:
    """Return the published technical efficiency of the region in the base year; the paper prints no interval."""
    from innospace.data import load_sample

    frame = load_sample(SAMPLE_OF_EFFICIENCY).frame
    rows = frame[(frame["region"] == REGION) & (frame["year"].astype(int) == YEAR)]
    if len(rows) != 1:
        raise DataError(f"The sample holds {len(rows)} rows of {REGION} in {YEAR}.", where=SAMPLE_OF_EFFICIENCY)
    nothing = float("nan")
    origin = f"published, not estimated here: Table 4 of Makarov et al. (2016), {REGION}, {YEAR}"
    return LinkedValue(float(rows["published_te"].iloc[0]), nothing, nothing, "fraction", origin)
