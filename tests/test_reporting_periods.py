"""Periods are read from words, compared like with like, and only with what the data hold."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appealcls.errors import UsageError
from appealcls.reporting.analysis.periods import Extent, back, parse_period
from appealcls.reporting.figures import Period, Span

_DATA = Extent(dt.date(2022, 1, 10), dt.date(2025, 12, 31), 9000)


def _span(text: str) -> Span:
    """Days written as ``2025-03-01..2025-03-15``."""
    start, stop = map(dt.date.fromisoformat, text.split(".."))
    return Span(start, stop)


def _spans(period: Period) -> list[str | None]:
    spans = (period.covered, period.last_year, period.previous, period.year, period.year_before)
    return [None if span is None else f"{span.start}..{span.stop}" for span in spans]


@pytest.mark.parametrize(
    ("text", "kind", "days"),
    [
        ("2025-03", "month", "2025-03-01..2025-03-31"),
        ("03.2025", "month", "2025-03-01..2025-03-31"),
        ("март 2025", "month", "2025-03-01..2025-03-31"),
        ("Марта 2025 г.", "month", "2025-03-01..2025-03-31"),
        ("февраль 2024 года", "month", "2024-02-01..2024-02-29"),
        ("2025-Q1", "quarter", "2025-01-01..2025-03-31"),
        ("2025-q4", "quarter", "2025-10-01..2025-12-31"),
        ("2025-К1", "quarter", "2025-01-01..2025-03-31"),
        ("1 квартал 2025", "quarter", "2025-01-01..2025-03-31"),
        ("III квартал 2024 года", "quarter", "2024-07-01..2024-09-30"),
        ("четвёртый квартал 2024", "quarter", "2024-10-01..2024-12-31"),
        ("2-й кв. 2025", "quarter", "2025-04-01..2025-06-30"),
        ("2025-H1", "half-year", "2025-01-01..2025-06-30"),
        ("1 полугодие 2025", "half-year", "2025-01-01..2025-06-30"),
        ("второе полугодие 2024 г.", "half-year", "2024-07-01..2024-12-31"),
        ("9 месяцев 2025", "custom", "2025-01-01..2025-09-30"),
        ("3 месяца 2025 года", "quarter", "2025-01-01..2025-03-31"),
        ("2025", "year", "2025-01-01..2025-12-31"),
        ("2025 год", "year", "2025-01-01..2025-12-31"),
        ("2025-03-01..2025-03-15", "custom", "2025-03-01..2025-03-15"),
        ("01.03.2025-15.03.2025", "custom", "2025-03-01..2025-03-15"),
        ("1 марта 2025 г. — 15 марта 2025 г.", "custom", "2025-03-01..2025-03-15"),
        ("с 01.03.2025 по 15.03.2025", "custom", "2025-03-01..2025-03-15"),
        ("2025-03-01..2025-03-31", "month", "2025-03-01..2025-03-31"),
        ("2025-01..2025-03", "quarter", "2025-01-01..2025-03-31"),
        ("2025-02..2025-04", "custom", "2025-02-01..2025-04-30"),
        ("5 марта 2025", "custom", "2025-03-05..2025-03-05"),
    ],
)
def test_a_period_is_read_as_people_write_it(text: str, kind: str, days: str) -> None:
    """Russian and international forms; a range that is a month is that month."""
    found = parse_period(text, _DATA)
    assert (found.kind, found.whole, found.covered) == (kind, _span(days), _span(days))
    assert not found.partial


@pytest.mark.parametrize("text", ["", "весна 2025", "2025-13", "2025-Q5", "2025-H3", "13 месяцев 2025", "25", "..", "2025-02-30"])  # fmt: skip
def test_what_is_no_period_is_said_to_be_none(text: str) -> None:
    """The message quotes the words and shows how to write them."""
    with pytest.raises(UsageError, match="not understood: write 2025-03"):
        parse_period(text, _DATA)


def test_a_period_backwards_and_one_outside_the_data_are_refused() -> None:
    """The message says which dates the data have."""
    with pytest.raises(UsageError, match="ends before it begins"):
        parse_period("2025-03-15..2025-03-01", _DATA)
    with pytest.raises(UsageError, match="from 2022-01-10 to 2025-12-31"):
        parse_period("2021", _DATA)
    with pytest.raises(UsageError, match="from 2022-01-10 to 2025-12-31"):
        parse_period("2026-01", _DATA)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("2025-03", ["2025-03-01..2025-03-31", "2024-03-01..2024-03-31", "2025-02-01..2025-02-28",
                     "2025-01-01..2025-03-31", "2024-01-01..2024-03-31"]),
        ("2024-02", ["2024-02-01..2024-02-29", "2023-02-01..2023-02-28", "2024-01-01..2024-01-31",
                     "2024-01-01..2024-02-29", "2023-01-01..2023-02-28"]),
        ("2025-02", ["2025-02-01..2025-02-28", "2024-02-01..2024-02-29", "2025-01-01..2025-01-31",
                     "2025-01-01..2025-02-28", "2024-01-01..2024-02-29"]),
        ("2025-Q1", ["2025-01-01..2025-03-31", "2024-01-01..2024-03-31", "2024-10-01..2024-12-31", None, None]),
        ("2025-H2", ["2025-07-01..2025-12-31", "2024-07-01..2024-12-31", "2025-01-01..2025-06-30",
                     "2025-01-01..2025-12-31", "2024-01-01..2024-12-31"]),
        ("2025", ["2025-01-01..2025-12-31", "2024-01-01..2024-12-31", "2024-01-01..2024-12-31", None, None]),
        ("2024-02-20..2024-02-29", ["2024-02-20..2024-02-29", "2023-02-20..2023-02-28", "2024-02-10..2024-02-19",
                                    "2024-01-01..2024-02-29", "2023-01-01..2023-02-28"]),
        ("2024..2025", ["2024-01-01..2025-12-31", None, "2022-01-01..2023-12-31", None, None]),
    ],
)  # fmt: skip
def test_a_period_is_compared_with_the_same_days(text: str, spans: list[str | None]) -> None:
    """АППГ, the period before and the year so far; whole months stay whole in leap years too."""
    assert _spans(parse_period(text, _DATA)) == spans


@pytest.mark.parametrize(
    ("last", "text", "spans"),
    [
        ("2025-03-19", "2025-03", ["2025-03-01..2025-03-19", "2024-03-01..2024-03-19", "2025-02-01..2025-02-19",
                                   "2025-01-01..2025-03-19", "2024-01-01..2024-03-19"]),
        ("2025-03-27", "2025-03", ["2025-03-01..2025-03-27", "2024-03-01..2024-03-27", "2025-02-01..2025-02-27",
                                   "2025-01-01..2025-03-27", "2024-01-01..2024-03-27"]),
        ("2024-02-29", "2024-Q1", ["2024-01-01..2024-02-29", "2023-01-01..2023-02-28", "2023-10-01..2023-11-30",
                                   None, None]),
        ("2025-02-28", "2025-Q1", ["2025-01-01..2025-02-28", "2024-01-01..2024-02-29", "2024-10-01..2024-11-30",
                                   None, None]),
        ("2025-08-20", "2025", ["2025-01-01..2025-08-20", "2024-01-01..2024-08-20", "2024-01-01..2024-08-20",
                                None, None]),
    ],
)  # fmt: skip
def test_a_period_that_has_not_ended_is_compared_like_with_like(last: str, text: str, spans: list[str | None]) -> None:
    """All spans end on the same day of their own time."""
    found = parse_period(text, Extent(_DATA.first, dt.date.fromisoformat(last), 9000))
    assert _spans(found) == spans
    assert found.partial


def test_days_on_which_nobody_works_do_not_make_a_period_partial() -> None:
    """The last day of May 2025 is a Saturday; and the last days of 2024 are holidays."""
    assert not parse_period("2025-05", Extent(_DATA.first, dt.date(2025, 5, 30), 9000)).partial
    assert not parse_period("2024", Extent(_DATA.first, dt.date(2024, 12, 28), 9000)).partial
    assert parse_period("2024", Extent(_DATA.first, dt.date(2024, 12, 27), 9000)).partial


def test_silence_that_is_usual_in_a_small_register_does_not_make_a_period_partial() -> None:
    """With an appeal a week nobody may write for the last days of a month; with ten a day the data must have ended."""
    last = dt.date(2025, 3, 27)
    assert not parse_period("2025-03", Extent(_DATA.first, last, 150)).partial
    assert parse_period("2025-03", Extent(_DATA.first, last, 8000)).partial


@pytest.mark.parametrize(("last", "stop"), [("2025-11-27", "2025-11-30"), ("2025-11-20", "2025-11-20")])
def test_the_last_month_is_as_whole_in_a_year_as_it_is_alone(last: str, stop: str) -> None:
    """Data that end a little before their month does have all of it, whatever length of time is asked for."""
    data = Extent(_DATA.first, dt.date.fromisoformat(last), 1400)
    found = [parse_period(text, data) for text in ("2025-11", "2025-Q4", "2025-H2", "2025", "2025-11-01..2025-12-31")]
    assert {period.covered.stop.isoformat() for period in found} == {stop}
    assert {period.last_year.stop.isoformat()[4:] for period in found if period.last_year} == {stop[4:]}


@pytest.mark.parametrize(
    ("first", "reaches"),
    [("2023-12-01", True), ("2024-03-01", True), ("2024-03-08", True), ("2024-03-13", False), ("2024-05-01", False)],
)
def test_a_span_before_the_data_is_none(first: str, reaches: bool) -> None:
    """Data may begin a week late, not two."""
    found = parse_period("2025-03", Extent(dt.date.fromisoformat(first), dt.date(2025, 12, 31), 9000))
    assert (found.last_year is not None) is reaches
    assert found.previous is not None


def test_data_that_begin_within_the_period_cut_all_spans() -> None:
    """The days before the data are compared with nothing."""
    found = parse_period("2025-03", Extent(dt.date(2025, 3, 17), dt.date(2025, 12, 31), 9000))
    assert _spans(found) == ["2025-03-17..2025-03-31", None, None, None, None]
    assert found.partial


@pytest.mark.parametrize(
    ("first", "last", "kind", "whole"),
    [
        ("2022-01-10", "2025-12-31", "year", "2025-01-01..2025-12-31"),
        ("2024-06-03", "2025-05-30", "year", "2025-01-01..2025-12-31"),
        ("2025-03-01", "2025-03-31", "month", "2025-03-01..2025-03-31"),
        ("2025-03-03", "2025-03-31", "month", "2025-03-01..2025-03-31"),
        ("2025-01-09", "2025-03-31", "quarter", "2025-01-01..2025-03-31"),
        ("2025-02-03", "2025-05-14", "custom", "2025-02-03..2025-05-14"),
        ("2025-03-05", "2025-03-05", "custom", "2025-03-05..2025-03-05"),
    ],
)
def test_without_a_word_the_data_tell_the_period(first: str, last: str, kind: str, whole: str) -> None:
    """The year of the latest date where the data span eleven months, otherwise all of them, under its usual name."""
    found = parse_period(None, Extent(dt.date.fromisoformat(first), dt.date.fromisoformat(last), 9000))
    assert (found.kind, found.whole) == (kind, _span(whole))


@settings(max_examples=60)
@given(
    st.dates(dt.date(2023, 1, 1), dt.date(2025, 12, 31)), st.integers(0, 500), st.dates(dt.date(2024, 1, 1), dt.date(2025, 12, 31))
)  # fmt: skip
def test_spans_of_comparison_never_overlap_and_differ_by_a_day_at_most(
    start: dt.date, days: int, last: dt.date
) -> None:
    """Whatever the period and wherever the data end."""
    stop = start + dt.timedelta(days)
    data = Extent(dt.date(2020, 1, 1), last, 9000)
    if start > last:
        return
    found = parse_period(f"{start}..{stop}", data)
    assert found.whole == Span(start, stop)
    assert found.covered.start == start
    assert start <= found.covered.stop <= stop
    if found.last_year is not None:
        assert found.last_year.stop < found.covered.start
        assert abs(found.last_year.days - found.covered.days) <= 1
    if found.previous is not None and found.kind == "custom":
        assert found.previous.stop < found.covered.start
    if found.year is not None and found.year_before is not None:
        assert found.year.stop == found.covered.stop
        assert abs(found.year.days - found.year_before.days) <= 1


@settings(max_examples=60)
@given(st.dates(dt.date(2000, 1, 1), dt.date(2030, 1, 1)), st.integers(0, 400), st.integers(0, 30))
def test_going_back_keeps_the_order_of_days(start: dt.date, days: int, months: int) -> None:
    """A span stays a span, and no day of the 28 that all months have changes its number."""
    span = Span(start, start + dt.timedelta(days))
    found = back(span, months)
    assert found.start <= found.stop
    assert found.start.day == start.day or (start.day > 28 and (found.start + dt.timedelta(1)).day == 1)
    assert (span.start.year - found.start.year) * 12 + span.start.month - found.start.month == months
