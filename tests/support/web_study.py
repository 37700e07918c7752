"""A small study that was run, with names that are hard to show: for tests of the web app."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

NAME = "регионы России"
NASTY = "<script>alert(1)</script> & Co"
"""A region of the study."""
TEXT = """
[study]
title = "Regions & <b>their</b> space"
seed = 1

[data.regions]
file = "data/regions.csv"
schema = "innovation_space"
nature = "reconstructed"
note = "Made <i>for</i> tests."

[step.frontier]
engine = "frontier"
data = "regions"
model = "innovation_space"
zero_rule = "replace"
zero_value = 0.1
"""


def write(root: Path) -> Path:
    """Write the study into a folder of studies and run it; return its folder."""
    from innospace.data import load_sample
    from innospace.study import run

    frame = load_sample("russia-2010-2012").frame
    frame = frame[frame["year"] > 2010].replace({"region": {"Tambov Region": NASTY}})
    folder = root / NAME
    (folder / "data").mkdir(parents=True)
    frame.to_csv(folder / "data" / "regions.csv", index=False)
    (folder / "study.toml").write_text(TEXT, encoding="utf-8")
    run(folder)
    return folder


def awaited(coroutine):
    """Return what a coroutine returns; in a thread of its own, since a browser may run a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
