"""How much of the effect of a treatment, such as foreign ownership, goes through a mediator, such as partners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from innospace.core.checks import Check
from innospace.core.document import Equation
from innospace.core.errors import DataError, SpecError
from innospace.core.figure import Figure, FigureKind
from innospace.core.labels import require_known
from innospace.core.numbers import fixed
from innospace.core.parts import Resume
from innospace.core.progress import Progress, silent
from innospace.core.status import Status, StatusCode
from innospace.core.table import Column, Table
from innospace.firms.choice.binary import BinaryFit, optimum_check, require_no_perfect_predictor
from innospace.firms.design import Design, design, require_binary, require_full_rank, table_of
from innospace.firms.estimates import Array, Effects, Estimates, Integers
from innospace.firms.mediation_effects import (
    KINDS,
    MediationData,
    MediationFit,
    fit_mediation,
    mediated,
    mediation_statistic,
)
from innospace.firms.presentation import estimate_clause, p_clause, points, words
from innospace.firms.result import FirmResult
from innospace.numerics.bootstrap import Bootstrap, block_bootstrap
from innospace.numerics.covariance import clustered_meat, inverse_information, sandwich

LINKS = ("probit", "logit", "linear")
MEDIATOR_LINKS = ("probit", "logit")
KEY_KINDS = ("total", "indirect_average", "direct_average")
ASSUMPTION = (
    "This reads as cause and effect only under sequential ignorability: given the controls, the treatment is "
    "as good as random, and so is the mediator given the treatment; no unobserved trait may move both mediator and "
    "outcome."
)


def mediation(
    outcome: str,
    mediator: str,
    treatment: str,
    data: Any,
    *,
    controls: Sequence[str] = (),
    link: str = "probit",
    mediator_link: str = "probit",
    interaction: bool = False,
    cluster: str | None = None,
    bootstrap: int = 500,
    seed: int = 0,
    workers: int | None = 1,
    executor: Any = None,
    resume: Resume = None,
    progress: Progress = silent,
    title: str = "",
) -> FirmResult:
    """Split the effect of a 0/1 treatment into what goes through a 0/1 mediator and what does not.

    ``Y(t, M(t'))`` has mean ``sum_m E[Y | t, m, x] P(M = m | t', x)``; averages are over the rows used.

    Parameters
    ----------
    outcome, mediator, treatment : str
        Columns; mediator and treatment hold 0 and 1, and so does the outcome unless ``link`` is ``linear``.
    data : Dataset, frame or mapping of arrays
    controls : sequence of str
        Terms of the formula language, in both equations.
    link : str
        Of the outcome: ``probit``, ``logit`` or ``linear``.
    mediator_link : str
        ``probit`` or ``logit``.
    interaction : bool
        Add treatment times mediator to the outcome equation (as R's ``mediation`` does when asked).
    cluster : str, optional
        Firms: they are drawn whole, and errors by the delta method are clustered.
    bootstrap : int
        Draws of the percentile intervals; 0 leaves intervals by the delta method.
    seed : int
    workers : int, optional
        Processes; results do not depend on it.
    executor : optional
        An executor of :mod:`concurrent.futures` instead of ``workers``, such as that of a cluster.
    resume : path or Parts, optional
        A folder where finished draws are kept until all is done, so that an interrupted call goes on.
    progress : callable
    title : str, optional

    Returns
    -------
    FirmResult
        Effects, all named as the treatment, by kind: ``total``, ``indirect_average`` (average causal mediation effect),
        ``indirect_treated``, ``indirect_control``, ``direct_average``, ``direct_treated``, ``direct_control``,
        ``share_mediated``. Standard errors and p by the delta method, intervals by bootstrap percentiles. Coefficients
        ``{mediator}: {regressor}`` and ``{outcome}: {regressor}``. Table ``mediation-intervals`` has both intervals.

    Raises
    ------
    SpecError, LabelError, FormulaError, DataError, SolverError

    Notes
    -----
    Imai, Keele and Tingley (2010). The formula is exact for a 0/1 mediator, so nothing is simulated.
    """
    require_known([link], LINKS, kind="link")
    require_known([mediator_link], MEDIATOR_LINKS, kind="mediator link")
    d, arrays, names = _arrays(
        outcome, mediator, treatment, data, tuple(controls), (link, mediator_link), interaction, cluster
    )
    fit = fit_mediation(arrays)
    effects, jacobian = mediated(arrays, fit.values)
    draws = None
    if bootstrap:
        draws = block_bootstrap(
            mediation_statistic,
            arrays,
            int(arrays.blocks.max()) + 1,
            bootstrap,
            seed=seed,
            workers=workers,
            executor=executor,
            resume=resume,
            progress=progress,
            message="Mediation",
        )
    options = {
        "outcome": outcome,
        "mediator": mediator,
        "treatment": treatment,
        "controls": list(controls),
        "link": link,
        "mediator_link": mediator_link,
        "interaction": interaction,
        "cluster": cluster,
        "bootstrap": bootstrap,
    }
    result = FirmResult(
        method="mediation",
        title=title or f"{treatment} on {outcome} through {mediator}",
        description=f"The effect of {treatment} on {outcome} split into the part through {mediator} and the rest, from "
        f"a {mediator_link} of {mediator} and a {link} equation of {outcome}. {ASSUMPTION}",
        n=d.n,
        provenance=d.provenance(options, seed),
        estimates=Estimates(names, fit.values, _covariances(arrays, fit, d.clusters, draws)),
        effects_found=_effects(treatment, effects, jacobian, draws, link),
        numbers=_numbers(arrays, draws),
        status=_status(fit),
        equations=(_EQUATION,),
        checks=_checks(fit, effects, draws),
        warnings=(*d.messages, *_warnings(arrays, effects, draws)),
        steps=d.steps,
    )
    result = replace(result, tables=(_table(result, draws),) if draws is not None else ())
    return replace(result, sentences=_sentences(result, mediator, treatment, outcome), figures=(_figure(result),))


def _arrays(
    outcome: str,
    mediator: str,
    treatment: str,
    data: Any,
    controls: tuple[str, ...],
    links: tuple[str, str],
    interaction: bool,
    cluster: str | None,
) -> tuple[Design, MediationData, tuple[str, ...]]:
    if len({outcome, mediator, treatment}) < 3 or {mediator, treatment} & set(controls):
        raise SpecError(
            "Outcome, mediator and treatment are three different columns, and controls hold none of them.",
            where=f"outcome {outcome!r}, mediator {mediator!r}, treatment {treatment!r}, controls {list(controls)}",
            allowed="three different columns",
            remedy="Name each column once.",
        )
    _require_two_values(data, (treatment, mediator))
    d = design(f"{outcome} ~ {' + '.join(('1', *controls, f'`{treatment}`', f'`{mediator}`'))}", data, cluster=cluster)
    at = [d.names.index(treatment), d.names.index(mediator)]
    t, m = (require_binary(d.x[:, j], name) for j, name in zip(at, (treatment, mediator), strict=True))
    rest = [j for j in range(len(d.names)) if j not in at]
    blocks = np.arange(d.n) if d.clusters is None else d.clusters
    arrays = MediationData(d.y, m, t, d.x[:, rest], *links, interaction, blocks)
    shown = tuple(d.names[j] for j in rest)
    first = (*shown, treatment)
    second = (*shown, treatment, mediator, *([f"{treatment}:{mediator}"] if interaction else []))
    require_no_perfect_predictor(m, arrays.mediator_design, first)
    _require_outcome(d, arrays, second)
    return d, arrays, (*(f"{mediator}: {n}" for n in first), *(f"{d.outcome}: {n}" for n in second))


def _require_two_values(data: Any, names: tuple[str, ...]) -> None:
    """Raise for a treatment or mediator that does not vary, which a design would call collinear."""
    frame = table_of(data).frame
    for name in names:
        values = frame[name].dropna().unique().tolist() if name in frame.columns else []
        if len(values) == 1:
            raise DataError(
                f"{name!r} is {values[0]} in every row, so no effect goes through it or comes from it.",
                where=f"{len(frame)} rows",
                allowed="a column with both 0 and 1",
                remedy="Check the column and any filter.",
            )


def _require_outcome(d: Design, arrays: MediationData, names: tuple[str, ...]) -> None:
    x = arrays.outcome_design
    require_full_rank(x, names)
    if arrays.link != "linear":
        if not np.isin(d.y, (0.0, 1.0)).all():
            raise DataError(
                f"{d.outcome!r} must hold 0 and 1 for the link {arrays.link!r}.",
                where=f"{int(np.sum(~np.isin(d.y, (0.0, 1.0))))} of {d.n} rows hold other values",
                allowed="0 and 1; numbers of any kind with the link 'linear'",
                remedy="Choose the link 'linear', or make a 0/1 column.",
            )
        require_binary(d.y, d.outcome)
        require_no_perfect_predictor(d.y, x, names)
    elif bool(np.all(d.y == d.y[0])):
        raise DataError(
            f"{d.outcome!r} is {d.y[0]:g} in every row that is used, so there is nothing to explain.",
            where=f"{d.n} rows",
            allowed="an outcome that varies",
            remedy="Check the column and any filter.",
        )


def _covariances(
    d: MediationData, fit: MediationFit, clusters: Integers | None, draws: Bootstrap | None
) -> dict[str, Array]:
    """Return the joint covariances of both equations; scores of one row or firm are added over equations."""
    outcome = fit.outcome
    if isinstance(outcome, BinaryFit):
        hessian, scores = outcome.hessian, outcome.scores
    else:
        x = d.outcome_design
        scores = x * (outcome.residuals / outcome.variance)[:, None]
        hessian = -(x.T @ x) / outcome.variance
    k = len(fit.mediator.theta)
    full = np.zeros((k + len(hessian),) * 2)
    for block, at in ((fit.mediator.hessian, slice(0, k)), (hessian, slice(k, None))):
        inverse = inverse_information(block)
        full[at, at] = np.nan if inverse is None else inverse
    both = np.hstack([fit.mediator.scores, scores])
    n = len(both)
    found = {"hessian": full, "robust": sandwich(full, both.T @ both) * (n / (n - 1))}
    if clusters is not None:
        found = {"cluster": sandwich(full, clustered_meat(both, clusters)), **found}
    if draws is not None:
        found["bootstrap"] = draws.covariance[: len(full), : len(full)]
    return found


def _status(fit: MediationFit) -> Status:
    code = fit.mediator.optimum.code
    if isinstance(fit.outcome, BinaryFit) and fit.outcome.optimum.code is not StatusCode.CONVERGED:
        code = fit.outcome.optimum.code
    if code is StatusCode.CONVERGED:
        return Status(code, "Both equations reached their maxima.")
    return Status(code, "An equation did not reach its maximum.", "Use fewer controls, or look for extreme values.")


def _effects(treatment: str, values: Array, jacobian: Array, draws: Bootstrap | None, link: str) -> Effects:
    lower, upper = (None, None) if draws is None else draws.percentiles()
    last = slice(-len(KINDS), None)
    return Effects(
        (treatment,) * len(KINDS),
        values,
        KINDS,
        jacobian=jacobian,
        lower=None if lower is None else lower[last],
        upper=None if upper is None else upper[last],
        unit="units of the outcome; share of the total"
        if link == "linear"
        else "points of probability; share of the total",
    )


def _numbers(d: MediationData, draws: Bootstrap | None) -> dict[str, float]:
    found = {
        "treated": float(d.t.sum()),
        "mediated": float(d.m.sum()),
        "treated_and_mediated": float((d.t * d.m).sum()),
        "firms": float(d.blocks.max() + 1),
    }
    if draws is not None:
        found |= {"bootstrap_draws": float(len(draws.values)), "bootstrap_failed": float(len(draws.failed))}
    return found


def _checks(fit: MediationFit, effects: Array, draws: Bootstrap | None) -> tuple[Check, ...]:
    parts = (fit.mediator, fit.outcome)
    optima = [f.optimum for f in parts if isinstance(f, BinaryFit)]
    checks = [optimum_check(max(optima, key=lambda o: o.decrement / (1.0 + abs(o.value))))]
    gap = float(effects[0] - effects[1] - effects[4])
    meaning = "Total effect less the average indirect and direct effects, which add up to it."
    checks.append(Check.at_most("effects_add_up", gap, 1e-10, meaning))
    if draws is not None:
        share = len(draws.failed) / draws.draws
        what = "Share of bootstrap draws that gave no estimate; many make the intervals doubtful."
        checks.append(Check.at_most("bootstrap_failed", share, 0.05, what, "Use fewer controls or more firms."))
    return tuple(checks)


def _warnings(d: MediationData, effects: Array, draws: Bootstrap | None) -> tuple[str, ...]:
    found = [ASSUMPTION]
    cells = {(t, m): int(np.sum((d.t == t) & (d.m == m))) for t in (0, 1) for m in (0, 1)}
    few = [f"treatment {t}, mediator {m}: {c}" for (t, m), c in cells.items() if c < 10]
    if few:
        found.append(f"Few rows ({'; '.join(few)}): do not headline the split.")
    if effects[0] * effects[1] < 0.0 or effects[0] * effects[4] < 0.0:
        found.append("Direct and indirect effects have opposite signs: a share mediated has no meaning.")
    if draws is not None and draws.failed:
        found.append(f"{len(draws.failed)} of {draws.draws} bootstrap draws failed and were left out.")
    return tuple(found)


def _table(result: FirmResult, draws: Bootstrap | None) -> Table:
    """Return both kinds of errors and intervals side by side."""
    import pandas as pd

    frame = result.effects()
    errors = frame["std_error"].to_numpy()
    boot = np.full(len(frame), np.nan) if draws is None else draws.std_errors[-len(KINDS) :]
    wide = pd.DataFrame(
        {
            "effect": [words(k) for k in frame["kind"]],
            "estimate": frame["estimate"].to_numpy(),
            "std_error_delta": errors,
            "lower_delta": frame["estimate"].to_numpy() - 1.959963984540054 * errors,
            "upper_delta": frame["estimate"].to_numpy() + 1.959963984540054 * errors,
            "std_error_bootstrap": boot,
            "lower_bootstrap": frame["lower"].to_numpy(),
            "upper_bootstrap": frame["upper"].to_numpy(),
        }
    )
    heads = (("std_error", "Std. error"), ("lower", "from"), ("upper", "to"))
    groups = (("delta", "Delta method"), ("bootstrap", "Bootstrap"))
    columns = [Column(f"{key}_{g}", text, "fixed:4", group) for g, group in groups for key, text in heads]
    head = (Column("effect", "Effect"), Column("estimate", "Estimate", "fixed:4"))
    notes = ("Intervals of 95\u202f%; those of the bootstrap are percentiles.",)
    return Table("mediation-intervals", f"Intervals: {result.title}", wide, (*head, *columns), notes)


def _figure(result: FirmResult) -> Figure:
    frame = result.effects()
    frame = frame[frame["kind"].isin(KEY_KINDS)].reset_index(drop=True)
    part = frame[frame["kind"] == "indirect_average"].iloc[0]
    clear = part["lower"] > 0.0 or part["upper"] < 0.0
    shown = frame.assign(term=[words(k) for k in frame["kind"]])[["term", "estimate", "lower", "upper"]]
    source = "; ".join(s.name for s in result.provenance.sources) or "arrays"
    return Figure(
        "mediation-split",
        FigureKind.COEFFICIENTS,
        "Part of the effect goes through the mediator" if clear else "No clear effect goes through the mediator",
        f"{result.title}: total effect and its parts, {result.effects_found.unit.split(';')[0]}, 95\u202f% intervals, "
        f"{fixed(result.n, 0)} firms",
        f"Source: {source}; estimated, assuming sequential ignorability.",
        ", ".join(f"{r['term']} {r['estimate']:.3f}" for _, r in shown.iterrows()),
        shown,
        {"term": "term", "estimate": "estimate", "lower": "lower", "upper": "upper", "value_title": "Effect"},
    )


def _sentences(result: FirmResult, mediator: str, treatment: str, outcome: str) -> tuple[str, ...]:
    total, part, share = (result.effect(kind=k) for k in ("total", "indirect_average", "share_mediated"))
    firms = f"{fixed(result.n, 0)} firms, {fixed(result.numbers['treated'], 0)} treated"
    probability = "probability" in result.effects_found.unit
    what = f"the probability of {outcome}" if probability else outcome
    whole, through = (points(row) if probability else estimate_clause(row) for row in (total, part))
    first = f"{treatment} changes {what} by {whole} in all and by {through} through "
    if total["lower"] > 0.0 or total["upper"] < 0.0:
        interval = f"{fixed(share['lower'], 2)} to {fixed(share['upper'], 2)}"
        second = (
            f"The share that goes through {mediator} is {fixed(share['estimate'], 2)} (95\u202f% interval {interval})."
        )
    else:
        second = f"The total effect is not clear of zero ({p_clause(total['p_value'])}), so no share is told."
    return (f"{first}{mediator} ({firms}).", second, ASSUMPTION)


_EQUATION = Equation(
    "mediation",
    r"E[Y(t, M(t'))] = \frac{1}{n} \sum_i \sum_{m=0}^{1} E[Y \mid t, m, x_i]\, P(M = m \mid t', x_i)",
    "E[Y(t, M(t'))] = 1/n sum_i sum_(m=0)^1 E[Y | t, m, x_i] P(M = m | t', x_i)",
    "Outcome under treatment t were the mediator as under treatment t'",
)
