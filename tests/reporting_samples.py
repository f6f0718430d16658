"""Invented figures of reports, whole and with parts missing, for the tests of all formats.

Their parts agree as those of a real table do: rows sum to totals, months to the year. No real appeal is among them.
"""

import datetime as dt
import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

from appealcls.reporting.figures import (
    Breakdown,
    CrossTable,
    DataNotes,
    Estimate,
    Figures,
    Line,
    MonthCount,
    Period,
    Place,
    Recommendation,
    Span,
    Surge,
    Terms,
    Totals,
    WordGrowth,
)
from appealcls.topics import Taxonomy

__all__ = ["SAMPLES", "empty", "full", "hostile", "no_dates", "no_last_year", "one_row", "partial"]

_APPEALS, _LAST_YEAR, _UNCLASSIFIED = 18_970, 13_916, 558
_TOPICS = tuple((topic.id, topic.name) for topic in Taxonomy.default().topics)
_TOPIC_WEIGHTS = {
    "roads": 27,
    "snow_removal": 19,
    "transport": 16,
    "other": 15,
    "dumps": 11,
    "stray_animals": 8,
    "resettlement": 4,
}
_SEASONS = {  # January to December
    "roads": (3, 3, 8, 13, 14, 12, 11, 11, 10, 8, 4, 3),
    "snow_removal": (17, 13, 10, 4, 3, 2, 2, 2, 3, 6, 16, 22),
    "dumps": (3, 3, 7, 16, 15, 12, 10, 9, 9, 8, 5, 3),
}
_MONTHS = (
    "январь",
    "февраль",
    "март",
    "апрель",
    "май",
    "июнь",
    "июль",
    "август",
    "сентябрь",
    "октябрь",
    "ноябрь",
    "декабрь",
)
_DISTRICTS = ("Центральный", "Индустриальный", "Кировский", "Краснофлотский", "Железнодорожный")
_DEPARTMENTS = (
    "Управление дорог и внешнего благоустройства",
    "Управление транспорта",
    "Отдел по работе с обращениями граждан",
    "Управление охраны окружающей среды",
    "Управление жилищного фонда",
)


def _split(total: int, weights: Sequence[float]) -> list[int]:
    """Whole parts of a total, as large as their weights; they sum to it."""
    bounds = [round(total * sum(weights[:end]) / sum(weights)) for end in range(len(weights) + 1)]
    return [stop - start for start, stop in itertools.pairwise(bounds)]


def _breakdown(of: str, names: Sequence[str], weights: Sequence[float], total: int, before: int) -> Breakdown:
    now, last = _split(total, weights), _split(before, [weight + 1 for weight in weights])
    lines = [Line(name, name, count, year_ago) for name, count, year_ago in zip(names, now, last, strict=True)]
    lines.sort(key=lambda line: -line.count)
    return Breakdown(of, "appeals", total, tuple(lines), _APPEALS - total)


def _cross(
    of: tuple[str, str], rows: Sequence[tuple[str, str]], columns: Sequence[str], counts: Sequence[Sequence[int]]
) -> CrossTable:
    return CrossTable(
        of,
        tuple(rows),
        tuple((f"2025-{number:02}" if of[1] == "month" else name, name) for number, name in enumerate(columns, 1)),
        tuple(map(tuple, counts)),
        tuple(map(sum, counts)),
        tuple(map(sum, zip(*counts, strict=True))),
        sum(map(sum, counts)),
    )


