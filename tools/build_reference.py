"""Write the pages of docs/reference from the program: economies, the methods on firms, the agents."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from innospace.agents.assumptions import REASONS as AGENT_REASONS
from innospace.agents.assumptions import Assumptions
from innospace.agents.glossary import explain_terms as agent_terms
from innospace.agents.policy import INSTRUMENTS
from innospace.agents.sensitivity import INPUTS, OUTPUTS
from innospace.agents.spec import AgentSpec
from innospace.agents.step import OFFERS, TAKES, Options, PolicyOptions
from innospace.agents.targets import HELD_OUT, MOMENTS
from innospace.economy.general.models import MODELS, ready
from innospace.economy.general.models.ready_model import ReadyModel
from innospace.economy.general.solve import compile_spec
from innospace.economy.general.step import solve_scenarios
from innospace.economy.general.text import equations as conditions
from innospace.economy.models.knowledge.blocks import equations
from innospace.economy.models.knowledge.closure import CHOICES, Closure
from innospace.economy.models.knowledge.families import LEVER_GROUPS, PARAMETERS, VARIABLES
from innospace.economy.models.knowledge.spec import REASONS
from innospace.economy.system import Family, Symbols
from innospace.firms import synthetic, synthetic_annual
from innospace.firms.glossary import explain_terms
from innospace.firms.internationalisation.claims import Claim, claims
from innospace.firms.internationalisation.plan import Plan
from innospace.firms.internationalisation.plans import AnnualPlan, CrossPlan
from innospace.firms.internationalisation.waves import two_waves_of
from innospace.firms.verbs import VERBS, Argument, Verb, arguments

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
WRITTEN = "Written by `tools/build_reference.py` from the {source}; do not edit."
ORIGINS = {"paper": "the paper's", "reconstruction": "reconstruction"}


def _table(families: tuple[Family, ...], last: str) -> list[str]:
    """Return a Markdown table of variables or parameters."""
    lines = [f"| name | symbol | members | unit | meaning | {last} |", "| --- | --- | --- | --- | --- | --- |"]
    for f in families:
        kind = f.role if last == "kind" else ("logarithm" if f.positive else "level")
        lines.append(f"| `{f.name}` | $`{f.symbol}`$ | {len(f.members)} | {f.unit} | {f.meaning} | {kind} |")
    return lines


def economy() -> str:
    """Return the page of the knowledge economy."""
    symbols = Symbols(VARIABLES, PARAMETERS)
    families = list(equations(symbols, Closure()))
    count = sum(len(f.equations) for f in families)
    lines = [
        "# The knowledge economy: equations, variables, parameters",
        "",
        WRITTEN.format(source="model"),
        "",
        f"{len(symbols.unknowns)} unknowns and {count} equations a year. Each equation stands with the unknowns it "
        "determines. *Reconstruction* marks what the source paper does not print.",
        "",
        "## Equations",
    ]
    for f in families:
        unknowns = ", ".join(f"`{e.unknown}`" for e in f.equations)
        lines += ["", f"**({f.number}) {f.name}** ({f.block}; {ORIGINS[f.origin]}). {f.meaning}", ""]
        lines += ["```math", f.latex, "```", "", f"Determines {unknowns}."]
    lines += ["", "## Variables", "", *_table(VARIABLES, "solved in")]
    lines += ["", "## Parameters", "", *_table(PARAMETERS, "kind")]
    lines += ["", "## Policy levers", ""]
    lines += [f"- **{group}**: {', '.join(f'`{n}`' for n in names)}" for group, names in LEVER_GROUPS.items()]
    lines += ["", "## Rules a study may choose (closure)", ""]
    for name, options in CHOICES.items():
        lines += [f"- `{name}`", *(f"  - `{option}`: {meaning}" for option, meaning in options.items())]
    lines += ["", "## Reasons of the assumptions", "", *(f"- `{name}`: {reason}" for name, reason in REASONS.items())]
    return "\n".join(lines) + "\n"


LISTED = 100
"""Unknowns up to which the conditions of a ready model are printed, and names up to which all are."""
FEW = 12
"""Names that stand for very many."""


def ready_models() -> str:
    """Return the page of the models with known answers."""
    lines = [
        "# Ready models",
        "",
        WRITTEN.format(source="models themselves"),
        "",
        'Models with known answers that come with the package: `model = "NAME"` in a step with `engine = '
        '"equilibrium"`, or `ready("NAME")` in Python. How to read them: [general equilibrium '
        "models](../explanation/general-equilibrium.md). `price`, `level`, `income` and `transfer` are unknowns; "
        "`cost` and `use` are price and quantity of a nest, `paid` the price of a commodity with its taxes, all "
        "relative to the benchmark.",
    ]
    for name in MODELS:
        lines += ["", f"## {name}", "", *_ready(ready(name))]
    return "\n".join(lines) + "\n"


def _ready(model: ReadyModel) -> list[str]:
    economy = compile_spec(model.spec)
    spec, result = economy.spec, solve_scenarios(economy, model.scenarios, model=model)
    named = (
        ("Commodities", [c.name for c in spec.commodities]),
        ("Activities", [a.name for a in spec.activities]),
        ("Agents", [a.name for a in spec.agents]),
        ("Transfers", [t.name for t in spec.transfers]),
        ("Numeraire", [n for n, _ in spec.numeraire]),
    )
    lines = [f"{model.title}. {model.source}. {len(economy.unknowns)} unknowns.", ""]
    lines += [f"- {kind}: {_few(names)}" for kind, names in named if names]
    if model.scenarios:
        rows = (
            [f"`{r['scenario']}`", _title(model, r["scenario"]), f"`{r['agent']}`", f"{r['ev_percent']:.2f}"]
            for r in result.welfare.to_dict("records")
        )
        lines += ["", *_grid(("scenario", "what changes", "agent", "EV, % of spending"), rows)]
    if len(economy.unknowns) <= LISTED:
        lines += ["", "Conditions:", "", "```text", *(q.text for q in conditions(economy)), "```"]
    else:
        lines += ["", "A report of the model lists its conditions."]
    return lines


def _few(names: Sequence[str]) -> str:
    """Return names as code; of very many the first ones and how many there are."""
    first = names if len(names) <= LISTED else names[:FEW]
    more = "" if len(first) == len(names) else f" and {len(names) - FEW} more"
    return ", ".join(f"`{n}`" for n in first) + more


def _title(model: ReadyModel, scenario: str) -> str:
    return next(s.title for s in model.scenarios if s.name == scenario)


def firms() -> str:
    """Return the page of the methods on firms."""
    lines = [
        "# Firms: methods, arguments, terms, true parameters",
        "",
        WRITTEN.format(source="program"),
        "",
        "What each method is for, and what it assumes: [firms](../explanation/firms.md). From a table to a report: "
        "[a firm panel](../how-to/firm-panel.md).",
        "",
        "## Methods",
        "",
        "Each is a verb of `innospace firms`, a `method` of a step in a study file, and a function in Python: "
        '`from innospace.firms.verbs import verb`, then `verb("NAME").function(...)`. On the command line an argument '
        "is `--like-this` and a list is written with commas; in a study file and in Python it is `like_this` and a "
        "list is a list. Every verb also takes `--out FOLDER`, `--formats`, `--json`, `--quiet` and the options that "
        "say how a file is read.",
        "",
        *_grid(("method", "what it does"), ([f"[`{v.name}`](#{v.name})", v.summary] for v in VERBS.values())),
    ]
    for verb in VERBS.values():
        lines += _verb(verb)
    lines += ["", "## The study of a firm panel", "", *_study()]
    lines += ["", "## Terms", "", "`innospace explain NAME` prints one of them.", ""]
    head = ("name", "symbol", "unit", "meaning", "definition", "source")
    rows = ([f"`{t.name}`", t.symbol, t.unit, t.meaning, _code(t.equation), t.source] for t in explain_terms())
    lines += _grid(head, rows)
    return "\n".join([*lines, *_truth()]) + "\n"


def _grid(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Return a Markdown table; bars in cells are escaped."""
    cells = [[str(c).replace("|", "\\|") for c in row] for row in (head, *rows)]
    marks = ["---"] * len(cells[0])
    return [f"| {' | '.join(row)} |" for row in (cells[0], marks, *cells[1:])]


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _verb(verb: Verb) -> list[str]:
    """Return the section of one method: what it does, usage, arguments, notes."""
    docstring = inspect.getdoc(verb.function) or ""
    known = arguments(verb)
    usage = " ".join(["innospace firms", verb.name, "DATA", *(n.upper() for n in verb.positional)])
    needed = [n for n, a in known.items() if a.required and n not in verb.positional]
    usage += "".join(f" --{n.replace('_', '-')} ..." for n in needed)
    filled = [n for n in ("seed", "workers") if n in inspect.signature(verb.function).parameters]
    rows = [[f"`{n}`", _kind(a), _default(a), a.meaning] for n, a in known.items()]
    meanings = {"seed": "Seed of everything that is drawn.", "workers": "Processes; numbers do not depend on it."}
    signature = inspect.signature(verb.function).parameters
    rows += [[f"`{n}`", "whole number", _code(str(signature[n].default)), meanings[n]] for n in filled]
    large = ["", "Reads by column from large Parquet or DuckDB files."] if verb.reads_files else []
    what = docstring.partition("\nParameters\n")[0].replace("``", "`").strip()
    notes = _section(docstring, "Notes").replace("``", "`")
    return [
        *("", f"### {verb.name}", "", what, *large, "", f"```text\n{usage}\n```", ""),
        *_grid(("argument", "kind", "default", "meaning"), rows),
        *(("", notes) if notes else ()),
    ]


