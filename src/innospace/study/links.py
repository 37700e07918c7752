"""What passes between steps: labelled numbers, never objects; and the scenarios that a study lists."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from innospace.core.errors import InnospaceError, LabelError, StudyError, offenders
from innospace.core.inputs import LinkedValue
from innospace.core.labels import nearest, require_known, suggest
from innospace.core.result import Result
from innospace.study.engines import engine
from innospace.study.errors import at
from innospace.study.schema import MAX_SCENARIOS, Link, parse

if TYPE_CHECKING:
    import pandas as pd

    from innospace.study.load import Study, StudyStep

FOLDER = "scenarios"


@dataclass(frozen=True, slots=True)
class StudyLink:
    """A number that ``to_step`` takes over from ``from_step``, selected by labels."""

    from_step: str
    quantity: str
    to_step: str
    target: str
    where: tuple[tuple[str, str | int], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        return {**asdict(self), "where": dict(self.where)}


def read_links(
    file: Path, given: Any, engines: Mapping[str, str], found: list[InnospaceError]
) -> tuple[StudyLink, ...]:
    """Return the links of a study file; problems are added to ``found``.

    Parameters
    ----------
    file : Path
    given : object
        ``link`` as TOML gives it.
    engines : mapping of str to str
        Step to engine.
    found : list
    """
    if not isinstance(given, list):
        found.append(StudyError("'link' is not a list of tables.", where=str(file), remedy="Write it as [[link]]."))
        return ()
    links = []
    for i, values in enumerate(given):
        place = f"{file}, [[link]] {i + 1}"
        link, problems = parse(Link, values if isinstance(values, Mapping) else {}, place)
        found += problems
        if link is None:
            continue
        try:
            links.append(_checked(link, engines))
        except InnospaceError as error:
            found.append(at(error, place))
    return tuple(links)


def _checked(link: Link, engines: Mapping[str, str]) -> StudyLink:
    from_step, quantity = _parts(link.source, "from", engines)
    to_step, target = _parts(link.to, "to", engines)
    require_known([quantity], engine(engines[from_step]).OFFERS, kind="quantity", where="key 'from'")
    takes = engine(engines[to_step]).TAKES
    if not takes:
        raise StudyError(f"The engine {engines[to_step]!r} takes nothing over from other steps.", where="key 'to'")
    # a quantity that ends in .* stands for any name
    if not any(fnmatch.fnmatchcase(target, pattern) for pattern in takes):
        require_known([target], takes, kind="quantity", where="key 'to'")
    if from_step == to_step:
        raise StudyError("A link leads from a step to itself.", where="keys 'from' and 'to'")
    return StudyLink(from_step, quantity, to_step, target, tuple(link.where.items()))


def _parts(text: str, key: str, engines: Mapping[str, str]) -> tuple[str, str]:
    step, _, quantity = text.partition(".")
    if step not in engines or not quantity:
        raise StudyError(
            f"{text!r} is not a quantity of a step.",
            where=f"key {key!r}",
            allowed=f"STEP.QUANTITY; steps: {offenders(engines) or 'none'}",
            remedy=suggest(step, engines) or "Name the step first, then its quantity.",
        )
    return step, quantity


def linked_values(study: Study, step: StudyStep, results: Mapping[str, Result]) -> dict[str, LinkedValue]:
    """Return what a step takes over from results that are there already.

    Raises
    ------
    StudyError
        The labels select no number, or several.
    """
    found = {}
    for link in study.links:
        if link.to_step != step.name:
            continue
        try:
            frame = results[link.from_step].offers(link.quantity)
            found[link.target] = _select(frame, link)
        except InnospaceError as error:
            raise at(error, f"{study.file}, [[link]] to {link.to_step}.{link.target}") from error
    return found


def _select(frame: pd.DataFrame, link: StudyLink) -> LinkedValue:
    labels = [str(c) for c in frame.columns if c not in ("value", "lower", "upper", "unit")]
    rows = frame
    for key, wanted in link.where:
        require_known([key], labels, kind="label", where="key 'where'")
        texts = rows[key].astype(str)
        if not (texts == str(wanted)).any():
            known = list(dict.fromkeys(texts))
            raise LabelError(
                f"No {key} {str(wanted)!r} in {link.from_step}.{link.quantity}.",
                where="key 'where'",
                allowed=offenders(nearest(str(wanted), known) or known, shown=8),
                remedy=suggest(str(wanted), known) or "Use one of these labels.",
            )
        rows = rows[texts == str(wanted)]
    if len(rows) != 1:
        shown = [", ".join(str(row[c]) for c in labels) for _, row in rows.head(5).iterrows()]
        raise StudyError(
            f"The labels of a link select {len(rows)} numbers instead of one.",
            where=f"{link.from_step}.{link.quantity}: {'; '.join(shown)}",
            allowed=f"labels {offenders(labels)} that leave one row",
            remedy=f"Add to where, for example: {labels[-1]} = {rows[labels[-1]].iloc[-1]!r}" if len(rows) else "",
        )
    row = rows.iloc[0]
    origin = f"{link.from_step}.{link.quantity} ({', '.join(str(row[c]) for c in labels)})"
    return LinkedValue(float(row["value"]), float(row["lower"]), float(row["upper"]), str(row["unit"]), origin)


def read_scenarios(file: Path, given: Any, found: list[InnospaceError]) -> tuple[Mapping[str, Any], ...]:
    """Return the scenarios of a study file and of its folder ``scenarios``, as plain types with a name each."""
    if not isinstance(given, list) or not all(isinstance(v, Mapping) for v in given):
        found.append(StudyError("'scenario' is not a list of tables.", where=str(file), remedy="Write [[scenario]]."))
        return ()
    scenarios: list[Mapping[str, Any]] = list(given)
    for path in sorted((file.parent / FOLDER).glob("*.toml")):
        try:
            scenarios.append({"name": path.stem, **tomllib.loads(path.read_bytes().decode("utf-8-sig"))})
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            found.append(StudyError(f"The scenario cannot be read: {error}.", where=str(path)))
    found += _name_problems(file, scenarios)
    return tuple(scenarios)


def _name_problems(file: Path, scenarios: Sequence[Mapping[str, Any]]) -> list[StudyError]:
    names = [s.get("name") for s in scenarios]
    found = []
    if any(not isinstance(n, str) or not n for n in names):
        found.append(StudyError("A scenario has no name.", where=f"{file}, [[scenario]]", remedy='Add name = "..."'))
    doubled = sorted({str(n) for n in names if names.count(n) > 1})
    if doubled:
        found.append(
            StudyError(f"Scenarios share a name: {offenders(doubled)}.", where=str(file), remedy="Rename one.")
        )
    if len(scenarios) > MAX_SCENARIOS:
        found.append(StudyError(f"{len(scenarios)} scenarios.", where=str(file), allowed=f"up to {MAX_SCENARIOS}"))
    return found
