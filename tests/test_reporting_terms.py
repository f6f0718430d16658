"""The term of 59-ФЗ: thirty days, working days, and who kept to it."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appealcls.reporting.analysis.terms import count_terms, is_working, last_day, working_days
from appealcls.reporting.figures import Terms

_UNTIL = dt.date(2025, 6, 30)


def _frame(rows: list[tuple[str | None, str | None, str | None]]) -> pl.DataFrame:
    """Registered, answered, department."""
    days = [[None if cell is None else dt.date.fromisoformat(cell) for cell in row[:2]] for row in rows]
    return pl.DataFrame(
        [(*pair, row[2]) for pair, row in zip(days, rows, strict=True)],
        schema={"date": pl.Date, "answered": pl.Date, "department": pl.Categorical},
        orient="row",
    )


@pytest.mark.parametrize(
    ("day", "working"),
    [
        ("2025-03-05", True), ("2025-03-08", False), ("2025-03-09", False), ("2025-01-08", False), ("2025-01-09", True),
        ("2025-05-02", False), ("2025-06-13", False), ("2025-11-01", True), ("2025-11-03", False), ("2025-12-31", False),
        ("2024-04-27", True), ("2024-12-28", True), ("2024-12-30", False),
    ],
)  # fmt: skip
def test_working_days_are_those_of_the_production_calendar(day: str, working: bool) -> None:
    """Weekends, holidays, and the government's transfers in both directions."""
    assert is_working(dt.date.fromisoformat(day)) is working


def test_the_year_2025_has_247_working_days() -> None:
    """As the production calendar for 2025 says; 2024 had 248."""
    assert working_days(dt.date(2025, 1, 1), dt.date(2025, 12, 31)) == 247
    assert working_days(dt.date(2024, 1, 1), dt.date(2024, 12, 31)) == 248
    assert working_days(dt.date(2025, 1, 9), dt.date(2025, 1, 8)) == 0


@pytest.mark.parametrize(
    ("registered", "before", "after", "none"),
    [
        ("2025-03-04", "2025-04-03", "2025-04-03", "2025-04-03"),  # Thursday
        ("2025-01-23", "2025-02-21", "2025-02-24", "2025-02-22"),  # Saturday
        ("2024-12-02", "2024-12-28", "2025-01-09", "2025-01-01"),  # New Year; the Saturday before was a working day
        ("2025-10-02", "2025-11-01", "2025-11-01", "2025-11-01"),  # a Saturday that was made a working day
        ("2025-10-04", "2025-11-01", "2025-11-05", "2025-11-03"),  # a Monday off in exchange for it
    ],
)
def test_the_term_ends_on_a_working_day(registered: str, before: str, after: str, none: str) -> None:
    """Thirty calendar days; the working day before a day off unless another practice is asked for."""
    day = dt.date.fromisoformat(registered)
    assert [last_day(day, shift).isoformat() for shift in ("before", "after", "none")] == [before, after, none]


def test_answers_are_counted_by_hand() -> None:
    """On time, late, open with days left and without, and those whose dates cannot be."""
    frame = _frame(
        [
            ("2025-03-04", "2025-04-03", "А"),  # the last day: in time, 30 days
            ("2025-03-04", "2025-04-04", "А"),  # a day late, 31 days
            ("2025-03-04", "2025-03-04", "Б"),  # the same day
            ("2025-03-04", "2025-03-19", "Б"),  # 15 days
            ("2025-01-23", "2025-02-22", "Б"),  # 30 days, but the term ended on the Friday before
            ("2025-05-30", None, "А"),  # the term ended on Friday 27 June
            ("2025-06-02", None, "А"),  # two days are left
            ("2025-05-01", None, None),  # overdue, of nobody
            ("2025-03-04", "2025-03-03", "В"),  # answered before it came
            (None, "2025-03-04", "В"),  # no date of registration
        ]
    )
    assert count_terms(frame, _UNTIL) == Terms(
        until=_UNTIL,
        in_time=3,
        late=2,
        open_in_time=1,
        open_overdue=2,
        up_to_15=2,
        up_to_30=2,
        longer=1,
        invalid=1,
        median_days=30.0,
        overdue_by_department=(("А", 1, 1), ("Б", 1, 0)),
    )


def test_the_day_the_term_ends_is_within_it() -> None:
    """Open on the last day is not overdue; on the next it is."""
    frame = _frame([("2025-03-04", None, "А")])
    assert count_terms(frame, dt.date(2025, 4, 3)).open_in_time == 1
    assert count_terms(frame, dt.date(2025, 4, 4)).open_overdue == 1


def test_an_answer_with_a_date_that_is_none_is_not_open() -> None:
    """Nobody is called late for a slip of the pen."""
    frame = _frame([("2025-03-04", None, "А")]).with_columns(answered_unreadable=True)
    found = count_terms(frame, _UNTIL)
    assert (found.invalid, found.open_overdue, found.overdue_by_department) == (1, 0, ())


def test_no_appeals_give_no_answers() -> None:
    """An empty frame is counted too."""
    assert count_terms(_frame([]), _UNTIL) == Terms(0, 0, 0, 0, 0, 0, 0, until=_UNTIL)


_DAYS = st.dates(dt.date(2025, 1, 1), dt.date(2025, 6, 30))


@settings(max_examples=50)
@given(st.lists(st.tuples(_DAYS, st.none() | _DAYS, st.sampled_from(["А", "Б", None])), max_size=30))
def test_every_appeal_is_counted_once(rows: list[tuple[dt.date, dt.date | None, str | None]]) -> None:
    """The parts sum to the whole, both ways of counting answers agree, and an independent count gives the same."""
    frame = _frame([(a.isoformat(), None if b is None else b.isoformat(), c) for a, b, c in rows])
    found = count_terms(frame, _UNTIL)
    assert found.answered + found.open_in_time + found.open_overdue + found.invalid == len(rows)
    assert found.up_to_15 + found.up_to_30 + found.longer == found.answered
    assert found.late == sum(b is not None and b >= a and b > last_day(a) for a, b, _ in rows)
    assert found.open_overdue == sum(b is None and last_day(a) < _UNTIL for a, b, _ in rows)
    assert sum(late for _, late, _ in found.overdue_by_department) == sum(
        b is not None and b >= a and b > last_day(a) for a, b, c in rows if c is not None
    )