def full() -> Figures:
    """A year with the year before, and every part that a report can have."""
    order = list(_TOPIC_WEIGHTS)
    now = _split(_APPEALS - _UNCLASSIFIED, list(_TOPIC_WEIGHTS.values()))
    before = _split(13_510, [24, 21, 18, 15, 9, 8, 5])
    names = dict(_TOPICS)
    lines = tuple(
        Line(topic, names[topic], count, last_year) for topic, count, last_year in zip(order, now, before, strict=True)
    )
    by_month = [_split(line.count, _SEASONS.get(line.key, (1,) * 12)) for line in lines]
    by_district = [
        _split(line.count - 90, [24 + index, 30 - index, 16, 17 + index, 13]) for index, line in enumerate(lines)
    ]
    without = _split(_UNCLASSIFIED, (1,) * 12)
    months = [sum(column) + more for column, more in zip(zip(*by_month, strict=True), without, strict=True)]
    last_months = _split(_LAST_YEAR, (9, 8, 9, 9, 9, 8, 7, 7, 8, 8, 9, 9))
    rows = [(line.key, line.name) for line in lines]
    year = Span(dt.date(2025, 1, 1), dt.date(2025, 12, 31))
    last_year = Span(dt.date(2024, 1, 1), dt.date(2024, 12, 31))
    return Figures(
        title="Основные вопросы жителей города",
        period=Period("year", year, year, last_year, last_year),
        totals=Totals(
            appeals=Line("appeals", "Всего обращений", _APPEALS, _LAST_YEAR),
            classified=Line("classified", "Тема определена", _APPEALS - _UNCLASSIFIED, 13_510),
            questions=Line("questions", "Поднято вопросов", 21_640, 15_610),
            review=Line("review", "Отмечено для проверки", 1_204, 1_118),
            repeated=Line("repeated", "Повторные", 1_432, 1_501),
            collective=Line("collective", "Коллективные", 512, 512),
            duplicates=Line("duplicates", "Дубликаты", 221, 0),
        ),
        topics=Breakdown("topic", "classified", _APPEALS - _UNCLASSIFIED, lines, _UNCLASSIFIED),
        notes=DataNotes(
            rows=33_130,
            without_date=41,
            unreadable_dates=12,
            impossible_dates=3,
            outside=14_104,
            date_examples=((118, "31.02.2025"), (2_044, "вчера"), (9_310, "01.01.0025")),
            columns=(("date", "Дата регистрации"), ("text", "Текст"), ("district", "Район"), ("topic", "topic")),
            sampled_texts=5_000,
        ),
        breakdowns=(
            Breakdown(
                "question",
                "questions",
                21_640,
                tuple(
                    Line(line.key, line.name, count, line.last_year + 300 if line.last_year else None)
                    for line, count in zip(lines, _split(21_640, list(_TOPIC_WEIGHTS.values())), strict=True)
                ),
            ),
            _breakdown(
                "channel", ("ГИС ЖКХ", "Электронная почта", "Почта", "Личный приём"), (48, 30, 20, 1), 18_900, 13_800
            ),
            _breakdown("kind", ("Заявление", "Жалоба", "Предложение"), (71, 25, 4), 18_970, 13_916),
            _breakdown("form", ("Электронная", "Письменная", "Устная"), (70, 25, 5), 18_970, 13_916),
            _breakdown(
                "district", _DISTRICTS, [sum(column) + 40 for column in zip(*by_district, strict=True)], 17_982, 13_000
            ),
            _breakdown("department", _DEPARTMENTS, (52, 17, 16, 11, 4), 18_970, 13_916),
            _breakdown(
                "result",
                ("Разъяснено", "Меры приняты", "На контроле", "Перенаправлено", "Отказано"),
                (55, 25, 10, 7, 3),
                18_100,
                13_700,
            ),
        ),
        crosses=(
            _cross(("topic", "month"), rows, _MONTHS, by_month),
            _cross(("topic", "district"), rows, _DISTRICTS, by_district),
        ),
        months=tuple(
            MonthCount(2025, number, count, year_ago)
            for number, (count, year_ago) in enumerate(zip(months, last_months, strict=True), 1)
        ),
        estimates=tuple(
            Estimate(
                line.key, line.name, line.count, line.count * 0.97 + 31.4, line.count * 0.93, line.count * 1.02 + 60
            )
            for line in lines
        ),
        terms=Terms(
            in_time=16_902,
            late=731,
            open_in_time=1_180,
            open_overdue=154,
            up_to_15=9_011,
            up_to_30=7_702,
            longer=920,
            invalid=3,
            median_days=14.5,
            until=dt.date(2026, 1, 12),
            overdue_by_department=(
                (_DEPARTMENTS[0], 402, 96),
                (_DEPARTMENTS[4], 211, 41),
                (_DEPARTMENTS[1], 118, 17),
            ),
        ),
        surges=(
            Surge(
                "dumps",
                names["dumps"],
                "Индустриальный",
                612,
                318.4,
                1e-9,
                3e-8,
                (WordGrowth("шина", 41.2, 8.0, 6.1), WordGrowth("контейнер", 120.0, 77.5, 4.2)),
                (
                    "За гаражами вторую неделю лежит гора автомобильных шин, просим вывезти",
                    "Контейнеры у дома не вывозят, мусор разносит ветром по двору",
                ),
            ),
            Surge("stray_animals", names["stray_animals"], None, 21, 0.0, 0.0004, 0.009),
        ),
        words=(
            ("roads", (WordGrowth("тротуар", 210.4, 150.2, 5.5), WordGrowth("плитка", 33.0, 12.1, 4.9))),
            ("dumps", (WordGrowth("шина", 41.2, 8.0, 6.1),)),
        ),
        places=(
            Place(
                "улица Полевая", "5", 64, (("Уборка несанкционированных свалок", 41), ("Транспортное обслуживание", 23))
            ),
            Place("переулок Тихий", None, 38, (("Отлов бездомных животных", 38),)),
        ),
        recommendations=(
            Recommendation(
                _DEPARTMENTS[0],
                "late",
                None,
                "Разобрать причины нарушения срока и представить план его соблюдения.",
                (("Ответов после срока", "402"), ("Не отвечено, срок истёк", "96")),
            ),
            Recommendation(
                _DEPARTMENTS[3],
                "surge",
                "dumps",
                "Провести объезд Индустриального района и вывезти выявленные свалки.",
                (("Обращений", "612"), ("Ожидалось", "318")),
            ),
            Recommendation(
                _DEPARTMENTS[3],
                "growth",
                "dumps",
                "Проверить графики вывоза крупногабаритных отходов.",
                (("Рост к прошлому году", "+51,6\u00a0%"),),
            ),
        ),
    )


