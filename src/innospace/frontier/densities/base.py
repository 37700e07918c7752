"""What a distribution of inefficiency has to offer.

Composed error ``e = v - u`` (a cost frontier is turned into this form by changing the sign of the residual),
``v ~ N(0, sigma_v^2)``. Every density is written in ``lnsigma_u2 = ln sigma_u^2`` and
``lnsigma_v2 = ln sigma_v^2``, returns analytic first and second derivatives, and keeps its digits in the tails.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Derivatives(NamedTuple):
    """Log-density and its derivatives at each observation.

    Attributes
    ----------
    value : ndarray, shape (n,)
        ``ln f(e)``.
    first : tuple of ndarray
        ``d ln f`` with respect to ``e`` and then each parameter, shape (n,) each (or a scalar).
    second : tuple of ndarray
        Upper triangle by rows of the second derivatives in the same order: ee, e1, .., 11, 12, ...
    """

    value: Array
    first: tuple[Array, ...]
    second: tuple[Array, ...]


class Posterior(NamedTuple):
    """``u | e ~ N(location, scale^2)`` truncated to positive values; shape (n,) each (scale may be scalar)."""

    location: Array
    scale: Array


class Unit(Enum):
    """What a parameter becomes when the outcome is measured in units ``s`` times as small.

    A parameter ``p`` becomes ``s^power p + log_factor ln s``; the value is ``(power, log_factor)``.
    """

    LEVEL = (1.0, 0.0)
    LOG_VARIANCE = (0.0, 2.0)
    LOG_LEVEL = (0.0, 1.0)
    NONE = (0.0, 0.0)


class Density(Protocol):
    """Distribution of a composed error, or of an effect of a unit."""

    name: str
    title: str
    parameters: tuple[str, ...]
    latex: str
    typst: str

    def evaluate(self, e: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return log-density and derivatives of residuals ``e``, shape (n,), at ``theta``."""
        ...

    def posterior(self, e: Array, theta: tuple[Array, ...]) -> Posterior:
        """Return the distribution of inefficiency given the composed error."""
        ...

    def mean_inefficiency(self, theta: tuple[float, ...]) -> float:
        """Return ``E[u]``, in units of the outcome."""
        ...

    def from_moments(self, second: float, third: float, share: float | None) -> tuple[float, ...]:
        """Return parameters that match the second and third central moments of ``e``.

        With ``share`` (the part of the variance that inefficiency makes up) the third moment is ignored.
        """
        ...


class Law(Density, Protocol):
    """A distribution of inefficiency that a frontier can be estimated with."""

    units: tuple[Unit, ...]
