"""What a study of agents assumes, in one object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from innospace.agents.assumptions import Assumptions, Calibrated
from innospace.agents.policy import Policy
from innospace.core.document import Equation
from innospace.core.errors import SpecError


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """A study of agents.

    Attributes
    ----------
    final : int
        Last year that is run; the first is the last year of the panel.
    replications : int
    policies : tuple of Policy
    assumptions : Assumptions
    calibrated : Calibrated or None
        Given numbers; None when they are to be found.
    calibration_replications, max_evaluations : int
        Of the search.
    growth_after : float
        Growth of the share in use after the panel, log points a year.
    rd_organisations : float or None
        Sum of S over regions, where the table has only V.
    focus : tuple of str
        Regions that findings single out.
    sensitivity : int
        Points of the Sobol design, a power of two; zero for none.
    """

    final: int = 2030
    replications: int = 100
    policies: tuple[Policy, ...] = ()
    assumptions: Assumptions = field(default_factory=Assumptions)
    calibrated: Calibrated | None = None
    calibration_replications: int = 24
    max_evaluations: int = 90
    growth_after: float = 0.0
    rd_organisations: float | None = None
    focus: tuple[str, ...] = ()
    sensitivity: int = 0

    def __post_init__(self) -> None:
        names = [p.name for p in self.policies]
        if len(set(names)) < len(names):
            raise SpecError("Policies share a name.", where=", ".join(names), remedy="Rename one.")
        if self.sensitivity < 0 or self.sensitivity & (self.sensitivity - 1):
            raise SpecError(
                f"The Sobol design has {self.sensitivity} points.", allowed="0, or a power of two such as 16 or 64"
            )

    def __str__(self) -> str:
        return (
            "A reconstruction of how cooperation makes technologies: R&D organisations and innovative companies "
            "meet; a meeting becomes a link when the gain that both expect from fit, experience, neighbours' "
            "success and policy exceeds the cost; links succeed, fail and end. Links in use are a share w of the "
            "space V = S B. Each looks for ideas that lie in wait; what several links find counts once, so that L "
            "links give L to the power δ innovations on average: the frontier of the innovation space with "
            "duplication as its reason."
        )

    def equations(self) -> tuple[Equation, ...]:
        """Return the mechanism in equations."""
        return (
            Equation(
                "cooperation",
                r"P(\text{link} \mid \text{meeting}) = \Lambda\left(\theta_{it} + b_f (f - \tfrac12) + b_e e + b_n "
                r"n_{it} + b_c s_{it}\right)",
                'P("link" | "meeting") = Lambda(theta_(i t) + b_f (f - 1\\/2) + b_e e + b_n n_(i t) + b_c s_(i t))',
                "Cooperation: Λ is the logistic function, θ the openness of the region, f the fit of the pair, e its "
                "experience, n the success of neighbours, s the share of costs that others bear.",
            ),
            Equation(
                "space-in-use",
                r"w_{it} = L_{it} / V_i,\quad V_i = S_i B_i",
                "w_(i t) = L_(i t) \\/ V_i, quad V_i = S_i B_i",
                "Share of the space in use: links in use over potential links.",
            ),
            Equation(
                "duplication",
                r"E[Q_{it} \mid L_{it}] = \int_0^\infty (1 - e^{-x L_{it}})\, \frac{\delta\, x^{-\delta - 1}}"
                r"{\Gamma(1 - \delta)}\, dx = L_{it}^{\delta} = (w_{it} V_i)^{\delta}",
                "E[Q_(i t) | L_(i t)] = integral_0^oo (1 - e^(-x L_(i t))) (delta x^(-delta - 1)) \\/ (Gamma(1 - "
                "delta)) dif x = L_(i t)^delta = (w_(i t) V_i)^delta",
                "Duplication: an idea is found at rate x by each link; distinct ideas found are Poisson with this "
                "mean.",
            ),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        return {
            "final": self.final,
            "replications": self.replications,
            "policies": [p.to_dict() for p in self.policies],
            "assumptions": self.assumptions.to_dict(),
            "calibrated": self.calibrated.to_dict() if self.calibrated else None,
            "calibration_replications": self.calibration_replications,
            "max_evaluations": self.max_evaluations,
            "growth_after": self.growth_after,
            "rd_organisations": self.rd_organisations,
            "focus": list(self.focus),
            "sensitivity": self.sensitivity,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> AgentSpec:
        """Rebuild from :meth:`to_dict`."""
        given = dict(data)
        given["policies"] = tuple(Policy.from_dict(p) for p in data["policies"])
        given["assumptions"] = Assumptions.from_dict(data["assumptions"])
        given["calibrated"] = Calibrated(**data["calibrated"]) if data["calibrated"] else None
        given["focus"] = tuple(data["focus"])
        return cls(**given)
