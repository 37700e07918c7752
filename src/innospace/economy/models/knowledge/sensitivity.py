"""Exact derivatives of a solved path, and of its growth, by parameters that hold in every year.

In every year the equations ``F(x, p) = 0`` give ``dx = -F_x^{-1} F_p dp``; what is carried over to the next year
(capital, stocks, deposits, loans) carries its derivative along. One factorisation a year serves all parameters, so
that derivatives by nine coefficients cost less than a second path.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from innospace.economy.growth import average_growth, tornqvist
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.dynamics import Indices, Path
from innospace.economy.models.knowledge.model import KnowledgeModel

Array = NDArray[np.float64]


def growth_of(model: KnowledgeModel, path: Path) -> float:
    """Return the average annual growth of real gross regional product, as a fraction; NaN when a year failed."""
    if path.failure is not None:
        return float("nan")
    output, prices = (path.levels[:, _columns(model, name)] for name in ("Y", "PY"))
    return average_growth(tornqvist(output, output * prices))


def growth_derivative(model: KnowledgeModel, path: Path, names: Sequence[str]) -> Array:
    """Return derivatives of :func:`growth_of` by parameters, shape (parameters,).

    Parameters
    ----------
    model : KnowledgeModel
    path : Path
        Solved in every year.
    names : sequence of str
        Parameters that hold in every year and are not carried over, such as ``alpha.innovation``.
    """
    slopes = path_derivatives(model, path, names)
    output, prices = _columns(model, "Y"), _columns(model, "PY")
    values = path.levels[:, output] * path.levels[:, prices]
    shares = values / values.sum(axis=1, keepdims=True)
    logs, d_logs = np.log(path.levels[:, output]), slopes[:, output]
    d_values = d_logs + slopes[:, prices]
    d_shares = shares[:, :, None] * (d_values - np.einsum("ts,tsk->tk", shares, d_values)[:, None])
    steps = 0.5 * np.einsum("tsk,ts->k", d_shares[1:] + d_shares[:-1], np.diff(logs, axis=0))
    steps += 0.5 * np.einsum("ts,tsk->k", shares[1:] + shares[:-1], np.diff(d_logs, axis=0))
    return np.asarray((1.0 + growth_of(model, path)) * steps / (len(path.years) - 1))


def path_derivatives(model: KnowledgeModel, path: Path, names: Sequence[str]) -> Array:
    """Return derivatives of the solver's coordinates (logs of positive unknowns), shape (years, n, parameters)."""
    system, at = model.system, Indices(model)
    columns = [system.input_position[name] for name in names]
    constant = np.zeros((len(system.inputs), len(names)))
    constant[columns, np.arange(len(names))] = 1.0
    out = np.zeros((len(path.years), system.size, len(names)))
    first = np.zeros((system.size, len(names)))
    moved = constant.copy()
    for t, p in enumerate(path.parameters):
        x = system.to_x(path.levels[t])
        out[t] = _solve(system.evaluate(x, p)[1], -(system.input_jacobian(x, p) @ moved))
        levels = out[t] * np.where(system.positive, path.levels[t], system.scale)[:, None]
        first = levels if t == 0 else first
        moved = _carried(model, at, path, t, constant, moved, levels, first)
    return out


def _carried(
    model: KnowledgeModel, at: Indices, path: Path, t: int, constant: Array, moved: Array, levels: Array, first: Array
) -> Array:
    """Return derivatives of the following year's parameters, shape (m, parameters); see ``dynamics.carry_over``."""
    spec, following = model.spec, constant.copy()
    following[at.before] = moved[at.capital]
    price = path.parameters[t, at.price]
    following[at.capital] = (1.0 - spec.depreciation) * moved[at.capital] + price * levels[at.investment]
    kept = {"cumulative": 1.0, "lag": 0.0}.get(model.closure.knowledge, 1.0 - spec.knowledge_depreciation)
    for stock, columns in at.stocks.items():
        flows = at.flows[stock]
        ratio = path.levels[t, flows] / path.levels[0, flows]
        change = (levels[flows] - ratio[:, None] * first[flows]) / path.levels[0, flows][:, None]
        following[columns] = kept * moved[columns] + change
    following[at.deposits_before] = levels[at.deposits]
    following[at.loans_before] = levels[at.loans]
    return following


def _columns(model: KnowledgeModel, family: str) -> list[int]:
    return [model.system.position[f"{family}.{i}"] for i in k.PRODUCERS]


def _solve(jacobian: object, right: Array) -> Array:
    if isinstance(jacobian, np.ndarray):
        return np.asarray(np.linalg.solve(jacobian, right))
    from scipy.sparse.linalg import splu

    return np.asarray(splu(jacobian).solve(right))