def _section(docstring: str, name: str) -> str:
    """Return a section of a NumPy docstring, to the next heading."""
    _, found, rest = docstring.partition(f"\n{name}\n{'-' * len(name)}\n")
    return re.split(r"\n\n?\w[\w ]*\n-{3,}\n", rest)[0].strip() if found else ""


def _kind(argument: Argument) -> str:
    one = {str: "text", int: "whole number", float: "number", bool: "yes or no"}[argument.kind]
    return f"list, each {one}" if argument.several else one


def _default(argument: Argument) -> str:
    if argument.required:
        return "must be given"
    if argument.default is None or argument.default in ("", ()):
        return ""
    value = argument.default
    return _code(", ".join(map(str, value)) if isinstance(value, tuple) else str(value))


def _study() -> list[str]:
    """Return the parts of the study's tables, and the findings that are held against a panel."""
    lines = [
        '`innospace firms study PANEL --column PART=COLUMN`, or a step with `analysis = "internationalisation"` whose '
        "tables `[step.NAME.columns]`, `[step.NAME.annual]` and `[step.NAME.cross_section]` say which column plays "
        "which part. Empty parts are left out of the study.",
    ]
    plans = (("The two-wave panel", Plan), ("The annual panel", AnnualPlan), ("The cross-section", CrossPlan))
    for title, plan in plans:
        meanings = _attributes(plan)
        rows = (
            [f"`{f.name}`", _code(_listed(f.default)), meanings.get(f.name, "")] for f in fields(plan) if not f.metadata
        )
        lines += ["", f"### {title}", "", *_grid(("part", "default column", "meaning"), rows)]
    lines += [
        "",
        "### Findings of the brief and the comparisons that stand for them",
        "",
        "Coefficients are named `equation: regressor`; a comparison is a weighted sum of them, from one joint "
        "covariance. It is expected to be positive, or, for a finding of no effect, zero.",
        "",
    ]
    panel = two_waves_of(synthetic.two_waves(500, 1), Plan())
    found = claims(panel)
    return lines + _grid(("finding", "statement", "expected", "comparisons"), map(_claim, found))


