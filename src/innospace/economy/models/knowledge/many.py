"""Any number of scenarios: a few are solved here, many in worker processes, chunk by chunk; finished chunks are kept.

A chunk is kept under a hash of all that decides it. One that is damaged, or of another model, is solved again.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from innospace.core.inputs import NoParts, Parts
from innospace.core.progress import Progress, silent
from innospace.core.provenance import fingerprint
from innospace.economy.models.knowledge.dynamics import BASELINE, Path, solve_path
from innospace.economy.models.knowledge.model import KnowledgeModel
from innospace.economy.models.knowledge.storage import path_facts, path_from_facts
from innospace.economy.scenario import Scenario
from innospace.numerics.parallel import Workers

FEW = 40
"""Up to so many scenarios are solved in this process: they take less time than a worker takes to start."""
CHUNK = 20
"""Scenarios that are solved and kept together."""


def solve_paths(
    model: KnowledgeModel,
    scenarios: Sequence[Scenario],
    *,
    workers: int | None = None,
    parts: Parts | None = None,
    progress: Progress = silent,
) -> dict[str, Path]:
    """Solve the baseline and scenarios.

    Parameters
    ----------
    model : KnowledgeModel
    scenarios : sequence of Scenario
        With different names.
    workers : int, optional
        Processes for many scenarios; all cores when not given. They change no number.
    parts : Parts, optional
        Where finished chunks of many scenarios are kept.
    progress : callable

    Returns
    -------
    dict of str to Path
        The baseline first, then scenarios in their order.
    """
    every = (BASELINE, *scenarios)
    if len(every) <= FEW:
        return {s.name: _reported(model, s, progress, n / len(every)) for n, s in enumerate(every)}
    chunks = [every[i : i + CHUNK] for i in range(0, len(every), CHUNK)]
    kept = NoParts() if parts is None else parts
    names = [f"paths-{_identity(model, chunk)}.npz" for chunk in chunks]
    found = [_decode(model, chunk, kept.load(name)) for name, chunk in zip(names, chunks, strict=True)]
    missing = [n for n, chunk in enumerate(found) if chunk is None]
    solved = len(chunks) - len(missing)

    def done(at: int, paths: list[Path]) -> None:
        nonlocal solved
        found[missing[at]] = paths
        kept.save(names[missing[at]], _encode(paths))
        solved += 1
        progress(f"{min(solved * CHUNK, len(every))} of {len(every)} scenarios", solved / len(chunks))

    if missing:
        with Workers(_solve_chunk, model, workers) as pool:
            pool.run([chunks[n] for n in missing], done)
    return {path.scenario.name: path for chunk in found if chunk is not None for path in chunk}


def _reported(model: KnowledgeModel, scenario: Scenario, progress: Progress, fraction: float) -> Path:
    progress(f"Solving {scenario.name}", fraction)
    return solve_path(model, scenario)


def _solve_chunk(model: KnowledgeModel, chunk: tuple[Scenario, ...]) -> list[Path]:
    return [solve_path(model, scenario) for scenario in chunk]


def _identity(model: KnowledgeModel, chunk: Sequence[Scenario]) -> str:
    what = [model.spec.to_dict(), model.closure.to_dict(), list(model.years), [float(v) for v in model.base_p]]
    return fingerprint([what, [s.to_dict() for s in chunk]])[:24]


def _encode(paths: Sequence[Path]) -> bytes:
    arrays: dict[str, Any] = {f"levels{n}": p.levels for n, p in enumerate(paths)}
    arrays |= {f"parameters{n}": p.parameters for n, p in enumerate(paths)}
    facts = json.dumps([path_facts(p) for p in paths], ensure_ascii=False).encode("utf-8")
    buffer = io.BytesIO()
    np.savez(buffer, facts=np.frombuffer(facts, dtype=np.uint8), **arrays)
    return buffer.getvalue()


def _decode(model: KnowledgeModel, chunk: Sequence[Scenario], content: bytes | None) -> list[Path] | None:
    if content is None:
        return None
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            facts = json.loads(file["facts"].tobytes())
            paths = [path_from_facts(model, f, file[f"levels{n}"], file[f"parameters{n}"]) for n, f in enumerate(facts)]
    except Exception:
        # a damaged archive raises a dozen unrelated classes; whatever it is, the chunk is solved again
        return None
    return paths if [p.scenario for p in paths] == list(chunk) else None
