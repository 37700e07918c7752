"""``innospace new``: make a study that works as it is."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from innospace.cli.options import Json, Quiet
from innospace.cli.outcome import Outcome

if TYPE_CHECKING:
    from innospace.study.create import Made
    from innospace.study.proposal import Proposal

SAMPLE = "russia-2010-2012"
WIDTH = 100
Text = str | None
Texts = list[str] | None


def new(
    name: Annotated[Path, typer.Argument(metavar="NAME", help="Folder to make; its last part names the study.")],
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help="Your table: CSV, XLSX or Parquet. Repeat it to put tables together by the names of their rows.",
        ),
    ] = None,
    formula: Annotated[
        Text, typer.Option("--formula", help='Such as "log(q) ~ log(v)"; proposed when it is not given.')
    ] = None,
    engine: Annotated[Text, typer.Option("--engine", help="frontier or firms; proposed when not given.")] = None,
    label: Annotated[Text, typer.Option("--label", metavar="COLUMN", help="Column that names the rows.")] = None,
    time: Annotated[Text, typer.Option("--time", metavar="COLUMN", help="Column of the year or period.")] = None,
    inefficiency: Annotated[
        Text, typer.Option("--inefficiency", help="Distribution of inefficiency; half_normal when not given.")
    ] = None,
    method: Annotated[
        Text, typer.Option("--method", help="Method on firms, such as probit: see innospace firms --help.")
    ] = None,
    argument: Annotated[
        Texts, typer.Option("--argument", metavar="NAME=VALUE", help="Argument of the method; repeat.")
    ] = None,
    sheet: Annotated[Text, typer.Option("--sheet", help="Sheet of a workbook.")] = None,
    encoding: Annotated[Text, typer.Option("--encoding", help="Encoding of a CSV; recognised if not given.")] = None,
    delimiter: Annotated[Text, typer.Option("--delimiter", help="Delimiter of a CSV; recognised if not given.")] = None,
    decimal: Annotated[Text, typer.Option("--decimal", help="Decimal mark, . or ,; recognised if not given.")] = None,
    dash: Annotated[Text, typer.Option("--dash", help="What a lone dash means: zero or missing.")] = None,
    flags: Annotated[Text, typer.Option("--flags", help="Letters behind a number, as in 12.5 p: drop.")] = None,
    header: Annotated[
        int | None, typer.Option("--header", metavar="ROW", help="Row with the names of columns, below a title.")
    ] = None,
    text: Annotated[Texts, typer.Option("--text", metavar="COLUMN", help="Column to keep as text; repeat.")] = None,
    sample: Annotated[Text, typer.Option("--sample", help=f"Sample to begin with; {SAMPLE} when not given.")] = None,
    like: Annotated[Text, typer.Option("--like", metavar="STUDY", help="Worked study to begin with.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> Outcome:
    """Make a study that works as it is: around your own table, a sample, or a worked study.

    With --data the table is copied, a model is proposed, and what was recognised, why, and what speaks against it is
    told. The study file explains itself. An existing folder is never touched.
    """
    given = {"--data": data, "--sample": sample, "--like": like}
    _require_one(given)
    if not data:
        of_table = {"--formula": formula, "--engine": engine, "--label": label, "--time": time, "--method": method}
        _require_table(of_table)
        return _begun(name, sample or SAMPLE, like)
    from innospace.study.create import create_from_table
    from innospace.study.proposal import Wishes

    wishes = Wishes(
        formula or "",
        _engine(engine),
        label or "",
        time or "",
        inefficiency or "",
        method or "",
        _arguments(method or "", argument or ()),
    )
    reading: dict[str, Any] = {
        "sheet": sheet,
        "encoding": encoding,
        "delimiter": delimiter,
        "decimal": decimal,
        "dash": dash,
        "flags": flags,
        "header": header,
        "text": text,
    }
    made = create_from_table(name, data, wishes, {k: v for k, v in reading.items() if v})
    return Outcome(_payload(name, made), "\n".join(_told(name, made)))


def _require_one(given: dict[str, Any]) -> None:
    from innospace.core.errors import SpecError

    named = [option for option, value in given.items() if value]
    if len(named) > 1:
        raise SpecError(
            f"{' and '.join(named)} are two beginnings of one study.",
            where="command line",
            allowed="one of --data, --sample and --like",
            remedy="Leave one out.",
        )


def _require_table(options: dict[str, str | None]) -> None:
    from innospace.core.errors import SpecError

    named = [option for option, value in options.items() if value]
    if named:
        raise SpecError(
            f"{', '.join(named)} belongs to a table of your own.",
            where="command line",
            remedy="Name the table: --data FILE.csv",
        )


def _engine(given: str | None) -> str:
    from innospace.core.errors import SpecError
    from innospace.core.labels import require_known
    from innospace.study.engines import ENGINES

    if given is None:
        return ""
    require_known([given], list(ENGINES), kind="engine", where="--engine")
    if given == "economy":
        raise SpecError(
            "An economy is more than one table.",
            where="--engine economy",
            allowed="--engine frontier, --engine firms",
            remedy="Begin with the worked one and replace its figures: innospace new NAME --like bashkortostan",
        )
    return given


def _arguments(method: str, given: Sequence[str]) -> dict[str, Any]:
    """Return ``NAME=VALUE`` in the kinds that the method takes; an argument given several times is a list."""
    from innospace.core.errors import SpecError

    if not given:
        return {}
    if not method:
        raise SpecError("--argument belongs to a method.", where="--argument", remedy="Name it: --method probit")
    from innospace.firms.verbs import arguments, verb

    known, found = arguments(verb(method)), dict[str, Any]()
    for text in given:
        key, equals, value = text.partition("=")
        if not equals:
            raise SpecError(f"{text!r} is not NAME=VALUE.", where="--argument", allowed="such as draws=200")
        made = _in_kind(value, known[key].kind if key in known else str)
        if key in known and known[key].several:
            found.setdefault(key, []).append(made)
        else:
            found[key] = made
    return found


def _in_kind(value: str, kind: type) -> Any:
    if kind is bool:
        return {"true": True, "yes": True, "false": False, "no": False}.get(value.casefold(), value)
    try:
        return kind(value)
    except ValueError:
        return value


def _begun(name: Path, sample: str, like: str | None) -> Outcome:
    from innospace.study.create import create
    from innospace.study.worked import create_like

    files = create_like(name, like) if like else create(name, sample)
    payload = {"study": str(name), "like": like} if like else {"study": str(name), "sample": sample}
    text = [*_files(name, files), *_next(name)]
    return Outcome({**payload, "files": [str(f) for f in files]}, "\n".join(text))


def _files(name: Path, files: Sequence[Path]) -> Iterator[str]:
    yield f"Made a study in {name}:"
    yield from (f"  {f.relative_to(name).as_posix()}" for f in files)


def _next(name: Path) -> Iterator[str]:
    quoted = shlex.quote(str(name))
    yield from ("Next:", f"  innospace check {quoted}", f"  innospace run {quoted}")


def _told(name: Path, made: Made) -> Iterator[str]:
    """Tell what was recognised, what is proposed, why, what speaks against it, and what to change."""
    p = made.proposal
    yield from _files(name, made.files)
    yield f"Recognised in {p.use.rows} rows and {len(p.columns)} columns:"
    width = min(40, max(len(c.name) for c in p.columns))
    yield from (f"  {c.name:<{width}}  {c}"[:WIDTH] for c in p.columns)
    yield from textwrap.wrap(f"Proposed: {_model(p)}", WIDTH, subsequent_indent="  ", break_long_words=False)
    yield from _wrapped(p.reasons)
    if p.against:
        yield "To know:"
        yield from _wrapped(p.against)
    yield f"To change it: {made.files[0]}" + (", where other formulas stand too" if p.others else "")
    yield from _next(name)


def _model(p: Proposal) -> str:
    step = p.step
    if step["engine"] == "firms":
        said = ", ".join(f"{k} = {v}" for k, v in step["arguments"].items())
        return f"firms, {step['method']}: {said}"
    what = step.get("formula") or "models of the innovation space"
    return f"frontier, {step['inefficiency'].replace('_', '-')} inefficiency: {what}"


def _wrapped(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        yield from textwrap.wrap(text, WIDTH - 2, initial_indent="  - ", subsequent_indent="    ")


def _payload(name: Path, made: Made) -> dict[str, Any]:
    p = made.proposal
    return {
        "study": str(name),
        "files": [str(f) for f in made.files],
        "columns": {c.name: {"part": str(c.part), "about": c.about, "missing": c.missing} for c in p.columns},
        "label": p.label or None,
        "time": p.time or None,
        "step": dict(p.step),
        "reasons": list(p.reasons),
        "against": list(p.against),
        "rows": p.use.rows,
        "rows_used": p.use.used,
        "other_formulas": list(p.others),
    }
