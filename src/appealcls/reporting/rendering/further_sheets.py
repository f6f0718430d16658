"""The further sheets of a workbook: what stands behind the counts, and what follows from them."""

from appealcls.reporting import wording
from appealcls.reporting.figures import Figures
from appealcls.reporting.rendering.tabulation import address_topics, answers_until, estimate_notes, whole_number
from appealcls.reporting.rendering.worksheet import DASH, TOTAL, Cell, Column, Formula, TableWriter, column_sum

__all__ = ["add"]


def add(writer: TableWriter, figures: Figures) -> None:
    """Add a sheet for each part that there are figures for, and one about the data."""
    for write in (_estimates, _terms, _overdue, _surges, _words, _places, _recommendations, _notes):
        write(writer, figures)


def _estimates(writer: TableWriter, figures: Figures) -> None:
    if not figures.estimates:
        return
    columns = [Column("Тема"), Column("Подсчитано", "count"), Column("Оценка", "count"), Column("Не менее", "count"),
               Column("Не более", "count")]  # fmt: skip
    rows: list[list[Cell]] = [
        [e.name, e.count, *map(whole_number, (e.estimate, e.low, e.high))] for e in figures.estimates
    ]
    writer.add("Оценка", wording.ESTIMATES_TITLE, columns, rows, notes=list(estimate_notes(figures)))


def _terms(writer: TableWriter, figures: Figures) -> None:
    terms = figures.terms
    if terms is None:
        return
    until = answers_until(terms)
    of_answered = (
        ("Дан ответ", terms.answered),
        ("из них в срок", terms.in_time),
        ("с нарушением срока", terms.late),
        ("до 15 дней", terms.up_to_15),
        ("от 16 до 30 дней", terms.up_to_30),
        ("более 30 дней", terms.longer),
    )
    others = (
        (f"Без ответа {until}, срок не истёк", terms.open_in_time),
        (f"Без ответа {until}, срок истёк", terms.open_overdue),
        ("Дата ответа раньше даты регистрации", terms.invalid),
    )
    notes = [
        f"Срок — 30 дней со дня регистрации (59-ФЗ, статья 12). Доля — {wording.base_name('answered', terms.answered)}."
    ]
    if terms.median_days is not None:
        notes.append(f"Половина ответов дана не позднее чем через {wording.days_name(terms.median_days)} (медиана).")
    first = len(notes) + 3
    rows: list[list[Cell]] = [
        [
            name,
            count,
            Formula(f"=IF(B${first}=0,0,B{{row}}/B${first})", count / terms.answered if terms.answered else 0.0),
        ]
        for name, count in of_answered
    ]
    rows += [[name, count, DASH] for name, count in others]
    columns = [Column("Показатель"), Column("Обращений", "count"), Column("Доля", "share")]
    writer.add("Сроки", wording.HEADINGS["terms"], columns, rows, notes=notes)


def _overdue(writer: TableWriter, figures: Figures) -> None:
    if figures.terms is None or not figures.terms.overdue_by_department:
        return
    lines = figures.terms.overdue_by_department
    rows: list[list[Cell]] = [
        [name, late, overdue, Formula("=B{row}+C{row}", late + overdue)] for name, late, overdue in lines
    ]
    sums = ([late for _, late, _ in lines], [open_ for *_, open_ in lines], [late + open_ for _, late, open_ in lines])
    columns = [Column(wording.PROPERTIES["department"]), Column("Ответ дан с нарушением срока", "count", 16),
               Column("Ответа нет, срок истёк", "count", 16), Column("Всего", "count")]  # fmt: skip
    total: list[Cell] = [TOTAL, *(column_sum(place, counts) for place, counts in enumerate(sums, 1))]
    writer.add("Просрочка", "Нарушения срока по подразделениям", columns, rows, total=total, filtered=True)


