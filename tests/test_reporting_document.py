"""The document of a report agrees with its figures, leaves out what there is none of, and says so."""

import datetime as dt
import itertools
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appealcls.reporting.figures import Breakdown, Change, DataNotes, Figures, Line, Period, Place, Span, Totals
from appealcls.reporting.rendering.blocks import (
    Bullets,
    Cell,
    Chart,
    Column,
    Document,
    Heading,
    KeyFigures,
    Paragraph,
    Table,
)
from appealcls.reporting.rendering.document import build
from appealcls.reporting.rendering.tabulation import foremost
from appealcls.reporting.wording import NBSP, number, percent


def _strings(document: Document) -> Iterator[str]:
    yield document.title
    yield document.subtitle
    for block in document.blocks:
        match block:
            case Heading() | Paragraph():
                yield block.text
            case Bullets():
                yield from block.items
            case KeyFigures():
                yield from itertools.chain.from_iterable((item.label, item.value, item.note) for item in block.items)
            case Chart():
                yield from (block.title, block.alt, *block.categories)
            case Table():
                yield from (block.title, block.note, *(column.name for column in block.columns))
                yield from (cell.text for row in block.rows for cell in row)


def _said(figures: Figures) -> str:
    return "\n".join(_strings(build(figures))).replace(NBSP, " ")


def _march(year: int) -> Span:
    return Span(dt.date(year, 3, 1), dt.date(year, 3, 31))


def _table(figures: Figures, key: str) -> Table:
    return next(table for table in build(figures).tables() if table.key == key)


def test_tables_are_rectangular_and_keys_occur_once(report_sample: Figures) -> None:
    """Every row and total is as wide as its header, and no key occurs twice."""
    document = build(report_sample)
    for table in document.tables():
        for row in (*table.rows, *([table.total] if table.total else [])):
            assert len(row) == len(table.columns)
    headings = [block.key for block in document.blocks if isinstance(block, Heading)]
    others = [block.key for block in document.blocks if isinstance(block, Table | Chart)]
    for keys in (headings, others):
        assert len(keys) == len(set(keys))
        assert all(re.fullmatch(r"[a-z][a-z0-9-]*", key) for key in keys)


def test_totals_are_the_sums_of_the_rows_shown(report_sample: Figures) -> None:
    """In every table, a total of counts or differences is the sum of its column."""
    checked = 0
    for table in build(report_sample).tables():
        for place, column in enumerate(table.columns):
            if table.total and column.role in {"number", "difference"}:
                assert table.total[place].value == sum(row[place].value or 0 for row in table.rows)
                checked += 1
    assert checked


def test_shown_numbers_are_the_values_behind_them(report_sample: Figures) -> None:
    """A cell with a number shows that number; words and unknown numbers have none."""
    for table in build(report_sample).tables():
        for row in table.rows:
            for cell, column in zip(row, table.columns, strict=True):
                assert (cell.value is None) == (column.role == "text" or cell.text == "—")
                if cell.value is not None and column.role == "percent":
                    assert cell.text == percent(cell.value)
                if isinstance(cell.value, int) and column.role == "number":
                    assert cell.text == number(cell.value)


def test_growth_is_never_said_of_a_fall(report_sample: Figures) -> None:
    """The signs of a difference and its per cent agree in every row of every table."""
    for table in build(report_sample).tables():
        roles = [column.role for column in table.columns]
        for row in table.rows:
            if "growth" in roles:
                difference, growth = row[roles.index("difference")], row[roles.index("growth")]
                if growth.value is not None and difference.value is not None:
                    assert (growth.value > 0) == (difference.value > 0)
                    assert growth.text[0] == difference.text[0] or growth.value == 0


def test_every_table_of_shares_names_its_base(report_sample: Figures) -> None:
    """Where a column holds shares, its head has the base's number and the note its name."""
    for table in build(report_sample).tables():
        for column in table.columns:
            if column.role == "percent" and table.total is not None and table.total[1].value:
                assert column.name.endswith(table.total[1].text)
                assert "Доля — от" in table.note.replace(NBSP, " ")


