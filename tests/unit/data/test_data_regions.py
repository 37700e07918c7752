from __future__ import annotations

import random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from innospace.core.errors import LabelError
from innospace.data import as_dataset, match_regions, require_regions, with_region_codes
from innospace.data.regions import catalogue

TABLE = catalogue()
CODES = TABLE["region_code"].tolist()


def code(name):
    return match_regions([name]).codes[0]


@pytest.mark.parametrize("column", ["region", "region_ru", "region_code", "okato", "okato2"])
def test_every_region_by_every_name(column):
    found = match_regions(TABLE[column].tolist())
    assert list(found.codes) == CODES
    assert not found.misses
    assert not found.parts


VARIED = {
    "upper case": str.upper,
    "double spaces": lambda s: f"  {s.replace(' ', '  ')} ",
    "no-break spaces": lambda s: s.replace(" ", "\u00a0"),
    "footnote": lambda s: f"{s}1)",
    "spaced footnote": lambda s: f"{s} 2)",
    "two footnotes": lambda s: f"{s}1), 2)",
    "superscript": lambda s: f"{s}¹⁾",
    "asterisk": lambda s: f"{s}*",
    "dashes": lambda s: s.replace("-", " – ").replace("—", "-"),
    "soft hyphen": lambda s: s[:3] + "\u00ad" + s[3:],
    "underscores": lambda s: s.replace(" ", "_"),
    "of which": lambda s: f"в том числе: {s}",
    "total": lambda s: f"{s}, всего",
    "decomposed": lambda s: s.replace("й", "и\u0306"),
}


@pytest.mark.parametrize("how", VARIED)
@pytest.mark.parametrize("column", ["region", "region_ru"])
def test_every_region_however_it_is_typed(column, how):
    assert list(match_regions([VARIED[how](n) for n in TABLE[column]]).codes) == CODES


def test_short_words_and_latin_lookalikes():
    short = {"область": "обл.", "Республика": "Респ.", "автономный округ": "АО", "автономная": "авт."}
    names = TABLE["region_ru"].tolist()
    for full, brief in short.items():
        names = [n.replace(full, brief) for n in names]
    assert list(match_regions(names).codes) == CODES
    lookalikes = str.maketrans("асеорхМКВНТ", "aceopxMKBHT")
    mixed = [n[:2].translate(lookalikes) + n[2:] for n in TABLE["region_ru"]]
    assert mixed != TABLE["region_ru"].tolist()
    assert list(match_regions(mixed).codes) == CODES


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("г. Москва", "RU-MOW"),
        ("г.Москва", "RU-MOW"),
        ("город Москва", "RU-MOW"),
        ("Москва (город федерального значения)", None),
        ("Moscow", "RU-MOW"),
        ("Moscow City", "RU-MOW"),
        ("Московская обл.", "RU-MOS"),
        ("Moscow Oblast", "RU-MOS"),
        ("г. Санкт-Петербург", "RU-SPE"),
        ("Saint Petersburg", "RU-SPE"),
        ("С.-Петербург", "RU-SPE"),
        ("Республика Татарстан (Татарстан)", "RU-TA"),
        ("Республика Адыгея (Адыгея)", "RU-AD"),
        ("Tatarstan", "RU-TA"),
        ("Кемеровская область - Кузбасс", "RU-KEM"),
        ("Чувашская Республика - Чувашия", "RU-CU"),
        ("Чувашия", "RU-CU"),
        ("Республика Северная Осетия-Алания", "RU-SE"),
        ("North Ossetia–Alania", "RU-SE"),
        ("Республика Саха", "RU-SA"),
        ("Якутия", "RU-SA"),
        ("Тува", "RU-TY"),
        ("Удмуртия", "RU-UD"),
        ("Чечня", "RU-CE"),
        ("Орловская область", "RU-ORL"),
        ("Oryol Oblast", "RU-ORL"),
        ("Perm Krai", "RU-PER"),
        ("Primorsky Krai", "RU-PRI"),
        ("Zabaykalsky Krai", "RU-ZAB"),
        ("Jewish Autonomous Oblast", "RU-YEV"),
        ("Еврейская АО", "RU-YEV"),
        ("Chukotka Autonomous Okrug", "RU-CHU"),
        ("Karachay-Cherkess Republic", "RU-KC"),
        ("Kabardino-Balkar Republic", "RU-KB"),
        ("Nizhny Novgorod Oblast", "RU-NIZ"),
        ("Алтайский край", "RU-ALT"),
        ("Altai Krai", "RU-ALT"),
        ("Altai Territory", "RU-ALT"),
        ("Республика Алтай", "RU-AL"),
        ("Altai Republic", "RU-AL"),
        ("Горный Алтай", "RU-AL"),
        ("Омская область", "RU-OMS"),
        ("Томская область", "RU-TOM"),
        ("Архангельская область с Ненецким автономным округом", "RU-ARK"),
        ("Тюменская область, включая автономные округа", "RU-TYU"),
        ("1000000", "RU-ALT"),
        ("01", "RU-ALT"),
        ("ru-mow", "RU-MOW"),
    ],
)
def test_names_in_use(name, expected):
    assert code(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        *("Алтай", "Altai", "Красноярск", "City of Omsk", "City of Tomsk", "St. Petersburg Region", "Комская область"),
        *(
            "Коми-Пермяцкий автономный округ",
            "Пермская область",
            "Moscow and Moscow Region",
            "Москва и Московская обл.",
        ),
        *("Московия", "Новгород", "1", "77000", "Bavaria", "Москва 2", "область", "Республика", "RU-XXX", "-"),
    ],
)
def test_near_names_are_misses(name):
    found = match_regions([name])
    assert found.codes == (None,)
    assert list(found.misses) == [name]
    assert found.misses[name]


