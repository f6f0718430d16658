"""Figures agree with pandas and with counting by hand; parts make the whole; the order of rows is of no effect."""

import datetime as dt
import itertools
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appealcls.errors import DataError, UsageError
from appealcls.reporting.analysis import surges
from appealcls.reporting.analysis.counting import count
from appealcls.reporting.analysis.prevalence import estimates, true_counts
from appealcls.reporting.figures import Breakdown, Change, Figures, Line, MonthCount, Period, Span
from appealcls.reporting.reading.appeals import Appeals
from appealcls.tables import Dialect, write_table
from appealcls.topics import Taxonomy, Topic

_TODAY = dt.date(2026, 1, 15)
_TAXONOMY = Taxonomy(
    (Topic("roads", "Дороги"), Topic("snow", "Снег"), Topic("dogs", "Собаки"), Topic("other", "Прочее"))
)
_PROPERTIES = ("channel", "kind", "district", "department", "result")
_COLUMNS = [
    "№", "Дата регистрации", "Дата ответа", "Канал", "Вид", "Район", "Исполнитель", "Результат", "Повторное",
    "Коллективное", "Адрес", "Текст", "topic", "confidence", "needs_review", "topics", "duplicate_of",
]  # fmt: skip
_Rows = list[dict[str, Any]]


def _register(rows: int = 500, seed: int = 0) -> _Rows:
    """Random labelled rows of two years, with blanks, spellings and dates in many forms."""
    generator = random.Random(seed)
    forms = ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%d.%m.%Y %H:%M", "%Y-%m-%dT%H:%M:%S")
    register = []
    for number in range(1, rows + 1):
        day = dt.date(2024, 1, 1) + dt.timedelta(generator.randrange(731))
        answered = day + dt.timedelta(generator.randrange(45))
        topic = generator.choice(["roads", "roads", "roads", "snow", "snow", "other", "new", ""])
        second = generator.choice(["roads", "snow", "other"])
        topics = dict.fromkeys(name for name in (topic, second if number % 4 == 0 else "") if name)
        cells = (
            str(number),
            day.strftime(generator.choice(forms)) if number % 50 else generator.choice(["", "вчера", "31.04.2025"]),
            answered.strftime("%d.%m.%Y") if generator.random() < 0.8 else "",
            generator.choice(["Письмо", "Письмо", "Письмо", "письмо ", "ПИСЬМО", "Сайт", "Сайт", "Личный  приём", ""]),
            generator.choice(["Жалоба", "Заявление", "Предложение"]),
            generator.choice(["Кировский", "Центральный", "Центральный", "—", ""]),
            generator.choice(["Управление дорог", "Управление транспорта", ""]),
            generator.choice(["Разъяснено", "Меры приняты"]),
            generator.choice(["да", "нет", "нет"]),
            generator.choice(["да", ""]),
            f"улица Полевая, {number}",
            f"Обращение {number}, «тёмный двор»; в две\nстроки",
            topic,
            round(generator.random(), 4),
            generator.choice(["true", "false"]),
            "|".join(topics),
            str(number - 1) if number % 20 == 0 else "",
        )
        register.append(dict(zip(_COLUMNS, cells, strict=True)))
    return register


def _count(rows: _Rows, period: str | None = None, taxonomy: Taxonomy = _TAXONOMY) -> Figures:
    return count(Appeals.load(rows, today=_TODAY), taxonomy=taxonomy, period=period)


def _frame(rows: _Rows) -> pd.DataFrame:
    """The same rows read by other means: pandas and its own parsing of dates, form by form."""
    frame = pd.DataFrame(rows).replace("", None)
    date = pd.Series(pd.NaT, index=frame.index)
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%d.%m.%Y %H:%M", "%Y-%m-%dT%H:%M:%S"):
        date = date.fillna(pd.to_datetime(frame["Дата регистрации"], format=form, errors="coerce"))
    frame["day"] = date.dt.normalize()
    frame["Канал"] = frame["Канал"].str.strip().str.capitalize().str.replace("  ", " ")
    frame["Район"] = frame["Район"].replace("—", None)
    return frame


