"""What a frontier model assumes, apart from any data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from innospace.core.document import Equation
from innospace.core.errors import SpecError
from innospace.core.labels import suggest
from innospace.frontier.densities import NOISES, Law, ScaledTruncatedNormal, density

PARTS = {"u": "lnsigma_u2", "v": "lnsigma_v2", "mu": "mu", "scale": "lnscale_u"}
"""Parts of a formula after bars, and the parameter whose regressors they name."""
WITH_INTERCEPT = {part: part != "scale" for part in PARTS}
"""Whether a part has an intercept unless it says otherwise."""
_INDEX = {
    "lnsigma_u2": (r"\ln \sigma_{u,i}^2 = z_{u,i}'\gamma_u", "ln sigma_(u,i)^2 = z'_(u,i) gamma_u"),
    "lnsigma_v2": (r"\ln \sigma_{v,i}^2 = z_{v,i}'\gamma_v", "ln sigma_(v,i)^2 = z'_(v,i) gamma_v"),
    "mu": (r"\mu_i = z_{\mu,i}'\delta", "mu_i = z'_(mu,i) delta"),
    "lnscale_u": (r"\ln h_i = z_{h,i}'\delta", "ln h_i = z'_(h,i) delta"),
}
"""Equation of each parameter that has regressors."""
COVARIANCES = ("hessian", "opg", "robust", "cluster")


_PART = re.compile(r"\|\s*(\w+)\s*:")


@dataclass(frozen=True, slots=True)
class FrontierSpec:
    """A stochastic frontier for a cross section or a pooled panel.

    Attributes
    ----------
    formula : str
        ``outcome ~ regressors``, and after bars the regressors of the distribution's parameters,
        ``| u: z1 + z2 | v: w | mu: z`` (``scale: z`` for the scaling property); for array input, a description made
        from the names.
    inefficiency : str
        A name of :data:`innospace.frontier.densities.DENSITIES`.
    cost : bool
        A cost frontier (inefficiency raises the outcome) instead of a production frontier.
    weights, cluster : str or None
        Columns of row weights and of cluster labels.
    noise : str
        ``normal``, ``student_t`` or ``laplace``.
    names : mapping of str to str
        What columns are called in charts and sentences, with their units.
    """

    formula: str
    inefficiency: str = "half_normal"
    cost: bool = False
    weights: str | None = None
    cluster: str | None = None
    noise: str = "normal"
    names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        has = self.law.parameters
        allowed = [part for part, name in PARTS.items() if name in has]
        for part in self.parts:
            if part in PARTS and part not in allowed:
                raise SpecError(
                    f"{_capital(self.law.title)} inefficiency has no parameter {part!r}.",
                    where=f"formula {self.formula!r}",
                    allowed=", ".join(allowed),
                    remedy='Use inefficiency = "truncated_normal", or move the regressors to the part u.'
                    if part in ("mu", "scale")
                    else "Leave the part out.",
                )

    @property
    def parts(self) -> tuple[str, ...]:
        """Parts of the formula after bars, by name."""
        return parts_of(self.formula)

    @property
    def law(self) -> Law:
        """The distribution of inefficiency and noise; with a part ``scale`` the one that has the scaling property."""
        law = density(self.inefficiency, self.noise)
        return ScaledTruncatedNormal() if law.name == "truncated_normal" and "scale" in self.parts else law

    @property
    def sign(self) -> float:
        """``S``: 1 for production, -1 for cost."""
        return -1.0 if self.cost else 1.0

    def __str__(self) -> str:
        kind = "cost" if self.cost else "production"
        sign = "+" if self.cost else "-"
        weighted = f", rows weighted by {self.weights}" if self.weights else ""
        return (
            f"Stochastic {kind} frontier {self.formula}, composed error v {sign} u with {NOISES[self.noise].title} "
            f"noise v and {self.law.title} inefficiency u >= 0, by maximum likelihood{weighted}."
        )

    def equations(self) -> tuple[Equation, ...]:
        """Return the model as equations."""
        law, noise = self.law, NOISES[self.noise]
        sign = "+" if self.cost else "-"
        return (
            Equation(
                "frontier",
                rf"y_i = x_i'\beta + v_i {sign} u_i,\quad {noise.latex},\quad {law.latex}",
                f"y_i = x'_i beta + v_i {sign} u_i, quad {noise.typst}, quad {law.typst}",
                "The outcome is the frontier, plus noise, "
                + ("plus" if self.cost else "less")
                + " inefficiency, which is never negative.",
            ),
            *index_equations(self.parts),
            Equation(
                "technical_efficiency",
                r"\mathrm{TE}_i = E\left[e^{-u_i} \mid \varepsilon_i\right]",
                '"TE"_i = E[e^(-u_i) | epsilon_i]',
                "Technical efficiency: the expected share of the frontier that is reached, given the composed error.",
            ),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FrontierSpec:
        """Rebuild from :meth:`to_dict`."""
        return cls(**data)


def parts_of(formula: str) -> tuple[str, ...]:
    """Return the parts of a formula after bars, by name."""
    return tuple(_PART.findall(formula))


def index_equations(parts: tuple[str, ...]) -> tuple[Equation, ...]:
    """Return the equation of each parameter that has regressors, by the parts of a formula that name them."""
    says = "This parameter differs between rows with its regressors."
    return tuple(Equation(f"index-{part}", *_INDEX[PARTS[part]], says) for part in parts)


def refuse_two_steps(outcome: str) -> None:
    """Raise when the outcome of a formula is an efficiency that a frontier estimated.

    Raises
    ------
    SpecError
        With the way out: regressors of inefficiency while the frontier is estimated.
    """
    if _ESTIMATED.search(outcome):
        raise SpecError(
            "The outcome is an estimated efficiency. Explaining it in a second step is biased: the first step assumed "
            "that efficiency has nothing to do with these regressors.",
            where=f"outcome {outcome!r}",
            remedy="Explain inefficiency while the frontier is estimated: outcome ~ inputs | u: z1 + z2.",
        )


_ESTIMATED = re.compile(
    r"(?<!\w)(te|te_(bc|jlms|mode|lower|upper|transient|persistent|group|meta)|technical_efficiency|used_share)(?!\w)"
)
"""Columns of efficiencies that results of this package have."""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def check_covariance(kind: str, clustered: bool, kinds: tuple[str, ...] = COVARIANCES) -> str:
    """Return ``kind`` if it names a covariance that this model and these data allow."""
    if kind not in kinds:
        raise SpecError(
            f"Unknown covariance {kind!r}.",
            allowed=", ".join(kinds),
            remedy=suggest(kind, kinds) or "Choose one of the names above.",
        )
    if kind in ("cluster", "jackknife") and not clustered:
        raise SpecError(
            "A clustered covariance needs cluster labels.",
            allowed="a column of the table",
            remedy='Give cluster="COLUMN" (command line: --cluster COLUMN) when fitting.',
        )
    return kind
