"""What a study computes, step by step, and the hash that identifies each step and the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from innospace.core.provenance import fingerprint, package_version
from innospace.study.engines import engine
from innospace.study.load import Study, StudyStep
from innospace.study.tables import describe, table_sha256

STORE_FORMAT = 1
"""Layout of stored runs; part of every hash, so that another layout is never misread."""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step with the hash of all that decides its numbers, and the hashes of its tables by name.

    Options, data, links, scenarios, seed, version, and the steps it needs decide.
    """

    step: StudyStep
    sha256: str
    data_sha256: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a study in order, and the hash of the whole run."""

    study: Study
    steps: tuple[PlannedStep, ...]
    run_id: str


def make_plan(study: Study) -> Plan:
    """Return the plan of a study; reads the bytes of its data, not their content."""
    used = dict.fromkeys(name for s in study.steps for name in s.data.values())
    digests = {name: table_sha256(study.folder, study.tables[name]) for name in used}
    hashes: dict[str, str] = {}
    planned = []
    for step in study.steps:
        hashes[step.name] = fingerprint(
            {
                "format": STORE_FORMAT,
                "version": package_version(),
                "engine": step.engine,
                "options": step.options.model_dump(mode="json"),
                "data": {
                    role: {"sha256": digests[name], **describe(study.tables[name])} for role, name in step.data.items()
                },
                "links": [link.to_dict() for link in study.links if link.to_step == step.name],
                "scenarios": list(study.scenarios) if engine(step.engine).SCENARIOS else [],
                "seed": study.seed,
                "needs": {name: hashes[name] for name in sorted(step.needs)},
            }
        )
        planned.append(PlannedStep(step, hashes[step.name], {n: digests[n] for n in step.data.values()}))
    whole = {"format": STORE_FORMAT, "title": study.title, "steps": [[p.step.name, p.sha256] for p in planned]}
    return Plan(study, tuple(planned), fingerprint(whole))
