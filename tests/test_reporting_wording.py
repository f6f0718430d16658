"""Numbers, periods and changes are said as an official document in Russian says them."""

import datetime as dt
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appealcls.reporting.figures import Base, Change, Period, Span
from appealcls.reporting.wording import (
    APPEALS,
    BASES,
    MINUS,
    MISSING,
    NBSP,
    base_name,
    change_phrase,
    counted,
    date_name,
    decimal,
    items_of_list,
    listed,
    month_name,
    number,
    percent,
    period_name,
    plural,
    sentences,
    signed_number,
    signed_percent,
    times,
)


def _plain(text: str) -> str:
    return text.replace(NBSP, " ")


def _span(start: str, stop: str) -> Span:
    return Span(dt.date.fromisoformat(start), dt.date.fromisoformat(stop))


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0"), (999, "999"), (1_000, "1 000"), (18_970, "18 970"), (1_234_567, "1 234 567"), (-5_054, "−5 054")],
)
def test_thousands_stand_apart(value: int, written: str) -> None:
    """A whole number has a space that does not break between thousands, and a true minus."""
    assert number(value) == written.replace(" ", NBSP)


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (0.363, "36,3 %"),
        (0.0, "0,0 %"),
        (1.0, "100,0 %"),
        (5 / 80, "6,3 %"),  # 6.25: half away from zero, not to the even digit
        (0.1235, "12,4 %"),
        (-0.0385, "−3,9 %"),
        (1 / 18_970, "0,01 %"),  # one appeal is not nothing
        (18_969 / 18_970, "99,99 %"),  # all but one are not all
        (12.345, "1 234,5 %"),
    ],
)
def test_per_cent_is_rounded_as_offices_do_and_never_to_nothing(share: float, written: str) -> None:
    """Half is rounded away from zero, and neither something becomes 0 % nor a part 100 %."""
    assert _plain(percent(share)) == written
    assert percent(share)[-2:] == f"{NBSP}%"


@given(st.integers(1, 10**7), st.data())
def test_only_nothing_is_zero_and_only_all_is_hundred(base: int, data: st.DataObject) -> None:
    """A share reads 0 % or 100 % if and only if it is, and is at most half a unit off in its last place."""
    count = data.draw(st.integers(0, base))
    shown = Decimal(_plain(percent(count / base)).removesuffix(" %").replace(",", "."))
    assert (shown == 0) == (count == 0)
    assert (shown == 100) == (count == base)
    assert abs(shown - Decimal(100 * count) / base) <= Decimal("0.0500001")


@given(st.integers(-(10**9), 10**9))
def test_a_number_can_be_read_back(value: int) -> None:
    """What is written is the number itself."""
    assert int(number(value).replace(NBSP, "").replace(MINUS, "-")) == value


@pytest.mark.parametrize(
    ("value", "written"), [(0.05, "0,1"), (2.25, "2,3"), (-2.25, "−2,3"), (-0.01, "0,0"), (12_345.0, "12 345,0")]
)
def test_a_decimal_has_a_comma_and_no_negative_zero(value: float, written: str) -> None:
    """Decimals are rounded half away from zero; what rounds to zero has no sign."""
    assert _plain(decimal(value)) == written


def test_signs_of_differences() -> None:
    """Growth has a plus, a fall a true minus, no change no sign."""
    assert [_plain(signed_number(value)) for value in (5_054, -412, 0)] == ["+5 054", "−412", "0"]
    assert [_plain(signed_percent(value)) for value in (0.363, -0.04, 0.0)] == ["+36,3 %", "−4,0 %", "0,0 %"]


@pytest.mark.parametrize(
    ("count", "written"),
    [
        (0, "0 обращений"),
        (1, "1 обращение"),
        (3, "3 обращения"),
        (5, "5 обращений"),
        (11, "11 обращений"),
        (14, "14 обращений"),
        (21, "21 обращение"),
        (104, "104 обращения"),
        (111, "111 обращений"),
        (1_001, "1 001 обращение"),
        (18_970, "18 970 обращений"),
    ],
)
def test_nouns_agree_with_their_numbers(count: int, written: str) -> None:
    """One, few and many have their own forms, 11 to 14 that of many."""
    assert _plain(counted(count)) == written
    assert written.endswith(plural(count, APPEALS))


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (13_916, 18_970, "на 5 054 обращения (36,3 %) больше, чем в 2024 году"),
        (234, 225, "на 9 обращений (3,8 %) меньше, чем в 2024 году"),
        (225, 225, "столько же, сколько в 2024 году"),
        (0, 0, "столько же, сколько в 2024 году"),
        (0, 21, "на 21 обращение больше, чем в 2024 году"),
        (21, 0, "на 21 обращение (100,0 %) меньше, чем в 2024 году"),
        (10, 20, "на 10 обращений (в 2 раза) больше, чем в 2024 году"),
        (10, 24, "на 14 обращений (в 2,4 раза) больше, чем в 2024 году"),
        (10, 50, "на 40 обращений (в 5 раз) больше, чем в 2024 году"),
    ],
)
def test_changes_in_words(before: int, now: int, said: str) -> None:
    """The word is that of the sign; from nothing there is no per cent; a count that doubled is said in times."""
    assert _plain(change_phrase(Change(before, now), "в 2024 году")) == said


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_fall_is_never_called_growth(before: int, now: int) -> None:
    """«Больше» is said if and only if there is more, «меньше» if and only if there is less."""
    said = change_phrase(Change(before, now), "прежде")
    assert ("больше" in said) == (now > before)
    assert ("меньше" in said) == (now < before)


