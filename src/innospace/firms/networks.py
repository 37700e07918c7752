"""Partner networks: who wins new partners, and what partners do to R&D, products and technologies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import linalg

from innospace.core.checks import Check
from innospace.core.document import Equation
from innospace.core.errors import SpecError, offenders
from innospace.core.labels import require_known
from innospace.core.numbers import fixed
from innospace.core.status import Status, StatusCode
from innospace.core.table import Column, Table
from innospace.firms.choice.binary import (
    LINKS,
    BinaryFit,
    average_effects,
    fit_binary,
    optimum_check,
    require_no_perfect_predictor,
)
from innospace.firms.choice.bivariate_fit import fit_bivariate
from innospace.firms.design import Design, design, require_binary, require_full_rank
from innospace.firms.estimates import Array, Effects, Estimates, Integers, require_covariance
from innospace.firms.presentation import estimate_clause
from innospace.firms.result import FirmResult
from innospace.numerics.covariance import clustered_meat, inverse_information, sandwich

if TYPE_CHECKING:
    import pandas as pd

WITH = " with partners"
FEW = 20
"""Fewer firms than this with a partner or an outcome are named in a warning."""


@dataclass(frozen=True, slots=True)
class _Equation:
    name: str
    names: tuple[str, ...]
    x: Array
    fit: BinaryFit


def networks(
    data: Any,
    *,
    partners: Sequence[str],
    regressors: Sequence[str],
    outcomes: Sequence[str] = (),
    link: str = "probit",
    cluster: str | None = None,
    vcov: str = "",
    title: str = "",
) -> FirmResult:
    """Estimate partner equations, and outcome equations without and with partners, on the same firms.

    Parameters
    ----------
    data : Dataset, frame or mapping of arrays
    partners : sequence of str
        0/1 columns, such as a new foreign and a new domestic partner.
    regressors : sequence of str
        Terms of the formula language: ownership, group, location, export to the CIS and beyond, competitiveness.
    outcomes : sequence of str
        0/1 columns: R&D, a new product, a new technology.
    link : str
        ``probit`` or ``logit``.
    cluster : str, optional
        Column of cluster labels.
    vcov : str, optional
        ``robust`` (default), ``cluster`` (default with ``cluster``) or ``hessian`` (equations taken as independent).
    title : str, optional

    Returns
    -------
    FirmResult
        Coefficients ``{equation}: {regressor}``; equations are the partners, the outcomes, and each outcome
        ``{outcome} with partners``. Effects, with the same names: ``average_marginal_effect``,
        ``average_discrete_change`` of 0/1 regressors; ``difference_between_partners`` (effect of a regressor on the
        first partner less that on the second, named ``first - second: regressor``); ``difference_of_partner_effects``
        (effect of the first partner on an outcome less that of the second, ``{outcome}: first - second``);
        ``change_with_partners`` (effect of a regressor on an outcome with partners less without). All equations share
        one covariance of stacked scores, so differences have errors. Numbers: with two partners and probits ``rho`` of
        the bivariate probit and its standard error.

    Raises
    ------
    SpecError, LabelError, FormulaError, DataError

    Notes
    -----
    Covariance over equations: Weesie (1999), as Stata's ``suest``. Discrete changes stand in for marginal effects where
    the regressor is 0/1.
    """
    require_known([link], LINKS, kind="link")
    partners, outcomes = _names(partners, "partner"), tuple([outcomes] if isinstance(outcomes, str) else outcomes)
    _require_apart(partners, outcomes)
    if not regressors:
        raise SpecError("Partner equations need regressors.", remedy="Give regressors=, a list of terms.")
    d, clusters = _base(data, partners, outcomes, tuple(regressors), cluster)
    equations = _equations(d, partners, outcomes, link)
    estimates = Estimates(
        tuple(f"{e.name}: {n}" for e in equations for n in e.names),
        np.concatenate([e.fit.theta for e in equations]),
        _covariances(equations, clusters),
    )
    options = {"partners": list(partners), "outcomes": list(outcomes), "regressors": list(regressors), "link": link}
    result = FirmResult(
        method="networks",
        title=title or f"Partners and {', '.join(outcomes) if outcomes else 'who wins them'}",
        description=f"{link.capitalize()}s of {', '.join(partners)} on {', '.join(regressors)}"
        + (f"; of {', '.join(outcomes)} on the same, without and with partners" if outcomes else "")
        + ". Errors of all equations are joint (stacked scores). Partners are taken as given in the outcome equations: "
        "what makes a firm both find partners and innovate is not told apart from what partners do.",
        n=d.n,
        provenance=d.provenance({**options, "cluster": cluster}),
        estimates=estimates,
        effects_found=_effects(equations, partners, outcomes, link),
        status=_status(equations),
        log_likelihood=float(sum(e.fit.log_likelihood for e in equations)),
        numbers=_numbers(d, equations, partners, outcomes, link),
        equations=(_EQUATION,),
        checks=_checks(equations),
        warnings=(*d.messages, *_few(d, (*partners, *outcomes))),
        steps=d.steps,
    )
    result = replace(result, covariance_kind=require_covariance(vcov, estimates)) if vcov else result
    return replace(
        result, sentences=_sentences(result, partners, outcomes), tables=(_table(result, partners, outcomes),)
    )


def _names(names: Sequence[str], what: str) -> tuple[str, ...]:
    found = (names,) if isinstance(names, str) else tuple(names)
    if not found:
        raise SpecError(f"Name at least one {what} column.", remedy="Give partners=, a list of 0/1 columns.")
    return found


def _require_apart(partners: tuple[str, ...], outcomes: tuple[str, ...]) -> None:
    every = (*partners, *outcomes)
    twice = sorted({n for n in every if every.count(n) > 1})
    if twice:
        raise SpecError(
            f"{offenders(twice)} is named more than once among partners and outcomes.",
            where=f"partners {list(partners)}, outcomes {list(outcomes)}",
            allowed="different columns",
            remedy="Name each column once.",
        )


def _base(
    data: Any, partners: tuple[str, ...], outcomes: tuple[str, ...], regressors: tuple[str, ...], cluster: str | None
) -> tuple[Design, Integers | None]:
    """Return the design of the first partner on rows complete in every column, so that all equations share rows."""
    formula = f"`{partners[0]}` ~ {' + '.join(('1', *regressors))}"
    d = design(formula, data, cluster=cluster, also=(*partners, *outcomes))
    inside = [n for n in (*partners, *outcomes) if n in d.names]
    if inside:
        raise SpecError(
            f"{offenders(inside)} is both explained and a regressor.",
            allowed="regressors that are neither partners nor outcomes",
            remedy="Leave it out of regressors; partners enter the outcome equations by themselves.",
        )
    return d, d.clusters


def _equations(d: Design, partners: tuple[str, ...], outcomes: tuple[str, ...], link: str) -> tuple[_Equation, ...]:
    columns = {n: require_binary(d.frame[n].to_numpy(dtype=np.float64), n) for n in (*partners, *outcomes)}
    wide = np.column_stack([d.x, *(columns[p] for p in partners)])
    wide_names = (*d.names, *partners)
    found = [_fit(name, columns[name], d.x, d.names, link) for name in partners]
    for name in outcomes:
        found.append(_fit(name, columns[name], d.x, d.names, link))
        require_full_rank(wide, wide_names)
        found.append(_fit(f"{name}{WITH}", columns[name], wide, wide_names, link))
    return tuple(found)


def _fit(name: str, y: Array, x: Array, names: tuple[str, ...], link: str) -> _Equation:
    require_no_perfect_predictor(y, x, names)
    return _Equation(name, names, x, fit_binary(y, x, link))


def _covariances(equations: Sequence[_Equation], clusters: Integers | None) -> dict[str, Array]:
    """Return joint covariances over equations: blocks of inverse information around the meat of stacked scores."""
    inverses = [inverse_information(e.fit.hessian) for e in equations]
    blocks = [
        np.full((len(e.names),) * 2, np.nan) if v is None else v for e, v in zip(equations, inverses, strict=True)
    ]
    full = np.asarray(linalg.block_diag(*blocks), dtype=np.float64)
    scores = np.hstack([e.fit.scores for e in equations])
    n = len(scores)
    found = {"robust": sandwich(full, scores.T @ scores) * (n / (n - 1)), "hessian": full}
    return found if clusters is None else {"cluster": sandwich(full, clustered_meat(scores, clusters)), **found}


@dataclass(frozen=True, slots=True)
class _Row:
    kind: str
    name: str
    value: float
    gradient: Array


def _effects(
    equations: Sequence[_Equation], partners: tuple[str, ...], outcomes: tuple[str, ...], link: str
) -> Effects:
    sizes = np.cumsum([0, *(len(e.names) for e in equations)])
    rows: list[_Row] = []
    best: dict[tuple[str, str], _Row] = {}
    for e, at in zip(equations, sizes[:-1], strict=True):
        own = average_effects(e.x, e.names, e.fit.theta, link)
        jacobian = np.zeros((len(own.names), sizes[-1]))
        if own.jacobian is not None:
            jacobian[:, at : at + len(e.names)] = own.jacobian
        for i, name in enumerate(own.names):
            row = _Row(own.kinds[i], f"{e.name}: {name}", float(own.values[i]), jacobian[i])
            rows.append(row)
            # discrete changes come after derivatives and take their place
            best[e.name, name] = row
    regressors = [n for n in equations[0].names if n != "Intercept"]
    for a, b in combinations(partners, 2):
        rows += [_less("difference_between_partners", f"{a} - {b}: {n}", best[a, n], best[b, n]) for n in regressors]
        rows += [
            _less("difference_of_partner_effects", f"{o}: {a} - {b}", best[o + WITH, a], best[o + WITH, b])
            for o in outcomes
        ]
    for o in outcomes:
        rows += [_less("change_with_partners", f"{o}: {n}", best[o + WITH, n], best[o, n]) for n in regressors]
    return Effects(
        tuple(r.name for r in rows),
        np.array([r.value for r in rows]),
        tuple(r.kind for r in rows),
        jacobian=np.array([r.gradient for r in rows]),
        unit="points of probability",
    )


def _less(kind: str, name: str, first: _Row, second: _Row) -> _Row:
    return _Row(kind, name, first.value - second.value, first.gradient - second.gradient)


def _numbers(
    d: Design, equations: Sequence[_Equation], partners: tuple[str, ...], outcomes: tuple[str, ...], link: str
) -> dict[str, float]:
    found = {f"share_{n}": float(d.frame[n].mean()) for n in (*partners, *outcomes)}
    found |= {f"log_likelihood_{e.name}": e.fit.log_likelihood for e in equations}
    if d.clusters is not None:
        found["clusters"] = float(d.clusters.max() + 1)
    if len(partners) == 2 and link == "probit":
        y = (d.frame[partners[0]].to_numpy(dtype=np.float64), d.frame[partners[1]].to_numpy(dtype=np.float64))
        fit = fit_bivariate(y, (d.x, d.x), starts=(0.0,))
        covariance = next(iter(fit.covariances(d.clusters).values()))
        found |= {"rho": fit.rho, "rho_std_error": float((1.0 - fit.rho**2) * np.sqrt(covariance[-1, -1]))}
    return found


def _status(equations: Sequence[_Equation]) -> Status:
    bad = [e for e in equations if e.fit.optimum.code is not StatusCode.CONVERGED]
    if not bad:
        return Status(StatusCode.CONVERGED, "Every likelihood reached its maximum.")
    remedy = "Look for regressors that nearly determine the outcome, and for extreme values."
    return Status(bad[0].fit.optimum.code, f"{bad[0].name}: the maximum was not reached.", remedy)


def _checks(equations: Sequence[_Equation]) -> tuple[Check, ...]:
    worst = max((e.fit.optimum for e in equations), key=lambda o: o.decrement / (1.0 + abs(o.value)))
    return (optimum_check(worst),)


def _few(d: Design, names: tuple[str, ...]) -> tuple[str, ...]:
    counts = {n: int(min(d.frame[n].sum(), d.n - d.frame[n].sum())) for n in names}
    rare = [f"{n} ({c})" for n, c in counts.items() if c < FEW]
    return (f"Few firms on one side of {', '.join(rare)}: do not headline these equations.",) if rare else ()


def _best(frame: pd.DataFrame, equation: str, name: str) -> Any:
    """Return the discrete change of a 0/1 regressor, or the mean derivative of another."""
    found = frame[frame["name"] == f"{equation}: {name}"]
    found = found[found["kind"].isin(("average_marginal_effect", "average_discrete_change"))]
    return found.iloc[-1]


def _sentences(result: FirmResult, partners: tuple[str, ...], outcomes: tuple[str, ...]) -> tuple[str, ...]:
    firms = f"{fixed(result.n, 0)} firms"
    frame = result.effects()
    said = []
    for o in outcomes:
        parts = [f"{p} by {estimate_clause(_best(frame, o + WITH, p))}" for p in partners]
        said.append(f"Partners and the probability of {o}: {'; '.join(parts)} ({firms}).")
    for p in partners:
        own = frame[frame["name"].str.startswith(f"{p}: ")].drop_duplicates("name", keep="last")
        clear = own[(own["lower"] > 0.0) | (own["upper"] < 0.0)]
        count = fixed(float(round(result.numbers[f"share_{p}"] * result.n)), 0)
        if clear.empty:
            said.append(f"No regressor goes clearly with {p} ({firms}, {count} with it).")
            continue
        told = [f"{r['name'].split(': ', 1)[1]} {estimate_clause(r)}" for _, r in clear.head(3).iterrows()]
        said.append(f"{p} goes with {'; '.join(told)} ({firms}, {count} with it).")
    return tuple(said)


def _table(result: FirmResult, partners: tuple[str, ...], outcomes: tuple[str, ...]) -> Table:
    """Return effects on probability side by side: rows regressors, columns equations."""
    import pandas as pd

    effects = result.effects()
    equations = [*partners, *(e for o in outcomes for e in (o, o + WITH))]
    shown = [n.split(": ", 1)[1] for n in result.estimates.names if n.startswith(f"{equations[-1]}: ")]
    frame: dict[str, Any] = {"regressor": [n for n in shown if n != "Intercept"]}
    columns = [Column("regressor", "Regressor")]
    for e in equations:
        there = {n.split(": ", 1)[1] for n in result.estimates.names if n.startswith(f"{e}: ")}
        rows = [_best(effects, e, n) if n in there else None for n in frame["regressor"]]
        frame[f"{e}: effect"] = [np.nan if r is None else r["estimate"] for r in rows]
        frame[f"{e}: std_error"] = [np.nan if r is None else r["std_error"] for r in rows]
        columns.append(Column(f"{e}: effect", "Effect", "fixed:3", e))
        columns.append(Column(f"{e}: std_error", "s.e.", "fixed:3", e))
    notes = ("Discrete changes of 0/1 regressors and mean derivatives of others, in points of probability.",)
    return Table("networks-equations", f"Effects: {result.title}", pd.DataFrame(frame), tuple(columns), notes)


_EQUATION = Equation(
    "networks",
    r"P(n_{ij} = 1) = F(x_i'\beta_j), \quad P(y_{ik} = 1) = F(x_i'\gamma_k + \textstyle\sum_j \delta_{jk} n_{ij})",
    "P(n_(i j) = 1) = F(x_i' beta_j), quad P(y_(i k) = 1) = F(x_i' gamma_k + sum_j delta_(j k) n_(i j))",
    "Partners, and outcomes by partners",
)
