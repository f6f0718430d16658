"""A labelled archive holds every row and column it was given, in their order, and the topics beside them."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import appealcls
from appealcls.archive import ADDED_COLUMNS, Progress, label_archive
from appealcls.errors import DataError, UsageError
from appealcls.model import Thresholds
from appealcls.tables import Row, open_table, write_table

_TEXTS = (
    "Яма на дороге у дома, колесо пробили",
    "Стая собак у школы, дети боятся",
    "Автобус 23 не пришёл по расписанию",
    "Не чищен снег на тротуаре, наледь",
    "Свалка шин за гаражами",
    "Когда расселят наш аварийный барак?",
    "В доме нет отопления; стояк холодный",
    "",
    "   ",
    "Автобус не приходит по расписанию уже вторую неделю. Тротуар у остановки весь в снегу и не чистится.",
    "Почистите снег и наледь на тротуаре. Автобус опять не пришёл на остановку по расписанию.",
    "qwxz",
)


@pytest.fixture(scope="module")
def model() -> appealcls.TopicModel:
    """The default model."""
    return appealcls.load()


def _table(path: Path, columns: list[str], rows: list[Row]) -> Path:
    with write_table(path, columns) as writer:
        writer.write(rows)
    return path


def _appeals(count: int) -> list[Row]:
    return [[str(i), f"{_TEXTS[i % len(_TEXTS)]}", f"п;р,и\n«м» {i}"] for i in range(count)]


def _read(path: Path) -> tuple[list[str], list[Row]]:
    table = open_table(path)
    return table.columns, [row for _, row in table]


@pytest.mark.parametrize("source", ["csv", "tsv", "xlsx", "jsonl"])
@pytest.mark.parametrize("target", ["csv", "tsv", "xlsx", "jsonl"])
def test_rows_order_and_columns_stay(tmp_path: Path, model: appealcls.TopicModel, source: str, target: str) -> None:
    """From any kind of table to any other, the input's cells come first, untouched and in order."""
    columns, rows = ["№", "Текст обращения", "Примечание"], _appeals(30)
    given = _table(tmp_path / f"in.{source}", columns, rows)
    summary = label_archive(given, tmp_path / f"out.{target}", model)
    found_columns, found = _read(tmp_path / f"out.{target}")
    assert found_columns == [*columns, *ADDED_COLUMNS]
    assert [row[:3] for row in found] == rows
    assert summary.rows == 30
    assert (summary.source, summary.target) == (given, tmp_path / f"out.{target}")