def _claim(claim: Claim) -> list[str]:
    told = [f"{line.text}: `{_sum(line.weights)}`" for line in claim.lines]
    return [f"`{claim.key}`", claim.statement, "zero" if claim.null else "positive", "<br>".join(told)]


def _sum(weights: Mapping[str, float]) -> str:
    terms = [f"{'-' if w < 0 else '+'} {'' if abs(w) == 1 else f'{abs(w):g} '}[{n}]" for n, w in weights.items()]
    return " ".join(terms).removeprefix("+ ")


def _attributes(kind: type) -> dict[str, str]:
    """Return the meanings of attributes of a class from its docstring, in one line each."""
    found: dict[str, str] = {}
    names: list[str] = []
    for line in _section(inspect.getdoc(kind) or "", "Attributes").splitlines():
        match = re.match(r"^(\w+(?:, \w+)*) : ", line)
        if match:
            names = match[1].split(", ")
            found |= dict.fromkeys(names, "")
        else:
            found |= {n: f"{found[n]} {line.strip()}".strip() for n in names}
    return {k: v.replace("``", "`") for k, v in found.items()}


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _truth() -> list[str]:
    """Return the parameters the synthetic panels are drawn with."""
    rows = ([f"`{t.equation}`", f"`{t.name}`", f"{t.value:g}"] for t in synthetic.truth())
    rest = {
        **{f"elasticity of {k}": v for k, v in synthetic_annual.TECHNOLOGY.items()},
        **{f"law of productivity: {k}": v for k, v in synthetic_annual.LAW.items()},
        **{f"standard deviation: {k}": v for k, v in synthetic_annual.SIGMA.items()},
        **{f"effect on log productivity {e} years after entry": v for e, v in _event_study()},
    }
    return [
        "",
        "## True parameters of the synthetic panels",
        "",
        f"`{synthetic.SAMPLE}-2005-2009`: {synthetic.SAMPLE_FIRMS} firms, seed {synthetic.SAMPLE_SEED}; "
        "`innospace.firms.synthetic.two_waves(firms, seed)` draws others. All numbers are ours: the brief prints none "
        "of them but the two shares of firms that name customs.",
        "",
        *_grid(("equation", "regressor", "value"), rows),
        "",
        f"`{synthetic.SAMPLE}-annual`: {synthetic_annual.SAMPLE_FIRMS} firms, seed {synthetic_annual.SAMPLE_SEED}; "
        "`innospace.firms.synthetic_annual.annual(firms, seed)` draws others.",
        "",
        *_grid(("parameter", "value"), ([name, f"{value:.4g}"] for name, value in rest.items())),
    ]