def test_no_control_characters_and_no_line_begins_with_a_dash(report_sample: Figures) -> None:
    """Names out of a table cannot break a format, and a dash stays with the word before it."""
    for text in _strings(build(report_sample)):
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", text)
        assert " —" not in text


def test_the_known_example_of_khabarovsk(report_samples: dict[str, Figures]) -> None:
    """13 916 to 18 970 is growth by 36.3 %, in the first sentence and in the summary."""
    said = _said(report_samples["full"])
    assert "поступило 18 970 обращений граждан — на 5 054 обращения (36,3 %) больше, чем в 2024 году (13 916)." in said
    assert "+36,3 % к АППГ (13 916)" in said


def test_the_parts_come_in_the_order_of_published_reports(report_samples: dict[str, Figures]) -> None:
    """A full report has every part, in the order in which municipalities publish them."""
    keys = [
        block.key for block in build(report_samples["full"]).blocks if isinstance(block, Heading) and block.level == 2
    ]
    assert keys == [
        *("totals", "months", "channel", "kind", "form", "topic", "topic-month", "topic-district", "question"),
        *(
            "district",
            "department",
            "result",
            "terms",
            "repeats",
            "surges",
            "words",
            "places",
            "recommendations",
            "notes",
        ),
    ]


def test_what_is_missing_is_named_and_nothing_of_it_is_shown(report_samples: dict[str, Figures]) -> None:
    """Without dates nothing is compared, and the notes say why for each column that is not there."""
    said = _said(report_samples["no_dates"])
    assert "АППГ" not in said
    assert "2025" not in said
    for reason in ("датой регистрации", "каналом", "районом", "датой ответа", "адресом", "отметкой о проверке"):
        assert f"Нет колонки с {reason}" in said
    assert said.startswith("Обзор обращений граждан\n")


def test_a_partial_period_is_announced_before_everything_else(report_samples: dict[str, Figures]) -> None:
    """Which days the data cover, and that the comparison is with the same days, is said before the first part."""
    blocks = build(report_samples["partial"]).blocks
    first = next(place for place, block in enumerate(blocks) if isinstance(block, Heading))
    warnings = [block for block in blocks[:first] if isinstance(block, Paragraph) and block.role == "warning"]
    (warning,) = warnings
    text = warning.text.replace(NBSP, " ")
    assert "с 1 по 19 марта 2025 года, 19 дней из 31" in text
    assert "с 1 по 19 марта 2024 года" in text
    assert not [block for block in build(report_samples["full"]).blocks if getattr(block, "role", "") == "warning"]


def test_without_last_year_nothing_is_compared_with_it(report_samples: dict[str, Figures]) -> None:
    """No table and no sentence compares, and the notes say so."""
    figures = report_samples["no_last_year"]
    said = _said(figures)
    assert "больше, чем" not in said
    assert "меньше, чем" not in said
    assert "нет данных за аналогичный период прошлого года" in said.lower()
    assert [column.role for column in _table(figures, "topic").columns] == ["text", "number", "percent"]


def test_an_empty_period_divides_by_nothing(report_samples: dict[str, Figures]) -> None:
    """A period without appeals is a report all the same, with dashes for shares."""
    figures = report_samples["empty"]
    assert "обращений граждан не поступило" in _said(figures)
    assert {row[2].text for row in _table(figures, "topic").rows} == {"—"}
    assert not [block for block in build(figures).blocks if isinstance(block, Chart)]


def test_surges_are_told_in_plain_words(report_samples: dict[str, Figures]) -> None:
    """How many came, how many were expected, by how much more, which words, and examples as quotations."""
    figures = report_samples["full"]
    said = _said(figures)
    assert "Поступило 612 обращений, ожидалось 318 — на 92,2 % больше." in said
    assert "«шина» (41,2 на 1 000 обращений темы, прежде 8,0)" in said
    surge = replace(figures.surges[0], month=(2025, 12), expected=200.0)
    said = _said(replace(figures, surges=(surge,)))
    assert "В декабре 2025 года поступило 612 обращений, ожидалось 200 — в 3,1 раза больше." in said
    quotes = [block for block in build(figures).blocks if isinstance(block, Bullets) and block.role == "quotes"]
    assert quotes[0].items == figures.surges[0].examples


