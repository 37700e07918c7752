from __future__ import annotations

import json
import math

import numpy as np
import pytest

from innospace.core.checks import Check
from innospace.core.status import Status, StatusCode

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("check", "ok"),
    [
        (Check.at_most("c", 1e-9, 1e-6, "m"), True),
        (Check.at_most("c", -1e-6, 1e-6, "m"), True),
        (Check.at_most("c", -2e-6, 1e-6, "m"), False),
        (Check.at_most("c", NAN, 1e-6, "m"), False),
        (Check.at_most("c", INF, INF, "m"), False),
        (Check.at_most("c", 0.0, NAN, "m"), False),
        (Check.at_least("c", 2.0, 1.0, "m"), True),
        (Check.at_least("c", 1.0, 1.0, "m"), True),
        (Check.at_least("c", 0.5, 1.0, "m"), False),
        (Check.at_least("c", NAN, 1.0, "m"), False),
        (Check.at_least("c", INF, 1.0, "m"), False),
        (Check.near("c", 1.05, 1.0, 0.1, "m"), True),
        (Check.near("c", 0.85, 1.0, 0.1, "m"), False),
        (Check.near("c", NAN, 1.0, 0.1, "m"), False),
        (Check.near("c", 1.0, NAN, 0.1, "m"), False),
    ],
)
def test_verdicts(check, ok):
    assert check.ok is ok


@pytest.mark.parametrize("number", [np.float64(0.5), np.float32(0.5), np.int64(0)])
def test_numbers_of_numpy_become_plain(number):
    made = [Check.at_most("c", number, np.float64(1.0), "m"), Check.at_least("c", number, -1.0, "m")]
    made.append(Check.near("c", number, number, np.float64(1.0), "m"))
    for check in made:
        assert check.ok is True
        assert json.loads(json.dumps(check.to_dict()))["value"] == float(number)


def test_checks_say_what_they_hold_against():
    check = Check.near("share", 0.4, 0.25, 0.2, "Share of the largest", "Look at it.")
    assert check.meaning == "Share of the largest (expected 0.25)"
    assert (check.value, check.tolerance, check.remedy) == (0.4, 0.2, "Look at it.")


def test_checks_come_back_from_storage():
    check = Check.at_most("walras", 1e-12, 1e-8, "The market left out clears", "Look at the closure.")
    assert Check.from_dict(json.loads(json.dumps(check.to_dict()))) == check
    failed = Check.from_dict(Check.at_most("c", NAN, 1.0, "m").to_dict())
    assert math.isnan(failed.value)
    assert failed.ok is False


@pytest.mark.parametrize("code", StatusCode)
def test_statuses_come_back_from_storage(code):
    status = Status(code, "How it ended", "Try again", "gamma_one", {"iterations": 12.0})
    again = Status.from_dict(json.loads(json.dumps(status.to_dict())))
    assert again == status
    assert again.converged is (code is StatusCode.CONVERGED)


def test_a_status_is_frozen_and_its_numbers_are_its_own():
    numbers = {"iterations": 1.0}
    status = Status(StatusCode.STALLED, "It stands still", numbers=numbers)
    status.to_dict()["numbers"]["iterations"] = 2.0
    assert status.numbers["iterations"] == 1.0
    with pytest.raises(AttributeError):
        status.message = "changed"
    with pytest.raises(ValueError, match="finished"):
        Status.from_dict(status.to_dict() | {"code": "finished"})
