"""The verbs of the firms engine by name: what a command line or a study file may call, and with what."""

from __future__ import annotations

import importlib
import inspect
import re
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from innospace.core.errors import SpecError
from innospace.core.labels import require_known

NOT_ARGUMENTS = ("data", "progress", "title", "seed", "workers", "executor", "resume")
"""Parameters of a verb that its caller fills in; the others are arguments."""
WHERE = "where"


COMMON = {
    "controls": "Further regressors.",
    "log": "Take the logarithm of the outcome.",
    "nonpositive": "error, or drop rows whose outcome has no logarithm.",
    "quantiles": "In percent.",
    "errors": "bootstrap or analytic.",
    "replications": "Draws of the bootstrap.",
    "min_firms": "A group with fewer firms is shown with its count and not headlined.",
    "where": "Conditions such as d_e >= 0: other rows are left out.",
    "adjust": "Columns or interactions of columns whose means are taken out first.",
    "firm": "Column of the firm.",
    "year": "Column of the year.",
    "first": "First wave; the first year of the panel when not given.",
    "last": "Last wave; the last year of the panel when not given.",
    "cluster": "Column of cluster labels.",
    "weights": "Column of positive weights.",
    "vcov": "Covariance: hessian, opg, robust or cluster, as the method has them.",
    "level": "Coverage of the intervals.",
    "at": "average: effects are means over rows; means: at the means of the regressors.",
}
"""Meanings of arguments that a docstring leaves to another one."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb.

    Attributes
    ----------
    name : str
    target : str
        ``module:function``, imported when the verb is first used.
    summary : str
        One line.
    positional : tuple of str
        Arguments that a command line takes by position, after the table.
    reads_files : bool
        Whether the function itself reads the columns it needs from a large Parquet or DuckDB file.
    """

    name: str
    target: str
    summary: str
    positional: tuple[str, ...] = ()
    reads_files: bool = False

    @property
    def function(self) -> Callable[..., Any]:
        """The function, imported now."""
        module, name = self.target.split(":")
        found: Callable[..., Any] = getattr(importlib.import_module(module), name)
        return found


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a verb.

    Attributes
    ----------
    name : str
    kind : type
        ``str``, ``int``, ``float`` or ``bool``.
    several : bool
        Whether it takes a list.
    default : object
        ``inspect.Parameter.empty`` when it must be given.
    meaning : str
        From the docstring, in one line.
    """

    name: str
    kind: type
    several: bool
    default: Any
    meaning: str

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is inspect.Parameter.empty


def arguments(verb: Verb) -> dict[str, Argument]:
    """Return the arguments of a verb, by name, as its signature and docstring tell them.

    Every verb has ``where``: conditions that rows must fulfil, applied before a verb that does not read them itself.
    """
    function = verb.function
    hints = typing.get_type_hints(function)
    meanings = _meanings(inspect.getdoc(function) or "")
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name in NOT_ARGUMENTS:
            continue
        kind, several = _kind(hints[name])
        found[name] = Argument(name, kind, several, parameter.default, meanings.get(name) or COMMON.get(name, ""))
    found.setdefault(WHERE, Argument(WHERE, str, True, (), COMMON[WHERE]))
    return found


def call(verb: Verb, data: Any, given: Mapping[str, Any], **filled: Any) -> Any:
    """Call a verb.

    Parameters
    ----------
    verb : Verb
    data : Dataset, frame or path
    given : mapping
        Arguments by name, as plain types.
    **filled
        ``seed``, ``workers``, ``executor``, ``resume``, ``progress``; left out where the verb has no such parameter.

    Raises
    ------
    LabelError, SpecError, DataError
        An argument that the verb does not have, lacks, or that is of another kind; conditions that no row fulfils.
    """
    from innospace.data import as_dataset
    from innospace.data.panels import select

    checked = check(verb, given)
    parameters = inspect.signature(verb.function).parameters
    if WHERE not in parameters:
        wanted = checked.pop(WHERE, ())
        data = select(as_dataset(data), wanted) if wanted else data
    extra = {k: v for k, v in filled.items() if k in parameters and v is not None}
    return verb.function(data=data, **checked, **extra)


def check(verb: Verb, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments as the verb takes them; raises what :func:`call` raises before anything is computed."""
    known = arguments(verb)
    require_known(list(given), list(known), kind="argument", where=f"method {verb.name!r}")
    missing = [n for n, a in known.items() if a.required and n not in given]
    if missing:
        raise SpecError(
            f"The method {verb.name!r} needs {', '.join(repr(m) for m in missing)}.",
            where="arguments",
            allowed="; ".join(f"{m}: {known[m].meaning or known[m].kind.__name__}" for m in missing),
            remedy=f"Add the argument; see: innospace firms {verb.name} --help",
        )
    return {name: _checked(verb, known[name], value) for name, value in given.items()}


