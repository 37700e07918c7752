"""The verb: productivity of firms by eight methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from innospace.core.errors import SpecError
from innospace.core.labels import require_known
from innospace.core.parts import Resume
from innospace.core.progress import Progress, silent
from innospace.firms.productivity import control_function as two_stage
from innospace.firms.productivity.outcome import RUNS, Settings
from innospace.firms.productivity.panel import Panel, Roles, read_panel
from innospace.firms.productivity.presentation import result
from innospace.firms.result import FirmResult

METHODS = tuple(RUNS)
WITH_LAW = ("op", "lp", "acf", "wooldridge", "gnr")
DEGREES = {"gnr": 2}
"""Default degree of the first-stage polynomial where it is not 3."""

HOW = ("workers", "executor", "resume", "seed")
"""How a bootstrap is run, which is no part of what is estimated."""


def productivity(
    data: Any,
    *,
    output: str,
    labour: str | Sequence[str],
    capital: str | Sequence[str] = (),
    materials: str | None = None,
    investment: str | None = None,
    method: str = "acf",
    firm: str = "firm",
    year: str = "year",
    logs: bool = False,
    gross_output: bool = False,
    share: str | None = None,
    degree: int | None = None,
    markov: int = 3,
    law: str | Sequence[str] = (),
    exit: str | None = None,
    equations: str = "both",
    weighting: str = "one-step",
    industry: str | None = None,
    bootstrap: int = 0,
    workers: int | None = None,
    executor: Any = None,
    resume: Resume = None,
    seed: int = 0,
    progress: Progress = silent,
    title: str = "",
) -> FirmResult:
    """Estimate a Cobb-Douglas production function (``gnr``: a flexible one) and the productivity of every firm-year.

    Parameters
    ----------
    data : Dataset, frame or mapping of arrays
        One row a firm and year.
    output : str
        Column of log value added (log gross output for ``gnr`` or with ``gross_output``).
    labour : str or list of str
        Freely chosen inputs, in logs.
    capital : str or list of str
        Inputs chosen a year before, in logs.
    materials : str, optional
        Log materials (or energy): the proxy of ``lp``, ``acf`` and ``wooldridge``, the flexible input of ``gnr``.
    investment : str, optional
        Log investment: the proxy of ``op``; of ``acf`` and ``wooldridge`` too when no materials are given.
    method : str
        ``acf``, ``lp``, ``op``, ``wooldridge``, ``gnr``, ``labour`` (output per worker), ``ols`` or ``fe``.
    firm, year : str
        Columns. A lag is the row of exactly one year before; gaps are counted, never bridged.
    logs : bool
        True: the columns are positive levels and logs are taken. Zero or negative levels are refused, but rows
        without positive investment are left out and counted, as Olley and Pakes have it.
    gross_output : bool
        ``lp``, ``acf``, ``ols``, ``fe``: materials are an input with a coefficient.
    share : str, optional
        ``gnr``: column of the log share of materials in revenue.
    degree : int, optional
        Of the first-stage polynomial: 3 (Stata's ``prodest``, ``levpet``); 2 for ``gnr`` (as in the paper). R's
        ``prodest`` 1.0.1 has 2, ``gnrprod`` 3.
    markov : int
        Degree of the law in lagged productivity.
    law : str or list of str
        Columns (export status) whose previous-year value enters the law of productivity, De Loecker (2013);
        ``export:omega`` for an interaction with lagged productivity. Their present value enters the first stage.
    exit : str, optional
        ``op``, ``lp``: correct for survival. A column: 1 in the last year of a firm that leaves. ``last-row``: a firm
        leaves after its last row, unless that is in the last year of the panel.
    equations : str
        ``wooldridge``: ``both`` (as Stata's and R's ``prodest``) or ``second`` (Petrin and Levinsohn 2012, which does
        without the first stage's assumption on labour).
    weighting : str
        ``wooldridge``: ``one-step`` (two-stage least squares) or ``two-step`` (moments clustered by firm).
    industry : str, optional
        ``labour``: column of industries whose mean in each year is taken out.
    bootstrap : int
        Draws of whole firms; 0 for none. Standard errors then are theirs.
    workers : int, optional
        Processes of the bootstrap; chosen by the length of the work when not given.
    executor : optional
        An executor of :mod:`concurrent.futures` instead of ``workers``, such as that of a cluster.
    resume : path or Parts, optional
        A folder where finished draws are kept until all is done, so that an interrupted call goes on.
    seed : int
    progress : callable
    title : str, optional

    Returns
    -------
    FirmResult
        Coefficients: an elasticity a column. Effects: ``returns_to_scale``, ``persistence``, and ``markov_law``, one a
        term of the law (``omega_lag``, ``omega_lag_2``, ``export``, ``export:omega``), in deviations of lagged
        productivity from its mean; the error of ``persistence`` needs a bootstrap. ``frames["productivity"]``: firm,
        year, ``omega`` (log productivity with noise, as ``y - X b``), ``tfp`` (its exponent),
        ``omega_without_noise``, ``innovation``; ``gnr``: elasticities too.
        Table ``roots``: all solutions of ``acf`` found from many starts, with the rule of selection.

    Raises
    ------
    SpecError, LabelError, DataError, SolverError

    Notes
    -----
    Second stages follow R's and Stata's ``prodest``: ``op`` and ``lp`` minimise squared ``y - X b - g(omega_lag)``
    with ``g`` fitted to ``omega``; ``acf`` solves moments of the innovation in capital and lagged labour exactly.
    Standard errors without a bootstrap are clustered by firm and account for the first stage.
    """
    roles, settings = _plan(locals())
    proxy = roles.proxy if roles.proxy and roles.proxy[0] == investment else ()
    panel: Panel = read_panel(data, roles, firm=firm, year=year, logs=logs, drop_nonpositive=proxy)
    outcome = RUNS[method](panel, settings, progress)
    progress("Done", 1.0)
    columns: dict[str, Any] = {
        "output": output,
        "labour": list(roles.free),
        "capital": list(roles.state),
        "law": list(roles.law),
    }
    columns |= {"materials": materials, "investment": investment, "firm": firm, "year": year, "logs": logs}
    options = {**columns, **_options(settings)}
    return result(panel, outcome, settings, options, title)


def _options(s: Settings) -> dict[str, Any]:
    return {name: getattr(s, name) for name in Settings.__dataclass_fields__ if name not in HOW}


def _plan(given: dict[str, Any]) -> tuple[Roles, Settings]:
    """Turn options into roles of columns and settings; refuse what does not go together."""
    method = given["method"]
    require_known([method], METHODS, kind="method")
    require_known([given["equations"]], ("both", "second"), kind="equations")
    require_known([given["weighting"]], ("one-step", "two-step"), kind="weighting")
    free, state, law = (_listed(given[k]) for k in ("labour", "capital", "law"))
    degree = given["degree"] if given["degree"] is not None else DEGREES.get(method, 3)
    _require_range(degree, "degree", 1, 6)
    _require_range(given["markov"], "markov", 1, 6)
    _require_range(given["bootstrap"], "bootstrap", 0, 100_000)
    if given["bootstrap"] == 1:
        raise SpecError("One bootstrap draw has no standard error.", allowed="0, or 2 and more")
    if not free:
        raise SpecError("No labour input is given.", remedy="Give labour=, a column or a list of columns.")
    if method != "labour" and not state:
        raise SpecError(f"Method {method!r} needs capital.", remedy="Give capital=, a column or a list of columns.")
    _require_fitting(given, method, law)
    proxy = _proxy(given, method)
    plain = tuple(
        c
        for c, used in (
            (given["share"], method == "gnr"),
            (given["exit"], given["exit"] != two_stage.LAST_ROW),
        )
        if used and c
    )
    industry = (given["industry"],) if given["industry"] else ()
    roles = Roles(given["output"], free, () if method == "labour" else state, proxy, law, plain, industry)
    names = ("markov", "gross_output", "share", "industry", "exit", "equations", "weighting")
    rest = {k: given[k] for k in (*names, "bootstrap", *HOW)}
    return roles, Settings(method=method, degree=degree, **rest)


def _listed(given: str | Sequence[str] | None) -> tuple[str, ...]:
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else tuple(given)


def _require_range(value: Any, name: str, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise SpecError(f"{name} is {value!r}.", allowed=f"a whole number from {low} to {high}")


def _require_fitting(given: dict[str, Any], method: str, law: tuple[str, ...]) -> None:
    """Refuse options that the method does not use, which a user would take for used."""
    rules = (
        (bool(law), "law", WITH_LAW),
        (bool(given["exit"]), "exit", ("op", "lp")),
        (bool(given["gross_output"]), "gross_output", ("lp", "acf", "ols", "fe")),
        (given["share"] is not None, "share", ("gnr",)),
        (given["industry"] is not None, "industry", ("labour",)),
        (given["equations"] != "both", "equations", ("wooldridge",)),
        (given["weighting"] != "one-step", "weighting", ("wooldridge",)),
    )
    for used, name, methods in rules:
        if used and method not in methods:
            raise SpecError(
                f"Method {method!r} has no option {name!r}.",
                allowed=f"{name} with method {', '.join(methods)}",
                remedy=f"Leave {name} out, or use another method.",
            )
    if method == "gnr" and given["share"] is None:
        raise SpecError("Method 'gnr' needs the log share of materials in revenue.", remedy="Give share=, a column.")
    if given["gross_output"] and given["materials"] is None:
        raise SpecError("Gross output needs materials.", remedy="Give materials=, or leave gross_output out.")


def _proxy(given: dict[str, Any], method: str) -> tuple[str, ...]:
    materials, investment = given["materials"], given["investment"]
    if method in ("ols", "fe"):
        return (materials,) if given["gross_output"] else ()
    if method == "labour":
        return ()
    column = investment if method == "op" else materials
    if column is None and method in ("acf", "wooldridge"):
        column = investment
    if column is None:
        needed = "investment" if method == "op" else "materials"
        raise SpecError(f"Method {method!r} needs {needed}.", remedy=f"Give {needed}=, a column.")
    return (column,)
