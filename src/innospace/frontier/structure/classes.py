"""Mixtures by name: zero inefficiency, latent classes, contaminated noise; starts, limits, and the order of classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from innospace.core.checks import Check
from innospace.frontier.densities import Law, NoInefficiency, density
from innospace.frontier.densities.base import Array
from innospace.frontier.hypothesis_tests import TestResult, mixed_chi2_sf
from innospace.frontier.likelihood import Problem
from innospace.frontier.spec import PARTS
from innospace.frontier.starts import ordinary_least_squares, two_starts
from innospace.frontier.structure.arrays import Arrays, Layout, standardised
from innospace.frontier.structure.built import Built, Settle, as_it_is
from innospace.frontier.structure.mixture import (
    NO_INEFFICIENCY,
    Component,
    Mixture,
    efficiencies,
    expected_efficiency,
)
from innospace.frontier.structure.search import Edge, climb
from innospace.frontier.structure.spec import StructureSpec
from innospace.numerics.linear import intercept_column

SHARES = (0.1, 0.3, 0.6)
"""Shares of the second class in the starts of mixtures of two."""
RANDOM_STARTS = 4
"""Random divisions of the rows among the starts of latent classes."""
SMALLEST_POSTERIOR = 1e-12
"""Posterior below which classes are not held apart any further when their labels are matched."""
SMALLEST_CLASS = 0.02
"""Share of the rows below which a class is called small."""
WIDER = np.log(16.0)
"""How much more variance, in logarithms, contaminated rows have in the starts."""


class Parts:
    """Adds parameters of densities to a layout and makes components from them."""

    def __init__(self, spec: StructureSpec, arrays: Arrays) -> None:
        self.spec, self.arrays = spec, arrays
        self.standard = standardised(arrays)
        self.layout = Layout(self.standard.log_unit_squared)

    def frontier(self, suffix: str = "") -> NDArray[np.int64]:
        """Add a frontier."""
        return self.layout.frontier(tuple(f"{n}{suffix}" for n in self.arrays.names), self.standard)

    def parameter(self, part: str, suffix: str = "") -> NDArray[np.int64]:
        """Add ``ln sigma_u^2`` or ``ln sigma_v^2``: a number, or an index of the part's regressors."""
        name = f"{PARTS[part]}{suffix}"
        if part not in self.arrays.parts:
            return self.layout.number(name, self.standard.log_unit_squared)
        return self.layout.index(name, self.arrays.parts[part][1], self.standard.parts[part][1])

    def logits(self, name: str) -> NDArray[np.int64]:
        """Add the coefficients of a class probability."""
        if "class" not in self.arrays.parts:
            return self.layout.number(name, 0.0)
        return self.layout.index(name, self.arrays.parts["class"][1], self.standard.parts["class"][1])

    @property
    def q(self) -> Array:
        """Regressors of the class probabilities, standardised."""
        return self.standard.parts["class"][0] if "class" in self.arrays.parts else np.ones((self.arrays.n, 1))

    def problem(self, law: Law, weights: Array | None = None) -> Problem:
        """Return the arrays of a class."""
        s = self.standard
        part_of = {name: part for part, name in PARTS.items()}
        z = tuple(s.parts[part_of[p]][0] if part_of[p] in s.parts else None for p in law.parameters)
        indexed = any(d is not None for d in z)
        shift = (-s.log_unit_squared,) * len(z) if indexed else ()
        return Problem(s.y, s.x, self.arrays.sign, law, weights, z if indexed else (), shift)

    def component(self, law: Law, *places: NDArray[np.int64]) -> Component:
        """Return a class whose coefficients stand at these places."""
        return Component(law, self.problem(law), np.concatenate(places))

    def guesses(self, law: Law, weights: Array | None = None) -> list[tuple[Array, dict[str, float]]]:
        """Return two starts of one frontier: coefficients, and parameters by name."""
        simple = Problem(self.standard.y, self.standard.x, self.arrays.sign, law, weights)
        found = two_starts(simple, ordinary_least_squares(simple))
        k = simple.k
        return [(t[:k], dict(zip(law.parameters, t[k:], strict=True))) for t in found]

    def level(self, part: str, value: float) -> Array:
        """Return coefficients of a parameter at one value."""
        if part not in self.arrays.parts:
            return np.array([value])
        return self.standard.constant(part, value + self.standard.log_unit_squared)

    def logit(self, share: float) -> Array:
        """Return coefficients of a class probability at one value of ``ln share_j - ln share_1``."""
        return np.asarray(np.linalg.lstsq(self.q, np.full(self.arrays.n, share), rcond=None)[0])


