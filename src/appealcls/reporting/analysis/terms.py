"""The term of 59-ФЗ: when an answer was due, and who kept to it."""

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, Literal, TypeAlias

import holidays
import polars as pl

from appealcls.reporting.figures import Terms

__all__ = ["TERM_DAYS", "Shift", "count_terms", "is_working", "last_day", "working_days"]

TERM_DAYS: Final = 30
"""Calendar days from registration to answer: Federal law of 02.05.2006 No. 59-ФЗ, article 12, part 1."""

_SOON: Final = 15  # days; the limit that municipalities publish beside the term
_DAY: Final = dt.timedelta(1)

Shift: TypeAlias = Literal["before", "after", "none"]
"""Where a term goes that would end on a non-working day: the working day before it, after it, or nowhere."""


@lru_cache(maxsize=256)
def _calendar(year: int) -> tuple[frozenset[dt.date], frozenset[dt.date]]:
    """Days off besides weekends, and weekends that were made working days."""
    russia = holidays.country_holidays("RU", years=year)
    return frozenset(russia), frozenset(day for day in russia.weekend_workdays if day.year == year)


def is_working(day: dt.date) -> bool:
    """Whether offices are open in Russia: weekends, holidays and the government's transfers of working days.

    Transfers are known for the years that the library ``holidays`` has them for; in others a holiday only takes the day
    that the Labour Code (article 112) gives it.

    Examples
    --------
    >>> is_working(dt.date(2025, 11, 1)), is_working(dt.date(2025, 11, 3))
    (True, False)
    """
    off, working = _calendar(day.year)
    return day in working or (day.weekday() < 5 and day not in off)


def working_days(start: dt.date, stop: dt.date) -> int:
    """Working days from ``start`` to ``stop``, both included; 0 where ``stop`` comes first."""
    return sum(is_working(start + dt.timedelta(days)) for days in range((stop - start).days + 1))


def last_day(registered: dt.date, shift: Shift = "before") -> dt.date:
    """The last day on which an answer is in time.

    Parameters
    ----------
    registered : date
    shift : {"before", "after", "none"}, default="before"
        Where the term ends if its thirtieth day is not a working one. The working day before is the stricter practice
        of offices: the answer must leave while the term runs. The Civil Code (article 193), which some apply, has the
        working day after.

    Examples
    --------
    >>> last_day(dt.date(2025, 1, 23)), last_day(dt.date(2025, 1, 23), "after")
    (datetime.date(2025, 2, 21), datetime.date(2025, 2, 24))
    """
    day = registered + TERM_DAYS * _DAY
    if shift != "none":
        step = -_DAY if shift == "before" else _DAY
        while not is_working(day):
            day += step
    return day


def count_terms(appeals: pl.DataFrame, until: dt.date, shift: Shift = "before") -> Terms:
    """Count how the term was kept.

    Parameters
    ----------
    appeals : DataFrame
        Columns ``date`` and ``answered`` (Date), ``department`` and ``answered_unreadable`` (Boolean) where they are.
        Rows without a date of registration are left out.
    until : date
        The day the data end: what is not answered by then is open.
    shift : {"before", "after", "none"}, default="before"
        See :func:`last_day`.

    Returns
    -------
    Terms
        ``invalid`` holds answers before registration, and those whose date cannot be read: that there is an answer is
        known of them, and no more.
    """
    dated = appeals.filter(pl.col("date").is_not_null())
    ends = _last_days(dated["date"].unique(), shift)
    unreadable = pl.col("answered_unreadable") if "answered_unreadable" in dated.columns else pl.lit(False)
    given = pl.col("answered").is_not_null()
    invalid = unreadable | (given & (pl.col("answered") < pl.col("date"))).fill_null(False)
    days = (pl.col("answered") - pl.col("date")).dt.total_days()
    frame = (
        dated.join(ends, on="date", how="left")
        .with_columns(invalid=invalid)
        .with_columns(answer=given & ~pl.col("invalid"), open=~given & ~pl.col("invalid"), days=days)
        .with_columns(
            late=pl.col("answer") & (pl.col("answered") > pl.col("end")),
            overdue=pl.col("open") & (pl.lit(until) > pl.col("end")),
        )
    )

    def total(*conditions: pl.Expr) -> int:
        return int(frame.select(pl.all_horizontal(*conditions).sum()).item() or 0)

    answer, taken = pl.col("answer"), pl.col("days")
    median = frame.select(taken.filter(answer).median()).item()
    return Terms(
        in_time=total(answer, ~pl.col("late")),
        late=total(pl.col("late")),
        open_in_time=total(pl.col("open"), ~pl.col("overdue")),
        open_overdue=total(pl.col("overdue")),
        up_to_15=total(answer, taken <= _SOON),
        up_to_30=total(answer, taken > _SOON, taken <= TERM_DAYS),
        longer=total(answer, taken > TERM_DAYS),
        invalid=total(pl.col("invalid")),
        median_days=None if median is None else float(median),
        overdue_by_department=_by_department(frame) if "department" in frame.columns else (),
        until=until,
    )


def _last_days(dates: Iterable[dt.date], shift: Shift) -> pl.DataFrame:
    registered = list(dates)
    return pl.DataFrame(
        {"date": registered, "end": [last_day(day, shift) for day in registered]},
        schema={"date": pl.Date, "end": pl.Date},
    )


def _by_department(frame: pl.DataFrame) -> tuple[tuple[str, int, int], ...]:
    counts = (
        frame.filter(pl.col("department").is_not_null() & (pl.col("late") | pl.col("overdue")))
        .group_by(pl.col("department").cast(pl.String))
        .agg(pl.col("late").sum(), pl.col("overdue").sum())
        .rows()
    )
    return tuple(
        (name, int(late), int(overdue))
        for name, late, overdue in sorted(counts, key=lambda row: (-row[1] - row[2], row[0]))
    )