def test_added_columns_say_what_predict_says(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """Each added cell is the prediction of that row's text: id, name, confidence, review mark and all topics."""
    generous = appealcls.TopicModel(
        model.arrays, model.taxonomy, model.settings, Thresholds(model.thresholds.review, additional=0.001)
    )
    rows = [row for row in _appeals(len(_TEXTS)) if row[1].strip()]
    label_archive(_table(tmp_path / "in.csv", ["id", "text", "x"], rows), tmp_path / "out.csv", generous)
    several = 0
    for row in _read(tmp_path / "out.csv")[1]:
        topic, name, confidence, review, topics, _ = row[3:]
        prediction = generous.predict(row[1])
        assert topic == (prediction.topic or "")
        assert name == (model.taxonomy[topic].name if topic else "")
        assert float(confidence) == pytest.approx(prediction.confidence, abs=5e-5)
        assert review == ("true" if prediction.needs_review else "false")
        assert topics == "|".join(prediction.topics)
        several += len(prediction.topics) > 1
    assert several > 0


def test_added_columns_keep_to_their_ranges(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """Topics are the model's or empty, confidence is in [0, 1], marks are true or false, the first of topics is topic."""
    label_archive(_table(tmp_path / "in.csv", ["id", "text", "x"], _appeals(44)), tmp_path / "out.jsonl", model)
    for row in _read(tmp_path / "out.jsonl")[1]:
        topic, name, confidence, review, topics, _ = row[3:]
        assert topic in {*model.taxonomy.ids, ""}
        assert bool(name) == bool(topic)
        assert 0 <= confidence <= 1
        assert isinstance(review, bool)
        assert topics.split("|")[0] == topic
        assert set(filter(None, topics.split("|"))) <= set(model.taxonomy.ids)


def test_rows_without_text_have_no_topic_and_are_marked(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """Nothing is guessed from nothing: no topic, marked for review, and counted apart."""
    rows: list[Row] = [[1, "Яма на дороге"], [2, ""], [3, " \n\t"], [4, None]]
    summary = label_archive(_table(tmp_path / "in.jsonl", ["id", "text"], rows), tmp_path / "out.jsonl", model)
    found = _read(tmp_path / "out.jsonl")[1]
    assert [row[:2] for row in found] == rows
    assert found[0][2] == "roads"
    assert [[row[2], row[3], row[5], row[6]] for row in found[1:]] == [["", "", True, ""]] * 3
    assert [row[7] for row in found] == ["", *["нет текста"] * 3]
    assert summary.problems == Counter({"нет текста": 3})
    assert summary.topics == Counter({"roads": 1, None: 3})


def test_the_summary_counts_what_the_file_holds(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """Rows, topics and marks of the summary are those of the file that was written."""
    summary = label_archive(_table(tmp_path / "in.csv", ["id", "text", "x"], _appeals(33)), tmp_path / "out.csv", model)
    found = _read(tmp_path / "out.csv")[1]
    assert summary.rows == len(found) == summary.topics.total()
    assert summary.topics == Counter(row[3] or None for row in found)
    assert summary.review == sum(row[6] == "true" for row in found) > 0
    assert summary.problems.total() == sum(not row[1].strip() for row in found) > 0


def test_columns_called_like_added_ones_are_kept(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """An old topic is not overwritten: it stays as topic_input beside the new one."""
    rows: list[Row] = [["moved", "Яма на дороге", "0.5", "x"]]
    label_archive(
        _table(tmp_path / "in.csv", ["topic", "text", "confidence", "topics"], rows), tmp_path / "out.csv", model
    )
    columns, found = _read(tmp_path / "out.csv")
    assert columns == ["topic_input", "text", "confidence_input", "topics_input", *ADDED_COLUMNS]
    assert found[0][:4] == rows[0]
    assert found[0][4] == "roads"


def test_more_rows_than_two_batches_are_labelled_in_order(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """4,001 rows, one more than two batches, come out as 4,001 rows, and progress ends with the last."""
    rows = _appeals(4001)
    steps: list[Progress] = []
    summary = label_archive(
        _table(tmp_path / "in.csv", ["id", "text", "x"], rows), tmp_path / "out.csv", model, progress=steps.append
    )
    found = _read(tmp_path / "out.csv")[1]
    assert [row[:3] for row in found] == rows
    assert summary.rows == 4001
    assert [step.rows for step in steps] == [2000, 4000, 4001]
    size = (tmp_path / "in.csv").stat().st_size
    assert (steps[-1].done, steps[-1].total) == (size, size)
    answers: dict[str, set[tuple[Any, ...]]] = {}
    for row in found:
        answers.setdefault(row[1], set()).add(tuple(row[3:]))
    assert all(len(different) == 1 for different in answers.values())


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_two_jobs_give_the_bytes_of_one(tmp_path: Path, model: appealcls.TopicModel, suffix: str) -> None:
    """The number of processes does not show in the file, nor in the summary."""
    given = _table(tmp_path / "in.csv", ["id", "text", "x"], _appeals(4001))
    one = label_archive(given, tmp_path / f"one.{suffix}", model, jobs=1)
    two = label_archive(given, tmp_path / f"two.{suffix}", model, jobs=2)
    assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"two.{suffix}").read_bytes()
    assert (one.rows, one.topics, one.review, one.problems) == (two.rows, two.topics, two.review, two.problems)


def test_a_table_without_rows_gives_a_table_without_rows(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """A header alone is labelled to a header alone."""
    summary = label_archive(_table(tmp_path / "in.csv", ["text"], []), tmp_path / "out.csv", model)
    assert _read(tmp_path / "out.csv") == (["text", *ADDED_COLUMNS], [])
    assert (summary.rows, summary.review, summary.topics) == (0, 0, Counter())


def test_a_csv_of_old_excel_is_labelled_to_one_that_excel_opens(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """A Windows-1251 file with semicolons becomes UTF-8 with the mark, semicolons and Windows line ends."""
    (tmp_path / "in.csv").write_bytes("Номер;Обращение\r\n1;Яма на дороге\r\n2;№ 5, «Стая» собак\r\n".encode("cp1251"))
    label_archive(tmp_path / "in.csv", tmp_path / "out.csv", model)
    raw = (tmp_path / "out.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") == raw.count(b"\n") == 3
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert [row[:2] for row in rows] == [["Номер", "Обращение"], ["1", "Яма на дороге"], ["2", "№ 5, «Стая» собак"]]
    assert rows[1][2] == "roads"


def test_input_and_output_must_be_two_files(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """The same file under any of its names is refused and stays as it was."""
    given = _table(tmp_path / "in.csv", ["text"], [["Яма"]])
    before = given.read_bytes()
    (tmp_path / "link.csv").symlink_to(given)
    for target in (given, tmp_path / "x" / ".." / "in.csv", tmp_path / "link.csv"):
        (tmp_path / "x").mkdir(exist_ok=True)
        with pytest.raises(UsageError, match="same file"):
            label_archive(given, target, model)
    assert given.read_bytes() == before


def test_a_strict_run_that_meets_a_broken_row_leaves_nothing(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """A broken row after a whole batch is a DataError with its line, and half an archive is not left behind."""
    given = tmp_path / "in.csv"
    given.write_text("id;text\n" + "1;Яма\n" * 2500 + "1;Яма;лишнее\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 2502"):
        label_archive(given, tmp_path / "out.csv", model, strict=True)
    assert list(tmp_path.iterdir()) == [given]


def test_the_column_of_texts_is_asked_for_when_it_cannot_be_found(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """A table without a known name is refused with its columns, and labelled when the name is given."""
    given = _table(tmp_path / "in.csv", ["номер", "жалоба"], [["1", "Яма на дороге"]])
    with pytest.raises(UsageError, match=r"«номер», «жалоба».*--text-column"):
        label_archive(given, tmp_path / "out.csv", model)
    assert not (tmp_path / "out.csv").exists()
    assert label_archive(given, tmp_path / "out.csv", model, text_column="жалоба").topics["roads"] == 1


def test_the_package_labels_with_its_own_model(tmp_path: Path, model: appealcls.TopicModel) -> None:
    """``appealcls.label_archive`` without a model is the same with the default one."""
    given = _table(tmp_path / "in.csv", ["id", "text", "x"], _appeals(22))
    appealcls.label_archive(given, tmp_path / "one.csv")
    label_archive(given, tmp_path / "two.csv", model)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
