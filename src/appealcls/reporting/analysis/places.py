"""Streets and houses that appeals name: which of them return.

Natasha's AddrExtractor was tried first: 1.6.0, its last release, is of July 2023, needs 127 MB of wheels and 250 ms for a
letter of 580 letters, and does not see «по Ленина 5»; pullenti is of 2020. Hence patterns of our own, with the
dictionary of pymorphy3 to tell a name from any other word and to bring it to one form.

An address is found in three ways: a word for a street and then its name («ул. Ленина»), the name first («Амурский
бульвар», «Ленина ул.»), or a bare name with a house («на Карла Маркса, 45к2»). A bare name is taken for the kind of street
that all texts together give that name, a street where they give none.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

import polars as pl

from appealcls.reporting.analysis.morphology import parses
from appealcls.reporting.figures import Figures, Place
from appealcls.text import clean

__all__ = ["FEWEST", "Address", "add_places", "addresses", "find_places"]

FEWEST: Final = 3
"""Appeals that name a place before it is reported: two may be one person's, and a house with a single appeal is a person."""

SAMPLE: Final = 20_000
"""Texts that are read for places at most: a large city's half-year; reading them takes some ten seconds."""

_MOST_CHARS: Final = 5_000  # of a text: an address stands in its first page


class _Kind(NamedTuple):
    short: str
    gender: str  # that adjectives agree with
    full: str  # pattern of the word in full, all cases
    shortened: str  # pattern of its abbreviations
    noun_is_named: bool = False  # «мкр. Строитель»: names need no genitive


_KINDS: Final = (
    _Kind("ул.", "femn", r"улиц(?:а|ы|е|у|ей|ам|ах)", r"ул"),
    _Kind("пр-кт", "masc", r"проспект(?:а|у|ом|е)?", r"пр-к?т|просп|пр"),
    _Kind("пер.", "masc", r"переул(?:ок|ка|ку|ком|ке)", r"пер"),
    _Kind("б-р", "masc", r"бульвар(?:а|у|ом|е)?", r"б-р|бул"),
    _Kind("ш.", "neut", r"шоссе", r"ш"),
    _Kind("пр-д", "masc", r"проезд(?:а|у|ом|е)?", r"пр-д"),
    _Kind("пл.", "femn", r"площад(?:ь|и|ью)", r"пл"),
    _Kind("наб.", "femn", r"набережн(?:ая|ой|ую)", r"наб"),
    _Kind("мкр.", "masc", r"микрорайон(?:а|у|ом|е)?", r"мкр-?н?|м-н", True),
)
"""Kinds of streets, by the abbreviations of the Ministry of Finance's order № 171н of 2015."""

_BY_SHORT: Final = {kind.short: kind for kind in _KINDS}
_HONORIFICS: Final = frozenset(
    {
        "академика", "генерала", "маршала", "адмирала", "героев", "героя", "имени", "им", "космонавта",
        "космонавтов", "летчика", "лётчика", "летчиков", "лейтенанта", "капитана", "полковника", "комиссара",
        "профессора", "доктора", "братьев", "матроса", "партизана", "красных",
    }
)  # fmt: skip
"""Words that begin a name and are none alone."""

_WORD: Final = r"[А-ЯЁа-яё][А-ЯЁа-яё]+(?:-[А-ЯЁа-яё]+)*"
_TYPE: Final = "|".join(
    rf"(?P<f{number}>{kind.full})|(?P<s{number}>{kind.shortened})(?:\.|(?=\s))" for number, kind in enumerate(_KINDS)
)
_TYPE_BEFORE: Final = re.compile(rf"(?<![\w-])(?:{_TYPE})\s*[«\"]?(?=[\w])", re.IGNORECASE)
_TYPE_AFTER: Final = re.compile(
    rf"[»\"]?\s+(?:{'|'.join(rf'(?P<f{n}>{kind.full})|(?P<s{n}>{kind.shortened})' for n, kind in enumerate(_KINDS))})"
    r"(?:\.|(?![\w-]))", re.IGNORECASE,
)  # fmt: skip
_MONTH: Final = r"(?:января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря)"
_NUMBERED: Final = re.compile(
    rf"(?P<date>(?P<day>\d{{1,2}})(?:-?го)?\s+(?P<month>{_MONTH}))(?!\w)(?!\s+\d{{4}})"  # 8 Марта
    rf"|(?P<years>\d{{2,3}})(?:\s+лет|\s*-?\s*летия)\s+(?P<of>{_WORD})"  # 40 лет Победы, 50-летия Октября
    rf"|(?P<ordinal>\d{{1,2}})\s?-?\s?(?:я|й|ая|ой|ый|ую|ая|м|ом)\s+(?P<named>{_WORD})",  # 2-я Садовая
    re.IGNORECASE,
)
_QUARTER: Final = re.compile(
    r"(?<![\w-])(?:(?:мкр-?н?\b\.?|микрорайон\w*)\s*№?\s*(\d{1,2})(?![\w/])"
    r"|(\d{1,2})(?:\s?-?\s?(?:й|м|ом|го))?\s+(?:мкр-?н?\b\.?|микрорайон\w*))", re.IGNORECASE,
)  # fmt: skip

