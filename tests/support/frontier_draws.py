"""Samples of every frontier estimator with known parameters and efficiency, drawn without the estimators' code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, stats

Array = Any
DRAWS: dict[str, Callable[[np.random.Generator, int], Array]] = {
    "half_normal": lambda rng, n: np.abs(0.6 * rng.normal(size=n)),
    "exponential": lambda rng, n: rng.exponential(0.5, n),
    "truncated_normal": lambda rng, n: stats.truncnorm.rvs(-1.0, np.inf, 0.5, 0.5, size=n, random_state=rng),
    "rayleigh": lambda rng, n: 0.5 * rng.rayleigh(size=n),
    "uniform": lambda rng, n: rng.uniform(0.0, 3.0, n),
    "generalised_exponential": lambda rng, n: 0.5 * rng.exponential(size=(2, n)).max(axis=0),
    "truncated_laplace": lambda rng, n: _truncated_laplace(rng, n, 0.5, 2.0),
    "gamma": lambda rng, n: rng.gamma(2.0, 0.4, n),
    "weibull": lambda rng, n: 0.7 * rng.weibull(1.5, n),
    "lognormal": lambda rng, n: np.exp(-0.7 + 0.7 * rng.normal(size=n)),
}
"""Inefficiency by distribution."""
TRUTH: dict[str, dict[str, float]] = {
    "half_normal": {"lnsigma_u2": 2 * np.log(0.6)},
    "exponential": {"lnsigma_u2": 2 * np.log(0.5)},
    "truncated_normal": {"mu": 0.5, "lnsigma_u2": 2 * np.log(0.5)},
    "rayleigh": {"lnsigma_u2": 2 * np.log(0.5)},
    "uniform": {"lnsigma_u2": np.log(9.0 / 12.0)},
    "generalised_exponential": {"lnsigma_u2": 2 * np.log(0.5)},
    "truncated_laplace": {"lnsigma_u2": 2 * np.log(0.5), "lnshape_u": np.log(2.0)},
    "gamma": {"lnsigma_u2": 2 * np.log(0.4), "lnshape_u": np.log(2.0)},
    "weibull": {"lnsigma_u2": 2 * np.log(0.7), "lnshape_u": np.log(1.5)},
    "lognormal": {"mu": -0.7, "lnsigma_u2": 2 * np.log(0.7)},
}
"""Its parameters, as estimators name them."""
SIGMA_V = 0.15
NOISE: dict[str, Callable[[np.random.Generator, int], Array]] = {
    "normal": lambda rng, n: SIGMA_V * rng.normal(size=n),
    "student_t": lambda rng, n: SIGMA_V * rng.standard_t(4, n),
    "laplace": lambda rng, n: SIGMA_V * rng.laplace(scale=np.sqrt(0.5), size=n),
}
"""Noise by distribution, of scale ``SIGMA_V``."""


def _truncated_laplace(rng: np.random.Generator, n: int, scale: float, skew: float) -> Array:
    """Return exponentials kept with probability ``1 - exp(-skew u / scale) / 2``."""
    u = rng.exponential(scale, 4 * n + 60)
    return u[rng.random(len(u)) < 1.0 - 0.5 * np.exp(-skew * u / scale)][:n]


@dataclass(frozen=True)
class Sample:
    """A table, parameters by name, and ``exp(-u)`` by row of the table (NaN where none is estimated)."""

    table: pd.DataFrame
    truth: dict[str, float]
    te: Array


@dataclass(frozen=True)
class Case:
    """An estimator and the samples it is held against.

    Attributes
    ----------
    name : str
    verb : str
        ``fit``, ``fit_panel``, ``fit_structure`` or ``metafrontier``.
    formula : str
    draw : callable
        Random generator and size to a :class:`Sample`.
    size : int
        Rows, units of a panel, or rows of each group.
    options : dict
        Of the verb.
    """

    name: str
    verb: str
    formula: str
    draw: Callable[[np.random.Generator, int], Sample]
    size: int
    options: dict[str, Any] = field(default_factory=dict)


def cross_section(law: str, noise: str = "normal") -> Callable[[np.random.Generator, int], Sample]:
    """Return draws of ``y = 1 + 0.5 a + v - u``."""

    def draw(rng: np.random.Generator, n: int) -> Sample:
        a, u, v = rng.normal(size=n), DRAWS[law](rng, n), NOISE[noise](rng, n)
        truth = {"Intercept": 1.0, "a": 0.5, **TRUTH[law], "lnsigma_v2": 2 * np.log(SIGMA_V)}
        truth |= {"lndf_v": np.log(4.0)} if noise == "student_t" else {}
        return Sample(pd.DataFrame({"y": 1.0 + 0.5 * a + v - u, "a": a}), truth, np.exp(-u))

    return draw


def with_determinants(part: str, law: str) -> Callable[[np.random.Generator, int], Sample]:
    """Return draws whose inefficiency and noise differ by row: ``u`` (with ``v``), ``mu`` or ``scale``."""

    def draw(rng: np.random.Generator, n: int) -> Sample:
        a, z, w = rng.normal(size=(3, n))
        lnv = -2.5 - 0.4 * w if part == "u" else np.full(n, -3.0)
        truth = {"Intercept": 1.0, "a": 0.5}
        if part == "u":
            base = np.abs(rng.normal(size=n)) if law == "half_normal" else rng.exponential(size=n)
            u = np.exp(0.5 * (-1.0 + 0.6 * z)) * base
            truth |= {"lnsigma_u2:Intercept": -1.0, "lnsigma_u2:z": 0.6}
            truth |= {"lnsigma_v2:Intercept": -2.5, "lnsigma_v2:w": -0.4}
        elif part == "mu":
            mu = 0.5 + 0.5 * z
            u = stats.truncnorm.rvs(-mu / 0.5, np.inf, loc=mu, scale=0.5, random_state=rng)
            truth |= {"mu:Intercept": 0.5, "mu:z": 0.5, "lnsigma_u2": 2 * np.log(0.5), "lnsigma_v2": -3.0}
        else:
            u = np.exp(0.5 * z) * DRAWS["truncated_normal"](rng, n)
            truth |= {**TRUTH["truncated_normal"], "lnscale_u:z": 0.5, "lnsigma_v2": -3.0}
        y = 1.0 + 0.5 * a + np.exp(0.5 * lnv) * rng.normal(size=n) - u
        return Sample(pd.DataFrame({"y": y, "a": a, "z": z, "w": w}), truth, np.exp(-u))

    return draw


PERIODS = 6
PATHS: dict[str, tuple[dict[str, float], Callable[[Array], Array]]] = {
    "pitt_lee": ({}, lambda t: np.ones(len(t))),
    "battese_coelli_1992": ({"eta": 0.1}, lambda t: np.exp(-0.1 * (t - (PERIODS - 1)))),
    "kumbhakar_1990": ({"b": -0.6, "c": 0.12}, lambda t: 1.0 / (1.0 + np.exp(-0.6 * (t + 1) + 0.12 * (t + 1) ** 2))),
}
"""Parameters of the path of inefficiency of a unit, and the path by period from zero."""


def _panel(rng: np.random.Generator, units: int) -> tuple[Array, Array, Array]:
    unit, time = np.repeat(np.arange(units), PERIODS), np.tile(np.arange(PERIODS), units)
    return unit, time, rng.normal(size=len(unit))


def _panel_table(y: Array, x: Array, unit: Array, time: Array, **more: Array) -> pd.DataFrame:
    # four digits, so that units in the order of their names are in the order of the table
    return pd.DataFrame({"y": y, "x": x, "region": [f"{i:04d}" for i in unit], "year": time, **more})


def one_sided(model: str, law: str) -> Callable[[np.random.Generator, int], Sample]:
    """Return draws of ``y = 1 + 0.5 x + v - g(t) u_i``."""

    def draw(rng: np.random.Generator, units: int) -> Sample:
        unit, time, x = _panel(rng, units)
        own, path = PATHS[model]
        u = path(time) * DRAWS[law](rng, units)[unit]
        y = 1.0 + 0.5 * x + 0.3 * rng.normal(size=len(x)) - u
        truth = {"Intercept": 1.0, "x": 0.5, **TRUTH[law], "lnsigma_v2": 2 * np.log(0.3), **own}
        return Sample(_panel_table(y, x, unit, time), truth, np.exp(-u))

    return draw


def with_effects(model: str, law: str, part: str = "") -> Callable[[np.random.Generator, int], Sample]:
    """Return draws of ``y = 1 + 0.5 x + w_i - h_i + v - u``; effects go with ``x`` where they are fixed.

    Inefficiency or noise differs by row where ``part`` is ``u`` or ``v``.
    """

    def draw(rng: np.random.Generator, units: int) -> Sample:
        unit, time, x = _panel(rng, units)
        n = len(x)
        effect, truth = 0.4 * rng.normal(size=units), {"x": 0.5}
        z = rng.normal(size=n)
        u = DRAWS[law](rng, n) * (np.exp(0.4 * z) if part == "u" else 1.0)
        te = np.exp(-u)
        if model == "true_fixed_effects":
            x = x + effect[unit]
        else:
            truth |= {"Intercept": 1.0, "lnsigma_w2": 2 * np.log(0.4)}
        level = effect[unit]
        if model == "four_components":
            h = np.abs(0.8 * rng.normal(size=units))[unit]
            level, te = level - h, np.exp(-u - h)
            truth |= {"lnsigma_h2": 2 * np.log(0.8)}
        v = 0.15 * rng.normal(size=n) * (np.exp(0.4 * z) if part == "v" else 1.0)
        y = 1.0 + 0.5 * x + level + v - u
        for name, own in (("u", TRUTH[law]["lnsigma_u2"]), ("v", 2 * np.log(0.15))):
            key = f"lnsigma_{name}2"
            truth |= {f"{key}:Intercept": own, f"{key}:z": 0.8} if part == name else {key: own}
        return Sample(_panel_table(y, x, unit, time, z=z), truth, te)

    return draw


def unit_determinants(part: str) -> Callable[[np.random.Generator, int], Sample]:
    """Return draws whose inefficiency belongs to the unit; it or noise, ``u`` or ``v``, depends on a trait of it."""

    def draw(rng: np.random.Generator, units: int) -> Sample:
        unit, time, x = _panel(rng, units)
        z = rng.normal(size=units)[unit]
        index = {name: 0.8 * z if name == part else 0.0 for name in ("u", "v")}
        u = np.exp(0.5 * (-1.0 + index["u"])) * np.abs(rng.normal(size=units))[unit]
        y = 1.0 + 0.5 * x + 0.3 * np.exp(0.5 * index["v"]) * rng.normal(size=len(x)) - u
        truth = {"Intercept": 1.0, "x": 0.5}
        for name, own in (("u", -1.0), ("v", 2 * np.log(0.3))):
            key = f"lnsigma_{name}2"
            truth |= {f"{key}:Intercept": own, f"{key}:z": 0.8} if part == name else {key: own}
        return Sample(_panel_table(y, x, unit, time, z=z), truth, np.exp(-u))

    return draw


def distribution_free(powers: int) -> Callable[[np.random.Generator, int], Sample]:
    """Return draws with intercepts of the units that are polynomials of time; the best one is the frontier."""

    def draw(rng: np.random.Generator, units: int) -> Sample:
        unit, time, x = _panel(rng, units)
        a = np.abs(0.6 * rng.normal(size=units))[unit]
        if powers > 1:
            s = time / PERIODS
            a = a + 0.2 * rng.normal(size=units)[unit] * s + 0.2 * rng.normal(size=units)[unit] * s * s
        best = np.array([a[time == t].min() for t in range(PERIODS)])[time]
        y = 1.0 + 0.5 * x + 0.2 * rng.normal(size=len(x)) - a
        return Sample(_panel_table(y, x, unit, time), {"x": 0.5}, np.exp(best - a))

    return draw


def zero_inefficiency(rng: np.random.Generator, n: int) -> Sample:
    """Return rows of which four in ten are fully efficient."""
    x, v, u = rng.normal(size=n), rng.normal(size=n), np.abs(rng.normal(size=n))
    u = np.where(rng.random(n) < 0.4, 0.0, u)
    truth = {"Intercept": 1.0, "x": 0.5, "lnsigma_u2": 0.0, "lnsigma_v2": 2 * np.log(0.2)}
    truth["logit_efficient"] = np.log(0.4 / 0.6)
    return Sample(pd.DataFrame({"y": 1.0 + 0.5 * x + 0.2 * v - u, "x": x}), truth, np.exp(-u))


def latent_class(rng: np.random.Generator, n: int) -> Sample:
    """Return rows of two technologies."""
    x, v, u = rng.normal(size=n), rng.normal(size=n), np.abs(rng.normal(size=n))
    first = rng.random(n) < 0.4
    u = np.where(first, 0.5, 0.8) * u
    y = np.where(first, 2.0 + 1.2 * x + 0.15 * v, 0.3 * x + 0.3 * v) - u
    truth = {"Intercept_1": 2.0, "x_1": 1.2, "lnsigma_u2_1": 2 * np.log(0.5), "lnsigma_v2_1": 2 * np.log(0.15)}
    truth |= {"Intercept_2": 0.0, "x_2": 0.3, "lnsigma_u2_2": 2 * np.log(0.8), "lnsigma_v2_2": 2 * np.log(0.3)}
    truth["logit_class_2"] = np.log(0.6 / 0.4)
    return Sample(pd.DataFrame({"y": y, "x": x}), truth, np.exp(-u))


def contaminated_noise(rng: np.random.Generator, n: int) -> Sample:
    """Return rows of which one in seven has noise seven times as large."""
    x, v, u = rng.normal(size=n), rng.normal(size=n), 0.8 * np.abs(rng.normal(size=n))
    y = 1.0 + 0.5 * x + np.where(rng.random(n) < 0.15, 1.5, 0.2) * v - u
    truth = {"Intercept": 1.0, "x": 0.5, "lnsigma_u2": 2 * np.log(0.8), "lnsigma_v2": 2 * np.log(0.2)}
    truth |= {"lnsigma_v2_wide": 2 * np.log(1.5), "logit_wide": np.log(0.15 / 0.85)}
    return Sample(pd.DataFrame({"y": y, "x": x}), truth, np.exp(-u))


def counts(rng: np.random.Generator, n: int) -> Sample:
    """Return counts around an expectation with a frontier."""
    x, v, e = rng.normal(size=(3, n))
    u = 1.2 * np.abs(e)
    y = rng.poisson(np.exp(1.5 + 0.6 * x + 0.4 * v - u))
    truth = {"Intercept": 1.5, "x": 0.6, "lnsigma_u2": 2 * np.log(1.2), "lnsigma_v2": 2 * np.log(0.4)}
    return Sample(pd.DataFrame({"y": y, "x": x}), truth, np.exp(-u))


def endogenous(rng: np.random.Generator, n: int) -> Sample:
    """Return rows with a regressor that goes with noise, and two instruments."""
    z1, z2, x1, v, c, u = rng.normal(size=(6, n))
    c = 0.7 * v + c
    x2 = 0.5 * x1 + 0.8 * z1 + 0.4 * z2 + c
    u = np.abs(u)
    y = 1.0 + 0.5 * x1 + 0.7 * x2 + 0.5 * v - u
    # what is left of noise once the control, of variance 1.49 and covariance 0.35 with it, is held
    truth = {"Intercept": 1.0, "x1": 0.5, "x2": 0.7, "lnsigma_u2": 0.0, "lnsigma_v2": np.log(0.25 - 0.35**2 / 1.49)}
    return Sample(pd.DataFrame({"y": y, "x1": x1, "x2": x2, "z1": z1, "z2": z2}), truth, np.exp(-u))


def selection(rng: np.random.Generator, n: int) -> Sample:
    """Return rows whose outcome is seen where an index that goes with noise is above zero."""
    x, z1, z2, w, other, u = rng.normal(size=(6, n))
    u = 1.2 * np.abs(u)
    d = 0.3 + 0.8 * z1 + z2 + w > 0.0
    y = 1.0 + 0.5 * x + 0.6 * (0.7 * w + np.sqrt(0.51) * other) - u
    table = pd.DataFrame({"x": x, "z1": z1, "z2": z2, "d": d.astype(float), "y": np.where(d, y, np.nan)})
    truth = {"Intercept": 1.0, "x": 0.5, "lnsigma_u2": 2 * np.log(1.2), "lnsigma_v2": 2 * np.log(0.6)}
    truth |= {"select:Intercept": 0.3, "select:z1": 0.8, "select:z2": 1.0, "atanh_rho": np.arctanh(0.7)}
    return Sample(table, truth, np.where(d, np.exp(-u), np.nan))


def groups(quadratic: bool = False) -> Callable[[np.random.Generator, int], Sample]:
    """Return three groups whose frontiers cross; the truth is the envelope of the true ones at the rows drawn."""
    lines = np.array([[1.5, 0.6], [1.4, 0.9], [0.9, 0.5]])

    def draw(rng: np.random.Generator, n: int) -> Sample:
        g = np.repeat(np.arange(3), n)
        x = np.column_stack((np.ones(3 * n), rng.uniform(-1.0, 1.0, 3 * n)))
        frontier = (x * lines[g]).sum(axis=1)
        u = np.abs(0.5 * rng.normal(size=3 * n))
        y = frontier + 0.15 * rng.normal(size=3 * n) - u
        if quadratic:
            held = {"type": "ineq", "fun": lambda b: x @ b - frontier, "jac": lambda b: x}
            squares = optimize.minimize(
                lambda b: np.sum((x @ b - frontier) ** 2),
                [2.0, 0.7],
                jac=lambda b: 2.0 * x.T @ (x @ b - frontier),
                constraints=[held],
                method="SLSQP",
            )
            meta = squares.x
        else:
            meta = optimize.linprog(x.sum(axis=0), -x, -frontier, bounds=[(None, None)] * 2).x
        te = np.exp(-u + frontier - x @ meta)
        table = pd.DataFrame({"y": y, "x": x[:, 1], "group": np.array(["Юг", "Север", "Урал"])[g]})
        return Sample(table, {"Intercept": float(meta[0]), "x": float(meta[1])}, te)

    return draw


MANY = 500
"""Groups under a stochastic metafrontier."""


def many_groups(rng: np.random.Generator, n: int, groups: int = MANY) -> Sample:
    """Return groups whose frontiers lie ``v - u`` from a line; what is estimated of a row is its gap ratio."""
    u, v = np.abs(0.5 * rng.normal(size=groups)), 0.2 * rng.normal(size=groups)
    g = np.repeat(np.arange(groups), n)
    x = rng.normal(size=len(g))
    own = 0.05 * rng.normal(size=len(g)) - np.abs(0.1 * rng.normal(size=len(g)))
    table = pd.DataFrame({"y": 1.0 + 0.6 * x + (v - u)[g] + own, "x": x, "group": [f"{i:03d}" for i in g]})
    return Sample(table, {"Intercept": 1.0, "x": 0.6}, np.exp(-u)[g])


def _plain() -> list[Case]:
    pairs = [(law, "normal") for law in DRAWS]
    pairs += [(law, noise) for noise in ("student_t", "laplace") for law in ("half_normal", "exponential")]
    found = []
    for law, noise in pairs:
        name = law if noise == "normal" else f"{law}, {noise} noise"
        found.append(Case(name, "fit", "y ~ a", cross_section(law, noise), 500, {"inefficiency": law, "noise": noise}))
    for law in ("half_normal", "exponential"):
        draw, options = with_determinants("u", law), {"inefficiency": law}
        found.append(Case(f"{law}, u: z and v: w", "fit", "y ~ a | u: z | v: w", draw, 500, options))
    for part in ("mu", "scale"):
        draw, options = with_determinants(part, "truncated_normal"), {"inefficiency": "truncated_normal"}
        found.append(Case(f"truncated_normal, {part}: z", "fit", f"y ~ a | {part}: z", draw, 500, options))
    return found


def _panels() -> list[Case]:
    found = []
    for model in PATHS:
        for law in ("half_normal", "truncated_normal"):
            options = {"model": model, "inefficiency": law}
            found.append(Case(f"{model}, {law}", "fit_panel", "y ~ x", one_sided(model, law), 80, options))
    for model, part in (("pitt_lee", "u"), ("pitt_lee", "v")):
        name, formula = f"{model}, {part}: z", f"y ~ x | {part}: z"
        found.append(Case(name, "fit_panel", formula, unit_determinants(part), 80, {"model": model}))
    for model in ("true_random_effects", "true_fixed_effects", "four_components"):
        for law in ("half_normal", "exponential"):
            options = {"model": model, "inefficiency": law}
            found.append(Case(f"{model}, {law}", "fit_panel", "y ~ x", with_effects(model, law), 80, options))
    for model in ("true_random_effects", "true_fixed_effects", "four_components"):
        for part in ("v",) if model == "four_components" else ("u", "v"):
            draw, formula = with_effects(model, "half_normal", part), f"y ~ x | {part}: z"
            found.append(Case(f"{model}, {part}: z", "fit_panel", formula, draw, 80, {"model": model}))
    for model, powers in (("schmidt_sickles", 1), ("cornwell_schmidt_sickles", 3)):
        found.append(Case(model, "fit_panel", "y ~ x", distribution_free(powers), 80, {"model": model}))
    return found


def _structures() -> list[Case]:
    rows = (
        ("zero_inefficiency", "y ~ x", zero_inefficiency, 600, {}),
        ("latent_class", "y ~ x", latent_class, 600, {}),
        ("contaminated_noise", "y ~ x", contaminated_noise, 600, {}),
        ("counts", "y ~ x", counts, 600, {}),
        ("endogenous", "y ~ x1 + x2 | endogenous: x2 | instruments: z1 + z2", endogenous, 500, {}),
        ("selection", "y ~ x | select: z1 + z2", selection, 1000, {"selected": "d"}),
    )
    found = [Case(m, "fit_structure", formula, d, n, {"model": m, **o}) for m, formula, d, n, o in rows]
    for method in ("linear", "quadratic"):
        draw, options = groups(method == "quadratic"), {"method": method, "draws": 100}
        found.append(Case(f"metafrontier, {method}", "metafrontier", "y ~ x", draw, 200, options))
    found.append(Case("metafrontier, stochastic", "metafrontier", "y ~ x", many_groups, 40, {"method": "stochastic"}))
    return found


CASES: dict[str, Case] = {c.name: c for c in (*_plain(), *_panels(), *_structures())}
"""Every estimator of a frontier, with samples of a model it assumes."""


def random_cross_section(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a random problem: few or many rows, little or much noise, three kinds of inefficiency, some outliers."""
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(25, 300)), int(rng.integers(1, 4))
    x = rng.normal(size=(n, k)) * 10.0 ** rng.uniform(-3, 3, k)
    scale = 10.0 ** rng.uniform(-1, 0.5)
    u = (np.abs(rng.normal(size=n)), rng.exponential(size=n), rng.gamma(2.0, 0.5, n))[int(rng.integers(3))]
    y = x @ rng.normal(size=k) + scale * rng.normal(size=n) - u
    if rng.random() < 0.1:
        y[int(rng.integers(n))] += 10.0 * rng.normal()
    return y, x