def test_a_line_unknown_last_year_keeps_its_count(report_samples: dict[str, Figures]) -> None:
    """A total that was not counted a year before is shown with dashes, not left out."""
    figures = report_samples["full"]
    review = Line("review", "Отмечено", 1_204, None)
    row = next(
        row
        for row in _table(replace(figures, totals=replace(figures.totals, review=review)), "totals").rows
        if row[0].text == "Отмечено для проверки темы"
    )
    assert [cell.text.replace(NBSP, " ") for cell in row[1:]] == ["1 204", "—", "—", "—"]


def test_the_topic_for_the_rest_is_not_called_a_main_question(report_samples: dict[str, Figures]) -> None:
    """«Прочее» has a row, but no sentence calls it the most frequent topic, however many appeals it has."""
    figures = report_samples["full"]
    lines = tuple(replace(line, count=9_000 if line.key == "other" else line.count) for line in figures.topics.lines)
    lines = tuple(sorted(lines, key=lambda line: -line.count))
    changed = replace(figures, topics=replace(figures.topics, lines=lines, base=sum(line.count for line in lines)))
    summary = next(block for block in build(changed).blocks if isinstance(block, KeyFigures))
    assert "Прочее" not in str(summary)
    assert _table(changed, "topic").rows[0][0].text == "Прочее"


def test_a_note_says_when_shares_do_not_sum_to_hundred() -> None:
    """Three thirds make 99.9 %: the note says that this is rounding; two halves need no note."""

    def note(counts: tuple[int, ...]) -> str:
        lines = tuple(Line(str(place), str(place), count) for place, count in enumerate(counts))
        whole = sum(counts)
        totals = Totals(Line("appeals", "Всего", whole), Line("classified", "С темой", whole))
        figures = Figures("", None, totals, Breakdown("topic", "classified", whole, lines), DataNotes(whole))
        return _table(figures, "topic").note

    assert "из-за округления" in note((1, 1, 1))
    assert "из-за округления" not in note((1, 1))


@given(st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 5_000)), min_size=1, max_size=8))
def test_any_counts_make_a_report_that_agrees_with_them(counts: list[tuple[int, int]]) -> None:
    """Whatever was counted, the table of topics has it, sums to the total, and changes by the difference."""
    lines = tuple(Line(f"t{place}", f"Тема {place}", now, before) for place, (now, before) in enumerate(counts))
    now, before = (sum(column) for column in zip(*counts, strict=True))
    totals = Totals(Line("appeals", "Всего", now, before), Line("classified", "С темой", now, before))
    figures = Figures(
        "Темы",
        Period("month", _march(2025), _march(2025), _march(2024)),
        totals,
        Breakdown("topic", "classified", now, lines),
        DataNotes(now),
    )
    table = _table(figures, "topic")
    assert [row[1].value for row in table.rows] == [line.count for line in lines]
    assert table.total is not None
    assert table.total[1].value == now
    assert table.total[4].value == Change(before, now).difference
    said = _said(figures)
    assert ("больше, чем в марте 2024 года" in said) >= (now > before > 0)


def test_a_tint_stands_for_more_than_the_margins_expect() -> None:
    """A cell is tinted by how far it is above row total × column total / total, and not at all below it."""
    columns = (Column("Тема"), Column("а", "number"), Column("б", "number"), Column("Итого", "number"))

    def row(*values: int) -> tuple[Cell, ...]:
        return (Cell("т"), *(Cell(str(value), value) for value in values))

    table = Table("k", "т", columns, (row(30, 10, 40), row(20, 40, 60)), row(50, 50, 100), shaded=True)
    assert table.tint(table.rows[0], 1) == pytest.approx(0.5)  # 30 where 40 × 50 / 100 = 20 are expected
    assert table.tint(table.rows[0], 2) == 0.0
    assert table.tint(table.rows[0], 3) == 0.0
    assert replace(table, shaded=False).tint(table.rows[0], 1) == 0.0


