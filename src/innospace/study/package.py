"""A replication package: everything that computes a run again and shows that the numbers are the same, in one file.

``study/`` holds the study with its data, ``stored/`` the run as it was stored, ``numbers/`` its numbers as CSV,
``requirements.txt`` the versions, ``README.txt`` what to type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from innospace.core.errors import StudyError
from innospace.core.provenance import file_sha256
from innospace.core.slugs import slug
from innospace.report.archives import packed
from innospace.study.folders import MANIFEST, read_file, read_manifest
from innospace.study.load import FILE_NAME, Study, content_files, data_file, load_study
from innospace.study.replication import numbers_file, same_study, study_files
from innospace.study.store import RUNS, SHOWN, Store, StoredRun

WITHHELD = ("restricted", "confidential", "proprietary", "not be passed on", "no redistribution")
"""Words of a licence, whatever the case, for which a table is left out of the package."""
_NAME = re.compile(r"^[A-Za-z0-9][\w.-]*")
_EXTRA = re.compile(r"\bextra\s*==")
_README = "README.txt"


def replication_package(run: StoredRun, folder: Path) -> bytes:
    """Return a replication package as a ZIP file; equal runs give equal bytes.

    Parameters
    ----------
    run : StoredRun
        Of the study as it is now.
    folder : Path
        Of the study.

    Returns
    -------
    bytes
        Samples that come with innospace are not copied; neither are tables whose licence says one of
        :data:`WITHHELD`, which the README names with their fingerprints.

    Raises
    ------
    StudyError
        The study, its data or innospace changed after the run: what is packed would not give its numbers.
    StoreError
        The stored run is damaged.
    """
    if not same_study(run, folder):
        raise StudyError(
            "The study, its data or innospace changed after this run, so that it cannot be packed.",
            where=f"run {run.run_id[:SHOWN]}",
            allowed="the run of the study as it is now",
            remedy=f"Run the study again: innospace run {folder.name}",
        )
    study = load_study(folder)
    name = slug(folder.resolve().name) or "study"
    files = list(_files(run, study))
    return packed((f"{name}/{path}", content) for path, content in files)


def _files(run: StoredRun, study: Study) -> Iterator[tuple[str, bytes]]:
    root = study.folder.resolve()
    kept, withheld = _tables(study)
    yield _README, _readme(run, withheld).encode("utf-8")
    yield "requirements.txt", requirements(run).encode("utf-8")
    models = [p for p in content_files(study) if p.relative_to(root).as_posix() not in withheld]
    for path in dict.fromkeys((*study_files(study.folder), *models, *kept)):
        yield f"study/{path.relative_to(root).as_posix()}", path.read_bytes()
    yield f"stored/{FILE_NAME}", study.file.read_bytes()
    stored = Store(study.folder).path(run.run_id)
    manifest = read_manifest(stored)
    for path in (*manifest["files"], MANIFEST):
        content = (stored / path).read_bytes() if path == MANIFEST else read_file(stored, manifest, path)
        yield f"stored/{RUNS}/{run.run_id}/{path}", content
    for step in run.steps:
        yield f"numbers/{step.name}.csv", numbers_file(step.result.to_frame())


def _tables(study: Study) -> tuple[list[Path], dict[str, str]]:
    """Return the files of tables that may be passed on, and those that may not with their fingerprints."""
    files = {str(t.file): t.licence.casefold() for t in study.tables.values() if t.file is not None}
    paths = {file: data_file(study.folder, t) for t in study.tables.values() if (file := t.file) is not None}
    closed = [file for file, licence in files.items() if any(word in licence for word in WITHHELD)]
    kept = [study.folder.resolve() / file for file in paths if file not in closed]
    return kept, {file: file_sha256(paths[file]) for file in closed}


def requirements(run: StoredRun) -> str:
    """Return innospace and what it needs with their versions, in the form that pip reads; those of the run first."""
    pinned = {k: v for s in run.steps for k, v in s.result.provenance.software.items() if k != "python"}
    versions: dict[str, str] = {}
    waiting = _needs("innospace")
    while waiting:
        name = waiting.pop()
        if name in versions:
            continue
        try:
            versions[name] = pinned.get(name) or metadata.version(name)
        except metadata.PackageNotFoundError:
            # of another system or version of Python
            continue
        waiting += _needs(name)
    lines = [f"innospace=={run.version}", *(f"{n}=={v}" for n, v in sorted(versions.items()))]
    return "\n".join([*lines, ""])


def _needs(name: str) -> list[str]:
    """Return the names of what an installed package needs, without its extras."""
    found = (r for r in metadata.requires(name) or () if not _EXTRA.search(r))
    return [m[0].lower().replace("_", "-") for r in found if (m := _NAME.match(r))]


def _readme(run: StoredRun, withheld: dict[str, str]) -> str:
    """Return what the package is, what to type, and what must be added."""
    python = next((s.result.provenance.software.get("python", "") for s in run.steps), "")
    lines = [
        run.title,
        "",
        f"Run {run.run_id}",
        f"computed {run.created} by innospace {run.version} with seed {run.seed} on Python {python}.",
        "",
        "To compute it again, with the versions of requirements.txt installed, in this folder:",
        "",
        "  innospace run study",
        "  innospace compare study stored",
        "",
        "The second command holds every number against the stored ones; none should differ.",
        "",
        "study/    the study file, scenarios and data; samples come with innospace",
        "stored/   the run as it was stored",
        "numbers/  its numbers as CSV, in full precision",
    ]
    if withheld:
        lines += ["", "These tables may not be passed on. Put them in place first; they must have these SHA-256:", ""]
        lines += [f"  study/{file}  {digest}" for file, digest in withheld.items()]
    return "\n".join([*lines, ""])
