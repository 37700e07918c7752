"""A frontier seen only for selected rows: log-likelihood in closed form, score and Hessian, efficiencies.

``d = 1`` where ``z'a + w > 0``; then ``S (y - x'b) = v - u`` is seen, with ``corr(w, v) = rho`` and half-normal ``u``
(Greene 2010). Greene takes the integral over ``u`` by simulation; it is a bivariate normal probability:
``ln f(e, d = 1) = ln 2 + ln phi(e / s) / s + ln Phi2(h, k; r)`` with ``s^2 = sigma_u^2 + sigma_v^2``,
``h = -e sigma_u / (sigma_v s)``, ``k = (z'a + rho sigma_v e / s^2) / D``, ``r = rho sigma_u / (s D)``,
``D^2 = 1 - rho^2 sigma_v^2 / s^2``, and ``ln Phi(-z'a)`` where ``d = 0``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from innospace.core.checks import Check
from innospace.frontier.densities import density
from innospace.frontier.densities.base import Array
from innospace.frontier.structure.arrays import Arrays
from innospace.frontier.structure.built import Built, as_it_is, limit_tests
from innospace.frontier.structure.classes import Parts
from innospace.frontier.structure.mixture import (
    HALVINGS,
    NO_INEFFICIENCY,
    SMALLEST_LOG_INEFFICIENCY,
    SMALLEST_LOG_NOISE,
)
from innospace.frontier.structure.search import Edge
from innospace.frontier.structure.spec import StructureSpec
from innospace.numerics.bivariate_normal import log_bivariate_cdf, log_bivariate_derivatives
from innospace.numerics.jets import Jet, variables
from innospace.numerics.linear import intercept_column, standardise
from innospace.numerics.maximum_likelihood import Evaluation
from innospace.numerics.normal import LOG_2PI, log_cdf_and_mills

LARGEST_ATANH = 4.0
"""``atanh rho`` beyond which the correlation counts as one (0.9993)."""
SURE = 0.999
"""Where every row has its own outcome with more than this probability the selection is separated."""
CORRELATIONS = (-0.5, 0.0, 0.5)
"""``atanh rho`` of the starts."""
FROM_LINEAR = 2.5
"""A probit's coefficients are about this times those of a linear probability."""
FEWEST_UNSELECTED = 0.02
"""Share of rows on either side of the selection below which there is a warning."""


