"""The result of a frontier with a structure: estimates with every covariance, what is said of each row, tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy import stats

from innospace.core.checks import Check
from innospace.core.document import Section
from innospace.core.labels import require_known
from innospace.core.provenance import Provenance
from innospace.core.result import Bundle
from innospace.core.status import Status
from innospace.core.table import Table
from innospace.data.formula import LABELS
from innospace.frontier.densities.base import Array
from innospace.frontier.hypothesis_tests import TestResult, wald
from innospace.frontier.spec import check_covariance
from innospace.frontier.structure.spec import StructureSpec

if TYPE_CHECKING:
    import pandas as pd

KIND = "structure_frontier"


@dataclass(frozen=True)
class StructureResult:
    """A fitted frontier with a structure.

    Attributes
    ----------
    spec : StructureSpec
    names : tuple of str
        Of ``theta``; parameters of class j end in ``_j``.
    theta : ndarray, shape (p,)
        NaN for parameters that lie at a limit.
    covariances : mapping of str to ndarray, shape (p, p)
        ``hessian``, ``opg``, ``robust``, and ``cluster`` where there are clusters.
    efficiencies : pandas.DataFrame
        One row per row given, in order: ``row``, labels, ``te``, ``te_lower``, ``te_upper`` and what the model says of
        a row besides; missing where a row was left out.
    numbers : mapping of str to float
        Log-likelihood, criteria, shares and scales, starts.
    tests : tuple of TestResult
    status : Status
    checks : tuple of Check
    provenance : Provenance
    covariance_kind : str
        The covariance in use; change it with :meth:`vcov`.
    warnings, steps : tuple of str
        What a reader should know; what was done to the table.
    """

    spec: StructureSpec
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

    @cached_property
    def n(self) -> int:
        """Rows that have an efficiency."""
        return int(self.efficiencies["te"].notna().sum())

    @property
    def loglik(self) -> float:
        """Log-likelihood at the maximum."""
        return float(self.numbers["log_likelihood"])

    @property
    def bic(self) -> float:
        """Schwarz's criterion, ``p ln n - 2 ln L``: smaller is better."""
        return float(self.numbers["bic"])

    @property
    def mean_efficiency(self) -> float:
        """Mean of ``te`` over the rows used."""
        return float(self.efficiencies["te"].mean())

    @property
    def covariance(self) -> Array:
        """Covariance of ``theta`` in use."""
        return self.covariances[self.covariance_kind]

    def vcov(self, kind: str) -> StructureResult:
        """Return the same fit with another covariance: ``hessian``, ``opg``, ``robust`` or ``cluster``."""
        return replace(self, covariance_kind=check_covariance(kind, "cluster" in self.covariances))

    def parameter(self, name: str) -> float:
        """Return one estimate by name."""
        require_known([name], self.names, kind="coefficient")
        return float(self.theta[self.names.index(name)])

    def coefficients(self) -> pd.DataFrame:
        """Return estimate, standard error, z and p-value by name; a parameter at a limit has none."""
        import pandas as pd

        errors = np.sqrt(np.diag(self.covariance))
        z = self.theta / errors
        frame = {"estimate": self.theta, "std_error": errors, "z": z, "p_value": 2.0 * stats.norm.sf(np.abs(z))}
        return pd.DataFrame(frame, index=pd.Index(self.names, name="name"))

    def confidence_intervals(self, level: float = 0.95) -> pd.DataFrame:
        """Return normal-approximation intervals by coefficient, columns ``lower`` and ``upper``."""
        import pandas as pd

        frame = self.coefficients()
        half = float(stats.norm.ppf(0.5 + 0.5 * level)) * frame["std_error"]
        return pd.DataFrame({"lower": frame["estimate"] - half, "upper": frame["estimate"] + half})

    def test_wald(self, names: list[str], value: float = 0.0) -> TestResult:
        """Wald test that the named coefficients equal ``value``."""
        require_known(names, self.names, kind="coefficient")
        where = [self.names.index(n) for n in names]
        return wald(self.theta[where], self.covariance[np.ix_(where, where)], value)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
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
        }

    def to_frame(self) -> pd.DataFrame:
        """Return the coefficients with their errors and intervals."""
        return self.coefficients().join(self.confidence_intervals())

    @property
    def label_columns(self) -> list[str]:
        """Columns of ``efficiencies`` that name a row: region, firm, year, or its number."""
        return [c for c in LABELS if c in self.efficiencies.columns] or ["row"]

    def offers(self, name: str) -> pd.DataFrame:
        """Return a quantity that another step may take over: labels, ``value``, ``lower``, ``upper``, ``unit``."""
        require_known([name], ["technical_efficiency"], kind="quantity", where=f"frontier {self.spec.formula}")
        e = self.efficiencies
        return e[self.label_columns].assign(value=e["te"], lower=e["te_lower"], upper=e["te_upper"], unit="fraction")

    def summary(self) -> str:
        """Return a text summary, at most 100 columns wide."""
        from innospace.frontier.structure.presentation import summary

        return summary(self)

    def table(self, kind: str = "coefficients") -> Table:
        """Return ``coefficients``, ``tests``, ``classes`` or ``efficiencies`` as a table."""
        from innospace.frontier.structure import presentation

        kinds = {
            "coefficients": presentation.coefficient_table,
            "tests": presentation.tests_table,
            "classes": presentation.classes_table,
            "efficiencies": presentation.efficiency_table,
        }
        require_known([kind], list(kinds), kind="table")
        return kinds[kind](self)

    @property
    def plot(self) -> Any:
        """Figures: ``plot.efficiencies()``, ``plot.posterior()``."""
        from innospace.frontier.structure.presentation import Plots

        return Plots(self)

    def findings(self) -> tuple[str, ...]:
        """Return what was found, in sentences."""
        from innospace.frontier.structure.presentation import findings

        return findings(self)

    def sections(self) -> tuple[Section, ...]:
        """Return the part of a report."""
        from innospace.frontier.structure.presentation import sections

        return sections(self)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return self.table("coefficients")._repr_html_()

    def to_bundle(self) -> Bundle:
        """Take the result apart for storage."""
        import pandas as pd

        meta = {
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
        return Bundle(KIND, meta, {"efficiencies": self.efficiencies, "estimates": pd.DataFrame(numbers)})

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> Self:
        """Put a stored result together again; nothing is estimated anew."""
        meta, estimates = bundle.meta, bundle.frames["estimates"]
        names = tuple(meta["names"])
        made = {
            kind: np.column_stack([estimates[f"{kind}-{j}"].to_numpy(np.float64) for j in range(len(names))])
            for kind in meta["covariances"]
        }
        return cls(
            StructureSpec.from_dict(meta["spec"]),
            names,
            estimates["theta"].to_numpy(np.float64),
            made,
            bundle.frames["efficiencies"],
            dict(meta["numbers"]),
            tuple(TestResult(*t) for t in meta["tests"]),
            Status.from_dict(meta["status"]),
            tuple(Check.from_dict(c) for c in meta["checks"]),
            Provenance.from_dict(meta["provenance"]),
            meta["covariance"],
            tuple(meta["warnings"]),
            tuple(meta["steps"]),
        )
