"""Interaction effects, which in a probit or logit are not the coefficient of the product (Ai and Norton 2003)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from innospace.core.checks import Check
from innospace.core.document import Equation
from innospace.core.errors import SpecError
from innospace.core.figure import Figure, FigureKind
from innospace.core.labels import require_known
from innospace.core.numbers import fixed
from innospace.core.status import Status, StatusCode
from innospace.data import formula as language
from innospace.firms.choice.binary import fit_binary, optimum_check, require_no_perfect_predictor
from innospace.firms.design import Design, design, require_binary
from innospace.firms.estimates import Array, Effects, Estimates, likelihood_covariances, require_covariance
from innospace.firms.least_squares import fit_linear
from innospace.firms.presentation import estimate_clause, points
from innospace.firms.result import CLOSED_FORM, FirmResult

LINKS = ("linear", "probit", "logit")


def interaction(
    formula: str,
    data: Any,
    *,
    x: str,
    z: str,
    link: str = "probit",
    cluster: str | None = None,
    vcov: str = "",
    title: str = "",
) -> FirmResult:
    """Estimate how the effect of ``x`` depends on ``z``.

    Parameters
    ----------
    formula : str
        ``outcome ~ regressors``; ``x``, ``z`` and ``x:z`` are added where they are missing.
    data : Dataset, frame or mapping of arrays
    x, z : str
        Columns; each 0/1 or continuous.
    link : str
        ``linear``, ``probit`` or ``logit``.
    cluster : str, optional
    vcov : str, optional
        ``hessian``, ``opg``, ``robust`` or ``cluster`` (linear: ``analytic``, ``robust``, ``cluster``).
    title : str, optional

    Returns
    -------
    FirmResult
        Effects named ``x:z``: ``interaction_effect``, the mean over rows of the double difference (both 0/1), of the
        derivative of a difference (one 0/1), or of the cross derivative of the outcome's mean; and
        ``naive_interaction``, the coefficient times the mean density, for comparison. Frame ``rows``: effect, standard
        error and z of every row. Numbers: smallest and largest effect, share of rows with a significantly positive and
        a significantly negative one.

    Raises
    ------
    SpecError, FormulaError, LabelError, DataError

    Notes
    -----
    Ai and Norton (2003); standard errors by the delta method, as in Stata's ``inteff``.
    """
    require_known([link], LINKS, kind="link")
    d, product = _design(formula, data, x, z, cluster)
    if link == "linear":
        line = fit_linear(d.y, d.x, d.clusters)
        estimates = Estimates(d.names, line.theta, line.covariances, line.degrees)
        status, value = CLOSED_FORM, float("nan")
        checks: tuple[Check, ...] = ()
    else:
        require_binary(d.y, d.outcome)
        require_no_perfect_predictor(d.y, d.x, d.names)
        fit = fit_binary(d.y, d.x, link)
        estimates = Estimates(d.names, fit.theta, likelihood_covariances(fit.hessian, fit.scores, d.clusters))
        reached = fit.optimum.code is StatusCode.CONVERGED
        status = Status(fit.optimum.code, f"The maximum of the likelihood was {'' if reached else 'not '}reached.")
        checks, value = (optimum_check(fit.optimum),), fit.log_likelihood
    kind = require_covariance(vcov, estimates) if vcov else next(iter(estimates.covariances))
    at = (d.names.index(x), d.names.index(z), d.names.index(product))
    effect, gradient = row_effects(d.x, estimates.values, at, link)
    covariance = estimates.covariances[kind]
    errors = np.sqrt(np.einsum("ij,jk,ik->i", gradient, covariance, gradient))
    naive, naive_gradient = _naive(d.x, estimates.values, at[2], link)
    result = FirmResult(
        method="interaction",
        title=title or f"Interaction of {x} and {z} in {d.outcome}",
        description=f"{link.capitalize()} equation of {d.outcome} with the product of {x} and {z}. The interaction "
        "effect is the change of the effect of one with the other on the outcome's mean, averaged over rows; outside "
        "a linear equation it is not the coefficient of the product and may differ from it in sign.",
        n=d.n,
        provenance=d.provenance({"formula": formula, "x": x, "z": z, "link": link, "cluster": cluster}),
        estimates=estimates,
        effects_found=Effects(
            (f"{x}:{z}",) * 2,
            np.array([effect.mean(), naive]),
            ("interaction_effect", "naive_interaction"),
            jacobian=np.array([gradient.mean(axis=0), naive_gradient]),
            unit="units of the outcome" if link == "linear" else "points of probability",
        ),
        status=status,
        log_likelihood=value,
        numbers=_numbers(effect, errors),
        frames={"rows": _rows(d, effect, errors, estimates.values, link)},
        equations=(_EQUATION,),
        checks=checks,
        warnings=d.messages,
        steps=d.steps,
        covariance_kind=kind,
    )
    return _told(result, x, z, link)


def _design(formula: str, data: Any, x: str, z: str, cluster: str | None) -> tuple[Design, str]:
    """Return the design with ``x``, ``z`` and their product, and the product's name."""
    if x == z:
        raise SpecError(
            f"{x!r} cannot interact with itself.", allowed="two columns", remedy="Name two different columns."
        )
    text = formula
    for name in (x, z):
        if name not in language.parse(text).names[1:]:
            text = f"{text} + `{name}`"
    quoted = {f"`{a}`:`{b}`" for a, b in ((x, z), (z, x))} | {f"{a}:{b}" for a, b in ((x, z), (z, x))}
    if not any(q in text.replace(" ", "") for q in quoted) and "*" not in text:
        text = f"{text} + `{x}`:`{z}`"
    d = design(text, data, cluster=cluster)
    product = next((n for n in (f"{x}:{z}", f"{z}:{x}") if n in d.names), "")
    if not product or x not in d.names or z not in d.names:
        raise SpecError(
            f"The formula needs {x!r}, {z!r} and their product as terms of their own.",
            where=repr(text),
            allowed=f"outcome ~ {x} + {z} + {x}:{z} + controls",
            remedy="Name number columns, untransformed.",
        )
    others = [n for n in d.names if n not in (x, z, product) and {x, z} & set(n.replace("`", "").split(":"))]
    if others:
        raise SpecError(
            f"{x!r} or {z!r} stands in a further product: {', '.join(others)}.",
            allowed=f"one product, {x}:{z}",
            remedy="Leave the other products out, or estimate subsamples.",
        )
    return d, product


