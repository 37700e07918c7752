"""The result of every estimator on firms: estimates, effects, tables, figures, sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from innospace.core.checks import Check
from innospace.core.document import Equation
from innospace.core.figure import Figure
from innospace.core.labels import require_known
from innospace.core.provenance import Provenance
from innospace.core.result import Bundle
from innospace.core.status import Status, StatusCode
from innospace.core.table import Table
from innospace.core.told import Told
from innospace.firms.estimates import NO_EFFECTS, Array, Effects, Estimates, inference, require_covariance

if TYPE_CHECKING:
    import pandas as pd

CLOSED_FORM = Status(StatusCode.CONVERGED, "Computed in closed form.")
"""Status of estimates that no iteration leads to."""


@dataclass(frozen=True, repr=False)
class FirmResult(Told):
    """What an estimator found.

    Attributes
    ----------
    method : str
        Name of the verb: ``premia``, ``probit``, ``biprobit``, ``match``, ``did`` and so on.
    title : str
        One line for headings, with the outcome.
    description : str
        The model and what it assumes, in a paragraph.
    n : int
        Rows used.
    provenance : Provenance
    estimates : Estimates
        Coefficients; may have no names when a method has none.
    effects_found : Effects
    status : Status
    log_likelihood : float
        NaN when the method has none.
    numbers : mapping of str to float
        Further numbers by name: ``rho``, ``firms``, ``starters``, ``pseudo_r2``.
    equations : tuple of Equation
    tables : tuple of Table
        Beyond coefficients and effects.
    figures : tuple of Figure
        Beyond coefficients and effects.
    frames : mapping of str to DataFrame
        Row-level numbers (propensity scores, pairs, productivity); files, not pages.
    checks : tuple of Check
    warnings : tuple of str
        What a reader should know before using the numbers.
    steps : tuple of str
        What was done to the table before.
    sentences : tuple of str
        What was found, most important first; made from the numbers when empty.
    covariance_kind : str
        Change it with :meth:`vcov`; the first of the estimates when empty.
    parts : mapping of str to FirmResult
        Analyses that a study is made of, by name.
    chapters : mapping of str to tuple of str
        Heading of a chapter -> names of the parts in it, in the order of a report.
    labels : mapping of str to str
        Columns in words, for the reader: names of coefficients and effects stay as they are.
    """

    WORDS: ClassVar[str] = "innospace.firms.presentation"

    method: str
    title: str
    description: str
    n: int
    provenance: Provenance
    estimates: Estimates = field(default_factory=lambda: Estimates((), np.zeros(0), {"analytic": np.zeros((0, 0))}))
    effects_found: Effects = NO_EFFECTS
    status: Status = CLOSED_FORM
    log_likelihood: float = float("nan")
    numbers: Mapping[str, float] = field(default_factory=dict)
    equations: tuple[Equation, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    warnings: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    covariance_kind: str = ""
    parts: Mapping[str, FirmResult] = field(default_factory=dict)
    chapters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Kind of the covariance in use."""
        return self.covariance_kind or next(iter(self.estimates.covariances))

    def vcov(self, kind: str) -> FirmResult:
        """Return the same fit with another covariance: ``hessian``, ``opg``, ``robust`` or ``cluster``."""
        return replace(self, covariance_kind=require_covariance(kind, self.estimates))

    @property
    def covariance(self) -> Array:
        """Covariance of the coefficients, shape (p, p)."""
        return self.estimates.covariances[self.kind]

    @cached_property
    def _coefficients(self) -> pd.DataFrame:
        e = self.estimates
        with np.errstate(invalid="ignore"):
            errors = np.sqrt(np.diag(self.covariance))
        frame = inference(e.values, errors, e.degrees)
        return frame.set_axis(list(e.names), axis=0).rename_axis("name")

    def coefficients(self, level: float = 0.95) -> pd.DataFrame:
        """Return estimate, standard error, z, p-value and interval by name."""
        if level == 0.95:
            return self._coefficients.copy()
        e = self.estimates
        frame = inference(e.values, self._coefficients["std_error"].to_numpy(), e.degrees, level)
        return frame.set_axis(list(e.names), axis=0).rename_axis("name")

    def effects(self, level: float = 0.95) -> pd.DataFrame:
        """Return effects: columns ``kind``, ``name``, estimate, standard error, z, p-value, interval, ``unit``."""
        f = self.effects_found
        errors = np.full(len(f.values), np.nan) if f.std_errors is None else f.std_errors
        if f.jacobian is not None:
            with np.errstate(invalid="ignore"):
                variance = np.einsum("ij,jk,ik->i", f.jacobian, self.covariance, f.jacobian)
                # a variance of zero may come out a rounding error below it
                errors = np.sqrt(np.where(np.isfinite(variance), np.maximum(variance, 0.0), np.nan))
        frame = inference(f.values, errors, self.estimates.degrees, level)
        if f.lower is not None and f.upper is not None:
            frame["lower"], frame["upper"] = f.lower, f.upper
        frame.insert(0, "kind", list(f.kinds))
        frame.insert(1, "name", list(f.names))
        frame["unit"] = f.unit
        return frame

    def effect(self, name: str = "", kind: str = "") -> pd.Series:
        """Return one effect by name and kind; each may be left out when it decides nothing.

        Raises
        ------
        LabelError
            No effect, or several, have these labels.
        """
        frame = self.effects()
        for key, wanted in (("kind", kind), ("name", name)):
            if wanted:
                require_known([wanted], list(dict.fromkeys(frame[key])), kind=key, where=self.title)
                frame = frame[frame[key] == wanted]
        if len(frame) != 1:
            labels = [f"{k} {n}" for k, n in zip(frame["kind"], frame["name"], strict=True)]
            require_known([name or kind or "effect"], labels, kind="single effect", where=self.title)
        return frame.iloc[0]

    def to_frame(self) -> pd.DataFrame:
        """Return effects where there are any, else coefficients, with errors and intervals."""
        if self.parts:
            return self._offered()
        return self.effects() if self.effects_found.names else self.coefficients().reset_index()

    def estimated(self) -> pd.DataFrame:
        """Return effects, else coefficients: ``name`` (with its kind), ``estimate``, ``std_error``, interval."""
        frame = self.to_frame()
        labels = [c for c in ("analysis", "kind", "name") if c in frame.columns]
        names = frame[labels].astype(str).agg(": ".join, axis=1)
        return frame[["estimate", "std_error", "lower", "upper"]].assign(name=names)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``innospace firms ... --json`` prints."""
        from innospace.firms.presentation import effects_dict, tables_dict

        return {
            "method": self.method,
            "title": self.title,
            "status": str(self.status.code),
            "message": self.status.message,
            "remedy": self.status.remedy,
            "n": self.n,
            "covariance": self.kind,
            "coefficients": {str(k): v for k, v in self.coefficients().to_dict("index").items()},
            "log_likelihood": self.log_likelihood,
            "effects": effects_dict(self),
            "numbers": dict(self.numbers),
            "tables": tables_dict(self),
            "findings": list(self.findings()),
            "checks": [c.to_dict() for c in self.checks],
            "data_steps": list(self.steps),
            "warnings": list(self.warnings),
            **({"analyses": {k: v.to_dict() for k, v in self.parts.items()}} if self.parts else {}),
        }

    def offers(self, name: str) -> pd.DataFrame:
        """Return ``effect``: labels ``kind`` and ``name``, and ``analysis`` in a study; value, interval, ``unit``."""
        require_known([name], ["effect"], kind="quantity", where=self.title)
        frame = self._offered().rename(columns={"estimate": "value"})
        labels = [c for c in ("analysis", "kind", "name") if c in frame.columns]
        return frame[[*labels, "value", "lower", "upper", "unit"]]

    def _offered(self) -> pd.DataFrame:
        """Return the effects of every part, with the name of the part; of this result alone when it has none."""
        import pandas as pd

        if not self.parts:
            return self.effects()
        frames = [part.effects().assign(analysis=name) for name, part in self.parts.items()]
        return pd.concat([f for f in frames if len(f)], ignore_index=True)

    def table(self, kind: str = "coefficients") -> Table:
        """Return ``coefficients``, ``effects`` or one of its further tables by name."""
        from innospace.firms import presentation

        own = {t.name: t for t in self.tables}
        made = {"coefficients": presentation.coefficient_table, "effects": presentation.effects_table}
        require_known([kind], [*made, *own], kind="table", where=self.title)
        return made[kind](self) if kind in made else own[kind]

    def findings(self) -> tuple[str, ...]:
        """Return what was found, in sentences, most important first."""
        from innospace.firms.presentation import findings

        return self.sentences or findings(self)

    def _repr_html_(self) -> str:
        return self.table("effects" if self.effects_found.names else "coefficients")._repr_html_()

    def to_bundle(self) -> Bundle:
        """Take the result apart for storage; see :mod:`innospace.firms.storage`."""
        from innospace.firms.storage import to_bundle

        return to_bundle(self)

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> Self:
        """Put a stored result together again; nothing is estimated anew."""
        from innospace.firms.storage import from_bundle

        return cls(**from_bundle(bundle))
