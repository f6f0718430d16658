"""A report checks itself: sums that must agree, spans that must be in order, numbers that must lie within others."""

from collections.abc import Iterator
from math import isfinite
from typing import Final

from appealcls.reporting.analysis.privacy import anonymous
from appealcls.reporting.checking.findings import Finding
from appealcls.reporting.figures import Breakdown, CrossTable, Figures, Line, Period, Span, Terms
from appealcls.reporting.wording import PROPERTIES, number

__all__ = ["verify"]

_SLACK: Final = 3  # days by which the lengths of two spans of calendar months may differ: 31 and 28


def verify(figures: Figures) -> tuple[Finding, ...]:
    """Find what in a report contradicts itself.

    Parameters
    ----------
    figures : Figures

    Returns
    -------
    tuple of Finding
        Empty for a report that can be published.
    """
    return (
        *_period(figures.period),
        *_totals(figures),
        *(finding for table in (figures.topics, *figures.breakdowns) for finding in _breakdown(table, figures)),
        *(finding for table in figures.crosses for finding in _cross(table, figures)),
        *_months(figures),
        *_estimates(figures),
        *(() if figures.terms is None else _terms(figures.terms, figures.totals.appeals.count)),
        *_surges(figures),
        *_words(figures),
        *_places(figures),
        *_recommendations(figures),
        *_notes(figures),
    )


def _equal(where: str, what: str, found: int, wanted: int) -> Iterator[Finding]:
    if found != wanted:
        yield Finding(where, what, f"{what}: {number(found)}, а должно быть {number(wanted)}", number(wanted))


def _at_most(where: str, what: str, found: float, limit: float) -> Iterator[Finding]:
    if not found <= limit:
        yield Finding(where, what, f"{what}: {found:g} больше {limit:g}")


def _not_negative(where: str, what: str, *counts: float | None) -> Iterator[Finding]:
    for count in counts:
        if count is not None and not (count >= 0 and isfinite(count)):
            yield Finding(where, what, f"{what}: {count:g} — не число обращений")


def _period(period: Period | None) -> Iterator[Finding]:
    where = "период"
    if period is None:
        return
    spans = {
        "весь период": period.whole,
        "охваченные дни": period.covered,
        "прошлый год": period.last_year,
        "предыдущий период": period.previous,
        "с начала года": period.year,
        "с начала прошлого года": period.year_before,
    }
    for name, span in spans.items():
        if span is not None and span.start > span.stop:
            yield Finding(where, name, f"{name}: конец {span.stop} раньше начала {span.start}")
    covered = period.covered
    if covered.start < period.whole.start or covered.stop > period.whole.stop:
        yield Finding(where, "охваченные дни", "охваченные дни выходят за границы периода")
    compared: list[tuple[str, Span | None, Span | None]] = [
        ("прошлый год", period.last_year, covered),
        ("предыдущий период", period.previous, covered),
        ("с начала прошлого года", period.year_before, period.year),
    ]
    for name, before, now in compared:
        if before is None or now is None:
            continue
        if before.stop >= now.start:
            yield Finding(where, name, f"{name}: дни сравнения пересекаются с периодом")
        if abs(before.days - now.days) > _SLACK * max(1, round(now.days / 30)):
            yield Finding(where, name, f"{name}: сравниваются {before.days} и {now.days} дн.")
    if period.year is not None and (period.year.stop != covered.stop or period.year.start > covered.start):
        yield Finding(where, "с начала года", "дни с начала года не содержат периода")


def _totals(figures: Figures) -> Iterator[Finding]:
    totals, where = figures.totals, "итоги"
    limits = {"с темой": totals.classified, "для проверки": totals.review, "повторные": totals.repeated}
    limits |= {"коллективные": totals.collective, "дубликаты": totals.duplicates}
    yield from _line(where, totals.appeals)
    for name, line in limits.items():
        if line is None:
            continue
        yield from _line(where, line)
        for span in ("count", "last_year", "previous", "year", "year_before"):
            part, whole = getattr(line, span), getattr(totals.appeals, span)
            if part is not None and whole is not None:
                yield from _at_most(where, f"{name} ({span})", part, whole)
    if totals.questions is not None:
        yield from _line(where, totals.questions)
        yield from _at_most(
            where, "обращений с темой больше, чем вопросов", totals.classified.count, totals.questions.count
        )