def zero_inefficiency(spec: StructureSpec, arrays: Arrays, _seed: int) -> Built:
    """Return a frontier of which a share of the units is fully efficient, on these arrays."""
    p, law = Parts(spec, arrays), density(spec.inefficiency)
    beta, u, v = p.frontier(), p.parameter("u"), p.parameter("v")
    logit = p.logits("logit_efficient")
    none = NoInefficiency()
    components = (p.component(law, beta, u, v), p.component(none, beta, v))
    mixture = Mixture(components, p.q, (logit,), arrays.weights, len(p.layout.names), {"inefficiency": "sigma_u_zero"})
    starts = [
        np.concatenate((b, p.level("u", own["lnsigma_u2"]), p.level("v", own["lnsigma_v2"]), p.logit(_odds(share))))
        for b, own in p.guesses(law)
        for share in SHARES
    ]
    without = mixture.pins(0, "lnsigma_u2", NO_INEFFICIENCY) | mixture.closed()
    limits = [(Edge("all_inefficient", mixture.closed()), s) for s in starts[:: len(SHARES)]]
    level = np.concatenate((np.zeros(len(beta)), p.level("u", NO_INEFFICIENCY), p.level("v", 0.0), p.logit(0.0)))
    limits.append((Edge("sigma_u_zero", without), level))
    return _built(spec, p, mixture, lambda: starts, limits, as_it_is)


def _odds(share: float) -> float:
    return float(np.log(share / (1.0 - share)))


def contaminated_noise(spec: StructureSpec, arrays: Arrays, _seed: int) -> Built:
    """Return a frontier whose noise has two variances, on these arrays."""
    p, law = Parts(spec, arrays), density(spec.inefficiency)
    beta, u, v = p.frontier(), p.parameter("u"), p.parameter("v")
    wide = p.layout.number("lnsigma_v2_wide", p.standard.log_unit_squared)
    logit = p.logits("logit_wide")
    components = (p.component(law, beta, u, v), p.component(law, beta, u, wide))
    mixture = Mixture(components, p.q, (logit,), arrays.weights, len(p.layout.names), {"inefficiency": "sigma_u_zero"})

    def start(b: Array, own: dict[str, float], share: float) -> Array:
        low = own["lnsigma_v2"] - 0.7
        parts = (b, p.level("u", own["lnsigma_u2"]), [low], [low + WIDER], p.logit(_odds(share)))
        return np.concatenate(parts)

    starts = [start(b, own, share) for b, own in p.guesses(law) for share in SHARES]
    one = mixture.closed() | {int(wide[0]): float(WIDER)}
    limits = [(Edge("one_noise", one), s) for s in starts[:: len(SHARES)]]

    def settle(theta: Array) -> tuple[Array, NDArray[np.int64]]:
        if theta[v[0]] <= theta[wide[0]]:
            return as_it_is(theta)
        places = np.arange(len(theta))
        places[v], places[wide] = wide, v
        moved = theta[places]
        moved[logit] *= -1.0
        return moved, places

    return _built(spec, p, mixture, lambda: starts, limits, settle)


