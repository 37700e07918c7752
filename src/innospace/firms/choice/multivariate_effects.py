"""Effects on the probability that all of several decisions are taken, that none is, and on each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from innospace.firms.choice.bivariate_effects import Found
from innospace.firms.choice.categories import discrete_columns
from innospace.firms.choice.joint import regressors
from innospace.firms.choice.multivariate_fit import Probability
from innospace.firms.design import Design
from innospace.firms.estimates import Array

_SQRT_2PI = float(np.sqrt(2.0 * np.pi))
Surface = tuple[Array, Array, Array]
"""Probability, shape (n,), slopes, shape (n, q), second derivatives by index, shape (n, m, q), or (0, m, q)."""


class JointEffects:
    """Mean probabilities and effects at given rows.

    Parameters
    ----------
    designs : sequence of Design
    x : sequence of ndarray, shapes (n, k_j)
        Rows of evaluation.
    weights : ndarray, shape (n,)
        Sum to one.
    theta : ndarray, shape (p,)
    probability : Probability
    """

    def __init__(
        self, designs: Sequence[Design], x: Sequence[Array], weights: Array, theta: Array, probability: Probability
    ) -> None:
        self.designs, self.x, self.weights, self.theta, self.probability = designs, x, weights, theta, probability
        self.m = len(x)
        self.edges = np.cumsum([0, *(a.shape[1] for a in x)])
        self.r = np.tanh(theta[self.edges[-1] :])
        self.zeros = [discrete_columns(d.x, d.names) for d in designs]
        self.kinds = ("all_ones", "all_zeros", *(f"marginal_{j + 1}" for j in range(self.m)))

    def found(self) -> list[Found]:
        """Return mean probabilities, mean marginal effects and mean discrete changes, with gradients."""
        index = self._index()
        result: list[Found] = []
        effects: list[Found] = []
        for kind in self.kinds:
            value, slopes, cross = self._surface(kind, index, True)
            result.append(("probability", kind, float(self.weights @ value), self._pull(slopes)))
            effects += self._marginal(kind, slopes, cross)
        ends = {n: self._ends(n, index) for n in regressors(self.designs) if self._discrete(n)}
        changes = [self._change(kind, n, *ends[n]) for kind in self.kinds for n in self._movers(kind) if n in ends]
        return [*result, *effects, *changes]

    def _index(self) -> Array:
        edges = self.edges
        return np.column_stack([a @ self.theta[edges[j] : edges[j + 1]] for j, a in enumerate(self.x)])

    def _surface(self, kind: str, index: Array, second: bool) -> Surface:
        q = self.m + len(self.r)
        if kind.startswith("marginal_"):
            j = int(kind.removeprefix("marginal_")) - 1
            z = index[:, j]
            density = np.exp(-0.5 * z * z) / _SQRT_2PI
            slopes, cross = np.zeros((len(z), q)), np.zeros((len(z), self.m, q))
            slopes[:, j], cross[:, j, j] = density, -z * density
            return special.ndtr(z), slopes, cross
        signs = np.full(index.shape, 1.0 if kind == "all_ones" else -1.0)
        log_p, first, twice = self.probability(index, signs, self.r, self.m if second else 0)
        p = np.exp(log_p)
        slopes = p[:, None] * first
        if not second:
            return p, slopes, np.zeros((0, self.m, q))
        return p, slopes, p[:, None, None] * (twice + first[:, : self.m, None] * first[:, None, :])

    def _pull(self, slopes: Array) -> Array:
        """Return the gradient by theta of a mean with slopes, shape (n, q)."""
        weighted = slopes * self.weights[:, None]
        parts = [weighted[:, j] @ a for j, a in enumerate(self.x)]
        return np.concatenate((*parts, weighted[:, self.m :].sum(axis=0) * (1.0 - self.r**2)))

    def _places(self, name: str) -> dict[int, int]:
        """Return, by equation, the position in theta of a regressor."""
        names = [list(d.names) for d in self.designs]
        return {j: int(self.edges[j]) + n.index(name) for j, n in enumerate(names) if name in n}

    def _marginal(self, kind: str, slopes: Array, cross: Array) -> list[Found]:
        mean = self.weights @ slopes[:, : self.m]
        gradients = [self._pull(cross[:, j]) for j in range(self.m)]
        found: list[Found] = []
        for name in self._movers(kind):
            value, gradient = 0.0, np.zeros(len(self.theta))
            for j, at in self._places(name).items():
                value += float(self.theta[at] * mean[j])
                gradient += self.theta[at] * gradients[j]
                gradient[at] += mean[j]
            found.append((kind, name, value, gradient))
        return found

    def _movers(self, kind: str) -> list[str]:
        """Return the regressors that can move a probability: a marginal one only those of its equation."""
        names = regressors(self.designs)
        if not kind.startswith("marginal_"):
            return list(names)
        return [n for n in names if n in self.designs[int(kind.removeprefix("marginal_")) - 1].names]

    def _discrete(self, name: str) -> bool:
        return all(at - self.edges[j] in self.zeros[j] for j, at in self._places(name).items())

    def _group(self, j: int, at: int) -> list[int]:
        """Return the columns of equation j that are zero before a discrete change."""
        return self.zeros[j][at - int(self.edges[j])]

    def _ends(self, name: str, index: Array) -> tuple[dict[str, Surface], dict[str, Surface]]:
        """Return every probability with a 0/1 regressor at 0 and at 1 in all equations."""
        low, high = index.copy(), index.copy()
        for j, at in self._places(name).items():
            group = self._group(j, at)
            low[:, j] -= self.x[j][:, group] @ self.theta[self.edges[j] + np.array(group)]
            high[:, j] = low[:, j] + self.theta[at]
        zero, one = ({k: self._surface(k, i, False) for k in self.kinds} for i in (low, high))
        return zero, one

    def _change(self, kind: str, name: str, zero: dict[str, Surface], one: dict[str, Surface]) -> Found:
        slopes = one[kind][1] - zero[kind][1]
        gradient = self._pull(slopes)
        for j, at in self._places(name).items():
            # the regressor itself is one in the upper state and zero in the lower; other levels are zero in both
            gradient[self.edges[j] + np.array(self._group(j, at))] = 0.0
            gradient[at] = float(self.weights @ one[kind][1][:, j])
        return f"{kind}_discrete", name, float(self.weights @ (one[kind][0] - zero[kind][0])), gradient
