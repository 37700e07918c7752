"""What a distribution of inefficiency has to offer.

Composed error ``e = v - u`` (a cost frontier is turned into this form by changing the sign of the residual). Every
density is written in logarithms of its scales, returns analytic first and second derivatives, and keeps its digits in
the tails. Where there is no closed form, or noise is not normal, :mod:`innospace.frontier.densities.composed` takes the
integral over inefficiency by quadrature.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from innospace.numerics.normal import truncated_log_mean_exp, truncated_mean_standard, truncated_quantile

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


Term = tuple[Any, tuple[tuple[int, Any], ...]]
"""``constant + sum_j coefficient_j column_j``: numbers, or arrays that broadcast against the columns; None is zero."""


def combine(term: Term, columns: Any, count: Any = 1.0) -> Any:
    """Return the value of a term, or its sum over rows, by columns, or their sums and the count of rows."""
    constant, parts = term
    found: Any = None if constant is None else constant * count
    for place, coefficient in parts:
        part = coefficient * columns[place]
        found = part if found is None else found + part
    return found


class Combination(NamedTuple):
    """Log-density and derivatives as linear combinations of a few columns.

    Where parameters are numbers, a sum over rows needs the sums of the columns only.

    Attributes
    ----------
    columns : tuple of ndarray, shape (n,)
        Those that derivatives by ``e`` once, mixed or not, are made of come first.
    mixed : int
        How many these are; these derivatives have no constants.
    value : Term
    first, second : tuple of Term
        In the order of :class:`Derivatives`.
    """

    columns: tuple[Array, ...]
    mixed: int
    value: Term
    first: tuple[Term, ...]
    second: tuple[Term, ...]


class Combined:
    """A density that is given by :class:`Combination`."""

    __slots__ = ()

    def combination(self, e: Array, theta: tuple[Array, ...]) -> Combination:
        """Return the log-density of ``e`` and its derivatives, taken apart."""
        raise NotImplementedError

    def evaluate(self, e: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return log-density and derivatives; see :class:`Density`."""
        found = self.combination(e, theta)
        first, second = (tuple(combine(term, found.columns) for term in terms) for terms in (found.first, found.second))
        return Derivatives(combine(found.value, found.columns), first, second)


class Posterior(NamedTuple):
    """``u | e ~ N(location, scale^2)`` truncated to positive values; shape (n,) each (scale may be scalar)."""

    location: Array
    scale: Array

    def mean(self) -> Array:
        """Return ``E[u | e]``."""
        return np.asarray(self.scale * truncated_mean_standard(self.location / self.scale))

    def log_mean_exp(self) -> Array:
        """Return ``ln E[exp(-u) | e]``."""
        return truncated_log_mean_exp(self.location, self.scale)

    def mode(self) -> Array:
        """Return the most likely ``u``."""
        return np.maximum(self.location, 0.0)

    def quantile(self, upper_probability: float) -> Array:
        """Return the ``u`` that is exceeded with the given probability."""
        return truncated_quantile(self.location, self.scale, upper_probability)


class Given(Protocol):
    """A distribution of ``u | e``, by row."""

    def mean(self) -> Array:
        """Return ``E[u | e]``."""
        ...

    def log_mean_exp(self) -> Array:
        """Return ``ln E[exp(-u) | e]``."""
        ...

    def mode(self) -> Array:
        """Return the most likely ``u``."""
        ...

    def quantile(self, upper_probability: float) -> Array:
        """Return the ``u`` that is exceeded with the given probability."""
        ...


class Unit(Enum):
    """What a parameter becomes when the outcome is measured in units ``s`` times as small.

    A parameter ``p`` becomes ``s^power p + log_factor ln s``; the value is ``(power, log_factor)``.
    """

    LEVEL = (1.0, 0.0)
    LOG_VARIANCE = (0.0, 2.0)
    LOG_LEVEL = (0.0, 1.0)
    NONE = (0.0, 0.0)


class Density(Protocol):
    """Distribution of a composed error, or of an effect of a unit, that a likelihood can be made of."""

    @property
    def name(self) -> str:
        """Name of the distribution of inefficiency."""
        ...

    @property
    def title(self) -> str:
        """The same in words."""
        ...

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters: of inefficiency, then of noise."""
        ...

    def evaluate(self, e: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return log-density and derivatives of residuals ``e``, shape (n,), at ``theta`` (numbers, or by row)."""
        ...

    def posterior(self, e: Array, theta: tuple[Array, ...]) -> Any:
        """Return the distribution of inefficiency given the composed error."""
        ...


class Law(Density, Protocol):
    """A distribution of inefficiency and of noise that a frontier can be estimated with."""

    @property
    def noise(self) -> str:
        """Name of the distribution of noise."""
        ...

    @property
    def units(self) -> tuple[Unit, ...]:
        """How each parameter moves with the unit of the outcome."""
        ...

    @property
    def latex(self) -> str:
        """The distribution of inefficiency."""
        ...

    @property
    def typst(self) -> str:
        """The distribution of inefficiency."""
        ...

    def posterior(self, e: Array, theta: tuple[Array, ...]) -> Given:
        """Return the distribution of inefficiency given the composed error."""
        ...

    def mean_inefficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``E[u]``, in units of the outcome."""
        ...

    def mean_efficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``E[exp(-u)]``."""
        ...

    def from_moments(self, second: float, third: float, share: float | None) -> tuple[float, ...]:
        """Return parameters that match the second and third central moments of ``e``.

        With ``share`` (the part of the variance that inefficiency makes up) the third moment is ignored.
        """
        ...

    def guesses(self, second: float, third: float, shares: tuple[float, ...]) -> list[tuple[float, ...]]:
        """Return starting values: the first by moments, others by shares of the variance."""
        ...
