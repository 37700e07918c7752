"""Stored runs: one folder a run, named by the hash of all that decides its numbers.

``runs/HASH/`` holds ``manifest.json``, ``log.txt`` and ``steps/NAME/`` with ``bundle.json`` and one Parquet file a
frame. ``runs/.steps/HASH/`` holds each finished step by its own hash, so that an interrupted run goes on where it
stopped and a change to one step leaves the others alone. ``runs/.parts/HASH/`` holds finished parts of a step that
takes long, until the step is finished.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from innospace.core.errors import InnospaceError, StoreError, offenders
from innospace.core.parts import FolderParts
from innospace.core.result import Bundle, Result
from innospace.study.encoding import from_json, from_parquet, to_json, to_parquet
from innospace.study.engines import rebuild
from innospace.study.folders import MANIFEST, corrupt, read_file, read_manifest, require_writable, sweep, write_folder
from innospace.study.parts import PARTS, forget
from innospace.study.plan import STORE_FORMAT

if TYPE_CHECKING:
    pass

RUNS = "runs"
STEPS = ".steps"
BUNDLE = "bundle.json"
SHOWN = 12
"""Characters of a hash that are shown; a prefix of any length finds a run."""


@dataclass(frozen=True, slots=True)
class StoredStep:
    """One step of a run: who computed it, its hash, its result, what it warned of."""

    name: str
    engine: str
    sha256: str
    result: Result
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A whole run.

    Attributes
    ----------
    run_id : str
        Hash of the run.
    title : str
    seed : int
    version : str
        Version of innospace that computed it.
    created : str
        When, ISO 8601, UTC.
    steps : tuple of StoredStep
        In the order in which they ran.
    log : tuple of str
        Lines of the log.
    """

    run_id: str
    title: str
    seed: int
    version: str
    created: str
    steps: tuple[StoredStep, ...]
    log: tuple[str, ...] = field(default=())

    @property
    def results(self) -> dict[str, Result]:
        """Results by step."""
        return {s.name: s.result for s in self.steps}

    def _repr_html_(self) -> str:
        from innospace.core.notebook import card, grid, listed

        checks = [c for s in self.steps for c in s.result.checks]
        failed = sum(not c.ok for c in checks)
        facts = [
            ("Run", self.run_id[:SHOWN]),
            ("Computed", f"{self.created}, innospace {self.version}"),
            ("Seed", self.seed),
            ("Checks", f"{failed} of {len(checks)} failed" if failed else f"all {len(checks)} passed"),
        ]
        rows = [(s.name, s.engine, s.result.status.code) for s in self.steps]
        found = [sentence for s in self.steps for sentence in s.result.findings()]
        return card(self.title, facts, grid(("Step", "Engine", "Status"), rows), listed(found))


