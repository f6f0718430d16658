"""The time a report is about: read from words, and set beside the times it is compared with."""

import datetime as dt
import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, TypeAlias

from appealcls.errors import UsageError
from appealcls.reporting.analysis.terms import working_days
from appealcls.reporting.figures import Period, Span
from appealcls.reporting.reading.columns import MONTH_NUMBERS, parse_date

__all__ = ["Extent", "back", "month_span", "parse_period"]

Kind: TypeAlias = Literal["month", "quarter", "half-year", "year", "custom"]

_DAY: Final = dt.timedelta(1)
_LAST: Final = dt.date(2099, 12, 31)  # a period later than this is a slip of the hand
_SLACK: Final = 7  # days, and at most a quarter of the span: data that begin so late still count as all of it
_SILENCE: Final = 3.0  # expected appeals: none at all has then a probability of exp(-3), 5 %
_LONG: Final = 334  # days, eleven months: so much is taken for a year's register

_YEAR: Final = r"(?P<year>(?:19|20)[0-9]{2})"
_PART: Final = r"(?P<part>[1-4]|iv|i{1,3}|перв\w+|втор\w+|трет\w+|четверт\w+)(?:-?[йеяо]+)?"
_PARTS: Final = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "перв": 1, "втор": 2, "трет": 3, "четв": 4}
# Latin and Cyrillic letters: Q, К and кв for quarters, H and П for half-years.
_QUARTER: Final = (
    rf"{_YEAR}[-\s]?(?:q|k|к|кв)\.?\s?{_PART}|(?:q|k|к)\s?{_PART}[-\s]{_YEAR}|{_PART}\s?кв(?:артал)?\.?\s{_YEAR}"
)
_HALF: Final = rf"{_YEAR}[-\s]?[hп]\s?{_PART}|[hп]\s?{_PART}[-\s]{_YEAR}|{_PART}\s?(?:полугодие|п/г)\s{_YEAR}"
_MONTHS: Final = rf"(?P<count>[0-9]{{1,2}})\s?мес(?:яц(?:ев|а)?)?\.?\s{_YEAR}"
_MONTH: Final = rf"{_YEAR}[-./](?P<month>[0-9]{{1,2}})|(?P<month>[0-9]{{1,2}})[-./]{_YEAR}|(?P<name>[а-я]+)\.?\s{_YEAR}"
_RANGE: Final = re.compile(
    r"с\s(?P<from>.+?)\sпо\s(?P<to>.+)|(?P<from_>.+?)\s?(?:\.\.+|…|\s[-–—]\s|[–—])\s?(?P<to_>.+)"
    r"|(?P<from__>[0-9]{1,2}\.[0-9]{2}\.[0-9]{2,4})-(?P<to__>[0-9]{1,2}\.[0-9]{2}\.[0-9]{2,4})"
)
_FORMS: Final = "write 2025-03, 2025-Q1, 2025-H1, 2025 or 2025-03-01..2025-03-15"


def _pattern(text: str) -> re.Pattern[str]:
    """A pattern whose groups may be named alike in its alternatives: the second and later get ``_`` added."""
    seen: dict[str, int] = {}

    def renamed(found: re.Match[str]) -> str:
        seen[found[1]] = seen.get(found[1], -1) + 1
        return f"(?P<{found[1]}{'_' * seen[found[1]]}>"

    return re.compile(re.sub(r"\(\?P<(\w+)>", renamed, text))


_YEAR_ALONE, _QUARTERS, _HALVES = _pattern(_YEAR), _pattern(_QUARTER), _pattern(_HALF)
_SEVERAL, _ONE = _pattern(_MONTHS), _pattern(_MONTH)


