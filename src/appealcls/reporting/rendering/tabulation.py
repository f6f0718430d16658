"""Tables of counts, and the sentence that names their largest rows."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from appealcls.reporting.figures import Breakdown, Change, Figures, Line, Place, Span, Terms
from appealcls.reporting.rendering.blocks import Cell, Column, Table
from appealcls.reporting.wording import (
    ESTIMATES,
    ESTIMATES_OUTSIDE,
    NBSP,
    PROPERTIES,
    Forms,
    base_name,
    capitalized,
    counted,
    date_name,
    decimal,
    listed,
    number,
    percent,
    period_name,
    plural,
    sentences,
    signed_number,
    signed_percent,
)

__all__ = [
    "APPEALS_OF",
    "FALLBACK",
    "address_topics",
    "answers_until",
    "change_cells",
    "comparisons",
    "count_table",
    "estimate_notes",
    "foremost",
    "leaders",
    "leading",
    "number_cell",
    "one_question_each",
    "previous_span",
    "whole_number",
]

APPEALS_OF: Final = ("обращения", "обращений", "обращений")
"""Appeals in the genitive, after «у»."""

_NOTHING: Final = Cell("—")
_NAMED: Final = 3  # rows that are named in a sentence
_MORE: Final = 2  # rows that may be added to them, so that all that tie for the last place are named
_PLACE_TOPICS: Final = 2  # of an address: their names are long, and the rest is chance
_PLACE_FEWEST: Final = 2  # appeals: one is no habit of an address
_LEADERS: Final = {  # one row, several rows
    "topic": ("Чаще всего граждане обращались по теме", "Чаще всего граждане обращались по темам"),
    "question": ("Чаще всего граждане поднимали вопрос", "Чаще всего граждане поднимали вопросы"),
    "channel": ("Чаще всего обращения поступали по каналу", "Чаще всего обращения поступали по каналам"),
    "kind": ("Чаще всего поступали обращения вида", "Чаще всего поступали обращения видов"),
    "form": ("Чаще всего поступали обращения в форме", "Чаще всего поступали обращения в формах"),
    "district": ("Больше всего обращений поступило из района", "Больше всего обращений поступило из районов"),
    "department": (
        "Больше всего обращений отнесено к подразделению",
        "Больше всего обращений отнесено к подразделениям",
    ),
    "result": ("Чаще всего указан результат", "Чаще всего указаны результаты"),
}

FALLBACK: Final = "other"
"""Id by which taxonomies call the topic for all the rest; it has a row, but is never named as a main question."""


def comparisons(
    figures: Figures, key: str, title: str, lines: Sequence[tuple[str, Line]], *, total: bool = False
) -> Iterator[Table]:
    """Tables of the change against the period before and since January: those that there are spans for."""
    period, previous = figures.period, previous_span(figures)
    if period is None:
        return
    if previous and any(line.previous is not None for _, line in lines):
        yield change_table(
            f"{key}-previous",
            f"{title} в сравнении с предыдущим периодом",
            (period.covered, previous),
            [(name, line.count, line.previous) for name, line in lines],
            total=total,
        )
    if period.year and period.year_before and any(line.since_january for _, line in lines):
        yield change_table(
            f"{key}-year",
            f"{title} нарастающим итогом с начала года",
            (period.year, period.year_before),
            [(name, line.year, line.year_before) for name, line in lines if line.year is not None],
            total=total,
        )


def previous_span(figures: Figures) -> Span | None:
    """The period before, where it is another one than last year's."""
    period = figures.period
    return period.previous if period and period.previous != period.last_year else None


def change_table(
    key: str,
    title: str,
    spans: tuple[Span, Span],
    rows: Sequence[tuple[str, int, int | None]],
    *,
    total: bool = False,
) -> Table:
    """Counts in two spans of time, now and before, and how they changed; ``total`` adds a row of the sums."""
    now, before = spans
    columns = (
        Column(PROPERTIES["topic"] if total else "Показатель"),
        Column(capitalized(period_name(now)), "number"),
        Column(capitalized(period_name(before)), "number"),
        Column("Изменение", "difference"),
        Column(f"Изменение,{NBSP}%", "growth"),
    )
    cells = tuple(
        (Cell(name), number_cell(count), *change_cells(None if past is None else Change(past, count)))
        for name, count, past in rows
    )
    whole = Change(sum(past or 0 for _, _, past in rows), sum(count for _, count, _ in rows))
    sums = (Cell("Итого"), number_cell(whole.now), *change_cells(whole))
    return Table(key, title, columns, cells, sums if total else None)


def change_cells(change: Change | None) -> tuple[Cell, Cell, Cell]:
    """Cells of what was, the difference and the growth."""
    if change is None:
        return _NOTHING, _NOTHING, _NOTHING
    ratio = change.ratio
    return (
        number_cell(change.before),
        Cell(signed_number(change.difference), change.difference),
        _NOTHING if ratio is None else Cell(signed_percent(ratio), ratio),
    )


def number_cell(count: float) -> Cell:
    """A cell of a count; a fraction is rounded."""
    return Cell(number(count) if isinstance(count, int) else decimal(count, 0), count)


