"""Frontiers with a structure beyond one sample of independent rows with one frontier: what each assumes, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from innospace.core.errors import SpecError
from innospace.core.labels import suggest


@dataclass(frozen=True, slots=True)
class Model:
    """A frontier with a structure.

    Attributes
    ----------
    name, title : str
    source : str
        Who proposed it.
    says : str
        What it assumes, in a sentence.
    latex, typst : str
        The model beside the frontier.
    parts : mapping of str to bool
        Parts its formula may have after bars, and whether such a part has an intercept.
    needs : tuple of str
        Parts without which there is no model.
    inefficiency : tuple of str
        Distributions of inefficiency it can have.
    columns : tuple of str
        Columns that its efficiencies have beside ``te``; ``class_`` stands for one column a class.
    """

    name: str
    title: str
    source: str
    says: str
    latex: str
    typst: str
    parts: Mapping[str, bool]
    needs: tuple[str, ...] = ()
    inefficiency: tuple[str, ...] = ("half_normal", "exponential")
    columns: tuple[str, ...] = field(default=())


MODELS: dict[str, Model] = {
    m.name: m
    for m in (
        Model(
            "zero_inefficiency",
            "Zero inefficiency",
            "Kumbhakar, Parmeter and Tsionas (2013)",
            "A share of the units is fully efficient, the others are not; which is which is seen with a probability.",
            r"P(u_i = 0) = \Lambda(q_i'\gamma),\quad f(\varepsilon) = P\,f_v(\varepsilon) + "
            r"(1 - P)\,f_{v-u}(\varepsilon)",
            "P(u_i = 0) = Lambda(q'_i gamma), quad f(epsilon) = P f_v (epsilon) + (1 - P) f_(v-u) (epsilon)",
            {"u": True, "v": True, "class": True},
            columns=("p_efficient",),
        ),
        Model(
            "latent_class",
            "Latent classes",
            "Orea and Kumbhakar (2004); Greene (2005)",
            "Units work with one of several technologies; which one is seen with a probability. Efficiency is measured "
            "against the own class.",
            r"f(y_i) = \sum_j \pi_j(q_i)\, f_j(y_i - x_i'\beta_j)",
            "f(y_i) = sum_j pi_j (q_i) f_j (y_i - x'_i beta_j)",
            {"u": True, "v": True, "class": True},
            columns=("class", "class_"),
        ),
        Model(
            "contaminated_noise",
            "Contaminated noise",
            "Tukey (1960); Wheat, Stead and Greene (2019)",
            "A share of the rows has noise of a larger variance, so that outliers do not pass for inefficiency.",
            r"v_i \sim (1 - \pi)\,N(0, \sigma_v^2) + \pi\,N(0, \sigma_{v2}^2),\quad \sigma_{v2} > \sigma_v",
            "v_i ~ (1 - pi) N(0, sigma_v^2) + pi N(0, sigma_(v 2)^2), quad sigma_(v 2) > sigma_v",
            {"u": True, "class": True},
            columns=("p_wide",),
        ),
        Model(
            "counts",
            "Counts",
            "Fe and Hofler (2013)",
            "The outcome k is a count, Poisson around an expectation whose logarithm y has the frontier: zeros stay "
            "in, and no logarithm of a count is taken.",
            r"k_i \sim \mathrm{Poisson}(e^{y_i})",
            'k_i ~ "Poisson"(e^(y_i))',
            {"u": True, "v": True},
        ),
        Model(
            "endogenous",
            "Endogenous regressors",
            "Karakaplan and Kutlu (2017)",
            "Some regressors, of the frontier or of inefficiency, go with noise; what instruments leave of them is a "
            "control among the regressors.",
            r"x_{e,i} = Z_i \delta + r_i,\quad y_i = x_i'\beta + r_i'\eta + v_i - S u_i",
            "x_(e,i) = Z_i delta + r_i, quad y_i = x'_i beta + r'_i eta + v_i - S u_i",
            {"u": True, "v": True, "endogenous": False, "instruments": False},
            needs=("endogenous", "instruments"),
        ),
        Model(
            "selection",
            "Sample selection",
            "Greene (2010)",
            "The outcome is seen only where units were selected, and what selects them may go with noise.",
            r"d_i = 1[z_i'\alpha + w_i > 0],\quad y_i \text{ seen where } d_i = 1,\quad "
            r"\mathrm{corr}(w_i, v_i) = \rho",
            'd_i = 1[z\'_i alpha + w_i > 0], quad y_i "seen where" d_i = 1, quad "corr"(w_i, v_i) = rho',
            {"select": True},
            needs=("select",),
            inefficiency=("half_normal",),
        ),
    )
}


def model_named(name: str) -> Model:
    """Return the model called ``name``, or raise :class:`SpecError` with the nearest names."""
    if name not in MODELS:
        raise SpecError(
            f"Unknown structure {name!r}.",
            allowed=", ".join(MODELS),
            remedy=suggest(name, MODELS) or "Choose one of the names above.",
        )
    return MODELS[name]
