"""What a model with known answers offers: its spec, the names of its textbook, its scenarios."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import numpy as np

from innospace.data.catalogue import load_sample
from innospace.data.sam import SAM, sam_from_dataset
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.spec import Spec
from innospace.economy.scenario import Scenario


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
    """

    name: str
    title: str
    source: str
    build: Callable[[], Spec]
    levels: Callable[[Equilibrium], dict[str, float]]
    scenarios: tuple[Scenario, ...] = field(default=())

    @property
    def spec(self) -> Spec:
        """The spec."""
        return self.build()


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
