"""The whole study in one call: a panel, and where they exist an annual panel and a cross-section."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from innospace.core.errors import InnospaceError, InnospaceWarning, SpecError
from innospace.core.labels import require_known
from innospace.core.parts import SUFFIX, Parts, Resume, resumed
from innospace.core.progress import Progress, part, silent
from innospace.core.provenance import Provenance, content_sha256, package_version
from innospace.firms.internationalisation import annual_parts, cross_section, panel_parts, parts
from innospace.firms.internationalisation.equations import MIN_FIRMS, fit_equations
from innospace.firms.internationalisation.hidden_bias import hidden_bias
from innospace.firms.internationalisation.plans import Plans
from innospace.firms.internationalisation.summary import summarise
from innospace.firms.internationalisation.waves import TwoWaves, two_waves_of
from innospace.firms.internationalisation.wording import CROSS_SECTION, panel_labels
from innospace.firms.result import FirmResult
from innospace.firms.storage import pack, unpack
from innospace.firms.wording import worded

TABLES = ("panel", "annual", "cross_section")
Analysis = Callable[[Progress], FirmResult]


@dataclass(frozen=True, slots=True)
class Found:
    """What the analyses of a study gave: results by name, and why others could not be done."""

    results: Mapping[str, FirmResult]
    missed: Mapping[str, str]


def problems(plans: Plans, tables: Mapping[str, Any]) -> list[InnospaceError]:
    """Return every problem that can be found without estimating."""
    found: list[InnospaceError] = []
    try:
        _require_panel(tables)
        waves = two_waves_of(tables["panel"], plans.panel)
        _require_starters(waves)
    except InnospaceError as error:
        found.append(error)
    for name, plan in (("annual", plans.annual), ("cross_section", plans.cross_section)):
        if name not in tables:
            continue
        columns = [str(c) for c in tables[name].frame.columns]
        try:
            require_known(_columns(plan), columns, kind="column", where=f"table {name!r} of the firm study")
        except InnospaceError as error:
            found.append(error)
    return found


def study(
    plans: Plans,
    tables: Mapping[str, Any],
    *,
    draws: int = 200,
    seed: int = 0,
    workers: int | None = None,
    resume: Resume = None,
    progress: Progress = silent,
) -> FirmResult:
    """Run the study.

    Parameters
    ----------
    plans : Plans
        Which columns play which part.
    tables : mapping of str to Dataset
        ``panel`` (two waves), and where they exist ``annual`` and ``cross_section``.
    draws : int
        Bootstrap draws of the analyses that need them.
    seed : int
    workers : int, optional
        Processes; all cores when not given. Numbers do not depend on it.
    resume : path or Parts, optional
        A folder where finished analyses are kept until all is done, so that an interrupted study goes on.
    progress : callable

    Returns
    -------
    FirmResult
        ``parts`` holds every analysis; coefficients are those of the joint equations, the table ``findings`` sets the
        findings of the policy brief beside what the data say.

    Raises
    ------
    DataError, LabelError, SpecError
        Nothing can be said about trade: no firm started in any channel, one wave, wrong cells. An analysis that
        cannot be done alone is left out and the reason told in ``warnings``.
    """
    _require_panel(tables)
    progress("Reading the panel", 0.0)
    waves = two_waves_of(tables["panel"], plans.panel)
    _require_starters(waves)
    equations = fit_equations(waves)
    analyses = {
        **_panel(waves, draws, seed),
        **_others(plans, tables, draws, seed, workers),
    }
    sources = tuple(tables[t].source for t in TABLES if t in tables)
    identity = (package_version(), plans.to_dict(), [s.sha256 for s in sources], draws, seed)
    with resumed(resume) as kept:
        found = _run(analyses, panel_labels(waves), kept, identity, progress)
    provenance = Provenance.now(sources, {**plans.to_dict(), "draws": draws}, seed)
    progress("Done", 1.0)
    return summarise(waves, equations, found.results, found.missed, provenance)


def _require_panel(tables: Mapping[str, Any]) -> None:
    require_known(list(tables), TABLES, kind="table", where="key 'data'")
    if "panel" not in tables:
        raise SpecError(
            "The study needs a panel of firms in two waves.",
            where="key 'data'",
            allowed='data = "NAME", or data = { panel = "NAME", annual = "NAME", cross_section = "NAME" }',
            remedy="Name the panel; a cross-section alone can be analysed method by method.",
        )


def _require_starters(waves: TwoWaves) -> None:
    counts = {c: waves.starters(c) for c in waves.plan.channels}
    if max(counts.values()) >= MIN_FIRMS:
        return
    told = ", ".join(f"{c}: {n}" for c, n in counts.items())
    raise SpecError(
        "No channel has enough firms that started to trade between the waves, so learning cannot be studied.",
        where=f"starters by channel: {told}",
        allowed=f"at least {MIN_FIRMS} in one channel",
        remedy="Name other waves or channels, or describe the panel with innospace firms premia.",
    )


def _panel(waves: TwoWaves, draws: int, seed: int) -> dict[str, Analysis]:
    plan, has = waves.plan, set(waves.plan.channels)
    found: dict[str, Analysis] = {"descriptives": lambda _: panel_parts.descriptives(waves)}
    for c in plan.channels:
        found[f"premium {c}"] = lambda _, c=c: panel_parts.premium(waves, c)  # type: ignore[misc]
    for c in (c for c in plan.channels if waves.starters(c) >= MIN_FIRMS):
        found[f"before {c}"] = lambda p, c=c: panel_parts.before_entry(  # type: ignore[misc]
            waves, c, draws=draws, seed=seed, progress=p
        )
    found |= {"entry": lambda _: parts.entry(waves), "learning": lambda _: parts.learning(waves)}
    for c in (c for c in plan.channels if waves.starters(c) >= MIN_FIRMS):
        found[f"matching {c}"] = lambda _, c=c: panel_parts.matched(waves, c)  # type: ignore[misc]
    for c in (c for c in plan.channels if waves.starters(c) >= MIN_FIRMS):
        found[f"matched growth {c}"] = lambda _, c=c: panel_parts.matched_growth(waves, c)  # type: ignore[misc]
    strongest = max(plan.channels, key=waves.starters)
    exports = "export" if "export" in has and waves.starters("export") >= MIN_FIRMS else strongest
    found["hidden bias"] = lambda _: hidden_bias(waves, exports)
    if len(plan.outcomes) > 1:
        found["joint decisions"] = lambda p: panel_parts.joint_decisions(waves, seed=seed, progress=p)
    if "product" in plan.outcomes and {"machinery", "inputs"} <= has:
        found["complementarity"] = lambda _: panel_parts.complementarity(waves, seed=seed)
    if "product" in plan.outcomes and waves.interaction:
        found["interaction"] = lambda _: panel_parts.interaction(waves)
    if plan.partners:
        found["partners"] = lambda _: parts.partners(waves)
        found["joint partners"] = lambda _: panel_parts.joint_partners(waves)
    if plan.partners and plan.owners:
        first = "rd" if "rd" in plan.outcomes else plan.outcomes[0]
        found["mediation"] = lambda p: panel_parts.mediation(waves, first, draws=draws, seed=seed, progress=p)
    return found


def _others(plans: Plans, tables: Mapping[str, Any], draws: int, seed: int, workers: int | None) -> dict[str, Analysis]:
    found: dict[str, Analysis] = {}
    if "annual" in tables:
        found |= annual_parts.parts_of(tables["annual"], plans.annual, draws=draws, seed=seed, workers=workers)
    if "cross_section" in tables:
        data, plan = cross_section.cross_section_of(tables["cross_section"], plans.cross_section)
        own = cross_section.parts_of(data, plan, draws=draws, seed=seed)
        found |= {f"cross-section {name}": analysis for name, analysis in own.items()}
    return found


def _run(
    analyses: Mapping[str, Analysis],
    labels: Mapping[str, str],
    kept: Parts,
    identity: tuple[Any, ...],
    progress: Progress,
) -> Found:
    """Run every analysis; those finished before are taken from ``kept``."""
    results: dict[str, FirmResult] = {}
    missed: dict[str, str] = {}
    for i, (name, analysis) in enumerate(analyses.items()):
        share = (0.02 + 0.96 * i / len(analyses), 0.02 + 0.96 * (i + 1) / len(analyses))
        progress(name[:1].upper() + name[1:], share[0])
        file = f"analysis-{content_sha256((identity, name))[:32]}{SUFFIX}"
        stored = kept.load(file)
        if stored is not None:
            results[name] = unpack(stored)
            continue
        try:
            with warnings.catch_warnings():
                # what an analysis warns of stands in its own warnings
                warnings.simplefilter("ignore", InnospaceWarning)
                found = analysis(part(progress, *share))
        except InnospaceError as error:
            missed[name] = " ".join(text for text in (error.what, error.where) if text)
            continue
        own = CROSS_SECTION if name.startswith("cross-section ") else labels
        results[name] = worded(
            found, own, spoken={k: v for k, v in own.items() if "_" in k or k == "rd"}, stem=name.replace(" ", "-")
        )
        kept.save(file, pack(results[name]))
    return Found(results, missed)


def _columns(plan: Any) -> list[str]:
    """Return the columns a plan names; terms of formulas such as ``C(sector)`` count as their column."""
    from dataclasses import fields

    found: list[str] = []
    for field in fields(plan):
        value = getattr(plan, field.name)
        for name in value if isinstance(value, tuple) else (value,):
            column = name.removeprefix("C(").removesuffix(")")
            if column and column not in found:
                found.append(column)
    return found
