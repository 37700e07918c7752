"""``innospace firms``: every estimator on firms, from a table to a result.

The commands are made from the verbs of the engine when they are used: one signature, one docstring, one help text.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.core

from innospace.cli.options import DEFAULT_FORMATS, Formats, Json, Out, Quiet, Scheduler, split_formats
from innospace.cli.outcome import Outcome, code_of
from innospace.cli.show import checks_text, findings_text, progress_bar
from innospace.firms.verbs import VERBS, Argument, Verb, arguments, call

if TYPE_CHECKING:
    from innospace.core.progress import Progress
    from innospace.firms.result import FirmResult

SAMPLE = "sample:"
"""``sample:NAME`` in place of a file is a sample that ships."""
STUDY = "study"
DATA_HELP = "Table: CSV, XLSX or Parquet, or sample:NAME."
LARGE = (".parquet", ".duckdb", ".db")


class _Verbs(typer.core.TyperGroup):
    """Commands that are imported when they are asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*VERBS, *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in VERBS:
            return super().get_command(ctx, cmd_name)
        sub = typer.Typer(rich_markup_mode=None, add_completion=False)
        sub.command(name=cmd_name, help=_help(VERBS[cmd_name]))(_command(VERBS[cmd_name]))
        return typer.main.get_command(sub)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the verbs without importing them."""
        own = {name: super(_Verbs, self).get_command(ctx, name) for name in super().list_commands(ctx)}
        rows = [(v.name, v.summary) for v in VERBS.values()]
        rows += [(name, command.get_short_help_str(90)) for name, command in own.items() if command is not None]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


app = typer.Typer(
    name="firms",
    help="What trade and partnerships do to innovation: estimators on firms and firm panels.",
    rich_markup_mode=None,
    cls=_Verbs,
)


SAMPLES = ("firms-synthetic-2005-2009", "firms-synthetic-annual", "ecuador-innovators-2014")
Table = str | None


@app.command(name=STUDY)
def study(
    panel: Annotated[
        Table, typer.Argument(metavar="PANEL", help="Two waves of firms, wide or long; the samples when left out.")
    ] = None,
    annual: Annotated[Table, typer.Option("--annual", metavar="FILE", help="Firms and years.")] = None,
    cross_section: Annotated[Table, typer.Option("--cross-section", metavar="FILE", help="Innovating firms.")] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="PART=COLUMN", help="Which column plays a part of the panel; repeat."),
    ] = None,
    draws: Annotated[int, typer.Option("--draws", help="Draws of every bootstrap.", min=0)] = 200,
    seed: Annotated[int, typer.Option("--seed", help="Seed of everything that is drawn.")] = 0,
    workers: Annotated[int | None, typer.Option("--workers", help="Processes; numbers do not depend on it.")] = None,
    out: Out = None,
    formats: Formats = DEFAULT_FORMATS,
    as_json: Json = False,
    quiet: Quiet = False,
) -> Outcome:
    """Run the whole study of a firm panel: self-selection, learning, complementarity, partners.

    Parts and their default columns: innospace explain internationalisation. Lists are written with commas, columns of
    other names with the role they play: --column waves=2005,2009 --column channels=export:Exports,machinery:Machines
    --column partners=
    """
    from innospace.firms.internationalisation.plans import Plans
    from innospace.firms.internationalisation.study import study as run

    plans = Plans.from_dicts(_parts(column or []), {}, {})
    chosen = _ready(out, formats)
    names: tuple[str | None, ...] = (panel, annual, cross_section)
    if not any(names):
        names = tuple(f"{SAMPLE}{s}" for s in SAMPLES)
    with progress_bar(quiet) as progress:
        progress("Reading the tables", 0.0)
        tables = {part: read(n) for part, n in zip(("panel", "annual", "cross_section"), names, strict=True) if n}
        result = run(plans, tables, draws=draws, seed=seed, workers=workers, progress=progress)
        written = _report(result, out, chosen, "innospace firms study PANEL ...", progress)
    return outcome(result, written)


def _parts(given: list[str]) -> dict[str, Any]:
    """Return ``PART=COLUMN`` as a plan takes them: lists by commas, years as numbers."""
    from innospace.core.errors import SpecError
    from innospace.firms.internationalisation.plan import Plan

    several = {k: isinstance(v, list) for k, v in Plan().to_dict().items()}
    found: dict[str, Any] = {}
    for text in given:
        part, equals, value = (x.strip() for x in text.partition("="))
        if not equals:
            raise SpecError(f"{text!r} is not PART=COLUMN.", where="--column", allowed=", ".join(several))
        listed = [v.strip() for v in value.split(",") if v.strip()]
        if part == "waves":
            bad = [v for v in listed if not v.isdigit()]
            if bad:
                raise SpecError(f"The wave {bad[0]!r} is not a year.", where="--column", allowed="waves=2005,2009")
            found[part] = [int(v) for v in listed]
        else:
            found[part] = _roles(listed) if several.get(part, False) else value
    return found


def _roles(listed: list[str]) -> list[str] | dict[str, str]:
    """Return ``ROLE:COLUMN`` as a mapping; columns without a role play one of their own name."""
    if not any(":" in v for v in listed):
        return listed
    pairs = [v.partition(":") if ":" in v else (v, ":", v) for v in listed]
    return {role.strip(): column.strip() for role, _, column in pairs}


@app.callback(invoke_without_command=True)
def _root(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _help(verb: Verb) -> str:
    text = inspect.getdoc(verb.function) or verb.summary
    return text.partition("\nParameters\n")[0].replace("``", "")


def _command(verb: Verb) -> Callable[..., Outcome]:
    """Return a command with one option an argument of the verb."""
    known = arguments(verb)

    def run(**given: Any) -> Outcome:
        from innospace.numerics.cluster import executor_at

        own = {k: given.pop(k) for k in _shared()}
        chosen = {k: _plain(known[k], v) for k, v in given.items() if k in known and v is not None and v != []}
        filled: dict[str, Any] = {k: given[k] for k in ("seed", "workers", "resume") if k in given}
        with executor_at(given.get("scheduler")) as executor:
            return _run(verb, chosen, filled | {"executor": executor}, own)

    parameters = [_parameter("data", Annotated[str, typer.Argument(metavar="DATA", help=DATA_HELP)])]
    positional = [known[name] for name in verb.positional]
    parameters += [_parameter(a.name, _positional(a, last=a is positional[-1])) for a in positional]
    parameters += [_parameter(a.name, _option(a), _default(a)) for a in known.values() if a.name not in verb.positional]
    signature = inspect.signature(verb.function).parameters
    parameters += [_parameter(k, v, signature[k].default) for k, v in _FILLED.items() if k in signature]
    parameters += [_parameter("scheduler", Scheduler, None)] if "executor" in signature else []
    parameters += [_parameter(k, v, d) for k, (v, d) in _shared().items() if k != "data"]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _positional(argument: Argument, *, last: bool) -> Any:
    # only the last can take several words; others take a list with commas
    kind = list[str] if argument.several and last else argument.kind
    return Annotated[kind, typer.Argument(metavar=argument.name.upper(), help=argument.meaning)]


def _option(argument: Argument) -> Any:
    kind: Any = list[argument.kind] | None if argument.several else argument.kind | None  # type: ignore[name-defined]
    flag = f"--{argument.name.replace('_', '-')}"
    names = (f"{flag}/--no-{flag[2:]}",) if argument.kind is bool else (flag,)
    extra: dict[str, Any] = {} if argument.kind is bool else {"metavar": argument.kind.__name__.upper()}
    several = " Repeat, or separate by commas." if argument.several else ""
    return Annotated[kind, typer.Option(*names, help=argument.meaning + several, show_default=True, **extra)]


def _default(argument: Argument) -> Any:
    if argument.required:
        return inspect.Parameter.empty
    return None if argument.several or argument.default == "" else argument.default


def _plain(argument: Argument, value: Any) -> Any:
    """Return a list with commas taken apart; formulas hold none."""
    if not argument.several:
        return value
    given = [value] if isinstance(value, str) else value
    return [argument.kind(part.strip()) for v in given for part in str(v).split(",") if part.strip()]


_Text = str | None
_FILLED: dict[str, Any] = {
    "seed": Annotated[int, typer.Option("--seed", help="Seed of everything that is drawn.")],
    "workers": Annotated[int | None, typer.Option("--workers", help="Processes; numbers do not depend on it.")],
    "resume": Annotated[
        Path | None, typer.Option("--resume", metavar="FOLDER", help="Keeps finished draws until all is done.")
    ],
}


def _shared() -> dict[str, tuple[Any, Any]]:
    """Return the options of every verb: how the table is read and where a report goes."""
    return {
        "data": (None, None),
        "sheet": (Annotated[_Text, typer.Option("--sheet", help="Sheet of a workbook.")], None),
        "delimiter": (Annotated[_Text, typer.Option("--delimiter", help="Delimiter of a CSV.")], None),
        "decimal": (Annotated[_Text, typer.Option("--decimal", help="Decimal mark, . or ,.")], None),
        "encoding": (Annotated[_Text, typer.Option("--encoding", help="Encoding of a CSV.")], None),
        "text": (
            Annotated[
                list[str] | None, typer.Option("--text", metavar="COLUMN", help="Column to keep as text; repeat.")
            ],
            None,
        ),
        "out": (Out, None),
        "formats": (Formats, DEFAULT_FORMATS),
        "as_json": (Json, False),
        "quiet": (Quiet, False),
    }


def _run(verb: Verb, chosen: dict[str, Any], filled: dict[str, Any], own: dict[str, Any]) -> Outcome:
    from innospace.firms.verbs import check

    check(verb, chosen)
    formats = _ready(own["out"], own["formats"])
    with progress_bar(own["quiet"]) as progress:
        progress("Reading the table", 0.0)
        data = _data(verb, own)
        result = call(verb, data, chosen, **filled, progress=progress)
        written = _report(result, own["out"], formats, f"innospace firms {verb.name} DATA ...", progress)
    return outcome(result, written)


def _ready(out: Path | None, formats: str) -> tuple[str, ...]:
    """Refuse a folder or format that cannot be written before anything is computed."""
    from innospace.study.folders import require_writable

    chosen = split_formats(formats)
    if out is not None:
        require_writable(out)
    return chosen


def _data(verb: Verb, own: dict[str, Any]) -> Any:
    name = str(own["data"])
    if verb.reads_files and name.lower().endswith(LARGE):
        return name
    return read(name, **{k: own[k] for k in ("sheet", "delimiter", "decimal", "encoding")}, text=own["text"] or ())


def read(name: str, **options: Any) -> Any:
    """Return a sample (``sample:NAME``) or a table from a file."""
    if name.startswith(SAMPLE):
        from innospace.data.catalogue import load_sample

        return load_sample(name.removeprefix(SAMPLE))
    from innospace.data.readers import read_table

    return read_table(name, **options)


def _report(
    result: FirmResult, out: Path | None, formats: tuple[str, ...], command: str, progress: Progress
) -> list[Path]:
    if out is None:
        return []
    from innospace.report import write_report
    from innospace.study.composition import document_of

    progress("Writing the report", 1.0)
    written: list[Path] = write_report(document_of(result, result.title, command), out, formats)
    return written


def outcome(result: FirmResult, written: list[Path]) -> Outcome:
    """Return what a verb on firms hands back."""
    report = [f"Report: {written[0]}"] if written else []
    text = "\n\n".join([result.summary(), findings_text(result.findings()), checks_text(result.checks), *report])
    payload = {**result.to_dict(), **({"report": [str(p) for p in written]} if written else {})}
    return Outcome(payload, text, code_of([result.status], result.checks), tuple(result.warnings))
