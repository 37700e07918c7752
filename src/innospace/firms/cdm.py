"""The CDM model: from R&D to innovation to productivity (Crépon, Duguet and Mairesse 1998)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import FormulaError, SpecError, offenders
from innospace.core.labels import require_known
from innospace.core.parts import Resume
from innospace.core.progress import Progress, silent
from innospace.data import formula as language
from innospace.firms.cdm_chain import (
    Chain,
    ChainData,
    Stage,
    chain_statistic,
    coefficient_names,
    effect_labels,
    fit_chain,
    predict_intensity,
)
from innospace.firms.cdm_report import (
    EQUATIONS,
    PREDICTED_INTENSITY,
    Formulas,
    checks,
    describe,
    failed_warning,
    numbers,
    predicted,
    predictions_frame,
    sentences,
)
from innospace.firms.choice.binary import (
    distribution,
    fit_binary,
    require_no_perfect_predictor,
)
from innospace.firms.design import cluster_codes, require_binary, require_full_rank, table_of
from innospace.firms.estimates import Array, Effects, Estimates
from innospace.firms.result import FirmResult
from innospace.firms.selection import (
    SelectionData,
    exclusion_warning,
    selection_data,
    selection_status,
)
from innospace.firms.selection_likelihood import fit_selection
from innospace.numerics.bootstrap import Bootstrap, block_bootstrap
from innospace.numerics.covariance import inverse_information

if TYPE_CHECKING:
    import pandas as pd

PREDICTIONS = ("latent", "conditional")


def cdm(
    data: Any,
    *,
    selection: str,
    intensity: str,
    innovation: Sequence[str],
    productivity: str,
    prediction: str = "latent",
    all_firms: bool = True,
    firm: str | None = None,
    bootstrap: int = 200,
    seed: int = 0,
    workers: int | None = 1,
    executor: Any = None,
    resume: Resume = None,
    progress: Progress = silent,
    title: str = "",
) -> FirmResult:
    """Estimate the chain from R&D to innovation to productivity.

    (i) R&D selection and intensity (Tobit of type 2, maximum likelihood); (ii) a probit of every innovation on
    predicted R&D intensity; (iii) productivity on the predicted probabilities of innovation, by least squares. The
    bootstrap draws firms and runs the whole chain on each draw, so that errors count that predictions are estimated.

    Parameters
    ----------
    data : Dataset, frame or mapping of arrays
    selection : str
        ``performs_rd ~ regressors``.
    intensity : str
        ``log(rd / employees) ~ regressors``; the outcome is evaluated for performers only.
    innovation : sequence of str
        Formulas such as ``product ~ regressors``. ``predicted_rd_intensity`` is added when it is not there.
    productivity : str
        ``log(sales / employees) ~ regressors``. ``predicted_product`` and the like are added when none is there;
        ``predicted_rd_intensity`` may be written too.
    prediction : str
        ``latent`` (``x'b`` for every firm, as in Griffith, Huergo, Mairesse and Peters 2006) or ``conditional`` (given
        that the firm performs R&D or does not).
    all_firms : bool
        Use all firms in the later stages, with their predicted intensity, or performers only.
    firm : str, optional
        Column of firms; whole firms are drawn. Every row is a firm when not given.
    bootstrap : int
        Draws; 0 gives the errors of each stage alone, which are too small.
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
        Coefficients ``{stage}: {regressor}`` with stages ``selection``, ``intensity``, the name of every innovation,
        and ``productivity``. Effects: ``average_marginal_effect`` (``product: predicted_rd_intensity``) and
        ``rd_on_productivity`` (``through product``, ``direct`` where the last formula has predicted intensity,
        ``total``): change of the outcome of the last stage with one unit of predicted intensity. Frame
        ``predictions``.

    Raises
    ------
    SpecError, FormulaError, LabelError, DataError
        Also when nobody or everybody performs R&D, when a logarithm meets a number that is not positive, and on
        perfect separation.
    SolverError
        More than half of the draws failed.

    Notes
    -----
    Crépon, Duguet and Mairesse (1998). Rows need every column but the intensity of firms that perform no R&D.
    """
    require_known([prediction], PREDICTIONS, kind="prediction")
    forms = _formulas(selection, intensity, innovation, productivity)
    first, chain_data = _prepare(forms, data, firm, prediction == "conditional", all_firms)
    chain = fit_chain(chain_data)
    draws = None
    if bootstrap:
        warm = replace(chain_data, start=chain.selection.theta)
        blocks = int(chain_data.blocks.max()) + 1
        draws = block_bootstrap(
            chain_statistic,
            warm,
            blocks,
            bootstrap,
            seed=seed,
            workers=workers,
            executor=executor,
            resume=resume,
            progress=progress,
            message="CDM",
        )
    estimates, effects = _inference(chain_data, chain, draws)
    options = {
        "selection": selection,
        "intensity": intensity,
        "innovation": list(innovation),
        "productivity": productivity,
        "prediction": prediction,
        "all_firms": all_firms,
        "firm": firm,
        "bootstrap": bootstrap,
    }
    outcome = forms.productivity.outcome.strip("`")
    result = FirmResult(
        method="cdm",
        title=title or f"R&D, innovation and {outcome}",
        description=describe(first, forms, prediction, all_firms, bootstrap),
        n=first.selection.n,
        provenance=first.selection.provenance(options, seed),
        estimates=estimates,
        effects_found=effects,
        status=selection_status(chain.selection.optimum),
        numbers=numbers(chain_data, chain, draws),
        equations=EQUATIONS,
        frames={"predictions": predictions_frame(first, forms, chain)},
        checks=checks(chain_data, chain, draws),
        warnings=(*first.messages, *exclusion_warning(first), *failed_warning(draws, bootstrap)),
        steps=first.selection.steps,
    )
    return replace(result, sentences=sentences(result, forms))


def _formulas(selection: str, intensity: str, innovation: Sequence[str], productivity: str) -> Formulas:
    listed = (innovation,) if isinstance(innovation, str) else tuple(innovation)
    if not listed:
        raise SpecError(
            "The chain needs at least one innovation equation.",
            allowed='formulas such as "product ~ size"',
            remedy="Give innovation=, a list of formulas.",
        )
    forms = [language.parse(text) for text in listed]
    added = tuple(
        f if PREDICTED_INTENSITY in f.names else language.parse(f"{f.text} + {PREDICTED_INTENSITY}") for f in forms
    )
    names = [f.outcome.strip("`") for f in added]
    clash = sorted({n for n in names if names.count(n) > 1 or n in ("selection", "intensity", "productivity")})
    if clash:
        raise SpecError(
            f"Innovation outcomes need names of their own: {offenders(clash)}.",
            where=f"innovation: {offenders(names)}",
            allowed="different names, and none of selection, intensity, productivity",
            remedy="Rename the column.",
        )
    last = language.parse(productivity)
    wanted = [predicted(n) for n in names]
    if not set(wanted) & set(last.names):
        last = language.parse(" + ".join([productivity, *(f"`{w}`" for w in wanted)]))
    return Formulas(language.parse(selection), language.parse(intensity), added, last)


def _prepare(
    forms: Formulas, data: Any, firm: str | None, conditional: bool, all_firms: bool
) -> tuple[SelectionData, ChainData]:
    """Return the first stage and the arrays of the whole chain."""
    dataset = table_of(data)
    _require_free(dataset.frame, forms)
    later = [n for f in (*forms.innovation, forms.productivity) for n in f.names if n not in forms.predictions]
    regressors = language.parse(f"{forms.selection.outcome} ~ {forms.intensity.regressors}").names
    also = tuple(dict.fromkeys((*later, *regressors, *((firm,) if firm else ()))))
    first = selection_data(forms.intensity.text, forms.selection.text, dataset, also=also)
    frame, n = first.selection.frame, first.selection.n
    every = language.materialise(language.parse(f"{forms.selection.outcome} ~ {forms.intensity.regressors}"), frame)
    require_full_rank(every.x[first.selected], every.names)
    y = np.full(n, np.nan)
    y[first.selected] = first.y
    blocks = np.arange(n) if firm is None else cluster_codes(frame, firm)
    built = ChainData(
        selected=first.selected,
        intensity=y,
        x=every.x,
        x_names=every.names,
        z=first.selection.x,
        z_names=first.selection.names,
        innovations=(),
        productivity=Stage("", y, every.x, (), ()),
        conditional=conditional,
        all_firms=all_firms,
        blocks=blocks,
    )
    return first, _later_stages(built, forms, frame)


def _later_stages(d: ChainData, forms: Formulas, frame: pd.DataFrame) -> ChainData:
    """Fill in innovation and productivity, each evaluated on the predictions of the stages before."""
    every = np.arange(len(d.selected))
    keep = every if d.all_firms else np.flatnonzero(d.selected)
    theta = fit_selection(d.intensity[d.selected], d.x[d.selected], d.z, d.selected).theta
    predictions = [predict_intensity(d, theta, every)]
    frame = frame.assign(**{PREDICTED_INTENSITY: predictions[0]})
    stages = []
    for form in forms.innovation:
        stage = _stage(form, form.outcome.strip("`"), frame, forms.predictions)
        require_binary(stage.y[keep], stage.name)
        require_full_rank(stage.x[keep], stage.names)
        require_no_perfect_predictor(stage.y[keep], stage.x[keep], stage.names)
        predictions.append(distribution(stage.x @ fit_binary(stage.y[keep], stage.x[keep]).theta, "probit"))
        stages.append(stage)
    frame = frame.assign(**dict(zip(forms.predictions, predictions, strict=True)))
    last = _stage(forms.productivity, "productivity", frame, forms.predictions)
    require_full_rank(last.x[keep], last.names)
    return replace(d, innovations=tuple(stages), productivity=last)


def _stage(form: language.ParsedFormula, name: str, frame: pd.DataFrame, predictions: tuple[str, ...]) -> Stage:
    built = language.materialise(form, frame)
    found = tuple((j, predictions.index(n)) for j, n in enumerate(built.names) if n in predictions)
    inside = [n for n in built.names if n not in predictions and any(p in n for p in predictions)]
    if inside:
        raise FormulaError(
            f"A prediction may stand in a formula only by itself: {offenders(inside)}.",
            where=repr(form.text),
            allowed=", ".join(predictions),
            remedy="Leave out transforms and interactions of predictions.",
        )
    return Stage(name, built.y, built.x, built.names, found)


def _require_free(frame: pd.DataFrame, forms: Formulas) -> None:
    taken = [p for p in forms.predictions if p in frame.columns]
    if taken:
        raise SpecError(
            f"The table already has a column {offenders(taken)}.",
            allowed="a table without the names of predictions",
            remedy="Rename the column; the chain makes its own predictions.",
        )


def _inference(d: ChainData, chain: Chain, draws: Bootstrap | None) -> tuple[Estimates, Effects]:
    names, labels = coefficient_names(d), effect_labels(d)
    kinds, of = tuple(k for k, _ in labels), tuple(n for _, n in labels)
    p = len(names)
    if draws is None:
        covariance = _stagewise(chain)
        nothing = np.full(len(labels), np.nan)
        return Estimates(names, chain.values, {"uncorrected": covariance}), Effects(
            of, chain.effects, kinds, std_errors=nothing
        )
    lower, upper = draws.percentiles()
    effects = Effects(of, chain.effects, kinds, std_errors=draws.std_errors[p:], lower=lower[p:], upper=upper[p:])
    return Estimates(names, chain.values, {"bootstrap": draws.covariance[:p, :p]}), effects


def _stagewise(chain: Chain) -> Array:
    """Return the covariances of the stages, each alone, on the diagonal."""
    hessians = [chain.selection.hessian, *(f.hessian for f in chain.innovations)]
    inverses = [inverse_information(h) for h in hessians]
    parts = [np.full(h.shape, np.nan) if v is None else v for h, v in zip(hessians, inverses, strict=True)]
    parts.append(chain.productivity.covariances["analytic"])
    full = np.zeros((sum(len(b) for b in parts),) * 2)
    at = 0
    for block in parts:
        full[at : at + len(block), at : at + len(block)] = block
        at += len(block)
    return full