def test_the_document_is_the_same_every_time(report_sample: Figures) -> None:
    """Equal figures make equal documents."""
    assert build(report_sample) == build(report_sample)


def test_estimates_tell_their_condition_and_what_to_publish(report_samples: dict[str, Figures]) -> None:
    """The note says when the interval holds, which number is published, and that a count outside is no contradiction."""
    figures = report_samples["full"]
    note = _table(figures, "estimates").note.replace(NBSP, " ")
    assert "если модель ошибается на этих обращениях так же, как на проверочных" in note
    assert note.startswith("Публикуется подсчитанное число")
    assert "противоречия" not in note
    outside = replace(figures, estimates=(replace(figures.estimates[0], low=1.0, high=2.0, estimate=1.5),))
    assert "противоречия в этом нет" in _table(outside, "estimates").note.replace(NBSP, " ")
    assert [cell.text for cell in _table(outside, "estimates").rows[0][2:]] == ["2", "1", "2"]


@given(st.lists(st.integers(1, 6), max_size=12), st.integers(1, 4))
def test_all_that_tie_for_the_last_named_place_are_named_or_none(counts: list[int], most: int) -> None:
    """What is not named is less than what is."""
    counts.sort(reverse=True)
    named = foremost(counts, int, most)
    assert counts[: len(named)] == named
    assert len(named) <= most + 2
    assert not named or len(named) == len(counts) or counts[len(named)] < named[-1]


def _two_years(*pairs: tuple[int, int]) -> Figures:
    """Topics with their counts in March 2025 and 2024."""
    lines = tuple(Line(f"t{place}", f"Тема {place}", now, before) for place, (now, before) in enumerate(pairs))
    lines = tuple(sorted(lines, key=lambda line: -line.count))
    now, before = (sum(pair[side] for pair in pairs) for side in (0, 1))
    return Figures(
        "",
        Period("month", _march(2025), _march(2025), _march(2024)),
        Totals(Line("appeals", "", now, before), Line("classified", "", now, before)),
        Breakdown("topic", "classified", now, lines),
        DataNotes(now + before),
    )


def test_a_change_of_a_few_appeals_is_no_conclusion() -> None:
    """Four more or fewer are not called growth or fall; five are, and it is said in what they are counted."""
    assert "Наибольш" not in _said(_two_years((14, 10), (10, 14)))
    said = _said(_two_years((15, 10), (10, 15)))
    assert "Наибольший прирост в числе обращений — по теме «Тема 0»: на 5 обращений (50,0 %) больше" in said
    assert "Наибольшее снижение в числе обращений — по теме «Тема 1»: на 5 обращений (33,3 %) меньше" in said


def test_topics_that_tie_are_named_together() -> None:
    """Two that grew alike are both named, and both are the commonest; of four, none is."""
    said = _said(_two_years((20, 10), (20, 10), (3, 3)))
    assert "по темам «Тема 0» (10 → 20) и «Тема 1» (10 → 20): по каждой на 10 обращений больше" in said
    assert "Самые частые темы" in said
    said = _said(_two_years(*[(20, 10)] * 4))
    assert "Наибольш" not in said
    assert "Самая частая тема" not in said
    assert "Самые частые темы" not in said


def test_a_span_of_comparison_is_named_once() -> None:
    """Of a year the period before is last year: one span, one table."""
    last_year = Span(dt.date(2024, 1, 1), dt.date(2024, 8, 20))
    whole = Span(dt.date(2025, 1, 1), dt.date(2025, 12, 31))
    period = Period("year", whole, Span(whole.start, dt.date(2025, 8, 20)), last_year, last_year)
    figures = replace(_two_years((5, 5)), period=period)
    said = _said(figures)
    assert "Для сравнения взят такой же отрезок: с 1 января по 20 августа 2024 года." in said
    assert "предыдущим периодом" not in said


