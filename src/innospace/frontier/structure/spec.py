"""What a frontier with a structure assumes, apart from any data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from innospace.core.document import Equation
from innospace.core.errors import SpecError
from innospace.frontier.densities import density
from innospace.frontier.structure.models import Model, model_named

MOST_CLASSES = 6
COVARIANCES = ("hessian", "opg", "robust", "cluster", "jackknife")
"""Kinds of covariance; the last leaves out one cluster after the other and is made when it is asked for."""
_PART = re.compile(r"\|\s*(\w+)\s*:")


@dataclass(frozen=True, slots=True)
class StructureSpec:
    """A stochastic frontier with a structure.

    Attributes
    ----------
    formula : str
        ``outcome ~ regressors``, and after bars the parts that the model has.
    model : str
        A name of :data:`innospace.frontier.structure.models.MODELS`.
    inefficiency : str
        Distribution of inefficiency.
    cost : bool
        Cost frontier.
    weights, cluster : str or None
        Columns of row weights and of cluster labels.
    classes : int
        Number of latent classes; other models have two by themselves.
    selected : str or None
        Column of zeros and ones that says where the outcome is seen, for ``selection``.
    """

    formula: str
    model: str
    inefficiency: str = "half_normal"
    cost: bool = False
    weights: str | None = None
    cluster: str | None = None
    classes: int = 2
    selected: str | None = None

    def __post_init__(self) -> None:
        model = self.described
        density(self.inefficiency)
        if self.inefficiency not in model.inefficiency:
            raise SpecError(
                f"The model {self.model!r} cannot have {self.inefficiency.replace('_', ' ')} inefficiency.",
                where="inefficiency",
                allowed=", ".join(model.inefficiency),
                remedy="Choose one of these.",
            )
        if not 2 <= self.classes <= MOST_CLASSES or (self.classes != 2 and self.model != "latent_class"):
            raise SpecError(
                f"{self.classes} classes were asked for.",
                where=f"model {self.model!r}",
                allowed=f"2 to {MOST_CLASSES} with latent_class",
                remedy="One class is an ordinary frontier; other models have no number of classes.",
            )
        if (self.selected is None) == (self.model == "selection"):
            raise SpecError(
                "A sample selection needs the column that says which rows were selected; other models have none.",
                where=f"model {self.model!r}, selected {self.selected!r}",
                remedy='With model="selection" give selected="COLUMN".',
            )
        missing = [part for part in model.needs if part not in self.parts]
        if missing:
            raise SpecError(
                f"The model {self.model!r} needs the part{'s' if len(missing) > 1 else ''} {', '.join(missing)}.",
                where=f"formula {self.formula!r}",
                allowed="; ".join(f"| {part}: z1 + z2" for part in model.parts),
                remedy="Write the part after a bar.",
            )

    @property
    def described(self) -> Model:
        """The model in full."""
        return model_named(self.model)

    @property
    def parts(self) -> tuple[str, ...]:
        """Parts of the formula after bars, by name."""
        return tuple(_PART.findall(self.formula))

    @property
    def sign(self) -> float:
        """``S``: 1 for production, -1 for cost."""
        return -1.0 if self.cost else 1.0

    def __str__(self) -> str:
        model = self.described
        kind = "cost" if self.cost else "production"
        classes = f" ({self.classes} classes)" if self.model == "latent_class" else ""
        weighted = f", rows weighted by {self.weights}" if self.weights else ""
        return (
            f"Stochastic {kind} frontier {self.formula}, {model.title.lower()}{classes}, "
            f"{density(self.inefficiency).title} inefficiency, by maximum likelihood{weighted}. {model.says}"
        )

    def equations(self) -> tuple[Equation, ...]:
        """Return the model as equations."""
        model, law = self.described, density(self.inefficiency)
        sign = "+" if self.cost else "-"
        outcome = "The logarithm of what is expected" if self.model == "counts" else "The outcome"
        return (
            Equation(
                "frontier",
                rf"y_i = x_i'\beta + v_i {sign} u_i,\quad {law.latex}",
                f"y_i = x'_i beta + v_i {sign} u_i, quad {law.typst}",
                f"{outcome} is the frontier, plus noise, "
                + ("plus" if self.cost else "less")
                + " inefficiency, which is never negative.",
            ),
            Equation("structure", model.latex, model.typst, model.says),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> StructureSpec:
        """Rebuild from :meth:`to_dict`."""
        return cls(**data)
