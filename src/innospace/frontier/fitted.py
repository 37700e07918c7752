"""What fitted frontiers share whose estimates are kept with every covariance: panels, and those with a structure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from innospace.core.checks import Check
from innospace.core.labels import require_known
from innospace.core.provenance import Provenance
from innospace.core.result import Bundle
from innospace.core.status import Status
from innospace.core.told import Told
from innospace.frontier.bootstrap.redrawn import Redrawn
from innospace.frontier.bootstrap.refits import Refits
from innospace.frontier.densities.base import Array
from innospace.frontier.hypothesis_tests import TestResult, wald
from innospace.numerics.tails import normal_ppf, normal_sf

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class FittedFrontier(Redrawn, Told):
    """Estimates with every covariance, efficiencies by row, tests; subclasses say what they are of.

    Attributes
    ----------
    KIND, SPEC, ARRAYS, WORDS : class attributes
        Kind of the stored result, classes of the spec and of what it is estimated on, and module of its words, tables
        (``TABLES``) and figures (``Plots``), which is loaded when asked for.
    spec : object
        What the model assumes.
    names : tuple of str
        Of ``theta``.
    theta : ndarray, shape (p,)
    covariances : mapping of str to ndarray, shape (p, p)
        NaN where a parameter lies at a limit.
    efficiencies : pandas.DataFrame
        ``te``, ``te_lower``, ``te_upper`` and more by row.
    numbers : mapping of str to float
        Log-likelihood, scales, starts.
    tests : tuple of TestResult
    status : Status
    checks : tuple of Check
    provenance : Provenance
    covariance_kind : str
        The covariance in use; change it with ``vcov``.
    warnings, steps : tuple of str
        What a reader should know; what was done to the table.
    arrays : object or None
        What was estimated on; a bootstrap draws from it.
    refits : Refits or None
        Estimates on samples that were drawn along with the fit.
    """

    KIND: ClassVar[str]
    SPEC: ClassVar[Any]
    ARRAYS: ClassVar[Any]
    WORDS: ClassVar[str]

    spec: Any
    names: tuple[str, ...]
    theta: Array
    covariances: Mapping[str, Array]
    efficiencies: pd.DataFrame
    numbers: Mapping[str, float]
    tests: tuple[TestResult, ...]
    status: Status
    checks: tuple[Check, ...]
    provenance: Provenance
    covariance_kind: str = "hessian"
    warnings: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    arrays: Any = None
    refits: Refits | None = None

    @property
    def n(self) -> int:
        """Rows that have an efficiency."""
        return int(self.efficiencies["te"].notna().sum())

    @property
    def loglik(self) -> float:
        """Log-likelihood at the maximum; NaN for least squares."""
        return float(self.numbers.get("log_likelihood", np.nan))

    @property
    def mean_efficiency(self) -> float:
        """Mean of ``te`` over the rows used."""
        return float(self.efficiencies["te"].mean())

    @property
    def covariance(self) -> Array:
        """Covariance of ``theta`` in use."""
        return self.covariances[self.covariance_kind]

    def _with_covariance(self, kind: str) -> Self:
        return replace(self, covariance_kind=kind)

    def parameter(self, name: str) -> float:
        """Return one estimate by name."""
        require_known([name], self.names, kind="coefficient")
        return float(self.theta[self.names.index(name)])

    def _shown(self) -> Array:
        """Return ``theta`` with NaN for what has no estimate."""
        return self.theta

    def coefficients(self) -> pd.DataFrame:
        """Return estimate, standard error, z and p-value by name; a parameter at a limit has none."""
        import pandas as pd

        estimate, errors = self._shown(), np.sqrt(np.diag(self.covariance))
        z = estimate / errors
        frame = {"estimate": estimate, "std_error": errors, "z": z, "p_value": 2.0 * normal_sf(np.abs(z))}
        return pd.DataFrame(frame, index=pd.Index(self.names, name="name"))

    def confidence_intervals(self, level: float = 0.95) -> pd.DataFrame:
        """Return normal-approximation intervals by coefficient, columns ``lower`` and ``upper``."""
        import pandas as pd

        frame = self.coefficients()
        half = float(normal_ppf(0.5 + 0.5 * level)) * frame["std_error"]
        return pd.DataFrame({"lower": frame["estimate"] - half, "upper": frame["estimate"] + half})

    def test_wald(self, names: list[str], value: float = 0.0) -> TestResult:
        """Wald test that the named coefficients equal ``value``."""
        require_known(names, self.names, kind="coefficient")
        where = [self.names.index(n) for n in names]
        return wald(self.theta[where], self.covariance[np.ix_(where, where)], value)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        resampled = self.resampled
        return {
            "status": str(self.status.code),
            "boundary": self.status.boundary or None,
            "message": self.status.message,
            "remedy": self.status.remedy,
            **self.spec.to_dict(),
            "n": self.n,
            "covariance": self.covariance_kind,
            "coefficients": {str(name): row for name, row in self.coefficients().to_dict("index").items()},
            "mean_efficiency": self.mean_efficiency,
            "numbers": dict(self.numbers),
            "tests": {t.name: t.to_dict() for t in self.tests},
            "checks": [c.to_dict() for c in self.checks],
            "data_steps": list(self.steps),
            "warnings": list(self.warnings),
            **({} if resampled is None else {"bootstrap": resampled.to_dict()}),
        }

    def to_frame(self) -> pd.DataFrame:
        """Return the coefficients with their errors and intervals."""
        return self.coefficients().join(self.confidence_intervals())

    def estimated(self) -> pd.DataFrame:
        """Return coefficients: ``name``, ``estimate``, ``std_error``, ``lower``, ``upper``."""
        return self.to_frame().rename_axis("name").reset_index()[["name", "estimate", "std_error", "lower", "upper"]]

    def _labels(self) -> pd.DataFrame:
        """Return what names the rows of ``efficiencies`` for another step."""
        raise NotImplementedError

    def offers(self, name: str) -> pd.DataFrame:
        """Return a quantity that another step may take over: labels, ``value``, ``lower``, ``upper``, ``unit``."""
        require_known([name], ["technical_efficiency"], kind="quantity", where=f"frontier {self.spec.formula}")
        e = self.efficiencies
        return self._labels().assign(value=e["te"], lower=e["te_lower"], upper=e["te_upper"], unit="fraction")

    def to_bundle(self) -> Bundle:
        """Take the result apart for storage."""
        import pandas as pd

        meta: dict[str, Any] = {
            "spec": self.spec.to_dict(),
            "names": list(self.names),
            "numbers": dict(self.numbers),
            "tests": [[t.name, t.statistic, t.p_value, t.distribution, t.null] for t in self.tests],
            "status": self.status.to_dict(),
            "checks": [c.to_dict() for c in self.checks],
            "provenance": self.provenance.to_dict(),
            "covariances": list(self.covariances),
            "covariance": self.covariance_kind,
            "warnings": list(self.warnings),
            "steps": list(self.steps),
        }
        numbers = {"theta": self.theta} | {
            f"{kind}-{j}": v[:, j] for kind, v in self.covariances.items() for j in range(len(self.names))
        }
        frames = {"efficiencies": self.efficiencies, "estimates": pd.DataFrame(numbers)}
        for name, kept in (("arrays", self.arrays), ("bootstrap", self.refits)):
            if kept is not None:
                meta[name], frames[name] = kept.to_frame()
        return Bundle(self.KIND, meta, frames)

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> Self:
        """Put a stored result together again; nothing is estimated anew."""
        meta, frames = bundle.meta, bundle.frames
        estimates = frames["estimates"]
        names = tuple(meta["names"])
        made = {
            kind: np.column_stack([estimates[f"{kind}-{j}"].to_numpy(np.float64) for j in range(len(names))])
            for kind in meta["covariances"]
        }
        return cls(
            cls.SPEC.from_dict(meta["spec"]),
            names,
            estimates["theta"].to_numpy(np.float64),
            made,
            frames["efficiencies"],
            dict(meta["numbers"]),
            tuple(TestResult(*t) for t in meta["tests"]),
            Status.from_dict(meta["status"]),
            tuple(Check.from_dict(c) for c in meta["checks"]),
            Provenance.from_dict(meta["provenance"]),
            meta["covariance"],
            tuple(meta["warnings"]),
            tuple(meta["steps"]),
            cls.ARRAYS.from_frame(meta["arrays"], frames["arrays"]) if "arrays" in meta else None,
            Refits.from_frame(meta["bootstrap"], frames["bootstrap"]) if "bootstrap" in meta else None,
        )