@pytest.mark.parametrize(
    "name",
    [
        *("Республика Крым", "г. Севастополь", "Crimea", "Sevastopol", "Донецкая Народная Республика"),
        *("Луганская Народная Республика", "Запорожская область", "Херсонская область", "Kherson Oblast"),
    ],
)
def test_later_regions_are_misses_without_false_suggestions(name):
    assert match_regions([name]).misses == {name: "not among the 80 regions of 2008-2012"}


def test_misses_come_with_suggestions():
    misses = match_regions(["Тверьская область", "Belgorod Regoin", "14000001", " "]).misses
    assert "Тверская область" in misses["Тверьская область"]
    assert "Belgorod Region" in misses["Belgorod Regoin"]
    assert "leading zero" in misses["14000001"]
    assert misses[" "] == "a row without a name"


@pytest.mark.parametrize(
    "name",
    [
        *("Российская Федерация", "Российская Федерация1)", "РФ", "Россия", "Russia", "Russian Federation", "Всего"),
        *("Центральный федеральный округ", "Северо-Кавказский федеральный округ", "ЦФО", "Volga Federal District"),
        "Крымский федеральный округ",
    ],
)
def test_totals_are_set_aside(name):
    found = match_regions([name])
    assert found.codes == (None,)
    assert found.aggregates == (name,)
    assert not found.misses


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("Ненецкий автономный округ", "RU-ARK"),
        ("в том числе: Ненецкий авт. округ", "RU-ARK"),
        ("Nenets Autonomous Okrug", "RU-ARK"),
        ("НАО", "RU-ARK"),
        ("RU-NEN", "RU-ARK"),
        ("Архангельская область без автономного округа", "RU-ARK"),
        ("Архангельская область (кроме Ненецкого автономного округа)", "RU-ARK"),
        ("Arkhangelsk Region without Nenets Autonomous District", "RU-ARK"),
        ("Ханты-Мансийский автономный округ - Югра", "RU-TYU"),
        ("Ханты-Мансийский автономный округ – Югра (Тюменская область)", "RU-TYU"),
        ("ХМАО-Югра", "RU-TYU"),
        ("Khanty-Mansi Autonomous Okrug", "RU-TYU"),
        ("Ямало-Ненецкий автономный округ", "RU-TYU"),
        ("ЯНАО", "RU-TYU"),
        ("Yamalo-Nenets Autonomous Okrug", "RU-TYU"),
        ("Тюменская область без авт. округов", "RU-TYU"),
        ("Тюменская область (без автономных округов)", "RU-TYU"),
    ],
)
def test_parts_do_not_count_twice(name, whole):
    found = match_regions([name])
    assert found.codes == (None,)
    assert found.parts == {name: whole}
    assert not found.misses


