"""What a fit with a random effect says: estimates, integrated effects, numbers, checks, sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from innospace.core.checks import Check
from innospace.core.errors import DataError
from innospace.core.numbers import fixed
from innospace.core.status import Status, StatusCode
from innospace.core.table import Column, Table
from innospace.firms.choice.binary import average_effects, optimum_check
from innospace.firms.choice.random_effects_fit import NODE_TOLERANCE, EffectsFit
from innospace.firms.choice.random_effects_likelihood import Panel
from innospace.firms.estimates import Array, Effects, Estimates, Integers, likelihood_covariances
from innospace.firms.presentation import p_clause
from innospace.numerics.tails import chi2_sf, normal_ppf

if TYPE_CHECKING:
    import pandas as pd

LN_SIGMA = "ln_sigma_u"
_NORMAL_95 = float(normal_ppf(0.975))


def effect_estimates(fit: EffectsFit, names: tuple[str, ...], clusters: Integers | None) -> Estimates:
    """Return coefficients with covariances; without the parameters of an effect that was not found.

    Parameters
    ----------
    fit : EffectsFit
    names : tuple of str
        Of all parameters.
    clusters : ndarray of int, shape (N,), or None
        Of the firms, in the order of the panel.
    """
    p = fit.coefficients if fit.no_effect else len(fit.theta)
    covariances = likelihood_covariances(fit.hessian[:p, :p], fit.scores[:, :p], clusters)
    return Estimates(names[:p], fit.theta[:p], covariances)


def clusters_of_firms(panel: Panel, rows: Integers | None, name: str | None) -> Integers | None:
    """Return the cluster of every firm; raise :class:`DataError` when a firm lies in two."""
    if rows is None:
        return None
    ordered = rows[panel.order]
    of_firm = np.asarray(ordered[np.concatenate([[0], np.cumsum(panel.periods)[:-1]])])
    other = ordered != np.repeat(of_firm, panel.periods)
    astray = len(np.unique(np.repeat(panel.firms, panel.periods)[other]))
    if astray:
        raise DataError(
            f"{astray} firm{'s' if astray > 1 else ''} lie in more than one cluster.",
            where=f"column {name!r}",
            allowed="clusters that hold whole firms, since a firm's periods share its random effect",
            remedy="Cluster by firm (vcov robust does), or by something that never changes for a firm.",
        )
    found, packed = np.unique(of_firm, return_inverse=True)
    if len(found) < 2:
        raise DataError(
            "Clustered errors need at least two clusters.",
            where=f"column {name!r} holds one in the rows used",
            remedy="Name the column that tells the clusters apart, or leave cluster out.",
        )
    return packed.astype(np.int64)


def integrated_effects(
    x: Array, names: tuple[str, ...], fit: EffectsFit, *, leave_out: tuple[str, ...] = ()
) -> Effects:
    """Return average partial effects, integrated over the random effect.

    The probability for a firm drawn at random is ``Phi(x'b / sqrt(1 + sigma_u^2))``, so effects are those of a
    probit with coefficients scaled down; derivatives by ``ln sigma_u`` follow by the chain rule.

    Parameters
    ----------
    x : ndarray, shape (n, k)
    names : tuple of str
        Of the columns: the first k coefficients of the fit.
    fit : EffectsFit
    leave_out : tuple of str
        Columns whose effects mean nothing (initial outcome, means).
    """
    beta = fit.theta[: len(names)]
    scale = 1.0 / np.hypot(1.0, fit.sigma)
    pooled = average_effects(x, names, scale * beta, "probit")
    shown = [i for i, name in enumerate(pooled.names) if name not in leave_out]
    by_scaled = np.asarray(pooled.jacobian)[shown]
    renamed = {"average_marginal_effect": "average_partial_effect"}
    return Effects(
        tuple(pooled.names[i] for i in shown),
        pooled.values[shown],
        tuple(renamed.get(pooled.kinds[i], pooled.kinds[i]) for i in shown),
        jacobian=widened(by_scaled, beta, fit),
        unit=pooled.unit,
    )


def widened(by_scaled: Array, beta: Array, fit: EffectsFit) -> Array:
    """Turn derivatives by ``b / sqrt(1 + sigma_u^2)`` into derivatives by all parameters of the fit."""
    scale = 1.0 / np.hypot(1.0, fit.sigma)
    p = fit.coefficients if fit.no_effect else len(fit.theta)
    jacobian = np.zeros((len(by_scaled), p))
    jacobian[:, : len(beta)] = by_scaled * scale
    if not fit.no_effect:
        jacobian[:, fit.coefficients] = by_scaled @ beta * (-(fit.sigma**2) * scale**3)
    return jacobian


def effect_numbers(fit: EffectsFit, estimates: Estimates, kind: str, pooled: float, panel: Panel) -> dict[str, float]:
    """Return sigma_u and rho with errors and intervals, the test of no effect, and counts of firms and nodes."""
    numbers = {"firms": float(panel.n_firms), **_periods(panel), "nodes": float(fit.nodes)}
    numbers |= {"quadrature_change": fit.change, "pooled_log_likelihood": pooled}
    # without an effect the two likelihoods are one, whatever their last digits
    statistic = 0.0 if fit.no_effect else max(0.0, 2.0 * (fit.log_likelihood - pooled))
    p = 0.5 * float(chi2_sf(statistic, 1)) if statistic > 0.0 else 1.0
    numbers |= {"lr_no_effect": statistic, "lr_no_effect_p_value": p}
    sigma = fit.sigma
    numbers |= {"sigma_u": sigma, "rho": sigma**2 / (1.0 + sigma**2)}
    if fit.no_effect:
        return numbers
    at = fit.coefficients
    error = float(np.sqrt(estimates.covariances[kind][at, at]))
    log_ends = fit.theta[at] + _NORMAL_95 * error * np.array([-1.0, 1.0])
    low, high = np.exp(log_ends)
    numbers |= {"sigma_u_std_error": sigma * error, "sigma_u_lower": float(low), "sigma_u_upper": float(high)}
    numbers["rho_std_error"] = 2.0 * sigma**2 / (1.0 + sigma**2) ** 2 * error
    return numbers | {"rho_lower": float(low**2 / (1 + low**2)), "rho_upper": float(high**2 / (1 + high**2))}


def _periods(panel: Panel) -> dict[str, float]:
    ends = np.cumsum(panel.periods)
    ones = np.add.reduceat((panel.sign > 0).astype(np.int64), ends - panel.periods)
    changing = int(((ones > 0) & (ones < panel.periods)).sum())
    periods = panel.periods
    spread = {"periods_min": periods.min(), "periods_mean": periods.mean(), "periods_max": periods.max()}
    return {**{k: float(v) for k, v in spread.items()}, "firms_that_change": float(changing)}


def effect_checks(fit: EffectsFit) -> tuple[Check, ...]:
    """Return the checks of the optimum and of the quadrature."""
    quadrature = Check.at_most(
        "quadrature_converged",
        fit.change,
        NODE_TOLERANCE,
        f"Change of the log-likelihood when the {fit.nodes} nodes of the quadrature are doubled or halved.",
        "Leave nodes at 0, which doubles them until the log-likelihood stands still, or use adaptive quadrature.",
    )
    return (optimum_check(fit.optimum), quadrature)


def effect_warnings(fit: EffectsFit, numbers: dict[str, float]) -> tuple[str, ...]:
    """Return what a reader should know: unconverged quadrature, no effect found, few firms that change."""
    found = []
    if abs(fit.change) > NODE_TOLERANCE:
        found.append(
            f"The quadrature has not converged: with {fit.nodes} nodes the log-likelihood is "
            f"{fit.log_likelihood:.6f}, and another number of nodes moves it by {fit.change:.2g}. Coefficients and "
            "errors may be off; leave nodes at 0, or use adaptive quadrature."
        )
    if fit.no_effect:
        found.append(
            "No random effect was found: the likelihood is highest at sigma_u = 0, and the estimates are those of a "
            "pooled probit."
        )
    few = int(numbers["firms_that_change"])
    if few < 20:
        found.append(f"The outcome changes within {few} firms only; sigma_u rests on them.")
    return tuple(found)


def effect_status(fit: EffectsFit) -> Status:
    """Return how the search ended."""
    found = fit.optimum
    numbers = {"iterations": float(found.iterations), "decrement": found.decrement, "nodes": float(fit.nodes)}
    if fit.no_effect:
        return Status(
            StatusCode.BOUNDARY,
            "The likelihood is highest without a random effect.",
            "Use a pooled probit with errors clustered by firm.",
            "no_effect",
            numbers,
        )
    if found.code is StatusCode.CONVERGED:
        return Status(found.code, "The maximum of the likelihood was reached.", numbers=numbers)
    remedy = "Look for regressors that nearly determine the outcome, and for firms with extreme values."
    return Status(found.code, "The maximum of the likelihood was not reached.", remedy, numbers=numbers)


def effect_sentence(numbers: dict[str, float], title: str) -> str:
    """Return how much lasting differences between firms matter."""
    firms = fixed(numbers["firms"], 0)
    if numbers["sigma_u"] == 0.0:
        return f"{title}: no lasting difference between the {firms} firms beyond the regressors is found."
    interval = f"{fixed(100 * numbers['rho_lower'], 1)} to {fixed(100 * numbers['rho_upper'], 1)}"
    return (
        f"Lasting differences between firms make up {fixed(100 * numbers['rho'], 1)}\u202f% (95\u202f% interval "
        f"{interval}) of the variance that the regressors leave (likelihood-ratio test of none: "
        f"{p_clause(numbers['lr_no_effect_p_value'])}; {firms} firms)."
    )


def variance_table(method: str, numbers: dict[str, float]) -> tuple[Table, ...]:
    """Return sigma_u and rho with errors and intervals; nothing when there is no effect."""
    import pandas as pd

    if numbers["sigma_u"] == 0.0:
        return ()
    parts = ("", "_std_error", "_lower", "_upper")
    rows = [[name, *(numbers[f"{name}{part}"] for part in parts)] for name in ("sigma_u", "rho")]
    frame = pd.DataFrame(rows, columns=["name", "estimate", "std_error", "lower", "upper"])
    interval = "95\u202f% interval"
    columns = (
        Column("name", "Parameter"),
        Column("estimate", "Estimate", "fixed:4"),
        Column("std_error", "Std. error", "fixed:4"),
        Column("lower", "from", "fixed:4", interval),
        Column("upper", "to", "fixed:4", interval),
    )
    notes = ("rho = sigma_u^2 / (1 + sigma_u^2). Intervals are symmetric in ln sigma_u.",)
    return (Table(f"{method}-random-effect", "Random effect of the firm", frame, columns, notes),)


def firm_frame(fit: EffectsFit, panel: Panel, labels: pd.Index) -> pd.DataFrame:
    """Return the posterior mean and standard deviation of every firm's effect, in the order of ``labels``."""
    import pandas as pd

    columns = {"periods": panel.periods, "effect": fit.effect_means, "deviation": fit.effect_deviations}
    frame = pd.DataFrame({"firm": labels[panel.firms], **columns})
    return frame.iloc[np.argsort(panel.firms, kind="stable")].reset_index(drop=True)
