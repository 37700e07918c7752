"""Hold the findings of the brief against the estimates: one row a comparison, one verdict a finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from innospace.core.provenance import Nature
from innospace.firms.internationalisation.claims import Claim, Line, claims
from innospace.firms.internationalisation.equations import MIN_FIRMS, Equations
from innospace.firms.internationalisation.stack import Contrast, contrast, joint_zero
from innospace.firms.internationalisation.waves import TwoWaves

if TYPE_CHECKING:
    import pandas as pd

HOLDS = "as in the brief"
UNCLEAR = "same sign, not clear"
NOT = "not found"
OPPOSITE = "opposite"
TOO_FEW = "too few firms"
SIGNIFICANCE = 0.05


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the panel says about one finding.

    Attributes
    ----------
    claim : Claim
    verdict : str
        ``as in the brief`` (every comparison is clear; for a null finding, none together), ``same sign, not clear``,
        ``not found``, ``opposite``, ``too few firms``.
    lines : DataFrame
        One row a comparison: estimate, error, interval, p, ``firms`` (starters it rests on), ``truth``, ``verdict``.
    p_joint : float
        Of the hypothesis that all comparisons are zero.
    """

    claim: Claim
    verdict: str
    lines: pd.DataFrame
    p_joint: float


def verdicts(waves: TwoWaves, equations: Equations) -> tuple[Verdict, ...]:
    """Return a verdict on every finding whose equations could be fitted."""
    known = set(equations.estimates.names)
    found = []
    for claim in claims(waves):
        lines = [line for line in claim.lines if set(line.weights) <= known or _few(line, waves)]
        if lines:
            found.append(_verdict(claim, lines, waves, equations))
    return tuple(found)


def _verdict(claim: Claim, lines: Sequence[Line], waves: TwoWaves, equations: Equations) -> Verdict:
    import pandas as pd

    truth = _truth(waves)
    rows = []
    for line in lines:
        c = NOTHING if _few(line, waves) else contrast(equations.estimates, line.weights)
        firms = [waves.starters(channel) for channel in line.channels]
        rows.append(
            {
                "comparison": line.text,
                "estimate": c.estimate,
                "std_error": c.std_error,
                "lower": c.lower,
                "upper": c.upper,
                "p_value": c.p_value,
                "firms": float(min(firms)) if firms else float("nan"),
                "truth": sum(w * truth.get(name, float("nan")) for name, w in line.weights.items()),
                "verdict": _line_verdict(c.estimate, c.p_value, claim.null, firms),
            }
        )
    frame = pd.DataFrame(rows)
    told = [line.weights for line in lines if not _few(line, waves)]
    p = joint_zero(equations.estimates, told)[1] if told else float("nan")
    return Verdict(claim, _overall(claim, frame, p), frame, p)


NOTHING = Contrast(*[float("nan")] * 5)


def _few(line: Line, waves: TwoWaves) -> bool:
    return any(waves.starters(c) < MIN_FIRMS for c in line.channels)


def _line_verdict(estimate: float, p: float, null: bool, firms: Sequence[int]) -> str:
    if any(n < MIN_FIRMS for n in firms):
        return TOO_FEW
    clear = p < SIGNIFICANCE
    if null:
        return NOT if clear else HOLDS
    if estimate > 0:
        return HOLDS if clear else UNCLEAR
    return OPPOSITE if clear else NOT


def _overall(claim: Claim, frame: pd.DataFrame, p_joint: float) -> str:
    each = list(frame["verdict"])
    if TOO_FEW in each:
        return TOO_FEW
    if claim.null:
        return HOLDS if p_joint >= SIGNIFICANCE else NOT
    if OPPOSITE in each:
        return OPPOSITE
    if all(v == HOLDS for v in each):
        return HOLDS
    # comparisons of one sign that are clear together, though not each by itself
    if all(frame["estimate"] > 0) and p_joint < SIGNIFICANCE:
        return HOLDS
    return UNCLEAR if all(frame["estimate"] > 0) else NOT


def _truth(waves: TwoWaves) -> dict[str, float]:
    """Return the parameters the synthetic panel was drawn with, by name of the coefficient; none for other data."""
    from innospace.firms import synthetic

    if waves.source.nature is not Nature.SIMULATED or not waves.source.name.startswith(synthetic.SAMPLE):
        return {}
    found = {f"{t.equation}: {t.name}": t.value for t in synthetic.truth()}
    for o in synthetic.OUTCOMES:
        found |= {f"start {o}: {name}": 0.0 for name in ("group", "catching_up", "inputs_share")}
    return {name.replace("_2005", "_before"): value for name, value in found.items()}