def test_members_of_the_catalogue_are_codes_or_parts():
    members = [m for cell in TABLE["members"] for m in cell.split(";")]
    found = match_regions(members)
    assert sorted(c for c in found.codes if c) == sorted(CODES)
    assert set(found.parts) == {"RU-NEN", "RU-KHM", "RU-YAN"}


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_does_not_matter(rng: random.Random):
    names = [*TABLE["region_ru"], *TABLE["region"], "Россия", "НАО", "Нигде", "Москва", "Москва"]
    shuffled = rng.sample(names, len(names))
    expected = dict(zip(names, match_regions(names).codes, strict=True))
    assert match_regions(shuffled).codes == tuple(expected[n] for n in shuffled)


def test_long_columns_are_matched_once_a_name(monkeypatch):
    from innospace.data import regions

    asked = []
    monkeypatch.setattr(regions, "_find", asked.append)
    assert len(match_regions(["Москва", "Тверь"] * 1000).codes) == 2000
    assert asked == ["Москва", "Тверь"]


# whole tables


def rosstat(**extra):
    rows = {"Российская Федерация": 9.0, "Центральный федеральный округ": 8.0, "г. Москва": 1.0}
    rows |= {"Архангельская область": 3.0, "Ненецкий автономный округ": 1.0}
    rows |= {"Архангельская область без автономного округа": 2.0} | extra
    return as_dataset({"region": list(rows), "q": list(rows.values())}, "rosstat")


def test_totals_and_parts_are_left_out_and_said_so():
    found = with_region_codes(rosstat())
    assert found.frame["region_code"].tolist() == ["RU-MOW", "RU-ARK"]
    assert found.frame["region"].tolist() == ["City of Moscow", "Arkhangelsk Region"]
    assert found.frame["q"].tolist() == [1.0, 3.0]
    (step,) = found.steps
    assert "2 rows were matched" in step
    assert "2 rows of totals were left out: 'Российская Федерация'" in step
    assert "2 rows of parts of regions were left out: 'Ненецкий автономный округ'" in step


def test_totals_can_be_refused():
    with pytest.raises(LabelError, match="Российская Федерация"):
        with_region_codes(rosstat(), drop_aggregates=False)


def test_parts_without_the_whole_are_refused():
    data = as_dataset({"region": ["Москва", "Ненецкий автономный округ"], "q": [1, 2]})
    with pytest.raises(LabelError, match="whole is not") as error:
        with_region_codes(data)
    assert "Arkhangelsk Region" in error.value.allowed


def test_unknown_regions_are_refused_all_at_once():
    with pytest.raises(LabelError) as error:
        with_region_codes(rosstat(Готэм=1.0, Мордор=2.0))
    assert "Готэм" in error.value.what
    assert "Мордор" in error.value.what
    assert error.value.where == "rosstat"
    with pytest.raises(LabelError, match="without a name"):
        require_regions(["Москва", ""])
    with pytest.raises(LabelError, match="'land'"):
        with_region_codes(rosstat(), "land")


def test_codes_that_were_read_as_numbers():
    frame = pd.DataFrame({"region": [45000000.0, 1000000.0]})
    assert with_region_codes(as_dataset(frame)).frame["region_code"].tolist() == ["RU-MOW", "RU-ALT"]


def test_the_table_given_is_left_alone():
    data = rosstat()
    before = data.frame.copy()
    with_region_codes(data)
    pd.testing.assert_frame_equal(data.frame, before)


def test_many_misses_are_not_all_compared_with_the_catalogue():
    misses = match_regions([f"Тверская губерния {i}" for i in range(200)]).misses
    assert len(misses) == 200
    assert list(misses.values()).count("not known") == 150
