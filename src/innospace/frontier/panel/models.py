"""Panel frontiers by name: what is assumed of inefficiency over time and of effects of the unit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from innospace.core.errors import SpecError
from innospace.core.labels import suggest
from innospace.frontier.densities import HalfNormal, NoInefficiency
from innospace.frontier.densities.base import Density
from innospace.frontier.panel.effects import Flat


class Family(StrEnum):
    """How a model is estimated."""

    ONE_SIDED = "one_sided"
    """One inefficiency a unit, closed form."""
    MIXED = "mixed"
    """An effect of the unit, integrated out by quadrature."""
    FREE = "free"
    """Least squares within units, no distribution."""


@dataclass(frozen=True, slots=True)
class Model:
    """A panel frontier.

    Attributes
    ----------
    name, title : str
    source : str
        Who proposed it.
    family : Family
    says : str
        What it assumes, in a sentence.
    inefficiency : tuple of str
        Distributions of inefficiency it can have; empty when it has none.
    decay : str
        Path of inefficiency over time, for the first family.
    effect : Density or None
        Distribution of the effect of the unit, for the second.
    powers : int
        Terms of the intercepts' polynomial of time, for the third.
    latex, typst : str
        The model beside the frontier.
    """

    name: str
    title: str
    source: str
    family: Family
    says: str
    latex: str
    typst: str
    inefficiency: tuple[str, ...] = ()
    decay: str = ""
    effect: Density | None = None
    powers: int = 0

    @property
    def within(self) -> bool:
        """Whether only variation within units counts, so that there is no intercept."""
        return self.family is Family.FREE or isinstance(self.effect, Flat)


_ONE = ("half_normal", "truncated_normal")
_ROWS = ("half_normal", "exponential")
_U = r"u_i \sim \left|N(0, \sigma_u^2)\right|"
_U_TYPST = "u_i ~ abs(N(0, sigma_u^2))"

MODELS: dict[str, Model] = {
    m.name: m
    for m in (
        Model(
            "pitt_lee",
            "Pitt-Lee",
            "Pitt and Lee (1981)",
            Family.ONE_SIDED,
            "Inefficiency belongs to the unit and never changes; whatever else differs between units counts as it.",
            rf"\varepsilon_{{it}} = v_{{it}} - u_i,\quad {_U}",
            f"epsilon_(i t) = v_(i t) - u_i, quad {_U_TYPST}",
            _ONE,
            decay="constant",
        ),
        Model(
            "battese_coelli_1992",
            "Battese-Coelli 1992",
            "Battese and Coelli (1992)",
            Family.ONE_SIDED,
            "Inefficiency of every unit falls (eta above zero) or grows at one common rate.",
            rf"\varepsilon_{{it}} = v_{{it}} - e^{{-\eta (t - T_i)}} u_i,\quad {_U}",
            f"epsilon_(i t) = v_(i t) - e^(-eta (t - T_i)) u_i, quad {_U_TYPST}",
            _ONE,
            decay="battese_coelli_1992",
        ),
        Model(
            "kumbhakar_1990",
            "Kumbhakar 1990",
            "Kumbhakar (1990)",
            Family.ONE_SIDED,
            "Inefficiency of every unit follows one common path that may turn once.",
            rf"\varepsilon_{{it}} = v_{{it}} - \left(1 + e^{{b t + c t^2}}\right)^{{-1}} u_i,\quad {_U}",
            f"epsilon_(i t) = v_(i t) - (1 + e^(b t + c t^2))^(-1) u_i, quad {_U_TYPST}",
            _ONE,
            decay="kumbhakar_1990",
        ),
        Model(
            "true_random_effects",
            "True random effects",
            "Greene (2005)",
            Family.MIXED,
            "Units differ for good by a random effect that is no inefficiency; inefficiency is drawn anew each period.",
            r"\varepsilon_{it} = w_i + v_{it} - u_{it},\quad w_i \sim N(0, \sigma_w^2)",
            "epsilon_(i t) = w_i + v_(i t) - u_(i t), quad w_i ~ N(0, sigma_w^2)",
            _ROWS,
            effect=NoInefficiency(),
        ),
        Model(
            "four_components",
            "Four components",
            "Colombi, Kumbhakar, Martini and Vittadini (2014)",
            Family.MIXED,
            "Random effects, persistent inefficiency, inefficiency of the period and noise are told apart.",
            r"\varepsilon_{it} = w_i - h_i + v_{it} - u_{it},\quad w_i \sim N(0, \sigma_w^2),\ "
            r"h_i \sim \left|N(0, \sigma_h^2)\right|",
            "epsilon_(i t) = w_i - h_i + v_(i t) - u_(i t), quad w_i ~ N(0, sigma_w^2), h_i ~ abs(N(0, sigma_h^2))",
            _ROWS,
            effect=HalfNormal(),
        ),
        Model(
            "true_fixed_effects",
            "True fixed effects",
            "Chen, Schmidt and Wang (2014)",
            Family.MIXED,
            "Units differ for good by anything, also by what goes with the regressors; inefficiency is drawn anew each "
            "period. The effects drop out of the likelihood, so their number does no harm.",
            r"\varepsilon_{it} = a_i + v_{it} - u_{it},\quad a_i \text{ free}",
            'epsilon_(i t) = a_i + v_(i t) - u_(i t), quad a_i "free"',
            _ROWS,
            effect=Flat(),
        ),
        Model(
            "schmidt_sickles",
            "Schmidt-Sickles",
            "Schmidt and Sickles (1984)",
            Family.FREE,
            "No distribution: the unit with the best intercept is the frontier, the others fall short of it for good.",
            r"u_i = \max_j a_j - a_i",
            "u_i = max_j a_j - a_i",
            powers=1,
        ),
        Model(
            "cornwell_schmidt_sickles",
            "Cornwell-Schmidt-Sickles",
            "Cornwell, Schmidt and Sickles (1990)",
            Family.FREE,
            "No distribution: intercepts of the units are quadratic in time, the best one of a period is the frontier.",
            r"u_{it} = \max_j a_{jt} - a_{it},\quad a_{it} = a_{i0} + a_{i1} t + a_{i2} t^2",
            "u_(i t) = max_j a_(j t) - a_(i t), quad a_(i t) = a_(i 0) + a_(i 1) t + a_(i 2) t^2",
            powers=3,
        ),
    )
}


def model_named(name: str) -> Model:
    """Return the model called ``name``, or raise :class:`SpecError` with the nearest names."""
    if name == "battese_coelli_1995":
        raise SpecError(
            "Battese and Coelli (1995) tie no rows of a unit together: the model is a pooled frontier.",
            allowed=", ".join(MODELS),
            remedy='Fit it without a panel: inefficiency = "truncated_normal" and mu: z in the formula, terms of the '
            "year among the regressors, errors clustered by unit.",
        )
    if name not in MODELS:
        raise SpecError(
            f"Unknown panel model {name!r}.",
            allowed=", ".join(MODELS),
            remedy=suggest(name, MODELS) or "Choose one of the names above.",
        )
    return MODELS[name]
