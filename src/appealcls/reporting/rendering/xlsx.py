"""A report as a workbook: every table whole on a sheet of its own, for those who go on computing."""

import datetime as dt
import io
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Final, TypeAlias

from xlsxwriter.workbook import Workbook

from appealcls.reporting import wording
from appealcls.reporting.figures import Breakdown, CrossTable, Figures, Line, Period, Span
from appealcls.reporting.rendering import further_sheets
from appealcls.reporting.rendering.tabulation import one_question_each
from appealcls.reporting.rendering.worksheet import (
    DASH,
    TOTAL,
    Cell,
    Column,
    Formula,
    TableWriter,
    column_name,
    column_sum,
)

__all__ = ["render"]

_CREATED: Final = dt.datetime(2000, 1, 1)  # the same figures give the same bytes
_SHEETS: Final = {
    "topic": "Темы", "question": "Вопросы", "channel": "Каналы", "kind": "Виды", "form": "Формы", "district": "Районы",
    "department": "Подразделения", "result": "Результаты",
}  # fmt: skip
_CROSS_SHEETS: Final = {
    "month": "по месяцам",
    "district": "по районам",
    "channel": "по каналам",
    "department": "по подразделениям",
}
_CHARTS: Final = frozenset(("topic", "question", "channel", "district", "department", "result"))
_OF_APPEALS: Final = frozenset(("appeals", "classified", "review", "repeated", "collective", "duplicates"))


def render(figures: Figures) -> bytes:
    """The workbook (XLSX), charts included; the same bytes for the same figures.

    Totals, shares and changes are formulas that hold their values, so that they follow when somebody corrects a count
    and are shown by programs that compute nothing.

    Examples
    --------
    >>> from appealcls.reporting.figures import Breakdown, DataNotes, Totals
    >>> none = Line("appeals", "Всего", 0)
    >>> totals = Totals(appeals=none, classified=none)
    >>> render(Figures("", None, totals, Breakdown("topic", "classified", 0, ()), DataNotes(rows=0)))[:2]
    b'PK'
    """
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = Workbook(file, options)
    title = _title(figures)
    book.set_properties({"title": title, "created": _CREATED})
    book.set_calc_mode("auto")
    writer = TableWriter(book, title)
    _totals(writer, figures)
    _breakdown(writer, figures, figures.topics)
    crosses = sorted(figures.crosses, key=lambda cross: cross.of[0] != "topic")
    for cross in crosses:
        _cross(writer, cross)
    _months(writer, figures)
    for table in figures.breakdowns:
        _breakdown(writer, figures, table)
    further_sheets.add(writer, figures)
    book.close()
    return file.getvalue()


def _title(figures: Figures) -> str:
    title = wording.HEADINGS["title"]
    return f"{title} {wording.period_name(figures.period, 'for')}" if figures.period else title


# Comparisons


_Part: TypeAlias = Callable[[Line], int | None]

_count: Final[_Part] = attrgetter("count")
_last_year: Final[_Part] = attrgetter("last_year")
_previous: Final[_Part] = attrgetter("previous")
_year: Final[_Part] = attrgetter("year")
_year_before: Final[_Part] = attrgetter("year_before")


def _span(span: Span) -> str:
    return wording.period_name(span)


