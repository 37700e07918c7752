"""Dynamic probits on arrays: the likelihood with an equation for the first period, and persistence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from innospace.core.progress import Progress, silent
from innospace.firms.choice.binary import distribution, fit_binary
from innospace.firms.choice.random_effects import FittedPanel
from innospace.firms.choice.random_effects_fit import EffectsFit, fit_effects, initial_loading
from innospace.firms.choice.random_effects_likelihood import panel_of
from innospace.firms.choice.random_effects_report import widened
from innospace.firms.estimates import Array, Effects, Integers
from innospace.numerics.linear import standardise

_INV_SQRT_2PI = float(1.0 / np.sqrt(2.0 * np.pi))


@dataclass(frozen=True, slots=True)
class Rows:
    """Outcome, regressors and firm of the rows of one equation."""

    y: Array
    x: Array
    codes: Integers


def fit_heckman(
    later: Rows, first: Rows, *, nodes: int = 0, method: str = "adaptive", progress: Progress = silent
) -> FittedPanel:
    """Maximise the likelihood of Heckman (1981): the first period has an equation of its own.

    ``P(y_it = 1) = Phi(x_it'b + u_i)`` for later periods, ``P(y_i0 = 1) = Phi(z_i'g + theta u_i)`` for the first.

    Parameters
    ----------
    later, first : Rows
        Firms have the same numbers in both.

    Returns
    -------
    FittedPanel
        Parameters: b, g, ``ln sigma_u``, theta.
    """
    parts = [standardise(e.x) for e in (later, first)]
    pooled = [fit_binary(e.y, s.matrix) for e, s in zip((later, first), parts, strict=True)]
    (n, k), (m, q) = later.x.shape, first.x.shape
    x, back = np.zeros((n + m, k + q)), np.zeros((k + q, k + q))
    x[:n, :k], x[n:, k:] = parts[0].matrix, parts[1].matrix
    back[:k, :k], back[k:, k:] = parts[0].back, parts[1].back
    loading = np.repeat(np.array([0, 1], dtype=np.int64), (n, m))
    codes = np.concatenate([later.codes, first.codes])
    panel = panel_of(np.concatenate([later.y, first.y]), x, codes, loading)
    start = np.concatenate([p.theta for p in pooled])
    fit = fit_effects(
        panel, start, back, loadings=initial_loading, extra=(1.0,), nodes=nodes, method=method, progress=progress
    )
    return FittedPanel(fit, panel, pooled[0].log_likelihood + pooled[1].log_likelihood)


def state_dependence(x: Array, names: tuple[str, ...], lag: str, fit: EffectsFit) -> Effects:
    """Return mean probabilities with and without the outcome one step earlier, and their difference.

    All are means over the rows, integrated over the random effect:
    ``P_1 = mean Phi((x'b with lag 1) / sqrt(1 + sigma_u^2))``, ``P_0`` with lag 0, and ``P_1 - P_0``.

    Parameters
    ----------
    x : ndarray, shape (n, k)
    names : tuple of str
        Of the columns: the first k coefficients of the fit.
    lag : str
        The column of the outcome one step earlier.
    fit : EffectsFit

    Returns
    -------
    Effects
        Kinds ``state_dependence``, ``persistence_probability`` and ``entry_probability``.
    """
    j, beta = names.index(lag), fit.theta[: len(names)]
    scaled = beta / np.hypot(1.0, fit.sigma)
    values, gradients = [], []
    for level in (1.0, 0.0):
        index = x @ scaled + scaled[j] * (level - x[:, j])
        density = np.exp(-0.5 * index * index) * _INV_SQRT_2PI
        gradient = density @ x / len(x)
        gradient[j] = level * density.mean()
        values.append(float(distribution(index, "probit").mean()))
        gradients.append(gradient)
    by_scaled = np.array([gradients[0] - gradients[1], *gradients])
    return Effects(
        (lag,) * 3,
        np.array([values[0] - values[1], *values]),
        ("state_dependence", "persistence_probability", "entry_probability"),
        jacobian=widened(by_scaled, beta, fit),
        unit="points of probability",
    )


def joined(first: Effects, second: Effects) -> Effects:
    """Put effects with the same unit and parameters one under the other."""
    jacobian = np.vstack([np.asarray(first.jacobian), np.asarray(second.jacobian)])
    values = np.concatenate([first.values, second.values])
    return Effects(first.names + second.names, values, first.kinds + second.kinds, jacobian=jacobian, unit=first.unit)


def transitions(y: Array, before: Array) -> dict[str, float]:
    """Return the shares of ones after a one and after a zero, as they are in the rows."""
    found = {"rows_after_one": float((before == 1.0).sum()), "rows_after_zero": float((before == 0.0).sum())}
    stay = float(y[before == 1.0].mean()) if found["rows_after_one"] else float("nan")
    enter = float(y[before == 0.0].mean()) if found["rows_after_zero"] else float("nan")
    return found | {"observed_persistence": stay, "observed_entry": enter, "observed_difference": stay - enter}
