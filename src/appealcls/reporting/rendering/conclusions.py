"""What follows from the counts: the summary, surges, words, places, recommendations, and what the data did not say."""

from collections.abc import Iterator
from typing import Final

from appealcls.reporting.figures import Figures, Period, Surge, WordGrowth
from appealcls.reporting.rendering.blocks import (
    Block,
    Bullets,
    Cell,
    Column,
    Heading,
    KeyFigure,
    KeyFigures,
    Paragraph,
    Table,
)
from appealcls.reporting.rendering.tabulation import address_topics, answers_until, leading, number_cell
from appealcls.reporting.wording import (
    HEADINGS,
    MISSING,
    PLACES_NOTE,
    PROPERTIES,
    ROWS,
    base_name,
    capitalized,
    counted,
    decimal,
    items_of_list,
    listed,
    month_name,
    number,
    percent,
    period_name,
    plural,
    sentences,
    signed_percent,
    times,
)

__all__ = ["notes", "places", "recommendations", "summary", "surges", "words"]

_DETAILED: Final = 5  # surges that are told at length; the others stand in the table
_DAYS: Final = ("день", "дня", "дней")
_SERIES: Final = ("сочетание", "сочетания", "сочетаний")


def summary(figures: Figures) -> Iterator[Block]:
    """The key figures, and a warning where the data do not fill the period."""
    totals, terms = figures.totals, figures.terms
    items = [KeyFigure("Поступило обращений", number(totals.appeals.count), _growth(figures))]
    if most := leading(figures.topics, 1):
        share = percent(most[0].share(figures.topics.base))
        if len(most) == 1:
            items.append(KeyFigure("Самая частая тема", share, most[0].name))
        else:
            items.append(KeyFigure("Самые частые темы", f"по\u00a0{share}", "; ".join(line.name for line in most)))
    if terms is not None and terms.answered:
        items.append(
            KeyFigure(
                "Ответ дан в срок", percent(terms.in_time / terms.answered), base_name("answered", terms.answered)
            )
        )
    if terms is not None and terms.open_overdue:
        items.append(KeyFigure("Срок истёк, ответа нет", number(terms.open_overdue), answers_until(terms)))
    if figures.surges:
        count = len(figures.surges)
        where = {surge.topic for surge in figures.surges}
        items.append(
            KeyFigure(
                "Всплески", number(count), f"по {number(len(where))} {plural(len(where), ('теме', 'темам', 'темам'))}"
            )
        )
    yield KeyFigures(tuple(items))
    if figures.period is not None and figures.period.partial:
        yield Paragraph(_partial(figures.period), "warning")


def _growth(figures: Figures) -> str:
    change = figures.totals.appeals.on_last_year
    if change is None or figures.period is None or figures.period.last_year is None:
        return ""
    if change.ratio is None:
        return "в прошлом году (АППГ) не было" if change.difference else ""
    return f"{signed_percent(change.ratio)} к\u00a0АППГ ({number(change.before)})"


def _partial(period: Period) -> str:
    covered = period.covered
    parts = [
        f"Данные охватывают не весь период: {period_name(covered, 'in')}, "
        f"{counted(covered.days, _DAYS)} из\u00a0{number(period.whole.days)}"
    ]
    spans = dict.fromkeys(span for span in (period.last_year, period.previous) if span is not None)
    others = [period_name(span) for span in spans]
    if others:
        taken = "взят такой же отрезок" if len(others) == 1 else "взяты такие же отрезки"
        parts.append(f"Для сравнения {taken}: {listed(others)}")
    return sentences(parts)


