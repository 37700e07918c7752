"""Complementarity of practices: cell dummies and tests of super- and submodularity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.checks import Check
from innospace.core.document import Equation
from innospace.core.errors import DataError, SpecError
from innospace.core.labels import require_known
from innospace.core.numbers import fixed
from innospace.core.status import Status, StatusCode
from innospace.firms.choice.binary import (
    distribution,
    fit_binary,
    optimum_check,
    require_no_perfect_predictor,
)
from innospace.firms.complementarity_cells import (
    NONE,
    ConeTest,
    Pair,
    cell_codes,
    cell_names,
    joint_test,
    one_sided,
    pair_test,
    pairs,
    require_filled,
    require_practices,
)
from innospace.firms.complementarity_tables import cells_figure, cells_table, tests_table
from innospace.firms.design import Design, design, require_binary, require_full_rank
from innospace.firms.estimates import Array, Effects, Estimates, Integers, likelihood_covariances
from innospace.firms.least_squares import fit_linear
from innospace.firms.presentation import p_clause
from innospace.firms.result import CLOSED_FORM, FirmResult

if TYPE_CHECKING:
    import pandas as pd

LINKS = ("linear", "probit", "logit")


@dataclass(frozen=True, slots=True)
class _Fitted:
    estimates: Estimates
    status: Status
    checks: tuple[Check, ...]
    log_likelihood: float


def complementarity(
    outcome: str,
    practices: Sequence[str],
    data: Any,
    *,
    controls: Sequence[str] = (),
    link: str = "linear",
    cluster: str | None = None,
    vcov: str = "",
    min_cell: int = 10,
    draws: int = 20_000,
    seed: int = 0,
    title: str = "",
) -> FirmResult:
    """Test whether practices are complements or substitutes in an outcome.

    The outcome is regressed on dummies of all ``2^k`` combinations of the practices, without a constant, and on the
    controls. For every pair and every combination of the other practices the restriction of supermodularity is
    ``b11 - b10 - b01 + b00 >= 0``.

    Parameters
    ----------
    outcome : str
        Column or transform (``log(sales)``); 0 and 1 for probit and logit.
    practices : sequence of str
        Two to six 0/1 columns.
    data : Dataset, frame or mapping of arrays
    controls : sequence of str
        Terms of the formula language: ``lnum_emp_prom``, ``C(sector)``.
    link : str
        ``linear`` (least squares), ``probit`` or ``logit`` (the restrictions are on the index).
    cluster : str, optional
        Column of cluster labels.
    vcov : str, optional
        ``analytic``, ``robust`` or ``cluster`` (linear); ``hessian``, ``opg``, ``robust`` or ``cluster`` (others). By
        default clustered with ``cluster``, else that of Stata and R: ``analytic`` or ``hessian``.
    min_cell : int
        Combinations with fewer rows are named in a warning.
    draws, seed : int
        Of simulated weights (more than five restrictions a pair, and the joint test of three practices or more).
    title : str, optional

    Returns
    -------
    FirmResult
        Coefficients: the cells (``none``, ``make``, ``make+buy``) and controls. Effects: ``relative_to_none`` of every
        cell, ``supermodularity`` of every restriction (``make+buy``, ``make+buy|mach=0``), and with probit or logit
        ``supermodularity_probability`` (average double difference of probabilities). Numbers, by pair:
        ``make+buy: distance_complementarity``, ``p_complementarity`` (H0: all restrictions >= 0),
        ``distance_substitutability``, ``p_substitutability`` (H0: all <= 0); with one restriction also ``t``,
        ``p_strict_complementarity`` and ``p_strict_substitutability`` (one-sided; the null is the opposite). Tables:
        ``complementarity-tests`` with bounds, ``complementarity-cells``.

    Raises
    ------
    SpecError, LabelError, FormulaError, DataError
        Also for one practice, a practice that is not 0/1, an empty cell, a constant outcome, perfect separation.

    Notes
    -----
    Distance statistic and bounds: Kodde and Palm (1986). Application: Mohnen and Roeller (2005).
    """
    require_known([link], LINKS, kind="link")
    names = require_practices(practices)
    d, x, columns, codes, counts = _cells(outcome, names, data, tuple(controls), cluster)
    _require_outcome(d, link)
    fitted = _fit(d, x, columns, link)
    kind = _kind(vcov, fitted.estimates)
    every = pairs(names)
    cells = fitted.estimates.values[: len(counts)]
    covariance = fitted.estimates.covariances[kind][: len(counts), : len(counts)]
    tests = tuple(pair_test(p, cells, covariance, draws, seed) for p in every)
    if len(names) > 2:
        tests = (*tests, joint_test(every, cells, covariance, draws, seed))
    full = fitted.estimates
    estimates = Estimates(columns, full.values, {kind: full.covariances[kind]}, full.degrees)
    tiny = [f"{n} ({c})" for n, c in zip(cell_names(names), counts, strict=True) if c < min_cell]
    heading = title or f"Complementarity of {_listed(names)} in {d.outcome}"
    options = {"outcome": outcome, "practices": list(names), "controls": list(controls), "link": link}
    effects = _effects(x, columns, estimates.values, every, link)
    result = FirmResult(
        method="complementarity",
        title=heading,
        description=_describe(d.outcome, names, link),
        n=d.n,
        provenance=d.provenance({**options, "cluster": cluster, "vcov": kind, "draws": draws}, seed),
        estimates=estimates,
        effects_found=effects,
        status=fitted.status,
        log_likelihood=fitted.log_likelihood,
        numbers=_numbers(tests, counts, estimates.degrees),
        equations=(_EQUATION,),
        checks=(*fitted.checks, _cell_check(counts, min_cell)),
        warnings=(*d.messages, *_tiny(tiny)),
        steps=d.steps,
        sentences=tuple(_sentence(t, d, i < len(every)) for i, t in enumerate(tests)),
        tables=(tests_table(tests, heading), cells_table(cell_names(names), counts, estimates, d.y, codes, heading)),
    )
    frame = result.effects()
    figure = cells_figure(result, frame[frame["kind"] == "relative_to_none"], tests[0], NONE)
    return replace(result, figures=(figure,))


def _cells(
    outcome: str, practices: tuple[str, ...], data: Any, controls: tuple[str, ...], cluster: str | None
) -> tuple[Design, Array, tuple[str, ...], Integers, Integers]:
    """Return the design of the controls, the full matrix with cell dummies first, its names, cells and their sizes."""
    d = design(f"{outcome} ~ {' + '.join(('1', *controls))}", data, cluster=cluster, also=practices)
    adopted = np.column_stack([require_binary(_numbers_of(d.frame, p), p) for p in practices])
    codes = cell_codes(adopted)
    cells = cell_names(practices)
    counts = require_filled(codes, cells)
    dummies = np.equal(codes[:, None], np.arange(len(cells))).astype(np.float64)
    rest = [j for j, n in enumerate(d.names) if n != "Intercept"]
    x = np.ascontiguousarray(np.hstack([dummies, d.x[:, rest]]))
    columns = (*cells, *(d.names[j] for j in rest))
    require_full_rank(x, columns)
    return d, x, columns, codes, counts


def _numbers_of(frame: pd.DataFrame, column: str) -> Array:
    try:
        return frame[column].to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"Practice {column!r} holds text.",
            where=f"column {column!r}: {frame[column].iloc[0]!r}",
            allowed="0 and 1",
            remedy="Make a column that is 1 where the practice is used and 0 elsewhere.",
        ) from error


def _require_outcome(d: Design, link: str) -> None:
    if link != "linear":
        require_binary(d.y, d.outcome)
    elif bool(np.all(d.y == d.y[0])):
        raise DataError(
            f"{d.outcome!r} is {d.y[0]:g} in every row that is used, so there is nothing to explain.",
            where=f"{d.n} rows",
            allowed="an outcome that varies",
            remedy="Check the column, the rows left out for missing cells, and any filter.",
        )


def _fit(d: Design, x: Array, columns: tuple[str, ...], link: str) -> _Fitted:
    if link == "linear":
        line = fit_linear(d.y, x, d.clusters)
        return _Fitted(Estimates(columns, line.theta, line.covariances, line.degrees), CLOSED_FORM, (), float("nan"))
    require_no_perfect_predictor(d.y, x, columns)
    fit = fit_binary(d.y, x, link)
    code = fit.optimum.code
    reached = code is StatusCode.CONVERGED
    status = Status(code, f"The maximum of the likelihood was {'' if reached else 'not '}reached.")
    covariances = likelihood_covariances(fit.hessian, fit.scores, d.clusters)
    return _Fitted(
        Estimates(columns, fit.theta, covariances), status, (optimum_check(fit.optimum),), fit.log_likelihood
    )


def _kind(wanted: str, estimates: Estimates) -> str:
    """Return the kind of the covariance that the tests use."""
    kinds = list(estimates.covariances)
    kind = wanted or kinds[0]
    if kind not in kinds:
        remedy = "Give cluster=." if kind == "cluster" else "Use one of these."
        raise SpecError(f"There is no {kind!r} covariance here.", allowed=", ".join(kinds), remedy=remedy)
    return kind


def _effects(x: Array, columns: tuple[str, ...], theta: Array, every: tuple[Pair, ...], link: str) -> Effects:
    """Return cells relative to none, the restrictions and, on the scale of probability, their averages."""
    p, m = len(columns), every[0].matrix.shape[1]
    relative = np.eye(p)[1:m] - np.eye(p)[0]
    matrix = np.vstack([pair.matrix for pair in every])
    restrictions = np.hstack([matrix, np.zeros((len(matrix), p - m))])
    labels = tuple(t for pair in every for t in pair.labels)
    names, kinds = [*columns[1:m], *labels], ["relative_to_none"] * (m - 1) + ["supermodularity"] * len(labels)
    values, jacobian = [relative @ theta, restrictions @ theta], [relative, restrictions]
    unit = (
        "the unit of the outcome" if link == "linear" else "units of the index; probabilities in points of probability"
    )
    if link != "linear":
        mean, slope = _mean_probabilities(x, theta, m, link)
        values.append(matrix @ mean)
        jacobian.append(matrix @ slope)
        names += labels
        kinds += ["supermodularity_probability"] * len(labels)
    return Effects(tuple(names), np.concatenate(values), tuple(kinds), jacobian=np.vstack(jacobian), unit=unit)


def _mean_probabilities(x: Array, theta: Array, cells: int, link: str) -> tuple[Array, Array]:
    """Return the average probability were all rows in each cell, shape (m,), and its derivatives, shape (m, p)."""
    rest = x[:, cells:] @ theta[cells:]
    mean, slope = np.empty(cells), np.zeros((cells, len(theta)))
    for c in range(cells):
        index = rest + theta[c]
        probability = distribution(index, link)
        density = probability * (1.0 - probability)
        if link == "probit":
            density = np.exp(-0.5 * index * index) / np.sqrt(2.0 * np.pi)
        mean[c] = probability.mean()
        slope[c, c] = density.mean()
        slope[c, cells:] = density @ x[:, cells:] / len(x)
    return mean, slope


def _numbers(tests: tuple[ConeTest, ...], counts: Integers, degrees: float) -> dict[str, float]:
    found: dict[str, float] = {"cells": float(len(counts)), "smallest_cell": float(counts.min())}
    for t in tests:
        found |= {
            f"{t.name}: restrictions": float(t.restrictions),
            f"{t.name}: distance_complementarity": t.complementarity,
            f"{t.name}: p_complementarity": t.p_complementarity,
            f"{t.name}: distance_substitutability": t.substitutability,
            f"{t.name}: p_substitutability": t.p_substitutability,
        }
        if t.restrictions == 1:
            statistic, p_up, p_down = one_sided(float(t.values[0]), float(np.sqrt(t.covariance[0, 0])), degrees)
            found |= {
                f"{t.name}: t": statistic,
                f"{t.name}: p_strict_complementarity": p_up,
                f"{t.name}: p_strict_substitutability": p_down,
            }
    return found


def _cell_check(counts: Integers, least: int) -> Check:
    return Check.at_least(
        "smallest_cell",
        float(counts.min()),
        float(least),
        "Rows in the rarest combination of practices; the restriction rests on it.",
        "Merge or leave out a practice that is rarely combined.",
    )


def _tiny(cells: list[str]) -> tuple[str, ...]:
    if not cells:
        return ()
    return (
        f"Few rows in the combination{'s' if len(cells) > 1 else ''} {', '.join(cells)}: do not headline the test.",
    )


_VERDICTS = {
    "complements": "are complements: substitutability is rejected and complementarity is not",
    "substitutes": "are substitutes: complementarity is rejected and substitutability is not",
    "mixed": "are complements in some combinations and substitutes in others: both hypotheses are rejected",
    "undecided": "may be either: neither complementarity nor substitutability is rejected",
}


def _sentence(t: ConeTest, d: Design, single: bool) -> str:
    who = " and ".join(t.name.split("+")) if single else "All practices taken together"
    kind = "restriction" if t.restrictions == 1 else "restrictions"
    how = "" if single else ", simulated"
    return (
        f"{who} {_VERDICTS[t.verdict()]} in {d.outcome} at the 5\u202f% level (H0 complementarity: "
        f"{p_clause(t.p_complementarity)}; H0 substitutability: {p_clause(t.p_substitutability)}; "
        f"{t.restrictions} {kind}{how}; {fixed(d.n, 0)} firms)."
    )


def _describe(outcome: str, practices: tuple[str, ...], link: str) -> str:
    how = {"linear": "least squares", "probit": "a probit", "logit": "a logit"}[link]
    return (
        f"{outcome} on dummies of the {2 ** len(practices)} combinations of {_listed(practices)}, without a constant, "
        f"and on controls, by {how}. Complementarity (supermodularity) and substitutability (submodularity) are each "
        "the null of inequalities tested by the distance of Kodde and Palm (1986), with p-values from the "
        "chi-bar-square distribution given the covariance. Practices are taken as given: unobserved "
        "traits that favour both a combination and the outcome bias the tests."
    )


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


_EQUATION = Equation(
    "supermodularity",
    r"\beta_{11} - \beta_{10} - \beta_{01} + \beta_{00} \ge 0 \quad \text{at every combination of the other practices}",
    'beta_11 - beta_10 - beta_01 + beta_00 >= 0 quad "at every combination of the other practices"',
    "Two practices are complements when adopting both adds at least the sum of what each adds alone",
)
