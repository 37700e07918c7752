"""The result of a frontier with a structure: estimates with every covariance, what is said of each row, tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from innospace.core.errors import SpecError
from innospace.data.formula import LABELS
from innospace.frontier.fitted import FittedFrontier
from innospace.frontier.spec import check_covariance
from innospace.frontier.structure.arrays import Arrays
from innospace.frontier.structure.spec import COVARIANCES, StructureSpec

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class StructureResult(FittedFrontier):
    """A fitted frontier with a structure; see :class:`innospace.frontier.fitted.FittedFrontier`.

    Names of parameters of class j end in ``_j``; ``theta`` is NaN for parameters that lie at a limit; covariances are
    ``hessian``, ``opg``, ``robust``, ``cluster`` where there are clusters, and ``jackknife`` where it was asked for.
    ``efficiencies`` has one row per row given, in order: ``row``, labels, ``te``, ``te_lower``, ``te_upper`` and what
    the model says of a row besides; missing where a row was left out.
    """

    KIND: ClassVar[str] = "structure_frontier"
    SPEC: ClassVar[Any] = StructureSpec
    ARRAYS: ClassVar[Any] = Arrays
    WORDS: ClassVar[str] = "innospace.frontier.structure.presentation"
    DRAWN: ClassVar[str] = "innospace.frontier.structure.bootstrap"

    @property
    def bic(self) -> float:
        """Schwarz's criterion, ``p ln n - 2 ln L``: smaller is better."""
        return float(self.numbers["bic"])

    def vcov(self, kind: str) -> Self:
        """Return the same fit with another covariance: ``hessian``, ``opg``, ``robust``, ``cluster``, ``jackknife``."""
        check_covariance(kind, "cluster" in self.covariances, COVARIANCES)
        if kind not in self.covariances:
            raise SpecError(
                f"The covariance {kind!r} was not made.",
                allowed=", ".join(self.covariances),
                remedy=f'Estimate with vcov="{kind}".',
            )
        return self._with_covariance(kind)

    @property
    def label_columns(self) -> list[str]:
        """Columns of ``efficiencies`` that name a row: region, firm, year, or its number."""
        return [c for c in LABELS if c in self.efficiencies.columns] or ["row"]

    def _labels(self) -> pd.DataFrame:
        return self.efficiencies[self.label_columns]
