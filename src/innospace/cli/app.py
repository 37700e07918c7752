"""Entry of the command line: parse, run a verb, show its outcome, return the exit code.

Verbs import what is heavy when they run, so that ``innospace --help`` answers at once.
"""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any

import typer

from innospace.cli import check, compare, doctor, explain, firms, fit, new, replicate, report, run, sam, samples, web
from innospace.cli.outcome import Exit, Outcome
from innospace.cli.show import print_error, print_json, show, use_utf8
from innospace.core.errors import InnospaceError

# typer carries its own copy of click or uses the installed one, by version; both are reached through its exports
_UsageError: type[Any] = typer.BadParameter.__mro__[1]
_ParserError: type[Any] = typer.BadParameter.__mro__[2]
_NOT_FOR_USERS = (DeprecationWarning, PendingDeprecationWarning, FutureWarning, ResourceWarning, ImportWarning)

app = typer.Typer(
    name="innospace",
    help="Workbench for the economics of regional innovation.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for _verb in (
    new.new,
    check.check,
    run.run,
    report.report,
    compare.compare,
    fit.fit,
    replicate.replicate,
    explain.explain,
    web.web,
):
    app.command()(_verb)
app.command()(samples.samples)
app.command()(doctor.doctor)
app.add_typer(sam.app)
app.add_typer(firms.app)


def _version(value: bool) -> None:
    if value:
        from innospace.core.provenance import package_version

        typer.echo(f"innospace {package_version()}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    _shown: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the name of the program; those of the process when not given.

    Returns
    -------
    int
        0 ok, 1 a check failed, 2 bad input, 3 a solver failed, 70 an unexpected error, 130 stopped from the keyboard,
        141 the reader of the output went away.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json, quiet = "--json" in given, "--quiet" in given or "-q" in given
    use_utf8()
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            outcome, code = _dispatch(given)
        messages = [str(w.message) for w in caught if not issubclass(w.category, _NOT_FOR_USERS)]
        if isinstance(outcome, Outcome):
            show(outcome, messages, as_json=as_json, quiet=quiet)
        elif isinstance(outcome, InnospaceError):
            _show_error(outcome, messages, as_json)
        sys.stdout.flush()
    except BrokenPipeError:
        # the interpreter flushes once more at exit; give it somewhere to write
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.BROKEN_PIPE)
    return int(code)


@cache
def _command() -> Any:
    """Return the parser of the whole command line; made once, for programs that call :func:`main` many times."""
    return typer.main.get_command(app)


def _dispatch(arguments: list[str]) -> tuple[Outcome | InnospaceError | None, int]:
    """Run a verb; return what it found or the error a user is to see, and the exit code."""
    try:
        found = _command()(arguments, prog_name="innospace", standalone_mode=False)
    except BrokenPipeError:
        raise
    except InnospaceError as error:
        _trace()
        return error, error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        found = int(Exit.INTERRUPTED)
    except _ParserError as error:
        return _usage(error), Exit.BAD_INPUT
    except Exception as error:
        _trace()
        return _unexpected(error), Exit.UNEXPECTED
    if isinstance(found, Outcome):
        return found, found.code
    if found == Exit.INTERRUPTED:  # typer turns Ctrl-C into this code
        remedy = "What was finished is kept: give the same command again to go on."
        return InnospaceError("Stopped from the keyboard.", remedy=remedy), Exit.INTERRUPTED
    return None, found if isinstance(found, int) else Exit.OK


def _usage(error: Any) -> InnospaceError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "innospace"
    return InnospaceError(error.format_message(), where=command, remedy=f"See: {command} --help")


def _unexpected(error: Exception) -> InnospaceError:
    return InnospaceError(
        f"innospace met an error it does not know: {type(error).__name__}: {error}",
        remedy="Please report it with the output of the same command run with INNOSPACE_DEBUG=1 set.",
    )


def _trace() -> None:
    if os.environ.get("INNOSPACE_DEBUG", "") not in ("", "0"):
        traceback.print_exc()


def _show_error(error: InnospaceError, messages: list[str], as_json: bool) -> None:
    told = list(dict.fromkeys(messages))
    for message in told:
        print(f"Warning: {' '.join(message.split())}", file=sys.stderr)
    if as_json:
        print_json({"error": error.to_dict(), "warnings": told})
    else:
        print_error(error)