def surges(figures: Figures) -> Iterator[Block]:
    """Surges in plain words: where, how many, which words, examples."""
    if not figures.surges:
        if figures.period is not None and figures.surges_tested:
            yield Heading(2, HEADINGS["surges"], "surges")
            yield Paragraph(
                f"Всплески не выявлены. {plural(figures.surges_tested, ('Проверено', 'Проверены', 'Проверено'))} "
                f"{counted(figures.surges_tested, _SERIES)} темы и территории: ни в одном из них число обращений "
                "не превысило ожидаемого по данным прошлых периодов больше, чем бывает случайно."
            )
        return
    yield Heading(2, HEADINGS["surges"], "surges")
    risk = max(surge.q_value for surge in figures.surges)
    yield Paragraph(
        "Всплеском названо число обращений, которое заметно больше ожидаемого по данным прошлых периодов. "
        f"Доля случайных совпадений среди названных всплесков — не более {_upwards(risk)}."
    )
    dated = any(surge.month for surge in figures.surges)
    yield Table(
        "surges",
        "Обращений больше, чем ожидалось",
        (
            Column(PROPERTIES["topic"]),
            Column("Территория"),
            *((Column("Месяц"),) if dated else ()),
            Column("Поступило", "number"),
            Column("Ожидалось", "decimal"),
        ),
        tuple(
            (
                Cell(surge.topic_name),
                Cell(_where(surge)),
                *((Cell(month_name(*surge.month) if surge.month else "весь период"),) if dated else ()),
                number_cell(surge.observed),
                Cell(_expected(surge), surge.expected),
            )
            for surge in figures.surges
        ),
    )
    for position, surge in enumerate(figures.surges[:_DETAILED], 1):
        yield Heading(3, f"{surge.topic_name}: {_where(surge)}", f"surge-{position}")
        when = f"{month_name(*surge.month, 'in')} поступило" if surge.month else "поступило"
        text = [f"{capitalized(when)} {counted(surge.observed)}, ожидалось {_expected(surge)}{_more(surge)}"]
        if surge.words:
            text.append(f"Чаще прежнего встречаются слова: {listed([_word(word) for word in surge.words])}")
        if surge.examples:
            text.append("Характерные обращения:")
        yield Paragraph(sentences(text))
        if surge.examples:
            yield Bullets(surge.examples, "quotes")


def _upwards(share: float) -> str:
    """A risk as per cent, never made smaller by rounding."""
    for bound in (0.001, 0.01, 0.05, 0.1):
        if share <= bound:
            return percent(bound, 0 if bound >= 0.01 else 1)
    return percent(min(1.0, share))


def _where(surge: Surge) -> str:
    if surge.district is None:
        return "весь город"
    named = surge.district.lower().endswith(("ий", "ый", "ой")) and "район" not in surge.district.lower()
    return f"{surge.district} район" if named else surge.district


def _expected(surge: Surge) -> str:
    return decimal(surge.expected, 0 if surge.expected >= 100 or not surge.expected else 1)


def _more(surge: Surge) -> str:
    if not surge.expected:
        return ""
    return f" — {times(surge.ratio)} больше" if surge.ratio >= 2 else f" — на\u00a0{percent(surge.ratio - 1)} больше"


def _word(word: WordGrowth) -> str:
    return f"«{word.lemma}» ({decimal(word.now)} на\u00a01\u00a0000 обращений темы, прежде {decimal(word.before)})"


def words(figures: Figures) -> Iterator[Block]:
    """Words that are written more than before, by topic."""
    names = {line.key: line.name for line in figures.topics.lines}
    items = [
        f"«{names.get(topic, topic)}»: {', '.join(_word(word) for word in found)}"
        for topic, found in figures.words
        if found
    ]
    if items:
        yield Heading(2, HEADINGS["words"], "words")
        yield Paragraph("Слова, доля которых в обращениях темы выросла сильнее всего:")
        yield Bullets(items_of_list(items))


def places(figures: Figures) -> Iterator[Block]:
    """Streets and houses that return."""
    if not figures.places:
        return
    yield Heading(2, HEADINGS["places"], "places")
    yield Table(
        "places",
        "Адреса, которые называют неоднократно",
        (Column("Адрес"), Column("Обращений", "number"), Column("Чаще всего по теме")),
        tuple(
            (
                Cell(place.name + (f", дом {place.house}" if place.house else "")),
                number_cell(place.count),
                Cell(address_topics(place, figures)),
            )
            for place in figures.places
        ),
        note=PLACES_NOTE,
    )