@dataclass(frozen=True)
class Selection:
    """A frontier with sample selection, in standardised units; selected rows stand first.

    ``theta = (b, a, ln sigma_u^2, ln sigma_v^2, atanh rho)``.

    Attributes
    ----------
    y : ndarray, shape (n1,)
    x : ndarray, shape (n1, k)
    z : ndarray, shape (n, m)
    sign : float
    row_weights : ndarray, shape (n,), or None
    """

    y: Array
    x: Array
    z: Array
    sign: float
    row_weights: Array | None

    def split(self, theta: Array) -> tuple[Array, Array, float, float, float]:
        """Cut ``theta`` into residuals of the selected rows, the index of all rows, and three numbers."""
        k = self.x.shape[1]
        e = self.sign * (self.y - self.x @ theta[:k])
        a, b, t = theta[-3:]
        return e, self.z @ theta[k:-3], float(a), float(b), float(t)

    def selected(self, theta: Array) -> Jet:
        """Return ``ln f`` of the selected rows, by residual, index and the three numbers."""
        e, index, *numbers = self.split(theta)
        n = len(e)
        e_, a_, lnu, lnv, t = variables([e, index[:n], *(np.full(n, v) for v in numbers)])
        s2 = lnu.exp() + lnv.exp()
        rho = t.through(np.tanh(t.value), 1.0 / np.cosh(t.value) ** 2, -2.0 * np.tanh(t.value) / np.cosh(t.value) ** 2)
        su, sv = lnu.times(0.5).exp(), lnv.times(0.5).exp()
        inverse = s2.power(-1.0)
        half = s2.power(-0.5)
        # 1 - rho^2 sigma_v^2 / s^2 = (sigma_u^2 + (1 - rho^2) sigma_v^2) / s^2, without cancellation
        sech2 = t.through(1.0 / np.cosh(t.value) ** 2, *_sech2_slopes(t.value))
        over = ((su * su + sech2 * sv * sv) * inverse).power(-0.5)
        h = (e_ * su * half * lnv.times(-0.5).exp()).times(-1.0)
        k = (a_ + rho * sv * e_ * inverse) * over
        r = rho * su * half * over
        cdf = _log_cdf(h, k, r)
        constant = np.log(2.0) - 0.5 * LOG_2PI
        gauss = s2.log().times(-0.5) + (e_ * e_ * inverse).times(-0.5)
        whole = gauss + cdf
        return Jet(whole.value + constant, whole.first, whole.second)

    def _rest(self, theta: Array) -> tuple[Array, Array, Array]:
        """Return ``ln Phi(-z'a)`` of the other rows and its derivatives by the index."""
        index = self.split(theta)[1][len(self.y) :]
        value, mills = log_cdf_and_mills(-index)
        return value, -mills, -mills * (mills - index)

    def evaluate(self, theta: Array) -> Evaluation:
        """Return value, score, shape (p,), and Hessian, shape (p, p)."""
        n1, k, m = len(self.y), self.x.shape[1], self.z.shape[1]
        w = np.ones(len(self.z)) if self.row_weights is None else self.row_weights
        with np.errstate(all="ignore"):
            jet, (value, slope, curve) = self.selected(theta), self._rest(theta)
            total = float(w[:n1] @ jet.value + w[n1:] @ value)
            hessian = np.zeros((len(theta), len(theta)))
            designs = self._designs()
            ends = np.cumsum([d.shape[1] for d in designs])
            places = [slice(end - d.shape[1], end) for end, d in zip(ends, designs, strict=True)]
            for i, left in enumerate(designs):
                for j, right in enumerate(designs):
                    hessian[places[i], places[j]] = left.T @ (right * (w[:n1] * jet.second[:, i, j])[:, None])
            others = self.z[n1:]
            hessian[k : k + m, k : k + m] += others.T @ (others * (w[n1:] * curve)[:, None])
            return total, self._scores(jet.first, slope).T @ w, hessian

    def _designs(self) -> list[Array]:
        one = np.ones((len(self.y), 1))
        return [-self.sign * self.x, self.z[: len(self.y)], one, one, one]

    def _scores(self, first: Array, slope: Array) -> Array:
        n1, k, m = len(self.y), self.x.shape[1], self.z.shape[1]
        found = np.zeros((len(self.z), k + m + 3))
        found[:n1] = np.column_stack([first[:, j, None] * d for j, d in enumerate(self._designs())])
        found[n1:, k : k + m] = slope[:, None] * self.z[n1:]
        return found

    def scores(self, theta: Array) -> Array:
        """Return the score of each row, without weights, shape (n, p)."""
        return self._scores(self.selected(theta).first, self._rest(theta)[1])

    def edge(self, theta: Array) -> Edge | None:
        """Return the limit that ``theta`` has reached, or None."""
        _, index, lnu, lnv, t = self.split(theta)
        p = len(theta)
        observed = np.where(np.arange(len(index)) < len(self.y), index, -index)
        if np.all(observed > 3.1):  # Phi(3.1) = 0.999
            return Edge("index_unbounded")
        if lnv < SMALLEST_LOG_NOISE:
            return Edge("gamma_one", {p - 2: SMALLEST_LOG_NOISE})
        # once it is held there, other limits may be met
        if NO_INEFFICIENCY < lnu < SMALLEST_LOG_INEFFICIENCY:
            return Edge("sigma_u_zero", {p - 3: NO_INEFFICIENCY})
        if abs(t) > LARGEST_ATANH:
            return Edge("rho_one", {p - 1: float(np.copysign(LARGEST_ATANH + 1.0, t))})
        return None

    def efficiencies(self, theta: Array, unit: float, level: float) -> dict[str, Array]:
        """Return ``E[exp(-u) | e, selected]`` with its interval, shape (n,); missing where nothing is seen.

        Given the residual ``u`` and ``w`` are jointly normal, truncated to ``u > 0`` and ``w > -z'a``:
        ``TE = exp(-m + t^2 / 2) Phi2(h - t, k - r t; r) / Phi2(h, k; r)``, ``t`` the deviation of ``u`` given ``e``.
        """
        e, index, lnu, lnv, t = self.split(theta)
        su2, sv2, rho = np.exp(lnu), np.exp(lnv), np.tanh(t)
        s2 = su2 + sv2
        over = 1.0 / np.sqrt((su2 + sv2 / np.cosh(t) ** 2) / s2)
        k = (index[: len(e)] + rho * np.sqrt(sv2) * e / s2) * over
        r = np.full(len(e), rho * np.sqrt(su2 / s2) * over)
        h, scale = -e * np.sqrt(su2 / (sv2 * s2)), unit * np.sqrt(su2 * sv2 / s2)
        base = log_bivariate_cdf(h, k, r)
        te = np.exp(-h * scale + 0.5 * scale**2 + log_bivariate_cdf(h - scale, k - r * scale, r) - base)
        tail = 0.5 * (1.0 - level)
        bounds = []
        for upper in (tail, 1.0 - tail):
            low, high = np.zeros(len(e)), np.maximum(h, 0.0) + 40.0
            for _ in range(HALVINGS):
                middle = 0.5 * (low + high)
                above = log_bivariate_cdf(h - middle, k, r) - base > np.log(upper)
                low, high = np.where(above, middle, low), np.where(above, high, middle)
            bounds.append(np.exp(-scale * 0.5 * (low + high)))
        rest = np.full(len(self.z) - len(e), np.nan)
        names = ("te", "te_lower", "te_upper")
        return {name: np.concatenate((v, rest)) for name, v in zip(names, (te, *bounds), strict=True)}


