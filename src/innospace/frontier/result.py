"""The result of a frontier fit: estimates, inference chosen afterwards, efficiencies, tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy import stats

from innospace.core.checks import Check
from innospace.core.document import Section
from innospace.core.errors import SpecError
from innospace.core.labels import require_known
from innospace.core.provenance import Provenance
from innospace.core.result import Bundle
from innospace.core.status import Status
from innospace.core.table import Table
from innospace.frontier import hypothesis_tests as tests
from innospace.frontier.densities.base import Array
from innospace.frontier.efficiency import COLUMNS, Efficiencies, efficiencies
from innospace.frontier.estimate import Estimate
from innospace.frontier.inference import covariance
from innospace.frontier.likelihood import split
from innospace.frontier.spec import FrontierSpec, check_covariance
from innospace.numerics.covariance import smallest_scaled_eigenvalue
from innospace.numerics.maximum_likelihood import newton_decrement

if TYPE_CHECKING:
    import pandas as pd

    from innospace.core.explore import Choice, View

SCORE_TOLERANCE = 1e-8
"""How much log-likelihood the quadratic model may still promise, relative to 1 + |log-likelihood|."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Which rows and columns an estimate used.

    Attributes
    ----------
    names : tuple of str
        Frontier coefficients, length k.
    kept : ndarray of int, shape (n,)
        Positions of the rows used among the rows given.
    rows : int
        Rows given.
    clusters : ndarray of int, shape (n,), or None
        Cluster number of each row used.
    labels : pandas.DataFrame or None
        Region, year and the like of each row used, for tables and figures.
    determinants : dict of str to tuple of str
        Columns of each parameter that has regressors, by name of the parameter.
    """

    names: tuple[str, ...]
    kept: np.ndarray[Any, np.dtype[np.int64]]
    rows: int
    clusters: np.ndarray[Any, np.dtype[np.int64]] | None = None
    labels: pd.DataFrame | None = None
    determinants: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, parameters: tuple[str, ...]) -> tuple[str, ...]:
        """Return names of coefficients: of the frontier, then of each parameter (``lnsigma_u2:z1`` with regressors)."""
        own = [
            f"{name}:{column}" if column else name
            for name in parameters
            for column in self.determinants.get(name, ("",))
        ]
        return (*self.names, *own)


@dataclass(frozen=True)
class FrontierResult:
    """A fitted stochastic frontier.

    Attributes
    ----------
    spec : FrontierSpec
    sample : Sample
    estimate : Estimate
    covariance_kind : str
        ``hessian``, ``opg``, ``robust`` or ``cluster``; change it with :meth:`vcov`.
    provenance : Provenance
    warnings : tuple of str
        What a reader should know before using the numbers.
    steps : tuple of str
        What was done to the table before estimation.
    """

    spec: FrontierSpec
    sample: Sample
    estimate: Estimate
    provenance: Provenance
    covariance_kind: str = "hessian"
    warnings: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """How the maximisation ended."""
        return self.estimate.status

    @property
    def n(self) -> int:
        """Rows used."""
        return self.estimate.problem.n

    @property
    def loglik(self) -> float:
        """Log-likelihood at the maximum."""
        return self.estimate.loglik

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of ``theta``: frontier coefficients, then parameters of the density."""
        return self.sample.of(self.estimate.problem.density.parameters)

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """Names of the coefficients of the model that was asked for, also where a limit of it was estimated."""
        return self.sample.of(self.spec.law.parameters)

    @cached_property
    def covariance(self) -> Array:
        """Covariance of ``theta``, shape (p, p); NaN where it does not exist."""
        return covariance(self.estimate, self.covariance_kind, self.sample.clusters)

    def vcov(self, kind: str) -> FrontierResult:
        """Return the same fit with another covariance: ``hessian``, ``opg``, ``robust`` or ``cluster``."""
        return replace(self, covariance_kind=check_covariance(kind, self.sample.clusters is not None))

    def parameter(self, name: str) -> float:
        """Return one estimate by name; NaN for a parameter that lies at infinity."""
        if name in self.names:
            return float(self.estimate.theta[self.names.index(name)])
        require_known([name], [*self.names, *self.asked], kind="coefficient")
        return float("nan")

    @property
    def sigma_u(self) -> float:
        """Scale of inefficiency: 0 without inefficiency, NaN where it diverges (truncated normal, mu -> -inf).

        With regressors, its mean over the rows used.
        """
        if self.estimate.problem.density.name == "none":
            return 0.0
        if self.status.boundary.startswith("mu_minus_infinity"):
            return float("nan")
        return self._mean_scale("lnsigma_u2")

    @property
    def sigma_v(self) -> float:
        """Standard deviation of noise; with regressors, its mean over the rows used."""
        return self._mean_scale("lnsigma_v2")

    def _mean_scale(self, name: str) -> float:
        problem = self.estimate.problem
        value = split(problem, self.estimate.theta)[1][problem.density.parameters.index(name)]
        return float(np.mean(np.exp(0.5 * value)))

    def coefficients(self) -> pd.DataFrame:
        """Return estimate, standard error, z and p-value by name, in formula order."""
        import pandas as pd

        names = list(self.asked)
        limit = self.status.boundary == "mu_minus_infinity"
        hidden = ("mu", "lnsigma_u2") if limit else ()
        shown = [n for n in names if n in self.names and n not in hidden]
        where = [self.names.index(n) for n in shown]
        estimate = pd.Series(self.estimate.theta[where], index=shown).reindex(names)
        error = pd.Series(np.sqrt(np.diag(self.covariance))[where], index=shown).reindex(names)
        z = estimate / error
        p = 2.0 * stats.norm.sf(np.abs(z))
        return pd.DataFrame({"estimate": estimate, "std_error": error, "z": z, "p_value": p}).rename_axis("name")

    def confidence_intervals(self, level: float = 0.95) -> pd.DataFrame:
        """Return normal-approximation intervals by coefficient, columns ``lower`` and ``upper``."""
        import pandas as pd

        frame = self.coefficients()
        half = float(stats.norm.ppf(0.5 + 0.5 * level)) * frame["std_error"]
        return pd.DataFrame({"lower": frame["estimate"] - half, "upper": frame["estimate"] + half})

    def used_efficiencies(self, level: float = 0.95) -> Efficiencies:
        """Return efficiencies of the rows used, shape (n,)."""
        return efficiencies(self.estimate.problem, self.estimate.theta, level)

    def efficiencies(self, level: float = 0.95) -> pd.DataFrame:
        """Return one row per row given, in order; rows left out of the fit stay, with missing values.

        Columns ``row`` (from 1), ``te_jlms``, ``te_bc``, ``te_mode``, ``te_lower``, ``te_upper``.
        """
        import pandas as pd

        values = self.used_efficiencies(level)
        columns: dict[str, Any] = {"row": np.arange(1, self.sample.rows + 1)}
        for name in COLUMNS:
            column = np.full(self.sample.rows, np.nan)
            column[self.sample.kept] = getattr(values, name)
            columns[name] = column
        return pd.DataFrame(columns)

    @cached_property
    def mean_efficiency(self) -> float:
        """Mean of ``E[exp(-u) | e]`` over the rows used."""
        return float(self.used_efficiencies().te_bc.mean())

    def test_no_inefficiency(self) -> tests.TestResult:
        """Likelihood ratio against least squares, mixed chi-square."""
        extra = len(self.asked) - len(self.sample.names) - 1
        return tests.no_inefficiency(self.loglik, self.estimate.ols.loglik, extra)

    def test_skewness(self) -> tests.TestResult:
        """Coelli's test on the skewness of least-squares residuals."""
        return tests.coelli_skewness(self.estimate.ols.skewness, self.n)

    def test_wald(self, names: list[str], value: float = 0.0) -> tests.TestResult:
        """Wald test that the named coefficients equal ``value``."""
        require_known(names, self.names, kind="coefficient")
        where = [self.names.index(n) for n in names]
        return tests.wald(self.estimate.theta[where], self.covariance[np.ix_(where, where)], value)

    def test_against(self, restricted: FrontierResult) -> tests.TestResult:
        """Likelihood ratio against a restricted fit on the same rows."""
        if self.n != restricted.n or not np.array_equal(self.estimate.problem.y, restricted.estimate.problem.y):
            raise SpecError(
                "A likelihood-ratio test needs both models on the same rows and the same outcome.",
                where=f"{restricted.n} rows in the restricted model, {self.n} in the larger one",
                remedy="Fit both on the rows without missing cells in any of their columns.",
            )
        df = len(self.names) - len(restricted.names)
        return tests.likelihood_ratio(restricted.loglik, self.loglik, df)

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Verified optimum, identification, skewness, agreement of starts."""
        e = self.estimate
        promised = newton_decrement(e.gradient, e.hessian) if np.all(np.isfinite(e.hessian)) else float("inf")
        return (
            Check.at_most(
                "score_at_optimum",
                promised / (1.0 + abs(e.loglik)),
                SCORE_TOLERANCE,
                "Log-likelihood that one more Newton step would still gain, relative to its size.",
                "The search did not reach a maximum: see the status and its remedy.",
            ),
            Check.at_least(
                "hessian_negative_definite",
                smallest_scaled_eigenvalue(e.hessian),
                1e-10,
                "Smallest eigenvalue of the information matrix scaled to unit diagonal; near zero means parameters "
                "that the data cannot tell apart.",
                "Drop regressors or use a distribution of inefficiency with fewer parameters.",
            ),
            Check.at_most(
                "skewness",
                max(0.0, e.ols.skewness),
                0.0,
                "Skewness of least-squares residuals in the wrong direction for inefficiency.",
                "Check production against cost, the functional form, and outliers.",
            ),
            Check.at_least(
                "starts_agree",
                e.agreed / e.tried,
                0.5,
                f"Share of the {e.tried} starts that reached the reported optimum"
                + (f" (tried on {e.screened:,} rows drawn at random)." if e.screened < self.n else "."),
                "The likelihood has several maxima; look at the data for clusters and outliers.",
            ),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what ``innospace fit --json`` prints."""
        coefficients = {str(name): row for name, row in self.coefficients().to_dict("index").items()}
        e = self.estimate
        return {
            "status": str(self.status.code),
            "boundary": self.status.boundary or None,
            "message": self.status.message,
            "remedy": self.status.remedy,
            "converged": self.status.converged,
            "formula": self.spec.formula,
            "inefficiency": self.spec.inefficiency,
            "cost": self.spec.cost,
            "n": self.n,
            "rows_left_out": self.sample.rows - self.n,
            "log_likelihood": self.loglik,
            "ols_log_likelihood": e.ols.loglik,
            "covariance": self.covariance_kind,
            "coefficients": coefficients,
            "sigma_u": self.sigma_u,
            "sigma_v": self.sigma_v,
            "mean_efficiency": self.mean_efficiency,
            "tests": {t.name: t.to_dict() for t in (self.test_no_inefficiency(), self.test_skewness())},
            "starts": {"tried": e.tried, "agreed": e.agreed, "rows": e.screened},
            "checks": [c.to_dict() for c in self.checks],
            "data_steps": list(self.steps),
            "warnings": list(self.warnings),
        }

    def to_frame(self) -> pd.DataFrame:
        """Return the coefficients with their errors and intervals."""
        return self.coefficients().join(self.confidence_intervals())

    def offers(self, name: str) -> pd.DataFrame:
        """Return a quantity that another step may take over: labels, ``value``, ``lower``, ``upper``, ``unit``."""
        require_known([name], ["technical_efficiency"], kind="quantity", where=f"frontier {self.spec.formula}")
        values = self.used_efficiencies()
        labels = {"row": self.sample.kept + 1} if self.sample.labels is None else dict(self.sample.labels)
        import pandas as pd

        numbers = {"value": values.te_bc, "lower": values.te_lower, "upper": values.te_upper}
        return pd.DataFrame({**labels, **numbers, "unit": "fraction"})

    def summary(self) -> str:
        """Return a text summary, at most 100 columns wide."""
        from innospace.frontier.presentation import summary

        return summary(self)

    def table(self, kind: str = "coefficients") -> Table:
        """Return ``coefficients``, ``tests`` or ``efficiencies`` as a table."""
        from innospace.frontier import presentation

        kinds = {
            "coefficients": presentation.coefficient_table,
            "tests": presentation.tests_table,
            "efficiencies": presentation.efficiency_table,
        }
        require_known([kind], list(kinds), kind="table")
        return kinds[kind](self)

    @property
    def plot(self) -> Any:
        """Figures: ``plot.efficiencies()``, ``plot.coefficients()``."""
        from innospace.frontier.presentation import Plots

        return Plots(self)

    def choices(self) -> tuple[Choice, ...]:
        """Return what a reader can look into."""
        from innospace.frontier.explore import choices

        return choices(self)

    def view(self, chosen: Mapping[str, str]) -> View:
        """Return what a reader sees for a choice; see :mod:`innospace.frontier.explore`."""
        from innospace.frontier.explore import view

        return view(self, chosen)

    def findings(self) -> tuple[str, ...]:
        """Return what was found, in sentences."""
        from innospace.frontier.presentation import findings

        return findings(self)

    def sections(self) -> tuple[Section, ...]:
        """Return the part of a report."""
        from innospace.frontier.presentation import sections

        return sections(self)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return self.table("coefficients")._repr_html_()

    def to_bundle(self) -> Bundle:
        """Take the result apart for storage; see :mod:`innospace.frontier.storage`."""
        from innospace.frontier.storage import to_bundle

        return to_bundle(self)

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> Self:
        """Put a stored result together again; nothing is estimated anew."""
        from innospace.frontier.storage import from_bundle

        return cls(**from_bundle(bundle))


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
