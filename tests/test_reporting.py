"""Figures of a report are counts that can be checked by hand, and every share names its base."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import appealcls
from appealcls.errors import DataError, UsageError
from appealcls.reporting import Report, report
from appealcls.tables import write_table

_IDS = appealcls.Taxonomy.default().ids
_TOPICS = st.lists(st.sampled_from([*_IDS, "", "новая тема", "ещё одна"]), min_size=1, max_size=60)


def _rows(topics: list[str]) -> list[dict[str, Any]]:
    return [{"topic": topic} for topic in topics]


def _taxonomy() -> appealcls.Taxonomy:
    topics = (appealcls.Topic("a", "Первая", department="Отдел А"), appealcls.Topic("b", "Вторая"))
    return appealcls.Taxonomy(topics)


@given(_TOPICS)
def test_counts_are_those_of_a_counter(topics: list[str]) -> None:
    """Every topic is counted as often as it stands in the rows."""
    found = report(_rows(topics))
    expected = Counter(filter(None, topics))
    assert {topic.topic: topic.count for topic in found.topics if topic.count} == dict(expected)
    assert found.total == len(topics)
    assert found.classified == expected.total()


@given(_TOPICS)
def test_the_total_is_the_sum_of_its_parts_and_shares_sum_to_one(topics: list[str]) -> None:
    """Counts add up to the classified appeals, and shares are of these and add up to 1."""
    found = report(_rows(topics))
    assert sum(topic.count for topic in found.topics) == found.classified
    assert found.total - found.classified == topics.count("")
    for topic in found.topics:
        assert topic.share * max(found.classified, 1) == pytest.approx(topic.count)
    assert sum(topic.share for topic in found.topics) == pytest.approx(1.0 if found.classified else 0.0)


@given(_TOPICS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(topics: list[str], random: Any) -> None:
    """Shuffled rows give the same report and the same document."""
    shuffled = random.sample(topics, len(topics))
    assert report(_rows(shuffled)) == report(_rows(topics))
    assert report(_rows(shuffled)).to_markdown() == report(_rows(topics)).to_markdown()


@given(_TOPICS)
def test_topics_come_by_number_and_all_of_the_taxonomy_are_there(topics: list[str]) -> None:
    """The commonest topic is first, equal ones keep the order of the taxonomy, and none is left out."""
    found = report(_rows(topics)).topics
    unknown = sorted(set(topics) - {*_IDS, ""})
    order = [*_IDS, *unknown]
    assert [topic.topic for topic in found] == sorted(
        order, key=lambda topic: (-topics.count(topic), order.index(topic))
    )


def test_names_and_departments_come_from_the_taxonomy_and_unknown_topics_are_listed() -> None:
    """A topic that the taxonomy lacks is not lost: it stands under its id."""
    found = report(_rows(["b", "b", "a", "неизвестная"]), taxonomy=_taxonomy())
    assert [(topic.topic, topic.name, topic.department, topic.count, topic.share) for topic in found.topics] == [
        ("b", "Вторая", "", 2, 0.5),
        ("a", "Первая", "Отдел А", 1, 0.25),
        ("неизвестная", "неизвестная", "", 1, 0.25),
    ]


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ([True, False, True], 2),
        (["true", "false", "TRUE"], 2),
        (["да", "нет", "1"], 2),
        (["false", "", None], 0),
    ],
)
def test_marks_for_review_are_counted(marks: list[Any], expected: int) -> None:
    """Marks are counted as programs and as people write them."""
    assert report([{"topic": "a", "needs_review": mark} for mark in marks], taxonomy=_taxonomy()).review == expected


def test_where_rows_do_not_say_review_is_unknown() -> None:
    """No column of marks is not the same as no marks."""
    found = report(_rows(["a"]), taxonomy=_taxonomy())
    assert found.review is None
    assert "проверку" not in found.to_markdown()


@pytest.mark.parametrize("suffix", ["csv", "tsv", "xlsx", "jsonl"])
def test_a_table_gives_the_figures_of_its_rows(tmp_path: Path, suffix: str) -> None:
    """A report on a file is the report on its rows, of whatever kind the file is."""
    path = tmp_path / f"t.{suffix}"
    rows = [["x", "a", True], ["y", "b", False], ["z", "a", False], ["w", "", True]]
    with write_table(path, ["text", "topic", "needs_review"]) as writer:
        writer.write(rows)
    expected = report([{"topic": row[1], "needs_review": row[2]} for row in rows], taxonomy=_taxonomy())
    assert report(path, taxonomy=_taxonomy()) == report(str(path), taxonomy=_taxonomy()) == expected
    assert (expected.total, expected.classified, expected.review) == (4, 3, 2)


def test_a_labelled_archive_is_reported_as_its_summary_says(tmp_path: Path) -> None:
    """What ``label`` counted is what ``report`` counts in its file."""
    source = tmp_path / "in.csv"
    source.write_text('text\nЯма на дороге\nСтая собак\nЯма во дворе\n""\n', encoding="utf-8")
    summary = appealcls.label_archive(source, tmp_path / "out.xlsx")
    found = report(tmp_path / "out.xlsx")
    assert {topic.topic: topic.count for topic in found.topics if topic.count} == {
        topic: count for topic, count in summary.topics.items() if topic
    }
    assert (found.total, found.review) == (summary.rows, summary.review)
    assert found.total == 4


def test_the_column_of_topics_may_be_named(tmp_path: Path) -> None:
    """Another column is counted when it is named; one that is not there is refused with the list."""
    path = tmp_path / "t.csv"
    path.write_text("текст,тема,рубрика\nx,a,b\n", encoding="utf-8")
    assert report(path, taxonomy=_taxonomy()).topics[0].topic == "a"
    assert report(path, taxonomy=_taxonomy(), topic_column="рубрика").topics[0].topic == "b"
    with pytest.raises(UsageError, match=r"«нет».*«текст», «тема», «рубрика»"):
        report(path, topic_column="нет")
    with pytest.raises(UsageError, match=r"row 1 .*keys are x"):
        report([{"topic": "a"}, {"x": 1}])


def test_nothing_to_report_on_is_an_error(tmp_path: Path) -> None:
    """No rows are a DataError, from a file as from memory."""
    with pytest.raises(DataError, match="no rows"):
        report([])
    (tmp_path / "t.csv").write_text("topic\n", encoding="utf-8")
    with pytest.raises(DataError, match="no rows"):
        report(tmp_path / "t.csv")


def test_rows_without_any_topic_are_a_report_of_zeros() -> None:
    """Where no row has a topic, shares are 0 and nothing is divided by it."""
    found = report(_rows(["", " "]), taxonomy=_taxonomy())
    assert (found.total, found.classified) == (2, 0)
    assert [topic.share for topic in found.topics] == [0.0, 0.0]
    assert "| **Итого** | **0** | **0,0\u00a0%** | |" in found.to_markdown()


def test_a_report_is_json_able_data() -> None:
    """``to_dict`` holds every figure and survives JSON."""
    found = report(_rows(["a", "b", "a"]), taxonomy=_taxonomy())
    data = json.loads(json.dumps(found.to_dict()))
    assert data["total"] == data["classified"] == 3
    assert data["topics"][0] == {
        "topic": "a", "name": "Первая", "department": "Отдел А", "count": 2, "share": pytest.approx(2 / 3),
    }  # fmt: skip


def _big() -> Report:
    rows: list[dict[str, Any]] = [{"topic": "a", "needs_review": i < 1234} for i in range(12_345)]
    rows += [{"topic": "b"}] * 1000 + [{"topic": ""}] * 5
    return report(rows, taxonomy=_taxonomy())


def test_markdown_has_russian_numbers() -> None:
    """Thousands stand apart by a non-breaking space, shares have a comma and a non-breaking space before %."""
    text = _big().to_markdown()
    assert "Всего обращений: 13\u00a0350, тема определена у 13\u00a0345." in text
    assert "На проверку отмечено: 1\u00a0234 (9,2\u00a0% от всех обращений)." in text
    assert "| Первая | 12\u00a0345 | 92,5\u00a0% | Отдел А |" in text
    assert "| Вторая | 1\u00a0000 | 7,5\u00a0% | — |" in text
    assert "| **Итого** | **13\u00a0345** | **100,0\u00a0%** | |" in text
    assert not re.search(r"\d[., ]\d{3}\b", text)
    assert " %" not in text


def test_markdown_names_the_base_of_its_shares() -> None:
    """The heading of the shares says of how many appeals they are."""
    assert "Доля от 13\u00a0345" in _big().to_markdown()


def test_markdown_is_one_well_formed_table() -> None:
    """All lines of the table have as many cells as its header, and one line stands for each topic."""
    lines = [line for line in _big().to_markdown().splitlines() if line.startswith("|")]
    assert {line.count("|") for line in lines} == {5}
    assert len(lines) == 2 + len(_big().topics) + 1
