"""What a study computes, step by step, and the hash that identifies each step and the run."""

from __future__ import annotations

from dataclasses import dataclass

from innospace.core.provenance import fingerprint, package_version
from innospace.study.load import Study, StudyStep
from innospace.study.tables import describe, table_sha256

STORE_FORMAT = 1
"""Layout of stored runs; part of every hash, so that another layout is never misread."""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step with the hash of all that decides its numbers: options, data, seed, version, and the steps it needs."""

    step: StudyStep
    sha256: str
    data_sha256: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a study in order, and the hash of the whole run."""

    study: Study
    steps: tuple[PlannedStep, ...]
    run_id: str


def make_plan(study: Study) -> Plan:
    """Return the plan of a study; reads the bytes of its data, not their content."""
    used = dict.fromkeys(s.data for s in study.steps)
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
                "data": {"sha256": digests[step.data], **describe(study.tables[step.data])},
                "seed": study.seed,
                "needs": {name: hashes[name] for name in sorted(step.needs)},
            }
        )
        planned.append(PlannedStep(step, hashes[step.name], digests[step.data]))
    whole = {"format": STORE_FORMAT, "title": study.title, "steps": [[p.step.name, p.sha256] for p in planned]}
    return Plan(study, tuple(planned), fingerprint(whole))