def _inside(frame: pd.DataFrame, span: Span | None) -> pd.DataFrame | None:
    if span is None:
        return None
    return frame[(frame["day"] >= pd.Timestamp(span.start)) & (frame["day"] <= pd.Timestamp(span.stop))]


def _counts(line: Line) -> tuple[int | None, ...]:
    return (line.count, line.last_year, line.previous, line.year, line.year_before)


@pytest.mark.parametrize("period", ["2025", "2025-03", "2025-Q3", "2025-H2", "2025-02-10..2025-04-20", "2024-12"])
def test_figures_are_those_of_pandas(period: str) -> None:
    """Totals, every breakdown with its spans of comparison, both cross tables and the months."""
    rows = _register()
    found, frame = _count(rows, period), _frame(rows)
    assert found.period is not None
    times = found.period
    spans = (times.covered, times.last_year, times.previous, times.year, times.year_before)
    parts = [_inside(frame, span) for span in spans]
    now = parts[0]
    assert now is not None

    def each(condition: Any) -> tuple[int | None, ...]:
        return tuple(None if part is None else int(condition(part).sum()) for part in parts)

    totals = found.totals
    assert _counts(totals.appeals) == tuple(None if part is None else len(part) for part in parts)
    assert _counts(totals.classified) == each(lambda part: part["topic"].notna())
    for line, condition in (
        (totals.questions, lambda part: part["topics"].str.split("|").str.len().fillna(0)),
        (totals.review, lambda part: part["needs_review"] == "true"),
        (totals.repeated, lambda part: part["Повторное"] == "да"),
        (totals.collective, lambda part: part["Коллективное"] == "да"),
        (totals.duplicates, lambda part: part["duplicate_of"].notna()),
    ):
        assert line is not None
        assert _counts(line) == each(condition)
    columns = {"topic": "topic", "channel": "Канал", "kind": "Вид", "district": "Район", "department": "Исполнитель",
               "result": "Результат"}  # fmt: skip
    for of, column in columns.items():
        table = found.breakdown(of)
        assert table is not None
        for line in table.lines:
            assert _counts(line) == each(lambda part, key=line.key, column=column: part[column] == key), (of, line.key)
        assert table.base == int(now[column].notna().sum())
        assert table.unknown == len(now) - table.base
    questions = found.breakdown("question")
    assert questions is not None
    exploded = now["topics"].dropna().str.split("|").explode()
    assert {line.key: line.count for line in questions.lines if line.count} == exploded.value_counts().to_dict()
    for cross in found.crosses:
        other = now["Район"] if cross.of[1] == "district" else now["day"].dt.strftime("%Y-%m")
        expected = pd.crosstab(now["topic"], other)
        for (row, _), counts in zip(cross.rows, cross.counts, strict=True):
            for (column, _), number in zip(cross.columns, counts, strict=True):
                there = row in expected.index and column in expected.columns
                assert number == (expected.at[row, column] if there else 0)
        assert cross.total == int(expected.to_numpy().sum())
    for month in found.months:
        inside = frame[(frame["day"].dt.year == month.year) & (frame["day"].dt.month == month.month)]
        assert month.partial or month.count == len(inside)


def test_a_small_table_is_counted_by_hand() -> None:
    """Names, order, shares and changes of a March."""
    days = {"10.03.2024": "snow", "20.02.2025": "roads", "01.03.2025": "roads", "31.03.2025": "roads"}
    rows: _Rows = [{"Дата": day, "Тема": topic} for day, topic in days.items()]
    rows += [{"Дата": "05.03.2025", "Тема": "dogs"}, {"Дата": "06.03.2025", "Тема": ""}, {"Дата": "", "Тема": "snow"}]
    rows += [{"Дата": "09.01.2024", "Тема": "dogs"}]
    found = _count(rows, "март 2025")
    assert found.period is not None
    assert not found.period.partial
    assert found.totals.appeals == Line("appeals", "Всего обращений", 4, 1, 1, 5, 2)
    assert found.totals.classified.count == 3
    assert found.topics == Breakdown(
        "topic",
        "classified",
        3,
        (
            Line("roads", "Дороги", 2, 0, 1, 3, 0),
            Line("dogs", "Собаки", 1, 0, 0, 1, 1),
            Line("snow", "Снег", 0, 1, 0, 0, 1),
            Line("other", "Прочее", 0, 0, 0, 0, 0),
        ),
        1,
    )
    assert found.topics.lines[0].since_january == Change(0, 3)
    assert found.months == (MonthCount(2025, 1, 0, 1), MonthCount(2025, 2, 1, 0), MonthCount(2025, 3, 4, 1))
    assert found.breakdowns == ()
    assert found.crosses == ()
    assert found.terms is None
    assert (found.notes.rows, found.notes.without_date, found.notes.outside) == (8, 1, 3)


