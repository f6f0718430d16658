"""Words and numbers of a report, as an official document in Russian has them.

Everything that a report says passes through here, so that a number is written in one way in all formats, a fall is never
called growth, and a noun agrees with its number. Numbers are rounded half away from zero, as offices do, and never so far
that something looks like nothing, or a part like the whole.
"""

import datetime as dt
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from appealcls.reporting.figures import Base, Change, Period, Span

__all__ = [
    "ANSWERS",
    "APPEALS",
    "BASES",
    "ESTIMATES",
    "ESTIMATES_OUTSIDE",
    "ESTIMATES_TITLE",
    "HEADINGS",
    "MINUS",
    "MISSING",
    "MONTHS",
    "MONTHS_SHORT",
    "NBSP",
    "PLACES_NOTE",
    "PROPERTIES",
    "QUESTIONS",
    "ROWS",
    "Case",
    "Forms",
    "base_name",
    "capitalized",
    "change_phrase",
    "counted",
    "date_name",
    "days_name",
    "decimal",
    "items_of_list",
    "listed",
    "month_name",
    "number",
    "percent",
    "period_name",
    "plural",
    "sentences",
    "signed_number",
    "signed_percent",
    "times",
]

NBSP: Final = "\u00a0"
MINUS: Final = "\u2212"
_DASH: Final = "\u2013"  # between months, without spaces
_MOST_DIGITS: Final = 9  # one of a thousand million

Forms: TypeAlias = tuple[str, str, str]
"""A noun with 1, 2 and 5: («обращение», «обращения», «обращений»)."""

Case: TypeAlias = Literal["nominative", "genitive", "in", "for"]
"""How a period stands in a sentence: «март», «марта», «в марте», «за март»."""

APPEALS: Final[Forms] = ("обращение", "обращения", "обращений")
QUESTIONS: Final[Forms] = ("вопрос", "вопроса", "вопросов")
ANSWERS: Final[Forms] = ("ответ", "ответа", "ответов")
ROWS: Final[Forms] = ("строка", "строки", "строк")
_TIMES: Final[Forms] = ("раз", "раза", "раз")
_DAYS: Final[Forms] = ("день", "дня", "дней")

MONTHS: Final = (
    ("январь", "января", "январе"),
    ("февраль", "февраля", "феврале"),
    ("март", "марта", "марте"),
    ("апрель", "апреля", "апреле"),
    ("май", "мая", "мае"),
    ("июнь", "июня", "июне"),
    ("июль", "июля", "июле"),
    ("август", "августа", "августе"),
    ("сентябрь", "сентября", "сентябре"),
    ("октябрь", "октября", "октябре"),
    ("ноябрь", "ноября", "ноябре"),
    ("декабрь", "декабря", "декабре"),
)
"""Nominative, genitive and prepositional of the twelve months."""

MONTHS_SHORT: Final = ("янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")

_QUARTERS: Final = ("I", "II", "III", "IV")
_HALVES: Final = (("первое", "первого", "первом"), ("второе", "второго", "втором"))

PROPERTIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "topic": "Тема",
        "question": "Вопрос",
        "channel": "Канал поступления",
        "kind": "Вид обращения",
        "form": "Форма обращения",
        "district": "Район города",
        "department": "Ответственное подразделение",
        "result": "Результат рассмотрения",
        "month": "Месяц",
        "date": "Дата регистрации",
        "answered": "Дата ответа",
        "repeated": "Повторное обращение",
        "collective": "Коллективное обращение",
        "duplicate_of": "Дубликат обращения",
        "id": "Номер обращения",
        "confidence": "Уверенность в теме",
        "address": "Адрес",
        "text": "Текст обращения",
        "topics": "Все темы обращения",
        "review": "Отметка о проверке",
        "needs_review": "Отметка о проверке",
    }
)
"""What the columns of a report's tables are called."""

HEADINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "title": "Обзор обращений граждан",
        "totals": "Общие сведения",
        "months": "Поступление обращений по месяцам",
        "channel": "Каналы поступления",
        "kind": "Виды обращений",
        "form": "Формы обращений",
        "topic": "Тематика обращений",
        "question": "Вопросы, поднятые в обращениях",
        "topic_month": "Темы по месяцам",
        "topic_district": "Темы по районам города",
        "district": "Районы города",
        "department": "Ответственные подразделения",
        "result": "Результаты рассмотрения",
        "terms": "Соблюдение срока рассмотрения",
        "repeats": "Повторные, коллективные обращения и дубликаты",
        "surges": "Всплески обращений",
        "words": "О чём стали писать чаще",
        "places": "Повторяющиеся адреса",
        "recommendations": "Рекомендации подразделениям",
        "notes": "Сведения о данных",
    }
)
"""Headings of the parts of a report."""

