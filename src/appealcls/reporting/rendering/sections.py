"""The counted parts of a report: totals, months, one table for each property, the term of 59-ФЗ."""

from collections.abc import Iterator, Sequence

from appealcls.reporting.figures import Change, Figures, MonthCount
from appealcls.reporting.rendering.blocks import Block, Bullets, Cell, Chart, Column, Heading, Paragraph, Series, Table
from appealcls.reporting.rendering.tabulation import (
    APPEALS_OF,
    answers_until,
    change_cells,
    change_table,
    comparisons,
    count_table,
    leaders,
    number_cell,
    one_question_each,
    previous_span,
)
from appealcls.reporting.wording import (
    APPEALS,
    BASES,
    HEADINGS,
    MONTHS,
    MONTHS_SHORT,
    NBSP,
    PROPERTIES,
    QUESTIONS,
    base_name,
    capitalized,
    change_phrase,
    counted,
    days_name,
    decimal,
    items_of_list,
    month_name,
    number,
    percent,
    period_name,
    plural,
    sentences,
)

__all__ = ["breakdown", "months", "repeats", "terms", "totals"]


def totals(figures: Figures) -> Iterator[Block]:
    """How many appeals, how that compares, and how many of them have a topic."""
    of, period = figures.totals, figures.period
    appeals = of.appeals
    yield Heading(2, HEADINGS["totals"], "totals")
    said = []
    when = capitalized(period_name(period.covered, "in")) if period else "Всего"
    if appeals.count:
        said.append(f"{when} поступило {counted(appeals.count)} граждан")
        if period and period.last_year and appeals.on_last_year:
            said[-1] += f" — {change_phrase(appeals.on_last_year, period_name(period.last_year, 'in'))}"
            said[-1] += f" ({number(appeals.on_last_year.before)})" if appeals.on_last_year.difference else ""
    else:
        said.append(f"{when} обращений граждан не поступило")
        if period and period.last_year and appeals.last_year:
            said[-1] += f" ({period_name(period.last_year, 'in')} — {counted(appeals.last_year)})"
    previous = previous_span(figures)
    if previous and appeals.on_previous:
        phrase = change_phrase(appeals.on_previous, period_name(previous, "in"))
        said.append(f"К предыдущему периоду: {phrase} ({number(appeals.on_previous.before)})")
    if period and period.year and period.year_before and (year := appeals.since_january):
        said.append(
            f"С начала года, {period_name(period.year, 'in')}, поступило {counted(year.now)} — "
            f"{change_phrase(year, period_name(period.year_before, 'in'))}"
            + (f" ({number(year.before)})" if year.difference else "")
        )
    yield Paragraph(sentences(said))
    said = []
    if appeals.count:
        said.append(
            f"Тема определена у {number(of.classified.count)} {plural(of.classified.count, APPEALS_OF)} "
            f"({percent(of.classified.share(appeals.count))} {BASES['appeals']})"
        )
    if of.questions is not None and of.questions.count and not one_question_each(figures):
        raised = plural(of.questions.count, ("поднят", "поднято", "поднято"))
        each = decimal(of.questions.count / appeals.count, 2) if appeals.count else "1,00"
        on_average = "" if each == "1,00" else f", в среднем {each} на одно обращение"
        said.append(f"В обращениях {raised} {counted(of.questions.count, QUESTIONS)}{on_average}")
    if of.review is not None and of.review.count:
        said.append(
            f"Для проверки темы сотрудником {plural(of.review.count, ('отмечено', 'отмечены', 'отмечено'))} {counted(of.review.count)} "
            f"({percent(of.review.share(appeals.count))} {BASES['appeals']})"
        )
    if said:
        yield Paragraph(sentences(said))
    named = {
        "Всего обращений": appeals,
        "из них с определённой темой": of.classified,
        "Поднято вопросов": of.questions,
        "Отмечено для проверки темы": of.review,
        "Повторные обращения": of.repeated,
        "Коллективные обращения": of.collective,
        "Дубликаты": of.duplicates,
    }
    lines = [(name, line) for name, line in named.items() if line is not None]
    title = "Основные показатели"
    if period and period.last_year:
        counts = [(name, line.count, line.last_year) for name, line in lines]
        yield change_table("totals", title, (period.covered, period.last_year), counts)
    else:
        columns = (Column("Показатель"), Column("Количество", "number"))
        yield Table("totals", title, columns, tuple((Cell(name), number_cell(line.count)) for name, line in lines))
    yield from comparisons(figures, "totals", title, lines)


