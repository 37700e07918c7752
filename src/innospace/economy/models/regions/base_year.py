"""The base year of many regions: figures and assumptions made into flows that balance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import DataError, LabelError, SolverError, offenders
from innospace.core.labels import require_known
from innospace.economy.models.regions.assumptions import Assumptions
from innospace.numerics.cross_entropy import minimise

if TYPE_CHECKING:
    import pandas as pd

    from innospace.data.dataset import Dataset

Array = NDArray[np.float64]
COLUMNS = ("region", "grp_mln_rub", "fixed_assets_mln_rub", "rd_personnel", "technical_efficiency")
"""Columns of the table of regions that are needed; ``federal_district`` may stand beside them."""
TRANSFERS = "net_transfers_mln_rub"
"""Column that may stand beside them: what a region receives from all others together, less what it pays."""
GIVEN = 1e-6
"""Part of all grants by which net transfers may miss a sum of zero."""
BALANCED = 1e-11
"""Part of a region's sales or purchases by which the balanced trade matrix may miss them."""
NEAR_KM = 50.0
"""Least distance between regions, and of a region to itself."""
LEAST = 1e-9
"""Part of its prior below which a flow of trade has no place in the balanced matrix."""


@dataclass(frozen=True)
class BaseYear:
    """Flows of the base year, million roubles at prices of one; arrays are by region, shape (R,), or (R, R).

    Attributes
    ----------
    regions, codes, districts : tuple of str
    product : ndarray
        Gross regional product.
    capital : ndarray
        Stock of fixed assets.
    research : ndarray
        Spending on R&D.
    efficiency : ndarray
        Of the innovation space.
    output : ndarray
        Of goods.
    transfers : ndarray
        Received less paid; they sum to zero.
    trade : ndarray
        From the row's region to the column's.
    distance : ndarray
        Kilometres between centres.
    knowledge : ndarray
        First stock: spending over its depreciation and growth.
    log : tuple of str
        What was done to the figures.
    """

    regions: tuple[str, ...]
    codes: tuple[str, ...]
    districts: tuple[str, ...]
    product: Array
    capital: Array
    research: Array
    efficiency: Array
    output: Array
    transfers: Array
    trade: Array
    distance: Array
    knowledge: Array
    log: tuple[str, ...]

    @property
    def income(self) -> Array:
        """What households spend, save and pay for R&D: product and net transfers."""
        return np.asarray(self.product + self.transfers)

    @property
    def bought(self) -> Array:
        """Purchases of goods: output and net transfers."""
        return np.asarray(self.output + self.transfers)

    @property
    def home(self) -> Array:
        """Share of a region's purchases of goods that it makes itself."""
        return np.asarray(np.diag(self.trade) / self.trade.sum(axis=0))


def base_year(table: Dataset, assumptions: Assumptions | None = None) -> BaseYear:
    """Return balanced flows of the base year.

    Value added of goods is the product less that of R&D; output follows from the share of materials; trade is
    ``T_rs = Y_r Y_s d_rs^-theta`` (times the home bias where ``r = s``), moved as little as possible, in the sense of
    cross-entropy, until every region sells its output and buys what it uses. A region that receives transfers buys
    more than it sells, by as much.

    Parameters
    ----------
    table : Dataset
        One row a region; see :data:`COLUMNS`, :data:`TRANSFERS` and the sample ``russia-80-economy-2012``.
    assumptions : Assumptions, optional

    Raises
    ------
    DataError, LabelError
        A column is missing; numbers are missing or out of range; regions are not known, stand twice, or R&D costs more
        than the product.
    """
    a = assumptions or Assumptions()
    frame, codes = _checked(table)
    product, capital, persons, efficiency = (frame[c].to_numpy(np.float64) for c in COLUMNS[1:])
    research = persons * a.research_cost
    added = product - (a.research_labour + a.research_capital) * research
    names = tuple(map(str, frame["region"]))
    _require(added > 0.1 * product, names, "R&D takes most of the product", "a smaller research_cost")
    output = added / (1.0 - a.materials_share)
    far, given = _distances(codes), _transfers(frame, names, product, a)
    trade, rounds, moved = _trade(output, output + given, far, a)
    log: tuple[str, ...] = (
        f"{len(names)} regions with a product of {product.sum():,.0f} million roubles in all.",
        f"R&D costs {a.research_cost:g} million roubles a person: {research.sum():,.0f} million in all.",
        f"Trade of {trade.size:,} pairs: gravity with exponent {a.distance_exponent:g} and home bias {a.home_bias:g}, "
        f"balanced in {rounds} steps; flows moved by a factor of {moved[0]:.2f} to {moved[1]:.2f}.",
    )
    if given.any():
        log = (*log, f"Net transfers of {TRANSFERS!r}: {given[given > 0.0].sum():,.0f} million roubles change regions.")
    stock = research / (a.knowledge_depreciation + a.knowledge_growth)
    districts = frame["federal_district"] if "federal_district" in frame else [""] * len(names)
    return BaseYear(
        names,
        codes,
        tuple(map(str, districts)),
        product,
        capital,
        research,
        efficiency,
        output,
        given,
        trade,
        far,
        stock,
        log,
    )


