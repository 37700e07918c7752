"""Productivity as a Markov process: the innovation at any coefficients, its derivatives, and searches over them.

``omega = phi - X b`` is regressed on a basis in ``omega`` of the year before and in other columns; what is left is the
innovation ``xi``. The basis is concentrated out, so a search moves in the one to four coefficients ``b`` alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import linalg

from innospace.core.errors import DataError
from innospace.firms.estimates import Array, Integers


@dataclass(frozen=True, slots=True)
class Law:
    """A basis: column ``j`` is ``columns[:, source[j]] * omega_lag ** power[j]``; source -1 stands for ones.

    Attributes
    ----------
    names : tuple of str
        Length q; the constant first.
    powers, sources : tuple of int
        Length q.
    columns : ndarray, shape (n, c)
    """

    names: tuple[str, ...]
    powers: tuple[int, ...]
    sources: tuple[int, ...]
    columns: Array

    def basis(self, z: Array) -> tuple[Array, Array]:
        """Return the basis and its derivative by ``z``, both of shape (n, q)."""
        one = np.ones_like(z)
        powers = [one, z]
        for _ in range(2, max(self.powers) + 1):
            powers.append(powers[-1] * z)
        value = np.empty((len(z), len(self.powers)))
        slope = np.zeros_like(value)
        for j, (a, s) in enumerate(zip(self.powers, self.sources, strict=True)):
            column = one if s < 0 else self.columns[:, s]
            value[:, j] = powers[a] * column
            if a > 0:
                slope[:, j] = a * powers[a - 1] * column
        return value, slope


def polynomial_law(degree: int, columns: Array, law: tuple[str, ...], law_columns: tuple[str, ...]) -> Law:
    """Return a polynomial in lagged productivity with further columns, added or times lagged productivity.

    Parameters
    ----------
    degree : int
    columns : ndarray, shape (n, c)
        Previous-year values, one a name of ``law_columns``.
    law : tuple of str
        ``column`` or ``column:omega``.
    law_columns : tuple of str
    """
    names = ["constant", "omega_lag", *(f"omega_lag_{a}" for a in range(2, degree + 1))]
    powers, sources = list(range(degree + 1)), [-1] * (degree + 1)
    for term in law:
        names.append(term)
        powers.append(1 if term.endswith(":omega") else 0)
        sources.append(law_columns.index(term.removesuffix(":omega")))
    return Law(tuple(names), tuple(powers), tuple(sources), columns)


def with_survival(law: Law, survival: Array, degree: int) -> Law:
    """Return the law with every further term of a polynomial in lagged productivity and survival probability."""
    names, powers, sources = list(law.names), list(law.powers), list(law.sources)
    columns = [law.columns]
    # a full polynomial spans the same functions whatever the centre and scale
    survival = (survival - survival.mean()) / max(float(survival.std()), 1e-12)
    for p in range(1, degree + 1):
        columns.append((survival**p)[:, None])
        for a in range(degree - p + 1):
            names.append(f"survival_{p}" + (f"_omega_lag_{a}" if a else ""))
            powers.append(a)
            sources.append(law.columns.shape[1] + p - 1)
    return Law(tuple(names), tuple(powers), tuple(sources), np.column_stack(columns))


@dataclass(frozen=True, slots=True)
class Transitions:
    """Rows with a previous year, ready for the second stage.

    Attributes
    ----------
    phi, phi_lag : ndarray, shape (n,)
        Output that inputs and productivity explain, now and in the year before.
    x, x_lag : ndarray, shape (n, p)
        Inputs whose coefficients are searched.
    noise : ndarray, shape (n,)
        Output that ``phi`` leaves unexplained; zero when the criterion does not hold it.
    z : ndarray, shape (n, p)
        Instruments, one a coefficient; no columns for nonlinear least squares.
    law : Law
    weights : ndarray, shape (n,), or None
    """

    phi: Array
    phi_lag: Array
    x: Array
    x_lag: Array
    noise: Array
    z: Array
    law: Law
    weights: Array | None = None

    def at(self, rows: Integers) -> Transitions:
        """Return a part of the rows."""
        law = replace(self.law, columns=self.law.columns[rows])
        weights = None if self.weights is None else self.weights[rows]
        phi, phi_lag, x, x_lag = self.phi[rows], self.phi_lag[rows], self.x[rows], self.x_lag[rows]
        return Transitions(phi, phi_lag, x, x_lag, self.noise[rows], self.z[rows], law, weights)


@dataclass(frozen=True, slots=True)
class Innovation:
    """The innovation at one vector of coefficients.

    Attributes
    ----------
    xi : ndarray, shape (n,)
    omega, omega_lag : ndarray, shape (n,)
    law : ndarray, shape (q,)
        Coefficients of the law in ``(omega_lag - centre) / scale``.
    basis, slopes : ndarray, shape (n, q)
        The basis, and its derivative by ``omega_lag``.
    factor : ndarray, shape (q, q)
        Inverse of the weighted cross product of the basis.
    centre, scale : float
    """

    xi: Array
    omega: Array
    omega_lag: Array
    law: Array
    basis: Array
    slopes: Array
    factor: Array
    centre: float
    scale: float

    @property
    def slope(self) -> Array:
        """Derivative of expected productivity by lagged productivity, shape (n,)."""
        return self.slopes @ self.law

    def derivative(self, d_omega: Array, d_lag: Array, weights: Array | None) -> tuple[Array, Array]:
        """Return the derivatives of the innovation, shape (n, m), and of the law, shape (q, m).

        Parameters
        ----------
        d_omega, d_lag : ndarray, shape (n, m)
            Derivatives of ``omega`` and of its lag by m parameters.
        weights : ndarray, shape (n,), or None

        Notes
        -----
        From the normal equations ``G g = P'W omega``: ``G dg = dP'W xi + P'W (d_omega - (dP g))``.
        """
        moved = d_omega - self.slope[:, None] * d_lag
        w = np.ones(len(self.xi)) if weights is None else weights
        right = (self.slopes * (w * self.xi)[:, None]).T @ d_lag + (self.basis * w[:, None]).T @ moved
        d_law = self.factor @ right
        return moved - self.basis @ d_law, d_law


def innovation(t: Transitions, b: Array) -> Innovation:
    """Return the innovation of productivity at coefficients ``b``, shape (p,).

    Raises
    ------
    DataError
        A column of the law is a combination of others.
    """
    omega, omega_lag = t.phi - t.x @ b, t.phi_lag - t.x_lag @ b
    w = t.weights
    centre = float(np.average(omega_lag, weights=w))
    spread = float(np.sqrt(np.average((omega_lag - centre) ** 2, weights=w)))
    scale = spread if spread > 1e-12 * (1.0 + abs(centre)) else 1.0
    basis, slopes = t.law.basis((omega_lag - centre) / scale)
    slopes /= scale
    weighted = basis if w is None else basis * w[:, None]
    try:
        factor = linalg.cho_factor(weighted.T @ basis)
    except linalg.LinAlgError:
        raise _collinear(t.law) from None
    law = linalg.cho_solve(factor, weighted.T @ omega)
    inverse = linalg.cho_solve(factor, np.eye(len(law)))
    return Innovation(omega - basis @ law, omega, omega_lag, law, basis, slopes, inverse, centre, scale)


def _collinear(law: Law) -> DataError:
    return DataError(
        "The law of productivity has terms that cannot be told apart.",
        where=f"terms {', '.join(law.names)}",
        allowed="columns of the law that vary and are not combinations of one another",
        remedy="Leave a column of the law out, or lower markov.",
    )


def residual(t: Transitions, b: Array) -> tuple[Array, Array, Innovation]:
    """Return ``u = noise + xi``, its derivative by ``b``, shape (n, p), and the innovation."""
    inn = innovation(t, b)
    slope, _ = inn.derivative(-t.x, -t.x_lag, t.weights)
    return t.noise + inn.xi, slope, inn


@dataclass(frozen=True, slots=True)
class Point:
    """Where a search ended.

    Attributes
    ----------
    b : ndarray, shape (p,)
    objective : float
        Mean square of the residual, or the quadratic form of the mean moments in the inverse second moments of the
        instruments.
    converged : bool
        Whether the gradient vanished.
    gain : float
        Relative fall of the objective that one more step still promises.
    """

    b: Array
    objective: float
    converged: bool
    gain: float


STEPS = 60
TOLERANCE = 1e-14
"""Relative fall of the objective that one more step may still promise at a minimum."""
ROUNDING = 1e-11
"""Relative fall that is promised but does not come about because of rounding."""
VANISHED = 1e-20
"""Objective of moments, relative to the variance of the residual, that is zero up to rounding."""
EXACT = 1e-9
"""Objective of moments, relative to the variance of the residual, below which the moments vanish."""
FAR = 25.0
"""A search whose coefficients leave this range is given up."""


def search(t: Transitions, start: Array, steps: int = STEPS) -> Point | None:
    """Minimise the criterion by damped Gauss-Newton (Levenberg-Marquardt); None when it runs off or breaks down.

    With instruments the criterion is ``m'(Z'Z/n)^-1 m`` with ``m = Z'u/n``; without, the mean of ``u**2``.
    """
    root = _instrument_root(t)
    b, damping = np.array(start, dtype=np.float64), 1e-8
    try:
        r, jac, scale = _reduced(t, b, root)
    except (DataError, linalg.LinAlgError):
        return None
    value = float(r @ r)
    for _ in range(steps):
        gram, gradient = jac.T @ jac, jac.T @ r
        full = np.linalg.lstsq(jac, -r, rcond=None)[0]
        promise = float(-gradient @ full)
        if promise <= VANISHED * scale + TOLERANCE * value:
            return Point(b, value, True, promise / max(value, 1e-300))
        step = full if damping < 1e-7 else np.linalg.solve(gram + damping * np.diag(np.diag(gram)), -gradient)
        trial = b + step
        if np.abs(trial).max() > FAR:
            damping = max(10.0 * damping, 1e-3)
            if damping > 1e8:
                return None
            continue
        try:
            r_new, jac_new, scale_new = _reduced(t, trial, root)
        except (DataError, linalg.LinAlgError):
            return None
        new = float(r_new @ r_new)
        if new < value:
            b, r, jac, value, scale = trial, r_new, jac_new, new, scale_new
            damping = damping / 10.0 if damping > 1e-8 else 1e-8
        elif promise <= ROUNDING * value:
            return Point(b, value, True, promise / value)
        elif damping > 1e8:
            return Point(b, value, bool(promise <= 1e-6 * value), promise / max(value, 1e-300))
        else:
            damping = max(10.0 * damping, 1e-3)
    return Point(b, value, False, promise / max(value, 1e-300))


def _instrument_root(t: Transitions) -> Array | None:
    """Return ``L`` with ``L L' = (Z'WZ/n)^-1``; None without instruments."""
    if t.z.shape[1] == 0:
        return None
    w = np.ones(len(t.phi)) if t.weights is None else t.weights
    second = (t.z * w[:, None]).T @ t.z / w.sum()
    return np.asarray(np.linalg.inv(np.linalg.cholesky(second)))


def _reduced(t: Transitions, b: Array, root: Array | None) -> tuple[Array, Array, float]:
    """Return a residual vector whose square is the criterion, its derivative, and the variance of the residual."""
    u, slope, _ = residual(t, b)
    w = np.ones(len(u)) if t.weights is None else t.weights
    total = float(w.sum())
    variance = float(w @ (u * u)) / total
    if root is None:
        # the square root of the Gram matrix stands in for n rows
        gram = (slope * w[:, None]).T @ slope / total
        factor = np.linalg.cholesky(gram + 1e-14 * np.trace(gram) * np.eye(len(gram)))
        along = np.linalg.solve(factor, (slope * w[:, None]).T @ u / total)
        rest = max(variance - float(along @ along), 0.0)
        p = len(b)
        return np.append(along, np.sqrt(rest)), np.vstack([factor.T, np.zeros(p)]), variance
    wz = t.z * w[:, None] / total
    return root @ (wz.T @ u), root @ (wz.T @ slope), variance


def is_exact(t: Transitions, point: Point) -> bool:
    """Whether the moments vanish at a point of a search with instruments."""
    u, _, _ = residual(t, point.b)
    w = np.ones(len(u)) if t.weights is None else t.weights
    return point.objective <= EXACT * float(np.average(u * u, weights=w))


def distinct(points: list[Point], tolerance: float) -> list[Point]:
    """Return points that differ by more than ``tolerance`` in some coefficient, lowest objective first."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda p: p.objective):
        if all(np.abs(point.b - k.b).max() > tolerance for k in kept):
            kept.append(point)
    return kept


def lattice(p: int, low: float, high: float, most: int) -> Array:
    """Return a regular grid of at most ``most`` points in p dimensions, shape (m, p)."""
    side = max(2, int(most ** (1.0 / p) + 1e-9))
    axis = np.linspace(low, high, side)
    return np.stack(np.meshgrid(*[axis] * p, indexing="ij"), axis=-1).reshape(-1, p)
