"""The chain of Crépon, Duguet and Mairesse on arrays: selection and intensity, innovation, productivity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from innospace.core.errors import SolverError
from innospace.core.status import StatusCode
from innospace.firms.choice.binary import BinaryFit, average_effects, distribution, fit_binary
from innospace.firms.estimates import Array, Integers
from innospace.firms.least_squares import LinearFit, fit_linear
from innospace.firms.selection_likelihood import Booleans, SelectionFit, fit_selection
from innospace.numerics.bootstrap import resampled_rows
from innospace.numerics.normal import log_cdf_and_mills


@dataclass(frozen=True, slots=True)
class Stage:
    """One equation that uses predictions of earlier ones.

    Attributes
    ----------
    name : str
    y : ndarray, shape (n,)
    x : ndarray, shape (n, k)
        Columns of predictions are overwritten.
    names : tuple of str
        Length k.
    predicted : tuple of (int, int)
        Column of ``x`` and number of the prediction that fills it: 0 intensity, 1 the first innovation, and so on.
    """

    name: str
    y: Array
    x: Array
    names: tuple[str, ...]
    predicted: tuple[tuple[int, int], ...]

    def filled(self, rows: Integers, predictions: Sequence[Array]) -> Array:
        """Return the regressors of some rows with the predictions of these rows in place."""
        x = self.x[rows]
        for column, which in self.predicted:
            x[:, column] = predictions[which]
        return x


@dataclass(frozen=True, slots=True)
class ChainData:
    """Arrays of every stage, all over the same n rows.

    Attributes
    ----------
    selected : ndarray of bool, shape (n,)
    intensity : ndarray, shape (n,)
        NaN where not selected.
    x : ndarray, shape (n, k)
        Regressors of intensity, for all rows.
    x_names : tuple of str
    z : ndarray, shape (n, m)
        Regressors of selection.
    z_names : tuple of str
    innovations : tuple of Stage
    productivity : Stage
    conditional : bool
        Predict intensity given selection or not, rather than its latent mean ``x'b``.
    all_firms : bool
        Whether later stages use all rows or the selected only.
    blocks : ndarray of int, shape (n,)
        Firms, 0 to G - 1.
    start : ndarray or None
        Where the likelihood of selection is searched from.
    """

    selected: Booleans
    intensity: Array
    x: Array
    x_names: tuple[str, ...]
    z: Array
    z_names: tuple[str, ...]
    innovations: tuple[Stage, ...]
    productivity: Stage
    conditional: bool
    all_firms: bool
    blocks: Integers
    start: Array | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """Fits of all stages.

    Attributes
    ----------
    selection : SelectionFit
    innovations : tuple of BinaryFit
    productivity : LinearFit
    predictions : tuple of ndarray, shape (n,)
        Intensity, then each innovation, for all rows.
    effects : ndarray, shape (e,)
        In the order of :func:`effect_labels`.
    """

    selection: SelectionFit
    innovations: tuple[BinaryFit, ...]
    productivity: LinearFit
    predictions: tuple[Array, ...]
    effects: Array

    @property
    def values(self) -> Array:
        """Coefficients of all stages, selection first, as :func:`coefficient_names` names them."""
        return np.concatenate([self.selection.theta, *(f.theta for f in self.innovations), self.productivity.theta])


def predict_intensity(d: ChainData, theta: Array, rows: Integers) -> Array:
    """Return predicted intensity of some rows: latent ``x'b``, or given that the row is selected or is not."""
    k, m = d.x.shape[1], d.z.shape[1]
    latent = d.x[rows] @ theta[:k]
    if not d.conditional:
        return latent
    sign = np.where(d.selected[rows], 1.0, -1.0)
    mills = log_cdf_and_mills(sign * (d.z[rows] @ theta[k : k + m]))[1]
    return np.asarray(latent + np.tanh(theta[-2]) * np.exp(theta[-1]) * sign * mills)