def _sech2_slopes(t: Array) -> tuple[Array, Array]:
    """Return the first two derivatives of ``1 - tanh^2 t``."""
    tanh, sech2 = np.tanh(t), 1.0 / np.cosh(t) ** 2
    return -2.0 * tanh * sech2, sech2 * (4.0 * tanh * tanh - 2.0 * sech2)


def _log_cdf(h: Jet, k: Jet, r: Jet) -> Jet:
    """Return ``ln Phi2(h, k; r)``."""
    d = log_bivariate_derivatives(h.value, k.value, r.value)
    slopes = {0: d.d1, 1: d.d2, 2: d.dr}
    curves = {(0, 0): d.d11, (0, 1): d.d12, (1, 1): d.d22, (0, 2): d.d1r, (1, 2): d.d2r, (2, 2): d.drr}
    arguments = (h, k, r)
    first = sum(slopes[i][:, None] * a.first for i, a in enumerate(arguments))
    second = sum(slopes[i][:, None, None] * a.second for i, a in enumerate(arguments))
    for i, a in enumerate(arguments):
        for j, b in enumerate(arguments):
            curve = curves[min(i, j), max(i, j)]
            second = second + curve[:, None, None] * (a.first[:, :, None] * b.first[:, None, :])
    return Jet(d.value, np.asarray(first), np.asarray(second))


def selection(spec: StructureSpec, arrays: Arrays, _seed: int) -> Built:
    """Return a frontier that is seen for selected rows only, on these arrays."""
    n1 = len(arrays.y)
    w = arrays.weights
    own = replace(arrays, parts={}, weights=None if w is None else w[:n1], kept=arrays.kept[:n1])
    p, whole = Parts(spec, own), arrays.parts["select"]
    select = standardise(whole[0], w)
    beta = p.frontier()
    p.layout.index("select", whole[1], select.back)
    p.parameter("u")
    p.parameter("v")
    # the correlation is with noise as the outcome has it, also where a cost frontier turns the residual
    rho = p.layout.add(("atanh_rho",), np.array([[arrays.sign]]), np.zeros(1))
    likelihood = Selection(p.standard.y, p.standard.x, select.matrix, arrays.sign, w)
    d = (np.arange(arrays.n) < n1).astype(np.float64)
    index = FROM_LINEAR * np.linalg.lstsq(likelihood.z, d, rcond=None)[0]
    constant = intercept_column(likelihood.z)
    if constant is not None:
        index[constant] -= 0.5 * FROM_LINEAR / likelihood.z[0, constant]
    starts = [
        np.concatenate((b, index, [o["lnsigma_u2"], o["lnsigma_v2"], t]))
        for b, o in p.guesses(density("half_normal"))
        for t in CORRELATIONS
    ]
    size = len(p.layout.names)
    without = Edge("sigma_u_zero", {size - 3: NO_INEFFICIENCY})
    none = np.concatenate((np.zeros(len(beta)), index, [NO_INEFFICIENCY, 0.0, 0.0]))
    limits = [(without, none)]
    unit, law = p.standard.unit, density("half_normal")

    def numbers(theta: Array) -> dict[str, float]:
        lnu, lnv, t = theta[-3:]
        su = 0.0 if lnu <= NO_INEFFICIENCY else float(np.exp(0.5 * lnu)) * unit
        return {
            "sigma_u": su,
            "sigma_v": float(np.exp(0.5 * lnv)) * unit,
            "rho": float(np.tanh(arrays.sign * t)),
            "expected_efficiency": float(law.mean_efficiency((np.asarray(lnu + 2.0 * np.log(unit)),))),
            "selected_share": n1 / arrays.n,
        }

    return Built(
        likelihood,
        p.layout,
        lambda: starts,
        limits,
        as_it_is,
        0.5 * p.standard.log_unit_squared * own.total_weight,
        lambda theta, level: likelihood.efficiencies(theta, unit, level),
        numbers,
        lambda _: (
            Check.at_least(
                "smallest_side",
                min(n1, arrays.n - n1) / arrays.n,
                FEWEST_UNSELECTED,
                "Share of the rows on the smaller side of the selection.",
                "With hardly any rows on one side the selection cannot be told: leave it out.",
            ),
        ),
        limit_tests(likelihood, starts, limits, ("no_selection", "rho = 0", rho)),
    )
