"""Tables as LaTeX: booktabs, long tables over pages, every special character escaped."""

from __future__ import annotations

import re
import unicodedata

from innospace.core.slugs import slug
from innospace.core.table import Table
from innospace.report.tables.layout import Cell, Grid, grid
from innospace.report.text import one_line

LONG = 40
"""Tables with more rows are set with ``longtable``."""
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "`": r"\textasciigrave{}",
    "\u00a0": "~",
    "\u202f": r"\,",
    "\u2009": r"\,",
    "\u2212": "$-$",
    "×": r"$\times$",
    "±": r"$\pm$",
    "·": r"$\cdot$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≠": r"$\neq$",
    "≈": r"$\approx$",
    "∞": r"$\infty$",
    "√": r"$\surd$",
    "→": r"$\to$",
    "²": r"\textsuperscript{2}",
    "³": r"\textsuperscript{3}",
    "¹": r"\textsuperscript{1}",
    "–": "--",
    "—": "---",
    "…": r"\dots{}",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
}
_GREEK = frozenset(
    {"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"}
    | {"nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"}
)
_GREEK_CAPITALS = frozenset(
    {"gamma", "delta", "theta", "lambda", "xi", "pi", "sigma", "upsilon", "phi", "psi", "omega"}
)
_ACCENTS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "bar"}


def to_latex(table: Table) -> str:
    r"""Return a table as LaTeX, for XeLaTeX, LuaLaTeX or pdfLaTeX with T2A fonts where there is Cyrillic.

    It needs the packages ``booktabs`` and, when it has more than 40 rows, ``longtable``; a comment at its head says so.
    """
    g = grid(table)
    long = len(g.rows) > LONG
    spec = "".join("r" if n else "l" for n in g.numeric)
    label = f"tab:{re.sub(r'[^A-Za-z0-9-]+', '-', _ascii(slug(table.name, 'table')))}"
    caption = rf"\caption{{{escape(one_line(table.title))}}}\label{{{label}}}"
    head = [r"\toprule", *_head(g), r"\midrule"]
    body = _body(g)
    notes = [rf"\par\smallskip\footnotesize {escape(one_line(n))}" for n in table.notes]
    needs = "% Needs: \\usepackage{booktabs" + (",longtable}" if long else "}")
    if long:
        parts = [rf"\begin{{longtable}}{{{spec}}}", caption + r"\\", *head, r"\endfirsthead", *head, r"\endhead"]
        parts += [*body, r"\bottomrule", r"\end{longtable}", *notes]
    else:
        parts = [r"\begin{table}[htbp]", r"\centering", caption, rf"\begin{{tabular}}{{{spec}}}", *head, *body]
        parts += [r"\bottomrule", r"\end{tabular}", *notes, r"\end{table}"]
    return "\n".join([needs, *parts, ""])


def escape(text: str) -> str:
    """Return text that LaTeX sets as it stands."""
    out: list[str] = []
    for character in unicodedata.normalize("NFC", text):
        if character in _ACCENTS and out:
            # an accent over a letter that has no accented form of its own: mathematics has one
            letter = out.pop().strip("$")
            out.append(rf"$\{_ACCENTS[character]}{{{letter}}}$")
        else:
            out.append(_one(character))
    return "".join(out)


def _one(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    name = unicodedata.name(character, "")
    if match := re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER (\w+)", name):
        word = {"LAMDA": "lambda"}.get(match[2], match[2].lower())
        if match[1] == "SMALL" and word in _GREEK:
            return rf"$\{word}$"
        if match[1] == "CAPITAL" and word in _GREEK_CAPITALS:
            return rf"$\{word.capitalize()}$"
    if match := re.fullmatch(r"(SUBSCRIPT|SUPERSCRIPT) (\w+)", name):
        digit = unicodedata.normalize("NFKC", character)
        return rf"\text{match[1].lower()}{{{'$-$' if digit == '−' else digit}}}"
    if "SUBSCRIPT" in name:
        return rf"\textsubscript{{{unicodedata.normalize('NFKC', character)}}}"
    return character


def _ascii(text: str) -> str:
    return "".join(c if c.isascii() else f"u{ord(c):x}" for c in text)


def _head(g: Grid) -> list[str]:
    lines = []
    if g.spans:
        cells, rules, at = [], [], 1
        for span in g.spans:
            cells.append(
                rf"\multicolumn{{{span.width}}}{{c}}{{{escape(span.text)}}}"
                if span.text
                else "" + "& " * (span.width - 1)
            )
            if span.text:
                rules.append(rf"\cmidrule(lr){{{at}-{at + span.width - 1}}}")
            at += span.width
        lines = [" & ".join(cells) + r" \\", "".join(rules)]
    heads = [
        rf"\multicolumn{{1}}{{r}}{{{escape(h)}}}" if n else escape(h)
        for h, n in zip(g.headings, g.numeric, strict=True)
    ]
    return [*lines, " & ".join(heads) + r" \\"]


def _body(g: Grid) -> list[str]:
    lines = []
    for number, row in enumerate(g.rows):
        if number in g.rules:
            lines.append(r"\midrule")
        lines.append(" & ".join(_cell(c) for c in row) + r" \\")
    return lines


def _cell(cell: Cell) -> str:
    return escape(cell.text) + (rf"\phantom{{{escape(cell.pad)}}}" if cell.pad else "")
