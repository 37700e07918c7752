"""Balance a social accounting matrix by weighted cross-entropy, RAS or least squares.

Cross-entropy: over the free cells, minimise ``sum w x (ln(x / x0) - 1)`` (x in absolute value: a cell keeps its sign)
so that every account receives what it pays and linear constraints hold. At the solution ``ln(x / x0) = A' lambda / w``:
a cell with a large weight moves little, a cell of infinite weight not at all. The dual in ``lambda`` is convex and has
one unknown a constraint; Newton's method with the exact Hessian ``A diag(x / w) A'`` solves it in a handful of steps.

Robinson, Cattaneo and El-Said (2001), Updating and estimating a social accounting matrix using cross entropy methods,
Economic Systems Research 13(1), describe the approach.

RAS scales rows and columns until totals of accounts are met; with uniform weights that is the minimum of cross-entropy
under these totals (Schneider and Zenios 1990), and so it is computed, also with negative cells (Junius and Oosterhaven
2003) and with weights. Least squares: ``sum w (x - x0)^2 / (2 |x0|)`` with ``x >= 0`` under the same constraints
(Friedlander 1961, with signs kept).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from innospace.core.errors import DataError, InnospaceError, LabelError, SolverError, offenders
from innospace.core.labels import require_known, suggest
from innospace.core.status import Status, StatusCode
from innospace.numerics.cross_entropy import minimise
from innospace.numerics.weighted_projection import project

if TYPE_CHECKING:
    import pandas as pd

Vector = npt.NDArray[np.float64]
Cell = tuple[str, str]
TOLERANCE = 1e-10
"""Largest residual of a balance that is accepted, relative to the turnover of its account."""
METHODS = ("cross-entropy", "ras", "least-squares")
"""How a matrix may be balanced."""
_MOVED = 1e-9
"""Least change that counts as one, relative to the largest cell."""
VANISHED = 1e-8
"""A cell that shrinks below this part of its prior has no place in a balanced matrix."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """``sum of coefficient times cell = total``.

    Attributes
    ----------
    name : str
        What it says, for messages.
    cells : mapping of (row, column) to float
        Coefficients.
    total : float
    """

    name: str
    cells: Mapping[Cell, float]
    total: float = 0.0

    @classmethod
    def sum_of(cls, name: str, cells: Iterable[Cell], total: float) -> Constraint:
        """Return the constraint that some cells add up to ``total``."""
        return cls(name, dict.fromkeys(cells, 1.0), total)


@dataclass(frozen=True, slots=True)
class Balanced:
    """A balanced matrix and what it took.

    Attributes
    ----------
    values, prior, weights : pandas.DataFrame
        Square, the same labels on both axes; rows receive.
    status : Status
        Iterations and the largest residual of a constraint, in units of the data, are among its numbers.
    """

    values: pd.DataFrame
    prior: pd.DataFrame
    weights: pd.DataFrame
    status: Status

    @property
    def iterations(self) -> int:
        """Newton steps."""
        return int(self.status.numbers["iterations"])

    @property
    def residual(self) -> float:
        """Largest residual of a balance or constraint, in units of the data."""
        return float(self.status.numbers["residual"])

    def changes(self) -> pd.DataFrame:
        """Return prior, value, change, change in percent and weight of every cell, largest change first."""
        import pandas as pd

        rows, columns = np.nonzero(self.prior.to_numpy())
        names = self.prior.index.to_numpy()
        before, after = self.prior.to_numpy()[rows, columns], self.values.to_numpy()[rows, columns]
        frame = pd.DataFrame(
            {
                "row": names[rows],
                "column": names[columns],
                "prior": before,
                "value": after,
                "change": after - before,
                "percent": 100.0 * (after / before - 1.0),
                "weight": self.weights.to_numpy()[rows, columns],
            }
        )
        order = frame["change"].abs().sort_values(ascending=False, kind="stable").index
        return frame.loc[order].reset_index(drop=True)

    def moved(self) -> pd.DataFrame:
        """Return the rows of :meth:`changes` whose cells moved by more than rounding."""
        changes = self.changes()
        large = changes["change"].abs().to_numpy() > _MOVED * changes["value"].abs().max()
        kept: pd.DataFrame = changes.loc[large]
        return kept


def balance(
    prior: pd.DataFrame,
    method: str = "cross-entropy",
    weights: pd.DataFrame | float = 1.0,
    constraints: Sequence[Constraint] = (),
    totals: Mapping[str, float] | None = None,
) -> Balanced:
    """Return a balanced matrix near ``prior``.

    Parameters
    ----------
    prior, weights, constraints
        See :func:`cross_entropy`.
    method : str
        One of :data:`METHODS`. ``ras`` also holds the total of every account; ``least-squares`` can bring cells to 0.
    totals : mapping of str to float, optional
        Receipts of accounts to be met. With ``ras`` those that are not named are the mean of receipts and payments.

    Raises
    ------
    LabelError
        Unknown method or account.
    DataError, SolverError
        See :func:`cross_entropy`.
    """
    require_known([method], METHODS, kind="method")
    given = dict(totals or {})
    require_known(list(given), _labels(prior), kind="account", where="totals")
    if method == "ras":
        mean = (prior.sum(axis=0) + prior.sum(axis=1)) / 2.0
        given = {str(a): float(given.get(str(a), mean[a])) for a in prior.index}
    labels, filled = _labels(prior), prior.to_numpy() != 0.0
    held = [
        Constraint.sum_of(f"total of {a}", [(a, labels[j]) for j in np.flatnonzero(row)], given[a])
        for a, row in zip(labels, filled, strict=True)
        if a in given and row.any()
    ]
    return _balanced(prior, weights, (*constraints, *held), method)


def cross_entropy(
    prior: pd.DataFrame, weights: pd.DataFrame | float = 1.0, constraints: Sequence[Constraint] = ()
) -> Balanced:
    """Return the balanced matrix nearest to ``prior`` in the sense of cross-entropy.

    Parameters
    ----------
    prior : pandas.DataFrame
        Square; a cell that is zero stays zero, a negative cell stays negative.
    weights : pandas.DataFrame or float
        Positive; infinite for cells that must keep their value.
    constraints : sequence of Constraint
        On top of the balance of every account.

    Returns
    -------
    Balanced
        Balances and constraints hold to rounding.

    Raises
    ------
    DataError
        Labels, weights or cells do not fit, or the accounts cannot be balanced: names them.
    SolverError
        No convergence although a balanced matrix exists.
    """
    return _balanced(prior, weights, constraints, "cross-entropy")


def _balanced(
    prior: pd.DataFrame, weights: pd.DataFrame | float, constraints: Sequence[Constraint], method: str
) -> Balanced:
    import pandas as pd

    labels = _labels(prior)
    x0 = prior.to_numpy(dtype=np.float64)
    w = _weights(prior, weights)
    if not np.isfinite(x0).all():
        bad = [f"[{labels[i]}, {labels[j]}]" for i, j in np.argwhere(~np.isfinite(x0))]
        raise DataError("A cell is not a finite number.", where=", ".join(bad[:5]), remedy="Mend the cells.")
    free = (x0 != 0.0) & np.isfinite(w)
    _require_two_sides(labels, x0)
    system = _system(labels, x0, free, constraints)
    squares = method == "least-squares"
    solution = (project if squares else minimise)(system.matrix, system.right, np.abs(x0[free]), w[free])
    missed = not np.abs(solution.residual).max(initial=0.0) <= TOLERANCE
    shrunk = solution.x / np.abs(x0[free])
    if missed or (not squares and shrunk.min(initial=1.0) < VANISHED):
        raise _failure(system, shrunk)
    values = x0.copy()
    values[free] = np.sign(x0[free]) * solution.x
    worst = float(np.abs(solution.residual * system.scale).max(initial=0.0))
    numbers = {"iterations": float(solution.iterations), "residual": worst}
    status = Status(StatusCode.CONVERGED, f"Balanced in {solution.iterations} Newton steps.", numbers=numbers)
    like: dict[str, Any] = {"index": prior.index, "columns": prior.columns}
    return Balanced(pd.DataFrame(values, **like), prior, pd.DataFrame(w, **like), status)


def _labels(prior: pd.DataFrame) -> list[str]:
    rows, columns = [str(a) for a in prior.index], [str(a) for a in prior.columns]
    if rows != columns or len(set(rows)) != len(rows) or not rows:
        raise LabelError(
            "The matrix needs the same accounts, each once, in rows and columns.",
            where=f"rows {offenders(rows)}; columns {offenders(columns)}",
            remedy="Give both axes the same labels in the same order.",
        )
    return rows


def _weights(prior: pd.DataFrame, weights: pd.DataFrame | float) -> Vector:
    if isinstance(weights, int | float):
        w: Vector = np.full(prior.shape, float(weights))
    else:
        if list(weights.index) != list(prior.index) or list(weights.columns) != list(prior.columns):
            raise LabelError("The weights have other accounts than the matrix.", remedy="Use the same labels.")
        w = weights.to_numpy(dtype=np.float64)
    bad = (prior.to_numpy() != 0.0) & ~(w > 0.0)
    if bad.any():
        cells = [f"[{prior.index[i]}, {prior.columns[j]}]" for i, j in np.argwhere(bad)]
        raise DataError(
            "A weight is not positive.",
            where=", ".join(cells[:5]),
            allowed="positive numbers; infinite for a cell that keeps its value",
            remedy="Give the cell a small weight, for example 1, if little is known of it.",
        )
    return w


@dataclass(frozen=True, slots=True)
class _System:
    """``matrix @ |x| = right`` over the free cells; each row divided by its entry of ``scale``."""

    matrix: Any
    right: Vector
    scale: Vector
    names: list[str]
    cells: list[Cell]


def _system(labels: list[str], x0: Vector, free: npt.NDArray[np.bool_], constraints: Sequence[Constraint]) -> _System:
    """Return balances and constraints as rows; what fixed cells contribute stands on the right."""
    from scipy import sparse

    rows, columns = (axis.tolist() for axis in np.nonzero(free))
    cells = [(labels[i], labels[j]) for i, j in zip(rows, columns, strict=True)]
    entries = [(i, k, 1.0) for k, i in enumerate(rows)] + [(j, k, -1.0) for k, j in enumerate(columns)]
    fixed = np.where(free, 0.0, x0)
    right = list(fixed.sum(axis=0) - fixed.sum(axis=1))
    scale = list(np.maximum(np.abs(x0).sum(axis=0), np.abs(x0).sum(axis=1)))
    names = [f"account {a!r}" for a in labels]
    where = {a: i for i, a in enumerate(labels)}
    position = {cell: k for k, cell in enumerate(cells)}
    for constraint in constraints:
        _require_accounts(constraint, where)
        held = {cell: c * x0[where[cell[0]], where[cell[1]]] for cell, c in constraint.cells.items()}
        entries += [(len(names), position[cell], c) for cell, c in constraint.cells.items() if cell in position]
        right.append(constraint.total - sum(v for cell, v in held.items() if cell not in position))
        scale.append(max(abs(constraint.total), sum(abs(v) for v in held.values())))
        names.append(f"constraint {constraint.name!r}")
    i, k, value = (np.array(column) for column in zip(*entries, strict=True)) if entries else (np.zeros(0),) * 3
    scales = np.where(np.array(scale) == 0.0, 1.0, scale)
    matrix = sparse.csr_matrix((value, (i.astype(int), k.astype(int))), shape=(len(names), len(cells)))
    matrix = sparse.diags(1.0 / scales) @ matrix @ sparse.diags(np.sign(x0[free]))
    return _System(matrix.tocsr(), np.array(right) / scales, scales, names, cells)


def _require_accounts(constraint: Constraint, known: Mapping[str, int]) -> None:
    unknown = [a for cell in constraint.cells for a in cell if a not in known]
    if unknown:
        raise LabelError(
            f"Constraint {constraint.name!r} names unknown accounts: {offenders(unknown)}.",
            allowed=offenders(known, shown=12),
            remedy=suggest(unknown[0], known) or "Use the accounts of the matrix.",
        )


def _require_two_sides(labels: list[str], x0: Vector) -> None:
    """Raise when an account only receives or only pays: cells that are zero stay zero, so it can never balance."""
    off = x0 - np.diag(np.diag(x0))
    receives, pays = (off != 0.0).any(axis=1), (off != 0.0).any(axis=0)
    one_sided = np.flatnonzero((receives != pays) & ((off >= 0.0).all(axis=1) & (off >= 0.0).all(axis=0)))
    if len(one_sided):
        kind = {True: "receives and pays nothing", False: "pays and receives nothing"}
        told = [f"{labels[i]!r} {kind[bool(receives[i])]}" for i in one_sided]
        raise DataError(
            f"{len(told)} account{'s' if len(told) > 1 else ''} cannot be balanced: a cell that is empty stays empty.",
            where="; ".join(told[:5]),
            allowed="accounts with cells in their row and in their column, or in neither",
            remedy="Fill in a cell on the other side, even if only roughly known, or leave the account out.",
        )


def _failure(system: _System, shrunk: Vector) -> InnospaceError:
    """Return the error that says why there is no balanced matrix: which accounts, or which cells would have to vanish.

    A linear program finds the smallest violation that non-negative cells must leave; if there is none, cells that
    shrink to nothing are the cause.
    """
    from scipy import optimize, sparse

    m, n = system.matrix.shape
    slack = sparse.hstack([system.matrix, sparse.identity(m), -sparse.identity(m)]).tocsr()
    cost = np.concatenate([np.zeros(n), np.ones(2 * m)])
    found = optimize.linprog(cost, A_eq=slack, b_eq=system.right, bounds=(0.0, None), method="highs")
    if found.status == 0 and found.fun > 1e-9:
        missed = found.x[n : n + m] + found.x[n + m :]
        worst = [system.names[i] for i in np.argsort(-missed, kind="stable") if missed[i] > 1e-10]
        return DataError(
            "No matrix with these cells balances under these totals.",
            where="; ".join(worst[:5]),
            allowed="fixed cells and totals that the other cells can meet without changing sign",
            remedy="Look at the fixed cells and totals of these accounts and of those they trade with.",
        )
    small = [f"[{r}, {c}]" for (r, c), ratio in zip(system.cells, shrunk, strict=True) if ratio < 1e-4]
    if found.status == 0 and small:
        return DataError(
            "The accounts balance only when cells vanish.",
            where=", ".join(small[:5]) + (f" and {len(small) - 5} more" if len(small) > 5 else ""),
            allowed="fixed cells and totals that leave every cell a size other than zero",
            remedy="Leave these cells empty, or loosen the totals that press them to zero.",
        )
    return SolverError("Balancing did not converge.", remedy="Give the weights closer values, for example 1 to 1000.")
