"""A report as a whole: from rows or a file to figures that agree with one another, and to every kind of document."""

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import appealcls
from appealcls import store
from appealcls.errors import DataError, ModelError, UsageError
from appealcls.reporting import Report, report
from appealcls.reporting.checking.consistency import verify
from appealcls.reporting.figures import Figures
from appealcls.tables import write_table

_IDS = appealcls.Taxonomy.default().ids
_TOPICS = st.lists(st.sampled_from([*_IDS, "", "новая тема", "ещё одна"]), min_size=1, max_size=40)
_FORMATS = ("to_html", "to_docx", "to_xlsx", "to_markdown", "to_text")


def _rows(topics: list[str]) -> list[dict[str, Any]]:
    return [{"topic": topic} for topic in topics]


def _taxonomy() -> appealcls.Taxonomy:
    topics = (appealcls.Topic("a", "Первая", department="Отдел А"), appealcls.Topic("b", "Вторая"))
    return appealcls.Taxonomy(topics)


def _counts(made: Figures) -> dict[str, int]:
    return {line.key: line.count for line in made.topics.lines if line.count}


def _year(rows: int = 240) -> list[dict[str, Any]]:
    """Two years of appeals, a few a month, with all that a register may have."""
    found = []
    for number in range(rows):
        day = dt.date(2024, 1, 5) + dt.timedelta(days=number * 720 // rows)
        topic = _IDS[number % len(_IDS)]
        found.append(
            {
                "id": number, "Дата": day, "Дата ответа": day + dt.timedelta(days=number % 45), "Район": "АБВ"[number % 3],
                "Канал": ("Портал", "Письмо")[number % 2], "Повторное": "да" if number % 9 == 0 else "нет",
                "topic": topic, "topics": topic, "confidence": 0.9, "needs_review": number % 7 == 0,
                "текст": f"На улице Садовой, дом {number % 4}, прошу навести порядок, номер {number}",
            }
        )  # fmt: skip
    return found


@settings(max_examples=30)
@given(_TOPICS)
def test_counts_are_those_of_a_counter(topics: list[str]) -> None:
    """Every topic is counted as often as it stands in the rows, and no figure contradicts another."""
    made = report(_rows(topics))
    assert _counts(made) == dict(Counter(filter(None, topics)))
    assert (made.totals.appeals.count, made.topics.base) == (len(topics), len(topics) - topics.count(""))
    assert verify(made) == ()


@settings(max_examples=20)
@given(_TOPICS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(topics: list[str], random: Any) -> None:
    """Shuffled rows give the same report and the same document."""
    shuffled = random.sample(topics, len(topics))
    assert report(_rows(shuffled)) == report(_rows(topics))
    assert report(_rows(shuffled)).to_markdown() == report(_rows(topics)).to_markdown()


def test_names_come_from_the_taxonomy_and_unknown_topics_are_listed() -> None:
    """A topic that the taxonomy lacks is not lost: it stands under its id."""
    made = report(_rows(["b", "b", "a", "неизвестная"]), taxonomy=_taxonomy())
    lines = [(line.key, line.name, line.count) for line in made.topics.lines]
    assert lines == [("b", "Вторая", 2), ("a", "Первая", 1), ("неизвестная", "неизвестная", 1)]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "csv.gz", "xlsx", "jsonl", "parquet"])
def test_a_table_gives_the_figures_of_its_rows(tmp_path: Path, suffix: str) -> None:
    """A report on a file is the report on its rows, of whatever kind the file is."""
    path = tmp_path / f"t.{suffix}"
    rows = _year(60)
    with write_table(path, list(rows[0])) as writer:
        writer.write([list(row.values()) for row in rows])
    from_file, from_rows = report(path).to_dict(), report(rows).to_dict()
    for made in (from_file, from_rows):
        # A file says by which column it knows each property, and numbers rows as its program shows them.
        made.pop("notes")
    assert from_file == from_rows


def test_a_labelled_archive_is_reported_as_its_summary_says(tmp_path: Path) -> None:
    """What ``label`` counted is what ``report`` counts in its file."""
    source = tmp_path / "in.csv"
    source.write_text('text\nЯма на дороге\nСтая собак\nЯма во дворе\n""\n', encoding="utf-8")
    summary = appealcls.label_archive(source, tmp_path / "out.xlsx")
    made = report(tmp_path / "out.xlsx")
    assert _counts(made) == {topic: count for topic, count in summary.topics.items() if topic}
    assert made.totals.review is not None
    assert (made.totals.appeals.count, made.totals.review.count) == (summary.rows, summary.review)


