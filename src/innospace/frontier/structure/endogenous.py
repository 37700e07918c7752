"""A frontier with endogenous regressors: joint log-likelihood with their reduced form, score and Hessian.

``x_e = Z d + r``, ``r ~ N(0, Omega)``; ``S (y - x'b - r'h) = v - u`` with ``v`` independent of ``r`` (Karakaplan and
Kutlu 2017). ``ln L_i = ln f(e_i) + sum_j ln L_jj - |L r_i|^2 / 2 - p ln(2 pi) / 2``, ``Omega^-1 = L'L``. Regressors are
exogenous where ``h = 0``; regressors of ``ln sigma_u^2`` may be endogenous too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from innospace.core.checks import Check
from innospace.frontier.densities import Law, density
from innospace.frontier.densities.base import Array
from innospace.frontier.likelihood import Problem, evaluate, scores, split
from innospace.frontier.starts import ordinary_least_squares, two_starts
from innospace.frontier.structure.arrays import Arrays
from innospace.frontier.structure.built import Built, as_it_is, limit_tests
from innospace.frontier.structure.classes import Parts
from innospace.frontier.structure.mixture import (
    NO_INEFFICIENCY,
    SMALLEST_LOG_INEFFICIENCY,
    SMALLEST_LOG_NOISE,
    Component,
    Mixture,
    efficiencies,
    expected_efficiency,
)
from innospace.frontier.structure.search import Edge
from innospace.frontier.structure.spec import StructureSpec
from innospace.numerics.linear import standardise
from innospace.numerics.maximum_likelihood import Evaluation
from innospace.numerics.normal import LOG_2PI

STRONG = 10.0
"""First-stage F statistic from which instruments count as strong (Staiger and Stock 1997)."""


@dataclass(frozen=True)
class Endogenous:
    """A frontier and the reduced form of its endogenous regressors, in standardised units.

    ``theta = (b, parameters of the law, h, d_1 .. d_p, L by rows)``; the diagonal of ``L`` in logarithms.

    Attributes
    ----------
    problem : Problem
        The frontier; without the control function.
    w : ndarray, shape (n, p)
        Endogenous regressors.
    z : ndarray, shape (n, m)
        Instruments, exogenous regressors among them.
    row_weights : ndarray, shape (n,), or None
    """

    problem: Problem
    w: Array
    z: Array
    row_weights: Array | None

    @property
    def own(self) -> int:
        """Parameters of the frontier and its law."""
        return int(self.problem.places()[-1].stop)

    def cut(self, theta: Array) -> tuple[Array, Array, Array, Array]:
        """Return frontier, control function, shape (p,), reduced-form residuals, shape (n, p), and ``L``."""
        p, m = self.w.shape[1], self.z.shape[1]
        own, h, d, lower = np.split(theta, np.cumsum([self.own, p, p * m]))
        triangle = np.zeros((p, p))
        triangle[np.tril_indices(p)] = lower
        np.fill_diagonal(triangle, np.exp(np.diag(triangle)))
        return own, h, self.w - self.z @ d.reshape(p, m).T, triangle

    def controlled(self, theta: Array) -> tuple[Problem, Array]:
        """Return the frontier with residuals of the reduced form among its regressors, and its parameters."""
        own, h, r, _ = self.cut(theta)
        k = self.problem.k
        extended = replace(self.problem, x=np.column_stack((self.problem.x, r)), weights=self.row_weights)
        return extended, np.concatenate((own[:k], h, own[k:]))

    def evaluate(self, theta: Array) -> Evaluation:
        """Return value, score, shape (p,), and Hessian, shape (p, p)."""
        with np.errstate(all="ignore"):
            return self._evaluate(theta)

    def _evaluate(self, theta: Array) -> Evaluation:
        k, p, m, n = self.problem.k, self.w.shape[1], self.z.shape[1], len(self.z)
        w = np.ones(n) if self.row_weights is None else self.row_weights
        _, h, r, lower = self.cut(theta)
        extended, parameters = self.controlled(theta)
        beta, own = split(extended, parameters)
        e = extended.sign * (extended.y - extended.x @ beta)
        law = extended.density.evaluate(e, own)
        # the frontier sees d through e alone: de/dd_j = S h_j Z; its own derivatives stand in the joint order
        value, inner, curve = evaluate(extended, parameters)
        order = np.concatenate((np.arange(k), np.arange(self.own, self.own + p), np.arange(k, self.own)))
        gradient, hessian = np.zeros(len(theta)), np.zeros((len(theta), len(theta)))
        gradient[order] = inner
        hessian[np.ix_(order, order)] = curve
        first = self.own + p
        by = extended.sign * h
        count = len(own)
        designs = [-extended.sign * extended.x] + [np.ones((n, 1)) if d is None else d for d in extended.designs]
        inside = np.column_stack(
            [w[:, None] * s[:, None] * d for s, d in zip(_mixed(law.second, count, n), designs, strict=True)]
        )
        cross = self.z.T @ inside
        slope = self.z.T @ (w * law.first[0])
        bend = self.z.T @ (self.z * (w * law.second[0])[:, None])
        for j in range(p):
            at = slice(first + j * m, first + (j + 1) * m)
            gradient[at] += by[j] * slope
            hessian[at, order] += by[j] * cross
            hessian[at, self.own + j] += extended.sign * slope
            hessian[order, at] = hessian[at, order].T
            for i in range(p):
                hessian[at, first + i * m : first + (i + 1) * m] += by[j] * by[i] * bend
        return self._reduced_form(w, r, lower, first, (value, gradient, hessian))

    def _reduced_form(self, w: Array, r: Array, lower: Array, first: int, so_far: Evaluation) -> Evaluation:
        """Add the log-density of the reduced form and its derivatives."""
        value, gradient, hessian = so_far
        p, m = r.shape[1], self.z.shape[1]
        t = r @ lower.T
        value += float(w.sum()) * (float(np.log(np.diag(lower)).sum()) - 0.5 * p * LOG_2PI) - 0.5 * float(
            w @ (t * t).sum(axis=1)
        )
        for i, slopes in enumerate(self._slopes(r, lower, first, len(gradient))):
            gradient -= slopes.T @ (w * t[:, i])
            hessian -= slopes.T @ (slopes * w[:, None])
            weighted = w * t[:, i]
            for j in range(i + 1):
                at = slice(first + j * m, first + (j + 1) * m)
                place = first + p * m + i * (i + 1) // 2 + j
                change = (lower[i, i] if i == j else 1.0) * (self.z.T @ weighted)
                hessian[at, place] += change
                hessian[place, at] += change
                if i == j:
                    gradient[place] += float(w.sum())
                    hessian[place, place] -= lower[i, i] * float(weighted @ r[:, i])
        return value, gradient, hessian

    def _slopes(self, r: Array, lower: Array, first: int, size: int) -> list[Array]:
        """Return derivatives of ``(L r)_i``, shape (n, size) for each i."""
        p, m = r.shape[1], self.z.shape[1]
        found = []
        for i in range(p):
            slopes = np.zeros((len(r), size))
            for j in range(i + 1):
                slopes[:, first + j * m : first + (j + 1) * m] = -lower[i, j] * self.z
                place = first + p * m + i * (i + 1) // 2 + j
                slopes[:, place] = r[:, j] * (lower[i, i] if i == j else 1.0)
            found.append(slopes)
        return found

    def scores(self, theta: Array) -> Array:
        """Return the score of each row, without weights, shape (n, p)."""
        k, p, m = self.problem.k, self.w.shape[1], self.z.shape[1]
        _, h, r, lower = self.cut(theta)
        extended, parameters = self.controlled(theta)
        beta, own = split(extended, parameters)
        e = extended.sign * (extended.y - extended.x @ beta)
        slope = extended.density.evaluate(e, own).first[0]
        first = self.own + p
        found = np.zeros((len(r), len(theta)))
        order = np.concatenate((np.arange(k), np.arange(self.own, first), np.arange(k, self.own)))
        found[:, order] = scores(extended, parameters)
        t = r @ lower.T
        for i, slopes in enumerate(self._slopes(r, lower, first, len(theta))):
            found -= slopes * t[:, i, None]
            found[:, first + i * m : first + (i + 1) * m] += extended.sign * h[i] * slope[:, None] * self.z
            found[:, first + p * m + i * (i + 1) // 2 + i] += 1.0
        return found

    def edge(self, theta: Array) -> Edge | None:
        """Return the limit that ``theta`` has reached, or None."""
        own = dict(zip(self.problem.density.parameters, split(self.problem, theta[: self.own])[1], strict=True))
        if np.max(own["lnsigma_v2"]) < SMALLEST_LOG_NOISE:
            return Edge("gamma_one", self.mixture().pins(0, "lnsigma_v2", SMALLEST_LOG_NOISE))
        if np.max(own["lnsigma_u2"]) < SMALLEST_LOG_INEFFICIENCY:
            return Edge("sigma_u_zero", self.mixture().pins(0, "lnsigma_u2", NO_INEFFICIENCY))
        return None

    def mixture(self, problem: Problem | None = None) -> Mixture:
        """Return the frontier as a mixture of one class."""
        one = self.problem if problem is None else problem
        size = int(one.places()[-1].stop)
        component = Component(one.density, one, np.arange(size))
        return Mixture((component,), np.ones((one.n, 1)), (), self.row_weights, size)


def _mixed(second: tuple[Array, ...], count: int, n: int) -> list[Array]:
    """Return second derivatives by the residual and each argument: itself, then the parameters; shape (n,) each."""
    return [np.broadcast_to(s, n) for s in second[: count + 1]]


def endogenous(spec: StructureSpec, arrays: Arrays, _seed: int) -> Built:
    """Return a frontier with endogenous regressors, on these arrays."""
    p, law = Parts(spec, arrays), density(spec.inefficiency)
    (outcomes, names), (instruments, columns) = arrays.parts["endogenous"], arrays.parts["instruments"]
    w = arrays.weights
    made = standardise(instruments, w)
    root = np.ones(arrays.n) if w is None else np.sqrt(w)
    fitted = np.linalg.lstsq(made.matrix * root[:, None], outcomes * root[:, None], rcond=None)[0]
    r = outcomes - made.matrix @ fitted
    units = np.sqrt(np.average(r * r, axis=0, weights=w))
    r = r / units
    p.frontier()
    p.parameter("u")
    p.parameter("v")
    unit, count = p.standard.unit, len(names)
    eta = p.layout.add(tuple(f"eta:{n}" for n in names), np.diag(unit / units), np.zeros(count))
    for j, name in enumerate(names):
        p.layout.add(tuple(f"{name}:{c}" for c in columns), units[j] * made.back, made.back @ fitted[:, j])
    for i in range(count):
        for j in range(i + 1):
            if i == j:
                p.layout.add((f"lnprecision_{i + 1}",), np.ones((1, 1)), np.array([-np.log(units[i])]))
            else:
                p.layout.add((f"precision_{i + 1}{j + 1}",), np.ones((1, 1)) / units[j], np.zeros(1))
    likelihood = Endogenous(p.problem(law), r, made.matrix, w)
    starts = _starts(p, law, likelihood)
    none = Edge("sigma_u_zero", likelihood.mixture().pins(0, "lnsigma_u2", NO_INEFFICIENCY))
    limits = [(none, starts[0])]

    def rows(theta: Array, level: float) -> dict[str, Array]:
        problem, parameters = likelihood.controlled(theta)
        values = efficiencies(likelihood.mixture(problem), parameters, unit, level)
        return {"te": values.te, "te_lower": values.te_lower, "te_upper": values.te_upper}

    def numbers(theta: Array) -> dict[str, float]:
        own = likelihood.mixture().parameters(theta[: likelihood.own], 0)
        found = {}
        for name in ("u", "v"):
            value = own[f"lnsigma_{name}2"]
            gone = float(np.max(value)) < NO_INEFFICIENCY + 1.0
            found[f"sigma_{name}"] = 0.0 if gone else float(np.mean(np.exp(0.5 * value))) * unit
        found["expected_efficiency"] = expected_efficiency(likelihood.mixture(), theta[: likelihood.own], unit)
        return found | {"first_stage_f": strength}

    strength = _strength(arrays, names, root)
    shift = (0.5 * p.standard.log_unit_squared + float(np.log(units).sum())) * arrays.total_weight
    null = f"{', '.join(names)} exogenous"
    return Built(
        likelihood,
        p.layout,
        lambda: starts,
        limits,
        as_it_is,
        shift,
        rows,
        numbers,
        lambda _: (
            Check.at_least(
                "instruments_strength",
                strength,
                STRONG,
                "Smallest first-stage F statistic of the instruments that the frontier does not have.",
                "Weak instruments bias estimates towards those without them: look for better ones.",
            ),
        ),
        limit_tests(likelihood, starts, limits, ("exogeneity", null, eta)),
    )


def _starts(p: Parts, law: Law, likelihood: Endogenous) -> list[Array]:
    """Return starts: the frontier with reduced-form residuals among its regressors, least squares for the rest."""
    r, count = likelihood.w, likelihood.w.shape[1]
    simple = Problem(p.standard.y, np.column_stack((p.standard.x, r)), p.arrays.sign, law, p.arrays.weights)
    k = p.standard.x.shape[1]
    covariance = np.atleast_2d(np.cov(r.T, aweights=p.arrays.weights, bias=True))
    lower = np.linalg.inv(np.linalg.cholesky(covariance))
    triangle = [np.log(lower[i, i]) if i == j else lower[i, j] for i in range(count) for j in range(i + 1)]
    found = []
    for theta in two_starts(simple, ordinary_least_squares(simple)):
        own = dict(zip(law.parameters, theta[k + count :], strict=True))
        parts = (theta[:k], p.level("u", own["lnsigma_u2"]), p.level("v", own["lnsigma_v2"]))
        found.append(np.concatenate((*parts, theta[k : k + count], np.zeros(count * likelihood.z.shape[1]), triangle)))
    return found


def _strength(arrays: Arrays, names: tuple[str, ...], root: Array) -> float:
    """Return the smallest F statistic of the excluded instruments over the endogenous regressors."""
    outcomes, (z, columns) = arrays.parts["endogenous"][0], arrays.parts["instruments"]
    own = {*arrays.names, *arrays.parts.get("u", (None, ()))[1]}
    included = z[:, [c in own for c in columns]] * root[:, None]
    full = z * root[:, None]
    added = full.shape[1] - included.shape[1]
    found = []
    for j in range(len(names)):
        target = outcomes[:, j] * root
        long = float(np.sum((target - full @ np.linalg.lstsq(full, target, rcond=None)[0]) ** 2))
        short = target
        if included.shape[1]:
            short = target - included @ np.linalg.lstsq(included, target, rcond=None)[0]
        gain = float(short @ short) - long
        found.append((gain / added) / (long / (len(root) - full.shape[1])))
    return float(min(found))
