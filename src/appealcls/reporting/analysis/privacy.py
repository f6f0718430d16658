"""Names of people and numbers of flats, masked, before a text is shown to anybody.

:func:`appealcls.text.mask` hides what has a form of its own: phones, mail, documents. A name has none; it is told by its
initials or by the dictionary's tags for first names, patronymics and surnames, and left alone where it is that of a
street.
"""

import re
from typing import Final

from appealcls.reporting.analysis.morphology import grammemes, parses
from appealcls.text import mask

__all__ = ["anonymous", "mask_flats", "mask_names"]

_NAME: Final = "[имя]"
_FLAT: Final = "[номер]"

_CAPITAL: Final = r"[А-ЯЁ][а-яё]+(?:-[А-ЯЁ][а-яё]+)?"
_INITIALS: Final = r"[А-ЯЁ]\.\s?(?:[А-ЯЁ]\.)?"
_STREET: Final = (
    r"(?:улиц\w*|ул|проспект\w*|просп|пр-к?т\w*|пр|переул\w+|пер|бульвар\w*|б-р|площад\w+|пл|проезд\w*|набережн\w+|наб|шоссе|ш"
    r"|имени|им|памятник\w*|парк\w*|сквер\w*|школ\w+|станци\w+|остановк\w+|ост)\b\.?\s*[«\"]?$"
)
_STREET_BEFORE: Final = re.compile(rf"(?<!\w){_STREET}", re.IGNORECASE)
_HOUSE_AFTER: Final = re.compile(
    r",?\s*(?:д(?:ом\w{0,2})?\b\.?\s*)?№?\s?\d{1,3}(?!\d)(?!\s*(?:лет|год|г\.|мес))", re.IGNORECASE
)
_WITH_INITIALS: Final = re.compile(rf"(?<!\w)(?:{_CAPITAL}\s+{_INITIALS}(?!\w)|{_INITIALS}\s?{_CAPITAL})")
_WORD: Final = re.compile(r"[А-Яа-яЁё]+(?:-[А-Яа-яЁё]+)?")
_FLAT_NUMBER: Final = re.compile(
    r"(?<!\w)(кв(?:артир[аеуы]|артирой)?\b\.?\s*№?\s*)\d{1,4}(?!\d|\s?(?:м|км)\b)", re.IGNORECASE
)
_SCORE: Final = 0.1  # of a reading: «Владимир» is a first name, whatever else; «Мира» hardly ever is


def anonymous(text: str) -> str:
    r"""A text fit to be shown in a report: no markup, no personal data, one line.

    Examples
    --------
    >>> anonymous("Я, Иванова Мария Петровна, кв. 12, тел. 30-00-00, прошу убрать снег")
    'Я, [имя], кв. [номер], тел. [телефон], прошу убрать снег'
    """
    return mask_flats(mask_names(" ".join(mask(text).split())))


def mask_flats(text: str) -> str:
    """«кв. 12» → «кв. [номер]»: a house is a place of the city, a flat is a person."""
    return _FLAT_NUMBER.sub(rf"\1{_FLAT}", text)


def mask_names(text: str) -> str:
    """Names of people made «[имя]»; a lone surname only after a word for a person («гражданка Иванова»).

    Examples
    --------
    >>> mask_names("Петрова А. И. и Сергей Павлович живут на улице Карла Маркса")
    '[имя] и [имя] живут на улице Карла Маркса'
    """
    text = _WITH_INITIALS.sub(lambda m: m[0] if _is_street(text, m.start(), m.end()) else _initials(m[0]), text)
    words = list(_WORD.finditer(text))
    kinds = [_kinds(word[0]) for word in words]
    pieces: list[str] = []
    done = number = 0
    while number < len(words):
        length = _name_length(text, words, kinds, number)
        if length:
            start, stop = words[number].start(), words[number + length - 1].end()
            if not _is_street(text, start, stop):
                pieces += text[done:start], _NAME
                done = stop
        number += length or 1
    return "".join([*pieces, text[done:]])


def _initials(found: str) -> str:
    # «Снег. А. П.» is hardly written; «Хабаровск А.» and «Дом И.» are no names where the dictionary knows better.
    word = next(part for part in re.findall(_CAPITAL, found))
    single = len(re.findall(r"[А-ЯЁ]\.", found)) == 1
    return _NAME if not single or "Surn" in _kinds(word) else found


def _kinds(word: str) -> frozenset[str]:
    """Which of Name, Patr, Surn a word may be."""
    if not word[0].isupper() and not grammemes(word) & {"Name", "Patr", "Surn"}:
        return frozenset()
    found: set[str] = set()
    for parse in parses(word.lower()):
        if parse.score >= _SCORE:
            found |= {"Name", "Patr", "Surn"} & set(parse.tag.grammemes)
    return frozenset(found)


def _name_length(text: str, words: list[re.Match[str]], kinds: list[frozenset[str]], first: int) -> int:
    """How many words from one on are a person's name; 0 for none."""
    run = 0
    while (
        run < 3
        and first + run < len(words)
        and kinds[first + run]
        and (run == 0 or text[words[first + run - 1].end() : words[first + run].start()].isspace())
    ):
        run += 1
    for length in range(run, 1, -1):
        held = kinds[first : first + length]
        lower = any(not word[0][0].isupper() for word in words[first : first + length])
        names, patronymics = (sum(kind in each for each in held) for kind in ("Name", "Patr"))
        # Written small, only a first name with its patronymic is sure.
        if (names and patronymics) or (names and not lower and any("Surn" in each for each in held)):
            return length
    if run and words[first][0][0].isupper():
        if grammemes(words[first][0]) & {"Patr"}:
            return 1
        if "Surn" in kinds[first] and first:
            before = words[first - 1]
            tags = grammemes(before[0].lower())
            if {"NOUN", "anim"} <= tags and not kinds[first - 1] and text[before.end() : words[first].start()] == " ":
                return 1
    return 0


def _is_street(text: str, start: int, stop: int) -> bool:
    return bool(_STREET_BEFORE.search(text, max(0, start - 20), start) or _HOUSE_AFTER.match(text, stop))