_UNITS: Final = (
    r"(?:лет|год|г\b|г\.|мес|дн|ден|недел|час|мин|сек|раз|чел|шт|руб|тыс|млн|км|м\b|м\.|метр|кв\.?\s?м|куб|литр|%|процент"
    r"|этаж|подъезд|автобус|маршрут|трамва|троллейбус|дет(?:ей|и)|числ|класс|ям\b|собак\b|машин\b|бак(?:ов|а)\b|контейнер(?:ов|а)\b"
    rf"|-?(?:й|го|ый|ая|ой|ом|му|х|е|я)\b|{_MONTH}|[.:]\d|-?ти\b|-?летн)"
)
_BUILDING: Final = (
    rf"(?P<{{0}}>(?>\d{{{{1,3}}}}(?!\d)(?:\s?/\s?\d{{{{1,3}}}})?(?:[а-ик-о](?![\w-])|\s?[\"«][а-ик-о][\"»])?))(?!\s*{_UNITS})"
    r"(?:\s*,?\s*(?:к|корп|корпус|стр|строение)\b\.?\s*(?P<{0}k>\d{{1,2}}[а-я]?)|к(?P<{0}j>\d{{1,2}}))?(?:-\d{{1,3}}(?!\d))?"
)
_HOUSE_WORD: Final = r"(?:(?:домов|домам|домами|домах|дом[аеу]?|дд|д)(?![А-ЯЁа-яё])\.?\s*(?:№\s*)?|№\s*)"
_AFTER: Final = re.compile(
    rf"[»\"]?(?:,?\s*(?:у|возле|около|напротив|рядом с|перед|за|в|от|до|во дворе|двор)?\s*(?P<word>{_HOUSE_WORD})|,?\s*)"
    + _BUILDING.format("house"), re.IGNORECASE,
)  # fmt: skip
_NEXT: Final = re.compile(r"\s*(?:,|и|,\s*и)\s*(?:д\.?\s*)?" + _BUILDING.format("house"), re.IGNORECASE)
_LIST: Final = r"\d{1,3}(?:/\d{1,3})?[а-о]?(?:\s?к(?:орп)?\.?\s?\d{1,2})?"
_BEFORE: Final = re.compile(
    rf"(?<!\w){_HOUSE_WORD}(?P<list>{_LIST}(?:\s*(?:,|и)\s*{_LIST})*)\s*,?\s*(?:по|на)\s+$", re.IGNORECASE
)  # дом 5 по; дома 5, 7 и 9 по
_IN_LIST: Final = re.compile(_BUILDING.format("house"), re.IGNORECASE)
_LEADS: Final = frozenset(
    {
        "на", "по", "с", "со", "у", "от", "до", "из", "возле", "около", "вдоль", "напротив", "адресу", "адрес",
        "между", "угол", "перекресток", "районе",
    }
)  # fmt: skip
"""Words after which a bare name with a number is an address."""


class Address(NamedTuple):
    """A street and maybe a house, as one text names them."""

    kind: str | None  # abbreviation; None for a bare name
    name: str
    house: str | None