def _lines(
    lines: Sequence[Line], period: Period | None, first: str, share: str | None
) -> tuple[list[Column], list[list[Cell]], list[Cell]]:
    """Columns, rows and total of a table of lines: name, count, share of the total, then each comparison."""
    now = "Обращений" if period is None else wording.capitalized(_span(period.covered))
    columns = [Column(first), Column(now, "count")]
    rows: list[list[Cell]] = [[line.name, line.count] for line in lines]
    total: list[Cell] = [TOTAL, column_sum(1, [line.count for line in lines])]
    counts = sum(line.count for line in lines)
    if share is not None:
        columns.append(Column(share, "share"))
        for row, line in zip(rows, lines, strict=True):
            row.append(Formula("=IF(B${total}=0,0,B{row}/B${total})", line.share(counts)))
        total.append(Formula("=IF(B{row}=0,0,B{row}/B{row})", 1.0 if counts else 0.0))

    def add(header: str, part: _Part) -> int:
        """A column of counts; its number."""
        columns.append(Column(wording.capitalized(header), "count"))
        for row, line in zip(rows, lines, strict=True):
            row.append(_or_dash(part(line)))
        total.append(column_sum(len(columns) - 1, map(part, lines)))
        return len(columns) - 1

    def compare(later: _Part, of: int, before: _Part, to: int, name: str) -> None:
        columns.extend([Column(f"Изменение {name}", "difference"), Column(f"Изменение {name}, %", "growth")])
        for row, line in zip(rows, lines, strict=True):
            row += _change(later(line), before(line), of, to)
        now, then = (sum(filter(None, map(part, lines))) for part in (later, before))
        total.extend(_change(now, then, of, to))

    if period is None:
        return columns, rows, total
    if period.last_year is not None:
        compare(_count, 1, _last_year, add(f"АППГ: {_span(period.last_year)}", _last_year), "к АППГ")
    if period.previous is not None and period.previous != period.last_year:
        compare(_count, 1, _previous, add(_span(period.previous), _previous), "к предыдущему периоду")
    if period.year is not None:
        of = add(_span(period.year), _year)
        if period.year_before is not None:
            compare(_year, of, _year_before, add(_span(period.year_before), _year_before), "с начала года")
    return columns, rows, total


def _or_dash(count: int | None) -> Cell:
    return DASH if count is None else count


def _change(now: int | None, before: int | None, of: int, to: int) -> list[Cell]:
    """Difference and growth of the counts of two columns in a row."""
    if now is None or before is None:
        return [DASH, DASH]
    a, b = column_name(of), column_name(to)
    ratio = (now - before) / before if before else DASH
    return [
        Formula(f"={a}{{row}}-{b}{{row}}", now - before),
        Formula(f'=IF({b}{{row}}=0,"{DASH}",{a}{{row}}/{b}{{row}}-1)', ratio),
    ]


# Sheets


def _totals(writer: TableWriter, figures: Figures) -> None:
    totals = figures.totals
    named = (
        ("appeals", "Всего обращений", totals.appeals),
        ("classified", "Определена тема", totals.classified),
        ("review", "Требует проверки", totals.review),
        ("repeated", "Повторные", totals.repeated),
        ("collective", "Коллективные", totals.collective),
        ("duplicates", "Дубликаты", totals.duplicates),
        ("questions", "Поднято вопросов", totals.questions),
    )
    given = [(key, name, line) for key, name, line in named if line is not None]
    columns, rows, _ = _lines([line for _, _, line in given], figures.period, "Показатель", "Доля от всех обращений")
    base, header = totals.appeals.count, _notes_of_period(figures)
    place = len(header) + 3  # of the first row, counted as Excel does
    for row, (key, name, line) in zip(rows, given, strict=True):
        row[0] = name
        share = Formula(f"=IF(B${place}=0,0,B{{row}}/B${place})", line.share(base))
        row[2] = share if key in _OF_APPEALS else DASH  # questions are no part of appeals
    writer.add("Итоги", _title(figures), columns, rows, notes=header)


def _notes_of_period(figures: Figures) -> list[str]:
    period = figures.period
    if period is None:
        return ["Дат в таблице нет: подсчитаны все обращения, сравнения не приводятся."]
    notes = [f"Отчётный период: {_span(period.whole)}."]
    if period.partial:
        notes.append(f"Период неполный, данные есть за {_days(period.covered)}; сравнение — с такими же днями.")
    if period.last_year is not None:
        notes.append(f"АППГ (аналогичный период прошлого года): {_days(period.last_year)}.")
    return notes


