"""The result of a frontier fit: estimates, inference chosen afterwards, efficiencies, tests."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from innospace.core.checks import Check
from innospace.core.errors import SpecError
from innospace.core.labels import require_known
from innospace.core.provenance import Provenance
from innospace.core.result import Bundle
from innospace.core.status import Status
from innospace.core.told import Explored
from innospace.frontier import hypothesis_tests as tests
from innospace.frontier.bootstrap.redrawn import Redrawn
from innospace.frontier.densities.base import Array
from innospace.frontier.efficiency import COLUMNS, Efficiencies, check_level, efficiencies
from innospace.frontier.estimate import Estimate
from innospace.frontier.inference import covariance
from innospace.frontier.likelihood import row_logliks, split
from innospace.frontier.spec import FrontierSpec, check_covariance
from innospace.numerics.covariance import smallest_scaled_eigenvalue
from innospace.numerics.maximum_likelihood import newton_decrement
from innospace.numerics.tails import normal_ppf, normal_sf

if TYPE_CHECKING:
    import pandas as pd

    from innospace.frontier.bootstrap import Refits
    from innospace.frontier.profile import ProfileInterval

SCORE_TOLERANCE = 1e-8
"""How much log-likelihood the quadratic model may still promise, relative to 1 + |log-likelihood|."""


@cache
def _made(names: tuple[str, ...]) -> pd.Index[str]:
    import pandas as pd

    return pd.Index(names)


def _labels(*names: str) -> pd.Index[str]:
    """Return names of columns; to make them anew takes longer than a small table does."""
    return _made(names).view()


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


@dataclass(frozen=True, repr=False)
class FrontierResult(Redrawn, Explored):
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
    refits : Refits or None
        Estimates on samples that were drawn along with the fit; see :attr:`resampled`.
    """

    WORDS: ClassVar[str] = "innospace.frontier.presentation"
    FIGURES: ClassVar[str] = "innospace.frontier.figures"
    LOOK: ClassVar[str] = "innospace.frontier.explore"
    DRAWN: ClassVar[str] = "innospace.frontier.bootstrap.run"

    spec: FrontierSpec
    sample: Sample
    estimate: Estimate
    provenance: Provenance
    covariance_kind: str = "hessian"
    warnings: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    refits: Refits | None = None

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
        places = [(i, self.names.index(n)) for i, n in enumerate(names) if n in self.names and n not in hidden]
        to, where = np.array(places).T
        estimate, error = np.full((2, len(names)), np.nan)
        estimate[to], error[to] = self.estimate.theta[where], np.sqrt(np.diag(self.covariance))[where]
        z = estimate / error
        values = np.column_stack((estimate, error, z, 2.0 * normal_sf(np.abs(z))))
        columns = _labels("estimate", "std_error", "z", "p_value")
        return pd.DataFrame(values, index=pd.Index(names, name="name"), columns=columns)

    @property
    def aic(self) -> float:
        """Akaike's information criterion, ``2 p - 2 ln L``: smaller is better."""
        return 2.0 * len(self.names) - 2.0 * self.loglik

    @property
    def bic(self) -> float:
        """Schwarz's criterion, ``p ln n - 2 ln L``: smaller is better."""
        return float(len(self.names) * np.log(self.estimate.problem.total_weight) - 2.0 * self.loglik)

    def marginal_effects(self, level: float = 0.95) -> pd.DataFrame:
        """Return mean effects of regressors of inefficiency on ``E[u]`` and ``E[exp(-u)]``, with errors.

        Rows ``(regressor, of)``; columns ``effect``, ``std_error``, ``z``, ``p_value``, ``lower``, ``upper``.
        """
        from innospace.frontier.effects import marginal_effects

        return marginal_effects(self, level)

    def predict(self, data: Any, level: float = 0.95) -> pd.DataFrame:
        """Return frontier, expected outcome and efficiency of new rows; see :mod:`innospace.frontier.prediction`."""
        from innospace.frontier.prediction import predict

        return predict(self, data, level)

    def confidence_intervals(self, level: float = 0.95) -> pd.DataFrame:
        """Return normal-approximation intervals by coefficient, columns ``lower`` and ``upper``."""
        import pandas as pd

        frame = self.coefficients()
        half = float(normal_ppf(0.5 + 0.5 * level)) * frame["std_error"]
        return pd.DataFrame({"lower": frame["estimate"] - half, "upper": frame["estimate"] + half})

    def profile(self, name: str, level: float = 0.95) -> ProfileInterval:
        """Return the interval of a coefficient of the frontier from its profile likelihood.

        It exists also without noise (``gamma_one``), where there are no standard errors; every value that is tried is a
        search of its own. See :mod:`innospace.frontier.profile`.

        Raises
        ------
        LabelError, SpecError
            No such coefficient of the frontier, or the only one.
        """
        from innospace.frontier.profile import interval

        require_known([name], list(self.sample.names), kind="coefficient of the frontier")
        return interval(self.estimate, self.sample.names.index(name), name, check_level(level))

    def used_efficiencies(self, level: float = 0.95) -> Efficiencies:
        """Return efficiencies of the rows used, shape (n,)."""
        return efficiencies(self.estimate.problem, self.estimate.theta, level)

    def efficiencies(self, level: float = 0.95) -> pd.DataFrame:
        """Return one row per row given, in order; rows left out of the fit stay, with missing values.

        Columns ``row`` (from 1), ``te_jlms``, ``te_bc``, ``te_mode``, ``te_lower``, ``te_upper``.
        """
        import pandas as pd

        values = self.used_efficiencies(level)
        columns: dict[int, Any] = {0: np.arange(1, self.sample.rows + 1)}
        for j, name in enumerate(COLUMNS, start=1):
            columns[j] = np.full(self.sample.rows, np.nan)
            columns[j][self.sample.kept] = getattr(values, name)
        found = pd.DataFrame(columns, copy=False)
        found.columns = _labels("row", *COLUMNS)
        return found

    @cached_property
    def mean_efficiency(self) -> float:
        """Mean of ``E[exp(-u) | e]`` over the rows used."""
        return float(self.used_efficiencies().te_bc.mean())

    def test_no_inefficiency(self) -> tests.TestResult:
        """Likelihood ratio against noise alone, mixed chi-square.

        Against least squares when noise is normal; every parameter beyond the frontier and one variance is restricted.
        """
        e = self.estimate
        law = self.spec.law
        own = [n for n in law.parameters if not n.endswith("_v2") and n != "lndf_v"]
        if law.noise != "normal":
            extra = sum(len(self.sample.determinants.get(n, ("",))) for n in own)
            return tests.no_inefficiency(self.loglik, e.noise_loglik, extra)
        extra = len(self.asked) - len(self.sample.names) - 1
        null = "sigma_u = 0" + (" and one sigma_v" if "lnsigma_v2" in self.sample.determinants else "")
        return tests.no_inefficiency(self.loglik, e.ols.loglik, extra, null)

    def test_skewness(self, kind: str = "coelli") -> tests.TestResult:
        """Test on the skewness of least-squares residuals: ``coelli``, or ``schmidt_lin`` for small samples."""
        kinds = {"coelli": tests.coelli_skewness, "schmidt_lin": tests.schmidt_lin_skewness}
        require_known([kind], list(kinds), kind="test")
        return kinds[kind](self.estimate.ols.skewness, self.n)

    def test_vuong(self, other: FrontierResult) -> tests.TestResult:
        """Test of Vuong against a model that neither holds this one nor is held by it, on the same rows."""
        self._require_same_rows(other, "Vuong's test")
        own, theirs = (row_logliks(r.estimate.problem, r.estimate.theta) for r in (self, other))
        return tests.vuong(own, theirs, self.estimate.problem.weights)

    def _require_same_rows(self, other: FrontierResult, what: str) -> None:
        if self.n != other.n or not np.array_equal(self.estimate.problem.y, other.estimate.problem.y):
            raise SpecError(
                f"{what} needs both models on the same rows and the same outcome.",
                where=f"{other.n} rows in the other model, {self.n} in this one",
                remedy="Fit both on the rows without missing cells in any of their columns.",
            )

    def test_wald(self, names: list[str], value: float = 0.0) -> tests.TestResult:
        """Wald test that the named coefficients equal ``value``."""
        require_known(names, self.names, kind="coefficient")
        where = [self.names.index(n) for n in names]
        return tests.wald(self.estimate.theta[where], self.covariance[np.ix_(where, where)], value)

    def test_against(self, restricted: FrontierResult) -> tests.TestResult:
        """Likelihood ratio against a restricted fit on the same rows."""
        self._require_same_rows(restricted, "A likelihood-ratio test")
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
            "aic": self.aic,
            "bic": self.bic,
            "noise": self.spec.noise,
            "covariance": self.covariance_kind,
            "coefficients": coefficients,
            "marginal_effects": self._effects_by_regressor(),
            "sigma_u": self.sigma_u,
            "sigma_v": self.sigma_v,
            "mean_efficiency": self.mean_efficiency,
            "tests": {t.name: t.to_dict() for t in (self.test_no_inefficiency(), self.test_skewness())},
            "starts": {"tried": e.tried, "agreed": e.agreed, "rows": e.screened},
            "checks": [c.to_dict() for c in self.checks],
            "data_steps": list(self.steps),
            "warnings": list(self.warnings),
            **({} if self.resampled is None else {"bootstrap": self.resampled.to_dict()}),
        }

    def _effects_by_regressor(self) -> dict[str, dict[str, Any]]:
        """Return marginal effects as plain types; empty without regressors of inefficiency."""
        found: dict[str, dict[str, Any]] = {}
        if self.sample.determinants:
            for row in self.marginal_effects().reset_index().to_dict("records"):
                found.setdefault(str(row.pop("regressor")), {})[str(row.pop("of"))] = row
        return found

    def to_frame(self) -> pd.DataFrame:
        """Return the coefficients with their errors and intervals."""
        return self.coefficients().join(self.confidence_intervals())

    def estimated(self) -> pd.DataFrame:
        """Return coefficients: ``name``, ``estimate``, ``std_error``, ``lower``, ``upper``."""
        return self.to_frame().rename_axis("name").reset_index()[["name", "estimate", "std_error", "lower", "upper"]]

    def offers(self, name: str) -> pd.DataFrame:
        """Return a quantity that another step may take over: labels, ``value``, ``lower``, ``upper``, ``unit``."""
        require_known([name], ["technical_efficiency"], kind="quantity", where=f"frontier {self.spec.formula}")
        values = self.used_efficiencies()
        labels = {"row": self.sample.kept + 1} if self.sample.labels is None else dict(self.sample.labels)
        import pandas as pd

        numbers = {"value": values.te_bc, "lower": values.te_lower, "upper": values.te_upper}
        return pd.DataFrame({**labels, **numbers, "unit": "fraction"})

    def findings(self) -> tuple[str, ...]:
        """Return what was found, in sentences."""
        from innospace.frontier.wording import findings

        return findings(self)

    def to_bundle(self) -> Bundle:
        """Take the result apart for storage; see :mod:`innospace.frontier.storage`."""
        from innospace.frontier.storage import to_bundle

        return to_bundle(self)

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> Self:
        """Put a stored result together again; nothing is estimated anew."""
        from innospace.frontier.storage import from_bundle

        return cls(**from_bundle(bundle))