class Store:
    """Runs of one study.

    Parameters
    ----------
    folder : Path
        Folder of the study.
    """

    def __init__(self, folder: Path) -> None:
        self.runs = folder / RUNS

    def prepare(self) -> None:
        """Make the folder of runs, and sweep away what killed runs left.

        Raises
        ------
        StoreError
            When it cannot be written; nothing has been computed yet.
        """
        require_writable(self.runs)
        sweep(self.runs)
        sweep(self.runs / STEPS)
        forget(self.runs / PARTS)

    def path(self, run_id: str) -> Path:
        """Return the folder of a run."""
        return self.runs / run_id

    def has_run(self, run_id: str) -> bool:
        """Whether a run stands in the store (it may have been damaged since)."""
        return self.path(run_id).is_dir()

    def has_step(self, sha256: str) -> bool:
        """Whether a finished step stands in the store (it may have been damaged since)."""
        return (self.runs / STEPS / sha256 / MANIFEST).is_file()

    def parts(self, sha256: str) -> FolderParts:
        """Return where a step keeps finished parts while it is computed."""
        return FolderParts(self.runs / PARTS / sha256)

    def keep_step(self, step: StoredStep) -> StoredStep:
        """Store a finished step, forget its parts, and return it as it is stored.

        A report made now and one made later from the store then show the same numbers to the last digit.

        Raises
        ------
        StoreError
            When it cannot be written.
        """
        files = dict(_files(step.result))
        facts = {"format": STORE_FORMAT, "engine": step.engine, "step": step.sha256, "warnings": step.warnings}
        write_folder(self.runs / STEPS / step.sha256, files.items(), facts, replace=True)
        self.parts(step.sha256).discard()
        return replace(step, result=_result(files.__getitem__, step.engine))

    def read_step(self, name: str, engine: str, sha256: str) -> StoredStep | None:
        """Return a finished step, or None when it is not there or is damaged: it can always be computed again."""
        folder = self.runs / STEPS / sha256
        if not self.has_step(sha256):
            return None
        try:
            manifest = read_manifest(folder)
            result = _result(_reader(folder, manifest), engine)
        except InnospaceError:
            return None
        return StoredStep(name, engine, sha256, result, tuple(manifest["warnings"]))

    def write_run(self, run: StoredRun, *, fresh: bool = False) -> None:
        """Store a whole run; a fresh one takes the place of the one that is there."""
        facts = {
            "format": STORE_FORMAT,
            "run": run.run_id,
            "title": run.title,
            "seed": run.seed,
            "version": run.version,
            "created": run.created,
            "steps": [
                {"name": s.name, "engine": s.engine, "step": s.sha256, "warnings": s.warnings} for s in run.steps
            ],
        }
        files = [("log.txt", ("\n".join(run.log) + "\n").encode("utf-8"))]
        for step in run.steps:
            files += [(f"steps/{step.name}/{name}", content) for name, content in _files(step.result)]
        write_folder(self.path(run.run_id), files, facts, replace=fresh)

    def find(self, run: str) -> str:
        """Return the whole hash of a run from its beginning.

        Raises
        ------
        StoreError
            When no stored run, or more than one, begins so.
        """
        known = self.run_ids()
        found = [r for r in known if run and r.startswith(run.lower())]
        if len(found) == 1:
            return found[0]
        raise StoreError(
            f"No stored run begins with {run!r}." if not found else f"{len(found)} stored runs begin with {run!r}.",
            where=str(self.runs),
            allowed=offenders([r[:SHOWN] for r in (found or known)]) or "none: nothing was run yet",
            remedy="Give more characters of the hash." if found else "Run the study first with: innospace run",
        )

    def run_ids(self) -> list[str]:
        """Return the hashes of stored runs, the newest last."""
        if not self.runs.is_dir():
            return []
        stored = [p for p in self.runs.iterdir() if not p.name.startswith(".") and (p / MANIFEST).is_file()]
        return [p.name for p in sorted(stored, key=lambda p: (p / MANIFEST).stat().st_mtime_ns)]

    def read_run(self, run_id: str) -> StoredRun:
        """Return a stored run; every file is held against its hash.

        Raises
        ------
        StoreError
            When the run is missing or damaged; the message names the file.
        """
        folder = self.path(run_id)
        if not folder.is_dir():
            raise StoreError(
                f"There is no stored run {run_id[:SHOWN]!r}.", where=str(self.runs), remedy="Run the study first."
            )
        manifest = read_manifest(folder)
        if manifest.get("run") != run_id:
            raise corrupt(folder, folder / MANIFEST, "it belongs to another run")
        if manifest["format"] != STORE_FORMAT:
            raise StoreError(
                f"The run was stored by another version of innospace (layout {manifest['format']}).",
                where=str(folder),
                remedy="Run the study again.",
            )
        log = read_file(folder, manifest, "log.txt").decode("utf-8").splitlines()
        steps = tuple(_step(folder, manifest, facts) for facts in manifest["steps"])
        facts = (manifest["title"], manifest["seed"], manifest["version"], manifest["created"])
        return StoredRun(run_id, *facts, steps, tuple(log))


def read_run(study_folder: str | Path, run_id: str = "") -> StoredRun:
    """Return a stored run of a study.

    Parameters
    ----------
    study_folder : path
    run_id : str
        Its hash, or the beginning of it; the newest run when empty.

    Raises
    ------
    StoreError
        When there is no such run, or it is damaged.
    """
    store = Store(Path(study_folder))
    known = store.run_ids()
    return store.read_run(known[-1] if known and not run_id else store.find(run_id))


def _step(folder: Path, manifest: Mapping[str, Any], facts: Mapping[str, Any]) -> StoredStep:
    result = _result(_reader(folder, manifest, f"steps/{facts['name']}/"), facts["engine"])
    return StoredStep(facts["name"], facts["engine"], facts["step"], result, tuple(facts["warnings"]))


def _files(result: Result) -> list[tuple[str, bytes]]:
    """Return a result as files: ``bundle.json`` and its frames."""
    bundle = result.to_bundle()
    names = {key: f"frame-{i + 1}.parquet" for i, key in enumerate(bundle.frames)}
    head = to_json({"kind": bundle.kind, "meta": bundle.meta, "frames": names})
    return [(BUNDLE, head), *((names[key], to_parquet(frame, key)) for key, frame in bundle.frames.items())]


def _reader(folder: Path, manifest: Mapping[str, Any], prefix: str = "") -> Callable[[str], bytes]:
    """Return a function that reads files of a stored result and holds them against their hashes."""
    return lambda name: read_file(folder, manifest, prefix + name)


def _result(read: Callable[[str], bytes], engine: str) -> Result:
    """Put a result together from its files.

    What passed its hash is what was written, so it can be decoded.
    """
    head = from_json(read(BUNDLE))
    frames = {key: from_parquet(read(name)) for key, name in head["frames"].items()}
    return rebuild(engine, Bundle(head["kind"], head["meta"], frames))
