"""Bytes to text: the encoding is named, shown by a byte order mark, or recognised; what is doubtful is refused."""

from __future__ import annotations

import codecs
import re

from innospace.core.errors import DataError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ORDINARY = re.compile("[А-яЁё«»„“”‘’–—…№°±§•·\u00a0\u00ad]")
_FOREIGN_WORD = re.compile(r"\w*[^\W\d_a-zA-Z]\w*")
_ODD_WORD = re.compile("(?i:[a-z][а-яё]|[а-яё][a-z])|[а-яё][А-ЯЁ]")
_TRIED = 64 * 1024
_RUSSIAN = 0.8
_ODD = 0.3


def decode(raw: bytes, encoding: str | None, where: str) -> tuple[str, str]:
    """Return the text of a file and the encoding it was read in.

    Parameters
    ----------
    raw : bytes
    encoding : str or None
        None: a byte order mark decides, then UTF-8 if the bytes allow it, then Windows-1251 if that looks Russian.
    where : str
        File name for messages.

    Raises
    ------
    DataError
        Bytes that are not text in the named encoding, or in none of those recognised.
    """
    name = encoding or next((name for mark, name in _MARKS if raw.startswith(mark)), None)
    text, shown = (_strict(raw, name, where), name) if name else _recognised(raw, where)
    if "\x00" in text:
        raise DataError(
            "The file holds binary data.",
            where=where,
            remedy='Save the table as CSV text; UTF-16 without a byte order mark is read with encoding="utf-16-le".',
        )
    return text.removeprefix("\ufeff"), shown


def _strict(raw: bytes, encoding: str, where: str) -> str:
    try:
        return raw.decode(encoding)
    except (UnicodeError, LookupError) as error:
        raise DataError(
            f"The file cannot be decoded as {encoding}: {error}.",
            where=where,
            allowed="UTF-8, UTF-16 with a byte order mark, Windows-1251, or the encoding you name",
            remedy="Save the file as UTF-8, or name its encoding.",
        ) from error


def _recognised(raw: bytes, where: str) -> tuple[str, str]:
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as broken:
        first = broken.start
    try:
        text = raw.decode("cp1251")
    except UnicodeDecodeError:
        text = ""
    if not text or not _looks_russian(text[max(first - 100, 0) : first + _TRIED]):
        line = raw[:first].count(b"\n") + 1
        raise DataError(
            "The encoding of the file is not recognised.",
            where=f"{where}, line {line} is not UTF-8, and the file makes no sense as Windows-1251",
            allowed="UTF-8, UTF-16 with a byte order mark, Windows-1251, or the encoding you name",
            remedy="Save the file as UTF-8, or name its encoding: koi8-r, cp866, latin-1 and others are known.",
        )
    return text, "cp1251"


def _looks_russian(text: str) -> bool:
    """Whether text read as Windows-1251 is plausible: mostly Russian letters, not mixed with Latin inside words."""
    foreign = [c for c in text if not c.isascii()]
    ordinary = sum(_ORDINARY.match(c) is not None for c in foreign)
    words = _FOREIGN_WORD.findall(text)
    odd = sum(_ODD_WORD.search(w) is not None for w in words)
    return ordinary >= _RUSSIAN * len(foreign) and odd <= _ODD * len(words)