def latent_class(spec: StructureSpec, arrays: Arrays, seed: int) -> Built:
    """Return a frontier of several classes, on these arrays."""
    p, law, classes = Parts(spec, arrays), density(spec.inefficiency), spec.classes
    own = [(p.frontier(f"_{j}"), p.parameter("u", f"_{j}"), p.parameter("v", f"_{j}")) for j in range(1, classes + 1)]
    logits = tuple(p.logits(f"logit_class_{j}") for j in range(2, classes + 1))
    mixture = Mixture(
        tuple(p.component(law, *places) for places in own),
        p.q,
        logits,
        arrays.weights,
        len(p.layout.names),
        {"inefficiency": "class_without_inefficiency", "class": "class_empty"},
    )
    level = p.standard.x.mean(axis=0)

    def propose() -> list[Array]:
        return [mixture.improve(_from_division(p, law, division)) for division in _divisions(p, classes, seed)]

    def settle(theta: Array) -> tuple[Array, NDArray[np.int64]]:
        heights = [arrays.sign * float(level @ theta[beta]) for beta, _, _ in own]
        return _permuted(theta, np.argsort(heights)[::-1], own, logits)

    def match(theta: Array, other: Array) -> tuple[Array, NDArray[np.int64]]:
        return _permuted(theta, _labels(mixture, theta, other), own, logits)

    return replace(_built(spec, p, mixture, propose, [], settle), match=match)


def _labels(mixture: Mixture, theta: Array, other: Array) -> NDArray[np.int64]:
    """Return the class at ``theta`` that is each class at ``other``: rows are divided most alike (Stephens 2000).

    The permutation with the least Kullback-Leibler divergence of the posteriors, ``sum_i q_ij ln(q_ij / p_il)``.
    """
    from scipy.optimize import linear_sum_assignment

    w = np.ones(mixture.n) if mixture.row_weights is None else mixture.row_weights
    logs = np.log(np.maximum(mixture.posterior(theta)[0], SMALLEST_POSTERIOR))
    likeness = (mixture.posterior(other)[0] * w[:, None]).T @ logs
    return np.asarray(linear_sum_assignment(-likeness)[1], dtype=np.int64)


