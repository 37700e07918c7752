"""A replication of the policy options as plain types and frames, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from innospace.core.errors import StoreError
from innospace.core.result import Bundle
from innospace.economy.models.knowledge import storage as knowledge
from innospace.economy.models.knowledge.fit import Fit
from innospace.economy.models.knowledge.result import EconomyResult

if TYPE_CHECKING:
    from innospace.economy.replication.result import BashkortostanReplication

KIND = "replication_bashkortostan"


def to_bundle(result: BashkortostanReplication) -> Bundle:
    """Return the solved economy, the fits and what else was found."""
    economy = result.economy.to_bundle()
    meta = {
        "paper": dict(result.paper),
        "economy": dict(economy.meta),
        "fits": [f.to_dict() for f in result.fits],
        "rates": [[rate, [f.to_dict() for f in fits]] for rate, fits in result.rates.items()],
        "seconds": result.seconds,
        "seed": result.seed,
    }
    return Bundle(KIND, meta, {"edge": result.edge, **{f"economy.{n}": f for n, f in economy.frames.items()}})


def from_bundle(bundle: Bundle) -> tuple[Any, ...]:
    """Return the arguments of :class:`BashkortostanReplication`."""
    if bundle.kind != KIND:
        raise StoreError(f"A stored {bundle.kind!r} is not a {KIND!r} result.")
    meta = bundle.meta
    frames = {n.partition(".")[2]: f for n, f in bundle.frames.items() if n.startswith("economy.")}
    economy = EconomyResult.from_bundle(Bundle(knowledge.KIND, meta["economy"], frames))
    fits = tuple(Fit.from_dict(f) for f in meta["fits"])
    rates = {float(rate): tuple(Fit.from_dict(f) for f in group) for rate, group in meta["rates"]}
    return dict(meta["paper"]), economy, fits, rates, bundle.frames["edge"], meta["seconds"], meta["seed"]
