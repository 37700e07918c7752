"""A frontier with a structure as arrays, and the way from the units of the data to standardised ones and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.frontier.densities.base import Array
from innospace.numerics.linear import least_squares, standardise

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Arrays:
    """What is estimated on.

    Attributes
    ----------
    y : ndarray, shape (n,)
    x : ndarray, shape (n, k)
    names : tuple of str
        Columns of ``x``.
    sign : float
    weights : ndarray, shape (n,), or None
    parts : mapping of str to (ndarray, tuple of str)
        Design and names of each further part of the formula; a part that is an intercept alone is left out.
    clusters : ndarray of int, shape (n,), or None
    kept : ndarray of int, shape (n,)
        Positions of the rows used among those given.
    rows : int
        Rows given.
    unseen : ndarray, shape (m, k), or None
        Regressors of the rows whose outcome is not seen, in a selection; NaN in a row where one is not known.
    """

    y: Array
    x: Array
    names: tuple[str, ...]
    sign: float
    weights: Array | None
    parts: Mapping[str, tuple[Array, tuple[str, ...]]]
    clusters: NDArray[np.int64] | None
    kept: NDArray[np.int64]
    rows: int
    unseen: Array | None = None

    @property
    def n(self) -> int:
        """Rows used."""
        return len(self.kept)

    @property
    def total_weight(self) -> float:
        """Sum of the weights; the number of rows without weights."""
        return float(self.n if self.weights is None else self.weights.sum())

    def drawn(self, weights: Array) -> Arrays:
        """Return the rows that have a weight, weighted; weights, shape (n,), are brought to a mean of one.

        In a selection rows whose outcome is not seen follow those with ``y`` and ``x``.
        """
        at = np.flatnonzero(weights > 0.0)
        seen = at[at < len(self.y)]
        w = weights[at] / weights[at].mean()
        return replace(self.at(at), y=self.y[seen], x=self.x[seen], weights=w, unseen=None)

    def at(self, order: NDArray[np.int64]) -> Arrays:
        """Return what every row has at other rows; ``y``, ``x`` and ``unseen`` stay as they are."""
        parts = {name: (z[order], names) for name, (z, names) in self.parts.items()}
        weights = None if self.weights is None else self.weights[order]
        clusters = None if self.clusters is None else self.clusters[order]
        return replace(self, parts=parts, weights=weights, clusters=clusters, kept=self.kept[order])

    def to_frame(self) -> tuple[dict[str, Any], pd.DataFrame]:
        """Return plain types, and one row a row used, for storage."""
        import pandas as pd

        frame = pd.DataFrame({"kept": self.kept})
        x = self.x if self.unseen is None else np.concatenate((self.x, self.unseen))
        for name, column in {"y": self.y, **{f"x{j}": c for j, c in enumerate(x.T)}}.items():
            frame[name] = np.nan
            frame.loc[: len(column) - 1, name] = column
        for name, (z, _) in self.parts.items():
            frame = frame.assign(**{f"{name}:{j}": c for j, c in enumerate(z.T)})
        for name, own in (("weights", self.weights), ("clusters", self.clusters)):
            frame = frame if own is None else frame.assign(**{name: own})
        parts = {name: list(columns) for name, (_, columns) in self.parts.items()}
        seen = len(self.y)
        return {"names": list(self.names), "sign": self.sign, "rows": self.rows, "seen": seen, "parts": parts}, frame

    @classmethod
    def from_frame(cls, meta: Mapping[str, Any], frame: pd.DataFrame) -> Arrays:
        """Rebuild from :meth:`to_frame`."""

        def matrix(prefix: str, count: int) -> Array:
            # rounding depends on the order in memory, and stored numbers are to come out the same
            return np.ascontiguousarray(frame[[f"{prefix}{j}" for j in range(count)]].to_numpy(np.float64))

        seen, x = meta["seen"], matrix("x", len(meta["names"]))
        parts = {p: (matrix(f"{p}:", len(names)), tuple(names)) for p, names in meta["parts"].items()}
        return cls(
            frame["y"].to_numpy(np.float64)[:seen],
            x[:seen],
            tuple(meta["names"]),
            meta["sign"],
            frame["weights"].to_numpy(np.float64) if "weights" in frame else None,
            parts,
            frame["clusters"].to_numpy(np.int64) if "clusters" in frame else None,
            frame["kept"].to_numpy(np.int64),
            meta["rows"],
            x[seen:] if seen < len(x) else None,
        )


@dataclass(frozen=True, slots=True)
class Standard:
    """Standardised columns, and outcomes as least-squares residuals over their deviation.

    Attributes
    ----------
    y : ndarray, shape (n,)
    x : ndarray, shape (n, k)
    back : ndarray, shape (k, k)
        ``b = least_squares + unit * back @ b_standardised``.
    least_squares : ndarray, shape (k,)
    unit : float
    parts : mapping of str to (ndarray, shape (n, p), ndarray, shape (p, p))
        Standardised design of each part and its way back.
    """

    y: Array
    x: Array
    back: Array
    least_squares: Array
    unit: float
    parts: Mapping[str, tuple[Array, Array]]

    @property
    def log_unit_squared(self) -> float:
        """``2 ln unit``: what log-variances move by."""
        return float(2.0 * np.log(self.unit))

    def constant(self, part: str, value: float) -> Array:
        """Return coefficients with which the index of a part is nearly ``value`` in every row."""
        z = self.parts[part][0]
        return np.asarray(np.linalg.lstsq(z, np.full(len(z), value), rcond=None)[0])


def standardised(arrays: Arrays) -> Standard:
    """Return the arrays in standardised units."""
    w = arrays.weights
    made = standardise(arrays.x, w)
    beta = least_squares(arrays.y, made.matrix, w)
    e = arrays.y - made.matrix @ beta
    unit = float(np.sqrt(np.average(e * e, weights=w)))
    parts = {name: _standard_part(z, w) for name, (z, _) in arrays.parts.items()}
    return Standard(e / unit, made.matrix, made.back, made.back @ beta, unit, parts)


def _standard_part(z: Array, weights: Array | None) -> tuple[Array, Array]:
    made = standardise(z, weights)
    return made.matrix, made.back


@dataclass
class Layout:
    """Names of parameters and the way back to the units of the data, put together piece by piece.

    Attributes
    ----------
    log_unit_squared : float
        What log-variances move by.
    names, blocks, offsets : list
    """

    log_unit_squared: float
    names: list[str] = field(default_factory=list)
    blocks: list[Array] = field(default_factory=list)
    offsets: list[Array] = field(default_factory=list)

    def add(self, names: tuple[str, ...], block: Array, offset: Array) -> NDArray[np.int64]:
        """Add parameters ``theta = block @ theta_standardised + offset`` and return where they stand."""
        first = len(self.names)
        self.names += names
        self.blocks.append(block)
        self.offsets.append(offset)
        return np.arange(first, len(self.names))

    def frontier(self, names: tuple[str, ...], s: Standard) -> NDArray[np.int64]:
        """Add the coefficients of a frontier."""
        return self.add(names, s.unit * s.back, s.least_squares)

    def number(self, name: str, offset: float) -> NDArray[np.int64]:
        """Add a parameter that is one number."""
        return self.add((name,), np.ones((1, 1)), np.array([offset]))

    def index(self, name: str, columns: tuple[str, ...], back: Array) -> NDArray[np.int64]:
        """Add the coefficients of an index; its level moves by the shift of the problem."""
        return self.add(tuple(f"{name}:{c}" for c in columns), back, np.zeros(len(columns)))

    def forward(self) -> Array:
        """Return ``d theta / d standardised theta``, shape (p, p)."""
        from scipy.linalg import block_diag

        return np.asarray(block_diag(*self.blocks))

    def offset(self) -> Array:
        """Return what is added."""
        return np.concatenate(self.offsets)

    def standard(self, theta: Array) -> Array:
        """Return parameters in standardised units from those in the units of the data."""
        return np.asarray(np.linalg.solve(self.forward(), theta - self.offset()))