def test_topics_that_nobody_asked_about_and_topics_unknown_are_in_the_table() -> None:
    """All of the taxonomy, in its order where counts are equal; others after them, under their ids."""
    found = _count([{"topic": "zebra"}, {"topic": "ant"}, {"topic": "snow"}])
    assert [(line.key, line.name, line.count) for line in found.topics.lines] == [
        ("snow", "Снег", 1), ("ant", "ant", 1), ("zebra", "zebra", 1), ("roads", "Дороги", 0), ("dogs", "Собаки", 0),
        ("other", "Прочее", 0),
    ]  # fmt: skip


def test_a_value_that_is_no_longer_used_stays_in_the_table() -> None:
    """Otherwise the counts of last year would not sum to last year's total."""
    rows = [{"Дата": "05.03.2024", "Канал": "Факс", "topic": "snow"}] * 3
    rows += [{"Дата": "05.03.2025", "Канал": "Сайт", "topic": "snow"}]
    table = _count(rows, "2025").breakdown("channel")
    assert table is not None
    assert [(line.key, line.count, line.last_year) for line in table.lines] == [("Сайт", 1, 0), ("Факс", 0, 3)]


def test_forms_make_a_whole() -> None:
    """An appeal that is both repeated and collective is one of the form that is both."""
    rows = [
        {"topic": "snow", "Повторное": repeated, "Коллективное": collective}
        for repeated, collective in [("да", "да"), ("да", "нет"), ("нет", "нет"), ("нет", "нет"), ("может быть", "да")]
    ]
    found = _count(rows)
    table = found.breakdown("form")
    assert table is not None
    assert [(line.name, line.count) for line in table.lines] == [
        ("Первичные индивидуальные", 2),
        ("Повторные индивидуальные", 1),
        ("Повторные коллективные", 1),
    ]
    assert (table.base, table.unknown) == (4, 1)
    assert found.totals.repeated is not None
    assert found.totals.collective is not None
    assert (found.totals.repeated.count, found.totals.collective.count) == (2, 2)


def test_ticks_alone_say_no_by_their_absence() -> None:
    """A column where only «да» is written is no column of unknowns."""
    rows = [{"topic": "snow", "Повторное": cell} for cell in ("да", "", None)]
    table = _count(rows).breakdown("form")
    assert table is not None
    assert [(line.name, line.count) for line in table.lines] == [("Первичные", 2), ("Повторные", 1)]
    assert table.unknown == 0


def test_without_dates_everything_is_counted_and_nothing_compared() -> None:
    """No period, months or terms; a period that is asked for is refused with the columns there are."""
    rows = [{"topic": "snow", "Район": "Кировский"}, {"topic": "roads", "Район": "Кировский"}]
    found = _count(rows)
    assert found.period is None
    assert (found.totals.appeals.count, found.totals.appeals.last_year) == (2, None)
    assert (found.months, found.terms) == ((), None)
    assert [cross.of for cross in found.crosses] == [("topic", "district")]
    assert "date" in found.notes.missing
    with pytest.raises(UsageError, match=r"needs dates.*«Район», «topic»"):
        _count(rows, "2025")
    assert _count([{"Дата": "вчера", "topic": "snow"}]).totals.appeals.count == 1


