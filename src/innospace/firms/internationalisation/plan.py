"""Which columns of a firm panel play which part in the study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from innospace.core.errors import SpecError
from innospace.core.labels import require_known


@dataclass(frozen=True, slots=True)
class Plan:
    """Columns by part. The defaults are the names of the synthetic panel; parts that a panel lacks are left empty.

    A list may be given as ``{role: column}``, such as ``{"export": "Экспорт"}``: the roles are the default names, by
    which the findings of the brief know what they speak of.

    Attributes
    ----------
    firm : str
        Label of the firm.
    year : str
        Year of a long panel (one row a firm and year). A wide panel (one row a firm) has columns that end in the
        wave, such as ``export_2005``.
    waves : tuple of int
        First and last wave.
    channels : tuple of str
        0/1 by wave; at least one.
    outcomes : tuple of str
        Innovations, 0/1 by wave; at least one.
    employees, value_added, price_level : str
        By wave. Productivity is the log of value added over price level and employees; an empty ``price_level``
        means that value added is in constant prices.
    industry : str
        Label; empty when there is none.
    traits : tuple of str
        Numbers of the first wave that stand in every equation.
    owners : tuple of str
        Traits that are owners: foreign, then state.
    location : str
        Label, such as capital, regional capital, other; empty when there is none.
    base_location : str
        The class that is left out.
    markets : tuple of str
        Exports by market, 0/1 by wave.
    partners : tuple of str
        New partners between the waves, 0/1: foreign, then domestic.
    inputs_share : str
        Share of imported inputs in the first wave, for complementarity with starting to import machinery.
    constraints : tuple of str
        Constraints to business in the last wave, 0/1.
    names : mapping of str to str
        Role -> column, from the lists that were given so.
    """

    firm: str = "firm"
    year: str = "year"
    waves: tuple[int, int] = (2005, 2009)
    channels: tuple[str, ...] = ("export", "machinery", "inputs")
    outcomes: tuple[str, ...] = ("rd", "product", "technology")
    employees: str = "employees"
    value_added: str = "value_added"
    price_level: str = "price_level"
    industry: str = "industry"
    traits: tuple[str, ...] = ("competition", "state_owner", "foreign_owner", "group", "catching_up")
    owners: tuple[str, ...] = ("foreign_owner", "state_owner")
    location: str = "location"
    base_location: str = "other"
    markets: tuple[str, ...] = ("export_cis", "export_beyond")
    partners: tuple[str, ...] = ("new_foreign_partner", "new_domestic_partner")
    inputs_share: str = "inputs_share"
    constraints: tuple[str, ...] = ("customs_constraint",)
    names: Mapping[str, str] = field(default_factory=dict, metadata={"made": True})

    def __post_init__(self) -> None:
        if len(self.waves) != 2 or self.waves[0] >= self.waves[1]:
            raise SpecError(
                f"The waves are {list(self.waves)}.",
                allowed="two years, the earlier one first",
                remedy="The study compares two waves; name the first and the last: waves = [2005, 2009].",
            )
        for part in ("channels", "outcomes"):
            if not getattr(self, part):
                raise SpecError(f"The study has no {part}.", remedy=f"Name at least one 0/1 column as {part}.")
        unknown = [o for o in self.owners if o not in self.traits]
        if unknown:
            require_known(unknown, self.traits, kind="owner among the traits", where="key 'owners'")
        if len(self.owners) not in (0, 2):
            raise SpecError(
                f"The owners are {list(self.owners)}.", allowed="none, or the columns of foreign and state ownership"
            )
        if len(self.partners) not in (0, 2):
            raise SpecError(
                f"The partners are {list(self.partners)}.", allowed="none, or the columns of foreign and domestic ones"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Plan:
        """Build from plain types; parts that are left out keep their defaults.

        Raises
        ------
        LabelError, SpecError
        """
        known = {f.name: f for f in fields(cls) if not f.metadata}
        require_known(list(data), list(known), kind="part", where="columns of the firm study")
        names: dict[str, str] = {}
        given: dict[str, Any] = {}
        for part, value in data.items():
            if isinstance(value, Mapping):
                _require_roles(part, value, isinstance(known[part].default, tuple))
                names |= value
            given[part] = tuple(value) if isinstance(value, list | Mapping) else value
        return cls(**given, names=names)


def _require_roles(part: str, value: Mapping[str, Any], several: bool) -> None:
    bad = [k for k, v in value.items() if not (isinstance(v, str) and v and str(k).isidentifier())]
    if several and part not in ("waves", "owners") and not bad:
        return
    raise SpecError(
        f"The part {part!r} cannot be given as {dict(value)!r}.",
        where="columns of the firm study",
        allowed="role = column in the parts channels, outcomes, traits, markets, partners and constraints; a role is "
        "one word",
        remedy=f"Write for example channels = {{ export = {'COLUMN'!r} }}, or the name of one column.",
    )