def _checked(table: Dataset) -> tuple[pd.DataFrame, tuple[str, ...]]:
    import pandas as pd

    from innospace.data.regions import match_regions

    frame, place = table.frame, f"table {table.source.name!r}"
    missing = [c for c in COLUMNS if c not in frame]
    if missing:
        raise DataError(
            f"The table of regions lacks {offenders(missing)}.",
            where=place,
            allowed=", ".join(COLUMNS),
            remedy="See the sample russia-80-economy-2012.",
        )
    frame = frame.reset_index(drop=True)
    names = [str(n) for n in frame["region"]]
    match = match_regions(names)
    unknown = [n for n, code in zip(names, match.codes, strict=True) if code is None]
    if unknown:
        raise LabelError(f"Not among the 80 regions: {offenders(unknown)}.", where=f"{place}, column 'region'")
    codes = tuple(str(c) for c in match.codes)
    doubled = [n for n, c in zip(names, codes, strict=True) if codes.count(c) > 1]
    if doubled or len(names) < 2:
        what = f"Regions stand twice: {offenders(doubled)}." if doubled else f"The table has {len(names)} regions."
        raise DataError(what, where=f"{place}, column 'region'", allowed="two regions or more, one row each")
    for column in COLUMNS[1:]:
        values = pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float64)
        top = 1.0 if column == "technical_efficiency" else np.inf
        with np.errstate(invalid="ignore"):
            good = np.isfinite(values) & (values > 0.0) & (values <= top)
        _require(good, names, f"column {column!r}", "numbers above zero" + (", at most 1" if top == 1.0 else ""), place)
        frame[column] = values
    return frame, codes


def _require(
    good: NDArray[np.bool_], names: list[str] | tuple[str, ...], what: str, allowed: str, place: str = ""
) -> None:
    bad = [n for n, ok in zip(names, good, strict=True) if not ok]
    if bad:
        raise DataError(f"Not usable, {what}: {offenders(bad)}.", where=place, allowed=allowed)


def _transfers(frame: pd.DataFrame, names: tuple[str, ...], product: Array, a: Assumptions) -> Array:
    """Return net transfers that sum to zero; none when the table has no such column."""
    import pandas as pd

    if TRANSFERS not in frame:
        return np.zeros(len(names))
    given = pd.to_numeric(frame[TRANSFERS], errors="coerce").to_numpy(np.float64)
    what = f"column {TRANSFERS!r}"
    _require(np.isfinite(given), names, what, "numbers, in every row")
    left = (1.0 - a.saving_share) * product
    _require(-given < 0.5 * left, names, what, "payments below half of what is left of the product after saving")
    grants = given[given > 0.0].sum()
    if abs(given.sum()) > GIVEN * grants:
        raise DataError(
            f"Net transfers sum to {given.sum():,.6g} million roubles.",
            where=what,
            allowed="a sum of zero: what some regions receive others pay",
            remedy="Give what regions receive less what they pay, without payments to and from elsewhere.",
        )
    return np.asarray(given - given.sum() * np.abs(given) / max(np.abs(given).sum(), 1e-300))


def _distances(codes: tuple[str, ...]) -> Array:
    """Return distances in km; of a region to itself half of that to its nearest neighbour."""
    from innospace.data import load_geometry
    from innospace.data.geography import centres, distances

    known = centres(load_geometry())
    require_known(codes, list(known), kind="region", where="map of regions")
    far = distances([known[c] for c in codes])
    np.fill_diagonal(far, np.inf)
    np.fill_diagonal(far, 0.5 * far.min(axis=1))
    return np.asarray(np.maximum(far, NEAR_KM))


def _trade(output: Array, bought: Array, far: Array, a: Assumptions) -> tuple[Array, int, tuple[float, float]]:
    """Return the trade matrix, steps of its balance, and the smallest and largest factor on a flow of the prior."""
    from scipy import sparse

    count = len(output)
    prior = np.outer(output, bought) * far**-a.distance_exponent
    prior[np.diag_indices(count)] *= a.home_bias
    prior *= output.sum() / prior.sum()
    row, column = np.divmod(np.arange(count * count), count)
    size = np.concatenate((1.0 / output[row], 1.0 / bought[column]))
    place = (np.concatenate((row, count + column)), np.tile(np.arange(count * count), 2))
    sums = sparse.csr_matrix((size, place), shape=(2 * count, count * count))
    found = minimise(sums, np.ones(2 * count), prior.ravel(), np.ones(count * count))
    factor = found.x / prior.ravel()
    worst = float(np.abs(found.residual).max())
    if worst > BALANCED or factor.min() < LEAST:
        raise SolverError(
            f"Trade between regions cannot be balanced: sales or purchases are missed by {worst:.3g}.",
            remedy="Use a smaller distance_exponent or home_bias.",
        )
    return found.x.reshape(count, count), found.iterations, (float(factor.min()), float(factor.max()))