def test_without_last_year_there_is_no_comparison() -> None:
    """None, not zero."""
    rows = [{"Дата": dt.date(2025, 1, 9) + dt.timedelta(day), "topic": "snow"} for day in range(356)]
    found = _count(rows, "2025")
    assert found.totals.appeals.on_last_year is None
    assert {month.last_year for month in found.months} == {None}
    assert [month.partial for month in found.months] == [False] * 12


def test_one_row_is_a_report() -> None:
    """A day."""
    found = _count([{"Дата": "05.03.2025", "topic": "snow", "Дата ответа": "06.03.2025"}])
    assert found.period is not None
    assert found.period.covered == Span(dt.date(2025, 3, 5), dt.date(2025, 3, 5))
    assert found.totals.appeals == Line("appeals", "Всего обращений", 1)
    assert found.months == (MonthCount(2025, 3, 1, None, True),)
    assert found.terms is not None
    assert found.terms.in_time == 1


def test_dates_that_are_none_are_counted_and_shown() -> None:
    """Empty, unreadable and impossible ones apart, with the rows to find them by; personal data is masked."""
    cells = ["", "вчера", "31.04.2025", "тел. 8-900-123-45-67", dt.date(2025, 3, 5), 45721, "05.03.25", "х" * 90]
    notes = Appeals.load([{"Дата": cell, "topic": "snow"} for cell in cells], today=_TODAY).notes
    assert (notes.without_date, notes.unreadable_dates, notes.impossible_dates) == (1, 3, 1)
    assert [row for row, _ in notes.date_examples] == [2, 3, 4, 8]
    shown = dict(notes.date_examples)
    assert (shown[2], shown[3], len(shown[8])) == ("вчера", "31.04.2025", 40)
    assert "123" not in shown[4]


def test_months_cut_by_the_end_of_the_data_are_compared_cut() -> None:
    """A March that ends on the 10th stands beside ten days of the March before."""
    days = [dt.date(2024, 1, 9) + dt.timedelta(day) for day in range(427)]  # to 10 March 2025
    found = _count([{"Дата": day, "topic": "snow"} for day in days for _ in range(5)], "2025-03")
    assert found.months == (
        MonthCount(2025, 1, 155, 23 * 5),
        MonthCount(2025, 2, 140, 29 * 5),
        MonthCount(2025, 3, 50, 50, True),
    )