BASES: Final[Mapping[Base, str]] = MappingProxyType(
    {
        "appeals": "от всех обращений",
        "classified": "от обращений с определённой темой",
        "questions": "от всех поднятых вопросов",
        "answered": "от обращений, на которые дан ответ",
    }
)
"""What a share is a share of."""

_BASE_FORMS: Final[Mapping[Base, tuple[str, str]]] = MappingProxyType(
    {
        "appeals": ("обращения", "обращений"),
        "classified": ("обращения с определённой темой", "обращений с определённой темой"),
        "questions": ("поднятого вопроса", "поднятых вопросов"),
        "answered": ("обращения, на которое дан ответ", "обращений, на которые дан ответ"),
    }
)  # «от» takes the genitive: singular after numbers that end in 1, plural after all others

MISSING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "date": "нет колонки с датой регистрации — обращения не распределены по времени, сравнение с прошлым годом, "
        "всплески и соблюдение срока не приводятся",
        "channel": "нет колонки с каналом поступления — распределение по каналам не приводится",
        "district": "нет колонки с районом города — распределение по районам не приводится",
        "kind": "нет колонки с видом обращения — заявления, жалобы и предложения не разделены",
        "form": "нет колонки с формой обращения — письменные, электронные и устные обращения не разделены",
        "repeated": "нет колонки с отметкой о повторности — повторные обращения не подсчитаны",
        "collective": "нет колонки с отметкой о коллективном обращении — коллективные обращения не подсчитаны",
        "duplicate_of": "нет колонки с отметкой о дубликатах — дубликаты не подсчитаны",
        "department": "нет колонки с ответственным подразделением — распределение по подразделениям не приводится",
        "result": "нет колонки с результатом рассмотрения — результаты рассмотрения не приводятся",
        "answered": "нет колонки с датой ответа — соблюдение срока не проверено",
        "address": "нет колонки с адресом — повторяющиеся адреса определены только по текстам обращений",
        "text": "нет колонки с текстом обращения — слова, примеры и адреса из текстов не приводятся",
        "topics": "нет колонки со всеми темами обращения — учтена только основная тема каждого обращения",
        "review": "нет колонки с отметкой о проверке — число обращений, требующих проверки, не приводится",
    }
)
"""What no column gives, and what is therefore not reported; begins in lower case, without a full stop."""


PLACES_NOTE: Final = (
    "Могли быть пропущены упоминания, в которых нет ни слова «улица», «переулок» и подобных, ни номера дома: «на Мира»."
)
"""What is known to be missed among the addresses of texts."""

ESTIMATES_TITLE: Final = "Число обращений с поправкой на ошибки автоматического определения темы"

ESTIMATES: Final = (
    "Публикуется подсчитанное число: его можно проверить по строкам таблицы. Оценка — справочная, без проверки "
    "на выборке обращений, которые прочитал сотрудник, её не публикуют.",
    "Оценка верна, если модель ошибается на этих обращениях так же, как на проверочных; тогда истинное число "
    f"с вероятностью 95{NBSP}% лежит в указанных границах.",
)
"""What must be read beside counts that are corrected for a model's errors, and under what condition they hold."""

ESTIMATES_OUTSIDE: Final = (
    "Подсчитанное число может лежать вне границ, противоречия в этом нет: границы относятся к оценке. Это значит, что "
    "при тех же ошибках модель отнесла к теме больше чужих обращений, чем пропустила своих, или наоборот."
)
"""Where a count lies outside the interval of its estimate."""


def number(value: int) -> str:
    r"""A whole number, thousands apart.

    Examples
    --------
    >>> number(18970)
    '18\xa0970'
    """
    return f"{value:,}".replace(",", NBSP).replace("-", MINUS)


def decimal(value: float, digits: int = 1) -> str:
    r"""A number with ``digits`` places after the comma, rounded half away from zero.

    Examples
    --------
    >>> decimal(2.25), decimal(12345.0)
    ('2,3', '12\xa0345,0')
    """
    return _written(_rounded(Decimal(repr(float(value))), digits))


