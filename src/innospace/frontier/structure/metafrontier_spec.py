"""What a metafrontier assumes, apart from any data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from innospace.core.document import Equation
from innospace.core.errors import SpecError
from innospace.core.labels import require_known
from innospace.data.groups import Grouping
from innospace.frontier.densities import density

METHODS = ("linear", "quadratic", "stochastic")
_HOW = {
    "linear": "the least sum of distances above all group frontiers (linear program)",
    "quadratic": "the least sum of squared distances above all group frontiers (quadratic program)",
    "stochastic": "a stochastic frontier of the fitted group frontiers, which noise may carry above it",
}
_CRITERIA = {
    "linear": (r"\min_\beta \sum_i \left|x_i'\beta - \hat f_i\right|", "min_beta sum_i abs(x'_i beta - hat(f)_i)"),
    "quadratic": (r"\min_\beta \sum_i (x_i'\beta - \hat f_i)^2", "min_beta sum_i (x'_i beta - hat(f)_i)^2"),
}


@dataclass(frozen=True, slots=True)
class MetafrontierSpec:
    """Group frontiers under one metafrontier.

    Attributes
    ----------
    formula : str
        ``outcome ~ regressors``; outcome in logarithms, so that gaps are ratios.
    group : str
        Column whose values are the groups.
    method : str
        ``linear``, ``quadratic`` (Battese, Rao and O'Donnell 2004) or ``stochastic`` (Huang, Huang and Liu 2014).
    inefficiency : str
        Distribution in every group.
    cost : bool
        Cost frontier.
    draws : int
        Draws of group coefficients for standard errors of ``linear`` and ``quadratic``.
    grouping : Grouping, optional
        Columns from which groups of regions are made; ``group`` then names the column that they fill.
    """

    formula: str
    group: str
    method: str = "linear"
    inefficiency: str = "half_normal"
    cost: bool = False
    draws: int = 0
    grouping: Grouping | None = None

    def __post_init__(self) -> None:
        require_known([self.method], METHODS, kind="method")
        density(self.inefficiency)
        if self.draws < 0 or (self.draws and self.method == "stochastic"):
            raise SpecError(
                "Draws are a non-negative number for the methods linear and quadratic.",
                where="draws",
                remedy="Use draws = 0.",
            )

    @property
    def sign(self) -> float:
        """``S``: 1 for production, -1 for cost."""
        return -1.0 if self.cost else 1.0

    def __str__(self) -> str:
        kind = "cost" if self.cost else "production"
        law = density(self.inefficiency).title
        return (
            f"A stochastic {kind} frontier {self.formula} for each group of {self.group}, {law} inefficiency, by "
            f"maximum likelihood; the metafrontier is {_HOW[self.method]}. Every row has the same weight."
            + (f" {self.grouping}." if self.grouping else "")
        )

    def equations(self) -> tuple[Equation, ...]:
        """Return the model as equations."""
        sign = "+" if self.cost else "-"
        latex, typst = _CRITERIA.get(self.method, ("", ""))
        side = (r"\geq", ">=") if not self.cost else (r"\leq", "<=")
        envelope = Equation(
            "metafrontier",
            rf"\hat f_i = x_i'\beta + v_i {sign} u_i,\quad \hat f_i = x_i'\hat\beta_{{g(i)}}",
            f"hat(f)_i = x'_i beta + v_i {sign} u_i, quad hat(f)_i = x'_i hat(beta)_(g(i))",
            "The fitted group frontiers are the outcome of a frontier of their own.",
        )
        if latex:
            envelope = Equation(
                "metafrontier",
                rf"{latex} \quad \text{{with}}\quad x_i'\beta {side[0]} \hat f_i = x_i'\hat\beta_{{g(i)}}",
                f"{typst} quad \"with\" quad x'_i beta {side[1]} hat(f)_i = x'_i hat(beta)_(g(i))",
                "The nearest linear function that no group frontier passes, each row counted once.",
            )
        gap = r"x_i'\beta - \hat f_i" if self.cost else r"\hat f_i - x_i'\beta"
        gap_typst = "x'_i beta - hat(f)_i" if self.cost else "hat(f)_i - x'_i beta"
        ratio = rf"\exp({gap})" if latex else r"E\left[e^{-u_i} \mid \hat f_i\right]"
        ratio_typst = f"exp({gap_typst})" if latex else "E[e^(-u_i) | hat(f)_i]"
        return (
            Equation(
                "group_frontiers",
                rf"y_i = x_i'\beta_g + v_i {sign} u_i,\quad i \in g",
                f"y_i = x'_i beta_g + v_i {sign} u_i, quad i in g",
                "Every group has a frontier of its own.",
            ),
            envelope,
            Equation(
                "gap_ratio",
                rf"\text{{TE}}^*_i = \text{{TE}}_i \cdot \text{{TGR}}_i,\quad \text{{TGR}}_i = {ratio}",
                f'"TE"^*_i = "TE"_i dot "TGR"_i, quad "TGR"_i = {ratio_typst}',
                "Efficiency against the metafrontier is that within the group times the technology gap ratio.",
            ),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        return {**asdict(self), "grouping": None if self.grouping is None else self.grouping.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> MetafrontierSpec:
        """Rebuild from :meth:`to_dict`."""
        grouping = None if data["grouping"] is None else Grouping.from_dict(data["grouping"])
        return cls(**{**data, "grouping": grouping})