def _checked(verb: Verb, argument: Argument, value: Any) -> Any:
    if argument.several and isinstance(value, str):
        value = [value]
    values = list(value) if isinstance(value, list | tuple) else [value]
    if isinstance(value, list | tuple) and not argument.several:
        values = [None]
    whole: tuple[type, ...] = {int: (int,), float: (int, float), str: (str,), bool: (bool,)}[argument.kind]
    good = all(isinstance(v, whole) and (argument.kind is bool or not isinstance(v, bool)) for v in values)
    if not good:
        kind = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}[argument.kind]
        raise SpecError(
            f"{argument.name} of {verb.name!r} is {value!r}.",
            where="arguments",
            allowed=f"a list, each {kind}" if argument.several else kind,
            remedy=argument.meaning,
        )
    return tuple(values) if argument.several else values[0]


def _kind(hint: Any) -> tuple[type, bool]:
    """Return the plain type of an annotation and whether it is a list: ``Sequence[str] | None`` is ``(str, True)``."""
    for plain in (bool, int, float, str):
        if hint is plain:
            return plain, False
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Sequence):
        return _kind(inner[0])[0], True
    options = [h for h in inner if h is not type(None)]
    found = [_kind(h) for h in options] or [(str, False)]
    return found[0][0], any(several for _, several in found)


_PARAMETER = re.compile(r"^(?P<names>\w+(?:, \w+)*) : .*$")
_ROLE = re.compile(r":\w+:`~?(?:\w+\.)*(\w+)`")
"""Mark of a docstring such as ``:func:`~innospace.firms.effects.did.did```."""


def _meanings(docstring: str) -> dict[str, str]:
    """Return the descriptions under ``Parameters`` of a NumPy docstring, each in one line."""
    _, _, rest = docstring.partition("Parameters\n----------\n")
    found: dict[str, str] = {}
    names: list[str] = []
    for line in rest.splitlines():
        match = _PARAMETER.match(line)
        if match:
            names = match["names"].split(", ")
            found |= dict.fromkeys(names, "")
        elif line.startswith("    ") and names:
            found |= {n: f"{found[n]} {line.strip()}".strip() for n in names}
        elif line and not line.startswith(" "):
            break
    return {k: _ROLE.sub(r"\1", v).replace("``", "") for k, v in found.items()}