def addresses(text: str) -> list[Address]:
    """The addresses of one text, in the order in which they stand, each in one form.

    Parameters
    ----------
    text : str
        As it came; phones and numbers of documents are no houses.

    Examples
    --------
    >>> addresses("На улице Тихоокеанской у дома 5а яма, по Карла Маркса, 45к2 тоже")
    [Address(kind='ул.', name='Тихоокеанская', house='5а'), Address(kind=None, name='Карла Маркса', house='45к2')]
    """
    plain = clean(text[:_MOST_CHARS]).text
    found: list[tuple[int, Address]] = []
    taken: list[tuple[int, int]] = []
    for read in (_quarters, _typed, _after_name, _bare):
        for start, stop, kind, name in read(plain):
            if any(start < end and begin < stop for begin, end in taken):
                continue
            houses, end = _houses(plain, start, stop)
            if kind is None and not houses:
                continue
            taken.append((start, end))
            found += [(start, Address(kind, name, house)) for house in (houses or (None,))]
    return [address for _, address in sorted(found, key=lambda each: each[0])]


_Named = tuple[int, int, str | None, str]  # start, stop, kind, name


def _quarters(text: str) -> Iterator[_Named]:
    for match in _QUARTER.finditer(text):
        yield match.start(), match.end(), "мкр.", match[1] or match[2]


def _kind_of(match: re.Match[str]) -> tuple[_Kind, bool]:
    group = str(match.lastgroup)
    return _KINDS[int(group[1:])], group[0] == "s"


def _typed(text: str) -> Iterator[_Named]:
    for match in _TYPE_BEFORE.finditer(text):
        kind, short = _kind_of(match)
        genitive = match[0].strip(' «"').lower().endswith(("а", "я"))
        named = _name_at(text, match.end(), kind, short, genitive)
        if named is not None:
            yield match.start(), named[0], kind.short, named[1]


def _after_name(text: str) -> Iterator[_Named]:
    for match in _TYPE_AFTER.finditer(text):
        kind, short = _kind_of(match)
        before = re.search(
            rf"(?:(\d{{1,2}})-?(?:я|й|ая|ой|ую|ый|м|ом)\s+)?(?<![\w-])({_WORD})$",
            text[max(0, match.start() - 40) : match.start()],
        )
        if before is None or not before[2][0].isupper():
            continue
        start = match.start() - len(before[0])
        name = _adjective(before[2], kind.gender, True)
        if name is None and short and kind.short != "пр-кт" and _is_genitive(before[2]):
            name = _capital(before[2])  # Ленина ул.
        if name is not None:
            yield start, match.end(), kind.short, f"{before[1]}-{_ending(kind)} {name}" if before[1] else name


def _bare(text: str) -> Iterator[_Named]:
    words = list(re.finditer(_WORD, text))
    for number, word in enumerate(words):
        if not word[0][0].isupper():
            continue
        before = (
            words[number - 1][0].lower() if number and not text[words[number - 1].end() : word.start()].strip() else ""
        )
        head = text[: word.start()].rstrip()
        if before not in _LEADS and head and head[-1] not in ".,:;(!?\n":
            continue
        stop, name = word.end(), None
        following = words[number + 1] if number + 1 < len(words) else None
        if (
            following is not None
            and following[0][0].isupper()
            and text[word.end() : following.start()] == " "
            and _has(word[0], {"Name"})
            and _has(following[0], {"Surn"})
        ):
            stop, name = following.end(), f"{_capital(word[0])} {_capital(following[0])}"
        elif _has(word[0], {"Surn", "gent"}) or _has(word[0], {"Surn", "Fixd"}) or word[0].endswith(("ого", "его")):
            name = _capital(word[0])
        elif not any("Name" in parse.tag for parse in parses(word[0].lower())[:1]):
            name = _adjective(word[0], "femn", False)
        if name is not None:
            yield word.start(), stop, None, name


def _name_at(text: str, place: int, kind: _Kind, short: bool, genitive: bool) -> tuple[int, str] | None:
    """The name that begins at ``place``, after a word for a street: where it ends, and its one form."""
    numbered = _NUMBERED.match(text, place)
    if numbered is not None:
        if numbered["date"]:
            return numbered.end(), f"{int(numbered['day'])} {_capital(numbered['month'])}"
        if numbered["years"]:
            return (
                (numbered.end(), f"{numbered['years']} лет {_capital(numbered['of'])}")
                if _is_genitive(numbered["of"])
                else None
            )
        adjective = _adjective(numbered["named"], kind.gender, genitive)
        return None if adjective is None else (numbered.end(), f"{numbered['ordinal']}-{_ending(kind)} {adjective}")
    first = re.compile(_WORD).match(text, place)
    if first is None:
        return None
    second = re.compile(rf"\s+({_WORD})").match(text, first.end())
    word = first[0]
    if second is not None and _pairs(word, second[1]):
        two = _two(word, second[1], kind, genitive)
        if two is not None:
            return second.end(), two
    if word.lower() in _HONORIFICS:
        return None
    name = _adjective(word, kind.gender, genitive)
    if name is None and (
        _is_genitive(word) or (kind.noun_is_named and _has(word, {"NOUN", "nomn"}) and word[0].isupper())
    ):
        name = _capital(word)
    if name is None:
        return None
    sure = word[0].isupper() or (short and kind.short not in {"пр-кт", "ш.", "пл."}) or _has_first(word, "Surn")
    return (first.end(), name) if sure or _AFTER.match(text, first.end()) else None


