"""What the tables of the study hold: a two-wave panel, an annual panel, a cross-section."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

from innospace.core.errors import SpecError
from innospace.core.labels import require_known
from innospace.firms.internationalisation.plan import Plan


@dataclass(frozen=True, slots=True)
class AnnualPlan:
    """Columns of a panel of firms and years, in levels and at constant prices.

    Attributes
    ----------
    firm, year : str
        Labels; years are whole numbers.
    value_added, employees, capital : str
        Positive levels.
    materials : str
        Positive levels: the proxy of productivity.
    export : str
        0/1.
    industry : str
        Empty when there is none.
    """

    firm: str = "firm"
    year: str = "year"
    value_added: str = "value_added"
    employees: str = "employees"
    capital: str = "capital"
    materials: str = "materials"
    export: str = "export"
    industry: str = "industry"


@dataclass(frozen=True, slots=True)
class CrossPlan:
    """Columns of a cross-section of innovating firms. The defaults are those of the Ecuador sample.

    Attributes
    ----------
    size, productivity : str
        In logs.
    export, foreign, cooperation, rd : str
        0/1.
    outcomes : tuple of str
        Innovations, 0/1; the first two are also taken as a joint decision.
    practices : tuple of str
        0/1, for complementarity.
    controls : tuple of str
        Further terms of every equation.
    outlays : tuple of str
        R&D outlays, added up; with ``employees`` they make R&D a worker for the chain from R&D to productivity.
    employees : str
        Positive levels, of the year of the outlays.
    exclusion : tuple of str
        What moves whether a firm does R&D but not how much.
    sources : tuple of str
        What moves innovation but not productivity, besides R&D.
    """

    size: str = "lnum_emp_prom"
    productivity: str = "lp"
    export: str = "exportaprom"
    foreign: str = "gr_extr"
    cooperation: str = "coop"
    rd: str = "id"
    outcomes: tuple[str, ...] = ("prod", "proc")
    practices: tuple[str, ...] = ("make", "buy", "mach")
    controls: tuple[str, ...] = ("C(sector)",)
    outlays: tuple[str, ...] = ("v_1_a_2014", "v_1_b_2014")
    employees: str = "ii_9_d_2014"
    exclusion: tuple[str, ...] = ("protect_inn",)
    sources: tuple[str, ...] = ("coop", "mach", "fuentes_externas", "protect_inn")


PlanOf = TypeVar("PlanOf", AnnualPlan, CrossPlan)


@dataclass(frozen=True, slots=True)
class Plans:
    """The plan of every table."""

    panel: Plan
    annual: AnnualPlan
    cross_section: CrossPlan

    @classmethod
    def from_dicts(cls, panel: dict[str, Any], annual: dict[str, Any], cross_section: dict[str, Any]) -> Plans:
        """Build from plain types; parts that are left out keep their defaults.

        Raises
        ------
        LabelError, SpecError
        """
        return cls(Plan.from_dict(panel), _built(AnnualPlan, annual), _built(CrossPlan, cross_section))

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        return {
            "panel": self.panel.to_dict(),
            "annual": asdict(self.annual),
            "cross_section": {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self.cross_section).items()},
        }


def _built(kind: type[PlanOf], data: dict[str, Any]) -> PlanOf:
    known = {f.name: f for f in fields(kind)}
    require_known(list(data), list(known), kind="part", where="columns of the firm study")
    for name, value in data.items():
        several = isinstance(known[name].default, tuple)
        if several is not isinstance(value, list | tuple):
            raise SpecError(
                f"The part {name!r} is {value!r}.",
                where="columns of the firm study",
                allowed="a list of columns" if several else "one column",
            )
    given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
    return kind(**given)