def _moments(index: Array, link: str) -> tuple[Array, Array, Array, Array]:
    """Return the mean function of the link and its first three derivatives."""
    if link == "linear":
        nothing = np.zeros_like(index)
        return index, np.ones_like(index), nothing, nothing
    if link == "logit":
        p = 1.0 / (1.0 + np.exp(-index))
        f = p * (1.0 - p)
        return p, f, f * (1.0 - 2.0 * p), f * (1.0 - 6.0 * f)
    from scipy.special import ndtr

    f = np.exp(-0.5 * index * index) / np.sqrt(2.0 * np.pi)
    return ndtr(index), f, -index * f, (index * index - 1.0) * f


def row_effects(x: Array, theta: Array, at: tuple[int, int, int], link: str) -> tuple[Array, Array]:
    """Return the interaction effect of every row, shape (n,), and its derivatives by the coefficients, shape (n, k).

    Parameters
    ----------
    x : ndarray, shape (n, k)
    theta : ndarray, shape (k,)
    at : tuple of int
        Columns of both regressors and of their product.
    link : str
    """
    first, second, _ = at
    dummy = tuple(bool(np.isin(x[:, j], (0.0, 1.0)).all()) for j in (first, second))
    base = x @ theta - x[:, at] @ theta[list(at)]
    value, gradient = np.zeros(len(x)), np.zeros_like(x)
    corners_1 = ((1.0, 1.0), (0.0, -1.0)) if dummy[0] else ((None, 1.0),)
    corners_2 = ((1.0, 1.0), (0.0, -1.0)) if dummy[1] else ((None, 1.0),)
    for a, sign_a in corners_1:
        for b, sign_b in corners_2:
            xa = x[:, first] if a is None else np.full(len(x), a)
            xb = x[:, second] if b is None else np.full(len(x), b)
            part, slope = _corner(x, base, theta, at, (xa, xb), dummy, link)
            value += sign_a * sign_b * part
            gradient += sign_a * sign_b * slope
    return value, gradient


