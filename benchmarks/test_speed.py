"""Time every case of the registry; with ``--benchmark-disable`` each runs once (smoke mode). Timings never gate."""

from __future__ import annotations

import pytest

from case import Case
from cases import CASES


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.group} [{c.name}]")
def test_speed(benchmark, case: Case) -> None:
    benchmark.group = case.group
    smoke = not benchmark.enabled
    arguments = case.small() if smoke and case.small is not None else case.prepare()
    found = benchmark.pedantic(case.run, args=arguments, rounds=case.rounds, warmup_rounds=case.rounds > 1)
    assert found is not None