def _divisions(p: Parts, classes: int, seed: int) -> list[Array]:
    """Return soft divisions of the rows, shape (n, J): by residual, by each regressor, at random."""
    s, rng = p.standard, np.random.default_rng(seed)
    varying = [j for j in range(s.x.shape[1]) if j != intercept_column(s.x)]
    keys: list[Array] = [s.y, np.abs(s.y), *(s.x[:, j] for j in varying[:3])]
    hard = [np.minimum(classes * np.argsort(np.argsort(key)) // len(key), classes - 1) for key in keys]
    soft = [np.where(np.arange(classes) == h[:, None], 0.9, 0.1 / (classes - 1)) for h in hard]
    # random planes through the regressors and the residual, so that the order of the rows does not matter
    features = np.column_stack([s.y, *(s.x[:, j] for j in varying), *(s.x[:, j] * s.y for j in varying)])
    for _ in range(RANDOM_STARTS):
        key = features @ rng.normal(size=features.shape[1])
        h = np.minimum(classes * np.argsort(np.argsort(key)) // len(key), classes - 1)
        soft.append(np.where(np.arange(classes) == h[:, None], 0.9, 0.1 / (classes - 1)))
    return [np.asarray(d) for d in soft]


def _from_division(p: Parts, law: Law, division: Array) -> Array:
    """Return a start whose classes are frontiers of the rows by their weights in a division."""
    w = 1.0 if p.arrays.weights is None else p.arrays.weights
    parts = []
    for share in division.T:
        b, own = p.guesses(law, share * w)[0]
        parts += [b, p.level("u", own["lnsigma_u2"]), p.level("v", own["lnsigma_v2"])]
    sizes = division.mean(axis=0)
    return np.concatenate([*parts, *(p.logit(float(np.log(s / sizes[0]))) for s in sizes[1:])])


def _permuted(
    theta: Array,
    order: NDArray[np.int64],
    own: Sequence[tuple[NDArray[np.int64], ...]],
    logits: tuple[NDArray[np.int64], ...],
) -> tuple[Array, NDArray[np.int64]]:
    """Return ``theta`` with the classes in another order; the first is the reference of the probabilities."""
    places = np.arange(len(theta))
    index = [np.zeros(len(logits[0])), *(theta[where] for where in logits)]
    for new, old in enumerate(order):
        for to, source in zip(own[new], own[old], strict=True):
            places[to] = source
    moved = theta[places]
    for new, old in enumerate(order[1:]):
        moved[logits[new]] = index[old] - index[order[0]]
    return moved, places


def _built(
    spec: StructureSpec,
    p: Parts,
    mixture: Mixture,
    propose: Callable[[], list[Array]],
    limits: list[tuple[Edge, Array]],
    settle: Settle,
) -> Built:
    unit = p.standard.unit

    def rows(theta: Array, level: float) -> dict[str, Array]:
        values = efficiencies(mixture, theta, unit, level)
        posterior, _ = mixture.posterior(theta)
        columns = {"te": values.te, "te_lower": values.te_lower, "te_upper": values.te_upper}
        if spec.model != "latent_class":
            return columns | {spec.described.columns[0]: posterior[:, 1]}
        columns["class"] = posterior.argmax(axis=1) + 1.0
        return columns | {f"class_{j + 1}": posterior[:, j] for j in range(posterior.shape[1])}

    return Built(
        mixture,
        p.layout,
        propose,
        limits,
        settle,
        0.5 * p.standard.log_unit_squared * p.arrays.total_weight,
        rows,
        lambda theta: _scales(mixture, theta, unit),
        lambda theta: _checks(mixture, theta),
        lambda value, unit: _tests(spec, p, mixture, limits, value, unit),
    )


def _tests(
    spec: StructureSpec, p: Parts, mixture: Mixture, limits: list[tuple[Edge, Array]], value: float, unit: float
) -> tuple[TestResult, ...]:
    """Return the likelihood ratio against no fully efficient units where its distribution is known.

    Where the share has regressors their coefficients mean nothing under the null, and in the other mixtures the second
    class has parameters that vanish under it: no distribution is known there. For the same reason there is none
    against no inefficiency at all (Rho and Schmidt 2015).
    """
    if spec.model != "zero_inefficiency" or "class" in p.arrays.parts:
        return ()
    known = [climb(mixture, start, edge).optimum.value for edge, start in limits if edge.name == "all_inefficient"]
    statistic = max(0.0, 2.0 * unit * (value - max(known)))
    law, null = "chi2(0)/2 + chi2(1)/2", "no unit is fully efficient"
    return (TestResult("no_efficient_units", statistic, mixed_chi2_sf(statistic, 1), law, null),)


def _scales(mixture: Mixture, theta: Array, unit: float) -> dict[str, float]:
    """Return mean prior shares and mean scales of the classes, and efficiency, in the units of the data."""
    shares = np.exp(mixture.log_shares(theta)).mean(axis=0)
    numbers = {}
    for j, c in enumerate(mixture.components, start=1):
        own = mixture.parameters(theta, j - 1)
        numbers[f"share_{j}"] = float(shares[j - 1])
        for key in c.law.parameters:
            gone = float(np.max(own[key])) < NO_INEFFICIENCY + 1.0
            value = 0.0 if gone else float(np.mean(np.exp(0.5 * own[key]))) * unit
            numbers[f"{key.removeprefix('ln').removesuffix('2')}_{j}"] = value
    return numbers | {"expected_efficiency": expected_efficiency(mixture, theta, unit)}


def _checks(mixture: Mixture, theta: Array) -> tuple[Check, ...]:
    posterior, _ = mixture.posterior(theta)
    return (
        Check.at_least(
            "smallest_class",
            float(posterior.mean(axis=0).min()),
            SMALLEST_CLASS,
            "Share of the rows in the smallest class, by posterior.",
            "A class of few rows may be a handful of outliers: look at them, or use a simpler model.",
        ),
    )