def _line(where: str, line: Line) -> Iterator[Finding]:
    counts = (line.count, line.last_year, line.previous, line.year, line.year_before)
    yield from _not_negative(where, line.name, *counts)
    if line.year is not None:
        yield from _at_most(where, f"{line.name}: за период больше, чем с начала года", line.count, line.year)


def _breakdown(table: Breakdown, figures: Figures) -> Iterator[Finding]:
    where = PROPERTIES.get(table.of, table.of)
    totals = figures.totals
    yield from _equal(where, "сумма строк", sum(line.count for line in table.lines), table.base)
    yield from _not_negative(where, "не указано", table.unknown)
    for line in table.lines:
        yield from _line(where, line)
    keys = [line.key for line in table.lines]
    if len(set(keys)) < len(keys):
        yield Finding(where, "строки", "одна и та же строка встречается дважды")
    counts = [line.count for line in table.lines]
    if counts != sorted(counts, reverse=True):
        yield Finding(where, "порядок строк", "строки не упорядочены по убыванию")
    for span in ("last_year", "previous", "year", "year_before"):
        known = [value for line in table.lines if (value := getattr(line, span)) is not None]
        if known and len(known) < len(table.lines):
            yield Finding(where, span, "время сравнения есть не у всех строк")
        whole = getattr(totals.appeals, span)
        if known and whole is not None and table.base_of == "appeals":
            yield from _at_most(where, f"сумма строк ({span})", sum(known), whole)
    if table.of == "topic":
        yield from _equal(where, "обращения с темой", table.base, totals.classified.count)
    if table.base_of == "appeals":
        yield from _equal(where, "строки и не указанное", table.base + table.unknown, totals.appeals.count)
    if table.base_of == "questions" and totals.questions is not None:
        yield from _equal(where, "вопросы", table.base, totals.questions.count)


def _cross(table: CrossTable, figures: Figures) -> Iterator[Finding]:
    where = " × ".join(PROPERTIES.get(name, name) for name in table.of)
    if len(table.counts) != len(table.rows) or any(len(row) != len(table.columns) for row in table.counts):
        yield Finding(where, "размер", "число клеток не соответствует числу строк и граф")
        return
    for (_, name), row, total in zip(table.rows, table.counts, table.row_totals, strict=True):
        yield from _not_negative(where, name, *row)
        yield from _equal(where, f"строка «{name}»", sum(row), total)
    for place, ((_, name), total) in enumerate(zip(table.columns, table.column_totals, strict=True)):
        yield from _equal(where, f"графа «{name}»", sum(row[place] for row in table.counts), total)
    yield from _equal(where, "итог по строкам", sum(table.row_totals), table.total)
    yield from _equal(where, "итог по графам", sum(table.column_totals), table.total)
    for of, names, totals in (
        (table.of[0], table.rows, table.row_totals),
        (table.of[1], table.columns, table.column_totals),
    ):
        breakdown = figures.breakdown(of)
        counts = {} if breakdown is None else {line.key: line.count for line in breakdown.lines}
        for (key, name), total in zip(names, totals, strict=True):
            if key in counts and "month" not in table.of:
                yield from _at_most(where, f"«{name}» в таблице и в итогах", total, counts[key])


def _months(figures: Figures) -> Iterator[Finding]:
    where = "месяцы"
    order = [(month.year, month.month) for month in figures.months]
    if order != sorted(set(order)) or any(not 1 <= month <= 12 for _, month in order):
        yield Finding(where, "порядок", "месяцы не по порядку")
    for month in figures.months:
        yield from _not_negative(where, f"{month.month:02}.{month.year}", month.count, month.last_year)
    total = sum(month.count for month in figures.months)
    year = figures.totals.appeals.year
    if figures.months and year is not None and len({year for year, _ in order}) == 1:
        yield from _equal(where, "сумма месяцев", total, year)
    elif figures.months:
        yield from _at_most(where, "за период больше, чем за все месяцы", figures.totals.appeals.count, total)


