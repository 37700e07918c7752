"""A bootstrap asked for in a step of a study, and its seed."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from innospace.core.errors import SpecError
from innospace.core.inputs import StepInputs
from innospace.data import as_dataset
from innospace.frontier import step

INSTRUMENTS = "y ~ a | endogenous: a | instruments: b"
ASKED = {"formula": "y ~ a + b", "bootstrap": 40}


@pytest.fixture(scope="module")
def inputs(simulated):
    return StepInputs({"table": as_dataset(simulated("half_normal", 60, 2, sigma_u=0.8, sigma_v=0.4))})


def test_a_step_takes_the_seed_of_the_study_or_its_own(inputs):
    of_study = step.run(step.Options(**ASKED), inputs, seed=7)
    own = step.run(step.Options(**ASKED, bootstrap_seed=7), inputs, seed=1)
    other = step.run(step.Options(**ASKED, bootstrap_seed=8), inputs, seed=7)
    np.testing.assert_array_equal(of_study.refits.theta, own.refits.theta)
    assert not np.array_equal(own.refits.theta, other.refits.theta)
    assert other.to_dict()["bootstrap"]["seed"] == 8


def test_it_is_stored_and_shown(inputs):
    result = step.run(step.Options(**ASKED, bootstrap_kind="pairs"), inputs)
    again = type(result).from_bundle(result.to_bundle())
    np.testing.assert_array_equal(again.refits.theta, result.refits.theta)
    assert again.resampled.to_dict() == result.resampled.to_dict()
    assert result.vcov("robust").refits is result.refits
    names = [block.name for section in again.sections() for block in section.blocks if hasattr(block, "columns")]
    assert "bootstrap" in names
    assert "σᵤ" in again.table("bootstrap").frame["name"].tolist()


def test_none_without_asking(inputs):
    result = step.run(step.Options(formula="y ~ a + b"), inputs)
    assert result.resampled is None
    assert "bootstrap" not in result.to_dict()
    with pytest.raises(SpecError, match="without a bootstrap"):
        result.table("bootstrap")


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"formula": "y ~ a", "bootstrap_seed": 1}, "belong to a bootstrap"),
        ({"formula": "y ~ a", "workers": 2}, "workers belong to a bootstrap"),
        ({"formula": "y ~ a", "bootstrap": 3}, "20"),
        ({"formula": "y ~ a", "bootstrap": 50, "bootstrap_seed": -1}, "0"),
        ({"model": "innovation_space", "bootstrap": 50}, "do not belong"),
        ({"formula": "y ~ a", "bootstrap": 50, "bootstrap_kind": "rows"}, "pairs"),
    ],
)
def test_what_is_refused(options, what):
    with pytest.raises(ValidationError, match=what):
        step.Options(**options)


class Kept:
    """Parts in memory."""

    def __init__(self):
        self.files = {}

    def load(self, name):
        return self.files.get(name)

    def save(self, name, content):
        self.files[name] = content


LONG = {
    "a frontier": {"formula": "y ~ a | v: b"},
    "a structure": {"formula": INSTRUMENTS, "structure": "endogenous"},
    "a structure, simulated": {"formula": INSTRUMENTS, "structure": "endogenous", "bootstrap_kind": "parametric"},
    "a panel": {"formula": "y ~ a", "panel": "pitt_lee", "unit": "unit", "time": "period"},
}
"""Frontiers that are refitted one by one, in tasks of eight."""


@pytest.mark.parametrize("options", LONG.values(), ids=LONG)
def test_a_stopped_step_goes_on_and_no_number_depends_on_workers(options, simulated):
    frame = simulated("half_normal", 60, 2, sigma_u=0.8, sigma_v=0.4)
    frame = frame.assign(unit=np.repeat([f"Край {i}" for i in range(15)], 4), period=np.tile(np.arange(4), 15))
    tables, parts = {"table": as_dataset(frame)}, Kept()
    ask = {**options, "bootstrap": 20}

    def stop(message, _):
        if message == "Bootstrap: 16 of 20 replications":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        step.run(step.Options(**ask, workers=1), StepInputs(tables, parts=parts), progress=stop)
    assert len(parts.files) == 2
    told = []
    again = step.run(
        step.Options(**ask, workers=2), StepInputs(tables, parts=parts), progress=lambda *t: told.append(t)
    )
    drawn = [(message, fraction) for message, fraction in told if message.startswith("Bootstrap")]
    assert [message for message, _ in drawn] == [f"Bootstrap: {n} of 20 replications" for n in (16, 20)]
    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions)
    whole = step.run(step.Options(**ask, workers=1), StepInputs(tables))
    np.testing.assert_array_equal(again.refits.theta, whole.refits.theta)
    assert again.refits.ends == whole.refits.ends


def test_workers_and_scheduler_do_not_identify_a_step(inputs):
    asked = step.Options(**ASKED, workers=3, scheduler="tcp://10.0.0.1:8786")
    assert asked.model_dump() == step.Options(**ASKED).model_dump()
    with pytest.raises(SpecError, match="scheduler"):
        step.run(step.Options(**ASKED, scheduler="nowhere"), inputs)