def _surges(writer: TableWriter, figures: Figures) -> None:
    if not figures.surges:
        return
    columns = [Column("Тема", width=30), Column("Район"), Column("Время", width=16), Column("Поступило", "count"),
               Column("Ожидалось", "decimal"), Column("Во сколько раз больше", "decimal"), Column("p", "p"),
               Column("q", "p"), Column("Слова", width=22), Column("Примеры (личные данные скрыты)", width=50)]  # fmt: skip
    rows: list[list[Cell]] = [
        [
            surge.topic_name, surge.district or "Весь город",
            wording.capitalized(wording.month_name(*surge.month)) if surge.month else "Весь период",
            surge.observed, surge.expected,
            Formula(f'=IF(E{{row}}=0,"{DASH}",D{{row}}/E{{row}})', surge.ratio if surge.expected else DASH),
            surge.p_value, surge.q_value, ", ".join(word.lemma for word in surge.words), "\n".join(surge.examples),
        ]
        for surge in figures.surges
    ]  # fmt: skip
    notes = [
        "Обращений больше, чем позволяло ожидать прошлое с учётом сезона; q — доля ложных сигналов среди названных."
    ]
    writer.add("Всплески", wording.HEADINGS["surges"], columns, rows, notes=notes)


def _words(writer: TableWriter, figures: Figures) -> None:
    if not figures.words:
        return
    names = _topic_names(figures)
    columns = [Column("Тема"), Column("Слово"), Column("Сейчас", "decimal"), Column("Раньше", "decimal"),
               Column("z", "decimal")]  # fmt: skip
    rows: list[list[Cell]] = [
        [names.get(topic, topic), word.lemma, word.now, word.before, word.z]
        for topic, words in figures.words
        for word in words
    ]
    notes = ["Обращений с этим словом на 1000 обращений темы."]
    writer.add("Слова", wording.HEADINGS["words"], columns, rows, notes=notes, filtered=True)


def _places(writer: TableWriter, figures: Figures) -> None:
    if not figures.places:
        return
    columns = [
        Column("Адрес", width=30),
        Column("Дом", width=10),
        Column("Обращений", "count"),
        Column("Чаще всего по теме", width=70),
    ]
    rows: list[list[Cell]] = [
        [
            place.name,
            place.house or DASH,
            place.count,
            address_topics(place, figures),
        ]
        for place in figures.places
    ]
    writer.add("Места", wording.HEADINGS["places"], columns, rows, notes=[wording.PLACES_NOTE], filtered=True)


def _recommendations(writer: TableWriter, figures: Figures) -> None:
    if not figures.recommendations:
        return
    names = _topic_names(figures)
    columns = [
        Column("Подразделение", width=32),
        Column("Тема", width=32),
        Column("Рекомендация", width=70),
        Column("Показатели", width=40),
    ]
    rows: list[list[Cell]] = [
        [
            part.department,
            names.get(part.topic or "", part.topic or DASH),
            part.text,
            "\n".join(f"{name}: {value}" for name, value in part.figures),
        ]
        for part in figures.recommendations
    ]
    writer.add("Рекомендации", wording.HEADINGS["recommendations"], columns, rows, filtered=True)


def _notes(writer: TableWriter, figures: Figures) -> None:
    notes = figures.notes
    rows: list[list[Cell]] = [
        ["Прочитано строк", notes.rows, ""],
        ["Без даты", notes.without_date, ""],
        ["Дату не удалось прочесть", notes.unreadable_dates, ""],
        ["Невозможная дата", notes.impossible_dates, ""],
        ["Не вошли: относятся к другому времени", notes.outside, ""],
    ]
    if notes.sampled_texts is not None:
        rows.append(["Прочитано текстов для слов и адресов", notes.sampled_texts, ""])
    rows += [["Пример непрочитанной даты", None, f"строка {number}: «{cell}»"] for number, cell in notes.date_examples]
    rows += [[wording.PROPERTIES.get(of, of), None, f"колонка «{column}»"] for of, column in notes.columns]
    rows += [[wording.PROPERTIES.get(of, of), None, wording.MISSING.get(of, "нет колонки")] for of in notes.missing]
    columns = [Column("Показатель", width=38), Column("Строк", "count"), Column("Пояснение", width=70)]
    writer.add("О данных", wording.HEADINGS["notes"], columns, rows)


def _topic_names(figures: Figures) -> dict[str, str]:
    return {line.key: line.name for line in figures.topics.lines}