def random_panel(seed: int) -> tuple[pd.DataFrame, str]:
    """Return a random panel and its formula: unbalanced, each component large, small or absent, some outliers."""
    rng = np.random.default_rng([seed, 2])
    units, periods, k = int(rng.integers(12, 50)), int(rng.integers(3, 9)), int(rng.integers(1, 3))
    code, time = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    sizes = np.where(rng.random(4) < 0.2, 0.0, 10.0 ** rng.uniform(-1.0, 0.3, 4))
    w, h = sizes[0] * rng.normal(size=units), sizes[1] * np.abs(rng.normal(size=units))
    u, v = sizes[2] * np.abs(rng.normal(size=len(code))), (0.1 + sizes[3]) * rng.normal(size=len(code))
    x = rng.normal(size=(len(code), k)) * 10.0 ** rng.uniform(-3, 3, k)
    h = h[code] * np.exp(-rng.normal(scale=0.1) * (time - periods + 1))
    y = x @ rng.normal(size=k) + w[code] - h + v - u
    if rng.random() < 0.1:
        y[int(rng.integers(len(y)))] += 10.0 * rng.normal()
    names = [f"x{j}" for j in range(k)]
    table = pd.DataFrame({"unit": code, "time": time, "y": y, **dict(zip(names, x.T, strict=True))})
    return table[rng.random(len(table)) < rng.choice((0.7, 1.0))], "y ~ " + " + ".join(names)
