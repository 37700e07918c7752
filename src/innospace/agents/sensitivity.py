"""Sobol indices of the main outputs by what is assumed and calibrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.agents.calibrate import Setup
from innospace.agents.policy import Policy
from innospace.agents.simulate import simulate_twins
from innospace.agents.targets import Panel, windows
from innospace.core.parts import Resume, resumed
from innospace.core.progress import Progress, silent
from innospace.numerics import sobol as rule
from innospace.numerics.chunks import Chunks

if TYPE_CHECKING:
    import pandas as pd

    from innospace.agents.assumptions import Calibrated

Array = NDArray[np.float64]
INPUTS: Mapping[str, tuple[float, float]] = {
    "fit_effect": (0.5, 2.5),
    "neighbour_effect": (0.0, 0.6),
    "cost_effect": (1.0, 3.0),
    "introduction_effect": (0.5, 2.5),
    "end_after_failure": (0.4, 0.7),
    "openness_sd": (0.5, 1.5),
    "dispersion": (0.5, 1.5),
}
"""Ranges, uniform; the last two are factors on the calibrated numbers."""
OUTPUTS: Mapping[str, str] = {
    "innovations": "Innovations of the country in the base year",
    "zero_share": "Share of regions without innovations in the base year",
    "policy_links": "Links that the first policy adds in its region in the last year",
    "policy_efficiency": "Technical efficiency that it adds there in the last year",
}
YEARS = 6
"""Years that a policy has: long enough for most of its effect, short enough to be run often."""
_RUNS = 2


@dataclass(frozen=True)
class SobolTask:
    """What every evaluation needs."""

    setup: Setup
    calibrated: Calibrated
    policy: Policy | None


def outputs(task: SobolTask, x: tuple[float, ...]) -> list[float]:
    """Return :data:`OUTPUTS` at one set of inputs."""
    given = dict(zip(INPUTS, x, strict=True))
    factors = {n: given.pop(n) for n in ("openness_sd", "dispersion")}
    calibrated = replace(task.calibrated, **{n: getattr(task.calibrated, n) * f for n, f in factors.items()})
    changed: dict[str, Any] = dict(given)
    setup = replace(task.setup, assumptions=replace(task.setup.assumptions, **changed))
    model, panel, window = setup.model(calibrated), setup.panel, setup.assumptions.window
    base, final = model.base, model.base + YEARS
    found = []
    policies = (None,) if task.policy is None else (None, task.policy)
    for n in range(_RUNS):
        free, *helped = simulate_twins(model, base - window + 1, final, policies, seed=setup.seed, replication=n)
        row = [float(free.expected[window - 1].sum()), float((windows(free.innovations, window)[:, 0] == 0).mean())]
        if task.policy is None:
            found.append([*row, 0.0, 0.0])
            continue
        at = panel.regions.index(task.policy.instruments[0].region)
        te = [_efficiency(setup, r.expected[-1, at], at) for r in (free, *helped)]
        found.append([*row, float(helped[0].links[-1, at] - free.links[-1, at]), te[1] - te[0]])
    return [float(v) for v in np.mean(found, axis=0)]


def _efficiency(setup: Setup, innovations: float, at: int) -> float:
    q, v = np.array([innovations]), setup.population.space[[at]]
    return float(setup.frontier.efficiency(q, v)[0])


def shifted_policy(policy: Policy, panel: Panel) -> Policy:
    """Return the policy at work from the year after the panel on, whatever its own years."""
    years = (panel.base + 1, panel.base + YEARS)
    return replace(policy, instruments=tuple(replace(i, years=years) for i in policy.instruments))


def sobol(
    setup: Setup,
    calibrated: Calibrated,
    policy: Policy | None,
    points: int,
    *,
    seed: int = 0,
    workers: int | None = 1,
    executor: Any = None,
    resume: Resume = None,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Return first-order and total indices of every output by every input, with 95 % bootstrap intervals.

    Parameters
    ----------
    setup : Setup
    calibrated : Calibrated
    policy : Policy, optional
        Its outputs are zero when there is none, and left out.
    points : int
        A power of two; the model is run at ``points * (inputs + 2)`` sets of numbers.
    seed : int
    workers : int, optional
    executor : optional
        An executor of :mod:`concurrent.futures` instead of ``workers``, such as that of a cluster.
    resume : path or Parts, optional
        A folder where finished parts are kept until all is done, so that an interrupted call goes on.
    progress : callable
    """
    import pandas as pd

    task = SobolTask(setup, calibrated, shifted_policy(policy, setup.panel) if policy else None)
    low, high = np.array(list(INPUTS.values())).T
    at = low + (high - low) * rule.design(len(INPUTS), points, seed)
    identity = [setup.identity(), calibrated, task.policy]
    how: dict[str, Any] = {"workers": workers, "executor": executor}

    def told(done: int, of: int) -> None:
        progress(f"Sensitivity: {done} of {of}", done / of)

    with resumed(resume) as parts, Chunks(outputs, task, "sobol", identity, parts=parts, **how) as work:
        values = np.array(work.run([tuple(map(float, row)) for row in at], told))
    found = rule.indices(values, len(INPUTS), seed)
    rows = []
    for o, output in enumerate(OUTPUTS):
        if policy is None and output.startswith("policy"):
            continue
        for i, name in enumerate(INPUTS):
            row = dict(zip(rule.COLUMNS, map(float, found[o, i]), strict=True))
            if np.isnan(row["first"]):  # an output that does not vary answers to nothing, and has no intervals
                row |= {"first": 0.0, "total": 0.0}
            rows.append({"output": output, "input": name, **row})
    return pd.DataFrame(rows)
