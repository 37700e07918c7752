"""How inefficiency of a unit changes over time: ``u_it = g_t u_i``, one function a file entry of :data:`DECAYS`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import special

from innospace.frontier.densities.base import Array
from innospace.frontier.panel.units import Units

JUMP = 14.0
"""Logarithm of the ratio of inefficiency in two periods beyond which a path counts as a jump."""
NO_FALL = 1e-6
"""The same, up to which two periods count as alike."""
LONGEST = 300.0
"""The same from the last to the first period of a unit: beyond it a square would leave the range of numbers."""
LOW = 6.0
"""Index of a logistic path in the middle of the periods, where a start has little inefficiency."""


@dataclass(frozen=True, slots=True)
class Path:
    """``g``, or its logarithm, and the derivatives by ``d`` parameters at every row.

    Attributes
    ----------
    value : ndarray, shape (n,)
    first : ndarray, shape (n, d)
    second : ndarray, shape (n, d, d)
    """

    value: Array
    first: Array
    second: Array


class Decay(Protocol):
    """A function of time that multiplies the inefficiency of a unit."""

    name: str
    title: str
    parameters: tuple[str, ...]
    latex: str
    typst: str

    def logs(self, units: Units, parameters: Array) -> Path:
        """Return ``ln g`` and its derivatives at every row."""
        ...

    def starts(self, units: Units) -> tuple[tuple[float, ...], ...]:
        """Return parameters to begin a search with, for time in units of the whole span."""
        ...

    def jumps(self, units: Units, parameters: Array, free: int) -> bool:
        """Whether the path is at a limit: zero in some periods, level in the others.

        With ``free`` of its parameters to be determined, fewer periods than that may lie between.
        """
        ...

    def apart(self, units: Units, far: float) -> tuple[Array, ...]:
        """Return parameters with which inefficiency of size ``far`` differs between single periods by about one."""
        ...

    def steps(self, units: Units) -> tuple[Array, ...]:
        """Return parameters with which inefficiency is level up to a period and absent after it, and the reverse."""
        ...


class Constant:
    """``u_it = u_i`` (Pitt and Lee 1981)."""

    name = "constant"
    title = "constant over time"
    parameters: tuple[str, ...] = ()
    latex = r"u_{it} = u_i"
    typst = "u_(i t) = u_i"

    def logs(self, units: Units, parameters: Array) -> Path:
        """Return zeros."""
        return Path(np.zeros(units.n), np.zeros((units.n, 0)), np.zeros((units.n, 0, 0)))

    def starts(self, units: Units) -> tuple[tuple[float, ...], ...]:
        """Return one start without parameters."""
        return ((),)

    def jumps(self, units: Units, parameters: Array, free: int) -> bool:
        """Return that it never does."""
        return False

    def apart(self, units: Units, far: float) -> tuple[Array, ...]:
        """Return nothing: all periods are alike."""
        return ()

    def steps(self, units: Units) -> tuple[Array, ...]:
        """Return nothing: there is no path."""
        return ()


class Exponential:
    """``u_it = exp(-eta (t - T_i)) u_i``, ``T_i`` the last period of the unit (Battese and Coelli 1992)."""

    name = "battese_coelli_1992"
    title = "exponential in time"
    parameters: tuple[str, ...] = ("eta",)
    latex = r"u_{it} = e^{-\eta (t - T_i)} u_i"
    typst = "u_(i t) = e^(-eta (t - T_i)) u_i"

    def logs(self, units: Units, parameters: Array) -> Path:
        """Return ``-eta s`` with ``s = t - T_i``."""
        s = units.remaining
        return Path(-parameters[0] * s, -s[:, None], np.zeros((units.n, 1, 1)))

    def starts(self, units: Units) -> tuple[tuple[float, ...], ...]:
        """Return no change, efficiency that grows or falls, and inefficiency in the first or last period alone."""
        return ((0.0,), (3.0,), (-3.0,), (20.0,), (-20.0,))

    def jumps(self, units: Units, parameters: Array, free: int) -> bool:
        """Whether all inefficiency is in the last period of a unit, or all in the first."""
        eta, longest = float(parameters[0]), float(-units.remaining.min())
        return abs(eta) * units.gap > JUMP or eta * longest > LONGEST

    def apart(self, units: Units, far: float) -> tuple[Array, ...]:
        """Return nothing: a path next to constant is next to a straight line."""
        return ()

    def steps(self, units: Units) -> tuple[Array, ...]:
        """Return nothing: the path has no level."""
        return ()


class Logistic:
    """``u_it = u_i / (1 + exp(b t + c t^2))``, ``t`` counted from the first period (Kumbhakar 1990)."""

    name = "kumbhakar_1990"
    title = "logistic in time"
    parameters: tuple[str, ...] = ("b", "c")
    latex = r"u_{it} = \left(1 + e^{b t + c t^2}\right)^{-1} u_i"
    typst = "u_(i t) = (1 + e^(b t + c t^2))^(-1) u_i"

    def logs(self, units: Units, parameters: Array) -> Path:
        """Return ``-ln(1 + exp(index))``."""
        t = units.time - units.time.min() + 1.0
        powers = np.column_stack((t, t * t))
        index = powers @ parameters
        rest = special.expit(index)
        curve = -rest * special.expit(-index)
        outer = powers[:, :, None] * powers[:, None, :]
        return Path(special.log_expit(-index), -rest[:, None] * powers, curve[:, None, None] * outer)

    def starts(self, units: Units) -> tuple[tuple[float, ...], ...]:
        """Return no change, growing efficiency, a path that is low in the middle, and others that turn."""
        middle = 0.5 + 1.0 / max(float(np.ptp(units.time)), 1.0)
        low = (2.0 * LOW / middle, -LOW / middle**2)
        return ((0.0, 0.0), (5.0, 0.0), low, (-10.0, 10.0), (20.0, -40.0), (-20.0, 40.0))

    def jumps(self, units: Units, parameters: Array, free: int) -> bool:
        """Whether every period, or with two parameters all but one, has all of the inefficiency or none."""
        t = np.unique(units.time) - units.time.min() + 1.0
        index = t * parameters[0] + t * t * parameters[1]
        logs = -np.logaddexp(0.0, index)
        below = logs - logs.max()
        between = np.sum((below >= -JUMP) & (below <= -NO_FALL))
        return bool(np.abs(index).max() > JUMP and between < free)

    def apart(self, units: Units, far: float) -> tuple[Array, ...]:
        """Return the paths that are constant but for the last period, and but for the first."""
        t = np.unique(units.time) - units.time.min() + 1.0
        if len(t) < 2:
            return ()
        level = np.log(far)
        # the period apart at 1 - 1 / far, the one beside it at one, as are all others: the index is zero at t = 0
        ends = ((t[-2:], (level + JUMP, level)), (t[:2], (level, level + JUMP)))
        return tuple(-np.linalg.solve(np.column_stack((s, s * s)), at) for s, at in ends)

    def steps(self, units: Units) -> tuple[Array, ...]:
        """Return the paths whose index ``c t (t - m)`` changes its sign between two periods, as steep as counts."""
        t = np.unique(units.time) - units.time.min() + 1.0
        middles = 0.5 * (t[:-1] + t[1:])
        steep = JUMP / (t[:-1] * (middles - t[:-1]))
        return tuple(
            sign * c * np.array([-m, 1.0]) for m, c in zip(middles, steep, strict=True) for sign in (1.0, -1.0)
        )


def follow(decay: Decay, units: Units, parameters: Array, *, relative: bool = False) -> Path:
    """Return ``g`` and its derivatives at every row; ``relative``: divided by its root mean square over all rows."""
    logs = decay.logs(units, parameters)
    first, second = logs.first, logs.second
    level: Array | float = 0.0
    if relative and len(parameters):
        level, mean, shares = _level(logs)
        centred = first - mean
        spread = 2.0 * (centred.T @ (shares[:, None] * centred))
        first, second = centred, second - np.einsum("n,nij->ij", shares, second) - spread
    value = np.exp(logs.value - level)
    outer = first[:, :, None] * first[:, None, :]
    return Path(value, value[:, None] * first, value[:, None, None] * (second + outer))


def log_level(decay: Decay, units: Units, parameters: Array) -> tuple[float, Array]:
    """Return the logarithm of the root mean square of ``g`` over all rows and its derivatives, shape (d,)."""
    level, first, _ = _level(decay.logs(units, parameters))
    return level, first


def _level(logs: Path) -> tuple[float, Array, Array]:
    """Return the log of the root mean square, its derivatives, and the share of each row in the sum of squares."""
    largest = float(logs.value.max())
    squares = np.exp(2.0 * (logs.value - largest))
    total = float(squares.sum())
    shares = squares / total
    return largest + 0.5 * float(np.log(total / len(squares))), shares @ logs.first, shares


DECAYS: dict[str, Decay] = {d.name: d for d in (Constant(), Exponential(), Logistic())}