def whole_number(count: float) -> int:
    """A count as :func:`number_cell` shows it: whole appeals, half away from zero, in all formats."""
    return math.floor(count + 0.5)


_Item = TypeVar("_Item")


def foremost(items: Sequence[_Item], count: Callable[[_Item], int], most: int) -> list[_Item]:
    """The first of items in falling order; of those that tie for the last named place, all or none.

    Parameters
    ----------
    items : sequence
        The largest first.
    count : callable
        By which they are in order.
    most : int
        How many are named; two more, where that is what it takes to name all that tie.

    Examples
    --------
    >>> foremost([9, 7, 5, 5, 1], int, 3), foremost([9, 7, 5, 5, 5, 5], int, 3), foremost([1, 1, 1, 1], int, 1)
    ([9, 7, 5, 5], [9, 7], [])
    """
    if len(items) <= most:
        return list(items)
    last = count(items[most - 1])
    tied = [item for item in items if count(item) >= last]
    return tied if len(tied) <= most + _MORE else [item for item in tied if count(item) > last]


def leading(table: Breakdown, most: int = _NAMED) -> list[Line]:
    """The commonest rows that have a name of their own and any appeals; see :func:`foremost` for ties."""
    named = [line for line in table.lines if line.count and line.key != FALLBACK]
    return foremost(named, lambda line: line.count, most)


def address_topics(place: Place, figures: Figures) -> str:
    """What an address is written about more than once; several things where no topic is."""
    names = {line.key: line.name for line in figures.topics.lines}
    often = [pair for pair in place.topics if pair[1] >= _PLACE_FEWEST]
    named = foremost(often, lambda pair: pair[1], _PLACE_TOPICS)
    return "; ".join(f"{names.get(topic, topic)} — {number(count)}" for topic, count in named) or "разные темы"


def answers_until(terms: Terms) -> str:
    """By which day answers are open: the last one that the data have."""
    return f"на{NBSP}{date_name(terms.until)}" if terms.until else "на последнюю дату данных"


def estimate_notes(figures: Figures) -> tuple[str, ...]:
    """What must be read beside the corrected numbers."""
    outside = any(not whole_number(one.low) <= one.count <= whole_number(one.high) for one in figures.estimates)
    return (*ESTIMATES, ESTIMATES_OUTSIDE) if outside else ESTIMATES


def one_question_each(figures: Figures) -> bool:
    """Whether every appeal raised one question: the table of questions is then that of topics."""
    table = figures.breakdown("question")
    if table is None:
        return False
    questions, topics = ({line.key: line.count for line in found.lines} for found in (table, figures.topics))
    return questions == topics


def leaders(table: Breakdown, forms: Forms) -> str:
    """A sentence that names the commonest rows with their shares."""
    lines = leading(table)
    if not lines:
        return ""
    parts = [f"«{line.name}» — {counted(line.count, forms)} ({percent(line.share(table.base))})" for line in lines]
    return f"{_LEADERS[table.of][len(lines) > 1]}: {listed(parts)}. Доли — {base_name(table.base_of, table.base)}."


def _shown_sum(table: Breakdown) -> float:
    """The shares as they are shown, in tenths of a per cent."""
    shown = (percent(line.share(table.base)).removesuffix(f"{NBSP}%").replace(",", ".") for line in table.lines)
    return round(sum(map(float, shown)) * 10, 6)


def count_table(figures: Figures, table: Breakdown, key: str, title: str) -> Table:
    """Counts, shares of the base, and the change against last year."""
    period = figures.period
    last_year = period.last_year if period else None
    compared = last_year is not None and all(line.last_year is not None for line in table.lines)
    columns = [
        Column(PROPERTIES[table.of]),
        Column("Вопросов" if table.base_of == "questions" else "Обращений", "number"),
        Column(f"Доля от\u00a0{number(table.base)}", "percent"),
    ]
    if compared:
        columns += [Column("АППГ", "number"), Column("Изменение", "difference"), Column(f"Изменение,{NBSP}%", "growth")]
    rows = []
    for line in table.lines:
        share = line.share(table.base)
        cells = (Cell(line.name), number_cell(line.count), Cell(percent(share), share) if table.base else _NOTHING)
        rows.append((*cells, *(change_cells(line.on_last_year) if compared else ())))
    whole = Change(sum(line.last_year or 0 for line in table.lines), table.base)
    total = (Cell("Итого"), number_cell(table.base), Cell(percent(1.0), 1.0) if table.base else _NOTHING)
    notes = [f"Доля — {base_name(table.base_of, table.base)}"]
    if compared and last_year is not None:
        notes.append(f"АППГ — аналогичный период прошлого года ({period_name(last_year)})")
    if table.base and _shown_sum(table) != 1000:
        notes.append("Сумма показанных долей отличается от 100\u00a0% из-за округления")
    if table.unknown:
        what = "Тема не определена у" if table.of == "topic" else "Не указано у"
        notes.append(f"{what} {number(table.unknown)} {plural(table.unknown, APPEALS_OF)}, в таблице их нет")
    return Table(
        key,
        title,
        tuple(columns),
        tuple(rows),
        (*total, *(change_cells(whole) if compared else ())),
        sentences(notes),
    )
