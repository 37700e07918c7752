"""Truncated normal with the scaling property (Wang and Schmidt 2002): ``u_i = h_i u*``, ``u* ~ N+(mu, sigma_u^2)``.

``ln h_i`` is an index of regressors without an intercept: they stretch inefficiency and leave its shape. Half-normal
and exponential inefficiency with regressors of ``ln sigma_u^2`` have this property anyway. As ``mu`` falls without end
the model becomes that exponential one.
"""

from __future__ import annotations

import numpy as np

from innospace.frontier.densities.base import Array, Derivatives, Posterior, Unit
from innospace.frontier.densities.truncated_normal import TruncatedNormal


class ScaledTruncatedNormal:
    """The truncated normal at ``mu h`` and ``ln sigma_u^2 + 2 ln h``."""

    name = "scaled_truncated_normal"
    title = "scaled truncated normal"
    noise = "normal"
    parameters: tuple[str, ...] = ("mu", "lnsigma_u2", "lnscale_u", "lnsigma_v2")
    units: tuple[Unit, ...] = (Unit.LEVEL, Unit.LOG_VARIANCE, Unit.NONE, Unit.LOG_VARIANCE)
    latex = r"u_i = h_i u_i^{*},\quad u_i^{*} \sim N^{+}(\mu, \sigma_u^2)"
    typst = "u_i = h_i u_i^*, quad u_i^* ~ N^+ (mu, sigma_u^2)"

    def evaluate(self, e: Array, theta: tuple[Array, ...]) -> Derivatives:
        """Return log-density and derivatives; see :class:`~innospace.frontier.densities.base.Density`."""
        h = np.exp(theta[2])
        inner = _inner(theta)
        mu = inner[0]
        value, (fe, fm, fa, fb), (ee, em, ea, eb, mm, ma, mb, aa, ab, bb) = TruncatedNormal().evaluate(e, inner)
        first = (fe, h * fm, fa, mu * fm + 2.0 * fa, fb)
        second = (
            ee,
            h * em,
            ea,
            mu * em + 2.0 * ea,
            eb,
            h * h * mm,
            h * ma,
            h * (fm + mu * mm + 2.0 * ma),
            h * mb,
            aa,
            mu * ma + 2.0 * aa,
            ab,
            mu * fm + mu * mu * mm + 4.0 * mu * ma + 4.0 * aa,
            mu * mb + 2.0 * ab,
            bb,
        )
        return Derivatives(value, first, second)

    def posterior(self, e: Array, theta: tuple[Array, ...]) -> Posterior:
        """Return that of the truncated normal."""
        return TruncatedNormal().posterior(e, _inner(theta))

    def mean_inefficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``h E[u*]``."""
        return TruncatedNormal().mean_inefficiency(_inner(theta))

    def mean_efficiency(self, theta: tuple[Array, ...]) -> Array:
        """Return ``E[exp(-u)]``."""
        return TruncatedNormal().mean_efficiency(_inner(theta))

    def from_moments(self, second: float, third: float, share: float | None) -> tuple[float, ...]:
        """Return those of the truncated normal, unscaled."""
        mu, a, b = TruncatedNormal().from_moments(second, third, share)
        return (mu, a, 0.0, b)

    def guesses(self, second: float, third: float, shares: tuple[float, ...]) -> list[tuple[float, ...]]:
        """Return those of the truncated normal, unscaled."""
        return [(mu, a, 0.0, b) for mu, a, b in TruncatedNormal().guesses(second, third, shares)]


def _inner(theta: tuple[Array, ...]) -> tuple[Array, ...]:
    mu, a, log_scale, b = theta
    return mu * np.exp(log_scale), a + 2.0 * log_scale, b