def _event_study() -> Iterable[tuple[int, float]]:
    return enumerate(synthetic_annual.event_study_truth())


def agents() -> str:
    """Return the page of the agents."""
    lines = [
        "# Agents: equations, options, instruments, assumptions, terms",
        "",
        WRITTEN.format(source="program"),
        "",
        "What is simulated and what is not known: [agents](../explanation/agents.md).",
        "",
        "## Equations",
    ]
    for e in AgentSpec().equations():
        lines += ["", e.meaning, "", "```math", e.latex, "```"]
    options = [(n, f) for n, f in Options.model_fields.items() if n != "policies"]
    rows = ([f"`{n}`", f.title or "", _default_of(f), f.description or ""] for n, f in options)
    lines += ["", "## Options of a step", "", *_grid(("option", "what", "default", "meaning"), rows)]
    keys = ", ".join(f"`{n}`" for n in PolicyOptions.model_fields)
    lines += ["", f"A policy is a table `[[step.NAME.policies]]` with {keys}; tables of one name are one policy."]
    lines += ["", f"Takes over: {', '.join(f'`{n}`' for n in TAKES)}. Offers: {', '.join(f'`{n}`' for n in OFFERS)}."]
    lines += [
        "",
        "## Instruments",
        "",
        *_grid(("instrument", "what it does"), ([f"`{k}`", v] for k, v in INSTRUMENTS.items())),
    ]
    values = Assumptions().to_dict()
    rows = ([f"`{n}`", f"{v:g}", AGENT_REASONS[n]] for n, v in values.items())
    lines += ["", "## Assumptions", "", *_grid(("assumption", "value", "reason"), rows)]
    held = [[f"`{n}`", m, "aimed at" if n in MOMENTS else "held out"] for n, m in {**MOMENTS, **HELD_OUT}.items()]
    lines += ["", "## Moments", "", *_grid(("moment", "meaning", "use"), held)]
    lines += ["", "## Sensitivity", "", *_grid(("output", "meaning"), ([f"`{k}`", v] for k, v in OUTPUTS.items())), ""]
    lines += _grid(("input", "range"), ([f"`{k}`", f"{a:g} to {b:g}"] for k, (a, b) in INPUTS.items()))
    head = ("name", "symbol", "unit", "meaning", "definition", "source")
    terms = ([f"`{t.name}`", t.symbol, t.unit, t.meaning, _code(t.equation), t.source] for t in agent_terms())
    lines += ["", "## Terms", "", "`innospace explain NAME` prints one of them.", "", *_grid(head, terms)]
    return "\n".join(lines) + "\n"


def _default_of(field: Any) -> str:
    value = field.get_default(call_default_factory=True)
    return "" if value is None or value in ([], {}) else _code(str(value))


PAGES: Mapping[Path, Callable[[], str]] = {
    REFERENCE / "knowledge-economy.md": economy,
    REFERENCE / "ready-models.md": ready_models,
    REFERENCE / "firms.md": firms,
    REFERENCE / "agents.md": agents,
}
"""File -> what writes it."""


if __name__ == "__main__":
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for path, page in PAGES.items():
        path.write_text(page(), encoding="utf-8", newline="\n")
