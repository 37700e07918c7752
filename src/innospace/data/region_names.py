"""Names of regions made comparable: spelling, footnotes, words such as "область", and names that go by another form."""

from __future__ import annotations

import re
import unicodedata

_FOOTNOTE = re.compile(r"(?:(?<=[^\W\d])|(?<=\)))(?:[\s,]*(?:\d{1,2}\s*\)|[⁰¹²³⁴⁵⁶⁷⁸⁹⁾*]))+$")
_LATIN = str.maketrans("aceopxykmthb", "асеорхукмтнв")
_MIXED = re.compile(r"\w*(?:[a-z][а-я]|[а-я][a-z])\w*")
_INCLUDING = re.compile(r"^(?:в том числе|в т ч|из них|including|of which)\b")
_NOISE = re.compile(
    r"\b(?:республика|республики|респ|область|обл|край|автономная|автономный|авт|округ|ао|город|гор|г|рф|всего|"
    r"republic|region|oblast|krai|kray|territory|area|autonomous|okrug|district|city|federal|of|the|total)\b"
)

PARTS = {
    "ненецкий": "RU-ARK",
    "нао": "RU-ARK",
    "nenets": "RU-ARK",
    "ханты мансийский": "RU-TYU",
    "ханты мансийский югра": "RU-TYU",
    "хмао": "RU-TYU",
    "хмао югра": "RU-TYU",
    "югра": "RU-TYU",
    "khanty mansi": "RU-TYU",
    "khanty mansi yugra": "RU-TYU",
    "khanty mansiysk": "RU-TYU",
    "ямало ненецкий": "RU-TYU",
    "янао": "RU-TYU",
    "yamalo nenets": "RU-TYU",
    "yamal nenets": "RU-TYU",
    "ru nen": "RU-ARK",
    "ru khm": "RU-TYU",
    "ru yan": "RU-TYU",
}
"""Autonomous districts that the 80 regions count inside another region."""

LATER = frozenset(
    {
        *("крым", "crimea", "севастополь", "sevastopol", "донецкая народная", "донецкая", "donetsk"),
        *("donetsk people s", "луганская народная", "луганская", "luhansk", "luhansk people s", "lugansk"),
        *("запорожская", "zaporozhye", "zaporizhzhia", "херсонская", "kherson", "ua 43", "ua 40"),
    }
)
"""Names that occur in later tables of Rosstat and have no row in these 80 regions."""

AGGREGATE = re.compile(
    r"^(?:российская федерация|россия|рф|russian federation|russia|всего|итого|total)\b"
    r"|\b(?:федеральный округ|federal district|(?:ц|сз|ю|ск|п|у|ур|с|д|к)фо)\b"
)

VARIANTS = {
    "RU-AD": ("адыгея", "adygea", "adygeya"),
    "RU-BA": ("башкирия", "bashkiria"),
    "RU-BU": ("buryat",),
    "RU-CE": ("чечня", "chechnya", "chechenskaya"),
    "RU-CHU": ("чукотка", "chukotka", "chukot"),
    "RU-CU": ("чувашия", "чувашская чувашия", "chuvash"),
    "RU-IN": ("ingush",),
    "RU-KAM": ("камчатка",),
    "RU-KB": ("кабардино балкария", "kabardino balkar", "kabardino balkarian"),
    "RU-KC": (
        *("карачаево черкесия", "karachay cherkessia", "karachaevo cherkessia", "karachayevo cherkessia"),
        *("karachay cherkess", "karachayevo cherkess"),
    ),
    "RU-KEM": ("кузбасс", "кемеровская кузбасс", "kuzbass", "kemerovo kuzbass"),
    "RU-KK": ("khakasia",),
    "RU-KL": ("kalmykiya",),
    "RU-KR": ("karelian",),
    "RU-ME": ("mariy el",),
    "RU-MOW": ("moskva",),
    "RU-NIZ": ("nizhny novgorod", "nizhniy novgorod", "nizhni novgorod", "nizhegorod"),
    "RU-ORL": ("oryol",),
    "RU-PRI": ("приморье", "primorsky", "primorski", "primorye", "primorie", "maritime"),
    "RU-SA": ("якутия", "саха", "yakutia", "sakha"),
    "RU-SE": ("северная осетия", "north ossetia", "north ossetia alania", "northern ossetia"),
    "RU-SPE": ("saint petersburg", "с петербург", "спб", "sankt peterburg"),
    "RU-TA": ("татария",),
    "RU-TY": ("тува", "tyva"),
    "RU-UD": ("удмуртия", "udmurt"),
    "RU-YEV": ("jewish",),
    "RU-ZAB": (
        "забайкалье",
        "zabaikalsky",
        "zabaykalsky",
        "zabaykalskiy",
        "zabaikalski",
        "trans baikal",
        "transbaikal",
    ),
}
"""Other names of a region, as :func:`normalise` leaves them."""

_CITY = re.compile(r"\b(?:г|гор|город|city|federal city)\b")
_REGION = re.compile(r"\b(?:область|обл|край|region|oblast|krai|kray|territory)\b")
_REPUBLIC = re.compile(r"\b(?:республика|респ|republic)\b")
_WITHOUT = re.compile(r"\b(?:без|кроме|за исключением|without|excluding|except)\b")
_WITH = re.compile(
    r"\b(?:с|включая|including|with|incl)\b.*\b(?:авт\w*|автономн\w*|ао|ненецк\w*|autonomous|okrugs?)\b.*$"
)
CITIES = ("RU-MOW", "RU-SPE")


def plain(name: object) -> str:
    """Return a name in lower case without footnote marks, punctuation, soft hyphens and double spaces."""
    text = unicodedata.normalize("NFC", str(name)).replace("\u00ad", "").strip()
    text = _FOOTNOTE.sub("", text).casefold().replace("ё", "е")
    text = re.sub(r"[\W_]+", " ", text).strip()
    return _MIXED.sub(lambda m: m.group().translate(_LATIN), text)


def normalise(name: object) -> str:
    """Return :func:`plain` without words such as "область" or "Republic of"; a repeated word counts once."""
    text = _INCLUDING.sub(" ", plain(name))
    words = _NOISE.sub(" ", _WITH.sub(" ", text)).split()
    return " ".join(dict.fromkeys(words))


def key(name: object) -> str:
    """Return the normalised name, marked where regions differ only by the word that normalisation drops."""
    text, short = plain(name), normalise(name)
    region, republic = _REGION.search(text) is not None, _REPUBLIC.search(text) is not None
    if short in ("moscow", "moskva") and region:
        return "region moscow"
    if short in ("altai", "altay", "алтай", "горный алтай", "gorny altai"):
        return (
            "republic altai" if republic or "гор" in short or "gor" in short else "region altai" if region else "altai"
        )
    return short


def is_city(name: object) -> bool:
    """Whether a name says that it is a city."""
    return _CITY.search(plain(name)) is not None


def is_region(name: object) -> bool:
    """Whether a name says that it is an oblast or krai."""
    return _REGION.search(plain(name)) is not None


def remainder_of(name: object) -> str | None:
    """Return the code of the region of which a name means all but its autonomous districts."""
    text = plain(name)
    if not _WITHOUT.search(text):
        return None
    if text.startswith(("архангельская", "arkhangelsk")):
        return "RU-ARK"
    return "RU-TYU" if text.startswith(("тюменская", "tyumen")) else None


def part_of(name: object) -> str | None:
    """Return the code of the region that counts a name inside itself."""
    short = normalise(name)
    found = next((code for part, code in PARTS.items() if short == part or short.startswith(part + " ")), None)
    return found or remainder_of(name)
