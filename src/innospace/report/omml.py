"""Equations of Word: presentation MathML, as :func:`innospace.report.document.mathml` gives it, to OMML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from innospace.core.document import Equation
from innospace.core.errors import DataError
from innospace.report.document import mathml
from innospace.report.needs import need

SUMS = "∑∏∫"
"""Operators that take what follows them as their operand."""


def omml(equation: Equation) -> str:
    """Return an equation as a displayed equation of Word (``m:oMathPara``); the prefix ``m`` is left undeclared.

    Raises
    ------
    DataError
        When the LaTeX cannot be read, or holds what Word's form is not known of.
    """
    root = need("lxml.etree").fromstring(mathml(equation).encode("utf-8"))
    try:
        inner = _row(list(root))
    except KeyError as error:
        raise DataError(
            f"The equation {equation.name!r} cannot be set in Word.",
            where=f"{equation.latex}: {error}",
            allowed=", ".join(sorted(_PARTS)),
            remedy="Write the equation without this construction.",
        ) from error
    return f"<m:oMathPara><m:oMath>{inner}</m:oMath></m:oMathPara>"


def _row(nodes: Sequence[Any]) -> str:
    """Return neighbours in a row: fences around what they hold, sums before what follows them."""
    if not nodes:
        return ""
    first, last = nodes[0], nodes[-1]
    if first.get("form") == "prefix":
        closed = len(nodes) > 1 and last.get("form") == "postfix"
        inside = _row(nodes[1:-1] if closed else nodes[1:])
        ends = f'<m:begChr m:val="{_text(first)}"/><m:endChr m:val="{_text(last) if closed else ""}"/>'
        return f"<m:d><m:dPr>{ends}</m:dPr>{_e(inside)}</m:d>"
    out: list[str] = []
    for i, node in enumerate(nodes):
        scripts = list(node)
        if _name(node) in ("munder", "mover", "munderover", "msub", "msup", "msubsup") and _text(scripts[0]) in SUMS:
            return "".join(out) + _sum(node, scripts, nodes[i + 1 :])
        out.append(_part(node))
    return "".join(out)


def _sum(node: Any, scripts: list[Any], rest: Sequence[Any]) -> str:
    name = _name(node)
    place = "undOvr" if name.startswith("mu") or name == "mover" else "subSup"
    both = name in ("munderover", "msubsup")
    under = _inner(scripts[1]) if both or name in ("munder", "msub") else ""
    over = _inner(scripts[-1]) if both or name in ("mover", "msup") else ""
    hidden = ("" if under else '<m:subHide m:val="1"/>') + ("" if over else '<m:supHide m:val="1"/>')
    head = f'<m:chr m:val="{_text(scripts[0])}"/><m:limLoc m:val="{place}"/>{hidden}'
    return (
        f"<m:nary><m:naryPr>{head}</m:naryPr><m:sub>{under}</m:sub><m:sup>{over}</m:sup>{_e(_row(list(rest)))}</m:nary>"
    )


def _part(node: Any) -> str:
    return _PARTS[_name(node)](node)


def _inner(node: Any) -> str:
    """Return what a slot of an equation holds; a row is taken apart, so that its fences and sums are seen."""
    return _row([node]) if _name(node) not in ("mrow", "mstyle") else _row(list(node))


def _name(node: Any) -> str:
    return str(node.tag).rpartition("}")[2]


def _text(node: Any) -> str:
    return escape("".join(node.itertext()), quote=True)


def _e(inner: str) -> str:
    return f"<m:e>{inner}</m:e>"


def _run(node: Any) -> str:
    """Return letters; names of more than one letter and words stand upright."""
    text = "".join(node.itertext())
    upright = _name(node) == "mtext" or (len(text) > 1 and text.isalpha()) or node.get("mathvariant") == "normal"
    look = '<m:rPr><m:sty m:val="p"/></m:rPr>' if upright else ""
    return f'<m:r>{look}<m:t xml:space="preserve">{escape(text)}</m:t></m:r>' if text else ""


def _space(node: Any) -> str:
    width = float(node.get("width", "0em").removesuffix("em") or 0)
    text = "\u2003" * round(width) or "\u2009"
    return f'<m:r><m:t xml:space="preserve">{text}</m:t></m:r>'


def _slots(tag: str, *slots: str) -> Callable[[Any], str]:
    def set_(node: Any) -> str:
        inner = "".join(f"<m:{s}>{_inner(n)}</m:{s}>" for s, n in zip(slots, node, strict=True))
        return f"<m:{tag}>{inner}</m:{tag}>"

    return set_


def _root(node: Any) -> str:
    if _name(node) == "mroot":
        return f"<m:rad><m:deg>{_inner(node[1])}</m:deg>{_e(_inner(node[0]))}</m:rad>"
    return f'<m:rad><m:radPr><m:degHide m:val="1"/></m:radPr><m:deg/>{_e(_row(list(node)))}</m:rad>'


_ACCENTS = {"^": "\u0302", "~": "\u0303", "∼": "\u0303", "¯": "\u0305", "˙": "\u0307", "→": "\u20d7"}


def _over(node: Any) -> str:
    mark = _text(node[1])
    if mark in _ACCENTS:
        return f'<m:acc><m:accPr><m:chr m:val="{_ACCENTS[mark]}"/></m:accPr>{_e(_inner(node[0]))}</m:acc>'
    return f"<m:limUpp>{_e(_inner(node[0]))}<m:lim>{_inner(node[1])}</m:lim></m:limUpp>"


def _under_over(node: Any) -> str:
    low = f"<m:limLow>{_e(_inner(node[0]))}<m:lim>{_inner(node[1])}</m:lim></m:limLow>"
    return f"<m:limUpp>{_e(low)}<m:lim>{_inner(node[2])}</m:lim></m:limUpp>"


def _matrix(node: Any) -> str:
    rows = "".join("<m:mr>" + "".join(_e(_row(list(cell))) for cell in row) + "</m:mr>" for row in node)
    count = max((len(row) for row in node), default=1)
    look = f'<m:mcs><m:mc><m:mcPr><m:count m:val="{count}"/><m:mcJc m:val="left"/></m:mcPr></m:mc></m:mcs>'
    return f"<m:m><m:mPr>{look}</m:mPr>{rows}</m:m>"


_PARTS: dict[str, Callable[[Any], str]] = {
    "mrow": lambda node: _row(list(node)),
    "mstyle": lambda node: _row(list(node)),
    **dict.fromkeys(("mi", "mn", "mo", "mtext"), _run),
    "mspace": _space,
    "msub": _slots("sSub", "e", "sub"),
    "msup": _slots("sSup", "e", "sup"),
    "msubsup": _slots("sSubSup", "e", "sub", "sup"),
    "mfrac": _slots("f", "num", "den"),
    "msqrt": _root,
    "mroot": _root,
    "mover": _over,
    "munder": _slots("limLow", "e", "lim"),
    "munderover": _under_over,
    "mtable": _matrix,
}
