"""The sample economy of the tests, solved once a process: models by closure and assumptions, paths by scenario."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from innospace.core.inputs import LinkedValue
from innospace.core.provenance import Provenance
from innospace.data import load_sample
from innospace.data.sam import SAM, sam_from_dataset
from innospace.economy import Closure, KnowledgeModel, KnowledgeSpec, Scenario, Shock
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.dynamics import Path, solve_path
from innospace.economy.models.knowledge.prior import BaseInputs, base_inputs
from innospace.economy.models.knowledge.result import EconomyResult
from innospace.economy.models.knowledge.solve import shipped_scenarios

EFFICIENCY = 0.72
DEPRECIATION = 0.08
"""The rate of the trial implementation that many numbers of these tests come from; the default is lower."""
SCIENCE, INNOVATION, OTHER = k.PRODUCERS
OPTIONS = ("option-1", "option-2", "option-3", "option-4")
SUPPLIES = ("state_order", "fixed_share", "fixed_money")
STOCKS = ("cumulative", "lag", "perpetual_inventory")


@cache
def sample() -> tuple[SAM, BaseInputs]:
    """Matrix and inputs of the sample."""
    controls = load_sample("bashkortostan-2012-controls")
    return sam_from_dataset(load_sample("bashkortostan-2012-sam")), base_inputs(controls)


@cache
def model(
    supply: str = "state_order",
    stock: str = "cumulative",
    relief: str = "budget",
    index: str = "wages",
    last_year: int = 2030,
) -> KnowledgeModel:
    """The sample under a closure."""
    spec = KnowledgeSpec(EFFICIENCY, depreciation=DEPRECIATION)
    return KnowledgeModel(*sample(), spec, Closure(supply, index, stock, relief), last_year)


@cache
def shipped() -> KnowledgeModel:
    """The sample under the assumptions and rules that ship."""
    return KnowledgeModel(*sample(), KnowledgeSpec(EFFICIENCY))


@cache
def option(name: str) -> Scenario | None:
    """An option of the paper; None for the baseline."""
    return None if name == "baseline" else shipped_scenarios()[name]


@cache
def path(name: str = "baseline", **closure: str) -> Path:
    """A solved path."""
    return solve_path(model(**closure), option(name))


def shock(parameter: str, op: str, value: Any, years: tuple[int, ...] = (), **where: Any) -> Scenario:
    """A scenario of one shock."""
    labels = {d: (v,) if isinstance(v, str) else tuple(v) for d, v in where.items()}
    return Scenario(parameter, shocks=(Shock(parameter, op, value, labels, years),))


def bare_result(m: KnowledgeModel, *scenarios: Scenario) -> EconomyResult:
    """A result without gates, which cost seconds."""
    paths = {"baseline": solve_path(m)} | {s.name: solve_path(m, s) for s in scenarios}
    given = LinkedValue(m.spec.efficiency, float("nan"), float("nan"), "fraction", "given")
    return EconomyResult(m, paths, (), Provenance.now((m.sam.source,), {}, 0), given)


def levels(m: KnowledgeModel, found: Path, name: str) -> np.ndarray:
    """A variable by year."""
    return found.levels[:, m.system.position[name]]


def parameters(m: KnowledgeModel, found: Path, name: str) -> np.ndarray:
    """A parameter by year."""
    return found.parameters[:, m.system.input_position[name]]


def growth(m: KnowledgeModel, scenario: Scenario | None = None) -> float:
    """Average growth in percent, with a volume index of its own, apart from the package's."""
    found = solve_path(m, scenario)
    assert found.failure is None
    y = np.array([levels(m, found, f"Y.{i}") for i in k.PRODUCERS])
    value = y * np.array([levels(m, found, f"PY.{i}") for i in k.PRODUCERS])
    log = 0.0
    for t in range(1, y.shape[1]):
        now, before = value[:, t] / value[:, t].sum(), value[:, t - 1] / value[:, t - 1].sum()
        log += float(np.sum(0.5 * (now + before) * np.log(y[:, t] / y[:, t - 1])))
    return 100.0 * float(np.expm1(log / (y.shape[1] - 1)))