def months(figures: Figures) -> Iterator[Block]:
    """Appeals by month with the year before; nothing where there are fewer than two months."""
    found = figures.months
    if len(found) < 2:
        return
    years = sorted({month.year for month in found})
    compared = all(month.last_year is not None for month in found)
    yield Heading(2, HEADINGS["months"], "months")
    whole = [month for month in found if not month.partial]
    most, least = (
        [month for month in whole if month.count == extreme(other.count for other in whole)] if whole else []
        for extreme in (max, min)
    )
    if len(most) == 1 and len(least) == 1 and len(whole) > 2:
        yield Paragraph(
            f"Больше всего обращений поступило {month_name(most[0].year, most[0].month, 'in')} "
            f"({number(most[0].count)}), меньше всего — {month_name(least[0].year, least[0].month, 'in')} "
            f"({number(least[0].count)})."
        )
    now, before = (_years(years), _years([year - 1 for year in years]))
    series = [Series(now, tuple(month.count for month in found))]
    if compared:
        series.append(Series(before, tuple(month.last_year for month in found)))
    labels = tuple(MONTHS_SHORT[m.month - 1] + (f" {m.year}" if len(years) > 1 else "") for m in found)
    yield Chart(
        "months",
        "months-chart",
        f"Число обращений по месяцам, {now}{' и ' + before if compared else ''}",
        "Число обращений по месяцам: " + "; ".join(_month_words(month) for month in found) + ".",
        labels,
        tuple(series),
        tuple(position for position, month in enumerate(found) if month.partial),
    )
    columns = [Column("Месяц"), Column(now, "number")]
    if compared:
        columns += [Column(before, "number"), Column("Изменение", "difference"), Column(f"Изменение,{NBSP}%", "growth")]
    rows = []
    for month in found:
        change = None if month.last_year is None else Change(month.last_year, month.count)
        name = month_name(month.year, month.month) if len(years) > 1 else MONTHS[month.month - 1][0]
        cells = (Cell(capitalized(name) + ("*" if month.partial else "")), number_cell(month.count))
        rows.append((*cells, *(change_cells(change) if compared else ())))
    whole_change = Change(sum(month.last_year or 0 for month in found), sum(month.count for month in found))
    total = (Cell("Итого"), number_cell(whole_change.now), *(change_cells(whole_change) if compared else ()))
    note = "* Месяц представлен в данных не полностью; для сравнения взяты те же дни прошлого года."
    partial = any(month.partial for month in found)
    yield Table(
        "months",
        "Число обращений по месяцам",
        tuple(columns),
        tuple(rows),
        total,
        (note if compared else "* Месяц представлен в данных не полностью.") if partial else "",
    )


def _years(years: Sequence[int]) -> str:
    return f"{years[0]}{NBSP}год" if len(years) == 1 else f"{years[0]}\u2013{years[-1]}{NBSP}годы"


def _month_words(month: MonthCount) -> str:
    words = f"{month_name(month.year, month.month)} — {number(month.count)}"
    return words if month.last_year is None else f"{words} (годом ранее — {number(month.last_year)})"