def partial() -> Figures:
    """A March that the data fill up to the 19th, with all spans of comparison and little else."""
    lines = tuple(
        Line(topic, name, count, last_year, previous, year, year_before)
        for (topic, name), count, last_year, previous, year, year_before in zip(
            _TOPICS,
            (18, 71, 164, 22, 0, 101, 9),
            (20, 60, 190, 22, 0, 88, 9),
            (12, 40, 310, 11, 2, 94, 10),
            (48, 160, 790, 50, 4, 290, 31),
            (50, 130, 810, 49, 6, 250, 30),
            strict=True,
        )
    )
    lines = tuple(sorted(lines, key=lambda line: -line.count))
    march = Span(dt.date(2025, 3, 1), dt.date(2025, 3, 31))
    covered = Span(dt.date(2025, 3, 1), dt.date(2025, 3, 19))
    return Figures(
        title="Основные вопросы жителей города",
        period=Period(
            "month",
            march,
            covered,
            Span(dt.date(2024, 3, 1), dt.date(2024, 3, 19)),
            Span(dt.date(2025, 2, 1), dt.date(2025, 2, 19)),
            Span(dt.date(2025, 1, 1), dt.date(2025, 3, 19)),
            Span(dt.date(2024, 1, 1), dt.date(2024, 3, 19)),
        ),
        totals=Totals(
            Line("appeals", "Всего обращений", 390, 395, 482, 1_383, 1_340),
            Line("classified", "Тема определена", 385, 389, 479, 1_373, 1_325),
        ),
        topics=Breakdown("topic", "classified", 385, lines, 5),
        notes=DataNotes(
            rows=3_000,
            outside=2_610,
            missing=("channel", "district", "kind", "repeated", "collective", "department", "result", "answered"),
            columns=(("date", "дата"), ("topic", "topic")),
        ),
        months=(
            MonthCount(2025, 1, 465, 450),
            MonthCount(2025, 2, 528, 495),
            MonthCount(2025, 3, 390, 395, partial=True),
        ),
    )


def no_dates() -> Figures:
    """A table that holds nothing but topics."""
    lines = tuple(Line(topic, name, count) for (topic, name), count in zip(_TOPICS, (9, 8, 7, 6, 5, 4, 3), strict=True))
    return Figures(
        title="Основные вопросы жителей города",
        period=None,
        totals=Totals(Line("appeals", "Всего обращений", 45), Line("classified", "Тема определена", 42)),
        topics=Breakdown("topic", "classified", 42, lines, 3),
        notes=DataNotes(
            rows=45,
            missing=(
                *("date", "channel", "district", "kind", "repeated", "collective", "department", "result"),
                *("answered", "address", "text", "topics", "review"),
            ),
            columns=(("topic", "topic"),),
        ),
    )