def _pairs(first: str, second: str) -> bool:
    """Whether two words may be one name: «Карла Маркса», «Большая Садовая», «академика Павлова»."""
    if first.lower() in _HONORIFICS:
        return True
    if _has(first, {"Name", "gent"}) and _has(second, {"Surn", "gent"}):
        return True
    if _has(first, {"Name", "gent"}) and first[0].isupper() and second[0].isupper():
        return True
    return first[0].isupper() and second[0].isupper() and _has(first, {"ADJF"}) and not _has(first, {"Surn"})


def _two(first: str, second: str, kind: _Kind, genitive: bool) -> str | None:
    adjectives = (_adjective(first, kind.gender, genitive), _adjective(second, kind.gender, genitive))
    if _has_first(first, "ADJF") and first.lower() not in _HONORIFICS:
        if all(adjectives):
            return " ".join(map(str, adjectives))  # Большая Садовая
        if _has(first, {"ADJF", "gent"}) and _is_genitive(second) and adjectives[1] is None:
            return f"{_capital(first)} {_capital(second)}"  # Красной Армии
        return None
    named_for = _is_genitive(second) or (_has(first, {"Name", "gent"}) and _has(second, {"NOUN"}))  # Розы Люксембург
    return f"{_capital(first)} {_capital(second)}" if named_for else None


@lru_cache(maxsize=1 << 14)
def _adjective(word: str, gender: str, genitive: bool) -> str | None:
    """An adjective that agrees with a kind of street, in the nominative; None for any other word.

    Of a masculine or neuter kind, «-ого» is an adjective only beside a genitive; «проспект Маяковского» is a surname.
    """
    readings = parses(word.lower())
    for parse in readings:
        if {"ADJF", "sing", gender} <= set(parse.tag.grammemes) and not {"Apro"} & set(parse.tag.grammemes):
            if gender != "femn" and "gent" in parse.tag and not genitive:
                continue
            if gender != "femn" and _has(word, {"Surn", "gent"}) and "gent" in parse.tag:
                continue
            if gender == "femn" and "Poss" in parse.tag and _has(word, {"Surn"}):
                continue
            form = parse.inflect({"ADJF", "nomn", "sing", gender})
            return None if form is None else _capital(form.word)
    return None


@lru_cache(maxsize=1 << 14)
def _is_genitive(word: str) -> bool:
    """Whether a noun can be a genitive, or never changes, and so can be a street's name."""
    readings = parses(word.lower())
    if not readings or readings[0].tag.POS not in {"NOUN", "ADJF", "UNKN", None}:
        return _has(word, {"Surn", "gent"}) or _has(word, {"Geox"})
    if word[0].isupper() and word.lower().endswith(("ого", "его")):
        return True  # Невельского: a surname that the dictionary does not have
    return any("NOUN" in p.tag and ("gent" in p.tag or "Fixd" in p.tag) and p.score > 0.02 for p in readings)


def _has(word: str, tags: set[str]) -> bool:
    return any(tags <= set(parse.tag.grammemes) for parse in parses(word.lower()))


def _has_first(word: str, tag: str) -> bool:
    readings = parses(word.lower())
    return bool(readings) and tag in readings[0].tag


def _capital(word: str) -> str:
    return "-".join(part[:1].upper() + part[1:].lower() for part in word.split("-"))


def _ending(kind: _Kind) -> str:
    return {"femn": "я", "masc": "й", "neut": "е"}[kind.gender]