_ROOM = "innospace.firms"
_ROWS: tuple[tuple[str, str, str, tuple[str, ...], bool], ...] = (
    (
        "premia",
        "premia:premia",
        "Premia of traders: level, firm fixed effects, before entry.",
        ("outcome", "status"),
        True,
    ),
    (
        "distributions",
        "self_selection:pre_entry",
        "Later starters against never traders before entry: Kolmogorov-Smirnov, quantiles.",
        ("outcome", "channel"),
        True,
    ),
    (
        "compare-groups",
        "self_selection:compare_distributions",
        "Whole distributions of two groups compared: Kolmogorov-Smirnov, quantiles.",
        ("outcome", "group"),
        False,
    ),
    (
        "entry",
        "entry:entry",
        "Probit of entering a channel on what firms were before.",
        ("channel", "regressors"),
        True,
    ),
    (
        "describe",
        "descriptives:descriptives",
        "Means and shares by class of trade, with tests.",
        ("channel", "columns"),
        True,
    ),
    ("probit", "choice.binary:binary", "Probit or logit with average effects.", ("formula",), False),
    (
        "biprobit",
        "choice.bivariate:biprobit",
        "Two joint decisions: rho, joint, conditional and marginal effects.",
        ("formula_1", "formula_2"),
        False,
    ),
    (
        "recursive-biprobit",
        "choice.recursive:recursive_biprobit",
        "A decision that depends on another one, with its treatment effect.",
        ("formula_outcome", "formula_treatment"),
        False,
    ),
    (
        "mv-probit",
        "choice.multivariate:multivariate_probit",
        "Three and more joint decisions: exact likelihood, GHK.",
        ("formulas",),
        False,
    ),
    (
        "ordered-probit",
        "choice.ordered:ordered_probit",
        "Ordered probit with effects by category.",
        ("formula",),
        False,
    ),
    (
        "re-probit",
        "choice.random_effects:random_effects_probit",
        "Random-effects probit with converged quadrature.",
        ("formula",),
        False,
    ),
    (
        "dynamic-probit",
        "choice.dynamic:dynamic_probit",
        "Persistence: dynamic random-effects probit (Wooldridge, Heckman).",
        ("formula",),
        False,
    ),
    ("match", "effects.matching:match", "Effects by matching with declared rules.", ("treatment", "outcome"), False),
    (
        "match-did",
        "effects.match_did:match_did",
        "Matched difference-in-differences on starters.",
        ("treatment", "before", "after"),
        False,
    ),
    (
        "weight",
        "effects.weighting:weight",
        "Effects by weighting: inverse probability, entropy balancing, overlap.",
        ("treatment", "outcome"),
        False,
    ),
    (
        "doubly-robust",
        "effects.doubly_robust:doubly_robust",
        "Doubly robust effects and regression adjustment.",
        ("treatment", "outcome"),
        False,
    ),
    (
        "did",
        "effects.did:did",
        "Staggered difference-in-differences with event study (Callaway and Sant'Anna).",
        ("outcome",),
        False,
    ),
    (
        "sun-abraham",
        "effects.sun_abraham:sun_abraham",
        "Event study weighted by cohorts (Sun and Abraham).",
        ("outcome",),
        False,
    ),
    (
        "twfe",
        "effects.did_twfe:twfe",
        "Two-way fixed effects, with the weights that staggered entry gives it.",
        ("outcome",),
        False,
    ),
    (
        "oster",
        "effects.oster:oster",
        "How strong must unobservables be: Oster's delta.",
        ("formula_short", "formula_long"),
        False,
    ),
    (
        "cinelli-hazlett",
        "effects.cinelli_hazlett:cinelli_hazlett",
        "How strong must a confounder be: robustness values.",
        ("formula",),
        False,
    ),
    (
        "rosenbaum",
        "effects.rosenbaum:rosenbaum",
        "Hidden bias that would explain a matched difference: bounds on a table of pairs.",
        ("treated", "control"),
        False,
    ),
    (
        "tfp",
        "productivity:productivity",
        "Production functions: OP, LP, ACF, Wooldridge, GNR; exporting in the law.",
        (),
        False,
    ),
    (
        "complementarity",
        "complementarity:complementarity",
        "Are practices complements? Kodde-Palm tests.",
        ("outcome", "practices"),
        False,
    ),
    (
        "adoption",
        "complementarity_adoption:adoption",
        "Are practices adopted together? Correlations, conditional and not.",
        ("practices",),
        False,
    ),
    (
        "interaction",
        "complementarity_interaction:interaction",
        "Interaction effect of two regressors on a probability.",
        ("formula",),
        False,
    ),
    ("networks", "networks:networks", "Who wins new partners, and what partners go with.", (), False),
    (
        "mediation",
        "mediation:mediation",
        "How much of an effect goes through a mediator.",
        ("outcome", "mediator", "treatment"),
        False,
    ),
    (
        "heckman",
        "selection:heckman",
        "Tobit of type 2: an outcome that is seen for selected rows only.",
        ("outcome", "selection"),
        False,
    ),
    ("cdm", "cdm:cdm", "From R&D to innovation to productivity (Crepon, Duguet and Mairesse).", (), False),
    (
        "iv",
        "endogeneity:instrumental_variables",
        "Two-stage least squares with tests of the instruments.",
        ("formula",),
        False,
    ),
    (
        "control-function",
        "endogeneity:control_function",
        "Endogenous regressor in a probit: residual inclusion.",
        ("formula",),
        False,
    ),
)
VERBS: Mapping[str, Verb] = {
    name: Verb(name, f"{_ROOM}.{target}", summary, positional, reads_files)
    for name, target, summary, positional, reads_files in _ROWS
}
"""Every verb by its name on the command line."""


def verb(name: str) -> Verb:
    """Return a verb by name; raises :class:`LabelError` with the nearest."""
    require_known([name], list(VERBS), kind="method")
    return VERBS[name]
