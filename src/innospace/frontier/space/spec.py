"""What the innovation-space study assumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from innospace.core.document import Equation
from innospace.data.groups import Grouping
from innospace.frontier.densities import density
from innospace.frontier.efficiency import check_level
from innospace.frontier.space.determinants import checked
from innospace.frontier.spec import check_covariance, index_equations


@dataclass(frozen=True, slots=True)
class SpaceSpec:
    """Models (2), (3) and (4) of the innovation space on one table.

    Attributes
    ----------
    inefficiency : str
        Distribution of inefficiency; the source uses ``half_normal``.
    level : float
        Coverage of intervals.
    focus : tuple of str
        Regions that findings and figures single out.
    vcov : str
        Covariance of the estimates: ``hessian``, ``opg``, ``robust``, or ``cluster``, which lets the years of a region
        go together in model (4).
    determinants : str
        What inefficiency or noise depends on, in every model: parts of a formula such as ``u: z1 + z2 | v: w``;
        ``mu: z`` with ``inefficiency = "truncated_normal"`` (Battese and Coelli 1995). ``t`` and ``C(year)`` among them
        count in model (4) only. Empty: both are alike in all regions.
    grouping : Grouping, optional
        Columns by which regions are grouped, for tables by group.
    """

    inefficiency: str = "half_normal"
    level: float = 0.95
    focus: tuple[str, ...] = ()
    vcov: str = "hessian"
    determinants: str = ""
    grouping: Grouping | None = None

    def __post_init__(self) -> None:
        density(self.inefficiency)
        check_level(self.level)
        check_covariance(self.vcov, clustered=True)
        if self.determinants:
            checked(self.determinants, self.inefficiency)

    def __str__(self) -> str:
        return (
            "Innovations Q of a region are a power function of its innovation space V, the number of potential links "
            "between R&D organisations and innovative companies, times noise and "
            f"{density(self.inefficiency).title} inefficiency: ln Q = c + delta ln V + v - u, for each year, and "
            "pooled with c and delta moving linearly in time. The frontier uses the share w = exp(c / delta) of the "
            "space."
            + (f" Inefficiency and noise depend on regressors ({self.determinants})." if self.determinants else "")
            + (f" {self.grouping}." if self.grouping else "")
        )

    def equations(self) -> tuple[Equation, ...]:
        """Return the models and what is derived from them."""
        law = density(self.inefficiency)
        return (
            Equation(
                "model-2",
                rf"\ln Q_i = c + \delta \ln V_i + v_i - u_i,\quad v_i \sim N(0, \sigma_v^2),\quad {law.latex}",
                f"ln Q_i = c + delta ln V_i + v_i - u_i, quad v_i ~ N(0, sigma_v^2), quad {law.typst}",
                "Model (2), one year: innovations of region i, its innovation space, noise, inefficiency.",
            ),
            Equation(
                "model-3",
                r"\ln Q_i = c + \delta \ln V_i + \eta \ln B_i + v_i - u_i",
                "ln Q_i = c + delta ln V_i + eta ln B_i + v_i - u_i",
                "Model (3): hypothesis 1 is η = 0, that R&D organisations and innovative companies B have the same "
                "elasticity, so that their product is the resource.",
            ),
            Equation(
                "model-4",
                r"\ln Q_{it} = c + c_0 t + (\delta + \delta_0 t) \ln V_{it} + v_{it} - u_{it},\quad t = 0, 1, \dots",
                "ln Q_(i t) = c + c_0 t + (delta + delta_0 t) ln V_(i t) + v_(i t) - u_(i t), quad t = 0, 1, dots",
                "Model (4), all years pooled: hypothesis 2 is δ₀ = 0, hypothesis 3 is c₀ = 0.",
            ),
            Equation(
                "efficiency",
                r"\mathrm{TE}_i = E\left[e^{-u_i} \mid v_i - u_i\right]",
                '"TE"_i = E[e^(-u_i) | v_i - u_i]',
                "Technical efficiency (Battese and Coelli 1988).",
            ),
            Equation(
                "used-space",
                r"w = e^{c/\delta},\quad W_i = w\,\mathrm{TE}_i^{1/\delta},\quad \hat V_i = W_i V_i",
                'w = e^(c \\/ delta), quad W_i = w thin "TE"_i^(1 \\/ delta), quad hat(V)_i = W_i V_i',
                "Share of the space that the frontier uses, share that region i uses, and used links.",
            ),
            *(index_equations(checked(self.determinants, self.inefficiency).parts) if self.determinants else ()),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        grouping = None if self.grouping is None else self.grouping.to_dict()
        return {**asdict(self), "focus": list(self.focus), "grouping": grouping}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SpaceSpec:
        """Rebuild from :meth:`to_dict`."""
        grouping = None if data["grouping"] is None else Grouping.from_dict(data["grouping"])
        return cls(**{**data, "focus": tuple(data["focus"]), "grouping": grouping})
