"""What a model with known answers offers: its spec, the names of its textbook, its scenarios."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import SpecError
from innospace.core.labels import require_known
from innospace.data.catalogue import load_sample
from innospace.data.sam import SAM, sam_from_dataset
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.spec import Spec
from innospace.economy.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Dynamics:
    """The years of a model.

    Attributes
    ----------
    numbers : mapping of str to float
        Years and rates by name.
    remade : callable
        Returns the model with other numbers.
    path : callable
        Returns the years of a solution: ``year`` and a column a series, of which those without a dot in their names
        are shown; years without a solution are missing values.
    """

    numbers: Mapping[str, float]
    remade: Callable[[Mapping[str, float]], ReadyModel]
    path: Callable[[Equilibrium], pd.DataFrame]


@dataclass(frozen=True)
class ReadyModel:
    """A model by name.

    Attributes
    ----------
    name, title, source : str
    build : callable
        Returns the spec.
    levels : callable
        Returns the numbers of an equilibrium by the names of the textbook.
    scenarios : tuple of Scenario
        Known experiments.
    closures : mapping of str to mapping
        Who adjusts, by account and name, as a change of the spec; the first of each is that of ``build``.
    dynamics : Dynamics, optional
        The years, when there are several.
    samples : tuple of str
        Shipped matrices that it takes its numbers from; none when they stand in no matrix.
    starts : int
        Starts of the search for further equilibria; zero where there is one.
    """

    name: str
    title: str
    source: str
    build: Callable[[], Spec]
    levels: Callable[[Equilibrium], dict[str, float]]
    scenarios: tuple[Scenario, ...] = field(default=())
    closures: Mapping[str, Mapping[str, Callable[[Spec], Spec]]] = field(default_factory=dict)
    dynamics: Dynamics | None = None
    samples: tuple[str, ...] = field(default=())
    starts: int = 0

    @property
    def spec(self) -> Spec:
        """The spec."""
        return self.build()

    def with_dynamics(self, numbers: Mapping[str, float]) -> ReadyModel:
        """Return the model with other years and rates; what is not named stays.

        Raises
        ------
        LabelError, SpecError
            Unknown number, one outside of its range, or a model of one year.
        """
        if not numbers:
            return self
        if self.dynamics is None:
            raise SpecError(
                f"The ready model {self.name!r} has one year.",
                where="key 'dynamics'",
                allowed="models with years: dyncge (recursive), ramsey (perfect foresight)",
            )
        known = self.dynamics.numbers
        require_known(list(numbers), list(known), kind="number", where="key 'dynamics'")
        if "years" in numbers and numbers["years"] != int(numbers["years"]):
            raise SpecError(
                f"years is {numbers['years']:g}.", where="key 'dynamics', 'years'", allowed="a whole number"
            )
        return self.dynamics.remade({**known, **numbers})

    def close(self, chosen: Mapping[str, str], spec: Spec | None = None) -> Spec:
        """Return the model with closures by name: ``close({"government": "flexible tax"})``.

        Parameters
        ----------
        chosen : mapping of str to str
            Name of the closure by account; accounts that are not named keep the first.
        spec : Spec, optional
            The model's own when not given.

        Raises
        ------
        LabelError
            Unknown account or closure.
        SpecError
            The model has no closures by name.
        """
        spec = self.spec if spec is None else spec
        if chosen and not self.closures:
            raise SpecError(
                f"The ready model {self.name!r} has no closures by name.",
                where="key 'rules'",
                remedy="Choose numeraire, fixed_transfers, adjusting_transfers or unemployment.",
            )
        require_known(list(chosen), list(self.closures), kind="account of a closure", where="key 'rules'")
        for account, name in chosen.items():
            where = f"key 'rules', {account!r}"
            require_known([name], list(self.closures[account]), kind=f"closure of {account}", where=where)
            spec = self.closures[account][name](spec)
        return spec


def sample_sam(name: str) -> SAM:
    """Return a shipped matrix."""
    return sam_from_dataset(load_sample(name))


def data(name: str) -> Mapping[str, Any]:
    """Return the numbers of a model that has no matrix."""
    file = resources.files("innospace.economy.general.models") / "data" / f"{name}.json"
    return dict(json.loads(file.read_text(encoding="utf-8")))


def cobb_douglas(quantities: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return ``prod x^alpha`` with shares of the weights: utility in the units of the textbooks."""
    total = sum(weights.values())
    return float(np.prod([quantities[i] ** (w / total) for i, w in weights.items()]))
