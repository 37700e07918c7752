"""Put a scenario into a study: a file of its own in ``scenarios/``, and its name in the list of the economy step."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from innospace.core.errors import InnospaceError, StudyError, offenders
from innospace.economy import step as economy
from innospace.economy.models.knowledge.solve import option_readings, shipped_scenarios
from innospace.economy.scenario import Scenario
from innospace.study.create import quoted
from innospace.study.edit import read_text, replace_file, save_text, values_of, with_scenario, with_step
from innospace.study.folders import cannot_write
from innospace.study.links import FOLDER
from innospace.study.load import load_study
from innospace.study.schema import NAME

MOST_WORDS = 2_000
"""Characters of a title or a reason."""


@dataclass(frozen=True, slots=True)
class Saved:
    """Where a scenario stands, and the digest of the study file after that."""

    file: Path
    digest: str


def scenario_text(scenario: Scenario) -> str:
    """Return a scenario as the text of its file; reading it gives the same numbers to the last bit."""
    import tomlkit

    document = tomlkit.document()
    for key, text in (("name", scenario.name), ("title", scenario.title), ("why", scenario.why)):
        document[key] = tomlkit.value(quoted(text))
    listed = tomlkit.aot()
    for shock in scenario.to_dict()["shock"]:
        entry = tomlkit.table()
        for key in ("parameter", "where", "years", "op", "value"):
            if shock[key] != {} and shock[key] != []:
                entry[key] = _item(shock[key])
        listed.append(entry)
    if listed:
        document.append("shock", listed)
    made = tomlkit.dumps(document)
    if Scenario.from_dict(tomllib.loads(made)) != scenario:
        raise StudyError(f"Scenario {scenario.name!r} cannot be written as TOML.", remedy="Simplify its words.")
    return made


def _item(value: Any) -> Any:
    import tomlkit

    if not isinstance(value, Mapping):
        return tomlkit.item(value)
    table = tomlkit.inline_table()
    for key, inner in value.items():
        table[key] = tomlkit.item(inner)
    return table


def save_scenario(
    folder: Path,
    step: str,
    scenario: Scenario,
    digest: str,
    *,
    taken: Sequence[str] | None = None,
    replace: bool = False,
) -> Saved:
    """Write ``scenarios/NAME.toml`` and add the name to what the step solves, where the step lists that.

    Parameters
    ----------
    folder : Path
        Of the study.
    step : str
        Name of the step that solves it.
    scenario : Scenario
    digest : str
        Of the study file the scenario was made for.
    taken : sequence of str
        Names that no scenario of the step may have: what comes with its model; that of the knowledge economy when
        left out.
    replace : bool
        Whether a file of this name gives way.

    Raises
    ------
    StudyError
        The name is taken or no name, the scenario changes nothing, or the study was changed meanwhile; nothing is
        written.
    StoreError
        A file cannot be written.
    """
    file = folder / FOLDER / f"{scenario.name}.toml"
    text = read_text(folder)
    _require_sound(folder, scenario, text.text, shipped_names() if taken is None else taken, replace=replace)
    before = file.read_bytes() if replace and file.is_file() else None
    _write(file, scenario_text(scenario).encode("utf-8"), new=before is None)
    try:
        saved = save_text(folder, with_listed(text.text, step, [scenario.name]), digest)
        # a study that can no longer be read is worse than one that lacks a scenario
        load_study(folder)
    except InnospaceError:
        if before is None:
            file.unlink(missing_ok=True)
        else:
            replace_file(file, before)
        raise
    return Saved(file, saved.digest)


def shipped_names() -> tuple[str, ...]:
    """Return the names that no scenario of an economy step may have: those that come with it."""
    return (economy.BASELINE, *shipped_scenarios(), *option_readings())


def with_listed(text: str, step: str, names: Iterable[str]) -> str:
    """Return the text of a study file whose step also solves these scenarios; one that lists none solves them all."""
    values = values_of(text)["step"][step]
    if "scenarios" not in values:
        return text
    return with_step(text, step, {**values, "scenarios": list(dict.fromkeys([*values["scenarios"], *names]))})


def study_text(folder: Path, step: str, drafts: Iterable[Scenario], shown: Iterable[str]) -> str:
    """Return a study file that solves exactly these scenarios, for a folder of its own.

    Parameters
    ----------
    folder : Path
    step : str
    drafts : iterable of Scenario
        Not part of the study as yet.
    shown : iterable of str
        Scenarios that are.
    """
    text, names = read_text(folder).text, list(shown)
    made = list(drafts)
    for given in load_study(folder).scenarios:
        ends = (f"{given['name']}-lower", f"{given['name']}-upper")
        if {str(given["name"]), *ends} & set(names):
            text = with_scenario(text, given)
    for scenario in made:
        text = with_scenario(text, tomllib.loads(scenario_text(scenario)))
    values = values_of(text)["step"][step]
    return with_step(text, step, {**values, "scenarios": [*names, *(s.name for s in made)]})


def name_problem(name: str, taken: Iterable[str]) -> StudyError | None:
    """Return what is wrong with the name of a scenario, or None."""
    if not NAME.fullmatch(name):
        return StudyError(
            f"{name!r} cannot name a scenario." if name else "The scenario has no name.",
            where="name",
            allowed="a letter, then letters, digits, _ or -; at most 64 characters",
            remedy="Write it with hyphens in place of spaces.",
        )
    # the file of a scenario carries its name, and some systems do not tell capitals apart
    same = [t for t in taken if t.casefold() == name.casefold()]
    if same:
        return StudyError(
            f"The name {name!r} is taken.", where="name", allowed=f"any but {offenders(same)}", remedy="Choose another."
        )
    return None


def _require_sound(folder: Path, scenario: Scenario, text: str, shipped: Sequence[str], *, replace: bool) -> None:
    there = [str(s["name"]) for s in load_study(folder).scenarios]
    inside = [str(s.get("name")) for s in values_of(text).get("scenario", [])]
    # one that stands in the study file itself is not replaced by a file beside it
    taken = [n for n in there if not (replace and n == scenario.name and n not in inside)]
    problem = name_problem(scenario.name, [*taken, *shipped])
    if problem is not None:
        raise problem
    if not scenario.shocks:
        raise StudyError(
            f"Scenario {scenario.name!r} changes nothing.",
            where="levers",
            remedy="Move at least one lever, or add a shock.",
        )
    for key, words in (("title", scenario.title), ("why", scenario.why)):
        if len(words) > MOST_WORDS:
            raise StudyError(f"The {key} of the scenario is too long.", where=key, allowed=f"{MOST_WORDS} characters")


def _write(file: Path, content: bytes, *, new: bool) -> None:
    """Write a scenario file; a new one never over another that appeared meanwhile."""
    try:
        file.parent.mkdir(exist_ok=True)
        if new:
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
    except FileExistsError as error:
        raise StudyError(
            f"There is a file {file.name!r} already.", where=str(file), remedy="Choose another name."
        ) from error
    except OSError as error:
        raise cannot_write(file, error) from error
    replace_file(file, content)
