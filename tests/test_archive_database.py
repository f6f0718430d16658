"""Archives in databases: read in batches, written at once, continued after a kill."""

import sqlite3
from collections import Counter
from pathlib import Path

import pytest

import appealcls
from appealcls.archive import ADDED_COLUMNS
from appealcls.errors import UsageError
from appealcls.tables import open_table

_TEXTS = ("Яма на дороге у дома", "Стая собак у школы", "", "Не чищен снег на тротуаре")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A register of 4,100 appeals, more than two batches, one in four without a text."""
    path = tmp_path / "register.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE appeals (id INTEGER PRIMARY KEY, text TEXT, received TEXT)")
        rows = [(_TEXTS[number % 4], f"2025-03-{number % 28 + 1:02d}") for number in range(4100)]
        connection.executemany("INSERT INTO appeals (text, received) VALUES (?, ?)", rows)
    return path


def _all(base: Path, table: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(base) as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()


def test_a_table_is_labelled_into_a_new_one(base: Path) -> None:
    """The new table has all rows and columns of the old one, with the topics; the old one stays as it was."""
    before = _all(base, "appeals")
    url = f"sqlite:///{base}"
    summary = appealcls.label_archive(url, url, table="appeals", output_table="labelled")
    found = _all(base, "labelled")
    assert [row[:3] for row in found] == before == _all(base, "appeals")
    assert summary.topics == Counter(row[3] or None for row in found)
    assert summary.problems == {"нет текста": 1025}
    assert (summary.target, summary.errors) == ("labelled", None)


def test_columns_are_added_by_key_and_added_again(base: Path) -> None:
    """The table itself gets the topics; a second run replaces them, whatever order the rows are read in."""
    url = f"sqlite:///{base}"
    appealcls.label_archive(url, url, table="appeals", add_columns=True)
    first = _all(base, "appeals")
    assert first[0][3] == "roads"
    appealcls.label_archive(url, url, table="appeals", add_columns=True)
    assert _all(base, "appeals") == first


def test_a_query_and_files_give_the_same_labels(base: Path, tmp_path: Path) -> None:
    """What is read by a query into a file, and from that file into a database, is labelled alike."""
    url = f"sqlite:///{base}"
    appealcls.label_archive(url, tmp_path / "out.csv", query="SELECT id, text FROM appeals ORDER BY id")
    appealcls.label_archive(url, tmp_path / "out.parquet", table="appeals")
    columns = ["id", "text", *ADDED_COLUMNS]
    texts = open_table(tmp_path / "out.csv")
    assert texts.columns == columns
    typed = [[row[table.columns.index(name)] for name in columns] for table in [open_table(tmp_path / "out.parquet")]
             for _, row in table]  # fmt: skip
    assert [[str(cell) for cell in row[:3]] for row in typed] == [row[:3] for _, row in texts]
    target = f"sqlite:///{tmp_path / 'new.db'}"
    appealcls.label_archive(tmp_path / "out.csv", target, output_table="again")
    again = {row[0]: row[-len(ADDED_COLUMNS)] for row in _all(tmp_path / "new.db", "again")}
    assert again == {row[0]: row[2] for _, row in texts}


@pytest.mark.parametrize(
    "options",
    [{}, {"output_table": "x", "add_columns": True}, {"output_table": "appeals"}, {"output_table": "x", "key": "нет"}],
)
def test_what_cannot_be_done_is_said_before_the_work(base: Path, options: dict[str, object]) -> None:
    """No table for the result, two of them, one that exists, a key that does not: UsageError, and nothing is changed."""
    before = _all(base, "appeals")
    url = f"sqlite:///{base}"
    with pytest.raises(UsageError):
        appealcls.label_archive(url, url, table="appeals", **options)  # type: ignore[arg-type]
    assert _all(base, "appeals") == before


def test_options_of_databases_are_refused_for_files(base: Path, tmp_path: Path) -> None:
    """A file has no tables, and a table no file beside it."""
    path = tmp_path / "in.csv"
    path.write_text("text\nЯма\n", encoding="utf-8")
    with pytest.raises(UsageError, match="--table"):
        appealcls.label_archive(path, tmp_path / "out.csv", table="appeals")
    with pytest.raises(UsageError, match="--output-table"):
        appealcls.label_archive(path, tmp_path / "out.csv", output_table="x")
    assert base.exists()