def _corner(
    x: Array, base: Array, theta: Array, at: tuple[int, int, int], pair: tuple[Array, Array], dummy: Any, link: str
) -> tuple[Array, Array]:
    """Return the mean, its derivative or cross derivative at given values of the pair, and derivatives."""
    first, second, product = at
    xa, xb = pair
    b1, b2, b12 = theta[first], theta[second], theta[product]
    f0, f1, f2, f3 = _moments(base + b1 * xa + b2 * xb + b12 * xa * xb, link)
    regressors = x.copy()
    regressors[:, first], regressors[:, second], regressors[:, product] = xa, xb, xa * xb
    u, v = b1 + b12 * xb, b2 + b12 * xa
    if dummy[0] and dummy[1]:
        return f0, f1[:, None] * regressors
    if dummy[0] or dummy[1]:
        # derivative by the continuous one
        slope, own, other = (v, second, xa) if dummy[0] else (u, first, xb)
        gradient = (f2 * slope)[:, None] * regressors
        gradient[:, own] += f1
        gradient[:, product] += f1 * other
        return f1 * slope, gradient
    gradient = (f3 * u * v + f2 * b12)[:, None] * regressors
    gradient[:, first] += f2 * v
    gradient[:, second] += f2 * u
    gradient[:, product] += f1 + f2 * (v * xb + u * xa)
    return f1 * b12 + f2 * u * v, gradient


def _naive(x: Array, theta: Array, product: int, link: str) -> tuple[float, Array]:
    _, f1, f2, _ = _moments(x @ theta, link)
    gradient = theta[product] * (f2 @ x) / len(x)
    gradient[product] += f1.mean()
    return float(theta[product] * f1.mean()), gradient


def _numbers(effect: Array, errors: Array) -> dict[str, float]:
    with np.errstate(divide="ignore", invalid="ignore"):
        z = effect / errors
    return {
        "smallest_effect": float(effect.min()),
        "largest_effect": float(effect.max()),
        "share_significantly_positive": float(np.mean(z > 1.959963984540054)),
        "share_significantly_negative": float(np.mean(z < -1.959963984540054)),
    }


def _rows(d: Design, effect: Array, errors: Array, theta: Array, link: str) -> Any:
    import pandas as pd

    with np.errstate(divide="ignore", invalid="ignore"):
        z = effect / errors
    predicted = _moments(d.x @ theta, link)[0]
    columns = {"row": d.kept + 1, "predicted": predicted, "interaction_effect": effect}
    return pd.DataFrame({**columns, "std_error": errors, "z": z})


def _told(result: FirmResult, x: str, z: str, link: str) -> FirmResult:
    row = result.effect(kind="interaction_effect")
    clear = row["lower"] > 0.0 or row["upper"] < 0.0
    how = ("strengthen" if row["estimate"] > 0.0 else "weaken") if clear else "do not clearly change"
    size = estimate_clause(row) if link == "linear" else points(row)
    told = f"interaction effect {size} ({fixed(result.n, 0)} firms)"
    sentence = f"{x} and {z} {how} each other's effect: {told}."
    if link == "linear":
        return replace(result, sentences=(sentence,))
    source = "; ".join(s.name for s in result.provenance.sources) or "arrays"
    frame = result.frames["rows"][["row", "predicted", "interaction_effect"]]
    n = result.numbers
    figure = Figure(
        "interaction-rows",
        FigureKind.SCATTER,
        f"The interaction effect ranges from {fixed(n['smallest_effect'], 3)} to {fixed(n['largest_effect'], 3)}",
        f"{result.title}: effect of every row against its predicted probability, points of probability",
        f"Source: {source}; estimated.",
        f"Interaction effects of {result.n} rows, mean {row['estimate']:.3f}.",
        frame.assign(label=frame["row"].astype(str)),
        {
            "x": "predicted",
            "y": "interaction_effect",
            "label": "label",
            "x_title": "Predicted probability",
            "y_title": "Interaction effect",
        },
    )
    return replace(result, sentences=(sentence,), figures=(figure,))


_EQUATION = Equation(
    "interaction",
    r"\frac{\Delta^2 F(u)}{\Delta x\, \Delta z}, \quad u = \beta_1 x + \beta_2 z + \beta_{12} x z + w'\gamma",
    "(Delta^2 F(u)) / (Delta x Delta z), quad u = beta_1 x + beta_2 z + beta_12 x z + w' gamma",
    "Interaction effect: double difference or cross derivative of the outcome's mean",
)
