"""The figures of a report, counted from labelled rows.

Every table counts the same appeals, those of the period that the data cover, and the spans of comparison beside them. The
order of rows, and of the rows of the source, is of no effect.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from appealcls.errors import UsageError
from appealcls.reporting.analysis.periods import Extent, back, month_span, parse_period
from appealcls.reporting.analysis.terms import count_terms
from appealcls.reporting.figures import (
    Base,
    Breakdown,
    CrossTable,
    Figures,
    Line,
    MonthCount,
    Period,
    Span,
    Totals,
)
from appealcls.reporting.reading.appeals import Appeals
from appealcls.reporting.wording import MONTHS
from appealcls.topics import Taxonomy

__all__ = ["count"]

_VALUES: Final = ("channel", "kind", "form", "district", "department", "result")
_COMPARED: Final = ("last_year", "previous", "year", "year_before")
_TOTALS: Final = {
    "review": "Отмечено для проверки",
    "repeated": "Повторные",
    "collective": "Коллективные",
    "duplicates": "Дубликаты",
}
_FORMS: Final = {"repeated": ("первичные", "повторные"), "collective": ("индивидуальные", "коллективные")}
_LATEST_ANSWERS: Final = dt.timedelta(90)
"""Three terms after the last registration an answer is more likely to have a wrong date than the register to be older."""

_Counts = Mapping[str, int]
_Order = Callable[[str], tuple[int, str]]


def count(appeals: Appeals, *, taxonomy: Taxonomy, period: str | None = None) -> Figures:
    """Count all that can be counted from the rows alone.

    Surges, words, places, recommendations and estimates are added by others with :func:`dataclasses.replace`.

    Parameters
    ----------
    appeals : Appeals
    taxonomy : Taxonomy
        Names and order of the topics; all of them are in the table of topics. Topics that it does not have are counted
        too, under their ids.
    period : str, optional
        See :func:`.periods.parse_period`.

    Raises
    ------
    UsageError
        If the period is none, lies outside the data, or is asked for where no row has a date.

    Examples
    --------
    >>> rows = [{"Дата": f"{day}.03.2025", "topic": "roads"} for day in (3, 4, 5, 31)]
    >>> figures = count(Appeals.load(rows), taxonomy=Taxonomy.default(), period="март 2025")
    >>> figures.totals.appeals.count, figures.topics.lines[0].name
    (4, 'Благоустройство и ремонт подъездных дорог, в том числе тротуаров')
    """
    data = appeals.data
    extent = _extent(data)
    if extent is None and period is not None:
        there = ", ".join(f"«{column}»" for _, column in appeals.notes.columns)
        raise UsageError(
            f"a report on the period {period!r} needs dates, and no row has one; columns recognised: {there}: "
            "name the column of dates with columns={'date': …}"
        )
    times = None if extent is None else parse_period(period, extent)
    frame, spans = _marked(data, times)
    now = frame.filter("now")
    topics = _topics(frame, spans, taxonomy)
    breakdowns = [_questions(frame, spans, taxonomy)] if "topics" in frame.columns else []
    breakdowns += [_breakdown(frame, spans, name) for name in _VALUES if name in frame.columns]
    district = next((table for table in breakdowns if table.of == "district"), None)
    notes = appeals.notes
    return Figures(
        title=taxonomy.name,
        period=times,
        totals=_totals(frame, spans),
        topics=topics,
        notes=notes if extent is None else replace(notes, outside=extent.rows - len(now)),
        breakdowns=tuple(breakdowns),
        crosses=tuple(filter(None, (_by_district(now, topics, district), _by_month(now, topics, times)))),
        months=() if extent is None or times is None else _months(data, times, extent),
        terms=count_terms(now, _until(data)) if extent is not None and "answered" in data.columns else None,
    )


def _extent(data: pl.DataFrame) -> Extent | None:
    if "date" not in data.columns:
        return None
    first, last, rows = data.select(
        pl.col("date").min().alias("first"), pl.col("date").max().alias("last"), pl.col("date").count().alias("rows")
    ).row(0)
    return Extent(first, last, rows) if rows else None


def _until(data: pl.DataFrame) -> dt.date:
    """The day the data end: the last thing that happened in them."""
    registered: dt.date = data.select(pl.col("date").max()).item()
    answers = data.select(pl.col("answered").filter(pl.col("answered") <= registered + _LATEST_ANSWERS).max())
    answered: dt.date | None = answers.item()
    return registered if answered is None else max(registered, answered)


def _marked(data: pl.DataFrame, period: Period | None) -> tuple[pl.DataFrame, list[str]]:
    """The rows of the period and of the spans of comparison, one Boolean column a span; and the names of these."""
    if period is None:
        frame, spans = data.with_columns(now=True), ["now"]
    else:
        found = {"now": period.covered} | {
            name: span for name in _COMPARED if (span := getattr(period, name)) is not None
        }
        inside = [pl.col("date").is_between(span.start, span.stop).alias(name) for name, span in found.items()]
        # Rows without a date are in no span.
        frame = data.filter(pl.col("date").is_not_null()).with_columns(inside).filter(pl.any_horizontal(*found))
        spans = list(found)
    flags = [name for name in _FORMS if name in frame.columns]
    if flags:
        frame = frame.with_columns(form=_form(flags))
    return frame, spans


def _form(flags: Sequence[str]) -> pl.Expr:
    """Each appeal in one class of what the register says of repetition and authors, so that the classes make a whole."""
    words = [pl.when(pl.col(name)).then(pl.lit(_FORMS[name][1])).otherwise(pl.lit(_FORMS[name][0])) for name in flags]
    said = pl.all_horizontal(pl.col(name).is_not_null() for name in flags)
    form = pl.concat_str(words, separator=" ")
    first = form.str.slice(0, 1).str.to_uppercase() + form.str.slice(1)
    return pl.when(said).then(first)


def _line(key: str, name: str, counts: _Counts) -> Line:
    return Line(key, name, counts.get("now", 0), *(counts.get(span) for span in _COMPARED))


def _sums(frame: pl.DataFrame, spans: Sequence[str], weight: pl.Expr) -> dict[str, int]:
    """The sum of a number or condition over each span."""
    number = weight.cast(pl.Int64).fill_null(0)
    row = frame.select((number * pl.col(span)).sum().alias(span) for span in spans).row(0)
    return {span: int(value) for span, value in zip(spans, row, strict=True)}


def _grouped(frame: pl.DataFrame, spans: Sequence[str], by: str) -> dict[str, dict[str, int]]:
    """Rows of each span by value; rows without a value are left out."""
    counted = frame.lazy().filter(pl.col(by).is_not_null()).group_by(by).agg(pl.col(spans).sum())
    table = counted.with_columns(pl.col(by).cast(pl.String)).collect()
    return {str(key): dict(zip(spans, map(int, counts), strict=True)) for key, *counts in table.iter_rows()}


def _totals(frame: pl.DataFrame, spans: Sequence[str]) -> Totals:
    def total(key: str, name: str, weight: pl.Expr) -> Line:
        return _line(key, name, _sums(frame, spans, weight))

    weights = {"review": pl.col("review"), "repeated": pl.col("repeated"), "collective": pl.col("collective")}
    weights["duplicates"] = pl.col("duplicate_of").is_not_null()
    there = {"duplicates" if name == "duplicate_of" else name for name in frame.columns}
    has_topics = "topics" in frame.columns
    return Totals(
        appeals=total("appeals", "Всего обращений", pl.lit(1)),
        classified=total("classified", "Тема определена", pl.col("topic").is_not_null()),
        questions=total("questions", "Поднято вопросов", pl.col("topics").list.len()) if has_topics else None,
        **{key: total(key, name, weights[key]) for key, name in _TOTALS.items() if key in there},
    )


def _table(
    of: str, base_of: Base, counts: Mapping[str, _Counts], unknown: int, names: Mapping[str, str], order: _Order
) -> Breakdown:
    lines = sorted(
        (_line(key, names.get(key, key), found) for key, found in counts.items()),
        key=lambda line: (-line.count, order(line.key)),
    )
    return Breakdown(of, base_of, sum(line.count for line in lines), tuple(lines), unknown)


def _of_taxonomy(
    of: str, base_of: Base, frame: pl.DataFrame, by: str, spans: Sequence[str], unknown: int, taxonomy: Taxonomy
) -> Breakdown:
    """A table of topics: all of the taxonomy, then those that it does not know."""
    nothing = dict.fromkeys(spans, 0)
    counts = dict.fromkeys(taxonomy.ids, nothing) | _grouped(frame, spans, by)
    place = {topic: number for number, topic in enumerate(taxonomy.ids)}
    names = {topic.id: topic.name for topic in taxonomy.topics}
    return _table(of, base_of, counts, unknown, names, lambda key: (place.get(key, len(place)), key))


def _topics(frame: pl.DataFrame, spans: Sequence[str], taxonomy: Taxonomy) -> Breakdown:
    return _of_taxonomy("topic", "classified", frame, "topic", spans, _without(frame, "topic"), taxonomy)


def _questions(frame: pl.DataFrame, spans: Sequence[str], taxonomy: Taxonomy) -> Breakdown:
    raised = frame.select(*spans, "topics").explode("topics")
    return _of_taxonomy("question", "questions", raised, "topics", spans, _without(frame, "topics"), taxonomy)


def _without(frame: pl.DataFrame, name: str) -> int:
    """Appeals of the period that do not say it."""
    return int(frame.select((pl.col("now") & pl.col(name).is_null()).sum()).item())


def _breakdown(frame: pl.DataFrame, spans: Sequence[str], of: str) -> Breakdown:
    return _table(of, "appeals", _grouped(frame, spans, of), _without(frame, of), {}, lambda key: (0, key))


_Names = Sequence[tuple[str, str]]


def _cross(frame: pl.DataFrame, of: tuple[str, str], rows: _Names, columns: _Names) -> CrossTable:
    """A table over the values that are named; ``frame`` has both properties, as columns of these names."""
    by = list(of)
    table = frame.lazy().drop_nulls(by).group_by(by).len().with_columns(pl.col(by).cast(pl.String)).collect()
    found: dict[tuple[str, str], int] = {(row, column): n for row, column, n in table.iter_rows()}
    counts = tuple(tuple(found.get((row, column), 0) for column, _ in columns) for row, _ in rows)
    row_totals = tuple(map(sum, counts))
    column_totals = tuple(sum(row[place] for row in counts) for place in range(len(columns)))
    return CrossTable(of, tuple(rows), tuple(columns), counts, row_totals, column_totals, sum(row_totals))


def _named(lines: Iterable[Line]) -> _Names:
    return [(line.key, line.name) for line in lines]


def _by_district(now: pl.DataFrame, topics: Breakdown, districts: Breakdown | None) -> CrossTable | None:
    if districts is None or not districts.lines:
        return None
    return _cross(now.select("topic", "district"), ("topic", "district"), _named(topics.lines), _named(districts.lines))


def _by_month(now: pl.DataFrame, topics: Breakdown, period: Period | None) -> CrossTable | None:
    """Topics by month of the period; a table of a single month would repeat that of topics."""
    if period is None:
        return None
    months = _calendar(period.covered)
    if len(months) < 2:
        return None
    one_year = months[0][0] == months[-1][0]
    names = [
        (f"{year}-{month:02}", MONTHS[month - 1][0] if one_year else f"{MONTHS[month - 1][0]} {year}")
        for year, month in months
    ]
    frame = now.select("topic", month=pl.col("date").dt.strftime("%Y-%m"))
    return _cross(frame, ("topic", "month"), _named(topics.lines), names)


def _calendar(span: Span) -> list[tuple[int, int]]:
    """Year and number of the months that a span touches."""
    first, last = (day.year * 12 + day.month - 1 for day in (span.start, span.stop))
    return [(number // 12, number % 12 + 1) for number in range(first, last + 1)]


def _months(data: pl.DataFrame, period: Period, extent: Extent) -> tuple[MonthCount, ...]:
    """Months from January, or from the first that the data have, to the end of the period.

    A period of several years has all its own months.
    """
    days: Counter[dt.date] = Counter(
        dict(data.select(pl.col("date").drop_nulls().value_counts(name="n")).unnest("date").rows())
    )

    def between(span: Span) -> int:
        return sum(days[span.start + dt.timedelta(day)] for day in range(span.days))

    start = dt.date(period.whole.start.year, 1, 1)
    if period.whole.start.year != period.covered.stop.year:
        start = period.whole.start
    start = max(start, month_span(extent.first.year, extent.first.month).start)
    found = []
    for year, month in _calendar(Span(start, period.covered.stop)):
        whole = month_span(year, month)
        span = Span(whole.start if extent.reaches(whole) else extent.first, min(whole.stop, period.covered.stop))
        before = back(span, 12)
        last_year = between(before) if extent.reaches(before) else None
        found.append(MonthCount(year, month, between(span), last_year, span != whole))
    return tuple(found)