def signed_number(value: int) -> str:
    """A difference: ``+5 054``, ``−412`` (U+2212), ``0``."""
    return f"+{number(value)}" if value > 0 else number(value)


def percent(share: float, digits: int = 1) -> str:
    r"""A fraction as per cent.

    Where ``digits`` places would make something nothing, or a part the whole, there are as many as it takes.

    Parameters
    ----------
    share : float
        0.363 for 36.3 %.
    digits : int, default=1

    Examples
    --------
    >>> percent(0.363), percent(1 / 18970), percent(18969 / 18970)
    ('36,3\xa0%', '0,01\xa0%', '99,99\xa0%')
    """
    exact = Decimal(repr(float(share))) * 100
    places = digits
    while places < _MOST_DIGITS and exact not in {0, 100, -100} and _rounded(exact, places) in {0, 100, -100}:
        places += 1
    shown = _rounded(exact, places)
    if exact and not shown:  # smaller than any count can make it
        shown = exact.quantize(Decimal(1).scaleb(-digits), ROUND_DOWN)
    return f"{_written(shown)}{NBSP}%"


def signed_percent(ratio: float, digits: int = 1) -> str:
    r"""A change as per cent, with its sign.

    Examples
    --------
    >>> signed_percent(0.363), signed_percent(-0.0385), signed_percent(0.0)
    ('+36,3\xa0%', '−3,9\xa0%', '0,0\xa0%')
    """
    return f"+{percent(ratio, digits)}" if ratio > 0 else percent(ratio, digits)