@dataclass(frozen=True)
class Extent:
    """Which days the data have.

    Attributes
    ----------
    first, last : date
        Of the rows with a date.
    rows : int
        How many these are, at least 1.
    """

    first: dt.date
    last: dt.date
    rows: int

    @cached_property
    def _rate(self) -> float:
        """Appeals a working day."""
        return self.rows / max(1, working_days(self.first, self.last))

    def silent(self, start: dt.date, stop: dt.date) -> bool:
        """Whether the register may well have no appeal from ``start`` to ``stop``, both included.

        At the rate of the whole table: weekends and holidays always, in a small register some working days too.
        """
        return working_days(start, stop) * self._rate < _SILENCE

    def reaches(self, span: Span) -> bool:
        """Whether the data begin early enough to hold the whole of a span.

        They may begin some days late: the first appeals of a register are not on its first day.
        """
        if self.first <= span.start:
            return True
        if self.first > span.stop:
            return False
        slack = min(_SLACK, span.days // 4)
        return (self.first - span.start).days <= slack or self.silent(span.start, self.first - _DAY)

    def lasts(self, span: Span) -> bool:
        """Whether the data end late enough to hold the whole of a span; only silence that is likely is forgiven."""
        return self.last >= span.stop or self.silent(self.last + _DAY, span.stop)

    def end(self, span: Span) -> dt.date:
        """The last day of a span that the data have, by one rule for every length of time.

        The last month of the data is whole or not, whether a month, a quarter or a year is asked for: otherwise the same
        month would be compared with other days in each of them.
        """
        month = month_span(self.last.year, self.last.month)
        return next((whole.stop for whole in (span, month) if self.lasts(whole)), self.last)


def parse_period(text: str | None, extent: Extent) -> Period:
    """Read a period and find what it is compared with.

    Parameters
    ----------
    text : str or None
        A month (``2025-03``, «март 2025»), quarter (``2025-Q1``, «1 квартал 2025»), half-year (``2025-H1``,
        «1 полугодие 2025»), the first months of a year («9 месяцев 2025»), year (``2025``), day, or two of these as a
        range (``2025-03-01..2025-03-15``, «с 1 марта 2025 по 15 марта 2025»). None for the year of the latest date
        where the data span eleven months or more, otherwise for all the data.
    extent : Extent
        Of the data.

    Returns
    -------
    Period
        Spans of comparison are cut to the days that the data have of the period itself, whole months stay whole.

    Raises
    ------
    UsageError
        If the text is no period, or the data have no day of it.

    Examples
    --------
    >>> data = Extent(dt.date(2024, 1, 9), dt.date(2025, 2, 28), 5000)
    >>> parse_period("I квартал 2025", data).last_year
    Span(start=datetime.date(2024, 1, 1), stop=datetime.date(2024, 2, 29))
    """
    whole = _usual(extent) if text is None else _span(_folded(text), text)
    if whole.stop < extent.first or whole.start > extent.last:
        raise UsageError(
            f"the period {text!r} ({whole.start} … {whole.stop}) is outside the data: they have dates from "
            f"{extent.first} to {extent.last}"
        )
    covered = Span(whole.start if extent.reaches(whole) else extent.first, extent.end(whole))
    begins_year = (whole.start.month, whole.start.day) == (1, 1)
    year = None
    if not begins_year and whole.start.year == covered.stop.year:
        year = Span(dt.date(whole.start.year, 1, 1), covered.stop)

    def held(span: Span | None) -> Span | None:
        return span if span is not None and extent.reaches(span) else None

    last_year = back(covered, 12)
    return Period(
        kind=_kind(whole),
        whole=whole,
        covered=covered,
        # Of more than a year, the same days a year before are partly the same appeals.
        last_year=held(last_year) if last_year.stop < covered.start else None,
        previous=held(_previous(whole, covered)),
        year=held(year),
        year_before=held(back(year, 12)) if held(year) is not None and year is not None else None,
    )


def month_span(year: int, month: int) -> Span:
    """A calendar month, 1 to 12."""
    return Span(dt.date(year, month, 1), dt.date(year, month, monthrange(year, month)[1]))


def back(span: Span, months: int) -> Span:
    """The same days some months before.

    Whole months give whole months, so that the last of February is the last of February; other days keep their number,
    or become the last day of a month that does not have it.
    """
    start, stop = _shifted(span.start, -months), _shifted(span.stop, -months)
    return Span(start, month_span(stop.year, stop.month).stop if _whole_months(span) else stop)


def _shifted(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _whole_months(span: Span) -> bool:
    return span.start.day == 1 and (span.stop + _DAY).day == 1


def _length(span: Span) -> int:
    """Months that a span touches."""
    return (span.stop.year - span.start.year) * 12 + span.stop.month - span.start.month + 1


def _previous(whole: Span, covered: Span) -> Span:
    if _whole_months(whole):
        return back(covered, _length(whole))
    shift = dt.timedelta(whole.days)
    return Span(covered.start - shift, covered.stop - shift)


def _kind(span: Span) -> Kind:
    kinds: dict[int, Kind] = {1: "month", 3: "quarter", 6: "half-year", 12: "year"}
    months = _length(span)
    calendar = _whole_months(span) and months in kinds and (span.start.month - 1) % months == 0
    return kinds[months] if calendar else "custom"


def _usual(extent: Extent) -> Span:
    """What is reported on when nothing is said."""
    if (extent.last - extent.first).days >= _LONG:
        return _year(extent.last.year)
    for months in (1, 3, 6, 12):  # the data of a month are usually called so, even if it began on a Sunday
        first = (extent.last.month - 1) // months * months + 1
        span = _months(extent.last.year, first, first + months - 1)
        if span.start <= extent.first and extent.reaches(span) and extent.lasts(span):
            return span
    return Span(extent.first, extent.last)


def _folded(text: str) -> str:
    folded = " ".join(unicodedata.normalize("NFC", text).casefold().replace("ё", "е").split())
    return re.sub(r"(?<=[0-9])\s?(?:года|год|г\.?)(?=\s|$)", "", folded)


def _year(year: int) -> Span:
    return Span(dt.date(year, 1, 1), dt.date(year, 12, 31))


def _months(year: int, first: int, last: int) -> Span:
    return Span(month_span(year, first).start, month_span(year, last).stop)


def _groups(found: re.Match[str]) -> dict[str, str]:
    return {name.rstrip("_"): value for name, value in found.groupdict().items() if value is not None}


def _span(folded: str, text: str) -> Span:
    """The days that folded words mean; ``text`` is what error messages quote."""
    found = _calendar(folded)
    if found is not None:
        return found
    if ends := _RANGE.fullmatch(folded):
        groups = _groups(ends)
        start, stop = _span(groups["from"], text).start, _span(groups["to"], text).stop
        if stop < start:
            raise UsageError(f"the period {text!r} ends before it begins")
        return Span(start, stop)
    day = parse_date(folded, _LAST)
    if isinstance(day, dt.date):
        return Span(day, day)
    raise UsageError(f"the period {text!r} is not understood: {_FORMS}")


def _calendar(folded: str) -> Span | None:
    """A part of the calendar, or None."""
    if found := _YEAR_ALONE.fullmatch(folded):
        return _year(int(found["year"]))
    for pattern, length in ((_QUARTERS, 3), (_HALVES, 6)):
        if found := pattern.fullmatch(folded):
            groups = _groups(found)
            part = int(groups["part"]) if groups["part"].isdecimal() else _PARTS[groups["part"][:4]]
            if part * length > 12:
                return None
            return _months(int(groups["year"]), (part - 1) * length + 1, part * length)
    if found := _SEVERAL.fullmatch(folded):
        count = int(found["count"])
        return _months(int(found["year"]), 1, count) if 1 <= count <= 12 else None
    if found := _ONE.fullmatch(folded):
        groups = _groups(found)
        number = int(groups["month"]) if "month" in groups else MONTH_NUMBERS.get(groups["name"], 0)
        return _months(int(groups["year"]), number, number) if 1 <= number <= 12 else None
    return None
