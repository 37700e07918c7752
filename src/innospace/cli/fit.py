"""``innospace fit``: a stochastic frontier on any table."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from innospace.cli.options import Json, Quiet, Scheduler
from innospace.cli.outcome import Outcome, code_of
from innospace.cli.show import progress_bar

if TYPE_CHECKING:
    import pandas as pd

    from innospace.core.progress import Progress
    from innospace.data.dataset import Dataset
    from innospace.frontier.bootstrap.redrawn import Redrawn
    from innospace.frontier.bootstrap.resampled import Resampled
    from innospace.frontier.outcomes import OutcomesResult, OutcomesSpec
    from innospace.frontier.panel.result import PanelResult
    from innospace.frontier.panel.spec import PanelSpec
    from innospace.frontier.profile import ProfileInterval
    from innospace.frontier.result import FrontierResult
    from innospace.frontier.spec import FrontierSpec
    from innospace.frontier.structure.metafrontier_result import MetafrontierResult
    from innospace.frontier.structure.metafrontier_spec import MetafrontierSpec
    from innospace.frontier.structure.result import StructureResult
    from innospace.frontier.structure.spec import StructureSpec

Text = str | None
FITTED = 0.1
"""Progress of a fit with a bootstrap when the frontier is estimated."""


def fit(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="Table: CSV, XLSX or Parquet.")],
    formula: Annotated[str, typer.Argument(metavar="FORMULA", help='For example "log(q) ~ log(v) | u: z".')],
    inefficiency: Annotated[
        str,
        typer.Option(
            "--inefficiency",
            help="half_normal, exponential, truncated_normal, rayleigh, uniform, generalised_exponential, "
            "truncated_laplace, gamma, weibull or lognormal.",
        ),
    ] = "half_normal",
    noise: Annotated[str, typer.Option("--noise", help="normal, student_t or laplace.")] = "normal",
    panel: Annotated[
        Text,
        typer.Option(
            "--panel",
            metavar="MODEL",
            help="Panel: pitt_lee, battese_coelli_1992, kumbhakar_1990, true_random_effects, true_fixed_effects, "
            "four_components, schmidt_sickles or cornwell_schmidt_sickles.",
        ),
    ] = None,
    unit: Annotated[str, typer.Option("--unit", metavar="COLUMN", help="Units of the panel.")] = "region",
    time: Annotated[str, typer.Option("--time", metavar="COLUMN", help="Periods of the panel, as numbers.")] = "year",
    structure: Annotated[
        Text,
        typer.Option(
            "--structure",
            metavar="MODEL",
            help="Structure: zero_inefficiency, latent_class, contaminated_noise, counts, endogenous or selection.",
        ),
    ] = None,
    classes: Annotated[
        int | None, typer.Option("--classes", metavar="N", help="Number of latent classes, 2 if not given.")
    ] = None,
    selected: Annotated[
        Text, typer.Option("--selected", metavar="COLUMN", help="Selection: 1 where the outcome is seen, else 0.")
    ] = None,
    mundlak: Annotated[bool, typer.Option("--mundlak", help="Panel: means by unit join the regressors.")] = False,
    outcomes: Annotated[
        list[str] | None,
        typer.Option(
            "--outcome",
            metavar="COLUMN",
            help="A frontier for each outcome, in place of the word outcome in the formula; repeat.",
        ),
    ] = None,
    metafrontier: Annotated[
        Text,
        typer.Option("--metafrontier", metavar="METHOD", help="Metafrontier of groups: linear, quadratic, stochastic."),
    ] = None,
    group: Annotated[str, typer.Option("--group", metavar="COLUMN", help="Groups of the metafrontier.")] = "group",
    draws: Annotated[int, typer.Option("--draws", help="Metafrontier: draws for its standard errors.")] = 0,
    cost: Annotated[bool, typer.Option("--cost", help="Cost frontier: inefficiency raises the outcome.")] = False,
    weights: Annotated[Text, typer.Option("--weights", metavar="COLUMN", help="Weights of rows.")] = None,
    cluster: Annotated[Text, typer.Option("--cluster", metavar="COLUMN", help="Clusters of rows.")] = None,
    vcov: Annotated[
        Text,
        typer.Option(
            "--vcov", help="hessian, opg, robust, cluster, with --structure jackknife; cluster when --cluster is given."
        ),
    ] = None,
    sheet: Annotated[Text, typer.Option("--sheet", help="Sheet of a workbook.")] = None,
    delimiter: Annotated[Text, typer.Option("--delimiter", help="Delimiter of a CSV; recognised if not given.")] = None,
    decimal: Annotated[Text, typer.Option("--decimal", help="Decimal mark, . or ,; recognised if not given.")] = None,
    text: Annotated[
        list[str] | None,
        typer.Option("--text", metavar="COLUMN", help="Column to keep as text (codes); repeat."),
    ] = None,
    encoding: Annotated[Text, typer.Option("--encoding", help="Encoding of a CSV; recognised if not given.")] = None,
    efficiencies: Annotated[
        Path | None, typer.Option("--efficiencies", metavar="FILE.csv", help="Write the efficiency of every row.")
    ] = None,
    bootstrap: Annotated[
        int | None, typer.Option("--bootstrap", metavar="N", help="Estimate again on N drawn samples.")
    ] = None,
    bootstrap_kind: Annotated[
        Text,
        typer.Option(
            "--bootstrap-kind",
            metavar="KIND",
            help="parametric, pairs, or block (clusters, units of a panel). If not given parametric; with --structure "
            "rows or clusters, with --metafrontier rows of each group.",
        ),
    ] = None,
    profile: Annotated[
        bool,
        typer.Option(
            "--profile",
            help="Intervals of coefficients from the profile likelihood: also where there are no standard errors.",
        ),
    ] = False,
    seed: Annotated[
        int,
        typer.Option("--seed", help="Of the bootstrap; of the rows that starts of a large table are tried on."),
    ] = 0,
    workers: Annotated[int, typer.Option("--workers", help="Processes for the bootstrap.")] = 1,
    scheduler: Scheduler = None,
    resume: Annotated[
        Path | None,
        typer.Option("--resume", metavar="FOLDER", help="Keeps finished replications until the bootstrap is done."),
    ] = None,
    level: Annotated[float, typer.Option("--level", help="Coverage of intervals of efficiency and profile.")] = 0.95,
    as_json: Json = False,
    quiet: Quiet = False,
) -> Outcome:
    """Fit a stochastic frontier to any table.

    Maximum likelihood with analytic derivatives; the formula is checked and never runs code. After bars follow
    regressors of ln sigma_u^2 (u: z), of ln sigma_v^2 (v: w), of the mean before truncation (mu: z), of the scale of
    truncated-normal inefficiency (scale: z); with --structure of the probability of a class (class: q), of the
    selection (select: z), or what is endogenous and its instruments (endogenous: x | instruments: z).
    """
    from innospace.core.progress import part
    from innospace.data.formula import parse
    from innospace.data.readers import read_table
    from innospace.frontier.efficiency import check_level
    from innospace.frontier.outcomes import OutcomesSpec
    from innospace.frontier.panel.spec import PanelSpec
    from innospace.frontier.spec import WITH_INTERCEPT, FrontierSpec, check_covariance
    from innospace.frontier.structure.metafrontier_spec import MetafrontierSpec
    from innospace.frontier.structure.models import model_named
    from innospace.frontier.structure.spec import COVARIANCES, StructureSpec

    # what the command line alone decides is refused before a large table is read
    parse(formula, model_named(structure).parts if structure else WITH_INTERCEPT)
    check_level(level)
    spec: FrontierSpec | PanelSpec | StructureSpec | MetafrontierSpec | OutcomesSpec
    _refuse_of_structure(structure, classes, selected)
    of_rows = {"--weights": weights, "--cluster": cluster, "--structure": structure}
    foreign = of_rows | _of_frontier(noise, bootstrap, profile)
    if outcomes:
        _refuse(foreign | {"--panel": panel, "--metafrontier": metafrontier}, "several outcomes")
        kind = check_covariance(vcov or "hessian", clustered=False)
        spec = OutcomesSpec(formula, tuple(outcomes), inefficiency, cost)
    elif metafrontier:
        _refuse(foreign | {"--panel": panel, "--vcov": vcov, "--bootstrap": None}, "a metafrontier")
        spec, kind = MetafrontierSpec(formula, group, metafrontier, inefficiency, cost, draws), "hessian"
    elif panel:
        _refuse(of_rows | _of_frontier(noise, None, profile), "a panel frontier")
        spec, kind = PanelSpec(formula, unit, time, panel, inefficiency, cost, mundlak), vcov or "hessian"
    elif structure:
        _refuse(_of_frontier(noise, None, profile), "a frontier with a structure")
        spec = StructureSpec(formula, structure, inefficiency, cost, weights, cluster, classes or 2, selected)
        kind = check_covariance(vcov or ("cluster" if cluster else "hessian"), cluster is not None, COVARIANCES)
    else:
        spec = FrontierSpec(formula, inefficiency, cost, weights, cluster, noise)
        kind = check_covariance(vcov or ("cluster" if cluster else "hessian"), cluster is not None)
    _require_drawable(spec, bootstrap, bootstrap_kind, seed)
    with _target(efficiencies, data) as aside, progress_bar(quiet) as progress:
        progress("Reading the table", 0.0)
        dataset = read_table(
            data, sheet=sheet, encoding=encoding, delimiter=delimiter, decimal=decimal, text=text or ()
        )
        fitted = 1.0 if bootstrap is None else FITTED
        result, frame = _estimated(spec, dataset, kind, seed, level, part(progress, 0.0, fitted))
        draws_of: dict[str, Any] = {"kind": bootstrap_kind, "seed": seed, "workers": workers, "resume": resume}
        draws_of["progress"] = part(progress, fitted, 1.0)
        again = None if bootstrap is None else _drawn(cast("Redrawn", result), bootstrap, scheduler, draws_of)
        intervals = _profiles(cast("FrontierResult", result), level, progress) if profile else ()
        if aside is not None:
            write_csv(frame, aside)
    return _shown(result, efficiencies, again, intervals, level)


def _shown(
    result: Any,
    written: Path | None,
    again: Resampled | None,
    intervals: tuple[ProfileInterval, ...],
    level: float,
) -> Outcome:
    """Return what is printed of a fit, its bootstrap and its profile intervals."""
    shown, found = result.summary(), result.to_dict()
    shown += "" if written is None else f"\n\nEfficiencies: {written}"
    if again is not None:
        shown += f"\n\n{again.summary()}"
        found["bootstrap"] = again.to_dict()
    if intervals:
        found["profile"] = {i.name: i.to_dict() for i in intervals}
        shown += _told(intervals, level)
    return Outcome(found, shown, code_of([result.status], result.checks))


def _estimated(
    spec: FrontierSpec | PanelSpec | StructureSpec | MetafrontierSpec | OutcomesSpec,
    dataset: Dataset,
    kind: str,
    seed: int,
    level: float,
    progress: Progress,
) -> tuple[FrontierResult | PanelResult | StructureResult | MetafrontierResult | OutcomesResult, pd.DataFrame]:
    """Return the fit that a spec asks for, and its efficiencies by row."""
    from innospace.frontier.fitting import fit as estimate
    from innospace.frontier.outcomes import OutcomesSpec, fit_outcomes
    from innospace.frontier.panel.fit import fit_panel
    from innospace.frontier.panel.spec import PanelSpec
    from innospace.frontier.structure.fit import fit_structure
    from innospace.frontier.structure.metafrontier import metafrontier
    from innospace.frontier.structure.metafrontier_spec import MetafrontierSpec
    from innospace.frontier.structure.spec import StructureSpec

    if isinstance(spec, OutcomesSpec):
        several = fit_outcomes(spec, dataset, vcov=kind, seed=seed, progress=progress)
        return several, several.efficiencies
    if isinstance(spec, PanelSpec):
        panel = fit_panel(spec, dataset, vcov=kind, level=level, progress=progress)
        return panel, panel.efficiencies
    if isinstance(spec, StructureSpec):
        structure = fit_structure(spec, dataset, vcov=kind, level=level, progress=progress)
        return structure, structure.efficiencies
    if isinstance(spec, MetafrontierSpec):
        groups = metafrontier(spec, dataset, level=level, seed=seed, progress=progress)
        return groups, groups.rows
    result = estimate(spec, dataset, vcov=kind, seed=seed, progress=progress)
    return result, result.efficiencies(level)


def _require_drawable(spec: Any, replications: int | None, kind: str | None, seed: int) -> None:
    """Refuse a bootstrap that cannot be made of a panel, a structure or groups before their table is read."""
    from innospace.frontier.bootstrap.refits import Ask
    from innospace.frontier.panel.spec import PanelSpec
    from innospace.frontier.structure.metafrontier_spec import MetafrontierSpec
    from innospace.frontier.structure.spec import StructureSpec

    if replications is None:
        return
    ask = Ask(replications, kind, seed)
    if isinstance(spec, PanelSpec):
        from innospace.frontier.panel import bootstrap as of_panel

        of_panel.require_bootstrap(spec, ask)
    elif isinstance(spec, StructureSpec):
        from innospace.frontier.structure import bootstrap as of_structure

        of_structure.require_bootstrap(spec, ask)
    elif isinstance(spec, MetafrontierSpec):
        from innospace.frontier.structure import metafrontier_bootstrap as of_groups

        of_groups.require_bootstrap(ask)


def _drawn(result: Redrawn, replications: int, scheduler: str | None, options: dict[str, Any]) -> Resampled:
    """Return the bootstrap of a frontier; kinds without one refuse it before they are estimated."""
    from innospace.numerics.cluster import executor_at

    with executor_at(scheduler) as executor:
        return result.bootstrap(replications, executor=executor, **options)


def _profiles(result: FrontierResult, level: float, progress: Progress) -> tuple[ProfileInterval, ...]:
    """Return intervals of every coefficient of the frontier from its profile likelihood."""
    found = []
    names = result.sample.names
    for i, name in enumerate(names):
        progress(f"Profile likelihood of {name}", i / len(names))
        found.append(result.profile(name, level))
    progress("Done", 1.0)
    return tuple(found)


def _told(intervals: tuple[ProfileInterval, ...], level: float) -> str:
    """Return intervals as lines of a terminal."""
    return "\n\n" + "\n".join([f"Profile likelihood, {level:.0%} intervals", *map(str, intervals)])


def _of_frontier(noise: str, bootstrap: int | None, profile: bool) -> dict[str, str | None]:
    """Return options that only an ordinary frontier has; None where not given."""
    return {
        "--noise": noise if noise != "normal" else None,
        "--bootstrap": None if bootstrap is None else str(bootstrap),
        "--profile": "" if profile else None,
    }


def _refuse_of_structure(structure: str | None, classes: int | None, selected: str | None) -> None:
    """Refuse options of one structure beside another or none."""
    if classes is not None and structure != "latent_class":
        _refuse({"--classes": str(classes)}, "a model without latent classes")
    if structure != "selection":
        _refuse({"--selected": selected}, "a model without selection")


def _refuse(given: dict[str, str | None], of: str) -> None:
    """Refuse options that a kind of frontier does not have."""
    from innospace.core.errors import SpecError

    if foreign := [name for name, value in given.items() if value is not None]:
        raise SpecError(f"These options do not belong to {of}.", where=", ".join(foreign), remedy="Leave them out.")


@contextlib.contextmanager
def _target(path: Path | None, data: Path) -> Iterator[Path | None]:
    from innospace.cli.files import new_file

    if path is None:
        yield None
        return
    with new_file(path, keep=data) as aside:
        yield aside


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame of numbers as CSV; missing values are empty cells.

    Columns are written by Arrow: a million rows make no Python object each.
    """
    import pyarrow as pa
    from pyarrow import csv

    table = pa.Table.from_pandas(frame, preserve_index=False)
    with path.open("wb") as handle:
        handle.write((",".join(map(str, frame.columns)) + "\n").encode("utf-8"))
        csv.write_csv(table, handle, csv.WriteOptions(include_header=False))
