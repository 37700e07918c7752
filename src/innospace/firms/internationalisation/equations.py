"""The equations of the study, fitted on the same firms with one joint covariance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from innospace.core.errors import InnospaceError, SpecError
from innospace.firms.estimates import Estimates
from innospace.firms.internationalisation.stack import Piece, joint, linear_piece, probit_piece
from innospace.firms.internationalisation.waves import TwoWaves

if TYPE_CHECKING:
    import pandas as pd

CLASS_ENDINGS = ("_starter", "_quitter", "_continuous")
MIN_FIRMS = 10
"""A class with fewer firms gets no headline."""


@dataclass(frozen=True, slots=True)
class Equations:
    """Every equation that could be fitted.

    Attributes
    ----------
    pieces : mapping of str to Piece
        By name: ``level export``, ``ex ante export``, ``entry export``, ``start rd``, ``new_foreign_partner``,
        ``growth``.
    estimates : Estimates
        All coefficients, named ``{equation}: {regressor}``, with their joint robust covariance.
    missed : mapping of str to str
        Equations that could not be fitted, and why.
    """

    pieces: Mapping[str, Piece]
    estimates: Estimates
    missed: Mapping[str, str]


def term(column: str) -> str:
    """Return a column as a term of a formula."""
    return column if column.isidentifier() else f"`{column}`"


def fit_equations(waves: TwoWaves) -> Equations:
    """Fit every equation of the study.

    Raises
    ------
    SpecError
        None could be fitted; the reasons are told.
    """
    pieces: dict[str, Piece] = {}
    missed: dict[str, str] = {}
    for name, fit in _models(waves).items():
        try:
            pieces[name] = fit()
        except InnospaceError as error:
            missed[name] = " ".join(part for part in (error.what, error.where) if part)
    if not pieces:
        told = "; ".join(f"{k}: {v}" for k, v in missed.items())
        raise SpecError("None of the equations of the study could be estimated.", where=told)
    return Equations(pieces, joint(list(pieces.values())), missed)


def _models(waves: TwoWaves) -> dict[str, Callable[[], Piece]]:
    plan, frame = waves.plan, _with_entries(waves)
    industry = ["C(industry)"] if plan.industry else []
    found: dict[str, Callable[[], Piece]] = {}

    def add(name: str, kind: Callable[..., Piece], outcome: str, regressors: list[str]) -> None:
        # firms of a class too small for a coefficient are not counted among those that never trade
        rows, columns = large_classes(frame, outcome, regressors)
        found[name] = lambda: kind(name, rows, outcome, [*map(term, columns), *industry])

    for c in plan.channels:
        add(f"level {c}", linear_piece, "productivity", [*_classes((c,)), "size"])
        add(f"ex ante {c}", linear_piece, f"productivity_before_{c}", [f"{c}_starter", "size"])
        add(f"entry {c}", probit_piece, f"entry_{c}", ["size", "productivity"])
    add("growth", linear_piece, "growth", [*_classes(plan.channels), "size", "productivity"])
    for o in plan.outcomes:
        add(f"start {o}", probit_piece, f"{o}_start", start_regressors(waves))
    for p in plan.partners:
        add(p, probit_piece, p, partner_regressors(waves))
    return found


def large_classes(frame: pd.DataFrame, outcome: str, regressors: list[str]) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows and regressors without classes of trade that have too few firms where the outcome is known.

    The outcome of firms in such a class becomes missing, so that positions of rows stay.
    """
    known = frame[outcome].notna()
    small = [n for n in regressors if n.endswith(CLASS_ENDINGS) and frame.loc[known, n].sum() < MIN_FIRMS]
    if not small:
        return frame, regressors
    inside = (frame[small] == 1.0).any(axis=1)
    rows = frame.assign(**{outcome: frame[outcome].where(~inside)})
    return rows, [n for n in regressors if n not in small and not any(n.endswith(f"_x_{s}") for s in small)]


def start_regressors(waves: TwoWaves) -> list[str]:
    """Return the regressors of starting to innovate."""
    plan = waves.plan
    share = [plan.inputs_share, waves.interaction] if waves.interaction else []
    return [*_classes(plan.channels), *share, "size", "productivity", *plan.traits, *plan.partners]


def partner_regressors(waves: TwoWaves) -> list[str]:
    """Return the regressors of winning new partners."""
    plan = waves.plan
    return [*plan.traits, *(f"{m}_before" for m in plan.markets), *waves.locations, "size"]


def _classes(channels: tuple[str, ...]) -> list[str]:
    """Return the 0/1 columns of the classes of channels; never is left out."""
    return [f"{c}{ending}" for c in channels for ending in CLASS_ENDINGS]


def _with_entries(waves: TwoWaves) -> pd.DataFrame:
    """Add, by channel, entry and productivity of the firms that did not trade in the first wave."""
    frame = waves.frame.copy()
    for c in waves.plan.channels:
        outside = frame[f"{c}_class"].isin(("never", "starter"))
        frame[f"entry_{c}"] = frame[f"{c}_starter"].where(outside)
        frame[f"productivity_before_{c}"] = frame["productivity"].where(outside)
    return frame
