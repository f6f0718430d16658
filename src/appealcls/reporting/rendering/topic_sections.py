"""The parts of a report about topics: how many of each, in which months, in which districts."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from appealcls.reporting.figures import CrossTable, Figures
from appealcls.reporting.rendering.blocks import Block, Bullets, Cell, Chart, Column, Heading, Paragraph, Series, Table
from appealcls.reporting.rendering.tabulation import (
    FALLBACK,
    comparisons,
    count_table,
    estimate_notes,
    foremost,
    leaders,
    leading,
    number_cell,
    whole_number,
)
from appealcls.reporting.wording import (
    APPEALS,
    ESTIMATES_TITLE,
    HEADINGS,
    MONTHS_SHORT,
    NBSP,
    PROPERTIES,
    capitalized,
    change_phrase,
    counted,
    items_of_list,
    listed,
    number,
    percent,
    period_name,
    plural,
    sentences,
)

__all__ = ["topics", "topics_by_district", "topics_by_month"]

_MOST_BARS: Final = 12  # more are read better in the table
_ARROW: Final = "\u00a0→\u00a0"  # from what was to what is
_LEAST_CHANGE: Final = 5
"""Appeals: a smaller difference is no conclusion. It is the standard deviation of the difference between two counts of a
dozen each that are alike but for chance (Poisson, the square root of 12 + 12)."""


def topics(figures: Figures) -> Iterator[Block]:
    """The part about topics: the main ones, those that grew or fell most, all of them, and the corrected numbers."""
    table = figures.topics
    yield Heading(2, HEADINGS["topic"], "topic")
    said = [leaders(table, APPEALS)] if leading(table) else []
    said += _strongest(figures)
    nothing = [f"«{line.name}»" for line in table.lines if not line.count and line.key != FALLBACK]
    if table.base and nothing:
        said.append(f"Не поступало обращений по {'теме' if len(nothing) == 1 else 'темам'}: {listed(nothing)}.")
    if not table.base:
        said.append("Обращений с определённой темой нет.")
    yield Paragraph(" ".join(said))
    if table.base:
        yield _topic_chart(figures)
    yield count_table(figures, table, "topic", HEADINGS["topic"])
    named = [(line.name, line) for line in table.lines]
    yield from comparisons(figures, "topic", HEADINGS["topic"], named, total=True)
    if figures.estimates:
        columns = (
            Column(PROPERTIES["topic"]),
            Column("Подсчитано", "number"),
            Column("Оценка", "number"),
            Column(f"Не{NBSP}менее", "number"),
            Column(f"Не{NBSP}более", "number"),
        )
        rows = tuple(
            (
                Cell(estimate.name),
                number_cell(estimate.count),
                *(number_cell(whole_number(value)) for value in (estimate.estimate, estimate.low, estimate.high)),
            )
            for estimate in figures.estimates
        )
        yield Table(
            "estimates",
            ESTIMATES_TITLE,
            columns,
            rows,
            None,
            sentences(estimate_notes(figures)),
        )


def _strongest(figures: Figures) -> Iterator[str]:
    """Which topics grew and fell most, in appeals, where that is more than chance makes of equal numbers."""
    period = figures.period
    if period is None or period.last_year is None:
        return
    than = period_name(period.last_year, "in")
    changes = [
        (line.name, line.on_last_year) for line in figures.topics.lines if line.on_last_year and line.key != FALLBACK
    ]
    for word, sign in (("больше", 1), ("меньше", -1)):
        moved = [(name, change) for name, change in changes if sign * change.difference >= _LEAST_CHANGE]
        moved.sort(key=lambda pair: -sign * pair[1].difference)
        found = foremost(moved, lambda pair: abs(pair[1].difference), 1)
        most = {1: "Наибольший прирост", -1: "Наибольшее снижение"}[sign] + " в числе обращений — по"
        if len(found) == 1:
            name, change = found[0]
            yield (f"{most} теме «{name}»: {change_phrase(change, than)} ({number(change.before)}).")
        elif found:
            names = listed(
                [f"«{name}» ({number(change.before)}{_ARROW}{number(change.now)})" for name, change in found]
            )
            by = counted(abs(found[0][1].difference))
            yield f"{most} темам {names}: по каждой на{NBSP}{by} {word}, чем {than}."


def _topic_chart(figures: Figures) -> Chart:
    table, period = figures.topics, figures.period
    lines = table.lines[:_MOST_BARS]
    series = [
        Series(capitalized(period_name(period.covered)) if period else "Обращений", tuple(line.count for line in lines))
    ]
    if period and period.last_year and all(line.last_year is not None for line in lines):
        before = capitalized(period_name(period.last_year))
        series.append(Series(f"{before} (АППГ)", tuple(line.last_year for line in lines)))
    words = (
        f"{line.name} — {number(line.count)}"
        + (f" (АППГ — {number(line.last_year)})" if line.last_year is not None else "")
        for line in lines
    )
    return Chart(
        "bars",
        "topic-chart",
        "Число обращений по темам",
        f"Число обращений по темам: {'; '.join(words)}.",
        tuple(line.name for line in lines),
        tuple(series),
    )


def _cross(figures: Figures, columns: str) -> CrossTable | None:
    found = (cross for cross in figures.crosses if cross.of == ("topic", columns) and cross.total)
    return next(found, None)


def _cross_table(cross: CrossTable, key: str, title: str, names: Sequence[str]) -> Table:
    columns = (Column(PROPERTIES[cross.of[0]]), *(Column(name, "number") for name in names), Column("Итого", "number"))
    rows = tuple(
        (Cell(name), *map(number_cell, counts), number_cell(total))
        for (_, name), counts, total in zip(cross.rows, cross.counts, cross.row_totals, strict=True)
    )
    total = (Cell("Итого"), *map(number_cell, cross.column_totals), number_cell(cross.total))
    note = f"Учтены {counted(cross.total)}, где известны и {_known(cross.of[0])}, и {_known(cross.of[1])}."
    if plural(cross.total, ("1", "2", "5")) == "1":
        note = note.replace("Учтены", "Учтено", 1)
    return Table(key, title, columns, rows, total, note, shaded=True)


def _known(of: str) -> str:
    return {"month": "месяц", "district": "район"}.get(of, PROPERTIES[of].lower())


def topics_by_month(figures: Figures) -> Iterator[Block]:
    """Topics by month: when each of the main ones was asked about most."""
    cross = _cross(figures, "month")
    if cross is None or len(cross.columns) < 2:
        return
    yield Heading(2, HEADINGS["topic_month"], "topic-month")
    names = [_month_column(key, name) for key, name in cross.columns]
    items = []
    for (key, name), counts in zip(cross.rows, cross.counts, strict=True):
        most = max(counts)
        if key != FALLBACK and most and counts.count(most) == 1:
            month = cross.columns[counts.index(most)][1]
            items.append(f"«{name}»: больше всего обращений — {number(most)} ({month})")
    if items:
        yield Bullets(items_of_list(items[:_MOST_BARS]))
    yield _cross_table(cross, "topic-month", HEADINGS["topic_month"], names)


def _month_column(key: str, name: str) -> str:
    found = re.fullmatch(r"(?:(\d{4})-)?(\d{1,2})", key)
    return MONTHS_SHORT[int(found[2]) - 1] if found and 1 <= int(found[2]) <= 12 else name


def topics_by_district(figures: Figures) -> Iterator[Block]:
    """Topics by district: what each of them asks about most."""
    cross = _cross(figures, "district")
    if cross is None:
        return
    yield Heading(2, HEADINGS["topic_district"], "topic-district")
    items = []
    for position, (_, district) in enumerate(cross.columns):
        column = [
            (counts[position], name)
            for (key, name), counts in zip(cross.rows, cross.counts, strict=True)
            if key != FALLBACK and counts[position]
        ]
        if column:
            found = foremost(sorted(column, key=lambda pair: -pair[0]), lambda pair: pair[0], 1)
            base = cross.column_totals[position]
            if found:
                most, each = found[0][0], "по " if len(found) > 1 else ""
                names = listed([f"«{name}»" for _, name in found])
                items.append(f"{district}: {names} — {each}{number(most)} из {number(base)} ({percent(most / base)})")
    if items:
        yield Paragraph("Самые частые темы по районам, в скобках — доля от обращений района:")
        yield Bullets(items_of_list(items))
    yield _cross_table(cross, "topic-district", HEADINGS["topic_district"], [name for _, name in cross.columns])
