"""Whether practices are adopted together, before and after controls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from innospace.core.checks import Check
from innospace.core.document import Equation
from innospace.core.errors import DataError
from innospace.core.numbers import fixed
from innospace.core.status import Status, StatusCode
from innospace.firms.choice.binary import fit_binary, require_no_perfect_predictor
from innospace.firms.choice.bivariate_fit import BivariateFit, fit_bivariate
from innospace.firms.complementarity_cells import require_practices
from innospace.firms.design import Design, design, require_binary
from innospace.firms.estimates import Array, Effects
from innospace.firms.presentation import estimate_clause
from innospace.firms.result import CLOSED_FORM, FirmResult
from innospace.numerics.normal import log_cdf_and_mills

STARTS = (-0.5, 0.0, 0.5)


def adoption(
    practices: Sequence[str],
    data: Any,
    *,
    controls: Sequence[str] = (),
    cluster: str | None = None,
    title: str = "",
) -> FirmResult:
    """Measure how practices are adopted together.

    Parameters
    ----------
    practices : sequence of str
        Two to six 0/1 columns.
    data : Dataset, frame or mapping of arrays
    controls : sequence of str
        Terms of the formula language.
    cluster : str, optional
        Errors of the tetrachoric and conditional correlations are clustered.
    title : str, optional

    Returns
    -------
    FirmResult
        Effects by pair (``make+buy``): ``phi`` (Pearson) and ``tetrachoric`` (of the latent normals); with controls
        also ``residual_correlation`` (of the generalised residuals of probits) and ``conditional_tetrachoric`` (``rho``
        of a bivariate probit on the controls). A positive correlation given the controls is what adoption says in
        favour of complementarity; it proves none, because unobserved traits may favour both (Athey and Stern 1998).

    Raises
    ------
    SpecError, LabelError, FormulaError, DataError
        Also when two practices are never, or always, adopted together.
    """
    names = require_practices(practices)
    d = design(f"`{names[0]}` ~ {' + '.join(('1', *controls))}", data, cluster=cluster, also=names)
    columns = {p: require_binary(d.frame[p].to_numpy(dtype=np.float64), p) for p in names}
    residuals = {}
    if controls:
        for p in names:
            require_no_perfect_predictor(columns[p], d.x, d.names)
            residuals[p] = generalised_residuals(columns[p], d.x)
    found: list[tuple[str, str, float, float]] = []
    fits: list[BivariateFit] = []
    for a, b in combinations(names, 2):
        pair = f"{a}+{b}"
        _require_table(columns[a], columns[b], a, b)
        found.append((pair, "phi", *correlation(columns[a], columns[b])))
        ones = np.ones((d.n, 1))
        found.append((pair, "tetrachoric", *_rho((columns[a], columns[b]), ones, d, fits)))
        if controls:
            found.append((pair, "residual_correlation", *correlation(residuals[a], residuals[b])))
            found.append((pair, "conditional_tetrachoric", *_rho((columns[a], columns[b]), d.x, d, fits)))
    effects = Effects(
        tuple(f[0] for f in found),
        np.array([f[2] for f in found]),
        tuple(f[1] for f in found),
        std_errors=np.array([f[3] for f in found]),
        unit="correlation",
    )
    result = FirmResult(
        method="adoption",
        title=title or f"Joint adoption of {', '.join(names[:-1])} and {names[-1]}",
        description="Correlations of the adoption of practices, two by two: of the 0/1 columns (phi) and of the latent "
        "propensities (tetrachoric), and the same given the controls. Joint adoption is evidence of complementarity "
        "only as far as the controls hold what favours both.",
        n=d.n,
        provenance=d.provenance({"practices": list(names), "controls": list(controls), "cluster": cluster}),
        effects_found=effects,
        status=_status(fits),
        numbers={f"share_{p}": float(columns[p].mean()) for p in names},
        equations=(_EQUATION,),
        checks=(_inside(effects.values),),
        warnings=d.messages,
        steps=d.steps,
    )
    return _with_sentences(result, "conditional_tetrachoric" if controls else "tetrachoric")


def generalised_residuals(y: Array, x: Array) -> Array:
    """Return ``E[e | y]`` of a probit: ``phi / Phi`` where ``y = 1`` and ``-phi / (1 - Phi)`` elsewhere."""
    sign = np.where(y == 1.0, 1.0, -1.0)
    return np.asarray(sign * log_cdf_and_mills(sign * (x @ fit_binary(y, x).theta))[1])


def correlation(a: Array, b: Array) -> tuple[float, float]:
    """Return Pearson's correlation and its asymptotic standard error, whatever the joint distribution.

    The influence of a row is ``u v - r (u^2 + v^2) / 2`` in standardised columns ``u`` and ``v``.
    """
    u, v = ((c - c.mean()) / c.std() for c in (a, b))
    r = float(np.mean(u * v))
    return r, float(np.std(u * v - 0.5 * r * (u * u + v * v)) / np.sqrt(len(a)))


def _rho(y: tuple[Array, Array], x: Array, d: Design, fits: list[BivariateFit]) -> tuple[float, float]:
    fit = fit_bivariate(y, (x, x), starts=STARTS)
    fits.append(fit)
    covariance = next(iter(fit.covariances(d.clusters).values()))
    return fit.rho, float((1.0 - fit.rho**2) * np.sqrt(covariance[-1, -1]))


def _require_table(a: Array, b: Array, first: str, second: str) -> None:
    counts = {(i, j): int(np.sum((a == i) & (b == j))) for i in (1, 0) for j in (1, 0)}
    empty = [f"{first} {i}, {second} {j}" for (i, j), n in counts.items() if n == 0]
    if empty:
        raise DataError(
            f"No row has {empty[0]}, so the correlation of {first!r} and {second!r} is at its bound.",
            where="rows: " + "; ".join(f"{first} {i}, {second} {j}: {n}" for (i, j), n in counts.items()),
            allowed="rows in all four combinations of a pair",
            remedy="Merge or leave out one of the practices.",
        )


def _status(fits: Sequence[BivariateFit]) -> Status:
    bad = [f for f in fits if f.boundary or f.optimum.code is not StatusCode.CONVERGED]
    if not bad:
        return CLOSED_FORM if not fits else Status(StatusCode.CONVERGED, "Every likelihood reached its maximum.")
    remedy = "Look for a combination that hardly occurs, and use fewer controls."
    code = StatusCode.BOUNDARY if bad[0].boundary else bad[0].optimum.code
    return Status(code, "A correlation ran to its bound or was not found.", remedy, boundary=bad[0].boundary)


def _inside(values: Array) -> Check:
    return Check.at_most(
        "correlation_inside",
        float(np.max(np.abs(values))),
        0.99,
        "Largest correlation of two practices; at one they are the same practice.",
        "Merge practices that always go together.",
    )


def _with_sentences(result: FirmResult, kind: str) -> FirmResult:
    frame = result.effects()
    given = "given the controls" if kind.startswith("conditional") else "without controls"
    told = []
    for _, row in frame[frame["kind"] == kind].iterrows():
        clear = row["lower"] > 0.0 or row["upper"] < 0.0
        how = "together" if row["estimate"] > 0.0 else "apart"
        verb = f"are adopted {how}" if clear else "are not clearly adopted together or apart"
        pair = " and ".join(str(row["name"]).split("+"))
        told.append(f"{pair} {verb} {given}: correlation {estimate_clause(row)} ({fixed(result.n, 0)} firms).")
    return replace(result, sentences=tuple(told))


_EQUATION = Equation(
    "adoption",
    r"a_{ij} = 1(x_i'\beta_j + \varepsilon_{ij} > 0), \quad "
    r"\mathrm{corr}(\varepsilon_{ij}, \varepsilon_{ik}) = \rho_{jk}",
    'a_(i j) = 1(x_i\' beta_j + epsilon_(i j) > 0), quad op("corr")(epsilon_(i j), epsilon_(i k)) = rho_(j k)',
    "Adoption of two practices with correlated disturbances",
)
