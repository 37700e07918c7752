"""What a panel frontier assumes, apart from any data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from innospace.core.document import Equation
from innospace.core.errors import SpecError
from innospace.frontier.densities import density
from innospace.frontier.panel.determinants import require_allowed
from innospace.frontier.panel.models import Family, Model, model_named
from innospace.frontier.spec import index_equations, parts_of

COVARIANCES = ("hessian", "opg", "cluster")
"""The sandwich is summed by unit, so that it is the clustered one."""


@dataclass(frozen=True, slots=True)
class PanelSpec:
    """A stochastic frontier for a panel.

    Attributes
    ----------
    formula : str
        ``outcome ~ regressors``, and after bars regressors of the components: ``| u: z | v: w``, ``| mu: z`` for a
        truncated normal. Where inefficiency belongs to the unit they must be constant within units.
    unit, time : str
        Columns that say which unit and which period a row belongs to.
    model : str
        A name of :data:`innospace.frontier.panel.models.MODELS`.
    inefficiency : str
        Distribution of inefficiency; models without one ignore it.
    cost : bool
        Cost frontier.
    mundlak : bool
        Means of the regressors by unit join the regressors (Mundlak 1978), so that random effects may go with them.
    """

    formula: str
    unit: str
    time: str
    model: str = "true_random_effects"
    inefficiency: str = "half_normal"
    cost: bool = False
    mundlak: bool = False

    def __post_init__(self) -> None:
        model = self.described
        density(self.inefficiency)
        if model.inefficiency and self.inefficiency not in model.inefficiency:
            raise SpecError(
                f"The model {self.model!r} cannot have {self.inefficiency.replace('_', ' ')} inefficiency.",
                where="inefficiency",
                allowed=", ".join(model.inefficiency),
                remedy="Choose one of these, or another model.",
            )
        require_allowed(self)
        if self.mundlak and model.within:
            raise SpecError(
                f"Means by unit cannot join the regressors of {self.model!r}: it uses variation within units only.",
                where="mundlak",
                remedy="Leave mundlak out, or choose true_random_effects.",
            )

    @property
    def described(self) -> Model:
        """The model in full."""
        return model_named(self.model)

    @property
    def parts(self) -> tuple[str, ...]:
        """Parts of the formula after bars, by name."""
        return parts_of(self.formula)

    @property
    def sign(self) -> float:
        """``S``: 1 for production, -1 for cost."""
        return -1.0 if self.cost else 1.0

    def __str__(self) -> str:
        model = self.described
        kind = "cost" if self.cost else "production"
        law = f", {density(self.inefficiency).title} inefficiency" if model.inefficiency else ""
        means = ", with means by unit of the regressors" if self.mundlak else ""
        how = "least squares within units" if model.family is Family.FREE else "maximum likelihood"
        return f"Panel {kind} frontier {self.formula}{means}, {model.title}{law}, by {how}. {model.says}"

    def equations(self) -> tuple[Equation, ...]:
        """Return the model as equations; for a cost frontier inefficiency enters with the other sign."""
        model = self.described
        return (
            Equation(
                "frontier",
                rf"y_{{it}} = x_{{it}}'\beta {'-' if self.cost else '+'} \varepsilon_{{it}}",
                f"y_(i t) = x'_(i t) beta {'-' if self.cost else '+'} epsilon_(i t)",
                "The outcome is the frontier and a composed error." + (" Costs lie above it." if self.cost else ""),
            ),
            Equation("panel", model.latex, model.typst, model.says),
            *index_equations(self.parts),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PanelSpec:
        """Rebuild from :meth:`to_dict`."""
        return cls(**data)
