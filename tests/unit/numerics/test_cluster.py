"""Long work on a Dask cluster that is started here: the numbers of one process; what is wrong is told in seconds."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from distributed import LocalCluster

from innospace.cli.app import main
from innospace.core.errors import SpecError
from innospace.economy.general.models import ready
from innospace.economy.general.sensitivity import Uncertain, sensitivity
from innospace.economy.general.solve import compile_spec
from innospace.frontier import fit
from innospace.frontier.panel.fit import fit_panel
from innospace.numerics import cluster
from innospace.numerics.cluster import executor_at

NEST = {"nest": ("Q.BRD.mix", "Q.MLK.mix")}


@pytest.fixture(scope="module")
def address():
    """Return the scheduler of a cluster of one worker in this process."""
    with LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, protocol="tcp", dashboard_address=":0"
    ) as local:
        yield local.scheduler_address


@pytest.fixture(scope="module")
def executor(address):
    """Return an executor on it."""
    with executor_at(address) as found:
        yield found


@pytest.fixture(scope="module")
def table():
    """Return rows of a half-normal frontier, two periods a firm."""
    rng = np.random.default_rng(4)
    x, u = rng.normal(size=120), np.repeat(np.abs(rng.normal(size=60)), 2)
    y = 1.0 + 0.5 * x + 0.2 * rng.normal(size=120) - u
    return pd.DataFrame({"y": y, "x": x, "firm": np.repeat(np.arange(60), 2), "year": np.tile([2000, 2001], 60)})


def test_bootstraps_give_the_numbers_of_one_process(executor, table):
    ordinary, panel = fit("y ~ x", table), fit_panel("y ~ x", table, unit="firm", time="year", model="pitt_lee")
    for result, kind in ((ordinary, "pairs"), (panel, "block")):
        here = result.bootstrap(24, kind=kind, seed=3).refits
        there = result.bootstrap(24, kind=kind, seed=3, executor=executor).refits
        np.testing.assert_array_equal(here.theta, there.theta)
        assert here.ends == there.ends


def test_other_assumptions_give_the_numbers_of_one_process_and_of_two(executor, tmp_path, monkeypatch):
    from innospace.economy.general import draws

    monkeypatch.setattr(draws, "CHUNK", 4)
    model = ready("stdcge")
    economy, uncertain = compile_spec(model.spec), [Uncertain("elasticity", 0.5, NEST)]
    ask = (economy, model.scenarios[:1], uncertain)
    how = {"method": "monte_carlo", "draws": 12, "seed": 5}

    def stop(_message, fraction):
        if fraction > 0.5:
            raise KeyboardInterrupt

    here = sensitivity(*ask, **how)
    with pytest.raises(KeyboardInterrupt):
        sensitivity(*ask, **how, executor=executor, resume=tmp_path / "long", progress=stop)
    told = []
    resumed = sensitivity(*ask, **how, resume=tmp_path / "long", progress=lambda m, _: told.append(m))
    assert told[0] == "Other assumptions, 8 of 12"
    for there in (sensitivity(*ask, **how, executor=executor), sensitivity(*ask, **how, workers=2), resumed):
        pd.testing.assert_frame_equal(here, there, check_exact=True)


def test_the_command_line_takes_a_scheduler(address, table, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    table.to_csv("firms.csv", index=False)
    found = []
    for more in ([], ["--scheduler", address, "--resume", "long"]):
        assert main(["fit", "firms.csv", "y ~ x", "--bootstrap", "20", "--json", *more]) == 0
        found.append(json.loads(capsys.readouterr().out)["bootstrap"])
    assert found[0] == found[1]
    assert not Path("long").exists()


def test_without_an_address_there_is_no_executor():
    with executor_at(None) as nothing:
        assert nothing is None


@pytest.mark.parametrize("scheme", ["tcp", "nonsense"])
def test_a_scheduler_that_does_not_answer_is_told(monkeypatch, scheme):
    monkeypatch.setattr(cluster, "SECONDS", 0.5)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers here
        where = f"{scheme}://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(SpecError, match="No scheduler of a Dask cluster answers"), executor_at(where):
            pass


def test_a_cluster_without_workers_is_told(monkeypatch):
    monkeypatch.setattr(cluster, "SECONDS", 0.5)
    none = {"n_workers": 0, "processes": False, "protocol": "tcp", "dashboard_address": ":0"}
    with LocalCluster(**none) as empty, pytest.raises(SpecError, match="has no workers"):  # noqa: SIM117
        with executor_at(empty.scheduler_address):
            pass


def test_workers_of_another_version_are_refused(address, monkeypatch):
    monkeypatch.setattr(cluster, "package_version", type("Others", (), {"__call__": lambda _: os.urandom(4).hex()})())
    with pytest.raises(SpecError, match="do not run what this process runs"), executor_at(address):
        pass


def test_without_the_package_its_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SpecError, match="needs the package distributed") as caught, executor_at("tcp://127.0.0.1:1"):
        pass
    assert 'pip install "innospace[cluster]"' in caught.value.remedy
