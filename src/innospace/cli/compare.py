"""``innospace compare``: two runs side by side, or one scenario shock by shock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from innospace.cli.options import Json, Quiet, StudyPath
from innospace.cli.outcome import Outcome, code_of
from innospace.cli.show import aligned, checks_text, findings_text, progress_bar, wrapped
from innospace.core.numbers import fixed, significant

if TYPE_CHECKING:
    from innospace.study.compare import Comparison
    from innospace.study.store import StoredRun

SHOWN = 20
WIDEST = 46


def compare(
    study: StudyPath,
    other: Annotated[
        Path | None, typer.Argument(metavar="[OTHER]", help="Another study; its newest run is compared.")
    ] = None,
    run: Annotated[str, typer.Option("--run", metavar="HASH", help="Run of STUDY; the newest if not given.")] = "",
    with_run: Annotated[
        str, typer.Option("--with", metavar="HASH", help="Run to compare with, of STUDY or of OTHER.")
    ] = "",
    decompose: Annotated[
        str, typer.Option("--decompose", metavar="SCENARIO", help="Effect of a scenario, shock by shock.")
    ] = "",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE.csv", help="Write every number compared.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> Outcome:
    """Set two stored runs side by side, or a scenario of a run shock by shock.

    Every number that both runs hold is compared, label by label; so is what the runs were made with. With --decompose
    the effect of a scenario of the economy is taken apart: in the order of its shocks, and free of order (Shapley).
    """
    if decompose:
        return _decomposed(_stored(study, run), decompose, quiet)
    from innospace.core.errors import StudyError
    from innospace.study.compare import compare_runs

    if other is None and not with_run:
        raise StudyError(
            "There is nothing to compare with.",
            where="innospace compare",
            allowed="another study, --with HASH, or --decompose SCENARIO",
            remedy="Name a second study: innospace compare STUDY OTHER",
        )
    pair = _stored(study, run), _stored(other or study, with_run)
    found = compare_runs(*pair)
    if out is not None:
        from innospace.cli.files import new_file
        from innospace.cli.fit import write_csv

        with new_file(out) as aside:
            write_csv(found.numbers.drop(columns="relative"), aside)
    payload = {**found.to_dict(), "a": pair[0].run_id, "b": pair[1].run_id}
    return Outcome(payload, _text(found))


def _stored(study: Path, run: str) -> StoredRun:
    from innospace.core.errors import StoreError
    from innospace.study.load import study_file
    from innospace.study.store import Store

    store = Store(study_file(study).parent)
    known = store.run_ids()
    if not known:
        raise StoreError("The study has no stored run.", where=str(study), remedy=f"Run it: innospace run {study}")
    return store.read_run(store.find(run) if run else known[-1])


def _text(found: Comparison) -> str:
    differing = found.differing
    head = f"{fixed(len(found.numbers), 0)} numbers compared, {fixed(len(differing), 0)} differ."
    if found.only_a or found.only_b:
        head += f" Only in A: {fixed(found.only_a, 0)}; only in B: {fixed(found.only_b, 0)}."
    parts = [head]
    if found.facts:
        parts.append("\n".join(["Made with:", *(wrapped(f"{n}: {a} -> {b}", "    ", "  ") for n, a, b in found.facts)]))
    if len(differing):
        rows = [
            (
                _short(f"{r['step']}.{r['quantity']}: {r['labels']}"),
                significant(float(r["a"]), 5),
                significant(float(r["b"]), 5),
                fixed(float(r["percent"]), 2) if abs(float(r["percent"])) < 1e6 else "-",
            )
            for r in differing.head(SHOWN).to_dict("records")
        ]
        parts.append(aligned(rows, ("Largest differences", "A", "B", "%")))
    return "\n\n".join(parts)


def _short(text: str) -> str:
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _decomposed(stored: StoredRun, name: str, quiet: bool) -> Outcome:
    from innospace.core.errors import StudyError
    from innospace.economy.models.knowledge.decomposition import decompose
    from innospace.economy.models.knowledge.result import EconomyResult

    results = [r for r in stored.results.values() if isinstance(r, EconomyResult)]
    if not results:
        raise StudyError(
            "The run has no step of the economy.",
            where=f"steps {', '.join(s.name for s in stored.steps)}",
            remedy="Decompose a scenario of a study with an economy step.",
        )
    with progress_bar(quiet) as progress:
        found = decompose(results[-1], name, progress=progress)
    text = "\n\n".join([findings_text(found.findings()), checks_text(found.checks)])
    return Outcome(found.to_dict(), text, code_of([found.status], found.checks))