def test_times() -> None:
    """Whole numbers of times agree with their noun, others take the form of a fraction."""
    assert [_plain(times(ratio)) for ratio in (2.0, 5.0, 21.0, 1.96, 2.44)] == [
        "в 2 раза",
        "в 5 раз",
        "в 21 раз",
        "в 2 раза",
        "в 2,4 раза",
    ]


@pytest.mark.parametrize(
    ("start", "stop", "names"),
    [
        ("2025-03-01", "2025-03-31", ("март 2025 года", "марта 2025 года", "в марте 2025 года", "за март 2025 года")),
        (
            "2024-02-01",
            "2024-02-29",
            ("февраль 2024 года", "февраля 2024 года", "в феврале 2024 года", "за февраль 2024 года"),
        ),
        (
            "2025-01-01",
            "2025-03-31",
            ("I квартал 2025 года", "I квартала 2025 года", "в I квартале 2025 года", "за I квартал 2025 года"),
        ),
        (
            "2025-10-01",
            "2025-12-31",
            ("IV квартал 2025 года", "IV квартала 2025 года", "в IV квартале 2025 года", "за IV квартал 2025 года"),
        ),
        (
            "2025-04-01",
            "2025-06-30",
            ("II квартал 2025 года", "II квартала 2025 года", "во II квартале 2025 года", "за II квартал 2025 года"),
        ),
        (
            "2025-03-02",
            "2025-03-08",
            (
                "со 2 по 8 марта 2025 года",
                "периода со 2 по 8 марта 2025 года",
                "со 2 по 8 марта 2025 года",
                "за период со 2 по 8 марта 2025 года",
            ),
        ),
        (
            "2025-07-01",
            "2025-12-31",
            (
                "второе полугодие 2025 года",
                "второго полугодия 2025 года",
                "во втором полугодии 2025 года",
                "за второе полугодие 2025 года",
            ),
        ),
        ("2025-01-01", "2025-12-31", ("2025 год", "2025 года", "в 2025 году", "за 2025 год")),
        (
            "2025-01-01",
            "2025-09-30",
            (
                "январь–сентябрь 2025 года",
                "января–сентября 2025 года",
                "в январе–сентябре 2025 года",
                "за январь–сентябрь 2025 года",
            ),
        ),
        (
            "2025-03-01",
            "2025-03-15",
            (
                "с 1 по 15 марта 2025 года",
                "периода с 1 по 15 марта 2025 года",
                "с 1 по 15 марта 2025 года",
                "за период с 1 по 15 марта 2025 года",
            ),
        ),
        (
            "2025-01-01",
            "2025-03-15",
            (
                "с 1 января по 15 марта 2025 года",
                "периода с 1 января по 15 марта 2025 года",
                "с 1 января по 15 марта 2025 года",
                "за период с 1 января по 15 марта 2025 года",
            ),
        ),
        (
            "2024-12-01",
            "2025-02-28",
            (
                "с 1 декабря 2024 года по 28 февраля 2025 года",
                "периода с 1 декабря 2024 года по 28 февраля 2025 года",
                "с 1 декабря 2024 года по 28 февраля 2025 года",
                "за период с 1 декабря 2024 года по 28 февраля 2025 года",
            ),
        ),
        (
            "2025-03-05",
            "2025-03-05",
            ("5 марта 2025 года", "5 марта 2025 года", "5 марта 2025 года", "за 5 марта 2025 года"),
        ),
    ],
)
def test_periods_have_their_usual_names(start: str, stop: str, names: tuple[str, str, str, str]) -> None:
    """Calendar periods are called by name, others by their days, in each of the forms that sentences need."""
    span = _span(start, stop)
    assert (
        tuple(
            _plain(name)
            for name in (
                period_name(span),
                period_name(span, "genitive"),
                period_name(span, "in"),
                period_name(span, "for"),
            )
        )
        == names
    )
    assert period_name(Period("custom", span, span)) == period_name(span)


def test_dates_and_months() -> None:
    """A day and a month with their year."""
    assert _plain(date_name(dt.date(2025, 3, 5))) == "5 марта 2025 г."
    assert _plain(month_name(2024, 2, "in")) == "в феврале 2024 года"


def test_bases_name_what_a_share_is_of() -> None:
    """Every base has a name, and with its number agrees in the genitive."""
    assert set(BASES) == set(get_args(Base))
    assert _plain(base_name("appeals", 18_970)) == "от 18 970 обращений"
    assert _plain(base_name("answered", 21)) == "от 21 обращения, на которое дан ответ"
    assert _plain(base_name("questions", 11)) == "от 11 поднятых вопросов"


def test_what_is_missing_says_what_is_not_reported() -> None:
    """Each column that may be missing has a sentence of two parts: what there is not, and what follows."""
    named = {
        *("date", "channel", "district", "kind", "repeated", "collective", "department", "result", "answered"),
        *("address", "text", "topics", "review"),
    }
    assert named <= set(MISSING)
    assert all(" — " in text and text.startswith("нет колонки") and text[-1] != "." for text in MISSING.values())


def test_lists_and_sentences() -> None:
    """Parts are joined with commas and «и», items end with semicolons and a full stop, sentences with one full stop."""
    assert [listed(parts) for parts in ([], ["а"], ["а", "б"], ["а", "б", "в"])] == ["", "а", "а и б", "а, б и в"]
    assert items_of_list(["а", "б"]) == ("а;", "б.")
    assert sentences(["Первое", "Второе.", "Третье:"]) == "Первое. Второе. Третье:"