def test_columns_may_be_named(tmp_path: Path) -> None:
    """Other columns are counted when they are named; one that is not there is refused with the list."""
    path = tmp_path / "t.csv"
    path.write_text("когда,тема,рубрика\n05.03.2025,a,b\n", encoding="utf-8")
    assert _counts(report(path, taxonomy=_taxonomy())) == {"a": 1}
    assert _counts(report(path, taxonomy=_taxonomy(), topic_column="рубрика")) == {"b": 1}
    assert report(path, columns={"date": "когда"}, period="2025-03").period is not None
    with pytest.raises(UsageError, match=r"«нет».*«когда», «тема», «рубрика»"):
        report(path, topic_column="нет")


def test_nothing_to_report_on_is_an_error(tmp_path: Path) -> None:
    """No rows are a DataError, from a file as from memory."""
    with pytest.raises(DataError, match="no rows"):
        report([])
    (tmp_path / "t.csv").write_text("topic\n", encoding="utf-8")
    with pytest.raises(DataError, match="no rows"):
        report(tmp_path / "t.csv")


def test_counts_are_corrected_where_a_model_gave_the_topics(tmp_path: Path) -> None:
    """Estimates stand beside counts when confidences say that a model was at work; they sum to the same."""
    made = report(_year())
    assert sum(one.estimate for one in made.estimates) == pytest.approx(made.topics.base)
    assert all(one.low <= one.estimate <= one.high for one in made.estimates)
    by_hand = [{key: cell for key, cell in row.items() if key != "confidence"} for row in _year()]
    assert report(by_hand).estimates == ()
    assert report(_rows(["чужая"]), model="default").estimates == ()  # topics that the model never gave
    with pytest.raises(ModelError, match="no such model"):
        report(_year(), model=tmp_path / "нет")


def test_every_part_of_the_year_is_there() -> None:
    """Dates, answers, districts and texts lead to comparisons, terms, cross tables and places."""
    made = report(_year(), period="2025")
    assert made.period is not None
    assert made.period.last_year is not None
    assert made.terms is not None
    assert {table.of for table in made.crosses} == {("topic", "district"), ("topic", "month")}
    assert made.places[0].name == "ул. Садовая"
    assert "date" not in made.notes.missing
    assert verify(made) == ()


@pytest.mark.parametrize("method", _FORMATS)
def test_the_same_rows_give_the_same_bytes(method: str) -> None:
    """Every document is the same for the same rows."""
    first, second = (getattr(report(_year(), period="2025"), method)() for _ in range(2))
    assert first == second
    assert len(first) > 1000


@pytest.mark.parametrize("method", _FORMATS)
@pytest.mark.parametrize("rows", [[{"topic": ""}], [{"topic": "roads"}], [{"topic": "roads", "Дата": "31.02.2025"}]])
def test_the_least_there_can_be_is_a_document(rows: list[dict[str, Any]], method: str) -> None:
    """A row without a topic, without a date, with an impossible date: a document that says what was missing."""
    assert getattr(report(rows), method)()


def test_a_report_is_json_able_data() -> None:
    """``to_dict`` holds every figure and survives JSON."""
    data = json.loads(json.dumps(report(_year(), period="2025").to_dict()))
    assert data["period"]["whole"] == {"start": "2025-01-01", "stop": "2025-12-31"}
    assert sum(line["count"] for line in data["topics"]["lines"]) == data["topics"]["base"]


def test_claims_are_checked_against_the_report() -> None:
    """A count that the rows do not give is found; the one that they give is not."""
    made = report(_rows(["roads"] * 3 + ["dumps"]))
    assert isinstance(made, Report)
    names = {topic.id: topic.name for topic in appealcls.Taxonomy.default().topics}
    assert made.check([{"тема": names["roads"], "количество": 3}]) == ()
    assert [finding.kind for finding in made.check([{"тема": names["dumps"], "количество": 3}])] == ["wrong"]


def test_the_topics_are_those_of_the_table_or_its_model(tmp_path: Path, small_model: appealcls.TopicModel) -> None:
    """A city's own topics are not mixed with ours: with its model named, and where none of the topics is ours."""
    own = _rows(["Вода", "Вода", "Шум"])
    assert [line.key for line in report(own).topics.lines] == ["Вода", "Шум"]
    store.save(small_model, tmp_path / "m")
    assert {
        line.key for line in report(_rows(list(small_model.taxonomy.ids)), model=tmp_path / "m").topics.lines
    } == set(small_model.taxonomy.ids)
    assert {line.key for line in report(_rows(["roads", "Вода"])).topics.lines} == {*_IDS, "Вода"}