def _estimates(figures: Figures) -> Iterator[Finding]:
    where = "оценки"
    counts = {line.key: line.count for line in figures.topics.lines}
    for estimate in figures.estimates:
        yield from _not_negative(where, estimate.name, estimate.estimate, estimate.low, estimate.high)
        if not estimate.low <= estimate.estimate <= estimate.high:
            yield Finding(where, estimate.name, f"«{estimate.name}»: оценка вне своего интервала")
        if estimate.topic in counts:
            yield from _equal(where, f"«{estimate.name}»", estimate.count, counts[estimate.topic])


def _terms(terms: Terms, appeals: int) -> Iterator[Finding]:
    where = "сроки"
    counts = (terms.in_time, terms.late, terms.open_in_time, terms.open_overdue, terms.invalid)
    yield from _not_negative(
        where, "числа ответов", *counts, terms.up_to_15, terms.up_to_30, terms.longer, terms.median_days
    )
    yield from _equal(where, "ответы по длительности", terms.up_to_15 + terms.up_to_30 + terms.longer, terms.answered)
    yield from _at_most(where, "ответов и открытых больше, чем обращений", sum(counts), appeals)
    departments = terms.overdue_by_department
    yield from _at_most(where, "просрочено подразделениями", sum(late for _, late, _ in departments), terms.late)
    yield from _at_most(
        where, "не рассмотрено подразделениями", sum(left for _, _, left in departments), terms.open_overdue
    )
    for name, late, left in departments:
        if late + left <= 0:
            yield Finding(where, name, f"«{name}»: нет просроченных обращений, но названо среди допустивших просрочку")


def _surges(figures: Figures) -> Iterator[Finding]:
    where = "всплески"
    counts = {line.key: line.count for line in figures.topics.lines}
    for surge in figures.surges:
        name = f"«{surge.topic_name}»"
        if not 0 <= surge.p_value <= surge.q_value <= 1:
            yield Finding(where, name, f"{name}: вероятности вне 0…1 или не по порядку")
        if surge.observed <= surge.expected:
            yield Finding(where, name, f"{name}: наблюдалось не больше, чем ожидалось")
        if surge.topic in counts:
            yield from _at_most(where, f"{name}: больше, чем обращений по теме", surge.observed, counts[surge.topic])
            if surge.district is None and surge.month is None:
                yield from _equal(where, name, surge.observed, counts[surge.topic])
        for example in surge.examples:
            if anonymous(example) != " ".join(example.split()):
                yield Finding(where, name, f"{name}: в примере остались персональные данные")
    chances = [surge.p_value for surge in figures.surges]
    if chances != sorted(chances):
        yield Finding(where, "порядок", "всплески не упорядочены")


def _words(figures: Figures) -> Iterator[Finding]:
    told = [*figures.words, *((surge.topic, surge.words) for surge in figures.surges)]
    for topic, words in told:
        for word in words:
            yield from _at_most("слова", f"«{word.lemma}» ({topic}): раньше чаще, чем теперь", word.before, word.now)
            yield from _at_most("слова", f"«{word.lemma}» ({topic}): на 1 000 обращений", word.now, 1000.0)


def _places(figures: Figures) -> Iterator[Finding]:
    for place in figures.places:
        name = " ".join(filter(None, (place.name, place.house)))
        yield from _at_most("адреса", name, place.count, figures.totals.appeals.count)
        yield from _at_most("адреса", f"{name}: по темам", sum(count for _, count in place.topics), place.count)


def _recommendations(figures: Figures) -> Iterator[Finding]:
    for said in figures.recommendations:
        if not said.department.strip() or not said.text.strip():
            yield Finding("рекомендации", said.rule, f"правило {said.rule}: нет подразделения или текста")
        for name, value in said.figures:
            if not value.strip():
                yield Finding("рекомендации", said.rule, f"правило {said.rule}: «{name}» без значения")


def _notes(figures: Figures) -> Iterator[Finding]:
    notes, appeals = figures.notes, figures.totals.appeals.count
    left = notes.without_date + notes.unreadable_dates + notes.impossible_dates + notes.outside
    yield from _not_negative("сведения о данных", "строки", notes.rows, left)
    if figures.period is None:
        yield from _at_most("сведения о данных", "обращений больше, чем строк", appeals, notes.rows)
    else:
        yield from _equal("сведения о данных", "строки", appeals + left, notes.rows)