def no_last_year() -> Figures:
    """The whole year, but the data begin with it."""
    figures = full()
    assert figures.period is not None
    totals = figures.totals

    def forget(line: Line | None) -> Line | None:
        return None if line is None else replace(line, last_year=None)

    def forget_all(table: Breakdown) -> Breakdown:
        return replace(table, lines=tuple(replace(line, last_year=None) for line in table.lines))

    return replace(
        figures,
        period=replace(figures.period, last_year=None, previous=None),
        totals=Totals(
            replace(totals.appeals, last_year=None),
            replace(totals.classified, last_year=None),
            *map(forget, (totals.questions, totals.review, totals.repeated, totals.collective, totals.duplicates)),
        ),
        topics=forget_all(figures.topics),
        breakdowns=tuple(map(forget_all, figures.breakdowns)),
        months=tuple(replace(month, last_year=None) for month in figures.months),
        surges=(),
        words=(),
    )


def one_row() -> Figures:
    """A single appeal of a single day."""
    day = Span(dt.date(2025, 3, 5), dt.date(2025, 3, 5))
    lines = tuple(Line(topic, name, int(topic == "roads"), 0) for topic, name in _TOPICS)
    lines = tuple(sorted(lines, key=lambda line: -line.count))
    return Figures(
        title="Основные вопросы жителей города",
        period=Period("custom", day, day, Span(dt.date(2024, 3, 5), dt.date(2024, 3, 5))),
        totals=Totals(Line("appeals", "Всего обращений", 1, 0), Line("classified", "Тема определена", 1, 0)),
        topics=Breakdown("topic", "classified", 1, lines),
        notes=DataNotes(rows=1, columns=(("date", "дата"), ("topic", "topic"), ("district", "район"))),
        breakdowns=(Breakdown("district", "appeals", 1, (Line("Кировский", "Кировский", 1, 0),)),),
        months=(MonthCount(2025, 3, 1, 0),),
        terms=Terms(0, 0, 1, 0, 0, 0, 0),
    )


def empty() -> Figures:
    """A period in which nothing was asked."""
    month = Span(dt.date(2025, 7, 1), dt.date(2025, 7, 31))
    return Figures(
        title="Основные вопросы жителей города",
        period=Period("month", month, month, Span(dt.date(2024, 7, 1), dt.date(2024, 7, 31))),
        totals=Totals(Line("appeals", "Всего обращений", 0, 0), Line("classified", "Тема определена", 0, 0)),
        topics=Breakdown("topic", "classified", 0, tuple(Line(topic, name, 0, 0) for topic, name in _TOPICS)),
        notes=DataNotes(rows=0, columns=(("date", "дата"), ("topic", "topic"))),
        breakdowns=(Breakdown("district", "appeals", 0, ()),),
        months=(MonthCount(2025, 7, 0, 0),),
        terms=Terms(0, 0, 0, 0, 0, 0, 0),
    )


def hostile() -> Figures:
    """Names as somebody may have put them into a table: markup, formulas, bars, line breaks, very long words."""
    figures = full()
    names = (
        "<script>alert(1)</script>",
        '=HYPERLINK("file:///c","x")',
        "а|б\nв",
        "&lt;b&gt; «кавычки» \"и\" 'ещё'",
        "я" * 120,
        "**жирно** [ссылка](x) `код` # _нет_",
        "[red]не цвет[/red] \x1b[31m \x00",
    )
    lines = tuple(replace(line, name=name) for line, name in zip(figures.topics.lines, names, strict=True))
    districts = tuple((name, name) for name in names[: len(_DISTRICTS)])
    return replace(
        figures,
        topics=replace(figures.topics, lines=lines),
        breakdowns=tuple(
            replace(
                table,
                lines=tuple(replace(line, name=name) for line, name in zip(table.lines, names, strict=False)),
            )
            for table in figures.breakdowns
        ),
        crosses=tuple(
            replace(
                cross,
                rows=tuple((line.key, line.name) for line in lines),
                columns=districts if cross.of[1] == "district" else cross.columns,
            )
            for cross in figures.crosses
        ),
        surges=(replace(figures.surges[0], topic_name=names[0], district=names[2], examples=names),),
        places=(Place(names[0], names[1], 3, ((names[3], 2), (names[5], 1))),),
        recommendations=(Recommendation(names[0], "rule", None, names[3], ((names[2], names[5]),)),),
        notes=replace(figures.notes, date_examples=((2, names[0]),), columns=(("date", names[1]),)),
    )


SAMPLES: dict[str, Callable[[], Figures]] = {
    "full": full,
    "partial": partial,
    "no_dates": no_dates,
    "no_last_year": no_last_year,
    "one_row": one_row,
    "empty": empty,
    "hostile": hostile,
}
"""Every sample by its name."""