def _rounded(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _written(value: Decimal) -> str:
    value = value if value else abs(value)  # no "−0,0"
    return f"{value:,f}".replace(",", NBSP).replace(".", ",").replace("-", MINUS)


def plural(count: int, forms: Forms) -> str:
    """The form of a noun after a whole number.

    Examples
    --------
    >>> [plural(count, APPEALS) for count in (1, 2, 5, 11, 21, 112)]
    ['обращение', 'обращения', 'обращений', 'обращений', 'обращение', 'обращений']
    """
    tens, ones = abs(count) % 100, abs(count) % 10
    if ones == 1 and tens != 11:
        return forms[0]
    return forms[1] if ones in {2, 3, 4} and tens not in {12, 13, 14} else forms[2]


def counted(count: int, forms: Forms = APPEALS) -> str:
    r"""A number and its noun, kept on one line.

    Examples
    --------
    >>> counted(21)
    '21\xa0обращение'
    """
    return f"{number(count)}{NBSP}{plural(count, forms)}"


def times(ratio: float) -> str:
    """How many times: «в 2,4 раза», «в 5 раз»."""
    shown = _rounded(Decimal(repr(float(ratio))), 1)
    if shown == shown.to_integral_value():
        return f"в{NBSP}{number(int(shown))}{NBSP}{plural(int(shown), _TIMES)}"
    return f"в{NBSP}{_written(shown)}{NBSP}раза"


def days_name(days: float) -> str:
    r"""Days, with a decimal only where they are not whole.

    Examples
    --------
    >>> days_name(21.0), days_name(14.5)
    ('21\xa0день', '14,5\xa0дня')
    """
    return counted(int(days), _DAYS) if days == int(days) else f"{decimal(days)}{NBSP}дня"


def change_phrase(change: Change, than: str, forms: Forms = APPEALS) -> str:
    """What became of a count, by the sign of the difference.

    A count that doubled or more is said in times; growth from nothing has no per cent.

    Parameters
    ----------
    change : Change
    than : str
        The time of comparison, as :func:`period_name` gives it with case ``"in"`` or ``"for"``.
    forms : Forms, default=APPEALS

    Examples
    --------
    >>> change_phrase(Change(13916, 18970), "в 2022 году").replace(NBSP, " ")
    'на 5 054 обращения (36,3 %) больше, чем в 2022 году'
    >>> change_phrase(Change(7, 7), "в 2022 году")
    'столько же, сколько в 2022 году'
    """
    if not change.difference:
        return f"столько же, сколько {than}"
    by = f"на{NBSP}{counted(abs(change.difference), forms)}"
    word = "больше" if change.difference > 0 else "меньше"
    if change.ratio is not None:
        by += f" ({times(change.now / change.before) if change.ratio >= 1 else percent(abs(change.ratio))})"
    return f"{by} {word}, чем {than}"


def date_name(date: dt.date) -> str:
    """A day: «5 марта 2025 г.», kept on one line."""
    return f"{date.day}{NBSP}{MONTHS[date.month - 1][1]}{NBSP}{date.year}{NBSP}г."


def month_name(year: int, month: int, case: Case = "nominative") -> str:
    """A calendar month (1 to 12) with its year."""
    return period_name(Span(dt.date(year, month, 1), dt.date(year, month, monthrange(year, month)[1])), case)


def period_name(period: Period | Span, case: Case = "nominative") -> str:
    """A time by its usual name: a year, half-year, quarter, month or run of months; otherwise by its days.

    Parameters
    ----------
    period : Period or Span
        Of a period, the whole of it as the calendar has it.
    case : str, default="nominative"
        ``nominative`` «март 2025 года», ``genitive`` «марта 2025 года», ``in`` «в марте 2025 года», ``for`` «за март
        2025 года». Days are «с 1 по 15 марта 2025 года» in the first and third.

    Examples
    --------
    >>> period_name(Span(dt.date(2025, 1, 1), dt.date(2025, 6, 30)), "in").replace(NBSP, " ")
    'в первом полугодии 2025 года'
    """
    span = period.whole if isinstance(period, Period) else period
    form = {"nominative": 0, "for": 0, "genitive": 1, "in": 2}[case]
    before = {"nominative": "", "for": f"за{NBSP}", "genitive": "", "in": f"в{NBSP}"}[case]
    start, stop = span.start, span.stop
    if start.day != 1 or stop.day != monthrange(stop.year, stop.month)[1] or start.year != stop.year:
        days = _days(span)
        noun = "" if span.days == 1 else {"for": "период ", "genitive": "периода "}.get(case, "")
        return f"{before if case == 'for' else ''}{noun}{days}"
    year = f"{start.year}{NBSP}года"
    first, last = start.month, stop.month
    if (first, last) == (1, 12):
        return f"{before}{start.year}{NBSP}{('год', 'года', 'году')[form]}"
    if (first, last) in {(1, 6), (7, 12)}:
        half = _HALVES[first // 7][form]
        before = _second(before) if first == 7 else before
        return f"{before}{half} {('полугодие', 'полугодия', 'полугодии')[form]} {year}"
    if first % 3 == 1 and last == first + 2:
        before = _second(before) if first == 4 else before
        return f"{before}{_QUARTERS[first // 3]}{NBSP}{('квартал', 'квартала', 'квартале')[form]} {year}"
    if first == last:
        return f"{before}{MONTHS[first - 1][form]} {year}"
    return f"{before}{MONTHS[first - 1][form]}{_DASH}{MONTHS[last - 1][form]} {year}"


def _second(before: str) -> str:
    """The preposition as it sounds before «второй»: «во», «со»."""
    return before.replace(f"в{NBSP}", f"во{NBSP}").replace(f"с{NBSP}", f"со{NBSP}")


def _days(span: Span) -> str:
    start, stop = span.start, span.stop
    end = f"{stop.day}{NBSP}{MONTHS[stop.month - 1][1]} {stop.year}{NBSP}года"
    if start == stop:
        return end
    begin = f"{start.day}"
    if (start.year, start.month) != (stop.year, stop.month):
        begin += f"{NBSP}{MONTHS[start.month - 1][1]}"
    if start.year != stop.year:
        begin += f" {start.year}{NBSP}года"
    since = _second(f"с{NBSP}") if start.day == 2 else f"с{NBSP}"
    return f"{since}{begin} по{NBSP}{end}"


def base_name(of: Base, count: int) -> str:
    """A base with its number: «от 18 970 обращений»."""
    one, many = _BASE_FORMS[of]
    return f"от{NBSP}{number(count)}{NBSP}{plural(count, (one, many, many))}"


def listed(parts: Sequence[str]) -> str:
    """Parts of a sentence with commas and «и»."""
    return " и ".join(filter(None, [", ".join(parts[:-1]), parts[-1]])) if parts else ""


def items_of_list(items: Sequence[str]) -> tuple[str, ...]:
    """Items as a list ends them: a semicolon after each, a full stop after the last."""
    return tuple(f"{item}{'.' if position == len(items) else ';'}" for position, item in enumerate(items, 1))


def sentences(parts: Iterable[str]) -> str:
    """Parts as sentences in a row, each with its full stop."""
    return " ".join(part if part.endswith((".", ":", "!", "?")) else f"{part}." for part in parts)


def capitalized(text: str) -> str:
    """The first letter made a capital, the others left as they are."""
    return text[:1].upper() + text[1:]