def breakdown(figures: Figures, of: str) -> Iterator[Block]:
    """The part about one property; nothing where no appeal has it."""
    table = figures.breakdown(of)
    if table is None or not table.base or (of == "question" and one_question_each(figures)):
        return
    yield Heading(2, HEADINGS[of], of)
    forms = QUESTIONS if table.base_of == "questions" else APPEALS
    if sentence := leaders(table, forms):
        yield Paragraph(sentence)
    yield count_table(figures, table, of, HEADINGS[of])


def terms(figures: Figures) -> Iterator[Block]:
    """How the 30 days of 59-ФЗ were kept."""
    found = figures.terms
    if found is None or not (found.answered or found.open_in_time or found.open_overdue):
        return
    yield Heading(2, HEADINGS["terms"], "terms")
    said = [
        "Срок рассмотрения обращения — 30\u00a0дней со дня регистрации "
        "(статья\u00a012 Федерального закона от\u00a002.05.2006 №\u00a059-ФЗ)"
    ]
    if found.answered:
        kept = found.in_time / found.answered
        said.append(
            f"Ответ дан на {counted(found.answered)}: в срок — {number(found.in_time)} ({percent(kept)}), "
            f"с нарушением срока — {number(found.late)} ({percent(found.late / found.answered)})"
        )
        if found.median_days is not None:
            said.append(f"Половина ответов дана не позднее чем через {days_name(found.median_days)} после регистрации")
    else:
        said.append("Ответов на обращения периода в данных нет")
    waiting = found.open_in_time + found.open_overdue
    if waiting:
        said.append(
            f"{capitalized(answers_until(found))} ответа ещё нет на {counted(waiting)}: срок не истёк у "
            f"{number(found.open_in_time)}, истёк у {number(found.open_overdue)}"
        )
    yield Paragraph(sentences(said))
    if found.answered:
        parts = (("До 15 дней", found.up_to_15), ("От 16 до 30 дней", found.up_to_30), ("Более 30 дней", found.longer))
        columns = (
            Column("Срок ответа"),
            Column("Обращений", "number"),
            Column(f"Доля от\u00a0{number(found.answered)}", "percent"),
        )
        share = [count / found.answered for _, count in parts]
        notes = [f"Доля — {base_name('answered', found.answered)}"]
        if found.longer != found.late:
            notes.append(
                "Последний день срока определён с учётом нерабочих дней, поэтому число ответов позднее 30\u00a0дней "
                "может отличаться от числа ответов с нарушением срока"
            )
        yield Table(
            "terms",
            "Сроки ответа",
            columns,
            tuple(
                (Cell(name), number_cell(count), Cell(percent(part), part))
                for (name, count), part in zip(parts, share, strict=True)
            ),
            (Cell("Итого"), number_cell(found.answered), Cell(percent(1.0), 1.0)),
            sentences(notes),
        )
    if found.overdue_by_department:
        yield Table(
            "overdue",
            "Нарушения срока по подразделениям",
            (
                Column(PROPERTIES["department"]),
                Column("Ответ после срока", "number"),
                Column("Срок истёк, ответа нет", "number"),
                Column("Всего", "number"),
            ),
            tuple(
                (Cell(department), number_cell(late), number_cell(waiting), number_cell(late + waiting))
                for department, late, waiting in found.overdue_by_department
            ),
        )


def repeats(figures: Figures) -> Iterator[Block]:
    """Repeated and collective appeals, and duplicates."""
    of, period = figures.totals, figures.period
    items = []
    for name, line in (
        ("Повторные обращения", of.repeated),
        ("Коллективные обращения", of.collective),
        ("Дубликаты", of.duplicates),
    ):
        if line is not None and of.appeals.count:
            text = f"{name}: {number(line.count)} ({percent(line.share(of.appeals.count))} "
            text += f"{BASES['appeals']})"
            if period and period.last_year and line.on_last_year:
                text += f", {change_phrase(line.on_last_year, period_name(period.last_year, 'in'))}"
            items.append(text)
    if items:
        yield Heading(2, HEADINGS["repeats"], "repeats")
        yield Bullets(items_of_list(items))
