"""What bootstraps of every frontier say: errors, intervals, how the refits ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.labels import require_known
from innospace.core.table import Column, Table
from innospace.frontier.bootstrap.intervals import bias_corrected, percentile
from innospace.frontier.bootstrap.refits import Refits
from innospace.frontier.densities.base import Array
from innospace.frontier.efficiency import check_level

if TYPE_CHECKING:
    import pandas as pd

METHODS = ("bca", "percentile")
FEW = 0.05
"""Share of failed replications from which on intervals are in doubt."""


class Resampled:
    """Refits with the names, values and estimates of what they are about, which subclasses give."""

    refits: Refits

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what has intervals."""
        raise NotImplementedError

    @property
    def values(self) -> Array:
        """Values of :attr:`names`, shape (b, m); minus infinity is the logarithm of a variance that is zero."""
        raise NotImplementedError

    @property
    def estimates(self) -> Array:
        """Estimates of :attr:`names`, shape (m,)."""
        raise NotImplementedError

    @property
    def _acceleration(self) -> Array:
        """Accelerations by name, shape (m,)."""
        raise NotImplementedError

    def efficiencies(self, level: float = 0.95) -> pd.DataFrame:
        """Return efficiencies by row with intervals that carry the uncertainty of the parameters."""
        raise NotImplementedError

    def std_errors(self) -> pd.Series:
        """Return standard deviations over replications whose values are finite, by name."""
        import pandas as pd

        finite = np.where(np.isfinite(self.values), self.values, np.nan)
        enough = np.isfinite(finite).sum(axis=0) > 1
        errors = np.full(len(self.names), np.nan)
        errors[enough] = np.nanstd(finite[:, enough], axis=0, ddof=1)
        return pd.Series(errors, index=list(self.names), name="std_error")

    def intervals(self, level: float = 0.95, method: str = "bca") -> pd.DataFrame:
        """Return estimate, bootstrap error and interval by name.

        Parameters
        ----------
        level : float
        method : str
            ``bca`` (bias-corrected and accelerated; acceleration from the influence of rows or blocks) or
            ``percentile``.
        """
        import pandas as pd

        check_level(level)
        require_known([method], list(METHODS), kind="interval")
        if method == "percentile":
            lower, upper = percentile(self.values, level)
        else:
            lower, upper = bias_corrected(self.values, self.estimates, self._acceleration, level)
        frame = pd.DataFrame(
            {"estimate": self.estimates, "std_error": self.std_errors().to_numpy(), "lower": lower, "upper": upper},
            index=pd.Index(self.names, name="name"),
        )
        nowhere = frame["estimate"].isna() if method == "bca" else np.zeros(len(frame), dtype=bool)
        frame.loc[nowhere, ["lower", "upper"]] = np.nan
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Return plain types; what is not finite is None."""
        frame = self.intervals()
        plain = {
            str(name): {k: float(v) if np.isfinite(v) else None for k, v in row.items()}
            for name, row in frame.to_dict("index").items()
        }
        return {
            "kind": self.refits.kind,
            "replications": self.refits.replications,
            "seed": self.refits.seed,
            "ends": self.refits.shares(),
            "intervals": plain,
        }

    def to_frame(self) -> pd.DataFrame:
        """Return :meth:`intervals` at 95 percent."""
        return self.intervals()

    def summary(self) -> str:
        """Return a text summary, at most 100 columns wide."""
        refits = self.refits
        ends = ", ".join(f"{end} {100.0 * share:.1f} %" for end, share in refits.shares().items())
        lines = [
            f"Bootstrap ({refits.kind}), {refits.replications} replications, seed {refits.seed}: {ends}",
            "",
            f"{'':<28}{'estimate':>14}{'std. error':>14}{'from':>14}{'to':>14}",
        ]
        for name, row in self.intervals().iterrows():
            lines.append(f"{str(name)[:28]:<28}" + "".join(_cell(float(v)) for v in row))
        return "\n".join([*lines, "", "95 % intervals, bias-corrected and accelerated.", *self.doubts()])

    def doubts(self) -> tuple[str, ...]:
        """Return what makes the intervals doubtful, in sentences."""
        shares = self.refits.shares()
        found = []
        if shares.get("failed", 0.0) > FEW:
            found.append(f"{100.0 * shares['failed']:.0f} % of the replications gave no estimate and are left out.")
        boundary = sum(share for end, share in shares.items() if end not in ("converged", "failed"))
        if boundary > FEW:
            found.append(
                f"{100.0 * boundary:.0f} % of the replications ended on a boundary and are kept: near a boundary the "
                "bootstrap is only a rough guide."
            )
        return tuple(found)

    def table(self) -> Table:
        """Return the intervals as a table."""
        columns = (
            Column("name", "Coefficient"),
            Column("estimate", "Estimate", "fixed:4"),
            Column("std_error", "Std. error", "fixed:4"),
            Column("lower", "from", "fixed:4", "95\u202f% interval"),
            Column("upper", "to", "fixed:4", "95\u202f% interval"),
        )
        refits = self.refits
        note = f"Bootstrap ({refits.kind}), {refits.replications} replications; bias-corrected and accelerated."
        frame = self.intervals().reset_index()
        return Table("bootstrap", "Bootstrap", frame, columns, (note, *self.doubts()))

    def __repr__(self) -> str:
        return self.summary()


def _cell(value: float) -> str:
    return f"{value:>14.6f}" if np.isfinite(value) else f"{('-' if np.isnan(value) else str(value)):>14}"
