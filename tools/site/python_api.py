"""Pages of the Python interface: every public name, from its signature and docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import griffe
from pieces import code, grid, plain

import innospace
from innospace.study.engines import ENGINES, engine

ROOMS = {
    "frontier": ("Frontiers", ("frontier",)),
    "economy": ("The economy", ("economy",)),
    "firms": ("Firms", ("firms",)),
    "agents": ("Agents", ("agents",)),
    "data": ("Tables, samples, matrices", ("data",)),
    "study": ("Studies, reports, errors", ("study", "report", "core")),
}
"""Page -> its title and the rooms whose public names it holds."""
Kind = griffe.DocstringSectionKind
ROLE = re.compile(r":\w+:`~?\.?([\w.]+)`")


def pages() -> dict[str, Callable[[], str]]:
    """Return what writes each page, by its place in the site."""
    return {
        "reference/python/index.md": index,
        **{f"reference/python/{name}.md": partial(room, name) for name in ROOMS},
    }


def index() -> str:
    """Return the page that lists every public name."""
    lines = [
        "# Python",
        "",
        "Everything here is a name of the package: `import innospace`, then `innospace.fit(...)`. Names are loaded "
        "when they are first used. Written from the docstrings, which `help(innospace.fit)` prints too.",
    ]
    for page, (title, _) in ROOMS.items():
        rows = ([f"[`{n}`]({page}.md#{n.lower()})", _summary(o)] for n, o in _public(page))
        lines += ["", f"## {title}", "", *grid(("name", "what it is"), rows)]
    return "\n".join(lines) + "\n"


def room(page: str) -> str:
    """Return the page of one room."""
    lines = [f"# Python: {ROOMS[page][0].lower()}"]
    for name, thing in _public(page):
        lines += ["", f"## {name}", "", *_entry(name, thing)]
    return "\n".join(lines) + "\n"


def _public(page: str) -> Iterator[tuple[str, Any]]:
    """Yield the public names of a page, then the classes of the results that its engine returns."""
    rooms = ROOMS[page][1]
    for name in innospace.__all__:
        thing = getattr(innospace, name)
        if inspect.unwrap(thing).__module__.split(".")[1] in rooms:
            yield name, thing
    if page in ENGINES:
        for kind in dict.fromkeys(engine(page).RESULTS.values()):
            yield kind.__name__, kind


def _summary(thing: Any) -> str:
    return plain(_docstring(thing).partition("\n\n")[0])


def _docstring(thing: Any) -> str:
    return ROLE.sub(r"``\1``", inspect.getdoc(thing) or "")


def _entry(name: str, thing: Any) -> list[str]:
    """Return signature, docstring and, of a class, its public methods."""
    unwrapped = inspect.unwrap(thing)
    lines = [f"`{unwrapped.__module__}.{unwrapped.__qualname__}`", "", *_signature(name, thing), *_sections(thing)]
    if inspect.isclass(thing) and not issubclass(thing, Exception):
        for member, value in inspect.getmembers(thing):
            found = value.func if hasattr(value, "func") else value
            found = found.fget if isinstance(found, property) else found
            if member.startswith("_") or not callable(found) or not inspect.getdoc(found):
                continue
            shown = f"{member}{_short(found)}" if found is value else member
            lines += ["", f"### {name}.{member}", "", *_fence(shown), *_sections(found)]
    return lines


def _signature(name: str, thing: Any) -> list[str]:
    return _fence(f"innospace.{name}{_short(thing)}" if hasattr(innospace, name) else f"{name}{_short(thing)}")


def _short(thing: Any) -> str:
    """Return a signature without annotations, which stand in the table of parameters."""
    signature = inspect.signature(thing)
    kept = [p.replace(annotation=inspect.Parameter.empty) for n, p in signature.parameters.items() if n != "self"]
    text = str(signature.replace(parameters=kept, return_annotation=inspect.Signature.empty))
    return re.sub(r"<function (\w+) at 0x\w+>", r"\1", text)


def _fence(text: str) -> list[str]:
    return ["```text", text, "```"]


def _sections(thing: Any) -> list[str]:
    """Return the docstring, section by section."""
    lines: list[str] = []
    for section in griffe.Docstring(_docstring(thing)).parse("numpy", warnings=False):
        if section.kind is Kind.text:
            lines += ["", plain(section.value)]
        elif section.kind in (Kind.parameters, Kind.attributes):
            head = (section.kind.value.rstrip("s"), "type", "meaning")
            rows = ([code(p.name), str(p.annotation or ""), plain(p.description)] for p in section.value)
            lines += ["", *grid(head, rows)]
        elif section.kind in (Kind.returns, Kind.raises, Kind.yields):
            lines += ["", f"**{section.kind.value.capitalize()}**", ""]
            lines += [f"- {_typed(one)}" for one in section.value]
        elif section.kind is Kind.admonition:
            lines += ["", f"**{section.title}**", "", plain(section.value.description)]
        elif section.kind is Kind.examples:
            lines += ["", "**Examples**", "", *(line for _, text in section.value for line in _fence(text))]
    return lines


def _typed(one: Any) -> str:
    kind, meaning = str(one.annotation or ""), " ".join(plain(one.description).split())
    return ": ".join(part for part in (kind, meaning) if part)