def test_surges_say_whether_there_were_none_or_none_could_be_found() -> None:
    """Tested without a find stands in its own part; not testable stands among what is missing."""
    figures = _two_years((5, 5))
    tested = _said(replace(figures, surges_tested=42))
    assert "Всплески не выявлены. Проверены 42 сочетания темы и территории" in tested
    assert "недостаточно данных" not in tested
    untested = _said(replace(figures, surges_tested=0))
    assert "Недостаточно данных за прошлые периоды — всплески обращений не определялись" in untested
    assert "не выявлены" not in untested


def test_open_answers_are_told_as_of_a_date(report_samples: dict[str, Figures]) -> None:
    """The sentence and the card name the day the data end."""
    document = build(report_samples["full"])
    cards = next(block for block in document.blocks if isinstance(block, KeyFigures))
    assert "на 12 января 2026 г." in [item.note.replace(NBSP, " ") for item in cards.items]
    assert "На 12 января 2026 г. ответа ещё нет" in _said(report_samples["full"])
    assert "последнюю дату" not in _said(report_samples["full"])


def test_questions_that_repeat_the_topics_are_left_out() -> None:
    """Where every appeal raised one question there is no table of them, and no average of one."""
    figures = _two_years((5, 5), (4, 4))
    once = Breakdown("question", "questions", 9, figures.topics.lines)
    totals = replace(figures.totals, questions=Line("questions", "", 9, 9))
    said = _said(replace(figures, breakdowns=(once,), totals=totals))
    assert "Вопросы, поднятые" not in said
    assert "в среднем" not in said
    more = replace(once, base=10, lines=(replace(once.lines[0], count=6), *once.lines[1:]))
    said = _said(replace(figures, breakdowns=(more,), totals=replace(totals, questions=Line("questions", "", 10, 9))))
    assert "Вопросы, поднятые" in said
    assert "в среднем 1,11 на одно обращение" in said


def test_a_median_of_whole_days_has_no_decimal(report_samples: dict[str, Figures]) -> None:
    """21 days are 21 days; half a day is told."""
    figures = report_samples["full"]
    assert figures.terms is not None
    for days, told in ((21.0, "через 21 день после"), (22.0, "через 22 дня после"), (14.5, "через 14,5 дня после")):
        assert told in _said(replace(figures, terms=replace(figures.terms, median_days=days)))


def test_an_address_has_a_topic_only_where_it_returns(report_samples: dict[str, Figures]) -> None:
    """Topics with one appeal are several things; what a text may say without being found is told below the table."""
    places = (
        Place("ул. Полевая", None, 3, (("a", 1), ("b", 1), ("c", 1))),
        Place("ул. Новая", "5", 4, (("a", 3), ("b", 1))),
    )
    table = _table(replace(report_samples["full"], places=places), "places")
    assert [row[2].text.replace(NBSP, " ") for row in table.rows] == ["разные темы", "a — 3"]
    assert "«на Мира»" in table.note.replace(NBSP, " ")


def test_columns_are_quoted_and_explained_in_russian(report_samples: dict[str, Figures]) -> None:
    """Names of a table's columns stand in quotation marks, what they hold stands before them in Russian."""
    notes = DataNotes(
        1, columns=tuple((of, of) for of in ("review", "confidence", "topics", "duplicate_of", "answered"))
    )
    for what, column in _table(replace(report_samples["full"], notes=notes), "columns").rows:
        assert re.fullmatch(r"[А-Яа-яё ]+", what.text)
        assert re.fullmatch(r"«[a-z_]+»", column.text)


def test_rows_of_another_time_are_told_in_plain_words(report_samples: dict[str, Figures]) -> None:
    """Not in the report, and why."""
    assert "Не вошли в отчёт, потому что относятся к другому времени: 14 104 строки" in _said(report_samples["full"])