def fit_chain(d: ChainData, rows: Integers | None = None) -> Chain:
    """Fit every stage on some rows (all when not given), each on the predictions of those before.

    Raises
    ------
    DataError
        Perfect separation in a probit.
    numpy.linalg.LinAlgError
        Regressors are collinear in these rows.
    """
    every = np.arange(len(d.selected)) if rows is None else rows
    selected = d.selected[every]
    seen = every[selected]
    first = fit_selection(d.intensity[seen], d.x[seen], d.z[every], selected, d.start)
    predictions = [predict_intensity(d, first.theta, every)]
    keep = np.ones(len(every), dtype=bool) if d.all_firms else selected
    innovations, marginal = [], []
    for stage in d.innovations:
        x = stage.filled(every, predictions)
        fit = fit_binary(stage.y[every][keep], x[keep])
        predictions.append(distribution(x @ fit.theta, "probit"))
        marginal.append(_marginal(x[keep], stage, fit.theta))
        innovations.append(fit)
    x = d.productivity.filled(every, predictions)
    last = fit_linear(d.productivity.y[every][keep], x[keep])
    effects = np.concatenate([*marginal, _through(d, marginal, last.theta)])
    return Chain(first, tuple(innovations), last, tuple(predictions), effects)


def _marginal(x: Array, stage: Stage, theta: Array) -> Array:
    found = average_effects(x, stage.names, theta, "probit")
    return np.array([v for v, kind in zip(found.values, found.kinds, strict=True) if kind == "average_marginal_effect"])


def _shown(stage: Stage) -> list[str]:
    return [n for n in stage.names if n != "Intercept"]


def _ways(d: ChainData) -> list[tuple[str, int]]:
    """Return the ways from R&D intensity to productivity that the equations allow: name and prediction."""
    there = {which for _, which in d.productivity.predicted}
    ways = [(f"through {s.name}", i) for i, s in enumerate(d.innovations, start=1) if i in there and _intensity(s)]
    return [*ways, *([("direct", 0)] if 0 in there else [])]


def _intensity(stage: Stage) -> str:
    """Return the name of the column of predicted intensity; empty when there is none."""
    return next((stage.names[column] for column, which in stage.predicted if which == 0), "")


def _through(d: ChainData, marginal: list[Array], theta: Array) -> Array:
    """Return what one unit of R&D intensity does to productivity, by way and in all."""
    columns = {which: column for column, which in d.productivity.predicted}
    parts = []
    for _, which in _ways(d):
        slope = 1.0
        if which:
            stage = d.innovations[which - 1]
            slope = float(marginal[which - 1][_shown(stage).index(_intensity(stage))])
        parts.append(slope * float(theta[columns[which]]))
    return np.array([*parts, sum(parts)])


def effect_labels(d: ChainData) -> list[tuple[str, str]]:
    """Return kind and name of every effect."""
    marginal = [("average_marginal_effect", f"{s.name}: {n}") for s in d.innovations for n in _shown(s)]
    return [*marginal, *(("rd_on_productivity", w) for w in (*(name for name, _ in _ways(d)), "total"))]


def coefficient_names(d: ChainData) -> tuple[str, ...]:
    """Return ``{stage}: {regressor}`` for every coefficient; intensity and selection come first."""
    names = [f"intensity: {n}" for n in d.x_names] + [f"selection: {n}" for n in d.z_names]
    names += ["intensity: athrho", "intensity: ln_sigma"]
    for stage in (*d.innovations, d.productivity):
        names += [f"{stage.name}: {n}" for n in stage.names]
    return tuple(names)


def chain_statistic(d: ChainData, counts: Integers) -> Array:
    """Return coefficients and effects of one draw of firms; for :func:`innospace.numerics.bootstrap.block_bootstrap`.

    Raises
    ------
    SolverError
        The likelihood of selection has no maximum inside in this draw.
    """
    chain = fit_chain(d, resampled_rows(d.blocks, counts)[0])
    if chain.selection.optimum.code is not StatusCode.CONVERGED:
        raise SolverError("The selection model has no maximum inside.")
    return np.concatenate([chain.values, chain.effects])