def _days(span: Span) -> str:
    return f"{span.start:%d.%m.%Y}–{span.stop:%d.%m.%Y}"


def _breakdown(writer: TableWriter, figures: Figures, table: Breakdown) -> None:
    if table.of == "question" and one_question_each(figures):
        return
    name = wording.PROPERTIES.get(table.of, table.of)
    columns, rows, total = _lines(table.lines, figures.period, name, "Доля")
    notes = [f"Доля — {wording.base_name(table.base_of, table.base)}."]
    if table.unknown:
        notes.append(f"Не указано: {wording.counted(table.unknown)}.")
    title = wording.HEADINGS.get(table.of, name)
    sheet = _SHEETS.get(table.of, name)
    placed = writer.add(sheet, title, columns, rows, notes=notes, total=total, filtered=True)
    if table.of in _CHARTS:
        series = [(columns[1].name, 1)]
        if figures.period is not None and figures.period.last_year is not None:
            before = next(place for place, column in enumerate(columns) if column.name.startswith("АППГ"))
            series.append((columns[before].name, before))
        alt = f"{title}: число обращений. Данные — в таблице выше."
        writer.chart(placed, "bar", series, title, alt)


def _cross(writer: TableWriter, cross: CrossTable) -> None:
    of, by = (wording.PROPERTIES.get(part, part) for part in cross.of)
    key = "_".join(cross.of)
    sheet = f"{_SHEETS.get(cross.of[0], of)} {_CROSS_SHEETS.get(cross.of[1], '– ' + by.lower())}"
    columns = [
        Column(of, width=40),
        *(Column(name, "count", 8) for _, name in cross.columns),
        Column(TOTAL, "count", 9),
    ]
    last = column_name(len(cross.columns))
    rows: list[list[Cell]] = [
        [name, *counts, Formula(f"=SUM(B{{row}}:{last}{{row}})", total) if counts else total]
        for (_, name), counts, total in zip(cross.rows, cross.counts, cross.row_totals, strict=True)
    ]
    total: list[Cell] = [
        TOTAL,
        *(column_sum(place, [count]) for place, count in enumerate([*cross.column_totals, cross.total], 1)),
    ]
    notes = [f"Учтены обращения, у которых указаны оба признака: {wording.number(cross.total)}."]
    heat = (1, len(cross.columns)) if cross.columns else None
    title = wording.HEADINGS.get(key, f"{of} — {by.lower()}")
    writer.add(sheet, title, columns, rows, notes=notes, total=total, filtered=True, heat=heat)


def _months(writer: TableWriter, figures: Figures) -> None:
    months = figures.months
    if not months:
        return
    compared = any(month.last_year is not None for month in months)
    columns = [Column("Месяц", width=22), Column("Обращений", "count")]
    if compared:
        columns += [Column("Год назад", "count"), Column("Изменение", "difference"), Column("Изменение, %", "growth")]
    rows: list[list[Cell]] = []
    for month in months:
        name = f"{wording.capitalized(wording.MONTHS[month.month - 1][0])} {month.year}"
        row: list[Cell] = [name + (" (неполный)" if month.partial else ""), month.count]
        if compared:
            row += [_or_dash(month.last_year), *_change(month.count, month.last_year, 1, 2)]
        rows.append(row)
    total: list[Cell] = [TOTAL, column_sum(1, [month.count for month in months])]
    if compared:
        total.append(column_sum(2, [month.last_year for month in months]))
        whole = all(month.last_year is not None for month in months)
        sums = [sum(month.count for month in months), sum(month.last_year or 0 for month in months)]
        total += _change(sums[0], sums[1] if whole else None, 1, 2)
    title = wording.HEADINGS["months"]
    placed = writer.add("Месяцы", title, columns, rows, total=total)
    series = [("Обращений", 1), ("Год назад", 2)][: 2 if compared else 1]
    writer.chart(placed, "column", series, title, f"{title}: столбцы по месяцам. Данные — в таблице выше.")