@settings(max_examples=10)
@given(st.integers(0, 1000), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(seed: int, generator: random.Random) -> None:
    """Not the counts, not the order of lines; only the numbers of the rows with bad dates."""
    rows = _register(60, seed)
    mixed = list(rows)
    generator.shuffle(mixed)
    first, second = (_count(part).to_dict() for part in (rows, mixed))
    for data in (first, second):
        data["notes"].pop("date_examples")
    assert first == second


@settings(max_examples=10)
@given(st.integers(0, 1000), st.sampled_from([None, "2025", "2025-06", "2025-Q2", "2025-03-03..2025-08-20"]))
def test_parts_sum_to_the_whole(seed: int, period: str | None) -> None:
    """Every table to its base, bases and unknowns to all appeals, in every span of comparison."""
    found = _count(_register(200, seed), period)
    appeals = found.totals.appeals
    for table in (found.topics, *found.breakdowns):
        assert table.base == sum(line.count for line in table.lines)
        if table.base_of in {"appeals", "classified"}:
            assert table.base + table.unknown == appeals.count
        if table.of in {"kind", "result"}:  # always given
            for place in range(1, 5):
                whole = _counts(appeals)[place]
                counts = [_counts(line)[place] for line in table.lines]
                assert whole == (None if None in counts else sum(filter(None, counts)))
    assert found.topics.base == found.totals.classified.count
    questions = found.breakdown("question")
    assert questions is not None
    assert found.totals.questions is not None
    assert questions.base == found.totals.questions.count >= found.totals.classified.count
    for cross in found.crosses:
        assert cross.row_totals == tuple(map(sum, cross.counts))
        assert cross.total == sum(cross.row_totals) == sum(cross.column_totals)
    assert found.terms is not None
    terms = found.terms
    assert terms.answered + terms.open_in_time + terms.open_overdue + terms.invalid == appeals.count
    notes = found.notes
    undated = notes.without_date + notes.unreadable_dates + notes.impossible_dates
    assert notes.rows == appeals.count + notes.outside + undated


@settings(max_examples=10)
@given(st.integers(0, 1000), st.integers(1, 88))
def test_a_period_cut_in_two_adds_up(seed: int, cut: int) -> None:
    """Each line of every table of a quarter is the sum of its two parts; and the quarter that of its months."""
    rows, start, stop = _register(300, seed), dt.date(2025, 4, 1), dt.date(2025, 6, 30)
    middle = start + dt.timedelta(cut)
    whole = _lines(_count(rows, f"{start}..{stop}"))
    two = [_count(rows, f"{start}..{middle}"), _count(rows, f"{middle + dt.timedelta(1)}..{stop}")]
    assert whole == sum(map(_lines, two), Counter())
    assert whole == sum((_lines(_count(rows, f"2025-0{month}")) for month in (4, 5, 6)), Counter())


def _lines(figures: Figures) -> Counter[tuple[str, str]]:
    tables = (figures.topics, *figures.breakdowns)
    counts = Counter({(table.of, line.key): line.count for table in tables for line in table.lines})
    return +(counts + Counter({("all", "appeals"): figures.totals.appeals.count}))


# Reading


def _write(path: Path, rows: _Rows, dialect: Dialect | None = None) -> Path:
    with write_table(path, _COLUMNS, dialect) as table:
        table.write([row[column] for column in _COLUMNS] for row in rows)
    return path


@pytest.mark.parametrize("name", ["a.csv", "excel.csv", "cp1251.csv", "a.tsv", "a.xlsx", "a.jsonl", "a.parquet"])
def test_every_format_gives_the_same_figures(tmp_path: Path, name: str) -> None:
    """What polars reads, what the package's own readers do, and rows in memory."""
    rows = _register(120)
    path = tmp_path / name
    if name == "a.parquet":
        pl.DataFrame(rows, schema_overrides={"confidence": pl.Float64}).write_parquet(path)
    else:
        dialects = {"excel.csv": Dialect("utf-8-sig", ";"), "cp1251.csv": Dialect("cp1251", ";")}
        _write(path, rows, dialects.get(name))
    appeals = Appeals.load(path, today=_TODAY)
    expected = count(Appeals.load(rows, today=_TODAY), taxonomy=_TAXONOMY).to_dict()
    found = count(appeals, taxonomy=_TAXONOMY).to_dict()
    for data in (expected, found):
        data["notes"].pop("date_examples")
    assert found == expected
    numbers = appeals.data["row"].to_list()
    texts = appeals.texts(numbers[5:8])
    assert [texts[number] for number in numbers[5:8]] == [row["Текст"] for row in rows[5:8]]
    assert list(appeals.addresses([numbers[9]]).values()) == [rows[9]["Адрес"]]


def test_typed_columns_of_parquet_are_read(tmp_path: Path) -> None:
    """Dates, moments, truth values, numbers and lists as they are."""
    path = tmp_path / "typed.parquet"
    moment = dt.datetime(2025, 3, 5, 23, 59)
    pl.DataFrame(
        {
            "№ обращения": [1, 2],
            "Дата": [moment, None],
            "Дата ответа": [dt.date(2025, 3, 6), None],
            "Повторное": [True, False],
            "topic": ["snow", None],
            "topics": [["snow", "roads"], None],
            "confidence": [0.5, None],
        }
    ).write_parquet(path)
    data = Appeals.load(path, today=_TODAY).data
    assert data.drop("row").rows() == [
        (dt.date(2025, 3, 5), dt.date(2025, 3, 6), True, "snow", ["snow", "roads"], 0.5),
        (None, None, False, None, None, None),
    ]


def test_columns_are_what_they_are_said_to_be() -> None:
    """Names and types that other modules rely on."""
    schema = Appeals.load(_register(10), today=_TODAY).data.schema
    assert schema["row"] == pl.UInt32
    assert {schema[name] for name in ("date", "answered")} == {pl.Date()}
    assert {schema[name] for name in (*_PROPERTIES, "topic")} == {pl.Categorical()}
    assert {schema[name] for name in ("repeated", "collective", "review")} == {pl.Boolean()}
    assert schema["topics"] == pl.List(pl.String)
    assert schema["confidence"] == pl.Float32
    assert not {"text", "address"} & set(schema)


def test_rows_are_numbered_as_a_person_finds_them(tmp_path: Path) -> None:
    """The header is row 1, a text of two lines is one row, an empty line takes a number and is no appeal."""
    path = tmp_path / "a.csv"
    path.write_text('topic,Текст\nsnow,"один\nдва"\n\nroads,три\n,\n', encoding="utf-8")
    appeals = Appeals.load(path)
    assert appeals.data.select("row", "topic").rows() == [(2, "snow"), (4, "roads")]
    assert appeals.texts([2, 4, 99]) == {2: "один\nдва", 4: "три"}


def test_a_table_longer_than_a_block_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks end where records do, wherever quotes and line ends stand."""
    rows = _register(300)
    path = _write(tmp_path / "a.csv", rows)
    expected = Appeals.load(path, today=_TODAY)
    monkeypatch.setattr("appealcls.reporting.reading.sources._BLOCK", 1000)
    found = Appeals.load(path, today=_TODAY)
    assert found.data.equals(expected.data)
    assert found.notes == expected.notes
    assert found.texts([301]) == {301: rows[-1]["Текст"]}


def test_broken_tables_are_refused_as_the_readers_of_the_package_do(tmp_path: Path) -> None:
    """A cell too many is an error with its line; quotes within a cell are none."""
    path = tmp_path / "a.csv"
    path.write_text("topic,Район\nsnow,Кировский\nsnow,Кировский,лишнее\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 3"):
        Appeals.load(path)
    path.write_text('topic,Текст\nsnow,двор "Заря" у реки\nroads,дом\n', encoding="utf-8")
    appeals = Appeals.load(path)
    assert appeals.data["topic"].to_list() == ["snow", "roads"]
    assert list(appeals.texts(appeals.data["row"].to_list()).values()) == ['двор "Заря" у реки', "дом"]


def test_no_rows_and_no_topics_are_refused(tmp_path: Path) -> None:
    """A table of a header, an empty list, a row that is none, a table without topics."""
    path = tmp_path / "a.csv"
    path.write_text("topic,Дата\n", encoding="utf-8")
    with pytest.raises(DataError, match="there are no rows to report on"):
        Appeals.load(path)
    with pytest.raises(DataError, match="there are no rows to report on"):
        Appeals.load([])
    with pytest.raises(DataError, match="row 2: expected a mapping"):
        Appeals.load([{"topic": "snow"}, "roads"])  # type: ignore[list-item]
    with pytest.raises(UsageError, match="--topic-column"):
        Appeals.load([{"Дата": "05.03.2025"}])
    assert Appeals.load([{"Что": "snow"}], topic_column="Что").data["topic"].to_list() == ["snow"]


def test_an_answer_that_is_no_date_is_not_taken_for_none() -> None:
    """The appeal was answered, nobody knows when: it is invalid, not overdue."""
    rows = [{"Дата": f"{day:02}.03.2025", "topic": "snow", "Дата ответа": "дан устно"} for day in range(1, 32)]
    terms = _count(rows, "2025-03").terms
    assert terms is not None
    assert (terms.invalid, terms.open_in_time, terms.open_overdue) == (31, 0, 0)


# Estimates


def test_estimates_undo_known_errors() -> None:
    """Expected predictions of known counts give these counts back."""
    confusion = [[90, 10, 0], [5, 80, 15], [2, 8, 90]]
    true = np.array([[100.0, 2000.0, 40.0]])
    errors = np.array(confusion) / 100
    observed = true @ errors
    assert true_counts(observed, errors[None])[0] == pytest.approx(true[0], abs=0.1)


def test_a_model_without_errors_is_not_corrected() -> None:
    """Estimates are the counts; topics of other origin are left out, names are kept."""
    table = Breakdown("topic", "classified", 60, (Line("b", "Б", 40), Line("a", "А", 15), Line("x", "Х", 5)))
    found = estimates(table, [[5000, 0], [0, 5000]], ["a", "b"])
    assert [(one.topic, one.name, one.count) for one in found] == [("b", "Б", 40), ("a", "А", 15)]
    for one in found:
        assert one.estimate == pytest.approx(one.count, abs=0.01)
        assert one.low <= one.estimate <= one.high
        assert one.high - one.low < 1


def test_a_topic_never_tested_is_taken_as_it_is() -> None:
    """A row of zeros in the matrix is no error, and nothing counted gives nothing."""
    found = estimates({"a": 10, "b": 20}, [[100, 0], [0, 0]], ["a", "b"], samples=50)
    assert [round(one.estimate) for one in found] == [10, 20]
    assert estimates({"a": 0}, [[1, 0], [0, 1]], ["a", "b"]) == ()
    with pytest.raises(DataError, match="3 rows and columns"):
        estimates({"a": 1}, [[1, 0], [0, 1]], ["a", "b", "c"])


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.integers(2, 6))
def test_estimates_sum_to_the_counts_and_never_are_less_than_nothing(seed: int, k: int) -> None:
    """Whatever the matrix; and the same data give the same figures."""
    generator = np.random.default_rng(seed)
    confusion = generator.integers(0, 30, (k, k)).tolist()
    ids = [str(i) for i in range(k)]
    counts = dict(zip(ids, generator.integers(0, 100, k).tolist(), strict=True))
    found = estimates(counts, confusion, ids, samples=20, seed=seed)
    if found:
        assert sum(one.estimate for one in found) == pytest.approx(sum(counts.values()))
        assert all(0 <= one.low <= one.estimate <= one.high for one in found)
        assert found == estimates(counts, confusion, ids, samples=20, seed=seed)


def test_intervals_hold_the_true_number() -> None:
    """Of intervals of 95 %, over many draws of labelled texts and appeals, at least nine in ten do."""
    generator = np.random.default_rng(7)
    rates = np.array([[0.85, 0.1, 0.05], [0.05, 0.9, 0.05], [0.1, 0.1, 0.8]])
    held = total = 0
    for _ in range(60):
        confusion = np.array([generator.multinomial(n, row) for n, row in zip((300, 800, 200), rates, strict=True)])
        true = generator.multinomial(2000, [0.15, 0.75, 0.1])
        observed = np.sum([generator.multinomial(n, row) for n, row in zip(true, rates, strict=True)], axis=0)
        counts = dict(zip("abc", observed.tolist(), strict=True))
        found = estimates(counts, confusion.tolist(), list("abc"), samples=200)
        held += sum(one.low <= n <= one.high for one, n in zip(found, true, strict=True))
        total += 3
    assert held / total >= 0.9
    # Without correction the rare topics are far too many: the counts themselves are not in their intervals.
    assert counts["c"] > true[2]


def test_a_register_is_long_enough_to_test_with() -> None:
    """All that the tests above compare does occur in the random rows."""
    rows = _register()
    found = _count(rows, "2025-03")
    for table in (found.topics, *found.breakdowns):
        assert sum(line.count > 0 for line in table.lines) >= 2
    assert all(itertools.chain.from_iterable(cross.column_totals for cross in found.crosses))


@pytest.mark.parametrize(("months", "tested"), [(2, 0), (14, 7 + 6)])
def test_a_search_for_surges_tells_how_much_it_could_test(months: int, tested: int) -> None:
    """With a year's past, the seven topics in the city and all but the fallback in its district; otherwise nothing."""
    days = [dt.date(2025, 3, 31) - dt.timedelta(day) for day in range(30 * months)]
    data = pl.DataFrame(
        {"date": days * 2, "topic": ["roads"] * len(days) + ["dumps"] * len(days), "district": "Центральный"},
        schema_overrides={"date": pl.Date},
    )
    march = Span(dt.date(2025, 3, 1), dt.date(2025, 3, 31))
    found = surges.search(data, Period("month", march, march), Taxonomy.default())
    assert found.tested == tested
    assert found.surges == surges.find_surges(data, Period("month", march, march), Taxonomy.default())
