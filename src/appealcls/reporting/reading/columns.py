"""Which column of a register holds what, and what its cells mean.

Offices call columns by many names and write dates in many ways; this module knows them. A name counts without its case,
spaces and punctuation, «ё» is «е», and «№» is «номер».
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

from appealcls.errors import UsageError
from appealcls.tables import LABEL_COLUMNS, TEXT_COLUMNS, cell_text, find_column

__all__ = [
    "FLAGS",
    "NAMES",
    "BadDate",
    "clean_value",
    "find_columns",
    "fold_value",
    "last_possible",
    "parse_date",
    "parse_flag",
    "parse_topics",
]

NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "id": (
            "id", "appeal id", "ид", "номер", "номер обращения", "рег номер", "регистрационный номер", "рег номер обращения",
            "регистрационный номер обращения", "входящий номер", "вх номер", "код обращения", "number", "uid",
        ),
        # The term of 59-ФЗ runs from registration, so that date is preferred to the one of arrival.
        "date": (
            "дата регистрации", "дата рег", "дата регистрации обращения", "дата рег обращения", "зарегистрировано",
            "registered", "registered at", "registration date", "date registered", "дата поступления",
            "дата поступления обращения", "поступило", "дата обращения", "дата приема", "дата создания",
            "дата подачи", "received", "received at", "created", "created at", "дата", "date",
        ),
        "answered": (
            "дата ответа", "дата ответа заявителю", "дата направления ответа", "дата отправки ответа", "дата исполнения",
            "дата фактического исполнения", "дата закрытия", "дата рассмотрения", "дата завершения", "ответ дан",
            "ответ направлен", "answered", "answered at", "answer date", "date answered", "response date", "closed",
            "closed at",
        ),
        "channel": (
            "канал", "канал поступления", "способ поступления", "форма поступления", "источник", "источник поступления",
            "вид доставки", "тип доставки", "способ доставки", "форма обращения", "channel", "source",
        ),
        "district": (
            "район", "район города", "городской район", "административный район", "внутригородской район", "округ",
            "городской округ", "административный округ", "district", "area",
        ),
        "kind": ("вид", "вид обращения", "тип", "тип обращения", "kind", "type", "appeal type"),
        "repeated": (
            "повторное", "повторное обращение", "повторные", "повторность", "признак повторности", "повтор",
            "кратность", "repeated", "is repeated", "repeat",
        ),
        "collective": (
            "коллективное", "коллективное обращение", "коллективные", "коллективность", "признак коллективности",
            "collective", "is collective",
        ),
        "department": (
            "ответственное подразделение", "ответственный исполнитель", "исполнитель", "структурное подразделение",
            "подразделение", "ответственный орган", "ответственный", "орган", "управление", "департамент", "отдел",
            "department", "executor", "responsible",
        ),
        "result": (
            "результат", "результат рассмотрения", "результат рассмотрения обращения", "итог рассмотрения", "решение",
            "принятое решение", "result", "outcome", "decision",
        ),
        "address": (
            "адрес", "адрес обращения", "адрес проблемы", "адрес объекта", "адрес события", "место события", "место",
            "улица", "address", "place", "street",
        ),
        "text": TEXT_COLUMNS,
        "topic": LABEL_COLUMNS,
        "topics": ("topics", "темы", "все темы", "labels", "тематики", "рубрики"),
        "review": ("needs review", "review", "требует проверки", "нужна проверка", "на проверку", "проверить"),
        "confidence": ("confidence", "уверенность", "вероятность", "probability"),
        "duplicate_of": ("duplicate of", "дубликат", "дубль", "дубликат обращения"),
    }
)  # fmt: skip
"""Properties of an appeal, and the names their columns go by, the likeliest first."""

FLAGS: Final = ("repeated", "collective", "review")
"""The properties that are yes or no."""

_NOT_SAID: Final = frozenset(
    ("", "-", "–", "—", "н/д", "n/a", "na", "nan", "nat", "null", "none", "нет данных", "не указан", "не указана",
     "не указано", "не указаны")
)  # fmt: skip
_YES: Final = frozenset(
    ("да", "д", "yes", "y", "true", "t", "истина", "1", "+", "v", "✓", "есть", "повтор", "повторно", "повторное",
     "повторный", "повторная", "повторные", "повторное обращение", "коллективно", "коллективное", "коллективный",
     "коллективная", "коллективные", "коллективное обращение")
)  # fmt: skip
_NO: Final = frozenset(
    ("нет", "н", "no", "n", "false", "f", "ложь", "0", "-", "–", "—", "первичное", "первичный", "первичная", "первично",
     "первичное обращение", "впервые", "неповторное", "не повторное", "индивидуально", "индивидуальное",
     "индивидуальный", "индивидуальная", "индивидуальное обращение", "неколлективное", "не коллективное")
)  # fmt: skip

_MONTHS: Final = (
    ("январь", "января"), ("февраль", "февраля"), ("март", "марта"), ("апрель", "апреля"), ("май", "мая"),
    ("июнь", "июня"), ("июль", "июля"), ("август", "августа"), ("сентябрь", "сентября"), ("октябрь", "октября"),
    ("ноябрь", "ноября"), ("декабрь", "декабря"),
)  # fmt: skip
MONTH_NUMBERS: Final[Mapping[str, int]] = MappingProxyType(
    {
        form[:size]: number
        for number, forms in enumerate(_MONTHS, 1)
        for form in forms
        for size in range(3, len(form) + 1)
    }
)
"""Names of months in both cases, and their abbreviations of three letters or more."""

_FIRST_YEAR: Final = 1990  # registers of appeals on paper were not typed in further back; see figures.DataNotes
_DAY_ONE: Final = dt.date(1899, 12, 30)  # day 0 of Excel's calendar for all days after February 1900
_TIME: Final = (
    r"(?:(?:\s+|T)[0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2}(?:[.,][0-9]+)?)?\s*(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_YEAR: Final = r"\s*(?:г|год|года)?\.?,?"
_YEAR_FIRST: Final = re.compile(r"([0-9]{4})([-./])([0-9]{1,2})\2([0-9]{1,2})" + _TIME)
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})\s?([-./])\s?([0-9]{1,2})\s?\2\s?([0-9]{4}|[0-9]{2})" + _YEAR + _TIME)
_IN_WORDS: Final = re.compile(
    r"[«\"]?([0-9]{1,2})[»\"]?[\s-]+([а-яё]+)\.?[\s,-]+([0-9]{4})" + _YEAR + _TIME, re.IGNORECASE
)
_COMPACT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[T ]?[0-9]{4,6})?")
_SERIAL: Final = re.compile(r"([0-9]{5})(?:[.,][0-9]+)?")


class BadDate(Enum):
    """Why a cell gives no date."""

    EMPTY = "empty"
    UNREADABLE = "unreadable"
    IMPOSSIBLE = "impossible"


def _fold_name(name: str) -> str:
    text = unicodedata.normalize("NFC", name).casefold().replace("ё", "е").replace("№", "номер")
    return re.sub(r"[\W_]+", "", text)


def find_columns(names: Sequence[str], given: Mapping[str, str] | None = None) -> dict[str, int]:
    """Find the columns of a table by what they are called.

    Parameters
    ----------
    names : sequence of str
        The columns of the table.
    given : mapping of property to column, optional
        What the user says; it wins over what is recognised, and its columns are taken for nothing else.

    Returns
    -------
    dict of property to place
        In the order of :data:`NAMES`. No column is recognised as two properties.

    Raises
    ------
    UsageError
        If a property is none of :data:`NAMES`, a column is not there, or none holds the topics.

    Examples
    --------
    >>> find_columns(["№ обращения", "Дата рег.", "РАЙОН", "topic"])
    {'id': 0, 'date': 1, 'district': 2, 'topic': 3}
    >>> find_columns(["Дата", "Дата рег.", "topic"], {"date": "Дата"})
    {'date': 0, 'topic': 2}
    """
    given = dict(given or {})
    unknown = [name for name in given if name not in NAMES]
    if unknown:
        raise UsageError(f"there is no property {unknown[0]!r} of appeals; the properties are {', '.join(NAMES)}")
    found = {name: find_column(names, column, (), name, f"columns={{{name!r}: …}}") for name, column in given.items()}
    taken = set(found.values())
    places: dict[str, int] = {}
    for number, column in enumerate(names):
        if number not in taken:
            places.setdefault(_fold_name(column), number)
    # The topic first: it must be there, and a column that could be it and something else is it.
    for name in ("topic", *NAMES):
        place = next((places[known] for known in map(_fold_name, NAMES[name]) if known in places), None)
        if name not in found and place is not None:
            found[name] = place
            places = {known: other for known, other in places.items() if other != place}
    if "topic" not in found:
        find_column(names, None, LABEL_COLUMNS, "topics", "--topic-column")  # not there: raises, with the names
    return {name: found[name] for name in NAMES if name in found}


def clean_value(cell: Any) -> str | None:
    """A value without spaces around and between words, in NFC; None where it says nothing: blank, a dash, «не указан».

    Examples
    --------
    >>> clean_value("  Личный   приём "), clean_value("—")
    ('Личный приём', None)
    """
    text = " ".join(unicodedata.normalize("NFC", cell_text(cell)).split())
    return None if text.casefold() in _NOT_SAID else text


def fold_value(value: str) -> str:
    """What spellings of one value have in common: all but case and «ё»."""
    return value.casefold().replace("ё", "е")


def parse_flag(cell: Any) -> bool | None:
    """Yes or no; None for what is neither.

    Examples
    --------
    >>> parse_flag("Повторное"), parse_flag("нет"), parse_flag(1.0), parse_flag("")
    (True, False, True, None)
    """
    text = " ".join(cell_text(cell).split()).casefold()
    text = text.removesuffix(".0")
    return True if text in _YES else False if text in _NO else None


def parse_topics(cell: Any, main: str | None = None) -> list[str]:
    """All topics of an appeal, each once, the main one first.

    Parameters
    ----------
    cell : str or list of str
        Joined by ``|``, as labelling writes them.
    main : str or None

    Examples
    --------
    >>> parse_topics("roads|transport", "transport")
    ['transport', 'roads']
    """
    parts = cell if isinstance(cell, list | tuple) else cell_text(cell).split("|")
    topics = (clean_value(part) for part in parts)
    return list(dict.fromkeys(topic for topic in (main, *topics) if topic))


def last_possible(today: dt.date | None = None) -> dt.date:
    """The last day that a date in a register can be: the end of the next year."""
    return dt.date((today or dt.date.today()).year + 1, 12, 31)


def parse_date(cell: Any, latest: dt.date | None = None) -> dt.date | BadDate:
    """The day that a cell names.

    Parameters
    ----------
    cell
        A date or moment; a number of Excel's calendar; a text as ``2025-03-05``, ``05.03.2025``, ``5/3/25`` (the day
        first), ``20250305``, «5 марта 2025 г.», each with or without a time of day, which is dropped.
    latest : date, optional
        The last possible day; by default that of :func:`last_possible`.

    Returns
    -------
    date or BadDate
        A day that does not exist, lies before 1990 or after ``latest``, is impossible; a text that is no date is
        unreadable.

    Examples
    --------
    >>> parse_date("5 марта 2025 г."), parse_date(45721)
    (datetime.date(2025, 3, 5), datetime.date(2025, 3, 5))
    >>> parse_date("31.04.2025"), parse_date("вчера")
    (<BadDate.IMPOSSIBLE: 'impossible'>, <BadDate.UNREADABLE: 'unreadable'>)
    """
    if isinstance(cell, dt.datetime):
        day: dt.date | BadDate = cell.date()
    elif isinstance(cell, dt.date):
        day = cell
    elif isinstance(cell, bool):
        return BadDate.UNREADABLE
    else:
        day = _read(cell_text(cell))
    if isinstance(day, BadDate):
        return day
    return day if dt.date(_FIRST_YEAR, 1, 1) <= day <= (latest or last_possible()) else BadDate.IMPOSSIBLE


def _read(cell: str) -> dt.date | BadDate:
    text = clean_value(cell)
    if text is None:
        return BadDate.EMPTY
    if found := _YEAR_FIRST.fullmatch(text):
        return _day(found[1], found[3], found[4])
    if found := _DAY_FIRST.fullmatch(text):
        return _day(found[4], found[3], found[1])
    if found := _IN_WORDS.fullmatch(text):
        month = MONTH_NUMBERS.get(found[2].casefold())
        return BadDate.UNREADABLE if month is None else _day(found[3], month, found[1])
    if found := _COMPACT.fullmatch(text):
        return _day(found[1], found[2], found[3])
    if found := _SERIAL.fullmatch(text):
        return _DAY_ONE + dt.timedelta(int(found[1]))
    return BadDate.UNREADABLE


def _day(year: str, month: str | int, day: str) -> dt.date | BadDate:
    full = int(year)
    if len(year) == 2:
        full += 1900 if full >= _FIRST_YEAR % 100 else 2000
    try:
        return dt.date(full, int(month), int(day))
    except ValueError:
        return BadDate.IMPOSSIBLE