def _houses(text: str, start: int, stop: int) -> tuple[list[str], int]:
    """Houses that stand before or after a street's name, and where the address ends."""
    after = _AFTER.match(text, stop)
    if after is None:
        before = _BEFORE.search(text[max(0, start - 60) : start])
        return ([_house(match) for match in _IN_LIST.finditer(before["list"])] if before else []), stop
    houses, end = [_house(after)], after.end()
    several = after["word"] is not None and after["word"].lower().startswith(("дома", "домов", "домам", "домах", "дд"))
    while several:
        following = _NEXT.match(text, end)
        if following is None:
            break
        houses.append(_house(following))
        end = following.end()
    return houses, end


def _house(match: re.Match[str]) -> str:
    number = re.sub(r"[\s\"«»]", "", match["house"]).lower()
    block = match["housek"] or match["housej"]
    return f"{number}к{block}" if block else number


def _key(name: str) -> str:
    return name.lower().replace("ё", "е")


def find_places(texts: Mapping[int, str], topics: Mapping[int, str | None], limit: int = 20) -> tuple[Place, ...]:
    """Streets and houses that return in appeals.

    Each place is counted once per appeal, a house for its street too. A street of which all appeals name one and the same
    house is left out for the house.

    Parameters
    ----------
    texts : mapping of row → text or address
    topics : mapping of row → topic id or None
    limit : int, default=20

    Returns
    -------
    tuple of Place
        Of at least :data:`FEWEST` appeals, the commonest first; ``house`` None is the street as a whole.

    Examples
    --------
    >>> find_places(dict.fromkeys(range(3), "ул. Ленина, 5"), dict.fromkeys(range(3), "roads"))
    (Place(name='ул. Ленина', house='5', count=3, topics=(('roads', 3),)),)
    """
    named = {row: addresses(text) for row, text in texts.items()}
    kinds: dict[str, Counter[str]] = {}
    spelled: dict[tuple[str, str], Counter[str]] = {}
    for found in named.values():
        for kind, name, _ in found:
            if kind is not None:
                kinds.setdefault(_key(name), Counter())[kind] += 1
    rows: dict[tuple[str, str, str | None], set[int]] = {}
    for row, found in named.items():
        for kind, name, house in found:
            known = kinds.get(_key(name), Counter({"ул.": 1}))
            street = kind or min(known, key=lambda each: (-known[each], each))
            spelled.setdefault((street, _key(name)), Counter())[name] += 1
            for part in {house, None}:
                rows.setdefault((street, _key(name), part), set()).add(row)
    whole = {(street, name, len(who)) for (street, name, house), who in rows.items() if house is not None}
    places = []
    for (street, name, house), who in rows.items():
        if len(who) < FEWEST or (house is None and (street, name, len(who)) in whole):
            continue
        about = Counter(topic for row in who if (topic := topics.get(row)) is not None)
        spelling = spelled[street, name]
        places.append(
            Place(
                f"{street} {min(spelling, key=lambda each: (-spelling[each], each))}",
                house,
                len(who),
                tuple(sorted(about.items(), key=lambda each: (-each[1], each[0]))),
            )
        )
    places.sort(key=lambda place: (-place.count, place.name, _natural(place.house)))
    return tuple(places[:limit])


def _natural(house: str | None) -> tuple[int, str]:
    digits = re.match(r"\d+", house or "")
    return (int(digits[0]) if digits else -1, house or "")


def add_places(
    figures: Figures,
    data: pl.DataFrame,
    texts: Callable[[Sequence[int]], Mapping[int, str]],
    address_cells: Callable[[Sequence[int]], Mapping[int, str]],
    limit: int = 20,
) -> Figures:
    """Figures with the places that return in the appeals of the period.

    Parameters
    ----------
    figures : Figures
    data : DataFrame
        One row an appeal: ``row``, ``topic`` and, where the period is known, ``date``.
    texts, address_cells : callable
        Rows → texts, and rows → cells of the column of addresses. Texts are asked for only where there are no addresses.
    limit : int, default=20
    """
    if figures.period is not None:
        span = figures.period.covered
        data = data.filter(pl.col("date").is_between(span.start, span.stop))
    topics: dict[int, str | None] = dict(zip(data["row"].to_list(), data["topic"].to_list(), strict=True))
    rows = sorted(topics)
    found = address_cells(rows)
    notes = figures.notes
    if not any(cell.strip() for cell in found.values()):
        step = -(-len(rows) // SAMPLE) or 1
        found = texts(rows[::step]) if rows else {}
        if step > 1:
            notes = replace(notes, sampled_texts=max(len(found), notes.sampled_texts or 0))
    return replace(figures, places=find_places(found, topics, limit), notes=notes)
