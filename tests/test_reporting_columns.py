"""Columns are found by many names, cells are read in many forms, and what cannot be read is told apart."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appealcls.errors import UsageError
from appealcls.reporting.reading.columns import (
    NAMES,
    BadDate,
    clean_value,
    find_columns,
    last_possible,
    parse_date,
    parse_flag,
    parse_topics,
)

_LATEST = dt.date(2026, 12, 31)
_DAY = dt.date(2025, 3, 5)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("№ обращения", "id"),
        ("Номер_обращения", "id"),
        ("Рег. №", "id"),
        ("Дата рег.", "date"),
        ("ДАТА ПРИЁМА", "date"),
        ("Дата регистрации", "date"),
        ("Дата  ответа ", "answered"),
        ("Канал поступления", "channel"),
        ("Район", "district"),
        ("вид обращения", "kind"),
        ("Повторное", "repeated"),
        ("Коллективное", "collective"),
        ("Исполнитель", "department"),
        ("Результат рассмотрения", "result"),
        ("Адрес", "address"),
        ("Текст обращения", "text"),
        ("topics", "topics"),
        ("needs_review", "review"),
        ("confidence", "confidence"),
        ("duplicate_of", "duplicate_of"),
    ],
)
def test_columns_are_recognised_as_offices_write_them(name: str, expected: str) -> None:
    """Case, spaces, points and underscores do not count, «№» is «номер», «ё» is «е»."""
    assert find_columns(["topic", name]) == {expected: 1, "topic": 0}


def test_every_known_name_finds_its_property_and_no_other() -> None:
    """No name stands for two properties."""
    for name, known in NAMES.items():
        for column in known:
            found = find_columns(["x", column] if name == "topic" else ["x", column, "topic"])
            assert found[name] == 1, column


def test_the_date_of_registration_is_preferred_to_other_dates() -> None:
    """The term of the law runs from it; a bare «Дата» is taken only where there is none."""
    assert find_columns(["Дата", "Дата регистрации", "topic"])["date"] == 1
    assert find_columns(["Дата", "Дата ответа", "topic"]) == {"date": 0, "answered": 1, "topic": 2}


def test_labelled_columns_win_over_those_of_the_register() -> None:
    """The topic is the one that labelling added, though the register has a «Тема» too."""
    assert find_columns(["Тема", "topic"])["topic"] == 1


def test_what_the_user_says_wins() -> None:
    """A named column is taken, and for nothing else."""
    found = find_columns(["Дата", "Дата рег.", "Источник", "topic"], {"date": "Дата", "district": "источник"})
    assert found == {"date": 0, "district": 2, "topic": 3}


def test_wrong_names_are_told_with_those_there_are() -> None:
    """The message lists the columns, or the properties."""
    with pytest.raises(UsageError, match=r"«Дата приезда».*«Дата», «topic»"):
        find_columns(["Дата", "topic"], {"date": "Дата приезда"})
    with pytest.raises(UsageError, match=r"'when'.*date, answered, channel"):
        find_columns(["Дата", "topic"], {"when": "Дата"})
    with pytest.raises(UsageError, match=r"which column holds the topics.*«Дата»"):
        find_columns(["Дата"])


@pytest.mark.parametrize(
    "cell",
    [
        "2025-03-05", "2025-03-05T10:20:30+10:00", "2025-03-05 10:20:30.123456", "2025-03-05T00:20:00Z", "2025/3/5",
        "05.03.2025", "5.3.2025", "05.03.25", "5/3/2025", "05/03/25", "05-03-2025", "05.03.2025 23:59", "05.03.2025 г.",
        " 05.03.2025г. ", "05.03.2025, 9:15", "5 марта 2025 г.", "«5» марта 2025 года", "05 мар. 2025", "5 МАРТА 2025",
        "20250305", "20250305T1020", "45721", "45721.75", "45721,5", 45721, 45721.25, _DAY, dt.datetime(2025, 3, 5, 23, 59),
        dt.datetime(2025, 3, 5, 1, tzinfo=dt.UTC),
    ],
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(cell: object) -> None:
    """The day first, as in Russia; the time of day is dropped, not shifted."""
    assert parse_date(cell, _LATEST) == _DAY


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("", BadDate.EMPTY), (None, BadDate.EMPTY), ("  ", BadDate.EMPTY), ("—", BadDate.EMPTY), ("н/д", BadDate.EMPTY),
        (float("nan"), BadDate.EMPTY),
        ("вчера", BadDate.UNREADABLE), ("март 2025", BadDate.UNREADABLE), ("5 фуртября 2025", BadDate.UNREADABLE),
        ("2025", BadDate.UNREADABLE), ("05.03", BadDate.UNREADABLE), ("05.03.2025 и 06.03.2025", BadDate.UNREADABLE),
        (True, BadDate.UNREADABLE), ("٠٥.٠٣.٢٠٢٥", BadDate.UNREADABLE), ("05.03/2025", BadDate.UNREADABLE),
        ("31.04.2025", BadDate.IMPOSSIBLE), ("29.02.2025", BadDate.IMPOSSIBLE), ("2025-13-01", BadDate.IMPOSSIBLE),
        ("03/25/2025", BadDate.IMPOSSIBLE), ("17.06.2205", BadDate.IMPOSSIBLE), ("01.01.0025", BadDate.IMPOSSIBLE),
        ("31.12.1989", BadDate.IMPOSSIBLE), ("05.03.77", BadDate.IMPOSSIBLE), ("01.01.2027", BadDate.IMPOSSIBLE),
        (dt.date(1900, 1, 1), BadDate.IMPOSSIBLE), (99999, BadDate.IMPOSSIBLE), ("00.00.0000", BadDate.IMPOSSIBLE),
    ],
)  # fmt: skip
def test_what_is_no_date_is_told_apart(cell: object, why: BadDate) -> None:
    """Empty cells, cells that are no dates, and days that cannot be, are three things."""
    assert parse_date(cell, _LATEST) is why


@settings(max_examples=100)
@given(st.dates(dt.date(1990, 1, 1), _LATEST))
def test_every_day_survives_every_form(day: dt.date) -> None:
    """Written in any of the forms, a day is read back."""
    forms = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%Y%m%d", "%d.%m.%Y %H:%M"]
    written = [day.strftime(form) for form in forms] + [(day - dt.date(1899, 12, 30)).days]
    assert {parse_date(cell, _LATEST) for cell in written} == {day}


@settings(max_examples=200)
@given(st.text(max_size=20) | st.floats() | st.integers())
def test_any_cell_is_a_date_or_is_not(cell: object) -> None:
    """No cell is an error."""
    assert isinstance(parse_date(cell, _LATEST), dt.date | BadDate)


def test_the_last_possible_day_is_the_end_of_the_next_year() -> None:
    """Registers hold planned dates, but not of years to come."""
    assert last_possible(dt.date(2025, 5, 5)) == dt.date(2026, 12, 31)


@pytest.mark.parametrize(
    ("cell", "flag"),
    [
        ("да", True), ("Да ", True), ("TRUE", True), ("1", True), (1.0, True), (True, True), ("+", True),
        ("повторное", True), ("Коллективное", True), ("нет", False), ("0", False), (0, False), (False, False),
        ("-", False), ("Первичное", False), ("индивидуальное", False), ("", None), (None, None), ("может быть", None),
        ("2", None),
    ],
)  # fmt: skip
def test_yes_and_no_are_read_as_registers_write_them(cell: object, flag: bool | None) -> None:
    """Words, signs, numbers and truth values; anything else is neither."""
    assert parse_flag(cell) is flag


def test_values_are_cleaned() -> None:
    """Spaces go, composed letters are composed, and signs for nothing are nothing."""
    assert clean_value(" Личный\u00a0 приём ") == "Личный приём"
    assert clean_value("Край\u0438\u0306") == "Край\u0439"
    assert [clean_value(cell) for cell in ("", " - ", "Не указан", "NaN", None)] == [None] * 5
    assert clean_value(5.0) == "5"


def test_topics_of_an_appeal_are_listed_once_the_main_one_first() -> None:
    """Whatever their order in the cell, and also where the cell forgets the main one."""
    assert parse_topics("a| b |a||c", "c") == ["c", "a", "b"]
    assert parse_topics("a", "d") == ["d", "a"]
    assert parse_topics(["a", "b"]) == ["a", "b"]
    assert parse_topics("", None) == []
