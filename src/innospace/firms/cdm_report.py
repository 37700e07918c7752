"""What the chain from R&D to productivity says: numbers, checks, predictions and sentences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.checks import Check
from innospace.core.document import Equation
from innospace.core.numbers import fixed
from innospace.data import formula as language
from innospace.firms.cdm_chain import Chain, ChainData
from innospace.firms.choice.binary import optimum_check
from innospace.firms.presentation import estimate_clause, points
from innospace.firms.result import FirmResult
from innospace.firms.selection import SelectionData, edge_check
from innospace.numerics.bootstrap import Bootstrap

if TYPE_CHECKING:
    import pandas as pd

PREDICTED_INTENSITY = "predicted_rd_intensity"
COLLINEAR = 30.0
FEW_FAILED = 0.05


def predicted(name: str) -> str:
    """Return the name of the prediction of an innovation: ``predicted_product``."""
    return f"predicted_{name}"


@dataclass(frozen=True, slots=True)
class Formulas:
    """The formulas of all stages, predictions added."""

    selection: language.ParsedFormula
    intensity: language.ParsedFormula
    innovation: tuple[language.ParsedFormula, ...]
    productivity: language.ParsedFormula

    @property
    def innovations(self) -> tuple[str, ...]:
        """Names of the innovations."""
        return tuple(f.outcome.strip("`") for f in self.innovation)

    @property
    def predictions(self) -> tuple[str, ...]:
        """Names of the predictions: intensity first."""
        return (PREDICTED_INTENSITY, *(predicted(n) for n in self.innovations))


def numbers(d: ChainData, chain: Chain, draws: Bootstrap | None) -> dict[str, float]:
    """Return counts, the correlation and the fit of every stage."""
    theta = chain.selection.theta
    found = {
        "rd_performers": float(d.selected.sum()),
        "firms": float(d.blocks.max() + 1),
        "rho": float(np.tanh(theta[-2])),
        "sigma": float(np.exp(theta[-1])),
        "log_likelihood_selection": chain.selection.log_likelihood,
        "r2_productivity": chain.productivity.r2,
    }
    for stage, fit in zip(d.innovations, chain.innovations, strict=True):
        found[f"log_likelihood_{stage.name}"] = fit.log_likelihood
    if draws is not None:
        found |= {"bootstrap_draws": float(len(draws.values)), "bootstrap_failed": float(len(draws.failed))}
    return found


def checks(d: ChainData, chain: Chain, draws: Bootstrap | None) -> tuple[Check, ...]:
    """Return the gates of the chain."""
    every = np.arange(len(d.selected))
    x = d.productivity.filled(every, chain.predictions)
    condition = float(np.linalg.cond(x / np.linalg.norm(x, axis=0)))
    worst = max((f.optimum for f in chain.innovations), key=lambda o: o.decrement)
    checks = [
        optimum_check(chain.selection.optimum),
        replace(optimum_check(worst), name="score_at_optimum_innovation"),
        edge_check(float(np.tanh(chain.selection.theta[-2]))),
        Check.at_most(
            "condition_productivity",
            condition,
            COLLINEAR,
            "Condition number of the productivity equation; high when predictions of several innovations are nearly "
            "the same combination of regressors.",
            "Give the innovation equations regressors of their own, or keep one innovation.",
        ),
    ]
    if draws is not None:
        share = len(draws.failed) / draws.draws
        meaning = "Share of bootstrap draws that gave no estimate; many make the errors doubtful."
        checks.append(
            Check.at_most("bootstrap_failed", share, FEW_FAILED, meaning, "Use a simpler model or more firms.")
        )
    return tuple(checks)


def failed_warning(draws: Bootstrap | None, asked: int) -> tuple[str, ...]:
    """Return what a reader should know of the bootstrap."""
    if not asked or draws is None:
        return ("Errors are those of each stage alone: they ignore that predictions are estimated. Use bootstrap=200.",)
    if not draws.failed:
        return ()
    return (f"{len(draws.failed)} of {draws.draws} bootstrap draws failed and were left out: {draws.failed[0][1]}",)


def predictions_frame(first: SelectionData, forms: Formulas, chain: Chain) -> pd.DataFrame:
    """Return predictions of every row."""
    import pandas as pd

    columns = dict(zip(forms.predictions, chain.predictions, strict=True))
    return pd.DataFrame({"row": first.selection.kept + 1, "selected": first.selected.astype(int), **columns})


def describe(first: SelectionData, forms: Formulas, prediction: str, all_firms: bool, bootstrap: int) -> str:
    """Return the model in a paragraph."""
    errors = f"from {bootstrap} bootstrap draws of the whole chain" if bootstrap else "of each stage alone"
    whom = "all firms" if all_firms else "R&D performers"
    return (
        f"Three stages: {first.selection.outcome} and {first.outcome} (Tobit of type 2); probits of "
        f"{', '.join(forms.innovations)} on {prediction} predicted R&D intensity; "
        f"{forms.productivity.outcome} on predicted probabilities of innovation. Later stages use {whom}. Standard "
        f"errors are {errors}. "
        "Predictions stand in for innovation to keep out its own shocks; this needs regressors of "
        "the earlier stages that do not move productivity by themselves."
    )


def sentences(result: FirmResult, forms: Formulas) -> tuple[str, ...]:
    """Return the chain in sentences: in all, by innovation, and what innovation does."""
    effects, coefficients = result.effects(), result.coefficients()
    outcome = forms.productivity.outcome.strip("`")
    ways = effects[effects["kind"] == "rd_on_productivity"].set_index("name")
    said = [f"One unit more of predicted R&D intensity changes {outcome} by {_told(ways.loc['total'])} in all."]
    for name in forms.innovations:
        key = f"{name}: {PREDICTED_INTENSITY}"
        row = effects[(effects["kind"] == "average_marginal_effect") & (effects["name"] == key)]
        said.append(
            f"One unit more of predicted R&D intensity changes the probability of {name} by {_points(row.iloc[0])}."
        )
    for name in forms.innovations:
        key = f"productivity: {predicted(name)}"
        if key in coefficients.index:
            told = _told(coefficients.loc[key])
            said.append(f"A probability of {name} of one instead of zero changes {outcome} by {told}.")
    said[-1] = said[-1][:-1] + f" ({fixed(result.n, 0)} observations)."
    return tuple(said)


def _points(row: Any) -> str:
    return points(row) if np.isfinite(row["std_error"]) else f"{fixed(100.0 * row['estimate'], 1)} percentage points"


def _told(row: Any) -> str:
    return estimate_clause(row) if np.isfinite(row["std_error"]) else fixed(row["estimate"], 3)


EQUATIONS = (
    Equation(
        "rd",
        r"s_i = 1(z_i'\gamma + u_i > 0), \quad r_i^* = x_i'\beta + \varepsilon_i",
        "s_i = 1(z_i' gamma + u_i > 0), quad r_i^* = x_i' beta + epsilon_i",
        "R&D: whether and how much",
    ),
    Equation(
        "innovation",
        r"P(k_{ij} = 1) = \Phi(\alpha_j \hat r_i + w_i'\delta_j)",
        "P(k_(i j) = 1) = Phi(alpha_j hat(r)_i + w_i' delta_j)",
        "Innovation of kind j by predicted R&D intensity",
    ),
    Equation(
        "productivity",
        r"q_i = \sum_j \pi_j \hat k_{ij} + v_i'\theta + e_i",
        "q_i = sum_j pi_j hat(k)_(i j) + v_i' theta + e_i",
        "Productivity by predicted innovation",
    ),
)