def recommendations(figures: Figures) -> Iterator[Block]:
    """What each department should do, and the figures it rests on."""
    if not figures.recommendations:
        return
    yield Heading(2, HEADINGS["recommendations"], "recommendations")
    departments = list(dict.fromkeys(advice.department for advice in figures.recommendations))
    for position, department in enumerate(departments, 1):
        yield Heading(3, department, f"department-{position}")
        items = []
        for advice in figures.recommendations:
            if advice.department == department:
                # Figures that the text itself tells are not told again.
                grounds = "; ".join(
                    f"{name[:1].lower() + name[1:]} — {value}"
                    for name, value in advice.figures
                    if value not in advice.text
                )
                items.append(sentences([advice.text, *([f"Основание: {grounds}"] if grounds else [])]))
        yield Bullets(tuple(items))


def notes(figures: Figures) -> Iterator[Block]:
    """What the data did not say, and what therefore is not in the report."""
    found, totals, period = figures.notes, figures.totals, figures.period
    yield Heading(2, HEADINGS["notes"], "notes")
    items = [f"прочитано: {counted(found.rows, ROWS)}; в отчёт вошло: {counted(totals.appeals.count)}"]
    if found.outside:
        items.append(f"не вошли в отчёт, потому что относятся к другому времени: {counted(found.outside, ROWS)}")
    undated = {
        "дата не указана": found.without_date,
        "дата не читается": found.unreadable_dates,
        "дата невозможна": found.impossible_dates,
    }
    if period is not None and any(undated.values()):
        reasons = ", ".join(f"{what} — {number(count)}" for what, count in undated.items() if count)
        items.append(f"не вошли в отчёт строки без пригодной даты: {number(sum(undated.values()))} ({reasons})")
    if found.date_examples:
        cells = listed([f"строка {number(row)} — «{cell}»" for row, cell in found.date_examples])
        items.append(f"примеры дат, которые нужно исправить: {cells}")
    if figures.terms is not None and figures.terms.invalid:
        items.append(
            f"ответ датирован раньше регистрации: {counted(figures.terms.invalid)} — соблюдение срока по ним не проверено"
        )
    if found.sampled_texts is not None:
        items.append(
            f"слова и адреса определены по выборке: прочитано {counted(found.sampled_texts, ('текст', 'текста', 'текстов'))}"
        )
    yield Bullets(tuple(f"{capitalized(item)}." for item in items))
    absent = [MISSING[name] for name in found.missing if name in MISSING]
    if period is not None and period.last_year is None:
        absent.append("нет данных за аналогичный период прошлого года — сравнение с ним не приводится")
    absent += [
        f"показатель «{PROPERTIES[table.of]}» не указан ни в одном обращении — таблица не приводится"
        for table in figures.breakdowns
        if not table.base and table.of not in found.missing
    ]
    if period is not None and not figures.surges:
        if figures.surges_tested == 0:
            absent.append(
                "недостаточно данных за прошлые периоды — всплески обращений не определялись: для этого нужны данные "
                "за то же время прошлого года, а для отдельных районов — не менее чем за три предыдущих периода"
            )
        elif figures.surges_tested is None:
            absent.append("всплески обращений не приводятся")
    if absent:
        yield Paragraph("В отчёте нет части сведений:")
        yield Bullets(tuple(f"{capitalized(item)}." for item in absent))
    if found.columns:
        yield Table(
            "columns",
            "Из каких колонок взяты сведения",
            (Column("Сведения"), Column("Колонка таблицы")),
            tuple((Cell(PROPERTIES.get(name, name)), Cell(f"«{column}»")) for name, column in found.columns),
        )
